//! Insight: what buyers, sellers and the operator see first, and what the operator watches.
//!
//! Owns: the overviews, their charts, the operator's boards, announcements. Table: `announcement`.
//! Does not own: any other fact that it shows; it asks the capabilities above and reads their tables.
//!
//! Invariants
//! - A buyer's and a seller's overview is read by the account that authentication gave.
//! - Nothing here changes another capability's things, but through its own actions.

mod actions;
mod pages;
mod rules;
mod store;

use std::{pin::Pin, sync::Arc};

use accounts::Accounts;
use axum::extract::FromRef;
use catalogue::Catalogue;
use kernel::Result;
use ledger::{Checked, Difference, Ledger};
use messages::Messages;
use payments::Payments;
use platform::{App, http::Routes};
use policy::Policies;
use renewals::Renewals;
use sellers::Sellers;

/// Derives the books again. What it takes stands below and above, so whoever puts all together says how.
pub type Audit = Arc<
    dyn Fn() -> Pin<Box<dyn Future<Output = Result<std::result::Result<Checked, Difference>>> + Send>> + Send + Sync,
>;

pub use actions::{Derived, Invariants};

platform::shared! {
    pub struct Insight(Parts);
}

/// What all copies of [`Insight`] share.
pub struct Parts {
    pub app: App,
    pub policies: Policies,
    pub ledger: Ledger,
    pub accounts: Accounts,
    pub messages: Messages,
    pub sellers: Sellers,
    pub catalogue: Catalogue,
    pub payments: Payments,
    pub renewals: Renewals,
    audit: Audit,
    board: actions::Board,
}

impl FromRef<Insight> for Accounts {
    fn from_ref(state: &Insight) -> Self {
        state.accounts.clone()
    }
}

impl Insight {
    pub fn new(
        (app, policies, ledger): (App, Policies, Ledger),
        (accounts, messages, sellers): (Accounts, Messages, Sellers),
        (catalogue, payments, renewals): (Catalogue, Payments, Renewals),
        audit: Audit,
    ) -> Self {
        let board = actions::Board::default();
        Self::of(Parts {
            app,
            policies,
            ledger,
            accounts,
            messages,
            sellers,
            catalogue,
            payments,
            renewals,
            audit,
            board,
        })
    }

    pub fn routes(&self) -> Routes {
        pages::routes(self)
    }
}
