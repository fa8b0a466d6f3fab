//! The buyer's licences.

use accounts::Buyer;
use axum::{
    Json,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use kernel::{Error, Page, PageQuery, id::InstanceId};
use platform::http::{Access, Answer, Once, Op, PathParam, Problem, Query, Reply, Routes};
use serde::Serialize;
use utoipa::ToSchema;

use super::json::{LicenceEventJson, LicenceJson, LicenceMonthJson, MonthQuery};
use crate::Licensing;

pub(super) fn routes(licensing: &Licensing) -> Routes {
    Routes::of(licensing.clone())
        .get(
            "/api/v1/instances/{instance}/licence",
            show,
            Op::does(Access::Buyer, "Show the licence of an instance, without its code").gives::<LicenceJson>(200),
        )
        .post(
            "/api/v1/instances/{instance}/licence/reveal",
            reveal,
            Op::does(Access::Buyer, "Show the authorisation code; that it was shown is recorded")
                .gives::<LicenceCodeJson>(200),
        )
        .get(
            "/api/v1/instances/{instance}/licence/events",
            events,
            Op::does(Access::Buyer, "List what happened to a licence")
                .query::<PageQuery>()
                .gives::<Page<LicenceEventJson>>(200),
        )
        .get(
            "/api/v1/instances/{instance}/licence/days",
            days,
            Op::does(Access::Buyer, "List a month's heartbeats and reported use by day")
                .query::<MonthQuery>()
                .gives::<LicenceMonthJson>(200),
        )
        .get(
            "/api/v1/instances/{instance}/licence-file",
            file,
            Op::does(
                Access::Buyer,
                "Download a signed licence file for software without a network: a JWS in compact form",
            )
            .gives_text("application/jose"),
        )
        .done()
}

#[derive(Debug, Serialize, ToSchema)]
struct LicenceCodeJson {
    #[schema(example = "PL7X2K9QW4ZT8M1B5NE3VHRA6C")]
    code: String,
}

async fn show(
    State(licensing): State<Licensing>,
    buyer: Buyer,
    PathParam(instance): PathParam<InstanceId>,
) -> Reply<LicenceJson> {
    let mut tx = licensing.app.db.read();
    let licence = licensing.of_buyer(&mut tx, &buyer, instance).await?;
    let view = licensing.view(&mut tx, licence).await?;
    Ok(Json(LicenceJson::of(view, licensing.app.clock.now())))
}

async fn reveal(
    State(licensing): State<Licensing>,
    buyer: Buyer,
    once: Once,
    PathParam(instance): PathParam<InstanceId>,
) -> Result<Answer, Problem> {
    once.run(&licensing.app, async |tx| {
        let code = licensing.reveal(tx, &buyer, instance).await?;
        Ok(Answer::ok(&LicenceCodeJson { code }).secret())
    })
    .await
}

async fn events(
    State(licensing): State<Licensing>,
    buyer: Buyer,
    PathParam(instance): PathParam<InstanceId>,
    Query(page): Query<PageQuery>,
) -> Reply<Page<LicenceEventJson>> {
    let page = page.checked().map_err(Error::from)?;
    let mut tx = licensing.app.db.read();
    let licence = licensing.of_buyer(&mut tx, &buyer, instance).await?;
    Ok(Json(licensing.history(&mut tx, &licence, page).await?.map(LicenceEventJson::from)))
}

async fn days(
    State(licensing): State<Licensing>,
    buyer: Buyer,
    PathParam(instance): PathParam<InstanceId>,
    Query(query): Query<MonthQuery>,
) -> Reply<LicenceMonthJson> {
    let mut tx = licensing.app.db.read();
    let licence = licensing.of_buyer(&mut tx, &buyer, instance).await?;
    Ok(Json(licensing.month(&mut tx, &licence, query.month.as_deref()).await?.into()))
}

pub(crate) async fn file(
    State(licensing): State<Licensing>,
    buyer: Buyer,
    PathParam(instance): PathParam<InstanceId>,
) -> Result<Response, Problem> {
    let mut tx = licensing.app.db.begin().await?;
    let (id, file) = licensing.licence_file(&mut tx, &buyer, instance).await?;
    tx.commit().await?;
    let name = HeaderValue::try_from(format!("attachment; filename=\"{id}.licence\"")).map_err(Error::fault)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/jose")),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, file).into_response())
}
