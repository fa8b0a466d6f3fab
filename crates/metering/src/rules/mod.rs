//! Pure decisions: which records are accepted, and what they cost.

pub(crate) mod bill;
pub(crate) mod contract;
pub(crate) mod correction;
pub(crate) mod package;
pub(crate) mod rating;
pub(crate) mod record;
pub(crate) mod refused;
pub(crate) mod rerate;
