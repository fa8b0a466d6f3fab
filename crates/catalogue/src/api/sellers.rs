//! What sellers do with their listings.

use accounts::Seller;
use axum::{Json, extract::State};
use kernel::{
    FieldError, Localized, Page, PageQuery, Timestamp,
    id::{DocumentId, ProductId, RevisionId},
};
use platform::http::{Access, Answer, Body, IfMatch, Once, Op, PathParam, Problem, Query, Reply, Routes};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Catalogue, ProductState, RevisionState,
    actions::Advice,
    rules::{Finding, Listing, Reason},
    store::{Product, Revision},
};

/// A product as its seller sees it.
#[derive(Debug, Serialize, ToSchema)]
struct ProductJson {
    id: ProductId,
    state: ProductState,
    /// Send it as `If-Match` with the next edit.
    version: i64,
    /// What is being written; submitting makes a revision of it.
    listing: Listing,
    /// The revision that waits for review.
    #[serde(skip_serializing_if = "Option::is_none")]
    under_review: Option<RevisionId>,
    /// The revision on sale.
    #[serde(skip_serializing_if = "Option::is_none")]
    on_sale: Option<RevisionId>,
    created_at: Timestamp,
    edited_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    listed_at: Option<Timestamp>,
}

impl ProductJson {
    fn new(product: Product, waiting: Option<&Revision>) -> Self {
        let Product { id, account_id: _, state, draft, version, created_at, edited_at, revision_id, listed_at } =
            product;
        Self {
            id,
            state,
            version,
            listing: draft.0,
            under_review: waiting.map(|revision| revision.id),
            on_sale: revision_id,
            created_at,
            edited_at,
            listed_at,
        }
    }
}

/// A product in its seller's list.
#[derive(Debug, Serialize, ToSchema)]
struct ProductItem {
    id: ProductId,
    state: ProductState,
    name: Localized,
    version: i64,
    agreement: Option<DocumentId>,
    edited_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_sale: Option<RevisionId>,
}

impl From<Product> for ProductItem {
    fn from(product: Product) -> Self {
        let Listing { name, agreement, .. } = product.draft.0;
        Self {
            id: product.id,
            state: product.state,
            name,
            version: product.version,
            agreement,
            edited_at: product.edited_at,
            on_sale: product.revision_id,
        }
    }
}

/// A revision as its seller sees it; lists leave the listing out.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RevisionJson {
    id: RevisionId,
    product: ProductId,
    /// Counts the revisions of a product from 1.
    number: i64,
    state: RevisionState,
    name: Localized,
    submitted_at: Timestamp,
    /// When the operator will have decided.
    due_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<Timestamp>,
    /// Why it was rejected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    listing: Option<Listing>,
}

impl RevisionJson {
    pub(super) fn whole(revision: Revision) -> Self {
        let listing = revision.content.listing.clone();
        Self { listing: Some(listing), ..Self::brief(revision) }
    }

    fn brief(revision: Revision) -> Self {
        let Revision {
            id,
            account_id: _,
            product_id,
            number,
            state,
            content,
            submitted_at,
            submitted_by: _,
            due_at,
            decided_at,
            reasons,
        } = revision;
        let name = content.0.listing.name;
        Self {
            id,
            product: product_id,
            number,
            state,
            name,
            submitted_at,
            due_at,
            decided_at,
            reasons: reasons.0,
            listing: None,
        }
    }
}

