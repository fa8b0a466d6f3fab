//! An instance's states and the moves between them.

mod acceptance;

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use kernel::{
    Localized, Refusal, Timestamp, choices,
    id::{AccountId, InstanceId, OrderId, OrderLineId, ProductId, SkuId},
    time::DAY,
};
use policy::AccessType;

pub use acceptance::AcceptanceRefused;

/// How long something can be renewed at least after a term of it was taken back that had begun.
const LEFT_TO_RENEW: i64 = DAY;

choices! {
    /// A state without what it carries, as stored and filtered.
    pub enum InstanceState {
        /// Created, and its buyer has not accepted it yet (待验收).
        Pending = "pending",
        Active = "active",
        /// Its term is over, and it can still be used (宽限期).
        Grace = "grace",
        /// Frozen: it cannot be used, and is kept (保留期).
        Expired = "expired",
        Released = "released",
    }
}

choices! {
    /// Why an instance ended.
    pub enum EndCause {
        Refund = "refund",
        Expiry = "expiry",
        Operator = "operator",
        Buyer = "buyer",
        /// What was used of it was not paid.
        Arrears = "arrears",
    }
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

/// What follows the end of a term that is not renewed, in days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AfterTerm {
    /// It can still be used.
    pub grace_days: u32,
    /// After that it is frozen and kept.
    pub frozen_days: u32,
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
    /// What follows its term, by the terms of the purchase.
    pub after: AfterTerm,
    /// Days after which it counts as accepted, where its term begins with its acceptance; `None`: it begins now.
    pub accept_days: Option<u32>,
    /// Given to be tried.
    pub is_trial: bool,
}

/// Where an instance stands, with what only that state knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its buyer looks at it; by a moment it counts as accepted.
    Pending {
        accept_by: Timestamp,
    },
    Active,
    /// Its term was over at a moment; it can be used until it is frozen.
    Grace {
        at: Timestamp,
        freeze_at: Timestamp,
    },
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
            Self::Pending { .. } => InstanceState::Pending,
            Self::Active => InstanceState::Active,
            Self::Grace { .. } => InstanceState::Grace,
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
    /// When its term began; of what waits for its acceptance, when it was created.
    pub activated_at: Timestamp,
    /// The end of the paid term; `None`: it does not end, or has not begun.
    pub expires_at: Option<Timestamp>,
    pub after: AfterTerm,
    /// Given to be tried, until somebody pays for it.
    pub is_trial: bool,
    pub state: State,
    pub version: i64,
    /// The line of the change that has given it its specification; `None`: that of its purchase has.
    pub specified_by: Option<OrderLineId>,
    /// The line of a change that is paid and not done: it is being carried out, or begins with the next term.
    pub changing: Option<OrderLineId>,
}

/// What an instance becomes by a change of its specification.
#[derive(Clone, Debug)]
pub struct Specification {
    /// The line that paid for it.
    pub line: OrderLineId,
    pub sku: SkuId,
    pub sku_code: String,
    pub title: Localized,
    pub attributes: BTreeMap<String, String>,
    pub quantities: BTreeMap<String, u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InstanceRefused {
    #[error("this has been released and cannot be renewed; buy it again")]
    Released,
    #[error("this waits for its acceptance; accept it first")]
    NotAccepted,
    #[error("this does not end, so that there is nothing to renew")]
    Endless,
    #[error("this is being tried; buy it to go on with it")]
    Trial,
    #[error("what is left of a package lapses at its end; buy another one to go on")]
    Package,
    #[error(
        "a change of this is paid and not done; renew it when that is done, or give it back first if it has not begun"
    )]
    Changing,
    #[error("the new term would be over by {0}; choose a longer one")]
    TooShort(Timestamp),
}

impl Refusal for InstanceRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::Released => "renewal.released",
            Self::NotAccepted => "renewal.not_accepted",
            Self::Endless => "renewal.endless",
            Self::Trial => "renewal.trial",
            Self::Package => "renewal.package",
            Self::Changing => "renewal.changing",
            Self::TooShort(_) => "renewal.too_short",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::Released => "该资源已释放，不能续费，可重新购买".to_owned(),
            Self::NotAccepted => "该资源待验收，确认验收后才能续费".to_owned(),
            Self::Endless => "该资源没有到期时间，无须续费".to_owned(),
            Self::Trial => "该资源正在试用，购买后可继续使用".to_owned(),
            Self::Package => "套餐包到期后剩余用量失效，不能续费，可重新购买".to_owned(),
            Self::Changing => "该资源有已付款而未完成的变更，变更完成后才能续费；尚未开始的变更可先退订".to_owned(),
            Self::TooShort(end) => format!("按所选时长续费，到 {end} 已经到期，须选择更长的时长"),
        };
        Localized::new(self.to_string(), zh)
    }
}

