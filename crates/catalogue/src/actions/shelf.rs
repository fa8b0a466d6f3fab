//! What is on sale, for whoever may see it.

use std::{collections::BTreeMap, sync::Arc};

use accounts::{Buyer, Member};
use documents::Document;
use kernel::{
    Currency, Error, Invalid, Localized, Result, Thing,
    id::{AccountId, DocumentId, ProductId, RevisionId, SkuId},
    page::PageOf,
};
use platform::Tx;
use policy::BillingMode;
use pricing::{Choice, Quote};
use sellers::SellerProfile;

use crate::{
    Catalogue, Offer,
    rules::{Audience, Entry, Parts, Release, Sight, TrialsFor, Usage, Who},
    store::{
        self, Shown,
        visibility::{SpecOnShelf, special_specs},
    },
};

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
    /// For whom its specs are meant, by their codes, where that is said of them apart.
    pub(crate) audiences: BTreeMap<String, Audience>,
    /// Whether the site watches over its delivery.
    pub(crate) supervised: bool,
    /// The products that it names as its parts and that who looks may open.
    pub(crate) parts: Parts,
}

impl Catalogue {
    /// What is sold to a buyer under a SKU now: one indexed read, and the revision that it names, which is kept. What the
    /// buyer may not see is not there; what is not meant for such a buyer is refused.
    pub async fn offer_to(&self, tx: &mut Tx, buyer: &Buyer, sku: SkuId) -> Result<Arc<Offer>> {
        let found = self.sold_to(tx, buyer, sku).await?;
        self.offer(tx, sku, found.revision).await
    }

    /// What a seller sells under a SKU now, and may offer to an account by name, whether or not that account sees it.
    pub async fn offer_by_name(&self, tx: &mut Tx, sides: (AccountId, AccountId), sku: SkuId) -> Result<Arc<Offer>> {
        let found = self.offered_to(tx, sides, sku).await?;
        self.offer(tx, sku, found.revision).await
    }

    /// The same for the buyer who takes such an offer, whose organisation has to agree.
    pub async fn offer_taken(&self, tx: &mut Tx, buyer: &Buyer, seller: AccountId, sku: SkuId) -> Result<Arc<Offer>> {
        let found = self.offered_to(tx, (seller, buyer.account()), sku).await?;
        found.check_approved()?;
        self.offer(tx, sku, found.revision).await
    }

    /// The currencies that who looks has money in, where something is sold in several.
    pub(crate) async fn purse(&self, tx: &mut Tx, member: Option<&Member>, release: &Release) -> Result<Vec<Currency>> {
        let holder = member.filter(|member| member.may_view().is_ok());
        let Some(member) = holder.filter(|_| release.has_books()) else { return Ok(Vec::new()) };
        let wallets = self.ledger.wallets(tx, member.account()).await?;
        Ok(wallets.into_iter().filter(|wallet| wallet.is_positive()).map(kernel::Money::currency).collect())
    }

