//! Calls that try a seller's system out: what can be chosen in the debugger, as a request.

use kernel::{Currency, Invalid, Money, Timestamp};
use policy::{BillingMode, Scenario};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    form::CallForm,
    request::{ACCEPTED, Activity, Customer, Request, Sale},
    v1::Ask,
    webhook::EventType,
};

const END_SCENES: [&str; 4] = ["TRIAL_TO_FORMAL", "RENEWAL", "UNSUBSCRIBE_RENEWAL_PERIOD", "RENEWAL_CHANGE"];
/// No word of the interface: that a creation is told again because its buyer has accepted it.
const ACCEPTANCE: &str = "ACCEPTANCE";
/// All that can be chosen.
pub(crate) const SCENES: [&str; 5] = [END_SCENES[0], END_SCENES[1], END_SCENES[2], END_SCENES[3], ACCEPTANCE];
/// Those of a code.
pub(crate) const CODE_SCENES: [&str; 2] = ["RENEWAL", "UNSUBSCRIBE_RENEWAL_PERIOD"];
pub(crate) const STATUSES: [&str; 2] = ["FREEZE", "UNFREEZE"];
/// The same as V1.0 says it.
pub(crate) const OLD_STATUSES: [&str; 2] = ["FREEZE", "NORMAL"];

/// The orders that every seller may try a program with; the order query answers them, and their runs.
const MOCK_ORDERS: [&str; 9] = [
    "MOCKPERIODYEARNEW",
    "MOCKONETIMENEW",
    "MOCKONDEMAND",
    "MOCKONDEMANDPKG",
    "MOCKPERIODDAYTRIAL",
    "MOCKMONTYTRIALTOFORMAL",
    "MOCKMONTYUNSUBSCRIBE",
    "MOCKMONTYRENEW",
    "MOCKMONTYCHANGE",
];

/// The mock order that a number names, or whose run it names: `MOCKONETIMENEW`, `MOCKONETIMENEW-5C21F0A9`.
pub fn mock_order(number: &str) -> Option<&'static str> {
    let (name, run) = number.split_once('-').unwrap_or((number, "00000000"));
    let is_run = run.len() == 8 && run.bytes().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte));
    MOCK_ORDERS.into_iter().find(|known| *known == name && is_run)
}

/// A code that was never sold, for programs that are tried out without a test code.
pub(crate) const NOBODYS_CODE: &str = "PLTESTTESTTESTTESTTESTTEST";

/// What was chosen and typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Trial {
    /// An activity, or a type of event, as the form of the address has it.
    pub(crate) activity: String,
    pub(crate) order: String,
    /// Empty: the one that the order creates. Of what is about an authorisation code that code; empty: one that nobody has.
    pub(crate) instance: String,
    /// Of an activity that has it.
    pub(crate) status: String,
    pub(crate) scene: String,
    /// Empty: a year from now.
    pub(crate) expires: String,
}

/// Days for which an instance goes on when no end is typed.
const GOES_ON_DAYS: i64 = 365;

/// What something would become, as the question has it.
fn target() -> Value {
    json!({ "productId": "TESTPRODUCT", "productName": "TEST", "skuCode": "TEST", "linearValue": 10 })
}

/// What something becomes, for the form that has room for it.
fn becoming(request: Request) -> Request {
    request.telling("sku", "TEST").telling("attributes", json!({})).telling("quantities", json!({ "users": 10 }))
}

impl Trial {
    /// What is tried by it.
    pub(crate) fn scenario(&self, form: CallForm) -> Result<Scenario, Invalid> {
        let begun = self.begun(form)?;
        let end_of_term = form == CallForm::KooGalleryV1 && Ask::of(&begun) == Ask::ExpireInstance;
        Ok(if end_of_term { Scenario::Expire } else { EventType::of(&begun).scenario() })
    }

    /// The request that creates the instance which this one is about, where that is not typed; none: nothing is missing.
    pub(crate) fn creation(
        &self,
        form: CallForm,
        (business, now): (&str, Timestamp),
    ) -> Result<Option<Request>, Invalid> {
        let missing = wants_instance(&self.begun(form)?) && self.instance.trim().is_empty();
        if !missing || self.order.trim().is_empty() {
            return Ok(None);
        }
        let activity = form.says(Scenario::Create).to_owned();
        let creation = Self { activity, order: self.order.clone(), ..Self::default() };
        creation.request(form, (business, now)).map(Some)
    }

