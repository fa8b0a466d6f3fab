//! Statements on `discount` and `discount_customer`.

use std::collections::BTreeSet;

use kernel::{
    Page, Result, Timestamp,
    arg::json,
    args,
    id::{AccountId, DiscountId},
    page::PageOf,
    time::Period,
};
use platform::Tx;
use sqlx::types::Json;

use crate::rules::{Discount, DiscountState, DiscountTerms, OfferRefused};

#[derive(sqlx::FromRow)]
struct Row {
    id: DiscountId,
    account_id: AccountId,
    state: DiscountState,
    content: Json<DiscountTerms>,
    valid_from: Timestamp,
    valid_until: Timestamp,
    created_at: Timestamp,
    ended_at: Option<Timestamp>,
}

impl Row {
    fn discount(self) -> Discount {
        let Self { id, account_id, state, content, valid_from, valid_until, created_at, ended_at } = self;
        let valid = Period { from: valid_from, until: valid_until };
        Discount { id, account: account_id, state, terms: content.0, valid, created_at, ended_at }
    }
}

macro_rules! discounts {
    ($rest:literal) => {
        concat!(
            "select d.id, d.account_id, d.state, d.content, d.valid_from, d.valid_until, d.created_at, d.ended_at \
             from discount d ",
            $rest
        )
    };
}

pub(crate) async fn insert(tx: &mut Tx, discount: &Discount) -> Result<()> {
    tx.execute(
        "insert into discount (id, account_id, state, content, valid_from, valid_until, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7)",
        args![
            discount.id,
            discount.account,
            discount.state,
            json(&discount.terms),
            discount.valid.from,
            discount.valid.until,
            discount.created_at
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn find_for(tx: &mut Tx, seller: AccountId, id: DiscountId) -> Result<Option<Discount>> {
    let sql = discounts!("where d.id = $1 and d.account_id = $2");
    Ok(tx.fetch_optional::<Row>(sql, args![id, seller]).await?.map(Row::discount))
}

pub(crate) async fn list_for(tx: &mut Tx, seller: AccountId, page: PageOf) -> Result<Page<Discount>> {
    let sql = discounts!("where d.account_id = $1 and ($2 is null or d.id < $2) order by d.id desc limit $3");
    let rows: Vec<Row> = tx.fetch_all(sql, args![seller, page.before, page.fetch()]).await?;
    Ok(page.page(rows, |row| row.id.uuid()).map(Row::discount))
}

/// The discounts that a seller gives a buyer now, the oldest first.
pub(crate) async fn of_buyer(
    tx: &mut Tx,
    seller: Option<AccountId>,
    buyer: AccountId,
    now: Timestamp,
) -> Result<Vec<Discount>> {
    let sql = discounts!(
        "join discount_customer c on c.discount_id = d.id where c.account_id = $1 and ($2 is null or d.account_id = $2) \
         and d.state = $3 and d.valid_from <= $4 and d.valid_until > $4 order by d.id limit 100"
    );
    let rows: Vec<Row> = tx.fetch_all(sql, args![buyer, seller, DiscountState::Active, now]).await?;
    Ok(rows.into_iter().map(Row::discount).collect())
}

#[derive(sqlx::FromRow)]
struct CustomerRow {
    account_id: AccountId,
}

pub(crate) async fn customers(tx: &mut Tx, id: DiscountId) -> Result<Vec<AccountId>> {
    let sql = "select account_id from discount_customer where discount_id = $1 order by account_id";
    Ok(tx.fetch_all::<CustomerRow>(sql, args![id]).await?.into_iter().map(|row| row.account_id).collect())
}

/// Lets others who change a discount that stands wait until the transaction ends.
pub(crate) async fn hold(tx: &mut Tx, id: DiscountId) -> Result<()> {
    let sql = "update discount set state = state where id = $1 and state = $2";
    tx.execute_one(sql, args![id, DiscountState::Active], || OfferRefused::DiscountEnded).await
}

/// Names the customers anew; who is not among them any more pays the list price from now on.
pub(crate) async fn set_customers(tx: &mut Tx, id: DiscountId, customers: &BTreeSet<AccountId>) -> Result<()> {
    tx.execute("delete from discount_customer where discount_id = $1", args![id]).await?;
    let rows = customers.iter().map(|account| args![id, *account]).collect();
    tx.insert_rows("insert into discount_customer (discount_id, account_id)", rows, "").await?;
    Ok(())
}

pub(crate) async fn end(tx: &mut Tx, id: DiscountId, now: Timestamp) -> Result<()> {
    tx.execute_one(
        "update discount set state = $1, ended_at = $2 where id = $3 and state = $4",
        args![DiscountState::Ended, now, id, DiscountState::Active],
        || OfferRefused::DiscountEnded,
    )
    .await
}
