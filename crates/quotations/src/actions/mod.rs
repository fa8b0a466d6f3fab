//! What sellers, buyers and time do with offers.

mod amending;
mod answering;
mod instalments;
mod reading;
mod running;
mod telling;
mod writing;

pub(crate) use reading::{Counts, Read, Thread};
pub use running::AmendedInstance;
pub(crate) use writing::{Priced, off_line};
