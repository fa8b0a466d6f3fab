//! Counts of packages in words for people.

use kernel::Localized;
use pricing::{Counted, Meter, Package};
use rust_decimal::Decimal;

use crate::rules::record::count;

/// How a charge came about, with what packages have covered beside it.
pub(crate) fn beside(text: &Localized, covered: i64, meter: Option<&Meter>) -> Localized {
    let (covered, unit) =
        (count(covered), meter.map(|meter| unit_of(count(covered), &meter.counts)).unwrap_or_default());
    Localized::new(
        format!("{}; a further {covered} {} covered by packages", text.en, unit.en),
        format!("{}；由套餐包另外抵扣 {covered} {}", text.zh, unit.zh),
    )
}

/// So many ten-thousandths of what a meter counts, for people.
pub(in crate::rules) fn told_count(parts: i64, meter: &Meter) -> Localized {
    let (count, unit) = (count(parts), unit_of(count(parts), &meter.counts));
    Localized::new(format!("{count} {}", unit.en), format!("{count} {}", unit.zh))
}

/// The unit as it follows a count.
fn unit_of(count: Decimal, counts: &Counted) -> Localized {
    let one = counts.unit_one.as_ref().filter(|_| count == Decimal::ONE);
    Localized { en: one.unwrap_or(&counts.unit.en).clone(), ..counts.unit.clone() }
}

/// What is left, for people.
pub(crate) fn told(left: i64, package: &Package) -> Localized {
    let (left, unit) = (count(left), unit_of(count(left), &package.counts));
    Localized::new(format!("{left} {}", unit.en), format!("{left} {}", unit.zh))
}
