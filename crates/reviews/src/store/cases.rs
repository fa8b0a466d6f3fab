//! Statements on `product_review_case` and `product_review_report`.

use kernel::{
    Error, Page, Result, Timestamp, args,
    id::{AccountId, ReviewCaseId, ReviewId, UserId},
    page::PageOf,
};
use platform::{OnUnique, Tx};

use crate::rules::{Case, Filed, ReportReason, ReviewCaseState, ReviewRefused};

macro_rules! cases {
    ($rest:literal) => {
        concat!(
            "select c.id, c.review_id, c.state, c.opened_at, c.due_at, c.decided_at, c.decided_by, c.statement, c.version, c.appeal_until, \
             c.appeal, c.appealed_at, c.appealed_by, c.answered_at, c.answered_by, c.answer from product_review_case c ",
            $rest
        )
    };
}

pub(crate) async fn insert(tx: &mut Tx, case: &Case) -> Result<()> {
    tx.execute(
        "insert into product_review_case (id, review_id, state, opened_at, due_at) values ($1, $2, $3, $4, $5)",
        args![case.id, case.review_id, case.state, case.opened_at, case.due_at],
    )
    .await
    // Somebody else has opened one for the same review in this moment: this report joins it.
    .on_unique(|| Error::Busy)?;
    Ok(())
}

/// Writes a move from `from`; somebody who was faster has made another one.
pub(crate) async fn save(tx: &mut Tx, case: &Case, from: ReviewCaseState) -> Result<()> {
    tx.execute_one(
        "update product_review_case set state = $1, due_at = $2, decided_at = $3, decided_by = $4, statement = $5, \
         appeal_until = $6, appeal = $7, appealed_at = $8, appealed_by = $9, answered_at = $10, answered_by = $11, answer = $12, \
         version = $13 where id = $14 and state = $15",
        args![
            case.state,
            case.due_at,
            case.decided_at,
            case.decided_by,
            case.statement.clone(),
            case.appeal_until,
            case.appeal.clone(),
            case.appealed_at,
            case.appealed_by,
            case.answered_at,
            case.answered_by,
            case.answer.clone(),
            case.version,
            case.id,
            from
        ],
        || Error::Busy,
    )
    .await
}

pub(crate) async fn find(tx: &mut Tx, id: ReviewCaseId) -> Result<Option<Case>> {
    tx.fetch_optional(cases!("where c.id = $1"), args![id]).await
}

/// The last case about a review.
pub(crate) async fn last_of(tx: &mut Tx, review: ReviewId) -> Result<Option<Case>> {
    tx.fetch_optional(cases!("where c.review_id = $1 order by c.id desc limit 1"), args![review]).await
}

/// What waits for a decision, the earliest due first; the cursor is the last one seen.
pub(crate) async fn waiting(tx: &mut Tx, page: PageOf) -> Result<Page<Case>> {
    let sql = cases!(
        "where c.state in ('open', 'appealed') and ($1 is null or (c.due_at, c.id) > (select l.due_at, l.id \
         from product_review_case l where l.id = $1)) order by c.due_at, c.id limit $2"
    );
    Ok(page.page(tx.fetch_all(sql, args![page.before, page.fetch()]).await?, |case: &Case| case.id.uuid()))
}

/// Cases in a state, the latest first.
pub(crate) async fn in_state(tx: &mut Tx, state: ReviewCaseState, page: PageOf) -> Result<Page<Case>> {
    let sql = cases!("where c.state = $1 and ($2 is null or c.id < $2) order by c.id desc limit $3");
    Ok(page.page(tx.fetch_all(sql, args![state, page.before, page.fetch()]).await?, |case: &Case| case.id.uuid()))
}

/// What somebody has reported, and why.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Report {
    pub(crate) account_id: AccountId,
    pub(crate) reason: ReportReason,
    pub(crate) note: String,
    /// The version of the review that was reported.
    pub(crate) version: i64,
    pub(crate) reported_at: Timestamp,
}

pub(crate) async fn insert_report(
    tx: &mut Tx,
    (review, version, case): (ReviewId, i64, ReviewCaseId),
    (account, user): (AccountId, UserId),
    (filed, now): (&Filed, Timestamp),
) -> Result<()> {
    tx.execute(
        "insert into product_review_report (review_id, account_id, user_id, case_id, reason, note, version, reported_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![review, account, user, case, filed.reason, filed.note.trim(), version, now],
    )
    .await
    .on_unique(|| ReviewRefused::Reported)?;
    Ok(())
}

pub(crate) async fn reports(tx: &mut Tx, case: ReviewCaseId) -> Result<Vec<Report>> {
    let sql = "select account_id, reason, note, version, reported_at from product_review_report where case_id = $1 \
               order by reported_at, account_id limit 200";
    tx.fetch_all(sql, args![case]).await
}

#[derive(sqlx::FromRow)]
struct Count {
    count: i64,
}

pub(crate) async fn reports_in(tx: &mut Tx, case: ReviewCaseId) -> Result<i64> {
    let sql = "select count(*) as count from product_review_report where case_id = $1";
    Ok(tx.fetch_one::<Count>(sql, args![case]).await?.count)
}

/// Whether an account has a part in a case.
pub(crate) async fn has_reported(tx: &mut Tx, case: ReviewCaseId, account: AccountId) -> Result<bool> {
    let sql = "select count(*) as count from product_review_report where case_id = $1 and account_id = $2";
    Ok(tx.fetch_one::<Count>(sql, args![case, account]).await?.count > 0)
}

pub(crate) async fn reported_since(tx: &mut Tx, account: AccountId, since: Timestamp) -> Result<i64> {
    let sql = "select count(*) as count from product_review_report where account_id = $1 and reported_at > $2";
    Ok(tx.fetch_one::<Count>(sql, args![account, since]).await?.count)
}
