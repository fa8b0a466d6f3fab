//! What buyers say of a seller's products, and answering it.

use accounts::{Permission, Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use catalogue::{ShownReview, review_article};
use kernel::{
    Error, Localized, PageQuery, Thing,
    id::{ProductId, ReviewId},
    text::Lang,
};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes};
use policy::ReviewRules;
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, View};

use crate::Reviews;

const HERE: &str = "/seller/reviews";
const PLACE: Place = Place::Seller("reviews");

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// `unanswered`, or all.
    show: String,
    cursor: Option<String>,
}

/// What was typed, and under which review.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    text: String,
    lang: String,
}

async fn list(
    State(reviews): State<Reviews>,
    visit: Visit,
    seller: Seller,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    page(&reviews, &visit.view, (&seller, &asked), &Mistakes::none()).await
}

/// The review under which something was typed that is refused, on a page of its own, wherever in the list it stood.
async fn one(
    reviews: &Reviews,
    view: &View,
    seller: &Seller,
    ((id, typed), mistakes): ((ReviewId, &Typed), &Mistakes),
) -> Result<Page, Problem> {
    let found = reviews.sold_one(&mut reviews.app.db.read(), seller, id).await?;
    let found = found.ok_or(Error::NotFound(Thing::Review))?;
    let policy = reviews.policies.current().await?;
    let may = seller.may(Permission::List).is_ok();
    let title = view.t("product-review-sold");
    let body = html! {
        nav.small aria-label=(view.t("product-review-back-label")) { a href=(HERE) { "← " (title) } }
        (ui::header(&title, None, &html! {}))
        (mistakes.summary(view))
        (sold(view, &policy.reviews, (&found, may), Some((typed, mistakes))))
    };
    Ok(ui::page(view, PLACE, &title, &body))
}

async fn page(
    reviews: &Reviews,
    view: &View,
    (seller, asked): (&Seller, &Asked),
    mistakes: &Mistakes,
) -> Result<Page, Problem> {
    let page = PageQuery { cursor: asked.cursor.clone(), limit: None }.checked().map_err(Error::from)?;
    let waiting = asked.show == "unanswered";
    let only = waiting.then_some(1_i64);
    let found = reviews.sold(&mut reviews.app.db.read(), seller, (None, only), page).await?;
    let policy = reviews.policies.current().await?;
    let may = seller.may(Permission::List).is_ok();
    let title = view.t("product-review-sold");
    let tabs = [
        (view.t("product-review-sold-all"), HERE.to_owned(), !waiting),
        (view.t("product-review-sold-unanswered"), format!("{HERE}?show=unanswered"), waiting),
    ];
    let none = if waiting {
        ui::empty(
            &view.t("product-review-sold-none-waiting"),
            &view.t("product-review-sold-none-waiting-text"),
            &html! {},
        )
    } else {
        ui::empty(&view.t("product-review-sold-none"), &view.t("product-review-sold-none-text"), &html! {})
    };
    let body = html! {
        (ui::header(&title, Some(&view.t("product-review-sold-lead")), &html! {}))
        (ui::tabs(&title, &tabs))
        (mistakes.summary(view))
        @if found.items.is_empty() { (none) }
        @for one in &found.items {
            (sold(view, &policy.reviews, (one, may), None))
        }
        @if let Some(next) = &found.next_cursor {
            nav.paging aria-label=(view.t("ui-pages")) { a href=(view.with_query("cursor", next)) rel="next" { (view.t("ui-older")) } }
        }
    };
    Ok(ui::page(view, PLACE, &title, &body))
}

fn sold(
    view: &View,
    rules: &ReviewRules,
    ((review, product, name), may): (&(ShownReview, ProductId, Localized), bool),
    typed: Option<(&Typed, &Mistakes)>,
) -> Markup {
    let ways = html! {
        @if may {
            @if review.answer.is_some() {
                div.row {
                    details.more open[typed.is_some()] { summary { (view.t("product-review-answer-change")) } (answering(view, rules, review, typed)) }
                    (ui::confirm(view, &view.t("product-review-answer-drop"), &view.t("product-review-answer-drop-title"), true, &ui::form(view, &format!("{HERE}/{}/answer-removal", review.id), &html! {
                        p { (view.t("product-review-answer-drop-text")) }
                        button.button.danger type="submit" { (view.t("product-review-answer-drop")) }
                    })))
                }
            } @else {
                details.more open[typed.is_some()] { summary { (view.t("product-review-answer-write")) } (answering(view, rules, review, typed)) }
            }
        }
        p.small { a href={ "/products/" (product) "/reviews/" (review.id) "/report" } { (view.t("product-review-report")) span.unseen { ": " (review.title) } } }
    };
    html! {
        section.card {
            h2.small { a href={ "/products/" (product) "/reviews" } { (view.of(name)) } }
            (review_article(view, rules, review, &ways))
        }
    }
}

