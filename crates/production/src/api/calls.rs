//! `/api/v1/operator`: the calls of all sellers' systems.

use accounts::Operator;
use axum::{Json, extract::State};
use kernel::{
    Error, Page, PageQuery,
    id::{AccountId, ErrandId, ProductionCallId},
};
use platform::http::{Access, Op, PathParam, Query, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ProductionCallJson;
use crate::{Production, store::Call};

pub(super) fn routes(production: &Production) -> Routes {
    Routes::of(production.clone())
        .get(
            "/api/v1/operator/production-calls",
            calls,
            Op::does(Access::Operator, "List the calls of sellers' systems, newest first")
                .query::<AllCallsFilter>()
                .gives::<Page<OperatorCallJson>>(200),
        )
        .get(
            "/api/v1/operator/production-calls/{production_call}",
            call,
            Op::does(Access::Operator, "Show one call of a seller's system with its request and answer")
                .gives::<OperatorCallJson>(200),
        )
        .done()
}

#[derive(Deserialize, IntoParams)]
struct AllCallsFilter {
    seller: Option<AccountId>,
    /// Those of one task only.
    errand: Option<ErrandId>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct OperatorCallJson {
    seller: AccountId,
    #[serde(flatten)]
    call: ProductionCallJson,
}

impl From<Call> for OperatorCallJson {
    fn from(call: Call) -> Self {
        Self { seller: call.seller_id, call: call.into() }
    }
}

async fn calls(
    State(production): State<Production>,
    operator: Operator,
    Query(filter): Query<AllCallsFilter>,
) -> Reply<Page<OperatorCallJson>> {
    let AllCallsFilter { seller, errand, cursor, limit } = filter;
    let page = PageQuery { cursor, limit }.checked().map_err(Error::from)?;
    let found = production.all_calls(&mut production.app.db.read(), &operator, (seller, errand), page).await?;
    Ok(Json(found.map(OperatorCallJson::from)))
}

async fn call(
    State(production): State<Production>,
    operator: Operator,
    PathParam(id): PathParam<ProductionCallId>,
) -> Reply<OperatorCallJson> {
    Ok(Json(production.any_call(&mut production.app.db.read(), &operator, id).await?.into()))
}
