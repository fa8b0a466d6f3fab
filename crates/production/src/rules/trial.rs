//! Calls that try a seller's system out: what can be chosen in the debugger, as a request.

use kernel::Invalid;
use serde_json::json;

use super::{
    form::CallForm,
    request::{Activity, Request},
    webhook::EventType,
};

pub(crate) const SCENES: [&str; 4] = ["TRIAL_TO_FORMAL", "RENEWAL", "UNSUBSCRIBE_RENEWAL_PERIOD", "RENEWAL_CHANGE"];
pub(crate) const STATUSES: [&str; 2] = ["FREEZE", "UNFREEZE"];

/// What was chosen and typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trial {
    /// An activity, or a type of event, as the form of the address has it.
    pub(crate) activity: String,
    pub(crate) order: String,
    pub(crate) instance: String,
    /// Of an activity that has it.
    pub(crate) status: String,
    pub(crate) scene: String,
    pub(crate) expires: String,
}

impl Trial {
    /// The request, marked as a test. `business` is an id that nothing else has.
    pub(crate) fn request(&self, form: CallForm, business: &str) -> Result<Request, Invalid> {
        let begun = self.begun(form)?;
        let (order, instance, expires) = (self.order.trim(), self.instance.trim(), self.expires.trim());
        let wants_instance = !matches!(begun.activity, Activity::NewInstance | Activity::OrderNotify);
        let needed = ("is needed for this activity", "此接口必填");
        let mut wrong = Invalid::default();
        wrong.check(!wants_instance || (1..=100).contains(&instance.len()), "instance", needed);
        wrong.check(order.len() <= 64 && (wants_instance || !order.is_empty()), "order", needed);
        wrong.check(expires.len() <= 40, "expires", ("is too long", "过长"));
        wrong.done()?;
        let of_order = |request: Request| request.with("orderId", order).with("orderLineId", format!("{order}-000001"));
        let of_instance = |request: Request| request.with("instanceId", instance);
        let request = match begun.activity {
            Activity::NewInstance => sample(of_order(begun).with("businessId", business)),
            Activity::OrderNotify => of_order(begun),
            Activity::QueryInstance | Activity::UpdateInstanceStatus => of_instance(begun),
            Activity::RefreshInstance if form == CallForm::StandardWebhooks && expires.is_empty() => {
                of_order(of_instance(begun))
            }
            Activity::RefreshInstance => of_order(of_instance(begun)).with("expireTime", expires),
            Activity::ReleaseInstance if order.is_empty() => of_instance(begun),
            Activity::ReleaseInstance | Activity::UpgradeInstance => of_order(of_instance(begun)),
            Activity::ChangeInstanceCheck => {
                of_instance(begun).with("productInfo", json!([{ "productId": "TESTPRODUCT", "skuCode": "TEST" }]))
            }
        };
        Ok(request.test())
    }

    fn begun(&self, form: CallForm) -> Result<Request, Invalid> {
        match form {
            CallForm::KooGalleryV2 => {
                let activity: Activity = self
                    .activity
                    .parse()
                    .map_err(|_| Invalid::one("activity", ("choose an activity", "须选择接口")))?;
                let request = Request::new(activity);
                Ok(match activity {
                    Activity::RefreshInstance => request.with("scene", self.scene.as_str()),
                    Activity::UpdateInstanceStatus => request.with("status", self.status.as_str()),
                    Activity::NewInstance
                    | Activity::QueryInstance
                    | Activity::ReleaseInstance
                    | Activity::UpgradeInstance
                    | Activity::ChangeInstanceCheck
                    | Activity::OrderNotify => request,
                })
            }
            CallForm::StandardWebhooks => {
                let event: Result<EventType, _> = self.activity.parse();
                let wrong = |_| Invalid::one("activity", ("choose a type of event", "须选择事件类型"));
                event.map(EventType::request).map_err(wrong)
            }
        }
    }
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
        .telling("buyer", json!({ "id": "TESTCUSTOMER", "name": "Test customer", "email": "test@example.com" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_can_be_chosen_makes_a_test_request() {
        let trial = |activity: &str| Trial {
            activity: activity.to_owned(),
            order: "MOCKPERIODYEARNEW".to_owned(),
            instance: "i-1".to_owned(),
            ..Trial::default()
        };
        let v2 = Activity::ALL.iter().map(|activity| (CallForm::KooGalleryV2, activity.as_str()));
        let events = EventType::ALL.iter().map(|event| (CallForm::StandardWebhooks, event.as_str()));
        for (form, activity) in v2.chain(events) {
            assert!(trial(activity).request(form, "b").unwrap().is_test(), "{activity}");
            let bare = Trial { order: String::new(), instance: String::new(), ..trial(activity) };
            assert!(bare.request(form, "b").is_err(), "{activity} is about something");
        }
        assert!(trial("newInstance").request(CallForm::StandardWebhooks, "b").is_err());
        assert!(trial("instance.create").request(CallForm::KooGalleryV2, "b").is_err());
    }
}
