//! Statements on `policy`.

use kernel::{Error, Result, Timestamp, arg::json, args, id::PolicyId};
use platform::{OnUnique, Tx};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;

/// A published version as it was written.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Version {
    pub id: PolicyId,
    pub source: Json<Source>,
    pub effective_from: Timestamp,
    pub published_at: Timestamp,
    pub published_by: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Source {
    pub toml: String,
}

pub(crate) async fn insert(tx: &mut Tx, version: &Version, taken: impl FnOnce() -> Error) -> Result<()> {
    tx.execute(
        "insert into policy (id, source, effective_from, published_at, published_by) values ($1, $2, $3, $4, $5)",
        args![version.id, json(&version.source.0), version.effective_from, version.published_at, &version.published_by],
    )
    .await
    .on_unique(taken)?;
    Ok(())
}

/// Which version holds, and when the one after it begins to hold.
#[derive(sqlx::FromRow)]
pub(crate) struct Holding {
    pub(crate) id: Option<PolicyId>,
    pub(crate) next_from: Option<Timestamp>,
}

pub(crate) async fn holding(tx: &mut Tx, at: Timestamp) -> Result<Holding> {
    tx.fetch_one(
        "select (select id from policy where effective_from <= $1 order by effective_from desc limit 1) as id, \
         (select min(effective_from) from policy where effective_from > $1) as next_from",
        args![at],
    )
    .await
}

#[derive(sqlx::FromRow)]
struct Written {
    source: Json<Source>,
}

pub(crate) async fn source(tx: &mut Tx, id: PolicyId) -> Result<Source> {
    Ok(tx.fetch_one::<Written>("select source from policy where id = $1", args![id]).await?.source.0)
}

pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<Version>> {
    tx.fetch_all(
        "select id, source, effective_from, published_at, published_by from policy order by effective_from desc",
        vec![],
    )
    .await
}
