//! A charge in the making: one use after the other, and what falls due with them.

use jiff::tz::TimeZone;
use kernel::{Localized, Timestamp, time::Period};
use pricing::{CountingCycle, Meter, PricingRefused, RatedBare, Tally, add_exactly, multiply_exactly, rate, rate_bare};
use rust_decimal::Decimal;

use super::{
    contract::Terms,
    rating::{Charged, KEPT_DAYS, Part, Stage, Standing, Use},
};

/// A period that is being charged, one use after the other.
pub(crate) struct Bill<'t> {
    terms: &'t Terms,
    period: Period,
    stage: Stage,
    cycles: Cycles,
    standing: Standing,
    parts: Vec<Line>,
    /// What was used in each cycle of the commitment.
    committed: Vec<(Period, Decimal)>,
}

/// A line of a bill, and whether it is of records that were priced one by one.
struct Line {
    part: Part,
    is_merged: bool,
}

/// Cycles that moments were looked up in; most lie in the same.
pub(super) struct Cycles {
    zone: TimeZone,
    known: Vec<(CountingCycle, Period)>,
}

impl Cycles {
    pub(super) fn around(&mut self, cycle: CountingCycle, at: Timestamp) -> Period {
        let known = self.known.iter().rev().find(|(of, period)| *of == cycle && period.contains(at));
        if let Some((_, period)) = known {
            return *period;
        }
        let period = cycle.around(at, &self.zone);
        self.known.push((cycle, period));
        period
    }
}

impl<'t> Bill<'t> {
    pub(crate) fn open(terms: &'t Terms, (period, stage): (Period, Stage), before: &Standing) -> Self {
        let mut standing = before.clone();
        let horizon = period.from.plus_days(-KEPT_DAYS);
        standing.counts.retain(|kept| kept.until > horizon);
        let cycles = Cycles { zone: terms.zone(), known: Vec::new() };
        Self { terms, period, stage, cycles, standing, parts: Vec::new(), committed: Vec::new() }
    }

    /// Adds what corrections change of what was charged before; the counts before it are with them.
    pub(crate) fn adjust(&mut self, parts: Vec<Part>) {
        self.parts.extend(parts.into_iter().map(|part| Line { part, is_merged: false }));
    }

    pub(crate) fn add(&mut self, one: &Use) -> Result<(), PricingRefused> {
        let meter = meter_of(self.terms, one)?;
        let before = self.standing.tally(meter, one.at, &mut self.cycles);
        let RatedBare { exact, free, tally } = rate_bare(meter, before, one.quantity)?;
        self.standing.count_on(meter, (one.at, tally), &mut self.cycles);
        self.commit(one.at, exact)?;
        if self.line_of(&meter.counts.code, one.late).is_some() {
            return self.merge(meter, (one, free, exact));
        }
        let text = rate(meter, self.terms.currency, before, one.quantity)?.text;
        let (quantity, records, late) = (one.quantity, one.records, one.late);
        let meter = meter.counts.code.clone();
        let part = Part { meter, quantity, free, exact, records, late, corrections: 0, text };
        self.parts.push(Line { part, is_merged: false });
        Ok(())
    }

    /// Adds many records of the same count, which cost the same wherever they stand.
    pub(crate) fn add_alike(&mut self, one: &Use, times: i64) -> Result<(), PricingRefused> {
        let meter = meter_of(self.terms, one)?;
        if times == 1 {
            return self.add(one);
        }
        let all = |of: Decimal| multiply_exactly(of, Decimal::from(times));
        let RatedBare { exact, free, .. } = rate_bare(meter, Tally::default(), one.quantity)?;
        let (quantity, free, exact) = (all(one.quantity)?, all(free)?, all(exact)?);
        self.commit(one.at, exact)?;
        self.merge(meter, (&Use { quantity, records: times, ..one.clone() }, free, exact))
    }

    /// Counts an amount towards the commitment of the cycle in which it was used, in the order of the cycles.
    fn commit(&mut self, at: Timestamp, amount: Decimal) -> Result<(), PricingRefused> {
        let Some(commitment) = &self.terms.prices.commitment else { return Ok(()) };
        let cycle = self.cycles.around(commitment.cycle, at);
        match self.committed.iter_mut().find(|(other, _)| *other == cycle) {
            Some((_, sum)) => *sum = add_exactly(*sum, amount)?,
            None => self.committed.push((cycle, amount)),
        }
        Ok(())
    }

    fn line_of(&mut self, meter: &str, late: bool) -> Option<&mut Line> {
        let same = |line: &&mut Line| line.part.meter == meter && line.part.late == late && !line.is_adjusted();
        self.parts.iter_mut().find(same)
    }

    /// Records that are priced one by one become one line of each meter.
    fn merge(&mut self, meter: &Meter, (used, free, exact): (&Use, Decimal, Decimal)) -> Result<(), PricingRefused> {
        let (quantity, records, late) = (used.quantity, used.records, used.late);
        let Some(into) = self.line_of(&meter.counts.code, late) else {
            let text = Localized::default();
            let meter = meter.counts.code.clone();
            let part = Part { meter, quantity, free, exact, records, late, corrections: 0, text };
            self.parts.push(Line { part, is_merged: true });
            return Ok(());
        };
        into.part.quantity = add_exactly(into.part.quantity, quantity)?;
        into.part.free = add_exactly(into.part.free, free)?;
        into.part.exact = add_exactly(into.part.exact, exact)?;
        into.part.records = into.part.records.saturating_add(records);
        into.is_merged = true;
        Ok(())
    }

    /// Everything that was used is added: what it comes to, with what falls due.
    pub(crate) fn end(self) -> Result<Charged, PricingRefused> {
        let Self { terms, period, stage, mut standing, parts, committed, .. } = self;
        let mut parts: Vec<Part> = parts.into_iter().map(|line| line.told(terms)).collect();
        for (cycle, amount) in committed {
            parts.extend(standing.count_committed(terms, cycle, amount)?);
        }
        parts.extend(standing.missing(terms, (period, stage))?);
        let mut exact = Decimal::ZERO;
        for part in &parts {
            exact = add_exactly(exact, part.exact)?;
        }
        let (amount, carry) = standing.carry.post(exact, terms.currency)?;
        standing.carry = carry;
        Ok(Charged { parts, exact, amount, standing })
    }
}

impl Line {
    fn is_adjusted(&self) -> bool {
        self.part.late && self.part.records == 0
    }

    /// The line with its words.
    fn told(self, terms: &Terms) -> Part {
        let Self { part, is_merged } = self;
        if !is_merged {
            return part;
        }
        let unit = terms.prices.meter(&part.meter).map(|meter| meter.counts.unit.clone()).unwrap_or_default();
        let (quantity, free, exact) = (part.quantity.normalize(), part.free.normalize(), part.exact.normalize());
        let records = part.records;
        let text = Localized::new(
            format!("{quantity} {} in {records} records, each priced by itself = {exact}", unit.en),
            format!("{records} 条话单共 {quantity} {}，逐条计价 = {exact}", unit.zh),
        );
        Part { quantity, free, exact, text, ..part }
    }
}

fn meter_of<'t>(terms: &'t Terms, one: &Use) -> Result<&'t Meter, PricingRefused> {
    terms.prices.meter(&one.meter).ok_or_else(|| PricingRefused::UnknownQuantity(one.meter.clone()))
}
