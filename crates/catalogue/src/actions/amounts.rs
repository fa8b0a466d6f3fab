//! What was bought, counted in the words of its listing.

use std::collections::BTreeMap;

use kernel::{Localized, Result, id::ProductId};
use platform::Tx;

use crate::{Catalogue, rules::Attribute, store};

impl Catalogue {
    /// Each quantity with its unit, as the product's latest approved revision calls it: `25 users`. A code that the listing
    /// does not know any more stands for itself.
    pub async fn amounts(
        &self,
        tx: &mut Tx,
        product: ProductId,
        quantities: &BTreeMap<String, u64>,
    ) -> Result<Vec<Localized>> {
        let revision = store::find_product(tx, product).await?.and_then(|product| product.revision_id);
        let release = match revision {
            Some(revision) => Some(self.release(tx, revision).await?),
            None => None,
        };
        let known = |wanted: &str| {
            let attributes = release.iter().flat_map(|release| release.listing.dimensions());
            attributes.into_iter().find(|attribute| attribute.code() == wanted).cloned()
        };
        let one = |(code, count): (&String, &u64)| match known(code) {
            Some(Attribute::Quantity { unit, unit_one, .. }) => {
                let en = unit_one.filter(|_| *count == 1).unwrap_or(unit.en);
                Localized::new(format!("{count} {en}"), format!("{count} {}", unit.zh))
            }
            Some(Attribute::Enum { .. }) | None => Localized::new(format!("{count} {code}"), format!("{count} {code}")),
        };
        Ok(quantities.iter().map(one).collect())
    }

    /// When what a product is counts as done, by its present listing (验收标准); none: it says nothing of it.
    pub async fn acceptance(&self, tx: &mut Tx, product: ProductId) -> Result<Option<Localized>> {
        let revision = store::find_product(tx, product).await?.and_then(|product| product.revision_id);
        let Some(revision) = revision else { return Ok(None) };
        let standard = self.release(tx, revision).await?.listing.service.acceptance.clone();
        Ok((!standard.en.is_empty() || !standard.zh.is_empty()).then_some(standard))
    }
}
