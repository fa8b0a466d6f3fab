//! Statements on `errand` and `remote_instance`.

use std::collections::BTreeSet;

use kernel::{
    Error, Page, Result, Thing, Timestamp, args,
    id::{AccountId, DeliveryId, ErrandId, InstanceId, OrderId, OrderLineId, ProductId},
    page::PageOf,
};
use platform::Tx;
use production::Trouble;

use crate::rules::errand::{Errand, ErrandKind, ErrandState, Refresh, Scene};

#[derive(sqlx::FromRow)]
struct Row {
    id: ErrandId,
    kind: ErrandKind,
    line_id: OrderLineId,
    order_id: OrderId,
    account_id: AccountId,
    seller_id: AccountId,
    delivery_id: DeliveryId,
    remote_id: Option<String>,
    returned: bool,
    renewal_line_id: Option<OrderLineId>,
    scene: Option<Scene>,
    ends_at: Option<Timestamp>,
    renewed_product_id: Option<ProductId>,
    change_line_id: Option<OrderLineId>,
    state: ErrandState,
    tries: i64,
    trouble: Option<String>,
    opened_at: Timestamp,
    due_at: Timestamp,
    ended_at: Option<Timestamp>,
}

impl Row {
    fn errand(self) -> Errand {
        let refresh = match (self.renewal_line_id, self.scene, self.ends_at) {
            (Some(line), Some(scene), Some(until)) => {
                Some(Refresh { line, scene, until, product: self.renewed_product_id })
            }
            (Some(_) | None, _, _) => None,
        };
        Errand {
            id: self.id,
            kind: self.kind,
            line: self.line_id,
            order: self.order_id,
            account: self.account_id,
            seller: self.seller_id,
            delivery: self.delivery_id,
            remote: self.remote_id,
            returned: self.returned,
            refresh,
            change: self.change_line_id,
            state: self.state,
            tries: u32::try_from(self.tries).unwrap_or(u32::MAX),
            trouble: self.trouble.as_deref().and_then(Trouble::read),
            opened_at: self.opened_at,
            due_at: self.due_at,
            ended_at: self.ended_at,
        }
    }
}

macro_rules! errands {
    ($rest:literal) => {
        concat!(
            "select id, kind, line_id, order_id, account_id, seller_id, delivery_id, remote_id, returned, renewal_line_id, scene, \
             ends_at, renewed_product_id, change_line_id, state, tries, trouble, opened_at, due_at, ended_at from errand ",
            $rest
        )
    };
}

pub(crate) async fn insert(tx: &mut Tx, errand: &Errand) -> Result<()> {
    tx.execute(
        "insert into errand (id, kind, line_id, order_id, account_id, seller_id, delivery_id, remote_id, returned, state, \
         tries, opened_at, due_at, renewal_line_id, scene, ends_at, renewed_product_id, change_line_id) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, $12, $13, $14, $15, $16, $17)",
        args![
            errand.id,
            errand.kind,
            errand.line,
            errand.order,
            errand.account,
            errand.seller,
            errand.delivery,
            errand.remote.as_deref(),
            errand.returned,
            errand.state,
            errand.opened_at,
            errand.due_at,
            errand.refresh.map(|refresh| refresh.line),
            errand.refresh.map(|refresh| refresh.scene),
            errand.refresh.map(|refresh| refresh.until),
            errand.refresh.and_then(|refresh| refresh.product),
            errand.change
        ],
    )
    .await?;
    Ok(())
}

/// Saves what a try came to; nobody may have moved it meanwhile.
pub(crate) async fn save(tx: &mut Tx, before: &Errand, after: &Errand) -> Result<()> {
    tx.execute_one(
        "update errand set remote_id = $1, state = $2, tries = $3, trouble = $4, due_at = $5, ended_at = $6 \
         where id = $7 and state = $8 and due_at = $9",
        args![
            after.remote.as_deref(),
            after.state,
            after.tries,
            after.trouble.as_ref().map(Trouble::code),
            after.due_at,
            after.ended_at,
            before.id,
            before.state,
            before.due_at
        ],
        || Error::Busy,
    )
    .await
}

pub(crate) async fn find(tx: &mut Tx, id: ErrandId) -> Result<Option<Errand>> {
    Ok(tx.fetch_optional::<Row>(errands!("where id = $1"), args![id]).await?.map(Row::errand))
}

pub(crate) async fn find_for_seller(tx: &mut Tx, seller: AccountId, id: ErrandId) -> Result<Errand> {
    let sql = errands!("where id = $1 and seller_id = $2");
    let row: Option<Row> = tx.fetch_optional(sql, args![id, seller]).await?;
    row.map(Row::errand).ok_or(Error::NotFound(Thing::Errand))
}

/// All of one line, the first one first.
pub(crate) async fn of_line(tx: &mut Tx, line: OrderLineId) -> Result<Vec<Errand>> {
    let rows: Vec<Row> = tx.fetch_all(errands!("where line_id = $1 order by id"), args![line]).await?;
    Ok(rows.into_iter().map(Row::errand).collect())
}

/// The errands of a seller, newest first, in one state or in any.
pub(crate) async fn of_seller(
    tx: &mut Tx,
    seller: AccountId,
    state: Option<ErrandState>,
    page: PageOf,
) -> Result<Page<Errand>> {
    let sql = errands!(
        "where seller_id = $1 and ($2 is null or state = $2) and ($3 is null or id < $3) order by id desc limit $4"
    );
    let rows: Vec<Row> = tx.fetch_all(sql, args![seller, state, page.before, page.fetch()]).await?;
    Ok(page.page(rows, |row| row.id.uuid()).map(Row::errand))
}

