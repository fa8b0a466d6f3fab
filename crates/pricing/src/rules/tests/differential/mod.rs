//! More than a million random prices beside a second implementation that shares nothing with the first: whole numbers instead
//! of decimals, unit by unit instead of range by range, months counted on a calendar of its own. The seeds are fixed, so that a
//! failure comes back.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use kernel::{Currency, Localized, Money, Timestamp, time::Period};

use super::*;

mod books;
mod onward;
mod reductions;
mod using;

/// Prices are whole numbers of this part of a major unit.
const PARTS: i128 = 100_000_000;
const DAY: i64 = 86_400_000_000;

/// `SplitMix64`: small, and the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn small(&mut self, end: u32) -> u32 {
        u32::try_from(self.below(u64::from(end))).unwrap()
    }

    fn happens(&mut self, one_in: u64) -> bool {
        self.below(one_in) == 0
    }

    /// A price in parts: mostly of everyday size, sometimes with all decimals, sometimes nothing.
    fn price(&mut self) -> i128 {
        match self.below(8) {
            0 => 0,
            1 => i128::from(self.below(50_000)),
            2 => i128::from(self.below(10_000_000_000)),
            _ => i128::from(self.below(50_000)) * (PARTS / 100),
        }
    }

    fn currency(&mut self) -> Currency {
        ["CNY", "JPY", "KWD"][usize::try_from(self.below(3)).unwrap()].parse().unwrap()
    }
}

fn decimal(parts: i128) -> Decimal {
    Decimal::from_i128_with_scale(parts, 8)
}

fn tiers_of(starts: &[u64], prices: &[i128]) -> Vec<Tier> {
    let ends = starts.iter().skip(1).map(|next| Some(next - 1)).chain([None]);
    let ranges = starts.iter().zip(ends).zip(prices);
    ranges.map(|((from, to), price)| Tier { from: *from, to, unit_price: decimal(*price) }).collect()
}

/// A number that is bought, with its prices as whole numbers.
#[derive(Clone)]
struct Number {
    code: String,
    starts: Vec<u64>,
    prices: Vec<i128>,
    model: u64,
    count: u64,
}

impl Number {
    fn random(random: &mut Random, index: u64) -> Self {
        let model = random.below(3);
        let mut starts = vec![1];
        while model > 0 && starts.len() < 4 && random.happens(2) {
            starts.push(starts.last().unwrap() + 1 + random.below(8));
        }
        let prices = starts.iter().map(|_| random.price()).collect();
        Self { code: format!("q{index}"), starts, prices, model, count: random.below(25) }
    }

    fn rule(&self) -> QuantityPrice {
        let tiers = tiers_of(&self.starts, &self.prices);
        match self.model {
            0 => QuantityPrice::Linear { unit_price: decimal(self.prices[0]) },
            1 => QuantityPrice::Tiered { tiers },
            _ => QuantityPrice::Volume { tiers },
        }
    }

    fn price_at(&self, unit: u64) -> i128 {
        let mut price = self.prices[0];
        for (start, own) in self.starts.iter().zip(&self.prices) {
            if unit >= *start {
                price = *own;
            }
        }
        price
    }

    fn naive(&self) -> i128 {
        let by_unit = |unit| self.price_at(if self.model == 1 { unit } else { self.count });
        (1..=self.count).map(by_unit).sum()
    }
}

struct Case {
    plan: Plan,
    choice: Choice,
    numbers: Vec<Number>,
    base: Option<i128>,
    set_up: Option<i128>,
    off: i128,
    scale: i128,
}

fn price_of(base: Option<i128>, numbers: &[Number]) -> Price {
    let rules = numbers.iter().map(|number| (number.code.clone(), number.rule())).collect();
    Price { base: base.map(decimal), quantities: rules }
}

/// The longest terms that are drawn; they fit into all kinds of periods.
const PERIODS: u32 = 36;

