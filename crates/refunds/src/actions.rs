//! Previewing and paying refunds.

use accounts::{Accounts, Buyer, Operator, Permission, Seller, StaffPermission};
use changes::Changes;
use delivery::Deliveries;
use instances::{EndCause, Instance, Instances, State};
use kernel::{
    Error, Event, Invalid, Localized, Money, Page, Result, Thing, Timestamp,
    id::{DeliveryId, InstanceId, OrderLineId, RefundId},
    page::PageOf,
};
use ledger::Difference;
use licensing::Licensing;
use messages::{Messages, Topic};
use metering::Metering;
use orders::{Line, LineState, OrderKind, Orders};
use payments::Payments;
use platform::{App, Tx, jobs};
use policy::Policies;
use renewals::{Renewal, Renewals};
use reviews::Reviews;

use crate::{
    Parts, Refunds,
    rules::{self, Case, Cause, Preview, Refund, RefundRefused, Since},
    store,
};

/// What the buyer wants returned, read once for preview and execution.
struct Read {
    instance: Instance,
    line: Line,
    /// The lines of its changes, which go back with the whole of it.
    changes: Vec<Line>,
    case: Case,
    year: i32,
}

/// What has gone back for an instance.
pub struct Returned {
    pub purchase: Refund,
    /// For its changes of specification.
    pub changes: Vec<Refund>,
    pub total: Money,
}

impl Refunds {
    pub fn new(
        app: App,
        (policies, accounts, messages): (Policies, Accounts, Messages),
        (payments, orders): (Payments, Orders),
        ((instances, licensing), (deliveries, metering)): ((Instances, Licensing), (Deliveries, Metering)),
        (renewals, changes, reviews): (Renewals, Changes, Reviews),
    ) -> Self {
        Self::of(Parts {
            app,
            policies,
            accounts,
            messages,
            payments,
            orders,
            instances,
            licensing,
            deliveries,
            metering,
            renewals,
            changes,
            reviews,
        })
    }

    /// What returning an instance would do now.
    pub async fn preview(&self, tx: &mut Tx, buyer: &Buyer, instance: InstanceId) -> Result<Preview> {
        buyer.may(Permission::View)?;
        let read = self.read(tx, buyer, instance).await?;
        Ok(whole(&read, self.app.clock.now())?)
    }

    /// Returns an instance without a reason, or refuses to accept it: its code ends, its price and that of its changes go back to the
    /// wallet.
    pub async fn return_instance(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        instance: InstanceId,
        reason: &str,
    ) -> Result<Returned> {
        buyer.may(Permission::Buy)?;
        let now = self.app.clock.now();
        let read = self.read(tx, buyer, instance).await?;
        let preview = whole(&read, now)?;
        let Read { instance, line, changes, case: _, year } = read;
        // Whoever refuses says what is missing.
        let least = if preview.cause == Cause::NotAccepted { REFUSAL_MIN } else { 0 };
        let mut wrong = Invalid::default();
        wrong.length(reason.trim(), least, 1_000, "reason");
        wrong.done()?;
        if preview.cause == Cause::NotAccepted {
            self.deliveries.refuse(tx, &instance, reason.trim()).await?;
        }
        store::use_one(tx, buyer.account(), year, preview.allowed).await?;
        // What is reported from now on finds nothing to be covered by.
        self.metering.give_package_back(tx, instance.id).await?;
        let back = |line: &Line| Refund {
            instance: Some(instance.id),
            reason: reason.trim().to_owned(),
            ..refund_of(line, preview.cause, now)
        };
        let whole = back(&line);
        self.pay(tx, &whole, &line).await?;
        let mut returned = Returned { purchase: whole, changes: Vec::new(), total: preview.amount };
        for change in &changes {
            if change.amount.is_zero() {
                self.orders.line_refunded(tx, change).await?;
            } else {
                let refund = back(change);
                self.pay(tx, &refund, change).await?;
                returned.changes.push(refund);
            }
            self.changes.on_returned(tx, change.id).await?;
        }
        let id = instance.id;
        self.instances.end(tx, instance, EndCause::Refund).await?;
        self.licensing.revoke(tx, id).await?;
        Ok(returned)
    }

