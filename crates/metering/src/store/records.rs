//! Statements on `usage_record`.

use kernel::{Result, Timestamp, args, id::InstanceId, time::Period};
use platform::{Tx, Written};

use super::sums::Sum;
use crate::rules::{
    contract::Contract,
    correction::Worth,
    record::{Record, Recorded},
};

/// A record by its number.
#[derive(Debug, PartialEq, Eq, Hash, sqlx::FromRow)]
pub(crate) struct Numbered {
    pub(crate) instance_id: InstanceId,
    pub(crate) number: String,
}

/// Adds records; those whose number or time is taken are left out. Gives those that are new.
pub(crate) async fn add(tx: &mut Tx, records: &[Record], now: Timestamp) -> Result<Written<Numbered>> {
    let row = |record: &Record| {
        let apart = if record.apart { record.number.as_str() } else { "" };
        let Record { account, instance, number, meter, quantity, covered, begin, end, late_in, .. } = record;
        args![*account, *instance, number, meter, *quantity, *covered, *begin, *end, apart, *late_in, now]
    };
    let rows = || records.iter().map(row).collect();
    let insert = "insert into usage_record (account_id, instance_id, number, meter, quantity, covered, begin_at, end_at, apart, late_in, \
                  received_at)";
    let tails = ("on conflict do nothing", "on conflict do nothing returning instance_id, number");
    tx.insert_new(insert, rows, tails).await
}

/// Which of some records cannot be added: their number or their time is taken.
pub(crate) async fn taken(tx: &mut Tx, records: &[&Record]) -> Result<Vec<Numbered>> {
    let key = |record: &&Record| {
        let apart = if record.apart { record.number.as_str() } else { "" };
        let Record { instance, number, meter, begin, end, .. } = record;
        args![*instance, number, *begin, *end, meter, apart]
    };
    let after = "as wanted where exists (select 1 from usage_record r where r.instance_id = wanted.column1 \
                 and r.number = wanted.column2) \
                 or exists (select 1 from usage_record r where r.instance_id = wanted.column1 and r.begin_at = wanted.column3 \
                 and r.end_at = wanted.column4 and r.meter = wanted.column5 and r.apart = wanted.column6)";
    let before = "select wanted.column1 as instance_id, wanted.column2 as number from";
    tx.fetch_for(before, records.iter().map(key).collect(), after).await
}

/// Which of some records are not there as they were sent.
pub(crate) async fn unlike(tx: &mut Tx, records: &[Record]) -> Result<Vec<Numbered>> {
    let key = |record: &Record| {
        let Record { instance, number, meter, quantity, begin, end, .. } = record;
        args![*instance, number, meter, *quantity, *begin, *end]
    };
    let after = "as wanted where not exists (select 1 from usage_record r where r.instance_id = wanted.column1 \
                 and r.number = wanted.column2 and r.meter = wanted.column3 and r.quantity = wanted.column4 \
                 and r.begin_at = wanted.column5 and r.end_at = wanted.column6)";
    let before = "select wanted.column1 as instance_id, wanted.column2 as number from";
    tx.fetch_for(before, records.iter().map(key).collect(), after).await
}

#[derive(sqlx::FromRow)]
struct InTime {
    meter: String,
    whole: i64,
    rest: i64,
    records: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    number: String,
    meter: String,
    quantity: i64,
    covered: i64,
    begin_at: Timestamp,
    end_at: Timestamp,
    late_in: Option<Timestamp>,
    received_at: Timestamp,
}

impl Row {
    fn recorded(self) -> Recorded {
        let Self { number, meter, quantity, covered, begin_at, end_at, late_in, received_at } = self;
        let worth = Worth { quantity, covered };
        Recorded { number, meter, worth, begin: begin_at, end: end_at, late_in, received_at }
    }
}

macro_rules! rows {
    ($rest:literal) => {
        concat!(
            "select number, meter, quantity, covered, begin_at, end_at, late_in, received_at from usage_record ",
            $rest
        )
    };
}

/// A record of an instance by its number.
pub(crate) async fn find(tx: &mut Tx, instance: InstanceId, number: &str) -> Result<Option<Recorded>> {
    let row: Option<Row> =
        tx.fetch_optional(rows!("where instance_id = $1 and number = $2"), args![instance, number]).await?;
    Ok(row.map(Row::recorded))
}

