//! The page of what was bought, returning it, and the lists of refunds.

mod instance;
mod lists;

use platform::http::Routes;

use crate::Refunds;

pub(crate) fn routes(refunds: &Refunds) -> Routes {
    instance::routes(refunds).and(lists::routes(refunds))
}
