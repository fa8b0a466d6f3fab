//! Orders of another specification of something that is owned: priced for the rest of its term, or for another one, paid at once,
//! completed when it is carried out.
//!
//! A change takes nothing from stock, and counts against limits in the place of what it changes.

use std::{collections::BTreeMap, sync::Arc};

use accounts::Buyer;
use catalogue::Offer;
use jiff::tz::TimeZone;
use kernel::{
    Error, Localized, Money, Result, Thing, Timestamp,
    id::{InstanceId, OrderLineId, QuoteId, SkuId},
    time::Period,
};
use platform::Tx;
use pricing::{ChangeRule, Choice, Held, LineKind, PricingRefused, Quote, QuoteLine};

use crate::{
    Orders,
    actions::content_for,
    renewals::Owned,
    rules::{self, Changes, Content, Line, LineState, Order, OrderRefused, State, StoredQuote, Terms},
    store,
};

/// Something that is owned, as far as a change of it needs it.
#[derive(Clone, Debug)]
pub struct Changing {
    pub instance: InstanceId,
    /// The line that has given it its present specification.
    pub specified: Line,
    /// The line whose price is that of its present term: that one, or a renewal since.
    pub credited: Line,
    pub term: Period,
}

impl Changing {
    /// The present specification for the present term, as it was paid.
    fn choice(&self) -> Choice {
        choice_of(&self.credited)
    }
}

/// What a line has bought, with the period that it was priced by.
fn choice_of(line: &Line) -> Choice {
    let choice = &line.content.choice;
    Choice { period_unit: choice.period_unit.or(line.content.quote.unit), ..choice.clone() }
}

impl Orders {
    /// The offer under which what is owned was bought.
    pub async fn offer_of(&self, tx: &mut Tx, line: &Line) -> Result<Arc<Offer>> {
        let revision = store::revision_of(tx, line.id).await?.ok_or(Error::NotFound(Thing::OrderLine))?;
        self.catalogue.offer_as_bought(tx, line.sku, revision).await
    }

    /// What it may become: the same under today's offer, or another one that is sold to the buyer.
    pub async fn offer_to_change_to(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        bought: &Line,
        sku: SkuId,
    ) -> Result<Arc<Offer>> {
        if sku != bought.sku {
            return self.catalogue.offer_to(tx, buyer, sku).await;
        }
        let revision = store::revision_of(tx, bought.id).await?.ok_or(Error::NotFound(Thing::OrderLine))?;
        self.catalogue.offer_to_owner(tx, sku, revision).await
    }

    /// What another specification costs the owner for the rest of the term. Nothing is kept.
    pub async fn price_change(
        &self,
        tx: &mut Tx,
        changing: &Changing,
        (offer, quantities): (&Offer, BTreeMap<String, u64>),
    ) -> Result<StoredQuote> {
        let (specified, credited) = (&changing.specified, &changing.credited);
        let policy = self.policies.current().await?;
        let (now, zone) = (self.app.clock.now(), policy.zone());
        let rule =
            if policy.changes.expansion_at_range_reached { ChangeRule::RangeReached } else { ChangeRule::Difference };
        let old = self.offer_of(tx, credited).await?;
        let (before, paid_before) = (changing.choice(), credited.content.paid_for_term()?);
        let choice = Choice { quantities, ..before.clone() };
        let held = Held { plan: &old.plan, choice: &before, paid: paid_before, term: changing.term };
        let quote = pricing::change(held, (&offer.plan, &choice), rule, (now, &zone))?;
        let content = content_for(offer, (&choice, quote), &policy)?;
        let customer = self.still_resold_to(tx, specified).await?;
        let list = (content.quote.clone(), &content.choice);
        let priced = self.offers.lower_change(tx, specified.account, offer, list, customer).await?;
        let content = self.priced(offer, content, priced).await?;
        let paid_after = pricing::paid_after_change(paid_before, &content.quote, (changing.term, now), &zone)?;
        let amounts = self.catalogue.amounts(tx, specified.product, &before.quantities).await?;
        let changes = Changes {
            instance: changing.instance,
            before: specified.id,
            credited: credited.id,
            title: with_amounts(&specified.content.title, &amounts),
            quantities: before.quantities.clone(),
            term: changing.term,
            paid_before,
            paid_after,
            rule,
            time_zone: policy.site.zone.clone(),
        };
        // It goes back with what it changes, never alone.
        let bought = &specified.content.terms;
        let (grace_days, frozen_days) = (bought.grace_days, bought.frozen_days);
        let terms = Terms { no_reason_hours: 0, grace_days, frozen_days, accept_days: None, ..content.terms.clone() };
        Ok(StoredQuote {
            id: QuoteId::new(now),
            account: specified.account,
            seller: specified.seller,
            product: specified.product,
            revision: offer.revision,
            sku: offer.sku,
            content: Content { changes: Some(changes), terms, ..content.said_before(&specified.content) },
            created_at: now,
            expires_at: now.plus_seconds(i64::from(policy.orders.quote_minutes) * 60),
        })
    }

