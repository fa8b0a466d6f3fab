//! The section of the fields that the site's rules give to an access type.

use accounts::{Seller, Visit};
use axum::{extract::State, response::Response};
use kernel::id::ProductId;
use maud::{Markup, html};
use platform::http::{Access, Form, Once, PathParam, Problem, Routes};
use policy::{FieldKind, TypeField};
use ui::{Choice, Field, Mistakes, Page, View};

use super::{Typed, carried, frame, guidance, path, refusal, save, save_row};
use crate::{
    Catalogue,
    actions::Desk,
    rules::{FieldValue, Parts, Section},
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/seller/products/{product}/facts", facts, Access::Seller)
        .form("/seller/products/{product}/facts", say, Access::Seller)
        .done()
}

async fn facts(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
) -> Result<Page, Problem> {
    let tx = &mut catalogue.app.db.read();
    let desk = catalogue.desk(tx, &seller, id).await?;
    let parts = catalogue.parts_to_choose(tx, &seller, (id, desk.listing())).await?;
    let typed = Typed::from_listing(desk.listing());
    Ok(page(&visit.view, (&desk, &parts), &typed, &guidance(&visit.view, &desk, &typed)))
}

async fn say(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = Typed::of(pairs);
    let policy = catalogue.policies.current().await?;
    let next = format!("{}?done=listing-saved", path(id, Section::Facts));
    let saved = save(&catalogue, &seller, once, id, &typed, |listing| {
        // What the rules know no more of goes: nothing could be said about it.
        let said =
            policy.type_fields(listing.access_type).iter().map(|field| (field.code.clone(), said(field, &typed)));
        listing.fields = said.filter(|(_, value)| !value.is_empty()).collect();
        Ok(next)
    });
    match saved.await {
        Ok(answer) => Ok(axum::response::IntoResponse::into_response(answer)),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let tx = &mut catalogue.app.db.read();
            let desk = catalogue.desk(tx, &seller, id).await?;
            let parts = catalogue.parts_to_choose(tx, &seller, (id, desk.listing())).await?;
            let page = page(&visit.view, (&desk, &parts), &typed, &mistakes).refused();
            Ok(axum::response::IntoResponse::into_response(page))
        }
    }
}

fn said(field: &TypeField, typed: &Typed) -> FieldValue {
    let at = format!("fields.{}", field.code);
    match field.kind {
        FieldKind::Text => FieldValue::Text(typed.line(&at)),
        FieldKind::Number | FieldKind::Choice => FieldValue::One(typed.text(&at).trim().to_owned()),
        FieldKind::Products => FieldValue::Many(typed.all(&at).iter().filter(|id| !id.is_empty()).cloned().collect()),
    }
}

fn page(view: &View, (desk, parts): (&Desk, &Parts), typed: &Typed, mistakes: &Mistakes) -> Page {
    let known = desk.policy.type_fields(desk.listing().access_type);
    let form = ui::form(
        view,
        &path(desk.product.id, Section::Facts),
        &html! {
            (carried(desk))
            (refusal(view, typed, mistakes))
            p.muted { (view.t("release-facts-lead")) }
            (mistakes.beside("fields"))
            @if known.is_empty() { p { (view.t("release-facts-none")) } }
            @for field in known { (input(view, (field, parts), typed, mistakes)) }
            (save_row(view))
        },
    );
    frame(view, desk, Section::Facts, &ui::card(Some(&view.t("release-facts")), &form))
}

fn input(view: &View, (field, parts): (&TypeField, &Parts), typed: &Typed, mistakes: &Mistakes) -> Markup {
    let at = format!("fields.{}", field.code);
    let name = view.of(&field.name).to_owned();
    let wanted = |input: Field<'_>| if field.mandatory { input.wanted() } else { input }.render(view, mistakes);
    match field.kind {
        FieldKind::Text => {
            let (zh, en) = (format!("{at}.zh"), format!("{at}.en"));
            let label = |lang: &'static str| {
                view.ta("listing-field-in", &[("field", name.clone().into()), ("lang", view.t(lang).into())])
            };
            let (label_zh, label_en) = (label("listing-in-zh"), label("listing-in-en"));
            html! {
                div.fields.two {
                    (wanted(Field::text(&zh, &label_zh).value(typed.text(&zh)).with("maxlength", "200")))
                    (wanted(Field::text(&en, &label_en).value(typed.text(&en)).with("maxlength", "200")))
                }
                (mistakes.beside(&at))
            }
        }
        FieldKind::Number => {
            let unit = field.unit.as_ref().map(|unit| view.of(unit));
            let label = unit.map_or_else(|| name.clone(), |unit| format!("{name} ({unit})"));
            html! { div.fields { (wanted(Field::text(&at, &label).value(typed.text(&at)).with("inputmode", "decimal").with("autocomplete", "off"))) } }
        }
        FieldKind::Choice => {
            let none = Choice::new("", view.t("release-facts-unsaid"));
            let known = field.choices.iter().map(|choice| Choice::new(choice.code.as_str(), view.of(&choice.name)));
            let choices: Vec<Choice> = std::iter::once(none).chain(known).collect();
            html! { div.fields { (wanted(Field::select(&at, &name, &choices).value(typed.text(&at)))) } }
        }
        FieldKind::Products => products(view, (&at, &name), parts, (typed, mistakes)),
    }
}

fn products(view: &View, (at, name): (&str, &str), parts: &Parts, (typed, mistakes): (&Typed, &Mistakes)) -> Markup {
    let chosen = typed.all(at);
    html! {
        fieldset.picks.bad[mistakes.at(at).is_some()] id={ "f-" (at) } {
            legend { (name) }
            p.hint { (view.t("release-facts-products")) }
            div.tick-list {
                @for (id, name) in &parts.0 {
                    @let id = id.to_string();
                    label.tick { input type="checkbox" name=(at) value=(id) checked[chosen.contains(&id)]; (view.of(name)) }
                }
            }
            @if parts.0.is_empty() { p { (view.t("release-facts-no-products")) } }
            (mistakes.beside(at))
        }
    }
}
