//! Rating: what was counted becomes exact amounts, and exact amounts become whole minor units without a loss.

use std::collections::BTreeMap;

use kernel::{Currency, Localized, Money};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};

use super::{
    exact, explain,
    meter::{Commitment, Counted, Meter, OnDemand, Stair, USAGE_MAX, USAGE_SCALE, UsagePrice, UsageRange},
    package::{Overage, Package},
    plan::{Billing, Plan},
    quote::{Choice, LineKind, Quote, QuoteLine, Rounded, quote},
    refused::{Gap, PricingRefused},
};

/// What a meter has counted so far in its present cycles; nothing when a cycle begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// In the accumulation cycle, without what was free.
    #[serde(with = "rust_decimal::serde::str")]
    pub priced: Decimal,
    /// Of the allowance, in its cycle.
    #[serde(with = "rust_decimal::serde::str")]
    pub free: Decimal,
}

/// What one record costs, exactly, in major units of the currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rated {
    pub exact: Decimal,
    /// What of the record was free.
    pub free: Decimal,
    pub text: Localized,
    /// The counts after the record.
    pub tally: Tally,
}

/// The same without how it was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RatedBare {
    pub exact: Decimal,
    pub free: Decimal,
    pub tally: Tally,
}

/// Prices one usage record.
pub fn rate(meter: &Meter, currency: Currency, tally: Tally, quantity: Decimal) -> Result<Rated, PricingRefused> {
    let mut formula = explain::Formula::new(meter, currency);
    let RatedBare { exact, free, tally } = priced(meter, tally, quantity, Some(&mut formula))?;
    Ok(Rated { exact, free, text: formula.done((quantity.normalize(), free), tally.priced, exact), tally })
}

/// Prices one usage record of many, which nobody wants explained one by one.
pub fn rate_bare(meter: &Meter, tally: Tally, quantity: Decimal) -> Result<RatedBare, PricingRefused> {
    priced(meter, tally, quantity, None)
}

fn priced(
    meter: &Meter,
    tally: Tally,
    quantity: Decimal,
    formula: Option<&mut explain::Formula<'_>>,
) -> Result<RatedBare, PricingRefused> {
    let quantity = counted(quantity)?;
    let allowed = meter.allowance.map_or(Decimal::ZERO, |allowance| allowance.quantity);
    let free = exact::minus(allowed, tally.free)?.max(Decimal::ZERO).min(quantity);
    let priced = exact::minus(quantity, free)?;
    // Where nothing accumulates each record is the first.
    let before = if meter.accumulation.is_some() { tally.priced } else { Decimal::ZERO };
    let exact = cost(meter, (before, priced), formula)?;
    Ok(RatedBare {
        exact,
        free,
        tally: Tally { priced: exact::plus(before, priced)?, free: exact::plus(tally.free, free)? },
    })
}

/// Not negative, not more than can be counted, no more decimals than are counted.
fn counted(quantity: Decimal) -> Result<Decimal, PricingRefused> {
    let quantity = quantity.normalize();
    let fits = quantity >= Decimal::ZERO && quantity <= Decimal::from(USAGE_MAX) && quantity.scale() <= USAGE_SCALE;
    if fits { Ok(quantity) } else { Err(PricingRefused::UsageBounds) }
}

