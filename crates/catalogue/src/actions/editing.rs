//! What the editor of a listing and the table of a reviewer show: a draft with how far it is, a revision with the one before.

use std::sync::Arc;

use accounts::{Operator, Seller, StaffPermission};
use documents::Document;
use kernel::{
    FieldError, Page, Result, Thing,
    id::{ProductId, RevisionId},
    page::PageOf,
};
use platform::Tx;
use policy::Policy;
use sellers::SellerProfile;

use super::operator::any;
use crate::{
    Catalogue,
    rules::{Files, Listing, Release},
    store::{self, Product, Revision},
};

/// A product as its seller works on it.
pub(crate) struct Desk {
    pub(crate) product: Product,
    /// The revision that was submitted last, whatever became of it.
    pub(crate) latest: Option<Revision>,
    /// What keeps the draft from being submitted.
    pub(crate) mistakes: Vec<FieldError>,
    pub(crate) agreement: Option<Document>,
    /// The documents that the draft names.
    pub(crate) files: Files,
    pub(crate) policy: Arc<Policy>,
}

/// A revision and the one that it is compared with.
pub(crate) struct Compared {
    pub(crate) revision: Revision,
    pub(crate) before: Option<Revision>,
}

/// A revision as a reviewer decides on it.
pub(crate) struct Bench {
    pub(crate) revision: Revision,
    pub(crate) seller: SellerProfile,
    /// What is on sale now, if anything else is.
    pub(crate) on_sale: Option<Arc<Release>>,
    /// What the rules say about it today.
    pub(crate) mistakes: Vec<FieldError>,
    pub(crate) agreement: Option<Document>,
    /// The documents that it names.
    pub(crate) files: Files,
    /// The revisions of the product, the latest first.
    pub(crate) history: Vec<Revision>,
    pub(crate) policy: Arc<Policy>,
}

/// How much of a product's past is shown beside a revision.
const HISTORY: u32 = 10;

impl Catalogue {
    pub(crate) async fn desk(&self, tx: &mut Tx, seller: &Seller, id: ProductId) -> Result<Desk> {
        let (product, _) = self.product(tx, seller, id).await?;
        self.laid_out(tx, product).await
    }

    pub(crate) async fn desks(&self, tx: &mut Tx, seller: &Seller, page: PageOf) -> Result<Page<Desk>> {
        let products = self.products(tx, seller, page).await?;
        let mut items = Vec::with_capacity(products.items.len());
        for product in products.items {
            items.push(self.laid_out(tx, product).await?);
        }
        Ok(Page { items, next_cursor: products.next_cursor })
    }

    async fn laid_out(&self, tx: &mut Tx, product: Product) -> Result<Desk> {
        let one = PageOf { before: None, limit: 1 };
        let latest = store::revisions_of(tx, product.account_id, product.id, one).await?.items.into_iter().next();
        let files = self.files(tx, product.account_id, &product.draft).await?;
        let checked = self.check(tx, &product, &product.draft, &files).await?;
        let mistakes = checked.err().map_or_else(Vec::new, |wrong| wrong.0);
        let agreement = product.draft.agreement.and_then(|id| files.get(&id)).cloned();
        Ok(Desk { latest, mistakes, agreement, files, policy: self.site().await?, product })
    }

    /// A revision of the seller's own, beside the one that was submitted before it.
    pub(crate) async fn compared(&self, tx: &mut Tx, seller: &Seller, id: RevisionId) -> Result<Compared> {
        let revision = self.revision(tx, seller, id).await?;
        let before = PageOf { before: Some(id.uuid()), limit: 1 };
        let before = store::revisions_of(tx, revision.account_id, revision.product_id, before).await?;
        Ok(Compared { revision, before: before.items.into_iter().next() })
    }

    /// All that a reviewer looks at before deciding.
    pub(crate) async fn bench(&self, tx: &mut Tx, operator: &Operator, id: RevisionId) -> Result<Bench> {
        operator.may_staff(StaffPermission::View)?;
        let revision = any(tx, id).await?;
        let (account, listing) = (revision.account_id, &revision.content.listing);
        let product =
            store::find_product(tx, revision.product_id).await?.ok_or(kernel::Error::NotFound(Thing::Product))?;
        let on_sale = match product.revision_id.filter(|on_sale| *on_sale != id) {
            Some(on_sale) => Some(self.release(tx, on_sale).await?),
            None => None,
        };
        let past = PageOf { before: None, limit: HISTORY };
        let files = self.files(tx, account, listing).await?;
        Ok(Bench {
            seller: self.sellers.profile(tx, account).await?,
            mistakes: self.check(tx, &product, listing, &files).await?.err().map_or_else(Vec::new, |wrong| wrong.0),
            agreement: listing.agreement.and_then(|id| files.get(&id)).cloned(),
            files,
            history: store::revisions_of(tx, account, revision.product_id, past).await?.items,
            policy: self.site().await?,
            on_sale,
            revision,
        })
    }

    /// The names of the sellers of some revisions, in their order.
    pub(crate) async fn sellers_of(&self, tx: &mut Tx, revisions: &[Revision]) -> Result<Vec<String>> {
        let mut names = Vec::with_capacity(revisions.len());
        for revision in revisions {
            names.push(self.accounts.find(tx, revision.account_id).await?.name);
        }
        Ok(names)
    }
}

impl Desk {
    pub(crate) fn listing(&self) -> &Listing {
        &self.product.draft.0
    }
}
