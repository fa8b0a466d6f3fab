//! Statements on the tables of private offers.

pub(crate) mod amendments;
pub(crate) mod instalments;
pub(crate) mod offers;
pub(crate) mod thread;
