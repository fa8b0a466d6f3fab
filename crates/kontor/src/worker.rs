//! Workers: they claim due jobs, carry out their reactions, and keep house.

use std::{collections::BTreeMap, error::Error as _, sync::Arc, time::Duration};

use kernel::{Error, Event, Localized, Result, Timestamp};
use messages::Topic;
use metrics_exporter_prometheus::PrometheusHandle;
use platform::{
    Tx,
    jobs::{self, Job, Lane},
};
use tokio::{sync::Semaphore, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

use crate::Kontor;

/// How long a job that another process has left may wait to be seen.
const POLL: Duration = Duration::from_millis(250);
/// Claimed by a worker at once. On SQLite they are carried out beside each other, where they share commits; on PostgreSQL
/// one after another, so that workers do not hold all connections.
const CLAIM: u32 = 8;
/// How many calls of sellers' systems run at the same time, and how many of them are claimed at once.
const SELLERS_AT_ONCE: usize = 128;
const SELLERS_CLAIM: usize = 16;
/// Days for which the calls of sellers' systems can be looked up.
const CALLS_DAYS: i64 = 180;
const SEAL_EVERY: Duration = Duration::from_secs(10);
/// Mail and SMS are given up well before their lease ends, so that nothing is sent twice because it was slow.
const REACH_OUT: Duration = Duration::from_secs(30);
const TIDY_EVERY: Duration = Duration::from_mins(10);
const IDLE_EVERY: Duration = Duration::from_secs(30);
/// How often a process says that its sandboxes run, and looks which of them were ended elsewhere, and what is asked of them.
const BEAT_EVERY: Duration = Duration::from_secs(2);
const LETTERS_EVERY: Duration = Duration::from_millis(100);

/// Tries of one transaction that meets others, before the job goes back to the queue.
const BUSY_TRIES: u32 = 5;

/// Starts the workers and the housekeeping of a server; they end after their present job when told to stop.
pub fn start(kontor: &Kontor, metrics: Option<PrometheusHandle>, stop: &CancellationToken) -> TaskTracker {
    let tasks = TaskTracker::new();
    for _ in 0..kontor.app.config.workers {
        tasks.spawn(work(kontor.clone(), stop.clone(), Lane::Inside, CLAIM));
    }
    // One at a time: the next lease begins when the last letter has gone.
    tasks.spawn(work(kontor.clone(), stop.clone(), Lane::Outside, 1));
    tasks.spawn(call_sellers(kontor.clone(), stop.clone()));
    tasks.spawn(seal(kontor.clone(), metrics, stop.clone()));
    tasks.spawn(tidy(kontor.clone(), stop.clone()));
    tasks.spawn(index(kontor.clone(), stop.clone()));
    tasks.spawn(end_sandboxes(kontor.clone(), stop.clone()));
    tasks.spawn(answer_letters(kontor.clone(), stop.clone()));
    tasks.close();
    tasks
}

async fn work(kontor: Kontor, stop: CancellationToken, lane: Lane, count: u32) {
    let beside = kontor.app.db.is_exclusive();
    while !stop.is_cancelled() {
        match kontor.claim_jobs(lane, count).await {
            Ok(jobs) if jobs.is_empty() => rest(&kontor, &stop, lane).await,
            Ok(jobs) if beside => {
                let done = TaskTracker::new();
                for job in jobs {
                    let kontor = kontor.clone();
                    done.spawn(async move { kontor.end_job(&job).await });
                }
                done.close();
                done.wait().await;
            }
            Ok(jobs) => {
                for job in &jobs {
                    kontor.end_job(job).await;
                }
            }
            Err(error) => {
                log("the queue could not be read", &error);
                tokio::time::sleep(POLL).await;
            }
        }
    }
}

/// Until there may be something to do.
async fn rest(kontor: &Kontor, stop: &CancellationToken, lane: Lane) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = kontor.app.db.job_rung(lane) => {}
        () = tokio::time::sleep(POLL) => {}
    }
}

/// Calls sellers' systems, each in a task of its own: those who hang take seconds each, and the others go on beside them.
async fn call_sellers(kontor: Kontor, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(SELLERS_AT_ONCE));
    let calls = TaskTracker::new();
    while let Some(Ok(first)) = stop.run_until_cancelled(places.clone().acquire_owned()).await {
        let count = (1 + places.available_permits()).min(SELLERS_CLAIM);
        let claimed = kontor.claim_jobs(Lane::Sellers, u32::try_from(count).unwrap_or(1)).await;
        drop(first);
        match claimed {
            Ok(jobs) if jobs.is_empty() => rest(&kontor, &stop, Lane::Sellers).await,
            Ok(jobs) => {
                for job in jobs {
                    // Nobody else takes places, so that there is one for each that was claimed.
                    let Ok(place) = places.clone().acquire_owned().await else { break };
                    let kontor = kontor.clone();
                    calls.spawn(async move {
                        kontor.end_job(&job).await;
                        drop(place);
                    });
                }
            }
            Err(error) => {
                log("the queue could not be read", &error);
                tokio::time::sleep(POLL).await;
            }
        }
    }
    calls.close();
    calls.wait().await;
}

