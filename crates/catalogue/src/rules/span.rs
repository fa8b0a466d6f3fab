//! Keeping the SKUs of a spec together with what spans them, while a listing is being written.

use std::collections::BTreeMap;

use kernel::Localized;
use policy::BillingMode;
use pricing::{Billing, PeriodPrice, Price};

use super::{
    draft::{Attribute, AttributeValue, Listing, Sku, Spec},
    skus::mode_of,
    specs::SKUS_MAX,
    usage::begun,
};

/// How many periods can be bought at once, until the seller says otherwise.
pub(crate) const PERIODS_USUAL: u32 = 36;

impl Spec {
    /// Follows what was renamed: the attributes and values of `before` stand in the same places.
    pub(crate) fn rename(&mut self, before: &Self) {
        for (old, new) in before.attributes.iter().zip(&self.attributes) {
            match (old, new) {
                (Attribute::Enum { code, values, .. }, Attribute::Enum { code: now, values: named, .. }) => {
                    for sku in &mut self.skus {
                        let Some(chosen) = sku.values.remove(code) else { continue };
                        let place = values.iter().position(|value| value.code == chosen);
                        let renamed = place.and_then(|place| named.get(place)).map(|value| value.code.clone());
                        sku.values.insert(now.clone(), renamed.unwrap_or(chosen));
                    }
                }
                (Attribute::Quantity { code, .. }, Attribute::Quantity { code: now, .. }) if code != now => {
                    for price in self.skus.iter_mut().filter_map(|sku| sku.billing.as_mut()).flat_map(prices) {
                        if let Some(rule) = price.quantities.remove(code) {
                            price.quantities.insert(now.clone(), rule);
                        }
                    }
                }
                (Attribute::Enum { .. } | Attribute::Quantity { .. }, _) => {}
            }
        }
    }

    /// Gives each combination its SKU, in the order of the combinations; what was said about one is kept. A combination
    /// that differs from a known one only by an attribute that has come or gone takes its price over.
    pub(crate) fn span(&mut self) {
        let Some(combinations) = self.combinations(SKUS_MAX) else { return };
        let known: Vec<String> = self.quantity_codes();
        let mode = self.billing_mode;
        let mut skus: Vec<Sku> = combinations.into_iter().map(|values| self.sku_for(values)).collect();
        for billing in skus.iter_mut().filter_map(|sku| sku.billing.as_mut()) {
            if let Some(mode) = mode.filter(|mode| mode_of(billing) != *mode) {
                *billing = as_mode(billing, mode);
            }
            for price in prices(billing) {
                price.quantities.retain(|code, _| known.contains(code));
            }
        }
        self.skus = skus;
    }

    pub(crate) fn quantity_codes(&self) -> Vec<String> {
        let quantities = self.attributes.iter().filter(|attribute| matches!(attribute, Attribute::Quantity { .. }));
        quantities.map(|attribute| attribute.code().to_owned()).collect()
    }

    fn sku_for(&self, values: BTreeMap<String, String>) -> Sku {
        let same = self.skus.iter().find(|sku| sku.values == values);
        let near = || {
            self.skus.iter().find(|sku| {
                let shared = |(code, value): (&String, &String)| values.get(code).is_none_or(|own| own == value);
                sku.values.len() != values.len() && sku.values.iter().all(shared)
            })
        };
        let found = same.or_else(near);
        Sku {
            not_sold: found.is_some_and(|sku| sku.not_sold),
            billing: found.and_then(|sku| sku.billing.clone()),
            books: found.map(|sku| sku.books.clone()).unwrap_or_default(),
            values,
        }
    }
}

/// All prices of a SKU.
fn prices(billing: &mut Billing) -> Vec<&mut Price> {
    match billing {
        Billing::OneOff { price } => vec![price],
        Billing::Period { day, month, year, set_up: _ } => {
            [day, month, year].into_iter().flatten().map(|period| &mut period.price).collect()
        }
        Billing::OnDemand(_) | Billing::Package(_) => Vec::new(),
    }
}

/// The same price, paid in another way.
fn as_mode(billing: &Billing, mode: BillingMode) -> Billing {
    let price = match billing {
        Billing::OneOff { price } => Some(price.clone()),
        Billing::Period { day, month, year, set_up: _ } => {
            month.as_ref().or(year.as_ref()).or(day.as_ref()).map(|period| period.price.clone())
        }
        Billing::OnDemand(_) => None,
        Billing::Package(package) => Some(package.price.clone()),
    };
    let price = price.unwrap_or_default();
    match mode {
        BillingMode::OneOff => Billing::OneOff { price },
        BillingMode::OnDemand | BillingMode::Package => begun(mode, price.base).unwrap_or(Billing::OneOff { price }),
        BillingMode::Period => {
            let month = Some(PeriodPrice { price, periods_max: PERIODS_USUAL, discounts: Vec::new() });
            Billing::Period { day: None, month, year: None, set_up: None }
        }
    }
}

