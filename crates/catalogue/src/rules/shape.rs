//! What the prices of a spec's SKUs have in common, so that they can be written as one table: a row for each SKU, a column
//! for each price.

use kernel::choices;
use policy::BillingMode;
use pricing::{Billing, DAYS_MAX, Discount, PERIODS_MAX, PeriodPrice, PeriodUnit, Price, QuantityPrice, Tier};
use rust_decimal::Decimal;

use super::{draft::Spec, span::PERIODS_USUAL, tables::rounded};

choices! {
    /// For how long a price pays.
    pub(crate) enum Term { Once = "once", Day = "day", Month = "month", Year = "year" }
}

choices! {
    /// How a quantity is priced.
    pub(crate) enum Model { Linear = "linear", Tiered = "tiered", Volume = "volume" }
}

/// The form that the prices of a spec share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) terms: Vec<TermShape>,
    pub(crate) quantities: Vec<QuantityShape>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TermShape {
    pub(crate) term: Term,
    pub(crate) periods_max: u32,
    pub(crate) discounts: Vec<Discount>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QuantityShape {
    pub(crate) code: String,
    pub(crate) model: Model,
    /// Where the ranges begin; one range, from 1, for a linear price.
    pub(crate) starts: Vec<u64>,
}

/// One price of a SKU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) term: Term,
    /// The quantity and the number of its range; `None` is the base price.
    pub(crate) part: Option<(QuantityShape, usize)>,
}

impl Column {
    /// Where the price stands below its SKU.
    pub(crate) fn path(&self) -> String {
        let price = match self.term {
            Term::Once => "billing.price".to_owned(),
            Term::Day | Term::Month | Term::Year => format!("billing.{}.price", self.term),
        };
        match &self.part {
            None => format!("{price}.base"),
            Some((quantity, _)) if quantity.model == Model::Linear => {
                format!("{price}.quantities.{}.unit_price", quantity.code)
            }
            Some((quantity, tier)) => format!("{price}.quantities.{}.tiers[{tier}].unit_price", quantity.code),
        }
    }
}

/// What was written in the row of a SKU, column by column.
pub(crate) type Cells = Vec<Option<Decimal>>;

impl Shape {
    /// The form of the first price of each kind.
    pub(crate) fn of(spec: &Spec) -> Self {
        let billings = || spec.skus.iter().filter_map(|sku| sku.billing.as_ref());
        let priced = |term: Term| billings().find_map(|billing| period_of(billing, term));
        let shaped = |term: Term| {
            let period = priced(term)?;
            Some(TermShape { term, periods_max: period.periods_max, discounts: period.discounts.clone() })
        };
        let terms = match spec.billing_mode {
            // What is paid by use has no table of prices.
            Some(BillingMode::OneOff | BillingMode::OnDemand | BillingMode::Package) | None => {
                vec![TermShape { term: Term::Once, periods_max: 1, discounts: Vec::new() }]
            }
            Some(BillingMode::Period) => {
                let known: Vec<TermShape> = Term::PERIODS.into_iter().filter_map(shaped).collect();
                if known.is_empty() { vec![TermShape::usual(Term::Month)] } else { known }
            }
        };
        let quantities = spec.quantity_codes().into_iter().map(|code| {
            let rule = billings().flat_map(prices_of).find_map(|(_, price)| price.quantities.get(&code));
            rule.map_or_else(
                || QuantityShape { code: code.clone(), model: Model::Linear, starts: vec![1] },
                |rule| QuantityShape::of(&code, rule),
            )
        });
        Self { terms, quantities: quantities.collect() }
    }

    pub(crate) fn columns(&self) -> Vec<Column> {
        let of_term = |shape: &TermShape| {
            let mut columns = vec![Column { term: shape.term, part: None }];
            for quantity in &self.quantities {
                let ranges = 0..quantity.starts.len();
                columns.extend(ranges.map(|tier| Column { term: shape.term, part: Some((quantity.clone(), tier)) }));
            }
            columns
        };
        self.terms.iter().flat_map(of_term).collect()
    }

