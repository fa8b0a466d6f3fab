//! The rules of the house that the compiler does not guard. Each failure names the file, the line and how to mend it.

#![expect(clippy::expect_used, clippy::panic, reason = "a tree that cannot be read fails the test")]
#![expect(clippy::case_sensitive_file_extension_comparisons, reason = "the files of this tree end in lower case")]

mod chinese;
mod licences;
mod source;
mod texts;

use std::collections::BTreeSet;

use source::{Source, Use, crate_of, files, map, owners, read, sources, tables};

/// SQL outside of a `store.rs`, with the reason. Statements on a table of one's own need no place here.
const SQL_ELSEWHERE: &[(&str, &str)] = &[
    ("crates/platform/src/jobs.rs", "the queue is one file: its table, its lease, its retries"),
    ("crates/platform/src/http/once.rs", "the stored answers are one file: their key, their table"),
    ("crates/platform/src/vault.rs", "the master key knows its database by one row"),
    ("crates/platform/src/db.rs", "whether there is any table is asked of each engine in its own way"),
    (FLOOR, "the floor of a benchmark is hand-written SQL"),
];

/// It writes the rows of an order and of products with its own hands, and makes a table of its own, to compare.
const FLOOR: &str = "crates/kontor/src/bench/floor.rs";

/// What a kind of file never holds (design.md §2), and where it belongs.
const KINDS: &[(&str, &[&str], &str)] = &[
    (
        "rules",
        &["async", "await", "axum", "Tx", "rand", "Clock", "clock", "reqwest"],
        "rules are pure: load before, decide here, store after",
    ),
    (
        "store",
        &["axum", "StatusCode", "clock", "Clock"],
        "a store asks and writes; requests and the clock stay with the caller",
    ),
    ("actions", &["axum", "StatusCode", "Json<"], "an action takes checked values; HTTP types stay in api.rs"),
    ("api", &["plus", "minus", "times"], "amounts are computed in rules.rs"),
    ("pages", &["plus", "minus", "times"], "amounts are computed in rules.rs"),
];

/// Files that hold what their kind never holds, with the reason.
const KINDS_EXCEPT: &[(&str, &str)] =
    &[("crates/accounts/src/actions/authenticate.rs", "it turns the credential of a request into a member")];

const DOCUMENTS: &[&str] = &["ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md"];

/// Lines of a file before its tests.
const LINES_MAX: usize = 500;

/// Fails with everything that was found, one a line.
fn none(found: &[String]) {
    assert!(found.is_empty(), "\n\n{}\n", found.join("\n"));
}

#[test]
fn sql_stands_in_stores_only() {
    let mut found = Vec::new();
    let mut used = BTreeSet::new();
    for source in sources().iter().filter(|source| source.kind() != "store") {
        if let Some((path, _)) = SQL_ELSEWHERE.iter().find(|(path, _)| *path == source.path) {
            used.extend(source.statements().next().map(|_| *path));
            continue;
        }
        for (line, _) in source.statements() {
            found.push(format!(
                "{}:{line}: SQL stands here; move the statement into {}'s store.rs",
                source.path,
                source.owner()
            ));
        }
    }
    let idle = SQL_ELSEWHERE.iter().filter(|(path, _)| !used.contains(path));
    found.extend(idle.map(|(path, _)| format!("{path} holds no SQL; take it out of SQL_ELSEWHERE in {}", file!())));
    none(&found);
}

#[test]
fn each_table_is_written_by_the_crate_whose_migration_made_it() {
    let owners = owners();
    let mut found = Vec::new();
    for source in sources() {
        for (line, sql) in source.statements() {
            for (_, table) in tables(sql).into_iter().filter(|(uses, _)| *uses == Use::Writes) {
                let place = format!("{}:{line}", source.path);
                match owners.get(&table) {
                    Some((owner, _)) if owner == source.owner() => {}
                    Some(_) | None if source.path == FLOOR => {}
                    Some((owner, path)) => {
                        found.push(format!(
                            "{place}: writes {table}, which {path} gives to {owner}; call {owner} instead"
                        ));
                    }
                    None => found
                        .push(format!("{place}: writes {table}, which no migration creates; add it to migrations/")),
                }
            }
        }
    }
    none(&found);
}

#[test]
fn statements_read_their_own_tables_and_those_of_crates_above() {
    let (owners, map) = (owners(), map());
    let rank = |name: &str| map.iter().position(|other| other == name);
    let mut found = Vec::new();
    for source in sources() {
        for (line, sql) in source.statements() {
            for (_, table) in tables(sql).into_iter().filter(|(uses, _)| *uses == Use::Reads) {
                let Some((owner, _)) = owners.get(&table) else { continue };
                if rank(owner) > rank(source.owner()) {
                    let place = format!("{}:{line}", source.path);
                    found.push(format!(
                        "{place}: reads {table} of {owner}, which stands below {}; let {owner} ask",
                        source.owner()
                    ));
                }
            }
        }
    }
    none(&found);
}

