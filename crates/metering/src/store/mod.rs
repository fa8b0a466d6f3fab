//! Statements on the tables of metering.

pub(crate) mod charges;
pub(crate) mod contracts;
pub(crate) mod corrections;
pub(crate) mod packages;
pub(crate) mod records;
pub(crate) mod refusals;
pub(crate) mod sums;
