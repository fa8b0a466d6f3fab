//! The one writer of an SQLite file. Transactions take turns; whoever stands in line while one ends joins it, so that one
//! commit brings to the disk what all of them did. Nobody is told of a success before that.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use kernel::{Error, Result};
use sqlx::{
    ConnectOptions, Connection as _, SqliteConnection,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteQueryResult},
};
use tokio::sync::{Mutex, OwnedMutexGuard, watch};

use super::{Doing, db_error};

/// How long a transaction waits for its turn before its caller is told to come again.
const WAIT: Duration = Duration::from_mins(1);

#[derive(Clone)]
pub(super) struct Writer(Arc<Desk>);

struct Desk {
    options: SqliteConnectOptions,
    pen: Arc<Mutex<Pen>>,
    /// How many stand in line.
    waiting: AtomicUsize,
}

struct Pen {
    /// None after it was closed.
    connection: Option<SqliteConnection>,
    /// Set while a transaction is open in which somebody's changes wait for the commit.
    group: Option<Group>,
}

/// What became of the changes of a group; each of its members waits for it.
type Group = watch::Sender<Option<Fate>>;
type Awaited = watch::Receiver<Option<Fate>>;

#[derive(Clone, Copy)]
enum Ending {
    Keep,
    TakeBack,
}

#[derive(Clone, Copy, Debug)]
enum Fate {
    OnDisk,
    Busy,
    Failed,
}

impl Writer {
    pub(super) fn open(options: SqliteConnectOptions) -> Doing<'static, Self> {
        Box::pin(async move {
            let connection = options.connect().await.map_err(db_error)?;
            let pen = Pen { connection: Some(connection), group: None };
            Ok(Self(Arc::new(Desk { options, pen: Arc::new(Mutex::new(pen)), waiting: AtomicUsize::new(0) })))
        })
    }

    /// Waits for a turn and begins a transaction, or a part of the one that is open.
    pub(super) async fn begin(&self) -> Result<Turn> {
        let place = InLine::of(&self.0);
        let pen = tokio::time::timeout(WAIT, self.0.pen.clone().lock_owned()).await.map_err(|_| Error::Busy)?;
        drop(place);
        let joins = pen.group.is_some();
        let mut turn = Turn { desk: self.0.clone(), pen: Some(pen), joins, begun: !joins };
        if joins {
            turn.pen()?.run("savepoint turn").await.map_err(db_error)?;
            turn.begun = true;
        } else if let Err(error) = turn.pen()?.run("begin immediate").await {
            if !matches!(error, sqlx::Error::WorkerCrashed) {
                return Err(db_error(error));
            }
            turn.pen()?.connection = Some(self.0.options.connect().await.map_err(db_error)?);
            turn.pen()?.run("begin immediate").await.map_err(db_error)?;
        }
        Ok(turn)
    }

    pub(super) fn migrate<'d>(&'d self, migrator: &'d Migrator) -> Doing<'d, ()> {
        Box::pin(async move {
            let mut pen = self.0.pen.lock().await;
            pen.write_group().await;
            // With a connection of its own, while nobody writes.
            let pool = SqlitePoolOptions::new().max_connections(1).connect_with(self.0.options.clone());
            let pool = pool.await.map_err(db_error)?;
            let done = migrator.run(&pool).await.map_err(Error::fault);
            pool.close().await;
            done
        })
    }

    /// Ends the connection after those who stand in line have written.
    pub(super) fn close(&self) -> Doing<'_, ()> {
        Box::pin(async move {
            let mut pen = self.0.pen.lock().await;
            pen.write_group().await;
            match pen.connection.take() {
                Some(connection) => connection.close().await.map_err(db_error),
                None => Ok(()),
            }
        })
    }
}

/// Somebody stands in line.
struct InLine<'d>(&'d Desk);

