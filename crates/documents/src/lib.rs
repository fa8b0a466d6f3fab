//! Documents: files that customers hand in, such as licences, permits and agreements.
//!
//! Owns: the uploaded files, their names and checksums. Tables: `document`, `document_upload`, `document_source`,
//! `picture_print`, `picture_print_part`; blobs: `documents/…`. The pages of real-name verification stand here, because papers are handed in on them.
//! Does not own: what a document is needed for or proves (`sellers`, `catalogue`), product packages and machine images.
//!
//! Invariants
//! - A document belongs to one account; others than its members and the operator's staff do not learn that it exists.
//! - Its bytes and its row never change, and a row never exists without its bytes. Bytes without a row are cleared away.
//! - It leaves as an attachment that browsers save and never show, whatever it contains; but for pictures of products,
//!   which were drawn again here when they came in.

mod actions;
mod api;
mod pages;
mod pictures;
mod prints;
mod rules;
mod store;

use accounts::Accounts;
use axum::extract::FromRef;
use platform::{App, http::Routes};

pub use api::{download, picture};
pub use prints::Print;
pub use rules::{DocumentRefused, Purpose, Upload};
pub use store::{Document, Incoming};

platform::shared! {
    pub struct Documents(Parts);
}

/// What all copies of [`Documents`] share.
pub struct Parts {
    pub app: App,
    pub accounts: Accounts,
}

impl FromRef<Documents> for Accounts {
    fn from_ref(state: &Documents) -> Self {
        state.accounts.clone()
    }
}

impl Documents {
    pub fn new(app: App, accounts: Accounts) -> Self {
        Self::of(Parts { app, accounts })
    }

    pub fn routes(&self) -> Routes {
        api::routes(self).and(pages::routes(self))
    }
}
