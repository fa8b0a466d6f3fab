//! Statements on `search_feed`, `product_change`, `product_sale` and `product_sales`: what the search index of a node follows.

use kernel::{
    Result, Timestamp, args,
    id::{AccountId, OrderLineId, ProductId, RevisionId},
};
use platform::Tx;
use sqlx::types::Json;

use super::{Content, ratings::RatedRow, visibility::Settings};
use crate::rules::{ProductState, Rated};

/// How far the changes have come, and which generation of the index they belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Feed {
    pub(crate) number: i64,
    pub(crate) generation: i64,
}

#[derive(sqlx::FromRow)]
struct Number {
    number: i64,
}

/// Notes that products have changed: whether they are sold, as what, or how they rank.
pub(crate) async fn note_changes(tx: &mut Tx, products: &[ProductId]) -> Result<()> {
    let sql = "update search_feed set number = number + 1 where id = 1 returning number";
    let Number { number } = tx.fetch_one(sql, args![]).await?;
    let rows = products.iter().map(|product| args![*product, number]).collect();
    let insert = "insert into product_change (product_id, number)";
    tx.insert_rows(insert, rows, "on conflict (product_id) do update set number = excluded.number").await?;
    Ok(())
}

pub(crate) async fn feed(tx: &mut Tx) -> Result<Feed> {
    tx.fetch_one("select number, generation from search_feed where id = 1", args![]).await
}

/// Lets every node make its index anew.
pub(crate) async fn raise_generation(tx: &mut Tx) -> Result<()> {
    tx.execute("update search_feed set generation = generation + 1 where id = 1", args![]).await?;
    Ok(())
}

/// A product as far as it decides what the index holds of it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Candidate {
    pub(crate) id: ProductId,
    pub(crate) account_id: AccountId,
    pub(crate) state: ProductState,
    pub(crate) revision_id: Option<RevisionId>,
    pub(crate) listed_at: Option<Timestamp>,
    pub(crate) sold: i64,
    /// Counts what changes how it is shown without being in a revision.
    pub(crate) shown_version: i64,
    #[sqlx(flatten)]
    rated: RatedRow,
    #[sqlx(flatten)]
    settings: Settings,
    /// The last change, where the changes are asked for.
    pub(crate) number: i64,
}

impl Candidate {
    pub(crate) fn rated(&self) -> Rated {
        self.rated.rated()
    }

    pub(crate) fn is_found_by_all(&self) -> bool {
        self.settings.standing(self.state).is_found_by_all(self.state)
    }
}

/// The products that have changed after a number, in the order of their changes; with those of the same number together.
pub(crate) async fn changed_after(tx: &mut Tx, number: i64, limit: u32) -> Result<Vec<Candidate>> {
    tx.fetch_all(
        "select p.id, p.account_id, p.state, p.revision_id, p.listed_at, p.shown_version, p.rated_count, p.rated_stars, p.hidden, p.reach, \
         p.customers, p.regions, coalesce(s.sold, 0) as sold, c.number \
         from product_change c join product p on p.id = c.product_id left join product_sales s on s.product_id = p.id \
         where c.number > $1 and c.number <= (select max(n.number) from (select number from product_change \
         where number > $1 order by number limit $2) n) order by c.number",
        args![number, limit],
    )
    .await
}

/// A product with the revision on sale.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Released {
    #[sqlx(flatten)]
    pub(crate) candidate: Candidate,
    pub(crate) content: Json<Content>,
}

/// Products that are on sale, in the order of their ids, with what they sell.
pub(crate) async fn released(tx: &mut Tx, after: Option<ProductId>, limit: u32) -> Result<Vec<Released>> {
    tx.fetch_all(
        "select p.id, p.account_id, p.state, p.revision_id, p.listed_at, p.shown_version, p.rated_count, p.rated_stars, p.hidden, p.reach, \
         p.customers, p.regions, coalesce(s.sold, 0) as sold, cast(0 as bigint) as number, r.content \
         from product p join revision r on r.id = p.revision_id left join product_sales s on s.product_id = p.id \
         where p.state = 'on_sale' and ($1 is null or p.id > $1) order by p.id limit $2",
        args![after, limit],
    )
    .await
}

/// Notes that an order line has sold a product; false: it was noted before.
pub(crate) async fn note_sale(tx: &mut Tx, line: OrderLineId, product: ProductId) -> Result<bool> {
    let sql = "insert into product_sale (line_id, product_id) values ($1, $2) on conflict (line_id) do nothing";
    Ok(tx.execute(sql, args![line, product]).await? == 1)
}

/// Takes a sale back; false: it does not count.
pub(crate) async fn forget_sale(tx: &mut Tx, line: OrderLineId) -> Result<bool> {
    Ok(tx.execute("delete from product_sale where line_id = $1", args![line]).await? == 1)
}

/// Counts sales of a product, or fewer of them; how many there are now.
pub(crate) async fn add_sales(tx: &mut Tx, product: ProductId, count: i64) -> Result<i64> {
    #[derive(sqlx::FromRow)]
    struct Sold {
        sold: i64,
    }
    let sql = "insert into product_sales (product_id, sold) values ($1, $2) \
               on conflict (product_id) do update set sold = product_sales.sold + excluded.sold returning sold";
    Ok(tx.fetch_one::<Sold>(sql, args![product, count]).await?.sold)
}
