//! What a seller's system is asked (生产接口 V2.0), and the signature that proves who asks.
//!
//! `signature = hex(HMAC(K, K + nonce + timestamp + hex(HMAC(K, body))))`, HMAC-SHA256, over the body as it is sent: keys
//! ascending, nothing empty, no spaces. Sellers' programs that sort for themselves come to the same bytes.

use std::{collections::BTreeMap, fmt::Write as _};

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use kernel::{Money, Timestamp, choices};
use policy::BillingMode;
use serde_json::Value;
use sha2::Sha256;

use super::{trial::mock_order, webhook};

choices! {
    /// One thing that a seller's system can be asked.
    pub enum Activity {
        NewInstance = "newInstance",
        QueryInstance = "queryInstance",
        RefreshInstance = "refreshInstance",
        UpdateInstanceStatus = "updateInstanceStatus",
        ReleaseInstance = "releaseInstance",
        UpgradeInstance = "upgradeInstance",
        ChangeInstanceCheck = "changeInstanceCheck",
        OrderNotify = "orderNotify",
        /// The end of an authorisation code has moved.
        RefreshLicenseCode = "refreshLicenseCode",
        UpdateLicenseCodeStatus = "updateLicenseCodeStatus",
        ReleaseLicenseCode = "releaseLicenseCode",
    }
}

/// The moment of an acceptance, in the words of V1.0 (`yyyyMMddHHmmssSSS`): its term, and charging, begin with it.
pub const ACCEPTED: &str = "acceptanceTime";

/// A request before it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub activity: Activity,
    fields: BTreeMap<&'static str, Value>,
    /// What forms tell that have room for it.
    more: BTreeMap<&'static str, Value>,
    /// By what it is known however often it is sent, and when it was first to be sent.
    message: Option<(String, Timestamp)>,
    sale: Option<Sale>,
}

/// The sale that a request is about, for the form that names it with everything it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sale {
    /// Of this call alone, for what creates or asks to create again.
    pub business: String,
    /// Order and line by which the instance was created.
    pub order: String,
    pub line: String,
    pub mode: BillingMode,
    /// What is bought by what the request tells: the sale itself, its renewal, its change.
    pub product: String,
    pub sku: String,
    pub quantities: BTreeMap<String, u64>,
    /// What its buyer answered to its seller's questions, by their names, in their order.
    pub answers: Vec<(String, String)>,
    /// `month` or `year`, and how many.
    pub period: Option<(&'static str, u32)>,
    pub amount: Option<Money>,
    pub is_trial: bool,
    pub ends: Option<Timestamp>,
    /// Where it is told who bought it.
    pub customer: Option<Customer>,
}

/// Who bought something, as far as its seller may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    pub id: String,
    pub name: String,
    pub user: Option<String>,
    pub user_name: Option<String>,
    pub mobile: Option<String>,
    pub email: Option<String>,
}

/// The most letters of an order's number, and what a renewal that goes back has behind its own.
const NUMBER_MAX: usize = 64;
const RETURNED: &str = "-R";

/// The number of a renewal that goes back, or that of its line: `CS2211181819B4LVS-R`, `CS2211181819B4LVS-R-000001`.
fn returned(order: &str, place: &str) -> String {
    let most = NUMBER_MAX.saturating_sub(RETURNED.len() + place.len());
    order.chars().take(most).chain(RETURNED.chars()).chain(place.chars()).collect()
}

impl Sale {
    /// By what a program knows it that knows of no lines: the order, and of its later lines their own numbers.
    pub(crate) fn number(&self) -> String {
        let first = self.line.strip_prefix(self.order.as_str()) == Some("-000001");
        if first { self.order.clone() } else { self.line.clone() }
    }
}

impl Request {
    pub fn new(activity: Activity) -> Self {
        let fields = BTreeMap::from([("activity", Value::from(activity.as_str()))]);
        Self { activity, fields, more: BTreeMap::new(), message: None, sale: None }
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.fields.insert(name, value.into());
        self
    }

    /// Adds what this form has no room for, and others have.
    #[must_use]
    pub fn telling(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.more.insert(name, value.into());
        self
    }

    /// Names what it tells, so that a program knows a resend of it.
    #[must_use]
    pub fn message_of(mut self, id: impl Into<String>, at: Timestamp) -> Self {
        self.message = Some((id.into(), at));
        self
    }

    /// Says of which sale it is, for the form that wants to know.
    #[must_use]
    pub fn sold(self, sale: Sale) -> Self {
        Self { sale: Some(sale), ..self }
    }

    pub(crate) fn sale(&self) -> Option<&Sale> {
        self.sale.as_ref()
    }