    /// The same as a run of its own, where it can be repeated: programs answer the same order line with the same instance,
    /// also after it was released.
    pub(crate) fn anew(&self, run: &str) -> Self {
        match mock_order(self.order.trim()) {
            Some(order) if !self.names_instance() => Self { order: format!("{order}-{run}"), ..self.clone() },
            Some(_) | None => self.clone(),
        }
    }

    /// Whether it does the same however often it is sent: it is of a mock order and about what that creates. An instance that
    /// was typed may be gone by then, and an order of the seller's own may be used up.
    pub(crate) fn is_repeatable(&self) -> bool {
        mock_order(self.order.trim()).is_some() && !self.names_instance()
    }

    /// Whether it is about an instance that was typed.
    fn names_instance(&self) -> bool {
        let of_event = || self.activity.parse().ok().map(EventType::request);
        let begun = self.activity.parse().ok().map(|activity| self.first(activity)).or_else(of_event);
        let names = |begun: Request| wants_instance(&begun) || is_of_code(begun.activity);
        begun.is_none_or(names) && !self.instance.trim().is_empty()
    }

    /// The request, marked as a test. `business` is an id that nothing else has.
    pub(crate) fn request(&self, form: CallForm, (business, now): (&str, Timestamp)) -> Result<Request, Invalid> {
        let begun = self.begun(form)?;
        let (order, instance, expires) = (self.order.trim(), self.instance.trim(), self.expires.trim());
        let wants_instance = wants_instance(&begun);
        let needed = ("is needed for this activity", "此接口必填");
        let mut wrong = Invalid::default();
        let of_instance = (
            "is needed here, at most 100 characters; without it, an order is created first when you send",
            "此处必填，不超过 100 个字符；发送时若不填写，须填写订单，平台会先创建实例",
        );
        wrong.check(!wants_instance || (1..=100).contains(&instance.chars().count()), "instance", of_instance);
        let needs_none = matches!(begun.activity, Activity::UpdateLicenseCodeStatus | Activity::ReleaseLicenseCode);
        let names_order = begun.is_acceptance() || form == CallForm::KooGalleryV1 && names_order(&begun);
        let wants_order = !needs_none && (!wants_instance || names_order);
        wrong.check(order.chars().count() <= 64 && !(wants_order && order.is_empty()), "order", needed);
        let typed = [("order", &self.order, 64), ("instance", &self.instance, 100), ("expires", &self.expires, 40)];
        for (field, text, most) in typed.into_iter().chain([("status", &self.status, 40), ("scene", &self.scene, 40)]) {
            wrong.line(text, 0, most, field);
        }
        wrong.done()?;
        let of_order = |request: Request| request.with("orderId", order).with("orderLineId", format!("{order}-000001"));
        let of_instance = |request: Request| request.with("instanceId", instance);
        let code = if instance.is_empty() { NOBODYS_CODE } else { instance };
        let of_code = |request: Request| request.with("license", code);
        let usual_end = || wire_time(now.plus_days(GOES_ON_DAYS));
        let expires = if expires.is_empty() { usual_end() } else { expires.to_owned() };
        let request = match begun.activity {
            Activity::NewInstance if begun.is_acceptance() => of_order(begun)
                .with("businessId", business)
                .with(ACCEPTED, digits(now, 17))
                .telling("instance", instance)
                .telling("expires_at", now.plus_days(GOES_ON_DAYS).to_string()),
            Activity::NewInstance => sample(of_order(begun).with("businessId", business)),
            Activity::OrderNotify => sample(of_order(begun)),
            Activity::RefreshLicenseCode => of_order(of_code(begun)).with("expireTime", expires),
            Activity::UpdateLicenseCodeStatus => of_code(begun),
            Activity::ReleaseLicenseCode if order.is_empty() => of_code(begun),
            Activity::ReleaseLicenseCode => of_order(of_code(begun)),
            Activity::QueryInstance | Activity::UpdateInstanceStatus => of_instance(begun),
            Activity::RefreshInstance if begun.field("scene").is_some_and(|scene| scene == "RENEWAL_CHANGE") => {
                becoming(of_order(of_instance(begun)).with("expireTime", expires))
            }
            Activity::RefreshInstance => of_order(of_instance(begun)).with("expireTime", expires),
            Activity::ReleaseInstance if order.is_empty() => of_instance(begun),
            Activity::ReleaseInstance => of_order(of_instance(begun)),
            Activity::UpgradeInstance => becoming(of_order(of_instance(begun))),
            Activity::ChangeInstanceCheck => becoming(of_instance(begun).with("productInfo", target())),
        };
        let sale = sale(&request, order, now);
        Ok(request.sold(sale).test())
    }

