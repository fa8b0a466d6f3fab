//! Prices of use: the worked examples, what is told, what is carried, what is not published.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use kernel::{Currency, Localized, Money, Refusal, Timestamp, time::Period};
use proptest::prelude::*;
use rust_decimal::prelude::ToPrimitive;
use serde_json::json;

use super::*;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn meter(price: UsagePrice, accumulation: Option<CountingCycle>) -> Meter {
    let counts = Counted {
        code: "minutes".into(),
        name: Localized::new("Minutes", "通话时长"),
        unit: Localized::new("minutes", "分钟"),
        unit_one: Some("minute".into()),
    };
    Meter { counts, factor: Some("minutes".into()), class: None, per: 1, price, accumulation, allowance: None }
}

fn ranges() -> Vec<UsageRange> {
    vec![
        UsageRange { up_to: Some(decimal("3")), unit_price: decimal("0.3") },
        UsageRange { up_to: None, unit_price: decimal("0.2") },
    ]
}

fn tiered() -> Meter {
    meter(UsagePrice::Tiered { ranges: ranges() }, Some(CountingCycle::Day))
}

fn by_use(meters: Vec<Meter>) -> Plan {
    let on_demand = OnDemand { cycle: BillingCycle::Hour, meters, commitment: None, set_up: None };
    Plan { currency: Currency::CNY, quantities: vec![], billing: Billing::OnDemand(on_demand), books: vec![] }
}

fn rated(meter: &Meter, tally: Tally, quantity: &str) -> Rated {
    by_use(vec![meter.clone()]).check().unwrap();
    rate(meter, Currency::CNY, tally, decimal(quantity)).unwrap()
}

fn told_first(meter: &Meter, quantity: &str) -> (String, String) {
    let text = rated(meter, Tally::default(), quantity).text;
    (text.en, text.zh)
}

#[test]
fn eight_minutes_cost_1_90_tiered_over_the_accumulation() {
    let meter = tiered();
    let whole = rated(&meter, Tally::default(), "8");
    assert_eq!(whole.exact, decimal("1.90"));
    assert_eq!(whole.text.en, "8 minutes: 3 × 0.30 + 5 × 0.20 = 1.90");
    assert_eq!(whole.text.zh, "8 分钟：3 × 0.30 + 5 × 0.20 = 1.90");
    // However the eight minutes come, they add up to the same.
    let (mut tally, mut sum) = (Tally::default(), Decimal::ZERO);
    for part in ["2", "2.5", "3.5"] {
        let record = rated(&meter, tally, part);
        (tally, sum) = (record.tally, sum + record.exact);
    }
    assert_eq!((sum, tally.priced), (decimal("1.90"), decimal("8")));
}

#[test]
fn eight_minutes_cost_1_60_by_volume_per_record() {
    let meter = meter(UsagePrice::Volume { ranges: ranges() }, None);
    let whole = rated(&meter, Tally::default(), "8");
    assert_eq!(whole.exact, decimal("1.60"));
    assert_eq!(whole.text.en, "8 minutes (price above 3): 8 × 0.20 = 1.60");
    assert_eq!(whole.text.zh, "8 分钟（超过 3 的单价）：8 × 0.20 = 1.60");
    // Each record is looked at alone: two minutes before change nothing.
    let second = rated(&meter, rated(&meter, Tally::default(), "2").tally, "8");
    assert_eq!(second.exact, decimal("1.60"));
    assert_eq!(rated(&meter, Tally::default(), "3").exact, decimal("0.90"));
}

