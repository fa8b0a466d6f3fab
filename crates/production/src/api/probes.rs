//! Probes: sellers read their own, the operator those of all.

use accounts::{Operator, Seller};
use axum::{Json, extract::State};
use kernel::{
    Page, PageQuery, Timestamp,
    id::{AccountId, ProbeId, ProductionCallId, ProductionCaseId},
};
use platform::http::{Access, Op, Problem, Query, Reply, Routes};
use policy::Scenario;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ProductionCheckJson;
use crate::{
    Failing, Production,
    rules::{
        form::CallForm,
        probe::{FailedCase, Probe, ProbeOutcome},
    },
};

pub(super) fn routes(production: &Production) -> Routes {
    Routes::of(production.clone())
        .get(
            "/api/v1/seller/production-probes",
            own,
            Op::does(Access::Seller, "List the probes of the seller's own system, newest first: what failed in each, and for how long it has")
                .query::<PageQuery>()
                .gives::<ProductionProbesJson>(200),
        )
        .get(
            "/api/v1/operator/production-probes",
            all,
            Op::does(Access::Operator, "List the probes of sellers' systems, newest first: of one seller, or of all")
                .query::<ProbeFilter>()
                .gives::<Page<ProductionProbeJson>>(200),
        )
        .done()
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ProbeFilter {
    /// Those of one seller only.
    seller: Option<AccountId>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct ProductionProbesJson {
    items: Vec<ProductionProbeJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    /// Since when it fails; none: it passed last, or was never probed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failing: Option<FailingJson>,
    /// When systems behind products on sale are probed next; none: the site does not probe.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_at: Option<Timestamp>,
    /// From so many days of failure in a row on, freezing the trade is proposed to the operator.
    freeze_days: u32,
}

#[derive(Serialize, ToSchema)]
struct FailingJson {
    since: Timestamp,
    /// On how many days of the site it has failed since then.
    days: u32,
    probes: u32,
}

#[derive(Serialize, ToSchema)]
struct ProductionProbeJson {
    id: ProbeId,
    seller: AccountId,
    #[schema(example = "https://app.seller.example/webhooks")]
    url: String,
    form: CallForm,
    begun_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    outcome: ProbeOutcome,
    /// How many cases were sent.
    cases: i64,
    failed: Vec<FailedCaseJson>,
}

#[derive(Serialize, ToSchema)]
struct FailedCaseJson {
    case: ProductionCaseId,
    #[schema(example = "Release what was given back")]
    name: String,
    scenario: Scenario,
    /// Where its seller can look at request and answer.
    call: ProductionCallId,
    /// What was wrong, as a stable code; none: it was accepted, and a check failed.
    #[schema(example = "http.422.sold_out")]
    trouble: Option<String>,
    checks: Vec<ProductionCheckJson>,
}

impl From<FailedCase> for FailedCaseJson {
    fn from(FailedCase { case, name, scenario, call, trouble, checks }: FailedCase) -> Self {
        let checks = checks.into_iter().map(|(check, found)| ProductionCheckJson { check: check.as_str(), found });
        Self { case, name, scenario, call, trouble, checks: checks.collect() }
    }
}

impl From<Probe> for ProductionProbeJson {
    fn from(probe: Probe) -> Self {
        let Probe { id, seller, address: _, url, form, begun_at, ended_at, outcome, cases, failed } = probe;
        let failed = failed.into_iter().map(FailedCaseJson::from).collect();
        Self { id, seller, url, form, begun_at, ended_at, outcome, cases, failed }
    }
}

async fn own(
    State(production): State<Production>,
    seller: Seller,
    Query(page): Query<PageQuery>,
) -> Reply<ProductionProbesJson> {
    let page = page.checked().map_err(kernel::Error::from)?;
    let probed = production.own_probes(&mut production.app.db.read(), &seller, page).await?;
    let failing = probed.failing.map(|Failing { since, days, probes }| FailingJson { since, days, probes });
    Ok(Json(ProductionProbesJson {
        items: probed.probes.items.into_iter().map(ProductionProbeJson::from).collect(),
        next_cursor: probed.probes.next_cursor,
        failing,
        next_at: probed.next_at,
        freeze_days: probed.freeze_days,
    }))
}

async fn all(
    State(production): State<Production>,
    operator: Operator,
    Query(filter): Query<ProbeFilter>,
) -> Result<Json<Page<ProductionProbeJson>>, Problem> {
    let ProbeFilter { seller, cursor, limit } = filter;
    let page = PageQuery { cursor, limit }.checked().map_err(kernel::Error::from)?;
    let found = production.all_probes(&mut production.app.db.read(), &operator, seller, page).await?;
    Ok(Json(found.map(ProductionProbeJson::from)))
}
