//! The editor of a listing: one page for each section, saved as it is typed, with what the rules say beside each field.

mod basics;
mod currencies;
mod facts;
mod files;
mod inputs;
mod library;
mod list;
mod papers;
mod prices;
mod service;
mod slots;
mod specs;
mod story;
mod structure;
mod submit;
mod tables;
mod texts;
mod typed;
mod usage;
mod versions;

use accounts::{Seller, Visit};
use axum::response::{IntoResponse, Response};
use kernel::{Error, FieldError, Invalid, Localized, id::ProductId};
use maud::{Markup, html};
use platform::http::{Answer, IfMatch, Once, Problem, Routes};
use ui::{Mistakes, Page, Place, Tone, View, badge, notice};

use self::typed::Typed;
use super::labels::{as_mistake, field_label, meter, name_of, product_badge};
use crate::{
    Catalogue, RevisionState,
    actions::Desk,
    rules::{Listing, Requirement, Section, is_shown, requirements, section_of},
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    list::routes(catalogue)
        .and(library::routes(catalogue))
        .and(basics::routes(catalogue))
        .and(texts::routes(catalogue))
        .and(files::routes(catalogue))
        .and(slots::routes(catalogue))
        .and(story::routes(catalogue))
        .and(papers::routes(catalogue))
        .and(service::routes(catalogue))
        .and(facts::routes(catalogue))
        .and(inputs::routes(catalogue))
        .and(specs::routes(catalogue))
        .and(prices::routes(catalogue))
        .and(tables::routes(catalogue))
        .and(usage::routes(catalogue))
        .and(currencies::routes(catalogue))
        .and(submit::routes(catalogue))
        .and(versions::routes(catalogue))
}

/// Says what a seller may know of a form that was sent, in words that can be shown beside its fields.
fn mistakes_of(view: &View, fields: Vec<FieldError>) -> Mistakes {
    if fields.is_empty() { Mistakes::none() } else { Mistakes::of(view, &Problem::from(Error::from(Invalid(fields)))) }
}

/// What is said beside the fields of a section before anything is sent: what the rules want of what is written, and what
/// the reviewer has found. Fields that are still empty are counted, not scolded, until the seller asks for everything.
fn guidance(view: &View, desk: &Desk, typed: &Typed) -> Mistakes {
    let everything = view.path.contains("check=1");
    let written = |field: &FieldError| everything || typed.holds(&field.field);
    let mut fields = objected_fields(desk);
    fields.extend(desk.mistakes.iter().filter(|field| written(field)).cloned());
    mistakes_of(view, fields)
}

/// What the reviewer has found that the seller has not changed yet, as mistakes of the draft.
fn objections(desk: &Desk) -> Vec<FieldError> {
    desk.objections.iter().map(|reason| as_mistake(desk.listing(), reason)).collect()
}

/// The same as it stands beside a field, among what the rules say.
fn objected_fields(desk: &Desk) -> Vec<FieldError> {
    let by = |FieldError { field, message }| {
        let message = Localized::new(format!("reviewer: {}", message.en), format!("审核意见：{}", message.zh));
        FieldError { field, message }
    };
    objections(desk).into_iter().map(by).collect()
}

fn path(id: ProductId, section: Section) -> String {
    match section {
        Section::Basics => format!("/seller/products/{id}"),
        Section::Description
        | Section::Story
        | Section::Pictures
        | Section::Support
        | Section::Papers
        | Section::Service
        | Section::Facts
        | Section::Inputs
        | Section::Found
        | Section::Specs
        | Section::Prices
        | Section::Submit => format!("/seller/products/{id}/{section}"),
    }
}

/// A section with its head: the product, how far it is, the ways to the other sections.
fn frame(view: &View, desk: &Desk, section: Section, body: &Markup) -> Page {
    let product = &desk.product;
    let title = name_of(view, &desk.listing().name);
    let wanted = requirements(desk.listing(), &desk.policy, &desk.mistakes);
    let met = wanted.iter().filter(|one| one.met).count();
    let base = format!("/seller/products/{}", product.id);
    let page = html! {
        nav.small aria-label=(view.t("listing-back-label")) { a href="/seller/products" { (view.t("listing-back")) } }
        (ui::header(&title, None, &html! {
            @if desk.latest.is_some() { a.button.quiet href={ (base) "/audience" } { (view.t("shelf-audience")) } a.button.quiet href={ (base) "/limits" } { (view.t("limits-title")) } a.button.quiet href={ (base) "/sale" } { (view.t("sale-title")) } }
            a.button.quiet href={ (base) "/versions" } { (view.t("listing-versions")) }
            a.button href={ (base) "/preview" } { (view.t("listing-preview")) }
        }))
        div.spread {
            div.row { (product_badge(view, product.state)) (standing(view, desk)) }
            (meter(view, met, wanted.len()))
        }
        (tabs(view, desk, &wanted, section))
        @if section != Section::Submit { (objected(view, desk, section)) }
        (body)
    };
    ui::page(view, Place::Seller("products"), &title, &page)
}