impl<'d> InLine<'d> {
    fn of(desk: &'d Desk) -> Self {
        desk.waiting.fetch_add(1, Ordering::Relaxed);
        Self(desk)
    }
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Pen {
    fn open(&mut self) -> Result<&mut SqliteConnection> {
        self.connection.as_mut().ok_or_else(|| Error::fault("the database was closed"))
    }

    async fn run(&mut self, sql: &'static str) -> sqlx::Result<SqliteQueryResult> {
        let connection = self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        sqlx::query(sql).execute(connection).await
    }

    /// Commits what the group did and tells its members.
    async fn write_group(&mut self) {
        let Some(group) = self.group.take() else { return };
        let fate = match self.run("commit").await {
            Ok(_) => Fate::OnDisk,
            Err(error) => {
                // What cannot be committed is given up; without an open transaction there is nothing to give up.
                let _ = self.run("rollback").await;
                let error = db_error(error);
                if matches!(error, Error::Busy) {
                    Fate::Busy
                } else {
                    tracing::error!(%error, members = group.receiver_count(), "a commit failed");
                    Fate::Failed
                }
            }
        };
        group.send_replace(Some(fate));
    }

    /// After a part could neither be kept nor taken back alone.
    async fn give_up(&mut self) {
        let _ = self.run("rollback").await;
        if let Some(group) = self.group.take() {
            group.send_replace(Some(Fate::Failed));
        }
    }

    /// What the caller has yet to wait for, if anything.
    async fn end_turn(&mut self, ending: Ending, joined: bool, line: Arc<Mutex<Self>>) -> Result<Option<Awaited>> {
        match ending {
            Ending::TakeBack => {
                self.take_back(joined).await;
                return Ok(self.group.as_ref().map(Group::subscribe));
            }
            Ending::Keep => {}
        }
        if joined && let Err(error) = self.run("release turn").await {
            self.give_up().await;
            return Err(db_error(error));
        }
        if let Some(group) = &self.group {
            return Ok(Some(group.subscribe()));
        }
        let (group, fate) = watch::channel(None);
        self.group = Some(group);
        // Behind those who stand in line now.
        tokio::spawn(async move { line.lock_owned().await.write_group().await });
        Ok(Some(fate))
    }

    async fn take_back(&mut self, joined: bool) {
        if !joined {
            // Without an open transaction, because it could not begin, there is nothing to take back.
            let _ = self.run("rollback").await;
        } else if self.run("rollback to turn").await.is_err() || self.run("release turn").await.is_err() {
            self.give_up().await;
        }
    }
}

/// One transaction. Dropped without a commit, it leaves nothing behind.
pub(super) struct Turn {
    desk: Arc<Desk>,
    /// Taken when the turn ends.
    pen: Option<OwnedMutexGuard<Pen>>,
    /// Whether others' changes wait for the same commit.
    joins: bool,
    /// False while it is not known whether there is anything to take back to.
    begun: bool,
}

impl Turn {
    fn pen(&mut self) -> Result<&mut Pen> {
        self.pen.as_deref_mut().ok_or_else(|| Error::fault("the transaction has ended"))
    }

    pub(super) fn connection(&mut self) -> Result<&mut SqliteConnection> {
        self.pen()?.open()
    }

    /// Comes back when what was done is on the disk.
    pub(super) async fn commit(mut self) -> Result<()> {
        if !self.joins && self.desk.waiting.load(Ordering::Relaxed) == 0 {
            self.pen()?.run("commit").await.map_err(db_error)?;
            self.pen = None;
            return Ok(());
        }
        self.end(Ending::Keep).await
    }

    /// Takes everything back, and comes back when what others did before, which this turn has seen, is on the disk.
    pub(super) async fn rollback(self) -> Result<()> {
        self.end(Ending::TakeBack).await
    }

    /// Ends in a task of its own: when a caller hangs up in the middle, the turn must not be ended a second time.
    async fn end(mut self, ending: Ending) -> Result<()> {
        let Some(mut pen) = self.pen.take() else { return Ok(()) };
        let (line, joins) = (self.desk.pen.clone(), self.joins);
        let ended = tokio::spawn(async move { pen.end_turn(ending, joins, line).await });
        match ended.await.map_err(Error::fault)?? {
            Some(fate) => settled(fate).await,
            None => Ok(()),
        }
    }
}

async fn settled(mut fate: Awaited) -> Result<()> {
    match fate.wait_for(Option::is_some).await.ok().and_then(|fate| *fate) {
        Some(Fate::OnDisk) => Ok(()),
        Some(Fate::Busy) => Err(Error::Busy),
        Some(Fate::Failed) | None => Err(Error::fault("the commit that several transactions shared has failed")),
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(mut pen) = self.pen.take() else { return };
        let joins = self.joins;
        // The pen is given on when nothing is left behind. A place to go back to that was never used may stay.
        if self.begun
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move { pen.take_back(joins).await });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, pin::pin, task::Poll};

    use kernel::args;

    use crate::{Db, Tx};

    #[derive(sqlx::FromRow)]
    struct Count {
        count: i64,
    }

    async fn db(folder: &std::path::Path) -> Db {
        let db = Db::sqlite(&folder.join("db"), 4).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        tx.execute("create table parent (id bigint primary key)", vec![]).await.unwrap();
        let child = "create table child (id bigint primary key, of bigint not null references parent (id) deferrable initially deferred)";
        tx.execute(child, vec![]).await.unwrap();
        tx.commit().await.unwrap();
        db
    }

    async fn add(tx: &mut Tx, id: i64) {
        tx.execute("insert into parent (id) values ($1)", args![id]).await.unwrap();
    }

    async fn holds(db: &Db, id: i64) -> bool {
        let sql = "select count(*) as count from parent where id = $1";
        db.read().fetch_one::<Count>(sql, args![id]).await.unwrap().count == 1
    }

