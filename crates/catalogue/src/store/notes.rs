//! Statements on `shelf_note`.

use kernel::{
    Localized, Result, Timestamp,
    arg::json,
    args,
    id::{AccountId, ProductId},
};
use platform::Tx;
use sqlx::types::Json;
use uuid::Uuid;

use crate::rules::Note;

/// A product's page names a few and leads to the others.
const NOTES_SHOWN: i64 = 4;

pub(crate) async fn insert_notes(tx: &mut Tx, notes: &[Note]) -> Result<()> {
    let row =
        |note: &Note| args![note.about, note.seller, note.product, json(&note.text), note.shown.from, note.shown.until];
    let insert = "insert into shelf_note (about, seller_id, product_id, text, from_at, until_at)";
    tx.insert_rows(insert, notes.iter().map(row).collect(), "").await?;
    Ok(())
}

pub(crate) async fn delete_notes(tx: &mut Tx, about: Uuid) -> Result<()> {
    tx.execute("delete from shelf_note where about = $1", args![about]).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct NoteRow {
    text: Json<Localized>,
}

/// What stands beside the price of a product now, what ends first first.
pub(crate) async fn notes_on(
    tx: &mut Tx,
    seller: AccountId,
    product: ProductId,
    now: Timestamp,
) -> Result<Vec<Localized>> {
    let rows: Vec<NoteRow> = tx
        .fetch_all(
            "select text from shelf_note where until_at > $3 and from_at <= $3 and (seller_id is null or seller_id = $1) \
             and (product_id is null or product_id = $2) order by until_at, about limit $4",
            args![seller, product, now, NOTES_SHOWN],
        )
        .await?;
    Ok(rows.into_iter().map(|row| row.text.0).collect())
}
