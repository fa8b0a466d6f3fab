//! Stories about single prices, and properties of all: against a reference that counts unit by unit in whole numbers.

use std::collections::BTreeMap;

use kernel::{Currency, Localized, Money};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;

mod amending;
mod changing;
mod committing;
mod differential;
mod paying;
mod using;

fn users(min: u64, max: u64) -> Quantity {
    let unit = Localized::new("users", "用户");
    Quantity { code: "users".to_owned(), unit, unit_one: Some("user".to_owned()), min, max, step: 1 }
}

fn tiers(list: &[(u64, Option<u64>, &str)]) -> Vec<Tier> {
    list.iter().map(|(from, to, price)| Tier { from: *from, to: *to, unit_price: price.parse().unwrap() }).collect()
}

fn of_users(rule: QuantityPrice) -> Price {
    Price { base: None, quantities: BTreeMap::from([("users".to_owned(), rule)]) }
}

fn once(price: Price) -> Plan {
    Plan {
        currency: Currency::CNY,
        quantities: vec![users(0, 1000)],
        billing: Billing::OneOff { price },
        books: vec![],
    }
}

fn period(price: Price) -> PeriodPrice {
    PeriodPrice { price, periods_max: 36, discounts: vec![Discount { periods_min: 12, basis_points: 1000 }] }
}

fn per_month(month: PeriodPrice) -> Billing {
    Billing::Period { day: None, month: Some(month), year: None, set_up: None }
}

fn monthly(price: Price) -> Plan {
    let billing = per_month(period(price));
    Plan { currency: Currency::CNY, quantities: vec![users(0, 1000)], billing, books: vec![] }
}

fn standard() -> Price {
    of_users(QuantityPrice::Tiered { tiers: tiers(&[(1, Some(10), "30.00"), (11, None, "25.00")]) })
}

fn choice(users: u64, periods: u32) -> Choice {
    Choice { quantities: BTreeMap::from([("users".to_owned(), users)]), periods, ..Choice::default() }
}

fn told(plan: &Plan, choice: &Choice) -> (String, String) {
    plan.check_form().unwrap();
    let quote = quote(plan, choice).unwrap();
    let text = quote.explanation();
    (text.en, text.zh)
}

#[test]
fn the_standard_example_is_told_as_people_expect() {
    let (en, zh) = told(&monthly(standard()), &choice(25, 12));
    assert_eq!(en, "25 users: 10 × 30.00 + 15 × 25.00 = 675.00 a month; 12 months − 10 % = 7,290.00");
    assert_eq!(zh, "25 用户：10 × 30.00 + 15 × 25.00 = 675.00/月；12 个月 − 10% = 7,290.00");
    assert_eq!(told(&monthly(standard()), &choice(1, 1)).0, "1 user: 1 × 30.00 = 30.00 a month; 1 month = 30.00");
    assert_eq!(told(&once(standard()), &choice(0, 1)).0, "0 users: 0 × 30.00 = 0.00");
}

#[test]
fn each_model_is_told_in_its_own_way() {
    let linear = of_users(QuantityPrice::Linear { unit_price: "0.0025".parse().unwrap() });
    let (en, zh) = told(&once(linear.clone()), &choice(5, 1));
    assert_eq!(en, "5 users: 5 × 0.0025 = 0.0125, rounded to 0.01");
    assert_eq!(zh, "5 用户：5 × 0.0025 = 0.0125，取整为 0.01");
    let volume = of_users(QuantityPrice::Volume { tiers: tiers(&[(1, Some(10), "30"), (11, None, "25")]) });
    let (en, zh) = told(&once(volume), &choice(25, 1));
    assert_eq!(en, "25 users (price from 11 up): 25 × 25.00 = 625.00");
    assert_eq!(zh, "25 用户（达到 11 的单价）：25 × 25.00 = 625.00");
    let both = Price { base: Some("100".parse().unwrap()), ..standard() };
    let (en, zh) = told(&monthly(both), &choice(25, 12));
    let parts = "25 users: 10 × 30.00 + 15 × 25.00 = 675.00 a month; 12 months − 10 % = 7,290.00";
    let base = "Base price: 100.00 a month; 12 months − 10 % = 1,080.00";
    assert_eq!(en, format!("{base}. {parts}. Total: 1,080.00 + 7,290.00 = 8,370.00"));
    assert!(zh.starts_with("基础价格：100.00/月；12 个月 − 10% = 1,080.00。"), "{zh}");
    let fixed = Price { base: Some("1200".parse().unwrap()), quantities: BTreeMap::new() };
    let year =
        PeriodPrice { price: fixed, periods_max: 3, discounts: vec![Discount { periods_min: 2, basis_points: 525 }] };
    let plan = Plan {
        currency: Currency::CNY,
        quantities: vec![],
        billing: Billing::Period { day: None, month: None, year: Some(year), set_up: None },
        books: vec![],
    };
    let two = Choice { periods: 2, ..Choice::default() };
    assert_eq!(told(&plan, &two).0, "Price: 1,200.00 a year; 2 years − 5.25 % = 2,274.00");
    assert_eq!(quote(&plan, &two).unwrap().length(), Some(Length::Months(24)));
}

