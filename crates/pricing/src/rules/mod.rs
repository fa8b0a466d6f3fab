//! The rules of prices: pure functions from a plan and a choice to amounts and texts.

mod check;
mod explain;
mod plan;
mod quote;
#[cfg(test)]
mod tests;

pub use check::price_is_bounded;
pub use plan::{
    Billing, Discount, PERIODS_MAX, PRICE_SCALE_MAX, PeriodPrice, PeriodUnit, Plan, Price, QUANTITY_MAX, Quantity,
    QuantityPrice, Tier,
};
pub use quote::{Choice, PricingRefused, Quote, QuoteLine, quote};
