//! Licences of everything that we build on, as the packages state them.

use std::process::Command;

use serde_json::Value;

use super::source::root;

/// Licences under which Kontor may be given away as one program.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MPL-2.0",
    "Unicode-3.0",
    "Zlib",
];

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

#[test]
fn every_dependency_has_a_licence_that_we_accept_and_comes_from_the_registry() {
    let mut wrong = Vec::new();
    for package in packages() {
        let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
        let name = format!("Cargo.lock: {} {}", text("name"), text("version"));
        if !is_allowed(&text("license")) {
            wrong.push(format!(
                "{name} is licensed under '{}'; take another crate, or add a permissive licence to ALLOWED in {}",
                text("license"),
                file!()
            ));
        }
        if !["", REGISTRY].contains(&text("source").as_str()) {
            wrong.push(format!("{name} comes from {}; depend on a release on crates.io", text("source")));
        }
    }
    super::none(&wrong);
}

/// What is built on this machine; crates for other systems are not downloaded.
fn packages() -> Vec<Value> {
    let about = cargo(&["-vV"]);
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).expect("cargo names its host");
    let answer = cargo(&["metadata", "--format-version", "1", "--offline", "--filter-platform", host]);
    let answer: Value = serde_json::from_str(&answer).expect("cargo speaks JSON");
    answer["packages"].as_array().expect("cargo lists packages").clone()
}

fn cargo(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(args).current_dir(root()).output().expect("cargo runs");
    assert!(output.status.success(), "cargo {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo speaks UTF-8")
}

/// Reads an SPDX expression: `or` leaves us the choice, `and` binds us to both. An exception (`with`) only adds rights.
fn is_allowed(expression: &str) -> bool {
    // Older packages write a slash for "or".
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    either(&mut rest) && rest.is_empty()
}

fn either(words: &mut &[&str]) -> bool {
    let mut allowed = both(words);
    while take(words, "OR") {
        allowed |= both(words);
    }
    allowed
}

fn both(words: &mut &[&str]) -> bool {
    let mut allowed = one(words);
    while take(words, "AND") {
        allowed &= one(words);
    }
    allowed
}

fn one(words: &mut &[&str]) -> bool {
    if take(words, "(") {
        return either(words) & take(words, ")");
    }
    let Some((name, rest)) = words.split_first() else {
        return false;
    };
    *words = rest;
    if take(words, "WITH") {
        *words = words.get(1..).unwrap_or_default();
    }
    ALLOWED.contains(name)
}

fn take(words: &mut &[&str], word: &str) -> bool {
    let there = words.first() == Some(&word);
    if there {
        *words = &words[1..];
    }
    there
}

#[test]
fn licence_expressions_are_read_as_they_are_meant() {
    let allowed = [
        "MIT",
        "MIT OR GPL-3.0",
        "GPL-3.0/MIT",
        "(GPL-3.0 OR MIT) AND ISC",
        "Apache-2.0 WITH LLVM-exception OR X",
        "X AND MIT OR MIT",
    ];
    for expression in allowed {
        assert!(is_allowed(expression), "{expression}");
    }
    for expression in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT OR GPL-3.0) AND GPL-3.0", "MIT )", "X WITH MIT"] {
        assert!(!is_allowed(expression), "{expression}");
    }
}
