//! Statements on `product_review` and `product_review_version`.

use kernel::{
    Error, Localized, Page, Result, Thing, Timestamp,
    arg::json,
    args,
    id::{AccountId, InstanceId, ProductId, ReviewId, UserId},
    page::PageOf,
    text::Lang,
};
use platform::{OnUnique, Tx};
use sqlx::types::Json;

use crate::rules::{Answer, Review, ReviewNotCounted, ReviewRefused, ReviewSorting, ReviewState, Written};

#[derive(sqlx::FromRow)]
struct Row {
    id: ReviewId,
    product_id: ProductId,
    account_id: AccountId,
    seller_id: AccountId,
    user_id: UserId,
    instance_id: InstanceId,
    edition: Json<Localized>,
    bought_at: Timestamp,
    stars: i64,
    title: String,
    text: String,
    lang: Lang,
    state: ReviewState,
    returned: bool,
    sells: bool,
    own: bool,
    uncounted: Option<ReviewNotCounted>,
    identity: String,
    written_at: Timestamp,
    edited_at: Option<Timestamp>,
    version: i64,
    answer: Option<String>,
    answer_lang: Option<Lang>,
    answered_by: Option<UserId>,
    answered_at: Option<Timestamp>,
    answer_edited_at: Option<Timestamp>,
    answers: i64,
}

impl TryFrom<Row> for Review {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let stars = u8::try_from(row.stars).map_err(Error::fault)?;
        let answer = match (row.answer, row.answer_lang, row.answered_by, row.answered_at) {
            (Some(text), Some(lang), Some(by), Some(at)) => {
                Some(Answer { text, lang, by, at, edited_at: row.answer_edited_at })
            }
            (None, _, _, _) => None,
            (Some(_), ..) => return Err(Error::fault(format!("the answer to {} lacks who gave it when", row.id))),
        };
        Ok(Self {
            id: row.id,
            product: row.product_id,
            account: row.account_id,
            seller: row.seller_id,
            user: row.user_id,
            instance: row.instance_id,
            edition: row.edition.0,
            bought_at: row.bought_at,
            written: Written { stars, title: row.title, text: row.text, lang: row.lang },
            state: row.state,
            returned: row.returned,
            sells: row.sells,
            own: row.own,
            uncounted: row.uncounted,
            identity: row.identity,
            written_at: row.written_at,
            edited_at: row.edited_at,
            version: row.version,
            answer,
            answers: row.answers,
        })
    }
}

fn read(rows: Vec<Row>) -> Result<Vec<Review>> {
    rows.into_iter().map(Review::try_from).collect()
}

macro_rules! reviews {
    ($rest:literal) => {
        concat!(
            "select r.id, r.product_id, r.account_id, r.seller_id, r.user_id, r.instance_id, r.edition, r.bought_at, r.stars, \
             r.title, r.text, r.lang, r.state, r.returned, r.sells, r.own, r.uncounted, r.identity, r.written_at, r.edited_at, \
             r.version, r.answer, r.answer_lang, r.answered_by, r.answered_at, r.answer_edited_at, r.answers from product_review r ",
            $rest
        )
    };
}

pub(crate) async fn insert(tx: &mut Tx, review: &Review) -> Result<()> {
    let Written { stars, title, text, lang } = &review.written;
    tx.execute(
        "insert into product_review (id, product_id, account_id, seller_id, user_id, instance_id, edition, bought_at, stars, \
         title, text, lang, state, returned, sells, uncounted, identity, written_at, edited_at, version, own) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
        args![
            review.id,
            review.product,
            review.account,
            review.seller,
            review.user,
            review.instance,
            json(&review.edition),
            review.bought_at,
            i64::from(*stars),
            title,
            text,
            *lang,
            review.state,
            review.returned,
            review.sells,
            review.uncounted,
            &review.identity,
            review.written_at,
            review.edited_at,
            review.version,
            review.own
        ],
    )
    .await
    .on_unique(|| ReviewRefused::Exists)?;
    Ok(())
}

/// Writes what became of a review. The caller holds the rating of its product, so that nobody else does the same.
pub(crate) async fn save(tx: &mut Tx, review: &Review) -> Result<()> {
    let Written { stars, title, text, lang } = &review.written;
    let answer = review.answer.as_ref();
    tx.execute_one(
        "update product_review set user_id = $1, instance_id = $2, edition = $3, bought_at = $4, stars = $5, title = $6, \
         text = $7, lang = $8, state = $9, returned = $10, sells = $11, uncounted = $12, edited_at = $13, version = $14, \
         answer = $15, answer_lang = $16, answered_by = $17, answered_at = $18, answer_edited_at = $19, \
         answers = $20, identity = $21, own = $22 where id = $23",
        args![
            review.user,
            review.instance,
            json(&review.edition),
            review.bought_at,
            i64::from(*stars),
            title,
            text,
            *lang,
            review.state,
            review.returned,
            review.sells,
            review.uncounted,
            review.edited_at,
            review.version,
            answer.map(|answer| answer.text.clone()),
            answer.map(|answer| answer.lang),
            answer.map(|answer| answer.by),
            answer.map(|answer| answer.at),
            answer.and_then(|answer| answer.edited_at),
            review.answers,
            &review.identity,
            review.own,
            review.id
        ],
        || Error::NotFound(Thing::Review),
    )
    .await
}

