//! What can be done with licences, one file per audience.

pub(crate) mod buyer;
pub(crate) mod files;
pub(crate) mod lifecycle;
pub(crate) mod open_api;
pub(crate) mod sold;
pub(crate) mod test_codes;
