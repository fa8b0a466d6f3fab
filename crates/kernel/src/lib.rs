//! The words that everybody shares: money, rates, ids, time, texts, refusals, events, pages.
//!
//! Owns: value types and their arithmetic and encodings.
//! Does not own: any table, connection, route, file or clock; nothing here waits.
//!
//! Invariants
//! - Amounts are whole minor units with their currency; two currencies never meet in one sum.
//! - A split always sums to the whole, and rounding happens in `rate` alone.
//! - An id of one kind is never taken for an id of another.

#[macro_use]
pub mod arg;
#[macro_use]
pub mod choice;
pub mod event;
pub mod id;
pub mod money;
pub mod page;
pub mod rate;
pub mod refusal;
pub mod text;
pub mod time;

pub use arg::Arg;
pub use event::Event;
pub use money::{Currency, Money};
pub use page::{Page, PageQuery};
pub use refusal::{Error, FieldError, Invalid, Refusal, Thing};
pub use text::{Lang, Localized};
pub use time::{Period, Timestamp};

pub type Result<T, E = Error> = std::result::Result<T, E>;