#[test]
fn each_migration_belongs_to_a_crate_and_its_front_door_names_the_tables() {
    let map = map();
    let mut found = Vec::new();
    for (table, (owner, path)) in owners() {
        if !map.contains(&owner) {
            found.push(format!(
                "{path}: '{owner}' is no crate; name the file NNNN_<crate>.sql or NNNN_<crate>_<change>.sql"
            ));
        } else if !front_door(&owner).contains(&format!("`{table}`")) {
            found.push(format!(
                "crates/{owner}/src/lib.rs:1: the doc does not name `{table}`; add it to the tables after Owns:"
            ));
        }
    }
    none(&found);
}

/// The `//!` doc of a crate.
fn front_door(name: &str) -> String {
    let file = if name == "kontor" { "main" } else { "lib" };
    let text = read(&format!("crates/{name}/src/{file}.rs"));
    text.lines().filter_map(|line| line.strip_prefix("//!")).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_crate_says_what_it_owns_what_it_does_not_own_and_what_always_holds() {
    let mut found = Vec::new();
    for name in map().iter().filter(|name| *name != "kontor") {
        let door = front_door(name);
        let missing = ["Owns:", "Does not own:", "Invariants"].into_iter().filter(|part| !door.contains(part));
        found.extend(
            missing.map(|part| format!("crates/{name}/src/lib.rs:1: the doc has no '{part}'; say it, as policy does")),
        );
    }
    none(&found);
}

#[test]
fn crates_call_only_those_above_them() {
    let map = map();
    let mut found = Vec::new();
    for path in files("crates", "Cargo.toml").iter().filter(|path| path.split('/').count() == 3) {
        let Some(own) = map.iter().position(|name| name == crate_of(path)) else {
            found.push(format!("{path}: the crate is not in the map; add it to [workspace.dependencies] in its place"));
            continue;
        };
        for (index, line) in read(path).lines().enumerate() {
            let called = line.split(['.', ' ', '=']).next().unwrap_or_default();
            if line.contains("workspace = true")
                && map.iter().position(|name| name == called).is_some_and(|rank| rank >= own)
            {
                found.push(format!(
                    "{path}:{}: {called} stands below in the map; tell it by an event instead",
                    index + 1
                ));
            }
        }
    }
    none(&found);
}

#[test]
fn every_crate_inherits_the_lints() {
    let manifests = files("crates", "Cargo.toml");
    let without = manifests.iter().filter(|path| !read(path).contains("[lints]\nworkspace = true"));
    none(&without.map(|path| format!("{path}:1: add the lines '[lints]' and 'workspace = true'")).collect::<Vec<_>>());
}

#[test]
fn only_one_file_knows_which_engine_runs() {
    let words = ["Engine::Sqlite", "Engine::Postgres", "PgPool", "SqlitePool", "PgConnection", "SqliteConnection"];
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| !source.path.starts_with("crates/platform/src/db")) {
        for word in words.iter().filter(|word| word.starts_with("Engine") || source.owner() != "kontor") {
            for line in source.lines_with(word) {
                found.push(format!(
                    "{}:{line}: {word}; offer one verb with two bodies in platform/src/db.rs",
                    source.path
                ));
            }
        }
    }
    none(&found);
}

#[test]
fn each_kind_of_file_keeps_to_its_task() {
    let mut found = Vec::new();
    let exempt = |source: &Source| {
        ["kernel", "platform", "kontor"].contains(&source.owner())
            || KINDS_EXCEPT.iter().any(|(path, _)| *path == source.path)
    };
    for source in sources().iter().filter(|source| !exempt(source)) {
        for (_, words, mend) in KINDS.iter().filter(|(kind, ..)| *kind == source.kind()) {
            for word in *words {
                found.extend(
                    source.lines_with(word).iter().map(|line| format!("{}:{line}: {word} here; {mend}", source.path)),
                );
            }
        }
    }
    none(&found);
}

#[test]
fn money_is_never_a_float() {
    let mut found = Vec::new();
    // What is measured, not owed, may be a float: the load of a machine, the ratio of a benchmark.
    for source in sources().iter().filter(|source| !["platform", "kontor"].contains(&source.owner())) {
        for word in ["f32", "f64"] {
            for line in source.lines_with(word) {
                found.push(format!("{}:{line}: {word}; use Money, Rate or Decimal", source.path));
            }
        }
    }
    none(&found);
}

#[test]
fn only_the_clock_reads_the_time() {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| source.path != "crates/platform/src/clock.rs") {
        for word in ["SystemTime", "Timestamp::now", "Zoned::now", "OffsetDateTime::now_utc"] {
            for line in source.lines_with(word) {
                found.push(format!("{}:{line}: {word}; take the time from the Clock that is passed in", source.path));
            }
        }
    }
    none(&found);
}

