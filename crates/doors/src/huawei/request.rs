//! Requests in the door's format, checked.

use std::sync::Arc;

use accounts::Seller;
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use kernel::{Error, Timestamp};
use licensing::{Usage, UsageReport};
use platform::http::Repeatable;
use serde::{Deserialize, de::DeserializeOwned};
use utoipa::ToSchema;

use super::answer::Refused;
use crate::Doors;

/// The seller whose key signed the request.
pub(super) struct Caller(pub(super) Seller);

impl FromRequestParts<Arc<Doors>> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, doors: &Arc<Doors>) -> Result<Self, Refused> {
        // Activating again, beating again and reporting the same use again are answered alike and change nothing more.
        parts.extensions.insert(Repeatable);
        let member = doors.accounts.authenticate(parts).await?;
        Ok(Self(Seller::try_from(member).map_err(Error::from)?))
    }
}

/// A JSON body. Fields that we do not know are left alone: clients of other versions send them.
pub(super) struct Sent<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<Doors>> for Sent<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, doors: &Arc<Doors>) -> Result<Self, Refused> {
        if !is_json(request.headers()) {
            return Err(Refused::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "95000003",
                "send Content-Type: application/json",
            ));
        }
        let body = Bytes::from_request(request, doors).await;
        let body = body.map_err(|error| Refused::new(StatusCode::BAD_REQUEST, "95000004", &error.body_text()))?;
        read(&body)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<Sent<T>, Refused> {
    serde_json::from_slice(body).map(Sent).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => Refused::field(&error.to_string()),
        serde_json::error::Category::Io | serde_json::error::Category::Syntax | serde_json::error::Category::Eof => {
            Refused::new(StatusCode::BAD_REQUEST, "95000004", "the body is not JSON")
        }
    })
}

#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"license": "PL7X2K9QW4ZT8M1B5NE3VHRA6C", "real_effect_time": "20261122080000"}))]
pub(super) struct LicenseActivate {
    #[schema(min_length = 1, max_length = 64)]
    license: String,
    /// UTC, not before the order.
    #[schema(pattern = "^[0-9]{14}$")]
    real_effect_time: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"license_list": ["PL7X2K9QW4ZT8M1B5NE3VHRA6C"]}))]
pub(super) struct LicenseActivateList {
    #[schema(min_items = 1, max_items = 100)]
    license_list: Vec<String>,
    /// UTC, not before the order.
    #[schema(pattern = "^[0-9]{14}$")]
    real_effect_time: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"license": "PL7X2K9QW4ZT8M1B5NE3VHRA6C"}))]
pub(super) struct LicenseHeartbeat {
    #[schema(min_length = 1, max_length = 64)]
    license: String,
    #[serde(rename = "heartbeatInfo")]
    heartbeat_info: Option<HeartbeatInfo>,
}

/// Retired; read and left aside. Report use with software-usage-info.
#[derive(Deserialize, ToSchema)]
struct HeartbeatInfo {
    #[serde(rename = "thirdPartyAccount")]
    #[schema(max_length = 256)]
    third_party_account: Option<String>,
    #[schema(max_length = 32)]
    ip: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"license_list": ["PL7X2K9QW4ZT8M1B5NE3VHRA6C"]}))]
pub(super) struct LicenseHeartbeatList {
    #[schema(min_items = 1, max_items = 100)]
    license_list: Vec<String>,
}

#[derive(Deserialize, ToSchema)]
#[schema(example = json!({
    "usage_info": [{"license": "PL7X2K9QW4ZT8M1B5NE3VHRA6C", "software_usage_Info": [{"id": "device-1"}]}]
}))]
pub(super) struct SoftwareUsage {
    #[schema(min_items = 1, max_items = 100)]
    usage_info: Vec<SoftwareUsageOfLicense>,
}

#[derive(Deserialize, ToSchema)]
struct SoftwareUsageOfLicense {
    #[schema(min_length = 1, max_length = 64)]
    license: String,
    #[serde(rename = "software_usage_Info", alias = "software_usage_info")]
    #[schema(min_items = 1, max_items = 100)]
    software_usage_info: Vec<SoftwareUsageItem>,
}

/// Exactly one of both.
#[derive(Deserialize, ToSchema)]
struct SoftwareUsageItem {
    /// A client, such as a device or a login.
    #[schema(min_length = 1, max_length = 256)]
    id: Option<String>,
    /// How many clients were active today.
    #[schema(minimum = 0, maximum = 999_999_999)]
    active_num: Option<i64>,
}

/// Codes, and the time from which they count as delivered.
pub(super) struct Activate {
    pub(super) codes: Vec<String>,
    pub(super) effective: Option<Timestamp>,
}

/// The most entries of any list.
const LIST_MAX: usize = 100;

impl LicenseActivate {
    pub(super) fn checked(self) -> Result<Activate, Refused> {
        let Self { license, real_effect_time } = self;
        Ok(Activate { codes: codes(vec![license])?, effective: time(real_effect_time.as_deref())? })
    }
}

impl LicenseActivateList {
    pub(super) fn checked(self) -> Result<Activate, Refused> {
        let Self { license_list, real_effect_time } = self;
        Ok(Activate { codes: codes(license_list)?, effective: time(real_effect_time.as_deref())? })
    }
}

