//! What people marked and looked at.

use std::{collections::BTreeSet, sync::Arc};

use accounts::{Buyer, Permission};
use kernel::{Error, Result, Thing, Timestamp, id::ProductId};
use platform::Tx;

use crate::{
    Catalogue,
    rules::{CatalogueRefused, Entry},
    store::{
        self,
        window::{Noted, Who},
    },
};

/// A product that was marked or looked at: as it is on sale, or only that it was.
pub(crate) struct Remembered {
    pub(crate) product: ProductId,
    pub(crate) at: Timestamp,
    /// Nothing once it is not sold any more.
    pub(crate) entry: Option<Arc<Entry>>,
}

/// Somebody who looks again at the same product within this time has not looked twice.
const AGAIN_SECONDS: i64 = 600;

/// A visitor's browser remembers so many.
pub(crate) const VISITED_MAX: usize = 12;

fn who(buyer: &Buyer) -> Who {
    Who { account: buyer.account(), user: buyer.user() }
}

impl Catalogue {
    /// Marks a product on sale as a favourite; again does nothing.
    pub(crate) async fn mark(&self, tx: &mut Tx, buyer: &Buyer, product: ProductId) -> Result<()> {
        buyer.may(Permission::View)?;
        store::find_on_sale(tx, product).await?.ok_or(Error::NotFound(Thing::Product))?;
        let most = i64::from(self.policies.current().await?.storefront.favourites_max);
        if store::window::marks_beside(tx, who(buyer), product).await? >= most {
            return Err(CatalogueRefused::TooManyFavourites(most).into());
        }
        store::window::mark(tx, who(buyer), product, self.app.clock.now()).await
    }

    /// Takes the mark away, also of what is not sold any more; what is not marked stays so.
    pub(crate) async fn unmark(&self, tx: &mut Tx, buyer: &Buyer, product: ProductId) -> Result<()> {
        buyer.may(Permission::View)?;
        store::find_product(tx, product).await?.ok_or(Error::NotFound(Thing::Product))?;
        store::window::unmark(tx, who(buyer), product).await
    }

    /// The latest first.
    pub(crate) async fn favourites(&self, tx: &mut Tx, buyer: &Buyer) -> Result<Vec<Remembered>> {
        buyer.may(Permission::View)?;
        let noted = store::window::favourites(tx, who(buyer)).await?;
        self.remembered(tx, noted).await
    }

    /// Which products a visitor has marked: the hearts that are full.
    pub(crate) async fn marked(&self, tx: &mut Tx, buyer: Option<&Buyer>) -> Result<BTreeSet<ProductId>> {
        let Some(buyer) = buyer else { return Ok(BTreeSet::new()) };
        let noted = store::window::favourites(tx, who(buyer)).await?;
        Ok(noted.into_iter().map(|noted| noted.product_id).collect())
    }

    /// The latest first.
    pub(crate) async fn recently_viewed(&self, tx: &mut Tx, buyer: &Buyer) -> Result<Vec<Remembered>> {
        buyer.may(Permission::View)?;
        let most = i64::from(self.policies.current().await?.storefront.recently_viewed_max);
        let noted = store::window::views(tx, who(buyer), most).await?;
        self.remembered(tx, noted).await
    }

    pub(crate) async fn forget_viewed(&self, tx: &mut Tx, buyer: &Buyer) -> Result<()> {
        buyer.may(Permission::View)?;
        store::window::forget_views(tx, who(buyer)).await
    }

    /// Notes that a product was looked at. Who is not allowed to keep anything is not noted.
    pub(crate) async fn viewed(&self, buyer: &Buyer, product: ProductId) -> Result<()> {
        let now = self.app.clock.now();
        let latest = store::window::views(&mut self.app.db.read(), who(buyer), 1).await?;
        let again = |noted: &Noted| noted.product_id == product && now < noted.at.plus_seconds(AGAIN_SECONDS);
        if latest.first().is_some_and(again) {
            return Ok(());
        }
        let most = i64::from(self.policies.current().await?.storefront.recently_viewed_max);
        let mut tx = self.app.db.begin().await?;
        store::window::view(&mut tx, who(buyer), product, (now, most)).await?;
        tx.commit().await
    }

    /// What a visitor's browser remembers, as far as it is on sale.
    pub(crate) async fn visited(&self, tx: &mut Tx, products: &[ProductId]) -> Result<Vec<Arc<Entry>>> {
        self.among(tx, products, VISITED_MAX).await
    }

    async fn remembered(&self, tx: &mut Tx, noted: Vec<Noted>) -> Result<Vec<Remembered>> {
        let ids: Vec<ProductId> = noted.iter().map(|noted| noted.product_id).collect();
        let on_sale = if ids.is_empty() { Vec::new() } else { store::window::among(tx, &ids).await? };
        let mut found = Vec::with_capacity(noted.len());
        for Noted { product_id: product, at } in noted {
            let entry = match on_sale.iter().find(|shown| shown.id == product) {
                Some(shown) => Some(self.entry(tx, shown).await?),
                None => None,
            };
            found.push(Remembered { product, at, entry });
        }
        Ok(found)
    }
}
