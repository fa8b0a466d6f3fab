//! The tax in a price, or on top of it.

use kernel::{
    Localized, Money, choices,
    rate::{BASIS_POINTS, fraction_rounded_half_even, share_rounded_half_even},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    explain,
    quote::{LineKind, Quote, QuoteLine},
    refused::PricingRefused,
};

choices! {
    /// Whether prices are shown with their tax (价税合计) or without it.
    pub enum TaxPresentation { Inclusive = "inclusive", Exclusive = "exclusive" }
}

impl Default for TaxPresentation {
    /// Buyers are told what they pay.
    fn default() -> Self {
        Self::Inclusive
    }
}

/// The tax that a price is under, and how prices are shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaxRule {
    #[schema(example = json!({"en": "VAT", "zh": "增值税"}))]
    pub name: Localized,
    /// 1300 is 13 %.
    #[schema(minimum = 0, maximum = 10000)]
    pub basis_points: u32,
    pub presentation: TaxPresentation,
}

/// The tax of a price, rounded once, half to even; `net` and `tax` sum to the total.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tax {
    pub name: Localized,
    pub basis_points: u32,
    pub presentation: TaxPresentation,
    pub net: Money,
    pub tax: Money,
    pub text: Localized,
}

impl Tax {
    /// Whether it is part of the lines before it instead of a line of its own.
    pub(super) fn is_contained(&self) -> bool {
        match self.presentation {
            TaxPresentation::Inclusive => true,
            TaxPresentation::Exclusive => false,
        }
    }
}

/// Works the tax out, after all adjustments: as a line on top, or as the part that the total contains.
pub fn tax(mut quote: Quote, rule: &TaxRule) -> Result<Quote, PricingRefused> {
    if quote.tax.is_some() {
        return Err(PricingRefused::Final);
    }
    let TaxRule { name, basis_points, presentation } = rule;
    let (base, basis_points) = (quote.total, (*basis_points).min(BASIS_POINTS));
    let (net, tax) = match presentation {
        TaxPresentation::Inclusive => contained(base, basis_points)?,
        TaxPresentation::Exclusive => (base, share_rounded_half_even(base, basis_points)?),
    };
    let worked_out = told(
        Tax { name: name.clone(), basis_points, presentation: *presentation, net, tax, text: Localized::default() },
        base,
    );
    if !worked_out.is_contained() {
        quote.total = base.plus(tax)?;
        quote.lines.push(QuoteLine { text: worked_out.text.clone(), amount: tax, kind: LineKind::Tax });
    }
    quote.tax = Some(worked_out);
    Ok(quote)
}

/// What a price comes to with its tax: itself, where it is stated with it.
pub fn with_tax(price: Money, rule: &TaxRule) -> Result<Money, PricingRefused> {
    match rule.presentation {
        TaxPresentation::Inclusive => Ok(price),
        TaxPresentation::Exclusive => {
            Ok(price.plus(share_rounded_half_even(price, rule.basis_points.min(BASIS_POINTS))?)?)
        }
    }
}

/// The tax of a part of a price that was taxed as a whole, however the price was stated: the part contains its own.
pub(super) fn tax_of_part(whole: Tax, part: Money) -> Result<Tax, PricingRefused> {
    let (net, tax) = contained(part, whole.basis_points)?;
    Ok(told(Tax { presentation: TaxPresentation::Inclusive, net, tax, ..whole }, part))
}

/// An amount without its tax, and the tax in it.
fn contained(whole: Money, basis_points: u32) -> Result<(Money, Money), PricingRefused> {
    let parts = i128::from(basis_points);
    let tax = fraction_rounded_half_even(whole, parts, i128::from(BASIS_POINTS) + parts)?;
    Ok((whole.minus(tax)?, tax))
}

fn told(mut tax: Tax, base: Money) -> Tax {
    tax.text = explain::tax(&tax.name, &tax, base);
    tax
}
