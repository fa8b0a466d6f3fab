//! Accepting what opens after that: what would begin, and the acceptance.

use accounts::Buyer;
use axum::{Json, extract::State};
use kernel::{Localized, Money, Timestamp, id::InstanceId};
use platform::http::{Access, Answer, Once, Op, PathParam, Problem, Reply, Routes};
use policy::BillingMode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Deliveries, actions::Accepting};

/// What begins if it is accepted now.
#[derive(Serialize, ToSchema)]
struct AcceptancePreview {
    instance: InstanceId,
    title: Localized,
    /// By when it counts as accepted, if it is not refused before: `POST /api/v1/instances/{instance}/return`.
    accept_by: Timestamp,
    begins_at: Timestamp,
    /// The end of the paid term; null: it has none.
    expires_at: Option<Timestamp>,
    /// What was paid with the order, and stays paid from then on.
    paid: Money,
    /// `on_demand`: what is used is charged from then on.
    billing_mode: BillingMode,
    /// Hours from then on in which it can be returned without a reason.
    no_reason_hours: u32,
}

/// What has begun.
#[derive(Serialize, ToSchema)]
struct AcceptedInstance {
    instance: InstanceId,
    began_at: Timestamp,
    /// The end of the paid term; null: it has none.
    expires_at: Option<Timestamp>,
}

pub(super) fn routes(deliveries: &Deliveries) -> Routes {
    Routes::of(deliveries.clone())
        .get(
            "/api/v1/instances/{instance}/acceptance",
            preview,
            Op::does(Access::Buyer, "See what accepting an instance would begin").gives::<AcceptancePreview>(200),
        )
        .post(
            "/api/v1/instances/{instance}/acceptance",
            accept,
            Op::does(Access::Buyer, "Accept an instance that waits for it: its term begins")
                .gives::<AcceptedInstance>(201),
        )
        .done()
}

async fn preview(
    State(deliveries): State<Deliveries>,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
) -> Reply<AcceptancePreview> {
    let Accepting { instance, line, accept_by, begins, ends } =
        deliveries.accepting(&mut deliveries.app.db.read(), &buyer, id).await?;
    Ok(Json(AcceptancePreview {
        instance: instance.id,
        title: instance.title,
        accept_by,
        begins_at: begins,
        expires_at: ends,
        paid: line.amount,
        billing_mode: line.content.billing_mode,
        no_reason_hours: line.content.terms.no_reason_hours,
    }))
}

async fn accept(
    State(deliveries): State<Deliveries>,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&deliveries.app, async |tx| {
        let accepted = deliveries.accept(tx, &buyer, id).await?;
        Ok(Answer::created(&AcceptedInstance {
            instance: accepted.id,
            began_at: accepted.activated_at,
            expires_at: accepted.expires_at,
        }))
    })
    .await
}
