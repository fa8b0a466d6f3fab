//! Policy: the site's rules as data, with versions and the dates from which they hold.
//!
//! Owns: the rules' shape, their checks, their published versions. Table: `policy`.
//! Does not own: what a rule means for an order, a review or a refund; each capability reads its own part.
//!
//! Invariants
//! - Rules that do not pass their checks never hold.
//! - A published version is never changed; what was agreed under it can be looked up.

mod actions;
mod rules;
mod store;

use platform::App;

pub use actions::PolicyRefused;
pub use rules::{
    APPLICATION_FIELDS, AcceptanceRules, AccessRules, AccessType, Agreement, BillingFactor, BillingMode, Category,
    ChangeRules, ChecklistPoint, Checks, ContractingEntity, DEFAULT, FieldKind, Metering, Packages, Policy,
    PresetAttribute, PresetQuantity, Probing, Qualification, Ranking, RenewalRules, ReturnRule, Review, ReviewRules,
    SOFTWARE_COPYRIGHT, SandboxRules, Scenario, Search, SellerCalls, ShownNames, Site, Supervision, Synonyms, TaxClass,
    Trials, TypeField, USER_GUIDE,
};
pub use store::Version;

#[derive(Clone)]
pub struct Policies {
    pub app: App,
    cache: actions::Cache,
}
