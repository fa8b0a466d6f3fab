//! A licence's states, the moves between them, and what its software is told.

use std::collections::BTreeMap;

use kernel::{
    Invalid, Localized, Refusal, Timestamp, choices,
    id::{AccountId, InstanceId, LicenceId, OrderId, ProductId},
    time::SECOND,
};

choices! {
    /// Whom a code is for.
    pub enum LicenceKind { Sold = "sold", Test = "test" }
}

choices! {
    /// A state without what it carries, as stored and shown.
    pub enum LicenceState { Created = "created", Active = "active", Expired = "expired", Released = "released" }
}

choices! {
    /// What can happen to a licence.
    pub enum LicenceEventKind {
        Issued = "issued",
        /// The buyer looked at the code.
        Revealed = "revealed",
        Activated = "activated",
        FileIssued = "file_issued",
        /// It holds for other numbers or another end from now on.
        Amended = "amended",
        Expired = "expired",
        /// Its end moved to a later one.
        Renewed = "renewed",
        /// Its end moved back, because a renewal was given back.
        RenewalReturned = "renewal_returned",
        Released = "released",
    }
}

choices! {
    /// What the seller's software is told; it has to obey.
    pub enum LicenceStatus { Alive = "ALIVE", Expired = "EXPIRED", Released = "RELEASED" }
}

/// When the software reported that it was set up, and from when it counts as delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activation {
    pub at: Timestamp,
    pub effective_at: Timestamp,
}

/// Where a licence stands, with what only that state knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Created,
    Active(Activation),
    /// Frozen; a renewal of the instance may bring it back.
    Expired {
        at: Timestamp,
        activation: Option<Activation>,
    },
    Released {
        at: Timestamp,
        activation: Option<Activation>,
    },
}

impl State {
    pub fn name(self) -> LicenceState {
        match self {
            Self::Created => LicenceState::Created,
            Self::Active(_) => LicenceState::Active,
            Self::Expired { .. } => LicenceState::Expired,
            Self::Released { .. } => LicenceState::Released,
        }
    }

    pub fn activation(self) -> Option<Activation> {
        match self {
            Self::Created => None,
            Self::Active(activation) => Some(activation),
            Self::Expired { activation, .. } | Self::Released { activation, .. } => activation,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Licence {
    pub id: LicenceId,
    pub kind: LicenceKind,
    /// The buyer; of a test code the seller itself.
    pub account: AccountId,
    pub seller: AccountId,
    pub instance: Option<InstanceId>,
    pub order: Option<OrderId>,
    pub product: Option<ProductId>,
    pub sku_code: String,
    /// The chosen values of the SKU's attributes: which edition it is.
    pub attributes: BTreeMap<String, String>,
    pub quantities: BTreeMap<String, u64>,
    pub fingerprint: String,
    pub issued_at: Timestamp,
    /// No activation can claim to be earlier.
    pub ordered_at: Timestamp,
    /// The end of the paid term.
    pub expires_at: Option<Timestamp>,
    /// Until when it works: the end of its term and the days of grace after it.
    pub usable_until: Option<Timestamp>,
    pub state: State,
    pub version: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LicenceRefused {
    #[error("there is no such authorisation code")]
    Unknown,
    #[error("the authorisation code is already activated; it is activated once")]
    AlreadyActivated,
    #[error("the authorisation code has not been activated; activate it first")]
    NotActivated,
    #[error("the authorisation code is {0} and cannot be activated")]
    Ended(LicenceState),
    #[error("the effective time lies before the order; the earliest is {0}")]
    EffectiveTooEarly(Timestamp),
    #[error("the effective time lies after the end of the term, {0}")]
    EffectiveTooLate(Timestamp),
    #[error("there are {0} test codes, which is the most that a seller may have; delete one first")]
    TestCodesUsedUp(u32),
    #[error("a licence file is given for what can be used now; this is {0}")]
    NotUsable(LicenceState),
}

impl LicenceState {
    const fn zh(self) -> &'static str {
        match self {
            Self::Created => "未激活",
            Self::Active => "使用中",
            Self::Expired => "已到期",
            Self::Released => "已释放",
        }
    }
}

impl Refusal for LicenceRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "licence.unknown",
            Self::AlreadyActivated => "licence.already_activated",
            Self::NotActivated => "licence.not_activated",
            Self::Ended(_) => "licence.ended",
            Self::EffectiveTooEarly(_) => "licence.effective_too_early",
            Self::EffectiveTooLate(_) => "licence.effective_too_late",
            Self::TestCodesUsedUp(_) => "licence.test_codes_used_up",
            Self::NotUsable(_) => "licence.not_usable",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::Unknown => "找不到该授权码".to_owned(),
            Self::AlreadyActivated => "授权码已经激活，每个授权码只能激活一次".to_owned(),
            Self::NotActivated => "授权码尚未激活，须先激活".to_owned(),
            Self::Ended(state) => format!("授权码{}，不能激活", state.zh()),
            Self::EffectiveTooEarly(earliest) => format!("生效时间早于下单时间，最早为 {earliest}"),
            Self::EffectiveTooLate(end) => format!("生效时间晚于授权到期时间 {end}"),
            Self::TestCodesUsedUp(most) => format!("测试授权码已达上限 {most} 个，须先删除一个"),
            Self::NotUsable(state) => format!("授权码{}，只有可用的授权码才能生成授权文件", state.zh()),
        };
        Localized::new(self.to_string(), zh)
    }
}

