//! Reading the rules that hold, and publishing new ones.

use std::sync::{Arc, RwLock};

use kernel::{Refusal, Result, Timestamp, id::PolicyId};
use platform::{App, Tx};
use sqlx::types::Json;

use crate::{
    Policies, Policy,
    rules::DEFAULT,
    store::{self, Source, Version},
};

/// The rules in force, kept between calls until the next version begins to hold.
#[derive(Clone, Default)]
pub(crate) struct Cache(Arc<RwLock<Option<Cached>>>);

#[derive(Clone)]
struct Cached {
    policy: Arc<Policy>,
    read_at: Timestamp,
    until: Timestamp,
}

/// Another process may publish; its version is seen after this long at the latest.
const CACHE_SECONDS: i64 = 10;

#[derive(Debug, thiserror::Error)]
pub enum PolicyRefused {
    #[error("a version that holds from {0} is already published; choose another time")]
    Taken(Timestamp),
    #[error("rules cannot begin to hold in the past; the earliest is now, {0}")]
    Past(Timestamp),
}

impl Refusal for PolicyRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::Taken(_) => "policy.taken",
            Self::Past(_) => "policy.past",
        }
    }
}

impl Policies {
    pub fn new(app: App) -> Self {
        Self { app, cache: Cache::default() }
    }

    /// Publishes the first rules of a new site: the configured file or the built-in ones.
    pub async fn ensure(&self, configured: Option<&str>) -> Result<()> {
        let text = configured.unwrap_or(DEFAULT);
        Policy::parse(text)?;
        let mut tx = self.app.db.begin().await?;
        let now = self.app.clock.now();
        if store::effective(&mut tx, now).await?.is_none() {
            self.write(&mut tx, text, Timestamp::from_micros(0), "first start").await?;
        }
        tx.commit().await
    }

    /// The rules that hold now.
    pub async fn current(&self) -> Result<Arc<Policy>> {
        let now = self.app.clock.now();
        let kept = self.cache.0.read().ok().and_then(|kept| kept.clone());
        if let Some(kept) = kept.filter(|kept| kept.read_at <= now && now < kept.until) {
            return Ok(kept.policy);
        }
        let mut tx = self.app.db.read();
        let policy = Arc::new(match store::effective(&mut tx, now).await? {
            Some(version) => Policy::parse(&version.source.toml)?,
            None => Policy::parse(DEFAULT)?,
        });
        let next = store::next_from(&mut tx, now).await?;
        let until = now.plus_seconds(CACHE_SECONDS);
        let cached = Cached { policy: policy.clone(), read_at: now, until: next.map_or(until, |next| next.min(until)) };
        if let Ok(mut kept) = self.cache.0.write() {
            *kept = Some(cached);
        }
        Ok(policy)
    }

    /// Publishes rules that hold from a moment on.
    pub async fn publish(&self, tx: &mut Tx, text: &str, from: Option<Timestamp>, by: &str) -> Result<Version> {
        Policy::parse(text)?;
        let now = self.app.clock.now();
        let from = from.unwrap_or(now);
        if from < now {
            return Err(PolicyRefused::Past(now).into());
        }
        self.write(tx, text, from, by).await
    }

    async fn write(&self, tx: &mut Tx, text: &str, from: Timestamp, by: &str) -> Result<Version> {
        let now = self.app.clock.now();
        let version = Version {
            id: PolicyId::new(now),
            source: Json(Source { toml: text.to_owned() }),
            effective_from: from,
            published_at: now,
            published_by: by.to_owned(),
        };
        store::insert(tx, &version, || PolicyRefused::Taken(from).into()).await?;
        Ok(version)
    }

    /// Reads the rules anew; called after a publication has been committed.
    pub fn forget_cached(&self) {
        if let Ok(mut kept) = self.cache.0.write() {
            *kept = None;
        }
    }

    /// All published versions, the latest first.
    pub async fn versions(&self) -> Result<Vec<Version>> {
        store::all(&mut self.app.db.read()).await
    }
}
