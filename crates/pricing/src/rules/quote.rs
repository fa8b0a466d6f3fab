//! From a plan and a choice to a quote.

use std::collections::BTreeMap;

use kernel::{Currency, Localized, Money, choices, money::MoneyError, rate::charge_rounded_half_even};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    adjust::Applied,
    explain,
    plan::{Billing, Discount, PeriodUnit, Plan, Price, Quantity, QuantityPrice, Tier},
    refused::{Gap, PricingRefused},
    tax::Tax,
    term::Length,
};

/// What a buyer wants of a SKU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"quantities": {"users": 25}, "periods": 12}))]
pub struct Choice {
    /// How many of each quantity, by its code; all of the plan's, no others.
    #[serde(default)]
    pub quantities: BTreeMap<String, u64>,
    /// How many days, months or years; 1 for a price that is not per period.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 366, default = 1)]
    pub periods: u32,
    /// Needed only where a plan has prices for several kinds of periods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_unit: Option<PeriodUnit>,
    /// What is paid in; the plan's own currency unless another one is chosen that it has prices for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
}

fn one() -> u32 {
    1
}

impl Default for Choice {
    fn default() -> Self {
        Self { quantities: BTreeMap::new(), periods: 1, period_unit: None, currency: None }
    }
}

/// A computed and explained price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Quote {
    /// What is paid now.
    pub total: Money,
    /// They sum to the total.
    pub lines: Vec<QuoteLine>,
    /// What a period is; absent when the price is for no certain time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<PeriodUnit>,
    /// How many periods are paid for; 1 when the price is for no certain time.
    pub periods: u32,
    /// What holds beside the lines and has no amount now: what use will cost, a locked rate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Localized>,
    /// The adjustments that have acted, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adjustments: Vec<Applied>,
    /// The tax in the total, where it was worked out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<Tax>,
}

choices! {
    /// What a line of a quote is about.
    pub enum LineKind {
        Price = "price",
        /// Paid once.
        SetUp = "set_up",
        /// What a special price, a discount or a coupon takes off.
        Adjustment = "adjustment",
        /// What was paid already for the time that remains of something that is changed.
        Credit = "credit",
        /// Tax that comes on top.
        Tax = "tax",
        /// What the other instalments of the same price ask for.
        Instalment = "instalment",
    }
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
    #[serde(default = "price", skip_serializing_if = "is_price")]
    pub kind: LineKind,
}

