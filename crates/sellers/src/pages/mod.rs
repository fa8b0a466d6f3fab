//! Pages of selling: becoming a seller, what holds of one, and the operator's reviews.

mod business;
mod decide;
mod onboarding;
mod queues;
mod settings;
mod shown;

use platform::http::Routes;

use crate::Sellers;

pub(crate) fn routes(sellers: &Sellers) -> Routes {
    onboarding::routes(sellers)
        .and(business::routes(sellers))
        .and(settings::routes(sellers))
        .and(queues::routes(sellers))
        .and(decide::routes(sellers))
}
