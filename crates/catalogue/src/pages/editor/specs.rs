//! The section of the specs and their attributes.

use accounts::{Seller, Visit};
use axum::{extract::State, response::Response};
use kernel::{Invalid, id::ProductId};
use maud::{Markup, html};
use platform::http::{Access, Form, Once, PathParam, Problem, Routes};
use policy::{AccessType, BillingMode};
use ui::{Choice, Field, Mistakes, Page, View};

use super::{Typed, answer, carried, frame, guidance, path, refusal, save, save_row};
use crate::{
    Catalogue,
    actions::{Desk, attribute_label},
    pages::labels::spec_name,
    rules::{Attribute, Listing, Reform, Section, Spec, code_from},
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/seller/products/{product}/specs", show, Access::Seller)
        .form("/seller/products/{product}/specs", write, Access::Seller)
        .done()
}

async fn show(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
) -> Result<Page, Problem> {
    let tx = &mut catalogue.app.db.read();
    let desk = catalogue.desk(tx, &seller, id).await?;
    let known = catalogue.known_attributes(tx, &seller).await?;
    let typed = Typed::from_listing(desk.listing());
    Ok(page(&visit.view, (&desk, &known), &typed, &guidance(&visit.view, &desk, &typed)))
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
    let reform = Reform::parse(typed.text("do"));
    let known = catalogue.known_attributes(&mut catalogue.app.db.read(), &seller).await?;
    let base = path(id, Section::Specs);
    let saved = save(&catalogue, &seller, once, id, &typed, |listing| {
        apply(listing, &typed)?;
        let from_library = typed.text("do").strip_prefix("add-known ").and_then(|spec| spec.parse().ok());
        if let Some(spec) = from_library {
            let code = typed.text(&format!("known[{spec}]"));
            if let Some(attribute) = known.iter().find(|attribute| attribute.code() == code) {
                listing.take_attribute(spec, attribute);
            }
            return Ok(format!("{base}{}", beside(listing, Reform::AddEnum(spec))));
        }
        Ok(match reform {
            Some(reform) => {
                listing.reform(reform);
                format!("{base}{}", beside(listing, reform))
            }
            None => format!("{base}?done=listing-saved"),
        })
    });
    answer(&catalogue, &visit, &seller, id, saved.await, |view, desk, mistakes| {
        page(view, (desk, &known), &typed, mistakes)
    })
    .await
}

/// Where the page goes on after its form has changed: at what was added.
fn beside(listing: &Listing, reform: Reform) -> String {
    let last = |spec: usize| listing.specs.get(spec).map_or(0, |spec| spec.attributes.len().saturating_sub(1));
    match reform {
        Reform::AddSpec => format!("#s-{}", listing.specs.len().saturating_sub(1)),
        Reform::AddEnum(spec) | Reform::AddQuantity(spec) => format!("#a-{spec}-{}", last(spec)),
        Reform::AddValue(spec, attribute) => format!("#a-{spec}-{attribute}"),
        Reform::Remove(_) => String::new(),
    }
}

/// Writes what was typed into the specs that there are; attributes and values stand in the same places.
fn apply(listing: &mut Listing, typed: &Typed) -> Result<(), Invalid> {
    let mut wrong = Invalid::default();
    let mut taken: Vec<String> = Vec::new();
    for (index, spec) in listing.specs.iter_mut().enumerate() {
        let at = format!("specs[{index}]");
        let before = spec.clone();
        spec.name = typed.line(&format!("{at}.name"));
        spec.code = code(typed, &at, &spec.name.en, "edition", &taken);
        spec.billing_mode = typed.text(&format!("{at}.billing_mode")).parse().ok();
        spec.trial_days = typed.number(&format!("{at}.trial_days"), &mut wrong);
        taken.push(spec.code.clone());
        apply_attributes(spec, &at, typed, &mut wrong);
        spec.rename(&before);
        spec.span();
    }
    wrong.done()
}

