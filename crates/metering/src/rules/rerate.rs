//! What corrections change of what was charged: the cycle in which a record counts is priced once more as it would have been, and once
//! as it was; the difference is charged.
//!
//! Cycles of days lie within months and those within years, so that what was used in the longest cycle of a meter is priced apart
//! from all else. Where something is committed to, all meters count towards it, and are priced together.

use std::collections::BTreeMap;

use kernel::{Localized, Timestamp, time::Period};
use pricing::{CountingCycle, Meter, PricingRefused, add_exactly};
use rust_decimal::Decimal;

use super::{
    bill::Bill,
    contract::Terms,
    correction::Correction,
    package::told_count,
    rating::{Charged, Part, Stage, Standing},
    record::count,
};

/// What is priced apart from all else: some time, of one meter or of all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Window {
    pub(crate) meter: Option<String>,
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
}

impl Window {
    /// The window in which a use of a meter counts.
    pub(crate) fn of(terms: &Terms, meter: &Meter, at: Timestamp) -> Self {
        let cycles = |meter: &Meter| meter.accumulation.into_iter().chain(meter.allowance.map(|free| free.cycle));
        let committed = terms.prices.commitment.map(|commitment| commitment.cycle);
        let longest = match committed {
            Some(committed) => {
                terms.prices.meters.iter().flat_map(cycles).chain([committed]).max_by_key(|cycle| length(*cycle))
            }
            None => cycles(meter).max_by_key(|cycle| length(*cycle)),
        };
        let Period { from, until } = match longest {
            Some(cycle) => cycle.around(at, &terms.zone()),
            None => terms.period(at),
        };
        let meter = committed.is_none().then(|| meter.counts.code.clone());
        Self { meter, from, until }
    }

    pub(crate) fn has(&self, meter: &str, at: Timestamp) -> bool {
        self.counts(meter) && self.from <= at && at < self.until
    }

    /// Whether a meter is priced in it.
    pub(crate) fn counts(&self, meter: &str) -> bool {
        self.meter.as_deref().is_none_or(|own| own == meter)
    }
}

fn length(cycle: CountingCycle) -> u8 {
    match cycle {
        CountingCycle::Day => 0,
        CountingCycle::Month => 1,
        CountingCycle::Year => 2,
    }
}

/// A window that is priced once more, one hour or day after the other.
pub(crate) struct Replay<'t> {
    terms: &'t Terms,
    window: &'t Window,
    standing: Standing,
    /// What is free and what it costs, by meter; without one: what was missing to a commitment.
    sums: BTreeMap<String, (Decimal, Decimal)>,
}

impl<'t> Replay<'t> {
    pub(crate) fn of(terms: &'t Terms, window: &'t Window) -> Self {
        Self { terms, window, standing: Standing::default(), sums: BTreeMap::new() }
    }

    /// Opens the bill of the next hour or day; one behind the window charges only what came late.
    pub(crate) fn open(&self, (period, stage): (Period, Stage)) -> Bill<'t> {
        let stage = if period.from >= self.window.until { Stage::Over } else { stage };
        Bill::open(self.terms, (period, stage), &self.standing)
    }

    pub(crate) fn close(&mut self, bill: Bill<'t>) -> Result<(), PricingRefused> {
        let Charged { parts, standing, .. } = bill.end()?;
        for part in parts {
            let (free, exact) = self.sums.entry(part.meter).or_default();
            (*free, *exact) = (add_exactly(*free, part.free)?, add_exactly(*exact, part.exact)?);
        }
        self.standing = standing;
        Ok(())
    }

    fn sum(&self, meter: &str) -> (Decimal, Decimal) {
        self.sums.get(meter).copied().unwrap_or_default()
    }
}

/// The hours and days, beside those in which something was used, at which what was committed to falls due in a window, before a moment.
pub(crate) fn falls_due(
    terms: &Terms,
    window: &Window,
    (began, closed): (Timestamp, Option<Timestamp>),
    before: Timestamp,
) -> Vec<Period> {
    let Some(commitment) = &terms.prices.commitment else { return Vec::new() };
    let (mut due, mut at) = (Vec::new(), window.from.max(began));
    while at < window.until.min(before) {
        let cycle = commitment.cycle.around(at, &terms.zone());
        due.push(terms.period(cycle.until.plus_micros(-1)));
        at = cycle.until;
    }
    due.extend(
        closed.filter(|closed| window.from <= *closed && *closed < window.until).map(|closed| terms.period(closed)),
    );
    due.retain(|period| period.from < before);
    due
}

