//! Sellers: who may sell, what is known of them, and where their money goes.
//!
//! Owns: applications, admitted sellers and their information, business information by contracting entity, accepted
//! agreements. Tables: `seller_application`, `seller`, `seller_change`, `business_certification`, `agreement_text`,
//! `agreement_acceptance`.
//! Does not own: real-name verification and the right to act as a seller (`accounts`), uploaded files (`documents`), products
//! (`catalogue`), what is paid out (settlement).
//!
//! Invariants
//! - One company sells through one account: a registration number is submitted or approved once.
//! - What a seller says about itself holds only after a review, but for the finance contact; the company never changes.
//! - At most one piece of business information is certified for an entity, and the account it names is the company's own.
//! - An acceptance names the exact text, its hash, the person, the moment and the address, and is never changed.
//! - Bank account numbers are sealed; no page, answer, notice or log shows more than their last four characters.

mod actions;
mod api;
mod pages;
mod rules;
mod store;
#[cfg(test)]
mod tests;

use accounts::Accounts;
use axum::extract::FromRef;
use documents::Documents;
use messages::Messages;
use platform::{App, http::Routes};
use policy::Policies;

pub use actions::{Accepted, SellerProfile};
pub use rules::{
    ApplicationState, CertificationState, ChangeState, Reason, SellerRefused,
    agreement::hash as agreement_hash,
    business::{BusinessInformation, TaxpayerIdentity},
    form::Form,
    information::{FinanceContact, Information},
};
pub use store::{
    agreements::Acceptance, applications::Application, certifications::Certification, changes::Change,
    profiles::SellerRow,
};

platform::shared! {
    pub struct Sellers(Parts);
}

/// What all copies of [`Sellers`] share.
pub struct Parts {
    pub app: App,
    pub policies: Policies,
    pub accounts: Accounts,
    pub messages: Messages,
    pub documents: Documents,
}

impl FromRef<Sellers> for Accounts {
    fn from_ref(state: &Sellers) -> Self {
        state.accounts.clone()
    }
}

impl Sellers {
    pub fn new(app: App, (policies, accounts, messages): (Policies, Accounts, Messages), documents: Documents) -> Self {
        Self::of(Parts { app, policies, accounts, messages, documents })
    }

    pub fn routes(&self) -> Routes {
        api::routes(self).and(pages::routes(self))
    }
}
