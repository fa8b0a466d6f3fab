//! Licensing: authorisation codes, their activation and heartbeats, and licence files for software without a network.
//!
//! Owns: codes, their lifecycle and history, daily use, test codes, the keys that sign licence files. Tables: `licence`,
//! `licence_event`, `licence_day`, `licence_usage`, `licence_key`.
//! Does not own: the term and its timers (`instances`), the wire formats that sellers' software speaks (`doors`).
//!
//! Invariants
//! - An instance has at most one code; a code is kept sealed and found by its hash.
//! - Created, then active, then expired (frozen), then released; a released code never comes back.
//! - A code can be used by the seller of its product alone; to others it does not exist.
//! - A heartbeat is answered after its trace is on disk, and from a state that is at most a second old.

mod actions;
mod api;
mod pages;
mod rules;
mod seen;
mod store;
#[cfg(test)]
mod world;

use axum::extract::FromRef;
use std::{sync::Arc, time::Duration};

use accounts::Accounts;
use instances::Instances;
use messages::Messages;
use moka::sync::Cache;
use platform::{App, http::Routes};
use policy::Policies;

pub use actions::open_api::{Heartbeat, UsageReport};
pub use rules::{Activation, Licence, LicenceKind, LicenceRefused, LicenceState, LicenceStatus, State, Usage};

platform::shared! {
    pub struct Licensing(Parts);
}

/// What all copies of [`Licensing`] share.
pub struct Parts {
    pub app: App,
    pub policies: Policies,
    pub accounts: Accounts,
    pub messages: Messages,
    pub instances: Instances,
    /// Active licences by the hash of their code, as they were a moment ago.
    recent: Cache<String, Arc<Licence>>,
    seen: seen::Writer,
}

impl FromRef<Licensing> for Accounts {
    fn from_ref(state: &Licensing) -> Self {
        state.accounts.clone()
    }
}

/// Another process may revoke a code; a heartbeat sees it after this long at the latest.
const RECENT: Duration = Duration::from_secs(1);

/// Licences kept in memory, about 500 bytes each.
const RECENT_MAX: u64 = 50_000;

impl Licensing {
    pub fn new(app: App, policies: Policies, accounts: Accounts, messages: Messages, instances: Instances) -> Self {
        let recent = Cache::builder().max_capacity(RECENT_MAX).time_to_live(RECENT).build();
        let seen = seen::Writer::new(app.db.clone());
        Self::of(Parts { app, policies, accounts, messages, instances, recent, seen })
    }

    pub fn routes(&self) -> Routes {
        api::routes(self).and(pages::routes(self))
    }
}
