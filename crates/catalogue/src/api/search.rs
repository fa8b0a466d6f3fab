//! Searching what is on sale: words, filters and their counts.

use std::collections::{BTreeMap, BTreeSet};

use accounts::{Member, Operator};
use axum::{Json, extract::State};
use kernel::{
    Error, Invalid, Localized, Money, Timestamp,
    id::{AccountId, DocumentId, ProductId},
};
use platform::{
    http::{Access, Op, Query, Reply, Routes},
    search::Corrected,
};
use policy::{AccessType, BillingMode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Catalogue,
    actions::{Explained, Found},
    rules::{Entry, PriceBand, Rated, RatedFrom, Sorting, Wanted, part_name},
};

/// What is looked for. All of it holds together; of one filter, any of its values.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct SearchQuery {
    /// Words in either language, their beginnings, pinyin or initials; a mistyped word is taken for what it resembles.
    #[param(max_length = 100)]
    q: Option<String>,
    /// The code of a category.
    category: Option<String>,
    /// One access type, or several with commas.
    #[serde(rename = "type")]
    #[param(rename = "type", example = "license")]
    types: Option<String>,
    /// One billing mode, or several with commas.
    #[param(example = "period,one_off")]
    mode: Option<String>,
    /// Where it runs, such as `linux`, or several with commas.
    #[param(example = "linux")]
    environment: Option<String>,
    /// A mark that it has proven, or several with commas.
    #[param(example = "iso27001")]
    certification: Option<String>,
    /// What the least choice costs, in major units.
    price: Option<PriceBand>,
    /// The account of a seller, or several with commas.
    seller: Option<String>,
    /// Only what is delivered at once.
    at_once: Option<bool>,
    /// Only what can be tried for nothing first.
    trial: Option<bool>,
    /// Only what is rated with so many stars at least.
    rating: Option<RatedFrom>,
    sort: Option<Sorting>,
    /// From 1 to 100; a page has 24 products.
    #[param(minimum = 1, maximum = 100)]
    page: Option<usize>,
}

impl SearchQuery {
    fn wanted(self) -> Result<(Wanted, usize), Invalid> {
        let Self {
            q,
            category,
            types,
            mode,
            environment,
            certification,
            price,
            seller,
            at_once,
            trial,
            rating,
            sort,
            page,
        } = self;
        let mut wrong = Invalid::default();
        let wanted = Wanted {
            words: q.unwrap_or_default().trim().chars().take(100).collect(),
            category,
            types: list("type", types.as_deref(), &mut wrong),
            modes: list("mode", mode.as_deref(), &mut wrong),
            environments: list("environment", environment.as_deref(), &mut wrong),
            certifications: list("certification", certification.as_deref(), &mut wrong),
            band: price,
            sellers: list("seller", seller.as_deref(), &mut wrong),
            at_once: at_once.unwrap_or(false),
            trial: trial.unwrap_or(false),
            rated: rating,
            sorting: sort,
        };
        wrong.done()?;
        Ok((wanted, page.unwrap_or(1)))
    }
}

/// Values with commas between them.
fn list<T: std::str::FromStr + Ord>(field: &str, text: Option<&str>, wrong: &mut Invalid) -> BTreeSet<T> {
    let mut values = BTreeSet::new();
    for one in text.unwrap_or_default().split(',').map(str::trim).filter(|one| !one.is_empty()) {
        match one.parse() {
            Ok(value) => {
                values.insert(value);
            }
            Err(_) => wrong.check(
                false,
                field,
                (
                    format!("'{one}' is not one of its values; the facets of a search name them"),
                    format!("不支持“{one}”，可用的取值见搜索结果中的 facets"),
                ),
            ),
        }
    }
    values
}

#[derive(Debug, Serialize, ToSchema)]
struct SearchJson {
    items: Vec<FoundProduct>,
    total: usize,
    /// So much fits that the numbers beside the filters are close, not exact.
    estimated: bool,
    page: usize,
    pages: usize,
    facets: FacetsJson,
    /// Words that nothing has, and what was looked for instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    corrected: Vec<CorrectedJson>,
    /// Nothing has all the words; these have most of them.
    relaxed: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct CorrectedJson {
    typed: String,
    meant: String,
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
    /// For how many days it can be tried for nothing, at most; absent: not at all, or not by everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    trial_days: Option<u32>,
    /// Its picture is at `/pictures/{logo}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    logo: Option<DocumentId>,
    /// The least that any choice costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Money>,
    listed_at: Timestamp,
    /// Absent while nobody has rated it.
    #[serde(skip_serializing_if = "Option::is_none")]
    rating: Option<FoundRating>,
}

/// How those who have bought a product rate it.
#[derive(Debug, Serialize, ToSchema)]
struct FoundRating {
    /// From 1 to 5, with one decimal.
    #[schema(example = "4.6")]
    average: String,
    count: u64,
}

impl FoundRating {
    fn of(rated: Rated) -> Option<Self> {
        let tenths = rated.tenths()?;
        Some(Self { average: format!("{}.{}", tenths / 10, tenths % 10), count: rated.count })
    }
}

/// How many products each further choice would leave, all other filters kept.
#[derive(Debug, Serialize, ToSchema)]
struct FacetsJson {
    categories: BTreeMap<String, usize>,
    types: BTreeMap<String, usize>,
    modes: BTreeMap<String, usize>,
    environments: BTreeMap<String, usize>,
    certifications: BTreeMap<String, usize>,
    prices: BTreeMap<String, usize>,
    /// By account.
    sellers: BTreeMap<String, usize>,
    at_once: usize,
    /// How many can be tried for nothing first.
    trial: usize,
    /// How many are rated with so many stars or more.
    ratings: BTreeMap<String, usize>,
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
            trial_days: entry.trial_days,
            logo: entry.logo,
            from: entry.from,
            listed_at: entry.listed_at,
            rating: FoundRating::of(entry.rated),
        }
    }
}

