//! Coupons, for those who use them.

use accounts::{Buyer, Member};
use axum::{Json, extract::State};
use kernel::{
    Error, Localized, Page, PageQuery, Timestamp,
    id::{AccountId, CouponBatchId, CouponId, OrderId, ProductId},
};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Offers,
    rules::{BatchState, CouponState, Issuer, Taken, Value},
};

pub(super) fn routes(offers: &Offers) -> Routes {
    Routes::of(offers.clone())
        .get(
            "/api/v1/coupons",
            list,
            Op::does(Access::Buyer, "List your coupons").query::<CouponFilter>().gives::<Page<CouponJson>>(200),
        )
        .post(
            "/api/v1/coupons/redeem",
            redeem,
            Op::does(Access::Buyer, "Redeem a coupon's code").takes::<Redeem>().gives::<CouponJson>(201),
        )
        .post(
            "/api/v1/coupons/claim",
            claim,
            Op::does(Access::Buyer, "Take a coupon that is shown on a product's page")
                .takes::<Claim>()
                .gives::<CouponJson>(201),
        )
        .get(
            "/api/v1/products/{product}/coupons",
            claimable,
            Op::does(Access::Public, "List the coupons that can be taken for a product").gives::<ClaimablesJson>(200),
        )
        .done()
}

#[derive(Deserialize, IntoParams)]
struct CouponFilter {
    state: Option<CouponState>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "7KQM-2XWD-9RTA-HV4C"}))]
struct Redeem {
    /// Spaces, dashes and small letters do not matter.
    #[schema(max_length = 60)]
    code: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"batch": "cpb_01jd8kx2v9e5jtf6xw4sz3q7ab"}))]
struct Claim {
    batch: CouponBatchId,
}

#[derive(Serialize, ToSchema)]
struct CouponJson {
    id: CouponId,
    batch: CouponBatchId,
    state: CouponState,
    name: Localized,
    value: Value,
    issuer: Issuer,
    /// The seller whose products it is for, unless it is the operator's.
    #[serde(skip_serializing_if = "Option::is_none")]
    seller: Option<AccountId>,
    valid_from: Timestamp,
    valid_until: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<OrderId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    used_at: Option<Timestamp>,
}

impl From<Taken> for CouponJson {
    fn from(Taken { coupon, batch }: Taken) -> Self {
        Self {
            id: coupon.id,
            batch: batch.id,
            // One that came back while its batch was being voided.
            state: match (coupon.state, batch.state) {
                (CouponState::Held, BatchState::Voided) => CouponState::Voided,
                (state, BatchState::Open | BatchState::Voided) => state,
            },
            name: batch.terms.name,
            value: batch.terms.value,
            issuer: batch.issuer,
            seller: (batch.issuer == Issuer::Seller).then_some(batch.account),
            valid_from: batch.valid.from,
            valid_until: batch.valid.until,
            order: coupon.order,
            used_at: coupon.used_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct ClaimablesJson {
    product: ProductId,
    coupons: Vec<ClaimableJson>,
}

#[derive(Serialize, ToSchema)]
struct ClaimableJson {
    batch: CouponBatchId,
    name: Localized,
    value: Value,
    valid_from: Timestamp,
    valid_until: Timestamp,
    left: i64,
    per_customer: u32,
}

async fn list(
    State(offers): State<Offers>,
    buyer: Buyer,
    Query(filter): Query<CouponFilter>,
) -> Reply<Page<CouponJson>> {
    let CouponFilter { state, cursor, limit } = filter;
    let page = PageQuery { cursor, limit }.checked().map_err(Error::from)?;
    let found = offers.coupons(&mut offers.app.db.read(), &buyer, state, page).await?;
    Ok(Json(found.map(CouponJson::from)))
}

async fn redeem(
    State(offers): State<Offers>,
    buyer: Buyer,
    once: Once,
    Body(Redeem { code }): Body<Redeem>,
) -> Result<Answer, Problem> {
    once.run(&offers.app, async |tx| Ok(Answer::created(&CouponJson::from(offers.redeem(tx, &buyer, &code).await?))))
        .await
}

async fn claim(
    State(offers): State<Offers>,
    buyer: Buyer,
    once: Once,
    Body(Claim { batch }): Body<Claim>,
) -> Result<Answer, Problem> {
    once.run(&offers.app, async |tx| Ok(Answer::created(&CouponJson::from(offers.claim(tx, &buyer, batch).await?))))
        .await
}

async fn claimable(
    State(offers): State<Offers>,
    member: Option<Member>,
    PathParam(id): PathParam<ProductId>,
) -> Reply<ClaimablesJson> {
    let (sold, found) = offers.claimable(&mut offers.app.db.read(), member.as_ref(), id).await?;
    let coupon = |one: crate::actions::Claimable| ClaimableJson {
        batch: one.batch.id,
        left: one.batch.left(),
        per_customer: one.batch.per_customer_max,
        valid_from: one.batch.valid.from,
        valid_until: one.batch.valid.until,
        name: one.batch.terms.name,
        value: one.batch.terms.value,
    };
    Ok(Json(ClaimablesJson { product: sold.product, coupons: found.into_iter().map(coupon).collect() }))
}