fn case(random: &mut Random) -> Case {
    let currency = random.currency();
    let numbers: Vec<Number> = (0..random.below(3)).map(|index| Number::random(random, index)).collect();
    let base = (numbers.is_empty() || random.happens(2)).then(|| random.price());
    let price = price_of(base, &numbers);
    let (mut discounts, mut basis_points, mut from) = (vec![], 0, 1);
    while random.happens(2) && from < PERIODS - 8 {
        (from, basis_points) = (from + 1 + random.small(8), basis_points + 1 + random.small(300));
        discounts.push(Discount { periods_min: from, basis_points });
    }
    let periods = 1 + random.small(PERIODS);
    let reached = discounts.iter().filter(|off| periods >= off.periods_min).map(|off| off.basis_points).max();
    let period = PeriodPrice { price: price.clone(), periods_max: PERIODS, discounts };
    let set_up = random.happens(4).then(|| random.price());
    let (billing, choice, off, set_up) = if random.happens(4) {
        (Billing::OneOff { price }, Choice::default(), 0, None)
    } else {
        let (mut day, mut month, mut year) = (None, None, None);
        *[&mut day, &mut month, &mut year][usize::try_from(random.below(3)).unwrap()] = Some(period);
        let billing = Billing::Period { day, month, year, set_up: set_up.map(decimal) };
        (billing, Choice { periods, ..Choice::default() }, i128::from(reached.unwrap_or(0)), set_up)
    };
    let quantities = numbers.iter().map(|number| Quantity { code: number.code.clone(), ..users(0, 30) }).collect();
    let counts = numbers.iter().map(|number| (number.code.clone(), number.count)).collect();
    let choice = Choice { quantities: counts, ..choice };
    let plan = Plan { currency, quantities, billing, books: vec![] };
    Case { plan, choice, numbers, base, set_up, off, scale: i128::from(currency.scale()) }
}

impl Case {
    fn minor(&self, parts: i128) -> i128 {
        divided(parts * self.scale, PARTS)
    }

    /// What each line comes to, without the set-up.
    fn lines(&self) -> Vec<i128> {
        let parts = self.base.into_iter().chain(self.numbers.iter().map(Number::naive));
        let periods = i128::from(self.choice.periods);
        parts.map(|parts| divided(self.minor(parts) * periods * (10_000 - self.off), 10_000)).collect()
    }
}

fn minors(lines: &[QuoteLine]) -> Vec<i128> {
    lines.iter().map(|line| i128::from(line.amount.minor())).collect()
}

#[test]
fn half_a_million_quotes_equal_the_second_implementation() {
    let mut random = Random(1);
    for round in 0..500_000 {
        let case = case(&mut random);
        let quoted = quote(&case.plan, &case.choice).unwrap();
        let mut lines = case.lines();
        lines.extend(case.set_up.map(|set_up| case.minor(set_up)));
        assert_eq!(minors(&quoted.lines), lines, "{round}: {:?}", case.plan);
        assert_eq!(i128::from(quoted.total.minor()), lines.iter().sum::<i128>());
        taken_off(&mut random, round, &case, quoted);
    }
}

/// Adjustments and tax as one chain of whole numbers.
fn taken_off(random: &mut Random, round: u32, case: &Case, quoted: Quote) {
    let currency = case.plan.currency;
    let set_up = case.set_up.map_or(0, |set_up| case.minor(set_up));
    let mut price = i128::from(quoted.total.minor()) - set_up;
    let named = |reduction| Adjustment {
        source: "test".into(),
        name: Localized::new("Less", "优惠"),
        reduction,
        platform_basis_points: 0,
        stacking: Stacking::WithOthers,
    };
    let money = |minor: u64| Money::of(i64::try_from(minor).unwrap(), currency);
    let mut given = vec![];
    if random.happens(3) {
        let (each, per) = (random.below(200_000), if random.happens(2) { PricePer::Period } else { PricePer::Whole });
        given.push(named(Reduction::SpecialPrice { price: money(each), per }));
        let count = if per == PricePer::Period { i128::from(quoted.periods) } else { 1 };
        price = price.min(i128::from(each) * count);
    }
    if random.happens(3) {
        let basis_points = 1 + random.small(9_999);
        given.push(named(Reduction::Discount { basis_points }));
        price -= divided(price * i128::from(basis_points), 10_000);
    }
    let mut total = price + set_up;
    if random.happens(3) {
        let amount = 1 + random.below(100_000);
        given.insert(0, named(Reduction::Coupon { amount: money(amount), threshold: None }));
        total = (total - i128::from(amount)).max(0);
    }
    let adjusted = adjust(quoted, &given).unwrap();
    assert_eq!(i128::from(adjusted.total.minor()), total, "{round}: {given:?}");
    let basis_points = random.small(2_500);
    let presentation = if random.happens(2) { TaxPresentation::Inclusive } else { TaxPresentation::Exclusive };
    let rule = TaxRule { name: Localized::new("VAT", "增值税"), basis_points, presentation };
    let taxed = tax(adjusted, &rule).unwrap();
    let points = i128::from(basis_points);
    let (due, part) = match presentation {
        TaxPresentation::Inclusive => (total, divided(total * points, 10_000 + points)),
        TaxPresentation::Exclusive => {
            let part = divided(total * points, 10_000);
            (total + part, part)
        }
    };
    assert_eq!((i128::from(taxed.total.minor()), i128::from(taxed.tax.unwrap().tax.minor())), (due, part), "{round}");
}

