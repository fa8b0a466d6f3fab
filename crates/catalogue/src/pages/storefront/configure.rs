//! Choosing on a product's page: an edition, its attributes, how many, for how long; and what that costs, line by line.

use std::collections::BTreeMap;

use accounts::Visit;
use axum::extract::State;
use kernel::id::ProductId;
use maud::{Markup, html};
use platform::http::{Access, PathParam, Problem, Query, Routes};
use policy::{BillingMode, Policy};
use pricing::{PeriodUnit, Plan, PricingRefused, Quote};
use ui::{Choice, Field, Mistakes, Tone, View, choice_cards, escaped, notice};

use super::{
    pieces::from_price,
    product::number,
    sold_to::{Way, note_on_edition},
};
use crate::{
    Catalogue, Offer,
    actions::Trial,
    rules::{Attribute, Chosen, Release, SaleTerm, Spec, counted_by, percent},
};

/// The form and, below it, the price of what it says.
///
/// `way` says whether the chosen can be bought now, and how much of it.
pub(super) fn configurator(
    view: &View,
    (product, release, policy): (ProductId, &Release, &Policy),
    (chosen, way): (&Chosen<'_>, &Way<'_>),
) -> Markup {
    let path = format!("/products/{product}");
    html! {
        section.card.buy {
            h2 { (view.t("storefront-buy")) }
            (specs(view, &path, (release, policy), chosen.spec))
            form.stack method="get" action={ (path) "#configure" } data-live={ (path) "/price" } data-target="#price" {
                input type="hidden" name="spec" value=(chosen.spec.code);
                @for attribute in &chosen.spec.attributes { (field(view, attribute, chosen)) }
                (term_field(view, chosen))
                (currency_field(view, chosen))
                (usage_fields(view, chosen))
                button.button data-live-hidden type="submit" { (view.t("storefront-compute")) }
            }
            div #price aria-live="polite" { (price_part(view, chosen, (policy, way))) }
        }
    }
}

/// The editions as links: each has attributes of its own.
fn specs(view: &View, path: &str, (release, policy): (&Release, &Policy), present: &Spec) -> Markup {
    let listing = &release.listing;
    let sold: Vec<&Spec> = listing.specs.iter().filter(|spec| spec.sold().next().is_some()).collect();
    html! {
        @if sold.len() > 1 {
            nav.edition-links aria-label=(view.t("storefront-editions")) {
                @for spec in sold {
                    a href={ (path) "?spec=" (escaped(&spec.code)) "#configure" } aria-current=[(spec.code == present.code).then_some("true")] {
                        span { (view.of(&spec.name)) }
                        span.small { (from_price(view, listing.least_of(spec, policy))) }
                    }
                }
            }
        } @else {
            p.muted { (view.of(&present.name)) }
        }
    }
}

fn field(view: &View, attribute: &Attribute, chosen: &Chosen<'_>) -> Markup {
    let label = view.of(attribute.name());
    match attribute {
        Attribute::Enum { code, values, .. } => {
            let choices: Vec<Choice> =
                values.iter().map(|value| Choice::new(&value.code, view.of(&value.name))).collect();
            let present = chosen.values.get(code).map(String::as_str).unwrap_or_default();
            let name = format!("a.{code}");
            if choices.len() > 6 {
                return Field::select(&name, label, &choices).value(present).required().render(view, &Mistakes::none());
            }
            choice_cards(label, &name, &choices, present, &Mistakes::none())
        }
        Attribute::Quantity { code, unit, min, max, step, .. } => {
            let count = chosen.choice.quantities.get(code).copied().unwrap_or(*min).to_string();
            let args = [
                ("min", number(view, *min).into()),
                ("max", number(view, *max).into()),
                ("unit", view.of(unit).into()),
                ("step", number(view, *step).into()),
            ];
            let hint =
                if *step > 1 { view.ta("storefront-range-steps", &args) } else { view.ta("storefront-range", &args) };
            Field::input("number", &format!("q.{code}"), label)
                .value(&count)
                .hint(hint)
                .required()
                .with("min", min.to_string())
                .with("max", max.to_string())
                .with("step", step.to_string())
                .with("inputmode", "numeric")
                .render(view, &Mistakes::none())
        }
    }
}

