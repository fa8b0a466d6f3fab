//! Who may review what, what a text may say, what counts, and what becomes of a report.

mod case;
mod entitled;
mod refused;
mod review;
mod weight;

pub(crate) use case::{Case, Filed, ReportReason, ReviewAppealOutcome, ReviewCaseState, ReviewOutcome};
pub(crate) use entitled::{Bought, Kept, Purchase, entitlement, kept};
pub(crate) use refused::ReviewRefused;
pub(crate) use review::{
    Answer, Review, ReviewSorting, ReviewState, Written, check_answer, check_note, check_statement,
};
pub(crate) use weight::{Facts, ReviewNotCounted, weigh};
