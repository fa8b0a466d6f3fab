//! Statements on `listing_key`, `listing_import` and `listing_import_line`.

use kernel::{
    Error, Page, Result, Timestamp,
    arg::json,
    args, choices,
    id::{AccountId, ImportId, ProductId, UserId},
    page::PageOf,
};
use platform::{OnUnique, Tx};
use serde_json::Value;
use sqlx::types::Json;

use crate::rules::FileError;

/// What a seller calls a product, and the state that was last written from a file.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Keyed {
    pub(crate) key: String,
    pub(crate) product_id: ProductId,
    pub(crate) digest: String,
}

pub(crate) async fn find_key(tx: &mut Tx, account: AccountId, key: &str) -> Result<Option<Keyed>> {
    let sql = "select key, product_id, digest from listing_key where account_id = $1 and key = $2";
    tx.fetch_optional(sql, args![account, key]).await
}

#[derive(sqlx::FromRow)]
struct Key {
    key: String,
}

pub(crate) async fn key_of(tx: &mut Tx, product: ProductId) -> Result<Option<String>> {
    let sql = "select key from listing_key where product_id = $1";
    Ok(tx.fetch_optional::<Key>(sql, args![product]).await?.map(|row| row.key))
}

/// False: the key is another product's.
pub(crate) async fn keep_key(tx: &mut Tx, account: AccountId, keyed: &Keyed, now: Timestamp) -> Result<bool> {
    let Keyed { key, product_id, digest } = keyed;
    let sql = "insert into listing_key (account_id, key, product_id, digest, applied_at) values ($1, $2, $3, $4, $5) \
               on conflict (account_id, key) do update set digest = excluded.digest, applied_at = excluded.applied_at \
               where listing_key.product_id = excluded.product_id";
    Ok(tx.execute(sql, args![account, key, *product_id, digest, now]).await? == 1)
}

/// The key of a product that is thrown away is free again.
pub(crate) async fn forget_key(tx: &mut Tx, product: ProductId) -> Result<()> {
    tx.execute("delete from listing_key where product_id = $1", args![product]).await?;
    Ok(())
}

choices! {
    /// How far an import is.
    pub(crate) enum ImportState {
        Running = "running",
        Done = "done",
        /// Given up: some of its lines were never written.
        Failed = "failed",
    }
}

choices! {
    /// What became of a line.
    pub(crate) enum LineOutcome {
        Waiting = "waiting",
        Created = "created",
        Changed = "changed",
        Unchanged = "unchanged",
        Refused = "refused",
    }
}

/// A file of many listings on its way in.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Import {
    pub(crate) id: ImportId,
    pub(crate) account_id: AccountId,
    pub(crate) user_id: UserId,
    pub(crate) name: String,
    pub(crate) state: ImportState,
    pub(crate) submits: bool,
    pub(crate) lines: i64,
    pub(crate) done: i64,
    pub(crate) created: i64,
    pub(crate) changed: i64,
    pub(crate) unchanged: i64,
    pub(crate) refused: i64,
    pub(crate) begun_at: Timestamp,
    pub(crate) ended_at: Option<Timestamp>,
}

/// One line of it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct ImportLine {
    pub(crate) line: i64,
    pub(crate) key: String,
    pub(crate) outcome: LineOutcome,
    pub(crate) product_id: Option<ProductId>,
    pub(crate) listing: Json<Value>,
    pub(crate) errors: Json<Vec<FileError>>,
}

