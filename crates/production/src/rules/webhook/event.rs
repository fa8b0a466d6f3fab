//! Requests as events: `{"type", "timestamp", "data"}`.

use kernel::{Timestamp, choices};
use policy::Scenario;
use serde_json::{Map, Value};

use crate::rules::request::{ACCEPTED, Activity, Request, write};

choices! {
    /// What a seller's system is asked (to create, to describe, to check) or told (all others).
    pub enum EventType {
        Create = "instance.create",
        Accepted = "instance.accepted",
        Describe = "instance.describe",
        Renewed = "instance.renewed",
        RenewalReturned = "instance.renewal_returned",
        TrialBought = "instance.trial_bought",
        CheckChange = "instance.check_change",
        Changed = "instance.changed",
        Frozen = "instance.frozen",
        Unfrozen = "instance.unfrozen",
        Released = "instance.released",
        OrderPlaced = "order.placed",
        LicenceRenewed = "licence.renewed",
        LicenceRenewalReturned = "licence.renewal_returned",
        LicenceFrozen = "licence.frozen",
        LicenceUnfrozen = "licence.unfrozen",
        LicenceReleased = "licence.released",
    }
}

impl EventType {
    pub(crate) fn of(request: &Request) -> Self {
        let word = |name: &str| request.field(name).and_then(Value::as_str);
        match (request.activity, word("status"), word("scene")) {
            (Activity::UpdateInstanceStatus, Some("UNFREEZE"), _) => Self::Unfrozen,
            (Activity::UpdateLicenseCodeStatus, Some("UNFREEZE"), _) => Self::LicenceUnfrozen,
            (Activity::RefreshLicenseCode, _, Some("UNSUBSCRIBE_RENEWAL_PERIOD")) => Self::LicenceRenewalReturned,
            (Activity::RefreshInstance, _, Some("TRIAL_TO_FORMAL")) => Self::TrialBought,
            (Activity::RefreshInstance, _, Some("UNSUBSCRIBE_RENEWAL_PERIOD")) => Self::RenewalReturned,
            // It becomes something else, and goes on until another end.
            (Activity::RefreshInstance, _, Some("RENEWAL_CHANGE")) => Self::Changed,
            (Activity::NewInstance, _, _) if request.is_acceptance() => Self::Accepted,
            (activity, _, _) => Self::usual(activity),
        }
    }

    fn usual(activity: Activity) -> Self {
        match activity {
            Activity::NewInstance => Self::Create,
            Activity::QueryInstance => Self::Describe,
            Activity::RefreshInstance => Self::Renewed,
            Activity::UpdateInstanceStatus => Self::Frozen,
            Activity::ReleaseInstance => Self::Released,
            Activity::UpgradeInstance => Self::Changed,
            Activity::ChangeInstanceCheck => Self::CheckChange,
            Activity::OrderNotify => Self::OrderPlaced,
            Activity::RefreshLicenseCode => Self::LicenceRenewed,
            Activity::UpdateLicenseCodeStatus => Self::LicenceFrozen,
            Activity::ReleaseLicenseCode => Self::LicenceReleased,
        }
    }

    /// What is tried by it.
    pub(crate) fn scenario(self) -> Scenario {
        match self {
            Self::Create => Scenario::Create,
            Self::Accepted => Scenario::Accept,
            Self::Describe => Scenario::Describe,
            Self::Renewed => Scenario::Renew,
            Self::RenewalReturned => Scenario::ReturnRenewal,
            Self::TrialBought => Scenario::BuyTrial,
            Self::CheckChange => Scenario::CheckChange,
            Self::Changed => Scenario::Change,
            Self::Frozen => Scenario::Freeze,
            Self::Unfrozen => Scenario::Unfreeze,
            Self::Released => Scenario::Release,
            Self::OrderPlaced => Scenario::Notify,
            Self::LicenceRenewed => Scenario::RenewCode,
            Self::LicenceRenewalReturned => Scenario::ReturnCodeRenewal,
            Self::LicenceFrozen => Scenario::FreezeCode,
            Self::LicenceUnfrozen => Scenario::UnfreezeCode,
            Self::LicenceReleased => Scenario::ReleaseCode,
        }
    }

