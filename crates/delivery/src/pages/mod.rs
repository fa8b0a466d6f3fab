//! The page of an order, for the buyer and the operator, and the deliveries of all accounts.

mod buyer;
mod operator;

use platform::http::Routes;

use crate::Deliveries;

pub(crate) fn routes(deliveries: &Deliveries) -> Routes {
    buyer::routes(deliveries).and(operator::routes(deliveries))
}
