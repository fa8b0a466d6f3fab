//! The rules of coupons, discounts and resale: pure functions over values.

mod batch;
mod codes;
mod coupon;
mod discount;
mod price;
mod refused;
mod resale;
pub mod typed;
mod value;

pub(crate) use batch::{Batch, BatchState, Counts, Issuer, Proposal, Scope, Terms, check_part};
pub(crate) use codes::{called, check_count, code_of, listed, normalised, receiver, receivers};
pub(crate) use coupon::{Coupon, CouponState, Place, check_fits};
pub use discount::DiscountUse;
pub(crate) use discount::{Discount, DiscountProposal, DiscountState, DiscountTerms, Granted, Reduction, best};
pub use price::{CouponUse, Priced};
pub(crate) use price::{Lowered, Taken, Together, apply};
pub use refused::OfferRefused;
pub(crate) use resale::{AUTHORISED_ALREADY, Resale, ResaleFor, ResaleProposal, ResaleState, authorised, resold};
pub use resale::{ResaleLevel, ResaleUse};
pub(crate) use value::{Value, percent};
