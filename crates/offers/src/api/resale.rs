//! Resale authorisations, for sellers and for the operator who decides.

use accounts::{Operator, Seller};
use axum::{Json, extract::State};
use kernel::{
    Error, Page, PageQuery, Timestamp,
    id::{AccountId, ProductId, ResaleId},
};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Offers,
    actions::Receiver,
    rules::{Resale, ResaleFor, ResaleLevel, ResaleProposal, ResaleState},
};

pub(super) fn routes(offers: &Offers) -> Routes {
    Routes::of(offers.clone())
        .get(
            "/api/v1/seller/resellers",
            resellers,
            Op::does(Access::Seller, "List who resells your products").gives::<Resellers>(200),
        )
        .put(
            "/api/v1/seller/resellers",
            set_resellers,
            Op::does(Access::Seller, "Name your resellers anew").takes::<NameResellers>().gives::<Resellers>(200),
        )
        .post(
            "/api/v1/seller/resales",
            authorise,
            Op::does(Access::Seller, "Let resellers buy a product for less")
                .takes::<Authorise>()
                .gives::<ResaleJson>(201),
        )
        .get(
            "/api/v1/seller/resales",
            list,
            Op::does(Access::Seller, "List your resale authorisations")
                .query::<PageQuery>()
                .gives::<Page<ResaleJson>>(200),
        )
        .get(
            "/api/v1/seller/resales/{resale}",
            show,
            Op::does(Access::Seller, "See a resale authorisation").gives::<ResaleJson>(200),
        )
        .post(
            "/api/v1/seller/resales/{resale}/end",
            end,
            Op::does(Access::Seller, "End a resale authorisation").gives::<ResaleJson>(200),
        )
        .get(
            "/api/v1/operator/resales",
            list_all,
            Op::does(Access::Operator, "List the resale authorisations of all sellers")
                .query::<ResaleFilter>()
                .gives::<Page<ResaleJson>>(200),
        )
        .get(
            "/api/v1/operator/resales/{resale}",
            show_any,
            Op::does(Access::Operator, "See a resale authorisation").gives::<ResaleJson>(200),
        )
        .post(
            "/api/v1/operator/resales/{resale}/approve",
            approve,
            Op::does(Access::Operator, "Approve a resale authorisation").gives::<ResaleJson>(200),
        )
        .post(
            "/api/v1/operator/resales/{resale}/reject",
            reject,
            Op::does(Access::Operator, "Reject a resale authorisation")
                .takes::<RejectResale>()
                .gives::<ResaleJson>(200),
        )
        .done()
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ResellerJson {
    account: AccountId,
    /// What it is called; an id alone names nobody.
    #[schema(min_length = 1)]
    name: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"resellers": [{"account": "acc_01jd8kx2v9e5jtf6xw4sz3q7ab", "name": "Ada Ltd."}]}))]
struct NameResellers {
    resellers: Vec<ResellerJson>,
}

#[derive(Serialize, ToSchema)]
struct Resellers {
    resellers: Vec<NamedReseller>,
}

#[derive(Serialize, ToSchema)]
struct NamedReseller {
    account: AccountId,
    name: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "product": "prd_01jd8kx2v9e5jtf6xw4sz3q7ab", "level": "partner", "reseller": "acc_01jd8kx2v9e5jtf6xw4sz3q7ab",
    "price_basis_points": 8_500
}))]
struct Authorise {
    product: ProductId,
    level: ResaleLevel,
    /// Needed but on the level of the product.
    #[serde(default)]
    reseller: Option<AccountId>,
    /// Needed on the level of the customer.
    #[serde(default)]
    customer: Option<AccountId>,
    /// What the customer's account is called. It has to fit the ID.
    #[serde(default)]
    customer_name: String,
    /// What the reseller pays of the price.
    #[schema(minimum = 1, maximum = 9999)]
    price_basis_points: u32,
    /// What you get of what is paid; more than the standard waits for the operator.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 10000)]
    seller_basis_points: Option<u32>,
}

#[derive(Deserialize, IntoParams)]
struct ResaleFilter {
    state: Option<ResaleState>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "The share is above what the programme allows."}))]
