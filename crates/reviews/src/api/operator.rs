//! Reported reviews: the operator's queue, decisions, appeals.

use accounts::Operator;
use axum::{Json, extract::State};
use kernel::{
    Error, Localized, Page, PageQuery, Timestamp,
    id::{AccountId, ProductId, ReviewCaseId, ReviewId},
    text::Lang,
};
use platform::http::{Access, Answer, Body, IfMatch, Once, Op, PathParam, Problem, Query, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Reviews,
    actions::{CaseFile, CaseSeen},
    rules::{ReportReason, ReviewAppealOutcome, ReviewCaseState, ReviewOutcome, ReviewState},
};

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct CaseQuery {
    /// What waits, the earliest due first, unless told.
    state: Option<ReviewCaseState>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many items, 1 to 100; 20 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// A review that was reported, and what the operator made of it.
#[derive(Debug, Serialize, ToSchema)]
struct ReportedReview {
    id: ReviewCaseId,
    state: ReviewCaseState,
    review: ReviewId,
    review_state: ReviewState,
    product: ProductId,
    product_name: Localized,
    seller: AccountId,
    seller_name: String,
    author: AccountId,
    author_name: String,
    stars: u8,
    title: String,
    text: String,
    lang: Lang,
    /// Of the review, as it is shown here; a decision can name it.
    version: i64,
    reports: i64,
    opened_at: Timestamp,
    /// Until when it is decided.
    due_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<Timestamp>,
    /// The reasons.
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    appeal_until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    appeal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    appealed_at: Option<Timestamp>,
    /// What was said to the appeal.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
}

impl From<CaseSeen> for ReportedReview {
    fn from(seen: CaseSeen) -> Self {
        let CaseSeen { case, review, shown: _, product, author, seller, reports } = seen;
        Self {
            id: case.id,
            state: case.state,
            review: review.id,
            review_state: review.state,
            product: review.product,
            product_name: product,
            seller: review.seller,
            seller_name: seller,
            author: review.account,
            author_name: author,
            stars: review.written.stars,
            title: review.written.title,
            text: review.written.text,
            lang: review.written.lang,
            version: review.version,
            reports,
            opened_at: case.opened_at,
            due_at: case.due_at,
            decided_at: case.decided_at,
            statement: case.statement,
            appeal_until: case.appeal_until,
            appeal: case.appeal,
            appealed_at: case.appealed_at,
            answer: case.answer,
        }
    }
}

/// The same with what was reported, and every version of the review.
#[derive(Debug, Serialize, ToSchema)]
struct ReportedReviewDetail {
    #[serde(flatten)]
    case: ReportedReview,
    filed: Vec<FiledReport>,
    versions: Vec<ReviewVersion>,
}

#[derive(Debug, Serialize, ToSchema)]
struct FiledReport {
    account: AccountId,
    name: String,
    reason: ReportReason,
    note: String,
    /// The version of the review that was reported.
    version: i64,
    reported_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
struct ReviewVersion {
    number: i64,
    stars: i64,
    title: String,
    text: String,
    lang: Lang,
    written_at: Timestamp,
}

impl From<(CaseSeen, CaseFile)> for ReportedReviewDetail {
    fn from((seen, CaseFile { reports, versions }): (CaseSeen, CaseFile)) -> Self {
        let filed = reports.into_iter().map(|(report, name)| FiledReport {
            account: report.account_id,
            name,
            reason: report.reason,
            note: report.note,
            version: report.version,
            reported_at: report.reported_at,
        });
        let versions = versions.into_iter().map(|version| ReviewVersion {
            number: version.number,
            stars: version.stars,
            title: version.title,
            text: version.text,
            lang: version.lang,
            written_at: version.written_at,
        });
        Self { case: seen.into(), filed: filed.collect(), versions: versions.collect() }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"verdict": "hide", "statement": "It names an employee of the seller and insults her (rule 4).", "version": 1}))]
struct ReviewVerdict {
    verdict: ReviewOutcome,
    /// The reasons, as the author and who reported it read them.
    #[schema(min_length = 1, max_length = 2000)]
    statement: String,
    /// The version of the review that was read. Where it is given and the author has changed the review since, nothing is decided
    /// (412).
    version: Option<i64>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"verdict": "restore", "answer": "It describes the software, not a person."}))]
struct ReviewAppealVerdict {
    verdict: ReviewAppealOutcome,
    #[schema(min_length = 1, max_length = 2000)]
    answer: String,
}

async fn list(
    State(reviews): State<Reviews>,
    operator: Operator,
    Query(asked): Query<CaseQuery>,
) -> Reply<Page<ReportedReview>> {
    let CaseQuery { state, cursor, limit } = asked;
    let page = PageQuery { cursor, limit }.checked().map_err(Error::from)?;
    let found = reviews.cases(&mut reviews.app.db.read(), &operator, state, page).await?;
    Ok(Json(found.map(ReportedReview::from)))
}

async fn show(
    State(reviews): State<Reviews>,
    operator: Operator,
    PathParam(id): PathParam<ReviewCaseId>,
) -> Reply<ReportedReviewDetail> {
    Ok(Json(reviews.case(&mut reviews.app.db.read(), &operator, id).await?.into()))
}

async fn decide(
    State(reviews): State<Reviews>,
    operator: Operator,
    PathParam(id): PathParam<ReviewCaseId>,
    once: Once,
    Body(ReviewVerdict { verdict, statement, version }): Body<ReviewVerdict>,
) -> Result<Answer, Problem> {
    once.run(&reviews.app, async |tx| {
        let case = reviews.decide(tx, &operator, (id, version.map(IfMatch)), (verdict, &statement)).await?;
        Ok(Answer::ok(&ReportedReview::from(reviews.seen(tx, case).await?)))
    })
    .await
}

async fn decide_appeal(
    State(reviews): State<Reviews>,
    operator: Operator,
    PathParam(id): PathParam<ReviewCaseId>,
    once: Once,
    Body(ReviewAppealVerdict { verdict, answer }): Body<ReviewAppealVerdict>,
) -> Result<Answer, Problem> {
    once.run(&reviews.app, async |tx| {
        let case = reviews.decide_appeal(tx, &operator, (id, verdict, &answer)).await?;
        Ok(Answer::ok(&ReportedReview::from(reviews.seen(tx, case).await?)))
    })
    .await
}

pub(super) fn routes(reviews: &Reviews) -> Routes {
    let operator = |summary| Op::does(Access::Operator, summary);
    Routes::of(reviews.clone())
        .get(
            "/api/v1/operator/reported-reviews",
            list,
            operator("List the reviews that were reported").query::<CaseQuery>().gives::<Page<ReportedReview>>(200),
        )
        .get(
            "/api/v1/operator/reported-reviews/{review_case}",
            show,
            operator("See a reported review with its reports and versions").gives::<ReportedReviewDetail>(200),
        )
        .post(
            "/api/v1/operator/reported-reviews/{review_case}/decision",
            decide,
            operator("Keep or hide a reported review, with reasons")
                .takes::<ReviewVerdict>()
                .gives::<ReportedReview>(200),
        )
        .post(
            "/api/v1/operator/reported-reviews/{review_case}/appeal-decision",
            decide_appeal,
            operator("Decide on an appeal; not by whoever hid the review")
                .takes::<ReviewAppealVerdict>()
                .gives::<ReportedReview>(200),
        )
        .done()
}