    /// What giving back the last renewal of an instance would do now.
    pub async fn preview_renewal(&self, tx: &mut Tx, buyer: &Buyer, instance: InstanceId) -> Result<Preview> {
        buyer.may(Permission::View)?;
        let (renewal, read, since) = self.read_renewal(tx, buyer, instance).await?;
        Ok(rules::renewal(&read.case, (renewal.term.from, since), self.app.clock.now())?)
    }

    /// Gives back the last renewal of an instance: it ends as it would have without, the price goes back to the wallet.
    pub async fn return_renewal(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        instance: InstanceId,
        reason: &str,
    ) -> Result<Refund> {
        buyer.may(Permission::Buy)?;
        let mut wrong = Invalid::default();
        wrong.length(reason, 0, 1_000, "reason");
        wrong.done()?;
        let now = self.app.clock.now();
        let (renewal, Read { instance, line, changes: _, case, year }, since) =
            self.read_renewal(tx, buyer, instance).await?;
        let preview = rules::renewal(&case, (renewal.term.from, since), now)?;
        match preview.cause {
            Cause::NoReason => store::use_one(tx, buyer.account(), year, preview.allowed).await?,
            Cause::RenewalNotBegun | Cause::NotAccepted | Cause::DeliveryFailed | Cause::ChangeFailed => {}
        }
        let refund = Refund {
            instance: Some(instance.id),
            reason: reason.trim().to_owned(),
            ..refund_of(&line, preview.cause, now)
        };
        self.pay(tx, &refund, &line).await?;
        // What it was to become with the new term, it does not become.
        let instance = self.changes.withdraw(tx, instance).await?;
        self.renewals.take_back(tx, instance, &renewal).await?;
        Ok(refund)
    }

    /// The instance is read first: whatever moves it after that, what follows is refused and tried again.
    async fn read_renewal(&self, tx: &mut Tx, buyer: &Buyer, id: InstanceId) -> Result<(Renewal, Read, Since)> {
        let instance = self.instances.find_for(tx, buyer.account(), id).await?;
        if let Some(line) = instance.changing
            && !self.changes.is_ahead(tx, line).await?
        {
            return Err(RefundRefused::Changing.into());
        }
        let renewal = self.renewals.standing(tx, id).await?.pop().ok_or(RefundRefused::NotRenewed)?;
        let line = self.orders.line(tx, renewal.line).await?;
        let opened_at = renewal.term.from.max(renewal.renewed_at);
        let since = match instance.state {
            State::Released { .. } => Since::Released,
            // What was paid for a change was reckoned on what this renewal had paid; or it became something else with it.
            State::Pending { .. } | State::Active | State::Grace { .. } | State::Expired { .. }
                if renewal.line <= instance.specified_by() =>
            {
                Since::Changed
            }
            State::Pending { .. } | State::Active | State::Grace { .. } | State::Expired { .. } => {
                let file = self.licensing.file_issued_since(tx, id, renewal.renewed_at).await?;
                if file { Since::FileIssued } else { Since::Nothing }
            }
        };
        let read = self.case(tx, buyer, (instance, line, Vec::new()), opened_at).await?;
        Ok((renewal, read, since))
    }

    /// Delivery was given up: the full price of the line goes back.
    pub async fn on_delivery_failed(
        &self,
        tx: &mut Tx,
        delivery: DeliveryId,
        line: OrderLineId,
        reason: &str,
    ) -> Result<()> {
        let line = self.orders.line(tx, line).await?;
        if line.state != LineState::Paid {
            return Ok(());
        }
        if line.content.kind() == OrderKind::Trial {
            // No money has moved; both are told that it was not delivered.
            return self.orders.line_refunded(tx, &line).await.map(drop);
        }
        let now = self.app.clock.now();
        let reason = format!("{delivery}: {reason}");
        let refund = Refund { reason, ..refund_of(&line, Cause::DeliveryFailed, now) };
        self.pay(tx, &refund, &line).await
    }

