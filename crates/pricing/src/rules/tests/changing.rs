//! Changes of specification in the middle of a term, with their worked numbers.

use jiff::tz::TimeZone;
use kernel::{Currency, Localized, Money, Refusal, Timestamp, time::Period};
use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn year() -> Period {
    Period { from: at("2026-01-01T00:00:00Z"), until: at("2027-01-01T00:00:00Z") }
}

/// A hundred days before the end of the year.
const LATE: &str = "2026-09-23T09:30:00Z";

fn told_change(
    old: (&Plan, u64),
    new: (&Plan, u64),
    rule: ChangeRule,
    now: &str,
) -> Result<(Quote, Vec<String>, Vec<String>), PricingRefused> {
    let choice_before = choice(old.1, 12);
    let paid = quote(old.0, &choice_before).unwrap().total;
    let held = Held { plan: old.0, choice: &choice_before, paid, term: year() };
    let quote = change(held, (new.0, &choice(new.1, 12)), rule, (at(now), &TimeZone::UTC))?;
    let texts = |of: fn(&QuoteLine) -> &String| quote.lines.iter().map(of).cloned().collect::<Vec<_>>();
    let (en, zh) = (texts(|line| &line.text.en), texts(|line| &line.text.zh));
    Ok((quote, en, zh))
}

#[test]
fn an_upgrade_costs_the_new_price_of_the_rest_less_the_old_one() {
    let old = monthly(standard());
    let new = monthly(of_users(QuantityPrice::Linear { unit_price: "40".parse().unwrap() }));
    let (quote, en, zh) = told_change((&old, 25), (&new, 25), ChangeRule::RangeReached, LATE).unwrap();
    // 1,000 a month × 12 × 100 ÷ 365 = 3,287.67; 7,290 × 100 ÷ 365 = 1,997.26. Three months that remain save nothing.
    assert_eq!(
        en,
        [
            "25 users: 25 × 40.00 = 1,000.00 a month; 12 months = 12,000.00; 100 of 365 days, rounded = 3,287.67",
            "Paid before 7,290.00; 100 of 365 days, rounded = −1,997.26",
        ]
    );
    assert_eq!(
        zh,
        [
            "25 用户：25 × 40.00 = 1,000.00/月；12 个月 = 12,000.00；剩余 100/365 天，取整 = 3,287.67",
            "原已支付 7,290.00；剩余 100/365 天，取整 = −1,997.26",
        ]
    );
    assert_eq!((quote.total.minor(), quote.length()), (129_041, None));
    // On the first day twelve months remain, and save ten per cent again.
    let (quote, en, _) = told_change((&old, 25), (&new, 25), ChangeRule::Difference, "2026-01-01T00:00:00Z").unwrap();
    assert_eq!(
        en[0],
        "25 users: 25 × 40.00 = 1,000.00 a month; 12 months = 12,000.00; 365 of 365 days − 10 % = 10,800.00"
    );
    assert_eq!(quote.total.minor(), 1_080_000 - 729_000);
}

#[test]
fn more_at_tiered_prices_costs_the_reached_price_for_all_less_the_old_price() {
    let plan = monthly(standard());
    // 40 × 25 = 1,000 a month × 12 × 100 ÷ 365 = 3,287.67, less 1,997.26.
    let (quote, en, _) = told_change((&plan, 25), (&plan, 40), ChangeRule::RangeReached, LATE).unwrap();
    assert_eq!(
        en[0],
        "40 users (price from 11 up): 40 × 25.00 = 1,000.00 a month; 12 months = 12,000.00; 100 of 365 days, rounded = 3,287.67"
    );
    assert_eq!(quote.total.minor(), 129_041);
    // The rule of before 2023-06-12 keeps the first ten at their own price: 10 × 30 + 30 × 25 = 1,050.
    let (quote, en, _) = told_change((&plan, 25), (&plan, 40), ChangeRule::Difference, LATE).unwrap();
    assert_eq!(
        en[0],
        "40 users: 10 × 30.00 + 30 × 25.00 = 1,050.00 a month; 12 months = 12,600.00; 100 of 365 days, rounded = 3,452.05"
    );
    assert_eq!(quote.total.minor(), 345_205 - 199_726);
}

