//! Probes: planned by the site's clock, begun for one seller after the other, concluded, told.

use accounts::{Operator, Permission, Seller, StaffPermission};
use kernel::{
    Event, Localized, Page, Result, Timestamp,
    id::{AccountId, ProbeId, ProductionAddressId},
    page::PageOf,
};
use messages::Topic;
use platform::{Tx, jobs};

use crate::{
    Production,
    rules::{
        address::Address,
        probe::{Failing, News, Probe, ProbeOutcome, concluded, failing, news},
    },
    store::{self, cases, probes},
};

/// Seconds between the turns of two sellers: nobody's calls wait for a crowd of probes.
const STEP_SECONDS: i64 = 2;

/// The clock of the probes has stopped when they are due for so long.
const OVERDUE_SECONDS: i64 = 2 * 3_600;

/// What a seller sees of its probes.
pub(crate) struct Probed {
    pub(crate) probes: Page<Probe>,
    pub(crate) failing: Option<Failing>,
    /// When systems are probed next; none: they are not.
    pub(crate) next_at: Option<Timestamp>,
    pub(crate) freeze_days: u32,
}

impl Production {
    /// Sellers whose turns are set at once.
    pub const TURNS: i64 = 300;

    /// Sets the clock of the probes going where there is none yet, or where it has stopped because its job was lost.
    pub async fn prepare(&self) -> Result<()> {
        let now = self.app.clock.now();
        let stopped = |next: Option<Timestamp>| next.is_none_or(|next| next.plus_seconds(OVERDUE_SECONDS) < now);
        // Who only looks keeps nobody from writing.
        if !stopped(probes::next(&mut self.app.db.read()).await?) {
            return Ok(());
        }
        let mut tx = self.app.db.begin().await?;
        let planned = probes::next(&mut tx).await?;
        if stopped(planned) {
            self.plan_probing(&mut tx, planned).await?;
        }
        tx.commit().await
    }

    async fn plan_probing(&self, tx: &mut Tx, before: Option<Timestamp>) -> Result<bool> {
        let policy = self.accounts.policies.current().await?;
        let now = self.app.clock.now();
        let next = policy.probing.next_after(now, &policy.zone());
        let planned = probes::plan(tx, before, next).await?;
        if planned {
            jobs::schedule(tx, now, next, &Event::ProbingDue { after: None }).await?;
        }
        Ok(planned)
    }

