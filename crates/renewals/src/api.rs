//! `/api/v1`: renewing what the account owns, and what happens at its end.

use accounts::Buyer;
use axum::{Json, extract::State};
use kernel::{
    Localized, Money, Timestamp,
    id::{InstanceId, OrderId, OrderLineId},
    time::Period,
};
use orders::{After, Content};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes};
use pricing::PeriodUnit;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Renewals,
    actions::{Preview, Wanted, Wish},
    rules::{Consent, ExpiryPlan, ExpiryPolicy, Renewal, RenewalCause, RenewalTrouble},
};

pub(crate) fn routes(renewals: &Renewals) -> Routes {
    Routes::of(renewals.clone())
        .get(
            "/api/v1/instances/{instance}/renewal",
            preview,
            Op::does(Access::Buyer, "See what renewing an instance would cost, and until when it would go on")
                .query::<RenewalLength>()
                .gives::<RenewalPreviewJson>(200),
        )
        .post(
            "/api/v1/instances/{instance}/renewal",
            renew,
            Op::does(Access::Buyer, "Renew an instance as it was previewed, paid from the wallet")
                .takes::<RenewInstance>()
                .gives::<RenewalJson>(201),
        )
        .get(
            "/api/v1/instances/{instance}/renewals",
            list,
            Op::does(Access::Buyer, "List the terms that were added to an instance").gives::<RenewalsJson>(200),
        )
        .get(
            "/api/v1/instances/{instance}/expiry",
            expiry,
            Op::does(Access::Buyer, "See what happens when the term of an instance ends").gives::<ExpiryJson>(200),
        )
        .put(
            "/api/v1/instances/{instance}/expiry",
            set_expiry,
            Op::does(Access::Buyer, "Say what happens when the term of an instance ends")
                .takes::<SetExpiry>()
                .gives::<ExpiryJson>(200),
        )
        .done()
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct RenewalLength {
    /// How many days, months or years; as the last time unless told.
    #[param(minimum = 1, maximum = 366)]
    periods: Option<u32>,
    /// As the last time unless told; what was bought by the month can go on by the year.
    period_unit: Option<PeriodUnit>,
}

#[derive(Serialize, ToSchema)]
struct RenewalPreviewJson {
    instance: InstanceId,
    /// It begins where the present term ends.
    term: Period,
    total: Money,
    /// What the wallet lacks to pay it.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<Money>,
    /// How the price is made up, in one text.
    explanation: Localized,
    /// Renewing with it accepts exactly this.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015")]
    seen: String,
    #[serde(flatten)]
    content: Content,
}

impl RenewalPreviewJson {
    fn of(instance: InstanceId, preview: Preview) -> Self {
        let Preview { quote, term, cover } = preview;
        let missing = match cover.after {
            After::Missing(missing) => Some(missing),
            After::Left(_) => None,
        };
        let content = quote.content;
        let (total, explanation, seen) = (content.quote.total, content.quote.explanation(), content.seen());
        Self { instance, term, total, missing, explanation, seen, content }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"periods": 12, "period_unit": "month", "seen": "9f86d081884c7d659a2feaa0c55ad015"}))]
struct RenewInstance {
    /// How many days, months or years; as the last time unless told.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 366)]
    periods: Option<u32>,
    #[serde(default)]
    period_unit: Option<PeriodUnit>,
    /// What the preview of the same length said.
    seen: String,
}

#[derive(Serialize, ToSchema)]
struct RenewalJson {
    instance: InstanceId,
    order: OrderId,
    order_line: OrderLineId,
    cause: RenewalCause,
    term: Period,
    /// Its term has begun.
    effective: bool,
    renewed_at: Timestamp,
    /// When it was given back.
    returned_at: Option<Timestamp>,
}

