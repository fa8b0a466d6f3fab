//! Buying what is being tried: its price, and the purchase.

use accounts::Buyer;
use axum::{Json, extract::State};
use kernel::{
    Currency, Localized, Money, Timestamp,
    id::{InstanceId, OrderId},
};
use orders::{Converting, Length};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes};
use pricing::{PeriodUnit, QuoteLine};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Deliveries;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LengthQuery {
    /// How many days, months or years; the shortest that is sold without it.
    #[param(minimum = 1, maximum = 366)]
    periods: Option<u32>,
    period_unit: Option<PeriodUnit>,
    /// Where it has prices in several; that of the trial without it.
    currency: Option<Currency>,
}

/// What it costs to go on with what is tried.
#[derive(Debug, Serialize, ToSchema)]
struct ConversionPrice {
    total: Money,
    /// They sum to the total.
    lines: Vec<QuoteLine>,
    explanation: Localized,
    periods: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    period_unit: Option<PeriodUnit>,
    /// Hours after the order in which it can be returned without a reason; 0: it cannot.
    no_reason_hours: u32,
    /// Send it with the purchase: it is refused if the price or its terms have changed since.
    seen: String,
}

impl From<Converting> for ConversionPrice {
    fn from(converting: Converting) -> Self {
        let content = converting.quote.content;
        let (seen, explanation) = (content.seen(), content.quote.explanation());
        Self {
            total: content.quote.total,
            lines: content.quote.lines,
            explanation,
            periods: content.choice.periods,
            period_unit: content.choice.period_unit,
            no_reason_hours: content.terms.no_reason_hours,
            seen,
        }
    }
}

/// Buys what is tried from the wallet.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"periods": 12, "period_unit": "month", "seen": "2f1c…"}))]
struct BuyTrial {
    #[serde(default)]
    #[schema(minimum = 1, maximum = 366)]
    periods: Option<u32>,
    #[serde(default)]
    period_unit: Option<PeriodUnit>,
    #[serde(default)]
    currency: Option<Currency>,
    /// What the price said.
    #[schema(max_length = 200)]
    seen: String,
}

/// The same instance, with its purchase.
#[derive(Debug, Serialize, ToSchema)]
struct ConvertedJson {
    instance: InstanceId,
    order: OrderId,
    /// When its paid term began.
    began_at: Timestamp,
    expires_at: Option<Timestamp>,
}

pub(super) fn routes(deliveries: &Deliveries) -> Routes {
    Routes::of(deliveries.clone())
        .get(
            "/api/v1/instances/{instance}/conversion",
            price,
            Op::does(Access::Buyer, "See what it costs to go on with what is tried")
                .query::<LengthQuery>()
                .gives::<ConversionPrice>(200),
        )
        .post(
            "/api/v1/instances/{instance}/conversion",
            buy,
            Op::does(Access::Buyer, "Buy what is tried; it goes on as it is")
                .takes::<BuyTrial>()
                .gives::<ConvertedJson>(201),
        )
        .done()
}

async fn price(
    State(deliveries): State<Deliveries>,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    Query(LengthQuery { periods, period_unit, currency }): Query<LengthQuery>,
) -> Reply<ConversionPrice> {
    let length = Length { periods, unit: period_unit, currency };
    let (_, converting) = deliveries.converting(&mut deliveries.app.db.read(), &buyer, id, length).await?;
    Ok(Json(converting.into()))
}

async fn buy(
    State(deliveries): State<Deliveries>,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    once: Once,
    Body(BuyTrial { periods, period_unit, currency, seen }): Body<BuyTrial>,
) -> Result<Answer, Problem> {
    let length = Length { periods, unit: period_unit, currency };
    once.run(&deliveries.app, async |tx| {
        let bought = deliveries.convert(tx, &buyer, (id, length), &seen).await?;
        Ok(Answer::created(&ConvertedJson {
            instance: bought.id,
            order: bought.order,
            began_at: bought.activated_at,
            expires_at: bought.expires_at,
        }))
    })
    .await
}
