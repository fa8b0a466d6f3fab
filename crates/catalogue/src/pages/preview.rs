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
use crate::{Catalogue, rules::Listing};

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
    let back = format!("/seller/products/{id}");
    Ok(page(&visit.view, Place::Seller("products"), (desk.listing(), &name, &desk.policy), &back))
}

async fn of_revision(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<RevisionId>,
) -> Result<Page, Problem> {
    let bench = catalogue.bench(&mut catalogue.app.db.read(), &operator, id).await?;
    let listing = &bench.revision.content.listing;
    let back = format!("/operator/products/{id}");
    Ok(page(&visit.view, Place::Operator("products"), (listing, &bench.seller.name, &bench.policy), &back))
}

fn page(view: &View, place: Place, (listing, seller, policy): (&Listing, &str, &Policy), back: &str) -> Page {
    let title = name_of(view, &listing.name);
    let shown: Markup = about(view, &About { listing, seller, policy, stands_in: &listing.categories });
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
