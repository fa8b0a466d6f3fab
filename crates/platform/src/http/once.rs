//! Changes that a client may repeat: the first answer is kept in the transaction of the change, a repeat gets it again.
//!
//! The `Idempotency-Key` belongs to the caller who sent it; the same key with another request is refused
//! ([draft-ietf-httpapi-idempotency-key-header](https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/)).
//!
//! Requests hold passwords and answers hold secrets. Of a request only a hash is kept that is keyed with the master key, so
//! that nobody can try passwords against it. An answer with a secret is kept sealed, for the credential that asked: a
//! repeat gets it, another token of the same user does not. The keys of strangers are told apart by their addresses.

use axum::{
    Json, Router,
    body::{self, to_bytes},
    extract::{FromRequestParts, Request},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use kernel::{Error, Localized, Refusal, Result, arg::json, args};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::types::Json as Stored;
use tower::Service;

use super::{ClientAddress, Problem, extract::header_text, problem::Busy};
use crate::{
    App,
    db::{OnUnique, Tx},
};

/// The answer to a change: status, body, and the version of what was changed.
#[derive(Clone, Debug)]
pub struct Answer {
    status: StatusCode,
    body: Value,
    version: Option<i64>,
    secret: bool,
}

impl Answer {
    pub fn created(body: &impl Serialize) -> Self {
        Self::new(StatusCode::CREATED, body)
    }

    pub fn ok(body: &impl Serialize) -> Self {
        Self::new(StatusCode::OK, body)
    }

    pub fn empty() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: Value::Null, version: None, secret: false }
    }

    /// The change was made by a page: the browser goes on to another one. The path is of this site.
    pub fn see_other(path: impl Into<String>) -> Self {
        Self::new(StatusCode::SEE_OTHER, &serde_json::json!({ "location": path.into() }))
    }

    /// What was answered, for a page that shows it.
    pub fn body(&self) -> &Value {
        &self.body
    }

    fn new(status: StatusCode, body: &impl Serialize) -> Self {
        Self { status, body: serde_json::to_value(body).unwrap_or_default(), version: None, secret: false }
    }

    /// Gives the answer an entity tag, for a later edit with `If-Match`.
    #[must_use]
    pub fn version(mut self, version: i64) -> Self {
        self.version = Some(version);
        self
    }

    /// It holds a secret: what is kept for repeats is sealed.
    #[must_use]
    pub fn secret(mut self) -> Self {
        self.secret = true;
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        if self.status == StatusCode::SEE_OTHER {
            let location = self.body["location"].as_str().and_then(|path| HeaderValue::from_str(path).ok());
            let location = location.unwrap_or(HeaderValue::from_static("/"));
            return (self.status, [(header::LOCATION, location)]).into_response();
        }
        let mut response = if self.status == StatusCode::NO_CONTENT {
            self.status.into_response()
        } else {
            (self.status, Json(self.body)).into_response()
        };
        if let Some(tag) = self.version.and_then(|version| HeaderValue::from_str(&format!("\"{version}\"")).ok()) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}

/// A change that happens once per key. The caller's name scopes the key; without a key, the change just happens.
#[derive(Clone, Debug)]
pub struct Once {
    key: Option<Key>,
}

#[derive(Clone, Debug)]
struct Key {
    scope: String,
    key: String,
    request: String,
    /// To whom a sealed answer is opened.
    credential: String,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum OnceRefused {
    #[error("this Idempotency-Key was used for another request; use a fresh key for a new change")]
    Reused,
    #[error("an Idempotency-Key has 1 to 200 visible ASCII characters")]
    Malformed,
    #[error("this key is being used by a request that has not ended")]
    Running,
}

impl Refusal for OnceRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::Reused => "idempotency.reused",
            Self::Malformed => "idempotency.malformed",
            Self::Running => "idempotency.running",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::Reused => "这个 Idempotency-Key 已用于另一个请求，新的操作须使用新的值",
            Self::Malformed => "Idempotency-Key 须为 1 到 200 个可见的 ASCII 字符",
            Self::Running => "使用这个 Idempotency-Key 的请求尚未处理完，稍后再试",
        };
        Localized::new(self.to_string(), zh)
    }
    fn status(&self) -> u16 {
        match self {
            Self::Reused => 422,
            Self::Malformed => 400,
            Self::Running => 409,
        }
    }
}

/// The hash of method, path, query and body, computed once by [`hold`], which has the body anyway.
#[derive(Clone)]
struct RequestHash(String);

