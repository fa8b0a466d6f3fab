//! Heartbeats written in groups: all that arrive while one transaction runs share the next one.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::civil::Date;
use kernel::{
    Error, Result, Timestamp,
    id::{AccountId, LicenceId},
};
use platform::Db;
use tokio::sync::{mpsc, oneshot};

use crate::store::days::{self, Seen};

/// Heartbeats that may wait for the writer; past it, requests wait to get in line.
const QUEUE: usize = 10_000;

/// Heartbeats in one transaction.
const GROUP_MAX: usize = 2_000;

/// Tries of a group whose transaction met another one.
const TRIES: u32 = 5;

/// Hands heartbeats to the one task that writes them.
#[derive(Clone)]
pub(crate) struct Writer {
    db: Db,
    line: Arc<Mutex<Option<mpsc::Sender<Note>>>>,
}

struct Note {
    beats: Vec<Beat>,
    done: oneshot::Sender<Written>,
}

/// What became of a group.
#[derive(Clone, Copy, Debug)]
enum Written {
    OnDisk,
    /// The database had no room for it; the same again may succeed.
    Busy,
    Failed,
}

/// A licence was seen.
pub(crate) struct Beat {
    pub(crate) account: AccountId,
    pub(crate) licence: LicenceId,
    pub(crate) day: Date,
    pub(crate) at: Timestamp,
    pub(crate) from: Arc<str>,
}

impl Writer {
    pub(crate) fn new(db: Db) -> Self {
        Self { db, line: Arc::default() }
    }

    /// Waits until the heartbeats are on disk.
    pub(crate) async fn write(&self, beats: Vec<Beat>) -> Result<()> {
        let (done, written) = oneshot::channel();
        // A writer that ends while we wait in line is replaced when the same is sent again.
        self.line().send(Note { beats, done }).await.map_err(|_| Error::Busy)?;
        match written.await {
            Ok(Written::OnDisk) => Ok(()),
            Ok(Written::Busy) => Err(Error::Busy),
            Ok(Written::Failed) => Err(Error::fault("heartbeats could not be written")),
            Err(_) => Err(Error::fault("the writer of heartbeats has ended")),
        }
    }

    /// The way to the writer; one that has ended is replaced.
    fn line(&self) -> mpsc::Sender<Note> {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = line.as_ref().filter(|line| !line.is_closed()) {
            return line.clone();
        }
        let (fresh, notes) = mpsc::channel(QUEUE);
        tokio::spawn(run(self.db.clone(), notes));
        *line = Some(fresh.clone());
        fresh
    }
}

/// Writes until everybody who could send has gone.
async fn run(db: Db, mut notes: mpsc::Receiver<Note>) {
    let mut group = Vec::with_capacity(GROUP_MAX);
    let mut pace = Pace::default();
    while notes.recv_many(&mut group, GROUP_MAX).await > 0 {
        let (mut before, enough) = (0, pace.enough());
        // Those who are about to come share the commit: as long as some did, whoever can run goes first.
        while before < group.len() && group.len() < enough {
            before = group.len();
            tokio::task::yield_now().await;
            while group.len() < GROUP_MAX
                && let Ok(note) = notes.try_recv()
            {
                group.push(note);
            }
        }
        let seen = gather(group.iter().flat_map(|note| &note.beats));
        let written = match write(&db, &seen).await {
            Ok(()) => Written::OnDisk,
            Err(Error::Busy) => Written::Busy,
            Err(error) => {
                tracing::error!(%error, heartbeats = group.len(), "a group of heartbeats could not be written");
                Written::Failed
            }
        };
        pace.saw(group.len() + notes.len());
        for note in group.drain(..) {
            // Whoever has stopped waiting does not need the answer.
            let _ = note.done.send(written);
        }
    }
}

/// How many share a commit: half of those who wait at once, so that the other half's requests are read and answered while it
/// is on its way to the disk. With all of them in it, everybody would wait for the disk, and nobody work.
#[derive(Debug, Default)]
struct Pace {
    /// The most who lately waited at once.
    at_once: usize,
}

impl Pace {
    fn enough(&self) -> usize {
        (self.at_once / 2).clamp(1, GROUP_MAX)
    }

    /// So many waited when a commit was over. Fewer than before are believed by and by.
    fn saw(&mut self, waiting: usize) {
        self.at_once = (self.at_once - self.at_once.div_ceil(16)).max(waiting);
    }
}

