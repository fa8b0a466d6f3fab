//! Statements on limits and stock: on those columns of `spec` and `sku`.

use kernel::{
    Error, Result, Thing, args,
    id::{ProductId, SkuId, SpecId},
};
use platform::Tx;

use crate::rules::{Limit, PurchaseRules, UnitLimit};

#[derive(sqlx::FromRow)]
struct Row {
    spec_id: SpecId,
    single_purchase: bool,
    units_of: Option<String>,
    units_max: Option<i64>,
    stock: Option<i64>,
}

impl Row {
    fn rules(self) -> PurchaseRules {
        let units = self.units_max.map(|max| UnitLimit { of: self.units_of, max: u64::try_from(max).unwrap_or(0) });
        PurchaseRules {
            spec: self.spec_id,
            limit: Limit { single_purchase: self.single_purchase, units },
            stock: self.stock.map(|left| u64::try_from(left).unwrap_or(0)),
        }
    }
}

pub(crate) async fn rules_of(tx: &mut Tx, sku: SkuId) -> Result<PurchaseRules> {
    let sql = "select k.spec_id, s.single_purchase, s.units_of, s.units_max, k.stock from sku k join spec s on s.id = k.spec_id \
               where k.id = $1";
    let row: Option<Row> = tx.fetch_optional(sql, args![sku]).await?;
    row.map(Row::rules).ok_or(Error::NotFound(Thing::Sku))
}

#[derive(sqlx::FromRow)]
struct OfProduct {
    id: SkuId,
    #[sqlx(flatten)]
    row: Row,
}

/// What holds for each SKU of a product.
pub(crate) async fn rules_of_product(tx: &mut Tx, product: ProductId) -> Result<Vec<(SkuId, PurchaseRules)>> {
    let sql = "select k.id, k.spec_id, s.single_purchase, s.units_of, s.units_max, k.stock from sku k \
               join spec s on s.id = k.spec_id where k.product_id = $1 order by k.id";
    let rows: Vec<OfProduct> = tx.fetch_all(sql, args![product]).await?;
    Ok(rows.into_iter().map(|one| (one.id, one.row.rules())).collect())
}

pub(crate) async fn set_limit(tx: &mut Tx, spec: SpecId, limit: &Limit) -> Result<()> {
    let Limit { single_purchase, units } = limit;
    let of = units.as_ref().and_then(|units| units.of.clone());
    let max = units.as_ref().map(|units| i64::try_from(units.max).unwrap_or(i64::MAX));
    let sql = "update spec set single_purchase = $1, units_of = $2, units_max = $3 where id = $4";
    tx.execute_one(sql, args![*single_purchase, of, max, spec], || Error::NotFound(Thing::Spec)).await
}

pub(crate) async fn set_stock(tx: &mut Tx, product: ProductId, sku: SkuId, left: Option<i64>) -> Result<()> {
    let sql = "update sku set stock = $1 where id = $2 and product_id = $3";
    tx.execute_one(sql, args![left, sku, product], || Error::NotFound(Thing::Sku)).await
}

/// Takes one piece; false: none is left.
pub(crate) async fn take_piece(tx: &mut Tx, sku: SkuId) -> Result<bool> {
    let sql = "update sku set stock = stock - 1 where id = $1 and stock >= 1";
    Ok(tx.execute(sql, args![sku]).await? == 1)
}

/// Gives one piece back, if pieces are still counted.
pub(crate) async fn give_back(tx: &mut Tx, sku: SkuId) -> Result<()> {
    let sql = "update sku set stock = stock + 1 where id = $1 and stock is not null";
    tx.execute(sql, args![sku]).await?;
    Ok(())
}