/// When the buyer of a trial is reminded of its end: so many days before it, at an hour on the site's wall.
pub(crate) fn reminders(
    (now, end): (Timestamp, Timestamp),
    (days, hour): (&BTreeSet<u32>, u8),
    zone: &TimeZone,
) -> Vec<Timestamp> {
    let at = |days: &u32| end.days_before(*days, hour, zone);
    days.iter().map(at).filter(|at| (now..end).contains(at)).collect()
}

/// The purchase by which what was tried goes on.
#[derive(Clone, Copy, Debug)]
pub struct Formal {
    pub order: OrderId,
    pub line: OrderLineId,
    pub term: Term,
    pub after: AfterTerm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConversionRefused {
    #[error("this is no trial, or was bought already; to go on with it, look at its page")]
    NoTrial,
    #[error("the trial is over and what was in it has been released; buy it anew on the page of the product")]
    Released,
}

impl Refusal for ConversionRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::NoTrial => "conversion.no_trial",
            Self::Released => "conversion.released",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::NoTrial => "该资源不是试用，或已经购买，可在其详情页查看",
            Self::Released => "试用已结束，数据已释放，可在商品页重新购买",
        };
        Localized::new(self.to_string(), zh)
    }
}

/// What a timer finds when it fires.
#[derive(Clone, Debug)]
pub(crate) enum Due {
    /// The dates were moved, or it has happened already: nothing to do.
    Nothing,
    Move(Box<Instance>),
}

impl Instance {
    /// The line that has given it its present specification.
    pub fn specified_by(&self) -> OrderLineId {
        self.specified_by.unwrap_or(self.line)
    }

    /// Becomes what a change of it has paid for.
    pub(crate) fn specify(self, new: Specification) -> Self {
        let Specification { line, sku, sku_code, title, attributes, quantities } = new;
        Self { sku, sku_code, title, attributes, quantities, specified_by: Some(line), changing: None, ..self }
    }

    /// Whether it is in a term that is paid, whatever the timers have done so far.
    pub fn is_in_term(&self, now: Timestamp) -> bool {
        self.state == State::Active && self.expires_at.is_none_or(|end| now < end)
    }

    /// Whether the buyer may use it at a moment, whatever the timers have done so far.
    pub fn is_usable(&self, now: Timestamp) -> bool {
        match self.state {
            State::Pending { .. } | State::Active | State::Grace { .. } => {
                self.usable_until().is_none_or(|until| now < until)
            }
            State::Expired { .. } | State::Released { .. } => false,
        }
    }

    /// Until when it may be used if it is not renewed; `None`: without end.
    pub fn usable_until(&self) -> Option<Timestamp> {
        match self.state {
            State::Grace { freeze_at, .. } => Some(freeze_at),
            State::Pending { .. } | State::Active | State::Expired { .. } | State::Released { .. } => {
                self.expires_at.map(|end| self.grace_of(end))
            }
        }
    }

    /// The end of the grace after a term. Nobody uses anything for longer for nothing than it was paid for: what is bought by the
    /// day is not had for weeks.
    fn grace_of(&self, end: Timestamp) -> Timestamp {
        let paid = end.micros_since(self.activated_at).max(0);
        end.plus_micros((i64::from(self.after.grace_days) * DAY).min(paid))
    }

    /// When it is released if it is not renewed; `None`: it does not end.
    pub fn release_at(&self) -> Option<Timestamp> {
        match self.state {
            State::Expired { release_at, .. } => Some(release_at),
            State::Pending { .. } | State::Active | State::Grace { .. } => {
                self.usable_until().map(|until| self.kept_until(until))
            }
            State::Released { at, .. } => Some(at),
        }
    }

    fn kept_until(&self, frozen_at: Timestamp) -> Timestamp {
        frozen_at.plus_days(i64::from(self.after.frozen_days))
    }

