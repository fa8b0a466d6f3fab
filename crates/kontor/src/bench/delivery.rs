//! How soon sellers' systems are asked for what was paid, while some of them hang: 200 sellers, 100 orders a second. The
//! floor is the same with all of them well.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context;
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Path, Request},
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::post,
};
use kernel::id::SkuId;
use platform::Clock;
use pricing::Choice;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::{
    Row, cpu,
    measure::{Measured, Work, measure_at},
};
use crate::{
    Kontor,
    kit::Kit,
    stage::{Person, Stage, client::Sent},
    worker,
};

const SELLERS: usize = 200;
/// Each of these hangs.
const EVERY: usize = 10;
const ORDERS_PER_SECOND: u64 = 100;
const BUYERS: usize = 32;
/// Longer than any healthy seller should ever wait.
const PATIENCE: Duration = Duration::from_secs(30);

/// When each order's first attempt came in.
type Arrivals = Arc<Mutex<BTreeMap<String, Instant>>>;

/// All sellers' systems behind one port, and what came in.
#[derive(Clone, Default)]
struct Systems {
    arrivals: Arrivals,
    hanging: Arc<AtomicBool>,
}

pub(super) async fn run(database_url: Option<&str>, seconds: u32) -> anyhow::Result<Vec<Row>> {
    let stage = Stage::open(database_url, "bench").await?;
    let stop = CancellationToken::new();
    let workers = worker::start(&stage.kontor, None, &stop);
    let row = measure_all(&stage, seconds).await;
    stop.cancel();
    workers.wait().await;
    stage.close().await?;
    Ok(vec![row?])
}

async fn measure_all(stage: &Stage, seconds: u32) -> anyhow::Result<Row> {
    let systems = Systems::default();
    let goods = systems.open(stage).await?;
    let mut buyers = Vec::new();
    for number in 0..BUYERS {
        buyers.push(stage.people.rich_buyer(&format!("Bench Buyer {number}")).await?);
    }
    let well = systems.sell(stage, (&goods, &buyers), seconds).await?;
    systems.hanging.store(true, Ordering::Relaxed);
    // Those who hang are found out in the first seconds; that belongs to it.
    let ours = systems.sell(stage, (&goods, &buyers), seconds).await?;
    let name = format!("delivery, {SELLERS} sellers, {} hang", SELLERS / EVERY);
    Ok(ours.beside(&well, name, stage.kontor.app.db.engine().name()))
}

