//! Orders of another term of something that is owned: priced as of today, paid and completed at once.
//!
//! A renewal takes nothing from stock and counts against no limit: its buyer has what it is for. Who may see it on the shelf
//! does not matter either; what was taken off sale goes on only where the site's rules say so.

use accounts::{Buyer, Permission};
use catalogue::Offer;
use jiff::tz::TimeZone;
use kernel::{
    Error, Money, Result, Thing, Timestamp,
    id::{AccountId, InstanceId, OrderLineId, QuoteId},
};
use platform::Tx;
use pricing::{Choice, Plan, PricingRefused};

use crate::{
    Orders,
    actions::content_at,
    rules::{self, Content, Cover, GoesOn, Line, LineState, Order, OrderRefused, Renews, State, StoredQuote},
    store,
};

/// Something that is owned, as far as its renewal needs it.
#[derive(Clone, Copy, Debug)]
pub struct Owned {
    pub instance: InstanceId,
    /// When its first term began, and until when it is paid.
    pub began: Timestamp,
    pub until: Timestamp,
    /// Days for which it can be used after its end, and is kept frozen then, by the terms of its purchase.
    pub grace_days: u32,
    pub frozen_days: u32,
}

impl Orders {
    /// The prices at which what a line has bought goes on.
    pub async fn renewal_plan(&self, tx: &mut Tx, bought: &Line) -> Result<Plan> {
        let revision = store::revision_of(tx, bought.id).await?.ok_or(Error::NotFound(Thing::OrderLine))?;
        Ok(self.catalogue.offer_to_owner(tx, bought.sku, revision).await?.plan.clone())
    }

    /// What another term costs the owner now. Nothing is kept.
    pub async fn price_renewal(
        &self,
        tx: &mut Tx,
        bought: &Line,
        owned: Owned,
        choice: &Choice,
    ) -> Result<StoredQuote> {
        let revision = store::revision_of(tx, bought.id).await?.ok_or(Error::NotFound(Thing::OrderLine))?;
        let offer = self.catalogue.offer_to_owner(tx, bought.sku, revision).await?;
        self.price_term(tx, bought, (&offer, owned), choice).await
    }

    /// What another term of an offer costs the owner of what a line has bought.
    pub(crate) async fn price_term(
        &self,
        tx: &mut Tx,
        bought: &Line,
        (offer, owned): (&Offer, Owned),
        choice: &Choice,
    ) -> Result<StoredQuote> {
        let policy = self.policies.current().await?;
        let now = self.app.clock.now();
        let zone: TimeZone = policy.zone();
        let renewal = pricing::renewal(&offer.plan, choice, (owned.began, owned.until), &zone)?;
        let content = content_at(offer, (choice, renewal.quote), &policy)?;
        let customer = self.still_resold_to(tx, bought).await?;
        let content = self.lowered(tx, bought.account, (offer, content), (&[], customer)).await?;
        let renews = Some(Renews { instance: owned.instance, term: renewal.term });
        let no_reason_hours = if policy.renewals.returned_when_begun { content.terms.no_reason_hours } else { 0 };
        let Owned { grace_days, frozen_days, .. } = owned;
        let terms =
            rules::Terms { no_reason_hours, grace_days, frozen_days, accept_days: None, ..content.terms.clone() };
        Ok(StoredQuote {
            id: QuoteId::new(now),
            account: bought.account,
            seller: bought.seller,
            product: bought.product,
            revision: offer.revision,
            sku: offer.sku,
            content: Content { renews, terms, ..content.said_before(&bought.content) },
            created_at: now,
            expires_at: now.plus_seconds(i64::from(policy.orders.quote_minutes) * 60),
        })
    }

    /// What another term like the one that is bought would cost a buyer now; none: it does not end, or the buyer may not pay.
    pub(crate) async fn price_again(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (quote, customer): (&StoredQuote, Option<AccountId>),
    ) -> Result<Option<Money>> {
        if buyer.may(Permission::Pay).is_err() {
            return Ok(None);
        }
        let offer = self.catalogue.offer_to(tx, buyer, quote.sku).await?;
        self.next_price(tx, buyer.account(), (&offer, &quote.content.choice, customer)).await
    }

