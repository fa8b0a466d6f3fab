//! Renewals: how what a buyer owns goes on, by hand and automatically (续费, 自动续费), and what happens at its end (到期策略).
//!
//! Owns: further terms, what is to happen at an end and what its buyer has agreed to, what the buyer was told about it.
//! Tables: `renewal`, `expiry_plan`, `expiry_notice`.
//! Does not own: what something becomes with a further term (`changes`), the end itself (`instances`), what a term costs
//! (`pricing`, `orders`), the code (`licensing`), what a seller's system is told (`delivery`), whether a renewal may be given
//! back (`refunds`).
//!
//! Invariants
//! - A term begins where the one before it ends, whenever it is paid; the end of an instance is that of its last term.
//! - What a preview shows is what the order says: both come from the same function.
//! - Nothing is renewed automatically for more than its buyer has agreed to; it asks instead.
//! - A timer is a reminder to look; what is due follows from the dates and the rules of the day.

mod actions;
mod api;
mod pages;
mod rules;
mod store;

use accounts::Accounts;
use axum::extract::FromRef;
use delivery::Deliveries;
use instances::Instances;
use licensing::Licensing;
use messages::Messages;
use orders::Orders;
use platform::{App, http::Routes};
use policy::Policies;
use quotations::PrivateOffers;

pub use pages::{length_choice, read_length};
pub use rules::{Consent, ExpiryPlan, ExpiryPolicy, Outlook, Renewal, RenewalCause, RenewalTrouble};

platform::shared! {
    pub struct Renewals(Parts);
}

/// What all copies of [`Renewals`] share.
pub struct Parts {
    pub app: App,
    pub policies: Policies,
    pub accounts: Accounts,
    pub messages: Messages,
    pub orders: Orders,
    pub private_offers: PrivateOffers,
    pub instances: Instances,
    pub licensing: Licensing,
    pub deliveries: Deliveries,
}

impl FromRef<Renewals> for Accounts {
    fn from_ref(state: &Renewals) -> Self {
        state.accounts.clone()
    }
}

impl Renewals {
    pub fn new(
        app: App,
        (policies, accounts, messages): (Policies, Accounts, Messages),
        (orders, private_offers, instances): (Orders, PrivateOffers, Instances),
        (licensing, deliveries): (Licensing, Deliveries),
    ) -> Self {
        Self::of(Parts { app, policies, accounts, messages, orders, private_offers, instances, licensing, deliveries })
    }

    pub fn routes(&self) -> Routes {
        api::routes(self).and(pages::routes(self))
    }
}
