//! A batch of coupons: what they are worth, for what, how many, and for how long.

use kernel::{
    Invalid, Localized, Money, Timestamp, choices,
    id::{AccountId, CouponBatchId, ProductId, SpecId},
    rate::BASIS_POINTS,
    time::Period,
};
use policy::Policy;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{OfferRefused, Value};

choices! {
    /// Who gives coupons.
    pub(crate) enum Issuer { Seller = "seller", Operator = "operator" }
}

choices! {
    /// Whether a batch still stands.
    pub(crate) enum BatchState {
        Open = "open",
        /// What was not used cannot be used any more (已作废).
        Voided = "voided",
    }
}

/// What the coupons of a batch are for. Nothing named: everything that the issuer may lower the price of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scope {
    /// Products of these sellers, for the operator's coupons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) sellers: Vec<AccountId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) products: Vec<ProductId>,
    /// Single editions of products.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) specs: Vec<SpecId>,
}

impl Scope {
    pub(crate) fn is_everything(&self) -> bool {
        self.sellers.is_empty() && self.products.is_empty() && self.specs.is_empty()
    }

    /// Each thing named is looked for, and checked again with every price.
    pub(super) fn check_size(&self, wrong: &mut Invalid) {
        let Self { sellers, products, specs } = self;
        let many = (format!("may name at most {SCOPE_MAX} in all"), format!("总共最多 {SCOPE_MAX} 项"));
        wrong.check(sellers.len() + products.len() + specs.len() <= SCOPE_MAX, "scope", many);
    }

    pub(super) fn holds(&self, seller: AccountId, product: ProductId, spec: SpecId) -> bool {
        self.is_everything()
            || self.sellers.contains(&seller)
            || self.products.contains(&product)
            || self.specs.contains(&spec)
    }
}

/// What never changes about the coupons of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Terms {
    pub(crate) name: Localized,
    pub(crate) value: Value,
    pub(crate) scope: Scope,
    /// Whether they go together with a discount that the seller gave the buyer.
    pub(crate) with_discount: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub(crate) id: CouponBatchId,
    pub(crate) account: AccountId,
    pub(crate) issuer: Issuer,
    pub(crate) state: BatchState,
    pub(crate) terms: Terms,
    pub(crate) count_max: u32,
    pub(crate) per_customer_max: u32,
    pub(crate) issued: i64,
    pub(crate) shown: bool,
    pub(crate) platform_basis_points: u32,
    pub(crate) valid: Period,
    pub(crate) created_at: Timestamp,
    pub(crate) voided_at: Option<Timestamp>,
}

/// How the coupons of a batch stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    pub(crate) printed: i64,
    pub(crate) held: i64,
    pub(crate) used: i64,
    pub(crate) voided: i64,
    /// What they took off prices so far.
    pub(crate) saved: Money,
}

/// A batch as somebody wants it.
#[derive(Clone, Debug)]
pub(crate) struct Proposal {
    pub(crate) name: Localized,
    pub(crate) value: Value,
    pub(crate) scope: Scope,
    pub(crate) with_discount: bool,
    pub(crate) count: u32,
    pub(crate) per_customer: u32,
    pub(crate) shown: bool,
    pub(crate) valid_from: Option<Timestamp>,
    pub(crate) valid_until: Timestamp,
    /// The operator's own coupons only; all of it unless told.
    pub(crate) platform_basis_points: Option<u32>,
}

/// The proposal when its fields are in order.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) terms: Terms,
    pub(crate) count: u32,
    pub(crate) per_customer: u32,
    pub(crate) shown: bool,
    pub(crate) valid: Period,
    pub(crate) platform_basis_points: u32,
}

const NAME_MAX: usize = 40;
const SCOPE_MAX: usize = 200;

