//! What is taken off a price after its plan has spoken, and who bears it.
//!
//! The order is fixed, however they are given: special price, seller's discount, coupon. Each sees what the one before it
//! left. The first two act on the price, not on what is paid once for setting up; a coupon acts on all that is to pay.
//! Nothing goes below zero; what a coupon is worth beyond that is lost.

use kernel::{
    Invalid, Localized, Money, choices,
    rate::{BASIS_POINTS, share_rounded_half_even},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    explain,
    quote::{LineKind, Quote, QuoteLine},
    refused::PricingRefused,
    tax::tax_of_part,
};

choices! {
    /// The kinds of adjustments, in the order in which they act.
    pub enum AdjustmentKind { SpecialPrice = "special_price", Discount = "discount", Coupon = "coupon" }
}

choices! {
    /// Whether other adjustments may stand beside one.
    pub enum Stacking { WithOthers = "with_others", Alone = "alone" }
}

impl AdjustmentKind {
    pub(super) const fn en(self) -> &'static str {
        match self {
            Self::SpecialPrice => "special price",
            Self::Discount => "seller's discount",
            Self::Coupon => "coupon",
        }
    }

    pub(super) const fn zh(self) -> &'static str {
        match self {
            Self::SpecialPrice => "特价",
            Self::Discount => "商家折扣",
            Self::Coupon => "代金券",
        }
    }
}

/// A right to pay less, as whoever granted it has written it down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Adjustment {
    /// What granted it, for programs: the id of a coupon, a discount, a private offer.
    pub source: String,
    /// How those who read the price know it.
    #[schema(example = json!({"en": "Autumn coupon", "zh": "金秋代金券"}))]
    pub name: Localized,
    pub reduction: Reduction,
    /// The part of the cost that the platform bears; the seller bears the rest.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 10000)]
    pub platform_basis_points: u32,
    #[serde(default = "with_others")]
    pub stacking: Stacking,
}

fn with_others() -> Stacking {
    Stacking::WithOthers
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Reduction {
    /// The seller's price instead of the computed one; it does nothing where that is not higher.
    SpecialPrice { price: Money, per: PricePer },
    /// The seller takes off a part.
    Discount {
        /// 1000 is 10 %.
        #[schema(minimum = 1, maximum = 9999)]
        basis_points: u32,
    },
    /// An amount off (代金券), from a threshold on where there is one (满减券).
    Coupon {
        amount: Money,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        threshold: Option<Money>,
    },
}

choices! {
    /// What a special price is for: all that is bought, or each of its periods.
    pub enum PricePer { Whole = "whole", Period = "period" }
}

/// An adjustment that has acted: how much it took off, and who bears that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Applied {
    pub source: String,
    pub kind: AdjustmentKind,
    /// What was taken off; the two parts sum to it.
    pub off: Money,
    pub platform: Money,
    pub seller: Money,
}

impl Reduction {
    pub const fn kind(&self) -> AdjustmentKind {
        match self {
            Self::SpecialPrice { .. } => AdjustmentKind::SpecialPrice,
            Self::Discount { .. } => AdjustmentKind::Discount,
            Self::Coupon { .. } => AdjustmentKind::Coupon,
        }
    }
}

impl Adjustment {
    /// Refuses one that could make no sense for any price.
    pub fn check(&self) -> Result<(), Invalid> {
        let mut wrong = Invalid::default();
        wrong.length(&self.source, 1, 100, "source");
        wrong.length(&self.name.en, 1, 100, "name.en");
        wrong.length(&self.name.zh, 1, 100, "name.zh");
        let part = self.platform_basis_points <= BASIS_POINTS;
        wrong.check(part, "platform_basis_points", ("must be from 0 to 10000", "须在 0 到 10000 之间"));
        match self.reduction {
            Reduction::SpecialPrice { price, per: _ } => {
                wrong.check(price.is_positive(), "reduction.price", ("must be more than 0", "须大于 0"));
            }
            Reduction::Discount { basis_points } => {
                let fine = (1..BASIS_POINTS).contains(&basis_points);
                wrong.check(fine, "reduction.basis_points", ("must be from 1 to 9999", "须在 1 到 9999 之间"));
            }
            Reduction::Coupon { amount, threshold } => {
                wrong.check(amount.is_positive(), "reduction.amount", ("must be more than 0", "须大于 0"));
                let fine = threshold.is_none_or(|least| least.currency() == amount.currency() && !least.is_negative());
                wrong.check(
                    fine,
                    "reduction.threshold",
                    ("must be an amount of the coupon's currency, 0 or more", "须为与面值相同币种的金额，不能为负数"),
                );
            }
        }
        wrong.done()
    }
}