#[test]
fn nothing_is_left_unfinished() {
    // Written apart, so that this file does not find itself.
    let words = [["TO", "DO"], ["FIX", "ME"], ["XX", "X:"], ["to", "do!("], ["unimpl", "emented!("], ["#[ign", "ore"]]
        .map(|word| word.concat());
    let mut found = Vec::new();
    let paths = [("crates", ".rs"), ("crates", ".toml"), ("migrations", ".sql"), ("examples", ".sh"), (".ci", "run")];
    for path in paths.iter().flat_map(|(folder, ending)| files(folder, ending)) {
        for (index, line) in read(&path).lines().enumerate() {
            if let Some(word) = words.iter().find(|word| line.contains(*word)) {
                found
                    .push(format!("{path}:{}: {word}; finish it, or write an issue and take the line away", index + 1));
            }
        }
    }
    none(&found);
}

#[test]
fn files_are_short_enough_to_read() {
    let long = sources().into_iter().filter(|source| source.lines > LINES_MAX);
    none(
        &long
            .map(|source| {
                format!(
                    "{}:{LINES_MAX}: {} lines without tests; make it a folder, a file for each verb or audience",
                    source.path, source.lines
                )
            })
            .collect::<Vec<_>>(),
    );
}

#[test]
fn the_top_folder_holds_known_documents_with_one_title_each() {
    let mut found = Vec::new();
    let texts =
        |name: &String| !name.contains('/') && (name.ends_with(".md") || name.ends_with(".txt") || !name.contains('.'));
    for path in top().iter().filter(|name| texts(name)) {
        if !DOCUMENTS.contains(&path.as_str()) {
            found.push(format!(
                "{path}: an unknown document; plans and reports go into issues, decisions into ARCHITECTURE.md"
            ));
        }
    }
    for path in DOCUMENTS {
        let (text, mut fenced) = (read(path), false);
        let titles = text.lines().filter(|line| {
            fenced ^= line.starts_with("```");
            !fenced && line.starts_with("# ")
        });
        if titles.count() != usize::from(path.ends_with(".md")) {
            found.push(format!("{path}:1: a document has one title, a line that begins with '# '"));
        }
    }
    none(&found);
}

/// Files in the top folder.
fn top() -> Vec<String> {
    let entries = std::fs::read_dir(source::root()).expect("the root is a folder").flatten();
    entries.filter(|entry| entry.path().is_file()).filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

#[test]
fn the_architecture_names_every_crate() {
    let text = read("ARCHITECTURE.md");
    let missing = map().into_iter().filter(|name| !text.contains(&format!("`{name}`")));
    none(
        &missing
            .map(|name| format!("ARCHITECTURE.md:1: `{name}` is not on the code map; say what it does"))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn every_migration_is_embedded_once_in_order() {
    let list = "crates/kontor/src/migrations.rs";
    let embedded = embedded(&read(list));
    let mut found = Vec::new();
    for path in files("migrations", ".sql") {
        let number = path.trim_start_matches("migrations/").split('_').next().unwrap_or_default().to_owned();
        let short = number.trim_start_matches('0');
        if number.len() != 4 || number.parse::<u32>().is_err() {
            found.push(format!("{path}:1: name it NNNN_<crate>.sql, with the next free number"));
        }
        match embedded.iter().filter(|(other, _)| *other == path).collect::<Vec<_>>()[..] {
            [(_, said)] if said == short => {}
            [(_, said)] => found.push(format!("{list}: {path} stands there as {said}; write {short}")),
            [] => found.push(format!("{list}: {path} is missing; add its line: {short} and its name")),
            [..] => found.push(format!("{list}: {path} stands there twice")),
        }
        found.extend(marks(&path));
    }
    for (one, next) in embedded.iter().zip(embedded.iter().skip(1)) {
        if one.0.get(..15) >= next.0.get(..15) {
            found.push(format!("{list}: {} stands before {}; numbers rise, and each is given once", one.0, next.0));
        }
    }
    none(&found);
}

/// The files in the list, each with the number that it stands under: `1 "0001_platform"`.
fn embedded(list: &str) -> Vec<(String, String)> {
    let entry = |line: &str| {
        let mut parts = line.split('"');
        let (number, name) = (parts.next()?.trim(), parts.next()?);
        number.parse::<u32>().ok()?;
        Some((format!("migrations/{name}.sql"), number.to_owned()))
    };
    list.lines().filter_map(entry).collect()
}

/// `-- only: <engine>` and `-- end` alternate, and what one engine is given the other is given too.
fn marks(path: &str) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), false);
    for (index, line) in read(path).lines().enumerate() {
        let mark = line.trim();
        let opens = mark.starts_with("-- only:");
        let known = ["-- only: sqlite", "-- only: postgres"].contains(&mark);
        if (opens && (open || !known)) || (mark == "-- end" && !open) {
            found.push(format!(
                "{path}:{}: '{mark}' here; write '-- only: sqlite' or '-- only: postgres', then '-- end'",
                index + 1
            ));
        }
        open = opens || (open && mark != "-- end");
    }
    if open {
        found.push(format!("{path}: a part for one engine has no '-- end'"));
    }
    found
}
