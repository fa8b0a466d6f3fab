//! A product's page: what it is, who sells it, what it looks like, its editions side by side, its price, its support.

use std::collections::BTreeMap;

use accounts::Visit;
use axum::{extract::State, response::Response};
use documents::Document;
use kernel::{
    Timestamp,
    id::{AccountId, ProductId},
};
use maud::{Markup, html};
use platform::http::{Access, PathParam, Problem, Query, Routes};
use policy::Policy;
use ui::{Page, Place, View, facts};

use super::{
    configure::configurator,
    pieces::{category, compare_path, delivery, from_price, mode, tile, window},
};
use crate::{
    Catalogue, actions,
    rules::{Attribute, Listing, Spec},
};

/// A listing as buyers see it, on sale or as it will be.
pub(crate) struct About<'l> {
    pub(crate) listing: &'l Listing,
    pub(crate) seller: &'l str,
    pub(crate) policy: &'l Policy,
}

async fn show(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    PathParam(id): PathParam<ProductId>,
    Query(fields): Query<BTreeMap<String, String>>,
) -> Result<Page, Problem> {
    let view = &visit.view;
    let page = catalogue.show(&mut catalogue.app.db.read(), id).await?;
    let policy = catalogue.policies.current().await?;
    let actions::Page { shown, release, seller, agreement, sold_later: later } = page;
    let listing = &release.listing;
    let about = About { listing, seller: &seller.name, policy: &policy };
    let return_hours = policy.return_hours(listing.access_type);
    let body = html! {
        (head(view, &about, Some((id, shown.account_id))))
        div.with-aside.product-body {
            div.stack.product-first { (gallery(view, listing)) (description(view, listing)) }
            aside.stack #configure aria-label=(view.t("storefront-buy")) {
                @if let Some(chosen) = release.choose(&fields) { (configurator(view, id, &release, (&chosen, later.as_ref()))) }
                @if return_hours > 0 { (promise(view, return_hours, policy.refunds.no_reason_per_year)) }
                (seller_card(view, &seller))
            }
            div.stack.product-rest {
                (editions(view, listing, Some(id)))
                (support(view, listing))
                (papers(view, id, listing, &agreement, shown.listed_at))
                (reviews(view))
            }
        }
    };
    Ok(ui::page(view, Place::Storefront("product"), view.of(&listing.name), &body))
}

/// All of a listing that does not depend on its being on sale: how its seller and the reviewer see it beforehand.
pub(crate) fn about(view: &View, about: &About<'_>) -> Markup {
    html! {
        (head(view, about, None))
        div.stack {
            (gallery(view, about.listing))
            (description(view, about.listing))
            (editions(view, about.listing, None))
            (support(view, about.listing))
        }
    }
}

fn head(view: &View, about: &About<'_>, on_sale: Option<(ProductId, AccountId)>) -> Markup {
    let listing = about.listing;
    let least = listing.specs.iter().filter_map(|spec| listing.least_of(spec)).min_by_key(|price| price.minor());
    html! {
        header.product-head {
            (tile(view, listing.logo, &listing.name, true))
            div.stack {
                h1 { (view.of(&listing.name)) }
                p.lead { (view.of(&listing.summary)) }
                p.row.small {
                    span { (view.t("storefront-by")) " "
                        @match on_sale {
                            Some((_, account)) => a href={ "/sellers/" (account) } { (about.seller) },
                            None => strong { (about.seller) },
                        }
                    }
                    span.chip.quiet { (view.of(&about.policy.access_name(listing.access_type))) }
                    @for code in &listing.categories {
                        a.chip href={ "/search?category=" (code) } { (category(view, &about.policy.catalogue.categories, code)) }
                    }
                }
            }
            @if let Some((product, _)) = on_sale {
                div.product-actions {
                    strong.product-price { (from_price(view, least)) }
                    a.button.primary.large href="#configure" { (view.t("storefront-choose")) }
                    a.button.quiet href=(compare_path(&[product])) { (view.t("storefront-compare-this")) }
                }
            }
        }
    }
}

fn gallery(view: &View, listing: &Listing) -> Markup {
    let name = view.of(&listing.name);
    html! {
        @if !listing.screenshots.is_empty() {
            section.gallery tabindex="0" role="group" aria-label=(view.t("storefront-screenshots")) {
                @for (number, picture) in (1_i64..).zip(&listing.screenshots) {
                    @let alt = view.ta("storefront-screenshot", &[("number", number.into()), ("name", name.into())]);
                    a href={ "/pictures/" (picture) } {
                        img src={ "/pictures/" (picture) } alt=(alt) width="640" height="400" loading=[(number > 2).then_some("lazy")];
                    }
                }
            }
        }
    }
}

fn description(view: &View, listing: &Listing) -> Markup {
    html! {
        section.card {
            h2 { (view.t("storefront-about")) }
            div.prose { (ui::rich(view.of(&listing.description))) }
        }
    }
}

