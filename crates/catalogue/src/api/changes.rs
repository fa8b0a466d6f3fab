//! How far buyers may change what they own of a product.

use std::collections::BTreeMap;

use accounts::Seller;
use axum::{Json, extract::State};
use kernel::id::ProductId;
use platform::{
    Tx,
    http::{Access, Answer, Body, Once, Op, PathParam, Problem, Reply, Routes},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Catalogue, rules::Changeable};

/// What buyers may change of what they own, edition by edition.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"specs": {"server": "any"}}))]
struct ProductChanges {
    /// By the codes of the specs that are paid for a term; those that are left out stay as they are.
    specs: BTreeMap<String, Changeable>,
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .get(
            "/api/v1/seller/products/{product}/changes",
            show,
            Op::does(Access::Seller, "See how far buyers may change what they own of a product")
                .gives::<ProductChanges>(200),
        )
        .put(
            "/api/v1/seller/products/{product}/changes",
            allow,
            Op::does(Access::Seller, "Say how far buyers may change what they own of a product")
                .takes::<ProductChanges>()
                .gives::<ProductChanges>(200),
        )
        .done()
}

impl Catalogue {
    async fn changes_json(&self, tx: &mut Tx, seller: &Seller, id: ProductId) -> kernel::Result<ProductChanges> {
        let own = self.own_changes(tx, seller, id).await?;
        Ok(ProductChanges { specs: own.into_iter().map(|own| (own.spec.code, own.changes)).collect() })
    }
}

async fn show(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
) -> Reply<ProductChanges> {
    Ok(Json(catalogue.changes_json(&mut catalogue.app.db.read(), &seller, id).await?))
}

async fn allow(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Body(ProductChanges { specs }): Body<ProductChanges>,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        catalogue.allow_changes(tx, &seller, id, &specs).await?;
        Ok(Answer::ok(&catalogue.changes_json(tx, &seller, id).await?))
    })
    .await
}
