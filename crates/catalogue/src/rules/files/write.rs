//! From a listing to a file that people like to read and that changes line by line.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::{Base, canonical};

/// In which order people read a listing; what is not named here comes between these and the specs.
const ORDER: [&str; 14] = [
    "access_type",
    "name",
    "summary",
    "version",
    "categories",
    "currency",
    "delivery_days",
    "agreement",
    "logo",
    "screenshots",
    "description",
    "support",
    "attributes",
    "skus",
];

/// The longest value that is written on one line.
const LINE_MAX: usize = 110;

/// One product as a file. Documents are named as the listing names them.
pub(crate) fn write_one(key: &str, base: &Base, listing: &Value) -> String {
    let mut out = format!("key = {}\n", text(key));
    out.push_str("# What the site had when this was exported. It shows whether the product was changed there since: leave it as it is.\n");
    let _ = writeln!(out, "base = {{ product = \"{}\", digest = \"{}\" }}\n", base.product, base.digest);
    if let Value::Object(fields) = canonical(listing) {
        table(&mut out, "", &fields);
    }
    out
}

/// The fields of a table: first what fits a line, then long lists, then tables below it.
fn table(out: &mut String, path: &str, fields: &Map<String, Value>) {
    let mut below = Vec::new();
    for (name, value) in sorted(fields) {
        match on_lines(value) {
            Some(written) => {
                let _ = writeln!(out, "{} = {written}", bare(name));
            }
            None => below.push((name, value)),
        }
    }
    for (name, value) in below {
        let at = if path.is_empty() { bare(name) } else { format!("{path}.{}", bare(name)) };
        match value {
            Value::Object(fields) => {
                let _ = writeln!(out, "\n[{at}]");
                table(out, &at, fields);
            }
            Value::Array(items) => {
                for fields in items.iter().filter_map(Value::as_object) {
                    let _ = writeln!(out, "\n[[{at}]]");
                    table(out, &at, fields);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

fn sorted(fields: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let rank = |name: &str| match name {
        "key" | "kind" | "code" | "mode" | "model" | "values" => 0,
        "specs" => ORDER.len() + 2,
        name => ORDER.iter().position(|known| *known == name).map_or(ORDER.len() + 1, |at| at + 1),
    };
    let mut sorted: Vec<_> = fields.iter().collect();
    sorted.sort_by_key(|(name, _)| (rank(name), (*name).clone()));
    sorted
}

/// A value that needs no table of its own; `None`: it does.
fn on_lines(value: &Value) -> Option<String> {
    if let Value::String(long) = value
        && long.contains('\n')
    {
        return Some(paragraphs(long));
    }
    let short = inline(value);
    let holds_tables = matches!(value, Value::Array(items) if items.iter().any(Value::is_object));
    let fits = short.as_ref().is_some_and(|short| short.chars().count() <= LINE_MAX);
    match value {
        Value::Object(_) => short.filter(|_| fits),
        Value::Array(items) if holds_tables || !fits => {
            // One item a line, so that one change is one line.
            let lines: Option<Vec<String>> = items.iter().map(inline).collect();
            let lines =
                lines.filter(|lines| lines.iter().all(|line| !holds_tables || line.chars().count() <= LINE_MAX))?;
            Some(format!("[\n    {},\n]", lines.join(",\n    ")))
        }
        Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => short,
    }
}

/// A value on one line; `None`: it says nothing.
fn inline(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(one) => Some(text(one)),
        Value::Array(items) => {
            let items: Option<Vec<String>> = items.iter().map(inline).collect();
            Some(format!("[{}]", items?.join(", ")))
        }
        Value::Object(fields) if fields.is_empty() => Some("{}".to_owned()),
        Value::Object(fields) => {
            let pairs =
                sorted(fields).into_iter().map(|(name, value)| Some(format!("{} = {}", bare(name), inline(value)?)));
            let pairs: Option<Vec<String>> = pairs.collect();
            Some(format!("{{ {} }}", pairs?.join(", ")))
        }
    }
}

fn bare(name: &str) -> String {
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    if plain { name.to_owned() } else { text(name) }
}

fn text(one: &str) -> String {
    let mut out = String::from("\"");
    for c in one.chars() {
        escaped(c, &mut out);
    }
    out.push('"');
    out
}

fn escaped(c: char, out: &mut String) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\t' => out.push_str("\\t"),
        c if c.is_control() => {
            let _ = write!(out, "\\u{:04X}", u32::from(c));
        }
        c => out.push(c),
    }
}

/// A text of several lines, as it is read.
fn paragraphs(long: &str) -> String {
    let mut out = String::from("\"\"\"\n");
    for c in long.chars() {
        match c {
            '\n' => out.push('\n'),
            // One quotation mark by itself ends nothing.
            '"' if !out.ends_with('"') => out.push('"'),
            c => escaped(c, &mut out),
        }
    }
    if out.ends_with('"') && !out.ends_with("\\\"") {
        out.pop();
        out.push_str("\\\"");
    }
    out.push_str("\"\"\"");
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::rules::files::read_one;

    fn base() -> Base {
        Base { product: "prd_01jd8kx2v9e5jtf6xw4sz3q7ab".parse().unwrap(), digest: "0123456789abcdef".to_owned() }
    }

    fn lens() -> Value {
        json!({
            "access_type": "license",
            "name": {"en": "Log Lens", "zh": "日志透镜"},
            "description": {"en": "Reads logs.\n\n\"Finds\" the line.", "zh": "读取日志。\n找到那一行。"},
            "categories": ["developer-tools", "security"],
            "delivery_days": 0,
            "currency": "CNY",
            "agreement": "files/agreement.pdf",
            "specs": [{
                "code": "server",
                "name": {"en": "Server installation", "zh": "服务器部署"},
                "billing_mode": "period",
                "attributes": [
                    {"kind": "enum", "code": "edition", "name": {"en": "Edition", "zh": "版本"},
                     "values": [{"code": "standard", "name": {"en": "Standard", "zh": "标准版"}}]},
                    {"kind": "quantity", "code": "users", "max": 1000, "min": 1, "step": 1,
                     "name": {"en": "Users", "zh": "用户数"}, "unit": {"en": "users", "zh": "用户"}}],
                "skus": [{"values": {"edition": "standard"}, "billing": {"mode": "period", "month": {
                    "price": {"quantities": {"users": {"model": "tiered", "tiers": [
                        {"from": 1, "to": 10, "unit_price": "30.00"}, {"from": 11, "unit_price": "25.00"}]}}},
                    "periods_max": 36, "discounts": [{"periods_min": 12, "basis_points": 1000}]}}}]}]
        })
    }

    #[test]
    fn a_file_reads_back_as_what_was_written() {
        let written = write_one("log-lens", &base(), &lens());
        let read = read_one(&written).unwrap_or_else(|wrong| panic!("{wrong:?}\n{written}"));
        assert_eq!((read.key.as_str(), read.base), ("log-lens", Some(base())));
        assert_eq!(canonical(&read.listing), canonical(&lens()), "{written}");
        assert!(written.contains("\ncategories = [\"developer-tools\", \"security\"]\n"), "{written}");
        assert!(written.contains("\n[[specs]]\ncode = \"server\"\n"), "{written}");
        let line = u64::try_from(written.lines().position(|line| line.contains("delivery_days")).unwrap()).unwrap() + 1;
        assert_eq!(read.lines["delivery_days"], line, "{written}");
    }

    #[test]
    fn prices_may_be_written_as_numbers() {
        let text = "key = \"a\"\n[[specs]]\ncode = \"s\"\n[[specs.skus]]\nbilling = { mode = \"one_off\", price = { base = 19.90 } }\n\
                    [[specs.skus]]\nbilling.mode = \"one_off\"\nbilling.price.base = 20\n";
        let read = read_one(text).unwrap();
        let price = |at: usize| read.listing["specs"][0]["skus"][at]["billing"]["price"]["base"].clone();
        assert_eq!((price(0), price(1)), (json!("19.90"), json!("20")));
    }

    #[test]
    fn mistakes_name_their_line() {
        let wrong = read_one("key = \"a\"\nname = {\n").unwrap_err();
        assert!(wrong[0].line.is_some() && wrong[0].message.en.starts_with("is no TOML"), "{wrong:?}");
        assert_eq!(read_one("name = { en = \"Lens\" }\n").unwrap_err()[0].field, "key");
        let bad = read_one("key = \"a\"\nbase = { digest = 7 }\n").unwrap_err();
        assert_eq!((bad[0].line, bad[0].field.as_str()), (Some(2), "base"));
    }

    fn texts() -> impl Strategy<Value = Value> {
        "[ -~\\n\\t\"日志。’\\\\]{0,40}".prop_map(Value::String)
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![texts(), any::<i32>().prop_map(Value::from), any::<bool>().prop_map(Value::from)];
        leaf.prop_recursive(4, 40, 4, |inner| {
            let fields = proptest::collection::btree_map("[a-z .\"=-]{0,6}", inner.clone(), 0..4);
            let tables = fields.prop_map(|fields| Value::Object(fields.into_iter().collect()));
            prop_oneof![
                proptest::collection::vec(texts(), 0..4).prop_map(Value::Array),
                proptest::collection::vec(tables.clone(), 0..4).prop_map(Value::Array),
                tables,
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_is_written_reads_back(fields in proptest::collection::btree_map("x[a-z]{1,6}", values(), 0..6)) {
            let listing = Value::Object(fields.into_iter().collect());
            let written = write_one("a", &base(), &listing);
            let read = read_one(&written).map_err(|wrong| TestCaseError::fail(format!("{wrong:?}\n{written}")))?;
            prop_assert_eq!(canonical(&read.listing), canonical(&listing), "{}", written);
        }

        #[test]
        fn no_file_is_a_fault(text in "(.|\n|=|\\[|\\]|\"|key|base){0,80}") {
            let _ = (read_one(&text), crate::rules::files::read_many(&text));
        }
    }
}
