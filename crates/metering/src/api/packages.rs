//! Packages of use over HTTP: what is left, and what their buyers want of them.

use accounts::{Buyer, Seller};
use axum::{Json, extract::State};
use kernel::{
    Error, Localized, Money, Page, PageQuery, Timestamp,
    id::{AccountId, InstanceId, OrderId, OrderLineId, ProductId},
    time::Period,
};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes};
use pricing::Package;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Metering,
    actions::{
        packages::Standing,
        watching::{Wanted, WantedAgain, came_of},
    },
    rules::package::{PackageState, PackageTrouble, Threshold},
};

pub(super) fn routes(metering: &Metering) -> Routes {
    Routes::of(metering.clone())
        .get(
            "/api/v1/packages",
            list,
            Op::does(Access::Buyer, "List packages of use with what is left of them, newest first")
                .query::<PageQuery>()
                .gives::<Page<HeldPackageJson>>(200),
        )
        .get(
            "/api/v1/instances/{instance}/package",
            show,
            Op::does(Access::Buyer, "See what is left of a package of use").gives::<HeldPackageJson>(200),
        )
        .put(
            "/api/v1/instances/{instance}/package/watch",
            watch,
            Op::does(Access::Buyer, "Say when to be told that a package runs low, and whether it is bought again then")
                .takes::<SetPackageWatch>()
                .gives::<HeldPackageJson>(200),
        )
        .get(
            "/api/v1/seller/packages",
            sold,
            Op::does(
                Access::Seller,
                "List packages of use that customers bought with what is left of them, newest first",
            )
            .query::<PageQuery>()
            .gives::<Page<SoldPackageJson>>(200),
        )
        .done()
}

/// A package of use that was bought, and how it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HeldPackageJson {
    instance: InstanceId,
    order_line: OrderLineId,
    product: ProductId,
    title: Localized,
    state: PackageState,
    term: Period,
    /// From one filling to the next: the present one, or the last.
    filling: Period,
    /// Of the present filling; what is left at its end lapses.
    #[serde(with = "rust_decimal::serde::str")]
    #[schema(value_type = String, example = "8200")]
    left: Decimal,
    #[serde(with = "rust_decimal::serde::str")]
    #[schema(value_type = String, example = "1800")]
    used: Decimal,
    /// Since when its seller's system keeps the buyer out because it is used up.
    stopped_at: Option<Timestamp>,
    /// With how much left its buyer is told; only the buyer sees it.
    alarm: Option<Threshold>,
    /// When and for how much it is bought again automatically; only the buyer sees it.
    again: Option<PackageAgainJson>,
    /// What was bought.
    package: Package,
}

/// A consent to buy the same package again.
#[derive(Debug, Serialize, ToSchema)]
struct PackageAgainJson {
    /// With how much left; null: when it is used up.
    at: Option<Threshold>,
    /// It is never bought again automatically for more.
    price_max: Money,
    agreed_at: Timestamp,
    /// The order by which it was bought again. What was agreed to holds for the new package.
    order: Option<OrderId>,
    /// Why the last try did not succeed, and when that was.
    trouble: Option<PackageTrouble>,
    tried_at: Option<Timestamp>,
}

impl From<Standing> for HeldPackageJson {
    fn from(standing: Standing) -> Self {
        let Standing { held, state, filling, left, used } = standing;
        let again = held.watch.again.map(|again| {
            let (order, tried) = came_of(&again);
            PackageAgainJson {
                at: again.at,
                price_max: again.price_max,
                agreed_at: again.agreed_at,
                order,
                trouble: tried.map(|(trouble, _)| trouble),
                tried_at: tried.map(|(_, at)| at),
            }
        });
        Self {
            instance: held.instance,
            order_line: held.line,
            product: held.product,
            title: held.title,
            state,
            term: held.term,
            filling,
            left,
            used,
            stopped_at: held.stopped_at,
            alarm: held.watch.alarm,
            again,
            package: held.package,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct SoldPackageJson {
    buyer: AccountId,
    buyer_name: String,
    #[serde(flatten)]
    package: HeldPackageJson,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "alarm": {"by": "share", "percent": 20},
    "again": {"at": {"by": "share", "percent": 10}, "price_max": {"minor": 99_000, "currency": "CNY"}}
}))]
struct SetPackageWatch {
    /// With how much left the buyer is told, once each time the package is filled; null: never.
    #[serde(default)]
    alarm: Option<Threshold>,
    /// It is bought again automatically, again and again, at most once in the hours that the site's rules say; null: it is not. Who
    /// may not pay cannot change this and leaves it as it is.
    #[serde(default)]
    again: Option<SetPackageAgain>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SetPackageAgain {
    /// With how much left; null: when it is used up.
    #[serde(default)]
    at: Option<Threshold>,
    /// The highest price for which it is bought.
    price_max: Money,
}

async fn list(
    State(metering): State<Metering>,
    buyer: Buyer,
    Query(page): Query<PageQuery>,
) -> Reply<Page<HeldPackageJson>> {
    let page = page.checked().map_err(Error::from)?;
    let found = metering.packages(&mut metering.app.db.read(), &buyer, page).await?;
    Ok(Json(found.map(HeldPackageJson::from)))
}

async fn show(
    State(metering): State<Metering>,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
) -> Reply<HeldPackageJson> {
    Ok(Json(metering.package(&mut metering.app.db.read(), &buyer, id).await?.into()))
}

async fn watch(
    State(metering): State<Metering>,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    once: Once,
    Body(input): Body<SetPackageWatch>,
) -> Result<Answer, Problem> {
    let SetPackageWatch { alarm, again } = input;
    let again = again.map(|SetPackageAgain { at, price_max }| WantedAgain { at, price_max });
    once.run(&metering.app, async |tx| {
        let standing = metering.set_watch(tx, &buyer, id, Wanted { alarm, again }).await?;
        Ok(Answer::ok(&HeldPackageJson::from(standing)))
    })
    .await
}

async fn sold(
    State(metering): State<Metering>,
    seller: Seller,
    Query(page): Query<PageQuery>,
) -> Reply<Page<SoldPackageJson>> {
    let page = page.checked().map_err(Error::from)?;
    let mut tx = metering.app.db.read();
    let found = metering.sold_packages(&mut tx, &seller, page).await?;
    let buyers = found.items.iter().map(|one| one.held.account).collect();
    let names = metering.accounts.names(&mut tx, buyers).await?;
    Ok(Json(found.map(|one| SoldPackageJson {
        buyer: one.held.account,
        buyer_name: names.get(&one.held.account).cloned().unwrap_or_default(),
        package: one.into(),
    })))
}
