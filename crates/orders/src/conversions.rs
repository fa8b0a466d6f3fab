//! Buying what is being tried: the same choice at its price, paid at once, for what is there already.

use accounts::{Buyer, Permission};
use catalogue::{SaleTerm, sale_terms};
use kernel::{Currency, Error, Result, id::InstanceId};
use platform::Tx;
use pricing::{Choice, PeriodUnit};

use crate::{
    Orders,
    actions::obstacle,
    rules::{Content, Cover, Line, LineState, Obstacle, Order, OrderRefused, StoredQuote, Wish},
    store,
};

/// What was tried, before it is bought: what that costs, for which terms it can be bought, what the wallet says.
pub struct Converting {
    pub quote: StoredQuote,
    pub terms: Vec<SaleTerm>,
    /// In which it can be paid.
    pub currencies: Vec<Currency>,
    pub cover: Cover,
    pub obstacle: Option<Obstacle>,
}

/// How what was tried is bought: what is not said is the shortest term that is sold, and the currency of the trial.
#[derive(Clone, Copy, Debug, Default)]
pub struct Length {
    pub periods: Option<u32>,
    pub unit: Option<PeriodUnit>,
    pub currency: Option<Currency>,
}

impl Orders {
    /// What it costs now to go on with what a line has given to be tried; without a length, the shortest. Nothing is kept.
    pub async fn price_conversion(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (tried, instance): (&Line, InstanceId),
        length: Length,
    ) -> Result<Converting> {
        buyer.may(Permission::View)?;
        let offer = self.catalogue.offer_to(tx, buyer, tried.sku).await.map_err(|error| match error {
            Error::NotFound(_) => OrderRefused::NoLongerSold.into(),
            Error::Refused(_) | Error::Busy | Error::Fault(_) => error,
        })?;
        let terms = sale_terms(&offer.plan);
        let first = terms.first().copied();
        let choice = Choice {
            quantities: tried.content.choice.quantities.clone(),
            periods: length.periods.or(first.map(|term| term.count)).unwrap_or(1),
            period_unit: length.unit.or(first.map(|term| term.unit)),
            currency: length.currency.or(tried.content.choice.currency),
        };
        let quote = self.price(tx, buyer, tried.sku, &Wish::of(choice)).await?;
        // What was tried has a term to go on with; since then it may have become something that is paid as it is used.
        if quote.content.by_use.is_some() || quote.content.package.is_some() {
            return Err(OrderRefused::NoLongerSold.into());
        }
        let quote = StoredQuote {
            content: Content { converts: Some(instance), ..quote.content.said_before(&tried.content) },
            ..quote
        };
        let cover = self.cover(tx, buyer, quote.content.quote.total).await?;
        let currencies = offer.plan.currencies().collect();
        Ok(Converting { obstacle: obstacle(buyer, quote.seller), cover, terms, currencies, quote })
    }

    /// Accepts that price, pays it from the wallet and completes the order. The caller moves what was tried onto its line in the
    /// same transaction.
    pub async fn buy_conversion(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        tried: &Line,
        quote: &StoredQuote,
    ) -> Result<(Order, Line)> {
        buyer.may(Permission::Pay)?;
        let now = self.app.clock.now();
        if quote.content.converts.is_none() {
            return Err(Error::fault("a conversion names what it converts"));
        }
        store::insert_quote(tx, quote).await?;
        // What was tried does not count beside what is bought of it.
        store::limits::end_resource(tx, tried.id, now).await?;
        let (order, line, due_at, rules) = self.accept(tx, buyer, quote.id).await?;
        let order = order.pay(now)?.complete(now)?;
        let line = Line { state: LineState::Delivered, ..line };
        store::insert(tx, &order, due_at).await?;
        store::insert_line(tx, &line, quote.id).await?;
        self.take_piece(tx, &line, &rules).await?;
        self.payments.charge(tx, order.account, order.id, &[(line.id, line.amount)]).await?;
        self.catalogue.on_sold(tx, &[(line.id, line.product)]).await?;
        self.on_paid(tx, order.id).await?;
        Ok((order, line))
    }
}
