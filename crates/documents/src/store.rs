//! Statements on `document`.

use kernel::{
    Error, Page, Result, Timestamp, args,
    id::{AccountId, DocumentId, UserId},
    page::PageOf,
};
use platform::Tx;

use crate::rules::Purpose;

/// What is known of an uploaded file; its bytes are read with `Documents::content`.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Document {
    pub id: DocumentId,
    pub account_id: AccountId,
    pub uploaded_by: UserId,
    pub name: String,
    pub purpose: Purpose,
    pub media_type: String,
    pub size: i64,
    /// Of the bytes, in hexadecimal.
    pub sha256: String,
    pub uploaded_at: Timestamp,
}

pub(crate) async fn insert(tx: &mut Tx, document: &Document) -> Result<()> {
    let Document { id, account_id, uploaded_by, name, purpose, media_type, size, sha256, uploaded_at } = document;
    tx.execute(
        "insert into document (id, account_id, uploaded_by, name, purpose, media_type, size, sha256, uploaded_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        args![*id, *account_id, *uploaded_by, name, *purpose, media_type, *size, sha256, *uploaded_at],
    )
    .await?;
    Ok(())
}

/// What an account holds, in bytes.
pub(crate) async fn held(tx: &mut Tx, account: AccountId) -> Result<i64> {
    let sql = "select cast(coalesce(sum(size), 0) as bigint) as bytes from document where account_id = $1";
    Ok(tx.fetch_one::<Held>(sql, args![account]).await?.bytes)
}

#[derive(sqlx::FromRow)]
struct Held {
    bytes: i64,
}

/// Notes that bytes will be stored, before they are.
pub(crate) async fn begin_upload(tx: &mut Tx, id: DocumentId, now: Timestamp) -> Result<()> {
    tx.execute("insert into document_upload (id, begun_at) values ($1, $2)", args![id, now]).await?;
    Ok(())
}

/// Whoever comes too late finds the bytes cleared away, and begins anew.
pub(crate) async fn end_upload(tx: &mut Tx, id: DocumentId) -> Result<()> {
    tx.execute_one("delete from document_upload where id = $1", args![id], || Error::Busy).await
}

#[derive(sqlx::FromRow)]
struct Begun {
    id: DocumentId,
}

/// Some uploads that were never kept.
pub(crate) async fn uploads_before(tx: &mut Tx, before: Timestamp) -> Result<Vec<DocumentId>> {
    let sql = "select id from document_upload where begun_at < $1 order by begun_at limit 1000";
    Ok(tx.fetch_all::<Begun>(sql, args![before]).await?.into_iter().map(|row| row.id).collect())
}

pub(crate) async fn forget_upload(tx: &mut Tx, id: DocumentId) -> Result<u64> {
    tx.execute("delete from document_upload where id = $1", args![id]).await
}

pub(crate) async fn find_for(tx: &mut Tx, account: AccountId, id: DocumentId) -> Result<Option<Document>> {
    tx.fetch_optional(
        "select id, account_id, uploaded_by, name, purpose, media_type, size, sha256, uploaded_at from document \
         where account_id = $1 and id = $2",
        args![account, id],
    )
    .await
}

/// Anybody's document, for the operator's staff alone.
pub(crate) async fn find_for_operator(tx: &mut Tx, id: DocumentId) -> Result<Option<Document>> {
    tx.fetch_optional(
        "select id, account_id, uploaded_by, name, purpose, media_type, size, sha256, uploaded_at from document where id = $1",
        args![id],
    )
    .await
}

pub(crate) async fn list(tx: &mut Tx, account: AccountId, page: PageOf) -> Result<Page<Document>> {
    let rows = tx
        .fetch_all(
            "select id, account_id, uploaded_by, name, purpose, media_type, size, sha256, uploaded_at from document \
             where account_id = $1 and ($2 is null or id < $2) order by id desc limit $3",
            args![account, page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |row: &Document| row.id.uuid()))
}
