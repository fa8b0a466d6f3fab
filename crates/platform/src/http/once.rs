//! Changes that a client may repeat: the first answer is kept in the transaction of the change, a repeat gets it again.
//!
//! The `Idempotency-Key` belongs to the caller who sent it; the same key with another request is refused
//! ([draft-ietf-httpapi-idempotency-key-header](https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/)).

use axum::{
    Json,
    body::{Body, to_bytes},
    extract::{FromRequestParts, Request},
    http::{HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use kernel::{Error, Refusal, Result, arg::json, args};
use serde::Serialize;
use sqlx::types::Json as Stored;

use super::{Problem, extract::header_text, problem::Busy};
use crate::{
    App,
    db::{OnUnique, Tx},
};

/// The answer to a change: status, body, and the version of what was changed.
#[derive(Clone, Debug)]
pub struct Answer {
    status: StatusCode,
    body: serde_json::Value,
    version: Option<i64>,
    /// It was given before; what was shown then is not shown again.
    repeated: bool,
}

impl Answer {
    pub fn created(body: &impl Serialize) -> Self {
        Self::new(StatusCode::CREATED, body)
    }

    pub fn ok(body: &impl Serialize) -> Self {
        Self::new(StatusCode::OK, body)
    }

    pub fn empty() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: serde_json::Value::Null, version: None, repeated: false }
    }

    fn new(status: StatusCode, body: &impl Serialize) -> Self {
        Self { status, body: serde_json::to_value(body).unwrap_or_default(), version: None, repeated: false }
    }

    /// Gives the answer an entity tag, for a later edit with `If-Match`.
    #[must_use]
    pub fn version(mut self, version: i64) -> Self {
        self.version = Some(version);
        self
    }

    /// Adds what is shown in the first answer only and never kept: call it after [`Once::run`]. A repetition stays as it
    /// is: what its own run had made was rolled back.
    #[must_use]
    pub fn reveal(mut self, field: &str, secret: Option<String>) -> Self {
        if let (false, Some(object), Some(secret)) = (self.repeated, self.body.as_object_mut(), secret) {
            object.insert(field.to_owned(), secret.into());
        }
        self
    }

    fn stored(&self) -> serde_json::Value {
        serde_json::json!({ "body": self.body, "version": self.version })
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
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
    request_hash: String,
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
    fn status(&self) -> u16 {
        match self {
            Self::Reused => 422,
            Self::Malformed => 400,
            Self::Running => 409,
        }
    }
}

/// The hash of method, path, query and body, computed once by [`retry_busy`], which holds the body anyway.
#[derive(Clone)]
struct RequestHash(String);

/// Whose keys they are: the same user with another session or token is the same caller. Authentication sets it, so a
/// handler takes its member before its [`Once`].
#[derive(Clone)]
pub struct CallerName(pub String);

/// How often this request has been tried inside the server: from the second time on its signature is no replay.
#[derive(Clone, Copy)]
pub struct Attempt(pub usize);

/// The SHA-256 of the body of a signed request, in hexadecimal; a request without one has no body.
#[derive(Clone)]
pub struct BodyHash(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Once {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("idempotency-key") else { return Ok(Self { key: None }) };
        let key = value.to_str().ok().map(str::trim).filter(|text| (1..=200).contains(&text.len()));
        let key = key.ok_or_else(|| Error::from(OnceRefused::Malformed))?.to_owned();
        let scope = parts.extensions.get::<CallerName>().map_or_else(|| "nobody".to_owned(), |caller| caller.0.clone());
        let request_hash = parts.extensions.get::<RequestHash>().map(|hash| hash.0.clone()).unwrap_or_default();
        Ok(Self { key: Some(Key { scope, key, request_hash }) })
    }
}

impl Once {
    /// A change without a key, for callers that are not requests.
    pub fn without_key() -> Self {
        Self { key: None }
    }

    /// Runs the change in one transaction with its stored answer, or gives the answer of the first time.
    pub async fn run<F>(self, app: &App, change: F) -> Result<Answer, Problem>
    where
        F: AsyncFnOnce(&mut Tx) -> Result<Answer>,
    {
        let Some(key) = self.key else {
            let mut tx = app.db.begin().await?;
            let answer = change(&mut tx).await?;
            tx.commit().await?;
            return Ok(answer);
        };
        if let Some(answer) = key.find(&mut app.db.read()).await? {
            return Ok(answer);
        }
        let mut tx = app.db.begin().await?;
        let outcome = match change(&mut tx).await {
            Ok(answer) => key.keep(&mut tx, app.clock.now(), &answer).await.map(|()| answer),
            refused => refused,
        };
        match outcome {
            Ok(answer) => {
                tx.commit().await?;
                Ok(answer)
            }
            Err(error) => {
                drop(tx);
                // A repeat that ran beside the first one may have failed only because the first one had succeeded.
                match key.find(&mut app.db.read()).await? {
                    Some(answer) => Ok(answer),
                    None => Err(error.into()),
                }
            }
        }
    }
}

#[derive(sqlx::FromRow)]
struct Kept {
    request_hash: String,
    status: i64,
    answer: Stored<serde_json::Value>,
}

impl Key {
    async fn find(&self, tx: &mut Tx) -> Result<Option<Answer>> {
        let sql = "select request_hash, status, answer from once where scope = $1 and key = $2";
        let kept: Option<Kept> = tx.fetch_optional(sql, args![&self.scope, &self.key]).await?;
        let Some(kept) = kept else { return Ok(None) };
        if kept.request_hash != self.request_hash {
            return Err(OnceRefused::Reused.into());
        }
        let mut stored = kept.answer.0;
        let status = u16::try_from(kept.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
        Ok(Some(Answer {
            status: status.unwrap_or(StatusCode::OK),
            body: stored["body"].take(),
            version: stored["version"].as_i64(),
            repeated: true,
        }))
    }

    async fn keep(&self, tx: &mut Tx, now: kernel::Timestamp, answer: &Answer) -> Result<()> {
        tx.execute(
            "insert into once (scope, key, request_hash, status, answer, created_at) values ($1, $2, $3, $4, $5, $6)",
            args![&self.scope, &self.key, &self.request_hash, answer.status.as_u16(), json(&answer.stored()), now],
        )
        .await
        .on_unique(|| OnceRefused::Running)?;
        Ok(())
    }
}

/// Forgets the answers that nobody will ask for again.
pub async fn forget(tx: &mut Tx, before: kernel::Timestamp) -> Result<u64> {
    tx.execute("delete from once where created_at < $1", args![before]).await
}

const TRIES: usize = 4;

/// The largest body that a change may have; uploads travel inside JSON as base64.
const BODY_MAX: usize = 28 * 1024 * 1024;

/// Holds the body of a change, so that a transaction that met another one can be tried again as a whole.
pub async fn retry_busy(request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_MAX).await else {
        let detail = format!("a body may have at most {BODY_MAX} bytes");
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body.too_large", detail).into_response();
    };
    if header_text(&parts.headers, "authorization").is_some_and(|text| text.starts_with("SDK-")) {
        parts.extensions.insert(BodyHash(crate::vault::sha256_hex(&body)));
    }
    if parts.headers.contains_key("idempotency-key") {
        parts.extensions.insert(RequestHash(hash(&parts, &body)));
    }
    let mut tries = 0;
    loop {
        tries += 1;
        parts.extensions.insert(Attempt(tries));
        let response = next.clone().run(Request::from_parts(parts.clone(), Body::from(body.clone()))).await;
        if tries == TRIES || response.extensions().get::<Busy>().is_none() {
            return response;
        }
    }
}

fn hash(parts: &Parts, body: &[u8]) -> String {
    use sha2::Digest;
    let mut hash = sha2::Sha256::new();
    hash.update(format!("{} {}\n", parts.method, parts.uri));
    hash.update(body);
    hex::encode(hash.finalize())
}
