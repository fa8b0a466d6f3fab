//! The private catalogue of an organisation over JSON.

use accounts::Buyer;
use axum::{Json, extract::State};
use kernel::id::ProductId;
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::marked::RememberedProduct;
use crate::{Catalogue, actions::PrivateCatalogue, rules::BuysFrom};

/// What the members of an account may buy.
#[derive(Debug, Serialize, ToSchema)]
struct PrivateCatalogueJson {
    buys_from: BuysFrom,
    /// The approved products, the latest first. They count where the account buys from them.
    items: Vec<RememberedProduct>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"buys_from": "approved"}))]
struct PrivateCatalogueChange {
    buys_from: BuysFrom,
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    let buyer = |summary| Op::does(Access::Buyer, summary);
    Routes::of(catalogue.clone())
        .get(
            "/api/v1/private-catalogue",
            show,
            buyer("See what the members of your account may buy").gives::<PrivateCatalogueJson>(200),
        )
        .put(
            "/api/v1/private-catalogue",
            set,
            buyer("Let the members of your account buy everything, or only what is approved")
                .takes::<PrivateCatalogueChange>(),
        )
        .put(
            "/api/v1/private-catalogue/products/{product}",
            approve,
            buyer("Approve a product for the members of your account"),
        )
        .delete(
            "/api/v1/private-catalogue/products/{product}",
            withdraw,
            buyer("Take a product out of your account's catalogue"),
        )
        .done()
}

async fn show(State(catalogue): State<Catalogue>, buyer: Buyer) -> Reply<PrivateCatalogueJson> {
    let PrivateCatalogue { buys_from, approved, refused: _ } =
        catalogue.private_catalogue(&mut catalogue.app.db.read(), &buyer).await?;
    Ok(Json(PrivateCatalogueJson { buys_from, items: approved.into_iter().map(RememberedProduct::from).collect() }))
}

async fn set(
    State(catalogue): State<Catalogue>,
    buyer: Buyer,
    once: Once,
    Body(PrivateCatalogueChange { buys_from }): Body<PrivateCatalogueChange>,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        catalogue.set_buys_from(tx, &buyer, buys_from).await?;
        Ok(Answer::empty())
    })
    .await
}

async fn approve(
    State(catalogue): State<Catalogue>,
    buyer: Buyer,
    PathParam(product): PathParam<ProductId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        catalogue.approve_product(tx, &buyer, product).await?;
        Ok(Answer::empty())
    })
    .await
}

async fn withdraw(
    State(catalogue): State<Catalogue>,
    buyer: Buyer,
    PathParam(product): PathParam<ProductId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        catalogue.withdraw_approval(tx, &buyer, product).await?;
        Ok(Answer::empty())
    })
    .await
}
