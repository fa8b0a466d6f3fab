//! Records of use over HTTP, signed, checked and on disk before they are answered, in batches of 1,000: new ones, and the same ones
//! again. The floor writes the same rows unchecked, on PostgreSQL by COPY. And a million records priced one by one, which is what the
//! worst price needs (each counts alone, and some are free), beside reading them in their order.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;
use kernel::{Timestamp, id::AccountId, time::HOUR};
use platform::Clock;
use serde_json::{Value, json};
use sqlx::{ConnectOptions, Executor};
use tokio_util::sync::CancellationToken;

use super::{
    Row, cpu,
    floor::{self, Used},
    license::{Connection, listen},
    measure::{Measured, Work, measure},
};
use crate::{
    connections,
    kit::Kit,
    server::Site,
    stage::{Person, Stage, by_use, client::Sent, client::text, signer::Signer},
};

const PATH: &str = "/api/mkp-openapi-public/global/v1/isv/usage-data";
const BATCH: usize = 1_000;
/// Sent in each of two halves, with the floor between them.
const BATCHES: usize = 100;
const CLIENTS: usize = 4;
const INSTANCES: usize = 20;
/// How many are priced, and how many of them are made ready at once.
const PRICED: usize = 1_000_000;
const READY: usize = 20_000;

pub(super) async fn run(database_url: Option<&str>) -> anyhow::Result<Vec<Row>> {
    let stage = Stage::open(database_url, "bench").await?;
    let taken_in = ingest(&stage, database_url).await;
    stage.close().await?;
    let mut rows = taken_in?;
    let stage = Stage::turned(database_url, "bench").await?;
    let rated = rate(&stage).await;
    stage.close().await?;
    rows.extend(rated?);
    Ok(rows)
}

/// A seller with a connected system, and customers' instances of what it sells.
struct Shop {
    seller: Person,
    key: String,
    buyer: Person,
    /// Our ids, with the names at the seller's system.
    instances: Vec<(kernel::id::InstanceId, String)>,
}

async fn open(stage: &Stage, price: Value, instances: usize) -> anyhow::Result<Shop> {
    let people = &stage.people;
    let kit = Kit::new(stage.kontor.app.clock.clone(), "https://app.seller.example");
    let (listener, at) = listen().await?;
    tokio::spawn(axum::serve(listener, kit.router()).into_future());
    let seller = people.seller("Bench Software").await?;
    let (path, key) = people.production_address(&seller, &format!("http://{at}/produce")).await?;
    kit.accept(key.clone())?;
    let sent = Sent { token: Some(&seller.token), ..Sent::default() };
    people.client.call("POST", &format!("{path}/verify"), sent).await?.good("verify an address")?;
    let product = people.metered(&seller, "Bench Answers", &[by_use("hour", price)]).await?;
    let sku = product.skus.first().context("it has a SKU")?;
    let buyer = people.rich_buyer("Bench Buyer").await?;
    for _ in 0..instances {
        let quote = people.client.post(&buyer.token, "/api/v1/quotes", json!({ "sku": sku })).await?;
        let order = json!({ "quote": text(&quote, "id")?, "pay_with": "wallet" });
        people.client.post(&buyer.token, "/api/v1/orders", order).await?;
        stage.kontor.run_due_jobs().await?;
    }
    let sold = people.client.get(&seller.token, "/api/v1/seller/usage?limit=100").await?;
    let sold = sold["items"].as_array().context("a list")?;
    let named = |one: &Value| Ok((text(one, "instance")?.parse()?, text(one, "remote_id")?.to_owned()));
    let instances = sold.iter().map(named).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(Shop { seller, key, buyer, instances })
}

