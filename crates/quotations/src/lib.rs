//! Private offers (专属报价): a seller's quotation for one buyer, negotiated, accepted in one step, paid at once or in
//! instalments.
//!
//! Owns: offers, the versions that were sent, what both sides said, the instalments and amendments of what was accepted. Tables:
//! `private_offer`, `private_offer_version`, `private_offer_message`, `private_offer_instalment`, `private_offer_term`,
//! `private_offer_amendment`.
//! Does not own: list prices (`catalogue`, `pricing`), coupons and discounts (`offers`), the orders that acceptance and
//! instalments become (`orders`), the files (`documents`).
//!
//! Invariants
//! - The buyer accepts the version that it has read, with the prices and rules of the day on which it was sent, at most once.
//! - What was sent and said never changes. A draft is seen by its seller alone.
//! - The instalments of an offer sum to its total, and what of them falls on a line sums to the line's price. Each one is
//!   ordered at most once at a time; the first at acceptance, the others not before it was delivered.
//! - What was paid back of an offer is not asked for, in whatever order its events come.
//! - A buyer gets the documents that were handed in to be read, never what proves something about the seller.
//! - An amendment is accepted as it was read or not at all. What is paid stays paid: it moves what is still to come, by
//!   what the rest of each term costs more or less, and the audit works that out again.

mod actions;
mod api;
mod pages;
mod rules;
mod store;

use accounts::Accounts;
use axum::extract::FromRef;
use catalogue::Catalogue;
use documents::Documents;
use messages::Messages;
use orders::Orders;
use platform::{App, http::Routes};
use policy::Policies;

pub use actions::AmendedInstance;
pub use rules::{AmendmentState, PrivateOfferRefused, PrivateOfferState};

platform::shared! {
    pub struct PrivateOffers(Parts);
}

/// What all copies of [`PrivateOffers`] share.
pub struct Parts {
    pub app: App,
    pub policies: Policies,
    pub accounts: Accounts,
    pub messages: Messages,
    pub documents: Documents,
    pub catalogue: Catalogue,
    pub orders: Orders,
}

impl FromRef<PrivateOffers> for Accounts {
    fn from_ref(state: &PrivateOffers) -> Self {
        state.accounts.clone()
    }
}

impl PrivateOffers {
    pub fn new(
        app: App,
        (policies, accounts, messages): (Policies, Accounts, Messages),
        (documents, catalogue, orders): (Documents, Catalogue, Orders),
    ) -> Self {
        Self::of(Parts { app, policies, accounts, messages, documents, catalogue, orders })
    }

    pub fn routes(&self) -> Routes {
        api::routes(self).and(pages::routes(self))
    }
}
