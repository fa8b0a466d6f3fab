//! A sandbox from the inside: the marketplace, who is in it, and how they ask for something.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, header},
};
use kernel::{Error, FieldError, Lang, Localized, Refusal, Result, Timestamp};
use platform::http::Problem;
use production::Way;
use serde_json::Value;
use tower::ServiceExt;

use super::den::Folder;
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

/// What the marketplace inside has refused, as it says it.
#[derive(Debug)]
struct Inner(Arc<Problem>);

impl std::fmt::Display for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.text(Lang::En))
    }
}

impl std::error::Error for Inner {}

impl Refusal for Inner {
    fn code(&self) -> &'static str {
        self.0.code()
    }

    fn text(&self) -> Localized {
        Localized::new(self.0.text(Lang::En), self.0.text(Lang::Zh))
    }

    fn status(&self) -> u16 {
        self.0.status()
    }

    fn fields(&self) -> &[FieldError] {
        self.0.fields()
    }
}

/// No answer inside is larger.
const ANSWER_MAX: usize = 8 * 1024 * 1024;

impl Inside {
    /// Asks the API inside as somebody.
    pub(super) async fn ask(&self, who: &Actor, method: &str, path: &str, body: Option<Value>) -> Result<Value> {
        match self.send(&who.token(), (method, path, None), body.as_ref()).await {
            Err(Error::Refused(refusal)) if refusal.status() == 401 => {
                // No token lives for more than a year, and the clock is turned.
                let token = self.people.token(&who.name).await.map_err(|error| Error::fault(error.to_string()))?;
                token.clone_into(&mut who.token.lock().unwrap_or_else(PoisonError::into_inner));
                self.send(&token, (method, path, None), body.as_ref()).await
            }
            answer => answer,
        }
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
            return Err(if problem.status() >= 500 {
                Error::fault(format!("inside a sandbox: {}", problem.text(Lang::En)))
            } else {
                Error::from(Inner(problem.clone()))
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

/// Where the database of a sandbox lies.
pub(super) fn database(folder: &Path) -> PathBuf {
    folder.join("kontor.db")
}
