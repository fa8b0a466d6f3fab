//! `/api/v1`: how deliveries stand.

mod acceptance;
mod comparisons;
mod conversions;
mod events;
mod systems;

use accounts::{Buyer, Operator};
use axum::{Json, extract::State as Handled};
use kernel::{
    Error, Page, PageQuery, Timestamp,
    id::{DeliveryId, InstanceId, OrderId, OrderLineId},
};
use platform::http::{Access, Op, PathParam, Query, Reply, Routes};
use policy::AccessType;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Deliveries,
    rules::{Delivery, Outcome, State},
};

pub(crate) fn routes(deliveries: &Deliveries) -> Routes {
    Routes::of(deliveries.clone())
        .get(
            "/api/v1/orders/{order}/deliveries",
            of_order,
            Op::does(Access::Buyer, "See how an order's deliveries stand").gives::<DeliveriesJson>(200),
        )
        .get(
            "/api/v1/operator/deliveries",
            list,
            Op::does(Access::Operator, "List the deliveries of all accounts").query::<DeliveryFilter>().gives::<Page<
                DeliveryJson,
            >>(
                200
            ),
        )
        .done()
        .and(acceptance::routes(deliveries))
        .and(conversions::routes(deliveries))
        .and(systems::routes(deliveries))
        .and(events::routes(deliveries))
        .and(comparisons::routes(deliveries))
}

#[derive(Serialize, ToSchema)]
struct DeliveriesJson {
    items: Vec<DeliveryJson>,
}

#[derive(Deserialize, IntoParams)]
struct DeliveryFilter {
    state: Option<State>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct DeliveryJson {
    id: DeliveryId,
    order: OrderId,
    line: OrderLineId,
    access_type: AccessType,
    state: State,
    tries: u32,
    opened_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<InstanceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<String>,
}

impl From<Delivery> for DeliveryJson {
    fn from(delivery: Delivery) -> Self {
        let state = delivery.outcome.state();
        let (ended_at, instance, last_error) = match delivery.outcome {
            Outcome::Due { last_error } => (None, None, last_error),
            Outcome::Offered { instance } => (None, Some(instance), None),
            Outcome::Delivered { instance, at } => (Some(at), Some(instance), None),
            Outcome::Failed { reason, at } => (Some(at), None, Some(reason)),
        };
        Self {
            id: delivery.id,
            order: delivery.order,
            line: delivery.line,
            access_type: delivery.access_type,
            state,
            tries: delivery.tries,
            opened_at: delivery.opened_at,
            ended_at,
            instance,
            last_error,
        }
    }
}

async fn of_order(
    Handled(deliveries): Handled<Deliveries>,
    buyer: Buyer,
    PathParam(order): PathParam<OrderId>,
) -> Reply<DeliveriesJson> {
    let mut tx = deliveries.app.db.read();
    deliveries.orders.view(&mut tx, &buyer, order).await?;
    let found = deliveries.of_order(&mut tx, &buyer, order).await?;
    Ok(Json(DeliveriesJson { items: found.into_iter().map(DeliveryJson::from).collect() }))
}

async fn list(
    Handled(deliveries): Handled<Deliveries>,
    operator: Operator,
    Query(filter): Query<DeliveryFilter>,
) -> Reply<Page<DeliveryJson>> {
    let DeliveryFilter { state, cursor, limit } = filter;
    let page = PageQuery { cursor, limit }.checked().map_err(Error::from)?;
    let found = deliveries.list(&mut deliveries.app.db.read(), &operator, state, page).await?;
    Ok(Json(found.map(DeliveryJson::from)))
}
