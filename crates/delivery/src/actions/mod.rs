//! Opening deliveries, trying them, and saying what came of it.

mod acceptance;
pub(crate) mod access;
mod changes;
mod checks;
mod codes;
mod comparing;
pub(crate) mod conversions;
pub(crate) mod errands;
mod renewals;
mod sales;
pub(crate) mod tasks;
mod telling;

use accounts::{Accounts, Buyer, Operator, Permission, StaffPermission};
use instances::{AfterTerm, EndCause, Instances, NewInstance, Term};
use kernel::{
    Error, Event, Localized, Page, Result, Thing,
    id::{DeliveryId, InstanceId, OrderId},
    page::PageOf,
};
use licensing::Licensing;
use messages::{Messages, Topic};
use orders::{Content, Line, LineState, Order, OrderKind, Orders};
use platform::{App, Tx, jobs};
use policy::{AccessType, Policies, Scenario};
use pricing::{Length, Quote};
use production::{Production, Trouble};

use crate::{
    Deliveries, Faults, Parts,
    rules::{AfterFailure, Delivery, Outcome, State, errand::ErrandKind},
    store,
};

/// What a try came to.
enum Attempt {
    Delivered(InstanceId),
    /// The seller's system is asked; what it answers decides.
    Asked,
    Failed(String),
}

impl Deliveries {
    pub fn new(
        app: App,
        (policies, accounts, messages): (Policies, Accounts, Messages),
        (orders, production): (Orders, Production),
        (instances, licensing): (Instances, Licensing),
    ) -> Self {
        Self::of(Parts { app, policies, accounts, messages, orders, production, instances, licensing, faults: None })
    }

    /// The same, with tries that fail when `faults` says so.
    #[must_use]
    pub fn with_faults(self, faults: Faults) -> Self {
        Self::of(Parts { faults: Some(faults), ..Parts::clone(&self) })
    }

    /// A paid order: each line gets its delivery, and is told to a seller who wants to know of orders.
    pub async fn on_order_paid(&self, tx: &mut Tx, order: OrderId) -> Result<()> {
        let now = self.app.clock.now();
        for line in self.orders.lines(tx, order).await? {
            // What a later instalment pays for was delivered with the first.
            if !line.content.is_delivered() && line.state == LineState::Paid {
                self.orders.line_delivered(tx, &line).await?;
            }
        }
        for delivery in self.open(tx, order).await? {
            if self.production.takes(tx, delivery.seller, Scenario::Notify).await? {
                self.open_errand(tx, &delivery, (ErrandKind::Notify, None, EndCause::Expiry)).await?;
            }
            jobs::publish(tx, now, &Event::DeliveryDue { delivery: delivery.id }).await?;
        }
        Ok(())
    }

    /// Opens the deliveries that an order does not have yet.
    async fn open(&self, tx: &mut Tx, order: OrderId) -> Result<Vec<Delivery>> {
        let now = self.app.clock.now();
        let mut opened = Vec::new();
        for line in self.orders.lines(tx, order).await? {
            if !line.content.is_delivered() {
                continue;
            }
            let delivery = Delivery {
                id: DeliveryId::new(now),
                line: line.id,
                order,
                account: line.account,
                seller: line.seller,
                access_type: line.content.access_type,
                tries: 0,
                opened_at: now,
                outcome: Outcome::Due { last_error: None },
            };
            if store::open(tx, &delivery).await? {
                opened.push(delivery);
            }
        }
        Ok(opened)
    }

    /// The job that opens an order's deliveries was given up: the buyer gets the money back instead of waiting for ever.
    pub async fn on_opening_given_up(&self, tx: &mut Tx, order: OrderId, reason: &str) -> Result<bool> {
        let opened = self.open(tx, order).await?;
        let any = !opened.is_empty();
        for delivery in opened {
            self.end(tx, delivery, reason).await?;
        }
        Ok(any)
    }

    /// The job that tries a delivery was given up. False: the delivery is not due any more.
    pub async fn on_try_given_up(&self, tx: &mut Tx, id: DeliveryId, reason: &str) -> Result<bool> {
        match store::find(tx, id).await?.filter(|delivery| delivery.outcome.state() == State::Due) {
            Some(delivery) => self.end(tx, delivery, reason).await.map(|()| true),
            None => Ok(false),
        }
    }