/// The editions side by side: price, billing, and what can be chosen in each.
fn editions(view: &View, listing: &Listing, product: Option<ProductId>) -> Markup {
    let specs: Vec<&Spec> = listing.specs.iter().filter(|spec| spec.sold().next().is_some()).collect();
    html! {
        section.card {
            h2 { (view.t("storefront-editions")) }
            div.wide-table tabindex="0" role="region" aria-label=(view.t("storefront-editions")) {
                table.beside {
                    thead { tr {
                        th scope="col" { span.unseen { (view.t("storefront-attribute")) } }
                        @for spec in &specs { th scope="col" { (view.of(&spec.name)) } }
                    } }
                    tbody {
                        tr { th scope="row" { (view.t("storefront-price")) }
                            @for spec in &specs { td { strong { (from_price(view, listing.least_of(spec))) } } } }
                        tr { th scope="row" { (view.t("storefront-billing")) }
                            @for spec in &specs { td { @if let Some(billing) = spec.billing_mode { (mode(view, billing)) } } } }
                        @for dimension in listing.dimensions() {
                            tr { th scope="row" { (view.of(dimension.name())) }
                                @for spec in &specs { td { (range(view, spec, dimension.code())) } } }
                        }
                        tr { th scope="row" { (view.t("storefront-delivery")) }
                            @for _ in &specs { td { (delivery(view, listing.delivery_days.unwrap_or(0))) } } }
                        @if let Some(product) = product {
                            tr { td {} @for spec in &specs { td {
                                a.button href={ "/products/" (product) "?spec=" (ui::escaped(&spec.code)) "#configure" } {
                                    (view.t("storefront-choose-edition")) span.unseen { " " (view.of(&spec.name)) }
                                }
                            } } }
                        }
                    }
                }
            }
        }
    }
}

/// What of an attribute can be chosen in a spec.
pub(super) fn range(view: &View, spec: &Spec, code: &str) -> Markup {
    let comma = view.t("storefront-comma");
    html! {
        @match spec.attributes.iter().find(|attribute| attribute.code() == code) {
            None => span.muted { "—" },
            Some(Attribute::Enum { values, .. }) => {
                @for (index, value) in values.iter().enumerate() { @if index > 0 { (comma) } (view.of(&value.name)) }
            }
            Some(Attribute::Quantity { unit, min, max, .. }) => {
                (number(view, *min)) "–" (number(view, *max)) " " (view.of(unit))
            }
        }
    }
}

pub(super) fn number(view: &View, count: u64) -> String {
    i64::try_from(count).map_or_else(|_| count.to_string(), |count| view.count(count))
}

fn support(view: &View, listing: &Listing) -> Markup {
    let support = &listing.support;
    let rows = [
        (view.t("storefront-support-content"), html! { (view.of(&support.content)) }),
        (view.t("storefront-support-hours"), html! { (view.of(&support.hours)) }),
        (
            view.t("storefront-support-hotline"),
            html! { a href={ "tel:" (support.hotline.replace(' ', "")) } { (support.hotline) } },
        ),
        (view.t("storefront-support-email"), html! { a href={ "mailto:" (support.email) } { (support.email) } }),
    ];
    ui::card(Some(&view.t("storefront-support")), &facts(&rows))
}

fn papers(view: &View, id: ProductId, listing: &Listing, agreement: &Document, listed_at: Timestamp) -> Markup {
    let rows = [
        (view.t("storefront-version"), html! { (listing.version) }),
        (view.t("storefront-delivery"), html! { (delivery(view, listing.delivery_days.unwrap_or(0))) }),
        (view.t("storefront-listed"), view.date(listed_at)),
        (
            view.t("storefront-agreement"),
            html! { a href={ "/products/" (id) "/agreement" } download { (agreement.name) } " " span.muted.small { (view.size(agreement.size)) } },
        ),
    ];
    ui::card(Some(&view.t("storefront-facts")), &facts(&rows))
}

fn reviews(view: &View) -> Markup {
    ui::card(Some(&view.t("storefront-reviews")), &html! { p.muted { (view.t("storefront-reviews-none")) } })
}

fn promise(view: &View, hours: u32, per_year: u32) -> Markup {
    let window = window(view, hours);
    html! {
        section.card.promise {
            h2 { (view.ta("storefront-try", &[("window", window.clone().into())])) }
            p { (view.ta("storefront-try-text", &[("window", window.into()), ("count", per_year.into())])) }
            p { a href="/help/refunds" { (view.t("storefront-try-more")) } }
        }
    }
}

fn seller_card(view: &View, seller: &sellers::SellerProfile) -> Markup {
    html! {
        section.card {
            h2 { (view.t("storefront-seller")) }
            p { a href={ "/sellers/" (seller.account) } { strong { (seller.name) } } }
            @if let Some(text) = &seller.introduction { p.muted.clamp { (text) } }
            p.muted.small { (view.t("storefront-since")) " " (view.date(seller.admitted_at)) }
        }
    }
}

async fn agreement(
    State(catalogue): State<Catalogue>,
    PathParam(id): PathParam<ProductId>,
) -> Result<Response, Problem> {
    let (document, bytes) = catalogue.agreement(&mut catalogue.app.db.read(), id).await?;
    Ok(documents::download(&document, bytes))
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/products/{product}", show, Access::Public)
        .page("/products/{product}/agreement", agreement, Access::Public)
        .done()
}
