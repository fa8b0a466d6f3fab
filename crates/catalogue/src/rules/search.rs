//! Finding products among those on sale: words, filters with their counts, the order. Pure, over what is kept in memory.

use std::collections::BTreeMap;

use kernel::{
    Currency, Localized, Money, Timestamp, choices,
    id::{AccountId, DocumentId, ProductId},
};
use policy::{AccessType, BillingMode};

use super::skus::Release;

choices! {
    /// How much the least of a product's choices costs, in major units of its currency.
    pub(crate) enum PriceBand {
        Below100 = "0-100",
        Below1000 = "100-1000",
        Below10000 = "1000-10000",
        Above = "10000-",
    }
}

choices! {
    pub(crate) enum Sorting {
        /// What fits the words best first; without words the latest first.
        Fitting = "fitting",
        Newest = "newest",
        Cheapest = "price",
        Name = "name",
    }
}

/// A product on sale, as far as it is searched and shown in lists.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) product: ProductId,
    pub(crate) seller: AccountId,
    pub(crate) seller_name: String,
    pub(crate) access_type: AccessType,
    pub(crate) name: Localized,
    pub(crate) summary: Localized,
    pub(crate) categories: Vec<String>,
    pub(crate) modes: Vec<BillingMode>,
    /// The least that any choice costs.
    pub(crate) from: Option<Money>,
    pub(crate) delivery_days: u32,
    pub(crate) logo: Option<DocumentId>,
    pub(crate) cover: Option<DocumentId>,
    pub(crate) listed_at: Timestamp,
    /// Both languages in small letters: name, seller, summary.
    texts: [String; 3],
}

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) words: String,
    pub(crate) category: Option<String>,
    pub(crate) mode: Option<BillingMode>,
    pub(crate) band: Option<PriceBand>,
    pub(crate) seller: Option<AccountId>,
    /// Only what is delivered at once.
    pub(crate) at_once: bool,
    pub(crate) sorting: Option<Sorting>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Filter {
    Category,
    Mode,
    Band,
    Seller,
    AtOnce,
}

/// How many products each further choice would leave, all other filters kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facets {
    pub(crate) categories: BTreeMap<String, usize>,
    pub(crate) modes: BTreeMap<BillingMode, usize>,
    pub(crate) bands: BTreeMap<PriceBand, usize>,
    pub(crate) sellers: BTreeMap<(String, AccountId), usize>,
    pub(crate) at_once: usize,
}

impl Entry {
    pub(crate) fn of(release: &Release, product: ProductId, seller: (AccountId, String), listed_at: Timestamp) -> Self {
        let listing = &release.listing;
        let mut modes: Vec<BillingMode> = release.offers.values().map(|offer| offer.billing_mode).collect();
        modes.sort_unstable();
        modes.dedup();
        let both = |text: &Localized| format!("{}\n{}", text.en, text.zh).to_lowercase();
        let texts = [both(&listing.name), seller.1.to_lowercase(), both(&listing.summary)];
        Self {
            product,
            seller: seller.0,
            seller_name: seller.1,
            access_type: listing.access_type,
            name: listing.name.clone(),
            summary: listing.summary.clone(),
            categories: listing.categories.clone(),
            modes,
            from: release.cheapest(),
            delivery_days: listing.delivery_days.unwrap_or(0),
            logo: listing.logo,
            cover: listing.screenshots.first().copied(),
            listed_at,
            texts,
        }
    }

    fn band(&self) -> Option<PriceBand> {
        let from = self.from?;
        Some(match from.minor() / from.currency().scale() {
            ..100 => PriceBand::Below100,
            100..1_000 => PriceBand::Below1000,
            1_000..10_000 => PriceBand::Below10000,
            10_000.. => PriceBand::Above,
        })
    }

