//! Numbers in explanations: exact, grouped, the same in both languages.

use kernel::{Currency, Money};
use rust_decimal::Decimal;

/// ` = 675.00`
pub(in super::super) fn result(out: &mut String, exact: Decimal, currency: Currency) {
    out.push_str(" = ");
    number(out, exact, currency);
}

/// An exact amount with all its decimals, at least those of the currency.
pub(in super::super) fn number(out: &mut String, exact: Decimal, currency: Currency) {
    let (mantissa, scale) = trimmed(exact.mantissa().unsigned_abs(), exact.scale(), currency.exponent());
    digits(out, mantissa, scale, currency.exponent());
}

/// An amount without its sign, which the words around it say.
pub(super) fn money(out: &mut String, amount: Money) {
    let exponent = amount.currency().exponent();
    digits(out, u128::from(amount.minor().unsigned_abs()), exponent, exponent);
}

/// Takes away the zeros at the end of the decimals, down to the wanted number of places.
pub(super) fn trimmed(mut mantissa: u128, mut scale: u32, places_min: u32) -> (u128, u32) {
    while scale > places_min && mantissa.is_multiple_of(10) {
        mantissa /= 10;
        scale -= 1;
    }
    (mantissa, scale)
}

/// The digits of `mantissa / 10^scale`, grouped by thousands, with at least `places` decimals.
pub(super) fn digits(out: &mut String, mantissa: u128, scale: u32, places: u32) {
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

/// A count with the decimals that it has, and no others.
pub(super) fn count(out: &mut String, count: Decimal) {
    let (mantissa, scale) = trimmed(count.mantissa().unsigned_abs(), count.scale(), 0);
    digits(out, mantissa, scale, 0);
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
