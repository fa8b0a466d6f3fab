//! Statements on `usage_package`, `usage_filling` and `usage_cover`.

use std::collections::BTreeSet;

use kernel::{
    Error, Localized, Page, Result, Timestamp,
    arg::json,
    args,
    id::{AccountId, InstanceId, OrderLineId, ProductId},
    page::PageOf,
    time::Period,
};
use platform::Tx;
use pricing::Package;
use sqlx::types::Json;

use crate::rules::package::{Cover, Filling, Held, Watch};

/// What the packages of a pool have in common: their buyer, their product and what they count.
pub(crate) type Key = (AccountId, ProductId, String);

#[derive(sqlx::FromRow)]
struct Row {
    instance_id: InstanceId,
    account_id: AccountId,
    seller_id: AccountId,
    product_id: ProductId,
    line_id: OrderLineId,
    title: Json<Localized>,
    package: Json<Package>,
    zone: String,
    began_at: Timestamp,
    ends_at: Timestamp,
    ended_at: Option<Timestamp>,
    returned: bool,
    stopped_at: Option<Timestamp>,
    watch: Json<Watch>,
    again_line_id: Option<OrderLineId>,
    noticed: Option<i32>,
    due_at: Option<Timestamp>,
}

impl Row {
    fn held(self) -> Held {
        Held {
            instance: self.instance_id,
            account: self.account_id,
            seller: self.seller_id,
            product: self.product_id,
            line: self.line_id,
            title: self.title.0,
            package: self.package.0,
            zone: self.zone,
            term: Period { from: self.began_at, until: self.ends_at },
            ended_at: self.ended_at,
            returned: self.returned,
            stopped_at: self.stopped_at,
            watch: self.watch.0,
            again: self.again_line_id,
            noticed: self.noticed.and_then(|days| u32::try_from(days).ok()),
            due_at: self.due_at,
        }
    }
}

macro_rules! packages {
    ($rest:literal) => {
        concat!(
            "select p.instance_id, p.account_id, p.seller_id, p.product_id, p.line_id, p.title, p.package, p.zone, p.began_at, \
             p.ends_at, p.ended_at, p.returned, p.stopped_at, p.watch, p.again_line_id, p.noticed, p.due_at from ",
            $rest
        )
    };
}

fn all(rows: Vec<Row>) -> Vec<Held> {
    rows.into_iter().map(Row::held).collect()
}

/// Writes a new package. False: it is there already.
pub(crate) async fn insert(tx: &mut Tx, held: &Held, now: Timestamp) -> Result<bool> {
    let sql = "insert into usage_package (instance_id, account_id, seller_id, product_id, line_id, title, meter, package, zone, \
               began_at, ends_at, watch, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
               on conflict (instance_id) do nothing";
    let hit = tx
        .execute(
            sql,
            args![
                held.instance,
                held.account,
                held.seller,
                held.product,
                held.line,
                json(&held.title),
                held.meter(),
                json(&held.package),
                &held.zone,
                held.term.from,
                held.term.until,
                json(&held.watch),
                now
            ],
        )
        .await?;
    Ok(hit == 1)
}

pub(crate) async fn find(tx: &mut Tx, instance: InstanceId) -> Result<Option<Held>> {
    let sql = packages!("usage_package p where p.instance_id = $1");
    Ok(tx.fetch_optional::<Row>(sql, args![instance]).await?.map(Row::held))
}

/// The packages of some pools that end after a moment, held until the transaction ends: nobody takes from them meanwhile.
pub(crate) async fn hold(tx: &mut Tx, keys: &BTreeSet<Key>, after: Timestamp) -> Result<Vec<Held>> {
    let keys = keys.iter().map(|(account, product, meter)| args![*account, *product, meter, after]).collect();
    let rest = "as wanted join usage_package p on p.account_id = wanted.column1 and p.product_id = wanted.column2 \
                and p.meter = wanted.column3 and p.ends_at > wanted.column4 order by p.instance_id";
    Ok(all(tx.hold_for(packages!(""), keys, (rest, "p")).await?))
}

/// The same without holding them.
pub(crate) async fn of_pool(
    tx: &mut Tx,
    (account, product): (AccountId, ProductId),
    after: Timestamp,
) -> Result<Vec<Held>> {
    let sql = packages!(
        "usage_package p where p.account_id = $1 and p.product_id = $2 and p.ends_at > $3 order by p.instance_id"
    );
    Ok(all(tx.fetch_all(sql, args![account, product, after]).await?))
}

