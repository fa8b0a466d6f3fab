//! Proposed measures: the operator reads them with what they rest on, and accepts or dismisses them.

use accounts::Operator;
use axum::{Json, extract::State};
use kernel::{
    Localized, Page, PageQuery, Timestamp,
    id::{AccountId, MeasureId, OrderId, ProductId, ProposalId},
};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::measures::{MeasureJson, NewMeasure};
use crate::{
    Catalogue,
    actions::{Evidence, Proposed},
    rules::{MeasureKind, Occasion, ProposalState},
    store::proposals::{FailedOrder, Proposal},
};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ProposalQuery {
    state: Option<ProposalState>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many items, 1 to 100; 20 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "The seller's data centre was flooded; it is back on Friday."}))]
struct Dismissal {
    #[schema(min_length = 1, max_length = 2000)]
    reason: String,
}

/// A measure that is proposed; nothing happens to the product until it is accepted.
#[derive(Debug, Serialize, ToSchema)]
struct ProposalJson {
    id: ProposalId,
    product: ProductId,
    product_name: Localized,
    seller: AccountId,
    seller_name: String,
    occasion: Occasion,
    /// What is proposed.
    measure: MeasureKind,
    state: ProposalState,
    /// Days of failure in a row, or failed orders.
    count: i64,
    /// From when on they were counted.
    since: Timestamp,
    proposed_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    /// Why it was dismissed.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    /// The measure that was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    taken: Option<MeasureId>,
}

/// A proposal with what it rests on.
#[derive(Debug, Serialize, ToSchema)]
struct ProposalWithEvidence {
    proposal: ProposalJson,
    /// Whether the seller's system still fails its probes.
    still_fails: bool,
    /// The cases that failed in the latest probe that did.
    failed_cases: Vec<ProposalCaseJson>,
    /// The orders that failed, the latest first, at most 50.
    failed_orders: Vec<FailedOrderJson>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ProposalCaseJson {
    #[schema(example = "Release what was given back")]
    name: String,
    /// What was wrong, as a stable code; none: it was accepted, and a check failed.
    #[schema(example = "no_answer.slow")]
    trouble: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct FailedOrderJson {
    order: OrderId,
    failed_at: Timestamp,
    #[schema(example = "code.000106")]
    trouble: String,
}

impl From<Proposed> for ProposalJson {
    fn from(proposed: Proposed) -> Self {
        let Proposed { proposal, product, seller } = proposed;
        let Proposal {
            id,
            account_id,
            product_id,
            occasion,
            state,
            count,
            since,
            proposed_at,
            ended_at,
            decided_by: _,
            answer,
            measure_id,
        } = proposal;
        Self {
            id,
            product: product_id,
            product_name: product,
            seller: account_id,
            seller_name: seller,
            occasion,
            measure: occasion.measure(),
            state,
            count,
            since,
            proposed_at,
            ended_at,
            answer,
            taken: measure_id,
        }
    }
}

impl From<(Proposed, Evidence)> for ProposalWithEvidence {
    fn from((proposed, evidence): (Proposed, Evidence)) -> Self {
        let Evidence { probe, still_fails, orders } = evidence;
        let failed = probe.map(|probe| probe.failed).unwrap_or_default();
        Self {
            proposal: proposed.into(),
            still_fails,
            failed_cases: failed
                .into_iter()
                .map(|case| ProposalCaseJson { name: case.name, trouble: case.trouble })
                .collect(),
            failed_orders: orders
                .into_iter()
                .map(|FailedOrder { order_id, failed_at, trouble }| FailedOrderJson {
                    order: order_id,
                    failed_at,
                    trouble,
                })
                .collect(),
        }
    }
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    let operator = |summary| Op::does(Access::Operator, summary);
    Routes::of(catalogue.clone())
        .get(
            "/api/v1/operator/measure-proposals",
            all,
            operator("List the measures that the site's rules propose, latest first")
                .query::<ProposalQuery>()
                .gives::<Page<ProposalJson>>(200),
        )
        .get(
            "/api/v1/operator/measure-proposals/{measure_proposal}",
            one,
            operator("See a proposed measure with what it rests on").gives::<ProposalWithEvidence>(200),
        )
        .post(
            "/api/v1/operator/measure-proposals/{measure_proposal}/acceptance",
            accept,
            operator("Take the measure that was proposed, or the other one, with a statement of reasons")
                .takes::<NewMeasure>()
                .gives::<MeasureJson>(201),
        )
        .post(
            "/api/v1/operator/measure-proposals/{measure_proposal}/dismissal",
            dismiss,
            operator("Leave the product as it is; what was counted so far counts no more").takes::<Dismissal>(),
        )
        .done()
}

async fn all(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    Query(wanted): Query<ProposalQuery>,
) -> Reply<Page<ProposalJson>> {
    let ProposalQuery { state, cursor, limit } = wanted;
    let page = PageQuery { cursor, limit }.checked().map_err(kernel::Error::from)?;
    let tx = &mut catalogue.app.db.read();
    Ok(Json(catalogue.all_proposals(tx, &operator, state, page).await?.map(ProposalJson::from)))
}

async fn one(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(id): PathParam<ProposalId>,
) -> Reply<ProposalWithEvidence> {
    Ok(Json(catalogue.inspect_proposal(&mut catalogue.app.db.read(), &operator, id).await?.into()))
}

async fn accept(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(id): PathParam<ProposalId>,
    once: Once,
    Body(input): Body<NewMeasure>,
) -> Result<Answer, Problem> {
    let statement = input.into();
    once.run(&catalogue.app, async |tx| {
        let measure = catalogue.accept_proposal(tx, &operator, id, &statement).await?;
        Ok(Answer::created(&MeasureJson::from(catalogue.inspect_measure(tx, &operator, measure.id).await?)))
    })
    .await
}

async fn dismiss(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(id): PathParam<ProposalId>,
    once: Once,
    Body(input): Body<Dismissal>,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        catalogue.dismiss_proposal(tx, &operator, id, &input.reason).await?;
        Ok(Answer::empty())
    })
    .await
}
