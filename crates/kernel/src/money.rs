//! Amounts: whole minor units that know their currency.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An ISO 4217 currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    pub const CNY: Self = Self(iso_currency::Currency::CNY);
    pub const USD: Self = Self(iso_currency::Currency::USD);
    pub const EUR: Self = Self(iso_currency::Currency::EUR);

    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many decimal places the minor unit has: 2 for CNY, 0 for JPY.
    pub fn exponent(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }

    /// Minor units in one major unit: 100 for CNY.
    pub fn scale(self) -> i64 {
        10_i64.pow(self.exponent())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not an ISO 4217 currency code")]
pub struct UnknownCurrency(String);

impl std::str::FromStr for Currency {
    type Err = UnknownCurrency;
    fn from_str(text: &str) -> Result<Self, UnknownCurrency> {
        iso_currency::Currency::from_code(text).map(Self).ok_or_else(|| UnknownCurrency(text.to_owned()))
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as Deserialize>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

crate::stored_as_text!(Currency);

impl utoipa::PartialSchema for Currency {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("ISO 4217 currency code"))
            .pattern(Some("^[A-Z]{3}$"))
            .examples(["CNY"])
            .into()
    }
}
impl utoipa::ToSchema for Currency {
    fn name() -> std::borrow::Cow<'static, str> {
        "Currency".into()
    }
}

/// An amount in whole minor units (fen, cents) of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"minor": 729_000, "currency": "CNY"}))]
pub struct Money {
    /// Minor units: 729000 is 7,290.00 CNY.
    minor: i64,
    currency: Currency,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("an amount in {0} cannot be combined with one in {1}; convert one of them first")]
    Currencies(Currency, Currency),
    #[error("the amount is too large to be represented")]
    Overflow,
    #[error("an amount cannot be split over no shares")]
    NoShares,
}

impl crate::Refusal for MoneyError {
    fn code(&self) -> &'static str {
        match self {
            Self::Currencies(..) => "money.currencies",
            Self::Overflow => "money.overflow",
            Self::NoShares => "money.no_shares",
        }
    }
    fn text(&self) -> crate::Localized {
        let zh = match self {
            Self::Currencies(one, other) => format!("{one} 金额不能与 {other} 金额合并计算，须先换算成同一币种"),
            Self::Overflow => "金额过大，无法表示".to_owned(),
            Self::NoShares => "金额不能分成零份".to_owned(),
        };
        crate::Localized::new(self.to_string(), zh)
    }
}

impl Money {
    pub const fn of(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    pub const fn minor(self) -> i64 {
        self.minor
    }

    pub const fn currency(self) -> Currency {
        self.currency
    }

    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    pub const fn is_negative(self) -> bool {
        self.minor < 0
    }

    pub const fn is_positive(self) -> bool {
        self.minor > 0
    }

    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    pub fn negated(self) -> Result<Self, MoneyError> {
        Ok(Self { minor: self.minor.checked_neg().ok_or(MoneyError::Overflow)?, ..self })
    }

    pub fn times(self, count: i64) -> Result<Self, MoneyError> {
        Ok(Self { minor: self.minor.checked_mul(count).ok_or(MoneyError::Overflow)?, ..self })
    }

    pub fn sum(currency: Currency, parts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        parts.into_iter().try_fold(Self::zero(currency), Self::plus)
    }

    /// Divides the whole by weights; the parts always sum to the whole, and the left-over units go to the
    /// largest remainders, the first of equals.
    pub fn split(self, weights: &[u32]) -> Result<Vec<Self>, MoneyError> {
        let total: i128 = weights.iter().copied().map(i128::from).sum();
        if total == 0 {
            return Err(MoneyError::NoShares);
        }
        let whole = i128::from(self.minor);
        let shares: Vec<(i128, i128)> = weights
            .iter()
            .map(|weight| {
                let product = whole * i128::from(*weight);
                (product.div_euclid(total), product.rem_euclid(total))
            })
            .collect();
        let left = whole - shares.iter().map(|(share, _)| share).sum::<i128>();
        let mut by_remainder: Vec<usize> = (0..shares.len()).collect();
        by_remainder.sort_by_key(|index| std::cmp::Reverse(shares[*index].1));
        let favoured = &by_remainder[..usize::try_from(left).map_err(|_| MoneyError::Overflow)?];
        shares
            .iter()
            .enumerate()
            .map(|(index, (share, _))| {
                let minor = share + i128::from(favoured.contains(&index));
                Ok(Self { minor: i64::try_from(minor).map_err(|_| MoneyError::Overflow)?, ..self })
            })
            .collect()
    }

    fn same(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::Currencies(self.currency, other.currency))
        }
    }
}

/// `7,290.00 CNY`: grouped, with the currency's own number of decimals.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.minor < 0 { "-" } else { "" };
        let scale = self.currency.scale().unsigned_abs();
        let (major, minor) = (self.minor.unsigned_abs() / scale, self.minor.unsigned_abs() % scale);
        write!(f, "{sign}{}", grouped(major))?;
        if scale > 1 {
            write!(f, ".{minor:0width$}", width = self.currency.exponent() as usize)?;
        }
        write!(f, " {}", self.currency)
    }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_read_as_people_write_them() {
        let check = |minor, currency: &str, text: &str| {
            assert_eq!(Money::of(minor, currency.parse().unwrap()).to_string(), text);
        };
        check(729_000, "CNY", "7,290.00 CNY");
        check(-5, "USD", "-0.05 USD");
        check(1_234_567, "JPY", "1,234,567 JPY");
        check(1_500, "KWD", "1.500 KWD");
    }

    #[test]
    fn currencies_never_mix() {
        let mixed = Money::of(1, Currency::CNY).plus(Money::of(1, Currency::USD));
        assert_eq!(mixed, Err(MoneyError::Currencies(Currency::CNY, Currency::USD)));
    }

    #[test]
    fn the_largest_remainders_get_the_left_over_units() {
        let parts = Money::of(100, Currency::CNY).split(&[1, 1, 1]).unwrap();
        assert_eq!(parts.iter().map(|part| part.minor()).collect::<Vec<_>>(), [34, 33, 33]);
    }

    proptest! {
        #[test]
        fn a_split_sums_to_the_whole(minor in any::<i64>(), weights in prop::collection::vec(0_u32..1_000_000, 1..20)) {
            prop_assume!(weights.iter().any(|weight| *weight > 0));
            let whole = Money::of(minor, Currency::CNY);
            let parts = whole.split(&weights).unwrap();
            prop_assert_eq!(Money::sum(Currency::CNY, parts).unwrap(), whole);
        }
    }
}
