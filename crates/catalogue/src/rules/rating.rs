//! How products are rated, in whole numbers: how often with how many stars, and what is told of that.

use kernel::{Localized, Timestamp, choices, id::ReviewId, text::Lang};
use serde::{Deserialize, Serialize};

/// Nothing is rated better.
pub const STARS_MAX: u8 = 5;

choices! {
    /// How a product is rated at least.
    pub(crate) enum RatedFrom { Four = "4", Three = "3", Two = "2" }
}

impl RatedFrom {
    fn tenths(self) -> u64 {
        match self {
            Self::Four => 40,
            Self::Three => 30,
            Self::Two => 20,
        }
    }
}

/// How often a product was rated, and with how many stars together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rated {
    pub count: u64,
    pub stars: u64,
}

impl Rated {
    /// The mean in tenths of a star, as it is shown; `None` while nobody has rated.
    pub fn tenths(self) -> Option<u64> {
        (self.count > 0)
            .then(|| self.stars.saturating_mul(20).saturating_add(self.count) / self.count.saturating_mul(2))
    }

    /// The mean in thousandths of a star, taken together with so many ratings of so many hundredths of one: a few ratings say
    /// less than many.
    pub(crate) fn damped(self, (count, hundredths): (u32, u32)) -> u64 {
        let (count, hundredths) = (u64::from(count), u64::from(hundredths));
        let all = self.count.saturating_add(count);
        if all == 0 {
            return hundredths * 10;
        }
        self.stars.saturating_mul(1_000).saturating_add(count * hundredths * 10) / all
    }

    /// The bounds that it reaches, by the mean that people see.
    pub(crate) fn reached(self) -> impl Iterator<Item = RatedFrom> {
        let tenths = self.tenths();
        RatedFrom::ALL.iter().copied().filter(move |from| tenths.is_some_and(|mean| mean >= from.tenths()))
    }
}

/// How often a product was rated with one star, with two, up to five.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rating(pub [u64; STARS_MAX as usize]);

impl Rating {
    pub fn rated(&self) -> Rated {
        self.by_stars().fold(Rated::default(), |sum, (stars, count)| Rated {
            count: sum.count.saturating_add(count),
            stars: sum.stars.saturating_add(u64::from(stars).saturating_mul(count)),
        })
    }

    /// Each number of stars, five first, with how often it was given.
    pub fn by_stars(&self) -> impl Iterator<Item = (u8, u64)> {
        (1..=STARS_MAX).zip(self.0).rev()
    }
}

/// A review as everybody reads it. The name of its account is shown as the policy wants it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownReview {
    pub id: ReviewId,
    pub stars: u8,
    pub title: String,
    pub text: String,
    pub lang: Lang,
    pub account_name: String,
    /// What was bought, as it was called then.
    pub edition: Localized,
    pub bought_at: Timestamp,
    /// How many days after the delivery this was written.
    pub after_days: u32,
    pub written_at: Timestamp,
    pub edited_at: Option<Timestamp>,
    /// What was bought went back.
    pub returned: bool,
    /// Whether it is a part of the rating.
    pub counted: bool,
    pub answer: Option<SellerAnswer>,
}

/// What a seller says of a review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SellerAnswer {
    pub text: String,
    pub lang: Lang,
    pub answered_at: Timestamp,
    pub edited_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PRIOR: (u32, u32) = (8, 300);

    fn rated(count: u64, stars: u64) -> Rated {
        Rated { count, stars }
    }

    #[test]
    fn a_mean_is_shown_in_tenths_to_the_nearest() {
        let shown = |count, stars| rated(count, stars).tenths();
        assert_eq!(shown(0, 0), None);
        assert_eq!((shown(1, 5), shown(3, 13), shown(3, 14)), (Some(50), Some(43), Some(47)));
        assert_eq!((shown(20, 79), shown(40, 157)), (Some(40), Some(39)), "3.95 is shown as 4.0, 3.925 as 3.9");
    }

    #[test]
    fn one_rating_of_five_stars_does_not_beat_a_hundred_of_nearly_five() {
        assert!(rated(100, 480).damped(PRIOR) > rated(1, 5).damped(PRIOR));
        assert!(rated(1, 5).damped(PRIOR) > rated(0, 0).damped(PRIOR));
        assert!(rated(1, 1).damped(PRIOR) < rated(0, 0).damped(PRIOR));
        assert_eq!((rated(0, 0).damped(PRIOR), rated(2, 10).damped((0, 300))), (3_000, 5_000));
        assert_eq!(rated(0, 0).damped((0, 350)), 3_500);
    }

    #[test]
    fn what_is_shown_as_four_stars_is_found_under_four() {
        let reached = |count, stars| rated(count, stars).reached().collect::<Vec<_>>();
        assert_eq!(reached(20, 79), [RatedFrom::Four, RatedFrom::Three, RatedFrom::Two]);
        assert_eq!(reached(40, 157), [RatedFrom::Three, RatedFrom::Two]);
        assert_eq!((reached(0, 0), reached(1, 1)), (vec![], vec![]));
    }

    proptest! {
        #[test]
        fn sums_fit_their_parts_and_means_stay_between_one_and_five(counts in proptest::array::uniform5(0_u64..100_000)) {
            let rating = Rating(counts);
            let sum = rating.rated();
            prop_assert_eq!(sum.count, counts.iter().sum::<u64>());
            prop_assert!((sum.count..=sum.count * 5).contains(&sum.stars));
            prop_assert_eq!(sum.tenths().is_none(), sum.count == 0);
            if let Some(tenths) = sum.tenths() {
                prop_assert!((10..=50).contains(&tenths));
            }
            prop_assert!((1_000..=5_000).contains(&sum.damped(PRIOR)));
        }

        #[test]
        fn a_better_rating_never_lowers_a_mean(count in 1_u64..10_000, below in 0_u64..10_000, prior in 0_u32..100) {
            let worse = rated(count, count + below.min(count * 4).saturating_sub(1));
            let better = rated(count, worse.stars + 1);
            prop_assert!(better.damped((prior, 300)) >= worse.damped((prior, 300)));
            prop_assert!(better.tenths() >= worse.tenths());
        }
    }
}
