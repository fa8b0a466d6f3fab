//! The example of the README does what it says, on both databases.

use std::{path::Path, process::Command};

use crate::{
    postgres::skipped,
    server::{STAFF_EMAIL, STAFF_PASSWORD, Site},
};

on_both!(the_first_trade_of_the_readme_works);

async fn the_first_trade_of_the_readme_works(url: Option<String>) -> anyhow::Result<()> {
    if let Some(tool) = ["curl", "jq"].iter().find(|tool| Command::new(tool).arg("--version").output().is_err()) {
        skipped(&format!("{tool} is not installed"));
        return Ok(());
    }
    // With the settings that users have.
    let site = Site::with(url, &[])?;
    let server = site.serve()?;
    site.create_operator()?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/first-trade.sh");
    let mut command = Command::new(script);
    command.env("KONTOR", server.address()).env("OPERATOR_EMAIL", STAFF_EMAIL).env("OPERATOR_PASSWORD", STAFF_PASSWORD);
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let explained = "25 users: 10 × 30.00 + 15 × 25.00 = 675.00 a month; 12 months − 10 % = 7,290.00";
    for shown in [explained, r#"{"code":"PL"#, r#""in_order":true"#] {
        assert!(said.contains(shown), "{shown} is not in what it prints:\n{said}");
    }
    assert_eq!(server.stop()?.code(), Some(0));
    Ok(())
}
