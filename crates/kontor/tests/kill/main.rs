//! The server is killed with -9 at random moments under load; what it has acknowledged is there, once, and the books fit.
//!
//! `KONTOR_TEST_KILLS` says how often (30 unless told), `KONTOR_TEST_SEED` repeats the choices of a run.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it saw, and one that cannot set up its world has failed"
)]

mod buyers;
#[path = "../it/postgres.rs"]
mod postgres;
mod proof;
mod server;

use std::{
    env,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use kontor::stage::{People, client::Client};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::{sync::watch, task::JoinSet};

use buyers::{Buyer, Phase};
use server::{STAFF_EMAIL, STAFF_PASSWORD, Site};

const BUYERS: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_on_sqlite() {
    play("sqlite", None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_on_postgres() {
    if let Some(url) = postgres::durable_database() {
        play("postgres", Some(url)).await;
    }
}

async fn play(engine: &str, database_url: Option<String>) {
    // Whoever came first has installed the same one.
    rustls::crypto::ring::default_provider().install_default().ok();
    let seed = number("KONTOR_TEST_SEED").unwrap_or_else(rand::random);
    let kills = number("KONTOR_TEST_KILLS").unwrap_or(30);
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let site = Site::new(folder.path(), database_url);
    match Run::new(site, seed).play(kills).await {
        Ok(summary) => println!("{engine}, seed {seed}: {summary}"),
        Err(error) => {
            let said = site_log(folder.path());
            panic!("{engine}, KONTOR_TEST_SEED={seed}: {error:#}\n\nthe server's last words:\n{said}");
        }
    }
}

fn number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} has to be a number")))
}

fn site_log(folder: &std::path::Path) -> String {
    let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

struct Run {
    site: Site,
    random: StdRng,
}

impl Run {
    fn new(site: Site, seed: u64) -> Self {
        Self { site, random: StdRng::seed_from_u64(seed) }
    }

    async fn play(mut self, kills: u64) -> anyhow::Result<String> {
        let begun = Instant::now();
        let mut server = self.site.start().await?;
        self.site.create_operator()?;
        let people = People::new(Client::http(server.address.clone())?, STAFF_EMAIL, STAFF_PASSWORD);
        let seller = people.seller("Kill Software").await?;
        let product = people.product(&seller, "Kill Log Search").await?;
        let (announce, announced) = watch::channel(Phase::Load(people.client.clone()));
        let mut tasks = JoinSet::new();
        for number in 0..BUYERS {
            let person = people.rich_buyer(&format!("Buyer {number}")).await?;
            let buyer = Buyer::new(person, product.skus.clone(), self.random.random());
            tasks.spawn(buyer.play(announced.clone()));
        }
        for kill in 1..=kills {
            tokio::time::sleep(Duration::from_millis(self.random.random_range(1..2_000))).await;
            server.kill()?;
            if let Some(ended) = tasks.try_join_next() {
                bail!("a buyer gave up before kill {kill}: {:#}", ended?.err().context("without a reason")?);
            }
            if kill % 10 == 0 {
                self.site.audit().with_context(|| format!("after kill {kill}"))?;
            }
            if self.random.random_ratio(1, 5) {
                self.site.start_and_kill(Duration::from_millis(self.random.random_range(0..400))).await?;
            }
            server = self.site.start().await.with_context(|| format!("after kill {kill}"))?;
            announce.send(Phase::Load(Client::http(server.address.clone())?))?;
        }
        let client = Client::http(server.address.clone())?;
        announce.send(Phase::End(client.clone()))?;
        let mut buyers = Vec::new();
        while let Some(ended) = tasks.join_next().await {
            buyers.push(ended??);
        }
        let loaded = begun.elapsed();
        let people = People::new(client, STAFF_EMAIL, STAFF_PASSWORD);
        let drained = proof::drained(&people).await?;
        let proved = proof::prove(&people, &seller, &buyers).await?;
        server.stop()?;
        self.site.audit()?;
        let total = begun.elapsed().as_secs();
        let (loaded, drained) = (loaded.as_secs(), drained.as_secs());
        Ok(format!("{kills} kills, {proved}; {total} s ({loaded} s of load, {drained} s until the queue was empty)"))
    }
}
