//! Statements on `product`, `product_category`, `product_picture`, `revision`, `spec` and `sku`; below them, a file for each
//! group of other tables.

/// What stands in lists for everybody, of a product `p`: `Standing::is_found_by_all` as a condition.
macro_rules! found_by_all {
    () => {
        "p.state = 'on_sale' and not p.hidden and p.reach = 'public'"
    };
}

mod files;
mod review;

mod attributes;
pub(crate) mod changes;
pub(crate) mod crawled;
pub(crate) mod limits;
pub(crate) mod measures;
pub(crate) mod notes;
pub(crate) mod private;
pub(crate) mod proposals;
pub(crate) mod ratings;
pub(crate) mod removals;
pub(crate) mod search;
pub(crate) mod tree;
pub(crate) mod trials;
pub(crate) mod visibility;
pub(crate) mod window;

use std::collections::BTreeSet;

use kernel::{
    Page, Result, Timestamp,
    arg::json,
    args,
    id::{AccountId, DocumentId, ProductId, RevisionId, SkuId, SpecId, UserId},
    page::PageOf,
};
use platform::{OnUnique, Tx};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;

use crate::rules::{
    Audience, CatalogueRefused, Identities, Identity, Listing, ProductState, Rated, Reason, RevisionState, Sight, Who,
};

pub(crate) use attributes::{
    SellerAttribute, attributes_of, delete_attribute, find_attribute_for, insert_attribute, save_attribute,
};
pub(crate) use files::*;
pub(crate) use review::*;

#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Product {
    pub(crate) id: ProductId,
    pub(crate) account_id: AccountId,
    pub(crate) state: ProductState,
    pub(crate) draft: Json<Listing>,
    pub(crate) version: i64,
    pub(crate) created_at: Timestamp,
    pub(crate) edited_at: Timestamp,
    /// The revision on sale.
    pub(crate) revision_id: Option<RevisionId>,
    pub(crate) listed_at: Option<Timestamp>,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Revision {
    pub(crate) id: RevisionId,
    pub(crate) account_id: AccountId,
    pub(crate) product_id: ProductId,
    pub(crate) number: i64,
    pub(crate) state: RevisionState,
    pub(crate) content: Json<Content>,
    pub(crate) submitted_at: Timestamp,
    pub(crate) submitted_by: UserId,
    pub(crate) due_at: Timestamp,
    pub(crate) decided_at: Option<Timestamp>,
    pub(crate) reasons: Json<Vec<Reason>>,
}

/// What was submitted, and under which ids it is sold.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) listing: Listing,
    pub(crate) identities: Identities,
}

pub(crate) async fn insert_product(tx: &mut Tx, product: &Product) -> Result<()> {
    let Product { id, account_id, state, draft, version, created_at, edited_at, revision_id, listed_at } = product;
    tx.execute(
        "insert into product (id, account_id, state, draft, version, created_at, edited_at, revision_id, listed_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        args![*id, *account_id, *state, json(&draft.0), *version, *created_at, *edited_at, *revision_id, *listed_at],
    )
    .await?;
    Ok(())
}

pub(crate) async fn find_product_for(tx: &mut Tx, account: AccountId, id: ProductId) -> Result<Option<Product>> {
    tx.fetch_optional(
        "select id, account_id, state, draft, version, created_at, edited_at, revision_id, listed_at from product \
         where account_id = $1 and id = $2",
        args![account, id],
    )
    .await
}

pub(crate) async fn find_product(tx: &mut Tx, id: ProductId) -> Result<Option<Product>> {
    tx.fetch_optional(
        "select id, account_id, state, draft, version, created_at, edited_at, revision_id, listed_at from product where id = $1",
        args![id],
    )
    .await
}

pub(crate) async fn products_of(
    tx: &mut Tx,
    account: AccountId,
    state: Option<ProductState>,
    page: PageOf,
) -> Result<Page<Product>> {
    let rows = tx
        .fetch_all(
            "select id, account_id, state, draft, version, created_at, edited_at, revision_id, listed_at from product \
             where account_id = $1 and ($2 is null or id < $2) and ($4 is null or state = $4) order by id desc limit $3",
            args![account, page.before, page.fetch(), state],
        )
        .await?;
    Ok(page.page(rows, |row: &Product| row.id.uuid()))
}

#[derive(sqlx::FromRow)]
struct Count {
    count: i64,
}

pub(crate) async fn drafts_of(tx: &mut Tx, account: AccountId) -> Result<i64> {
    let sql = "select count(*) as count from product where account_id = $1 and state = $2";
    Ok(tx.fetch_one::<Count>(sql, args![account, ProductState::Draft]).await?.count)
}

