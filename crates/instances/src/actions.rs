//! Giving, ending and looking up what buyers own.

use std::collections::{BTreeMap, BTreeSet};

use accounts::{Buyer, Permission, Seller};
use kernel::{
    Error, Event, Localized, Page, Result, Thing, Timestamp,
    id::{AccountId, InstanceId, OrderLineId, ProductId},
    page::{LIMIT_MAX, PageOf},
};
use messages::Topic;
use platform::{Tx, jobs};

use crate::{
    Filter, Instances,
    rules::{Due, EndCause, Instance, NewInstance, Specification, State},
    store, trials,
};

impl Instances {
    /// Turns a delivered order line into an instance. A line that has one already keeps it.
    pub async fn activate(&self, tx: &mut Tx, new: NewInstance) -> Result<InstanceId> {
        let now = self.app.clock.now();
        let policy = self.policies.current().await?;
        let zone = policy.zone();
        let NewInstance {
            account,
            seller,
            order,
            line,
            product,
            sku,
            sku_code,
            title,
            attributes,
            access_type,
            quantities,
            term,
            after,
            accept_days,
            is_trial,
        } = new;
        let accept_by = accept_days.map(|days| now.plus_days(i64::from(days)));
        let instance = Instance {
            id: InstanceId::new(now),
            account,
            seller,
            order,
            line,
            product,
            sku,
            sku_code,
            title,
            attributes,
            access_type,
            quantities,
            activated_at: now,
            // A term that begins with the acceptance has no end yet.
            expires_at: if accept_by.is_some() { None } else { term.ends(now, &zone) },
            after,
            is_trial,
            state: accept_by.map_or(State::Active, |accept_by| State::Pending { accept_by }),
            version: 1,
            specified_by: None,
            changing: None,
        };
        if !store::insert(tx, &instance).await? {
            let earlier = store::find_by_line(tx, line).await?.ok_or(Error::Busy)?;
            return Ok(earlier.id);
        }
        if let Some(end) = instance.expires_at {
            jobs::schedule(tx, now, end, &Event::InstanceExpiryDue { instance: instance.id }).await?;
            if is_trial {
                self.remind_later(tx, (instance.id, end), &policy).await?;
            }
        }
        if let Some(accept_by) = accept_by {
            self.wait_for_acceptance(tx, (instance.id, accept_by), &policy).await?;
        }
        Ok(instance.id)
    }

    /// For other capabilities, which have checked who asks.
    pub async fn find(&self, tx: &mut Tx, id: InstanceId) -> Result<Instance> {
        store::find(tx, id).await?.ok_or(Error::NotFound(Thing::Instance))
    }

    /// An instance as it stands, held until the transaction is over: nobody moves it meanwhile.
    pub async fn hold(&self, tx: &mut Tx, id: InstanceId) -> Result<Instance> {
        store::touch(tx, id).await?;
        self.find(tx, id).await
    }

    /// An instance that the account owns.
    pub async fn find_for(&self, tx: &mut Tx, account: AccountId, id: InstanceId) -> Result<Instance> {
        let found = store::find(tx, id).await?.filter(|instance| instance.account == account);
        found.ok_or(Error::NotFound(Thing::Instance))
    }

    /// An instance of a product that the account sells.
    pub async fn find_for_seller(&self, tx: &mut Tx, seller: AccountId, id: InstanceId) -> Result<Instance> {
        let found = store::find(tx, id).await?.filter(|instance| instance.seller == seller);
        found.ok_or(Error::NotFound(Thing::Instance))
    }

    /// Which of some instances the account has sold.
    pub async fn sold_among(
        &self,
        tx: &mut Tx,
        seller: AccountId,
        ids: &BTreeSet<InstanceId>,
    ) -> Result<BTreeSet<InstanceId>> {
        store::sold_among(tx, seller, ids).await
    }

