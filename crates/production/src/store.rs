//! Statements on `production_address` and `production_call`; those on cases and probes stand in files of their own.

pub(crate) mod cases;
pub(crate) mod probes;

use kernel::{
    Error, Page, Result, Thing, Timestamp, args,
    id::{AccountId, ErrandId, ProductionAddressId, ProductionCallId},
    page::PageOf,
};
use platform::{OnUnique, Tx};
use serde::Serialize;
use sqlx::types::Json;

use crate::rules::{
    address::{Address, AddressRefused, AddressState, KeyHint},
    case::Checked,
    form::CallForm,
    request::Activity,
    trial::Trial,
    v1::FieldCipher,
};

#[derive(sqlx::FromRow)]
struct Row {
    id: ProductionAddressId,
    seller_id: AccountId,
    url: String,
    form: CallForm,
    encryption: FieldCipher,
    state: AddressState,
    in_use: bool,
    key_hint: Option<String>,
    key_made_at: Option<Timestamp>,
    next_hint: Option<String>,
    next_made_at: Option<Timestamp>,
    next_until: Option<Timestamp>,
    added_at: Timestamp,
    verified_at: Option<Timestamp>,
    cases_asked_at: Option<Timestamp>,
    version: i64,
}

impl Row {
    fn address(self) -> Address {
        let hint = |hint: Option<String>, made_at: Option<Timestamp>| Some(KeyHint { hint: hint?, made_at: made_at? });
        Address {
            id: self.id,
            seller: self.seller_id,
            url: self.url,
            form: self.form,
            encryption: self.encryption,
            state: self.state,
            in_use: self.in_use,
            key: hint(self.key_hint, self.key_made_at),
            next: hint(self.next_hint, self.next_made_at),
            next_until: self.next_until,
            added_at: self.added_at,
            verified_at: self.verified_at,
            cases_asked_at: self.cases_asked_at,
            version: self.version,
        }
    }
}

macro_rules! addresses {
    ($rest:literal) => {
        concat!(
            "select id, seller_id, url, form, encryption, state, in_use, key_hint, key_made_at, next_hint, next_made_at, next_until, \
             added_at, verified_at, cases_asked_at, version from production_address ",
            $rest
        )
    };
}

pub(crate) async fn insert(tx: &mut Tx, address: &Address) -> Result<()> {
    tx.execute(
        "insert into production_address (id, seller_id, url, form, encryption, state, in_use, added_at, version) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        args![
            address.id,
            address.seller,
            &address.url,
            address.form,
            address.encryption,
            address.state,
            address.in_use,
            address.added_at,
            address.version
        ],
    )
    .await
    .on_unique(|| AddressRefused::Twice)?;
    Ok(())
}

pub(crate) async fn of_seller(tx: &mut Tx, seller: AccountId) -> Result<Vec<Address>> {
    let rows: Vec<Row> = tx.fetch_all(addresses!("where seller_id = $1 order by id"), args![seller]).await?;
    Ok(rows.into_iter().map(Row::address).collect())
}

pub(crate) async fn find_for(tx: &mut Tx, seller: AccountId, id: ProductionAddressId) -> Result<Address> {
    let sql = addresses!("where seller_id = $1 and id = $2");
    let row: Option<Row> = tx.fetch_optional(sql, args![seller, id]).await?;
    row.map(Row::address).ok_or(Error::NotFound(Thing::ProductionAddress))
}

pub(crate) async fn find(tx: &mut Tx, id: ProductionAddressId) -> Result<Option<Address>> {
    Ok(tx.fetch_optional::<Row>(addresses!("where id = $1"), args![id]).await?.map(Row::address))
}

/// Where deliveries go.
pub(crate) async fn in_use(tx: &mut Tx, seller: AccountId) -> Result<Option<Address>> {
    let sql = addresses!("where seller_id = $1 and in_use");
    Ok(tx.fetch_optional::<Row>(sql, args![seller]).await?.map(Row::address))
}

pub(crate) async fn remove(tx: &mut Tx, seller: AccountId, id: ProductionAddressId) -> Result<()> {
    let sql = "delete from production_address where seller_id = $1 and id = $2 and not in_use";
    // It was taken into use at the same moment.
    tx.execute_one(sql, args![seller, id], || AddressRefused::InUse).await?;
    cases::forget_address(tx, seller, id).await
}

/// It is proven, and used unless another one is.
pub(crate) async fn save_verified(tx: &mut Tx, address: &Address, now: Timestamp) -> Result<()> {
    tx.execute_one(
        "update production_address set state = $1, verified_at = $2, version = version + 1 where id = $3 and version = $4",
        args![AddressState::Verified, now, address.id, address.version],
        || Error::Busy,
    )
    .await
}

