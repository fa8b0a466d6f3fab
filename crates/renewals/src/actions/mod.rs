//! Renewing: the preview, by hand, and what follows; what is to happen at an end; giving a renewal back.

mod automatic;
mod changed;
mod telling;

use std::collections::BTreeMap;

use accounts::{Buyer, Permission};
use instances::{AfterTerm, Instance, InstanceRefused, State};
use kernel::{
    Error, Money, Result, Timestamp,
    id::{AccountId, InstanceId, OrderLineId},
    time::Period,
};
use ledger::Difference;
use orders::{Cover, Line, OrderRefused, Owned, StoredQuote};
use platform::{Tx, jobs};
use pricing::{Choice, PeriodUnit};
use serde_json::json;

use crate::{
    Renewals,
    rules::{self, Consent, ExpiryPlan, ExpiryPolicy, Life, Offered, Outlook, Renewal, RenewalCause, RenewalRefused},
    store,
};

/// For how long somebody wants to go on; what is not said is as it was the last time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) periods: Option<u32>,
    pub(crate) unit: Option<PeriodUnit>,
}

/// What is to happen at an end, as its buyer says it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    pub(crate) policy: ExpiryPolicy,
    pub(crate) wanted: Wanted,
    /// The highest price at which it is renewed automatically.
    pub(crate) price_max: Option<Money>,
}

/// An instance with all that its renewal needs.
pub(crate) struct Read {
    pub(crate) instance: Instance,
    /// The line that has given it its present specification.
    pub(crate) bought: Line,
    /// The terms that were added and stand.
    pub(crate) standing: Vec<Renewal>,
    /// The choice of the last term.
    last: Choice,
}

/// Another term before it is paid.
pub(crate) struct Preview {
    pub(crate) quote: StoredQuote,
    pub(crate) term: Period,
    pub(crate) cover: Cover,
}

impl Read {
    fn ends(&self) -> Result<Timestamp, InstanceRefused> {
        match self.instance.state {
            State::Pending { .. } => return Err(InstanceRefused::NotAccepted),
            State::Active | State::Grace { .. } | State::Expired { .. } => {}
            State::Released { .. } => return Err(InstanceRefused::Released),
        }
        if self.instance.is_trial {
            return Err(InstanceRefused::Trial);
        }
        if self.bought.content.package.is_some() {
            return Err(InstanceRefused::Package);
        }
        self.instance.expires_at.ok_or(InstanceRefused::Endless)
    }

    /// The last term that is paid; none: it does not end, is gone, or nothing was paid for it.
    fn life(&self) -> Option<Life> {
        let until = self.ends().ok()?;
        let from = self.standing.last().map_or(self.instance.activated_at, |renewal| renewal.term.from);
        let release_at = self.instance.release_at()?;
        Some(Life { term: Period { from, until }, release_at })
    }

    /// The length that was chosen the last time.
    pub(crate) fn last_length(&self) -> Option<(PeriodUnit, u32)> {
        let quote = &self.bought.content.quote;
        Some((self.last.period_unit.or(quote.unit)?, self.last.periods))
    }

    fn choice(&self, wanted: Wanted) -> Choice {
        let last = &self.last;
        let present = self.last_length();
        // Twelve months are not twelve years: another unit begins at one.
        let other = wanted.unit.is_some_and(|unit| present.is_none_or(|(present, _)| present != unit));
        Choice {
            quantities: self.instance.quantities.clone(),
            periods: wanted.periods.unwrap_or(if other { 1 } else { last.periods }),
            period_unit: wanted.unit.or(last.period_unit),
            currency: last.currency,
        }
    }
}

impl Renewals {
    /// An instance of the account's, to be renewed.
    pub(crate) async fn read(&self, tx: &mut Tx, account: AccountId, id: InstanceId) -> Result<Read> {
        let instance = self.instances.find_for(tx, account, id).await?;
        let bought = self.orders.line(tx, instance.specified_by()).await?;
        let standing = self.standing(tx, id).await?;
        let last = match standing.last() {
            Some(renewal) => self.orders.line(tx, renewal.line).await?.content.choice,
            None => bought.content.choice.clone(),
        };
        Ok(Read { instance, bought, standing, last })
    }

