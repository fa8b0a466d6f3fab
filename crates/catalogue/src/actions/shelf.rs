//! What is on sale, for everybody.

use std::{collections::BTreeMap, sync::Arc};

use documents::Document;
use kernel::{
    Error, Invalid, Localized, Result, Thing,
    id::{AccountId, DocumentId, ProductId, SkuId},
    page::PageOf,
};
use platform::Tx;
use policy::BillingMode;
use pricing::{Choice, Quote};
use sellers::SellerProfile;

use crate::{
    Catalogue, Offer,
    rules::{Release, Usage},
    store::{self, Shown},
};

/// A product in the list.
pub(crate) struct Shelved {
    pub(crate) shown: Shown,
    pub(crate) release: Arc<Release>,
    pub(crate) seller: String,
}

/// All that a product's page shows.
pub(crate) struct Page {
    pub(crate) shown: Shown,
    pub(crate) release: Arc<Release>,
    pub(crate) seller: SellerProfile,
    pub(crate) agreement: Document,
    /// What the site says about when it can be bought, if not yet.
    pub(crate) sold_later: Option<Localized>,
    /// The same of each billing mode that it has specs of.
    pub(crate) modes_later: BTreeMap<BillingMode, Localized>,
    /// Whether the site watches over its delivery.
    pub(crate) supervised: bool,
}

impl Catalogue {
    /// What is sold under a SKU now: one indexed read, and the revision that it names, which is kept.
    pub async fn offer(&self, tx: &mut Tx, sku: SkuId) -> Result<Arc<Offer>> {
        let revision = store::sold_as(tx, sku).await?.ok_or(Error::NotFound(Thing::Sku))?;
        let release = self.release(tx, revision).await?;
        release.offers.get(&sku).cloned().ok_or(Error::NotFound(Thing::Sku))
    }

    /// What a product is called: on sale, or else in its seller's draft.
    pub async fn product_name(&self, tx: &mut Tx, id: ProductId) -> Result<Localized> {
        let product = store::find_product(tx, id).await?.ok_or(Error::NotFound(Thing::Product))?;
        match product.revision_id {
            Some(revision) => Ok(self.release(tx, revision).await?.listing.name.clone()),
            None => Ok(product.draft.0.name),
        }
    }

    /// The products on sale, the latest first.
    pub(crate) async fn shelf(
        &self,
        tx: &mut Tx,
        category: Option<&str>,
        seller: Option<AccountId>,
        page: PageOf,
    ) -> Result<kernel::Page<Shelved>> {
        let known = self.categories().await?;
        if category.is_some_and(|category| !known.iter().any(|known| known.code == category)) {
            return Err(Invalid::one(
                "category",
                (
                    "is not a category of this site; GET /api/v1/categories lists them",
                    "不是本站的类目，可选的类目见 GET /api/v1/categories",
                ),
            )
            .into());
        }
        let page = store::on_sale(tx, category, seller, page).await?;
        let mut sellers: BTreeMap<AccountId, String> = BTreeMap::new();
        let mut items = Vec::with_capacity(page.items.len());
        for shown in page.items {
            let release = self.release(tx, shown.revision_id).await?;
            let seller = match sellers.get(&shown.account_id) {
                Some(known) => known.clone(),
                None => self.sellers.profile(tx, shown.account_id).await?.name,
            };
            sellers.insert(shown.account_id, seller.clone());
            items.push(Shelved { shown, release, seller });
        }
        Ok(kernel::Page { items, next_cursor: page.next_cursor })
    }

    /// A product on sale.
    pub(crate) async fn show(&self, tx: &mut Tx, id: ProductId) -> Result<Page> {
        let shown = store::find_on_sale(tx, id).await?.ok_or(Error::NotFound(Thing::Product))?;
        let release = self.release(tx, shown.revision_id).await?;
        let seller = self.sellers.profile(tx, shown.account_id).await?;
        let agreement = self.agreement_of(tx, &shown, &release).await?;
        let policy = self.policies.current().await?;
        let sold_later = policy.sold_later(release.listing.access_type).cloned();
        let later = |mode: BillingMode| Some((mode, policy.not_sold_yet(release.listing.access_type, mode)?.clone()));
        let modes_later = release.listing.specs.iter().filter_map(|spec| later(spec.billing_mode?)).collect();
        let supervised = release.listing.is_supervised(&policy);
        Ok(Page { shown, release, seller, agreement, sold_later, modes_later, supervised })
    }

    /// The agreement of a product on sale: whoever may buy may read it.
    pub(crate) async fn agreement(&self, tx: &mut Tx, id: ProductId) -> Result<(Document, Vec<u8>)> {
        let shown = store::find_on_sale(tx, id).await?.ok_or(Error::NotFound(Thing::Product))?;
        let release = self.release(tx, shown.revision_id).await?;
        let document = self.agreement_of(tx, &shown, &release).await?;
        let bytes = self.documents.content(&document).await?;
        Ok((document, bytes))
    }

    /// A paper of a product on sale that buyers may read: its guide, or a template of its service.
    pub(crate) async fn paper(&self, tx: &mut Tx, id: ProductId, paper: DocumentId) -> Result<(Document, Vec<u8>)> {
        let shown = store::find_on_sale(tx, id).await?.ok_or(Error::NotFound(Thing::Product))?;
        let release = self.release(tx, shown.revision_id).await?;
        if !release.listing.public_papers().any(|own| own == paper) {
            return Err(Error::NotFound(Thing::Document));
        }
        let document = self.documents.find_for(tx, shown.account_id, paper).await?;
        let bytes = self.documents.content(&document).await?;
        Ok((document, bytes))
    }

    async fn agreement_of(&self, tx: &mut Tx, shown: &Shown, release: &Release) -> Result<Document> {
        let id = release.listing.agreement.ok_or(Error::NotFound(Thing::Agreement))?;
        self.documents.find_for(tx, shown.account_id, id).await
    }

    /// What a choice would cost now, or so much use; nothing is kept.
    pub(crate) async fn preview(&self, tx: &mut Tx, sku: SkuId, (choice, usage): (&Choice, &Usage)) -> Result<Quote> {
        let offer = self.offer(tx, sku).await?;
        if usage.is_empty() {
            return Ok(pricing::quote(&offer.plan, choice)?);
        }
        Ok(pricing::foresee(&offer.plan, choice.currency, usage)?)
    }
}
