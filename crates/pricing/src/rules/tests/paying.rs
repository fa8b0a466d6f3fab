//! What comes to a price after its plan: set-up, adjustments, tax, another currency, another term, money back.

use jiff::tz::TimeZone;
use kernel::{Currency, Localized, Money, Refusal, Timestamp, time::Period};
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn cny(minor: i64) -> Money {
    Money::of(minor, Currency::CNY)
}

fn adjustment(reduction: Reduction) -> Adjustment {
    let name = Localized::new("Autumn", "金秋");
    Adjustment { source: "test".into(), name, reduction, platform_basis_points: 3_000, stacking: Stacking::WithOthers }
}

fn coupon(amount: i64, threshold: Option<i64>) -> Adjustment {
    adjustment(Reduction::Coupon { amount: cny(amount), threshold: threshold.map(cny) })
}

/// 25 users for 12 months: 7,290.00.
fn standard_year() -> Quote {
    quote(&monthly(standard()), &choice(25, 12)).unwrap()
}

#[test]
fn what_is_taken_off_acts_in_one_order_and_each_is_told() {
    let discount = adjustment(Reduction::Discount { basis_points: 525 });
    let special = adjustment(Reduction::SpecialPrice { price: cny(60_000), per: PricePer::Period });
    let quote = adjust(standard_year(), &[coupon(10_000, Some(500_000)), discount, special]).unwrap();
    let told: Vec<(&str, &str)> =
        quote.lines[1..].iter().map(|line| (line.text.en.as_str(), line.text.zh.as_str())).collect();
    assert_eq!(
        told,
        [
            (
                "Autumn: special price 12 × 600.00 = 7,200.00 instead of 7,290.00 = −90.00",
                "金秋：特价 12 × 600.00 = 7,200.00，原价 7,290.00 = −90.00"
            ),
            ("Autumn: 5.25 % of 7,200.00 = −378.00", "金秋：7,200.00 的 5.25% = −378.00"),
            ("Autumn: 100.00 off from 5,000.00 = −100.00", "金秋：满 5,000.00 减 100.00 = −100.00"),
        ]
    );
    assert_eq!(quote.total, cny(672_200));
    let borne: Vec<(i64, i64)> =
        quote.adjustments.iter().map(|applied| (applied.platform.minor(), applied.seller.minor())).collect();
    assert_eq!(borne, [(2_700, 6_300), (11_340, 26_460), (3_000, 7_000)]);
    assert!(quote.explanation().en.ends_with("Total: 7,290.00 − 90.00 − 378.00 − 100.00 = 6,722.00"));
}

#[test]
fn an_instalment_leaves_the_rest_to_the_others_and_says_so() {
    let part = instalment(standard_year(), cny(200_000), (2, 4)).unwrap();
    assert_eq!((part.total, part.lines[1].amount), (cny(200_000), cny(-529_000)));
    let text = &part.lines[1].text;
    assert_eq!(text.en, "Instalment 2 of 4: 2,000.00 of 7,290.00; left to the others = −5,290.00");
    assert_eq!(text.zh, "第 2 期（共 4 期）：本期 2,000.00，总额 7,290.00；其余各期支付 = −5,290.00");
    assert_eq!(instalment(standard_year(), cny(729_000), (1, 1)).unwrap(), standard_year());
}

#[test]
fn what_cannot_act_is_refused_and_says_why() {
    let refused = |given: &[Adjustment]| {
        let refused = adjust(standard_year(), given).unwrap_err();
        (refused.code(), refused.text().en)
    };
    let (code, text) = refused(&[coupon(100, Some(729_001))]);
    assert_eq!(code, "pricing.below_threshold");
    assert_eq!(text, "'Autumn' holds from 7,290.01 CNY up, this comes to 7,290.00 CNY; buy more or leave it out");
    let tenth = || adjustment(Reduction::Discount { basis_points: 1_000 });
    assert_eq!(refused(&[tenth(), tenth()]).0, "pricing.only_one");
    let both = adjust(standard_year(), &[coupon(100, None), coupon(200, None)]).unwrap();
    assert_eq!(both.total, cny(729_000 - 300), "how many coupons go together is the site's policy");
    let alone = Adjustment { stacking: Stacking::Alone, ..adjustment(Reduction::Discount { basis_points: 100 }) };
    assert_eq!(refused(&[alone.clone(), coupon(100, None)]).0, "pricing.not_together");
    let dollars = Reduction::Coupon { amount: Money::of(1, Currency::USD), threshold: None };
    assert_eq!(refused(&[adjustment(dollars)]).0, "pricing.adjustment_currency");
    let once = adjust(standard_year(), &[alone]).unwrap();
    assert_eq!(adjust(once, &[]).unwrap_err().code(), "pricing.final");
    // A special price that is not lower does nothing.
    let higher = adjustment(Reduction::SpecialPrice { price: cny(729_000), per: PricePer::Whole });
    assert_eq!(adjust(standard_year(), &[higher]).unwrap(), standard_year());
}