async fn ingest(stage: &Stage, database_url: Option<&str>) -> anyhow::Result<Vec<Row>> {
    let shop = open(stage, json!({ "price": { "model": "fixed", "unit_price": "0.0003" } }), INSTANCES).await?;
    let db = &stage.kontor.app.db;
    let buyer: AccountId = shop.buyer.account.parse()?;
    let signer = Signer::of(&stage.people, &shop.seller, &["integrate"]).await?;
    let end = CancellationToken::new();
    let (listener, ours) = listen().await?;
    let site = Site::of(&stage.kontor, None);
    tokio::spawn(connections::serve(listener, site, stage.kontor.app.clone(), end.clone()));
    floor::prepare_usage(db).await?;
    let now = Clock::System.now();
    let mut made = Vec::new();
    for number in 0..2 * BATCHES {
        let batch = records(&shop, buyer, number, now);
        let body = json!({ "usage_records": batch.iter().map(|(name, used)| pushed(name, used)).collect::<Vec<_>>() });
        let nonce = format!("n-{number}");
        let request = signer.post(PATH, &body, &nonce, now).pushed(&shop.key, &nonce, now).bytes();
        made.push((request, batch.into_iter().map(|(_, used)| used).collect::<Vec<_>>()));
    }
    let (first, second) = made.split_at(BATCHES);
    let mut bare = Bare::open(stage, database_url).await?;
    let before = bare.write(first, now).await?;
    let fresh = send(ours, made.iter().map(|(request, _)| request.clone()).collect()).await?;
    let after = bare.write(second, now).await?;
    let again = send(ours, made.iter().map(|(request, _)| request.clone()).collect()).await?;
    end.cancel();
    let engine = db.engine().name();
    Ok(vec![
        fresh.beside(&before.and(after), format!("usage, {BATCH} a request"), engine),
        again.beside(&fresh, "the same usage again".to_owned(), engine),
    ])
}

/// Records of one batch, with the names of their instances. Each has a time of its own within the last minutes.
fn records(shop: &Shop, buyer: AccountId, batch: usize, now: Timestamp) -> Vec<(String, Used)> {
    let of = |place: usize| {
        let count = batch * BATCH + place;
        let (instance, name) = shop.instances.get(count % shop.instances.len().max(1))?;
        let number = i64::try_from(count / shop.instances.len().max(1)).ok()?;
        let begin = Timestamp::from_micros(now.as_seconds() * 1_000_000).plus_seconds(number / 200);
        let used = Used {
            buyer,
            instance: *instance,
            number: format!("sn-{batch}-{place}"),
            quantity: 10_000 + number,
            begin,
            end: begin.plus_seconds(1 + number % 200),
        };
        Some((name.clone(), used))
    };
    (0..BATCH).filter_map(of).collect()
}

fn pushed(name: &str, used: &Used) -> Value {
    let wire = |moment: Timestamp| moment.format("%Y%m%dT%H%M%SZ", &jiff::tz::TimeZone::UTC);
    json!({
        "begin_time": wire(used.begin), "end_time": wire(used.end), "instance_id": name, "metering_sn": used.number,
        "record_time": wire(used.begin), "usage_value": format!("{}.{:04}", used.quantity / 10_000, used.quantity % 10_000)
    })
}

/// Requests that several clients take in turns.
type Requests = Arc<std::sync::Mutex<Vec<Vec<u8>>>>;

struct Pushing {
    connection: Connection,
    requests: Requests,
}

impl Work for Pushing {
    async fn once(&mut self) -> anyhow::Result<bool> {
        let next = self.requests.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop();
        let Some(request) = next else { return Ok(false) };
        self.connection.send(&request, "MKT.0000").await?;
        Ok(true)
    }
}

async fn send(server: SocketAddr, mut requests: Vec<Vec<u8>>) -> anyhow::Result<Measured> {
    requests.reverse();
    let requests: Requests = Arc::new(std::sync::Mutex::new(requests));
    let mut works = Vec::new();
    for _ in 0..CLIENTS {
        works.push(Pushing { connection: Connection::open(server).await?, requests: requests.clone() });
    }
    measure(works, Duration::from_mins(10)).await
}