#[test]
fn every_model_is_told_in_its_own_way() {
    let fixed = meter(UsagePrice::Fixed { unit_price: decimal("0.0025") }, None);
    assert_eq!(told_first(&fixed, "1").0, "1 minute: 1 × 0.0025 = 0.0025");
    let free =
        Meter { allowance: Some(Allowance { quantity: decimal("5"), cycle: CountingCycle::Month }), ..fixed.clone() };
    let (en, zh) = told_first(&free, "8");
    assert_eq!(en, "8 minutes, 5 of them free: 3 × 0.0025 = 0.0075");
    assert_eq!(zh, "8 分钟，其中 5 免费：3 × 0.0025 = 0.0075");
    let second = rated(&free, rated(&free, Tally::default(), "4").tally, "4");
    assert_eq!((second.free, second.exact), (decimal("1"), decimal("0.0075")));
    let stairs =
        vec![Stair { up_to: Some(decimal("10")), price: decimal("10") }, Stair { up_to: None, price: decimal("30") }];
    let stairs = meter(UsagePrice::StairStep { stairs }, Some(CountingCycle::Month));
    assert_eq!(told_first(&stairs, "8").0, "8 minutes, 8 in all: 10.00");
    let next = rated(&stairs, rated(&stairs, Tally::default(), "8").tally, "4");
    assert_eq!(next.text.en, "4 minutes, 12 in all: 30.00 − 10.00 = 20.00");
    assert_eq!(next.text.zh, "4 分钟，累计 12：30.00 − 10.00 = 20.00");
    assert_eq!(rated(&stairs, Tally::default(), "0").exact, Decimal::ZERO);
    let started = meter(UsagePrice::PackageSize { size: 1_000, price: decimal("5") }, None);
    let (en, zh) = told_first(&started, "1000.5");
    assert_eq!(en, "1,000.5 minutes, per started 1,000: 2 × 5.00 = 10.00");
    assert_eq!(zh, "1,000.5 分钟，每 1,000 计一份：2 × 5.00 = 10.00");
    let adding = Meter { accumulation: Some(CountingCycle::Day), ..started };
    let second = rated(&adding, rated(&adding, Tally::default(), "600").tally, "400");
    assert_eq!(second.exact, Decimal::ZERO, "the package was started before");
    let share = meter(UsagePrice::Percentage { basis_points: 250 }, None);
    assert_eq!(told_first(&share, "1000").0, "1,000 minutes: 1,000 × 0.025 = 25.00");
}

#[test]
fn tokens_are_priced_by_their_class_to_eight_decimals() {
    let token = |class: TokenClass, per: u64, price: &str| Meter {
        counts: Counted {
            code: format!("{class}_tokens"),
            name: Localized::new("Tokens", "Token 用量"),
            unit: Localized::new("tokens", "tokens"),
            unit_one: Some("token".into()),
        },
        factor: Some("tokens".into()),
        class: Some(class),
        per,
        ..meter(UsagePrice::Fixed { unit_price: decimal(price) }, None)
    };
    let input = token(TokenClass::Input, 1_000_000, "2.00");
    assert_eq!(told_first(&input, "1234").0, "1,234 tokens: 1,234 ÷ 1,000,000 × 2.00 = 0.002468");
    let cached = token(TokenClass::Cached, 1, "0.00000025");
    assert_eq!(rated(&cached, Tally::default(), "3").exact, decimal("0.00000075"));
    let classes = [input, token(TokenClass::Output, 1_000_000, "8.00"), cached];
    let plan = by_use(classes.to_vec());
    plan.check().unwrap();
    let quote = quote(&plan, &Choice::default()).unwrap();
    assert_eq!((quote.total, quote.length()), (Money::zero(Currency::CNY), None));
    assert_eq!(quote.notes[0].en, "What is used is charged by the hour");
    assert_eq!(quote.notes[1].en, "Tokens: 2.00 per 1,000,000 tokens");
    assert_eq!(quote.notes[1].zh, "Token 用量：2.00/1,000,000 tokens");
    assert_eq!(quote.explanation().zh.split('。').next(), Some("合计：0.00"));
}

