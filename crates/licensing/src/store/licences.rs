//! Statements on `licence` and `licence_event`.

use std::collections::BTreeMap;

use kernel::{
    Error, Localized, Page, Result, Thing, Timestamp,
    arg::json,
    args,
    id::{AccountId, InstanceId, LicenceEventId, LicenceId, OrderId, ProductId},
    page::PageOf,
};
use platform::Tx;
use sqlx::types::Json;

use crate::rules::{Activation, Licence, LicenceEventKind, LicenceKind, LicenceState, State};

#[derive(sqlx::FromRow)]
struct Row {
    id: LicenceId,
    kind: LicenceKind,
    account_id: AccountId,
    seller_id: AccountId,
    instance_id: Option<InstanceId>,
    order_id: Option<OrderId>,
    product_id: Option<ProductId>,
    sku_code: String,
    attributes: Json<BTreeMap<String, String>>,
    quantities: Json<BTreeMap<String, u64>>,
    code_fingerprint: String,
    issued_at: Timestamp,
    ordered_at: Timestamp,
    expires_at: Option<Timestamp>,
    usable_until: Option<Timestamp>,
    state: LicenceState,
    activated_at: Option<Timestamp>,
    effective_at: Option<Timestamp>,
    expired_at: Option<Timestamp>,
    released_at: Option<Timestamp>,
    version: i64,
}

impl TryFrom<Row> for Licence {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let broken = || Error::fault(format!("the licence {} lacks what its state {} carries", row.id, row.state));
        let activation = match (row.activated_at, row.effective_at) {
            (Some(at), Some(effective_at)) => Some(Activation { at, effective_at }),
            (Some(_) | None, _) => None,
        };
        let state = match row.state {
            LicenceState::Created => State::Created,
            LicenceState::Active => State::Active(activation.ok_or_else(broken)?),
            LicenceState::Expired => State::Expired { at: row.expired_at.ok_or_else(broken)?, activation },
            LicenceState::Released => State::Released { at: row.released_at.ok_or_else(broken)?, activation },
        };
        Ok(Self {
            id: row.id,
            kind: row.kind,
            account: row.account_id,
            seller: row.seller_id,
            instance: row.instance_id,
            order: row.order_id,
            product: row.product_id,
            sku_code: row.sku_code,
            attributes: row.attributes.0,
            quantities: row.quantities.0,
            fingerprint: row.code_fingerprint,
            issued_at: row.issued_at,
            ordered_at: row.ordered_at,
            expires_at: row.expires_at,
            usable_until: row.usable_until,
            state,
            version: row.version,
        })
    }
}

/// Writes a new licence. False: its instance has one already.
pub(crate) async fn insert(tx: &mut Tx, licence: &Licence, code_sealed: Vec<u8>) -> Result<bool> {
    let Licence {
        id,
        kind,
        account,
        seller,
        instance,
        order,
        product,
        sku_code,
        attributes,
        quantities,
        fingerprint,
        issued_at,
        ordered_at,
        expires_at,
        usable_until,
        state,
        version,
    } = licence;
    let hit = tx
        .execute(
            "insert into licence (id, kind, account_id, seller_id, instance_id, order_id, product_id, sku_code, attributes, quantities, \
             code_fingerprint, code_sealed, issued_at, ordered_at, expires_at, state, version, usable_until) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) \
             on conflict (instance_id) do nothing",
            args![
                *id,
                *kind,
                *account,
                *seller,
                *instance,
                *order,
                *product,
                sku_code,
                json(attributes),
                json(quantities),
                fingerprint,
                code_sealed,
                *issued_at,
                *ordered_at,
                *expires_at,
                state.name(),
                *version,
                *usable_until
            ],
        )
        .await?;
    Ok(hit == 1)
}

