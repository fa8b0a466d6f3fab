//! Statements on `delivery`; those on the other tables stand in files of their own.

pub(crate) mod checks;
pub(crate) mod comparisons;
pub(crate) mod errands;

use kernel::{
    Error, Page, Result, Timestamp, args,
    id::{AccountId, DeliveryId, InstanceId, OrderId, OrderLineId},
    page::PageOf,
};
use platform::Tx;
use policy::AccessType;

use crate::rules::{Delivery, Outcome, State};

#[derive(sqlx::FromRow)]
struct Row {
    id: DeliveryId,
    line_id: OrderLineId,
    order_id: OrderId,
    account_id: AccountId,
    seller_id: AccountId,
    access_type: AccessType,
    state: State,
    tries: i64,
    opened_at: Timestamp,
    ended_at: Option<Timestamp>,
    last_error: Option<String>,
    instance_id: Option<InstanceId>,
}

impl Row {
    fn delivery(self) -> Delivery {
        let at = self.ended_at.unwrap_or(self.opened_at);
        let outcome = match (self.state, self.instance_id) {
            (State::Offered, Some(instance)) => Outcome::Offered { instance },
            (State::Delivered, Some(instance)) => Outcome::Delivered { instance, at },
            (State::Failed, _) => Outcome::Failed { reason: self.last_error.unwrap_or_default(), at },
            (State::Due | State::Offered | State::Delivered, _) => Outcome::Due { last_error: self.last_error },
        };
        Delivery {
            id: self.id,
            line: self.line_id,
            order: self.order_id,
            account: self.account_id,
            seller: self.seller_id,
            access_type: self.access_type,
            tries: u32::try_from(self.tries).unwrap_or(u32::MAX),
            opened_at: self.opened_at,
            outcome,
        }
    }
}

/// Opens a delivery; false: the line has one already.
pub(crate) async fn open(tx: &mut Tx, delivery: &Delivery) -> Result<bool> {
    let hit = tx
        .execute(
            "insert into delivery (id, line_id, order_id, account_id, seller_id, access_type, state, tries, opened_at) \
             values ($1, $2, $3, $4, $5, $6, $7, 0, $8) on conflict (line_id) do nothing",
            args![
                delivery.id,
                delivery.line,
                delivery.order,
                delivery.account,
                delivery.seller,
                delivery.access_type,
                State::Due,
                delivery.opened_at
            ],
        )
        .await?;
    Ok(hit == 1)
}

/// Saves what a try came to; the delivery must still be due.
pub(crate) async fn save(tx: &mut Tx, delivery: &Delivery) -> Result<()> {
    save_from(tx, State::Due, delivery).await
}

/// Saves what came of a delivery that stood so before.
pub(crate) async fn save_from(tx: &mut Tx, before: State, delivery: &Delivery) -> Result<()> {
    let (instance, error, ended_at) = match &delivery.outcome {
        Outcome::Due { last_error } => (None, last_error.clone(), None),
        Outcome::Offered { instance } => (Some(*instance), None, None),
        Outcome::Delivered { instance, at } => (Some(*instance), None, Some(*at)),
        Outcome::Failed { reason, at } => (None, Some(reason.clone()), Some(*at)),
    };
    tx.execute_one(
        "update delivery set state = $1, tries = $2, instance_id = $3, last_error = $4, ended_at = $5 \
         where id = $6 and state = $7",
        args![delivery.outcome.state(), delivery.tries, instance, error, ended_at, delivery.id, before],
        || Error::Busy,
    )
    .await
}

macro_rules! deliveries {
    ($rest:literal) => {
        concat!(
            "select id, line_id, order_id, account_id, seller_id, access_type, state, tries, opened_at, ended_at, last_error, \
             instance_id from delivery ",
            $rest
        )
    };
}

pub(crate) async fn find(tx: &mut Tx, id: DeliveryId) -> Result<Option<Delivery>> {
    Ok(tx.fetch_optional::<Row>(deliveries!("where id = $1"), args![id]).await?.map(Row::delivery))
}

pub(crate) async fn of_line(tx: &mut Tx, line: OrderLineId) -> Result<Option<Delivery>> {
    Ok(tx.fetch_optional::<Row>(deliveries!("where line_id = $1"), args![line]).await?.map(Row::delivery))
}

pub(crate) async fn of_order_for(tx: &mut Tx, account: AccountId, order: OrderId) -> Result<Vec<Delivery>> {
    let sql = deliveries!("where account_id = $1 and order_id = $2 order by id");
    Ok(tx.fetch_all::<Row>(sql, args![account, order]).await?.into_iter().map(Row::delivery).collect())
}

/// Some that wait for their acceptance, after one.
pub(crate) async fn offered_after(tx: &mut Tx, after: Option<DeliveryId>, most: i64) -> Result<Vec<Delivery>> {
    let sql = deliveries!("where state = $1 and ($2 is null or id > $2) order by id limit $3");
    let rows: Vec<Row> = tx.fetch_all(sql, args![State::Offered, after, most]).await?;
    Ok(rows.into_iter().map(Row::delivery).collect())
}

/// The deliveries of all accounts, for the operator.
pub(crate) async fn list(tx: &mut Tx, state: Option<State>, page: PageOf) -> Result<Page<Delivery>> {
    let sql = deliveries!("where ($1 is null or state = $1) and ($2 is null or id < $2) order by id desc limit $3");
    let rows: Vec<Row> = tx.fetch_all(sql, args![state, page.before, page.fetch()]).await?;
    Ok(page.page(rows, |row| row.id.uuid()).map(Row::delivery))
}
