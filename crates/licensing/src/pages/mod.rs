//! Pages of licences: the seller's, and what the page of an instance shows its buyer.

mod buyer;
mod seller;
mod test_codes;

use platform::http::Routes;

use crate::Licensing;

pub(crate) fn routes(licensing: &Licensing) -> Routes {
    buyer::routes(licensing).and(seller::routes(licensing)).and(test_codes::routes(licensing))
}