    pub(crate) fn of_scenario(scenario: Scenario) -> Self {
        match scenario {
            Scenario::Create => Self::Create,
            Scenario::Accept => Self::Accepted,
            Scenario::Describe => Self::Describe,
            Scenario::Renew => Self::Renewed,
            Scenario::ReturnRenewal => Self::RenewalReturned,
            Scenario::BuyTrial => Self::TrialBought,
            Scenario::CheckChange => Self::CheckChange,
            Scenario::Change => Self::Changed,
            Scenario::Freeze | Scenario::Expire => Self::Frozen,
            Scenario::Unfreeze => Self::Unfrozen,
            Scenario::Release => Self::Released,
            Scenario::Notify => Self::OrderPlaced,
            Scenario::RenewCode => Self::LicenceRenewed,
            Scenario::ReturnCodeRenewal => Self::LicenceRenewalReturned,
            Scenario::FreezeCode => Self::LicenceFrozen,
            Scenario::UnfreezeCode => Self::LicenceUnfrozen,
            Scenario::ReleaseCode => Self::LicenceReleased,
        }
    }

    /// The type of an event that was sent.
    pub(crate) fn sent(activity: Activity, body: &str) -> Self {
        let sent: Option<Value> = serde_json::from_str(body).ok();
        let named = sent.as_ref().and_then(|sent| sent["type"].as_str()).and_then(|name| name.parse().ok());
        named.unwrap_or_else(|| Self::usual(activity))
    }

    /// A request that makes such an event, without its fields.
    pub(crate) fn request(self) -> Request {
        let refresh = |scene: &'static str| Request::new(Activity::RefreshInstance).with("scene", scene);
        let status = |status: &'static str| Request::new(Activity::UpdateInstanceStatus).with("status", status);
        match self {
            Self::Create => Request::new(Activity::NewInstance),
            Self::Accepted => Request::new(Activity::NewInstance).with(ACCEPTED, ""),
            Self::Describe => Request::new(Activity::QueryInstance),
            Self::Renewed => refresh("RENEWAL"),
            Self::RenewalReturned => refresh("UNSUBSCRIBE_RENEWAL_PERIOD"),
            Self::TrialBought => refresh("TRIAL_TO_FORMAL"),
            Self::CheckChange => Request::new(Activity::ChangeInstanceCheck),
            Self::Changed => Request::new(Activity::UpgradeInstance),
            Self::Frozen => status("FREEZE"),
            Self::Unfrozen => status("UNFREEZE"),
            Self::Released => Request::new(Activity::ReleaseInstance),
            Self::OrderPlaced => Request::new(Activity::OrderNotify),
            Self::LicenceRenewed => Request::new(Activity::RefreshLicenseCode).with("scene", "RENEWAL"),
            Self::LicenceRenewalReturned => {
                Request::new(Activity::RefreshLicenseCode).with("scene", "UNSUBSCRIBE_RENEWAL_PERIOD")
            }
            Self::LicenceFrozen => Request::new(Activity::UpdateLicenseCodeStatus).with("status", "FREEZE"),
            Self::LicenceUnfrozen => Request::new(Activity::UpdateLicenseCodeStatus).with("status", "UNFREEZE"),
            Self::LicenceReleased => Request::new(Activity::ReleaseLicenseCode),
        }
    }
}

/// What the fields of the other form are called here.
const NAMES: [(&str, &str); 5] = [
    ("instanceId", "instance"),
    ("license", "licence"),
    ("orderId", "order"),
    ("orderLineId", "order_line"),
    ("productId", "product"),
];

