//! What waits for the operator: applications, changes, business information; and all sellers.

use accounts::{Operator, Visit};
use axum::extract::State;
use kernel::{Error, PageQuery, Timestamp, id::AccountId, page::PageOf};
use maud::{Markup, html};
use platform::http::{Access, Answer, Once, PathParam, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, Table, Tone, View};

use super::{business, shown};
use crate::{
    Application, ApplicationState, Certification, CertificationState, Change, ChangeState, SellerRow, Sellers,
    rules::business::is_blocked,
};

pub(super) fn routes(sellers: &Sellers) -> Routes {
    Routes::of(sellers.clone())
        .page("/operator/sellers", applications, Access::Operator)
        .page("/operator/sellers/changes", changes, Access::Operator)
        .page("/operator/sellers/business", business, Access::Operator)
        .page("/operator/sellers/all", all, Access::Operator)
        .form("/operator/sellers/all/{account}/lift-block", lift, Access::Operator)
        .done()
}

/// Which rows of a queue; those that wait, unless told.
#[derive(Deserialize)]
struct Wanted {
    state: Option<String>,
    cursor: Option<String>,
}

impl Wanted {
    /// `None`: in every state.
    fn checked<S: std::str::FromStr>(&self, waiting: S) -> Result<(Option<S>, PageOf), Error> {
        let state = match self.state.as_deref() {
            None => Some(waiting),
            Some(text) => text.parse().ok(),
        };
        Ok((state, PageQuery { cursor: self.cursor.clone(), limit: None }.checked()?))
    }
}

fn page(view: &View, at: &str, body: &Markup) -> Page {
    let title = view.t("selling-reviews");
    let tab = |word: &str, href: &str| (view.word("selling-queue", word), href.to_owned(), at == word);
    ui::page(
        view,
        Place::Operator("sellers"),
        &title,
        &html! {
            (ui::header(&title, None, &html! {}))
            (ui::tabs(&title, &[
                tab("applications", "/operator/sellers"),
                tab("changes", "/operator/sellers/changes"),
                tab("business", "/operator/sellers/business"),
                tab("all", "/operator/sellers/all"),
            ]))
            (body)
        },
    )
}

/// The choice of a state; `words` begins the keys of the states' names.
fn states(view: &View, words: &'static str, all: &[&'static str], chosen: Option<&str>) -> Markup {
    let mut choices: Vec<Choice> = all.iter().map(|state| Choice::new(*state, view.word(words, state))).collect();
    choices.push(Choice::new("any", view.t("selling-any-state")));
    let label = view.t("selling-state");
    let chosen = chosen.unwrap_or("any");
    Field::select("state", &label, &choices).value(chosen).required().render(view, &Mistakes::none())
}

fn none_waiting(view: &View) -> Markup {
    ui::empty(&view.t("selling-queue-none"), &view.t("selling-queue-none-text"), &html! {})
}

async fn applications(
    State(sellers): State<Sellers>,
    visit: Visit,
    operator: Operator,
    Query(wanted): Query<Wanted>,
) -> Result<Page, Problem> {
    let (state, query) = wanted.checked(ApplicationState::Submitted)?;
    let found = sellers.applications(&mut sellers.app.db.read(), &operator, state, query).await?;
    let (view, now) = (&visit.view, sellers.app.clock.now());
    let table = Table::new(view, view.word("selling-queue", "applications"), &found.items)
        .filters(states(
            view,
            "selling-application",
            &["submitted", "approved", "rejected"],
            state.map(ApplicationState::as_str),
        ))
        .column(view.word("selling-field", "company_name"), |one: &Application| {
            html! {
                a href={ "/operator/sellers/applications/" (one.id) } { (shown::told(&one.form, "company_name")) }
            }
        })
        .column(view.t("selling-submitted-at"), |one| html! { @if let Some(at) = one.submitted_at { (view.time(at)) } })
        .column(view.t("selling-due"), |one| {
            html! {
                @if let Some(at) = one.due_at { (shown::due(view, at, one.state == ApplicationState::Submitted, now)) }
            }
        })
        .column(view.t("selling-state"), |one| shown::application_badge(view, one.state))
        .empty(none_waiting(view))
        .next(found.next_cursor.as_deref());
    Ok(page(view, "applications", &table.render()))
}

/// The names of sellers, for lists that hold only their accounts.
async fn names(
    sellers: &Sellers,
    operator: &Operator,
    accounts: Vec<AccountId>,
) -> Result<Vec<(AccountId, String)>, Error> {
    let mut tx = sellers.app.db.read();
    let mut names = Vec::new();
    for account in accounts {
        if !names.iter().any(|(known, _)| *known == account) {
            names.push((account, sellers.seller_for_operator(&mut tx, operator, account).await?.name));
        }
    }
    Ok(names)
}

fn name_of(names: &[(AccountId, String)], account: AccountId) -> &str {
    names.iter().find(|(known, _)| *known == account).map_or("", |(_, name)| name)
}

