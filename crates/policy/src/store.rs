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

/// The version that holds at a moment.
pub(crate) async fn effective(tx: &mut Tx, at: Timestamp) -> Result<Option<Version>> {
    tx.fetch_optional(
        "select id, source, effective_from, published_at, published_by from policy where effective_from <= $1 \
         order by effective_from desc limit 1",
        args![at],
    )
    .await
}

#[derive(sqlx::FromRow)]
struct From {
    effective_from: Timestamp,
}

/// When the version after a moment begins to hold.
pub(crate) async fn next_from(tx: &mut Tx, at: Timestamp) -> Result<Option<Timestamp>> {
    let sql = "select effective_from from policy where effective_from > $1 order by effective_from limit 1";
    Ok(tx.fetch_optional::<From>(sql, args![at]).await?.map(|row| row.effective_from))
}

pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<Version>> {
    tx.fetch_all(
        "select id, source, effective_from, published_at, published_by from policy order by effective_from desc",
        vec![],
    )
    .await
}
