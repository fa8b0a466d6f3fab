//! What is found of what is on sale: who belongs in the index, what is looked for, the counts beside the filters.

mod document;
mod needs;
mod rank;

use std::collections::{BTreeMap, BTreeSet};

use kernel::{
    Currency, Localized, Money, Timestamp, choices,
    id::{AccountId, DocumentId, ProductId, RevisionId},
};
use platform::search::{Counts, Source};
use policy::{AccessType, BillingMode, Policy};
use serde::{Deserialize, Serialize};

use super::{
    rating::{Rated, RatedFrom},
    skus::{Offer, Release},
};

pub(crate) use document::{Shelfmark, document};
pub(crate) use needs::needs;
pub(crate) use rank::{Merits, Points, boosts, moves, place, points, reach};

choices! {
    /// How much the least of a product's choices costs, in major units of the currency in which prices are compared.
    pub(crate) enum PriceBand {
        Below100 = "0-100",
        Below1000 = "100-1000",
        Below10000 = "1000-10000",
        Above = "10000-",
    }
}

choices! {
    pub(crate) enum Sorting {
        /// What fits the words best first, what sells well before what does not.
        Fitting = "fitting",
        Sales = "sales",
        Newest = "newest",
        Cheapest = "price",
        Dearest = "price_down",
    }
}

/// A product on sale, as far as it is searched and shown in lists.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) product: ProductId,
    /// What of it is on sale, as it was when this was made.
    pub(crate) revision: RevisionId,
    pub(crate) seller: AccountId,
    pub(crate) seller_name: String,
    pub(crate) access_type: AccessType,
    pub(crate) name: Localized,
    pub(crate) summary: Localized,
    pub(crate) categories: Vec<String>,
    pub(crate) modes: Vec<BillingMode>,
    /// Where it runs: the values of the site's attributes that say so.
    pub(crate) environments: Vec<String>,
    /// The marks that it has proven.
    pub(crate) certifications: Vec<String>,
    /// The least that any choice costs with its tax, in the currency in which prices are compared if it is sold in that.
    pub(crate) from: Option<Money>,
    /// In which prices are compared: the first of the site. What is not sold in it has no band and stands last by price;
    /// a rate that nobody has agreed to would put it somewhere.
    pub(crate) compared_in: Currency,
    pub(crate) delivery_days: u32,
    /// The longest of its trials that are offered to everybody.
    pub(crate) trial_days: Option<u32>,
    pub(crate) logo: Option<DocumentId>,
    pub(crate) cover: Option<DocumentId>,
    pub(crate) listed_at: Timestamp,
    pub(crate) rated: Rated,
}

/// What is looked for. All of it holds together; of one kind, any of the values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Wanted {
    pub(crate) words: String,
    pub(crate) category: Option<String>,
    pub(crate) types: BTreeSet<AccessType>,
    pub(crate) modes: BTreeSet<BillingMode>,
    pub(crate) environments: BTreeSet<String>,
    pub(crate) certifications: BTreeSet<String>,
    pub(crate) band: Option<PriceBand>,
    pub(crate) sellers: BTreeSet<AccountId>,
    /// Only what is delivered at once.
    pub(crate) at_once: bool,
    /// Only what can be tried for nothing first.
    pub(crate) trial: bool,
    pub(crate) rated: Option<RatedFrom>,
    pub(crate) sorting: Option<Sorting>,
}

/// The kinds of labels by which products are chosen and counted.
const CATEGORY: &str = "category";
const TYPE: &str = "type";
const MODE: &str = "mode";
const ENVIRONMENT: &str = "environment";
const CERTIFICATION: &str = "certification";
const PRICE: &str = "price";
const SELLER: &str = "seller";
const DELIVERY: &str = "delivery";
const AT_ONCE: &str = "at_once";
const TRIAL: &str = "trial";
const FREE: &str = "free";
const RATING: &str = "rating";

/// The attributes of the site by which a SKU says where it runs.
const ENVIRONMENT_ATTRIBUTES: [&str; 2] = ["os", "mode"];

/// How many products each further choice would leave, all other filters kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facets {
    pub(crate) categories: BTreeMap<String, usize>,
    pub(crate) types: BTreeMap<AccessType, usize>,
    pub(crate) modes: BTreeMap<BillingMode, usize>,
    pub(crate) environments: BTreeMap<String, usize>,
    pub(crate) certifications: BTreeMap<String, usize>,
    pub(crate) bands: BTreeMap<PriceBand, usize>,
    pub(crate) sellers: BTreeMap<AccountId, usize>,
    pub(crate) at_once: usize,
    pub(crate) trial: usize,
    pub(crate) ratings: BTreeMap<RatedFrom, usize>,
}

