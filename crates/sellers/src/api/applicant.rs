//! Applying: one application for an account.

use accounts::Buyer;
use axum::{Json, extract::State};
use kernel::{Page, PageQuery};
use platform::http::{Access, Answer, Body, IfMatch, Once, Op, Problem, Query, Reply, Routes};
use serde::Deserialize;
use utoipa::ToSchema;

use super::json::{AcceptAgreement, AcceptanceJson, ApplicationJson};
use crate::{Accepted, Application, Form, Sellers};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubmitApplication {
    agreement: AcceptAgreement,
}

pub(crate) fn routes(sellers: &Sellers) -> Routes {
    let show = Op::does(Access::Buyer, "Look up your seller application").gives::<ApplicationJson>(200);
    let begin = Op::does(Access::Buyer, "Begin a seller application").takes::<Form>().gives::<ApplicationJson>(201);
    let save = Op::does(Access::Buyer, "Save your seller application").if_match();
    let submit = Op::does(Access::Buyer, "Submit your seller application for review").if_match();
    let withdraw = Op::does(Access::Buyer, "Withdraw your seller application").if_match();
    let agreements = Op::does(Access::Buyer, "List the agreements that you accepted").query::<PageQuery>();
    Routes::of(sellers.clone())
        .get("/api/v1/seller/application", self::show, show)
        .post("/api/v1/seller/application", self::begin, begin)
        .put("/api/v1/seller/application", self::save, save.takes::<Form>().gives::<ApplicationJson>(200))
        .post(
            "/api/v1/seller/application/submit",
            self::submit,
            submit.takes::<SubmitApplication>().gives::<ApplicationJson>(200),
        )
        .post("/api/v1/seller/application/withdraw", self::withdraw, withdraw.gives::<ApplicationJson>(200))
        .get("/api/v1/seller/agreements", self::agreements, agreements.gives::<Page<AcceptanceJson>>(200))
        .done()
}

fn changed(application: Application) -> Answer {
    let version = application.version;
    Answer::ok(&ApplicationJson::from(application)).version(version)
}

async fn show(State(sellers): State<Sellers>, buyer: Buyer) -> Reply<ApplicationJson> {
    Ok(Json(sellers.application(&mut sellers.app.db.read(), &buyer).await?.into()))
}

async fn begin(
    State(sellers): State<Sellers>,
    buyer: Buyer,
    once: Once,
    Body(form): Body<Form>,
) -> Result<Answer, Problem> {
    once.run(&sellers.app, async |tx| {
        let application = sellers.begin_application(tx, &buyer, &form).await?;
        let version = application.version;
        Ok(Answer::created(&ApplicationJson::from(application)).version(version))
    })
    .await
}

async fn save(
    State(sellers): State<Sellers>,
    buyer: Buyer,
    seen: IfMatch,
    once: Once,
    Body(form): Body<Form>,
) -> Result<Answer, Problem> {
    once.run(&sellers.app, async |tx| Ok(changed(sellers.save_application(tx, &buyer, seen, &form).await?))).await
}

async fn submit(
    State(sellers): State<Sellers>,
    buyer: Buyer,
    seen: IfMatch,
    once: Once,
    Body(input): Body<SubmitApplication>,
) -> Result<Answer, Problem> {
    let accepted = Accepted::from(input.agreement);
    once.run(&sellers.app, async |tx| Ok(changed(sellers.submit_application(tx, &buyer, seen, &accepted).await?))).await
}

async fn withdraw(State(sellers): State<Sellers>, buyer: Buyer, seen: IfMatch, once: Once) -> Result<Answer, Problem> {
    once.run(&sellers.app, async |tx| Ok(changed(sellers.withdraw_application(tx, &buyer, seen).await?))).await
}

async fn agreements(
    State(sellers): State<Sellers>,
    buyer: Buyer,
    Query(page): Query<PageQuery>,
) -> Reply<Page<AcceptanceJson>> {
    let page = page.checked().map_err(kernel::Error::from)?;
    Ok(Json(sellers.acceptances(&mut sellers.app.db.read(), &buyer, page).await?.map(AcceptanceJson::from)))
}