    async fn offer(&self, tx: &mut Tx, sku: SkuId, revision: Option<RevisionId>) -> Result<Arc<Offer>> {
        let release = self.release(tx, revision.ok_or(Error::NotFound(Thing::Sku))?).await?;
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

    /// The products on sale that somebody finds in lists, the latest first.
    pub(crate) async fn shelf(
        &self,
        tx: &mut Tx,
        who: &Who,
        (category, seller): (Option<&str>, Option<AccountId>),
        page: PageOf,
    ) -> Result<kernel::Page<Arc<Entry>>> {
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
        let page = store::on_sale(tx, category, seller, who.account(), page).await?;
        let mut items = Vec::with_capacity(page.items.len());
        for shown in page.items {
            if shown.sight(who) == Sight::Listed {
                items.push(self.entry(tx, &shown).await?);
            }
        }
        items.retain(|entry| entry.sells());
        Ok(kernel::Page { items, next_cursor: page.next_cursor })
    }

    /// A product on sale that somebody may open, with the specs that are displayed to them, and the one that their link
    /// names although it is not.
    pub(crate) async fn seen(
        &self,
        tx: &mut Tx,
        who: &Who,
        id: ProductId,
        linked: Option<&str>,
    ) -> Result<(Shown, Arc<Release>)> {
        let shown = store::find_on_sale(tx, id).await?.filter(|shown| shown.sight(who) > Sight::Unseen);
        let shown = shown.ok_or(Error::NotFound(Thing::Product))?;
        let release = self.release(tx, shown.revision_id).await?;
        if shown.shown_version == 0 {
            return Ok((shown, release));
        }
        let special = special_specs(tx, id).await?;
        let removed = store::removals::removed_skus(tx, id).await?;
        let sight = |spec: &SpecOnShelf| (spec.code.clone(), spec.sight(who, shown.account_id));
        let special: BTreeMap<String, Sight> = special.iter().map(sight).collect();
        let release = release.without(&removed).only(|code| match special.get(code) {
            None | Some(Sight::Listed) => true,
            Some(Sight::ByLink) => linked == Some(code),
            Some(Sight::Unseen) => false,
        });
        Ok((shown, release))
    }

    /// What a product looks like in lists: without what is not displayed to everybody who finds it.
    pub(super) async fn face(&self, tx: &mut Tx, shown: &Shown) -> Result<Arc<Release>> {
        let release = self.release(tx, shown.revision_id).await?;
        self.faced(tx, (shown.id, shown.account_id, shown.shown_version), release).await
    }

    /// The same of a revision that was read. Where nothing was ever said beside it, all of it is displayed.
    pub(super) async fn faced(
        &self,
        tx: &mut Tx,
        (product, seller, shown_version): (ProductId, AccountId, i64),
        release: Arc<Release>,
    ) -> Result<Arc<Release>> {
        if shown_version == 0 {
            return Ok(release);
        }
        let special = special_specs(tx, product).await?;
        let special = special.iter().filter(|spec| spec.sight(&Who::Nobody, seller) < Sight::Listed);
        let left_out: Vec<&str> = special.map(|spec| spec.code.as_str()).collect();
        let removed = store::removals::removed_skus(tx, product).await?;
        let release = release.without(&removed).only(|code| !left_out.contains(&code));
        Ok(match store::trials::offered_to(tx, product).await? {
            TrialsFor::Everybody => release,
            TrialsFor::Listed => release.without_trials(),
        })
    }

    /// A product on sale, as `seen`.
    pub(crate) async fn show(&self, tx: &mut Tx, who: &Who, id: ProductId, linked: Option<&str>) -> Result<Page> {
        let (shown, release) = self.seen(tx, who, id, linked).await?;
        let seller = self.sellers.profile(tx, shown.account_id).await?;
        let agreement = self.agreement_of(tx, &shown, &release).await?;
        let policy = self.policies.current().await?;
        let sold_later = policy.sold_later(release.listing.access_type).cloned();
        let later = |mode: BillingMode| Some((mode, policy.not_sold_yet(release.listing.access_type, mode)?.clone()));
        let modes_later = release.listing.specs.iter().filter_map(|spec| later(spec.billing_mode?)).collect();
        let supervised = release.listing.is_supervised(&policy);
        let audiences = self.audiences(tx, &shown).await?;
        let parts = self.parts_seen(tx, who, &release.listing).await?;
        Ok(Page { shown, release, seller, agreement, sold_later, modes_later, audiences, supervised, parts })
    }

    /// For whom the specs of a product are meant, by their codes, where that is said of them apart.
    pub(crate) async fn audiences(&self, tx: &mut Tx, shown: &Shown) -> Result<BTreeMap<String, Audience>> {
        if shown.shown_version == 0 {
            return Ok(BTreeMap::new());
        }
        let special = special_specs(tx, shown.id).await?;
        Ok(special.into_iter().map(|spec| (spec.code.clone(), spec.standing().audience)).collect())
    }

    /// The agreement of a product on sale: whoever may open its page may read it.
    pub(crate) async fn agreement(&self, tx: &mut Tx, who: &Who, id: ProductId) -> Result<(Document, Vec<u8>)> {
        let (shown, release) = self.seen(tx, who, id, None).await?;
        let document = self.agreement_of(tx, &shown, &release).await?;
        let bytes = self.documents.content(&document).await?;
        Ok((document, bytes))
    }

    /// A paper of a product on sale that buyers may read: its guide, or a template of its service.
    pub(crate) async fn paper(
        &self,
        tx: &mut Tx,
        who: &Who,
        id: ProductId,
        paper: DocumentId,
    ) -> Result<(Document, Vec<u8>)> {
        let (shown, release) = self.seen(tx, who, id, None).await?;
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
    pub(crate) async fn preview(
        &self,
        tx: &mut Tx,
        member: Option<&Member>,
        sku: SkuId,
        (choice, usage): (&Choice, &Usage),
    ) -> Result<Quote> {
        let found = self.shown_to(tx, member, sku).await?;
        let offer = self.offer(tx, sku, found.revision).await?;
        let priced = if usage.is_empty() {
            pricing::quote(&offer.plan, choice)?
        } else {
            pricing::foresee(&offer.plan, choice.currency, usage)?
        };
        Ok(offer.taxed(priced, &*self.policies.current().await?)?)
    }
}
