//! What becomes of a price: first the seller's discount, then the coupons, each on what the one before left; all say so.

use kernel::{
    Localized, Money,
    id::{CouponBatchId, CouponId},
};
use pricing::{Adjustment, AdjustmentKind, Quote, Reduction};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Batch, Coupon, DiscountUse, Granted, OfferRefused, Place, ResaleUse, Value, check_fits};

/// A coupon that lowered a price, and who bears what it saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CouponUse {
    pub coupon: CouponId,
    pub batch: CouponBatchId,
    pub name: Localized,
    /// What it is worth, in words.
    pub value: Localized,
    /// What it took off.
    pub saved: Money,
    /// The part of it that the platform pays the seller.
    pub platform_part: Money,
    /// The part of it that the seller goes without.
    pub seller_part: Money,
}

/// A price after all that lowered it.
#[derive(Clone, Debug)]
pub struct Priced {
    pub quote: Quote,
    pub discount: Option<DiscountUse>,
    pub resale: Option<ResaleUse>,
    pub coupons: Vec<CouponUse>,
}

/// A coupon that somebody wants to use, with its batch.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) coupon: Coupon,
    pub(crate) batch: Batch,
}

/// The site's rules about what goes together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Together {
    pub(crate) coupons_max: u32,
    pub(crate) with_discounts: bool,
}

impl Together {
    /// Whether the coupons of a batch stand beside what the seller takes off; never beside a special price.
    pub(crate) fn allows(self, batch: &Batch, granted: &Granted) -> bool {
        let special = granted.adjustment.reduction.kind() == AdjustmentKind::SpecialPrice;
        self.with_discounts && batch.terms.with_discount && !special
    }
}

/// What a seller takes off for a buyer: as its customer, or as its reseller.
#[derive(Clone, Debug)]
pub(crate) enum Lowered {
    Discount(DiscountUse),
    Resale(ResaleUse),
}

/// Lowers a price by the buyer's discount and the chosen coupons. A coupon that does not go together with a discount
/// takes its place.
pub(crate) fn apply(
    list: &Quote,
    discount: Option<&Granted>,
    taken: &[Taken],
    (place, rules): (Place, Together),
) -> Result<Priced, OfferRefused> {
    if taken.len() > rules.coupons_max as usize {
        return Err(OfferRefused::TooMany(rules.coupons_max));
    }
    let discount = discount.filter(|granted| taken.iter().all(|taken| rules.allows(&taken.batch, granted)));
    let mut adjustments: Vec<Adjustment> = discount.iter().map(|granted| granted.adjustment.clone()).collect();
    let mut quote = pricing::adjust(list.clone(), &adjustments)?;
    let mut coupons = Vec::with_capacity(taken.len());
    for Taken { coupon, batch } in taken {
        check_fits(coupon, batch, place)?;
        if quote.total.is_zero() {
            return Err(OfferRefused::NothingLeft);
        }
        adjustments.push(as_adjustment(coupon, batch, quote.total)?);
        quote = pricing::adjust(list.clone(), &adjustments)?;
        let applied = quote.adjustments.last().filter(|applied| applied.source == coupon.id.to_string());
        let applied = applied.ok_or(OfferRefused::TooSmall)?;
        coupons.push(CouponUse {
            coupon: coupon.id,
            batch: batch.id,
            name: batch.terms.name.clone(),
            value: batch.terms.value.text(),
            saved: applied.off,
            platform_part: applied.platform,
            seller_part: applied.seller,
        });
    }
    let (discount, resale) = match discount.map(|granted| granted.used.clone()) {
        None => (None, None),
        Some(Lowered::Discount(used)) => (Some(used), None),
        Some(Lowered::Resale(used)) => (None, Some(used)),
    };
    Ok(Priced { quote, discount, resale, coupons })
}

