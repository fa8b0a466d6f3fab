//! What the demo's sellers offer beside licensed software: a product of each access type, as `content/kinds.toml` says.

use anyhow::Context;
use kernel::time::HOUR;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Demo, world::Duty};
use crate::stage::client::text;

#[derive(Clone, Deserialize)]
pub(super) struct Kind {
    seller: String,
    /// What has to be handed in first.
    #[serde(default)]
    papers: Vec<Paper>,
    /// As the API takes it.
    listing: Value,
}

#[derive(Clone, Deserialize)]
struct Paper {
    /// Where in the listing it is named.
    at: String,
    purpose: String,
    title: String,
}

#[derive(Deserialize)]
struct Kinds {
    products: Vec<Kind>,
}

pub(super) fn read() -> anyhow::Result<Vec<Kind>> {
    let Kinds { products } = toml::from_str(include_str!("content/kinds.toml"))?;
    Ok(products)
}

impl Demo {
    /// Puts what they offer on the shelf; what is not delivered yet can be looked at there.
    pub(super) async fn list_kinds(&mut self) -> anyhow::Result<()> {
        for kind in read()? {
            let Some(seller) = self.content.sellers.iter().position(|seller| seller.key == kind.seller) else {
                continue;
            };
            let id = self.write_kind(seller, &kind).await?;
            let revision = self.submit(seller, &id).await?;
            let later = self.world.now().plus_micros(HOUR);
            self.world.turn_to(later).await?;
            let desk = self.world.desk(Duty::Review).await?;
            let path = format!("/api/v1/operator/revisions/{}/approval", text(&revision, "id")?);
            self.world.post(&desk, &path, json!({})).await?;
            self.counted.products += 1;
        }
        Ok(())
    }

    async fn write_kind(&self, seller: usize, kind: &Kind) -> anyhow::Result<String> {
        let shop = self.shop(seller)?;
        let mut listing = kind.listing.clone();
        listing["agreement"] = json!(shop.agreement);
        for Paper { at, purpose, title } in &kind.papers {
            let paper = self.world.paper(&shop.person, purpose, title).await?;
            put(&mut listing, at, json!(paper)).with_context(|| format!("{at} of {title}"))?;
        }
        let name = listing["name"]["en"].as_str().unwrap_or_default().to_owned();
        let draft = self.world.post(&shop.person.token, "/api/v1/seller/products", listing).await;
        Ok(text(&draft.with_context(|| name)?, "id")?.to_owned())
    }
}

/// Puts a value where a path says, into an object that is there or is made.
fn put(listing: &mut Value, at: &str, value: Value) -> anyhow::Result<()> {
    let (whole, field) = at.rsplit_once('/').context("a path begins with /")?;
    let place = if whole.is_empty() { Some(&mut *listing) } else { listing.pointer_mut(whole) };
    let place = place.context("the object is in the listing")?;
    place[field] = value;
    Ok(())
}
