//! How one SKU is priced.

use std::collections::BTreeMap;

use kernel::{Currency, Localized, choices};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{book::Book, meter::OnDemand, package::Package};

/// The largest quantity of anything. Together with the bounds of a unit price it keeps every product exact in a `Decimal`.
pub const QUANTITY_MAX: u64 = 1_000_000_000;

/// The most months or years that can be bought at once.
pub const PERIODS_MAX: u32 = 120;

/// The most days that can be bought at once: a leap year of them.
pub const DAYS_MAX: u32 = 366;

/// A unit price may be a millionth of a minor unit of most currencies, not less: a token costs that little.
pub const PRICE_SCALE_MAX: u32 = 8;

/// A unit price is below this many major units.
pub(super) const PRICE_BELOW: i64 = 100_000_000;

pub(super) const TIERS_MAX: usize = 20;
pub(super) const QUANTITIES_MAX: usize = 10;
pub(super) const DISCOUNTS_MAX: usize = 20;

choices! {
    /// What a period of a price is.
    pub enum PeriodUnit { Day = "day", Month = "month", Year = "year" }
}

impl PeriodUnit {
    pub(super) const fn zh(self) -> &'static str {
        match self {
            Self::Day => "日",
            Self::Month => "月",
            Self::Year => "年",
        }
    }

    /// The most periods of a kind that can be bought at once.
    pub const fn periods_max(self) -> u32 {
        match self {
            Self::Day => DAYS_MAX,
            Self::Month | Self::Year => PERIODS_MAX,
        }
    }
}

/// The prices of one SKU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub currency: Currency,
    /// What the buyer chooses a number of, in the order of the explanation.
    #[serde(default)]
    pub quantities: Vec<Quantity>,
    pub billing: Billing,
    /// The same plan in other currencies. Nothing is ever converted that has no book.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub books: Vec<Book>,
}

/// Something that is bought by number, and which numbers are allowed: from `min` to `max` in steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    #[schema(example = "users")]
    pub code: String,
    /// What is counted, as it follows a number: `users`, `用户`.
    #[schema(example = json!({"en": "users", "zh": "用户"}))]
    pub unit: Localized,
    /// The English unit after the number one; without it the unit is used unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "user")]
    pub unit_one: Option<String>,
    pub min: u64,
    pub max: u64,
    pub step: u64,
}

/// Whether the price is paid once, per period, as it is used, or as a package in advance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "mode", rename_all = "snake_case", deny_unknown_fields)]
pub enum Billing {
    OneOff {
        price: Price,
    },
    /// At least one of the three prices.
    Period {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        day: Option<PeriodPrice>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        month: Option<PeriodPrice>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        year: Option<PeriodPrice>,
        /// Paid once, with the first term; never discounted, never again at renewal.
        #[serde(default, with = "rust_decimal::serde::str_option", skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>, example = "500.00")]
        set_up: Option<Decimal>,
    },
    /// What was used is charged afterwards (按需).
    OnDemand(OnDemand),
    /// An amount of use that is paid in advance (套餐包).
    Package(Package),
}

/// The price of one period, and what buying several at once saves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PeriodPrice {
    pub price: Price,
    /// The most periods that can be bought at once.
    #[schema(minimum = 1, maximum = 366)]
    pub periods_max: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discounts: Vec<Discount>,
}

/// From so many periods on, the whole is cheaper by so many basis points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"periods_min": 12, "basis_points": 1000}))]
pub struct Discount {
    #[schema(minimum = 2, maximum = 366)]
    pub periods_min: u32,
    /// 1000 is 10 %.
    #[schema(minimum = 1, maximum = 9999)]
    pub basis_points: u32,
}

/// A fixed part, and a part for each quantity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"quantities": {"users": {"model": "tiered", "tiers": [
    {"from": 1, "to": 10, "unit_price": "30.00"}, {"from": 11, "unit_price": "25.00"}
]}}}))]
pub struct Price {
    /// Independent of any quantity.
    #[serde(default, with = "rust_decimal::serde::str_option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "100.00")]
    pub base: Option<Decimal>,
    /// How each quantity is priced, by its code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub quantities: BTreeMap<String, QuantityPrice>,
}

/// How a quantity becomes an amount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "model", rename_all = "snake_case", deny_unknown_fields)]
pub enum QuantityPrice {
    /// Unit price × quantity.
    Linear {
        #[serde(with = "rust_decimal::serde::str")]
        #[schema(value_type = String, example = "30.00")]
        unit_price: Decimal,
    },
    /// Each range of the quantity at its own unit price (分段累进).
    Tiered { tiers: Vec<Tier> },
    /// The whole quantity at the unit price of the range that it reaches (整段).
    Volume { tiers: Vec<Tier> },
}

/// A range of a quantity, both ends inside; the last one may be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    pub from: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
    #[serde(with = "rust_decimal::serde::str")]
    #[schema(value_type = String, example = "30.00")]
    pub unit_price: Decimal,
}

impl Tier {
    /// The last unit of the range, however open it is.
    pub(super) fn last(&self) -> u64 {
        self.to.unwrap_or(u64::MAX)
    }
}

impl Plan {
    /// The price of a period of a kind.
    pub fn period(&self, unit: PeriodUnit) -> Option<&PeriodPrice> {
        self.billing.period(unit)
    }
}

impl Billing {
    /// The price of a period of a kind.
    pub fn period(&self, unit: PeriodUnit) -> Option<&PeriodPrice> {
        match self {
            Self::Period { day, month, year, set_up: _ } => match unit {
                PeriodUnit::Day => day.as_ref(),
                PeriodUnit::Month => month.as_ref(),
                PeriodUnit::Year => year.as_ref(),
            },
            Self::OneOff { .. } | Self::OnDemand(_) | Self::Package(_) => None,
        }
    }

    /// What is paid once beside the price, with the first order.
    pub fn set_up(&self) -> Option<Decimal> {
        match self {
            Self::Period { set_up, .. } => *set_up,
            Self::OnDemand(on_demand) => on_demand.set_up,
            Self::OneOff { .. } | Self::Package(_) => None,
        }
    }
}
