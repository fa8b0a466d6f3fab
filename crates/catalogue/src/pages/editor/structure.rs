//! What the prices of a spec have in common: the terms, the discounts, how quantities are priced.

use kernel::Invalid;
use maud::{Markup, html};
use policy::BillingMode;
use pricing::{Billing, Discount};
use rust_decimal::Decimal;
use ui::{Choice, Field, Mistakes, View};

use super::Typed;
use crate::rules::{Attribute, Model, Shape, Spec, Term, TermShape, basis_points, percent};

/// Discounts that can be typed beside those that there are.
const ROWS_FREE: usize = 2;

/// What is paid once, with the first term.
const SET_UP: &str = "shape.set_up";

/// What is typed for a shape, as if it had just been written.
pub(super) fn typed(spec: &Spec, typed: &mut Typed) {
    let shape = &Shape::of(spec);
    typed.put(SET_UP, shared_set_up(spec).map_or_else(String::new, |fee| fee.to_string()));
    for TermShape { term, periods_max, discounts } in &shape.terms {
        typed.put(format!("shape.{term}"), "true".to_owned());
        typed.put(format!("shape.{term}.periods_max"), periods_max.to_string());
        for (index, discount) in discounts.iter().enumerate() {
            typed.put(format!("shape.{term}.discounts[{index}].periods_min"), discount.periods_min.to_string());
            typed.put(format!("shape.{term}.discounts[{index}].percent"), percent(discount.basis_points));
        }
    }
    for quantity in &shape.quantities {
        let starts: Vec<String> = quantity.starts.iter().map(u64::to_string).collect();
        typed.put(format!("shape.{}.model", quantity.code), quantity.model.to_string());
        typed.put(format!("shape.{}.starts", quantity.code), starts.join(", "));
    }
}

/// The fee that all SKUs have alike.
fn shared_set_up(spec: &Spec) -> Option<Decimal> {
    let mut fees = spec.sold().map(|sku| sku.billing.as_ref().and_then(Billing::set_up));
    let first = fees.next()?;
    if fees.all(|fee| fee == first) { first } else { None }
}

/// Gives all SKUs the fee that was typed. Where none was shown, because they differ, and none was typed, they stay.
pub(super) fn set_up(spec: &mut Spec, typed: &Typed) -> Result<(), Invalid> {
    let mut wrong = Invalid::default();
    let fee = typed.price(SET_UP, &mut wrong).filter(|fee| !fee.is_zero());
    wrong.done()?;
    if fee.is_none() && shared_set_up(spec).is_none() {
        return Ok(());
    }
    for billing in spec.skus.iter_mut().filter_map(|sku| sku.billing.as_mut()) {
        if let Billing::Period { set_up, .. } = billing {
            *set_up = fee;
        }
    }
    Ok(())
}

/// The shape that a form says, beginning with the one that there is.
pub(super) fn read(spec: &Spec, typed: &Typed) -> Result<Shape, Invalid> {
    let mut wrong = Invalid::default();
    let mut shape = Shape::of(spec);
    if spec.billing_mode == Some(BillingMode::Period) {
        shape.terms = Term::PERIODS.into_iter().filter_map(|term| read_term(term, typed, &mut wrong)).collect();
        let hint = ("must be at least one: the day, the month or the year", "至少选择一种：按日、按月或按年");
        wrong.check(!shape.terms.is_empty(), "shape.month", hint);
    }
    for quantity in &mut shape.quantities {
        let at = format!("shape.{}", quantity.code);
        quantity.model = typed.text(&format!("{at}.model")).parse().unwrap_or(Model::Linear);
        quantity.starts = match quantity.model {
            Model::Linear => vec![1],
            Model::Tiered | Model::Volume => read_starts(typed, &format!("{at}.starts"), &mut wrong),
        };
    }
    wrong.done()?;
    Ok(shape)
}

fn read_term(term: Term, typed: &Typed, wrong: &mut Invalid) -> Option<TermShape> {
    let at = format!("shape.{term}");
    if typed.text(&at) != "true" {
        return None;
    }
    let mut shape = TermShape::usual(term);
    if let Some(most) = typed.number(&format!("{at}.periods_max"), wrong) {
        shape.periods_max = most;
    }
    for index in 0..typed.count(&format!("{at}.discounts")) {
        let at = format!("{at}.discounts[{index}]");
        let periods = typed.number(&format!("{at}.periods_min"), wrong);
        let off = typed.text(&format!("{at}.percent")).trim();
        let points = basis_points(off);
        match (periods, points) {
            (Some(periods_min), Some(basis_points)) => shape.discounts.push(Discount { periods_min, basis_points }),
            (None, None) if off.is_empty() => {}
            (Some(_) | None, _) => {
                let hint =
                    ("needs a number of periods and a percentage such as 10", "须同时填写期数和 10 这样的百分比");
                wrong.check(false, at, hint);
            }
        }
    }
    shape.discounts.sort_by_key(|discount| discount.periods_min);
    Some(shape)
}

