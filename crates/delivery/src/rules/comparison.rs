//! What a seller's system says of an instance beside what it is here, and what follows from a difference: what was missed is told
//! again once, and what differs after that is its seller's to mend.

use std::collections::BTreeMap;

use instances::State;
use kernel::{
    Localized, Timestamp, choices,
    id::{AccountId, InstanceId, OrderLineId},
};
use production::{Answer, Kept, ResultCode, Standing, Trouble};

use super::errand::ErrandKind;

choices! {
    /// In what both sides differ about an instance.
    pub(crate) enum Difference {
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
        /// It is another edition, or of another number.
        What = "what",
    }
}

/// What a comparison comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    Equal,
    /// The answer names it and does not say how it stands.
    Unsaid,
    /// There was no answer that says anything of it.
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
    pub(crate) is_over: bool,
}

/// A difference that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Differs {
    pub(crate) what: Difference,
    pub(crate) since: Timestamp,
    /// When the seller's system was told again.
    pub(crate) told_at: Option<Timestamp>,
    /// Since when its seller has to mend it by hand.
    pub(crate) by_hand_since: Option<Timestamp>,
}

/// An instance as it stands here.
#[derive(Clone, Debug)]
pub(crate) struct Ours {
    pub(crate) state: State,
    /// It is paid by use, or covers use, and its seller's system was told to keep its buyer out: until a bill is paid, or there is
    /// something to cover.
    pub(crate) kept_out: bool,
    /// The end that the seller's system was told last; none: it was told of no other than its purchase's.
    pub(crate) told_end: Option<Timestamp>,
    /// What it is, as its seller's system was told last: the seller's own code, and how many of what.
    pub(crate) told_what: (String, BTreeMap<String, u64>),
}

impl Ours {
    /// Whether its buyer is to be kept out.
    fn is_shut(&self) -> bool {
        match self.state {
            State::Expired { .. } => true,
            State::Pending { .. } | State::Active | State::Grace { .. } => self.kept_out,
            State::Released { .. } => false,
        }
    }

    /// Whether something that is said of what it is differs from what was told; what is not said does not.
    fn is_otherwise(&self, standing: &Standing) -> bool {
        let (sku, quantities) = &self.told_what;
        let other = |(code, count): (&String, &u64)| quantities.get(code).is_some_and(|ours| ours != count);
        standing.sku.as_ref().is_some_and(|said| said != sku) || standing.quantities.iter().any(other)
    }
}

impl Difference {
    /// What is told again; none: nothing that is told mends it.
    pub(crate) fn mended_by(self) -> Option<ErrandKind> {
        match self {
            // Another specification is paid for, and paid back where it is not carried out: it is not told again by itself.
            Self::Missing | Self::What => None,
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
            Self::What => (
                "Your system has another edition or number than was paid for. Take over what the order query says of its last order.",
                "贵方系统中的规格或数量与已付款的不一致。请按最近一笔订单的查询结果更新。",
            ),
        };
        Localized::new(en, zh)
    }
}

/// Systems may keep ends to the minute.
const END_SECONDS: i64 = 60;

/// Compares an instance with what came of the question after it. What is in grace is used, and active to every system.
pub(crate) fn compare(ours: &Ours, remote: &str, came: &Result<Answer, Trouble>) -> Finding {
    use Difference::{End, GoesOn, Missing, Open, Shut, What};
    let there = match came {
        Ok(answer) => answer.info.iter().find(|info| info.instance == remote).map(|info| info.standing.clone()),
        Err(trouble) if trouble.reason() == Some(ResultCode::NoInstance) => {
            Some(Standing { state: Some(Kept::Released), ..Standing::default() })
        }
        Err(_) => None,
    };
    let Some(standing) = there else { return Finding::Unknown };
    let apart = |(told, there): (Timestamp, Timestamp)| (told.as_seconds() - there.as_seconds()).abs() > END_SECONDS;
    let compared_ends = ours.told_end.zip(standing.ends);
    let ends_otherwise = compared_ends.is_some_and(apart);
    let says_what = standing.sku.is_some() || !standing.quantities.is_empty();
    match (ours.state, standing.state) {
        (State::Released { .. }, Some(Kept::Released)) => Finding::Equal,
        (State::Released { .. }, Some(Kept::Active | Kept::Frozen)) => Finding::Differs(GoesOn),
        (State::Released { .. }, None) => Finding::Unsaid,
        (State::Pending { .. } | State::Active | State::Grace { .. } | State::Expired { .. }, kept) => match kept {
            Some(Kept::Released) => Finding::Differs(Missing),
            Some(Kept::Frozen) if !ours.is_shut() => Finding::Differs(Shut),
            Some(Kept::Active) if ours.is_shut() => Finding::Differs(Open),
            Some(Kept::Active | Kept::Frozen) | None if ends_otherwise && ours.runs() => Finding::Differs(End),
            Some(Kept::Active | Kept::Frozen) | None if ours.is_otherwise(&standing) => Finding::Differs(What),
            Some(Kept::Active | Kept::Frozen) => Finding::Equal,
            None if compared_ends.is_some() && ours.runs() || says_what => Finding::Equal,
            None => Finding::Unsaid,
        },
    }
}

