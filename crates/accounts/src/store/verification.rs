//! Statements on `verification`.

use kernel::{
    Error, Page, Result, Timestamp,
    arg::json,
    args,
    id::{AccountId, DocumentId, UserId, VerificationId},
    page::PageOf,
};
use platform::{OnUnique, Tx};
use sqlx::types::Json;

use crate::rules::{AccountRefused, CustomerKind, VerificationState};

/// A request for real-name verification and what became of it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Verification {
    pub id: VerificationId,
    pub account_id: AccountId,
    pub kind: CustomerKind,
    pub name: String,
    pub country: String,
    pub(crate) sealed_number: Vec<u8>,
    pub representative: Option<String>,
    pub documents: Json<Vec<DocumentId>>,
    pub state: VerificationState,
    pub submitted_by: UserId,
    pub submitted_at: Timestamp,
    /// The moment until which the operator decides.
    pub due_at: Timestamp,
    pub decided_by: Option<UserId>,
    pub decided_at: Option<Timestamp>,
    pub reason: Option<String>,
}

pub(crate) async fn insert(tx: &mut Tx, verification: &Verification) -> Result<()> {
    tx.execute(
        "insert into verification (id, account_id, kind, name, country, sealed_number, representative, documents, state, \
         submitted_by, submitted_at, due_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        args![
            verification.id,
            verification.account_id,
            verification.kind,
            &verification.name,
            &verification.country,
            verification.sealed_number.clone(),
            verification.representative.clone(),
            json(&verification.documents.0),
            verification.state,
            verification.submitted_by,
            verification.submitted_at,
            verification.due_at
        ],
    )
    .await
    .on_unique(|| AccountRefused::VerificationPending)?;
    Ok(())
}

/// For the operator and for reactions.
pub(crate) async fn find(tx: &mut Tx, id: VerificationId) -> Result<Option<Verification>> {
    tx.fetch_optional(
        "select id, account_id, kind, name, country, sealed_number, representative, documents, state, submitted_by, \
         submitted_at, due_at, decided_by, decided_at, reason from verification where id = $1",
        args![id],
    )
    .await
}

/// What an account was verified with last.
pub(crate) async fn approved(tx: &mut Tx, account: AccountId) -> Result<Option<Verification>> {
    tx.fetch_optional(
        "select id, account_id, kind, name, country, sealed_number, representative, documents, state, submitted_by, \
         submitted_at, due_at, decided_by, decided_at, reason from verification where account_id = $1 and state = 'approved' \
         order by id desc limit 1",
        args![account],
    )
    .await
}

pub(crate) async fn find_for(tx: &mut Tx, account: AccountId, id: VerificationId) -> Result<Option<Verification>> {
    tx.fetch_optional(
        "select id, account_id, kind, name, country, sealed_number, representative, documents, state, submitted_by, \
         submitted_at, due_at, decided_by, decided_at, reason from verification where account_id = $1 and id = $2",
        args![account, id],
    )
    .await
}

pub(crate) async fn list_for(tx: &mut Tx, account: AccountId, page: PageOf) -> Result<Page<Verification>> {
    let rows = tx
        .fetch_all(
            "select id, account_id, kind, name, country, sealed_number, representative, documents, state, submitted_by, \
             submitted_at, due_at, decided_by, decided_at, reason from verification \
             where account_id = $1 and ($2 is null or id < $2) order by id desc limit $3",
            args![account, page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |verification: &Verification| verification.id.uuid()))
}

/// What waits for a decision, the earliest due first; the cursor is the last one seen.
pub(crate) async fn waiting(tx: &mut Tx, page: PageOf) -> Result<Page<Verification>> {
    let rows = tx
        .fetch_all(
            "select id, account_id, kind, name, country, sealed_number, representative, documents, state, submitted_by, \
             submitted_at, due_at, decided_by, decided_at, reason from verification where state = 'pending' \
             and ($1 is null or (due_at, id) > (select due_at, id from verification where id = $1)) order by due_at, id limit $2",
            args![page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |row: &Verification| row.id.uuid()))
}

pub(crate) async fn list(tx: &mut Tx, state: Option<VerificationState>, page: PageOf) -> Result<Page<Verification>> {
    let rows = tx
        .fetch_all(
            "select id, account_id, kind, name, country, sealed_number, representative, documents, state, submitted_by, \
             submitted_at, due_at, decided_by, decided_at, reason from verification \
             where ($1 is null or state = $1) and ($2 is null or id < $2) order by id desc limit $3",
            args![state, page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |verification: &Verification| verification.id.uuid()))
}

/// Guarded by the state: who comes second is refused.
pub(crate) async fn decide(
    tx: &mut Tx,
    id: VerificationId,
    (state, reason): (VerificationState, &str),
    (by, now): (UserId, Timestamp),
    missed: impl FnOnce() -> Error + Send,
) -> Result<()> {
    tx.execute_one(
        "update verification set state = $1, reason = $2, decided_by = $3, decided_at = $4 where id = $5 and state = $6",
        args![state, reason, by, now, id, VerificationState::Pending],
        missed,
    )
    .await
}
