//! Results with their filters, suggestions under a search field, categories by their code.

use accounts::Visit;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use kernel::Money;
use maud::{Markup, html};
use platform::http::{Access, PathParam, Problem, Query, Routes};
use policy::{BillingMode, Category};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, View, escaped};

use super::{
    described,
    pieces::{category, hearted, tile},
};
use crate::{
    Catalogue,
    actions::Found,
    rules::{PriceBand, Sorting, Wanted},
};

/// What a page of results is asked for. What is no filter of ours is not heard.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    category: String,
    mode: String,
    price: String,
    seller: String,
    at_once: String,
    sort: String,
    page: String,
}

/// Longer texts are cut: nothing on sale has so many words.
const WORDS_MAX: usize = 100;

impl Asked {
    fn wanted(&self, known: &[Category]) -> Wanted {
        Wanted {
            words: self.q.chars().take(WORDS_MAX).collect(),
            category: Some(self.category.clone()).filter(|code| known.iter().any(|known| known.code == *code)),
            mode: self.mode.parse().ok(),
            band: self.price.parse().ok(),
            seller: self.seller.parse().ok(),
            at_once: self.at_once == "true",
            sorting: self.sort.parse().ok(),
        }
    }
}

async fn search(State(catalogue): State<Catalogue>, visit: Visit, Query(asked): Query<Asked>) -> Result<Page, Problem> {
    let view = &visit.view;
    let known = catalogue.categories().await?;
    let wanted = asked.wanted(&known);
    let found = catalogue.search(&mut catalogue.app.db.read(), &wanted, asked.page.parse().unwrap_or(1)).await?;
    let hearts = catalogue.hearts(&visit).await?;
    let title = title(view, &wanted, &known);
    let count = view.ta("storefront-count", &[("count", found.total.into())]);
    let body = html! {
        (ui::header(&title, Some(&count), &html! {}))
        (filters(view, &asked, &found, &known))
        @if found.items.is_empty() {
            (ui::empty(&view.t("storefront-nothing"), &view.t("storefront-nothing-text"), &ui::button_link("/search", &view.t("storefront-all"), false)))
        } @else {
            h2.unseen { (view.t("storefront-results")) }
            (hearted(view, &found.items, true, &hearts))
            (paging(view, &found))
            form.compare-bar #compare action="/compare" method="get" {
                p.muted.small { (view.t("storefront-compare-hint")) }
                button.button type="submit" { (view.t("storefront-compare-chosen")) }
            }
        }
    };
    let narrowed =
        view.path.split_once('?').is_some_and(|(_, query)| !query.starts_with("category=") || query.contains('&'));
    let described = described::of_list(view, &title, wanted.category.as_deref(), narrowed);
    Ok(ui::page_with(view, Place::Storefront("search"), (&title, &described), &body))
}

fn title(view: &View, wanted: &Wanted, known: &[Category]) -> String {
    match &wanted.category {
        _ if !wanted.words.trim().is_empty() => {
            view.ta("storefront-results-for", &[("words", wanted.words.trim().to_owned().into())])
        }
        Some(code) => category(view, known, code).to_owned(),
        None => view.t("storefront-all"),
    }
}

fn filters(view: &View, asked: &Asked, found: &Found, known: &[Category]) -> Markup {
    let sortings: Vec<Choice> =
        Sorting::ALL.iter().map(|one| Choice::new(one.as_str(), view.word("storefront-sort", one.as_str()))).collect();
    html! {
        form.store-filters method="get" action="/search" role="search" data-auto data-suggest="/suggest" {
            div.store-filters-first {
                label.unseen for="filter-q" { (view.t("ui-search")) }
                input #filter-q type="search" name="q" value=(asked.q) placeholder=(view.t("storefront-search-hint")) autocomplete="off" data-shortcut="/";
                button.button.primary type="submit" { (view.t("storefront-search")) }
            }
            (select("category", &view.t("storefront-category"), &category_choices(view, found, known), &asked.category))
            (select("mode", &view.t("storefront-billing"), &mode_choices(view, found), &asked.mode))
            (select("price", &view.t("storefront-price"), &price_choices(view, found), &asked.price))
            (select("seller", &view.t("storefront-seller"), &seller_choices(view, found), &asked.seller))
            (select("sort", &view.t("storefront-sort"), &sortings, &asked.sort))
            (Field::check("at_once", &view.t("storefront-at-once-only")).value(&asked.at_once).render(view, &Mistakes::none()))
        }
    }
}

