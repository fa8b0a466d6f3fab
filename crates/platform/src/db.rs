//! The database over both engines: one schema, one text per statement. Nobody else knows which engine runs.
//!
//! On SQLite one connection writes, many read; on PostgreSQL one pool does both.

mod bind;
mod many;
mod writer;

pub use many::Written;

use std::{borrow::Cow, path::Path, pin::Pin, str::FromStr, sync::Arc, time::Duration};

use kernel::{Arg, Error, Result};
use sqlx::{
    AssertSqlSafe, ConnectOptions, FromRow, PgPool, Postgres, SqlSafeStr, SqlStr, Sqlite, SqlitePool, Transaction,
    migrate::{Migration, MigrationType, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions, PgRow},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous},
};
use tokio::sync::Notify;

use self::{
    bind::{postgres_arguments, sqlite_arguments},
    writer::{Turn, Writer},
};
use crate::jobs::Lane;

/// One for each lane of the queue, so that nobody is woken by what another has to do.
type Bells = [Notify; BELLS];
const BELLS: usize = Lane::ALL.len();

/// Statements that each SQLite connection keeps compiled. There are more of them than this; compiling one takes longer than
/// running it.
const STATEMENTS: usize = 1_000;

/// What the database does, behind a pointer: a statement of either engine with a connection that may have to be made first
/// is large, and whoever waits for it would be as large, and so on upwards.
type Doing<'d, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'd>>;

/// A struct that both engines' rows decode into: `#[derive(sqlx::FromRow)]`.
pub trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T> Row for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

#[derive(Clone)]
pub struct Db {
    pools: Pools,
    /// Rung when a committed transaction has left jobs behind.
    bells: Arc<Bells>,
}

#[derive(Clone)]
enum Pools {
    Sqlite { writer: Writer, readers: SqlitePool },
    Postgres(PgPool),
}

/// A transaction, or a reader outside of one. Dropped without [`Tx::commit`], a transaction leaves nothing behind.
pub struct Tx {
    link: Link,
    bells: Arc<Bells>,
    /// Which of them ring when it commits.
    rings: [bool; BELLS],
    after: Vec<Box<dyn FnOnce() + Send>>,
}

enum Link {
    Sqlite(Turn),
    SqliteSnapshot(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
    SqliteReader(SqlitePool),
    PostgresReader(PgPool),
}

/// Rows as the engine gave them. They are fetched by code that is compiled once and decoded by code that is compiled for
/// each kind of row, which keeps the program small.
enum Rows {
    Sqlite(Vec<SqliteRow>),
    Postgres(Vec<PgRow>),
}

impl Rows {
    fn decode<T: Row>(&self) -> Result<Vec<T>> {
        let decoded: sqlx::Result<Vec<T>> = match self {
            Self::Sqlite(rows) => rows.iter().map(T::from_row).collect(),
            Self::Postgres(rows) => rows.iter().map(T::from_row).collect(),
        };
        decoded.map_err(db_error)
    }
}

impl Db {
    /// A file that is made when it is not there; `connections` readers beside the one writer. What was acknowledged
    /// survives a power cut, not only a crash of ours.
    pub async fn sqlite(file: &Path, connections: u32) -> Result<Self> {
        Self::sqlite_with(sqlite_options(file).synchronous(SqliteSynchronous::Full), connections).await
    }

    /// The same for data that nobody will miss: nothing waits for the disk.
    pub async fn sqlite_scratch(file: &Path, connections: u32) -> Result<Self> {
        let options = sqlite_options(file)
            .synchronous(SqliteSynchronous::Off)
            .pragma("cache_size", "-65536")
            .pragma("mmap_size", "268435456")
            // Its log is put in order a tenth as often; 40 MB of it are no trouble.
            .pragma("wal_autocheckpoint", "10000");
        Self::sqlite_with(options, connections).await
    }

    /// The same for one of several beside a site: it takes little memory, and never more of the disk than `megabytes_max`.
    pub async fn sqlite_small(file: &Path, megabytes_max: u32) -> Result<Self> {
        let pages = u64::from(megabytes_max) * 256;
        let options = sqlite_options(file)
            .synchronous(SqliteSynchronous::Off)
            .page_size(4_096)
            .pragma("cache_size", "-2048")
            .pragma("max_page_count", pages.to_string());
        Self::sqlite_with(options, 2).await
    }