    pub(crate) fn field(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// A field as KooGallery's forms send it. There a renewal that goes back has an order of its own, the renewal's number with
    /// `-R`: under that of the renewal, a program that does nothing twice for one order would keep the longer term. Mock orders
    /// stay what they are.
    pub(crate) fn told(&self, name: &str) -> Option<Value> {
        let value = self.field(name)?;
        let order = self.field("orderId").and_then(Value::as_str).filter(|order| mock_order(order).is_none());
        let goes_back = self.field("scene").is_some_and(|scene| scene == "UNSUBSCRIBE_RENEWAL_PERIOD");
        let place = match (name, order, value.as_str()) {
            ("orderId" | "orderLineId", Some(order), Some(text)) if goes_back => text.strip_prefix(order),
            _ => None,
        };
        let returned = place.zip(order).map(|(place, order)| Value::from(returned(order, place)));
        Some(returned.unwrap_or_else(|| value.clone()))
    }

    /// An authorisation code that was sold, and how it is written down: it is for who has it, and not for who reads a log.
    pub(crate) fn code_to_hide(&self) -> Option<(&str, String)> {
        let code = self.field("license").and_then(Value::as_str).filter(|code| !code.is_empty() && !self.is_test())?;
        let last: String = code.chars().skip(code.chars().count().saturating_sub(4)).collect();
        Some((code, format!("PL…{last}")))
    }

    pub(crate) fn more(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.more.iter().map(|(name, value)| (*name, value))
    }

    pub(crate) fn message(&self) -> Option<(&str, Timestamp)> {
        self.message.as_ref().map(|(id, at)| (id.as_str(), *at))
    }

    /// Whether it says that its buyer has accepted what was created: a creation that is told again, with the moment.
    pub(crate) fn is_acceptance(&self) -> bool {
        self.activity == Activity::NewInstance && self.field(ACCEPTED).is_some()
    }

    /// The same as an event, as Standard Webhooks would bring it.
    pub fn as_event(&self) -> Value {
        let at = self.message.as_ref().map_or(Timestamp::from_micros(0), |(_, at)| *at);
        serde_json::from_str(&webhook::body(self, at)).unwrap_or_default()
    }

    /// The same for people: of an authorisation code that was sold, its last letters.
    pub fn as_shown_event(&self) -> Value {
        let event = self.as_event();
        match self.code_to_hide() {
            Some((code, hint)) => serde_json::from_str(&event.to_string().replace(code, &hint)).unwrap_or_default(),
            None => event,
        }
    }

    /// Marks it as a trial: nothing that was sold depends on it.
    #[must_use]
    pub fn test(self) -> Self {
        self.with("testFlag", "1")
    }

    pub fn is_test(&self) -> bool {
        self.fields.get("testFlag").is_some_and(|flag| flag == "1")
    }

    /// The body as it is signed and sent.
    pub fn body(&self) -> String {
        let mut text = String::new();
        let told: Vec<(&str, Value)> = self.fields.keys().filter_map(|name| Some((*name, self.told(name)?))).collect();
        write_object(told.iter().map(|(name, value)| (*name, value)), &mut text);
        text
    }

    pub fn sign(&self, key: &str, nonce: String, timestamp_ms: i64) -> Signed {
        let body = self.body();
        let body_hash = hmac(key, body.as_bytes());
        let canonical = format!("{key}{nonce}{timestamp_ms}{body_hash}");
        let signature = hmac(key, canonical.as_bytes());
        Signed { body, body_hash, nonce, timestamp_ms, signature }
    }
}

/// A request as it goes out, with the steps of its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    pub body: String,
    pub body_hash: String,
    pub nonce: String,
    pub timestamp_ms: i64,
    pub signature: String,
}

impl Signed {
    /// Where it is sent to.
    pub fn url(&self, address: &str) -> String {
        let joint = if address.contains('?') { '&' } else { '?' };
        let Self { signature, timestamp_ms, nonce, .. } = self;
        format!("{address}{joint}signature={signature}&timestamp={timestamp_ms}&nonce={nonce}")
    }
}

/// Whether a signature fits a body as it was received: what a seller's program checks.
pub fn fits(key: &str, body: &[u8], (nonce, timestamp): (&str, &str), signature: &str) -> bool {
    let canonical = format!("{key}{nonce}{timestamp}{}", hmac(key, body));
    hmac(key, canonical.as_bytes()).eq_ignore_ascii_case(signature)
}

