//! What the operator's reviewers see: the queue, and a listing beside what is on sale.

mod decide;
mod queue;

use platform::http::Routes;

use crate::Catalogue;

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    queue::routes(catalogue).and(decide::routes(catalogue))
}
