//! Properties of what is paid in advance or committed to: packages and the least of a cycle, whatever is used in which parts.

use jiff::tz::TimeZone;
use kernel::{Currency, Localized, Timestamp};
use proptest::prelude::*;

use super::*;

fn counts() -> Counted {
    let unit = Localized::new("calls", "次");
    Counted { code: "calls".into(), name: unit.clone(), unit, unit_one: None }
}

fn package(amount: Decimal, reset: Option<CountingCycle>, months: u32) -> Package {
    Package {
        counts: counts(),
        amount,
        term: Term { unit: PeriodUnit::Month, count: months },
        reset,
        price: Price { base: Some(Decimal::from(99)), ..Price::default() },
        overage: Overage::Stop,
    }
}

fn ten_thousandths(count: u32) -> Decimal {
    Decimal::new(i64::from(count), 4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_package_gives_what_it_holds_and_never_more_in_whatever_parts_it_is_used(
        amount in 1_u32..2_000_000, parts in prop::collection::vec(0_u32..500_000, 1..12),
    ) {
        let package = package(ten_thousandths(amount), None, 12);
        let (mut left, mut used, mut taken, mut beyond) = (package.amount, Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
        for part in parts {
            let part = ten_thousandths(part);
            let deducted = package.deduct(left, part).unwrap();
            prop_assert_eq!(deducted.taken + deducted.beyond, part);
            prop_assert!(deducted.left >= Decimal::ZERO && deducted.left <= left);
            // Nothing is charged beyond it while something is left.
            prop_assert!(deducted.beyond.is_zero() || deducted.left.is_zero());
            (left, used, taken, beyond) = (deducted.left, used + part, taken + deducted.taken, beyond + deducted.beyond);
        }
        prop_assert_eq!(taken + left, package.amount);
        let whole = package.deduct(package.amount, used).unwrap();
        prop_assert_eq!((whole.taken, whole.left, whole.beyond), (taken, left, beyond));
    }

    #[test]
    fn the_fillings_of_a_package_follow_each_other_from_its_beginning_to_its_end(
        began in 0_i64..2_000_000_000, months in 1_u32..36, past in 0_i64..100_000_000,
        cycle in prop::sample::select(CountingCycle::ALL.to_vec()),
        zone in prop::sample::select(vec!["UTC", "Asia/Shanghai", "America/New_York"]),
    ) {
        let zone = TimeZone::get(zone).unwrap();
        let began = Timestamp::from_micros(began * 1_000_000);
        let package = package(Decimal::ONE, Some(cycle), months);
        let end = Length::of(PeriodUnit::Month, months).end(began, &zone);
        let moment = began.plus_micros(past * 1_000_000 % end.micros_since(began));
        let filling = package.filling(began, moment, &zone);
        prop_assert!(filling.from <= moment && moment < filling.until && filling.until <= end);
        prop_assert!(filling.from >= began);
        if filling.until < end {
            prop_assert_eq!(package.filling(began, filling.until, &zone).from, filling.until);
        }
        if filling.from > began {
            prop_assert_eq!(package.filling(began, filling.from.plus_micros(-1), &zone).until, filling.from);
        }
    }

    #[test]
    fn a_cycle_costs_what_was_used_or_what_was_committed_to_whichever_is_more(
        committed in 1_i64..10_000_000, price in 0_i64..5_000, parts in prop::collection::vec(0_u32..200_000, 0..10),
    ) {
        let (currency, committed) = (Currency::CNY, Decimal::new(committed, 4));
        let commitment = Commitment { amount: committed, cycle: CountingCycle::Month };
        let fixed = UsagePrice::Fixed { unit_price: Decimal::new(price, 4) };
        let meter =
            Meter { counts: counts(), factor: None, class: None, per: 1, price: fixed, accumulation: None, allowance: None };
        let (mut charged, mut before) = (Decimal::ZERO, committed);
        for part in parts {
            charged += rate(&meter, currency, Tally::default(), ten_thousandths(part)).unwrap().exact;
            let missing = shortfall(&commitment, charged, currency).unwrap();
            let missing = missing.map_or(Decimal::ZERO, |(missing, _)| missing);
            prop_assert_eq!(charged + missing, charged.max(committed));
            // More use is never a smaller bill, and what is missing never grows by it.
            prop_assert!(missing <= before);
            before = missing;
        }
        prop_assert!(shortfall(&commitment, committed, currency).unwrap().is_none());
    }
}
