//! Statements on `instance`.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{
    Error, Localized, Page, Result, Timestamp,
    arg::json,
    args,
    id::{AccountId, InstanceId, OrderId, OrderLineId, ProductId, SkuId},
    page::PageOf,
};
use platform::Tx;
use policy::AccessType;
use sqlx::types::Json;

use crate::rules::{AfterTerm, EndCause, Instance, InstanceState, State};

#[derive(sqlx::FromRow)]
struct Row {
    id: InstanceId,
    account_id: AccountId,
    seller_id: AccountId,
    order_id: OrderId,
    order_line_id: OrderLineId,
    product_id: ProductId,
    sku_id: SkuId,
    sku_code: String,
    title: Json<Localized>,
    attributes: Json<BTreeMap<String, String>>,
    access_type: AccessType,
    quantities: Json<BTreeMap<String, u64>>,
    activated_at: Timestamp,
    expires_at: Option<Timestamp>,
    grace_days: i64,
    frozen_days: i64,
    is_trial: bool,
    state: InstanceState,
    expired_at: Option<Timestamp>,
    freeze_at: Option<Timestamp>,
    release_at: Option<Timestamp>,
    accept_by: Option<Timestamp>,
    released_at: Option<Timestamp>,
    end_cause: Option<EndCause>,
    version: i64,
    spec_line_id: Option<OrderLineId>,
    change_line_id: Option<OrderLineId>,
}

impl TryFrom<Row> for Instance {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let broken = || Error::fault(format!("the instance {} lacks what its state {} carries", row.id, row.state));
        let state = match row.state {
            InstanceState::Pending => State::Pending { accept_by: row.accept_by.ok_or_else(broken)? },
            InstanceState::Active => State::Active,
            InstanceState::Grace => {
                State::Grace { at: row.expired_at.ok_or_else(broken)?, freeze_at: row.freeze_at.ok_or_else(broken)? }
            }
            InstanceState::Expired => State::Expired {
                at: row.expired_at.ok_or_else(broken)?,
                release_at: row.release_at.ok_or_else(broken)?,
            },
            InstanceState::Released => {
                State::Released { at: row.released_at.ok_or_else(broken)?, cause: row.end_cause.ok_or_else(broken)? }
            }
        };
        Ok(Self {
            id: row.id,
            account: row.account_id,
            seller: row.seller_id,
            order: row.order_id,
            line: row.order_line_id,
            product: row.product_id,
            sku: row.sku_id,
            sku_code: row.sku_code,
            title: row.title.0,
            attributes: row.attributes.0,
            access_type: row.access_type,
            quantities: row.quantities.0,
            activated_at: row.activated_at,
            expires_at: row.expires_at,
            after: AfterTerm {
                grace_days: u32::try_from(row.grace_days).map_err(Error::fault)?,
                frozen_days: u32::try_from(row.frozen_days).map_err(Error::fault)?,
            },
            is_trial: row.is_trial,
            state,
            version: row.version,
            specified_by: row.spec_line_id,
            changing: row.change_line_id,
        })
    }
}

/// Which instances a list wants.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    pub state: Option<InstanceState>,
    pub product: Option<ProductId>,
}

/// Writes a new instance. False: the order line has one already.
pub(crate) async fn insert(tx: &mut Tx, instance: &Instance) -> Result<bool> {
    let Instance {
        id,
        account,
        seller,
        order,
        line,
        product,
        sku,
        sku_code,
        title,
        attributes,
        access_type,
        quantities,
        activated_at,
        expires_at,
        after,
        is_trial,
        state,
        version,
        specified_by: _,
        changing: _,
    } = instance;
    let accept_by = instance.waits_until().ok();
    let hit = tx
        .execute(
            "insert into instance (id, account_id, seller_id, order_id, order_line_id, product_id, sku_id, sku_code, title, \
             attributes, access_type, quantities, activated_at, expires_at, frozen_days, state, version, is_trial, grace_days, accept_by) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) \
             on conflict (order_line_id) do nothing",
            args![
                *id,
                *account,
                *seller,
                *order,
                *line,
                *product,
                *sku,
                sku_code,
                json(title),
                json(attributes),
                *access_type,
                json(quantities),
                *activated_at,
                *expires_at,
                after.frozen_days,
                state.name(),
                *version,
                *is_trial,
                after.grace_days,
                accept_by
            ],
        )
        .await?;
    Ok(hit == 1)
}

