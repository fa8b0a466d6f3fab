//! Prices of many SKUs at once: a table that is downloaded, changed in a spreadsheet and sent back, and a formula.

use std::collections::BTreeMap;

use accounts::{Seller, Visit};
use axum::{extract::State, response::Response};
use kernel::{Error, Invalid, Thing, id::ProductId};
use maud::{Markup, html};
use platform::http::{Access, Form, Once, PathParam, Problem, Query, Routes, Upload};
use serde::Deserialize;
use ui::{Field, Mistakes, Page, View};

use super::{Typed, answer, carried, path, prices, save};
use crate::{
    Catalogue,
    actions::Desk,
    rules::{Attribute, Column, Factor, Section, Spec},
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/seller/products/{product}/prices.csv", download, Access::Seller)
        .form("/seller/products/{product}/prices/table", fill, Access::Seller)
        .form("/seller/products/{product}/prices/formula", compute, Access::Seller)
        .done()
}

#[derive(Deserialize)]
struct Wanted {
    spec: Option<usize>,
}

async fn download(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let desk = catalogue.desk(&mut catalogue.app.db.read(), &seller, id).await?;
    let found = desk.listing().specs.get(wanted.spec.unwrap_or(0));
    let mut spec = found.cloned().ok_or(Error::NotFound(Thing::Product))?;
    spec.span();
    let (titles, rows) = spec.sheet();
    Ok(ui::csv_file(&format!("prices-{}", spec.code), &titles, &rows))
}

#[derive(Deserialize)]
struct Sent {
    #[serde(default)]
    draft: i64,
    #[serde(default)]
    spec: usize,
    /// What was pasted, where no file was chosen.
    #[serde(default)]
    table: String,
}

async fn fill(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    upload: Upload<Sent>,
) -> Result<Response, Problem> {
    let Sent { draft, spec: index, table } = upload.fields;
    let file = upload.files.first().map(|file| String::from_utf8_lossy(&file.bytes).into_owned());
    let text = file.filter(|text| !text.trim().is_empty()).unwrap_or(table);
    let mut typed = Typed::default();
    typed.put("draft", draft.to_string());
    let done = format!("{}?spec={index}&done=listing-saved", path(id, Section::Prices));
    let saved = save(&catalogue, &seller, once, id, &typed, |listing| {
        if let Some(spec) = listing.specs.get_mut(index) {
            spec.read_sheet(&text)?;
        }
        Ok(done)
    });
    answer(&catalogue, &visit, &seller, id, saved.await, |view, desk, mistakes| again(view, desk, index, mistakes))
        .await
}

async fn compute(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = Typed::of(pairs);
    let index: usize = typed.text("spec").parse().unwrap_or_default();
    let done = format!("{}?spec={index}&done=listing-saved", path(id, Section::Prices));
    let saved = save(&catalogue, &seller, once, id, &typed, |listing| {
        if let Some(spec) = listing.specs.get_mut(index) {
            let columns = crate::rules::Shape::of(spec).columns();
            let mut wrong = Invalid::default();
            let bases: Vec<_> =
                (0..columns.len()).map(|at| typed.price(&format!("formula.base[{at}]"), &mut wrong)).collect();
            let some = bases.iter().any(Option::is_some);
            wrong.check(some, "formula", ("needs a base for one column at least", "至少须为一列填写基础价格"));
            let factors = factors(spec, &typed, &mut wrong);
            wrong.done()?;
            spec.price_by_formula(&bases, &factors)?;
        }
        Ok(done)
    });
    answer(&catalogue, &visit, &seller, id, saved.await, |view, desk, mistakes| again(view, desk, index, mistakes))
        .await
}

/// What was typed for the values of the attributes.
fn factors(spec: &Spec, typed: &Typed, wrong: &mut Invalid) -> BTreeMap<(String, String), Factor> {
    let mut factors = BTreeMap::new();
    for (code, values) in spec.enums() {
        for value in values {
            let field = format!("formula.{code}.{value}");
            let text = typed.text(&field).trim();
            if text.is_empty() {
                continue;
            }
            let hint = ("must look like +100, -20, ×1.5 or 80%", "须为 +100、-20、×1.5 或 80% 这样的写法");
            if let Some(factor) = wrong.keep(Factor::parse(text).ok_or(hint), field) {
                factors.insert((code.to_owned(), value.to_owned()), factor);
            }
        }
    }
    factors
}

/// The page of the prices, as they are stored, with what is wrong with what was sent.
fn again(view: &View, desk: &Desk, index: usize, mistakes: &Mistakes) -> Page {
    prices::stored(view, desk, index, mistakes)
}

/// The ways to price many SKUs at once, below their table.
pub(super) fn tools(
    view: &View,
    desk: &Desk,
    (index, spec): (usize, &Spec),
    columns: &[(Column, String)],
    mistakes: &Mistakes,
) -> Markup {
    let base = format!("/seller/products/{}/prices", desk.product.id);
    html! {
        @if spec.skus.len() > 1 {
            details.card open[mistakes.at("formula").is_some()] {
                summary { h2 { (view.t("release-formula")) } }
                p.muted { (view.t("release-formula-lead")) }
                (ui::form(view, &format!("{base}/formula"), &formula(view, desk, (index, spec), columns, mistakes)))
            }
            details.card open[mistakes.at("table").is_some()] {
                summary { h2 { (view.t("release-table")) } }
                p.muted { (view.t("release-table-lead")) }
                p { a.button href={ (base) ".csv?spec=" (index) } download { (view.t("release-table-download")) } }
                (ui::upload_form(view, &format!("{base}/table"), &html! {
                    (carried(desk))
                    input type="hidden" name="spec" value=(index);
                    (ui::file_drop(view, "table-file", &view.t("release-table-file"), ".csv,.txt", &view.t("release-table-file-hint"), &Mistakes::none()))
                    (Field::area("table", &view.t("release-table-paste"), 4).with("spellcheck", "false").render(view, mistakes))
                    div.row { button.button type="submit" { (view.t("release-table-go")) } }
                }))
            }
        }
    }
}

fn formula(
    view: &View,
    desk: &Desk,
    (index, spec): (usize, &Spec),
    columns: &[(Column, String)],
    mistakes: &Mistakes,
) -> Markup {
    html! {
        (carried(desk))
        input type="hidden" name="spec" value=(index);
        (mistakes.beside("formula"))
        fieldset.part {
            legend { (view.t("release-formula-base")) }
            div.fields {
                @for (at, (_, name)) in columns.iter().enumerate() {
                    (Field::text(&format!("formula.base[{at}]"), name).with("inputmode", "decimal").render(view, mistakes))
                }
            }
        }
        @for attribute in &spec.attributes {
            @if let Attribute::Enum { code, name, values } = attribute {
                fieldset.part {
                    legend { (view.of(name)) }
                    div.fields {
                        @for value in values {
                            (Field::text(&format!("formula.{code}.{}", value.code), view.of(&value.name)).with("placeholder", "+0 / ×1").render(view, mistakes))
                        }
                    }
                }
            }
        }
        div.row { button.button type="submit" { (view.t("release-formula-go")) } span.small.muted { (view.t("release-formula-hint")) } }
    }
}
