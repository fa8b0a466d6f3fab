//! Kontor: all capabilities put together into one marketplace.
//!
//! Owns: the assembly, the routes of the whole, what follows from each event, the command line's verbs, the sandboxes of sellers.
//! Tables: `sandbox`, `sandbox_letter`.
//! Does not own: any rule of business, or a table of one; those are in the capabilities.
//!
//! Invariants
//! - Each event has its reactions in one exhaustive match.
//! - A sandbox is a marketplace of its own: nothing of the site is in it but copies, and nothing of it gets out but marked calls.
//! - A job's effects happen once, however often and by whomever it is tried.

pub mod assembly;
pub mod audit;
pub mod bench;
mod connections;
pub mod demo;
pub mod kit;
pub mod listings;
mod migrations;
mod operations;
mod reactions;
pub mod sandbox;
mod seen;
pub mod server;
pub mod simulate;
pub mod stage;
pub mod worker;

pub use assembly::Kontor;