/// A version of a review as it was written.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Version {
    pub(crate) number: i64,
    pub(crate) stars: i64,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) lang: Lang,
    pub(crate) written_at: Timestamp,
}

pub(crate) async fn keep_version(tx: &mut Tx, review: &Review) -> Result<()> {
    let Written { stars, title, text, lang } = &review.written;
    let at = review.edited_at.unwrap_or(review.written_at);
    tx.execute(
        "insert into product_review_version (review_id, number, account_id, user_id, stars, title, text, lang, written_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        args![review.id, review.version, review.account, review.user, i64::from(*stars), title, text, *lang, at],
    )
    .await?;
    Ok(())
}

/// All that a review has said, the first version first.
pub(crate) async fn versions(tx: &mut Tx, review: ReviewId) -> Result<Vec<Version>> {
    let sql = "select number, stars, title, text, lang, written_at from product_review_version where review_id = $1 order by number";
    tx.fetch_all(sql, args![review]).await
}

#[derive(sqlx::FromRow)]
struct Count {
    count: i64,
}

/// How often an account has written since a moment.
pub(crate) async fn written_since(tx: &mut Tx, account: AccountId, since: Timestamp) -> Result<i64> {
    let sql = "select count(*) as count from product_review_version where account_id = $1 and written_at > $2";
    Ok(tx.fetch_one::<Count>(sql, args![account, since]).await?.count)
}

/// For reactions and the operator, and to be held.
pub(crate) async fn find(tx: &mut Tx, id: ReviewId) -> Result<Option<Review>> {
    let row: Option<Row> = tx.fetch_optional(reviews!("where r.id = $1"), args![id]).await?;
    row.map(Review::try_from).transpose()
}

pub(crate) async fn find_for(tx: &mut Tx, account: AccountId, id: ReviewId) -> Result<Review> {
    let row: Option<Row> =
        tx.fetch_optional(reviews!("where r.account_id = $1 and r.id = $2"), args![account, id]).await?;
    row.map(Review::try_from).transpose()?.ok_or(Error::NotFound(Thing::Review))
}

pub(crate) async fn find_for_seller(tx: &mut Tx, seller: AccountId, id: ReviewId) -> Result<Review> {
    let row: Option<Row> =
        tx.fetch_optional(reviews!("where r.seller_id = $1 and r.id = $2"), args![seller, id]).await?;
    let found = row.map(Review::try_from).transpose()?;
    // What was withdrawn or hidden is not there for its seller.
    found.filter(|review| review.state == ReviewState::Shown).ok_or(Error::NotFound(Thing::Review))
}

/// What an account says of a product.
pub(crate) async fn by_account(tx: &mut Tx, product: ProductId, account: AccountId) -> Result<Option<Review>> {
    let sql = reviews!("where r.product_id = $1 and r.account_id = $2");
    let row: Option<Row> = tx.fetch_optional(sql, args![product, account]).await?;
    row.map(Review::try_from).transpose()
}

/// What one company or person says of a product by all its accounts and is shown, the oldest first.
pub(crate) async fn by_identity(tx: &mut Tx, product: ProductId, identity: &str) -> Result<Vec<Review>> {
    let sql = reviews!("where r.product_id = $1 and r.state = 'shown' and r.identity = $2 order by r.id");
    read(tx.fetch_all(sql, args![product, identity]).await?)
}

#[derive(sqlx::FromRow)]
struct Given {
    stars: i64,
    count: i64,
}

/// How often each number of stars was given to a product, of the reviews that count.
pub(crate) async fn counts(tx: &mut Tx, product: ProductId) -> Result<Vec<(i64, i64)>> {
    let sql = "select stars, count(*) as count from product_review where product_id = $1 and state = 'shown' \
               and uncounted is null group by stars";
    let rows: Vec<Given> = tx.fetch_all(sql, args![product]).await?;
    Ok(rows.into_iter().map(|row| (row.stars, row.count)).collect())
}