    /// The terms that were added to an instance and not given back, the first one first.
    pub async fn standing(&self, tx: &mut Tx, id: InstanceId) -> Result<Vec<Renewal>> {
        let all = store::of_instance(tx, id).await?;
        Ok(all.into_iter().filter(|renewal| renewal.returned_at.is_none()).collect())
    }

    pub(crate) async fn list(&self, tx: &mut Tx, buyer: &Buyer, id: InstanceId) -> Result<Vec<Renewal>> {
        buyer.may(Permission::View)?;
        self.instances.find_for(tx, buyer.account(), id).await?;
        store::of_instance(tx, id).await
    }

    /// What another term would cost now and when it would be. Nothing is kept.
    pub(crate) async fn preview(&self, tx: &mut Tx, buyer: &Buyer, id: InstanceId, wanted: Wanted) -> Result<Preview> {
        buyer.may(Permission::View)?;
        let read = self.read(tx, buyer.account(), id).await?;
        self.preview_of(tx, &read, &read.choice(wanted)).await
    }

    async fn preview_of(&self, tx: &mut Tx, read: &Read, choice: &Choice) -> Result<Preview> {
        let instance = &read.instance;
        let until = read.ends()?;
        if instance.changing.is_some() {
            return Err(InstanceRefused::Changing.into());
        }
        let (began, AfterTerm { grace_days, frozen_days }) = (instance.activated_at, instance.after);
        let owned = Owned { instance: instance.id, began, until, grace_days, frozen_days };
        let quote = self.orders.price_renewal(tx, &read.bought, owned, choice).await?;
        let term = quote.content.renews.ok_or(OrderRefused::NothingToRenew)?.term;
        if term.until <= self.app.clock.now() {
            return Err(InstanceRefused::TooShort(term.until).into());
        }
        let cover = self.orders.cover_of(tx, instance.account, quote.content.quote.total).await?;
        Ok(Preview { quote, term, cover })
    }

    /// The lengths that an instance can be renewed for.
    pub(crate) async fn offered(
        &self,
        tx: &mut Tx,
        read: &Read,
        agreed: Option<(PeriodUnit, u32)>,
    ) -> Result<Vec<Offered>> {
        let plan = self.orders.renewal_plan(tx, &read.bought).await?;
        let own: Vec<_> = read.last_length().into_iter().chain(agreed).collect();
        Ok(rules::offered(&plan, &own))
    }

    /// Pays another term as it was seen: if anything of it has changed since, it is refused.
    pub(crate) async fn renew(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (id, wanted): (InstanceId, Wanted),
        seen: &str,
    ) -> Result<Renewal> {
        buyer.may(Permission::Buy)?;
        buyer.may(Permission::Pay)?;
        let read = self.read(tx, buyer.account(), id).await?;
        if !buyer.is_verified() {
            return Err(OrderRefused::Unverified.into());
        }
        let preview = self.preview_of(tx, &read, &read.choice(wanted)).await?;
        if preview.quote.content.seen() != seen {
            return Err(OrderRefused::OfferChanged.into());
        }
        self.carry_out(tx, read, &preview.quote, RenewalCause::ByHand).await
    }

