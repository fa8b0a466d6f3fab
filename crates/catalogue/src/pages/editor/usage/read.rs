//! What was typed for prices of use, as prices.

use kernel::Invalid;
use policy::BillingMode;
use pricing::{
    Allowance, Billing, BillingCycle, Commitment, Counted, CountingCycle, METERS_MAX, Meter, OnDemand, Overage,
    Package, PeriodUnit, Price, Stair, Term, TokenClass, UsagePrice, UsageRange,
};
use rust_decimal::Decimal;

use super::{super::Typed, RANGES_MAX, is_written};
use crate::rules::{amount, basis_points, code_from, metered};

/// The prices of a SKU; `None`: its spec is not paid by use.
pub(super) fn billing(mode: Option<BillingMode>, typed: &Typed, at: &str, wrong: &mut Invalid) -> Option<Billing> {
    match mode {
        Some(BillingMode::OnDemand) => Some(Billing::OnDemand(on_demand(typed, at, wrong))),
        Some(BillingMode::Package) => Some(Billing::Package(package(typed, at, wrong))),
        Some(BillingMode::OneOff | BillingMode::Period) | None => None,
    }
}

fn on_demand(typed: &Typed, at: &str, wrong: &mut Invalid) -> OnDemand {
    let mut meters: Vec<Meter> = Vec::new();
    for index in 0..typed.count(&format!("{at}.meters")).min(METERS_MAX) {
        let at = format!("{at}.meters[{index}]");
        let gone = typed.text(&format!("{at}.gone")) == "true";
        if is_written(typed, &at) && !gone {
            let taken: Vec<String> = meters.iter().map(|meter| meter.counts.code.clone()).collect();
            meters.push(meter(typed, &at, &taken, wrong));
        }
    }
    let amount = typed.price(&format!("{at}.commitment.amount"), wrong);
    let cycle = typed.text(&format!("{at}.commitment.cycle")).parse().unwrap_or(CountingCycle::Month);
    OnDemand {
        cycle: typed.text(&format!("{at}.cycle")).parse().unwrap_or(BillingCycle::Hour),
        meters,
        commitment: amount.map(|amount| Commitment { amount, cycle }),
        set_up: typed.price(&format!("{at}.set_up"), wrong),
    }
}

fn meter(typed: &Typed, at: &str, taken: &[String], wrong: &mut Invalid) -> Meter {
    let quantity = typed.count_of(&format!("{at}.allowance.quantity"), wrong);
    let cycle = typed.text(&format!("{at}.allowance.cycle")).parse().unwrap_or(CountingCycle::Month);
    let price = usage_price(typed, &format!("{at}.price"), wrong);
    let chosen: Option<CountingCycle> = typed.text(&format!("{at}.accumulation")).parse().ok();
    let accumulation = match price {
        // What adds up needs to know over which time.
        UsagePrice::Tiered { .. } | UsagePrice::StairStep { .. } => chosen.or(Some(CountingCycle::Month)),
        UsagePrice::PackageSize { .. } => chosen,
        UsagePrice::Fixed { .. } | UsagePrice::Volume { .. } | UsagePrice::Percentage { .. } => None,
    };
    let by_unit = match price {
        UsagePrice::Fixed { .. } | UsagePrice::Tiered { .. } | UsagePrice::Volume { .. } => true,
        UsagePrice::StairStep { .. } | UsagePrice::PackageSize { .. } | UsagePrice::Percentage { .. } => false,
    };
    let per = typed.number(&format!("{at}.per"), wrong).filter(|_| by_unit);
    Meter {
        counts: counted(typed, at, taken),
        factor: Some(typed.text(&format!("{at}.factor")).to_owned()).filter(|factor| !factor.is_empty()),
        class: typed.text(&format!("{at}.class")).parse::<TokenClass>().ok(),
        per: per.unwrap_or(1),
        price,
        accumulation,
        allowance: quantity.map(|quantity| Allowance { quantity, cycle }),
    }
}

/// A code that was not typed is made from the English name.
fn counted(typed: &Typed, at: &str, taken: &[String]) -> Counted {
    let at = format!("{at}.counts");
    let name = typed.line(&format!("{at}.name"));
    let own = typed.text(&format!("{at}.code")).trim();
    let taken: Vec<&str> = taken.iter().map(String::as_str).collect();
    let code = if own.is_empty() { code_from(&name.en, "meter", &taken) } else { own.to_owned() };
    let one = typed.text(&format!("{at}.unit_one")).trim().to_owned();
    Counted { code, name, unit: typed.line(&format!("{at}.unit")), unit_one: Some(one).filter(|one| !one.is_empty()) }
}