/// Makes one address the one that is used.
pub(crate) async fn save_in_use(tx: &mut Tx, seller: AccountId, id: ProductionAddressId) -> Result<()> {
    let none = "update production_address set in_use = false where seller_id = $1 and in_use";
    tx.execute(none, args![seller]).await?;
    let one = "update production_address set in_use = true where seller_id = $1 and id = $2";
    // Another one was taken into use at the same moment: tried again, this one replaces it.
    let taken = tx.execute_one(one, args![seller, id], || Error::NotFound(Thing::ProductionAddress)).await;
    taken.on_unique(|| Error::Busy)
}

/// A key that is used at once.
pub(crate) async fn save_key(tx: &mut Tx, address: &Address, sealed: Vec<u8>, key: &KeyHint) -> Result<()> {
    tx.execute_one(
        "update production_address set key_sealed = $1, key_hint = $2, key_made_at = $3, version = version + 1 \
         where id = $4 and version = $5",
        args![sealed, &key.hint, key.made_at, address.id, address.version],
        || Error::Busy,
    )
    .await
}

/// A key that waits to be used alone, from a moment that may be known.
pub(crate) async fn save_next_key(
    tx: &mut Tx,
    address: &Address,
    sealed: Vec<u8>,
    (key, until): (&KeyHint, Option<Timestamp>),
) -> Result<()> {
    tx.execute_one(
        "update production_address set next_sealed = $1, next_hint = $2, next_made_at = $3, next_until = $4, \
         version = version + 1 where id = $5 and version = $6",
        args![sealed, &key.hint, key.made_at, until, address.id, address.version],
        || Error::Busy,
    )
    .await
}

/// The key that waited is the one that is used.
pub(crate) async fn change_key(tx: &mut Tx, address: &Address) -> Result<()> {
    tx.execute_one(
        "update production_address set key_sealed = next_sealed, key_hint = next_hint, key_made_at = next_made_at, \
         next_sealed = null, next_hint = null, next_made_at = null, next_until = null, version = version + 1 \
         where id = $1 and version = $2 and next_sealed is not null",
        args![address.id, address.version],
        || Error::Busy,
    )
    .await
}

/// The key that waited is none any more.
pub(crate) async fn withdraw_key(tx: &mut Tx, address: &Address) -> Result<()> {
    tx.execute_one(
        "update production_address set next_sealed = null, next_hint = null, next_made_at = null, next_until = null, \
         version = version + 1 where id = $1 and version = $2 and next_sealed is not null",
        args![address.id, address.version],
        || Error::Busy,
    )
    .await
}

/// The present key and the one that waits, sealed.
#[derive(Default, sqlx::FromRow)]
pub(crate) struct KeptKeys {
    pub(crate) key_sealed: Option<Vec<u8>>,
    pub(crate) next_sealed: Option<Vec<u8>>,
    pub(crate) next_until: Option<Timestamp>,
}

pub(crate) async fn keys(tx: &mut Tx, id: ProductionAddressId) -> Result<KeptKeys> {
    let sql = "select key_sealed, next_sealed, next_until from production_address where id = $1";
    Ok(tx.fetch_optional(sql, args![id]).await?.unwrap_or_default())
}

/// A call and what came of it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Call {
    pub(crate) id: ProductionCallId,
    pub(crate) seller_id: AccountId,
    pub(crate) address_id: ProductionAddressId,
    pub(crate) errand_id: Option<ErrandId>,
    pub(crate) form: CallForm,
    pub(crate) activity: Activity,
    pub(crate) test: bool,
    pub(crate) url: String,
    /// Of its head, what the form adds: a line each.
    pub(crate) headers: String,
    pub(crate) request: String,
    pub(crate) sent_at: Timestamp,
    pub(crate) took_millis: i64,
    pub(crate) no_answer: Option<String>,
    pub(crate) status: Option<i64>,
    pub(crate) content_type: Option<String>,
    pub(crate) answer_shown: String,
    pub(crate) trouble: Option<String>,
    /// Of a try-out: what was chosen, and how each check went.
    pub(crate) trial: Option<Json<Trial>>,
    pub(crate) checks: Option<Json<Checked>>,
}

macro_rules! calls {
    ($rest:literal) => {
        concat!(
            "select id, seller_id, address_id, errand_id, form, activity, test, url, headers, request, sent_at, took_millis, \
             no_answer, status, content_type, answer_shown, trouble, trial, checks from production_call ",
            $rest
        )
    };
}