/// Keeps a new import in one of the places that its account has for those that run: no two can take the same.
pub(crate) async fn insert_import(tx: &mut Tx, import: &Import, place: i64, lines: &[ImportLine]) -> Result<()> {
    let Import { id, account_id, user_id, name, state, submits, lines: count, done, refused, begun_at, .. } = import;
    tx.execute(
        "insert into listing_import (id, account_id, user_id, name, state, submits, lines, done, created, changed, unchanged, \
         refused, begun_at, place) values ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, 0, $9, $10, $11)",
        args![*id, *account_id, *user_id, name, *state, *submits, *count, *done, *refused, *begun_at, place],
    )
    .await
    .on_unique(|| Error::Busy)?;
    for some in lines.chunks(500) {
        let rows = some.iter().map(|line| {
            args![*id, line.line, &line.key, line.outcome, line.product_id, json(&line.listing.0), json(&line.errors.0)]
        });
        let insert = "insert into listing_import_line (import_id, line, key, outcome, product_id, listing, errors)";
        tx.insert_rows(insert, rows.collect(), "").await?;
    }
    Ok(())
}

pub(crate) async fn find_import(tx: &mut Tx, id: ImportId) -> Result<Option<Import>> {
    tx.fetch_optional(
        "select id, account_id, user_id, name, state, submits, lines, done, created, changed, unchanged, refused, begun_at, \
         ended_at from listing_import where id = $1",
        args![id],
    )
    .await
}

pub(crate) async fn imports_of(tx: &mut Tx, account: AccountId, page: PageOf) -> Result<Page<Import>> {
    let rows = tx
        .fetch_all(
            "select id, account_id, user_id, name, state, submits, lines, done, created, changed, unchanged, refused, begun_at, \
             ended_at from listing_import where account_id = $1 and ($2 is null or id < $2) order by id desc limit $3",
            args![account, page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |row: &Import| row.id.uuid()))
}

#[derive(sqlx::FromRow)]
struct Place {
    place: i64,
}

/// The places of an account in which an import runs.
pub(crate) async fn places_taken(tx: &mut Tx, account: AccountId) -> Result<Vec<i64>> {
    let sql = "select place from listing_import where account_id = $1 and place is not null";
    Ok(tx.fetch_all::<Place>(sql, args![account]).await?.into_iter().map(|row| row.place).collect())
}

/// The next lines that wait, in their order.
pub(crate) async fn lines_waiting(tx: &mut Tx, import: ImportId, count: u32) -> Result<Vec<ImportLine>> {
    let sql = "select line, key, outcome, product_id, listing, errors from listing_import_line \
               where import_id = $1 and outcome = 'waiting' order by line limit $2";
    tx.fetch_all(sql, args![import, count]).await
}

/// The lines that were refused, from a line on.
pub(crate) async fn lines_refused(tx: &mut Tx, import: ImportId, after: i64, count: u32) -> Result<Vec<ImportLine>> {
    let sql = "select line, key, outcome, product_id, listing, errors from listing_import_line \
               where import_id = $1 and line > $2 and (outcome = 'refused' or errors <> '[]') order by line limit $3";
    tx.fetch_all(sql, args![import, after, count]).await
}

/// Writes down what became of a line; the listing is not needed any more.
pub(crate) async fn end_line(tx: &mut Tx, import: ImportId, line: &ImportLine) -> Result<()> {
    let ImportLine { line, key: _, outcome, product_id, listing: _, errors } = line;
    tx.execute(
        "update listing_import_line set outcome = $1, product_id = $2, errors = $3, listing = '{}' \
         where import_id = $4 and line = $5",
        args![*outcome, *product_id, json(&errors.0), import, *line],
    )
    .await?;
    Ok(())
}

/// Writes down how far an import is; one that has ended leaves its place.
pub(crate) async fn keep_progress(tx: &mut Tx, import: &Import, from: i64) -> Result<()> {
    let Import { id, state, done, created, changed, unchanged, refused, ended_at, .. } = import;
    tx.execute_one(
        "update listing_import set state = $1, done = $2, created = $3, changed = $4, unchanged = $5, refused = $6, \
         ended_at = $7, place = case when $1 = 'running' then place end where id = $8 and done = $9 and state = 'running'",
        args![*state, *done, *created, *changed, *unchanged, *refused, *ended_at, *id, from],
        || Error::Busy,
    )
    .await
}
