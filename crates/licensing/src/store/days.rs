//! Statements on `licence_day` and `licence_usage`.

use kernel::{
    Arg, Result, Timestamp, args,
    id::{AccountId, LicenceId},
};
use platform::{Db, Tx};

use crate::rules::{Licence, Usage};

/// The heartbeats of a licence on one day.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct DaySeen {
    pub(crate) day: String,
    pub(crate) first_seen_at: Timestamp,
    pub(crate) last_seen_at: Timestamp,
    pub(crate) heartbeats: i64,
    pub(crate) seen_from: String,
}

/// Heartbeats that came together, of one licence on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) account: AccountId,
    pub(crate) licence: LicenceId,
    pub(crate) day: String,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    pub(crate) heartbeats: i64,
    pub(crate) from: String,
}

impl Seen {
    fn row(&self) -> Vec<Arg> {
        args![self.account, self.licence, &self.day, self.first, self.last, self.heartbeats, &self.from]
    }
}

/// Adds heartbeats to their days, as a transaction of its own. The rows are distinct and in the order of their keys, so that
/// two writers never wait for each other in a circle.
pub(crate) async fn add_seen(db: &Db, seen: &[Seen]) -> Result<()> {
    db.insert_alone(
        "insert into licence_day (account_id, licence_id, day, first_seen_at, last_seen_at, heartbeats, seen_from)",
        seen.iter().map(Seen::row).collect(),
        "on conflict (account_id, licence_id, day) do update set \
         last_seen_at = case when excluded.last_seen_at > licence_day.last_seen_at \
         then excluded.last_seen_at else licence_day.last_seen_at end, \
         heartbeats = licence_day.heartbeats + excluded.heartbeats, seen_from = excluded.seen_from",
    )
    .await?;
    Ok(())
}

/// The days of a licence from one to another, both inside, earliest first.
pub(crate) async fn between(tx: &mut Tx, licence: &Licence, first: &str, last: &str) -> Result<Vec<DaySeen>> {
    tx.fetch_all(
        "select day, first_seen_at, last_seen_at, heartbeats, seen_from from licence_day \
         where account_id = $1 and licence_id = $2 and day >= $3 and day <= $4 order by day",
        args![licence.account, licence.id, first, last],
    )
    .await
}

/// All heartbeats of a licence in one line.
#[derive(Clone, Debug, Default, sqlx::FromRow)]
pub(crate) struct Total {
    pub(crate) first_seen_at: Option<Timestamp>,
    pub(crate) last_seen_at: Option<Timestamp>,
    pub(crate) heartbeats: i64,
}

pub(crate) async fn total(tx: &mut Tx, licence: &Licence) -> Result<Total> {
    tx.fetch_one(
        "select min(first_seen_at) as first_seen_at, max(last_seen_at) as last_seen_at, \
         cast(coalesce(sum(heartbeats), 0) as bigint) as heartbeats from licence_day where account_id = $1 and licence_id = $2",
        args![licence.account, licence.id],
    )
    .await
}

/// Adds or renews reported use. A client counts once a day; a later total replaces the earlier one.
pub(crate) async fn add_usage(
    tx: &mut Tx,
    licence: &Licence,
    day: &str,
    now: Timestamp,
    usage: &[Usage],
) -> Result<()> {
    let mut rows = std::collections::BTreeMap::new();
    for line in usage {
        match line {
            Usage::Client(client) => rows.insert(client.as_str(), None),
            Usage::ActiveNum(number) => rows.insert("", Some(*number)),
        };
    }
    let rows =
        rows.into_iter().map(|(client, number)| args![licence.account, licence.id, day, client, number, now]).collect();
    tx.insert_rows(
        "insert into licence_usage (account_id, licence_id, day, client, active_num, reported_at)",
        rows,
        "on conflict (account_id, licence_id, day, client) do update set \
         active_num = excluded.active_num, reported_at = excluded.reported_at",
    )
    .await?;
    Ok(())
}

/// Reported use on one day.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct UsageDay {
    pub(crate) day: String,
    pub(crate) clients: i64,
    pub(crate) active_num: Option<i64>,
}

pub(crate) async fn usage_between(tx: &mut Tx, licence: &Licence, first: &str, last: &str) -> Result<Vec<UsageDay>> {
    tx.fetch_all(
        "select day, count(case when client <> '' then 1 end) as clients, max(active_num) as active_num from licence_usage \
         where account_id = $1 and licence_id = $2 and day >= $3 and day <= $4 group by day order by day",
        args![licence.account, licence.id, first, last],
    )
    .await
}
