//! Measures that are proposed to the operator (处置建议) against products that are not delivered as they should be. Nothing
//! happens to a product until somebody accepts one.

use kernel::{Localized, Refusal, choices};
use policy::Probing;

use super::measure::MeasureKind;

choices! {
    /// Why a measure is proposed.
    pub(crate) enum Occasion {
        /// Its seller's system has failed its probes for days.
        Probing = "probing",
        /// More of its orders failed in a calendar month than the rules of the site let pass.
        FailedOrders = "failed_orders",
    }
}

impl Occasion {
    /// What is proposed.
    pub(crate) fn measure(self) -> MeasureKind {
        match self {
            Self::Probing => MeasureKind::Freeze,
            Self::FailedOrders => MeasureKind::Delisting,
        }
    }

    /// Whether so many days of failure, or failed orders, are enough.
    pub(crate) fn is_due(self, count: i64, rules: &Probing) -> bool {
        match self {
            Self::Probing => count >= i64::from(rules.freeze_days),
            Self::FailedOrders => count > i64::from(rules.failed_orders),
        }
    }
}

choices! {
    /// Where a proposal stands.
    pub(crate) enum ProposalState {
        Open = "open",
        Accepted = "accepted",
        Dismissed = "dismissed",
        /// The system did well again before anybody decided.
        Mended = "mended",
        /// The product left the shelf another way.
        Moot = "moot",
    }
}

impl ProposalState {
    /// Only an open proposal is decided on.
    pub(crate) fn check_open(self) -> Result<(), ProposalRefused> {
        match self {
            Self::Open => Ok(()),
            Self::Accepted | Self::Dismissed | Self::Mended | Self::Moot => Err(ProposalRefused::Over(self)),
        }
    }

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Open => ("open", "待处理"),
            Self::Accepted => ("accepted", "已采纳"),
            Self::Dismissed => ("dismissed", "已驳回"),
            Self::Mended => ("mended: the system passes again", "已失效（拨测恢复正常）"),
            Self::Moot => ("moot: the product is not on sale any more", "已失效（商品已不在售）"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProposalRefused {
    #[error("this proposal is not open any more; it is {}", .0.words().0)]
    Over(ProposalState),
}

impl Refusal for ProposalRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::Over(_) => "proposal.over",
        }
    }
    fn text(&self) -> Localized {
        let Self::Over(state) = self;
        Localized::new(self.to_string(), format!("该处置建议{}，不能再处理", state.words().1))
    }
    fn status(&self) -> u16 {
        409
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_reached_and_orders_are_exceeded() {
        let rules = Probing::default();
        let due = |occasion: Occasion| (0..10).find(|count| occasion.is_due(*count, &rules));
        assert_eq!((due(Occasion::Probing), due(Occasion::FailedOrders)), (Some(5), Some(6)));
    }

    #[test]
    fn what_is_over_is_not_decided_again() {
        for state in ProposalState::ALL {
            assert_eq!(state.check_open().is_ok(), *state == ProposalState::Open, "{state}");
        }
    }
}
