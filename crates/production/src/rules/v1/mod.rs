//! The production interface in its older form, V1.0: one address that is asked with GET, everything in the query, and answers
//! that are signed too. Programs that were written for it work as they are.
//!
//! What it has no word for is not said: a renewal lets the buyer of a frozen instance in again.

mod answer;
mod cipher;
mod query;

use kernel::choices;
use policy::{BillingMode, Scenario};
use serde_json::Value;

pub(crate) use answer::{body_sign, opened, read};
pub use cipher::FieldCipher;
pub(crate) use query::{SignedQuery, names, sign};

use super::request::{Activity, Request};

choices! {
    /// What a program of V1.0 can be asked.
    pub(crate) enum Ask {
        NewInstance = "newInstance",
        QueryInstance = "queryInstance",
        RefreshInstance = "refreshInstance",
        ExpireInstance = "expireInstance",
        InstanceStatus = "instanceStatus",
        Upgrade = "upgrade",
        ReleaseInstance = "releaseInstance",
        OrderNotify = "orderNotify",
        RefreshLicenseCode = "refreshLicenseCode",
        UpdateLicenseCodeStatus = "updateLicenseCodeStatus",
        ReleaseLicenseCode = "releaseLicenseCode",
        /// Of V2.0; programs of V1.0 do not know it.
        ChangeInstanceCheck = "changeInstanceCheck",
    }
}

/// Whether something that was frozen is let in again by a word of its own: what is paid by the period goes on by its renewal.
pub(crate) fn unfreezes(mode: BillingMode) -> bool {
    match mode {
        BillingMode::OnDemand | BillingMode::Package => true,
        BillingMode::OneOff | BillingMode::Period => false,
    }
}

/// A key in the form that programs of V1.0 were given.
pub(crate) fn access_key(random: [u8; 16]) -> String {
    let hex = hex::encode(random);
    // The version and the variant of a UUID that was drawn.
    format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

impl Ask {
    /// How a request is said here.
    pub(crate) fn of(request: &Request) -> Self {
        let sale = request.sale();
        let by_use = sale.is_some_and(|sale| unfreezes(sale.mode));
        let unfrozen = request.field("status").and_then(Value::as_str) == Some("UNFREEZE");
        match request.activity {
            Activity::NewInstance => Self::NewInstance,
            // A creation that is sent again answers how its buyer gets in; only what is paid by use has to know the question.
            Activity::QueryInstance if !by_use && sale.is_some_and(|sale| sale.customer.is_some()) => Self::NewInstance,
            Activity::QueryInstance => Self::QueryInstance,
            Activity::RefreshInstance => Self::RefreshInstance,
            Activity::UpdateInstanceStatus if by_use || unfrozen => Self::InstanceStatus,
            Activity::UpdateInstanceStatus => Self::ExpireInstance,
            Activity::ReleaseInstance => Self::ReleaseInstance,
            Activity::UpgradeInstance => Self::Upgrade,
            Activity::OrderNotify => Self::OrderNotify,
            Activity::RefreshLicenseCode => Self::RefreshLicenseCode,
            Activity::UpdateLicenseCodeStatus => Self::UpdateLicenseCodeStatus,
            Activity::ReleaseLicenseCode => Self::ReleaseLicenseCode,
            Activity::ChangeInstanceCheck => Self::ChangeInstanceCheck,
        }
    }

    /// What was asked by a text that was signed. Nothing of a buyer stands before it: names are sorted.
    pub(crate) fn sent(content: &str) -> Option<Self> {
        content.split('&').find_map(|pair| pair.strip_prefix("activity="))?.parse().ok()
    }
}

/// What a scenario is called; none: V1.0 has no such thing.
pub(crate) fn says(scenario: Scenario) -> Option<&'static str> {
    match scenario {
        Scenario::Create => Some("newInstance"),
        Scenario::Accept => Some("newInstance ACCEPTANCE"),
        Scenario::Describe => Some("queryInstance"),
        Scenario::Renew => Some("refreshInstance RENEWAL"),
        Scenario::ReturnRenewal => Some("refreshInstance UNSUBSCRIBE_RENEWAL_PERIOD"),
        Scenario::BuyTrial => Some("refreshInstance TRIAL_TO_FORMAL"),
        Scenario::Change => Some("upgrade"),
        Scenario::Freeze => Some("instanceStatus FREEZE"),
        Scenario::Unfreeze => Some("instanceStatus NORMAL"),
        Scenario::Expire => Some("expireInstance"),
        Scenario::Release => Some("releaseInstance"),
        Scenario::Notify => Some("orderNotify"),
        Scenario::RenewCode => Some("refreshLicenseCode RENEWAL"),
        Scenario::ReturnCodeRenewal => Some("refreshLicenseCode UNSUBSCRIBE_RENEWAL_PERIOD"),
        Scenario::FreezeCode => Some("updateLicenseCodeStatus FREEZE"),
        Scenario::UnfreezeCode => Some("updateLicenseCodeStatus UNFREEZE"),
        Scenario::ReleaseCode => Some("releaseLicenseCode"),
        Scenario::CheckChange => None,
    }
}