    async fn sqlite_with(options: SqliteConnectOptions, connections: u32) -> Result<Self> {
        let writer = Writer::open(options.clone()).await?;
        // Each has read the whole schema; more than can run beside each other only hold memory.
        let at_once = std::thread::available_parallelism().map_or(2, |cores| u32::try_from(cores.get()).unwrap_or(2));
        let readers = SqlitePoolOptions::new()
            .max_connections(connections.clamp(1, 2 * at_once.max(2)))
            // It is a file: there is nobody who could have hung up.
            .test_before_acquire(false)
            .connect_with(options.pragma("query_only", "on"))
            .await
            .map_err(db_error)?;
        Ok(Self { pools: Pools::Sqlite { writer, readers }, bells: Arc::default() })
    }

    pub async fn postgres(url: &str, connections: u32) -> Result<Self> {
        Self::postgres_with(PgConnectOptions::from_str(url).map_err(db_error)?, connections).await
    }

    /// A schema of its own in a PostgreSQL database, for the simulation and benchmarks; [`Db::drop_scratch`] removes it.
    /// `name` is a plain word.
    pub async fn scratch(url: &str, name: &str, connections: u32) -> Result<Self> {
        let options = PgConnectOptions::from_str(url).map_err(db_error)?;
        raw(options.clone(), format!("create schema {name}")).await?;
        Self::postgres_with(options.options([("search_path", name)]), connections).await
    }

    /// Removes a scratch schema and everything in it.
    pub async fn drop_scratch(url: &str, name: &str) -> Result<()> {
        let options = PgConnectOptions::from_str(url).map_err(db_error)?;
        raw(options, format!("drop schema {name} cascade")).await
    }

    async fn postgres_with(options: PgConnectOptions, connections: u32) -> Result<Self> {
        let pool = PgPoolOptions::new()
            .max_connections(connections.max(2))
            .acquire_timeout(Duration::from_secs(30))
            // One that was used a moment ago still stands; asking it each time would double the way of every read.
            .test_before_acquire(false)
            .before_acquire(|connection, known| {
                Box::pin(async move {
                    if known.idle_for > IDLE {
                        sqlx::Connection::ping(connection).await?;
                    }
                    Ok(true)
                })
            })
            .connect_with(options)
            .await
            .map_err(db_error)?;
        Ok(Self { pools: Pools::Postgres(pool), bells: Arc::default() })
    }

    pub fn engine(&self) -> Engine {
        match &self.pools {
            Pools::Sqlite { .. } => Engine::Sqlite,
            Pools::Postgres(_) => Engine::Postgres,
        }
    }

    /// Whether this process is the only one that uses the database.
    pub fn is_exclusive(&self) -> bool {
        self.engine() == Engine::Sqlite
    }

    /// A handle for reading outside of a transaction; it refuses to write.
    pub fn read(&self) -> Tx {
        let link = match &self.pools {
            Pools::Sqlite { readers, .. } => Link::SqliteReader(readers.clone()),
            Pools::Postgres(pool) => Link::PostgresReader(pool.clone()),
        };
        Tx { link, bells: self.bells.clone(), rings: [false; BELLS], after: Vec::new() }
    }

