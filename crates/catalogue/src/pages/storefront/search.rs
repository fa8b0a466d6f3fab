//! Results with their filters, suggestions under a search field, categories by their code.

mod asked;
mod facets;

use accounts::Visit;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use platform::http::{Access, PathParam, Problem, Query, Routes};
use policy::Category;
use ui::{Place, Tone, View, escaped};

use self::{
    asked::{Asked, address, page_address, pairs, words},
    facets::{chips, facets},
};
use super::{
    described,
    pieces::{category, hearted, tile},
};
use crate::{
    Catalogue,
    actions::Found,
    rules::{Sorting, Wanted},
};

async fn search(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let view = &visit.view;
    let known = catalogue.categories().await?;
    let wanted = asked.wanted(&*catalogue.tree().await?);
    if asked.has_moved(&wanted) {
        return Ok(Redirect::permanent(&page_address(&wanted, asked.page())).into_response());
    }
    if has_empty(&view.path) {
        // A form without scripts sends its empty fields too; an address that is passed on holds what was chosen.
        return Ok(Redirect::to(&page_address(&wanted, asked.page())).into_response());
    }
    let found = catalogue.search(&mut catalogue.app.db.read(), &wanted, asked.page()).await?;
    let hearts = catalogue.hearts(&visit).await?;
    let title = title(view, &wanted, &known);
    let count = view.ta("storefront-count", &[("count", found.total.into())]);
    let count = if found.estimated { view.ta("search-about", &[("count", count.into())]) } else { count };
    let body = html! {
        (ui::header(&title, Some(&count), &html! {}))
        (field(view, &wanted))
        div.search-layout {
            (facets(view, &wanted, &found, &known))
            div.stack.search-results {
                (chips(view, &wanted, &found, &known))
                (said(view, &found))
                @if found.items.is_empty() {
                    (nothing(view, &wanted, &known))
                } @else {
                    (sortings(view, &wanted))
                    h2.unseen { (view.t("storefront-results")) }
                    (hearted(view, &found.items, true, &hearts))
                    (paging(view, &wanted, &found))
                    form.compare-bar #compare action="/compare" method="get" {
                        p.muted.small { (view.t("storefront-compare-hint")) }
                        button.button type="submit" { (view.t("storefront-compare-chosen")) }
                    }
                }
            }
        }
    };
    // A category has an address of its own; what is narrowed further is one of many views of the same.
    let category_alone = Wanted { category: wanted.category.clone(), ..Wanted::default() };
    let described = described::of_list(view, &title, wanted.category.as_deref(), wanted != category_alone);
    Ok(ui::page_with(view, Place::Storefront("search"), (&title, &described), &body).into_response())
}

/// Whether a parameter of the address says nothing.
fn has_empty(path: &str) -> bool {
    let query = path.split_once('?').map_or("", |(_, query)| query);
    query.split('&').any(|pair| pair.ends_with('=') || pair.ends_with("=%20"))
}

fn title(view: &View, wanted: &Wanted, known: &[Category]) -> String {
    match &wanted.category {
        _ if !wanted.words.is_empty() => view.ta("storefront-results-for", &[("words", wanted.words.clone().into())]),
        Some(code) => category(view, known, code).to_owned(),
        None => view.t("storefront-all"),
    }
}

/// The field with the words; what was chosen beside them is kept.
fn field(view: &View, wanted: &Wanted) -> Markup {
    html! {
        form.store-search method="get" action="/search" role="search" data-suggest="/suggest" {
            label.unseen for="filter-q" { (view.t("ui-search")) }
            input #filter-q type="search" name="q" value=(wanted.words) placeholder=(view.t("storefront-search-hint")) autocomplete="off" data-shortcut="/";
            @for (name, value) in pairs(wanted).into_iter().filter(|(name, _)| *name != "q") {
                input type="hidden" name=(name) value=(value);
            }
            button.button.primary type="submit" { (view.t("storefront-search")) }
        }
    }
}

/// What was looked for instead of what was typed.
fn said(view: &View, found: &Found) -> Markup {
    let text = |words: Vec<&str>| words.join(" ");
    let typed = text(found.corrected.iter().map(|one| one.typed.as_str()).collect());
    let meant = text(found.corrected.iter().map(|one| one.meant.as_str()).collect());
    html! {
        @if !found.corrected.is_empty() && !found.items.is_empty() {
            (ui::notice(Tone::Info, &html! { p { (view.ta("search-corrected", &[("typed", typed.into()), ("meant", meant.into())])) } }))
        }
        @if found.relaxed { (ui::notice(Tone::Info, &html! { p { (view.t("search-relaxed")) } })) }
    }
}

