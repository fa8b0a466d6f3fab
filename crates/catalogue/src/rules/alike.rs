//! What goes well with a product: what its buyers bought too, and what is like it. Whole numbers only.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{
    choices,
    id::{AccountId, ProductId},
};

choices! {
    /// Why a product is recommended beside another.
    pub(crate) enum Likeness {
        /// Its buyers bought the other one too.
        AlsoBought = "also_bought",
        /// Both are of one kind: categories, tags, words.
        Similar = "similar",
    }
}

/// So many are shown beside a product.
pub(crate) const ALIKE_MAX: usize = 6;

/// Fewer buyers in common would tell about them, not about the products.
const BUYERS_MIN: u64 = 2;

/// Who bought more buys for others.
const BASKET_MAX: usize = 100;

/// For each product, what else its buyers bought: those with the largest share of common buyers first.
///
/// The share is squared, so that it needs no root: `common² / (own × other)`.
pub(crate) fn also_bought(bought: &[(AccountId, ProductId)]) -> BTreeMap<ProductId, Vec<ProductId>> {
    let mut baskets: BTreeMap<AccountId, BTreeSet<ProductId>> = BTreeMap::new();
    for (account, product) in bought {
        baskets.entry(*account).or_default().insert(*product);
    }
    let mut buyers: BTreeMap<ProductId, u64> = BTreeMap::new();
    let mut common: BTreeMap<(ProductId, ProductId), u64> = BTreeMap::new();
    for basket in baskets.values() {
        for product in basket {
            *buyers.entry(*product).or_default() += 1;
        }
        if basket.len() > BASKET_MAX {
            continue;
        }
        for one in basket {
            for other in basket.iter().filter(|other| *other != one) {
                *common.entry((*one, *other)).or_default() += 1;
            }
        }
    }
    let mut scored: BTreeMap<ProductId, Vec<(u64, ProductId)>> = BTreeMap::new();
    for ((one, other), count) in common.into_iter().filter(|(_, count)| *count >= BUYERS_MIN) {
        let of = |product: &ProductId| buyers.get(product).copied().unwrap_or(1).max(1);
        let share = count.saturating_mul(count).saturating_mul(1_000_000) / of(&one).saturating_mul(of(&other)).max(1);
        scored.entry(one).or_default().push((share, other));
    }
    scored.into_iter().map(|(product, others)| (product, best(others))).collect()
}

/// How many buyers each product has.
pub(crate) fn buyers(bought: &[(AccountId, ProductId)]) -> BTreeMap<ProductId, i64> {
    let pairs: BTreeSet<&(AccountId, ProductId)> = bought.iter().collect();
    pairs.into_iter().fold(BTreeMap::new(), |mut counts, (_, product)| {
        *counts.entry(*product).or_default() += 1;
        counts
    })
}

fn best(mut scored: Vec<(u64, ProductId)>) -> Vec<ProductId> {
    scored.sort_by(|(score, product), (other_score, other)| other_score.cmp(score).then(other.cmp(product)));
    scored.truncate(ALIKE_MAX);
    scored.into_iter().map(|(_, product)| product).collect()
}

/// Words that all products use say nothing: those of more than one in ten are left out, unless there are few products.
const COMMON_SHARE: usize = 10;
const COMMON_MIN: usize = 30;

/// A shared category, a shared tag, and each doubling of a shared word's rarity.
const CATEGORY_POINTS: u64 = 12;
const TAG_POINTS: u64 = 20;
const WORD_POINTS: u64 = 2;

/// The shelf by what products share: made once, asked for each product.
pub(crate) struct Kinship {
    products: Vec<ProductId>,
    traits: Vec<BTreeSet<String>>,
    /// Which products have a trait.
    having: BTreeMap<String, Vec<usize>>,
}

/// A product as far as it is compared with others.
#[derive(Clone, Debug)]
pub(crate) struct Kin {
    pub(crate) product: ProductId,
    /// With those above them.
    pub(crate) categories: Vec<String>,
    pub(crate) tags: Vec<String>,
    /// Names and summaries in all languages.
    pub(crate) texts: Vec<String>,
}

impl Kinship {
    pub(crate) fn of(shelf: &[Kin]) -> Self {
        let mut kinship = Self { products: Vec::new(), traits: Vec::new(), having: BTreeMap::new() };
        for (at, kin) in shelf.iter().enumerate() {
            let own = traits(kin);
            for one in &own {
                kinship.having.entry(one.clone()).or_default().push(at);
            }
            kinship.products.push(kin.product);
            kinship.traits.push(own);
        }
        kinship
    }