/// A coupon as prices understand it, for a price that it is used on.
fn as_adjustment(coupon: &Coupon, batch: &Batch, price: Money) -> Result<Adjustment, OfferRefused> {
    let value = batch.terms.value;
    let saving = value.saving(price)?;
    let Localized { en, zh } = &batch.terms.name;
    let (amount, name) = match value {
        Value::Amount { amount } | Value::Threshold { amount, .. } => {
            (amount, Localized::new(format!("Coupon “{en}”"), format!("优惠券「{zh}」")))
        }
        Value::Percent { .. } => {
            let said = value.text();
            let name = (format!("Coupon “{en}” ({})", said.en), format!("优惠券「{zh}」（{}）", said.zh));
            (saving, name.into())
        }
    };
    Ok(Adjustment {
        source: coupon.id.to_string(),
        name,
        reduction: Reduction::Coupon { amount, threshold: value.from() },
        platform_basis_points: batch.platform_basis_points,
        stacking: pricing::Stacking::WithOthers,
    })
}

#[cfg(test)]
mod tests {
    use kernel::{
        Currency, Timestamp,
        id::{AccountId, ProductId, SpecId},
        time::Period,
    };

    use serde_json::json;

    use super::*;
    use crate::rules::{BatchState, CouponState, Issuer, Scope, Terms, Value};

    fn now() -> Timestamp {
        Timestamp::from_micros(1_767_225_600_000_000)
    }

    fn yuan(minor: i64) -> Money {
        Money::of(minor, Currency::CNY)
    }

    fn place() -> Place {
        Place { seller: AccountId::new(now()), product: ProductId::new(now()), spec: SpecId::new(now()), now: now() }
    }

    fn rules(place: Place, coupons_max: u32) -> (Place, Together) {
        (place, Together { coupons_max, with_discounts: true })
    }

    fn taken(seller: AccountId, value: Value) -> Taken {
        let batch = Batch {
            id: CouponBatchId::new(now()),
            account: seller,
            issuer: Issuer::Seller,
            state: BatchState::Open,
            terms: Terms {
                name: Localized::new("Spring", "春季"),
                value,
                scope: Scope::default(),
                with_discount: true,
            },
            count_max: 10,
            per_customer_max: 1,
            issued: 1,
            shown: true,
            platform_basis_points: 3_333,
            valid: Period { from: now(), until: now().plus_days(1) },
            created_at: now(),
            voided_at: None,
        };
        let coupon = Coupon {
            id: CouponId::new(now()),
            batch: batch.id,
            account: Some(seller),
            state: CouponState::Held,
            made_at: now(),
            order: None,
            used_at: None,
        };
        Taken { coupon, batch }
    }

    fn quote(minor: i64) -> Quote {
        let amount = json!({ "minor": minor, "currency": "CNY" });
        let line = json!({ "text": { "en": "Price: 100.00", "zh": "价格：100.00" }, "amount": amount });
        serde_json::from_value(json!({ "total": amount, "lines": [line], "periods": 1 })).unwrap()
    }

    #[test]
    fn coupons_act_one_after_the_other_and_are_explained() {
        let place = place();
        let tenth = Value::Percent { basis_points: 1_000, most: yuan(100_000), from: None };
        let both = [taken(place.seller, tenth), taken(place.seller, Value::Amount { amount: yuan(1_000) })];
        let priced = apply(&quote(10_000), None, &both, rules(place, 2)).unwrap();
        assert_eq!(priced.quote.total, yuan(8_000));
        let sum: i64 = priced.quote.lines.iter().map(|line| line.amount.minor()).sum();
        assert_eq!(sum, 8_000);
        assert_eq!(priced.quote.lines[2].text.en, "Coupon “Spring”: 10.00 off = −10.00");
        let used = &priced.coupons[0];
        assert_eq!((used.saved, used.platform_part, used.seller_part), (yuan(1_000), yuan(333), yuan(667)));
        assert_eq!(apply(&quote(10_000), None, &both, rules(place, 1)).unwrap_err(), OfferRefused::TooMany(1));
    }

