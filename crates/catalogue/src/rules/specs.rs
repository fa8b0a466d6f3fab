//! What the specs and SKUs of a submitted listing have to fulfil.

use std::collections::BTreeSet;

use kernel::{Invalid, Localized};
use policy::{AccessType, Policy, PresetQuantity};

use super::{
    draft::{Attribute, AttributeValue, Listing, Sku, Spec},
    fields::check_factors,
    form::line,
    naming,
    skus::{mode_of, plan, values_key},
    trial,
};

const SPECS_MAX: usize = 20;
const ATTRIBUTES_MAX: usize = 10;
const VALUES_MAX: usize = 50;
pub(super) const SKUS_MAX: usize = 200;

pub(super) fn check(listing: &Listing, specs: &[Spec], access_type: AccessType, policy: &Policy, wrong: &mut Invalid) {
    wrong.check(
        (1..=SPECS_MAX).contains(&specs.len()),
        "specs",
        (format!("must be from 1 to {SPECS_MAX}"), format!("须为 1 到 {SPECS_MAX} 个")),
    );
    for (index, spec) in specs.iter().enumerate().take(SPECS_MAX) {
        let path = format!("specs[{index}]");
        let Spec { code, name, billing_mode, trial_days: _, attributes, skus: _ } = spec;
        check_code(code, &format!("{path}.code"), wrong);
        let twice = specs[..index].iter().any(|other| other.code == *code);
        wrong.check(
            !twice,
            format!("{path}.code"),
            ("is used by another spec; give each its own code", "已被另一个规格使用，每个规格须有各自的编码"),
        );
        line(name, 2, 60, &format!("{path}.name"), wrong);
        for (lang, text) in [("en", &name.en), ("zh", &name.zh)] {
            for message in naming::spec_name(text, &policy.catalogue.forbidden_words) {
                wrong.check(false, format!("{path}.name.{lang}"), message);
            }
            let of = |other: &Spec| {
                if lang == "en" { other.name.en.clone() } else { other.name.zh.clone() }
            };
            let twice = specs[..index].iter().any(|other| !text.is_empty() && of(other) == *text);
            wrong.check(
                !twice,
                format!("{path}.name.{lang}"),
                ("is the name of another spec; say how they differ", "与另一个规格重名，名称须体现两者的区别"),
            );
        }
        match billing_mode {
            None => wrong.check(
                false,
                format!("{path}.billing_mode"),
                ("is missing; choose how the spec is paid for", "尚未选择计费模式"),
            ),
            Some(mode) => {
                let sold = policy.tax_class(access_type, *mode).is_some();
                let hint = (
                    format!("cannot be {mode} for a product of type {access_type} on this site"),
                    format!("不能为 {mode}，本站 {access_type} 类商品不支持这种计费模式"),
                );
                wrong.check(sold, format!("{path}.billing_mode"), hint);
            }
        }
        trial::check(spec, access_type, policy, &path, wrong);
        check_attributes(attributes, policy, &path, wrong);
        let counted = attributes.iter().any(|attribute| matches!(attribute, Attribute::Quantity { .. }));
        let hint =
            ("must not have a quantity: what is used is counted by the meters", "不能包含数量属性，用量由计费项统计");
        wrong.check(!(counted && spec.is_by_use()), format!("{path}.attributes"), hint);
        check_skus(listing, spec, policy, &path, wrong);
        for (place, sku) in spec.skus.iter().enumerate() {
            if let Some(billing) = &sku.billing {
                check_factors(billing, policy, &format!("{path}.skus[{place}].billing"), wrong);
            }
        }
        check_books(spec, policy, &path, wrong);
    }
}

fn check_code(code: &str, field: &str, wrong: &mut Invalid) {
    let word = code.len() <= 40
        && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-');
    let fine = word && code.starts_with(|c: char| c.is_ascii_lowercase());
    wrong.check(
        fine,
        field,
        (
            "must be a word of small letters, digits, - and _ that begins with a letter, at most 40",
            "须为小写字母、数字、- 或 _，以字母开头，最多 40 个字符",
        ),
    );
}

