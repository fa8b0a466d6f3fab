//! The page of an order, for the buyer and the operator; the deliveries of all accounts; the way into what a seller's system
//! runs; what that system has to be told, and in what it differs; accepting what opens after that, and buying what is being tried.

mod acceptance;
mod access;
mod buyer;
mod comparison;
mod conversion;
mod operator;
mod seller;
mod tasks;

use platform::http::Routes;

use crate::Deliveries;

pub(crate) fn routes(deliveries: &Deliveries) -> Routes {
    buyer::routes(deliveries)
        .and(operator::routes(deliveries))
        .and(access::routes(deliveries))
        .and(acceptance::routes(deliveries))
        .and(seller::routes(deliveries))
        .and(tasks::routes(deliveries))
        .and(comparison::routes(deliveries))
        .and(conversion::routes(deliveries))
}
