//! Heartbeats a second over HTTP, signed, verified and on disk before they are answered, beside a bare handler that answers
//! a fixed JSON. Both are asked by the same thin client in this process; requests are signed before the clock runs.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use axum::{Json, Router, routing::post};
use hmac::{Hmac, KeyInit, Mac};
use jiff::tz::TimeZone;
use kernel::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};
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
    server,
    stage::{Person, Product, Stage, client::text},
};

/// As many programs as may call at once: their heartbeats share commits.
const CLIENTS: usize = 256;

/// Requests that are signed ahead for each measured second, over all clients.
const REQUESTS_PER_SECOND: usize = 40_000;

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
    let code = Arc::new(active_code(stage, &product).await?);
    let key = Arc::new(Key::of(stage, &seller).await?);
    let (ours, stop_ours) = start(server::router(&stage.kontor, None)).await?;
    let fixed = json!({ "error_code": "92020000", "error_msg": "success", "data": { "license_code": code.as_str(), "status": "ALIVE" } });
    let bare = Router::new().route(PATH, post(async move |_body: axum::body::Bytes| Json(fixed.clone())));
    let (floor, stop_floor) = start(bare).await?;
    // The first heartbeat activates nothing: the code is activated as its software would do it.
    let activate =
        key.request("/api/mkp-openapi-public/global/v1/license/activate", &json!({ "license": code.as_str() }), 0);
    Connection::open(ours).await?.send(&activate).await.context("activate the code")?;
    let before = beats(floor, &key, &code, seconds.div_ceil(2)).await?;
    let measured = beats(ours, &key, &code, seconds).await?;
    let after = beats(floor, &key, &code, seconds.div_ceil(2)).await?;
    stop_ours.cancel();
    stop_floor.cancel();
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

async fn start(router: Router) -> anyhow::Result<(std::net::SocketAddr, CancellationToken)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::spawn(async move {
        axum::serve(listener, service).with_graceful_shutdown(async move { stopped.cancelled().await }).await
    });
    Ok((address, stop))
}

async fn beats(server: std::net::SocketAddr, key: &Key, code: &str, seconds: u32) -> anyhow::Result<Measured> {
    let each = REQUESTS_PER_SECOND * usize::try_from(seconds)? / CLIENTS;
    let mut works = Vec::new();
    for client in 0..CLIENTS {
        let first = u64::try_from(client * each)?;
        let requests =
            (first..first + u64::try_from(each)?).map(|number| key.request(PATH, &json!({ "license": code }), number));
        works.push(Beating { connection: Connection::open(server).await?, requests: requests.collect() });
    }
    measure(works, Duration::from_secs(u64::from(seconds))).await
}

struct Beating {
    connection: Connection,
    requests: Vec<Vec<u8>>,
}

impl Work for Beating {
    async fn once(&mut self) -> anyhow::Result<bool> {
        let Some(request) = self.requests.pop() else { return Ok(false) };
        self.connection.send(&request).await?;
        Ok(true)
    }
}

/// HTTP/1.1 on one kept connection, no more than a benchmark needs.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(server: std::net::SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 8_192] })
    }

    /// Sends a request and reads its whole answer, which has to be a 200 that says 92020000.
    async fn send(&mut self, request: &[u8]) -> anyhow::Result<()> {
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
                    line.to_ascii_lowercase().strip_prefix("content-length:").map(|text| text.trim().to_owned())
                })
                .context("the answer has no length")?
                .parse()?;
            if body.len() >= length {
                anyhow::ensure!(head.starts_with("HTTP/1.1 200") && body.contains("92020000"), "refused: {answer}");
                return Ok(());
            }
        }
    }
}

/// An access key that signs as `SDK-HMAC-SHA256` does.
struct Key {
    access: String,
    secret: String,
}

impl Key {
    async fn of(stage: &Stage, seller: &Person) -> anyhow::Result<Self> {
        let body = json!({ "name": "bench", "scopes": ["integrate"] });
        let key = stage.people.client.post(&seller.token, "/api/v1/access-keys", body).await?;
        Ok(Self { access: text(&key, "access_key")?.to_owned(), secret: text(&key, "secret_key")?.to_owned() })
    }

    /// A signed request, ready to be written; `number` makes it another one than the last.
    fn request(&self, path: &str, body: &serde_json::Value, number: u64) -> Vec<u8> {
        let now: Timestamp = platform::Clock::System.now();
        let date = now.format("%Y%m%dT%H%M%SZ", &TimeZone::UTC);
        let body = body.to_string();
        let headers = [
            ("content-type", "application/json"),
            ("host", "bench"),
            ("x-nonce", &format!("{number}-{}", now.as_micros())),
            ("x-sdk-date", &date),
        ]
        .map(|(name, value)| format!("{name}:{value}\n"));
        let names = "content-type;host;x-nonce;x-sdk-date";
        let canonical =
            format!("POST\n{path}/\n\n{}\n{names}\n{}", headers.concat(), hex::encode(Sha256::digest(&body)));
        let to_sign = format!("SDK-HMAC-SHA256\n{date}\n{}", hex::encode(Sha256::digest(&canonical)));
        let signature = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes())
            .map(|mac| hex::encode(mac.chain_update(to_sign).finalize().into_bytes()))
            .unwrap_or_default();
        let authorization =
            format!("SDK-HMAC-SHA256 Access={}, SignedHeaders={names}, Signature={signature}", self.access);
        let headers = headers.map(|header| header.replacen(':', ": ", 1).replace('\n', "\r\n"));
        format!(
            "POST {path} HTTP/1.1\r\n{}authorization: {authorization}\r\ncontent-length: {}\r\n\r\n{body}",
            headers.concat(),
            body.len()
        )
        .into_bytes()
    }
}
