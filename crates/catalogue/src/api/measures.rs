//! Measures against products: the operator takes, decides and ends them, sellers read and appeal them.

use accounts::{Operator, Seller};
use axum::{Json, extract::State};
use kernel::{
    Localized, Page, PageQuery, Timestamp,
    id::{AccountId, DocumentId, MeasureId, ProductId},
};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Catalogue,
    actions::Taken,
    rules::{AppealOutcome, MeasureKind, MeasureState, Statement},
    store::measures::Measure,
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "delisting", "rule": "Listings promise only what is delivered (5.2).",
    "facts": "The page promises a cluster edition; five customers received the single-server edition.",
    "remedy": "Deliver the cluster edition to these customers, or correct the page and offer them a refund."
}))]
pub(super) struct NewMeasure {
    kind: MeasureKind,
    /// Which rule was broken.
    #[schema(min_length = 1, max_length = 2000)]
    rule: String,
    /// What was found.
    #[schema(min_length = 1, max_length = 2000)]
    facts: String,
    /// What the seller can do about it.
    #[schema(min_length = 1, max_length = 2000)]
    remedy: String,
    /// When it ends by itself; a freeze has to say so.
    #[serde(default)]
    until: Option<Timestamp>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "The five customers were served on the same day; see the attached log."}))]
struct NewAppeal {
    #[schema(min_length = 1, max_length = 2000)]
    text: String,
    #[serde(default)]
    document: Option<DocumentId>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"outcome": "lifted", "reason": "The log shows that all customers were served."}))]
struct AppealDecision {
    outcome: AppealOutcome,
    #[schema(min_length = 1, max_length = 2000)]
    reason: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "The page was corrected."}))]
