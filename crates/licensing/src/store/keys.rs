//! Statements on `licence_key`.

use kernel::{Result, Timestamp, args};
use platform::Tx;

/// A key of the site for licence files.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct KeyRow {
    pub(crate) id: String,
    pub(crate) public_key: Vec<u8>,
    pub(crate) private_sealed: Vec<u8>,
    pub(crate) signs: bool,
    pub(crate) made_at: Timestamp,
}

/// The key that signs now.
pub(crate) async fn signing(tx: &mut Tx) -> Result<Option<KeyRow>> {
    let sql = "select id, public_key, private_sealed, signs, made_at from licence_key where signs = $1";
    tx.fetch_optional(sql, args![true]).await
}

/// Writes a key that signs. False: another one does.
pub(crate) async fn insert(tx: &mut Tx, key: &KeyRow) -> Result<bool> {
    let KeyRow { id, public_key, private_sealed, signs, made_at } = key;
    let hit = tx
        .execute(
            "insert into licence_key (id, public_key, private_sealed, signs, made_at) values ($1, $2, $3, $4, $5) \
             on conflict do nothing",
            args![id, public_key.as_slice(), private_sealed.as_slice(), *signs, *made_at],
        )
        .await?;
    Ok(hit == 1)
}

/// The signing key signs no more; it stays published.
pub(crate) async fn retire(tx: &mut Tx) -> Result<()> {
    tx.execute("update licence_key set signs = $1 where signs = $2", args![false, true]).await?;
    Ok(())
}

/// All keys, the newest first.
pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<KeyRow>> {
    let sql = "select id, public_key, private_sealed, signs, made_at from licence_key order by made_at desc, id";
    tx.fetch_all(sql, vec![]).await
}
