//! An account's own reviews: the list, and one of them with what can be done about it.

use accounts::{Buyer, Permission, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use catalogue::stars;
use kernel::{Error, PageQuery, id::ReviewId};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Field, Mistakes, Page, Table, Tone, View};

use super::{
    case_badge, state_badge,
    writing::{PLACE, Typed, form},
};
use crate::{
    Reviews,
    actions::Listed,
    rules::{Case, Review, ReviewCaseState, ReviewState},
};

const HERE: &str = "/console/reviews";

async fn list(
    State(reviews): State<Reviews>,
    visit: Visit,
    buyer: Buyer,
    Query(query): Query<PageQuery>,
) -> Result<Page, Problem> {
    let view = &visit.view;
    let page = query.checked().map_err(Error::from)?;
    let found = reviews.own(&mut reviews.app.db.read(), &buyer, page).await?;
    let title = view.t("product-review-mine");
    let table = Table::new(view, &title, &found.items)
        .column(view.t("product-review-product"), |one| {
            html! { a href={ (HERE) "/" (one.review.id) } { (view.of(&one.product)) } }
        })
        .column(view.t("product-review-stars"), |one| stars(view, u64::from(one.review.written.stars) * 10))
        .column(view.t("product-review-title"), |one| html! { (one.review.written.title) })
        .column(view.t("product-review-state"), |one| state_badge(view, one.review.state))
        .column(view.t("product-review-written"), |one| view.date(one.review.edited_at.unwrap_or(one.review.written_at)))
        .column(view.t("product-review-answer"), |one| {
            html! { @if one.review.answer.is_some() { (view.t("product-review-answered")) } @else { span.muted { (view.t("product-review-unanswered")) } } }
        })
        .empty(ui::empty(
            &view.t("product-review-mine-none"),
            &view.t("product-review-mine-none-text"),
            &ui::button_link("/console/instances", &view.t("product-review-mine-go"), true),
        ))
        .next(found.next_cursor.as_deref())
        .render();
    let body = html! {
        (ui::header(&title, Some(&view.t("product-review-mine-lead")), &html! {}))
        (table)
    };
    Ok(ui::page(view, PLACE, &title, &body))
}

async fn show(
    State(reviews): State<Reviews>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<ReviewId>,
) -> Result<Page, Problem> {
    page(&reviews, &visit.view, (&buyer, id), (None, &Mistakes::none())).await
}

/// One review: how it stands, the form to change it, and the ways to withdraw or appeal.
pub(super) async fn page(
    reviews: &Reviews,
    view: &View,
    (buyer, id): (&Buyer, ReviewId),
    (typed, mistakes): (Option<&Typed>, &Mistakes),
) -> Result<Page, Problem> {
    page_with(reviews, view, (buyer, id), (typed, "", mistakes)).await
}

/// The same with what was typed into an appeal.
async fn page_with(
    reviews: &Reviews,
    view: &View,
    (buyer, id): (&Buyer, ReviewId),
    (typed, appeal, mistakes): (Option<&Typed>, &str, &Mistakes),
) -> Result<Page, Problem> {
    let listed = reviews.own_one(&mut reviews.app.db.read(), buyer, id).await?;
    let Listed { review, product, case } = &listed;
    let policy = reviews.policies.current().await?;
    let title = view.ta("product-review-yours-of", &[("name", view.of(product).into())]);
    let present = Typed::of(review);
    let may = buyer.may(Permission::Buy).is_ok();
    let action = format!("{HERE}/{id}");
    let button = match review.state {
        ReviewState::Shown | ReviewState::Hidden => view.t("product-review-change"),
        ReviewState::Withdrawn => view.t("product-review-again"),
    };
    let fields = form(
        view,
        (&action, &button, HERE),
        (&policy.reviews, &typed.map_or_else(|| present.clone(), |typed| typed.beside(&present))),
        mistakes,
    );
    let body = html! {
        nav.small aria-label=(view.t("product-review-back-label")) { a href=(HERE) { "← " (view.t("product-review-mine")) } }
        (ui::header(&title, None, &state_badge(view, review.state)))
        (mistakes.summary(view))
        div.with-aside {
            div.stack {
                @if let Some(case) = case { (moderated(view, (review, case), may.then_some((appeal, mistakes)))) }
                @match review.state {
                    ReviewState::Shown | ReviewState::Withdrawn if may => (ui::card(None, &fields)),
                    ReviewState::Shown | ReviewState::Withdrawn | ReviewState::Hidden => (ui::card(None, &said(view, review))),
                }
            }
            aside.stack {
                (ui::card(Some(&view.t("product-review-facts")), &facts(view, review)))
                @if let Some(answer) = &review.answer {
                    (ui::card(Some(&view.t("product-review-answer")), &html! { p.review-text { (answer.text) } p.small.muted { (view.date(answer.at)) } }))
                }
                @if review.state == ReviewState::Shown && may { (withdrawing(view, id)) }
            }
        }
    };
    Ok(ui::page(view, PLACE, &title, &body))
}

