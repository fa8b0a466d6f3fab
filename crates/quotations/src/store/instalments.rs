//! Statements on `private_offer_instalment`.

use kernel::{
    Currency, Error, Money, Result, Timestamp,
    arg::json,
    args,
    id::{InstalmentId, OrderId, PrivateOfferId},
};
use platform::Tx;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;

use crate::rules::{Due, DueState};

/// An object, as all that is kept as JSON.
#[derive(Serialize, Deserialize)]
struct Shares {
    lines: Vec<Money>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: InstalmentId,
    offer_id: PrivateOfferId,
    number: i64,
    due_at: Timestamp,
    currency: Currency,
    amount: i64,
    shares: Json<Shares>,
    state: DueState,
    order_id: Option<OrderId>,
}

impl Row {
    fn due(self) -> Result<Due> {
        Ok(Due {
            id: self.id,
            offer: self.offer_id,
            number: u32::try_from(self.number).map_err(Error::fault)?,
            due_at: self.due_at,
            amount: Money::of(self.amount, self.currency),
            shares: self.shares.0.lines,
            state: self.state,
            order: self.order_id,
        })
    }
}

macro_rules! instalments {
    ($rest:literal) => {
        concat!(
            "select i.id, i.offer_id, i.number, i.due_at, i.currency, i.amount, i.shares, i.state, i.order_id \
             from private_offer_instalment i ",
            $rest
        )
    };
}

pub(crate) async fn insert(tx: &mut Tx, dues: &[Due]) -> Result<()> {
    let row = |due: &Due| {
        args![
            due.id,
            due.offer,
            due.number,
            due.due_at,
            due.amount.currency(),
            due.amount.minor(),
            json(&Shares { lines: due.shares.clone() }),
            due.state,
            due.order
        ]
    };
    let insert = "insert into private_offer_instalment (id, offer_id, number, due_at, currency, amount, shares, state, order_id)";
    tx.insert_rows(insert, dues.iter().map(row).collect(), "").await?;
    Ok(())
}

pub(crate) async fn find(tx: &mut Tx, id: InstalmentId) -> Result<Option<Due>> {
    tx.fetch_optional::<Row>(instalments!("where i.id = $1"), args![id]).await?.map(Row::due).transpose()
}

pub(crate) async fn by_order(tx: &mut Tx, order: OrderId) -> Result<Option<Due>> {
    tx.fetch_optional::<Row>(instalments!("where i.order_id = $1"), args![order]).await?.map(Row::due).transpose()
}

pub(crate) async fn of(tx: &mut Tx, offer: PrivateOfferId) -> Result<Vec<Due>> {
    let rows: Vec<Row> = tx.fetch_all(instalments!("where i.offer_id = $1 order by i.number"), args![offer]).await?;
    rows.into_iter().map(Row::due).collect()
}

/// Saves a move from `from`; somebody who was faster has made another one.
pub(crate) async fn save(tx: &mut Tx, due: &Due, from: DueState) -> Result<()> {
    tx.execute_one(
        "update private_offer_instalment set amount = $1, shares = $2, state = $3, order_id = $4 where id = $5 and state = $6",
        args![
            due.amount.minor(),
            json(&Shares { lines: due.shares.clone() }),
            due.state,
            due.order,
            due.id,
            from
        ],
        || Error::Busy,
    )
    .await
}

#[derive(sqlx::FromRow)]
pub(crate) struct Drift {
    pub(crate) id: InstalmentId,
    pub(crate) amount: i64,
    pub(crate) total: i64,
    pub(crate) state: DueState,
}

/// An instalment whose order is over another amount, or that is paid by an order that is not.
pub(crate) async fn first_drift(tx: &mut Tx) -> Result<Option<Drift>> {
    tx.fetch_optional(
        "select i.id, i.amount, o.total, i.state from private_offer_instalment i join purchase_order o on o.id = i.order_id \
         where i.amount <> o.total and i.state <> 'cancelled' or i.state = 'paid' and o.paid_at is null \
         order by i.id limit 1",
        vec![],
    )
    .await
}
