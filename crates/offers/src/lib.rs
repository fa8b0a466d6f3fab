//! Offers: what makes a price lower than the list says, and who may use it.
//!
//! Owns: coupons (代金券, 满减券) of sellers and of the operator: their batches, codes, holders and uses. Tables:
//! `coupon_batch`, `coupon`, `coupon_share`; sellers' discounts for named customers (专属优惠). Tables: `discount`,
//! `discount_customer`; who resells what for how much (转售授权). Tables: `reseller`, `resale`, `offer_turn`.
//! Does not own: list prices (`pricing`, `catalogue`), orders and what they cost (`orders`), settlement between seller and
//! platform, which reads the shares from the order line.
//!
//! Invariants
//! - A coupon is used by at most one order at a time; only its holder uses it, and a voided one comes back voided.
//! - A batch never gives out more than it holds, and nobody gets more of it than it allows, under any concurrency.
//! - A coupon never makes a price negative; the platform's and the seller's part of its cost sum to what it saved.

mod actions;
mod api;
mod pages;
mod rules;
mod store;

use accounts::Accounts;
use axum::extract::FromRef;
use catalogue::Catalogue;
use messages::Messages;
use platform::{App, http::Routes};
use policy::Policies;

pub use actions::{Coupons, Offered};
pub use pages::checkout_coupons;
pub use rules::{CouponUse, DiscountUse, OfferRefused, Priced, ResaleLevel, ResaleUse, typed};

platform::shared! {
    pub struct Offers(Parts);
}

/// What all copies of [`Offers`] share.
pub struct Parts {
    pub app: App,
    pub policies: Policies,
    pub accounts: Accounts,
    pub messages: Messages,
    pub catalogue: Catalogue,
}

impl FromRef<Offers> for Accounts {
    fn from_ref(state: &Offers) -> Self {
        state.accounts.clone()
    }
}

impl Offers {
    pub fn new(app: App, policies: Policies, accounts: Accounts, messages: Messages, catalogue: Catalogue) -> Self {
        Self::of(Parts { app, policies, accounts, messages, catalogue })
    }

    pub fn routes(&self) -> Routes {
        api::routes(self).and(pages::routes(self))
    }
}
