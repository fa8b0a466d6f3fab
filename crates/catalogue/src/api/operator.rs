//! What the operator does with revisions.

use accounts::Operator;
use axum::{Json, body::Bytes, extract::State};
use kernel::{
    Invalid, Localized, Page, PageQuery, Timestamp, choices,
    id::{AccountId, ProductId, RevisionId, UserId},
};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes};
use policy::AccessType;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::sellers::RevisionJson;
use crate::{
    Catalogue,
    actions::{Part, Review, Statistics},
    rules::{Change, Check, CheckResult, Decision, Finding, Given, KeptAnswer, Reason, Tally, verdict_of},
    store::{self, Case, Only},
};

choices! {
    /// A part of the queue: what nobody has taken, what I have taken, what a second reviewer has to approve, what failed a
    /// check, what is overdue.
    enum QueuePart {
        All = "all",
        Free = "free",
        Mine = "mine",
        Second = "second",
        Failed = "failed",
        Overdue = "overdue",
    }
}

/// Which cases are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct QueueQuery {
    show: Option<QueuePart>,
    access_type: Option<AccessType>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many items, 1 to 100; 20 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// A revision that waits.
#[derive(Debug, Serialize, ToSchema)]
struct Waiting {
    id: RevisionId,
    product: ProductId,
    seller: AccountId,
    number: i64,
    name: Localized,
    submitted_at: Timestamp,
    due_at: Timestamp,
    /// The time for the decision has passed.
    overdue: bool,
    case: CaseJson,
}

/// The operator's work on a revision.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CaseJson {
    access_type: AccessType,
    /// Two reviewers have to approve.
    needs_second: bool,
    /// When the checks ran; absent while they have not.
    #[serde(skip_serializing_if = "Option::is_none")]
    checked_at: Option<Timestamp>,
    /// How each check ended.
    checks: Vec<CheckJson>,
    /// Who has taken it, until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    claimed_by: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claimed_at: Option<Timestamp>,
    /// Who has approved it first.
    #[serde(skip_serializing_if = "Option::is_none")]
    approved_by: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approved_at: Option<Timestamp>,
    /// What reviewers answered to the points of the checklist.
    answers: Vec<KeptAnswer>,
}

/// How a check ended, and what it found.
#[derive(Debug, Serialize, ToSchema)]
struct CheckJson {
    check: Check,
    verdict: CheckResult,
    findings: Vec<Finding>,
}

impl From<Case> for CaseJson {
    fn from(case: Case) -> Self {
        let claim = case.claim();
        let Case { access_type, needs_second, checked_at, findings, approved_by, approved_at, answers, .. } = case;
        let check = |check: &Check| CheckJson {
            check: *check,
            verdict: verdict_of(*check, &findings),
            findings: findings.iter().filter(|finding| finding.check == *check).cloned().collect(),
        };
        let checks = if checked_at.is_some() { Check::ALL.iter().map(check).collect() } else { Vec::new() };
        Self {
            access_type,
            needs_second,
            checked_at,
            checks,
            claimed_by: claim.map(|claim| claim.by),
            claimed_at: claim.map(|claim| claim.at),
            approved_by,
            approved_at,
            answers: answers.0,
        }
    }
}

impl Waiting {
    fn new(waiting: store::Waiting, now: Timestamp) -> Self {
        let store::Waiting { revision, case } = waiting;
        Self {
            id: revision.id,
            product: revision.product_id,
            seller: revision.account_id,
            number: revision.number,
            submitted_at: revision.submitted_at,
            due_at: revision.due_at,
            overdue: revision.due_at < now,
            name: revision.content.0.listing.name,
            case: case.into(),
        }
    }
}

/// A revision with what it changes.
#[derive(Debug, Serialize, ToSchema)]
struct ReviewJson {
    revision: RevisionJson,
    seller: AccountId,
    seller_name: String,
    /// The revision on sale, with which it is compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    on_sale: Option<RevisionId>,
    /// What would change for buyers; empty for the first revision of a product.
    changes: Vec<Change>,
    case: CaseJson,
}

