//! Statements on `trial_account`, `trial_taken`, and on that column of `product`.

use kernel::{
    Error, Page, Result, Thing, Timestamp, args,
    id::{AccountId, OrderId, ProductId, SpecId, UserId},
    page::PageOf,
};
use platform::Tx;

use super::visibility::NamedAccount;
use crate::rules::TrialsFor;

#[derive(sqlx::FromRow)]
struct Offered {
    trials: TrialsFor,
}

/// To whom the trials of a product are offered.
pub(crate) async fn offered_to(tx: &mut Tx, product: ProductId) -> Result<TrialsFor> {
    let row: Option<Offered> = tx.fetch_optional("select trials from product where id = $1", args![product]).await?;
    row.map(|row| row.trials).ok_or(Error::NotFound(Thing::Product))
}

pub(crate) async fn set_offered_to(tx: &mut Tx, product: ProductId, offered_to: TrialsFor) -> Result<()> {
    let sql = "update product set trials = $1 where id = $2";
    tx.execute_one(sql, args![offered_to, product], || Error::NotFound(Thing::Product)).await
}

/// False: the account was listed before.
pub(crate) async fn list_account(
    tx: &mut Tx,
    product: ProductId,
    account: AccountId,
    (by, now): (UserId, Timestamp),
) -> Result<bool> {
    let sql = "insert into trial_account (product_id, account_id, added_at, added_by) values ($1, $2, $3, $4) \
               on conflict (product_id, account_id) do nothing";
    Ok(tx.execute(sql, args![product, account, now, by]).await? == 1)
}

pub(crate) async fn unlist_account(tx: &mut Tx, product: ProductId, account: AccountId) -> Result<()> {
    let sql = "delete from trial_account where product_id = $1 and account_id = $2";
    tx.execute_one(sql, args![product, account], || Error::NotFound(Thing::Account)).await
}

/// The accounts that may try a product, the youngest first.
pub(crate) async fn listed_accounts(tx: &mut Tx, product: ProductId, page: PageOf) -> Result<Page<NamedAccount>> {
    let rows = tx
        .fetch_all(
            "select t.account_id, a.name, t.added_at from trial_account t join account a on a.id = t.account_id \
             where t.product_id = $1 and ($2 is null or t.account_id < $2) order by t.account_id desc limit $3",
            args![product, page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |row: &NamedAccount| row.account_id.uuid()))
}

#[derive(sqlx::FromRow)]
struct Count {
    count: i64,
}

pub(crate) async fn count_listed(tx: &mut Tx, product: ProductId) -> Result<i64> {
    let sql = "select count(*) as count from trial_account where product_id = $1";
    Ok(tx.fetch_one::<Count>(sql, args![product]).await?.count)
}

pub(crate) async fn is_listed(tx: &mut Tx, product: ProductId, account: AccountId) -> Result<bool> {
    let sql = "select count(*) as count from trial_account where product_id = $1 and account_id = $2";
    Ok(tx.fetch_one::<Count>(sql, args![product, account]).await?.count > 0)
}

pub(crate) async fn has_tried(tx: &mut Tx, account: AccountId, spec: SpecId) -> Result<bool> {
    let sql = "select count(*) as count from trial_taken where account_id = $1 and spec_id = $2";
    Ok(tx.fetch_one::<Count>(sql, args![account, spec]).await?.count > 0)
}

/// Uses up the one trial of an account; false: it was used before.
pub(crate) async fn take(
    tx: &mut Tx,
    (account, spec): (AccountId, SpecId),
    order: OrderId,
    now: Timestamp,
) -> Result<bool> {
    let sql = "insert into trial_taken (account_id, spec_id, order_id, taken_at) values ($1, $2, $3, $4) \
               on conflict (account_id, spec_id) do nothing";
    Ok(tx.execute(sql, args![account, spec, order, now]).await? == 1)
}

/// A trial that was never delivered does not count.
pub(crate) async fn give_back(tx: &mut Tx, order: OrderId) -> Result<()> {
    tx.execute("delete from trial_taken where order_id = $1", args![order]).await?;
    Ok(())
}
