//! Statements on `category`, `category_lock`, `tag` and `product_tag`, and the categories in which products are shown.

use kernel::{Error, Localized, Result, Timestamp, arg::json, args, id::ProductId};
use platform::{OnUnique, Tx};
use sqlx::types::Json;

use crate::rules::{CatalogueRefused, Category, CategoryState, Listing, Tag};

#[derive(sqlx::FromRow)]
struct Row {
    code: String,
    parent_code: Option<String>,
    name: Json<Localized>,
    position: i64,
    state: CategoryState,
    merged_into: Option<String>,
    changed_at: Timestamp,
}

pub(crate) async fn categories(tx: &mut Tx) -> Result<Vec<Category>> {
    let sql = "select code, parent_code, name, position, state, merged_into, changed_at from category order by position, code";
    let rows: Vec<Row> = tx.fetch_all(sql, args![]).await?;
    let category = |row: Row| Category {
        code: row.code,
        parent: row.parent_code,
        name: row.name.0,
        position: row.position,
        state: row.state,
        merged_into: row.merged_into,
        changed_at: row.changed_at,
    };
    Ok(rows.into_iter().map(category).collect())
}

/// Lets nobody else arrange categories, or put products into them, until this transaction ends: what is read after it stays
/// so. Two who arrange at once would make a circle, or lose the products of a category that is merged.
pub(crate) async fn lock(tx: &mut Tx) -> Result<()> {
    tx.execute_one("update category_lock set taken = taken + 1 where id = 1", args![], || Error::Busy).await
}

pub(crate) async fn insert_category(tx: &mut Tx, category: &Category) -> Result<()> {
    let Category { code, parent, name, position, state, merged_into, changed_at } = category;
    tx.execute(
        "insert into category (code, parent_code, name, position, state, merged_into, changed_at) \
         values ($1, $2, $3, $4, $5, $6, $7)",
        args![code, parent.as_deref(), json(name), *position, *state, merged_into.as_deref(), *changed_at],
    )
    .await
    .on_unique(|| CatalogueRefused::CategoryTaken)?;
    Ok(())
}

pub(crate) async fn save_category(tx: &mut Tx, category: &Category) -> Result<()> {
    let Category { code, parent, name, position, state, merged_into, changed_at } = category;
    tx.execute(
        "update category set parent_code = $1, name = $2, position = $3, state = $4, merged_into = $5, changed_at = $6 \
         where code = $7",
        args![parent.as_deref(), json(name), *position, *state, merged_into.as_deref(), *changed_at, code],
    )
    .await?;
    Ok(())
}

