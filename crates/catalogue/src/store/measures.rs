//! Statements on `product_measure`, and on the state of products under measures.

use kernel::{
    Error, Page, Result, Thing, Timestamp, args,
    id::{AccountId, DocumentId, MeasureId, ProductId, UserId},
    page::PageOf,
};
use platform::Tx;

use crate::rules::{MeasureKind, MeasureState, ProductState};

/// What the operator does against a product, with its reasons and what became of it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Measure {
    pub(crate) id: MeasureId,
    pub(crate) account_id: AccountId,
    pub(crate) product_id: ProductId,
    pub(crate) kind: MeasureKind,
    pub(crate) state: MeasureState,
    pub(crate) rule: String,
    pub(crate) facts: String,
    pub(crate) remedy: String,
    pub(crate) taken_at: Timestamp,
    pub(crate) taken_by: UserId,
    pub(crate) until: Option<Timestamp>,
    pub(crate) appeal_until: Timestamp,
    pub(crate) appeal: Option<String>,
    pub(crate) appeal_document_id: Option<DocumentId>,
    pub(crate) appealed_at: Option<Timestamp>,
    pub(crate) appealed_by: Option<UserId>,
    pub(crate) appeal_due_at: Option<Timestamp>,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) decided_at: Option<Timestamp>,
    pub(crate) decided_by: Option<UserId>,
    pub(crate) answer: Option<String>,
}

macro_rules! measures {
    ($rest:literal) => {
        concat!(
            "select m.id, m.account_id, m.product_id, m.kind, m.state, m.rule, m.facts, m.remedy, m.taken_at, m.taken_by, m.until, \
             m.appeal_until, m.appeal, m.appeal_document_id, m.appealed_at, m.appealed_by, m.appeal_due_at, m.ended_at, \
             m.decided_at, m.decided_by, m.answer from product_measure m ",
            $rest
        )
    };
}

pub(crate) async fn insert(tx: &mut Tx, measure: &Measure) -> Result<()> {
    tx.execute(
        "insert into product_measure (id, account_id, product_id, kind, state, rule, facts, remedy, taken_at, taken_by, until, \
         appeal_until) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        args![
            measure.id,
            measure.account_id,
            measure.product_id,
            measure.kind,
            measure.state,
            &measure.rule,
            &measure.facts,
            &measure.remedy,
            measure.taken_at,
            measure.taken_by,
            measure.until,
            measure.appeal_until
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn find(tx: &mut Tx, id: MeasureId) -> Result<Option<Measure>> {
    tx.fetch_optional(measures!("where m.id = $1"), args![id]).await
}

pub(crate) async fn find_for(tx: &mut Tx, account: AccountId, id: MeasureId) -> Result<Measure> {
    let sql = measures!("where m.account_id = $1 and m.id = $2");
    tx.fetch_optional(sql, args![account, id]).await?.ok_or(Error::NotFound(Thing::Measure))
}

/// Measures of all products or of one, of all sellers or of one, the latest first.
pub(crate) async fn list(
    tx: &mut Tx,
    (account, product): (Option<AccountId>, Option<ProductId>),
    state: Option<MeasureState>,
    page: PageOf,
) -> Result<Page<Measure>> {
    let sql = measures!(
        "where ($1 is null or m.account_id = $1) and ($2 is null or m.product_id = $2) and ($3 is null or m.state = $3) \
         and ($4 is null or m.id < $4) order by m.id desc limit $5"
    );
    let rows = tx.fetch_all(sql, args![account, product, state, page.before, page.fetch()]).await?;
    Ok(page.page(rows, |row: &Measure| row.id.uuid()))
}

/// Writes a move from `from`; somebody who was faster has made another one.
pub(crate) async fn save(tx: &mut Tx, measure: &Measure, from: MeasureState) -> Result<()> {
    tx.execute_one(
        "update product_measure set state = $1, appeal = $2, appeal_document_id = $3, appealed_at = $4, appealed_by = $5, \
         appeal_due_at = $6, ended_at = $7, decided_by = $8, answer = $9, decided_at = $10 where id = $11 and state = $12",
        args![
            measure.state,
            measure.appeal.clone(),
            measure.appeal_document_id,
            measure.appealed_at,
            measure.appealed_by,
            measure.appeal_due_at,
            measure.ended_at,
            measure.decided_by,
            measure.answer.clone(),
            measure.decided_at,
            measure.id,
            from
        ],
        || Error::Busy,
    )
    .await
}

/// Lets others who take or end measures of the product wait until the transaction ends, so that its state fits them all.
pub(crate) async fn hold(tx: &mut Tx, product: ProductId) -> Result<()> {
    super::visibility::shown_anew(tx, product).await
}

#[derive(sqlx::FromRow)]
struct Kind {
    kind: MeasureKind,
}

/// The measures that hold against a product.
pub(crate) async fn that_hold(tx: &mut Tx, product: ProductId) -> Result<Vec<MeasureKind>> {
    let sql = "select kind from product_measure where product_id = $1 and state in ('in_force', 'appealed', 'upheld')";
    let rows: Vec<Kind> = tx.fetch_all(sql, args![product]).await?;
    Ok(rows.into_iter().map(|row| row.kind).collect())
}

/// Where a product stands that is or was listed; what is off sale stays so.
pub(crate) async fn set_state(tx: &mut Tx, product: ProductId, state: ProductState) -> Result<()> {
    let sql = "update product set state = $1 where id = $2 and state in ('on_sale', 'frozen', 'delisted')";
    tx.execute(sql, args![state, product]).await?;
    Ok(())
}
