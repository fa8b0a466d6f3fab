//! The listings that wait for a decision, the earliest due first.

use accounts::{Operator, Visit};
use axum::extract::State;
use kernel::{Page, PageQuery, Timestamp};
use maud::{Markup, html};
use platform::http::{Access, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Place, Table, Tone, View, badge};

use crate::{Catalogue, pages::labels::name_of, store::Revision};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone()).page("/operator/products", queue, Access::Operator).done()
}

#[derive(Deserialize)]
struct Wanted {
    show: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// A revision that waits, with its seller's name.
struct Row {
    revision: Revision,
    seller: String,
}

async fn queue(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    Query(wanted): Query<Wanted>,
) -> Result<ui::Page, Problem> {
    let Wanted { show, cursor, limit } = wanted;
    let page = PageQuery { cursor, limit }.checked().map_err(kernel::Error::from)?;
    let now = catalogue.app.clock.now();
    let mut tx = catalogue.app.db.read();
    let mut waiting = catalogue.queue(&mut tx, &operator, page).await?;
    let overdue_only = show.as_deref() == Some("overdue");
    if overdue_only {
        // The earliest due come first: when one is not overdue, none after it is.
        let all = waiting.items.len();
        waiting.items.retain(|revision| revision.due_at < now);
        waiting.next_cursor = waiting.next_cursor.filter(|_| waiting.items.len() == all);
    }
    let sellers = catalogue.sellers_of(&mut tx, &waiting.items).await?;
    let rows = waiting.items.into_iter().zip(sellers).map(|(revision, seller)| Row { revision, seller });
    let rows = Page { items: rows.collect(), next_cursor: waiting.next_cursor };
    Ok(listed(&visit.view, &rows, now, overdue_only))
}

fn listed(view: &View, rows: &Page<Row>, now: Timestamp, overdue_only: bool) -> ui::Page {
    let title = view.t("listing-queue-title");
    let ways = [
        (view.t("listing-queue-all"), "/operator/products".to_owned(), !overdue_only),
        (view.t("listing-queue-overdue"), "/operator/products?show=overdue".to_owned(), overdue_only),
    ];
    let empty = if overdue_only {
        ui::empty(&view.t("listing-queue-none-overdue"), &view.t("listing-queue-none-overdue-text"), &html! {})
    } else {
        ui::empty(&view.t("listing-queue-empty"), &view.t("listing-queue-empty-text"), &html! {})
    };
    let table = Table::new(view, &title, &rows.items)
        .column(view.t("listing-list-product"), |row| html! {
            a href={ "/operator/products/" (row.revision.id) } { (name_of(view, &row.revision.content.listing.name)) }
        })
        .column(view.t("listing-queue-seller"), |row| html! { (row.seller) })
        .column(view.t("listing-version-number"), |row| kind(view, &row.revision))
        .column(view.t("listing-submitted-at"), |row| view.time(row.revision.submitted_at))
        .column(view.t("listing-due-at"), |row| due(view, &row.revision, now))
        .empty(empty)
        .next(rows.next_cursor.as_deref())
        .render();
    ui::page(
        view,
        Place::Operator("products"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("listing-queue-lead")), &html! {}))
            (ui::tabs(&title, &ways))
            (table)
        },
    )
}

fn kind(view: &View, revision: &Revision) -> Markup {
    let said = if revision.number == 1 {
        view.t("listing-first")
    } else {
        view.ta("listing-version-n", &[("number", revision.number.into())])
    };
    html! { (said) }
}

pub(super) fn due(view: &View, revision: &Revision, now: Timestamp) -> Markup {
    html! {
        (view.time(revision.due_at))
        @if revision.due_at < now { " " (badge(Tone::Bad, &view.t("listing-overdue"))) }
    }
}
