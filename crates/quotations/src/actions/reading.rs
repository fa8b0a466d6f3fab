//! What both sides read of an offer.

use std::collections::{BTreeMap, BTreeSet};

use accounts::{Buyer, Permission, Seller};
use documents::Document;
use kernel::{
    Error, Localized, Page, Result, Thing,
    id::{AccountId, DocumentId, PrivateOfferId, SkuId},
    page::PageOf,
};
use platform::Tx;

use crate::{
    PrivateOffers,
    rules::{Due, Earlier, Listed, Offer, PrivateOfferState, Proposed, Running, Sent, goes_along},
    store::{amendments, instalments, offers, thread, thread::Said},
};

/// What was said, and who the two sides are.
pub(crate) struct Thread {
    pub(crate) said: Vec<Said>,
    pub(crate) names: BTreeMap<AccountId, String>,
}

/// What is counted of a line, in words, before an amendment and after it.
pub(crate) struct Counts {
    pub(crate) before: Vec<Localized>,
    pub(crate) after: Vec<Localized>,
}

/// All that a page shows of an offer.
pub(crate) struct Read {
    pub(crate) offer: Offer,
    pub(crate) thread: Thread,
    pub(crate) dues: Vec<Due>,
    pub(crate) documents: Vec<Document>,
    /// What was sent before the present version, newest first.
    pub(crate) earlier: Vec<Earlier>,
    /// What of it has a page that the buyer can open.
    pub(crate) opens: BTreeSet<SkuId>,
    /// The newest first.
    pub(crate) amendments: Vec<Proposed>,
    /// By the numbers of an amendment and of a line in it, where that changes its numbers.
    pub(crate) counts: BTreeMap<(u32, u32), Counts>,
    /// What came of the lines, where they were delivered.
    pub(crate) running: Vec<Running>,
}

impl PrivateOffers {
    pub(crate) async fn offers_of(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        state: Option<PrivateOfferState>,
        page: PageOf,
    ) -> Result<Page<(Listed, String)>> {
        seller.may(Permission::View)?;
        let found = offers::list_for_seller(tx, seller.account(), state, page).await?;
        self.named(tx, found, |offer| offer.buyer).await
    }

    pub(crate) async fn offers_for(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        state: Option<PrivateOfferState>,
        page: PageOf,
    ) -> Result<Page<(Listed, String)>> {
        buyer.may(Permission::View)?;
        let found = offers::list_for_buyer(tx, buyer.account(), state, page).await?;
        self.named(tx, found, |offer| offer.seller).await
    }

    /// A list with the names of the other sides.
    async fn named(
        &self,
        tx: &mut Tx,
        found: Page<Listed>,
        other: fn(&Listed) -> AccountId,
    ) -> Result<Page<(Listed, String)>> {
        let names = self.accounts.names(tx, found.items.iter().map(other).collect()).await?;
        Ok(found.map(|offer| {
            let name = names.get(&other(&offer)).cloned().unwrap_or_default();
            (offer, name)
        }))
    }

    pub(crate) async fn read_own(&self, tx: &mut Tx, seller: &Seller, id: PrivateOfferId) -> Result<Read> {
        let offer = self.own(tx, seller, id).await?;
        let documents = offer.for_seller().1.to_vec();
        self.read(tx, (offer, &documents), BTreeSet::new()).await
    }

    pub(crate) async fn read_got(&self, tx: &mut Tx, buyer: &Buyer, id: PrivateOfferId) -> Result<Read> {
        let offer = self.got(tx, buyer, id).await?;
        let documents = offer.sent.as_ref().map(|sent| sent.documents.clone()).unwrap_or_default();
        let skus = offer.sent.iter().flat_map(|sent| &sent.lines).map(|line| line.agreed.sku).collect();
        let opens = self.catalogue.opens_for(tx, buyer, skus).await?;
        let mut read = self.read(tx, (offer, &documents), opens).await?;
        read.documents.retain(|document| goes_along(document.purpose));
        Ok(read)
    }

    async fn read(
        &self,
        tx: &mut Tx,
        (offer, documents): (Offer, &[DocumentId]),
        opens: BTreeSet<SkuId>,
    ) -> Result<Read> {
        let said = thread::of(tx, offer.id).await?;
        let names = self.accounts.names(tx, BTreeSet::from([offer.seller, offer.buyer])).await?;
        let mut found = Vec::with_capacity(documents.len());
        for document in documents {
            found.push(self.documents.find_for(tx, offer.seller, *document).await?);
        }
        let version = offer.sent.as_ref().map_or(0, |sent| sent.version);
        let amendments = amendments::of(tx, offer.id).await?;
        let counts = self.counts(tx, &offer, &amendments).await?;
        Ok(Read {
            dues: instalments::of(tx, offer.id).await?,
            earlier: offers::earlier(tx, offer.id, version).await?,
            thread: Thread { said, names },
            documents: found,
            amendments,
            counts,
            running: amendments::terms(tx, offer.id).await?,
            opens,
            offer,
        })
    }

    /// A version of an offer that was sent; the offer is the reader's.
    pub(crate) async fn version(&self, tx: &mut Tx, offer: &Offer, version: i64) -> Result<Sent> {
        offers::version(tx, offer.id, version).await?.ok_or(Error::NotFound(Thing::PrivateOffer))
    }

    /// What the amendments of an offer change of its numbers, in words.
    async fn counts(
        &self,
        tx: &mut Tx,
        offer: &Offer,
        amendments: &[Proposed],
    ) -> Result<BTreeMap<(u32, u32), Counts>> {
        let mut counts = BTreeMap::new();
        for amendment in amendments.iter().map(|proposed| &proposed.amendment) {
            for line in amendment.lines.iter().filter(|line| line.quantities != line.quantities_before) {
                let index = usize::try_from(line.line).map_err(Error::fault)?;
                let Some(sold) = offer.sent.as_ref().and_then(|sent| sent.lines.get(index)) else { continue };
                let before = self.catalogue.amounts(tx, sold.agreed.product, &line.quantities_before).await?;
                let after = self.catalogue.amounts(tx, sold.agreed.product, &line.quantities).await?;
                counts.insert((amendment.number, line.line), Counts { before, after });
            }
        }
        Ok(counts)
    }

    /// A document of an offer that the buyer has got, with its bytes.
    pub(crate) async fn document(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (id, document): (PrivateOfferId, DocumentId),
    ) -> Result<(Document, Vec<u8>)> {
        let offer = self.got(tx, buyer, id).await?;
        let named = offer.sent.as_ref().is_some_and(|sent| sent.documents.contains(&document));
        if !named {
            return Err(Error::NotFound(Thing::Document));
        }
        let document = self.documents.find_for(tx, offer.seller, document).await?;
        if !goes_along(document.purpose) {
            return Err(Error::NotFound(Thing::Document));
        }
        let bytes = self.documents.content(&document).await?;
        Ok((document, bytes))
    }
}
