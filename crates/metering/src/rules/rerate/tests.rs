use kernel::{
    Currency,
    id::{AccountId, InstanceId, UsageCorrectionId},
};
use pricing::OnDemand;
use proptest::prelude::*;
use serde_json::{Value, json};
use sqlx::types::Uuid;

use super::*;
use crate::rules::{
    correction::{Known, UsageCorrectionState, Worth},
    rating::Use,
};

/// Hours from midnight of 29 March 2026 in Shanghai: a month ends on the way.
fn at(hour: i64) -> Timestamp {
    Timestamp::from_micros(1_774_713_600_000_000).plus_seconds(hour * 3_600)
}

fn terms(meter: &Value, commitment: &Value) -> Terms {
    let mut meter = meter.clone();
    meter["counts"] =
        json!({"code": "calls", "name": {"en": "Calls", "zh": "调用"}, "unit": {"en": "calls", "zh": "次"}});
    let mut other = json!({"price": {"model": "fixed", "unit_price": "0.5"}});
    other["counts"] =
        json!({"code": "disks", "name": {"en": "Disks", "zh": "磁盘"}, "unit": {"en": "disks", "zh": "块"}});
    let mut prices = json!({"cycle": "hour", "meters": [meter, other]});
    if !commitment.is_null() {
        prices["commitment"] = commitment.clone();
    }
    let prices: OnDemand = serde_json::from_value(prices).unwrap();
    Terms { currency: Currency::CNY, zone: "Asia/Shanghai".to_owned(), prices, fee_basis_points: 500, package: None }
}

/// Every way of pricing, with counts that add up over different times.
fn meters() -> Vec<Value> {
    let ranges = json!([{"up_to": "30", "unit_price": "0.0307"}, {"up_to": "200.5", "unit_price": "0.02"}, {"unit_price": "0.001"}]);
    let daily = json!({"quantity": "25.5", "cycle": "day"});
    let monthly = json!({"quantity": "95.5", "cycle": "month"});
    vec![
        json!({"price": {"model": "fixed", "unit_price": "0.0033"}}),
        json!({"price": {"model": "fixed", "unit_price": "0.00000007"}, "allowance": daily}),
        json!({"price": {"model": "tiered", "ranges": ranges}, "accumulation": "day", "allowance": daily}),
        json!({"price": {"model": "tiered", "ranges": ranges}, "accumulation": "month", "allowance": daily}),
        json!({"price": {"model": "tiered", "ranges": ranges}, "accumulation": "day", "allowance": monthly}),
        json!({"price": {"model": "tiered", "ranges": ranges}}),
        json!({"price": {"model": "volume", "ranges": ranges}, "allowance": daily}),
        json!({"price": {"model": "package_size", "size": 7, "price": "0.031"}, "accumulation": "month"}),
        json!({"price": {"model": "stair_step", "stairs": [{"up_to": "50", "price": "1"}, {"price": "3"}]}, "accumulation": "month"}),
        json!({"price": {"model": "percentage", "basis_points": 123}}),
    ]
}

fn commitments() -> Vec<Value> {
    vec![Value::Null, json!({"amount": "3", "cycle": "day"}), json!({"amount": "12.5", "cycle": "month"})]
}

/// Something that was recorded.
#[derive(Clone, Debug)]
struct Fact {
    meter: &'static str,
    at: Timestamp,
    worth: Worth,
    charged_with: Timestamp,
    late: bool,
}

/// One thing that happens: something is recorded, or corrected, or all that is over is charged.
#[derive(Clone, Debug)]
enum Step {
    Record { hour: i64, disks: bool, parts: i64, covered: i64 },
    Correct { which: usize, parts: i64, covered: i64 },
    Charge,
}

struct Model<'t> {
    terms: &'t Terms,
    facts: Vec<Fact>,
    corrections: Vec<Correction>,
    charged_until: Timestamp,
    standing: Standing,
    exact: Decimal,
    posted: i64,
}

fn worth(parts: i64, covered: i64) -> Worth {
    Worth { quantity: parts, covered: covered.min(parts) }
}

impl<'t> Model<'t> {
    fn new(terms: &'t Terms) -> Self {
        let (facts, corrections) = (Vec::new(), Vec::new());
        let (standing, exact, posted) = (Standing::default(), Decimal::ZERO, 0);
        Self { terms, facts, corrections, charged_until: at(0), standing, exact, posted }
    }

    fn record(&mut self, (hour, disks): (i64, bool), worth: Worth) {
        let moment = at(hour);
        let late = moment < self.charged_until;
        let charged_with = if late { self.charged_until } else { moment };
        let meter = if disks { "disks" } else { "calls" };
        self.facts.push(Fact { meter, at: moment, worth, charged_with, late });
    }

