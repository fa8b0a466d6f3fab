//! Statements on `usage_correction` and `usage_correction_cover`.

use std::collections::BTreeSet;

use kernel::{
    Error, Page, Result, Thing, Timestamp, args,
    id::{AccountId, InstanceId, UsageCorrectionId},
    page::PageOf,
    time::Period,
};
use platform::Tx;
use rust_decimal::Decimal;

use super::records::{Count, Numbered};
use crate::rules::{
    correction::{ConsentReason, Correction, UsageCorrectionState, Worth},
    package::Cover,
    record::Record,
};

#[derive(sqlx::FromRow)]
struct Row {
    id: UsageCorrectionId,
    account_id: AccountId,
    seller_id: AccountId,
    instance_id: InstanceId,
    number: String,
    record: String,
    meter: String,
    begin_at: Timestamp,
    charged_with: Timestamp,
    late: bool,
    quantity_before: i64,
    covered_before: i64,
    quantity: i64,
    covered: i64,
    reason: String,
    state: UsageCorrectionState,
    turn: Option<i64>,
    asks: Option<ConsentReason>,
    lapses_at: Option<Timestamp>,
    most: String,
    known_in: Option<Timestamp>,
    corrected_at: Timestamp,
    decided_at: Option<Timestamp>,
}

impl TryFrom<Row> for Correction {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.id,
            account: row.account_id,
            seller: row.seller_id,
            instance: row.instance_id,
            number: row.number,
            record: row.record,
            meter: row.meter,
            begin: row.begin_at,
            charged_with: row.charged_with,
            late: row.late,
            before: Worth { quantity: row.quantity_before, covered: row.covered_before },
            after: Worth { quantity: row.quantity, covered: row.covered },
            reason: row.reason,
            state: row.state,
            turn: row.turn,
            asks: row.asks,
            lapses_at: row.lapses_at,
            most: row.most.parse().map_err(Error::fault)?,
            known_in: row.known_in,
            corrected_at: row.corrected_at,
            decided_at: row.decided_at,
        })
    }
}

macro_rules! corrections {
    ($rest:literal) => {
        concat!(
            "select id, account_id, seller_id, instance_id, number, record, meter, begin_at, charged_with, late, quantity_before, \
             covered_before, quantity, covered, reason, state, turn, asks, lapses_at, most, known_in, corrected_at, decided_at \
             from usage_correction ",
            $rest
        )
    };
}

fn all(rows: Vec<Row>) -> Result<Vec<Correction>> {
    rows.into_iter().map(Correction::try_from).collect()
}

pub(crate) async fn insert(tx: &mut Tx, one: &Correction) -> Result<()> {
    let Correction { id, account, seller, instance, number, record, meter, begin, charged_with, late, .. } = one;
    tx.execute(
        "insert into usage_correction (id, account_id, seller_id, instance_id, number, record, meter, begin_at, charged_with, late, \
         quantity_before, covered_before, quantity, covered, reason, state, turn, asks, lapses_at, most, known_in, corrected_at, \
         decided_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)",
        args![
            *id,
            *account,
            *seller,
            *instance,
            number,
            record,
            meter,
            *begin,
            *charged_with,
            *late,
            one.before.quantity,
            one.before.covered,
            one.after.quantity,
            one.after.covered,
            &one.reason,
            one.state,
            one.turn,
            one.asks,
            one.lapses_at,
            one.most,
            one.known_in,
            one.corrected_at,
            one.decided_at
        ],
    )
    .await?;
    Ok(())
}

/// Saves what became of one that was waiting.
pub(crate) async fn decide(tx: &mut Tx, one: &Correction) -> Result<()> {
    tx.execute_one(
        "update usage_correction set state = $1, quantity_before = $2, covered_before = $3, covered = $4, known_in = $5, \
         decided_at = $6, turn = $7 where id = $8 and state = $9",
        args![
            one.state,
            one.before.quantity,
            one.before.covered,
            one.after.covered,
            one.known_in,
            one.decided_at,
            one.turn,
            one.id,
            UsageCorrectionState::Waiting
        ],
        || Error::Busy,
    )
    .await
}

/// The corrections of a record: as they were counted, and behind them what does not count.
pub(crate) async fn of_record(tx: &mut Tx, instance: InstanceId, record: &str) -> Result<Vec<Correction>> {
    let sql = corrections!("where instance_id = $1 and record = $2 order by turn is null, turn, id");
    all(tx.fetch_all(sql, args![instance, record]).await?)
}

