//! Statements on `removal`, and on what has left the shelf.

use std::collections::BTreeSet;

use kernel::{
    Error, Page, Result, Thing, Timestamp, args,
    id::{AccountId, DocumentId, ProductId, RemovalId, SkuId, SpecId, UserId},
    page::PageOf,
};
use platform::{OnUnique, Tx};
use uuid::Uuid;

use crate::rules::{Leaving, Listing, ProductState, RemovalRefused, RemovalState, Target};

/// An application for taking something off sale.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Removal {
    pub(crate) id: RemovalId,
    pub(crate) account_id: AccountId,
    pub(crate) product_id: ProductId,
    pub(crate) spec_id: Option<SpecId>,
    pub(crate) sku_id: Option<SkuId>,
    pub(crate) reason: String,
    pub(crate) document_id: Option<DocumentId>,
    pub(crate) state: RemovalState,
    pub(crate) submitted_at: Timestamp,
    pub(crate) submitted_by: UserId,
    pub(crate) due_at: Timestamp,
    pub(crate) decided_at: Option<Timestamp>,
    pub(crate) answer: Option<String>,
}

impl Removal {
    pub(crate) fn target(&self) -> Target {
        match (self.sku_id, self.spec_id) {
            (Some(sku), _) => Target::Sku(sku),
            (None, Some(spec)) => Target::Spec(spec),
            (None, None) => Target::Product,
        }
    }

    fn target_id(&self) -> Uuid {
        match self.target() {
            Target::Sku(sku) => sku.uuid(),
            Target::Spec(spec) => spec.uuid(),
            Target::Product => self.product_id.uuid(),
        }
    }
}

macro_rules! removals {
    ($rest:literal) => {
        concat!(
            "select r.id, r.account_id, r.product_id, r.spec_id, r.sku_id, r.reason, r.document_id, r.state, r.submitted_at, \
             r.submitted_by, r.due_at, r.decided_at, r.answer from removal r ",
            $rest
        )
    };
}

pub(crate) async fn insert(tx: &mut Tx, removal: &Removal) -> Result<()> {
    tx.execute(
        "insert into removal (id, account_id, product_id, spec_id, sku_id, target, reason, document_id, state, submitted_at, \
         submitted_by, due_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        args![
            removal.id,
            removal.account_id,
            removal.product_id,
            removal.spec_id,
            removal.sku_id,
            removal.target_id(),
            &removal.reason,
            removal.document_id,
            removal.state,
            removal.submitted_at,
            removal.submitted_by,
            removal.due_at
        ],
    )
    .await
    .on_unique(|| RemovalRefused::Waiting)?;
    Ok(())
}

pub(crate) async fn find(tx: &mut Tx, id: RemovalId) -> Result<Option<Removal>> {
    tx.fetch_optional(removals!("where r.id = $1"), args![id]).await
}

pub(crate) async fn find_for(tx: &mut Tx, account: AccountId, id: RemovalId) -> Result<Removal> {
    let sql = removals!("where r.account_id = $1 and r.id = $2");
    tx.fetch_optional(sql, args![account, id]).await?.ok_or(Error::NotFound(Thing::Removal))
}

/// A seller's applications, for one product or for all.
pub(crate) async fn list_for(
    tx: &mut Tx,
    account: AccountId,
    product: Option<ProductId>,
    page: PageOf,
) -> Result<Page<Removal>> {
    let sql = removals!(
        "where r.account_id = $1 and ($2 is null or r.product_id = $2) and ($3 is null or r.id < $3) order by r.id desc limit $4"
    );
    let rows = tx.fetch_all(sql, args![account, product, page.before, page.fetch()]).await?;
    Ok(page.page(rows, |row: &Removal| row.id.uuid()))
}

