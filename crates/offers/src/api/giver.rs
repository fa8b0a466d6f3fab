//! Batches of coupons, for sellers and the operator.

use accounts::{Operator, Seller};
use axum::{Json, extract::State};
use kernel::{
    Error, Localized, Money, Page, PageQuery, Timestamp,
    id::{AccountId, CouponBatchId, CouponId, OrderId},
};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Offers,
    actions::{Giver, Receiver},
    rules::{Batch, BatchState, Counts, Coupon, CouponState, Issuer, Proposal, Scope, Value},
};

const SELLER: Access = Access::Seller;
const OPERATOR: Access = Access::Operator;

pub(super) fn routes(offers: &Offers) -> Routes {
    let open = |access| Op::does(access, "Open a batch of coupons").takes::<OpenBatch>().gives::<BatchJson>(201);
    let list = |access, text| Op::does(access, text).query::<PageQuery>().gives::<Page<BatchJson>>(200);
    let show = |access| Op::does(access, "See a batch of coupons and how it went").gives::<BatchDetail>(200);
    let coupons =
        |access| Op::does(access, "List the coupons of a batch").query::<PageQuery>().gives::<Page<CouponOfBatch>>(200);
    let give = |access| Op::does(access, "Give a coupon to named customers").takes::<Give>().gives::<BatchJson>(200);
    let print = |access| {
        Op::does(access, "Print codes that whoever has them may redeem").takes::<Print>().gives::<BatchJson>(200)
    };
    let codes = |access| Op::does(access, "List the printed codes of a batch").gives::<CodesJson>(200);
    let void = |access| Op::does(access, "Void what is left of a batch").gives::<BatchJson>(200);
    Routes::of(offers.clone())
        .post("/api/v1/seller/coupon-batches", open_batch::<Seller>, open(SELLER))
        .get("/api/v1/seller/coupon-batches", list_batches::<Seller>, list(SELLER, "List your batches of coupons"))
        .get("/api/v1/seller/coupon-batches/{coupon_batch}", show_batch::<Seller>, show(SELLER))
        .get("/api/v1/seller/coupon-batches/{coupon_batch}/coupons", list_coupons::<Seller>, coupons(SELLER))
        .post("/api/v1/seller/coupon-batches/{coupon_batch}/give", give_coupons::<Seller>, give(SELLER))
        .post("/api/v1/seller/coupon-batches/{coupon_batch}/codes", print_codes::<Seller>, print(SELLER))
        .get("/api/v1/seller/coupon-batches/{coupon_batch}/codes", list_codes::<Seller>, codes(SELLER))
        .post("/api/v1/seller/coupon-batches/{coupon_batch}/void", void_batch::<Seller>, void(SELLER))
        .post("/api/v1/operator/coupon-batches", open_batch::<Operator>, open(OPERATOR))
        .get(
            "/api/v1/operator/coupon-batches",
            list_batches::<Operator>,
            list(OPERATOR, "List the batches of coupons of the site and of all sellers"),
        )
        .get("/api/v1/operator/coupon-batches/{coupon_batch}", show_batch::<Operator>, show(OPERATOR))
        .get("/api/v1/operator/coupon-batches/{coupon_batch}/coupons", list_coupons::<Operator>, coupons(OPERATOR))
        .post("/api/v1/operator/coupon-batches/{coupon_batch}/give", give_coupons::<Operator>, give(OPERATOR))
        .post("/api/v1/operator/coupon-batches/{coupon_batch}/codes", print_codes::<Operator>, print(OPERATOR))
        .get("/api/v1/operator/coupon-batches/{coupon_batch}/codes", list_codes::<Operator>, codes(OPERATOR))
        .post("/api/v1/operator/coupon-batches/{coupon_batch}/void", void_batch::<Operator>, void(OPERATOR))
        .post(
            "/api/v1/operator/coupon-batches/{coupon_batch}/share",
            share_cost,
            Op::does(OPERATOR, "Bear a part of what a batch costs").takes::<ShareCost>().gives::<BatchJson>(200),
        )
        .done()
}

