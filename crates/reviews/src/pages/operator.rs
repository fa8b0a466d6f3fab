//! The operator's queue of reported reviews, deciding on them and on appeals.

use accounts::{Operator, StaffPermission, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use catalogue::{review_article, stars};
use kernel::{Error, Invalid, PageQuery, id::ReviewCaseId};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, IfMatch, Once, PathParam, Problem, Query, Routes};
use policy::ReviewRules;
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, Table, View};

use super::case_badge;
use crate::{
    Reviews,
    actions::{CaseFile, CaseSeen},
    rules::{ReviewAppealOutcome, ReviewCaseState, ReviewOutcome},
};

const HERE: &str = "/operator/reported-reviews";
const PLACE: Place = Place::Operator("reported-reviews");

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    state: String,
    cursor: Option<String>,
}

async fn list(
    State(reviews): State<Reviews>,
    visit: Visit,
    operator: Operator,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    let view = &visit.view;
    let page = PageQuery { cursor: asked.cursor.clone(), limit: None }.checked().map_err(Error::from)?;
    let state: Option<ReviewCaseState> = asked.state.parse().ok();
    let found = reviews.cases(&mut reviews.app.db.read(), &operator, state, page).await?;
    let title = view.t("product-review-cases");
    let mut tabs = vec![(view.t("product-review-cases-waiting"), HERE.to_owned(), state.is_none())];
    let others = [ReviewCaseState::Hidden, ReviewCaseState::Kept, ReviewCaseState::Upheld, ReviewCaseState::Restored];
    tabs.extend(others.map(|one| {
        (view.word("product-review-case", one.as_str()), format!("{HERE}?state={one}"), state == Some(one))
    }));
    let table = Table::new(view, &title, &found.items)
        .column(
            view.t("product-review-title"),
            |one| html! { a href={ (HERE) "/" (one.case.id) } { (one.review.written.title) } },
        )
        .column(view.t("product-review-stars"), |one| stars(view, u64::from(one.review.written.stars) * 10))
        .column(view.t("product-review-product"), |one| html! { (view.of(&one.product)) })
        .column(view.t("product-review-case-state"), |one| case_badge(view, one.case.state))
        .number(view.t("product-review-reports"), |one| html! { (view.count(one.reports)) })
        .column(view.t("product-review-due"), |one| due(view, one))
        .empty(ui::empty(&view.t("product-review-cases-none"), &view.t("product-review-cases-none-text"), &html! {}))
        .next(found.next_cursor.as_deref())
        .render();
    let body = html! {
        (ui::header(&title, Some(&view.t("product-review-cases-lead")), &html! {}))
        (ui::tabs(&title, &tabs))
        (table)
    };
    Ok(ui::page(view, PLACE, &title, &body))
}

fn due(view: &View, seen: &CaseSeen) -> Markup {
    match seen.case.state {
        ReviewCaseState::Open | ReviewCaseState::Appealed => view.time(seen.case.due_at),
        ReviewCaseState::Kept | ReviewCaseState::Hidden | ReviewCaseState::Upheld | ReviewCaseState::Restored => {
            html! { span.muted { "–" } }
        }
    }
}

/// What was decided, and why.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    verdict: String,
    statement: String,
    answer: String,
    /// Of the review that was read.
    version: String,
}

async fn show(
    State(reviews): State<Reviews>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<ReviewCaseId>,
) -> Result<Page, Problem> {
    page(&reviews, &visit.view, (&operator, id), (&Typed::default(), &Mistakes::none())).await
}