fn check_attributes(attributes: &[Attribute], policy: &Policy, path: &str, wrong: &mut Invalid) {
    wrong.check(
        attributes.len() <= ATTRIBUTES_MAX,
        format!("{path}.attributes"),
        (format!("must be at most {ATTRIBUTES_MAX}"), format!("最多 {ATTRIBUTES_MAX} 个")),
    );
    for (index, attribute) in attributes.iter().enumerate().take(ATTRIBUTES_MAX) {
        let path = format!("{path}.attributes[{index}]");
        let code = attribute.code();
        check_code(code, &format!("{path}.code"), wrong);
        check_preset(attribute, policy, &format!("{path}."), wrong);
        let twice = attributes[..index].iter().any(|other| other.code() == code);
        wrong.check(
            !twice,
            format!("{path}.code"),
            ("is used by another attribute; give each its own code", "已被另一个 SKU 属性使用，每个属性须有各自的编码"),
        );
        check_attribute(attribute, &format!("{path}."), wrong);
    }
}

fn check_attribute(attribute: &Attribute, path: &str, wrong: &mut Invalid) {
    line(attribute.name(), 1, 40, &format!("{path}name"), wrong);
    match attribute {
        Attribute::Enum { values, .. } => check_values(values, path, wrong),
        Attribute::Quantity { unit, min, max, step, .. } => {
            line(unit, 1, 40, &format!("{path}unit"), wrong);
            wrong.check(min <= max, format!("{path}min"), ("must not be above max", "不能大于 max"));
            wrong.check(*step > 0, format!("{path}step"), ("must be at least 1", "不能小于 1"));
        }
    }
}

/// The site's own attributes keep their names, and nobody else has these.
fn check_preset(attribute: &Attribute, policy: &Policy, path: &str, wrong: &mut Invalid) {
    let presets = &policy.catalogue.attributes;
    let same = |one: &str, other: &str| one.trim().to_lowercase() == other.to_lowercase();
    let alike = |name: &Localized| {
        let own = attribute.name();
        same(&own.en, &name.en) || same(&own.zh, &name.zh)
    };
    if let Some(preset) = presets.iter().find(|preset| preset.code == attribute.code()) {
        let fine = *attribute.name() == preset.name && keeps_to(attribute, preset.quantity.as_ref());
        let hint = (
            format!(
                "belongs to the site's attribute '{}'; take that one as it is, or use another code",
                preset.name.en
            ),
            format!("是平台预置属性“{}”的编码，须按预置的名称、单位和范围使用，或换一个编码", preset.name.zh),
        );
        wrong.check(fine, format!("{path}code"), hint);
    } else {
        let taken = presets.iter().find(|preset| alike(&preset.name));
        let name = taken.map_or_else(Localized::default, |preset| preset.name.clone());
        let hint = (
            format!("is the name of the site's attribute '{}'; take that one, or use another name", name.en),
            format!("与平台预置属性“{}”重名，须使用该预置属性，或换一个名称", name.zh),
        );
        wrong.check(taken.is_none(), format!("{path}name"), hint);
    }
}

/// Whether an attribute is of the kind that the site has given it: a list, or numbers of the same unit that stay within the site's.
fn keeps_to(attribute: &Attribute, quantity: Option<&PresetQuantity>) -> bool {
    match (attribute, quantity) {
        (Attribute::Enum { .. }, None) => true,
        (Attribute::Quantity { unit, unit_one, min, max, step, .. }, Some(site)) => {
            let on_step = |number: u64| number.is_multiple_of(site.step.max(1));
            *unit == site.unit
                && *unit_one == site.unit_one
                && (site.min..=site.max).contains(min)
                && (site.min..=site.max).contains(max)
                && on_step(min.saturating_sub(site.min))
                && on_step(*step)
        }
        (Attribute::Enum { .. }, Some(_)) | (Attribute::Quantity { .. }, None) => false,
    }
}