/// The outcome of a dry run of the rules for submitting.
#[derive(Debug, Serialize, ToSchema)]
struct Validation {
    /// Whether it could be submitted as it is.
    valid: bool,
    errors: Vec<FieldError>,
    /// What the reviewer wrote to the revision that was rejected last, as far as the draft has not changed there since.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    objections: Vec<Reason>,
    /// What the checks will say when it is submitted; none of it keeps it from being submitted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Finding>,
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    let seller = |summary| Op::does(Access::Seller, summary);
    Routes::of(catalogue.clone())
        .post("/api/v1/seller/products", create, seller("Begin a listing").takes::<Listing>().gives::<ProductJson>(201))
        .get(
            "/api/v1/seller/products",
            list,
            seller("List your products and drafts").query::<PageQuery>().gives::<Page<ProductItem>>(200),
        )
        .get("/api/v1/seller/products/{product}", show, seller("See a product and its draft").gives::<ProductJson>(200))
        .put(
            "/api/v1/seller/products/{product}",
            edit,
            seller("Write the draft of a product").takes::<Listing>().if_match().gives::<ProductJson>(200),
        )
        .delete("/api/v1/seller/products/{product}", discard, seller("Throw away a draft that was never submitted"))
        .post(
            "/api/v1/seller/products/{product}/copies",
            copy,
            seller("Begin a listing with what another one says").gives::<ProductJson>(201),
        )
        .get(
            "/api/v1/seller/products/{product}/validation",
            validate,
            seller("Check a draft against the rules for submitting").gives::<Validation>(200),
        )
        .post(
            "/api/v1/seller/products/{product}/revisions",
            submit,
            seller("Submit the draft for review").gives::<RevisionJson>(201),
        )
        .get(
            "/api/v1/seller/products/{product}/revisions",
            revisions,
            seller("List the revisions of a product").query::<PageQuery>().gives::<Page<RevisionJson>>(200),
        )
        .get("/api/v1/seller/revisions/{revision}", revision, seller("See a revision").gives::<RevisionJson>(200))
        .post(
            "/api/v1/seller/revisions/{revision}/withdrawal",
            withdraw,
            seller("Take a revision back before it is decided").gives::<RevisionJson>(200),
        )
        .done()
}

async fn create(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    once: Once,
    Body(listing): Body<Listing>,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        let product = catalogue.create(tx, &seller, &listing).await?;
        let version = product.version;
        Ok(Answer::created(&ProductJson::new(product, None)).version(version))
    })
    .await
}

async fn list(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    Query(page): Query<PageQuery>,
) -> Reply<Page<ProductItem>> {
    let page = page.checked().map_err(kernel::Error::from)?;
    Ok(Json(catalogue.products(&mut catalogue.app.db.read(), &seller, page).await?.map(ProductItem::from)))
}

async fn show(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
) -> Result<Answer, Problem> {
    let (product, waiting) = catalogue.product(&mut catalogue.app.db.read(), &seller, id).await?;
    let version = product.version;
    Ok(Answer::ok(&ProductJson::new(product, waiting.as_ref())).version(version))
}

async fn edit(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    version: IfMatch,
    once: Once,
    Body(listing): Body<Listing>,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        catalogue.edit(tx, &seller, id, version, &listing).await?;
        let (product, waiting) = catalogue.product(tx, &seller, id).await?;
        let version = product.version;
        Ok(Answer::ok(&ProductJson::new(product, waiting.as_ref())).version(version))
    })
    .await
}

async fn copy(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        let product = catalogue.copy(tx, &seller, id).await?;
        let version = product.version;
        Ok(Answer::created(&ProductJson::new(product, None)).version(version))
    })
    .await
}

async fn discard(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        catalogue.discard(tx, &seller, id).await?;
        Ok(Answer::empty())
    })
    .await
}

async fn validate(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
) -> Reply<Validation> {
    let advice = catalogue.advice(&mut catalogue.app.db.read(), &seller, id).await?;
    let Advice { mistakes: errors, objections, findings } = advice;
    Ok(Json(Validation { valid: errors.is_empty(), errors, objections, findings }))
}

async fn submit(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        let revision = catalogue.submit(tx, &seller, id).await?;
        Ok(Answer::created(&RevisionJson::whole(revision)))
    })
    .await
}

async fn revisions(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    Query(page): Query<PageQuery>,
) -> Reply<Page<RevisionJson>> {
    let page = page.checked().map_err(kernel::Error::from)?;
    let revisions = catalogue.revisions(&mut catalogue.app.db.read(), &seller, id, page).await?;
    Ok(Json(revisions.map(RevisionJson::brief)))
}

async fn revision(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<RevisionId>,
) -> Reply<RevisionJson> {
    Ok(Json(RevisionJson::whole(catalogue.revision(&mut catalogue.app.db.read(), &seller, id).await?)))
}

async fn withdraw(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<RevisionId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        let revision = catalogue.withdraw(tx, &seller, id).await?;
        Ok(Answer::ok(&RevisionJson::brief(revision)))
    })
    .await
}
