//! The seller's side: writing an offer, sending it, withdrawing it.

use std::sync::Arc;

use accounts::{AccountKind, Permission, Seller};
use kernel::{
    Error, Event, FieldError, Invalid, Localized, Money, Result, Thing, Timestamp,
    id::{AccountId, PrivateOfferId, SkuId},
    time::DAY,
};
use platform::{Tx, jobs};
use serde_json::json;

use crate::{
    PrivateOffers,
    rules::{
        Draft, Ended, Instalment, Offer, PrivateOfferRefused, PrivateOfferState, Sent, SentLine, State, check_names,
        check_ready, check_schedule, goes_along, lower,
    },
    store::offers,
};

/// What the lines of a draft come to now.
pub(crate) struct Priced {
    pub(crate) lines: Vec<SentLine>,
    pub(crate) total: Money,
    pub(crate) list: Money,
}

impl PrivateOffers {
    /// Begins an offer for one buyer, who does not learn of it before it is sent.
    pub(crate) async fn begin(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        (buyer, name): (AccountId, &str),
        draft: Draft,
    ) -> Result<PrivateOfferId> {
        seller.may(Permission::RunShop)?;
        let now = self.app.clock.now();
        self.check_buyer(tx, seller, (buyer, name)).await?;
        let id = PrivateOfferId::new(now);
        let offer = Offer {
            id,
            seller: seller.account(),
            buyer,
            state: State::Draft,
            draft: draft.trimmed(),
            sent: None,
            created_at: now,
            changed_at: now,
        };
        self.check_draft(tx, &offer, &offer.draft).await?;
        offers::insert(tx, &offer).await?;
        self.accounts.audit(tx, seller, "private_offer.begun", &id.to_string(), &json!({ "buyer": buyer })).await?;
        Ok(id)
    }

    /// The buyer's ID and name have to fit together, so that nobody learns names by trying IDs.
    async fn check_buyer(&self, tx: &mut Tx, seller: &Seller, (buyer, name): (AccountId, &str)) -> Result<()> {
        let known = match self.accounts.find(tx, buyer).await {
            Ok(known) => Some(known),
            Err(Error::NotFound(_)) => None,
            Err(other) => return Err(other),
        };
        let same = |known: &str| known.trim().to_lowercase() == name.trim().to_lowercase();
        let fits = known.is_some_and(|known| match known.kind {
            AccountKind::Personal | AccountKind::Enterprise => {
                buyer != seller.account() && (same(&known.name) || known.verified_name.as_deref().is_some_and(same))
            }
            AccountKind::Operator => false,
        });
        let unknown = (
            "is no customer of this ID and name; ask the customer for both, they stand under Team",
            "没有账号 ID 与名称同时相符的客户，可向客户索取这两项信息，客户可在“子用户”页面查看",
        );
        if fits { Ok(()) } else { Err(Invalid::one("buyer", unknown).into()) }
    }

    /// Changes what an offer says; what was sent before stands until the next version is sent.
    pub(crate) async fn write(
        &self,
        tx: &mut Tx,
        (seller, id): (&Seller, PrivateOfferId),
        change: impl FnOnce(&mut Draft) -> Result<()>,
    ) -> Result<()> {
        let (offer, draft) = self.changed(tx, (seller, id), change).await?;
        self.check_draft(tx, &offer, &draft).await?;
        offers::save_draft(tx, &offer, &draft, self.app.clock.now()).await
    }

    /// Takes something out of a draft, also out of one that cannot be offered like this any more: what stays is looked at when
    /// it is sent.
    pub(crate) async fn take_out(
        &self,
        tx: &mut Tx,
        (seller, id): (&Seller, PrivateOfferId),
        change: impl FnOnce(&mut Draft) -> Result<()>,
    ) -> Result<()> {
        let (offer, draft) = self.changed(tx, (seller, id), change).await?;
        offers::save_draft(tx, &offer, &draft, self.app.clock.now()).await
    }

    async fn changed(
        &self,
        tx: &mut Tx,
        (seller, id): (&Seller, PrivateOfferId),
        change: impl FnOnce(&mut Draft) -> Result<()>,
    ) -> Result<(Offer, Draft)> {
        seller.may(Permission::RunShop)?;
        let offer = self.own(tx, seller, id).await?;
        offer.state.check_written()?;
        let mut draft = offer.draft.clone();
        change(&mut draft)?;
        Ok((offer, draft.trimmed()))
    }