/// What a meter has charged for so much in all, in parts times ten-thousandths of what is counted.
#[derive(Clone)]
struct Counting {
    ends: Vec<i128>,
    prices: Vec<i128>,
    model: u64,
    size: i128,
    per: i128,
}

const COUNTED: i128 = 10_000;

impl Counting {
    fn random(random: &mut Random) -> Self {
        let mut ends = vec![];
        while ends.len() < 4 && random.happens(2) {
            let last = ends.last().copied().unwrap_or(0);
            ends.push(last + 1 + i128::from(random.below(100_000)));
        }
        let mut prices: Vec<i128> = (0..=ends.len()).map(|_| random.price()).collect();
        let model = random.below(6);
        if model == 3 {
            prices.sort_unstable();
        }
        let per = if model < 3 { 10_i128.pow(random.small(7)) } else { 1 };
        Self { ends, prices, model, size: 1 + i128::from(random.below(20)), per }
    }

    fn meter(&self) -> Meter {
        let ends = self.ends.iter().map(|end| Some(Decimal::from_i128_with_scale(*end, 4))).chain([None]);
        let both: Vec<(Option<Decimal>, Decimal)> = ends.zip(self.prices.iter().map(|price| decimal(*price))).collect();
        let ranges = || both.iter().map(|(up_to, unit_price)| UsageRange { up_to: *up_to, unit_price: *unit_price });
        let price = match self.model {
            0 => UsagePrice::Fixed { unit_price: decimal(self.prices[0]) },
            1 => UsagePrice::Tiered { ranges: ranges().collect() },
            2 => UsagePrice::Volume { ranges: ranges().collect() },
            3 => UsagePrice::StairStep {
                stairs: both.iter().map(|(up_to, price)| Stair { up_to: *up_to, price: *price }).collect(),
            },
            4 => UsagePrice::PackageSize { size: u64::try_from(self.size).unwrap(), price: decimal(self.prices[0]) },
            _ => UsagePrice::Percentage { basis_points: self.basis_points() },
        };
        let unit = Localized::new("calls", "次");
        let counts = Counted { code: "calls".into(), name: unit.clone(), unit, unit_one: None };
        let accumulation = matches!(self.model, 1 | 3 | 4).then_some(CountingCycle::Month);
        let per = u64::try_from(self.per).unwrap();
        Meter { counts, factor: None, class: None, per, price, accumulation, allowance: None }
    }

    fn basis_points(&self) -> u32 {
        u32::try_from(1 + self.size * 400).unwrap()
    }

    /// By layers: what lies above each end costs so much more, or less, than what lies below it.
    fn charged(&self, count: i128) -> i128 {
        match self.model {
            0 => count * self.prices[0],
            1 => {
                let steps = self.prices.iter().zip(self.prices.iter().skip(1)).map(|(one, next)| next - one);
                let layers = self.ends.iter().zip(steps).map(|(end, step)| (count - end).max(0) * step);
                count * self.prices[0] + layers.sum::<i128>()
            }
            2 => count * self.reached(count),
            3 if count == 0 => 0,
            3 => COUNTED * self.reached(count),
            4 => {
                let mut started = 0;
                while started * self.size * COUNTED < count {
                    started += 1;
                }
                started * self.prices[0] * COUNTED
            }
            _ => count * i128::from(self.basis_points()) * (PARTS / 10_000),
        }
    }

    fn reached(&self, count: i128) -> i128 {
        self.prices[self.ends.iter().filter(|end| count > **end).count()]
    }
}

#[test]
fn three_hundred_thousand_records_equal_the_second_implementation() {
    let mut random = Random(2);
    for round in 0..60_000 {
        let (counting, currency) = (Counting::random(&mut random), random.currency());
        let allowed = if random.happens(3) { 1 + i128::from(random.below(100_000)) } else { 0 };
        let allowance = (allowed > 0)
            .then(|| Allowance { quantity: Decimal::from_i128_with_scale(allowed, 4), cycle: CountingCycle::Month });
        let meter = Meter { allowance, ..counting.meter() };
        let (mut tally, mut carry, mut posted) = (Tally::default(), Carry::default(), 0_i128);
        let (mut used, mut sum) = (0_i128, 0_i128);
        for _ in 0..5 {
            let record = i128::from(random.below(150_000));
            let rated = rate(&meter, currency, tally, Decimal::from_i128_with_scale(record, 4)).unwrap();
            tally = rated.tally;
            let priced = |used: i128| (used - allowed).max(0);
            let (before, after) = (priced(used), priced(used + record));
            used += record;
            let charge = match meter.accumulation {
                Some(_) => counting.charged(after) - counting.charged(before),
                None => counting.charged(after - before),
            };
            let exact = rated.exact * Decimal::from_i128_with_scale(counting.per, 0);
            assert_eq!(exact, Decimal::from_i128_with_scale(charge, 12), "{round}: {meter:?} {used} {record}");
            let (amount, next) = carry.post(rated.exact, currency).unwrap();
            (carry, posted, sum) = (next, posted + i128::from(amount.minor()), sum + charge);
            let whole = sum * i128::from(currency.scale());
            assert_eq!(posted, whole.div_euclid(PARTS * COUNTED * counting.per), "{round}");
        }
    }
}