/// The ways out of a search that found nothing.
fn nothing(view: &View, wanted: &Wanted, known: &[Category]) -> Markup {
    let bare = Wanted { words: wanted.words.clone(), ..Wanted::default() };
    let narrowed = *wanted != bare && !wanted.words.is_empty();
    html! {
        div.empty.search-nothing {
            p.empty-title { (view.t("storefront-nothing")) }
            ul.tips {
                @if narrowed { li { a href=(address(&bare)) { (view.ta("search-without-filters", &[("words", wanted.words.clone().into())])) } } }
                li { (view.t("search-tip-spelling")) }
                li { (view.t("search-tip-fewer")) }
                li { (view.t("search-tip-language")) }
            }
            p { (ui::button_link("/search", &view.t("storefront-all"), false)) }
        }
        section.stack {
            h2 { (view.t("search-browse")) }
            ul.chips { @for one in known { li { a.chip href={ "/search?category=" (one.code) } { (view.of(&one.name)) } } } }
        }
    }
}

/// The orders to choose from, as links.
fn sortings(view: &View, wanted: &Wanted) -> Markup {
    let present = wanted.sorting.unwrap_or(Sorting::Fitting);
    html! {
        nav.sortings aria-label=(view.t("storefront-sort")) {
            @for one in Sorting::ALL {
                a href=(address(&Wanted { sorting: Some(*one), ..wanted.clone() })) rel="nofollow" aria-current=[(*one == present).then_some("true")] {
                    (view.word("storefront-sort", one.as_str()))
                }
            }
        }
    }
}

fn paging(view: &View, wanted: &Wanted, found: &Found) -> Markup {
    html! {
        @if found.pages > 1 {
            nav.paging aria-label=(view.t("ui-pages")) {
                @if found.page > 1 { a href=(page_address(wanted, found.page - 1)) rel="prev" { (view.t("storefront-previous")) } }
                span.muted { (view.ta("storefront-page", &[("page", found.page.into()), ("pages", found.pages.into())])) }
                @if found.page < found.pages { a href=(page_address(wanted, found.page + 1)) rel="next" { (view.t("storefront-next")) } }
            }
        }
    }
}

/// As many products as stand under a search field.
const SUGGESTED: usize = 6;

/// As many categories as stand above them.
const CATEGORIES: usize = 2;

/// Products and categories for the list under a search field.
async fn suggest(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Result<Markup, Problem> {
    let view = &visit.view;
    let wanted = Wanted { words: words(&asked.q), ..Wanted::default() };
    if wanted.words.is_empty() {
        return Ok(html! {});
    }
    let known = catalogue.categories().await?;
    let lower = wanted.words.to_lowercase();
    let named = |one: &&Category| one.name.en.to_lowercase().contains(&lower) || one.name.zh.contains(&lower);
    let found = catalogue.search(&mut catalogue.app.db.read(), &wanted, 1).await?;
    let more = found.total.saturating_sub(SUGGESTED);
    Ok(html! {
        @for one in known.iter().filter(named).take(CATEGORIES) {
            a href={ "/search?category=" (one.code) } {
                span.tile.tone-1 aria-hidden="true" { "#" }
                span { strong { (view.of(&one.name)) } " " span.muted.small { (view.t("storefront-category")) } }
            }
        }
        @for entry in found.items.iter().take(SUGGESTED) {
            a href={ "/products/" (entry.product) } {
                (tile(view, entry.logo, &entry.name, false))
                span { strong { (view.of(&entry.name)) } " " span.muted.small { (entry.seller_name) } }
            }
        }
        @if more > 0 { a.suggest-all href=(address(&wanted)) { (view.ta("search-all-of", &[("count", found.total.into())])) } }
    })
}

async fn by_category(PathParam(code): PathParam<String>) -> Response {
    Redirect::to(&format!("/search?category={}", escaped(&code))).into_response()
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/search", search, Access::Public)
        .page("/suggest", suggest, Access::Public)
        .page("/categories/{code}", by_category, Access::Public)
        .done()
}
