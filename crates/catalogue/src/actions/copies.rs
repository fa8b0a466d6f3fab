//! What a seller lists, taken over by a sandbox of its own.

use std::collections::BTreeMap;

use accounts::{Permission, Seller};
use documents::Purpose;
use kernel::{Error, Localized, Result, page::PageOf};
use platform::Tx;
use serde_json::{Value, json};

use crate::{Catalogue, Changeable, ProductState, rules::documents_in};

/// A listing without what lies at its own site: its papers have to be handed in anew.
#[derive(Clone, Debug)]
pub struct ListingCopy {
    pub name: Localized,
    /// What its seller allows buyers to change, by the codes of its specs.
    pub changes: BTreeMap<String, Changeable>,
    listing: Value,
}

impl Catalogue {
    /// A seller's listings as they are written now: those on sale first, then drafts.
    pub async fn copied_listings(&self, tx: &mut Tx, seller: &Seller, most: usize) -> Result<Vec<ListingCopy>> {
        seller.may(Permission::View)?;
        let page = PageOf { before: None, limit: PAGE };
        let mut products = self.products(tx, seller, page).await?.items;
        products.retain(|product| !matches!(product.state, ProductState::Delisted | ProductState::OffSale));
        products.sort_by_key(|product| product.state == ProductState::Draft);
        let mut copies = Vec::new();
        for product in products.into_iter().take(most) {
            let changes = match product.state {
                ProductState::OnSale | ProductState::Frozen => self.own_changes(tx, seller, product.id).await?,
                ProductState::Draft | ProductState::Delisted | ProductState::OffSale => Vec::new(),
            };
            copies.push(ListingCopy {
                name: product.draft.0.name.clone(),
                changes: changes.into_iter().map(|own| (own.spec.code, own.changes)).collect(),
                listing: serde_json::to_value(&product.draft.0).map_err(Error::fault)?,
            });
        }
        Ok(copies)
    }
}

/// How many of the newest products are looked through.
const PAGE: u32 = 100;

/// Pictures stay where they are: a listing can do without.
const PICTURES: [&str; 2] = ["logo", "screenshots"];

impl ListingCopy {
    /// What papers it names.
    pub fn papers(&self) -> Vec<Purpose> {
        let mut listing = self.plain();
        let mut found: Vec<Purpose> = documents_in(&mut listing).into_iter().map(|(_, purpose, _)| purpose).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The listing with other papers in the place of its own, in its categories that the other site knows, or the first one there.
    pub fn with(&self, papers: &BTreeMap<Purpose, String>, categories: &[String]) -> Value {
        let mut listing = self.plain();
        for (_, purpose, named) in documents_in(&mut listing) {
            if let Some(paper) = papers.get(&purpose) {
                paper.clone_into(named);
            }
        }
        let own = listing["categories"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let own: Vec<&str> = own.filter(|code| categories.iter().any(|known| known == code)).collect();
        let first = categories.first().map(String::as_str);
        listing["categories"] = if own.is_empty() { json!([first.unwrap_or_default()]) } else { json!(own) };
        listing
    }

    fn plain(&self) -> Value {
        let mut listing = self.listing.clone();
        if let Some(fields) = listing.as_object_mut() {
            fields.retain(|field, _| !PICTURES.contains(&field.as_str()));
        }
        listing
    }
}
