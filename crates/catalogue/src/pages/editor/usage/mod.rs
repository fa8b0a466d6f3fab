//! The prices of a spec that is paid by use: its meters, or a package of use, for one SKU at a time; and what an example
//! of use would cost under them.

mod fields;
mod read;

use std::collections::BTreeSet;

use accounts::{Seller, Visit};
use axum::{extract::State, response::Response};
use kernel::{Currency, Invalid, id::ProductId};
use maud::{Markup, html};
use platform::http::{Access, Form, Once, PathParam, Problem, Query, Routes};
use policy::Policy;
use pricing::{Billing, METERS_MAX, Plan};
use ui::{Choice, Field, Mistakes, Page, Tone, View};

use super::{Typed, answer, carried, currencies, frame, guidance, path, prices::sku_name, refusal, save, save_row};
use crate::{
    Catalogue,
    actions::Desk,
    pages::labels::spec_name,
    rules::{Listing, Section, Spec, example},
};

const RANGES_MAX: usize = 20;

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .form("/seller/products/{product}/prices/usage", write, Access::Seller)
        .page("/seller/products/{product}/prices/example", told, Access::Seller)
        .done()
}

/// How many meters of a form have been written: what counts and what it costs, not what was merely left chosen.
fn meters_written(typed: &Typed, list: &str) -> usize {
    let written = |index: &usize| is_written(typed, &format!("{list}[{index}]"));
    (0..typed.count(list).min(METERS_MAX)).rev().find(written).map_or(0, |last| last.saturating_add(1))
}

fn is_written(typed: &Typed, at: &str) -> bool {
    const PRICES: [&str; 6] = ["unit_price", "size", "price", "percent", "ranges", "stairs"];
    typed.holds(&format!("{at}.counts")) || PRICES.iter().any(|price| typed.holds(&format!("{at}.price.{price}")))
}

/// What can be counted, as choices; what was chosen before and is on the list no more is kept until another one is.
fn factors(view: &View, policy: &Policy, typed: &Typed) -> Vec<Choice> {
    let known = &policy.catalogue.billing_factors;
    if known.is_empty() {
        return Vec::new();
    }
    let unsaid = Choice::new("", view.t("usage-factor-none"));
    let named = known.iter().map(|factor| {
        Choice::new(factor.code.as_str(), format!("{} ({})", view.of(&factor.name), view.of(&factor.unit)))
    });
    let old: BTreeSet<&str> = typed.ending(".factor").filter(|code| policy.billing_factor(code).is_none()).collect();
    let old = old.into_iter().map(|code| Choice::new(code, code));
    std::iter::once(unsaid).chain(named).chain(old).collect()
}

/// What was typed, with the name and the unit of each factor that was chosen where they were left empty.
fn filled(mut typed: Typed, policy: &Policy) -> Typed {
    for (at, code) in typed.fields_ending(".factor") {
        let Some(factor) = policy.billing_factor(&code) else { continue };
        let (name, unit) = (&factor.name, &factor.unit);
        // A name of the seller's own has a unit of its own.
        let named = ["counts.name.zh", "counts.name.en"].iter().any(|field| typed.holds(&format!("{at}.{field}")));
        let one = factor.unit_one.clone().unwrap_or_default();
        let texts = [
            ("name.zh", &name.zh),
            ("name.en", &name.en),
            ("unit.zh", &unit.zh),
            ("unit.en", &unit.en),
            ("unit_one", &one),
        ];
        for (field, text) in texts {
            let field = format!("{at}.counts.{field}");
            if !named && !typed.holds(&field) && !text.is_empty() {
                typed.set(field, text.clone());
            }
        }
    }
    typed
}

/// The places of a spec and of a SKU in it, as a form carries them.
type At = (usize, usize);

fn place_of(typed: &Typed) -> At {
    (typed.text("spec").parse().unwrap_or_default(), typed.text("sku").parse().unwrap_or_default())
}

async fn write(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = filled(Typed::of(pairs), &*catalogue.policies.current().await?);
    let place = place_of(&typed);
    let (index, row) = place;
    let next = format!("{}?spec={index}&sku={row}&done=listing-saved", path(id, Section::Prices));
    let saved = save(&catalogue, &seller, once, id, &typed, |listing| {
        apply(listing, place, &typed)?;
        Ok(next)
    });
    let again = |view: &View, desk: &Desk, mistakes: &Mistakes| page(view, desk, place, (&typed, mistakes));
    answer(&catalogue, &visit, &seller, id, saved.await, again).await
}

/// Writes the prices of one SKU, or of all of the spec.
fn apply(listing: &mut Listing, (index, row): At, typed: &Typed) -> Result<(), Invalid> {
    let Some(spec) = listing.specs.get_mut(index) else { return Ok(()) };
    spec.span();
    let mut wrong = Invalid::default();
    let at = format!("specs[{index}].skus[{row}].billing");
    let Some(billing) = read::billing(spec.billing_mode, typed, &at, &mut wrong) else { return Ok(()) };
    wrong.done()?;
    let all = typed.text("all") == "true";
    for (place, sku) in spec.skus.iter_mut().enumerate() {
        if place == row {
            sku.not_sold = typed.text("sold") != "true";
        }
        if place == row || all {
            sku.billing = (!sku.not_sold).then(|| billing.clone());
        }
    }
    Ok(())
}

