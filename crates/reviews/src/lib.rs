//! Reviews: what buyers say of products, what sellers answer, and what becomes of what is reported (商品评价).
//!
//! Owns: reviews with all their versions, answers, reports, and what the operator makes of them. Tables: `product_review`,
//! `product_review_version`, `product_review_case`, `product_review_report`.
//! Does not own: what was bought (`orders`, `instances`) and used (`metering`), how a product stands in lists and in the
//! search (`catalogue`, which is told the sums), what listings may say (`catalogue`, whose words hold here too).
//!
//! Invariants
//! - An account has one review of a product at most, and only of what it has paid for; never of its own.
//! - The rating of a product is the sum of its reviews that are shown and count; the audit adds them up again.
//! - What was given back is no part of the rating, nor are reviews of those who sell here, nor a second one of the same company
//!   or person.
//! - What was written is kept, version by version. Only the operator hides a review, with reasons; a seller cannot.
//! - Whoever decided on a report does not decide on the appeal.

mod actions;
mod api;
mod pages;
mod rules;
mod store;

use accounts::Accounts;
use axum::extract::FromRef;
use catalogue::Catalogue;
use instances::Instances;
use messages::Messages;
use metering::Metering;
use orders::Orders;
use platform::{App, http::Routes};
use policy::Policies;

platform::shared! {
    pub struct Reviews(Parts);
}

/// What all copies of [`Reviews`] share.
pub struct Parts {
    pub app: App,
    pub policies: Policies,
    pub accounts: Accounts,
    pub messages: Messages,
    pub catalogue: Catalogue,
    pub orders: Orders,
    pub instances: Instances,
    pub metering: Metering,
}

impl FromRef<Reviews> for Accounts {
    fn from_ref(state: &Reviews) -> Self {
        state.accounts.clone()
    }
}

impl Reviews {
    pub fn new(
        app: App,
        (policies, accounts, messages): (Policies, Accounts, Messages),
        (catalogue, orders): (Catalogue, Orders),
        (instances, metering): (Instances, Metering),
    ) -> Self {
        Self::of(Parts { app, policies, accounts, messages, catalogue, orders, instances, metering })
    }

    pub fn routes(&self) -> Routes {
        api::routes(self).and(pages::routes(self))
    }
}