fn apply_attributes(spec: &mut Spec, at: &str, typed: &Typed, wrong: &mut Invalid) {
    let mut taken: Vec<String> = Vec::new();
    for (index, attribute) in spec.attributes.iter_mut().enumerate() {
        let at = format!("{at}.attributes[{index}]");
        match attribute {
            Attribute::Enum { code: own, name, values } => {
                *name = typed.line(&format!("{at}.name"));
                *own = code(typed, &at, &name.en, "option", &taken);
                let mut named: Vec<String> = Vec::new();
                for (index, value) in values.iter_mut().enumerate() {
                    let at = format!("{at}.values[{index}]");
                    value.name = typed.line(&format!("{at}.name"));
                    value.code = code(typed, &at, &value.name.en, "value", &named);
                    named.push(value.code.clone());
                }
            }
            Attribute::Quantity { code: own, name, unit, unit_one, min, max, step } => {
                *name = typed.line(&format!("{at}.name"));
                *own = code(typed, &at, &name.en, "quantity", &taken);
                *unit = typed.line(&format!("{at}.unit"));
                *unit_one = Some(typed.text(&format!("{at}.unit_one")).trim().to_owned()).filter(|one| !one.is_empty());
                *min = typed.number(&format!("{at}.min"), wrong).unwrap_or(1);
                *max = typed.number(&format!("{at}.max"), wrong).unwrap_or(0);
                *step = typed.number(&format!("{at}.step"), wrong).unwrap_or(1);
            }
        }
        taken.push(attribute.code().to_owned());
    }
}

/// The code that was typed; one from the English name where none was, or where it is still the one that we made up.
fn code(typed: &Typed, at: &str, name: &str, otherwise: &str, taken: &[String]) -> String {
    let own = typed.text(&format!("{at}.code")).trim();
    let made_up = own.strip_prefix(otherwise).and_then(|rest| rest.strip_prefix('-'));
    let made_up = own.is_empty() || made_up.is_some_and(|rest| rest.parse::<u32>().is_ok());
    let taken: Vec<&str> = taken.iter().map(String::as_str).collect();
    if made_up && !name.is_empty() {
        return code_from(name, otherwise, &taken);
    }
    if own.is_empty() { code_from("", otherwise, &taken) } else { own.to_owned() }
}

fn page(view: &View, (desk, known): (&Desk, &[Attribute]), typed: &Typed, mistakes: &Mistakes) -> Page {
    let specs = &desk.listing().specs;
    let form = ui::form(
        view,
        &path(desk.product.id, Section::Specs),
        &html! {
            (carried(desk))
            (refusal(view, typed, mistakes))
            // Enter in a field saves; without this it would press the first button, which takes something away.
            button.unseen type="submit" tabindex="-1" aria-hidden="true" {}
            @for (index, spec) in specs.iter().enumerate() {
                (spec_card(view, (desk, known), (index, spec), typed, mistakes))
            }
            (mistakes.beside("specs"))
            div.row { button.button type="submit" name="do" value="add-spec" { (view.t("listing-add-spec")) } }
            (save_row(view))
        },
    );
    frame(
        view,
        desk,
        Section::Specs,
        &html! {
            p.muted { (view.t("listing-specs-lead")) }
            (form)
        },
    )
}

