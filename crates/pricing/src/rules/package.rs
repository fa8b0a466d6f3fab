//! Packages: an amount of use for a time, paid in advance and deducted before anything is charged.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    meter::{Counted, CountingCycle, OnDemand},
    plan::{PeriodUnit, Price},
};

/// A package that is never filled again is valid for three years at most.
pub const PACKAGE_YEARS_MAX: u32 = 3;

/// An amount of use, how long it is valid, and what happens when it is used up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Package {
    pub counts: Counted,
    #[serde(with = "rust_decimal::serde::str")]
    #[schema(value_type = String, example = "10000")]
    pub amount: Decimal,
    pub term: Term,
    /// With every such cycle since the start the package is full again; without it the amount is all there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset: Option<CountingCycle>,
    /// For the whole package and its whole term; a base price only.
    pub price: Price,
    pub overage: Overage,
}

/// So many days, months or years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"unit": "month", "count": 12}))]
pub struct Term {
    pub unit: PeriodUnit,
    #[schema(minimum = 1, maximum = 366)]
    pub count: u32,
}

/// What happens to use beyond the package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "then", rename_all = "snake_case", deny_unknown_fields)]
pub enum Overage {
    /// Nothing more can be used (用完即停).
    Stop,
    /// It is charged on demand, by the meter with the package's code.
    OnDemand { billing: OnDemand },
}
