//! `/api/v1`: quotes and orders, for buyers, sellers and the operator.

use accounts::{Buyer, Operator, Seller};
use axum::{Json, extract::State};
use catalogue::{ContactData, Replies};
use kernel::{
    Currency, Error, Localized, Money, Page, PageQuery, Refusal, Timestamp, choices,
    id::{AccountId, CouponId, OrderId, OrderLineId, ProductId, QuoteId, SkuId},
    page::PageOf,
};
use offers::{Coupons, Offered};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes};
use pricing::{Choice, PeriodUnit};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

use crate::{
    Orders,
    rules::{Content, Line, LineState, Order, OrderKind, State as OrderState, StateName, StoredQuote, Wanted, Wish},
};

pub(crate) fn routes(orders: &Orders) -> Routes {
    Routes::of(orders.clone())
        .post(
            "/api/v1/quotes",
            quote,
            Op::does(Access::Buyer, "Ask for an explained price").takes::<AskQuote>().gives::<QuoteJson>(201),
        )
        .get("/api/v1/quotes/{quote}", show_quote, Op::does(Access::Buyer, "See a quote").gives::<QuoteJson>(200))
        .get(
            "/api/v1/quotes/{quote}/coupons",
            quote_coupons,
            Op::does(Access::Buyer, "See which of your coupons fit a quote, and why others do not")
                .gives::<QuoteCoupons>(200),
        )
        .post(
            "/api/v1/orders",
            place,
            Op::does(Access::Buyer, "Accept a quote, and pay it if told").takes::<PlaceOrder>().gives::<OrderJson>(201),
        )
        .get(
            "/api/v1/orders",
            list,
            Op::does(Access::Buyer, "List orders").query::<OrderFilter>().gives::<Page<OrderSummary>>(200),
        )
        .get("/api/v1/orders/{order}", show, Op::does(Access::Buyer, "See an order").gives::<OrderJson>(200))
        .post(
            "/api/v1/orders/{order}/pay",
            pay,
            Op::does(Access::Buyer, "Pay an order from the wallet").gives::<OrderJson>(200),
        )
        .post(
            "/api/v1/orders/{order}/cancel",
            cancel,
            Op::does(Access::Buyer, "Cancel an unpaid order").gives::<OrderJson>(200),
        )
        .post(
            "/api/v1/trials",
            start_trial,
            Op::does(Access::Buyer, "Start the one trial that the account has of a spec")
                .takes::<StartTrial>()
                .gives::<OrderJson>(201),
        )
        .get(
            "/api/v1/seller/orders",
            list_sold,
            Op::does(Access::Seller, "List paid orders of the seller's products").query::<OrderFilter>().gives::<Page<
                OrderSummary,
            >>(
                200
            ),
        )
        .get(
            "/api/v1/seller/orders/{order}",
            show_sold,
            Op::does(Access::Seller, "See a paid order").gives::<OrderJson>(200),
        )
        .get(
            "/api/v1/operator/orders",
            list_all,
            Op::does(Access::Operator, "List the orders of all accounts").query::<OperatorOrderFilter>().gives::<Page<
                OrderSummary,
            >>(
                200
            ),
        )
        .get(
            "/api/v1/operator/orders/{order}",
            show_any,
            Op::does(Access::Operator, "See an order").gives::<OrderJson>(200),
        )
        .done()
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"sku": "sku_01jd8kx2v9e5jtf6xw4sz3q7ab", "quantities": {"users": 25}, "periods": 12}))]
struct AskQuote {
    sku: SkuId,
    /// How many of each quantity attribute, by its code.
    #[serde(default)]
    quantities: BTreeMap<String, u64>,
    /// How many days, months or years; 1 for a price that is not per period.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 366, default = 1)]
    periods: u32,
    /// Needed only where a SKU has prices for several kinds of periods.
    #[serde(default)]
    period_unit: Option<PeriodUnit>,
    /// What is paid in, where a SKU has prices in several currencies; its own without it.
    #[serde(default)]
    currency: Option<Currency>,
    /// Coupons of yours to use on it.
    #[serde(default)]
    coupons: Vec<CouponId>,
    /// The customer that you sell it on to, if you are a reseller.
    #[serde(default)]
    customer: Option<AccountId>,
    /// Agree to renew it automatically for the same length, from the wallet, each time for so much at most; not less than
    /// another term costs now. It can be changed later.
    #[serde(default)]
    renew_up_to: Option<Money>,
    /// What you answer to the questions of the product's `parameters`, by their names. Those that are mandatory may be missing
    /// where only the price is wanted; such a quote cannot be ordered.
    #[serde(default)]
    answers: BTreeMap<String, String>,
    /// That you agree to the seller being told the contact data that the product's `contacts` ask for.
    #[serde(default)]
    contacts: ContactData,
}

