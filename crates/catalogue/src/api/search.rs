//! Searching what is on sale: words, filters and their counts.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use kernel::{
    Localized, Money, Timestamp,
    id::{AccountId, DocumentId, ProductId},
};
use platform::http::{Access, Op, Query, Reply, Routes};
use policy::{AccessType, BillingMode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Catalogue,
    actions::Found,
    rules::{Entry, PriceBand, Sorting, Wanted},
};

/// What is looked for. All of it holds together.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SearchQuery {
    /// Words; each has to be in the name, the seller's name or the summary, in either language.
    #[param(max_length = 100)]
    q: Option<String>,
    /// The code of a category.
    category: Option<String>,
    mode: Option<BillingMode>,
    /// What the least choice costs, in major units.
    price: Option<PriceBand>,
    seller: Option<AccountId>,
    /// Only what is delivered at once.
    at_once: Option<bool>,
    sort: Option<Sorting>,
    /// From 1; a page has 24 products.
    #[param(minimum = 1)]
    page: Option<usize>,
}

#[derive(Debug, Serialize, ToSchema)]
struct SearchJson {
    items: Vec<FoundProduct>,
    total: usize,
    page: usize,
    pages: usize,
    facets: FacetsJson,
}

/// A product that was found.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FoundProduct {
    id: ProductId,
    access_type: AccessType,
    name: Localized,
    summary: Localized,
    categories: Vec<String>,
    seller: AccountId,
    seller_name: String,
    modes: Vec<BillingMode>,
    delivery_days: u32,
    /// Its picture is at `/pictures/{logo}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    logo: Option<DocumentId>,
    /// The least that any choice costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Money>,
    listed_at: Timestamp,
}

/// How many products each further choice would leave, all other filters kept.
#[derive(Debug, Serialize, ToSchema)]
struct FacetsJson {
    categories: BTreeMap<String, usize>,
    modes: BTreeMap<String, usize>,
    prices: BTreeMap<String, usize>,
    /// By account.
    sellers: BTreeMap<String, usize>,
    at_once: usize,
}

impl From<&Entry> for FoundProduct {
    fn from(entry: &Entry) -> Self {
        Self {
            id: entry.product,
            access_type: entry.access_type,
            name: entry.name.clone(),
            summary: entry.summary.clone(),
            categories: entry.categories.clone(),
            seller: entry.seller,
            seller_name: entry.seller_name.clone(),
            modes: entry.modes.clone(),
            delivery_days: entry.delivery_days,
            logo: entry.logo,
            from: entry.from,
            listed_at: entry.listed_at,
        }
    }
}

impl From<Found> for SearchJson {
    fn from(found: Found) -> Self {
        let Found { items, facets, total, page, pages, currency: _ } = found;
        let facets = FacetsJson {
            categories: facets.categories,
            modes: facets.modes.into_iter().map(|(mode, count)| (mode.to_string(), count)).collect(),
            prices: facets.bands.into_iter().map(|(band, count)| (band.to_string(), count)).collect(),
            sellers: facets.sellers.into_iter().map(|((_, account), count)| (account.to_string(), count)).collect(),
            at_once: facets.at_once,
        };
        Self {
            items: items.iter().map(|entry| FoundProduct::from(entry.as_ref())).collect(),
            total,
            page,
            pages,
            facets,
        }
    }
}

async fn search(State(catalogue): State<Catalogue>, Query(asked): Query<SearchQuery>) -> Reply<SearchJson> {
    let SearchQuery { q, category, mode, price, seller, at_once, sort, page } = asked;
    let wanted = Wanted {
        words: q.unwrap_or_default().chars().take(100).collect(),
        category,
        mode,
        band: price,
        seller,
        at_once: at_once.unwrap_or(false),
        sorting: sort,
    };
    Ok(Json(catalogue.search(&mut catalogue.app.db.read(), &wanted, page.unwrap_or(1)).await?.into()))
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    let search =
        Op::does(Access::Public, "Search the products on sale").query::<SearchQuery>().gives::<SearchJson>(200);
    Routes::of(catalogue.clone()).get("/api/v1/search", self::search, search).done()
}
