//! What a revision changes: two documents compared field by field.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// One field that differs; what was added has no `before`, what was removed no `after`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"path": "specs[server].name.en", "before": "Server", "after": "Server installation"}))]
pub(crate) struct Change {
    /// Specs, attributes and values are named by their codes, SKUs by their values.
    pub(crate) path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<Value>,
}

/// All fields in which two documents differ, in the order of the later one.
pub(crate) fn diff(before: &Value, after: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(before, after, "", &mut changes);
    changes
}

fn compare(before: &Value, after: &Value, path: &str, changes: &mut Vec<Change>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => compare_fields(before, after, path, changes),
        (Value::Array(before), Value::Array(after)) => {
            let (before, after) = (keyed(before), keyed(after));
            for (key, value) in &after {
                let at = format!("{path}[{key}]");
                match before.iter().find(|(other, _)| other == key) {
                    Some((_, old)) => compare(old, value, &at, changes),
                    None => changes.push(Change { path: at, before: None, after: Some((*value).clone()) }),
                }
            }
            for (key, value) in before.iter().filter(|(key, _)| !after.iter().any(|(other, _)| other == key)) {
                changes.push(Change { path: format!("{path}[{key}]"), before: Some((*value).clone()), after: None });
            }
        }
        (before, after) if before == after => {}
        (before, after) => {
            let change = Change { path: path.to_owned(), before: Some(before.clone()), after: Some(after.clone()) };
            changes.push(change);
        }
    }
}

fn compare_fields(before: &Map<String, Value>, after: &Map<String, Value>, path: &str, changes: &mut Vec<Change>) {
    let at = |key: &str| {
        if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
    };
    for (key, value) in after {
        match before.get(key) {
            Some(old) => compare(old, value, &at(key), changes),
            None if value.is_null() => {}
            None => changes.push(Change { path: at(key), before: None, after: Some(value.clone()) }),
        }
    }
    for (key, value) in before.iter().filter(|(key, value)| !after.contains_key(*key) && !value.is_null()) {
        changes.push(Change { path: at(key), before: Some(value.clone()), after: None });
    }
}

/// Items with the name under which they are found again when others come or go.
fn keyed(items: &[Value]) -> Vec<(String, &Value)> {
    let mut keyed: Vec<(String, &Value)> = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let own = name_of(item).filter(|name| keyed.iter().all(|(other, _)| other != name));
        keyed.push((own.unwrap_or_else(|| index.to_string()), item));
    }
    keyed
}

fn name_of(item: &Value) -> Option<String> {
    if let Some(text) = item.as_str() {
        return Some(text.to_owned());
    }
    if let Some(code) = item.get("code") {
        return code.as_str().map(str::to_owned);
    }
    let values = item.get("values")?.as_object()?;
    let pairs = values.iter().map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()));
    Some(pairs.collect::<Vec<_>>().join(";"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(before: &Value, after: &Value) -> Vec<String> {
        diff(before, after).into_iter().map(|change| change.path).collect()
    }

    #[test]
    fn a_change_is_named_by_its_place() {
        let before = json!({
            "name": {"en": "Lens", "zh": "透镜"}, "categories": ["security"], "agreement": null,
            "specs": [{"code": "a", "skus": [{"values": {"edition": "s"}, "price": "1"}]}, {"code": "b"}],
        });
        let mut after = before.clone();
        assert_eq!(paths(&before, &after), Vec::<String>::new());
        after["name"]["en"] = json!("Log Lens");
        after["categories"] = json!(["websites", "security"]);
        after["specs"] = json!([{"code": "c"}, {"code": "a", "skus": [{"values": {"edition": "s"}, "price": "2"}]}]);
        let found = ["categories[websites]", "name.en", "specs[c]", "specs[a].skus[edition=s].price", "specs[b]"];
        assert_eq!(paths(&before, &after), found);
        let change = &diff(&before, &after)[1];
        assert_eq!((change.before.clone(), change.after.clone()), (Some(json!("Lens")), Some(json!("Log Lens"))));
    }

    #[test]
    fn an_absent_field_is_not_told_from_null() {
        assert_eq!(paths(&json!({"a": null}), &json!({})), Vec::<String>::new());
        assert_eq!(paths(&json!({}), &json!({"a": null})), Vec::<String>::new());
        assert_eq!(paths(&json!({"a": null}), &json!({"a": 1})), ["a"]);
    }
}
