//! Refunds: money that goes back, and why.
//!
//! Owns: refunds, the yearly allowance of returns without a reason. Tables: `refund`, `refund_allowance`.
//! Does not own: balances (`ledger`), the state of orders and instances, which it tells to end.
//!
//! Invariants
//! - A line is refunded at most once; what was renewed is given back last term first.
//! - What was changed is given back with all that its changes have cost, and not while one of them is carried out; a change
//!   that its seller does not carry out is paid back in full.
//! - What the preview shows is what the return does: both come from the same function.
//! - An account never returns more in a year than the policy allows, under any concurrency.

mod actions;
mod api;
mod pages;
mod rules;
mod store;

use accounts::Accounts;
use axum::extract::FromRef;
use changes::Changes;
use delivery::Deliveries;
use instances::Instances;
use licensing::Licensing;
use messages::Messages;
use metering::Metering;
use orders::Orders;
use payments::Payments;
use platform::{App, http::Routes};
use policy::Policies;
use renewals::Renewals;
use reviews::Reviews;

pub use actions::Returned;
pub use rules::{Cause, Preview, Refund, RefundRefused};

platform::shared! {
    pub struct Refunds(Parts);
}

/// What all copies of [`Refunds`] share.
pub struct Parts {
    pub app: App,
    pub policies: Policies,
    pub accounts: Accounts,
    pub messages: Messages,
    pub payments: Payments,
    pub orders: Orders,
    pub instances: Instances,
    pub licensing: Licensing,
    pub deliveries: Deliveries,
    pub metering: Metering,
    pub renewals: Renewals,
    pub changes: Changes,
    pub reviews: Reviews,
}

impl FromRef<Refunds> for Accounts {
    fn from_ref(state: &Refunds) -> Self {
        state.accounts.clone()
    }
}

impl Refunds {
    pub fn routes(&self) -> Routes {
        api::routes(self).and(pages::routes(self))
    }
}