impl Systems {
    /// Starts a system for each seller, connects it and lists what it runs.
    async fn open(&self, stage: &Stage) -> anyhow::Result<Vec<SkuId>> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let at = listener.local_addr()?;
        let kits: Vec<Kit> = (0..SELLERS).map(|_| Kit::new(Clock::System, "https://app.seller.example")).collect();
        // One router that knows the sellers, and not two hundred nested ones that each connection would clone.
        let routers: Arc<[Router]> = kits.iter().map(Kit::router).collect();
        let systems = self.clone();
        let by_seller = post(async move |Path(number): Path<usize>, request: Request| {
            systems.receive((number, routers.get(number).cloned()), request).await
        });
        tokio::spawn(axum::serve(listener, Router::new().route("/{number}/produce", by_seller)).into_future());
        let mut goods = Vec::new();
        for (number, kit) in kits.iter().enumerate() {
            let seller = stage.people.seller(&format!("Bench Software {number}")).await?;
            let url = format!("http://{at}/{number}/produce");
            let (path, key) = stage.people.production_address(&seller, &url).await?;
            kit.accept(key)?;
            let sent = Sent { token: Some(&seller.token), ..Sent::default() };
            stage.people.client.call("POST", &format!("{path}/verify"), sent).await?.good("verify an address")?;
            let product = stage.people.hosted(&seller, &format!("Bench Service {number}")).await?;
            goods.push(product.skus.last().context("it has a SKU")?.parse()?);
        }
        Ok(goods)
    }

    /// Notes when an order came in; who hangs says nothing any more.
    async fn receive(&self, (number, kit): (usize, Option<Router>), request: Request) -> Response {
        let came = Instant::now();
        let Some(kit) = kit else { return StatusCode::NOT_FOUND.into_response() };
        let (mut parts, body) = request.into_parts();
        let query = parts.uri.query().map_or_else(String::new, |query| format!("?{query}"));
        parts.uri = Uri::try_from(format!("/produce{query}")).unwrap_or_default();
        let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
        let said: Value = serde_json::from_slice(&body).unwrap_or_default();
        if said["activity"] == "newInstance"
            && let Some(order) = said["orderId"].as_str()
        {
            let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
            arrivals.entry(order.to_owned()).or_insert(came);
        }
        if hangs(number) && self.hanging.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        kit.oneshot(Request::from_parts(parts, Body::from(body))).await.into_response()
    }

    /// Sells from all sellers in turn; how long the first attempts of those who are well took after the payment.
    async fn sell(
        &self,
        stage: &Stage,
        (goods, buyers): (&[SkuId], &[Person]),
        seconds: u32,
    ) -> anyhow::Result<Measured> {
        let paid = Arc::new(Mutex::new(Vec::new()));
        let mut works = Vec::new();
        for (first, buyer) in buyers.iter().enumerate() {
            works.push(Buying {
                kontor: stage.kontor.clone(),
                buyer: stage.member(buyer).await?.try_into().map_err(kernel::Error::from)?,
                goods: goods.to_vec(),
                next: first,
                paid: paid.clone(),
            });
        }
        let (used, begun) = (cpu::used_us(), Instant::now());
        measure_at(ORDERS_PER_SECOND, works, Duration::from_secs(u64::from(seconds))).await?;
        let elapsed = begun.elapsed();
        let paid: Vec<Paid> = std::mem::take(&mut *paid.lock().unwrap_or_else(PoisonError::into_inner));
        let well: Vec<&Paid> = paid.iter().filter(|paid| !hangs(paid.seller)).collect();
        let mut delays = Vec::new();
        while delays.len() < well.len() && begun.elapsed() < elapsed + PATIENCE {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
            let found =
                well.iter().filter_map(|paid| Some(arrivals.get(&paid.number)?.saturating_duration_since(paid.at)));
            delays = found.map(|delay| u64::try_from(delay.as_micros()).unwrap_or(u64::MAX)).collect();
        }
        anyhow::ensure!(delays.len() == well.len(), "{} orders were never asked for", well.len() - delays.len());
        Ok(Measured::of(u64::try_from(paid.len())?, elapsed, cpu::used_us().saturating_sub(used), delays))
    }
}

fn hangs(seller: usize) -> bool {
    seller.is_multiple_of(EVERY)
}

/// An order that was paid.
struct Paid {
    seller: usize,
    number: String,
    at: Instant,
}

struct Buying {
    kontor: Kontor,
    buyer: accounts::Buyer,
    goods: Vec<SkuId>,
    next: usize,
    paid: Arc<Mutex<Vec<Paid>>>,
}

impl Work for Buying {
    async fn once(&mut self) -> anyhow::Result<bool> {
        let seller = self.next % self.goods.len();
        self.next += BUYERS;
        let Some(sku) = self.goods.get(seller).copied() else { return Ok(false) };
        loop {
            match self.buy(sku).await {
                Ok(number) => {
                    let paid = Paid { seller, number, at: Instant::now() };
                    self.paid.lock().unwrap_or_else(PoisonError::into_inner).push(paid);
                    return Ok(true);
                }
                // What the HTTP layer does with a transaction that met another one.
                Err(kernel::Error::Busy) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Buying {
    async fn buy(&self, sku: SkuId) -> kernel::Result<String> {
        let mut tx = self.kontor.app.db.begin().await?;
        let quote = self.kontor.orders.quote(&mut tx, &self.buyer, sku, &Choice::default()).await?;
        let order = self.kontor.orders.buy(&mut tx, &self.buyer, quote.id).await?;
        tx.commit().await?;
        Ok(order.number)
    }
}