/// How much would be used: for what is paid by use, the price is tried out before anything is bought.
fn usage_fields(view: &View, chosen: &Chosen<'_>) -> Markup {
    let Some(offer) = chosen.offer.as_ref().filter(|_| chosen.spec.is_by_use()) else { return html! {} };
    html! {
        fieldset.part {
            legend { (view.t("storefront-usage")) }
            p.muted.small { (view.t("storefront-usage-lead")) }
            @for counts in counted_by(&offer.plan.billing) {
                @let name = format!("u.{}", counts.code);
                @let count = chosen.usage.get(&counts.code).filter(|count| !count.is_sign_negative());
                @let value = count.map_or_else(String::new, ToString::to_string);
                (Field::text(&name, view.of(&counts.name)).value(&value).hint(view.of(&counts.unit)).required()
                    .with("inputmode", "decimal").with("autocomplete", "off").render(view, &Mistakes::none()))
            }
        }
    }
}

/// In which currency it is paid, where its seller has prices in several.
fn currency_field(view: &View, chosen: &Chosen<'_>) -> Markup {
    let asked = chosen.not_sold_in.is_some();
    let Some(plan) = chosen.offer.as_ref().map(|offer| &offer.plan).filter(|plan| asked || !plan.books.is_empty())
    else {
        return html! {};
    };
    let choices: Vec<Choice> =
        plan.currencies().map(|currency| Choice::new(currency.code(), currency.code())).collect();
    let present = chosen.choice.currency.unwrap_or(plan.currency);
    let label = view.t("storefront-currency");
    Field::select("currency", &label, &choices).value(present.code()).required().render(view, &Mistakes::none())
}

fn term_field(view: &View, chosen: &Chosen<'_>) -> Markup {
    let choices: Vec<Choice> =
        chosen.terms.iter().map(|term| Choice::new(term.code(), term_text(view, *term))).collect();
    let present =
        chosen.choice.period_unit.map(|unit| SaleTerm { unit, count: chosen.choice.periods, basis_points: 0 }.code());
    let label = view.t("storefront-term");
    html! {
        @if !choices.is_empty() {
            (Field::select("term", &label, &choices).value(present.as_deref().unwrap_or_default()).required().render(view, &Mistakes::none()))
        }
    }
}

fn periods(view: &View, unit: PeriodUnit, count: u32) -> String {
    match unit {
        PeriodUnit::Day => view.ta("storefront-days", &[("count", count.into())]),
        PeriodUnit::Month => view.ta("storefront-months", &[("count", count.into())]),
        PeriodUnit::Year => view.ta("storefront-years", &[("count", count.into())]),
    }
}

fn term_text(view: &View, term: SaleTerm) -> String {
    let text = periods(view, term.unit, term.count);
    if term.basis_points == 0 {
        return text;
    }
    view.ta("storefront-term-saving", &[("term", text.into()), ("percent", percent(term.basis_points).into())])
}

/// The price of a choice with its explanation, and the way to buy it; or what is wrong with the choice.
fn price_part(view: &View, chosen: &Chosen<'_>, (policy, way): (&Policy, &Way<'_>)) -> Markup {
    if let (Some(named), Some(offer)) = (&chosen.not_sold_in, &chosen.offer) {
        return notice(Tone::Warn, &html! { p { (not_sold_in(view, &offer.plan, named)) } });
    }
    match (&chosen.offer, chosen.price(policy)) {
        (Some(offer), Some(Ok(quote))) => {
            let buying = html! { (grace(view, offer, &quote, policy)) (buying(view, offer, chosen, way)) };
            match chosen.foreseen(policy) {
                Some(foreseen) => by_use(view, &quote, &foreseen, &buying),
                None => priced(view, &quote, &buying),
            }
        }
        (Some(_), Some(Err(refused))) => notice(Tone::Warn, &html! { p { (refusal(view, chosen.spec, &refused)) } }),
        (None, _) | (_, None) => notice(Tone::Warn, &html! { p { (view.t("storefront-not-sold")) } }),
    }
}

/// For how long it can be used after its term, where the site gives something; what is left of a package lapses at its end.
fn grace(view: &View, offer: &Offer, quote: &Quote, policy: &Policy) -> Markup {
    let days = policy.grace_days(offer.access_type);
    let ends = quote.unit.is_some() && offer.billing_mode != BillingMode::Package;
    html! { @if ends && days > 0 { p.muted.small { (view.ta("storefront-grace", &[("count", days.into())])) } } }
}