fn price() -> LineKind {
    LineKind::Price
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_price(kind: &LineKind) -> bool {
    *kind == LineKind::Price
}

impl Quote {
    /// How long is paid for; `None`: without end.
    pub fn length(&self) -> Option<Length> {
        self.unit.map(|unit| Length::of(unit, self.periods))
    }

    /// The whole explanation as one text: the only line, or all lines and their sum.
    pub fn explanation(&self) -> Localized {
        explain::whole(self)
    }

    /// What holds beside the lines: the notes, and the tax that the total contains.
    pub fn beside(&self) -> impl Iterator<Item = &Localized> {
        let contained = self.tax.iter().filter(|tax| tax.is_contained()).map(|tax| &tax.text);
        self.notes.iter().chain(contained)
    }

    /// What of the total falls on each period; the parts always sum to the total. What is paid once falls on the first.
    pub fn by_period(&self) -> Result<Vec<Money>, MoneyError> {
        let once = self.lines.iter().filter(|line| line.kind == LineKind::SetUp).map(|line| line.amount);
        let once = Money::sum(self.total.currency(), once)?;
        let mut parts = split(self.total.minus(once)?, self.periods)?;
        if let Some(first) = parts.first_mut() {
            *first = first.plus(once)?;
        }
        Ok(parts)
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

/// Whether something is bought for the first time or goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    First,
    Renewal,
}

/// Prices a choice under a plan.
pub fn quote(plan: &Plan, choice: &Choice) -> Result<Quote, PricingRefused> {
    quote_for(plan, choice, Occasion::First)
}

pub(super) fn quote_for(plan: &Plan, choice: &Choice, occasion: Occasion) -> Result<Quote, PricingRefused> {
    match choice.currency.filter(|currency| *currency != plan.currency) {
        None => in_own_currency(plan, choice, occasion),
        Some(currency) => {
            let mut quote = in_own_currency(plan.in_currency(currency)?.as_ref(), choice, occasion)?;
            quote.notes.extend(plan.rate_note(currency));
            Ok(quote)
        }
    }
}

fn in_own_currency(plan: &Plan, choice: &Choice, occasion: Occasion) -> Result<Quote, PricingRefused> {
    let known = plan.quantities.iter().filter(|quantity| choice.quantities.contains_key(&quantity.code)).count();
    if known < choice.quantities.len() {
        return Err(unknown_quantity(plan, choice));
    }
    let mut quote = match &plan.billing {
        Billing::OneOff { price } => {
            paid_as_a_whole(choice, PricingRefused::PaidOnce)?;
            of_price(plan, price, choice, None)?
        }
        Billing::Period { .. } => {
            let (price, periods) = period_for(&plan.billing, choice)?;
            of_price(plan, price, choice, Some(periods))?
        }
        Billing::OnDemand(on_demand) => {
            paid_as_a_whole(choice, PricingRefused::PaidByUse)?;
            let notes = explain::on_demand(on_demand, plan.currency);
            Quote { notes, ..Quote::empty(plan.currency) }
        }
        Billing::Package(package) => {
            paid_as_a_whole(choice, PricingRefused::PaidOnce)?;
            let base = package.price.base.ok_or(PricingRefused::Uncovered(Gap::Price))?;
            let price = Rounded::new(base, plan.currency)?;
            let line =
                QuoteLine { text: explain::package(package, price), amount: price.amount, kind: LineKind::Price };
            let notes = explain::overage(&package.overage, plan.currency);
            let (unit, periods) = (Some(package.term.unit), package.term.count);
            Quote { total: price.amount, lines: vec![line], unit, periods, notes, ..Quote::empty(plan.currency) }
        }
    };
    if let (Occasion::First, Some(set_up)) = (occasion, plan.billing.set_up()) {
        let once = Rounded::new(set_up, plan.currency)?;
        quote.lines.push(QuoteLine { text: explain::set_up(once), amount: once.amount, kind: LineKind::SetUp });
        quote.total = quote.total.plus(once.amount)?;
    }
    Ok(quote)
}

impl Quote {
    pub(super) fn empty(currency: Currency) -> Self {
        Self {
            total: Money::zero(currency),
            lines: Vec::new(),
            unit: None,
            periods: 1,
            notes: Vec::new(),
            adjustments: Vec::new(),
            tax: None,
        }
    }
}

/// The lines of a price and of its quantities.
fn of_price(plan: &Plan, price: &Price, choice: &Choice, periods: Option<Periods>) -> Result<Quote, PricingRefused> {
    let mut lines = Vec::with_capacity(plan.quantities.len() + 2);
    let mut total = Money::zero(plan.currency);
    let mut formula = String::with_capacity(96);
    if let Some(base) = price.base {
        let fixed = Rounded::new(base, plan.currency)?;
        let due = due(fixed.amount, periods)?;
        let head = if plan.quantities.is_empty() { explain::Head::Price } else { explain::Head::BasePrice };
        explain::number(&mut formula, fixed.exact, plan.currency);
        let text = explain::line(&head, &formula, fixed, periods, due);
        lines.push(QuoteLine { text, amount: due.amount, kind: LineKind::Price });
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
        let text = explain::line(&head, &formula, subtotal, periods, due);
        lines.push(QuoteLine { text, amount: due.amount, kind: LineKind::Price });
        total = total.plus(due.amount)?;
    }
    let (unit, count) = (periods.map(|periods| periods.unit), periods.map_or(1, |periods| periods.count));
    Ok(Quote { total, lines, unit, periods: count, ..Quote::empty(plan.currency) })
}

fn paid_as_a_whole(choice: &Choice, refused: PricingRefused) -> Result<(), PricingRefused> {
    if choice.periods == 1 && choice.period_unit.is_none() { Ok(()) } else { Err(refused) }
}

/// The price that a choice of periods is about, and for how many.
pub(super) fn period_for<'p>(billing: &'p Billing, choice: &Choice) -> Result<(&'p Price, Periods), PricingRefused> {
    let mut offered = PeriodUnit::ALL.iter().filter(|unit| billing.period(**unit).is_some());
    let unit = match (choice.period_unit, offered.next(), offered.next()) {
        (Some(unit), ..) => unit,
        (None, Some(only), None) => *only,
        (None, Some(one), Some(other)) => {
            return Err(PricingRefused::UnitMissing([*one, *other].into_iter().chain(offered.copied()).collect()));
        }
        (None, None, _) => return Err(PricingRefused::Uncovered(Gap::Price)),
    };
    let period = billing.period(unit).ok_or(PricingRefused::NotOffered(unit))?;
    if !(1..=period.periods_max).contains(&choice.periods) {
        return Err(PricingRefused::Periods { max: period.periods_max });
    }
    let basis_points = discount(&period.discounts, choice.periods);
    Ok((&period.price, Periods { unit, count: choice.periods, basis_points }))
}

/// The discount of the highest threshold that is reached.
pub(super) fn discount(discounts: &[Discount], periods: u32) -> u32 {
    let reached = discounts.iter().filter(|discount| discount.periods_min <= periods);
    reached.max_by_key(|discount| discount.periods_min).map_or(0, |discount| discount.basis_points)
}

pub(super) fn chosen(quantity: &Quantity, choice: &Choice) -> Result<u64, PricingRefused> {
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
pub(super) fn range_of(tiers: &[Tier], count: u64) -> Result<&Tier, PricingRefused> {
    let count = count.max(1);
    let range = tiers.iter().find(|tier| (tier.from..=tier.last()).contains(&count));
    range.ok_or(PricingRefused::Uncovered(Gap::Range))
}

/// Where the range begins whose price holds for the whole quantity.
pub(super) fn reached(rule: &QuantityPrice, count: u64) -> Option<u64> {
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