    /// Lets those who were started stand in line.
    async fn queue() {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn each_of_many_is_on_disk_when_it_is_told_so_and_what_was_dropped_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let db = db(folder.path()).await;
        let first = db.begin().await.unwrap();
        let one = |id: i64| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut tx = db.begin().await.unwrap();
                add(&mut tx, id).await;
                if id % 3 == 0 {
                    drop(tx);
                } else if id % 3 == 1 {
                    tx.rollback().await.unwrap();
                } else {
                    tx.commit().await.unwrap();
                    assert!(holds(&db, id).await);
                }
            })
        };
        let all: Vec<_> = (0..90).map(one).collect();
        queue().await;
        first.commit().await.unwrap();
        for done in all {
            done.await.unwrap();
        }
        for id in 0..90 {
            assert_eq!(holds(&db, id).await, id % 3 == 2, "{id}");
        }
    }

    #[tokio::test]
    async fn whoever_does_not_wait_for_its_commit_takes_nothing_from_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let db = db(folder.path()).await;
        let mut first = db.begin().await.unwrap();
        add(&mut first, 1).await;
        let other = db.clone();
        let second = tokio::spawn(async move {
            let mut tx = other.begin().await.unwrap();
            add(&mut tx, 2).await;
            tx.commit().await.unwrap();
        });
        queue().await;
        hung_up(first.commit()).await;
        second.await.unwrap();
        assert!(holds(&db, 1).await && holds(&db, 2).await);
    }

    /// Polls once, as far as a statement that has been sent, and hangs up.
    async fn hung_up<T>(doing: impl Future<Output = T>) {
        let mut doing = pin!(doing);
        poll_fn(|context| Poll::Ready(doing.as_mut().poll(context).is_ready())).await;
    }

    #[tokio::test]
    async fn whoever_hangs_up_at_any_moment_takes_only_its_own_back() {
        let folder = tempfile::tempdir().unwrap();
        let db = db(folder.path()).await;
        let mut first = db.begin().await.unwrap();
        add(&mut first, 1).await;
        let other = db.clone();
        let crowd = tokio::spawn(async move {
            // In the savepoint of a turn that it never gets to see.
            hung_up(other.begin()).await;
            let mut kept = other.begin().await.unwrap();
            add(&mut kept, 2).await;
            let kept = tokio::spawn(kept.commit());
            let mut unheard = other.begin().await.unwrap();
            add(&mut unheard, 3).await;
            hung_up(unheard.commit()).await;
            let mut refused = other.begin().await.unwrap();
            add(&mut refused, 4).await;
            hung_up(refused.rollback()).await;
            let mut dropped = other.begin().await.unwrap();
            hung_up(dropped.execute("insert into parent (id) values (5)", vec![])).await;
            drop(dropped);
            kept.await.unwrap().unwrap();
        });
        queue().await;
        first.commit().await.unwrap();
        crowd.await.unwrap();
        let mut last = db.begin().await.unwrap();
        add(&mut last, 6).await;
        last.commit().await.unwrap();
        let mut held = Vec::new();
        for id in 1..=6 {
            held.push(holds(&db, id).await);
        }
        assert_eq!(held, [true, true, true, false, false, true]);
    }

    #[tokio::test]
    async fn a_commit_that_fails_fails_for_all_who_share_it_and_the_next_one_works() {
        let folder = tempfile::tempdir().unwrap();
        let db = db(folder.path()).await;
        let mut first = db.begin().await.unwrap();
        add(&mut first, 1).await;
        let other = db.clone();
        let orphan = tokio::spawn(async move {
            let mut tx = other.begin().await.unwrap();
            tx.execute("insert into child (id, of) values (1, 99)", vec![]).await.unwrap();
            tx.commit().await
        });
        queue().await;
        assert!(first.commit().await.is_err());
        assert!(orphan.await.unwrap().is_err());
        assert!(!holds(&db, 1).await);
        let mut next = db.begin().await.unwrap();
        add(&mut next, 1).await;
        next.commit().await.unwrap();
        assert!(holds(&db, 1).await);
    }

    #[tokio::test]
    async fn what_was_refused_for_what_another_did_is_told_when_that_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let db = db(folder.path()).await;
        let mut first = db.begin().await.unwrap();
        add(&mut first, 1).await;
        let other = db.clone();
        let repeated = tokio::spawn(async move {
            let mut tx = other.begin().await.unwrap();
            assert!(tx.execute("insert into parent (id) values (1)", vec![]).await.is_err());
            tx.rollback().await.unwrap();
            assert!(holds(&other, 1).await);
        });
        queue().await;
        first.commit().await.unwrap();
        repeated.await.unwrap();
    }
}
