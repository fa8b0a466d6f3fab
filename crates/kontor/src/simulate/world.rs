//! Who is on the stage, and what the simulation itself knows of them.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use anyhow::Context;
use kernel::time::MINUTE;
use platform::jobs::{self, Lane};
use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};
use rust_decimal::Decimal;
use serde_json::json;
use tokio::task::JoinHandle;

use super::{
    Summary,
    acts::Act,
    using::{PRICE, Used},
};
use crate::{
    Kontor,
    kit::Kit,
    stage::{Person, Product, Stage, by_use, client::Sent, client::text},
};

pub(super) struct Buyer {
    pub(super) person: Person,
    /// Minor units that the operator has confirmed.
    pub(super) deposited: i64,
    pub(super) quotes: Vec<String>,
    /// Orders in the order in which they were acknowledged: id and the key it was placed with.
    pub(super) orders: Vec<(String, String)>,
}

pub(super) struct Shop {
    pub(super) person: Person,
    pub(super) products: Vec<Product>,
}

pub(super) struct World {
    pub(super) stage: Stage,
    pub(super) rng: StdRng,
    pub(super) buyers: Vec<Buyer>,
    pub(super) shops: Vec<Shop>,
    pub(super) counted: Summary,
    /// What the first shop runs itself, and can be tried.
    pub(super) hosted: Option<String>,
    /// What it runs and is paid as it is used, and what was used of it, by instance.
    pub(super) metered: Option<String>,
    pub(super) used: BTreeMap<String, Used>,
    /// The system where it runs.
    system: Option<JoinHandle<()>>,
    faults: Arc<Faults>,
    keys: u32,
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(system) = &self.system {
            system.abort();
        }
    }
}

/// What goes wrong is drawn from the seed too.
struct Faults {
    seed: u64,
    drawn: AtomicU32,
    jobs: AtomicU32,
}

impl Faults {
    /// True once in `one_in` draws.
    fn strikes(&self, one_in: u32) -> bool {
        let draw = self.drawn.fetch_add(1, Ordering::SeqCst);
        StdRng::seed_from_u64(self.seed ^ u64::from(draw) << 32).next_u32().is_multiple_of(one_in)
    }
}

impl World {
    pub(super) fn new(stage: Stage, seed: u64) -> anyhow::Result<Self> {
        let faults = Arc::new(Faults { seed, drawn: AtomicU32::new(0), jobs: AtomicU32::new(0) });
        let mut world = Self {
            stage,
            rng: StdRng::seed_from_u64(seed),
            buyers: Vec::new(),
            shops: Vec::new(),
            counted: Summary::default(),
            hosted: None,
            metered: None,
            used: BTreeMap::new(),
            system: None,
            faults,
            keys: 0,
        };
        world.restart()?;
        world.counted.restarts = 0;
        Ok(world)
    }

    /// The first seller, its product, and two buyers.
    pub(super) async fn open_shops(&mut self) -> anyhow::Result<()> {
        // Some sites let what is not renewed be used for some days more.
        if self.rng.random_bool(0.5) {
            let rules = policy::DEFAULT.replace("\ngrace_days = 0\n", "\ngrace_days = 5\n");
            let operator = self.stage.people.operator().await?;
            self.stage.people.client.post(&operator, "/api/v1/operator/policy", json!({ "rules": rules })).await?;
        }
        self.open_shop().await?;
        self.open_system().await?;
        self.welcome_buyer().await?;
        self.welcome_buyer().await
    }

    pub(super) async fn open_shop(&mut self) -> anyhow::Result<()> {
        let number = self.shops.len();
        let person = self.stage.people.seller(&format!("Shop {number} Software")).await?;
        let product = self.stage.people.product(&person, &format!("Product Lens {}", letters(number))).await?;
        self.shops.push(Shop { person, products: vec![product] });
        Ok(())
    }

