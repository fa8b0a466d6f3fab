//! A delivery, and what follows a try.

pub(crate) mod check;
pub(crate) mod comparison;
pub(crate) mod errand;
pub(crate) mod told;

use kernel::{
    Timestamp, choices,
    id::{AccountId, DeliveryId, InstanceId, OrderId, OrderLineId},
};
use policy::AccessType;
use production::Trouble;

choices! {
    pub enum State {
        Due = "due",
        /// It is there for its buyer to look at, who has not accepted it yet.
        Offered = "offered",
        Delivered = "delivered",
        Failed = "failed",
    }
}

#[derive(Clone, Debug)]
pub struct Delivery {
    pub id: DeliveryId,
    pub line: OrderLineId,
    pub order: OrderId,
    pub account: AccountId,
    pub seller: AccountId,
    pub access_type: AccessType,
    pub tries: u32,
    pub opened_at: Timestamp,
    pub outcome: Outcome,
}

/// Where a delivery stands, with what only that state knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Due { last_error: Option<String> },
    Offered { instance: InstanceId },
    Delivered { instance: InstanceId, at: Timestamp },
    Failed { reason: String, at: Timestamp },
}

impl Outcome {
    pub fn state(&self) -> State {
        match self {
            Self::Due { .. } => State::Due,
            Self::Offered { .. } => State::Offered,
            Self::Delivered { .. } => State::Delivered,
            Self::Failed { .. } => State::Failed,
        }
    }
}

impl Outcome {
    /// What went wrong the last time at a seller's system.
    pub fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::Due { last_error } => last_error.as_deref().and_then(Trouble::read),
            Self::Failed { reason, .. } => Trouble::read(reason),
            Self::Offered { .. } | Self::Delivered { .. } => None,
        }
    }

    /// What its buyer said who refused it.
    pub fn refusal(&self) -> Option<&str> {
        match self {
            Self::Failed { reason, .. } => reason.strip_prefix(REFUSED),
            Self::Due { .. } | Self::Offered { .. } | Self::Delivered { .. } => None,
        }
    }
}

/// What stands before the words of a buyer who refused it: no trouble of its seller's system begins so.
const REFUSED: &str = "not_accepted: ";

/// What follows a try that failed.
#[derive(Clone, Debug)]
pub(crate) enum AfterFailure {
    TryAgain { delivery: Delivery, at: Timestamp },
    GiveUp { delivery: Delivery },
}

impl Delivery {
    /// Counts a failed try; the policy's pauses say when to try again, and when it is enough.
    pub(crate) fn failed_try(self, reason: String, pauses_minutes: &[u32], now: Timestamp) -> AfterFailure {
        let pause = usize::try_from(self.tries).ok().and_then(|tries| pauses_minutes.get(tries));
        let tries = self.tries + 1;
        match pause {
            Some(minutes) => AfterFailure::TryAgain {
                delivery: Self { tries, outcome: Outcome::Due { last_error: Some(reason) }, ..self },
                at: now.plus_seconds(i64::from(*minutes) * 60),
            },
            None => AfterFailure::GiveUp { delivery: self.given_up(reason, now) },
        }
    }

    /// Ends it although the policy would try again: the trying itself does not work.
    pub(crate) fn given_up(self, reason: String, now: Timestamp) -> Self {
        Self { tries: self.tries + 1, outcome: Outcome::Failed { reason, at: now }, ..self }
    }

    /// Its seller's system has it, and its buyer looks at it first.
    pub(crate) fn offered(self, instance: InstanceId) -> Self {
        Self { tries: self.tries + 1, outcome: Outcome::Offered { instance }, ..self }
    }

    /// What was offered was accepted.
    pub(crate) fn accepted(self, instance: InstanceId, now: Timestamp) -> Self {
        Self { outcome: Outcome::Delivered { instance, at: now }, ..self }
    }

    /// What was offered was refused, in the words of its buyer.
    pub(crate) fn refused(self, words: &str, now: Timestamp) -> Self {
        Self { outcome: Outcome::Failed { reason: format!("{REFUSED}{words}"), at: now }, ..self }
    }

    pub(crate) fn delivered(self, instance: InstanceId, now: Timestamp) -> Self {
        Self { tries: self.tries + 1, outcome: Outcome::Delivered { instance, at: now }, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due() -> Delivery {
        let now = Timestamp::from_micros(0);
        Delivery {
            id: DeliveryId::new(now),
            line: OrderLineId::new(now),
            order: OrderId::new(now),
            account: AccountId::new(now),
            seller: AccountId::new(now),
            access_type: AccessType::License,
            tries: 0,
            opened_at: now,
            outcome: Outcome::Due { last_error: None },
        }
    }

    #[test]
    fn what_a_buyer_says_is_no_trouble_of_the_sellers_system() {
        let now = Timestamp::from_micros(0);
        for words in ["no_address", "status.503", "code.000106", "It does not start.", ""] {
            let refused = due().offered(InstanceId::new(now)).refused(words, now);
            let said = (refused.outcome.state(), refused.outcome.refusal(), refused.outcome.trouble());
            assert_eq!(said, (State::Failed, Some(words), None), "{words}");
        }
    }

    #[test]
    fn a_delivery_is_given_up_after_the_last_pause_of_the_policy() {
        let now = Timestamp::from_micros(0);
        let mut delivery = due();
        for minutes in [60, 30] {
            match delivery.failed_try("down".into(), &[60, 30], now) {
                AfterFailure::TryAgain { delivery: next, at } => {
                    assert_eq!(at, now.plus_seconds(minutes * 60));
                    delivery = next;
                }
                AfterFailure::GiveUp { .. } => panic!("given up too early"),
            }
        }
        match delivery.failed_try("down".into(), &[60, 30], now) {
            AfterFailure::GiveUp { delivery } => {
                assert_eq!((delivery.tries, delivery.outcome.state()), (3, State::Failed));
            }
            AfterFailure::TryAgain { .. } => panic!("tried once too often"),
        }
    }
}