/// Writes nothing new, and keeps others from writing until the transaction is over.
pub(crate) async fn touch(tx: &mut Tx, id: InstanceId) -> Result<()> {
    tx.execute("update instance set version = version where id = $1", args![id]).await?;
    Ok(())
}

/// When its term was over, when it is frozen, and when it is released, as far as its state says.
fn over(state: State) -> (Option<Timestamp>, Option<Timestamp>, Option<Timestamp>) {
    match state {
        State::Pending { .. } | State::Active | State::Released { .. } => (None, None, None),
        State::Grace { at, freeze_at } => (Some(at), Some(freeze_at), None),
        State::Expired { at, release_at } => (Some(at), None, Some(release_at)),
    }
}

/// Saves a move, unless somebody else has moved it in the meantime: then everything is tried again.
pub(crate) async fn save_state(tx: &mut Tx, instance: &Instance) -> Result<()> {
    let (expired, freeze, release) = over(instance.state);
    let (released, cause) = match instance.state {
        State::Pending { .. } | State::Active | State::Grace { .. } | State::Expired { .. } => (None, None),
        State::Released { at, cause } => (Some(at), Some(cause)),
    };
    tx.execute_one(
        "update instance set state = $1, expired_at = coalesce($2, expired_at), freeze_at = coalesce($3, freeze_at), \
         release_at = coalesce($4, release_at), released_at = $5, end_cause = $6, version = version + 1 \
         where id = $7 and version = $8",
        args![instance.state.name(), expired, freeze, release, released, cause, instance.id, instance.version],
        || Error::Busy,
    )
    .await
}

/// Saves other numbers and another end, unless somebody else has moved it in the meantime.
pub(crate) async fn save_terms(tx: &mut Tx, instance: &Instance) -> Result<()> {
    tx.execute_one(
        "update instance set quantities = $1, expires_at = $2, version = version + 1 where id = $3 and version = $4",
        args![json(&instance.quantities), instance.expires_at, instance.id, instance.version],
        || Error::Busy,
    )
    .await
}

/// Saves another end of something that is over, unless somebody else has moved it in the meantime.
pub(crate) async fn save_end(tx: &mut Tx, instance: &Instance) -> Result<()> {
    let sql = "update instance set expires_at = $1, version = version + 1 where id = $2 and version = $3";
    tx.execute_one(sql, args![instance.expires_at, instance.id, instance.version], || Error::Busy).await
}

/// Saves which change of it is being carried out, unless somebody else has moved it in the meantime.
pub(crate) async fn save_changing(tx: &mut Tx, instance: &Instance) -> Result<()> {
    let sql = "update instance set change_line_id = $1, version = version + 1 where id = $2 and version = $3";
    tx.execute_one(sql, args![instance.changing, instance.id, instance.version], || Error::Busy).await
}

/// Saves another specification, unless somebody else has moved it in the meantime.
pub(crate) async fn save_specification(tx: &mut Tx, instance: &Instance) -> Result<()> {
    tx.execute_one(
        "update instance set sku_id = $1, sku_code = $2, title = $3, attributes = $4, quantities = $5, spec_line_id = $6, \
         change_line_id = $7, version = version + 1 where id = $8 and version = $9",
        args![
            instance.sku,
            &instance.sku_code,
            json(&instance.title),
            json(&instance.attributes),
            json(&instance.quantities),
            instance.specified_by,
            instance.changing,
            instance.id,
            instance.version
        ],
        || Error::Busy,
    )
    .await
}

/// Saves an end that has moved, and the state that follows from it.
pub(crate) async fn save_term(tx: &mut Tx, instance: &Instance) -> Result<()> {
    let (expired, freeze, release) = over(instance.state);
    tx.execute_one(
        "update instance set state = $1, expires_at = $2, expired_at = $3, freeze_at = $4, release_at = $5, version = version + 1 \
         where id = $6 and version = $7",
        args![instance.state.name(), instance.expires_at, expired, freeze, release, instance.id, instance.version],
        || Error::Busy,
    )
    .await
}

/// Saves that its term has begun, unless somebody else has moved it in the meantime.
pub(crate) async fn save_acceptance(tx: &mut Tx, accepted: &Instance) -> Result<()> {
    tx.execute_one(
        "update instance set state = $1, activated_at = $2, expires_at = $3, version = version + 1 where id = $4 and version = $5",
        args![accepted.state.name(), accepted.activated_at, accepted.expires_at, accepted.id, accepted.version],
        || Error::Busy,
    )
    .await
}