/// Whether `base64(HMAC(K, "ts=…&nonce=…&body=…"))` fits what a seller's program sent: over the body as it came, or compact with
/// its keys sorted, however it was sent.
pub(crate) fn fits_sent(key: &str, body: &[u8], (ts, nonce): (&str, &str), signature: &str) -> bool {
    let Ok(given) = BASE64_STANDARD.decode(signature.trim()) else { return false };
    let signed = |body: &[u8]| {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return false };
        mac.update(format!("ts={ts}&nonce={nonce}&body=").as_bytes());
        mac.update(body);
        mac.verify_slice(&given).is_ok()
    };
    let sorted = || {
        let value: Value = serde_json::from_slice(body).ok()?;
        let mut text = String::new();
        write(&value, &mut text);
        Some(text)
    };
    signed(body) || sorted().is_some_and(|text| signed(text.as_bytes()))
}

fn hmac(key: &str, text: &[u8]) -> String {
    // A key of any length is taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return String::new() };
    mac.update(text);
    hex::encode(mac.finalize().into_bytes())
}

/// Compact, keys ascending, nulls dropped, at every depth and whatever order a map keeps.
pub(super) fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(map) => {
            let sorted: BTreeMap<&str, &Value> = map.iter().map(|(name, value)| (name.as_str(), value)).collect();
            write_object(sorted.into_iter(), text);
        }
        Value::Array(list) => {
            text.push('[');
            for (index, item) in list.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let _ = write!(text, "{value}");
        }
    }
}

