//! The nightly comparison: planned by the site's clock, each seller's instances asked for one after the other, what was missed told
//! again, what differs after that laid before its seller once a night; the operator sees it too.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use accounts::{Operator, Permission, Seller, StaffPermission};
use instances::{EndCause, Instance, State as InstanceState};
use kernel::{
    Event, Localized, Page, Result, Timestamp,
    id::{AccountId, OrderLineId, ProductionCallId},
    page::PageOf,
};
use messages::Topic;
use platform::{Tx, jobs};
use policy::BillingMode;
use production::{Activity, Answer, Request, Trouble};

use crate::{
    Deliveries,
    rules::{
        Delivery,
        comparison::{Comparison, Difference, Ours, compare},
        errand::{Errand, ErrandKind, ErrandState, Refresh, is_frozen},
    },
    store::{comparisons, errands},
};

/// Sellers whose turns are set at once.
const TURNS: i64 = 300;

/// Seconds between the turns of two sellers: no buyer's call waits for a crowd of questions.
const STEP_SECONDS: i64 = 2;

/// Instances asked for in one job, for how long it begins further questions, and how long one may take: it ends well before its
/// lease, however often a write meets another one.
const AT_ONCE: i64 = 200;
const MOST: Duration = Duration::from_secs(8);
const QUESTION_MOST: Duration = Duration::from_secs(10);

/// Seconds between two jobs of one seller, which has other calls to answer.
const PAUSE_SECONDS: i64 = 60;

/// For how long after its beginning a night's comparison goes on, in seconds.
const NIGHT_SECONDS: i64 = 6 * 3_600;

/// The clock has stopped when it is due for so long.
const OVERDUE_SECONDS: i64 = 2 * 3_600;

fn is_over(night: Timestamp, now: Timestamp) -> bool {
    now > night.plus_seconds(NIGHT_SECONDS)
}

impl Deliveries {
    /// Sets the clock of the comparisons going where there is none yet, or where it has stopped because its job was lost.
    pub async fn prepare_comparing(&self) -> Result<()> {
        let now = self.app.clock.now();
        let stopped = |next: Option<Timestamp>| next.is_none_or(|next| next.plus_seconds(OVERDUE_SECONDS) < now);
        if !stopped(comparisons::next(&mut self.app.db.read()).await?) {
            return Ok(());
        }
        let mut tx = self.app.db.begin().await?;
        let planned = comparisons::next(&mut tx).await?;
        if stopped(planned) {
            self.plan_comparing(&mut tx, planned).await?;
        }
        tx.commit().await
    }

    async fn plan_comparing(&self, tx: &mut Tx, before: Option<Timestamp>) -> Result<bool> {
        let policy = self.policies.current().await?;
        let now = self.app.clock.now();
        let next = policy.probing.compares_after(now, &policy.zone());
        let planned = comparisons::plan(tx, before, next).await?;
        if planned {
            jobs::schedule(tx, now, next, &Event::ComparisonDue { after: None }).await?;
        }
        Ok(planned)
    }