impl Ours {
    /// Whether its end is still to come, for its seller's system too.
    fn runs(&self) -> bool {
        match self.state {
            State::Pending { .. } | State::Active | State::Grace { .. } => true,
            State::Expired { .. } | State::Released { .. } => false,
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.state, State::Released { .. })
    }
}

impl Difference {
    /// Whether there can be such a difference of something that stands so here.
    fn fits(self, ours: &Ours) -> bool {
        match self {
            Self::Missing | Self::What => !ours.is_over(),
            Self::GoesOn => ours.is_over(),
            Self::Open => ours.is_shut(),
            Self::Shut => !ours.is_over() && !ours.is_shut(),
            Self::End => ours.runs(),
        }
    }
}

impl Comparison {
    /// What is kept of a comparison, and what the seller's system is told again. What is there two nights in a row and cannot be
    /// told, or was told, is its seller's to mend.
    pub(crate) fn found(self, finding: Finding, ours: &Ours, now: Timestamp) -> (Self, Option<Difference>) {
        let was = self.differs.filter(|was| was.what.fits(ours));
        let (differs, again) = match finding {
            Finding::Unknown => (was, None),
            // What it names is there; the rest is as unknown as before.
            Finding::Unsaid => (was.filter(|was| was.what != Difference::Missing), None),
            Finding::Equal => (None, None),
            Finding::Differs(what) => {
                let since = was.map_or(now, |was| was.since);
                let told_at = was.filter(|was| was.what == what).and_then(|was| was.told_at);
                let again = (told_at.is_none() && what.mended_by().is_some()).then_some(what);
                let by_hand = was.and_then(|was| was.by_hand_since);
                let by_hand_since = by_hand.or_else(|| (again.is_none() && since < now).then_some(now));
                let told_at = again.map_or(told_at, |_| Some(now));
                (Some(Differs { what, since, told_at, by_hand_since }), again)
            }
        };
        // A system that says nothing of states, or that it is gone, has no more to say of what is over.
        let is_over = ours.is_over() && matches!(finding, Finding::Equal | Finding::Unsaid);
        let differs = differs.filter(|_| !is_over);
        (Self { compared_at: Some(now), differs, is_over, ..self }, again)
    }

    /// Nobody can ask for it: it is another night's, or nobody's when it is over.
    pub(crate) fn not_asked(self, state: State, now: Timestamp) -> Self {
        let is_over = matches!(state, State::Released { .. });
        Self { compared_at: Some(now), differs: None, is_over, ..self }
    }