    /// How it stands when its term has ended at a moment: the days count from there, not from the timers.
    fn over(&self, end: Timestamp, now: Timestamp) -> State {
        let freeze_at = self.grace_of(end);
        if now < freeze_at {
            State::Grace { at: end, freeze_at }
        } else {
            State::Expired { at: freeze_at, release_at: self.kept_until(freeze_at) }
        }
    }

    /// Whether a timer of it is due and has not run.
    pub fn is_due(&self, now: Timestamp) -> bool {
        match self.state {
            State::Pending { accept_by } => accept_by <= now,
            State::Active => self.expires_at.is_some_and(|end| end <= now),
            State::Grace { freeze_at, .. } => freeze_at <= now,
            State::Expired { release_at, .. } => release_at <= now,
            State::Released { .. } => false,
        }
    }

    /// Moves an instance whose term is over, or whose grace is.
    pub(crate) fn expire(self, now: Timestamp) -> Due {
        match (self.state, self.expires_at) {
            (State::Active | State::Grace { .. }, Some(end)) if self.is_due(now) => {
                Due::Move(Box::new(Self { state: self.over(end, now), ..self }))
            }
            (
                State::Pending { .. }
                | State::Active
                | State::Grace { .. }
                | State::Expired { .. }
                | State::Released { .. },
                _,
            ) => Due::Nothing,
        }
    }

    /// Whether it is tried and can still be bought as it is.
    pub fn may_convert(&self) -> Result<(), ConversionRefused> {
        if !self.is_trial {
            return Err(ConversionRefused::NoTrial);
        }
        match self.state {
            // Nobody accepts what is tried.
            State::Pending { .. } => Err(ConversionRefused::NoTrial),
            State::Active | State::Grace { .. } | State::Expired { .. } => Ok(()),
            State::Released { .. } => Err(ConversionRefused::Released),
        }
    }

    /// What was tried belongs to a purchase from now on: its term begins anew, and what was frozen can be used again.
    pub(crate) fn convert(self, formal: Formal, now: Timestamp, zone: &TimeZone) -> Result<Self, ConversionRefused> {
        self.may_convert()?;
        let Formal { order, line, term, after } = formal;
        let (activated_at, expires_at) = (now, term.ends(now, zone));
        Ok(Self { order, line, activated_at, expires_at, after, is_trial: false, state: State::Active, ..self })
    }

    /// Releases an instance that was not renewed in time.
    pub(crate) fn lapse(self, now: Timestamp) -> Due {
        match self.state {
            State::Expired { release_at, .. } if release_at <= now => {
                Due::Move(Box::new(Self { state: State::Released { at: now, cause: EndCause::Expiry }, ..self }))
            }
            State::Pending { .. }
            | State::Active
            | State::Grace { .. }
            | State::Expired { .. }
            | State::Released { .. } => Due::Nothing,
        }
    }

    /// Goes on until a later end: the end moves, and what was frozen can be used again.
    pub(crate) fn renew(self, until: Timestamp, now: Timestamp) -> Result<Self, InstanceRefused> {
        match self.state {
            State::Pending { .. } => return Err(InstanceRefused::NotAccepted),
            State::Active | State::Grace { .. } | State::Expired { .. } => {}
            State::Released { .. } => return Err(InstanceRefused::Released),
        }
        let Some(end) = self.expires_at else { return Err(InstanceRefused::Endless) };
        if self.is_trial {
            return Err(InstanceRefused::Trial);
        }
        if self.changing.is_some() {
            return Err(InstanceRefused::Changing);
        }
        if until <= now.max(end) {
            return Err(InstanceRefused::TooShort(if until <= now { until } else { end }));
        }
        Ok(Self { state: State::Active, expires_at: Some(until), ..self })
    }

    /// Takes a renewal back: it ends where it would have ended without, which may be over already. Then its buyer, who had paid
    /// for it, has a day at least to renew it before it is released.
    pub(crate) fn take_back(self, end: Timestamp, now: Timestamp) -> Result<Self, InstanceRefused> {
        match self.state {
            State::Active | State::Grace { .. } | State::Expired { .. }
                if self.expires_at.is_some_and(|present| end < present) =>
            {
                let state = if now < end { State::Active } else { self.over(end, now) };
                let state = match state {
                    State::Expired { at, release_at } => {
                        State::Expired { at, release_at: release_at.max(now.plus_micros(LEFT_TO_RENEW)) }
                    }
                    // It is released as soon as its grace is over.
                    State::Grace { at, freeze_at } if self.after.frozen_days == 0 => {
                        State::Grace { at, freeze_at: freeze_at.max(now.plus_micros(LEFT_TO_RENEW)) }
                    }
                    other @ (State::Pending { .. } | State::Active | State::Grace { .. } | State::Released { .. }) => {
                        other
                    }
                };
                Ok(Self { state, expires_at: Some(end), ..self })
            }
            State::Pending { .. } => Err(InstanceRefused::NotAccepted),
            State::Active | State::Grace { .. } | State::Expired { .. } => Err(InstanceRefused::Endless),
            State::Released { .. } => Err(InstanceRefused::Released),
        }
    }

