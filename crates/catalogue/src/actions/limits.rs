//! How much may be bought: what sellers say about it, and the pieces that orders take and give back.

use accounts::{Permission, Seller};
use kernel::{
    Error, Invalid, Result, Thing,
    id::{ProductId, SkuId},
};
use platform::Tx;
use serde_json::json;

use crate::{
    Catalogue,
    rules::{Chosen, Limit, PurchaseRules, SoldOut},
    store::limits,
};

/// The most pieces that are counted of a SKU.
const STOCK_MAX: u64 = 1_000_000_000;

impl Catalogue {
    /// What holds for buying a SKU now.
    pub async fn purchase_rules(&self, tx: &mut Tx, sku: SkuId) -> Result<PurchaseRules> {
        limits::rules_of(tx, sku).await
    }

    /// What holds for buying what somebody has chosen.
    pub(crate) async fn rules_for(&self, tx: &mut Tx, chosen: &Chosen<'_>) -> Result<Option<PurchaseRules>> {
        match &chosen.offer {
            Some(offer) => limits::rules_of(tx, offer.sku).await.map(Some),
            None => Ok(None),
        }
    }

    /// Takes one piece for an order. True: it came from stock, and is to be given back when the order ends; what is not
    /// counted is always there.
    pub async fn take_piece(&self, tx: &mut Tx, sku: SkuId, rules: &PurchaseRules) -> Result<bool> {
        if rules.stock.is_none() {
            return Ok(false);
        }
        if limits::take_piece(tx, sku).await? { Ok(true) } else { Err(SoldOut.into()) }
    }

    pub async fn give_back(&self, tx: &mut Tx, sku: SkuId) -> Result<()> {
        limits::give_back(tx, sku).await
    }

    /// What holds for each SKU of a product of the seller's own.
    pub(crate) async fn own_limits(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        id: ProductId,
    ) -> Result<Vec<(SkuId, PurchaseRules)>> {
        self.own_shelf(tx, seller, id).await?;
        limits::rules_of_product(tx, id).await
    }

    /// Says how much one account may buy of a spec, from now on.
    pub(crate) async fn set_limit(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        (id, code): (ProductId, &str),
        limit: &Limit,
    ) -> Result<()> {
        seller.may(Permission::List)?;
        let spec = self.own_shelf(tx, seller, id).await?.spec(code)?.id;
        let release = self.own_release(tx, seller, id).await?.ok_or(Error::NotFound(Thing::Spec))?;
        let sold = release.listing.specs.iter().find(|spec| spec.code == code);
        limit.check(sold.ok_or(Error::NotFound(Thing::Spec))?)?;
        limits::set_limit(tx, spec, limit).await?;
        let detail = json!({ "spec": code, "limit": limit });
        self.accounts.audit(tx, seller, "product.limit", &id.to_string(), &detail).await
    }

    /// Says how many of some SKUs are left; `None`: as many as are wanted.
    pub(crate) async fn set_stock(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        id: ProductId,
        stock: &[(SkuId, Option<u64>)],
    ) -> Result<()> {
        seller.may(Permission::List)?;
        self.own_shelf(tx, seller, id).await?;
        for (sku, left) in stock.iter().copied() {
            let range = (format!("must be from 0 to {STOCK_MAX}"), format!("须为 0 到 {STOCK_MAX}"));
            let checked = left.filter(|left| *left <= STOCK_MAX).and_then(|left| i64::try_from(left).ok());
            if left.is_some() && checked.is_none() {
                return Err(Invalid::one("left", range).into());
            }
            limits::set_stock(tx, id, sku, checked).await?;
            let detail = json!({ "sku": sku, "left": checked });
            self.accounts.audit(tx, seller, "product.stock", &id.to_string(), &detail).await?;
        }
        Ok(())
    }
}