impl Proposal {
    /// Checks everything but whether the products of the scope are the issuer's.
    pub(crate) fn check(self, issuer: Issuer, policy: &Policy, now: Timestamp) -> Result<Wanted, Invalid> {
        let mut wrong = Invalid::default();
        wrong.length(&self.name.en, 1, NAME_MAX, "name.en");
        wrong.length(&self.name.zh, 1, NAME_MAX, "name.zh");
        check_value(&mut wrong, &self.value, policy);
        let rules = &policy.offers;
        let most = rules.coupons_of_a_batch_max;
        let range = (format!("must be from 1 to {most}"), format!("须在 1 到 {most} 之间"));
        wrong.check((1..=most).contains(&self.count), "count", range);
        let within = ("must be from 1 to the number of coupons", "须在 1 到发放总量之间");
        wrong.check((1..=self.count.max(1)).contains(&self.per_customer), "per_customer", within);
        let from = self.valid_from.unwrap_or(now).max(now);
        check_period(&mut wrong, (from, self.valid_until), rules.coupon_days_max);
        let sellers = &self.scope.sellers;
        self.scope.check_size(&mut wrong);
        let platform_basis_points = match issuer {
            Issuer::Seller => {
                let ours = ("is decided by the operator; leave it out", "由运营方决定，不用填写");
                wrong.check(self.platform_basis_points.is_none(), "platform_basis_points", ours);
                let own = ("can only be named by the operator", "只有运营方可以指定商家");
                wrong.check(sellers.is_empty(), "scope.sellers", own);
                0
            }
            Issuer::Operator => self.platform_basis_points.unwrap_or(BASIS_POINTS),
        };
        check_share(&mut wrong, issuer, platform_basis_points, rules.operator_share_min);
        wrong.done()?;
        let name = Localized::new(self.name.en.trim(), self.name.zh.trim());
        let terms = Terms { name, value: self.value, scope: self.scope, with_discount: self.with_discount };
        let valid = Period { from, until: self.valid_until };
        let Self { count, per_customer, shown, .. } = self;
        Ok(Wanted { terms, count, per_customer, shown, valid, platform_basis_points })
    }
}

/// Whether the platform may bear such a part of what an issuer's coupons cost.
pub(crate) fn check_part(issuer: Issuer, basis_points: u32, policy: &Policy) -> Result<(), Invalid> {
    let mut wrong = Invalid::default();
    check_share(&mut wrong, issuer, basis_points, policy.offers.operator_share_min);
    wrong.done()
}

fn check_share(wrong: &mut Invalid, issuer: Issuer, basis_points: u32, operator_min: u32) {
    let least = match issuer {
        Issuer::Seller => 0,
        Issuer::Operator => operator_min,
    };
    let range = (format!("must be from {least} to {BASIS_POINTS}"), format!("须在 {least} 到 {BASIS_POINTS} 之间"));
    wrong.check((least..=BASIS_POINTS).contains(&basis_points), "platform_basis_points", range);
}

fn check_value(wrong: &mut Invalid, value: &Value, policy: &Policy) {
    let currency = value.currency();
    let known = policy.site.currencies.contains(&currency);
    wrong.check(known, "value", ("uses a currency that this site does not", "使用了本站不支持的币种"));
    let positive = ("must be more than nothing", "须大于零");
    let amount = if matches!(value, Value::Percent { .. }) { "value.most" } else { "value.amount" };
    wrong.check(value.most().is_positive(), amount, positive);
    if let Value::Percent { basis_points, .. } = value {
        let range = ("must be from 1 to 10000 basis points", "须在 1 到 10000 个基点之间");
        wrong.check((1..=BASIS_POINTS).contains(basis_points), "value.basis_points", range);
    }
    if let Some(from) = value.from() {
        wrong.check(from.currency() == currency, "value.from", ("must be in the same currency", "须使用同一币种"));
        wrong.check(from.is_positive(), "value.from", positive);
        if let Value::Threshold { amount, .. } = value {
            let more = ("must be more than what is taken off", "须大于减免金额");
            wrong.check(from.minor() > amount.minor(), "value.from", more);
        }
    }
}

fn check_period(wrong: &mut Invalid, (from, until): (Timestamp, Timestamp), days_max: u32) {
    wrong.check(until > from, "valid_until", ("must be in the future and after the beginning", "须晚于现在和开始时间"));
    let long = (format!("may be at most {days_max} days after the beginning"), format!("有效期最长 {days_max} 天"));
    wrong.check(until <= from.plus_days(i64::from(days_max)), "valid_until", long);
}

