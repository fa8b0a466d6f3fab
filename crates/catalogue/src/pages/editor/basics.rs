//! The section of names, summaries, categories, version, currency, tax and delivery.

use std::collections::BTreeSet;

use accounts::{Seller, Visit};
use axum::{extract::State, response::Response};
use kernel::{Invalid, id::ProductId};
use maud::{Markup, html};
use platform::http::{Access, Form, Once, PathParam, Problem, Routes};
use pricing::TaxPresentation;
use ui::{Choice, Field, Mistakes, Page, View, choice_cards};

use super::{Typed, answer, carried, frame, guidance, path, refusal, save, save_row};
use crate::{
    Catalogue,
    actions::Desk,
    rules::{INDUSTRIES_MAX, Listing, Section, percent},
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/seller/products/{product}", show, Access::Seller)
        .form("/seller/products/{product}", write, Access::Seller)
        .done()
}

async fn show(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
) -> Result<Page, Problem> {
    let desk = catalogue.desk(&mut catalogue.app.db.read(), &seller, id).await?;
    let typed = Typed::from_listing(desk.listing());
    Ok(page(&visit.view, &desk, &typed, &guidance(&visit.view, &desk, &typed)))
}

async fn write(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = Typed::of(pairs);
    let next = format!("{}?done=listing-saved", path(id, Section::Basics));
    let saved = save(&catalogue, &seller, once, id, &typed, |listing| {
        apply(listing, &typed)?;
        Ok(next)
    });
    answer(&catalogue, &visit, &seller, id, saved.await, |view, desk, mistakes| page(view, desk, &typed, mistakes))
        .await
}

fn apply(listing: &mut Listing, typed: &Typed) -> Result<(), Invalid> {
    let mut wrong = Invalid::default();
    // It stands in the form only while it can be changed.
    if let Ok(access_type) = typed.text("access_type").parse() {
        listing.access_type = access_type;
    }
    listing.name = typed.line("name");
    listing.summary = typed.line("summary");
    typed.text("version").trim().clone_into(&mut listing.version);
    listing.categories = typed.all("categories").iter().filter(|code| !code.is_empty()).cloned().collect();
    listing.industries = typed.all("industries").to_vec();
    listing.delivery_days = typed.number("delivery_days", &mut wrong);
    listing.currency = typed.text("currency").parse().ok();
    listing.tax = typed.text("tax").parse().unwrap_or_default();
    wrong.done()
}

fn page(view: &View, desk: &Desk, typed: &Typed, mistakes: &Mistakes) -> Page {
    let fields = html! {
        (carried(desk))
        (refusal(view, typed, mistakes))
        (names(view, typed, mistakes))
        (categories(view, desk, typed, mistakes))
        (industries(view, desk, typed, mistakes))
        (terms(view, desk, typed, mistakes))
        (save_row(view))
    };
    let form = ui::form(view, &path(desk.product.id, Section::Basics), &fields);
    frame(view, desk, Section::Basics, &ui::card(None, &form))
}

fn names(view: &View, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let (name_zh, name_en) = (view.t("listing-name-zh"), view.t("listing-name-en"));
    let (summary_zh, summary_en) = (view.t("listing-summary-zh"), view.t("listing-summary-en"));
    html! {
        h2 { (view.t("listing-names")) }
        div.fields.two {
            (Field::text("name.zh", &name_zh).value(typed.text("name.zh")).wanted().hint(view.t("listing-name-hint")).with("maxlength", "80").render(view, mistakes))
            (Field::text("name.en", &name_en).value(typed.text("name.en")).wanted().hint(view.t("listing-name-hint")).with("maxlength", "80").render(view, mistakes))
            (Field::area("summary.zh", &summary_zh, 2).value(typed.text("summary.zh")).wanted().hint(view.t("listing-summary-hint")).with("maxlength", "300").render(view, mistakes))
            (Field::area("summary.en", &summary_en, 2).value(typed.text("summary.en")).wanted().hint(view.t("listing-summary-hint")).with("maxlength", "300").render(view, mistakes))
        }
    }
}

