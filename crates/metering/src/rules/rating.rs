//! What one hour or day of use costs, and what remains of it for the next.
//!
//! Where the price of many records is that of their sum they are priced at once, else one after the other, in the order of their
//! time. A late record counts in the cycle in which it was used, behind all that was counted there before; what was charged there as
//! missing to a commitment pays it first.

use kernel::{Localized, Money, Timestamp, time::Period};
use pricing::{Carry, CountingCycle, Meter, PricingRefused, Tally, UsagePrice, add_exactly, shortfall};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{bill::Cycles, contract::Terms, rerate::Window};

/// What was used of a meter at a moment: one record, or the sum of those of a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    pub meter: String,
    pub at: Timestamp,
    pub quantity: Decimal,
    pub records: i64,
    pub late: bool,
}

/// One line of a charge, with how it was computed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UsageChargePart)]
pub struct Part {
    /// The code of the meter; empty: what is missing to what was committed to, or, below zero, what was charged as missing and
    /// pays what came late.
    pub meter: String,
    #[serde(with = "rust_decimal::serde::str")]
    #[schema(value_type = String, example = "1200")]
    pub quantity: Decimal,
    /// What of it was free.
    #[serde(with = "rust_decimal::serde::str")]
    #[schema(value_type = String, example = "1000")]
    pub free: Decimal,
    /// In major units of the currency, without a fraction lost.
    #[serde(with = "rust_decimal::serde::str")]
    #[schema(value_type = String, example = "0.4002")]
    pub exact: Decimal,
    pub records: i64,
    /// Used earlier, and recorded or corrected when that was charged already.
    pub late: bool,
    /// How many corrections it is of, which changed what was charged before: then the counts are what they add, below zero what they
    /// take away.
    #[serde(default, skip_serializing_if = "is_none")]
    pub corrections: i64,
    pub text: Localized,
}

impl Part {
    /// Whether two lines differ in nothing but their words.
    pub(crate) fn counts_the_same(&self, other: &Self) -> bool {
        let figures = |part: &Self| (part.quantity, part.free, part.exact, part.records, part.late, part.corrections);
        self.meter == other.meter && figures(self) == figures(other)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_none(count: &i64) -> bool {
    *count == 0
}

/// What is counted in one cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Of {
    /// For the ranges of a price.
    Priced,
    /// Of an allowance.
    Free,
    /// Towards a commitment, in money.
    Charged,
    /// Charged as missing to a commitment, in money, and not used since.
    Missing,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    of: Of,
    meter: String,
    from: Timestamp,
    pub(super) until: Timestamp,
    #[serde(with = "rust_decimal::serde::str")]
    count: Decimal,
}

/// What has to be known of all that was charged before to charge the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    pub(super) counts: Vec<Kept>,
    pub carry: Carry,
}

/// What has been over for so long is forgotten: no record is so late.
pub(crate) const KEPT_DAYS: i64 = 62;

impl Standing {
    fn count(&self, of: Of, meter: &str, cycle: Period) -> Decimal {
        let found = self.counts.iter().find(|kept| kept.of == of && kept.meter == meter && kept.from == cycle.from);
        found.map_or(Decimal::ZERO, |kept| kept.count)
    }

    fn keep(&mut self, of: Of, meter: &str, cycle: Period, count: Decimal) {
        let found = self.counts.iter_mut().find(|kept| kept.of == of && kept.meter == meter && kept.from == cycle.from);
        match found {
            Some(kept) => kept.count = count,
            None if count.is_zero() => {}
            None => {
                let Period { from, until } = cycle;
                self.counts.push(Kept { of, meter: meter.to_owned(), from, until, count });
            }
        }
    }

    /// What is counted in a window becomes what it is of another one.
    pub(super) fn take_over(&mut self, of: &Self, window: &Window) {
        let inside = |kept: &Kept| window.has(&kept.meter, kept.from);
        self.counts.retain(|kept| !inside(kept));
        self.counts.extend(of.counts.iter().filter(|kept| inside(kept)).cloned());
    }

