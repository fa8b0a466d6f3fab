//! Statements over many rows at once.

use kernel::{Arg, Error, Result};
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use super::{
    Db, Engine, Link, Pools, Row, Rows, Tx,
    bind::{arrays, placeholders},
    db_error,
};

/// Fewer rows are sent as single values.
const ARRAYS_FROM: usize = 100;
/// SQLite takes 32,766 values in a statement, PostgreSQL 65,535.
const VALUES_MAX: usize = 30_000;

/// Which rows were written by [`Tx::insert_new`].
#[derive(Debug)]
pub enum Written<T> {
    All,
    These(Vec<T>),
}

/// The statements that insert rows as single values.
fn inserts(engine: Engine, insert: &str, rows: Vec<Vec<Arg>>, tail: &str) -> Vec<(SqlStr, Vec<Arg>)> {
    let width = rows.first().map_or(1, Vec::len).max(1);
    let (mut rows, mut statements) = (rows.into_iter().peekable(), Vec::new());
    while rows.peek().is_some() {
        let chunk: Vec<Vec<Arg>> = rows.by_ref().take(VALUES_MAX / width).collect();
        let sql = format!("{insert} values {} {tail}", placeholders(engine, chunk.len(), width));
        statements.push((AssertSqlSafe(sql).into_sql_str(), chunk.into_iter().flatten().collect()));
    }
    statements
}

/// How many rows a statement of [`Db::insert_alone`] takes on SQLite. Few different sizes keep the statements in the
/// connection's cache.
const SIZES: [usize; 5] = [256, 64, 16, 4, 1];

impl Db {
    /// [`Tx::insert_rows`] as a transaction of its own, on PostgreSQL asked for with one message and not with three: for what
    /// comes often and a few rows at a time.
    pub async fn insert_alone(&self, insert: &'static str, rows: Vec<Vec<Arg>>, tail: &'static str) -> Result<u64> {
        if rows.is_empty() {
            return Ok(0);
        }
        match &self.pools {
            Pools::Postgres(pool) => {
                let (from, arguments) = arrays(rows)?;
                let sql = AssertSqlSafe(format!("{insert} select * from {from} {tail}")).into_sql_str();
                let done = Box::pin(sqlx::query_with(sql, arguments).execute(pool));
                Ok(done.await.map_err(db_error)?.rows_affected())
            }
            Pools::Sqlite { .. } => {
                let mut tx = self.begin().await?;
                let (mut rows, mut hit) = (rows, 0);
                for size in SIZES {
                    while rows.len() >= size {
                        let rest = rows.split_off(size);
                        hit += tx.insert_rows(insert, std::mem::replace(&mut rows, rest), tail).await?;
                    }
                }
                tx.commit().await?;
                Ok(hit)
            }
        }
    }
}

impl Tx {
    fn engine(&self) -> Engine {
        match &self.link {
            Link::Sqlite(_) | Link::SqliteSnapshot(_) | Link::SqliteReader(_) => Engine::Sqlite,
            Link::Postgres(_) | Link::PostgresReader(_) => Engine::Postgres,
        }
    }

    /// One insert of many rows: `insert` up to `values`, the rows, and what follows them (`on conflict …`). PostgreSQL takes many
    /// rows as one array for each column, which it reads several times faster than a value for each place.
    pub async fn insert_rows(&mut self, insert: &'static str, rows: Vec<Vec<Arg>>, tail: &'static str) -> Result<u64> {
        if let Link::Postgres(tx) = &mut self.link
            && rows.len() >= ARRAYS_FROM
        {
            let (from, arguments) = arrays(rows)?;
            let sql = AssertSqlSafe(format!("{insert} select * from {from} {tail}")).into_sql_str();
            let done = Box::pin(sqlx::query_with(sql, arguments).execute(&mut **tx));
            return Ok(done.await.map_err(db_error)?.rows_affected());
        }
        let mut hit = 0;
        for (sql, args) in inserts(self.engine(), insert, rows, tail) {
            hit += self.run(sql, args).await?;
        }
        Ok(hit)
    }

