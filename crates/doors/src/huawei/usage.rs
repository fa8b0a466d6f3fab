//! Push usage (按需使用量推送): what customers used of what is paid as it is used.
//!
//! | status | `resultCode` | when |
//! |---|---|---|
//! | 200 | MKT.0000 | taken in; what is wrong with single records stands on the seller's page of refused records |
//! | 400 | MKT.0101 | the body is no JSON, or a field of the wrong type |
//! | 401 | MKT.0102 | `ts`, `nonce` or `signature` is missing, or the signature does not fit (new form) |
//! | 401 | MKT.0151 | the key's owner is no seller, or the key may not use the open API |
//! | 401 | MKT.0154 | the signature of the request is missing, wrong or too old |
//! | 406 | MKT.0250 | too many requests; see `Retry-After` |
//! | 400 | MKT.9002 | there is no record |
//! | 400 | MKT.9003 | there are more than 1000 |
//! | 500 | MKT.0999 | our fault |
//!
//! The documents give 9002 and 9003 the status 500; programs read the code, and here 500 is our fault alone.
//!
//! The new form is signed with the key of a production address over its body, and each record has its `metering_sn`. The old one
//! has neither; there the instance, its meter and the time identify a record, and `product_id` has to be the instance's product.
//! Where the documents are silent: the same record again is taken in again and changes nothing, so that a request whose answer was
//! lost can be repeated; an instance that is charged by several meters needs `meter` in each record; `usage_value` may be a JSON
//! number; 9001 and 9004 are never answered, for one wrong record does not keep the others out. Another amount
//! under a number that is recorded is refused (010): a record is corrected on its seller's page, by the API or as an event. What is
//! not known here and is in the seller's sandbox is taken in there; 503 says that this has to be sent again.

use std::sync::Arc;

use accounts::{Permission, Seller};
use axum::{
    Json,
    body::Bytes,
    extract::{FromRequestParts, State},
    http::{HeaderMap, StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use kernel::{Error, Lang, Result};
use metering::{RECORDS_MAX, Sent, UsageForm};
use platform::http::{Access, Op, Problem, Repeatable, Routes};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::answer::retold;
use crate::Doors;

pub(crate) fn routes(doors: Arc<Doors>) -> Routes {
    let new = Op::does(Access::Seller, "Push usage, each record with its number, signed with the production key")
        .takes::<UsagePush>()
        .gives::<UsagePushAnswer>(200)
        .refuses::<UsagePushRefusal>();
    let old = Op::does(Access::Seller, "Push usage in the old form, without numbers")
        .takes::<UsagePush>()
        .gives::<UsagePushAnswer>(200)
        .refuses::<UsagePushRefusal>();
    // Signers end the path with a slash when they sign; clients send it with or without one.
    Routes::of(doors)
        .post("/api/mkp-openapi-public/global/v1/isv/usage-data", push, new.clone())
        .post("/api/mkp-openapi-public/global/v1/isv/usage-data/", push, new)
        .post("/rest/marketplace/v1/isv/usage-data", push_old, old.clone())
        .post("/rest/marketplace/v1/isv/usage-data/", push_old, old)
        .done()
}

#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"usage_records": [{
    "instance_id": "i-1", "record_time": "20261129T090500Z", "begin_time": "20261129T080000Z",
    "end_time": "20261129T090000Z", "usage_value": "12.5", "metering_sn": "sn-1"
}]}))]
struct UsagePush {
    #[serde(default)]
    #[schema(min_items = 1, max_items = 1000)]
    usage_records: Vec<UsagePushRecord>,
}

/// Every field as it came; what is wrong with it is found with the record.
#[derive(Deserialize, ToSchema)]
struct UsagePushRecord {
    /// How the seller's system names the instance.
    #[serde(default, deserialize_with = "text")]
    #[schema(max_length = 64)]
    instance_id: String,
    /// UTC, `yyyyMMddTHHmmssZ`, like the two below.
    #[serde(default, deserialize_with = "text")]
    record_time: String,
    #[serde(default, deserialize_with = "text")]
    begin_time: String,
    #[serde(default, deserialize_with = "text")]
    end_time: String,
    /// Above 0, with at most 4 decimals.
    #[serde(default, deserialize_with = "text")]
    usage_value: String,
    /// The number of the record (new form).
    #[serde(default, deserialize_with = "text")]
    #[schema(max_length = 64)]
    metering_sn: String,
    /// The product of the instance (old form).
    #[serde(default, deserialize_with = "text")]
    product_id: String,
    /// A package of the same customer's.
    #[serde(default, deserialize_with = "text")]
    relate_pkg_instance: String,
    /// The meter, where an instance has several.
    #[serde(default, deserialize_with = "text")]
    meter: String,
}

