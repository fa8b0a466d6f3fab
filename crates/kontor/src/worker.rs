//! Workers: they claim due jobs, carry out their reactions, and keep house.

use std::{collections::BTreeMap, error::Error as _, time::Duration};

use kernel::{Error, Result, Timestamp};
use platform::jobs::{self, Job};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::Kontor;

/// How long a job that another process has left may wait to be seen.
const POLL: Duration = Duration::from_millis(250);
const CLAIM: u32 = 4;
const SEAL_EVERY: Duration = Duration::from_secs(2);
const TIDY_EVERY: Duration = Duration::from_mins(10);

/// Tries of one transaction that meets others, before the job goes back to the queue.
const BUSY_TRIES: u32 = 5;

/// Starts the workers and the housekeeping of a server; they end after their present job when told to stop.
pub fn start(kontor: &Kontor, stop: &CancellationToken) -> TaskTracker {
    let tasks = TaskTracker::new();
    for _ in 0..kontor.app.config.workers {
        tasks.spawn(work(kontor.clone(), stop.clone()));
    }
    tasks.spawn(seal(kontor.clone(), stop.clone()));
    tasks.spawn(tidy(kontor.clone(), stop.clone()));
    tasks.close();
    tasks
}

async fn work(kontor: Kontor, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match kontor.run_some_jobs().await {
            Ok(0) => {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = kontor.app.db.job_rung() => {}
                    () = tokio::time::sleep(POLL) => {}
                }
            }
            Ok(_) => {}
            Err(error) => {
                log("the queue could not be read", &error);
                tokio::time::sleep(POLL).await;
            }
        }
    }
}

async fn seal(kontor: Kontor, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match kontor.ledger.seal_pending().await {
            // Busy: another process seals at the same moment.
            Ok(_) | Err(Error::Busy) => {}
            Err(error) => log("journals could not be sealed", &error),
        }
        if let Err(error) = kontor.observe().await {
            log("the state could not be measured", &error);
        }
        pause(SEAL_EVERY, &stop).await;
    }
}

async fn tidy(kontor: Kontor, stop: CancellationToken) {
    while !stop.is_cancelled() {
        kontor.app.limits.sweep();
        if let Err(error) = kontor.forget().await {
            log("old answers and quotes could not be forgotten", &error);
        }
        pause(TIDY_EVERY, &stop).await;
    }
}

async fn pause(time: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(time) => {}
    }
}

fn log(what: &str, error: &Error) {
    tracing::error!(error = reason(error), "{what}");
}

/// An error with its sources, for logs and dead letters.
fn reason(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(next) = source {
        text = format!("{text}: {next}");
        source = next.source();
    }
    text
}

impl Kontor {
    /// Carries out some due jobs; says how many it has claimed.
    pub async fn run_some_jobs(&self) -> Result<usize> {
        let now = self.app.clock.now();
        // A look costs nothing on SQLite; a claim takes the writer.
        if jobs::next_due(&mut self.app.db.read(), now).await?.is_none_or(|due| due > now) {
            return Ok(0);
        }
        let claimed = jobs::claim(&self.app.db, now, CLAIM).await?;
        for job in &claimed {
            self.carry_out(job).await?;
        }
        Ok(claimed.len())
    }

    /// Carries out all jobs that are due at the present turn of the clock, and those they cause.
    pub async fn run_due_jobs(&self) -> Result<usize> {
        let mut done = 0;
        loop {
            match self.run_some_jobs().await? {
                0 => return Ok(done),
                some => done += some,
            }
        }
    }

    async fn carry_out(&self, job: &Job) -> Result<()> {
        let name = job.event.name();
        let mut outcome = self.try_job(job).await;
        for _ in 1..BUSY_TRIES {
            if !matches!(outcome, Err(Error::Busy)) {
                break;
            }
            outcome = self.try_job(job).await;
        }
        metrics::counter!("kontor_jobs_total", "event" => name.clone(), "ok" => outcome.is_ok().to_string())
            .increment(1);
        let Err(error) = outcome else { return Ok(()) };
        let reason = reason(&error);
        tracing::warn!(job = %job.id, event = name, attempts = job.attempts, error = reason, "a job failed and is tried again later");
        jobs::fail(&self.app.db, self.app.clock.now(), job, &reason).await
    }

    async fn try_job(&self, job: &Job) -> Result<()> {
        self.reach_out(&job.event).await?;
        let mut tx = self.app.db.begin().await?;
        // All reactions in one future make it large; a worker has one at a time.
        Box::pin(self.react(&mut tx, &job.event)).await?;
        if self.job_faults.as_ref().is_some_and(|faults| faults(&job.event)) {
            return Err(Error::fault("a fault of the simulation, after the effects and before the commit"));
        }
        if jobs::finish(&mut tx, job).await? {
            tx.commit().await
        } else {
            // The lease ran out and somebody else has the job: its effects are theirs.
            Ok(())
        }
    }

    async fn forget(&self) -> Result<()> {
        let mut tx = self.app.db.begin().await?;
        let before = self.app.clock.now().plus_days(-2);
        platform::http::forget(&mut tx, before).await?;
        self.accounts.forget_old(&mut tx, before).await?;
        self.orders.forget_quotes(&mut tx).await?;
        tx.commit().await
    }

    /// The gauges that an operator watches.
    async fn observe(&self) -> Result<()> {
        let now = self.app.clock.now();
        let mut tx = self.app.db.read();
        let backlog = jobs::backlog(&mut tx, now).await?;
        let sealed_at = self.ledger.sealed_at(&mut tx).await?;
        let age = |moment: Option<Timestamp>| moment.map_or(0, |moment| now.micros_since(moment) / 1_000_000);
        let values = BTreeMap::from([
            ("kontor_jobs_due", backlog.due),
            ("kontor_jobs_dead", backlog.dead),
            ("kontor_jobs_lag_seconds", age(backlog.oldest_due_at)),
            ("kontor_seal_age_seconds", age(sealed_at)),
        ]);
        for (name, value) in values {
            metrics::gauge!(name).set(f64::from(i32::try_from(value).unwrap_or(i32::MAX)));
        }
        Ok(())
    }
}
