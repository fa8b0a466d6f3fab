//! The production interface in the form of Standard Webhooks (<https://www.standardwebhooks.com>): each thing that a seller's
//! system is told or asked is an event, signed in three headers; the HTTP status says how it went.

mod answer;
mod event;
mod signature;

pub(crate) use answer::read;
pub use event::EventType;
pub(crate) use event::body;
pub use signature::fits;
pub(crate) use signature::{Message, secret, sign};