async fn changes(
    State(sellers): State<Sellers>,
    visit: Visit,
    operator: Operator,
    Query(wanted): Query<Wanted>,
) -> Result<Page, Problem> {
    let (state, query) = wanted.checked(ChangeState::Submitted)?;
    let found = sellers.changes(&mut sellers.app.db.read(), &operator, state, query).await?;
    let names = names(&sellers, &operator, found.items.iter().map(|one| one.account_id).collect()).await?;
    let (view, now) = (&visit.view, sellers.app.clock.now());
    let all: Vec<&'static str> = ChangeState::ALL.iter().map(|state| state.as_str()).collect();
    let table = Table::new(view, view.word("selling-queue", "changes"), &found.items)
        .filters(states(view, "selling-change", &all, state.map(ChangeState::as_str)))
        .column(view.t("selling-seller"), |one: &Change| {
            html! {
                a href={ "/operator/sellers/changes/" (one.id) } { (name_of(&names, one.account_id)) }
            }
        })
        .column(view.t("selling-submitted-at"), |one| view.time(one.submitted_at))
        .column(view.t("selling-due"), |one| shown::due(view, one.due_at, one.state == ChangeState::Submitted, now))
        .column(view.t("selling-state"), |one| shown::change_badge(view, one.state))
        .empty(none_waiting(view))
        .next(found.next_cursor.as_deref());
    Ok(page(view, "changes", &table.render()))
}

async fn business(
    State(sellers): State<Sellers>,
    visit: Visit,
    operator: Operator,
    Query(wanted): Query<Wanted>,
) -> Result<Page, Problem> {
    let (state, query) = wanted.checked(CertificationState::Submitted)?;
    let found = sellers.certifications(&mut sellers.app.db.read(), &operator, state, query).await?;
    let names = names(&sellers, &operator, found.items.iter().map(|one| one.account_id).collect()).await?;
    let (view, now, policy) = (&visit.view, sellers.app.clock.now(), sellers.policies.current().await?);
    let all: Vec<&'static str> = CertificationState::ALL.iter().map(|state| state.as_str()).collect();
    let table = Table::new(view, view.word("selling-queue", "business"), &found.items)
        .filters(states(view, "selling-certification", &all, state.map(CertificationState::as_str)))
        .column(view.t("selling-seller"), |one: &Certification| {
            html! {
                a href={ "/operator/sellers/business/" (one.id) } { (name_of(&names, one.account_id)) }
            }
        })
        .column(view.word("selling-field", "entity"), |one| {
            html! { (business::entity(view, &policy, &one.entity)) " · " (business::region_names(view, &one.regions.0)) }
        })
        .column(view.t("selling-submitted-at"), |one| view.time(one.submitted_at))
        .column(view.t("selling-due"), |one| {
            shown::due(view, one.due_at, one.state == CertificationState::Submitted, now)
        })
        .column(view.t("selling-state"), |one| shown::certification_badge(view, one.state))
        .empty(none_waiting(view))
        .next(found.next_cursor.as_deref());
    Ok(page(view, "business", &table.render()))
}

#[derive(Deserialize)]
struct Which {
    show: Option<String>,
    cursor: Option<String>,
}

async fn all(
    State(sellers): State<Sellers>,
    visit: Visit,
    operator: Operator,
    Query(Which { show, cursor }): Query<Which>,
) -> Result<Page, Problem> {
    let query = PageQuery { cursor, limit: None }.checked().map_err(Error::from)?;
    let blocked = show.as_deref() == Some("blocked");
    let mut tx = sellers.app.db.read();
    let found = if blocked {
        sellers.blocked(&mut tx, &operator, query).await?
    } else {
        sellers.list(&mut tx, &operator, query).await?
    };
    let most = sellers.policies.current().await?.sellers.business_information_failures_max;
    let view = &visit.view;
    let choices =
        [Choice::new("all", view.t("selling-show-all")), Choice::new("blocked", view.t("selling-show-blocked"))];
    let label = view.t("selling-show");
    let filter = Field::select("show", &label, &choices).value(if blocked { "blocked" } else { "all" }).required();
    let empty = if blocked { "selling-blocked-none" } else { "selling-sellers-none" };
    let table = Table::new(view, view.word("selling-queue", "all"), &found.items)
        .filters(filter.render(view, &Mistakes::none()))
        .column(
            view.t("selling-seller"),
            |row: &SellerRow| html! { a href={ "/sellers/" (row.account_id) } { (row.name) } },
        )
        .column(view.word("selling-field", "registration_number"), |row| html! { (row.registration_number) })
        .column(view.t("selling-admitted-at"), |row| view.date(row.admitted_at))
        .column(view.t("selling-failures"), |row| failures(view, row, most))
        .empty(ui::empty(&view.t(empty), &view.t("selling-sellers-none-text"), &html! {}))
        .next(found.next_cursor.as_deref());
    Ok(page(view, "all", &table.render()))
}

/// Failed business information, and the way to let a blocked seller try again.
fn failures(view: &View, row: &SellerRow, most: u32) -> Markup {
    html! {
        @if is_blocked(row.business_failures, most) {
            div.row {
                (ui::badge(Tone::Bad, &view.t("selling-blocked")))
                (ui::confirm(view, &view.t("selling-lift"), &view.ta("selling-lift-sure", &[("name", row.name.as_str().into())]), false, &ui::form(view, &format!("/operator/sellers/all/{}/lift-block", row.account_id), &html! {
                    p { (view.ta("selling-lift-effect", &[("failures", row.business_failures.into())])) }
                    div.row { button.button.primary type="submit" { (view.t("selling-lift")) } }
                })))
            }
        } @else { (view.count(row.business_failures)) }
    }
}

async fn lift(
    State(sellers): State<Sellers>,
    operator: Operator,
    PathParam(account): PathParam<AccountId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&sellers.app, async |tx| {
        sellers.lift_business_block(tx, &operator, account).await?;
        Ok(Answer::see_other("/operator/sellers/all?done=block-lifted"))
    })
    .await
}

/// Until when a decision is due, for the pages that decide.
pub(super) fn due_fact(view: &View, due_at: Timestamp, open: bool, now: Timestamp) -> (String, Markup) {
    (view.t("selling-due"), shown::due(view, due_at, open, now))
}
