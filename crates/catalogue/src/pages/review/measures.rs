//! Measures against products: taking them with their reasons, deciding on appeals, ending them.

use accounts::{Operator, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{
    Invalid, Localized, PageQuery, Timestamp,
    id::{MeasureId, ProductId},
};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, Table, View};

use super::removals::queues;
use crate::{
    Catalogue,
    actions::Taken,
    pages::labels::{measure_badge, measure_facts},
    rules::{AppealOutcome, MeasureKind, MeasureState, STATEMENT_MAX, Statement},
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/operator/measures", list, Access::Operator)
        .page("/operator/measures/{measure}", show, Access::Operator)
        .form("/operator/measures/{measure}/decision", decide, Access::Operator)
        .form("/operator/measures/{measure}/lifting", lift, Access::Operator)
        .page("/operator/listings/{product}/measure", begin, Access::Operator)
        .form("/operator/listings/{product}/measure", take, Access::Operator)
        .done()
}

#[derive(Deserialize)]
struct Wanted {
    state: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

async fn list(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    Query(wanted): Query<Wanted>,
) -> Result<Page, Problem> {
    let Wanted { state, cursor, limit } = wanted;
    let page = PageQuery { cursor, limit }.checked().map_err(kernel::Error::from)?;
    let view = &visit.view;
    let state: Option<MeasureState> = state.and_then(|state| state.parse().ok());
    let taken = catalogue.all_measures(&mut catalogue.app.db.read(), &operator, state, page).await?;
    let title = view.t("measure-list");
    let mut ways = vec![(view.t("measure-all"), "/operator/measures".to_owned(), state.is_none())];
    ways.extend([MeasureState::Appealed, MeasureState::InForce].map(|one| {
        (view.word("measure-state", one.as_str()), format!("/operator/measures?state={one}"), state == Some(one))
    }));
    let table = Table::new(view, &title, &taken.items)
        .column(view.t("listing-list-product"), |one| html! { a href={ "/operator/measures/" (one.measure.id) } { (view.of(&one.product)) } })
        .column(view.t("listing-queue-seller"), |one| html! { (one.seller) })
        .column(view.t("measure-kind"), |one| html! { (view.word("measure-kind", one.measure.kind.as_str())) })
        .column(view.t("listing-list-state"), |one| measure_badge(view, one.measure.state))
        .column(view.t("measure-taken-at"), |one| view.time(one.measure.taken_at))
        .column(view.t("listing-due-at"), |one| html! { @if one.measure.state == MeasureState::Appealed && let Some(due) = one.measure.appeal_due_at { (view.time(due)) } })
        .empty(ui::empty(&view.t("measure-none"), &view.t("measure-none-text"), &html! {}))
        .next(taken.next_cursor.as_deref())
        .render();
    let body = html! {
        (ui::header(&title, Some(&view.t("measure-list-lead")), &html! {}))
        (ui::tabs(&view.t("sale-queues"), &queues(view, "/operator/measures")))
        (ui::tabs(&title, &ways))
        (table)
    };
    Ok(ui::page(view, Place::Operator("products"), &title, &body))
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    pub(super) kind: String,
    pub(super) rule: String,
    pub(super) facts: String,
    pub(super) remedy: String,
    /// A day on the site's wall; the measure ends when the day does.
    pub(super) until: String,
}

impl Typed {
    pub(super) fn statement(&self, zone: &jiff::tz::TimeZone) -> Result<Statement, Invalid> {
        let mut wrong = Invalid::default();
        let kind = self.kind.parse::<MeasureKind>().map_err(|_| ("has to be chosen", "须选择一项"));
        let kind = wrong.keep(kind, "kind");
        let until = match self.until.trim() {
            "" => Some(None),
            day => wrong
                .keep(
                    end_of_day(day, zone).ok_or(("must be a day, such as 2026-12-31", "须为日期，例如 2026-12-31")),
                    "until",
                )
                .map(Some),
        };
        wrong.done()?;
        let (Some(kind), Some(until)) = (kind, until) else { return Err(Invalid::default()) };
        let Self { rule, facts, remedy, .. } = self;
        Ok(Statement { kind, rule: rule.clone(), facts: facts.clone(), remedy: remedy.clone(), until })
    }
}

fn end_of_day(day: &str, zone: &jiff::tz::TimeZone) -> Option<Timestamp> {
    let next = day.parse::<jiff::civil::Date>().ok()?.tomorrow().ok()?;
    let start = next.to_zoned(zone.clone()).ok()?.timestamp();
    Some(Timestamp::from_micros(start.as_microsecond()))
}

async fn begin(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<ProductId>,
) -> Result<Page, Problem> {
    let accused = catalogue.accused(&mut catalogue.app.db.read(), &operator, id).await?;
    Ok(beginning(&visit.view, (id, &accused), &Typed::default(), &Mistakes::none()))
}

async fn take(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let zone = catalogue.policies.current().await?.zone();
    let taken = once.run(&catalogue.app, async |tx| {
        let measure = catalogue.take_measure(tx, &operator, id, &typed.statement(&zone)?).await?;
        Ok(Answer::see_other(format!("/operator/measures/{}?done=measure-taken", measure.id)))
    });
    match taken.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let accused = catalogue.accused(&mut catalogue.app.db.read(), &operator, id).await?;
            Ok(beginning(&visit.view, (id, &accused), &typed, &mistakes).refused().into_response())
        }
    }
}

