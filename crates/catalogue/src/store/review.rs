//! Statements on `review_case`, `text_print` and `text_print_band`, on the queue and the past of revisions, and on what reviewers
//! have done.

use kernel::{
    Page, Result, Timestamp,
    arg::json,
    args,
    id::{AccountId, ProductId, RevisionId, UserId},
    page::PageOf,
};
use platform::Tx;
use policy::AccessType;
use sqlx::types::Json;

use super::{Count, Revision};
use crate::rules::{Claim, Decided, Done, Finding, KeptAnswer, OtherWork, ReviewRefused, RevisionState, TextPrint};

/// The operator's work on a revision.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Case {
    pub(crate) access_type: AccessType,
    pub(crate) needs_second: bool,
    /// When the checks ran; `None`: they are still to run.
    pub(crate) checked_at: Option<Timestamp>,
    pub(crate) findings: Json<Vec<Finding>>,
    pub(crate) failed: i64,
    pub(crate) warned: i64,
    claimed_by: Option<UserId>,
    claimed_at: Option<Timestamp>,
    /// The first of two approvals.
    pub(crate) approved_by: Option<UserId>,
    pub(crate) approved_at: Option<Timestamp>,
    pub(crate) answers: Json<Vec<KeptAnswer>>,
}

impl Case {
    pub(crate) fn new(access_type: AccessType, needs_second: bool) -> Self {
        Self {
            access_type,
            needs_second,
            checked_at: None,
            findings: Json(Vec::new()),
            failed: 0,
            warned: 0,
            claimed_by: None,
            claimed_at: None,
            approved_by: None,
            approved_at: None,
            answers: Json(Vec::new()),
        }
    }

    pub(crate) fn claim(&self) -> Option<Claim> {
        Some(Claim { by: self.claimed_by?, at: self.claimed_at? })
    }
}

/// A revision with the work on it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Waiting {
    #[sqlx(flatten)]
    pub(crate) revision: Revision,
    #[sqlx(flatten)]
    pub(crate) case: Case,
}

/// Which cases of the queue are wanted; what is not said does not matter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// Due before.
    pub(crate) due_before: Option<Timestamp>,
    pub(crate) access_type: Option<AccessType>,
    /// Taken by this reviewer.
    pub(crate) claimed_by: Option<UserId>,
    pub(crate) only: Only,
    /// Claims from before are none.
    pub(crate) claims_since: Timestamp,
}

/// A part of the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Only {
    #[default]
    All,
    /// Taken by nobody.
    Free,
    /// Approved once, and once is not enough.
    Second,
    /// With a check that failed.
    Failed,
}

pub(crate) async fn insert_case(tx: &mut Tx, revision: RevisionId, case: &Case) -> Result<()> {
    tx.execute(
        "insert into review_case (revision_id, access_type, needs_second, findings, failed, warned, answers) \
         values ($1, $2, $3, $4, 0, 0, $5)",
        args![revision, case.access_type, case.needs_second, json(&case.findings.0), json(&case.answers.0)],
    )
    .await?;
    Ok(())
}

pub(crate) async fn find_case(tx: &mut Tx, revision: RevisionId) -> Result<Option<Case>> {
    tx.fetch_optional(
        "select access_type, needs_second, checked_at, findings, failed, warned, claimed_by, claimed_at, approved_by, \
         approved_at, answers from review_case where revision_id = $1",
        args![revision],
    )
    .await
}

/// The revisions that wait for review, the earliest due first; the cursor is the last one seen.
pub(crate) async fn queue(tx: &mut Tx, wanted: Wanted, page: PageOf) -> Result<Page<Waiting>> {
    let Wanted { due_before, access_type, claimed_by, only, claims_since } = wanted;
    let rows = tx
        .fetch_all(
            "select r.id, r.account_id, r.product_id, r.number, r.state, r.content, r.submitted_at, r.submitted_by, r.due_at, \
             r.decided_at, r.reasons, c.access_type, c.needs_second, c.checked_at, c.findings, c.failed, c.warned, c.claimed_by, \
             c.claimed_at, c.approved_by, c.approved_at, c.answers \
             from revision r join review_case c on c.revision_id = r.id where r.state = 'submitted' \
             and ($1 is null or (r.due_at, r.id) > (select due_at, id from revision where id = $1)) \
             and ($2 is null or r.due_at < $2) and ($3 is null or c.access_type = $3) \
             and ($4 is null or (c.claimed_by = $4 and c.claimed_at > $5)) \
             and (not $6 or c.claimed_at is null or c.claimed_at <= $5) \
             and (not $7 or c.approved_by is not null) and (not $8 or c.failed > 0) order by r.due_at, r.id limit $9",
            args![
                page.before,
                due_before,
                access_type,
                claimed_by,
                claims_since,
                only == Only::Free,
                only == Only::Second,
                only == Only::Failed,
                page.fetch()
            ],
        )
        .await?;
    Ok(page.page(rows, |row: &Waiting| row.revision.id.uuid()))
}

