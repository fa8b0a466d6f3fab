//! Orders of what a seller and a buyer have agreed on beforehand, at once or in instalments.

use kernel::{
    Error, Event, Money, Result, Thing,
    id::{AccountId, OrderId, OrderLineId, PrivateOfferId, ProductId, QuoteId, RevisionId, SkuId},
};
use platform::{Tx, jobs};
use pricing::Choice;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Orders, actions,
    rules::{self, Content, Line, LineState, Order, State, StoredQuote},
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

/// When an order is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payment {
    /// From the wallet, in the same transaction.
    Now,
    /// Within the time of the policy.
    Later,
}

impl Content {
    /// Whether there is something to deliver: a later instalment pays for what is there already.
    pub fn is_delivered(&self) -> bool {
        self.agreed.is_none_or(|agreed| agreed.instalment == 1)
    }
}

impl Orders {
    /// What a choice of a seller's costs by the list today, with the rules of today.
    pub async fn listed(&self, tx: &mut Tx, seller: AccountId, sku: SkuId, choice: &Choice) -> Result<AgreedLine> {
        let offer = self.catalogue.offer(tx, sku).await?;
        if offer.seller != seller {
            return Err(Error::NotFound(Thing::Sku));
        }
        let content = actions::content(&offer, choice, &*self.policies.current().await?)?;
        Ok(AgreedLine { product: offer.product, revision: offer.revision, sku, content })
    }

    /// Orders what was agreed on. Whoever calls has made sure that the buyer wants it, or owes it.
    pub async fn order_agreed(
        &self,
        tx: &mut Tx,
        (account, seller): (AccountId, AccountId),
        agreed: Vec<AgreedLine>,
        payment: Payment,
    ) -> Result<Order> {
        let now = self.app.clock.now();
        let first = agreed.first().ok_or_else(|| Error::fault("an agreement is about something"))?;
        let hours = i64::from(first.content.terms.payment_hours);
        let (due_at, currency) = (now.plus_seconds(hours * 3_600), first.content.quote.total.currency());
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
        let zone = self.policies.current().await?.zone();
        let order = Order {
            id: OrderId::new(now),
            number: rules::order_number(now, &zone, rand::random()),
            account,
            seller,
            quote: quotes[0].id,
            total: Money::sum(currency, quotes.iter().map(|quote| quote.content.quote.total))?,
            placed_at: now,
            state: State::Placed { due_at },
        };
        let (order, state) = match payment {
            Payment::Now => (order.pay(now)?, LineState::Paid),
            Payment::Later => (order, LineState::Placed),
        };
        for quote in &quotes {
            store::insert_quote(tx, quote).await?;
        }
        store::insert(tx, &order, due_at).await?;
        let mut paid = Vec::with_capacity(quotes.len());
        for quote in quotes {
            let line = line_of(&order, quote.clone(), state, now);
            store::insert_line(tx, &line, quote.id).await?;
            paid.push((line.id, line.amount));
        }
        match payment {
            Payment::Now => {
                self.payments.charge(tx, account, order.id, &paid).await?;
                jobs::publish(tx, now, &Event::OrderPaid { order: order.id }).await?;
            }
            Payment::Later => {
                jobs::schedule(tx, now, due_at, &Event::OrderPaymentDue { order: order.id }).await?;
            }
        }
        Ok(order)
    }

    /// Pays an order from the wallet by itself, as was agreed; gives it as it stands then, unpaid where the wallet lacks the
    /// money or the order has ended.
    pub async fn pay_agreed(&self, tx: &mut Tx, id: OrderId) -> Result<Order> {
        let order = self.find(tx, id).await?;
        match order.state {
            State::Placed { due_at } if self.app.clock.now() < due_at => {
                if self.payments.covers(tx, order.account, order.total).await? {
                    return self.settle(tx, order).await;
                }
                Ok(order)
            }
            State::Placed { .. }
            | State::Paid { .. }
            | State::Completed { .. }
            | State::Cancelled { .. }
            | State::Refunded { .. } => Ok(order),
        }
    }
}

fn line_of(order: &Order, quote: StoredQuote, state: LineState, now: kernel::Timestamp) -> Line {
    Line {
        id: OrderLineId::new(now),
        order: order.id,
        account: order.account,
        seller: order.seller,
        product: quote.product,
        sku: quote.sku,
        amount: quote.content.quote.total,
        state,
        content: quote.content,
    }
}
