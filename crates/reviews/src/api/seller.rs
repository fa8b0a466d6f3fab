//! What is said of a seller's products, and what it answers.

use accounts::Seller;
use axum::{Json, extract::State};
use kernel::{
    Error, Localized, Page, PageQuery, Thing,
    id::{ProductId, ReviewId},
    text::Lang,
};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes};
use policy::Policy;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::everybody::ProductReview;
use crate::Reviews;

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct SoldReviewQuery {
    product: Option<ProductId>,
    /// Only those that wait for an answer.
    unanswered: Option<bool>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many items, 1 to 100; 20 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// A review of a product of the seller's.
#[derive(Debug, Serialize, ToSchema)]
struct SoldReview {
    product: ProductId,
    product_name: Localized,
    #[serde(flatten)]
    review: ProductReview,
}

impl SoldReview {
    fn of((review, product, product_name): (catalogue::ShownReview, ProductId, Localized), policy: &Policy) -> Self {
        Self { product, product_name, review: ProductReview::of(review, policy) }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "Thank you. The next version imports ten times as fast.", "lang": "en"}))]
struct NewReviewAnswer {
    #[schema(min_length = 1)]
    text: String,
    lang: Lang,
}

async fn list(
    State(reviews): State<Reviews>,
    seller: Seller,
    Query(asked): Query<SoldReviewQuery>,
) -> Reply<Page<SoldReview>> {
    let SoldReviewQuery { product, unanswered, cursor, limit } = asked;
    let page = PageQuery { cursor, limit }.checked().map_err(Error::from)?;
    let policy = reviews.policies.current().await?;
    let only = unanswered.filter(|only| *only).map(i64::from);
    let found = reviews.sold(&mut reviews.app.db.read(), &seller, (product, only), page).await?;
    Ok(Json(found.map(|one| SoldReview::of(one, &policy))))
}

async fn answer(
    State(reviews): State<Reviews>,
    seller: Seller,
    PathParam(id): PathParam<ReviewId>,
    once: Once,
    Body(NewReviewAnswer { text, lang }): Body<NewReviewAnswer>,
) -> Result<Answer, Problem> {
    let policy = reviews.policies.current().await?;
    once.run(&reviews.app, async |tx| {
        reviews.answer(tx, &seller, (id, &text, lang)).await?;
        let found = reviews.sold_one(tx, &seller, id).await?.ok_or(Error::NotFound(Thing::Review))?;
        Ok(Answer::ok(&SoldReview::of(found, &policy)))
    })
    .await
}

async fn drop_answer(
    State(reviews): State<Reviews>,
    seller: Seller,
    PathParam(id): PathParam<ReviewId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&reviews.app, async |tx| {
        reviews.drop_answer(tx, &seller, id).await?;
        Ok(Answer::empty())
    })
    .await
}

pub(super) fn routes(reviews: &Reviews) -> Routes {
    let seller = |summary| Op::does(Access::Seller, summary);
    Routes::of(reviews.clone())
        .get(
            "/api/v1/seller/reviews",
            list,
            seller("List what buyers say of your products").query::<SoldReviewQuery>().gives::<Page<SoldReview>>(200),
        )
        .put(
            "/api/v1/seller/reviews/{review}/answer",
            answer,
            seller("Answer a review, or change the answer").takes::<NewReviewAnswer>().gives::<SoldReview>(200),
        )
        .delete("/api/v1/seller/reviews/{review}/answer", drop_answer, seller("Take your answer to a review away"))
        .done()
}