/// How many wait, and how many of them are overdue.
pub(crate) async fn backlog(tx: &mut Tx, now: Timestamp) -> Result<(i64, i64)> {
    let all = "select count(*) as count from revision where state = 'submitted'";
    let late = "select count(*) as count from revision where state = 'submitted' and due_at < $1";
    let all = tx.fetch_one::<Count>(all, args![]).await?.count;
    Ok((all, tx.fetch_one::<Count>(late, args![now]).await?.count))
}

/// Takes a case, unless somebody holds it whose claim began after `lapsed`.
pub(crate) async fn claim(tx: &mut Tx, revision: RevisionId, claim: Claim, lapsed: Timestamp) -> Result<()> {
    tx.execute_one(
        "update review_case set claimed_by = $1, claimed_at = $2 where revision_id = $3 \
         and (claimed_by is null or claimed_by = $1 or claimed_at <= $4)",
        args![claim.by, claim.at, revision, lapsed],
        || ReviewRefused::Claimed,
    )
    .await
}

pub(crate) async fn release_claim(tx: &mut Tx, revision: RevisionId) -> Result<()> {
    let sql = "update review_case set claimed_by = null, claimed_at = null where revision_id = $1";
    tx.execute(sql, args![revision]).await?;
    Ok(())
}

/// Keeps what the checks have found.
pub(crate) async fn keep_findings(
    tx: &mut Tx,
    revision: RevisionId,
    findings: &[Finding],
    (failed, warned): (i64, i64),
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        "update review_case set findings = $1, failed = $2, warned = $3, checked_at = $4 where revision_id = $5",
        args![json(&findings), failed, warned, now, revision],
    )
    .await?;
    Ok(())
}

pub(crate) async fn keep_answers(tx: &mut Tx, revision: RevisionId, answers: &[KeptAnswer]) -> Result<()> {
    let sql = "update review_case set answers = $1 where revision_id = $2";
    tx.execute(sql, args![json(&answers), revision]).await?;
    Ok(())
}

/// Notes the first of two approvals; the case is free for the second reviewer.
pub(crate) async fn approve_first(tx: &mut Tx, revision: RevisionId, by: UserId, now: Timestamp) -> Result<()> {
    tx.execute_one(
        "update review_case set approved_by = $1, approved_at = $2, claimed_by = null, claimed_at = null \
         where revision_id = $3 and approved_by is null",
        args![by, now, revision],
        || ReviewRefused::Over,
    )
    .await
}

#[derive(sqlx::FromRow)]
struct Moment {
    submitted_at: Timestamp,
}

/// When an account has submitted last, the latest first.
pub(crate) async fn last_submissions(tx: &mut Tx, account: AccountId, count: u32) -> Result<Vec<Timestamp>> {
    let sql = "select submitted_at from revision where account_id = $1 order by id desc limit $2";
    Ok(tx.fetch_all::<Moment>(sql, args![account, count]).await?.into_iter().map(|row| row.submitted_at).collect())
}

#[derive(sqlx::FromRow)]
struct DecidedRow {
    decided_by: UserId,
    state: RevisionState,
    submitted_at: Timestamp,
    decided_at: Timestamp,
    due_at: Timestamp,
    overturned: i64,
}

/// So many decisions are counted at most.
const DECISIONS_MAX: u32 = 100_000;

