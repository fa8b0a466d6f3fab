//! What the index holds of a product: where its words stand, what it is chosen by, what ranks it.

use kernel::Localized;
use platform::search::Doc;
use policy::Category;

use super::{Entry, Merits};
use crate::rules::Listing;

/// What is known of a product beside its listing.
pub(crate) struct Shelfmark<'a> {
    pub(crate) categories: &'a [Category],
    pub(crate) sold: u64,
    /// The ratings that every product's own are taken together with.
    pub(crate) prior: (u32, u32),
}

/// The document of a product.
pub(crate) fn document(entry: &Entry, listing: &Listing, beside: &Shelfmark<'_>) -> Result<Doc, serde_json::Error> {
    let both = |text: &Localized| format!("{}\n{}", text.en, text.zh);
    let named = beside.categories.iter().filter(|category| entry.categories.contains(&category.code));
    let categories = named.map(|category| both(&category.name));
    let specs = listing.specs.iter().map(|spec| both(&spec.name));
    let summary: Vec<String> = std::iter::once(both(&entry.summary)).chain(categories).chain(specs).collect();
    let merits = Merits {
        price: entry.compared().and_then(|from| {
            let hundredths = i128::from(from.minor()) * 100 / i128::from(from.currency().scale());
            u64::try_from(hundredths).ok()
        }),
        listed: u64::try_from(entry.listed_at.as_seconds()).unwrap_or(0),
        sold: beside.sold,
        rating: entry.rated.damped(beside.prior),
    };
    Ok(Doc {
        key: entry.product.to_string(),
        texts: [both(&entry.name), entry.seller_name.clone(), summary.join("\n"), both(&listing.description)],
        labels: entry.labels(),
        numbers: merits.numbers(),
        payload: serde_json::to_vec(entry)?,
    })
}
