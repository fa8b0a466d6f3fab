//! Corrections of records (更正): what a record counts since, whether its buyer has to agree first, and what that changes.

use std::collections::BTreeMap;

use kernel::{
    Invalid, Localized, Timestamp, choices,
    id::{AccountId, InstanceId, UsageCorrectionId},
    time::DAY,
};
use policy::Metering as Rules;
use pricing::{Meter, Package, Tally, UsagePrice, rate_bare};
use rust_decimal::{Decimal, RoundingStrategy};

use super::{
    contract::Contract,
    record::{COST_MAX, NUMBER_MAX, PARTS, Recorded, cost_at_most, count, is_legible, scaled_or_nothing},
    refused::MeteringRefused,
};

/// The longest reason.
pub(crate) const REASON_MAX: usize = 500;
/// So often its seller can want that one record counts more, and so often it can count less.
const MORE_MAX: usize = 50;
const LESS_MAX: usize = 200;
/// What something costs at most is kept to so many decimals.
const MOST_SCALE: u32 = 8;
/// Why a record counts what it counted, and packages cover more of it.
pub(crate) const COVERED_INSTEAD: &str = "Covered by what a package got back / 由套餐包退回的额度抵扣";
/// Within so many days corrections that cost more without consent add up.
const ADDING_DAYS: i64 = 30;

choices! {
    /// Where a correction stands.
    pub(crate) enum UsageCorrectionState {
        /// Its buyer has to agree to it.
        Waiting = "waiting",
        /// It counts.
        Counted = "counted",
        Declined = "declined",
        /// Another correction of the same record came before its buyer had decided.
        Overtaken = "overtaken",
        /// Nobody has decided in time.
        Lapsed = "lapsed",
    }
}

choices! {
    /// Why the buyer has to agree to a correction.
    pub(crate) enum ConsentReason {
        /// A new record of that time would be refused as too old.
        Late = "late",
        /// The instance has ended.
        Ended = "ended",
        /// It is much more than the record counted at first.
        Share = "share",
        /// All that was added lately comes to a lot.
        Amount = "amount",
    }
}

impl ConsentReason {
    pub(crate) fn text(self) -> Localized {
        let (en, zh) = match self {
            Self::Late => ("it is of a time for which nothing new can be reported", "该时段已超出可上报期限"),
            Self::Ended => ("what it is about has ended", "该资源已结束"),
            Self::Share => ("it is much more than was reported at first", "上调幅度超过规定比例"),
            Self::Amount => ("what was added lately comes to a lot", "近期累计上调金额较大"),
        };
        Localized::new(en, zh)
    }
}

/// What a record counts, and what packages cover of that, in ten-thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Worth {
    pub(crate) quantity: i64,
    pub(crate) covered: i64,
}

impl Worth {
    /// What is charged.
    pub(crate) fn charged(self) -> i64 {
        self.quantity - self.covered
    }
}

/// A correction, which refers to the record that it corrects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Correction {
    pub(crate) id: UsageCorrectionId,
    pub(crate) account: AccountId,
    pub(crate) seller: AccountId,
    pub(crate) instance: InstanceId,
    pub(crate) number: String,
    pub(crate) record: String,
    pub(crate) meter: String,
    pub(crate) begin: Timestamp,
    /// The hour or day with which its record is charged, and whether that came too late for its own.
    pub(crate) charged_with: Timestamp,
    pub(crate) late: bool,
    pub(crate) before: Worth,
    pub(crate) after: Worth,
    pub(crate) reason: String,
    pub(crate) state: UsageCorrectionState,
    /// Its place among those of its instance that count.
    pub(crate) turn: Option<i64>,
    pub(crate) asks: Option<ConsentReason>,
    pub(crate) lapses_at: Option<Timestamp>,
    /// So much more is charged with it at most, in major units.
    pub(crate) most: Decimal,
    /// Its record was charged already: the hour or day with which the difference is charged.
    pub(crate) known_in: Option<Timestamp>,
    pub(crate) corrected_at: Timestamp,
    pub(crate) decided_at: Option<Timestamp>,
}

impl Correction {
    /// By how much it changes what is charged, in ten-thousandths.
    pub(crate) fn delta(&self) -> i64 {
        self.after.charged() - self.before.charged()
    }

    /// Whether what it says of a record is what the record says.
    pub(crate) fn is_of(&self, contract: &Contract, record: &Recorded) -> bool {
        let charged_with = record.charged_with(&contract.terms);
        (self.account, self.seller, &self.meter, self.begin)
            == (contract.account, contract.seller, &record.meter, record.begin)
            && (self.charged_with, self.late) == (charged_with, record.late_in.is_some())
    }

    /// Whether it changes what a record counts, and not only what packages cover of it.
    fn is_wanted(&self) -> bool {
        self.before.quantity != self.after.quantity
    }

