//! Statements on `sandbox` and `sandbox_letter`.

use kernel::{
    Result, Timestamp, args,
    id::{AccountId, SandboxId},
};
use platform::Tx;

/// A sandbox in whichever process it runs.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: SandboxId,
    pub(super) seller_id: AccountId,
    pub(super) node: String,
    pub(super) node_name: String,
    pub(super) started_at: Timestamp,
    pub(super) used_at: Timestamp,
    pub(super) held_until: Timestamp,
    /// None: it is being made.
    pub(super) ready_at: Option<Timestamp>,
    pub(super) bytes: i64,
}

/// Takes the one place of a seller. Whether it was free.
pub(super) async fn claim(tx: &mut Tx, row: &Row) -> Result<bool> {
    let sql = "insert into sandbox (id, seller_id, node, node_name, started_at, used_at, held_until, bytes) \
               values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (seller_id) do nothing";
    let args =
        args![row.id, row.seller_id, &row.node, &row.node_name, row.started_at, row.used_at, row.held_until, row.bytes];
    Ok(tx.execute(sql, args).await? == 1)
}

/// Forgets those that nobody holds any more, but what one process says itself.
pub(super) async fn forget_lost(tx: &mut Tx, now: Timestamp, own: &str) -> Result<u64> {
    tx.execute("delete from sandbox where held_until < $1 and node <> $2", args![now, own]).await
}

/// Forgets all of them: no process can run beside the one that begins.
pub(super) async fn forget_all(tx: &mut Tx) -> Result<u64> {
    tx.execute("delete from sandbox", args![]).await
}

pub(super) async fn of_seller(tx: &mut Tx, seller: AccountId) -> Result<Option<Row>> {
    tx.fetch_optional(
        "select id, seller_id, node, node_name, started_at, used_at, held_until, ready_at, bytes from sandbox where seller_id = $1",
        args![seller],
    )
    .await
}

pub(super) async fn find(tx: &mut Tx, id: SandboxId) -> Result<Option<Row>> {
    tx.fetch_optional(
        "select id, seller_id, node, node_name, started_at, used_at, held_until, ready_at, bytes from sandbox where id = $1",
        args![id],
    )
    .await
}

/// All of them, the oldest first.
pub(super) async fn all(tx: &mut Tx) -> Result<Vec<Row>> {
    tx.fetch_all(
        "select id, seller_id, node, node_name, started_at, used_at, held_until, ready_at, bytes from sandbox order by started_at, id",
        args![],
    )
    .await
}

#[derive(sqlx::FromRow)]
struct Held {
    id: SandboxId,
}

/// Which are said to run in a process.
pub(super) async fn of_node(tx: &mut Tx, node: &str) -> Result<Vec<SandboxId>> {
    let held: Vec<Held> = tx.fetch_all("select id from sandbox where node = $1", args![node]).await?;
    Ok(held.into_iter().map(|held| held.id).collect())
}

/// Holds one on. Whether it is still this process'.
pub(super) async fn hold(tx: &mut Tx, row: &Row) -> Result<bool> {
    let sql = "update sandbox set held_until = $3, used_at = $4, bytes = $5 where id = $1 and node = $2";
    Ok(tx.execute(sql, args![row.id, &row.node, row.held_until, row.used_at, row.bytes]).await? == 1)
}

/// It was made. Whether it is still there.
pub(super) async fn is_ready(tx: &mut Tx, id: SandboxId, now: Timestamp) -> Result<bool> {
    Ok(tx.execute("update sandbox set ready_at = $2 where id = $1", args![id, now]).await? == 1)
}

/// Takes one from the list. Whether it was there.
pub(super) async fn remove(tx: &mut Tx, id: SandboxId) -> Result<bool> {
    Ok(tx.execute("delete from sandbox where id = $1", args![id]).await? == 1)
}

/// What is asked of a sandbox, sealed.
#[derive(sqlx::FromRow)]
pub(super) struct Asked {
    pub(super) id: String,
    pub(super) sandbox_id: SandboxId,
    pub(super) letter: Vec<u8>,
}

pub(super) async fn post(tx: &mut Tx, asked: &Asked, now: Timestamp) -> Result<()> {
    let sql = "insert into sandbox_letter (id, sandbox_id, asked_at, letter, taken) values ($1, $2, $3, $4, $5)";
    tx.execute(sql, args![&asked.id, asked.sandbox_id, now, asked.letter.clone(), false]).await.map(drop)
}

/// What waits for a process, the first first.
pub(super) async fn waiting(tx: &mut Tx, node: &str) -> Result<Vec<Asked>> {
    tx.fetch_all(
        "select l.id, l.sandbox_id, l.letter from sandbox_letter l join sandbox s on s.id = l.sandbox_id \
         where s.node = $1 and l.taken = $2 order by l.asked_at, l.id limit 50",
        args![node, false],
    )
    .await
}

/// Whether nobody has taken it before.
pub(super) async fn take(tx: &mut Tx, id: &str) -> Result<bool> {
    let sql = "update sandbox_letter set taken = $2 where id = $1 and taken = $3";
    Ok(tx.execute(sql, args![id, true, false]).await? == 1)
}

pub(super) async fn answer(tx: &mut Tx, id: &str, answer: Vec<u8>) -> Result<()> {
    tx.execute("update sandbox_letter set answer = $2 where id = $1", args![id, answer]).await.map(drop)
}

#[derive(sqlx::FromRow)]
struct Answered {
    answer: Option<Vec<u8>>,
}

pub(super) async fn answered(tx: &mut Tx, id: &str) -> Result<Option<Vec<u8>>> {
    let found: Option<Answered> =
        tx.fetch_optional("select answer from sandbox_letter where id = $1", args![id]).await?;
    Ok(found.and_then(|found| found.answer))
}

pub(super) async fn burn(tx: &mut Tx, id: &str) -> Result<()> {
    tx.execute("delete from sandbox_letter where id = $1", args![id]).await.map(drop)
}

/// Letters whose asker has gone away.
pub(super) async fn burn_old(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.execute("delete from sandbox_letter where asked_at < $1", args![before]).await
}
