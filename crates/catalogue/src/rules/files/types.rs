//! What kind of value each field of a listing takes, as the API's own document says: so that a price may be written as a
//! number, and a cell of a table, which is always a text, becomes what the field wants.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::Value;
use utoipa::{PartialSchema, ToSchema};

use crate::rules::Listing;

/// One step into a listing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Field(String),
    Item(usize),
}

/// The value at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaf {
    Text,
    Number,
    Flag,
    /// A list of texts.
    Texts,
}

/// What may stand at a place: one description, or several where a listing has several forms.
#[derive(Clone)]
pub(super) struct Place(Vec<&'static Value>);

struct Types {
    root: Value,
    named: BTreeMap<String, Value>,
}

static TYPES: LazyLock<Types> = LazyLock::new(|| {
    let mut schemas = Vec::new();
    Listing::schemas(&mut schemas);
    let value = |schema| serde_json::to_value(schema).unwrap_or_default();
    Types {
        root: value(Listing::schema()),
        named: schemas.into_iter().map(|(name, schema)| (name, value(schema))).collect(),
    }
});

impl Place {
    pub(super) fn root() -> Self {
        Self(known(&TYPES.root))
    }

    pub(super) fn step(&self, step: &Step) -> Self {
        let next = self.0.iter().filter_map(|place| match step {
            Step::Field(name) => place
                .get("properties")
                .and_then(|fields| fields.get(name))
                .or_else(|| place.get("additionalProperties").filter(|more| more.is_object())),
            Step::Item(_) => place.get("items"),
        });
        Self(next.flat_map(known).collect())
    }

    /// What is written there; `None`: nothing is, or it is no single value.
    pub(super) fn leaf(&self) -> Option<Leaf> {
        self.0.iter().find_map(|place| {
            let wants = |kind: &str| match place.get("type") {
                Some(Value::String(own)) => own == kind,
                Some(Value::Array(own)) => own.iter().any(|own| own == kind),
                Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => false,
            };
            if wants("string") {
                Some(Leaf::Text)
            } else if wants("integer") || wants("number") {
                Some(Leaf::Number)
            } else if wants("boolean") {
                Some(Leaf::Flag)
            } else if wants("array") {
                let items = Self(place.get("items").into_iter().flat_map(known).collect());
                (items.leaf() == Some(Leaf::Text)).then_some(Leaf::Texts)
            } else {
                None
            }
        })
    }
}

/// A description with its references followed and its forms apart.
fn known(schema: &'static Value) -> Vec<&'static Value> {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let name = name.rsplit('/').next().unwrap_or_default();
        return TYPES.named.get(name).map_or_else(Vec::new, known);
    }
    for forms in ["oneOf", "anyOf", "allOf"] {
        if let Some(forms) = schema.get(forms).and_then(Value::as_array) {
            return forms.iter().flat_map(known).collect();
        }
    }
    vec![schema]
}

/// `specs[0].skus[2].billing.mode` as steps; `None`: it is no path.
pub(super) fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    for part in path.split('.') {
        let (name, mut rest) = part.find('[').map_or((part, ""), |at| part.split_at(at));
        if name.is_empty() {
            return None;
        }
        steps.push(Step::Field(name.to_owned()));
        while !rest.is_empty() {
            let (index, after) = rest.strip_prefix('[')?.split_once(']')?;
            steps.push(Step::Item(index.parse().ok()?));
            rest = after;
        }
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(path: &str) -> Option<Leaf> {
        steps(path)?.iter().fold(Place::root(), |place, step| place.step(step)).leaf()
    }

    #[test]
    fn every_field_knows_what_it_takes() {
        for (path, wanted) in [
            ("name.en", Leaf::Text),
            ("access_type", Leaf::Text),
            ("categories", Leaf::Texts),
            ("screenshots", Leaf::Texts),
            ("delivery_days", Leaf::Number),
            ("specs[0].billing_mode", Leaf::Text),
            ("specs[0].attributes[1].max", Leaf::Number),
            ("specs[0].attributes[0].values[1].name.zh", Leaf::Text),
            ("specs[0].skus[0].values.edition", Leaf::Text),
            ("specs[0].skus[0].not_sold", Leaf::Flag),
            ("specs[0].skus[0].billing.mode", Leaf::Text),
            ("specs[0].skus[0].billing.month.price.base", Leaf::Text),
            ("specs[0].skus[0].billing.month.periods_max", Leaf::Number),
            ("specs[0].skus[0].billing.month.price.quantities.users.tiers[1].from", Leaf::Number),
            ("specs[0].skus[0].billing.month.price.quantities.users.unit_price", Leaf::Text),
        ] {
            assert_eq!(leaf(path), Some(wanted), "{path}");
        }
        for path in ["colour", "name", "specs", "name.fr", "", "a..b", "specs[x]"] {
            assert_eq!(leaf(path), None, "{path}");
        }
    }
}