/// The exact amount for a count that comes after others.
fn cost(
    meter: &Meter,
    (before, count): (Decimal, Decimal),
    mut formula: Option<&mut explain::Formula<'_>>,
) -> Result<Decimal, PricingRefused> {
    let places = meter.per.checked_ilog10().unwrap_or(0);
    let mut product = |count: Decimal, price: Decimal| {
        if let Some(formula) = formula.as_deref_mut() {
            formula.add(count, price);
        }
        exact::shifted(exact::times(count, price)?, places)
    };
    match &meter.price {
        UsagePrice::Fixed { unit_price } => product(count, *unit_price),
        UsagePrice::Volume { ranges } => product(count, range_of(ranges, count)?.unit_price),
        UsagePrice::Tiered { ranges } => {
            let (mut sum, mut low, after) = (Decimal::ZERO, Decimal::ZERO, exact::plus(before, count)?);
            for range in ranges {
                let high = range.up_to.unwrap_or(Decimal::MAX);
                let inside = exact::minus(after.min(high), before.max(low))?;
                if inside > Decimal::ZERO {
                    sum = exact::plus(sum, product(inside, range.unit_price)?)?;
                }
                low = high;
            }
            if after > low { Err(PricingRefused::Uncovered(Gap::Range)) } else { Ok(sum) }
        }
        UsagePrice::StairStep { stairs } => {
            let (from, to) = (stair_price(stairs, before)?, stair_price(stairs, exact::plus(before, count)?)?);
            if let Some(formula) = formula {
                formula.stairs(to, from);
            }
            exact::minus(to, from)
        }
        UsagePrice::PackageSize { size, price } => {
            let (from, to) = (started(before, *size)?, started(exact::plus(before, count)?, *size)?);
            product(Decimal::from(to.saturating_sub(from)), *price)
        }
        UsagePrice::Percentage { basis_points } => product(count, Decimal::new(i64::from(*basis_points), 4)),
    }
}

fn range_of(ranges: &[UsageRange], count: Decimal) -> Result<&UsageRange, PricingRefused> {
    let found = ranges.iter().find(|range| range.up_to.is_none_or(|up_to| count <= up_to));
    found.ok_or(PricingRefused::Uncovered(Gap::Range))
}

/// Nothing at all costs nothing.
fn stair_price(stairs: &[Stair], count: Decimal) -> Result<Decimal, PricingRefused> {
    if count.is_zero() {
        return Ok(Decimal::ZERO);
    }
    let found = stairs.iter().find(|stair| stair.up_to.is_none_or(|up_to| count <= up_to));
    found.map(|stair| stair.price).ok_or(PricingRefused::Uncovered(Gap::Range))
}

/// How many packages of a size were started.
fn started(count: Decimal, size: u64) -> Result<u64, PricingRefused> {
    let parts =
        exact::times(count, Decimal::from(10_u64.pow(USAGE_SCALE)))?.to_u128().ok_or(PricingRefused::Overflow)?;
    let size = u128::from(size.max(1)) * u128::from(10_u64.pow(USAGE_SCALE));
    u64::try_from(parts.div_ceil(size)).map_err(|_| PricingRefused::Overflow)
}

/// What is still due at the end of a cycle in which less was charged than was committed to.
pub fn shortfall(
    commitment: &Commitment,
    charged: Decimal,
    currency: Currency,
) -> Result<Option<(Decimal, Localized)>, PricingRefused> {
    let missing = exact::minus(commitment.amount, charged)?;
    Ok((missing > Decimal::ZERO).then(|| (missing, explain::shortfall(commitment, charged, (missing, currency)))))
}

/// What was charged exactly and is not posted yet: from nothing to less than one minor unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Carry(#[serde(with = "rust_decimal::serde::str")] Decimal);

impl Carry {
    /// Adds an exact charge and takes out the whole minor units, which are posted now. What has been posted is never more
    /// than what was charged, and less by less than one minor unit.
    pub fn post(self, charge: Decimal, currency: Currency) -> Result<(Money, Self), PricingRefused> {
        let (whole, rest) = kernel::rate::whole_and_rest(exact::plus(self.0, charge)?, currency)?;
        Ok((whole, Self(rest)))
    }

    pub fn exact(self) -> Decimal {
        self.0
    }
}

/// What a package gives to a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deducted {
    pub taken: Decimal,
    /// What remains in the package.
    pub left: Decimal,
    /// What goes beyond it: charged on demand, or the sign to stop.
    pub beyond: Decimal,
    pub text: Localized,
}

