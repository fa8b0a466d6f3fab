//! Checks of what is paid by use: meters, their ranges, packages.

use kernel::{Currency, Invalid, Localized};
use rust_decimal::Decimal;

use super::{check_amount, is_one_line};
use crate::rules::{
    explain,
    meter::{Counted, METERS_MAX, Meter, OnDemand, USAGE_MAX, USAGE_SCALE, UsagePrice},
    package::{Overage, PACKAGE_YEARS_MAX, Package},
    plan::{Billing, PeriodUnit, QUANTITY_MAX, TIERS_MAX},
    quote::Rounded,
    rate::{Tally, rate},
};

/// A unit price is for at most so many.
const PER_MAX: u64 = 1_000_000_000;

pub(super) fn check_on_demand(on_demand: &OnDemand, path: &str, wrong: &mut Invalid) {
    let OnDemand { cycle: _, meters, commitment, set_up } = on_demand;
    wrong.check(
        (1..=METERS_MAX).contains(&meters.len()),
        format!("{path}.meters"),
        (format!("must be from 1 to {METERS_MAX}"), format!("须为 1 到 {METERS_MAX} 个计费项")),
    );
    for (index, meter) in meters.iter().enumerate() {
        let path = format!("{path}.meters[{index}]");
        let twice = meters[..index].iter().any(|other| other.counts.code == meter.counts.code);
        wrong.check(
            !twice,
            format!("{path}.counts.code"),
            ("is used by another meter; give each its own code", "已被另一个计费项使用，每个计费项须有各自的编码"),
        );
        check_meter(meter, &path, wrong);
    }
    if let Some(commitment) = commitment {
        let field = format!("{path}.commitment.amount");
        check_amount(commitment.amount, &field, wrong);
        let some = !commitment.amount.is_zero();
        wrong.check(some, field, ("must be more than 0, or leave it out", "须大于 0，不需要时不填"));
    }
    if let Some(set_up) = set_up {
        check_amount(*set_up, &format!("{path}.set_up"), wrong);
    }
}

fn check_counted(counts: &Counted, path: &str, wrong: &mut Invalid) {
    let Counted { code, name, unit, unit_one } = counts;
    let at = |field: &str| format!("{path}.counts.{field}");
    wrong.length(code, 1, 40, at("code"));
    let texts = [("name.en", &name.en), ("name.zh", &name.zh), ("unit.en", &unit.en), ("unit.zh", &unit.zh)];
    let one = unit_one.iter().map(|one| ("unit_one", one));
    for (field, text) in texts.into_iter().chain(one) {
        wrong.check(
            is_one_line(text),
            at(field),
            ("must have 1 to 40 printable characters on one line", "须为一行 1 到 40 个字符，不能含控制字符"),
        );
    }
}

fn check_meter(meter: &Meter, path: &str, wrong: &mut Invalid) {
    let Meter { counts, factor, class: _, per, price, accumulation, allowance } = meter;
    check_counted(counts, path, wrong);
    if let Some(factor) = factor {
        wrong.length(factor, 1, 40, format!("{path}.factor"));
    }
    let tens = (1..=PER_MAX).contains(per) && 10_u64.pow(per.ilog10()) == *per;
    wrong.check(
        tens,
        format!("{path}.per"),
        ("must be 1, 10, 100, up to 1000000000", "须为 1、10、100，最大 1000000000"),
    );
    let adds_up = accumulation.is_some();
    let field = format!("{path}.accumulation");
    match price {
        UsagePrice::Tiered { .. } | UsagePrice::StairStep { .. } => wrong.check(
            adds_up,
            field,
            (
                "is missing; say over which cycle usage adds up before it reaches the next range",
                "未填写，须说明用量在哪个周期内累计后进入下一档",
            ),
        ),
        UsagePrice::Fixed { .. } | UsagePrice::Volume { .. } | UsagePrice::Percentage { .. } => wrong.check(
            !adds_up,
            field,
            (
                "is not used by this price, which looks at each record alone; leave it out",
                "不适用于按单条话单计价的方式，不用填写",
            ),
        ),
        UsagePrice::PackageSize { .. } => {}
    }
    check_usage_price(price, &format!("{path}.price"), wrong);
    if let Some(allowance) = allowance {
        check_count(allowance.quantity, &format!("{path}.allowance.quantity"), wrong);
    }
    let one_by_one =
        matches!(price, UsagePrice::StairStep { .. } | UsagePrice::PackageSize { .. } | UsagePrice::Percentage { .. });
    wrong.check(
        *per == 1 || !one_by_one,
        format!("{path}.per"),
        ("must be 1 for this price, which is not per unit", "须为 1，该计价方式不按单位计算"),
    );
}

