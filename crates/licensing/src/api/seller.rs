//! The seller's view of its customers' licences, and its test codes.

use accounts::Seller;
use axum::{Json, extract::State};
use kernel::{
    Error, Invalid, Page, PageQuery, Timestamp,
    id::{InstanceId, LicenceId},
};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::json::{LicenceEventJson, LicenceJson, LicenceMonthJson, MonthQuery};
use crate::{Licensing, actions::test_codes::TestCode, rules::LicenceState};

pub(super) fn routes(licensing: &Licensing) -> Routes {
    Routes::of(licensing.clone())
        .get(
            "/api/v1/seller/instances/{instance}/licence",
            show,
            Op::does(Access::Seller, "Show the licence of a customer's instance, without its code")
                .gives::<LicenceJson>(200),
        )
        .get(
            "/api/v1/seller/instances/{instance}/licence/events",
            events,
            Op::does(Access::Seller, "List what happened to a customer's licence").query::<PageQuery>().gives::<Page<
                LicenceEventJson,
            >>(
                200
            ),
        )
        .get(
            "/api/v1/seller/instances/{instance}/licence/days",
            days,
            Op::does(Access::Seller, "List a month's heartbeats and reported use of a customer's licence by day")
                .query::<MonthQuery>()
                .gives::<LicenceMonthJson>(200),
        )
        .get(
            "/api/v1/seller/test-codes",
            test_codes,
            Op::does(Access::Seller, "List test codes with their activation and heartbeat state")
                .gives::<TestCodesJson>(200),
        )
        .post(
            "/api/v1/seller/test-codes",
            request,
            Op::does(Access::Seller, "Request test codes; read them from the list")
                .takes::<RequestTestCodes>()
                .gives::<NewTestCodesJson>(201),
        )
        .delete("/api/v1/seller/test-codes/{code}", delete, Op::does(Access::Seller, "Delete a test code, by its id"))
        .done()
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"count": 1}))]
struct RequestTestCodes {
    #[schema(minimum = 1, maximum = 100)]
    count: u32,
}

#[derive(Debug, Serialize, ToSchema)]
struct NewTestCodesJson {
    ids: Vec<LicenceId>,
}

#[derive(Debug, Serialize, ToSchema)]
struct TestCodesJson {
    items: Vec<TestCodeJson>,
}

#[derive(Debug, Serialize, ToSchema)]
struct TestCodeJson {
    id: LicenceId,
    #[schema(example = "PL7X2K9QW4ZT8M1B5NE3VHRA6C")]
    code: String,
    state: LicenceState,
    requested_at: Timestamp,
    activated_at: Option<Timestamp>,
    effective_at: Option<Timestamp>,
    first_seen_at: Option<Timestamp>,
    last_seen_at: Option<Timestamp>,
    heartbeats: i64,
}

impl From<TestCode> for TestCodeJson {
    fn from(test: TestCode) -> Self {
        let TestCode { licence, code, seen } = test;
        let activation = licence.state.activation();
        Self {
            id: licence.id,
            code,
            state: licence.state.name(),
            requested_at: licence.issued_at,
            activated_at: activation.map(|done| done.at),
            effective_at: activation.map(|done| done.effective_at),
            first_seen_at: seen.first_seen_at,
            last_seen_at: seen.last_seen_at,
            heartbeats: seen.heartbeats,
        }
    }
}

async fn show(
    State(licensing): State<Licensing>,
    seller: Seller,
    PathParam(instance): PathParam<InstanceId>,
) -> Reply<LicenceJson> {
    let mut tx = licensing.app.db.read();
    let licence = licensing.of_seller(&mut tx, &seller, instance).await?;
    let view = licensing.view(&mut tx, licence).await?;
    Ok(Json(LicenceJson::of(view, licensing.app.clock.now())))
}

async fn events(
    State(licensing): State<Licensing>,
    seller: Seller,
    PathParam(instance): PathParam<InstanceId>,
    Query(page): Query<PageQuery>,
) -> Reply<Page<LicenceEventJson>> {
    let page = page.checked().map_err(Error::from)?;
    let mut tx = licensing.app.db.read();
    let licence = licensing.of_seller(&mut tx, &seller, instance).await?;
    Ok(Json(licensing.history_for_seller(&mut tx, &licence, page).await?.map(LicenceEventJson::from)))
}

async fn days(
    State(licensing): State<Licensing>,
    seller: Seller,
    PathParam(instance): PathParam<InstanceId>,
    Query(query): Query<MonthQuery>,
) -> Reply<LicenceMonthJson> {
    let mut tx = licensing.app.db.read();
    let licence = licensing.of_seller(&mut tx, &seller, instance).await?;
    Ok(Json(licensing.month(&mut tx, &licence, query.month.as_deref()).await?.into()))
}

async fn test_codes(State(licensing): State<Licensing>, seller: Seller) -> Reply<TestCodesJson> {
    let codes = licensing.test_codes(&mut licensing.app.db.read(), &seller).await?;
    Ok(Json(TestCodesJson { items: codes.into_iter().map(TestCodeJson::from).collect() }))
}

/// The answer holds no codes, because it may be kept for a repeat.
async fn request(
    State(licensing): State<Licensing>,
    seller: Seller,
    once: Once,
    Body(input): Body<RequestTestCodes>,
) -> Result<Answer, Problem> {
    let RequestTestCodes { count } = input;
    if !(1..=100).contains(&count) {
        return Err(Error::from(Invalid::one("count", ("must be from 1 to 100", "须在 1 到 100 之间"))).into());
    }
    once.run(&licensing.app, async |tx| {
        let made = licensing.request_test_codes(tx, &seller, count).await?;
        Ok(Answer::created(&NewTestCodesJson { ids: made.into_iter().map(|licence| licence.id).collect() }))
    })
    .await
}

async fn delete(
    State(licensing): State<Licensing>,
    seller: Seller,
    once: Once,
    PathParam(id): PathParam<LicenceId>,
) -> Result<Answer, Problem> {
    once.run(&licensing.app, async |tx| {
        licensing.delete_test_code(tx, &seller, id).await?;
        Ok(Answer::empty())
    })
    .await
}
