//! Orders of what a seller and a buyer have agreed on beforehand, at once or in instalments.

use std::sync::Arc;

use accounts::{Buyer, Permission};
use catalogue::{Offer, Replies};
use kernel::{
    Error, Event, Money, Result, Timestamp,
    id::{AccountId, OrderId, OrderLineId, PrivateOfferId, ProductId, QuoteId, RevisionId, SkuId},
};
use platform::{Tx, jobs};
use pricing::{Choice, Quote};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Orders, actions,
    rules::{self, Content, Line, LineState, Order, OrderKind, OrderRefused, State, StoredQuote},
    store,
};

/// The private offer under which something is bought, and which of its instalments this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgreedUse {
    pub offer: PrivateOfferId,
    /// Which line of the offer, from 0.
    pub line: u32,
    /// From 1; the first one is delivered, the others only pay for it.
    pub instalment: u32,
    /// How many there are.
    pub of: u32,
}

/// Something that was agreed on, with its price and the rules of the day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreedLine {
    pub product: ProductId,
    pub revision: RevisionId,
    pub sku: SkuId,
    pub content: Content,
}

/// What an agreement becomes, before it is kept: the order, until when it is to be paid, and its lines with their quotes.
struct Drawn {
    order: Order,
    due_at: Timestamp,
    lines: Vec<(Line, StoredQuote)>,
}

impl Content {
    /// Whether there is something to deliver: a later instalment pays for what is there already.
    pub fn is_delivered(&self) -> bool {
        self.agreed.is_none_or(|agreed| agreed.instalment == 1)
    }
}

impl Orders {
    /// A price of an offer with its tax worked out, after all that is taken off.
    pub async fn taxed(&self, offer: &Offer, quote: Quote) -> Result<Quote> {
        Ok(offer.taxed(quote, &*self.policies.current().await?)?)
    }

    /// What a choice of an offer costs by the list today without its tax where that comes on top, with the rules of today.
    pub async fn listed(&self, offer: &Arc<Offer>, choice: &Choice) -> Result<AgreedLine> {
        let content = actions::content(offer, choice, &*self.policies.current().await?)?;
        if content.by_use.is_some() {
            return Err(OrderRefused::ByUse.into());
        }
        Ok(AgreedLine { product: offer.product, revision: offer.revision, sku: offer.sku, content })
    }

    /// Orders what a buyer agrees to and pays it from the wallet in the same transaction. Prices are kept, but what has left the
    /// shelf is not there any more, and all that limits a purchase holds.
    pub async fn take_agreed(
        &self,
        tx: &mut Tx,
        (buyer, seller): (&Buyer, AccountId),
        (agreed, replies): (Vec<AgreedLine>, &Replies),
    ) -> Result<Order> {
        buyer.may(Permission::Buy)?;
        buyer.may(Permission::Pay)?;
        if !buyer.is_verified() {
            return Err(OrderRefused::Unverified.into());
        }
        let policy = self.policies.current().await?;
        for line in &agreed {
            let offer = self.catalogue.offer_taken(tx, buyer, seller, line.sku).await?;
            if let Some(later) = actions::sold_later(&offer, &policy) {
                return Err(OrderRefused::NotYet(later).into());
            }
        }
        let agreed = self.agreed_replied(tx, (buyer.account(), replies), agreed).await?;
        let now = self.app.clock.now();
        let Drawn { order, due_at, lines } = self.draw((buyer.account(), seller), agreed).await?;
        for (line, _) in &lines {
            self.may_use(tx, order.account, (&line.content, order.total), &policy).await?;
        }
        let order = order.pay(now)?;
        for (_, quote) in &lines {
            store::insert_quote(tx, quote).await?;
        }
        store::insert(tx, &order, due_at).await?;
        let mut paid = Vec::with_capacity(lines.len());
        for (line, quote) in lines {
            let line = Line { state: LineState::Paid, ..line };
            let rules = self.catalogue.purchase_rules(tx, line.sku).await?;
            // Each one counts those of the same order before it.
            self.within_limit(tx, &line, &rules).await?;
            store::insert_line(tx, &line, quote.id).await?;
            self.take_piece(tx, &line, &rules).await?;
            self.note_consent(tx, buyer, order.id, &line).await?;
            paid.push((line.id, line.amount));
        }
        self.payments.charge(tx, order.account, order.id, &paid).await?;
        jobs::publish(tx, now, &Event::OrderPaid { order: order.id }).await?;
        Ok(order)
    }

