//! Connections that ask for nothing, ask slowly, or ask for too much.

use std::time::{Duration, Instant};

use anyhow::Context;
use kontor::{Kontor, server, stage::Stage};
use platform::{Config, config::LimitSettings};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn whoever_asks_for_nothing_or_slowly_loses_the_connection() -> anyhow::Result<()> {
    let served = Served::start("slow", |limits| LimitSettings { head_seconds: 1, ..limits }).await?;
    let begun = Instant::now();
    for beginning in ["", "P", "PRI * HTT", "GET /healthz HTTP/1.1\r\nhost: x\r\n"] {
        let mut stream = served.connect().await?;
        stream.write_all(beginning.as_bytes()).await?;
        let mut rest = Vec::new();
        tokio::time::timeout(SOON, stream.read_to_end(&mut rest)).await.with_context(|| format!("{beginning:?}"))??;
    }
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert!(served.answers("/healthz").await?.starts_with("HTTP/1.1 200"), "others are served");
    served.end().await
}

#[tokio::test]
async fn whoever_says_no_more_is_still_answered() -> anyhow::Result<()> {
    let served = Served::start("half", |limits| limits).await?;
    let mut stream = served.connect().await?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await?;
    stream.shutdown().await?;
    let mut answer = String::new();
    tokio::time::timeout(SOON, stream.read_to_string(&mut answer)).await??;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    served.end().await
}

#[tokio::test]
async fn there_are_as_many_connections_as_there_may_be() -> anyhow::Result<()> {
    let served = Served::start("many", |limits| LimitSettings { connections: 2, ..limits }).await?;
    let held = [served.connect().await?, served.connect().await?];
    let mut third = served.connect().await?;
    third.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    let early = tokio::time::timeout(Duration::from_millis(300), third.read_to_string(&mut answer)).await;
    assert!(early.is_err(), "it waits: {answer}");
    drop(held);
    tokio::time::timeout(SOON, third.read_to_string(&mut answer)).await??;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    served.end().await
}

#[tokio::test]
async fn one_address_does_not_take_all_the_connections() -> anyhow::Result<()> {
    let served = Served::start("each", |limits| LimitSettings { connections_each: 2, ..limits }).await?;
    let held = [served.connect().await?, served.connect().await?];
    let mut third = served.connect().await?;
    let mut rest = Vec::new();
    // It is closed, or cut off while it is.
    let _ = tokio::time::timeout(SOON, third.read_to_end(&mut rest)).await?;
    assert!(rest.is_empty());
    drop(held);
    let mut answer = String::new();
    while !answer.starts_with("HTTP/1.1 200") {
        answer = served.answers("/healthz").await.unwrap_or_default();
    }
    served.end().await
}

#[tokio::test]
async fn a_connection_on_which_nothing_is_asked_any_more_is_closed() -> anyhow::Result<()> {
    let served = Served::start("idle", |limits| LimitSettings { idle_seconds: 1, ..limits }).await?;
    let mut stream = served.connect().await?;
    // HTTP/2 by hand: the preface, empty settings, and one request for / of host x.
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await?;
    stream.write_all(b"\0\0\x06\x01\x05\0\0\0\x01\x82\x86\x84\x41\x01x").await?;
    let mut rest = Vec::new();
    tokio::time::timeout(SOON, stream.read_to_end(&mut rest)).await.context("it stays open")??;
    assert!(rest.len() > 100, "the request was answered first: {rest:?}");
    served.end().await
}

#[tokio::test]
async fn a_large_body_of_a_stranger_is_refused_before_it_is_read() -> anyhow::Result<()> {
    let served = Served::start("large", |limits| limits).await?;
    let long = "content-length: 20000000\r\n";
    let asks = [
        ("/api/v1/sessions", "", "HTTP/1.1 413"),
        ("/api/v1/documents", "authorization: Bearer ks_0\r\n", "HTTP/1.1 413"),
        ("/console/verification", "cookie: __Host-session=ks_0\r\n", "HTTP/1.1 303"),
    ];
    for (path, credential, expected) in asks {
        let mut stream = served.connect().await?;
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{credential}{long}\r\n");
        stream.write_all(head.as_bytes()).await?;
        let mut answer = vec![0; 12];
        tokio::time::timeout(SOON, stream.read_exact(&mut answer)).await.with_context(|| path.to_owned())??;
        assert_eq!(String::from_utf8_lossy(&answer), expected, "{path}");
    }
    served.end().await
}

#[tokio::test]
async fn an_address_that_is_too_long_is_a_problem_like_others() -> anyhow::Result<()> {
    let served = Served::start("long", |limits| limits).await?;
    let answer = served.answers(&format!("/api/v1/products?q={}", "a".repeat(9_000))).await?;
    assert!(answer.starts_with("HTTP/1.1 414"), "{answer}");
    assert!(answer.contains("application/problem+json") && answer.contains("address.too_long"), "{answer}");
    served.end().await
}

/// A server with limits of its own.
struct Served {
    stage: Stage,
    address: std::net::SocketAddr,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<kernel::Result<()>>,
}

impl Served {
    async fn start(name: &str, limits: impl FnOnce(LimitSettings) -> LimitSettings) -> anyhow::Result<Self> {
        let stage = Stage::open(None, name).await?;
        let app = &stage.kontor.app;
        let config = Config { limits: limits(app.config.limits), ..app.config.clone() };
        let kontor = Kontor::with(config, app.db.clone(), app.clock.clone())?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let task = tokio::spawn(server::serve(kontor, listener, None, stop.clone()));
        Ok(Self { stage, address, stop, task })
    }

    async fn connect(&self) -> anyhow::Result<TcpStream> {
        Ok(TcpStream::connect(self.address).await?)
    }

    async fn answers(&self, path: &str) -> anyhow::Result<String> {
        let mut stream = self.connect().await?;
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        tokio::time::timeout(SOON, stream.read_to_string(&mut answer)).await??;
        Ok(answer)
    }

    async fn end(self) -> anyhow::Result<()> {
        self.stop.cancel();
        self.task.await??;
        self.stage.close().await
    }
}
