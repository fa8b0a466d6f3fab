//! For the operator: why products are found in their order, part by part.

use accounts::{Operator, Visit};
use axum::extract::State;
use maud::{Markup, html};
use platform::http::{Access, Problem, Query, Routes};
use policy::Ranking;
use serde::Deserialize;
use ui::{Page, Place, Table, View, facts};

use crate::{
    Catalogue,
    actions::{Explained, Found},
    pages::{labels::name_of, ratings},
    rules::{Wanted, part_name},
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone()).page("/operator/search", show, Access::Operator).done()
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
}

async fn show(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    let view = &visit.view;
    let wanted = Wanted { words: asked.q.trim().chars().take(100).collect(), ..Wanted::default() };
    let (explained, found) = catalogue.explain(&mut catalogue.app.db.read(), &operator, &wanted).await?;
    let policy = catalogue.policies.current().await?;
    let title = view.t("search-explained");
    let body = html! {
        (ui::header(&title, Some(&view.t("search-explained-lead")), &html! {}))
        form.store-search method="get" action="/operator/search" role="search" aria-label=(title) {
            label.unseen for="explain-q" { (view.t("ui-search")) }
            input #explain-q type="search" name="q" value=(wanted.words) placeholder=(view.t("storefront-search-hint")) autocomplete="off" data-shortcut="/";
            button.button.primary type="submit" { (view.t("storefront-search")) }
        }
        (heard(view, &found))
        (table(view, &explained, &title))
        (weights(view, &policy.search.ranking, policy.search.synonyms.len()))
    };
    Ok(ui::page(view, Place::Operator("search"), &title, &body))
}

/// How the words were read.
fn heard(view: &View, found: &Found) -> Markup {
    html! {
        p.muted {
            (view.ta("storefront-count", &[("count", found.total.into())]))
            @for one in &found.corrected {
                " · " (view.ta("search-corrected", &[("typed", one.typed.clone().into()), ("meant", one.meant.clone().into())]))
            }
            @if found.relaxed { " · " (view.t("search-relaxed")) }
        }
    }
}

fn table(view: &View, explained: &[Explained], title: &str) -> Markup {
    let parts = |one: &Explained| {
        let part = |(source, points): &(platform::search::Source, u64)| {
            format!("{} {}", view.word("search-part", part_name(*source)), view.count(whole(*points)))
        };
        one.parts.iter().map(part).collect::<Vec<_>>().join(" · ")
    };
    Table::new(view, title, explained)
        .column(view.t("listing-list-product"), |one| {
            html! {
                a href={ "/products/" (one.entry.product) } { (name_of(view, &one.entry.name)) }
                " " span.muted.small { (one.entry.seller_name) }
            }
        })
        .number(view.t("search-points"), |one| html! { strong { (view.count(whole(one.points.total()))) } })
        .number(view.t("search-points-text"), |one| html! { (view.count(whole(one.points.text))) })
        .column(view.t("search-points-where"), |one| html! { span.small { (parts(one)) } })
        .number(view.t("search-points-sales"), |one| html! { (view.count(whole(one.points.sales))) })
        .number(view.t("search-sold"), |one| html! { (view.count(whole(one.merits.sold))) })
        .number(view.t("search-points-rating"), |one| html! { (view.count(whole(one.points.rating))) })
        .column(view.t("search-rated"), |one| html! { (ratings::rated(view, one.entry.rated)) })
        .number(view.t("search-points-freshness"), |one| html! { (view.count(whole(one.points.freshness))) })
        .empty(ui::empty(&view.t("storefront-nothing"), &view.t("storefront-nothing-text"), &html! {}))
        .render()
}

/// The rules behind the points, and where they are changed.
fn weights(view: &View, ranking: &Ranking, synonyms: usize) -> Markup {
    let Ranking {
        name,
        seller,
        summary,
        description,
        sales,
        rating,
        freshness,
        fresh_days,
        rating_prior_reviews,
        rating_prior_hundredths,
    } = ranking;
    let of_words = [
        (view.word("search-part", "name"), name),
        (view.word("search-part", "seller"), seller),
        (view.word("search-part", "summary"), summary),
        (view.word("search-part", "description"), description),
    ];
    let row = |name: String, value: String| (name, html! { (value) });
    let mut rows: Vec<(String, Markup)> = of_words
        .into_iter()
        .map(|(name, percent)| row(name, view.ta("search-weight", &[("percent", (*percent).into())])))
        .collect();
    rows.push(row(view.t("search-points-sales"), view.ta("search-weight-sales", &[("points", (*sales).into())])));
    rows.push(row(view.t("search-points-rating"), view.ta("search-weight-rating", &[("points", (*rating).into())])));
    let prior = [
        ("count", (*rating_prior_reviews).into()),
        ("stars", format!("{}.{:02}", rating_prior_hundredths / 100, rating_prior_hundredths % 100).into()),
    ];
    rows.push(row(view.t("search-rated"), view.ta("search-weight-prior", &prior)));
    let fresh = view.ta("search-weight-freshness", &[("points", (*freshness).into()), ("days", (*fresh_days).into())]);
    rows.push(row(view.t("search-points-freshness"), fresh));
    rows.push(row(view.t("search-synonyms"), view.ta("search-synonyms-count", &[("count", synonyms.into())])));
    html! {
        section.card {
            h2 { (view.t("search-weights")) }
            (facts(&rows))
            p { a href="/operator/policy" { (view.t("search-weights-change")) } }
        }
    }
}

fn whole(points: u64) -> i64 {
    i64::try_from(points).unwrap_or(i64::MAX)
}
