//! Packages of use: what they cover, in which order they are taken from, and what has to be done about one.
//!
//! A use is covered when it is recorded, by the packages of its buyer that count the same meter of the same product and hold at
//! the moment in which it begins. What no package covers is charged at the prices of the instance that it was recorded for.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use kernel::{
    Localized, Money, Timestamp, choices,
    id::{AccountId, InstanceId, OrderId, OrderLineId, ProductId, UserId},
    time::{Period, SECOND},
};
use policy::Packages as Rules;
use pricing::{BillingCycle, Meter, OnDemand, Overage, Package, UsagePrice};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::record::PARTS;

mod told;

pub(super) use told::told_count;
pub(crate) use told::{beside, told};

/// A package that was bought.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub instance: InstanceId,
    pub account: AccountId,
    pub seller: AccountId,
    pub product: ProductId,
    pub line: OrderLineId,
    pub title: Localized,
    pub package: Package,
    /// Its cycles are counted in it for good.
    pub zone: String,
    pub term: Period,
    /// When it ended before its term.
    pub ended_at: Option<Timestamp>,
    /// It was given back with nothing taken of it.
    pub returned: bool,
    /// Since when its seller's system keeps the buyer out.
    pub stopped_at: Option<Timestamp>,
    pub watch: Watch,
    /// The line by which it was bought again.
    pub again: Option<OrderLineId>,
    /// So many days before its end its buyer was told of that.
    pub noticed: Option<u32>,
    pub due_at: Option<Timestamp>,
}

/// How little of a package has to be left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = PackageThreshold, example = json!({"by": "share", "percent": 20}))]
pub(crate) enum Threshold {
    /// So many percent of what it holds.
    Share {
        #[schema(minimum = 1, maximum = 99)]
        percent: u32,
    },
    /// So much.
    Amount {
        #[serde(with = "rust_decimal::serde::str")]
        #[schema(value_type = String, example = "1000")]
        quantity: Decimal,
    },
}

/// What the buyer of a package wants of it while it is used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Watch {
    /// With how much left its buyer is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm: Option<Threshold>,
    /// The filling in which that has happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_in: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Again>,
}

/// A consent to buy the same package again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Again {
    /// With how much left; none: when it is used up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Threshold>,
    /// It is never bought again for more.
    pub price_max: Money,
    pub agreed_at: Timestamp,
    pub agreed_by: UserId,
    /// The filling in which it was tried, how often, when last, and why it did not succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried: Option<Tried>,
    /// When the package was bought automatically itself: the next one is not bought at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bought_at: Option<Timestamp>,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tried {
    pub filling: Timestamp,
    pub times: u32,
    pub at: Timestamp,
    pub trouble: PackageTrouble,
}

choices! {
    /// Why a package was not bought again.
    pub(crate) enum PackageTrouble {
        /// The wallet lacks money.
        Funds = "funds",
        /// It costs more than was agreed to.
        Price = "price",
        /// It is not sold any more, or not to this account.
        NotSold = "not_sold",
        /// Whoever agreed to it may not buy for the account any more.
        NoRight = "no_right",
        /// It was paid, could not be delivered, and was paid back.
        NotDelivered = "not_delivered",
    }
}

choices! {
    /// Where a package stands.
    pub(crate) enum PackageState {
        /// Something is left.
        Open = "open",
        /// Nothing is left until it is full again, or for good.
        UsedUp = "used_up",
        /// It is over.
        Ended = "ended",
        /// It was given back.
        Returned = "returned",
    }
}

impl Held {
    pub(crate) fn meter(&self) -> &str {
        &self.package.counts.code
    }

