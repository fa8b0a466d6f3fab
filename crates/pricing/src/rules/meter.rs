//! Prices of what is used: meters, how they count, and how what they counted becomes an amount.

use kernel::{Localized, choices};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Usage is counted to four decimals.
pub const USAGE_SCALE: u32 = 4;

/// The most that one record, and the whole of a cycle, may count.
pub const USAGE_MAX: u64 = 1_000_000_000_000;

/// The most meters that one price of use has.
pub const METERS_MAX: usize = 50;

choices! {
    /// How often usage is charged (计费周期).
    pub enum BillingCycle { Hour = "hour", Day = "day" }
}

choices! {
    /// How long counts add up before they begin anew (累计周期), on the calendar of the site.
    pub enum CountingCycle { Day = "day", Month = "month", Year = "year" }
}

choices! {
    /// The classes of tokens that are priced apart from each other.
    pub enum TokenClass {
        Input = "input",
        Output = "output",
        Cached = "cached",
        Reasoning = "reasoning",
        Image = "image",
        Audio = "audio",
    }
}

/// What is used is charged by its meters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OnDemand {
    pub cycle: BillingCycle,
    /// The billing items (计费项), in the order of the explanation.
    pub meters: Vec<Meter>,
    /// The least that is paid for a cycle, whatever was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commitment: Option<Commitment>,
    /// Paid once, when it is opened.
    #[serde(default, with = "rust_decimal::serde::str_option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "500.00")]
    pub set_up: Option<Decimal>,
}

/// What remains of it after all charges of a cycle is charged at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Commitment {
    #[serde(with = "rust_decimal::serde::str")]
    #[schema(value_type = String, example = "100.00")]
    pub amount: Decimal,
    pub cycle: CountingCycle,
}

/// Something that is counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// What usage records name.
    #[schema(example = "input_tokens")]
    pub code: String,
    #[schema(example = json!({"en": "Input tokens", "zh": "输入 tokens"}))]
    pub name: Localized,
    /// As it follows a number: `tokens`, `次`.
    #[schema(example = json!({"en": "tokens", "zh": "tokens"}))]
    pub unit: Localized,
    /// The English unit after the number one; without it the unit is used unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "token")]
    pub unit_one: Option<String>,
}

/// One billing item: what it counts, and what that costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Meter {
    pub counts: Counted,
    /// The billing factor of the platform's list (计费因子) that it belongs to: `tokens`, `calls`, `minutes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "tokens")]
    pub factor: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<TokenClass>,
    /// A unit price is for so many: 1000000 where tokens are priced by the million. A power of ten.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    #[schema(minimum = 1, maximum = 1_000_000_000, default = 1)]
    pub per: u64,
    pub price: UsagePrice,
    /// Over which time records add up for the ranges of the price; without it each record counts alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accumulation: Option<CountingCycle>,
    /// What is free in each cycle, before anything is priced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowance: Option<Allowance>,
}

fn one() -> u64 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_one(per: &u64) -> bool {
    *per == 1
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    #[serde(with = "rust_decimal::serde::str")]
    #[schema(value_type = String, example = "1000")]
    pub quantity: Decimal,
    pub cycle: CountingCycle,
}

/// How a count becomes an amount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "model", rename_all = "snake_case", deny_unknown_fields)]
pub enum UsagePrice {
    /// Unit price × count.
    Fixed {
        #[serde(with = "rust_decimal::serde::str")]
        #[schema(value_type = String, example = "0.30")]
        unit_price: Decimal,
    },
    /// Each range of what adds up in the accumulation cycle at its own unit price (阶梯).
    Tiered { ranges: Vec<UsageRange> },
    /// Each record as a whole at the unit price of the range that it reaches (分段).
    Volume { ranges: Vec<UsageRange> },
    /// All that adds up in the accumulation cycle costs the price of the stair that it reaches.
    StairStep { stairs: Vec<Stair> },
    /// So much for each started package of a size: per started 1,000.
    PackageSize {
        #[schema(minimum = 1)]
        size: u64,
        #[serde(with = "rust_decimal::serde::str")]
        #[schema(value_type = String, example = "5.00")]
        price: Decimal,
    },
    /// A part of what was spent; the count is an amount in the plan's currency.
    Percentage {
        /// 250 is 2.5 %.
        #[schema(minimum = 1, maximum = 10000)]
        basis_points: u32,
    },
}

/// Up to a count, which is inside; the last range has no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"up_to": "3", "unit_price": "0.30"}))]
pub struct UsageRange {
    #[serde(default, with = "rust_decimal::serde::str_option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub up_to: Option<Decimal>,
    #[serde(with = "rust_decimal::serde::str")]
    #[schema(value_type = String)]
    pub unit_price: Decimal,
}

/// Up to a count, which is inside, all costs this much; the last stair has no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"up_to": "1000", "price": "20.00"}))]
pub struct Stair {
    #[serde(default, with = "rust_decimal::serde::str_option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub up_to: Option<Decimal>,
    #[serde(with = "rust_decimal::serde::str")]
    #[schema(value_type = String)]
    pub price: Decimal,
}

impl OnDemand {
    pub fn meter(&self, code: &str) -> Option<&Meter> {
        self.meters.iter().find(|meter| meter.counts.code == code)
    }
}
