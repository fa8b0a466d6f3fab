//! The least and the most that a plan can cost, with the choices that do.

use std::{collections::BTreeMap, fmt::Write as _};

use kernel::{Invalid, Lang, Localized, Money};
use rust_decimal::Decimal;

use super::usage;
use crate::rules::{
    meter::{CountingCycle, Meter, OnDemand, UsagePrice},
    package::{Overage, Term},
    plan::{Billing, PeriodPrice, PeriodUnit, Plan, Price, Quantity, QuantityPrice},
    quote::{Choice, Periods, Rounded, amount, due, quote},
    refused::{Gap, PricingRefused},
    tax::{TaxRule, with_tax},
};

/// A price of a plan, its path, and its period where it is for one.
type Priced<'p> = (String, &'p Price, Option<(PeriodUnit, &'p PeriodPrice)>);

impl Plan {
    /// The least that a buyer can pay under this plan; none where what is used is paid afterwards.
    pub fn cheapest(&self) -> Result<Money, PricingRefused> {
        self.least().map(|(least, _)| least)
    }

    /// The least, and a choice that costs it.
    fn least(&self) -> Result<(Money, Choice), PricingRefused> {
        let mut least: Option<(Money, Choice)> = None;
        for (_, price, period) in self.prices() {
            let mut choice = Choice::default();
            let mut parts: Vec<Money> = Vec::new();
            parts.extend(price.base.map(|base| self.rounded(base)).transpose()?);
            for quantity in &self.quantities {
                let Some(rule) = price.quantities.get(&quantity.code) else { continue };
                let (exact, count) = extremes(quantity, rule)?.0;
                choice.quantities.insert(quantity.code.clone(), count);
                parts.push(self.rounded(exact)?);
            }
            let terms = match period {
                None => vec![None],
                Some((unit, period)) => {
                    let discounts = period.discounts.iter().map(|off| (off.periods_min, off.basis_points));
                    let terms = std::iter::once((1, 0)).chain(discounts);
                    terms.map(|(count, basis_points)| Some(Periods { unit, count, basis_points })).collect()
                }
            };
            for periods in terms {
                let whole = self.total(&parts, periods)?;
                if least.as_ref().is_none_or(|(least, _)| whole.minor() < least.minor()) {
                    let periods_and_unit = periods.map(|periods| (periods.count, periods.unit));
                    choice.periods = periods_and_unit.map_or(1, |(count, _)| count);
                    choice.period_unit = periods_and_unit.map(|(_, unit)| unit);
                    least = Some((whole, choice.clone()));
                }
            }
        }
        match &self.billing {
            Billing::OnDemand(_) => Err(PricingRefused::PaidByUse),
            Billing::OneOff { .. } | Billing::Period { .. } | Billing::Package(_) => {
                least.ok_or(PricingRefused::Uncovered(Gap::Price))
            }
        }
    }

    /// The most that a year of it can cost one buyer, however many are paid in advance: the dearest allowed numbers, term after
    /// term without a discount, and what is paid once; a package as often as it can follow itself. Nobody knows how much will be
    /// used; of that it is what is committed to, or the dearest single price, whichever is more.
    pub fn dearest_year(&self) -> Result<Money, PricingRefused> {
        let mut most = Money::zero(self.currency);
        for (_, price, period) in self.prices() {
            let periods = period.map(|(unit, _)| Periods { unit, count: a_year_of(unit), basis_points: 0 });
            let amount = match &self.billing {
                Billing::Package(package) => {
                    let Term { unit, count } = package.term;
                    self.most(price, None)?.times(i64::from(a_year_of(unit).div_ceil(count.max(1))))?
                }
                Billing::OneOff { .. } | Billing::Period { .. } | Billing::OnDemand(_) => self.most(price, periods)?,
            };
            if amount.minor() > most.minor() {
                most = amount;
            }
        }
        let by_use = match &self.billing {
            Billing::OnDemand(on_demand) => Some(on_demand),
            Billing::Package(package) => match &package.overage {
                Overage::OnDemand { billing } => Some(billing),
                Overage::Stop => None,
            },
            Billing::OneOff { .. } | Billing::Period { .. } => None,
        };
        if let Some(on_demand) = by_use {
            most = most.plus(self.most_of_use(on_demand)?)?;
        }
        Ok(most.plus(self.once()?)?)
    }

    fn most_of_use(&self, on_demand: &OnDemand) -> Result<Money, PricingRefused> {
        let single = on_demand.meters.iter().flat_map(single_prices).max().unwrap_or_default();
        let Some(commitment) = &on_demand.commitment else { return self.rounded(single) };
        let cycles = match commitment.cycle {
            CountingCycle::Day => a_year_of(PeriodUnit::Day),
            CountingCycle::Month => a_year_of(PeriodUnit::Month),
            CountingCycle::Year => a_year_of(PeriodUnit::Year),
        };
        let committed = commitment.amount.checked_mul(Decimal::from(cycles)).ok_or(PricingRefused::Overflow)?;
        self.rounded(committed.max(single))
    }

    /// Refuses what could be more than an amount can hold, with the tax on top of it, or nothing at all.
    pub(super) fn check_amounts(&self, tax: Option<&TaxRule>, wrong: &mut Invalid) {
        usage::check_use(&self.billing, self.currency, wrong);
        let prices = self.prices();
        for (path, price, period) in &prices {
            let written = self.dearest(price, *period);
            let fits = written.is_ok();
            let dearest = written.and_then(|most| tax.map_or(Ok(most), |rule| with_tax(most, rule)));
            wrong.check(dearest.is_ok(), path, self.too_large(*period, tax.filter(|_| fits)));
        }
        if prices.is_empty() || !wrong.0.is_empty() {
            return;
        }
        let Ok((least, choice)) = self.least() else { return };
        if least.is_zero() {
            wrong.check(false, "billing", self.nothing(&choice));
        }
    }

    fn nothing(&self, choice: &Choice) -> Localized {
        let example = quote(self, choice).map(|quote| quote.explanation()).unwrap_or_default();
        Localized::new(
            format!(
                "can come to nothing for some choice ({}); every choice has to cost at least the smallest coin",
                example.en
            ),
            format!("在某些选择下金额为零（{}），任何选择的金额都不能低于最小货币单位", example.zh),
        )
    }

    /// What the first order of the dearest choice comes to: what is paid once stands beside the longest term.
    fn dearest(&self, price: &Price, period: Option<(PeriodUnit, &PeriodPrice)>) -> Result<Money, PricingRefused> {
        let periods = period.map(|(unit, period)| Periods { unit, count: period.periods_max, basis_points: 0 });
        Ok(self.most(price, periods)?.plus(self.once()?)?)
    }

    /// What the dearest allowed numbers cost for so many periods.
    fn most(&self, price: &Price, periods: Option<Periods>) -> Result<Money, PricingRefused> {
        let mut parts: Vec<Money> = Vec::new();
        parts.extend(price.base.map(|base| self.rounded(base)).transpose()?);
        for quantity in &self.quantities {
            let Some(rule) = price.quantities.get(&quantity.code) else { continue };
            parts.push(self.rounded(extremes(quantity, rule)?.1.0)?);
        }
        self.total(&parts, periods)
    }

    fn once(&self) -> Result<Money, PricingRefused> {
        self.billing.set_up().map_or(Ok(Money::zero(self.currency)), |once| self.rounded(once))
    }

    /// The example that breaks a price, and whether it does so with its tax alone.
    fn too_large(&self, period: Option<(PeriodUnit, &PeriodPrice)>, taxed: Option<&TaxRule>) -> Localized {
        let list = |lang: Lang, between: &str| {
            let parts = self.quantities.iter().map(|quantity| format!("{} {}", quantity.max, quantity.unit.of(lang)));
            parts.collect::<Vec<_>>().join(between)
        };
        let (mut en, mut zh) = (list(Lang::En, ", "), list(Lang::Zh, "、"));
        if let Some((unit, period)) = period {
            let of_zh = match unit {
                PeriodUnit::Day => "天",
                PeriodUnit::Month => "个月",
                PeriodUnit::Year => "年",
            };
            let _ = write!(en, " for {} {unit}s", period.periods_max);
            let _ = write!(zh, " {} {of_zh}", period.periods_max);
        }
        let (en, zh) = (en.trim(), zh.trim());
        let (with_en, with_zh) = match taxed {
            Some(rule) => (format!(" with {} on top", rule.name.en), format!("加上{}后", rule.name.zh)),
            None => (String::new(), String::new()),
        };
        Localized::new(
            format!("{en} would cost more{with_en} than an amount can hold; lower a price or a maximum"),
            format!("可选的最大购买量（{zh}）算出的金额{with_zh}过大，须降低价格或最大值"),
        )
    }

    /// The prices of a plan with their paths; those per period with their rules.
    fn prices(&self) -> Vec<Priced<'_>> {
        match &self.billing {
            Billing::OneOff { price } => vec![("billing.price".to_owned(), price, None)],
            Billing::Package(package) => vec![("billing.price".to_owned(), &package.price, None)],
            Billing::Period { .. } => {
                let given = PeriodUnit::ALL.iter().filter_map(|unit| Some((*unit, self.period(*unit)?)));
                given.map(|(unit, period)| (format!("billing.{unit}"), &period.price, Some((unit, period)))).collect()
            }
            Billing::OnDemand(_) => Vec::new(),
        }
    }

    fn rounded(&self, exact: Decimal) -> Result<Money, PricingRefused> {
        Ok(Rounded::new(exact, self.currency)?.amount)
    }

    fn total(&self, parts: &[Money], periods: Option<Periods>) -> Result<Money, PricingRefused> {
        let lines = parts.iter().map(|part| Ok(due(*part, periods)?.amount));
        Ok(Money::sum(self.currency, lines.collect::<Result<Vec<_>, PricingRefused>>()?)?)
    }
}

