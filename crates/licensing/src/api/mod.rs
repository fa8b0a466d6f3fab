//! Licences over HTTP: the buyer's, the seller's, and the keys for everybody.

mod buyer;
mod json;
mod keys;
mod seller;

pub(crate) use buyer::file;

use platform::http::Routes;

use crate::Licensing;

pub(crate) fn routes(licensing: &Licensing) -> Routes {
    buyer::routes(licensing).and(seller::routes(licensing)).and(keys::routes(licensing))
}
