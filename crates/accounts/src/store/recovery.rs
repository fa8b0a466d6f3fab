//! Statements on `recovery_code`.

use kernel::{Result, Timestamp, args, id::UserId};
use platform::Tx;

/// Takes the worth out of a user's codes and gives new ones, if any.
pub(crate) async fn replace(tx: &mut Tx, user: UserId, macs: &[String]) -> Result<()> {
    tx.execute("delete from recovery_code where user_id = $1", args![user]).await?;
    for mac in macs {
        tx.execute("insert into recovery_code (user_id, code_mac) values ($1, $2)", args![user, mac]).await?;
    }
    Ok(())
}

/// False: it is no code of the user's, or was used.
pub(crate) async fn use_up(tx: &mut Tx, user: UserId, mac: &str, now: Timestamp) -> Result<bool> {
    let sql = "update recovery_code set used_at = $1 where user_id = $2 and code_mac = $3 and used_at is null";
    Ok(tx.execute(sql, args![now, user, mac]).await? == 1)
}

#[derive(sqlx::FromRow)]
struct Count {
    count: i64,
}

/// How many codes a user has left.
pub(crate) async fn left(tx: &mut Tx, user: UserId) -> Result<i64> {
    let sql = "select count(*) as count from recovery_code where user_id = $1 and used_at is null";
    Ok(tx.fetch_one::<Count>(sql, args![user]).await?.count)
}
