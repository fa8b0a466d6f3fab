//! An instance's states and the moves between them.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use kernel::{
    Localized, Timestamp, choices,
    id::{AccountId, InstanceId, OrderId, OrderLineId, ProductId, SkuId},
};
use policy::AccessType;

choices! {
    /// A state without what it carries, as stored and filtered.
    pub enum InstanceState { Active = "active", Expired = "expired", Released = "released" }
}

choices! {
    /// Why an instance ended.
    pub enum EndCause { Refund = "refund", Expiry = "expiry", Operator = "operator", Buyer = "buyer" }
}

/// How long a line was bought for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    Unlimited,
    /// Calendar days from the activation, in the site's zone.
    Days(u32),
    /// Calendar months from the activation, in the site's zone.
    Months(u32),
}

impl Term {
    /// The first moment that is no longer paid for.
    pub fn ends(self, from: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Unlimited => None,
            Self::Days(days) => Some(from.plus_calendar_days(i64::from(days), zone)),
            Self::Months(months) => Some(from.plus_months(i64::from(months), zone)),
        }
    }
}

/// A delivered order line that becomes an instance.
#[derive(Clone, Debug)]
pub struct NewInstance {
    pub account: AccountId,
    pub seller: AccountId,
    pub order: OrderId,
    pub line: OrderLineId,
    pub product: ProductId,
    pub sku: SkuId,
    pub sku_code: String,
    pub title: Localized,
    /// The chosen values of the SKU's attributes.
    pub attributes: BTreeMap<String, String>,
    pub access_type: AccessType,
    pub quantities: BTreeMap<String, u64>,
    pub term: Term,
    /// Days between expiry and release, by the terms of the purchase.
    pub frozen_days: u32,
}

/// Where an instance stands, with what only that state knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Active,
    /// Frozen: the buyer cannot use it, and can renew it until it is released.
    Expired {
        at: Timestamp,
        release_at: Timestamp,
    },
    Released {
        at: Timestamp,
        cause: EndCause,
    },
}

