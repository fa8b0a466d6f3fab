//! Statements on the tables of payments.

pub(crate) mod debts;

use kernel::{
    Currency, Error, Money, Page, Result, Timestamp, args,
    id::{AccountId, TopUpId},
    page::PageOf,
};
use platform::{OnUnique, Tx};
use uuid::Uuid;

use crate::rules::{Channel, Outcome, TopUp, TopUpRefused, TopUpState};

#[derive(sqlx::FromRow)]
pub(crate) struct Drift {
    pub(crate) subject: Uuid,
    pub(crate) booked: i64,
    pub(crate) confirmed: i64,
}

/// A top-up whose journals do not come to what was confirmed, or a top-up's journal without one.
pub(crate) async fn first_drift(tx: &mut Tx) -> Result<Option<Drift>> {
    tx.fetch_optional(
        "select subject, cast(sum(booked) as bigint) as booked, cast(sum(confirmed) as bigint) as confirmed from \
         (select j.subject, p.amount as booked, 0 as confirmed from journal j join posting p on p.journal_id = j.id \
          where j.recipe in ('top_up', 'development_top_up') and p.kind = 'wallet' \
          union all \
          select id as subject, 0 as booked, received as confirmed from top_up where state = $1) both_sides \
         group by subject having sum(booked) <> sum(confirmed) order by subject limit 1",
        args![TopUpState::Confirmed],
    )
    .await
}

#[derive(sqlx::FromRow)]
struct Row {
    id: TopUpId,
    account_id: AccountId,
    channel: Channel,
    currency: Currency,
    declared: i64,
    reference: String,
    payer: String,
    declared_at: Timestamp,
    state: TopUpState,
    received: Option<i64>,
    bank_reference: Option<String>,
    reason: Option<String>,
    decided_at: Option<Timestamp>,
}

impl Row {
    fn top_up(self) -> TopUp {
        let Self { currency, decided_at, .. } = self;
        let at = decided_at.unwrap_or(self.declared_at);
        let outcome = match self.state {
            TopUpState::Declared => Outcome::Declared,
            TopUpState::Confirmed => Outcome::Confirmed {
                received: Money::of(self.received.unwrap_or_default(), currency),
                bank_reference: self.bank_reference.unwrap_or_default(),
                at,
            },
            TopUpState::Rejected => Outcome::Rejected { reason: self.reason.unwrap_or_default(), at },
        };
        TopUp {
            id: self.id,
            account: self.account_id,
            channel: self.channel,
            declared: Money::of(self.declared, currency),
            reference: self.reference,
            payer: self.payer,
            declared_at: self.declared_at,
            outcome,
        }
    }
}

pub(crate) async fn insert(tx: &mut Tx, top_up: &TopUp) -> Result<()> {
    tx.execute(
        "insert into top_up (id, account_id, channel, currency, declared, reference, payer, declared_at, state) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        args![
            top_up.id,
            top_up.account,
            top_up.channel,
            top_up.declared.currency(),
            top_up.declared.minor(),
            &top_up.reference,
            &top_up.payer,
            top_up.declared_at,
            TopUpState::Declared
        ],
    )
    .await?;
    Ok(())
}

/// Saves the decision on a declared top-up.
pub(crate) async fn decide(tx: &mut Tx, top_up: &TopUp) -> Result<()> {
    let (received, bank_reference, reason, at) = match &top_up.outcome {
        Outcome::Declared => return Err(Error::fault("a declared top-up has no decision to save")),
        Outcome::Confirmed { received, bank_reference, at } => {
            (Some(received.minor()), Some(bank_reference), None, *at)
        }
        Outcome::Rejected { reason, at } => (None, None, Some(reason), *at),
    };
    let state = top_up.outcome.state();
    let used = || TopUpRefused::TransferUsed(bank_reference.cloned().unwrap_or_default());
    tx.execute_one(
        "update top_up set state = $1, received = $2, bank_reference = $3, reason = $4, decided_at = $5 \
         where id = $6 and state = $7",
        args![state, received, bank_reference, reason, at, top_up.id, TopUpState::Declared],
        || Error::Busy,
    )
    .await
    .on_unique(used)
}

macro_rules! top_ups {
    ($rest:literal) => {
        concat!(
            "select id, account_id, channel, currency, declared, reference, payer, declared_at, state, received, \
             bank_reference, reason, decided_at from top_up ",
            $rest
        )
    };
}

pub(crate) async fn find(tx: &mut Tx, id: TopUpId) -> Result<Option<TopUp>> {
    Ok(tx.fetch_optional::<Row>(top_ups!("where id = $1"), args![id]).await?.map(Row::top_up))
}

pub(crate) async fn find_for(tx: &mut Tx, account: AccountId, id: TopUpId) -> Result<Option<TopUp>> {
    let sql = top_ups!("where account_id = $1 and id = $2");
    Ok(tx.fetch_optional::<Row>(sql, args![account, id]).await?.map(Row::top_up))
}

pub(crate) async fn list_for(tx: &mut Tx, account: AccountId, page: PageOf) -> Result<Page<TopUp>> {
    let sql = top_ups!("where account_id = $1 and ($2 is null or id < $2) order by id desc limit $3");
    let rows: Vec<Row> = tx.fetch_all(sql, args![account, page.before, page.fetch()]).await?;
    Ok(page.page(rows, |row| row.id.uuid()).map(Row::top_up))
}

/// The top-ups of all accounts, for the operator.
pub(crate) async fn list(
    tx: &mut Tx,
    state: Option<TopUpState>,
    reference: Option<&str>,
    page: PageOf,
) -> Result<Page<TopUp>> {
    let sql = top_ups!(
        "where ($1 is null or state = $1) and ($2 is null or reference = $2) and ($3 is null or id < $3) \
         order by id desc limit $4"
    );
    let rows: Vec<Row> = tx.fetch_all(sql, args![state, reference, page.before, page.fetch()]).await?;
    Ok(page.page(rows, |row| row.id.uuid()).map(Row::top_up))
}