    /// Which of some are released, and when that was. For other capabilities, which have checked who asks.
    pub async fn ended_among(
        &self,
        tx: &mut Tx,
        ids: &BTreeSet<InstanceId>,
    ) -> Result<BTreeMap<InstanceId, Timestamp>> {
        store::ended_among(tx, ids).await
    }

    /// What came of a line that the account sold.
    pub async fn find_sold_by_line(&self, tx: &mut Tx, seller: AccountId, line: OrderLineId) -> Result<Instance> {
        let found = store::find_by_line(tx, line).await?.filter(|instance| instance.seller == seller);
        found.ok_or(Error::NotFound(Thing::Instance))
    }

    /// What an account owns and owned of a product, the latest first. For other capabilities, which have checked who asks.
    pub async fn of_product(&self, tx: &mut Tx, account: AccountId, product: ProductId) -> Result<Vec<Instance>> {
        let filter = Filter { state: None, product: Some(product) };
        Ok(store::of_buyer(tx, account, filter, PageOf { before: None, limit: LIMIT_MAX }).await?.items)
    }

    pub async fn list(&self, tx: &mut Tx, buyer: &Buyer, filter: Filter, page: PageOf) -> Result<Page<Instance>> {
        buyer.may(Permission::View)?;
        store::of_buyer(tx, buyer.account(), filter, page).await
    }

    /// What customers own of the seller's products.
    pub async fn list_sold(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        filter: Filter,
        page: PageOf,
    ) -> Result<Page<Instance>> {
        seller.may(Permission::View)?;
        store::of_seller(tx, seller.account(), filter, page).await
    }

    /// Ends an instance at once, whatever is left of its term, unless somebody has moved it since it was read. Ending it again
    /// changes nothing.
    pub async fn end(&self, tx: &mut Tx, read: Instance, cause: EndCause) -> Result<()> {
        let now = self.app.clock.now();
        let Due::Move(ended) = read.end(now, cause) else { return Ok(()) };
        self.release(tx, now, &ended).await
    }

    /// Gives an active instance other numbers and another end in place of the one before, as was agreed. One whose term was over
    /// before that could be done, and that is in its grace, goes on. `None`: it is not active any more, or is like that already.
    pub async fn amend(
        &self,
        tx: &mut Tx,
        id: InstanceId,
        (quantities, (before, expires_at)): (BTreeMap<String, u64>, (Option<Timestamp>, Option<Timestamp>)),
    ) -> Result<Option<Instance>> {
        let instance = self.find(tx, id).await?;
        let same = instance.quantities == quantities && instance.expires_at == expires_at;
        let now = self.app.clock.now();
        let goes_on = match instance.state {
            State::Active => true,
            State::Grace { .. } => expires_at.is_none_or(|end| now < end),
            State::Pending { .. } | State::Expired { .. } | State::Released { .. } => false,
        };
        if !goes_on || same {
            return Ok(None);
        }
        if instance.expires_at != before && instance.expires_at != expires_at {
            return Err(Error::fault("the end that was amended has been moved in the meantime"));
        }
        let was = instance.state;
        let mut changed = Instance { quantities, expires_at, state: State::Active, ..instance };
        store::save_terms(tx, &changed).await?;
        if was != State::Active {
            changed.version += 1;
            store::save_term(tx, &changed).await?;
        }
        if let Some(end) = changed.expires_at {
            jobs::schedule(tx, now, end, &Event::InstanceExpiryDue { instance: id }).await?;
        }
        Ok(Some(changed))
    }

    /// Notes that a change of it, paid with a line, is being carried out, unless somebody has moved it since it was read.
    pub async fn begin_change(&self, tx: &mut Tx, instance: Instance, line: OrderLineId) -> Result<Instance> {
        let changing = Instance { changing: Some(line), ..instance };
        store::save_changing(tx, &changing).await?;
        Ok(Instance { version: changing.version + 1, ..changing })
    }

    /// A change of it was not carried out, or is not wanted any more: it stays as it was.
    pub async fn drop_change(&self, tx: &mut Tx, instance: Instance) -> Result<Instance> {
        let dropped = Instance { changing: None, ..instance };
        store::save_changing(tx, &dropped).await?;
        Ok(Instance { version: dropped.version + 1, ..dropped })
    }

