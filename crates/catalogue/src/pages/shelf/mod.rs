//! What a seller decides about a product beside its listing, one page for each question.

mod audience;
mod changes;
mod limits;
mod measures;
mod sale;
mod trials;

use accounts::Seller;
use kernel::{Result, id::ProductId, page::PageOf};
use maud::{Markup, html};
use platform::{Tx, http::Routes};
use ui::{Page, Place, View};

use super::labels::{name_of, product_badge, spec_name};
use crate::{
    Catalogue,
    actions::{Shelf, Taken},
    rules::Listing,
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    audience::routes(catalogue)
        .and(limits::routes(catalogue))
        .and(sale::routes(catalogue))
        .and(measures::routes(catalogue))
        .and(trials::routes(catalogue))
        .and(changes::routes(catalogue))
}

/// A product of the seller's own, on the shelf and as it is written.
struct Own {
    /// The operator's measures against it, the latest first.
    measures: Vec<Taken>,
    shelf: Shelf,
    listing: Listing,
}

impl Own {
    async fn of(catalogue: &Catalogue, tx: &mut Tx, seller: &Seller, id: ProductId) -> Result<Self> {
        let (product, _) = catalogue.product(tx, seller, id).await?;
        let latest = PageOf { before: None, limit: 10 };
        let measures = catalogue.own_measures(tx, seller, Some(id), latest).await?.items;
        Ok(Self { measures, shelf: catalogue.own_shelf(tx, seller, id).await?, listing: product.draft.0 })
    }

    fn id(&self) -> ProductId {
        self.shelf.product.id
    }

    /// What a spec is called; one that is not written any more goes by its code.
    fn spec_name(&self, view: &View, code: &str) -> String {
        let place = self.listing.specs.iter().position(|spec| spec.code == code);
        let spec = place.and_then(|place| Some((place, self.listing.specs.get(place)?)));
        spec.map_or_else(|| code.to_owned(), |(place, spec)| spec_name(view, spec, place))
    }
}

/// A page with the product's name above it and the ways to the other questions.
fn frame(view: &View, own: &Own, lead: &str, body: &Markup) -> Page {
    let title = name_of(view, &own.listing.name);
    let base = format!("/seller/products/{}", own.id());
    ui::page(
        view,
        Place::Seller("products"),
        &title,
        &html! {
            nav.small aria-label=(view.t("listing-back-label")) { a href="/seller/products" { (view.t("listing-back")) } }
            (ui::header(&title, Some(lead), &html! {
                a.button.quiet href=(base) { (view.t("shelf-to-editor")) }
                a.button href={ "/products/" (own.id()) } { (view.t("shelf-to-page")) }
            }))
            div.row { (product_badge(view, own.shelf.product.state)) }
            (ui::tabs(&view.t("shelf-ways"), &[
                (view.t("shelf-audience"), format!("{base}/audience"), view.here().ends_with("/audience")),
                (view.t("limits-title"), format!("{base}/limits"), view.here().ends_with("/limits")),
                (view.t("trials-title"), format!("{base}/trials"), view.here().ends_with("/trials")),
                (view.t("changes-title"), format!("{base}/changes"), view.here().ends_with("/changes")),
                (view.t("sale-title"), format!("{base}/sale"), view.here().ends_with("/sale")),
            ]))
            (measures::warning(view, &own.measures))
            (body)
        },
    )
}