#[test]
fn a_choice_that_the_plan_does_not_allow_is_refused() {
    let plan = Plan { quantities: vec![Quantity { step: 5, ..users(5, 50) }], ..monthly(standard()) };
    let refused = |plan: &Plan, choice: &Choice| kernel::Refusal::code(&quote(plan, choice).unwrap_err());
    assert_eq!(refused(&plan, &Choice::default()), "pricing.missing_quantity");
    assert_eq!(refused(&plan, &choice(4, 1)), "pricing.out_of_range");
    assert_eq!(refused(&plan, &choice(55, 1)), "pricing.out_of_range");
    assert_eq!(refused(&plan, &choice(7, 1)), "pricing.off_step");
    assert_eq!(refused(&plan, &choice(10, 0)), "pricing.periods");
    assert_eq!(refused(&plan, &choice(10, 37)), "pricing.periods");
    let year = Choice { period_unit: Some(PeriodUnit::Year), ..choice(10, 1) };
    assert_eq!(refused(&plan, &year), "pricing.not_offered");
    let mut other = choice(10, 1);
    other.quantities.insert("seats".to_owned(), 1);
    assert_eq!(refused(&plan, &other), "pricing.unknown_quantity");
    assert_eq!(refused(&once(standard()), &choice(10, 2)), "pricing.paid_once");
    let billing =
        Billing::Period { day: None, month: Some(period(standard())), year: Some(period(standard())), set_up: None };
    let either = Plan { billing, ..plan };
    assert_eq!(refused(&either, &choice(10, 1)), "pricing.unit_missing");
    assert_eq!(quote(&either, &year).unwrap().unit, Some(PeriodUnit::Year));
}

fn mistakes(plan: &Plan) -> Vec<String> {
    let wrong = plan.check().unwrap_err();
    wrong.0.into_iter().map(|error| format!("{} {}", error.field, error.message.en)).collect()
}

#[test]
fn a_plan_with_gaps_overlaps_or_strange_prices_is_not_published() {
    let check = |price: Price, expected: &str| {
        let found = mistakes(&Plan { quantities: vec![users(1, 1000)], ..once(price) });
        assert!(found.iter().any(|message| message.contains(expected)), "{expected}: {found:?}");
    };
    let tiered = |list: &[(u64, Option<u64>, &str)]| of_users(QuantityPrice::Tiered { tiers: tiers(list) });
    check(tiered(&[(1, Some(10), "3"), (12, None, "2")]), "tiers[1].from leaves a gap; must be 11");
    check(tiered(&[(1, Some(10), "3"), (10, None, "2")]), "tiers[1].from overlaps the range before it; must be 11");
    check(tiered(&[(1, None, "3"), (11, None, "2")]), "follows a range without an end");
    check(tiered(&[(2, None, "3")]), "leaves a gap; must be 1");
    check(tiered(&[(1, Some(999), "3")]), "end before the largest quantity, 1000");
    check(tiered(&[]), "must be from 1 to 20");
    check(tiered(&[(5, Some(4), "3")]), "must not be below from");
    check(tiered(&[(1, None, "-3")]), "must not be negative");
    check(tiered(&[(1, None, "0.000000001")]), "at most 8 decimals");
    check(Price::default(), "must have a base price");
    check(Price { base: Some(Decimal::ONE), ..Price::default() }, "billing.price.quantities.users needs a price");
    let mut unknown = standard();
    unknown.quantities.insert("seats".to_owned(), QuantityPrice::Linear { unit_price: Decimal::ONE });
    check(unknown, "billing.price.quantities.seats is not a quantity attribute");
    let empty =
        Plan { billing: Billing::Period { day: None, month: None, year: None, set_up: None }, ..once(standard()) };
    assert!(mistakes(&empty)[0].contains("for the day, the month or the year"));
    let unreachable = Plan { quantities: vec![Quantity { step: 7, ..users(1, 1000) }], ..once(standard()) };
    assert!(mistakes(&unreachable)[0].contains("cannot be reached from min"));
}