    /// The prices of a SKU in the columns; `None`: its prices have another form.
    pub(crate) fn cells(&self, billing: Option<&Billing>) -> Option<Cells> {
        let Some(billing) = billing else { return Some(vec![None; self.columns().len()]) };
        let own = prices_of(billing);
        if own.is_empty() || own.iter().any(|(term, _)| self.terms.iter().all(|shape| shape.term != *term)) {
            return None;
        }
        let mut cells = Vec::new();
        for shape in &self.terms {
            let Some((_, price)) = own.iter().find(|(term, _)| *term == shape.term) else {
                cells.extend(self.quantities.iter().flat_map(|quantity| vec![None; quantity.starts.len()]));
                cells.push(None);
                continue;
            };
            let period = period_of(billing, shape.term);
            let alike = period
                .is_none_or(|period| period.periods_max == shape.periods_max && period.discounts == shape.discounts);
            if !alike || price.quantities.len() > self.quantities.len() {
                return None;
            }
            let mut own = vec![price.base];
            for quantity in &self.quantities {
                match price.quantities.get(&quantity.code) {
                    None => own.extend(vec![None; quantity.starts.len()]),
                    Some(rule) if QuantityShape::of(&quantity.code, rule) == *quantity => {
                        own.extend(unit_prices(rule).into_iter().map(Some));
                    }
                    Some(_) => return None,
                }
            }
            // Where nothing costs anything, nobody has written yet.
            let blank = own.iter().flatten().all(Decimal::is_zero);
            cells.extend(if blank { vec![None; own.len()] } else { own });
        }
        Some(cells)
    }

    /// How many columns a term has.
    fn width(&self) -> usize {
        1 + self.quantities.iter().map(|quantity| quantity.starts.len()).sum::<usize>()
    }

    /// Which of the terms any of the rows says something about.
    pub(crate) fn written(&self, rows: &[Cells]) -> Vec<bool> {
        let width = self.width();
        let says =
            |row: &Cells, at: usize| row.chunks(width).nth(at).is_some_and(|cells| cells.iter().any(Option::is_some));
        (0..self.terms.len()).map(|at| rows.iter().any(|row| says(row, at))).collect()
    }

    /// The prices that a row says. A term that others write and this row does not is left out of it. What nobody has
    /// written yet costs nothing, which keeps the form and which the rules for submitting refuse. An error: the columns
    /// that are missing.
    pub(crate) fn billing(&self, cells: &[Option<Decimal>], written: &[bool]) -> Result<Billing, Vec<usize>> {
        let width = self.width();
        let nothing = cells.iter().all(Option::is_none);
        let mut missing = Vec::new();
        let mut prices = Vec::new();
        for (index, (shape, row)) in self.terms.iter().zip(cells.chunks(width)).enumerate() {
            let blank = row.iter().all(Option::is_none);
            if blank && !nothing && written.get(index).is_some_and(|written| *written) {
                continue;
            }
            let (base, units) = row.split_first().map_or((None, row), |(base, units)| (*base, units));
            if !blank {
                let gaps = units.iter().enumerate().filter(|(_, unit)| unit.is_none());
                missing.extend(gaps.map(|(at, _)| index * width + 1 + at));
            }
            let mut units = units.iter().map(|unit| unit.unwrap_or_default());
            let rules = self.quantities.iter().map(|quantity| (quantity.code.clone(), quantity.rule(&mut units)));
            let quantities = rules.collect();
            let base = if blank && self.quantities.is_empty() { Some(Decimal::ZERO) } else { base };
            prices.push((shape, Price { base, quantities }));
        }
        if missing.is_empty() { Ok(billing_of(prices)) } else { Err(missing) }
    }

    /// Prices of another form in this one: a new range takes the price that held where it begins, a new term that of the other.
    pub(crate) fn reshape(&self, billing: Option<&Billing>) -> Billing {
        // What is paid by use has no such form.
        if let Some(by_use @ (Billing::OnDemand(_) | Billing::Package(_))) = billing {
            return by_use.clone();
        }
        let old = billing.map(prices_of).unwrap_or_default();
        let price = |shape: &TermShape| {
            let own = old.iter().find(|(term, _)| *term == shape.term).or(old.first()).map(|(_, price)| *price);
            let rules = self.quantities.iter().map(|quantity| {
                let old = own.and_then(|price| price.quantities.get(&quantity.code));
                let mut units = quantity.starts.iter().map(|start| old.map_or(Decimal::ZERO, |rule| at(rule, *start)));
                (quantity.code.clone(), quantity.rule(&mut units))
            });
            let base = own.and_then(|price| price.base);
            let base = if self.quantities.is_empty() { base.or(Some(Decimal::ZERO)) } else { base };
            Price { base, quantities: rules.collect() }
        };
        with_set_up(billing_of(self.terms.iter().map(|shape| (shape, price(shape))).collect()), billing)
    }
}

impl Term {
    /// The terms of prices per period.
    pub(crate) const PERIODS: [Self; 3] = [Self::Day, Self::Month, Self::Year];

    /// What a period of it is.
    pub(crate) fn unit(self) -> Option<PeriodUnit> {
        match self {
            Self::Once => None,
            Self::Day => Some(PeriodUnit::Day),
            Self::Month => Some(PeriodUnit::Month),
            Self::Year => Some(PeriodUnit::Year),
        }
    }
}

impl TermShape {
    pub(crate) fn usual(term: Term) -> Self {
        let periods_max = match term {
            Term::Once => 1,
            Term::Day => DAYS_MAX,
            Term::Month => PERIODS_USUAL,
            Term::Year => PERIODS_MAX.min(5),
        };
        Self { term, periods_max, discounts: Vec::new() }
    }
}

