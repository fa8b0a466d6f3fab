//! Statements on `private_offer` and `private_offer_version`.

use kernel::{
    Error, Money, Page, Result, Timestamp,
    arg::json,
    args,
    id::{AccountId, PrivateOfferId, UserId},
    page::PageOf,
};
use platform::Tx;
use sqlx::types::Json;

use crate::rules::{Draft, Earlier, Ended, Listed, Offer, PrivateOfferState, Sent, State};

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

#[derive(sqlx::FromRow)]
struct ListedRow {
    id: PrivateOfferId,
    account_id: AccountId,
    buyer_id: AccountId,
    state: PrivateOfferState,
    name: Json<String>,
    version: i64,
    total: Option<Json<Money>>,
    list: Option<Json<Money>>,
    valid_until: Json<Timestamp>,
    created_at: Timestamp,
    ended_at: Option<Timestamp>,
}

impl ListedRow {
    fn listed(self) -> Listed {
        Listed {
            id: self.id,
            seller: self.account_id,
            buyer: self.buyer_id,
            state: self.state,
            name: self.name.0,
            version: self.version,
            price: self.total.zip(self.list).map(|(total, list)| (total.0, list.0)),
            valid_until: self.valid_until.0,
            created_at: self.created_at,
            ended_at: self.ended_at,
        }
    }
}

/// Of long documents only what a list shows.
macro_rules! listed {
    ($rest:literal) => {
        concat!(
            "select o.id, o.account_id, o.buyer_id, o.state, coalesce(v.content -> 'name', o.draft -> 'name') as name, \
             o.version, v.content -> 'total' as total, v.content -> 'list' as list, \
             coalesce(v.content -> 'valid_until', o.draft -> 'valid_until') as valid_until, o.created_at, o.ended_at \
             from private_offer o left join private_offer_version v on v.offer_id = o.id and v.version = o.version ",
            $rest
        )
    };
}

/// The offers of a seller, newest first.
pub(crate) async fn list_for_seller(
    tx: &mut Tx,
    seller: AccountId,
    state: Option<PrivateOfferState>,
    page: PageOf,
) -> Result<Page<Listed>> {
    let sql = listed!(
        "where o.account_id = $1 and ($2 is null or o.state = $2) and ($3 is null or o.id < $3) order by o.id desc limit $4"
    );
    let rows: Vec<ListedRow> = tx.fetch_all(sql, args![seller, state, page.before, page.fetch()]).await?;
    Ok(page.page(rows, |row| row.id.uuid()).map(ListedRow::listed))
}

/// The offers that a buyer has got, newest first.
pub(crate) async fn list_for_buyer(
    tx: &mut Tx,
    buyer: AccountId,
    state: Option<PrivateOfferState>,
    page: PageOf,
) -> Result<Page<Listed>> {
    let sql = listed!(
        "where o.buyer_id = $1 and o.version > 0 and ($2 is null or o.state = $2) and ($3 is null or o.id < $3) \
         order by o.id desc limit $4"
    );
    let rows: Vec<ListedRow> = tx.fetch_all(sql, args![buyer, state, page.before, page.fetch()]).await?;
    Ok(page.page(rows, |row| row.id.uuid()).map(ListedRow::listed))
}

/// Lets others who ask for instalments of the same offer wait until this transaction ends.
pub(crate) async fn take_turn(tx: &mut Tx, id: PrivateOfferId) -> Result<()> {
    tx.execute("update private_offer set state = state where id = $1", args![id]).await?;
    Ok(())
}

/// Keeps what the seller works on; somebody who was faster has changed the offer that was read.
pub(crate) async fn save_draft(tx: &mut Tx, offer: &Offer, draft: &Draft, now: Timestamp) -> Result<()> {
    // No two changes have the same moment, so that each is told from the one before.
    let now = now.max(offer.changed_at.plus_micros(1));
    tx.execute_one(
        "update private_offer set draft = $1, changed_at = $2 where id = $3 and state = $4 and changed_at = $5",
        args![json(draft), now, offer.id, offer.state.name(), offer.changed_at],
        || Error::Busy,
    )
    .await
}

/// Sends the next version of an offer as it was read.
pub(crate) async fn send(tx: &mut Tx, offer: &Offer, sent: &Sent, by: UserId) -> Result<()> {
    tx.execute(
        "insert into private_offer_version (offer_id, version, content, sent_at, sent_by) values ($1, $2, $3, $4, $5) \
         on conflict (offer_id, version) do nothing",
        args![offer.id, sent.version, json(sent), sent.sent_at, by],
    )
    .await?;
    tx.execute_one(
        "update private_offer set state = $1, version = $2, changed_at = $3, ended_at = null, ended_by = null \
         where id = $4 and state = $5 and version = $6 and changed_at = $7",
        args![
            PrivateOfferState::Sent,
            sent.version,
            sent.sent_at,
            offer.id,
            offer.state.name(),
            sent.version.saturating_sub(1),
            offer.changed_at
        ],
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
        || Error::Busy,
    )
    .await
}

#[derive(sqlx::FromRow)]
struct VersionRow {
    content: Json<Sent>,
}

/// A version that was sent.
pub(crate) async fn version(tx: &mut Tx, id: PrivateOfferId, version: i64) -> Result<Option<Sent>> {
    let sql = "select content from private_offer_version where offer_id = $1 and version = $2";
    Ok(tx.fetch_optional::<VersionRow>(sql, args![id, version]).await?.map(|row| row.content.0))
}

#[derive(sqlx::FromRow)]
struct EarlierRow {
    version: i64,
    name: Json<String>,
    total: Json<Money>,
    sent_at: Timestamp,
}

/// What was sent before a version, newest first.
pub(crate) async fn earlier(tx: &mut Tx, id: PrivateOfferId, version: i64) -> Result<Vec<Earlier>> {
    let sql = "select version, content -> 'name' as name, content -> 'total' as total, sent_at \
               from private_offer_version where offer_id = $1 and version < $2 order by version desc limit 50";
    let rows: Vec<EarlierRow> = tx.fetch_all(sql, args![id, version]).await?;
    let earlier =
        |EarlierRow { version, name, total, sent_at }| Earlier { version, name: name.0, total: total.0, sent_at };
    Ok(rows.into_iter().map(earlier).collect())
}
