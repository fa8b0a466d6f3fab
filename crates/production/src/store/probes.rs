//! Statements on `production_probe` and `production_probing`.

use kernel::{
    Page, Result, Timestamp,
    arg::json,
    args,
    id::{AccountId, ProbeId, ProductionAddressId},
    page::PageOf,
};
use platform::Tx;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;

use crate::rules::{
    form::CallForm,
    probe::{FailedCase, Probe, ProbeOutcome, Ran},
};

#[derive(Debug, Serialize, Deserialize)]
struct Failed {
    cases: Vec<FailedCase>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: ProbeId,
    seller_id: AccountId,
    address_id: ProductionAddressId,
    url: String,
    form: CallForm,
    begun_at: Timestamp,
    ended_at: Option<Timestamp>,
    outcome: ProbeOutcome,
    cases: i64,
    failed: Json<Failed>,
}

impl Row {
    fn probe(self) -> Probe {
        let Self { id, seller_id, address_id, url, form, begun_at, ended_at, outcome, cases, failed } = self;
        let (seller, address, failed) = (seller_id, address_id, failed.0.cases);
        Probe { id, seller, address, url, form, begun_at, ended_at, outcome, cases, failed }
    }
}

macro_rules! probes {
    ($rest:literal) => {
        concat!(
            "select id, seller_id, address_id, url, form, begun_at, ended_at, outcome, cases, failed from production_probe ",
            $rest
        )
    };
}

pub(crate) async fn insert(tx: &mut Tx, probe: &Probe) -> Result<()> {
    let Probe { id, seller, address, url, form, begun_at, ended_at, outcome, cases, failed } = probe;
    let failed = Failed { cases: failed.clone() };
    tx.execute(
        "insert into production_probe (id, seller_id, address_id, url, form, begun_at, ended_at, outcome, cases, failed) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        args![*id, *seller, *address, url, *form, *begun_at, *ended_at, *outcome, *cases, json(&failed)],
    )
    .await?;
    Ok(())
}

/// The probe of a seller's system that runs.
pub(crate) async fn running(tx: &mut Tx, seller: AccountId) -> Result<Option<Probe>> {
    let sql = probes!("where seller_id = $1 and outcome = 'running'");
    Ok(tx.fetch_optional::<Row>(sql, args![seller]).await?.map(Row::probe))
}

/// The one that runs at an address, also when that is gone.
pub(crate) async fn running_at(tx: &mut Tx, address: ProductionAddressId) -> Result<Option<Probe>> {
    let sql = probes!("where address_id = $1 and outcome = 'running'");
    Ok(tx.fetch_optional::<Row>(sql, args![address]).await?.map(Row::probe))
}

/// Writes the end of one that runs.
pub(crate) async fn end(tx: &mut Tx, probe: &Probe) -> Result<()> {
    let failed = Failed { cases: probe.failed.clone() };
    tx.execute(
        "update production_probe set outcome = $1, ended_at = $2, cases = $3, failed = $4 where id = $5 and outcome = 'running'",
        args![probe.outcome, probe.ended_at, probe.cases, json(&failed), probe.id],
    )
    .await?;
    Ok(())
}

pub(crate) async fn find(tx: &mut Tx, id: ProbeId) -> Result<Option<Probe>> {
    Ok(tx.fetch_optional::<Row>(probes!("where id = $1"), args![id]).await?.map(Row::probe))
}

/// The latest of a seller's probes that failed.
pub(crate) async fn last_failed(tx: &mut Tx, seller: AccountId) -> Result<Option<Probe>> {
    let sql = probes!("where seller_id = $1 and outcome = 'failed' order by id desc limit 1");
    Ok(tx.fetch_optional::<Row>(sql, args![seller]).await?.map(Row::probe))
}

/// The probes of one seller or of all, the newest first.
pub(crate) async fn list(tx: &mut Tx, seller: Option<AccountId>, page: PageOf) -> Result<Page<Probe>> {
    let sql = probes!("where ($1 is null or seller_id = $1) and ($2 is null or id < $2) order by id desc limit $3");
    let rows: Vec<Row> = tx.fetch_all(sql, args![seller, page.before, page.fetch()]).await?;
    let rows = rows.into_iter().map(Row::probe).collect();
    Ok(page.page(rows, |probe: &Probe| probe.id.uuid()))
}

#[derive(sqlx::FromRow)]
struct Ended {
    begun_at: Timestamp,
    outcome: ProbeOutcome,
}

impl From<Ended> for Ran {
    fn from(ended: Ended) -> Self {
        Self { at: ended.begun_at, passed: ended.outcome == ProbeOutcome::Passed }
    }
}

/// How a seller's latest two probes ended, the newest first. Those that came to no end say nothing.
pub(crate) async fn latest_two(tx: &mut Tx, seller: AccountId) -> Result<Vec<Ran>> {
    let sql = "select begun_at, outcome from production_probe where seller_id = $1 and outcome in ('passed', 'failed') \
               order by id desc limit 2";
    let rows: Vec<Ended> = tx.fetch_all(sql, args![seller]).await?;
    Ok(rows.into_iter().map(Ran::from).collect())
}

/// A seller's probes that failed since one passed, the newest first.
pub(crate) async fn since_pass(tx: &mut Tx, seller: AccountId) -> Result<Vec<Ran>> {
    let sql = "select begun_at, outcome from production_probe where seller_id = $1 and outcome = 'failed' and begun_at > \
               (select coalesce(max(begun_at), $2) from production_probe where seller_id = $1 and outcome = 'passed') \
               order by id desc";
    let rows: Vec<Ended> = tx.fetch_all(sql, args![seller, Timestamp::from_micros(0)]).await?;
    Ok(rows.into_iter().map(Ran::from).collect())
}

#[derive(sqlx::FromRow)]
struct Next {
    next_at: Timestamp,
}

pub(crate) async fn next(tx: &mut Tx) -> Result<Option<Timestamp>> {
    let sql = "select next_at from production_probing where id = 1";
    Ok(tx.fetch_optional::<Next>(sql, args![]).await?.map(|row| row.next_at))
}

/// Says when systems are probed next. False: somebody else has just said so.
pub(crate) async fn plan(tx: &mut Tx, before: Option<Timestamp>, next: Timestamp) -> Result<bool> {
    let hit = match before {
        None => {
            let sql = "insert into production_probing (id, next_at) values (1, $1) on conflict (id) do nothing";
            tx.execute(sql, args![next]).await?
        }
        Some(before) => {
            let sql = "update production_probing set next_at = $1 where id = 1 and next_at = $2";
            tx.execute(sql, args![next, before]).await?
        }
    };
    Ok(hit == 1)
}

pub(crate) async fn forget(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.execute("delete from production_probe where begun_at < $1 and outcome <> 'running'", args![before]).await
}