impl QuantityShape {
    fn of(code: &str, rule: &QuantityPrice) -> Self {
        let (model, starts) = match rule {
            QuantityPrice::Linear { .. } => (Model::Linear, vec![1]),
            QuantityPrice::Tiered { tiers } => (Model::Tiered, starts_of(tiers)),
            QuantityPrice::Volume { tiers } => (Model::Volume, starts_of(tiers)),
        };
        Self { code: code.to_owned(), model, starts }
    }

    fn rule(&self, units: &mut impl Iterator<Item = Decimal>) -> QuantityPrice {
        let ends = self.starts.iter().skip(1).map(|next| Some(next.saturating_sub(1))).chain([None]);
        let ranges = self.starts.iter().zip(ends);
        let mut tiers = ranges.map(|(from, to)| Tier { from: *from, to, unit_price: units.next().unwrap_or_default() });
        match self.model {
            Model::Linear => {
                QuantityPrice::Linear { unit_price: tiers.next().map_or(Decimal::ZERO, |tier| tier.unit_price) }
            }
            Model::Tiered => QuantityPrice::Tiered { tiers: tiers.collect() },
            Model::Volume => QuantityPrice::Volume { tiers: tiers.collect() },
        }
    }

    /// The range with a number, both ends inside; the last one is open.
    pub(crate) fn range(&self, tier: usize) -> (u64, Option<u64>) {
        let from = self.starts.get(tier).copied().unwrap_or(1);
        (from, self.starts.get(tier.saturating_add(1)).map(|next| next.saturating_sub(1)))
    }
}

fn starts_of(tiers: &[Tier]) -> Vec<u64> {
    tiers.iter().map(|tier| tier.from).collect()
}

fn unit_prices(rule: &QuantityPrice) -> Vec<Decimal> {
    match rule {
        QuantityPrice::Linear { unit_price } => vec![*unit_price],
        QuantityPrice::Tiered { tiers } | QuantityPrice::Volume { tiers } => {
            tiers.iter().map(|tier| tier.unit_price).collect()
        }
    }
}

/// The unit price that holds for a number.
fn at(rule: &QuantityPrice, number: u64) -> Decimal {
    match rule {
        QuantityPrice::Linear { unit_price } => *unit_price,
        QuantityPrice::Tiered { tiers } | QuantityPrice::Volume { tiers } => {
            let reached = tiers.iter().rev().find(|tier| tier.from <= number);
            reached.or(tiers.first()).map_or(Decimal::ZERO, |tier| tier.unit_price)
        }
    }
}

fn period_of(billing: &Billing, term: Term) -> Option<&PeriodPrice> {
    billing.period(term.unit()?)
}

/// The prices of a SKU, each with its term.
pub(crate) fn prices_of(billing: &Billing) -> Vec<(Term, &Price)> {
    match billing {
        Billing::OneOff { price } => vec![(Term::Once, price)],
        Billing::Period { .. } => {
            let given = Term::PERIODS.into_iter().filter_map(|term| Some((term, &period_of(billing, term)?.price)));
            given.collect()
        }
        Billing::OnDemand(_) | Billing::Package(_) => Vec::new(),
    }
}

fn billing_of(prices: Vec<(&TermShape, Price)>) -> Billing {
    let (mut day, mut month, mut year) = (None, None, None);
    for (shape, price) in prices {
        let period = |price| PeriodPrice { price, periods_max: shape.periods_max, discounts: shape.discounts.clone() };
        match shape.term {
            Term::Once => return Billing::OneOff { price },
            Term::Day => day = Some(period(price)),
            Term::Month => month = Some(period(price)),
            Term::Year => year = Some(period(price)),
        }
    }
    Billing::Period { day, month, year, set_up: None }
}

/// The same prices with what is paid once for setting up, as it was.
pub(crate) fn with_set_up(billing: Billing, before: Option<&Billing>) -> Billing {
    match billing {
        Billing::Period { day, month, year, set_up } => {
            Billing::Period { day, month, year, set_up: set_up.or(before.and_then(Billing::set_up)) }
        }
        Billing::OneOff { .. } | Billing::OnDemand(_) | Billing::Package(_) => billing,
    }
}

/// What is done to a whole column at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bulk {
    Set(Decimal),
    /// By so many percent, up or down.
    Change(Decimal),
}

impl Bulk {
    /// The new price. Where a percentage is taken it is rounded to the cent, or as fine as it was, half to even; a price of
    /// which nothing would be left stays.
    pub(crate) fn apply(self, price: Option<Decimal>) -> Option<Decimal> {
        match self {
            Self::Set(price) => Some(price),
            Self::Change(percent) => {
                let hundred = Decimal::ONE_HUNDRED;
                let factor = hundred.checked_add(percent)?.checked_div(hundred)?;
                let changed = |price: Decimal| rounded(price.checked_mul(factor)?, price.normalize().scale());
                price.and_then(changed).or(price)
            }
        }
    }
}

