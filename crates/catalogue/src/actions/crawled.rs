//! The addresses of the storefront for search engines, and what is new for feed readers.

use std::sync::Arc;

use kernel::{Error, Result, Thing, id::AccountId, page::PageOf};
use platform::Tx;

use crate::{
    Catalogue,
    rules::Entry,
    store::{self, crawled::Listed},
};

/// A part of the map of the site has at most so many addresses, as its format demands.
pub(crate) const PART_MAX: i64 = 50_000;

/// So many of the latest products stand in a feed.
const FEED_MAX: u32 = 50;

/// What a feed follows.
pub(crate) enum Followed {
    Everything,
    Category(String),
    Seller(AccountId),
}

/// A feed: what it is called by those whom it follows, and the latest products.
pub(crate) struct Feed {
    /// The category's or the seller's name; nothing for the whole site.
    pub(crate) of: Option<kernel::Localized>,
    pub(crate) entries: Vec<Arc<Entry>>,
}

impl Catalogue {
    /// How many parts the products of the map have.
    pub(crate) async fn map_parts(&self, tx: &mut Tx) -> Result<i64> {
        Ok((store::crawled::count(tx).await?.max(1) - 1) / PART_MAX + 1)
    }

    /// One part of the products, from 1.
    pub(crate) async fn map_part(&self, tx: &mut Tx, part: i64) -> Result<Vec<Listed>> {
        let skip = part.checked_sub(1).filter(|before| *before >= 0).and_then(|before| before.checked_mul(PART_MAX));
        let found = store::crawled::listed(tx, skip.ok_or(Error::NotFound(Thing::Page))?, PART_MAX).await?;
        if found.is_empty() && part > 1 { Err(Error::NotFound(Thing::Page)) } else { Ok(found) }
    }

    /// The sellers and categories that have pages worth finding.
    pub(crate) async fn map_others(&self, tx: &mut Tx) -> Result<(Vec<AccountId>, Vec<String>)> {
        let sellers = store::crawled::sellers(tx, PART_MAX / 2).await?;
        let categories = self.categories().await?.into_iter().map(|category| category.code).collect();
        Ok((sellers, categories))
    }

    pub(crate) async fn feed(&self, tx: &mut Tx, followed: &Followed) -> Result<Feed> {
        let page = PageOf { before: None, limit: FEED_MAX };
        let (of, category, seller) = match followed {
            Followed::Everything => (None, None, None),
            Followed::Category(code) => {
                let known = self.categories().await?.into_iter().find(|known| known.code == *code);
                let name = known.ok_or(Error::NotFound(Thing::Page))?.name;
                (Some(name), Some(code.as_str()), None)
            }
            Followed::Seller(account) => {
                let name = self.sellers.profile(tx, *account).await?.name;
                (Some(kernel::Localized::new(name.clone(), name)), None, Some(*account))
            }
        };
        let mut entries = Vec::new();
        for shown in store::on_sale(tx, category, seller, None, page).await?.items {
            entries.push(self.entry(tx, &shown).await?);
        }
        entries.retain(|entry| entry.sells());
        Ok(Feed { of, entries })
    }
}