impl Entry {
    pub(crate) fn of(
        release: &Release,
        (product, revision): (ProductId, RevisionId),
        seller: (AccountId, String),
        (listed_at, rated, policy): (Timestamp, Rated, &Policy),
    ) -> Self {
        let compared_in = policy.site.compared_in();
        let listing = &release.listing;
        let mut modes: Vec<BillingMode> = release.offers.values().map(|offer| offer.billing_mode).collect();
        modes.sort_unstable();
        modes.dedup();
        let said = |offer: &std::sync::Arc<Offer>| {
            let values = ENVIRONMENT_ATTRIBUTES.iter().filter_map(|code| offer.attributes.get(*code));
            values.cloned().collect::<Vec<_>>()
        };
        let environments: BTreeSet<String> = release.offers.values().flat_map(said).collect();
        Self {
            product,
            revision,
            seller: seller.0,
            seller_name: seller.1,
            access_type: listing.access_type,
            name: listing.name.clone(),
            summary: listing.summary.clone(),
            categories: listing.categories.clone(),
            modes,
            environments: environments.into_iter().collect(),
            certifications: listing.certifications.iter().map(|mark| mark.code.clone()).collect(),
            from: release.cheapest(compared_in, policy),
            compared_in,
            delivery_days: listing.delivery_days.unwrap_or(0),
            trial_days: listing
                .specs
                .iter()
                .filter(|spec| spec.sold().next().is_some())
                .filter_map(|spec| spec.trial_days)
                .max(),
            logo: listing.logo,
            cover: listing.screenshots.first().copied(),
            listed_at,
            rated,
        }
    }

    /// Whether anything of it is displayed to everybody who finds it.
    pub(crate) fn sells(&self) -> bool {
        !self.modes.is_empty()
    }

    /// What it costs beside others.
    pub(crate) fn compared(&self) -> Option<Money> {
        self.from.filter(|from| from.currency() == self.compared_in)
    }

    fn band(&self) -> Option<PriceBand> {
        let from = self.compared()?;
        Some(match from.minor() / from.currency().scale() {
            ..100 => PriceBand::Below100,
            100..1_000 => PriceBand::Below1000,
            1_000..10_000 => PriceBand::Below10000,
            10_000.. => PriceBand::Above,
        })
    }

    /// What it is chosen and counted by.
    fn labels(&self) -> Vec<(&'static str, String)> {
        let mut labels: Vec<(&'static str, String)> =
            self.categories.iter().map(|code| (CATEGORY, code.clone())).collect();
        labels.push((TYPE, self.access_type.to_string()));
        labels.extend(self.modes.iter().map(|mode| (MODE, mode.to_string())));
        labels.extend(self.environments.iter().map(|code| (ENVIRONMENT, code.clone())));
        labels.extend(self.certifications.iter().map(|code| (CERTIFICATION, code.clone())));
        labels.extend(self.band().map(|band| (PRICE, band.to_string())));
        labels.push((SELLER, self.seller.to_string()));
        if self.delivery_days == 0 {
            labels.push((DELIVERY, AT_ONCE.to_owned()));
        }
        if self.trial_days.is_some() {
            labels.push((TRIAL, FREE.to_owned()));
        }
        labels.extend(self.rated.reached().map(|from| (RATING, from.to_string())));
        labels
    }
}

/// What the places are called from which the points of a text come.
pub(crate) fn part_name(source: Source) -> &'static str {
    match source {
        Source::Text(0) => "name",
        Source::Text(1) => "seller",
        Source::Text(2) => "summary",
        Source::Text(_) => "description",
        Source::Characters => "characters",
        Source::Spelling => "spelling",
        Source::Sound => "sound",
    }
}

impl PriceBand {
    /// From an amount, to below another one; the lowest begins and the highest ends nowhere.
    pub(crate) fn bounds(self, currency: Currency) -> (Option<Money>, Option<Money>) {
        let (from, to) = match self {
            Self::Below100 => (None, Some(100)),
            Self::Below1000 => (Some(100), Some(1_000)),
            Self::Below10000 => (Some(1_000), Some(10_000)),
            Self::Above => (Some(10_000), None),
        };
        let amount = |major: i64| Money::of(major.saturating_mul(currency.scale()), currency);
        (from.map(amount), to.map(amount))
    }
}

