//! `/api/v1`: coupons, for those who give them and those who use them.

mod buyer;
mod discounts;
mod giver;
mod resale;

use platform::http::Routes;

use crate::Offers;

pub(crate) fn routes(offers: &Offers) -> Routes {
    giver::routes(offers).and(buyer::routes(offers)).and(discounts::routes(offers)).and(resale::routes(offers))
}