/// The reviews of a product that everybody reads, of so many stars where that is said.
pub(crate) async fn of_product(
    tx: &mut Tx,
    product: ProductId,
    (sorting, stars): (ReviewSorting, Option<u8>),
    page: PageOf,
) -> Result<Page<Review>> {
    let sql = match sorting {
        ReviewSorting::Newest => reviews!(
            "where r.product_id = $1 and r.state = 'shown' and ($2 is null or r.stars = $2) and ($3 is null or r.id < $3) \
             order by r.id desc limit $4"
        ),
        ReviewSorting::Highest => reviews!(
            "where r.product_id = $1 and r.state = 'shown' and ($2 is null or r.stars = $2) and ($3 is null \
             or (r.stars, r.id) < (select l.stars, l.id from product_review l where l.id = $3)) \
             order by r.stars desc, r.id desc limit $4"
        ),
        ReviewSorting::Lowest => reviews!(
            "where r.product_id = $1 and r.state = 'shown' and ($2 is null or r.stars = $2) and ($3 is null \
             or (r.stars, r.id) > (select l.stars, l.id from product_review l where l.id = $3)) \
             order by r.stars, r.id limit $4"
        ),
    };
    let rows: Vec<Row> = tx.fetch_all(sql, args![product, stars.map(i64::from), page.before, page.fetch()]).await?;
    Ok(page.page(read(rows)?, |review| review.id.uuid()))
}

pub(crate) async fn of_account(tx: &mut Tx, account: AccountId, page: PageOf) -> Result<Page<Review>> {
    let sql = reviews!("where r.account_id = $1 and ($2 is null or r.id < $2) order by r.id desc limit $3");
    let rows: Vec<Row> = tx.fetch_all(sql, args![account, page.before, page.fetch()]).await?;
    Ok(page.page(read(rows)?, |review| review.id.uuid()))
}

/// All that an account says, of all products, in whatever state.
pub(crate) async fn all_by(tx: &mut Tx, account: AccountId) -> Result<Vec<Review>> {
    let sql = reviews!("where r.account_id = $1 order by r.product_id");
    read(tx.fetch_all(sql, args![account]).await?)
}

/// What those say of a seller's products who are the same company or person as it is, or were when they were looked at last.
pub(crate) async fn of_own(tx: &mut Tx, seller: AccountId, identity: &str) -> Result<Vec<Review>> {
    let sql = reviews!("where r.seller_id = $1 and (r.own or r.identity = $2) order by r.product_id, r.id");
    read(tx.fetch_all(sql, args![seller, identity]).await?)
}

/// What is said of a seller's products and is shown; `unanswered`: only what waits for an answer.
pub(crate) async fn of_seller(
    tx: &mut Tx,
    seller: AccountId,
    (product, unanswered): (Option<ProductId>, Option<i64>),
    page: PageOf,
) -> Result<Page<Review>> {
    let sql = reviews!(
        "where r.seller_id = $1 and r.state = 'shown' and ($2 is null or r.product_id = $2) \
         and ($3 is null or r.answer is null) and ($4 is null or r.id < $4) order by r.id desc limit $5"
    );
    let rows: Vec<Row> = tx.fetch_all(sql, args![seller, product, unanswered, page.before, page.fetch()]).await?;
    Ok(page.page(read(rows)?, |review| review.id.uuid()))
}

#[derive(sqlx::FromRow)]
pub(crate) struct Drift {
    pub(crate) id: ProductId,
    pub(crate) rated_count: i64,
    pub(crate) rated_stars: i64,
}

/// A product whose sums are not those of its reviews.
pub(crate) async fn first_drift(tx: &mut Tx) -> Result<Option<Drift>> {
    tx.fetch_optional(
        "select p.id, p.rated_count, p.rated_stars from product p left join (select product_id, count(*) as given, \
         cast(sum(stars) as bigint) as stars from product_review where state = 'shown' and uncounted is null \
         group by product_id) s on s.product_id = p.id \
         where p.rated_count <> coalesce(s.given, 0) or p.rated_stars <> coalesce(s.stars, 0) order by p.id limit 1",
        args![],
    )
    .await
}

#[derive(sqlx::FromRow)]
pub(crate) struct Overcounted {
    pub(crate) product_id: ProductId,
}

/// A product of whose rating a review is a part that must not count, or two of the same company or person, or none of theirs
/// though one may count.
pub(crate) async fn first_overcounted(tx: &mut Tx) -> Result<Option<Overcounted>> {
    tx.fetch_optional(
        "select product_id from product_review where state = 'shown' group by product_id, identity \
         having sum(case when uncounted is null then 1 else 0 end) > 1 \
         or sum(case when uncounted is null and (returned or sells or own) then 1 else 0 end) > 0 \
         or (sum(case when uncounted is null then 1 else 0 end) = 0 \
         and sum(case when returned or sells or own then 0 else 1 end) > 0) order by product_id limit 1",
        args![],
    )
    .await
}