    /// What of a meter's allowance is used in the cycle around a moment.
    pub fn free_used(&self, meter: &Meter, terms: &Terms, at: Timestamp) -> Decimal {
        let cycle = meter.allowance.map(|allowance| allowance.cycle.around(at, &terms.zone()));
        cycle.map_or(Decimal::ZERO, |cycle| self.count(Of::Free, &meter.counts.code, cycle))
    }

    /// What a meter has counted for its ranges in the cycle around a moment.
    pub fn counted(&self, meter: &Meter, terms: &Terms, at: Timestamp) -> Decimal {
        let cycle = meter.accumulation.map(|cycle| cycle.around(at, &terms.zone()));
        cycle.map_or(Decimal::ZERO, |cycle| self.count(Of::Priced, &meter.counts.code, cycle))
    }
}

/// Whether the price of many records in one cycle is the price of their sum.
pub(crate) fn is_additive(meter: &Meter) -> bool {
    match &meter.price {
        UsagePrice::Fixed { .. } | UsagePrice::Percentage { .. } => true,
        UsagePrice::Tiered { .. } | UsagePrice::StairStep { .. } | UsagePrice::PackageSize { .. } => {
            meter.accumulation.is_some()
        }
        UsagePrice::Volume { .. } => false,
    }
}

/// Whether each record of a meter costs what it costs, whatever was counted before it.
pub(crate) fn is_alone(meter: &Meter) -> bool {
    meter.accumulation.is_none() && meter.allowance.is_none()
}

/// What a period costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charged {
    pub parts: Vec<Part>,
    pub exact: Decimal,
    /// What is posted: the whole minor units, with the fractions of those before.
    pub amount: Money,
    pub standing: Standing,
}

/// Where a period stands in the life of a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Running,
    /// The contract ends in it: what was committed to falls due.
    Ending,
    /// It had ended before, or the period is only looked at: nothing falls due but what was used.
    Over,
}

impl Standing {
    /// What a meter has counted in the cycles around a moment.
    pub(super) fn tally(&self, meter: &Meter, at: Timestamp, cycles: &mut Cycles) -> Tally {
        let mut count = |of, cycle: Option<CountingCycle>| {
            cycle.map_or(Decimal::ZERO, |cycle| self.count(of, &meter.counts.code, cycles.around(cycle, at)))
        };
        let allows = meter.allowance.map(|allowance| allowance.cycle);
        Tally { priced: count(Of::Priced, meter.accumulation), free: count(Of::Free, allows) }
    }

    pub(super) fn count_on(&mut self, meter: &Meter, (at, tally): (Timestamp, Tally), cycles: &mut Cycles) {
        let code = &meter.counts.code;
        if let Some(cycle) = meter.accumulation {
            self.keep(Of::Priced, code, cycles.around(cycle, at), tally.priced);
        }
        if let Some(allowance) = meter.allowance {
            self.keep(Of::Free, code, cycles.around(allowance.cycle, at), tally.free);
        }
    }

    /// Counts what was used in a cycle towards its commitment. What was charged there as missing already pays of it what it can.
    pub(super) fn count_committed(
        &mut self,
        terms: &Terms,
        cycle: Period,
        amount: Decimal,
    ) -> Result<Option<Part>, PricingRefused> {
        let charged = add_exactly(self.count(Of::Charged, "", cycle), amount)?;
        self.keep(Of::Charged, "", cycle, charged);
        let missing = self.count(Of::Missing, "", cycle);
        let paid = missing.min(amount);
        if paid.is_zero() {
            return Ok(None);
        }
        self.keep(Of::Missing, "", cycle, add_exactly(missing, -paid)?);
        let day = cycle.from.format("%Y-%m-%d", &terms.zone());
        let text = Localized::new(
            format!("charged already as missing to what was committed to from {day} on = -{paid}"),
            format!("已作为 {day} 起承诺周期的差额收取，抵扣 = -{paid}"),
        );
        let (meter, quantity, free) = (String::new(), Decimal::ZERO, Decimal::ZERO);
        Ok(Some(Part { meter, quantity, free, exact: -paid, records: 0, late: true, corrections: 0, text }))
    }

