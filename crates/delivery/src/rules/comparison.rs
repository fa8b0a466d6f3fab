//! What a seller's system says of an instance beside what it is here, and what follows from a difference: what was missed is told
//! again once, and what differs after that becomes a case.

use instances::State;
use kernel::{
    Localized, Timestamp, choices,
    id::{AccountId, InstanceId, OrderLineId},
};
use production::{Answer, Kept, ResultCode, Standing, Trouble};

use super::errand::ErrandKind;

choices! {
    /// In what both sides differ about an instance.
    pub enum Difference {
        /// It is owned here, and not there.
        Missing = "missing",
        /// It is over here, and goes on there.
        GoesOn = "goes_on",
        /// Its term is over here, and its buyer still gets in there.
        Open = "open",
        /// It runs here, and its buyer is kept out there.
        Shut = "shut",
        /// It ends at another time.
        End = "end",
    }
}

/// What a comparison comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    Equal,
    /// There was no answer that says it.
    Unknown,
    Differs(Difference),
}

/// One instance and its comparisons so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comparison {
    pub(crate) line: OrderLineId,
    pub(crate) instance: InstanceId,
    pub(crate) seller: AccountId,
    /// How the seller's system names it.
    pub(crate) remote: String,
    /// None: never yet.
    pub(crate) compared_at: Option<Timestamp>,
    pub(crate) differs: Option<Differs>,
    /// It is over on both sides: nobody asks again.
    pub(crate) over: bool,
}

/// A difference that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Differs {
    pub(crate) what: Difference,
    pub(crate) since: Timestamp,
    /// When the seller's system was told again.
    pub(crate) told_at: Option<Timestamp>,
    /// When it became a case.
    pub(crate) case_at: Option<Timestamp>,
}

/// What follows from a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Follows {
    Nothing,
    /// The seller's system has missed it and is told again.
    TellAgain(Difference),
    /// It has to be mended by hand; its seller is told.
    OpenCase(Difference),
    /// What was a case is in order.
    CloseCase,
}

impl Difference {
    /// What is told again; none: nothing that is told mends it.
    pub(crate) fn mended_by(self) -> Option<ErrandKind> {
        match self {
            Self::Missing => None,
            Self::GoesOn => Some(ErrandKind::Release),
            Self::Open => Some(ErrandKind::Freeze),
            Self::Shut => Some(ErrandKind::Unfreeze),
            Self::End => Some(ErrandKind::Refresh),
        }
    }

    /// What its seller has to do.
    pub(crate) fn for_seller(self) -> Localized {
        let (en, zh) = match self {
            Self::Missing => (
                "It was paid for, and your system does not know it. Bring it back under the same name, or agree on a return with its buyer.",
                "该实例已付款，但贵方系统查不到。请以相同的实例编号恢复，或与买家协商退订。",
            ),
            Self::GoesOn => (
                "It is over, and your system still keeps it. Release it.",
                "该实例已释放，但贵方系统仍在运行。请释放。",
            ),
            Self::Open => (
                "Its term is over, and your system still lets its buyer in. Freeze it.",
                "该实例已到期，但买家在贵方系统中仍可使用。请冻结。",
            ),
            Self::Shut => (
                "It is paid for, and your system keeps its buyer out. Let the buyer in again.",
                "该实例在有效期内，但贵方系统不允许买家使用。请解冻。",
            ),
            Self::End => (
                "Your system has another end than was paid for. Take over the end that stands under what you have sold.",
                "贵方系统记录的到期时间与已付款的期限不一致。请以“已售实例”中的到期时间为准。",
            ),
        };
        Localized::new(en, zh)
    }
}

