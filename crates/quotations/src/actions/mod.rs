//! What sellers, buyers and time do with offers.

mod answering;
mod instalments;
mod reading;
mod telling;
mod writing;

pub(crate) use reading::{Read, Thread};
pub(crate) use writing::{Priced, off_line};