fn write_object<'v>(fields: impl Iterator<Item = (&'v str, &'v Value)>, text: &mut String) {
    text.push('{');
    let mut joint = "";
    for (name, value) in fields.filter(|(_, value)| !value.is_null()) {
        let _ = write!(text, "{joint}{}:", Value::from(name));
        write(value, text);
        joint = ",";
    }
    text.push('}');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const KEY: &str = "ebf72724-bacc-414b-a86b-fda5bcc8153c";

    fn create() -> Request {
        Request::new(Activity::NewInstance)
            .with("orderLineId", "CS2211181819B4LVS-000001")
            .with("orderId", "CS2211181819B4LVS")
            .with("businessId", "biz-1")
            .with("productId", Value::Null)
    }

    #[test]
    fn a_signature_is_what_another_program_computes() {
        // Computed with Python's hmac and hashlib.
        let signed = create().sign(KEY, "1f2e3d4c5b6a79881f2e3d4c5b6a7988".to_owned(), 1_796_000_000_000);
        assert_eq!(
            signed.body,
            r#"{"activity":"newInstance","businessId":"biz-1","orderId":"CS2211181819B4LVS","orderLineId":"CS2211181819B4LVS-000001"}"#
        );
        assert_eq!(signed.body_hash, "d2f09849dac5c32b466a746fb79b42428e085d1edebf30a601e7351e909b001a");
        assert_eq!(signed.signature, "ed33a8dd64eec049253f44e90dfa94d2106cd1ec86a2c9b08f6d1df97f6c0677");
        let url = signed.url("https://seller.example/saasproduce");
        assert!(url.starts_with("https://seller.example/saasproduce?signature=ed33a8dd"), "{url}");
        assert!(signed.url("https://seller.example/?a=b").contains("?a=b&signature="));
    }

    #[test]
    fn what_is_sent_to_us_may_be_signed_as_it_is_or_sorted() {
        // Computed with Python's hmac and base64 over {"usage_records":[{"instance_id":"i-1","usage_value":"1.5"}]}.
        let signature = "Recd8BCmCRIhUzZOqKxrsHRFx43OFOIi5WZU09sLoWc=";
        let stamp = ("1796000000000", "n-1");
        let sorted = br#"{"usage_records":[{"instance_id":"i-1","usage_value":"1.5"}]}"#;
        let spaced = br#"{"usage_records": [{"usage_value": "1.5", "instance_id": "i-1"}]}"#;
        assert!(fits_sent(KEY, sorted, stamp, signature) && fits_sent(KEY, spaced, stamp, signature));
        assert!(!fits_sent("another", sorted, stamp, signature));
        assert!(!fits_sent(KEY, sorted, ("1796000000001", "n-1"), signature));
        assert!(!fits_sent(KEY, br#"{"usage_records":[]}"#, stamp, signature));
        assert!(!fits_sent(KEY, sorted, stamp, "no base64!"));
    }

    #[test]
    fn a_code_that_was_sold_is_not_written_down() {
        let told = Request::new(Activity::ReleaseLicenseCode).with("license", "PL8H74JR63JYQSTDBTVCYXJDXS");
        assert_eq!(told.code_to_hide(), Some(("PL8H74JR63JYQSTDBTVCYXJDXS", "PL…JDXS".to_owned())));
        assert_eq!(told.test().code_to_hide(), None, "it is a test code, or none");
        assert_eq!(Request::new(Activity::ReleaseInstance).with("instanceId", "i-1").code_to_hide(), None);
    }

    #[test]
    fn a_renewal_that_goes_back_has_an_order_of_its_own() {
        let of = |scene: &str, order: &str| {
            let line = format!("{order}-000001");
            let refresh = Request::new(Activity::RefreshInstance).with("scene", scene).with("orderId", order);
            refresh.with("orderLineId", line).body()
        };
        let back = of("UNSUBSCRIBE_RENEWAL_PERIOD", "CS2");
        assert!(back.contains(r#""orderId":"CS2-R","orderLineId":"CS2-R-000001""#), "{back}");
        let mock = of("UNSUBSCRIBE_RENEWAL_PERIOD", "MOCKMONTYRENEW");
        assert!(mock.contains(r#""orderId":"MOCKMONTYRENEW","orderLineId":"MOCKMONTYRENEW-000001""#), "{mock}");
        assert!(!of("RENEWAL", "CS2").contains("-R"));
        assert_eq!(returned(&"9".repeat(64), ""), format!("{}-R", "9".repeat(62)));
        let event = Request::new(Activity::RefreshInstance).with("scene", "UNSUBSCRIBE_RENEWAL_PERIOD");
        assert_eq!(event.with("orderId", "CS2").field("orderId"), Some(&Value::from("CS2")), "events say it in words");
    }

    #[test]
    fn what_is_nested_is_sorted_too() {
        let target =
            json!({"skuCode": "PRO", "productId": "p", "linearValue": null, "more": {"b": 1, "a": ["\u{4e2d}\n"]}});
        let body = Request::new(Activity::ChangeInstanceCheck).with("productInfo", target).body();
        assert_eq!(
            body,
            r#"{"activity":"changeInstanceCheck","productInfo":{"more":{"a":["中\n"],"b":1},"productId":"p","skuCode":"PRO"}}"#
        );
    }

    #[test]
    fn a_signature_covers_everything() {
        let Signed { body, nonce, timestamp_ms, signature, .. } = create().sign(KEY, "n".repeat(32), 5);
        let time = timestamp_ms.to_string();
        assert!(fits(KEY, body.as_bytes(), (&nonce, &time), &signature));
        assert!(fits(KEY, body.as_bytes(), (&nonce, &time), &signature.to_uppercase()));
        assert!(!fits("other", body.as_bytes(), (&nonce, &time), &signature));
        assert!(!fits(KEY, body.replace("biz-1", "biz-2").as_bytes(), (&nonce, &time), &signature));
        assert!(!fits(KEY, body.as_bytes(), ("m", &time), &signature));
        assert!(!fits(KEY, body.as_bytes(), (&nonce, "6"), &signature));
    }

    proptest! {
        #[test]
        fn a_body_is_json_of_what_was_put_in_sorted_and_without_nulls(
            order in prop::option::of(".{0,40}"), instance in prop::option::of(".{0,40}"), memo in ".{0,200}",
        ) {
            let text = |value: &Option<String>| value.as_ref().map_or(Value::Null, |text| Value::from(text.as_str()));
            let request = Request::new(Activity::ReleaseInstance)
                .with("orderId", text(&order)).with("instanceId", text(&instance)).with("memo", memo.as_str());
            let body = request.body();
            let read: Value = serde_json::from_str(&body).unwrap();
            prop_assert_eq!(&read["memo"], &Value::from(memo));
            prop_assert_eq!(read.get("orderId").and_then(Value::as_str), order.as_deref());
            prop_assert_eq!(read.get("instanceId").and_then(Value::as_str), instance.as_deref());
            // A program that parses and sorts for itself comes to the same bytes.
            let sorted: BTreeMap<String, Value> = serde_json::from_str(&body).unwrap();
            prop_assert_eq!(serde_json::to_string(&sorted).unwrap(), body);
        }

        #[test]
        fn every_signature_fits_its_own_request_alone(key in "[!-~]{1,80}", other in "[!-~]{1,80}", nonce in "[0-9a-f]{16,64}", ms in 0_i64..4_000_000_000_000) {
            let signed = create().sign(&key, nonce.clone(), ms);
            let time = ms.to_string();
            prop_assert!(fits(&key, signed.body.as_bytes(), (&nonce, &time), &signed.signature));
            prop_assert_eq!(fits(&other, signed.body.as_bytes(), (&nonce, &time), &signed.signature), key == other);
        }
    }
}
