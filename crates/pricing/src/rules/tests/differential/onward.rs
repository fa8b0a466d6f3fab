//! What comes after a purchase: further terms on a calendar that is counted by hand, money back, amendments.

use super::*;

/// A day as people write it: year, month, day.
type Day = (i64, i64, i64);

fn length_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The last day of a month stands for those that it lacks.
fn months_later((year, month, day): Day, months: i64) -> Day {
    let all = year * 12 + month - 1 + months;
    let (year, month) = (all.div_euclid(12), all.rem_euclid(12) + 1);
    (year, month, day.min(length_of_month(year, month)))
}

/// The days since the beginning of 1970, each year and month added one by one.
fn number_of((year, month, day): Day) -> i64 {
    let of_years: i64 = (1970..year).map(|year| 337 + length_of_month(year, 2)).sum();
    of_years + (1..month).map(|month| length_of_month(year, month)).sum::<i64>() + day - 1
}

fn moment(day: i64, second: i64) -> Timestamp {
    Timestamp::from_micros((day * 86_400 + second) * 1_000_000)
}

#[test]
fn fifty_thousand_renewals_equal_the_second_implementation() {
    let mut random = Random(7);
    let small = |random: &mut Random, end: u32| i64::from(random.small(end));
    for round in 0..50_000 {
        let case = case(&mut random);
        let (year, month) = (2_000 + small(&mut random, 60), 1 + small(&mut random, 12));
        // Ends of months are what is hard.
        let length = length_of_month(year, month);
        let day = if random.happens(2) { length - small(&mut random, 3) } else { 1 + small(&mut random, 28) };
        let (anchor, second) = ((year, month, day), small(&mut random, 80_000));
        let mut periods = i64::from(case.choice.periods);
        let (mut end, past) = (second, 1 + small(&mut random, 40));
        let (until, expected) = if matches!(&case.plan.billing, Billing::Period { day: Some(_), .. }) {
            let until = number_of(anchor) + past;
            (until, until + periods)
        } else {
            if matches!(&case.plan.billing, Billing::Period { year: Some(_), .. }) {
                periods *= 12;
            }
            let until = months_later(anchor, past);
            // An end that was moved by hand is where the next term is counted from.
            end += if random.happens(3) { 1 + small(&mut random, 6_000) } else { 0 };
            let next = if end == second { months_later(anchor, past + periods) } else { months_later(until, periods) };
            (number_of(until), number_of(next))
        };
        let dates = (moment(number_of(anchor), second), moment(until, end));
        let renewed = renewal(&case.plan, &case.choice, dates, &TimeZone::UTC);
        if let Billing::OneOff { .. } = &case.plan.billing {
            assert_eq!(renewed.unwrap_err(), PricingRefused::NothingToRenew);
            continue;
        }
        let Renewal { quote, term } = renewed.unwrap();
        assert_eq!(minors(&quote.lines), case.lines(), "{round}: what was paid once is not paid again");
        assert_eq!(
            term,
            Period { from: dates.1, until: moment(expected, end) },
            "{round}: {anchor:?} {past} {periods}"
        );
        let changes: Vec<Money> =
            (0..random.below(3)).map(|_| Money::of(small(&mut random, 100_000), case.plan.currency)).collect();
        let back = i128::from(refund(quote.total, &changes).unwrap().amount.minor());
        let paid =
            case.lines().iter().sum::<i128>() + changes.iter().map(|paid| i128::from(paid.minor())).sum::<i128>();
        assert_eq!(back, paid, "{round}");
    }
}

#[test]
fn fifty_thousand_amendments_equal_the_second_implementation() {
    let mut random = Random(8);
    let mut refused = 0;
    for round in 0..50_000 {
        let money = |minor: u64| Money::of(i64::try_from(minor).unwrap(), Currency::CNY);
        let days = random.small(800);
        let mut part = || TermPart { price: money(random.below(10_000_000)), days, left: random.small(days + 40) };
        let (before, after) = (part(), part());
        let naive = |part: TermPart| match (i128::from(part.price.minor()), i128::from(part.days)) {
            (price, 0) => price,
            (price, days) => divided(price * i128::from(part.left), days),
        };
        let price = random.below(3_000_000);
        let plan = once(Price { base: Some(Decimal::from_i128_with_scale(i128::from(price), 2)), ..Price::default() });
        let quoted = quote(&Plan { quantities: vec![], ..plan }, &Choice::default()).unwrap();
        let expected = i128::from(price) + naive(after) - naive(before);
        match amend(quoted, 1, (before, after)) {
            Ok(amended) => assert_eq!(i128::from(amended.total.minor()), expected, "{round}"),
            Err(why) => {
                assert_eq!(why, PricingRefused::Less);
                assert!(expected < 0, "{round}");
                refused += 1;
            }
        }
    }
    assert!(refused > 1_000, "both sides are seen");
}