fn one() -> u32 {
    1
}

#[derive(Serialize, ToSchema)]
struct QuoteJson {
    id: QuoteId,
    sku: SkuId,
    product: ProductId,
    seller: AccountId,
    total: Money,
    #[serde(flatten)]
    content: Content,
    created_at: Timestamp,
    expires_at: Timestamp,
}

impl From<StoredQuote> for QuoteJson {
    fn from(quote: StoredQuote) -> Self {
        let StoredQuote { id, account: _, seller, product, revision: _, sku, content, created_at, expires_at } = quote;
        Self { id, sku, product, seller, total: content.quote.total, content, created_at, expires_at }
    }
}

#[derive(Serialize, ToSchema)]
struct QuoteCoupons {
    /// How many one order takes.
    most: u32,
    coupons: Vec<QuoteCoupon>,
}

#[derive(Serialize, ToSchema)]
struct QuoteCoupon {
    coupon: CouponId,
    name: Localized,
    /// What it is worth, in words.
    value: Localized,
    valid_until: Timestamp,
    /// Whether the price was computed with it.
    chosen: bool,
    /// Whether it takes the place of a discount that you have.
    instead_of_discount: bool,
    /// What it takes off this price.
    #[serde(skip_serializing_if = "Option::is_none")]
    saves: Option<Money>,
    /// The stable code and the words of why it does not fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Localized>,
}

impl From<Offered> for QuoteCoupon {
    fn from(offered: Offered) -> Self {
        let Offered { coupon, name, value, until, chosen, instead_of_discount, fit } = offered;
        let (saves, why) = match fit {
            Ok(saves) => (Some(saves), None),
            Err(why) => (None, Some(why)),
        };
        let (code, reason) = (why.map(|why| why.code()), why.map(|why| why.text()));
        Self { coupon, name, value, valid_until: until, chosen, instead_of_discount, saves, code, reason }
    }
}

choices! {
    /// What an order is paid with.
    enum PayWith { Wallet = "wallet" }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"quote": "quo_01jd8kx2v9e5jtf6xw4sz3q7ab", "pay_with": "wallet"}))]
struct PlaceOrder {
    quote: QuoteId,
    /// Pays at once; without it the order waits for its payment.
    #[serde(default)]
    pay_with: Option<PayWith>,
}

/// A trial is of what would be bought, for as many days as its seller offers; it costs nothing and does not go on by itself.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"sku": "sku_01jd8kx2v9e5jtf6xw4sz3q7ab", "quantities": {"users": 5}}))]
struct StartTrial {
    sku: SkuId,
    /// How many of each quantity attribute, by its code.
    #[serde(default)]
    quantities: BTreeMap<String, u64>,
    /// In which it would be bought after it, where a SKU has prices in several; its own without it.
    #[serde(default)]
    currency: Option<Currency>,
    /// What you answer to the questions of the product's `parameters`, by their names.
    #[serde(default)]
    answers: BTreeMap<String, String>,
    /// That you agree to the seller being told the contact data that the product's `contacts` ask for.
    #[serde(default)]
    contacts: ContactData,
}

