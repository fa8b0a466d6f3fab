//! Statements on `seller_attribute`.

use kernel::{
    Result, Timestamp,
    arg::json,
    args,
    id::{AccountId, SellerAttributeId},
};
use platform::{OnUnique, Tx};
use sqlx::types::Json;

use crate::rules::{Attribute, CatalogueRefused};

/// An attribute of a seller's library.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct SellerAttribute {
    pub(crate) id: SellerAttributeId,
    pub(crate) account_id: AccountId,
    pub(crate) code: String,
    pub(crate) content: Json<Attribute>,
    pub(crate) version: i64,
    pub(crate) created_at: Timestamp,
    pub(crate) edited_at: Timestamp,
}

pub(crate) async fn insert_attribute(tx: &mut Tx, attribute: &SellerAttribute) -> Result<()> {
    let SellerAttribute { id, account_id, code, content, version, created_at, edited_at } = attribute;
    tx.execute(
        "insert into seller_attribute (id, account_id, code, content, version, created_at, edited_at) \
         values ($1, $2, $3, $4, $5, $6, $7)",
        args![*id, *account_id, code, json(&content.0), *version, *created_at, *edited_at],
    )
    .await
    .on_unique(|| CatalogueRefused::AttributeTaken)?;
    Ok(())
}

/// An account's attributes by their codes.
pub(crate) async fn attributes_of(tx: &mut Tx, account: AccountId) -> Result<Vec<SellerAttribute>> {
    tx.fetch_all(
        "select id, account_id, code, content, version, created_at, edited_at from seller_attribute \
         where account_id = $1 order by code",
        args![account],
    )
    .await
}

pub(crate) async fn find_attribute_for(
    tx: &mut Tx,
    account: AccountId,
    id: SellerAttributeId,
) -> Result<Option<SellerAttribute>> {
    tx.fetch_optional(
        "select id, account_id, code, content, version, created_at, edited_at from seller_attribute \
         where account_id = $1 and id = $2",
        args![account, id],
    )
    .await
}

/// False: it is not of that version any more.
pub(crate) async fn save_attribute(
    tx: &mut Tx,
    id: SellerAttributeId,
    from: i64,
    content: &Attribute,
    now: Timestamp,
) -> Result<bool> {
    let saved = tx
        .execute(
            "update seller_attribute set code = $1, content = $2, version = version + 1, edited_at = $3 \
             where id = $4 and version = $5",
            args![content.code(), json(content), now, id, from],
        )
        .await
        .on_unique(|| CatalogueRefused::AttributeTaken)?;
    Ok(saved == 1)
}

pub(crate) async fn delete_attribute(tx: &mut Tx, account: AccountId, id: SellerAttributeId) -> Result<u64> {
    tx.execute("delete from seller_attribute where account_id = $1 and id = $2", args![account, id]).await
}