/// What an attribute of a library has to fulfil; the site's own are there already.
pub(crate) fn check_library(attribute: &Attribute, policy: &Policy) -> Result<(), Invalid> {
    let mut wrong = Invalid::default();
    check_code(attribute.code(), "code", &mut wrong);
    let preset = policy.catalogue.attributes.iter().any(|preset| preset.code == attribute.code());
    let hint = ("belongs to an attribute of the site; use another code", "是平台预置属性的编码，须换一个编码");
    wrong.check(!preset, "code", hint);
    if !preset {
        check_preset(attribute, policy, "", &mut wrong);
    }
    check_attribute(attribute, "", &mut wrong);
    wrong.done()
}

fn check_values(values: &[AttributeValue], path: &str, wrong: &mut Invalid) {
    wrong.check(
        (1..=VALUES_MAX).contains(&values.len()),
        format!("{path}values"),
        (format!("must be from 1 to {VALUES_MAX}"), format!("须为 1 到 {VALUES_MAX} 个")),
    );
    for (index, AttributeValue { code, name }) in values.iter().enumerate() {
        check_code(code, &format!("{path}values[{index}].code"), wrong);
        let twice = values[..index].iter().any(|other| other.code == *code);
        wrong.check(
            !twice,
            format!("{path}values[{index}].code"),
            ("is used by another value; give each its own code", "已被另一个属性值使用，每个值须有各自的编码"),
        );
        line(name, 1, 60, &format!("{path}values[{index}].name"), wrong);
    }
}

/// Every combination has one SKU, priced in the mode of the spec, at more than nothing.
fn check_skus(listing: &Listing, spec: &Spec, policy: &Policy, path: &str, wrong: &mut Invalid) {
    let Some(combinations) = spec.combinations(SKUS_MAX) else {
        let hint = (
            format!("span more than {SKUS_MAX} SKUs; use fewer values, or a quantity instead of a list of numbers"),
            format!("组合出的 SKU 超过 {SKUS_MAX} 个，须减少属性值，或用数量属性代替数字列表"),
        );
        wrong.check(false, format!("{path}.attributes"), hint);
        return;
    };
    let mut wanted: BTreeSet<String> = combinations.iter().map(values_key).collect();
    let mut seen = BTreeSet::new();
    for (index, sku) in spec.skus.iter().enumerate() {
        let path = format!("{path}.skus[{index}]");
        let key = values_key(&sku.values);
        if !seen.insert(key.clone()) {
            wrong.check(
                false,
                format!("{path}.values"),
                ("is the combination of another SKU; remove one of them", "与另一个 SKU 的组合相同，须删除其中一个"),
            );
        } else if !wanted.remove(&key) {
            let hint = (
                "must hold a known value for each enum attribute of the spec, and no others",
                "须为规格的每个枚举属性各填一个已定义的值，且不含其他属性",
            );
            wrong.check(false, format!("{path}.values"), hint);
        }
        check_sku((listing, spec, sku), policy, &path, wrong);
    }
    for missing in wanted {
        let (what, zh) =
            if missing.is_empty() { ("the only combination", "唯一的组合") } else { (&*missing, &*missing) };
        wrong.check(
            false,
            format!("{path}.skus"),
            (
                format!("have none for {what}; add its price, or mark it as not_sold"),
                format!("缺少“{zh}”对应的 SKU，须为其定价，或标记为 not_sold"),
            ),
        );
    }
    wrong.check(
        spec.sold().next().is_some() || spec.skus.is_empty(),
        format!("{path}.skus"),
        ("are all not sold; remove the spec", "全部设为不销售，这个规格应当删除"),
    );
}

/// Prices are in currencies of the site.
fn check_books(spec: &Spec, policy: &Policy, path: &str, wrong: &mut Invalid) {
    let known = &policy.site.currencies;
    let codes = known.iter().map(|currency| currency.code()).collect::<Vec<_>>().join(", ");
    for (index, sku) in spec.skus.iter().enumerate() {
        for (place, book) in sku.books.iter().enumerate() {
            let hint = (format!("must be a currency of this site: {codes}"), format!("须为本站支持的币种：{codes}"));
            let field = format!("{path}.skus[{index}].books[{place}].currency");
            wrong.check(known.contains(&book.currency), field, hint);
        }
    }
}

