//! Statements on `seller_change`.

use kernel::{
    FieldError, Page, Result, Thing, Timestamp,
    arg::json,
    args,
    id::{AccountId, SellerChangeId},
    page::PageOf,
};
use platform::{OnUnique, Tx};
use sqlx::types::Json;

use crate::rules::{ChangeState, SellerRefused, WrongState, information::Information};

/// New information that waits beside what holds.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Change {
    pub id: SellerChangeId,
    pub account_id: AccountId,
    pub state: ChangeState,
    pub information: Json<Information>,
    pub submitted_at: Timestamp,
    pub due_at: Timestamp,
    pub decided_at: Option<Timestamp>,
    pub reasons: Json<Vec<FieldError>>,
    pub version: i64,
}

pub(crate) async fn insert(tx: &mut Tx, change: &Change) -> Result<()> {
    tx.execute(
        "insert into seller_change (id, account_id, state, information, submitted_at, due_at, reasons, version) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            change.id,
            change.account_id,
            change.state,
            json(&change.information.0),
            change.submitted_at,
            change.due_at,
            json(&change.reasons.0),
            change.version,
        ],
    )
    .await
    .on_unique(|| SellerRefused::ChangeOpen)?;
    Ok(())
}

/// Writes a decision, if nobody decided before.
pub(crate) async fn save(tx: &mut Tx, before: &Change, after: &Change) -> Result<()> {
    tx.execute_one(
        "update seller_change set state = $1, decided_at = $2, reasons = $3, version = version + 1 \
         where id = $4 and state = $5 and version = $6",
        args![after.state, after.decided_at, json(&after.reasons.0), before.id, before.state, before.version],
        || WrongState::Overtaken(Thing::Change),
    )
    .await
}

pub(crate) async fn find_for(tx: &mut Tx, account: AccountId, id: SellerChangeId) -> Result<Option<Change>> {
    tx.fetch_optional(
        "select id, account_id, state, information, submitted_at, due_at, decided_at, reasons, version from seller_change \
         where account_id = $1 and id = $2",
        args![account, id],
    )
    .await
}

/// Anybody's change, for the operator and for reactions.
pub(crate) async fn find(tx: &mut Tx, id: SellerChangeId) -> Result<Option<Change>> {
    tx.fetch_optional(
        "select id, account_id, state, information, submitted_at, due_at, decided_at, reasons, version from seller_change \
         where id = $1",
        args![id],
    )
    .await
}

pub(crate) async fn list_for(tx: &mut Tx, account: AccountId, page: PageOf) -> Result<Page<Change>> {
    let rows = tx
        .fetch_all(
            "select id, account_id, state, information, submitted_at, due_at, decided_at, reasons, version from seller_change \
             where account_id = $1 and ($2 is null or id < $2) order by id desc limit $3",
            args![account, page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |row: &Change| row.id.uuid()))
}

/// What waits for a decision, the earliest due first; the cursor is the last one seen.
pub(crate) async fn waiting(tx: &mut Tx, page: PageOf) -> Result<Page<Change>> {
    let rows = tx
        .fetch_all(
            "select id, account_id, state, information, submitted_at, due_at, decided_at, reasons, version \
             from seller_change where state = 'submitted' \
             and ($1 is null or (due_at, id) > (select due_at, id from seller_change where id = $1)) order by due_at, id limit $2",
            args![page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |row: &Change| row.id.uuid()))
}

pub(crate) async fn list(tx: &mut Tx, state: Option<ChangeState>, page: PageOf) -> Result<Page<Change>> {
    let rows = tx
        .fetch_all(
            "select id, account_id, state, information, submitted_at, due_at, decided_at, reasons, version from seller_change \
             where ($1 is null or state = $1) and ($2 is null or id < $2) order by id desc limit $3",
            args![state, page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |row: &Change| row.id.uuid()))
}
