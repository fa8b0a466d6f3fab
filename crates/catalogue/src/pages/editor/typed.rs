//! What somebody typed into a form of the editor, by the names of the fields, which are JSON paths in the listing.

use std::{collections::BTreeMap, str::FromStr};

use kernel::{Invalid, Localized};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::rules::{Attribute, Listing, amount, lies_in};

/// No list of a form is longer: a spec has at most so many SKUs.
const LIST_MAX: usize = 200;

#[derive(Debug, Default)]
pub(super) struct Typed(BTreeMap<String, Vec<String>>);

impl Typed {
    /// The fields of a form, those of a name together.
    pub(super) fn of(pairs: Vec<(String, String)>) -> Self {
        let mut typed = Self::default();
        for (name, value) in pairs {
            typed.0.entry(name).or_default().push(value.replace("\r\n", "\n"));
        }
        typed
    }

    /// What a listing says, as if it had just been typed.
    pub(super) fn from_listing(listing: &Listing) -> Self {
        let mut typed = Self::default();
        typed.add(&serde_json::to_value(listing).unwrap_or_default(), String::new());
        typed
    }

    /// What an attribute says, as if it had just been typed.
    pub(super) fn from_attribute(attribute: &Attribute) -> Self {
        let mut typed = Self::default();
        typed.add(&serde_json::to_value(attribute).unwrap_or_default(), String::new());
        typed
    }

    fn add(&mut self, value: &Value, path: String) {
        match value {
            Value::Null => {}
            Value::Bool(yes) => self.put(path, yes.to_string()),
            Value::Number(number) => self.put(path, number.to_string()),
            Value::String(text) => self.put(path, text.clone()),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    // A list of words is one field with several values.
                    let at = if item.is_string() { path.clone() } else { format!("{path}[{index}]") };
                    self.add(item, at);
                }
            }
            Value::Object(fields) => {
                for (key, item) in fields {
                    self.add(item, if path.is_empty() { key.clone() } else { format!("{path}.{key}") });
                }
            }
        }
    }

    pub(super) fn put(&mut self, path: impl Into<String>, value: String) {
        self.0.entry(path.into()).or_default().push(value);
    }

    pub(super) fn set(&mut self, path: String, value: String) {
        self.0.insert(path, vec![value]);
    }

    pub(super) fn text(&self, path: &str) -> &str {
        self.all(path).first().map_or("", String::as_str)
    }

    pub(super) fn all(&self, path: &str) -> &[String] {
        self.0.get(path).map_or(&[], Vec::as_slice)
    }

    /// Whether anything was typed in a field or in a part of it.
    pub(super) fn holds(&self, path: &str) -> bool {
        let written = |values: &Vec<String>| values.iter().any(|value| !value.trim().is_empty());
        self.0.iter().any(|(name, values)| lies_in(name, path) && written(values))
    }

    /// What was typed in the fields whose names end so.
    pub(super) fn ending<'t>(&'t self, end: &'t str) -> impl Iterator<Item = &'t str> {
        let found = self.0.iter().filter(move |(name, _)| name.ends_with(end));
        found.filter_map(|(_, values)| values.first()).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The same with what the names begin with.
    pub(super) fn fields_ending(&self, end: &str) -> Vec<(String, String)> {
        let found = self.0.iter().filter_map(|(name, values)| Some((name.strip_suffix(end)?, values.first()?)));
        found.filter(|(_, value)| !value.is_empty()).map(|(at, value)| (at.to_owned(), value.clone())).collect()
    }

    /// How many items of a list were typed.
    pub(super) fn count(&self, list: &str) -> usize {
        let place =
            |name: &String| name.strip_prefix(list)?.strip_prefix('[')?.split_once(']')?.0.parse::<usize>().ok();
        self.0.keys().filter_map(place).max().map_or(0, |last| last.saturating_add(1)).min(LIST_MAX)
    }

    /// One line in both languages.
    pub(super) fn line(&self, path: &str) -> Localized {
        let text = |lang: &str| self.text(&format!("{path}.{lang}")).trim().to_owned();
        Localized { en: text("en"), zh: text("zh") }
    }

    /// A whole number; `None` when nothing was typed.
    pub(super) fn number<N: FromStr>(&self, path: &str, wrong: &mut Invalid) -> Option<N> {
        let text = self.text(path).trim();
        if text.is_empty() {
            return None;
        }
        let hint = ("must be a whole number, not negative", "须为不小于零的整数");
        wrong.keep(text.replace(',', "").parse().map_err(|_| hint), path)
    }

    /// How much of something is counted; `None` when nothing was typed.
    pub(super) fn count_of(&self, path: &str, wrong: &mut Invalid) -> Option<Decimal> {
        let text = self.text(path).trim();
        if text.is_empty() {
            return None;
        }
        let count =
            amount(text).filter(|count| !count.is_sign_negative() && *count <= Decimal::from(pricing::USAGE_MAX));
        let hint = ("must be a number such as 1000 or 0.5, not negative", "须为 1000 或 0.5 这样的非负数");
        wrong.keep(count.ok_or(hint), path)
    }

    /// A price; `None` when nothing was typed.
    pub(super) fn price(&self, path: &str, wrong: &mut Invalid) -> Option<Decimal> {
        let text = self.text(path).trim();
        if text.is_empty() {
            return None;
        }
        let price = amount(text).filter(|price| pricing::price_is_bounded(*price));
        let hint = (
            "must be an amount such as 30 or 29.90, below 100,000,000",
            "须为 30 或 29.90 这样的金额，且小于 100,000,000",
        );
        wrong.keep(price.ok_or(hint), path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_the_same_as_what_is_typed_for_it() {
        let listing: Listing = serde_json::from_value(serde_json::json!({
            "name": {"en": "Lens", "zh": "透镜"}, "categories": ["a", "b"], "delivery_days": 3,
            "specs": [{"code": "server", "attributes": [{"kind": "enum", "code": "os", "values": [{"code": "x"}]}]}],
        }))
        .unwrap();
        let typed = Typed::from_listing(&listing);
        assert_eq!(typed.line("name"), listing.name);
        assert_eq!(typed.all("categories"), ["a", "b"]);
        assert_eq!(typed.text("specs[0].attributes[0].values[0].code"), "x");
        assert_eq!(typed.number::<u32>("delivery_days", &mut Invalid::default()), Some(3));
        let mut wrong = Invalid::default();
        let typed = Typed::of(vec![("a".to_owned(), "x".to_owned()), ("b".to_owned(), "1,200.50".to_owned())]);
        assert_eq!(typed.number::<u32>("a", &mut wrong), None);
        assert_eq!(wrong.0[0].field, "a");
        assert_eq!(typed.price("b", &mut wrong), Some("1200.50".parse().unwrap()));
    }
}
