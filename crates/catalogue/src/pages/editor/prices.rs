//! The section of the prices: a table with a row for each SKU of a spec, a column for each price.

use accounts::{Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{Error, FieldError, Invalid, Localized, id::ProductId};
use maud::{Markup, html};
use platform::http::{Access, Form, Once, PathParam, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Tone, View};

use super::{
    Typed, answer, carried, currencies, frame, mistakes_of, objected_fields, path, save, structure, tables, usage,
};
use crate::{
    Catalogue,
    actions::Desk,
    pages::labels::spec_name,
    rules::{Attribute, Bulk, Column, Listing, Section, Shape, Sku, Spec, lies_in, with_set_up},
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/seller/products/{product}/prices", show, Access::Seller)
        .form("/seller/products/{product}/prices", write, Access::Seller)
        .form("/seller/products/{product}/prices/shape", reshape, Access::Seller)
        .done()
}

#[derive(Deserialize)]
struct Wanted {
    spec: Option<usize>,
    /// Where each SKU has a page of its own.
    sku: Option<usize>,
}

async fn show(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    Query(wanted): Query<Wanted>,
) -> Result<Page, Problem> {
    let desk = catalogue.desk(&mut catalogue.app.db.read(), &seller, id).await?;
    let index = wanted.spec.unwrap_or(0);
    if desk.listing().specs.get(index).is_some_and(Spec::is_by_use) {
        return Ok(usage::stored(&visit.view, &desk, (index, wanted.sku.unwrap_or(0))));
    }
    let mut typed = Typed::default();
    if let Some(spec) = spanned(&desk, index) {
        written(index, &spec, &mut typed);
        structure::typed(&spec, &mut typed);
    }
    let mistakes = guidance(&visit.view, &desk, index, &typed);
    Ok(page(&visit.view, &desk, index, &typed, &mistakes))
}

/// The page of what is stored, with what is wrong with something else that was sent.
pub(super) fn stored(view: &View, desk: &Desk, index: usize, mistakes: &Mistakes) -> Page {
    let mut typed = Typed::default();
    typed.put("draft", desk.product.version.to_string());
    if let Some(spec) = spanned(desk, index) {
        written(index, &spec, &mut typed);
        structure::typed(&spec, &mut typed);
    }
    page(view, desk, index, &typed, mistakes)
}

async fn write(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let mut typed = Typed::of(pairs);
    let index: usize = typed.text("spec").parse().unwrap_or_default();
    let next = format!("{}?spec={index}&done=listing-saved", path(id, Section::Prices));
    let saved = if let Err(wrong) = change_column(index, &mut typed) {
        Err(Error::from(wrong).into())
    } else {
        let change = |listing: &mut Listing| {
            let Some(spec) = listing.specs.get_mut(index) else { return Ok(next) };
            spec.span();
            apply(index, spec, &typed)?;
            Ok(next)
        };
        save(&catalogue, &seller, once, id, &typed, change).await
    };
    // A column that was filled while others are still empty is no mistake: it is shown, and saved with the rest.
    let filling = typed.text("do") == "bulk" && saved.as_ref().is_err_and(only_missing);
    let mut again = |view: &View, desk: &Desk, mistakes: &Mistakes| {
        if let Some(spec) = spanned(desk, index) {
            structure::typed(&spec, &mut typed);
        }
        page(view, desk, index, &typed, mistakes)
    };
    if filling {
        let desk = catalogue.desk(&mut catalogue.app.db.read(), &seller, id).await?;
        return Ok(again(&visit.view, &desk, &Mistakes::none()).into_response());
    }
    answer(&catalogue, &visit, &seller, id, saved, again).await
}

/// Whether all that is wrong is that cells are empty.
fn only_missing(problem: &Problem) -> bool {
    let (missing, _) = MISSING;
    !problem.fields().is_empty() && problem.fields().iter().all(|field| field.message.en == missing)
}

/// What is said of an empty cell in a row that has begun.
const MISSING: (&str, &str) = ("is missing; 0 if it is included", "未填写；若已包含在内，填 0");

async fn reshape(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let mut typed = Typed::of(pairs);
    let index: usize = typed.text("spec").parse().unwrap_or_default();
    let next = format!("{}?spec={index}&done=listing-saved", path(id, Section::Prices));
    let saved = save(&catalogue, &seller, once, id, &typed, |listing| {
        let Some(spec) = listing.specs.get_mut(index) else { return Ok(next) };
        spec.span();
        let shape = structure::read(spec, &typed)?;
        for sku in spec.skus.iter_mut().filter(|sku| !sku.not_sold) {
            sku.billing = Some(shape.reshape(sku.billing.as_ref()));
        }
        structure::set_up(spec, &typed)?;
        Ok(next)
    });
    let saved = saved.await;
    let again = |view: &View, desk: &Desk, mistakes: &Mistakes| {
        if let Some(spec) = spanned(desk, index) {
            written(index, &spec, &mut typed);
        }
        page(view, desk, index, &typed, mistakes)
    };
    answer(&catalogue, &visit, &seller, id, saved, again).await
}

/// A spec with a SKU for each combination.
fn spanned(desk: &Desk, index: usize) -> Option<Spec> {
    let mut spec = desk.listing().specs.get(index)?.clone();
    spec.span();
    Some(spec)
}

/// The prices of a spec, as if they had just been typed into its table.
fn written(index: usize, spec: &Spec, typed: &mut Typed) {
    let shape = Shape::of(spec);
    let columns = shape.columns();
    for (row, sku) in spec.skus.iter().enumerate() {
        let at = format!("specs[{index}].skus[{row}]");
        typed.put(format!("{at}.sold"), (!sku.not_sold).to_string());
        for (column, cell) in columns.iter().zip(shape.cells(sku.billing.as_ref()).unwrap_or_default()) {
            typed.put(format!("{at}.{}", column.path()), cell.map_or_else(String::new, |price| price.to_string()));
        }
    }
}

/// Writes the table into the SKUs. Those whose prices have another form keep them.
fn apply(index: usize, spec: &mut Spec, typed: &Typed) -> Result<(), Invalid> {
    let mut wrong = Invalid::default();
    let shape = Shape::of(spec);
    let columns = shape.columns();
    let read = |row: usize, wrong: &mut Invalid| {
        let field = |column: &Column| format!("specs[{index}].skus[{row}].{}", column.path());
        columns.iter().map(|column| typed.price(&field(column), wrong)).collect()
    };
    let rows: Vec<Vec<_>> = (0..spec.skus.len()).map(|row| read(row, &mut wrong)).collect();
    let written = shape.written(&rows);
    for (row, (sku, cells)) in spec.skus.iter_mut().zip(&rows).enumerate() {
        let at = format!("specs[{index}].skus[{row}]");
        sku.not_sold = typed.text(&format!("{at}.sold")) != "true";
        if sku.not_sold {
            sku.billing = None;
            continue;
        }
        if shape.cells(sku.billing.as_ref()).is_none() {
            continue;
        }
        match shape.billing(cells, &written) {
            Ok(billing) => sku.billing = Some(with_set_up(billing, sku.billing.as_ref())),
            Err(missing) => {
                for column in missing.into_iter().filter_map(|column| columns.get(column)) {
                    let field = format!("{at}.{}", column.path());
                    let said = wrong.0.iter().any(|known| known.field == field);
                    wrong.check(said, field, MISSING);
                }
            }
        }
    }
    wrong.done()
}

/// Sets or changes a whole column of what was typed, if that was asked for, so that it is shown even when it is refused.
fn change_column(index: usize, typed: &mut Typed) -> Result<(), Invalid> {
    if typed.text("do") != "bulk" {
        return Ok(());
    }
    let hint = ("must be a number such as 30, or -10 for a percentage", "须为数字，例如 30；按百分比调整时可填 -10");
    let value = typed.text("bulk.value").trim().trim_end_matches('%').parse();
    let value = value.map_err(|_| Invalid::one("bulk.value", hint))?;
    let bulk = if typed.text("bulk.how") == "change" { Bulk::Change(value) } else { Bulk::Set(value) };
    let mut wrong = Invalid::default();
    let column = typed.text("bulk.column").to_owned();
    for row in 0..typed.count(&format!("specs[{index}].skus")) {
        let at = format!("specs[{index}].skus[{row}]");
        let field = format!("{at}.{column}");
        if typed.text(&format!("{at}.sold")) == "true" {
            let price = bulk.apply(typed.price(&field, &mut wrong));
            typed.set(field, price.map_or_else(String::new, |price| price.to_string()));
        }
    }
    wrong.done()
}

/// What the rules say about the rows that have been written; about all of them when the seller has asked for everything.
fn guidance(view: &View, desk: &Desk, index: usize, typed: &Typed) -> Mistakes {
    let everything = view.path.contains("check=1");
    let own = format!("specs[{index}].skus");
    let mut fields = objected_fields(desk);
    let wrong = desk.mistakes.iter().filter(|field| lies_in(&field.field, &own));
    let written = |field: &&FieldError| {
        let row = field.field.split(".billing").next().unwrap_or_default();
        everything || row == own || typed.holds(&format!("{row}.billing"))
    };
    fields.extend(wrong.filter(written).cloned());
    mistakes_of(view, fields)
}

fn page(view: &View, desk: &Desk, index: usize, typed: &Typed, mistakes: &Mistakes) -> Page {
    let specs = &desk.listing().specs;
    let base = path(desk.product.id, Section::Prices);
    let Some(spec) = spanned(desk, index) else {
        let link = ui::button_link(&path(desk.product.id, Section::Specs), &view.t("listing-to-specs"), true);
        let empty = ui::empty(&view.t("listing-no-specs"), &view.t("listing-no-specs-text"), &link);
        return frame(view, desk, Section::Prices, &empty);
    };
    let ways: Vec<(String, String, bool)> = specs
        .iter()
        .enumerate()
        .map(|(at, spec)| (spec_name(view, spec, at), format!("{base}?spec={at}"), at == index))
        .collect();
    let shape = Shape::of(&spec);
    // Only a form that was sent carries a version.
    let sent = typed.holds("draft") && !mistakes.is_empty();
    let filling = typed.text("do") == "bulk" && mistakes.is_empty();
    let shaped = mistakes.at("shape").is_some();
    let structure = ui::form(
        view,
        &format!("{base}/shape"),
        &html! {
            (carried(desk))
            input type="hidden" name="spec" value=(index);
            (structure::fields(view, &spec, typed, mistakes))
            div.row {
                button.button type="submit" { (view.t("listing-shape-save")) }
                span.small.muted { (view.t("listing-shape-save-hint")) }
            }
        },
    );
    let changeable = spec.billing_mode == Some(policy::BillingMode::Period) || !shape.quantities.is_empty();
    frame(
        view,
        desk,
        Section::Prices,
        &html! {
            @if ways.len() > 1 { (ui::tabs(&view.t("listing-specs"), &ways)) }
            @if sent { (refused(view, mistakes)) }
        @if filling { (ui::notice(Tone::Info, &html! { p { (view.t("listing-bulk-filled")) } })) }
            @if changeable {
                details.card open[shaped] {
                    summary { h2 { (view.t("listing-shape")) } " " span.small.muted { (said(view, &shape)) } }
                    (structure)
                }
            }
            (matrix(view, desk, (index, &spec, &shape), typed, mistakes))
            (currencies::rates(view, desk, index, mistakes))
            (tables::tools(view, desk, (index, &spec), &named(view, &spec, &shape.columns()), mistakes))
        },
    )
}

/// Above a table with many cells, one sentence says more than a list of them all.
fn refused(view: &View, mistakes: &Mistakes) -> Markup {
    if mistakes.at("specs").is_none() {
        return mistakes.summary(view);
    }
    html! {
        div.notice.bad role="alert" tabindex="-1" data-focus { strong { (view.t("listing-matrix-refused")) } }
    }
}

/// The shape in a few words.
fn said(view: &View, shape: &Shape) -> String {
    let terms = shape.terms.iter().map(|shape| view.word("listing-term", shape.term.as_str()));
    let models = shape.quantities.iter().map(|quantity| view.word("listing-model", quantity.model.as_str()));
    terms.chain(models).collect::<Vec<_>>().join(" · ")
}

type Priced<'a> = (usize, &'a Spec, &'a Shape);

fn matrix(view: &View, desk: &Desk, priced: Priced<'_>, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let (index, spec, shape) = priced;
    let columns = shape.columns();
    let currency = desk.listing().currency.map_or_else(String::new, |currency| currency.code().to_owned());
    let title = view.ta("listing-matrix", &[("count", spec.skus.len().into()), ("currency", currency.into())]);
    let form = ui::form(
        view,
        &path(desk.product.id, Section::Prices),
        &html! {
            (carried(desk))
            input type="hidden" name="spec" value=(index);
            button.unseen type="submit" tabindex="-1" aria-hidden="true" {}
            @if spec.skus.len() > 1 { (bulk_row(view, spec, &columns, typed, mistakes)) }
            div.matrix-box tabindex="0" role="region" aria-label=(title) {
                table.matrix data-matrix {
                    caption.unseen { (title) }
                    (head(view, spec, shape, &columns))
                    tbody {
                        @for (row, sku) in spec.skus.iter().enumerate() {
                            (matrix_row(view, priced, (row, sku), &columns, (typed, mistakes)))
                        }
                    }
                }
            }
            (super::save_row(view))
        },
    );
    ui::card(
        Some(&title),
        &html! {
            p.small.muted { (view.t("listing-matrix-hint")) }
            (form)
        },
    )
}

fn head(view: &View, spec: &Spec, shape: &Shape, columns: &[Column]) -> Markup {
    let width = columns.len() / shape.terms.len().max(1);
    html! {
        thead {
            tr {
                th scope="col" rowspan="2" { (view.t("listing-sku")) }
                th scope="col" rowspan="2" { (view.t("listing-sold")) }
                @for shape in &shape.terms { th.group scope="colgroup" colspan=(width) { (view.word("listing-term", shape.term.as_str())) } }
            }
            tr { @for (at, column) in columns.iter().enumerate() { th.number scope="col" id={ "c" (at) } { (column_name(view, spec, column)) } } }
        }
    }
}

/// What a column prices: the base, or one of a quantity within a range.
fn column_name(view: &View, spec: &Spec, column: &Column) -> String {
    let Some((quantity, tier)) = &column.part else { return view.t("listing-base") };
    let name = spec.attributes.iter().find(|attribute| attribute.code() == quantity.code).map(Attribute::name);
    let name: &str = name.map_or("", |name| view.of(name));
    if quantity.starts.len() == 1 {
        return view.ta("listing-each", &[("name", name.into())]);
    }
    let (from, to) = quantity.range(*tier);
    let range =
        to.map_or_else(|| format!("{from}+"), |to| if to == from { from.to_string() } else { format!("{from}–{to}") });
    view.ta("listing-each-in", &[("name", name.into()), ("range", range.into())])
}

/// The same with its term where there are several: what stands beside a cell on a narrow screen.
fn labelled(view: &View, spec: &Spec, shape: &Shape, column: &Column) -> String {
    let own = column_name(view, spec, column);
    if shape.terms.len() > 1 { format!("{} · {own}", view.word("listing-term", column.term.as_str())) } else { own }
}

/// The chosen values of a SKU in words.
pub(super) fn sku_name(view: &View, spec: &Spec, sku: &Sku) -> String {
    let chosen = spec.attributes.iter().filter_map(|attribute| match attribute {
        Attribute::Enum { code, values, .. } => {
            let chosen = sku.values.get(code)?;
            let name: &Localized = &values.iter().find(|value| value.code == *chosen)?.name;
            Some(if view.of(name).is_empty() { chosen.clone() } else { view.of(name).to_owned() })
        }
        Attribute::Quantity { .. } => None,
    });
    let chosen: Vec<String> = chosen.collect();
    if chosen.is_empty() { view.t("listing-only-sku") } else { chosen.join(" · ") }
}

fn matrix_row(
    view: &View,
    (index, spec, shape): Priced<'_>,
    (row, sku): (usize, &Sku),
    columns: &[Column],
    (typed, mistakes): (&Typed, &Mistakes),
) -> Markup {
    let at = format!("specs[{index}].skus[{row}]");
    let sold = typed.text(&format!("{at}.sold")) == "true";
    let name = sku_name(view, spec, sku);
    let own = sold && shape.cells(sku.billing.as_ref()).is_none();
    let marked = columns.iter().any(|column| mistakes.at(&format!("{at}.{}", column.path())).is_some());
    html! {
        tr.off[!sold] id={ "f-" (at) ".billing" } {
            th scope="row" id={ "r" (row) } { (name) @if sold && !marked { (mistakes.beside(&at)) } }
            td data-label=(view.t("listing-sold")) { input type="checkbox" name={ (at) ".sold" } value="true" checked[sold] aria-label=(view.ta("listing-sold-of", &[("name", name.into())])); }
            @if own {
                td.small.muted colspan=(columns.len()) { (view.t("listing-own-shape")) }
            } @else {
                @for (place, column) in columns.iter().enumerate() {
                    @let field = format!("{at}.{}", column.path());
                    @let wrong = sold && mistakes.at(&field).is_some();
                    td data-label=(labelled(view, spec, shape, column)) { input type="text" inputmode="decimal" autocomplete="off" name=(field) value=(typed.text(&field))
                        aria-labelledby={ "r" (row) " c" (place) } aria-invalid=[wrong.then_some("true")]; }
                }
            }
        }
    }
}

/// The columns with their names, which tell the terms apart where there are several.
fn named(view: &View, spec: &Spec, columns: &[Column]) -> Vec<(Column, String)> {
    let first = columns.first().map(|column| column.term);
    let several = columns.iter().any(|column| Some(column.term) != first);
    let name = |column: &Column| {
        let own = column_name(view, spec, column);
        if several { format!("{} · {own}", view.word("listing-term", column.term.as_str())) } else { own }
    };
    columns.iter().map(|column| (column.clone(), name(column))).collect()
}

/// Sets or changes a whole column; a SKU that is not sold has no price.
fn bulk_row(view: &View, spec: &Spec, columns: &[Column], typed: &Typed, mistakes: &Mistakes) -> Markup {
    let choices: Vec<Choice> =
        named(view, spec, columns).into_iter().map(|(column, name)| Choice::new(column.path(), name)).collect();
    let hows = [Choice::new("set", view.t("listing-bulk-set")), Choice::new("change", view.t("listing-bulk-change"))];
    let (column, how, value) =
        (view.t("listing-bulk-column"), view.t("listing-bulk-how"), view.t("listing-bulk-value"));
    html! {
        fieldset.bulk {
            legend.unseen { (view.t("listing-bulk")) }
            (Field::select("bulk.column", &column, &choices).value(typed.text("bulk.column")).wanted().render(view, mistakes))
            (Field::select("bulk.how", &how, &hows).value(typed.text("bulk.how")).wanted().render(view, mistakes))
            (Field::text("bulk.value", &value).value(typed.text("bulk.value")).wanted().with("inputmode", "decimal").render(view, mistakes))
            button.button type="submit" name="do" value="bulk" { (view.t("listing-bulk-go")) }
        }
    }
}
