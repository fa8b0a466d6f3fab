//! What somebody chooses on a product's page: an edition, its attributes, how many, for how long.

use std::{collections::BTreeMap, sync::Arc};

use kernel::{Currency, Money};
use policy::Policy;
use pricing::{Billing, Choice, Overage, PeriodUnit, Plan, PricingRefused, Quote};
use rust_decimal::Decimal;

use super::{
    draft::{Attribute, Listing, Spec},
    skus::{Offer, Release, plan},
    tables::amount,
    usage::{Usage, example},
};

/// So many periods, and what buying them at once saves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    pub unit: PeriodUnit,
    pub count: u32,
    pub basis_points: u32,
}

/// A choice as far as it goes: what was not said is the first that is sold.
#[derive(Clone, Debug)]
pub(crate) struct Chosen<'r> {
    pub(crate) spec: &'r Spec,
    /// The value of each enum attribute, by code.
    pub(crate) values: BTreeMap<String, String>,
    pub(crate) terms: Vec<Term>,
    pub(crate) choice: Choice,
    /// How much would be used, of what is paid by use.
    pub(crate) usage: Usage,
    /// `None`: this combination is not sold.
    pub(crate) offer: Option<Arc<Offer>>,
    /// A currency that was named and that it has no prices in, as it was written.
    pub(crate) not_sold_in: Option<String>,
}

/// The terms that are offered as a choice, beside those where a discount begins and the longest.
const DAYS: [u32; 4] = [1, 7, 14, 30];
const MONTHS: [u32; 6] = [1, 3, 6, 12, 24, 36];
const YEARS: [u32; 4] = [1, 2, 3, 5];

impl Term {
    /// How it stands in a form: `month-12`.
    pub fn code(self) -> String {
        format!("{}-{}", self.unit, self.count)
    }
}

/// The terms that a plan offers; none for what is not paid per period.
pub fn terms(plan: &Plan) -> Vec<Term> {
    let mut terms = Vec::new();
    for (unit, usual) in
        [(PeriodUnit::Day, &DAYS[..]), (PeriodUnit::Month, &MONTHS[..]), (PeriodUnit::Year, &YEARS[..])]
    {
        let Some(period) = plan.period(unit) else { continue };
        let mut counts: Vec<u32> = usual.iter().copied().filter(|count| *count <= period.periods_max).collect();
        counts.extend(period.discounts.iter().map(|discount| discount.periods_min));
        counts.push(period.periods_max);
        counts.sort_unstable();
        counts.dedup();
        let saved = |count: u32| {
            let reached = period.discounts.iter().filter(|discount| discount.periods_min <= count);
            reached.max_by_key(|discount| discount.periods_min).map_or(0, |discount| discount.basis_points)
        };
        terms.extend(counts.into_iter().map(|count| Term { unit, count, basis_points: saved(count) }));
    }
    terms
}

impl Chosen<'_> {
    /// What the choice costs with its tax; `None`: the combination is not sold.
    pub(crate) fn price(&self, policy: &Policy) -> Option<Result<Quote, PricingRefused>> {
        let offer = self.offer.as_ref()?;
        Some(pricing::quote(&offer.plan, &self.choice).and_then(|quote| offer.taxed(quote, policy)))
    }

    /// Whether it can be returned without a reason where its access type can. Use cannot, nor a package beyond which nothing is
    /// charged.
    pub(crate) fn is_returned(&self) -> bool {
        self.offer.as_ref().is_none_or(|offer| match &offer.plan.billing {
            Billing::OneOff { .. } | Billing::Period { .. } => true,
            Billing::OnDemand(_) => false,
            Billing::Package(package) => package.overage != Overage::Stop,
        })
    }

    /// What so much use would come to; `None`: it is not paid by use, or not sold.
    pub(crate) fn foreseen(&self, policy: &Policy) -> Option<Result<Quote, PricingRefused>> {
        let offer = self.offer.as_ref().filter(|_| self.spec.is_by_use())?;
        let foreseen = pricing::foresee(&offer.plan, self.choice.currency, &self.usage);
        Some(foreseen.and_then(|quote| offer.taxed(quote, policy)))
    }
}