/// What V1.0 asks for where the rules of the site ask for a scenario; none: nothing.
pub(crate) fn asked(scenario: Scenario, mode: BillingMode) -> Option<Scenario> {
    let wanted = match scenario {
        Scenario::Freeze | Scenario::Expire if !unfreezes(mode) => Scenario::Expire,
        Scenario::Expire => Scenario::Freeze,
        Scenario::Unfreeze | Scenario::Describe if !unfreezes(mode) => return None,
        Scenario::Create
        | Scenario::Accept
        | Scenario::Describe
        | Scenario::Renew
        | Scenario::ReturnRenewal
        | Scenario::BuyTrial
        | Scenario::CheckChange
        | Scenario::Change
        | Scenario::Freeze
        | Scenario::Unfreeze
        | Scenario::Release
        | Scenario::Notify
        | Scenario::RenewCode
        | Scenario::ReturnCodeRenewal
        | Scenario::FreezeCode
        | Scenario::UnfreezeCode
        | Scenario::ReleaseCode => scenario,
    };
    says(wanted).map(|_| wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_looks_as_programs_expect_it() {
        assert_eq!(access_key([0xbc; 16]), "bcbcbcbc-bcbc-4cbc-acbc-bcbcbcbcbcbc");
    }

    #[test]
    fn what_is_asked_for_is_v1s_own() {
        let usual = [
            Scenario::Create,
            Scenario::Describe,
            Scenario::Renew,
            Scenario::Freeze,
            Scenario::Unfreeze,
            Scenario::Release,
        ];
        let of =
            |mode| usual.into_iter().filter_map(|scenario| asked(scenario, mode).and_then(says)).collect::<Vec<_>>();
        assert_eq!(
            of(BillingMode::Period),
            ["newInstance", "refreshInstance RENEWAL", "expireInstance", "releaseInstance"]
        );
        let by_use = of(BillingMode::OnDemand);
        assert_eq!(
            by_use,
            [
                "newInstance",
                "queryInstance",
                "refreshInstance RENEWAL",
                "instanceStatus FREEZE",
                "instanceStatus NORMAL",
                "releaseInstance"
            ]
        );
        assert_eq!(asked(Scenario::CheckChange, BillingMode::Period), None, "no program of V1.0 knows it");
        assert_eq!(asked(Scenario::Expire, BillingMode::OnDemand), Some(Scenario::Freeze));
    }

    #[test]
    fn what_was_sent_is_known_again() {
        assert_eq!(Ask::sent("activity=upgrade&customerName=x&activity=releaseInstance"), Some(Ask::Upgrade));
        assert_eq!(Ask::sent("Zone=1&activity=newInstance&x"), Some(Ask::NewInstance));
        assert_eq!(Ask::sent("activity=nothing"), None);
    }
}
