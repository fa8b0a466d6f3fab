//! What sellers do with their addresses and keys, and the calls themselves.

mod addresses;
mod calls;

pub(crate) use calls::Tried;
