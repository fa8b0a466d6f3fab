//! The storefront: discovering, searching, a product's page and its prices, comparing, sellers, help.

mod compare;
mod configure;
mod crawled;
mod described;
mod editions;
mod gallery;
mod help;
mod home;
mod marked;
mod particulars;
mod pictures;
mod pieces;
mod private;
mod product;
mod search;
mod sellers;
mod sold_to;

use platform::http::Routes;

use crate::Catalogue;

pub(crate) use product::{About, about};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    home::routes(catalogue)
        .and(search::routes(catalogue))
        .and(product::routes(catalogue))
        .and(gallery::routes(catalogue))
        .and(configure::routes(catalogue))
        .and(particulars::routes(catalogue))
        .and(compare::routes(catalogue))
        .and(crawled::routes(catalogue))
        .and(sellers::routes(catalogue))
        .and(help::routes(catalogue))
        .and(marked::routes(catalogue))
        .and(private::routes(catalogue))
        .and(pictures::routes(catalogue))
}
