//! What a listing says in the fields of its access type, which the site's rules name.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Invalid, Localized, id::ProductId};
use policy::{FieldKind, Policy, TypeField};
use pricing::{Billing, Overage};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    draft::Listing,
    form::{Site, line},
    tables::amount,
};

/// The most characters of a line of text.
const TEXT_MAX: usize = 200;
/// The fewest and the most products that one names.
const PRODUCTS: std::ops::RangeInclusive<usize> = 2..=20;

/// The value of a field: a number or the code of a choice, the ids of products, a line in both languages. The list stands before
/// the line, which would take two ids for its languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(example = "ubuntu")]
pub(crate) enum FieldValue {
    One(String),
    Many(Vec<String>),
    Text(Localized),
}

/// The products that a listing may name as its parts, and how they are called.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts(pub(crate) BTreeMap<ProductId, Localized>);

impl Parts {
    /// Values without the products that are not among these.
    pub(crate) fn of(&self, fields: &BTreeMap<String, FieldValue>) -> BTreeMap<String, FieldValue> {
        let known = |id: &&String| id.parse().is_ok_and(|id: ProductId| self.0.contains_key(&id));
        let shown = |value: &FieldValue| match value {
            FieldValue::Many(ids) => FieldValue::Many(ids.iter().filter(known).cloned().collect()),
            FieldValue::Text(_) | FieldValue::One(_) => value.clone(),
        };
        fields.iter().map(|(code, value)| (code.clone(), shown(value))).collect()
    }
}

impl FieldValue {
    fn text(&self) -> Option<&Localized> {
        match self {
            Self::Text(text) => Some(text),
            Self::One(_) | Self::Many(_) => None,
        }
    }

    pub(crate) fn one(&self) -> Option<&str> {
        match self {
            Self::One(one) => Some(one.trim()),
            Self::Text(_) | Self::Many(_) => None,
        }
    }

    pub(crate) fn many(&self) -> &[String] {
        match self {
            Self::Many(many) => many,
            Self::Text(_) | Self::One(_) => &[],
        }
    }

    /// Whether it says nothing.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.en.trim().is_empty() && text.zh.trim().is_empty(),
            Self::One(one) => one.trim().is_empty(),
            Self::Many(many) => many.is_empty(),
        }
    }
}

impl Listing {
    /// The products that it names, whatever the field.
    pub(crate) fn named_products(&self) -> BTreeSet<ProductId> {
        self.fields.values().flat_map(FieldValue::many).filter_map(|id| id.parse().ok()).take(*PRODUCTS.end()).collect()
    }

    /// What it says in the fields of its type, in the order of the rules; of a choice its name, of a number its unit too.
    pub(crate) fn said_in_fields<'p>(&'p self, policy: &'p Policy) -> Vec<(&'p TypeField, InField<'p>)> {
        let said = |field: &'p TypeField| {
            let value = self.fields.get(&field.code).filter(|value| !value.is_empty())?;
            let said = match (field.kind, value) {
                (FieldKind::Text, FieldValue::Text(text)) => InField::Text(text.clone()),
                (FieldKind::Number, FieldValue::One(number)) => {
                    let unit = field.unit.clone().unwrap_or_default();
                    let with = |unit: &str| format!("{number} {unit}").trim().to_owned();
                    InField::Text(Localized { en: with(&unit.en), zh: with(&unit.zh) })
                }
                (FieldKind::Choice, FieldValue::One(code)) => {
                    let known = field.choices.iter().find(|known| known.code == *code);
                    InField::Text(
                        known.map_or_else(|| Localized::new(code.as_str(), code.as_str()), |known| known.name.clone()),
                    )
                }
                (FieldKind::Products, FieldValue::Many(ids)) => InField::Products(ids),
                // The rules have changed since it was written.
                (FieldKind::Text | FieldKind::Number | FieldKind::Choice | FieldKind::Products, _) => return None,
            };
            Some((field, said))
        };
        policy.type_fields(self.access_type).iter().filter_map(said).collect()
    }
}

/// What a field says, as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum InField<'l> {
    Text(Localized),
    Products(&'l [String]),
}

