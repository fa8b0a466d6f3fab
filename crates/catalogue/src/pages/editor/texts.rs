//! The sections of the description and of the support.

use accounts::{Seller, Visit};
use axum::{extract::State, response::Response};
use kernel::{Localized, id::ProductId};
use maud::{Markup, html};
use platform::http::{Access, Form, Once, PathParam, Problem, Routes};
use ui::{Field, Mistakes, Page, View};

use super::{
    Typed, answer, carried, files, frame, guidance, path, refusal, save, save_row,
    slots::{Slot, slot_card},
};
use crate::{
    Catalogue,
    actions::Desk,
    rules::{Section, Support},
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/seller/products/{product}/description", description, Access::Seller)
        .form("/seller/products/{product}/description", describe, Access::Seller)
        .page("/seller/products/{product}/support", support, Access::Seller)
        .form("/seller/products/{product}/support", promise, Access::Seller)
        .done()
}

async fn description(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
) -> Result<Page, Problem> {
    let desk = catalogue.desk(&mut catalogue.app.db.read(), &seller, id).await?;
    let typed = Typed::from_listing(desk.listing());
    Ok(description_page(&visit.view, &desk, &typed, &guidance(&visit.view, &desk, &typed)))
}

async fn describe(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = Typed::of(pairs);
    let next = format!("{}?done=listing-saved", path(id, Section::Description));
    let saved = save(&catalogue, &seller, once, id, &typed, |listing| {
        listing.description = Localized::new(typed.text("description.en"), typed.text("description.zh"));
        Ok(next)
    });
    let again = |view: &View, desk: &Desk, mistakes: &Mistakes| description_page(view, desk, &typed, mistakes);
    answer(&catalogue, &visit, &seller, id, saved.await, again).await
}

fn description_page(view: &View, desk: &Desk, typed: &Typed, mistakes: &Mistakes) -> Page {
    let least = desk.policy.catalogue.description_length_min;
    let hint = view.ta("listing-description-hint", &[("least", least.into())]);
    let written = |name: &str, label: &str, lang: &str| {
        let text = typed.text(name);
        html! {
            div.columns {
                (Field::area(name, label, 16).value(text).wanted().hint(&hint).render(view, mistakes))
                section.stack {
                    h2 { (view.t("listing-as-buyers-see")) }
                    @if text.trim().is_empty() {
                        p.muted { (view.t("listing-description-empty")) }
                    } @else {
                        div.prose.shown-text lang=(lang) tabindex="0" role="region" aria-label={ (label) ": " (view.t("listing-as-buyers-see")) } { (ui::rich(text)) }
                    }
                }
            }
        }
    };
    let form = ui::form(
        view,
        &path(desk.product.id, Section::Description),
        &html! {
            (carried(desk))
            (refusal(view, typed, mistakes))
            (written("description.zh", &view.t("listing-description-zh"), "zh-CN"))
            (written("description.en", &view.t("listing-description-en"), "en"))
            (save_row(view))
        },
    );
    frame(view, desk, Section::Description, &ui::card(None, &form))
}

async fn support(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
) -> Result<Page, Problem> {
    let desk = catalogue.desk(&mut catalogue.app.db.read(), &seller, id).await?;
    let typed = Typed::from_listing(desk.listing());
    Ok(support_page(&visit.view, &desk, &typed, &guidance(&visit.view, &desk, &typed)))
}

async fn promise(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = Typed::of(pairs);
    let next = format!("{}?done=listing-saved", path(id, Section::Support));
    let saved = save(&catalogue, &seller, once, id, &typed, |listing| {
        listing.support = Support {
            hours: typed.line("support.hours"),
            content: typed.line("support.content"),
            hotline: typed.text("support.hotline").trim().to_owned(),
            email: typed.text("support.email").trim().to_owned(),
        };
        Ok(next)
    });
    let again = |view: &View, desk: &Desk, mistakes: &Mistakes| support_page(view, desk, &typed, mistakes);
    answer(&catalogue, &visit, &seller, id, saved.await, again).await
}

pub(super) fn support_page(view: &View, desk: &Desk, typed: &Typed, mistakes: &Mistakes) -> Page {
    let form = ui::form(
        view,
        &path(desk.product.id, Section::Support),
        &html! {
            (carried(desk))
            (refusal(view, typed, mistakes))
            (support_fields(view, typed, mistakes))
            (save_row(view))
        },
    );
    frame(
        view,
        desk,
        Section::Support,
        &html! {
            (ui::card(Some(&view.t("listing-support")), &form))
            (files::agreement_card(view, desk, mistakes))
            (slot_card(view, desk, &Slot::UserGuide, (&view.t("release-user-guide"), &view.t("release-user-guide-hint")), mistakes))
        },
    )
}

fn support_fields(view: &View, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let (hours_zh, hours_en) = (view.t("listing-hours-zh"), view.t("listing-hours-en"));
    let (content_zh, content_en) = (view.t("listing-content-zh"), view.t("listing-content-en"));
    let (hotline, email) = (view.t("listing-hotline"), view.t("listing-email"));
    let field = |name: &'static str, label: &str, hint: String| {
        Field::text(name, label).value(typed.text(name)).wanted().hint(hint).render(view, mistakes)
    };
    html! {
        p.muted { (view.t("listing-support-lead")) }
        div.fields.two {
            (field("support.hours.zh", &hours_zh, view.t("listing-hours-hint-zh")))
            (field("support.hours.en", &hours_en, view.t("listing-hours-hint-en")))
            (field("support.content.zh", &content_zh, view.t("listing-content-hint-zh")))
            (field("support.content.en", &content_en, view.t("listing-content-hint-en")))
            (field("support.hotline", &hotline, view.t("listing-hotline-hint")))
            (field("support.email", &email, view.t("listing-email-hint")))
        }
    }
}