    async fn end(&self, tx: &mut Tx, delivery: Delivery, reason: &str) -> Result<()> {
        let now = self.app.clock.now();
        let ended = delivery.given_up(reason.to_owned(), now);
        store::save(tx, &ended).await?;
        jobs::publish(tx, now, &Event::DeliveryFailed { delivery: ended.id }).await
    }

    /// Tries a delivery that is still due.
    pub async fn on_delivery_due(&self, tx: &mut Tx, id: DeliveryId) -> Result<()> {
        let Some(delivery) = store::find(tx, id).await? else { return Ok(()) };
        if delivery.outcome.state() != State::Due {
            return Ok(());
        }
        let now = self.app.clock.now();
        let line = self.orders.line(tx, delivery.line).await?;
        match self.attempt(tx, &delivery, &line).await? {
            Attempt::Asked => Ok(()),
            Attempt::Delivered(instance) => {
                store::save(tx, &delivery.delivered(instance, now)).await?;
                self.orders.line_delivered(tx, &line).await?;
                jobs::publish(tx, now, &Event::Delivered { delivery: id }).await
            }
            Attempt::Failed(reason) => {
                let policy = self.policies.current().await?;
                match delivery.failed_try(reason, &policy.delivery.retry_minutes, now) {
                    AfterFailure::TryAgain { delivery, at } => {
                        store::save(tx, &delivery).await?;
                        jobs::schedule(tx, now, at, &Event::DeliveryDue { delivery: id }).await
                    }
                    AfterFailure::GiveUp { delivery } => {
                        store::save(tx, &delivery).await?;
                        jobs::publish(tx, now, &Event::DeliveryFailed { delivery: id }).await
                    }
                }
            }
        }
    }

    async fn attempt(&self, tx: &mut Tx, delivery: &Delivery, line: &Line) -> Result<Attempt> {
        if let Some(reason) = self.faults.as_ref().and_then(|faults| faults(delivery.id, delivery.tries)) {
            return Ok(Attempt::Failed(reason));
        }
        match delivery.access_type {
            AccessType::License => self.deliver_licence(tx, line).await.map(Attempt::Delivered),
            AccessType::Saas => self.begin(tx, delivery).await.map(|()| Attempt::Asked),
            // Orders of these are refused; one that came through all the same is given up and paid back.
            AccessType::Image
            | AccessType::Api
            | AccessType::Agent
            | AccessType::Service
            | AccessType::Hardware
            | AccessType::Container
            | AccessType::AiAsset
            | AccessType::Dataset
            | AccessType::Bundle => {
                Ok(Attempt::Failed(format!("this site cannot deliver the type {} yet", delivery.access_type)))
            }
        }
    }

    /// A licence is delivered by ourselves: the instance becomes active and its code exists.
    async fn deliver_licence(&self, tx: &mut Tx, line: &Line) -> Result<InstanceId> {
        let id = self.give(tx, line).await?;
        let instance = self.instances.find(tx, id).await?;
        self.licensing.issue(tx, &instance).await?;
        Ok(id)
    }

    /// The buyer owns what a line has paid for, from now on.
    async fn give(&self, tx: &mut Tx, line: &Line) -> Result<InstanceId> {
        let content = &line.content;
        let kind = self.orders.find(tx, line.order).await?.kind;
        let new = NewInstance {
            account: line.account,
            seller: line.seller,
            order: line.order,
            line: line.id,
            product: line.product,
            sku: line.sku,
            sku_code: content.sku_code.clone(),
            title: content.title.clone(),
            attributes: content.attributes.clone(),
            access_type: content.access_type,
            quantities: content.choice.quantities.clone(),
            term: term(&content.quote),
            after: after(content),
            accept_days: content.accept_days(),
            is_trial: kind == OrderKind::Trial,
        };
        self.instances.activate(tx, new).await
    }

    pub async fn find(&self, tx: &mut Tx, id: DeliveryId) -> Result<Delivery> {
        store::find(tx, id).await?.ok_or(Error::NotFound(Thing::Delivery))
    }