/// What the rules want of the fields of a listing's type.
pub(super) fn check(listing: &Listing, site: &Site<'_>, wrong: &mut Invalid) {
    let known = site.policy.type_fields(listing.access_type);
    for (code, value) in &listing.fields {
        if !known.iter().any(|field| field.code == *code) && !value.is_empty() {
            let codes: Vec<&str> = known.iter().map(|field| field.code.as_str()).collect();
            let hint = (
                format!("is not a field of this access type; it has: {}", codes.join(", ")),
                format!("该接入类型没有这个字段，可填写：{}", codes.join("、")),
            );
            wrong.check(false, format!("fields.{code}"), hint);
        }
    }
    for field in known {
        let at = format!("fields.{}", field.code);
        if let Some(value) = listing.fields.get(&field.code).filter(|value| !value.is_empty()) {
            check_value(field, value, site, (&at, wrong));
        } else {
            let hint =
                (format!("is missing; say it: {}", field.name.en), format!("尚未填写，须填写：{}", field.name.zh));
            wrong.check(!field.mandatory, at, hint);
        }
    }
}

fn check_value(field: &TypeField, value: &FieldValue, site: &Site<'_>, (at, wrong): (&str, &mut Invalid)) {
    let (en, zh) = (&field.name.en, &field.name.zh);
    match field.kind {
        FieldKind::Text => {
            if let Some(text) = value.text() {
                line(text, 1, TEXT_MAX, at, wrong);
            } else {
                let hint = (format!("must be a text in both languages: {en}"), format!("须为中英文文字：{zh}"));
                wrong.check(false, at, hint);
            }
        }
        FieldKind::Number => {
            let number = value.one().and_then(amount).filter(|number| !number.is_sign_negative());
            let fits = number.is_some_and(|number| number < 1_000_000_000_000_i64.into() && number.scale() <= 4);
            let hint = (
                format!("must be a number such as 8 or 0.5, not negative: {en}"),
                format!("须为 8 或 0.5 这样的非负数：{zh}"),
            );
            wrong.check(fits, at, hint);
        }
        FieldKind::Choice => {
            let fits = value.one().is_some_and(|code| field.choices.iter().any(|known| known.code == code));
            let codes: Vec<&str> = field.choices.iter().map(|known| known.code.as_str()).collect();
            let hint = (
                format!("must be one of {}: {en}", codes.join(", ")),
                format!("须为以下之一：{}（{zh}）", codes.join("、")),
            );
            wrong.check(fits, at, hint);
        }
        FieldKind::Products => {
            let ids = value.many();
            let distinct: BTreeSet<&String> = ids.iter().collect();
            let count = PRODUCTS.contains(&ids.len()) && distinct.len() == ids.len();
            let (least, most) = (PRODUCTS.start(), PRODUCTS.end());
            let hint = (
                format!("must name {least} to {most} different products: {en}"),
                format!("须选择 {least} 到 {most} 个不同的商品：{zh}"),
            );
            wrong.check(count, at, hint);
            let sold = |id: &String| id.parse().is_ok_and(|id: ProductId| site.parts.contains(&id));
            let hint = (
                "names something that is not a product of yours on sale, or that is such a product itself; choose among yours",
                "含有不是本账号在售的商品，或本身就是组合商品，须从在售商品中选择",
            );
            wrong.check(ids.iter().all(sold), at, hint);
        }
    }
}

/// What prices of use count is one of the site's list.
pub(super) fn check_factors(billing: &Billing, policy: &Policy, path: &str, wrong: &mut Invalid) {
    let known = &policy.catalogue.billing_factors;
    let (on_demand, path) = match billing {
        Billing::OnDemand(on_demand) => (Some(on_demand), path.to_owned()),
        Billing::Package(package) => match &package.overage {
            Overage::OnDemand { billing } => (Some(billing), format!("{path}.overage.billing")),
            Overage::Stop => (None, String::new()),
        },
        Billing::OneOff { .. } | Billing::Period { .. } => (None, String::new()),
    };
    for (index, meter) in on_demand.into_iter().flat_map(|on_demand| &on_demand.meters).enumerate() {
        let Some(factor) = &meter.factor else { continue };
        let codes: Vec<&str> = known.iter().map(|known| known.code.as_str()).collect();
        let hint = (
            format!("is not on the site's list; choose one of {}, or leave it out", codes.join(", ")),
            format!("不在本站的计费因子中，可选：{}，也可不填", codes.join("、")),
        );
        let fits = known.is_empty() || policy.billing_factor(factor).is_some();
        wrong.check(fits, format!("{path}.meters[{index}].factor"), hint);
    }
}

