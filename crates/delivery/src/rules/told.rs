//! What a line has bought or changes, for the forms that have room for it.

use orders::Line;
use serde_json::{Value, json};

/// What was bought and by whom, by the names of the API.
pub(crate) fn content(line: &Line, buyer: Value) -> Vec<(&'static str, Value)> {
    let bought = &line.content;
    vec![
        ("product", Value::from(line.product.to_string())),
        ("sku", Value::from(bought.sku_code.as_str())),
        ("title", json!(bought.title)),
        ("attributes", json!(bought.attributes)),
        ("quantities", json!(bought.choice.quantities)),
        ("billing_mode", json!(bought.billing_mode)),
        ("period_unit", json!(bought.quote.unit)),
        ("periods", json!(bought.quote.unit.map(|_| bought.quote.periods))),
        ("trial", Value::from(bought.is_trial)),
        ("buyer", buyer),
    ]
}

/// What something becomes, by the names of the API.
pub(crate) fn specification(line: &Line) -> Vec<(&'static str, Value)> {
    let bought = &line.content;
    vec![
        ("sku", Value::from(bought.sku_code.as_str())),
        ("title", json!(bought.title)),
        ("attributes", json!(bought.attributes)),
        ("quantities", json!(bought.choice.quantities)),
    ]
}
