//! Whether there is room for one more: the limits for each account, and the stock.
//!
//! Purchases of a limited spec by one account come one after the other, and each counts what was paid before it and has not
//! ended; what nobody has paid does not count. A piece of stock is taken with the order and given back when that ends; an
//! account has one piece of a SKU at most that it has not paid.

use std::collections::BTreeSet;

use catalogue::{PurchaseRules, UnitLimit};
use kernel::{
    Money, Result,
    id::{AccountId, OrderId, OrderLineId},
};
use platform::Tx;
use policy::Policy;
use pricing::Overage;

use crate::{
    Orders,
    rules::{Content, Line, OrderRefused, StoredQuote},
    store,
};

impl Content {
    /// Whether what is used of it is charged later: that is credit until then.
    pub(crate) fn charges_use(&self) -> bool {
        let beyond = self.package.as_ref().is_some_and(|package| package.overage != Overage::Stop);
        self.by_use.is_some() || beyond
    }
}

impl Orders {
    /// Refuses a line that would be more than its account may hold.
    pub(crate) async fn within_limit(&self, tx: &mut Tx, line: &Line, rules: &PurchaseRules) -> Result<()> {
        if rules.limit.is_open() {
            return Ok(());
        }
        store::limits::take_turn(tx, line.account, rules.spec, self.app.clock.now()).await?;
        self.has_room(tx, line.account, &line.content, rules).await
    }

    /// The same for what is not bought yet: it may be refused all the same when it is.
    pub async fn has_room_for(&self, tx: &mut Tx, quote: &StoredQuote) -> Result<()> {
        let rules = self.catalogue.purchase_rules(tx, quote.sku).await?;
        if rules.limit.is_open() { Ok(()) } else { self.has_room(tx, quote.account, &quote.content, &rules).await }
    }

    async fn has_room(&self, tx: &mut Tx, account: AccountId, wanted: &Content, rules: &PurchaseRules) -> Result<()> {
        let changed = wanted.changes.as_ref().map(|changes| changes.before);
        let held = store::limits::held(tx, (account, rules.spec), changed).await?;
        if rules.limit.single_purchase && !held.is_empty() {
            return Err(OrderRefused::OnePurchase.into());
        }
        if let Some(UnitLimit { of, max }) = &rules.limit.units {
            let count = |content: &Content| match of {
                Some(code) => content.choice.quantities.get(code).copied().unwrap_or(0),
                None => 1,
            };
            let most = |together: &Vec<Content>| together.iter().map(count).max().unwrap_or(0);
            let held = held.iter().map(most).fold(0, u64::saturating_add);
            if held.saturating_add(count(wanted)) > *max {
                return Err(match of {
                    Some(_) => OrderRefused::TooMany { max: *max, held },
                    None => OrderRefused::TooManyPurchases { max: *max, held },
                }
                .into());
            }
        }
        Ok(())
    }

    /// Refuses a second piece of stock to an account that has not paid the first: what waits for its payment is kept from
    /// others, and costs nothing.
    pub(crate) async fn holds_no_piece(&self, tx: &mut Tx, line: &Line, rules: &PurchaseRules) -> Result<()> {
        if rules.stock.is_none() {
            return Ok(());
        }
        store::limits::take_turn(tx, line.account, rules.spec, self.app.clock.now()).await?;
        if store::limits::holds_unpaid_piece(tx, line.account, line.sku).await? {
            return Err(OrderRefused::UnpaidPiece.into());
        }
        Ok(())
    }

    /// Which of some lines are of what is paid as it is used, or of packages of use.
    pub async fn by_use_among(&self, tx: &mut Tx, lines: &BTreeSet<OrderLineId>) -> Result<BTreeSet<OrderLineId>> {
        store::limits::by_use_among(tx, lines).await
    }

    /// Refuses something that is paid by use, or beyond which use is charged, to an account with something unpaid, or with nothing
    /// to pay it with beside what its order comes to.
    pub(crate) async fn may_use(
        &self,
        tx: &mut Tx,
        account: AccountId,
        (content, total): (&Content, Money),
        policy: &Policy,
    ) -> Result<()> {
        if !content.charges_use() {
            return Ok(());
        }
        if self.payments.owes(tx, account).await? {
            return Err(OrderRefused::Owing.into());
        }
        if !policy.metering.needs_balance {
            return Ok(());
        }
        let smallest = Money::of(1, total.currency());
        if self.payments.covers(tx, account, total.plus(smallest)?).await? {
            Ok(())
        } else {
            Err(OrderRefused::EmptyWallet.into())
        }
    }

    /// Takes a piece of stock for a line that was just kept.
    pub(crate) async fn take_piece(&self, tx: &mut Tx, line: &Line, rules: &PurchaseRules) -> Result<()> {
        if self.catalogue.take_piece(tx, line.sku, rules).await? {
            store::limits::mark_from_stock(tx, line.id).await?;
        }
        Ok(())
    }

    /// Gives back what the lines of an order took from stock, each once.
    pub(crate) async fn give_back(&self, tx: &mut Tx, order: OrderId) -> Result<()> {
        for line in store::lines(tx, order).await? {
            self.give_back_line(tx, &line).await?;
        }
        Ok(())
    }

    pub(crate) async fn give_back_line(&self, tx: &mut Tx, line: &Line) -> Result<()> {
        if store::limits::clear_from_stock(tx, line.id).await? {
            self.catalogue.give_back(tx, line.sku).await?;
        }
        Ok(())
    }

    /// The resource that a line became has ended: its account may buy again.
    pub async fn on_resource_ended(&self, tx: &mut Tx, line: OrderLineId) -> Result<()> {
        store::limits::end_resource(tx, line, self.app.clock.now()).await
    }
}