/// False: the draft is not of that version any more.
pub(crate) async fn save_draft(
    tx: &mut Tx,
    id: ProductId,
    from: i64,
    listing: &Listing,
    now: Timestamp,
) -> Result<bool> {
    let sql = "update product set draft = $1, version = version + 1, edited_at = $2 where id = $3 and version = $4";
    Ok(tx.execute(sql, args![json(listing), now, id, from]).await? == 1)
}

/// Removes a product that was never submitted.
pub(crate) async fn delete_product(tx: &mut Tx, id: ProductId) -> Result<()> {
    // What can be said of a draft before anybody has seen it.
    tx.execute("delete from named_account where product_id = $1", args![id]).await?;
    tx.execute("delete from trial_account where product_id = $1", args![id]).await?;
    tx.execute("delete from product_change where product_id = $1", args![id]).await?;
    tx.execute("delete from product_tag where product_id = $1", args![id]).await?;
    let sql = "delete from product where id = $1 and state = $2 and not exists (select 1 from revision where product_id = $1)";
    tx.execute_one(sql, args![id, ProductState::Draft], || CatalogueRefused::HasHistory).await
}

/// Puts a revision on the product's page; one that the operator has taken from the shelf is not put back by it.
pub(crate) async fn list_product(tx: &mut Tx, id: ProductId, revision: RevisionId, now: Timestamp) -> Result<()> {
    tx.execute_one(
        "update product set state = case when state = $1 then $2 else state end, revision_id = $3, \
         listed_at = coalesce(listed_at, $4) where id = $5 and state <> $6",
        args![ProductState::Draft, ProductState::OnSale, revision, now, id, ProductState::OffSale],
        || CatalogueRefused::OffSale,
    )
    .await
}

pub(crate) async fn set_categories(tx: &mut Tx, product: ProductId, categories: &[String]) -> Result<()> {
    tx.execute("delete from product_category where product_id = $1", args![product]).await?;
    let rows = categories.iter().map(|category| args![category, product]).collect();
    tx.insert_rows("insert into product_category (category, product_id)", rows, "").await?;
    Ok(())
}

pub(crate) async fn set_pictures(tx: &mut Tx, product: ProductId, pictures: BTreeSet<DocumentId>) -> Result<()> {
    tx.execute("delete from product_picture where product_id = $1", args![product]).await?;
    let rows = pictures.into_iter().map(|picture| args![picture, product]).collect();
    tx.insert_rows("insert into product_picture (document_id, product_id)", rows, "").await?;
    Ok(())
}

/// The products on sale that show a picture.
pub(crate) async fn shows_picture(tx: &mut Tx, picture: DocumentId) -> Result<Vec<Shown>> {
    let sql = "select p.id, p.account_id, p.revision_id, p.listed_at, p.shown_version, p.rated_count, p.rated_stars, p.state, p.hidden, p.reach, p.customers, p.regions \
               from product_picture i join product p on p.id = i.product_id where i.document_id = $1 and p.state in ('on_sale', 'frozen')";
    tx.fetch_all(sql, args![picture]).await
}

/// One product on the shelf.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Shown {
    pub(crate) id: ProductId,
    pub(crate) account_id: AccountId,
    pub(crate) revision_id: RevisionId,
    pub(crate) listed_at: Timestamp,
    /// Counts what changes how it is shown without being in a revision.
    pub(crate) shown_version: i64,
    #[sqlx(flatten)]
    rated: ratings::RatedRow,
    state: ProductState,
    #[sqlx(flatten)]
    settings: visibility::Settings,
}

impl Shown {
    pub(crate) fn sight(&self, who: &Who) -> Sight {
        self.settings.standing(self.state).sight_of_product(who, self.account_id, self.id)
    }

    pub(crate) fn rated(&self) -> Rated {
        self.rated.rated()
    }

    pub(crate) fn is_frozen(&self) -> bool {
        self.state == ProductState::Frozen
    }

    pub(crate) fn audience(&self) -> Audience {
        self.settings.standing(self.state).audience
    }
}