fn tabs(view: &View, desk: &Desk, wanted: &[Requirement], present: Section) -> Markup {
    let id = desk.product.id;
    let open_in = |section: Section| wanted.iter().filter(|one| one.section == section && !one.met).count();
    // What is wrong is shown even where the access type has no use for the section.
    let shown = |section: &&Section| {
        is_shown(**section, desk.listing().access_type, &desk.policy) || open_in(**section) > 0 || **section == present
    };
    html! {
        nav.tabs aria-label=(view.t("listing-sections")) {
            @for section in Section::ALL.iter().filter(shown) {
                @let open = open_in(*section);
                a href=(path(id, *section)) aria-current=[(*section == present).then_some("page")] {
                    (view.word("listing-section", section.as_str()))
                    @if open > 0 {
                        " " span.tab-count { (open) span.unseen { " " (view.t("listing-open")) } }
                    }
                }
            }
        }
    }
}

/// Where the last submission stands, in a word.
fn standing(view: &View, desk: &Desk) -> Markup {
    let Some(revision) = &desk.latest else { return html! {} };
    let number = [("number", revision.number.into())];
    match revision.state {
        RevisionState::Submitted => badge(Tone::Info, &view.ta("listing-waiting", &number)),
        RevisionState::Rejected => badge(Tone::Bad, &view.ta("listing-rejected", &number)),
        RevisionState::Withdrawn | RevisionState::Approved | RevisionState::Superseded => html! {},
    }
}

/// What the reviewer has found in this section.
fn objected(view: &View, desk: &Desk, section: Section) -> Markup {
    let found: Vec<FieldError> =
        objections(desk).into_iter().filter(|field| section_of(&field.field) == section).collect();
    if found.is_empty() {
        return html! {};
    }
    notice(
        Tone::Bad,
        &html! {
            strong { (view.t("listing-objections")) }
            ul { @for field in &found { li { (listed(view, desk, field)) } } }
        },
    )
}

/// A mistake with the name of its field, as a link to it.
fn listed(view: &View, desk: &Desk, field: &FieldError) -> Markup {
    let section = section_of(&field.field);
    html! {
        @if section == Section::Submit {
            strong { (view.t("listing-field-whole")) }
        } @else {
            a href={ (path(desk.product.id, section)) "?check=1#f-" (field.field) } {
                (field_label(view, desk.listing(), &field.field))
            }
        }
        ": " (field.message.of(view.lang))
    }
}

/// The version of the draft that a form was made from.
fn carried(desk: &Desk) -> Markup {
    html! { input type="hidden" name="draft" value=(desk.product.version); }
}

/// Writes a section: the draft as it is stored, changed as the form says.
async fn save(
    catalogue: &Catalogue,
    seller: &Seller,
    once: Once,
    id: ProductId,
    typed: &Typed,
    change: impl FnOnce(&mut Listing) -> Result<String, Invalid>,
) -> Result<Answer, Problem> {
    let version = IfMatch(typed.text("draft").parse().unwrap_or_default());
    once.run(&catalogue.app, async |tx| {
        let (product, _) = catalogue.product(tx, seller, id).await?;
        version.check(product.version)?;
        let mut listing = product.draft.0;
        let next = change(&mut listing)?;
        catalogue.edit(tx, seller, id, version, &listing).await?;
        Ok(Answer::see_other(next))
    })
    .await
}

/// The answer to a section that was sent: on to the next page, or the same form with its mistakes.
async fn answer(
    catalogue: &Catalogue,
    visit: &Visit,
    seller: &Seller,
    id: ProductId,
    saved: Result<Answer, Problem>,
    again: impl FnOnce(&View, &Desk, &Mistakes) -> Page,
) -> Result<Response, Problem> {
    match saved {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let desk = catalogue.desk(&mut catalogue.app.db.read(), seller, id).await?;
            Ok(again(&visit.view, &desk, &mistakes).refused().into_response())
        }
    }
}

/// What is wrong with a form that was sent, above it; only such a form carries a version.
fn refusal(view: &View, typed: &Typed, mistakes: &Mistakes) -> Markup {
    if typed.holds("draft") {
        mistakes.summary(view)
    } else {
        html! {}
    }
}

/// What stands below each form.
fn save_row(view: &View) -> Markup {
    html! {
        div.row.save-row data-draft {
            button.button.primary type="submit" { (view.t("listing-save")) }
            span.small.muted { (view.t("listing-save-hint")) }
            span.small.muted role="status" data-saved=(view.t("release-saved")) data-kept=(view.t("release-saved-kept")) data-unsaved=(view.t("release-unsaved")) hidden {}
        }
    }
}