#[cfg(test)]
mod tests {
    use kernel::Timestamp;
    use serde_json::{Value, json};

    use super::*;
    use crate::rules::form::Files;

    fn wrong(access_type: &str, fields: &Value, sold: &[ProductId]) -> Vec<(String, String)> {
        let policy = Policy::parse(policy::DEFAULT).unwrap();
        let listing: Listing = serde_json::from_value(json!({ "access_type": access_type, "fields": fields })).unwrap();
        let (files, parts) = (Files::new(), sold.iter().copied().collect());
        let site =
            Site { policy: &policy, seller: "Cloudco", files: &files, system: None, on_sale: None, parts: &parts };
        let mut wrong = Invalid::default();
        check(&listing, &site, &mut wrong);
        wrong.0.into_iter().map(|error| (error.field, error.message.en)).collect()
    }

    fn fields(access_type: &str, fields: &Value, sold: &[ProductId]) -> Vec<String> {
        wrong(access_type, fields, sold).into_iter().map(|(field, _)| field).collect()
    }

    #[test]
    fn fields_are_those_of_the_type_and_say_how_to_mend() {
        let none = Vec::<String>::new();
        assert_eq!(fields("license", &json!({}), &[]), none);
        assert_eq!(fields("image", &json!({}), &[]), ["fields.os"]);
        let whole =
            json!({"os": "ubuntu", "base": {"en": "24.04 LTS", "zh": "24.04 LTS"}, "memory": "0.5", "cores": "2"});
        assert_eq!(fields("image", &whole, &[]), none);
        for (field, value) in [
            ("os", json!("beos")),
            ("os", json!({"en": "Ubuntu", "zh": "Ubuntu"})),
            ("base", json!("24.04")),
            ("base", json!({"en": "two\nlines", "zh": "两行"})),
            ("memory", json!("much")),
            ("memory", json!("-1")),
            ("memory", json!(["1"])),
        ] {
            let mut listing = whole.clone();
            listing[field] = value.clone();
            let found = fields("image", &listing, &[]);
            assert!(
                !found.is_empty() && found.iter().all(|at| at.starts_with(&format!("fields.{field}"))),
                "{value}: {found:?}"
            );
        }
        let said = wrong("image", &json!({"os": "beos"}), &[]);
        assert!(said[0].1.contains("ubuntu, debian"), "{said:?}");
        assert_eq!(fields("license", &json!({"os": "ubuntu"}), &[]), ["fields.os"], "another type's");
        assert_eq!(fields("license", &json!({"os": ""}), &[]), none, "what is empty says nothing");
    }

    #[test]
    fn a_bundle_is_of_two_or_more_products_on_sale() {
        let id = |at: i64| ProductId::new(Timestamp::from_micros(at));
        let (one, two, other) = (id(1), id(2), id(3));
        let parts = |ids: &[ProductId]| json!({ "parts": ids });
        assert_eq!(fields("bundle", &parts(&[one, two]), &[one, two]), Vec::<String>::new());
        for ids in [&[one][..], &[one, one], &[one, other]] {
            assert_eq!(fields("bundle", &parts(ids), &[one, two]), ["fields.parts"], "{ids:?}");
        }
        assert_eq!(fields("bundle", &json!({"parts": ["x", "y"]}), &[one, two]), ["fields.parts"]);
        assert_eq!(fields("bundle", &json!({}), &[]), ["fields.parts"]);
        let shown = Parts([(one, Localized::new("One", "一"))].into());
        let given = BTreeMap::from([("parts".to_owned(), FieldValue::Many(vec![one.to_string(), two.to_string()]))]);
        assert_eq!(shown.of(&given)["parts"].many(), [one.to_string()], "what cannot be seen is not named");
    }
}
