//! Instalments when their days come: each becomes an order that is paid from the wallet, now or when it holds enough.

use accounts::{Permission, Seller};
use kernel::{
    Error, Event, Result,
    id::{InstalmentId, OrderId, PrivateOfferId},
    time::HOUR,
};
use ledger::Difference;
use orders::{AgreedLine, AgreedUse, Line, LineState, StateName as OrderState};
use platform::{Tx, jobs};
use serde_json::json;

use crate::{
    PrivateOffers,
    rules::{Due, DueState, Sent},
    store::{instalments, offers},
};

impl PrivateOffers {
    /// The day of an instalment has come, or the next try to charge the wallet for it.
    pub async fn on_instalment_due(&self, tx: &mut Tx, id: InstalmentId) -> Result<()> {
        let Some(found) = instalments::find(tx, id).await? else { return Ok(()) };
        offers::take_turn(tx, found.offer).await?;
        let Some(due) = instalments::find(tx, id).await? else { return Ok(()) };
        match due.state {
            DueState::Planned => {
                if due.due_at > self.app.clock.now() {
                    return Ok(());
                }
                if self.waits_for_delivery(tx, due.offer).await? {
                    return self.try_again(tx, id, HOUR).await;
                }
                self.ask_for(tx, due).await
            }
            DueState::Ordered => self.charged(tx, due).await.map(drop),
            DueState::Paid | DueState::Missed | DueState::Cancelled | DueState::Replaced => Ok(()),
        }
    }

    /// Nothing more is asked for until what was ordered at acceptance is delivered.
    pub(super) async fn waits_for_delivery(&self, tx: &mut Tx, offer: PrivateOfferId) -> Result<bool> {
        let Some(first) = first_order(tx, offer).await? else { return Ok(false) };
        Ok(match self.orders.find(tx, first).await?.state.name() {
            OrderState::Placed | OrderState::Paid => true,
            OrderState::Completed | OrderState::Cancelled | OrderState::Refunded => false,
        })
    }

    async fn try_again(&self, tx: &mut Tx, id: InstalmentId, after: i64) -> Result<()> {
        let now = self.app.clock.now();
        jobs::schedule(tx, now, now.plus_micros(after), &Event::InstalmentDue { instalment: id }).await
    }

    /// Which lines of an offer were paid back, whether or not that has been told yet.
    pub(super) async fn paid_back(&self, tx: &mut Tx, offer: PrivateOfferId) -> Result<Vec<usize>> {
        let Some(first) = first_order(tx, offer).await? else { return Ok(Vec::new()) };
        let lines = self.orders.lines(tx, first).await?;
        let back = lines.into_iter().filter(|line| line.state == LineState::Refunded);
        back.filter_map(|line| line.content.agreed).map(place).collect()
    }

    /// Orders what is owed of an instalment and charges the wallet for it.
    async fn ask_for(&self, tx: &mut Tx, mut due: Due) -> Result<()> {
        let Some(offer) = offers::find(tx, due.offer).await? else { return Ok(()) };
        let sent = offer.sent.as_ref().ok_or_else(|| Error::fault("an accepted offer was sent"))?;
        let from = due.state;
        for line in self.paid_back(tx, due.offer).await? {
            due = due.without(line)?;
        }
        if due.state == DueState::Cancelled {
            return instalments::save(tx, &due, from).await;
        }
        let lines = lines_of(sent, &due)?;
        let order = self.orders.ask_agreed(tx, (offer.buyer, offer.seller), lines).await?;
        let due = Due { state: DueState::Ordered, order: Some(order.id), ..due };
        instalments::save(tx, &due, from).await?;
        let (number, amount) = (due.number, due.amount);
        if !self.charged(tx, due).await? {
            self.tell_lacking(tx, &offer, (number, amount), order.id).await?;
        }
        Ok(())
    }

    /// Charges the wallet for an ordered instalment, or comes back later while its order waits.
    async fn charged(&self, tx: &mut Tx, due: Due) -> Result<bool> {
        let order = due.order.ok_or_else(|| Error::fault("an ordered instalment has an order"))?;
        match self.orders.pay_agreed(tx, order).await?.state.name() {
            OrderState::Placed => {
                let hours = self.policies.current().await?.offers.instalment_retry_hours;
                self.try_again(tx, due.id, i64::from(hours) * HOUR).await?;
                Ok(false)
            }
            // What follows is told by the events of the order.
            OrderState::Paid | OrderState::Completed => Ok(true),
            OrderState::Cancelled | OrderState::Refunded => Ok(false),
        }
    }

    /// The order of an instalment was paid, by the timer or by the buyer.
    pub async fn on_order_paid(&self, tx: &mut Tx, order: OrderId) -> Result<()> {
        let Some(due) = instalments::by_order(tx, order).await? else { return Ok(()) };
        match due.state {
            DueState::Ordered => {
                let from = due.state;
                instalments::save(tx, &Due { state: DueState::Paid, ..due }, from).await
            }
            DueState::Planned | DueState::Paid | DueState::Missed | DueState::Cancelled | DueState::Replaced => Ok(()),
        }
    }

