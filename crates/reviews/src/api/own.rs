//! An account's own reviews: written, changed, withdrawn, appealed.

use accounts::Buyer;
use axum::{Json, extract::State};
use kernel::{
    Error, Localized, Page, PageQuery, Timestamp,
    id::{ProductId, ReviewId},
    text::Lang,
};
use platform::http::{Access, Answer, Body, IfMatch, Once, Op, PathParam, Problem, Query, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Reviews,
    actions::Listed,
    rules::{ReviewCaseState, ReviewNotCounted, ReviewState, Written},
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "product": "prd_01jd8kx2v9e5jtf6xw4sz3q7ab", "stars": 4, "title": "Finds everything, slow to set up",
    "text": "Searching a month of logs takes two seconds. The first import took us a day.", "lang": "en"
}))]
struct NewReview {
    /// Something of it has to be bought and paid by the account.
    product: ProductId,
    #[schema(minimum = 1, maximum = 5)]
    stars: u8,
    #[schema(min_length = 1)]
    title: String,
    #[schema(min_length = 1)]
    text: String,
    /// The language that it is written in.
    lang: Lang,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "stars": 5, "title": "Finds everything", "text": "The new version imports in an hour what took a day.", "lang": "en"
}))]
struct ReviewEdit {
    #[schema(minimum = 1, maximum = 5)]
    stars: u8,
    #[schema(min_length = 1)]
    title: String,
    #[schema(min_length = 1)]
    text: String,
    lang: Lang,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "It names nobody; it describes what we measured."}))]
struct ReviewAppeal {
    #[schema(min_length = 1, max_length = 2000)]
    text: String,
}

/// A review as its author sees it.
#[derive(Debug, Serialize, ToSchema)]
struct OwnReview {
    id: ReviewId,
    product: ProductId,
    product_name: Localized,
    state: ReviewState,
    stars: u8,
    title: String,
    text: String,
    lang: Lang,
    written_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    edited_at: Option<Timestamp>,
    /// What was bought was given back.
    returned: bool,
    /// Why it is shown and no part of the rating.
    #[serde(skip_serializing_if = "Option::is_none")]
    uncounted: Option<ReviewNotCounted>,
    /// What the seller says to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    /// What the operator has made of the last report.
    #[serde(skip_serializing_if = "Option::is_none")]
    moderation: Option<ReviewModeration>,
    version: i64,
}

/// What the operator has made of a report.
#[derive(Debug, Serialize, ToSchema)]
struct ReviewModeration {
    state: ReviewCaseState,
    /// The reasons.
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<String>,
    /// Until when it can be appealed, once.
    #[serde(skip_serializing_if = "Option::is_none")]
    appeal_until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    appeal: Option<String>,
    /// What the operator says to the appeal.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
}

impl From<Listed> for OwnReview {
    fn from(Listed { review, product, case }: Listed) -> Self {
        // Who was reported and was in the right need not know of it.
        let told = case.filter(|case| !matches!(case.state, ReviewCaseState::Open | ReviewCaseState::Kept));
        Self {
            id: review.id,
            product: review.product,
            product_name: product,
            state: review.state,
            stars: review.written.stars,
            title: review.written.title,
            text: review.written.text,
            lang: review.written.lang,
            written_at: review.written_at,
            edited_at: review.edited_at,
            returned: review.returned,
            uncounted: review.uncounted,
            answer: review.answer.map(|answer| answer.text),
            moderation: told.map(|case| ReviewModeration {
                state: case.state,
                statement: case.statement,
                appeal_until: case.appeal_until,
                appeal: case.appeal,
                answer: case.answer,
            }),
            version: review.version,
        }
    }
}

async fn list(State(reviews): State<Reviews>, buyer: Buyer, Query(page): Query<PageQuery>) -> Reply<Page<OwnReview>> {
    let page = page.checked().map_err(Error::from)?;
    Ok(Json(reviews.own(&mut reviews.app.db.read(), &buyer, page).await?.map(OwnReview::from)))
}

async fn show(State(reviews): State<Reviews>, buyer: Buyer, PathParam(id): PathParam<ReviewId>) -> Reply<OwnReview> {
    Ok(Json(reviews.own_one(&mut reviews.app.db.read(), &buyer, id).await?.into()))
}

async fn write(
    State(reviews): State<Reviews>,
    buyer: Buyer,
    once: Once,
    Body(input): Body<NewReview>,
) -> Result<Answer, Problem> {
    let NewReview { product, stars, title, text, lang } = input;
    let written = Written { stars, title, text, lang };
    once.run(&reviews.app, async |tx| {
        let review = reviews.write(tx, &buyer, (product, written.clone())).await?;
        let version = review.version;
        Ok(Answer::created(&OwnReview::from(reviews.own_one(tx, &buyer, review.id).await?)).version(version))
    })
    .await
}

async fn edit(
    State(reviews): State<Reviews>,
    buyer: Buyer,
    (once, seen): (Once, IfMatch),
    PathParam(id): PathParam<ReviewId>,
    Body(input): Body<ReviewEdit>,
) -> Result<Answer, Problem> {
    let ReviewEdit { stars, title, text, lang } = input;
    let written = Written { stars, title, text, lang };
    once.run(&reviews.app, async |tx| {
        let review = reviews.edit(tx, &buyer, (id, seen, written.clone())).await?;
        Ok(Answer::ok(&OwnReview::from(reviews.own_one(tx, &buyer, id).await?)).version(review.version))
    })
    .await
}

async fn withdraw(
    State(reviews): State<Reviews>,
    buyer: Buyer,
    PathParam(id): PathParam<ReviewId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&reviews.app, async |tx| {
        reviews.withdraw(tx, &buyer, id).await?;
        Ok(Answer::empty())
    })
    .await
}

async fn appeal(
    State(reviews): State<Reviews>,
    buyer: Buyer,
    PathParam(id): PathParam<ReviewId>,
    once: Once,
    Body(ReviewAppeal { text }): Body<ReviewAppeal>,
) -> Result<Answer, Problem> {
    once.run(&reviews.app, async |tx| {
        reviews.appeal(tx, &buyer, (id, &text)).await?;
        Ok(Answer::ok(&OwnReview::from(reviews.own_one(tx, &buyer, id).await?)))
    })
    .await
}

pub(super) fn routes(reviews: &Reviews) -> Routes {
    let buyer = |summary| Op::does(Access::Buyer, summary);
    Routes::of(reviews.clone())
        .post(
            "/api/v1/reviews",
            write,
            buyer("Review a product that you have bought").takes::<NewReview>().gives::<OwnReview>(201),
        )
        .get("/api/v1/reviews", list, buyer("List your reviews").query::<PageQuery>().gives::<Page<OwnReview>>(200))
        .get("/api/v1/reviews/{review}", show, buyer("See a review of yours").gives::<OwnReview>(200))
        .put(
            "/api/v1/reviews/{review}",
            edit,
            buyer("Change a review of yours").takes::<ReviewEdit>().if_match().gives::<OwnReview>(200),
        )
        .delete("/api/v1/reviews/{review}", withdraw, buyer("Withdraw a review of yours"))
        .post(
            "/api/v1/reviews/{review}/appeal",
            appeal,
            buyer("Appeal that a review of yours was hidden, once").takes::<ReviewAppeal>().gives::<OwnReview>(200),
        )
        .done()
}