/// Compares an instance with what came of the question after it. What has no end is paid by use, and may be kept from its buyer
/// until a bill is paid: there an answer is not held against the state.
pub(crate) fn compare(
    (state, ends): (&State, Option<Timestamp>),
    remote: &str,
    came: &Result<Answer, Trouble>,
) -> Finding {
    use Difference::{End, GoesOn, Missing, Open, Shut};
    let there = match came {
        Ok(answer) => answer.info.iter().find(|info| info.instance == remote).map(|info| info.standing),
        Err(trouble) if trouble.reason() == Some(ResultCode::NoInstance) => {
            Some(Standing { state: Some(Kept::Released), ends: None })
        }
        Err(_) => None,
    };
    // An answer that does not name it says nothing of it.
    let Some(Standing { state: kept, ends: ends_there }) = there else { return Finding::Unknown };
    let by_term = ends.is_some();
    let ends_otherwise = ends.zip(ends_there).is_some_and(|(here, there)| here.as_seconds() != there.as_seconds());
    match (state, kept) {
        (State::Active | State::Expired { .. }, Some(Kept::Released)) => Finding::Differs(Missing),
        (State::Active, Some(Kept::Frozen)) if by_term => Finding::Differs(Shut),
        (State::Expired { .. }, Some(Kept::Active)) if by_term => Finding::Differs(Open),
        (State::Active | State::Expired { .. }, Some(Kept::Active | Kept::Frozen) | None) => {
            if ends_otherwise { Finding::Differs(End) } else { Finding::Equal }
        }
        (State::Released { .. }, Some(Kept::Active | Kept::Frozen)) => Finding::Differs(GoesOn),
        (State::Released { .. }, Some(Kept::Released)) => Finding::Equal,
        // That it is still known there says nothing of whether it goes on.
        (State::Released { .. }, None) => Finding::Unknown,
    }
}

impl Comparison {
    /// What is kept of a comparison, and what follows. `is_over`: it is released here.
    pub(crate) fn found(self, finding: Finding, is_over: bool, now: Timestamp) -> (Self, Follows) {
        let was = self.differs;
        let (differs, follows) = match finding {
            Finding::Unknown => (was, Follows::Nothing),
            Finding::Equal if was.is_some_and(|was| was.case_at.is_some()) => (None, Follows::CloseCase),
            Finding::Equal => (None, Follows::Nothing),
            Finding::Differs(what) => {
                let known = was.filter(|was| was.what == what);
                let differs = known.unwrap_or(Differs { what, since: now, told_at: None, case_at: None });
                let (differs, follows) = match (differs.told_at, differs.case_at, what.mended_by()) {
                    (None, None, Some(_)) => (Differs { told_at: Some(now), ..differs }, Follows::TellAgain(what)),
                    (_, None, _) => (Differs { case_at: Some(now), ..differs }, Follows::OpenCase(what)),
                    (_, Some(_), _) => (differs, Follows::Nothing),
                };
                (Some(differs), follows)
            }
        };
        let over = is_over && !matches!(finding, Finding::Differs(_)) && differs.is_none();
        (Self { compared_at: Some(now), differs, over, ..self }, follows)
    }

    /// Nothing can be told that would mend it: it is a case at once.
    pub(crate) fn into_case(self, now: Timestamp) -> Self {
        let differs = self.differs.map(|differs| Differs { told_at: None, case_at: Some(now), ..differs });
        Self { differs, ..self }
    }
}

