//! Other currencies: prices of their own, or each price times a rate.

use super::*;

/// A price times a rate, as it is kept: to eight decimals.
fn at_rate(price: i128, rate: i128) -> i128 {
    divided(price * rate, PARTS)
}

fn another(random: &mut Random, than: Currency) -> Currency {
    loop {
        let currency = random.currency();
        if currency != than {
            return currency;
        }
    }
}

/// The same case with other prices in another currency.
fn repriced(case: &Case, currency: Currency, mut price: impl FnMut(i128) -> i128) -> Case {
    let numbers = case.numbers.iter().map(|number| {
        let prices = number.prices.iter().map(|own| price(*own)).collect();
        Number { prices, ..number.clone() }
    });
    let numbers: Vec<Number> = numbers.collect();
    let (base, set_up) = (case.base.map(&mut price), case.set_up.map(&mut price));
    let own = |period: &PeriodPrice| PeriodPrice { price: price_of(base, &numbers), ..period.clone() };
    let billing = match &case.plan.billing {
        Billing::OneOff { .. } => Billing::OneOff { price: price_of(base, &numbers) },
        Billing::Period { day, month, year, set_up: _ } => Billing::Period {
            day: day.as_ref().map(own),
            month: month.as_ref().map(own),
            year: year.as_ref().map(own),
            set_up: set_up.map(decimal),
        },
        Billing::OnDemand(_) | Billing::Package(_) => unreachable!("cases are bought at once"),
    };
    let plan = Plan { currency, billing, ..case.plan.clone() };
    let (choice, off, scale) = (case.choice.clone(), case.off, i128::from(currency.scale()));
    Case { plan, choice, numbers, base, set_up, off, scale }
}

#[test]
fn a_hundred_thousand_quotes_by_other_books_equal_the_second_implementation() {
    let mut random = Random(4);
    for round in 0..100_000 {
        let own = case(&mut random);
        let currency = another(&mut random, own.plan.currency);
        let rate = 1 + i128::from(random.below(300_000_000));
        let by_rate = random.happens(2);
        let other = repriced(&own, currency, |price| if by_rate { at_rate(price, rate) } else { random.price() });
        let prices = if by_rate {
            BookPrices::Rate { rate: decimal(rate) }
        } else {
            BookPrices::Own { billing: Box::new(other.plan.billing.clone()) }
        };
        let plan = Plan { books: vec![Book { currency, prices }], ..own.plan.clone() };
        let quoted = quote(&plan, &Choice { currency: Some(currency), ..own.choice.clone() }).unwrap();
        let mut lines = other.lines();
        lines.extend(other.set_up.map(|set_up| other.minor(set_up)));
        assert_eq!(minors(&quoted.lines), lines, "{round}: {plan:?}");
        assert_eq!((quoted.total.currency(), quoted.notes.len()), (currency, usize::from(by_rate)));
        // What is paid in the plan's own currency knows nothing of the book.
        let at_home = quote(&plan, &own.choice).unwrap();
        assert_eq!(minors(&at_home.lines)[..own.lines().len()], own.lines(), "{round}");
    }
}

#[test]
fn fifty_thousand_records_by_a_rate_equal_the_second_implementation() {
    let mut random = Random(5);
    for round in 0..50_000 {
        let (counting, currency) = (Counting::random(&mut random), random.currency());
        let other = another(&mut random, currency);
        let rate_parts = 1 + i128::from(random.below(300_000_000));
        let billing = Billing::OnDemand(OnDemand {
            cycle: BillingCycle::Hour,
            meters: vec![counting.meter()],
            commitment: None,
            set_up: None,
        });
        let book = Book { currency: other, prices: BookPrices::Rate { rate: decimal(rate_parts) } };
        let plan = Plan { currency, quantities: vec![], billing, books: vec![book] };
        let record = i128::from(random.below(150_000));
        let prices = counting.prices.iter().map(|price| at_rate(*price, rate_parts)).collect();
        let converted = Counting { prices, ..counting };
        let in_other = plan.in_currency(other).unwrap();
        let Billing::OnDemand(on_demand) = &in_other.billing else { panic!("{round}") };
        let rated =
            rate(&on_demand.meters[0], other, Tally::default(), Decimal::from_i128_with_scale(record, 4)).unwrap();
        let exact = rated.exact * Decimal::from_i128_with_scale(converted.per, 0);
        assert_eq!(exact, Decimal::from_i128_with_scale(converted.charged(record), 12), "{round}: {plan:?} {record}");
    }
}