pub(crate) async fn delete_category(tx: &mut Tx, code: &str) -> Result<()> {
    tx.execute("delete from category where code = $1", args![code]).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Count {
    count: i64,
}

/// How many products are shown in a category, written into it, or wait for review with it.
pub(crate) async fn uses(tx: &mut Tx, code: &str) -> Result<i64> {
    let quoted = format!("%\"{code}\"%");
    let sql = "select count(*) as count from product p where exists \
               (select 1 from product_category c where c.category = $1 and c.product_id = p.id) \
               or cast(p.draft as text) like $2 or exists (select 1 from revision r where r.product_id = p.id \
               and r.state = 'submitted' and cast(r.content as text) like $2)";
    Ok(tx.fetch_one::<Count>(sql, args![code, quoted]).await?.count)
}

#[derive(sqlx::FromRow)]
struct Shown {
    category: String,
    count: i64,
}

/// How many products stand in each category, those that are off sale left out.
pub(crate) async fn shown_in(tx: &mut Tx) -> Result<Vec<(String, i64)>> {
    let sql = "select c.category, count(*) as count from product_category c join product p on p.id = c.product_id \
               where p.state in ('on_sale', 'frozen') group by c.category";
    Ok(tx.fetch_all::<Shown>(sql, args![]).await?.into_iter().map(|row| (row.category, row.count)).collect())
}

#[derive(sqlx::FromRow)]
struct Draft {
    id: ProductId,
    draft: Json<Listing>,
    version: i64,
}

/// Moves all products and children of a category into another one, in what is on sale and in what is being written.
pub(crate) async fn move_products(tx: &mut Tx, from: &str, into: &str) -> Result<()> {
    tx.execute(
        "delete from product_category where category = $1 and product_id in \
         (select product_id from product_category where category = $2)",
        args![from, into],
    )
    .await?;
    tx.execute("update product_category set category = $1 where category = $2", args![into, from]).await?;
    tx.execute("update category set parent_code = $1 where parent_code = $2", args![into, from]).await?;
    let quoted = format!("%\"{from}\"%");
    let drafts: Vec<Draft> =
        tx.fetch_all("select id, draft, version from product where cast(draft as text) like $1", args![quoted]).await?;
    for Draft { id, draft, version } in drafts {
        let mut listing = draft.0;
        let mut codes: Vec<String> = Vec::new();
        for code in listing.categories {
            let code = if code == from { into.to_owned() } else { code };
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        listing.categories = codes;
        // What its seller has saved meanwhile stays; the old code leads to the new one.
        let sql = "update product set draft = $1 where id = $2 and version = $3";
        tx.execute(sql, args![json(&listing), id, version]).await?;
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct TagRow {
    code: String,
    name: Json<Localized>,
    products: i64,
}

/// All of them, each with how many products carry it among those that everybody finds.
pub(crate) async fn tags(tx: &mut Tx) -> Result<Vec<Tag>> {
    let sql = concat!(
        "select t.code, t.name, (select count(*) from product_tag m join product p on p.id = m.product_id \
         where m.tag_code = t.code and ",
        found_by_all!(),
        ") as products from tag t order by t.code"
    );
    let rows: Vec<TagRow> = tx.fetch_all(sql, args![]).await?;
    Ok(rows.into_iter().map(|row| Tag { code: row.code, name: row.name.0, products: row.products }).collect())
}

pub(crate) async fn insert_tag(tx: &mut Tx, code: &str, name: &Localized, now: Timestamp) -> Result<()> {
    tx.execute("insert into tag (code, name, changed_at) values ($1, $2, $3)", args![code, json(name), now])
        .await
        .on_unique(|| CatalogueRefused::TagTaken)?;
    Ok(())
}

/// False: there is no such tag.
pub(crate) async fn save_tag(tx: &mut Tx, code: &str, name: &Localized, now: Timestamp) -> Result<bool> {
    let sql = "update tag set name = $1, changed_at = $2 where code = $3";
    Ok(tx.execute(sql, args![json(name), now, code]).await? == 1)
}

/// False: there is no such tag.
pub(crate) async fn delete_tag(tx: &mut Tx, code: &str) -> Result<bool> {
    tx.execute("delete from product_tag where tag_code = $1", args![code]).await?;
    Ok(tx.execute("delete from tag where code = $1", args![code]).await? == 1)
}

#[derive(sqlx::FromRow)]
struct Tagged {
    tag_code: String,
    product_id: ProductId,
}

/// Every tag of every product.
pub(crate) async fn tagged(tx: &mut Tx) -> Result<Vec<(ProductId, String)>> {
    let sql = "select tag_code, product_id from product_tag order by product_id, tag_code";
    Ok(tx.fetch_all::<Tagged>(sql, args![]).await?.into_iter().map(|row| (row.product_id, row.tag_code)).collect())
}

pub(crate) async fn tags_of(tx: &mut Tx, product: ProductId) -> Result<Vec<String>> {
    let sql = "select tag_code, product_id from product_tag where product_id = $1 order by tag_code";
    Ok(tx.fetch_all::<Tagged>(sql, args![product]).await?.into_iter().map(|row| row.tag_code).collect())
}

/// The latest products with a tag.
pub(crate) async fn with_tag(tx: &mut Tx, code: &str, limit: i64) -> Result<Vec<ProductId>> {
    let sql = "select tag_code, product_id from product_tag where tag_code = $1 order by product_id desc limit $2";
    Ok(tx.fetch_all::<Tagged>(sql, args![code, limit]).await?.into_iter().map(|row| row.product_id).collect())
}

pub(crate) async fn all_with_tag(tx: &mut Tx, code: &str) -> Result<Vec<ProductId>> {
    let sql = "select tag_code, product_id from product_tag where tag_code = $1 order by product_id";
    Ok(tx.fetch_all::<Tagged>(sql, args![code]).await?.into_iter().map(|row| row.product_id).collect())
}

/// Puts one tag on a product beside those that it has. False: it had it.
pub(crate) async fn put_tag(tx: &mut Tx, product: ProductId, code: &str) -> Result<bool> {
    let sql =
        "insert into product_tag (tag_code, product_id) values ($1, $2) on conflict (tag_code, product_id) do nothing";
    Ok(tx.execute(sql, args![code, product]).await? == 1)
}

/// Takes one tag from a product. False: it did not have it.
pub(crate) async fn take_tag(tx: &mut Tx, product: ProductId, code: &str) -> Result<bool> {
    let sql = "delete from product_tag where tag_code = $1 and product_id = $2";
    Ok(tx.execute(sql, args![code, product]).await? == 1)
}

/// Puts these tags on a product and no others.
pub(crate) async fn set_tags(tx: &mut Tx, product: ProductId, codes: &[String]) -> Result<()> {
    tx.execute("delete from product_tag where product_id = $1", args![product]).await?;
    let rows = codes.iter().map(|code| args![code, product]).collect();
    tx.insert_rows("insert into product_tag (tag_code, product_id)", rows, "on conflict do nothing").await?;
    Ok(())
}
