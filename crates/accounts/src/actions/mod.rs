//! Use cases, by what they are about.

pub(crate) mod account;
pub(crate) mod audit;
pub(crate) mod authenticate;
pub(crate) mod credentials;
pub(crate) mod passwords;
pub(crate) mod sign_in;
pub(crate) mod team;
pub(crate) mod totp;
pub(crate) mod verification;
