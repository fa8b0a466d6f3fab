//! What the operator does with revisions.

use accounts::Operator;
use axum::{Json, extract::State};
use kernel::{
    Localized, Page, PageQuery, Timestamp,
    id::{AccountId, ProductId, RevisionId},
};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sellers::RevisionJson;
use crate::{
    Catalogue,
    actions::Review,
    rules::{Change, Decision, Reason},
    store::Revision,
};

/// A revision that waits.
#[derive(Debug, Serialize, ToSchema)]
struct Waiting {
    id: RevisionId,
    product: ProductId,
    seller: AccountId,
    number: i64,
    name: Localized,
    submitted_at: Timestamp,
    due_at: Timestamp,
    /// The time for the decision has passed.
    overdue: bool,
}

impl Waiting {
    fn new(revision: Revision, now: Timestamp) -> Self {
        Self {
            id: revision.id,
            product: revision.product_id,
            seller: revision.account_id,
            number: revision.number,
            submitted_at: revision.submitted_at,
            due_at: revision.due_at,
            overdue: revision.due_at < now,
            name: revision.content.0.listing.name,
        }
    }
}

/// A revision with what it changes.
#[derive(Debug, Serialize, ToSchema)]
struct ReviewJson {
    revision: RevisionJson,
    seller: AccountId,
    seller_name: String,
    /// The revision on sale, with which it is compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    on_sale: Option<RevisionId>,
    /// What would change for buyers; empty for the first revision of a product.
    changes: Vec<Change>,
}

impl From<Review> for ReviewJson {
    fn from(review: Review) -> Self {
        let Review { revision, seller, on_sale, changes } = review;
        let account = revision.account_id;
        Self { seller: account, seller_name: seller, on_sale, changes, revision: RevisionJson::whole(revision) }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RevisionRejection {
    #[schema(min_items = 1, max_items = 50)]
    reasons: Vec<Reason>,
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    let operator = |summary| Op::does(Access::Operator, summary);
    Routes::of(catalogue.clone())
        .get(
            "/api/v1/operator/revisions",
            queue,
            operator("List the revisions that wait for review, the earliest due first")
                .query::<PageQuery>()
                .gives::<Page<Waiting>>(200),
        )
        .get(
            "/api/v1/operator/revisions/{revision}",
            inspect,
            operator("See a revision and what it changes").gives::<ReviewJson>(200),
        )
        .post(
            "/api/v1/operator/revisions/{revision}/approval",
            approve,
            operator("Approve a revision; it is on sale at once").gives::<RevisionJson>(200),
        )
        .post(
            "/api/v1/operator/revisions/{revision}/rejection",
            reject,
            operator("Reject a revision with reasons").takes::<RevisionRejection>().gives::<RevisionJson>(200),
        )
        .done()
}

async fn queue(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    Query(page): Query<PageQuery>,
) -> Reply<Page<Waiting>> {
    let page = page.checked().map_err(kernel::Error::from)?;
    let now = catalogue.app.clock.now();
    let waiting = catalogue.queue(&mut catalogue.app.db.read(), &operator, page).await?;
    Ok(Json(waiting.map(|revision| Waiting::new(revision, now))))
}

async fn inspect(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(id): PathParam<RevisionId>,
) -> Reply<ReviewJson> {
    Ok(Json(catalogue.inspect(&mut catalogue.app.db.read(), &operator, id).await?.into()))
}

async fn approve(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(id): PathParam<RevisionId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        let revision = catalogue.decide(tx, &operator, id, &Decision::Approve).await?;
        Ok(Answer::ok(&RevisionJson::whole(revision)))
    })
    .await
}

async fn reject(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(id): PathParam<RevisionId>,
    once: Once,
    Body(input): Body<RevisionRejection>,
) -> Result<Answer, Problem> {
    let decision = Decision::reject(&input.reasons).map_err(kernel::Error::from)?;
    once.run(&catalogue.app, async |tx| {
        let revision = catalogue.decide(tx, &operator, id, &decision).await?;
        Ok(Answer::ok(&RevisionJson::whole(revision)))
    })
    .await
}
