//! A caller of the API, in this process or over HTTP: the same requests, the same answers.

use anyhow::{Context, bail};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, header},
};
use serde_json::Value;
use tower::ServiceExt;

#[derive(Clone)]
pub enum Client {
    Here(Router),
    Http { client: reqwest::Client, base: String },
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub body: Value,
}

impl Reply {
    fn of(status: u16, bytes: &[u8]) -> Self {
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(bytes).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned()))
        };
        Self { status, body }
    }

    /// The body of a success; anything else is an error that shows it.
    pub fn good(self, what: &str) -> anyhow::Result<Value> {
        if (200..300).contains(&self.status) { Ok(self.body) } else { bail!("{what}: {} {}", self.status, self.body) }
    }

    /// The stable code of a refusal.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

/// What is sent beside method and path.
#[derive(Clone, Debug, Default)]
pub struct Sent<'r> {
    pub token: Option<&'r str>,
    pub key: Option<&'r str>,
    /// The version that an edit was made from.
    pub version: Option<i64>,
    /// The languages that whoever asks reads, as `Accept-Language`.
    pub langs: Option<&'r str>,
    pub body: Option<Value>,
}

impl Client {
    /// Calls a running server.
    pub fn http(base: impl Into<String>) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder().timeout(std::time::Duration::from_mins(1)).build()?;
        Ok(Self::Http { client, base: base.into() })
    }

    pub async fn call(&self, method: &str, path: &str, sent: Sent<'_>) -> anyhow::Result<Reply> {
        let Sent { token, key, version, langs, body } = sent;
        let mut headers = Vec::new();
        headers.extend(token.map(|token| (header::AUTHORIZATION.as_str(), format!("Bearer {token}"))));
        headers.extend(key.map(|key| ("idempotency-key", key.to_owned())));
        headers.extend(version.map(|version| (header::IF_MATCH.as_str(), format!("\"{version}\""))));
        headers.extend(langs.map(|langs| (header::ACCEPT_LANGUAGE.as_str(), langs.to_owned())));
        headers.extend(body.as_ref().map(|_| (header::CONTENT_TYPE.as_str(), "application/json".to_owned())));
        let bytes = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        self.send(method, path, headers, bytes).await
    }

    pub(super) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: Vec<(&str, String)>,
        bytes: Vec<u8>,
    ) -> anyhow::Result<Reply> {
        let (status, bytes) = match self {
            Self::Here(router) => {
                let mut request = Request::builder().method(Method::from_bytes(method.as_bytes())?).uri(path);
                for (name, value) in headers {
                    request = request.header(name, value);
                }
                let response = router.clone().oneshot(request.body(Body::from(bytes))?).await?;
                let status = response.status().as_u16();
                (status, to_bytes(response.into_body(), usize::MAX).await?.to_vec())
            }
            Self::Http { client, base } => {
                let mut request = client.request(Method::from_bytes(method.as_bytes())?, format!("{base}{path}"));
                for (name, value) in headers {
                    request = request.header(name, value);
                }
                let response = request.body(bytes).send().await?;
                let status = response.status().as_u16();
                (status, response.bytes().await?.to_vec())
            }
        };
        Ok(Reply::of(status, &bytes))
    }

    pub async fn get(&self, token: &str, path: &str) -> anyhow::Result<Value> {
        let sent = Sent { token: Some(token), ..Sent::default() };
        self.call("GET", path, sent).await?.good(path)
    }

    pub async fn post(&self, token: &str, path: &str, body: Value) -> anyhow::Result<Value> {
        let sent = Sent { token: Some(token), body: Some(body), ..Sent::default() };
        self.call("POST", path, sent).await?.good(path)
    }
}

/// A text of an answer.
pub fn text<'v>(value: &'v Value, name: &str) -> anyhow::Result<&'v str> {
    value[name].as_str().with_context(|| format!("the answer has no text '{name}': {value}"))
}
