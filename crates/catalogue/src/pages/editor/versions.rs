//! What was submitted before, what became of it, and what each version changed.

use accounts::{Seller, Visit};
use axum::extract::State;
use kernel::{
    Page, PageQuery,
    id::{ProductId, RevisionId},
};
use maud::{Markup, html};
use platform::http::{Access, PathParam, Problem, Query, Routes};
use ui::{Place, Table, View};

use crate::{
    Catalogue,
    actions::{Compared, Desk},
    pages::{
        compare::{Lines, compared, whole},
        labels::{field_label, name_of, revision_badge},
    },
    store::Revision,
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/seller/products/{product}/versions", list, Access::Seller)
        .page("/seller/products/{product}/versions/{revision}", show, Access::Seller)
        .done()
}

async fn list(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    Query(page): Query<PageQuery>,
) -> Result<ui::Page, Problem> {
    let page = page.checked().map_err(kernel::Error::from)?;
    let mut tx = catalogue.app.db.read();
    let desk = catalogue.desk(&mut tx, &seller, id).await?;
    let revisions = catalogue.revisions(&mut tx, &seller, id, page).await?;
    Ok(listed(&visit.view, &desk, &revisions))
}

fn listed(view: &View, desk: &Desk, revisions: &Page<Revision>) -> ui::Page {
    let title = view.t("listing-versions");
    let product = format!("/seller/products/{}", desk.product.id);
    let back = ui::button_link(&product, &view.t("listing-to-editor"), false);
    let empty = ui::empty(&view.t("listing-versions-empty"), &view.t("listing-versions-empty-text"), &back);
    let table = Table::new(view, &title, &revisions.items)
        .column(view.t("listing-version-number"), |revision| html! {
            a href={ (product) "/versions/" (revision.id) } { (view.ta("listing-version-n", &[("number", revision.number.into())])) }
        })
        .column(view.t("listing-list-state"), |revision| revision_badge(view, revision.state))
        .column(view.t("listing-version-label"), |revision| html! { (revision.content.listing.version) })
        .column(view.t("listing-submitted-at"), |revision| view.time(revision.submitted_at))
        .column(view.t("listing-decided-at"), |revision| html! { @if let Some(at) = revision.decided_at { (view.time(at)) } })
        .empty(empty)
        .next(revisions.next_cursor.as_deref())
        .render();
    ui::page(
        view,
        Place::Seller("products"),
        &title,
        &html! {
            nav.small aria-label=(view.t("listing-back-label")) { a href=(product) { (name_of(view, &desk.listing().name)) } }
            (ui::header(&title, Some(&view.t("listing-versions-lead")), &html! {}))
            (table)
        },
    )
}

async fn show(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam((product, revision)): PathParam<(ProductId, RevisionId)>,
) -> Result<ui::Page, Problem> {
    let compared = catalogue.compared(&mut catalogue.app.db.read(), &seller, revision).await?;
    if compared.revision.product_id != product {
        return Err(kernel::Error::NotFound(kernel::Thing::Revision).into());
    }
    Ok(version(&visit.view, &compared))
}

fn version(view: &View, both: &Compared) -> ui::Page {
    let Compared { revision, before, files, policy } = both;
    let title = view.ta("listing-version-n", &[("number", revision.number.into())]);
    let listing = &revision.content.listing;
    let base = format!("/seller/products/{}", revision.product_id);
    let after = Lines::of(view, listing, (files, policy));
    let shown = if let Some(before) = before {
        let lead = view.ta("listing-compared-with", &[("number", before.number.into())]);
        html! { p.muted { (lead) } (compared(view, &Lines::of(view, &before.content.listing, (files, policy)), &after)) }
    } else {
        html! { p.muted { (view.t("listing-first-version")) } (whole(view, &after)) }
    };
    ui::page(
        view,
        Place::Seller("products"),
        &title,
        &html! {
            nav.small aria-label=(view.t("listing-back-label")) { a href={ (base) "/versions" } { (view.t("listing-versions")) } }
            (ui::header(&title, Some(&name_of(view, &listing.name)), &html! {}))
            div.row { (revision_badge(view, revision.state)) span.muted { (view.t("listing-submitted-at")) " " (view.time(revision.submitted_at)) } }
            (reasons(view, revision))
            (shown)
        },
    )
}

/// Why a revision was rejected.
fn reasons(view: &View, revision: &Revision) -> Markup {
    if revision.reasons.is_empty() {
        return html! {};
    }
    ui::notice(
        ui::Tone::Bad,
        &html! {
            strong { (view.t("listing-objections")) }
            ul {
                @for reason in &revision.reasons.0 {
                    li { strong { (field_label(view, &revision.content.listing, &reason.field)) } ": " (reason.message) }
                }
            }
        },
    )
}