#[test]
fn a_coupon_that_is_worth_more_than_the_price_makes_it_nothing() {
    let quote = adjust(standard_year(), &[coupon(800_000, None)]).unwrap();
    assert_eq!(quote.total, cny(0));
    assert_eq!(quote.lines[1].text.en, "Autumn: 8,000.00 off, no more than is due = −7,290.00");
    assert_eq!(quote.lines[1].text.zh, "金秋：减 8,000.00，以应付金额为限 = −7,290.00");
}

fn vat(presentation: TaxPresentation) -> TaxRule {
    TaxRule { name: Localized::new("VAT", "增值税"), basis_points: 1_300, presentation }
}

#[test]
fn a_tax_is_in_the_price_or_comes_on_top_and_is_told_to_the_cent() {
    let inside = tax(standard_year(), &vat(TaxPresentation::Inclusive)).unwrap();
    let worked_out = inside.tax.clone().unwrap();
    assert_eq!(inside.total, cny(729_000));
    assert_eq!((worked_out.net, worked_out.tax), (cny(645_133), cny(83_867)));
    assert_eq!(worked_out.text.en, "Includes 13 % VAT: 7,290.00 × 13 ÷ 113 = 838.67");
    assert_eq!(worked_out.text.zh, "已含 13% 增值税：7,290.00 × 13 ÷ 113 = 838.67");
    assert!(inside.explanation().zh.ends_with("。已含 13% 增值税：7,290.00 × 13 ÷ 113 = 838.67"));
    let on_top = tax(standard_year(), &vat(TaxPresentation::Exclusive)).unwrap();
    assert_eq!(on_top.total, cny(823_770));
    assert_eq!(on_top.lines[1].text.en, "VAT: 13 % of 7,290.00 = 947.70");
    assert_eq!(tax(on_top, &vat(TaxPresentation::Exclusive)).unwrap_err().code(), "pricing.final");
}

fn with_set_up() -> Plan {
    let billing = Billing::Period {
        day: Some(PeriodPrice {
            price: Price { base: Some("3.5".parse().unwrap()), ..Price::default() },
            periods_max: 30,
            discounts: vec![],
        }),
        month: None,
        year: None,
        set_up: Some("500".parse().unwrap()),
    };
    Plan { currency: Currency::CNY, quantities: vec![], billing, books: vec![] }
}

#[test]
fn what_is_paid_once_stands_beside_a_price_per_day_and_is_not_paid_again() {
    let plan = with_set_up();
    plan.check().unwrap();
    let week = Choice { periods: 7, ..Choice::default() };
    let (en, zh) = told(&plan, &week);
    assert_eq!(en, "Price: 3.50 a day; 7 days = 24.50. Set-up, once: 500.00. Total: 24.50 + 500.00 = 524.50");
    assert_eq!(zh, "价格：3.50/天；7 天 = 24.50。一次性开通费：500.00。合计：24.50 + 500.00 = 524.50");
    let first = quote(&plan, &week).unwrap();
    assert_eq!(first.length(), Some(Length::Days(7)));
    assert_eq!(first.by_period().unwrap()[0], cny(50_350));
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let began: Timestamp = "2026-02-25T04:00:00Z".parse().unwrap();
    let next = renewal(&plan, &week, (began, Length::Days(7).end(began, &zone)), &zone).unwrap();
    assert_eq!(next.quote.total, cny(2_450));
    assert_eq!(
        (next.term.from.to_string(), next.term.until.to_string()),
        ("2026-03-04T04:00:00.000000Z".into(), "2026-03-11T04:00:00.000000Z".into())
    );
    // A discount and a special price are about the price, a coupon about all that is to pay.
    let adjusted =
        adjust(first, &[adjustment(Reduction::Discount { basis_points: 5_000 }), coupon(50_000, None)]).unwrap();
    assert_eq!(adjusted.total, cny(52_450 - 1_225 - 50_000));
}

