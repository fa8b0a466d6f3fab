//! Statements on `floor`, `favourite`, `product_view`, `recommendation`, `product_sold` and `storefront_round`.

use std::collections::BTreeMap;

use kernel::{
    Localized, Result, Timestamp,
    arg::json,
    args,
    id::{AccountId, FloorId, ProductId, UserId},
};
use platform::Tx;
use sqlx::types::Json;

use super::Shown;
use crate::rules::{Floor, FloorContent, Likeness};

#[derive(sqlx::FromRow)]
struct FloorRow {
    id: FloorId,
    title: Json<Localized>,
    content: Json<FloorContent>,
    position: i64,
    shown_from: Timestamp,
    shown_until: Option<Timestamp>,
    version: i64,
}

impl FloorRow {
    fn floor(self) -> Floor {
        Floor {
            id: self.id,
            title: self.title.0,
            content: self.content.0,
            position: self.position,
            shown_from: self.shown_from,
            shown_until: self.shown_until,
            version: self.version,
        }
    }
}

/// All of them, in their order.
pub(crate) async fn floors(tx: &mut Tx) -> Result<Vec<Floor>> {
    let sql = "select id, title, content, position, shown_from, shown_until, version from floor order by position, id";
    Ok(tx.fetch_all::<FloorRow>(sql, args![]).await?.into_iter().map(FloorRow::floor).collect())
}

pub(crate) async fn insert_floor(tx: &mut Tx, floor: &Floor) -> Result<()> {
    let Floor { id, title, content, position, shown_from, shown_until, version } = floor;
    tx.execute(
        "insert into floor (id, title, content, position, shown_from, shown_until, version) \
         values ($1, $2, $3, $4, $5, $6, $7)",
        args![*id, json(title), json(content), *position, *shown_from, *shown_until, *version],
    )
    .await?;
    Ok(())
}

/// False: it was changed or removed in the meantime.
pub(crate) async fn save_floor(tx: &mut Tx, floor: &Floor) -> Result<bool> {
    let Floor { id, title, content, position, shown_from, shown_until, version } = floor;
    let hit = tx.execute(
        "update floor set title = $1, content = $2, position = $3, shown_from = $4, shown_until = $5, version = version + 1 \
         where id = $6 and version = $7",
        args![json(title), json(content), *position, *shown_from, *shown_until, *id, *version],
    );
    Ok(hit.await? == 1)
}

/// False: there is none.
pub(crate) async fn delete_floor(tx: &mut Tx, id: FloorId) -> Result<bool> {
    Ok(tx.execute("delete from floor where id = $1", args![id]).await? == 1)
}

#[derive(sqlx::FromRow)]
struct ProductRow {
    product_id: ProductId,
}

/// What sold best, of all categories or of some.
pub(crate) async fn best_selling(tx: &mut Tx, categories: &[String], limit: i64) -> Result<Vec<ProductId>> {
    if categories.is_empty() {
        let sql = "select product_id from product_sold order by buyers desc, product_id limit $1";
        return Ok(ids(tx.fetch_all(sql, args![limit]).await?));
    }
    let mut found: BTreeMap<ProductId, i64> = BTreeMap::new();
    for category in categories {
        let sql = "select s.product_id, s.buyers from product_sold s join product_category c on c.product_id = s.product_id \
                   where c.category = $1 order by s.buyers desc, s.product_id limit $2";
        let rows: Vec<Sold> = tx.fetch_all(sql, args![category, limit]).await?;
        found.extend(rows.into_iter().map(|row| (row.product_id, row.buyers)));
    }
    let mut ordered: Vec<(i64, ProductId)> = found.into_iter().map(|(product, buyers)| (-buyers, product)).collect();
    ordered.sort_unstable();
    Ok(ordered.into_iter().map(|(_, product)| product).collect())
}

#[derive(sqlx::FromRow)]
struct Sold {
    product_id: ProductId,
    buyers: i64,
}

fn ids(rows: Vec<ProductRow>) -> Vec<ProductId> {
    rows.into_iter().map(|row| row.product_id).collect()
}

/// Whose things: a user within an account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Who {
    pub(crate) account: AccountId,
    pub(crate) user: UserId,
}

/// A product that somebody marked or looked at, and when.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Noted {
    pub(crate) product_id: ProductId,
    pub(crate) at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Count {
    count: i64,
}

