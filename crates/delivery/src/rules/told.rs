//! What a line has bought or changes, for the forms that have room for it.

use orders::Line;
use serde_json::{Map, Value, json};

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
        ("answers", answers(line)),
        ("buyer", buyer),
    ]
}

/// What its buyer answered to the seller's questions, by their names; nothing where nothing was answered.
fn answers(line: &Line) -> Value {
    let given: Map<String, Value> =
        line.content.answers.iter().map(|answer| (answer.name.clone(), Value::from(answer.value.as_str()))).collect();
    if given.is_empty() { Value::Null } else { Value::Object(given) }
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
