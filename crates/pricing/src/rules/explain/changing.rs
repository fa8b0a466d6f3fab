//! How changes in the middle of a term are told: `…; 100 of 365 days − 10 %, rounded = 3,287.67`.

use kernel::{Localized, Money};

use super::{digits, money, write_percent};
use crate::rules::{
    amend::{Side, TermPart},
    change::Rest,
};

/// `100 of 365 days − 10 %, rounded = `, `100/365 天 − 10%，取整 = `
pub(super) fn write_days(
    (left, days): (u32, u32),
    basis_points: u32,
    is_exact: bool,
    en: &mut String,
    zh: &mut String,
) {
    digits(en, u128::from(left), 0, 0);
    digits(zh, u128::from(left), 0, 0);
    en.push_str(" of ");
    zh.push('/');
    digits(en, u128::from(days), 0, 0);
    digits(zh, u128::from(days), 0, 0);
    en.push_str(" days");
    zh.push_str(" 天");
    if basis_points > 0 {
        en.push_str(" − ");
        zh.push_str(" − ");
        write_percent(basis_points, en, zh);
    }
    if !is_exact {
        en.push_str(", rounded");
        zh.push_str("，取整");
    }
    en.push_str(" = ");
    zh.push_str(" = ");
}

fn write_rest(whole: Money, rest: Rest, en: &mut String, zh: &mut String) {
    zh.push_str("剩余 ");
    let (parts, of) = rest.fraction();
    let is_exact = i128::from(whole.minor()).checked_mul(parts).is_some_and(|product| product % of == 0);
    write_days((rest.left, rest.days), rest.basis_points, is_exact, en, zh);
}

/// A line about the whole term, for what remains of it.
pub(in crate::rules) fn for_rest(mut text: Localized, whole: Money, rest: Rest, due: Money) -> Localized {
    text.en.push_str("; ");
    text.zh.push('；');
    write_rest(whole, rest, &mut text.en, &mut text.zh);
    money(&mut text.en, due);
    money(&mut text.zh, due);
    text
}

pub(in crate::rules) fn credit(paid: Money, rest: Rest, off: Money) -> Localized {
    let (mut en, mut zh) = ("Paid before ".to_owned(), "原已支付 ".to_owned());
    money(&mut en, paid);
    money(&mut zh, paid);
    en.push_str("; ");
    zh.push('；');
    write_rest(paid, rest, &mut en, &mut zh);
    for out in [&mut en, &mut zh] {
        out.push('−');
        money(out, off);
    }
    Localized { en, zh }
}

pub(in crate::rules) fn never_below_zero(up: Money) -> Localized {
    let (mut en, mut zh) = ("More never costs less than nothing: ".to_owned(), "扩容费用最低为 0，补足 ".to_owned());
    money(&mut en, up);
    money(&mut zh, up);
    Localized { en, zh }
}

/// `Amendment 1, new price: 8,000.00; 200 of 365 days, rounded = 4,383.56`
pub(in crate::rules) fn amended(number: u32, side: Side, (part, amount): (TermPart, Money)) -> Localized {
    let (en, zh) = match side {
        Side::Before => ("price before", "原价格"),
        Side::After => ("new price", "新价格"),
    };
    let mut en = format!("Amendment {number}, {en}: ");
    let mut zh = format!("第 {number} 次变更，{zh}：");
    if part.days > 0 {
        money(&mut en, part.price);
        money(&mut zh, part.price);
        en.push_str("; ");
        zh.push('；');
        write_days((part.left, part.days), 0, part.is_exact(), &mut en, &mut zh);
    }
    for out in [&mut en, &mut zh] {
        if amount.is_negative() {
            out.push('−');
        }
        money(out, amount);
    }
    Localized { en, zh }
}
