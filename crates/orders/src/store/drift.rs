//! What the audit looks for: the first place where money and states do not fit each other.

use std::collections::BTreeSet;

use kernel::{
    Result, args,
    id::{AccountId, CouponBatchId, CouponId, OrderId, OrderLineId},
};
use platform::Tx;
use sqlx::types::Json;

use crate::rules::{Content, LineState, StateName};

#[derive(sqlx::FromRow)]
pub(crate) struct EscrowDrift {
    pub(crate) line_id: OrderLineId,
    pub(crate) escrow: i64,
    pub(crate) open_amount: i64,
}

/// A line whose money in escrow is not what its state says.
pub(crate) async fn first_escrow_drift(tx: &mut Tx) -> Result<Option<EscrowDrift>> {
    tx.fetch_optional(
        "select line_id, cast(sum(escrow) as bigint) as escrow, cast(sum(open_amount) as bigint) as open_amount from \
         (select line_id, amount as escrow, 0 as open_amount from posting where kind = 'escrow' \
          union all \
          select id as line_id, 0 as escrow, amount as open_amount from order_line where state in ($1, $2)) both_sides \
         group by line_id having sum(escrow) <> sum(open_amount) order by line_id limit 1",
        args![LineState::Paid, LineState::Delivered],
    )
    .await
}

#[derive(sqlx::FromRow)]
pub(crate) struct OrderDrift {
    pub(crate) id: OrderId,
    pub(crate) total: i64,
    pub(crate) lines: i64,
}

/// The journal of a sale, a renewal or a change that does not come to the total of a paid order of its kind, or a paid order
/// without one.
pub(crate) async fn first_sale_drift(tx: &mut Tx) -> Result<Option<OrderDrift>> {
    tx.fetch_optional(
        "select id, cast(sum(total) as bigint) as total, cast(sum(lines) as bigint) as lines from \
         (select id, case kind when 'renewal' then 'renewal' when 'renewal_change' then 'renewal' when 'change' then 'change' \
          else 'sale' end as recipe, total, 0 as lines from purchase_order where paid_at is not null \
          union all \
          select j.subject as id, j.recipe, 0 as total, p.amount as lines from journal j join posting p on p.journal_id = j.id \
          where j.recipe in ('sale', 'renewal', 'change') and p.kind = 'escrow') both_sides \
         group by id, recipe having sum(total) <> sum(lines) order by id limit 1",
        vec![],
    )
    .await
}

/// An order whose lines do not sum to its total.
pub(crate) async fn first_total_drift(tx: &mut Tx) -> Result<Option<OrderDrift>> {
    tx.fetch_optional(
        "select o.id, o.total, cast(coalesce(sum(l.amount), 0) as bigint) as lines from purchase_order o \
         left join order_line l on l.order_id = o.id group by o.id, o.total \
         having coalesce(sum(l.amount), 0) <> o.total order by o.id limit 1",
        vec![],
    )
    .await
}

#[derive(sqlx::FromRow)]
pub(crate) struct CouponDrift {
    pub(crate) id: CouponId,
    /// The order's, where there is one.
    pub(crate) state: Option<StateName>,
}

/// A coupon that is used up by an order which has ended without being kept, or by none.
pub(crate) async fn first_coupon_drift(tx: &mut Tx) -> Result<Option<CouponDrift>> {
    tx.fetch_optional(
        "select c.id, o.state from coupon c left join purchase_order o on o.id = c.order_id \
         where c.state = 'used' and (o.id is null or o.state in ($1, $2)) order by c.id limit 1",
        args![StateName::Cancelled, StateName::Refunded],
    )
    .await
}

#[derive(sqlx::FromRow)]
struct NamingRow {
    id: OrderLineId,
    order_id: OrderId,
    content: Json<Content>,
}

#[derive(sqlx::FromRow)]
struct UsedRow {
    id: CouponId,
    order_id: OrderId,
}

/// How many lines with coupons are looked at together.
const NAMING: i64 = 200;

/// An order that stands and names a coupon which it has not used up.
pub(crate) async fn first_unused_drift(tx: &mut Tx) -> Result<Option<(OrderId, CouponId)>> {
    let mut after: Option<OrderLineId> = None;
    loop {
        let rows: Vec<NamingRow> = tx
            .fetch_all(
                "select l.id, l.order_id, q.content from order_line l join purchase_order o on o.id = l.order_id \
                 join quote q on q.id = l.quote_id where o.state in ($1, $2, $3) and l.state <> $6 \
                 and cast(q.content as text) like '%\"coupons\"%' and ($4 is null or l.id > $4) order by l.id limit $5",
                args![StateName::Placed, StateName::Paid, StateName::Completed, after, NAMING, LineState::Refunded],
            )
            .await?;
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(None) };
        let used: Vec<UsedRow> = tx
            .fetch_all(
                "select c.id, c.order_id from coupon c where c.state = 'used' and c.order_id in \
                 (select l.order_id from order_line l where l.id >= $1 and l.id <= $2)",
                args![first.id, last.id],
            )
            .await?;
        let used: BTreeSet<(OrderId, CouponId)> = used.into_iter().map(|row| (row.order_id, row.id)).collect();
        let named =
            rows.iter().flat_map(|row| row.content.0.coupons.iter().map(|coupon| (row.order_id, coupon.coupon)));
        if let Some(unused) = named.into_iter().find(|pair| !used.contains(pair)) {
            return Ok(Some(unused));
        }
        after = Some(last.id);
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct BatchDrift {
    pub(crate) id: CouponBatchId,
    pub(crate) counted: i64,
    pub(crate) there: i64,
}

/// A batch that counts other coupons as given out than there are.
pub(crate) async fn first_batch_drift(tx: &mut Tx) -> Result<Option<BatchDrift>> {
    tx.fetch_optional(
        "select b.id, b.issued as counted, count(c.id) as there from coupon_batch b left join coupon c on c.batch_id = b.id \
         group by b.id, b.issued having count(c.id) <> b.issued order by b.id limit 1",
        vec![],
    )
    .await
}

#[derive(sqlx::FromRow)]
pub(crate) struct ShareDrift {
    pub(crate) account_id: AccountId,
    pub(crate) counted: i64,
    pub(crate) there: i64,
}

/// An account that has got another number of coupons of a batch than is counted against its limit.
pub(crate) async fn first_share_drift(tx: &mut Tx) -> Result<Option<ShareDrift>> {
    tx.fetch_optional(
        "select account_id, cast(sum(counted) as bigint) as counted, cast(sum(there) as bigint) as there from \
         (select batch_id, account_id, count as counted, 0 as there from coupon_share \
          union all \
          select batch_id, account_id, 0 as counted, 1 as there from coupon where account_id is not null) both_sides \
         group by batch_id, account_id having sum(counted) <> sum(there) order by batch_id, account_id limit 1",
        vec![],
    )
    .await
}
