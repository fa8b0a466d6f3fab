//! Probes (拨测): all cases of a system, sent by the site's own clock; for how long a system has failed, and when its seller
//! is told.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use kernel::{
    Timestamp, choices,
    id::{AccountId, ProbeId, ProductionAddressId, ProductionCallId, ProductionCaseId},
};
use platform::outgoing::NoAnswer;
use policy::Scenario;
use serde::{Deserialize, Serialize};

use super::{
    case::{Case, CaseResult, Checked},
    form::CallForm,
    trouble::Trouble,
};

choices! {
    pub enum ProbeOutcome {
        /// Its cases are being sent.
        Running = "running",
        /// All of them passed.
        Passed = "passed",
        Failed = "failed",
        /// It says nothing of the system: it came to no end through the site's own fault, its settings call no such address, or
        /// nothing was left to send.
        GivenUp = "given_up",
    }
}

/// One probe of the system where a seller's deliveries go.
#[derive(Clone, Debug)]
pub struct Probe {
    pub id: ProbeId,
    pub seller: AccountId,
    pub(crate) address: ProductionAddressId,
    pub url: String,
    pub form: CallForm,
    pub begun_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub outcome: ProbeOutcome,
    /// How many cases were sent.
    pub cases: i64,
    pub failed: Vec<FailedCase>,
}

/// A case that failed in a probe, as it was then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedCase {
    pub(crate) case: ProductionCaseId,
    pub name: String,
    pub scenario: Scenario,
    /// Where request and answer can be looked at.
    pub(crate) call: ProductionCallId,
    /// What was wrong, as a stable code.
    pub trouble: Option<String>,
    pub(crate) checks: Checked,
}

/// How a probe ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) at: Timestamp,
    pub(crate) passed: bool,
}

/// A system that has failed since it passed last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failing {
    /// The first probe that failed.
    pub since: Timestamp,
    /// On how many days of the site it failed. A day without a probe counts for nothing: it neither adds nor ends.
    pub days: u32,
    pub probes: u32,
}

/// For how long a system has failed by its probes, the newest first; only those after a moment count, where one is given.
pub(crate) fn failing(ran: &[Ran], after: Option<Timestamp>, zone: &TimeZone) -> Option<Failing> {
    let counts = |ran: &&Ran| !ran.passed && after.is_none_or(|after| ran.at > after);
    let failed: Vec<&Ran> = ran.iter().take_while(counts).collect();
    let days: BTreeSet<_> = failed.iter().map(|ran| ran.at.date_in(zone)).collect();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Some(Failing { since: failed.last()?.at, days: number(days.len()), probes: number(failed.len()) })
}

/// What a seller is told after a probe: that the system fails, once, and that it does well again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    Fails,
    Mended,
}

/// The news in the latest two probes, the newest first.
pub(crate) fn news(ran: &[Ran]) -> Option<News> {
    match (ran.first()?.passed, ran.get(1).is_none_or(|before| before.passed)) {
        (false, true) => Some(News::Fails),
        (true, false) => Some(News::Mended),
        (false, false) | (true, true) => None,
    }
}

/// How a probe ends whose cases were all sent: what failed of them, and the verdict.
pub(crate) fn concluded(
    cases: &[Case],
    results: &[CaseResult],
    address: ProductionAddressId,
) -> (ProbeOutcome, i64, Vec<FailedCase>) {
    let sent: Vec<(&Case, &CaseResult)> = cases
        .iter()
        .filter_map(|case| {
            let own = |result: &&CaseResult| result.case == case.id && result.address == address;
            Some((case, results.iter().find(own)?))
        })
        .collect();
    let failed: Vec<FailedCase> = sent
        .iter()
        .filter(|(_, result)| !result.passed)
        .map(|(case, result)| FailedCase {
            case: case.id,
            name: case.name.clone(),
            scenario: case.scenario,
            call: result.call,
            trouble: result.trouble.clone(),
            checks: result.checks.clone(),
        })
        .collect();
    let outcome = match (sent.is_empty(), failed.is_empty()) {
        (true, _) => ProbeOutcome::GivenUp,
        (false, true) => ProbeOutcome::Passed,
        (false, false) if failed.iter().all(was_not_called) => ProbeOutcome::GivenUp,
        (false, false) => ProbeOutcome::Failed,
    };
    (outcome, i64::try_from(sent.len()).unwrap_or(i64::MAX), failed)
}