    /// What an activity begins with.
    fn first(&self, activity: Activity) -> Request {
        let accepted = activity == Activity::NewInstance && self.scene.trim() == ACCEPTANCE;
        if accepted { EventType::Accepted.request() } else { Request::new(activity) }
    }

    fn begun(&self, form: CallForm) -> Result<Request, Invalid> {
        match form {
            CallForm::KooGalleryV2 => {
                let activity: Activity = self
                    .activity
                    .parse()
                    .map_err(|_| Invalid::one("activity", ("choose an activity", "须选择接口")))?;
                let request = self.first(activity);
                Ok(match activity {
                    Activity::RefreshInstance => request.with("scene", one_of("scene", &self.scene, &END_SCENES)?),
                    Activity::RefreshLicenseCode => request.with("scene", one_of("scene", &self.scene, &CODE_SCENES)?),
                    Activity::UpdateInstanceStatus | Activity::UpdateLicenseCodeStatus => {
                        request.with("status", one_of("status", &self.status, &STATUSES)?)
                    }
                    Activity::NewInstance
                    | Activity::QueryInstance
                    | Activity::ReleaseInstance
                    | Activity::UpgradeInstance
                    | Activity::ChangeInstanceCheck
                    | Activity::OrderNotify
                    | Activity::ReleaseLicenseCode => request,
                })
            }
            CallForm::KooGalleryV1 => self.begun_in_v1(),
            CallForm::StandardWebhooks => {
                let event: Result<EventType, _> = self.activity.parse();
                let wrong = |_| Invalid::one("activity", ("choose a type of event", "须选择事件类型"));
                event.map(EventType::request).map_err(wrong)
            }
        }
    }
}

impl Trial {
    fn begun_in_v1(&self) -> Result<Request, Invalid> {
        let wrong = || Invalid::one("activity", ("choose an activity", "须选择接口"));
        let ask: Ask = self.activity.parse().map_err(|_| wrong())?;
        let status = |status: &'static str| Request::new(Activity::UpdateInstanceStatus).with("status", status);
        Ok(match ask {
            Ask::NewInstance => self.first(Activity::NewInstance),
            Ask::QueryInstance => Request::new(Activity::QueryInstance),
            Ask::RefreshInstance => {
                Request::new(Activity::RefreshInstance).with("scene", one_of("scene", &self.scene, &END_SCENES)?)
            }
            Ask::ExpireInstance => status("FREEZE"),
            Ask::InstanceStatus => {
                let word = one_of("status", &self.status, &OLD_STATUSES)?;
                let by_use = sample_sale(BillingMode::OnDemand);
                status(if word == "NORMAL" { "UNFREEZE" } else { word }).sold(by_use)
            }
            Ask::Upgrade => Request::new(Activity::UpgradeInstance),
            Ask::ReleaseInstance => Request::new(Activity::ReleaseInstance),
            Ask::OrderNotify => Request::new(Activity::OrderNotify),
            Ask::RefreshLicenseCode => {
                Request::new(Activity::RefreshLicenseCode).with("scene", one_of("scene", &self.scene, &CODE_SCENES)?)
            }
            Ask::UpdateLicenseCodeStatus => {
                // Of this one V1.0 has no words of its own.
                let word = if self.status.trim() == "NORMAL" { "UNFREEZE" } else { self.status.as_str() };
                Request::new(Activity::UpdateLicenseCodeStatus).with("status", one_of("status", word, &STATUSES)?)
            }
            Ask::ReleaseLicenseCode => Request::new(Activity::ReleaseLicenseCode),
            Ask::ChangeInstanceCheck => return Err(wrong()),
        })
    }
}

/// The sale that a request is about: of its mock order, unless its words are only for another mode.
fn sale(request: &Request, order: &str, now: Timestamp) -> Sale {
    let mode = match (request.sale(), order) {
        (Some(sale), _) => sale.mode,
        (None, "MOCKONETIMENEW") => BillingMode::OneOff,
        (None, "MOCKONDEMAND") if request.activity != Activity::UpdateInstanceStatus => BillingMode::OnDemand,
        (None, "MOCKONDEMANDPKG") => BillingMode::Package,
        (None, _) => BillingMode::Period,
    };
    let sale = sample_sale(mode);
    let customer = sale.customer.filter(|_| request.activity == Activity::NewInstance);
    Sale {
        order: order.to_owned(),
        line: format!("{order}-000001"),
        is_trial: order == "MOCKPERIODDAYTRIAL",
        ends: Some(now.plus_days(GOES_ON_DAYS)),
        customer,
        ..sale
    }
}