    /// It is time to probe. `sellers`: those that are probed, after the one from which this goes on, up to [`Self::TURNS`].
    /// Each gets a turn of its own; then those after them, and the next time.
    pub async fn on_probing_due(&self, tx: &mut Tx, after: Option<AccountId>, sellers: &[AccountId]) -> Result<()> {
        let now = self.app.clock.now();
        if after.is_none() {
            let planned = probes::next(tx).await?;
            // A job that came twice, or was restarted after the next one was planned.
            if planned.is_some_and(|next| next > now) || !self.plan_probing(tx, planned).await? {
                return Ok(());
            }
        }
        let mut turn = now;
        for seller in sellers {
            jobs::schedule(tx, now, turn, &Event::ProbeDue { seller: *seller }).await?;
            turn = turn.plus_seconds(STEP_SECONDS);
        }
        match sellers.last() {
            Some(last) if i64::try_from(sellers.len()).is_ok_and(|count| count >= Self::TURNS) => {
                jobs::schedule(tx, now, turn, &Event::ProbingDue { after: Some(*last) }).await
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The job that probes failed through our own fault until it was laid aside: the next time comes all the same.
    pub async fn on_probing_given_up(&self, tx: &mut Tx, after: Option<AccountId>) -> Result<()> {
        if after.is_none() {
            let planned = probes::next(tx).await?;
            self.plan_probing(tx, planned).await?;
        }
        Ok(())
    }

    /// A seller's turn: all cases of the form of its system that can be repeated are sent to where its deliveries go. Where
    /// there are none, or the last probe still runs, nothing happens.
    pub async fn on_probe_due(&self, tx: &mut Tx, seller: AccountId) -> Result<()> {
        let Some(address) = store::in_use(tx, seller).await?.filter(|address| address.key.is_some()) else {
            return Ok(());
        };
        if let Some(before) = probes::running(tx, seller).await? {
            if before.address == address.id && address.cases_asked_at.is_some() {
                return Ok(());
            }
            // Its address is not used any more, or the job that sent its cases was lost.
            self.give_up(tx, before).await?;
        }
        if !cases::of_seller(tx, seller).await?.iter().any(|case| case.form == address.form && case.is_repeatable()) {
            return Ok(());
        }
        let now = self.app.clock.now();
        let probe = Probe {
            id: ProbeId::new(now),
            seller,
            address: address.id,
            url: address.url.clone(),
            form: address.form,
            begun_at: now,
            ended_at: None,
            outcome: ProbeOutcome::Running,
            cases: 0,
            failed: Vec::new(),
        };
        probes::insert(tx, &probe).await?;
        self.ask_all(tx, &address).await
    }

    /// All cases were sent to an address: where that was for a probe, it has ended.
    pub(super) async fn conclude_probe(&self, tx: &mut Tx, address: &Address) -> Result<()> {
        let Some(probe) = probes::running_at(tx, address.id).await? else { return Ok(()) };
        let mut kept = cases::of_seller(tx, address.seller).await?;
        kept.retain(|case| case.form == address.form && case.is_repeatable());
        kept.sort_by_key(|case| case.scenario);
        let results = cases::results_of(tx, address.seller).await?;
        let (outcome, count, failed) = concluded(&kept, &results, address.id);
        let now = self.app.clock.now();
        let ended = Probe { outcome, cases: count, failed, ended_at: Some(now), ..probe };
        probes::end(tx, &ended).await?;
        jobs::publish(tx, now, &Event::Probed { probe: ended.id }).await
    }

    /// What runs at an address says nothing of it any more.
    pub(super) async fn give_up_probe_at(&self, tx: &mut Tx, address: ProductionAddressId) -> Result<()> {
        match probes::running_at(tx, address).await? {
            Some(probe) => self.give_up(tx, probe).await,
            None => Ok(()),
        }
    }

    async fn give_up(&self, tx: &mut Tx, probe: Probe) -> Result<()> {
        let ended = Probe { outcome: ProbeOutcome::GivenUp, ended_at: Some(self.app.clock.now()), ..probe };
        probes::end(tx, &ended).await
    }

    /// Whose system was probed.
    pub async fn probed(&self, tx: &mut Tx, id: ProbeId) -> Result<Option<AccountId>> {
        Ok(probes::find(tx, id).await?.map(|probe| probe.seller))
    }

    /// Tells a seller at the first failure, and when its system does well again.
    pub async fn on_probed(&self, tx: &mut Tx, id: ProbeId) -> Result<()> {
        let Some(probe) = probes::find(tx, id).await? else { return Ok(()) };
        let latest = probes::latest_two(tx, probe.seller).await?;
        // One without a verdict is no news, nor is one that others have followed.
        if latest.first().is_none_or(|last| last.at != probe.begun_at) {
            return Ok(());
        }
        let Some(news) = news(&latest) else { return Ok(()) };
        let days = self.accounts.policies.current().await?.probing.freeze_days;
        let (title, text) = match news {
            News::Fails => told_of_failure(&probe, days),
            News::Mended => (
                Localized::new("Your system passes its probes again", "贵方系统拨测已恢复正常"),
                Localized::new(
                    format!("All {} cases of the probe have passed at {}.", probe.cases, probe.url),
                    format!("拨测的 {} 个用例已在 {} 全部通过。", probe.cases, probe.url),
                ),
            ),
        };
        self.messages.tell(tx, probe.seller, Topic::Delivery, title, text).await
    }

    /// For how long a seller's system has failed its probes; those after a moment, where one is given.
    pub async fn failing(&self, tx: &mut Tx, seller: AccountId, after: Option<Timestamp>) -> Result<Option<Failing>> {
        let zone = self.accounts.policies.current().await?.zone();
        Ok(failing(&probes::since_pass(tx, seller).await?, after, &zone))
    }

    /// The latest probe of a seller's system that failed.
    pub async fn last_failed_probe(&self, tx: &mut Tx, seller: AccountId) -> Result<Option<Probe>> {
        probes::last_failed(tx, seller).await
    }

    pub(crate) async fn own_probes(&self, tx: &mut Tx, seller: &Seller, page: PageOf) -> Result<Probed> {
        seller.may(Permission::View)?;
        let probing = self.accounts.policies.current().await?.probing.clone();
        Ok(Probed {
            probes: probes::list(tx, Some(seller.account()), page).await?,
            failing: self.failing(tx, seller.account(), None).await?,
            next_at: probes::next(tx).await?.filter(|_| probing.on),
            freeze_days: probing.freeze_days,
        })
    }

    /// The probes of one seller's system, or of all, the newest first.
    pub async fn all_probes(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        seller: Option<AccountId>,
        page: PageOf,
    ) -> Result<Page<Probe>> {
        operator.may_staff(StaffPermission::View)?;
        probes::list(tx, seller, page).await
    }
}

fn told_of_failure(probe: &Probe, days: u32) -> (Localized, Localized) {
    let names = |joint: &str| probe.failed.iter().map(|case| case.name.as_str()).collect::<Vec<_>>().join(joint);
    let (failed, cases, url) = (probe.failed.len(), probe.cases, &probe.url);
    (
        Localized::new("Your system has failed a probe", "贵方系统拨测失败"),
        Localized::new(
            format!(
                "{failed} of {cases} cases of the probe have failed at {url}: {}. What is wrong and how to mend it stands under \
                 Your system, Probes (/seller/production/probes). From {days} days of failure in a row on, the operator may \
                 freeze the trade of your products.",
                names(", ")
            ),
            format!(
                "拨测的 {cases} 个用例中有 {failed} 个在 {url} 未通过：{}。原因和处理方法见“生产接口”的“拨测记录”（/seller/production/probes）。\
                 连续失败 {days} 天起，平台可能冻结相关商品的交易。",
                names("、")
            ),
        ),
    )
}
