//! Delivery: turning a paid order line into an instance.
//!
//! Owns: deliveries, their attempts and outcomes, the driver of each access type; what sellers' systems have to be told of an
//! instance through its life; in what both sides differ. Tables: `delivery`, `errand`, `remote_instance`, `change_check`,
//! `comparison`, `comparing`.
//! Does not own: the instance (`instances`), the code (`licensing`), how a seller's system is reached (`production`), the money
//! of what failed or was refused (`refunds`).
//!
//! Invariants
//! - Each paid line of something new has exactly one delivery, and a delivery makes at most one instance.
//! - What opens after its buyer's acceptance is delivered when it is accepted, by its buyer or by the days of the rules.
//! - A delivery that is given up ends in a refund, never in silence.
//! - A seller's system is told at least once and, of one line, in order; what it answered takes effect once.
//! - A yes of a seller's system to another specification counts for what it was asked, for a while, and for one order.
//! - What could not be told is laid aside for its seller to restart, never forgotten.
//! - What a seller's system has missed is told again once, and laid before its seller when it still differs the night after.

mod actions;
mod api;
mod pages;
mod rules;
mod store;

use std::sync::Arc;

use accounts::Accounts;
use axum::extract::FromRef;
use instances::Instances;
use kernel::id::DeliveryId;
use licensing::Licensing;
use messages::Messages;
use orders::Orders;
use platform::{App, http::Routes};
use policy::Policies;
use production::Production;

pub use rules::{
    Delivery, Outcome, State,
    check::{ChangeCheck, CheckRefused, CheckState, Target},
    errand::{Errand, ErrandKind, ErrandState, Refresh, Scene},
};
pub use store::errands::Named;

/// Makes attempts fail, for tests and the simulation: a reason for the given try of a delivery, or nothing.
pub type Faults = Arc<dyn Fn(DeliveryId, u32) -> Option<String> + Send + Sync>;

platform::shared! {
    pub struct Deliveries(Parts);
}

/// What all copies of [`Deliveries`] share.
#[derive(Clone)]
pub struct Parts {
    pub app: App,
    pub policies: Policies,
    pub accounts: Accounts,
    pub messages: Messages,
    pub orders: Orders,
    pub production: Production,
    pub instances: Instances,
    pub licensing: Licensing,
    faults: Option<Faults>,
}

impl FromRef<Deliveries> for Accounts {
    fn from_ref(state: &Deliveries) -> Self {
        state.accounts.clone()
    }
}

impl Deliveries {
    pub fn routes(&self) -> Routes {
        api::routes(self).and(pages::routes(self))
    }
}
