//! Amending an accepted offer: the seller proposes, the buyer accepts or declines, and what is still to come moves.

use accounts::{Buyer, Permission, Seller};
use kernel::{
    Error, Event, Result, Timestamp,
    id::{InstalmentId, PrivateOfferId},
};
use ledger::Difference;
use orders::StateName as OrderState;
use platform::{Tx, jobs};
use serde_json::json;

use super::{instalments::lines_of, writing::sent_of};
use crate::{
    PrivateOffers,
    rules::{
        Amendment, AmendmentState, AmendmentWish, Due, DueState, Ended, Offer, PrivateOfferRefused, PrivateOfferState,
        Proposed, Running, Sent, amend, amended, check_message, check_order, remaining, shares,
    },
    store::{amendments, instalments, offers},
};

impl PrivateOffers {
    /// Proposes an amendment of an offer that runs.
    pub(crate) async fn propose(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        (id, wish): (PrivateOfferId, &AmendmentWish),
    ) -> Result<Proposed> {
        seller.may(Permission::RunShop)?;
        let offer = self.own(tx, seller, id).await?;
        self.check_running(tx, &offer).await?;
        let (now, policy) = (self.app.clock.now(), self.policies.current().await?);
        let earlier = amendments::of(tx, id).await?;
        if let Some(open) = earlier.first().filter(|last| last.state == AmendmentState::Proposed) {
            if open.stands(now) == AmendmentState::Proposed {
                return Err(PrivateOfferRefused::AmendmentOpen.into());
            }
            let ended = Ended { at: open.amendment.valid_until, by: None };
            let key = (id, open.amendment.number);
            amendments::end(tx, key, (AmendmentState::Expired, ended, None)).await?;
        }
        let number = earlier.first().map_or(0, |last| last.amendment.number).saturating_add(1);
        check_order(&earlier, wish)?;
        let (running, dues) = (amendments::terms(tx, id).await?, instalments::of(tx, id).await?);
        let zone = policy.zone();
        let days_max = policy.offers.private_offer_days_max;
        let state = (sent_of(&offer)?, running.as_slice(), dues.as_slice());
        let amendment = amend(state, wish, (number, days_max), (now, &zone))?;
        self.check_counts(tx, &offer, &amendment).await?;
        check_returnable(state, &amendment, now)?;
        let proposed = Proposed {
            amendment,
            state: AmendmentState::Proposed,
            sent_at: now,
            sent_by: seller.user(),
            ended: None,
            version: None,
        };
        amendments::insert(tx, id, &proposed).await?;
        let detail = json!({ "amendment": number, "difference": proposed.amendment.difference });
        self.accounts.audit(tx, seller, "private_offer.amendment_sent", &id.to_string(), &detail).await?;
        jobs::publish(tx, now, &Event::PrivateOfferAmended { offer: id, amendment: number }).await?;
        Ok(proposed)
    }

    /// Only what was accepted and delivered can be amended.
    async fn check_running(&self, tx: &mut Tx, offer: &Offer) -> Result<()> {
        match offer.state.name() {
            PrivateOfferState::Accepted => {}
            PrivateOfferState::Draft
            | PrivateOfferState::Sent
            | PrivateOfferState::Declined
            | PrivateOfferState::Withdrawn
            | PrivateOfferState::Expired => {
                return Err(PrivateOfferRefused::NotRunning(offer.state.name()).into());
            }
        }
        if self.waits_for_delivery(tx, offer.id).await? {
            return Err(PrivateOfferRefused::NotDelivered.into());
        }
        Ok(())
    }

    /// Other numbers have to be among those that can be bought.
    async fn check_counts(&self, tx: &mut Tx, offer: &Offer, amendment: &Amendment) -> Result<()> {
        let sent = sent_of(offer)?;
        for change in amendment.lines.iter().filter(|line| line.quantities != line.quantities_before) {
            let index = usize::try_from(change.line).map_err(Error::fault)?;
            let Some(line) = sent.lines.get(index) else { continue };
            let at = |error: Error| super::writing::at_line(error, index + 1);
            let sold = self.sold(tx, offer, line.agreed.sku).await.map_err(at)?;
            let mut choice = line.agreed.content.choice.clone();
            choice.quantities.clone_from(&change.quantities);
            self.orders.listed(&sold, &choice).await.map_err(at)?;
        }
        Ok(())
    }