    /// Of something that was released, a term was given back that had not begun: it is not paid so far any more.
    pub async fn forget_term(&self, tx: &mut Tx, instance: Instance, end: Timestamp) -> Result<()> {
        store::save_end(tx, &Instance { expires_at: Some(end), ..instance }).await
    }

    /// Gives an instance another specification; its term and its state stay as they are.
    pub async fn specify(&self, tx: &mut Tx, instance: Instance, new: Specification) -> Result<Instance> {
        let specified = instance.specify(new);
        store::save_specification(tx, &specified).await?;
        Ok(Instance { version: specified.version + 1, ..specified })
    }

    /// Moves the end of an instance to a later one; what was frozen can be used again.
    pub async fn renew(&self, tx: &mut Tx, instance: Instance, until: Timestamp) -> Result<Instance> {
        let now = self.app.clock.now();
        let renewed = instance.renew(until, now)?;
        store::save_term(tx, &renewed).await?;
        jobs::schedule(tx, now, until, &Event::InstanceExpiryDue { instance: renewed.id }).await?;
        Ok(Instance { version: renewed.version + 1, ..renewed })
    }

    /// Moves the end back to where it was before a renewal. What is over by then is frozen.
    pub async fn take_back(&self, tx: &mut Tx, instance: Instance, end: Timestamp) -> Result<Instance> {
        let now = self.app.clock.now();
        let taken = instance.take_back(end, now)?;
        store::save_term(tx, &taken).await?;
        match taken.state {
            State::Expired { release_at, .. } => {
                jobs::publish(tx, now, &Event::InstanceExpired { instance: taken.id }).await?;
                jobs::schedule(tx, now, release_at, &Event::InstanceReleaseDue { instance: taken.id }).await?;
            }
            State::Grace { freeze_at, .. } => {
                jobs::schedule(tx, now, freeze_at, &Event::InstanceExpiryDue { instance: taken.id }).await?;
            }
            State::Pending { .. } | State::Active | State::Released { .. } => {
                jobs::schedule(tx, now, end, &Event::InstanceExpiryDue { instance: taken.id }).await?;
            }
        }
        Ok(Instance { version: taken.version + 1, ..taken })
    }

    /// The end of a term or of its grace has come, as it was when the timer was set.
    pub async fn on_expiry_due(&self, tx: &mut Tx, id: InstanceId) -> Result<()> {
        let now = self.app.clock.now();
        let Due::Move(over) = self.find(tx, id).await?.expire(now) else {
            return Ok(());
        };
        store::save_state(tx, &over).await?;
        let zone = self.policies.current().await?.zone();
        let (title, text) = match over.state {
            State::Grace { freeze_at, .. } => {
                jobs::schedule(tx, now, freeze_at, &Event::InstanceExpiryDue { instance: id }).await?;
                graceful(&over, &freeze_at.format("%Y-%m-%d %H:%M", &zone))
            }
            State::Expired { release_at, .. } => {
                jobs::publish(tx, now, &Event::InstanceExpired { instance: id }).await?;
                jobs::schedule(tx, now, release_at, &Event::InstanceReleaseDue { instance: id }).await?;
                if over.after.frozen_days == 0 {
                    // It is told of with its release, which comes at once.
                    return Ok(());
                }
                let day = release_at.format("%Y-%m-%d", &zone);
                if over.is_trial { trials::ended(&over, &day) } else { expired(&over, &day) }
            }
            State::Pending { .. } | State::Active | State::Released { .. } => return Ok(()),
        };
        self.messages.tell(tx, over.account, Topic::Licence, title, text).await
    }

    /// The frozen days are over, as they were when the timer was set.
    pub async fn on_release_due(&self, tx: &mut Tx, id: InstanceId) -> Result<()> {
        let now = self.app.clock.now();
        let Due::Move(released) = self.find(tx, id).await?.lapse(now) else {
            return Ok(());
        };
        self.release(tx, now, &released).await
    }

