//! What opens after its buyer's acceptance: it is there to be looked at, and its term begins when it is accepted.

use jiff::tz::TimeZone;
use kernel::{Localized, Refusal, Timestamp};

use super::{Instance, State, Term};

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcceptanceRefused {
    #[error("this does not wait for acceptance: it opened when it was paid, was accepted already, or is over")]
    NotWaiting,
}

impl Refusal for AcceptanceRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::NotWaiting => "acceptance.not_waiting",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::NotWaiting => "该资源无须验收：付款后即已开通、已经验收或已结束",
        };
        Localized::new(self.to_string(), zh)
    }
}

impl Instance {
    /// By when it counts as accepted.
    pub fn waits_until(&self) -> Result<Timestamp, AcceptanceRefused> {
        match self.state {
            State::Pending { accept_by } => Ok(accept_by),
            State::Active | State::Grace { .. } | State::Expired { .. } | State::Released { .. } => {
                Err(AcceptanceRefused::NotWaiting)
            }
        }
    }

    /// Its term begins.
    pub(crate) fn accept(self, term: Term, now: Timestamp, zone: &TimeZone) -> Result<Self, AcceptanceRefused> {
        self.waits_until()?;
        Ok(Self { activated_at: now, expires_at: term.ends(now, zone), state: State::Active, ..self })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Due, EndCause, InstanceRefused, tests::*};
    use super::*;

    fn waiting() -> Instance {
        instance(None, State::Pending { accept_by: at("2026-02-15T04:00:00Z") })
    }

    #[test]
    fn a_term_begins_with_the_acceptance() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let check = |term: Term, now: &str, end: Option<&str>| {
            let accepted = waiting().accept(term, at(now), &zone).unwrap();
            let stands = (accepted.state, accepted.activated_at, accepted.expires_at);
            assert_eq!(stands, (State::Active, at(now), end.map(at)), "{term:?}");
            assert_eq!(accepted.accept(term, at(now), &zone).map(drop), Err(AcceptanceRefused::NotWaiting), "once");
        };
        check(Term::Months(1), "2026-02-10T04:00:00Z", Some("2026-03-10T04:00:00Z"));
        check(Term::Days(30), "2026-02-15T04:00:00Z", Some("2026-03-17T04:00:00Z"));
        check(Term::Unlimited, "2026-02-15T04:00:00Z", None);
    }

    #[test]
    fn what_waits_is_looked_at_and_nothing_else_can_be_done_with_it() {
        let (now, later) = (at("2026-02-10T04:00:00Z"), at("2026-02-15T04:00:00Z"));
        let waiting = waiting();
        assert!(waiting.is_usable(now) && !waiting.is_in_term(now));
        assert!(!waiting.is_due(now) && waiting.is_due(later), "then it counts as accepted");
        assert_eq!((waiting.usable_until(), waiting.release_at()), (None, None));
        assert_eq!(waiting.clone().renew(later.plus_days(30), now).map(drop), Err(InstanceRefused::NotAccepted));
        assert_eq!(waiting.clone().take_back(now, now).map(drop), Err(InstanceRefused::NotAccepted));
        assert!(matches!(waiting.clone().expire(later.plus_days(400)), Due::Nothing), "it has no end");
        assert!(matches!(waiting.clone().lapse(later.plus_days(400)), Due::Nothing));
        assert!(waiting.may_convert().is_err());
        assert!(matches!(waiting.end(now, EndCause::Refund), Due::Move(_)), "its buyer may refuse it");
    }

    proptest! {
        #[test]
        fn a_life_that_begins_with_an_acceptance(steps in proptest::collection::vec((0_u8..6, 0_i64..20), 1..40)) {
            let mut now = at("2026-01-31T04:00:00Z");
            let mut present = waiting();
            let (mut accepted, mut released): (Option<Timestamp>, bool) = (None, false);
            for (step, days) in steps {
                now = now.plus_days(days);
                match step {
                    0 | 1 => {
                        let done = present.clone().accept(Term::Days(30), now, &TimeZone::UTC);
                        prop_assert_eq!(done.is_ok(), accepted.is_none() && !released);
                        if let Ok(done) = done {
                            accepted = Some(now);
                            present = done;
                        }
                    }
                    2 | 3 => if let Due::Move(moved) = present.clone().expire(now) {
                        prop_assert!(accepted.is_some_and(|at| at.plus_days(30) <= now), "only after its term");
                        present = *moved;
                    },
                    4 => if let Due::Move(moved) = present.clone().lapse(now) {
                        prop_assert!(accepted.is_some());
                        (present, released) = (*moved, true);
                    },
                    _ => if let Due::Move(moved) = present.clone().end(now, EndCause::Refund) {
                        prop_assert!(!released);
                        (present, released) = (*moved, true);
                    },
                }
                let waits = matches!(present.state, State::Pending { .. });
                prop_assert_eq!(waits, accepted.is_none() && !released);
                prop_assert_eq!(present.waits_until().is_ok(), waits);
                prop_assert_eq!(present.expires_at, accepted.map(|at| at.plus_days(30)), "nothing is paid for before");
            }
        }
    }
}