#[test]
fn what_use_will_cost_is_told_before_and_estimated() {
    let mut meter = tiered();
    meter.allowance = Some(Allowance { quantity: decimal("100"), cycle: CountingCycle::Month });
    let mut plan = by_use(vec![meter]);
    let Billing::OnDemand(on_demand) = &mut plan.billing else { panic!("paid by use") };
    on_demand.commitment = Some(Commitment { amount: decimal("10"), cycle: CountingCycle::Month });
    on_demand.set_up = Some(decimal("50"));
    let on_demand = on_demand.clone();
    plan.check().unwrap();
    let quote = quote(&plan, &Choice::default()).unwrap();
    assert_eq!(quote.total, Money::of(5_000, Currency::CNY));
    let notes: Vec<(&str, &str)> = quote.notes.iter().map(|note| (note.en.as_str(), note.zh.as_str())).collect();
    assert_eq!(
        notes[1..],
        [
            (
                "Minutes: up to 3: 0.30, above: 0.20 per minute, each range at its own price, added up over a day; the first 100 of a month are free",
                "通话时长：不超过 3：0.30、超过：0.20/分钟，各段按各自单价计算，按日累计；每月前 100 免费"
            ),
            ("At least 10.00 a month, whatever was used", "每月最低消费 10.00，不足部分补收"),
        ]
    );
    let usage = BTreeMap::from([("minutes".to_owned(), decimal("108"))]);
    let estimate = estimate(&on_demand, Currency::CNY, &usage).unwrap();
    let text = estimate.explanation();
    assert_eq!(
        text.en,
        "108 minutes, 100 of them free: 3 × 0.30 + 5 × 0.20 = 1.90. At least 10.00 a month: 10.00 − 1.90 = 8.10. Total: 1.90 + 8.10 = 10.00"
    );
    assert_eq!(estimate.total, Money::of(1_000, Currency::CNY));
    let unknown = BTreeMap::from([("hours".to_owned(), Decimal::ONE)]);
    assert_eq!(super::estimate(&on_demand, Currency::CNY, &unknown).unwrap_err().code(), "pricing.unknown_quantity");
    let fractions = rate(&tiered(), Currency::CNY, Tally::default(), decimal("0.00001"));
    assert_eq!(fractions.unwrap_err().code(), "pricing.usage_bounds");
    let negative = rate(&tiered(), Currency::CNY, Tally::default(), decimal("-1"));
    assert_eq!(negative.unwrap_err().code(), "pricing.usage_bounds");
    let periods = Choice { periods: 2, ..Choice::default() };
    assert_eq!(super::quote(&plan, &periods).unwrap_err().code(), "pricing.paid_by_use");
}

fn package(reset: Option<CountingCycle>, overage: Overage) -> Package {
    Package {
        counts: tiered().counts,
        amount: decimal("1000"),
        term: Term { unit: PeriodUnit::Month, count: 12 },
        reset,
        price: Price { base: Some(decimal("99")), ..Price::default() },
        overage,
    }
}

fn sold(package: Package) -> Plan {
    Plan { currency: Currency::CNY, quantities: vec![], billing: Billing::Package(package), books: vec![] }
}

#[test]
fn a_package_is_paid_in_advance_and_deducted_first() {
    let stop = package(None, Overage::Stop);
    let quoted = quote(&sold(stop.clone()), &Choice::default()).unwrap();
    sold(stop.clone()).check().unwrap();
    assert_eq!(quoted.length(), Some(Length::Months(12)));
    let text = quoted.explanation();
    assert_eq!(text.en, "Package of 1,000 minutes, valid for 12 months: 99.00. When it is used up, use stops");
    assert_eq!(text.zh, "套餐包 1,000 分钟，有效期 12 个月：99.00。用完即停");
    let first = stop.deduct(stop.amount, decimal("400")).unwrap();
    assert_eq!((first.left, first.beyond), (decimal("600"), Decimal::ZERO));
    assert_eq!(first.text.en, "400 minutes: 400 from the package, 600 left");
    let last = stop.deduct(first.left, decimal("608")).unwrap();
    assert_eq!((last.taken, last.left, last.beyond), (decimal("600"), Decimal::ZERO, decimal("8")));
    assert_eq!(last.text.zh, "608 分钟：套餐包抵扣 600，剩余 0，超出 8");
    // What goes beyond it costs what it costs on demand.
    let on_demand = OnDemand { cycle: BillingCycle::Day, meters: vec![tiered()], commitment: None, set_up: None };
    let more = package(Some(CountingCycle::Month), Overage::OnDemand { billing: on_demand.clone() });
    sold(more.clone()).check().unwrap();
    let text = quote(&sold(more), &Choice::default()).unwrap().explanation();
    assert!(
        text.en.starts_with("Package of 1,000 minutes a month, valid for 12 months: 99.00. What goes beyond"),
        "{}",
        text.en
    );
    assert_eq!(rated(&on_demand.meters[0], Tally::default(), "8").exact, decimal("1.90"));
}

