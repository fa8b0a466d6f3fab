//! Statements on `private_offer_term` and `private_offer_amendment`, and what an amendment does to the others.

use kernel::{
    Error, Result, Timestamp,
    arg::json,
    args,
    id::{InstanceId, PrivateOfferId, UserId},
};
use platform::{OnUnique, Tx};
use sqlx::types::Json;

use crate::rules::{
    Amendment, AmendmentState, Due, DueState, Ended, PrivateOfferRefused, PrivateOfferState, Proposed, Running, Sent,
};

#[derive(sqlx::FromRow)]
struct TermRow {
    line: i64,
    instance_id: InstanceId,
    begins_at: Timestamp,
    ends_at: Option<Timestamp>,
    is_over: bool,
}

/// Writes down what came of a line, once.
pub(crate) async fn begin_term(tx: &mut Tx, offer: PrivateOfferId, runs: &Running) -> Result<()> {
    tx.execute(
        "insert into private_offer_term (offer_id, line, instance_id, begins_at, ends_at, is_over) \
         values ($1, $2, $3, $4, $5, $6) on conflict (offer_id, line) do nothing",
        args![offer, runs.line, runs.instance, runs.begins_at, runs.ends_at, runs.over],
    )
    .await?;
    Ok(())
}

/// What came of the lines of an offer, in their order.
pub(crate) async fn terms(tx: &mut Tx, offer: PrivateOfferId) -> Result<Vec<Running>> {
    let rows: Vec<TermRow> = tx
        .fetch_all(
            "select line, instance_id, begins_at, ends_at, is_over from private_offer_term where offer_id = $1 order by line",
            args![offer],
        )
        .await?;
    let running = |row: TermRow| {
        Ok(Running {
            line: u32::try_from(row.line).map_err(Error::fault)?,
            instance: row.instance_id,
            begins_at: row.begins_at,
            ends_at: row.ends_at,
            over: row.is_over,
        })
    };
    rows.into_iter().map(running).collect()
}

/// An instance has ended for good; most were not bought under an offer.
pub(crate) async fn end_term(tx: &mut Tx, instance: InstanceId) -> Result<()> {
    tx.execute("update private_offer_term set is_over = true where instance_id = $1", args![instance]).await?;
    Ok(())
}

pub(crate) async fn move_term(tx: &mut Tx, instance: InstanceId, ends_at: Option<Timestamp>) -> Result<()> {
    tx.execute("update private_offer_term set ends_at = $1 where instance_id = $2", args![ends_at, instance]).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    state: AmendmentState,
    content: Json<Amendment>,
    sent_at: Timestamp,
    sent_by: UserId,
    ended_at: Option<Timestamp>,
    ended_by: Option<UserId>,
    version: Option<i64>,
}

impl Row {
    fn proposed(self) -> Proposed {
        Proposed {
            amendment: self.content.0,
            state: self.state,
            sent_at: self.sent_at,
            sent_by: self.sent_by,
            ended: self.ended_at.map(|at| Ended { at, by: self.ended_by }),
            version: self.version,
        }
    }
}

/// The amendments of an offer, newest first.
pub(crate) async fn of(tx: &mut Tx, offer: PrivateOfferId) -> Result<Vec<Proposed>> {
    let rows: Vec<Row> = tx
        .fetch_all(
            "select state, content, sent_at, sent_by, ended_at, ended_by, version from private_offer_amendment \
             where offer_id = $1 order by number desc",
            args![offer],
        )
        .await?;
    Ok(rows.into_iter().map(Row::proposed).collect())
}

pub(crate) async fn find(tx: &mut Tx, offer: PrivateOfferId, number: u32) -> Result<Option<Proposed>> {
    let row: Option<Row> = tx
        .fetch_optional(
            "select state, content, sent_at, sent_by, ended_at, ended_by, version from private_offer_amendment \
             where offer_id = $1 and number = $2",
            args![offer, number],
        )
        .await?;
    Ok(row.map(Row::proposed))
}

pub(crate) async fn insert(tx: &mut Tx, offer: PrivateOfferId, proposed: &Proposed) -> Result<()> {
    tx.execute(
        "insert into private_offer_amendment (offer_id, number, state, content, sent_at, sent_by) values ($1, $2, $3, $4, $5, $6)",
        args![
            offer,
            proposed.amendment.number,
            proposed.state,
            json(&proposed.amendment),
            proposed.sent_at,
            proposed.sent_by
        ],
    )
    .await
    .on_unique(|| PrivateOfferRefused::AmendmentOpen)?;
    Ok(())
}