    /// The first shop's own system, and a product that it opens.
    async fn open_system(&mut self) -> anyhow::Result<()> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let at = listener.local_addr()?;
        let kit = Kit::new(self.stage.kontor.app.clock.clone(), format!("http://{at}"));
        let router = kit.router();
        self.system = Some(tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::warn!(%error, "the seller's system ended");
            }
        }));
        let shop = self.shops.first().context("a shop is open")?.person.clone();
        let (people, url) = (self.stage.people.clone(), format!("http://{at}/produce"));
        // A proof goes from here through the whole server and out again; it has a stack of its own.
        let hosted = tokio::spawn(async move {
            let addresses = "/api/v1/seller/production-addresses";
            let added = people.client.post(&shop.token, addresses, json!({ "url": url })).await?;
            let path = format!("{addresses}/{}", text(&added, "id")?);
            let key = people.client.post(&shop.token, &format!("{path}/keys"), json!({})).await?;
            kit.accept(text(&key, "key")?)?;
            people.client.post(&shop.token, &format!("{path}/verify"), json!({})).await?;
            let price = json!({ "price": { "model": "fixed", "unit_price": Decimal::new(PRICE, 4).to_string() } });
            let metered = people.metered(&shop, "Metered Lens", &[by_use("hour", price)]).await?;
            let hosted = people.hosted(&shop, "Hosted Lens").await?;
            let path = format!("/api/v1/seller/products/{}/changes", hosted.id);
            let changes = json!({ "specs": { "server": "any" } });
            let sent = Sent { token: Some(&shop.token), body: Some(changes), ..Sent::default() };
            people.client.call("PUT", &path, sent).await?.good(&path)?;
            anyhow::Ok((hosted, metered))
        });
        let (hosted, metered) = hosted.await??;
        (self.hosted, self.metered) = (hosted.skus.into_iter().next(), metered.skus.into_iter().next());
        Ok(())
    }

    pub(super) async fn welcome_buyer(&mut self) -> anyhow::Result<()> {
        let person = self.stage.people.buyer(&format!("Buyer {}", letters(self.buyers.len()))).await?;
        self.buyers.push(Buyer { person, deposited: 0, quotes: Vec::new(), orders: Vec::new() });
        Ok(())
    }

    /// A process that was killed: what it held is gone, deliveries and jobs go on failing in the next one.
    pub(super) fn restart(&mut self) -> anyhow::Result<()> {
        self.counted.restarts += 1;
        let (deliveries, jobs) = (self.faults.clone(), self.faults.clone());
        self.stage.restart(move |kontor: Kontor| {
            kontor
                .with_faults(Arc::new(move |_, _| {
                    deliveries.strikes(5).then(|| "the simulation's driver is down".to_owned())
                }))
                .with_job_faults(Arc::new(move |_| {
                    let strikes = jobs.strikes(12);
                    jobs.jobs.fetch_add(u32::from(strikes), Ordering::SeqCst);
                    strikes
                }))
        })
    }

    /// A worker takes jobs and dies before it has done anything; they come back when its lease is over.
    pub(super) async fn lose_a_worker(&mut self) -> anyhow::Result<()> {
        let app = &self.stage.kontor.app;
        jobs::claim(&app.db, app.clock.now(), Lane::Inside, 4).await?;
        self.restart()
    }

    pub(super) async fn run_jobs(&mut self) -> anyhow::Result<()> {
        self.stage.kontor.run_due_jobs().await?;
        Ok(())
    }

    /// Turns the clock by minutes until nothing is due any more, leases and pauses of failed jobs included.
    pub(super) async fn settle(&mut self) -> anyhow::Result<()> {
        for _ in 0..10_000 {
            self.run_jobs().await?;
            let app = &self.stage.kontor.app;
            let backlog = jobs::backlog(&mut app.db.read(), app.clock.now().plus_micros(5 * 60 * MINUTE)).await?;
            anyhow::ensure!(backlog.dead == 0, "{} jobs were given up", backlog.dead);
            if backlog.due == 0 {
                return self.check_all().await;
            }
            app.clock.turn(10 * MINUTE);
        }
        anyhow::bail!("jobs do not come to an end")
    }

    pub(super) fn pick(&mut self) -> Act {
        let index = self.rng.random_range(0..Act::ALL.len());
        Act::ALL[index]
    }

    pub(super) fn key(&mut self) -> String {
        self.keys += 1;
        format!("key-{}", self.keys)
    }

    pub(super) fn some_buyer(&mut self) -> usize {
        self.rng.random_range(0..self.buyers.len())
    }

    pub(super) fn some_shop(&mut self) -> usize {
        self.rng.random_range(0..self.shops.len())
    }

    pub(super) fn steps(&self) -> u32 {
        self.counted.steps
    }

    pub(super) fn summary(&self) -> Summary {
        Summary { job_faults: self.faults.jobs.load(Ordering::SeqCst), ..self.counted }
    }
}

/// A number in letters: names of products and people have no digits.
fn letters(number: usize) -> String {
    let letter = |number: usize| char::from(b'A' + u8::try_from(number % 26).unwrap_or(0));
    format!("{}{}", letter(number / 26), letter(number))
}