#[test]
fn a_plan_that_could_overflow_is_not_published_and_the_example_is_named() {
    let dear = of_users(QuantityPrice::Linear { unit_price: "99999999".parse().unwrap() });
    let plan = Plan { quantities: vec![users(1, QUANTITY_MAX)], ..monthly(dear) };
    let found = mistakes(&plan);
    assert!(found[0].starts_with("billing.month 1000000000 users for 36 months would cost more"), "{found:?}");
}

#[test]
fn a_price_that_overflows_with_its_tax_alone_is_not_published_either() {
    // 80,000,000,000,000,000.00 fits, with 17 % more it does not.
    let dear = of_users(QuantityPrice::Linear { unit_price: "80000000".parse().unwrap() });
    let billing = Billing::OneOff { price: dear };
    let plan = Plan { quantities: vec![users(1, QUANTITY_MAX)], billing, ..monthly(standard()) };
    let rule = |presentation| TaxRule { name: Localized::new("VAT", "增值税"), basis_points: 1_700, presentation };
    assert!(plan.check().is_ok());
    assert!(plan.check_taxed(&rule(TaxPresentation::Inclusive)).is_ok());
    let wrong = plan.check_taxed(&rule(TaxPresentation::Exclusive)).unwrap_err();
    assert_eq!(wrong.0[0].field, "billing.price");
    let (en, zh) = (&wrong.0[0].message.en, &wrong.0[0].message.zh);
    assert!(en.starts_with("1000000000 users would cost more with VAT on top than an amount can hold"), "{en}");
    assert!(zh.contains("加上增值税后过大"), "{zh}");
    // A tenth of it in a currency with three decimals is as much again.
    let kwd = |rate: &str| Book {
        currency: "KWD".parse().unwrap(),
        prices: BookPrices::Rate { rate: rate.parse().unwrap() },
    };
    let tenth = |rate| Plan { quantities: vec![users(1, QUANTITY_MAX / 10)], books: vec![kwd(rate)], ..plan.clone() };
    assert!(tenth("0.5").check_taxed(&rule(TaxPresentation::Exclusive)).is_ok());
    assert!(tenth("1").check().is_ok());
    let wrong = tenth("1").check_taxed(&rule(TaxPresentation::Exclusive)).unwrap_err();
    assert_eq!(wrong.0[0].field, "books[0].prices.rate.billing.price");
}

#[test]
fn the_dearest_year_knows_numbers_terms_commitments_and_single_prices() {
    let most = |plan: &Plan| plan.dearest_year().unwrap().minor();
    let of = |billing: serde_json::Value| Plan {
        quantities: vec![],
        billing: serde_json::from_value(billing).unwrap(),
        ..monthly(standard())
    };
    // 10 × 30.00 + 990 × 25.00 a month, twelve times, whatever a longer term would save.
    assert_eq!(most(&monthly(standard())), 12 * 2_505_000);
    assert_eq!(most(&once(standard())), 2_505_000);
    let price = serde_json::json!({"price": {"base": "10"}, "periods_max": 1});
    assert_eq!(most(&of(serde_json::json!({"mode": "period", "day": price, "set_up": "50"}))), 365 * 1_000 + 5_000);
    let counts = serde_json::json!({"code": "calls", "name": {"en": "Calls", "zh": "调用"}, "unit": {"en": "calls", "zh": "次"}});
    let meter = |unit_price: &str| {
        let price = serde_json::json!({"model": "fixed", "unit_price": unit_price});
        serde_json::json!({"counts": counts, "price": price})
    };
    let by_use = |unit_price: &str, commitment: serde_json::Value| {
        let meters = [meter("0.01"), meter(unit_price)];
        serde_json::json!({"mode": "on_demand", "cycle": "hour", "meters": meters, "commitment": commitment, "set_up": "3"})
    };
    let committed = serde_json::json!({"amount": "100", "cycle": "month"});
    assert_eq!(most(&of(by_use("7", committed.clone()))), 12 * 10_000 + 300);
    assert_eq!(most(&of(by_use("7000", committed))), 700_000 + 300);
    assert_eq!(most(&of(by_use("7", serde_json::Value::Null))), 700 + 300);
    let overage = serde_json::json!({"then": "on_demand",
        "billing": {"cycle": "hour", "meters": [meter("90")]}});
    let package = |overage: serde_json::Value| {
        serde_json::json!({"mode": "package", "counts": counts, "amount": "100", "term": {"unit": "month", "count": 1},
            "price": {"base": "20"}, "overage": overage})
    };
    // Each month another one, and what is used beyond it.
    assert_eq!(most(&of(package(serde_json::json!({"then": "stop"})))), 12 * 2_000);
    assert_eq!(most(&of(package(overage))), 12 * 2_000 + 9_000);
}