    /// Orders what a buyer owes from now on; it is to be paid within the time of the policy.
    pub async fn ask_agreed(
        &self,
        tx: &mut Tx,
        sides: (AccountId, AccountId),
        agreed: Vec<AgreedLine>,
    ) -> Result<Order> {
        let Drawn { order, due_at, lines } = self.draw(sides, agreed).await?;
        for (_, quote) in &lines {
            store::insert_quote(tx, quote).await?;
        }
        store::insert(tx, &order, due_at).await?;
        for (line, quote) in &lines {
            store::insert_line(tx, line, quote.id).await?;
        }
        jobs::schedule(tx, order.placed_at, due_at, &Event::OrderPaymentDue { order: order.id }).await?;
        Ok(order)
    }

    /// Pays an order from the wallet by itself, as was agreed; gives it as it stands then, unpaid where the wallet lacks the
    /// money or the order has ended.
    pub async fn pay_agreed(&self, tx: &mut Tx, id: OrderId) -> Result<Order> {
        let order = self.find(tx, id).await?;
        match order.state {
            State::Placed { due_at } if self.app.clock.now() < due_at => {
                if !self.payments.covers(tx, order.account, order.total).await? {
                    return Ok(order);
                }
                let lines = store::lines(tx, id).await?;
                self.settle(tx, order.pay(self.app.clock.now())?, &lines).await
            }
            State::Placed { .. }
            | State::Paid { .. }
            | State::Completed { .. }
            | State::Cancelled { .. }
            | State::Refunded { .. } => Ok(order),
        }
    }

    async fn draw(&self, (account, seller): (AccountId, AccountId), agreed: Vec<AgreedLine>) -> Result<Drawn> {
        let now = self.app.clock.now();
        let first = agreed.first().ok_or_else(|| Error::fault("an agreement is about something"))?;
        let hours = i64::from(first.content.terms.payment_hours);
        let (due_at, currency) = (now.plus_seconds(hours * 3_600), first.content.quote.total.currency());
        let total = Money::sum(currency, agreed.iter().map(|line| line.content.quote.total))?;
        let quotes: Vec<StoredQuote> = agreed
            .into_iter()
            .map(|AgreedLine { product, revision, sku, content }| StoredQuote {
                id: QuoteId::new(now),
                account,
                seller,
                product,
                revision,
                sku,
                content,
                created_at: now,
                expires_at: now,
            })
            .collect();
        let quote = quotes.first().map(|quote| quote.id).ok_or_else(|| Error::fault("each line has a quote"))?;
        let number = rules::order_number(now, &self.policies.current().await?.zone(), rand::random());
        let (id, state) = (OrderId::new(now), State::Placed { due_at });
        let kind = OrderKind::New;
        let order = Order { id, number, kind, account, seller, quote, total, placed_at: now, state };
        let line = |(position, quote): (u32, &StoredQuote)| Line {
            id: OrderLineId::new(now),
            order: id,
            account,
            seller,
            position,
            product: quote.product,
            sku: quote.sku,
            amount: quote.content.quote.total,
            state: LineState::Placed,
            content: quote.content.clone(),
        };
        let lines: Vec<Line> = (1..).zip(&quotes).map(line).collect();
        Ok(Drawn { order, due_at, lines: lines.into_iter().zip(quotes).collect() })
    }
}
