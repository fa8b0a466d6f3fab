//! What sellers want to take off sale: the queue, the earliest due first, and the decision.

use accounts::{Operator, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{PageQuery, Timestamp, id::RemovalId};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Field, Mistakes, Page, Place, Table, Tone, View, badge};

use crate::{
    Catalogue,
    actions::Applied,
    pages::labels::removal_badge,
    rules::{REASON_MAX, RemovalState},
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/operator/removals", queue, Access::Operator)
        .page("/operator/removals/{removal}", show, Access::Operator)
        .form("/operator/removals/{removal}/approval", approve, Access::Operator)
        .form("/operator/removals/{removal}/rejection", reject, Access::Operator)
        .done()
}

/// The queues of the catalogue, which belong together.
pub(super) fn queues(view: &View, here: &str) -> Vec<(String, String, bool)> {
    let way = |title: String, href: &str| (title, href.to_owned(), href == here);
    vec![
        way(view.t("sale-queue-listings"), "/operator/products"),
        way(view.t("sale-queue"), "/operator/removals"),
        way(view.t("measure-list"), "/operator/measures"),
        way(view.t("proposal-list"), "/operator/proposals"),
        way(view.t("probe-list"), "/operator/probes"),
    ]
}

async fn queue(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    Query(page): Query<PageQuery>,
) -> Result<Page, Problem> {
    let page = page.checked().map_err(kernel::Error::from)?;
    let view = &visit.view;
    let now = catalogue.app.clock.now();
    let waiting = catalogue.removal_queue(&mut catalogue.app.db.read(), &operator, page).await?;
    let title = view.t("sale-queue");
    let table = Table::new(view, &title, &waiting.items)
        .column(
            view.t("listing-list-product"),
            |one| html! { a href={ "/operator/removals/" (one.removal.id) } { (view.of(&one.product)) } },
        )
        .column(view.t("sale-what"), |one| html! { (part(view, one)) })
        .column(view.t("listing-queue-seller"), |one| html! { (one.seller) })
        .column(view.t("listing-submitted-at"), |one| view.time(one.removal.submitted_at))
        .column(view.t("listing-due-at"), |one| due(view, one, now))
        .empty(ui::empty(&view.t("sale-queue-empty"), &view.t("sale-queue-empty-text"), &html! {}))
        .next(waiting.next_cursor.as_deref())
        .render();
    Ok(ui::page(
        view,
        Place::Operator("products"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("sale-queue-lead")), &html! {}))
            (ui::tabs(&view.t("sale-queues"), &queues(view, "/operator/removals")))
            (table)
        },
    ))
}

fn part(view: &View, applied: &Applied) -> String {
    let part = view.of(&applied.part);
    if part.is_empty() { view.t("sale-whole") } else { part.to_owned() }
}

fn due(view: &View, applied: &Applied, now: Timestamp) -> Markup {
    html! {
        (view.time(applied.removal.due_at))
        @if applied.removal.due_at < now { " " (badge(Tone::Bad, &view.t("listing-overdue"))) }
    }
}

async fn show(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<RemovalId>,
) -> Result<Page, Problem> {
    let applied = catalogue.inspect_removal(&mut catalogue.app.db.read(), &operator, id).await?;
    Ok(decide(&visit.view, &applied, catalogue.app.clock.now(), "", &Mistakes::none()))
}

async fn approve(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<RemovalId>,
    once: Once,
) -> Result<Response, Problem> {
    let done = once.run(&catalogue.app, async |tx| {
        catalogue.approve_removal(tx, &operator, id).await?;
        Ok(Answer::see_other("/operator/removals?done=sale-approved"))
    });
    let done = done.await;
    again(&catalogue, &visit, &operator, (id, ""), done).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Why {
    reason: String,
}

async fn reject(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<RemovalId>,
    once: Once,
    Form(why): Form<Why>,
) -> Result<Response, Problem> {
    let done = once.run(&catalogue.app, async |tx| {
        catalogue.reject_removal(tx, &operator, id, &why.reason).await?;
        Ok(Answer::see_other("/operator/removals?done=sale-rejected"))
    });
    let done = done.await;
    again(&catalogue, &visit, &operator, (id, &why.reason), done).await
}

async fn again(
    catalogue: &Catalogue,
    visit: &Visit,
    operator: &Operator,
    (id, typed): (RemovalId, &str),
    done: Result<Answer, Problem>,
) -> Result<Response, Problem> {
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let applied = catalogue.inspect_removal(&mut catalogue.app.db.read(), operator, id).await?;
            let now = catalogue.app.clock.now();
            Ok(decide(&visit.view, &applied, now, typed, &mistakes).refused().into_response())
        }
    }
}

fn decide(view: &View, applied: &Applied, now: Timestamp, typed: &str, mistakes: &Mistakes) -> Page {
    let removal = &applied.removal;
    let title = view.ta("sale-decide-title", &[("name", view.of(&applied.product).into())]);
    let mut rows = vec![
        (view.t("listing-list-state"), removal_badge(view, removal.state)),
        (
            view.t("listing-list-product"),
            html! { a href={ "/products/" (removal.product_id) } { (view.of(&applied.product)) } },
        ),
        (view.t("sale-what"), html! { (part(view, applied)) }),
        (view.t("listing-queue-seller"), html! { (applied.seller) }),
        (view.t("sale-reason"), html! { (removal.reason) }),
    ];
    if let Some(document) = removal.document_id {
        rows.push((
            view.t("sale-proof"),
            html! { a href={ "/documents/" (document) } { (view.t("sale-proof-open")) } },
        ));
    }
    rows.push((view.t("listing-submitted-at"), view.time(removal.submitted_at)));
    match removal.decided_at {
        Some(at) => rows.push((view.t("listing-decided-at"), view.time(at))),
        None => rows.push((view.t("listing-due-at"), due(view, applied, now))),
    }
    if let Some(answer) = removal.answer.as_ref().filter(|answer| !answer.is_empty()) {
        rows.push((view.t("sale-answer"), html! { (answer) }));
    }
    ui::page(
        view,
        Place::Operator("products"),
        &title,
        &html! {
            nav.small aria-label=(view.t("listing-back-label")) { a href="/operator/removals" { (view.t("sale-queue")) } }
            (ui::header(&title, None, &html! {}))
            (mistakes.summary(view))
            div.with-aside {
                (ui::card(None, &ui::facts(&rows)))
                aside.stack { @if removal.state == RemovalState::Submitted { (deciding(view, applied, typed, mistakes)) } }
            }
        },
    )
}

fn deciding(view: &View, applied: &Applied, typed: &str, mistakes: &Mistakes) -> Markup {
    let base = format!("/operator/removals/{}", applied.removal.id);
    let reason = view.t("sale-reject-reason");
    html! {
        (ui::card(Some(&view.t("sale-approve-title")), &html! {
            p { (view.t("sale-approve-text")) }
            (ui::confirm(view, &view.t("sale-approve"), &view.t("sale-approve-sure"), true, &html! {
                p { strong { (view.of(&applied.product)) } " · " (part(view, applied)) }
                p { (view.t("sale-approve-sure-text")) }
                (ui::form(view, &format!("{base}/approval"), &html! {
                    div.row { button.button.danger type="submit" { (view.t("sale-approve")) } }
                }))
            }))
        }))
        (ui::card(Some(&view.t("sale-reject-title")), &ui::form(view, &format!("{base}/rejection"), &html! {
            (Field::area("reason", &reason, 3).value(typed).required().with("maxlength", REASON_MAX.to_string()).render(view, mistakes))
            div.row { button.button type="submit" { (view.t("sale-reject")) } }
        })))
    }
}
