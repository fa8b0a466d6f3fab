//! Searching what is on sale, and the pictures of it.

use std::sync::Arc;

use accounts::Member;
use documents::Document;
use kernel::{
    Currency, Error, Result, Thing,
    id::{DocumentId, ProductId},
};
use platform::Tx;
use policy::Category;

use super::Furnished;
use crate::{
    Catalogue,
    rules::{self, Entry, Facets, Release, Wanted},
    store::{self, Shown},
};

/// How many products a page of results has.
const PAGE: usize = 24;

/// How many products are suggested.
const SUGGESTED: usize = 6;

/// One page of what was found.
pub(crate) struct Found {
    pub(crate) items: Vec<Arc<Entry>>,
    pub(crate) facets: Facets,
    pub(crate) total: usize,
    /// From 1.
    pub(crate) page: usize,
    pub(crate) pages: usize,
    /// In which the bands of prices are told.
    pub(crate) currency: Currency,
}

/// What the first page shows.
pub(crate) struct Front {
    pub(crate) floors: Vec<Furnished>,
    pub(crate) facets: Facets,
    pub(crate) total: usize,
    /// Within which something bought can be returned without a reason.
    pub(crate) return_hours: u32,
}

/// A product beside others.
pub(crate) struct Side {
    pub(crate) id: ProductId,
    pub(crate) release: Arc<Release>,
    pub(crate) seller: String,
}

/// Products side by side.
pub(crate) struct Beside {
    pub(crate) products: Vec<Side>,
    /// Of the same categories.
    pub(crate) others: Vec<Arc<Entry>>,
    pub(crate) categories: Vec<Category>,
}

/// As many as can be read beside each other.
pub(crate) const BESIDE_MAX: usize = 4;

/// A longer list is no help in choosing.
const OTHERS_MAX: usize = 100;

impl Catalogue {
    /// What is on sale and fits, a page of it.
    pub(crate) async fn search(&self, tx: &mut Tx, wanted: &Wanted, page: usize) -> Result<Found> {
        let on_sale = self.entries(tx).await?;
        let (found, facets) = rules::search(&on_sale, wanted);
        let pages = found.len().div_ceil(PAGE).max(1);
        let page = page.clamp(1, pages);
        let total = found.len();
        let currency = self.policies.current().await?.site.currencies.first().copied().unwrap_or(Currency::CNY);
        let items = found.into_iter().skip((page - 1) * PAGE).take(PAGE).collect();
        Ok(Found { items, facets, total, page, pages, currency })
    }

    /// What stands under a search field while somebody types: what was on sale a few seconds ago will do.
    pub(crate) async fn suggestions(&self, tx: &mut Tx, wanted: &Wanted) -> Result<Vec<Arc<Entry>>> {
        let on_sale = match self.shelf.get() {
            Some(kept) => kept,
            None => self.shelf.keep(self.entries(tx).await?),
        };
        let (mut found, _) = rules::search(&on_sale, wanted);
        found.truncate(SUGGESTED);
        Ok(found)
    }

    /// What the first page shows.
    pub(crate) async fn front(&self, tx: &mut Tx) -> Result<Front> {
        let policy = self.policies.current().await?;
        let found = self.search(tx, &Wanted::default(), 1).await?;
        Ok(Front {
            floors: self.furnished(tx).await?,
            facets: found.facets,
            total: found.total,
            return_hours: policy.refunds.no_reason_hours,
        })
    }

    /// All that is on sale, the latest first, as it is shown in lists.
    pub(crate) async fn entries(&self, tx: &mut Tx) -> Result<Vec<Arc<Entry>>> {
        let shown = store::all_on_sale(tx).await?;
        let mut entries = Vec::with_capacity(shown.len());
        for shown in shown {
            entries.push(self.entry(tx, &shown).await?);
        }
        Ok(entries)
    }

    /// A revision never changes, and neither does the company that sells it: what was made once is kept, until the
    /// categories change that it is shown in.
    pub(crate) async fn entry(&self, tx: &mut Tx, shown: &Shown) -> Result<Arc<Entry>> {
        let tree = self.tree().await?;
        if let Some(entry) = self.entries.get((shown.revision_id, tree.stamp())) {
            return Ok(entry);
        }
        let release = self.release(tx, shown.revision_id).await?;
        let seller = (shown.account_id, self.sellers.profile(tx, shown.account_id).await?.name);
        let mut entry = Entry::of(&release, shown.id, seller, shown.listed_at);
        entry.categories = tree.branch(&entry.categories);
        let entry = Arc::new(entry);
        self.entries.keep((shown.revision_id, tree.stamp()), &entry);
        Ok(entry)
    }

    /// What a product on sale sells.
    pub(crate) async fn shown(&self, tx: &mut Tx, id: ProductId) -> Result<Arc<Release>> {
        let shown = store::find_on_sale(tx, id).await?.ok_or(Error::NotFound(Thing::Product))?;
        self.release(tx, shown.revision_id).await
    }

    /// The first few of some products, and those that could stand beside them. What is not on sale is left out.
    pub(crate) async fn beside(&self, tx: &mut Tx, wanted: &[ProductId]) -> Result<Beside> {
        let mut products = Vec::new();
        for id in wanted {
            if products.len() == BESIDE_MAX {
                break;
            }
            let Some(shown) = store::find_on_sale(tx, *id).await? else { continue };
            let release = self.release(tx, shown.revision_id).await?;
            let seller = self.entry(tx, &shown).await?.seller_name.clone();
            products.push(Side { id: *id, release, seller });
        }
        let shared = |entry: &Entry| {
            let common =
                |side: &Side| side.release.listing.categories.iter().any(|code| entry.categories.contains(code));
            products.is_empty() || products.iter().any(common)
        };
        let others = self
            .entries(tx)
            .await?
            .into_iter()
            .filter(|entry| shared(entry) && products.iter().all(|side| side.id != entry.product));
        let others = others.take(OTHERS_MAX).collect();
        Ok(Beside { others, products, categories: self.categories().await? })
    }

    /// A picture of a product on sale, for everybody; or one that the viewer may see as a document.
    pub(crate) async fn picture(&self, viewer: Option<&Member>, id: DocumentId) -> Result<(Document, Vec<u8>)> {
        let tx = &mut self.app.db.read();
        let document = match (store::shows_picture(tx, id).await?, viewer) {
            (Some(owner), _) => self.documents.find_for(tx, owner, id).await?,
            (None, Some(member)) => self.documents.view(tx, member, id).await.map_err(|error| match error {
                Error::NotFound(_) | Error::Refused(_) => missing(),
                Error::Busy | Error::Fault(_) => error,
            })?,
            (None, None) => return Err(missing()),
        };
        if !document.purpose.is_picture() {
            return Err(missing());
        }
        let bytes = self.documents.content(&document).await?;
        Ok((document, bytes))
    }
}

/// Nobody learns what others have handed in and not put on sale.
fn missing() -> Error {
    Error::NotFound(Thing::Document)
}
