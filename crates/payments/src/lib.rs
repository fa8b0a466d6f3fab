//! Payments: how money comes into wallets and goes from them into orders.
//!
//! Owns: top-ups and the channels they come through, what accounts owe. Tables: `top_up`, `debt`.
//! Does not own: balances and journals (`ledger`), what is paid for (`orders`), when money goes back (`refunds`).
//!
//! Invariants
//! - A top-up is booked at most once, and a bank transfer confirms at most one top-up.
//! - The development channel does not exist in production.

mod actions;
mod api;
mod pages;
mod rules;
mod store;

use accounts::Accounts;
use axum::extract::FromRef;
use ledger::Ledger;
use messages::Messages;
use platform::{App, http::Routes};
use policy::Policies;

pub use rules::{Channel, TopUp, TopUpState, typed as typed_amount};

platform::shared! {
    pub struct Payments(Parts);
}

/// What all copies of [`Payments`] share.
pub struct Parts {
    pub app: App,
    pub policies: Policies,
    pub ledger: Ledger,
    pub accounts: Accounts,
    pub messages: Messages,
}

impl FromRef<Payments> for Accounts {
    fn from_ref(state: &Payments) -> Self {
        state.accounts.clone()
    }
}

impl Payments {
    pub fn routes(&self) -> Routes {
        api::routes(self).and(pages::routes(self))
    }
}