    /// The seller takes a proposal back.
    pub(crate) async fn withdraw_amendment(&self, tx: &mut Tx, seller: &Seller, id: PrivateOfferId) -> Result<()> {
        seller.may(Permission::RunShop)?;
        self.own(tx, seller, id).await?;
        let now = self.app.clock.now();
        let number = open_of(amendments::of(tx, id).await?, now)?.amendment.number;
        let ended = Ended { at: now, by: Some(seller.user()) };
        amendments::end(tx, (id, number), (AmendmentState::Withdrawn, ended, None)).await?;
        let detail = json!({ "amendment": number });
        self.accounts.audit(tx, seller, "private_offer.amendment_withdrawn", &id.to_string(), &detail).await?;
        jobs::publish(tx, now, &Event::PrivateOfferAmended { offer: id, amendment: number }).await
    }

    /// The buyer says no; the offer stays as it is.
    pub(crate) async fn decline_amendment(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (id, reason): (PrivateOfferId, &str),
    ) -> Result<()> {
        buyer.may(Permission::Buy)?;
        self.got(tx, buyer, id).await?;
        let now = self.app.clock.now();
        let number = open_of(amendments::of(tx, id).await?, now)?.amendment.number;
        if !reason.trim().is_empty() {
            check_message(reason)?;
            self.ask(tx, buyer, (id, reason)).await?;
        }
        let ended = Ended { at: now, by: Some(buyer.user()) };
        amendments::end(tx, (id, number), (AmendmentState::Declined, ended, None)).await?;
        let detail = json!({ "amendment": number });
        self.accounts.audit(tx, buyer, "private_offer.amendment_declined", &id.to_string(), &detail).await?;
        jobs::publish(tx, now, &Event::PrivateOfferAmended { offer: id, amendment: number }).await
    }

    /// Accepts the amendment that was read: what is still to come is planned anew, and what is due at once is paid in the
    /// same transaction.
    pub(crate) async fn accept_amendment(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (id, number): (PrivateOfferId, u32),
    ) -> Result<()> {
        buyer.may(Permission::Buy)?;
        buyer.may(Permission::Pay)?;
        let offer = self.got(tx, buyer, id).await?;
        offers::take_turn(tx, id).await?;
        let now = self.app.clock.now();
        let Proposed { amendment, .. } = open_of(amendments::of(tx, id).await?, now)?;
        if amendment.number != number {
            return Err(PrivateOfferRefused::AmendmentOver.into());
        }
        let (running, dues) = (amendments::terms(tx, id).await?, instalments::of(tx, id).await?);
        let sent = sent_of(&offer)?;
        amendment.check_same(&running, &dues, now)?;
        // What was paid back goes off the plan first, by an event that is on its way; then the amendment is another one.
        let back = self.paid_back(tx, id).await?;
        let mut planned_dues = dues.iter().filter(|due| due.state == DueState::Planned);
        if planned_dues.any(|due| back.iter().any(|line| due.asks_for(*line))) {
            return Err(Error::Busy);
        }
        check_returnable((sent, &running, &dues), &amendment, now)?;
        let next = amended(sent, &amendment, now)?;
        amendments::keep_version(tx, id, &next, buyer.user()).await?;
        let ended = Ended { at: now, by: Some(buyer.user()) };
        amendments::end(tx, (id, number), (AmendmentState::Accepted, ended, Some(next.version))).await?;
        for due in dues.iter().filter(|due| due.state == DueState::Planned) {
            amendments::replace(tx, due, number).await?;
        }
        for line in &amendment.lines {
            amendments::move_term(tx, line.instance, line.ends_at).await?;
        }
        let rest = remaining(sent, &amendment.lines, &dues)?;
        self.plan_rest(tx, (&offer, &next, &amendment), planned(id, (sent, &amendment, &rest), now)?).await?;
        let detail = json!({ "amendment": number, "difference": amendment.difference, "version": next.version });
        self.accounts.audit(tx, buyer, "private_offer.amendment_accepted", &id.to_string(), &detail).await?;
        jobs::publish(tx, now, &Event::PrivateOfferAmended { offer: id, amendment: number }).await
    }

