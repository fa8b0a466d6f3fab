//! Statements on what counts against limits and what came from stock: on `purchase_turn` and those columns of `order_line`.

use std::collections::BTreeSet;

use kernel::{
    Result, Timestamp, args,
    id::{AccountId, InstanceId, OrderId, OrderLineId, SkuId, SpecId},
};
use platform::Tx;
use sqlx::types::Json;

use crate::rules::Content;

/// Lets other purchases of the same spec by the same account wait until this transaction ends.
pub(crate) async fn take_turn(tx: &mut Tx, account: AccountId, spec: SpecId, now: Timestamp) -> Result<()> {
    let sql = "insert into purchase_turn (account_id, spec_id, taken_at) values ($1, $2, $3) \
               on conflict (account_id, spec_id) do update set taken_at = excluded.taken_at";
    tx.execute(sql, args![account, spec, now]).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Held {
    id: OrderLineId,
    changes_line_id: Option<OrderLineId>,
    content: Json<Content>,
}

/// What an account has paid for of a spec and what has not ended, but for what a change of `changed` takes the place of. Until
/// a change is carried out, which it is with a term that begins later or may never be, what it changes counts beside it: they
/// stand together, and one of both counts, whichever is more.
pub(crate) async fn held(
    tx: &mut Tx,
    (account, spec): (AccountId, SpecId),
    changed: Option<OrderLineId>,
) -> Result<Vec<Vec<Content>>> {
    let sql = "select l.id, l.changes_line_id, q.content from order_line l join sku k on k.id = l.sku_id join quote q on q.id = l.quote_id \
               where l.account_id = $1 and k.spec_id = $2 and l.state in ('paid', 'delivered') and l.resource_ended_at is null \
               and (l.renews_instance_id is null or l.changes_line_id is not null) and ($3 is null or l.id <> $3) \
               and not exists (select 1 from order_line c where c.changes_line_id = l.id and c.state = 'delivered') order by l.id";
    let rows: Vec<Held> = tx.fetch_all(sql, args![account, spec, changed]).await?;
    let mut held: Vec<(OrderLineId, Vec<Content>)> = Vec::new();
    // A later instalment pays for what counts already.
    for row in rows.into_iter().filter(|row| row.content.0.is_delivered()) {
        let changed = held.iter_mut().find(|(line, _)| Some(*line) == row.changes_line_id);
        match changed {
            Some((_, together)) => together.push(row.content.0),
            None => held.push((row.id, vec![row.content.0])),
        }
    }
    Ok(held.into_iter().map(|(_, together)| together).collect())
}

#[derive(sqlx::FromRow)]
struct Sold {
    id: OrderLineId,
    content: Json<Content>,
}

/// Which of some lines are of what is paid as it is used, or of packages of use.
pub(crate) async fn by_use_among(tx: &mut Tx, lines: &BTreeSet<OrderLineId>) -> Result<BTreeSet<OrderLineId>> {
    let keys = lines.iter().map(|line| args![*line]).collect();
    let after = "as wanted join order_line l on l.id = wanted.column1 join quote q on q.id = l.quote_id";
    let found: Vec<Sold> = tx.fetch_for("select l.id, q.content from", keys, after).await?;
    let counts = |content: &Content| content.by_use.is_some() || content.package.is_some();
    Ok(found.into_iter().filter(|line| counts(&line.content.0)).map(|line| line.id).collect())
}

pub(crate) async fn mark_from_stock(tx: &mut Tx, line: OrderLineId) -> Result<()> {
    tx.execute("update order_line set from_stock = true where id = $1", args![line]).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Count {
    count: i64,
}

#[derive(sqlx::FromRow)]
struct PaidLines {
    kept: i64,
    refunded: i64,
}

/// How many lines of something that is owned have cost anything: of those that stand, and of those that were refunded.
pub(crate) async fn paid_lines(
    tx: &mut Tx,
    account: AccountId,
    (instance, first): (InstanceId, OrderLineId),
) -> Result<(i64, i64)> {
    let sql = "select coalesce(sum(case when state in ('paid', 'delivered') then 1 else 0 end), 0) as kept, \
               coalesce(sum(case when state = 'refunded' then 1 else 0 end), 0) as refunded from order_line \
               where account_id = $3 and amount > 0 and (id = $1 or renews_instance_id = $2 or changes_instance_id = $2)";
    let found: PaidLines = tx.fetch_one(sql, args![first, instance, account]).await?;
    Ok((found.kept, found.refunded))
}

/// Whether an account has an order of a SKU that waits for its payment and keeps a piece of stock.
pub(crate) async fn holds_unpaid_piece(tx: &mut Tx, account: AccountId, sku: SkuId) -> Result<bool> {
    let sql = "select count(*) as count from order_line \
               where account_id = $1 and sku_id = $2 and state = 'placed' and from_stock";
    Ok(tx.fetch_one::<Count>(sql, args![account, sku]).await?.count > 0)
}

/// True: the line had a piece of stock, which is to be given back now.
pub(crate) async fn clear_from_stock(tx: &mut Tx, line: OrderLineId) -> Result<bool> {
    let sql = "update order_line set from_stock = false where id = $1 and from_stock";
    Ok(tx.execute(sql, args![line]).await? == 1)
}

pub(crate) async fn end_resource(tx: &mut Tx, line: OrderLineId, now: Timestamp) -> Result<()> {
    let sql = "update order_line set resource_ended_at = $1 where id = $2 and resource_ended_at is null";
    tx.execute(sql, args![now, line]).await?;
    Ok(())
}

/// What had ended goes on: it counts again.
pub(crate) async fn resume_resource(tx: &mut Tx, line: OrderLineId) -> Result<()> {
    tx.execute("update order_line set resource_ended_at = null where id = $1", args![line]).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Unpaid {
    id: OrderId,
}

/// The orders of a SKU that wait for their payment.
pub(crate) async fn unpaid_of(tx: &mut Tx, sku: SkuId) -> Result<Vec<OrderId>> {
    let sql = "select distinct o.id from purchase_order o join order_line l on l.order_id = o.id \
               where l.sku_id = $1 and l.state = 'placed' and o.state = 'placed' order by o.id";
    let rows: Vec<Unpaid> = tx.fetch_all(sql, args![sku]).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}