/// Whose keys they are: the same user with another session or token is the same caller. Authentication sets it, so a
/// handler takes its member before its [`Once`].
#[derive(Clone)]
pub struct CallerName {
    pub user: String,
    pub credential: String,
}

/// Marks a request that the server itself tries again: its signature is no replay.
#[derive(Clone, Copy)]
pub struct TriedAgain;

/// Marks a request whose repetition changes nothing more: its signature may be used again.
#[derive(Clone, Copy)]
pub struct Repeatable;

/// The SHA-256 of the body of a signed request, in hexadecimal; a request without one has no body.
#[derive(Clone)]
pub struct BodyHash(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Once {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("idempotency-key") else { return Ok(Self { key: None }) };
        let key = value.to_str().ok().map(str::trim).filter(|text| (1..=200).contains(&text.len()));
        let key = key.ok_or_else(|| Error::from(OnceRefused::Malformed))?.to_owned();
        let request = parts.extensions.get::<RequestHash>().map(|hash| hash.0.clone()).unwrap_or_default();
        let (scope, credential) = match parts.extensions.get::<CallerName>() {
            Some(caller) => (caller.user.clone(), caller.credential.clone()),
            None => (format!("nobody at {}", ClientAddress::of(parts)), String::new()),
        };
        Ok(Self { key: Some(Key { scope, key, request, credential }) })
    }
}

impl Once {
    /// A change without a key, for callers that are not requests and for what cannot be repeated.
    pub fn without_key() -> Self {
        Self { key: None }
    }

    /// Runs the change in one transaction with its stored answer, or gives the answer of the first time.
    pub async fn run<F>(self, app: &App, change: F) -> Result<Answer, Problem>
    where
        F: AsyncFnOnce(&mut Tx) -> Result<Answer>,
    {
        self.run_after(app, async { Ok(()) }, async |tx, ()| change(tx).await).await
    }

    /// The same for a change that has to check something before its transaction: a password, which takes long. A repeat is
    /// not checked again, it could not pass.
    pub async fn run_after<T, F>(
        self,
        app: &App,
        check: impl Future<Output = Result<T>> + Send,
        change: F,
    ) -> Result<Answer, Problem>
    where
        F: AsyncFnOnce(&mut Tx, T) -> Result<Answer>,
    {
        if let Some(key) = &self.key
            && let Some(answer) = key.find(app).await?
        {
            return Ok(answer);
        }
        match (self.change(app, check, change).await, &self.key) {
            (Ok(answer), _) => Ok(answer),
            // A repeat that ran beside the first one may have failed only because the first one had succeeded.
            (Err(error), Some(key)) => key.find(app).await?.ok_or_else(|| error.into()),
            (Err(error), None) => Err(error.into()),
        }
    }

    async fn change<T, F>(&self, app: &App, check: impl Future<Output = Result<T>> + Send, change: F) -> Result<Answer>
    where
        F: AsyncFnOnce(&mut Tx, T) -> Result<Answer>,
    {
        let checked = check.await?;
        let mut tx = app.db.begin().await?;
        let done = match (change(&mut tx, checked).await, &self.key) {
            (Ok(answer), Some(key)) => key.keep(app, &mut tx, &answer).await.map(|()| answer),
            (done, _) => done,
        };
        match &done {
            Ok(_) => tx.commit().await?,
            Err(_) => tx.rollback().await?,
        }
        done
    }
}

#[derive(sqlx::FromRow)]
struct Kept {
    request_hash: String,
    status: i64,
    answer: Stored<KeptBody>,
}

/// What is kept of an answer's body.
#[derive(Serialize, Deserialize)]
struct KeptBody {
    #[serde(default, skip_serializing_if = "Value::is_null")]
    body: Value,
    /// In base64, in place of the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<String>,
    version: Option<i64>,
}

