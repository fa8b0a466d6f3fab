//! The sections of what buyers are asked for when they order software as a service, and of what search engines are told.

use accounts::{Seller, Visit};
use axum::{extract::State, response::Response};
use kernel::id::ProductId;
use maud::{Markup, html};
use platform::http::{Access, Form, Once, PathParam, Problem, Routes};
use ui::{Choice, Field, Mistakes, Page, View};

use super::{Typed, answer, carried, frame, guidance, path, refusal, save, save_row};
use crate::{
    Catalogue,
    actions::Desk,
    rules::{ContactData, PARAMETERS_MAX, Parameter, ParameterKind, Section, Seo},
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/seller/products/{product}/inputs", inputs, Access::Seller)
        .form("/seller/products/{product}/inputs", ask, Access::Seller)
        .page("/seller/products/{product}/found", found, Access::Seller)
        .form("/seller/products/{product}/found", find, Access::Seller)
        .done()
}

async fn inputs(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
) -> Result<Page, Problem> {
    let desk = catalogue.desk(&mut catalogue.app.db.read(), &seller, id).await?;
    let typed = Typed::from_listing(desk.listing());
    Ok(inputs_page(&visit.view, &desk, &typed, &guidance(&visit.view, &desk, &typed)))
}

async fn ask(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = Typed::of(pairs);
    let next = format!("{}?done=listing-saved", path(id, Section::Inputs));
    let saved = save(&catalogue, &seller, once, id, &typed, |listing| {
        let row = |index: usize| {
            let at = format!("parameters[{index}]");
            Parameter {
                name: typed.text(&format!("{at}.name")).trim().to_owned(),
                label: typed.line(&format!("{at}.label")),
                kind: typed.text(&format!("{at}.kind")).parse().unwrap_or(ParameterKind::Text),
                mandatory: typed.text(&format!("{at}.mandatory")) == "true",
            }
        };
        let rows = (0..typed.count("parameters").min(PARAMETERS_MAX)).map(row);
        let written = |row: &Parameter| !row.name.is_empty() || !row.label.en.is_empty() || !row.label.zh.is_empty();
        listing.parameters = rows.filter(written).collect();
        let needed = |field: &str| typed.text(field) == "true";
        listing.contacts = ContactData { phone: needed("contacts.phone"), email: needed("contacts.email") };
        Ok(next)
    });
    let again = |view: &View, desk: &Desk, mistakes: &Mistakes| inputs_page(view, desk, &typed, mistakes);
    answer(&catalogue, &visit, &seller, id, saved.await, again).await
}

fn inputs_page(view: &View, desk: &Desk, typed: &Typed, mistakes: &Mistakes) -> Page {
    let count = typed.count("parameters").saturating_add(1).clamp(2, PARAMETERS_MAX);
    let (phone, email) = (view.t("release-contact-phone"), view.t("release-contact-email"));
    let form = ui::form(
        view,
        &path(desk.product.id, Section::Inputs),
        &html! {
            (carried(desk))
            (refusal(view, typed, mistakes))
            p.muted { (view.t("release-parameters-lead")) }
            (mistakes.beside("parameters"))
            @for index in 0..count { (parameter_row(view, index, typed, mistakes)) }
            @if count < PARAMETERS_MAX { p.small.muted { (view.t("release-more-rows")) } }
            fieldset.part {
                legend { (view.t("release-contacts")) }
                p.small.muted { (view.t("release-contacts-hint")) }
                (mistakes.beside("contacts"))
                (Field::check("contacts.phone", &phone).value(typed.text("contacts.phone")).render(view, mistakes))
                (Field::check("contacts.email", &email).value(typed.text("contacts.email")).render(view, mistakes))
            }
            (save_row(view))
        },
    );
    frame(view, desk, Section::Inputs, &ui::card(Some(&view.t("release-parameters")), &form))
}

fn parameter_row(view: &View, index: usize, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let at = format!("parameters[{index}]");
    let name = |field: &str| format!("{at}.{field}");
    let (code, zh, en, kind, mandatory) =
        (name("name"), name("label.zh"), name("label.en"), name("kind"), name("mandatory"));
    let labels = [
        view.t("release-parameter-name"),
        view.t("release-parameter-label-zh"),
        view.t("release-parameter-label-en"),
        view.t("release-parameter-kind"),
        view.t("release-parameter-mandatory"),
    ];
    let kinds: Vec<Choice> = ParameterKind::ALL
        .iter()
        .map(|kind| Choice::new(kind.as_str(), view.word("release-kind", kind.as_str())))
        .collect();
    html! {
        fieldset.part {
            legend { (index.saturating_add(1)) }
            div.fields {
                (Field::text(&code, &labels[0]).value(typed.text(&code)).wanted().with("maxlength", "40").with("spellcheck", "false").with("placeholder", "emailDomainName").render(view, mistakes))
                (Field::text(&zh, &labels[1]).value(typed.text(&zh)).wanted().with("maxlength", "40").render(view, mistakes))
                (Field::text(&en, &labels[2]).value(typed.text(&en)).wanted().with("maxlength", "40").render(view, mistakes))
                (Field::select(&kind, &labels[3], &kinds).value(typed.text(&kind)).wanted().render(view, mistakes))
            }
            (Field::check(&mandatory, &labels[4]).value(typed.text(&mandatory)).render(view, mistakes))
        }
    }
}

async fn found(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
) -> Result<Page, Problem> {
    let desk = catalogue.desk(&mut catalogue.app.db.read(), &seller, id).await?;
    let typed = Typed::from_listing(desk.listing());
    Ok(found_page(&visit.view, &desk, &typed, &guidance(&visit.view, &desk, &typed)))
}

async fn find(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = Typed::of(pairs);
    let next = format!("{}?done=listing-saved", path(id, Section::Found));
    let saved = save(&catalogue, &seller, once, id, &typed, |listing| {
        listing.seo = Seo {
            title: typed.line("seo.title"),
            keywords: typed.line("seo.keywords"),
            description: typed.line("seo.description"),
        };
        Ok(next)
    });
    let again = |view: &View, desk: &Desk, mistakes: &Mistakes| found_page(view, desk, &typed, mistakes);
    answer(&catalogue, &visit, &seller, id, saved.await, again).await
}

fn found_page(view: &View, desk: &Desk, typed: &Typed, mistakes: &Mistakes) -> Page {
    let fields = [
        ("seo.title.zh", view.t("release-seo-title-zh"), "70"),
        ("seo.title.en", view.t("release-seo-title-en"), "70"),
        ("seo.keywords.zh", view.t("release-seo-keywords-zh"), "120"),
        ("seo.keywords.en", view.t("release-seo-keywords-en"), "120"),
        ("seo.description.zh", view.t("release-seo-description-zh"), "200"),
        ("seo.description.en", view.t("release-seo-description-en"), "200"),
    ];
    let form = ui::form(
        view,
        &path(desk.product.id, Section::Found),
        &html! {
            (carried(desk))
            (refusal(view, typed, mistakes))
            p.muted { (view.t("release-seo-lead")) }
            div.fields.two {
                @for (name, label, most) in &fields {
                    (Field::text(name, label).value(typed.text(name)).with("maxlength", *most).render(view, mistakes))
                }
            }
            (save_row(view))
        },
    );
    frame(view, desk, Section::Found, &ui::card(Some(&view.t("release-seo")), &form))
}
