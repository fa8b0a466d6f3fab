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

use std::sync::Arc;

use accounts::Accounts;
use axum::extract::FromRef;
use instances::Instances;
use licensing::Licensing;
use metering::Metering;
use orders::Orders;
use platform::{App, http::Routes};
use production::Production;

#[derive(Clone, FromRef)]
pub struct Doors {
    pub app: App,
    pub accounts: Accounts,
    pub licensing: Licensing,
    pub orders: Orders,
    pub instances: Instances,
    pub production: Production,
    pub metering: Metering,
}

impl Doors {
    pub fn new(
        (app, accounts): (App, Accounts),
        (licensing, orders, instances): (Licensing, Orders, Instances),
        (production, metering): (Production, Metering),
    ) -> Self {
        Self { app, accounts, licensing, orders, instances, production, metering }
    }

    pub fn routes(&self) -> Routes {
        // Heartbeats come often, and each request copies its state.
        huawei::routes(Arc::new(self.clone())).and(pages::routes(self))
    }
}
