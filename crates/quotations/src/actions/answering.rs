//! The buyer's side: accepting an offer, declining it; and what both sides say to each other.

use accounts::{Buyer, Permission, Seller};
use catalogue::Replies;
use kernel::{
    Error, Event, Result, Thing, Timestamp,
    id::{AccountId, InstalmentId, OfferMessageId, PrivateOfferId, UserId},
};
use platform::{Tx, jobs};
use serde_json::json;

use super::{instalments::lines_of, writing::sent_of};
use crate::{
    PrivateOffers,
    rules::{
        Due, DueState, Ended, Offer, PrivateOfferRefused, PrivateOfferState, Sent, SentLine, check_message, shares,
    },
    store::{instalments, offers, thread, thread::Said},
};

impl PrivateOffers {
    /// An offer that the buyer has got.
    pub(crate) async fn got(&self, tx: &mut Tx, buyer: &Buyer, id: PrivateOfferId) -> Result<Offer> {
        buyer.may(Permission::View)?;
        offers::find_for_buyer(tx, buyer.account(), id).await?.ok_or(Error::NotFound(Thing::PrivateOffer))
    }

    /// Accepts the version that was read: the first instalment is ordered and paid in the same transaction, the others get
    /// their days.
    pub(crate) async fn accept(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (id, version): (PrivateOfferId, i64),
        replies: &Replies,
    ) -> Result<()> {
        buyer.may(Permission::Buy)?;
        let offer = self.got(tx, buyer, id).await?;
        offer.state.check_open()?;
        let (now, sent) = (self.app.clock.now(), sent_of(&offer)?);
        sent.check_taken(version, now)?;
        let ended = Ended { at: now, by: Some(buyer.user()) };
        offers::end(tx, (id, PrivateOfferState::Sent, version), (PrivateOfferState::Accepted, ended)).await?;
        let mut dues = planned(id, sent, now)?;
        let first = dues.first_mut().ok_or_else(|| Error::fault("a schedule has a first part"))?;
        let lines = lines_of(sent, first)?;
        let taken = self.orders.take_agreed(tx, (buyer, offer.seller), (lines, replies)).await;
        let order = taken.map_err(|error| match error {
            Error::NotFound(_) => PrivateOfferRefused::OffSale.into(),
            Error::Refused(_) | Error::Busy | Error::Fault(_) => error,
        })?;
        (first.state, first.order) = (DueState::Paid, Some(order.id));
        instalments::insert(tx, &dues).await?;
        for due in dues.iter().filter(|due| due.number > 1) {
            jobs::schedule(tx, now, due.due_at, &Event::InstalmentDue { instalment: due.id }).await?;
        }
        let detail = json!({ "version": version, "total": sent.total, "order": order.id });
        self.accounts.audit(tx, buyer, "private_offer.accepted", &id.to_string(), &detail).await?;
        jobs::publish(tx, now, &Event::PrivateOfferEnded { offer: id, version }).await
    }

    /// The buyer says no, with or without a reason, which becomes part of the thread.
    pub(crate) async fn decline(&self, tx: &mut Tx, buyer: &Buyer, (id, reason): (PrivateOfferId, &str)) -> Result<()> {
        buyer.may(Permission::Buy)?;
        let offer = self.got(tx, buyer, id).await?;
        offer.state.check_open()?;
        let (now, version) = (self.app.clock.now(), sent_of(&offer)?.version);
        if !reason.trim().is_empty() {
            self.say(tx, id, (buyer.account(), buyer.user()), reason).await?;
        }
        let ended = Ended { at: now, by: Some(buyer.user()) };
        offers::end(tx, (id, PrivateOfferState::Sent, version), (PrivateOfferState::Declined, ended)).await?;
        self.accounts.audit(tx, buyer, "private_offer.declined", &id.to_string(), &json!({})).await?;
        jobs::publish(tx, now, &Event::PrivateOfferEnded { offer: id, version }).await
    }

    /// The buyer says something about an offer.
    pub(crate) async fn ask(&self, tx: &mut Tx, buyer: &Buyer, (id, text): (PrivateOfferId, &str)) -> Result<Said> {
        buyer.may(Permission::Buy)?;
        self.got(tx, buyer, id).await?;
        self.say(tx, id, (buyer.account(), buyer.user()), text).await
    }

    /// The seller says something about an offer that the buyer has got.
    pub(crate) async fn reply(&self, tx: &mut Tx, seller: &Seller, (id, text): (PrivateOfferId, &str)) -> Result<Said> {
        seller.may(Permission::RunShop)?;
        let offer = self.own(tx, seller, id).await?;
        sent_of(&offer)?;
        self.say(tx, id, (seller.account(), seller.user()), text).await
    }

    async fn say(
        &self,
        tx: &mut Tx,
        offer: PrivateOfferId,
        (account, user): (AccountId, UserId),
        text: &str,
    ) -> Result<Said> {
        check_message(text)?;
        let now = self.app.clock.now();
        let id = OfferMessageId::new(now);
        let said = Said { id, account_id: account, user_id: user, text: text.trim().to_owned(), sent_at: now };
        thread::insert(tx, offer, &said).await?;
        jobs::publish(tx, now, &Event::PrivateOfferSaid { message: id }).await?;
        Ok(said)
    }
}

/// The instalments of an offer that is accepted now.
fn planned(offer: PrivateOfferId, sent: &Sent, now: Timestamp) -> Result<Vec<Due>> {
    let prices: Vec<_> = sent.lines.iter().map(SentLine::price).collect();
    let amounts: Vec<_> = sent.instalments.iter().map(|instalment| instalment.amount).collect();
    let shares = shares(&prices, &amounts)?;
    let dues = (1_u32..).zip(sent.instalments.iter().zip(shares)).map(|(number, (instalment, shares))| Due {
        id: InstalmentId::new(now),
        offer,
        number,
        due_at: instalment.due_at.unwrap_or(now),
        amount: instalment.amount,
        shares,
        state: DueState::Planned,
        order: None,
    });
    Ok(dues.collect())
}