/// Writes rows as fast as the engine takes them.
enum Bare {
    Insert(platform::Db),
    Copy(Box<sqlx::PgConnection>),
}

impl Bare {
    async fn open(stage: &Stage, database_url: Option<&str>) -> anyhow::Result<Self> {
        let Some(url) = database_url else { return Ok(Self::Insert(stage.kontor.app.db.clone())) };
        let options: sqlx::postgres::PgConnectOptions = url.parse()?;
        let mut connection = options.connect().await?;
        let schema = stage.schema().context("a stage on PostgreSQL has a schema")?;
        connection.execute(sqlx::AssertSqlSafe(format!("set search_path to {schema}"))).await?;
        Ok(Self::Copy(Box::new(connection)))
    }

    async fn write(&mut self, batches: &[(Vec<u8>, Vec<Used>)], now: Timestamp) -> anyhow::Result<Measured> {
        let (used, begun, mut latencies) = (cpu::used_us(), Instant::now(), Vec::new());
        for (_, records) in batches {
            let started = Instant::now();
            match self {
                Self::Insert(db) => floor::insert_usage(db, records, now).await?,
                Self::Copy(connection) => floor::copy_usage(connection, records, now).await?,
            }
            latencies.push(u64::try_from(started.elapsed().as_micros())?);
        }
        let count = u64::try_from(batches.len())?;
        Ok(Measured::of(count, begun.elapsed(), cpu::used_us().saturating_sub(used), latencies))
    }
}

/// Prices records that do not add up, so that each is looked at.
async fn rate(stage: &Stage) -> anyhow::Result<Vec<Row>> {
    let ranges = json!({ "model": "volume", "ranges": [{ "up_to": "1.05", "unit_price": "0.0003" }, { "unit_price": "0.0002" }] });
    let price = json!({ "price": ranges, "allowance": { "quantity": "100", "cycle": "month" } });
    let apart = open(stage, price, 1).await?;
    let kontor = &stage.kontor;
    let buyer: AccountId = apart.buyer.account.parse()?;
    let (instance, _) = apart.instances.first().context("it was delivered")?;
    let (now, db) = (kontor.app.clock.now(), &kontor.app.db);
    for ready in 0..PRICED / READY {
        let one = |place: usize| {
            let number = i64::try_from(ready * READY + place).unwrap_or(0);
            let begin = now.plus_micros(number * 1_000);
            let (quantity, number) = (10_000 + number % 1_000, format!("sn-{number}"));
            Used { buyer, instance: *instance, number, quantity, begin, end: begin.plus_micros(1) }
        };
        let records: Vec<Used> = (0..READY).map(one).collect();
        floor::write_usage(db, &records, now).await?;
    }
    let (used, begun) = (cpu::used_us(), Instant::now());
    floor::read_usage(&mut db.read(), *instance).await?;
    let floor = once(begun, used)?;
    kontor.app.clock.turn(HOUR + HOUR / 2);
    let (used, begun) = (cpu::used_us(), Instant::now());
    let mut tx = db.begin().await?;
    kontor.metering.on_cycle_due(&mut tx, *instance).await?;
    tx.commit().await?;
    let priced = once(begun, used)?;
    let path = format!("/api/v1/instances/{instance}/usage");
    let shown = stage.people.client.get(&apart.buyer.token, &path).await?;
    anyhow::ensure!(shown["records"] == json!(PRICED), "not every record was priced: {shown}");
    Ok(vec![priced.beside(&floor, format!("{PRICED} records priced"), db.engine().name())])
}

/// One run over all records, counted by the record.
fn once(begun: Instant, used: u64) -> anyhow::Result<Measured> {
    let elapsed = begun.elapsed();
    let whole = u64::try_from(elapsed.as_micros())?;
    Ok(Measured::of(u64::try_from(PRICED)?, elapsed, cpu::used_us().saturating_sub(used), vec![whole]))
}
