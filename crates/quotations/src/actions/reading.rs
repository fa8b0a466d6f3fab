//! What both sides read of an offer.

use std::collections::{BTreeMap, BTreeSet};

use accounts::{Buyer, Permission, Seller};
use documents::Document;
use kernel::{
    Error, Page, Result, Thing,
    id::{AccountId, DocumentId, PrivateOfferId, SkuId},
    page::PageOf,
};
use platform::Tx;

use crate::{
    PrivateOffers,
    rules::{Due, Earlier, Listed, Offer, PrivateOfferState, Sent, goes_along},
    store::{instalments, offers, thread, thread::Said},
};

/// What was said, and who the two sides are.
pub(crate) struct Thread {
    pub(crate) said: Vec<Said>,
    pub(crate) names: BTreeMap<AccountId, String>,
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
        Ok(Read {
            dues: instalments::of(tx, offer.id).await?,
            earlier: offers::earlier(tx, offer.id, version).await?,
            thread: Thread { said, names },
            documents: found,
            opens,
            offer,
        })
    }

    /// A version of an offer that was sent; the offer is the reader's.
    pub(crate) async fn version(&self, tx: &mut Tx, offer: &Offer, version: i64) -> Result<Sent> {
        offers::version(tx, offer.id, version).await?.ok_or(Error::NotFound(Thing::PrivateOffer))
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