    /// The most similar of the shelf; nothing that has only common words with it.
    pub(crate) fn similar(&self, product: ProductId) -> Vec<ProductId> {
        let Some(own) = self.products.iter().position(|known| *known == product) else { return Vec::new() };
        let most = (self.products.len() / COMMON_SHARE).max(COMMON_MIN);
        let mut points: BTreeMap<usize, u64> = BTreeMap::new();
        for one in &self.traits[own] {
            let having = self.having.get(one).map_or(&[][..], Vec::as_slice);
            let each = match one.as_bytes().first() {
                Some(b'#') => TAG_POINTS,
                Some(b'/') => CATEGORY_POINTS,
                _ if having.len() > most => continue,
                _ => WORD_POINTS * rarity(self.products.len(), having.len()),
            };
            for other in having.iter().filter(|other| **other != own).take(COMPARED_MAX) {
                *points.entry(*other).or_default() += each;
            }
        }
        let worth = points.into_iter().filter(|(_, points)| *points >= CATEGORY_POINTS);
        best(worth.map(|(at, points)| (points, self.products[at])).collect())
    }
}

/// A trait that more share brings no more to compare.
const COMPARED_MAX: usize = 2_000;

/// How often the shelf can be halved until only those with the word are left.
fn rarity(all: usize, having: usize) -> u64 {
    u64::from((all / having.max(1)).max(1).ilog2()) + 1
}

/// What a product is known by: `/category`, `#tag`, and its words.
fn traits(kin: &Kin) -> BTreeSet<String> {
    let categories = kin.categories.iter().map(|code| format!("/{code}"));
    let tags = kin.tags.iter().map(|tag| format!("#{tag}"));
    categories.chain(tags).chain(kin.texts.iter().flat_map(|text| words(text))).collect()
}

/// Latin words of three letters and more, and neighbouring pairs of Chinese characters.
fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let latin =
        lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.len() > 2 && !PLAIN.contains(word));
    let mut found: Vec<String> = latin.map(str::to_owned).collect();
    let is_han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    for run in text.split(|c| !is_han(c)) {
        let chars: Vec<char> = run.chars().collect();
        found.extend(chars.windows(2).map(|pair| pair.iter().collect()));
    }
    found
}

/// English words that tie sentences together.
const PLAIN: [&str; 16] = [
    "and", "the", "for", "with", "your", "you", "from", "that", "all", "are", "can", "into", "what", "when", "who",
    "its",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn product(at: i64) -> ProductId {
        ProductId::from_uuid(uuid(at))
    }

    fn account(at: i64) -> AccountId {
        AccountId::from_uuid(uuid(at))
    }

    fn uuid(at: i64) -> sqlx::types::Uuid {
        sqlx::types::Uuid::from_u128(u128::try_from(at).unwrap_or(0))
    }

    #[test]
    fn what_most_of_the_buyers_share_comes_first_and_one_buyer_is_nobodys_business() {
        let baskets: [(i64, &[i64]); 7] =
            [(1, &[1, 2, 3]), (2, &[1, 2]), (3, &[1, 2, 4]), (4, &[4, 3]), (5, &[3]), (6, &[3]), (7, &[1, 3])];
        let pairs = baskets.iter().flat_map(|(who, what)| what.iter().map(|one| (account(*who), product(*one))));
        let bought: Vec<(AccountId, ProductId)> = pairs.collect();
        let found = also_bought(&bought);
        assert_eq!(found[&product(1)], [product(2), product(3)]);
        assert!(!found.contains_key(&product(4)), "each pair with it has one buyer only");
        assert_eq!(buyers(&bought)[&product(3)], 5);
    }

    #[test]
    fn words_are_taken_from_both_languages() {
        assert_eq!(words("Find the line, in LOGS"), ["find", "line", "logs"]);
        assert_eq!(words("日志检索 for all"), ["日志", "志检", "检索"]);
        assert_eq!(rarity(80, 1), 7);
        assert_eq!(rarity(80, 80), 1);
    }

    proptest! {
        #[test]
        fn nothing_is_recommended_beside_itself_nor_twice(pairs in prop::collection::vec((0_i64..12, 0_i64..12), 0..120)) {
            let bought: Vec<_> = pairs.iter().map(|(who, what)| (account(*who), product(*what))).collect();
            for (own, others) in also_bought(&bought) {
                let distinct: BTreeSet<_> = others.iter().collect();
                prop_assert!(!others.contains(&own) && distinct.len() == others.len() && others.len() <= ALIKE_MAX);
            }
        }
    }

    #[test]
    fn of_one_kind_is_what_shares_category_tag_and_rare_words() {
        let kin = |at: i64, category: &str, tags: &[&str], text: &str| Kin {
            product: product(at),
            categories: vec![category.to_owned()],
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            texts: vec![text.to_owned()],
        };
        let shelf = [
            kin(1, "tools", &["new"], "Log Lens 日志检索"),
            kin(2, "tools", &[], "Lens Cap"),
            kin(3, "security", &["new"], "Night Watch"),
            kin(4, "websites", &[], "Letter press 网站"),
        ];
        let kinship = Kinship::of(&shelf);
        assert_eq!(kinship.similar(product(1)), [product(3), product(2)], "a tag says more than a category and a word");
        assert_eq!(kinship.similar(product(4)), Vec::<ProductId>::new());
        assert!(kinship.similar(product(99)).is_empty());
    }
}
