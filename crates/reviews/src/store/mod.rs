//! Statements on the tables of reviews, a file for reviews and one for reports and cases.

pub(crate) mod cases;
pub(crate) mod reviews;
