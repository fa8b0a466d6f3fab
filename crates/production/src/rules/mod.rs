//! The production interface as values: what is asked and how it is signed, what is answered and what that means.

pub(crate) mod address;
pub(crate) mod answer;
pub(crate) mod case;
pub(crate) mod fault;
pub(crate) mod form;
pub(crate) mod probe;
pub(crate) mod request;
pub(crate) mod trial;
pub(crate) mod trouble;
pub(crate) mod v1;
pub(crate) mod webhook;