#[test]
fn a_renewal_begins_at_the_old_end_and_keeps_the_day_of_the_month() {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let check = |anchor: &str, until: &str, months: u32, end: &str| {
        let at = |date: &str| -> Timestamp { format!("{date}T04:00:00Z").parse().unwrap() };
        let term = Length::Months(months).next(at(anchor), at(until), &zone);
        assert_eq!(term, Period { from: at(until), until: at(end) }, "{anchor} {until} + {months}");
    };
    check("2026-01-31", "2026-02-28", 1, "2026-03-31");
    check("2026-01-31", "2026-03-31", 1, "2026-04-30");
    check("2026-01-30", "2026-02-28", 1, "2026-03-30");
    check("2028-01-31", "2028-02-29", 12, "2029-02-28");
    check("2028-02-29", "2029-02-28", 36, "2032-02-29");
    check("2028-02-29", "2029-02-28", 12, "2030-02-28");
    check("2026-12-31", "2027-12-31", 2, "2028-02-29");
    check("2026-05-15", "2026-06-15", 1, "2026-07-15");
    // An end that was moved by hand is where the next term is counted from.
    check("2026-01-31", "2026-03-05", 1, "2026-04-05");
}

#[test]
fn a_term_may_not_end_and_then_there_is_nothing_to_renew() {
    let zone = TimeZone::UTC;
    let now = Timestamp::from_micros(0);
    let refused = renewal(&once(standard()), &choice(1, 1), (now, now), &zone).unwrap_err();
    assert_eq!(refused.code(), "pricing.nothing_to_renew");
}

#[test]
fn all_that_was_paid_goes_back_and_is_told_with_its_changes() {
    let back = |changes: &[Money]| refund(standard_year().total, changes).unwrap();
    let whole = back(&[]);
    assert_eq!(whole.amount, cny(729_000));
    let (en, zh) = ("All that was paid goes back: 7,290.00 CNY", "已付款项全额退回：7,290.00 CNY");
    assert_eq!((whole.text.en.as_str(), whole.text.zh.as_str()), (en, zh));
    let one = back(&[cny(50_000)]).text;
    assert_eq!(one.en, "All that was paid goes back, its change included: 7,290.00 + 500.00 = 7,790.00 CNY");
    let two = back(&[cny(50_000), cny(0)]);
    assert_eq!(two.amount, cny(779_000));
    assert_eq!(two.text.zh, "已付款项全额退回（含 2 次变更）：7,290.00 + 500.00 + 0.00 = 7,790.00 CNY");
    let largest = Money::of(i64::MAX, Currency::CNY);
    assert!(refund(largest, &[cny(1)]).is_err());
    assert!(refund(cny(1), &[Money::of(1, "USD".parse().unwrap())]).is_err());
}

#[test]
fn another_currency_has_its_own_prices_or_a_locked_rate_and_never_comes_by_itself() {
    let own = Billing::OneOff { price: of_users(QuantityPrice::Linear { unit_price: "4.90".parse().unwrap() }) };
    let mut plan = once(standard());
    plan.books = vec![
        Book { currency: Currency::USD, prices: BookPrices::Own { billing: Box::new(own) } },
        Book { currency: Currency::EUR, prices: BookPrices::Rate { rate: "0.1275".parse().unwrap() } },
    ];
    let paid = |currency: Option<Currency>| quote(&plan, &Choice { currency, ..choice(25, 1) });
    assert_eq!(paid(None).unwrap().total, cny(67_500));
    assert_eq!(paid(Some(Currency::USD)).unwrap().total, Money::of(12_250, Currency::USD));
    let euros = paid(Some(Currency::EUR)).unwrap();
    let text = euros.explanation();
    assert_eq!(
        text.en,
        "25 users: 10 × 3.825 + 15 × 3.1875 = 86.0625, rounded to 86.06. Prices in EUR at the seller's locked rate: 1 CNY = 0.1275 EUR"
    );
    assert!(text.zh.ends_with("。EUR 价格按商家锁定的汇率计算：1 CNY = 0.1275 EUR"), "{}", text.zh);
    let refused = paid(Some("JPY".parse().unwrap())).unwrap_err();
    assert_eq!(refused.to_string(), "this SKU has no prices in JPY; choose CNY or USD or EUR");
}