fn sample_sale(mode: BillingMode) -> Sale {
    Sale {
        business: String::new(),
        order: String::new(),
        line: String::new(),
        mode,
        product: "TESTPRODUCT".to_owned(),
        sku: "TEST".to_owned(),
        quantities: [("users".to_owned(), 5)].into(),
        answers: vec![("emailDomainName".to_owned(), "example.com".to_owned())],
        period: (mode == BillingMode::Period).then_some(("year", 1)),
        amount: Some(Money::of(10_000, Currency::CNY)),
        is_trial: false,
        ends: None,
        customer: Some(Customer {
            id: "TESTCUSTOMER".to_owned(),
            name: "Test customer".to_owned(),
            user: Some("TESTUSER".to_owned()),
            user_name: Some("test".to_owned()),
            mobile: Some("13800138000".to_owned()),
            email: Some("test@example.com".to_owned()),
        }),
    }
}

/// `yyyyMMddHHmmss` in UTC.
fn wire_time(moment: Timestamp) -> String {
    digits(moment, 14)
}

fn digits(moment: Timestamp, count: usize) -> String {
    moment.to_string().chars().filter(char::is_ascii_digit).take(count).collect()
}

/// Whether it is about an instance that is there.
fn wants_instance(request: &Request) -> bool {
    let names_none = matches!(request.activity, Activity::NewInstance | Activity::OrderNotify);
    request.is_acceptance() || !names_none && !is_of_code(request.activity)
}

/// Whether it is about an authorisation code.
fn is_of_code(activity: Activity) -> bool {
    match activity {
        Activity::RefreshLicenseCode | Activity::UpdateLicenseCodeStatus | Activity::ReleaseLicenseCode => true,
        Activity::NewInstance
        | Activity::QueryInstance
        | Activity::RefreshInstance
        | Activity::UpdateInstanceStatus
        | Activity::ReleaseInstance
        | Activity::UpgradeInstance
        | Activity::ChangeInstanceCheck
        | Activity::OrderNotify => false,
    }
}

/// Whether V1.0 names its order.
fn names_order(request: &Request) -> bool {
    !matches!(Ask::of(request), Ask::QueryInstance | Ask::InstanceStatus)
}

fn one_of(field: &'static str, word: &str, known: &[&'static str]) -> Result<&'static str, Invalid> {
    let found = known.iter().find(|known| **known == word.trim());
    let list = known.join(", ");
    let wrong = (format!("must be one of {list}"), format!("须为以下之一：{list}"));
    found.copied().ok_or_else(|| Invalid::one(field, wrong))
}