pub(crate) async fn mark(tx: &mut Tx, who: Who, product: ProductId, now: Timestamp) -> Result<()> {
    let rows = vec![args![who.account, who.user, product, now]];
    let insert = "insert into favourite (account_id, user_id, product_id, marked_at)";
    tx.insert_rows(insert, rows, "on conflict (account_id, user_id, product_id) do nothing").await?;
    Ok(())
}

pub(crate) async fn unmark(tx: &mut Tx, who: Who, product: ProductId) -> Result<()> {
    let sql = "delete from favourite where account_id = $1 and user_id = $2 and product_id = $3";
    tx.execute(sql, args![who.account, who.user, product]).await?;
    Ok(())
}

pub(crate) async fn marks_beside(tx: &mut Tx, who: Who, product: ProductId) -> Result<i64> {
    let sql = "select count(*) as count from favourite where account_id = $1 and user_id = $2 and product_id <> $3";
    Ok(tx.fetch_one::<Count>(sql, args![who.account, who.user, product]).await?.count)
}

/// The latest first. There are few, so that there are no pages.
pub(crate) async fn favourites(tx: &mut Tx, who: Who) -> Result<Vec<Noted>> {
    let sql = "select product_id, marked_at as at from favourite where account_id = $1 and user_id = $2 \
               order by marked_at desc, product_id limit 500";
    tx.fetch_all(sql, args![who.account, who.user]).await
}

/// The latest first.
pub(crate) async fn views(tx: &mut Tx, who: Who, limit: i64) -> Result<Vec<Noted>> {
    let sql = "select product_id, seen_at as at from product_view where account_id = $1 and user_id = $2 \
               order by seen_at desc, product_id limit $3";
    tx.fetch_all(sql, args![who.account, who.user, limit]).await
}

/// Notes that somebody looked at a product, and forgets what is older than the latest few.
pub(crate) async fn view(tx: &mut Tx, who: Who, product: ProductId, (now, kept): (Timestamp, i64)) -> Result<()> {
    let rows = vec![args![who.account, who.user, product, now]];
    tx.insert_rows(
        "insert into product_view (account_id, user_id, product_id, seen_at)",
        rows,
        "on conflict (account_id, user_id, product_id) do update set seen_at = excluded.seen_at",
    )
    .await?;
    tx.execute(
        "delete from product_view where account_id = $1 and user_id = $2 and product_id not in \
         (select product_id from product_view where account_id = $1 and user_id = $2 order by seen_at desc, product_id limit $3)",
        args![who.account, who.user, kept],
    )
    .await?;
    Ok(())
}

pub(crate) async fn forget_views(tx: &mut Tx, who: Who) -> Result<()> {
    let sql = "delete from product_view where account_id = $1 and user_id = $2";
    tx.execute(sql, args![who.account, who.user]).await?;
    Ok(())
}

/// What goes well with a product, the best first.
pub(crate) async fn alike(tx: &mut Tx, product: ProductId, kind: Likeness) -> Result<Vec<ProductId>> {
    let sql = "select other_id as product_id from recommendation where product_id = $1 and kind = $2 order by place";
    Ok(ids(tx.fetch_all(sql, args![product, kind]).await?))
}

/// What is recommended beside the products between two of them, both included.
async fn recommended(
    tx: &mut Tx,
    kind: Likeness,
    (first, last): (ProductId, ProductId),
) -> Result<BTreeMap<ProductId, Vec<ProductId>>> {
    #[derive(sqlx::FromRow)]
    struct Beside {
        product_id: ProductId,
        other_id: ProductId,
    }
    let rows: Vec<Beside> = tx
        .fetch_all(
            "select product_id, other_id from recommendation where kind = $1 and product_id between $2 and $3 \
             order by product_id, place",
            args![kind, first, last],
        )
        .await?;
    let mut found: BTreeMap<ProductId, Vec<ProductId>> = BTreeMap::new();
    for row in rows {
        found.entry(row.product_id).or_default().push(row.other_id);
    }
    Ok(found)
}