    fn zone(&self) -> TimeZone {
        TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC)
    }

    /// The first moment at which it covers nothing any more.
    pub(crate) fn ends(&self) -> Timestamp {
        self.ended_at.map_or(self.term.until, |ended| ended.min(self.term.until))
    }

    /// Whether it holds at a moment.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        !self.returned && self.term.from <= now && now < self.ends()
    }

    /// Whether it covers a use that begins at a moment. Sellers count whole seconds: what is reported for itself may begin in the
    /// second in which it began.
    fn covers(&self, at: Timestamp, asked: bool) -> bool {
        let begins = if asked { self.term.from.as_seconds() * SECOND } else { self.term.from.as_micros() };
        !self.returned && at.as_micros() >= begins && at < self.ends()
    }

    /// From one filling to the next, or its whole term, around a moment.
    pub(crate) fn filling(&self, at: Timestamp) -> Period {
        self.package.filling(self.term.from, at.max(self.term.from), &self.zone())
    }

    /// What it holds, in ten-thousandths.
    pub(crate) fn amount(&self) -> i64 {
        parts(self.package.amount)
    }

    /// Whether another one gives the same, whatever it costs and is called.
    pub(crate) fn is_like(&self, other: &Package) -> bool {
        let Package { counts, amount, term, reset, price: _, overage } = other;
        let own = &self.package;
        own.counts.code == counts.code
            && (own.amount, own.term, own.reset, &own.overage) == (*amount, *term, *reset, overage)
    }

    pub(crate) fn stops(&self) -> bool {
        self.package.overage == Overage::Stop
    }

    pub(crate) fn state(&self, left: i64, now: Timestamp) -> PackageState {
        if self.returned {
            PackageState::Returned
        } else if now >= self.ends() {
            PackageState::Ended
        } else if left == 0 {
            PackageState::UsedUp
        } else {
            PackageState::Open
        }
    }
}

/// A count in ten-thousandths, as large as can be kept.
pub(crate) fn parts(quantity: Decimal) -> i64 {
    quantity.checked_mul(Decimal::from(PARTS)).and_then(|parts| parts.trunc().to_i64()).unwrap_or(i64::MAX)
}

/// The prices under which what is reported for a package itself is charged beyond it. Where nothing more can be used, nothing is
/// charged: what begins when it is used up is refused.
pub(crate) fn beyond(package: &Package) -> OnDemand {
    match &package.overage {
        Overage::OnDemand { billing } => billing.clone(),
        Overage::Stop => {
            let meter = Meter {
                counts: package.counts.clone(),
                factor: None,
                class: None,
                per: 1,
                price: UsagePrice::Fixed { unit_price: Decimal::ZERO },
                accumulation: None,
                allowance: None,
            };
            OnDemand { cycle: BillingCycle::Day, meters: vec![meter], commitment: None, set_up: None }
        }
    }
}

/// What was taken of a package in one filling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Filling {
    pub(crate) period: Period,
    pub(crate) amount: i64,
    /// Before, and what is taken now.
    pub(crate) taken: i64,
    pub(crate) now: i64,
}

impl Filling {
    pub(crate) fn left(&self) -> i64 {
        (self.amount - self.taken - self.now).max(0)
    }
}

/// What a package covers of one use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cover {
    pub(crate) package: InstanceId,
    pub(crate) filling: Timestamp,
    pub(crate) quantity: i64,
}

/// The packages of one buyer for one meter of a product, with what is taken of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pool {
    pub(crate) held: Vec<Held>,
    pub(crate) fillings: BTreeMap<(InstanceId, Timestamp), Filling>,
}

impl Pool {
    /// Which of them a use may be taken from, in their order: the one that it was reported for, then the one that ends first, then
    /// the one that was bought first.
    pub(crate) fn in_order(&self, at: Timestamp, asked: Option<InstanceId>) -> Vec<usize> {
        let is_asked = |one: &Held| asked == Some(one.instance);
        let covering = self.held.iter().enumerate().filter(|(_, one)| one.covers(at, is_asked(one)));
        let mut some: Vec<_> =
            covering.map(|(place, one)| (!is_asked(one), one.term.until, one.term.from, one.instance, place)).collect();
        some.sort_unstable();
        some.into_iter().map(|(.., place)| place).collect()
    }

    fn filling_of(&mut self, place: usize, at: Timestamp) -> Option<&mut Filling> {
        let held = self.held.get(place)?;
        let known = self.fillings.range((held.instance, Timestamp::from_micros(i64::MIN))..=(held.instance, at));
        // What begins in the second in which a package began lies before its first filling.
        let from = match known.last().filter(|(_, filling)| filling.period.contains(at)) {
            Some(((_, from), _)) => *from,
            None => held.filling(at).from,
        };
        let fresh = || Filling { period: held.filling(at), amount: held.amount(), taken: 0, now: 0 };
        Some(self.fillings.entry((held.instance, from)).or_insert_with(fresh))
    }