/// Records of an instance behind a place, those that begin last first.
pub(crate) async fn of_instance(
    tx: &mut Tx,
    instance: InstanceId,
    behind: Option<(Timestamp, String)>,
    most: i64,
) -> Result<Vec<Recorded>> {
    let (begin, number) = behind.unzip();
    let sql = rows!(
        "where instance_id = $1 and ($2 is null or (begin_at, number) < ($2, $3)) order by begin_at desc, number desc limit $4"
    );
    let found: Vec<Row> = tx.fetch_all(sql, args![instance, begin, number, most]).await?;
    Ok(found.into_iter().map(Row::recorded).collect())
}

/// What was used and recorded in time in a period, by meter, from the records themselves.
pub(crate) async fn sums(tx: &mut Tx, instance: InstanceId, period: Period) -> Result<Vec<Sum>> {
    let sql = "select meter, cast(sum((quantity - covered) / 10000) as bigint) as whole, \
               cast(sum((quantity - covered) % 10000) as bigint) as rest, \
               count(*) as records from usage_record \
               where instance_id = $1 and begin_at >= $2 and begin_at < $3 and late_in is null group by meter";
    let found: Vec<InTime> = tx.fetch_all(sql, args![instance, period.from, period.until]).await?;
    let sum = |InTime { meter, whole, rest, records }| Sum { meter, late: false, whole, rest, records };
    Ok(found.into_iter().map(sum).collect())
}

/// How many are read at once.
const SOME: i64 = 10_000;

#[derive(sqlx::FromRow)]
pub(crate) struct Alike {
    pub(crate) quantity: i64,
    pub(crate) records: i64,
}

/// The same of one meter, records of the same count together; none: there are too many different counts.
pub(crate) async fn alike(
    tx: &mut Tx,
    instance: InstanceId,
    (period, meter): (Period, &str),
) -> Result<Option<Vec<Alike>>> {
    let sql = "select quantity - covered as quantity, count(*) as records from usage_record where instance_id = $1 \
               and begin_at >= $2 and begin_at < $3 and late_in is null and meter = $4 \
               group by quantity - covered order by quantity - covered limit $5";
    let found: Vec<Alike> = tx.fetch_all(sql, args![instance, period.from, period.until, meter, SOME + 1]).await?;
    Ok(Some(found).filter(|found| i64::try_from(found.len()).is_ok_and(|count| count <= SOME)))
}

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
    pub(crate) end_at: Timestamp,
    pub(crate) number: String,
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
        "select meter, quantity - covered as quantity, begin_at, end_at, number from usage_record where instance_id = $1 and begin_at < $2 \
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
        "select meter, quantity - covered as quantity, begin_at, end_at, number from usage_record where instance_id = $1 and late_in = $2 \
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

/// What came late and will be charged with the hour or day that begins at a moment, by meter, from the records themselves.
pub(crate) async fn late_sums(tx: &mut Tx, instance: InstanceId, charged_with: Timestamp) -> Result<Vec<Sum>> {
    let sql = "select meter, cast(sum((quantity - covered) / 10000) as bigint) as whole, \
               cast(sum((quantity - covered) % 10000) as bigint) as rest, \
               count(*) as records from usage_record where instance_id = $1 and late_in = $2 group by meter";
    let found: Vec<InTime> = tx.fetch_all(sql, args![instance, charged_with]).await?;
    let sum = |InTime { meter, whole, rest, records }| Sum { meter, late: true, whole, rest, records };
    Ok(found.into_iter().map(sum).collect())
}

/// How many records there are of what is not charged up to a moment.
pub(crate) async fn open(tx: &mut Tx, instance: InstanceId, from: Timestamp) -> Result<i64> {
    let sql = "select count(*) as count from usage_record where instance_id = $1 \
               and ((late_in is null and begin_at >= $2) or late_in >= $2)";
    Ok(tx.fetch_one::<Count>(sql, args![instance, from]).await?.count)
}

/// How many records there are of what is charged up to a moment.
pub(crate) async fn charged(tx: &mut Tx, instance: InstanceId, until: Timestamp) -> Result<i64> {
    let sql = "select count(*) as count from usage_record where instance_id = $1 \
               and ((late_in is null and begin_at < $2) or late_in < $2)";
    Ok(tx.fetch_one::<Count>(sql, args![instance, until]).await?.count)
}

