//! Orders: a buyer's acceptance of a quote, and our promise to deliver.
//!
//! Owns: quotes, orders, their lines and states. Tables: `quote`, `purchase_order`, `order_line`, `purchase_turn`.
//! Does not own: how a price is computed (`pricing`) and lowered (`offers`), money (`ledger`), what is delivered (`instances`, `delivery`).
//!
//! Invariants
//! - A quote is accepted at most once, and the price of a line never changes after that.
//! - What was taken off a price is used up by the order in its own transaction, and comes back when the order ends.
//! - A renewal is an order of its own that is placed, paid and completed at once; what it goes on with is on its line.
//! - A change is an order of its own that is paid when it is placed and completed when it is carried out; its line names what it
//!   changes, and how its price came about.
//! - An order is paid at most once; its lines' money is in escrow exactly while they are paid or delivered.
//! - A trial costs nothing, is paid with its order, and is the only one of its spec that its account ever has.
//! - An unpaid order ends when the time of the policy under which it was placed is over.

mod actions;
mod admission;
mod agreed;
mod api;
mod asking;
mod audit;
mod changes;
mod conversions;
mod pages;
mod reactions;
mod renewals;
mod rules;
mod store;
mod trials;

use accounts::Accounts;
use axum::extract::FromRef;
use catalogue::Catalogue;
use messages::Messages;
use offers::Offers;
use payments::Payments;
use platform::{App, http::Routes};
use policy::Policies;

pub use agreed::{AgreedLine, AgreedUse};
pub use asking::Asked;
pub use changes::{Changing, with_amounts};
pub use conversions::{Converting, Length};
pub use pages::asking::{answers, questions, replies};
pub use pages::parts::{kind_badge, order_badge, order_lines, order_moments, order_terms, receipt, term, window};
pub use reactions::PaidFor;
pub use renewals::Owned;
pub use rules::{
    After, Changes, Content, Cover, GoesOn, Line, LineState, Obstacle, Order, OrderKind, OrderRefused, Renews, State,
    StateName, StoredQuote, Terms, Wish,
};

platform::shared! {
    pub struct Orders(Parts);
}

/// What all copies of [`Orders`] share.
pub struct Parts {
    pub app: App,
    pub policies: Policies,
    pub accounts: Accounts,
    pub messages: Messages,
    pub catalogue: Catalogue,
    pub payments: Payments,
    pub offers: Offers,
}

impl FromRef<Orders> for Accounts {
    fn from_ref(state: &Orders) -> Self {
        state.accounts.clone()
    }
}

impl Orders {
    pub fn routes(&self) -> Routes {
        api::routes(self).and(pages::routes(self))
    }
}
