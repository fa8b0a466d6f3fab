//! What reviewers did in a month, on a page and as a file.

use accounts::{Operator, Visit};
use axum::{extract::State, response::Response};
use kernel::{Invalid, Timestamp, text::Lang};
use maud::{Markup, html};
use platform::http::{Access, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Field, Mistakes, Page, Place, Table, View};

use crate::{Catalogue, actions::Statistics, rules::Tally};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/operator/products/statistics", show, Access::Operator)
        .page("/operator/products/statistics.csv", file, Access::Operator)
        .done()
}

/// How many days are looked back, unless told.
const DAYS: i64 = 30;
const DAYS_MAX: i64 = 730;

#[derive(Deserialize)]
struct Asked {
    days: Option<String>,
}

impl Asked {
    fn days(&self) -> Result<i64, Invalid> {
        let days = self.days.as_deref().filter(|days| !days.is_empty()).map_or(Ok(DAYS), str::parse);
        let hint = (format!("must be from 1 to {DAYS_MAX}"), format!("须在 1 到 {DAYS_MAX} 之间"));
        days.ok().filter(|days| (1..=DAYS_MAX).contains(days)).ok_or_else(|| Invalid::one("days", hint))
    }
}

async fn read(catalogue: &Catalogue, operator: &Operator, days: i64) -> Result<Statistics, Problem> {
    let now: Timestamp = catalogue.app.clock.now();
    // What was decided in this moment counts.
    let time = (now.plus_days(-days), now.plus_seconds(1));
    Ok(catalogue.statistics(&mut catalogue.app.db.read(), operator, time).await?)
}

async fn show(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    let days = asked.days().map_err(kernel::Error::from)?;
    Ok(page(&visit.view, &read(&catalogue, &operator, days).await?, days))
}

type Row = (kernel::id::UserId, String, Tally);

fn page(view: &View, statistics: &Statistics, days: i64) -> Page {
    let title = view.t("review-statistics");
    let label = view.t("review-days");
    let given = days.to_string();
    let filter = Field::text("days", &label).value(&given).with("inputmode", "numeric").required();
    let empty = ui::empty(&view.t("review-statistics-none"), &view.t("review-statistics-none-text"), &html! {});
    let count = |number: u32| html! { (view.count(number)) };
    let table = Table::new(view, &title, &statistics.reviewers)
        .filters(filter.render(view, &Mistakes::none()))
        .column(view.t("review-reviewer"), |row: &Row| html! { (row.1) })
        .number(view.t("review-decided"), move |row| count(row.2.decided))
        .number(view.t("review-rejected"), move |row| count(row.2.rejected))
        .number(
            view.t("review-median"),
            |row| html! { span data-sort=(row.2.median_minutes) { (time(view, row.2.median_minutes)) } },
        )
        .number(view.t("review-late"), move |row| count(row.2.overdue))
        .number(view.t("review-overturned"), move |row| count(row.2.overturned))
        .number(view.t("review-first-approvals"), move |row| count(row.2.first_approvals))
        .number(view.t("review-removals"), move |row| count(row.2.removals))
        .number(view.t("review-measures"), move |row| count(row.2.measures))
        .number(view.t("review-appeals"), move |row| count(row.2.appeals))
        .empty(empty)
        .csv(format!("/operator/products/statistics.csv?days={days}"))
        .render();
    ui::page(
        view,
        Place::Operator("products"),
        &title,
        &html! {
            nav.small aria-label=(view.t("listing-back-label")) { a href="/operator/products" { (view.t("listing-queue-title")) } }
            (ui::header(&title, Some(&view.t("review-statistics-lead")), &html! {}))
            div.stats {
                (ui::stat(&view.t("review-waiting"), &html! { (view.count(statistics.waiting)) }, None))
                (ui::stat(&view.t("review-show-overdue"), &html! { (view.count(statistics.overdue)) }, None))
                (ui::stat(&view.t("review-since"), &view.date(statistics.from), None))
            }
            div.wide-table { (table) }
            p.small.muted { (view.t("review-overturned-text")) }
        },
    )
}

/// Minutes as people say them.
fn time(view: &View, minutes: i64) -> Markup {
    let (hours, rest) = (minutes / 60, minutes % 60);
    let said = match view.lang {
        Lang::En => format!("{hours} h {rest:02} min"),
        Lang::Zh => format!("{hours} 小时 {rest:02} 分"),
    };
    html! { (said) }
}

async fn file(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let days = asked.days().map_err(kernel::Error::from)?;
    let statistics = read(&catalogue, &operator, days).await?;
    let titles = [
        "review-reviewer",
        "review-decided",
        "review-rejected",
        "review-median-minutes",
        "review-late",
        "review-overturned",
        "review-first-approvals",
        "review-removals",
        "review-measures",
        "review-appeals",
    ];
    let rows: Vec<Vec<String>> = statistics
        .reviewers
        .iter()
        .map(|(_, name, tally)| {
            let Tally { decided, rejected, overdue, overturned, median_minutes, .. } = tally;
            let Tally { first_approvals, removals, measures, appeals, .. } = tally;
            let mut row = vec![name.clone(), decided.to_string(), rejected.to_string(), median_minutes.to_string()];
            let counts = [overdue, overturned, first_approvals, removals, measures, appeals];
            row.extend(counts.map(ToString::to_string));
            row
        })
        .collect();
    let view = &visit.view;
    let statistics_since = statistics.from.format("%Y-%m-%d", &view.zone);
    let until = statistics.until.format("%Y-%m-%d", &view.zone);
    Ok(ui::csv_file(&format!("reviews-{statistics_since}-{until}"), &titles.map(|key| view.t(key)), &rows))
}