/// Applies adjustments to a price that has neither adjustments nor tax yet.
pub fn adjust(mut quote: Quote, adjustments: &[Adjustment]) -> Result<Quote, PricingRefused> {
    if quote.tax.is_some() || !quote.adjustments.is_empty() {
        return Err(PricingRefused::Final);
    }
    check_together(adjustments)?;
    let in_order = AdjustmentKind::ALL
        .iter()
        .flat_map(|kind| adjustments.iter().filter(move |adjustment| adjustment.reduction.kind() == *kind));
    for adjustment in in_order {
        let Some((text, off)) = take_off(&quote, adjustment)? else { continue };
        let platform = share_rounded_half_even(off, adjustment.platform_basis_points.min(BASIS_POINTS))?;
        let (source, kind) = (adjustment.source.clone(), adjustment.reduction.kind());
        let applied = Applied { source, kind, off, platform, seller: off.minus(platform)? };
        quote.total = quote.total.minus(off)?;
        quote.lines.push(QuoteLine { text, amount: off.negated()?, kind: LineKind::Adjustment });
        quote.adjustments.push(applied);
    }
    Ok(quote)
}

/// One instalment of a price: the rest is left to the others, and the explanation says so.
pub fn instalment(mut quote: Quote, part: Money, (number, of): (u32, u32)) -> Result<Quote, PricingRefused> {
    let rest = quote.total.minus(part)?;
    if rest.is_zero() {
        return Ok(quote);
    }
    let text = explain::instalment((number, of), part, (quote.total, rest));
    quote.lines.push(QuoteLine { text, amount: rest.negated()?, kind: LineKind::Instalment });
    quote.total = part;
    quote.tax = quote.tax.map(|tax| tax_of_part(tax, part)).transpose()?;
    Ok(quote)
}

/// How many coupons go together is the site's policy; of the others there is one.
fn check_together(adjustments: &[Adjustment]) -> Result<(), PricingRefused> {
    for kind in &[AdjustmentKind::SpecialPrice, AdjustmentKind::Discount] {
        if adjustments.iter().filter(|adjustment| adjustment.reduction.kind() == *kind).count() > 1 {
            return Err(PricingRefused::OnlyOne(*kind));
        }
    }
    let alone = adjustments.iter().find(|adjustment| adjustment.stacking == Stacking::Alone);
    match alone {
        Some(alone) if adjustments.len() > 1 => Err(PricingRefused::NotTogether { name: alone.name.clone() }),
        Some(_) | None => Ok(()),
    }
}

/// What an adjustment takes off and how that is told; `None`: it does nothing here.
fn take_off(quote: &Quote, adjustment: &Adjustment) -> Result<Option<(Localized, Money)>, PricingRefused> {
    let name = &adjustment.name;
    let currency = quote.total.currency();
    let known = |money: Money| {
        let refused = PricingRefused::AdjustmentCurrency { name: name.clone(), own: money.currency(), currency };
        if money.currency() == currency { Ok(money) } else { Err(refused) }
    };
    let (text, off) = match adjustment.reduction {
        Reduction::SpecialPrice { price, per } => {
            let price = known(price)?;
            let count = match per {
                PricePer::Whole => 1,
                PricePer::Period => quote.periods,
            };
            let (whole, before) = (price.times(i64::from(count))?, price_left(quote)?);
            let off = before.minus(whole)?;
            (explain::special_price(name, (count, price), whole, before), off)
        }
        Reduction::Discount { basis_points } => {
            let before = price_left(quote)?;
            let share = share_rounded_half_even(before, basis_points.min(BASIS_POINTS))?;
            // What was paid before may leave less to pay than is taken off.
            let off = if share.minor() <= quote.total.minor() { share } else { quote.total };
            (explain::discount(name, basis_points, before, (share, off)), off)
        }
        Reduction::Coupon { amount, threshold } => {
            let (amount, due) = (known(amount)?, quote.total);
            if let Some(threshold) = threshold.map(known).transpose()?
                && due.minor() < threshold.minor()
            {
                return Err(PricingRefused::BelowThreshold { name: name.clone(), threshold, due });
            }
            let off = if amount.minor() <= due.minor() { amount } else { due };
            (explain::coupon(name, amount, threshold, off), off)
        }
    };
    Ok(off.is_positive().then_some((text, off)))
}

/// What the price comes to so far, without what is paid once for setting up and what was paid before.
fn price_left(quote: &Quote) -> Result<Money, PricingRefused> {
    let apart = [LineKind::SetUp, LineKind::Credit];
    let priced = quote.lines.iter().filter(|line| !apart.contains(&line.kind)).map(|line| line.amount);
    Ok(Money::sum(quote.total.currency(), priced)?)
}
