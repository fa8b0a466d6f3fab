//! Input and output that knows no business: the database, jobs, files, secrets, mail, the search index, HTTP,
//! settings, telemetry.
//!
//! Owns: tables `job`, `once` and `vault_check`, and every connection to the outside.
//! Does not own: what an event means, who may do what, any rule about money.
//!
//! Invariants
//! - One text per statement; only `db.rs` knows which engine runs.
//! - A job's effects and its removal are one transaction; a repeatable change and its stored answer are one transaction.
//! - Only `clock.rs` reads the time, only `config.rs` reads settings.

pub mod blobs;
pub mod clock;
pub mod config;
pub mod db;
pub mod http;
pub mod jobs;
pub mod mail;
pub mod outgoing;
pub mod search;
pub mod telemetry;
pub mod vault;

use std::sync::Arc;

pub use clock::Clock;
pub use config::Config;
pub use db::{Db, OnUnique, Tx, Written};
pub use vault::Vault;

/// What every capability is given: connections and settings, no business. A clone is one more reference.
#[derive(Clone)]
pub struct App(Arc<Means>);

/// What an [`App`] holds.
pub struct Means {
    pub db: Db,
    pub clock: Clock,
    pub config: Config,
    pub vault: Vault,
    pub blobs: blobs::Blobs,
    pub mail: mail::Outbox,
    pub limits: http::limit::Limits,
}

impl App {
    pub fn new(means: Means) -> Self {
        Self(Arc::new(means))
    }
}

/// A capability as one reference to what it holds: each route keeps a copy of it, each request takes one, and capabilities
/// hold those that they call.
#[macro_export]
macro_rules! shared {
    ($(#[$doc:meta])* pub struct $name:ident($parts:ident);) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(std::sync::Arc<$parts>);

        impl $name {
            fn of(parts: $parts) -> Self {
                Self(std::sync::Arc::new(parts))
            }
        }

        impl std::ops::Deref for $name {
            type Target = $parts;

            fn deref(&self) -> &$parts {
                &self.0
            }
        }
    };
}

impl std::ops::Deref for App {
    type Target = Means;

    fn deref(&self) -> &Means {
        &self.0
    }
}