#[derive(Deserialize, IntoParams)]
struct OrderFilter {
    state: Option<StateName>,
    kind: Option<OrderKind>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

#[derive(Deserialize, IntoParams)]
struct OperatorOrderFilter {
    account: Option<AccountId>,
    state: Option<StateName>,
    kind: Option<OrderKind>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct OrderSummary {
    id: OrderId,
    number: String,
    kind: OrderKind,
    buyer: AccountId,
    seller: AccountId,
    state: StateName,
    total: Money,
    placed_at: Timestamp,
    /// Until when a placed order has to be paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_due_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paid_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refunded_at: Option<Timestamp>,
}

impl From<&Order> for OrderSummary {
    fn from(order: &Order) -> Self {
        let mut summary = Self {
            id: order.id,
            number: order.number.clone(),
            kind: order.kind,
            buyer: order.account,
            seller: order.seller,
            state: order.state.name(),
            total: order.total,
            placed_at: order.placed_at,
            payment_due_at: None,
            paid_at: None,
            completed_at: None,
            cancelled_at: None,
            refunded_at: None,
        };
        match order.state {
            OrderState::Placed { due_at } => summary.payment_due_at = Some(due_at),
            OrderState::Paid { paid_at } => summary.paid_at = Some(paid_at),
            OrderState::Completed { paid_at, completed_at } => {
                (summary.paid_at, summary.completed_at) = (Some(paid_at), Some(completed_at));
            }
            OrderState::Cancelled { at } => summary.cancelled_at = Some(at),
            OrderState::Refunded { paid_at, completed_at, at } => {
                summary.paid_at = Some(paid_at);
                (summary.completed_at, summary.refunded_at) = (completed_at, Some(at));
            }
        }
        summary
    }
}

#[derive(Serialize, ToSchema)]
struct OrderJson {
    #[serde(flatten)]
    summary: OrderSummary,
    quote: QuoteId,
    lines: Vec<LineJson>,
}

#[derive(Serialize, ToSchema)]
struct LineJson {
    id: OrderLineId,
    /// The number that sellers' programs know the line by.
    number: String,
    product: ProductId,
    sku: SkuId,
    state: LineState,
    amount: Money,
    #[serde(flatten)]
    content: Content,
}

impl OrderJson {
    fn of(order: &Order, lines: Vec<Line>) -> Self {
        let line = |line: Line| LineJson {
            id: line.id,
            number: line.number(order),
            product: line.product,
            sku: line.sku,
            state: line.state,
            amount: line.amount,
            content: line.content,
        };
        Self { summary: order.into(), quote: order.quote, lines: lines.into_iter().map(line).collect() }
    }
}

fn page(cursor: Option<String>, limit: Option<u32>) -> Result<PageOf, Problem> {
    Ok(PageQuery { cursor, limit }.checked().map_err(Error::from)?)
}

async fn quote(
    State(orders): State<Orders>,
    buyer: Buyer,
    once: Once,
    Body(input): Body<AskQuote>,
) -> Result<Answer, Problem> {
    let AskQuote { sku, quantities, periods, period_unit, currency, coupons, customer, renew_up_to, answers, contacts } =
        input;
    let (choice, replies) = (Choice { quantities, periods, period_unit, currency }, Replies { answers, contacts });
    let wish = Wish { choice, coupons, customer, renew_up_to, replies };
    once.run(&orders.app, async |tx| {
        let quote = orders.quote_with(tx, &buyer, sku, &wish).await?;
        Ok(Answer::created(&QuoteJson::from(quote)))
    })
    .await
}

async fn show_quote(State(orders): State<Orders>, buyer: Buyer, PathParam(id): PathParam<QuoteId>) -> Reply<QuoteJson> {
    Ok(Json(orders.find_quote(&mut orders.app.db.read(), &buyer, id).await?.into()))
}

async fn quote_coupons(
    State(orders): State<Orders>,
    buyer: Buyer,
    PathParam(id): PathParam<QuoteId>,
) -> Reply<QuoteCoupons> {
    let mut tx = orders.app.db.read();
    let quote = orders.find_quote(&mut tx, &buyer, id).await?;
    let sold_to = quote.content.resale.as_ref().and_then(|used| used.customer);
    let Coupons { offered, most } = orders.coupons(&mut tx, &buyer, (&quote, sold_to)).await?;
    Ok(Json(QuoteCoupons { most, coupons: offered.into_iter().map(QuoteCoupon::from).collect() }))
}

async fn place(
    State(orders): State<Orders>,
    buyer: Buyer,
    once: Once,
    Body(input): Body<PlaceOrder>,
) -> Result<Answer, Problem> {
    let PlaceOrder { quote, pay_with } = input;
    once.run(&orders.app, async |tx| {
        let order = match pay_with {
            Some(PayWith::Wallet) => orders.buy(tx, &buyer, quote).await?,
            None => orders.place(tx, &buyer, quote).await?,
        };
        let lines = orders.lines(tx, order.id).await?;
        Ok(Answer::created(&OrderJson::of(&order, lines)))
    })
    .await
}

async fn start_trial(
    State(orders): State<Orders>,
    buyer: Buyer,
    once: Once,
    Body(StartTrial { sku, quantities, currency, answers, contacts }): Body<StartTrial>,
) -> Result<Answer, Problem> {
    once.run(&orders.app, async |tx| {
        let chosen = Choice { quantities, currency, ..Choice::default() };
        let order = orders.start_trial(tx, &buyer, (sku, &chosen), &Replies { answers, contacts }).await?;
        let lines = orders.lines(tx, order.id).await?;
        Ok(Answer::created(&OrderJson::of(&order, lines)))
    })
    .await
}

async fn list(
    State(orders): State<Orders>,
    buyer: Buyer,
    Query(filter): Query<OrderFilter>,
) -> Reply<Page<OrderSummary>> {
    let OrderFilter { state, kind, cursor, limit } = filter;
    let found =
        orders.list(&mut orders.app.db.read(), &buyer, Wanted::newest(state, kind), page(cursor, limit)?).await?;
    Ok(Json(found.map(|listed| OrderSummary::from(&listed.order))))
}

async fn show(State(orders): State<Orders>, buyer: Buyer, PathParam(id): PathParam<OrderId>) -> Reply<OrderJson> {
    let (order, lines) = orders.view(&mut orders.app.db.read(), &buyer, id).await?;
    Ok(Json(OrderJson::of(&order, lines)))
}

async fn pay(
    State(orders): State<Orders>,
    buyer: Buyer,
    PathParam(id): PathParam<OrderId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&orders.app, async |tx| {
        let order = orders.pay(tx, &buyer, id).await?;
        let lines = orders.lines(tx, id).await?;
        Ok(Answer::ok(&OrderJson::of(&order, lines)))
    })
    .await
}

async fn cancel(
    State(orders): State<Orders>,
    buyer: Buyer,
    PathParam(id): PathParam<OrderId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&orders.app, async |tx| {
        let order = orders.cancel(tx, &buyer, id).await?;
        let lines = orders.lines(tx, id).await?;
        Ok(Answer::ok(&OrderJson::of(&order, lines)))
    })
    .await
}