    fn correct(&mut self, which: usize, after: Worth) {
        let Some(place) = which.checked_rem(self.facts.len()) else { return };
        let fact = &self.facts[place];
        let record = format!("{place:04}");
        let before = self.corrections.iter().rev().find(|one| one.record == record).map_or(fact.worth, |one| one.after);
        let open = fact.charged_with >= self.charged_until;
        let someone = AccountId::from_uuid(Uuid::from_u128(1));
        self.corrections.push(Correction {
            id: UsageCorrectionId::from_uuid(Uuid::from_u128(1)),
            account: someone,
            seller: someone,
            instance: InstanceId::from_uuid(Uuid::from_u128(1)),
            number: self.corrections.len().to_string(),
            record,
            meter: fact.meter.to_owned(),
            begin: fact.at,
            charged_with: fact.charged_with,
            late: fact.late,
            before,
            after,
            reason: String::new(),
            state: UsageCorrectionState::Counted,
            turn: None,
            asks: None,
            lapses_at: None,
            most: Decimal::ZERO,
            known_in: (!open).then_some(self.charged_until),
            corrected_at: at(0),
            decided_at: None,
        });
    }

    /// Adds all of a meter that a period is charged with, as far as it begins in some time.
    fn add(&self, bill: &mut Bill<'_>, (from, late): (Timestamp, bool), known: &Known, inside: impl Fn(&Fact) -> bool) {
        let mut some: Vec<(usize, &Fact)> = self
            .facts
            .iter()
            .enumerate()
            .filter(|(_, fact)| fact.charged_with == from && fact.late == late && inside(fact))
            .collect();
        some.sort_by_key(|(place, fact)| (if late { "" } else { fact.meter }, fact.at, *place));
        for (place, fact) in some {
            let quantity = count(known.now(&format!("{place:04}"), fact.worth.charged()));
            let one = Use { meter: fact.meter.to_owned(), at: fact.at, quantity, records: 1, late };
            bill.add(&one).unwrap();
        }
    }

    fn known(&self, before: Timestamp) -> Known {
        Known::of(self.corrections.iter().filter(|one| one.known_in.is_none_or(|known| known < before)))
    }

