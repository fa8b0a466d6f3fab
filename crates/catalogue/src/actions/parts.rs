//! The products that a listing names as its parts: which it may name, which a seller can choose, which a reader sees.

use accounts::Seller;
use kernel::{
    Error, Result,
    id::{AccountId, ProductId},
    page::PageOf,
};
use platform::Tx;
use policy::AccessType;

use crate::{
    Catalogue, ProductState,
    rules::{Listing, Parts, Who},
    store::{self, Product},
};

/// How many products of a seller are offered to choose from.
const OFFERED: u32 = 100;

impl Catalogue {
    /// Of the products that a listing names those that are its seller's own, on sale, and no bundles. `itself`: the product that
    /// the listing is of, where that is on sale.
    pub(super) async fn possible_parts(
        &self,
        tx: &mut Tx,
        (account, itself): (AccountId, Option<ProductId>),
        listing: &Listing,
    ) -> Result<Parts> {
        let mut parts = Parts::default();
        for id in listing.named_products() {
            if Some(id) == itself {
                continue;
            }
            if let Some(product) = store::find_product_for(tx, account, id).await? {
                self.add_part(tx, &product, &mut parts).await?;
            }
        }
        Ok(parts)
    }

    async fn add_part(&self, tx: &mut Tx, product: &Product, parts: &mut Parts) -> Result<()> {
        if let (ProductState::OnSale, Some(revision)) = (product.state, product.revision_id) {
            let release = self.release(tx, revision).await?;
            if release.listing.access_type != AccessType::Bundle {
                parts.0.insert(product.id, release.listing.name.clone());
            }
        }
        Ok(())
    }

    /// The seller's latest products that can be parts of another one, and those that it names already.
    pub(crate) async fn parts_to_choose(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        (itself, listing): (ProductId, &Listing),
    ) -> Result<Parts> {
        let mut parts = self.possible_parts(tx, (seller.account(), Some(itself)), listing).await?;
        let latest = self.products(tx, seller, PageOf { before: None, limit: OFFERED }).await?;
        for product in latest.items.iter().filter(|product| product.id != itself) {
            self.add_part(tx, product, &mut parts).await?;
        }
        Ok(parts)
    }

    /// The parts of a listing that somebody who looks at it may open.
    pub(crate) async fn parts_seen(&self, tx: &mut Tx, who: &Who, listing: &Listing) -> Result<Parts> {
        let mut parts = Parts::default();
        for id in listing.named_products() {
            match self.seen(tx, who, id, None).await {
                Ok((_, release)) => {
                    parts.0.insert(id, release.listing.name.clone());
                }
                Err(Error::NotFound(_)) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(parts)
    }

    /// All parts of a listing, for its seller and for who reviews it.
    pub(crate) async fn parts_named(&self, tx: &mut Tx, account: AccountId, listing: &Listing) -> Result<Parts> {
        self.possible_parts(tx, (account, None), listing).await
    }
}