#[test]
fn hours_follow_each_other_where_the_clock_is_moved_by_half_an_hour() {
    let zone = TimeZone::get("Australia/Lord_Howe").unwrap();
    let at = |text: &str| -> Timestamp { text.parse().unwrap() };
    let check = |moment: &str, from: &str, until: &str| {
        let found = BillingCycle::Hour.around(at(moment), &zone);
        assert_eq!(found, Period { from: at(from), until: at(until) }, "{moment}");
    };
    // Put back from 02:00 to 01:30 on 5 April 2026: 01:00 to 02:00, 01:30 to 02:00 again, then 02:00.
    check("2026-04-04T14:45:00Z", "2026-04-04T14:00:00Z", "2026-04-04T15:00:00Z");
    check("2026-04-04T15:15:00Z", "2026-04-04T15:00:00Z", "2026-04-04T15:30:00Z");
    check("2026-04-04T15:30:00Z", "2026-04-04T15:30:00Z", "2026-04-04T16:30:00Z");
    // Put forward from 02:00 to 02:30 on 4 October 2026: 01:00 to 02:00, 02:30 to 03:00, then 03:00.
    check("2026-10-03T15:10:00Z", "2026-10-03T14:30:00Z", "2026-10-03T15:30:00Z");
    check("2026-10-03T15:45:00Z", "2026-10-03T15:30:00Z", "2026-10-03T16:00:00Z");
    check("2026-10-03T16:00:00Z", "2026-10-03T16:00:00Z", "2026-10-03T17:00:00Z");
}

/// Zones that move their clocks by half an hour, by two, at midnight, over midnight, or whose hours are not full ones.
const ODD_ZONES: [&str; 9] = [
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "America/St_Johns",
    "America/Havana",
    "America/Sao_Paulo",
    "Atlantic/Azores",
    "Asia/Kathmandu",
    "Asia/Beirut",
    "Europe/Berlin",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn cycles_follow_each_other_without_a_gap_in_every_zone(
        zone in prop::sample::select(&ODD_ZONES[..]), quarters in 0_i64..30 * 366 * 96, seconds in 0_i64..900, change in any::<bool>()
    ) {
        let zone = TimeZone::get(zone).unwrap();
        let mut moment = Timestamp::from_micros((1_104_537_600 + quarters * 900 + seconds) * 1_000_000);
        // Most of what goes wrong is about when the clock is moved.
        if change && let Some(moved) = zone.following(moment.to_string().parse().unwrap()).next() {
            moment = Timestamp::from_micros(moved.timestamp().as_microsecond()).plus_seconds((quarters % 12 - 6) * 900 + seconds);
        }
        let cycles: [&dyn Fn(Timestamp) -> Period; 5] = [
            &|moment| BillingCycle::Hour.around(moment, &zone),
            &|moment| BillingCycle::Day.around(moment, &zone),
            &|moment| CountingCycle::Day.around(moment, &zone),
            &|moment| CountingCycle::Month.around(moment, &zone),
            &|moment| CountingCycle::Year.around(moment, &zone),
        ];
        for around in cycles {
            let found = around(moment);
            prop_assert!(found.contains(moment), "{moment} is not in {found:?}");
            prop_assert_eq!(around(found.from), found);
            prop_assert_eq!(around(found.until.plus_micros(-1)), found);
            prop_assert_eq!(around(found.until).from, found.until);
        }
        // An hour never reaches over a day.
        let (hour, day) = (BillingCycle::Hour.around(moment, &zone), BillingCycle::Day.around(moment, &zone));
        prop_assert!(day.from <= hour.from && hour.until <= day.until, "{hour:?} in {day:?}");
    }
}

