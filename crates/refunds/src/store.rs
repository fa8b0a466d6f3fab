//! Statements on `refund` and `refund_allowance`.

use kernel::{
    Currency, Money, Page, Result, Timestamp, args,
    id::{AccountId, InstanceId, OrderId, OrderLineId, RefundId},
    page::PageOf,
};
use orders::LineState;
use platform::{OnUnique, Tx};
use uuid::Uuid;

use crate::rules::{Cause, Refund, RefundRefused};

#[derive(sqlx::FromRow)]
pub(crate) struct Drift {
    pub(crate) subject: Uuid,
    pub(crate) booked: i64,
    pub(crate) paid: i64,
}

/// A refund whose journal does not come to its amount, or a refund's journal without one.
pub(crate) async fn first_drift(tx: &mut Tx) -> Result<Option<Drift>> {
    tx.fetch_optional(
        "select subject, cast(sum(booked) as bigint) as booked, cast(sum(paid) as bigint) as paid from \
         (select j.subject, p.amount as booked, 0 as paid from journal j join posting p on p.journal_id = j.id \
          where j.recipe = 'refund' and p.kind = 'wallet' \
          union all select id as subject, 0 as booked, amount as paid from refund) both_sides \
         group by subject having sum(booked) <> sum(paid) order by subject limit 1",
        vec![],
    )
    .await
}

#[derive(sqlx::FromRow)]
struct Row {
    id: RefundId,
    account_id: AccountId,
    seller_id: AccountId,
    order_id: OrderId,
    line_id: OrderLineId,
    instance_id: Option<InstanceId>,
    cause: Cause,
    reason: String,
    currency: Currency,
    amount: i64,
    paid_at: Timestamp,
}

impl Row {
    fn refund(self) -> Refund {
        Refund {
            id: self.id,
            account: self.account_id,
            seller: self.seller_id,
            order: self.order_id,
            line: self.line_id,
            instance: self.instance_id,
            cause: self.cause,
            reason: self.reason,
            amount: Money::of(self.amount, self.currency),
            paid_at: self.paid_at,
        }
    }
}

pub(crate) async fn insert(tx: &mut Tx, refund: &Refund) -> Result<()> {
    tx.execute(
        "insert into refund (id, account_id, seller_id, order_id, line_id, instance_id, cause, reason, currency, amount, paid_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        args![
            refund.id,
            refund.account,
            refund.seller,
            refund.order,
            refund.line,
            refund.instance,
            refund.cause,
            &refund.reason,
            refund.amount.currency(),
            refund.amount.minor(),
            refund.paid_at
        ],
    )
    .await
    .on_unique(|| RefundRefused::WrongState(LineState::Refunded))?;
    Ok(())
}

macro_rules! refunds {
    ($rest:literal) => {
        concat!(
            "select id, account_id, seller_id, order_id, line_id, instance_id, cause, reason, currency, amount, paid_at from refund ",
            $rest
        )
    };
}

pub(crate) async fn find(tx: &mut Tx, id: RefundId) -> Result<Option<Refund>> {
    Ok(tx.fetch_optional::<Row>(refunds!("where id = $1"), args![id]).await?.map(Row::refund))
}

pub(crate) async fn find_for(tx: &mut Tx, account: AccountId, id: RefundId) -> Result<Option<Refund>> {
    let sql = refunds!("where account_id = $1 and id = $2");
    Ok(tx.fetch_optional::<Row>(sql, args![account, id]).await?.map(Row::refund))
}

pub(crate) async fn list_for(tx: &mut Tx, account: AccountId, page: PageOf) -> Result<Page<Refund>> {
    let sql = refunds!("where account_id = $1 and ($2 is null or id < $2) order by id desc limit $3");
    let rows: Vec<Row> = tx.fetch_all(sql, args![account, page.before, page.fetch()]).await?;
    Ok(page.page(rows, |row| row.id.uuid()).map(Row::refund))
}

pub(crate) async fn list_for_seller(tx: &mut Tx, seller: AccountId, page: PageOf) -> Result<Page<Refund>> {
    let sql = refunds!("where seller_id = $1 and ($2 is null or id < $2) order by id desc limit $3");
    let rows: Vec<Row> = tx.fetch_all(sql, args![seller, page.before, page.fetch()]).await?;
    Ok(page.page(rows, |row| row.id.uuid()).map(Row::refund))
}

/// The refunds of all accounts, for the operator.
pub(crate) async fn list(tx: &mut Tx, page: PageOf) -> Result<Page<Refund>> {
    let rows: Vec<Row> = tx
        .fetch_all(
            refunds!("where ($1 is null or id < $1) order by id desc limit $2"),
            args![page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |row| row.id.uuid()).map(Row::refund))
}

#[derive(sqlx::FromRow)]
struct Used {
    used: i64,
}

/// How many returns without a reason an account has used in a calendar year.
pub(crate) async fn used(tx: &mut Tx, account: AccountId, year: i32) -> Result<u32> {
    let sql = "select used from refund_allowance where account_id = $1 and year = $2";
    let row: Option<Used> = tx.fetch_optional(sql, args![account, year]).await?;
    Ok(row.map_or(0, |row| u32::try_from(row.used).unwrap_or(u32::MAX)))
}

/// Uses one of the year's returns, if there is one left.
pub(crate) async fn use_one(tx: &mut Tx, account: AccountId, year: i32, allowed: u32) -> Result<()> {
    tx.execute_one(
        "insert into refund_allowance (account_id, year, used) values ($1, $2, 1) \
         on conflict (account_id, year) do update set used = refund_allowance.used + 1 where refund_allowance.used < $3",
        args![account, year, allowed],
        || RefundRefused::AllowanceUsed(allowed),
    )
    .await
}