#[test]
fn more_at_a_volume_price_costs_what_is_added() {
    let plan = monthly(of_users(QuantityPrice::Volume { tiers: tiers(&[(1, Some(30), "30"), (31, None, "25")]) }));
    // 15 × 25 = 375 a month × 12 × 100 ÷ 365 = 1,232.88; the 25 that were paid stay as they are.
    let (quote, en, zh) = told_change((&plan, 25), (&plan, 40), ChangeRule::RangeReached, LATE).unwrap();
    assert_eq!(
        en,
        [
            "15 more users (price from 31 up): 15 × 25.00 = 375.00 a month; 12 months = 4,500.00; 100 of 365 days, rounded = 1,232.88"
        ]
    );
    assert_eq!(
        zh,
        [
            "增加 15 用户（达到 31 的单价）：15 × 25.00 = 375.00/月；12 个月 = 4,500.00；剩余 100/365 天，取整 = 1,232.88"
        ]
    );
    assert_eq!(quote.total.minor(), 123_288);
}

fn taking_off(reduction: Reduction) -> Adjustment {
    Adjustment {
        source: "test".to_owned(),
        name: Localized::new("For you", "专属优惠"),
        reduction,
        platform_basis_points: 0,
        stacking: Stacking::WithOthers,
    }
}

/// 1,000 a month, and users at a volume price; `seats` at 10 each, where there are any.
fn with_base(seats: Option<u64>) -> Plan {
    let volume = QuantityPrice::Volume { tiers: tiers(&[(1, None, "1")]) };
    let mut price = Price { base: Some("1000".parse().unwrap()), ..of_users(volume) };
    let mut quantities = vec![users(0, 1000)];
    if seats.is_some() {
        price.quantities.insert("seats".to_owned(), QuantityPrice::Linear { unit_price: "10".parse().unwrap() });
        quantities.push(Quantity { code: "seats".to_owned(), ..users(0, 1000) });
    }
    Plan { quantities, ..monthly(price) }
}

#[test]
fn what_stays_beside_more_at_a_volume_price_is_neither_priced_again_nor_credited() {
    let (plan, before, after) = (with_base(None), choice(100, 12), choice(200, 12));
    let bought = quote(&plan, &before).unwrap();
    let discount = taking_off(Reduction::Discount { basis_points: 2_000 });
    let bought = adjust(bought, std::slice::from_ref(&discount)).unwrap();
    let held = Held { plan: &plan, choice: &before, paid: paid_for_term(&bought).unwrap(), term: year() };
    let more = change(held, (&plan, &after), ChangeRule::RangeReached, (at(LATE), &TimeZone::UTC)).unwrap();
    // 100 × 1 = 100 a month × 12 × 100 ÷ 365 = 328.77, whatever the base costs and saves.
    assert_eq!((more.total.minor(), more.lines.len()), (32_877, 1));
    assert_eq!(adjust(more, &[discount]).unwrap().total.minor(), 32_877 - 6_575);
}

#[test]
fn beside_more_at_a_volume_price_another_number_is_credited_with_its_part_of_what_was_paid() {
    let plan = with_base(Some(10));
    let of = |users: u64, seats: u64| {
        let mut choice = choice(users, 12);
        choice.quantities.insert("seats".to_owned(), seats);
        choice
    };
    let (before, after) = (of(100, 10), of(200, 20));
    // (1,000 + 100 + 100) × 12 − 10 % = 12,960; the ten seats are a twelfth of it.
    let paid = paid_for_term(&quote(&plan, &before).unwrap()).unwrap();
    assert_eq!(paid.minor(), 1_296_000);
    let held = Held { plan: &plan, choice: &before, paid, term: year() };
    let both = change(held, (&plan, &after), ChangeRule::RangeReached, (at(LATE), &TimeZone::UTC)).unwrap();
    // Users: 328.77. Seats: 200 a month × 12 × 100 ÷ 365 = 657.53, less 1,080.00 × 100 ÷ 365 = 295.89.
    assert_eq!(both.total.minor(), 32_877 + 65_753 - 29_589);
    let users_alone =
        change(held, (&plan, &of(200, 10)), ChangeRule::RangeReached, (at(LATE), &TimeZone::UTC)).unwrap();
    assert_eq!(users_alone.total.minor(), 32_877);
    // Less of one beside more of the other is a difference of the whole.
    let moved = change(held, (&plan, &of(1000, 5)), ChangeRule::RangeReached, (at(LATE), &TimeZone::UTC)).unwrap();
    assert_eq!(moved, change(held, (&plan, &of(1000, 5)), ChangeRule::Difference, (at(LATE), &TimeZone::UTC)).unwrap());
}

