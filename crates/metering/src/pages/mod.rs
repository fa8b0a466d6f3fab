//! Pages of use: the buyer's part of what is owned, its charges, and the seller's customers.

mod buyer;
mod corrections;
mod lines;
mod packages;
mod seller;

use platform::http::Routes;

use crate::Metering;

pub(crate) fn routes(metering: &Metering) -> Routes {
    buyer::routes(metering)
        .and(seller::routes(metering))
        .and(corrections::routes(metering))
        .and(packages::routes(metering))
}