#[test]
fn the_least_that_can_be_paid_knows_ranges_and_discounts() {
    let volume = of_users(QuantityPrice::Volume { tiers: tiers(&[(1, Some(10), "30"), (11, None, "0.01")]) });
    let plan = Plan { quantities: vec![users(1, 1000)], ..once(volume) };
    assert_eq!(plan.cheapest().unwrap(), Money::of(11, Currency::CNY));
    assert_eq!(once(standard()).cheapest().unwrap(), Money::zero(Currency::CNY));
}

#[test]
fn plans_and_choices_read_back_from_json_as_sellers_write_it() {
    let plan = monthly(standard());
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
    let wrong = text.replace("\"30.00\"", "30.5");
    assert!(serde_json::from_str::<Plan>(&wrong).is_err(), "a price is never a float");
    let short: Choice = serde_json::from_str("{}").unwrap();
    assert_eq!(short, Choice::default());
}

/// A plan with one quantity in whole millionths of the currency, as the reference wants it.
#[derive(Clone, Debug)]
struct Case {
    plan: Plan,
    count: u64,
    periods: u32,
    base: i128,
    /// Where ranges begin, and their unit prices.
    ranges: Vec<(u64, i128)>,
    graduated: bool,
    discounts: Vec<Discount>,
}

fn millionths(price: i128) -> Decimal {
    Decimal::from_i128_with_scale(price, 6)
}

const LINEAR_AND_TIERED: i32 = 2;
const ALL_MODELS: i32 = 3;

prop_compose! {
    fn cases(models: i32)(
        currency in prop::sample::select(vec!["CNY", "JPY", "KWD"]),
        model in 0..models,
        starts in prop::collection::btree_set(2_u64..2_000, 0..6),
        prices in prop::collection::vec(prop_oneof![0_i128..2_000_000_000, 0_i128..5_000, Just(30_000_000)], 7),
        base in prop::option::of(0_i128..50_000_000_000),
        count in 0_u64..3_000,
        thresholds in prop::collection::btree_map(2_u32..=36, 1_u32..2_500, 0..4),
        periods in 1_u32..=36,
        paid_once in any::<bool>(),
    ) -> Case {
        let mut ranges: Vec<(u64, i128)> = std::iter::once(1).chain(starts).zip(prices).collect();
        if model == 0 {
            ranges.truncate(1);
        }
        let ends = ranges.iter().skip(1).map(|(from, _)| Some(from - 1)).chain([None]);
        let tiers: Vec<Tier> = ranges.iter().zip(ends)
            .map(|((from, price), to)| Tier { from: *from, to, unit_price: millionths(*price) }).collect();
        let rule = match model {
            0 => QuantityPrice::Linear { unit_price: millionths(ranges[0].1) },
            1 => QuantityPrice::Tiered { tiers },
            _ => QuantityPrice::Volume { tiers },
        };
        let price = Price { base: base.map(millionths), ..of_users(rule) };
        let mut basis_points = 0;
        let discounts: Vec<Discount> = thresholds.into_iter().map(|(periods_min, more)| {
            basis_points += more;
            Discount { periods_min, basis_points }
        }).collect();
        let billing = if paid_once {
            Billing::OneOff { price }
        } else {
            let month = PeriodPrice { price, periods_max: 36, discounts: discounts.clone() };
            per_month(month)
        };
        let plan = Plan { currency: currency.parse().unwrap(), quantities: vec![users(0, 3_000)], billing, books: vec![] };
        let (periods, discounts) = if paid_once { (1, vec![]) } else { (periods, discounts) };
        Case { plan, count, periods, base: base.unwrap_or(0), ranges, graduated: model == 1, discounts }
    }
}

/// The quotient, a half to the even neighbour.
fn divided(number: i128, by: i128) -> i128 {
    let (floor, rest) = (number / by, number % by);
    if rest * 2 > by || (rest * 2 == by && floor % 2 == 1) { floor + 1 } else { floor }
}

