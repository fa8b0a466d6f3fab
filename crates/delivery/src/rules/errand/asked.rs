//! What a seller's system is asked or told by an errand.

use kernel::{Timestamp, id::ProductId};
use production::{ACCEPTED, Activity, Request};
use serde_json::Value;

use super::{Errand, ErrandKind, ErrandState, Refresh};
use crate::rules::check::Target;

/// What a request says of the order line that it is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About<'a> {
    /// Order and line as sellers know them.
    pub(crate) order: &'a str,
    pub(crate) line: &'a str,
    /// A fresh id for this try.
    pub(crate) business: &'a str,
    /// Until when what was tried goes on, and its product: it is paid by another period.
    pub(crate) bought: Option<(Timestamp, ProductId)>,
    /// When it was accepted, and until when it is paid from then on.
    pub(crate) accepted: Option<(Timestamp, Option<Timestamp>)>,
    /// What it is asked whether something could become.
    pub(crate) target: Option<&'a Target>,
    /// The authorisation code that it is about.
    pub(crate) code: Option<&'a str>,
    /// What was bought and who bought it, for forms that have room for it.
    pub(crate) content: &'a [(&'static str, Value)],
}

/// `yyyyMMddHHmmss` in UTC.
fn wire_time(moment: Timestamp) -> String {
    digits(moment, 14)
}

/// The first digits of a moment in UTC: milliseconds with 17.
fn digits(moment: Timestamp, count: usize) -> String {
    moment.to_string().chars().filter(char::is_ascii_digit).take(count).collect()
}

impl Errand {
    /// What is asked next.
    pub(crate) fn request(&self, about: &About<'_>) -> Request {
        let asked = self.asked(about);
        // Who bought what is told once; asking how far it is needs the instance alone.
        let tells = self.kind.tells_what() && asked.activity != Activity::QueryInstance;
        let content = if tells { about.content } else { &[] };
        let asked = content.iter().fold(asked, |asked, (name, value)| asked.telling(name, value.clone()));
        // What is told is known again by its errand; a question may be answered otherwise each time.
        let id = match asked.activity {
            Activity::QueryInstance => about.business.to_owned(),
            Activity::NewInstance
            | Activity::RefreshInstance
            | Activity::UpdateInstanceStatus
            | Activity::ReleaseInstance
            | Activity::UpgradeInstance
            | Activity::ChangeInstanceCheck
            | Activity::OrderNotify
            | Activity::RefreshLicenseCode
            | Activity::UpdateLicenseCodeStatus
            | Activity::ReleaseLicenseCode => self.id.to_string(),
        };
        asked.message_of(id, self.opened_at)
    }

    fn asked(&self, about: &About<'_>) -> Request {
        let About { order, line, business, bought, accepted, target, code, content: _ } = *about;
        if let Some(told) = code.and_then(|code| self.of_code(code, (order, line))) {
            return told;
        }
        let remote = self.remote.as_deref().unwrap_or_default();
        match (self.kind, self.state) {
            // Here alone the flag has to be there.
            (ErrandKind::Notify, _) => Request::new(Activity::OrderNotify)
                .with("orderId", order)
                .with("orderLineId", line)
                .with("testFlag", "0"),
            (ErrandKind::Create, ErrandState::Waiting) | (ErrandKind::Access, _) => {
                Request::new(Activity::QueryInstance).with("instanceId", remote)
            }
            (ErrandKind::Create, ErrandState::Due | ErrandState::Done | ErrandState::Dead | ErrandState::Dropped) => {
                Request::new(Activity::NewInstance)
                    .with("orderId", order)
                    .with("orderLineId", line)
                    .with("businessId", business)
            }
            // The creation once more, by the same order and line.
            (ErrandKind::Accept, _) => {
                let request = Request::new(Activity::NewInstance)
                    .with("orderId", order)
                    .with("orderLineId", line)
                    .with("businessId", business)
                    .with(ACCEPTED, accepted.map(|(at, _)| digits(at, 17)))
                    .telling("instance", remote);
                match accepted.and_then(|(_, until)| until) {
                    Some(until) => request.telling("expires_at", until.to_string()),
                    None => request,
                }
            }
            (ErrandKind::Convert, _) => Request::new(Activity::RefreshInstance)
                .with("scene", "TRIAL_TO_FORMAL")
                .with("instanceId", remote)
                .with("orderId", order)
                .with("orderLineId", line)
                .with("expireTime", bought.map(|(until, _)| wire_time(until)))
                .with("productId", bought.map(|(_, product)| product.to_string())),
            (ErrandKind::Refresh | ErrandKind::Upgrade, _) => {
                let (activity, refresh) = match (self.kind, self.refresh) {
                    (ErrandKind::Upgrade, None) => (Activity::UpgradeInstance, None),
                    (_, refresh) => (Activity::RefreshInstance, refresh),
                };
                let request =
                    Request::new(activity).with("instanceId", remote).with("orderId", order).with("orderLineId", line);
                let Some(Refresh { scene, until, product, .. }) = refresh else { return request };
                request
                    .with("scene", scene.as_str())
                    .with("expireTime", wire_time(until))
                    .with("productId", product.map(|product| product.to_string()))
            }
            (ErrandKind::Check, _) => Request::new(Activity::ChangeInstanceCheck)
                .with("instanceId", remote)
                .with("productInfo", target.map(Target::product_info)),
            (ErrandKind::Freeze, _) => {
                Request::new(Activity::UpdateInstanceStatus).with("instanceId", remote).with("status", "FREEZE")
            }
            (ErrandKind::Unfreeze, _) => {
                Request::new(Activity::UpdateInstanceStatus).with("instanceId", remote).with("status", "UNFREEZE")
            }
            (ErrandKind::Release, _) => {
                let release = Request::new(Activity::ReleaseInstance).with("instanceId", remote);
                if self.returned { release.with("orderId", order).with("orderLineId", line) } else { release }
            }
        }
    }

    /// What is told of an authorisation code; none: nothing of this kind is.
    fn of_code(&self, code: &str, (order, line): (&str, &str)) -> Option<Request> {
        let told = |activity| Request::new(activity).with("license", code);
        match self.kind {
            ErrandKind::Refresh => {
                let Refresh { scene, until, product, .. } = self.refresh?;
                let request = told(Activity::RefreshLicenseCode).with("orderId", order).with("orderLineId", line);
                let product = product.map(|product| product.to_string());
                let request = request.with("scene", scene.as_str()).with("productId", product);
                Some(request.with("expireTime", wire_time(until)))
            }
            ErrandKind::Freeze => Some(told(Activity::UpdateLicenseCodeStatus).with("status", "FREEZE")),
            ErrandKind::Unfreeze => Some(told(Activity::UpdateLicenseCodeStatus).with("status", "UNFREEZE")),
            ErrandKind::Release => {
                let release = told(Activity::ReleaseLicenseCode);
                Some(if self.returned { release.with("orderId", order).with("orderLineId", line) } else { release })
            }
            ErrandKind::Notify
            | ErrandKind::Create
            | ErrandKind::Accept
            | ErrandKind::Access
            | ErrandKind::Convert
            | ErrandKind::Check
            | ErrandKind::Upgrade => None,
        }
    }
}
