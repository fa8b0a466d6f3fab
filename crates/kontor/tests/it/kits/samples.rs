//! The programs of `examples/seller-kit`, ready to be started.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::ensure;

use crate::postgres::skipped;

/// A program, the form that it speaks, and where it is called.
pub(super) struct Sample {
    pub(super) name: String,
    pub(super) form: &'static str,
    pub(super) place: &'static str,
    pub(super) command: Command,
    /// What was compiled for it.
    pub(super) made: Option<tempfile::TempDir>,
}

/// One of them; none: what runs it is not on this machine.
pub(super) fn sample(name: &str, form: &'static str) -> anyhow::Result<Option<Sample>> {
    let place = if form == "standard_webhooks" { "webhooks" } else { "produce" };
    let found = match name.strip_suffix(".ts") {
        Some(stem) => typescript(stem)?.map(|(command, made)| (command, Some(made))),
        None => python(name).map(|command| (command, None)),
    };
    Ok(found.map(|(command, made)| Sample { name: name.replace('.', "_"), form, place, command, made }))
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/seller-kit").join(name)
}

fn python(name: &str) -> Option<Command> {
    let python = env::var("KONTOR_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    if !Command::new(&python).arg("--version").output().is_ok_and(|output| output.status.success()) {
        skipped(&format!("{python} does not run"));
        return None;
    }
    // The one of V1.0 encrypts.
    let has_library = || Command::new(&python).args(["-c", "import cryptography"]).output();
    if name == "seller_v1.py" && !has_library().is_ok_and(|output| output.status.success()) {
        skipped("there is no cryptography for Python");
        return None;
    }
    let mut command = Command::new(python);
    command.arg(file(name));
    Some(command)
}

/// Compiled as strictly as the compiler can.
fn typescript(name: &str) -> anyhow::Result<Option<(Command, tempfile::TempDir)>> {
    let modules = env::var_os("KONTOR_TEST_NODE_MODULES").map(PathBuf::from);
    let Some(modules) = modules.filter(|modules| modules.join("typescript").is_dir()) else {
        skipped("there is no typescript below KONTOR_TEST_NODE_MODULES");
        return Ok(None);
    };
    let folder = tempfile::tempdir()?;
    let mut compiler = Command::new("node");
    compiler.arg(modules.join("typescript/bin/tsc")).arg(file(&format!("{name}.ts")));
    compiler.args(["--strict", "--target", "es2022", "--module", "nodenext", "--types", "node"]);
    compiler.arg("--typeRoots").arg(modules.join("@types")).arg("--outDir").arg(folder.path());
    let output = compiler.output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let mut command = Command::new("node");
    command.arg(folder.path().join(format!("{name}.js")));
    Ok(Some((command, folder)))
}
