//! Query an order (查询订单): what a seller's system reads after it was asked to create an instance.
//!
//! | status | `resultCode` | when |
//! |---|---|---|
//! | 200 | MKT.0000 | done |
//! | 400 | MKT.0101 | `orderId` is missing or too long |
//! | 401 | MKT.0150 | there is no such order of this seller |
//! | 401 | MKT.0151 | the key's owner is no seller, or the key may not use the open API |
//! | 401 | MKT.0154 | the signature is missing, wrong or too old |
//! | 406 | MKT.0250 | too many requests; see `Retry-After` |
//! | 500 | MKT.0999 | our fault |
//! | 503 | MKT.0999 | the process that runs the seller's sandbox does not answer; ask again |
//!
//! Orders are known by their numbers and by the ids that the answers about licences carry, lines by the number and their place,
//! `-000001`. By a line's number in `orderId` its order is found with that line alone: older programs are told such numbers. By a
//! number with `-R`, which programs are told of a renewal that goes back, the unsubscription of that renewal is found: it says
//! until when what was renewed goes on without it. The mock orders of the documents are answered to every seller, and each run of
//! one, `MOCKONETIMENEW-5C21F0A9`. Several quantities of a line stand in its `extendParams`. Where the documents are silent: what an order is of
//! stays, also after it was given back; `linearValue` is the bought quantity when there is one quantity attribute, else 1; what has
//! no end has no `expireTime`; of a renewal it is the end of the term that it paid for, and before the instance is there, the end
//! that a term would have which began at the payment.

use std::sync::Arc;