    fn replay(&self, window: &'t Window, before: Timestamp, known: &Known) -> Replay<'t> {
        let mut replay = Replay::of(self.terms, window);
        let mut periods: Vec<Timestamp> =
            falls_due(self.terms, window, (at(0), None), before).into_iter().map(|period| period.from).collect();
        periods.extend(self.facts.iter().filter(|fact| window.has(fact.meter, fact.at)).map(|fact| fact.charged_with));
        periods.retain(|from| *from < before);
        periods.sort_unstable();
        periods.dedup();
        for from in periods {
            let mut bill = replay.open((self.terms.period(from), Stage::Running));
            for late in [false, true] {
                self.add(&mut bill, (from, late), known, |fact| window.has(fact.meter, fact.at));
            }
            replay.close(bill).unwrap();
        }
        replay
    }

    /// As it is done: what is over is charged, one hour after the other.
    fn charge(&mut self, until: i64) {
        while self.charged_until < at(until) {
            let period = self.terms.period(self.charged_until);
            let mut windows: BTreeMap<Window, Vec<&Correction>> = BTreeMap::new();
            for one in self.corrections.iter().filter(|one| one.known_in == Some(period.from)) {
                let meter = self.terms.prices.meter(&one.meter).unwrap();
                windows.entry(Window::of(self.terms, meter, one.begin)).or_default().push(one);
            }
            let (mut standing, mut parts) = (self.standing.clone(), Vec::new());
            for (window, some) in &windows {
                // The model outlives nothing that it prices.
                let window: &'t Window = Box::leak(Box::new(window.clone()));
                let was = self.replay(window, period.from, &self.known(period.from));
                let is = self.replay(window, period.from, &self.known(period.from.plus_micros(1)));
                parts.extend(adjusted(&mut standing, (&was, &is), some).unwrap());
            }
            let mut bill = Bill::open(self.terms, (period, Stage::Running), &standing);
            bill.adjust(parts);
            let own = Known::of(self.corrections.iter().filter(|one| one.known_in.is_none()));
            for late in [false, true] {
                self.add(&mut bill, (period.from, late), &own, |_| true);
            }
            let charged = bill.end().unwrap();
            self.exact = add_exactly(self.exact, charged.exact).unwrap();
            self.posted += charged.amount.minor();
            self.standing = charged.standing;
            self.charged_until = period.until;
        }
    }

    /// Everything that is charged, priced anew from the first hour on with what is known of it by now.
    fn anew(&self) -> Decimal {
        let (mut standing, mut exact, mut from) = (Standing::default(), Decimal::ZERO, at(0));
        let known = self.known(self.charged_until);
        while from < self.charged_until {
            let period = self.terms.period(from);
            let mut bill = Bill::open(self.terms, (period, Stage::Running), &standing);
            for late in [false, true] {
                self.add(&mut bill, (from, late), &known, |_| true);
            }
            let charged = bill.end().unwrap();
            exact = add_exactly(exact, charged.exact).unwrap();
            (standing, from) = (charged.standing, period.until);
        }
        exact
    }
}

fn step() -> impl Strategy<Value = Step> {
    let parts = 0_i64..2_000_000;
    prop_oneof![
        4 => (0_i64..30, prop::bool::weighted(0.2), 1_i64..2_000_000, 0_i64..400_000)
            .prop_map(|(hour, disks, parts, covered)| Step::Record { hour, disks, parts, covered }),
        3 => (0_usize..1_000, parts, 0_i64..400_000).prop_map(|(which, parts, covered)| Step::Correct { which, parts, covered }),
        2 => Just(Step::Charge),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn charges_with_corrections_come_to_what_everything_costs_that_is_priced_anew(
        meter in 0_usize..10,
        commitment in 0_usize..3,
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let terms = terms(&meters()[meter], &commitments()[commitment]);
        let mut model = Model::new(&terms);
        let mut hour = 0;
        for step in &steps {
            match step {
                // What was used lately, or up to a day ago.
                Step::Record { hour: back, disks, parts, covered } => {
                    let covered = if *disks { 0 } else { *covered };
                    model.record(((hour - back).max(0), *disks), worth(*parts, covered));
                }
                Step::Correct { which, parts, covered } => model.correct(*which, worth(*parts, *covered)),
                Step::Charge => {
                    hour += 7;
                    model.charge(hour - 2);
                }
            }
            let (anew, posted) = (model.anew(), Decimal::from(model.posted));
            prop_assert_eq!(model.exact.normalize(), anew.normalize());
            let behind = anew * Decimal::from(100) - posted;
            prop_assert!(behind >= Decimal::ZERO && behind < Decimal::ONE, "{} exact, {} posted", anew, posted);
        }
    }

    #[test]
    fn where_counts_add_up_over_one_cycle_only_what_was_used_in_it_decides(
        in_time in prop::collection::vec((0_i64..24, 1_i64..900_000), 1..12),
        corrected in prop::collection::vec((0_usize..100, 0_i64..900_000, 24_i64..48), 0..12),
    ) {
        let terms = terms(&meters()[2], &Value::Null);
        let mut model = Model::new(&terms);
        for (hour, parts) in &in_time {
            model.record((*hour, false), worth(*parts, 0));
        }
        let mut corrected = corrected.clone();
        corrected.sort_by_key(|(.., hour)| *hour);
        for (which, parts, hour) in corrected {
            model.charge(hour);
            model.correct(which, worth(parts, 0));
        }
        model.charge(60);
        let sum: i64 = (0..model.facts.len())
            .map(|place| model.known(model.charged_until).now(&format!("{place:04}"), model.facts[place].worth.charged()))
            .sum();
        let mut bill = Bill::open(&terms, (terms.period(at(0)), Stage::Running), &Standing::default());
        bill.add(&Use { meter: "calls".to_owned(), at: at(0), quantity: count(sum), records: 1, late: false }).unwrap();
        prop_assert_eq!(model.exact.normalize(), bill.end().unwrap().exact.normalize());
    }
}

#[test]
fn a_correction_says_what_it_changes() {
    let terms = terms(&json!({"price": {"model": "fixed", "unit_price": "0.01"}}), &Value::Null);
    let mut model = Model::new(&terms);
    model.record((1, false), worth(12_000_000, 0));
    model.charge(2);
    model.correct(0, worth(10_000_000, 0));
    let window = Window::of(&terms, &terms.prices.meters[0], at(1));
    let window: &Window = &window;
    let was = model.replay(window, at(2), &model.known(at(2)));
    let is = model.replay(window, at(2), &model.known(at(3)));
    let some: Vec<&Correction> = model.corrections.iter().collect();
    let parts = adjusted(&mut Standing::default(), (&was, &is), &some).unwrap();
    assert_eq!(parts.len(), 1);
    assert_eq!(parts[0].text.en, "Correction of 2026-03-29: 1200 → 1000 calls = -2");
    assert_eq!(parts[0].text.zh, "更正 2026-03-29 的用量：1200 → 1000 次 = -2");
    assert_eq!((parts[0].quantity, parts[0].exact, parts[0].corrections), (Decimal::from(-200), Decimal::from(-2), 1));
}
