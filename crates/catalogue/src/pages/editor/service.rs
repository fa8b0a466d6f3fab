//! The section of how a supervised delivery goes.

use accounts::{Seller, Visit};
use axum::{extract::State, response::Response};
use kernel::{Localized, id::ProductId};
use maud::{Markup, html};
use platform::http::{Access, Form, Once, PathParam, Problem, Routes};
use policy::Supervision;
use ui::{Choice, Field, Mistakes, Page, View};

use super::{
    Typed, answer, carried, frame, guidance, path, refusal, save, save_row,
    slots::{Slot, slot_card},
    story,
};
use crate::{
    Catalogue,
    actions::Desk,
    rules::{Opening, STEPS_MAX, Section},
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/seller/products/{product}/service", show, Access::Seller)
        .form("/seller/products/{product}/service", write, Access::Seller)
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
    let next = format!("{}?done=listing-saved", path(id, Section::Service));
    let text = |name: &str| typed.text(name).trim().to_owned();
    let saved = save(&catalogue, &seller, once, id, &typed, |listing| {
        listing.supervised = typed.text("supervised") == "true";
        listing.opening = typed.text("opening").parse().unwrap_or_default();
        listing.service.flow = story::points(&typed, "service.flow", STEPS_MAX);
        listing.service.acceptance = Localized::new(text("service.acceptance.en"), text("service.acceptance.zh"));
        Ok(next)
    });
    answer(&catalogue, &visit, &seller, id, saved.await, |view, desk, mistakes| page(view, desk, &typed, mistakes))
        .await
}

pub(super) fn page(view: &View, desk: &Desk, typed: &Typed, mistakes: &Mistakes) -> Page {
    let form = ui::form(
        view,
        &path(desk.product.id, Section::Service),
        &html! {
            (carried(desk))
            (refusal(view, typed, mistakes))
            (flag(view, desk, typed, mistakes))
            (opening(view, desk, typed, mistakes))
            h2 { (view.t("release-flow")) }
            p.muted { (view.t("release-flow-lead")) }
            (story::rows(view, typed, mistakes, ("service.flow", STEPS_MAX)))
            (acceptance(view, typed, mistakes))
            (save_row(view))
        },
    );
    frame(
        view,
        desk,
        Section::Service,
        &html! {
            (ui::card(None, &form))
            (slot_card(view, desk, &Slot::Requirement, (&view.t("release-requirement"), &view.t("release-requirement-hint")), mistakes))
            (slot_card(view, desk, &Slot::Handover, (&view.t("release-handover"), &view.t("release-handover-hint")), mistakes))
        },
    )
}

/// Whether it is supervised: said by the site, or chosen once.
fn flag(view: &View, desk: &Desk, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let rule = desk.policy.access(desk.listing().access_type).map_or(Supervision::Never, |rules| rules.supervision);
    let label = view.t("release-supervised");
    let field = Field::check("supervised", &label).value(typed.text("supervised"));
    match rule {
        Supervision::Always => html! { p { (view.t("release-supervised-always")) } },
        Supervision::Never if !desk.listing().supervised => html! { p { (view.t("release-supervised-never")) } },
        Supervision::Never => field.render(view, mistakes),
        Supervision::Choice if desk.product.revision_id.is_some() => html! {
            // A box that cannot be ticked is not sent; what it says goes along.
            @if desk.listing().supervised { input type="hidden" name="supervised" value="true"; }
            p { @if desk.listing().supervised { (view.t("release-supervised-yes")) } @else { (view.t("release-supervised-no")) } }
            (mistakes.beside("supervised"))
        },
        Supervision::Choice => field.hint(view.t("release-supervised-hint")).render(view, mistakes),
    }
}

/// When it opens: chosen for what its seller's own system opens.
fn opening(view: &View, desk: &Desk, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let choices: Vec<Choice> =
        Opening::ALL.iter().map(|one| Choice::new(one.as_str(), view.word("release-opening", one.as_str()))).collect();
    html! {
        @if desk.listing().access_type.is_called() {
            (Field::select("opening", &view.t("release-opening"), &choices).value(typed.text("opening"))
                .hint(view.t("release-opening-hint")).required().render(view, mistakes))
        }
    }
}

fn acceptance(view: &View, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let (zh, en) = (view.t("release-acceptance-zh"), view.t("release-acceptance-en"));
    html! {
        h2 { (view.t("release-acceptance")) }
        div.fields.two {
            (Field::area("service.acceptance.zh", &zh, 4).value(typed.text("service.acceptance.zh")).wanted().hint(view.t("release-acceptance-hint")).with("maxlength", "2000").render(view, mistakes))
            (Field::area("service.acceptance.en", &en, 4).value(typed.text("service.acceptance.en")).wanted().hint(view.t("release-acceptance-hint")).with("maxlength", "2000").render(view, mistakes))
        }
    }
}