/// Saves a move, unless somebody else has moved it in the meantime: then everything is tried again.
pub(crate) async fn save_state(tx: &mut Tx, licence: &Licence) -> Result<()> {
    let activation = licence.state.activation();
    let (expired, released) = match licence.state {
        State::Created | State::Active(_) => (None, None),
        State::Expired { at, .. } => (Some(at), None),
        State::Released { at, .. } => (None, Some(at)),
    };
    tx.execute_one(
        "update licence set state = $1, activated_at = $2, effective_at = $3, expired_at = coalesce($4, expired_at), \
         released_at = $5, version = version + 1 where id = $6 and version = $7",
        args![
            licence.state.name(),
            activation.map(|done| done.at),
            activation.map(|done| done.effective_at),
            expired,
            released,
            licence.id,
            licence.version
        ],
        || Error::Busy,
    )
    .await
}

/// Saves other numbers and another end, unless somebody else has moved it in the meantime.
pub(crate) async fn save_terms(tx: &mut Tx, licence: &Licence) -> Result<()> {
    tx.execute_one(
        "update licence set quantities = $1, expires_at = $2, sku_code = $3, attributes = $4, usable_until = $5, \
         version = version + 1 where id = $6 and version = $7",
        args![
            json(&licence.quantities),
            licence.expires_at,
            &licence.sku_code,
            json(&licence.attributes),
            licence.usable_until,
            licence.id,
            licence.version
        ],
        || Error::Busy,
    )
    .await
}

/// Saves an end that has moved, and the state that follows from it.
pub(crate) async fn save_end(tx: &mut Tx, licence: &Licence) -> Result<()> {
    tx.execute_one(
        "update licence set state = $1, expires_at = $2, usable_until = $3, version = version + 1 \
         where id = $4 and version = $5",
        args![licence.state.name(), licence.expires_at, licence.usable_until, licence.id, licence.version],
        || Error::Busy,
    )
    .await
}

pub(crate) async fn by_code(tx: &mut Tx, fingerprint: &str) -> Result<Option<Licence>> {
    let row: Option<Row> = tx
        .fetch_optional(
            "select id, kind, account_id, seller_id, instance_id, order_id, product_id, sku_code, attributes, quantities, \
             code_fingerprint, issued_at, ordered_at, expires_at, usable_until, state, activated_at, effective_at, expired_at, \
             released_at, version from licence where code_fingerprint = $1",
            args![fingerprint],
        )
        .await?;
    row.map(Licence::try_from).transpose()
}

pub(crate) async fn of_instance(tx: &mut Tx, instance: InstanceId) -> Result<Option<Licence>> {
    let row: Option<Row> = tx
        .fetch_optional(
            "select id, kind, account_id, seller_id, instance_id, order_id, product_id, sku_code, attributes, quantities, \
             code_fingerprint, issued_at, ordered_at, expires_at, usable_until, state, activated_at, effective_at, expired_at, \
             released_at, version from licence where instance_id = $1",
            args![instance],
        )
        .await?;
    row.map(Licence::try_from).transpose()
}

/// The seller's test codes that were not deleted, newest first. There are few, so there are no pages.
pub(crate) async fn test_codes(tx: &mut Tx, seller: AccountId) -> Result<Vec<Licence>> {
    let rows: Vec<Row> = tx
        .fetch_all(
            "select id, kind, account_id, seller_id, instance_id, order_id, product_id, sku_code, attributes, quantities, \
             code_fingerprint, issued_at, ordered_at, expires_at, usable_until, state, activated_at, effective_at, expired_at, \
             released_at, version from licence where seller_id = $1 and kind = $2 and state <> $3 order by id desc",
            args![seller, LicenceKind::Test, LicenceState::Released],
        )
        .await?;
    rows.into_iter().map(Licence::try_from).collect()
}

/// A code that was sold, with its buyer, the product's title, and when its software was seen last.
#[derive(sqlx::FromRow)]
pub(crate) struct Sold {
    pub(crate) id: LicenceId,
    pub(crate) instance_id: InstanceId,
    pub(crate) code_sealed: Vec<u8>,
    pub(crate) state: LicenceState,
    pub(crate) activated_at: Option<Timestamp>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) title: Json<Localized>,
    pub(crate) buyer: String,
    pub(crate) last_seen_at: Option<Timestamp>,
}

