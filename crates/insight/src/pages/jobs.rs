//! `/operator/jobs`: what waits to be done, and what was given up.

use accounts::{Operator, StaffPermission, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{Error, PageQuery, id::JobId};
use maud::{Markup, html};
use platform::{
    http::{Access, Answer, Once, PathParam, Problem, Query, Routes},
    jobs::{self, JobRow},
};
use ui::{Page, Place, Table, View, card, code, confirm, empty, form, header, stat};

use crate::Insight;

async fn list(
    State(insight): State<Insight>,
    visit: Visit,
    operator: Operator,
    Query(page): Query<PageQuery>,
) -> Result<Page, Problem> {
    operator.may_staff(StaffPermission::Support).map_err(Error::from)?;
    let view = &visit.view;
    let tx = &mut insight.app.db.read();
    let backlog = jobs::backlog(tx, insight.app.clock.now()).await?;
    let dead = jobs::dead_letters(tx, page.checked().map_err(Error::from)?).await?;
    let title = view.t("jobs-title");
    let again = view.t("jobs-restart");
    let what = |job: &JobRow| happened(view, job);
    let restart = |job: &JobRow| {
        let body = form(
            view,
            &format!("/operator/jobs/{}/restart", job.id),
            &html! {
                p { (view.t("jobs-restart-why")) }
                button.button.primary type="submit" { (again) }
            },
        );
        confirm(view, &again, &again, false, &body)
    };
    let dead_title = view.t("jobs-dead");
    Ok(ui::page(
        view,
        Place::Operator("jobs"),
        &title,
        &html! {
            (header(&title, Some(&view.t("jobs-lead")), &ui::button_link("/operator/sandboxes", &view.t("sandbox-all-title"), false)))
            div.stats {
                (stat(&view.t("jobs-due"), &html! { (view.count(backlog.due)) }, None))
                (stat(&view.t("jobs-oldest"), &html! { @if let Some(due) = backlog.oldest_due_at { (view.time(due)) } @else { "–" } }, None))
                (stat(&dead_title, &html! { (view.count(backlog.dead)) }, None))
            }
            (card(Some(&dead_title), &Table::new(view, dead_title.as_str(), &dead.items)
                .column(view.t("jobs-given-up"), |job| html! { @if let Some(at) = job.dead_at { (view.time(at)) } })
                .column(view.t("jobs-event"), what)
                .number(view.t("jobs-tries"), |job| html! { (view.count(job.attempts)) })
                .column(view.t("jobs-error"), |job| html! { (job.last_error.as_deref().unwrap_or_default()) })
                .column("", restart)
                .empty(empty(&view.t("jobs-none"), &view.t("jobs-none-why"), &html! {}))
                .next(dead.next_cursor.as_deref())
                .render()))
        },
    ))
}

/// What has happened in words, with the things that it names, and the event as it is stored.
fn happened(view: &View, job: &JobRow) -> Markup {
    let event = job.event.0.as_object();
    let name = event.and_then(|event| event.get("event")?.as_str()).unwrap_or_default();
    let said = Some(view.word("event", name)).filter(|said| !said.starts_with("event-"));
    let ids = event.into_iter().flatten().filter(|(field, _)| *field != "event").filter_map(|(_, id)| id.as_str());
    html! {
        div.stack {
            strong { (said.as_deref().unwrap_or(name)) }
            @for id in ids {
                @let kind = view.word("thing", id.split('_').next().unwrap_or_default());
                span.small {
                    @match ui::operator_page(id) { Some(href) => a href=(href) { (kind) }, None => (kind) }
                    " " code.muted { (id) }
                }
            }
            details { summary.small { (view.t("jobs-as-stored")) } (code(view, &job.id.to_string(), &job.event.0.to_string())) }
        }
    }
}

async fn restart(
    State(insight): State<Insight>,
    operator: Operator,
    PathParam(job): PathParam<JobId>,
    once: Once,
) -> Result<Response, Problem> {
    let answer = once.run(&insight.app, async |tx| {
        insight.restart(tx, &operator, job).await?;
        Ok(Answer::see_other("/operator/jobs?done=job-restarted"))
    });
    Ok(answer.await?.into_response())
}

pub(super) fn routes(insight: &Insight) -> Routes {
    Routes::of(insight.clone())
        .page("/operator/jobs", list, Access::Operator)
        .form("/operator/jobs/{job}/restart", restart, Access::Operator)
        .done()
}