struct RejectResale {
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

#[derive(Serialize, ToSchema)]
struct ResaleJson {
    id: ResaleId,
    seller: AccountId,
    product: ProductId,
    level: ResaleLevel,
    #[serde(skip_serializing_if = "Option::is_none")]
    reseller: Option<AccountId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<AccountId>,
    price_basis_points: u32,
    seller_basis_points: u32,
    state: ResaleState,
    created_at: Timestamp,
    /// When the operator decided, where more than the standard was wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
}

impl From<Resale> for ResaleJson {
    fn from(resale: Resale) -> Self {
        Self {
            id: resale.id,
            seller: resale.account,
            product: resale.product,
            level: resale.whom.level(),
            reseller: resale.whom.reseller(),
            customer: resale.whom.customer(),
            price_basis_points: resale.price_basis_points,
            seller_basis_points: resale.seller_basis_points,
            state: resale.state,
            created_at: resale.created_at,
            decided_at: resale.decided.map(|(at, _)| at),
            reason: resale.reason,
            ended_at: resale.ended.map(|(at, _)| at),
        }
    }
}

async fn named(offers: &Offers, tx: &mut platform::Tx, seller: &Seller) -> Result<Resellers, Error> {
    let found = offers.resellers(tx, seller).await?;
    let resellers = found.into_iter().map(|(account, name)| NamedReseller { account, name }).collect();
    Ok(Resellers { resellers })
}

async fn resellers(State(offers): State<Offers>, seller: Seller) -> Reply<Resellers> {
    Ok(Json(named(&offers, &mut offers.app.db.read(), &seller).await?))
}

async fn set_resellers(
    State(offers): State<Offers>,
    seller: Seller,
    once: Once,
    Body(NameResellers { resellers }): Body<NameResellers>,
) -> Result<Answer, Problem> {
    let wanted: Vec<Receiver> = resellers.into_iter().map(|ResellerJson { account, name }| (account, name)).collect();
    once.run(&offers.app, async |tx| {
        offers.set_resellers(tx, &seller, &wanted).await?;
        Ok(Answer::ok(&named(&offers, tx, &seller).await?))
    })
    .await
}

async fn authorise(
    State(offers): State<Offers>,
    seller: Seller,
    once: Once,
    Body(input): Body<Authorise>,
) -> Result<Answer, Problem> {
    let Authorise { product, level, reseller, customer, customer_name, price_basis_points, seller_basis_points } =
        input;
    once.run(&offers.app, async |tx| {
        let whom = ResaleFor::of(level, reseller, customer)?;
        let proposal = ResaleProposal { product, whom, price_basis_points, seller_basis_points };
        Ok(Answer::created(&ResaleJson::from(offers.authorise(tx, &seller, (proposal, &customer_name)).await?)))
    })
    .await
}

async fn list(State(offers): State<Offers>, seller: Seller, Query(page): Query<PageQuery>) -> Reply<Page<ResaleJson>> {
    let page = page.checked().map_err(Error::from)?;
    let found = offers.resales(&mut offers.app.db.read(), &seller, page).await?;
    Ok(Json(found.map(|named| named.resale.into())))
}

async fn show(State(offers): State<Offers>, seller: Seller, PathParam(id): PathParam<ResaleId>) -> Reply<ResaleJson> {
    Ok(Json(offers.resale(&mut offers.app.db.read(), &seller, id).await?.into()))
}

async fn end(
    State(offers): State<Offers>,
    seller: Seller,
    PathParam(id): PathParam<ResaleId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&offers.app, async |tx| Ok(Answer::ok(&ResaleJson::from(offers.end_resale(tx, &seller, id).await?)))).await
}

async fn list_all(
    State(offers): State<Offers>,
    operator: Operator,
    Query(filter): Query<ResaleFilter>,
) -> Reply<Page<ResaleJson>> {
    let ResaleFilter { state, cursor, limit } = filter;
    let page = PageQuery { cursor, limit }.checked().map_err(Error::from)?;
    let found = offers.all_resales(&mut offers.app.db.read(), &operator, state, page).await?;
    Ok(Json(found.map(|named| named.resale.into())))
}

async fn show_any(
    State(offers): State<Offers>,
    operator: Operator,
    PathParam(id): PathParam<ResaleId>,
) -> Reply<ResaleJson> {
    Ok(Json(offers.any_resale(&mut offers.app.db.read(), &operator, id).await?.resale.into()))
}

async fn approve(
    State(offers): State<Offers>,
    operator: Operator,
    PathParam(id): PathParam<ResaleId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&offers.app, async |tx| {
        Ok(Answer::ok(&ResaleJson::from(offers.decide_resale(tx, &operator, (id, None)).await?)))
    })
    .await
}

async fn reject(
    State(offers): State<Offers>,
    operator: Operator,
    PathParam(id): PathParam<ResaleId>,
    once: Once,
    Body(RejectResale { reason }): Body<RejectResale>,
) -> Result<Answer, Problem> {
    once.run(&offers.app, async |tx| {
        Ok(Answer::ok(&ResaleJson::from(offers.decide_resale(tx, &operator, (id, Some(&reason))).await?)))
    })
    .await
}
