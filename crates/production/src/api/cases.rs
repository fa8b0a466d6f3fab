//! `/api/v1/seller`: cases, how they went, and what has to have passed before something is sold.

use accounts::Seller;
use axum::{Json, extract::State};
use kernel::{
    Timestamp,
    id::{ProductionAddressId, ProductionCallId, ProductionCaseId},
};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Reply, Routes};
use policy::{AccessType, BillingMode, Scenario};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ProductionCheckJson;
use crate::{
    Check, Found, Production,
    actions::{Asked, Kept},
    rules::{
        case::{Case, CaseResult},
        form::CallForm,
    },
};

pub(super) fn routes(production: &Production) -> Routes {
    let does = |summary| Op::does(Access::Seller, summary);
    Routes::of(production.clone())
        .get(
            "/api/v1/seller/production-cases",
            list,
            does("List the cases that the seller keeps, how each went last, and what has to pass before something is sold")
                .gives::<ProductionCasesJson>(200),
        )
        .post(
            "/api/v1/seller/production-cases",
            keep,
            does("Keep a call of the debugger that passed all checks as a case, by a name")
                .takes::<NewProductionCase>()
                .gives::<ProductionCaseJson>(201),
        )
        .delete(
            "/api/v1/seller/production-cases/{production_case}",
            remove,
            does("Remove a case; what it proved is not proven any more"),
        )
        .post(
            "/api/v1/seller/production-cases/{production_case}/runs",
            run,
            does("Send a case again and wait for the answer")
                .takes::<NewProductionCaseRun>()
                .gives::<ProductionCaseResultJson>(200),
        )
        .post(
            "/api/v1/seller/production-addresses/{production_address}/case-runs",
            run_all,
            does("Have all cases sent to an address again, one after the other; the list of cases says how each went"),
        )
        .done()
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"call": "pcl_01jd8kx2v9e5jtf6xw4sz3q7ab", "name": "Release what was given back"}))]
struct NewProductionCase {
    /// A call that tried an address out.
    call: ProductionCallId,
    #[schema(min_length = 1, max_length = 60)]
    name: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
struct NewProductionCaseRun {
    /// Where it is sent to; without it, where deliveries go.
    #[serde(default)]
    address: Option<ProductionAddressId>,
}

#[derive(Serialize, ToSchema)]
struct ProductionCasesJson {
    items: Vec<ProductionCaseJson>,
    /// What has to have passed at the address where deliveries go before a product is submitted.
    asked: Vec<AskedCaseJson>,
}

#[derive(Serialize, ToSchema)]
struct ProductionCaseJson {
    id: ProductionCaseId,
    #[schema(example = "Release what was given back")]
    name: String,
    form: CallForm,
    scenario: Scenario,
    /// An activity of the production interface; in Standard Webhooks a type of event.
    #[schema(example = "releaseInstance")]
    activity: String,
    order: String,
    /// Empty: the one that the order creates.
    instance: String,
    status: String,
    scene: String,
    /// Empty: a year from when it is sent.
    expires: String,
    added_at: Timestamp,
    /// How it went last, at each address.
    results: Vec<ProductionCaseResultJson>,
}

#[derive(Serialize, ToSchema)]
struct ProductionCaseResultJson {
    address: ProductionAddressId,
    passed: bool,
    /// Where request and answer can be looked at.
    call: ProductionCallId,
    /// What is wrong, as a stable code; none: it was accepted.
    #[schema(example = "http.422.sold_out")]
    trouble: Option<String>,
    checks: Vec<ProductionCheckJson>,
    ran_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
struct AskedCaseJson {
    access_type: AccessType,
    billing_mode: BillingMode,
    scenario: Scenario,
    /// The same in the words of the form in which the system is called.
    #[schema(example = "updateInstanceStatus FREEZE")]
    called: &'static str,
    passed: bool,
}

impl ProductionCaseJson {
    fn of(case: &Case, results: &[CaseResult]) -> Self {
        let trial = case.trial.clone();
        let own = results.iter().filter(|result| result.case == case.id);
        Self {
            id: case.id,
            name: case.name.clone(),
            form: case.form,
            scenario: case.scenario,
            activity: trial.activity,
            order: trial.order,
            instance: trial.instance,
            status: trial.status,
            scene: trial.scene,
            expires: trial.expires,
            added_at: case.added_at,
            results: own.map(ProductionCaseResultJson::from).collect(),
        }
    }
}

impl From<&CaseResult> for ProductionCaseResultJson {
    fn from(result: &CaseResult) -> Self {
        let CaseResult { case: _, address, seller: _, call, passed, trouble, checks, ran_at, asked_again: _ } = result;
        let check = |(check, found): (&Check, &Found)| ProductionCheckJson { check: check.as_str(), found: *found };
        Self {
            address: *address,
            passed: *passed,
            call: *call,
            trouble: trouble.clone(),
            checks: checks.iter().map(check).collect(),
            ran_at: *ran_at,
        }
    }
}

impl From<Asked> for AskedCaseJson {
    fn from(Asked { access_type, billing_mode, scenario, called, passed }: Asked) -> Self {
        Self { access_type, billing_mode, scenario, called, passed }
    }
}

async fn list(State(production): State<Production>, seller: Seller) -> Reply<ProductionCasesJson> {
    let Kept { addresses: _, cases, results, asked } = production.cases(&mut production.app.db.read(), &seller).await?;
    let items = cases.iter().map(|case| ProductionCaseJson::of(case, &results)).collect();
    Ok(Json(ProductionCasesJson { items, asked: asked.into_iter().map(AskedCaseJson::from).collect() }))
}

async fn keep(
    State(production): State<Production>,
    seller: Seller,
    once: Once,
    Body(NewProductionCase { call, name }): Body<NewProductionCase>,
) -> Result<Answer, Problem> {
    once.run(&production.app, async |tx| {
        let (case, result) = production.keep_case(tx, &seller, (call, &name)).await?;
        Ok(Answer::created(&ProductionCaseJson::of(&case, &[result])))
    })
    .await
}

async fn remove(
    State(production): State<Production>,
    seller: Seller,
    once: Once,
    PathParam(id): PathParam<ProductionCaseId>,
) -> Result<Answer, Problem> {
    once.run(&production.app, async |tx| {
        production.drop_case(tx, &seller, id).await?;
        Ok(Answer::empty())
    })
    .await
}

async fn run(
    State(production): State<Production>,
    seller: Seller,
    once: Once,
    PathParam(id): PathParam<ProductionCaseId>,
    Body(NewProductionCaseRun { address }): Body<NewProductionCaseRun>,
) -> Result<Answer, Problem> {
    once.run_after(&production.app, production.send_case(&seller, id, address), async |tx, result| {
        production.save_case_result(tx, &result).await?;
        Ok(Answer::ok(&ProductionCaseResultJson::from(&result)))
    })
    .await
}

async fn run_all(
    State(production): State<Production>,
    seller: Seller,
    once: Once,
    PathParam(id): PathParam<ProductionAddressId>,
) -> Result<Answer, Problem> {
    once.run(&production.app, async |tx| {
        production.send_all(tx, &seller, id).await?;
        Ok(Answer::empty())
    })
    .await
}
