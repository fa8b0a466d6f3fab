//! Changes of specification in the middle of a term (变更): what the rest of the term costs in the new form, less what was
//! paid for it in the old one.
//!
//! The new price is that of the bought term without its discount, for the days that remain, less the discount that so many
//! remaining periods have of their own. A day that has begun counts as used.

use std::borrow::Cow;

use jiff::tz::TimeZone;
use kernel::{
    Money, Timestamp, choices,
    rate::{BASIS_POINTS, fraction_rounded_half_even},
    time::Period,
};
use rust_decimal::Decimal;

use super::{
    adjust::AdjustmentKind,
    explain,
    plan::{Plan, Price, Quantity, QuantityPrice},
    quote::{
        Choice, LineKind, Periods, Quote, QuoteLine, Rounded, amount, chosen, discount, due, period_for, range_of,
        reached,
    },
    refused::{Gap, PricingRefused},
    term::{days_between, periods_between},
};

/// What somebody owns: the plan and the choice it was bought under, what the whole term is paid with after everything that was
/// taken off ([`paid_for_term`], or [`paid_after_change`] once it was changed), and the term.
#[derive(Clone, Copy, Debug)]
pub struct Held<'h> {
    pub plan: &'h Plan,
    pub choice: &'h Choice,
    pub paid: Money,
    pub term: Period,
}

choices! {
    /// How a larger number is priced in the middle of a term; a change to another plan is always a difference.
    pub enum ChangeRule {
        /// The new price for the remaining days less the old one for the same days.
        Difference = "difference",
        /// Linear and tiered: the whole new number at the unit price of the range that it reaches, less the old price. Volume:
        /// the added number at the unit price of the range that the new number reaches; then whatever stays as it was is
        /// neither priced again nor credited. Less of anything is a difference.
        RangeReached = "range_reached",
    }
}

/// The days that remain of a term and all that it has, and what so many periods save.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rest {
    pub(super) left: u32,
    pub(super) days: u32,
    pub(super) basis_points: u32,
}

impl Rest {
    /// The numerator and the denominator of the part of the whole term that is to be paid.
    pub(super) fn fraction(self) -> (i128, i128) {
        let kept = BASIS_POINTS.saturating_sub(self.basis_points);
        (i128::from(self.left) * i128::from(kept), i128::from(self.days) * i128::from(BASIS_POINTS))
    }

    fn of(self, whole: Money) -> Result<Money, PricingRefused> {
        let (parts, of) = self.fraction();
        Ok(fraction_rounded_half_even(whole, parts, of)?)
    }
}

/// Prices a change for the rest of a term. The quote has no term of its own: what is changed ends when it did before.
pub fn change(
    held: Held<'_>,
    (plan, choice): (&Plan, &Choice),
    rule: ChangeRule,
    (now, zone): (Timestamp, &TimeZone),
) -> Result<Quote, PricingRefused> {
    let (old, new) = (in_currency(held.plan, held.choice)?, in_currency(plan, choice)?);
    let (old_price, periods) = period_for(&old.billing, held.choice)?;
    let period = new.period(periods.unit).ok_or(PricingRefused::NotOffered(periods.unit))?;
    let (left, days) = days_of(held.term, now, zone)?;
    let remaining = periods_between(periods.unit, now.max(held.term.from), held.term.until, zone);
    let rest = Rest { left, days, basis_points: discount(&period.discounts, remaining) };
    let only_more = old == new && has_all(held.choice, choice);
    let rule = if only_more { rule } else { ChangeRule::Difference };
    let stays = stays(&old, old_price, rule);
    let periods = Periods { basis_points: 0, ..periods };
    let mut lines = if stays { Vec::new() } else { base_line(&new, &period.price, periods, rest)? };
    for quantity in &new.quantities {
        let counts = (held.choice.quantities.get(&quantity.code).copied(), chosen(quantity, choice)?);
        if !(stays && counts.0 == Some(counts.1)) {
            lines.push(quantity_line(&new, (quantity, &period.price), (rule, counts), (periods, rest))?);
        }
    }
    let credit = if stays { paid_for_replaced(&old, old_price, (held, choice))? } else { held.paid };
    let back = Rest { basis_points: 0, ..rest };
    let off = back.of(credit)?;
    if off.is_positive() {
        let text = explain::credit(credit, back, off);
        lines.push(QuoteLine { text, amount: off.negated()?, kind: LineKind::Credit });
    }
    let total = Money::sum(new.currency, lines.iter().map(|line| line.amount))?;
    let quote = Quote { total, lines, ..Quote::empty(new.currency) };
    if total.is_negative() { never_below_zero(quote, only_more) } else { Ok(quote) }
}

