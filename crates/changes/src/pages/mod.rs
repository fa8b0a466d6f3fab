//! Changing a thing, and the part of its page that leads there.

mod ahead;
mod change;
mod choice;
mod part;

use platform::http::Routes;

use crate::Changes;

pub(crate) fn routes(changes: &Changes) -> Routes {
    change::routes(changes).and(ahead::routes(changes))
}
