//! The library of attributes: what a seller uses again in its products, beside what belongs to the site.

use accounts::{Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{Invalid, id::SellerAttributeId};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, IfMatch, Once, PathParam, Problem, Routes};
use ui::{Choice, Field, Mistakes, Page, Place, Table, View};

use super::Typed;
use crate::{
    Catalogue,
    actions::attribute_label,
    rules::{Attribute, AttributeValue, code_from},
    store::SellerAttribute,
};

/// Rows for values that can be typed beside those that there are.
const ROWS_FREE: usize = 3;
const VALUES_MAX: usize = 50;

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/seller/attributes", list, Access::Seller)
        .page("/seller/attributes/new", begin, Access::Seller)
        .form("/seller/attributes/new", create, Access::Seller)
        .page("/seller/attributes/{attribute}", show, Access::Seller)
        .form("/seller/attributes/{attribute}", write, Access::Seller)
        .form("/seller/attributes/{attribute}/discard", discard, Access::Seller)
        .done()
}

async fn list(State(catalogue): State<Catalogue>, visit: Visit, seller: Seller) -> Result<Page, Problem> {
    let view = &visit.view;
    let own = catalogue.attributes(&mut catalogue.app.db.read(), &seller).await?;
    let presets = catalogue.preset_attributes().await?;
    let title = view.t("release-library");
    let begin = ui::button_link("/seller/attributes/new", &view.t("release-library-new"), true);
    let empty = ui::empty(&view.t("release-library-empty"), &view.t("release-library-empty-text"), &html! {});
    let label = |known: &SellerAttribute| view.of(&attribute_label(&known.content)).to_owned();
    let table = Table::new(view, &title, &own)
        .column(view.t("release-library-attribute"), |known| {
            html! { a href={ "/seller/attributes/" (known.id) } { (label(known)) } }
        })
        .column(view.t("listing-code"), |known| html! { code { (known.code) } })
        .column(view.t("listing-list-edited"), |known| view.time(known.edited_at))
        .empty(empty)
        .render();
    let body = html! {
        nav.small aria-label=(view.t("listing-back-label")) { a href="/seller/products" { (view.t("listing-back")) } }
        (ui::header(&title, Some(&view.t("release-library-lead")), &begin))
        (table)
        (ui::card(Some(&view.t("release-presets")), &html! {
            p.muted { (view.t("release-presets-lead")) }
            ul { @for preset in &presets { li { (view.of(&attribute_label(preset))) " " code { (preset.code()) } } } }
        }))
    };
    Ok(ui::page(view, Place::Seller("products"), &title, &body))
}

async fn begin(visit: Visit, _seller: Seller) -> Page {
    page(&visit.view, None, &Typed::default(), &Mistakes::none())
}

async fn create(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    once: Once,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = Typed::of(pairs);
    let made = once.run(&catalogue.app, async |tx| {
        catalogue.add_attribute(tx, &seller, &read(&typed)?).await?;
        Ok(Answer::see_other("/seller/attributes?done=attribute-saved"))
    });
    match made.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            Ok(page(&visit.view, None, &typed, &mistakes).refused().into_response())
        }
    }
}

async fn show(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<SellerAttributeId>,
) -> Result<Page, Problem> {
    let known = catalogue.attribute(&mut catalogue.app.db.read(), &seller, id).await?;
    let typed = Typed::from_attribute(&known.content);
    Ok(page(&visit.view, Some(&known), &typed, &Mistakes::none()))
}

async fn write(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<SellerAttributeId>,
    once: Once,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = Typed::of(pairs);
    let version = IfMatch(typed.text("version").parse().unwrap_or_default());
    let saved = once.run(&catalogue.app, async |tx| {
        catalogue.edit_attribute(tx, &seller, id, version, &read(&typed)?).await?;
        Ok(Answer::see_other("/seller/attributes?done=attribute-saved"))
    });
    match saved.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let known = catalogue.attribute(&mut catalogue.app.db.read(), &seller, id).await?;
            Ok(page(&visit.view, Some(&known), &typed, &mistakes).refused().into_response())
        }
    }
}

async fn discard(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<SellerAttributeId>,
    once: Once,
) -> Result<Response, Problem> {
    let gone = once.run(&catalogue.app, async |tx| {
        catalogue.drop_attribute(tx, &seller, id).await?;
        Ok(Answer::see_other("/seller/attributes?done=attribute-gone"))
    });
    Ok(gone.await?.into_response())
}