    /// What is left of one at a moment.
    pub(crate) fn left(&mut self, place: usize, at: Timestamp) -> i64 {
        self.filling_of(place, at).map_or(0, |filling| filling.left())
    }

    /// Whether anything is left for a use that begins at a moment.
    pub(crate) fn has_left(&mut self, at: Timestamp, asked: Option<InstanceId>) -> bool {
        self.in_order(at, asked).into_iter().any(|place| self.left(place, at) > 0)
    }

    /// Takes a use from them, as far as they reach.
    pub(crate) fn cover(&mut self, (at, quantity): (Timestamp, i64), asked: Option<InstanceId>) -> Vec<Cover> {
        let (mut open, mut covers) = (quantity, Vec::new());
        for place in self.in_order(at, asked) {
            let Some(package) = self.held.get(place).map(|held| held.instance) else { continue };
            let Some(filling) = self.filling_of(place, at) else { continue };
            let taken = filling.left().min(open);
            if taken > 0 {
                filling.now += taken;
                open -= taken;
                covers.push(Cover { package, filling: filling.period.from, quantity: taken });
            }
        }
        covers
    }

    /// Gives back what was taken for a use, in the opposite order: the last of them first.
    pub(crate) fn give_back(
        &mut self,
        (at, quantity): (Timestamp, i64),
        (asked, mut there): (Option<InstanceId>, Vec<Cover>),
    ) -> Vec<Cover> {
        let order = self.in_order(at, asked);
        let place = |id: InstanceId| {
            order.iter().position(|place| self.held.get(*place).is_some_and(|held| held.instance == id))
        };
        there.sort_by_key(|cover| std::cmp::Reverse(place(cover.package).unwrap_or(usize::MAX)));
        let (mut open, mut covers) = (quantity, Vec::new());
        for Cover { package, filling, quantity } in there {
            let back = quantity.min(open);
            if back > 0 {
                open -= back;
                covers.push(Cover { package, filling, quantity: -back });
                if let Some(known) = self.fillings.get_mut(&(package, filling)) {
                    known.now -= back;
                }
            }
        }
        covers
    }

    /// How one stands now.
    pub(crate) fn look(&mut self, place: usize, now: Timestamp) -> Option<Look> {
        let held = self.held.get(place)?;
        let (instance, filling, amount) = (held.instance, held.filling(now), held.amount());
        let left = self.left(place, now);
        let others = self.in_order(now, None).into_iter();
        let others: Vec<usize> =
            others.filter(|other| self.held.get(*other).is_some_and(|held| held.instance != instance)).collect();
        // One of them is full again, or over.
        let moves = |held: &Held| held.filling(now).until.min(held.ends());
        let moves_at = others.iter().filter_map(|other| self.held.get(*other)).map(moves).min();
        let elsewhere = others.into_iter().any(|other| self.left(other, now) > 0);
        Some(Look { filling, amount, left, elsewhere, moves_at })
    }
}

/// How a package stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) filling: Period,
    pub(crate) amount: i64,
    pub(crate) left: i64,
    /// Whether another package covers the same use.
    pub(crate) elsewhere: bool,
    /// When one of those begins again or ends next.
    pub(crate) moves_at: Option<Timestamp>,
}

/// What has to be done about a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Its buyer is told that little is left.
    Alarm,
    /// It is bought again.
    Buy,
    /// Its seller's system is told to keep the buyer out, and to let the buyer in again.
    Stop,
    Resume,
    /// Its buyer is told that it ends in so many days.
    Notice(u32),
}

impl Threshold {
    /// Whether so little is left.
    pub(crate) fn is_reached(self, look: &Look) -> bool {
        look.left <= self.level(look.amount)
    }

    fn level(self, amount: i64) -> i64 {
        match self {
            Self::Share { percent } => {
                i64::try_from(i128::from(amount) * i128::from(percent) / 100).unwrap_or(i64::MAX)
            }
            Self::Amount { quantity } => parts(quantity),
        }
    }
}

