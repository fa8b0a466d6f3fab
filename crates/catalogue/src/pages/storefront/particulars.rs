//! What a product's page says beside description and prices: highlights, cases, marks, how a service goes, what is asked for.

use accounts::Visit;
use axum::{extract::State, response::Response};
use kernel::{
    Localized,
    id::{DocumentId, ProductId},
};
use maud::{Markup, html};
use platform::http::{Access, PathParam, Problem, Routes};
use policy::{Category, Policy, TypeField};
use ui::View;

use crate::{
    Catalogue,
    pages::particulars::contacts_text,
    rules::{InField, Listing, Parts, Point},
};

/// For whom it is made, and the marks that it has proven.
pub(super) fn marks(view: &View, listing: &Listing, policy: &Policy) -> Markup {
    let name = |known: &[Category], code: &str| {
        known
            .iter()
            .find(|known| known.code == code)
            .map_or_else(|| code.to_owned(), |known| view.of(&known.name).to_owned())
    };
    html! {
        @if !listing.industries.is_empty() || !listing.certifications.is_empty() {
            p.row.small {
                @for mark in &listing.certifications { (ui::badge(ui::Tone::Good, &name(&policy.catalogue.certifications, &mark.code))) }
                @for code in &listing.industries { span.muted { (name(&policy.catalogue.industries, code)) } }
            }
        }
    }
}

pub(super) fn highlights(view: &View, listing: &Listing) -> Markup {
    points(&view.t("storefront-highlights"), &listing.highlights, view)
}

pub(super) fn cases(view: &View, listing: &Listing) -> Markup {
    points(&view.t("storefront-cases"), &listing.cases, view)
}

fn points(title: &str, points: &[Point], view: &View) -> Markup {
    html! {
        @if !points.is_empty() {
            section.card {
                h2 { (title) }
                ul.needs {
                    @for point in points {
                        li.need { strong { (view.of(&point.title)) } p.muted { (view.of(&point.text)) } }
                    }
                }
            }
        }
    }
}

/// How a supervised delivery goes, step by step, until it is accepted.
pub(super) fn service(view: &View, product: Option<ProductId>, listing: &Listing, policy: &Policy) -> Markup {
    let service = &listing.service;
    let papers = [
        (service.requirement_template, view.t("storefront-requirement-template")),
        (service.delivery_template, view.t("storefront-delivery-template")),
    ];
    html! {
        @if listing.is_supervised(policy) {
            section.card {
                h2 { (view.t("storefront-service")) }
                p.muted { (view.t("storefront-service-lead")) }
                ol.timeline {
                    @for step in &service.flow {
                        li { span.timeline-title { (view.of(&step.title)) } p.muted.small { (view.of(&step.text)) } }
                    }
                }
                @if listing.opens_at_acceptance() { p { (view.t("storefront-opening")) } }
                h3 { (view.t("storefront-acceptance")) }
                div.prose { (ui::rich(view.of(&service.acceptance))) }
                @if let Some(product) = product {
                    ul.plain {
                        @for (paper, name) in &papers {
                            @if let Some(paper) = paper { li { a href=(paper_path(product, *paper)) download { (name) } } }
                        }
                    }
                }
            }
        }
    }
}

/// What it is, in the fields of its access type.
pub(super) fn type_facts(view: &View, listing: &Listing, policy: &Policy, parts: &Parts) -> Vec<(String, Markup)> {
    let part = |id: &String| {
        let id = id.parse().ok()?;
        parts.0.get(&id).map(|name| (id, name))
    };
    let fact = |(field, said): (&TypeField, InField<'_>)| {
        let shown = match said {
            InField::Text(text) => html! { (view.of(&text)) },
            InField::Products(ids) => {
                let known: Vec<(ProductId, &Localized)> = ids.iter().filter_map(part).collect();
                if known.is_empty() {
                    return None;
                }
                html! { ul.plain { @for (id, name) in known { li { a href={ "/products/" (id) } { (view.of(name)) } } } } }
            }
        };
        Some((view.of(&field.name).to_owned(), shown))
    };
    listing.said_in_fields(policy).into_iter().filter_map(fact).collect()
}

/// The same as a card of the product's page.
pub(super) fn type_card(view: &View, listing: &Listing, policy: &Policy, parts: &Parts) -> Markup {
    let facts = type_facts(view, listing, policy, parts);
    html! { @if !facts.is_empty() { (ui::card(Some(&view.t("storefront-type-facts")), &ui::facts(&facts))) } }
}

/// What the buyer is asked for when ordering.
pub(super) fn asked(view: &View, listing: &Listing) -> Markup {
    html! {
        @if !listing.asks().is_empty() {
            section.card {
                h2 { (view.t("storefront-asked")) }
                p.muted { (view.t("storefront-asked-lead")) }
                ul {
                    @for parameter in &listing.parameters {
                        li {
                            (view.of(&parameter.label))
                            @if !parameter.mandatory { " " span.muted.small { (view.t("ui-optional")) } }
                        }
                    }
                    @if listing.contacts.any() {
                        li {
                            (contacts_text(view, listing.contacts)) " "
                            span.muted.small { (view.t("storefront-asked-contacts")) }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn paper_path(product: ProductId, paper: DocumentId) -> String {
    format!("/products/{product}/papers/{paper}")
}

/// The guide or a template of a product on sale.
async fn paper(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    PathParam((product, paper)): PathParam<(ProductId, DocumentId)>,
) -> Result<Response, Problem> {
    let tx = &mut catalogue.app.db.read();
    let who = catalogue.who(tx, visit.member.as_ref()).await?;
    let (document, bytes) = catalogue.paper(tx, &who, product, paper).await?;
    Ok(documents::download(&document, bytes))
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone()).page("/products/{product}/papers/{paper}", paper, Access::Public).done()
}
