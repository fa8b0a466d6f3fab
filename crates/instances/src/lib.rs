//! Instances: what buyers own after delivery, with its term and state (已购资源).
//!
//! Owns: the entitlement, when it expires and when it is released. Table: `instance`.
//! Does not own: how a line is delivered (`delivery`), codes (`licensing`), what a further term costs and when it is bought
//! (`renewals`), what becomes of its specification (`changes`), whether money goes back (`refunds`).
//!
//! Invariants
//! - An order line becomes at most one instance; what was tried moves onto the line by which it was bought.
//! - What opens after its buyer's acceptance is pending until then: there to be looked at, and in no term.
//! - Active, then in grace (its term is over and it can be used), then expired (frozen), then released, each for as many days as
//!   the policy gave when it was bought, and the grace for no longer than what was paid; a renewal leads back to active, nothing
//!   leads back from released.
//! - One change of its specification is paid and not done at a time, and it is not renewed meanwhile.
//! - A timer is a reminder to look at the instance's own dates, which a renewal may have moved.

mod acceptance;
mod actions;
mod api;
mod pages;
mod rules;
mod store;
mod trials;

use accounts::Accounts;
use axum::extract::FromRef;
use messages::Messages;
use platform::{App, http::Routes};
use policy::Policies;

pub use pages::{instance_badge, trial_badge};
pub use rules::{
    AcceptanceRefused, AfterTerm, ConversionRefused, EndCause, Formal, Instance, InstanceRefused, InstanceState,
    NewInstance, Specification, State, Term,
};
pub use store::Filter;

platform::shared! {
    pub struct Instances(Parts);
}

/// What all copies of [`Instances`] share.
pub struct Parts {
    pub app: App,
    pub policies: Policies,
    pub accounts: Accounts,
    pub messages: Messages,
}

impl FromRef<Instances> for Accounts {
    fn from_ref(state: &Instances) -> Self {
        state.accounts.clone()
    }
}

impl Instances {
    pub fn new(app: App, policies: Policies, accounts: Accounts, messages: Messages) -> Self {
        Self::of(Parts { app, policies, accounts, messages })
    }

    pub fn routes(&self) -> Routes {
        api::routes(self).and(pages::routes(self))
    }
}