    /// A change was given up: the full price of its line goes back.
    pub async fn on_change_failed(&self, tx: &mut Tx, line: OrderLineId, reason: &str) -> Result<()> {
        let line = self.orders.line(tx, line).await?;
        if line.state != LineState::Paid {
            return Ok(());
        }
        if line.amount.is_zero() {
            // No money has moved.
            return self.orders.line_refunded(tx, &line).await.map(drop);
        }
        let instance = line.content.changes.as_ref().map(|changes| changes.instance);
        let reason = reason.to_owned();
        let refund = Refund { instance, reason, ..refund_of(&line, Cause::ChangeFailed, self.app.clock.now()) };
        self.pay(tx, &refund, &line).await
    }

    async fn pay(&self, tx: &mut Tx, refund: &Refund, line: &Line) -> Result<()> {
        store::insert(tx, refund).await?;
        self.orders.line_refunded(tx, line).await?;
        match refund.cause {
            // Nothing was kept of what was bought, so the coupon was not used either.
            Cause::NoReason
            | Cause::RenewalNotBegun
            | Cause::NotAccepted
            | Cause::DeliveryFailed
            | Cause::ChangeFailed => {
                self.orders.give_coupons_back(tx, line.order).await?;
            }
        }
        self.payments.give_back(tx, refund.account, refund.id, refund.line, refund.amount).await?;
        jobs::publish(tx, refund.paid_at, &Event::RefundPaid { refund: refund.id }).await
    }

    async fn read(&self, tx: &mut Tx, buyer: &Buyer, id: InstanceId) -> Result<Read> {
        let instance = self.instances.find_for(tx, buyer.account(), id).await?;
        if !self.renewals.standing(tx, id).await?.is_empty() {
            return Err(RefundRefused::Renewed.into());
        }
        if instance.changing.is_some() {
            return Err(RefundRefused::Changing.into());
        }
        let line = self.orders.line(tx, instance.line).await?;
        let changes = self.changes.kept(tx, id).await?;
        if self.metering.is_package_used(tx, id).await? {
            return Err(RefundRefused::PackageUsed.into());
        }
        let opened_at = instance.activated_at;
        self.case(tx, buyer, (instance, line, changes), opened_at).await
    }

    async fn case(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (instance, line, changes): (Instance, Line, Vec<Line>),
        opened_at: Timestamp,
    ) -> Result<Read> {
        let policy = self.policies.current().await?;
        let year = i32::from(self.app.clock.now().date_in(&policy.zone()).year());
        let paid_for_changes: Vec<Money> = changes.iter().map(|change| change.amount).collect();
        let case = Case {
            back: pricing::refund(line.amount, &paid_for_changes)?,
            state: line.state,
            opened_at,
            no_reason_hours: line.content.terms.no_reason_hours,
            used: store::used(tx, buyer.account(), year).await?,
            allowed: policy.refunds.no_reason_per_year,
        };
        Ok(Read { instance, line, changes, case, year })
    }

    /// What was paid for and is paid back.
    pub async fn line_of(&self, tx: &mut Tx, id: RefundId) -> Result<Line> {
        let refund = store::find(tx, id).await?.ok_or(Error::NotFound(Thing::Refund))?;
        self.orders.line(tx, refund.line).await
    }