/// What a seller's system was or is to be told after one errand, the first one first, in one state or in any: no questions, and
/// nothing younger than `until`.
pub(crate) async fn told_after(
    tx: &mut Tx,
    (seller, state): (AccountId, Option<ErrandState>),
    (after, until): (Option<ErrandId>, Timestamp),
    limit: i64,
) -> Result<Vec<Errand>> {
    let sql = errands!(
        "where seller_id = $1 and ($2 is null or state = $2) and ($3 is null or id > $3) and opened_at <= $4 \
         and kind not in ($5, $6) order by id limit $7"
    );
    let args = args![seller, state, after, until, ErrandKind::Access, ErrandKind::Check, limit];
    let rows: Vec<Row> = tx.fetch_all(sql, args).await?;
    Ok(rows.into_iter().map(Row::errand).collect())
}

/// The errands of all sellers or of one, newest first, in one state or in any.
pub(crate) async fn of_any(
    tx: &mut Tx,
    (seller, state): (Option<AccountId>, Option<ErrandState>),
    page: PageOf,
) -> Result<Page<Errand>> {
    let sql = errands!(
        "where ($1 is null or seller_id = $1) and ($2 is null or state = $2) and ($3 is null or id < $3) \
         order by id desc limit $4"
    );
    let rows: Vec<Row> = tx.fetch_all(sql, args![seller, state, page.before, page.fetch()]).await?;
    Ok(page.page(rows, |row| row.id.uuid()).map(Row::errand))
}

/// The dead ones of a seller, the first one first.
pub(crate) async fn dead_of(tx: &mut Tx, seller: AccountId, limit: i64) -> Result<Vec<Errand>> {
    let sql = errands!("where seller_id = $1 and state = $2 and kind not in ($3, $4, $5) order by id limit $6");
    let args = args![seller, ErrandState::Dead, ErrandKind::Create, ErrandKind::Upgrade, ErrandKind::Check, limit];
    let rows: Vec<Row> = tx.fetch_all(sql, args).await?;
    Ok(rows.into_iter().map(Row::errand).collect())
}

/// An instance as its seller's system has it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Remote {
    pub(crate) line_id: OrderLineId,
    pub(crate) account_id: AccountId,
    pub(crate) seller_id: AccountId,
    pub(crate) delivery_id: DeliveryId,
    pub(crate) instance_id: InstanceId,
    pub(crate) remote_id: String,
    pub(crate) access_sealed: Option<Vec<u8>>,
    pub(crate) told_at: Option<Timestamp>,
}

/// Writes an instance. False: the seller has given this name to another one.
pub(crate) async fn insert_remote(tx: &mut Tx, remote: &Remote) -> Result<bool> {
    let hit = tx
        .execute(
            "insert into remote_instance (line_id, account_id, seller_id, delivery_id, instance_id, remote_id) \
             values ($1, $2, $3, $4, $5, $6) on conflict (seller_id, remote_id) do nothing",
            args![
                remote.line_id,
                remote.account_id,
                remote.seller_id,
                remote.delivery_id,
                remote.instance_id,
                &remote.remote_id
            ],
        )
        .await?;
    Ok(hit == 1)
}

pub(crate) async fn is_taken(tx: &mut Tx, seller: AccountId, remote: &str) -> Result<bool> {
    let sql = "select line_id, account_id, seller_id, delivery_id, instance_id, remote_id, access_sealed, told_at \
               from remote_instance where seller_id = $1 and remote_id = $2";
    Ok(tx.fetch_optional::<Remote>(sql, args![seller, remote]).await?.is_some())
}

/// What a seller's system has given a name.
#[derive(Debug, sqlx::FromRow)]
pub struct Named {
    pub remote_id: String,
    pub instance_id: InstanceId,
    pub line_id: OrderLineId,
}

/// Which of some names a seller's instances have.
pub(crate) async fn named(tx: &mut Tx, seller: AccountId, remotes: &BTreeSet<&str>) -> Result<Vec<Named>> {
    let keys = remotes.iter().map(|remote| args![seller, *remote]).collect();
    let after = "as wanted join remote_instance r on r.seller_id = wanted.column1 and r.remote_id = wanted.column2";
    tx.fetch_for("select r.remote_id, r.instance_id, r.line_id from", keys, after).await
}

pub(crate) async fn remote_of(tx: &mut Tx, instance: InstanceId) -> Result<Option<Remote>> {
    let sql = "select line_id, account_id, seller_id, delivery_id, instance_id, remote_id, access_sealed, told_at \
               from remote_instance where instance_id = $1";
    tx.fetch_optional(sql, args![instance]).await
}

/// Notes that an instance is asked for because its page was opened. False: it was after `last` already.
pub(crate) async fn claim_glance(tx: &mut Tx, line: OrderLineId, last: Timestamp, now: Timestamp) -> Result<bool> {
    let sql = "update remote_instance set asked_at = $1 where line_id = $2 \
               and (asked_at is null or asked_at <= $3) and (told_at is null or told_at <= $3)";
    Ok(tx.execute(sql, args![now, line, last]).await? == 1)
}

pub(crate) async fn save_access(tx: &mut Tx, line: OrderLineId, sealed: Option<Vec<u8>>, now: Timestamp) -> Result<()> {
    let sql = "update remote_instance set access_sealed = $1, told_at = $2 where line_id = $3";
    tx.execute(sql, args![sealed, now, line]).await?;
    Ok(())
}
