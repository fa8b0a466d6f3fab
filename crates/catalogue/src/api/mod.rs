//! Listings over JSON: for their sellers, for the operator, and for everybody who looks.

mod access_types;
mod attributes;
mod changes;
mod files;
mod floors;
mod limits;
mod marked;
mod measures;
mod operator;
mod private;
mod proposals;
mod removals;
mod search;
mod sellers;
mod shelf;
mod tree;
mod trials;
mod visibility;

use platform::http::Routes;

use crate::Catalogue;

pub(crate) fn routes(catalogue: &Catalogue) -> Routes {
    sellers::routes(catalogue)
        .and(access_types::routes(catalogue))
        .and(attributes::routes(catalogue))
        .and(operator::routes(catalogue))
        .and(files::routes(catalogue))
        .and(shelf::routes(catalogue))
        .and(search::routes(catalogue))
        .and(tree::routes(catalogue))
        .and(floors::routes(catalogue))
        .and(marked::routes(catalogue))
        .and(private::routes(catalogue))
        .and(visibility::routes(catalogue))
        .and(removals::routes(catalogue))
        .and(measures::routes(catalogue))
        .and(proposals::routes(catalogue))
        .and(limits::routes(catalogue))
        .and(trials::routes(catalogue))
        .and(changes::routes(catalogue))
}
