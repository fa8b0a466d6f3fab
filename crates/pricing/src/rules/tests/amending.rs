//! Amendments of what was agreed.

use kernel::{Currency, Localized, Money};
use proptest::prelude::*;

use crate::rules::{LineKind, Quote, QuoteLine, TaxPresentation, TaxRule, TermPart, amend, price_of_term, tax};

fn cny(minor: i64) -> Money {
    Money::of(minor, Currency::CNY)
}

fn agreed(price: i64, set_up: i64) -> Quote {
    let line = |minor, kind| QuoteLine { text: Localized::new("Price", "价格"), amount: cny(minor), kind };
    let mut quote = Quote::empty(Currency::CNY);
    quote.total = cny(price + set_up);
    quote.lines = vec![line(price, LineKind::Price)];
    if set_up > 0 {
        quote.lines.push(line(set_up, LineKind::SetUp));
    }
    quote
}

fn part(price: i64, days: u32, left: u32) -> TermPart {
    TermPart { price: cny(price), days, left }
}

#[test]
fn the_rest_of_a_term_is_paid_anew_less_what_it_would_have_cost() {
    let quote = amend(agreed(600_000, 0), 1, (part(600_000, 365, 150), part(800_000, 365, 200))).unwrap();
    let told: Vec<(&str, &str)> =
        quote.lines.iter().skip(1).map(|line| (line.text.en.as_str(), line.text.zh.as_str())).collect();
    assert_eq!(
        told,
        [
            (
                "Amendment 1, new price: 8,000.00; 200 of 365 days, rounded = 4,383.56",
                "第 1 次变更，新价格：8,000.00；200/365 天，取整 = 4,383.56"
            ),
            (
                "Amendment 1, price before: 6,000.00; 150 of 365 days, rounded = −2,465.75",
                "第 1 次变更，原价格：6,000.00；150/365 天，取整 = −2,465.75"
            )
        ]
    );
    assert_eq!(quote.total, cny(600_000 + 438_356 - 246_575));
}

#[test]
fn what_has_no_term_is_paid_anew_as_a_whole() {
    let quote = amend(agreed(600_000, 0), 2, (part(600_000, 0, 0), part(500_000, 0, 0))).unwrap();
    assert_eq!((quote.total, quote.lines[1].text.en.as_str()), (cny(500_000), "Amendment 2, new price: 5,000.00"));
}

#[test]
fn what_is_paid_once_is_no_part_of_a_term() {
    assert_eq!(price_of_term(&agreed(600_000, 50_000)).unwrap(), cny(600_000));
    let rule =
        TaxRule {
            name: Localized::new("VAT", "增值税"), basis_points: 600, presentation: TaxPresentation::Exclusive
        };
    let taxed = tax(agreed(600_000, 50_000), &rule).unwrap();
    assert_eq!(price_of_term(&taxed).unwrap(), cny(636_000), "with its part of the tax");
    let amended = amend(taxed, 1, (part(636_000, 365, 365), part(318_000, 365, 365))).unwrap();
    let told = amended.tax.unwrap();
    assert_eq!((amended.total, told.net.plus(told.tax).unwrap()), (cny(371_000), cny(371_000)));
}

proptest! {
    #[test]
    fn an_amendment_neither_loses_nor_invents_a_cent(
        price in 1_i64..1_000_000_000, new in 1_i64..1_000_000_000, days in 1_u32..1_100, used in 0_u32..1_100, more in 0_u32..400,
    ) {
        let left = days.saturating_sub(used.min(days));
        let (before, after) = (part(price, days, left), part(new, days, left + more));
        let quote = amend(agreed(price, 0), 1, (before, after)).unwrap();
        prop_assert_eq!(Money::sum(Currency::CNY, quote.lines.iter().map(|line| line.amount)).unwrap(), quote.total);
        let difference = after.amount().unwrap().minor() - before.amount().unwrap().minor();
        prop_assert_eq!(quote.total.minor(), price + difference);
        // The same conditions for the same days cost nothing.
        let same = amend(agreed(price, 0), 1, (before, before)).unwrap();
        prop_assert_eq!(same.total.minor(), price);
    }
}