/// A part of the specs of a listing, by the places of its spec, attribute and value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Spec(usize),
    Attribute(usize, usize),
    Value(usize, usize, usize),
}

/// A change of the form of the specs, as the buttons of the editor name it: `add-value 0.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reform {
    AddSpec,
    AddEnum(usize),
    AddQuantity(usize),
    AddValue(usize, usize),
    Remove(Place),
}

impl Reform {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (verb, places) = text.split_once(' ').unwrap_or((text, ""));
        let places: Vec<usize> = places.split('.').filter_map(|place| place.parse().ok()).collect();
        match (verb, places[..].as_ref()) {
            ("add-spec", []) => Some(Self::AddSpec),
            ("add-enum", [spec]) => Some(Self::AddEnum(*spec)),
            ("add-quantity", [spec]) => Some(Self::AddQuantity(*spec)),
            ("add-value", [spec, attribute]) => Some(Self::AddValue(*spec, *attribute)),
            ("remove", [spec]) => Some(Self::Remove(Place::Spec(*spec))),
            ("remove", [spec, attribute]) => Some(Self::Remove(Place::Attribute(*spec, *attribute))),
            ("remove", [spec, attribute, value]) => Some(Self::Remove(Place::Value(*spec, *attribute, *value))),
            _ => None,
        }
    }
}

impl Listing {
    /// Changes the form of the specs; what is not there is left as it is.
    pub(crate) fn reform(&mut self, reform: Reform) {
        match reform {
            Reform::AddSpec => {
                let taken: Vec<&str> = self.specs.iter().map(|spec| spec.code.as_str()).collect();
                let code = fresh("edition", &taken);
                let mode = self.specs.last().and_then(|spec| spec.billing_mode).or(Some(BillingMode::Period));
                self.specs.push(Spec {
                    code,
                    name: Localized::default(),
                    billing_mode: mode,
                    trial_days: None,
                    attributes: Vec::new(),
                    skus: Vec::new(),
                });
            }
            Reform::AddEnum(spec) => self.with_spec(spec, |spec| {
                let code = fresh("option", &spec.attribute_codes());
                let values = vec![AttributeValue { code: "value-1".to_owned(), name: Localized::default() }];
                spec.attributes.push(Attribute::Enum { code, name: Localized::default(), values });
            }),
            Reform::AddQuantity(spec) => self.with_spec(spec, |spec| {
                let (name, unit) = (Localized::new("Users", "用户数"), Localized::new("users", "用户"));
                let code = code_from("users", "users", &spec.attribute_codes());
                let (unit_one, min, max, step) = (Some("user".to_owned()), 1, 1_000, 1);
                spec.attributes.push(Attribute::Quantity { code, name, unit, unit_one, min, max, step });
            }),
            Reform::AddValue(spec, attribute) => self.with_spec(spec, |spec| {
                if let Some(Attribute::Enum { values, .. }) = spec.attributes.get_mut(attribute) {
                    let taken: Vec<&str> = values.iter().map(|value| value.code.as_str()).collect();
                    let code = fresh("value", &taken);
                    values.push(AttributeValue { code, name: Localized::default() });
                }
            }),
            Reform::Remove(place) => self.remove(place),
        }
        self.specs.iter_mut().for_each(Spec::span);
    }

    /// Copies an attribute of a library into a spec that has none of its code.
    pub(crate) fn take_attribute(&mut self, spec: usize, attribute: &Attribute) {
        self.with_spec(spec, |spec| {
            if !spec.attribute_codes().contains(&attribute.code()) {
                spec.attributes.push(attribute.clone());
            }
        });
        self.specs.iter_mut().for_each(Spec::span);
    }

    fn with_spec(&mut self, spec: usize, change: impl FnOnce(&mut Spec)) {
        if let Some(spec) = self.specs.get_mut(spec) {
            change(spec);
        }
    }

    fn remove(&mut self, place: Place) {
        let (Place::Spec(at) | Place::Attribute(at, _) | Place::Value(at, _, _)) = place;
        let Some(spec) = self.specs.get_mut(at) else { return };
        match place {
            Place::Spec(_) => {
                self.specs.remove(at);
            }
            Place::Attribute(_, attribute) if attribute < spec.attributes.len() => {
                spec.attributes.remove(attribute);
            }
            Place::Value(_, attribute, value) => {
                if let Some(Attribute::Enum { values, .. }) = spec.attributes.get_mut(attribute)
                    && value < values.len()
                {
                    values.remove(value);
                }
            }
            Place::Attribute(..) => {}
        }
    }
}