/// Where ranges begin: `1, 11, 51`.
fn read_starts(typed: &Typed, field: &str, wrong: &mut Invalid) -> Vec<u64> {
    let parts = typed.text(field).split([',', '，', '、', ' ', ';']).filter(|part| !part.is_empty());
    let starts: Option<Vec<u64>> = parts.map(|part| part.parse().ok()).collect();
    let rising = |starts: &Vec<u64>| starts.first() == Some(&1) && starts.is_sorted_by(|one, next| one < next);
    let hint = ("must begin with 1 and rise, such as 1, 11, 51", "须从 1 开始依次增大，例如 1, 11, 51");
    wrong
        .keep(starts.filter(|starts| rising(starts) && starts.len() <= 20).ok_or(hint), field)
        .unwrap_or_else(|| vec![1])
}

/// The fields of the form.
pub(super) fn fields(view: &View, spec: &Spec, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let set_up = view.t("release-set-up");
    html! {
        @if spec.billing_mode == Some(BillingMode::Period) {
            div.columns {
                @for term in Term::PERIODS { (term_fields(view, term, typed, mistakes)) }
            }
            (Field::text(SET_UP, &set_up).value(typed.text(SET_UP)).hint(view.t("release-set-up-hint")).with("inputmode", "decimal").render(view, mistakes))
        }
        @for attribute in &spec.attributes { (quantity_fields(view, attribute, typed, mistakes)) }
    }
}

fn term_fields(view: &View, term: Term, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let at = format!("shape.{term}");
    let (label, most, most_label) =
        (view.word("listing-term-by", term.as_str()), format!("{at}.periods_max"), view.t("listing-periods-max"));
    let rows = typed.count(&format!("{at}.discounts")) + ROWS_FREE;
    let cell = |name: String, label: String| {
        let invalid = mistakes.at(&name).is_some().then_some("true");
        html! { input type="text" inputmode="decimal" name=(name) id={ "f-" (name) } value=(typed.text(&name)) aria-label=(label) aria-invalid=[invalid]; }
    };
    html! {
        fieldset.part {
            legend { (label) }
            (Field::check(&at, &view.word("listing-term-sold", term.as_str())).value(typed.text(&at)).render(view, mistakes))
            (Field::text(&most, &most_label).value(typed.text(&most)).wanted().hint(view.t("listing-periods-max-hint")).with("inputmode", "numeric").render(view, mistakes))
            p.small { strong { (view.t("listing-discounts")) } " " span.muted { (view.t("listing-discounts-hint")) } }
            @for index in 0..rows {
                @let number = [("number", index.saturating_add(1).into())];
                div.discount-row {
                    span.small { (view.t("listing-discount-from")) }
                    (cell(format!("{at}.discounts[{index}].periods_min"), view.ta("listing-discount-periods-at", &number)))
                    span.small { (view.word("listing-discount-periods", term.as_str())) }
                    (cell(format!("{at}.discounts[{index}].percent"), view.ta("listing-discount-percent-at", &number)))
                    span.small { (view.t("listing-discount-off")) }
                }
                (mistakes.beside(&format!("{at}.discounts[{index}]")))
            }
        }
    }
}

fn quantity_fields(view: &View, attribute: &Attribute, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let Attribute::Quantity { code, name, .. } = attribute else { return html! {} };
    let (model, starts) = (format!("shape.{code}.model"), format!("shape.{code}.starts"));
    let models: Vec<Choice> = Model::ALL
        .iter()
        .map(|model| {
            let hint = view.word("listing-model-hint", model.as_str());
            Choice::new(model.as_str(), view.word("listing-model", model.as_str())).hint(hint)
        })
        .collect();
    let title = view.ta("listing-model-of", &[("name", view.of(name).into())]);
    let label = view.t("listing-starts");
    html! {
        (ui::choice_cards(&title, &model, &models, typed.text(&model), mistakes))
        (Field::text(&starts, &label).value(typed.text(&starts)).wanted().hint(view.t("listing-starts-hint")).with("inputmode", "numeric").render(view, mistakes))
    }
}
