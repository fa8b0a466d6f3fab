//! What the operator's reviewers see: the queue, a listing beside what is on sale, and what all of them did.

mod decide;
mod measures;
mod panels;
mod proposals;
mod queue;
mod removals;
mod statistics;

use platform::http::Routes;

pub(super) use panels::verdict_badge;

use crate::Catalogue;

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    queue::routes(catalogue)
        .and(statistics::routes(catalogue))
        .and(decide::routes(catalogue))
        .and(removals::routes(catalogue))
        .and(measures::routes(catalogue))
        .and(proposals::routes(catalogue))
}