    /// How it stands for who looks at it at a moment.
    pub(crate) fn state_at(&self, now: Timestamp) -> UsageCorrectionState {
        match self.state {
            UsageCorrectionState::Waiting if self.lapses_at.is_some_and(|lapses| lapses <= now) => {
                UsageCorrectionState::Lapsed
            }
            state @ (UsageCorrectionState::Waiting
            | UsageCorrectionState::Counted
            | UsageCorrectionState::Declined
            | UsageCorrectionState::Overtaken
            | UsageCorrectionState::Lapsed) => state,
        }
    }
}

/// What a seller wants a record to count.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// What the correction is called; none: nobody asks for it by a name of the seller's.
    pub(crate) number: Option<String>,
    /// The record, or the correction of it that is the present one.
    pub(crate) corrects: String,
    /// The meter that it says it is of, and what may name one; nothing: neither is said.
    pub(crate) meter: String,
    pub(crate) kind: String,
    pub(crate) quantity: String,
    pub(crate) reason: String,
}

impl Wanted {
    /// Whether what it says of its meter is true of a record.
    fn is_of(&self, contract: &Contract, record: &Recorded) -> bool {
        match self.meter.trim() {
            "" => record.meter == self.kind || contract.terms.prices.meter(&self.kind).is_none(),
            meter => record.meter == meter,
        }
    }

    /// What it should count, in ten-thousandths; nothing at all withdraws a record.
    pub(crate) fn quantity(&self) -> Result<i64, MeteringRefused> {
        scaled_or_nothing(&self.quantity).map_err(|_| MeteringRefused::CorrectionQuantity)
    }
}

/// A record with what was made of it so far, the first correction first.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    pub(crate) record: Recorded,
    pub(crate) corrections: Vec<Correction>,
}

impl Chain {
    fn counted(&self) -> impl DoubleEndedIterator<Item = &Correction> {
        self.corrections.iter().filter(|one| one.state == UsageCorrectionState::Counted)
    }

    /// What it counts now.
    pub(crate) fn now(&self) -> Worth {
        self.counted().next_back().map_or(self.record.worth, |last| last.after)
    }

    /// The most that its buyer knows of: what was recorded at first, or agreed to.
    fn known(&self) -> i64 {
        let agreed = self.counted().filter(|one| one.asks.is_some()).map(|one| one.after.quantity);
        agreed.chain([self.record.worth.quantity]).max().unwrap_or_default()
    }

    /// What it is called as it is now: by the last correction that counts, else by the record.
    pub(crate) fn present(&self) -> &str {
        let mut own = self.counted().filter(|one| one.is_wanted());
        own.next_back().map_or(&self.record.number, |last| &last.number)
    }

    /// Whether a name stands for what it is now: the record itself always does, of its corrections only the last one.
    fn is_present(&self, name: &str) -> bool {
        name == self.record.number || name == self.present()
    }

    /// How often it can be corrected, if that was done already. What packages cover does not count; less was counted, so that
    /// what a buyer does not agree to never keeps money back.
    fn is_worn_out(&self, is_more: bool) -> Option<usize> {
        let (times, most) = if is_more {
            (self.corrections.iter().filter(|one| one.is_wanted()).count(), MORE_MAX)
        } else {
            (self.counted().filter(|one| one.is_wanted()).count(), LESS_MAX)
        };
        (times >= most).then_some(most)
    }
}

/// Whether a correction is possible at all, and how much more is charged with it at most. `ahead` is what was paid in advance for each
/// of what a package holds, where it is of one.
pub(crate) fn check(
    contract: &Contract,
    (chain, wanted): (&Chain, &Wanted),
    (quantity, ahead): (i64, Option<Decimal>),
    (rules, now): (&Rules, Timestamp),
) -> Result<Decimal, MeteringRefused> {
    let record = &chain.record;
    if record.begin < now.plus_days(-i64::from(rules.correct_days)) {
        return Err(MeteringRefused::CorrectionTooOld(rules.correct_days));
    }
    if !chain.is_present(wanted.corrects.trim()) {
        return Err(MeteringRefused::CorrectionOutdated);
    }
    if !wanted.is_of(contract, record) {
        return Err(MeteringRefused::CorrectionMeter(record.meter.clone()));
    }
    let present = chain.now();
    if let Some(most) = chain.is_worn_out(quantity > present.quantity) {
        return Err(MeteringRefused::CorrectionTimes(most));
    }
    if quantity == present.quantity {
        return Err(MeteringRefused::CorrectionSame);
    }
    let meter = contract.terms.prices.meter(&record.meter).ok_or(MeteringRefused::CorrectionQuantity)?;
    let bounded = |cost: Option<Decimal>| {
        cost.filter(|most| *most <= Decimal::from(COST_MAX)).ok_or(MeteringRefused::CorrectionQuantity)
    };
    bounded(cost_at_most(meter, count(quantity)))?;
    let charged = bounded(rises_at_most(meter, (present.charged(), charged_of(present, quantity))))?;
    // What is taken of a package was paid as well.
    let added = count((quantity - present.quantity).max(0));
    let taken = ahead.and_then(|each| each.checked_mul(added)).unwrap_or_default();
    Ok(charged.max(taken).round_dp_with_strategy(MOST_SCALE, RoundingStrategy::AwayFromZero).normalize())
}

