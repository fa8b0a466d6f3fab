//! Statements on `instance_change`.

use kernel::{
    Error, Result, Timestamp, args,
    id::{AccountId, InstanceId, OrderId, OrderLineId, SkuId},
};
use platform::Tx;

use crate::rules::{Change, ChangeProgress};

#[derive(sqlx::FromRow)]
struct Row {
    line_id: OrderLineId,
    instance_id: InstanceId,
    account_id: AccountId,
    seller_id: AccountId,
    order_id: OrderId,
    state: ChangeProgress,
    asked_at: Timestamp,
    ended_at: Option<Timestamp>,
    starts_at: Option<Timestamp>,
}

impl Row {
    fn change(self) -> Change {
        let Self { line_id, instance_id, account_id, seller_id, order_id, state, asked_at, ended_at, starts_at } = self;
        Change {
            line: line_id,
            instance: instance_id,
            account: account_id,
            seller: seller_id,
            order: order_id,
            state,
            asked_at,
            ended_at,
            starts_at,
        }
    }
}

pub(crate) async fn insert(tx: &mut Tx, change: &Change) -> Result<()> {
    tx.execute(
        "insert into instance_change (line_id, instance_id, account_id, seller_id, order_id, state, asked_at, ended_at, starts_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        args![
            change.line,
            change.instance,
            change.account,
            change.seller,
            change.order,
            change.state,
            change.asked_at,
            change.ended_at,
            change.starts_at
        ],
    )
    .await?;
    Ok(())
}

macro_rules! changes {
    ($rest:literal) => {
        concat!(
            "select line_id, instance_id, account_id, seller_id, order_id, state, asked_at, ended_at, starts_at from instance_change ",
            $rest
        )
    };
}

pub(crate) async fn find(tx: &mut Tx, line: OrderLineId) -> Result<Option<Change>> {
    Ok(tx.fetch_optional::<Row>(changes!("where line_id = $1"), args![line]).await?.map(Row::change))
}

/// All changes of an instance, the first one first.
pub(crate) async fn of_instance(tx: &mut Tx, instance: InstanceId) -> Result<Vec<Change>> {
    let sql = changes!("where instance_id = $1 order by line_id");
    Ok(tx.fetch_all::<Row>(sql, args![instance]).await?.into_iter().map(Row::change).collect())
}

/// The term begins for which a change was bought: it is carried out from now on.
pub(crate) async fn begin(tx: &mut Tx, change: &Change) -> Result<()> {
    let sql = "update instance_change set state = $1 where line_id = $2 and state = $3";
    tx.execute_one(sql, args![ChangeProgress::Running, change.line, ChangeProgress::Ahead], || Error::Busy).await
}

/// Ends a change that stands so.
pub(crate) async fn end(tx: &mut Tx, change: &Change, state: ChangeProgress, now: Timestamp) -> Result<()> {
    let sql = "update instance_change set state = $1, ended_at = $2 where line_id = $3 and state = $4";
    tx.execute_one(sql, args![state, now, change.line, change.state], || Error::Busy).await
}

/// Some changes after one, in their order.
pub(crate) async fn after(tx: &mut Tx, line: Option<OrderLineId>, limit: i64) -> Result<Vec<Change>> {
    let sql = changes!("where ($1 is null or line_id > $1) order by line_id limit $2");
    Ok(tx.fetch_all::<Row>(sql, args![line, limit]).await?.into_iter().map(Row::change).collect())
}

#[derive(sqlx::FromRow)]
pub(crate) struct LineDrift {
    pub(crate) line_id: OrderLineId,
    pub(crate) state: String,
}

/// A change whose order line is not what it says, or a line without its change.
pub(crate) async fn first_line_drift(tx: &mut Tx) -> Result<Option<LineDrift>> {
    tx.fetch_optional(
        "select l.id as line_id, l.state from order_line l left join instance_change c on c.line_id = l.id \
         where l.changes_instance_id is not null and (c.line_id is null or c.instance_id <> l.changes_instance_id \
         or l.state <> case c.state when 'ahead' then 'paid' when 'running' then 'paid' when 'done' then 'delivered' \
         else 'refunded' end) \
         order by l.id limit 1",
        args![],
    )
    .await
}

#[derive(sqlx::FromRow)]
pub(crate) struct InstanceDrift {
    pub(crate) id: InstanceId,
}

/// An instance that waits for another change than the one that is paid and not done, or for none while there is one.
pub(crate) async fn first_running_drift(tx: &mut Tx) -> Result<Option<InstanceDrift>> {
    tx.fetch_optional(
        "select i.id from instance i left join instance_change c on c.instance_id = i.id and c.state in ('ahead', 'running') \
         where (i.change_line_id is null and c.line_id is not null) \
         or (i.change_line_id is not null and (c.line_id is null or c.line_id <> i.change_line_id)) \
         order by i.id limit 1",
        args![],
    )
    .await
}

#[derive(sqlx::FromRow)]
pub(crate) struct SpecificationDrift {
    pub(crate) id: InstanceId,
    pub(crate) sku_id: SkuId,
}

/// An instance that is not what the last change of it that was carried out has paid for.
pub(crate) async fn first_specification_drift(tx: &mut Tx) -> Result<Option<SpecificationDrift>> {
    tx.fetch_optional(
        "select i.id, i.sku_id from instance i left join instance_change c on c.instance_id = i.id \
         and c.state in ('done', 'returned') and not exists (select 1 from instance_change n \
         where n.instance_id = c.instance_id and n.state in ('done', 'returned') and n.line_id > c.line_id) \
         left join order_line l on l.id = i.spec_line_id \
         where (i.spec_line_id is null and c.line_id is not null) \
         or (i.spec_line_id is not null and (l.id is null or c.line_id is null or i.spec_line_id <> c.line_id \
         or l.sku_id <> i.sku_id)) order by i.id limit 1",
        args![],
    )
    .await
}
