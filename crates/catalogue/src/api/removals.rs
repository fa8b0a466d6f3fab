//! Taking off sale: what sellers apply for, and what the operator decides.

use accounts::{Operator, Seller};
use axum::{Json, extract::State};
use kernel::{
    Localized, Page, PageQuery, Timestamp,
    id::{AccountId, DocumentId, ProductId, RemovalId, SkuId, SpecId},
};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Catalogue,
    actions::{Application, Applied},
    rules::RemovalState,
    store::removals::Removal,
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"spec": "server", "reason": "The vendor ends this edition."}))]
struct NewRemoval {
    /// The code of a spec; without it and without a SKU, the whole product.
    #[serde(default)]
    spec: Option<String>,
    #[serde(default)]
    sku: Option<SkuId>,
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
    /// A document that proves it.
    #[serde(default)]
    document: Option<DocumentId>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Two customers still wait for the migration that you promised."}))]
struct RemovalRejection {
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// An application for taking something off sale.
#[derive(Debug, Serialize, ToSchema)]
struct RemovalJson {
    id: RemovalId,
    product: ProductId,
    #[serde(skip_serializing_if = "Option::is_none")]
    spec: Option<SpecId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sku: Option<SkuId>,
    state: RemovalState,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<DocumentId>,
    submitted_at: Timestamp,
    /// When the operator will have decided.
    due_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<Timestamp>,
    /// Why it stays on sale.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
}

impl From<Removal> for RemovalJson {
    fn from(removal: Removal) -> Self {
        let Removal {
            id,
            account_id: _,
            product_id,
            spec_id,
            sku_id,
            reason,
            document_id,
            state,
            submitted_at,
            submitted_by: _,
            due_at,
            decided_at,
            answer,
        } = removal;
        Self {
            id,
            product: product_id,
            spec: spec_id,
            sku: sku_id,
            state,
            reason,
            document: document_id,
            submitted_at,
            due_at,
            decided_at,
            answer: answer.filter(|answer| !answer.is_empty()),
        }
    }
}

/// The same as the operator sees it.
#[derive(Debug, Serialize, ToSchema)]
struct RemovalReview {
    removal: RemovalJson,
    seller: AccountId,
    seller_name: String,
    product_name: Localized,
    /// The spec and the choice within it; empty for the whole product.
    part: Localized,
}

impl From<Applied> for RemovalReview {
    fn from(applied: Applied) -> Self {
        let Applied { removal, product, part, seller } = applied;
        Self { seller: removal.account_id, seller_name: seller, product_name: product, part, removal: removal.into() }
    }
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    let seller = |summary| Op::does(Access::Seller, summary);
    let operator = |summary| Op::does(Access::Operator, summary);
    Routes::of(catalogue.clone())
        .post(
            "/api/v1/seller/products/{product}/removals",
            apply,
            seller("Apply for taking a product, a spec or a SKU off sale for good")
                .takes::<NewRemoval>()
                .gives::<RemovalJson>(201),
        )
        .get(
            "/api/v1/seller/removals",
            list,
            seller("List your applications for taking something off sale")
                .query::<PageQuery>()
                .gives::<Page<RemovalJson>>(200),
        )
        .get(
            "/api/v1/seller/removals/{removal}",
            show,
            seller("See an application for taking something off sale").gives::<RemovalJson>(200),
        )
        .post(
            "/api/v1/seller/removals/{removal}/withdrawal",
            withdraw,
            seller("Take such an application back before it is decided").gives::<RemovalJson>(200),
        )
        .get(
            "/api/v1/operator/removals",
            queue,
            operator("List the applications for taking something off sale that wait, the earliest due first")
                .query::<PageQuery>()
                .gives::<Page<RemovalReview>>(200),
        )
        .get(
            "/api/v1/operator/removals/{removal}",
            inspect,
            operator("See an application for taking something off sale").gives::<RemovalReview>(200),
        )
        .post(
            "/api/v1/operator/removals/{removal}/approval",
            approve,
            operator("Take off sale what was applied for; it never comes back").gives::<RemovalJson>(200),
        )
        .post(
            "/api/v1/operator/removals/{removal}/rejection",
            reject,
            operator("Leave on sale what was to be taken off, and say why")
                .takes::<RemovalRejection>()
                .gives::<RemovalJson>(200),
        )
        .done()
}

async fn apply(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Body(input): Body<NewRemoval>,
) -> Result<Answer, Problem> {
    let NewRemoval { spec, sku, reason, document } = input;
    let wanted = Application { spec, sku, reason, document };
    once.run(&catalogue.app, async |tx| {
        let removal = catalogue.apply_for_removal(tx, &seller, id, &wanted).await?;
        Ok(Answer::created(&RemovalJson::from(removal)))
    })
    .await
}

async fn list(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    Query(page): Query<PageQuery>,
) -> Reply<Page<RemovalJson>> {
    let page = page.checked().map_err(kernel::Error::from)?;
    let tx = &mut catalogue.app.db.read();
    Ok(Json(catalogue.own_removals(tx, &seller, None, page).await?.map(RemovalJson::from)))
}

async fn show(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<RemovalId>,
) -> Reply<RemovalJson> {
    Ok(Json(catalogue.own_removal(&mut catalogue.app.db.read(), &seller, id).await?.into()))
}

async fn withdraw(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<RemovalId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        Ok(Answer::ok(&RemovalJson::from(catalogue.withdraw_removal(tx, &seller, id).await?)))
    })
    .await
}

async fn queue(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    Query(page): Query<PageQuery>,
) -> Reply<Page<RemovalReview>> {
    let page = page.checked().map_err(kernel::Error::from)?;
    let tx = &mut catalogue.app.db.read();
    Ok(Json(catalogue.removal_queue(tx, &operator, page).await?.map(RemovalReview::from)))
}

async fn inspect(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(id): PathParam<RemovalId>,
) -> Reply<RemovalReview> {
    Ok(Json(catalogue.inspect_removal(&mut catalogue.app.db.read(), &operator, id).await?.into()))
}

async fn approve(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(id): PathParam<RemovalId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        Ok(Answer::ok(&RemovalJson::from(catalogue.approve_removal(tx, &operator, id).await?)))
    })
    .await
}

async fn reject(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(id): PathParam<RemovalId>,
    once: Once,
    Body(input): Body<RemovalRejection>,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        Ok(Answer::ok(&RemovalJson::from(catalogue.reject_removal(tx, &operator, id, &input.reason).await?)))
    })
    .await
}