#[cfg(test)]
mod tests {
    use instances::EndCause;
    use production::Info;
    use proptest::prelude::*;

    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_micros(0).plus_seconds(hours * 3_600)
    }

    fn says(state: Option<Kept>, ends: Option<Timestamp>) -> Result<Answer, Trouble> {
        let info = Info { instance: "i-1".to_owned(), access: None, standing: Standing { state, ends } };
        Ok(Answer { info: vec![info], ..Answer::default() })
    }

    fn active() -> State {
        State::Active
    }

    fn expired() -> State {
        State::Expired { at: at(9), release_at: at(99) }
    }

    fn released() -> State {
        State::Released { at: at(9), cause: EndCause::Expiry }
    }

    #[test]
    fn what_both_sides_say_is_compared() {
        use Difference::{End, GoesOn, Missing, Open, Shut};
        use Finding::{Differs, Equal, Unknown};
        let gone = || Err(Trouble::Refused(ResultCode::NoInstance));
        let stands = |state| says(Some(state), None);
        for (state, came, finding) in [
            (active(), gone(), Differs(Missing)),
            (expired(), gone(), Differs(Missing)),
            (released(), gone(), Equal),
            (active(), says(None, None), Equal),
            (released(), says(None, None), Unknown),
            (active(), stands(Kept::Active), Equal),
            (active(), stands(Kept::Frozen), Differs(Shut)),
            (active(), stands(Kept::Released), Differs(Missing)),
            (expired(), stands(Kept::Frozen), Equal),
            (expired(), stands(Kept::Active), Differs(Open)),
            (released(), stands(Kept::Frozen), Differs(GoesOn)),
            (released(), stands(Kept::Released), Equal),
            (active(), says(Some(Kept::Active), Some(at(9))), Equal),
            (active(), says(None, Some(at(10))), Differs(End)),
            (active(), says(Some(Kept::Frozen), Some(at(10))), Differs(Shut)),
            (active(), Err(Trouble::Status(503)), Unknown),
            (active(), Err(Trouble::Refused(ResultCode::Signature)), Unknown),
            (active(), Ok(Answer::default()), Unknown),
        ] {
            assert_eq!(compare((&state, Some(at(9))), "i-1", &came), finding, "{state:?} {came:?}");
        }
        // What is paid by use has no end, and is kept from its buyer until the bill is paid.
        assert_eq!(compare((&active(), None), "i-1", &stands(Kept::Frozen)), Equal);
        assert_eq!(compare((&active(), None), "i-1", &gone()), Differs(Missing));
        assert_eq!(compare((&active(), Some(at(9))), "i-2", &stands(Kept::Frozen)), Unknown, "of another one");
    }

    fn fresh() -> Comparison {
        Comparison {
            line: OrderLineId::new(at(0)),
            instance: InstanceId::new(at(0)),
            seller: AccountId::new(at(0)),
            remote: "i-1".to_owned(),
            compared_at: None,
            differs: None,
            over: false,
        }
    }

    #[test]
    fn what_was_missed_is_told_again_once_and_is_a_case_after_that() {
        let shut = Finding::Differs(Difference::Shut);
        let (first, follows) = fresh().found(shut, false, at(0));
        assert_eq!(follows, Follows::TellAgain(Difference::Shut));
        let (second, follows) = first.clone().found(shut, false, at(24));
        assert_eq!(follows, Follows::OpenCase(Difference::Shut));
        assert_eq!(second.differs.unwrap().since, at(0));
        let (third, follows) = second.found(shut, false, at(48));
        assert_eq!(follows, Follows::Nothing, "it is known");
        let (quiet, follows) = third.found(Finding::Unknown, false, at(72));
        assert_eq!((follows, quiet.differs.is_some()), (Follows::Nothing, true), "no answer is no news");
        let (mended, follows) = quiet.found(Finding::Equal, false, at(96));
        assert_eq!((follows, mended.differs), (Follows::CloseCase, None));
        let (mended, follows) = first.found(Finding::Equal, false, at(24));
        assert_eq!((follows, mended.differs), (Follows::Nothing, None), "nobody had to know");
    }

    #[test]
    fn what_nothing_mends_is_a_case_at_once_and_what_is_over_is_not_asked_again() {
        let (_, follows) = fresh().found(Finding::Differs(Difference::Missing), false, at(0));
        assert_eq!(follows, Follows::OpenCase(Difference::Missing));
        assert!(fresh().found(Finding::Equal, true, at(0)).0.over);
        assert!(fresh().found(Finding::Unknown, true, at(0)).0.over);
        assert!(!fresh().found(Finding::Differs(Difference::GoesOn), true, at(0)).0.over);
        assert!(!fresh().found(Finding::Equal, false, at(0)).0.over);
    }

    proptest! {
        #[test]
        fn a_case_is_opened_once_and_closed_once(nights in prop::collection::vec(0_usize..8, 1..60)) {
            let mut comparison = fresh();
            let mut open = false;
            for (night, what) in nights.into_iter().enumerate() {
                let finding = match what {
                    0 | 1 => Finding::Equal,
                    2 => Finding::Unknown,
                    other => Finding::Differs(Difference::ALL[other - 3]),
                };
                let before = comparison.differs;
                let (after, follows) = comparison.found(finding, false, at(24 * i64::try_from(night).unwrap()));
                let same = before.map(|differs| differs.what) == after.differs.map(|differs| differs.what);
                match follows {
                    Follows::OpenCase(_) => { prop_assert!(!open || !same); open = true; }
                    Follows::CloseCase => { prop_assert!(open); open = false; }
                    Follows::TellAgain(what) => {
                        prop_assert!(what.mended_by().is_some() && !same);
                        open = false;
                    }
                    Follows::Nothing => {}
                }
                prop_assert_eq!(open, after.differs.is_some_and(|differs| differs.case_at.is_some()));
                comparison = after;
            }
        }
    }
}
