//! Statements on `business_certification`.

use kernel::{
    FieldError, Page, Result, Thing, Timestamp,
    arg::json,
    args,
    id::{AccountId, BusinessCertificationId},
    page::PageOf,
};
use platform::{OnUnique, Tx};
use sqlx::types::Json;

use crate::rules::{CertificationState, SellerRefused, WrongState, business::TaxpayerIdentity};

/// Business information for one contracting entity, and what became of it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Certification {
    pub id: BusinessCertificationId,
    pub account_id: AccountId,
    pub entity: String,
    pub regions: Json<Vec<String>>,
    pub state: CertificationState,
    pub account_holder: String,
    pub bank: String,
    pub account_number_masked: String,
    pub taxpayer_identity: TaxpayerIdentity,
    pub taxpayer_number: String,
    pub submitted_at: Timestamp,
    pub due_at: Timestamp,
    pub decided_at: Option<Timestamp>,
    /// The reviewer, or the automatic check.
    pub decided_by: Option<String>,
    pub reasons: Json<Vec<FieldError>>,
    pub version: i64,
}

pub(crate) async fn insert(tx: &mut Tx, certification: &Certification, account_number_sealed: Vec<u8>) -> Result<()> {
    tx.execute(
        "insert into business_certification (id, account_id, entity, regions, state, account_holder, bank, \
         account_number_sealed, account_number_masked, taxpayer_identity, taxpayer_number, submitted_at, due_at, decided_at, \
         decided_by, reasons, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        args![
            certification.id,
            certification.account_id,
            &certification.entity,
            json(&certification.regions.0),
            certification.state,
            &certification.account_holder,
            &certification.bank,
            account_number_sealed,
            &certification.account_number_masked,
            certification.taxpayer_identity,
            &certification.taxpayer_number,
            certification.submitted_at,
            certification.due_at,
            certification.decided_at,
            certification.decided_by.as_deref(),
            json(&certification.reasons.0),
            certification.version,
        ],
    )
    .await
    .on_unique(|| SellerRefused::BusinessInformationOpen)?;
    Ok(())
}

/// Writes a decision, if nobody decided before.
pub(crate) async fn save(tx: &mut Tx, before: &Certification, after: &Certification) -> Result<()> {
    tx.execute_one(
        "update business_certification set state = $1, decided_at = $2, decided_by = $3, reasons = $4, version = version + 1 \
         where id = $5 and state = $6 and version = $7",
        args![
            after.state,
            after.decided_at,
            after.decided_by.as_deref(),
            json(&after.reasons.0),
            before.id,
            before.state,
            before.version,
        ],
        || WrongState::Overtaken(Thing::BusinessInformation),
    )
    .await
}

pub(crate) async fn find_for(
    tx: &mut Tx,
    account: AccountId,
    id: BusinessCertificationId,
) -> Result<Option<Certification>> {
    tx.fetch_optional(
        "select id, account_id, entity, regions, state, account_holder, bank, account_number_masked, taxpayer_identity, \
         taxpayer_number, submitted_at, due_at, decided_at, decided_by, reasons, version from business_certification \
         where account_id = $1 and id = $2",
        args![account, id],
    )
    .await
}

/// Anybody's business information, for the operator and for reactions.
pub(crate) async fn find(tx: &mut Tx, id: BusinessCertificationId) -> Result<Option<Certification>> {
    tx.fetch_optional(
        "select id, account_id, entity, regions, state, account_holder, bank, account_number_masked, taxpayer_identity, \
         taxpayer_number, submitted_at, due_at, decided_at, decided_by, reasons, version from business_certification \
         where id = $1",
        args![id],
    )
    .await
}

/// What is certified now, at most one for each contracting entity.
pub(crate) async fn certified(tx: &mut Tx, account: AccountId) -> Result<Vec<Certification>> {
    tx.fetch_all(
        "select id, account_id, entity, regions, state, account_holder, bank, account_number_masked, taxpayer_identity, \
         taxpayer_number, submitted_at, due_at, decided_at, decided_by, reasons, version from business_certification \
         where account_id = $1 and state = 'certified' order by entity",
        args![account],
    )
    .await
}

pub(crate) async fn list_for(tx: &mut Tx, account: AccountId, page: PageOf) -> Result<Page<Certification>> {
    let rows = tx
        .fetch_all(
            "select id, account_id, entity, regions, state, account_holder, bank, account_number_masked, taxpayer_identity, \
             taxpayer_number, submitted_at, due_at, decided_at, decided_by, reasons, version from business_certification \
             where account_id = $1 and ($2 is null or id < $2) order by id desc limit $3",
            args![account, page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |row: &Certification| row.id.uuid()))
}

/// What waits for a decision, the earliest due first; the cursor is the last one seen.
pub(crate) async fn waiting(tx: &mut Tx, page: PageOf) -> Result<Page<Certification>> {
    let rows = tx
        .fetch_all(
            "select id, account_id, entity, regions, state, account_holder, bank, account_number_masked, taxpayer_identity, \
             taxpayer_number, submitted_at, due_at, decided_at, decided_by, reasons, version from business_certification where state = 'submitted' \
             and ($1 is null or (due_at, id) > (select due_at, id from business_certification where id = $1)) order by due_at, id limit $2",
            args![page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |row: &Certification| row.id.uuid()))
}

pub(crate) async fn list(tx: &mut Tx, state: Option<CertificationState>, page: PageOf) -> Result<Page<Certification>> {
    let rows = tx
        .fetch_all(
            "select id, account_id, entity, regions, state, account_holder, bank, account_number_masked, taxpayer_identity, \
             taxpayer_number, submitted_at, due_at, decided_at, decided_by, reasons, version from business_certification \
             where ($1 is null or state = $1) and ($2 is null or id < $2) order by id desc limit $3",
            args![state, page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |row: &Certification| row.id.uuid()))
}
