//! What sellers do with their addresses and keys, and the calls themselves.

mod addresses;
mod calls;
mod cases;
mod copies;
mod probes;

pub(crate) use calls::Tried;
pub(crate) use cases::{Asked, Kept};
pub use copies::AddressCopy;
pub(crate) use probes::Probed;
