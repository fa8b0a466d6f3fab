//! The ledger: every movement of money, for ever.
//!
//! Owns: journals and their postings, balances, seals. Tables: `journal`, `posting`, `balance`, `seal`, `sealed_journal`.
//! Does not own: when something is booked (the capabilities decide), top-ups and refunds as cases (`payments`, `refunds`).
//!
//! Invariants
//! - A journal's postings sum to zero in every currency; the database refuses to change or delete either.
//! - A balance equals the sum of its postings, at every commit.
//! - A wallet and the escrow are never negative, under any concurrency.
//! - Each journal is sealed into a chain of hashes, so that a change behind our back is found.

mod actions;
mod audit;
mod recipes;
mod rules;
mod seals;
mod store;

use platform::App;

pub use audit::{Checked, Difference};
pub use recipes::{change, development_top_up, refund, renewal, sale, top_up, usage, usage_credit};
pub use rules::{Book, BookKind, Entry, InsufficientFunds, Recipe, Transfer};
pub use store::{JournalLine, LinePosting};

#[derive(Clone)]
pub struct Ledger {
    pub app: App,
}
