//! Statements on `announcement`, and what the overviews read of the capabilities above.

mod waits;

use kernel::{
    Currency, Localized, Money, Result, Timestamp,
    arg::json,
    args,
    id::{AccountId, AnnouncementId, InstanceId, OrderId, ProductId, UserId},
};
use orders::Content;
use platform::Tx;
use sqlx::types::Json;

pub(crate) use waits::{Needed, Tasks, Waiting, needs, tasks, waiting};

use crate::rules::{Announcing, Moved};

#[derive(sqlx::FromRow)]
struct Paid {
    at: Timestamp,
    currency: Currency,
    amount: i64,
}

impl From<Paid> for Moved {
    fn from(row: Paid) -> Self {
        Self { at: row.at, amount: Money::of(row.amount, row.currency) }
    }
}

/// What a buyer has paid and not got back, since a moment.
pub(crate) async fn spent(tx: &mut Tx, account: AccountId, from: Timestamp) -> Result<Vec<Moved>> {
    let sql = "select o.paid_at as at, o.currency, cast(sum(l.amount) as bigint) as amount from purchase_order o \
               join order_line l on l.order_id = o.id \
               where o.kind <> 'trial' and o.account_id = $1 and o.paid_at >= $2 and l.state in ('paid', 'delivered') \
               group by o.id, o.paid_at, o.currency order by o.paid_at";
    Ok(tx.fetch_all::<Paid>(sql, args![account, from]).await?.into_iter().map(Moved::from).collect())
}

/// What a seller has sold and not given back, since a moment.
pub(crate) async fn sold_by(tx: &mut Tx, seller: AccountId, from: Timestamp) -> Result<Vec<Moved>> {
    let sql = "select o.paid_at as at, o.currency, cast(sum(l.amount) as bigint) as amount from purchase_order o \
               join order_line l on l.order_id = o.id \
               where o.kind <> 'trial' and o.seller_id = $1 and o.paid_at >= $2 and l.state in ('paid', 'delivered') \
               group by o.id, o.paid_at, o.currency order by o.paid_at";
    Ok(tx.fetch_all::<Paid>(sql, args![seller, from]).await?.into_iter().map(Moved::from).collect())
}

/// What the whole site has sold, since a moment.
pub(crate) async fn sold(tx: &mut Tx, from: Timestamp) -> Result<Vec<Moved>> {
    let sql = "select o.paid_at as at, o.currency, cast(sum(l.amount) as bigint) as amount from purchase_order o \
               join order_line l on l.order_id = o.id \
               where o.kind <> 'trial' and o.paid_at >= $1 and l.state in ('paid', 'delivered') \
               group by o.id, o.paid_at, o.currency order by o.paid_at";
    Ok(tx.fetch_all::<Paid>(sql, args![from]).await?.into_iter().map(Moved::from).collect())
}

/// An order that waits for its payment.
#[derive(sqlx::FromRow)]
pub(crate) struct Unpaid {
    pub(crate) id: OrderId,
    pub(crate) number: String,
    pub(crate) currency: Currency,
    pub(crate) total: i64,
    pub(crate) due_at: Timestamp,
}

pub(crate) async fn unpaid(tx: &mut Tx, account: AccountId) -> Result<Vec<Unpaid>> {
    let sql = "select id, number, currency, total, due_at from purchase_order \
               where account_id = $1 and state = 'placed' order by due_at limit 5";
    tx.fetch_all(sql, args![account]).await
}

/// Something that a buyer owns.
#[derive(sqlx::FromRow)]
pub(crate) struct Owned {
    pub(crate) id: InstanceId,
    pub(crate) title: Json<Localized>,
    pub(crate) activated_at: Timestamp,
    pub(crate) expires_at: Option<Timestamp>,
}

/// The newest things that are in use.
pub(crate) async fn newest(tx: &mut Tx, account: AccountId) -> Result<Vec<Owned>> {
    let sql = "select id, title, activated_at, expires_at from instance \
               where account_id = $1 and state in ('active', 'grace') order by id desc limit 5";
    tx.fetch_all(sql, args![account]).await
}

/// Something that ends.
#[derive(sqlx::FromRow)]
pub(crate) struct Ending {
    pub(crate) id: InstanceId,
    pub(crate) title: Json<Localized>,
    pub(crate) state: String,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) is_trial: bool,
}

/// What ends soon, or has ended and can still be kept.
pub(crate) async fn ending(tx: &mut Tx, account: AccountId, before: Timestamp) -> Result<Vec<Ending>> {
    let sql = "select id, title, state, expires_at, is_trial from instance where account_id = $1 \
               and (state in ('grace', 'expired') or (state = 'active' and expires_at < $2)) order by expires_at limit 5";
    tx.fetch_all(sql, args![account, before]).await
}

#[derive(sqlx::FromRow)]
struct Count {
    count: i64,
}

pub(crate) async fn in_use(tx: &mut Tx, account: AccountId) -> Result<i64> {
    let sql =
        "select cast(count(*) as bigint) as count from instance where account_id = $1 and state in ('active', 'grace')";
    Ok(tx.fetch_one::<Count>(sql, args![account]).await?.count)
}