impl Wanted {
    /// Whether a product that is in no index fits: all filters, and each word somewhere in its texts.
    pub(crate) fn fits(&self, entry: &Entry) -> bool {
        let labels = entry.labels();
        let chosen = self
            .chosen()
            .iter()
            .all(|(kind, values)| labels.iter().any(|(own, value)| own == kind && values.contains(value)));
        let texts = [&entry.name.en, &entry.name.zh, &entry.seller_name, &entry.summary.en, &entry.summary.zh];
        let texts = texts.map(|text| text.to_lowercase()).join("\n");
        chosen && self.words.to_lowercase().split_whitespace().all(|word| texts.contains(word))
    }

    /// The chosen labels by their kind.
    pub(crate) fn chosen(&self) -> BTreeMap<&'static str, BTreeSet<String>> {
        let kinds: [(&'static str, BTreeSet<String>); 10] = [
            (CATEGORY, self.category.iter().cloned().collect()),
            (TYPE, self.types.iter().map(ToString::to_string).collect()),
            (MODE, self.modes.iter().map(ToString::to_string).collect()),
            (ENVIRONMENT, self.environments.clone()),
            (CERTIFICATION, self.certifications.clone()),
            (PRICE, self.band.iter().map(ToString::to_string).collect()),
            (SELLER, self.sellers.iter().map(ToString::to_string).collect()),
            (DELIVERY, self.at_once.then(|| AT_ONCE.to_owned()).into_iter().collect()),
            (TRIAL, self.trial.then(|| FREE.to_owned()).into_iter().collect()),
            (RATING, self.rated.iter().map(ToString::to_string).collect()),
        ];
        kinds.into_iter().filter(|(_, values)| !values.is_empty()).collect()
    }
}

impl Facets {
    /// Counts a product that is in no index.
    pub(crate) fn count(&mut self, entry: &Entry) {
        for code in &entry.categories {
            *self.categories.entry(code.clone()).or_default() += 1;
        }
        *self.types.entry(entry.access_type).or_default() += 1;
        for mode in &entry.modes {
            *self.modes.entry(*mode).or_default() += 1;
        }
        for code in &entry.environments {
            *self.environments.entry(code.clone()).or_default() += 1;
        }
        for code in &entry.certifications {
            *self.certifications.entry(code.clone()).or_default() += 1;
        }
        if let Some(band) = entry.band() {
            *self.bands.entry(band).or_default() += 1;
        }
        *self.sellers.entry(entry.seller).or_default() += 1;
        self.at_once += usize::from(entry.delivery_days == 0);
        self.trial += usize::from(entry.trial_days.is_some());
        for from in entry.rated.reached() {
            *self.ratings.entry(from).or_default() += 1;
        }
    }

    /// Reads the counts of the index; a value that this program does not know is left out.
    pub(crate) fn of(counts: &Counts) -> Self {
        fn read<T: Ord + std::str::FromStr>(counts: &Counts, kind: &str) -> BTreeMap<T, usize> {
            let values = counts.get(kind).into_iter().flatten();
            values.filter_map(|(value, count)| Some((value.parse().ok()?, usize::try_from(*count).ok()?))).collect()
        }
        let only = |kind: &str, value: &str| read::<String>(counts, kind).get(value).copied().unwrap_or(0);
        Self {
            categories: read(counts, CATEGORY),
            types: read(counts, TYPE),
            modes: read(counts, MODE),
            environments: read(counts, ENVIRONMENT),
            certifications: read(counts, CERTIFICATION),
            bands: read(counts, PRICE),
            sellers: read(counts, SELLER),
            at_once: only(DELIVERY, AT_ONCE),
            trial: only(TRIAL, FREE),
            ratings: read(counts, RATING),
        }
    }
}

