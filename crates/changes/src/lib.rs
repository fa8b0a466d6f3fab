//! Changes: another specification of what a buyer owns (变更): in the middle of its term another edition (升级), or more of
//! the same (扩容); with its renewal (续费变更) also a smaller edition, or less.
//!
//! Owns: which changes were bought, and what came of each. Table: `instance_change`.
//! Does not own: what a change costs (`pricing`, `orders`), what an instance is (`instances`), how far a seller allows changes
//! (`catalogue`), what a seller's system is told (`delivery`), the money of what failed or is given back (`refunds`).
//!
//! Invariants
//! - What a preview shows is what the order says: both come from the same function.
//! - An instance has one change at a time. Until that is carried out it is what it was before; a change that its seller's
//!   system does not carry out in the time of the rules is paid back in full.
//! - In the middle of a term, that stays as it was: a change costs what the rest of it costs more.
//! - With a renewal, nothing changes before the new term begins; its seller's system has agreed to just that before it is paid.
//! - The price of each change can be computed again from the lines that it names.

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
use renewals::Renewals;

pub use rules::{Change, ChangeProgress};

platform::shared! {
    pub struct Changes(Parts);
}

/// What all copies of [`Changes`] share.
pub struct Parts {
    pub app: App,
    pub policies: Policies,
    pub accounts: Accounts,
    pub messages: Messages,
    pub orders: Orders,
    pub instances: Instances,
    pub licensing: Licensing,
    pub deliveries: Deliveries,
    pub renewals: Renewals,
}

impl FromRef<Changes> for Accounts {
    fn from_ref(state: &Changes) -> Self {
        state.accounts.clone()
    }
}

impl Changes {
    pub fn new(
        app: App,
        (policies, accounts, messages): (Policies, Accounts, Messages),
        (orders, instances, licensing): (Orders, Instances, Licensing),
        (deliveries, renewals): (Deliveries, Renewals),
    ) -> Self {
        Self::of(Parts { app, policies, accounts, messages, orders, instances, licensing, deliveries, renewals })
    }

    pub fn routes(&self) -> Routes {
        api::routes(self).and(pages::routes(self))
    }
}