    /// Pays a term, moves the end, and tells all who have to know.
    async fn carry_out(&self, tx: &mut Tx, read: Read, quote: &StoredQuote, cause: RenewalCause) -> Result<Renewal> {
        let now = self.app.clock.now();
        let term = quote.content.renews.ok_or(OrderRefused::NothingToRenew)?.term;
        let (order, line) = self.orders.buy_renewal(tx, quote).await?;
        let (was, last) = (read.instance.state, read.last_length().map(|(unit, _)| unit));
        let instance = self.instances.renew(tx, read.instance, term.until).await?;
        let renewal = Renewal {
            line: line.id,
            instance: instance.id,
            account: line.account,
            seller: line.seller,
            order: order.id,
            cause,
            term,
            renewed_at: now,
            returned_at: None,
        };
        store::insert(tx, &renewal).await?;
        self.private_offers.on_renewed(tx, instance.id).await?;
        self.licensing.on_renewed(tx, &instance).await?;
        self.deliveries.on_renewed(tx, (was, &instance), (last, &line)).await?;
        self.orders.resource_goes_on(tx, instance.line).await?;
        self.orders.resource_goes_on(tx, instance.specified_by()).await?;
        let plan = self.plan(tx, &instance).await?;
        self.look_again(tx, ExpiryPlan { trouble: None, ..plan }).await?;
        self.tell_renewed(tx, &renewal, (&order, &line)).await?;
        Ok(renewal)
    }

    /// How the ends of some instances are looked after, for other capabilities, which have checked who asks.
    pub async fn outlooks(&self, tx: &mut Tx, instances: &[InstanceId]) -> Result<BTreeMap<InstanceId, Outlook>> {
        let mut found = BTreeMap::new();
        for id in instances {
            if let Some(plan) = store::find_plan(tx, *id).await? {
                found.insert(*id, Outlook { policy: plan.policy, trouble: plan.trouble });
            }
        }
        Ok(found)
    }

    /// What is to happen at the end of an instance.
    async fn plan(&self, tx: &mut Tx, instance: &Instance) -> Result<ExpiryPlan> {
        let kept = store::find_plan(tx, instance.id).await?;
        Ok(kept.unwrap_or_else(|| ExpiryPlan::usual(instance.id, instance.account)))
    }

    /// The same for its buyer.
    pub(crate) async fn expiry(&self, tx: &mut Tx, buyer: &Buyer, id: InstanceId) -> Result<ExpiryPlan> {
        buyer.may(Permission::View)?;
        let instance = self.instances.find_for(tx, buyer.account(), id).await?;
        self.plan(tx, &instance).await
    }

    /// Says what is to happen at the end. To renew it automatically is to agree to a length and a highest price.
    pub(crate) async fn set_expiry(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        id: InstanceId,
        wish: Wish,
    ) -> Result<ExpiryPlan> {
        // Who lets it be bought and paid has to be somebody who may do both.
        buyer.may(Permission::Buy)?;
        buyer.may(Permission::Pay)?;
        let read = self.read(tx, buyer.account(), id).await?;
        read.ends()?;
        let now = self.app.clock.now();
        let consent = match wish.policy {
            ExpiryPolicy::Manual | ExpiryPolicy::End => None,
            ExpiryPolicy::Automatic => {
                let choice = read.choice(wish.wanted);
                let quote = self.preview_of(tx, &read, &choice).await?.quote.content.quote;
                let price = quote.total;
                let consent = Consent {
                    periods: choice.periods,
                    // A price may get other units later; what was agreed to stays what it is.
                    period_unit: choice.period_unit.or(quote.unit),
                    price_max: wish.price_max.ok_or(RenewalRefused::NoConsent(price))?,
                    agreed_at: now,
                    agreed_by: buyer.user(),
                };
                if !consent.covers(price) {
                    return Err(RenewalRefused::BelowPrice { price, max: consent.price_max }.into());
                }
                Some(consent)
            }
        };
        let plan = self.plan(tx, &read.instance).await?;
        let detail = json!({ "policy": wish.policy, "consent": consent });
        self.accounts.audit(tx, buyer, "instance.expiry", &id.to_string(), &detail).await?;
        // The next hour of a day is the first at which it is renewed: who agrees may still think again, if there is one.
        let tried_at = if consent.is_some() && self.is_last_chance(&read).await? { None } else { Some(now) };
        let plan = ExpiryPlan { policy: wish.policy, consent, trouble: None, tried_at, ..plan };
        if tried_at.is_none() {
            store::save_plan(tx, &ExpiryPlan { look_at: Some(now), ..plan }).await?;
            jobs::publish(tx, now, &kernel::Event::RenewalDue { instance: id }).await?;
        } else {
            self.look_again(tx, plan).await?;
        }
        self.plan(tx, &read.instance).await
    }