impl Spec {
    fn attribute_codes(&self) -> Vec<&str> {
        self.attributes.iter().map(Attribute::code).collect()
    }
}

/// A code that nobody else has: from the name, or counted.
pub(crate) fn code_from(name: &str, otherwise: &str, taken: &[&str]) -> String {
    let word: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let word: Vec<&str> = word.split('-').filter(|part| !part.is_empty()).collect();
    let word: String = word.join("-").chars().take(36).collect();
    let word = word.trim_matches('-');
    if word.is_empty() {
        return fresh(otherwise, taken);
    }
    let word = if word.starts_with(|c: char| c.is_ascii_digit()) { format!("of-{word}") } else { word.to_owned() };
    if taken.contains(&word.as_str()) { fresh(&word, taken) } else { word }
}

fn fresh(word: &str, taken: &[&str]) -> String {
    let mut number = 1_u32;
    loop {
        let code = format!("{word}-{number}");
        if !taken.contains(&code.as_str()) {
            return code;
        }
        number = number.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn spec(value: serde_json::Value) -> Spec {
        serde_json::from_value(value).unwrap()
    }

    fn priced() -> Spec {
        spec(json!({"code": "server", "billing_mode": "one_off", "attributes": [
            {"kind": "enum", "code": "edition", "values": [{"code": "s"}, {"code": "p"}]}],
            "skus": [
                {"values": {"edition": "s"}, "billing": {"mode": "one_off", "price": {"base": "10"}}},
                {"values": {"edition": "p"}, "billing": {"mode": "one_off", "price": {"base": "20"}}}]}))
    }

    fn bases(spec: &Spec) -> Vec<(String, String)> {
        let base = |sku: &Sku| match &sku.billing {
            Some(Billing::OneOff { price }) => price.base.map_or_else(|| "-".to_owned(), |base| base.to_string()),
            Some(Billing::Period { .. } | Billing::OnDemand(_) | Billing::Package(_)) | None => "none".to_owned(),
        };
        spec.skus.iter().map(|sku| (super::super::skus::values_key(&sku.values), base(sku))).collect()
    }

    #[test]
    fn a_new_value_adds_a_combination_without_a_price_and_a_new_attribute_keeps_all_prices() {
        let mut listing = Listing { specs: vec![priced()], ..Listing::default() };
        listing.reform(Reform::AddValue(0, 0));
        assert_eq!(bases(&listing.specs[0])[2], ("edition=value-1".to_owned(), "none".to_owned()));
        listing.reform(Reform::Remove(Place::Value(0, 0, 2)));
        listing.reform(Reform::AddEnum(0));
        let kept = bases(&listing.specs[0]);
        assert_eq!(kept[0], ("edition=s;option-1=value-1".to_owned(), "10".to_owned()));
        assert_eq!(kept[1].1, "20");
        listing.reform(Reform::Remove(Place::Attribute(0, 1)));
        assert_eq!(bases(&listing.specs[0]), bases(&priced()));
    }

    #[test]
    fn what_is_renamed_keeps_its_prices() {
        let before = priced();
        let mut after = before.clone();
        after.attributes = spec(json!({"code": "x", "attributes": [
            {"kind": "enum", "code": "size", "values": [{"code": "small"}, {"code": "p"}]}]}))
        .attributes;
        after.rename(&before);
        after.span();
        let found = bases(&after);
        assert_eq!(found[0], ("size=small".to_owned(), "10".to_owned()));
        assert_eq!(found[1], ("size=p".to_owned(), "20".to_owned()));
    }

    #[test]
    fn another_billing_mode_keeps_the_amounts() {
        let mut spec = priced();
        spec.billing_mode = Some(BillingMode::Period);
        spec.span();
        let Some(Billing::Period { month: Some(month), .. }) = &spec.skus[1].billing else { panic!("{spec:?}") };
        assert_eq!(month.price.base.unwrap().to_string(), "20");
    }

    #[test]
    fn buttons_name_what_they_change() {
        assert_eq!(Reform::parse("remove 0.1.2"), Some(Reform::Remove(Place::Value(0, 1, 2))));
        assert_eq!(Reform::parse("add-enum 3"), Some(Reform::AddEnum(3)));
        assert_eq!(Reform::parse("add-enum"), None);
        assert_eq!(code_from("Standard edition", "value", &["standard-edition"]), "standard-edition-1");
        assert_eq!(code_from("标准版", "value", &[]), "value-1");
        assert_eq!(code_from("16 TB", "value", &[]), "of-16-tb");
    }
}