/// What becomes of the counts of all that was charged, and the lines with what the corrections of a window change.
pub(crate) fn adjusted(
    standing: &mut Standing,
    (was, is): (&Replay<'_>, &Replay<'_>),
    corrections: &[&Correction],
) -> Result<Vec<Part>, PricingRefused> {
    let window = is.window;
    standing.take_over(&is.standing, window);
    let mut parts = Vec::new();
    let meters = is.terms.meters();
    for meter in meters.iter().filter(|meter| window.counts(&meter.counts.code)) {
        let code = meter.counts.code.as_str();
        let some: Vec<&Correction> = corrections.iter().copied().filter(|one| one.meter == code).collect();
        let ((free_was, exact_was), (free_is, exact_is)) = (was.sum(code), is.sum(code));
        let (free, exact) = (add_exactly(free_is, -free_was)?, add_exactly(exact_is, -exact_was)?);
        if some.is_empty() && free.is_zero() && exact.is_zero() {
            continue;
        }
        let quantity = count(some.iter().map(|one| one.delta()).sum());
        let text = text(is.terms, meter, (&some, exact));
        let corrections = i64::try_from(some.len()).unwrap_or(i64::MAX);
        let late = true;
        parts.push(Part { meter: code.to_owned(), quantity, free, exact, records: 0, late, corrections, text });
    }
    let exact = add_exactly(is.sum("").1, -was.sum("").1)?;
    if !exact.is_zero() {
        let day = window.from.format("%Y-%m-%d", &is.terms.zone());
        let text = Localized::new(
            format!("what is missing to what was committed to, from {day} on, with the corrections = {exact}"),
            format!("更正后 {day} 起承诺差额的变化 = {exact}"),
        );
        let (meter, quantity, free) = (String::new(), Decimal::ZERO, Decimal::ZERO);
        parts.push(Part { meter, quantity, free, exact, records: 0, late: true, corrections: 0, text });
    }
    Ok(parts)
}

/// What was corrected and what that changes, for people.
fn text(terms: &Terms, meter: &Meter, (some, exact): (&[&Correction], Decimal)) -> Localized {
    let exact = exact.normalize();
    let mut records: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for one in some {
        records.entry(&one.record).or_insert((one.before.quantity, 0)).1 = one.after.quantity;
    }
    let sum = |of: fn(&(i64, i64)) -> i64| records.values().map(of).fold(0_i64, i64::saturating_add);
    let (before, after) = (count(sum(|one| one.0)), count(sum(|one| one.1)));
    let day = |at: Timestamp| at.format("%Y-%m-%d", &terms.zone());
    let days = some.iter().map(|one| one.begin).min().zip(some.iter().map(|one| one.begin).max());
    let unit = &meter.counts.unit;
    let Some((first, last)) = days.map(|(first, last)| (day(first), day(last))) else {
        return Localized::new(
            format!("{} with the corrections of others = {exact}", meter.counts.name.en),
            format!("其他更正引起的「{}」变化 = {exact}", meter.counts.name.zh),
        );
    };
    let (en, zh) = if records.len() == 1 {
        (format!("Correction of {first}"), format!("更正 {first} 的用量"))
    } else if first == last {
        (
            format!("Corrections of {} records of {first}", records.len()),
            format!("更正 {first} 的 {} 条话单", records.len()),
        )
    } else {
        (
            format!("Corrections of {} records from {first} to {last}", records.len()),
            format!("更正 {first} 至 {last} 的 {} 条话单", records.len()),
        )
    };
    let covered: i64 = some.iter().map(|one| one.after.covered - one.before.covered).sum();
    if before == after && covered > 0 {
        let given = told_count(covered, meter);
        return Localized::new(
            format!("Covered by packages after a correction, from {first} to {last}: {} = {exact}", given.en),
            format!("更正后由套餐包抵扣 {first} 至 {last} 的用量：{} = {exact}", given.zh),
        );
    }
    let given = told_count(covered.saturating_abs(), meter);
    let (with, zh_with) = match covered.signum() {
        1 => (format!("; a further {} covered by packages", given.en), format!("；由套餐包另外抵扣 {}", given.zh)),
        -1 => (format!("; {} given back to packages", given.en), format!("；退回套餐包 {}", given.zh)),
        _ => (String::new(), String::new()),
    };
    Localized::new(
        format!("{en}: {before} → {after} {} = {exact}{with}", unit.en),
        format!("{zh}：{before} → {after} {} = {exact}{zh_with}", unit.zh),
    )
}

#[cfg(test)]
mod tests;