/// Ends an amendment that lies before the buyer; somebody who was faster has ended it already.
pub(crate) async fn end(
    tx: &mut Tx,
    (offer, number): (PrivateOfferId, u32),
    (to, ended, version): (AmendmentState, Ended, Option<i64>),
) -> Result<()> {
    tx.execute_one(
        "update private_offer_amendment set state = $1, ended_at = $2, ended_by = $3, version = $4 \
         where offer_id = $5 and number = $6 and state = 'proposed'",
        args![to, ended.at, ended.by, version, offer, number],
        || PrivateOfferRefused::AmendmentOver,
    )
    .await
}

/// Keeps the version that an accepted amendment makes of its offer.
pub(crate) async fn keep_version(tx: &mut Tx, offer: PrivateOfferId, sent: &Sent, by: UserId) -> Result<()> {
    tx.execute(
        "insert into private_offer_version (offer_id, version, content, sent_at, sent_by) values ($1, $2, $3, $4, $5)",
        args![offer, sent.version, json(sent), sent.sent_at, by],
    )
    .await?;
    tx.execute_one(
        "update private_offer set version = $1, changed_at = $2 where id = $3 and state = $4 and version = $5",
        args![sent.version, sent.sent_at, offer, PrivateOfferState::Accepted, sent.version.saturating_sub(1)],
        || PrivateOfferRefused::AmendmentMoved,
    )
    .await
}

/// Takes an instalment out of the schedule that others take the place of.
pub(crate) async fn replace(tx: &mut Tx, due: &Due, amendment: u32) -> Result<()> {
    tx.execute_one(
        "update private_offer_instalment set state = $1, replaced_by = $2 where id = $3 and state = $4",
        args![DueState::Replaced, amendment, due.id, DueState::Planned],
        || PrivateOfferRefused::AmendmentMoved,
    )
    .await
}

/// Notes which amendment made the instalments from a number on.
pub(crate) async fn made(tx: &mut Tx, offer: PrivateOfferId, from: u32, amendment: u32) -> Result<()> {
    tx.execute(
        "update private_offer_instalment set made_by = $1 where offer_id = $2 and number >= $3",
        args![amendment, offer, from],
    )
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
pub(crate) struct Counted {
    pub(crate) offer_id: PrivateOfferId,
    pub(crate) number: i64,
    content: Json<Amendment>,
    before: Json<Sent>,
    after: Json<Sent>,
    /// What its instalments come to, and what those came to whose place they took.
    pub(crate) made: i64,
    pub(crate) replaced: i64,
}

impl Counted {
    pub(crate) fn amendment(&self) -> &Amendment {
        &self.content.0
    }

    /// The versions of the offer before and after it.
    pub(crate) fn versions(&self) -> (&Sent, &Sent) {
        (&self.before.0, &self.after.0)
    }
}

/// Accepted amendments after one, with what they began from and what they made.
pub(crate) async fn accepted_after(
    tx: &mut Tx,
    after: Option<(PrivateOfferId, i64)>,
    most: u32,
) -> Result<Vec<Counted>> {
    let (offer, number) = after.map_or((None, 0), |(offer, number)| (Some(offer), number));
    tx.fetch_all(
        "select a.offer_id, a.number, a.content, b.content as before, v.content as after, \
         cast(coalesce((select sum(i.amount) from private_offer_instalment i where i.offer_id = a.offer_id \
         and i.made_by = a.number), 0) as bigint) as made, \
         cast(coalesce((select sum(i.amount) from private_offer_instalment i where i.offer_id = a.offer_id \
         and i.replaced_by = a.number), 0) as bigint) as replaced \
         from private_offer_amendment a \
         join private_offer_version v on v.offer_id = a.offer_id and v.version = a.version \
         join private_offer_version b on b.offer_id = a.offer_id and b.version = a.version - 1 \
         where a.state = $1 and ($2 is null or a.offer_id > $2 or a.offer_id = $2 and a.number > $3) \
         order by a.offer_id, a.number limit $4",
        args![AmendmentState::Accepted, offer, number, most],
    )
    .await
}