    async fn release(&self, tx: &mut Tx, now: Timestamp, released: &Instance) -> Result<()> {
        let Instance { id, account, title, .. } = released;
        store::save_state(tx, released).await?;
        jobs::publish(tx, now, &Event::InstanceReleased { instance: *id }).await?;
        let State::Released { cause, .. } = released.state else {
            return Ok(());
        };
        let text = match cause {
            EndCause::Expiry if released.is_trial => Localized::new(
                format!("The trial of {} ({id}) was not followed by a purchase; what was in it is released.", title.en),
                format!("{}（{id}）的试用结束后未购买，现已释放。", title.zh),
            ),
            EndCause::Expiry if released.after.frozen_days == 0 => Localized::new(
                format!("The term of {} ({id}) is over, and it has been released.", title.en),
                format!("{}（{id}）已到期并释放。", title.zh),
            ),
            EndCause::Expiry => Localized::new(
                format!("{} ({id}) was not renewed in time and has been released.", title.en),
                format!("{}（{id}）未在保留期内续费，现已释放。", title.zh),
            ),
            EndCause::Operator => Localized::new(
                format!("{} ({id}) was ended by the operator and can no longer be used.", title.en),
                format!("{}（{id}）已由运营方终止，不能继续使用。", title.zh),
            ),
            EndCause::Arrears => Localized::new(
                format!(
                    "What was used of {} ({id}) was not paid, and it has been released. What is due stays due.",
                    title.en
                ),
                format!("{}（{id}）欠费超过保留期，现已释放。所欠费用仍须支付。", title.zh),
            ),
            EndCause::Buyer => Localized::new(
                format!("{} ({id}) was closed as you asked. What was used until then is still charged.", title.en),
                format!("{}（{id}）已按您的要求关闭，关闭前的用量仍会计费。", title.zh),
            ),
            // The refund tells its own story, with the money in it.
            EndCause::Refund => return Ok(()),
        };
        let title = Localized::new(format!("{} has been released", title.en), format!("{}已释放", title.zh));
        self.messages.tell(tx, *account, Topic::Licence, title, text).await
    }
}

/// Title and text of a message: a term is over, and it can be used for some days more.
fn graceful(over: &Instance, until: &str) -> (Localized, Localized) {
    let Instance { id, title, after, .. } = over;
    let (en, zh) = match after.frozen_days {
        0 => ("it is released".to_owned(), "将被释放".to_owned()),
        1 => ("it is frozen, and released a day later".to_owned(), "将被冻结，1 天后释放".to_owned()),
        days => (format!("it is frozen, and released {days} days later"), format!("将被冻结，{days} 天后释放")),
    };
    let text = Localized::new(
        format!(
            "The term of {} ({id}) is over. It can still be used until {until}; then {en}. Renew it to go on: the new term begins where the old one ended.",
            title.en
        ),
        format!(
            "{}（{id}）已到期，宽限期内可继续使用至 {until}；之后{zh}。续费即可继续使用，新的期限自原到期时间起算。",
            title.zh
        ),
    );
    (Localized::new(format!("{} has expired", title.en), format!("{}已到期", title.zh)), text)
}

/// Title and text of a message: it is frozen.
fn expired(frozen: &Instance, day: &str) -> (Localized, Localized) {
    let Instance { id, title, .. } = frozen;
    let text = Localized::new(
        format!(
            "The term of {} ({id}) is over and it is frozen. It is released on {day} unless it is renewed.",
            title.en
        ),
        format!("{}（{id}）已到期并被冻结，如未续费，将于 {day} 释放。", title.zh),
    );
    // That it has expired was told at the beginning of its grace.
    let title = if frozen.usable_until() > frozen.expires_at {
        Localized::new(format!("{} is frozen", title.en), format!("{}已冻结", title.zh))
    } else {
        Localized::new(format!("{} has expired", title.en), format!("{}已到期", title.zh))
    };
    (title, text)
}
