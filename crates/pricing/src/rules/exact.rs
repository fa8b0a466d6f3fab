//! Arithmetic that is exact or says that it is not: a `Decimal` would silently drop digits that it has no room for.

use rust_decimal::Decimal;

use super::refused::PricingRefused;

/// A decimal has room for 28 places.
const SCALE_MAX: u32 = 28;

pub fn times(one: Decimal, other: Decimal) -> Result<Decimal, PricingRefused> {
    let (one, other) = (one.normalize(), other.normalize());
    let mantissa = one.mantissa().checked_mul(other.mantissa()).ok_or(PricingRefused::Overflow)?;
    let scale = one.scale() + other.scale();
    if scale > SCALE_MAX {
        return Err(PricingRefused::Overflow);
    }
    Decimal::try_from_i128_with_scale(mantissa, scale).map_err(|_| PricingRefused::Overflow)
}

/// Adds two exact amounts, or says that the sum has no room.
pub fn plus(one: Decimal, other: Decimal) -> Result<Decimal, PricingRefused> {
    let (one, other) = (one.normalize(), other.normalize());
    let scale = one.scale().max(other.scale());
    let at_scale = |part: Decimal| {
        let factor = 10_i128.checked_pow(scale - part.scale())?;
        part.mantissa().checked_mul(factor)
    };
    let sum = at_scale(one).zip(at_scale(other)).and_then(|(one, other)| one.checked_add(other));
    let sum = sum.ok_or(PricingRefused::Overflow)?;
    Decimal::try_from_i128_with_scale(sum, scale).map_err(|_| PricingRefused::Overflow)
}

pub(super) fn minus(one: Decimal, other: Decimal) -> Result<Decimal, PricingRefused> {
    plus(one, -other)
}

/// Divides by a power of ten.
pub(super) fn shifted(number: Decimal, places: u32) -> Result<Decimal, PricingRefused> {
    times(number, Decimal::try_from_i128_with_scale(1, places).map_err(|_| PricingRefused::Overflow)?)
}