/// Writes a call. `sealed`: its answer as it came, while somebody waits for it.
pub(crate) async fn insert_call(tx: &mut Tx, call: &Call, sealed: Option<Vec<u8>>) -> Result<()> {
    let Call {
        id,
        seller_id,
        address_id,
        errand_id,
        form,
        activity,
        test,
        url,
        headers,
        request,
        sent_at,
        took_millis,
        no_answer,
        status,
        content_type,
        answer_shown,
        trouble,
        trial,
        checks,
    } = call;
    tx.execute(
        "insert into production_call (id, seller_id, address_id, errand_id, form, activity, test, url, headers, request, \
         sent_at, took_millis, no_answer, status, content_type, answer_shown, trouble, answer_sealed, settled, \
         trial, checks) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
        args![
            *id,
            *seller_id,
            *address_id,
            *errand_id,
            *form,
            *activity,
            *test,
            url,
            headers,
            request,
            *sent_at,
            *took_millis,
            no_answer.as_deref(),
            *status,
            content_type.as_deref(),
            answer_shown,
            trouble.as_deref(),
            sealed,
            errand_id.is_none(),
            whole(trial.as_ref())?,
            whole(checks.as_ref())?
        ],
    )
    .await?;
    Ok(())
}

/// A value of a JSON column that may be null.
fn whole<T: Serialize>(value: Option<&Json<T>>) -> Result<Option<serde_json::Value>> {
    value.map(|value| serde_json::to_value(&value.0)).transpose().map_err(Error::fault)
}

#[derive(sqlx::FromRow)]
struct Sealed {
    answer_sealed: Option<Vec<u8>>,
}

/// A call that was made for an errand and has had no effect yet, with its sealed answer.
pub(crate) async fn unsettled(tx: &mut Tx, errand: ErrandId) -> Result<Option<(Call, Option<Vec<u8>>)>> {
    let sql = calls!("where errand_id = $1 and not settled order by id limit 1");
    let Some(call) = tx.fetch_optional::<Call>(sql, args![errand]).await? else { return Ok(None) };
    let sealed: Sealed =
        tx.fetch_one("select answer_sealed from production_call where id = $1", args![call.id]).await?;
    Ok(Some((call, sealed.answer_sealed)))
}

/// Its effect is done in this transaction: what came is not needed any more.
pub(crate) async fn settle(tx: &mut Tx, id: ProductionCallId) -> Result<()> {
    let sql = "update production_call set settled = true, answer_sealed = null where id = $1 and not settled";
    tx.execute_one(sql, args![id], || Error::Busy).await
}

/// The calls of a seller, newest first: all, or those of one errand.
pub(crate) async fn calls_of(
    tx: &mut Tx,
    seller: AccountId,
    errand: Option<ErrandId>,
    page: PageOf,
) -> Result<Page<Call>> {
    let sql = calls!(
        "where seller_id = $1 and ($2 is null or errand_id = $2) and ($3 is null or id < $3) order by id desc limit $4"
    );
    let rows = tx.fetch_all(sql, args![seller, errand, page.before, page.fetch()]).await?;
    Ok(page.page(rows, |call: &Call| call.id.uuid()))
}

/// The calls of all sellers' systems, newest first: all, or those of one seller or one errand.
pub(crate) async fn calls_of_any(
    tx: &mut Tx,
    (seller, errand): (Option<AccountId>, Option<ErrandId>),
    page: PageOf,
) -> Result<Page<Call>> {
    let sql = calls!(
        "where ($1 is null or seller_id = $1) and ($2 is null or errand_id = $2) and ($3 is null or id < $3) \
         order by id desc limit $4"
    );
    let rows = tx.fetch_all(sql, args![seller, errand, page.before, page.fetch()]).await?;
    Ok(page.page(rows, |call: &Call| call.id.uuid()))
}

pub(crate) async fn any_call(tx: &mut Tx, id: ProductionCallId) -> Result<Call> {
    tx.fetch_optional(calls!("where id = $1"), args![id]).await?.ok_or(Error::NotFound(Thing::ProductionCall))
}

pub(crate) async fn call_for(tx: &mut Tx, seller: AccountId, id: ProductionCallId) -> Result<Call> {
    let sql = calls!("where seller_id = $1 and id = $2");
    tx.fetch_optional(sql, args![seller, id]).await?.ok_or(Error::NotFound(Thing::ProductionCall))
}

pub(crate) async fn forget(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    let sql = "delete from production_call where sent_at < $1 and settled \
               and id not in (select call_id from production_case_result)";
    tx.execute(sql, args![before]).await
}