/// Replaces what is recommended beside some products. Of one round to the next most stays as it was, and is left alone.
pub(crate) async fn recommend(tx: &mut Tx, kind: Likeness, found: &BTreeMap<ProductId, Vec<ProductId>>) -> Result<()> {
    let (Some((first, _)), Some((last, _))) = (found.first_key_value(), found.last_key_value()) else {
        return Ok(());
    };
    let present = recommended(tx, kind, (*first, *last)).await?;
    let mut rows = Vec::new();
    for (product, others) in found {
        let present = present.get(product).map_or(&[][..], Vec::as_slice);
        if present == others {
            continue;
        }
        if !present.is_empty() {
            tx.execute("delete from recommendation where product_id = $1 and kind = $2", args![*product, kind]).await?;
        }
        let own = (1_i64..).zip(others).map(|(place, other)| args![*product, kind, place, *other]);
        rows.extend(own);
    }
    tx.insert_rows("insert into recommendation (product_id, kind, place, other_id)", rows, "").await?;
    Ok(())
}

/// Forgets all of one kind, before it is made anew.
pub(crate) async fn forget_recommended(tx: &mut Tx, kind: Likeness) -> Result<()> {
    tx.execute("delete from recommendation where kind = $1", args![kind]).await?;
    Ok(())
}

/// Replaces how many buyers each product has.
pub(crate) async fn set_sold(tx: &mut Tx, buyers: &BTreeMap<ProductId, i64>) -> Result<()> {
    tx.execute("delete from product_sold", args![]).await?;
    let rows = buyers.iter().map(|(product, count)| args![*product, *count]).collect();
    tx.insert_rows("insert into product_sold (product_id, buyers)", rows, "").await?;
    Ok(())
}

/// The next products after one that stand in lists for everybody, in the order of their ids.
pub(crate) async fn next_on_sale(tx: &mut Tx, after: Option<ProductId>, limit: i64) -> Result<Vec<Shown>> {
    let sql = concat!(
        "select p.id, p.account_id, p.revision_id, p.listed_at, p.shown_version, p.rated_count, p.rated_stars, p.state, p.hidden, p.reach, p.customers, \
         p.regions from product p where ",
        found_by_all!(),
        " and ($1 is null or p.id > $1) order by p.id limit $2"
    );
    tx.fetch_all(sql, args![after, limit]).await
}

/// As many products as are asked for at once.
const ASKED: usize = 16;

/// Those of some products that are on the shelf; for whom is for the rules to say.
pub(crate) async fn among(tx: &mut Tx, products: &[ProductId]) -> Result<Vec<Shown>> {
    let mut found = Vec::new();
    for some in products.chunks(ASKED) {
        let mut asked: Vec<Option<ProductId>> = some.iter().copied().map(Some).collect();
        asked.resize(ASKED, None);
        let rows: Vec<Shown> = tx
            .fetch_all(
                "select id, account_id, revision_id, listed_at, shown_version, rated_count, rated_stars, state, hidden, reach, customers, regions \
                 from product where state in ('on_sale', 'frozen') \
                 and id in ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
                asked.into_iter().flat_map(|product| args![product]).collect(),
            )
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// When the job began its last round, and when the next one begins.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Round {
    pub(crate) begun_at: Option<Timestamp>,
    pub(crate) next_at: Timestamp,
}

pub(crate) async fn round(tx: &mut Tx) -> Result<Option<Round>> {
    tx.fetch_optional("select begun_at, next_at from storefront_round where id = 1", args![]).await
}

/// Another one when another thing is on sale, tagged or sold otherwise, or what sold best was counted anew.
#[derive(Clone, Debug, PartialEq, Eq, Hash, sqlx::FromRow)]
pub(crate) struct ShelfVersion {
    number: i64,
    generation: i64,
    next_at: Option<Timestamp>,
}

pub(crate) async fn shelf_version(tx: &mut Tx) -> Result<ShelfVersion> {
    let sql = "select f.number, f.generation, r.next_at from search_feed f left join storefront_round r on r.id = 1 \
               where f.id = 1";
    tx.fetch_one(sql, args![]).await
}

/// False: the first round is planned already.
pub(crate) async fn plan_first(tx: &mut Tx, next_at: Timestamp) -> Result<bool> {
    let rows = vec![args![1_i64, next_at]];
    let hit = tx.insert_rows("insert into storefront_round (id, next_at)", rows, "on conflict (id) do nothing").await?;
    Ok(hit == 1)
}

pub(crate) async fn plan_next(tx: &mut Tx, begun_at: Timestamp, next_at: Timestamp) -> Result<()> {
    let sql = "update storefront_round set begun_at = $1, next_at = $2 where id = 1";
    tx.execute(sql, args![begun_at, next_at]).await?;
    Ok(())
}
