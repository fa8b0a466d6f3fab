//! How a price is told, in both languages at once: `25 users: 10 × 30.00 + 15 × 25.00 = 675.00 a month; 12 months − 10 % = 7,290.00`.
//!
//! Quotes are asked for on every click, so that texts are written into one buffer each, without detours.

use kernel::{Currency, Localized};
use rust_decimal::Decimal;

use super::{
    plan::{PeriodUnit, Quantity},
    quote::{Periods, Quote, Rounded},
};

mod adjusting;
mod changing;
mod numbers;
mod rating;
mod returning;
mod using;

pub(super) use adjusting::{coupon, discount, instalment, special_price, tax};
pub(super) use changing::{amended, credit, for_rest, never_below_zero};
use numbers::{digits, money, trimmed};
pub(super) use numbers::{number, result};
pub(super) use rating::{Formula, counted, deducted, say_rounding, shortfall};
pub(super) use returning::refund;
pub(super) use using::{on_demand, overage, package};

/// What a line is about.
pub(super) enum Head<'q> {
    /// The only price there is.
    Price,
    /// The fixed part beside quantities.
    BasePrice,
    /// `reached` is the beginning of the range whose price holds for the whole quantity.
    Quantity { quantity: &'q Quantity, count: u64, reached: Option<u64> },
    /// What comes to a number that is paid already.
    Added { quantity: &'q Quantity, count: u64, reached: u64 },
}

/// A line: its head, the formula of one period, what it comes to, and the same for all periods.
pub(super) fn line(
    head: &Head<'_>,
    formula: &str,
    per_period: Rounded,
    periods: Option<Periods>,
    due: Rounded,
) -> Localized {
    let mut en = String::with_capacity(formula.len() + 80);
    let mut zh = String::with_capacity(formula.len() + 80);
    write_head(head, &mut en, &mut zh);
    en.push_str(formula);
    zh.push_str(formula);
    write_rounding(per_period, &mut en, &mut zh);
    let Some(Periods { unit, count, basis_points }) = periods else {
        return Localized { en, zh };
    };
    let (per_en, per_zh) = match unit {
        PeriodUnit::Day => (" a day; ", "/天；"),
        PeriodUnit::Month => (" a month; ", "/月；"),
        PeriodUnit::Year => (" a year; ", "/年；"),
    };
    en.push_str(per_en);
    zh.push_str(per_zh);
    write_length(unit, count, &mut en, &mut zh);
    if basis_points > 0 {
        en.push_str(" − ");
        zh.push_str(" − ");
        write_percent(basis_points, &mut en, &mut zh);
    }
    result(&mut en, due.exact, due.amount.currency());
    result(&mut zh, due.exact, due.amount.currency());
    write_rounding(due, &mut en, &mut zh);
    Localized { en, zh }
}

/// `12 months`, `12 个月`
fn write_length(unit: PeriodUnit, count: u32, en: &mut String, zh: &mut String) {
    digits(en, u128::from(count), 0, 0);
    digits(zh, u128::from(count), 0, 0);
    let (of_en, of_zh) = match (unit, count) {
        (PeriodUnit::Day, 1) => (" day", " 天"),
        (PeriodUnit::Day, _) => (" days", " 天"),
        (PeriodUnit::Month, 1) => (" month", " 个月"),
        (PeriodUnit::Month, _) => (" months", " 个月"),
        (PeriodUnit::Year, 1) => (" year", " 年"),
        (PeriodUnit::Year, _) => (" years", " 年"),
    };
    en.push_str(of_en);
    zh.push_str(of_zh);
}

/// `12.5 %`, `12.5%`
fn write_percent(basis_points: u32, en: &mut String, zh: &mut String) {
    let (percent, scale) = trimmed(u128::from(basis_points), 2, 0);
    digits(en, percent, scale, 0);
    digits(zh, percent, scale, 0);
    en.push_str(" %");
    zh.push('%');
}

/// `Set-up, once: 500.00`
pub(super) fn set_up(once: Rounded) -> Localized {
    let (mut en, mut zh) = ("Set-up, once: ".to_owned(), "一次性开通费：".to_owned());
    number(&mut en, once.exact, once.amount.currency());
    number(&mut zh, once.exact, once.amount.currency());
    write_rounding(once, &mut en, &mut zh);
    Localized { en, zh }
}

fn write_head(head: &Head<'_>, en: &mut String, zh: &mut String) {
    match head {
        Head::Price => {
            en.push_str("Price: ");
            zh.push_str("价格：");
        }
        Head::BasePrice => {
            en.push_str("Base price: ");
            zh.push_str("基础价格：");
        }
        Head::Quantity { quantity, count, reached } => {
            digits(en, u128::from(*count), 0, 0);
            digits(zh, u128::from(*count), 0, 0);
            en.push(' ');
            zh.push(' ');
            write_unit(quantity, *count, *reached, en, zh);
        }
        Head::Added { quantity, count, reached } => {
            digits(en, u128::from(*count), 0, 0);
            en.push_str(" more ");
            zh.push_str("增加 ");
            digits(zh, u128::from(*count), 0, 0);
            zh.push(' ');
            write_unit(quantity, *count, Some(*reached), en, zh);
        }
    }
}

fn write_unit(quantity: &Quantity, count: u64, reached: Option<u64>, en: &mut String, zh: &mut String) {
    let one = quantity.unit_one.as_ref().filter(|_| count == 1);
    en.push_str(one.unwrap_or(&quantity.unit.en));
    zh.push_str(&quantity.unit.zh);
    if let Some(from) = reached {
        en.push_str(" (price from ");
        zh.push_str("（达到 ");
        digits(en, u128::from(from), 0, 0);
        digits(zh, u128::from(from), 0, 0);
        en.push_str(" up)");
        zh.push_str(" 的单价）");
    }
    en.push_str(": ");
    zh.push('：');
}

/// Says so when the exact amount is not whole minor units.
fn write_rounding(rounded: Rounded, en: &mut String, zh: &mut String) {
    if rounded.exact != kernel::rate::exact(rounded.amount) {
        en.push_str(", rounded to ");
        zh.push_str("，取整为 ");
        money(en, rounded.amount);
        money(zh, rounded.amount);
    }
}

/// One product of a formula: `10 × 30.00`, with a plus before it unless it is the first.
pub(super) fn term(out: &mut String, count: u64, unit_price: Decimal, currency: Currency) {
    if !out.is_empty() {
        out.push_str(" + ");
    }
    digits(out, u128::from(count), 0, 0);
    out.push_str(" × ");
    number(out, unit_price, currency);
}

/// All lines of a quote and their sum, then what holds beside them.
pub(super) fn whole(quote: &Quote) -> Localized {
    let (mut en, mut zh) = match quote.lines.as_slice() {
        [only] => (only.text.en.clone(), only.text.zh.clone()),
        lines => {
            let (mut en, mut zh) = (String::new(), String::new());
            for line in lines {
                en.push_str(&line.text.en);
                en.push_str(". ");
                zh.push_str(&line.text.zh);
                zh.push('。');
            }
            write_total(quote, &mut en, &mut zh);
            (en, zh)
        }
    };
    for text in quote.beside() {
        en.push_str(". ");
        en.push_str(&text.en);
        zh.push('。');
        zh.push_str(&text.zh);
    }
    Localized { en, zh }
}

fn write_total(quote: &Quote, en: &mut String, zh: &mut String) {
    en.push_str("Total: ");
    zh.push_str("合计：");
    for out in [en, zh] {
        for (index, line) in quote.lines.iter().enumerate() {
            let between = match (index, line.amount.is_negative()) {
                (0, false) => "",
                (0, true) => "−",
                (_, false) => " + ",
                (_, true) => " − ",
            };
            out.push_str(between);
            money(out, line.amount);
        }
        if !quote.lines.is_empty() {
            out.push_str(" = ");
        }
        money(out, quote.total);
    }
}
