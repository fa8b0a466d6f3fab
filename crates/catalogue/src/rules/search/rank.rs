//! The order of what was found: how well the words fit, how often it is bought, how it is rated, how new it is.

use platform::search::{LEVELS, Numbers};
use policy::Ranking;

use super::Sorting;

/// What the numbers of a document in the index are.
const PRICE: usize = 0;
const LISTED: usize = 1;
const SOLD: usize = 2;
const RATING: usize = 3;

/// What ranks a product besides its words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Merits {
    /// Hundredths of a major unit of the currency in which prices are compared; nothing where it has no price in that.
    pub(crate) price: Option<u64>,
    /// Seconds since 1970.
    pub(crate) listed: u64,
    pub(crate) sold: u64,
    /// Thousandths of a star, damped; what nobody has rated has those of the rules.
    pub(crate) rating: u64,
}

impl Merits {
    pub(crate) fn numbers(self) -> Numbers {
        let mut numbers = Numbers::default();
        numbers[PRICE] = self.price.unwrap_or(u64::MAX);
        numbers[LISTED] = self.listed;
        numbers[SOLD] = self.sold;
        numbers[RATING] = self.rating;
        numbers
    }

    pub(crate) fn of(numbers: &Numbers) -> Self {
        Self {
            price: Some(numbers[PRICE]).filter(|price| *price != u64::MAX),
            listed: numbers[LISTED],
            sold: numbers[SOLD],
            rating: numbers[RATING],
        }
    }
}

/// Why a product stands where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Points {
    pub(crate) text: u64,
    pub(crate) sales: u64,
    pub(crate) rating: u64,
    pub(crate) freshness: u64,
}

impl Points {
    pub(crate) fn total(self) -> u64 {
        self.text.saturating_add(self.sales).saturating_add(self.rating).saturating_add(self.freshness)
    }
}

/// From a million sales on, more of them add nothing.
const SALES_MOST: u64 = 2_000;

/// By how much a product can stand above what its words are worth; `None` when the order does not follow them.
pub(crate) fn reach(sorting: Sorting, ranking: &Ranking) -> Option<u64> {
    match sorting {
        Sorting::Fitting => {
            Some(u64::from(ranking.sales) * 2 + u64::from(ranking.rating) + u64::from(ranking.freshness))
        }
        Sorting::Sales | Sorting::Newest | Sorting::Cheapest | Sorting::Dearest => None,
    }
}

const DAY_SECONDS: u64 = 86_400;

/// The parts of a product's place in the order, at a moment in seconds since 1970.
pub(crate) fn points(ranking: &Ranking, now: u64, fitness: u64, merits: Merits) -> Points {
    let part = |most: u32, share: u64| u64::from(most) * share / 1_000;
    let age = now.saturating_sub(merits.listed) / DAY_SECONDS;
    let days = u64::from(ranking.fresh_days.max(1));
    Points {
        text: fitness,
        // Ten times as many sales are worth a step, not ten times as much.
        sales: part(ranking.sales, (doublings(merits.sold) / 10).min(SALES_MOST)),
        // Three stars and fewer are worth nothing; with the usual rules, what nobody has rated has three.
        rating: part(ranking.rating, merits.rating.saturating_sub(3_000) / 2),
        freshness: part(ranking.freshness, days.saturating_sub(age) * 1_000 / days),
    }
}

/// How often a number doubles from one, in thousandths; straight between the doublings.
fn doublings(count: u64) -> u64 {
    let count = count.saturating_add(1);
    let whole = count.ilog2();
    let begun = 1_u64 << whole;
    u64::from(whole) * 1_000 + (count - begun) * 1_000 / begun
}

/// Whether one more sale could move a product.
pub(crate) fn moves(before: u64, after: u64) -> bool {
    doublings(before) / 250 != doublings(after) / 250
}

