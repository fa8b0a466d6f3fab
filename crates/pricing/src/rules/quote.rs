//! From a plan and a choice to a quote.

use std::collections::BTreeMap;

use kernel::{Currency, Localized, Money, Refusal, money::MoneyError, rate::charge_rounded_half_even};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    explain,
    plan::{Billing, Discount, PeriodPrice, PeriodUnit, Plan, Price, Quantity, QuantityPrice, Tier},
};

/// What a buyer wants of a SKU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"quantities": {"users": 25}, "periods": 12}))]
pub struct Choice {
    /// How many of each quantity, by its code; all of the plan's, no others.
    #[serde(default)]
    pub quantities: BTreeMap<String, u64>,
    /// How many months or years; 1 for a price that is paid once.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 120, default = 1)]
    pub periods: u32,
    /// Needed only where a plan has a price for the month and one for the year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_unit: Option<PeriodUnit>,
}

fn one() -> u32 {
    1
}

impl Default for Choice {
    fn default() -> Self {
        Self { quantities: BTreeMap::new(), periods: 1, period_unit: None }
    }
}

/// A computed and explained price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Quote {
    pub total: Money,
    /// They sum to the total.
    pub lines: Vec<QuoteLine>,
    /// What a period is; absent when the price is paid once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<PeriodUnit>,
    /// How many periods are paid for; 1 when the price is paid once.
    pub periods: u32,
}

/// One part of a price, and how it was computed; the last number of the text is the amount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuoteLine {
    #[schema(example = json!({
        "en": "25 users: 10 × 30.00 + 15 × 25.00 = 675.00 a month; 12 months − 10 % = 7,290.00",
        "zh": "25 用户：10 × 30.00 + 15 × 25.00 = 675.00/月；12 个月 − 10% = 7,290.00"
    }))]
    pub text: Localized,
    pub amount: Money,
}

impl Quote {
    /// The term that is bought, in months; `None`: without end.
    pub fn months(&self) -> Option<u32> {
        self.unit.map(|unit| unit.months().saturating_mul(self.periods))
    }

    /// The whole explanation as one text: the only line, or all lines and their sum.
    pub fn explanation(&self) -> Localized {
        explain::whole(self)
    }

    /// What of the total falls on each period; the parts always sum to the total.
    pub fn by_period(&self) -> Result<Vec<Money>, MoneyError> {
        split(self.total, self.periods)
    }
}

impl QuoteLine {
    /// What of the line falls on each of so many periods; the parts always sum to the amount.
    pub fn by_period(&self, periods: u32) -> Result<Vec<Money>, MoneyError> {
        split(self.amount, periods)
    }
}

fn split(whole: Money, periods: u32) -> Result<Vec<Money>, MoneyError> {
    whole.split(&vec![1; periods as usize])
}

/// Why there is no price for a choice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PricingRefused {
    #[error("'{0}' is not a quantity of this SKU; leave it out")]
    UnknownQuantity(String),
    #[error("choose how many {}: quantities.{code} is missing", unit.en)]
    MissingQuantity { code: String, unit: Localized },
    #[error("quantities.{code} must be from {min} to {max}")]
    OutOfRange { code: String, min: u64, max: u64 },
    #[error("quantities.{code} must be {min} or more in steps of {step}")]
    OffStep { code: String, min: u64, step: u64 },
    #[error("periods must be from 1 to {max}")]
    Periods { max: u32 },
    #[error("this SKU is paid once: leave period_unit out and periods at 1")]
    PaidOnce,
    #[error("this SKU has no price for the {0}; choose the other period_unit")]
    NotOffered(PeriodUnit),
    #[error("this SKU can be paid by the month or by the year: choose a period_unit")]
    UnitMissing,
    #[error("the price is too large to be represented; choose less")]
    Overflow,
    #[error("the prices of this SKU do not cover this choice ({0}); ask the seller to correct them")]
    Uncovered(Gap),
}

/// What a plan lacks that passed no check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Gap {
    #[error("a price is negative")]
    Negative,
    #[error("a quantity has no price")]
    Quantity,
    #[error("there is no price")]
    Price,
    #[error("no range holds the quantity")]
    Range,
}

impl Gap {
    const fn zh(self) -> &'static str {
        match self {
            Self::Negative => "有价格为负数",
            Self::Quantity => "有数量属性没有定价",
            Self::Price => "没有价格",
            Self::Range => "没有区间包含该数量",
        }
    }
}