    /// How well it fits the words: nothing unless each of them is found somewhere.
    fn fitness(&self, words: &[String]) -> Option<u32> {
        let [name, seller, summary] = &self.texts;
        words.iter().try_fold(0, |sum, word| {
            let begins = name.lines().any(|line| line.starts_with(word.as_str()));
            let points = match (begins, name.contains(word.as_str())) {
                (true, _) => 8,
                (false, true) => 4,
                (false, false) if seller.contains(word.as_str()) => 2,
                (false, false) if summary.contains(word.as_str()) => 1,
                (false, false) => return None,
            };
            Some(sum + points)
        })
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
    fn fits(&self, entry: &Entry, except: Option<Filter>) -> bool {
        let one = |filter: Filter, fits: bool| except == Some(filter) || fits;
        one(Filter::Category, self.category.as_ref().is_none_or(|code| entry.categories.contains(code)))
            && one(Filter::Mode, self.mode.is_none_or(|mode| entry.modes.contains(&mode)))
            && one(Filter::Band, self.band.is_none_or(|band| entry.band() == Some(band)))
            && one(Filter::Seller, self.seller.is_none_or(|seller| entry.seller == seller))
            && one(Filter::AtOnce, !self.at_once || entry.delivery_days == 0)
    }
}

/// What fits, in the wanted order, and the counts beside the filters.
pub(crate) fn search<E: AsRef<Entry> + Clone>(shelf: &[E], wanted: &Wanted) -> (Vec<E>, Facets) {
    let words: Vec<String> = wanted.words.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let mut facets = Facets::default();
    let mut found = Vec::new();
    for product in shelf {
        let entry = product.as_ref();
        let Some(fitness) = entry.fitness(&words) else { continue };
        count(&mut facets, entry, wanted);
        if wanted.fits(entry, None) {
            found.push((fitness, product.clone()));
        }
    }
    let newest = |entry: &Entry| std::cmp::Reverse(entry.listed_at);
    match wanted.sorting.unwrap_or(Sorting::Fitting) {
        Sorting::Fitting => {
            found.sort_by_key(|(fitness, product)| (std::cmp::Reverse(*fitness), newest(product.as_ref())));
        }
        Sorting::Newest => found.sort_by_key(|(_, product)| newest(product.as_ref())),
        Sorting::Cheapest => {
            found.sort_by_key(|(_, product)| product.as_ref().from.map_or(i64::MAX, Money::minor));
        }
        Sorting::Name => found.sort_by(|(_, one), (_, other)| one.as_ref().texts[0].cmp(&other.as_ref().texts[0])),
    }
    (found.into_iter().map(|(_, product)| product).collect(), facets)
}

fn count(facets: &mut Facets, entry: &Entry, wanted: &Wanted) {
    if wanted.fits(entry, Some(Filter::Category)) {
        for category in &entry.categories {
            *facets.categories.entry(category.clone()).or_default() += 1;
        }
    }
    if wanted.fits(entry, Some(Filter::Mode)) {
        for mode in &entry.modes {
            *facets.modes.entry(*mode).or_default() += 1;
        }
    }
    if let Some(band) = entry.band().filter(|_| wanted.fits(entry, Some(Filter::Band))) {
        *facets.bands.entry(band).or_default() += 1;
    }
    if wanted.fits(entry, Some(Filter::Seller)) {
        *facets.sellers.entry((entry.seller_name.clone(), entry.seller)).or_default() += 1;
    }
    if entry.delivery_days == 0 && wanted.fits(entry, Some(Filter::AtOnce)) {
        facets.at_once += 1;
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
    use std::sync::Arc;

    use super::*;

    struct Draft {
        name: (&'static str, &'static str),
        seller: &'static str,
        category: &'static str,
        from: i64,
        mode: BillingMode,
    }

    fn shelf(drafts: &[Draft]) -> Vec<Arc<Entry>> {
        let start: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
        let mut sellers: BTreeMap<&str, AccountId> = BTreeMap::new();
        let mut entries = Vec::new();
        for (days, Draft { name, seller, category, from, mode }) in (0..).zip(drafts) {
            let listed_at = start.plus_seconds(days * 86_400);
            let account = *sellers.entry(seller).or_insert_with(|| AccountId::new(listed_at));
            let summary = Localized::new("Works where you work.", "就在工作的地方使用。");
            let name = Localized::from(*name);
            let texts = [
                format!("{}\n{}", name.en, name.zh).to_lowercase(),
                seller.to_lowercase(),
                format!("{}\n{}", summary.en, summary.zh).to_lowercase(),
            ];
            entries.push(Arc::new(Entry {
                product: ProductId::new(listed_at),
                seller: account,
                seller_name: (*seller).to_owned(),
                access_type: AccessType::License,
                name,
                summary,
                categories: vec![(*category).to_owned()],
                modes: vec![*mode],
                from: Some(Money::of(*from, Currency::CNY)),
                delivery_days: u32::from(*mode == BillingMode::OneOff),
                logo: None,
                cover: None,
                listed_at,
                texts,
            }));
        }
        entries
    }

    fn sample() -> Vec<Arc<Entry>> {
        let one = |name, seller, category, from, mode| Draft { name, seller, category, from, mode };
        shelf(&[
            one(("Log Lens", "日志透镜"), "Pinecone Tools", "developer-tools", 9_900, BillingMode::Period),
            one(("Ledger Line", "账务一线"), "Pinecone Tools", "enterprise-applications", 120_000, BillingMode::OneOff),
            one(("Night Watch", "夜巡"), "Harbour 安全", "security", 2_000_000, BillingMode::Period),
            one(("Lens Cap", "镜头盖"), "Harbour 安全", "developer-tools", 9_999, BillingMode::OneOff),
        ])
    }

    fn names(wanted: &Wanted) -> Vec<String> {
        search(&sample(), wanted).0.iter().map(|entry| entry.name.en.clone()).collect()
    }

    fn words(words: &str) -> Wanted {
        Wanted { words: words.to_owned(), ..Wanted::default() }
    }

    #[test]
    fn words_are_found_in_both_languages_in_name_seller_and_summary() {
        assert_eq!(names(&words("LENS")), ["Lens Cap", "Log Lens"], "what begins with it comes first");
        assert_eq!(names(&words("日志")), ["Log Lens"]);
        assert_eq!(names(&words("harbour")), ["Lens Cap", "Night Watch"]);
        assert_eq!(names(&words("lens pinecone")), ["Log Lens"], "every word has to be found");
        assert_eq!(names(&words("works")).len(), 4);
        assert_eq!(names(&words("nothing like it")), Vec::<String>::new());
        assert_eq!(names(&words("  ")), ["Lens Cap", "Night Watch", "Ledger Line", "Log Lens"], "the latest first");
    }

    #[test]
    fn a_filter_leaves_the_counts_of_its_own_kind_as_they_were() {
        let wanted = Wanted { category: Some("developer-tools".to_owned()), ..Wanted::default() };
        let (found, facets) = search(&sample(), &wanted);
        assert_eq!(found.len(), 2);
        assert_eq!(facets.categories.len(), 3, "another category can still be chosen");
        assert_eq!(facets.modes, BTreeMap::from([(BillingMode::OneOff, 1), (BillingMode::Period, 1)]));
        assert_eq!(facets.bands, BTreeMap::from([(PriceBand::Below100, 2)]));
        assert_eq!(facets.sellers.values().sum::<usize>(), 2);
        assert_eq!(facets.at_once, 1);
    }

    #[test]
    fn filters_hold_together_and_bands_meet_at_their_ends() {
        let wanted = Wanted { mode: Some(BillingMode::Period), band: Some(PriceBand::Above), ..Wanted::default() };
        assert_eq!(names(&wanted), ["Night Watch"]);
        let wanted = Wanted { at_once: true, band: Some(PriceBand::Below100), ..Wanted::default() };
        assert_eq!(names(&wanted), ["Log Lens"]);
        assert_eq!(names(&Wanted { band: Some(PriceBand::Below10000), ..Wanted::default() }), ["Ledger Line"]);
    }

    #[test]
    fn the_order_is_the_wanted_one() {
        let sorted = |sorting| names(&Wanted { sorting: Some(sorting), ..Wanted::default() });
        assert_eq!(sorted(Sorting::Cheapest), ["Log Lens", "Lens Cap", "Ledger Line", "Night Watch"]);
        assert_eq!(sorted(Sorting::Name), ["Ledger Line", "Lens Cap", "Log Lens", "Night Watch"]);
    }

    #[test]
    fn the_first_page_shows_one_product_of_each_seller() {
        let names: Vec<String> = featured(&sample(), 6).iter().map(|entry| entry.name.en.clone()).collect();
        assert_eq!(names, ["Lens Cap", "Ledger Line"]);
    }
}