/// A page of what stands in lists for everybody, or for an account that is named. A category holds what those that are
/// shown below it hold.
pub(crate) async fn on_sale(
    tx: &mut Tx,
    category: Option<&str>,
    seller: Option<AccountId>,
    named: Option<AccountId>,
    page: PageOf,
) -> Result<Page<Shown>> {
    let rows = tx
        .fetch_all(
            "with recursive branch (code) as (select cast($1 as text) union select c.code from category c \
             join branch b on c.parent_code = b.code where c.state = 'shown') \
             select p.id, p.account_id, p.revision_id, p.listed_at, p.shown_version, p.rated_count, p.rated_stars, p.state, p.hidden, p.reach, p.customers, p.regions \
             from product p where p.state = 'on_sale' and not p.hidden and (p.reach = 'public' or p.reach = 'named' \
             and exists (select 1 from named_account n where n.target = p.id and n.account_id = $5)) \
             and ($1 is null or exists (select 1 from product_category c join branch b on b.code = c.category \
             where c.product_id = p.id)) \
             and ($2 is null or p.account_id = $2) and ($3 is null or p.id < $3) order by p.id desc limit $4",
            args![category, seller, page.before, page.fetch(), named],
        )
        .await?;
    Ok(page.page(rows, |row: &Shown| row.id.uuid()))
}

/// What a seller has on sale, whoever sees it; the latest first, so many, behind one of them.
pub(crate) async fn sold_by(
    tx: &mut Tx,
    seller: AccountId,
    before: Option<uuid::Uuid>,
    most: i64,
) -> Result<Vec<Shown>> {
    let sql = "select id, account_id, revision_id, listed_at, shown_version, rated_count, rated_stars, state, hidden, reach, customers, regions from product \
               where state = 'on_sale' and account_id = $1 and ($2 is null or id < $2) order by id desc limit $3";
    tx.fetch_all(sql, args![seller, before, most]).await
}

pub(crate) async fn find_on_sale(tx: &mut Tx, id: ProductId) -> Result<Option<Shown>> {
    let sql = "select id, account_id, revision_id, listed_at, shown_version, rated_count, rated_stars, state, hidden, reach, customers, regions from product \
               where id = $1 and state in ('on_sale', 'frozen')";
    tx.fetch_optional(sql, args![id]).await
}

/// As many products as are asked for at once.
pub(crate) const ASKED_MAX: usize = 24;

/// Those of some products that are on sale, up to [`ASKED_MAX`] of them.
pub(crate) async fn still_on_sale(tx: &mut Tx, products: &[ProductId]) -> Result<Vec<Shown>> {
    let mut asked: Vec<Option<ProductId>> = products.iter().copied().map(Some).collect();
    asked.resize(ASKED_MAX, None);
    tx.fetch_all(
        "select id, account_id, revision_id, listed_at, shown_version, rated_count, rated_stars, state, hidden, reach, customers, regions from product \
         where state = 'on_sale' and id in \
         ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)",
        asked.into_iter().flat_map(|product| args![product]).collect(),
    )
    .await
}

pub(crate) async fn insert_revision(tx: &mut Tx, revision: &Revision) -> Result<()> {
    let Revision {
        id,
        account_id,
        product_id,
        number,
        state,
        content,
        submitted_at,
        submitted_by,
        due_at,
        decided_at,
        reasons,
    } = revision;
    tx.execute(
        "insert into revision (id, account_id, product_id, number, state, content, submitted_at, submitted_by, due_at, \
         decided_at, reasons) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        args![
            *id,
            *account_id,
            *product_id,
            *number,
            *state,
            json(&content.0),
            *submitted_at,
            *submitted_by,
            *due_at,
            *decided_at,
            json(&reasons.0)
        ],
    )
    .await
    .on_unique(|| CatalogueRefused::UnderReview)?;
    Ok(())
}

pub(crate) async fn revisions_made(tx: &mut Tx, product: ProductId) -> Result<i64> {
    let sql = "select count(*) as count from revision where product_id = $1";
    Ok(tx.fetch_one::<Count>(sql, args![product]).await?.count)
}

pub(crate) async fn find_revision(tx: &mut Tx, id: RevisionId) -> Result<Option<Revision>> {
    tx.fetch_optional(
        "select id, account_id, product_id, number, state, content, submitted_at, submitted_by, due_at, decided_at, reasons \
         from revision where id = $1",
        args![id],
    )
    .await
}

pub(crate) async fn find_revision_for(tx: &mut Tx, account: AccountId, id: RevisionId) -> Result<Option<Revision>> {
    tx.fetch_optional(
        "select id, account_id, product_id, number, state, content, submitted_at, submitted_by, due_at, decided_at, reasons \
         from revision where account_id = $1 and id = $2",
        args![account, id],
    )
    .await
}