#[test]
fn what_was_stored_before_still_reads() {
    let old = json!({
        "total": {"minor": 729_000, "currency": "CNY"},
        "lines": [{"text": {"en": "a", "zh": "b"}, "amount": {"minor": 729_000, "currency": "CNY"}}],
        "unit": "month", "periods": 12
    });
    let quote: Quote = serde_json::from_value(old.clone()).unwrap();
    assert_eq!(quote.lines[0].kind, LineKind::Price);
    assert_eq!(serde_json::to_value(&quote).unwrap(), old, "and is written as it was");
    let billing = json!({"mode": "period", "month": {"price": {"base": "1.00"}, "periods_max": 12}});
    let read: Billing = serde_json::from_value(billing.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), billing);
    let choice: Choice = serde_json::from_value(json!({"quantities": {"users": 1}, "periods": 3})).unwrap();
    assert_eq!(choice.currency, None);
}

prop_compose! {
    fn adjustments()(
        special in prop::option::of((1_i64..2_000_000, any::<bool>())),
        discount in prop::option::of(1_u32..10_000),
        coupon in prop::option::of(1_i64..2_000_000),
        platform_basis_points in 0_u32..=10_000,
    ) -> Vec<Adjustment> {
        let per = |whole| if whole { PricePer::Whole } else { PricePer::Period };
        let special = special.map(|(price, whole)| Reduction::SpecialPrice { price: cny(price), per: per(whole) });
        let discount = discount.map(|basis_points| Reduction::Discount { basis_points });
        let coupon = coupon.map(|amount| Reduction::Coupon { amount: cny(amount), threshold: None });
        let given = coupon.into_iter().chain(discount).chain(special);
        given.map(|reduction| Adjustment { platform_basis_points, ..adjustment(reduction) }).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn whatever_is_taken_off_and_taxed_nothing_is_lost_and_nothing_goes_below_zero(
        count in 1_u64..1_000, periods in 1_u32..=36, given in adjustments(), basis_points in 0_u32..=10_000, on_top in any::<bool>(),
    ) {
        let plain = quote(&monthly(standard()), &choice(count, periods)).unwrap();
        let adjusted = adjust(plain.clone(), &given).unwrap();
        let presentation = if on_top { TaxPresentation::Exclusive } else { TaxPresentation::Inclusive };
        let taxed = tax(adjusted.clone(), &TaxRule { basis_points, ..vat(presentation) }).unwrap();
        for quote in [&adjusted, &taxed] {
            prop_assert!(!quote.total.is_negative());
            prop_assert_eq!(Money::sum(Currency::CNY, quote.lines.iter().map(|line| line.amount)).unwrap(), quote.total);
            for line in &quote.lines {
                prop_assert_eq!(last_number(&line.text.en, Currency::CNY), line.amount.minor().abs());
                prop_assert_eq!(last_number(&line.text.zh, Currency::CNY), line.amount.minor().abs());
            }
        }
        prop_assert!(adjusted.total.minor() <= plain.total.minor());
        let mut off = 0;
        for applied in &adjusted.adjustments {
            prop_assert!(applied.off.is_positive() && !applied.platform.is_negative() && !applied.seller.is_negative());
            prop_assert_eq!(applied.platform.plus(applied.seller).unwrap(), applied.off);
            off += applied.off.minor();
        }
        prop_assert_eq!(plain.total.minor() - off, adjusted.total.minor());
        let worked_out = taxed.tax.clone().unwrap();
        prop_assert_eq!(worked_out.net.plus(worked_out.tax).unwrap(), taxed.total);
        prop_assert_eq!(last_number(&worked_out.text.zh, Currency::CNY), worked_out.tax.minor());
    }
}
