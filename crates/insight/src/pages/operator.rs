//! `/operator`: what waits, what must always hold, how the site sells.

use accounts::{Operator, Visit};
use axum::extract::State;
use maud::{Markup, html};
use platform::http::{Access, Problem, Routes};
use ui::{Page, Place, Table, Tone, View, badge, card, header, stat};

use super::{counts, day, sums};
use crate::{
    Insight,
    actions::{Invariants, SiteOverview},
    rules::Queue,
    store::Waiting,
};

async fn overview(State(insight): State<Insight>, visit: Visit, operator: Operator) -> Result<Page, Problem> {
    let view = &visit.view;
    let seen = insight.site_overview(&mut insight.app.db.read(), &operator, &view.zone).await?;
    let invariants = insight.invariants(&operator).await?;
    let title = view.t("site-home-title");
    Ok(ui::page(
        view,
        Place::Operator("home"),
        &title,
        &html! {
            (header(&title, Some(&view.t("site-home-lead")), &html! {}))
            (queues(view, &seen, insight.app.clock.now()))
            section.card {
                h2 { (view.t("site-home-invariants")) }
                div #invariants data-load="/operator/invariants" data-every="30" { (board(view, &invariants, insight.app.clock.now())) }
            }
            div.stats {
                (stat(&view.t("site-home-sold"), &view.money(seen.sold), None))
                (stat(&view.t("site-home-orders"), &html! { (view.count(i64::try_from(seen.orders).unwrap_or(i64::MAX))) }, None))
            }
            div.columns {
                (card(None, &ui::bars(view, &view.t("site-home-revenue-days"), &sums(view, &seen.days, |bucket| day(view, bucket)))))
                (card(None, &ui::lines(view, &view.t("site-home-order-days"), &counts(view, &seen.days))))
            }
        },
    ))
}

/// The board alone, for those who keep it open.
async fn invariants(State(insight): State<Insight>, visit: Visit, operator: Operator) -> Result<Markup, Problem> {
    let invariants = insight.invariants(&operator).await?;
    Ok(board(&visit.view, &invariants, insight.app.clock.now()))
}

fn queues(view: &View, seen: &SiteOverview, now: kernel::Timestamp) -> Markup {
    let title = view.t("site-home-queues");
    let state = |waiting: &Waiting| match waiting.first.filter(|_| waiting.queue.is_due()) {
        _ if waiting.count == 0 => badge(Tone::Good, &view.t("site-home-clear")),
        Some(due) if due < now => badge(Tone::Bad, &view.t("site-home-overdue")),
        Some(_) | None => badge(Tone::Info, &view.t("site-home-waits")),
    };
    let first = |waiting: &Waiting| {
        html! {
            @match waiting.first {
                Some(at) if waiting.queue.is_due() => (view.time(at)),
                Some(at) => { span.muted { (view.t("site-home-since")) " " } (view.time(at)) }
                None => "–",
            }
        }
    };
    card(
        Some(&title),
        &Table::new(view, title.as_str(), &seen.waiting)
            .column(
                view.t("site-home-queue"),
                |waiting| html! { a href=(place(waiting.queue)) { (view.word("site-queue", waiting.queue.as_str())) } },
            )
            .number(view.t("site-home-count"), |waiting| html! { (view.count(waiting.count)) })
            .column(view.t("site-home-first-due"), first)
            .column(view.t("site-home-state"), state)
            .render(),
    )
}

/// Where what waits is decided, with the rows that wait.
fn place(queue: Queue) -> &'static str {
    match queue {
        Queue::Verifications => "/operator/verifications",
        Queue::Applications => "/operator/sellers",
        Queue::Changes => "/operator/sellers/changes",
        Queue::Certifications => "/operator/sellers/business",
        Queue::Revisions => "/operator/products",
        Queue::Removals => "/operator/removals",
        Queue::Appeals => "/operator/measures?state=appealed",
        Queue::Proposals => "/operator/proposals",
        Queue::Resale => "/operator/resale",
        Queue::Reports => "/operator/reported-reviews",
        Queue::Transfers => "/operator/transfers",
        Queue::Deliveries => "/operator/deliveries?state=failed",
        Queue::Differences => "/operator/differences",
    }
}

fn board(view: &View, seen: &Invariants, now: kernel::Timestamp) -> Markup {
    let Invariants { derived, backlog, sealed_at } = seen;
    let lag = backlog.oldest_due_at.map_or(0, |due| now.micros_since(due).max(0) / 1_000_000);
    let journals = derived.outcome.as_ref().map_or(0, |checked| checked.journals);
    let seal = sealed_at.map(|at| now.micros_since(at).max(0) / 1_000_000);
    let light = |fine: bool| {
        if fine { badge(Tone::Good, &view.t("site-home-holds")) } else { badge(Tone::Bad, &view.t("site-home-broken")) }
    };
    let seconds = |seconds: i64| match seconds.max(0) / 60 {
        0..2 => view.ta("site-home-seconds", &[("count", seconds.into())]),
        minutes => view.ta("site-home-minutes", &[("count", minutes.into())]),
    };
    html! {
        div.stats {
            (stat(&view.t("site-home-books"), &light(derived.outcome.is_ok()), Some(&html! { (view.ta("site-home-derived", &[("journals", view.count(journals).into())])) " " (view.time(derived.at)) })))
            (stat(&view.t("site-home-lag"), &html! { (seconds(lag)) }, Some(&html! { (view.ta("site-home-due", &[("count", backlog.due.into())])) })))
            (stat(&view.t("site-home-dead"), &html! { (view.count(backlog.dead)) }, Some(&html! { a href="/operator/jobs" { (view.t("site-home-to-jobs")) } })))
            (stat(&view.t("site-home-seal"), &html! { @if let Some(seal) = seal { (seconds(seal)) } @else { "–" } }, Some(&html! { (view.t("site-home-seal-what")) })))
        }
        @if let Err(difference) = &derived.outcome {
            div.notice.bad role="alert" { p { strong { (difference.check) } " " (difference.place) ": " (difference.what) } }
        }
    }
}

pub(super) fn routes(insight: &Insight) -> Routes {
    Routes::of(insight.clone())
        .page("/operator", overview, Access::Operator)
        .page("/operator/invariants", invariants, Access::Operator)
        .done()
}