/// The revision of a product that waits for review.
pub(crate) async fn waiting(tx: &mut Tx, product: ProductId) -> Result<Option<Revision>> {
    tx.fetch_optional(
        "select id, account_id, product_id, number, state, content, submitted_at, submitted_by, due_at, decided_at, reasons \
         from revision where product_id = $1 and state = 'submitted'",
        args![product],
    )
    .await
}

pub(crate) async fn revisions_of(
    tx: &mut Tx,
    account: AccountId,
    product: ProductId,
    page: PageOf,
) -> Result<Page<Revision>> {
    let rows = tx
        .fetch_all(
            "select id, account_id, product_id, number, state, content, submitted_at, submitted_by, due_at, decided_at, reasons \
             from revision where account_id = $1 and product_id = $2 and ($3 is null or id < $3) order by id desc limit $4",
            args![account, product, page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |row: &Revision| row.id.uuid()))
}

/// Moves a revision out of review.
pub(crate) async fn leave_review(
    tx: &mut Tx,
    revision: &Revision,
    to: RevisionState,
    by: UserId,
    reasons: &[Reason],
    now: Timestamp,
) -> Result<()> {
    let state = revision.state;
    tx.execute_one(
        "update revision set state = $1, decided_at = $2, decided_by = $3, reasons = $4 where id = $5 and state = 'submitted'",
        args![to, now, by, json(&reasons), revision.id],
        || CatalogueRefused::RevisionState { state, wanted: to },
    )
    .await
}

/// What was approved before makes room.
pub(crate) async fn supersede(tx: &mut Tx, product: ProductId, by: RevisionId) -> Result<()> {
    let sql = "update revision set state = 'superseded' where product_id = $1 and state = 'approved' and id <> $2";
    tx.execute(sql, args![product, by]).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct IdentityRow {
    spec_id: SpecId,
    code: String,
    sku_id: Option<SkuId>,
    values_key: Option<String>,
    sku_code: Option<String>,
}

/// The ids that a product's specs and SKUs have had.
pub(crate) async fn identities(tx: &mut Tx, product: ProductId) -> Result<Identities> {
    let rows: Vec<IdentityRow> = tx
        .fetch_all(
            "select s.id as spec_id, s.code, k.id as sku_id, k.values_key, k.sku_code from spec s \
             left join sku k on k.spec_id = s.id where s.product_id = $1",
            args![product],
        )
        .await?;
    let mut identities = Identities::default();
    for IdentityRow { spec_id, code, sku_id, values_key, sku_code } in rows {
        let skus = identities.skus.entry(code.clone()).or_default();
        if let (Some(sku), Some(key), Some(sku_code)) = (sku_id, values_key, sku_code) {
            skus.insert(key, Identity { sku, sku_code });
        }
        identities.specs.insert(code, spec_id);
    }
    Ok(identities)
}

/// Keeps the ids of what was submitted for the first time.
pub(crate) async fn keep_identities(
    tx: &mut Tx,
    account: AccountId,
    product: ProductId,
    kept: &Identities,
) -> Result<()> {
    let specs = kept.specs.iter().map(|(code, id)| args![*id, product, code]).collect();
    tx.insert_rows("insert into spec (id, product_id, code)", specs, "on conflict (id) do nothing").await?;
    let rows = sku_rows(account, product, kept, None);
    tx.insert_rows(INSERT_SKU, rows, "on conflict (id) do nothing").await?;
    Ok(())
}

/// Sells exactly these SKUs of a product, as a revision says.
pub(crate) async fn sell(tx: &mut Tx, revision: &Revision) -> Result<()> {
    let Revision { id, account_id, product_id, content, .. } = revision;
    tx.execute(
        "update sku set revision_id = null where product_id = $1 and revision_id is not null",
        args![*product_id],
    )
    .await?;
    let rows = sku_rows(*account_id, *product_id, &content.identities, Some(*id));
    tx.insert_rows(
        INSERT_SKU,
        rows,
        "on conflict (id) do update set revision_id = excluded.revision_id where sku.removed_at is null",
    )
    .await?;
    Ok(())
}

const INSERT_SKU: &str = "insert into sku (id, account_id, product_id, spec_id, values_key, sku_code, revision_id)";

fn sku_rows(
    account: AccountId,
    product: ProductId,
    kept: &Identities,
    sold_as: Option<RevisionId>,
) -> Vec<Vec<kernel::Arg>> {
    let mut rows = Vec::new();
    for (code, skus) in &kept.skus {
        let Some(spec) = kept.specs.get(code) else { continue };
        for (key, Identity { sku, sku_code }) in skus {
            rows.push(args![*sku, account, product, *spec, key, sku_code, sold_as]);
        }
    }
    rows
}
