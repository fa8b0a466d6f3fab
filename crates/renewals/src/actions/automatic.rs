//! What is due before an end: telling the buyer, and renewing what is to go on by itself.

use accounts::Permission;
use delivery::{Deliveries, Outcome};
use kernel::{
    Localized, Result,
    id::{DeliveryId, InstanceId},
};
use orders::{After, GoesOn};
use platform::{Tx, jobs};

use super::{Preview, Read, Wanted, refusal};
use crate::{
    Renewals,
    rules::{self, Consent, ExpiryPlan, ExpiryPolicy, RenewalCause, RenewalTrouble},
    store,
};

impl Renewals {
    /// Something was delivered: if it ends, its end is looked after from now on.
    pub async fn on_delivered(&self, tx: &mut Tx, id: DeliveryId) -> Result<()> {
        let deliveries: &Deliveries = &self.deliveries;
        let Outcome::Delivered { instance, .. } = deliveries.find(tx, id).await?.outcome else { return Ok(()) };
        self.look_after(tx, instance).await
    }

    /// What was tried was bought: from now on its end is looked after like any other.
    pub async fn on_trial_bought(&self, tx: &mut Tx, id: InstanceId) -> Result<()> {
        self.look_after(tx, id).await
    }

    /// A trial is told of by whoever gives it, and is not renewed.
    async fn look_after(&self, tx: &mut Tx, id: InstanceId) -> Result<()> {
        let instance = self.instances.find(tx, id).await?;
        if instance.expires_at.is_none() || instance.is_trial {
            return Ok(());
        }
        let plan = self.plan(tx, &instance).await?;
        if plan.version != 0 {
            return Ok(());
        }
        let bought = self.orders.line(tx, instance.line).await?.content;
        if bought.package.is_some() {
            // What is left of a package lapses at its end; nothing goes on.
            return Ok(());
        }
        let plan = match bought.goes_on {
            Some(GoesOn { price_max, agreed_at, agreed_by }) => {
                let (periods, period_unit) = (bought.choice.periods, bought.choice.period_unit.or(bought.quote.unit));
                let consent = Some(Consent { periods, period_unit, price_max, agreed_at, agreed_by });
                ExpiryPlan { policy: ExpiryPolicy::Automatic, consent, ..plan }
            }
            None => plan,
        };
        self.look_again(tx, plan).await
    }

    /// It is time to look after an end, as it was when the timer was set.
    pub async fn on_due(&self, tx: &mut Tx, id: InstanceId) -> Result<()> {
        let now = self.app.clock.now();
        let Some(plan) = store::find_plan(tx, id).await? else { return Ok(()) };
        if plan.look_at.is_none_or(|due| now < due) {
            return Ok(());
        }
        let read = self.read(tx, plan.account, id).await?;
        let Some(life) = read.life() else { return Ok(()) };
        let policy = self.policies.current().await?;
        let at = (&policy.renewals, &policy.zone());
        let notice = rules::notice_due(life, plan.policy, at, now);
        if let Some(consent) = plan.automatic().cloned()
            && rules::try_due(life, plan.tried_at, at, now)
        {
            return self.try_automatically(tx, read, (plan, &consent)).await;
        }
        if let Some(notice) = notice
            && store::note(tx, (id, life.term.until), &format!("days-{}", notice.days), now).await?
        {
            self.tell_of_end(tx, &read, (&plan, life)).await?;
        }
        self.look_again(tx, plan).await
    }

    /// A change of something is over, done or not: what waited for it to be renewed waits no longer.
    pub async fn on_change_over(&self, tx: &mut Tx, id: InstanceId) -> Result<()> {
        let now = self.app.clock.now();
        let Some(plan) = store::find_plan(tx, id).await?.filter(|plan| plan.automatic().is_some()) else {
            return Ok(());
        };
        store::save_plan(tx, &ExpiryPlan { look_at: Some(now), ..plan }).await?;
        jobs::publish(tx, now, &kernel::Event::RenewalDue { instance: id }).await
    }

    /// Looking after an end failed through our own fault until it was laid aside: the next time it is looked after again.
    pub async fn on_due_given_up(&self, tx: &mut Tx, id: InstanceId) -> Result<()> {
        match store::find_plan(tx, id).await? {
            Some(plan) => self.look_again(tx, plan).await,
            None => Ok(()),
        }
    }

    /// Renews within what was agreed to, or says why not and tries again another day.
    async fn try_automatically(&self, tx: &mut Tx, read: Read, (plan, consent): (ExpiryPlan, &Consent)) -> Result<()> {
        let now = self.app.clock.now();
        if read.instance.changing.is_some() {
            // What it will cost is not known before the change is over.
            return self.look_again(tx, plan).await;
        }
        let plan = ExpiryPlan { tried_at: Some(now), ..plan };
        let wanted = Wanted { periods: Some(consent.periods), unit: consent.period_unit };
        if !self.accounts.may_still(tx, consent.agreed_by, &[Permission::Buy, Permission::Pay]).await? {
            return self.not_renewed(tx, &read, plan, Why::NoRight).await;
        }
        let found = self.preview_of(tx, &read, &read.choice(wanted)).await;
        let preview: Preview = match refusal(found)? {
            Ok(preview) => preview,
            Err(why) => return self.not_renewed(tx, &read, plan, Why::NotSold(why)).await,
        };
        let price = preview.quote.content.quote.total;
        if !consent.covers(price) {
            return self.not_renewed(tx, &read, plan, Why::Price { price, max: consent.price_max }).await;
        }
        match preview.cover.after {
            After::Missing(missing) => self.not_renewed(tx, &read, plan, Why::Funds { price, missing }).await,
            After::Left(_) => {
                store::save_plan(tx, &plan).await?;
                self.carry_out(tx, read, &preview.quote, RenewalCause::Automatic).await.map(drop)
            }
        }
    }

    /// The buyer is told of each reason once for an end, and of a price each time it is another one.
    async fn not_renewed(&self, tx: &mut Tx, read: &Read, plan: ExpiryPlan, why: Why) -> Result<()> {
        let now = self.app.clock.now();
        if let Some(life) = read.life()
            && store::note(tx, (plan.instance, life.term.until), &why.about(), now).await?
        {
            self.tell_not_renewed(tx, read, life, &why).await?;
        }
        self.look_again(tx, ExpiryPlan { trouble: Some(why.trouble()), ..plan }).await
    }
}

/// Why something was not renewed automatically.
pub(super) enum Why {
    Funds { price: kernel::Money, missing: kernel::Money },
    Price { price: kernel::Money, max: kernel::Money },
    NotSold(Localized),
    NoRight,
}

impl Why {
    fn trouble(&self) -> RenewalTrouble {
        match self {
            Self::Funds { .. } => RenewalTrouble::Funds,
            Self::Price { .. } => RenewalTrouble::Price,
            Self::NotSold(_) => RenewalTrouble::NotSold,
            Self::NoRight => RenewalTrouble::NoRight,
        }
    }

    fn about(&self) -> String {
        match self {
            Self::Price { price, .. } => format!("price-{}-{}", price.minor(), price.currency()),
            Self::Funds { .. } | Self::NotSold(_) | Self::NoRight => self.trouble().to_string(),
        }
    }
}