fn categories(view: &View, desk: &Desk, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let chosen = typed.all("categories");
    html! {
        fieldset.picks.bad[mistakes.at("categories").is_some()] id="f-categories" {
            legend { (view.t("listing-categories")) }
            p.hint { (view.t("listing-categories-hint")) }
            div.tick-list {
                @for category in &desk.policy.catalogue.categories {
                    label.tick {
                        input type="checkbox" name="categories" value=(category.code) checked[chosen.contains(&category.code)];
                        (view.of(&category.name))
                    }
                }
            }
            (mistakes.beside("categories"))
        }
    }
}

fn industries(view: &View, desk: &Desk, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let chosen = typed.all("industries");
    html! {
        @if !desk.policy.catalogue.industries.is_empty() {
            fieldset.picks.bad[mistakes.at("industries").is_some()] id="f-industries" {
                legend { (view.t("release-industries")) }
                p.hint { (view.ta("release-industries-hint", &[("most", INDUSTRIES_MAX.into())])) }
                div.tick-list {
                    @for industry in &desk.policy.catalogue.industries {
                        label.tick {
                            input type="checkbox" name="industries" value=(industry.code) checked[chosen.contains(&industry.code)];
                            (view.of(&industry.name))
                        }
                    }
                }
                (mistakes.beside("industries"))
            }
        }
    }
}

fn terms(view: &View, desk: &Desk, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let currencies: Vec<Choice> =
        desk.policy.site.currencies.iter().map(|currency| Choice::new(currency.code(), currency.code())).collect();
    let (version, days, currency) = (view.t("listing-version"), view.t("listing-days"), view.t("listing-currency"));
    html! {
        h2 { (view.t("listing-terms")) }
        div.fields {
            (access_type(view, desk, typed, mistakes))
            (Field::text("version", &version).value(typed.text("version")).wanted().hint(view.t("listing-version-hint")).with("placeholder", "V1.0").render(view, mistakes))
            (Field::text("delivery_days", &days).value(typed.text("delivery_days")).wanted().hint(view.t("listing-days-hint")).with("inputmode", "numeric").render(view, mistakes))
            (Field::select("currency", &currency, &currencies).value(typed.text("currency")).wanted().hint(view.t("listing-currency-hint")).render(view, mistakes))
        }
        (tax(view, desk, typed, mistakes))
    }
}

/// Whether the tax is in the prices, and how much it is for what the listing sells.
fn tax(view: &View, desk: &Desk, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let listing = desk.listing();
    let modes: BTreeSet<_> = listing.specs.iter().filter_map(|spec| spec.billing_mode).collect();
    let rates: BTreeSet<u32> = modes
        .iter()
        .filter_map(|mode| desk.policy.tax_class(listing.access_type, *mode))
        .map(|class| class.basis_points)
        .collect();
    let told = rates.iter().map(|rate| format!("{} %", percent(*rate))).collect::<Vec<_>>().join(", ");
    let name = view.of(&desk.policy.site.tax_name);
    let choices: Vec<Choice> = TaxPresentation::ALL
        .iter()
        .map(|tax| {
            Choice::new(tax.as_str(), view.word("listing-tax", tax.as_str()))
                .hint(view.word("listing-tax-hint", tax.as_str()))
        })
        .collect();
    let present = if typed.text("tax").is_empty() { TaxPresentation::default().as_str() } else { typed.text("tax") };
    html! {
        (choice_cards(&view.t("listing-field-tax"), "tax", &choices, present, mistakes))
        @if !told.is_empty() { p.hint { (view.ta("listing-tax-rate", &[("name", name.into()), ("rate", told.into())])) } }
    }
}

fn access_type(view: &View, desk: &Desk, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let label = view.t("listing-access-type");
    let choices: Vec<Choice> =
        desk.policy.access_types.iter().map(|rules| Choice::new(rules.code.as_str(), view.of(&rules.name))).collect();
    let field = Field::select("access_type", &label, &choices).value(typed.text("access_type")).wanted();
    let field = match desk.product.revision_id {
        None => field.hint(view.t("listing-access-type-hint")),
        Some(_) => field.hint(view.t("listing-access-type-fixed")).with("disabled", "disabled"),
    };
    field.render(view, mistakes)
}