/// A few products that show well what they do: those with screenshots before those with a logo alone, the latest first,
/// one of each seller, so that nobody fills the first page.
pub(crate) fn featured<E: AsRef<Entry> + Clone>(shelf: &[E], count: usize) -> Vec<E> {
    let mut ordered: Vec<&E> = shelf.iter().collect();
    ordered.sort_by_key(|product| {
        let entry = product.as_ref();
        (entry.cover.is_none(), entry.logo.is_none(), std::cmp::Reverse(entry.listed_at))
    });
    let mut sellers = Vec::new();
    ordered.retain(|product| {
        let seller = product.as_ref().seller;
        let first = !sellers.contains(&seller);
        sellers.push(seller);
        first
    });
    ordered.into_iter().take(count).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "acc_01jd8kx2v9e5jtf6xw4sz3q7ab";

    fn entry(name: &str, seller: &str, cover: bool, listed_at: &str) -> Entry {
        let listed_at: Timestamp = listed_at.parse().unwrap();
        // The same seller by the same name.
        let founded = "2020-01-01T00:00:00Z".parse::<Timestamp>().unwrap();
        let account: AccountId = if seller == "Harbour" { OLD.parse().unwrap() } else { AccountId::new(founded) };
        Entry {
            product: ProductId::new(listed_at),
            revision: RevisionId::new(listed_at),
            seller: account,
            seller_name: seller.to_owned(),
            access_type: AccessType::License,
            name: Localized::new(name.to_owned(), name.to_owned()),
            summary: Localized::default(),
            categories: vec!["security".to_owned(), "websites".to_owned()],
            modes: vec![BillingMode::OneOff],
            environments: vec!["linux".to_owned()],
            certifications: vec!["iso27001".to_owned()],
            from: Some(Money::of(10_000, Currency::CNY)),
            compared_in: Currency::CNY,
            delivery_days: 0,
            trial_days: Some(14),
            logo: None,
            cover: cover.then(|| DocumentId::new(listed_at)),
            listed_at,
            rated: Rated { count: 3, stars: 11 },
        }
    }

    #[test]
    fn labels_are_chosen_and_counted_under_the_same_names() {
        let one = entry("Log Lens", "Harbour", true, "2026-11-01T00:00:00Z");
        let wanted = Wanted {
            category: Some("websites".to_owned()),
            types: [AccessType::License].into(),
            modes: [BillingMode::OneOff, BillingMode::Period].into(),
            environments: ["linux".to_owned()].into(),
            certifications: ["iso27001".to_owned()].into(),
            band: Some(PriceBand::Below1000),
            sellers: [one.seller].into(),
            at_once: true,
            trial: true,
            rated: Some(RatedFrom::Three),
            ..Wanted::default()
        };
        let labels = one.labels();
        for (kind, values) in wanted.chosen() {
            assert!(labels.iter().any(|(own, value)| *own == kind && values.contains(value)), "{kind}");
        }
        let mut counts = Counts::new();
        for (kind, value) in labels {
            counts.entry(kind.to_owned()).or_default().insert(value, 3);
        }
        let facets = Facets::of(&counts);
        let mut thrice = Facets::default();
        (0..3).for_each(|_| thrice.count(&one));
        assert_eq!(format!("{thrice:?}"), format!("{facets:?}"), "in the index or not, a product counts alike");
        assert_eq!(facets.categories, BTreeMap::from([("security".to_owned(), 3), ("websites".to_owned(), 3)]));
        assert_eq!(facets.bands, BTreeMap::from([(PriceBand::Below1000, 3)]));
        assert_eq!((facets.at_once, facets.trial), (3, 3));
        assert_eq!(facets.environments, BTreeMap::from([("linux".to_owned(), 3)]));
        assert_eq!(facets.certifications, BTreeMap::from([("iso27001".to_owned(), 3)]));
        assert_eq!(facets.sellers, BTreeMap::from([(one.seller, 3)]));
        assert_eq!(facets.ratings, BTreeMap::from([(RatedFrom::Three, 3), (RatedFrom::Two, 3)]));
    }

    #[test]
    fn what_is_sold_in_another_currency_alone_is_not_compared() {
        let yuan = entry("Log Lens", "Harbour", true, "2026-11-01T00:00:00Z");
        let dollars = Entry { from: Some(Money::of(1_000, Currency::USD)), ..yuan.clone() };
        let bands = |entry: &Entry| entry.labels().into_iter().filter(|(kind, _)| *kind == PRICE).count();
        assert_eq!((bands(&yuan), bands(&dollars)), (1, 0));
        let cheap = Wanted { band: Some(PriceBand::Below100), ..Wanted::default() };
        assert!(!cheap.fits(&dollars), "ten dollars are not ten yuan");
        assert_eq!((yuan.compared(), dollars.compared()), (yuan.from, None));
    }

    #[test]
    fn the_first_page_shows_one_product_of_each_seller() {
        let shelf = [
            std::sync::Arc::new(entry("Lens Cap", "Harbour", true, "2026-11-03T00:00:00Z")),
            std::sync::Arc::new(entry("Log Lens", "Harbour", true, "2026-11-01T00:00:00Z")),
            std::sync::Arc::new(entry("Ledger Line", "Pine", false, "2026-11-04T00:00:00Z")),
        ];
        let names: Vec<String> = featured(&shelf, 6).iter().map(|entry| entry.name.en.clone()).collect();
        assert_eq!(names, ["Lens Cap", "Ledger Line"]);
    }
}
