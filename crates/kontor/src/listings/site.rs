//! The running site: `/api/v1` over HTTP with a token. What may have been done is asked again under the same key.

use std::time::Duration;

use anyhow::{Context, bail};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use rand::random;
use serde_json::Value;
use tower::ServiceExt;

use crate::stage::client::{Client, Reply, Sent};

/// How often a call is tried that did not come through.
const TRIES: u32 = 4;

pub struct Site {
    client: Client,
    token: String,
}

impl Site {
    pub fn at(address: &str, token: String) -> anyhow::Result<Self> {
        let base = address.trim_end_matches('/').to_owned();
        if !base.starts_with("http://") && !base.starts_with("https://") {
            bail!("--site must be an address like https://market.example.com");
        }
        Ok(Self { client: Client::http(base)?, token })
    }

    /// A site in this process.
    pub fn here(router: Router, token: String) -> Self {
        Self { client: Client::Here(router), token }
    }

    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        good(self.call("GET", path, None).await?, path)
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        good(self.call("POST", path, Some(body)).await?, path)
    }

    async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> anyhow::Result<Reply> {
        // One key for all tries of one call, so that it is done once.
        let key = format!("kontor-{:032x}", random::<u128>());
        let mut tried = 0;
        loop {
            tried += 1;
            let sent = Sent {
                token: Some(&self.token),
                key: body.map(|_| key.as_str()),
                body: body.cloned(),
                ..Sent::default()
            };
            let reply = self.client.call(method, path, sent).await;
            let again = match &reply {
                Ok(reply) => matches!(reply.status, 429 | 502 | 503 | 504),
                Err(_) => true,
            };
            if !again || tried == TRIES {
                return reply.with_context(|| format!("{method} {path}"));
            }
            tokio::time::sleep(Duration::from_millis(500 << tried)).await;
        }
    }

    /// A file, which is no JSON.
    pub(super) async fn bytes(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        let (status, bytes) = match &self.client {
            Client::Http { client, base } => {
                let answer = client.get(format!("{base}{path}")).bearer_auth(&self.token).send().await?;
                (answer.status().as_u16(), answer.bytes().await?.to_vec())
            }
            Client::Here(router) => {
                let request = Request::get(path).header("authorization", format!("Bearer {}", self.token));
                let answer = router.clone().oneshot(request.body(Body::empty())?).await?;
                (answer.status().as_u16(), to_bytes(answer.into_body(), usize::MAX).await?.to_vec())
            }
        };
        if status == 200 { Ok(bytes) } else { bail!("GET {path}: {status}") }
    }
}

/// What was refused, in a sentence.
fn good(reply: Reply, path: &str) -> anyhow::Result<Value> {
    if (200..300).contains(&reply.status) {
        return Ok(reply.body);
    }
    let said = reply.body["detail"].as_str().unwrap_or("the site answered something else than Kontor does");
    bail!("{path}: {said} ({} {})", reply.status, reply.code())
}
