//! Turning the clock of a sandbox: every job that falls due on the way runs at its time, within what one request may take.

use std::{
    sync::PoisonError,
    time::{Duration, Instant},
};

use kernel::{Result, Timestamp};
use policy::SandboxRules;
use tokio_util::sync::CancellationToken;

use super::{
    inside::Inside,
    rules::{SandboxRefused, Stop, bounded},
};

/// Calls between two looks at the watch: each may take as long as the seller's system lets it.
const CALLS: u32 = 2;

/// How a turn went.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turned {
    pub(super) now: Timestamp,
    /// Where the clock was to stop, and whether it stands there.
    pub(super) stop: Timestamp,
    pub(super) reached: bool,
    pub(super) jobs: u64,
    pub(super) took: Duration,
    /// When something is due next.
    pub(super) next_at: Option<Timestamp>,
}

/// How much may be done at once.
pub(super) struct Budget {
    begun: Instant,
    most: Duration,
    jobs_left: u64,
    jobs: u64,
    days_max: u32,
    bytes_max: u64,
}

impl Budget {
    pub(super) fn of(rules: &SandboxRules) -> Self {
        Self {
            begun: Instant::now(),
            most: Duration::from_secs(rules.turn_seconds_max.into()),
            jobs_left: rules.turn_jobs_max.into(),
            jobs: 0,
            days_max: rules.turn_days_max,
            bytes_max: u64::from(rules.megabytes_max) * 1_048_576,
        }
    }

    fn spend(&mut self, jobs: usize) {
        let jobs = u64::try_from(jobs).unwrap_or(u64::MAX);
        self.jobs += jobs;
        self.jobs_left = self.jobs_left.saturating_sub(jobs);
    }

    fn is_over(&self) -> bool {
        self.jobs_left == 0 || self.begun.elapsed() >= self.most
    }
}

impl Inside {
    pub(super) fn now(&self) -> Timestamp {
        self.kontor.app.clock.now()
    }

    /// Where the clock was to stop, if a turn was cut short and it is not there yet.
    pub(super) fn goal(&self) -> Option<Timestamp> {
        self.goal.lock().unwrap_or_else(PoisonError::into_inner).filter(|goal| *goal > self.now())
    }

    pub(super) fn aim(&self, goal: Option<Timestamp>) {
        *self.goal.lock().unwrap_or_else(PoisonError::into_inner) = goal;
    }

    /// Does what is due at the present of the sandbox.
    pub(super) async fn settle(&self, budget: Budget, ended: &CancellationToken) -> Result<Turned> {
        self.turn((Stop::At(self.now()), self.now()), budget, ended).await
    }

    /// Turns the clock to where it is to stop, from where it was started at. What falls due on the way happens when it is due.
    pub(super) async fn turn(
        &self,
        (stop, started_at): (Stop, Timestamp),
        mut budget: Budget,
        ended: &CancellationToken,
    ) -> Result<Turned> {
        let kontor = &self.kontor;
        let mut waiting = kontor.look().await?;
        let moment = match stop {
            Stop::At(moment) => moment,
            Stop::AtNext => {
                let next = kontor.next_of(&waiting).ok_or(SandboxRefused::NothingWaits)?;
                bounded(next, (started_at, self.now()), budget.days_max).ok_or(SandboxRefused::NothingWaits)?
            }
        };
        let reached = loop {
            let done = Box::pin(kontor.run_some(&mut waiting, CALLS)).await?;
            budget.spend(done);
            if ended.is_cancelled() || budget.is_over() || self.bytes() >= budget.bytes_max {
                break done == 0 && self.now() >= moment;
            }
            if done > 0 {
                continue;
            }
            let now = self.now();
            if now >= moment {
                break true;
            }
            let next = kontor.next_of(&waiting).filter(|next| *next < moment).unwrap_or(moment);
            kontor.app.clock.turn(next.micros_since(now));
        };
        kontor.ledger.seal_pending().await?;
        let next_at = kontor.next_of(&waiting);
        Ok(Turned { now: self.now(), stop: moment, reached, jobs: budget.jobs, took: budget.begun.elapsed(), next_at })
    }
}