/// The amount in minor units, computed as naively as possible.
fn reference(case: &Case) -> i128 {
    let price_of = |unit: u64| case.ranges.iter().rev().find(|(from, _)| *from <= unit.max(1)).unwrap().1;
    let mut quantity = 0_i128;
    for unit in 1..=case.count {
        quantity += if case.graduated { price_of(unit) } else { price_of(case.count) };
    }
    let mut off = 0_i128;
    for discount in &case.discounts {
        if case.periods >= discount.periods_min {
            off = i128::from(discount.basis_points);
        }
    }
    let minor = |millionths: i128| divided(millionths * i128::from(case.plan.currency.scale()), 1_000_000);
    let paid = |millionths: i128| divided(minor(millionths) * i128::from(case.periods) * (10_000 - off), 10_000);
    paid(case.base) + paid(quantity)
}

/// The last number of a text, in minor units.
fn last_number(text: &str, currency: Currency) -> i64 {
    let start = text.rfind(|c: char| !(c.is_ascii_digit() || c == '.' || c == ',')).unwrap();
    let number = text[start..].trim_start_matches(|c: char| !c.is_ascii_digit()).replace(',', "");
    let (major, minor) = number.split_once('.').unwrap_or((&number, ""));
    assert_eq!(minor.len(), currency.exponent() as usize, "{text}");
    format!("{major}{minor}").parse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_quote_equals_the_reference_and_explains_itself(case in cases(ALL_MODELS)) {
        case.plan.check_form().unwrap();
        let quote = quote(&case.plan, &choice(case.count, case.periods)).unwrap();
        prop_assert_eq!(i128::from(quote.total.minor()), reference(&case));
        prop_assert!(!quote.total.is_negative());
        prop_assert_eq!(Money::sum(case.plan.currency, quote.lines.iter().map(|line| line.amount)).unwrap(), quote.total);
        for line in &quote.lines {
            prop_assert_eq!(last_number(&line.text.en, case.plan.currency), line.amount.minor());
            prop_assert_eq!(last_number(&line.text.zh, case.plan.currency), line.amount.minor());
        }
        let whole = quote.explanation();
        prop_assert_eq!(last_number(&whole.en, case.plan.currency), quote.total.minor());
        prop_assert_eq!(last_number(&whole.zh, case.plan.currency), quote.total.minor());
        prop_assert!(case.plan.cheapest().unwrap().minor() <= quote.total.minor());
    }

    #[test]
    fn what_falls_on_the_periods_sums_to_the_whole(case in cases(ALL_MODELS)) {
        let quote = quote(&case.plan, &choice(case.count, case.periods)).unwrap();
        let parts = quote.by_period().unwrap();
        prop_assert_eq!(parts.len(), case.periods as usize);
        prop_assert_eq!(Money::sum(case.plan.currency, parts).unwrap(), quote.total);
        for line in &quote.lines {
            let parts = line.by_period(case.periods).unwrap();
            prop_assert!(parts.iter().all(|part| !part.is_negative()));
            prop_assert_eq!(Money::sum(case.plan.currency, parts).unwrap(), line.amount);
        }
    }

    #[test]
    fn more_never_costs_less_unless_the_whole_gets_another_price(case in cases(LINEAR_AND_TIERED), more in 1_u64..500) {
        let larger = (case.count + more).min(3_000);
        let cost = |count| quote(&case.plan, &choice(count, case.periods)).unwrap().total.minor();
        prop_assert!(cost(case.count) <= cost(larger));
    }

    #[test]
    fn no_plan_and_no_choice_is_a_fault(
        from in any::<u64>(), to in any::<Option<u64>>(), price in any::<i64>(), scale in 0_u32..28,
        min in any::<u64>(), max in any::<u64>(), step in any::<u64>(), count in any::<u64>(), periods in any::<u32>(),
    ) {
        let tier = Tier { from, to, unit_price: Decimal::new(price, scale) };
        for rule in [QuantityPrice::Tiered { tiers: vec![tier, tier] }, QuantityPrice::Volume { tiers: vec![tier] }] {
            let plan = Plan { quantities: vec![Quantity { step, ..users(min, max) }], ..monthly(of_users(rule)) };
            let _ = plan.cheapest();
            let checked = plan.check();
            let quoted = quote(&plan, &choice(count, periods));
            if checked.is_ok() && (min..=max).contains(&count) && (count - min) % step == 0 && (1..=36).contains(&periods) {
                prop_assert!(quoted.is_ok());
            }
        }
    }
}
