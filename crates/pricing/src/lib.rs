//! Pricing: from the plan of a SKU and a buyer's choice to a quote that explains itself.
//!
//! Owns: price models (fixed, linear, tiered, volume, discounts for several periods), quotes, their explanation. No table.
//! Does not own: which plan a SKU has (`catalogue`), how long a quote is kept (`orders`), who pays it (`payments`).
//!
//! Invariants
//! - A quote is never negative, and its lines sum to its total; the last number of a line's text is its amount.
//! - A price per period is rounded once for each line, half to even, and so is a discounted line; nowhere else.
//! - A plan that passed its check can be quoted at every allowed choice: no gap in its ranges, no overflow.

mod rules;

pub use rules::{
    Billing, Choice, Discount, PERIODS_MAX, PRICE_SCALE_MAX, PeriodPrice, PeriodUnit, Plan, Price, PricingRefused,
    QUANTITY_MAX, Quantity, QuantityPrice, Quote, QuoteLine, Tier, price_is_bounded, quote,
};
