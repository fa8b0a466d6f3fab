//! Starting: from the beginning of the process to the first good answer of `/readyz`, on the demo's full data and, with the
//! embedded database, on folders with nothing in them; and the memory of a server that nobody asks anything.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::Context;
use platform::Config;

use super::{Row, cpu, measure::Measured};
use crate::{
    demo,
    stage::client::{Client, Sent},
};

const STARTS: usize = 5;

/// How long a server is left alone before its memory is read.
const REST: Duration = Duration::from_secs(15);

pub(super) async fn run(database_url: Option<&str>) -> anyhow::Result<Vec<Row>> {
    let folder =
        std::env::temp_dir().join(format!("kontor_bench_{}_{:08x}", std::process::id(), rand::random::<u32>()));
    let rows = measure_all(&folder, database_url).await;
    std::fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    rows
}

async fn measure_all(folder: &Path, database_url: Option<&str>) -> anyhow::Result<Vec<Row>> {
    let floor = says_its_version()?;
    let engine = if database_url.is_some() { "postgres" } else { "sqlite" };
    let data = folder.join("demo");
    let config = Config { data: data.clone(), database_url: database_url.map(str::to_owned), ..Config::default() };
    demo::build(&config, demo::Size::FULL).await?;
    let mut rows = Vec::new();
    let folders = vec![data.clone(); STARTS];
    rows.push(starts(&folders, database_url).await?.beside(&floor, "start, demo's data".to_owned(), engine));
    let resting = Server::start(&data, database_url).await?;
    tokio::time::sleep(REST).await;
    let rss_kb = resting.rss_kb()?;
    resting.end()?;
    if let Some(row) = rows.last_mut() {
        row.rss_kb = Some(rss_kb);
    }
    if database_url.is_none() {
        let folders: Vec<_> = (0..STARTS).map(|number| folder.join(format!("empty{number}"))).collect();
        rows.push(starts(&folders, None).await?.beside(&floor, "start, empty folder".to_owned(), engine));
    }
    Ok(rows)
}

/// Starts a server on each of some folders, one after the other.
async fn starts(folders: &[PathBuf], database_url: Option<&str>) -> anyhow::Result<Measured> {
    let (used, begun) = (cpu::used_us(), Instant::now());
    let mut latencies = Vec::new();
    for folder in folders {
        let server = Server::start(folder, database_url).await?;
        latencies.push(u64::try_from(server.ready_after.as_micros())?);
        server.end()?;
    }
    let count = u64::try_from(latencies.len())?;
    Ok(Measured::of(count, begun.elapsed(), cpu::used_us().saturating_sub(used), latencies))
}

fn says_its_version() -> anyhow::Result<Measured> {
    let (used, begun) = (cpu::used_us(), Instant::now());
    let mut latencies = Vec::new();
    for _ in 0..STARTS {
        let started = Instant::now();
        let said = Command::new(std::env::current_exe()?).arg("--version").stdout(Stdio::null()).status()?;
        anyhow::ensure!(said.success(), "this program does not say its version");
        latencies.push(u64::try_from(started.elapsed().as_micros())?);
    }
    let count = u64::try_from(latencies.len())?;
    Ok(Measured::of(count, begun.elapsed(), cpu::used_us().saturating_sub(used), latencies))
}

struct Server {
    process: Child,
    ready_after: Duration,
}

impl Server {
    async fn start(data: &Path, database_url: Option<&str>) -> anyhow::Result<Self> {
        let begun = Instant::now();
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        command.args(database_url.map(|url| ["--database-url", url]).into_iter().flatten());
        let process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut server = Self { process, ready_after: Duration::ZERO };
        let mut greeting = String::new();
        BufReader::new(server.process.stdout.take().context("a server has an output")?).read_line(&mut greeting)?;
        let base = greeting.split_whitespace().find(|word| word.starts_with("http://"));
        let client = Client::http(base.with_context(|| format!("no address in '{greeting}'"))?)?;
        client.call("GET", "/readyz", Sent::default()).await?.good("/readyz")?;
        server.ready_after = begun.elapsed();
        Ok(server)
    }

    /// What is resident of it, from Linux's `/proc`.
    fn rss_kb(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(resident.trim().trim_end_matches("kB").trim().parse()?)
    }

    /// As an operator would end it.
    fn end(mut self) -> anyhow::Result<()> {
        Command::new("kill").arg(self.process.id().to_string()).status()?;
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended cannot be killed; the others would outlive the measurement.
        let _ = self.process.kill();
    }
}