#[test]
fn cycles_are_those_of_the_calendar_and_packages_are_filled_from_when_they_began() {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let at = |text: &str| -> Timestamp { text.parse().unwrap() };
    let check = |found: Period, from: &str, until: &str| assert_eq!(found, Period { from: at(from), until: at(until) });
    let moment = at("2028-02-28T17:20:00Z");
    check(BillingCycle::Hour.around(moment, &zone), "2028-02-28T17:00:00Z", "2028-02-28T18:00:00Z");
    check(BillingCycle::Day.around(moment, &zone), "2028-02-28T16:00:00Z", "2028-02-29T16:00:00Z");
    check(CountingCycle::Month.around(moment, &zone), "2028-01-31T16:00:00Z", "2028-02-29T16:00:00Z");
    check(CountingCycle::Year.around(moment, &zone), "2027-12-31T16:00:00Z", "2028-12-31T16:00:00Z");
    let began = at("2028-01-31T04:00:00Z");
    let filled = package(Some(CountingCycle::Month), Overage::Stop);
    check(filled.filling(began, began, &zone), "2028-01-31T04:00:00Z", "2028-02-29T04:00:00Z");
    check(filled.filling(began, at("2028-02-29T04:00:00Z"), &zone), "2028-02-29T04:00:00Z", "2028-03-31T04:00:00Z");
    check(filled.filling(began, at("2040-01-01T00:00:00Z"), &zone), "2028-12-31T04:00:00Z", "2029-01-31T04:00:00Z");
    let whole = package(None, Overage::Stop);
    check(whole.filling(began, moment, &zone), "2028-01-31T04:00:00Z", "2029-01-31T04:00:00Z");
}

#[test]
fn use_that_has_gaps_falls_overflows_or_comes_to_nothing_is_not_published() {
    let check = |meter: Meter, expected: &str| {
        let found = mistakes(&by_use(vec![meter]));
        assert!(found.iter().any(|message| message.contains(expected)), "{expected}: {found:?}");
    };
    let range = |up_to: Option<&str>, price: &str| UsageRange { up_to: up_to.map(decimal), unit_price: decimal(price) };
    let day = Some(CountingCycle::Day);
    let ranged = |ranges: Vec<UsageRange>| meter(UsagePrice::Tiered { ranges }, day);
    check(ranged(vec![range(Some("3"), "1")]), "ranges[0].up_to leaves what is above 3 without a price");
    check(ranged(vec![range(Some("3"), "1"), range(Some("3"), "1"), range(None, "1")]), "must be more than 3");
    check(ranged(vec![range(None, "1"), range(None, "1")]), "only the last range has no end");
    check(ranged(vec![range(Some("3"), "-1"), range(None, "1")]), "must not be negative, as -1 is");
    check(
        ranged(vec![range(Some("3"), "0"), range(None, "0")]),
        "meters[0].price never comes to anything (1,000,000,000 minutes: 3 × 0.00 + 999,999,997 × 0.00 = 0.00)",
    );
    check(meter(UsagePrice::Tiered { ranges: ranges() }, None), "accumulation is missing");
    check(meter(UsagePrice::Volume { ranges: ranges() }, day), "looks at each record alone");
    let falling =
        vec![Stair { up_to: Some(decimal("10")), price: decimal("30") }, Stair { up_to: None, price: decimal("20") }];
    check(meter(UsagePrice::StairStep { stairs: falling }, day), "10 in all cost 30, and the next one would cost 20");
    let dear = meter(UsagePrice::Fixed { unit_price: decimal("99999999") }, None);
    check(dear, "meters[0].price 1,000,000,000 minutes would cost more than an exact amount can hold");
    let fine = meter(UsagePrice::Fixed { unit_price: decimal("89999999.99999999") }, None);
    check(fine, "999,999,999.9999 minutes would cost more than an exact amount can hold");
    check(Meter { per: 30, ..tiered() }, "must be 1, 10, 100");
    check(meter(UsagePrice::Percentage { basis_points: 10_001 }, None), "must be from 1 to 10000");
    let twice = mistakes(&by_use(vec![tiered(), tiered()]));
    assert!(twice[0].contains("is used by another meter"), "{twice:?}");
    let long = Package { term: Term { unit: PeriodUnit::Month, count: 37 }, ..package(None, Overage::Stop) };
    assert!(mistakes(&sold(long))[0].contains("billing.term.count must be from 1 to 36"));
    let nothing =
        Package { price: Price { base: Some(decimal("0.001")), ..Price::default() }, ..package(None, Overage::Stop) };
    let found = mistakes(&sold(nothing));
    assert!(
        found[0].contains(
            "can come to nothing for some choice (Package of 1,000 minutes, valid for 12 months: 0.001, rounded to 0.00"
        ),
        "{found:?}"
    );
    let counted = Plan { quantities: vec![users(1, 10)], ..by_use(vec![tiered()]) };
    assert!(mistakes(&counted)[0].contains("remove the quantity attributes"));
}

