//! Cases (调试用例): try-outs that are kept by a name, how each went at an address, and which scenarios that proves.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{
    Localized, Refusal, Timestamp,
    id::{AccountId, ProductionAddressId, ProductionCallId, ProductionCaseId},
};
use policy::Scenario;

use super::{
    answer::{Check, Found},
    form::CallForm,
    trial::{Trial, mock_order},
    v1,
    webhook::EventType,
};

/// The most cases of one seller.
pub(crate) const CASES_MAX: usize = 50;
pub(crate) const NAME_MAX: usize = 60;

/// How each check of an answer went.
pub(crate) type Checked = BTreeMap<Check, Found>;

/// A try-out that its seller keeps.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) id: ProductionCaseId,
    pub(crate) seller: AccountId,
    pub(crate) name: String,
    pub(crate) form: CallForm,
    pub(crate) scenario: Scenario,
    pub(crate) trial: Trial,
    pub(crate) added_at: Timestamp,
}

impl Case {
    /// Whether the site sends it by its own clock. What is told at its seller's wish is no obligation: nobody is judged by it, and it
    /// can be given up at any time.
    pub(crate) fn is_repeatable(&self) -> bool {
        !self.scenario.is_at_wish() && self.trial.is_repeatable()
    }

    /// The run of its order when it is sent with all of them, which were asked for at a moment: they share one instance, which
    /// the first release gives back. Each further release has one of its own.
    pub(crate) fn run(&self, all: &[Self], asked_at: Timestamp) -> String {
        let order = |case: &Self| mock_order(case.trial.order.trim());
        let releases_too = |other: &&Self| {
            let release = self.scenario == Scenario::Release && other.scenario == Scenario::Release;
            release && other.is_repeatable() && order(other) == order(self)
        };
        let before = all.iter().take_while(|other| other.id != self.id).filter(releases_too).count();
        // No other run is of the same orders for more than a year.
        let moment = asked_at.as_micros() / 10_000 + i64::try_from(before).unwrap_or_default();
        format!("{:08X}", moment & 0xFFFF_FFFF)
    }
}

/// How a case went last at an address.
#[derive(Clone, Debug)]
pub(crate) struct CaseResult {
    pub(crate) case: ProductionCaseId,
    pub(crate) address: ProductionAddressId,
    pub(crate) seller: AccountId,
    /// The call that it was seen by; of a system that is down, the one before which nobody went on.
    pub(crate) call: ProductionCallId,
    pub(crate) passed: bool,
    pub(crate) trouble: Option<String>,
    pub(crate) checks: Checked,
    pub(crate) ran_at: Timestamp,
    /// It is to be sent there again.
    pub(crate) asked_again: bool,
}

/// A case passes when the answer was accepted and nothing was found wrong with it. What is told to a seller but leaves no
/// buyer without what was bought keeps no program that works from being sold.
pub(crate) fn passes(trouble: Option<&str>, checks: &Checked) -> bool {
    let blocks = |check: Check| !matches!(check, Check::ContentType | Check::ResultMsg);
    trouble.is_none() && !checks.iter().any(|(check, found)| *found == Found::Failed && blocks(*check))
}

/// What a seller can want to be told: of orders, and of authorisation codes. Who keeps a case of one side of a pair is told of both:
/// a code that was frozen would stay frozen otherwise.
pub(crate) const WISHES: [&[Scenario]; 4] = [
    &[Scenario::Notify],
    &[Scenario::RenewCode, Scenario::ReturnCodeRenewal],
    &[Scenario::FreezeCode, Scenario::UnfreezeCode],
    &[Scenario::ReleaseCode],
];

/// Whether a seller's system takes what it is told at its wish: a case of it is kept that was sent to that address.
pub(crate) fn takes(
    cases: &[Case],
    results: &[CaseResult],
    (scenario, form, address): (Scenario, CallForm, ProductionAddressId),
) -> bool {
    let sent = |case: &Case| results.iter().any(|result| result.case == case.id && result.address == address);
    let wish = WISHES.into_iter().find(|wish| wish.contains(&scenario)).unwrap_or_default();
    cases.iter().any(|case| wish.contains(&case.scenario) && case.form == form && sent(case))
}

