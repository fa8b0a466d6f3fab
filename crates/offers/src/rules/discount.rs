//! A seller's discount for named customers: what it takes off, of what, for whom, and for how long.

use kernel::{
    Currency, Invalid, Localized, Money, Timestamp, choices,
    id::{AccountId, DiscountId},
    rate::BASIS_POINTS,
    text::Lang,
    time::Period,
};
use policy::Policy;
use pricing::{Adjustment, Choice, PricePer, Quote, Stacking};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Lowered, OfferRefused, Place, Scope, value::percent};

choices! {
    /// Whether a discount still stands.
    pub(crate) enum DiscountState { Active = "active", Ended = "ended" }
}

/// How a seller lowers its price for a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Reduction {
    /// A share of the price.
    Percent {
        /// 1000 is 10 %.
        #[schema(minimum = 1, maximum = 9999)]
        basis_points: u32,
    },
    /// A price instead of the listed one: of one unit, or of the whole where nothing is counted, for each period (特价).
    /// It does nothing where two things are counted, or where it is not lower.
    Special { price: Money },
}

impl Reduction {
    pub(crate) fn text(&self) -> Localized {
        match self {
            Self::Percent { basis_points } => {
                let share = percent(*basis_points);
                (format!("{share} % off"), format!("减 {share}%")).into()
            }
            Self::Special { price } => {
                let (en, zh) = (ui::money_in(Lang::En, *price), ui::money_in(Lang::Zh, *price));
                (format!("special price {en}"), format!("特价 {zh}")).into()
            }
        }
    }

    /// The same for a choice, as prices understand it; `None`: it does nothing for this choice.
    fn for_choice(self, currency: Currency, choice: &Choice) -> Result<Option<pricing::Reduction>, OfferRefused> {
        match self {
            Self::Percent { basis_points } => Ok(Some(pricing::Reduction::Discount { basis_points })),
            Self::Special { price } => {
                if price.currency() != currency || choice.quantities.len() > 1 {
                    return Ok(None);
                }
                let units = choice.quantities.values().next().copied().unwrap_or(1);
                let price = price.times(i64::try_from(units).map_err(|_| OfferRefused::Overflow)?)?;
                Ok(Some(pricing::Reduction::SpecialPrice { price, per: PricePer::Period }))
            }
        }
    }
}

/// What never changes about a discount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DiscountTerms {
    pub(crate) name: Localized,
    pub(crate) reduction: Reduction,
    pub(crate) scope: Scope,
}

#[derive(Clone, Debug)]
pub(crate) struct Discount {
    pub(crate) id: DiscountId,
    /// The seller's.
    pub(crate) account: AccountId,
    pub(crate) state: DiscountState,
    pub(crate) terms: DiscountTerms,
    pub(crate) valid: Period,
    pub(crate) created_at: Timestamp,
    pub(crate) ended_at: Option<Timestamp>,
}

/// A discount as a seller wants it.
#[derive(Clone, Debug)]
pub(crate) struct DiscountProposal {
    pub(crate) name: Localized,
    pub(crate) reduction: Reduction,
    pub(crate) scope: Scope,
    pub(crate) customers: Vec<(AccountId, String)>,
    pub(crate) valid_from: Option<Timestamp>,
    pub(crate) valid_until: Timestamp,
}

const NAME_MAX: usize = 40;

impl DiscountProposal {
    /// Checks everything but whose the products are and who the customers are.
    pub(crate) fn check(&self, policy: &Policy, now: Timestamp) -> Result<(DiscountTerms, Period), Invalid> {
        let mut wrong = Invalid::default();
        wrong.length(&self.name.en, 1, NAME_MAX, "name.en");
        wrong.length(&self.name.zh, 1, NAME_MAX, "name.zh");
        match self.reduction {
            Reduction::Percent { basis_points } => {
                let range = ("must be more than 0 and less than 100 percent", "须大于 0% 且小于 100%");
                wrong.check((1..BASIS_POINTS).contains(&basis_points), "reduction.basis_points", range);
            }
            Reduction::Special { price } => {
                let positive = ("must be more than nothing", "须大于零");
                wrong.check(price.is_positive(), "reduction.price", positive);
                let known = policy.site.currencies.contains(&price.currency());
                wrong.check(
                    known,
                    "reduction.price",
                    ("uses a currency that this site does not", "使用了本站不支持的币种"),
                );
                let named = ("needs products or editions that it is for", "须指定适用的商品或规格");
                wrong.check(!self.scope.is_everything(), "scope.products", named);
            }
        }
        self.scope.check_size(&mut wrong);
        let sellers = ("can only be your own products", "只能是您自己的商品");
        wrong.check(self.scope.sellers.is_empty(), "scope.sellers", sellers);
        let from = self.valid_from.unwrap_or(now).max(now);
        let later = ("must be in the future and after the beginning", "须晚于现在和开始时间");
        wrong.check(self.valid_until > from, "valid_until", later);
        wrong.check(!self.customers.is_empty(), "customers", ("must name at least one", "至少须有一个客户"));
        wrong.done()?;
        let name = Localized::new(self.name.en.trim(), self.name.zh.trim());
        let terms = DiscountTerms { name, reduction: self.reduction, scope: self.scope.clone() };
        Ok((terms, Period { from, until: self.valid_until }))
    }
}