async fn seal(kontor: Kontor, metrics: Option<PrometheusHandle>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        // Samples are gathered here whether or not anybody asks for them.
        if let Some(metrics) = &metrics {
            metrics.run_upkeep();
        }
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
        if let Err(error) = kontor.production.prepare().await {
            log("the probes of sellers' systems could not be planned", &error);
        }
        if let Err(error) = kontor.deliveries.prepare_comparing().await {
            log("the comparison with sellers' systems could not be planned", &error);
        }
        pause(TIDY_EVERY, &stop).await;
    }
}

/// Ends the sandboxes that nobody uses, and all of them with the server.
async fn end_sandboxes(kontor: Kontor, stop: CancellationToken) {
    let mut looked = Instant::now();
    while !stop.is_cancelled() {
        pause(BEAT_EVERY, &stop).await;
        if let Err(error) = kontor.sandboxes.beat().await {
            log("it could not be said that sandboxes run here", &error);
        }
        if looked.elapsed() >= IDLE_EVERY {
            looked = Instant::now();
            if let Err(error) = kontor.sandboxes.end_idle().await {
                log("idle sandboxes could not be ended", &error);
            }
        }
    }
    kontor.sandboxes.end_all().await;
}

/// Does in the sandboxes of this process what others ask of them. Where there is no other process, nobody asks.
async fn answer_letters(kontor: Kontor, stop: CancellationToken) {
    while !stop.is_cancelled() && !kontor.app.db.is_exclusive() {
        if let Err(error) = kontor.sandboxes.answer_letters().await {
            log("letters about sandboxes could not be read", &error);
        }
        pause(LETTERS_EVERY, &stop).await;
    }
}

