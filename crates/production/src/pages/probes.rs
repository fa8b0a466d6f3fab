//! Probes (拨测记录): how the seller's system did when the site tried it out by itself, what failed and how to mend it.

use accounts::{Seller, Visit};
use axum::extract::State;
use kernel::{PageQuery, Result};
use maud::{Markup, html};
use platform::http::{Access, Problem, Query, Routes};
use ui::{Page, Place, Table, Tone, View};

use super::{cases::what_failed, tabs};
use crate::{
    Production,
    actions::Probed,
    rules::probe::{FailedCase, Probe, ProbeOutcome},
};

pub(super) fn routes(production: &Production) -> Routes {
    Routes::of(production.clone()).page("/seller/production/probes", show, Access::Seller).done()
}

async fn show(
    State(production): State<Production>,
    visit: Visit,
    seller: Seller,
    Query(page): Query<PageQuery>,
) -> Result<Page, Problem> {
    let page = page.checked().map_err(kernel::Error::from)?;
    let probed = production.own_probes(&mut production.app.db.read(), &seller, page).await?;
    let view = &visit.view;
    let title = view.t("production-probes-title");
    let table = Table::new(view, &title, &probed.probes.items)
        .column(view.t("production-when"), |probe: &Probe| html! { (view.time(probe.begun_at)) })
        .column(view.t("production-field-address"), |probe| html! { span.address { (probe.url) } })
        .column(view.t("production-result"), |probe| {
            html! {
                (outcome(view, probe))
                @for case in &probe.failed { (failed(view, case)) }
            }
        })
        .empty(ui::empty(
            &view.t("production-probes-none"),
            &view.t("production-probes-none-text"),
            &ui::button_link("/seller/production/cases", &view.t("production-probes-cases"), true),
        ))
        .next(probed.probes.next_cursor.as_deref())
        .render();
    Ok(ui::page(
        view,
        Place::Seller("production"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("production-probes-lead")), &html! {}))
            (tabs(view, "probes"))
            (standing(view, &probed))
            (table)
        },
    ))
}

/// How the system does, what may follow, and when it is probed next.
fn standing(view: &View, probed: &Probed) -> Markup {
    let next = html! {
        @match probed.next_at {
            Some(next) => { (view.t("production-probes-next")) " " (view.time(next)) },
            None => (view.t("production-probes-off")),
        }
    };
    let Some(failing) = &probed.failing else { return html! { p.muted { (next) } } };
    ui::notice(
        Tone::Bad,
        &html! {
            p {
                strong { (view.ta("production-probes-failing", &[("days", failing.days.into())])) } " "
                (view.t("production-probes-since")) " " (view.time(failing.since))
            }
            p { (view.ta("production-probes-follows", &[("days", probed.freeze_days.into())])) }
            p.small { (next) }
        },
    )
}

fn outcome(view: &View, probe: &Probe) -> Markup {
    let tone = match probe.outcome {
        ProbeOutcome::Running => Tone::Info,
        ProbeOutcome::Passed => Tone::Good,
        ProbeOutcome::Failed => Tone::Bad,
        ProbeOutcome::GivenUp => Tone::Plain,
    };
    let said = match probe.outcome {
        ProbeOutcome::Running | ProbeOutcome::GivenUp => view.word("production-probe", probe.outcome.as_str()),
        ProbeOutcome::Passed => view.ta("production-probe-passed", &[("cases", probe.cases.into())]),
        ProbeOutcome::Failed => {
            let failed = i64::try_from(probe.failed.len()).unwrap_or(i64::MAX);
            view.ta("production-probe-failed", &[("failed", failed.into()), ("cases", probe.cases.into())])
        }
    };
    ui::badge(tone, &said)
}

fn failed(view: &View, case: &FailedCase) -> Markup {
    html! {
        p {
            a href={ "/seller/production/calls/" (case.call) } { (case.name) } " "
            span.small.muted { (view.word("production-scenario", case.scenario.as_str())) }
        }
        (what_failed(view, case.trouble.as_deref(), &case.checks))
    }
}