    /// Writes the new instalments down; the one that is due at once is ordered and paid.
    async fn plan_rest(
        &self,
        tx: &mut Tx,
        (offer, next, amendment): (&Offer, &Sent, &Amendment),
        mut fresh: Vec<Due>,
    ) -> Result<()> {
        let Some(from) = fresh.first().map(|first| first.number) else { return Ok(()) };
        let at_once = amendment.now().is_some();
        if let Some(first) = fresh.first_mut().filter(|_| at_once) {
            let lines = lines_of(next, first)?;
            let order = self.orders.ask_agreed(tx, (offer.buyer, offer.seller), lines).await?;
            (first.state, first.order) = (DueState::Ordered, Some(order.id));
            match self.orders.pay_agreed(tx, order.id).await?.state.name() {
                OrderState::Paid | OrderState::Completed => {}
                OrderState::Placed | OrderState::Cancelled | OrderState::Refunded => {
                    return Err(PrivateOfferRefused::WalletShort(first.amount).into());
                }
            }
        }
        instalments::insert(tx, &fresh).await?;
        amendments::made(tx, offer.id, from, amendment.number).await?;
        let now = self.app.clock.now();
        for due in fresh.iter().filter(|due| due.state == DueState::Planned) {
            jobs::schedule(tx, now, due.due_at, &Event::InstalmentDue { instalment: due.id }).await?;
        }
        Ok(())
    }

    /// The first accepted amendment whose sums do not come out again of what it was made from.
    pub(crate) async fn amendments_audit(&self, tx: &mut Tx) -> Result<Option<Difference>> {
        const TOGETHER: u32 = 100;
        let mut after = None;
        loop {
            let rows = amendments::accepted_after(tx, after, TOGETHER).await?;
            let Some(last) = rows.last() else { return Ok(None) };
            after = Some((last.offer_id, last.number));
            for row in &rows {
                let ((before, made), amendment) = (row.versions(), row.amendment());
                let place = || format!("amendment {} of {}", row.number, row.offer_id);
                for line in &amendment.lines {
                    let comes_to = line.after.amount()?.minus(line.before.amount()?)?;
                    if comes_to != line.difference {
                        let number = line.line.saturating_add(1);
                        let what = format!("line {number} comes to {comes_to}, {} was agreed", line.difference);
                        return Ok(Some(Difference::new("amendment", place(), what)));
                    }
                }
                if !amended(before, amendment, made.sent_at)?.comes_to_the_same(made) {
                    let what = "it makes another version of the offer than the one that is kept".to_owned();
                    return Ok(Some(Difference::new("amendment", place(), what)));
                }
                let wanted = row.replaced.saturating_add(amendment.difference.minor());
                if row.made != wanted {
                    let what = format!("{} minor units were to come after it, {} were planned", wanted, row.made);
                    return Ok(Some(Difference::new("amendment", place(), what)));
                }
            }
        }
    }
}

/// The amendment that lies before the buyer.
fn open_of(all: Vec<Proposed>, now: Timestamp) -> Result<Proposed> {
    let last = all.into_iter().next().ok_or(PrivateOfferRefused::AmendmentOver)?;
    last.check_open(now)?;
    Ok(last)
}

/// What can still go back as a whole is not amended: nobody would know what of it goes back.
fn check_returnable(
    (sent, running, _): (&Sent, &[Running], &[Due]),
    amendment: &Amendment,
    now: Timestamp,
) -> Result<()> {
    for line in &amendment.lines {
        let runs = running.iter().find(|runs| runs.instance == line.instance);
        let terms = usize::try_from(line.line).ok().and_then(|index| sent.lines.get(index));
        let (Some(runs), Some(terms)) = (runs, terms.map(|line| &line.agreed.content.terms)) else { continue };
        let until = runs.begins_at.plus_seconds(i64::from(terms.no_reason_hours) * 3_600);
        if terms.no_reason_hours > 0 && now < until {
            return Err(PrivateOfferRefused::StillReturnable(until).into());
        }
    }
    Ok(())
}

/// The instalments of an amendment that is accepted now, each with what of it falls on which line.
fn planned(
    offer: PrivateOfferId,
    (sent, amendment, rest): (&Sent, &Amendment, &[kernel::Money]),
    now: Timestamp,
) -> Result<Vec<Due>> {
    let amounts: Vec<_> = amendment.instalments.iter().map(|instalment| instalment.amount).collect();
    let shares = shares(rest, &amounts)?;
    let from = sent.last_instalment()?.saturating_add(1);
    let dues = (from..).zip(amendment.instalments.iter().zip(shares)).map(|(number, (instalment, shares))| Due {
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