impl Licence {
    /// Whether it has stopped to work, whatever the timers have done so far.
    fn is_over(&self, now: Timestamp) -> bool {
        self.usable_until.is_some_and(|until| until <= now)
    }

    /// The end that software is told, which obeys it: that of the term, and from then on that of the grace.
    pub fn told_end(&self, now: Timestamp) -> Option<Timestamp> {
        self.expires_at.map(|end| if now < end { end } else { self.usable_until.unwrap_or(end) })
    }

    /// The state at a moment, when a timer may be late.
    pub fn state_name(&self, now: Timestamp) -> LicenceState {
        match self.state {
            State::Created | State::Active(_) if self.is_over(now) => LicenceState::Expired,
            State::Created | State::Active(_) | State::Expired { .. } | State::Released { .. } => self.state.name(),
        }
    }

    /// The software reports that it is set up. `effective` is the time it claims to work from, in whole seconds.
    pub(crate) fn activate(self, now: Timestamp, effective: Option<Timestamp>) -> Result<Self, LicenceRefused> {
        match self.state {
            State::Created if self.is_over(now) => Err(LicenceRefused::Ended(LicenceState::Expired)),
            State::Created => {
                let effective_at = effective.unwrap_or(now);
                if effective_at.as_seconds() < self.ordered_at.as_seconds() {
                    return Err(LicenceRefused::EffectiveTooEarly(self.ordered_at));
                }
                if let Some(end) = self.usable_until.filter(|until| *until <= effective_at) {
                    return Err(LicenceRefused::EffectiveTooLate(end));
                }
                Ok(Self { state: State::Active(Activation { at: now, effective_at }), ..self })
            }
            State::Active(_) => Err(LicenceRefused::AlreadyActivated),
            State::Expired { .. } | State::Released { .. } => Err(LicenceRefused::Ended(self.state.name())),
        }
    }

    /// The term is over. `None`: it had ended already.
    pub(crate) fn freeze(self, now: Timestamp) -> Option<Self> {
        match self.state {
            State::Created | State::Active(_) => {
                let activation = self.state.activation();
                Some(Self { state: State::Expired { at: now, activation }, ..self })
            }
            State::Expired { .. } | State::Released { .. } => None,
        }
    }

    /// Its end has moved: what was frozen and goes on is again what it was before. `None`: it is gone.
    pub(crate) fn until(
        self,
        (expires_at, usable_until): (Option<Timestamp>, Option<Timestamp>),
        now: Timestamp,
    ) -> Option<Self> {
        let goes_on = usable_until.is_none_or(|until| now < until);
        let state = match self.state {
            State::Expired { activation: Some(activation), .. } if goes_on => State::Active(activation),
            State::Expired { activation: None, .. } if goes_on => State::Created,
            State::Created | State::Active(_) | State::Expired { .. } => self.state,
            State::Released { .. } => return None,
        };
        Some(Self { expires_at, usable_until, state, ..self })
    }

