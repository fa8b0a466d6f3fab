//! What the demo's sellers offer beside licensed software: a product of each access type, as `content/kinds.toml` and
//! `content/kinds_more.toml` say.

use anyhow::Context;
use kernel::time::HOUR;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Demo,
    content::support,
    world::{Duty, Person},
};
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
    /// The last paragraphs of all descriptions in the file.
    #[serde(default)]
    closing: Option<Closing>,
}

#[derive(Deserialize)]
struct Closing {
    en: String,
    zh: String,
}

/// Of each access type one, and more of those that are paid by use.
const KINDS: [&str; 2] = [include_str!("content/kinds.toml"), include_str!("content/kinds_more.toml")];
/// What a seller's own system runs.
const HOSTED: [&str; 1] = [include_str!("content/hosted.toml")];

fn read(files: &[&str]) -> anyhow::Result<Vec<Kind>> {
    let mut all = Vec::new();
    for file in files {
        let Kinds { mut products, closing } = toml::from_str(file)?;
        for Kind { listing, .. } in &mut products {
            for (lang, closing) in closing.iter().flat_map(|closing| [("en", &closing.en), ("zh", &closing.zh)]) {
                let text = listing["description"][lang].as_str().unwrap_or_default().trim();
                listing["description"][lang] = json!(format!("{text}\n\n{}", closing.trim()));
            }
        }
        all.extend(products);
    }
    Ok(all)
}

impl Demo {
    /// Puts what they offer on the shelf; what is not delivered yet can be looked at there.
    pub(super) async fn list_kinds(&mut self) -> anyhow::Result<()> {
        for (place, kind) in read(&KINDS)?.into_iter().enumerate() {
            let Some(seller) = self.content.sellers.iter().position(|seller| seller.key == kind.seller) else {
                continue;
            };
            let id = self.write_kind(seller, (place, &kind)).await?;
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

    /// Writes the listing of what a seller's own system runs.
    pub(super) async fn write_hosted(&self, seller: usize) -> anyhow::Result<String> {
        let kind = read(&HOSTED)?.pop().context("something is hosted")?;
        self.write_kind(seller, (0, &kind)).await
    }

    async fn write_kind(&self, seller: usize, (place, kind): (usize, &Kind)) -> anyhow::Result<String> {
        let shop = self.shop(seller)?;
        let mut listing = kind.listing.clone();
        listing["agreement"] = json!(shop.agreement);
        let usual = [
            ("support", support(&self.content.sellers[seller], place)),
            ("currency", json!("CNY")),
            ("delivery_days", json!(0)),
        ];
        for (field, value) in usual {
            if listing[field].is_null() {
                listing[field] = value;
            }
        }
        if listing["access_type"] == "bundle" {
            listing["fields"]["parts"] = self.parts(&shop.person, &listing).await?;
        }
        for Paper { at, purpose, title } in &kind.papers {
            let paper = self.world.paper(&shop.person, purpose, title).await?;
            put(&mut listing, at, json!(paper)).with_context(|| format!("{at} of {title}"))?;
        }
        let name = listing["name"]["en"].as_str().unwrap_or_default().to_owned();
        let draft = self.world.post(&shop.person.token, "/api/v1/seller/products", listing).await;
        Ok(text(&draft.with_context(|| name)?, "id")?.to_owned())
    }
}

impl Demo {
    /// The products of the same seller that a bundle speaks of; the first two on sale if it names fewer.
    async fn parts(&self, seller: &Person, listing: &Value) -> anyhow::Result<Value> {
        let path = format!("/api/v1/products?seller={}&limit=100", seller.account);
        let sold = self.world.client.get(&seller.token, &path).await?;
        let said = listing["description"]["en"].as_str().unwrap_or_default();
        let all: Vec<&Value> = sold["items"].as_array().into_iter().flatten().collect();
        let named = |item: &&&Value| item["name"]["en"].as_str().is_some_and(|name| said.contains(name));
        let mut parts: Vec<&Value> = all.iter().filter(named).map(|item| &item["id"]).collect();
        for item in &all {
            if parts.len() < 2 && !parts.contains(&&item["id"]) {
                parts.push(&item["id"]);
            }
        }
        Ok(json!(parts))
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