async fn page(
    reviews: &Reviews,
    view: &View,
    (operator, id): (&Operator, ReviewCaseId),
    typed: (&Typed, &Mistakes),
) -> Result<Page, Problem> {
    let (seen, file) = reviews.case(&mut reviews.app.db.read(), operator, id).await?;
    let policy = reviews.policies.current().await?;
    let title = view.ta("product-review-case-of", &[("name", view.of(&seen.product).into())]);
    let may = operator.may_staff(StaffPermission::Review).is_ok();
    let body = html! {
        nav.small aria-label=(view.t("product-review-back-label")) { a href=(HERE) { "← " (view.t("product-review-cases")) } }
        (ui::header(&title, None, &case_badge(view, seen.case.state)))
        (typed.1.summary(view))
        div.with-aside {
            div.stack {
                (reviewed(view, &policy.reviews, &seen))
                (filed(view, &file))
                @if file.versions.len() > 1 { (versions(view, &file)) }
            }
            aside.stack {
                (facts(view, &seen))
                @match seen.case.state {
                    ReviewCaseState::Open if may => (ui::card(Some(&view.t("product-review-decide")), &deciding(view, &seen, typed))),
                    ReviewCaseState::Appealed if may && seen.case.may_answer(operator.user()).is_err() => {
                        (ui::card(Some(&view.t("product-review-appeal")), &html! { p { (view.t("product-review-same-hand")) } }))
                    }
                    ReviewCaseState::Appealed if may => (ui::card(Some(&view.t("product-review-appeal")), &answering(view, id, typed))),
                    ReviewCaseState::Open | ReviewCaseState::Kept | ReviewCaseState::Hidden | ReviewCaseState::Appealed
                    | ReviewCaseState::Upheld | ReviewCaseState::Restored => {}
                }
            }
        }
    };
    Ok(ui::page(view, PLACE, &title, &body))
}

fn reviewed(view: &View, rules: &ReviewRules, seen: &CaseSeen) -> Markup {
    section(&view.t("product-review-as-shown"), &review_article(view, rules, &seen.shown, &html! {}))
}

fn section(title: &str, body: &Markup) -> Markup {
    ui::card(Some(title), body)
}

fn filed(view: &View, file: &CaseFile) -> Markup {
    section(
        &view.t("product-review-reports"),
        &html! {
            ul.plain {
                @for (report, name) in &file.reports {
                    li {
                        strong { (view.word("product-review-reason", report.reason.as_str())) } " "
                        span.small.muted { (name) " · " (view.time(report.reported_at)) " · " (view.ta("product-review-reported-version", &[("number", report.version.into())])) }
                        @if !report.note.is_empty() { div.kept-lines { (report.note) } }
                    }
                }
            }
        },
    )
}

/// What the review has said before.
fn versions(view: &View, file: &CaseFile) -> Markup {
    section(
        &view.t("product-review-versions"),
        &html! {
            @for version in file.versions.iter().rev() {
                details {
                    summary { (view.ta("product-review-version", &[("number", version.number.into()), ("stars", version.stars.into())])) " · " (view.time(version.written_at)) }
                    p { strong { (version.title) } }
                    p.review-text { (version.text) }
                }
            }
        },
    )
}

fn facts(view: &View, seen: &CaseSeen) -> Markup {
    let (case, review) = (&seen.case, &seen.review);
    let mut rows = vec![
        (
            view.t("product-review-product"),
            html! { a href={ "/products/" (review.product) } { (view.of(&seen.product)) } },
        ),
        (view.t("product-review-seller"), html! { (seen.seller) }),
        (
            view.t("product-review-account"),
            html! { a href={ "/operator/accounts/" (review.account) } { (seen.author) } },
        ),
        (view.t("product-review-opened"), view.time(case.opened_at)),
    ];
    if matches!(case.state, ReviewCaseState::Open | ReviewCaseState::Appealed) {
        rows.push((view.t("product-review-due"), view.time(case.due_at)));
    }
    if let Some(statement) = &case.statement {
        rows.push((view.t("product-review-statement"), html! { span.kept-lines { (statement) } }));
    }
    if let Some(appeal) = &case.appeal {
        rows.push((view.t("product-review-appeal"), html! { span.kept-lines { (appeal) } }));
    }
    if let Some(answer) = &case.answer {
        rows.push((view.t("product-review-appeal-answer"), html! { span.kept-lines { (answer) } }));
    }
    section(&view.t("product-review-case-facts"), &ui::facts(&rows))
}