fn spec_card(
    view: &View,
    (desk, known): (&Desk, &[Attribute]),
    (index, spec): (usize, &Spec),
    typed: &Typed,
    mistakes: &Mistakes,
) -> Markup {
    let at = format!("specs[{index}]");
    let (zh, en, mode) = (format!("{at}.name.zh"), format!("{at}.name.en"), format!("{at}.billing_mode"));
    let (zh_label, en_label, mode_label) =
        (view.t("listing-name-zh"), view.t("listing-name-en"), view.t("listing-billing-mode"));
    let modes: Vec<Choice> = BillingMode::ALL
        .iter()
        .filter(|mode| desk.policy.tax_class(desk.listing().access_type, **mode).is_some())
        .map(|mode| Choice::new(mode.as_str(), view.word("listing-mode", mode.as_str())))
        .collect();
    html! {
        section.card id={ "s-" (index) } {
            div.spread {
                h2 { (spec_name(view, spec, index)) }
                (removal(view, &index.to_string(), &view.t("listing-remove-spec"), &view.t("listing-remove-spec-text")))
            }
            div.fields {
                (Field::text(&zh, &zh_label).value(typed.text(&zh)).wanted().with("maxlength", "60").render(view, mistakes))
                (Field::text(&en, &en_label).value(typed.text(&en)).wanted().with("maxlength", "60").render(view, mistakes))
                (Field::select(&mode, &mode_label, &modes).value(typed.text(&mode)).wanted().render(view, mistakes))
                (trial_field(view, desk, &at, typed, mistakes))
            }
            (code_field(view, &at, typed, mistakes))
            h3 { (view.t("listing-attributes")) }
            p.small.muted { (view.t("listing-attributes-lead")) }
            (mistakes.beside(&format!("{at}.attributes")))
            @for (place, attribute) in spec.attributes.iter().enumerate() {
                (attribute_box(view, (index, place), attribute, typed, mistakes))
            }
            div.row {
                button.button type="submit" name="do" value={ "add-enum " (index) } { (view.t("listing-add-enum")) }
                button.button type="submit" name="do" value={ "add-quantity " (index) } { (view.t("listing-add-quantity")) }
                @if !known.is_empty() { (from_library(view, known, index)) }
                a.small href={ (path(desk.product.id, Section::Prices)) "?spec=" (index) } {
                    (view.ta("listing-to-prices", &[("count", spec.skus.len().into())]))
                }
            }
        }
    }
}

/// For how many days it can be tried: asked of what can have a trial, and where one was written all the same.
fn trial_field(view: &View, desk: &Desk, at: &str, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let (name, label) = (format!("{at}.trial_days"), view.t("listing-trial-days"));
    if desk.listing().access_type != AccessType::Saas && typed.text(&name).is_empty() {
        return html! {};
    }
    let bounds = [("min", desk.policy.trials.days_min.into()), ("max", desk.policy.trials.days_max.into())];
    Field::text(&name, &label)
        .value(typed.text(&name))
        .hint(view.ta("listing-trial-days-hint", &bounds))
        .with("inputmode", "numeric")
        .with("maxlength", "3")
        .render(view, mistakes)
}

/// An attribute of the site or of the seller's library, copied into the spec.
fn from_library(view: &View, known: &[Attribute], index: usize) -> Markup {
    html! {
        select name={ "known[" (index) "]" } aria-label=(view.t("release-library-choose")) {
            @for attribute in known { option value=(attribute.code()) { (view.of(&attribute_label(attribute))) } }
        }
        button.button type="submit" name="do" value={ "add-known " (index) } { (view.t("release-library-use")) }
    }
}

/// The code, which programs see and sellers seldom have to.
fn code_field(view: &View, at: &str, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let (name, label) = (format!("{at}.code"), view.t("listing-code"));
    html! {
        details.code-of open[mistakes.at(&name).is_some()] {
            summary.small.muted { (label) ": " code { (typed.text(&name)) } }
            (Field::text(&name, &label).value(typed.text(&name)).wanted().hint(view.t("listing-code-hint")).with("maxlength", "40").with("spellcheck", "false").render(view, mistakes))
        }
    }
}

