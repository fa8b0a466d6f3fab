//! Another specification from the next term on: its seller's system is asked, it is paid with the renewal, and it begins when
//! the new term does.

use std::{collections::BTreeMap, sync::Arc};

use accounts::{Buyer, Permission};
use catalogue::Offer;
use delivery::{ChangeCheck, Target};
use instances::{AfterTerm, Instance, InstanceRefused, State};
use kernel::{
    Error, Event, Result, Timestamp,
    id::{InstanceId, OrderLineId},
    time::Period,
};
use orders::{Cover, Line, OrderRefused, Owned, StoredQuote};
use platform::{Tx, jobs};
use pricing::{Choice, PeriodUnit};
use serde_json::json;

use super::{Read, Wanted, numbers};
use crate::{
    Changes,
    rules::{self, Change, ChangeProgress, ChangeRefused},
    store,
};

/// What somebody wants something to be in its next term, and for how long; what is not said stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) wanted: Wanted,
    pub(crate) periods: Option<u32>,
    pub(crate) unit: Option<PeriodUnit>,
}

/// A renewal with another specification before it is paid.
pub(crate) struct Preview {
    pub(crate) quote: StoredQuote,
    pub(crate) term: Period,
    pub(crate) cover: Cover,
    target: Target,
    /// What its seller's system says to just that.
    pub(crate) check: Option<ChangeCheck>,
    /// Until when it counts that it was agreed to.
    pub(crate) good_until: Option<Timestamp>,
}

impl Read {
    /// The length of its last term.
    pub(crate) fn last_length(&self) -> Option<(PeriodUnit, u32)> {
        let content = &self.credited.content;
        Some((content.choice.period_unit.or(content.quote.unit)?, content.choice.periods))
    }

    fn next_choice(&self, wish: &Wish, quantities: BTreeMap<String, u64>) -> Choice {
        let (last, length) = (&self.credited.content.choice, self.last_length());
        // Twelve months are not twelve years: another unit begins at one.
        let other = wish.unit.is_some_and(|unit| length.is_none_or(|(present, _)| present != unit));
        Choice {
            quantities,
            periods: wish.periods.unwrap_or(if other { 1 } else { last.periods }),
            period_unit: wish.unit.or(length.map(|(unit, _)| unit)),
            currency: last.currency,
        }
    }
}

impl Changes {
    /// What keeps something from being renewed with another specification now, whatever it would become.
    pub(crate) async fn may_renew_into(&self, read: &Read) -> Result<std::result::Result<Timestamp, ChangeRefused>> {
        let days = self.policies.current().await?.changes.renewal_days;
        Ok(rules::may_renew_into(&read.instance, read.standing, days, self.app.clock.now()))
    }

    /// What something could be renewed as: itself in other numbers, and the other editions that its seller allows.
    pub(crate) async fn targets_ahead(&self, tx: &mut Tx, buyer: &Buyer, read: &Read) -> Result<Vec<Arc<Offer>>> {
        buyer.may(Permission::View)?;
        self.may_renew_into(read).await??;
        self.deliveries.can_ask(tx, &read.instance, None).await??;
        self.offers(tx, buyer, read).await
    }

    /// What another term with another specification would cost now. Nothing is kept.
    pub(crate) async fn preview_ahead(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (id, wish): (InstanceId, &Wish),
    ) -> Result<Preview> {
        buyer.may(Permission::View)?;
        let read = self.read(tx, buyer.account(), id).await?;
        self.preview_ahead_of(tx, buyer, (&read, wish)).await
    }

    pub(crate) async fn preview_ahead_of(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (read, wish): (&Read, &Wish),
    ) -> Result<Preview> {
        let instance = &read.instance;
        let until = self.may_renew_into(read).await??;
        self.deliveries.can_ask(tx, instance, None).await??;
        let sku = wish.wanted.sku.unwrap_or(instance.sku);
        let offer = self.orders.offer_to_change_to(tx, buyer, &read.specified, sku).await?;
        rules::is_a_target(instance, &offer)?;
        let quantities = numbers(&offer, instance, &wish.wanted)?;
        rules::may_be_renewed_as(instance, (sku, &quantities), read.allowed)?;
        let (began, AfterTerm { grace_days, frozen_days }) = (instance.activated_at, instance.after);
        let owned = Owned { instance: instance.id, began, until, grace_days, frozen_days };
        let choice = read.next_choice(wish, quantities);
        let specified = (&read.specified, &instance.quantities, owned);
        let quote = self.orders.price_renewal_change(tx, specified, (&offer, &choice)).await?;
        let term = quote.content.renews.ok_or(OrderRefused::NothingToRenew)?.term;
        if term.until <= self.app.clock.now() {
            return Err(InstanceRefused::TooShort(term.until).into());
        }
        let content = &quote.content;
        rules::is_renewed_into_by(content.choice.period_unit.or(content.quote.unit))?;
        self.orders.has_room_for(tx, &quote).await?;
        let target = Target {
            product: quote.product,
            sku,
            sku_code: content.sku_code.clone(),
            title: content.title.clone(),
            attributes: content.attributes.clone(),
            quantities: content.choice.quantities.clone(),
            before: read.specified.id,
        };
        self.deliveries.can_ask(tx, instance, Some(&target)).await??;
        let check = self.deliveries.change_check(tx, instance, &target).await?;
        let rules = self.policies.current().await?.changes;
        let good_until = check.as_ref().and_then(|check| check.good_until(rules));
        let cover = self.orders.cover_of(tx, instance.account, content.quote.total).await?;
        Ok(Preview { quote, term, cover, target, check, good_until })
    }

