//! Sellers over JSON, by audience.

mod applicant;
mod json;
mod operator;
mod public;
mod seller;

use platform::http::Routes;

use crate::Sellers;

pub(crate) fn routes(sellers: &Sellers) -> Routes {
    public::routes(sellers).and(applicant::routes(sellers)).and(seller::routes(sellers)).and(operator::routes(sellers))
}