fn one() -> u32 {
    1
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": {"en": "Spring", "zh": "春季优惠"}, "count": 500, "per_customer": 1, "shown": true,
    "value": {"kind": "threshold", "amount": {"minor": 5_000, "currency": "CNY"}, "from": {"minor": 50_000, "currency": "CNY"}},
    "valid_until": "2027-04-01T00:00:00Z"
}))]
struct OpenBatch {
    name: Localized,
    value: Value,
    /// What they are for; everything of the issuer's unless told.
    #[serde(default)]
    scope: Scope,
    /// Whether they go together with a discount that the seller gave the buyer.
    #[serde(default)]
    with_discount: bool,
    /// How many there are.
    #[schema(minimum = 1)]
    count: u32,
    /// How many of them one account may have.
    #[serde(default = "one")]
    #[schema(minimum = 1, default = 1)]
    per_customer: u32,
    /// Whether buyers may take one themselves on the product's page.
    #[serde(default)]
    shown: bool,
    /// At once unless told.
    #[serde(default)]
    valid_from: Option<Timestamp>,
    valid_until: Timestamp,
    /// Which part of the cost the platform bears; of the operator's own coupons only.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 10000)]
    platform_basis_points: Option<u32>,
}

/// An account and what it is called; an id alone names nobody.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReceiverJson {
    account: AccountId,
    #[schema(min_length = 1)]
    name: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"accounts": [{"account": "acc_01jd8kx2v9e5jtf6xw4sz3q7ab", "name": "Ada Ltd."}]}))]
struct Give {
    #[schema(min_items = 1)]
    accounts: Vec<ReceiverJson>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"count": 100}))]
struct Print {
    #[schema(minimum = 1)]
    count: u32,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"platform_basis_points": 5_000}))]
struct ShareCost {
    #[schema(minimum = 0, maximum = 10000)]
    platform_basis_points: u32,
}

#[derive(Serialize, ToSchema)]
struct BatchJson {
    id: CouponBatchId,
    /// Whose coupons they are.
    account: AccountId,
    issuer: Issuer,
    state: BatchState,
    name: Localized,
    value: Value,
    scope: Scope,
    with_discount: bool,
    count: u32,
    per_customer: u32,
    /// How many were given out or printed.
    issued: i64,
    shown: bool,
    platform_basis_points: u32,
    valid_from: Timestamp,
    valid_until: Timestamp,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    voided_at: Option<Timestamp>,
}

