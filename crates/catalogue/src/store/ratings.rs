//! Statements on `product_rating`, and on the sums of it in `product`.

use kernel::{Error, Result, Thing, arg::json, args, id::ProductId};
use platform::Tx;
use sqlx::types::Json;

use crate::rules::{Rated, Rating, ShownReview};

/// The sums as a product carries them.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct RatedRow {
    rated_count: i64,
    rated_stars: i64,
}

impl RatedRow {
    pub(crate) fn rated(self) -> Rated {
        let whole = |sum: i64| u64::try_from(sum).unwrap_or(0);
        Rated { count: whole(self.rated_count), stars: whole(self.rated_stars) }
    }
}

/// Lets others who rate the product wait until the transaction ends, so that its sums fit them all.
pub(crate) async fn hold(tx: &mut Tx, product: ProductId) -> Result<()> {
    let sql = "update product set rated_count = rated_count where id = $1";
    tx.execute_one(sql, args![product], || Error::NotFound(Thing::Product)).await
}

/// False: they are what they were.
pub(crate) async fn set_sums(tx: &mut Tx, product: ProductId, rated: Rated) -> Result<bool> {
    let whole = |sum: u64| i64::try_from(sum).map_err(Error::fault);
    let (count, stars) = (whole(rated.count)?, whole(rated.stars)?);
    let sql = "update product set rated_count = $1, rated_stars = $2 where id = $3 and (rated_count <> $1 or rated_stars <> $2)";
    Ok(tx.execute(sql, args![count, stars, product]).await? == 1)
}

pub(crate) async fn put(tx: &mut Tx, product: ProductId, rating: &Rating, first: &[ShownReview]) -> Result<()> {
    let mut row = args![product];
    for count in rating.0 {
        row.extend(args![i64::try_from(count).map_err(Error::fault)?]);
    }
    row.extend(args![json(&first)]);
    tx.insert_rows(
        "insert into product_rating (product_id, rated_one, rated_two, rated_three, rated_four, rated_five, first_reviews)",
        vec![row],
        "on conflict (product_id) do update set rated_one = excluded.rated_one, rated_two = excluded.rated_two, \
         rated_three = excluded.rated_three, rated_four = excluded.rated_four, rated_five = excluded.rated_five, \
         first_reviews = excluded.first_reviews",
    )
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    rated_one: i64,
    rated_two: i64,
    rated_three: i64,
    rated_four: i64,
    rated_five: i64,
    first_reviews: Json<Vec<ShownReview>>,
}

/// How often a product was rated with how many stars, and the reviews that its page shows.
pub(crate) async fn find(tx: &mut Tx, product: ProductId) -> Result<(Rating, Vec<ShownReview>)> {
    let sql = "select rated_one, rated_two, rated_three, rated_four, rated_five, first_reviews from product_rating \
               where product_id = $1";
    let row: Option<Row> = tx.fetch_optional(sql, args![product]).await?;
    let Some(row) = row else { return Ok((Rating::default(), Vec::new())) };
    let counts = [row.rated_one, row.rated_two, row.rated_three, row.rated_four, row.rated_five];
    Ok((Rating(counts.map(|count| u64::try_from(count).unwrap_or(0))), row.first_reviews.0))
}
