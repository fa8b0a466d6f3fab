//! `/api/v1`: returns and refunds.

use accounts::{Buyer, Operator, Seller};
use axum::{Json, extract::State};
use kernel::{
    Error, Localized, Money, Page, PageQuery, Timestamp,
    id::{InstanceId, OrderId, OrderLineId, RefundId},
};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Refunds,
    actions::Returned,
    rules::{Cause, Preview, Refund},
};

pub(crate) fn routes(refunds: &Refunds) -> Routes {
    Routes::of(refunds.clone())
        .get(
            "/api/v1/instances/{instance}/return",
            preview,
            Op::does(Access::Buyer, "See what returning an instance would do").gives::<PreviewJson>(200),
        )
        .post(
            "/api/v1/instances/{instance}/return",
            return_instance,
            Op::does(Access::Buyer, "Return an instance without a reason, or refuse to accept it")
                .takes::<ReturnInstance>()
                .gives::<ReturnedJson>(201),
        )
        .get(
            "/api/v1/instances/{instance}/renewal/return",
            preview_renewal,
            Op::does(Access::Buyer, "See what giving back the last renewal of an instance would do")
                .gives::<PreviewJson>(200),
        )
        .post(
            "/api/v1/instances/{instance}/renewal/return",
            return_renewal,
            Op::does(Access::Buyer, "Give back the last renewal of an instance")
                .takes::<ReturnInstance>()
                .gives::<RefundJson>(201),
        )
        .get(
            "/api/v1/refunds",
            list,
            Op::does(Access::Buyer, "List refunds").query::<PageQuery>().gives::<Page<RefundJson>>(200),
        )
        .get("/api/v1/refunds/{refund}", show, Op::does(Access::Buyer, "See a refund").gives::<RefundJson>(200))
        .get(
            "/api/v1/seller/refunds",
            list_sold,
            Op::does(Access::Seller, "List refunds of the seller's products")
                .query::<PageQuery>()
                .gives::<Page<RefundJson>>(200),
        )
        .get(
            "/api/v1/operator/refunds",
            list_all,
            Op::does(Access::Operator, "List the refunds of all accounts")
                .query::<PageQuery>()
                .gives::<Page<RefundJson>>(200),
        )
        .done()
}

#[derive(Serialize, ToSchema)]
struct PreviewJson {
    /// `no_reason` and `not_accepted` are counted among the year's returns, `renewal_not_begun` is not.
    cause: Cause,
    /// What goes back to the wallet.
    amount: Money,
    /// Until when it can be returned like this.
    until: Timestamp,
    /// Returns without a reason that this account has used this calendar year.
    used_this_year: u32,
    allowed_per_year: u32,
    explanation: Localized,
}

impl From<Preview> for PreviewJson {
    fn from(preview: Preview) -> Self {
        let Preview { cause, amount, until, used, allowed, explanation } = preview;
        Self { cause, amount, until, used_this_year: used, allowed_per_year: allowed, explanation }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "We chose another edition."}))]
struct ReturnInstance {
    /// It helps the seller, and is needed to refuse what waits for acceptance.
    #[serde(default)]
    #[schema(max_length = 1000)]
    reason: String,
}

#[derive(Serialize, ToSchema)]
struct RefundJson {
    id: RefundId,
    order: OrderId,
    line: OrderLineId,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<InstanceId>,
    cause: Cause,
    reason: String,
    amount: Money,
    paid_at: Timestamp,
}

/// The refund of a purchase, and of what was paid to change it since.
#[derive(Serialize, ToSchema)]
struct ReturnedJson {
    #[serde(flatten)]
    refund: RefundJson,
    /// All that has gone back.
    total: Money,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<RefundJson>,
}

impl From<Refund> for RefundJson {
    fn from(refund: Refund) -> Self {
        let Refund { id, account: _, seller: _, order, line, instance, cause, reason, amount, paid_at } = refund;
        Self { id, order, line, instance, cause, reason, amount, paid_at }
    }
}

async fn preview(
    State(refunds): State<Refunds>,
    buyer: Buyer,
    PathParam(instance): PathParam<InstanceId>,
) -> Reply<PreviewJson> {
    Ok(Json(refunds.preview(&mut refunds.app.db.read(), &buyer, instance).await?.into()))
}

async fn return_instance(
    State(refunds): State<Refunds>,
    buyer: Buyer,
    PathParam(instance): PathParam<InstanceId>,
    once: Once,
    Body(input): Body<ReturnInstance>,
) -> Result<Answer, Problem> {
    let ReturnInstance { reason } = input;
    once.run(&refunds.app, async |tx| {
        let Returned { purchase, changes, total } = refunds.return_instance(tx, &buyer, instance, &reason).await?;
        let changes = changes.into_iter().map(RefundJson::from).collect();
        Ok(Answer::created(&ReturnedJson { refund: purchase.into(), total, changes }))
    })
    .await
}

async fn preview_renewal(
    State(refunds): State<Refunds>,
    buyer: Buyer,
    PathParam(instance): PathParam<InstanceId>,
) -> Reply<PreviewJson> {
    Ok(Json(refunds.preview_renewal(&mut refunds.app.db.read(), &buyer, instance).await?.into()))
}

async fn return_renewal(
    State(refunds): State<Refunds>,
    buyer: Buyer,
    PathParam(instance): PathParam<InstanceId>,
    once: Once,
    Body(input): Body<ReturnInstance>,
) -> Result<Answer, Problem> {
    let ReturnInstance { reason } = input;
    once.run(&refunds.app, async |tx| {
        let refund = refunds.return_renewal(tx, &buyer, instance, &reason).await?;
        Ok(Answer::created(&RefundJson::from(refund)))
    })
    .await
}

async fn list(State(refunds): State<Refunds>, buyer: Buyer, Query(page): Query<PageQuery>) -> Reply<Page<RefundJson>> {
    let page = page.checked().map_err(Error::from)?;
    Ok(Json(refunds.list(&mut refunds.app.db.read(), &buyer, page).await?.map(RefundJson::from)))
}

async fn show(State(refunds): State<Refunds>, buyer: Buyer, PathParam(id): PathParam<RefundId>) -> Reply<RefundJson> {
    Ok(Json(refunds.view(&mut refunds.app.db.read(), &buyer, id).await?.into()))
}

async fn list_sold(
    State(refunds): State<Refunds>,
    seller: Seller,
    Query(page): Query<PageQuery>,
) -> Reply<Page<RefundJson>> {
    let page = page.checked().map_err(Error::from)?;
    Ok(Json(refunds.list_sold(&mut refunds.app.db.read(), &seller, page).await?.map(RefundJson::from)))
}

async fn list_all(
    State(refunds): State<Refunds>,
    operator: Operator,
    Query(page): Query<PageQuery>,
) -> Reply<Page<RefundJson>> {
    let page = page.checked().map_err(Error::from)?;
    Ok(Json(refunds.list_all(&mut refunds.app.db.read(), &operator, page).await?.map(RefundJson::from)))
}