/// A filter: its first choice is none.
fn select(name: &str, label: &str, choices: &[Choice], value: &str) -> Markup {
    html! {
        div.field {
            label for={ "f-" (name) } { (label) }
            select id={ "f-" (name) } name=(name) {
                @for choice in choices { option value=(choice.value) selected[choice.value == value] { (choice.text) } }
            }
        }
    }
}

/// The text of a choice with how many products it would leave.
fn counted(text: &str, count: usize) -> String {
    format!("{text} ({count})")
}

fn any(view: &View) -> Choice {
    Choice::new("", view.t("storefront-any"))
}

fn category_choices(view: &View, found: &Found, known: &[Category]) -> Vec<Choice> {
    let counts = &found.facets.categories;
    let one = |known: &Category| {
        let count = counts.get(&known.code).copied()?;
        Some(Choice::new(&known.code, counted(view.of(&known.name), count)))
    };
    std::iter::once(any(view)).chain(known.iter().filter_map(one)).collect()
}

fn mode_choices(view: &View, found: &Found) -> Vec<Choice> {
    let one = |(mode, count): (&BillingMode, &usize)| {
        Choice::new(mode.as_str(), counted(&super::pieces::mode(view, *mode), *count))
    };
    std::iter::once(any(view)).chain(found.facets.modes.iter().map(one)).collect()
}

fn price_choices(view: &View, found: &Found) -> Vec<Choice> {
    let one = |(band, count): (&PriceBand, &usize)| {
        Choice::new(band.as_str(), counted(&band_text(view, found, *band), *count))
    };
    std::iter::once(any(view)).chain(found.facets.bands.iter().map(one)).collect()
}

fn band_text(view: &View, found: &Found, band: PriceBand) -> String {
    let (from, to) = band.bounds(found.currency);
    let text = |amount: Option<Money>| amount.map(|amount| view.money_text(amount)).unwrap_or_default();
    let args = [("from", text(from).into()), ("to", text(to).into())];
    match (from, to) {
        (None, _) => view.ta("storefront-price-below", &args),
        (Some(_), Some(_)) => view.ta("storefront-price-between", &args),
        (Some(_), None) => view.ta("storefront-price-above", &args),
    }
}

fn seller_choices(view: &View, found: &Found) -> Vec<Choice> {
    let counts = &found.facets.sellers;
    let sellers = counts.iter().map(|((name, account), count)| Choice::new(account.to_string(), counted(name, *count)));
    std::iter::once(any(view)).chain(sellers).collect()
}

fn paging(view: &View, found: &Found) -> Markup {
    let to = |page: usize| view.with_query("page", &page.to_string());
    html! {
        @if found.pages > 1 {
            nav.paging aria-label=(view.t("ui-pages")) {
                @if found.page > 1 { a href=(to(found.page - 1)) rel="prev" { (view.t("storefront-previous")) } }
                span.muted { (view.ta("storefront-page", &[("page", found.page.into()), ("pages", found.pages.into())])) }
                @if found.page < found.pages { a href=(to(found.page + 1)) rel="next" { (view.t("storefront-next")) } }
            }
        }
    }
}

/// Products for the list under a search field.
async fn suggest(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Result<Markup, Problem> {
    let view = &visit.view;
    let words: String = asked.q.chars().take(WORDS_MAX).collect();
    if words.trim().is_empty() {
        return Ok(html! {});
    }
    let wanted = Wanted { words, ..Wanted::default() };
    let found = catalogue.suggestions(&mut catalogue.app.db.read(), &wanted).await?;
    Ok(html! {
        @for entry in found {
            a href={ "/products/" (entry.product) } {
                (tile(view, entry.logo, &entry.name, false))
                span { strong { (view.of(&entry.name)) } " " span.muted.small { (entry.seller_name) } }
            }
        }
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
