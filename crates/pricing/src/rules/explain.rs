//! How a price is told, in both languages at once: `25 users: 10 × 30.00 + 15 × 25.00 = 675.00 a month; 12 months − 10 % = 7,290.00`.
//!
//! Quotes are asked for on every click, so that texts are written into one buffer each, without detours.

use kernel::{Currency, Localized, Money};
use rust_decimal::Decimal;

use super::{
    plan::{PeriodUnit, Quantity},
    quote::{Periods, Quote, Rounded},
};

/// What a line is about.
pub(super) enum Head<'q> {
    /// The only price there is.
    Price,
    /// The fixed part beside quantities.
    BasePrice,
    /// `reached` is the beginning of the range whose price holds for the whole quantity.
    Quantity { quantity: &'q Quantity, count: u64, reached: Option<u64> },
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
    let ((per_en, per_zh), (periods_en, periods_zh)) = match (unit, count) {
        (PeriodUnit::Month, 1) => ((" a month; ", "/月；"), (" month", " 个月")),
        (PeriodUnit::Month, _) => ((" a month; ", "/月；"), (" months", " 个月")),
        (PeriodUnit::Year, 1) => ((" a year; ", "/年；"), (" year", " 年")),
        (PeriodUnit::Year, _) => ((" a year; ", "/年；"), (" years", " 年")),
    };
    en.push_str(per_en);
    zh.push_str(per_zh);
    digits(&mut en, u128::from(count), 0, 0);
    digits(&mut zh, u128::from(count), 0, 0);
    en.push_str(periods_en);
    zh.push_str(periods_zh);
    if basis_points > 0 {
        en.push_str(" − ");
        zh.push_str(" − ");
        let (percent, scale) = trimmed(u128::from(basis_points), 2, 0);
        digits(&mut en, percent, scale, 0);
        digits(&mut zh, percent, scale, 0);
        en.push_str(" %");
        zh.push('%');
    }
    result(&mut en, due.exact, due.amount.currency());
    result(&mut zh, due.exact, due.amount.currency());
    write_rounding(due, &mut en, &mut zh);
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
            let one = quantity.unit_one.as_ref().filter(|_| *count == 1);
            en.push_str(one.unwrap_or(&quantity.unit.en));
            zh.push_str(&quantity.unit.zh);
            if let Some(from) = reached {
                en.push_str(" (price from ");
                zh.push_str("（达到 ");
                digits(en, u128::from(*from), 0, 0);
                digits(zh, u128::from(*from), 0, 0);
                en.push_str(" up)");
                zh.push_str(" 的单价）");
            }
            en.push_str(": ");
            zh.push('：');
        }
    }
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

/// ` = 675.00`
pub(super) fn result(out: &mut String, exact: Decimal, currency: Currency) {
    out.push_str(" = ");
    number(out, exact, currency);
}

/// An exact amount with all its decimals, at least those of the currency.
pub(super) fn number(out: &mut String, exact: Decimal, currency: Currency) {
    let (mantissa, scale) = trimmed(exact.mantissa().unsigned_abs(), exact.scale(), currency.exponent());
    digits(out, mantissa, scale, currency.exponent());
}

fn money(out: &mut String, amount: Money) {
    let exponent = amount.currency().exponent();
    digits(out, u128::from(amount.minor().unsigned_abs()), exponent, exponent);
}

/// Takes away the zeros at the end of the decimals, down to the wanted number of places.
fn trimmed(mut mantissa: u128, mut scale: u32, places_min: u32) -> (u128, u32) {
    while scale > places_min && mantissa.is_multiple_of(10) {
        mantissa /= 10;
        scale -= 1;
    }
    (mantissa, scale)
}

/// The digits of `mantissa / 10^scale`, grouped by thousands, with at least `places` decimals.
fn digits(out: &mut String, mantissa: u128, scale: u32, places: u32) {
    // 39 digits of a u128 and their commas, or more zeros than any currency has places.
    let mut reversed = [b'0'; 96];
    let mut length = 0;
    let mut put = |digit: u8| {
        if let Some(place) = reversed.get_mut(length) {
            *place = digit;
            length += 1;
        }
    };
    let mut wide = mantissa;
    // Most numbers fit into a machine word, where a division is ten times cheaper.
    let mut narrow = u64::try_from(mantissa).ok();
    let mut next = || -> (u8, bool) {
        if let Some(number) = narrow {
            narrow = Some(number / 10);
            return (b'0' + u8::try_from(number % 10).unwrap_or(0), number >= 10);
        }
        let digit = b'0' + u8::try_from(wide % 10).unwrap_or(0);
        wide /= 10;
        narrow = u64::try_from(wide).ok();
        (digit, wide > 0)
    };
    for _ in scale..places {
        put(b'0');
    }
    for _ in 0..scale {
        put(next().0);
    }
    if scale.max(places) > 0 {
        put(b'.');
    }
    for place in 0_u32.. {
        if place > 0 && place.is_multiple_of(3) {
            put(b',');
        }
        let (digit, more) = next();
        put(digit);
        if !more {
            break;
        }
    }
    out.extend(reversed[..length].iter().rev().map(|digit| char::from(*digit)));
}

/// All lines of a quote and their sum.
pub(super) fn whole(quote: &Quote) -> Localized {
    if let [only] = quote.lines.as_slice() {
        return only.text.clone();
    }
    let (mut en, mut zh) = (String::new(), String::new());
    for line in &quote.lines {
        en.push_str(&line.text.en);
        en.push_str(". ");
        zh.push_str(&line.text.zh);
        zh.push('。');
    }
    en.push_str("Total: ");
    zh.push_str("合计：");
    for (index, line) in quote.lines.iter().enumerate() {
        let between = if index > 0 { " + " } else { "" };
        for out in [&mut en, &mut zh] {
            out.push_str(between);
            money(out, line.amount);
        }
    }
    for out in [&mut en, &mut zh] {
        if !quote.lines.is_empty() {
            out.push_str(" = ");
        }
        money(out, quote.total);
    }
    Localized { en, zh }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_keep_what_matters() {
        let check = |decimal: &str, currency: &str, text: &str| {
            let mut out = String::new();
            number(&mut out, decimal.parse().unwrap(), currency.parse().unwrap());
            assert_eq!(out, text, "{decimal}");
        };
        check("30", "CNY", "30.00");
        check("30.5", "CNY", "30.50");
        check("0.001500", "CNY", "0.0015");
        check("7290.000", "CNY", "7,290.00");
        check("1234567.5", "JPY", "1,234,567.5");
        check("1234567", "JPY", "1,234,567");
        check("0", "CNY", "0.00");
        check("79228162514264337593543950335", "JPY", "79,228,162,514,264,337,593,543,950,335");
    }
}
