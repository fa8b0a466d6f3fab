//! Amendments of what two sides agreed on, in the middle of its term: what the rest of the term costs under the new
//! conditions, less what it would have cost under the old ones, whatever a list says.
//!
//! Both are the price of the whole term as it was agreed, for the days that remain of it; a day that has begun counts as
//! used. What has no term has no days, and the whole prices stand against each other.

use kernel::{Money, rate::fraction_rounded_half_even};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    explain,
    quote::{LineKind, Quote, QuoteLine},
    refused::PricingRefused,
    tax::tax_of_part,
};

/// A price of a whole term, and for how many of its days it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TermPart {
    /// For the whole term as it was agreed first, the tax in it; without what is paid once for setting up.
    pub price: Money,
    /// The days of that term; 0: it has none.
    pub days: u32,
    /// The days that remain; more than the term has where it was made longer.
    pub left: u32,
}

impl TermPart {
    /// What falls on the days that remain.
    pub fn amount(self) -> Result<Money, PricingRefused> {
        if self.days == 0 {
            return Ok(self.price);
        }
        Ok(fraction_rounded_half_even(self.price, i128::from(self.left), i128::from(self.days))?)
    }

    /// Whether that came out without rounding.
    pub(super) fn is_exact(self) -> bool {
        self.days == 0 || i128::from(self.price.minor()) * i128::from(self.left) % i128::from(self.days) == 0
    }
}

/// Which side of an amendment a line tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Before,
    After,
}

/// What of a price falls on its term: all but what is paid once for setting up, each with its part of the tax.
pub fn price_of_term(quote: &Quote) -> Result<Money, PricingRefused> {
    let sum = |kinds: &[LineKind]| {
        let lines = quote.lines.iter().filter(|line| kinds.contains(&line.kind)).map(|line| line.amount);
        Money::sum(quote.total.currency(), lines)
    };
    let (once, tax) = (sum(&[LineKind::SetUp])?, sum(&[LineKind::Tax])?);
    let stated = quote.total.minus(tax)?;
    if once.is_zero() || stated.is_zero() {
        return Ok(quote.total);
    }
    let left = i128::from(stated.minor()) - i128::from(once.minor());
    Ok(fraction_rounded_half_even(quote.total, left, i128::from(stated.minor()))?)
}

/// What is new of a price by the amendment of such a number, and what is old of it, each with how it was computed.
pub fn amended_lines(number: u32, (before, after): (TermPart, TermPart)) -> Result<[QuoteLine; 2], PricingRefused> {
    let (new, off) = (after.amount()?, before.amount()?.negated()?);
    let told = |side, part| explain::amended(number, side, part);
    Ok([
        QuoteLine { text: told(Side::After, (after, new)), amount: new, kind: LineKind::Price },
        QuoteLine { text: told(Side::Before, (before, off)), amount: off, kind: LineKind::Credit },
    ])
}

/// Writes the amendment of such a number into a price: what is new of it, less what is old of it.
pub fn amend(mut quote: Quote, number: u32, (before, after): (TermPart, TermPart)) -> Result<Quote, PricingRefused> {
    for line in amended_lines(number, (before, after))? {
        quote.total = quote.total.plus(line.amount)?;
        quote.lines.push(line);
    }
    if quote.total.is_negative() {
        return Err(PricingRefused::Less);
    }
    quote.tax = quote.tax.map(|tax| tax_of_part(tax, quote.total)).transpose()?;
    Ok(quote)
}
