//! Events as jobs in the database: written in the transaction of their cause, claimed under a lease, tried again with
//! growing pauses, and laid aside when nothing helps.
//!
//! A worker runs an event's effects and removes its job in one transaction, so that they happen once, however often the
//! job is tried. What has to leave the database (mail, calls) happens before that transaction and at least once.

use kernel::{Event, Result, Timestamp, arg::json, args, choices, id::JobId, time::SECOND};
use sqlx::types::Json;
use uuid::Uuid;

use crate::db::{Db, Tx};

choices! {
    /// Jobs that leave the database wait for others and have lanes of their own, so that nothing waits for them.
    pub enum Lane {
        Inside = "inside",
        /// Mail and SMS.
        Outside = "outside",
        /// Calls to sellers' systems.
        Sellers = "sellers",
    }
}

impl Lane {
    fn of(event: &Event) -> Self {
        if matches!(event, Event::MessageQueued { .. }) {
            Self::Outside
        } else if matches!(event, Event::ErrandDue { .. } | Event::ProductionCasesDue { .. } | Event::CompareDue { .. })
        {
            Self::Sellers
        } else {
            Self::Inside
        }
    }
}

/// How long a worker may hold a job before another takes it over.
pub const LEASE_SECONDS: i64 = 60;

/// Tries before a job becomes a dead letter; with the pauses below, about an hour and a half.
pub const ATTEMPTS_MAX: i64 = 12;

/// Tells that something has happened.
pub async fn publish(tx: &mut Tx, now: Timestamp, event: &Event) -> Result<()> {
    schedule(tx, now, now, event).await
}

/// Sets a timer: the event is told at `due`.
pub async fn schedule(tx: &mut Tx, now: Timestamp, due: Timestamp, event: &Event) -> Result<()> {
    tx.execute(
        "insert into job (id, lane, event, due_at, created_at, attempts) values ($1, $2, $3, $4, $5, 0)",
        args![JobId::new(now), Lane::of(event), json(event), due, now],
    )
    .await?;
    tx.ring_on_commit(Lane::of(event));
    Ok(())
}

/// A claimed job: nobody else works on it until the lease ends.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Job {
    pub id: JobId,
    event: Json<serde_json::Value>,
    pub due_at: Timestamp,
    pub attempts: i64,
    lease: Option<Uuid>,
}

impl Job {
    /// Whether a failure of this try lays the job aside.
    pub fn is_last_try(&self) -> bool {
        self.attempts >= ATTEMPTS_MAX
    }

    /// What happened. A later version of the program may have written what this one does not know.
    pub fn event(&self) -> std::result::Result<Event, serde_json::Error> {
        serde_json::from_value(self.event.0.clone())
    }
}

/// Takes up to `count` due jobs, oldest first.
pub async fn claim(db: &Db, now: Timestamp, lane: Lane, count: u32) -> Result<Vec<Job>> {
    let lease = Uuid::from_u128(rand::random());
    let mut tx = db.begin().await?;
    let mut jobs: Vec<Job> = tx
        .take_rows(
            (
                "update job set lease = $1, leased_until = $2, attempts = attempts + 1",
                "select id from job where dead_at is null and lane = $3 and due_at <= $4 \
                 and (leased_until is null or leased_until <= $4) order by due_at, id limit $5",
                "returning id, event, due_at, attempts, lease",
            ),
            args![lease, now.plus_seconds(LEASE_SECONDS), lane, now, count],
        )
        .await?;
    tx.commit().await?;
    jobs.sort_by_key(|job| (job.due_at, job.id));
    Ok(jobs)
}

/// Removes a job in the transaction of its effects, before them: until that ends nobody else takes the job, however long it
/// takes. False: the lease was lost and somebody else has the job.
pub async fn finish(tx: &mut Tx, job: &Job) -> Result<bool> {
    Ok(tx.execute("delete from job where id = $1 and lease = $2", args![job.id, job.lease]).await? == 1)
}

/// Notes a failed try: later again, or aside for an operator when the tries are used up. False: the lease was lost and
/// somebody else has the job.
pub async fn fail(tx: &mut Tx, now: Timestamp, job: &Job, reason: &str) -> Result<bool> {
    let dead = job.is_last_try();
    let hit = tx
        .execute(
            "update job set lease = null, leased_until = null, due_at = $1, dead_at = $2, last_error = $3 \
             where id = $4 and lease = $5",
            args![now.plus_micros(pause(job.attempts)), dead.then_some(now), reason, job.id, job.lease],
        )
        .await?;
    Ok(hit == 1)
}

