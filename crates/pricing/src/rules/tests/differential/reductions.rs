//! Several reductions at once: their order, thresholds, what does not go together, and who bears them.

use super::*;

struct Given {
    adjustment: Adjustment,
    kind: AdjustmentKind,
    /// The amount, the price, or the basis points.
    value: i128,
    threshold: Option<i128>,
    per_period: bool,
    platform: i128,
}

fn given(random: &mut Random, kind: AdjustmentKind, currency: Currency) -> Given {
    let money = |minor: i128| Money::of(i64::try_from(minor).unwrap(), currency);
    let value = match kind {
        AdjustmentKind::SpecialPrice => i128::from(random.below(200_000)),
        AdjustmentKind::Discount => i128::from(1 + random.small(9_999)),
        AdjustmentKind::Coupon => i128::from(1 + random.below(50_000)),
    };
    let threshold = random.happens(2).then(|| i128::from(random.below(200_000)));
    let per_period = random.happens(2);
    let reduction = match kind {
        AdjustmentKind::SpecialPrice => {
            let per = if per_period { PricePer::Period } else { PricePer::Whole };
            Reduction::SpecialPrice { price: money(value), per }
        }
        AdjustmentKind::Discount => Reduction::Discount { basis_points: u32::try_from(value).unwrap() },
        AdjustmentKind::Coupon => Reduction::Coupon { amount: money(value), threshold: threshold.map(money) },
    };
    let platform_basis_points = random.small(10_001);
    let adjustment = Adjustment {
        source: "test".into(),
        name: Localized::new("Less", "优惠"),
        reduction,
        platform_basis_points,
        stacking: if random.happens(8) { Stacking::Alone } else { Stacking::WithOthers },
    };
    Given { adjustment, kind, value, threshold, per_period, platform: i128::from(platform_basis_points) }
}

/// What each takes off and how much of that the platform bears, or the code of the refusal.
fn naive(given: &[Given], (price, set_up): (i128, i128), periods: i128) -> Result<Vec<(i128, i128)>, &'static str> {
    let of = |kind| given.iter().filter(move |one| one.kind == kind);
    if of(AdjustmentKind::SpecialPrice).count() > 1 || of(AdjustmentKind::Discount).count() > 1 {
        return Err("pricing.only_one");
    }
    if given.len() > 1 && given.iter().any(|one| one.adjustment.stacking == Stacking::Alone) {
        return Err("pricing.not_together");
    }
    let (mut price, mut all) = (price, vec![]);
    for special in of(AdjustmentKind::SpecialPrice) {
        let whole = special.value * if special.per_period { periods } else { 1 };
        all.push(((price - whole).max(0), special.platform));
        price = price.min(whole);
    }
    for discount in of(AdjustmentKind::Discount) {
        let off = divided(price * discount.value, 10_000);
        all.push((off, discount.platform));
        price -= off;
    }
    let mut due = price + set_up;
    for coupon in of(AdjustmentKind::Coupon) {
        if coupon.threshold.is_some_and(|least| due < least) {
            return Err("pricing.below_threshold");
        }
        all.push((due.min(coupon.value), coupon.platform));
        due -= due.min(coupon.value);
    }
    let borne = all.into_iter().filter(|(off, _)| *off > 0);
    Ok(borne.map(|(off, platform)| (off, divided(off * platform, 10_000))).collect())
}

#[test]
fn a_hundred_thousand_piles_of_reductions_equal_the_second_implementation() {
    let mut random = Random(6);
    for round in 0..100_000 {
        let case = case(&mut random);
        let (quoted, currency) = (quote(&case.plan, &case.choice).unwrap(), case.plan.currency);
        let mut pile: Vec<Given> =
            (0..random.below(4)).map(|_| given(&mut random, AdjustmentKind::Coupon, currency)).collect();
        for kind in [AdjustmentKind::SpecialPrice, AdjustmentKind::Discount] {
            while random.happens(3) {
                let place = usize::try_from(random.below(pile.len() as u64 + 1)).unwrap();
                pile.insert(place, given(&mut random, kind, currency));
            }
        }
        let set_up = case.set_up.map_or(0, |set_up| case.minor(set_up));
        let before = i128::from(quoted.total.minor());
        let expected = naive(&pile, (before - set_up, set_up), i128::from(quoted.periods));
        let adjustments: Vec<Adjustment> = pile.iter().map(|one| one.adjustment.clone()).collect();
        match (adjust(quoted, &adjustments), expected) {
            (Ok(adjusted), Ok(all)) => {
                let shares: Vec<(i128, i128)> = adjusted
                    .adjustments
                    .iter()
                    .map(|one| (i128::from(one.off.minor()), i128::from(one.platform.minor())))
                    .collect();
                assert_eq!(shares, all, "{round}: {adjustments:?}");
                let off: i128 = all.iter().map(|(off, _)| off).sum();
                assert_eq!(i128::from(adjusted.total.minor()), before - off, "{round}");
                assert!(adjusted.adjustments.iter().all(|one| one.platform.plus(one.seller).unwrap() == one.off));
            }
            (Err(refused), Err(code)) => assert_eq!(kernel::Refusal::code(&refused), code, "{round}"),
            (got, expected) => panic!("{round}: {got:?}, not {expected:?}"),
        }
    }
}
