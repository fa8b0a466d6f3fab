//! What a product looks like: its screenshots on its page, and each of them large.

use accounts::Visit;
use axum::extract::State;
use kernel::{Error, Thing, id::ProductId};
use maud::{Markup, html};
use platform::http::{Access, PathParam, Problem, Routes};
use ui::{Page, Place, View};

use crate::{Catalogue, rules::Listing};

/// The screenshots: the first one large, the others below it. Each leads to its own page; with scripts it opens over
/// this one.
pub(super) fn gallery(view: &View, listing: &Listing, on_sale: Option<ProductId>) -> Markup {
    let large = |number: usize| {
        on_sale.map_or_else(
            || format!("/pictures/{}", listing.screenshots[number - 1]),
            |product| format!("/products/{product}/pictures/{number}"),
        )
    };
    html! {
        @if !listing.screenshots.is_empty() {
            section.gallery.several[listing.screenshots.len() > 1] aria-label=(view.t("storefront-screenshots"))
                data-lightbox data-previous=(view.t("storefront-picture-previous")) data-next=(view.t("storefront-picture-next"))
                data-close=(view.t("storefront-picture-close")) {
                @for (number, picture) in (1_usize..).zip(&listing.screenshots) {
                    a href=(large(number)) data-full={ "/pictures/" (picture) } {
                        img src={ "/pictures/" (picture) } alt=(alt(view, listing, number)) width="640" height="400" loading=[(number > 1).then_some("lazy")];
                    }
                }
            }
        }
    }
}

fn alt(view: &View, listing: &Listing, number: usize) -> String {
    view.ta("storefront-screenshot", &[("number", number.into()), ("name", view.of(&listing.name).into())])
}

/// One screenshot as large as the window.
async fn picture(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    PathParam((product, number)): PathParam<(ProductId, usize)>,
) -> Result<Page, Problem> {
    let view = &visit.view;
    let tx = &mut catalogue.app.db.read();
    let who = catalogue.who(tx, visit.member.as_ref()).await?;
    let (_, release) = catalogue.seen(tx, &who, product, None).await?;
    let listing = &release.listing;
    let count = listing.screenshots.len();
    let document = number.checked_sub(1).and_then(|at| listing.screenshots.get(at));
    let document = document.ok_or(Error::NotFound(Thing::Page))?;
    let title = alt(view, listing, number);
    let to = |number: usize| format!("/products/{product}/pictures/{number}");
    let body = html! {
        p { a href={ "/products/" (product) } { "← " (view.of(&listing.name)) } }
        h1.unseen { (title) }
        figure.enlarged {
            img src={ "/pictures/" (document) } alt=(title) width="1280" height="800";
            @if count > 1 {
                figcaption.spread {
                    @if number > 1 { a.button rel="prev" href=(to(number - 1)) { (view.t("storefront-picture-previous")) } } @else { span {} }
                    span.muted { (number) " / " (count) }
                    @if number < count { a.button rel="next" href=(to(number + 1)) { (view.t("storefront-picture-next")) } } @else { span {} }
                }
            }
        }
    };
    Ok(ui::page(view, Place::Storefront("product"), &title, &body))
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone()).page("/products/{product}/pictures/{number}", picture, Access::Public).done()
}