fn check_usage_price(price: &UsagePrice, path: &str, wrong: &mut Invalid) {
    match price {
        UsagePrice::Fixed { unit_price } => check_amount(*unit_price, &format!("{path}.unit_price"), wrong),
        UsagePrice::Tiered { ranges } | UsagePrice::Volume { ranges } => {
            let ends: Vec<Option<Decimal>> = ranges.iter().map(|range| range.up_to).collect();
            check_ends(&ends, &format!("{path}.ranges"), wrong);
            for (index, range) in ranges.iter().enumerate() {
                check_amount(range.unit_price, &format!("{path}.ranges[{index}].unit_price"), wrong);
            }
        }
        UsagePrice::StairStep { stairs } => {
            let ends: Vec<Option<Decimal>> = stairs.iter().map(|stair| stair.up_to).collect();
            check_ends(&ends, &format!("{path}.stairs"), wrong);
            for (index, stair) in stairs.iter().enumerate() {
                let field = format!("{path}.stairs[{index}].price");
                check_amount(stair.price, &field, wrong);
                let Some(before) = index.checked_sub(1).and_then(|before| stairs.get(before)) else { continue };
                let end = before.up_to.unwrap_or_default();
                wrong.check(
                    before.price <= stair.price,
                    field,
                    (
                        format!(
                            "must not be less than before: {end} in all cost {}, and the next one would cost {}",
                            before.price, stair.price
                        ),
                        format!("不能低于前一档：累计 {end} 时总价 {}，再多用反而只要 {}", before.price, stair.price),
                    ),
                );
            }
        }
        UsagePrice::PackageSize { size, price } => {
            wrong.check(
                (1..=QUANTITY_MAX).contains(size),
                format!("{path}.size"),
                (format!("must be from 1 to {QUANTITY_MAX}"), format!("须在 1 到 {QUANTITY_MAX} 之间")),
            );
            check_amount(*price, &format!("{path}.price"), wrong);
        }
        UsagePrice::Percentage { basis_points } => wrong.check(
            (1..=kernel::rate::BASIS_POINTS).contains(basis_points),
            format!("{path}.basis_points"),
            ("must be from 1 to 10000", "须在 1 到 10000 之间"),
        ),
    }
}

/// Ranges rise, and the last one has no end, so that every count has a price.
fn check_ends(ends: &[Option<Decimal>], path: &str, wrong: &mut Invalid) {
    wrong.check(
        (1..=TIERS_MAX).contains(&ends.len()),
        path,
        (format!("must be from 1 to {TIERS_MAX}"), format!("须为 1 到 {TIERS_MAX} 个区间")),
    );
    let mut before = Decimal::ZERO;
    for (index, end) in ends.iter().enumerate() {
        let field = format!("{path}[{index}].up_to");
        let last = index + 1 == ends.len();
        match end {
            None => wrong.check(
                last,
                field,
                ("is missing; only the last range has no end", "未填写，只有最后一个区间可以不填"),
            ),
            Some(end) if last => wrong.check(
                false,
                field,
                (
                    format!("leaves what is above {end} without a price; leave it out of the last range"),
                    format!("使超过 {end} 的用量没有价格，最后一个区间不填 up_to"),
                ),
            ),
            Some(end) => {
                check_count(*end, &field, wrong);
                wrong.check(
                    *end > before,
                    field,
                    (format!("must be more than {before}, where it begins"), format!("须大于该区间的起点 {before}")),
                );
                before = *end;
            }
        }
    }
}

fn check_count(count: Decimal, field: &str, wrong: &mut Invalid) {
    let fits = count > Decimal::ZERO && count <= Decimal::from(USAGE_MAX) && count.normalize().scale() <= USAGE_SCALE;
    wrong.check(
        fits,
        field,
        (
            format!("must be more than 0 and at most {USAGE_MAX}, with at most {USAGE_SCALE} decimals"),
            format!("须大于 0 且不超过 {USAGE_MAX}，最多 {USAGE_SCALE} 位小数"),
        ),
    );
}

