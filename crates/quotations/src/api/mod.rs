//! Private offers over JSON: the seller's side and the buyer's.

mod amendments;
mod buyer;
mod seller;
mod shown;

use platform::http::Routes;

use crate::PrivateOffers;

pub(crate) fn routes(private_offers: &PrivateOffers) -> Routes {
    seller::routes(private_offers).and(buyer::routes(private_offers)).and(amendments::routes(private_offers))
}
