//! The nightly comparison: planned by the site's clock, each seller's instances asked for one after the other, what was missed told
//! again, what differs after that laid before its seller and the operator.

use std::time::{Duration, Instant};

use accounts::{Operator, Permission, Seller, StaffPermission};
use instances::{EndCause, Instance, State as InstanceState};
use kernel::{
    Event, Localized, Page, Result, Timestamp,
    id::{AccountId, ProductionCallId},
    page::PageOf,
};
use messages::Topic;
use platform::{Tx, jobs};
use production::{Activity, Answer, Request, Trouble};

use crate::{
    Deliveries,
    rules::{
        Delivery,
        comparison::{Comparison, Difference, Follows, compare},
        errand::{Errand, ErrandKind, ErrandState, Refresh},
    },
    store::{comparisons, errands},
};

/// Sellers whose turns are set at once.
const TURNS: i64 = 300;

/// Instances asked for in one job, and for how long it goes on: it ends well within its lease.
const AT_ONCE: i64 = 100;
const MOST: Duration = Duration::from_secs(20);

/// Seconds between two jobs of one seller, which has other calls to answer.
const PAUSE_SECONDS: i64 = 60;

/// For how long after its beginning a night's comparison goes on, in seconds.
const NIGHT_SECONDS: i64 = 6 * 3_600;

/// The clock has stopped when it is due for so long.
const OVERDUE_SECONDS: i64 = 2 * 3_600;

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
        for seller in &sellers {
            jobs::publish(tx, now, &Event::CompareDue { seller: *seller, night: now }).await?;
        }
        match sellers.last() {
            Some(last) if i64::try_from(sellers.len()).is_ok_and(|count| count >= TURNS) => {
                jobs::publish(tx, now, &Event::ComparisonDue { after: Some(*last) }).await
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
        if !self.production.can_be_asked(&mut tx, seller).await? {
            return Ok(());
        }
        for comparison in comparisons::waiting(&mut tx, seller, night, AT_ONCE).await? {
            if begun.elapsed() > MOST {
                break;
            }
            let was = self.instances.find(&mut tx, comparison.instance).await?;
            let now = self.app.clock.now();
            let question = Request::new(Activity::QueryInstance)
                .with("instanceId", comparison.remote.as_str())
                .message_of(ProductionCallId::new(now).to_string(), now);
            // Who rests is asked again in a minute.
            let Some(came) = self.production.ask(seller, &question).await? else { break };
            let down = came.as_ref().is_err_and(Trouble::is_down);
            let mut change = self.app.db.begin().await?;
            self.note(&mut change, (comparison, &was), &came).await?;
            change.commit().await?;
            if down {
                break;
            }
        }
        Ok(())
    }

    /// What is left of a seller's night goes on after a pause.
    pub async fn on_compare_due(&self, tx: &mut Tx, seller: AccountId, night: Timestamp) -> Result<()> {
        let now = self.app.clock.now();
        let asked = self.production.can_be_asked(tx, seller).await?;
        if !asked || now > night.plus_seconds(NIGHT_SECONDS) {
            return Ok(());
        }
        if comparisons::waiting(tx, seller, night, 1).await?.is_empty() {
            return Ok(());
        }
        jobs::schedule(tx, now, now.plus_seconds(PAUSE_SECONDS), &Event::CompareDue { seller, night }).await
    }

    /// Writes down what came, and does what follows. What has moved since the question, or is being told, is compared another night.
    async fn note(
        &self,
        tx: &mut Tx,
        (comparison, was): (Comparison, &Instance),
        came: &std::result::Result<Answer, Trouble>,
    ) -> Result<()> {
        let now = self.app.clock.now();
        let instance = self.instances.hold(tx, comparison.instance).await?;
        let Some(present) = comparisons::find(tx, comparison.line).await? else { return Ok(()) };
        let told = errands::of_line(tx, comparison.line).await?;
        if present != comparison || (instance.state, instance.expires_at) != (was.state, was.expires_at) {
            return Ok(());
        }
        if told.iter().any(|errand| errand.state.is_open() && errand.kind != ErrandKind::Access) {
            return comparisons::save(tx, &Comparison { compared_at: Some(now), ..comparison }).await;
        }
        let finding = compare((&instance.state, instance.expires_at), &comparison.remote, came);
        let is_over = matches!(instance.state, InstanceState::Released { .. });
        let (mut found, follows) = comparison.found(finding, is_over, now);
        match follows {
            Follows::Nothing => {}
            Follows::TellAgain(what) => {
                if !self.tell_again(tx, &instance, (what, &told)).await? {
                    found = found.into_case(now);
                    self.tell_of_case(tx, &instance, Some(what)).await?;
                }
            }
            Follows::OpenCase(what) => self.tell_of_case(tx, &instance, Some(what)).await?,
            Follows::CloseCase => self.tell_of_case(tx, &instance, None).await?,
        }
        comparisons::save(tx, &found).await
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
                    InstanceState::Active | InstanceState::Expired { .. } => EndCause::Expiry,
                };
                self.tell_remote(tx, instance, (kind, cause)).await?;
                Ok(true)
            }
        }
    }

    /// Tells a seller of a difference that has to be mended by hand; `None`: it is in order again.
    async fn tell_of_case(&self, tx: &mut Tx, instance: &Instance, what: Option<Difference>) -> Result<()> {
        let Localized { en, zh } = &instance.title;
        let (title, text) = match what {
            Some(what) => {
                let todo = what.for_seller();
                (
                    Localized::new(format!("Your system differs: {en}"), format!("与贵方系统不一致：{zh}")),
                    Localized::new(
                        format!("{} It stands under Your system, Differences (/seller/production/differences).", todo.en),
                        format!("{}详情见“生产接口”的“差异”（/seller/production/differences）。", todo.zh),
                    ),
                )
            }
            None => (
                Localized::new(format!("Equal on both sides again: {en}"), format!("两侧已恢复一致：{zh}")),
                Localized::new(
                    "The nightly comparison found the same here and at your system.",
                    "每晚核对未再发现差异。",
                ),
            ),
        };
        self.messages.tell(tx, instance.seller, Topic::Delivery, title, text).await
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