impl Release {
    /// What the least of its choices costs with its tax: in a currency, if it is sold in it, or else in its own.
    pub(crate) fn cheapest(&self, currency: Currency, policy: &Policy) -> Option<Money> {
        let least = |prices: Vec<Money>| prices.into_iter().min_by_key(|price| price.minor());
        let offers = || self.offers.values();
        let wanted = |offer: &Arc<Offer>| offer.to_pay(offer.plan.in_currency(currency).ok()?.cheapest().ok()?, policy);
        let own = |offer: &Arc<Offer>| offer.to_pay(offer.plan.cheapest().ok()?, policy);
        least(offers().filter_map(wanted).collect()).or_else(|| least(offers().filter_map(own).collect()))
    }

    /// Reads a form's fields: `spec`, `a.<attribute>`, `q.<quantity>`, `term`, `currency`. `None`: nothing is sold. What is not
    /// said to be paid in some currency is paid in one that the purse holds.
    pub(crate) fn choose<'r>(&'r self, fields: &BTreeMap<String, String>, purse: &[Currency]) -> Option<Chosen<'r>> {
        let offers_of = |spec: &Spec| {
            let offers = self.offers.values().filter(|offer| offer.spec_code == spec.code);
            offers.cloned().collect::<Vec<_>>()
        };
        let sold = |spec: &&Spec| spec.sold().next().is_some();
        let named = fields.get("spec").and_then(|code| self.listing.specs.iter().find(|spec| spec.code == *code));
        let spec = named.filter(sold).or_else(|| self.listing.specs.iter().find(sold))?;
        let mut offers = offers_of(spec);
        offers.sort_by_key(|offer| spec.sold().position(|sku| sku.values == offer.attributes));
        let values = chosen_values(spec, &offers, fields);
        let offer = offers.iter().find(|offer| offer.attributes == values).cloned();
        let plan = &offer.as_ref().or_else(|| offers.first())?.plan;
        let terms = terms(plan);
        let term = fields.get("term").and_then(|code| terms.iter().find(|term| term.code() == *code)).or(terms.first());
        let currency = chosen_currency(plan, fields, purse);
        let choice = Choice {
            quantities: plan
                .quantities
                .iter()
                .map(|quantity| (quantity.code.clone(), counted(quantity, fields)))
                .collect(),
            periods: term.map_or(1, |term| term.count),
            period_unit: term.map(|term| term.unit),
            currency: currency.clone().unwrap_or(None),
        };
        let usage = used(&plan.billing, fields);
        Some(Chosen { spec, values, terms, choice, usage, offer, not_sold_in: currency.err() })
    }

    /// Whether any of it is sold in several currencies.
    pub(crate) fn has_books(&self) -> bool {
        self.offers.values().any(|offer| !offer.plan.books.is_empty())
    }
}

/// The currency that was named, or else one of the purse's; the plan's own is said by saying none. An error: there are no
/// prices in what was named.
fn chosen_currency(
    plan: &Plan,
    fields: &BTreeMap<String, String>,
    purse: &[Currency],
) -> Result<Option<Currency>, String> {
    let other = |currency: Currency| Some(currency).filter(|currency| *currency != plan.currency);
    let Some(named) = fields.get("currency").map(|named| named.trim()).filter(|named| !named.is_empty()) else {
        let own = purse.contains(&plan.currency);
        let held = plan.currencies().find(|currency| purse.contains(currency)).filter(|_| !own);
        return Ok(held.and_then(other));
    };
    let known = named.parse().ok().filter(|named| plan.currencies().any(|currency| currency == *named));
    // What is said of it stands on a page: an address may be of any length.
    known.map(other).ok_or_else(|| named.chars().take(CODE_SHOWN).collect())
}

/// No currency's code is longer.
const CODE_SHOWN: usize = 12;