impl Refusal for PricingRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::UnknownQuantity(_) => "pricing.unknown_quantity",
            Self::MissingQuantity { .. } => "pricing.missing_quantity",
            Self::OutOfRange { .. } => "pricing.out_of_range",
            Self::OffStep { .. } => "pricing.off_step",
            Self::Periods { .. } => "pricing.periods",
            Self::PaidOnce => "pricing.paid_once",
            Self::NotOffered(_) => "pricing.not_offered",
            Self::UnitMissing => "pricing.unit_missing",
            Self::Overflow => "pricing.overflow",
            Self::Uncovered(_) => "pricing.uncovered",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::UnknownQuantity(code) => format!("“{code}”不是该 SKU 的数量属性，不用填写"),
            Self::MissingQuantity { code, unit } => format!("须选择数量（{}），缺少 quantities.{code}", unit.zh),
            Self::OutOfRange { code, min, max } => format!("quantities.{code} 须在 {min} 到 {max} 之间"),
            Self::OffStep { code, min, step } => format!("quantities.{code} 须从 {min} 起，按 {step} 递增"),
            Self::Periods { max } => format!("periods 须在 1 到 {max} 之间"),
            Self::PaidOnce => "该 SKU 一次性付费，不用填写 period_unit，periods 填 1".to_owned(),
            Self::NotOffered(unit) => format!("该 SKU 没有按{}计费的价格，须换一个 period_unit", unit.zh()),
            Self::UnitMissing => "该 SKU 可按月或按年付费，须选择 period_unit".to_owned(),
            Self::Overflow => "金额过大，无法计算，须减少购买数量".to_owned(),
            Self::Uncovered(gap) => format!("该 SKU 的定价不适用于这个选择（{}），须联系商家更正", gap.zh()),
        };
        Localized::new(self.to_string(), zh)
    }
}

impl From<MoneyError> for PricingRefused {
    fn from(_: MoneyError) -> Self {
        Self::Overflow
    }
}

/// The periods that a price is for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Periods {
    pub(super) unit: PeriodUnit,
    pub(super) count: u32,
    pub(super) basis_points: u32,
}

/// The exact amount of one part of a price, and what becomes of it by rounding.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rounded {
    pub(super) exact: Decimal,
    pub(super) amount: Money,
}

impl Rounded {
    pub(super) fn new(exact: Decimal, currency: Currency) -> Result<Self, PricingRefused> {
        if exact.is_sign_negative() && !exact.is_zero() {
            return Err(PricingRefused::Uncovered(Gap::Negative));
        }
        Ok(Self { exact, amount: charge_rounded_half_even(exact, currency)? })
    }
}

/// Prices a choice under a plan.
pub fn quote(plan: &Plan, choice: &Choice) -> Result<Quote, PricingRefused> {
    let (price, periods) = price_for(plan, choice)?;
    let known = plan.quantities.iter().filter(|quantity| choice.quantities.contains_key(&quantity.code)).count();
    if known < choice.quantities.len() {
        return Err(unknown_quantity(plan, choice));
    }
    let mut lines = Vec::with_capacity(plan.quantities.len() + usize::from(price.base.is_some()));
    let mut total = Money::zero(plan.currency);
    let mut formula = String::with_capacity(96);
    if let Some(base) = price.base {
        let fixed = Rounded::new(base, plan.currency)?;
        let due = due(fixed.amount, periods)?;
        let head = if plan.quantities.is_empty() { explain::Head::Price } else { explain::Head::BasePrice };
        formula.clear();
        explain::number(&mut formula, fixed.exact, plan.currency);
        lines.push(QuoteLine { text: explain::line(&head, &formula, fixed, periods, due), amount: due.amount });
        total = total.plus(due.amount)?;
    }
    for quantity in &plan.quantities {
        let count = chosen(quantity, choice)?;
        let rule = price.quantities.get(&quantity.code).ok_or(PricingRefused::Uncovered(Gap::Quantity))?;
        formula.clear();
        let subtotal = Rounded::new(
            amount(rule, count, |count, unit_price| {
                explain::term(&mut formula, count, unit_price, plan.currency);
            })?,
            plan.currency,
        )?;
        explain::result(&mut formula, subtotal.exact, plan.currency);
        let due = due(subtotal.amount, periods)?;
        let head = explain::Head::Quantity { quantity, count, reached: reached(rule, count) };
        lines.push(QuoteLine { text: explain::line(&head, &formula, subtotal, periods, due), amount: due.amount });
        total = total.plus(due.amount)?;
    }
    let unit = periods.map(|periods| periods.unit);
    Ok(Quote { total, lines, unit, periods: periods.map_or(1, |periods| periods.count) })
}

/// The price that a choice is about, and for how many periods.
fn price_for<'p>(plan: &'p Plan, choice: &Choice) -> Result<(&'p Price, Option<Periods>), PricingRefused> {
    match &plan.billing {
        Billing::OneOff { price } => {
            if choice.periods == 1 && choice.period_unit.is_none() {
                Ok((price, None))
            } else {
                Err(PricingRefused::PaidOnce)
            }
        }
        Billing::Period { month, year } => {
            let (unit, period) = offered(month.as_ref(), year.as_ref(), choice.period_unit)?;
            if !(1..=period.periods_max).contains(&choice.periods) {
                return Err(PricingRefused::Periods { max: period.periods_max });
            }
            let basis_points = discount(&period.discounts, choice.periods);
            Ok((&period.price, Some(Periods { unit, count: choice.periods, basis_points })))
        }
    }
}