/// How many of a seller's instances buyers use.
pub(crate) async fn in_use_of(tx: &mut Tx, seller: AccountId) -> Result<i64> {
    let sql =
        "select cast(count(*) as bigint) as count from instance where seller_id = $1 and state in ('active', 'grace')";
    Ok(tx.fetch_one::<Count>(sql, args![seller]).await?.count)
}

/// A product of a seller and where its newest revision stands.
#[derive(sqlx::FromRow)]
pub(crate) struct Standing {
    pub(crate) id: ProductId,
    pub(crate) state: String,
    pub(crate) name: Option<Json<serde_json::Value>>,
    pub(crate) revision: Option<String>,
}

pub(crate) async fn standings(tx: &mut Tx, seller: AccountId) -> Result<Vec<Standing>> {
    let sql = "select p.id, p.state, p.draft -> 'name' as name, r.state as revision from product p \
               left join revision r on r.product_id = p.id \
               and r.number = (select max(l.number) from revision l where l.product_id = p.id) \
               where p.account_id = $1 order by p.edited_at desc limit 100";
    tx.fetch_all(sql, args![seller]).await
}

/// What sold best.
#[derive(sqlx::FromRow)]
pub(crate) struct Best {
    pub(crate) product_id: ProductId,
    pub(crate) currency: Currency,
    pub(crate) amount: i64,
    pub(crate) count: i64,
}

pub(crate) async fn best(tx: &mut Tx, seller: AccountId, from: Timestamp) -> Result<Vec<Best>> {
    let sql = "select l.product_id, l.currency, cast(sum(l.amount) as bigint) as amount, \
               cast(count(distinct o.id) as bigint) as count from order_line l join purchase_order o on o.id = l.order_id \
               where l.seller_id = $1 and o.paid_at >= $2 and o.kind <> 'trial' and l.state in ('paid', 'delivered') \
               group by l.product_id, l.currency order by amount desc limit 5";
    tx.fetch_all(sql, args![seller, from]).await
}

/// A line that was sold, with the terms that it was sold under.
#[derive(sqlx::FromRow)]
pub(crate) struct SoldLine {
    pub(crate) currency: Currency,
    pub(crate) amount: i64,
    pub(crate) content: Json<Content>,
    pub(crate) delivered_at: Option<Timestamp>,
    pub(crate) returned_at: Option<Timestamp>,
}

pub(crate) async fn sold_lines(tx: &mut Tx, from: Timestamp) -> Result<Vec<SoldLine>> {
    let sql = "select l.currency, l.amount, q.content, i.activated_at as delivered_at, r.paid_at as returned_at \
               from purchase_order o join order_line l on l.order_id = o.id join quote q on q.id = l.quote_id \
               left join instance i on i.order_line_id = l.id left join refund r on r.line_id = l.id \
               where o.paid_at >= $1 and o.kind <> 'trial' and (r.id is null or r.cause not in ('delivery_failed', 'change_failed')) \
               order by o.id desc limit 20000";
    tx.fetch_all(sql, args![from]).await
}

#[derive(sqlx::FromRow)]
struct Bought {
    account_id: AccountId,
    product_id: ProductId,
}

/// Who bought what and kept it, each pair once; the latest when there are more than can be looked through.
pub(crate) async fn bought(tx: &mut Tx, from: Timestamp) -> Result<Vec<(AccountId, ProductId)>> {
    let sql = "select l.account_id, l.product_id from purchase_order o join order_line l on l.order_id = o.id \
               where o.paid_at >= $1 and o.kind <> 'trial' and l.state in ('paid', 'delivered') group by l.account_id, l.product_id \
               order by max(o.paid_at) desc limit 200000";
    let rows: Vec<Bought> = tx.fetch_all(sql, args![from]).await?;
    Ok(rows.into_iter().map(|row| (row.account_id, row.product_id)).collect())
}

/// Something that the operator tells everybody.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Announcement {
    pub(crate) id: AnnouncementId,
    pub(crate) title: Json<Localized>,
    pub(crate) text: Json<Localized>,
    pub(crate) shown_from: Timestamp,
    pub(crate) shown_until: Timestamp,
}

pub(crate) async fn announce(
    tx: &mut Tx,
    id: AnnouncementId,
    said: &Announcing,
    by: UserId,
    now: Timestamp,
) -> Result<()> {
    let until = now.plus_days(i64::from(said.days));
    tx.execute(
        "insert into announcement (id, title, text, shown_from, shown_until, written_by, written_at) \
         values ($1, $2, $3, $4, $5, $6, $7)",
        args![id, json(&said.title), json(&said.text), now, until, by, now],
    )
    .await?;
    Ok(())
}

/// False: there is none, or it is over.
pub(crate) async fn end_announcement(tx: &mut Tx, id: AnnouncementId, now: Timestamp) -> Result<bool> {
    let sql = "update announcement set shown_until = $1 where id = $2 and shown_until > $1";
    Ok(tx.execute(sql, args![now, id]).await? == 1)
}

pub(crate) async fn announcements(tx: &mut Tx, since: Timestamp) -> Result<Vec<Announcement>> {
    let sql = "select id, title, text, shown_from, shown_until from announcement where shown_until > $1 \
               order by id desc limit 50";
    tx.fetch_all(sql, args![since]).await
}