    /// The buyer learns that it can be used.
    pub async fn on_delivered(&self, tx: &mut Tx, id: DeliveryId) -> Result<()> {
        let delivery = self.find(tx, id).await?;
        let line = self.orders.line(tx, delivery.line).await?;
        if line.content.accept_days().is_some() {
            // Both were told when it was accepted.
            return Ok(());
        }
        let bought = &line.content.title;
        let title = Localized::new(format!("Ready to use: {}", bought.en), format!("可以使用了：{}", bought.zh));
        let text = match delivery.access_type {
            AccessType::Saas => Localized::new(
                "It is open at the seller. How to get in stands under what you own.",
                "商家已开通，访问方式请在“已购资源”中查看。",
            ),
            AccessType::License
            | AccessType::Image
            | AccessType::Api
            | AccessType::Agent
            | AccessType::Service
            | AccessType::Hardware
            | AccessType::Container
            | AccessType::AiAsset
            | AccessType::Dataset
            | AccessType::Bundle => Localized::new(
                "Your authorisation code is waiting under what you own. Enter it in the software to activate it.",
                "授权码已生成，请在“已购资源”中查看，并在软件中输入以激活。",
            ),
        };
        self.messages.tell(tx, delivery.account, Topic::Delivery, title, text).await
    }

    /// Buyer and seller learn that delivery was given up; the refund follows.
    pub async fn on_delivery_failed(&self, tx: &mut Tx, id: DeliveryId) -> Result<()> {
        let delivery = self.find(tx, id).await?;
        let line = self.orders.line(tx, delivery.line).await?;
        let bought = &line.content.title;
        let title = Localized::new(format!("Not delivered: {}", bought.en), format!("交付失败：{}", bought.zh));
        let (en, zh) = match self.orders.find(tx, delivery.order).await?.kind {
            OrderKind::New
            | OrderKind::Conversion
            | OrderKind::Renewal
            | OrderKind::Change
            | OrderKind::RenewalChange => (
                "It could not be delivered in the time that the site allows. The full price goes back to the wallet.",
                "未能在规定时间内完成交付，款项将全额退回钱包。",
            ),
            OrderKind::Trial => (
                "It could not be opened in the time that the site allows. The trial is not used up and can be started again.",
                "未能在规定时间内开通，本次不计入试用次数，可重新开始试用。",
            ),
        };
        let text = |why: Option<Localized>| {
            let why = why.unwrap_or_default();
            Localized::new(format!("{} {en}", why.en).trim(), format!("{}{zh}", why.zh))
        };
        let trouble = delivery.outcome.trouble();
        let (for_buyer, for_seller) =
            (trouble.as_ref().map(Trouble::for_buyer), trouble.as_ref().map(Trouble::for_seller));
        self.messages.tell(tx, delivery.account, Topic::Delivery, title.clone(), text(for_buyer)).await?;
        self.messages.tell(tx, delivery.seller, Topic::Delivery, title, text(for_seller)).await
    }

    pub async fn of_order(&self, tx: &mut Tx, buyer: &Buyer, order: OrderId) -> Result<Vec<Delivery>> {
        buyer.may(Permission::View)?;
        store::of_order_for(tx, buyer.account(), order).await
    }

    /// The deliveries of any account's order.
    pub(crate) async fn of_any_order(&self, tx: &mut Tx, operator: &Operator, order: &Order) -> Result<Vec<Delivery>> {
        operator.may_staff(StaffPermission::View)?;
        store::of_order_for(tx, order.account, order.id).await
    }

    pub async fn list(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        state: Option<State>,
        page: PageOf,
    ) -> Result<Page<Delivery>> {
        operator.may_staff(StaffPermission::View)?;
        store::list(tx, state, page).await
    }
}

pub(crate) use acceptance::Accepting;

/// What follows the end of what was bought, by the terms of its purchase.
fn after(bought: &Content) -> AfterTerm {
    AfterTerm { grace_days: bought.terms.grace_days, frozen_days: bought.terms.frozen_days }
}

/// How long a quote pays for.
fn term(quote: &Quote) -> Term {
    match quote.length() {
        None => Term::Unlimited,
        Some(Length::Days(days)) => Term::Days(days),
        Some(Length::Months(months)) => Term::Months(months),
    }
}
