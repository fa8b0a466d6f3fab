//! What a trial is ordered as: so many days of what is sold per period, for nothing.

use catalogue::{ContactData, Offer};
use kernel::{Localized, Money};
use policy::Policy;
use pricing::{Choice, LineKind, PeriodUnit, PricingRefused, Quote, QuoteLine};

use super::{Content, Terms};

/// A trial of a SKU in the quantities that a buyer has chosen; pricing refuses those that are not sold.
pub(crate) fn trial(offer: &Offer, chosen: &Choice, days: u32, terms: Terms) -> Result<Content, PricingRefused> {
    let unit = PeriodUnit::ALL.iter().copied().find(|unit| offer.plan.period(*unit).is_some());
    let priced = pricing::quote(&offer.plan, &Choice { periods: 1, period_unit: unit, ..chosen.clone() })?;
    let free = Money::zero(priced.total.currency());
    let text =
        Localized::new(format!("{days} days to try, for nothing: {free}"), format!("免费试用 {days} 天：{free}"));
    let quote = Quote {
        total: free,
        lines: vec![QuoteLine { text, amount: free, kind: LineKind::Price }],
        unit: Some(PeriodUnit::Day),
        periods: days,
        notes: Vec::new(),
        adjustments: Vec::new(),
        tax: None,
    };
    Ok(Content {
        title: offer.title(),
        sku_code: offer.sku_code.clone(),
        attributes: offer.attributes.clone(),
        access_type: offer.access_type,
        billing_mode: offer.billing_mode,
        choice: Choice { periods: days, period_unit: Some(PeriodUnit::Day), ..chosen.clone() },
        quote,
        discount: None,
        resale: None,
        coupons: Vec::new(),
        renews: None,
        is_trial: true,
        converts: None,
        changes: None,
        agreed: None,
        by_use: None,
        package: None,
        goes_on: None,
        answers: Vec::new(),
        contacts: Some(ContactData::default()),
        terms,
    })
}

/// The terms of a trial: it can be used to its end and not longer, is kept frozen as long as trials are, and there is nothing to give back.
pub(crate) fn trial_terms(terms: Terms, policy: &Policy) -> Terms {
    Terms { no_reason_hours: 0, grace_days: 0, frozen_days: policy.trials.frozen_days, accept_days: None, ..terms }
}
