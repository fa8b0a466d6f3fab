//! How products are found: what decides their order, and which words mean the same.

use kernel::Invalid;
use serde::Deserialize;

/// How products are found. Rules that were published before there was a search say nothing of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Search {
    pub ranking: Ranking,
    pub synonyms: Vec<Synonyms>,
}

/// What decides the order of products that are found.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ranking {
    /// How much a word counts by where it stands, in hundredths.
    pub name: u32,
    pub seller: u32,
    pub summary: u32,
    pub description: u32,
    /// The points of a product that was sold a thousand times; each doubling of the sales is a tenth of them.
    pub sales: u32,
    /// The points of a product with five stars.
    pub rating: u32,
    /// The points of a product that is on sale since today, and the days until nothing is left of them.
    pub freshness: u32,
    pub fresh_days: u32,
    /// The mean of a product's ratings is taken together with so many ratings of so many hundredths of a star.
    pub rating_prior_reviews: u32,
    pub rating_prior_hundredths: u32,
}

impl Default for Ranking {
    fn default() -> Self {
        Self {
            name: 500,
            seller: 300,
            summary: 200,
            description: 50,
            sales: 6_000,
            rating: 3_000,
            freshness: 1_500,
            fresh_days: 180,
            rating_prior_reviews: 8,
            rating_prior_hundredths: 300,
        }
    }
}

/// Larger weights decide no more than this one.
const RANKING_MAX: u32 = 100_000;

impl Search {
    pub(super) fn check(&self, wrong: &mut Invalid) {
        for group in &self.synonyms {
            let several = group.words.len() >= 2;
            wrong.check(several, "search.synonyms", ("must have at least two words each", "每组至少须有两个词"));
        }
        for (field, number) in self.ranking.numbers() {
            wrong.check(number <= RANKING_MAX, field, ("cannot be more than 100000", "不能超过 100000"));
        }
        let stars = (100..=500).contains(&self.ranking.rating_prior_hundredths);
        let range = ("must be from 100 to 500", "须在 100 到 500 之间");
        wrong.check(stars, "search.ranking.rating_prior_hundredths", range);
    }
}

impl Ranking {
    fn numbers(&self) -> [(&'static str, u32); 9] {
        [
            ("search.ranking.name", self.name),
            ("search.ranking.seller", self.seller),
            ("search.ranking.summary", self.summary),
            ("search.ranking.description", self.description),
            ("search.ranking.sales", self.sales),
            ("search.ranking.rating", self.rating),
            ("search.ranking.freshness", self.freshness),
            ("search.ranking.fresh_days", self.fresh_days),
            ("search.ranking.rating_prior_reviews", self.rating_prior_reviews),
        ]
    }
}

/// Words that mean the same, in any language.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Synonyms {
    pub words: Vec<String>,
}