    /// What is missing to the commitment at the end of its cycle.
    pub(super) fn missing(
        &mut self,
        terms: &Terms,
        (period, stage): (Period, Stage),
    ) -> Result<Option<Part>, PricingRefused> {
        let Some(commitment) = &terms.prices.commitment else { return Ok(None) };
        let cycle = commitment.cycle.around(period.from, &terms.zone());
        let falls_due = match stage {
            Stage::Running => period.until >= cycle.until,
            Stage::Ending => true,
            Stage::Over => false,
        };
        if !falls_due {
            return Ok(None);
        }
        let before = self.count(Of::Missing, "", cycle);
        let charged = add_exactly(self.count(Of::Charged, "", cycle), before)?;
        let Some((exact, text)) = shortfall(commitment, charged, terms.currency)? else { return Ok(None) };
        self.keep(Of::Missing, "", cycle, add_exactly(before, exact)?);
        let (meter, quantity, free) = (String::new(), Decimal::ZERO, Decimal::ZERO);
        Ok(Some(Part { meter, quantity, free, exact, records: 0, late: false, corrections: 0, text }))
    }
}

#[cfg(test)]
mod tests {
    use kernel::Currency;
    use pricing::{BillingCycle, OnDemand};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::rules::bill::Bill;

    fn charge(
        terms: &Terms,
        period: (Period, Stage),
        uses: &[Use],
        before: &Standing,
    ) -> Result<Charged, PricingRefused> {
        let mut bill = Bill::open(terms, period, before);
        for one in uses {
            bill.add(one)?;
        }
        bill.end()
    }

    fn terms(meter: &serde_json::Value) -> Terms {
        let mut meter = meter.clone();
        meter["counts"] =
            json!({"code": "calls", "name": {"en": "Calls", "zh": "调用"}, "unit": {"en": "calls", "zh": "次"}});
        let prices: OnDemand = serde_json::from_value(json!({"cycle": "hour", "meters": [meter]})).unwrap();
        assert_eq!(prices.cycle, BillingCycle::Hour);
        Terms {
            currency: Currency::CNY,
            zone: "Asia/Shanghai".to_owned(),
            prices,
            fee_basis_points: 500,
            package: None,
        }
    }

