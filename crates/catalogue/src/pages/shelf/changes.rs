//! How far buyers may change what they own of a product, edition by edition.

use std::collections::BTreeMap;

use accounts::{Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{Invalid, id::ProductId};
use maud::{Markup, html};
use platform::{
    Tx,
    http::{Access, Answer, Form, Once, PathParam, Problem, Routes},
};
use ui::{Choice, Mistakes, Page, Tone, View};

use super::{Own, frame};
use crate::{Catalogue, actions::OwnChanges, rules::Changeable};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/seller/products/{product}/changes", show, Access::Seller)
        .form("/seller/products/{product}/changes", allow, Access::Seller)
        .done()
}

async fn show(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
) -> Result<Page, Problem> {
    page((&catalogue, &mut catalogue.app.db.read()), &visit.view, (&seller, id), &Mistakes::none()).await
}

async fn allow(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Form(form): Form<BTreeMap<String, String>>,
) -> Result<Response, Problem> {
    let allowed = once.run(&catalogue.app, async |tx| {
        catalogue.allow_changes(tx, &seller, id, &read(&form)?).await?;
        Ok(Answer::see_other(format!("/seller/products/{id}/changes?done=changes-saved")))
    });
    match allowed.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let page = page((&catalogue, &mut catalogue.app.db.read()), &visit.view, (&seller, id), &mistakes).await?;
            Ok(page.refused().into_response())
        }
    }
}

/// The fields are called like `specs.server`.
fn read(form: &BTreeMap<String, String>) -> Result<BTreeMap<String, Changeable>, Invalid> {
    let mut wanted = BTreeMap::new();
    for (name, value) in form {
        let Some(code) = name.strip_prefix("specs.") else { continue };
        let choose = ("has to be chosen", "须选择一项");
        wanted.insert(code.to_owned(), value.parse().map_err(|_| Invalid::one(name.as_str(), choose))?);
    }
    Ok(wanted)
}

async fn page(
    (catalogue, tx): (&Catalogue, &mut Tx),
    view: &View,
    (seller, id): (&Seller, ProductId),
    mistakes: &Mistakes,
) -> Result<Page, Problem> {
    let own = Own::of(catalogue, tx, seller, id).await?;
    let changes = catalogue.own_changes(tx, seller, id).await?;
    let body = html! {
        (mistakes.summary(view))
        @if changes.is_empty() { (ui::notice(Tone::Info, &html! { p { (view.t("changes-none")) } })) }
        @else { (ui::card(None, &editions(view, (&own, &changes), mistakes))) }
    };
    Ok(frame(view, &own, &view.t("changes-lead"), &body))
}

fn editions(view: &View, (own, changes): (&Own, &[OwnChanges]), mistakes: &Mistakes) -> Markup {
    let choice = |one: &Changeable| {
        Choice::new(one.as_str(), view.word("changeable", one.as_str()))
            .hint(view.word("changeable-hint", one.as_str()))
    };
    let choices: Vec<Choice> = Changeable::ALL.iter().map(choice).collect();
    ui::form(
        view,
        &format!("/seller/products/{}/changes", own.id()),
        &html! {
            @for one in changes {
                @let name = format!("specs.{}", one.spec.code);
                (ui::choice_cards(&own.spec_name(view, &one.spec.code), &name, &choices, one.changes.as_str(), mistakes))
            }
            p.small.muted { (view.t("changes-system")) }
            div.row { button.button.primary type="submit" { (view.t("shelf-save")) } span.small.muted { (view.t("changes-at-once")) } }
        },
    )
}
