//! Production: sellers' own systems, called by the production interface (生产接口) when something is bought, frozen or given back.
//!
//! Owns: production addresses, the form in which each is spoken to (KooGallery's production interface V2.0 and the older V1.0,
//! Standard Webhooks), the proof that they are their seller's, their keys, the calls and their log, how requests are signed and
//! answers are read; cases, which are try-outs that are kept, and how they went; probes, which send what can be repeated of them
//! by the site's own clock. Tables: `production_address`, `production_call`, `production_case`, `production_case_result`,
//! `production_probe`, `production_probing`.
//! Does not own: what is called when, and what follows from an answer (`delivery`); whose system is probed, and what follows
//! when it fails (`catalogue`).
//!
//! Invariants
//! - A key belongs to one address, is kept sealed and shown once. In Standard Webhooks the old and the new one both sign until
//!   the overlap of the rules is over.
//! - The form changes how a thing is said and nothing of what is said, when, how often and what follows.
//! - An answer in V1.0 is believed by its own signature, and what is hidden in it is in clear nowhere but sealed.
//! - Only an address whose program has accepted a right signature and refused a wrong one is used for deliveries.
//! - A call and its answer are on disk before anything follows from them; what follows, follows once.
//! - A seller whose system is down is left alone for a while, and never has more than a few calls at once.
//! - A case has passed at the address where it was sent, and proves nothing of another one.
//! - What a sandbox sends carries the test flag, goes where its seller has proven an address, and leaves by the same guarded way out.
//! - A probe tells a system of nothing that was sold: every request of it carries the test flag. One runs at a time.
//! - Passwords in answers are never shown in the log, nor is an authorisation code that was sold: its last letters are.

mod actions;
mod api;
mod gate;
mod pages;
mod rules;
mod store;
mod way;

use accounts::Accounts;
use axum::extract::FromRef;
use kernel::Result;
use messages::Messages;
use platform::{App, http::Routes, outgoing::Outgoing};

pub use actions::AddressCopy;
pub use pages::tabs;
pub use rules::{
    address::AddressRefused,
    answer::{Answer, AppInfo, Check, Found, Info, Kept, Read, Standing, ToldUsage},
    case::System,
    fault::{Fault, FaultPlan},
    form::CallForm,
    probe::{FailedCase, Failing, Probe, ProbeOutcome},
    request::{ACCEPTED, Activity, Customer, Request, Sale, Signed, fits},
    trial::mock_order,
    trouble::{BodySign, Reason, ResultCode, Trouble},
    v1::FieldCipher,
    webhook::{EventType, fits as event_fits},
};
pub use way::Way;

platform::shared! {
    pub struct Production(Parts);
}

/// What all copies of [`Production`] share.
pub struct Parts {
    pub app: App,
    pub accounts: Accounts,
    pub messages: Messages,
    outgoing: Outgoing,
    gates: gate::Gates,
    /// How calls leave a sandbox.
    way: Option<Way>,
}

impl FromRef<Production> for Accounts {
    fn from_ref(state: &Production) -> Self {
        state.accounts.clone()
    }
}

impl Production {
    pub fn new(app: App, (accounts, messages): (Accounts, Messages)) -> Result<Self> {
        Self::calling((app, accounts, messages), None)
    }

    /// The same of a sandbox: its calls carry the test mark and leave by a way with faults on it.
    pub fn sandboxed(app: App, (accounts, messages): (Accounts, Messages), way: Way) -> Result<Self> {
        Self::calling((app, accounts, messages), Some(way))
    }

    fn calling((app, accounts, messages): (App, Accounts, Messages), way: Option<Way>) -> Result<Self> {
        let outgoing = Outgoing::new(&app.config.outgoing)?;
        Ok(Self::of(Parts { app, accounts, messages, outgoing, gates: gate::Gates::default(), way }))
    }

    pub fn routes(&self) -> Routes {
        api::routes(self).and(pages::routes(self))
    }
}
