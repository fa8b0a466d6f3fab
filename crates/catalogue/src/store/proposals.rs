//! Statements on `measure_proposal` and `failed_order`, and whose systems stand behind what is on sale.

use kernel::{
    Error, Page, Result, Timestamp, args,
    id::{AccountId, MeasureId, OrderId, ProductId, ProposalId, UserId},
    page::PageOf,
};
use platform::Tx;
use policy::AccessType;

use crate::rules::{Occasion, ProposalState};

/// A measure that is proposed, and what became of that.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Proposal {
    pub(crate) id: ProposalId,
    pub(crate) account_id: AccountId,
    pub(crate) product_id: ProductId,
    pub(crate) occasion: Occasion,
    pub(crate) state: ProposalState,
    /// Days of failure, or failed orders.
    pub(crate) count: i64,
    /// From when on they were counted.
    pub(crate) since: Timestamp,
    pub(crate) proposed_at: Timestamp,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) decided_by: Option<UserId>,
    /// Why it was dismissed.
    pub(crate) answer: Option<String>,
    pub(crate) measure_id: Option<MeasureId>,
}

macro_rules! proposals {
    ($rest:literal) => {
        concat!(
            "select id, account_id, product_id, occasion, state, count, since, proposed_at, ended_at, decided_by, answer, \
             measure_id from measure_proposal ",
            $rest
        )
    };
}

/// Writes an open proposal; one that is there is brought up to date. True: it is a new one.
pub(crate) async fn propose(tx: &mut Tx, proposal: &Proposal) -> Result<bool> {
    let Proposal { id, account_id, product_id, occasion, state, count, since, proposed_at, .. } = proposal;
    let sql =
        "update measure_proposal set count = $1, since = $2 where product_id = $3 and occasion = $4 and state = 'open'";
    if tx.execute(sql, args![*count, *since, *product_id, *occasion]).await? > 0 {
        return Ok(false);
    }
    let sql = "insert into measure_proposal (id, account_id, product_id, occasion, state, count, since, proposed_at) \
               values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (product_id, occasion) where state = 'open' do nothing";
    let values = args![*id, *account_id, *product_id, *occasion, *state, *count, *since, *proposed_at];
    Ok(tx.execute(sql, values).await? == 1)
}

pub(crate) async fn find(tx: &mut Tx, id: ProposalId) -> Result<Option<Proposal>> {
    tx.fetch_optional(proposals!("where id = $1"), args![id]).await
}

/// Those in one state or in all, the latest first.
pub(crate) async fn list(tx: &mut Tx, state: Option<ProposalState>, page: PageOf) -> Result<Page<Proposal>> {
    let sql = proposals!("where ($1 is null or state = $1) and ($2 is null or id < $2) order by id desc limit $3");
    let rows = tx.fetch_all(sql, args![state, page.before, page.fetch()]).await?;
    Ok(page.page(rows, |row: &Proposal| row.id.uuid()))
}

/// Writes a decision on an open one; somebody who was faster has made another one.
pub(crate) async fn decide(tx: &mut Tx, decided: &Proposal) -> Result<()> {
    tx.execute_one(
        "update measure_proposal set state = $1, ended_at = $2, decided_by = $3, answer = $4 where id = $5 and state = 'open'",
        args![decided.state, decided.ended_at, decided.decided_by, decided.answer.clone(), decided.id],
        || Error::Busy,
    )
    .await
}

pub(crate) async fn save_measure(tx: &mut Tx, id: ProposalId, measure: MeasureId) -> Result<()> {
    tx.execute("update measure_proposal set measure_id = $1 where id = $2", args![measure, id]).await?;
    Ok(())
}

/// A seller's system does well again: what was proposed because it did not falls away.
pub(crate) async fn mended(tx: &mut Tx, seller: AccountId, now: Timestamp) -> Result<()> {
    let sql = "update measure_proposal set state = 'mended', ended_at = $1 \
               where account_id = $2 and occasion = 'probing' and state = 'open'";
    tx.execute(sql, args![now, seller]).await?;
    Ok(())
}