/// A percentage in basis points: `12.5` is 1250.
pub(crate) fn basis_points(text: &str) -> Option<u32> {
    let percent: Decimal = text.trim().trim_end_matches(['%', '％']).trim().parse().ok()?;
    let points = percent.checked_mul(Decimal::ONE_HUNDRED)?.normalize();
    if points.scale() == 0 { points.try_into().ok() } else { None }
}

/// Basis points as a percentage: 1250 is `12.5`.
pub(crate) fn percent(basis_points: u32) -> String {
    Decimal::new(i64::from(basis_points), 2).normalize().to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn spec() -> Spec {
        serde_json::from_value(json!({"code": "server", "billing_mode": "period", "attributes": [
            {"kind": "quantity", "code": "users", "min": 1, "max": 100, "step": 1}],
            "skus": [{"values": {}, "billing": {"mode": "period", "month": {
                "price": {"base": "5", "quantities": {"users": {"model": "tiered", "tiers": [
                    {"from": 1, "to": 10, "unit_price": "30"}, {"from": 11, "unit_price": "25"}]}}},
                "periods_max": 36, "discounts": [{"periods_min": 12, "basis_points": 1000}]}}}]}))
        .unwrap()
    }

    #[test]
    fn prices_become_a_row_and_the_row_the_same_prices() {
        let spec = spec();
        let shape = Shape::of(&spec);
        let billing = spec.skus[0].billing.as_ref();
        let cells = shape.cells(billing).unwrap();
        assert_eq!(cells, [Some(5.into()), Some(30.into()), Some(25.into())]);
        assert_eq!(shape.billing(&cells, &[true]).as_ref().ok(), billing);
        let paths: Vec<String> = shape.columns().iter().map(Column::path).collect();
        assert_eq!(paths[2], "billing.month.price.quantities.users.tiers[1].unit_price");
    }

    #[test]
    fn a_row_that_is_half_written_says_what_is_missing_and_an_empty_one_keeps_the_form() {
        let spec = spec();
        let shape = Shape::of(&spec);
        assert_eq!(shape.billing(&[None, Some(3.into()), None], &[true]), Err(vec![2]));
        let empty = shape.billing(&[None, None, None], &[false]).unwrap();
        assert_eq!(shape.cells(Some(&empty)), Some(vec![None, None, None]));
        let kept =
            Spec { skus: vec![super::super::draft::Sku { billing: Some(empty), ..spec.skus[0].clone() }], ..spec };
        assert_eq!(Shape::of(&kept), shape);
    }

    #[test]
    fn a_term_that_only_others_write_is_left_out_and_one_that_nobody_has_written_stays() {
        let spec = spec();
        let mut shape = Shape::of(&spec);
        shape.terms.push(TermShape::usual(Term::Year));
        let month = [Some(5.into()), Some(30.into()), Some(25.into())];
        let row = [month, [None; 3]].concat();
        assert_eq!(shape.written(std::slice::from_ref(&row)), [true, false]);
        let Ok(Billing::Period { year, .. }) = shape.billing(&row, &[true, true]) else { panic!("{row:?}") };
        assert_eq!(year, None);
        let kept = shape.billing(&row, &[true, false]).unwrap();
        assert_eq!(prices_of(&kept).len(), 2);
        assert_eq!(shape.cells(Some(&kept)), Some(row));
    }

    #[test]
    fn another_form_takes_the_prices_over() {
        let spec = spec();
        let mut shape = Shape::of(&spec);
        shape.terms.push(TermShape::usual(Term::Year));
        shape.quantities[0].starts = vec![1, 5, 11];
        let billing = shape.reshape(spec.skus[0].billing.as_ref());
        let prices = [Some(5.into()), Some(30.into()), Some(30.into()), Some(25.into())];
        assert_eq!(shape.cells(Some(&billing)).unwrap(), [prices, prices].concat());
        assert!(Shape::of(&spec).cells(Some(&billing)).is_none());
    }

    #[test]
    fn percentages_are_exact() {
        assert_eq!(
            (basis_points("12.5"), basis_points("10 %"), basis_points("0.001")),
            (Some(1_250), Some(1_000), None)
        );
        assert_eq!((percent(1_250), percent(1_000)), ("12.5".to_owned(), "10".to_owned()));
        assert_eq!(Bulk::Change((-10).into()).apply(Some("9.99".parse().unwrap())), Some("8.99".parse().unwrap()));
        assert_eq!(Bulk::Change(10.into()).apply(None), None);
    }
}