    /// Every way of pricing, those that add up and those that do not.
    fn meters() -> Vec<serde_json::Value> {
        let ranges = json!([{"up_to": "30", "unit_price": "0.0307"}, {"up_to": "200.5", "unit_price": "0.02"}, {"unit_price": "0.001"}]);
        let allowance = json!({"quantity": "25.5", "cycle": "day"});
        vec![
            json!({"price": {"model": "fixed", "unit_price": "0.0033"}}),
            json!({"price": {"model": "fixed", "unit_price": "0.00000007"}, "allowance": allowance}),
            json!({"price": {"model": "tiered", "ranges": ranges}, "accumulation": "day", "allowance": allowance}),
            json!({"price": {"model": "tiered", "ranges": ranges}}),
            json!({"price": {"model": "volume", "ranges": ranges}, "accumulation": "month"}),
            json!({"price": {"model": "package_size", "size": 7, "price": "0.031"}, "accumulation": "day"}),
            json!({"price": {"model": "percentage", "basis_points": 123}}),
        ]
    }

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_micros(1_772_380_800_000_000).plus_seconds(hour * 3_600)
    }

    fn one(hour: i64, parts: i64, late: bool) -> Use {
        let quantity = Decimal::new(parts, 4).normalize();
        Use { meter: "calls".to_owned(), at: at(hour), quantity, records: 1, late }
    }

    /// Charges one hour after the other; gives all exact amounts and all that is posted, in minor units.
    fn run(terms: &Terms, hours: &[Vec<Use>]) -> (Decimal, i64, Standing) {
        let (mut standing, mut exact, mut posted) = (Standing::default(), Decimal::ZERO, 0);
        for (hour, uses) in (0..).zip(hours) {
            let charged = charge(terms, (terms.period(at(hour)), Stage::Running), uses, &standing).unwrap();
            exact = add_exactly(exact, charged.exact).unwrap();
            posted += charged.amount.minor();
            let behind = exact * Decimal::from(100) - Decimal::from(posted);
            assert!(behind >= Decimal::ZERO && behind < Decimal::ONE, "{exact} was charged, {posted} posted");
            standing = charged.standing;
        }
        (exact, posted, standing)
    }

    proptest! {
        #[test]
        fn what_is_posted_is_never_more_than_the_exact_sum_and_less_by_less_than_one_minor_unit(
            meter in 0_usize..7,
            hours in prop::collection::vec(prop::collection::vec(1_i64..2_000_000, 0..6), 1..40),
        ) {
            let terms = terms(&meters()[meter]);
            let uses: Vec<Vec<Use>> =
                (0..).zip(&hours).map(|(hour, parts)| parts.iter().map(|parts| one(hour, *parts, false)).collect()).collect();
            let (exact, posted, standing) = run(&terms, &uses);
            // What is carried is what is missing.
            prop_assert_eq!(exact, Decimal::new(posted, 2) + standing.carry.exact());
            // The standing survives the database.
            let text = serde_json::to_string(&standing).unwrap();
            prop_assert_eq!(serde_json::from_str::<Standing>(&text).unwrap(), standing);
        }

        #[test]
        fn where_records_add_up_their_sum_costs_the_same(
            meter in 0_usize..7,
            parts in prop::collection::vec(1_i64..500_000, 1..30),
        ) {
            let terms = terms(&meters()[meter]);
            prop_assume!(is_additive(&terms.prices.meters[0]));
            let each: Vec<Use> = parts.iter().map(|parts| one(0, *parts, false)).collect();
            let sum = Use { records: i64::try_from(parts.len()).unwrap(), ..one(0, parts.iter().sum(), false) };
            // Which count was begun first says nothing.
            let sorted = |(exact, posted, mut standing): (Decimal, i64, Standing)| {
                standing.counts.sort_by_key(|kept| (format!("{:?}", kept.of), kept.from));
                (exact, posted, standing)
            };
            let (apart, together) = (run(&terms, &[each]), run(&terms, &[vec![sum]]));
            prop_assert_eq!(sorted(apart), sorted(together));
        }

        #[test]
        fn records_of_the_same_count_cost_the_same_together(meter in 0_usize..7, parts in prop::collection::vec(1_i64..9, 1..40)) {
            let terms = terms(&meters()[meter]);
            prop_assume!(is_alone(&terms.prices.meters[0]));
            let each: Vec<Use> = parts.iter().map(|parts| one(0, parts * 123_456, false)).collect();
            let apart = charge(&terms, (terms.period(at(0)), Stage::Running), &each, &Standing::default()).unwrap();
            let mut bill = Bill::open(&terms, (terms.period(at(0)), Stage::Running), &Standing::default());
            for count in 1..9 {
                let times = parts.iter().filter(|parts| **parts == count).count();
                if times > 0 {
                    bill.add_alike(&one(0, count * 123_456, false), i64::try_from(times).unwrap()).unwrap();
                }
            }
            prop_assert_eq!(bill.end().unwrap(), apart);
        }

        #[test]
        fn a_late_record_costs_what_it_would_have_cost_as_the_last_of_its_day(parts in 1_i64..3_000_000, before in 1_i64..3_000_000) {
            let terms = terms(&meters()[2]);
            let in_time = run(&terms, &[vec![one(0, before, false), one(0, parts, false)]]);
            // Recorded two days later.
            let mut hours = vec![Vec::new(); 50];
            hours[0] = vec![one(0, before, false)];
            hours[49] = vec![one(0, parts, true)];
            let late = run(&terms, &hours);
            prop_assert_eq!((in_time.0, in_time.1), (late.0, late.1));
        }

        #[test]
        fn each_day_costs_what_was_used_in_it_or_what_was_committed_to(
            in_time in prop::collection::vec((0_i64..96, 1_i64..200_000), 0..20),
            late in prop::collection::vec((0_i64..96, 1_i64..72, 1_i64..200_000), 0..20),
        ) {
            let (mut hours, mut days) = (vec![Vec::new(); 168], [0_i64; 7]);
            // The hours of the test begin with a day of the zone.
            for (hour, parts) in &in_time {
                hours[usize::try_from(*hour).unwrap()].push(one(*hour, *parts, false));
                days[usize::try_from(hour / 24).unwrap()] += parts;
            }
            for (hour, delay, parts) in &late {
                hours[usize::try_from(hour + delay).unwrap()].push(one(*hour, *parts, true));
                days[usize::try_from(hour / 24).unwrap()] += parts;
            }
            let (exact, ..) = run(&committed(), &hours);
            let wanted: i64 = days.iter().map(|parts| (*parts).max(10 * CALL)).sum();
            prop_assert_eq!(exact, Decimal::new(wanted, 4).normalize());
        }
    }

    #[test]
    fn a_commitment_falls_due_once_at_the_end_of_its_cycle() {
        let mut terms = terms(&meters()[0]);
        terms.prices.commitment = serde_json::from_value(json!({"amount": "10", "cycle": "day"})).unwrap();
        let mut hours: Vec<Vec<Use>> = vec![Vec::new(); 48];
        hours[3] = vec![one(3, 10_000_000, false)];
        // 3.30 is used of the 10.00 of the first day, nothing of the second.
        let (exact, posted, _) = run(&terms, &hours);
        assert_eq!((exact, posted), (Decimal::from(20), 2_000));
    }

    /// One call costs one; ten are committed to for each day.
    fn committed() -> Terms {
        let mut terms = terms(&json!({"price": {"model": "fixed", "unit_price": "1"}}));
        terms.prices.commitment = serde_json::from_value(json!({"amount": "10", "cycle": "day"})).unwrap();
        terms
    }

    const CALL: i64 = 10_000;

    #[test]
    fn what_comes_late_counts_towards_the_commitment_of_its_own_day() {
        let sum = |first: i64, late: i64, second: i64| {
            let mut hours: Vec<Vec<Use>> = vec![Vec::new(); 48];
            hours[3] = vec![one(3, first * CALL, false)];
            hours[30] = vec![one(30, second * CALL, false), one(4, late * CALL, true)];
            run(&committed(), &hours).0
        };
        assert_eq!(sum(3, 2, 10), Decimal::from(20), "what was missing pays it");
        assert_eq!(sum(3, 9, 10), Decimal::from(22), "and no more than was missing");
        assert_eq!(sum(12, 5, 3), Decimal::from(27), "it does not count for the second day");
    }

    #[test]
    fn what_comes_after_the_end_is_paid_by_what_was_missing_then() {
        let terms = committed();
        let ended = (terms.period(at(3)), Stage::Ending);
        let first = charge(&terms, ended, &[one(3, 2 * CALL, false)], &Standing::default()).unwrap();
        assert_eq!(first.exact, Decimal::from(10));
        let over = (terms.period(at(5)), Stage::Over);
        let late = charge(&terms, over, &[one(2, 5 * CALL, true)], &first.standing).unwrap();
        assert_eq!((late.exact, late.amount.minor(), late.parts.len()), (Decimal::ZERO, 0, 2));
        let later = charge(&terms, over, &[one(2, 5 * CALL, true)], &late.standing).unwrap();
        assert_eq!(later.exact, Decimal::from(2), "12 were used in all");
    }
}