/// The place of a product in a wanted order; greater stands first. What is equal otherwise stands by its points.
pub(crate) fn place(sorting: Sorting, ranking: &Ranking, now: u64, fitness: u64, numbers: &Numbers) -> u64 {
    let merits = Merits::of(numbers);
    match sorting {
        Sorting::Fitting => points(ranking, now, fitness, merits).total(),
        Sorting::Sales => merits.sold << 32 | merits.listed.min(u64::from(u32::MAX)),
        Sorting::Newest => merits.listed,
        Sorting::Cheapest => merits.price.map_or(0, |price| u64::MAX - price),
        Sorting::Dearest => merits.price.map_or(0, |price| price.saturating_add(1)),
    }
}

/// How much a word counts, by the text in which it stands.
pub(crate) fn boosts(ranking: &Ranking) -> [u32; LEVELS] {
    [ranking.name, ranking.seller, ranking.summary, ranking.description]
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn ranking() -> Ranking {
        Ranking {
            name: 500,
            seller: 300,
            summary: 200,
            description: 100,
            sales: 6_000,
            rating: 3_000,
            freshness: 1_500,
            fresh_days: 180,
            rating_prior_reviews: 8,
            rating_prior_hundredths: 300,
        }
    }

    fn merits(sold: u64, days: u64) -> Merits {
        Merits { price: Some(100), listed: NOW - days * DAY_SECONDS, sold, rating: 0 }
    }

    #[test]
    fn every_part_of_a_place_is_told() {
        let at = |fitness, merits| points(&ranking(), NOW, fitness, merits);
        assert_eq!(at(9_000, merits(0, 400)), Points { text: 9_000, sales: 0, rating: 0, freshness: 0 });
        assert_eq!(at(0, merits(1_023, 90)), Points { text: 0, sales: 6_000, rating: 0, freshness: 750 });
        assert_eq!(at(0, Merits { rating: 5_000, ..merits(0, 400) }).rating, 3_000);
        assert_eq!(at(0, Merits { rating: 1_000, ..merits(0, 400) }).rating, 0);
        assert_eq!(at(7, merits(3, 0)).total(), 7 + 1_200 + 1_500);
    }

    #[test]
    fn nothing_stands_higher_than_it_can_reach() {
        let best = Merits { rating: 5_000, ..merits(u64::MAX / 2, 0) };
        let most = points(&ranking(), NOW, 7, best).total();
        assert!(most <= 7 + reach(Sorting::Fitting, &ranking()).unwrap());
        assert_eq!(reach(Sorting::Newest, &ranking()), None);
    }

    #[test]
    fn words_weigh_more_than_a_few_sales_and_sales_decide_between_equals() {
        let place = |fitness, merits: Merits| place(Sorting::Fitting, &ranking(), NOW, fitness, &merits.numbers());
        assert!(place(12_000, merits(0, 400)) > place(4_000, merits(100, 0)));
        assert!(place(5_000, merits(20, 400)) > place(5_000, merits(2, 400)));
        assert!(place(5_000, merits(2, 10)) > place(5_000, merits(2, 100)));
    }

    #[test]
    fn what_has_no_price_stands_last_by_price() {
        let place = |sorting, price| place(sorting, &ranking(), NOW, 0, &Merits { price, ..merits(0, 0) }.numbers());
        assert!(place(Sorting::Cheapest, Some(1)) > place(Sorting::Cheapest, Some(2)));
        assert!(place(Sorting::Cheapest, Some(900)) > place(Sorting::Cheapest, None));
        assert!(place(Sorting::Dearest, Some(2)) > place(Sorting::Dearest, Some(1)));
        assert!(place(Sorting::Dearest, Some(0)) > place(Sorting::Dearest, None));
    }

    #[test]
    fn the_index_is_told_of_sales_that_could_move_a_product() {
        assert!(moves(0, 1) && moves(1, 2));
        assert!(!moves(1_000, 1_001) && moves(1_000, 1_300));
    }
}
