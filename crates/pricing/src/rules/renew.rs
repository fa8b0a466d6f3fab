//! What goes on, and what goes back: renewals and refunds.

use jiff::tz::TimeZone;
use kernel::{Localized, Money, Timestamp, rate::fraction_rounded_half_even, time::Period};

use super::{
    explain,
    plan::{Billing, Plan},
    quote::{Choice, LineKind, Occasion, Quote, quote_for},
    refused::PricingRefused,
    term::days_between,
};

/// Another term of something that is owned: what it costs and when it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewal {
    pub quote: Quote,
    /// It begins where the present term ends, however late it is paid.
    pub term: Period,
}

/// Prices another term of what began at `anchor` and is paid until `until`. What was paid once is not paid again.
pub fn renewal(
    plan: &Plan,
    choice: &Choice,
    (anchor, until): (Timestamp, Timestamp),
    zone: &TimeZone,
) -> Result<Renewal, PricingRefused> {
    // What is left of a package lapses with it: another one is something new.
    if let Billing::Package(_) = &plan.billing {
        return Err(PricingRefused::NothingToRenew);
    }
    let quote = quote_for(plan, choice, Occasion::Renewal)?;
    let length = quote.length().ok_or(PricingRefused::NothingToRenew)?;
    Ok(Renewal { term: length.next(anchor, until, zone), quote })
}

/// How much goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundRule {
    /// All that was paid: within the days without a reason, or before a renewal has begun.
    Whole,
    /// What falls on the days that remain of the term; what was paid once for setting up stays.
    Unused,
    /// What buyer and seller agreed on.
    Agreed(Money),
}

/// What goes back, and how it was computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    pub amount: Money,
    pub text: Localized,
}

/// Computes what goes back of a paid quote whose term is known.
pub fn refund(
    paid: &Quote,
    rule: RefundRule,
    (term, now): (Option<Period>, Timestamp),
    zone: &TimeZone,
) -> Result<Refund, PricingRefused> {
    match rule {
        RefundRule::Whole => Ok(Refund { amount: paid.total, text: explain::refund_whole(paid.total) }),
        RefundRule::Agreed(amount) => {
            let fits = amount.currency() == paid.total.currency() && amount.is_positive();
            if !fits || amount.minor() > paid.total.minor() {
                return Err(PricingRefused::RefundBounds { paid: paid.total });
            }
            Ok(Refund { amount, text: explain::refund_agreed(amount, paid.total) })
        }
        RefundRule::Unused => {
            let term = term.ok_or(PricingRefused::NothingToRenew)?;
            let once = paid.lines.iter().filter(|line| line.kind == LineKind::SetUp).map(|line| line.amount);
            let base = paid.total.minus(Money::sum(paid.total.currency(), once)?)?;
            // A coupon can have taken off more than the price without the set-up.
            let base = if base.is_negative() { Money::zero(base.currency()) } else { base };
            let days = days_between(term.from, term.until, zone).max(1);
            let left = days_between(now.max(term.from), term.until, zone).min(days);
            let amount = fraction_rounded_half_even(base, i128::from(left), i128::from(days))?;
            Ok(Refund { amount, text: explain::refund_unused(base, (left, days), amount) })
        }
    }
}