    /// The same, with what `tail` returns of the rows that were written.
    pub async fn insert_returning<T: Row>(
        &mut self,
        insert: &'static str,
        rows: Vec<Vec<Arg>>,
        tail: &'static str,
    ) -> Result<Vec<T>> {
        if let Link::Postgres(tx) = &mut self.link
            && rows.len() >= ARRAYS_FROM
        {
            let (from, arguments) = arrays(rows)?;
            let sql = AssertSqlSafe(format!("{insert} select * from {from} {tail}")).into_sql_str();
            let written = Box::pin(sqlx::query_with(sql, arguments).fetch_all(&mut **tx));
            return Rows::Postgres(written.await.map_err(db_error)?).decode();
        }
        let mut written = Vec::new();
        for (sql, args) in inserts(self.engine(), insert, rows, tail) {
            written.extend(self.rows(sql, args).await?.decode::<T>()?);
        }
        Ok(written)
    }

    /// The same where rows that a unique key refuses are left out, given the tail that does so, and the same tail with
    /// what it returns. SQLite is slow at telling of each row what became of it, and is asked only if some were left out.
    pub async fn insert_new<T: Row>(
        &mut self,
        insert: &'static str,
        rows: impl Fn() -> Vec<Vec<Arg>> + Send,
        (leave_out, returning): (&'static str, &'static str),
    ) -> Result<Written<T>> {
        if self.engine() == Engine::Sqlite {
            let rows = rows();
            let all = u64::try_from(rows.len()).map_err(Error::fault)?;
            self.execute("savepoint new_rows", Vec::new()).await?;
            let hit = self.insert_rows(insert, rows, leave_out).await?;
            let some = 0 < hit && hit < all;
            if some {
                self.execute("rollback to new_rows", Vec::new()).await?;
            }
            self.execute("release new_rows", Vec::new()).await?;
            if !some {
                return Ok(if hit == all { Written::All } else { Written::These(Vec::new()) });
            }
        }
        self.insert_returning(insert, rows(), returning).await.map(Written::These)
    }

    /// Rows for many keys at once: `before` stands before the list of keys, `(values …)`, and `after` behind it. Its columns
    /// are called `column1`, `column2`, ….
    pub async fn fetch_for<T: Row>(
        &mut self,
        before: &'static str,
        keys: Vec<Vec<Arg>>,
        after: &'static str,
    ) -> Result<Vec<T>> {
        self.rows_for(before, keys, (after, String::new())).await
    }

    /// The same, held until the transaction ends, in the order that `after` ends with: on PostgreSQL the rows of the table
    /// `held` are locked, on SQLite there is one writer.
    pub async fn hold_for<T: Row>(
        &mut self,
        before: &'static str,
        keys: Vec<Vec<Arg>>,
        (after, held): (&'static str, &'static str),
    ) -> Result<Vec<T>> {
        let lock = match &self.link {
            Link::Postgres(_) => format!("for update of {held}"),
            Link::Sqlite(_) => String::new(),
            Link::SqliteSnapshot(_) | Link::SqliteReader(_) | Link::PostgresReader(_) => {
                return Err(Error::fault("rows are held in a transaction"));
            }
        };
        self.rows_for(before, keys, (after, lock)).await
    }

    async fn rows_for<T: Row>(
        &mut self,
        before: &'static str,
        keys: Vec<Vec<Arg>>,
        (after, lock): (&'static str, String),
    ) -> Result<Vec<T>> {
        if let Link::Postgres(tx) = &mut self.link
            && keys.len() >= ARRAYS_FROM
        {
            let (from, arguments) = arrays(keys)?;
            let sql = AssertSqlSafe(format!("{before} (select * from {from}) {after} {lock}")).into_sql_str();
            let found = Box::pin(sqlx::query_with(sql, arguments).fetch_all(&mut **tx));
            return Rows::Postgres(found.await.map_err(db_error)?).decode();
        }
        let engine = self.engine();
        let width = keys.first().map_or(1, Vec::len).max(1);
        let (mut found, mut keys) = (Vec::new(), keys.into_iter().peekable());
        while keys.peek().is_some() {
            let chunk: Vec<Vec<Arg>> = keys.by_ref().take(VALUES_MAX / width).collect();
            let sql = format!("{before} (values {}) {after} {lock}", placeholders(engine, chunk.len(), width));
            let args = chunk.into_iter().flatten().collect();
            found.extend(self.rows(AssertSqlSafe(sql).into_sql_str(), args).await?.decode::<T>()?);
        }
        Ok(found)
    }
}