    /// It is night: each seller with instances at its system gets a turn of its own, from the first or those after one.
    pub async fn on_comparison_due(&self, tx: &mut Tx, after: Option<AccountId>) -> Result<()> {
        let now = self.app.clock.now();
        if after.is_none() {
            let planned = comparisons::next(tx).await?;
            // A job that came twice, or was restarted after the next night was planned.
            if planned.is_some_and(|next| next > now) || !self.plan_comparing(tx, planned).await? {
                return Ok(());
            }
        }
        if !self.policies.current().await?.probing.compares {
            return Ok(());
        }
        let sellers = comparisons::sellers(tx, after, TURNS).await?;
        let mut turn = now;
        for seller in &sellers {
            jobs::schedule(tx, now, turn, &Event::CompareDue { seller: *seller, night: now }).await?;
            turn = turn.plus_seconds(STEP_SECONDS);
        }
        match sellers.last() {
            Some(last) if i64::try_from(sellers.len()).is_ok_and(|count| count >= TURNS) => {
                jobs::schedule(tx, now, turn, &Event::ComparisonDue { after: Some(*last) }).await
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The job of a night failed through our own fault until it was laid aside: the next night comes all the same.
    pub async fn on_comparison_given_up(&self, tx: &mut Tx, after: Option<AccountId>) -> Result<()> {
        if after.is_none() {
            let planned = comparisons::next(tx).await?;
            self.plan_comparing(tx, planned).await?;
        }
        Ok(())
    }

    /// Asks a seller's system for its instances, outside of any transaction; what follows of each is a transaction of its own.
    pub async fn compare(&self, seller: AccountId, night: Timestamp) -> Result<()> {
        let begun = Instant::now();
        let mut tx = self.app.db.read();
        let Some(form) = self.production.form_of_questions(&mut tx, seller).await? else { return Ok(()) };
        if is_over(night, self.app.clock.now()) {
            return Ok(());
        }
        for comparison in comparisons::waiting(&mut tx, seller, night, AT_ONCE).await? {
            if begun.elapsed() > MOST {
                break;
            }
            let was = self.instances.find(&mut tx, comparison.instance).await?;
            let mode = self.orders.line(&mut tx, was.line).await?.content.billing_mode;
            if !form.asks(mode) {
                self.pass_over(&comparison, &was).await?;
                continue;
            }
            let asked_at = self.app.clock.now();
            let question = Request::new(Activity::QueryInstance)
                .with("instanceId", comparison.remote.as_str())
                .message_of(ProductionCallId::new(asked_at).to_string(), asked_at);
            // Who rests or is down is asked again in a minute; nothing was compared.
            let Some(came) = self.production.ask(seller, &question, QUESTION_MOST).await? else { break };
            if came.as_ref().is_err_and(Trouble::is_down) {
                break;
            }
            // One that cannot be written down holds up no other: it is another night's.
            if let Err(error) = self.note_apart((comparison.clone(), &was, asked_at), &came).await {
                tracing::error!(%error, instance = %comparison.instance, "a comparison could not be written down");
            }
        }
        Ok(())
    }

    /// Writes down that there is no question about an instance.
    async fn pass_over(&self, comparison: &Comparison, was: &Instance) -> Result<()> {
        let mut tx = self.app.db.begin().await?;
        if let Some(present) = comparisons::find(&mut tx, comparison.line).await? {
            comparisons::save(&mut tx, &present.not_asked(was.state, self.app.clock.now())).await?;
        }
        tx.commit().await
    }

    async fn note_apart(
        &self,
        asked: (Comparison, &Instance, Timestamp),
        came: &std::result::Result<Answer, Trouble>,
    ) -> Result<()> {
        let mut tx = self.app.db.begin().await?;
        self.note(&mut tx, asked, came).await?;
        tx.commit().await
    }

    /// What is left of a seller's night goes on after a pause. When it is over, its seller learns what is to be mended.
    pub async fn on_compare_due(&self, tx: &mut Tx, seller: AccountId, night: Timestamp) -> Result<()> {
        let now = self.app.clock.now();
        let goes_on = !is_over(night, now) && self.production.form_of_questions(tx, seller).await?.is_some();
        if goes_on && !comparisons::waiting(tx, seller, night, 1).await?.is_empty() {
            let event = Event::CompareDue { seller, night };
            return jobs::schedule(tx, now, now.plus_seconds(PAUSE_SECONDS), &event).await;
        }
        match comparisons::left_since(tx, seller, night).await? {
            0 => Ok(()),
            count => self.tell_of_differences(tx, seller, count).await,
        }
    }

    /// Writes down what came, and does what follows. What has moved since the question, is being told, or is about to end, is compared
    /// another night.
    async fn note(
        &self,
        tx: &mut Tx,
        (comparison, was, asked_at): (Comparison, &Instance, Timestamp),
        came: &std::result::Result<Answer, Trouble>,
    ) -> Result<()> {
        let now = self.app.clock.now();
        let instance = self.instances.hold(tx, comparison.instance).await?;
        let Some(present) = comparisons::find(tx, comparison.line).await? else { return Ok(()) };
        let told = errands::of_line(tx, comparison.line).await?;
        let being_told = |errand: &Errand| errand.state.is_open() || errand.ended_at.is_some_and(|at| at >= asked_at);
        let moved = present != comparison
            || (instance.state, instance.expires_at) != (was.state, was.expires_at)
            || told.iter().any(|errand| !errand.kind.only_asks() && being_told(errand))
            || instance.is_due(now);
        if moved {
            return comparisons::save(tx, &Comparison { compared_at: Some(now), ..present }).await;
        }
        let mode = self.orders.line(tx, instance.line).await?.content.billing_mode;
        let tells_end = |errand: &&Errand| matches!(errand.kind, ErrandKind::Refresh | ErrandKind::Accept);
        let last_end = told.iter().rfind(tells_end).filter(|errand| errand.state == ErrandState::Done);
        let told_end = match last_end {
            Some(errand) if errand.kind == ErrandKind::Accept => self.accepted_until(tx, &instance).await?,
            Some(errand) => errand.refresh.map(|refresh| refresh.until),
            None => None,
        };
        let by_use = match mode {
            BillingMode::OnDemand | BillingMode::Package => true,
            BillingMode::OneOff | BillingMode::Period => false,
        };
        let ours = Ours {
            state: instance.state,
            kept_out: by_use && is_frozen(&told),
            told_end,
            told_what: self.told_what(tx, comparison.line, &told).await?,
        };
        let finding = compare(&ours, &comparison.remote, came);
        let (mut found, again) = comparison.found(finding, &ours, now);
        if let Some(what) = again
            && !self.tell_again(tx, &instance, (what, &told)).await?
        {
            found = found.left_to_its_seller(now);
        }
        comparisons::save(tx, &found).await
    }

    /// What an instance is, as its seller's system was told last: by a change that it carried out, or by its creation.
    async fn told_what(
        &self,
        tx: &mut Tx,
        line: OrderLineId,
        told: &[Errand],
    ) -> Result<(String, BTreeMap<String, u64>)> {
        let carried_out = |errand: &&Errand| errand.kind == ErrandKind::Upgrade && errand.state == ErrandState::Done;
        let last = told.iter().rfind(carried_out).and_then(|errand| errand.change).unwrap_or(line);
        let content = self.orders.line(tx, last).await?.content;
        Ok((content.sku_code, content.choice.quantities))
    }

    /// Tells a seller's system again what it has missed. False: it was never told such a thing.
    async fn tell_again(
        &self,
        tx: &mut Tx,
        instance: &Instance,
        (what, told): (Difference, &[Errand]),
    ) -> Result<bool> {
        let Some(kind) = what.mended_by() else { return Ok(false) };
        let last = told.iter().rfind(|errand| errand.kind == kind);
        // Nobody has to restart by hand what is told again.
        if let Some(dead) = last.filter(|errand| errand.state == ErrandState::Dead) {
            errands::save(tx, dead, &dead.clone().ended(ErrandState::Dropped, self.app.clock.now())).await?;
        }
        match (kind, last.and_then(|errand| errand.refresh), instance.expires_at) {
            (ErrandKind::Refresh, Some(refresh), Some(until)) => {
                let Some(remote) = errands::remote_of(tx, instance.id).await? else { return Ok(false) };
                let delivery = Delivery { order: instance.order, ..self.find(tx, remote.delivery_id).await? };
                let fresh = self.fresh(&delivery, kind);
                let refresh = Some(Refresh { until, ..refresh });
                self.open_one(tx, &Errand { remote: Some(remote.remote_id), refresh, ..fresh }).await?;
                Ok(true)
            }
            (ErrandKind::Refresh, _, _) => Ok(false),
            (_, _, _) => {
                let cause = match instance.state {
                    InstanceState::Released { cause, .. } => cause,
                    InstanceState::Pending { .. }
                    | InstanceState::Active
                    | InstanceState::Grace { .. }
                    | InstanceState::Expired { .. } => EndCause::Expiry,
                };
                self.tell_remote(tx, instance, (kind, cause)).await?;
                Ok(true)
            }
        }
    }

    /// Tells a seller, once a night, of what it has to mend by hand.
    async fn tell_of_differences(&self, tx: &mut Tx, seller: AccountId, count: i64) -> Result<()> {
        let title = Localized::new("Your system differs from the site", "贵方系统与本站不一致");
        let instances =
            if count == 1 { "One instance differs".to_owned() } else { format!("{count} instances differ") };
        let text = Localized::new(
            format!(
                "{instances} between your system and this site for the second night. Which ones, and what to do, stands under Your \
                 system, Differences."
            ),
            format!("{count} 个实例连续两晚与本站不一致，详情和处理办法见“生产接口”的“差异”。"),
        );
        self.messages.tell(tx, seller, Topic::Delivery, title, text).await
    }

    /// What differs between a seller's system and the site.
    pub(crate) async fn own_differences(&self, tx: &mut Tx, seller: &Seller, page: PageOf) -> Result<Page<Comparison>> {
        seller.may(Permission::View)?;
        comparisons::differing(tx, Some(seller.account()), page).await
    }

    /// The same of all sellers.
    pub(crate) async fn all_differences(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        page: PageOf,
    ) -> Result<Page<Comparison>> {
        operator.may_staff(StaffPermission::View)?;
        comparisons::differing(tx, None, page).await
    }
}