    /// Whether agreeing to an automatic renewal now is to pay it now.
    pub(crate) async fn is_last_chance(&self, read: &Read) -> Result<bool> {
        let policy = self.policies.current().await?;
        let at = (&policy.renewals, &policy.zone());
        Ok(read.life().is_some_and(|life| rules::is_last_chance(life, at, self.app.clock.now())))
    }

    /// Saves a plan with the next time at which to look after it.
    async fn look_again(&self, tx: &mut Tx, plan: ExpiryPlan) -> Result<()> {
        let now = self.app.clock.now();
        let policy = self.policies.current().await?;
        let life = self.read(tx, plan.account, plan.instance).await?.life();
        let at = (&policy.renewals, &policy.zone());
        let look_at = life.and_then(|life| rules::next_look(life, plan.policy, at, now));
        let again = look_at.filter(|next| plan.look_at != Some(*next));
        let event = kernel::Event::RenewalDue { instance: plan.instance };
        store::save_plan(tx, &ExpiryPlan { look_at, ..plan }).await?;
        match again {
            Some(at) => jobs::schedule(tx, now, at, &event).await,
            None => Ok(()),
        }
    }

    /// Gives a term back, the last of its instance: it ends as it would have without, and is not renewed automatically again.
    /// The caller has decided that it may on the instance that it read before, and moves the money.
    pub async fn take_back(&self, tx: &mut Tx, instance: Instance, renewal: &Renewal) -> Result<()> {
        let line = self.orders.line(tx, renewal.line).await?;
        store::take_back(tx, renewal.line, self.app.clock.now()).await?;
        let instance = self.instances.take_back(tx, instance, renewal.term.from).await?;
        self.licensing.on_renewal_returned(tx, &instance).await?;
        self.deliveries.on_renewal_returned(tx, &instance, &line).await?;
        let plan = self.plan(tx, &instance).await?;
        let policy = match plan.policy {
            ExpiryPolicy::Automatic => ExpiryPolicy::Manual,
            kept @ (ExpiryPolicy::Manual | ExpiryPolicy::End) => kept,
        };
        self.look_again(tx, ExpiryPlan { policy, consent: None, trouble: None, ..plan }).await
    }

    /// The first term or end that does not fit what was paid. Give it the snapshot of the ledger's audit.
    pub async fn audit(&self, tx: &mut Tx) -> Result<Option<Difference>> {
        if let Some(row) = store::first_line_drift(tx).await? {
            let what = format!("its order line is {}, which is not what its term says", row.state);
            return Ok(Some(Difference::new("renewal", line_place(row.line_id), what)));
        }
        if let Some(row) = store::first_end_drift(tx).await? {
            let ends = row.expires_at.map_or("never".to_owned(), |end| end.to_string());
            let what = format!("it ends {ends} and is paid until {}", row.paid_until);
            return Ok(Some(Difference::new("renewal", format!("instance {}", row.id), what)));
        }
        Ok(None)
    }
}

fn line_place(line: OrderLineId) -> String {
    format!("line {line}")
}

/// What keeps a price from being had, in words for whoever waits for it; an error of ours stays one.
fn refusal<T>(came: Result<T>) -> Result<std::result::Result<T, kernel::Localized>> {
    match came {
        Ok(value) => Ok(Ok(value)),
        Err(refused @ (Error::Refused(_) | Error::NotFound(_))) => Ok(Err(refused.text())),
        Err(other @ (Error::Busy | Error::Fault(_))) => Err(other),
    }
}
