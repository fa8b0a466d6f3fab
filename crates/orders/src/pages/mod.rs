//! Pages of orders: the checkout, the lists of buyer, seller and operator, the seller's sale and customers.
//!
//! The page of one order stands in `delivery`, which knows what became of it; what it shows of an order is in [`parts`].

pub(crate) mod asking;
mod checkout;
mod list;
pub(crate) mod parts;
mod seller;
mod trial;

use platform::http::Routes;

use crate::Orders;

pub(crate) fn routes(orders: &Orders) -> Routes {
    checkout::routes(orders).and(list::routes(orders)).and(seller::routes(orders)).and(trial::routes(orders))
}