/// What remains to be paid when a number grows in the middle of a term, as fractions.
#[test]
fn two_hundred_thousand_changes_equal_the_second_implementation() {
    let mut random = Random(3);
    let (mut compared, zone) = (0, TimeZone::UTC);
    while compared < 200_000 {
        let old = case(&mut random);
        let Billing::Period { .. } = &old.plan.billing else { continue };
        compared += 1;
        let days = 1 + random.below(800);
        let past = random.below(days);
        let left = i128::from(days - past);
        let at = |day: u64| Timestamp::from_micros(i64::try_from(day).unwrap() * DAY);
        let paid: i128 = old.lines().iter().sum();
        let held = Held {
            plan: &old.plan,
            choice: &old.choice,
            paid: Money::of(i64::try_from(paid).unwrap(), old.plan.currency),
            term: Period { from: at(1_000), until: at(1_000 + days) },
        };
        let mut new = Case { plan: old.plan.clone(), choice: old.choice.clone(), numbers: vec![], ..old };
        let base = new.base;
        let counts: BTreeMap<String, u64> = old
            .numbers
            .iter()
            .map(|number| (number.code.clone(), number.count + random.below(30 - number.count)))
            .collect();
        new.choice.quantities = counts;
        let rule = if random.happens(2) { ChangeRule::Difference } else { ChangeRule::RangeReached };
        let off = i128::from(saved(&new, at(1_000 + past), held.term.until));
        let periods = i128::from(new.choice.periods);
        let days = i128::from(days);
        let rest = |parts: i128| divided(new.minor(parts) * periods * left * (10_000 - off), days * 10_000);
        // More at a volume price is priced by what is added; what stays beside it stays as it is paid.
        let stays = rule == ChangeRule::RangeReached && old.numbers.iter().any(|number| number.model == 2);
        let mut total = if stays { 0 } else { base.map_or(0, rest) };
        let (mut replaced, mut list) = (0, base.unwrap_or(0));
        for number in &old.numbers {
            let count = new.choice.quantities[&number.code];
            let grown = Number {
                code: String::new(),
                starts: number.starts.clone(),
                prices: number.prices.clone(),
                model: number.model,
                count,
            };
            let (added, reached) = (i128::from(count - number.count), grown.price_at(count.max(1)));
            list += number.naive();
            total += match (rule, number.model) {
                (ChangeRule::RangeReached, 2) => rest(added * reached),
                (ChangeRule::RangeReached, _) if stays && added == 0 => 0,
                (ChangeRule::RangeReached, _) => {
                    replaced += number.naive();
                    rest(i128::from(count) * reached)
                }
                (ChangeRule::Difference, _) => rest(grown.naive()),
            };
        }
        let credit = match new.minor(list) {
            _ if !stays => paid,
            0 => 0,
            whole => divided(paid * new.minor(replaced), whole),
        };
        total -= divided(credit * left, days);
        let changed = change(held, (&new.plan, &new.choice), rule, (at(1_000 + past), &zone)).unwrap();
        assert_eq!(i128::from(changed.total.minor()), total.max(0), "{compared}: {rule:?} {new:?}", new = new.plan);
        let sum: i128 = minors(&changed.lines).iter().sum();
        assert_eq!(sum, total.max(0));
    }
}

/// What the periods that remain save, counted one by one on the calendar.
fn saved(case: &Case, from: Timestamp, until: Timestamp) -> u32 {
    let unit = PeriodUnit::ALL.iter().find(|unit| case.plan.period(**unit).is_some()).unwrap();
    let mut remaining = 0;
    while Length::of(*unit, remaining + 1).end(from, &TimeZone::UTC) <= until {
        remaining += 1;
    }
    let discounts = &case.plan.period(*unit).unwrap().discounts;
    discounts.iter().filter(|off| remaining >= off.periods_min).map(|off| off.basis_points).max().unwrap_or(0)
}
