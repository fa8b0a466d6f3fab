//! Up to four products side by side.

use accounts::Visit;
use axum::extract::State;
use kernel::id::ProductId;
use maud::{Markup, html};
use platform::http::{Access, Problem, Query, Routes};
use policy::Policy;
use ui::{Choice, Field, Mistakes, Page, Place, View};

use super::particulars;
use super::pieces::{category, compare_path, delivery, from_price, mode, tile};
use crate::{
    Catalogue,
    actions::{BESIDE_MAX, Beside},
    pages::ratings,
    rules::Listing,
};

async fn compare(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    Query(asked): Query<Vec<(String, String)>>,
) -> Result<Page, Problem> {
    let view = &visit.view;
    let mut wanted: Vec<ProductId> = Vec::new();
    for id in asked.iter().filter(|(name, _)| name == "product").filter_map(|(_, id)| id.parse().ok()) {
        if !wanted.contains(&id) {
            wanted.push(id);
        }
    }
    let tx = &mut catalogue.app.db.read();
    let who = catalogue.who(tx, visit.member.as_ref()).await?;
    let found = catalogue.beside(tx, &who, &wanted).await?;
    let policy = catalogue.policies.current().await?;
    let title = view.t("storefront-compare-title");
    let body = html! {
        (ui::header(&title, Some(&view.t("storefront-compare-lead")), &html! {}))
        @if found.products.is_empty() {
            (ui::empty(&view.t("storefront-compare-empty"), &view.t("storefront-compare-empty-text"), &ui::button_link("/search", &view.t("storefront-all"), true)))
        } @else {
            (table(view, &found, &policy))
        }
        @if found.products.len() < BESIDE_MAX && !found.others.is_empty() { (add(view, &found)) }
    };
    Ok(ui::page(view, Place::Storefront("compare"), &title, &body))
}

type Row<'r> = (String, Box<dyn Fn(&Listing) -> Markup + 'r>);

fn table(view: &View, found: &Beside, policy: &Policy) -> Markup {
    let ids: Vec<ProductId> = found.products.iter().map(|product| product.id).collect();
    let without = |id: ProductId| {
        let kept: Vec<ProductId> = ids.iter().copied().filter(|other| *other != id).collect();
        compare_path(&kept)
    };
    html! {
        div.card {
            div.wide-table tabindex="0" role="region" aria-label=(view.t("storefront-compare-title")) {
                table.beside {
                    thead { tr {
                        th scope="col" { span.unseen { (view.t("storefront-attribute")) } }
                        @for product in &found.products {
                            @let listing = &product.release.listing;
                            th scope="col" {
                                div.beside-head {
                                    (tile(view, listing.logo, &listing.name, false))
                                    a href={ "/products/" (product.id) } { (view.of(&listing.name)) }
                                    span.muted.small { (product.seller) }
                                }
                            }
                        }
                    } }
                    tbody {
                        @if found.products.iter().any(|product| product.rated.count > 0) {
                            tr {
                                th scope="row" { (view.t("product-review-rating")) }
                                @for product in &found.products { td data-label=(view.of(&product.release.listing.name)) { (ratings::rated(view, product.rated)) } }
                            }
                        }
                        @for (label, cell) in rows(view, found, policy) {
                            tr {
                                th scope="row" { (label) }
                                @for product in &found.products { td data-label=(view.of(&product.release.listing.name)) { (cell(&product.release.listing)) } }
                            }
                        }
                        tr.beside-ways { td {} @for product in &found.products { td data-label=(view.of(&product.release.listing.name)) { div.row {
                            @let name = view.of(&product.release.listing.name);
                            a.button.primary href={ "/products/" (product.id) "#configure" } { (view.t("storefront-choose")) span.unseen { " " (name) } }
                            a.button.quiet href=(without(product.id)) { (view.t("storefront-remove")) span.unseen { " " (name) } }
                        } } } }
                    }
                }
            }
        }
    }
}

fn rows<'r>(view: &'r View, found: &'r Beside, policy: &'r Policy) -> Vec<Row<'r>> {
    let row = |label: String, cell: Box<dyn Fn(&Listing) -> Markup + 'r>| (label, cell);
    let comma = view.t("storefront-comma");
    let of_support = |part: String| format!("{} · {part}", view.t("storefront-support"));
    let mut rows = vec![
        row(
            view.t("storefront-price"),
            Box::new(move |listing| {
                let least = listing
                    .specs
                    .iter()
                    .filter_map(|spec| listing.least_of(spec, policy))
                    .min_by_key(|price| price.minor());
                html! { strong { (from_price(view, least)) } }
            }),
        ),
        row(view.t("storefront-what"), Box::new(|listing| html! { (view.of(&listing.summary)) })),
        row(
            view.t("storefront-editions"),
            Box::new(|listing| {
                html! {
                    ul.plain { @for spec in &listing.specs { li { (view.of(&spec.name)) @if let Some(billing) = spec.billing_mode { span.muted { " · " (mode(view, billing)) } } } } }
                }
            }),
        ),
        row(
            view.t("storefront-choices"),
            Box::new(|listing| {
                html! {
                    ul.plain { @for dimension in listing.dimensions() { li { (view.of(dimension.name())) } } }
                }
            }),
        ),
        row(
            view.t("storefront-delivery"),
            Box::new(|listing| html! { (delivery(view, listing.delivery_days.unwrap_or(0))) }),
        ),
        row(
            view.t("storefront-category"),
            Box::new(move |listing| {
                html! {
                    @for (index, code) in listing.categories.iter().enumerate() { @if index > 0 { (comma) } (category(view, &found.categories, code)) }
                }
            }),
        ),
        row(view.t("storefront-version"), Box::new(|listing| html! { (listing.version) })),
        row(
            of_support(view.t("storefront-support-hours")),
            Box::new(|listing| html! { (view.of(&listing.support.hours)) }),
        ),
        row(
            of_support(view.t("storefront-support-content")),
            Box::new(|listing| html! { (view.of(&listing.support.content)) }),
        ),
    ];
    // What its access type has in fields stands before how it is supported.
    let facts = |listing: &Listing| particulars::type_facts(view, listing, policy, &found.parts);
    let mut labels: Vec<String> = Vec::new();
    for (label, _) in found.products.iter().flat_map(|product| facts(&product.release.listing)) {
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    let before = rows.len().saturating_sub(2);
    let said = |label: String| {
        let wanted = label.clone();
        let cell = move |listing: &Listing| {
            let facts = particulars::type_facts(view, listing, policy, &found.parts);
            facts.into_iter().find(|(known, _)| *known == wanted).map_or_else(|| html! {}, |(_, shown)| shown)
        };
        row(label, Box::new(cell))
    };
    rows.splice(before..before, labels.into_iter().map(said));
    rows
}

fn add(view: &View, found: &Beside) -> Markup {
    let choices: Vec<Choice> = found
        .others
        .iter()
        .map(|entry| Choice::new(entry.product.to_string(), view.of(&entry.name)).hint(&entry.seller_name))
        .collect();
    let label = view.t("storefront-compare-add");
    html! {
        form.row.compare-add method="get" action="/compare" {
            @for product in &found.products { input type="hidden" name="product" value=(product.id); }
            (Field::select("product", &label, &choices).required().render(view, &Mistakes::none()))
            button.button type="submit" { (view.t("storefront-add")) }
        }
    }
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone()).page("/compare", compare, Access::Public).done()
}