use accounts::{Permission, Seller};
use axum::{
    Json,
    extract::{self, FromRequestParts, Query, rejection::QueryRejection},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use catalogue::{BuyerAnswer, ContactData};
use kernel::{Error, Lang, Result, Timestamp};
use orders::{Content, Line, LineState, Order, OrderKind, State};
use platform::{
    Tx,
    http::{Access, Op, Problem, Routes},
};
use policy::BillingMode;
use pricing::PeriodUnit;
use production::mock_order;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::retold;
use crate::Doors;

const PATH: &str = "/api/mkp-openapi-public/global/v1/order/query";

pub(crate) fn routes(doors: Arc<Doors>) -> Routes {
    let op = Op::does(Access::Seller, "Query an order of one's own products, by its number")
        .query::<Asked>()
        .gives::<OrderAnswer>(200)
        .refuses::<OrderRefusal>();
    // Signers end the path with a slash when they sign; clients send it with or without one.
    Routes::of(doors)
        .get(PATH, query, op.clone())
        .get("/api/mkp-openapi-public/global/v1/order/query/", query, op)
        .done()
}

#[derive(Deserialize, IntoParams)]
struct Asked {
    #[serde(rename = "orderId", default)]
    #[param(max_length = 64, example = "CS2211181819B4LVS")]
    order: String,
    #[serde(rename = "orderLineId", default)]
    #[param(max_length = 64, example = "CS2211181819B4LVS-000001")]
    line: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct OrderAnswer {
    #[serde(rename = "resultCode")]
    #[schema(example = "MKT.0000")]
    code: &'static str,
    #[serde(rename = "resultMsg")]
    #[schema(example = "success")]
    message: &'static str,
    #[serde(rename = "orderInfo")]
    order: OrderInfo,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OrderInfo {
    #[schema(example = "CS2211181819B4LVS")]
    order_id: String,
    /// `NEW`, `TRIAL`, `TRIAL_TO_FORMAL`, `UNSUBSCRIBE`, `RENEW` or `CHANGE`.
    #[schema(example = "NEW")]
    order_type: &'static str,
    #[schema(example = "20221118101900")]
    create_time: String,
    order_line: Vec<OrderLineInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    buyer_info: Option<BuyerInfo>,
    extend_params: Vec<ExtendParam>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OrderLineInfo {
    #[schema(example = "CS2211181819B4LVS-000001")]
    order_line_id: String,
    /// `ON_DEMAND`, `ONE_TIME`, `PERIOD` or `ON_DEMAND_PKG`.
    #[schema(example = "PERIOD")]
    charging_mode: &'static str,
    /// `year`, `month` or `day`.
    #[serde(skip_serializing_if = "Option::is_none")]
    period_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    period_number: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "20231118101900")]
    expire_time: Option<String>,
    product_info: Vec<OrderProductInfo>,
    extend_params: Vec<ExtendParam>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OrderProductInfo {
    product_id: String,
    /// The seller's own code of what was bought.
    sku_code: String,
    linear_value: u64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BuyerInfo {
    customer_id: String,
    customer_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mobile_phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct ExtendParam {
    #[schema(example = "emailDomainName")]
    name: String,
    #[schema(example = "example.com")]
    value: String,
}

impl ExtendParam {
    fn of(name: &str, value: &str) -> Self {
        Self { name: name.to_owned(), value: value.to_owned() }
    }
}

/// A refusal in the door's format.
#[derive(Serialize, ToSchema)]
struct OrderRefusal {
    #[serde(rename = "resultCode")]
    #[schema(example = "MKT.0150")]
    code: &'static str,
    #[serde(rename = "resultMsg")]
    #[schema(example = "there is no such order")]
    message: String,
}

struct Refused(Box<Response>);

impl Refused {
    fn new(status: StatusCode, code: &'static str, message: &str) -> Self {
        let refusal = OrderRefusal { code, message: message.to_owned() };
        Self(Box::new((status, Json(refusal)).into_response()))
    }

    /// Whether what was asked for is not there: whoever may not ask was refused before.
    fn is_unknown(&self) -> bool {
        self.0.status() == StatusCode::UNAUTHORIZED
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Problem::from(error).into()
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        let (status, code) = translate(problem.status());
        let refusal = OrderRefusal { code, message: problem.text(Lang::En).to_owned() };
        let text = serde_json::to_string(&refusal).unwrap_or_default();
        Self(Box::new(retold(problem, status, text)))
    }
}

/// Our statuses in the door's statuses and codes.
fn translate(status: u16) -> (StatusCode, &'static str) {
    match status {
        401 => (StatusCode::UNAUTHORIZED, "MKT.0154"),
        403 => (StatusCode::UNAUTHORIZED, "MKT.0151"),
        404 => (StatusCode::UNAUTHORIZED, "MKT.0150"),
        429 => (StatusCode::NOT_ACCEPTABLE, "MKT.0250"),
        503 => (StatusCode::SERVICE_UNAVAILABLE, "MKT.0999"),
        400..=499 => (StatusCode::BAD_REQUEST, "MKT.0101"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "MKT.0999"),
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// The seller whose key signed the request.
struct Caller(Seller);

impl FromRequestParts<Arc<Doors>> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, doors: &Arc<Doors>) -> Result<Self, Refused> {
        let member = doors.accounts.authenticate(parts).await?;
        Ok(Self(Seller::try_from(member).map_err(Error::from)?))
    }
}

async fn query(
    extract::State(doors): extract::State<Arc<Doors>>,
    Caller(seller): Caller,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Refused> {
    seller.may(Permission::Integrate).map_err(Error::from)?;
    let Ok(Query(Asked { order, line })) = asked else {
        return Err(Refused::new(StatusCode::BAD_REQUEST, "MKT.0101", "the query could not be read"));
    };
    if !(1..=64).contains(&order.len()) {
        return Err(Refused::new(StatusCode::BAD_REQUEST, "MKT.0101", "orderId must have 1 to 64 characters"));
    }
    let order = if let Some(mock) = mock(&order, doors.app.clock.now()) {
        mock
    } else {
        // Programs that fill in a template send the field empty.
        let line = line.as_deref().filter(|line| !line.is_empty());
        match doors.order(&mut doors.app.db.read(), &seller, (&order, line)).await {
            Ok(found) => found,
            Err(refused) if refused.is_unknown() => {
                let asked = (order.clone(), line.map(str::to_owned));
                return doors
                    .told_elsewhere(seller, asked)
                    .await?
                    .map(|told| Json(told).into_response())
                    .ok_or(refused);
            }
            Err(refused) => return Err(refused),
        }
    };
    Ok(Json(OrderAnswer { code: "MKT.0000", message: "success", order }).into_response())
}

impl Doors {
    /// An order that this site does not have: one of the seller's sandbox.
    async fn told_elsewhere(
        &self,
        seller: Seller,
        asked: (String, Option<String>),
    ) -> Result<Option<serde_json::Value>> {
        match &self.elsewhere {
            Some(elsewhere) => elsewhere(seller, asked).await,
            None => Ok(None),
        }
    }

    async fn order(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        (number, wanted): (&str, Option<&str>),
    ) -> Result<OrderInfo, Refused> {
        // The answers about a licence carry its order's id.
        let known = match number.parse() {
            Ok(id) => Known { order: self.orders.find(tx, id).await?.number, line: None, returned: false },
            Err(_) => known_by(number),
        };
        let (order, lines) = self.orders.sold_by_number(tx, seller, &known.order).await?;
        let wanted = wanted.map(known_by).map(|wanted| wanted.line.unwrap_or(wanted.order));
        let fits = |line: &Line| [&known.line, &wanted].into_iter().flatten().all(|one| line.number(&order) == *one);
        let is_returned = |line: &Line| line.content.renews.is_some() && line.state == LineState::Refunded;
        let lines: Vec<Line> =
            lines.into_iter().filter(|line| fits(line) && (!known.returned || is_returned(line))).collect();
        let mut infos = Vec::new();
        for line in &lines {
            let instance = match self.instances.find_sold_by_line(tx, seller.account(), line.id).await {
                Ok(instance) => Some(instance),
                Err(Error::NotFound(_)) => None,
                Err(other) => return Err(other.into()),
            };
            let end = match (line.content.renews, &line.content.changes, instance) {
                // It goes on as it would have.
                (Some(renews), _, _) if known.returned => self.instances.find(tx, renews.instance).await?.expires_at,
                (Some(renews), _, _) => Some(renews.term.until),
                (None, Some(changes), _) => Some(changes.term.until),
                (None, None, Some(instance)) => instance.expires_at,
                (None, None, None) if line.content.is_delivered() => self.planned_end(&order, line).await?,
                // A later instalment: what it pays for ends with the order that it was delivered under.
                (None, None, None) => None,
            };
            infos.push(line_info(&order, line, end));
        }
        for info in infos.iter_mut().filter(|_| known.returned) {
            info.order_line_id = info.order_line_id.replacen(&order.number, &format!("{}{RETURNED}", order.number), 1);
        }
        if infos.is_empty() {
            return Err(Refused::new(StatusCode::UNAUTHORIZED, "MKT.0150", "there is no such order line"));
        }
        let account = self.accounts.find(tx, order.account).await?;
        let contact = self.accounts.recipients(tx, order.account).await?.into_iter().next();
        let may = |told: fn(ContactData) -> bool| lines.iter().any(|line| told(line.content.told()));
        let buyer = BuyerInfo {
            customer_id: account.id.to_string(),
            customer_name: account.name,
            user_id: contact.as_ref().map(|contact| contact.user.to_string()),
            user_name: contact.as_ref().map(|contact| contact.name.clone()),
            mobile_phone: contact
                .as_ref()
                .and_then(|contact| contact.mobile.clone())
                .filter(|_| may(|told| told.phone)),
            email: contact.and_then(|contact| contact.email).filter(|_| may(|told| told.email)),
        };
        Ok(OrderInfo {
            order_id: if known.returned { format!("{}{RETURNED}", order.number) } else { order.number.clone() },
            order_type: match order.kind {
                _ if known.returned => "UNSUBSCRIBE",
                OrderKind::New => "NEW",
                OrderKind::Renewal => "RENEW",
                OrderKind::Change | OrderKind::RenewalChange => "CHANGE",
                OrderKind::Trial => "TRIAL",
                OrderKind::Conversion => "TRIAL_TO_FORMAL",
            },
            create_time: time(order.placed_at),
            order_line: infos,
            buyer_info: Some(buyer),
            extend_params: lines.iter().flat_map(answers).collect(),
        })
    }
}

/// What its buyer answered to the seller's questions.
fn answers(line: &Line) -> impl Iterator<Item = ExtendParam> + '_ {
    line.content.answers.iter().map(|BuyerAnswer { name, value, label: _ }| ExtendParam::of(name, value))
}

impl Doors {
    /// When a term would end that begins with the payment.
    async fn planned_end(&self, order: &Order, line: &Line) -> Result<Option<Timestamp>> {
        let zone = self.accounts.policies.current().await?.zone();
        let begins = match order.state {
            State::Paid { paid_at } | State::Completed { paid_at, .. } | State::Refunded { paid_at, .. } => paid_at,
            State::Placed { .. } | State::Cancelled { .. } => order.placed_at,
        };
        Ok(line.content.quote.length().map(|length| length.end(begins, &zone)))
    }
}

/// What the number of an unsubscription has behind that of its renewal.
const RETURNED: &str = "-R";

/// What a number names.
#[derive(Debug, PartialEq, Eq)]
struct Known {
    order: String,
    /// Of one line alone.
    line: Option<String>,
    /// Not the renewal itself, but that it went back.
    returned: bool,
}

/// The number of an order, and of its line where that is asked for: older programs are told of later lines by a number of their
/// own, and of a renewal that goes back by its number with `-R`.
fn known_by(number: &str) -> Known {
    let is_place = |place: &str| place.len() == 6 && place.bytes().all(|digit| digit.is_ascii_digit());
    let placed = number.rsplit_once('-').filter(|(_, place)| is_place(place));
    let whole = placed.map_or(number, |(order, _)| order);
    let renewal = whole.strip_suffix(RETURNED).filter(|order| !order.is_empty());
    let order = renewal.unwrap_or(whole).to_owned();
    let line = placed.map(|(_, place)| format!("{order}-{place}"));
    Known { order, line, returned: renewal.is_some() }
}

fn line_info(order: &Order, line: &Line, end: Option<Timestamp>) -> OrderLineInfo {
    let content = &line.content;
    // What is left of a term is no number of periods; the term is one.
    let unit = content.quote.unit.or(content.changes.as_ref().and(content.choice.period_unit));
    let period_type = unit.map(|unit| match unit {
        PeriodUnit::Day => "day",
        PeriodUnit::Month => "month",
        PeriodUnit::Year => "year",
    });
    let period_number = match &content.changes {
        Some(_) => unit.map(|_| content.choice.periods),
        None => unit.map(|_| content.quote.periods),
    };
    let mut quantities = content.choice.quantities.values();
    let linear_value = match (quantities.next(), quantities.next()) {
        (Some(only), None) => *only,
        (Some(_) | None, _) => 1,
    };
    let charging_mode = match content.billing_mode {
        BillingMode::OneOff => "ONE_TIME",
        BillingMode::Period => "PERIOD",
        BillingMode::OnDemand => "ON_DEMAND",
        BillingMode::Package => "ON_DEMAND_PKG",
    };
    let product =
        OrderProductInfo { product_id: line.product.to_string(), sku_code: content.sku_code.clone(), linear_value };
    OrderLineInfo {
        order_line_id: line.number(order),
        charging_mode,
        period_type,
        period_number,
        expire_time: end.map(time),
        product_info: vec![product],
        extend_params: answers(line).chain(quantities_of(content)).collect(),
    }
}

/// The quantities of a line that has several: a product has room for one.
fn quantities_of(content: &Content) -> Vec<ExtendParam> {
    let all = &content.choice.quantities;
    let param = |(name, count): (&String, &u64)| ExtendParam::of(name, &count.to_string());
    if all.len() > 1 { all.iter().map(param).collect() } else { Vec::new() }
}

/// The orders that every seller may try a program with.
fn mock(number: &str, now: Timestamp) -> Option<OrderInfo> {
    let (order_type, charging_mode, period) = match mock_order(number)? {
        "MOCKPERIODYEARNEW" => ("NEW", "PERIOD", Some(("year", 365))),
        "MOCKONETIMENEW" => ("NEW", "ONE_TIME", None),
        "MOCKONDEMAND" => ("NEW", "ON_DEMAND", None),
        "MOCKONDEMANDPKG" => ("NEW", "ON_DEMAND_PKG", None),
        "MOCKPERIODDAYTRIAL" => ("TRIAL", "PERIOD", Some(("day", 1))),
        "MOCKMONTYTRIALTOFORMAL" => ("TRIAL_TO_FORMAL", "PERIOD", Some(("month", 30))),
        "MOCKMONTYUNSUBSCRIBE" => ("UNSUBSCRIBE", "PERIOD", Some(("month", 30))),
        "MOCKMONTYRENEW" => ("RENEW", "PERIOD", Some(("month", 30))),
        "MOCKMONTYCHANGE" => ("CHANGE", "PERIOD", Some(("month", 30))),
        _ => return None,
    };
    let product =
        OrderProductInfo { product_id: "TESTPRODUCT".to_owned(), sku_code: "TEST".to_owned(), linear_value: 1 };
    let line = OrderLineInfo {
        order_line_id: format!("{number}-000001"),
        charging_mode,
        period_type: period.map(|(unit, _)| unit),
        period_number: period.map(|_| 1),
        expire_time: period.map(|(_, days)| time(now.plus_days(days))),
        product_info: vec![product],
        extend_params: vec![ExtendParam::of("emailDomainName", "example.com")],
    };
    let buyer = BuyerInfo {
        customer_id: "TESTCUSTOMER".to_owned(),
        customer_name: "Test customer".to_owned(),
        user_id: None,
        user_name: None,
        mobile_phone: None,
        email: Some("test@example.com".to_owned()),
    };
    Some(OrderInfo {
        order_id: number.to_owned(),
        order_type,
        create_time: time(now),
        order_line: vec![line],
        buyer_info: Some(buyer),
        extend_params: vec![ExtendParam::of("emailDomainName", "example.com")],
    })
}

/// `yyyyMMddHHmmss` in UTC.
fn time(moment: Timestamp) -> String {
    moment.to_string().chars().filter(char::is_ascii_digit).take(14).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mock_order_of_the_documents_is_there() {
        let now = "2026-11-22T08:00:00Z".parse().unwrap();
        let check = |number: &str, expected: [&str; 4]| {
            let order = mock(number, now).unwrap();
            let line = &order.order_line[0];
            assert_eq!(line.order_line_id, format!("{number}-000001"));
            let end = line.expire_time.as_deref().unwrap_or("-");
            let found = [order.order_type, line.charging_mode, line.period_type.unwrap_or("-"), end];
            assert_eq!(found, expected, "{number}");
        };
        check("MOCKPERIODYEARNEW", ["NEW", "PERIOD", "year", "20271122080000"]);
        check("MOCKONETIMENEW", ["NEW", "ONE_TIME", "-", "-"]);
        check("MOCKONDEMAND", ["NEW", "ON_DEMAND", "-", "-"]);
        check("MOCKONDEMANDPKG", ["NEW", "ON_DEMAND_PKG", "-", "-"]);
        check("MOCKPERIODDAYTRIAL", ["TRIAL", "PERIOD", "day", "20261123080000"]);
        check("MOCKMONTYTRIALTOFORMAL", ["TRIAL_TO_FORMAL", "PERIOD", "month", "20261222080000"]);
        check("MOCKMONTYUNSUBSCRIBE", ["UNSUBSCRIBE", "PERIOD", "month", "20261222080000"]);
        check("MOCKMONTYRENEW", ["RENEW", "PERIOD", "month", "20261222080000"]);
        check("MOCKMONTYCHANGE", ["CHANGE", "PERIOD", "month", "20261222080000"]);
        check("MOCKONETIMENEW-5C21F0A9", ["NEW", "ONE_TIME", "-", "-"]);
        assert!(mock("CS2211181819B4LVS", now).is_none());
    }

    #[test]
    fn an_order_is_known_by_what_older_programs_are_told() {
        for (asked, (order, line, returned)) in [
            ("CS2211181819B4LVS", ("CS2211181819B4LVS", None, false)),
            ("CS2211181819B4LVS-000002", ("CS2211181819B4LVS", Some("CS2211181819B4LVS-000002"), false)),
            ("CS2211181819B4LVS-R", ("CS2211181819B4LVS", None, true)),
            ("CS2211181819B4LVS-R-000001", ("CS2211181819B4LVS", Some("CS2211181819B4LVS-000001"), true)),
            ("CS2211181819B4LVS-00002", ("CS2211181819B4LVS-00002", None, false)),
            ("CS2211181819B4LVS-00000x", ("CS2211181819B4LVS-00000x", None, false)),
            ("-", ("-", None, false)),
            ("-R", ("-R", None, false)),
        ] {
            let expected = Known { order: order.to_owned(), line: line.map(str::to_owned), returned };
            assert_eq!(known_by(asked), expected, "{asked}");
        }
    }

    #[test]
    fn refusals_have_the_doors_statuses_and_codes() {
        let check = |status: u16, expected: (u16, &str)| {
            let (said, code) = translate(status);
            assert_eq!((said.as_u16(), code), expected);
        };
        check(401, (401, "MKT.0154"));
        check(403, (401, "MKT.0151"));
        check(404, (401, "MKT.0150"));
        check(422, (400, "MKT.0101"));
        check(429, (406, "MKT.0250"));
        check(500, (500, "MKT.0999"));
    }
}
