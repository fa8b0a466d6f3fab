//! Statements on `usage_sum`.

use kernel::{Result, Timestamp, args, id::InstanceId, time::Period};
use platform::Tx;
use rust_decimal::Decimal;

use crate::rules::record;

/// What a meter counted, and in how many records.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Sum {
    pub(crate) meter: String,
    /// Of what came too late for its own period.
    pub(crate) late: bool,
    /// The whole units of each record, and what each has beyond them in ten-thousandths: no sum of them is too large.
    pub(crate) whole: i64,
    pub(crate) rest: i64,
    pub(crate) records: i64,
}

impl Sum {
    pub(crate) fn quantity(&self) -> Decimal {
        Decimal::from(self.whole) + record::count(self.rest)
    }
}

/// Adds to what was used in hours and days that are not charged yet.
pub(crate) async fn add(tx: &mut Tx, sums: Vec<(InstanceId, Timestamp, Sum)>) -> Result<()> {
    let row = |(instance, from, sum): (InstanceId, Timestamp, Sum)| {
        let Sum { meter, late, whole, rest, records } = sum;
        args![instance, from, meter, late, whole, rest, records]
    };
    let insert = "insert into usage_sum (instance_id, period_from, meter, late, whole, rest, records)";
    let tail = "on conflict (instance_id, period_from, meter, late) do update set whole = usage_sum.whole + excluded.whole, \
                rest = usage_sum.rest + excluded.rest, records = usage_sum.records + excluded.records";
    tx.insert_rows(insert, sums.into_iter().map(row).collect(), tail).await?;
    Ok(())
}

/// What a period will be charged with, by meter.
pub(crate) async fn of(tx: &mut Tx, instance: InstanceId, period: Period) -> Result<Vec<Sum>> {
    let sql = "select meter, late, whole, rest, records from usage_sum where instance_id = $1 and period_from = $2";
    tx.fetch_all(sql, args![instance, period.from]).await
}

/// What is counted for one hour or day.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Open {
    pub(crate) period_from: Timestamp,
    #[sqlx(flatten)]
    pub(crate) sum: Sum,
}

/// Everything that is not charged, the first hour or day first; so many lines of it.
pub(crate) async fn open(tx: &mut Tx, instance: InstanceId, most: i64) -> Result<Vec<Open>> {
    let sql = "select period_from, meter, late, whole, rest, records from usage_sum where instance_id = $1 \
               order by period_from, meter, late limit $2";
    tx.fetch_all(sql, args![instance, most]).await
}

/// The same summed up, by meter.
pub(crate) async fn totals(tx: &mut Tx, instance: InstanceId) -> Result<Vec<Sum>> {
    let sql = "select meter, false as late, cast(sum(whole) as bigint) as whole, cast(sum(rest) as bigint) as rest, \
               cast(sum(records) as bigint) as records from usage_sum where instance_id = $1 group by meter";
    tx.fetch_all(sql, args![instance]).await
}

/// Everything before a moment is charged.
pub(crate) async fn forget(tx: &mut Tx, instance: InstanceId, until: Timestamp) -> Result<()> {
    tx.execute("delete from usage_sum where instance_id = $1 and period_from < $2", args![instance, until]).await?;
    Ok(())
}
