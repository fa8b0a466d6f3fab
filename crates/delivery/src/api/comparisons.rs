//! `/api/v1`: in what sellers' systems and the site differ.

use accounts::{Operator, Seller};
use axum::{Json, extract::State};
use kernel::{
    Error, Page, PageQuery, Timestamp,
    id::{AccountId, InstanceId, OrderLineId},
};
use platform::http::{Access, Op, Query, Reply, Routes};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Deliveries,
    rules::comparison::{Comparison, Difference},
};

pub(super) fn routes(deliveries: &Deliveries) -> Routes {
    let lists = |access, summary| Op::does(access, summary).query::<PageQuery>().gives::<Page<DifferenceJson>>(200);
    Routes::of(deliveries.clone())
        .get(
            "/api/v1/seller/differences",
            own,
            lists(Access::Seller, "List the instances in which the seller's system and the site differ"),
        )
        .get(
            "/api/v1/operator/differences",
            all,
            lists(Access::Operator, "List the instances in which sellers' systems and the site differ"),
        )
        .done()
}

#[derive(Serialize, ToSchema)]
struct DifferenceJson {
    instance: InstanceId,
    order_line: OrderLineId,
    seller: AccountId,
    /// How the seller's system names the instance.
    remote_id: String,
    difference: Option<Difference>,
    /// The night in which it was found first.
    since: Option<Timestamp>,
    /// When the seller's system was told again what it had missed.
    told_at: Option<Timestamp>,
    /// Since when its seller has to mend it by hand; null: being told again may mend it, or it was found once.
    by_hand_since: Option<Timestamp>,
    compared_at: Option<Timestamp>,
}

impl From<Comparison> for DifferenceJson {
    fn from(comparison: Comparison) -> Self {
        let differs = comparison.differs;
        Self {
            instance: comparison.instance,
            order_line: comparison.line,
            seller: comparison.seller,
            remote_id: comparison.remote,
            difference: differs.map(|differs| differs.what),
            since: differs.map(|differs| differs.since),
            told_at: differs.and_then(|differs| differs.told_at),
            by_hand_since: differs.and_then(|differs| differs.by_hand_since),
            compared_at: comparison.compared_at,
        }
    }
}

async fn own(
    State(deliveries): State<Deliveries>,
    seller: Seller,
    Query(page): Query<PageQuery>,
) -> Reply<Page<DifferenceJson>> {
    let page = page.checked().map_err(Error::from)?;
    let found = deliveries.own_differences(&mut deliveries.app.db.read(), &seller, page).await?;
    Ok(Json(found.map(DifferenceJson::from)))
}

async fn all(
    State(deliveries): State<Deliveries>,
    operator: Operator,
    Query(page): Query<PageQuery>,
) -> Reply<Page<DifferenceJson>> {
    let page = page.checked().map_err(Error::from)?;
    let found = deliveries.all_differences(&mut deliveries.app.db.read(), &operator, page).await?;
    Ok(Json(found.map(DifferenceJson::from)))
}
