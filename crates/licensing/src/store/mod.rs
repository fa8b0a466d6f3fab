//! Every statement on the tables of licensing.

pub(crate) mod days;
pub(crate) mod keys;
pub(crate) mod licences;
