//! A measure of the operator against one of the seller's products: its reasons, and the appeal.

use accounts::{Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{PageQuery, id::MeasureId};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Field, Mistakes, Page, Place, Table, Tone, View, notice};

use crate::{
    Catalogue,
    actions::Taken,
    pages::labels::{measure_badge, measure_facts},
    rules::{MeasureState, STATEMENT_MAX},
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/seller/measures", list, Access::Seller)
        .page("/seller/measures/{measure}", show, Access::Seller)
        .form("/seller/measures/{measure}/appeal", appeal, Access::Seller)
        .done()
}

async fn list(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    Query(page): Query<PageQuery>,
) -> Result<Page, Problem> {
    let page = page.checked().map_err(kernel::Error::from)?;
    let view = &visit.view;
    let taken = catalogue.own_measures(&mut catalogue.app.db.read(), &seller, None, page).await?;
    let title = view.t("measure-own");
    let back = ui::button_link("/seller/products", &view.t("listing-back"), false);
    let table = Table::new(view, &title, &taken.items)
        .column(
            view.t("listing-list-product"),
            |one| html! { a href={ "/seller/measures/" (one.measure.id) } { (view.of(&one.product)) } },
        )
        .column(view.t("measure-kind"), |one| html! { (view.word("measure-kind", one.measure.kind.as_str())) })
        .column(view.t("listing-list-state"), |one| measure_badge(view, one.measure.state))
        .column(view.t("measure-taken-at"), |one| view.time(one.measure.taken_at))
        .empty(ui::empty(&view.t("measure-own-none"), &view.t("measure-own-none-text"), &back))
        .next(taken.next_cursor.as_deref())
        .render();
    let body = html! { (ui::header(&title, Some(&view.t("measure-own-lead")), &html! {})) (table) };
    Ok(ui::page(view, Place::Seller("products"), &title, &body))
}

async fn show(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<MeasureId>,
) -> Result<Page, Problem> {
    let taken = catalogue.own_measure(&mut catalogue.app.db.read(), &seller, id).await?;
    Ok(page(&visit.view, &taken, catalogue.app.clock.now(), "", &Mistakes::none()))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    text: String,
}

async fn appeal(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<MeasureId>,
    once: Once,
    Form(said): Form<Said>,
) -> Result<Response, Problem> {
    let sent = once.run(&catalogue.app, async |tx| {
        catalogue.appeal(tx, &seller, id, (&said.text, None)).await?;
        Ok(Answer::see_other(format!("/seller/measures/{id}?done=measure-appealed")))
    });
    match sent.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let taken = catalogue.own_measure(&mut catalogue.app.db.read(), &seller, id).await?;
            let now = catalogue.app.clock.now();
            Ok(page(&visit.view, &taken, now, &said.text, &mistakes).refused().into_response())
        }
    }
}

fn page(view: &View, taken: &Taken, now: kernel::Timestamp, typed: &str, mistakes: &Mistakes) -> Page {
    let measure = &taken.measure;
    let title = view.ta("measure-title", &[("name", view.of(&taken.product).into())]);
    let can = measure.state == MeasureState::InForce && now < measure.appeal_until;
    let body = html! {
        nav.small aria-label=(view.t("listing-back-label")) { a href={ "/seller/products/" (measure.product_id) } { (view.of(&taken.product)) } }
        (ui::header(&title, None, &html! {}))
        (mistakes.summary(view))
        div.with-aside {
            (ui::card(Some(&view.t("measure-statement")), &ui::facts(&measure_facts(view, taken))))
            aside.stack { (ui::card(Some(&view.t("measure-appeal")), &html! {
                @if can { (appealing(view, taken, typed, mistakes)) }
                @else { p.muted { (view.word("measure-appeal-state", measure.state.as_str())) } }
            })) }
        }
    };
    ui::page(view, Place::Seller("products"), &title, &body)
}

fn appealing(view: &View, taken: &Taken, typed: &str, mistakes: &Mistakes) -> Markup {
    let action = format!("/seller/measures/{}/appeal", taken.measure.id);
    let text = view.t("measure-appeal-text");
    html! {
        p { (view.t("measure-appeal-once")) " " (view.time(taken.measure.appeal_until)) }
        (ui::form(view, &action, &html! {
            (Field::area("text", &text, 6).value(typed).hint(view.t("measure-appeal-hint")).required().with("maxlength", STATEMENT_MAX.to_string()).render(view, mistakes))
            div.row { button.button.primary type="submit" { (view.t("measure-appeal-send")) } }
        }))
    }
}

/// What stands above a product's other settings while measures hold against it.
pub(super) fn warning(view: &View, taken: &[Taken]) -> Markup {
    let holding: Vec<&Taken> = taken.iter().filter(|one| one.measure.state.holds()).collect();
    html! {
        @for one in holding {
            (notice(Tone::Bad, &html! {
                strong { (view.word("measure-notice", one.measure.kind.as_str())) }
                p { (one.measure.facts) }
                p { a href={ "/seller/measures/" (one.measure.id) } { (view.t("measure-read")) } }
            }))
        }
    }
}
