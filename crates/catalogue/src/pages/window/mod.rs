//! The shop window as the operator arranges it: floors of the first page, categories, tags.

mod categories;
mod floors;
mod tags;

use accounts::{Operator, StaffPermission};
use maud::Markup;
use platform::http::Routes;
use ui::{Place, View};

use crate::Catalogue;

const PLACE: Place = Place::Operator("storefront");

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    floors::routes(catalogue).and(categories::routes(catalogue)).and(tags::routes(catalogue))
}

/// The three parts beside each other.
fn tabs(view: &View, at: &str) -> Markup {
    let tab = |word: &str, href: &str| (view.word("window-tab", word), href.to_owned(), at == word);
    ui::tabs(
        &view.t("window-title"),
        &[
            tab("floors", "/operator/storefront"),
            tab("categories", "/operator/storefront/categories"),
            tab("tags", "/operator/storefront/tags"),
        ],
    )
}

/// Everybody of the staff looks; who runs the site arranges.
fn arranges(operator: &Operator) -> bool {
    operator.may_staff(StaffPermission::RunSite).is_ok()
}
