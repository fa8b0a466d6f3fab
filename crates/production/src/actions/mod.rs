//! What sellers do with their addresses and keys, and the calls themselves.

mod addresses;
mod calls;
mod cases;

pub(crate) use calls::Tried;
pub(crate) use cases::{Asked, Kept};