    /// The entitlement is gone. `None`: it was gone already.
    pub(crate) fn release(self, now: Timestamp) -> Option<Self> {
        match self.state {
            State::Created | State::Active(_) | State::Expired { .. } => {
                let activation = self.state.activation();
                Some(Self { state: State::Released { at: now, activation }, ..self })
            }
            State::Released { .. } => None,
        }
    }

    /// What the software is told at a moment.
    pub fn status(&self, now: Timestamp) -> Result<(LicenceStatus, Activation), LicenceRefused> {
        let activation = self.state.activation().ok_or(LicenceRefused::NotActivated)?;
        let status = match self.state {
            State::Active(_) if !self.is_over(now) => LicenceStatus::Alive,
            State::Created | State::Active(_) | State::Expired { .. } => LicenceStatus::Expired,
            State::Released { .. } => LicenceStatus::Released,
        };
        Ok((status, activation))
    }

    /// The bought quantity as one number: of the only quantity attribute, else 1.
    pub fn amount(&self) -> u64 {
        match self.quantities.values().collect::<Vec<_>>()[..] {
            [amount] => *amount,
            _ => 1,
        }
    }
}

/// One line of a usage report: a client that was active, or how many were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Usage {
    Client(String),
    ActiveNum(u32),
}

/// The largest number of nine digits.
pub(crate) const ACTIVE_NUM_MAX: u32 = 999_999_999;

impl Usage {
    /// Exactly one of both has to be there.
    pub fn checked(id: Option<String>, active_num: Option<i64>) -> Result<Self, Invalid> {
        let mut wrong = Invalid::default();
        match (id, active_num) {
            (Some(id), None) => {
                wrong.length(&id, 1, 256, "id");
                wrong.done()?;
                Ok(Self::Client(id.trim().to_owned()))
            }
            (None, Some(number)) => {
                let fitting = u32::try_from(number).ok().filter(|number| *number <= ACTIVE_NUM_MAX);
                fitting.map(Self::ActiveNum).ok_or_else(|| {
                    Invalid::one("active_num", ("must be from 0 to 999999999", "须在 0 到 999999999 之间"))
                })
            }
            (Some(_), Some(_)) | (None, None) => Err(Invalid::one(
                "software_usage_Info",
                ("must hold exactly one of id and active_num", "须在 id 和 active_num 中填写且只填写一个"),
            )),
        }
    }
}

/// The letters of a code: Crockford's base 32, in which no two look alike.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// `PL` and 120 random bits.
pub(crate) fn code(random: u128) -> String {
    let letter = |place: u32| {
        let bits = usize::try_from(random >> (place * 5) & 31).unwrap_or_default();
        char::from(ALPHABET[bits])
    };
    "PL".chars().chain((0..24).map(letter)).collect()
}

/// The last letters, by which people tell codes apart.
pub(crate) fn hint(code: &str) -> String {
    let shown: String = code.chars().skip(code.chars().count().saturating_sub(4)).collect();
    format!("PL…{shown}")
}