/// Whether the settings of the site kept a case from being sent.
fn was_not_called(case: &FailedCase) -> bool {
    let trouble = case.trouble.as_deref().and_then(Trouble::read);
    matches!(trouble, Some(Trouble::NoAnswer(NoAnswer::Address | NoAnswer::Network)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::trial::Trial, *};

    fn zone() -> TimeZone {
        TimeZone::get("Asia/Shanghai").unwrap()
    }

    fn ran(at: &str, passed: bool) -> Ran {
        Ran { at: at.parse().unwrap(), passed }
    }

    #[test]
    fn days_are_counted_on_the_wall_of_the_site_since_the_last_pass() {
        let probes = [
            // In Shanghai it is the 6th already.
            ran("2026-11-05T17:00:00Z", false),
            ran("2026-11-05T01:00:00Z", false),
            // Nothing was on sale on the 3rd and the 4th.
            ran("2026-11-02T08:00:00Z", false),
            ran("2026-11-02T01:00:00Z", false),
            ran("2026-11-01T08:00:00Z", true),
            ran("2026-11-01T01:00:00Z", false),
        ];
        let since = "2026-11-02T01:00:00Z".parse().unwrap();
        assert_eq!(failing(&probes, None, &zone()), Some(Failing { since, days: 3, probes: 4 }));
        let decided = "2026-11-02T08:00:00Z".parse().unwrap();
        let since = "2026-11-05T01:00:00Z".parse().unwrap();
        assert_eq!(failing(&probes, Some(decided), &zone()), Some(Failing { since, days: 2, probes: 2 }));
        assert_eq!(failing(&probes[4..], None, &zone()), None, "it passed last");
        assert_eq!(failing(&[], None, &zone()), None);
    }

    #[test]
    fn a_seller_is_told_at_the_first_failure_and_when_it_is_mended() {
        let check = |probes: &[bool], expected| {
            let probes: Vec<Ran> = probes.iter().map(|passed| ran("2026-11-01T01:00:00Z", *passed)).collect();
            assert_eq!(news(&probes), expected, "{probes:?}");
        };
        check(&[], None);
        check(&[true], None);
        check(&[false], Some(News::Fails));
        check(&[false, true], Some(News::Fails));
        check(&[false, false], None);
        check(&[true, false], Some(News::Mended));
        check(&[true, true], None);
    }

    #[test]
    fn what_the_settings_of_the_site_keep_from_being_called_is_no_failure() {
        let now: Timestamp = "2026-11-01T01:00:00Z".parse().unwrap();
        let (seller, address) = (AccountId::new(now), ProductionAddressId::new(now));
        let cases = [Scenario::Create, Scenario::Release].map(|scenario| Case {
            id: ProductionCaseId::new(now),
            seller,
            name: String::new(),
            form: CallForm::KooGalleryV2,
            scenario,
            trial: Trial::default(),
            added_at: now,
        });
        let check = |troubles: [Option<&str>; 2], expected| {
            let ran = |(case, trouble): (&Case, Option<&str>)| CaseResult {
                case: case.id,
                address,
                seller,
                call: ProductionCallId::new(now),
                passed: trouble.is_none(),
                trouble: trouble.map(str::to_owned),
                checks: Checked::new(),
                ran_at: now,
                asked_again: false,
            };
            let results: Vec<CaseResult> = cases.iter().zip(troubles).map(ran).collect();
            assert_eq!(concluded(&cases, &results, address).0, expected, "{troubles:?}");
        };
        check([None, None], ProbeOutcome::Passed);
        check([None, Some("code.000005")], ProbeOutcome::Failed);
        check([None, Some("no_answer.network")], ProbeOutcome::GivenUp);
        check([Some("no_answer.address"), Some("no_answer.network")], ProbeOutcome::GivenUp);
        check([Some("no_answer.network"), Some("no_answer.slow")], ProbeOutcome::Failed);
        assert_eq!(concluded(&cases, &[], address).0, ProbeOutcome::GivenUp);
    }

    proptest! {
        /// Against a count that goes forward day by day.
        #[test]
        fn days_of_failure_are_those_since_the_last_pass(probes in prop::collection::vec((0_i64..400, any::<bool>()), 0..40), cut in prop::option::of(0_i64..400)) {
            // Hours since a midnight of the site, each once.
            let mut probes = probes;
            probes.sort_unstable();
            probes.dedup_by_key(|(hour, _)| *hour);
            let start: Timestamp = "2026-11-01T16:00:00Z".parse().unwrap();
            let at = |hour: i64| start.plus_seconds(hour * 3_600);
            let (mut since, mut days, mut last_day) = (None, 0, None);
            for (hour, passed) in &probes {
                if cut.is_some_and(|cut| *hour <= cut) {
                    continue;
                }
                if *passed {
                    (since, days, last_day) = (None, 0, None);
                    continue;
                }
                since = since.or(Some(at(*hour)));
                if last_day != Some(hour / 24) {
                    (days, last_day) = (days + 1, Some(hour / 24));
                }
            }
            let newest_first: Vec<Ran> = probes.iter().rev().map(|(hour, passed)| Ran { at: at(*hour), passed: *passed }).collect();
            let found = failing(&newest_first, cut.map(at), &zone());
            prop_assert_eq!(found.map(|failing| (failing.since, failing.days)), since.map(|since| (since, days)));
            if let Some(failing) = found {
                prop_assert!(failing.days <= failing.probes);
            }
        }
    }
}
