//! Statements on `user_session`, `sign_in_link` and `sign_in_try`.

use kernel::{
    Error, Result, Thing, Timestamp, args,
    id::{AccountId, SessionId, UserId},
};
use platform::Tx;

/// A session as its user sees it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Session {
    pub id: SessionId,
    pub from_address: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

pub(crate) async fn insert(tx: &mut Tx, session: &Session, of: (AccountId, UserId), token_hash: &str) -> Result<()> {
    tx.execute(
        "insert into user_session (id, account_id, user_id, token_hash, from_address, created_at, expires_at) \
         values ($1, $2, $3, $4, $5, $6, $7)",
        args![session.id, of.0, of.1, token_hash, &session.from_address, session.created_at, session.expires_at],
    )
    .await?;
    Ok(())
}

pub(crate) async fn list(tx: &mut Tx, account: AccountId, user: UserId, now: Timestamp) -> Result<Vec<Session>> {
    tx.fetch_all(
        "select id, from_address, created_at, expires_at from user_session \
         where account_id = $1 and user_id = $2 and expires_at > $3 order by id desc limit 100",
        args![account, user, now],
    )
    .await
}

pub(crate) async fn end(tx: &mut Tx, account: AccountId, user: UserId, id: SessionId) -> Result<()> {
    let sql = "delete from user_session where account_id = $1 and user_id = $2 and id = $3";
    tx.execute_one(sql, args![account, user, id], || Error::NotFound(Thing::Session)).await
}

/// Ends all sessions of a user but the one that is kept.
pub(crate) async fn end_all(tx: &mut Tx, account: AccountId, user: UserId, kept: Option<SessionId>) -> Result<u64> {
    let sql = "delete from user_session where account_id = $1 and user_id = $2 and ($3 is null or id <> $3)";
    tx.execute(sql, args![account, user, kept]).await
}

pub(crate) async fn forget_expired(tx: &mut Tx, account: AccountId, user: UserId, now: Timestamp) -> Result<u64> {
    let sql = "delete from user_session where account_id = $1 and user_id = $2 and expires_at <= $3";
    tx.execute(sql, args![account, user, now]).await
}

pub(crate) async fn insert_link(tx: &mut Tx, hash: &str, of: (AccountId, UserId), expires_at: Timestamp) -> Result<()> {
    tx.execute(
        "insert into sign_in_link (token_hash, account_id, user_id, expires_at) values ($1, $2, $3, $4)",
        args![hash, of.0, of.1, expires_at],
    )
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct LinkRow {
    user_id: UserId,
}

/// Whose link it is, while it can be used.
pub(crate) async fn link(tx: &mut Tx, hash: &str, now: Timestamp) -> Result<Option<UserId>> {
    let sql = "select user_id from sign_in_link where token_hash = $1 and used_at is null and expires_at > $2";
    Ok(tx.fetch_optional::<LinkRow>(sql, args![hash, now]).await?.map(|row| row.user_id))
}

pub(crate) async fn use_link(
    tx: &mut Tx,
    hash: &str,
    now: Timestamp,
    missed: impl FnOnce() -> Error + Send,
) -> Result<()> {
    let sql = "update sign_in_link set used_at = $1 where token_hash = $2 and used_at is null and expires_at > $1";
    tx.execute_one(sql, args![now, hash], missed).await
}

/// Takes the worth out of all links of a user.
pub(crate) async fn forget_links(tx: &mut Tx, account: AccountId, user: UserId) -> Result<u64> {
    tx.execute("delete from sign_in_link where account_id = $1 and user_id = $2", args![account, user]).await
}

#[derive(sqlx::FromRow)]
struct Count {
    count: i64,
}

/// Counts one more try to sign in and gives their number since the last success; `None`: signing in is paused.
pub(crate) async fn count_try(tx: &mut Tx, (who, place): (&str, &str), now: Timestamp) -> Result<Option<i64>> {
    let row: Option<Count> = tx
        .fetch_optional(
            "insert into sign_in_try (who, place, failures, last_at) values ($1, $2, 1, $3) on conflict (who, place) do update \
             set failures = sign_in_try.failures + 1, locked_until = null, last_at = excluded.last_at \
             where sign_in_try.locked_until is null or sign_in_try.locked_until <= excluded.last_at \
             returning failures as count",
            args![who, place, now],
        )
        .await?;
    Ok(row.map(|row| row.count))
}

/// Takes back a count from a place and from everywhere.
pub(crate) async fn uncount_try(tx: &mut Tx, who: &str, place: &str) -> Result<u64> {
    let sql = "update sign_in_try set failures = failures - 1, locked_until = null \
               where who = $1 and place in ($2, '') and failures > 0";
    tx.execute(sql, args![who, place]).await
}

/// Pauses signing in from a place and begins to count anew. False: it is paused already, or was released by a success.
pub(crate) async fn pause_tries(tx: &mut Tx, (who, place): (&str, &str), until: Timestamp) -> Result<bool> {
    let sql = "update sign_in_try set failures = 0, locked_until = $1 \
               where who = $2 and place = $3 and locked_until is null";
    Ok(tx.execute(sql, args![until, who, place]).await? == 1)
}

/// Makes the next try from anywhere wait, and goes on counting.
pub(crate) async fn delay_tries(tx: &mut Tx, who: &str, until: Timestamp) -> Result<u64> {
    tx.execute("update sign_in_try set locked_until = $1 where who = $2 and place = ''", args![until, who]).await
}

/// After a success: what was tried from there, and that everybody has to wait.
pub(crate) async fn forget_tries_at(tx: &mut Tx, who: &str, place: &str) -> Result<u64> {
    tx.execute("delete from sign_in_try where who = $1 and place in ($2, '')", args![who, place]).await
}

pub(crate) async fn forget_tries(tx: &mut Tx, who: &str) -> Result<u64> {
    tx.execute("delete from sign_in_try where who = $1", args![who]).await
}

pub(crate) async fn forget_tries_before(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.execute(
        "delete from sign_in_try where last_at < $1 and (locked_until is null or locked_until < $1)",
        args![before],
    )
    .await
}

/// Notes that something is told somebody. False: it was told after `earlier` already.
pub(crate) async fn note_told(
    tx: &mut Tx,
    (what, who): (&str, &str),
    now: Timestamp,
    earlier: Timestamp,
) -> Result<bool> {
    let sql = "insert into sign_in_try (who, place, failures, last_at) values ($1, '', 0, $2) \
               on conflict (who, place) do update set last_at = excluded.last_at where sign_in_try.last_at <= $3";
    Ok(tx.execute(sql, args![format!("{what}/{who}"), now, earlier]).await? == 1)
}

/// Sessions and links that ended before a moment.
pub(crate) async fn forget_all_before(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    let sessions = tx.execute("delete from user_session where expires_at < $1", args![before]).await?;
    let links = tx.execute("delete from sign_in_link where expires_at < $1", args![before]).await?;
    Ok(sessions + links)
}
