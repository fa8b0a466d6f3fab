//! Codes for trying: made, watched and deleted by the seller.

use accounts::{Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{Error, Invalid, id::LicenceId};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Routes};
use serde::Deserialize;
use ui::{Field, Mistakes, Page, Place, Table, View};

use super::seller::{licence_badge, tabs};
use crate::{Licensing, actions::test_codes::TestCode};

pub(super) fn routes(licensing: &Licensing) -> Routes {
    Routes::of(licensing.clone())
        .page("/seller/licences/test-codes", show, Access::Seller)
        .form("/seller/licences/test-codes", request, Access::Seller)
        .form("/seller/licences/test-codes/{code}/delete", delete, Access::Seller)
        .done()
}

async fn show(State(licensing): State<Licensing>, visit: Visit, seller: Seller) -> Result<Page, Problem> {
    page(&licensing, &visit.view, &seller, ("1", &Mistakes::none())).await
}

async fn page(
    licensing: &Licensing,
    view: &View,
    seller: &Seller,
    (count, mistakes): (&str, &Mistakes),
) -> Result<Page, Problem> {
    let codes = licensing.test_codes(&mut licensing.app.db.read(), seller).await?;
    let most = licensing.policies.current().await?.open_api.test_codes_max;
    let left = usize::try_from(most).unwrap_or(usize::MAX).saturating_sub(codes.len());
    let title = view.t("sold-test-title");
    Ok(ui::page(
        view,
        Place::Seller("licences"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("sold-test-lead")), &ui::button_link("/seller/debugger", &view.t("sold-test-debug"), false)))
            (tabs(view, "test"))
            (make(view, left, most, (count, mistakes)))
            (table(view, &codes))
        },
    ))
}

fn make(view: &View, left: usize, most: u32, (count, mistakes): (&str, &Mistakes)) -> Markup {
    let label = view.t("sold-test-count");
    let left_text = i64::try_from(left).unwrap_or(i64::MAX);
    ui::card(
        Some(&view.t("sold-test-make")),
        &html! {
            (mistakes.summary(view))
            p.muted { (view.ta("sold-test-left", &[("left", left_text.into()), ("most", most.into())])) }
            @if left > 0 {
                (ui::form(view, "/seller/licences/test-codes", &html! {
                    div.fields {
                        (Field::input("number", "count", &label).value(count).required().with("min", "1").with("max", left.to_string()).render(view, mistakes))
                    }
                    div.row { button.button.primary type="submit" { (view.t("sold-test-make-do")) } }
                }))
            }
        },
    )
}

fn table(view: &View, codes: &[TestCode]) -> Markup {
    let moment = |at: Option<kernel::Timestamp>, otherwise: &'static str| {
        html! {
            @match at { Some(at) => (view.time(at)), None => span.muted { (view.t(otherwise)) } }
        }
    };
    Table::new(view, view.t("sold-test-title"), codes)
        .column(view.t("sold-code"), |one: &TestCode| ui::copyable(view, &one.code))
        .column(view.t("sold-state"), |one| licence_badge(view, one.licence.state.name()))
        .column(view.t("sold-test-made"), |one| view.time(one.licence.issued_at))
        .column(view.t("sold-activated"), move |one| moment(one.licence.state.activation().map(|done| done.at), "sold-not-yet"))
        .column(view.t("sold-last-seen"), move |one| moment(one.seen.last_seen_at, "sold-never"))
        .number(view.t("sold-heartbeats"), |one| html! { (view.count(one.seen.heartbeats)) })
        .column("", |one| html! {
            div.actions {
                a.button.quiet href={ "/seller/debugger?code=" (one.code) } { (view.t("sold-test-try")) }
                (ui::confirm(view, &view.t("sold-test-delete"), &view.t("sold-test-delete-sure"), true, &ui::form(view, &super::seller::test_code_path(one.licence.id), &html! {
                    p { (view.t("sold-test-delete-effect")) }
                    div.row { button.button.danger type="submit" { (view.t("sold-test-delete")) } }
                })))
            }
        })
        .empty(ui::empty(&view.t("sold-test-none"), &view.t("sold-test-none-text"), &html! {}))
        .render()
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    count: String,
}

async fn request(
    State(licensing): State<Licensing>,
    visit: Visit,
    seller: Seller,
    once: Once,
    Form(wanted): Form<Wanted>,
) -> Result<Response, Problem> {
    let count = wanted.count.trim().parse::<u32>().ok().filter(|count| (1..=100).contains(count));
    let wrong = || Error::from(Invalid::one("count", ("must be from 1 to 100", "须在 1 到 100 之间")));
    let made = once.run(&licensing.app, async |tx| {
        licensing.request_test_codes(tx, &seller, count.ok_or_else(wrong)?).await?;
        Ok(Answer::see_other("/seller/licences/test-codes?done=test-codes-made"))
    });
    match made.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let page = page(&licensing, &visit.view, &seller, (&wanted.count, &mistakes)).await?;
            Ok(page.refused().into_response())
        }
    }
}

async fn delete(
    State(licensing): State<Licensing>,
    seller: Seller,
    PathParam(id): PathParam<LicenceId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&licensing.app, async |tx| {
        licensing.delete_test_code(tx, &seller, id).await?;
        Ok(Answer::see_other("/seller/licences/test-codes?done=test-code-deleted"))
    })
    .await
}
