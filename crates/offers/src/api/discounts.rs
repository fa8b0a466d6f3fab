//! A seller's discounts for named customers, and what a buyer has of them.

use accounts::{Buyer, Seller};
use axum::{Json, extract::State};
use kernel::{
    Error, Localized, Page, PageQuery, Timestamp,
    id::{AccountId, DiscountId},
};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Offers,
    actions::Receiver,
    rules::{Discount, DiscountProposal, DiscountState, Reduction, Scope},
};

pub(super) fn routes(offers: &Offers) -> Routes {
    Routes::of(offers.clone())
        .post(
            "/api/v1/seller/discounts",
            grant,
            Op::does(Access::Seller, "Give named customers a lower price").takes::<Grant>().gives::<DiscountJson>(201),
        )
        .get(
            "/api/v1/seller/discounts",
            list,
            Op::does(Access::Seller, "List your discounts for customers")
                .query::<PageQuery>()
                .gives::<Page<DiscountJson>>(200),
        )
        .get(
            "/api/v1/seller/discounts/{discount}",
            show,
            Op::does(Access::Seller, "See a discount and whom it is for").gives::<DiscountDetail>(200),
        )
        .put(
            "/api/v1/seller/discounts/{discount}/customers",
            regrant,
            Op::does(Access::Seller, "Name the customers of a discount anew")
                .takes::<Customers>()
                .gives::<DiscountJson>(200),
        )
        .post(
            "/api/v1/seller/discounts/{discount}/end",
            end,
            Op::does(Access::Seller, "End a discount").gives::<DiscountJson>(200),
        )
        .get(
            "/api/v1/discounts",
            own,
            Op::does(Access::Buyer, "List the discounts that sellers give you now").gives::<OwnDiscounts>(200),
        )
        .done()
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CustomerJson {
    account: AccountId,
    /// What it is called; an id alone names nobody.
    #[schema(min_length = 1)]
    name: String,
}

fn receivers(customers: Vec<CustomerJson>) -> Vec<Receiver> {
    customers.into_iter().map(|CustomerJson { account, name }| (account, name)).collect()
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": {"en": "Key account", "zh": "大客户"}, "reduction": {"kind": "percent", "basis_points": 1_500},
    "customers": [{"account": "acc_01jd8kx2v9e5jtf6xw4sz3q7ab", "name": "Ada Ltd."}], "valid_until": "2027-04-01T00:00:00Z"
}))]
struct Grant {
    name: Localized,
    reduction: Reduction,
    /// Your products or editions; all of yours unless told.
    #[serde(default)]
    scope: Scope,
    #[schema(min_items = 1)]
    customers: Vec<CustomerJson>,
    /// At once unless told.
    #[serde(default)]
    valid_from: Option<Timestamp>,
    valid_until: Timestamp,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"customers": [{"account": "acc_01jd8kx2v9e5jtf6xw4sz3q7ab", "name": "Ada Ltd."}]}))]
#[schema(as = DiscountCustomers)]
struct Customers {
    #[schema(min_items = 1)]
    customers: Vec<CustomerJson>,
}

#[derive(Serialize, ToSchema)]
struct DiscountJson {
    id: DiscountId,
    /// The seller who gives it.
    seller: AccountId,
    state: DiscountState,
    name: Localized,
    reduction: Reduction,
    scope: Scope,
    valid_from: Timestamp,
    valid_until: Timestamp,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
}

impl From<Discount> for DiscountJson {
    fn from(discount: Discount) -> Self {
        let Discount { id, account, state, terms, valid, created_at, ended_at } = discount;
        Self {
            id,
            seller: account,
            state,
            name: terms.name,
            reduction: terms.reduction,
            scope: terms.scope,
            valid_from: valid.from,
            valid_until: valid.until,
            created_at,
            ended_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct DiscountDetail {
    #[serde(flatten)]
    discount: DiscountJson,
    customers: Vec<NamedCustomer>,
}

#[derive(Serialize, ToSchema)]
struct NamedCustomer {
    account: AccountId,
    name: String,
}

#[derive(Serialize, ToSchema)]
struct OwnDiscounts {
    discounts: Vec<DiscountJson>,
}

async fn grant(
    State(offers): State<Offers>,
    seller: Seller,
    once: Once,
    Body(input): Body<Grant>,
) -> Result<Answer, Problem> {
    let Grant { name, reduction, scope, customers, valid_from, valid_until } = input;
    let customers = receivers(customers);
    let proposal = DiscountProposal { name, reduction, scope, customers, valid_from, valid_until };
    once.run(&offers.app, async |tx| {
        Ok(Answer::created(&DiscountJson::from(offers.grant(tx, &seller, &proposal).await?)))
    })
    .await
}

async fn list(
    State(offers): State<Offers>,
    seller: Seller,
    Query(page): Query<PageQuery>,
) -> Reply<Page<DiscountJson>> {
    let page = page.checked().map_err(Error::from)?;
    let found = offers.discounts(&mut offers.app.db.read(), &seller, page).await?;
    Ok(Json(found.map(DiscountJson::from)))
}

async fn show(
    State(offers): State<Offers>,
    seller: Seller,
    PathParam(id): PathParam<DiscountId>,
) -> Reply<DiscountDetail> {
    let (discount, named) = offers.discount(&mut offers.app.db.read(), &seller, id).await?;
    let customers = named.into_iter().map(|(account, name)| NamedCustomer { account, name }).collect();
    Ok(Json(DiscountDetail { discount: discount.into(), customers }))
}

async fn regrant(
    State(offers): State<Offers>,
    seller: Seller,
    PathParam(id): PathParam<DiscountId>,
    once: Once,
    Body(Customers { customers }): Body<Customers>,
) -> Result<Answer, Problem> {
    let customers = receivers(customers);
    once.run(&offers.app, async |tx| {
        Ok(Answer::ok(&DiscountJson::from(offers.regrant(tx, &seller, (id, &customers)).await?)))
    })
    .await
}

async fn end(
    State(offers): State<Offers>,
    seller: Seller,
    PathParam(id): PathParam<DiscountId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&offers.app, async |tx| Ok(Answer::ok(&DiscountJson::from(offers.end_discount(tx, &seller, id).await?))))
        .await
}

async fn own(State(offers): State<Offers>, buyer: Buyer) -> Reply<OwnDiscounts> {
    let found = offers.own_discounts(&mut offers.app.db.read(), &buyer).await?;
    Ok(Json(OwnDiscounts { discounts: found.into_iter().map(|(discount, _)| discount.into()).collect() }))
}
