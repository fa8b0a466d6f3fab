//! Prices of what is used: how a SKU begins with them, and how much use makes an example that tells something.

use std::collections::BTreeMap;

use kernel::{Currency, Localized};
use policy::BillingMode;
use pricing::{
    Billing, BillingCycle, Choice, Counted, Meter, OnDemand, Overage, Package, PeriodUnit, Price, Term, USAGE_MAX,
    UsagePrice,
};
use rust_decimal::Decimal;

use super::{
    draft::{Listing, Sku, Spec},
    skus::plan,
};

/// How much of everything is used, by the codes of what is counted.
pub(crate) type Usage = BTreeMap<String, Decimal>;

impl Spec {
    /// Whether it is paid by use, or a package of use.
    pub(crate) fn is_by_use(&self) -> bool {
        match self.billing_mode {
            Some(BillingMode::OnDemand | BillingMode::Package) => true,
            Some(BillingMode::OneOff | BillingMode::Period) | None => false,
        }
    }
}

impl Listing {
    /// How the use of a SKU is priced, line by line; nothing while its prices are incomplete.
    pub(crate) fn by_use(&self, spec: &Spec, sku: &Sku, currency: Option<Currency>) -> Vec<Localized> {
        let choice = Choice { currency, ..Choice::default() };
        let quote = plan(self, spec, sku).and_then(|plan| pricing::quote(&plan, &choice).ok());
        let lines = quote.map(|quote| quote.lines.into_iter().map(|line| line.text).chain(quote.notes));
        lines.into_iter().flatten().collect()
    }
}

/// What a SKU of a spec that is paid by use begins with.
pub(super) fn begun(mode: BillingMode, base: Option<Decimal>) -> Option<Billing> {
    match mode {
        BillingMode::OnDemand => Some(Billing::OnDemand(OnDemand {
            cycle: BillingCycle::Hour,
            meters: vec![metered(calls(), base.unwrap_or_default())],
            commitment: None,
            set_up: None,
        })),
        BillingMode::Package => Some(Billing::Package(Package {
            counts: calls(),
            amount: Decimal::ONE_THOUSAND,
            term: Term { unit: PeriodUnit::Month, count: 1 },
            reset: None,
            price: Price { base: base.or(Some(Decimal::ZERO)), ..Price::default() },
            overage: Overage::Stop,
        })),
        BillingMode::OneOff | BillingMode::Period => None,
    }
}

/// A meter with one price for each unit.
pub(crate) fn metered(counts: Counted, unit_price: Decimal) -> Meter {
    Meter {
        counts,
        factor: None,
        class: None,
        per: 1,
        price: UsagePrice::Fixed { unit_price },
        accumulation: None,
        allowance: None,
    }
}

/// What use is counted in until the seller says otherwise.
fn calls() -> Counted {
    let (name, unit) = (Localized::new("Calls", "调用次数"), Localized::new("calls", "次"));
    Counted { code: "calls".to_owned(), name, unit, unit_one: Some("call".to_owned()) }
}

/// What is counted under a price, in the order of its meters.
pub(crate) fn counted_by(billing: &Billing) -> Vec<&Counted> {
    match billing {
        Billing::OneOff { .. } | Billing::Period { .. } => Vec::new(),
        Billing::OnDemand(on_demand) => on_demand.meters.iter().map(|meter| &meter.counts).collect(),
        Billing::Package(package) => {
            let own = &package.counts;
            let further = beyond(package).filter(|meter| meter.counts.code != own.code).map(|meter| &meter.counts);
            std::iter::once(own).chain(further).collect()
        }
    }
}

/// The meters that charge what goes beyond a package.
fn beyond(package: &Package) -> impl Iterator<Item = &Meter> {
    let meters = match &package.overage {
        Overage::Stop => &[][..],
        Overage::OnDemand { billing } => &billing.meters[..],
    };
    meters.iter()
}

/// As much use as shows how a price works: past the first range, past what is free, past the package.
pub(crate) fn example(billing: &Billing) -> Usage {
    let of = |meter: &Meter| (meter.counts.code.clone(), bounded(telling(meter)));
    match billing {
        Billing::OneOff { .. } | Billing::Period { .. } => Usage::new(),
        Billing::OnDemand(on_demand) => on_demand.meters.iter().map(of).collect(),
        Billing::Package(package) => {
            let mut usage: Usage = beyond(package).map(of).collect();
            let own = beyond(package).find(|meter| meter.counts.code == package.counts.code).map(telling);
            let used = own.map_or(Some(package.amount), |more| package.amount.checked_add(more));
            usage.insert(package.counts.code.clone(), bounded(used.unwrap_or(package.amount)));
            usage
        }
    }
}

/// The tables of the reference marketplace tell 8 minutes where the first range ends at 3.
fn telling(meter: &Meter) -> Decimal {
    let past = |end: Option<Decimal>| {
        let end = end.unwrap_or(Decimal::from(4));
        end.checked_mul(Decimal::TWO).and_then(|twice| twice.checked_add(Decimal::TWO)).unwrap_or(end)
    };
    let count = match &meter.price {
        UsagePrice::Fixed { .. } => Decimal::from(meter.per.saturating_mul(10)),
        UsagePrice::Tiered { ranges } | UsagePrice::Volume { ranges } => {
            past(ranges.first().and_then(|range| range.up_to))
        }
        UsagePrice::StairStep { stairs } => past(stairs.first().and_then(|stair| stair.up_to)),
        UsagePrice::PackageSize { size, .. } => Decimal::from(size.saturating_mul(2).saturating_add(size / 2)),
        UsagePrice::Percentage { .. } => Decimal::ONE_THOUSAND,
    };
    let free = meter.allowance.map_or(Decimal::ZERO, |allowance| allowance.quantity);
    count.checked_add(free).unwrap_or(count)
}

fn bounded(count: Decimal) -> Decimal {
    count.clamp(Decimal::ZERO, Decimal::from(USAGE_MAX)).normalize()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn billing(meter: serde_json::Value) -> Billing {
        let mut meter = meter;
        meter["counts"] = json!({"code": "minutes", "name": {"en": "Minutes", "zh": "分钟数"}, "unit": {"en": "minutes", "zh": "分钟"}});
        serde_json::from_value(json!({"mode": "on_demand", "cycle": "day", "meters": [meter]})).unwrap()
    }

    #[test]
    fn the_example_is_the_one_that_the_reference_tells() {
        let ranges = json!([{"up_to": "3", "unit_price": "0.30"}, {"unit_price": "0.20"}]);
        let tiered = billing(json!({"price": {"model": "tiered", "ranges": ranges}, "accumulation": "day"}));
        assert_eq!(example(&tiered), Usage::from([("minutes".to_owned(), 8.into())]));
        let Billing::OnDemand(on_demand) = &tiered else { panic!("{tiered:?}") };
        let told = pricing::estimate(on_demand, "CNY".parse().unwrap(), &example(&tiered)).unwrap();
        assert_eq!(told.lines[0].text.en, "8 minutes: 3 × 0.30 + 5 × 0.20 = 1.90");
    }

    #[test]
    fn what_is_free_and_what_a_package_holds_comes_first() {
        let free =
            json!({"price": {"model": "fixed", "unit_price": "2"}, "allowance": {"quantity": "5", "cycle": "day"}});
        assert_eq!(example(&billing(free))["minutes"], 15.into());
        let begun = begun(BillingMode::Package, None).unwrap();
        assert_eq!(example(&begun)["calls"], Decimal::ONE_THOUSAND);
        assert_eq!(counted_by(&begun)[0].code, "calls");
    }
}
