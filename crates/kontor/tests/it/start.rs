//! Starting on nothing, answering, ending in good order.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    server::{Server, Site},
    stories::until,
};

/// The promise is two seconds for the program as it is shipped; here it is a debug build beside other tests.
const READY_WITHIN: Duration = Duration::from_secs(5);

on_both!(an_empty_place_is_ready_at_once, the_same_place_starts_again);

async fn an_empty_place_is_ready_at_once(url: Option<String>) -> anyhow::Result<()> {
    let site = Site::quick(url)?;
    let begun = Instant::now();
    let server = site.serve()?;
    let ready = get(server.address(), "/readyz").await?;
    let took = begun.elapsed();
    assert_eq!((ready.status, ready.body.as_str()), (200, "ready\n"));
    assert!(took < READY_WITHIN, "it was ready after {took:?}");
    let engine = if site.url().is_some() { "(development, postgres)" } else { "(development, sqlite)" };
    assert!(server.greeting.ends_with(engine), "{}", server.greeting);

    let alive = get(server.address(), "/healthz").await?;
    assert_eq!((alive.status, alive.body.as_str()), (200, "ok\n"));
    let metrics = get(server.address(), "/metrics").await?;
    assert_eq!(metrics.status, 200);
    let counted = r#"kontor_http_requests_total{method="GET",route="/readyz",status="200"} 1"#;
    assert!(metrics.body.contains(counted), "{}", metrics.body);
    let document: Value = serde_json::from_str(&get(server.address(), "/api/v1/openapi.json").await?.body)?;
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "{}", document["openapi"]);
    Ok(())
}

async fn the_same_place_starts_again(url: Option<String>) -> anyhow::Result<()> {
    let site = Site::quick(url)?;
    for _ in 0..2 {
        let server = site.serve()?;
        assert_eq!(get(server.address(), "/readyz").await?.status, 200);
        let ended = server.stop()?;
        assert_eq!(ended.code(), Some(0), "a stopped server ends in good order");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_answer() -> anyhow::Result<()> {
    let site = Site::quick(None)?;
    let server = site.serve()?;
    for (method, path, status, code) in [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("DELETE", "/api/v1/accounts", 405, "method_not_allowed"),
        ("GET", "/api/v1/me", 401, "unauthenticated"),
    ] {
        let answer = send(method, server.address(), path).await?;
        let problem: Value = serde_json::from_str(&answer.body)?;
        assert_eq!((answer.status, problem["code"].as_str()), (status, Some(code)), "{method} {path}");
        assert_eq!(problem["status"], status, "{method} {path}");
        assert_eq!(answer.content_type, "application/problem+json", "{method} {path}");
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{method} {path}");
    }
    let page = send("GET", server.address(), "/nothing").await?;
    assert_eq!((page.status, page.content_type.as_str()), (404, "text/html; charset=utf-8"));
    assert!(page.body.contains("<h1>"), "people see a page: {}", page.body);
    Ok(())
}

#[tokio::test]
async fn a_request_that_runs_is_answered_before_the_end() -> anyhow::Result<()> {
    let site = Site::quick(None)?;
    let server = site.serve()?;
    let mut connection = begin_a_request(&server).await?;
    server.tell_to_end()?;
    let address = server.address().trim_start_matches("http://").to_owned();
    until("new connections are refused", Duration::from_secs(10), async || {
        Ok(TcpStream::connect(&address).await.is_err().then_some(()))
    })
    .await?;
    connection.write_all(BODY.as_bytes()).await?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await?;
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    assert_eq!(server.ended()?.code(), Some(0));
    Ok(())
}

#[tokio::test]
async fn whoever_is_impatient_tells_it_twice() -> anyhow::Result<()> {
    let site = Site::quick(None)?;
    let server = site.serve()?;
    let _begun = begin_a_request(&server).await?;
    server.tell_to_end()?;
    let address = server.address().trim_start_matches("http://").to_owned();
    until("new connections are refused", Duration::from_secs(10), async || {
        Ok(TcpStream::connect(&address).await.is_err().then_some(()))
    })
    .await?;
    server.tell_to_end()?;
    assert_eq!(server.ended()?.code(), Some(1), "what was begun is not waited for");
    Ok(())
}

const BODY: &str = r#"{"login":"nobody@people.example"}"#;

/// A request that the server works on, whose body is still to come.
async fn begin_a_request(server: &Server<'_>) -> anyhow::Result<TcpStream> {
    let address = server.address().trim_start_matches("http://");
    let mut connection = TcpStream::connect(address).await?;
    let head = format!(
        "POST /api/v1/password-resets HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n",
        BODY.len()
    );
    connection.write_all(head.as_bytes()).await?;
    // The server asks for the body only when it has begun to work on the request.
    let mut answer = vec![0; 25];
    connection.read_exact(&mut answer).await?;
    assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 100 Continue\r\n\r\n");
    Ok(connection)
}

struct Got {
    status: u16,
    content_type: String,
    body: String,
}

async fn get(address: &str, path: &str) -> anyhow::Result<Got> {
    send("GET", address, path).await
}

async fn send(method: &str, address: &str, path: &str) -> anyhow::Result<Got> {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build()?;
    let response = client.request(method.parse()?, format!("{address}{path}")).send().await?;
    let header = response.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    Ok(Got { status: response.status().as_u16(), content_type: header.to_owned(), body: response.text().await? })
}
