//! Unit prices and the one place where an exact product becomes whole minor units.

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};

use crate::money::{Currency, Money, MoneyError};

/// Ten thousand basis points are the whole: 500 is 5 %.
pub const BASIS_POINTS: u32 = 10_000;

/// Rounds an exact amount in major units half to even, to the currency's minor unit.
pub fn charge_rounded_half_even(major: Decimal, currency: Currency) -> Result<Money, MoneyError> {
    rounded(major, currency, RoundingStrategy::MidpointNearestEven)
}

/// Rounds before it multiplies: a product of more digits than a decimal has would be rounded twice.
fn rounded(major: Decimal, currency: Currency, strategy: RoundingStrategy) -> Result<Money, MoneyError> {
    let whole = major.round_dp_with_strategy(currency.exponent(), strategy);
    let minor = whole.checked_mul(Decimal::from(currency.scale())).ok_or(MoneyError::Overflow)?;
    minor.to_i64().map(|minor| Money::of(minor, currency)).ok_or(MoneyError::Overflow)
}

/// A share of an amount in basis points, rounded half to even.
pub fn share_rounded_half_even(whole: Money, basis_points: u32) -> Result<Money, MoneyError> {
    fraction_rounded_half_even(whole, i128::from(basis_points), i128::from(BASIS_POINTS))
}

/// So many parts of an amount that has so many, rounded once, half to even: 100 of 365 days.
pub fn fraction_rounded_half_even(whole: Money, parts: i128, of: i128) -> Result<Money, MoneyError> {
    if of <= 0 {
        return Err(MoneyError::NoShares);
    }
    let product = i128::from(whole.minor()).checked_mul(parts).ok_or(MoneyError::Overflow)?;
    let (floor, rest) = (product.div_euclid(of), product.rem_euclid(of));
    let up = match rest.cmp(&(of - rest)) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Greater => 1,
        std::cmp::Ordering::Equal => floor.rem_euclid(2),
    };
    i64::try_from(floor + up).map(|minor| Money::of(minor, whole.currency())).map_err(|_| MoneyError::Overflow)
}

/// The whole minor units of an exact amount in major units, rounded down, and what remains of it: less than one minor unit.
pub fn whole_and_rest(major: Decimal, currency: Currency) -> Result<(Money, Decimal), MoneyError> {
    let whole = rounded(major, currency, RoundingStrategy::ToNegativeInfinity)?;
    Ok((whole, major.checked_sub(exact(whole)).ok_or(MoneyError::Overflow)?))
}

/// The exact amount in major units.
pub fn exact(amount: Money) -> Decimal {
    Decimal::new(amount.minor(), amount.currency().exponent())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn halves_go_to_the_even_neighbour() {
        let check = |major: &str, minor: i64| {
            let rounded = charge_rounded_half_even(major.parse().unwrap(), Currency::CNY).unwrap();
            assert_eq!(rounded.minor(), minor, "{major}");
        };
        check("0.005", 0);
        check("0.015", 2);
        check("0.0251", 3);
        check("-0.015", -2);
        assert_eq!(share_rounded_half_even(Money::of(10, Currency::CNY), 500).unwrap().minor(), 0);
        assert_eq!(share_rounded_half_even(Money::of(30, Currency::CNY), 500).unwrap().minor(), 2);
        assert_eq!(fraction_rounded_half_even(Money::of(-5, Currency::CNY), 1, 2).unwrap().minor(), -2);
        assert_eq!(fraction_rounded_half_even(Money::of(1_000, Currency::CNY), 100, 365).unwrap().minor(), 274);
        assert!(fraction_rounded_half_even(Money::of(1, Currency::CNY), 1, 0).is_err());
    }

    #[test]
    fn whole_units_and_their_rest_are_the_amount() {
        let check = |major: &str, minor: i64, rest: &str| {
            let (whole, left) = whole_and_rest(major.parse().unwrap(), Currency::CNY).unwrap();
            assert_eq!((whole.minor(), left), (minor, rest.parse().unwrap()), "{major}");
        };
        check("0.0199", 1, "0.0099");
        check("-0.001", -1, "0.009");
        check("7", 700, "0");
        check("0.0099999999999999999999999999", 0, "0.0099999999999999999999999999");
    }

    #[test]
    fn an_amount_that_does_not_fit_is_an_error() {
        assert_eq!(charge_rounded_half_even(Decimal::MAX, Currency::CNY), Err(MoneyError::Overflow));
    }

    proptest! {
        #[test]
        fn a_share_and_its_rest_make_the_whole(minor in 0_i64..1_000_000_000_000, bp in 0_u32..=10_000) {
            let whole = Money::of(minor, Currency::CNY);
            let share = share_rounded_half_even(whole, bp).unwrap();
            prop_assert!(!share.is_negative() && share.minor() <= minor);
            let by_decimal = charge_rounded_half_even(exact(whole) * Decimal::new(i64::from(bp), 4), Currency::CNY).unwrap();
            prop_assert_eq!(share, by_decimal);
        }
    }
}