/// There are no prices in what was named, and in what there are.
fn not_sold_in(view: &View, plan: &Plan, named: &str) -> String {
    let known = plan.currencies().map(|currency| currency.code().to_owned()).collect::<Vec<_>>();
    let known = known.join(&view.t("storefront-comma"));
    view.ta("storefront-currency-none", &[("named", named.into()), ("known", known.into())])
}

fn priced(view: &View, quote: &Quote, buying: &Markup) -> Markup {
    html! {
        div.price {
            p.price-total { (view.money(quote.total)) }
            p.muted.small {
                @match quote.unit {
                    Some(unit) => (view.ta("storefront-for-term", &[("term", periods(view, unit, quote.periods).into())])),
                    None => (view.t("storefront-for-ever")),
                }
                @if let Some(tax) = &quote.tax { " · " (view.ta("storefront-tax-in-total", &[("name", view.of(&tax.name).into()), ("amount", view.money_text(tax.tax).into())])) }
            }
            details.price-lines open {
                summary { (view.t("storefront-explained")) }
                ul {
                    @for line in &quote.lines { li { (view.of(&line.text)) } }
                    @for note in quote.beside() { li { (view.of(note)) } }
                }
            }
            (buying)
        }
    }
}

/// What is paid by use: its prices, and what the use that was typed would come to.
fn by_use(view: &View, quote: &Quote, foreseen: &Result<Quote, PricingRefused>, buying: &Markup) -> Markup {
    html! {
        div.price {
            // What is paid now for use without a term is at most for setting it up: no price of what is sold.
            p.price-total { @if quote.unit.is_none() { (view.t("storefront-by-use")) } @else { (view.money(quote.total)) } }
            @if let Some(unit) = quote.unit {
                p.muted.small { (view.ta("storefront-for-term", &[("term", periods(view, unit, quote.periods).into())])) }
            }
            h3 { (view.t("storefront-usage-prices")) }
            ul {
                @for line in &quote.lines { li { (view.of(&line.text)) } }
                @for note in quote.beside() { li { (view.of(note)) } }
            }
            h3 { (view.t("storefront-usage-sum")) }
            @match foreseen {
                Ok(foreseen) => {
                    ul {
                        @for line in &foreseen.lines { li { (view.of(&line.text)) } }
                        @for note in foreseen.beside() { li { (view.of(note)) } }
                    }
                    p { strong { (view.ta("storefront-usage-total", &[("total", view.money_text(foreseen.total).into())])) } }
                },
                Err(refused) => (notice(Tone::Warn, &html! { p { (kernel::Refusal::text(refused).of(view.lang)) } })),
            }
            (buying)
        }
    }
}

/// The way to buy what was chosen, or when it will be there.
fn buying(view: &View, offer: &Offer, chosen: &Chosen<'_>, way: &Way<'_>) -> Markup {
    let own = offer.sold_later();
    if let Some(later) = way.later.or(own.as_ref()) {
        let said = html! { strong { (view.t("storefront-later")) } p { (view.of(later)) } };
        return notice(Tone::Info, &said);
    }
    if way.is_frozen {
        return html! {};
    }
    if way.is_sold_out() {
        let said = html! { strong { (view.t("storefront-sold-out")) } p { (view.t("storefront-sold-out-text")) } };
        return notice(Tone::Warn, &said);
    }
    html! {
        (way.hints(view))
        // Staff of the site look; they have no wallet to buy from.
        @if view.viewer.as_ref().is_some_and(|viewer| viewer.is_operator) {
            p.muted.small { (view.t("storefront-staff")) }
        } @else {
            a.button.primary.large.wide href=(checkout_path(offer, chosen)) { (view.t("storefront-buy-now")) }
            p.muted.small { (view.t("storefront-buy-hint")) }
            @if let Some(trial) = way.trial { (trying(view, offer, chosen, trial)) }
        }
    }
}

/// The way to try what was chosen for nothing, or why there is none for this account.
fn trying(view: &View, offer: &Offer, chosen: &Chosen<'_>, trial: Trial) -> Markup {
    let days = [("count", trial.days.into())];
    html! {
        div.trial {
            @match trial.refused {
                None => {
                    a.button.large.wide href=(trial_path(offer, chosen)) { (view.ta("storefront-trial-start", &days)) }
                    p.muted.small { (view.ta("storefront-trial-text", &days)) }
                },
                Some(why) => {
                    button.button.large.wide type="button" disabled aria-describedby="trial-why" { (view.ta("storefront-trial-start", &days)) }
                    p.muted.small #trial-why { (view.word("storefront-trial-not", why.word())) }
                },
            }
        }
    }
}