/// The body as it is signed and sent; the same whenever it is sent again.
pub(crate) fn body(request: &Request, at: Timestamp) -> String {
    let kind = EventType::of(request);
    let mut data: Map<String, Value> = request.more().map(|(name, value)| (name.to_owned(), value.clone())).collect();
    for (theirs, ours) in NAMES {
        if let Some(value) = request.field(theirs) {
            data.insert(ours.to_owned(), value.clone());
        }
    }
    if let Some(end) = request.field("expireTime").and_then(Value::as_str) {
        // What was typed and is no time stands as it is, so that a program can be tried with it.
        let until = end.get(..14).and_then(|digits| Timestamp::parse_utc("%Y%m%d%H%M%S", digits));
        data.insert(
            "expires_at".to_owned(),
            Value::from(until.map_or_else(|| end.to_owned(), |until| until.to_string())),
        );
    }
    if let Some(accepted) = request.field(ACCEPTED).and_then(Value::as_str) {
        let (second, millis) = (accepted.get(..14), accepted.get(14..).and_then(|millis| millis.parse::<i64>().ok()));
        let second = second.and_then(|digits| Timestamp::parse_utc("%Y%m%d%H%M%S", digits));
        let moment = second.map(|second| second.plus_micros(millis.unwrap_or_default() * 1_000));
        data.insert("accepted_at".to_owned(), moment.map_or(Value::Null, |moment| Value::from(moment.to_string())));
    }
    if matches!(kind, EventType::Released | EventType::LicenceReleased) {
        data.insert("returned".to_owned(), Value::from(request.field("orderId").is_some()));
    }
    if request.is_test() {
        data.insert("test".to_owned(), Value::from(true));
    }
    let mut text = format!(r#"{{"type":"{kind}","timestamp":"{at}","data":"#);
    write(&Value::Object(data), &mut text);
    text.push('}');
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at() -> Timestamp {
        "2026-11-30T08:00:00Z".parse().unwrap()
    }

    #[test]
    fn an_event_says_in_plain_words_what_happens() {
        let create = Request::new(Activity::NewInstance)
            .with("orderId", "CS1")
            .with("orderLineId", "CS1-000001")
            .with("businessId", "biz")
            .telling("buyer", json!({ "name": "Ada" }));
        let said = r#"{"type":"instance.create","timestamp":"2026-11-30T08:00:00.000000Z","data":{"buyer":{"name":"Ada"},"order":"CS1","order_line":"CS1-000001"}}"#;
        assert_eq!(body(&create, at()), said);
        assert!(!create.body().contains("Ada"), "the other form has no room for it");
        let accepted = create.with(ACCEPTED, "20261202093001250").telling("instance", "i-1");
        let said = r#"{"type":"instance.accepted","timestamp":"2026-11-30T08:00:00.000000Z","data":{"accepted_at":"2026-12-02T09:30:01.250000Z","buyer":{"name":"Ada"},"instance":"i-1","order":"CS1","order_line":"CS1-000001"}}"#;
        assert_eq!(body(&accepted, at()), said);
        let renewed = EventType::Renewed.request().with("instanceId", "i-1").with("expireTime", "20270228160000");
        let said = r#""data":{"expires_at":"2027-02-28T16:00:00.000000Z","instance":"i-1"}}"#;
        assert!(body(&renewed, at()).ends_with(said), "{}", body(&renewed, at()));
        let changed = EventType::Changed.request().with("instanceId", "i-1").with("orderId", "CS2");
        let changed = changed
            .with("orderLineId", "CS2-000001")
            .telling("sku", "PRO")
            .telling("quantities", json!({ "users": 40 }));
        let said = r#""data":{"instance":"i-1","order":"CS2","order_line":"CS2-000001","quantities":{"users":40},"sku":"PRO"}}"#;
        assert!(body(&changed, at()).ends_with(said), "{}", body(&changed, at()));
        let renewed = Request::new(Activity::RefreshInstance).with("scene", "RENEWAL_CHANGE").with("instanceId", "i-1");
        let renewed = renewed.with("expireTime", "20270228160000").telling("sku", "PRO");
        let said = r#"{"type":"instance.changed","timestamp":"2026-11-30T08:00:00.000000Z","data":{"expires_at":"2027-02-28T16:00:00.000000Z","instance":"i-1","sku":"PRO"}}"#;
        assert_eq!(body(&renewed, at()), said);
        let asked = EventType::CheckChange.request().with("instanceId", "i-1").with("productInfo", json!([{}]));
        let said = r#"{"type":"instance.check_change","timestamp":"2026-11-30T08:00:00.000000Z","data":{"instance":"i-1","sku":"PRO"}}"#;
        assert_eq!(body(&asked.telling("sku", "PRO"), at()), said);
        let code = EventType::LicenceRenewed.request().with("license", "PLTEST").with("orderId", "CS2");
        let said = r#"{"type":"licence.renewed","timestamp":"2026-11-30T08:00:00.000000Z","data":{"expires_at":"2027-02-28T16:00:00.000000Z","licence":"PLTEST","order":"CS2"}}"#;
        assert_eq!(body(&code.with("expireTime", "20270228160000"), at()), said);
        let released = EventType::Released.request().with("instanceId", "i-1");
        assert!(body(&released, at()).ends_with(r#""data":{"instance":"i-1","returned":false}}"#));
        let returned = released.with("orderId", "CS1").test();
        assert!(
            body(&returned, at()).ends_with(r#""data":{"instance":"i-1","order":"CS1","returned":true,"test":true}}"#)
        );
    }

    #[test]
    fn every_type_is_known_again_by_what_is_sent() {
        for kind in EventType::ALL.iter().copied() {
            let request = kind.request();
            assert_eq!(EventType::of(&request), kind);
            assert_eq!(EventType::sent(request.activity, &body(&request, at())), kind);
        }
        assert_eq!(EventType::sent(Activity::ReleaseInstance, "{"), EventType::Released);
    }
}
