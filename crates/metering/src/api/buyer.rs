//! What the buyer used and pays for.

use accounts::Buyer;
use axum::{Json, extract::State};
use kernel::{
    Error, Page, PageQuery,
    id::{InstanceId, UsageChargeId},
};
use platform::http::{Access, Answer, Once, Op, PathParam, Problem, Query, Reply, Routes};

use super::json::{UsageChargeJson, UsageJson};
use crate::Metering;

pub(super) fn routes(metering: &Metering) -> Routes {
    Routes::of(metering.clone())
        .get(
            "/api/v1/instances/{instance}/usage",
            usage,
            Op::does(Access::Buyer, "See what was used of something that is paid by use, and what it costs so far")
                .gives::<UsageJson>(200),
        )
        .get(
            "/api/v1/instances/{instance}/usage-charges",
            charges,
            Op::does(Access::Buyer, "List what was charged for the use of something, newest first")
                .query::<PageQuery>()
                .gives::<Page<UsageChargeJson>>(200),
        )
        .get(
            "/api/v1/usage-charges/{usage_charge}",
            charge,
            Op::does(Access::Buyer, "Show one charge for use").gives::<UsageChargeJson>(200),
        )
        .post(
            "/api/v1/instances/{instance}/close",
            close,
            Op::does(Access::Buyer, "End something that is paid by use; what was used until then is charged"),
        )
        .done()
}

async fn usage(
    State(metering): State<Metering>,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
) -> Reply<UsageJson> {
    Ok(Json(metering.live(&mut metering.app.db.read(), &buyer, id).await?.into()))
}

async fn charges(
    State(metering): State<Metering>,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    Query(page): Query<PageQuery>,
) -> Reply<Page<UsageChargeJson>> {
    let page = page.checked().map_err(Error::from)?;
    let found = metering.charges(&mut metering.app.db.read(), &buyer, id, page).await?;
    Ok(Json(found.map(UsageChargeJson::from)))
}

async fn charge(
    State(metering): State<Metering>,
    buyer: Buyer,
    PathParam(id): PathParam<UsageChargeId>,
) -> Reply<UsageChargeJson> {
    let (charge, _) = metering.charge(&mut metering.app.db.read(), &buyer, id).await?;
    Ok(Json(charge.into()))
}

async fn close(
    State(metering): State<Metering>,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    once: Once,
) -> Result<Answer, Problem> {
    let done = once.run(&metering.app, async |tx| {
        metering.close(tx, &buyer, id).await?;
        Ok(Answer::empty())
    });
    done.await
}