#[test]
fn a_book_that_would_come_to_nothing_is_not_published_and_says_why() {
    let mut plan = once(of_users(QuantityPrice::Linear { unit_price: decimal("0.05") }));
    plan.quantities = vec![users(1, 100)];
    plan.books = vec![Book { currency: Currency::EUR, prices: BookPrices::Rate { rate: decimal("0.01") } }];
    let found = mistakes(&plan);
    assert!(found[0].contains("books[0].prices.rate.billing can come to nothing for some choice (1 user: 1 × 0.0005 = 0.0005, rounded to 0.00)"), "{found:?}");
    plan.books[0].prices = BookPrices::Rate { rate: Decimal::ZERO };
    assert!(mistakes(&plan)[0].contains("books[0].prices.rate must be more than 0"));
    plan.books[0].prices = BookPrices::Own { billing: Box::new(by_use(vec![tiered()]).billing) };
    assert!(mistakes(&plan)[0].contains("must be the plan's own billing mode"));
    plan.books[0] = Book { currency: Currency::CNY, ..plan.books[0].clone() };
    assert!(mistakes(&plan)[0].contains("has prices already"));
}

#[test]
fn use_reads_from_json_as_sellers_write_it() {
    let written = json!({"mode": "on_demand", "cycle": "hour", "meters": [
        {"counts": {"code": "calls", "name": {"en": "Calls", "zh": "调用"}, "unit": {"en": "calls", "zh": "次"}, "unit_one": "call"},
         "price": {"model": "tiered", "ranges": [{"up_to": "1000", "unit_price": "0.01"}, {"unit_price": "0.008"}]},
         "accumulation": "month", "allowance": {"quantity": "100", "cycle": "day"}},
        {"counts": {"code": "input", "name": {"en": "Input", "zh": "输入"}, "unit": {"en": "tokens", "zh": "tokens"}},
         "class": "input", "per": 1_000_000, "price": {"model": "fixed", "unit_price": "2.00"}}],
        "commitment": {"amount": "10.00", "cycle": "month"}});
    let billing: Billing = serde_json::from_value(written.clone()).unwrap();
    assert_eq!(serde_json::to_value(&billing).unwrap(), written);
    Plan { currency: Currency::CNY, quantities: vec![], billing, books: vec![] }.check().unwrap();
    let written = json!({"mode": "package", "counts": {"code": "calls", "name": {"en": "Calls", "zh": "调用"}, "unit": {"en": "calls", "zh": "次"}},
        "amount": "1000", "term": {"unit": "year", "count": 3}, "price": {"base": "99.00"}, "overage": {"then": "stop"}});
    let billing: Billing = serde_json::from_value(written.clone()).unwrap();
    assert_eq!(serde_json::to_value(&billing).unwrap(), written);
    let carry: Carry = serde_json::from_value(json!("0.0049")).unwrap();
    assert_eq!(carry.exact(), decimal("0.0049"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// A million tokens are posted call by call: the sum never differs from what they cost by a whole minor unit.
    #[test]
    fn what_is_posted_differs_from_what_was_charged_by_less_than_a_minor_unit_at_any_time(
        counts in prop::collection::vec(0_u64..500_000_000, 1..40), price in 0_i64..100_000_000, currency in prop::sample::select(vec!["CNY", "JPY", "KWD"]),
    ) {
        let currency: Currency = currency.parse().unwrap();
        let meter = meter(UsagePrice::Fixed { unit_price: Decimal::new(price, 8) }, None);
        let (mut carry, mut charged, mut posted) = (Carry::default(), Decimal::ZERO, Money::zero(currency));
        let unit = Decimal::new(1, currency.exponent());
        for count in counts {
            let count = Decimal::new(i64::try_from(count).unwrap(), 4);
            let record = rate(&meter, currency, Tally::default(), count).unwrap();
            charged += record.exact;
            let (amount, next) = carry.post(record.exact, currency).unwrap();
            prop_assert!(!amount.is_negative());
            posted = posted.plus(amount).unwrap();
            carry = next;
            let behind = charged - kernel::rate::exact(posted);
            prop_assert!(behind >= Decimal::ZERO && behind < unit, "{}", behind);
            prop_assert_eq!(behind, carry.exact());
        }
    }

    #[test]
    fn more_use_never_costs_less_and_the_parts_cost_what_the_whole_costs(
        parts in prop::collection::vec(0_u32..200_000, 1..6), model in 0..4, first in 0_i64..5_000, second in 0_i64..5_000,
    ) {
        let prices = [Decimal::new(first, 4), Decimal::new(second, 4)];
        let end = Some(decimal("7.5"));
        let price = match model {
            0 => UsagePrice::Fixed { unit_price: prices[0] },
            1 => UsagePrice::Tiered { ranges: vec![
                UsageRange { up_to: end, unit_price: prices[0] }, UsageRange { up_to: None, unit_price: prices[1] }] },
            2 => UsagePrice::StairStep { stairs: vec![
                Stair { up_to: end, price: prices[0] }, Stair { up_to: None, price: prices[0] + prices[1] }] },
            _ => UsagePrice::PackageSize { size: 3, price: prices[0] },
        };
        let meter = Meter { allowance: Some(Allowance { quantity: decimal("2.5"), cycle: CountingCycle::Day }), ..meter(price, Some(CountingCycle::Day)) };
        let (mut tally, mut sum, mut count) = (Tally::default(), Decimal::ZERO, Decimal::ZERO);
        for part in parts {
            let part = Decimal::new(i64::from(part), 4);
            let record = rate(&meter, Currency::CNY, tally, part).unwrap();
            prop_assert!(record.exact >= Decimal::ZERO);
            (tally, sum, count) = (record.tally, sum + record.exact, count + part);
        }
        prop_assert_eq!(rate(&meter, Currency::CNY, Tally::default(), count).unwrap().exact, sum);
    }

    #[test]
    fn no_meter_and_no_count_is_a_fault(
        up_to in any::<Option<i64>>(), price in any::<i64>(), scale in 0_u32..28, per in any::<u64>(), size in any::<u64>(),
        count in any::<i64>(), places in 0_u32..10, before in any::<u32>(),
    ) {
        let (price, up_to) = (Decimal::new(price, scale), up_to.map(|end| Decimal::new(end, 4)));
        let ranges = vec![UsageRange { up_to, unit_price: price }, UsageRange { up_to: None, unit_price: price }];
        for price in [
            UsagePrice::Fixed { unit_price: price },
            UsagePrice::Tiered { ranges: ranges.clone() },
            UsagePrice::Volume { ranges },
            UsagePrice::StairStep { stairs: vec![Stair { up_to, price }] },
            UsagePrice::PackageSize { size, price },
        ] {
            for accumulation in [None, Some(CountingCycle::Day)] {
                let meter = Meter { per, ..meter(price.clone(), accumulation) };
                let plan = by_use(vec![meter.clone()]);
                let count = Decimal::new(count, places);
                let tally = Tally { priced: Decimal::from(before), free: Decimal::ZERO };
                let charged = rate(&meter, Currency::CNY, tally, count);
                if plan.check().is_ok() && (0..=1_000_000_000).contains(&count.trunc().to_i64().unwrap_or(-1)) && count.normalize().scale() <= 4 {
                    prop_assert!(charged.is_ok(), "{:?}", charged);
                }
            }
        }
    }
}
