//! `/api/v1`: the way into what a seller's system runs, and what that system has to be told.

use accounts::{Buyer, Seller};
use axum::{Json, extract::State};
use kernel::{
    Error, Page, PageQuery, Thing, Timestamp,
    id::{ErrandId, InstanceId, OrderId, OrderLineId},
};
use platform::http::{Access, Answer, Once, Op, PathParam, Problem, Query, Reply, Routes};
use production::{AppInfo, ToldUsage, Trouble};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Deliveries,
    actions::access::WayIn,
    rules::errand::{Errand, ErrandKind, ErrandState},
};

pub(super) fn routes(deliveries: &Deliveries) -> Routes {
    Routes::of(deliveries.clone())
        .get(
            "/api/v1/instances/{instance}/access",
            access,
            Op::does(Access::Buyer, "See how to get into what a seller's system runs, without its password")
                .gives::<InstanceAccessJson>(200),
        )
        .post(
            "/api/v1/instances/{instance}/access/reveal",
            reveal,
            Op::does(Access::Buyer, "Show user name and password of what a seller's system runs; it is recorded")
                .gives::<InstanceCredentialsJson>(200),
        )
        .post(
            "/api/v1/instances/{instance}/access/ask",
            ask,
            Op::does(Access::Buyer, "Ask the seller's system again how to get in"),
        )
        .get(
            "/api/v1/seller/errands",
            errands,
            Op::does(Access::Seller, "List what the seller's system has to be told, newest first")
                .query::<ErrandFilter>()
                .gives::<Page<ErrandJson>>(200),
        )
        .post(
            "/api/v1/seller/errands/{errand}/restart",
            restart,
            Op::does(Access::Seller, "Tell the seller's system again, at once"),
        )
        .done()
}

#[derive(Serialize, ToSchema)]
struct InstanceAccessJson {
    #[schema(example = "https://app.seller.example/t/1")]
    front_end_url: Option<String>,
    admin_url: Option<String>,
    memo: Option<String>,
    has_password: bool,
    /// What the seller's system says that was used, in units of its own; nothing is charged by it.
    usage: Vec<ToldUsage>,
    /// When the seller's system told it last; null: not yet.
    told_at: Option<Timestamp>,
    /// It is being asked at the moment.
    asking: bool,
}

impl From<WayIn> for InstanceAccessJson {
    fn from(way: WayIn) -> Self {
        let AppInfo { front_end_url, admin_url, user_name: _, password, memo, usage } = way.access.unwrap_or_default();
        let has_password = password.is_some();
        Self { front_end_url, admin_url, memo, has_password, usage, told_at: way.told_at, asking: way.asking }
    }
}

#[derive(Serialize, ToSchema)]
struct InstanceCredentialsJson {
    user_name: Option<String>,
    password: Option<String>,
}

#[derive(Deserialize, IntoParams)]
struct ErrandFilter {
    state: Option<ErrandState>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ErrandJson {
    id: ErrandId,
    kind: ErrandKind,
    order: OrderId,
    order_line: OrderLineId,
    /// How the seller's system names the instance.
    remote_id: Option<String>,
    state: ErrandState,
    tries: u32,
    /// What went wrong the last time, as a stable code.
    #[schema(example = "no_answer.slow")]
    trouble: Option<String>,
    opened_at: Timestamp,
    /// The next try of an open one.
    due_at: Timestamp,
    ended_at: Option<Timestamp>,
}

impl From<Errand> for ErrandJson {
    fn from(errand: Errand) -> Self {
        Self {
            id: errand.id,
            kind: errand.kind,
            order: errand.order,
            order_line: errand.line,
            remote_id: errand.remote,
            state: errand.state,
            tries: errand.tries,
            trouble: errand.trouble.as_ref().map(Trouble::code),
            opened_at: errand.opened_at,
            due_at: errand.due_at,
            ended_at: errand.ended_at,
        }
    }
}

async fn access(
    State(deliveries): State<Deliveries>,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
) -> Reply<InstanceAccessJson> {
    let way = deliveries.way_in(&mut deliveries.app.db.read(), &buyer, id).await?;
    Ok(Json(way.ok_or(Error::NotFound(Thing::Instance))?.into()))
}

/// The look is written down, and nothing is kept of the answer.
async fn reveal(
    State(deliveries): State<Deliveries>,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
) -> Reply<InstanceCredentialsJson> {
    let mut tx = deliveries.app.db.begin().await?;
    let access = deliveries.reveal_access(&mut tx, &buyer, id).await?;
    tx.commit().await?;
    Ok(Json(InstanceCredentialsJson { user_name: access.user_name, password: access.password }))
}

async fn ask(
    State(deliveries): State<Deliveries>,
    buyer: Buyer,
    once: Once,
    PathParam(id): PathParam<InstanceId>,
) -> Result<Answer, Problem> {
    once.run(&deliveries.app, async |tx| {
        deliveries.ask_access(tx, &buyer, id).await?;
        Ok(Answer::empty())
    })
    .await
}

async fn errands(
    State(deliveries): State<Deliveries>,
    seller: Seller,
    Query(filter): Query<ErrandFilter>,
) -> Reply<Page<ErrandJson>> {
    let ErrandFilter { state, cursor, limit } = filter;
    let page = PageQuery { cursor, limit }.checked().map_err(Error::from)?;
    let found = deliveries.errands(&mut deliveries.app.db.read(), &seller, state, page).await?;
    Ok(Json(found.map(ErrandJson::from)))
}

async fn restart(
    State(deliveries): State<Deliveries>,
    seller: Seller,
    once: Once,
    PathParam(id): PathParam<ErrandId>,
) -> Result<Answer, Problem> {
    once.run(&deliveries.app, async |tx| {
        deliveries.restart_errand(tx, &seller, id).await?;
        Ok(Answer::empty())
    })
    .await
}
