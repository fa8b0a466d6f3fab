//! What those who lower prices ask and say.

use std::sync::Arc;

use kernel::{
    Error, Localized, Result, Thing,
    id::{AccountId, ProductId},
};
use platform::Tx;
use uuid::Uuid;

use crate::{
    Catalogue, Offer,
    rules::{Note, Release, Sold},
    store::{self, Shown, notes},
};

/// Products of one seller that are asked for at once.
const SOLD_MAX: u32 = 1_000;

impl Catalogue {
    /// What a seller has on sale.
    pub async fn sold_by(&self, tx: &mut Tx, seller: AccountId) -> Result<Vec<Sold>> {
        let mut sold = Vec::new();
        for shown in store::sold_by(tx, seller, SOLD_MAX).await? {
            let release = self.release(tx, shown.revision_id).await?;
            sold.extend(sold_as(&shown, &release));
        }
        Ok(sold)
    }

    /// Everything that a seller has on sale, SKU by SKU.
    pub async fn offers_of(&self, tx: &mut Tx, seller: AccountId) -> Result<Vec<Arc<Offer>>> {
        let mut offers: Vec<Arc<Offer>> = Vec::new();
        for shown in store::sold_by(tx, seller, SOLD_MAX).await? {
            offers.extend(self.release(tx, shown.revision_id).await?.offers.values().cloned());
        }
        offers.sort_by_cached_key(|offer| (offer.title().en, offer.sku));
        Ok(offers)
    }

    /// A product on sale.
    pub async fn sold(&self, tx: &mut Tx, product: ProductId) -> Result<Sold> {
        let shown = store::find_on_sale(tx, product).await?.ok_or(Error::NotFound(Thing::Product))?;
        let release = self.release(tx, shown.revision_id).await?;
        sold_as(&shown, &release).ok_or(Error::NotFound(Thing::Product))
    }

    /// Puts lines beside prices, for as long as each says.
    pub async fn put_notes(&self, tx: &mut Tx, written: &[Note]) -> Result<()> {
        notes::insert_notes(tx, written).await
    }

    /// Takes the lines about a thing away.
    pub async fn forget_notes(&self, tx: &mut Tx, about: Uuid) -> Result<()> {
        notes::delete_notes(tx, about).await
    }

    /// What stands beside a product's price now.
    pub(crate) async fn notes_on(&self, tx: &mut Tx, shown: &Shown) -> Result<Vec<Localized>> {
        notes::notes_on(tx, shown.account_id, shown.id, self.app.clock.now()).await
    }
}

fn sold_as(shown: &Shown, release: &Release) -> Option<Sold> {
    let access_type = release.offers.values().next()?.access_type;
    let mut specs: Vec<_> = release.offers.values().map(|offer| (offer.spec, offer.spec_name.clone())).collect();
    specs.sort_by_key(|(spec, _)| *spec);
    specs.dedup_by_key(|(spec, _)| *spec);
    let name = release.listing.name.clone();
    Some(Sold { product: shown.id, seller: shown.account_id, name, access_type, specs })
}