fn read(typed: &Typed) -> Result<Attribute, Invalid> {
    let mut wrong = Invalid::default();
    let name = typed.line("name");
    let own = typed.text("code").trim();
    let code = if own.is_empty() { code_from(&name.en, "attribute", &[]) } else { own.to_owned() };
    if typed.text("kind") == "quantity" {
        let attribute = Attribute::Quantity {
            code,
            name,
            unit: typed.line("unit"),
            unit_one: Some(typed.text("unit_one").trim().to_owned()).filter(|one| !one.is_empty()),
            min: typed.number("min", &mut wrong).unwrap_or(1),
            max: typed.number("max", &mut wrong).unwrap_or(0),
            step: typed.number("step", &mut wrong).unwrap_or(1),
        };
        return wrong.done().map(|()| attribute);
    }
    let mut values: Vec<AttributeValue> = Vec::new();
    for row in 0..typed.count("values").min(VALUES_MAX) {
        let name = typed.line(&format!("values[{row}].name"));
        let own = typed.text(&format!("values[{row}].code")).trim();
        if name.en.is_empty() && name.zh.is_empty() && own.is_empty() {
            continue;
        }
        let taken: Vec<&str> = values.iter().map(|value| value.code.as_str()).collect();
        let code = if own.is_empty() { code_from(&name.en, "value", &taken) } else { own.to_owned() };
        values.push(AttributeValue { code, name });
    }
    Ok(Attribute::Enum { code, name, values })
}

fn page(view: &View, known: Option<&SellerAttribute>, typed: &Typed, mistakes: &Mistakes) -> Page {
    let title = known.map_or_else(|| view.t("release-library-new"), |known| view.of(known.content.name()).to_owned());
    let action =
        known.map_or_else(|| "/seller/attributes/new".to_owned(), |known| format!("/seller/attributes/{}", known.id));
    let fields = html! {
        @if let Some(known) = known { input type="hidden" name="version" value=(known.version); }
        (mistakes.summary(view))
        div.stack.attribute-kinds {
            (names(view, typed, mistakes))
            (values(view, typed, mistakes))
            (quantity(view, typed, mistakes))
        }
        div.row { button.button.primary type="submit" { (view.t("release-library-save")) } }
    };
    ui::page(
        view,
        Place::Seller("products"),
        &title,
        &html! {
            nav.small aria-label=(view.t("listing-back-label")) { a href="/seller/attributes" { (view.t("release-library")) } }
            (ui::header(&title, Some(&view.t("release-library-copied")), &html! {}))
            (ui::card(None, &ui::form(view, &action, &fields)))
            @if let Some(known) = known {
                (ui::confirm(view, &view.t("release-library-gone"), &view.t("release-library-gone"), true, &html! {
                    p { (view.t("release-library-gone-text")) }
                    (ui::form(view, &format!("/seller/attributes/{}/discard", known.id), &html! {
                        div.row { button.button.danger type="submit" { (view.t("release-library-gone")) } }
                    }))
                }))
            }
        },
    )
}

fn names(view: &View, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let kinds =
        [Choice::new("enum", view.t("listing-kind-enum")), Choice::new("quantity", view.t("listing-kind-quantity"))];
    let kind = if typed.text("kind").is_empty() { "enum" } else { typed.text("kind") };
    html! {
        (ui::choice_cards(&view.t("release-library-kind"), "kind", &kinds, kind, mistakes))
        div.fields {
            (Field::text("name.zh", &view.t("listing-name-zh")).value(typed.text("name.zh")).wanted().with("maxlength", "40").render(view, mistakes))
            (Field::text("name.en", &view.t("listing-name-en")).value(typed.text("name.en")).wanted().with("maxlength", "40").render(view, mistakes))
            (Field::text("code", &view.t("listing-code")).value(typed.text("code")).hint(view.t("listing-code-hint")).with("maxlength", "40").with("spellcheck", "false").render(view, mistakes))
        }
    }
}

/// For what is chosen from a list.
fn values(view: &View, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let count = typed.count("values").saturating_add(ROWS_FREE).min(VALUES_MAX);
    html! {
        fieldset.part data-kind="enum" {
            legend { (view.t("release-library-values")) }
            (mistakes.beside("values"))
            @for row in 0..count {
                @let (zh, en, code) = (format!("values[{row}].name.zh"), format!("values[{row}].name.en"), format!("values[{row}].code"));
                div.fields {
                    (Field::text(&zh, &view.t("listing-value-zh")).value(typed.text(&zh)).wanted().with("maxlength", "60").render(view, mistakes))
                    (Field::text(&en, &view.t("listing-value-en")).value(typed.text(&en)).wanted().with("maxlength", "60").render(view, mistakes))
                    (Field::text(&code, &view.t("listing-code")).value(typed.text(&code)).with("maxlength", "40").render(view, mistakes))
                }
            }
        }
    }
}

/// For what is chosen by number.
fn quantity(view: &View, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let fields = [
        ("unit.zh", view.t("listing-unit-zh")),
        ("unit.en", view.t("listing-unit-en")),
        ("unit_one", view.t("listing-unit-one")),
        ("min", view.t("listing-min")),
        ("max", view.t("listing-max")),
        ("step", view.t("listing-step")),
    ];
    html! {
        fieldset.part data-kind="quantity" {
            legend { (view.t("release-library-quantity")) }
            div.fields {
                @for (name, label) in &fields {
                    (Field::text(name, label).value(typed.text(name)).wanted().render(view, mistakes))
                }
            }
        }
    }
}
