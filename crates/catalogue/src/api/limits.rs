//! Limits for each account and stock, as sellers set them.

use accounts::Seller;
use axum::{Json, extract::State};
use kernel::id::{ProductId, SkuId, SpecId};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Catalogue,
    rules::{Limit, PurchaseRules, UnitLimit},
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"spec": "server", "single_purchase": false, "units": {"of": "users", "max": 50}}))]
struct LimitChange {
    /// The code of a spec.
    spec: String,
    /// Not again before what was bought has ended.
    #[serde(default)]
    single_purchase: bool,
    /// The most that one account may hold at a time.
    #[serde(default)]
    units: Option<UnitLimit>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"sku": "sku_01jd8kx2v9e5jtf6xw4sz3q7ab", "left": 12}))]
struct StockChange {
    sku: SkuId,
    /// How many can still be sold; null: as many as are wanted.
    left: Option<u64>,
}

/// What holds for buying the SKUs of a product.
#[derive(Debug, Serialize, ToSchema)]
struct LimitsJson {
    skus: Vec<SkuLimits>,
}

#[derive(Debug, Serialize, ToSchema)]
struct SkuLimits {
    sku: SkuId,
    spec: SpecId,
    limit: Limit,
    /// How many can still be sold; null: as many as are wanted.
    stock: Option<u64>,
}

impl From<Vec<(SkuId, PurchaseRules)>> for LimitsJson {
    fn from(rules: Vec<(SkuId, PurchaseRules)>) -> Self {
        let one =
            |(sku, PurchaseRules { spec, limit, stock }): (SkuId, PurchaseRules)| SkuLimits { sku, spec, limit, stock };
        Self { skus: rules.into_iter().map(one).collect() }
    }
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    let seller = |summary| Op::does(Access::Seller, summary);
    Routes::of(catalogue.clone())
        .get(
            "/api/v1/seller/products/{product}/limits",
            show,
            seller("See how much may be bought of a product's SKUs").gives::<LimitsJson>(200),
        )
        .put(
            "/api/v1/seller/products/{product}/limits",
            set_limit,
            seller("Say how much one account may buy of a spec").takes::<LimitChange>().gives::<LimitsJson>(200),
        )
        .put(
            "/api/v1/seller/products/{product}/stock",
            set_stock,
            seller("Say how many of a SKU are left").takes::<StockChange>().gives::<LimitsJson>(200),
        )
        .done()
}

async fn show(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
) -> Reply<LimitsJson> {
    Ok(Json(catalogue.own_limits(&mut catalogue.app.db.read(), &seller, id).await?.into()))
}

async fn set_limit(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Body(input): Body<LimitChange>,
) -> Result<Answer, Problem> {
    let LimitChange { spec, single_purchase, units } = input;
    let limit = Limit { single_purchase, units };
    once.run(&catalogue.app, async |tx| {
        catalogue.set_limit(tx, &seller, (id, &spec), &limit).await?;
        Ok(Answer::ok(&LimitsJson::from(catalogue.own_limits(tx, &seller, id).await?)))
    })
    .await
}

async fn set_stock(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Body(input): Body<StockChange>,
) -> Result<Answer, Problem> {
    let StockChange { sku, left } = input;
    once.run(&catalogue.app, async |tx| {
        catalogue.set_stock(tx, &seller, id, &[(sku, left)]).await?;
        Ok(Answer::ok(&LimitsJson::from(catalogue.own_limits(tx, &seller, id).await?)))
    })
    .await
}
