//! Heartbeats a second over HTTP, signed, verified and on disk before they are answered, beside a bare handler that answers
//! a fixed JSON. Both are asked by the same thin client in this process, with the same requests, which were signed before the
//! clock runs. Ours counts and times them as it does when it serves.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use axum::{Router, body::Bytes, http::header, routing::post};
use metrics_exporter_prometheus::PrometheusHandle;
use platform::telemetry;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

use super::{
    Row,
    measure::{Measured, Work, measure},
};
use crate::{
    connections,
    server::Site,
    stage::{Product, Stage, client::text, signer::Signer},
};

/// As many programs as may call at once: their heartbeats share commits.
const CLIENTS: usize = 256;

/// Requests that each client has signed ahead. It sends them in turns: a heartbeat may be repeated.
const REQUESTS: usize = 32;

/// The code of what went well.
const DONE: &str = "92020000";

const PATH: &str = "/api/mkp-openapi-public/global/v1/license/heartbeat";

pub(super) async fn run(database_url: Option<&str>, seconds: u32) -> anyhow::Result<Vec<Row>> {
    let stage = Stage::open(database_url, "bench").await?;
    let row = measure_all(&stage, seconds).await;
    stage.close().await?;
    Ok(vec![row?])
}

async fn measure_all(stage: &Stage, seconds: u32) -> anyhow::Result<Row> {
    let seller = stage.people.seller("Bench Software").await?;
    let product = stage.people.product(&seller, "Bench Log Search").await?;
    let code = active_code(stage, &product).await?;
    let signer = Signer::of(&stage.people, &seller, &["integrate"]).await?;
    let metrics = telemetry::start_metrics();
    let stop = CancellationToken::new();
    let (listener, ours) = listen().await?;
    let site = Site::of(&stage.kontor, metrics.clone());
    tokio::spawn(connections::serve(listener, site, stage.kontor.app.clone(), stop.clone()));
    tokio::spawn(stop.clone().run_until_cancelled_owned(keep_up(metrics)));
    let fixed = json!({ "error_code": "92020000", "error_msg": "success", "data": { "license_code": code, "status": "ALIVE" } });
    let fixed = Bytes::from(fixed.to_string());
    let json = [(header::CONTENT_TYPE, "application/json")];
    let bare = Router::new().route(PATH, post(async move |_body: Bytes| (json, fixed.clone())));
    let (listener, floor) = listen().await?;
    tokio::spawn(axum::serve(listener, bare).with_graceful_shutdown(stop.clone().cancelled_owned()).into_future());
    // The first heartbeat activates nothing: the code is activated as its software would do it.
    let (beat, now) = (json!({ "license": code }), platform::Clock::System.now());
    let activate = signer.post("/api/mkp-openapi-public/global/v1/license/activate", &beat, "", now).bytes();
    Connection::open(ours).await?.send(&activate, DONE).await.context("activate the code")?;
    let of = |client: usize| {
        (0..REQUESTS).map(|n| signer.post(PATH, &beat, &format!("{client}-{n}"), now).bytes()).collect()
    };
    let requests: Vec<Requests> = (0..CLIENTS).map(of).collect();
    let before = beats(floor, &requests, seconds.div_ceil(2)).await?;
    let measured = beats(ours, &requests, seconds).await?;
    let after = beats(floor, &requests, seconds.div_ceil(2)).await?;
    stop.cancel();
    Ok(measured.beside(
        &before.and(after),
        format!("heartbeat, {CLIENTS} clients"),
        stage.kontor.app.db.engine().name(),
    ))
}

/// Buys the licence that is paid once, and waits for its code.
async fn active_code(stage: &Stage, product: &Product) -> anyhow::Result<String> {
    let buyer = stage.people.rich_buyer("Bench Buyer").await?;
    let sku = product.skus.last().context("the bench's product has no SKU")?;
    let quote = stage.people.client.post(&buyer.token, "/api/v1/quotes", json!({ "sku": sku })).await?;
    let order = json!({ "quote": text(&quote, "id")?, "pay_with": "wallet" });
    stage.people.client.post(&buyer.token, "/api/v1/orders", order).await?;
    stage.kontor.run_due_jobs().await?;
    let instances = stage.people.client.get(&buyer.token, "/api/v1/instances").await?;
    let path = format!("/api/v1/instances/{}/licence/reveal", text(&instances["items"][0], "id")?);
    let licence = stage.people.client.post(&buyer.token, &path, json!({})).await?;
    Ok(text(&licence, "code")?.to_owned())
}

pub(super) async fn listen() -> anyhow::Result<(TcpListener, std::net::SocketAddr)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// What the worker does for the recorder of a server.
async fn keep_up(metrics: Option<PrometheusHandle>) {
    while let Some(metrics) = &metrics {
        tokio::time::sleep(Duration::from_secs(1)).await;
        metrics.run_upkeep();
    }
}

/// What a client sends, as bytes.
type Requests = Arc<[Vec<u8>]>;

async fn beats(server: std::net::SocketAddr, requests: &[Requests], seconds: u32) -> anyhow::Result<Measured> {
    let mut works = Vec::new();
    for requests in requests {
        works.push(Beating { connection: Connection::open(server).await?, requests: requests.clone(), next: 0 });
    }
    measure(works, Duration::from_secs(u64::from(seconds))).await
}

struct Beating {
    connection: Connection,
    requests: Requests,
    next: usize,
}

impl Work for Beating {
    async fn once(&mut self) -> anyhow::Result<bool> {
        let Some(request) = self.requests.get(self.next) else { return Ok(false) };
        self.connection.send(request, DONE).await?;
        self.next = (self.next + 1) % self.requests.len();
        Ok(true)
    }
}

/// HTTP/1.1 on one kept connection, no more than a benchmark needs.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(super) async fn open(server: std::net::SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 8_192] })
    }

    /// Sends a request and reads its whole answer, which has to be a 200 that says what is wanted.
    pub(super) async fn send(&mut self, request: &[u8], wanted: &str) -> anyhow::Result<()> {
        self.stream.write_all(request).await?;
        let mut filled = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[filled..]).await?;
            anyhow::ensure!(read > 0, "the server closed the connection");
            filled += read;
            let answer = String::from_utf8_lossy(&self.buffer[..filled]);
            let Some((head, body)) = answer.split_once("\r\n\r\n") else { continue };
            let length: usize = head
                .lines()
                .find_map(|line| {
                    let (name, value) = line.split_once(':')?;
                    name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse())
                })
                .context("the answer has no length")??;
            if body.len() >= length {
                anyhow::ensure!(head.starts_with("HTTP/1.1 200") && body.contains(wanted), "refused: {answer}");
                return Ok(());
            }
        }
    }
}
