//! Statements on `seller_application`.

use kernel::{
    FieldError, Page, Result, Thing, Timestamp,
    arg::json,
    args,
    id::{AccountId, SellerApplicationId},
    page::PageOf,
};
use platform::{OnUnique, Tx};
use sqlx::types::Json;

use crate::rules::{ApplicationState, SellerRefused, WrongState, form::Form};

/// An account's application to become a seller.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Application {
    pub id: SellerApplicationId,
    pub account_id: AccountId,
    pub state: ApplicationState,
    pub form: Json<Form>,
    pub registration_key: Option<String>,
    pub submitted_at: Option<Timestamp>,
    /// Until when the operator decides.
    pub due_at: Option<Timestamp>,
    pub decided_at: Option<Timestamp>,
    /// Why it was rejected the last time.
    pub reasons: Json<Vec<FieldError>>,
    pub created_at: Timestamp,
    pub version: i64,
}

pub(crate) async fn insert(tx: &mut Tx, application: &Application) -> Result<()> {
    tx.execute(
        "insert into seller_application (id, account_id, state, form, reasons, created_at, version) \
         values ($1, $2, $3, $4, $5, $6, $7)",
        args![
            application.id,
            application.account_id,
            application.state,
            json(&application.form.0),
            json(&application.reasons.0),
            application.created_at,
            application.version,
        ],
    )
    .await
    .on_unique(|| SellerRefused::ApplicationExists)?;
    Ok(())
}

/// Writes what a step has made of an application, if it is still as it was read.
pub(crate) async fn save(tx: &mut Tx, before: &Application, after: &Application) -> Result<()> {
    tx.execute_one(
        "update seller_application set state = $1, form = $2, registration_key = $3, submitted_at = $4, due_at = $5, \
         decided_at = $6, reasons = $7, version = version + 1 where id = $8 and state = $9 and version = $10",
        args![
            after.state,
            json(&after.form.0),
            after.registration_key.as_deref(),
            after.submitted_at,
            after.due_at,
            after.decided_at,
            json(&after.reasons.0),
            before.id,
            before.state,
            before.version,
        ],
        || WrongState::Overtaken(Thing::Application),
    )
    .await
    .on_unique(|| SellerRefused::CompanyTaken)
}

pub(crate) async fn of_account(tx: &mut Tx, account: AccountId) -> Result<Option<Application>> {
    tx.fetch_optional(
        "select id, account_id, state, form, registration_key, submitted_at, due_at, decided_at, reasons, created_at, version \
         from seller_application where account_id = $1",
        args![account],
    )
    .await
}

/// Anybody's application, for the operator and for reactions.
pub(crate) async fn find(tx: &mut Tx, id: SellerApplicationId) -> Result<Option<Application>> {
    tx.fetch_optional(
        "select id, account_id, state, form, registration_key, submitted_at, due_at, decided_at, reasons, created_at, version \
         from seller_application where id = $1",
        args![id],
    )
    .await
}

/// What waits for a decision, the earliest due first; the cursor is the last one seen.
pub(crate) async fn waiting(tx: &mut Tx, page: PageOf) -> Result<Page<Application>> {
    let rows = tx
        .fetch_all(
            "select id, account_id, state, form, registration_key, submitted_at, due_at, decided_at, reasons, created_at, version \
             from seller_application where state = 'submitted' \
             and ($1 is null or (due_at, id) > (select due_at, id from seller_application where id = $1)) order by due_at, id limit $2",
            args![page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |row: &Application| row.id.uuid()))
}

/// What applicants have sent, newest first; drafts are theirs alone.
pub(crate) async fn list(tx: &mut Tx, state: Option<ApplicationState>, page: PageOf) -> Result<Page<Application>> {
    let rows = tx
        .fetch_all(
            "select id, account_id, state, form, registration_key, submitted_at, due_at, decided_at, reasons, created_at, version \
             from seller_application where state <> 'draft' and ($1 is null or state = $1) and ($2 is null or id < $2) \
             order by id desc limit $3",
            args![state, page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |row: &Application| row.id.uuid()))
}
