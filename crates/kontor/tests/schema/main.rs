//! The running server keeps to its API document: schemathesis asks as nobody, as the owner of a seller's account and as
//! an operator, and finds no fault of ours, no undocumented answer and no body of another shape.
//!
//! `KONTOR_TEST_PYTHON` names the interpreter that schemathesis is installed for.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test says what it saw, and one that cannot set up its world has failed"
)]

mod known;
mod scene;

use std::{
    env,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use kontor::{server, stage::Stage};
use platform::telemetry;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use scene::Actor;

/// What may end the credential or the sandbox that asks; it is tried when nothing depends on it any more.
const ENDS_ITS_CALLER: &[&str] = &[
    "/api/v1/me/password",
    "/api/v1/me/totp",
    "/api/v1/me/totp/confirm",
    "/api/v1/me/totp/disable",
    "/api/v1/operator/policy",
    "/api/v1/operator/sandboxes/{sandbox}",
    "/api/v1/operator/staff/{user}",
    "/api/v1/operator/staff/{user}/disable",
    "/api/v1/seller/sandbox",
    "/api/v1/sessions/current",
    "/api/v1/sessions/{session}",
    "/api/v1/tokens/{token}",
    "/api/v1/users/{user}",
    "/api/v1/users/{user}/disable",
];

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

/// Cases that are made for an operation, beside those that its examples and limits give.
const CASES: &str = "12";

const SEED: &str = "1";

/// This share of the operations has to succeed at least once, or the run would mean little.
const SUCCEED_PERCENT_MIN: usize = 75;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_keeps_to_its_document() {
    let python = PathBuf::from(env::var_os("KONTOR_TEST_PYTHON").unwrap_or_else(|| "python3".into()));
    if !is_installed(&python) {
        return skipped("schemathesis is not installed for the interpreter in KONTOR_TEST_PYTHON");
    }
    let metrics = telemetry::start_metrics().expect("nobody else measures in this process");
    let stage = Stage::open(None, "schema").await.expect("there is room for a stage");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
    let address = format!("http://{}", listener.local_addr().expect("it is bound"));
    let stop = CancellationToken::new();
    let server = tokio::spawn(server::serve(stage.kontor.clone(), listener, Some(metrics.clone()), stop.clone()));

    let actors = scene::set(&stage).await.expect("the scene can be set");
    let (first, mut last) = (actors.iter().map(|actor| (actor, Way::First)), Vec::new());
    let mut failed = run(&python, &address, first.collect()).await;
    last.extend(actors.iter().skip(1).map(|actor| (actor, Way::Last)));
    failed.extend(run(&python, &address, last).await);
    let (succeeded, all) = known::succeeded(&stage.kontor, &metrics.render());
    println!("{succeeded} of {all} operations succeeded at least once");
    assert!(failed.is_empty(), "schemathesis found:\n\n{}", failed.join("\n\n"));
    let books = stage.kontor.audit().await.expect("the books can be read");
    books.expect("the books are in order");
    assert!(succeeded * 100 >= all * SUCCEED_PERCENT_MIN, "only {succeeded} of {all} operations ever succeeded");
    stop.cancel();
    server.await.expect("it does not panic").expect("the server ends in good order");
    stage.close().await.expect("the stage can be removed");
}

/// Which operations are asked.
#[derive(Clone, Copy, Debug)]
enum Way {
    First,
    Last,
}

/// Runs schemathesis for all at the same time; gives what it found.
async fn run(python: &Path, address: &str, asked: Vec<(&Actor, Way)>) -> Vec<String> {
    let begun = Instant::now();
    let mut running = Vec::new();
    for (actor, way) in asked {
        let mut command = command(python, address, actor, way);
        let output = tokio::task::spawn_blocking(move || command.output().expect("it was found before"));
        running.push((actor.name, way, output));
    }
    let mut failed = Vec::new();
    for (name, way, output) in running {
        let output = output.await.expect("it does not panic");
        let said = [String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)].concat();
        let summary: Vec<&str> = said.lines().filter(|line| line.contains(" generated, ")).collect();
        println!("{name}, {way:?}, after {} s:{}", begun.elapsed().as_secs(), summary.concat());
        if !output.status.success() {
            failed.push(format!("as {name}:\n{said}"));
        }
    }
    failed
}

fn command(python: &Path, address: &str, actor: &Actor, way: Way) -> Command {
    let mut command = Command::new(python);
    command.args(["-m", "schemathesis.cli", "--no-color", "--config-file"]).arg(&actor.config);
    command.args(["run", &format!("{address}/api/v1/openapi.json")]);
    command.args(["--checks", CHECKS, "--max-examples", CASES, "--seed", SEED]);
    // One thread each: Python 3.11 loses count of its stack when several make cases.
    command.args(["--workers", "1"]);
    command.args(["--generation-database", "none", "--no-shrink", "--warnings", "off", "--continue-on-failure"]);
    let filter = match way {
        Way::First => "--exclude-path",
        Way::Last => "--include-path",
    };
    for path in ENDS_ITS_CALLER {
        command.args([filter, path]);
    }
    if let Some(token) = &actor.token {
        command.args(["--header", &format!("Authorization: Bearer {token}")]);
    }
    command.current_dir(actor.config.parent().expect("it lies in a folder")).stdin(Stdio::null());
    command
}

fn is_installed(python: &Path) -> bool {
    let asked = Command::new(python).args(["-m", "schemathesis.cli", "--version"]).output();
    asked.is_ok_and(|output| output.status.success())
}

/// Says that this was not tested; where everything has to be tested, that is a failure.
fn skipped(why: &str) {
    assert!(env::var_os("KONTOR_TEST_REQUIRE").is_none(), "{why}, and KONTOR_TEST_REQUIRE demands it");
    // Written past the test harness, which shows what passing tests print to nobody.
    let notice = format!(
        "\n!!! SKIPPED: {why}; the API document is NOT tested (KONTOR_TEST_REQUIRE=1 makes this a failure)\n\n"
    );
    std::io::stderr().write_all(notice.as_bytes()).expect("stderr is open");
}