/// The scenarios that passed at an address, by any of the cases.
pub(crate) fn proven(cases: &[Case], results: &[CaseResult], address: ProductionAddressId) -> BTreeSet<Scenario> {
    let passed = |case: &&Case| {
        results.iter().any(|result| result.case == case.id && result.address == address && result.passed)
    };
    cases.iter().filter(passed).map(|case| case.scenario).collect()
}

/// The case that has failed at an address after a moment, although a call of the same scenario had passed there before.
pub(crate) fn failed_since<'c>(
    cases: &'c [Case],
    results: &[CaseResult],
    (scenario, address): (Scenario, ProductionAddressId),
    sent_at: Timestamp,
) -> Option<&'c str> {
    let failed = |case: &&Case| {
        let since = |result: &CaseResult| result.address == address && !result.passed && result.ran_at > sent_at;
        case.scenario == scenario && results.iter().any(|result| result.case == case.id && since(result))
    };
    cases.iter().find(failed).map(|case| case.name.as_str())
}

/// Whether a case that is probed has failed, at whichever address, and none shows that its scenario passes where deliveries
/// go: who goes to another address leaves nothing behind.
pub(crate) fn is_needed(case: &Case, all: &[Case], results: &[CaseResult], used: ProductionAddressId) -> bool {
    let failed = results.iter().any(|result| result.case == case.id && !result.passed);
    let passes =
        |other: &Case| results.iter().any(|result| result.case == other.id && result.address == used && result.passed);
    let shows = |other: &Case| {
        let same = other.scenario == case.scenario && other.form == case.form;
        same && other.is_repeatable() && passes(other)
    };
    case.is_repeatable() && failed && !all.iter().any(shows)
}

/// Cases that have not been sent to an address, or not since they were asked for again.
pub(crate) fn outstanding(cases: Vec<Case>, results: &[CaseResult], address: ProductionAddressId) -> Vec<Case> {
    let done = |case: &Case| {
        results.iter().any(|result| result.case == case.id && result.address == address && !result.asked_again)
    };
    cases.into_iter().filter(|case| !done(case)).collect()
}

/// A seller's system as listings have to know it.
#[derive(Clone, Debug)]
pub struct System {
    pub url: String,
    pub form: CallForm,
    /// What was tried out there and passed.
    pub passed: BTreeSet<Scenario>,
}

impl CallForm {
    /// A scenario in the words of the form, which are the same in every language.
    pub fn says(self, scenario: Scenario) -> &'static str {
        match self {
            Self::StandardWebhooks => EventType::of_scenario(scenario).as_str(),
            Self::KooGalleryV1 => v1::says(scenario).unwrap_or("changeInstanceCheck"),
            Self::KooGalleryV2 => match scenario {
                Scenario::Create => "newInstance",
                Scenario::Accept => "newInstance ACCEPTANCE",
                Scenario::Describe => "queryInstance",
                Scenario::Renew => "refreshInstance RENEWAL",
                Scenario::ReturnRenewal => "refreshInstance UNSUBSCRIBE_RENEWAL_PERIOD",
                Scenario::BuyTrial => "refreshInstance TRIAL_TO_FORMAL",
                Scenario::CheckChange => "changeInstanceCheck",
                Scenario::Change => "upgradeInstance",
                Scenario::Freeze | Scenario::Expire => "updateInstanceStatus FREEZE",
                Scenario::Unfreeze => "updateInstanceStatus UNFREEZE",
                Scenario::Release => "releaseInstance",
                Scenario::Notify => "orderNotify",
                Scenario::RenewCode => "refreshLicenseCode RENEWAL",
                Scenario::ReturnCodeRenewal => "refreshLicenseCode UNSUBSCRIBE_RENEWAL_PERIOD",
                Scenario::FreezeCode => "updateLicenseCodeStatus FREEZE",
                Scenario::UnfreezeCode => "updateLicenseCodeStatus UNFREEZE",
                Scenario::ReleaseCode => "releaseLicenseCode",
            },
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CaseRefused {
    #[error("only a call that you sent from the debugger can be kept as a case")]
    NotTried,
    #[error("this call did not pass all checks; mend your system, send it again and keep that call")]
    NotPassed,
    #[error("you have a case of this name; choose another one")]
    NameTaken,
    #[error("at most {CASES_MAX} cases can be kept; remove one first")]
    TooMany,
    #[error("this case is for an address that is called in another form; choose one of the form {0}")]
    OtherForm(CallForm),
    #[error("after this call your case “{0}” has failed at the same address; send the call again and keep that one")]
    FailedSince(String),
    #[error(
        "this case fails the daily probes; mend your system, or keep another case of the same scenario that passes, with a mock order and without an instance"
    )]
    Failing,
    #[error("you have no case that can be sent to this address; send one from the debugger and keep it")]
    None,
}

