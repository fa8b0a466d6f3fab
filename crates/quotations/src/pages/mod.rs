//! Pages of private offers: the seller's desk and the buyer's screen.

mod amending;
mod amendment;
mod answer;
mod desk;
mod line;
mod lists;
mod papers;
mod parts;
mod typed;

use platform::http::Routes;

use crate::PrivateOffers;

pub(crate) fn routes(private_offers: &PrivateOffers) -> Routes {
    lists::routes(private_offers)
        .and(desk::routes(private_offers))
        .and(papers::routes(private_offers))
        .and(line::routes(private_offers))
        .and(answer::routes(private_offers))
        .and(amending::routes(private_offers))
}
