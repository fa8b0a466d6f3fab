//! What search engines and feed readers are told of: the addresses of what is on sale for everybody, and when it changed.

use kernel::{
    Result, Timestamp, args,
    id::{AccountId, ProductId},
};
use platform::Tx;

/// A product on sale and when its page changed last.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Listed {
    pub(crate) id: ProductId,
    pub(crate) changed_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Count {
    count: i64,
}

pub(crate) async fn count(tx: &mut Tx) -> Result<i64> {
    let sql = concat!("select count(*) as count from product p where ", found_by_all!());
    Ok(tx.fetch_one::<Count>(sql, args![]).await?.count)
}

/// In the order of their making, so that what is new goes to the end.
pub(crate) async fn listed(tx: &mut Tx, skip: i64, limit: i64) -> Result<Vec<Listed>> {
    tx.fetch_all(
        concat!(
            "select p.id, coalesce(r.decided_at, p.listed_at) as changed_at from product p \
             join revision r on r.id = p.revision_id where ",
            found_by_all!(),
            " order by p.id limit $1 offset $2"
        ),
        args![limit, skip],
    )
    .await
}

#[derive(sqlx::FromRow)]
struct Seller {
    account_id: AccountId,
}

/// Those who have something on sale.
pub(crate) async fn sellers(tx: &mut Tx, limit: i64) -> Result<Vec<AccountId>> {
    let sql = concat!(
        "select distinct p.account_id from product p where ",
        found_by_all!(),
        " order by p.account_id limit $1"
    );
    Ok(tx.fetch_all::<Seller>(sql, args![limit]).await?.into_iter().map(|row| row.account_id).collect())
}