fn deciding(view: &View, seen: &CaseSeen, (typed, mistakes): (&Typed, &Mistakes)) -> Markup {
    let card = |one: &ReviewOutcome| {
        Choice::new(one.as_str(), view.word("product-review-outcome", one.as_str()))
            .hint(view.word("product-review-outcome-hint", one.as_str()))
    };
    let choices: Vec<Choice> = ReviewOutcome::ALL.iter().map(card).collect();
    let statement = view.t("product-review-statement");
    ui::form(
        view,
        &format!("{HERE}/{}/decision", seen.case.id),
        &html! {
            input type="hidden" name="version" value=(seen.review.version);
            (ui::choice_cards(&view.t("product-review-decision"), "verdict", &choices, &typed.verdict, mistakes))
            (Field::area("statement", &statement, 4).value(&typed.statement).hint(view.t("product-review-statement-hint")).required().with("maxlength", "2000").render(view, mistakes))
            div.row { button.button.primary type="submit" { (view.t("product-review-decide")) } }
        },
    )
}

fn answering(view: &View, id: ReviewCaseId, (typed, mistakes): (&Typed, &Mistakes)) -> Markup {
    let card =
        |one: &ReviewAppealOutcome| Choice::new(one.as_str(), view.word("product-review-appeal-outcome", one.as_str()));
    let choices: Vec<Choice> = ReviewAppealOutcome::ALL.iter().map(card).collect();
    let answer = view.t("product-review-appeal-answer");
    ui::form(
        view,
        &format!("{HERE}/{id}/appeal-decision"),
        &html! {
            (ui::choice_cards(&view.t("product-review-decision"), "verdict", &choices, &typed.verdict, mistakes))
            (Field::area("answer", &answer, 4).value(&typed.answer).required().with("maxlength", "2000").render(view, mistakes))
            div.row { button.button.primary type="submit" { (view.t("product-review-decide")) } }
        },
    )
}

fn chosen<T: std::str::FromStr>(verdict: &str) -> Result<T, Invalid> {
    verdict.parse().map_err(|_| Invalid::one("verdict", ("has to be chosen", "须选择一项")))
}

async fn decide(
    State(reviews): State<Reviews>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<ReviewCaseId>,
    once: Once,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let done = once.run(&reviews.app, async |tx| {
        let read = typed.version.parse().ok().map(IfMatch);
        reviews.decide(tx, &operator, (id, read), (chosen(&typed.verdict)?, &typed.statement)).await?;
        Ok(Answer::see_other(format!("{HERE}/{id}?done=review-decided")))
    });
    let done = done.await;
    answered(&reviews, (&visit.view, &operator), (id, &typed), done).await
}

async fn decide_appeal(
    State(reviews): State<Reviews>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<ReviewCaseId>,
    once: Once,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let done = once.run(&reviews.app, async |tx| {
        reviews.decide_appeal(tx, &operator, (id, chosen(&typed.verdict)?, &typed.answer)).await?;
        Ok(Answer::see_other(format!("{HERE}/{id}?done=review-decided")))
    });
    let done = done.await;
    answered(&reviews, (&visit.view, &operator), (id, &typed), done).await
}

async fn answered(
    reviews: &Reviews,
    (view, operator): (&View, &Operator),
    (id, typed): (ReviewCaseId, &Typed),
    done: Result<Answer, Problem>,
) -> Result<Response, Problem> {
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = view.retry(problem)?;
            Ok(page(reviews, view, (operator, id), (typed, &mistakes)).await?.refused().into_response())
        }
    }
}

pub(super) fn routes(reviews: &Reviews) -> Routes {
    Routes::of(reviews.clone())
        .page("/operator/reported-reviews", list, Access::Operator)
        .page("/operator/reported-reviews/{review_case}", show, Access::Operator)
        .form("/operator/reported-reviews/{review_case}/decision", decide, Access::Operator)
        .form("/operator/reported-reviews/{review_case}/appeal-decision", decide_appeal, Access::Operator)
        .done()
}
