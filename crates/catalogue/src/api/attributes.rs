//! A seller's library of attributes.

use accounts::Seller;
use axum::{Json, extract::State};
use kernel::{Timestamp, id::SellerAttributeId};
use platform::http::{Access, Answer, Body, IfMatch, Once, Op, PathParam, Problem, Reply, Routes};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Catalogue, rules::Attribute, store::SellerAttribute};

/// An attribute of the library; a listing that uses it has a copy.
#[derive(Debug, Serialize, ToSchema)]
struct AttributeJson {
    id: SellerAttributeId,
    attribute: Attribute,
    /// Send it as `If-Match` with the next edit.
    version: i64,
    edited_at: Timestamp,
}

impl From<SellerAttribute> for AttributeJson {
    fn from(known: SellerAttribute) -> Self {
        let SellerAttribute { id, account_id: _, code: _, content, version, created_at: _, edited_at } = known;
        Self { id, attribute: content.0, version, edited_at }
    }
}

/// What can be used in listings.
#[derive(Debug, Serialize, ToSchema)]
struct AttributesJson {
    /// The site's own: their codes and names are for nothing else.
    presets: Vec<Attribute>,
    items: Vec<AttributeJson>,
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    let seller = |summary| Op::does(Access::Seller, summary);
    Routes::of(catalogue.clone())
        .get(
            "/api/v1/seller/attributes",
            list,
            seller("List your attributes and the site's own").gives::<AttributesJson>(200),
        )
        .post(
            "/api/v1/seller/attributes",
            create,
            seller("Put an attribute into your library").takes::<Attribute>().gives::<AttributeJson>(201),
        )
        .put(
            "/api/v1/seller/attributes/{attribute}",
            edit,
            seller("Change an attribute of your library").takes::<Attribute>().if_match().gives::<AttributeJson>(200),
        )
        .delete("/api/v1/seller/attributes/{attribute}", discard, seller("Take an attribute out of your library"))
        .done()
}

async fn list(State(catalogue): State<Catalogue>, seller: Seller) -> Reply<AttributesJson> {
    let items = catalogue.attributes(&mut catalogue.app.db.read(), &seller).await?;
    let presets = catalogue.preset_attributes().await?;
    Ok(Json(AttributesJson { presets, items: items.into_iter().map(AttributeJson::from).collect() }))
}

async fn create(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    once: Once,
    Body(attribute): Body<Attribute>,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        let made = catalogue.add_attribute(tx, &seller, &attribute).await?;
        let version = made.version;
        Ok(Answer::created(&AttributeJson::from(made)).version(version))
    })
    .await
}

async fn edit(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<SellerAttributeId>,
    version: IfMatch,
    once: Once,
    Body(attribute): Body<Attribute>,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        let saved = catalogue.edit_attribute(tx, &seller, id, version, &attribute).await?;
        let version = saved.version;
        Ok(Answer::ok(&AttributeJson::from(saved)).version(version))
    })
    .await
}

async fn discard(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<SellerAttributeId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        catalogue.drop_attribute(tx, &seller, id).await?;
        Ok(Answer::empty())
    })
    .await
}