impl Again {
    fn is_reached(&self, look: &Look) -> bool {
        self.at.map_or(look.left == 0, |at| at.is_reached(look))
    }

    /// The tries in the present filling.
    pub(crate) fn tries(&self, filling: Period) -> Option<Tried> {
        self.tried.filter(|tried| tried.filling == filling.from)
    }

    /// When it is tried next; none: never, or not in this filling.
    fn next_try(&self, look: &Look, rules: &Rules, now: Timestamp) -> Option<Timestamp> {
        if self.order.is_some() || !self.is_reached(look) {
            return None;
        }
        let after = |at: Timestamp, hours: u32| at.plus_seconds(i64::from(hours) * 3_600);
        let next = match self.tries(look.filling) {
            Some(tried) if tried.times >= rules.tries => return None,
            Some(tried) => after(tried.at, rules.retry_hours),
            None => now,
        };
        Some(self.bought_at.map_or(next, |bought| next.max(after(bought, rules.again_hours))))
    }
}

impl Held {
    /// The days before its end on which its buyer is told of it, with those days: not before it began.
    fn notices(&self, rules: &Rules, zone: &TimeZone) -> Vec<(Timestamp, u32)> {
        let end = self.term.until;
        let notice = |days: &u32| (end.days_before(*days, rules.notice_hour, zone), *days);
        let untold = |days: u32| self.noticed.is_none_or(|told| days < told);
        rules
            .notice_days
            .iter()
            .map(notice)
            .filter(|(at, days)| *at > self.term.from && *at < end && untold(*days))
            .collect()
    }

    /// What has to be done about it now.
    pub(crate) fn due(&self, look: &Look, (rules, zone): (&Rules, &TimeZone), now: Timestamp) -> Vec<Act> {
        if !self.is_open(now) {
            return Vec::new();
        }
        let Watch { alarm, told_in, again } = &self.watch;
        let mut acts = Vec::new();
        if alarm.is_some_and(|alarm| alarm.is_reached(look)) && *told_in != Some(look.filling.from) {
            acts.push(Act::Alarm);
        }
        let next_try =
            again.as_ref().filter(|_| self.again.is_none()).and_then(|again| again.next_try(look, rules, now));
        if next_try.is_some_and(|at| at <= now) {
            acts.push(Act::Buy);
        }
        let used_up = look.left == 0 && !look.elsewhere;
        match self.stopped_at {
            None if used_up && self.stops() && rules.freeze_used_up => acts.push(Act::Stop),
            Some(_) if !used_up => acts.push(Act::Resume),
            None | Some(_) => {}
        }
        let notice = self.notices(rules, zone).into_iter().filter(|(at, _)| *at <= now).map(|(_, days)| days).min();
        acts.extend(notice.map(Act::Notice));
        acts
    }

    /// When something has to be done about it, if nothing is used of it until then.
    pub(crate) fn next_due(&self, look: &Look, rules: (&Rules, &TimeZone), now: Timestamp) -> Option<Timestamp> {
        if self.due(look, rules, now).is_empty() { self.next_look(look, rules, now) } else { Some(now) }
    }

    /// When it has to be looked after next, if nothing is used of it until then.
    pub(crate) fn next_look(
        &self,
        look: &Look,
        (rules, zone): (&Rules, &TimeZone),
        now: Timestamp,
    ) -> Option<Timestamp> {
        if !self.is_open(now) {
            return None;
        }
        let notices = self.notices(rules, zone).into_iter().map(|(at, _)| at).filter(|at| *at > now);
        let again = self.watch.again.as_ref().filter(|_| self.again.is_none());
        let retry = again.and_then(|again| again.next_try(look, rules, now)).filter(|at| *at > now);
        let full = self.stopped_at.map(|_| look.filling.until);
        // Whether its buyer is kept out depends on the others once nothing of it is left.
        let others = look.moves_at.filter(|at| self.stops() && look.left == 0 && *at > now);
        notices.chain(retry).chain(full).chain(others).filter(|at| *at < self.ends()).min()
    }
}

#[cfg(test)]
mod tests;
