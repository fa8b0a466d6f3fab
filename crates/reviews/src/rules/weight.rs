//! Which reviews are a part of the rating.

use kernel::choices;

choices! {
    /// Why a review is shown and does not count.
    pub(crate) enum ReviewNotCounted {
        /// What it is about was given back.
        Returned = "returned",
        /// Its author sells on this site too.
        SellsHere = "sells_here",
        /// The same company or person has rated the product with another account.
        SameOwner = "same_owner",
        /// Its author was verified as the same company or person as the product's seller.
        Seller = "seller",
    }
}

/// What decides whether a review counts, of those that are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) returned: bool,
    pub(crate) sells: bool,
    /// Of the same company or person as the seller.
    pub(crate) own: bool,
}

/// Whether each of the shown reviews of a product counts that one company or person has written, the oldest first: one of them
/// at most does.
pub(crate) fn weigh(reviews: &[Facts]) -> Vec<Option<ReviewNotCounted>> {
    let mut counted = false;
    let weighed = reviews.iter().map(|facts| {
        if facts.own {
            Some(ReviewNotCounted::Seller)
        } else if facts.returned {
            Some(ReviewNotCounted::Returned)
        } else if facts.sells {
            Some(ReviewNotCounted::SellsHere)
        } else if std::mem::replace(&mut counted, true) {
            Some(ReviewNotCounted::SameOwner)
        } else {
            None
        }
    });
    weighed.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_that_may_count_does() {
        let facts = |returned, sells, own| Facts { returned, sells, own };
        let free = facts(false, false, false);
        let reviews = [facts(true, false, false), facts(false, true, false), facts(true, true, true), free, free];
        let wanted = [
            Some(ReviewNotCounted::Returned),
            Some(ReviewNotCounted::SellsHere),
            Some(ReviewNotCounted::Seller),
            None,
            Some(ReviewNotCounted::SameOwner),
        ];
        assert_eq!(weigh(&reviews), wanted);
    }

    proptest! {
        #[test]
        fn nobody_counts_twice(all in proptest::collection::vec((any::<bool>(), any::<bool>(), any::<bool>()), 0..8)) {
            let facts = |(returned, sells, own): &(bool, bool, bool)| Facts { returned: *returned, sells: *sells, own: *own };
            let reviews: Vec<Facts> = all.iter().map(facts).collect();
            let counted = weigh(&reviews).iter().filter(|why| why.is_none()).count();
            let could = reviews.iter().any(|facts| !facts.returned && !facts.sells && !facts.own);
            prop_assert_eq!(counted, usize::from(could));
        }
    }
}
