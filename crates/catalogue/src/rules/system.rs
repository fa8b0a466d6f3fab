//! What a listing wants of the system that opens what it sells: that it is proven, and that what it will be told was tried out
//! there (spec/marketplace.md §5.2).

use std::collections::BTreeSet;

use kernel::{FieldError, Localized};
use policy::{BillingMode, Policy, Scenario};
use production::{CallForm, System};

use super::draft::Listing;

/// Nothing opens what is sold before there is a system that does; it would be paid and given back.
const NO_SYSTEM: (&str, &str) = (
    "is SaaS, which your own system opens for each buyer; add its address under Your system (/seller/production), make a key \
     and have the address verified first",
    "为 SaaS，买家购买后由贵方系统开通；须先在“生产接口”（/seller/production）添加系统地址、生成密钥并完成验证",
);

/// The cases that a listing asks for, by the billing modes of its specs and the form in which its system is spoken to.
pub(crate) fn asked(listing: &Listing, policy: &Policy, form: CallForm) -> BTreeSet<Scenario> {
    let modes = listing.specs.iter().filter_map(|spec| spec.billing_mode);
    let accepted = |mode: BillingMode| listing.opens_at_acceptance() && mode != BillingMode::Package;
    modes
        .flat_map(|mode| {
            let more = accepted(mode).then_some(Scenario::Accept);
            form.asked(policy.cases(listing.access_type, mode).into_iter().chain(more).collect(), mode)
        })
        .collect()
}

/// Those of them that have not passed at the address where deliveries go.
pub(crate) fn open(listing: &Listing, policy: &Policy, system: &System) -> Vec<Scenario> {
    asked(listing, policy, system.form).difference(&system.passed).copied().collect()
}

/// How cases are called, one after the other, in the words of the form in which the system is spoken to.
pub(crate) fn named(cases: &[Scenario], system: &System) -> Localized {
    let names: Vec<&str> = cases.iter().map(|case| system.form.says(*case)).collect();
    Localized::new(names.join(", "), names.join("、"))
}

/// What is wrong with the system, as far as this listing goes.
pub(crate) fn mistake(listing: &Listing, policy: &Policy, system: Option<&System>) -> Option<FieldError> {
    if !listing.access_type.is_called() {
        return None;
    }
    let Some(system) = system else { return Some(at_type(Localized::new(NO_SYSTEM.0, NO_SYSTEM.1))) };
    let open = open(listing, policy, system);
    if open.is_empty() {
        return None;
    }
    let (names, url) = (named(&open, system), &system.url);
    let en = format!(
        "is SaaS, and at {url} these cases have not passed yet: {}; send each from the debugger (/seller/production/debugger) and \
         keep it as a case",
        names.en
    );
    let zh = format!(
        "为 SaaS，以下用例尚未在 {url} 调试通过：{}；须在“生产接口”的“调试”（/seller/production/debugger）中逐个发送并保存为用例",
        names.zh
    );
    Some(at_type(Localized::new(en, zh)))
}

fn at_type(message: Localized) -> FieldError {
    FieldError { field: "access_type".to_owned(), message }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn listing(access_type: &str, modes: &[&str]) -> Listing {
        let specs: Vec<Value> = modes.iter().map(|mode| json!({ "code": mode, "billing_mode": mode })).collect();
        serde_json::from_value(json!({ "access_type": access_type, "specs": specs })).unwrap()
    }

    fn system(form: CallForm, passed: &[Scenario]) -> System {
        let passed = passed.iter().copied().collect();
        System { url: "https://app.seller.example/produce".to_owned(), form, passed }
    }

    #[test]
    fn each_billing_mode_asks_for_its_own_cases() {
        let policy = Policy::parse(policy::DEFAULT).unwrap();
        let basic = [Scenario::Create, Scenario::Describe, Scenario::Release];
        let here = system(CallForm::KooGalleryV2, &basic);
        let open = |modes: &[&str]| open(&listing("saas", modes), &policy, &here);
        assert_eq!(open(&["one_off"]), []);
        assert_eq!(open(&["one_off", "on_demand"]), [Scenario::Freeze, Scenario::Unfreeze]);
        assert_eq!(open(&["period"]), [Scenario::Renew, Scenario::Freeze, Scenario::Unfreeze]);
        assert_eq!(open(&[]), [], "nothing is sold yet");
        // Older programs are asked for less, and the end of a term has a word of its own there.
        let older = system(CallForm::KooGalleryV1, &[Scenario::Create, Scenario::Freeze]);
        let open = |modes: &[&str]| super::open(&listing("saas", modes), &policy, &older);
        assert_eq!(open(&["one_off"]), [Scenario::Release]);
        assert_eq!(open(&["period"]), [Scenario::Renew, Scenario::Expire, Scenario::Release]);
        assert_eq!(open(&["on_demand"]), [Scenario::Describe, Scenario::Unfreeze, Scenario::Release]);
    }

    #[test]
    fn what_is_missing_is_named_as_the_program_knows_it() {
        let policy = Policy::parse(policy::DEFAULT).unwrap();
        let says = |access_type, system: Option<&System>| {
            mistake(&listing(access_type, &["one_off"]), &policy, system).map(|wrong| wrong.message.en)
        };
        assert_eq!(says("license", None), None);
        assert!(says("saas", None).is_some_and(|text| text.contains("/seller/production)")));
        for (form, names) in [
            (CallForm::KooGalleryV2, "newInstance, queryInstance, releaseInstance;"),
            (CallForm::StandardWebhooks, "instance.create, instance.describe, instance.released;"),
        ] {
            let text = says("saas", Some(&system(form, &[]))).unwrap();
            assert!(text.contains(names) && text.contains("/seller/production/debugger"), "{text}");
        }
        for form in CallForm::ALL.iter().copied() {
            assert_eq!(says("saas", Some(&system(form, Scenario::ALL))), None, "{form}");
        }
    }
}
