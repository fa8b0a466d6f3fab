//! Pricing: the one place where anything gets its price, and every price says how it was computed.
//!
//! Owns: price models (once, per period, by use, packages), price books, quotes, adjustments and taxes, rating of usage,
//! proration, renewals, refunds, and their explanation in both languages. No table.
//! Does not own: which plan a SKU has (`catalogue`), how long a quote is kept (`orders`), who may use an adjustment
//! (`offers`), which usage there was (`metering`), who pays (`payments`).
//!
//! Invariants
//! - A quote is never negative, and its lines sum to its total; the last number of a line's text is its amount.
//! - A price per period is rounded once for each line, half to even, and so is each discount, tax and prorated part;
//!   nowhere else. Charges for usage are exact and only posted in whole minor units.
//! - Adjustments act in one order, special price, seller's discount, coupon, and the tax after them.
//! - A plan that passed its check can be quoted at every allowed choice: no gap in its ranges, no overflow, never nothing.
//! - Nothing is converted into another currency without a book of the seller that says so.

mod rules;

pub use rules::{
    Adjustment, AdjustmentKind, Allowance, Applied, Billing, BillingCycle, Book, BookPrices, Carry, ChangeRule, Choice,
    Commitment, Counted, CountingCycle, DAYS_MAX, Deducted, Discount, Gap, Held, Length, LineKind, METERS_MAX, Meter,
    OnDemand, Overage, PACKAGE_YEARS_MAX, PERIODS_MAX, PRICE_SCALE_MAX, Package, PeriodPrice, PeriodUnit, Plan, Price,
    PricePer, PricingRefused, QUANTITY_MAX, Quantity, QuantityPrice, Quote, QuoteLine, Rated, RatedBare, Reduction,
    Refund, Renewal, Stacking, Stair, Tally, Tax, TaxPresentation, TaxRule, Term, TermPart, Tier, TokenClass,
    USAGE_MAX, USAGE_SCALE, UsagePrice, UsageRange, add_exactly, adjust, amend, amended_lines, change, days_between,
    estimate, foresee, instalment, multiply_exactly, paid_after_change, paid_for_term, price_is_bounded, price_of_term,
    quote, rate, rate_bare, refund, renewal, shortfall, tax, with_tax,
};
