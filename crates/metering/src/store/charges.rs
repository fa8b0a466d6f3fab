//! Statements on `usage_charge`.

use kernel::{
    Currency, Error, Money, Page, Result, Timestamp,
    arg::json,
    args, choices,
    id::{AccountId, InstanceId, OrderLineId, UsageChargeId},
    page::PageOf,
    time::Period,
};
use platform::Tx;
use rust_decimal::Decimal;
use sqlx::types::Json;

use crate::rules::rating::Part;

choices! {
    /// Whether a charge has been taken from the wallet.
    pub enum UsageChargeState { Due = "due", Paid = "paid" }
}

/// What was used in one hour or day, priced.
#[derive(Clone, Debug)]
pub struct Charge {
    pub id: UsageChargeId,
    pub account: AccountId,
    pub seller: AccountId,
    pub instance: InstanceId,
    pub line: OrderLineId,
    pub period: Period,
    pub records: i64,
    pub parts: Vec<Part>,
    /// In major units, without a fraction lost.
    pub exact: Decimal,
    /// What is posted: whole minor units, with the fractions of those before.
    pub amount: Money,
    /// What of it is set off, in minor units: need not be paid, or, of one below zero, is not paid back.
    pub credited: i64,
    pub state: UsageChargeState,
    pub charged_at: Timestamp,
    pub paid_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: UsageChargeId,
    account_id: AccountId,
    seller_id: AccountId,
    instance_id: InstanceId,
    line_id: OrderLineId,
    period_from: Timestamp,
    period_until: Timestamp,
    records: i64,
    parts: Json<Vec<Part>>,
    currency: Currency,
    exact: String,
    amount: i64,
    credited: i64,
    state: UsageChargeState,
    charged_at: Timestamp,
    paid_at: Option<Timestamp>,
}

impl Charge {
    /// What of it moves money: above zero from the wallet, below it back.
    pub(crate) fn payable(&self) -> Result<Money> {
        Ok(self.amount.minus(Money::of(self.credited, self.amount.currency()))?)
    }
}

impl TryFrom<Row> for Charge {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.id,
            account: row.account_id,
            seller: row.seller_id,
            instance: row.instance_id,
            line: row.line_id,
            period: Period { from: row.period_from, until: row.period_until },
            records: row.records,
            parts: row.parts.0,
            exact: row.exact.parse().map_err(Error::fault)?,
            amount: Money::of(row.amount, row.currency),
            credited: row.credited,
            state: row.state,
            charged_at: row.charged_at,
            paid_at: row.paid_at,
        })
    }
}

macro_rules! charges {
    ($rest:literal) => {
        concat!(
            "select id, account_id, seller_id, instance_id, line_id, period_from, period_until, records, parts, currency, exact, \
             amount, credited, state, charged_at, paid_at from usage_charge ",
            $rest
        )
    };
}

fn all(rows: Vec<Row>) -> Result<Vec<Charge>> {
    rows.into_iter().map(Charge::try_from).collect()
}