    /// Begins a transaction that may write.
    pub fn begin(&self) -> impl Future<Output = Result<Tx>> + Send {
        let doing: Doing<'_, Tx> = Box::pin(async move {
            let link = match &self.pools {
                Pools::Sqlite { writer, .. } => Link::Sqlite(writer.begin().await?),
                Pools::Postgres(pool) => Link::Postgres(pool.begin().await.map_err(db_error)?),
            };
            Ok(Tx { link, bells: self.bells.clone(), rings: [false; BELLS], after: Vec::new() })
        });
        doing
    }

    /// A snapshot of the whole database at one moment, for checks that compare tables.
    pub fn snapshot(&self) -> impl Future<Output = Result<Tx>> + Send {
        let doing: Doing<'_, Tx> = Box::pin(async move {
            let link = match &self.pools {
                Pools::Sqlite { readers, .. } => Link::SqliteSnapshot(readers.begin().await.map_err(db_error)?),
                Pools::Postgres(pool) => {
                    let isolated = "begin isolation level repeatable read read only";
                    Link::Postgres(pool.begin_with(isolated).await.map_err(db_error)?)
                }
            };
            Ok(Tx { link, bells: self.bells.clone(), rings: [false; BELLS], after: Vec::new() })
        });
        doing
    }

    /// Waits until some transaction commits new jobs of a lane.
    pub async fn job_rung(&self, lane: Lane) {
        self.bells[lane as usize].notified().await;
    }

    /// Brings the schema up to date; on PostgreSQL several processes may try at once.
    pub async fn migrate(&self, files: &[(i64, &'static str, &'static str)]) -> Result<()> {
        let engine = self.engine();
        let migrations = files.iter().map(|(version, name, text)| {
            let sql = AssertSqlSafe(for_engine(text, engine)).into_sql_str();
            Migration::new(*version, Cow::Borrowed(*name), MigrationType::Simple, sql, false)
        });
        let migrator = Migrator::with_migrations(migrations.collect());
        match &self.pools {
            Pools::Sqlite { writer, .. } => writer.migrate(&migrator).await,
            Pools::Postgres(pool) => migrator.run(pool).await.map_err(Error::fault),
        }
    }

    /// Whether nobody has made a table here yet.
    pub async fn is_empty(&self) -> Result<bool> {
        #[derive(sqlx::FromRow)]
        struct Count {
            count: i64,
        }
        let sql = match self.engine() {
            Engine::Sqlite => "select count(*) as count from sqlite_master where type = 'table'",
            Engine::Postgres => {
                "select count(*) as count from information_schema.tables where table_schema = current_schema()"
            }
        };
        Ok(self.read().fetch_one::<Count>(sql, vec![]).await?.count == 0)
    }

    /// Ends all connections after the statements that run have finished.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                // The file is whole in any case: its log is read when it is opened next.
                let _ = writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    /// Runs a statement and says how many rows it hit.
    pub async fn execute(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<u64> {
        self.run(sql.into_sql_str(), args).await
    }

    /// Runs a statement that has to hit exactly one row; otherwise whoever came before has changed it: `missed` says what.
    pub async fn execute_one<E: Into<Error>>(
        &mut self,
        sql: &'static str,
        args: Vec<Arg>,
        missed: impl FnOnce() -> E + Send,
    ) -> Result<()> {
        if self.execute(sql, args).await? == 1 { Ok(()) } else { Err(missed().into()) }
    }

    fn run(&mut self, sql: SqlStr, args: Vec<Arg>) -> Doing<'_, u64> {
        Box::pin(async move {
            match &mut self.link {
                Link::Sqlite(turn) => {
                    let query = sqlx::query_with(sql, sqlite_arguments(args)?);
                    Ok(query.execute(turn.connection()?).await.map_err(db_error)?.rows_affected())
                }
                Link::Postgres(tx) => {
                    let query = sqlx::query_with(sql, postgres_arguments(args)?);
                    Ok(query.execute(&mut **tx).await.map_err(db_error)?.rows_affected())
                }
                Link::SqliteSnapshot(_) | Link::SqliteReader(_) | Link::PostgresReader(_) => {
                    Err(Error::fault("a statement that writes was given to a reader"))
                }
            }
        })
    }

    pub async fn fetch_all<T: Row>(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<Vec<T>> {
        self.rows(sql.into_sql_str(), args).await?.decode()
    }

    /// The row that a key, a `limit 1` or `returning` gives, if there is one.
    pub async fn fetch_optional<T: Row>(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<Option<T>> {
        Ok(self.fetch_all(sql, args).await?.into_iter().next())
    }

    /// The one row that an aggregate always gives.
    pub async fn fetch_one<T: Row>(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<T> {
        self.fetch_optional(sql, args).await?.ok_or_else(|| Error::fault(sqlx::Error::RowNotFound))
    }

    /// Changes rows of a queue that nobody else is taking at the same moment: `update` up to its `where`, `select` gives the
    /// ids, then `returning`. On PostgreSQL rows locked by others are skipped, on SQLite there is one writer.
    pub async fn take_rows<T: Row>(
        &mut self,
        (update, select, returning): (&'static str, &'static str, &'static str),
        args: Vec<Arg>,
    ) -> Result<Vec<T>> {
        let lock = match &self.link {
            Link::Postgres(_) => "for update skip locked",
            Link::Sqlite(_) | Link::SqliteSnapshot(_) | Link::SqliteReader(_) | Link::PostgresReader(_) => "",
        };
        // Made once, before anything is changed: otherwise PostgreSQL may ask again, skip what it has changed and take more.
        let sql =
            format!("with due as materialized ({select} {lock}) {update} where id in (select id from due) {returning}");
        self.rows(AssertSqlSafe(sql).into_sql_str(), args).await?.decode()
    }

    fn rows(&mut self, sql: SqlStr, args: Vec<Arg>) -> Doing<'_, Rows> {
        Box::pin(async move {
            let rows = match &mut self.link {
                Link::Sqlite(turn) => {
                    let query = sqlx::query_with(sql, sqlite_arguments(args)?);
                    query.fetch_all(turn.connection()?).await.map(Rows::Sqlite)
                }
                Link::SqliteSnapshot(tx) => {
                    sqlx::query_with(sql, sqlite_arguments(args)?).fetch_all(&mut **tx).await.map(Rows::Sqlite)
                }
                Link::SqliteReader(pool) => {
                    sqlx::query_with(sql, sqlite_arguments(args)?).fetch_all(&*pool).await.map(Rows::Sqlite)
                }
                Link::Postgres(tx) => {
                    sqlx::query_with(sql, postgres_arguments(args)?).fetch_all(&mut **tx).await.map(Rows::Postgres)
                }
                Link::PostgresReader(pool) => {
                    sqlx::query_with(sql, postgres_arguments(args)?).fetch_all(&*pool).await.map(Rows::Postgres)
                }
            };
            rows.map_err(db_error)
        })
    }

    /// After the commit, a worker of the lane is woken.
    pub(crate) fn ring_on_commit(&mut self, lane: Lane) {
        self.rings[lane as usize] = true;
    }

    /// Takes everything back. A transaction that is dropped does so as well, but nobody waits for it: whoever was refused
    /// because of what somebody did before, and looks for that, waits. An error: what was done before did not last.
    pub fn rollback(self) -> impl Future<Output = Result<()>> + Send {
        let doing: Doing<'static, ()> = Box::pin(async move {
            match self.link {
                Link::Sqlite(turn) => turn.rollback().await,
                Link::Postgres(tx) => tx.rollback().await.map_err(db_error),
                Link::SqliteSnapshot(_) | Link::SqliteReader(_) | Link::PostgresReader(_) => Ok(()),
            }
        });
        doing
    }

    /// After the commit, something is done that takes no time: what is kept in memory is forgotten.
    pub fn after_commit(&mut self, done: impl FnOnce() + Send + 'static) {
        self.after.push(Box::new(done));
    }

    pub fn commit(self) -> impl Future<Output = Result<()>> + Send {
        let doing: Doing<'static, ()> = Box::pin(async move {
            match self.link {
                Link::Sqlite(turn) => turn.commit().await?,
                Link::Postgres(tx) => tx.commit().await.map_err(db_error)?,
                Link::SqliteSnapshot(_) | Link::SqliteReader(_) | Link::PostgresReader(_) => {}
            }
            for (bell, rings) in self.bells.iter().zip(self.rings) {
                if rings {
                    bell.notify_one();
                }
            }
            for done in self.after {
                done();
            }
            Ok(())
        });
        doing
    }
}