fn offered<'p>(
    month: Option<&'p PeriodPrice>,
    year: Option<&'p PeriodPrice>,
    wanted: Option<PeriodUnit>,
) -> Result<(PeriodUnit, &'p PeriodPrice), PricingRefused> {
    match (wanted, month, year) {
        (None | Some(PeriodUnit::Month), Some(month), None) | (Some(PeriodUnit::Month), Some(month), Some(_)) => {
            Ok((PeriodUnit::Month, month))
        }
        (None | Some(PeriodUnit::Year), None, Some(year)) | (Some(PeriodUnit::Year), Some(_), Some(year)) => {
            Ok((PeriodUnit::Year, year))
        }
        (None, Some(_), Some(_)) => Err(PricingRefused::UnitMissing),
        (Some(unit), ..) => Err(PricingRefused::NotOffered(unit)),
        (None, None, None) => Err(PricingRefused::Uncovered(Gap::Price)),
    }
}

/// The discount of the highest threshold that is reached.
fn discount(discounts: &[Discount], periods: u32) -> u32 {
    let reached = discounts.iter().filter(|discount| discount.periods_min <= periods);
    reached.max_by_key(|discount| discount.periods_min).map_or(0, |discount| discount.basis_points)
}

fn chosen(quantity: &Quantity, choice: &Choice) -> Result<u64, PricingRefused> {
    let Quantity { code, unit, min, max, step, unit_one: _ } = quantity;
    let Some(count) = choice.quantities.get(code).copied() else {
        return Err(PricingRefused::MissingQuantity { code: code.clone(), unit: unit.clone() });
    };
    if !(*min..=*max).contains(&count) {
        return Err(PricingRefused::OutOfRange { code: code.clone(), min: *min, max: *max });
    }
    if !(count - min).is_multiple_of((*step).max(1)) {
        return Err(PricingRefused::OffStep { code: code.clone(), min: *min, step: *step });
    }
    Ok(count)
}

fn unknown_quantity(plan: &Plan, choice: &Choice) -> PricingRefused {
    let known = |code: &str| plan.quantities.iter().any(|quantity| quantity.code == code);
    let unknown = choice.quantities.keys().find(|code| !known(code)).cloned().unwrap_or_default();
    PricingRefused::UnknownQuantity(unknown.chars().take(60).collect())
}

/// The exact amount of a quantity for one period; each product is shown to `see`.
pub(super) fn amount(
    rule: &QuantityPrice,
    count: u64,
    mut see: impl FnMut(u64, Decimal),
) -> Result<Decimal, PricingRefused> {
    let mut product = |count: u64, unit_price: Decimal| {
        see(count, unit_price);
        unit_price.checked_mul(Decimal::from(count)).ok_or(PricingRefused::Overflow)
    };
    match rule {
        QuantityPrice::Linear { unit_price } => product(count, *unit_price),
        QuantityPrice::Volume { tiers } => product(count, range_of(tiers, count)?.unit_price),
        QuantityPrice::Tiered { tiers } => {
            range_of(tiers, count)?;
            let mut sum = Decimal::ZERO;
            for tier in tiers.iter().take_while(|tier| tier.from <= count.max(1)) {
                let inside = count.min(tier.last()).saturating_add(1).saturating_sub(tier.from);
                sum = sum.checked_add(product(inside, tier.unit_price)?).ok_or(PricingRefused::Overflow)?;
            }
            Ok(sum)
        }
    }
}

/// The range that a quantity reaches; nothing at all is priced as the first range.
fn range_of(tiers: &[Tier], count: u64) -> Result<&Tier, PricingRefused> {
    let count = count.max(1);
    let range = tiers.iter().find(|tier| (tier.from..=tier.last()).contains(&count));
    range.ok_or(PricingRefused::Uncovered(Gap::Range))
}

/// Where the range begins whose price holds for the whole quantity.
fn reached(rule: &QuantityPrice, count: u64) -> Option<u64> {
    match rule {
        QuantityPrice::Volume { tiers } => range_of(tiers, count).ok().map(|tier| tier.from),
        QuantityPrice::Linear { .. } | QuantityPrice::Tiered { .. } => None,
    }
}

/// What is due for all periods, less the discount.
pub(super) fn due(per_period: Money, periods: Option<Periods>) -> Result<Rounded, PricingRefused> {
    let Some(Periods { count, basis_points, .. }) = periods else {
        return Ok(Rounded { exact: kernel::rate::exact(per_period), amount: per_period });
    };
    let gross = per_period.times(i64::from(count))?;
    if basis_points == 0 {
        return Ok(Rounded { exact: kernel::rate::exact(gross), amount: gross });
    }
    let rest = kernel::rate::BASIS_POINTS.saturating_sub(basis_points);
    let exact =
        kernel::rate::exact(gross).checked_mul(Decimal::new(i64::from(rest), 4)).ok_or(PricingRefused::Overflow)?;
    Rounded::new(exact, gross.currency())
}
