//! What goes on, and what goes back: renewals and refunds.

use jiff::tz::TimeZone;
use kernel::{Localized, Money, Timestamp, time::Period};

use super::{
    explain,
    plan::{Billing, Plan},
    quote::{Choice, Occasion, Quote, quote_for},
    refused::PricingRefused,
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

/// What goes back, and how it was computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    pub amount: Money,
    pub text: Localized,
}

/// Gives back all that was paid for something: its own price, and what was paid for changes of it since. What may be given
/// back at all, and until when, is for the site's rules to say.
pub fn refund(paid: Money, changes: &[Money]) -> Result<Refund, PricingRefused> {
    let amount = Money::sum(paid.currency(), changes.iter().copied().chain([paid]))?;
    Ok(Refund { amount, text: explain::refund(paid, changes, amount) })
}