impl RenewalJson {
    fn of(renewal: Renewal, now: Timestamp) -> Self {
        let effective = renewal.is_effective(now);
        let Renewal { line, instance, account: _, seller: _, order, cause, term, renewed_at, returned_at } = renewal;
        Self { instance, order, order_line: line, cause, term, effective, renewed_at, returned_at }
    }
}

#[derive(Serialize, ToSchema)]
struct RenewalsJson {
    items: Vec<RenewalJson>,
}

#[derive(Serialize, ToSchema)]
struct ExpiryJson {
    policy: ExpiryPolicy,
    /// What was agreed to, while it is renewed automatically.
    #[serde(skip_serializing_if = "Option::is_none")]
    consent: Option<ConsentJson>,
    /// Why the last automatic renewal did not succeed; it is tried again each day.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<RenewalTrouble>,
}

#[derive(Serialize, ToSchema)]
struct ConsentJson {
    periods: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    period_unit: Option<PeriodUnit>,
    /// It is never renewed automatically for more.
    price_max: Money,
    agreed_at: Timestamp,
}

impl From<ExpiryPlan> for ExpiryJson {
    fn from(plan: ExpiryPlan) -> Self {
        let consent = plan.consent.map(|consent| {
            let Consent { periods, period_unit, price_max, agreed_at, agreed_by: _ } = consent;
            ConsentJson { periods, period_unit, price_max, agreed_at }
        });
        Self { policy: plan.policy, consent, trouble: plan.trouble }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "policy": "automatic", "periods": 1, "period_unit": "year", "price_max": {"minor": 729_000, "currency": "CNY"}
}))]
struct SetExpiry {
    policy: ExpiryPolicy,
    /// For how long it is renewed automatically; as the last time unless told.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 366)]
    periods: Option<u32>,
    #[serde(default)]
    period_unit: Option<PeriodUnit>,
    /// The highest price at which it is renewed automatically; needed for that.
    #[serde(default)]
    price_max: Option<Money>,
}

async fn preview(
    State(renewals): State<Renewals>,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    Query(length): Query<RenewalLength>,
) -> Reply<RenewalPreviewJson> {
    let wanted = Wanted { periods: length.periods, unit: length.period_unit };
    let preview = renewals.preview(&mut renewals.app.db.read(), &buyer, id, wanted).await?;
    Ok(Json(RenewalPreviewJson::of(id, preview)))
}

async fn renew(
    State(renewals): State<Renewals>,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    once: Once,
    Body(input): Body<RenewInstance>,
) -> Result<Answer, Problem> {
    let RenewInstance { periods, period_unit, seen } = input;
    let wanted = Wanted { periods, unit: period_unit };
    once.run(&renewals.app, async |tx| {
        let renewal = renewals.renew(tx, &buyer, (id, wanted), &seen).await?;
        let now = renewal.renewed_at;
        Ok(Answer::created(&RenewalJson::of(renewal, now)))
    })
    .await
}

async fn list(
    State(renewals): State<Renewals>,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
) -> Reply<RenewalsJson> {
    let now = renewals.app.clock.now();
    let found = renewals.list(&mut renewals.app.db.read(), &buyer, id).await?;
    Ok(Json(RenewalsJson { items: found.into_iter().map(|renewal| RenewalJson::of(renewal, now)).collect() }))
}

async fn expiry(
    State(renewals): State<Renewals>,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
) -> Reply<ExpiryJson> {
    Ok(Json(renewals.expiry(&mut renewals.app.db.read(), &buyer, id).await?.into()))
}

async fn set_expiry(
    State(renewals): State<Renewals>,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    once: Once,
    Body(input): Body<SetExpiry>,
) -> Result<Answer, Problem> {
    let SetExpiry { policy, periods, period_unit, price_max } = input;
    let wish = Wish { policy, wanted: Wanted { periods, unit: period_unit }, price_max };
    once.run(&renewals.app, async |tx| {
        let plan = renewals.set_expiry(tx, &buyer, id, wish).await?;
        Ok(Answer::ok(&ExpiryJson::from(plan)))
    })
    .await
}
