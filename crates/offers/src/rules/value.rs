//! What a coupon is worth.

use kernel::{
    Currency, Localized, Money,
    rate::{BASIS_POINTS, share_rounded_half_even},
    text::Lang,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::OfferRefused;

/// What a coupon takes off a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Value {
    /// An amount off any price (代金券).
    Amount { amount: Money },
    /// An amount off a price that reaches another one (满减券).
    Threshold { amount: Money, from: Money },
    /// A share of the price, up to an amount, so that what a batch can cost is known (折扣券).
    Percent {
        /// 1000 is 10 %.
        #[schema(minimum = 1, maximum = 10000)]
        basis_points: u32,
        most: Money,
        /// The least price that it takes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Money>,
    },
}

impl Value {
    pub(crate) fn currency(&self) -> Currency {
        self.most().currency()
    }

    /// The most that one coupon takes off.
    pub(crate) fn most(&self) -> Money {
        match self {
            Self::Amount { amount } | Self::Threshold { amount, .. } => *amount,
            Self::Percent { most, .. } => *most,
        }
    }

    /// The price that has to be reached.
    pub(crate) fn from(&self) -> Option<Money> {
        match self {
            Self::Amount { .. } => None,
            Self::Threshold { from, .. } => Some(*from),
            Self::Percent { from, .. } => *from,
        }
    }

    /// What it takes off a price: never more than the price.
    pub(crate) fn saving(&self, price: Money) -> Result<Money, OfferRefused> {
        if price.currency() != self.currency() {
            return Err(OfferRefused::OtherCurrency(self.currency()));
        }
        if let Some(from) = self.from().filter(|from| price.minor() < from.minor()) {
            return Err(OfferRefused::BelowThreshold { from, price });
        }
        let whole = match self {
            Self::Amount { amount } | Self::Threshold { amount, .. } => *amount,
            Self::Percent { basis_points, most, .. } => {
                least(share_rounded_half_even(price, (*basis_points).min(BASIS_POINTS))?, *most)
            }
        };
        Ok(least(whole, price))
    }

    /// `CN¥50.00 off from CN¥500.00`, `满 ¥500.00 减 ¥50.00`.
    pub(crate) fn text(&self) -> Localized {
        let (en, zh) = (|amount: Money| ui::money_in(Lang::En, amount), |amount: Money| ui::money_in(Lang::Zh, amount));
        match *self {
            Self::Amount { amount } => (format!("{} off", en(amount)), format!("立减 {}", zh(amount))).into(),
            Self::Threshold { amount, from } => {
                (format!("{} off from {}", en(amount), en(from)), format!("满 {} 减 {}", zh(from), zh(amount))).into()
            }
            Self::Percent { basis_points, most, from } => {
                let share = percent(basis_points);
                let (en_from, zh_from) = match from {
                    None => (String::new(), String::new()),
                    Some(from) => (format!(" from {}", en(from)), format!("满 {} ", zh(from))),
                };
                let said = format!("{share} % off{en_from}, at most {}", en(most));
                (said, format!("{zh_from}减 {share}%，最多减 {}", zh(most))).into()
            }
        }
    }
}

/// `12.5` for 1250.
pub(crate) fn percent(basis_points: u32) -> String {
    let (whole, rest) = (basis_points / 100, basis_points % 100);
    match (rest, rest.is_multiple_of(10)) {
        (0, _) => whole.to_string(),
        (_, true) => format!("{whole}.{}", rest / 10),
        (_, false) => format!("{whole}.{rest:02}"),
    }
}

fn least(one: Money, other: Money) -> Money {
    if one.minor() <= other.minor() { one } else { other }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn yuan(minor: i64) -> Money {
        Money::of(minor, Currency::CNY)
    }

    #[test]
    fn a_coupon_says_what_it_is_worth() {
        let check = |value: Value, en: &str, zh: &str| {
            assert_eq!(value.text(), Localized::new(en, zh));
        };
        check(Value::Amount { amount: yuan(5_000) }, "CN¥50.00 off", "立减 ¥50.00");
        let threshold = Value::Threshold { amount: yuan(5_000), from: yuan(50_000) };
        check(threshold, "CN¥50.00 off from CN¥500.00", "满 ¥500.00 减 ¥50.00");
        let percent = Value::Percent { basis_points: 1_250, most: yuan(10_000), from: None };
        check(percent, "12.5 % off, at most CN¥100.00", "减 12.5%，最多减 ¥100.00");
    }

    #[test]
    fn a_threshold_is_reached_by_the_price_itself() {
        let value = Value::Threshold { amount: yuan(5_000), from: yuan(50_000) };
        assert_eq!(value.saving(yuan(50_000)).unwrap(), yuan(5_000));
        assert!(matches!(value.saving(yuan(49_999)), Err(OfferRefused::BelowThreshold { .. })));
        assert!(matches!(value.saving(Money::of(9, Currency::USD)), Err(OfferRefused::OtherCurrency(_))));
    }

    proptest! {
        #[test]
        fn a_saving_is_never_more_than_the_price_or_the_coupon(
            price in 0_i64..1_000_000_000, amount in 1_i64..1_000_000, bp in 1_u32..=10_000,
        ) {
            for value in [
                Value::Amount { amount: yuan(amount) },
                Value::Percent { basis_points: bp, most: yuan(amount), from: None },
            ] {
                let saved = value.saving(yuan(price)).unwrap();
                prop_assert!(!saved.is_negative() && saved.minor() <= price && saved.minor() <= amount);
            }
        }
    }
}