/// A measure or a removal has overtaken what was proposed against a product: on one occasion, or on all.
pub(crate) async fn overtaken(
    tx: &mut Tx,
    product: ProductId,
    occasion: Option<Occasion>,
    now: Timestamp,
) -> Result<()> {
    let sql = "update measure_proposal set state = 'moot', ended_at = $1 \
               where product_id = $2 and ($3 is null or occasion = $3) and state = 'open'";
    tx.execute(sql, args![now, product, occasion]).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Moment {
    at: Option<Timestamp>,
}

/// When somebody decided last on a proposal on an occasion: what was before that counts no more.
pub(crate) async fn decided_at(tx: &mut Tx, product: ProductId, occasion: Occasion) -> Result<Option<Timestamp>> {
    let sql = "select max(ended_at) as at from measure_proposal where product_id = $1 and occasion = $2 \
               and state in ('accepted', 'dismissed')";
    Ok(tx.fetch_one::<Moment>(sql, args![product, occasion]).await?.at)
}

/// An order of a product that its seller's system did not fulfil.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct FailedOrder {
    pub(crate) order_id: OrderId,
    pub(crate) failed_at: Timestamp,
    /// As a stable code.
    pub(crate) trouble: String,
}

pub(crate) async fn note_failed(tx: &mut Tx, product: ProductId, failed: &FailedOrder) -> Result<()> {
    let sql = "insert into failed_order (product_id, order_id, failed_at, trouble) values ($1, $2, $3, $4) \
               on conflict (product_id, order_id) do nothing";
    tx.execute(sql, args![product, failed.order_id, failed.failed_at, &failed.trouble]).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Count {
    count: i64,
}

/// How many orders of a product failed within a time: from `from` on, before `until`.
pub(crate) async fn count_failed(
    tx: &mut Tx,
    product: ProductId,
    (from, until): (Timestamp, Timestamp),
) -> Result<i64> {
    let sql = "select count(*) as count from failed_order where product_id = $1 and failed_at >= $2 and failed_at < $3";
    Ok(tx.fetch_one::<Count>(sql, args![product, from, until]).await?.count)
}

/// Those orders, the latest first, so many.
pub(crate) async fn failed_in(
    tx: &mut Tx,
    product: ProductId,
    (from, until): (Timestamp, Timestamp),
    most: i64,
) -> Result<Vec<FailedOrder>> {
    let sql = "select order_id, failed_at, trouble from failed_order \
               where product_id = $1 and failed_at >= $2 and failed_at < $3 order by failed_at desc, order_id limit $4";
    tx.fetch_all(sql, args![product, from, until, most]).await
}

/// Sellers with a product whose system is probed, in the order of their ids: it is on sale, or frozen because of its probes.
macro_rules! probed {
    ($columns:literal, $rest:literal) => {
        concat!(
            "select distinct ",
            $columns,
            " from product p join review_case c on c.revision_id = p.revision_id \
             where (p.state = 'on_sale' or (p.state = 'frozen' and exists (select 1 from measure_proposal o \
             join product_measure m on m.id = o.measure_id where o.product_id = p.id and o.occasion = 'probing' \
             and m.kind = 'freeze' and m.state in ('in_force', 'appealed', 'upheld')))) and ",
            $rest
        )
    };
}

#[derive(sqlx::FromRow)]
struct Whose {
    account_id: AccountId,
}

pub(crate) async fn probed_sellers(
    tx: &mut Tx,
    after: Option<AccountId>,
    access_type: AccessType,
    most: i64,
) -> Result<Vec<AccountId>> {
    let sql = probed!(
        "p.account_id",
        "c.access_type = $1 and ($2 is null or p.account_id > $2) order by p.account_id limit $3"
    );
    let rows: Vec<Whose> = tx.fetch_all(sql, args![access_type, after, most]).await?;
    Ok(rows.into_iter().map(|row| row.account_id).collect())
}

pub(crate) async fn is_probed(tx: &mut Tx, seller: AccountId, access_type: AccessType) -> Result<bool> {
    let sql = probed!("p.account_id", "c.access_type = $1 and p.account_id = $2");
    Ok(tx.fetch_optional::<Whose>(sql, args![access_type, seller]).await?.is_some())
}

#[derive(sqlx::FromRow)]
struct OnSale {
    id: ProductId,
}

/// A seller's products of an access type that are on sale.
pub(crate) async fn sold_as(tx: &mut Tx, seller: AccountId, access_type: AccessType) -> Result<Vec<ProductId>> {
    let sql = "select p.id from product p join review_case c on c.revision_id = p.revision_id \
               where p.account_id = $1 and p.state = 'on_sale' and c.access_type = $2 order by p.id";
    let rows: Vec<OnSale> = tx.fetch_all(sql, args![seller, access_type]).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}
