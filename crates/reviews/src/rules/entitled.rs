//! Who may review a product: whoever has paid for something of it and has not given it back unused.

use kernel::{Localized, Timestamp, id::InstanceId, time::HOUR};

use super::ReviewRefused;

/// How something was come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bought {
    /// It is tried.
    Trial,
    /// It has cost nothing.
    Free,
    Paid,
}

/// Something of a product that an account owns or owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Purchase {
    pub(crate) instance: InstanceId,
    pub(crate) edition: Localized,
    pub(crate) from: Timestamp,
    pub(crate) bought: Bought,
    pub(crate) returned_at: Option<Timestamp>,
}

impl Purchase {
    fn was_used(&self, hours: u32) -> bool {
        self.returned_at.is_none_or(|at| at.micros_since(self.from) >= i64::from(hours) * HOUR)
    }
}

/// The purchase by which an account may review a product: what it kept before what it gave back, the first one first. What was
/// given back within so many hours was not used.
pub(crate) fn entitlement(purchases: &[Purchase], hours: u32) -> Result<&Purchase, ReviewRefused> {
    let paid = purchases.iter().filter(|purchase| purchase.bought == Bought::Paid);
    let used = paid.clone().filter(|purchase| purchase.was_used(hours));
    let best = used.min_by_key(|purchase| (purchase.returned_at.is_some(), purchase.from));
    best.ok_or_else(|| {
        let had = |bought| purchases.iter().any(|purchase| purchase.bought == bought);
        if had(Bought::Paid) {
            ReviewRefused::ReturnedUnused(hours)
        } else if had(Bought::Free) {
            ReviewRefused::NotPaid
        } else if had(Bought::Trial) {
            ReviewRefused::Trial
        } else {
            ReviewRefused::NotBought
        }
    })
}

/// What is left of what an account has paid for of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    Something,
    /// It was used, and given back.
    Nothing,
    /// All of it was given back too soon to have been used.
    Unused,
}

/// Why a review that was written may stand, now that something was given back.
pub(crate) fn kept(purchases: &[Purchase], hours: u32) -> Kept {
    match entitlement(purchases, hours) {
        Ok(purchase) if purchase.returned_at.is_none() => Kept::Something,
        Err(ReviewRefused::ReturnedUnused(_)) => Kept::Unused,
        Ok(_) | Err(_) => Kept::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn moment(hour: i64) -> Timestamp {
        "2026-11-01T00:00:00Z".parse::<Timestamp>().unwrap().plus_micros(hour * HOUR)
    }

    fn purchase(bought: Bought, from: i64, returned: Option<i64>) -> Purchase {
        Purchase {
            instance: InstanceId::new(moment(from)),
            edition: Localized::new("Server", "服务器版"),
            from: moment(from),
            bought,
            returned_at: returned.map(moment),
        }
    }

    #[test]
    fn only_what_was_paid_and_kept_for_a_while_can_be_reviewed() {
        use Bought::{Free, Paid, Trial};
        let check = |had: &[(Bought, i64, Option<i64>)], wanted: Result<i64, ReviewRefused>| {
            let purchases: Vec<Purchase> =
                had.iter().map(|(bought, from, back)| purchase(*bought, *from, *back)).collect();
            assert_eq!(entitlement(&purchases, 72).map(|found| found.from), wanted.map(moment), "{had:?}");
        };
        check(&[], Err(ReviewRefused::NotBought));
        check(&[(Trial, 0, None)], Err(ReviewRefused::Trial));
        check(&[(Trial, 0, None), (Free, 1, None)], Err(ReviewRefused::NotPaid));
        check(&[(Paid, 0, Some(71))], Err(ReviewRefused::ReturnedUnused(72)));
        check(&[(Paid, 0, Some(72))], Ok(0));
        check(&[(Paid, 0, None)], Ok(0));
        check(&[(Trial, 0, None), (Paid, 5, None), (Paid, 9, None)], Ok(5));
        check(&[(Paid, 0, Some(100)), (Paid, 9, None)], Ok(9));
        check(&[(Paid, 0, Some(1)), (Trial, 9, None)], Err(ReviewRefused::ReturnedUnused(72)));
    }

    #[test]
    fn what_goes_back_unused_is_told_from_what_was_used() {
        let left = |hours| kept(&[purchase(Bought::Paid, 0, hours)], 72);
        assert_eq!([left(None), left(Some(71)), left(Some(72))], [Kept::Something, Kept::Unused, Kept::Nothing]);
        let again = [purchase(Bought::Paid, 0, Some(1)), purchase(Bought::Paid, 9, None)];
        assert_eq!(kept(&again, 72), Kept::Something);
        assert_eq!(kept(&[purchase(Bought::Free, 0, None)], 72), Kept::Nothing);
    }

    proptest! {
        #[test]
        fn whoever_kept_nothing_paid_has_nothing_counted(had in proptest::collection::vec((0_u8..3, 0_i64..500, proptest::option::of(0_i64..500)), 0..6)) {
            let of = |number: u8| match number { 0 => Bought::Trial, 1 => Bought::Free, _ => Bought::Paid };
            let purchases: Vec<Purchase> =
                had.iter().map(|(bought, from, kept)| purchase(of(*bought), *from, kept.map(|kept| from + kept))).collect();
            if let Ok(found) = entitlement(&purchases, 72) {
                prop_assert_eq!(found.bought, Bought::Paid);
                let kept = purchases.iter().any(|one| one.bought == Bought::Paid && one.returned_at.is_none());
                prop_assert_eq!(found.returned_at.is_none(), kept);
            }
        }
    }
}
