//! The production interface as values: what is asked and how it is signed, what is answered and what that means.

pub(crate) mod address;
pub(crate) mod answer;
pub(crate) mod request;
pub(crate) mod trouble;