/// What a seller has sold, newest first.
pub(crate) async fn sold(
    tx: &mut Tx,
    seller: AccountId,
    (state, fingerprint): (Option<LicenceState>, Option<&str>),
    page: PageOf,
) -> Result<Page<Sold>> {
    let rows = tx
        .fetch_all(
            "select l.id, l.instance_id, l.code_sealed, l.state, l.activated_at, l.expires_at, i.title, a.name as buyer, \
             (select max(d.last_seen_at) from licence_day d where d.account_id = l.account_id and d.licence_id = l.id) \
             as last_seen_at from licence l join instance i on i.id = l.instance_id join account a on a.id = l.account_id \
             where l.seller_id = $1 and l.kind = $2 and ($3 is null or l.state = $3) \
             and ($4 is null or l.code_fingerprint = $4) and ($5 is null or l.id < $5) order by l.id desc limit $6",
            args![seller, LicenceKind::Sold, state, fingerprint, page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |row: &Sold| row.id.uuid()))
}

#[derive(sqlx::FromRow)]
struct Sealed {
    code_sealed: Vec<u8>,
}

pub(crate) async fn sealed_code(tx: &mut Tx, id: LicenceId) -> Result<Vec<u8>> {
    let row: Option<Sealed> = tx.fetch_optional("select code_sealed from licence where id = $1", args![id]).await?;
    row.map(|row| row.code_sealed).ok_or(Error::NotFound(Thing::Licence))
}

/// One entry of a licence's history.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct LicenceEvent {
    pub(crate) id: LicenceEventId,
    pub(crate) kind: LicenceEventKind,
    pub(crate) happened_at: Timestamp,
    pub(crate) came_from: Option<String>,
}

pub(crate) async fn add_event(
    tx: &mut Tx,
    licence: &Licence,
    kind: LicenceEventKind,
    now: Timestamp,
    from: Option<&str>,
) -> Result<()> {
    tx.execute(
        "insert into licence_event (id, account_id, licence_id, kind, happened_at, came_from) values ($1, $2, $3, $4, $5, $6)",
        args![LicenceEventId::new(now), licence.account, licence.id, kind, now, from],
    )
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Happened {
    count: i64,
}

pub(crate) async fn happened_since(
    tx: &mut Tx,
    licence: &Licence,
    kind: LicenceEventKind,
    since: Timestamp,
) -> Result<bool> {
    let sql = "select cast(count(*) as bigint) as count from licence_event \
               where account_id = $1 and licence_id = $2 and kind = $3 and happened_at >= $4";
    let found: Happened = tx.fetch_one(sql, args![licence.account, licence.id, kind, since]).await?;
    Ok(found.count > 0)
}

pub(crate) async fn events(tx: &mut Tx, licence: &Licence, page: PageOf) -> Result<Page<LicenceEvent>> {
    let rows = tx
        .fetch_all(
            "select id, kind, happened_at, came_from from licence_event where account_id = $1 and licence_id = $2 \
             and ($3 is null or id < $3) order by id desc limit $4",
            args![licence.account, licence.id, page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |row: &LicenceEvent| row.id.uuid()))
}

/// The history without what the buyer alone does.
pub(crate) async fn events_for_seller(tx: &mut Tx, licence: &Licence, page: PageOf) -> Result<Page<LicenceEvent>> {
    let rows = tx
        .fetch_all(
            "select id, kind, happened_at, came_from from licence_event where account_id = $1 and licence_id = $2 \
             and kind not in ($3, $4) and ($5 is null or id < $5) order by id desc limit $6",
            args![
                licence.account,
                licence.id,
                LicenceEventKind::Revealed,
                LicenceEventKind::FileIssued,
                page.before,
                page.fetch()
            ],
        )
        .await?;
    Ok(page.page(rows, |row: &LicenceEvent| row.id.uuid()))
}