impl From<Batch> for BatchJson {
    fn from(batch: Batch) -> Self {
        let terms = batch.terms;
        Self {
            id: batch.id,
            account: batch.account,
            issuer: batch.issuer,
            state: batch.state,
            name: terms.name,
            value: terms.value,
            scope: terms.scope,
            with_discount: terms.with_discount,
            count: batch.count_max,
            per_customer: batch.per_customer_max,
            issued: batch.issued,
            shown: batch.shown,
            platform_basis_points: batch.platform_basis_points,
            valid_from: batch.valid.from,
            valid_until: batch.valid.until,
            created_at: batch.created_at,
            voided_at: batch.voided_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct BatchDetail {
    #[serde(flatten)]
    batch: BatchJson,
    /// Codes that nobody has redeemed.
    printed: i64,
    /// Coupons that somebody has and did not use.
    held: i64,
    used: i64,
    voided: i64,
    /// What they took off prices.
    saved: Money,
}

#[derive(Serialize, ToSchema)]
struct CouponOfBatch {
    id: CouponId,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<AccountId>,
    /// What the account is called.
    name: String,
    state: CouponState,
    made_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<OrderId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    used_at: Option<Timestamp>,
}

impl From<(Coupon, String)> for CouponOfBatch {
    fn from((coupon, name): (Coupon, String)) -> Self {
        let Coupon { id, batch: _, account, state, made_at, order, used_at } = coupon;
        Self { id, account, name, state, made_at, order, used_at }
    }
}

#[derive(Serialize, ToSchema)]
struct CodesJson {
    codes: Vec<PrintedCode>,
}

#[derive(Serialize, ToSchema)]
struct PrintedCode {
    #[schema(example = "7KQM-2XWD-9RTA-HV4C")]
    code: String,
    state: CouponState,
    printed_at: Timestamp,
}

async fn open_batch<G: Into<Giver>>(
    State(offers): State<Offers>,
    giver: G,
    once: Once,
    Body(input): Body<OpenBatch>,
) -> Result<Answer, Problem> {
    let OpenBatch {
        name,
        value,
        scope,
        with_discount,
        count,
        per_customer,
        shown,
        valid_from,
        valid_until,
        platform_basis_points,
    } = input;
    let proposal = Proposal {
        name,
        value,
        scope,
        with_discount,
        count,
        per_customer,
        shown,
        valid_from,
        valid_until,
        platform_basis_points,
    };
    let giver = giver.into();
    once.run(&offers.app, async |tx| {
        Ok(Answer::created(&BatchJson::from(offers.open_batch(tx, &giver, proposal.clone()).await?)))
    })
    .await
}

async fn list_batches<G: Into<Giver>>(
    State(offers): State<Offers>,
    giver: G,
    Query(page): Query<PageQuery>,
) -> Reply<Page<BatchJson>> {
    let page = page.checked().map_err(Error::from)?;
    let found = offers.batches(&mut offers.app.db.read(), &giver.into(), page).await?;
    Ok(Json(found.map(BatchJson::from)))
}

async fn show_batch<G: Into<Giver>>(
    State(offers): State<Offers>,
    giver: G,
    PathParam(id): PathParam<CouponBatchId>,
) -> Reply<BatchDetail> {
    let mut tx = offers.app.db.read();
    let batch = offers.batch(&mut tx, &giver.into(), id).await?;
    let Counts { printed, held, used, voided, saved } = offers.counts(&mut tx, &batch).await?;
    Ok(Json(BatchDetail { batch: batch.into(), printed, held, used, voided, saved }))
}

async fn list_coupons<G: Into<Giver>>(
    State(offers): State<Offers>,
    giver: G,
    PathParam(id): PathParam<CouponBatchId>,
    Query(page): Query<PageQuery>,
) -> Reply<Page<CouponOfBatch>> {
    let page = page.checked().map_err(Error::from)?;
    let found = offers.coupons_of(&mut offers.app.db.read(), &giver.into(), id, page).await?;
    Ok(Json(found.map(CouponOfBatch::from)))
}

async fn give_coupons<G: Into<Giver>>(
    State(offers): State<Offers>,
    giver: G,
    PathParam(id): PathParam<CouponBatchId>,
    once: Once,
    Body(input): Body<Give>,
) -> Result<Answer, Problem> {
    let receivers: Vec<Receiver> =
        input.accounts.into_iter().map(|ReceiverJson { account, name }| (account, name)).collect();
    let giver = giver.into();
    once.run(&offers.app, async |tx| Ok(Answer::ok(&BatchJson::from(offers.give(tx, &giver, id, &receivers).await?))))
        .await
}

async fn print_codes<G: Into<Giver>>(
    State(offers): State<Offers>,
    giver: G,
    PathParam(id): PathParam<CouponBatchId>,
    once: Once,
    Body(Print { count }): Body<Print>,
) -> Result<Answer, Problem> {
    let giver = giver.into();
    once.run(&offers.app, async |tx| Ok(Answer::ok(&BatchJson::from(offers.print(tx, &giver, id, count).await?)))).await
}

async fn list_codes<G: Into<Giver>>(
    State(offers): State<Offers>,
    giver: G,
    PathParam(id): PathParam<CouponBatchId>,
) -> Reply<CodesJson> {
    let found = offers.codes(&mut offers.app.db.read(), &giver.into(), id).await?;
    let codes = found.into_iter().map(|(code, state, printed_at)| PrintedCode { code, state, printed_at }).collect();
    Ok(Json(CodesJson { codes }))
}

async fn void_batch<G: Into<Giver>>(
    State(offers): State<Offers>,
    giver: G,
    PathParam(id): PathParam<CouponBatchId>,
    once: Once,
) -> Result<Answer, Problem> {
    let giver = giver.into();
    once.run(&offers.app, async |tx| Ok(Answer::ok(&BatchJson::from(offers.void(tx, &giver, id).await?)))).await
}

async fn share_cost(
    State(offers): State<Offers>,
    operator: Operator,
    PathParam(id): PathParam<CouponBatchId>,
    once: Once,
    Body(ShareCost { platform_basis_points }): Body<ShareCost>,
) -> Result<Answer, Problem> {
    once.run(&offers.app, async |tx| {
        Ok(Answer::ok(&BatchJson::from(offers.bear(tx, &operator, id, platform_basis_points).await?)))
    })
    .await
}
