//! The first page: search, needs, categories, what is featured and new.

use accounts::Visit;
use axum::extract::State;
use maud::{Markup, html};
use platform::http::{Access, Problem, Routes};
use ui::{Page, Place, View};

use super::pieces::{category, grid, search_form, window};
use crate::{Catalogue, actions::Front};

async fn home(State(catalogue): State<Catalogue>, visit: Visit) -> Result<Page, Problem> {
    let view = &visit.view;
    let front = catalogue.front(&mut catalogue.app.db.read()).await?;
    let site = view.of(&view.site).to_owned();
    let body = html! {
        section.hero {
            h1 { (view.t("storefront-hero")) }
            p.lead { (view.t("storefront-hero-lead")) }
            (search_form(view, ""))
        }
        @if front.total == 0 {
            (ui::empty(&view.t("storefront-shelf-empty"), &view.t("storefront-shelf-empty-text"), &ui::button_link("/sellers", &view.t("storefront-sell"), true)))
        } @else {
            (needs(view, &front))
            (shelf(view, &view.t("storefront-featured"), "/search", &grid(view, &front.featured, false)))
            (categories(view, &front))
            @if front.total > front.featured.len() {
                (shelf(view, &view.t("storefront-new"), "/search?sort=newest", &grid(view, &front.newest, false)))
            }
        }
        (promises(view, &front))
    };
    Ok(ui::page(view, Place::Storefront("home"), &site, &body))
}

fn shelf(view: &View, title: &str, all: &str, products: &Markup) -> Markup {
    html! {
        section.stack {
            div.spread { h2 { (title) } a href=(all) { (view.t("storefront-see-all")) } }
            (products)
        }
    }
}

/// Ways in for those who know what they need and not what it is called.
fn needs(view: &View, front: &Front) -> Markup {
    let ways = [
        ("at-once", "/search?at_once=true", front.facets.at_once),
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

fn categories(view: &View, front: &Front) -> Markup {
    html! {
        section.stack {
            h2 { (view.t("storefront-categories")) }
            ul.chips {
                @for known in &front.categories {
                    @let count = front.facets.categories.get(&known.code).copied().unwrap_or(0);
                    @if count > 0 {
                        li { a.chip href={ "/search?category=" (known.code) } {
                            (category(view, &front.categories, &known.code)) " " span.muted { (count) }
                        } }
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