/// One of an instance's by what it is called.
pub(crate) async fn numbered(tx: &mut Tx, instance: InstanceId, number: &str) -> Result<Option<Correction>> {
    let row: Option<Row> =
        tx.fetch_optional(corrections!("where instance_id = $1 and number = $2"), args![instance, number]).await?;
    row.map(Correction::try_from).transpose()
}

pub(crate) async fn find_for(tx: &mut Tx, account: AccountId, id: UsageCorrectionId) -> Result<Correction> {
    let row: Option<Row> =
        tx.fetch_optional(corrections!("where id = $1 and account_id = $2"), args![id, account]).await?;
    row.map(Correction::try_from).transpose()?.ok_or(Error::NotFound(Thing::UsageCorrection))
}

/// The corrections of an instance, newest first.
pub(crate) async fn of_instance(tx: &mut Tx, instance: InstanceId, page: PageOf) -> Result<Page<Correction>> {
    let sql = corrections!("where instance_id = $1 and ($2 is null or id < $2) order by id desc limit $3");
    let rows = all(tx.fetch_all(sql, args![instance, page.before, page.fetch()]).await?)?;
    Ok(page.page(rows, |one| one.id.uuid()))
}

/// The corrections of a seller's records, newest first.
pub(crate) async fn of_seller(tx: &mut Tx, seller: AccountId, page: PageOf) -> Result<Page<Correction>> {
    let sql = corrections!("where seller_id = $1 and ($2 is null or id < $2) order by id desc limit $3");
    let rows = all(tx.fetch_all(sql, args![seller, page.before, page.fetch()]).await?)?;
    Ok(page.page(rows, |one| one.id.uuid()))
}

#[derive(sqlx::FromRow)]
struct Added {
    most: String,
}

/// What the corrections of an instance since a moment cost at most that nobody agreed to, one by one.
pub(crate) async fn added_since(tx: &mut Tx, instance: InstanceId, since: Timestamp) -> Result<Vec<Decimal>> {
    let sql = "select most from usage_correction where instance_id = $1 and state = $2 and asks is null \
               and corrected_at >= $3 and most <> '0'";
    let found: Vec<Added> = tx.fetch_all(sql, args![instance, UsageCorrectionState::Counted, since]).await?;
    found.into_iter().map(|row| row.most.parse().map_err(Error::fault)).collect()
}

/// The corrections of records that a period charges, made before it did, in their order.
pub(crate) async fn charged_with(tx: &mut Tx, instance: InstanceId, from: Timestamp) -> Result<Vec<Correction>> {
    let sql =
        corrections!("where instance_id = $1 and charged_with = $2 and state = $3 and known_in is null order by turn");
    all(tx.fetch_all(sql, args![instance, from, UsageCorrectionState::Counted]).await?)
}

/// The corrections of what was charged before whose difference a period charges, in their order.
pub(crate) async fn known_in(tx: &mut Tx, instance: InstanceId, from: Timestamp) -> Result<Vec<Correction>> {
    let sql = corrections!("where instance_id = $1 and known_in = $2 and state = $3 order by turn");
    all(tx.fetch_all(sql, args![instance, from, UsageCorrectionState::Counted]).await?)
}

/// The corrections that count of records that begin in some time, in their order.
pub(crate) async fn of_time(tx: &mut Tx, instance: InstanceId, span: Period) -> Result<Vec<Correction>> {
    let sql = corrections!("where instance_id = $1 and state = $2 and begin_at >= $3 and begin_at < $4 order by turn");
    all(tx.fetch_all(sql, args![instance, UsageCorrectionState::Counted, span.from, span.until]).await?)
}

/// Every correction of an instance that counts, by record and in their order, for the audit.
pub(crate) async fn by_record(tx: &mut Tx, instance: InstanceId) -> Result<Vec<Correction>> {
    let sql = corrections!("where instance_id = $1 and state = $2 order by record, turn");
    all(tx.fetch_all(sql, args![instance, UsageCorrectionState::Counted]).await?)
}

/// How many corrections of what was charged are charged up to a moment.
pub(crate) async fn charged(tx: &mut Tx, instance: InstanceId, until: Timestamp) -> Result<i64> {
    let sql = "select count(*) as count from usage_correction where instance_id = $1 and known_in < $2";
    Ok(tx.fetch_one::<Count>(sql, args![instance, until]).await?.count)
}