impl Batch {
    pub(crate) fn of(id: CouponBatchId, account: AccountId, issuer: Issuer, wanted: Wanted, now: Timestamp) -> Self {
        let Wanted { terms, count, per_customer, shown, valid, platform_basis_points } = wanted;
        Self {
            id,
            account,
            issuer,
            state: BatchState::Open,
            terms,
            count_max: count,
            per_customer_max: per_customer,
            issued: 0,
            shown,
            platform_basis_points,
            valid,
            created_at: now,
            voided_at: None,
        }
    }

    /// Whether coupons can still be given out.
    pub(crate) fn check_gives(&self, now: Timestamp) -> Result<(), OfferRefused> {
        match self.state {
            BatchState::Voided => Err(OfferRefused::BatchVoided),
            BatchState::Open if now >= self.valid.until => Err(OfferRefused::Over(self.valid.until)),
            BatchState::Open => Ok(()),
        }
    }

    pub(crate) fn left(&self) -> i64 {
        i64::from(self.count_max).saturating_sub(self.issued).max(0)
    }

    /// Whether it lowers the price of an edition at all.
    pub(crate) fn check_covers(&self, seller: AccountId, product: ProductId, spec: SpecId) -> Result<(), OfferRefused> {
        if self.issuer == Issuer::Seller && self.account != seller {
            return Err(OfferRefused::OtherSeller);
        }
        if self.terms.scope.holds(seller, product, spec) { Ok(()) } else { Err(OfferRefused::OtherProduct) }
    }

    /// The most that the whole batch can cost.
    pub(crate) fn cost_max(&self) -> Option<Money> {
        self.terms.value.most().times(i64::from(self.count_max)).ok()
    }
}

#[cfg(test)]
mod tests {
    use kernel::Currency;
    use policy::DEFAULT;

    use super::*;

    fn proposal() -> Proposal {
        Proposal {
            name: Localized::new("Spring", "春季优惠"),
            value: Value::Amount { amount: Money::of(5_000, Currency::CNY) },
            scope: Scope::default(),
            with_discount: false,
            count: 100,
            per_customer: 1,
            shown: true,
            valid_from: None,
            valid_until: at(30),
            platform_basis_points: None,
        }
    }

    fn at(days: i64) -> Timestamp {
        Timestamp::from_micros(1_767_225_600_000_000).plus_days(days)
    }

    fn wrong(change: impl FnOnce(&mut Proposal), issuer: Issuer) -> Vec<String> {
        let mut changed = proposal();
        change(&mut changed);
        let policy = Policy::parse(DEFAULT).unwrap();
        let checked = changed.check(issuer, &policy, at(0));
        checked.err().map_or_else(Vec::new, |wrong| wrong.0.into_iter().map(|wrong| wrong.field).collect())
    }

    #[test]
    fn a_batch_is_refused_with_every_mistake_at_its_field() {
        let none: Vec<String> = Vec::new();
        assert_eq!(wrong(|_| {}, Issuer::Seller), none);
        assert_eq!(wrong(|p| p.name.zh = String::new(), Issuer::Seller), ["name.zh"]);
        assert_eq!(wrong(|p| (p.count, p.per_customer) = (0, 0), Issuer::Seller), ["count", "per_customer"]);
        assert_eq!(wrong(|p| p.valid_until = at(0), Issuer::Seller), ["valid_until"]);
        assert_eq!(wrong(|p| p.valid_until = at(400), Issuer::Seller), ["valid_until"]);
        assert_eq!(wrong(|p| p.platform_basis_points = Some(10_000), Issuer::Seller), ["platform_basis_points"]);
        assert_eq!(wrong(|p| p.platform_basis_points = Some(9_999), Issuer::Operator), ["platform_basis_points"]);
        let yuan = |minor| Money::of(minor, Currency::CNY);
        let threshold = |p: &mut Proposal| p.value = Value::Threshold { amount: yuan(500), from: yuan(500) };
        assert_eq!(wrong(threshold, Issuer::Seller), ["value.from"]);
        let foreign = |p: &mut Proposal| p.value = Value::Amount { amount: Money::of(0, Currency::EUR) };
        assert_eq!(wrong(foreign, Issuer::Seller), ["value", "value.amount"]);
    }
}