impl From<Review> for ReviewJson {
    fn from(review: Review) -> Self {
        let Review { revision, seller, on_sale, changes, case } = review;
        let account = revision.account_id;
        let (revision, case) = (RevisionJson::whole(revision), case.into());
        Self { seller: account, seller_name: seller, on_sale, changes, revision, case }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reasons": [{"field": "summary.en", "message": "Say for whom it is."}]}))]
struct RevisionRejection {
    #[schema(min_items = 1, max_items = 50)]
    reasons: Vec<Reason>,
    /// Answers to points of the site's checklist, kept on the revision.
    #[serde(default)]
    answers: Vec<Given>,
}

/// What a reviewer answers to the points of the site's checklist. A program may approve without; then it is kept that
/// nothing was answered.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"answers": [{"point": "honest", "said": "fine"}, {"point": "lawful", "said": "fine"}]}))]
struct RevisionApproval {
    #[serde(default)]
    answers: Vec<Given>,
}

impl RevisionApproval {
    fn read(body: &Bytes) -> Result<Self, Invalid> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        let unfit = |error: serde_json::Error| {
            let message = (format!("does not fit: {error}"), format!("的内容与接口要求不符：{error}"));
            Invalid::one("body", message)
        };
        serde_json::from_slice(body).map_err(unfit)
    }
}

/// From when on decisions are counted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct StatisticsQuery {
    /// How many days to look back, 1 to 730; 30 unless told.
    #[param(minimum = 1, maximum = 730)]
    days: Option<i64>,
}