/// One second, doubled with every try, at most half an hour.
fn pause(attempts: i64) -> i64 {
    let doubled = 1_i64 << attempts.clamp(1, 12).saturating_sub(1);
    (doubled * SECOND).min(30 * 60 * SECOND)
}

/// A job as operators see it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct JobRow {
    pub id: JobId,
    pub event: Json<serde_json::Value>,
    pub due_at: Timestamp,
    pub created_at: Timestamp,
    pub attempts: i64,
    pub last_error: Option<String>,
    pub dead_at: Option<Timestamp>,
}

/// The jobs that were given up, newest first.
pub async fn dead_letters(tx: &mut Tx, page: kernel::page::PageOf) -> Result<kernel::Page<JobRow>> {
    let rows = tx
        .fetch_all(
            "select id, event, due_at, created_at, attempts, last_error, dead_at from job \
             where dead_at is not null and ($1 is null or id < $1) order by id desc limit $2",
            args![page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |row: &JobRow| row.id.uuid()))
}

/// Gives a dead letter its tries back. False: there is no such dead letter.
pub async fn restart(tx: &mut Tx, now: Timestamp, id: JobId) -> Result<bool> {
    let sql = "update job set dead_at = null, attempts = 0, due_at = $1 where id = $2 and dead_at is not null";
    let hit = tx.execute(sql, args![now, id]).await?;
    for lane in Lane::ALL {
        tx.ring_on_commit(*lane);
    }
    Ok(hit == 1)
}

/// How the queue stands.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Backlog {
    /// Jobs that are due and not done.
    pub due: i64,
    pub dead: i64,
    pub oldest_due_at: Option<Timestamp>,
}

pub async fn backlog(tx: &mut Tx, now: Timestamp) -> Result<Backlog> {
    tx.fetch_one(
        "select count(case when dead_at is null then 1 end) as due, count(dead_at) as dead, \
         min(case when dead_at is null then due_at end) as oldest_due_at from job where due_at <= $1 or dead_at is not null",
        args![now],
    )
    .await
}

#[derive(sqlx::FromRow)]
struct Due {
    due_at: Timestamp,
}

/// When the next living job falls due that nobody works on, in each lane that has one.
pub async fn next_due_in_lanes(tx: &mut Tx, now: Timestamp) -> Result<Vec<(Lane, Timestamp)>> {
    #[derive(sqlx::FromRow)]
    struct DueIn {
        lane: Lane,
        due_at: Timestamp,
    }
    macro_rules! next_in {
        ($lane:literal) => {
            concat!(
                "select * from (select lane, due_at from job where dead_at is null and lane = '",
                $lane,
                "' and (leased_until is null or leased_until <= $1) order by due_at limit 1) "
            )
        };
    }
    let sql = concat!(
        next_in!("inside"),
        "as inside union all ",
        next_in!("outside"),
        "as outside union all ",
        next_in!("sellers"),
        "as sellers"
    );
    let rows: Vec<DueIn> = tx.fetch_all(sql, args![now]).await?;
    Ok(rows.into_iter().map(|row| (row.lane, row.due_at)).collect())
}

/// When the next living job of a lane falls due that nobody works on.
pub async fn next_due(tx: &mut Tx, now: Timestamp, lane: Lane) -> Result<Option<Timestamp>> {
    let sql = "select due_at from job where dead_at is null and lane = $1 and (leased_until is null or leased_until <= $2) \
               order by due_at limit 1";
    Ok(tx.fetch_optional::<Due>(sql, args![lane, now]).await?.map(|row| row.due_at))
}

/// Gives back what the workers of an ended process held. Only for a database that no other process uses.
pub async fn release_leases(db: &Db) -> Result<()> {
    let mut tx = db.begin().await?;
    tx.execute("update job set lease = null, leased_until = null where lease is not null", vec![]).await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_stop_at_half_an_hour() {
        assert_eq!([1, 2, 3, 11, 12, 40].map(|tries| pause(tries) / SECOND), [1, 2, 4, 1_024, 1_800, 1_800]);
    }
}
