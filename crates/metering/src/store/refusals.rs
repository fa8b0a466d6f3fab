//! Statements on `usage_refusal`.

use kernel::{
    Error, Page, Result, Thing, Timestamp,
    arg::json,
    args, choices,
    id::{AccountId, UsageRefusalId},
    page::PageOf,
};
use platform::Tx;
use sqlx::types::Json;

use crate::rules::record::{Sent, UsageCode};

choices! {
    pub(crate) enum UsageRefusalState {
        Open = "open",
        /// Mended and accepted.
        Mended = "mended",
        /// Its seller wants nothing more of it.
        Dropped = "dropped",
    }
}

/// A record that was refused.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub id: UsageRefusalId,
    pub seller: AccountId,
    pub sent: Sent,
    pub code: UsageCode,
    /// How often it came.
    pub count: i64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    pub state: UsageRefusalState,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: UsageRefusalId,
    seller_id: AccountId,
    sent: Json<Sent>,
    code: UsageCode,
    times: i64,
    first_at: Timestamp,
    last_at: Timestamp,
    state: UsageRefusalState,
}

impl Row {
    fn refusal(self) -> Refusal {
        Refusal {
            id: self.id,
            seller: self.seller_id,
            sent: self.sent.0,
            code: self.code,
            count: self.times,
            first_at: self.first_at,
            last_at: self.last_at,
            state: self.state,
        }
    }
}

macro_rules! refusals {
    ($rest:literal) => {
        concat!("select id, seller_id, sent, code, times, first_at, last_at, state from usage_refusal ", $rest)
    };
}

/// So many of a seller's are kept, the newest.
const KEPT_MAX: i64 = 10_000;

#[derive(sqlx::FromRow)]
struct Id {
    id: UsageRefusalId,
}

/// Forgets what is beyond the most that is kept of a seller's.
async fn forget_beyond(tx: &mut Tx, seller: AccountId) -> Result<()> {
    let sql = "select id from usage_refusal where seller_id = $1 order by id desc limit 1 offset $2";
    let Some(Id { id }) = tx.fetch_optional(sql, args![seller, KEPT_MAX]).await? else { return Ok(()) };
    // Those that another request counts at this moment are left to the next one.
    let statement =
        ("delete from usage_refusal", "select id from usage_refusal where seller_id = $1 and id <= $2", "returning id");
    tx.take_rows::<Id>(statement, args![seller, id]).await.map(drop)
}

/// Forgets what was sent last before a moment.
pub(crate) async fn forget_before(tx: &mut Tx, moment: Timestamp) -> Result<()> {
    tx.execute("delete from usage_refusal where last_at < $1", args![moment]).await.map(drop)
}

/// Whether any of a seller's is open.
pub(crate) async fn any_open(tx: &mut Tx, seller: AccountId) -> Result<bool> {
    let sql = "select id from usage_refusal where seller_id = $1 and state = $2 limit 1";
    Ok(tx.fetch_optional::<Id>(sql, args![seller, UsageRefusalState::Open]).await?.is_some())
}

/// Ends those of a seller's open ones whose records were recorded after all.
pub(crate) async fn end_recorded(tx: &mut Tx, seller: AccountId, prints: Vec<String>, now: Timestamp) -> Result<()> {
    let keys = prints.into_iter().map(|print| args![seller, print, UsageRefusalState::Open]).collect();
    let after = "as wanted join usage_refusal r on r.seller_id = wanted.column1 and r.fingerprint = wanted.column2 \
                 and r.state = wanted.column3";
    for Id { id } in tx.fetch_for("select r.id from", keys, after).await? {
        end(tx, id, UsageRefusalState::Mended, now).await?;
    }
    Ok(())
}

/// Writes what was refused; the same again is counted, and stays as its seller has decided.
pub(crate) async fn add(tx: &mut Tx, seller: AccountId, refused: Vec<(Refusal, String)>) -> Result<()> {
    let row = |(refusal, fingerprint): (Refusal, String)| {
        let Refusal { id, seller, sent, code, count, first_at, last_at, state } = refusal;
        args![id, seller, fingerprint, json(&sent), code, count, first_at, last_at, state]
    };
    let insert = "insert into usage_refusal (id, seller_id, fingerprint, sent, code, times, first_at, last_at, state)";
    let tail = "on conflict (seller_id, fingerprint) do update set times = usage_refusal.times + 1, code = excluded.code, \
                last_at = excluded.last_at";
    tx.insert_rows(insert, refused.into_iter().map(row).collect(), tail).await?;
    forget_beyond(tx, seller).await
}

pub(crate) async fn find_for(tx: &mut Tx, seller: AccountId, id: UsageRefusalId) -> Result<Refusal> {
    let row: Option<Row> = tx.fetch_optional(refusals!("where seller_id = $1 and id = $2"), args![seller, id]).await?;
    row.map(Row::refusal).ok_or(Error::NotFound(Thing::UsageRefusal))
}

pub(crate) async fn of_seller(
    tx: &mut Tx,
    seller: AccountId,
    state: Option<UsageRefusalState>,
    page: PageOf,
) -> Result<Page<Refusal>> {
    let sql = refusals!(
        "where seller_id = $1 and ($2 is null or state = $2) and ($3 is null or id < $3) order by id desc limit $4"
    );
    let rows: Vec<Row> = tx.fetch_all(sql, args![seller, state, page.before, page.fetch()]).await?;
    Ok(page.page(rows, |row| row.id.uuid()).map(Row::refusal))
}

/// Ends an open one.
pub(crate) async fn end(tx: &mut Tx, id: UsageRefusalId, state: UsageRefusalState, now: Timestamp) -> Result<()> {
    let sql = "update usage_refusal set state = $1, ended_at = $2 where id = $3 and state = $4";
    tx.execute_one(sql, args![state, now, id, UsageRefusalState::Open], || Error::Busy).await
}

#[derive(sqlx::FromRow)]
struct Count {
    count: i64,
}

pub(crate) async fn open_of(tx: &mut Tx, seller: AccountId) -> Result<i64> {
    let sql = "select count(*) as count from usage_refusal where seller_id = $1 and state = $2";
    Ok(tx.fetch_one::<Count>(sql, args![seller, UsageRefusalState::Open]).await?.count)
}