fn beginning(
    view: &View,
    (id, accused): (ProductId, &(Localized, String)),
    typed: &Typed,
    mistakes: &Mistakes,
) -> Page {
    let title = view.t("measure-take");
    let body = html! {
        (ui::header(&title, Some(&view.ta("measure-against", &[("name", view.of(&accused.0).into()), ("seller", accused.1.as_str().into())])), &html! {}))
        (mistakes.summary(view))
        (ui::card(None, &stating(view, (&format!("/operator/listings/{id}/measure"), &title), typed, mistakes)))
    };
    ui::page(view, Place::Operator("products"), &title, &body)
}

/// The form of a statement of reasons, by which a measure is taken.
pub(super) fn stating(view: &View, (action, button): (&str, &str), typed: &Typed, mistakes: &Mistakes) -> Markup {
    let card = |kind: &MeasureKind| {
        Choice::new(kind.as_str(), view.word("measure-kind", kind.as_str()))
            .hint(view.word("measure-kind-hint", kind.as_str()))
    };
    let kinds: Vec<Choice> = MeasureKind::ALL.iter().map(card).collect();
    let area = |name: &'static str, label: String, hint: String, value: &str| {
        Field::area(name, &label, 3)
            .value(value)
            .hint(hint)
            .required()
            .with("maxlength", STATEMENT_MAX.to_string())
            .render(view, mistakes)
    };
    let until = view.t("measure-until");
    ui::form(
        view,
        action,
        &html! {
            (ui::choice_cards(&view.t("measure-kind"), "kind", &kinds, &typed.kind, mistakes))
            (area("rule", view.t("measure-rule"), view.t("measure-rule-hint"), &typed.rule))
            (area("facts", view.t("measure-facts"), view.t("measure-facts-hint"), &typed.facts))
            (area("remedy", view.t("measure-remedy"), view.t("measure-remedy-hint"), &typed.remedy))
            (Field::input("date", "until", &until).value(&typed.until).hint(view.t("measure-until-hint")).render(view, mistakes))
            p.small.muted { (view.t("measure-take-text")) }
            div.row { button.button.danger type="submit" { (button) } }
        },
    )
}