/// When an order was placed: its id carries the millisecond.
pub(crate) fn placed_at(order: OrderId) -> Timestamp {
    let millis = i64::try_from(order.uuid().as_u128() >> 80).unwrap_or_default();
    Timestamp::from_micros(millis.saturating_mul(SECOND / 1_000))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn licence(state: State, expires_at: Option<Timestamp>) -> Licence {
        let ordered = at("2026-01-10T08:00:00.5Z");
        Licence {
            id: LicenceId::new(ordered),
            kind: LicenceKind::Sold,
            account: AccountId::new(ordered),
            seller: AccountId::new(ordered),
            instance: Some(InstanceId::new(ordered)),
            order: Some(OrderId::new(ordered)),
            product: Some(ProductId::new(ordered)),
            sku_code: "PRO".to_owned(),
            attributes: BTreeMap::from([("edition".to_owned(), "pro".to_owned())]),
            quantities: BTreeMap::from([("users".to_owned(), 25)]),
            fingerprint: String::new(),
            issued_at: ordered,
            ordered_at: ordered,
            expires_at,
            usable_until: expires_at,
            state,
            version: 1,
        }
    }

    const fn activation() -> Activation {
        let moment = Timestamp::from_micros(1_768_100_000_000_000);
        Activation { at: moment, effective_at: moment }
    }

    fn all_states() -> [State; 6] {
        let at = activation().at;
        [
            State::Created,
            State::Active(activation()),
            State::Expired { at, activation: None },
            State::Expired { at, activation: Some(activation()) },
            State::Released { at, activation: None },
            State::Released { at, activation: Some(activation()) },
        ]
    }

    #[test]
    fn a_later_end_brings_back_what_was_frozen_and_never_what_is_gone() {
        let (end, until) = (at("2026-02-10T00:00:00Z"), at("2026-03-10T00:00:00Z"));
        let now = end.plus_days(3);
        for state in all_states() {
            let moved = licence(state, Some(end)).until((Some(until), Some(until)), now);
            let expected = match state {
                State::Created | State::Expired { activation: None, .. } => Some(LicenceState::Created),
                State::Active(_) | State::Expired { activation: Some(_), .. } => Some(LicenceState::Active),
                State::Released { .. } => None,
            };
            assert_eq!(moved.as_ref().map(|moved| moved.state.name()), expected, "{state:?}");
            assert!(moved.is_none_or(|moved| moved.expires_at == Some(until)));
            // An end that is over already brings nothing back.
            let still = licence(state, Some(until)).until((Some(end), Some(end)), now);
            assert!(still.is_none_or(|still| still.state == state && still.state_name(now) == LicenceState::Expired));
        }
    }

    #[test]
    fn a_code_is_activated_once_and_only_when_it_is_new() {
        use LicenceRefused::{AlreadyActivated, Ended};
        let now = at("2026-01-11T00:00:00Z");
        let expected = [
            None,
            Some(AlreadyActivated),
            Some(Ended(LicenceState::Expired)),
            Some(Ended(LicenceState::Expired)),
            Some(Ended(LicenceState::Released)),
            Some(Ended(LicenceState::Released)),
        ];
        for (state, expected) in all_states().into_iter().zip(expected) {
            assert_eq!(licence(state, None).activate(now, None).err(), expected, "{state:?}");
        }
        let late = licence(State::Created, Some(now)).activate(now, None);
        assert_eq!(
            late.err(),
            Some(Ended(LicenceState::Expired)),
            "the timer may be late, the term is over all the same"
        );
    }

    #[test]
    fn the_effective_time_lies_between_the_order_and_the_end_of_the_term() {
        let (now, end) = (at("2026-01-11T00:00:00Z"), at("2026-02-11T00:00:00Z"));
        let check = |effective: &str, code: Option<&str>| {
            let refused = licence(State::Created, Some(end)).activate(now, Some(at(effective))).err();
            assert_eq!(refused.map(|refused| refused.code()), code, "{effective}");
        };
        // The order was placed half a second into 08:00:00, and the wire carries whole seconds.
        check("2026-01-10T08:00:00Z", None);
        check("2026-01-10T07:59:59Z", Some("licence.effective_too_early"));
        check("2026-02-10T23:59:59Z", None);
        check("2026-02-11T00:00:00Z", Some("licence.effective_too_late"));
    }

    #[test]
    fn software_is_told_what_holds_now() {
        let now = at("2026-03-01T00:00:00Z");
        let told = |state, end| licence(state, end).status(now).map(|(status, _)| status);
        let expected = [
            Err(LicenceRefused::NotActivated),
            Ok(LicenceStatus::Alive),
            Err(LicenceRefused::NotActivated),
            Ok(LicenceStatus::Expired),
            Err(LicenceRefused::NotActivated),
            Ok(LicenceStatus::Released),
        ];
        for (state, expected) in all_states().into_iter().zip(expected) {
            assert_eq!(told(state, None), expected, "{state:?}");
        }
        assert_eq!(told(State::Active(activation()), Some(now)), Ok(LicenceStatus::Expired));
        assert_eq!(told(State::Active(activation()), Some(now.plus_seconds(1))), Ok(LicenceStatus::Alive));
    }

    #[test]
    fn a_code_works_in_the_days_of_grace_and_its_software_is_told_until_when() {
        let (end, until) = (at("2026-03-01T00:00:00Z"), at("2026-03-08T00:00:00Z"));
        let graceful = |state| Licence { usable_until: Some(until), ..licence(state, Some(end)) };
        let active = graceful(State::Active(activation()));
        let status = |now| active.status(now).map(|(status, _)| status);
        assert_eq!(status(end), Ok(LicenceStatus::Alive));
        assert_eq!(status(until), Ok(LicenceStatus::Expired));
        assert_eq!(active.told_end(end.plus_seconds(-1)), Some(end), "it may warn of the end");
        assert_eq!(active.told_end(end), Some(until));
        assert!(graceful(State::Created).activate(end.plus_days(2), None).is_ok(), "it can be used for the first time");
        let back = graceful(State::Expired { at: until, activation: None }).until((Some(end), Some(until)), end);
        assert_eq!(back.map(|back| back.state), Some(State::Created));
    }

    #[test]
    fn freezing_and_releasing_happen_once_and_keep_the_activation() {
        let now = at("2026-03-01T00:00:00Z");
        let frozen = licence(State::Active(activation()), None).freeze(now).unwrap();
        assert_eq!(frozen.state, State::Expired { at: now, activation: Some(activation()) });
        assert!(frozen.clone().freeze(now).is_none());
        let released = frozen.release(now).unwrap();
        assert_eq!(released.state, State::Released { at: now, activation: Some(activation()) });
        assert!(released.clone().release(now).is_none() && released.freeze(now).is_none());
    }

    #[test]
    fn one_quantity_is_the_amount() {
        let mut licence = licence(State::Created, None);
        assert_eq!(licence.amount(), 25);
        licence.quantities.insert("rooms".to_owned(), 3);
        assert_eq!(licence.amount(), 1);
        licence.quantities.clear();
        assert_eq!(licence.amount(), 1);
    }

    #[test]
    fn a_usage_line_holds_exactly_one_kind() {
        let check = |id: Option<&str>, number, fine: bool| {
            assert_eq!(Usage::checked(id.map(str::to_owned), number).is_ok(), fine, "{id:?} {number:?}");
        };
        check(Some("device-1"), None, true);
        check(None, Some(0), true);
        check(None, Some(999_999_999), true);
        check(None, Some(1_000_000_000), false);
        check(None, Some(-1), false);
        check(Some(""), None, false);
        check(Some("a\0b"), None, false);
        check(Some(&"x".repeat(257)), None, false);
        check(Some("device-1"), Some(1), false);
        check(None, None, false);
    }

    #[test]
    fn an_orders_id_tells_when_it_was_placed() {
        let placed = at("2026-01-10T08:00:00.123Z");
        assert_eq!(placed_at(OrderId::new(placed)), placed);
    }

    proptest! {
        #[test]
        fn codes_are_readable_and_differ(one: u128, other: u128) {
            let (a, b) = (code(one), code(other));
            prop_assert!(a.len() == 26 && a.starts_with("PL"));
            prop_assert!(a.bytes().skip(2).all(|letter| ALPHABET.contains(&letter)));
            let mask = (1_u128 << 120) - 1;
            prop_assert_eq!(a == b, one & mask == other & mask);
        }

        #[test]
        fn a_released_code_never_comes_back(steps in proptest::collection::vec(0_u8..3, 1..20)) {
            let mut now = at("2026-01-11T00:00:00Z");
            let mut present = licence(State::Created, None);
            let mut released = false;
            for step in steps {
                now = now.plus_days(1);
                let moved = match step {
                    0 => present.clone().activate(now, None).ok(),
                    1 => present.clone().freeze(now),
                    _ => present.clone().release(now),
                };
                if let Some(moved) = moved {
                    prop_assert!(!released && moved.state.name() > present.state.name());
                    present = moved;
                }
                released = present.state.name() == LicenceState::Released;
                prop_assert!(!(released && present.status(now).is_ok_and(|(status, _)| status == LicenceStatus::Alive)));
            }
        }
    }
}