/// Saves what was tried as what was bought, unless somebody else has moved it in the meantime.
pub(crate) async fn save_conversion(tx: &mut Tx, bought: &Instance) -> Result<()> {
    tx.execute_one(
        "update instance set order_id = $1, order_line_id = $2, activated_at = $3, expires_at = $4, frozen_days = $5, grace_days = $6, \
         state = $7, is_trial = $8, expired_at = null, freeze_at = null, release_at = null, version = version + 1 \
         where id = $9 and version = $10",
        args![
            bought.order,
            bought.line,
            bought.activated_at,
            bought.expires_at,
            bought.after.frozen_days,
            bought.after.grace_days,
            bought.state.name(),
            bought.is_trial,
            bought.id,
            bought.version
        ],
        || Error::Busy,
    )
    .await
}

macro_rules! instances {
    ($rest:literal) => {
        concat!(
            "select id, account_id, seller_id, order_id, order_line_id, product_id, sku_id, sku_code, title, attributes, access_type, \
             quantities, activated_at, expires_at, grace_days, frozen_days, is_trial, state, expired_at, freeze_at, release_at, accept_by, released_at, end_cause, \
             version, spec_line_id, change_line_id from instance ",
            $rest
        )
    };
}

pub(crate) async fn find(tx: &mut Tx, id: InstanceId) -> Result<Option<Instance>> {
    let row: Option<Row> = tx.fetch_optional(instances!("where id = $1"), args![id]).await?;
    row.map(Instance::try_from).transpose()
}

#[derive(sqlx::FromRow)]
struct Id {
    id: InstanceId,
}

/// Which of some instances a seller has sold.
pub(crate) async fn sold_among(
    tx: &mut Tx,
    seller: AccountId,
    ids: &BTreeSet<InstanceId>,
) -> Result<BTreeSet<InstanceId>> {
    let keys = ids.iter().map(|id| args![*id, seller]).collect();
    let after = "as wanted join instance i on i.id = wanted.column1 and i.seller_id = wanted.column2";
    let found: Vec<Id> = tx.fetch_for("select i.id from", keys, after).await?;
    Ok(found.into_iter().map(|row| row.id).collect())
}

#[derive(sqlx::FromRow)]
struct Ended {
    id: InstanceId,
    released_at: Timestamp,
}

/// Which of some are released, and when that was.
pub(crate) async fn ended_among(tx: &mut Tx, ids: &BTreeSet<InstanceId>) -> Result<BTreeMap<InstanceId, Timestamp>> {
    let keys = ids.iter().map(|id| args![*id]).collect();
    let after = "as wanted join instance i on i.id = wanted.column1 and i.released_at is not null";
    let found: Vec<Ended> = tx.fetch_for("select i.id, i.released_at from", keys, after).await?;
    Ok(found.into_iter().map(|row| (row.id, row.released_at)).collect())
}

pub(crate) async fn find_by_line(tx: &mut Tx, line: OrderLineId) -> Result<Option<Instance>> {
    let row: Option<Row> = tx.fetch_optional(instances!("where order_line_id = $1"), args![line]).await?;
    row.map(Instance::try_from).transpose()
}

pub(crate) async fn of_buyer(tx: &mut Tx, account: AccountId, filter: Filter, page: PageOf) -> Result<Page<Instance>> {
    let rows: Vec<Row> = tx
        .fetch_all(
            instances!(
                "where account_id = $1 and ($2 is null or id < $2) and ($3 is null or state = $3) \
             and ($4 is null or product_id = $4) order by id desc limit $5"
            ),
            args![account, page.before, filter.state, filter.product, page.fetch()],
        )
        .await?;
    collect(page, rows)
}

pub(crate) async fn of_seller(tx: &mut Tx, seller: AccountId, filter: Filter, page: PageOf) -> Result<Page<Instance>> {
    let rows: Vec<Row> = tx
        .fetch_all(
            instances!(
                "where seller_id = $1 and ($2 is null or id < $2) and ($3 is null or state = $3) \
             and ($4 is null or product_id = $4) order by id desc limit $5"
            ),
            args![seller, page.before, filter.state, filter.product, page.fetch()],
        )
        .await?;
    collect(page, rows)
}

fn collect(page: PageOf, rows: Vec<Row>) -> Result<Page<Instance>> {
    let instances = rows.into_iter().map(Instance::try_from).collect::<Result<Vec<_>>>()?;
    Ok(page.page(instances, |instance| instance.id.uuid()))
}