fn answering(view: &View, rules: &ReviewRules, review: &ShownReview, typed: Option<(&Typed, &Mistakes)>) -> Markup {
    let present = review.answer.as_ref();
    let text =
        typed.map(|(typed, _)| typed.text.clone()).or(present.map(|answer| answer.text.clone())).unwrap_or_default();
    let lang = present.map_or(review.lang, |answer| answer.lang).to_string();
    let lang = typed.map_or(lang, |(typed, _)| typed.lang.clone());
    let hint = view.ta("product-review-answer-hint", &[("max", rules.answer_max.into())]);
    // Of many in a list each has an id of its own; one that was refused stands alone, and its summary leads to it.
    let (id_text, id_lang) = (format!("f-text-{}", review.id), format!("f-lang-{}", review.id));
    ui::form(
        view,
        &format!("{HERE}/{}/answer", review.id),
        &html! {
            @if let Some((_, mistakes)) = typed {
                (Field::area("text", &view.t("product-review-answer"), 4).value(&text).hint(hint).required()
                    .with("maxlength", rules.answer_max.to_string()).render(view, mistakes))
            } @else {
                div.field {
                    label for=(id_text) { (view.t("product-review-answer")) }
                    p.hint id={ (id_text) "-hint" } { (hint) }
                    textarea id=(id_text) name="text" rows="4" required maxlength=(rules.answer_max) aria-describedby={ (id_text) "-hint" } { (text) }
                }
            }
            div.field {
                label for=(id_lang) { (view.t("product-review-lang")) }
                select id=(id_lang) name="lang" {
                    @for choice in [Choice::new("en", "English"), Choice::new("zh", "中文")] {
                        option value=(choice.value) selected[choice.value == lang] { (choice.text) }
                    }
                }
            }
            div.row { button.button.primary type="submit" { (view.t("product-review-answer-do")) } }
        },
    )
}

async fn answer(
    State(reviews): State<Reviews>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ReviewId>,
    once: Once,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let view = &visit.view;
    let lang = typed.lang.parse::<Lang>().unwrap_or(view.lang);
    let done = once.run(&reviews.app, async |tx| {
        reviews.answer(tx, &seller, (id, &typed.text, lang)).await?;
        Ok(Answer::see_other(format!("{HERE}?done=review-answered")))
    });
    let done = done.await;
    answered(&reviews, (view, &seller), done, Some((id, &typed))).await
}

async fn drop_answer(
    State(reviews): State<Reviews>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ReviewId>,
    once: Once,
) -> Result<Response, Problem> {
    let done = once.run(&reviews.app, async |tx| {
        reviews.drop_answer(tx, &seller, id).await?;
        Ok(Answer::see_other(format!("{HERE}?done=review-answer-dropped")))
    });
    let done = done.await;
    answered(&reviews, (&visit.view, &seller), done, None).await
}

async fn answered(
    reviews: &Reviews,
    (view, seller): (&View, &Seller),
    done: Result<Answer, Problem>,
    typed: Option<(ReviewId, &Typed)>,
) -> Result<Response, Problem> {
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = view.retry(problem)?;
            let Some(typed) = typed else {
                let again = page(reviews, view, (seller, &Asked::default()), &mistakes).await?;
                return Ok(again.refused().into_response());
            };
            let again = one(reviews, view, seller, (typed, &mistakes)).await?;
            Ok(again.refused().into_response())
        }
    }
}

pub(super) fn routes(reviews: &Reviews) -> Routes {
    Routes::of(reviews.clone())
        .page("/seller/reviews", list, Access::Seller)
        .form("/seller/reviews/{review}/answer", answer, Access::Seller)
        .form("/seller/reviews/{review}/answer-removal", drop_answer, Access::Seller)
        .done()
}