    /// Ends an instance at once; one that has ended stays as it ended.
    pub(crate) fn end(self, now: Timestamp, cause: EndCause) -> Due {
        match self.state {
            State::Pending { .. } | State::Active | State::Grace { .. } | State::Expired { .. } => {
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

    pub(super) fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn after(grace_days: u32) -> AfterTerm {
        AfterTerm { grace_days, frozen_days: 15 }
    }

    pub(super) fn instance(expires_at: Option<Timestamp>, state: State) -> Instance {
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
            after: after(0),
            is_trial: false,
            state,
            version: 1,
            specified_by: None,
            changing: None,
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
    fn a_trial_is_reminded_of_in_the_mornings_before_its_end_and_not_before_it_began() {
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        let (now, end) = (at("2026-02-01T04:00:00Z"), at("2026-02-11T04:00:00Z"));
        let found = reminders((now, end), (&BTreeSet::from([15, 7, 3, 1]), 10), &shanghai);
        let days = ["2026-02-10T02:00:00Z", "2026-02-08T02:00:00Z", "2026-02-04T02:00:00Z"];
        assert_eq!(found, days.map(at), "the fifteenth day before was before the beginning");
        // An end just after midnight is of the day that it falls on.
        let end = at("2026-02-10T16:30:00Z");
        assert_eq!(reminders((now, end), (&BTreeSet::from([1]), 10), &shanghai), [at("2026-02-10T02:00:00Z")]);
    }

    #[test]
    fn what_is_tried_goes_on_in_the_term_of_its_purchase_until_it_is_released() {
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        let (end, now) = (at("2026-03-01T00:00:00Z"), at("2026-03-04T00:00:00Z"));
        let formal =
            Formal { order: OrderId::new(now), line: OrderLineId::new(now), term: Term::Months(1), after: after(3) };
        let frozen = State::Expired { at: end, release_at: end.plus_days(15) };
        let check = |state, is_trial, expected: Result<(), ConversionRefused>| {
            let tried = Instance { is_trial, ..instance(Some(end), state) };
            let bought = tried.convert(formal, now, &shanghai);
            assert_eq!(bought.as_ref().map(|_| ()).map_err(|refused| *refused), expected);
            if let Ok(bought) = bought {
                let term = (bought.activated_at, bought.expires_at, bought.after);
                assert_eq!(term, (now, Some(at("2026-04-04T00:00:00Z")), after(3)));
                assert_eq!((bought.line, bought.is_trial, bought.is_usable(now)), (formal.line, false, true));
            }
        };
        check(State::Active, true, Ok(()));
        check(frozen, true, Ok(()));
        check(State::Active, false, Err(ConversionRefused::NoTrial));
        let gone = State::Released { at: now, cause: EndCause::Expiry };
        check(gone, true, Err(ConversionRefused::Released));
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
    fn in_the_days_of_grace_it_can_be_used_and_after_them_it_is_frozen() {
        let end = at("2026-03-01T00:00:00Z");
        let (freeze_at, release_at) = (end.plus_days(7), end.plus_days(22));
        let graceful = |state| Instance { after: after(7), ..instance(Some(end), state) };
        let grace = State::Grace { at: end, freeze_at };
        let expired = State::Expired { at: freeze_at, release_at };
        let expire = |state, now, expected: Option<State>| match graceful(state).expire(now) {
            Due::Move(moved) => assert_eq!(Some(moved.state), expected, "{state:?} {now}"),
            Due::Nothing => assert_eq!(None, expected, "{state:?} {now}"),
        };
        expire(State::Active, end.plus_seconds(-1), None);
        expire(State::Active, end, Some(grace));
        expire(State::Active, freeze_at, Some(expired));
        expire(grace, freeze_at.plus_seconds(-1), None);
        expire(grace, freeze_at, Some(expired));
        expire(expired, release_at, None);
        for state in [State::Active, grace] {
            let owned = graceful(state);
            assert!(owned.is_usable(freeze_at.plus_seconds(-1)) && !owned.is_usable(freeze_at), "{state:?}");
            assert_eq!((owned.usable_until(), owned.release_at()), (Some(freeze_at), Some(release_at)));
            assert!(!owned.is_in_term(end), "{state:?}");
            let renewed = owned.clone().renew(at("2026-04-01T00:00:00Z"), end.plus_days(3)).unwrap();
            assert_eq!(renewed.state, State::Active);
            assert!(matches!(owned.end(end, EndCause::Refund), Due::Move(_)));
        }
        let taken = Instance { expires_at: Some(at("2026-04-01T00:00:00Z")), ..graceful(State::Active) };
        let back = |now| taken.clone().take_back(end, now).map(|taken| taken.state);
        assert_eq!(back(end.plus_seconds(-1)), Ok(State::Active));
        assert_eq!(back(end.plus_days(2)), Ok(grace));
        assert_eq!(back(freeze_at), Ok(expired));
    }

    #[test]
    fn nobody_uses_anything_for_longer_for_nothing_than_it_was_paid_for() {
        let began = at("2026-01-31T04:00:00Z");
        let check = |days: i64, grace: i64| {
            let owned = Instance { after: after(15), ..instance(Some(began.plus_days(days)), State::Active) };
            assert_eq!(owned.usable_until(), Some(began.plus_days(days + grace)), "{days}");
        };
        check(1, 1);
        check(10, 10);
        check(28, 15);
        assert_eq!(Instance { after: after(15), ..instance(None, State::Active) }.usable_until(), None);
    }

    #[test]
    fn an_end_happens_once_and_keeps_its_first_cause() {
        let now = at("2026-02-01T00:00:00Z");
        let Due::Move(ended) = instance(None, State::Active).end(now, EndCause::Refund) else { panic!("it is active") };
        assert_eq!(ended.state, State::Released { at: now, cause: EndCause::Refund });
        assert_eq!(name(&ended.end(now.plus_days(1), EndCause::Operator)), "nothing");
    }

    #[test]
    fn a_renewal_moves_the_end_and_frees_what_was_frozen() {
        let end = at("2026-03-01T00:00:00Z");
        let until = at("2026-04-01T00:00:00Z");
        let frozen = State::Expired { at: end, release_at: end.plus_days(15) };
        let gone = State::Released { at: end, cause: EndCause::Expiry };
        let check = |state, until, now, expected: Result<(), InstanceRefused>| {
            let renewed = instance(Some(end), state).renew(until, now);
            let expected = expected.map(|()| (State::Active, Some(until)));
            assert_eq!(renewed.map(|renewed| (renewed.state, renewed.expires_at)), expected, "{state:?} {until}");
        };
        check(State::Active, until, end.plus_days(-5), Ok(()));
        check(frozen, until, end.plus_days(5), Ok(()));
        check(frozen, end.plus_days(1), end.plus_days(5), Err(InstanceRefused::TooShort(end.plus_days(1))));
        check(State::Active, end, end.plus_days(-5), Err(InstanceRefused::TooShort(end)));
        check(gone, until, end.plus_days(5), Err(InstanceRefused::Released));
        let endless = instance(None, State::Active).renew(until, end);
        assert_eq!(endless.map(|_| ()), Err(InstanceRefused::Endless));
    }

    #[test]
    fn a_renewal_that_is_taken_back_leaves_the_old_end() {
        let (end, until) = (at("2026-03-01T00:00:00Z"), at("2026-04-01T00:00:00Z"));
        let before = instance(Some(until), State::Active).take_back(end, end.plus_days(-1)).unwrap();
        assert_eq!((before.state, before.expires_at), (State::Active, Some(end)));
        let after = instance(Some(until), State::Active).take_back(end, end.plus_days(2)).unwrap();
        assert_eq!(after.state, State::Expired { at: end, release_at: end.plus_days(15) });
        // Its buyer can still renew it, however late it was paid.
        let late = instance(Some(until), State::Active).take_back(end, end.plus_days(16)).unwrap();
        assert_eq!(late.state, State::Expired { at: end, release_at: end.plus_days(17) });
        assert!(instance(Some(end), State::Active).take_back(until, end).is_err(), "that would be a renewal");
    }

    #[test]
    fn a_day_is_left_to_renew_it_also_where_nothing_is_kept_frozen() {
        let (end, until) = (at("2026-03-02T00:00:00Z"), at("2026-04-02T00:00:00Z"));
        let paid = |frozen_days| Instance {
            after: AfterTerm { grace_days: 3, frozen_days },
            ..instance(Some(until), State::Active)
        };
        let late = end.plus_days(3).plus_micros(-1);
        let taken = paid(0).take_back(end, late).unwrap();
        let freeze_at = late.plus_days(1);
        assert_eq!(taken.state, State::Grace { at: end, freeze_at });
        assert_eq!((taken.usable_until(), taken.release_at()), (Some(freeze_at), Some(freeze_at)));
        assert!(taken.is_usable(end.plus_days(3)) && !taken.is_due(end.plus_days(3)));
        let Due::Move(over) = taken.expire(freeze_at) else { panic!("it is over") };
        assert!(matches!(over.lapse(freeze_at), Due::Move(_)), "and is released");
        let kept = paid(15).take_back(end, late).unwrap();
        assert_eq!(kept.state, State::Grace { at: end, freeze_at: end.plus_days(3) }, "it is kept frozen after that");
    }

    /// What an instance should do, said in as few words as possible.
    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Model {
        end: Timestamp,
        freeze: Timestamp,
        release: Timestamp,
        released: bool,
        grace: bool,
        frozen: bool,
    }

    impl Model {
        fn ends(end: Timestamp, grace: i64) -> Self {
            let freeze = end.plus_days(grace);
            Self { end, freeze, release: freeze.plus_days(15), released: false, grace: false, frozen: false }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        /// A thousand lives, each beside a model that knows dates only.
        #[test]
        fn a_life_is_as_the_model_says(
            grace in 0_u32..20,
            steps in proptest::collection::vec((0_u8..5, 0_i64..25, 1_i64..60), 1..40),
        ) {
            let (grace_days, grace) = (grace, i64::from(grace));
            let mut now = at("2026-02-01T00:00:00Z");
            let first = at("2026-03-01T00:00:00Z");
            let mut present = Instance { after: after(grace_days), ..instance(Some(first), State::Active) };
            let mut model = Model::ends(first, grace);
            let mut before: Vec<Timestamp> = Vec::new();
            for (step, days, longer) in steps {
                now = now.plus_days(days);
                match step {
                    0 => {
                        if let Due::Move(moved) = present.clone().expire(now) { present = *moved; }
                        model.frozen |= !model.released && model.freeze <= now;
                        model.grace = !model.released && !model.frozen && model.end <= now;
                    }
                    1 => {
                        if let Due::Move(moved) = present.clone().lapse(now) { present = *moved; }
                        model.released |= model.frozen && model.release <= now;
                    }
                    2 => {
                        let until = model.end.plus_days(longer);
                        let renewed = present.clone().renew(until, now);
                        prop_assert_eq!(renewed.is_ok(), !model.released && until > now);
                        if let Ok(renewed) = renewed {
                            before.push(model.end);
                            model = Model::ends(until, grace);
                            present = renewed;
                        }
                    }
                    3 => {
                        let Some(old) = before.last().copied() else { continue };
                        let taken = present.clone().take_back(old, now);
                        prop_assert_eq!(taken.is_ok(), !model.released);
                        if let Ok(taken) = taken {
                            before.pop();
                            model = Model::ends(old, grace);
                            model.frozen = model.freeze <= now;
                            model.grace = old <= now && !model.frozen;
                            if model.frozen {
                                model.release = model.release.max(now.plus_days(1));
                            }
                            present = taken;
                        }
                    }
                    _ if longer < 3 => {
                        if let Due::Move(moved) = present.clone().end(now, EndCause::Refund) { present = *moved; }
                        model.released = true;
                    }
                    _ => {}
                }
                prop_assert_eq!(present.expires_at, Some(model.end));
                prop_assert_eq!(present.is_usable(now), !model.released && !model.frozen && now < model.freeze);
                let in_term = !model.released && !model.frozen && !model.grace && now < model.end;
                prop_assert_eq!(present.is_in_term(now), in_term);
                prop_assert_eq!(matches!(present.state, State::Released { .. }), model.released);
                prop_assert_eq!(matches!(present.state, State::Grace { .. }), model.grace && !model.released);
                if let State::Expired { at, release_at } = present.state {
                    prop_assert_eq!((at, release_at), (model.freeze, model.release));
                }
            }
        }

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
