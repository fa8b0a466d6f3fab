//! Statements on that column of `spec` that says how buyers change what they own of it.

use kernel::{
    Error, Result, Thing, args,
    id::{ProductId, SpecId},
};
use platform::Tx;

use crate::rules::Changeable;

#[derive(sqlx::FromRow)]
struct Said {
    code: String,
    changes: Option<Changeable>,
}

/// What was said of a spec; none: nothing.
pub(crate) async fn of_spec(tx: &mut Tx, spec: SpecId) -> Result<Option<Changeable>> {
    let row: Option<Said> = tx.fetch_optional("select code, changes from spec where id = $1", args![spec]).await?;
    Ok(row.and_then(|row| row.changes))
}

/// What was said of the specs of a product, by their codes.
pub(crate) async fn of_product(tx: &mut Tx, product: ProductId) -> Result<Vec<(String, Option<Changeable>)>> {
    let sql = "select code, changes from spec where product_id = $1 order by code";
    let rows: Vec<Said> = tx.fetch_all(sql, args![product]).await?;
    Ok(rows.into_iter().map(|row| (row.code, row.changes)).collect())
}

pub(crate) async fn set(tx: &mut Tx, product: ProductId, code: &str, changes: Changeable) -> Result<()> {
    let sql = "update spec set changes = $1 where product_id = $2 and code = $3";
    tx.execute_one(sql, args![changes, product, code], || Error::NotFound(Thing::Product)).await
}
