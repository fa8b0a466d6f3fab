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
        /// the added number at the unit price of the range that the new number reaches.
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
    let rule = if old == new { rule } else { ChangeRule::Difference };
    let periods = Periods { basis_points: 0, ..periods };
    let mut lines = base_line(&new, &period.price, periods, rest)?;
    for quantity in &new.quantities {
        let counts = (held.choice.quantities.get(&quantity.code).copied(), chosen(quantity, choice)?);
        lines.extend(quantity_line(&new, (quantity, &period.price), (rule, counts), (periods, rest))?);
    }
    let credit = match replaced(&old, old_price, (held.choice, choice), rule)? {
        // Nobody gets more back than was paid.
        Replaced::Part(part) if part.minor() < held.paid.minor() => part,
        Replaced::Part(_) | Replaced::Everything => held.paid,
    };
    let back = Rest { basis_points: 0, ..rest };
    let off = back.of(credit)?;
    if off.is_positive() {
        let text = explain::credit(credit, back, off);
        lines.push(QuoteLine { text, amount: off.negated()?, kind: LineKind::Credit });
    }
    let total = Money::sum(new.currency, lines.iter().map(|line| line.amount))?;
    let quote = Quote { total, lines, ..Quote::empty(new.currency) };
    if total.is_negative() { never_below_zero(quote, old == new && has_all(held.choice, choice)) } else { Ok(quote) }
}

/// How many days of a term remain, a day that has begun counting as used, and how many it has.
fn days_of(term: Period, now: Timestamp, zone: &TimeZone) -> Result<(u32, u32), PricingRefused> {
    let days = days_between(term.from, term.until, zone).max(1);
    let left = days_between(now.max(term.from), term.until, zone).min(days);
    if left == 0 { Err(PricingRefused::TermOver) } else { Ok((left, days)) }
}

/// What of a price falls on its term as it is stated: without what is paid once for setting up, and without tax on top.
pub fn paid_for_term(quote: &Quote) -> Result<Money, PricingRefused> {
    let stated = quote.lines.iter().filter(|line| match line.kind {
        LineKind::SetUp | LineKind::Tax => false,
        LineKind::Price | LineKind::Adjustment | LineKind::Credit | LineKind::Instalment => true,
    });
    Ok(Money::sum(quote.total.currency(), stated.map(|line| line.amount))?)
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

/// A number for the rest of the term; nothing where a volume price is only about what was added, and nothing was.
fn quantity_line(
    plan: &Plan,
    (quantity, price): (&Quantity, &Price),
    (rule, (before, count)): (ChangeRule, (Option<u64>, u64)),
    rest: (Periods, Rest),
) -> Result<Option<QuoteLine>, PricingRefused> {
    let priced = price.quantities.get(&quantity.code).ok_or(PricingRefused::Uncovered(Gap::Quantity))?;
    let mut formula = String::new();
    let mut product = |count: u64, unit_price: Decimal| {
        explain::term(&mut formula, count, unit_price, plan.currency);
        unit_price.checked_mul(Decimal::from(count)).ok_or(PricingRefused::Overflow)
    };
    let (head, exact) = match (rule, priced) {
        (ChangeRule::RangeReached, QuantityPrice::Volume { tiers }) if before.is_some_and(|before| before <= count) => {
            let (added, tier) = (count.saturating_sub(before.unwrap_or(0)), range_of(tiers, count)?);
            if added == 0 {
                return Ok(None);
            }
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
    rest_line(&head, &formula, per_period, rest).map(Some)
}

/// What the new price takes the place of.
enum Replaced {
    /// All that was paid before.
    Everything,
    /// So much of the price of the whole old term: numbers that only grow at a volume price stay as they are paid.
    Part(Money),
}

fn replaced(
    plan: &Plan,
    price: &Price,
    (old, new): (&Choice, &Choice),
    rule: ChangeRule,
) -> Result<Replaced, PricingRefused> {
    let (_, periods) = period_for(&plan.billing, old)?;
    let paid = |exact: Decimal| -> Result<Money, PricingRefused> {
        Ok(due(Rounded::new(exact, plan.currency)?.amount, Some(periods))?.amount)
    };
    let mut sum = price.base.map_or(Ok(Money::zero(plan.currency)), paid)?;
    let mut staying = 0;
    for quantity in &plan.quantities {
        let count = chosen(quantity, old)?;
        let priced = price.quantities.get(&quantity.code).ok_or(PricingRefused::Uncovered(Gap::Quantity))?;
        let grows = new.quantities.get(&quantity.code).is_some_and(|new| count <= *new);
        let stays = match (rule, priced) {
            (ChangeRule::RangeReached, QuantityPrice::Volume { .. }) => grows,
            (ChangeRule::RangeReached, QuantityPrice::Linear { .. } | QuantityPrice::Tiered { .. })
            | (ChangeRule::Difference, _) => false,
        };
        if stays {
            staying += 1;
        } else {
            sum = sum.plus(paid(amount(priced, count, |_, _| ())?)?)?;
        }
    }
    Ok(if staying == 0 { Replaced::Everything } else { Replaced::Part(sum) })
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