/// A seller's discount that lowered a price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DiscountUse {
    pub discount: DiscountId,
    pub name: Localized,
    /// What it took off; the seller goes without it.
    pub off: Money,
}

/// What a seller takes off a certain price, with what prices have to know of it.
#[derive(Clone, Debug)]
pub(crate) struct Granted {
    pub(crate) used: Lowered,
    pub(crate) adjustment: Adjustment,
}

impl Discount {
    /// Whether it lowers the price of a part of a term too: a special price is one for each whole period.
    pub(crate) fn lowers_a_rest(&self) -> bool {
        match self.terms.reduction {
            Reduction::Percent { .. } => true,
            Reduction::Special { .. } => false,
        }
    }
}

/// The discount of a buyer's that takes most off a price; of equals, the older one.
pub(crate) fn best(
    discounts: &[Discount],
    place: Place,
    (list, choice): (&Quote, &Choice),
) -> Result<Option<Granted>, OfferRefused> {
    let Place { seller, product, spec, now } = place;
    let mut best: Option<(Money, Granted)> = None;
    for discount in discounts {
        let stands =
            discount.state == DiscountState::Active && discount.valid.contains(now) && discount.account == seller;
        if !stands || !discount.terms.scope.holds(seller, product, spec) {
            continue;
        }
        let reduction = discount.terms.reduction.for_choice(list.total.currency(), choice)?;
        let Some(reduction) = reduction else { continue };
        let name = &discount.terms.name;
        let adjustment = Adjustment {
            source: discount.id.to_string(),
            name: Localized::new(format!("Discount for you, “{}”", name.en), format!("专属优惠「{}」", name.zh)),
            reduction,
            platform_basis_points: 0,
            stacking: Stacking::WithOthers,
        };
        let lowered = pricing::adjust(list.clone(), std::slice::from_ref(&adjustment))?;
        let Some(off) = lowered.adjustments.first().map(|applied| applied.off) else { continue };
        if best.as_ref().is_none_or(|(known, _)| known.minor() < off.minor()) {
            let used = DiscountUse { discount: discount.id, name: name.clone(), off };
            best = Some((off, Granted { used: Lowered::Discount(used), adjustment }));
        }
    }
    Ok(best.map(|(_, granted)| granted))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use kernel::id::{ProductId, SpecId};
    use pricing::Plan;
    use serde_json::json;

    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_micros(1_767_225_600_000_000)
    }

    fn yuan(minor: i64) -> Money {
        Money::of(minor, Currency::CNY)
    }

    fn discount(seller: AccountId, reduction: Reduction) -> Discount {
        Discount {
            id: DiscountId::new(now()),
            account: seller,
            state: DiscountState::Active,
            terms: DiscountTerms {
                name: Localized::new("Key account", "大客户"), reduction, scope: Scope::default()
            },
            valid: Period { from: now(), until: now().plus_days(30) },
            created_at: now(),
            ended_at: None,
        }
    }

    #[test]
    fn the_best_discount_of_those_that_hold_acts_and_never_raises_a_price() {
        let seller = AccountId::new(now());
        let place = Place { seller, product: ProductId::new(now()), spec: SpecId::new(now()), now: now() };
        let choice = Choice { quantities: BTreeMap::from([("users".to_owned(), 10)]), periods: 2, ..Choice::default() };
        let list = pricing::quote(&plan(), &choice).unwrap();
        let tenth = discount(seller, Reduction::Percent { basis_points: 1_000 });
        let special = discount(seller, Reduction::Special { price: yuan(2_500) });
        let off = |discounts: &[Discount]| {
            let granted = best(discounts, place, (&list, &choice)).unwrap();
            granted.map(|granted| match granted.used {
                Lowered::Discount(used) => used.off.minor(),
                Lowered::Resale(used) => used.off.minor(),
            })
        };
        // Ten users at 30.00 for two months; the special price is 25.00.
        assert_eq!((list.total, off(&[tenth.clone(), special])), (yuan(60_000), Some(10_000)));
        let dearer = discount(seller, Reduction::Special { price: yuan(3_100) });
        assert_eq!(off(&[dearer]), None);
        let over = Discount { valid: Period { from: now().plus_days(-2), until: now() }, ..tenth.clone() };
        let ended = Discount { state: DiscountState::Ended, ..tenth.clone() };
        let others = Discount { account: AccountId::new(now()), ..tenth.clone() };
        assert_eq!((off(&[over, ended, others]), off(&[tenth])), (None, Some(6_000)));
    }

    /// 30.00 for a user and month.
    fn plan() -> Plan {
        let users =
            json!({ "code": "users", "unit": { "en": "users", "zh": "用户" }, "min": 1, "max": 100, "step": 1 });
        let price = json!({ "quantities": { "users": { "model": "linear", "unit_price": "30.00" } } });
        let billing = json!({ "mode": "period", "month": { "price": price, "periods_max": 12 } });
        serde_json::from_value(json!({ "currency": "CNY", "quantities": [users], "billing": billing })).unwrap()
    }
}