/// What the mock orders are of.
fn sample(request: Request) -> Request {
    request
        .telling("product", "TESTPRODUCT")
        .telling("sku", "TEST")
        .telling("quantities", json!({ "users": 5 }))
        .telling("billing_mode", "period")
        .telling("period_unit", "year")
        .telling("periods", 1)
        .telling("trial", false)
        .telling("answers", json!({ "emailDomainName": "example.com" }))
        .telling("buyer", json!({ "id": "TESTCUSTOMER", "name": "Test customer", "email": "test@example.com", "mobile": "13800138000" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: (&str, Timestamp) = ("b", Timestamp::from_micros(1_796_000_000_000_000));

    fn trial(activity: &str) -> Trial {
        Trial {
            activity: activity.to_owned(),
            order: "MOCKPERIODYEARNEW".to_owned(),
            instance: "i-1".to_owned(),
            status: "FREEZE".to_owned(),
            scene: "RENEWAL".to_owned(),
            ..Trial::default()
        }
    }

    #[test]
    fn everything_that_can_be_chosen_makes_a_test_request() {
        let v2 = Activity::ALL.iter().map(|activity| (CallForm::KooGalleryV2, activity.as_str()));
        let events = EventType::ALL.iter().map(|event| (CallForm::StandardWebhooks, event.as_str()));
        let v1 = CallForm::KooGalleryV1.scenarios().map(|scenario| CallForm::KooGalleryV1.says(scenario));
        let v1 = v1.map(|said| (CallForm::KooGalleryV1, said.split(' ').next().unwrap()));
        for (form, activity) in v2.chain(events).chain(v1) {
            assert!(trial(activity).request(form, NOW).unwrap().is_test(), "{activity}");
            let bare = Trial { order: String::new(), instance: String::new(), ..trial(activity) };
            // A code that was never sold stands where none is named; only another end has an order.
            let of_code = activity.contains("LicenseCode") || activity.starts_with("licence.");
            let wants_order = activity == "refreshLicenseCode" || activity.starts_with("licence.renew");
            let fine = of_code && !wants_order;
            assert_eq!(bare.request(form, NOW).is_ok(), fine, "{activity} is about something");
            assert_eq!(bare.creation(form, NOW).unwrap(), None);
        }
        assert!(trial("newInstance").request(CallForm::StandardWebhooks, NOW).is_err());
        assert!(trial("instance.create").request(CallForm::KooGalleryV2, NOW).is_err());
    }

    #[test]
    fn what_v1_says_otherwise_is_its_own_scenario() {
        let of = |activity: &str, status: &str| {
            let trial = Trial { status: status.to_owned(), ..trial(activity) };
            let request = trial.request(CallForm::KooGalleryV1, NOW).unwrap();
            (Ask::of(&request), trial.scenario(CallForm::KooGalleryV1).unwrap())
        };
        assert_eq!(of("expireInstance", ""), (Ask::ExpireInstance, Scenario::Expire));
        assert_eq!(of("instanceStatus", "FREEZE"), (Ask::InstanceStatus, Scenario::Freeze));
        assert_eq!(of("instanceStatus", "NORMAL"), (Ask::InstanceStatus, Scenario::Unfreeze));
        assert_eq!(of("queryInstance", ""), (Ask::QueryInstance, Scenario::Describe));
        assert_eq!(of("upgrade", ""), (Ask::Upgrade, Scenario::Change));
        let wrong = |activity: &str| {
            Trial { status: "UNFREEZE".to_owned(), ..trial(activity) }.request(CallForm::KooGalleryV1, NOW).is_err()
        };
        assert!(wrong("instanceStatus") && wrong("changeInstanceCheck") && wrong("updateInstanceStatus"));
    }

    #[test]
    fn v1_names_the_order_of_all_but_questions_and_states() {
        let of = |form, activity: &str| Trial { order: String::new(), ..trial(activity) }.request(form, NOW);
        for activity in ["refreshInstance", "expireInstance", "upgrade", "releaseInstance"] {
            let refused = of(CallForm::KooGalleryV1, activity).unwrap_err();
            assert_eq!((refused.0.len(), refused.0[0].field.as_str()), (1, "order"), "{activity}");
        }
        for activity in ["queryInstance", "instanceStatus"] {
            assert!(of(CallForm::KooGalleryV1, activity).is_ok(), "{activity}");
        }
        assert!(of(CallForm::KooGalleryV2, "releaseInstance").is_ok(), "it may be left out there");
    }

    #[test]
    fn an_acceptance_is_the_creation_again_with_its_moment() {
        for form in [CallForm::KooGalleryV2, CallForm::KooGalleryV1] {
            let accepted = Trial { scene: "ACCEPTANCE".to_owned(), ..trial("newInstance") };
            let request = accepted.request(form, NOW).unwrap();
            assert_eq!(accepted.scenario(form).unwrap(), Scenario::Accept);
            assert_eq!(request.field(ACCEPTED).unwrap().as_str().unwrap().len(), 17);
            assert!(request.body().contains(r#""orderId":"MOCKPERIODYEARNEW""#), "{}", request.body());
            assert_eq!(trial("newInstance").scenario(form).unwrap(), Scenario::Create);
            let open = Trial { instance: String::new(), ..accepted };
            assert!(open.is_repeatable() && open.request(form, NOW).is_err(), "there has to be something to accept");
            let creation = open.creation(form, NOW).unwrap().unwrap();
            assert!(creation.activity == Activity::NewInstance && creation.field(ACCEPTED).is_none());
        }
        let event = trial("instance.accepted").request(CallForm::StandardWebhooks, NOW).unwrap();
        assert_eq!(EventType::of(&event), EventType::Accepted);
    }

    #[test]
    fn statuses_and_scenes_are_words_of_the_interface() {
        let wrong = |trial: Trial| trial.request(CallForm::KooGalleryV2, NOW).unwrap_err().0[0].field.clone();
        assert_eq!(wrong(Trial { scene: "LATER".to_owned(), ..trial("refreshInstance") }), "scene");
        assert_eq!(wrong(Trial { status: String::new(), ..trial("updateInstanceStatus") }), "status");
        let elsewhere = Trial { scene: "LATER".to_owned(), ..trial("releaseInstance") };
        assert!(elsewhere.request(CallForm::KooGalleryV2, NOW).is_ok(), "no part of it");
    }

    #[test]
    fn an_instance_that_is_not_typed_is_created_first() {
        for (form, activity) in
            [(CallForm::KooGalleryV2, "releaseInstance"), (CallForm::StandardWebhooks, "instance.frozen")]
        {
            let open = Trial { instance: " ".to_owned(), ..trial(activity) };
            let creation = open.creation(form, NOW).unwrap().unwrap();
            assert_eq!((creation.activity, creation.is_test()), (Activity::NewInstance, true));
            assert!(open.request(form, NOW).is_err(), "there is nothing to show yet");
            assert_eq!(trial(activity).creation(form, NOW).unwrap(), None);
        }
        assert_eq!(trial("newInstance").creation(CallForm::KooGalleryV2, NOW).unwrap(), None);
    }

    #[test]
    fn each_run_of_a_case_has_an_order_of_its_own() {
        let open = Trial { instance: String::new(), ..trial("newInstance") };
        let sent = open.anew("5C21F0A9").request(CallForm::KooGalleryV2, NOW).unwrap();
        let field = |name| sent.field(name).and_then(Value::as_str).map(str::to_owned);
        assert_eq!(field("orderId").as_deref(), Some("MOCKPERIODYEARNEW-5C21F0A9"));
        assert_eq!(field("orderLineId").as_deref(), Some("MOCKPERIODYEARNEW-5C21F0A9-000001"));
        assert_eq!(trial("releaseInstance").anew("5C21F0A9"), trial("releaseInstance"), "it names what is there");
        let again = Trial { order: "MOCKONETIMENEW-00000001".to_owned(), ..open.clone() };
        assert_eq!(again.anew("5C21F0A9").order, "MOCKONETIMENEW-5C21F0A9", "a run that was typed is run again");
        let own = Trial { order: "CS2211181819B4LVS".to_owned(), ..open };
        assert_eq!(own.anew("5C21F0A9"), own, "an order of one's own is sent as it is typed");
    }

    #[test]
    fn what_is_of_a_mock_order_and_names_no_instance_can_be_repeated() {
        let open = |activity| Trial { instance: String::new(), ..trial(activity) };
        for activity in ["newInstance", "releaseInstance", "instance.create", "instance.released", "order.placed"] {
            assert!(open(activity).is_repeatable(), "{activity}");
            let own = Trial { order: "CS2211181819B4LVS".to_owned(), ..open(activity) };
            assert!(!own.is_repeatable(), "{activity}");
        }
        assert!(!trial("releaseInstance").is_repeatable() && !trial("instance.released").is_repeatable());
        assert!(trial("newInstance").is_repeatable() && trial("order.placed").is_repeatable(), "it is no part of them");
    }

    #[test]
    fn an_instance_has_a_hundred_characters_in_any_script() {
        let named =
            |instance: String| Trial { instance, ..trial("queryInstance") }.request(CallForm::KooGalleryV2, NOW);
        assert!(named("实".repeat(100)).is_ok() && named("实".repeat(101)).is_err());
    }

    #[test]
    fn a_run_is_known_by_its_mock_order() {
        for order in MOCK_ORDERS {
            assert_eq!(mock_order(order), Some(order));
            assert_eq!(mock_order(&format!("{order}-5C21F0A9")), Some(order));
        }
        for other in ["MOCK", "MOCKONDEMAND-", "MOCKONDEMAND-5c21f0a9", "MOCKONDEMAND-5C21F0A9-000001", "CS22-00000000"]
        {
            assert_eq!(mock_order(other), None, "{other}");
        }
    }

    #[test]
    fn a_renewal_without_an_end_goes_on_for_a_year() {
        let request = trial("refreshInstance").request(CallForm::KooGalleryV2, NOW).unwrap();
        let end = request.field("expireTime").and_then(Value::as_str).unwrap();
        assert!(end.len() == 14 && end.starts_with("2027"), "{end}");
    }
}