/// The price in its model; a model that was just chosen begins with what was typed as the price.
fn usage_price(typed: &Typed, at: &str, wrong: &mut Invalid) -> UsagePrice {
    let unit_price = first_price(typed, at, wrong);
    match typed.text(&format!("{at}.model")) {
        "tiered" => UsagePrice::Tiered { ranges: ranges(typed, at, unit_price, wrong) },
        "volume" => UsagePrice::Volume { ranges: ranges(typed, at, unit_price, wrong) },
        "stair_step" => {
            let stairs = rows(typed, &format!("{at}.stairs"), "price", wrong);
            let stairs = stairs.into_iter().map(|(up_to, price)| Stair { up_to, price });
            let stairs: Vec<Stair> = stairs.collect();
            let first = vec![Stair { up_to: None, price: unit_price }];
            UsagePrice::StairStep { stairs: if stairs.is_empty() { first } else { stairs } }
        }
        "package_size" => UsagePrice::PackageSize {
            size: typed.number(&format!("{at}.size"), wrong).unwrap_or(1),
            price: typed.price(&format!("{at}.price"), wrong).unwrap_or(unit_price),
        },
        "percentage" => {
            let field = format!("{at}.percent");
            let hint = ("must be a percentage such as 2.5", "须为 2.5 这样的百分比");
            let points = basis_points(typed.text(&field));
            wrong.check(points.is_some() || typed.text(&field).trim().is_empty(), &field, hint);
            // What is stored has the other name. Nothing at all is refused when the listing is submitted.
            let stored = typed.number(&format!("{at}.basis_points"), wrong);
            UsagePrice::Percentage { basis_points: points.or(stored).unwrap_or(0) }
        }
        _ => UsagePrice::Fixed { unit_price },
    }
}

/// The price that is typed first in whatever model was shown.
fn first_price(typed: &Typed, at: &str, wrong: &mut Invalid) -> Decimal {
    let fields =
        ["unit_price", "ranges[0].unit_price", "stairs[0].price", "price"].map(|field| format!("{at}.{field}"));
    let field = fields.iter().find(|field| !typed.text(field).trim().is_empty());
    field.and_then(|field| typed.price(field, wrong)).unwrap_or_default()
}

fn ranges(typed: &Typed, at: &str, otherwise: Decimal, wrong: &mut Invalid) -> Vec<UsageRange> {
    let found = rows(typed, &format!("{at}.ranges"), "unit_price", wrong);
    let found: Vec<UsageRange> =
        found.into_iter().map(|(up_to, unit_price)| UsageRange { up_to, unit_price }).collect();
    if found.is_empty() { vec![UsageRange { up_to: None, unit_price: otherwise }] } else { found }
}

/// What was typed into the rows of a table of ranges; a row without a price is not there. What was pasted stands for all
/// of the table.
fn rows(typed: &Typed, list: &str, price: &str, wrong: &mut Invalid) -> Vec<(Option<Decimal>, Decimal)> {
    let field = format!("{list}.pasted");
    if !typed.text(&field).trim().is_empty() {
        let lines = typed.text(&field).lines().map(str::trim).filter(|line| !line.is_empty());
        let found: Option<Vec<_>> = lines.map(pasted).collect();
        let hint = (
            "must have an end and a price in each line, such as 1000 and 0.30; the last line a price alone",
            "每行须为上限和价格，例如 1000 和 0.30；最后一行只填价格",
        );
        return wrong.keep(found.ok_or(hint), field).unwrap_or_default();
    }
    let mut found = Vec::new();
    for row in 0..typed.count(list).min(RANGES_MAX) {
        let price = typed.price(&format!("{list}[{row}].{price}"), wrong);
        let up_to = typed.count_of(&format!("{list}[{row}].up_to"), wrong);
        found.extend(price.map(|price| (up_to, price)));
    }
    found
}

/// A line of a spreadsheet: `1000` and `0.30`, parted by a tab, a semicolon or blanks; `0.20` alone goes on for ever.
fn pasted(line: &str) -> Option<(Option<Decimal>, Decimal)> {
    let cells = line.split(['\t', ';', '；', ' ']).filter(|cell| !cell.is_empty());
    let numbers: Option<Vec<Decimal>> = cells.map(amount).collect();
    let fine = |price: Decimal| pricing::price_is_bounded(price).then_some(price);
    match numbers?[..] {
        [price] => Some((None, fine(price)?)),
        [up_to, price] => Some((Some(up_to), fine(price)?)),
        _ => None,
    }
}

fn package(typed: &Typed, at: &str, wrong: &mut Invalid) -> Package {
    let overage = match typed.text(&format!("{at}.overage.then")) {
        "on_demand" => {
            let further = format!("{at}.overage.billing");
            let mut billing = on_demand(typed, &further, wrong);
            let counts = counted(typed, at, &[]);
            // The meter that goes on is the package's own.
            if billing.meters.is_empty() {
                billing.meters.push(metered(counts.clone(), Decimal::ZERO));
            }
            let own = billing.meters.iter().position(|meter| meter.counts.code == counts.code).unwrap_or_default();
            if let Some(meter) = billing.meters.get_mut(own) {
                meter.counts = counts;
            }
            Overage::OnDemand { billing }
        }
        _ => Overage::Stop,
    };
    Package {
        counts: counted(typed, at, &[]),
        amount: typed.count_of(&format!("{at}.amount"), wrong).unwrap_or_default(),
        term: Term {
            unit: typed.text(&format!("{at}.term.unit")).parse().unwrap_or(PeriodUnit::Month),
            count: typed.number(&format!("{at}.term.count"), wrong).unwrap_or(1),
        },
        reset: typed.text(&format!("{at}.reset")).parse().ok(),
        price: Price { base: typed.price(&format!("{at}.price.base"), wrong), ..Price::default() },
        overage,
    }
}
