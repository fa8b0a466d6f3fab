//! Messages: notices to people.
//!
//! Owns: the inbox, what leaves by mail and SMS, preferences, the words of notices about accounts. Tables: `message`,
//! `message_preference`.
//! Does not own: who is told (`accounts` knows the people), when something is told (reactions), how a letter travels
//! (`platform::mail`).
//!
//! Invariants
//! - What is told is in the inbox of everyone concerned; preferences decide about mail and SMS only.
//! - A letter is queued in the transaction of its cause and leaves at least once.
//! - A link that lets somebody in is in the letter alone: sealed while it waits, and gone once it has left.

mod actions;
mod api;
mod pages;
mod reactions;
mod rules;
mod store;
mod templates;

use accounts::Accounts;
use axum::extract::FromRef;
use platform::{App, http::Routes};

pub use rules::{MessageState, Topic};
pub use store::{Message, Preference};

platform::shared! {
    pub struct Messages(Parts);
}

/// What all copies of [`Messages`] share.
pub struct Parts {
    pub app: App,
    pub accounts: Accounts,
}

impl FromRef<Messages> for Accounts {
    fn from_ref(state: &Messages) -> Self {
        state.accounts.clone()
    }
}

impl Messages {
    pub fn new(app: App, accounts: Accounts) -> Self {
        Self::of(Parts { app, accounts })
    }

    pub fn routes(&self) -> Routes {
        api::routes(self).and(pages::routes(self))
    }
}
