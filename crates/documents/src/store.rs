//! Statements on documents, what they were made of, and what pictures look like.

use kernel::{
    Error, Page, Result, Timestamp, args,
    id::{AccountId, DocumentId, UserId},
    page::PageOf,
};
use platform::Tx;

use crate::{prints::Print, rules::Purpose};

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
    /// Known while it comes in; afterwards it is asked for.
    #[sqlx(skip)]
    pub incoming: Incoming,
}

/// What was seen of a file that comes in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Incoming {
    /// Of the bytes as they were sent.
    pub(crate) source_sha256: String,
    pub(crate) print: Option<Print>,
}

pub(crate) async fn insert(tx: &mut Tx, document: &Document) -> Result<()> {
    let Document { id, account_id, uploaded_by, name, purpose, media_type, size, sha256, uploaded_at, incoming } =
        document;
    tx.execute(
        "insert into document (id, account_id, uploaded_by, name, purpose, media_type, size, sha256, uploaded_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        args![*id, *account_id, *uploaded_by, name, *purpose, media_type, *size, sha256, *uploaded_at],
    )
    .await?;
    let source = args![*account_id, &incoming.source_sha256, *id];
    tx.execute("insert into document_source (account_id, sha256, document_id) values ($1, $2, $3)", source).await?;
    if let Some(print) = incoming.print {
        insert_print(tx, document, print).await?;
    }
    Ok(())
}

async fn insert_print(tx: &mut Tx, document: &Document, print: Print) -> Result<()> {
    let Print { width, height, blank_percent, bits } = print;
    tx.execute(
        "insert into picture_print (document_id, account_id, width, height, print, blank_percent) \
         values ($1, $2, $3, $4, $5, $6)",
        args![document.id, document.account_id, width, height, bits.cast_signed(), blank_percent],
    )
    .await?;
    let parts = Print::parts(bits).into_iter().map(|part| args![part, document.id]).collect();
    tx.insert_rows("insert into picture_print_part (part, document_id)", parts, "").await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct PrintRow {
    account_id: AccountId,
    width: i64,
    height: i64,
    print: i64,
    blank_percent: i64,
}

impl From<&PrintRow> for Print {
    fn from(row: &PrintRow) -> Self {
        let number = |number: i64| u32::try_from(number).unwrap_or_default();
        Self {
            width: number(row.width),
            height: number(row.height),
            blank_percent: number(row.blank_percent),
            bits: row.print.cast_unsigned(),
        }
    }
}

pub(crate) async fn find_print(tx: &mut Tx, account: AccountId, id: DocumentId) -> Result<Option<Print>> {
    let sql = "select account_id, width, height, print, blank_percent from picture_print where account_id = $1 and document_id = $2";
    Ok(tx.fetch_optional::<PrintRow>(sql, args![account, id]).await?.as_ref().map(Print::from))
}

/// The prints of other accounts' pictures that have a part in common with one.
pub(crate) async fn prints_near(tx: &mut Tx, account: AccountId, bits: u64) -> Result<Vec<(AccountId, Print)>> {
    let [first, second, third, fourth] = Print::parts(bits);
    let sql = "select account_id, width, height, print, blank_percent from picture_print where account_id <> $1 and document_id in \
               (select document_id from picture_print_part where part in ($2, $3, $4, $5)) order by document_id limit 1000";
    let rows: Vec<PrintRow> = tx.fetch_all(sql, args![account, first, second, third, fourth]).await?;
    Ok(rows.iter().map(|row| (row.account_id, Print::from(row))).collect())
}

#[derive(sqlx::FromRow)]
struct Found {
    id: DocumentId,
}

/// The latest document of an account that was made of some bytes, or has them.
pub(crate) async fn find_by_content(
    tx: &mut Tx,
    account: AccountId,
    purpose: Purpose,
    sha256: &str,
) -> Result<Option<DocumentId>> {
    let sql = "select id from document where account_id = $1 and purpose = $2 and (sha256 = $3 or id in \
               (select document_id from document_source where account_id = $1 and sha256 = $3)) order by id desc limit 1";
    Ok(tx.fetch_optional::<Found>(sql, args![account, purpose, sha256]).await?.map(|row| row.id))
}

/// The latest document of an account with a name.
pub(crate) async fn find_by_name(
    tx: &mut Tx,
    account: AccountId,
    purpose: Purpose,
    name: &str,
) -> Result<Option<DocumentId>> {
    let sql = "select id from document where account_id = $1 and purpose = $2 and name = $3 order by id desc limit 1";
    Ok(tx.fetch_optional::<Found>(sql, args![account, purpose, name]).await?.map(|row| row.id))
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
