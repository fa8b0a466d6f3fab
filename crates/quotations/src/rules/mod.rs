//! The rules of private offers: pure functions over values.

mod draft;
mod offer;
mod refused;
mod schedule;

pub(crate) use draft::{Draft, LinePrice, WantedLine, check_message, check_names, check_ready, goes_along, lower};
pub use offer::PrivateOfferState;
pub(crate) use offer::{Due, DueState, Earlier, Ended, Listed, Offer, Sent, SentLine, State};
pub use refused::PrivateOfferRefused;
pub(crate) use schedule::{INSTALMENTS_MAX, Instalment, check as check_schedule, shares};