#[test]
fn a_coupon_lowers_what_was_paid_for_the_term_by_its_part_of_it() {
    let mut price = period(of_users(QuantityPrice::Linear { unit_price: "30".parse().unwrap() }));
    price.discounts.clear();
    let plan = monthly(price.price);
    let mut bought = quote(&plan, &choice(1, 1)).unwrap();
    let set_up = Money::of(50_000, Currency::CNY);
    bought.lines.push(QuoteLine {
        text: Localized::new("Setting up", "开通费"),
        amount: set_up,
        kind: LineKind::SetUp,
    });
    bought.total = bought.total.plus(set_up).unwrap();
    assert_eq!(paid_for_term(&bought).unwrap().minor(), 3_000);
    let coupon = Reduction::Coupon { amount: Money::of(10_000, Currency::CNY), threshold: None };
    let bought = adjust(bought, &[taking_off(coupon)]).unwrap();
    // Of 100.00 off 530.00, 5.66 fall on the 30.00.
    assert_eq!(paid_for_term(&bought).unwrap().minor(), 3_000 - 566);
}

#[test]
fn what_would_give_money_back_waits_for_the_renewal_and_more_costs_at_least_nothing() {
    let plan = monthly(of_users(QuantityPrice::Tiered { tiers: tiers(&[(1, Some(10), "30"), (11, None, "1")]) }));
    let refused = |new: u64| told_change((&plan, 25), (&plan, new), ChangeRule::RangeReached, LATE).unwrap_err().code();
    assert_eq!(refused(5), "pricing.less");
    let (quote, en, zh) = told_change((&plan, 25), (&plan, 26), ChangeRule::RangeReached, LATE).unwrap();
    assert_eq!(quote.total, Money::zero(Currency::CNY));
    assert_eq!(en[2], "More never costs less than nothing: 846.57");
    assert_eq!(zh[2], "扩容费用最低为 0，补足 846.57");
    let over = told_change((&plan, 25), (&plan, 26), ChangeRule::Difference, "2027-01-01T00:00:00Z");
    assert_eq!(over.unwrap_err().code(), "pricing.term_over");
}