fn trial_path(offer: &Offer, chosen: &Chosen<'_>) -> String {
    let mut path = format!("/trial?sku={}", offer.sku);
    for (code, count) in &chosen.choice.quantities {
        path.push_str("&q.");
        path.push_str(&escaped(code));
        path.push('=');
        path.push_str(&count.to_string());
    }
    if let Some(currency) = chosen.choice.currency {
        path.push_str("&currency=");
        path.push_str(currency.code());
    }
    path
}

fn checkout_path(offer: &Offer, chosen: &Chosen<'_>) -> String {
    let choice = &chosen.choice;
    let mut path = format!("/checkout?sku={}&periods={}", offer.sku, choice.periods);
    for (code, count) in &choice.quantities {
        path.push_str("&q.");
        path.push_str(&escaped(code));
        path.push('=');
        path.push_str(&count.to_string());
    }
    if let Some(unit) = choice.period_unit {
        path.push_str("&period_unit=");
        path.push_str(unit.as_str());
    }
    if let Some(currency) = choice.currency {
        path.push_str("&currency=");
        path.push_str(currency.code());
    }
    path
}

/// What is wrong with a choice, in the words of the form.
fn refusal(view: &View, spec: &Spec, refused: &PricingRefused) -> String {
    let name = |code: &str| {
        let attribute = spec.attributes.iter().find(|attribute| attribute.code() == code);
        attribute.map_or_else(|| code.to_owned(), |attribute| view.of(attribute.name()).to_owned())
    };
    match refused {
        PricingRefused::OutOfRange { code, min, max } => view.ta(
            "storefront-out-of-range",
            &[("name", name(code).into()), ("min", number(view, *min).into()), ("max", number(view, *max).into())],
        ),
        PricingRefused::OffStep { code, min, step } => view.ta(
            "storefront-off-step",
            &[("name", name(code).into()), ("min", number(view, *min).into()), ("step", number(view, *step).into())],
        ),
        PricingRefused::UnknownQuantity(_)
        | PricingRefused::MissingQuantity { .. }
        | PricingRefused::Periods { .. }
        | PricingRefused::PaidOnce
        | PricingRefused::PaidByUse
        | PricingRefused::NotOffered(_)
        | PricingRefused::UnitMissing(_)
        | PricingRefused::CurrencyNotOffered { .. }
        | PricingRefused::Overflow
        | PricingRefused::Uncovered(_)
        | PricingRefused::AdjustmentCurrency { .. }
        | PricingRefused::BelowThreshold { .. }
        | PricingRefused::OnlyOne(_)
        | PricingRefused::NotTogether { .. }
        | PricingRefused::Final
        | PricingRefused::NothingToRenew
        | PricingRefused::TermOver
        | PricingRefused::Less
        | PricingRefused::UsageBounds => kernel::Refusal::text(refused).of(view.lang).to_owned(),
    }
}

/// The part below the form, as its fields change.
async fn price(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    PathParam(id): PathParam<ProductId>,
    Query(fields): Query<BTreeMap<String, String>>,
) -> Result<Markup, Problem> {
    let view = &visit.view;
    let tx = &mut catalogue.app.db.read();
    let who = catalogue.who(tx, visit.member.as_ref()).await?;
    let (shown, release) = catalogue.seen(tx, &who, id, fields.get("spec").map(String::as_str)).await?;
    let policy = catalogue.policies.current().await?;
    let purse = catalogue.purse(tx, visit.member.as_ref(), &release).await?;
    let Some(chosen) = release.choose(&fields, &purse) else { return Ok(html! {}) };
    let later = chosen.spec.billing_mode.and_then(|mode| policy.not_sold_yet(release.listing.access_type, mode));
    let trial = catalogue.trial_of(tx, visit.member.as_ref(), &chosen).await?;
    let rules = catalogue.rules_for(tx, &chosen).await?;
    let audiences = catalogue.audiences(tx, &shown).await?;
    let buyers = if let Some(asked) = audiences.get(&chosen.spec.code) {
        let regions = catalogue.sellers.profile(tx, shown.account_id).await?.regions;
        note_on_edition(view, (shown.audience(), Some(asked)), &regions)
    } else {
        html! {}
    };
    let way = Way { later, rules, is_frozen: shown.is_frozen(), trial, buyers };
    Ok(price_part(view, &chosen, (&policy, &way)))
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone()).page("/products/{product}/price", price, Access::Public).done()
}