impl State {
    pub fn name(self) -> InstanceState {
        match self {
            Self::Active => InstanceState::Active,
            Self::Expired { .. } => InstanceState::Expired,
            Self::Released { .. } => InstanceState::Released,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Instance {
    pub id: InstanceId,
    pub account: AccountId,
    pub seller: AccountId,
    pub order: OrderId,
    pub line: OrderLineId,
    pub product: ProductId,
    pub sku: SkuId,
    pub sku_code: String,
    pub title: Localized,
    /// The chosen values of the SKU's attributes.
    pub attributes: BTreeMap<String, String>,
    pub access_type: AccessType,
    pub quantities: BTreeMap<String, u64>,
    pub activated_at: Timestamp,
    /// The end of the paid term; `None`: it does not end.
    pub expires_at: Option<Timestamp>,
    /// Days between expiry and release.
    pub frozen_days: u32,
    pub state: State,
    pub version: i64,
}

/// What a timer finds when it fires.
#[derive(Clone, Debug)]
pub(crate) enum Due {
    /// The dates were moved, or it has happened already: nothing to do.
    Nothing,
    Move(Box<Instance>),
}

impl Instance {
    /// Whether the buyer may use it at a moment, whatever the timers have done so far.
    pub fn is_usable(&self, now: Timestamp) -> bool {
        self.state == State::Active && self.expires_at.is_none_or(|end| now < end)
    }

    /// Freezes an instance whose term is over. The frozen days count from the end of the term, not from the timer.
    pub(crate) fn expire(self, now: Timestamp) -> Due {
        match (self.state, self.expires_at) {
            (State::Active, Some(end)) if end <= now => {
                let release_at = end.plus_days(i64::from(self.frozen_days));
                Due::Move(Box::new(Self { state: State::Expired { at: end, release_at }, ..self }))
            }
            (State::Active | State::Expired { .. } | State::Released { .. }, _) => Due::Nothing,
        }
    }

    /// Releases an instance that was not renewed in time.
    pub(crate) fn lapse(self, now: Timestamp) -> Due {
        match self.state {
            State::Expired { release_at, .. } if release_at <= now => {
                Due::Move(Box::new(Self { state: State::Released { at: now, cause: EndCause::Expiry }, ..self }))
            }
            State::Active | State::Expired { .. } | State::Released { .. } => Due::Nothing,
        }
    }

    /// Ends an instance at once; one that has ended stays as it ended.
    pub(crate) fn end(self, now: Timestamp, cause: EndCause) -> Due {
        match self.state {
            State::Active | State::Expired { .. } => {
                Due::Move(Box::new(Self { state: State::Released { at: now, cause }, ..self }))
            }
            State::Released { .. } => Due::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn instance(expires_at: Option<Timestamp>, state: State) -> Instance {
        let now = at("2026-01-31T04:00:00Z");
        Instance {
            id: InstanceId::new(now),
            account: AccountId::new(now),
            seller: AccountId::new(now),
            order: OrderId::new(now),
            line: OrderLineId::new(now),
            product: ProductId::new(now),
            sku: SkuId::new(now),
            sku_code: "PRO".to_owned(),
            title: Localized::new("Log search", "日志检索"),
            attributes: BTreeMap::from([("edition".to_owned(), "pro".to_owned())]),
            access_type: AccessType::License,
            quantities: BTreeMap::from([("users".to_owned(), 25)]),
            activated_at: now,
            expires_at,
            frozen_days: 15,
            state,
            version: 1,
        }
    }

    fn name(due: &Due) -> &'static str {
        match due {
            Due::Nothing => "nothing",
            Due::Move(instance) => instance.state.name().as_str(),
        }
    }

    #[test]
    fn a_term_ends_after_calendar_months_in_the_sites_zone() {
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        let check = |term: Term, end: Option<&str>| {
            assert_eq!(term.ends(at("2026-01-31T04:00:00Z"), &shanghai), end.map(at), "{term:?}");
        };
        check(Term::Unlimited, None);
        check(Term::Days(30), Some("2026-03-02T04:00:00Z"));
        check(Term::Months(1), Some("2026-02-28T04:00:00Z"));
        check(Term::Months(12), Some("2027-01-31T04:00:00Z"));
    }

    #[test]
    fn timers_move_an_instance_only_when_its_own_dates_say_so() {
        let end = at("2026-03-01T00:00:00Z");
        let frozen = State::Expired { at: end, release_at: end.plus_days(15) };
        let gone = State::Released { at: end, cause: EndCause::Refund };
        let (before, after, late) = (end.plus_seconds(-1), end, end.plus_days(15));
        let expire =
            |state, now, expected| assert_eq!(name(&instance(Some(end), state).expire(now)), expected, "{state:?}");
        expire(State::Active, before, "nothing");
        expire(State::Active, after, "expired");
        expire(frozen, late, "nothing");
        expire(gone, late, "nothing");
        assert_eq!(name(&instance(None, State::Active).expire(late)), "nothing");
        let lapse =
            |state, now, expected| assert_eq!(name(&instance(Some(end), state).lapse(now)), expected, "{state:?}");
        lapse(State::Active, late, "nothing");
        lapse(frozen, after, "nothing");
        lapse(frozen, late, "released");
        lapse(gone, late, "nothing");
    }

    #[test]
    fn frozen_days_count_from_the_end_of_the_term() {
        let end = at("2026-03-01T00:00:00Z");
        let Due::Move(moved) = instance(Some(end), State::Active).expire(end.plus_days(3)) else { panic!("it is due") };
        assert_eq!(moved.state, State::Expired { at: end, release_at: end.plus_days(15) });
    }

    #[test]
    fn an_end_happens_once_and_keeps_its_first_cause() {
        let now = at("2026-02-01T00:00:00Z");
        let Due::Move(ended) = instance(None, State::Active).end(now, EndCause::Refund) else { panic!("it is active") };
        assert_eq!(ended.state, State::Released { at: now, cause: EndCause::Refund });
        assert_eq!(name(&ended.end(now.plus_days(1), EndCause::Operator)), "nothing");
    }

    proptest! {
        #[test]
        fn whatever_happens_when_released_is_the_end(steps in proptest::collection::vec((0_u8..3, 0_i64..40), 1..30)) {
            let end = at("2026-03-01T00:00:00Z");
            let mut now = at("2026-02-01T00:00:00Z");
            let mut present = instance(Some(end), State::Active);
            let mut released = None;
            for (step, days) in steps {
                now = now.plus_days(days);
                let due = match step {
                    0 => present.clone().expire(now),
                    1 => present.clone().lapse(now),
                    _ => present.clone().end(now, EndCause::Refund),
                };
                if let Due::Move(moved) = due {
                    prop_assert!(released.is_none(), "nothing moves after the release");
                    prop_assert!(moved.state.name() > present.state.name(), "states only go forward");
                    present = *moved;
                }
                if let State::Released { at, .. } = present.state {
                    released = Some(at);
                }
                prop_assert!(!present.is_usable(end), "nobody uses it after its term");
            }
        }
    }
}
