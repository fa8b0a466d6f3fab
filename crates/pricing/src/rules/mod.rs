//! The rules of prices: pure functions from a plan and a choice to amounts and texts.

mod adjust;
mod amend;
mod book;
mod change;
mod check;
mod cycles;
mod exact;
mod explain;
mod meter;
mod package;
mod plan;
mod quote;
mod rate;
mod refused;
mod renew;
mod tax;
mod term;
#[cfg(test)]
mod tests;

pub use adjust::{Adjustment, AdjustmentKind, Applied, PricePer, Reduction, Stacking, adjust, instalment};
pub use amend::{TermPart, amend, amended_lines, price_of_term};
pub use book::{Book, BookPrices};
pub use change::{ChangeRule, Held, change, paid_after_change, paid_for_term};
pub use check::price_is_bounded;
pub use exact::{plus as add_exactly, times as multiply_exactly};
pub use meter::{
    Allowance, BillingCycle, Commitment, Counted, CountingCycle, METERS_MAX, Meter, OnDemand, Stair, TokenClass,
    USAGE_MAX, USAGE_SCALE, UsagePrice, UsageRange,
};
pub use package::{Overage, PACKAGE_YEARS_MAX, Package, Term};
pub use plan::{
    Billing, DAYS_MAX, Discount, PERIODS_MAX, PRICE_SCALE_MAX, PeriodPrice, PeriodUnit, Plan, Price, QUANTITY_MAX,
    Quantity, QuantityPrice, Tier,
};
pub use quote::{Choice, LineKind, Quote, QuoteLine, quote};
pub use rate::{Carry, Deducted, Rated, RatedBare, Tally, estimate, foresee, rate, rate_bare, shortfall};
pub use refused::{Gap, PricingRefused};
pub use renew::{Refund, Renewal, refund, renewal};
pub use tax::{Tax, TaxPresentation, TaxRule, tax, with_tax};
pub use term::{Length, days_between};
