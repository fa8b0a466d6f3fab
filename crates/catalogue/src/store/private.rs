//! Statements on `private_catalogue` and `approved_product`.

use kernel::{
    Result, Timestamp, args,
    id::{AccountId, ProductId, UserId},
};
use platform::Tx;

use super::window::Noted;
use crate::rules::{Approval, BuysFrom};

#[derive(sqlx::FromRow)]
struct Kept {
    buys_from: BuysFrom,
}

/// From what an account buys; everything, unless it has said otherwise.
pub(crate) async fn buys_from(tx: &mut Tx, account: AccountId) -> Result<BuysFrom> {
    let sql = "select buys_from from private_catalogue where account_id = $1";
    let row: Option<Kept> = tx.fetch_optional(sql, args![account]).await?;
    Ok(row.map_or(BuysFrom::Everything, |row| row.buys_from))
}

pub(crate) async fn set_buys_from(
    tx: &mut Tx,
    account: AccountId,
    buys_from: BuysFrom,
    (by, now): (UserId, Timestamp),
) -> Result<()> {
    let sql = "insert into private_catalogue (account_id, buys_from, changed_at, changed_by) values ($1, $2, $3, $4) \
               on conflict (account_id) do update set buys_from = excluded.buys_from, changed_at = excluded.changed_at, \
               changed_by = excluded.changed_by";
    tx.execute(sql, args![account, buys_from, now, by]).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Standing {
    buys_from: BuysFrom,
    approved_for: Option<AccountId>,
}

/// How a product stands in the catalogue of an account.
pub(crate) async fn approval(tx: &mut Tx, account: AccountId, product: ProductId) -> Result<Approval> {
    let sql = "select c.buys_from, a.account_id as approved_for from private_catalogue c \
               left join approved_product a on a.account_id = c.account_id and a.product_id = $2 where c.account_id = $1";
    let row: Option<Standing> = tx.fetch_optional(sql, args![account, product]).await?;
    Ok(row.map_or(Approval::NotNeeded, |row| Approval::of(Some(row.buys_from), row.approved_for)))
}

/// What an account has approved, the latest first. There are few, so that there are no pages.
pub(crate) async fn approved(tx: &mut Tx, account: AccountId) -> Result<Vec<Noted>> {
    let sql = "select product_id, approved_at as at from approved_product where account_id = $1 \
               order by approved_at desc, product_id limit 500";
    tx.fetch_all(sql, args![account]).await
}

#[derive(sqlx::FromRow)]
struct Count {
    count: i64,
}

/// How many products an account has approved beside one.
pub(crate) async fn approved_beside(tx: &mut Tx, account: AccountId, product: ProductId) -> Result<i64> {
    let sql = "select count(*) as count from approved_product where account_id = $1 and product_id <> $2";
    Ok(tx.fetch_one::<Count>(sql, args![account, product]).await?.count)
}

/// False: it was approved before.
pub(crate) async fn approve(
    tx: &mut Tx,
    account: AccountId,
    product: ProductId,
    (by, now): (UserId, Timestamp),
) -> Result<bool> {
    let sql = "insert into approved_product (account_id, product_id, approved_at, approved_by) values ($1, $2, $3, $4) \
               on conflict (account_id, product_id) do nothing";
    Ok(tx.execute(sql, args![account, product, now, by]).await? == 1)
}

/// False: it was not approved.
pub(crate) async fn withdraw(tx: &mut Tx, account: AccountId, product: ProductId) -> Result<bool> {
    let sql = "delete from approved_product where account_id = $1 and product_id = $2";
    Ok(tx.execute(sql, args![account, product]).await? == 1)
}