    #[test]
    fn a_coupon_that_covers_all_leaves_nothing_and_no_second_one_is_wasted() {
        let place = place();
        let whole = || taken(place.seller, Value::Amount { amount: yuan(1_000_000) });
        let priced = apply(&quote(10_000), None, &[whole()], rules(place, 1)).unwrap();
        assert!(priced.quote.total.is_zero() && priced.coupons[0].saved == yuan(10_000));
        assert_eq!(
            apply(&quote(10_000), None, &[whole(), whole()], rules(place, 2)).unwrap_err(),
            OfferRefused::NothingLeft
        );
    }

    #[test]
    fn a_share_that_rounds_to_nothing_is_refused_as_such() {
        let place = place();
        let hundredth = taken(place.seller, Value::Percent { basis_points: 100, most: yuan(100_000), from: None });
        assert_eq!(apply(&quote(10), None, &[hundredth], rules(place, 1)).unwrap_err(), OfferRefused::TooSmall);
    }

    #[test]
    fn a_coupon_is_only_for_its_seller_its_time_and_its_products() {
        let place = place();
        let one = taken(place.seller, Value::Amount { amount: yuan(1_000) });
        let refused = |change: &dyn Fn(&mut Taken)| {
            let mut changed = one.clone();
            change(&mut changed);
            apply(&quote(10_000), None, &[changed], rules(place, 1)).unwrap_err()
        };
        assert_eq!(refused(&|t| t.batch.account = AccountId::new(now())), OfferRefused::OtherSeller);
        assert_eq!(refused(&|t| t.batch.terms.scope.products.push(ProductId::new(now()))), OfferRefused::OtherProduct);
        assert_eq!(refused(&|t| t.coupon.state = CouponState::Used), OfferRefused::Used);
        assert_eq!(refused(&|t| t.coupon.state = CouponState::Voided), OfferRefused::Voided);
        assert_eq!(refused(&|t| t.batch.valid.until = now()), OfferRefused::Over(now()));
        let later = now().plus_days(2);
        assert_eq!(
            refused(&|t| t.batch.valid = Period { from: later, until: later.plus_days(1) }),
            OfferRefused::NotYet(later)
        );
    }

    #[test]
    fn a_coupon_stands_beside_a_discount_or_in_its_place() {
        let place = place();
        let discount = |reduction| {
            let used = DiscountUse {
                discount: kernel::id::DiscountId::new(now()),
                name: Localized::new("Key account", "大客户"),
                off: yuan(2_000),
            };
            let adjustment = Adjustment {
                source: used.discount.to_string(),
                name: used.name.clone(),
                reduction,
                platform_basis_points: 0,
                stacking: pricing::Stacking::WithOthers,
            };
            Granted { used: Lowered::Discount(used), adjustment }
        };
        let coupon = |with_discount| {
            let mut one = taken(place.seller, Value::Amount { amount: yuan(1_000) });
            one.batch.terms.with_discount = with_discount;
            one
        };
        let fifth = Reduction::Discount { basis_points: 2_000 };
        let special = Reduction::SpecialPrice { price: yuan(8_500), per: pricing::PricePer::Whole };
        let total_at = |reduction, taken: &[Taken], with_discounts| {
            let rules = Together { coupons_max: 1, with_discounts };
            let priced = apply(&quote(10_000), Some(&discount(reduction)), taken, (place, rules)).unwrap();
            let sum: i64 = priced.quote.lines.iter().map(|line| line.amount.minor()).sum();
            assert_eq!(sum, priced.quote.total.minor());
            (priced.quote.total.minor(), priced.discount.is_some())
        };
        let total = |taken: &[Taken], with_discounts| total_at(fifth, taken, with_discounts);
        assert_eq!(total(&[], true), (8_000, true));
        assert_eq!(total(&[coupon(true)], true), (7_000, true));
        assert_eq!(total(&[coupon(false)], true), (9_000, false));
        assert_eq!(total(&[coupon(true)], false), (9_000, false));
        // A special price goes together with no coupon at all.
        assert_eq!(total_at(special, &[], true), (8_500, true));
        assert_eq!(total_at(special, &[coupon(true)], true), (9_000, false));
    }
}
