//! What those who lower prices ask and say.

use std::{collections::BTreeSet, sync::Arc};

use accounts::Member;
use kernel::{
    Error, Localized, Page, Result, Thing,
    id::{AccountId, ProductId, SpecId},
    page::PageOf,
};
use platform::Tx;
use uuid::Uuid;

use crate::{
    Catalogue, Offer,
    rules::{Note, Release, Sold},
    store::{self, Shown, notes},
};

impl Catalogue {
    /// The youngest products that a seller has on sale, no more than so many.
    pub async fn sold_by(&self, tx: &mut Tx, seller: AccountId, most: u32) -> Result<Vec<Sold>> {
        let mut sold = Vec::new();
        for shown in store::sold_by(tx, seller, None, i64::from(most)).await? {
            sold.extend(self.sold_whole(tx, &shown).await?);
        }
        Ok(sold)
    }

    /// Those of some products, and the products of some specs, that a seller has on sale: each of them once.
    pub async fn sold_of(
        &self,
        tx: &mut Tx,
        seller: AccountId,
        (products, specs): (&[ProductId], &[SpecId]),
    ) -> Result<Vec<Sold>> {
        let mut asked: BTreeSet<ProductId> = products.iter().copied().collect();
        for spec in specs {
            asked.extend(store::visibility::product_of_spec(tx, *spec).await?);
        }
        let mut sold = Vec::new();
        for product in asked {
            let shown = store::find_on_sale(tx, product).await?.filter(|shown| shown.account_id == seller);
            if let Some(shown) = shown {
                sold.extend(self.sold_whole(tx, &shown).await?);
            }
        }
        Ok(sold)
    }

    /// A page of the products that a seller has on sale, the youngest first.
    pub async fn sold_page(&self, tx: &mut Tx, seller: AccountId, page: PageOf) -> Result<Page<Sold>> {
        let rows = store::sold_by(tx, seller, page.before, page.fetch()).await?;
        let found = page.page(rows, |shown| shown.id.uuid());
        let mut items = Vec::with_capacity(found.items.len());
        for shown in &found.items {
            items.extend(self.sold_whole(tx, shown).await?);
        }
        Ok(Page { items, next_cursor: found.next_cursor })
    }

    /// What a seller sells of a product, SKU by SKU; nothing where it is not the seller's, or not on sale.
    pub async fn offers_of(&self, tx: &mut Tx, seller: AccountId, product: ProductId) -> Result<Vec<Arc<Offer>>> {
        let shown = store::find_on_sale(tx, product).await?.filter(|shown| shown.account_id == seller);
        let Some(shown) = shown else { return Ok(Vec::new()) };
        let mut offers: Vec<Arc<Offer>> = self.whole(tx, &shown).await?.offers.values().cloned().collect();
        offers.sort_by_cached_key(|offer| (offer.title().en, offer.sku));
        Ok(offers)
    }

    /// A product on sale, whoever may see it.
    pub async fn sold(&self, tx: &mut Tx, product: ProductId) -> Result<Sold> {
        let shown = store::find_on_sale(tx, product).await?.ok_or(Error::NotFound(Thing::Product))?;
        self.sold_whole(tx, &shown).await?.ok_or(Error::NotFound(Thing::Product))
    }

    /// A product on sale as somebody sees it, or a stranger; without what is not meant for them.
    pub async fn sold_for(&self, tx: &mut Tx, member: Option<&Member>, product: ProductId) -> Result<Sold> {
        let who = self.who(tx, member).await?;
        let (shown, release) = self.seen(tx, &who, product, None).await?;
        sold_as(&shown, &release).ok_or(Error::NotFound(Thing::Product))
    }

    async fn sold_whole(&self, tx: &mut Tx, shown: &Shown) -> Result<Option<Sold>> {
        let release = self.whole(tx, shown).await?;
        Ok(sold_as(shown, &release))
    }

    /// All of a product but what has left the shelf.
    async fn whole(&self, tx: &mut Tx, shown: &Shown) -> Result<Arc<Release>> {
        let release = self.release_unkept(tx, shown.revision_id).await?;
        let removed = store::removals::removed_skus(tx, shown.id).await?;
        Ok(release.without(&removed))
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
