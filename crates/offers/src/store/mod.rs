//! Statements on the tables of coupons and discounts.

pub(crate) mod batches;
pub(crate) mod coupons;
pub(crate) mod discounts;
pub(crate) mod resale;
