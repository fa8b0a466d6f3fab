//! Statements on `private_offer_message`.

use kernel::{
    Result, Timestamp, args,
    id::{AccountId, OfferMessageId, PrivateOfferId, UserId},
};
use platform::Tx;

/// What one side said to the other.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Said {
    pub(crate) id: OfferMessageId,
    pub(crate) account_id: AccountId,
    pub(crate) user_id: UserId,
    pub(crate) text: String,
    pub(crate) sent_at: Timestamp,
}

/// What a reader of a thread is shown of it.
const SHOWN_MAX: i64 = 500;

pub(crate) async fn insert(tx: &mut Tx, offer: PrivateOfferId, said: &Said) -> Result<()> {
    tx.execute(
        "insert into private_offer_message (id, offer_id, account_id, user_id, text, sent_at) values ($1, $2, $3, $4, $5, $6)",
        args![said.id, offer, said.account_id, said.user_id, &said.text, said.sent_at],
    )
    .await?;
    Ok(())
}

/// What was said last, oldest first.
pub(crate) async fn of(tx: &mut Tx, offer: PrivateOfferId) -> Result<Vec<Said>> {
    let sql = "select id, account_id, user_id, text, sent_at from private_offer_message where offer_id = $1 \
               order by id desc limit $2";
    let mut said: Vec<Said> = tx.fetch_all(sql, args![offer, SHOWN_MAX]).await?;
    said.reverse();
    Ok(said)
}

pub(crate) async fn find(tx: &mut Tx, id: OfferMessageId) -> Result<Option<(PrivateOfferId, Said)>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        offer_id: PrivateOfferId,
        #[sqlx(flatten)]
        said: Said,
    }
    let sql = "select offer_id, id, account_id, user_id, text, sent_at from private_offer_message where id = $1";
    Ok(tx.fetch_optional::<Row>(sql, args![id]).await?.map(|row| (row.offer_id, row.said)))
}
