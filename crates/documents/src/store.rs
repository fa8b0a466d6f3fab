//! Statements on `document`.

use kernel::{
    Page, Result, Timestamp, args,
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