    /// Refuses what could not be sent; `None`: it is about nothing yet.
    async fn check_draft(&self, tx: &mut Tx, offer: &Offer, draft: &Draft) -> Result<Option<Priced>> {
        let days_max = self.policies.current().await?.offers.private_offer_days_max;
        check_names(draft, self.app.clock.now(), days_max)?;
        for (index, document) in draft.documents.iter().enumerate() {
            let unknown = ("is no document of yours", "不是您上传的文件");
            let proof = (
                "was handed in to prove something; hand in what the buyer shall read as service_agreement or other",
                "属于证明材料，不能提供给买家，可另以 service_agreement 或 other 用途上传",
            );
            let wrong = match self.documents.find_for(tx, offer.seller, *document).await {
                Ok(found) if goes_along(found.purpose) => continue,
                Ok(_) => proof,
                Err(Error::NotFound(_)) => unknown,
                Err(other) => return Err(other),
            };
            return Err(Invalid::one(format!("documents.{}", index + 1), wrong).into());
        }
        if draft.lines.is_empty() { Ok(None) } else { self.priced(tx, offer, draft).await.map(Some) }
    }

    /// What the seller sells under a SKU, if it can be sold to the buyer of an offer.
    pub(crate) async fn sold(&self, tx: &mut Tx, offer: &Offer, sku: SkuId) -> Result<Arc<catalogue::Offer>> {
        match self.catalogue.offer_by_name(tx, (offer.seller, offer.buyer), sku).await {
            Err(Error::NotFound(_)) => {
                Err(Invalid::one("sku", ("is not one that you have on sale", "不是您的在售商品")).into())
            }
            Err(Error::Refused(refusal)) => {
                let Localized { en, zh } = refusal.text();
                let why = (format!("cannot be sold to this buyer: {en}"), format!("不能卖给该买家：{zh}"));
                Err(Invalid::one("sku", why).into())
            }
            other => other,
        }
    }

    /// What the lines of a draft come to; the prices of a site's currency only, all in the same.
    pub(crate) async fn priced(&self, tx: &mut Tx, offer: &Offer, draft: &Draft) -> Result<Priced> {
        let mut lines: Vec<SentLine> = Vec::with_capacity(draft.lines.len());
        for (index, line) in draft.lines.iter().enumerate() {
            let at = |error: Error| at_line(error, index + 1);
            let sold = self.sold(tx, offer, line.sku).await.map_err(at)?;
            let mut agreed = self.orders.listed(&sold, &line.choice).await.map_err(at)?;
            let list = self.orders.taxed(&sold, agreed.content.quote.clone()).await.map_err(at)?.total;
            let lowered = lower(agreed.content.quote, line.price, (offer.id, draft.name.trim())).map_err(at)?;
            agreed.content.quote = self.orders.taxed(&sold, lowered).await.map_err(at)?;
            let same = lines.first().is_none_or(|first| first.list.currency() == list.currency());
            if !same {
                let one = ("is in another currency than the first line", "与第一项的币种不同");
                return Err(Invalid::one(format!("lines.{}.choice", index + 1), one).into());
            }
            lines.push(SentLine { agreed, list, rate: None });
        }
        let Some(currency) = lines.first().map(|line| line.list.currency()) else {
            check_ready(draft)?;
            return Err(Error::fault("a draft that is ready has a line"));
        };
        let total = Money::sum(currency, lines.iter().map(SentLine::price))?;
        let list = Money::sum(currency, lines.iter().map(|line| line.list))?;
        Ok(Priced { lines, total, list })
    }

