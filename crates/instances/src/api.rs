//! Instances over HTTP: the buyer's own, and the seller's customers.

use std::collections::{BTreeMap, btree_map::Entry};

use accounts::{Buyer, Permission, Seller};
use axum::{Json, extract::State as Given};
use kernel::{
    Error, Localized, Page, PageQuery, Result, Timestamp,
    id::{AccountId, InstanceId, OrderId, OrderLineId, ProductId, SkuId},
    page::PageOf,
};
use platform::http::{Access, Op, PathParam, Query, Reply, Routes};
use policy::AccessType;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Filter, Instances,
    rules::{EndCause, Instance, InstanceState, State},
};

pub(crate) fn routes(instances: &Instances) -> Routes {
    Routes::of(instances.clone())
        .get(
            "/api/v1/instances",
            list,
            Op::does(Access::Buyer, "List what the account owns")
                .query::<InstanceQuery>()
                .gives::<Page<InstanceJson>>(200),
        )
        .get(
            "/api/v1/instances/{instance}",
            show,
            Op::does(Access::Buyer, "Show one thing that the account owns").gives::<InstanceJson>(200),
        )
        .get(
            "/api/v1/seller/instances",
            list_sold,
            Op::does(Access::Seller, "List what customers own of the seller's products")
                .query::<InstanceQuery>()
                .gives::<Page<SoldInstanceJson>>(200),
        )
        .get(
            "/api/v1/seller/instances/{instance}",
            show_sold,
            Op::does(Access::Seller, "Show what a customer owns of the seller's products")
                .gives::<SoldInstanceJson>(200),
        )
        .done()
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct InstanceQuery {
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many items, 1 to 100; 20 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    state: Option<InstanceState>,
    product: Option<ProductId>,
}

impl InstanceQuery {
    fn checked(self) -> Result<(Filter, PageOf)> {
        let Self { cursor, limit, state, product } = self;
        Ok((Filter { state, product }, PageQuery { cursor, limit }.checked()?))
    }
}

/// What both sides see.
#[derive(Debug, Serialize, ToSchema)]
struct InstanceJson {
    id: InstanceId,
    order: OrderId,
    order_line: OrderLineId,
    seller: AccountId,
    product: ProductId,
    sku: SkuId,
    sku_code: String,
    title: Localized,
    /// The chosen values of the SKU's attributes.
    attributes: BTreeMap<String, String>,
    access_type: AccessType,
    /// The bought quantities by attribute.
    quantities: BTreeMap<String, u64>,
    /// Given to be tried, until somebody pays for it.
    is_trial: bool,
    state: InstanceState,
    /// When its term began; of what waits for its acceptance, when it was created.
    activated_at: Timestamp,
    /// The end of the paid term; null: it does not end, or has not begun.
    expires_at: Option<Timestamp>,
    /// By when what waits for its buyer's acceptance counts as accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    accept_by: Option<Timestamp>,
    /// When what is in grace, with its term over and still usable, is frozen unless it is renewed.
    freeze_at: Option<Timestamp>,
    /// When a frozen instance is released unless it is renewed.
    release_at: Option<Timestamp>,
    released_at: Option<Timestamp>,
    end_cause: Option<EndCause>,
    /// The order line of a change that is paid and not done: it is being carried out, or begins with the next term.
    #[serde(skip_serializing_if = "Option::is_none")]
    changing: Option<OrderLineId>,
    version: i64,
}

impl From<Instance> for InstanceJson {
    fn from(instance: Instance) -> Self {
        let (freeze_at, release_at) = match instance.state {
            State::Pending { .. } | State::Active | State::Released { .. } => (None, None),
            State::Grace { freeze_at, .. } => (Some(freeze_at), None),
            State::Expired { release_at, .. } => (None, Some(release_at)),
        };
        let (ended_at, end_cause) = match instance.state {
            State::Pending { .. } | State::Active | State::Grace { .. } | State::Expired { .. } => (None, None),
            State::Released { at, cause } => (Some(at), Some(cause)),
        };
        let accept_by = instance.waits_until().ok();
        Self {
            id: instance.id,
            order: instance.order,
            order_line: instance.line,
            seller: instance.seller,
            product: instance.product,
            sku: instance.sku,
            sku_code: instance.sku_code,
            title: instance.title,
            attributes: instance.attributes,
            access_type: instance.access_type,
            quantities: instance.quantities,
            is_trial: instance.is_trial,
            state: instance.state.name(),
            activated_at: instance.activated_at,
            expires_at: instance.expires_at,
            accept_by,
            freeze_at,
            release_at,
            released_at: ended_at,
            end_cause,
            changing: instance.changing,
            version: instance.version,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct SoldInstanceJson {
    /// The buyer's display name.
    buyer_name: String,
    #[serde(flatten)]
    instance: InstanceJson,
}

async fn list(
    Given(instances): Given<Instances>,
    buyer: Buyer,
    Query(query): Query<InstanceQuery>,
) -> Reply<Page<InstanceJson>> {
    let (filter, page) = query.checked()?;
    Ok(Json(instances.list(&mut instances.app.db.read(), &buyer, filter, page).await?.map(InstanceJson::from)))
}

async fn show(
    Given(instances): Given<Instances>,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
) -> Reply<InstanceJson> {
    buyer.may(Permission::View).map_err(Error::from)?;
    Ok(Json(instances.find_for(&mut instances.app.db.read(), buyer.account(), id).await?.into()))
}

async fn list_sold(
    Given(instances): Given<Instances>,
    seller: Seller,
    Query(query): Query<InstanceQuery>,
) -> Reply<Page<SoldInstanceJson>> {
    let (filter, page) = query.checked()?;
    let sold = instances.list_sold(&mut instances.app.db.read(), &seller, filter, page).await?;
    Ok(Json(with_buyers(&instances, sold).await?))
}

async fn show_sold(
    Given(instances): Given<Instances>,
    seller: Seller,
    PathParam(id): PathParam<InstanceId>,
) -> Reply<SoldInstanceJson> {
    seller.may(Permission::View).map_err(Error::from)?;
    let mut tx = instances.app.db.read();
    let instance = instances.find_for_seller(&mut tx, seller.account(), id).await?;
    let buyer_name = instances.accounts.find(&mut tx, instance.account).await?.name;
    Ok(Json(SoldInstanceJson { buyer_name, instance: instance.into() }))
}

/// Adds the buyers' display names; nothing else of a buyer is the seller's business.
async fn with_buyers(instances: &Instances, sold: Page<Instance>) -> Result<Page<SoldInstanceJson>> {
    let mut tx = instances.app.db.read();
    let mut names = BTreeMap::new();
    for instance in &sold.items {
        if let Entry::Vacant(unknown) = names.entry(instance.account) {
            unknown.insert(instances.accounts.find(&mut tx, instance.account).await?.name);
        }
    }
    Ok(sold.map(|instance| {
        let buyer_name = names.get(&instance.account).cloned().unwrap_or_default();
        SoldInstanceJson { buyer_name, instance: instance.into() }
    }))
}