struct Lifting {
    #[schema(min_length = 1, max_length = 2000)]
    reason: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct MeasureQuery {
    state: Option<MeasureState>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many items, 1 to 100; 20 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// A measure with its statement of reasons.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MeasureJson {
    id: MeasureId,
    product: ProductId,
    product_name: Localized,
    seller: AccountId,
    seller_name: String,
    kind: MeasureKind,
    state: MeasureState,
    rule: String,
    facts: String,
    remedy: String,
    taken_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    /// Until when the seller may appeal, once.
    appeal_until: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    appeal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    appeal_document: Option<DocumentId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    appealed_at: Option<Timestamp>,
    /// When the operator will have decided on the appeal.
    #[serde(skip_serializing_if = "Option::is_none")]
    appeal_due_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    /// Why it was upheld or lifted.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
}

impl From<NewMeasure> for Statement {
    fn from(NewMeasure { kind, rule, facts, remedy, until }: NewMeasure) -> Self {
        Self { kind, rule, facts, remedy, until }
    }
}

impl From<Taken> for MeasureJson {
    fn from(taken: Taken) -> Self {
        let Taken { measure, product, seller } = taken;
        let Measure {
            id,
            account_id,
            product_id,
            kind,
            state,
            rule,
            facts,
            remedy,
            taken_at,
            taken_by: _,
            until,
            appeal_until,
            appeal,
            appeal_document_id,
            appealed_at,
            appealed_by: _,
            appeal_due_at,
            ended_at,
            decided_at: _,
            decided_by: _,
            answer,
        } = measure;
        Self {
            id,
            product: product_id,
            product_name: product,
            seller: account_id,
            seller_name: seller,
            kind,
            state,
            rule,
            facts,
            remedy,
            taken_at,
            until,
            appeal_until,
            appeal,
            appeal_document: appeal_document_id,
            appealed_at,
            appeal_due_at,
            ended_at,
            answer,
        }
    }
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    let seller = |summary| Op::does(Access::Seller, summary);
    let operator = |summary| Op::does(Access::Operator, summary);
    Routes::of(catalogue.clone())
        .get(
            "/api/v1/seller/measures",
            own,
            seller("List the operator's measures against your products")
                .query::<PageQuery>()
                .gives::<Page<MeasureJson>>(200),
        )
        .get(
            "/api/v1/seller/measures/{measure}",
            own_one,
            seller("See a measure with its statement of reasons").gives::<MeasureJson>(200),
        )
        .post(
            "/api/v1/seller/measures/{measure}/appeal",
            appeal,
            seller("Appeal a measure, once").takes::<NewAppeal>().gives::<MeasureJson>(200),
        )
        .post(
            "/api/v1/operator/products/{product}/measures",
            take,
            operator("Delist a product or freeze its trade, with a statement of reasons")
                .takes::<NewMeasure>()
                .gives::<MeasureJson>(201),
        )
        .get(
            "/api/v1/operator/measures",
            all,
            operator("List the measures against products").query::<MeasureQuery>().gives::<Page<MeasureJson>>(200),
        )
        .get("/api/v1/operator/measures/{measure}", one, operator("See a measure").gives::<MeasureJson>(200))
        .post(
            "/api/v1/operator/measures/{measure}/decision",
            decide,
            operator("Decide on an appeal; not by whoever took the measure")
                .takes::<AppealDecision>()
                .gives::<MeasureJson>(200),
        )
        .post(
            "/api/v1/operator/measures/{measure}/lifting",
            lift,
            operator("End a measure early").takes::<Lifting>().gives::<MeasureJson>(200),
        )
        .done()
}

async fn own(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    Query(page): Query<PageQuery>,
) -> Reply<Page<MeasureJson>> {
    let page = page.checked().map_err(kernel::Error::from)?;
    let tx = &mut catalogue.app.db.read();
    Ok(Json(catalogue.own_measures(tx, &seller, None, page).await?.map(MeasureJson::from)))
}

async fn own_one(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<MeasureId>,
) -> Reply<MeasureJson> {
    Ok(Json(catalogue.own_measure(&mut catalogue.app.db.read(), &seller, id).await?.into()))
}

async fn appeal(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<MeasureId>,
    once: Once,
    Body(input): Body<NewAppeal>,
) -> Result<Answer, Problem> {
    let NewAppeal { text, document } = input;
    once.run(&catalogue.app, async |tx| {
        catalogue.appeal(tx, &seller, id, (&text, document)).await?;
        Ok(Answer::ok(&MeasureJson::from(catalogue.own_measure(tx, &seller, id).await?)))
    })
    .await
}

async fn take(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Body(input): Body<NewMeasure>,
) -> Result<Answer, Problem> {
    let statement = input.into();
    once.run(&catalogue.app, async |tx| {
        let measure = catalogue.take_measure(tx, &operator, id, &statement).await?;
        Ok(Answer::created(&MeasureJson::from(catalogue.inspect_measure(tx, &operator, measure.id).await?)))
    })
    .await
}

async fn all(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    Query(wanted): Query<MeasureQuery>,
) -> Reply<Page<MeasureJson>> {
    let MeasureQuery { state, cursor, limit } = wanted;
    let page = PageQuery { cursor, limit }.checked().map_err(kernel::Error::from)?;
    let tx = &mut catalogue.app.db.read();
    Ok(Json(catalogue.all_measures(tx, &operator, state, page).await?.map(MeasureJson::from)))
}

async fn one(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(id): PathParam<MeasureId>,
) -> Reply<MeasureJson> {
    Ok(Json(catalogue.inspect_measure(&mut catalogue.app.db.read(), &operator, id).await?.into()))
}

async fn decide(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(id): PathParam<MeasureId>,
    once: Once,
    Body(input): Body<AppealDecision>,
) -> Result<Answer, Problem> {
    let AppealDecision { outcome, reason } = input;
    once.run(&catalogue.app, async |tx| {
        catalogue.decide_appeal(tx, &operator, id, (outcome, &reason)).await?;
        Ok(Answer::ok(&MeasureJson::from(catalogue.inspect_measure(tx, &operator, id).await?)))
    })
    .await
}

async fn lift(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(id): PathParam<MeasureId>,
    once: Once,
    Body(input): Body<Lifting>,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        catalogue.lift_measure(tx, &operator, id, &input.reason).await?;
        Ok(Answer::ok(&MeasureJson::from(catalogue.inspect_measure(tx, &operator, id).await?)))
    })
    .await
}
