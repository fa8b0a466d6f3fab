//! Metering: what was used of what is paid as it is used, and what that costs (话单, 按需计费).
//!
//! Owns: records of use and their numbers, their corrections, those that were refused, what packages cover of them, what each hour or
//! day costs, what of it is unpaid. Tables: `metered_instance`, `usage_record`, `usage_sum`, `usage_refusal`, `usage_charge`, `usage_package`,
//! `usage_filling`, `usage_cover`, `usage_correction`, `usage_correction_cover`.
//! Does not own: how a count becomes an amount (`pricing`), the books (`ledger`), the instance (`instances`), in which form
//! records come (`doors`).
//!
//! Invariants
//! - A number is recorded once for the life of an instance; the same record again changes nothing, another one is refused.
//! - Records are only ever added. What comes when its hour or day was charged already is charged with the next one.
//! - Each hour or day is charged once, from its records alone: the audit computes every charge again.
//! - What was charged is never more than the exact sum, and less by less than one minor unit, at any time: all that is charged, priced
//!   anew with what was known of it when the last hour or day was.
//! - A correction is a row of its own, behind the one that counted before. It changes no record and no charge: what it changes of what
//!   was charged is a line of the next charge, which may be below zero. Nothing costs more without its buyer's consent than the
//!   rules of the site allow.
//! - A charge is booked once, when the wallet holds it; what it does not hold stays due. One below zero is set off against what is due
//!   of the same instance, and the rest is paid back.
//! - What a package has covered and what is left of it is what it holds, in each filling; nothing is covered twice, and nothing is
//!   charged that a package could have covered when it came in.

mod actions;
mod api;
mod pages;
mod rules;
mod store;

use std::sync::OnceLock;

use accounts::Accounts;
use axum::extract::FromRef;
use delivery::Deliveries;
use instances::Instances;
use messages::Messages;
use orders::Orders;
use payments::Payments;
use platform::{App, http::Routes};
use policy::Policies;

pub use actions::{
    elsewhere::{Elsewhere, Pushed, TakenIn},
    ingest::{Ingested, Told},
};
pub use rules::{
    contract::{Contract, Terms},
    rating::{Charged, Part, Stage, Standing, Use},
    record::{RECORDS_MAX, Sent, UsageCode, UsageForm},
    refused::MeteringRefused,
};
pub use store::charges::{Charge, UsageChargeState};

platform::shared! {
    pub struct Metering(Parts);
}

/// What all copies of [`Metering`] share.
pub struct Parts {
    pub app: App,
    pub policies: Policies,
    pub accounts: Accounts,
    pub messages: Messages,
    pub payments: Payments,
    pub orders: Orders,
    pub instances: Instances,
    pub deliveries: Deliveries,
    /// Where what is not known here is asked for.
    elsewhere: OnceLock<Elsewhere>,
}

impl FromRef<Metering> for Accounts {
    fn from_ref(state: &Metering) -> Self {
        state.accounts.clone()
    }
}

impl Metering {
    pub fn new(
        app: App,
        (policies, accounts, messages): (Policies, Accounts, Messages),
        (payments, orders): (Payments, Orders),
        (instances, deliveries): (Instances, Deliveries),
    ) -> Self {
        Self::of(Parts {
            app,
            policies,
            accounts,
            messages,
            payments,
            orders,
            instances,
            deliveries,
            elsewhere: OnceLock::new(),
        })
    }

    pub fn routes(&self) -> Routes {
        api::routes(self).and(pages::routes(self))
    }
}