/// The applications that wait, the earliest due first; the cursor is the last one seen.
pub(crate) async fn queue(tx: &mut Tx, page: PageOf) -> Result<Page<Removal>> {
    let sql = removals!(
        "left join removal seen on seen.id = $1 where r.state = 'submitted' \
         and ($1 is null or r.due_at > seen.due_at or (r.due_at = seen.due_at and r.id > seen.id)) order by r.due_at, r.id limit $2"
    );
    let rows = tx.fetch_all(sql, args![page.before, page.fetch()]).await?;
    Ok(page.page(rows, |row: &Removal| row.id.uuid()))
}

/// Moves an application that waits; somebody who was faster has moved it already.
pub(crate) async fn leave(
    tx: &mut Tx,
    removal: &Removal,
    to: RemovalState,
    (by, answer): (UserId, &str),
    now: Timestamp,
) -> Result<()> {
    let state = removal.state;
    tx.execute_one(
        "update removal set state = $1, decided_at = $2, decided_by = $3, answer = $4 where id = $5 and state = 'submitted'",
        args![to, now, by, answer, removal.id],
        || RemovalRefused::Decided(state),
    )
    .await
}

#[derive(sqlx::FromRow)]
struct Sold {
    spec_id: SpecId,
    id: SkuId,
}

/// What is on sale of a product.
pub(crate) async fn sold(tx: &mut Tx, product: ProductId) -> Result<Vec<(SpecId, SkuId)>> {
    let sql = "select spec_id, id from sku where product_id = $1 and revision_id is not null and removed_at is null order by id";
    let rows: Vec<Sold> = tx.fetch_all(sql, args![product]).await?;
    Ok(rows.into_iter().map(|row| (row.spec_id, row.id)).collect())
}

#[derive(sqlx::FromRow)]
struct Id {
    id: Uuid,
}

/// The specs and SKUs of a product that have left the shelf for good.
pub(crate) async fn removed(tx: &mut Tx, product: ProductId) -> Result<(BTreeSet<SpecId>, BTreeSet<SkuId>)> {
    let sql = "select id from spec where product_id = $1 and removed_at is not null";
    let specs: Vec<Id> = tx.fetch_all(sql, args![product]).await?;
    let specs = specs.into_iter().map(|row| SpecId::from_uuid(row.id)).collect();
    Ok((specs, removed_skus(tx, product).await?))
}

pub(crate) async fn removed_skus(tx: &mut Tx, product: ProductId) -> Result<BTreeSet<SkuId>> {
    let sql = "select id from sku where product_id = $1 and removed_at is not null";
    let skus: Vec<Id> = tx.fetch_all(sql, args![product]).await?;
    Ok(skus.into_iter().map(|row| SkuId::from_uuid(row.id)).collect())
}

/// Takes off sale, for good.
pub(crate) async fn take_off(tx: &mut Tx, product: ProductId, leaving: &Leaving, now: Timestamp) -> Result<()> {
    let Leaving { skus, specs, product: whole } = leaving;
    for sku in skus {
        let sql = "update sku set removed_at = $1, revision_id = null where id = $2 and product_id = $3";
        tx.execute(sql, args![now, *sku, product]).await?;
    }
    for spec in specs {
        // What of it was not on sale at this moment does not come back either.
        let sql = "update sku set removed_at = $1 where spec_id = $2 and product_id = $3 and removed_at is null";
        tx.execute(sql, args![now, *spec, product]).await?;
        let sql = "update spec set removed_at = $1 where id = $2 and product_id = $3";
        tx.execute(sql, args![now, *spec, product]).await?;
    }
    if *whole {
        let sql = "update product set state = $1 where id = $2";
        tx.execute_one(sql, args![ProductState::OffSale, product], || Error::NotFound(Thing::Product)).await?;
    }
    super::visibility::shown_anew(tx, product).await
}

/// The draft after something has left the shelf.
pub(crate) async fn prune_draft(tx: &mut Tx, product: ProductId, draft: &Listing, now: Timestamp) -> Result<()> {
    let sql = "update product set draft = $1, version = version + 1, edited_at = $2 where id = $3";
    tx.execute_one(sql, args![kernel::arg::json(draft), now, product], || Error::Busy).await
}