/// Which of some numbers are those of corrections. Where nothing was corrected, few rows are looked for.
pub(crate) async fn numbers_among(tx: &mut Tx, some: &[Record]) -> Result<Vec<Numbered>> {
    let instances: BTreeSet<InstanceId> = some.iter().map(|record| record.instance).collect();
    let after = "as wanted where exists (select 1 from usage_correction c where c.instance_id = wanted.column1)";
    let keys = instances.into_iter().map(|id| args![id]).collect();
    let corrected: Vec<Of> = tx.fetch_for("select wanted.column1 as instance_id from", keys, after).await?;
    let corrected: BTreeSet<InstanceId> = corrected.into_iter().map(|row| row.instance_id).collect();
    let some = some.iter().filter(|record| corrected.contains(&record.instance));
    let keys: Vec<_> = some.map(|record| args![record.instance, &record.number]).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let after = "as wanted join usage_correction c on c.instance_id = wanted.column1 and c.number = wanted.column2";
    tx.fetch_for("select c.instance_id, c.number from", keys, after).await
}

/// A correction that has the number of a record, for the audit.
pub(crate) async fn first_twice(tx: &mut Tx) -> Result<Option<Numbered>> {
    let sql = "select c.instance_id, c.number from usage_correction c \
               join usage_record r on r.instance_id = c.instance_id and r.number = c.number \
               order by c.instance_id, c.number limit 1";
    tx.fetch_optional(sql, vec![]).await
}

#[derive(sqlx::FromRow)]
struct Of {
    instance_id: InstanceId,
}

#[derive(sqlx::FromRow)]
struct First {
    at: Option<Timestamp>,
}

/// The first hour or day, from a moment on, with which a difference is charged.
pub(crate) async fn next_known(tx: &mut Tx, instance: InstanceId, from: Timestamp) -> Result<Option<Timestamp>> {
    let sql = "select min(known_in) as at from usage_correction where instance_id = $1 and known_in >= $2";
    Ok(tx.fetch_one::<First>(sql, args![instance, from]).await?.at)
}

/// Writes what a correction has taken of packages, or given back to them.
pub(crate) async fn write_covers(tx: &mut Tx, id: UsageCorrectionId, covers: &[Cover]) -> Result<()> {
    if covers.is_empty() {
        return Ok(());
    }
    let row = |cover: &Cover| args![id, cover.package, cover.filling, cover.quantity];
    let insert = "insert into usage_correction_cover (correction_id, package_id, filling_from, quantity)";
    tx.insert_rows(insert, covers.iter().map(row).collect(), "").await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Covered {
    package_id: InstanceId,
    filling_from: Timestamp,
    quantity: i64,
}

/// What packages cover of a record by now.
pub(crate) async fn covers_of(tx: &mut Tx, instance: InstanceId, record: &str) -> Result<Vec<Cover>> {
    let sql = "select package_id, filling_from, cast(sum(quantity) as bigint) as quantity from \
               (select package_id, filling_from, quantity from usage_cover where instance_id = $1 and number = $2 \
                union all \
                select k.package_id, k.filling_from, k.quantity from usage_correction c \
                join usage_correction_cover k on k.correction_id = c.id where c.instance_id = $1 and c.record = $2) both_sides \
               group by package_id, filling_from having sum(quantity) > 0 order by package_id, filling_from";
    let found: Vec<Covered> = tx.fetch_all(sql, args![instance, record]).await?;
    let cover =
        |Covered { package_id, filling_from, quantity }| Cover { package: package_id, filling: filling_from, quantity };
    Ok(found.into_iter().map(cover).collect())
}

#[derive(sqlx::FromRow)]
pub(crate) struct Drift {
    pub(crate) id: UsageCorrectionId,
    pub(crate) said: i64,
    pub(crate) covered: i64,
}

/// A correction that says something else of packages than it has taken of them.
pub(crate) async fn first_drift(tx: &mut Tx) -> Result<Option<Drift>> {
    tx.fetch_optional(
        "select id, cast(sum(said) as bigint) as said, cast(sum(covered) as bigint) as covered from \
         (select id, covered - covered_before as said, 0 as covered from usage_correction where state = 'counted' \
          union all \
          select correction_id as id, 0 as said, quantity as covered from usage_correction_cover) both_sides \
         group by id having sum(said) <> sum(covered) order by id limit 1",
        vec![],
    )
    .await
}