    /// Sends an offer to its buyer, or the next version of one that was sent before.
    pub(crate) async fn send(&self, tx: &mut Tx, seller: &Seller, id: PrivateOfferId) -> Result<()> {
        seller.may(Permission::RunShop)?;
        let offer = self.own(tx, seller, id).await?;
        offer.state.check_written()?;
        let (now, draft) = (self.app.clock.now(), &offer.draft);
        check_ready(draft)?;
        let priced = self.check_draft(tx, &offer, draft).await?;
        let Priced { mut lines, total, list } =
            priced.ok_or_else(|| Error::fault("a draft that is ready has a line"))?;
        let days = i64::from(self.policies.current().await?.offers.instalment_days_max);
        check_schedule(&draft.instalments, total, (draft.valid_until, now.plus_days(days)))?;
        let mut instalments = draft.instalments.clone();
        if instalments.is_empty() {
            instalments.push(Instalment { due_at: None, amount: total });
        }
        if instalments.len() > 1 {
            // Whoever refuses gets back what was paid, which is one payment by then.
            if lines.iter().any(|line| line.agreed.content.accept_days().is_some()) {
                let at_once = (
                    "are not possible for what opens after its buyer's acceptance; take them away, and it is paid at once",
                    "不适用于验收后开通的商品，须删除分期，一次付清",
                );
                return Err(Invalid::one("instalments", at_once).into());
            }
            // What is paid in parts cannot be returned after the first of them.
            for line in &mut lines {
                line.agreed.content.terms.no_reason_hours = 0;
            }
        }
        let sent = Sent {
            version: offer.sent.as_ref().map_or(1, |sent| sent.version.saturating_add(1)),
            name: draft.name.clone(),
            lines,
            terms: draft.terms.clone(),
            documents: draft.documents.clone(),
            instalments,
            total,
            list,
            valid_until: draft.valid_until,
            sent_at: now,
            last: None,
        };
        offers::send(tx, &offer, &sent, seller.user()).await?;
        self.set_timers(tx, id, &sent, now).await?;
        let detail = json!({ "version": sent.version, "total": sent.total });
        self.accounts.audit(tx, seller, "private_offer.sent", &id.to_string(), &detail).await?;
        jobs::publish(tx, now, &Event::PrivateOfferSent { offer: id, version: sent.version }).await
    }

    async fn set_timers(&self, tx: &mut Tx, offer: PrivateOfferId, sent: &Sent, now: Timestamp) -> Result<()> {
        let version = sent.version;
        for days in &self.policies.current().await?.offers.private_offer_reminder_days {
            let due = sent.valid_until.plus_micros(-i64::from(*days) * DAY);
            if due > now {
                jobs::schedule(tx, now, due, &Event::PrivateOfferReminderDue { offer, version }).await?;
            }
        }
        jobs::schedule(tx, now, sent.valid_until, &Event::PrivateOfferExpiryDue { offer, version }).await
    }

    /// The seller takes an offer back.
    pub(crate) async fn withdraw(&self, tx: &mut Tx, seller: &Seller, id: PrivateOfferId) -> Result<()> {
        seller.may(Permission::RunShop)?;
        let offer = self.own(tx, seller, id).await?;
        offer.state.check_written()?;
        let (now, version) = (self.app.clock.now(), offer.sent.as_ref().map_or(0, |sent| sent.version));
        let ended = Ended { at: now, by: Some(seller.user()) };
        offers::end(tx, (id, offer.state.name(), version), (PrivateOfferState::Withdrawn, ended)).await?;
        self.accounts.audit(tx, seller, "private_offer.withdrawn", &id.to_string(), &json!({})).await?;
        if version > 0 {
            jobs::publish(tx, now, &Event::PrivateOfferEnded { offer: id, version }).await?;
        }
        Ok(())
    }

    /// An offer of the seller's.
    pub(crate) async fn own(&self, tx: &mut Tx, seller: &Seller, id: PrivateOfferId) -> Result<Offer> {
        seller.may(Permission::View)?;
        offers::find_for_seller(tx, seller.account(), id).await?.ok_or(Error::NotFound(Thing::PrivateOffer))
    }
}

/// What was refused about the line that is added, said at the fields of its form.
pub(crate) fn off_line(error: Error, number: usize) -> Error {
    let prefix = format!("lines.{number}.");
    match error {
        Error::Refused(refusal) if !refusal.fields().is_empty() => {
            let named = refusal.fields().iter().map(|wrong| FieldError {
                field: wrong.field.strip_prefix(&prefix).unwrap_or(&wrong.field).to_owned(),
                message: wrong.message.clone(),
            });
            Invalid(named.collect()).into()
        }
        Error::Refused(_) | Error::NotFound(_) | Error::Busy | Error::Fault(_) => error,
    }
}

/// What was refused about a line, said at the line.
pub(super) fn at_line(error: Error, number: usize) -> Error {
    match error {
        Error::Refused(refusal) if !refusal.fields().is_empty() => {
            let named = refusal.fields().iter().map(|wrong| FieldError {
                field: format!("lines.{number}.{}", wrong.field),
                message: wrong.message.clone(),
            });
            Invalid(named.collect()).into()
        }
        Error::Refused(refusal) => Invalid::one(format!("lines.{number}.choice"), refusal.text()).into(),
        Error::NotFound(_) | Error::Busy | Error::Fault(_) => error,
    }
}

/// Refuses what nobody but the seller has seen.
pub(super) fn sent_of(offer: &Offer) -> std::result::Result<&Sent, PrivateOfferRefused> {
    offer.sent.as_ref().ok_or(PrivateOfferRefused::NotSent)
}