/// How many days of a term remain, a day that has begun counting as used, and how many it has.
fn days_of(term: Period, now: Timestamp, zone: &TimeZone) -> Result<(u32, u32), PricingRefused> {
    let days = days_between(term.from, term.until, zone).max(1);
    let left = days_between(now.max(term.from), term.until, zone).min(days);
    if left == 0 { Err(PricingRefused::TermOver) } else { Ok((left, days)) }
}

/// What of a price falls on its term as it is stated: without what is paid once for setting up, and without tax on top.
/// Coupons have lowered both, so that each bears its part of them.
pub fn paid_for_term(quote: &Quote) -> Result<Money, PricingRefused> {
    let currency = quote.total.currency();
    let of = |kinds: &[LineKind]| {
        let of_kinds = quote.lines.iter().filter(|line| kinds.contains(&line.kind));
        Money::sum(currency, of_kinds.map(|line| line.amount))
    };
    let set_up = of(&[LineKind::SetUp])?;
    let stated = of(&[LineKind::Price, LineKind::Adjustment, LineKind::Credit, LineKind::Instalment])?;
    let coupons = quote.adjustments.iter().filter(|applied| applied.kind == AdjustmentKind::Coupon);
    let coupons = Money::sum(currency, coupons.map(|applied| applied.off))?;
    let before = stated.plus(coupons)?.plus(set_up)?;
    if !before.is_positive() {
        return Ok(stated);
    }
    let on_set_up = fraction_rounded_half_even(coupons, i128::from(set_up.minor()), i128::from(before.minor()))?;
    Ok(stated.plus(on_set_up)?)
}

/// What a whole term is paid with after a change of it: what was paid before, and what the change would have come to if it had
/// been made on the first day. So whatever is changed next, nobody is credited more for the rest than was paid for it.
pub fn paid_after_change(
    paid: Money,
    change: &Quote,
    (term, now): (Period, Timestamp),
    zone: &TimeZone,
) -> Result<Money, PricingRefused> {
    let (left, days) = days_of(term, now, zone)?;
    let whole = fraction_rounded_half_even(paid_for_term(change)?, i128::from(days), i128::from(left))?;
    Ok(paid.plus(whole)?)
}

fn in_currency<'p>(plan: &'p Plan, choice: &Choice) -> Result<Cow<'p, Plan>, PricingRefused> {
    plan.in_currency(choice.currency.unwrap_or(plan.currency))
}

/// The fixed part for the rest of the term.
fn base_line(plan: &Plan, price: &Price, periods: Periods, rest: Rest) -> Result<Vec<QuoteLine>, PricingRefused> {
    let Some(base) = price.base else { return Ok(Vec::new()) };
    let per_period = Rounded::new(base, plan.currency)?;
    let mut formula = String::new();
    explain::number(&mut formula, base, plan.currency);
    let head = if plan.quantities.is_empty() { explain::Head::Price } else { explain::Head::BasePrice };
    Ok(vec![rest_line(&head, &formula, per_period, (periods, rest))?])
}

fn rest_line(
    head: &explain::Head<'_>,
    formula: &str,
    per_period: Rounded,
    (periods, rest): (Periods, Rest),
) -> Result<QuoteLine, PricingRefused> {
    let whole = due(per_period.amount, Some(periods))?;
    let amount = rest.of(whole.amount)?;
    let text = explain::line(head, formula, per_period, Some(periods), whole);
    Ok(QuoteLine { text: explain::for_rest(text, whole.amount, rest, amount), amount, kind: LineKind::Price })
}

