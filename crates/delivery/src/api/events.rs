//! `/api/v1`: what a seller's system was told, to be read forward by its program and told again; the same for the operator.

use accounts::{Operator, Seller};
use axum::{Json, extract::State};
use kernel::{
    Error, Invalid, Page, PageQuery, Timestamp,
    id::{AccountId, ErrandId},
};
use platform::http::{Access, Answer, Once, Op, PathParam, Problem, Query, Reply, Routes};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::systems::ErrandJson;
use crate::{Deliveries, actions::tasks::Told, rules::errand::ErrandState};

/// Events in one answer: each is made from what was bought.
const EVENTS_MOST: u32 = 50;

pub(super) fn routes(deliveries: &Deliveries) -> Routes {
    Routes::of(deliveries.clone())
        .get(
            "/api/v1/seller/events",
            events,
            Op::does(
                Access::Seller,
                "Read what the seller's system was or is to be told, oldest first, from an event on",
            )
            .query::<EventsAfter>()
            .gives::<SellerEventsJson>(200),
        )
        .post(
            "/api/v1/seller/errands/{errand}/replay",
            replay,
            Op::does(
                Access::Seller,
                "Tell the seller's system again what it was told, and what came after it of the same purchase",
            )
            .gives::<ToldAgainJson>(200),
        )
        .post(
            "/api/v1/seller/errands/restart",
            restart_all,
            Op::does(Access::Seller, "Tell the seller's system again whatever was given up, at most 200 at once")
                .gives::<ToldAgainJson>(200),
        )
        .get(
            "/api/v1/operator/errands",
            all,
            Op::does(Access::Operator, "List what sellers' systems have to be told, newest first")
                .query::<AllErrandsFilter>()
                .gives::<Page<OperatorErrandJson>>(200),
        )
        .post(
            "/api/v1/operator/errands/{errand}/restart",
            restart,
            Op::does(Access::Operator, "Tell a seller's system again, at once"),
        )
        .done()
}

#[derive(Deserialize, IntoParams)]
struct EventsAfter {
    /// The last event that the program has read; none: from the first one on. Not together with `state`.
    after: Option<ErrandId>,
    /// `dead`: what the system has missed.
    state: Option<ErrandState>,
    /// At most 50 come at once.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// What a seller's system was or is to be told. An event is there some seconds after it has come up, so that whoever reads on from
/// the last one misses none.
#[derive(Serialize, ToSchema)]
struct SellerEventsJson {
    items: Vec<SellerEventJson>,
    /// From where to read on; null: nothing is there yet.
    last: Option<ErrandId>,
}

#[derive(Serialize, ToSchema)]
struct SellerEventJson {
    /// What a resend of the same event is known by.
    id: ErrandId,
    state: ErrandState,
    /// How the seller's system names the instance.
    remote_id: Option<String>,
    /// When it was told, or given up.
    ended_at: Option<Timestamp>,
    /// The event as Standard Webhooks would bring it, whatever form the system is spoken to in.
    #[schema(value_type = Object)]
    event: Value,
}

impl From<Told> for SellerEventJson {
    fn from(told: Told) -> Self {
        let Told { errand, event } = told;
        Self { id: errand.id, state: errand.state, remote_id: errand.remote, ended_at: errand.ended_at, event }
    }
}

#[derive(Serialize, ToSchema)]
struct ToldAgainJson {
    /// How many are told again.
    count: u32,
}

#[derive(Deserialize, IntoParams)]
struct AllErrandsFilter {
    seller: Option<AccountId>,
    state: Option<ErrandState>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct OperatorErrandJson {
    seller: AccountId,
    #[serde(flatten)]
    errand: ErrandJson,
}

async fn events(
    State(deliveries): State<Deliveries>,
    seller: Seller,
    Query(asked): Query<EventsAfter>,
) -> Reply<SellerEventsJson> {
    let EventsAfter { after, state, limit } = asked;
    // What is given up now may have come up long before what was read last.
    let mut wrong = Invalid::default();
    let whole = ("of what was given up, all is read: leave out after", "读取已放弃的事项时不能指定 after，须从头读取");
    wrong.check(after.is_none() || state.is_none(), "after", whole);
    wrong.done().map_err(Error::from)?;
    let page = PageQuery { cursor: None, limit }.checked().map_err(Error::from)?;
    let limit = page.limit.min(EVENTS_MOST);
    let mut tx = deliveries.app.db.read();
    let found = Box::pin(deliveries.events(&mut tx, &seller, (after, state), i64::from(limit))).await?;
    let last = found.last().map(|told| told.errand.id).or(after);
    Ok(Json(SellerEventsJson { items: found.into_iter().map(SellerEventJson::from).collect(), last }))
}

async fn replay(
    State(deliveries): State<Deliveries>,
    seller: Seller,
    once: Once,
    PathParam(id): PathParam<ErrandId>,
) -> Result<Answer, Problem> {
    once.run(&deliveries.app, async |tx| {
        let count = deliveries.replay(tx, &seller, id).await?;
        Ok(Answer::ok(&ToldAgainJson { count }))
    })
    .await
}

async fn restart_all(State(deliveries): State<Deliveries>, seller: Seller, once: Once) -> Result<Answer, Problem> {
    once.run(&deliveries.app, async |tx| {
        let count = deliveries.restart_all(tx, &seller).await?;
        Ok(Answer::ok(&ToldAgainJson { count }))
    })
    .await
}

async fn all(
    State(deliveries): State<Deliveries>,
    operator: Operator,
    Query(filter): Query<AllErrandsFilter>,
) -> Reply<Page<OperatorErrandJson>> {
    let AllErrandsFilter { seller, state, cursor, limit } = filter;
    let page = PageQuery { cursor, limit }.checked().map_err(Error::from)?;
    let found = deliveries.all_errands(&mut deliveries.app.db.read(), &operator, (seller, state), page).await?;
    Ok(Json(found.map(|errand| OperatorErrandJson { seller: errand.seller, errand: errand.into() })))
}

async fn restart(
    State(deliveries): State<Deliveries>,
    operator: Operator,
    once: Once,
    PathParam(id): PathParam<ErrandId>,
) -> Result<Answer, Problem> {
    once.run(&deliveries.app, async |tx| {
        deliveries.restart_any(tx, &operator, id).await?;
        Ok(Answer::empty())
    })
    .await
}