/// Terms of a year that follow each other.
const fn a_year_of(unit: PeriodUnit) -> u32 {
    match unit {
        PeriodUnit::Day => 365,
        PeriodUnit::Month => 12,
        PeriodUnit::Year => 1,
    }
}

/// What a meter charges at once for the least that it counts with; a part of what was spent is no price.
fn single_prices(meter: &Meter) -> Vec<Decimal> {
    match &meter.price {
        UsagePrice::Fixed { unit_price: price } | UsagePrice::PackageSize { price, .. } => vec![*price],
        UsagePrice::Tiered { ranges } | UsagePrice::Volume { ranges } => {
            ranges.iter().map(|range| range.unit_price).collect()
        }
        UsagePrice::StairStep { stairs } => stairs.iter().map(|stair| stair.price).collect(),
        UsagePrice::Percentage { .. } => Vec::new(),
    }
}

/// An exact amount and a number that costs it.
type Example = (Decimal, u64);

/// The least and the most that an allowed number costs for one period. Where the whole number has one price a larger number
/// can cost less, so that both ends of every range are looked at.
fn extremes(quantity: &Quantity, rule: &QuantityPrice) -> Result<(Example, Example), PricingRefused> {
    let Quantity { min, max, step, .. } = *quantity;
    let step = step.max(1);
    let up = |count: u64| {
        let past = count.max(min).saturating_sub(min);
        min.saturating_add(past.div_ceil(step).saturating_mul(step))
    };
    let down = |count: u64| {
        let past = count.max(min).saturating_sub(min);
        min.saturating_add(past - past % step)
    };
    let mut counts = vec![min, max];
    if let QuantityPrice::Volume { tiers } = rule {
        counts.extend(tiers.iter().flat_map(|tier| [up(tier.from), down(tier.last().min(max))]));
    }
    let allowed: BTreeMap<u64, Decimal> = counts
        .into_iter()
        .filter(|count| (min..=max).contains(count))
        .map(|count| Ok((count, amount(rule, count, |_, _| ())?)))
        .collect::<Result<_, PricingRefused>>()?;
    let examples = || allowed.iter().map(|(count, amount)| (*amount, *count));
    let none = (Decimal::ZERO, min);
    Ok((examples().min().unwrap_or(none), examples().max().unwrap_or(none)))
}