/// What reviewers did in a time.
#[derive(Debug, Serialize, ToSchema)]
struct StatisticsJson {
    from: Timestamp,
    until: Timestamp,
    waiting: i64,
    overdue: i64,
    reviewers: Vec<ReviewerJson>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ReviewerJson {
    user: UserId,
    name: String,
    decided: u32,
    rejected: u32,
    /// Half of the decisions took at most so long after the submission.
    median_minutes: i64,
    /// Decided after they were due.
    overdue: u32,
    /// Rejections that came again without a change and were approved.
    overturned: u32,
    /// The first of two approvals, which decides nothing yet.
    first_approvals: u32,
    /// Applications to take something off sale that were decided.
    removals: u32,
    /// Measures taken against products.
    measures: u32,
    /// Appeals against measures that were decided.
    appeals: u32,
}

impl From<Statistics> for StatisticsJson {
    fn from(statistics: Statistics) -> Self {
        let Statistics { from, until, reviewers, waiting, overdue } = statistics;
        let reviewers = reviewers.into_iter().map(|(user, name, tally)| {
            let Tally {
                decided,
                rejected,
                overdue,
                overturned,
                median_minutes,
                first_approvals,
                removals,
                measures,
                appeals,
            } = tally;
            ReviewerJson {
                user,
                name,
                decided,
                rejected,
                median_minutes,
                overdue,
                overturned,
                first_approvals,
                removals,
                measures,
                appeals,
            }
        });
        Self { from, until, waiting, overdue, reviewers: reviewers.collect() }
    }
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    let operator = |summary| Op::does(Access::Operator, summary);
    Routes::of(catalogue.clone())
        .get(
            "/api/v1/operator/revisions",
            queue,
            operator("List the revisions that wait for review, the earliest due first")
                .query::<QueueQuery>()
                .gives::<Page<Waiting>>(200),
        )
        .get(
            "/api/v1/operator/review-statistics",
            statistics,
            operator("See what reviewers decided, how fast, and what was overturned")
                .query::<StatisticsQuery>()
                .gives::<StatisticsJson>(200),
        )
        .post(
            "/api/v1/operator/revisions/{revision}/claim",
            claim,
            operator("Take a revision, so that nobody else decides on it").gives::<CaseJson>(200),
        )
        .post(
            "/api/v1/operator/revisions/{revision}/release",
            release,
            operator("Leave a revision to others").gives::<CaseJson>(200),
        )
        .get(
            "/api/v1/operator/revisions/{revision}",
            inspect,
            operator("See a revision and what it changes").gives::<ReviewJson>(200),
        )
        .post(
            "/api/v1/operator/revisions/{revision}/approval",
            approve,
            operator("Approve a revision; it is on sale at once, unless a second reviewer has to approve it too")
                .takes::<RevisionApproval>()
                .gives::<RevisionJson>(200),
        )
        .post(
            "/api/v1/operator/revisions/{revision}/rejection",
            reject,
            operator("Reject a revision with reasons").takes::<RevisionRejection>().gives::<RevisionJson>(200),
        )
        .done()
}

async fn queue(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    Query(wanted): Query<QueueQuery>,
) -> Reply<Page<Waiting>> {
    let QueueQuery { show, access_type, cursor, limit } = wanted;
    let page = PageQuery { cursor, limit }.checked().map_err(kernel::Error::from)?;
    let part = match show.unwrap_or(QueuePart::All) {
        QueuePart::All => Part::All,
        QueuePart::Free => Part::Only(Only::Free),
        QueuePart::Mine => Part::Mine,
        QueuePart::Second => Part::Only(Only::Second),
        QueuePart::Failed => Part::Only(Only::Failed),
        QueuePart::Overdue => Part::Overdue,
    };
    let now = catalogue.app.clock.now();
    let waiting = catalogue.queue(&mut catalogue.app.db.read(), &operator, (part, access_type), page).await?;
    Ok(Json(waiting.map(|waiting| Waiting::new(waiting, now))))
}

async fn statistics(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    Query(wanted): Query<StatisticsQuery>,
) -> Reply<StatisticsJson> {
    let days = wanted.days.unwrap_or(30);
    let mut wrong = Invalid::default();
    wrong.check((1..=730).contains(&days), "days", ("must be from 1 to 730", "须在 1 到 730 之间"));
    wrong.done().map_err(kernel::Error::from)?;
    let now = catalogue.app.clock.now();
    let time = (now.plus_days(-days), now.plus_seconds(1));
    Ok(Json(catalogue.statistics(&mut catalogue.app.db.read(), &operator, time).await?.into()))
}

async fn claim(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(id): PathParam<RevisionId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| Ok(Answer::ok(&CaseJson::from(catalogue.claim(tx, &operator, id).await?))))
        .await
}

async fn release(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(id): PathParam<RevisionId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        Ok(Answer::ok(&CaseJson::from(catalogue.release_claim(tx, &operator, id).await?)))
    })
    .await
}

async fn inspect(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(id): PathParam<RevisionId>,
) -> Reply<ReviewJson> {
    Ok(Json(catalogue.inspect(&mut catalogue.app.db.read(), &operator, id).await?.into()))
}

async fn approve(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(id): PathParam<RevisionId>,
    once: Once,
    body: Bytes,
) -> Result<Answer, Problem> {
    let approval = RevisionApproval::read(&body).map_err(kernel::Error::from)?;
    once.run(&catalogue.app, async |tx| {
        let revision = catalogue.decide(tx, &operator, id, (&Decision::Approve, &approval.answers)).await?;
        Ok(Answer::ok(&RevisionJson::whole(revision)))
    })
    .await
}

async fn reject(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(id): PathParam<RevisionId>,
    once: Once,
    Body(input): Body<RevisionRejection>,
) -> Result<Answer, Problem> {
    let decision = Decision::reject(&input.reasons).map_err(kernel::Error::from)?;
    once.run(&catalogue.app, async |tx| {
        let revision = catalogue.decide(tx, &operator, id, (&decision, &input.answers)).await?;
        Ok(Answer::ok(&RevisionJson::whole(revision)))
    })
    .await
}
