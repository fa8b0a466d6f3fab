//! What the operator does against a product that breaks the rules: delisting (强制下架) and freezing of its trade (冻结交易),
//! with a statement of reasons that the seller may appeal once.

use kernel::{Invalid, Localized, Refusal, Timestamp, choices, id::UserId};

use super::revision::ProductState;

choices! {
    pub(crate) enum MeasureKind {
        /// Nobody finds or opens the product.
        Delisting = "delisting",
        /// It can be looked at by its link, and nobody can buy it.
        Freeze = "freeze",
    }
}

choices! {
    /// Where a measure stands.
    pub(crate) enum MeasureState {
        InForce = "in_force",
        /// In force, and the seller has appealed.
        Appealed = "appealed",
        /// In force after an appeal that did not succeed.
        Upheld = "upheld",
        Lifted = "lifted",
        /// Its time is over.
        Expired = "expired",
    }
}

impl MeasureState {
    pub(crate) fn holds(self) -> bool {
        match self {
            Self::InForce | Self::Appealed | Self::Upheld => true,
            Self::Lifted | Self::Expired => false,
        }
    }

    const fn zh(self) -> &'static str {
        match self {
            Self::InForce => "生效中",
            Self::Appealed => "申诉中",
            Self::Upheld => "申诉未通过",
            Self::Lifted => "已解除",
            Self::Expired => "已到期",
        }
    }

    /// Each measure can be appealed once, within a time.
    pub(crate) fn appeal(self, until: Timestamp, now: Timestamp) -> Result<Self, MeasureRefused> {
        match self {
            Self::InForce if now < until => Ok(Self::Appealed),
            Self::InForce => Err(MeasureRefused::AppealLate(until)),
            Self::Appealed | Self::Upheld => Err(MeasureRefused::AppealedOnce),
            Self::Lifted | Self::Expired => Err(MeasureRefused::Over(self)),
        }
    }

    /// An appeal is decided by somebody else than who took the measure.
    pub(crate) fn decide(self, outcome: AppealOutcome, taken_by: UserId, by: UserId) -> Result<Self, MeasureRefused> {
        match self {
            Self::Appealed if taken_by == by => Err(MeasureRefused::SameHand),
            Self::Appealed => Ok(match outcome {
                AppealOutcome::Upheld => Self::Upheld,
                AppealOutcome::Lifted => Self::Lifted,
            }),
            Self::InForce | Self::Upheld => Err(MeasureRefused::NoAppeal),
            Self::Lifted | Self::Expired => Err(MeasureRefused::Over(self)),
        }
    }

    /// The operator ends it early, for the seller's good.
    pub(crate) fn lift(self) -> Result<Self, MeasureRefused> {
        if self.holds() { Ok(Self::Lifted) } else { Err(MeasureRefused::Over(self)) }
    }
}

choices! {
    /// What becomes of a measure that was appealed.
    pub(crate) enum AppealOutcome { Upheld = "upheld", Lifted = "lifted" }
}

/// How a product that was listed stands under the measures that hold.
pub(crate) fn standing_under(measures: &[MeasureKind]) -> ProductState {
    if measures.contains(&MeasureKind::Delisting) {
        ProductState::Delisted
    } else if measures.contains(&MeasureKind::Freeze) {
        ProductState::Frozen
    } else {
        ProductState::OnSale
    }
}

/// The statement of reasons, and until when a measure holds.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) kind: MeasureKind,
    pub(crate) rule: String,
    pub(crate) facts: String,
    pub(crate) remedy: String,
    pub(crate) until: Option<Timestamp>,
}

pub(crate) const STATEMENT_MAX: usize = 2_000;