fn check_sku((listing, spec, sku): (&Listing, &Spec, &Sku), policy: &Policy, path: &str, wrong: &mut Invalid) {
    let field = format!("{path}.billing");
    let billing = match (&sku.billing, sku.not_sold) {
        (None, true) => return,
        (Some(_), true) => {
            return wrong.check(
                false,
                field,
                ("must be left out of a SKU that is not sold", "不销售的 SKU 不能设置价格"),
            );
        }
        (None, false) => {
            return wrong.check(
                false,
                field,
                (
                    "is missing; give the SKU its price, or mark it as not_sold",
                    "尚未设置，须为该 SKU 定价，或标记为 not_sold",
                ),
            );
        }
        (Some(billing), false) => billing,
    };
    if let Some(mode) = spec.billing_mode {
        wrong.check(
            mode_of(billing) == mode,
            format!("{field}.mode"),
            (format!("must be {mode}, as the spec is paid"), format!("须为 {mode}，与规格的计费模式一致")),
        );
    }
    // Without a currency there is no plan yet; its absence is noted with the currency.
    let Some(plan) = plan(listing, spec, sku) else { return };
    let tax = spec.billing_mode.and_then(|mode| listing.tax_rule(mode, policy));
    let checked = tax.map_or_else(|| plan.check(), |rule| plan.check_taxed(&rule));
    if let Err(mistakes) = checked {
        // Quantities of what is paid by use are spoken of beside the attributes.
        for mistake in mistakes.0.into_iter().filter(|mistake| mistake.field != "quantities") {
            let field = place(spec, path, &mistake.field);
            // Quantities belong to the spec: what is wrong with one is said once, not for each SKU.
            let shared = field.contains(".attributes[");
            let said = shared && wrong.0.iter().any(|other| other.field == field);
            wrong.check(said, field, mistake.message);
        }
    }
}

/// Where in the listing a part of a SKU's plan stands: quantities are attributes of the spec, prices are the SKU's own.
fn place(spec: &Spec, sku_path: &str, field: &str) -> String {
    let quantity = field.strip_prefix("quantities[").and_then(|rest| rest.split_once(']'));
    let found = quantity.and_then(|(number, rest)| {
        let mut quantities =
            spec.attributes.iter().enumerate().filter(|(_, attribute)| matches!(attribute, Attribute::Quantity { .. }));
        let (index, _) = quantities.nth(number.parse().ok()?)?;
        let spec_path = sku_path.split(".skus").next()?;
        Some(format!("{spec_path}.attributes[{index}]{rest}"))
    });
    found.unwrap_or_else(|| format!("{sku_path}.{field}"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_number_of_the_site_keeps_its_unit_and_stays_within_its_bounds() {
        let policy = Policy::parse(policy::DEFAULT).unwrap();
        let wrong = |change: Value| {
            let mut attribute = json!({"kind": "quantity", "code": "vcpus", "name": {"en": "vCPUs", "zh": "vCPU 数"},
                "unit": {"en": "vCPUs", "zh": "vCPU"}, "unit_one": "vCPU", "min": 2, "max": 64, "step": 2});
            for (field, value) in change.as_object().into_iter().flatten() {
                attribute[field] = value.clone();
            }
            let mut wrong = Invalid::default();
            check_preset(&serde_json::from_value(attribute).unwrap(), &policy, "", &mut wrong);
            wrong.0.into_iter().map(|error| error.field).collect::<Vec<_>>()
        };
        assert!(wrong(json!({})).is_empty());
        for change in [
            json!({"max": 2048}),
            json!({"min": 0}),
            json!({"unit": {"en": "cores", "zh": "核"}}),
            json!({"name": {"en": "Cores", "zh": "核数"}}),
        ] {
            assert_eq!(wrong(change.clone()), ["code"], "{change}");
        }
        assert_eq!(wrong(json!({"code": "cores"})), ["name"], "nobody else has its name");
        let listed: Attribute = serde_json::from_value(json!({"kind": "enum", "code": "vcpus",
            "name": {"en": "vCPUs", "zh": "vCPU 数"}, "values": []}))
        .unwrap();
        let mut kind = Invalid::default();
        check_preset(&listed, &policy, "", &mut kind);
        assert_eq!(kind.0.len(), 1, "it is chosen by number");
    }
}