/// Whether an account has bought any package of a product.
pub(crate) async fn any(tx: &mut Tx, (account, product): (AccountId, ProductId)) -> Result<bool> {
    let sql = "select count(*) as count from \
               (select 1 from usage_package where account_id = $1 and product_id = $2 limit 1) one";
    Ok(tx.fetch_one::<Any>(sql, args![account, product]).await?.count > 0)
}

/// The packages of a buyer, newest first.
pub(crate) async fn of_buyer(tx: &mut Tx, account: AccountId, page: PageOf) -> Result<Page<Held>> {
    let sql = packages!(
        "usage_package p where p.account_id = $1 and ($2 is null or p.instance_id < $2) order by p.instance_id desc limit $3"
    );
    let rows: Vec<Row> = tx.fetch_all(sql, args![account, page.before, page.fetch()]).await?;
    Ok(page.page(rows, |row| row.instance_id.uuid()).map(Row::held))
}

/// The packages that a seller's customers bought, newest first.
pub(crate) async fn of_seller(tx: &mut Tx, seller: AccountId, page: PageOf) -> Result<Page<Held>> {
    let sql = packages!(
        "usage_package p where p.seller_id = $1 and ($2 is null or p.instance_id < $2) order by p.instance_id desc limit $3"
    );
    let rows: Vec<Row> = tx.fetch_all(sql, args![seller, page.before, page.fetch()]).await?;
    Ok(page.page(rows, |row| row.instance_id.uuid()).map(Row::held))
}

/// The package that was bought again by a line.
pub(crate) async fn bought_again_by(tx: &mut Tx, line: OrderLineId) -> Result<Option<Held>> {
    let sql = packages!("usage_package p where p.again_line_id = $1");
    Ok(tx.fetch_optional::<Row>(sql, args![line]).await?.map(Row::held))
}

/// Some packages behind one of them, for the audit.
pub(crate) async fn after(tx: &mut Tx, instance: Option<InstanceId>) -> Result<Vec<Held>> {
    let sql = packages!("usage_package p where $1 is null or p.instance_id > $1 order by p.instance_id limit 100");
    Ok(all(tx.fetch_all(sql, args![instance]).await?))
}

/// What is written until `keep` can be taken back alone, with `take_back`.
pub(crate) async fn attempt(tx: &mut Tx) -> Result<()> {
    tx.execute("savepoint bought_again", args![]).await.map(drop)
}

pub(crate) async fn keep(tx: &mut Tx) -> Result<()> {
    tx.execute("release savepoint bought_again", args![]).await.map(drop)
}

pub(crate) async fn take_back(tx: &mut Tx) -> Result<()> {
    tx.execute("rollback to savepoint bought_again", args![]).await?;
    keep(tx).await
}

/// Saves how one that is held stands.
pub(crate) async fn save(tx: &mut Tx, held: &Held) -> Result<()> {
    let Held { ended_at, returned, stopped_at, watch, again, noticed, due_at, instance, .. } = held;
    tx.execute_one(
        "update usage_package set ended_at = $1, returned = $2, stopped_at = $3, watch = $4, again_line_id = $5, noticed = $6, \
         due_at = $7 where instance_id = $8",
        args![*ended_at, *returned, *stopped_at, json(watch), *again, *noticed, *due_at, *instance],
        || Error::Busy,
    )
    .await
}

#[derive(sqlx::FromRow)]
struct Filled {
    package_id: InstanceId,
    from_at: Timestamp,
    until_at: Timestamp,
    amount: i64,
    taken: i64,
}

/// What was taken of some packages in the fillings that end after a moment.
pub(crate) async fn fillings(
    tx: &mut Tx,
    packages: impl Iterator<Item = InstanceId>,
    after: Timestamp,
) -> Result<Vec<(InstanceId, Filling)>> {
    let keys: Vec<_> = packages.map(|id| args![id, after]).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let before = "select f.package_id, f.from_at, f.until_at, f.amount, f.taken from";
    let rest = "as wanted join usage_filling f on f.package_id = wanted.column1 and f.until_at > wanted.column2";
    let found: Vec<Filled> = tx.fetch_for(before, keys, rest).await?;
    let filling = |Filled { package_id, from_at, until_at, amount, taken }| {
        (package_id, Filling { period: Period { from: from_at, until: until_at }, amount, taken, now: 0 })
    };
    Ok(found.into_iter().map(filling).collect())
}