pub(super) fn check_package(package: &Package, wrong: &mut Invalid) {
    let Package { counts, amount, term, reset, price, overage } = package;
    check_counted(counts, "billing", wrong);
    check_count(*amount, "billing.amount", wrong);
    let years = PACKAGE_YEARS_MAX;
    let most = match (reset, term.unit) {
        (Some(_), unit) | (None, unit @ PeriodUnit::Day) => unit.periods_max(),
        (None, PeriodUnit::Month) => years * 12,
        (None, PeriodUnit::Year) => years,
    };
    wrong.check(
        (1..=most).contains(&term.count),
        "billing.term.count",
        (format!("must be from 1 to {most}"), format!("须在 1 到 {most} 之间")),
    );
    match price.base {
        Some(base) => check_amount(base, "billing.price.base", wrong),
        None => wrong.check(false, "billing.price.base", ("is missing", "未填写")),
    }
    wrong.check(
        price.quantities.is_empty(),
        "billing.price.quantities",
        ("are not used by a package; leave them out", "不适用于套餐包，不用填写"),
    );
    if let Overage::OnDemand { billing } = overage {
        check_on_demand(billing, "billing.overage.billing", wrong);
        let covered = billing.meter(&counts.code).is_some();
        wrong.check(
            covered,
            "billing.overage.billing.meters",
            (
                format!("must hold a meter '{}', which charges what goes beyond the package", counts.code),
                format!("须包含编码为“{}”的计费项，用于计算超出套餐包的用量", counts.code),
            ),
        );
        wrong.check(
            billing.set_up.is_none(),
            "billing.overage.billing.set_up",
            ("is not charged beside a package; leave it out", "套餐包不另收开通费，不用填写"),
        );
    }
}

/// A book counts what the plan counts.
pub(super) fn check_same_meters(own: &Billing, other: &Billing, path: &str, wrong: &mut Invalid) {
    let codes = |billing: &Billing| -> Vec<String> {
        let (on_demand, package) = match billing {
            Billing::OneOff { .. } | Billing::Period { .. } => (None, None),
            Billing::OnDemand(on_demand) => (Some(on_demand), None),
            Billing::Package(package) => match &package.overage {
                Overage::Stop => (None, Some(&package.counts.code)),
                Overage::OnDemand { billing } => (Some(billing), Some(&package.counts.code)),
            },
        };
        let meters = on_demand.into_iter().flat_map(|on_demand| &on_demand.meters).map(|meter| &meter.counts.code);
        package.into_iter().chain(meters).cloned().collect()
    };
    let codes = codes(own).into_iter().eq(codes(other));
    wrong.check(
        codes,
        format!("{path}.meters"),
        ("must count the same, in the same order, as the plan's own", "须与本币价格的计费项一致，顺序也须相同"),
    );
}

/// Refuses use that could not be charged exactly, or never costs anything, with the count that shows it.
pub(super) fn check_use(billing: &Billing, currency: Currency, wrong: &mut Invalid) {
    let (on_demand, path) = match billing {
        Billing::OnDemand(on_demand) => (on_demand, "billing"),
        Billing::Package(package) => match &package.overage {
            Overage::OnDemand { billing } => (billing, "billing.overage.billing"),
            Overage::Stop => return,
        },
        Billing::OneOff { .. } | Billing::Period { .. } => return,
    };
    for (index, meter) in on_demand.meters.iter().enumerate() {
        let field = format!("{path}.meters[{index}].price");
        let most = Decimal::from(QUANTITY_MAX.saturating_mul(meter.per).min(USAGE_MAX));
        // What is free is not looked at: it is used up at some time.
        let meter = &Meter { allowance: None, ..meter.clone() };
        let smallest = Decimal::new(1, USAGE_SCALE);
        for count in [most, most - smallest] {
            let rated = rate(meter, currency, Tally::default(), count);
            let fits = rated.as_ref().is_ok_and(|rated| Rounded::new(rated.exact, currency).is_ok());
            let said = wrong.0.iter().any(|mistake| mistake.field == field);
            wrong.check(fits || said, &field, too_large(meter, count));
            let some = rated.as_ref().map_or(true, |rated| !rated.exact.is_zero());
            let said = wrong.0.iter().any(|mistake| mistake.field == field);
            let text = rated.map(|rated| rated.text).unwrap_or_default();
            wrong.check(some || said, &field, nothing(&text));
        }
    }
}

fn too_large(meter: &Meter, count: Decimal) -> Localized {
    let counted = explain::counted(&meter.counts, count);
    Localized::new(
        format!("{} would cost more than an exact amount can hold; lower the price or its decimals", counted.en),
        format!("{}的金额过大，无法精确计算，须降低价格或减少小数位", counted.zh),
    )
}

fn nothing(example: &Localized) -> Localized {
    Localized::new(
        format!("never comes to anything ({}); give it a price or remove the meter", example.en),
        format!("始终为零（{}），须设置价格或删除该计费项", example.zh),
    )
}