    /// Nothing that could be told would mend it.
    pub(crate) fn left_to_its_seller(self, now: Timestamp) -> Self {
        let differs = self.differs.map(|differs| Differs { told_at: None, by_hand_since: Some(now), ..differs });
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

    #[expect(clippy::unnecessary_wraps, reason = "as it comes")]
    fn says(state: Option<Kept>, ends: Option<Timestamp>) -> Result<Answer, Trouble> {
        let standing = Standing { state, ends, ..Standing::default() };
        let info = Info { instance: "i-1".to_owned(), access: None, standing };
        Ok(Answer { info: vec![info], ..Answer::default() })
    }

    fn active() -> State {
        State::Active
    }

    fn grace() -> State {
        State::Grace { at: at(9), freeze_at: at(80) }
    }

    fn expired() -> State {
        State::Expired { at: at(9), release_at: at(99) }
    }

    fn released() -> State {
        State::Released { at: at(9), cause: EndCause::Expiry }
    }

    fn ours(state: State) -> Ours {
        Ours {
            state,
            kept_out: false,
            told_end: None,
            told_what: ("PRO".to_owned(), [("users".to_owned(), 20)].into()),
        }
    }

    #[test]
    fn what_both_sides_say_is_compared() {
        use Difference::{End, GoesOn, Missing, Open, Shut};
        use Finding::{Differs, Equal, Unknown, Unsaid};
        let gone = || Err(Trouble::Refused(ResultCode::NoInstance));
        let stands = |state| says(Some(state), None);
        for (state, came, finding) in [
            (active(), gone(), Differs(Missing)),
            (expired(), gone(), Differs(Missing)),
            (released(), gone(), Equal),
            (active(), says(None, None), Unsaid),
            (released(), says(None, None), Unsaid),
            (active(), stands(Kept::Active), Equal),
            (active(), stands(Kept::Frozen), Differs(Shut)),
            (active(), stands(Kept::Released), Differs(Missing)),
            (grace(), stands(Kept::Active), Equal),
            (grace(), stands(Kept::Frozen), Differs(Shut)),
            (grace(), gone(), Differs(Missing)),
            (grace(), says(None, None), Unsaid),
            (expired(), stands(Kept::Frozen), Equal),
            (expired(), stands(Kept::Active), Differs(Open)),
            (released(), stands(Kept::Frozen), Differs(GoesOn)),
            (released(), stands(Kept::Released), Equal),
            (active(), Err(Trouble::Status(503)), Unknown),
            (active(), Err(Trouble::Refused(ResultCode::Signature)), Unknown),
            (active(), Ok(Answer::default()), Unknown),
        ] {
            assert_eq!(compare(&ours(state), "i-1", &came), finding, "{state:?} {came:?}");
        }
        assert_eq!(compare(&ours(active()), "i-2", &stands(Kept::Frozen)), Unknown, "of another one");
        let unpaid = Ours { kept_out: true, ..ours(active()) };
        assert_eq!(compare(&unpaid, "i-1", &stands(Kept::Frozen)), Equal, "its bill is unpaid");
        assert_eq!(compare(&unpaid, "i-1", &stands(Kept::Active)), Differs(Open), "and its buyer gets in");
        assert_eq!(compare(&unpaid, "i-1", &gone()), Differs(Missing));

        let told = Ours { told_end: Some(at(9)), ..ours(active()) };
        let ends = |seconds: i64| says(Some(Kept::Active), Some(at(9).plus_seconds(seconds)));
        assert_eq!(compare(&told, "i-1", &ends(60)), Equal, "to the minute");
        assert_eq!(compare(&told, "i-1", &ends(-61)), Differs(End));
        assert_eq!(compare(&ours(active()), "i-1", &ends(3_600)), Equal, "nobody has told it another one");
        assert_eq!(
            compare(&Ours { state: expired(), ..told.clone() }, "i-1", &says(None, Some(at(5)))),
            Unsaid,
            "it is over anyway"
        );
    }

    #[test]
    fn what_it_is_differs_where_a_system_says_something_else() {
        use Difference::{Shut, What};
        use Finding::{Differs, Equal, Unsaid};
        let is = |state, sku: Option<&str>, quantities: &[(&str, u64)]| {
            let quantities = quantities.iter().map(|(code, count)| ((*code).to_owned(), *count)).collect();
            let standing = Standing { state, sku: sku.map(str::to_owned), quantities, ..Standing::default() };
            Ok(Answer { info: vec![Info { instance: "i-1".to_owned(), access: None, standing }], ..Answer::default() })
        };
        let (runs, said) = (ours(active()), Some(Kept::Active));
        for (came, finding) in [
            (is(said, Some("PRO"), &[("users", 20)]), Equal),
            (is(said, Some("BASIC"), &[("users", 20)]), Differs(What)),
            (is(said, Some("PRO"), &[("users", 19)]), Differs(What)),
            (is(said, None, &[("users", 19)]), Differs(What)),
            (is(said, Some("PRO"), &[("seats", 3)]), Equal),
            (is(None, Some("PRO"), &[]), Equal),
            (is(None, Some("BASIC"), &[]), Differs(What)),
            (is(None, None, &[]), Unsaid),
            (is(Some(Kept::Frozen), Some("BASIC"), &[]), Differs(Shut)),
        ] {
            assert_eq!(compare(&runs, "i-1", &came), finding, "{came:?}");
        }
        assert_eq!(compare(&ours(released()), "i-1", &is(None, Some("BASIC"), &[])), Unsaid, "it is over");
        let (first, again) = fresh().found(Differs(What), &runs, at(0));
        assert!(again.is_none() && !by_hand(&first), "once is no news");
        assert!(by_hand(&first.found(Differs(What), &runs, at(24)).0));
    }

    fn fresh() -> Comparison {
        Comparison {
            line: OrderLineId::new(at(0)),
            instance: InstanceId::new(at(0)),
            seller: AccountId::new(at(0)),
            remote: "i-1".to_owned(),
            compared_at: None,
            differs: None,
            is_over: false,
        }
    }

    fn by_hand(comparison: &Comparison) -> bool {
        comparison.differs.is_some_and(|differs| differs.by_hand_since.is_some())
    }

    #[test]
    fn what_was_missed_is_told_again_once_and_is_its_sellers_to_mend_after_that() {
        let shut = Finding::Differs(Difference::Shut);
        let (first, again) = fresh().found(shut, &ours(active()), at(0));
        assert_eq!((again, by_hand(&first)), (Some(Difference::Shut), false));
        let (second, again) = first.clone().found(shut, &ours(active()), at(24));
        assert_eq!((again, by_hand(&second)), (None, true));
        assert_eq!(second.differs.unwrap().since, at(0));
        let (quiet, again) = second.found(Finding::Unknown, &ours(active()), at(72));
        assert_eq!((again, by_hand(&quiet)), (None, true), "no answer is no news");
        let (ended, _) = quiet.clone().found(Finding::Unknown, &ours(expired()), at(96));
        assert_eq!(ended.differs, None, "it may be shut by now");
        let (mended, _) = quiet.found(Finding::Equal, &ours(active()), at(96));
        assert_eq!(mended.differs, None);
        let (other, again) = first.found(Finding::Differs(Difference::End), &ours(active()), at(24));
        assert_eq!((again, other.differs.unwrap().since), (Some(Difference::End), at(0)), "it is still not equal");
    }

    #[test]
    fn what_is_lost_for_two_nights_is_its_sellers_to_mend() {
        let missing = Finding::Differs(Difference::Missing);
        let (first, again) = fresh().found(missing, &ours(active()), at(0));
        assert_eq!((again, by_hand(&first)), (None, false));
        let second = first.found(missing, &ours(active()), at(24)).0;
        assert!(by_hand(&second));
        assert_eq!(
            second.found(Finding::Unsaid, &ours(active()), at(48)).0.differs,
            None,
            "it is named, so it is there"
        );
    }

    #[test]
    fn what_is_over_on_both_sides_is_not_asked_for_again() {
        let over = |finding, state| fresh().found(finding, &ours(state), at(0)).0.is_over;
        assert!(over(Finding::Equal, released()) && over(Finding::Unsaid, released()));
        assert!(!over(Finding::Unknown, released()), "its system was down");
        assert!(!over(Finding::Differs(Difference::GoesOn), released()));
        assert!(!over(Finding::Equal, active()));
    }

    proptest! {
        #[test]
        fn each_kind_is_told_again_once_in_a_row_and_two_nights_are_too_many(
            nights in prop::collection::vec(0_usize..6, 1..60),
        ) {
            let mut comparison = fresh();
            for (night, what) in nights.into_iter().enumerate() {
                let finding = match what {
                    0 | 1 => Finding::Equal,
                    2 => Finding::Unknown,
                    other => Finding::Differs([Difference::Missing, Difference::Shut, Difference::End][other - 3]),
                };
                let before = comparison.differs;
                let (after, again) = comparison.found(finding, &ours(active()), at(24 * i64::try_from(night).unwrap()));
                if let Some(what) = again {
                    let told_before = before.is_some_and(|before| before.what == what && before.told_at.is_some());
                    prop_assert!(what.mended_by().is_some() && !told_before);
                }
                if let (Some(before), Finding::Differs(what), None) = (before, finding, again)
                    && before.what.fits(&ours(active()))
                {
                    prop_assert!(by_hand(&after), "{what} after {before:?}");
                }
                comparison = after;
            }
        }
    }
}