/// A number for the rest of the term; of a volume price only what was added.
fn quantity_line(
    plan: &Plan,
    (quantity, price): (&Quantity, &Price),
    (rule, (before, count)): (ChangeRule, (Option<u64>, u64)),
    rest: (Periods, Rest),
) -> Result<QuoteLine, PricingRefused> {
    let priced = price.quantities.get(&quantity.code).ok_or(PricingRefused::Uncovered(Gap::Quantity))?;
    let mut formula = String::new();
    let mut product = |count: u64, unit_price: Decimal| {
        explain::term(&mut formula, count, unit_price, plan.currency);
        unit_price.checked_mul(Decimal::from(count)).ok_or(PricingRefused::Overflow)
    };
    let (head, exact) = match (rule, priced) {
        (ChangeRule::RangeReached, QuantityPrice::Volume { tiers }) => {
            let (added, tier) = (count.saturating_sub(before.unwrap_or(0)), range_of(tiers, count)?);
            (explain::Head::Added { quantity, count: added, reached: tier.from }, product(added, tier.unit_price)?)
        }
        (ChangeRule::RangeReached, QuantityPrice::Tiered { tiers }) => {
            let tier = range_of(tiers, count)?;
            let head = explain::Head::Quantity { quantity, count, reached: Some(tier.from) };
            (head, product(count, tier.unit_price)?)
        }
        (ChangeRule::Difference | ChangeRule::RangeReached, priced) => {
            let exact = amount(priced, count, |count, unit_price| {
                explain::term(&mut formula, count, unit_price, plan.currency);
            })?;
            (explain::Head::Quantity { quantity, count, reached: reached(priced, count) }, exact)
        }
    };
    let per_period = Rounded::new(exact, plan.currency)?;
    explain::result(&mut formula, exact, plan.currency);
    rest_line(&head, &formula, per_period, rest)
}

/// Whether a change is priced by what is added alone: more at a volume price.
fn stays(plan: &Plan, price: &Price, rule: ChangeRule) -> bool {
    let volume =
        |quantity: &Quantity| matches!(price.quantities.get(&quantity.code), Some(QuantityPrice::Volume { .. }));
    match rule {
        ChangeRule::Difference => false,
        ChangeRule::RangeReached => plan.quantities.iter().any(volume),
    }
}

/// What was paid for the numbers that are priced anew as a whole beside one at a volume price: their part of the list price.
fn paid_for_replaced(plan: &Plan, price: &Price, (held, new): (Held<'_>, &Choice)) -> Result<Money, PricingRefused> {
    let (mut replaced, mut list) = (Decimal::ZERO, price.base.unwrap_or_default());
    for quantity in &plan.quantities {
        let count = chosen(quantity, held.choice)?;
        let priced = price.quantities.get(&quantity.code).ok_or(PricingRefused::Uncovered(Gap::Quantity))?;
        let of_number = amount(priced, count, |_, _| ())?;
        list = list.checked_add(of_number).ok_or(PricingRefused::Overflow)?;
        let anew = match priced {
            QuantityPrice::Volume { .. } => false,
            QuantityPrice::Linear { .. } | QuantityPrice::Tiered { .. } => {
                new.quantities.get(&quantity.code) != Some(&count)
            }
        };
        if anew {
            replaced = replaced.checked_add(of_number).ok_or(PricingRefused::Overflow)?;
        }
    }
    let minor =
        |exact: Decimal| Ok::<_, PricingRefused>(i128::from(Rounded::new(exact, plan.currency)?.amount.minor()));
    let (replaced, list) = (minor(replaced)?, minor(list)?);
    if list > 0 { Ok(fraction_rounded_half_even(held.paid, replaced, list)?) } else { Ok(Money::zero(plan.currency)) }
}

/// Whether nothing of an old choice is less in the new one.
fn has_all(old: &Choice, new: &Choice) -> bool {
    old.quantities.iter().all(|(code, count)| new.quantities.get(code).is_some_and(|new| new >= count))
}

/// More of the same costs at least nothing; anything else that would give money back waits for the renewal.
fn never_below_zero(mut quote: Quote, only_more: bool) -> Result<Quote, PricingRefused> {
    if !only_more {
        return Err(PricingRefused::Less);
    }
    let up = quote.total.negated()?;
    quote.lines.push(QuoteLine { text: explain::never_below_zero(up), amount: up, kind: LineKind::Adjustment });
    quote.total = Money::zero(up.currency());
    Ok(quote)
}