impl LicenseHeartbeat {
    pub(super) fn checked(self) -> Result<Vec<String>, Refused> {
        let Self { license, heartbeat_info } = self;
        if let Some(HeartbeatInfo { third_party_account, ip }) = heartbeat_info {
            let fits = |text: Option<String>, most| text.is_none_or(|text| text.chars().count() <= most);
            if !fits(third_party_account, 256) || !fits(ip, 32) {
                return Err(Refused::field("heartbeatInfo holds a text that is too long"));
            }
        }
        codes(vec![license])
    }
}

impl LicenseHeartbeatList {
    pub(super) fn checked(self) -> Result<Vec<String>, Refused> {
        codes(self.license_list)
    }
}

impl SoftwareUsage {
    pub(super) fn checked(self) -> Result<Vec<UsageReport>, Refused> {
        let entries = self.usage_info;
        count(entries.len(), "usage_info")?;
        entries.into_iter().map(SoftwareUsageOfLicense::checked).collect()
    }
}

impl SoftwareUsageOfLicense {
    fn checked(self) -> Result<UsageReport, Refused> {
        let Self { license, software_usage_info } = self;
        count(software_usage_info.len(), "software_usage_Info")?;
        let code = code(license)?;
        let items =
            software_usage_info.into_iter().map(|SoftwareUsageItem { id, active_num }| Usage::checked(id, active_num));
        let usage = items.collect::<Result<_, _>>().map_err(|wrong| Refused::field(&wrong.to_string()))?;
        Ok(UsageReport { code, usage })
    }
}

fn codes(list: Vec<String>) -> Result<Vec<String>, Refused> {
    count(list.len(), "license_list")?;
    list.into_iter().map(code).collect()
}

fn code(text: String) -> Result<String, Refused> {
    // What is too long or unreadable would not be found either; the door tells it apart.
    let fits = (1..=64).contains(&text.chars().count()) && kernel::text::is_printable(&text);
    if fits { Ok(text) } else { Err(Refused::field("license must have 1 to 64 characters")) }
}

fn count(length: usize, field: &str) -> Result<(), Refused> {
    let fits = (1..=LIST_MAX).contains(&length);
    if fits { Ok(()) } else { Err(Refused::field(&format!("{field} must have 1 to {LIST_MAX} entries"))) }
}

/// Reads `yyyyMMddHHmmss` in UTC; an empty text is none.
fn time(text: Option<&str>) -> Result<Option<Timestamp>, Refused> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    parse_time(text).map(Some).ok_or_else(|| {
        Refused::new(StatusCode::BAD_REQUEST, "92020002", "real_effect_time must be UTC in the form yyyyMMddHHmmss")
    })
}

fn parse_time(text: &str) -> Option<Timestamp> {
    let plain = text.len() == 14 && text.bytes().all(|letter| letter.is_ascii_digit());
    if plain { Timestamp::parse_utc("%Y%m%d%H%M%S", text) } else { None }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn times_are_utc_to_the_second() {
        assert_eq!(parse_time("20260102153555"), Some(at("2026-01-02T15:35:55Z")));
        for wrong in
            ["2026010215355", "202601021535555", "20261302153555", "2026-01-02T15:3", "20260102 53555", "２０２６"]
        {
            assert_eq!(parse_time(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_body_is_read_leniently_and_checked_strictly() {
        let fine = read::<LicenseActivate>(br#"{"license":"PL1","real_effect_time":"20260102153555","more":[1]}"#);
        let activate = fine.ok().and_then(|Sent(body)| body.checked().ok()).unwrap();
        assert_eq!((activate.codes, activate.effective), (vec!["PL1".to_owned()], Some(at("2026-01-02T15:35:55Z"))));
        let refused = |body: &str| {
            let outcome = read::<LicenseActivate>(body.as_bytes()).and_then(|Sent(body)| body.checked());
            outcome.err().map(|refused| refused.into_response().status().as_u16())
        };
        let long = format!(r#"{{"license":"{}"}}"#, "x".repeat(65));
        for wrong in ["", "{", "{}", r#"{"license":1}"#, r#"{"license":""}"#, r#"{"license":"a\u0000"}"#, &long] {
            assert_eq!(refused(wrong), Some(400), "{wrong}");
        }
        assert_eq!(refused(r#"{"license":"PL1","real_effect_time":"tomorrow"}"#), Some(400));
    }

    #[test]
    fn lists_have_one_to_a_hundred_entries() {
        let check = |length: usize, fine: bool| {
            let list = LicenseHeartbeatList { license_list: vec!["PL1".to_owned(); length] };
            assert_eq!(list.checked().is_ok(), fine, "{length}");
        };
        check(0, false);
        check(1, true);
        check(100, true);
        check(101, false);
    }

    #[test]
    fn a_usage_line_names_a_client_or_a_number() {
        let check = |item: &str, fine: bool| {
            let body = format!(r#"{{"usage_info":[{{"license":"PL1","software_usage_Info":[{item}]}}]}}"#);
            let outcome = read::<SoftwareUsage>(body.as_bytes()).and_then(|Sent(body)| body.checked());
            assert_eq!(outcome.is_ok(), fine, "{item}");
        };
        check(r#"{"id":"device-1"}"#, true);
        check(r#"{"active_num":100}"#, true);
        check(r#"{"id":"device-1","active_num":100}"#, false);
        check("{}", false);
        check(r#"{"active_num":99999999999999999999}"#, false);
        check("", false);
    }
}
