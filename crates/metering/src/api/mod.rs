//! Use over HTTP: the buyer's, the seller's, and events that come in.

mod buyer;
mod corrections;
mod events;
mod json;
mod packages;
mod seller;

use platform::http::Routes;

use crate::Metering;

pub(crate) fn routes(metering: &Metering) -> Routes {
    buyer::routes(metering)
        .and(seller::routes(metering))
        .and(events::routes(metering))
        .and(corrections::routes(metering))
        .and(packages::routes(metering))
}