/// The example under the prices as they stand in the form, saved or not.
async fn told(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Markup, Problem> {
    let desk = catalogue.desk(&mut catalogue.app.db.read(), &seller, id).await?;
    let typed = filled(Typed::of(pairs), &desk.policy);
    let (index, row) = place_of(&typed);
    let mode = desk.listing().specs.get(index).and_then(|spec| spec.billing_mode);
    let at = format!("specs[{index}].skus[{row}].billing");
    let mut wrong = Invalid::default();
    let billing = read::billing(mode, &typed, &at, &mut wrong);
    let view = &visit.view;
    Ok(match (billing, wrong.done()) {
        (Some(billing), Ok(())) => example_of(view, desk.listing().currency, &billing),
        (Some(_), Err(mistakes)) => {
            html! { @for mistake in &mistakes.0 { p.wrong { (mistake.message.of(view.lang)) } } }
        }
        (None, _) => html! {},
    })
}

/// What the example would cost, in the words of the engine; or why it has no price.
fn example_of(view: &View, currency: Option<Currency>, billing: &Billing) -> Markup {
    let Some(currency) = currency else { return html! { p.muted { (view.t("usage-example-currency")) } } };
    let plan = Plan { currency, quantities: Vec::new(), billing: billing.clone(), books: Vec::new() };
    if let Err(mistakes) = plan.check() {
        return html! {
            p.muted { (view.t("usage-example-open")) }
            ul { @for mistake in mistakes.0.iter().take(3) { li { (mistake.message.of(view.lang)) } } }
        };
    }
    match pricing::foresee(&plan, None, &example(billing)) {
        Ok(quote) => html! {
            ul {
                @for line in &quote.lines { li { (view.of(&line.text)) } }
                @for note in &quote.notes { li.muted { (view.of(note)) } }
            }
            p { strong { (view.ta("usage-example-total", &[("total", view.money_text(quote.total).into())])) } }
        },
        Err(refused) => ui::notice(Tone::Warn, &html! { p { (kernel::Refusal::text(&refused).of(view.lang)) } }),
    }
}

/// The page of the prices for a spec that is paid by use.
pub(super) fn stored(view: &View, desk: &Desk, place: At) -> Page {
    let typed = Typed::from_listing(desk.listing());
    let mistakes = guidance(view, desk, &typed);
    page(view, desk, place, (&typed, &mistakes))
}

fn page(view: &View, desk: &Desk, (index, row): At, (typed, mistakes): (&Typed, &Mistakes)) -> Page {
    let base = path(desk.product.id, Section::Prices);
    let Some(mut spec) = desk.listing().specs.get(index).cloned() else {
        return frame(view, desk, Section::Prices, &html! {});
    };
    spec.span();
    let row = row.min(spec.skus.len().saturating_sub(1));
    let ways: Vec<(String, String, bool)> = (desk.listing().specs.iter().enumerate())
        .map(|(at, spec)| (spec_name(view, spec, at), format!("{base}?spec={at}"), at == index))
        .collect();
    let skus: Vec<(String, String, bool)> = (spec.skus.iter().enumerate())
        .map(|(at, sku)| (sku_name(view, &spec, sku), format!("{base}?spec={index}&sku={at}"), at == row))
        .collect();
    let at = format!("specs[{index}].skus[{row}].billing");
    let shown = read::billing(spec.billing_mode, typed, &at, &mut Invalid::default());
    frame(
        view,
        desk,
        Section::Prices,
        &html! {
            @if ways.len() > 1 { (ui::tabs(&view.t("listing-specs"), &ways)) }
            @if skus.len() > 1 { (ui::tabs(&view.t("listing-sku"), &skus)) }
            (form(view, desk, (index, row, &spec), (typed, mistakes)))
            (currencies::rates(view, desk, index, mistakes))
            section.card {
                h2 { (view.t("usage-example")) }
                p.muted { (view.t("usage-example-lead")) }
                div #usage-example aria-live="polite" {
                    @if let Some(billing) = &shown { (example_of(view, desk.listing().currency, billing)) }
                }
            }
        },
    )
}

fn form(
    view: &View,
    desk: &Desk,
    (index, row, spec): (usize, usize, &Spec),
    (typed, mistakes): (&Typed, &Mistakes),
) -> Markup {
    let at = format!("specs[{index}].skus[{row}].billing");
    let sold = spec.skus.get(row).is_some_and(|sku| !sku.not_sold);
    let (sold_label, all_label) = (view.t("listing-sold"), view.t("usage-all"));
    let base = format!("/seller/products/{}/prices", desk.product.id);
    let factors = factors(view, &desk.policy, typed);
    let body = html! {
        (carried(desk))
        (refusal(view, typed, mistakes))
        input type="hidden" name="spec" value=(index);
        input type="hidden" name="sku" value=(row);
        (mistakes.beside(&at))
        @if spec.skus.len() > 1 {
            (Field::check("sold", &sold_label).value(if sold { "true" } else { "" }).render(view, mistakes))
        } @else {
            input type="hidden" name="sold" value="true";
        }
        @if spec.billing_mode == Some(policy::BillingMode::Package) {
            (fields::package(view, &at, (typed, mistakes, &factors)))
        } @else {
            (fields::on_demand(view, &at, (typed, mistakes, &factors), fields::First::Free))
        }
        @if spec.skus.len() > 1 { (Field::check("all", &all_label).render(view, mistakes)) }
        (save_row(view))
    };
    let live = format!("{base}/example");
    ui::card(None, &ui::live_form(view, &format!("{base}/usage"), (&live, "#usage-example"), &body))
}
