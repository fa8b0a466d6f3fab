//! The pages in a real browser, on the demo's marketplace: every page is found by its links and read by axe, and the whole
//! trade is walked by its forms, in both languages, wide and narrow, light and dark.
//!
//! Needs Node.js, Chromium and the packages of `.ci/browser/package.json` below `KONTOR_TEST_NODE_MODULES`.
//! `KONTOR_TEST_SCREENSHOTS=<folder>` also writes a picture of every page.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test says what it saw, and one that cannot set up its world has failed"
)]

use std::{
    env,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError},
};

use kontor::stage::Stage;

/// Two browsers on two cores would only be slow together.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A marketplace with the demo's data, served by the real program.
struct Demo {
    server: Child,
    folder: tempfile::TempDir,
    base: String,
}

impl Demo {
    fn open() -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let mut server = Command::new(env!("CARGO_BIN_EXE_kontor"))
            .args(["demo", "--small", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path().join("data"))
            // The browser asks as fast as it can.
            .env("KONTOR_LIMITS__REQUESTS_PER_SECOND", "1000000")
            .env("KONTOR_LIMITS__BURST", "1000000")
            .env("KONTOR_LIMITS__SIGN_INS_PER_MINUTE", "1000000")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(server.stdout.take().expect("it is piped")).lines();
        let base = loop {
            let line = lines.next().expect("the demo says where it listens").expect("it is text");
            if let Some((_, address)) = line.split_once("http://") {
                break format!("http://{}", address.split_whitespace().next().unwrap_or_default());
            }
        };
        // What it says later has to go somewhere.
        std::thread::spawn(move || lines.for_each(drop));
        Self { server, folder, base }
    }

    fn people(&self) -> PathBuf {
        self.folder.path().join("data/demo.json")
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The routes of pages and forms, for the browser to find each of them.
async fn faces() -> String {
    let stage = Stage::open(None, "faces").await.expect("there is room for a stage");
    let faces: Vec<_> = stage
        .kontor
        .routes()
        .faces()
        .iter()
        .map(|face| serde_json::json!({ "method": face.method, "path": face.path, "access": face.access.as_str() }))
        .collect();
    stage.close().await.expect("the stage can be removed");
    serde_json::Value::from(faces).to_string()
}

async fn run(script: &str) {
    let Some((modules, chromium)) = needed() else { return };
    let faces = faces().await;
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let demo = Demo::open();
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let mut node = Command::new("node");
    node.arg(scripts.join(script))
        .env("BASE", &demo.base)
        .env("PEOPLE", demo.people())
        .env("FACES", faces)
        .env("CHROMIUM", chromium)
        .env("KONTOR_TEST_NODE_MODULES", modules);
    if let Some(folder) = env::var_os("KONTOR_TEST_SCREENSHOTS") {
        node.env("SCREENSHOTS", std::path::absolute(folder).expect("it is a path"));
    }
    let output = node.output().expect("node starts");
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert!(output.status.success(), "{script}:\n{said}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// The folder of the packages, and the browser.
fn needed() -> Option<(PathBuf, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("crates/kontor lies two below the root");
    let modules = env::var_os("KONTOR_TEST_NODE_MODULES").map(PathBuf::from);
    let modules = modules.unwrap_or_else(|| root.join("target/browser/node_modules"));
    let chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    let chromium = chromium.into_iter().map(PathBuf::from).find(|path| path.exists());
    let node = Command::new("node").arg("--version").output().is_ok_and(|output| output.status.success());
    match chromium {
        Some(chromium)
            if node
                && modules.join("playwright-core").exists()
                && ["axe-core", "lighthouse"].iter().all(|package| modules.join(package).exists()) =>
        {
            Some((modules, chromium))
        }
        _ => {
            let why = "NOT RUN: the browser tests need node, chromium and the packages of .ci/browser/package.json";
            assert!(env::var_os("KONTOR_TEST_REQUIRE").is_none(), "{why}");
            println!("{why}");
            None
        }
    }
}

#[tokio::test]
async fn every_page_can_be_reached_and_is_in_order() {
    run("walk.mjs").await;
}

#[tokio::test]
async fn a_stranger_buys_in_a_browser() {
    run("trade.mjs").await;
}

#[tokio::test]
async fn a_stranger_sells_in_a_browser_and_another_one_buys() {
    run("selling.mjs").await;
}

#[tokio::test]
async fn buying_needs_no_mouse() {
    run("keyboard.mjs").await;
}

#[tokio::test]
async fn lighthouse_finds_the_first_pages_fast_and_accessible() {
    run("lighthouse.mjs").await;
}