fn said(view: &View, review: &Review) -> Markup {
    html! {
        p { (stars(view, u64::from(review.written.stars) * 10)) }
        p { strong { (review.written.title) } }
        p.review-text { (review.written.text) }
    }
}

fn facts(view: &View, review: &Review) -> Markup {
    let mut rows = vec![
        (
            view.t("product-review-product"),
            html! { a href={ "/products/" (review.product) "/reviews" } { (view.t("product-review-all")) } },
        ),
        (
            view.t("product-review-edition"),
            html! { a href={ "/console/instances/" (review.instance) } { (view.of(&review.edition)) } },
        ),
        (view.t("product-review-written"), view.time(review.edited_at.unwrap_or(review.written_at))),
    ];
    if let Some(why) = review.uncounted {
        rows.push((view.t("product-review-weight"), html! { (view.word("product-review-uncounted", why.as_str())) }));
    }
    ui::facts(&rows)
}

fn withdrawing(view: &View, id: ReviewId) -> Markup {
    let body = html! {
        p { (view.t("product-review-withdraw-text")) }
        (ui::form(view, &format!("{HERE}/{id}/withdrawal"), &html! {
            button.button.danger type="submit" { (view.t("product-review-withdraw")) }
        }))
    };
    ui::confirm(view, &view.t("product-review-withdraw"), &view.t("product-review-withdraw-title"), true, &body)
}

/// What the operator has made of a report, and the appeal. A report that was not followed is not told.
fn moderated(view: &View, (review, case): (&Review, &Case), may: Option<(&str, &Mistakes)>) -> Markup {
    let statement = case.statement.clone().unwrap_or_default();
    let text = view.t("product-review-appeal-text");
    let told = match case.state {
        ReviewCaseState::Open | ReviewCaseState::Kept => return html! {},
        ReviewCaseState::Hidden | ReviewCaseState::Appealed | ReviewCaseState::Upheld => Tone::Warn,
        ReviewCaseState::Restored => Tone::Info,
    };
    html! {
        (ui::notice(told, &html! {
            p { (case_badge(view, case.state)) }
            p { (view.t("product-review-reasons")) " " span.kept-lines { (statement) } }
            @if let Some(appeal) = &case.appeal { p { (view.t("product-review-appeal")) ": " span.kept-lines { (appeal) } } }
            @if let Some(answer) = &case.answer { p { (view.t("product-review-appeal-answer")) ": " span.kept-lines { (answer) } } }
            @if let Some(until) = case.appeal_until.filter(|_| case.state == ReviewCaseState::Hidden) {
                p.small { (view.ta("product-review-appeal-until", &[("time", view.time_text(until).into())])) }
            }
        }))
        @if let Some((typed, mistakes)) = may.filter(|_| case.state == ReviewCaseState::Hidden) {
            (ui::card(Some(&view.t("product-review-appeal")), &ui::form(view, &format!("{HERE}/{}/appeal", review.id), &html! {
                (Field::area("text", &text, 4).value(typed).required().with("maxlength", "2000").render(view, mistakes))
                div.row { button.button.primary type="submit" { (view.t("product-review-appeal-do")) } }
            })))
        }
    }
}

async fn withdraw(
    State(reviews): State<Reviews>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<ReviewId>,
    once: Once,
) -> Result<Response, Problem> {
    let done = once.run(&reviews.app, async |tx| {
        reviews.withdraw(tx, &buyer, id).await?;
        Ok(Answer::see_other(format!("{HERE}/{id}?done=review-withdrawn")))
    });
    let done = done.await;
    answered(&reviews, &visit.view, (&buyer, id), (done, "")).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Appeal {
    text: String,
}

async fn appeal(
    State(reviews): State<Reviews>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<ReviewId>,
    once: Once,
    Form(Appeal { text }): Form<Appeal>,
) -> Result<Response, Problem> {
    let done = once.run(&reviews.app, async |tx| {
        reviews.appeal(tx, &buyer, (id, &text)).await?;
        Ok(Answer::see_other(format!("{HERE}/{id}?done=review-appealed")))
    });
    let done = done.await;
    answered(&reviews, &visit.view, (&buyer, id), (done, &text)).await
}

async fn answered(
    reviews: &Reviews,
    view: &View,
    (buyer, id): (&Buyer, ReviewId),
    (done, appeal): (Result<Answer, Problem>, &str),
) -> Result<Response, Problem> {
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = view.retry(problem)?;
            Ok(page_with(reviews, view, (buyer, id), (None, appeal, &mistakes)).await?.refused().into_response())
        }
    }
}

pub(super) fn routes(reviews: &Reviews) -> Routes {
    Routes::of(reviews.clone())
        .page("/console/reviews", list, Access::Buyer)
        .page("/console/reviews/{review}", show, Access::Buyer)
        .form("/console/reviews/{review}/withdrawal", withdraw, Access::Buyer)
        .form("/console/reviews/{review}/appeal", appeal, Access::Buyer)
        .done()
}
