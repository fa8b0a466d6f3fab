//! Statements on `seller`.

use kernel::{
    Error, Page, Result, Thing, Timestamp,
    arg::json,
    args,
    id::{AccountId, SellerApplicationId},
    page::PageOf,
};
use platform::{OnUnique, Tx};
use sqlx::types::Json;

use crate::rules::{
    SellerRefused, WrongState,
    information::{FinanceContact, Information},
};

/// An admitted seller with what holds of it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SellerRow {
    pub account_id: AccountId,
    pub application_id: SellerApplicationId,
    /// The company; it never changes.
    pub name: String,
    pub registration_number: String,
    pub information: Json<Information>,
    pub finance_contact: Option<Json<FinanceContact>>,
    /// Business information that failed in a row.
    pub business_failures: i64,
    pub admitted_at: Timestamp,
    pub version: i64,
}

pub(crate) async fn insert(tx: &mut Tx, seller: &SellerRow) -> Result<()> {
    tx.execute(
        "insert into seller (account_id, application_id, name, registration_number, information, business_failures, \
         admitted_at, version) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            seller.account_id,
            seller.application_id,
            &seller.name,
            &seller.registration_number,
            json(&seller.information.0),
            seller.business_failures,
            seller.admitted_at,
            seller.version,
        ],
    )
    .await
    .on_unique(|| SellerRefused::CompanyTaken)?;
    Ok(())
}

pub(crate) async fn find(tx: &mut Tx, account: AccountId) -> Result<Option<SellerRow>> {
    tx.fetch_optional(
        "select account_id, application_id, name, registration_number, information, finance_contact, business_failures, \
         admitted_at, version from seller where account_id = $1",
        args![account],
    )
    .await
}

pub(crate) async fn list(tx: &mut Tx, page: PageOf) -> Result<Page<SellerRow>> {
    let rows = tx
        .fetch_all(
            "select account_id, application_id, name, registration_number, information, finance_contact, business_failures, \
             admitted_at, version from seller where ($1 is null or account_id < $1) order by account_id desc limit $2",
            args![page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |row: &SellerRow| row.account_id.uuid()))
}

/// Sellers with so many failures in a row, newest first.
pub(crate) async fn failed(tx: &mut Tx, least: u32, page: PageOf) -> Result<Page<SellerRow>> {
    let rows = tx
        .fetch_all(
            "select account_id, application_id, name, registration_number, information, finance_contact, business_failures, \
             admitted_at, version from seller where business_failures >= $1 and ($2 is null or account_id < $2) \
             order by account_id desc limit $3",
            args![i64::from(least), page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |row: &SellerRow| row.account_id.uuid()))
}

pub(crate) async fn set_information(tx: &mut Tx, account: AccountId, information: &Information) -> Result<()> {
    tx.execute_one(
        "update seller set information = $1, version = version + 1 where account_id = $2",
        args![json(information), account],
        || Error::NotFound(Thing::Seller),
    )
    .await
}

pub(crate) async fn set_finance_contact(tx: &mut Tx, seller: &SellerRow, contact: &FinanceContact) -> Result<()> {
    tx.execute_one(
        "update seller set finance_contact = $1, version = version + 1 where account_id = $2 and version = $3",
        args![json(contact), seller.account_id, seller.version],
        || WrongState::Overtaken(Thing::Seller),
    )
    .await
}

pub(crate) async fn count_failure(tx: &mut Tx, account: AccountId) -> Result<()> {
    tx.execute_one(
        "update seller set business_failures = business_failures + 1 where account_id = $1",
        args![account],
        || Error::NotFound(Thing::Seller),
    )
    .await
}

pub(crate) async fn forget_failures(tx: &mut Tx, account: AccountId) -> Result<()> {
    tx.execute_one("update seller set business_failures = 0 where account_id = $1", args![account], || {
        Error::NotFound(Thing::Seller)
    })
    .await
}