    /// The price of a list for another term, less what is not used up: a coupon counts once.
    async fn next_price(
        &self,
        tx: &mut Tx,
        buyer: AccountId,
        (offer, choice, customer): (&Offer, &Choice, Option<AccountId>),
    ) -> Result<Option<Money>> {
        let policy = self.policies.current().await?;
        let now = self.app.clock.now();
        let priced = match pricing::renewal(&offer.plan, choice, (now, now), &policy.zone()) {
            Ok(renewal) if renewal.quote.total.is_positive() => renewal.quote,
            Ok(_) | Err(PricingRefused::NothingToRenew) => return Ok(None),
            Err(other) => return Err(other.into()),
        };
        let content = content_at(offer, (choice, priced), &policy)?;
        let content = self.lowered(tx, buyer, (offer, content), (&[], customer)).await?;
        Ok(Some(content.quote.total))
    }

    /// A buyer agrees to automatic renewals with the order, for what another term costs now or more.
    pub(crate) async fn agree_to_renewals(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        bought: (&Offer, &Choice, Option<AccountId>),
        max: Money,
    ) -> Result<GoesOn> {
        buyer.may(Permission::Pay)?;
        let price = self.next_price(tx, buyer.account(), bought).await?.ok_or(OrderRefused::NothingToRenew)?;
        if price.currency() != max.currency() || price.minor() > max.minor() {
            return Err(OrderRefused::BelowRenewal { price, max }.into());
        }
        Ok(GoesOn { price_max: max, agreed_at: self.app.clock.now(), agreed_by: buyer.user() })
    }

    /// The customer that a reseller bought for, while it is authorised to.
    pub(crate) async fn still_resold_to(&self, tx: &mut Tx, bought: &Line) -> Result<Option<AccountId>> {
        let mut bought = bought.clone();
        // A change that came to nothing had nothing taken off; whom it was bought for stands in the line before it.
        while let (None, Some(changes)) = (&bought.content.resale, &bought.content.changes) {
            bought = self.line(tx, changes.before).await?;
        }
        let Some(customer) = bought.content.resale.as_ref().and_then(|used| used.customer) else { return Ok(None) };
        let customers = self.offers.resale_customers(tx, bought.account, (bought.seller, bought.product)).await?;
        Ok(customers.iter().any(|(known, _)| *known == customer).then_some(customer))
    }

    /// What an account's wallet says to a price, for other capabilities, which have checked who asks.
    pub async fn cover_of(&self, tx: &mut Tx, account: AccountId, price: Money) -> Result<Cover> {
        Ok(rules::cover(&self.payments.wallets_of(tx, account).await?, price)?)
    }

    /// Accepts the price of a renewal, pays it from the wallet and completes its order. The caller, which has checked who
    /// asks, moves the end of the instance in the same transaction.
    pub async fn buy_renewal(&self, tx: &mut Tx, quote: &StoredQuote) -> Result<(Order, Line)> {
        let now = self.app.clock.now();
        if quote.content.renews.is_none() {
            return Err(OrderRefused::NothingToRenew.into());
        }
        store::insert_quote(tx, quote).await?;
        let number = rules::order_number(now, &self.policies.current().await?.zone(), rand::random());
        let placed = quote.accept(number, now)?;
        let State::Placed { due_at } = placed.state else { return Err(Error::fault("a new order is placed")) };
        let order = placed.pay(now)?.complete(now)?;
        let line = Line {
            id: OrderLineId::new(now),
            order: order.id,
            account: order.account,
            seller: order.seller,
            position: 1,
            product: quote.product,
            sku: quote.sku,
            amount: order.total,
            state: LineState::Delivered,
            content: quote.content.clone(),
        };
        store::insert(tx, &order, due_at).await?;
        store::insert_line(tx, &line, quote.id).await?;
        self.payments.charge_renewal(tx, order.account, order.id, (line.id, line.amount)).await?;
        Ok((order, line))
    }

    /// What a line became and what had ended goes on: it counts against limits again.
    pub async fn resource_goes_on(&self, tx: &mut Tx, line: OrderLineId) -> Result<()> {
        store::limits::resume_resource(tx, line).await
    }
}
