//! Doors: other marketplaces' wire formats, translated into our actions.
//!
//! Owns: formats, names, codes and statuses as their clients know them, and the debugger that shows them. No table.
//! Does not own: what a request does (`licensing`, `orders`, `metering`), who may do it (`accounts`).
//!
//! Invariants
//! - A client that was written for another marketplace works unchanged; what its documents leave open is decided here, in one
//!   place, and written down.
//! - Every answer has the format of its door, refusals and failed signatures too.

mod huawei;
mod pages;

use std::{pin::Pin, sync::Arc};

use accounts::{Accounts, Seller};
use axum::extract::FromRef;
use instances::Instances;
use kernel::Result;
use licensing::Licensing;
use metering::Metering;
use orders::Orders;
use platform::{App, http::Routes};
use production::Production;

/// What an order query is answered that asks for an order of another marketplace, which this seller has in a sandbox: the whole
/// answer. Given are the order's number and perhaps that of its line. None: there is none either.
pub type Elsewhere = Arc<
    dyn Fn(Seller, (String, Option<String>)) -> Pin<Box<dyn Future<Output = Result<Option<serde_json::Value>>> + Send>>
        + Send
        + Sync,
>;

#[derive(Clone, FromRef)]
pub struct Doors {
    pub app: App,
    pub accounts: Accounts,
    pub licensing: Licensing,
    pub orders: Orders,
    pub instances: Instances,
    pub production: Production,
    pub metering: Metering,
    #[from_ref(skip)]
    elsewhere: Option<Elsewhere>,
}

impl Doors {
    pub fn new(
        (app, accounts): (App, Accounts),
        (licensing, orders, instances): (Licensing, Orders, Instances),
        (production, metering): (Production, Metering),
    ) -> Self {
        Self { app, accounts, licensing, orders, instances, production, metering, elsewhere: None }
    }

    /// The same, for a site whose sellers have sandboxes.
    #[must_use]
    pub fn with_elsewhere(self, elsewhere: Elsewhere) -> Self {
        Self { elsewhere: Some(elsewhere), ..self }
    }

    pub fn routes(&self) -> Routes {
        // Heartbeats come often, and each request copies its state.
        huawei::routes(Arc::new(self.clone())).and(pages::routes(self))
    }
}