/// Given values are kept; the others are those of the first SKU that has the given ones.
fn chosen_values(spec: &Spec, offers: &[Arc<Offer>], fields: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut given = BTreeMap::new();
    for (code, values) in spec.enums() {
        if let Some(value) = fields.get(&format!("a.{code}")).filter(|value| values.contains(&value.as_str())) {
            given.insert(code.to_owned(), value.clone());
        }
    }
    let fitting =
        offers.iter().find(|offer| given.iter().all(|(code, value)| offer.attributes.get(code) == Some(value)));
    if let Some(offer) = fitting {
        return offer.attributes.clone();
    }
    for (code, values) in spec.enums() {
        if let Some(first) = values.first() {
            given.entry(code.to_owned()).or_insert_with(|| (*first).to_owned());
        }
    }
    given
}

/// What was typed as a number, or the least that makes sense. What is no number is none at all, which pricing refuses.
fn counted(quantity: &pricing::Quantity, fields: &BTreeMap<String, String>) -> u64 {
    match fields.get(&format!("q.{}", quantity.code)).map(|typed| typed.trim()).filter(|typed| !typed.is_empty()) {
        Some(typed) => typed.parse().unwrap_or(0),
        None if quantity.min == 0 => quantity.step.min(quantity.max),
        None => quantity.min,
    }
}

/// What was typed as use, or an example. What is no number is less than none, which pricing refuses.
fn used(billing: &Billing, fields: &BTreeMap<String, String>) -> Usage {
    let mut usage = example(billing);
    for (code, count) in &mut usage {
        let typed = fields.get(&format!("u.{code}")).map(|typed| typed.trim()).filter(|typed| !typed.is_empty());
        if let Some(typed) = typed {
            *count = amount(typed).unwrap_or(Decimal::NEGATIVE_ONE);
        }
    }
    usage
}

impl Listing {
    /// The least that a spec costs with its tax; nothing while its prices are incomplete.
    pub(crate) fn least_of(&self, spec: &Spec, policy: &Policy) -> Option<Money> {
        let plans = spec.sold().filter_map(|sku| plan(self, spec, sku));
        let least = plans.filter_map(|plan| plan.cheapest().ok()).min_by_key(|price| price.minor());
        least.and_then(|least| self.to_pay(spec, least, policy))
    }