fn attribute_box(
    view: &View,
    (spec, index): (usize, usize),
    attribute: &Attribute,
    typed: &Typed,
    mistakes: &Mistakes,
) -> Markup {
    let at = format!("specs[{spec}].attributes[{index}]");
    let (zh, en) = (format!("{at}.name.zh"), format!("{at}.name.en"));
    let (zh_label, en_label) = (view.t("listing-name-zh"), view.t("listing-name-en"));
    let place = format!("{spec}.{index}");
    let (kind, body) = match attribute {
        Attribute::Enum { values, .. } => {
            (view.t("listing-kind-enum"), values_box(view, (&place, &at), values.len(), typed, mistakes))
        }
        Attribute::Quantity { .. } => (view.t("listing-kind-quantity"), quantity_box(view, &at, typed, mistakes)),
    };
    html! {
        fieldset.part id={ "a-" (spec) "-" (index) } {
            legend { (kind) }
            div.fields {
                (Field::text(&zh, &zh_label).value(typed.text(&zh)).wanted().with("maxlength", "40").render(view, mistakes))
                (Field::text(&en, &en_label).value(typed.text(&en)).wanted().with("maxlength", "40").render(view, mistakes))
            }
            (body)
            div.spread {
                (code_field(view, &at, typed, mistakes))
                (removal(view, &place, &view.t("listing-remove-attribute"), &view.t("listing-remove-attribute-text")))
            }
        }
    }
}

/// The values of an enum attribute, a line each.
fn values_box(view: &View, (place, at): (&str, &str), count: usize, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let cell = |name: &str, label: String| {
        let wrong = mistakes.at(name).is_some();
        html! {
            input type="text" name=(name) id={ "f-" (name) } value=(typed.text(name)) aria-label=(label)
                maxlength="60" aria-invalid=[wrong.then_some("true")];
        }
    };
    html! {
        div.value-rows {
            div.value-row.small.muted aria-hidden="true" {
                span { (view.t("listing-value-zh")) } span { (view.t("listing-value-en")) } span { (view.t("listing-code")) } span {}
            }
            @for index in 0..count {
                @let at = format!("{at}.values[{index}]");
                @let number = [("number", index.saturating_add(1).into())];
                div.value-row {
                    (cell(&format!("{at}.name.zh"), view.ta("listing-value-zh-at", &number)))
                    (cell(&format!("{at}.name.en"), view.ta("listing-value-en-at", &number)))
                    (cell(&format!("{at}.code"), view.ta("listing-value-code-at", &number)))
                    button.button.quiet type="submit" name="do" value={ "remove " (place) "." (index) } disabled[count == 1]
                        aria-label=(view.ta("listing-remove-value", &number)) { "×" }
                }
                (mistakes.beside(&at))
            }
        }
        div.row { button.button.quiet type="submit" name="do" value={ "add-value " (place) } { (view.t("listing-add-value")) } }
    }
}

fn quantity_box(view: &View, at: &str, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let field = |name: &str, label: String, hint: Option<String>| {
        let name = format!("{at}.{name}");
        let mut field = Field::text(&name, &label).value(typed.text(&name)).wanted();
        if let Some(hint) = hint {
            field = field.hint(hint);
        }
        if name.ends_with("min") || name.ends_with("max") || name.ends_with("step") {
            field = field.with("inputmode", "numeric");
        }
        field.render(view, mistakes)
    };
    html! {
        div.fields {
            (field("unit.zh", view.t("listing-unit-zh"), Some(view.t("listing-unit-zh-hint"))))
            (field("unit.en", view.t("listing-unit-en"), Some(view.t("listing-unit-en-hint"))))
            (field("unit_one", view.t("listing-unit-one"), Some(view.t("listing-unit-one-hint"))))
        }
        div.fields.tight {
            (field("min", view.t("listing-min"), None))
            (field("max", view.t("listing-max"), None))
            (field("step", view.t("listing-step"), None))
        }
    }
}

/// Takes a part of the form away, after asking.
fn removal(view: &View, place: &str, label: &str, text: &str) -> Markup {
    ui::confirm(
        view,
        label,
        label,
        true,
        &html! {
            p { (text) }
            div.row { button.button.danger type="submit" name="do" value={ "remove " (place) } { (label) } }
        },
    )
}
