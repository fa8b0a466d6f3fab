//! Favourites, what was looked at, and what goes well with a product.

use accounts::{Buyer, Member};
use axum::{Json, extract::State};
use kernel::{Timestamp, id::ProductId};
use platform::http::{Access, Answer, Once, Op, PathParam, Problem, Reply, Routes};
use serde::Serialize;
use utoipa::ToSchema;

use super::search::FoundProduct;
use crate::{
    Catalogue,
    actions::{Alike, Remembered},
};

/// A product that was marked or looked at.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RememberedProduct {
    product: ProductId,
    at: Timestamp,
    /// Absent once it is not sold any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    on_sale: Option<FoundProduct>,
}

impl From<Remembered> for RememberedProduct {
    fn from(Remembered { product, at, entry }: Remembered) -> Self {
        Self { product, at, on_sale: entry.map(|entry| FoundProduct::from(entry.as_ref())) }
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct RememberedProducts {
    items: Vec<RememberedProduct>,
}

/// What goes well with a product, the best first.
#[derive(Debug, Serialize, ToSchema)]
struct AlikeProducts {
    /// What its buyers bought too.
    also_bought: Vec<FoundProduct>,
    /// What is of the same kind and not named above.
    similar: Vec<FoundProduct>,
}

impl From<Alike> for AlikeProducts {
    fn from(Alike { also_bought, similar }: Alike) -> Self {
        let of = |entries: Vec<std::sync::Arc<crate::rules::Entry>>| {
            entries.iter().map(|entry| FoundProduct::from(entry.as_ref())).collect()
        };
        Self { also_bought: of(also_bought), similar: of(similar) }
    }
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    let buyer = |summary| Op::does(Access::Buyer, summary);
    Routes::of(catalogue.clone())
        .get(
            "/api/v1/favourites",
            favourites,
            buyer("List your favourites, the latest first").gives::<RememberedProducts>(200),
        )
        .put("/api/v1/favourites/{product}", mark, buyer("Mark a product as a favourite"))
        .delete("/api/v1/favourites/{product}", unmark, buyer("Take a product from the favourites"))
        .get(
            "/api/v1/recently-viewed",
            viewed,
            buyer("List the products that you looked at, the latest first").gives::<RememberedProducts>(200),
        )
        .delete("/api/v1/recently-viewed", forget, buyer("Forget which products you looked at"))
        .get(
            "/api/v1/products/{product}/recommendations",
            alike,
            Op::does(Access::Public, "See what goes well with a product").gives::<AlikeProducts>(200),
        )
        .done()
}

async fn favourites(State(catalogue): State<Catalogue>, buyer: Buyer) -> Reply<RememberedProducts> {
    let found = catalogue.favourites(&mut catalogue.app.db.read(), &buyer).await?;
    Ok(Json(RememberedProducts { items: found.into_iter().map(RememberedProduct::from).collect() }))
}

async fn mark(
    State(catalogue): State<Catalogue>,
    buyer: Buyer,
    PathParam(product): PathParam<ProductId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        catalogue.mark(tx, &buyer, product).await?;
        Ok(Answer::empty())
    })
    .await
}

async fn unmark(
    State(catalogue): State<Catalogue>,
    buyer: Buyer,
    PathParam(product): PathParam<ProductId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        catalogue.unmark(tx, &buyer, product).await?;
        Ok(Answer::empty())
    })
    .await
}

async fn viewed(State(catalogue): State<Catalogue>, buyer: Buyer) -> Reply<RememberedProducts> {
    let found = catalogue.recently_viewed(&mut catalogue.app.db.read(), &buyer).await?;
    Ok(Json(RememberedProducts { items: found.into_iter().map(RememberedProduct::from).collect() }))
}

async fn forget(State(catalogue): State<Catalogue>, buyer: Buyer, once: Once) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        catalogue.forget_viewed(tx, &buyer).await?;
        Ok(Answer::empty())
    })
    .await
}

async fn alike(
    State(catalogue): State<Catalogue>,
    member: Option<Member>,
    PathParam(product): PathParam<ProductId>,
) -> Reply<AlikeProducts> {
    let tx = &mut catalogue.app.db.read();
    let who = catalogue.who(tx, member.as_ref()).await?;
    Ok(Json(catalogue.alike(tx, &who, product).await?.into()))
}