/// One row for each licence and day, in the order of their keys.
fn gather<'b>(beats: impl Iterator<Item = &'b Beat>) -> Vec<Seen> {
    let mut days: BTreeMap<(AccountId, LicenceId, Date), Seen> = BTreeMap::new();
    for Beat { account, licence, day, at, from } in beats {
        days.entry((*account, *licence, *day))
            .and_modify(|seen| {
                seen.first = seen.first.min(*at);
                seen.last = seen.last.max(*at);
                seen.heartbeats += 1;
            })
            .or_insert_with(|| Seen {
                account: *account,
                licence: *licence,
                day: day.to_string(),
                first: *at,
                last: *at,
                heartbeats: 1,
                from: from.to_string(),
            });
    }
    days.into_values().collect()
}

async fn write(db: &Db, seen: &[Seen]) -> Result<()> {
    let mut tries = 0;
    loop {
        tries += 1;
        match days::add_seen(db, seen).await {
            Err(Error::Busy) if tries < TRIES => {}
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heartbeats_of_a_licence_and_day_become_one_row_in_the_order_of_the_keys() {
        let at = |second: i64| Timestamp::from_micros(1_700_000_000_000_000).plus_seconds(second);
        let account = AccountId::new(at(0));
        let (one, other) = (LicenceId::new(at(0)), LicenceId::new(at(5)));
        let beat = |licence, day: &str, second| Beat {
            account,
            licence,
            day: day.parse().unwrap(),
            at: at(second),
            from: "192.0.2.1".into(),
        };
        let beats = [
            beat(other, "2026-01-01", 3),
            beat(one, "2026-01-02", 9),
            beat(one, "2026-01-01", 4),
            beat(one, "2026-01-01", 2),
        ];
        let seen = gather(beats.iter());
        let rows: Vec<_> = seen.iter().map(|s| (s.licence, s.day.as_str(), s.first, s.last, s.heartbeats)).collect();
        assert_eq!(
            rows,
            [
                (one, "2026-01-01", at(2), at(4), 2),
                (one, "2026-01-02", at(9), at(9), 1),
                (other, "2026-01-01", at(3), at(3), 1)
            ]
        );
    }

    #[test]
    fn half_of_those_who_lately_waited_at_once_share_a_commit() {
        let mut pace = Pace::default();
        assert_eq!(pace.enough(), 1);
        pace.saw(256);
        assert_eq!(pace.enough(), 128);
        // Those of the other half alone are no sign that there are fewer.
        pace.saw(128);
        assert_eq!(pace.enough(), 120);
        pace.saw(256);
        assert_eq!(pace.enough(), 128);
        for _ in 0..200 {
            pace.saw(1);
        }
        assert_eq!(pace.enough(), 1);
        pace.saw(100_000);
        assert_eq!(pace.enough(), GROUP_MAX);
    }

    #[tokio::test]
    async fn nothing_that_was_answered_is_lost_when_many_arrive_at_once() {
        use instances::Term;

        use crate::{store::licences, world::World};

        let world = World::new().await;
        let licensing = &world.licensing;
        let db = &licensing.app.db;
        let mut of = Vec::new();
        for _ in 0..7 {
            let instance = world.instance(Term::Unlimited).await;
            let mut tx = db.begin().await.unwrap();
            licensing.issue(&mut tx, &instance).await.unwrap();
            of.push(licences::of_instance(&mut tx, instance.id).await.unwrap().unwrap());
            tx.commit().await.unwrap();
        }
        let beats = (0..350_usize).map(|n| {
            let licence = &of[n % of.len()];
            let at = world.now().plus_seconds(i64::try_from(n).unwrap());
            let beat = Beat {
                account: licence.account,
                licence: licence.id,
                day: "2026-11-22".parse().unwrap(),
                at,
                from: "192.0.2.1".into(),
            };
            let writer = licensing.seen.clone();
            tokio::spawn(async move { writer.write(vec![beat]).await })
        });
        for beat in beats.collect::<Vec<_>>() {
            beat.await.unwrap().unwrap();
        }
        for licence in &of {
            let total = days::total(&mut db.read(), licence).await.unwrap();
            assert_eq!(total.heartbeats, 50);
            assert!(total.last_seen_at >= Some(world.now().plus_seconds(343)));
        }
    }

    #[tokio::test]
    async fn a_writer_that_has_ended_is_replaced() {
        let world = crate::world::World::new().await;
        let writer = &world.licensing.seen;
        let (ended, _) = mpsc::channel(1);
        *writer.line.lock().unwrap() = Some(ended);
        writer.write(Vec::new()).await.unwrap();
        assert!(!writer.line.lock().unwrap().as_ref().unwrap().is_closed());
    }
}