#[derive(sqlx::FromRow)]
pub(crate) struct Past {
    pub(crate) period_from: Timestamp,
    pub(crate) meter: String,
    whole: i64,
    rest: i64,
    records: i64,
}

impl Past {
    pub(crate) fn sum(&self) -> Sum {
        Sum { meter: self.meter.clone(), late: false, whole: self.whole, rest: self.rest, records: self.records }
    }
}

/// What was used and recorded in time in the hours and days of some time that are charged, before one of them.
pub(crate) async fn past_sums(
    tx: &mut Tx,
    instance: InstanceId,
    (span, before): (Period, Timestamp),
) -> Result<Vec<Past>> {
    let sql = "select c.period_from, r.meter, cast(sum((r.quantity - r.covered) / 10000) as bigint) as whole, \
               cast(sum((r.quantity - r.covered) % 10000) as bigint) as rest, count(*) as records from usage_charge c \
               join usage_record r on r.instance_id = c.instance_id and r.begin_at >= c.period_from and r.begin_at < c.period_until \
               and r.late_in is null where c.instance_id = $1 and c.period_from >= $2 and c.period_from < $3 and c.period_from < $4 \
               group by c.period_from, r.meter order by c.period_from, r.meter";
    tx.fetch_all(sql, args![instance, span.from, span.until, before]).await
}

#[derive(sqlx::FromRow)]
pub(crate) struct LateOne {
    pub(crate) late_in: Timestamp,
    #[sqlx(flatten)]
    pub(crate) one: One,
}

/// What was used in some time, came too late for its own hour or day, and is charged before a moment.
pub(crate) async fn past_late(
    tx: &mut Tx,
    instance: InstanceId,
    (span, before): (Period, Timestamp),
) -> Result<Vec<LateOne>> {
    let sql = "select late_in, meter, quantity - covered as quantity, begin_at, end_at, number from usage_record \
               where instance_id = $1 and late_in is not null and late_in < $4 and begin_at >= $2 and begin_at < $3 \
               order by late_in, begin_at, end_at, number";
    tx.fetch_all(sql, args![instance, span.from, span.until, before]).await
}

/// A record in the order in which records came.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Uncovered {
    pub(crate) instance_id: InstanceId,
    pub(crate) number: String,
    received_at: Timestamp,
    begin_at: Timestamp,
}

impl Uncovered {
    /// Before all that came with a record or later and begins at a moment or later.
    pub(crate) fn behind(contract: &Contract, record: &Recorded, begin: Timestamp) -> Self {
        let begin_at = begin.plus_micros(-1);
        Self { instance_id: contract.instance, number: String::new(), received_at: record.received_at, begin_at }
    }
}

/// So many are looked for at once.
const INSTEAD: i64 = 200;

/// Records of what an account has of a product of which something is charged now and that begin in some time, in the order in which
/// they came: some of those behind one.
pub(crate) async fn uncovered(
    tx: &mut Tx,
    contract: &Contract,
    (meter, (from, until)): (&str, (Timestamp, Timestamp)),
    behind: &Uncovered,
) -> Result<Vec<Uncovered>> {
    tx.fetch_all(
        "select r.instance_id, r.number, r.received_at, r.begin_at from metered_instance m \
         join usage_record r on r.instance_id = m.instance_id and r.meter = $3 and r.begin_at >= $4 and r.begin_at < $5 \
         where m.account_id = $1 and m.product_id = $2 and (r.received_at, r.begin_at, r.instance_id, r.number) > ($6, $7, $8, $9) \
         and coalesce((select c.quantity - c.covered from usage_correction c where c.instance_id = r.instance_id \
         and c.record = r.number and c.turn is not null order by c.turn desc limit 1), r.quantity - r.covered) > 0 \
         order by r.received_at, r.begin_at, r.instance_id, r.number limit $10",
        args![
            contract.account,
            contract.product,
            meter,
            from,
            until,
            behind.received_at,
            behind.begin_at,
            behind.instance_id,
            &behind.number,
            INSTEAD
        ],
    )
    .await
}
