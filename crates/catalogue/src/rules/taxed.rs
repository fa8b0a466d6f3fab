//! The tax on what a listing sells: its seller states prices with it or without it, the site says how much it is.

use std::hash::{DefaultHasher, Hash, Hasher};

use kernel::{Invalid, Money};
use policy::{AccessType, BillingMode, Policy};
use pricing::{Billing, Overage, PricingRefused, Quote, TaxPresentation, TaxRule};

use super::{
    draft::{Listing, Spec},
    skus::Offer,
};

impl Listing {
    /// The tax that its specs with a billing mode are under; `None`: there is none, or it is not sold here.
    pub(crate) fn tax_rule(&self, mode: BillingMode, policy: &Policy) -> Option<TaxRule> {
        rule((self.access_type, mode), self.tax, policy)
    }

    /// What a price of a spec, as it is written, comes to for who pays it.
    pub(crate) fn to_pay(&self, spec: &Spec, written: Money, policy: &Policy) -> Option<Money> {
        paid(written, self.tax_rule(spec.billing_mode?, policy))
    }

    /// Use is charged when it has happened, at the prices as they are written.
    pub(super) fn check_tax(&self, wrong: &mut Invalid) {
        let charged_on = |billing: &Billing| match billing {
            Billing::OnDemand(_) => true,
            Billing::Package(package) => package.overage != Overage::Stop,
            Billing::OneOff { .. } | Billing::Period { .. } => false,
        };
        let by_use = self.specs.iter().any(|spec| {
            spec.billing_mode == Some(BillingMode::OnDemand)
                || spec.skus.iter().filter_map(|sku| sku.billing.as_ref()).any(charged_on)
        });
        let hint = (
            "must be inclusive while an edition is paid by use; state its prices with the tax in them",
            "含按需计费的规格时须选择含税，价格中须已包含税款",
        );
        wrong.check(self.tax == TaxPresentation::Inclusive || !by_use, "tax", hint);
    }
}

impl Offer {
    /// The tax that it is under; `None`: there is none, or it is not sold here.
    pub fn tax_rule(&self, policy: &Policy) -> Option<TaxRule> {
        rule((self.access_type, self.billing_mode), self.tax, policy)
    }

    /// A price of it with its tax worked out, after all that is taken off.
    pub fn taxed(&self, quote: Quote, policy: &Policy) -> Result<Quote, PricingRefused> {
        match self.tax_rule(policy) {
            Some(rule) => pricing::tax(quote, &rule),
            None => Ok(quote),
        }
    }

    /// What an amount of it, as it is written, comes to for who pays it.
    pub(crate) fn to_pay(&self, written: Money, policy: &Policy) -> Option<Money> {
        paid(written, self.tax_rule(policy))
    }
}

fn rule(sold: (AccessType, BillingMode), presentation: TaxPresentation, policy: &Policy) -> Option<TaxRule> {
    let class = policy.tax_class(sold.0, sold.1).filter(|class| class.basis_points > 0)?;
    Some(TaxRule { name: policy.site.tax_name.clone(), basis_points: class.basis_points, presentation })
}

fn paid(written: Money, rule: Option<TaxRule>) -> Option<Money> {
    rule.map_or(Some(written), |rule| pricing::with_tax(written, &rule).ok())
}

/// What says in lists how much is to pay: the currency in which prices are compared, and what the site taxes how.
pub(crate) fn stamp(policy: &Policy) -> u64 {
    let mut hasher = DefaultHasher::new();
    policy.site.compared_in().hash(&mut hasher);
    for class in &policy.tax_classes {
        (&class.code, class.basis_points).hash(&mut hasher);
    }
    for access in &policy.access_types {
        (access.code, &access.modes).hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use kernel::Currency;
    use serde_json::json;

    use super::*;

    fn listing(tax: &str, mode: &str) -> Listing {
        serde_json::from_value(json!({"access_type": "license", "tax": tax, "currency": "CNY", "specs": [
            {"code": "server", "billing_mode": mode}]}))
        .unwrap()
    }

    #[test]
    fn a_price_that_is_stated_without_its_tax_costs_it_more() {
        let policy = Policy::parse(policy::DEFAULT).unwrap();
        let yuan = |minor| Money::of(minor, Currency::CNY);
        for (tax, pays) in [("inclusive", 10_000), ("exclusive", 10_600)] {
            let listing = listing(tax, "period");
            assert_eq!(listing.to_pay(&listing.specs[0], yuan(10_000), &policy), Some(yuan(pays)), "{tax}");
        }
        let mut free = Policy::parse(policy::DEFAULT).unwrap();
        free.tax_classes.iter_mut().for_each(|class| class.basis_points = 0);
        let listing = listing("exclusive", "period");
        assert_eq!(listing.to_pay(&listing.specs[0], yuan(10_000), &free), Some(yuan(10_000)));
        assert_ne!(stamp(&policy), stamp(&free));
    }

    #[test]
    fn what_is_paid_by_use_is_stated_with_its_tax() {
        let wrong = |tax, mode| {
            let mut wrong = Invalid::default();
            listing(tax, mode).check_tax(&mut wrong);
            wrong.0.len()
        };
        assert_eq!((wrong("exclusive", "on_demand"), wrong("inclusive", "on_demand")), (1, 0));
        assert_eq!(wrong("exclusive", "period"), 0);
    }
}
