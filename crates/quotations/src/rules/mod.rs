//! The rules of private offers: pure functions over values.

mod amendment;
mod draft;
mod offer;
mod refused;
mod schedule;

pub use amendment::AmendmentState;
pub(crate) use amendment::{
    AmendedLine, Amendment, AmendmentWish, LineWish, Proposed, Running, amend, amended, check_order, remaining,
};
pub(crate) use draft::{Draft, LinePrice, WantedLine, check_message, check_names, check_ready, goes_along, lower};
pub use offer::PrivateOfferState;
pub(crate) use offer::{Due, DueState, Earlier, Ended, Listed, Offer, Sent, SentLine, State};
pub use refused::PrivateOfferRefused;
pub(crate) use schedule::{INSTALMENTS_MAX, Instalment, check as check_schedule, shares};