impl Key {
    async fn find(&self, app: &App) -> Result<Option<Answer>> {
        let sql = "select request_hash, status, answer from once where scope = $1 and key = $2";
        let kept: Option<Kept> = app.db.read().fetch_optional(sql, args![&self.scope, &self.key]).await?;
        let Some(kept) = kept else { return Ok(None) };
        if kept.request_hash != self.request_mac(app) {
            return Err(OnceRefused::Reused.into());
        }
        let KeptBody { body, sealed, version } = kept.answer.0;
        let (body, secret) = match sealed {
            Some(sealed) => (self.unseal(app, &sealed)?, true),
            None => (body, false),
        };
        let status = u16::try_from(kept.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
        Ok(Some(Answer { status: status.unwrap_or(StatusCode::OK), body, version, secret }))
    }

    async fn keep(&self, app: &App, tx: &mut Tx, answer: &Answer) -> Result<()> {
        let kept = if answer.secret {
            let sealed = app.vault.seal(answer.body.to_string().as_bytes(), &self.context())?;
            KeptBody { body: Value::Null, sealed: Some(BASE64_STANDARD.encode(sealed)), version: answer.version }
        } else {
            KeptBody { body: answer.body.clone(), sealed: None, version: answer.version }
        };
        let kept = serde_json::to_value(kept).map_err(Error::fault)?;
        tx.execute(
            "insert into once (scope, key, request_hash, status, answer, created_at) values ($1, $2, $3, $4, $5, $6)",
            args![&self.scope, &self.key, self.request_mac(app), answer.status.as_u16(), json(&kept), app.clock.now()],
        )
        .await
        .on_unique(|| OnceRefused::Running)?;
        Ok(())
    }

    fn request_mac(&self, app: &App) -> String {
        app.vault.mac("once", self.request.as_bytes())
    }

    /// Another credential of the same caller did not ask for this secret.
    fn unseal(&self, app: &App, sealed: &str) -> Result<Value> {
        let sealed = BASE64_STANDARD.decode(sealed).map_err(Error::fault)?;
        let body = app.vault.unseal(&sealed, &self.context()).map_err(|_| OnceRefused::Reused)?;
        serde_json::from_slice(&body).map_err(Error::fault)
    }

    fn context(&self) -> String {
        format!("once/{}/{}/{}", self.scope, self.credential, self.key)
    }
}

/// Forgets the answers that nobody will ask for again.
pub async fn forget(tx: &mut Tx, before: kernel::Timestamp) -> Result<u64> {
    tx.execute("delete from once where created_at < $1", args![before]).await
}

/// How often a change is tried whose transaction met another one.
pub const TRIES: u32 = 4;

/// The largest body that a change may have; uploads travel inside JSON as base64.
const BODY_MAX: usize = 28 * 1024 * 1024;

/// How much of a body is read, when it may not be the most.
#[derive(Clone, Copy)]
pub struct BodyRoom(pub usize);

/// Holds the body of a change, so that what is signed can be checked before it is read, and a transaction that met another
/// one can be tried again as a whole, as often as `tries` says.
pub async fn hold(request: Request, routes: &Router, tries: u32) -> Response {
    if request.method().is_safe() {
        return ask(routes, request).await;
    }
    let (mut parts, body) = request.into_parts();
    let room = parts.extensions.get().map_or(BODY_MAX, |room: &BodyRoom| room.0.min(BODY_MAX));
    let Ok(body) = to_bytes(body, room).await else {
        return body_too_large(room).into_response();
    };
    if header_text(&parts.headers, "authorization").is_some_and(|text| text.starts_with("SDK-")) {
        parts.extensions.insert(BodyHash(crate::vault::sha256_hex(&body)));
    }
    if parts.headers.contains_key("idempotency-key") {
        parts.extensions.insert(RequestHash(hash(&parts, &body)));
    }
    for _ in 1..tries {
        let request = Request::from_parts(parts.clone(), body::Body::from(body.clone()));
        let response = ask(routes, request).await;
        if response.extensions().get::<Busy>().is_none() {
            return response;
        }
        parts.extensions.insert(TriedAgain);
    }
    ask(routes, Request::from_parts(parts, body::Body::from(body))).await
}

async fn ask(routes: &Router, request: Request) -> Response {
    match routes.clone().call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// The answer to a body that has no room.
pub fn body_too_large(room: usize) -> Problem {
    let detail = (format!("a body may have at most {room} bytes here"), format!("此处请求体不能超过 {room} 字节"));
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body.too_large", detail)
}

/// Gives a request the key that a form carried in a field, as if it had come in the header.
pub fn set_key(parts: &mut Parts, key: HeaderValue, body: &[u8]) {
    parts.headers.insert("idempotency-key", key);
    let hash = hash(parts, body);
    parts.extensions.insert(RequestHash(hash));
}

fn hash(parts: &Parts, body: &[u8]) -> String {
    use sha2::Digest;
    let mut hash = sha2::Sha256::new();
    hash.update(format!("{} {}\n", parts.method, parts.uri));
    hash.update(body);
    hex::encode(hash.finalize())
}