#[test]
fn what_a_change_has_cost_counts_when_the_next_one_is_priced() {
    let plan = monthly(standard());
    let (first, second) = (choice(25, 12), choice(40, 12));
    let bought = quote(&plan, &first).unwrap();
    let paid = paid_for_term(&bought).unwrap();
    assert_eq!(paid, bought.total, "nothing was set up, and no tax comes on top");
    let held = Held { plan: &plan, choice: &first, paid, term: year() };
    let changed = change(held, (&plan, &second), ChangeRule::RangeReached, (at(LATE), &TimeZone::UTC)).unwrap();
    // 1,290.41 for 100 days are 4,710.00 for 365: the year is paid as with 7,290.00 + 4,710.00.
    let paid = paid_after_change(paid, &changed, (year(), at(LATE)), &TimeZone::UTC).unwrap();
    assert_eq!(paid.minor(), 729_000 + 471_000);
    let held = Held { plan: &plan, choice: &second, paid, term: year() };
    let more = change(held, (&plan, &choice(50, 12)), ChangeRule::RangeReached, (at(LATE), &TimeZone::UTC)).unwrap();
    // 50 × 25 = 1,250 a month × 12 × 100 ÷ 365 = 4,109.59, less 12,000.00 × 100 ÷ 365 = 3,287.67: ten users at 25.00.
    assert_eq!(more.total.minor(), 410_959 - 328_767);
    // Whoever changes from 25 to 50 at once pays the same.
    let held = Held { plan: &plan, choice: &first, paid: bought.total, term: year() };
    let at_once = change(held, (&plan, &choice(50, 12)), ChangeRule::RangeReached, (at(LATE), &TimeZone::UTC)).unwrap();
    assert_eq!(at_once.total.minor(), changed.total.minor() + more.total.minor());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn however_often_it_is_changed_nobody_is_credited_more_than_was_paid(
        start in 1_u64..500, steps in prop::collection::vec((0_u64..100, 0_i64..60), 1..8), reached in any::<bool>(), volume in any::<bool>(),
        base in prop::option::of(1_u32..5_000),
    ) {
        let list = tiers(&[(1, Some(10), "30.00"), (11, Some(100), "25.00"), (101, None, "20.00")]);
        let users = of_users(if volume { QuantityPrice::Volume { tiers: list } } else { QuantityPrice::Tiered { tiers: list } });
        let plan = monthly(Price { base: base.map(Decimal::from), ..users });
        let rule = if reached { ChangeRule::RangeReached } else { ChangeRule::Difference };
        let (mut count, mut now) = (start, year().from);
        let mut paid = paid_for_term(&quote(&plan, &choice(start, 12)).unwrap()).unwrap();
        // All that was paid for the rest of the term, as it stands at each moment.
        for (more, days) in steps {
            now = now.plus_days(days).min(year().until.plus_days(-1));
            // A thousand users are the most that the plan sells.
            let more = more.min(1_000 - count);
            let (before, after) = (choice(count, 12), choice(count + more, 12));
            let held = Held { plan: &plan, choice: &before, paid, term: year() };
            let changed = change(held, (&plan, &after), rule, (now, &TimeZone::UTC)).unwrap();
            prop_assert!(!changed.total.is_negative());
            let next = paid_after_change(paid, &changed, (year(), now), &TimeZone::UTC).unwrap();
            prop_assert!(next.minor() >= paid.minor(), "more is never paid with less");
            let credit: i64 = changed.lines.iter().filter(|line| line.kind == LineKind::Credit).map(|line| -line.amount.minor()).sum();
            let left = i64::from(days_between(now, year().until, &TimeZone::UTC));
            // What was paid for the days that remain, with half a cent for rounding.
            prop_assert!(credit * 365 <= paid.minor() * left + 365, "{credit} of {paid} for {left} days");
            (count, paid) = (count + more, next);
        }
    }

    #[test]
    fn a_change_is_never_negative_and_its_lines_explain_its_total(
        before in 1_u64..500, more in 0_u64..500, day in 0_i64..365, reached in any::<bool>(), volume in any::<bool>(),
    ) {
        let list = tiers(&[(1, Some(10), "30.00"), (11, None, "25.00")]);
        let plan = monthly(of_users(if volume { QuantityPrice::Volume { tiers: list } } else { QuantityPrice::Tiered { tiers: list } }));
        let rule = if reached { ChangeRule::RangeReached } else { ChangeRule::Difference };
        let (old, new) = (choice(before, 12), choice(before + more, 12));
        let paid = quote(&plan, &old).unwrap().total;
        let held = Held { plan: &plan, choice: &old, paid, term: year() };
        let now = year().from.plus_days(day);
        let quote = change(held, (&plan, &new), rule, (now, &TimeZone::UTC)).unwrap();
        prop_assert!(!quote.total.is_negative());
        prop_assert_eq!(Money::sum(Currency::CNY, quote.lines.iter().map(|line| line.amount)).unwrap(), quote.total);
        for line in &quote.lines {
            prop_assert_eq!(last_number(&line.text.en, Currency::CNY), line.amount.minor().abs());
            prop_assert_eq!(last_number(&line.text.zh, Currency::CNY), line.amount.minor().abs());
        }
        let off: i64 = quote.lines.iter().filter(|line| line.kind == LineKind::Credit).map(|line| line.amount.minor()).sum();
        prop_assert!(-off <= paid.minor());
    }
}
