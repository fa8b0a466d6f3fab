//! Pages of listings: writing them, reviewing them, and the storefront that shows them.

mod compare;
mod editor;
mod files;
mod found;
mod labels;
mod particulars;
mod preview;
mod ratings;
mod review;
mod shelf;
mod storefront;
mod window;

use platform::http::Routes;

use crate::Catalogue;

pub use ratings::{rating_summary, review_article, stars};

pub(crate) fn routes(catalogue: &Catalogue) -> Routes {
    editor::routes(catalogue)
        .and(files::routes(catalogue))
        .and(found::routes(catalogue))
        .and(preview::routes(catalogue))
        .and(review::routes(catalogue))
        .and(shelf::routes(catalogue))
        .and(storefront::routes(catalogue))
        .and(window::routes(catalogue))
}