impl From<Found> for SearchJson {
    fn from(found: Found) -> Self {
        let Found {
            items,
            facets,
            sellers: _,
            types: _,
            environments: _,
            certifications: _,
            total,
            estimated,
            page,
            pages,
            currency: _,
            corrected,
            relaxed,
        } = found;
        let facets = FacetsJson {
            categories: facets.categories,
            types: facets.types.into_iter().map(|(one, count)| (one.to_string(), count)).collect(),
            modes: facets.modes.into_iter().map(|(mode, count)| (mode.to_string(), count)).collect(),
            environments: facets.environments,
            certifications: facets.certifications,
            prices: facets.bands.into_iter().map(|(band, count)| (band.to_string(), count)).collect(),
            sellers: facets.sellers.into_iter().map(|(account, count)| (account.to_string(), count)).collect(),
            at_once: facets.at_once,
            trial: facets.trial,
            ratings: facets.ratings.into_iter().map(|(from, count)| (from.to_string(), count)).collect(),
        };
        Self {
            items: items.iter().map(|entry| FoundProduct::from(entry.as_ref())).collect(),
            total,
            estimated,
            page,
            pages,
            facets,
            corrected: corrected.into_iter().map(|Corrected { typed, meant }| CorrectedJson { typed, meant }).collect(),
            relaxed,
        }
    }
}

async fn search(
    State(catalogue): State<Catalogue>,
    member: Option<Member>,
    Query(asked): Query<SearchQuery>,
) -> Reply<SearchJson> {
    let (wanted, page) = asked.wanted().map_err(Error::from)?;
    let tx = &mut catalogue.app.db.read();
    let who = catalogue.who(tx, member.as_ref()).await?;
    Ok(Json(catalogue.search(tx, &who, &wanted, page).await?.into()))
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct SuggestionQuery {
    /// What was typed so far.
    #[param(max_length = 100)]
    q: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct SuggestionsJson {
    items: Vec<Suggestion>,
}

/// A product that may be meant.
#[derive(Debug, Serialize, ToSchema)]
struct Suggestion {
    id: ProductId,
    name: Localized,
    seller_name: String,
}

/// As many as one reads while typing.
const SUGGESTED: usize = 8;

async fn suggestions(
    State(catalogue): State<Catalogue>,
    member: Option<Member>,
    Query(asked): Query<SuggestionQuery>,
) -> Reply<SuggestionsJson> {
    let words: String = asked.q.trim().chars().take(100).collect();
    let items = if words.is_empty() {
        Vec::new()
    } else {
        let wanted = Wanted { words, ..Wanted::default() };
        let tx = &mut catalogue.app.db.read();
        let who = catalogue.who(tx, member.as_ref()).await?;
        catalogue.search(tx, &who, &wanted, 1).await?.items
    };
    let one = |entry: &Entry| Suggestion {
        id: entry.product,
        name: entry.name.clone(),
        seller_name: entry.seller_name.clone(),
    };
    Ok(Json(SuggestionsJson { items: items.iter().take(SUGGESTED).map(|entry| one(entry.as_ref())).collect() }))
}

#[derive(Debug, Serialize, ToSchema)]
struct ExplanationJson {
    /// The first page in its order.
    items: Vec<ExplainedProduct>,
    total: usize,
    corrected: Vec<CorrectedJson>,
    relaxed: bool,
}

/// Why a product stands where it stands. The points of all parts make its place.
#[derive(Debug, Serialize, ToSchema)]
struct ExplainedProduct {
    id: ProductId,
    name: Localized,
    points: u64,
    text: u64,
    sales: u64,
    rating: u64,
    freshness: u64,
    /// Where the points of the text come from: name, seller, summary, description, characters, spelling, sound.
    text_parts: BTreeMap<String, u64>,
    sold: u64,
    /// How many reviews it has, and the mean of their stars in thousandths, taken together with those that the rules give
    /// every product.
    reviews: u64,
    damped_rating: u64,
}

async fn explanation(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    Query(asked): Query<SearchQuery>,
) -> Reply<ExplanationJson> {
    let (wanted, _) = asked.wanted().map_err(Error::from)?;
    let (explained, found) = catalogue.explain(&mut catalogue.app.db.read(), &operator, &wanted).await?;
    let one = |Explained { entry, points, parts, merits }: Explained| ExplainedProduct {
        id: entry.product,
        name: entry.name.clone(),
        points: points.total(),
        text: points.text,
        sales: points.sales,
        rating: points.rating,
        freshness: points.freshness,
        text_parts: parts.into_iter().map(|(source, points)| (part_name(source).to_owned(), points)).collect(),
        sold: merits.sold,
        reviews: entry.rated.count,
        damped_rating: merits.rating,
    };
    let SearchJson { total, corrected, relaxed, .. } = found.into();
    Ok(Json(ExplanationJson { items: explained.into_iter().map(one).collect(), total, corrected, relaxed }))
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    let search =
        Op::does(Access::Public, "Search the products on sale").query::<SearchQuery>().gives::<SearchJson>(200);
    let suggest = Op::does(Access::Public, "Suggest products while somebody types")
        .query::<SuggestionQuery>()
        .gives::<SuggestionsJson>(200);
    let explain = Op::does(Access::Operator, "See why products are found in their order")
        .query::<SearchQuery>()
        .gives::<ExplanationJson>(200);
    Routes::of(catalogue.clone())
        .get("/api/v1/search", self::search, search)
        .get("/api/v1/suggestions", suggestions, suggest)
        .get("/api/v1/operator/search", explanation, explain)
        .done()
}
