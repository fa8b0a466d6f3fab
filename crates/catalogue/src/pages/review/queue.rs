//! The listings that wait for a decision, the earliest due first.

use std::collections::BTreeMap;

use accounts::{Operator, Visit};
use axum::extract::State;
use kernel::{Localized, Page, PageQuery, Timestamp, id::UserId};
use maud::{Markup, html};
use platform::http::{Access, Problem, Query, Routes};
use policy::AccessType;
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Place, Table, Tone, View, badge};

use super::panels::verdict_badge;
use crate::{
    Catalogue,
    actions::Part,
    pages::labels::name_of,
    rules::CheckResult,
    store::{Only, Revision, Waiting},
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone()).page("/operator/products", queue, Access::Operator).done()
}

#[derive(Deserialize)]
struct Wanted {
    show: Option<String>,
    access_type: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// The parts of the queue, as its address names them.
const PARTS: [(&str, Part); 6] = [
    ("all", Part::All),
    ("free", Part::Only(Only::Free)),
    ("mine", Part::Mine),
    ("second", Part::Only(Only::Second)),
    ("failed", Part::Only(Only::Failed)),
    ("overdue", Part::Overdue),
];

/// A case that waits, with its seller's name.
struct Row {
    waiting: Waiting,
    seller: String,
}

/// What the queue is shown with.
struct Shown {
    now: Timestamp,
    part: Part,
    access_type: Option<AccessType>,
    claim_minutes: u32,
    reviewers: BTreeMap<UserId, String>,
    types: Vec<(AccessType, Localized)>,
}

async fn queue(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    Query(wanted): Query<Wanted>,
) -> Result<ui::Page, Problem> {
    let Wanted { show, access_type, cursor, limit } = wanted;
    let page = PageQuery { cursor, limit }.checked().map_err(kernel::Error::from)?;
    let part = PARTS.iter().find(|(name, _)| show.as_deref() == Some(*name)).map_or(Part::All, |(_, part)| *part);
    let access_type = access_type.and_then(|text| text.parse().ok());
    let mut tx = catalogue.app.db.read();
    let waiting = catalogue.queue(&mut tx, &operator, (part, access_type), page).await?;
    let revisions: Vec<Revision> = waiting.items.iter().map(|waiting| waiting.revision.clone()).collect();
    let sellers = catalogue.sellers_of(&mut tx, &revisions).await?;
    let mut reviewers = BTreeMap::new();
    for claim in waiting.items.iter().filter_map(|waiting| waiting.case.claim()) {
        reviewers.insert(claim.by, catalogue.accounts.colleague(&mut tx, &operator, claim.by).await?);
    }
    let policy = catalogue.policies.current().await?;
    let shown = Shown {
        now: catalogue.app.clock.now(),
        part,
        access_type,
        claim_minutes: policy.review.claim_minutes,
        reviewers,
        types: policy.access_types.iter().map(|rules| (rules.code, rules.name.clone())).collect(),
    };
    let rows = waiting.items.into_iter().zip(sellers).map(|(waiting, seller)| Row { waiting, seller });
    let rows = Page { items: rows.collect(), next_cursor: waiting.next_cursor };
    Ok(listed(&visit.view, &rows, &shown))
}

fn listed(view: &View, rows: &Page<Row>, shown: &Shown) -> ui::Page {
    let title = view.t("listing-queue-title");
    let ways = PARTS.map(|(name, part)| {
        let href =
            if part == Part::All { "/operator/products".to_owned() } else { format!("/operator/products?show={name}") };
        (view.word("review-show", name), href, part == shown.part)
    });
    let empty = if shown.part == Part::All && shown.access_type.is_none() {
        ui::empty(&view.t("listing-queue-empty"), &view.t("listing-queue-empty-text"), &html! {})
    } else {
        ui::empty(&view.t("review-none"), &view.t("review-none-text"), &html! {})
    };
    let revision = |row: &Row| row.waiting.revision.id;
    let table = Table::new(view, &title, &rows.items)
        .filters(filters(view, shown))
        .column(view.t("listing-list-product"), move |row| html! {
            a href={ "/operator/products/" (revision(row)) } { (name_of(view, &row.waiting.revision.content.listing.name)) }
        })
        .column(view.t("listing-queue-seller"), |row| html! { (row.seller) })
        .column(view.t("listing-version-number"), |row| kind(view, &row.waiting.revision))
        .column(view.t("review-checks"), |row| checked(view, &row.waiting))
        .column(view.t("listing-submitted-at"), |row| view.time(row.waiting.revision.submitted_at))
        .column(view.t("listing-due-at"), |row| due(view, &row.waiting.revision, shown.now))
        .column(view.t("review-reviewer"), |row| holder(view, &row.waiting, shown))
        .empty(empty)
        .next(rows.next_cursor.as_deref())
        .render();
    ui::page(
        view,
        Place::Operator("products"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("listing-queue-lead")), &html! {
                (ui::button_link("/operator/products/statistics", &view.t("review-statistics"), false))
            }))
            (ui::tabs(&view.t("sale-queues"), &super::removals::queues(view, "/operator/products")))
            (ui::tabs(&title, &ways))
            (table)
        },
    )
}

/// A site with one access type has nothing to choose.
fn filters(view: &View, shown: &Shown) -> Markup {
    if shown.types.len() < 2 {
        return html! {};
    }
    let mut choices = vec![Choice::new("", view.t("review-any-type"))];
    choices.extend(shown.types.iter().map(|(known, name)| Choice::new(known.as_str(), view.of(name))));
    let label = view.t("review-type");
    let chosen = shown.access_type.map_or("", AccessType::as_str);
    let part = PARTS.iter().find(|(_, part)| *part == shown.part).map_or("all", |(name, _)| *name);
    html! {
        input type="hidden" name="show" value=(part);
        (Field::select("access_type", &label, &choices).value(chosen).required().render(view, &Mistakes::none()))
    }
}

fn kind(view: &View, revision: &Revision) -> Markup {
    let said = if revision.number == 1 {
        view.t("listing-first")
    } else {
        view.ta("listing-version-n", &[("number", revision.number.into())])
    };
    html! { (said) }
}

/// How the checks ended, the worst first.
fn checked(view: &View, waiting: &Waiting) -> Markup {
    let case = &waiting.case;
    html! {
        @if case.checked_at.is_none() { span.muted { (view.t("review-checks-running")) } }
        @else {
            @if case.failed > 0 { (verdict_badge(view, CheckResult::Failed)) " " }
            @else if case.warned > 0 { (verdict_badge(view, CheckResult::Warned)) " " }
            @else { (verdict_badge(view, CheckResult::Passed)) " " }
        }
        @if case.needs_second { (badge(Tone::Info, &view.t(if case.approved_by.is_some() { "review-second" } else { "review-two" }))) }
    }
}

fn holder(view: &View, waiting: &Waiting, shown: &Shown) -> Markup {
    let held = waiting.case.claim().filter(|claim| claim.holds(shown.now, shown.claim_minutes));
    html! {
        @match held.and_then(|claim| shown.reviewers.get(&claim.by)) {
            Some(name) => { (name) }
            None => { span.muted { (view.t("review-nobody")) } }
        }
    }
}

pub(super) fn due(view: &View, revision: &Revision, now: Timestamp) -> Markup {
    html! {
        (view.time(revision.due_at))
        @if revision.due_at < now { " " (badge(Tone::Bad, &view.t("listing-overdue"))) }
    }
}
