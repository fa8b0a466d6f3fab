//! Pages on the demo's full data, asked as a browser asks them and read to their last byte, beside a bare handler that
//! answers the same bytes. The server is the one that `kontor serve` starts, with its workers, in this process.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, Request, header},
    response::IntoResponse,
};
use platform::{Config, config::LimitSettings, telemetry};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{
    Row,
    measure::{Measured, Work, measure},
};
use crate::{
    Kontor, demo, server,
    stage::client::{Client, Sent, text},
};

/// People who look at the same page at the same time.
const CLIENTS: usize = 4;

/// Who looks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Nobody,
    Buyer,
    Seller,
    Operator,
}

/// What is looked at: the name of the row, who looks, and either an address or the page whose first link of a kind leads
/// there.
const PAGES: [(&str, Who, &str, Option<&str>); 12] = [
    ("storefront", Who::Nobody, "/", None),
    ("search", Who::Nobody, "/search?q=log", None),
    ("suggestions", Who::Nobody, "/suggest?q=log", None),
    ("product", Who::Nobody, "/", Some("/products/prd_")),
    ("console home", Who::Buyer, "/console", None),
    ("purchased", Who::Buyer, "/console/instances", None),
    ("instance", Who::Buyer, "/console/instances", Some("/console/instances/ins_")),
    ("orders", Who::Buyer, "/console/orders", None),
    ("seller home", Who::Seller, "/seller", None),
    ("seller's orders", Who::Seller, "/seller/orders", None),
    ("operator home", Who::Operator, "/operator", None),
    ("operator's orders", Who::Operator, "/operator/orders", None),
];

pub(super) async fn run(database_url: Option<&str>, seconds: u32) -> anyhow::Result<Vec<Row>> {
    let folder =
        std::env::temp_dir().join(format!("kontor_bench_{}_{:08x}", std::process::id(), rand::random::<u32>()));
    let rows = measure_all(&folder, database_url, seconds).await;
    std::fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    rows
}

async fn measure_all(folder: &Path, database_url: Option<&str>, seconds: u32) -> anyhow::Result<Vec<Row>> {
    let plenty = 1_000_000;
    let limits = LimitSettings {
        requests_per_second: plenty,
        burst: plenty,
        sign_ins_per_minute: plenty,
        ..LimitSettings::default()
    };
    let config =
        Config { data: folder.to_owned(), database_url: database_url.map(str::to_owned), limits, ..Config::default() };
    let (logins, _) = demo::build(&config, demo::Size::FULL).await?;
    let kontor = Kontor::open(config).await?;
    kontor.prepare().await?;
    let engine = kontor.app.db.engine().name();
    let stop = CancellationToken::new();
    let (listener, base) = listen().await?;
    let server = tokio::spawn(server::serve(kontor, listener, telemetry::start_metrics(), stop.clone()));
    let mut cookies = BTreeMap::from([(Who::Nobody, String::new())]);
    for (who, login) in [(Who::Buyer, &logins.buyer), (Who::Seller, &logins.seller), (Who::Operator, &logins.operator)]
    {
        cookies.insert(who, session(&base, login).await?);
    }
    let client = reqwest::Client::new();
    let mut rows = Vec::new();
    for (name, who, from, link) in PAGES {
        let cookie = &cookies[&who];
        let path = match link {
            None => from.to_owned(),
            Some(beginning) => linked(&client, &base, from, cookie, beginning).await?,
        };
        let page = Page { client: client.clone(), url: format!("{base}{path}"), cookie: cookie.clone() };
        rows.push(beside_floor(name, engine, &page, seconds).await.context(path)?);
    }
    stop.cancel();
    server.await??;
    Ok(rows)
}

/// A page, beside a handler that has nothing to do but to answer what the page answered.
async fn beside_floor(name: &str, engine: &'static str, page: &Page, seconds: u32) -> anyhow::Result<Row> {
    let answer = page.get().await?;
    let kept = [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::CACHE_CONTROL, header::CONTENT_SECURITY_POLICY];
    let headers: HeaderMap =
        kept.iter().filter_map(|name| Some((name.clone(), answer.headers().get(name)?.clone()))).collect();
    let bytes = answer.bytes().await?;
    ensure!(!bytes.is_empty(), "the page is empty");
    let same: Arc<(HeaderMap, Bytes)> = Arc::new((headers, bytes));
    let bare = Router::new().fallback(async move |_: Request<Body>| {
        let (headers, bytes) = &*same;
        (headers.clone(), bytes.clone()).into_response()
    });
    let stop = CancellationToken::new();
    let (listener, url) = listen().await?;
    tokio::spawn(axum::serve(listener, bare).with_graceful_shutdown(stop.clone().cancelled_owned()).into_future());
    let floor = Page { url, ..page.clone() };
    let before = looks(&floor, seconds.div_ceil(2)).await?;
    let ours = looks(page, seconds).await?;
    let after = looks(&floor, seconds.div_ceil(2)).await?;
    stop.cancel();
    Ok(ours.beside(&before.and(after), format!("{name}, {CLIENTS} clients"), engine))
}

async fn looks(page: &Page, seconds: u32) -> anyhow::Result<Measured> {
    // Connections are opened and caches filled before the time runs.
    for _ in 0..2 * CLIENTS {
        page.get().await?.bytes().await?;
    }
    measure(vec![page.clone(); CLIENTS], Duration::from_secs(u64::from(seconds))).await
}

#[derive(Clone)]
struct Page {
    client: reqwest::Client,
    url: String,
    cookie: String,
}

impl Page {
    async fn get(&self) -> anyhow::Result<reqwest::Response> {
        let request = self.client.get(&self.url).header(header::ACCEPT_ENCODING, "gzip");
        let request = if self.cookie.is_empty() { request } else { request.header(header::COOKIE, &self.cookie) };
        Ok(request.send().await?.error_for_status()?)
    }
}

impl Work for Page {
    async fn once(&mut self) -> anyhow::Result<bool> {
        self.get().await?.bytes().await?;
        Ok(true)
    }
}

async fn listen() -> anyhow::Result<(TcpListener, String)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    Ok((listener, base))
}

/// The cookie of somebody who has signed in.
async fn session(base: &str, login: &demo::Login) -> anyhow::Result<String> {
    let body = json!({ "login": login.email, "password": login.password });
    let sent = Sent { body: Some(body), ..Sent::default() };
    let reply = Client::http(base)?.call("POST", "/api/v1/sessions", sent).await?.good("sign in")?;
    Ok(format!("__Host-session={}", text(&reply, "token")?))
}

/// The first address of a kind that a page links to.
async fn linked(
    client: &reqwest::Client,
    base: &str,
    from: &str,
    cookie: &str,
    beginning: &str,
) -> anyhow::Result<String> {
    let page = client.get(format!("{base}{from}")).header(header::COOKIE, cookie).send().await?.text().await?;
    let (_, rest) =
        page.split_once(&format!("href=\"{beginning}")).with_context(|| format!("no {beginning} on {from}"))?;
    let (id, _) = rest.split_once(['"', '?', '#', '/']).context("a link has an end")?;
    Ok(format!("{beginning}{id}"))
}
