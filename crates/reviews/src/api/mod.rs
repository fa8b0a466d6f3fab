//! Reviews as JSON: for everybody, their authors, sellers and the operator.

mod everybody;
mod operator;
mod own;
mod seller;

use platform::http::Routes;

use crate::Reviews;

pub(crate) fn routes(reviews: &Reviews) -> Routes {
    everybody::routes(reviews).and(own::routes(reviews)).and(seller::routes(reviews)).and(operator::routes(reviews))
}
