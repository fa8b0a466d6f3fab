//! How far buyers may change what they own of a spec in the middle of its term.

use kernel::choices;
use policy::AccessType;

choices! {
    /// What a seller allows buyers to change.
    pub enum Changeable {
        /// It stays as it was bought until its end.
        Never = "never",
        /// More of the same (扩容).
        More = "more",
        /// More, and other editions of the same product that are paid for a term (升级).
        Any = "any",
    }
}

impl Changeable {
    /// What holds while its seller has not said anything: codes follow by themselves; a seller's own system has to know what to
    /// do, and its interface may leave changes out.
    pub(crate) fn usual(access_type: AccessType) -> Self {
        match access_type {
            AccessType::License => Self::Any,
            AccessType::Saas
            | AccessType::Image
            | AccessType::Api
            | AccessType::Agent
            | AccessType::Service
            | AccessType::Hardware
            | AccessType::Container
            | AccessType::AiAsset
            | AccessType::Dataset
            | AccessType::Bundle => Self::Never,
        }
    }
}