    /// What another specification costs the owner for another term, in place of what it is so far. Nothing is kept.
    pub async fn price_renewal_change(
        &self,
        tx: &mut Tx,
        (specified, quantities, owned): (&Line, &BTreeMap<String, u64>, Owned),
        (offer, choice): (&Offer, &Choice),
    ) -> Result<StoredQuote> {
        let quote = self.price_term(tx, specified, (offer, owned), choice).await?;
        let term = quote.content.renews.ok_or(OrderRefused::NothingToRenew)?.term;
        let paid_after = pricing::paid_for_term(&quote.content.quote)?;
        let amounts = self.catalogue.amounts(tx, specified.product, quantities).await?;
        let changes = Changes {
            instance: owned.instance,
            before: specified.id,
            credited: specified.id,
            title: with_amounts(&specified.content.title, &amounts),
            quantities: quantities.clone(),
            term,
            paid_before: Money::zero(paid_after.currency()),
            paid_after,
            rule: ChangeRule::Difference,
            time_zone: self.policies.current().await?.site.zone.clone(),
        };
        // When its term has begun, what it was before is gone.
        let terms = Terms { no_reason_hours: 0, ..quote.content.terms.clone() };
        Ok(StoredQuote { content: Content { changes: Some(changes), terms, ..quote.content }, ..quote })
    }

    /// Accepts the price of a change and pays it from the wallet. The caller, which has checked who asks, sees to it that the
    /// change is carried out, or that the money goes back.
    pub async fn buy_change(&self, tx: &mut Tx, quote: &StoredQuote) -> Result<(Order, Line)> {
        let now = self.app.clock.now();
        if quote.content.changes.is_none() {
            return Err(Error::fault("a change names what it changes"));
        }
        store::insert_quote(tx, quote).await?;
        let number = rules::order_number(now, &self.policies.current().await?.zone(), rand::random());
        let placed = quote.accept(number, now)?;
        let State::Placed { due_at } = placed.state else { return Err(Error::fault("a new order is placed")) };
        let order = placed.pay(now)?;
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
            content: quote.content.clone(),
        };
        let rules = self.catalogue.purchase_rules(tx, line.sku).await?;
        self.within_limit(tx, &line, &rules).await?;
        store::insert(tx, &order, due_at).await?;
        store::insert_line(tx, &line, quote.id).await?;
        let paid = (line.id, line.amount);
        match quote.content.renews {
            Some(_) => self.payments.charge_renewal(tx, order.account, order.id, paid).await?,
            None => self.payments.charge_change(tx, order.account, order.id, paid).await?,
        }
        Ok((order, line))
    }

    /// The price of a change computed again from what it was computed from, as it was before anything was taken off; none: it
    /// is no change.
    pub async fn change_again(
        &self,
        tx: &mut Tx,
        line: &Line,
        (at, zone): (Timestamp, &TimeZone),
    ) -> Result<Option<Quote>> {
        let Some(changes) = &line.content.changes else { return Ok(None) };
        if let Some(renews) = line.content.renews {
            let (new, term) = (self.offer_of(tx, line).await?, renews.term);
            let again = pricing::renewal(&new.plan, &line.content.choice, (term.from, term.from), zone)?;
            return Ok(Some(again.quote));
        }
        let credited = self.line(tx, changes.credited).await?;
        let (old, new) = (self.offer_of(tx, &credited).await?, self.offer_of(tx, line).await?);
        let before = choice_of(&credited);
        let held =
            Held { plan: &old.plan, choice: &before, paid: credited.content.paid_for_term()?, term: changes.term };
        let again = pricing::change(held, (&new.plan, &line.content.choice), changes.rule, (at, zone))?;
        Ok(Some(again))
    }
}

/// `Log search, 25 users`
pub fn with_amounts(title: &Localized, amounts: &[Localized]) -> Localized {
    let mut name = title.clone();
    for amount in amounts {
        name.en.push_str(", ");
        name.en.push_str(&amount.en);
        name.zh.push('，');
        name.zh.push_str(&amount.zh);
    }
    name
}

impl Content {
    /// What the whole term is paid with, as prices are stated.
    pub fn paid_for_term(&self) -> std::result::Result<Money, PricingRefused> {
        match &self.changes {
            Some(changes) => Ok(changes.paid_after),
            None => pricing::paid_for_term(&self.quote),
        }
    }

    /// Whether a price is that of such a quote before something was taken off and taxed.
    pub fn is_priced_like(&self, again: &Quote) -> bool {
        let own = self.quote.lines.get(..again.lines.len());
        own == Some(&again.lines) && self.quote.lines.iter().skip(again.lines.len()).all(is_afterwards)
    }
}

fn is_afterwards(line: &QuoteLine) -> bool {
    match line.kind {
        LineKind::Adjustment | LineKind::Tax => true,
        LineKind::Price | LineKind::SetUp | LineKind::Credit | LineKind::Instalment => false,
    }
}
