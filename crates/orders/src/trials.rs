//! Trying for nothing: an order over zero that is paid as it is placed, once for each account and spec.

use accounts::{Buyer, Permission};
use catalogue::Replies;
use kernel::{
    Event, Localized, Result, Timestamp,
    id::{OrderLineId, QuoteId, SkuId},
};
use platform::{Tx, jobs};
use pricing::Choice;

use crate::{
    Orders,
    actions::{obstacle, sold_now, terms},
    asking::Asked,
    rules::{self, Line, LineState, Obstacle, Order, OrderRefused, State, StoredQuote},
    store,
};

/// A trial before it is started: what it is, who gives it, until when, and what is in the way.
pub(crate) struct Trying {
    pub(crate) quote: StoredQuote,
    pub(crate) seller: String,
    /// How many of what, in words.
    pub(crate) amounts: Vec<Localized>,
    /// Its end, if it were delivered now.
    pub(crate) ends_at: Timestamp,
    pub(crate) obstacle: Option<Obstacle>,
    pub(crate) asked: Asked,
}

impl Orders {
    /// Starts the one trial that an account has of a spec, in the quantities that it chooses, and the currency in which it would
    /// be bought.
    pub async fn start_trial(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        wanted: (SkuId, &Choice),
        replies: &Replies,
    ) -> Result<Order> {
        self.try_as_seen(tx, buyer, wanted, (replies, None)).await
    }

    /// The same, if it is still what somebody has seen.
    pub(crate) async fn try_as_seen(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (sku, chosen): (SkuId, &Choice),
        (replies, seen): (&Replies, Option<&str>),
    ) -> Result<Order> {
        buyer.may(Permission::Buy)?;
        if !buyer.is_verified() {
            return Err(OrderRefused::Unverified.into());
        }
        let quote = self.trial(tx, buyer, sku, chosen).await?;
        if quote.seller == buyer.account() {
            return Err(OrderRefused::OwnProduct.into());
        }
        if seen.is_some_and(|seen| seen != quote.content.seen()) {
            return Err(OrderRefused::OfferChanged.into());
        }
        let quote = self.replied(tx, quote, replies).await?;
        self.nothing_is_missing(tx, &quote).await?;
        let now = self.app.clock.now();
        let zone = self.policies.current().await?.zone();
        let placed = quote.accept(rules::order_number(now, &zone, rand::random()), now)?;
        let State::Placed { due_at } = placed.state else { return Err(kernel::Error::fault("a new order is placed")) };
        let order = placed.pay(now)?;
        store::insert_quote(tx, &quote).await?;
        let line = Line {
            id: OrderLineId::new(now),
            order: order.id,
            account: order.account,
            seller: order.seller,
            position: 1,
            product: quote.product,
            sku: quote.sku,
            amount: order.total,
            state: LineState::Paid,
            content: quote.content,
        };
        let limits = self.catalogue.purchase_rules(tx, sku).await?;
        self.within_limit(tx, &line, &limits).await?;
        self.catalogue.take_trial(tx, order.account, limits.spec, order.id).await?;
        store::insert(tx, &order, due_at).await?;
        store::insert_line(tx, &line, quote.id).await?;
        self.note_consent(tx, buyer, order.id, &line).await?;
        jobs::publish(tx, now, &Event::OrderPaid { order: order.id }).await?;
        Ok(order)
    }

    /// What a buyer may try of a SKU now, as a quote over nothing. Nothing is kept.
    async fn trial(&self, tx: &mut Tx, buyer: &Buyer, sku: SkuId, chosen: &Choice) -> Result<StoredQuote> {
        let (offer, days) = self.catalogue.trial_for(tx, buyer, sku).await?;
        let policy = self.policies.current().await?;
        sold_now(&offer, &policy)?;
        let now = self.app.clock.now();
        let terms = rules::trial_terms(terms(&offer, &policy)?, &policy);
        Ok(StoredQuote {
            id: QuoteId::new(now),
            account: buyer.account(),
            seller: offer.seller,
            product: offer.product,
            revision: offer.revision,
            sku,
            content: rules::trial(&offer, chosen, days, terms)?,
            created_at: now,
            expires_at: now.plus_seconds(i64::from(policy.orders.quote_minutes) * 60),
        })
    }

    /// All that the buyer wants to know before starting it.
    pub(crate) async fn trying(&self, tx: &mut Tx, buyer: &Buyer, (sku, chosen): (SkuId, &Choice)) -> Result<Trying> {
        buyer.may(Permission::View)?;
        let quote = self.trial(tx, buyer, sku, chosen).await?;
        let zone = self.policies.current().await?.zone();
        let days = i64::from(quote.content.quote.periods);
        Ok(Trying {
            seller: self.accounts.find(tx, quote.seller).await?.name,
            amounts: self.catalogue.amounts(tx, quote.product, &quote.content.choice.quantities).await?,
            ends_at: self.app.clock.now().plus_calendar_days(days, &zone),
            obstacle: obstacle(buyer, quote.seller),
            asked: self.asked(tx, buyer.account(), &[(quote.sku, quote.revision)]).await?,
            quote,
        })
    }
}