impl Refusal for CaseRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::NotTried => "case.not_tried",
            Self::NotPassed => "case.not_passed",
            Self::NameTaken => "case.name_taken",
            Self::TooMany => "case.too_many",
            Self::OtherForm(_) => "case.other_form",
            Self::FailedSince(_) => "case.failed_since",
            Self::Failing => "case.failing",
            Self::None => "case.none",
        }
    }

    fn text(&self) -> Localized {
        let zh = match self {
            Self::NotTried => "只有在调试中发送的调用才能保存为用例".to_owned(),
            Self::NotPassed => "该调用未通过全部检查，须修正后重新发送，再保存为用例".to_owned(),
            Self::NameTaken => "已有同名用例，须换一个名称".to_owned(),
            Self::TooMany => format!("最多保留 {CASES_MAX} 个用例，须先移除一个"),
            Self::OtherForm(form) => format!("该用例适用于其他调用方式的地址，须选择调用方式为 {form} 的地址"),
            Self::FailedSince(name) => format!("该调用之后，用例“{name}”在同一地址未通过，须重新发送并保存新的调用"),
            Self::Failing => {
                "该用例在每日拨测中未通过，须先修正系统，或另存一个同一场景、使用模拟订单且未填写实例的已通过用例"
                    .to_owned()
            }
            Self::None => "没有可发往该地址的用例，须先在调试中发送并保存".to_owned(),
        };
        Localized::new(self.to_string(), zh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn case(scenario: Scenario) -> Case {
        let now = at(0);
        Case {
            id: ProductionCaseId::new(now),
            seller: AccountId::new(now),
            name: String::new(),
            form: CallForm::KooGalleryV2,
            scenario,
            trial: Trial { order: "MOCKPERIODYEARNEW".to_owned(), ..Trial::default() },
            added_at: now,
        }
    }

    fn ran(case: &Case, address: ProductionAddressId, (passed, asked_again): (bool, bool)) -> CaseResult {
        CaseResult {
            case: case.id,
            address,
            seller: case.seller,
            call: ProductionCallId::new(at(0)),
            passed,
            trouble: None,
            checks: Checked::new(),
            ran_at: at(5),
            asked_again,
        }
    }

    #[test]
    fn only_what_passed_at_the_same_address_is_proven() {
        let (here, there) = (ProductionAddressId::new(at(0)), ProductionAddressId::new(at(0)));
        let cases = [case(Scenario::Create), case(Scenario::Renew), case(Scenario::Release)];
        let results = [
            ran(&cases[0], here, (true, false)),
            ran(&cases[1], here, (false, true)),
            ran(&cases[2], there, (true, false)),
        ];
        assert_eq!(proven(&cases, &results, here), [Scenario::Create].into());
        assert_eq!(proven(&cases, &results, there), [Scenario::Release].into());
        let open = |address| outstanding(cases.to_vec(), &results, address).len();
        assert_eq!((open(here), open(there)), (2, 2), "what was asked for again, and what was never sent there");
    }

    #[test]
    fn who_keeps_a_case_of_it_is_told_also_while_it_fails() {
        let (here, there) = (ProductionAddressId::new(at(0)), ProductionAddressId::new(at(0)));
        let cases = [case(Scenario::RenewCode), case(Scenario::FreezeCode)];
        let results = [ran(&cases[0], here, (false, false))];
        let takes = |scenario, form, address| takes(&cases, &results, (scenario, form, address));
        assert!(takes(Scenario::RenewCode, CallForm::KooGalleryV2, here));
        assert!(!takes(Scenario::RenewCode, CallForm::KooGalleryV2, there), "nobody knows what answers there");
        assert!(!takes(Scenario::RenewCode, CallForm::StandardWebhooks, here));
        assert!(!takes(Scenario::FreezeCode, CallForm::KooGalleryV2, here));
        assert!(takes(Scenario::ReturnCodeRenewal, CallForm::KooGalleryV2, here), "both sides of it");
    }

    #[test]
    fn a_call_that_passed_before_its_case_failed_proves_nothing() {
        let (here, there) = (ProductionAddressId::new(at(0)), ProductionAddressId::new(at(0)));
        let cases = [case(Scenario::Release), case(Scenario::Renew)];
        let results = [ran(&cases[0], here, (false, false)), ran(&cases[1], here, (true, false))];
        let since =
            |scenario, address, sent_at| failed_since(&cases, &results, (scenario, address), at(sent_at)).is_some();
        assert!(since(Scenario::Release, here, 4) && !since(Scenario::Release, here, 5), "it has failed at 5");
        assert!(!since(Scenario::Release, there, 4) && !since(Scenario::Renew, here, 4));
    }

    #[test]
    fn what_fails_stays_until_its_scenario_passes() {
        let here = ProductionAddressId::new(at(0));
        let cases = [case(Scenario::Release), case(Scenario::Release), case(Scenario::Renew)];
        let mut results = vec![ran(&cases[0], here, (false, false)), ran(&cases[2], here, (true, false))];
        assert!(is_needed(&cases[0], &cases, &results, here));
        assert!(!is_needed(&cases[2], &cases, &results, here), "it passes");
        assert!(!is_needed(&cases[1], &cases, &results, here), "it was never sent there");
        let there = ProductionAddressId::new(at(0));
        assert!(is_needed(&cases[0], &cases, &results, there), "nothing shows that it passes at the new address");
        results.push(ran(&cases[1], here, (true, false)));
        assert!(!is_needed(&cases[0], &cases, &results, here), "another one shows that it passes");
        assert!(is_needed(&cases[0], &cases, &results, there), "not at the new address");
        let mut own = cases.clone();
        own[1].trial.order = "CS2211181819B4LVS".to_owned();
        assert!(is_needed(&own[0], &own, &results, here), "what is not probed shows nothing");
    }

    #[test]
    fn what_is_told_at_a_wish_is_not_probed_and_not_needed() {
        let here = ProductionAddressId::new(at(0));
        for wish in WISHES.into_iter().flatten() {
            let cases = [case(*wish)];
            let results = [ran(&cases[0], here, (false, false))];
            assert!(cases[0].trial.is_repeatable() && !cases[0].is_repeatable(), "{wish}");
            assert!(!is_needed(&cases[0], &cases, &results, here), "{wish}");
        }
    }

    #[test]
    fn cases_that_are_sent_together_share_an_instance_until_it_is_released() {
        let cases = [Scenario::Create, Scenario::Renew, Scenario::Release, Scenario::Release].map(case);
        let runs = |seconds| cases.each_ref().map(|case| case.run(&cases, at(seconds)));
        let [create, renew, first, second] = runs(5);
        assert!(create == renew && renew == first && first != second, "{create} {second}");
        assert_eq!((create.as_str(), second.as_str()), ("000001F4", "000001F5"));
        assert_ne!(runs(6)[0], create);
    }

    #[test]
    fn what_is_wrong_fails_unless_a_buyer_is_served_anyway() {
        let checks = |check, found| Checked::from([(Check::Reached, Found::Passed), (check, found)]);
        let info = |found| checks(Check::Info, found);
        assert!(passes(None, &info(Found::Passed)) && passes(None, &info(Found::NotReached)));
        assert!(!passes(None, &info(Found::Failed)) && !passes(Some("status.500"), &info(Found::Passed)));
        for check in [Check::ContentType, Check::ResultMsg] {
            assert!(passes(None, &checks(check, Found::Failed)), "{check:?}");
        }
    }

    #[test]
    fn every_scenario_has_a_name_of_its_own_in_each_form() {
        for form in CallForm::ALL {
            let names: BTreeSet<&str> = form.scenarios().map(|scenario| form.says(scenario)).collect();
            assert_eq!(names.len(), form.scenarios().count(), "{form}");
        }
    }
}