async fn list_sold(
    State(orders): State<Orders>,
    seller: Seller,
    Query(filter): Query<OrderFilter>,
) -> Reply<Page<OrderSummary>> {
    let OrderFilter { state, kind, cursor, limit } = filter;
    let found =
        orders.list_sold(&mut orders.app.db.read(), &seller, Wanted::newest(state, kind), page(cursor, limit)?).await?;
    Ok(Json(found.map(|listed| OrderSummary::from(&listed.order))))
}

async fn show_sold(
    State(orders): State<Orders>,
    seller: Seller,
    PathParam(id): PathParam<OrderId>,
) -> Reply<OrderJson> {
    let (order, lines) = orders.view_sold(&mut orders.app.db.read(), &seller, id).await?;
    Ok(Json(OrderJson::of(&order, lines)))
}

async fn list_all(
    State(orders): State<Orders>,
    operator: Operator,
    Query(filter): Query<OperatorOrderFilter>,
) -> Reply<Page<OrderSummary>> {
    let OperatorOrderFilter { account, state, kind, cursor, limit } = filter;
    let page = page(cursor, limit)?;
    let found =
        orders.list_all(&mut orders.app.db.read(), &operator, (account, Wanted::newest(state, kind)), page).await?;
    Ok(Json(found.map(|listed| OrderSummary::from(&listed.order))))
}

async fn show_any(
    State(orders): State<Orders>,
    operator: Operator,
    PathParam(id): PathParam<OrderId>,
) -> Reply<OrderJson> {
    let (order, lines) = orders.view_any(&mut orders.app.db.read(), &operator, id).await?;
    Ok(Json(OrderJson::of(&order, lines)))
}