/// How much of a quantity is charged at most: of less, what is charged goes first; of more, packages may cover some.
fn charged_of(present: Worth, quantity: i64) -> i64 {
    quantity - if quantity < present.quantity { present.covered.min(quantity) } else { present.covered }
}

/// Whether a correction still costs no more than its buyer was told, now that packages may cover other parts of its record.
pub(crate) fn is_still_as_told(contract: &Contract, chain: &Chain, one: &Correction) -> bool {
    let present = chain.now();
    let charged = (present.charged(), charged_of(present, one.after.quantity));
    let meter = contract.terms.prices.meter(&one.meter);
    meter.and_then(|meter| rises_at_most(meter, charged)).is_some_and(|most| most <= one.most)
}

/// How much more a meter costs at most when so much is charged of one record instead of so much; none: more than can be computed. Where
/// a record as a whole costs what the range costs that it reaches, less can cost more.
pub(crate) fn rises_at_most(meter: &Meter, (was, is): (i64, i64)) -> Option<Decimal> {
    if was == is {
        return Some(Decimal::ZERO);
    }
    let added = count((is - was).max(0));
    let ranges = match &meter.price {
        UsagePrice::Volume { ranges } => ranges,
        UsagePrice::PackageSize { size: _, price } if meter.allowance.is_some() && meter.accumulation.is_none() => {
            // What was free for others is not any more, and each part of it may begin a package of its own.
            let others = Decimal::from((is - was).max(0)).checked_mul(*price)?.checked_div(Decimal::from(meter.per))?;
            return if is > was { cost_at_most(meter, added)?.checked_add(others) } else { Some(Decimal::ZERO) };
        }
        UsagePrice::Fixed { .. }
        | UsagePrice::Tiered { .. }
        | UsagePrice::StairStep { .. }
        | UsagePrice::PackageSize { .. }
        | UsagePrice::Percentage { .. } => {
            return if is > was { cost_at_most(meter, added) } else { Some(Decimal::ZERO) };
        }
    };
    let borders = ranges.iter().filter_map(|range| range.up_to);
    if meter.allowance.is_none() {
        let alone = |priced: Decimal| rate_bare(meter, Tally::default(), priced).ok().map(|rated| rated.exact);
        let before = alone(count(was))?;
        let reached = borders.filter(|border| count(was) < *border && *border < count(is));
        let highest = reached.chain([count(is)]).map(alone).collect::<Option<Vec<Decimal>>>()?.into_iter().max()?;
        return highest.checked_sub(before).map(|more| more.max(Decimal::ZERO));
    }
    // What is free moves to or from others, of which one at most is priced before and after: it may pass every border.
    let next = ranges.iter().skip(1).map(|range| range.unit_price);
    let mut most = cost_at_most(meter, added)?;
    for ((range, next), border) in ranges.iter().zip(next).zip(borders) {
        let (from, to) = if is > was { (range.unit_price, next) } else { (next, range.unit_price) };
        let step = to.checked_sub(from)?;
        most = most.checked_add(step.max(Decimal::ZERO).checked_mul(border)?.checked_div(Decimal::from(meter.per))?)?;
    }
    Some(most)
}

/// What was paid in advance for each of what a package holds.
pub(crate) fn ahead(package: &Package) -> Option<Decimal> {
    package.price.base?.checked_div(package.amount)
}

/// Why a buyer has to agree before a record counts something else. Less is counted at once, so that nobody waits for money, unless it
/// costs more. `added` is what earlier corrections of the same instance come to that nobody agreed to.
pub(crate) fn consent(
    contract: &Contract,
    chain: &Chain,
    (quantity, most, added): (i64, Decimal, Decimal),
    (rules, now): (&Rules, Timestamp),
) -> Option<ConsentReason> {
    if quantity <= chain.now().quantity && most <= Decimal::ZERO {
        return None;
    }
    if contract.closed_at.is_some() {
        return Some(ConsentReason::Ended);
    }
    if chain.record.begin < now.plus_days(-i64::from(rules.late_days)) {
        return Some(ConsentReason::Late);
    }
    let share = i128::from(rules.correct_up_percent) + 100;
    if i128::from(quantity) * 100 > i128::from(chain.known()) * share {
        return Some(ConsentReason::Share);
    }
    let allowed = Decimal::from(rules.correct_up_amount);
    let all = most.checked_add(added);
    all.is_none_or(|all| all > allowed).then_some(ConsentReason::Amount)
}