fn sqlite_options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .foreign_keys(true)
        .statement_cache_capacity(STATEMENTS)
        .busy_timeout(Duration::from_secs(10))
}

async fn raw(options: PgConnectOptions, sql: String) -> Result<()> {
    let mut connection = options.connect().await.map_err(db_error)?;
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.map_err(db_error)?;
    Ok(())
}

/// After this, a connection to a server may have been cut without our knowing.
const IDLE: Duration = Duration::from_secs(1);

/// A unique key that already holds the value, as a constraint's or an index's name and columns.
#[derive(Debug, thiserror::Error)]
#[error("{key} is taken")]
pub struct Taken {
    key: String,
    #[source]
    source: sqlx::Error,
}

fn db_error(error: sqlx::Error) -> Error {
    if let sqlx::Error::Database(database) = &error {
        if database.is_unique_violation() {
            let key = database.constraint().map_or_else(|| database.message().to_owned(), str::to_owned);
            return Error::fault(Taken { key, source: error });
        }
        // PostgreSQL: serialization failure, deadlock. SQLite: busy, locked, busy snapshot.
        if matches!(database.code().as_deref(), Some("40001" | "40P01" | "5" | "6" | "517")) {
            return Error::Busy;
        }
    }
    if matches!(error, sqlx::Error::PoolTimedOut) { Error::Busy } else { Error::fault(error) }
}

/// Turns the violation of a unique key into the refusal that says what it means.
pub trait OnUnique<T> {
    fn on_unique<E: Into<Error>>(self, refusal: impl FnOnce() -> E) -> Result<T>;
}

impl<T> OnUnique<T> for Result<T> {
    fn on_unique<E: Into<Error>>(self, refusal: impl FnOnce() -> E) -> Result<T> {
        match self {
            Err(Error::Fault(source)) if source.is::<Taken>() => Err(refusal().into()),
            other => other,
        }
    }
}

/// A migration is written once; lines between `-- only: <engine>` and `-- end` belong to one engine.
fn for_engine(text: &str, engine: Engine) -> String {
    let mut only: Option<&str> = None;
    let mut kept = String::with_capacity(text.len());
    for line in text.lines() {
        let mark = line.trim();
        if let Some(name) = mark.strip_prefix("-- only: ") {
            only = Some(name);
        } else if mark == "-- end" {
            only = None;
        } else if only.is_none_or(|name| name == engine.name()) {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked_lines_reach_one_engine_only() {
        let text = "a\n-- only: sqlite\nb\n-- end\n-- only: postgres\nc\n-- end\nd";
        assert_eq!(for_engine(text, Engine::Sqlite), "a\nb\nd\n");
        assert_eq!(for_engine(text, Engine::Postgres), "a\nc\nd\n");
    }
}