    /// Asks its seller's system whether something could become that, unless it is being asked or has agreed already.
    pub(crate) async fn ask_ahead(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (id, wish): (InstanceId, &Wish),
    ) -> Result<Preview> {
        buyer.may(Permission::Buy)?;
        let preview = self.preview_ahead(tx, buyer, (id, wish)).await?;
        let instance = self.instances.find_for(tx, buyer.account(), id).await?;
        let check = self.deliveries.ask_change(tx, &instance, preview.target.clone()).await?;
        let good_until = check.good_until(self.policies.current().await?.changes);
        Ok(Preview { check: Some(check), good_until, ..preview })
    }

    /// Pays a renewal with another specification as it was seen and agreed to. It becomes that when the new term begins: at
    /// once, if the present one is over.
    pub(crate) async fn change_ahead(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (id, wish): (InstanceId, &Wish),
        seen: &str,
    ) -> Result<Change> {
        buyer.may(Permission::Buy)?;
        buyer.may(Permission::Pay)?;
        let read = self.read(tx, buyer.account(), id).await?;
        if !buyer.is_verified() {
            return Err(OrderRefused::Unverified.into());
        }
        let Preview { quote, term, check, .. } = self.preview_ahead_of(tx, buyer, (&read, wish)).await?;
        let check = rules::agreed(check.as_ref())?;
        if quote.content.seen() != seen {
            return Err(OrderRefused::OfferChanged.into());
        }
        let (instance, order, line) = self.renewals.renew_into(tx, read.instance, &quote).await?;
        self.deliveries.spend_check(tx, check, line.id).await?;
        let instance = self.instances.begin_change(tx, instance, line.id).await?;
        let change = Change {
            line: line.id,
            instance: id,
            account: line.account,
            seller: line.seller,
            order: order.id,
            state: ChangeProgress::Ahead,
            asked_at: quote.created_at,
            ended_at: None,
            starts_at: Some(term.from),
        };
        store::insert(tx, &change).await?;
        let detail = json!({ "order": order.id, "amount": order.total, "from": term.from });
        self.accounts.audit(tx, buyer, "instance.renewal_change", &id.to_string(), &detail).await?;
        self.tell_ahead(tx, &change, (&order, &line)).await?;
        let now = self.app.clock.now();
        if now < term.from {
            jobs::schedule(tx, now, term.from, &Event::ChangeDue { line: line.id }).await?;
            return Ok(change);
        }
        self.start(tx, change, (instance, line)).await
    }

    /// The new term has begun: its seller's system learns of it.
    async fn start(&self, tx: &mut Tx, change: Change, (instance, line): (Instance, Line)) -> Result<Change> {
        store::begin(tx, &change).await?;
        let running = Change { state: ChangeProgress::Running, ..change };
        if self.deliveries.carry_out_change(tx, &instance, &line).await? {
            return Ok(running);
        }
        self.carry_out(tx, running, (instance, line)).await
    }

    /// The term of a renewal with another specification begins, as it was when the timer was set.
    pub async fn on_change_due(&self, tx: &mut Tx, line: OrderLineId) -> Result<()> {
        let now = self.app.clock.now();
        let found = store::find(tx, line).await?.filter(|change| change.state == ChangeProgress::Ahead);
        let Some(change) = found.filter(|change| change.starts_at.is_some_and(|starts| starts <= now)) else {
            return Ok(());
        };
        let instance = self.instances.hold(tx, change.instance).await?;
        match instance.state {
            State::Pending { .. } | State::Active | State::Grace { .. } | State::Expired { .. } => {}
            // Its price goes back as soon as the release is told.
            State::Released { .. } => return Ok(()),
        }
        let line = self.orders.line(tx, line).await?;
        self.start(tx, change, (instance, line)).await.map(drop)
    }

    /// Whether a line has paid for a specification that begins with a term which has not begun.
    pub async fn is_ahead(&self, tx: &mut Tx, line: OrderLineId) -> Result<bool> {
        Ok(store::find(tx, line).await?.is_some_and(|change| change.state == ChangeProgress::Ahead))
    }

    /// A renewal with another specification is given back before its term begins: nothing comes of the specification. The caller
    /// has decided that it may, and gives back the term and the money.
    pub async fn withdraw(&self, tx: &mut Tx, instance: Instance) -> Result<Instance> {
        let Some(line) = instance.changing else { return Ok(instance) };
        let change = store::find(tx, line).await?.filter(|change| change.state == ChangeProgress::Ahead);
        let change = change.ok_or(Error::Busy)?;
        store::end(tx, &change, ChangeProgress::Withdrawn, self.app.clock.now()).await?;
        self.instances.drop_change(tx, instance).await
    }
}