/// Since when corrections without consent add up.
pub(crate) fn adding_since(now: Timestamp) -> Timestamp {
    now.plus_micros(-ADDING_DAYS * DAY)
}

/// What corrections of one meter add to a sum of its records, by whole units and the rest of each.
pub(crate) fn pieces(delta: i64) -> (i64, i64) {
    (delta / PARTS, delta % PARTS)
}

/// What was corrected, in words for people: `1200 → 1000 calls`.
pub(crate) fn told(contract: &Contract, meter: &str, (before, after): (i64, i64)) -> Localized {
    let unit = contract.terms.prices.meter(meter).map(|meter| meter.counts.unit.clone()).unwrap_or_default();
    let (before, after) = (count(before), count(after));
    Localized::new(format!("{before} → {after} {}", unit.en), format!("{before} → {after} {}", unit.zh))
}

/// Why a buyer is asked, and what it costs at most, in words for people.
pub(crate) fn asked(contract: &Contract, one: &Correction, why: ConsentReason) -> Localized {
    let (why, most, currency) = (why.text(), one.most.normalize(), contract.terms.currency);
    if most <= Decimal::ZERO {
        return why;
    }
    Localized::new(
        format!("{}; costs at most {most} {currency}", why.en),
        format!("{}；费用最多 {most} {currency}", why.zh),
    )
}

/// What is known of some records by corrections of them, by their numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known(BTreeMap<String, One>);

/// What is charged of a corrected record, in ten-thousandths.
#[derive(Clone, Debug)]
struct One {
    meter: String,
    charged_with: Timestamp,
    late: bool,
    /// As it was recorded, and now.
    was: i64,
    is: i64,
}

impl Known {
    /// Corrections in their order.
    pub(crate) fn of<'c>(some: impl IntoIterator<Item = &'c Correction>) -> Self {
        let mut known = BTreeMap::new();
        for one in some {
            let fresh = || One {
                meter: one.meter.clone(),
                charged_with: one.charged_with,
                late: one.late,
                was: one.before.charged(),
                is: 0,
            };
            known.entry(one.record.clone()).or_insert_with(fresh).is = one.after.charged();
        }
        Self(known)
    }

    /// What is charged of a record that was recorded with so much.
    pub(crate) fn now(&self, number: &str, recorded: i64) -> i64 {
        self.0.get(number).map_or(recorded, |one| one.is)
    }

    fn in_time(&self, period: Timestamp, meter: &str) -> impl Iterator<Item = &One> {
        self.0.values().filter(move |one| one.charged_with == period && one.meter == meter && !one.late)
    }

    /// What they add to all that a meter counted in time in a period.
    pub(crate) fn added(&self, period: Timestamp, meter: &str) -> i64 {
        self.in_time(period, meter).map(|one| one.is - one.was).sum()
    }

    /// Of records that count alike: which count how many of them lose, and which one gains.
    pub(crate) fn moved(&self, period: Timestamp, meter: &str) -> Vec<(i64, i64)> {
        self.in_time(period, meter).flat_map(|one| [(one.was, -1), (one.is, 1)]).collect()
    }
}

/// No record begins so late, in microseconds: the year 2100.
const MOMENTS_END: i64 = 4_102_444_800_000_000;

/// Where a list of records goes on: behind the one that begins at a moment, of those with a number.
pub(crate) fn read_cursor(cursor: Option<&str>) -> Result<Option<(Timestamp, String)>, Invalid> {
    let Some(cursor) = cursor else { return Ok(None) };
    let place = cursor.split_once('.').and_then(|(begin, number)| {
        let begin: i64 = begin.parse().ok()?;
        (is_legible(number, NUMBER_MAX) && (0..MOMENTS_END).contains(&begin))
            .then(|| (Timestamp::from_micros(begin), number.to_owned()))
    });
    let given = ("must be a next_cursor that this list has given", "须为该列表返回过的 next_cursor");
    place.map(Some).ok_or_else(|| Invalid::one("cursor", given))
}

/// Cuts what was fetched to a page, and finds its cursor.
pub(crate) fn page(mut fetched: Vec<Chain>, limit: u32) -> (Vec<Chain>, Option<String>) {
    let more = fetched.len() > limit as usize;
    fetched.truncate(limit as usize);
    let cursor = |last: &Chain| format!("{}.{}", last.record.begin.as_micros(), last.record.number);
    let next = fetched.last().filter(|_| more).map(cursor);
    (fetched, next)
}

#[cfg(test)]
mod tests;