impl Statement {
    pub(crate) fn check(&self, now: Timestamp) -> Result<(), Invalid> {
        let Self { kind, rule, facts, remedy, until } = self;
        let mut wrong = Invalid::default();
        for (field, text) in [("rule", rule), ("facts", facts), ("remedy", remedy)] {
            wrong.length(text, 1, STATEMENT_MAX, field);
        }
        let later = ("must be a moment that is still to come", "须晚于当前时间");
        wrong.check(until.is_none_or(|until| until > now), "until", later);
        let freeze = *kind != MeasureKind::Freeze || until.is_some();
        wrong.check(freeze, "until", ("has to say until when trade is frozen", "须填写冻结交易的截止时间"));
        wrong.done()
    }
}

/// Why a measure is not taken, appealed or decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MeasureRefused {
    #[error("the measure is {0} already")]
    Over(MeasureState),
    #[error("it could be appealed until {0}; write to the operator instead")]
    AppealLate(Timestamp),
    #[error("this measure was appealed before; an appeal is possible once")]
    AppealedOnce,
    #[error("nobody has appealed this measure; lift it if its reason is gone")]
    NoAppeal,
    #[error("whoever took a measure does not decide on its appeal; ask another reviewer")]
    SameHand,
    #[error("this product is not listed, so that no measure is needed")]
    NotListed,
}

impl Refusal for MeasureRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::Over(_) => "measure.over",
            Self::AppealLate(_) => "measure.appeal_late",
            Self::AppealedOnce => "measure.appealed_once",
            Self::NoAppeal => "measure.no_appeal",
            Self::SameHand => "measure.same_hand",
            Self::NotListed => "measure.not_listed",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::Over(state) => format!("该处置措施{}", state.zh()),
            Self::AppealLate(until) => format!("申诉期限已于 {until} 结束，可联系平台运营人员"),
            Self::AppealedOnce => "该处置措施已申诉过，每项措施只能申诉一次".to_owned(),
            Self::NoAppeal => "该处置措施没有待审核的申诉，如原因已消除可直接解除".to_owned(),
            Self::SameHand => "作出处置的人员不能审核其申诉，须由其他审核员处理".to_owned(),
            Self::NotListed => "该商品未上架，无需处置".to_owned(),
        };
        Localized::new(self.to_string(), zh)
    }
    fn status(&self) -> u16 {
        match self {
            Self::Over(_) | Self::AppealedOnce | Self::NoAppeal => 409,
            Self::SameHand => 403,
            Self::AppealLate(_) | Self::NotListed => 422,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn a_measure_is_appealed_once_and_in_time() {
        assert_eq!(MeasureState::InForce.appeal(at(10), at(9)), Ok(MeasureState::Appealed));
        assert_eq!(MeasureState::InForce.appeal(at(10), at(10)), Err(MeasureRefused::AppealLate(at(10))));
        for again in [MeasureState::Appealed, MeasureState::Upheld] {
            assert_eq!(again.appeal(at(10), at(9)), Err(MeasureRefused::AppealedOnce));
        }
        assert!(MeasureState::Lifted.appeal(at(10), at(9)).is_err());
    }

    #[test]
    fn whoever_took_a_measure_does_not_decide_on_its_appeal() {
        let (one, other) = (UserId::new(at(0)), UserId::new(at(0)));
        let decide = |by| MeasureState::Appealed.decide(AppealOutcome::Lifted, one, by);
        assert_eq!((decide(one), decide(other)), (Err(MeasureRefused::SameHand), Ok(MeasureState::Lifted)));
        assert_eq!(MeasureState::InForce.decide(AppealOutcome::Upheld, one, other), Err(MeasureRefused::NoAppeal));
    }

    #[test]
    fn the_strictest_measure_decides() {
        use MeasureKind::{Delisting, Freeze};
        let check = |measures: &[MeasureKind], state| assert_eq!(standing_under(measures), state, "{measures:?}");
        check(&[], ProductState::OnSale);
        check(&[Freeze], ProductState::Frozen);
        check(&[Freeze, Delisting], ProductState::Delisted);
    }

    #[test]
    fn what_is_over_stays_over() {
        for state in MeasureState::ALL {
            assert_eq!(state.lift().is_ok(), state.holds(), "{state}");
        }
    }
}