/// What reviewers decided from one moment until another. A rejection is overturned when the same content came again and was
/// approved.
pub(crate) async fn decisions(tx: &mut Tx, from: Timestamp, until: Timestamp) -> Result<Vec<Decided>> {
    let rows: Vec<DecidedRow> = tx
        .fetch_all(
            "select r.decided_by, r.state, r.submitted_at, r.decided_at, r.due_at, \
             cast(case when r.state = 'rejected' and exists (select 1 from revision n where n.product_id = r.product_id \
             and n.number > r.number and n.content = r.content and n.state in ('approved', 'superseded')) then 1 else 0 end \
             as bigint) as overturned from revision r where r.decided_by is not null and r.decided_at >= $1 and r.decided_at < $2 \
             and r.state in ('approved', 'superseded', 'rejected') order by r.decided_at desc limit $3",
            args![from, until, DECISIONS_MAX],
        )
        .await?;
    let decided = |row: DecidedRow| Decided {
        by: row.decided_by,
        rejected: row.state == RevisionState::Rejected,
        submitted_at: row.submitted_at,
        decided_at: row.decided_at,
        due_at: row.due_at,
        overturned: row.overturned == 1,
    };
    Ok(rows.into_iter().map(decided).collect())
}

#[derive(sqlx::FromRow)]
struct DoneRow {
    by_user: UserId,
    work: OtherWork,
    times: i64,
}

/// What reviewers did from one moment until another beside the last word on revisions.
pub(crate) async fn other_work(tx: &mut Tx, from: Timestamp, until: Timestamp) -> Result<Vec<Done>> {
    let rows: Vec<DoneRow> = tx
        .fetch_all(
            "select by_user, work, count(*) as times from (\
             select approved_by as by_user, 'first_approval' as work from review_case \
             where approved_by is not null and approved_at >= $1 and approved_at < $2 \
             union all select decided_by, 'removal' from removal \
             where decided_by is not null and decided_at >= $1 and decided_at < $2 \
             union all select taken_by, 'measure' from product_measure where taken_at >= $1 and taken_at < $2 \
             union all select decided_by, 'appeal' from product_measure \
             where appealed_at is not null and decided_by is not null and decided_at >= $1 and decided_at < $2\
             ) as done group by by_user, work",
            args![from, until],
        )
        .await?;
    let done =
        |row: DoneRow| Done { by: row.by_user, work: row.work, times: u32::try_from(row.times).unwrap_or(u32::MAX) };
    Ok(rows.into_iter().map(done).collect())
}

/// Keeps what the texts of a product look like, in place of what was kept before.
pub(crate) async fn keep_prints(
    tx: &mut Tx,
    (account, product): (AccountId, ProductId),
    prints: &[(&'static str, TextPrint)],
) -> Result<()> {
    tx.execute("delete from text_print_band where product_id = $1", args![product]).await?;
    tx.execute("delete from text_print where product_id = $1", args![product]).await?;
    let rows = prints.iter().map(|(lang, print)| args![product, *lang, account, print.bytes()]).collect();
    tx.insert_rows("insert into text_print (product_id, lang, account_id, print)", rows, "").await?;
    let bands =
        prints.iter().flat_map(|(lang, print)| print.bands().into_iter().map(|band| args![band, product, *lang]));
    let bands = bands.collect();
    tx.insert_rows("insert into text_print_band (band, product_id, lang)", bands, "on conflict do nothing").await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct PrintRow {
    product_id: ProductId,
    print: Vec<u8>,
}

/// Prints of other sellers' texts that may be the same; the products that were submitted first come first.
pub(crate) async fn prints_near(
    tx: &mut Tx,
    account: AccountId,
    lang: &str,
    print: &TextPrint,
) -> Result<Vec<(ProductId, TextPrint)>> {
    let mut bands = print.bands().into_iter();
    let mut next = || bands.next().unwrap_or_default();
    let given = args![
        account,
        lang,
        next(),
        next(),
        next(),
        next(),
        next(),
        next(),
        next(),
        next(),
        next(),
        next(),
        next(),
        next(),
        next(),
        next(),
        next(),
        next()
    ];
    let sql = "select product_id, print from text_print where account_id <> $1 and lang = $2 and product_id in \
               (select product_id from text_print_band where lang = $2 and band in \
               ($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)) order by product_id limit 200";
    let rows: Vec<PrintRow> = tx.fetch_all(sql, given).await?;
    let read = |row: PrintRow| Some((row.product_id, TextPrint::from_bytes(&row.print)?));
    Ok(rows.into_iter().filter_map(read).collect())
}