impl Package {
    /// Takes a record out of what is left in the package.
    pub fn deduct(&self, left: Decimal, quantity: Decimal) -> Result<Deducted, PricingRefused> {
        let quantity = counted(quantity)?;
        let taken = quantity.min(left.max(Decimal::ZERO));
        let (left, beyond) = (exact::minus(left, taken)?, exact::minus(quantity, taken)?);
        let text = explain::deducted(&self.counts, (quantity, taken), (left, beyond));
        Ok(Deducted { taken, left, beyond, text })
    }
}

/// What so much use would cost in one cycle of each meter, as if each count came in one record, and nothing was used before.
pub fn estimate(
    on_demand: &OnDemand,
    currency: Currency,
    usage: &BTreeMap<String, Decimal>,
) -> Result<Quote, PricingRefused> {
    if let Some(unknown) = usage.keys().find(|code| on_demand.meter(code).is_none()) {
        return Err(PricingRefused::UnknownQuantity(unknown.chars().take(60).collect()));
    }
    let mut quote = Quote::empty(currency);
    let mut charged = Decimal::ZERO;
    for meter in &on_demand.meters {
        let Counted { code, .. } = &meter.counts;
        let Some(quantity) = usage.get(code) else { continue };
        let rated = rate(meter, currency, Tally::default(), *quantity)?;
        charged = exact::plus(charged, rated.exact)?;
        push(&mut quote, rated.exact, rated.text)?;
    }
    if let Some(commitment) = &on_demand.commitment
        && let Some((missing, text)) = shortfall(commitment, charged, currency)?
    {
        push(&mut quote, missing, text)?;
    }
    Ok(quote)
}

/// What so much use would come to under a plan: what is used is charged, after a package has given what it holds. The price
/// of the package is the first line.
pub fn foresee(
    plan: &Plan,
    currency: Option<Currency>,
    usage: &BTreeMap<String, Decimal>,
) -> Result<Quote, PricingRefused> {
    let plan = plan.in_currency(currency.unwrap_or(plan.currency))?;
    match &plan.billing {
        Billing::OnDemand(on_demand) => estimate(on_demand, plan.currency, usage),
        Billing::Package(package) => package.foresee(plan.as_ref(), usage),
        Billing::OneOff { .. } | Billing::Period { .. } => {
            let unknown = usage.keys().next().map_or_else(String::new, |code| code.chars().take(60).collect());
            Err(PricingRefused::UnknownQuantity(unknown))
        }
    }
}

impl Package {
    fn foresee(&self, plan: &Plan, usage: &BTreeMap<String, Decimal>) -> Result<Quote, PricingRefused> {
        let code = &self.counts.code;
        let further = match &self.overage {
            Overage::Stop => None,
            Overage::OnDemand { billing } => Some(billing),
        };
        let known = |used: &str| used == code || further.is_some_and(|billing| billing.meter(used).is_some());
        if let Some(unknown) = usage.keys().find(|used| !known(used)) {
            return Err(PricingRefused::UnknownQuantity(unknown.chars().take(60).collect()));
        }
        let mut whole = quote(plan, &Choice::default())?;
        whole.notes.clear();
        let mut usage = usage.clone();
        if let Some(used) = usage.remove(code) {
            let Deducted { beyond, text, taken: _, left: _ } = self.deduct(self.amount, used)?;
            whole.notes.push(text);
            if beyond > Decimal::ZERO {
                usage.insert(code.clone(), beyond);
            }
        }
        match further {
            Some(billing) if !usage.is_empty() => {
                let beyond = estimate(billing, plan.currency, &usage)?;
                whole.total = whole.total.plus(beyond.total)?;
                whole.lines.extend(beyond.lines);
            }
            Some(_) => {}
            None => whole.notes.extend(explain::overage(&self.overage, plan.currency)),
        }
        Ok(whole)
    }
}

fn push(quote: &mut Quote, exact: Decimal, mut text: Localized) -> Result<(), PricingRefused> {
    let rounded = Rounded::new(exact, quote.total.currency())?;
    explain::say_rounding(rounded, &mut text);
    quote.total = quote.total.plus(rounded.amount)?;
    quote.lines.push(QuoteLine { text, amount: rounded.amount, kind: LineKind::Price });
    Ok(())
}