/// Writes a charge. A period that is charged already cannot be charged again: the key refuses it.
pub(crate) async fn insert(tx: &mut Tx, charge: &Charge) -> Result<()> {
    let Charge {
        id,
        account,
        seller,
        instance,
        line,
        period,
        records,
        parts,
        exact,
        amount,
        credited: _,
        state,
        charged_at,
        paid_at,
    } = charge;
    tx.execute(
        "insert into usage_charge (id, account_id, seller_id, instance_id, line_id, period_from, period_until, records, parts, \
         currency, exact, amount, state, charged_at, paid_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        args![
            *id,
            *account,
            *seller,
            *instance,
            *line,
            period.from,
            period.until,
            *records,
            json(parts),
            amount.currency(),
            *exact,
            amount.minor(),
            *state,
            *charged_at,
            *paid_at
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn mark_paid(tx: &mut Tx, id: UsageChargeId, now: Timestamp) -> Result<()> {
    let sql = "update usage_charge set state = $1, paid_at = $2 where id = $3 and state = $4";
    tx.execute_one(sql, args![UsageChargeState::Paid, now, id, UsageChargeState::Due], || Error::Busy).await
}

/// Sets so much of a charge above zero off against one below, of the same instance.
pub(crate) async fn set_off(tx: &mut Tx, (credit, charge): (UsageChargeId, UsageChargeId), minor: i64) -> Result<()> {
    let sql = "update usage_charge set credited = credited + $1 where id = $2 and state = $3";
    tx.execute_one(sql, args![minor, charge, UsageChargeState::Due], || Error::Busy).await?;
    tx.execute_one(sql, args![-minor, credit, UsageChargeState::Due], || Error::Busy).await
}

/// The unpaid charges of an account, the first first.
pub(crate) async fn due_of(tx: &mut Tx, account: AccountId) -> Result<Vec<Charge>> {
    let sql = charges!("where account_id = $1 and state = $2 order by id");
    all(tx.fetch_all(sql, args![account, UsageChargeState::Due]).await?)
}

#[derive(sqlx::FromRow)]
struct Owing {
    instance_id: InstanceId,
}

/// The instances of an account with unpaid charges.
pub(crate) async fn owing(tx: &mut Tx, account: AccountId) -> Result<Vec<InstanceId>> {
    let sql = "select distinct instance_id from usage_charge where account_id = $1 and state = $2";
    let found: Vec<Owing> = tx.fetch_all(sql, args![account, UsageChargeState::Due]).await?;
    Ok(found.into_iter().map(|row| row.instance_id).collect())
}

#[derive(sqlx::FromRow)]
struct Due {
    currency: Currency,
    amount: i64,
}

/// What an account's unpaid charges come to, by currency. What is not set off yet is not taken from it.
pub(crate) async fn due_sums(tx: &mut Tx, account: AccountId) -> Result<Vec<Money>> {
    let sql = "select currency, cast(sum(amount - credited) as bigint) as amount from usage_charge \
               where account_id = $1 and state = $2 and amount > 0 group by currency";
    let found: Vec<Due> = tx.fetch_all(sql, args![account, UsageChargeState::Due]).await?;
    Ok(found.into_iter().map(|row| Money::of(row.amount, row.currency)).collect())
}

pub(crate) async fn find_for(tx: &mut Tx, account: AccountId, id: UsageChargeId) -> Result<Option<Charge>> {
    let row: Option<Row> = tx.fetch_optional(charges!("where account_id = $1 and id = $2"), args![account, id]).await?;
    row.map(Charge::try_from).transpose()
}

/// The charges of an instance, newest first.
pub(crate) async fn of_instance(tx: &mut Tx, instance: InstanceId, page: PageOf) -> Result<Page<Charge>> {
    let sql = charges!("where instance_id = $1 and ($2 is null or id < $2) order by id desc limit $3");
    let rows = all(tx.fetch_all(sql, args![instance, page.before, page.fetch()]).await?)?;
    Ok(page.page(rows, |charge| charge.id.uuid()))
}

/// The charges of all that a seller's customers use, newest first.
pub(crate) async fn of_seller(tx: &mut Tx, seller: AccountId, page: PageOf) -> Result<Page<Charge>> {
    let sql = charges!("where seller_id = $1 and ($2 is null or id < $2) order by id desc limit $3");
    let rows = all(tx.fetch_all(sql, args![seller, page.before, page.fetch()]).await?)?;
    Ok(page.page(rows, |charge| charge.id.uuid()))
}

/// Every charge of an instance in the order of its periods, for the audit.
pub(crate) async fn in_order(tx: &mut Tx, instance: InstanceId) -> Result<Vec<Charge>> {
    all(tx.fetch_all(charges!("where instance_id = $1 order by period_from"), args![instance]).await?)
}

#[derive(sqlx::FromRow)]
struct Sum {
    minor: i64,
}

/// What of an instance's charges is unpaid, in minor units.
pub(crate) async fn due(tx: &mut Tx, instance: InstanceId) -> Result<i64> {
    // In so many words, so that SQLite sees that the index of what is due is enough.
    let sql = "select cast(coalesce(sum(amount - credited), 0) as bigint) as minor from usage_charge \
               where instance_id = $1 and state = 'due'";
    Ok(tx.fetch_one::<Sum>(sql, args![instance]).await?.minor)
}

#[derive(sqlx::FromRow)]
pub(crate) struct Drift {
    pub(crate) id: UsageChargeId,
    pub(crate) charged: i64,
    pub(crate) booked: i64,
}

/// What of an instance's charges is set off without another one that it is set off against, in minor units.
pub(crate) async fn set_off_alone(tx: &mut Tx, instance: InstanceId) -> Result<i64> {
    let sql = "select cast(coalesce(sum(credited), 0) as bigint) as minor from usage_charge where instance_id = $1";
    Ok(tx.fetch_one::<Sum>(sql, args![instance]).await?.minor)
}

#[derive(sqlx::FromRow)]
struct Begin {
    period_from: Timestamp,
}

/// The hours and days of an instance that were charged, from a moment on and before another one.
pub(crate) async fn begun(tx: &mut Tx, instance: InstanceId, span: Period) -> Result<Vec<Timestamp>> {
    let sql = "select period_from from usage_charge where instance_id = $1 and period_from >= $2 and period_from < $3";
    let found: Vec<Begin> = tx.fetch_all(sql, args![instance, span.from, span.until]).await?;
    Ok(found.into_iter().map(|row| row.period_from).collect())
}

/// A paid charge that is not booked as it stands, or something booked for none.
pub(crate) async fn first_drift(tx: &mut Tx) -> Result<Option<Drift>> {
    tx.fetch_optional(
        "select id, cast(sum(charged) as bigint) as charged, cast(sum(booked) as bigint) as booked from \
         (select id, amount - credited as charged, 0 as booked from usage_charge where state = 'paid' \
          union all \
          select j.subject as id, 0 as charged, p.amount as booked from journal j join posting p on p.journal_id = j.id \
          where j.recipe in ('usage', 'usage_credit') and p.kind = 'usage') both_sides \
         group by id having sum(charged) <> sum(booked) order by id limit 1",
        vec![],
    )
    .await
}

#[derive(sqlx::FromRow)]
struct Paid {
    count: i64,
}

/// Whether anything was paid for the use of an instance.
pub(crate) async fn is_any_paid(tx: &mut Tx, instance: InstanceId) -> Result<bool> {
    let sql =
        "select count(*) as count from usage_charge where instance_id = $1 and state = 'paid' and amount > credited";
    Ok(tx.fetch_one::<Paid>(sql, args![instance]).await?.count > 0)
}
