//! Statements, by what they are about.

pub(crate) mod account;
pub(crate) mod audit;
pub(crate) mod credential;
pub(crate) mod recovery;
pub(crate) mod session;
pub(crate) mod user;
pub(crate) mod verification;