async fn show(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<MeasureId>,
) -> Result<Page, Problem> {
    let taken = catalogue.inspect_measure(&mut catalogue.app.db.read(), &operator, id).await?;
    Ok(page(&visit.view, &operator, &taken, "", &Mistakes::none()))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Decision {
    outcome: String,
    reason: String,
}

async fn decide(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<MeasureId>,
    once: Once,
    Form(said): Form<Decision>,
) -> Result<Response, Problem> {
    let decided = once.run(&catalogue.app, async |tx| {
        let choose = ("has to be chosen", "须选择一项");
        let outcome = said.outcome.parse::<AppealOutcome>().map_err(|_| Invalid::one("outcome", choose))?;
        catalogue.decide_appeal(tx, &operator, id, (outcome, &said.reason)).await?;
        Ok(Answer::see_other(format!("/operator/measures/{id}?done=measure-decided")))
    });
    let decided = decided.await;
    again(&catalogue, (&visit, &operator), (id, &said.reason), decided).await
}

async fn lift(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<MeasureId>,
    once: Once,
    Form(said): Form<Decision>,
) -> Result<Response, Problem> {
    let lifted = once.run(&catalogue.app, async |tx| {
        catalogue.lift_measure(tx, &operator, id, &said.reason).await?;
        Ok(Answer::see_other(format!("/operator/measures/{id}?done=measure-lifted")))
    });
    let lifted = lifted.await;
    again(&catalogue, (&visit, &operator), (id, &said.reason), lifted).await
}

async fn again(
    catalogue: &Catalogue,
    (visit, operator): (&Visit, &Operator),
    (id, typed): (MeasureId, &str),
    done: Result<Answer, Problem>,
) -> Result<Response, Problem> {
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let taken = catalogue.inspect_measure(&mut catalogue.app.db.read(), operator, id).await?;
            Ok(page(&visit.view, operator, &taken, typed, &mistakes).refused().into_response())
        }
    }
}

fn page(view: &View, operator: &Operator, taken: &Taken, typed: &str, mistakes: &Mistakes) -> Page {
    let measure = &taken.measure;
    let title = view.ta("measure-title", &[("name", view.of(&taken.product).into())]);
    let body = html! {
        nav.small aria-label=(view.t("listing-back-label")) { a href="/operator/measures" { (view.t("measure-list")) } }
        (ui::header(&title, Some(&taken.seller), &html! {}))
        (mistakes.summary(view))
        div.with-aside {
            (ui::card(Some(&view.t("measure-statement")), &ui::facts(&measure_facts(view, taken))))
            aside.stack {
                @if measure.state == MeasureState::Appealed && measure.taken_by == operator.user() {
                    (ui::card(Some(&view.t("measure-appeal")), &html! { p { (view.t("measure-same-hand")) } }))
                } @else if measure.state == MeasureState::Appealed {
                    (ui::card(Some(&view.t("measure-appeal")), &deciding(view, taken, typed, mistakes)))
                }
                @if measure.state.holds() && measure.state != MeasureState::Appealed {
                    (ui::card(Some(&view.t("measure-lift")), &lifting(view, taken, typed, mistakes)))
                }
            }
        }
    };
    ui::page(view, Place::Operator("products"), &title, &body)
}

fn deciding(view: &View, taken: &Taken, typed: &str, mistakes: &Mistakes) -> Markup {
    let outcomes: Vec<Choice> = AppealOutcome::ALL
        .iter()
        .map(|one| Choice::new(one.as_str(), view.word("measure-outcome", one.as_str())))
        .collect();
    let reason = view.t("measure-answer");
    ui::form(
        view,
        &format!("/operator/measures/{}/decision", taken.measure.id),
        &html! {
            (ui::choice_cards(&view.t("measure-outcome"), "outcome", &outcomes, "", mistakes))
            (Field::area("reason", &reason, 4).value(typed).required().with("maxlength", STATEMENT_MAX.to_string()).render(view, mistakes))
            div.row { button.button.primary type="submit" { (view.t("measure-decide")) } }
        },
    )
}

fn lifting(view: &View, taken: &Taken, typed: &str, mistakes: &Mistakes) -> Markup {
    let reason = view.t("measure-lift-reason");
    html! {
        p.muted { (view.t("measure-lift-text")) }
        (ui::form(view, &format!("/operator/measures/{}/lifting", taken.measure.id), &html! {
            (Field::area("reason", &reason, 3).value(typed).required().with("maxlength", STATEMENT_MAX.to_string()).render(view, mistakes))
            div.row { button.button type="submit" { (view.t("measure-lift")) } }
        }))
    }
}
