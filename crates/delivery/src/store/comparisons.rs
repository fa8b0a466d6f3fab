//! Statements on `comparison` and `comparing`.

use kernel::{
    Page, Result, Timestamp, args,
    id::{AccountId, InstanceId, OrderLineId},
    page::PageOf,
};
use platform::Tx;

use crate::rules::comparison::{Comparison, Difference, Differs};

#[derive(sqlx::FromRow)]
struct Row {
    line_id: OrderLineId,
    instance_id: InstanceId,
    seller_id: AccountId,
    remote_id: String,
    compared_at: Option<Timestamp>,
    difference: Option<Difference>,
    since: Option<Timestamp>,
    told_at: Option<Timestamp>,
    by_hand_since: Option<Timestamp>,
    is_over: Option<bool>,
}

impl Row {
    fn comparison(self) -> Comparison {
        let differs = self.difference.zip(self.since);
        Comparison {
            line: self.line_id,
            instance: self.instance_id,
            seller: self.seller_id,
            remote: self.remote_id,
            compared_at: self.compared_at,
            differs: differs.map(|(what, since)| Differs {
                what,
                since,
                told_at: self.told_at,
                by_hand_since: self.by_hand_since,
            }),
            is_over: self.is_over.unwrap_or(false),
        }
    }
}

macro_rules! comparisons {
    ($rest:literal) => {
        concat!(
            "select r.line_id, r.instance_id, r.seller_id, r.remote_id, c.compared_at, c.difference, c.since, c.told_at, c.by_hand_since, \
             c.is_over from remote_instance r left join comparison c on c.line_id = r.line_id ",
            $rest
        )
    };
}

/// Sellers with instances at their systems, in the order of their ids after one.
pub(crate) async fn sellers(tx: &mut Tx, after: Option<AccountId>, most: i64) -> Result<Vec<AccountId>> {
    #[derive(sqlx::FromRow)]
    struct One {
        seller_id: AccountId,
    }
    let sql = "select distinct seller_id from remote_instance where ($1 is null or seller_id > $1) order by seller_id limit $2";
    let rows: Vec<One> = tx.fetch_all(sql, args![after, most]).await?;
    Ok(rows.into_iter().map(|row| row.seller_id).collect())
}

/// What was not compared yet in a night, what has waited longest first.
pub(crate) async fn waiting(tx: &mut Tx, seller: AccountId, night: Timestamp, most: i64) -> Result<Vec<Comparison>> {
    let sql = comparisons!(
        "where r.seller_id = $1 and (c.line_id is null or (c.is_over = false and c.compared_at < $2)) \
         order by c.compared_at nulls first, r.line_id limit $3"
    );
    let rows: Vec<Row> = tx.fetch_all(sql, args![seller, night, most]).await?;
    Ok(rows.into_iter().map(Row::comparison).collect())
}

pub(crate) async fn find(tx: &mut Tx, line: OrderLineId) -> Result<Option<Comparison>> {
    let row: Option<Row> = tx.fetch_optional(comparisons!("where r.line_id = $1"), args![line]).await?;
    Ok(row.map(Row::comparison))
}

/// What differs, of one seller or of all, the latest line first.
pub(crate) async fn differing(tx: &mut Tx, seller: Option<AccountId>, page: PageOf) -> Result<Page<Comparison>> {
    let sql = comparisons!(
        "where c.difference is not null and ($1 is null or c.seller_id = $1) and ($2 is null or r.line_id < $2) \
         order by r.line_id desc limit $3"
    );
    let rows: Vec<Row> = tx.fetch_all(sql, args![seller, page.before, page.fetch()]).await?;
    Ok(page.page(rows, |row| row.line_id.uuid()).map(Row::comparison))
}

/// How many instances have become a seller's to mend since a moment.
pub(crate) async fn left_since(tx: &mut Tx, seller: AccountId, since: Timestamp) -> Result<i64> {
    #[derive(sqlx::FromRow)]
    struct Count {
        count: i64,
    }
    let sql = "select count(*) as count from comparison where seller_id = $1 and by_hand_since >= $2";
    Ok(tx.fetch_optional::<Count>(sql, args![seller, since]).await?.map_or(0, |row| row.count))
}

pub(crate) async fn save(tx: &mut Tx, comparison: &Comparison) -> Result<()> {
    let Comparison { line, instance: _, seller, remote: _, compared_at, differs, is_over } = comparison;
    tx.execute(
        "insert into comparison (line_id, seller_id, compared_at, difference, since, told_at, by_hand_since, is_over) \
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (line_id) do update set compared_at = excluded.compared_at, \
         difference = excluded.difference, since = excluded.since, told_at = excluded.told_at, by_hand_since = excluded.by_hand_since, \
         is_over = excluded.is_over",
        args![
            *line,
            *seller,
            *compared_at,
            differs.map(|differs| differs.what),
            differs.map(|differs| differs.since),
            differs.and_then(|differs| differs.told_at),
            differs.and_then(|differs| differs.by_hand_since),
            *is_over
        ],
    )
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Next {
    next_at: Timestamp,
}

pub(crate) async fn next(tx: &mut Tx) -> Result<Option<Timestamp>> {
    Ok(tx.fetch_optional::<Next>("select next_at from comparing where id = 1", args![]).await?.map(|row| row.next_at))
}

/// Says when instances are compared next. False: somebody else has just said so.
pub(crate) async fn plan(tx: &mut Tx, before: Option<Timestamp>, next: Timestamp) -> Result<bool> {
    let hit = match before {
        None => {
            let sql = "insert into comparing (id, next_at) values (1, $1) on conflict (id) do nothing";
            tx.execute(sql, args![next]).await?
        }
        Some(before) => {
            let sql = "update comparing set next_at = $1 where id = 1 and next_at = $2";
            tx.execute(sql, args![next, before]).await?
        }
    };
    Ok(hit == 1)
}