/// Keeps the search index of this node up to what any node has changed.
async fn index(kontor: Kontor, stop: CancellationToken) {
    let follow =
        kontor.catalogue.follow_changes(|error| log("the search index could not be brought up to date", error));
    stop.run_until_cancelled(follow).await;
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
    async fn claim_jobs(&self, lane: Lane, count: u32) -> Result<Vec<Job>> {
        let now = self.app.clock.now();
        // A look costs nothing on SQLite; a claim takes the writer.
        if jobs::next_due(&mut self.app.db.read(), now, lane).await?.is_none_or(|due| due > now) {
            return Ok(Vec::new());
        }
        jobs::claim(&self.app.db, now, lane, count).await
    }

    async fn end_job(&self, job: &Job) {
        if let Err(error) = self.carry_out(job).await {
            log("a failed job could not be put back; its lease will end", &error);
        }
    }

    /// Carries out all jobs that are due at the present turn of the clock, and those they cause. When the next one falls
    /// due, if there is one.
    pub async fn run_due_jobs(&self) -> Result<Option<Timestamp>> {
        let waiting = self.look().await?;
        Ok(self.next_of(&self.run_due(waiting).await?))
    }

    /// The first of what waits that is not in somebody else's hands.
    pub(crate) fn next_of(&self, waiting: &[(Lane, Timestamp)]) -> Option<Timestamp> {
        let now = self.app.clock.now();
        waiting.iter().map(|(_, due)| *due).filter(|due| *due > now).min()
    }

    /// When the next job of each lane falls due that nobody works on.
    pub(crate) async fn look(&self) -> Result<Vec<(Lane, Timestamp)>> {
        jobs::next_due_in_lanes(&mut self.app.db.read(), self.app.clock.now()).await
    }

    /// What [`Self::run_due_jobs`] does, for whoever has looked and since then done nothing but turn the clock. What waits
    /// afterwards.
    pub(crate) async fn run_due(&self, mut waiting: Vec<(Lane, Timestamp)>) -> Result<Vec<(Lane, Timestamp)>> {
        // What is due and was not claimed is in somebody else's hands.
        while self.run_some(&mut waiting, CLAIM).await? > 0 {}
        Ok(waiting)
    }

    /// One round of that: a few of what is due in each lane, and no more than so many calls of sellers' systems. How many jobs
    /// there were, and what waits afterwards.
    pub(crate) async fn run_some(&self, waiting: &mut Vec<(Lane, Timestamp)>, calls: u32) -> Result<usize> {
        let now = self.app.clock.now();
        let mut claimed = 0;
        for (lane, _) in waiting.iter().filter(|(_, due)| *due <= now) {
            let most = match lane {
                Lane::Inside | Lane::Outside => CLAIM,
                Lane::Sellers => calls,
            };
            let jobs = jobs::claim(&self.app.db, now, *lane, most).await?;
            for job in &jobs {
                self.end_job(job).await;
            }
            claimed += jobs.len();
        }
        if claimed > 0 {
            *waiting = self.look().await?;
        }
        Ok(claimed)
    }

    async fn carry_out(&self, job: &Job) -> Result<()> {
        let event = match job.event() {
            Ok(event) => event,
            Err(error) => return self.put_back(job, &error.to_string()).await,
        };
        let name = event.name();
        let mut outcome = self.try_apart(job, &event).await;
        for _ in 1..BUSY_TRIES {
            if !matches!(outcome, Err(Error::Busy)) {
                break;
            }
            outcome = self.try_apart(job, &event).await;
        }
        metrics::counter!("kontor_jobs_total", "event" => name.clone(), "ok" => outcome.is_ok().to_string())
            .increment(1);
        let Err(error) = outcome else { return Ok(()) };
        let reason = reason(&error);
        tracing::warn!(job = %job.id, event = name, attempts = job.attempts, error = reason, "a job failed and is tried again later");
        if !job.is_last_try() {
            return self.put_back(job, &reason).await;
        }
        if let Err(error) = self.give_up(job, &event, &reason).await {
            log("what follows a job that was given up could not be done", &error);
            self.put_back(job, &reason).await?;
        }
        Ok(())
    }

    async fn put_back(&self, job: &Job, reason: &str) -> Result<()> {
        let mut tx = self.app.db.begin().await?;
        jobs::fail(&mut tx, self.app.clock.now(), job, reason).await?;
        tx.commit().await
    }

    /// Lays a job aside together with what follows from that.
    async fn give_up(&self, job: &Job, event: &Event, reason: &str) -> Result<()> {
        let mut tx = self.app.db.begin().await?;
        if !jobs::fail(&mut tx, self.app.clock.now(), job, reason).await? {
            return Ok(());
        }
        let money_goes_back = self.on_given_up(&mut tx, event, reason).await?;
        self.tell_of_dead_letter(&mut tx, job, &event.name(), (reason, money_goes_back)).await?;
        tx.commit().await
    }

    /// A job in a task of its own: a panic in a reaction is a failed job, not a worker less.
    async fn try_apart(&self, job: &Job, event: &Event) -> Result<()> {
        let (kontor, job, event) = (self.clone(), job.clone(), event.clone());
        // What a sandbox does is marked in the log as its own.
        let tried = tokio::spawn(async move { kontor.try_job(&job, &event).await }.in_current_span());
        tried.await.unwrap_or_else(|panicked| Err(Error::fault(panicked)))
    }

    async fn tell_of_dead_letter(
        &self,
        tx: &mut Tx,
        job: &Job,
        event: &str,
        (reason, money_goes_back): (&str, bool),
    ) -> Result<()> {
        let title = Localized::new(format!("A job was given up: {event}"), format!("任务已放弃：{event}"));
        let next = if money_goes_back {
            Localized::new(
                "The order was not delivered, and its price goes back to the buyer.",
                "订单未能交付，款项将退回买家。",
            )
        } else {
            Localized::new("Mend the cause, then restart it.", "请排除原因后重新启动。")
        };
        let text = Localized::new(
            format!("The job {} failed {} times, the last time with: {reason}. {}", job.id, job.attempts, next.en),
            format!("任务 {} 已失败 {} 次，最后一次的原因：{reason}。{}", job.id, job.attempts, next.zh),
        );
        self.messages.tell_operator(tx, Topic::Operations, title, text).await
    }

    async fn try_job(&self, job: &Job, event: &Event) -> Result<()> {
        let late = |_| Error::fault("nobody answered in time");
        tokio::time::timeout(REACH_OUT, Box::pin(self.reach_out(event))).await.map_err(late)??;
        let mut tx = self.app.db.begin().await?;
        if !jobs::finish(&mut tx, job).await? {
            // The lease ran out and somebody else has the job: its effects are theirs.
            return Ok(());
        }
        // All reactions in one future make it large; a worker has one at a time.
        Box::pin(self.react(&mut tx, event)).await?;
        if self.job_faults.as_ref().is_some_and(|faults| faults(event)) {
            return Err(Error::fault("a fault of the simulation, after the effects and before the commit"));
        }
        tx.commit().await
    }

    /// Clears away what nobody will ask for again.
    pub async fn forget(&self) -> Result<()> {
        let mut tx = self.app.db.begin().await?;
        let before = self.app.clock.now().plus_days(-2);
        platform::http::forget(&mut tx, before).await?;
        self.accounts.forget_old(&mut tx, before).await?;
        self.orders.forget_quotes(&mut tx).await?;
        self.metering.forget(&mut tx).await?;
        self.sandboxes.forget(&mut tx).await?;
        self.production.forget(&mut tx, self.app.clock.now().plus_days(-CALLS_DAYS)).await?;
        tx.commit().await?;
        // A request that uploads is long over by then.
        self.documents.clear_uploads(self.app.clock.now().plus_days(-1)).await
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
