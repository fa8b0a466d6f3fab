//! The first page: search, the operator's floors, needs, what was looked at last, categories.

use accounts::Visit;
use axum::{extract::State, http::HeaderMap};
use maud::{Markup, html};
use platform::http::{Access, Problem, Routes};
use ui::{Page, Place, View};

use super::{
    described,
    marked::{self, Hearts},
    pieces::{hearted, search_form, window},
};
use crate::{
    Catalogue,
    actions::{Front, Furnished},
    rules::{Category, FloorContent, Tree},
};

async fn home(State(catalogue): State<Catalogue>, visit: Visit, headers: HeaderMap) -> Result<Page, Problem> {
    let view = &visit.view;
    let tx = &mut catalogue.app.db.read();
    let who = catalogue.who(tx, visit.member.as_ref()).await?;
    let front = catalogue.front(tx, &who).await?;
    let (tree, hearts) = (catalogue.tree().await?, catalogue.hearts(&visit).await?);
    let seen = catalogue.seen_by(&visit, &headers).await?;
    let suggested = catalogue.suggested(tx, &who, &seen).await?;
    let site = view.of(&view.site).to_owned();
    let mut floors = front.floors.iter();
    let body = html! {
        section.hero {
            h1 { (view.t("storefront-hero")) }
            p.lead { (view.t("storefront-hero-lead")) }
            (search_form(view, ""))
            (popular(view, &tree, &front))
        }
        @if front.total == 0 {
            (ui::empty(&view.t("storefront-shelf-empty"), &view.t("storefront-shelf-empty-text"), &ui::button_link("/sellers", &view.t("storefront-sell"), true)))
        } @else {
            @if let Some(first) = floors.next() { (floor(view, first, &hearts)) }
            (needs(view, &front))
            @for next in floors { (floor(view, next, &hearts)) }
            @if let Some(latest) = seen.first().filter(|_| !suggested.is_empty()) {
                section.stack {
                    h2 { (view.ta("storefront-because", &[("name", view.of(&latest.name).into())])) }
                    (hearted(view, &suggested, false, &hearts))
                }
            }
            (marked::row(view, &seen, None))
            (categories(view, &tree, &front))
        }
        (promises(view, &front))
    };
    Ok(ui::page_with(view, Place::Storefront("home"), (&site, &described::of_site(view)), &body))
}

fn floor(view: &View, furnished: &Furnished, hearts: &Hearts) -> Markup {
    let all = match &furnished.floor.content {
        FloorContent::Newest { category: None } => Some("/search?sort=newest".to_owned()),
        FloorContent::Newest { category: Some(code) } | FloorContent::BestSelling { category: Some(code) } => {
            Some(format!("/search?category={}", ui::escaped(code)))
        }
        FloorContent::BestSelling { category: None } | FloorContent::Varied {} => Some("/search".to_owned()),
        FloorContent::Picked { .. } | FloorContent::Tagged { .. } => None,
    };
    html! {
        section.stack {
            div.spread {
                h2 { (view.of(&furnished.floor.title)) }
                @if let Some(all) = all { a href=(all) { (view.t("storefront-see-all")) } }
            }
            (hearted(view, &furnished.entries, false, hearts))
        }
    }
}

/// The largest categories right below the search field.
fn popular(view: &View, tree: &Tree, front: &Front) -> Markup {
    let count = |code: &str| front.facets.categories.get(code).copied().unwrap_or(0);
    let mut top: Vec<&Category> =
        tree.shown().into_iter().filter(|(_, depth)| *depth == 0).map(|(known, _)| known).collect();
    top.retain(|known| count(&known.code) > 0);
    top.sort_by_key(|known| std::cmp::Reverse(count(&known.code)));
    html! {
        @if top.len() > 2 {
            ul.chips.popular aria-label=(view.t("storefront-popular")) {
                @for known in top.iter().take(7) {
                    li { a.chip href={ "/search?category=" (known.code) } { (view.of(&known.name)) } }
                }
            }
        }
    }
}

/// Ways in for those who know what they need and not what it is called.
fn needs(view: &View, front: &Front) -> Markup {
    let ways = [
        ("at-once", "/search?at_once=true", front.facets.at_once),
        ("trial", "/search?trial=true", front.facets.trial),
        ("small", "/search?price=0-100&sort=price", count(front, "0-100")),
        ("monthly", "/search?mode=period", mode_count(front, "period")),
        ("once", "/search?mode=one_off", mode_count(front, "one_off")),
    ];
    html! {
        section.stack {
            h2 { (view.t("storefront-needs")) }
            ul.needs {
                @for (word, href, count) in ways.into_iter().filter(|(.., count)| *count > 0) {
                    li.need {
                        a href=(href) { (view.word("storefront-need", word)) }
                        p.muted.small { (view.word("storefront-need-text", word)) }
                        span.muted.small { (view.ta("storefront-count", &[("count", count.into())])) }
                    }
                }
            }
        }
    }
}

fn count(front: &Front, band: &str) -> usize {
    front.facets.bands.iter().filter(|(known, _)| known.as_str() == band).map(|(_, count)| *count).sum()
}

fn mode_count(front: &Front, mode: &str) -> usize {
    front.facets.modes.iter().filter(|(known, _)| known.as_str() == mode).map(|(_, count)| *count).sum()
}

/// Everything by category, those below others beside them.
fn categories(view: &View, tree: &Tree, front: &Front) -> Markup {
    let count = |code: &str| front.facets.categories.get(code).copied().unwrap_or(0);
    let shown: Vec<(&Category, usize)> = tree.shown().into_iter().filter(|(known, _)| count(&known.code) > 0).collect();
    let below = |code: &str| -> Vec<&Category> {
        shown.iter().filter(|(known, _)| known.parent.as_deref() == Some(code)).map(|(known, _)| *known).collect()
    };
    let link = |known: &Category| {
        html! { a href={ "/search?category=" (known.code) } { (view.of(&known.name)) } "\u{a0}" span.muted.small { (count(&known.code)) } }
    };
    html! {
        section.stack {
            h2 { (view.t("storefront-categories")) }
            ul.browse {
                @for (known, _) in shown.iter().filter(|(_, depth)| *depth == 0) {
                    li {
                        strong { (link(known)) }
                        @let children = below(&known.code);
                        @if !children.is_empty() { ul.plain.small { @for child in children { li { (link(child)) } } } }
                    }
                }
            }
        }
    }
}

fn promises(view: &View, front: &Front) -> Markup {
    let return_window = window(view, front.return_hours);
    let promises = [
        (view.t("storefront-promise-price"), view.t("storefront-promise-price-text")),
        (
            view.t("storefront-promise-return"),
            view.ta("storefront-promise-return-text", &[("window", return_window.into())]),
        ),
        (view.t("storefront-promise-escrow"), view.t("storefront-promise-escrow-text")),
    ];
    html! {
        section.promises aria-label=(view.t("storefront-promises")) {
            @for (title, text) in &promises { div { h2 { (title) } p.muted { (text) } } }
        }
        section.sell-here {
            div { h2 { (view.t("storefront-sell-title")) } p.muted { (view.t("storefront-sell-text")) } }
            (ui::button_link("/sellers", &view.t("storefront-sell"), false))
        }
    }
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone()).page("/", home, Access::Public).done()
}
