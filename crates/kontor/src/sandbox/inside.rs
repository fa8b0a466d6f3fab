//! A sandbox from the inside: the marketplace, who is in it, and how they ask for something.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use accounts::Seller;
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, header},
};
use kernel::{Error, Lang, Localized, Result, Timestamp};
use platform::http::Problem;
use production::Way;
use serde_json::Value;
use tower::ServiceExt;

use super::{den::Folder, rules::SandboxRefused, told::Inner};
use crate::{Kontor, stage::People};

/// What is held for a sandbox. The folder comes last, so that it goes last.
pub(super) struct Inside {
    pub(super) kontor: Kontor,
    pub(super) people: People,
    pub(super) seller: Actor,
    pub(super) buyers: Vec<Actor>,
    pub(super) way: Way,
    /// Where calls go; none: the seller has no proven address.
    pub(super) url: Option<String>,
    /// What its address was known by when it was copied.
    pub(super) address: Option<String>,
    /// Listings that could not be taken over, and why.
    pub(super) left_out: Vec<LeftOut>,
    /// Where the clock was to stop when a turn was cut short.
    pub(super) goal: Mutex<Option<Timestamp>>,
    /// By how much its clock was ahead of the site's, and since when on that: the first at its start, the latest last.
    pub(super) ahead: Mutex<Vec<(Timestamp, i64)>>,
    pub(super) router: Router,
    pub(super) folder: Folder,
}

/// A listing that is not on sale in the sandbox.
#[derive(Clone, Debug)]
pub(super) struct LeftOut {
    pub(super) name: Localized,
    pub(super) why: Localized,
}

/// Somebody inside, with a token that is made anew when it is over.
pub(super) struct Actor {
    pub(super) account: String,
    pub(super) name: String,
    token: Mutex<String>,
}

impl Actor {
    pub(super) fn new(account: String, name: String, token: String) -> Self {
        Self { account, name, token: Mutex::new(token) }
    }

    fn token(&self) -> String {
        self.token.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// No answer inside is larger.
const ANSWER_MAX: usize = 8 * 1024 * 1024;

impl Inside {
    /// Asks the API inside as somebody.
    pub(super) async fn ask(&self, who: &Actor, method: &str, path: &str, body: Option<Value>) -> Result<Value> {
        let mut answer = self.send(&who.token(), (method, path, None), body.as_ref()).await;
        if is(&answer, &[401]) {
            // No token lives for more than a year, and the clock is turned.
            let token = self.people.token(&who.name).await.map_err(|error| Error::fault(error.to_string()))?;
            token.clone_into(&mut who.token.lock().unwrap_or_else(PoisonError::into_inner));
            answer = self.send(&token, (method, path, None), body.as_ref()).await;
        }
        // Who may do what inside is no business of who asks: its own session has not ended.
        if is(&answer, &[401, 403]) {
            return Err(Error::fault(format!("inside a sandbox, {path} is not for {}", who.name)));
        }
        answer
    }

    /// The seller inside, for what is asked without a request.
    pub(super) async fn member(&self) -> Result<Seller> {
        // Makes the token anew where it is over.
        self.ask(&self.seller, "GET", "/api/v1/account", None).await?;
        let member = self.kontor.accounts.member_by_token(&self.seller.token()).await?;
        Seller::try_from(member).map_err(Error::from)
    }

    /// The same as the operator inside, with the version of what is changed.
    pub(super) async fn decide(&self, path: &str, body: Option<Value>) -> Result<Value> {
        let operator = self.people.operator().await.map_err(|error| Error::fault(error.to_string()))?;
        self.send(&operator, ("POST", path, None), body.as_ref()).await
    }

    /// A change from the version that was read.
    pub(super) async fn edit(&self, who: &Actor, (method, path): (&str, &str), read: &Value) -> Result<Value> {
        self.send(&who.token(), (method, path, read["version"].as_i64()), None).await
    }

    async fn send(
        &self,
        token: &str,
        (method, path, version): (&str, &str, Option<i64>),
        body: Option<&Value>,
    ) -> Result<Value> {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        if let Some(version) = version {
            request = request.header(header::IF_MATCH, format!("\"{version}\""));
        }
        let bytes = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let request = request.body(bytes).map_err(Error::fault)?;
        let Ok(response) = self.router.clone().oneshot(request).await;
        if let Some(problem) = response.extensions().get::<Arc<Problem>>() {
            return Err(match problem.status() {
                // Another change inside was faster.
                503 => SandboxRefused::AtWork.into(),
                500.. => Error::fault(format!("inside a sandbox: {}", problem.text(Lang::En))),
                _ => Error::from(Inner(problem.clone())),
            });
        }
        let status = response.status();
        let bytes = to_bytes(response.into_body(), ANSWER_MAX).await.map_err(Error::fault)?;
        if !status.is_success() {
            return Err(Error::fault(format!("inside a sandbox, {path} answered {status}")));
        }
        Ok(if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).map_err(Error::fault)? })
    }

    /// How many bytes its database takes.
    pub(super) fn bytes(&self) -> u64 {
        let size = |name: &str| std::fs::metadata(self.folder.path().join(name)).map_or(0, |file| file.len());
        size("kontor.db") + size("kontor.db-wal")
    }

    pub(super) fn remove(&self) {
        self.folder.remove();
    }
}

/// Whether something was refused with one of some statuses.
fn is(answer: &Result<Value>, statuses: &[u16]) -> bool {
    matches!(answer, Err(Error::Refused(refusal)) if statuses.contains(&refusal.status()))
}

/// Where the database of a sandbox lies.
pub(super) fn database(folder: &Path) -> PathBuf {
    folder.join("kontor.db")
}