/// A text, or a number as it is written; nothing where there is neither.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<String, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Null => String::new(),
        other @ (Value::Bool(_) | Value::Array(_) | Value::Object(_)) => other.to_string(),
    })
}

impl UsagePushRecord {
    fn sent(self, form: UsageForm) -> Sent {
        let of = |wanted: UsageForm, text: String| if form == wanted { text } else { String::new() };
        Sent {
            form,
            instance: self.instance_id,
            number: of(UsageForm::Push, self.metering_sn),
            meter: self.meter,
            kind: String::new(),
            begin: self.begin_time,
            end: self.end_time,
            quantity: self.usage_value,
            recorded: Some(self.record_time),
            product: of(UsageForm::Unnumbered, self.product_id),
            package: self.relate_pkg_instance,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct UsagePushAnswer {
    #[serde(rename = "resultCode")]
    #[schema(example = "MKT.0000")]
    code: &'static str,
    #[serde(rename = "resultMsg")]
    #[schema(example = "success")]
    message: &'static str,
}

/// A refusal in the door's format.
#[derive(Serialize, ToSchema)]
struct UsagePushRefusal {
    #[serde(rename = "resultCode")]
    #[schema(example = "MKT.9003")]
    code: &'static str,
    #[serde(rename = "resultMsg")]
    #[schema(example = "send at most 1000 records")]
    message: String,
}

struct Refused(Box<Response>);

impl Refused {
    fn new(status: StatusCode, code: &'static str, message: &str) -> Self {
        let refusal = UsagePushRefusal { code, message: message.to_owned() };
        Self(Box::new((status, Json(refusal)).into_response()))
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Problem::from(error).into()
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        let (status, code) = match problem.status() {
            401 => (StatusCode::UNAUTHORIZED, "MKT.0154"),
            403 => (StatusCode::UNAUTHORIZED, "MKT.0151"),
            429 => (StatusCode::NOT_ACCEPTABLE, "MKT.0250"),
            503 => (StatusCode::SERVICE_UNAVAILABLE, "MKT.0999"),
            400..=499 => (StatusCode::BAD_REQUEST, "MKT.0101"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "MKT.0999"),
        };
        let refusal = UsagePushRefusal { code, message: problem.text(Lang::En).to_owned() };
        let text = serde_json::to_string(&refusal).unwrap_or_default();
        Self(Box::new(retold(problem, status, text)))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// The seller whose key signed the request. The same records again change nothing.
struct Caller(Seller);

impl FromRequestParts<Arc<Doors>> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, doors: &Arc<Doors>) -> Result<Self, Refused> {
        parts.extensions.insert(Repeatable);
        let member = doors.accounts.authenticate(parts).await?;
        Ok(Self(Seller::try_from(member).map_err(Error::from)?))
    }
}

async fn push(
    State(doors): State<Arc<Doors>>,
    Caller(seller): Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<UsagePushAnswer>, Refused> {
    seller.may(Permission::Integrate).map_err(Error::from)?;
    let given = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (ts, nonce, signature) = (given("ts"), given("nonce"), given("signature"));
    let whole = !ts.is_empty() && (1..=64).contains(&nonce.len()) && !signature.is_empty();
    let signed = whole && {
        let mut tx = doors.app.db.read();
        doors.production.is_signed(&mut tx, seller.account(), (&body, (ts, nonce)), signature).await?
    };
    if !signed {
        let why = "sign the body with the key of your production address: headers ts, nonce and signature";
        return Err(Refused::new(StatusCode::UNAUTHORIZED, "MKT.0102", why));
    }
    take_in(&doors, &seller, &body, UsageForm::Push).await
}

async fn push_old(
    State(doors): State<Arc<Doors>>,
    Caller(seller): Caller,
    body: Bytes,
) -> Result<Json<UsagePushAnswer>, Refused> {
    take_in(&doors, &seller, &body, UsageForm::Unnumbered).await
}

async fn take_in(
    doors: &Doors,
    seller: &Seller,
    body: &[u8],
    form: UsageForm,
) -> Result<Json<UsagePushAnswer>, Refused> {
    let push: UsagePush = serde_json::from_slice(body).map_err(|error| {
        Refused::new(StatusCode::BAD_REQUEST, "MKT.0101", &format!("the body cannot be read: {error}"))
    })?;
    if push.usage_records.is_empty() {
        return Err(Refused::new(StatusCode::BAD_REQUEST, "MKT.9002", "usage_records holds no record"));
    }
    if push.usage_records.len() > RECORDS_MAX {
        return Err(Refused::new(StatusCode::BAD_REQUEST, "MKT.9003", "send at most 1000 records"));
    }
    let sent: Vec<Sent> = push.usage_records.into_iter().map(|record| record.sent(form)).collect();
    doors.metering.receive_records(seller, &sent).await?;
    Ok(Json(UsagePushAnswer { code: "MKT.0000", message: "success" }))
}
