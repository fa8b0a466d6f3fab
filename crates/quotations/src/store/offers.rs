//! Statements on `private_offer` and `private_offer_version`.

use kernel::{
    Error, Page, Result, Timestamp,
    arg::json,
    args,
    id::{AccountId, PrivateOfferId, UserId},
    page::PageOf,
};
use platform::Tx;
use sqlx::types::Json;

use crate::rules::{Draft, Ended, Offer, PrivateOfferRefused, PrivateOfferState, Sent, State};

#[derive(sqlx::FromRow)]
struct Row {
    id: PrivateOfferId,
    account_id: AccountId,
    buyer_id: AccountId,
    state: PrivateOfferState,
    draft: Json<Draft>,
    created_at: Timestamp,
    changed_at: Timestamp,
    ended_at: Option<Timestamp>,
    ended_by: Option<UserId>,
    content: Option<Json<Sent>>,
}

impl Row {
    fn offer(self) -> Offer {
        let ended = Ended { at: self.ended_at.unwrap_or(self.changed_at), by: self.ended_by };
        let state = match self.state {
            PrivateOfferState::Draft => State::Draft,
            PrivateOfferState::Sent => State::Sent,
            PrivateOfferState::Accepted => State::Accepted(ended),
            PrivateOfferState::Declined => State::Declined(ended),
            PrivateOfferState::Withdrawn => State::Withdrawn(ended),
            PrivateOfferState::Expired => State::Expired(ended),
        };
        Offer {
            id: self.id,
            seller: self.account_id,
            buyer: self.buyer_id,
            state,
            draft: self.draft.0,
            sent: self.content.map(|content| content.0),
            created_at: self.created_at,
            changed_at: self.changed_at,
        }
    }
}

macro_rules! offers {
    ($rest:literal) => {
        concat!(
            "select o.id, o.account_id, o.buyer_id, o.state, o.draft, o.created_at, o.changed_at, o.ended_at, o.ended_by, \
             v.content from private_offer o \
             left join private_offer_version v on v.offer_id = o.id and v.version = o.version ",
            $rest
        )
    };
}

pub(crate) async fn insert(tx: &mut Tx, offer: &Offer) -> Result<()> {
    tx.execute(
        "insert into private_offer (id, account_id, buyer_id, state, draft, version, created_at, changed_at) \
         values ($1, $2, $3, $4, $5, 0, $6, $6)",
        args![offer.id, offer.seller, offer.buyer, offer.state.name(), json(&offer.draft), offer.created_at],
    )
    .await?;
    Ok(())
}

pub(crate) async fn find(tx: &mut Tx, id: PrivateOfferId) -> Result<Option<Offer>> {
    Ok(tx.fetch_optional::<Row>(offers!("where o.id = $1"), args![id]).await?.map(Row::offer))
}

pub(crate) async fn find_for_seller(tx: &mut Tx, seller: AccountId, id: PrivateOfferId) -> Result<Option<Offer>> {
    let sql = offers!("where o.id = $1 and o.account_id = $2");
    Ok(tx.fetch_optional::<Row>(sql, args![id, seller]).await?.map(Row::offer))
}

/// An offer that the buyer has got.
pub(crate) async fn find_for_buyer(tx: &mut Tx, buyer: AccountId, id: PrivateOfferId) -> Result<Option<Offer>> {
    let sql = offers!("where o.id = $1 and o.buyer_id = $2 and o.version > 0");
    Ok(tx.fetch_optional::<Row>(sql, args![id, buyer]).await?.map(Row::offer))
}

/// The offers of a seller, newest first.
pub(crate) async fn list_for_seller(
    tx: &mut Tx,
    seller: AccountId,
    state: Option<PrivateOfferState>,
    page: PageOf,
) -> Result<Page<Offer>> {
    let sql = offers!(
        "where o.account_id = $1 and ($2 is null or o.state = $2) and ($3 is null or o.id < $3) order by o.id desc limit $4"
    );
    let rows: Vec<Row> = tx.fetch_all(sql, args![seller, state, page.before, page.fetch()]).await?;
    Ok(page.page(rows, |row| row.id.uuid()).map(Row::offer))
}

/// The offers that a buyer has got, newest first.
pub(crate) async fn list_for_buyer(
    tx: &mut Tx,
    buyer: AccountId,
    state: Option<PrivateOfferState>,
    page: PageOf,
) -> Result<Page<Offer>> {
    let sql = offers!(
        "where o.buyer_id = $1 and o.version > 0 and ($2 is null or o.state = $2) and ($3 is null or o.id < $3) \
         order by o.id desc limit $4"
    );
    let rows: Vec<Row> = tx.fetch_all(sql, args![buyer, state, page.before, page.fetch()]).await?;
    Ok(page.page(rows, |row| row.id.uuid()).map(Row::offer))
}

/// Keeps what the seller works on, unless the offer was closed in the meantime.
pub(crate) async fn save_draft(tx: &mut Tx, id: PrivateOfferId, draft: &Draft, now: Timestamp) -> Result<()> {
    tx.execute_one(
        "update private_offer set draft = $1, changed_at = $2 where id = $3 and state not in ('accepted', 'withdrawn')",
        args![json(draft), now, id],
        || Error::Busy,
    )
    .await
}

/// Sends the next version; `from` is the state and `sent.version - 1` the version that it was made from.
pub(crate) async fn send(
    tx: &mut Tx,
    (id, from): (PrivateOfferId, PrivateOfferState),
    sent: &Sent,
    by: UserId,
) -> Result<()> {
    tx.execute(
        "insert into private_offer_version (offer_id, version, content, sent_at, sent_by) values ($1, $2, $3, $4, $5) \
         on conflict (offer_id, version) do nothing",
        args![id, sent.version, json(sent), sent.sent_at, by],
    )
    .await?;
    tx.execute_one(
        "update private_offer set state = $1, version = $2, changed_at = $3, ended_at = null, ended_by = null \
         where id = $4 and state = $5 and version = $6",
        args![PrivateOfferState::Sent, sent.version, sent.sent_at, id, from, sent.version.saturating_sub(1)],
        || Error::Busy,
    )
    .await
}

/// Ends an offer in the version that was read; somebody who was faster has ended or revised it already.
pub(crate) async fn end(
    tx: &mut Tx,
    (id, from, version): (PrivateOfferId, PrivateOfferState, i64),
    (to, ended): (PrivateOfferState, Ended),
) -> Result<()> {
    tx.execute_one(
        "update private_offer set state = $1, ended_at = $2, ended_by = $3, changed_at = $2 \
         where id = $4 and state = $5 and version = $6",
        args![to, ended.at, ended.by, id, from, version],
        || PrivateOfferRefused::Revised,
    )
    .await
}

#[derive(sqlx::FromRow)]
struct VersionRow {
    content: Json<Sent>,
}

/// All that was sent of an offer, newest first.
pub(crate) async fn versions(tx: &mut Tx, id: PrivateOfferId) -> Result<Vec<Sent>> {
    let sql = "select content from private_offer_version where offer_id = $1 order by version desc limit 50";
    Ok(tx.fetch_all::<VersionRow>(sql, args![id]).await?.into_iter().map(|row| row.content.0).collect())
}
