//! How adjustments and taxes are told: `Autumn coupon: 50.00 off from 300.00 = −50.00`.

use std::fmt::Write as _;

use kernel::{Localized, Money, rate::exact};
use rust_decimal::Decimal;

use super::{digits, money, result, write_percent};
use crate::rules::tax::{Tax, TaxPresentation};

/// `= −50.00`, with what was rounded before it.
fn write_off(product: Option<Decimal>, off: Money, en: &mut String, zh: &mut String) {
    if let Some(product) = product.filter(|product| *product != exact(off)) {
        for out in [&mut *en, &mut *zh] {
            out.push_str(" = −");
            super::number(out, product, off.currency());
        }
        en.push_str(", rounded to −");
        zh.push_str("，取整为 −");
    } else {
        en.push_str(" = −");
        zh.push_str(" = −");
    }
    money(en, off);
    money(zh, off);
}

/// A part of an amount, exactly.
fn part(whole: Money, basis_points: u32) -> Option<Decimal> {
    exact(whole).checked_mul(Decimal::new(i64::from(basis_points), 4))
}

pub(in crate::rules) fn special_price(name: &Localized, each: (u32, Money), whole: Money, before: Money) -> Localized {
    let (mut en, mut zh) = (format!("{}: special price ", name.en), format!("{}：特价 ", name.zh));
    let (count, price) = each;
    for out in [&mut en, &mut zh] {
        if count > 1 {
            digits(out, u128::from(count), 0, 0);
            out.push_str(" × ");
            money(out, price);
            result(out, exact(whole), whole.currency());
        } else {
            money(out, whole);
        }
    }
    en.push_str(" instead of ");
    zh.push_str("，原价 ");
    money(&mut en, before);
    money(&mut zh, before);
    if let Ok(off) = before.minus(whole) {
        write_off(None, off, &mut en, &mut zh);
    }
    Localized { en, zh }
}

pub(in crate::rules) fn discount(
    name: &Localized,
    basis_points: u32,
    before: Money,
    (share, off): (Money, Money),
) -> Localized {
    let (mut en, mut zh) = (format!("{}: ", name.en), format!("{}：", name.zh));
    let mut percent = (String::new(), String::new());
    write_percent(basis_points, &mut percent.0, &mut percent.1);
    en.push_str(&percent.0);
    en.push_str(" of ");
    money(&mut en, before);
    money(&mut zh, before);
    zh.push_str(" 的 ");
    zh.push_str(&percent.1);
    if share == off {
        write_off(part(before, basis_points), off, &mut en, &mut zh);
    } else {
        en.push_str(", no more than is due");
        zh.push_str("，以应付金额为限");
        write_off(None, off, &mut en, &mut zh);
    }
    Localized { en, zh }
}

pub(in crate::rules) fn coupon(name: &Localized, amount: Money, threshold: Option<Money>, off: Money) -> Localized {
    let (mut en, mut zh) = (format!("{}: ", name.en), format!("{}：", name.zh));
    if let Some(threshold) = threshold.filter(|threshold| threshold.is_positive()) {
        zh.push_str("满 ");
        money(&mut zh, threshold);
        zh.push(' ');
    }
    zh.push_str("减 ");
    money(&mut zh, amount);
    money(&mut en, amount);
    en.push_str(" off");
    if let Some(threshold) = threshold.filter(|threshold| threshold.is_positive()) {
        en.push_str(" from ");
        money(&mut en, threshold);
    }
    if off != amount {
        en.push_str(", no more than is due");
        zh.push_str("，以应付金额为限");
    }
    write_off(None, off, &mut en, &mut zh);
    Localized { en, zh }
}

/// `Instalment 2 of 4: 1,000.00 of 4,000.00; left to the others = −3,000.00`
pub(in crate::rules) fn instalment((number, of): (u32, u32), part: Money, (whole, rest): (Money, Money)) -> Localized {
    let mut en = format!("Instalment {number} of {of}: ");
    let mut zh = format!("第 {number} 期（共 {of} 期）：本期 ");
    money(&mut en, part);
    money(&mut zh, part);
    en.push_str(" of ");
    zh.push_str("，总额 ");
    money(&mut en, whole);
    money(&mut zh, whole);
    en.push_str("; left to the others");
    zh.push_str("；其余各期支付");
    write_off(None, rest, &mut en, &mut zh);
    Localized { en, zh }
}

/// The tax that is in an amount, or comes on top of it.
pub(in crate::rules) fn tax(name: &Localized, tax: &Tax, base: Money) -> Localized {
    let (mut en, mut zh) = (String::new(), String::new());
    let mut percent = (String::new(), String::new());
    write_percent(tax.basis_points, &mut percent.0, &mut percent.1);
    let product = match tax.presentation {
        TaxPresentation::Exclusive => {
            let _ = write!(en, "{}: {} of ", name.en, percent.0);
            let _ = write!(zh, "{}：", name.zh);
            money(&mut en, base);
            money(&mut zh, base);
            zh.push_str(" 的 ");
            zh.push_str(&percent.1);
            part(base, tax.basis_points)
        }
        TaxPresentation::Inclusive => {
            let _ = write!(en, "Includes {} {}: ", percent.0, name.en);
            let _ = write!(zh, "已含 {} {}：", percent.1, name.zh);
            let whole = Decimal::new(i64::from(tax.basis_points), 2).normalize();
            for out in [&mut en, &mut zh] {
                money(out, base);
                let _ = write!(out, " × {whole} ÷ {}", whole + Decimal::ONE_HUNDRED);
            }
            None
        }
    };
    if let Some(product) = product.filter(|product| *product != exact(tax.tax)) {
        for out in [&mut en, &mut zh] {
            result(out, product, base.currency());
        }
        en.push_str(", rounded to ");
        zh.push_str("，取整为 ");
    } else {
        en.push_str(" = ");
        zh.push_str(" = ");
    }
    money(&mut en, tax.tax);
    money(&mut zh, tax.tax);
    Localized { en, zh }
}
