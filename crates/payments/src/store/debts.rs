//! Statements on `debt`.

use kernel::{Money, Result, arg::json, args, id::AccountId};
use platform::Tx;
use sqlx::types::Json;

#[derive(sqlx::FromRow)]
struct Row {
    owed: Json<Vec<Money>>,
}

#[derive(sqlx::FromRow)]
struct Owing {
    account_id: AccountId,
    owed: Json<Vec<Money>>,
}

/// Some accounts with what they owe, behind one of them.
pub(crate) async fn after(tx: &mut Tx, account: Option<AccountId>) -> Result<Vec<(AccountId, Vec<Money>)>> {
    let sql = "select account_id, owed from debt where $1 is null or account_id > $1 order by account_id limit 1000";
    let rows: Vec<Owing> = tx.fetch_all(sql, args![account]).await?;
    Ok(rows.into_iter().map(|row| (row.account_id, row.owed.0)).collect())
}

pub(crate) async fn hold(tx: &mut Tx, account: AccountId) -> Result<()> {
    let sql = "insert into debt (account_id, owed, turn) values ($1, $2, 0) \
               on conflict (account_id) do update set turn = debt.turn + 1";
    let none: [Money; 0] = [];
    tx.execute(sql, args![account, json(&none)]).await.map(drop)
}

pub(crate) async fn save(tx: &mut Tx, account: AccountId, owed: &[Money]) -> Result<()> {
    tx.execute("update debt set owed = $1 where account_id = $2", args![json(&owed), account]).await.map(drop)
}

pub(crate) async fn of(tx: &mut Tx, account: AccountId) -> Result<Vec<Money>> {
    let row: Option<Row> = tx.fetch_optional("select owed from debt where account_id = $1", args![account]).await?;
    Ok(row.map(|row| row.owed.0).unwrap_or_default())
}
