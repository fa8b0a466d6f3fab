//! What is said of a product, and reporting what should not be.

use accounts::{Buyer, Member};
use axum::{Json, extract::State};
use catalogue::{Rating, STARS_MAX, SellerAnswer, ShownReview};
use kernel::{
    Error, Invalid, Localized, Page, PageQuery, Timestamp,
    id::{ProductId, ReviewId},
    text::Lang,
};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes};
use policy::Policy;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Reviews,
    actions::Wanted,
    rules::{Filed, ReportReason, ReviewSorting},
};

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct ReviewQuery {
    /// The newest first unless told.
    sort: Option<ReviewSorting>,
    /// Only reviews with so many stars.
    #[param(minimum = 1, maximum = 5)]
    stars: Option<u8>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many items, 1 to 100; 20 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// How a product is rated, and what those say who have bought it.
#[derive(Debug, Serialize, ToSchema)]
struct ProductReviews {
    rating: RatingSummary,
    items: Vec<ProductReview>,
    /// Pass it as `cursor` to read on; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Whole numbers; the average is told of them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RatingSummary {
    count: u64,
    /// All stars together.
    stars: u64,
    /// From 1 to 5 with one decimal; absent while nobody has rated.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "4.6")]
    average: Option<String>,
    /// How often with how many stars, five first.
    distribution: Vec<StarsGiven>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StarsGiven {
    stars: u8,
    count: u64,
}

impl From<&Rating> for RatingSummary {
    fn from(rating: &Rating) -> Self {
        let rated = rating.rated();
        Self {
            count: rated.count,
            stars: rated.stars,
            average: rated.tenths().map(|tenths| format!("{}.{}", tenths / 10, tenths % 10)),
            distribution: rating.by_stars().map(|(stars, count)| StarsGiven { stars, count }).collect(),
        }
    }
}

/// A review by an account that has bought the product.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProductReview {
    id: ReviewId,
    stars: u8,
    title: String,
    text: String,
    lang: Lang,
    /// As the site shows names; absent where it shows none.
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<String>,
    /// What was bought, as it was called then.
    edition: Localized,
    /// The day of the delivery, on the site's calendar.
    #[schema(example = "2026-11-30")]
    bought_on: String,
    /// How many days after that this was written.
    after_days: u32,
    written_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    edited_at: Option<Timestamp>,
    /// What was bought was given back.
    returned: bool,
    /// Whether it is a part of the rating.
    counted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<ReviewAnswer>,
}

/// What the seller says to it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReviewAnswer {
    text: String,
    lang: Lang,
    answered_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    edited_at: Option<Timestamp>,
}

impl ProductReview {
    pub(super) fn of(review: ShownReview, policy: &Policy) -> Self {
        let answer =
            |SellerAnswer { text, lang, answered_at, edited_at }| ReviewAnswer { text, lang, answered_at, edited_at };
        Self {
            id: review.id,
            stars: review.stars,
            author: policy.reviews.shown_name(&review.account_name),
            title: review.title,
            text: review.text,
            lang: review.lang,
            edition: review.edition,
            bought_on: review.bought_at.format("%Y-%m-%d", &policy.zone()),
            after_days: review.after_days,
            written_at: review.written_at,
            edited_at: review.edited_at,
            returned: review.returned,
            counted: review.counted,
            answer: review.answer.map(answer),
        }
    }
}

async fn list(
    State(reviews): State<Reviews>,
    member: Option<Member>,
    PathParam(product): PathParam<ProductId>,
    Query(asked): Query<ReviewQuery>,
) -> Reply<ProductReviews> {
    let ReviewQuery { sort, stars, cursor, limit } = asked;
    if stars.is_some_and(|stars| !(1..=STARS_MAX).contains(&stars)) {
        let range = (format!("must be from 1 to {STARS_MAX}"), format!("须为 1 到 {STARS_MAX}"));
        return Err(Error::from(Invalid::one("stars", range)).into());
    }
    let page = PageQuery { cursor, limit }.checked().map_err(Error::from)?;
    let wanted = Wanted { sorting: sort.unwrap_or(ReviewSorting::Newest), stars };
    let policy = reviews.policies.current().await.map_err(Problem::from)?;
    let tx = &mut reviews.app.db.read();
    let (_, rating, found) = reviews.of_product(tx, (member.as_ref(), product), wanted, page).await?;
    let Page { items, next_cursor } = found;
    let items = items.into_iter().map(|review| ProductReview::of(review, &policy)).collect();
    Ok(Json(ProductReviews { rating: (&rating).into(), items, next_cursor }))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "advertising", "note": "It praises another shop."}))]
struct NewReviewReport {
    reason: ReportReason,
    /// Where to look.
    #[serde(default)]
    #[schema(max_length = 500)]
    note: String,
}

async fn report(
    State(reviews): State<Reviews>,
    buyer: Buyer,
    PathParam(about): PathParam<(ProductId, ReviewId)>,
    once: Once,
    Body(NewReviewReport { reason, note }): Body<NewReviewReport>,
) -> Result<Answer, Problem> {
    let filed = Filed { reason, note };
    once.run(&reviews.app, async |tx| {
        reviews.report(tx, &buyer, (about, &filed)).await?;
        Ok(Answer::empty())
    })
    .await
}

pub(super) fn routes(reviews: &Reviews) -> Routes {
    Routes::of(reviews.clone())
        .get(
            "/api/v1/products/{product}/reviews",
            list,
            Op::does(Access::Public, "Read how a product is rated and what its buyers say")
                .query::<ReviewQuery>()
                .gives::<ProductReviews>(200),
        )
        .post(
            "/api/v1/products/{product}/reviews/{review}/reports",
            report,
            Op::does(Access::Buyer, "Report a review to the operator").takes::<NewReviewReport>(),
        )
        .done()
}
