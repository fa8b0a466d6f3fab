//! Statements on `usage_record`.

use kernel::{
    Result, Timestamp, args,
    id::{AccountId, InstanceId},
    time::Period,
};
use platform::Tx;

use super::sums::Sum;
use crate::rules::record::Record;

/// The number of a record that is new.
#[derive(Debug, PartialEq, Eq, Hash, sqlx::FromRow)]
pub(crate) struct Added {
    pub(crate) instance_id: InstanceId,
    pub(crate) number: String,
}

/// Adds records; those whose number or time is taken are left out. Gives those that are new.
pub(crate) async fn add(tx: &mut Tx, records: &[Record], now: Timestamp) -> Result<Vec<Added>> {
    let row = |record: &Record| {
        let apart = if record.apart { record.number.as_str() } else { "" };
        let Record { account, instance, number, meter, quantity, begin, end, late_in, apart: _ } = record;
        args![*account, *instance, number, meter, *quantity, *begin, *end, apart, *late_in, now]
    };
    let rows = records.iter().map(row).collect();
    let insert = "insert into usage_record (account_id, instance_id, number, meter, quantity, begin_at, end_at, apart, late_in, \
                  received_at)";
    tx.insert_returning(insert, rows, "on conflict do nothing returning instance_id, number").await
}

#[derive(sqlx::FromRow)]
struct Row {
    account_id: AccountId,
    instance_id: InstanceId,
    number: String,
    meter: String,
    quantity: i64,
    begin_at: Timestamp,
    end_at: Timestamp,
    late_in: Option<Timestamp>,
}

impl Row {
    fn record(self) -> Record {
        Record {
            account: self.account_id,
            instance: self.instance_id,
            number: self.number,
            meter: self.meter,
            quantity: self.quantity,
            begin: self.begin_at,
            end: self.end_at,
            apart: false,
            late_in: self.late_in,
        }
    }
}

/// What stands under the numbers of some records.
pub(crate) async fn under_numbers(tx: &mut Tx, records: &[Record]) -> Result<Vec<Record>> {
    let keys = records.iter().map(|record| args![record.instance, &record.number]).collect();
    let before =
        "select r.account_id, r.instance_id, r.number, r.meter, r.quantity, r.begin_at, r.end_at, r.late_in from";
    let after = "as wanted join usage_record r on r.instance_id = wanted.column1 and r.number = wanted.column2";
    Ok(tx.fetch_for::<Row>(before, keys, after).await?.into_iter().map(Row::record).collect())
}

#[derive(sqlx::FromRow)]
struct InTime {
    meter: String,
    whole: i64,
    rest: i64,
    records: i64,
}

/// What was used and recorded in time in a period, by meter, from the records themselves.
pub(crate) async fn sums(tx: &mut Tx, instance: InstanceId, period: Period) -> Result<Vec<Sum>> {
    let sql = "select meter, cast(sum(quantity / 10000) as bigint) as whole, cast(sum(quantity % 10000) as bigint) as rest, \
               count(*) as records from usage_record \
               where instance_id = $1 and begin_at >= $2 and begin_at < $3 and late_in is null group by meter";
    let found: Vec<InTime> = tx.fetch_all(sql, args![instance, period.from, period.until]).await?;
    let sum = |InTime { meter, whole, rest, records }| Sum { meter, late: false, whole, rest, records };
    Ok(found.into_iter().map(sum).collect())
}

/// How many are read at once.
const SOME: i64 = 10_000;

/// Where a record stands in the order in which records are charged.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    begin: Timestamp,
    end: Timestamp,
    number: String,
}

impl Place {
    /// Before all that begins at a moment or later.
    pub(crate) fn before(begin: Timestamp) -> Self {
        Self { begin, end: begin, number: String::new() }
    }
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct One {
    pub(crate) meter: String,
    pub(crate) quantity: i64,
    pub(crate) begin_at: Timestamp,
    end_at: Timestamp,
    number: String,
}

impl One {
    pub(crate) fn place(&self) -> Place {
        Place { begin: self.begin_at, end: self.end_at, number: self.number.clone() }
    }
}

/// The same of one meter, record by record in the order of their time: some of those behind a place.
pub(crate) async fn each(
    tx: &mut Tx,
    instance: InstanceId,
    (period, meter): (Period, &str),
    behind: &Place,
) -> Result<Vec<One>> {
    let Place { begin, end, number } = behind;
    tx.fetch_all(
        "select meter, quantity, begin_at, end_at, number from usage_record where instance_id = $1 and begin_at < $2 \
         and late_in is null and meter = $3 and (begin_at, end_at, number) > ($4, $5, $6) \
         order by begin_at, end_at, number limit $7",
        args![instance, period.until, meter, *begin, *end, number, SOME],
    )
    .await
}

/// What came too late for its own period and is charged with the one that begins at a moment: some of it behind a place.
pub(crate) async fn late(
    tx: &mut Tx,
    instance: InstanceId,
    charged_with: Timestamp,
    behind: &Place,
) -> Result<Vec<One>> {
    let Place { begin, end, number } = behind;
    tx.fetch_all(
        "select meter, quantity, begin_at, end_at, number from usage_record where instance_id = $1 and late_in = $2 \
         and (begin_at, end_at, number) > ($3, $4, $5) order by begin_at, end_at, number limit $6",
        args![instance, charged_with, *begin, *end, number, SOME],
    )
    .await
}

#[derive(sqlx::FromRow)]
struct First {
    at: Option<Timestamp>,
}

/// The beginning of the first period from a moment on that something has to be charged with.
pub(crate) async fn next_used(tx: &mut Tx, instance: InstanceId, from: Timestamp) -> Result<Option<Timestamp>> {
    let in_time =
        "select min(begin_at) as at from usage_record where instance_id = $1 and begin_at >= $2 and late_in is null";
    let late = "select min(late_in) as at from usage_record where instance_id = $1 and late_in >= $2";
    let in_time = tx.fetch_one::<First>(in_time, args![instance, from]).await?.at;
    let late = tx.fetch_one::<First>(late, args![instance, from]).await?.at;
    Ok(in_time.into_iter().chain(late).min())
}

#[derive(sqlx::FromRow)]
pub(crate) struct Count {
    pub(crate) count: i64,
}

/// How many records there are of what is charged up to a moment.
pub(crate) async fn charged(tx: &mut Tx, instance: InstanceId, until: Timestamp) -> Result<i64> {
    let sql = "select count(*) as count from usage_record where instance_id = $1 \
               and ((late_in is null and begin_at < $2) or late_in < $2)";
    Ok(tx.fetch_one::<Count>(sql, args![instance, until]).await?.count)
}
