//! What a listing says of itself beside its texts: the fields of its access type, and what prices of use count.

use std::collections::BTreeSet;

use kernel::{Invalid, Localized, choices};
use serde::Deserialize;

use super::{AccessRules, Category, Policy};

/// The most fields that one access type has, and choices that one field has.
const FIELDS_MAX: usize = 20;
const CHOICES_MAX: usize = 60;

choices! {
    /// What a field of an access type takes.
    pub enum FieldKind {
        /// A line of text in both languages.
        Text = "text",
        /// A number, not negative.
        Number = "number",
        /// One of a list.
        Choice = "choice",
        /// Several products of the same seller that are on sale.
        Products = "products",
    }
}

/// A field that listings of one access type have.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeField {
    pub code: String,
    pub name: Localized,
    pub kind: FieldKind,
    #[serde(default)]
    pub mandatory: bool,
    /// Of a number: what is counted.
    #[serde(default)]
    pub unit: Option<Localized>,
    /// Of a choice: what can be chosen.
    #[serde(default)]
    pub choices: Vec<Category>,
}

/// Something that prices of use count (计费因子).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BillingFactor {
    pub code: String,
    pub name: Localized,
    pub unit: Localized,
    /// The English unit after the number one.
    #[serde(default)]
    pub unit_one: Option<String>,
}

impl Policy {
    pub(super) fn check_fields(&self, wrong: &mut Invalid) {
        for rules in &self.access_types {
            check_type(rules, wrong);
        }
        let mut codes = BTreeSet::new();
        for BillingFactor { code, name, unit, unit_one } in &self.catalogue.billing_factors {
            let field = format!("catalogue.billing_factors.{code}");
            check_code(code, &field, wrong);
            wrong.check(
                codes.insert(code),
                &field,
                ("is listed twice; keep one of them", "出现了两次，须保留其中一项"),
            );
            named(name, &format!("{field}.name"), wrong);
            named(unit, &format!("{field}.unit"), wrong);
            let fits = unit_one.as_ref().is_none_or(|one| (1..=40).contains(&one.trim().chars().count()));
            wrong.check(fits, format!("{field}.unit_one"), ("must have 1 to 40 characters", "须为 1 到 40 个字符"));
        }
    }

    /// What listings of an access type say of themselves.
    pub fn type_fields(&self, access_type: super::AccessType) -> &[TypeField] {
        self.access(access_type).map_or(&[], |rules| rules.fields.as_slice())
    }

    /// Something that prices of use count, by its code.
    pub fn billing_factor(&self, code: &str) -> Option<&BillingFactor> {
        self.catalogue.billing_factors.iter().find(|known| known.code == code)
    }
}

fn check_type(rules: &AccessRules, wrong: &mut Invalid) {
    let base = format!("access_types.{}.fields", rules.code);
    let count = (format!("may be at most {FIELDS_MAX}"), format!("最多 {FIELDS_MAX} 个"));
    wrong.check(rules.fields.len() <= FIELDS_MAX, &base, count);
    let mut codes = BTreeSet::new();
    for TypeField { code, name, kind, mandatory: _, unit, choices } in &rules.fields {
        let field = format!("{base}.{code}");
        check_code(code, &field, wrong);
        wrong.check(codes.insert(code), &field, ("is listed twice; keep one of them", "出现了两次，须保留其中一项"));
        named(name, &format!("{field}.name"), wrong);
        if let Some(unit) = unit {
            let hint = ("is of numbers only; take it away", "仅适用于数字，须删除");
            wrong.check(*kind == FieldKind::Number, format!("{field}.unit"), hint);
            named(unit, &format!("{field}.unit"), wrong);
        }
        let at = format!("{field}.choices");
        if *kind == FieldKind::Choice {
            let hint = (format!("must be from 2 to {CHOICES_MAX}"), format!("须为 2 到 {CHOICES_MAX} 项"));
            wrong.check((2..=CHOICES_MAX).contains(&choices.len()), &at, hint);
        } else {
            wrong.check(choices.is_empty(), &at, ("are of a choice only; take them away", "仅适用于选择项，须删除"));
        }
        let mut known = BTreeSet::new();
        for choice in choices {
            let at = format!("{at}.{}", choice.code);
            check_code(&choice.code, &at, wrong);
            wrong.check(known.insert(&choice.code), &at, ("is listed twice; keep one", "出现了两次，须保留其中一项"));
            named(&choice.name, &at, wrong);
        }
    }
}

fn named(name: &Localized, field: &str, wrong: &mut Invalid) {
    let fits = |text: &str| (1..=60).contains(&text.trim().chars().count()) && !text.contains(['\n', '\r']);
    let hint = ("must have 1 to 60 characters in both languages", "中英文均须为 1 到 60 个字符");
    wrong.check(fits(&name.en) && fits(&name.zh), field, hint);
}

/// A code stands in files, addresses and forms.
fn check_code(code: &str, field: &str, wrong: &mut Invalid) {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    let fits = (1..=40).contains(&code.len()) && code.bytes().all(plain);
    let hint =
        ("must have a code of 1 to 40 small letters, digits, _ and -", "编码须为 1 到 40 个小写字母、数字、_ 或 -");
    wrong.check(fits, field, hint);
}

#[cfg(test)]
mod tests {
    use super::super::{AccessType, DEFAULT};
    use super::*;

    #[test]
    fn every_access_type_has_fields_of_its_own() {
        let policy = Policy::parse(DEFAULT).unwrap();
        for code in AccessType::ALL.iter().filter(|code| !matches!(code, AccessType::Saas | AccessType::License)) {
            assert!(policy.type_fields(*code).len() >= 2 || *code == AccessType::Bundle, "{code}");
        }
        let bundle = policy.type_fields(AccessType::Bundle);
        assert!(bundle.iter().any(|field| field.kind == FieldKind::Products && field.mandatory));
        assert_eq!(policy.billing_factor("tokens").unwrap().unit.zh, "tokens");
    }

    #[test]
    fn nonsense_is_refused_with_its_place() {
        let check = |is: &str, becomes: &str, field: &str| {
            assert!(DEFAULT.contains(is), "{is}");
            let wrong = Policy::parse(&DEFAULT.replacen(is, becomes, 1)).unwrap_err();
            assert!(wrong.0.iter().any(|error| error.field == field), "{field}: {wrong}");
        };
        let warranty = "code = \"warranty\", name = { en = \"Warranty\", zh = \"保修期\" }, kind = \"number\"";
        let becomes = |part: &str, other: &str| warranty.replace(part, other);
        check(warranty, &becomes("\"warranty\"", "\"War ranty\""), "access_types.hardware.fields.War ranty");
        check(warranty, &becomes("\"Warranty\"", "\"\""), "access_types.hardware.fields.warranty.name");
        check(warranty, &becomes("\"number\"", "\"text\""), "access_types.hardware.fields.warranty.unit");
        check(warranty, &becomes("\"number\"", "\"choice\""), "access_types.hardware.fields.warranty.choices");
        let calls = "code = \"calls\"\nname = { en = \"Calls\"";
        check(calls, "code = \"tokens\"\nname = { en = \"Calls\"", "catalogue.billing_factors.tokens");
        check(calls, "code = \"calls\"\nname = { en = \"\"", "catalogue.billing_factors.calls.name");
    }
}