/// Adds what is taken now. More than a filling holds is refused by the table itself.
pub(crate) async fn take(tx: &mut Tx, fillings: Vec<(InstanceId, Filling)>) -> Result<()> {
    let row = |(package, filling): (InstanceId, Filling)| {
        let Filling { period, amount, taken: _, now } = filling;
        args![package, period.from, period.until, amount, now]
    };
    let insert = "insert into usage_filling (package_id, from_at, until_at, amount, taken)";
    let tail = "on conflict (package_id, from_at) do update set taken = usage_filling.taken + excluded.taken";
    tx.insert_rows(insert, fillings.into_iter().map(row).collect(), tail).await?;
    Ok(())
}

/// Gives something back to a filling.
pub(crate) async fn give_back(tx: &mut Tx, cover: &Cover) -> Result<()> {
    let sql = "update usage_filling set taken = taken - $1 where package_id = $2 and from_at = $3";
    tx.execute_one(sql, args![cover.quantity, cover.package, cover.filling], || Error::Busy).await
}

/// Writes what of records was covered: of an instance, by its number.
pub(crate) async fn write_covers(tx: &mut Tx, covers: Vec<(InstanceId, String, Cover)>, now: Timestamp) -> Result<()> {
    let row = |(instance, number, cover): (InstanceId, String, Cover)| {
        let Cover { package, filling, quantity } = cover;
        args![instance, number, package, filling, quantity, now]
    };
    let insert = "insert into usage_cover (instance_id, number, package_id, filling_from, quantity, covered_at)";
    tx.insert_rows(insert, covers.into_iter().map(row).collect(), "").await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
pub(crate) struct Covered {
    pub(crate) meter: String,
    pub(crate) late: bool,
    pub(crate) quantity: i64,
}

/// What packages have covered of all that a period of an instance is charged with, by meter.
pub(crate) async fn covered_in(tx: &mut Tx, instance: InstanceId, period: Period) -> Result<Vec<Covered>> {
    let any = "select count(*) as count from (select 1 from usage_cover where instance_id = $1 limit 1) one";
    if tx.fetch_one::<Any>(any, args![instance]).await?.count == 0 {
        return Ok(Vec::new());
    }
    let sql = "select r.meter, false as late, cast(sum(c.quantity) as bigint) as quantity from usage_cover c \
               join usage_record r on r.instance_id = c.instance_id and r.number = c.number \
               where c.instance_id = $1 and r.late_in is null and r.begin_at >= $2 and r.begin_at < $3 group by r.meter \
               union all \
               select r.meter, true as late, cast(sum(c.quantity) as bigint) as quantity from usage_cover c \
               join usage_record r on r.instance_id = c.instance_id and r.number = c.number \
               where c.instance_id = $1 and r.late_in = $2 group by r.meter";
    tx.fetch_all(sql, args![instance, period.from, period.until]).await
}

#[derive(sqlx::FromRow)]
struct Any {
    count: i64,
}

/// Whether anything was ever taken of a package.
pub(crate) async fn is_used(tx: &mut Tx, package: InstanceId) -> Result<bool> {
    let sql = "select count(*) as count from usage_filling where package_id = $1";
    Ok(tx.fetch_one::<Any>(sql, args![package]).await?.count > 0)
}

#[derive(sqlx::FromRow)]
pub(crate) struct FillingDrift {
    pub(crate) package_id: InstanceId,
    pub(crate) filling_from: Timestamp,
    pub(crate) taken: i64,
    pub(crate) covered: i64,
}

/// A filling of which something else was taken than it has covered.
pub(crate) async fn first_filling_drift(tx: &mut Tx) -> Result<Option<FillingDrift>> {
    tx.fetch_optional(
        "select package_id, filling_from, cast(sum(taken) as bigint) as taken, cast(sum(covered) as bigint) as covered from \
         (select package_id, from_at as filling_from, taken, 0 as covered from usage_filling \
          union all \
          select package_id, filling_from, 0 as taken, quantity as covered from usage_cover \
          union all \
          select package_id, filling_from, 0 as taken, quantity as covered from usage_correction_cover) both_sides \
         group by package_id, filling_from having sum(taken) <> sum(covered) order by package_id, filling_from limit 1",
        vec![],
    )
    .await
}

#[derive(sqlx::FromRow)]
pub(crate) struct RecordDrift {
    pub(crate) instance_id: InstanceId,
    pub(crate) number: String,
    pub(crate) quantity: i64,
    pub(crate) said: i64,
    pub(crate) covered: i64,
}

/// A record of which packages have covered something else than it says, or more than it is.
pub(crate) async fn first_record_drift(tx: &mut Tx) -> Result<Option<RecordDrift>> {
    tx.fetch_optional(
        "select instance_id, number, cast(sum(quantity) as bigint) as quantity, cast(sum(said) as bigint) as said, \
         cast(sum(covered) as bigint) as covered from \
         (select instance_id, number, quantity, covered as said, 0 as covered from usage_record where covered <> 0 \
          union all \
          select instance_id, number, 0 as quantity, 0 as said, quantity as covered from usage_cover) both_sides \
         group by instance_id, number having sum(said) <> sum(covered) or sum(covered) > sum(quantity) \
         order by instance_id, number limit 1",
        vec![],
    )
    .await
}

#[derive(sqlx::FromRow)]
pub(crate) struct CoverDrift {
    pub(crate) instance_id: InstanceId,
    pub(crate) number: String,
}

/// Something that a package has covered and could not: of somebody else, of another meter, of another time, or given back.
pub(crate) async fn first_cover_drift(
    tx: &mut Tx,
    package: InstanceId,
    begins: Timestamp,
) -> Result<Option<CoverDrift>> {
    tx.fetch_optional(
        "select c.instance_id, c.number from usage_cover c \
         join usage_package p on p.instance_id = c.package_id \
         join usage_record r on r.instance_id = c.instance_id and r.number = c.number \
         join metered_instance m on m.instance_id = c.instance_id \
         left join usage_filling f on f.package_id = c.package_id and f.from_at = c.filling_from \
         where c.package_id = $1 and (r.account_id <> p.account_id or m.product_id <> p.product_id or r.meter <> p.meter \
         or p.returned or r.begin_at < $2 or r.begin_at >= p.ends_at or r.begin_at >= f.until_at \
         or (r.begin_at < c.filling_from and c.filling_from <> p.began_at)) \
         order by c.instance_id, c.number limit 1",
        args![package, begins],
    )
    .await
}

#[derive(sqlx::FromRow)]
struct Known {
    created_at: Timestamp,
}

/// When a package was known here.
pub(crate) async fn known_since(tx: &mut Tx, package: InstanceId) -> Result<Timestamp> {
    let sql = "select created_at from usage_package where instance_id = $1";
    Ok(tx.fetch_one::<Known>(sql, args![package]).await?.created_at)
}

/// A record that is charged although a package that was there when it came, after a moment, has something left for it. What was given
/// back covers what comes later.
pub(crate) async fn first_uncovered(tx: &mut Tx, held: &Held, after: Timestamp) -> Result<Option<CoverDrift>> {
    tx.fetch_optional(
        "select r.instance_id, r.number from usage_package p \
         join metered_instance m on m.account_id = p.account_id and m.product_id = p.product_id \
         join usage_record r on r.instance_id = m.instance_id and r.meter = p.meter and r.covered < r.quantity \
         and r.begin_at >= p.began_at and r.begin_at < $2 and r.received_at > $3 \
         where p.instance_id = $1 and not exists (select 1 from usage_filling f where f.package_id = p.instance_id \
         and f.from_at <= r.begin_at and f.until_at > r.begin_at and (f.taken = f.amount or exists (select 1 \
         from usage_correction_cover k where k.package_id = f.package_id and k.filling_from = f.from_at and k.quantity < 0))) \
         order by r.instance_id, r.number limit 1",
        args![held.instance, held.ends(), after],
    )
    .await
}

#[derive(sqlx::FromRow)]
struct OneFilling {
    from_at: Timestamp,
    until_at: Timestamp,
    amount: i64,
}

/// Every filling of a package of which something was taken, for the audit.
pub(crate) async fn every_filling(tx: &mut Tx, package: InstanceId) -> Result<Vec<(Period, i64)>> {
    let sql = "select from_at, until_at, amount from usage_filling where package_id = $1 order by from_at";
    let found: Vec<OneFilling> = tx.fetch_all(sql, args![package]).await?;
    Ok(found.into_iter().map(|one| (Period { from: one.from_at, until: one.until_at }, one.amount)).collect())
}