    /// The attributes of all specs by code, each once, in the order in which they come.
    pub(crate) fn dimensions(&self) -> Vec<&Attribute> {
        let mut found: Vec<&Attribute> = Vec::new();
        for attribute in self.specs.iter().flat_map(|spec| &spec.attributes) {
            if !found.iter().any(|known| known.code() == attribute.code()) {
                found.push(attribute);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use kernel::{
        Timestamp,
        id::{AccountId, DocumentId, ProductId, RevisionId, SkuId, SpecId},
    };
    use serde_json::json;

    use super::*;
    use crate::rules::Identities;

    fn release() -> Release {
        let now: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
        let name = |text: &str| json!({"en": text, "zh": text});
        let sku = |edition: &str, os: &str, price: &str| {
            json!({"values": {"edition": edition, "os": os}, "billing": {"mode": "period", "month": {
                "price": {"quantities": {"users": {"model": "linear", "unit_price": price}}},
                "periods_max": 24, "discounts": [{"periods_min": 10, "basis_points": 500}, {"periods_min": 12, "basis_points": 1000}]}}})
        };
        let listing = json!({
            "name": name("Log Lens"), "currency": "CNY", "agreement": DocumentId::new(now), "specs": [{
                "code": "server", "name": name("Server"), "billing_mode": "period",
                "attributes": [
                    {"kind": "enum", "code": "edition", "name": name("Edition"),
                     "values": [{"code": "standard", "name": name("Standard")}, {"code": "pro", "name": name("Pro")}]},
                    {"kind": "enum", "code": "os", "name": name("System"),
                     "values": [{"code": "linux", "name": name("Linux")}, {"code": "windows", "name": name("Windows")}]},
                    {"kind": "quantity", "code": "users", "name": name("Users"), "unit": name("users"), "min": 5, "max": 50, "step": 5}
                ],
                "skus": [sku("standard", "linux", "30.00"), sku("pro", "linux", "60.00"), sku("pro", "windows", "70.00"),
                    {"values": {"edition": "standard", "os": "windows"}, "not_sold": true}]
            }]
        });
        let listing: Listing = serde_json::from_value(listing).unwrap();
        let identities = Identities::default().assign(&listing, || SpecId::new(now), || SkuId::new(now));
        Release::of(listing, &identities, ProductId::new(now), RevisionId::new(now), AccountId::new(now)).unwrap()
    }

    fn fields(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_was_not_said_is_the_first_that_is_sold() {
        let release = release();
        let chosen = release.choose(&fields(&[]), &[]).unwrap();
        assert_eq!(chosen.values, fields(&[("edition", "standard"), ("os", "linux")]));
        assert_eq!(chosen.choice.quantities["users"], 5);
        assert_eq!((chosen.choice.periods, chosen.choice.period_unit), (1, Some(PeriodUnit::Month)));
        let chosen = release.choose(&fields(&[("a.os", "windows")]), &[]).unwrap();
        assert_eq!(chosen.values["edition"], "pro", "an edition that is sold for Windows");
        assert!(chosen.offer.is_some());
    }

    #[test]
    fn what_was_said_is_kept_even_where_it_is_not_sold() {
        let release = release();
        let given = fields(&[
            ("spec", "server"),
            ("a.edition", "standard"),
            ("a.os", "windows"),
            ("q.users", "20"),
            ("term", "month-12"),
        ]);
        let chosen = release.choose(&given, &[]).unwrap();
        assert!(chosen.offer.is_none());
        assert_eq!((chosen.choice.quantities["users"], chosen.choice.periods), (20, 12));
    }

    #[test]
    fn nonsense_is_no_number_and_an_unknown_word_is_not_heard() {
        let release = release();
        let chosen = release
            .choose(&fields(&[("spec", "other"), ("a.os", "plan9"), ("q.users", "many"), ("term", "day-3")]), &[])
            .unwrap();
        assert_eq!(chosen.values["os"], "linux");
        assert_eq!(chosen.choice.quantities["users"], 0, "which pricing refuses with its bounds");
        assert_eq!(chosen.choice.periods, 1);
    }

    #[test]
    fn what_a_purse_holds_is_paid_in_and_what_has_no_prices_is_said() {
        let mut release = release();
        for offer in release.offers.values_mut() {
            let rate = pricing::BookPrices::Rate { rate: "0.14".parse().unwrap() };
            Arc::make_mut(offer).plan.books = vec![pricing::Book { currency: Currency::USD, prices: rate }];
        }
        let paid = |named: &[(&str, &str)], purse: &[Currency]| {
            let chosen = release.choose(&fields(named), purse).unwrap();
            (chosen.choice.currency, chosen.not_sold_in)
        };
        assert!(release.has_books());
        assert_eq!(paid(&[], &[]), (None, None));
        assert_eq!(paid(&[], &[Currency::USD]), (Some(Currency::USD), None));
        assert_eq!(paid(&[], &[Currency::USD, Currency::CNY]), (None, None), "its own, where that is held too");
        assert_eq!(paid(&[("currency", "CNY")], &[Currency::USD]), (None, None), "what is said goes first");
        for nothing in ["EUR", "florins"] {
            assert_eq!(paid(&[("currency", nothing)], &[Currency::USD]), (None, Some(nothing.to_owned())));
        }
    }

    #[test]
    fn terms_are_the_usual_ones_where_discounts_begin_and_the_longest() {
        let release = release();
        let terms = release.choose(&fields(&[]), &[]).unwrap().terms;
        let found: Vec<(u32, u32)> = terms.iter().map(|term| (term.count, term.basis_points)).collect();
        assert_eq!(found, [(1, 0), (3, 0), (6, 0), (10, 500), (12, 1_000), (24, 1_000)]);
    }
}
