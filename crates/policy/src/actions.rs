//! Reading the rules that hold, and publishing new ones.

use std::sync::{
    Arc, RwLock,
    atomic::{AtomicBool, Ordering},
};

use kernel::{Localized, Refusal, Result, Timestamp, id::PolicyId};
use platform::{App, Tx};
use sqlx::types::Json;

use crate::{
    Policies, Policy,
    rules::DEFAULT,
    store::{self, Holding, Source, Version},
};

/// The rules in force, kept between calls until the next version begins to hold.
#[derive(Clone, Default)]
pub(crate) struct Cache(Arc<Kept>);

#[derive(Default)]
struct Kept {
    rules: RwLock<Option<Cached>>,
    refreshing: AtomicBool,
}

#[derive(Clone)]
struct Cached {
    /// `None`: nothing is published, and the built-in rules hold.
    version: Option<PolicyId>,
    policy: Arc<Policy>,
    read_at: Timestamp,
    /// When the next version begins to hold, as far as was known.
    next_from: Option<Timestamp>,
}

/// Another process may publish; its version is looked for this often.
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
    fn text(&self) -> Localized {
        let zh = match self {
            Self::Taken(from) => format!("从 {from} 起生效的站点规则版本已经发布，须换一个生效时间"),
            Self::Past(now) => format!("站点规则不能从过去的时间起生效，最早为当前时间 {now}"),
        };
        Localized::new(self.to_string(), zh)
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
        if store::holding(&mut tx, now).await?.id.is_none() {
            self.write(&mut tx, text, Timestamp::from_micros(0), "first start").await?;
        }
        tx.commit().await
    }

    /// The rules that hold now.
    ///
    /// Most callers hold a transaction, and a second connection may not be free until theirs is: what is kept is used at
    /// once, and news from other processes is looked for beside the request.
    pub async fn current(&self) -> Result<Arc<Policy>> {
        let now = self.app.clock.now();
        let holds = |kept: &Cached| kept.read_at <= now && kept.next_from.is_none_or(|next| now < next);
        let Some(kept) = self.kept().filter(holds) else { return self.refresh(now).await };
        if kept.read_at.plus_seconds(CACHE_SECONDS) <= now && !self.cache.0.refreshing.swap(true, Ordering::SeqCst) {
            let policies = self.clone();
            tokio::spawn(async move {
                if let Err(error) = policies.refresh(now).await {
                    tracing::warn!(%error, "the rules could not be read anew; the last ones go on holding");
                }
                policies.cache.0.refreshing.store(false, Ordering::SeqCst);
            });
        }
        Ok(kept.policy)
    }

    /// Reads which version holds; its text is read when it is another one than before.
    async fn refresh(&self, now: Timestamp) -> Result<Arc<Policy>> {
        let mut tx = self.app.db.read();
        let Holding { id: version, next_from } = store::holding(&mut tx, now).await?;
        let policy = match (self.kept().filter(|kept| kept.version == version), version) {
            (Some(kept), _) => kept.policy,
            (None, Some(id)) => Arc::new(Policy::parse(&store::source(&mut tx, id).await?.toml)?),
            (None, None) => Arc::new(Policy::parse(DEFAULT)?),
        };
        if let Ok(mut kept) = self.cache.0.rules.write() {
            *kept = Some(Cached { version, policy: policy.clone(), read_at: now, next_from });
        }
        Ok(policy)
    }

    fn kept(&self) -> Option<Cached> {
        self.cache.0.rules.read().ok().and_then(|kept| kept.clone())
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
        if let Ok(mut kept) = self.cache.0.rules.write() {
            *kept = None;
        }
    }

    /// All published versions, the latest first.
    pub async fn versions(&self) -> Result<Vec<Version>> {
        store::all(&mut self.app.db.read()).await
    }
}