    /// The order of an instalment ended without a payment: both sides learn that it is missing.
    pub async fn on_order_cancelled(&self, tx: &mut Tx, order: OrderId) -> Result<()> {
        let Some(due) = instalments::by_order(tx, order).await? else { return Ok(()) };
        match due.state {
            DueState::Ordered => {
                let (from, about) = (due.state, (due.number, due.amount));
                let offer = due.offer;
                instalments::save(tx, &Due { state: DueState::Missed, order: None, ..due }, from).await?;
                let Some(offer) = offers::find(tx, offer).await? else { return Ok(()) };
                self.tell_missed(tx, &offer, about).await
            }
            DueState::Planned | DueState::Paid | DueState::Missed | DueState::Cancelled | DueState::Replaced => Ok(()),
        }
    }

    /// The seller asks for an instalment again that was not paid in time.
    pub(crate) async fn ask_again(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        (id, number): (PrivateOfferId, u32),
    ) -> Result<()> {
        seller.may(Permission::RunShop)?;
        self.own(tx, seller, id).await?;
        offers::take_turn(tx, id).await?;
        let due = instalments::of(tx, id).await?.into_iter().find(|due| due.number == number);
        let due = due.ok_or(Error::NotFound(kernel::Thing::PrivateOffer))?;
        due.check_asked_again()?;
        let detail = json!({ "instalment": number });
        self.accounts.audit(tx, seller, "private_offer.asked_again", &id.to_string(), &detail).await?;
        self.ask_for(tx, due).await
    }

    /// A line of an offer was paid back: what was still to come for it is not asked for any more.
    pub async fn on_line_refunded(&self, tx: &mut Tx, line: &Line) -> Result<()> {
        let Some(agreed) = line.content.agreed.filter(|agreed| agreed.instalment == 1) else { return Ok(()) };
        let index = place(agreed)?;
        offers::take_turn(tx, agreed.offer).await?;
        for due in instalments::of(tx, agreed.offer).await? {
            match due.state {
                DueState::Planned | DueState::Missed => {
                    let from = due.state;
                    instalments::save(tx, &due.without(index)?, from).await?;
                }
                DueState::Ordered if due.asks_for(index) => self.ask_for_less(tx, due, index).await?,
                DueState::Ordered | DueState::Paid | DueState::Cancelled | DueState::Replaced => {}
            }
        }
        Ok(())
    }

    /// The order of an instalment ends because a line of it was paid back; the rest is asked for anew.
    async fn ask_for_less(&self, tx: &mut Tx, due: Due, index: usize) -> Result<()> {
        let order = due.order.ok_or_else(|| Error::fault("an ordered instalment has an order"))?;
        if !self.orders.end_if_unpaid(tx, order).await? {
            return Ok(());
        }
        let (now, from) = (self.app.clock.now(), due.state);
        let due = Due { state: DueState::Planned, order: None, ..due }.without(index)?;
        instalments::save(tx, &due, from).await?;
        jobs::publish(tx, now, &Event::InstalmentDue { instalment: due.id }).await
    }

    /// The first instalment whose order does not fit it.
    pub async fn audit(&self, tx: &mut Tx) -> Result<Option<Difference>> {
        let Some(row) = instalments::first_drift(tx).await? else { return self.amendments_audit(tx).await };
        let what =
            format!("{} minor units were agreed, {} were ordered, and it is {}", row.amount, row.total, row.state);
        Ok(Some(Difference::new("instalment", format!("instalment {}", row.id), what)))
    }
}

/// What was ordered at acceptance.
async fn first_order(tx: &mut Tx, offer: PrivateOfferId) -> Result<Option<OrderId>> {
    Ok(instalments::of(tx, offer).await?.into_iter().next().and_then(|due| due.order))
}

/// Where a line of an offer stands in it.
fn place(agreed: AgreedUse) -> Result<usize> {
    usize::try_from(agreed.line).map_err(Error::fault)
}

/// What an instalment orders: each line's part of its price, explained.
pub(super) fn lines_of(sent: &Sent, due: &Due) -> Result<Vec<AgreedLine>> {
    let of = sent.last_instalment()?;
    let mut lines = Vec::with_capacity(sent.lines.len());
    for ((index, line), share) in (0_u32..).zip(&sent.lines).zip(&due.shares) {
        // A part of nothing is worth no line, but what is to be delivered has one.
        if share.is_zero() && due.number > 1 {
            continue;
        }
        let mut agreed = line.agreed.clone();
        agreed.content.quote = pricing::instalment(agreed.content.quote, *share, (due.number, of))?;
        agreed.content.agreed = Some(AgreedUse { offer: due.offer, line: index, instalment: due.number, of });
        lines.push(agreed);
    }
    Ok(lines)
}
