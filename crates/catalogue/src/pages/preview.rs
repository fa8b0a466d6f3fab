//! A listing as buyers will see it: for its seller while it is written, for the reviewer before it is decided on.

use accounts::{Operator, Seller, Visit};
use axum::extract::State;
use kernel::id::{ProductId, RevisionId};
use maud::{Markup, html};
use platform::http::{Access, PathParam, Problem, Routes};
use policy::Policy;
use ui::{Page, Place, Tone, View, notice};

use super::{
    labels::name_of,
    storefront::{About, about},
};
use crate::{
    Catalogue,
    rules::{Listing, Parts},
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/seller/products/{product}/preview", of_draft, Access::Seller)
        .page("/operator/products/{revision}/preview", of_revision, Access::Operator)
        .done()
}

async fn of_draft(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
) -> Result<Page, Problem> {
    let mut tx = catalogue.app.db.read();
    let desk = catalogue.desk(&mut tx, &seller, id).await?;
    let name = catalogue.sellers.profile(&mut tx, desk.product.account_id).await?.name;
    let parts = catalogue.parts_named(&mut tx, desk.product.account_id, desk.listing()).await?;
    let back = format!("/seller/products/{id}");
    Ok(page(&visit.view, Place::Seller("products"), (desk.listing(), &name, &desk.policy, &parts), &back))
}

async fn of_revision(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<RevisionId>,
) -> Result<Page, Problem> {
    let mut tx = catalogue.app.db.read();
    let bench = catalogue.bench(&mut tx, &operator, id).await?;
    let listing = &bench.revision.content.listing;
    let parts = catalogue.parts_named(&mut tx, bench.revision.account_id, listing).await?;
    let back = format!("/operator/products/{id}");
    Ok(page(&visit.view, Place::Operator("products"), (listing, &bench.seller.name, &bench.policy, &parts), &back))
}

/// A listing, its seller's name, the rules, and the products that it is made of.
type Shown<'s> = (&'s Listing, &'s str, &'s Policy, &'s Parts);

fn page(view: &View, place: Place, (listing, seller, policy, parts): Shown<'_>, back: &str) -> Page {
    let title = name_of(view, &listing.name);
    let shown: Markup = about(view, &About { listing, seller, policy, stands_in: &listing.categories, parts });
    ui::page(
        view,
        place,
        &title,
        &html! {
            (notice(Tone::Info, &html! {
                div.spread { span { (view.t("listing-preview-note")) } a href=(back) { (view.t("listing-preview-back")) } }
            }))
            (shown)
        },
    )
}