    /// Buyer and seller learn of it.
    pub async fn on_refund_paid(&self, tx: &mut Tx, id: RefundId) -> Result<()> {
        let Some(refund) = store::find(tx, id).await? else { return Ok(()) };
        if refund.cause == Cause::ChangeFailed {
            // They have been told of the change.
            return Ok(());
        }
        let line = self.orders.line(tx, refund.line).await?;
        let (bought, amount) = (&line.content.title, refund.amount);
        let title = Localized::new(format!("{amount} refunded"), format!("已退款 {amount}"));
        let text = Localized::new(
            format!("The price of {} is back in your wallet.", bought.en),
            format!("「{}」的款项已退回您的钱包。", bought.zh),
        );
        self.messages.tell(tx, refund.account, Topic::Refund, title, text).await?;
        let title = Localized::new(format!("Returned: {}", bought.en), format!("已退订：{}", bought.zh));
        let text = match refund.cause {
            Cause::NoReason => Localized::new(
                format!(
                    "A buyer returned it within the no-reason window; {amount} went back and what was delivered is withdrawn."
                ),
                format!("买家在无理由退订期内退订，{amount} 已退回，已交付的内容随之收回。"),
            ),
            Cause::RenewalNotBegun => Localized::new(
                format!("A buyer gave a renewal back before its term began; {amount} went back and it ends as before."),
                format!("买家在续费生效前退订，{amount} 已退回，到期时间恢复为续费前。"),
            ),
            Cause::NotAccepted => Localized::new(
                format!("Its buyer did not accept it; {amount} went back and what was delivered is withdrawn."),
                format!("买家验收未通过，{amount} 已退回，已交付的内容随之收回。"),
            ),
            Cause::DeliveryFailed | Cause::ChangeFailed => Localized::new(
                format!("Delivery was given up, so {amount} went back to the buyer."),
                format!("交付未能完成，{amount} 已退回买家。"),
            ),
        };
        self.messages.tell(tx, refund.seller, Topic::Refund, title, text).await
    }

    /// The first refund whose journal does not fit it. Give it the snapshot of the ledger's audit.
    pub async fn audit(&self, tx: &mut Tx) -> Result<Option<Difference>> {
        let Some(row) = store::first_drift(tx).await? else { return Ok(None) };
        let place = format!("refund {}", RefundId::from_uuid(row.subject));
        let what = format!("{} minor units were booked, {} were paid", row.booked, row.paid);
        Ok(Some(Difference::new("refund", place, what)))
    }

    pub async fn view(&self, tx: &mut Tx, buyer: &Buyer, id: RefundId) -> Result<Refund> {
        buyer.may(Permission::View)?;
        store::find_for(tx, buyer.account(), id).await?.ok_or(Error::NotFound(Thing::Refund))
    }

    pub async fn list(&self, tx: &mut Tx, buyer: &Buyer, page: PageOf) -> Result<Page<Refund>> {
        buyer.may(Permission::View)?;
        store::list_for(tx, buyer.account(), page).await
    }

    pub async fn list_sold(&self, tx: &mut Tx, seller: &Seller, page: PageOf) -> Result<Page<Refund>> {
        seller.may(Permission::View)?;
        store::list_for_seller(tx, seller.account(), page).await
    }

    pub async fn list_all(&self, tx: &mut Tx, operator: &Operator, page: PageOf) -> Result<Page<Refund>> {
        operator.may_staff(StaffPermission::View)?;
        store::list(tx, page).await
    }
}

/// The fewest letters in which a buyer says why something is not accepted.
const REFUSAL_MIN: usize = 5;

/// What returning the whole of it would do: refusing it, while it waits for its acceptance.
fn whole(read: &Read, now: Timestamp) -> std::result::Result<Preview, RefundRefused> {
    match read.instance.waits_until() {
        Ok(accept_by) => rules::not_accepted(&read.case, accept_by, now),
        Err(_) => rules::no_reason(&read.case, now),
    }
}

/// All of a line's price goes back.
fn refund_of(line: &Line, cause: Cause, now: Timestamp) -> Refund {
    Refund {
        id: RefundId::new(now),
        account: line.account,
        seller: line.seller,
        order: line.order,
        line: line.id,
        instance: None,
        cause,
        reason: String::new(),
        amount: line.amount,
        paid_at: now,
    }
}
