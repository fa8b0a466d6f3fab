//! What is put right in the API document after its schemas were derived.

use std::collections::BTreeMap;

use utoipa::openapi::{AllOf, RefOr, Schema, schema::Object};

/// The schemas by their names.
type Schemas = BTreeMap<String, RefOr<Schema>>;

/// A variant that is a struct of its own is described as that struct and its tag, each of them closed to everything else: nothing
/// fits both. Here they become one object.
pub(super) fn join_tags(schemas: &mut Schemas) {
    let joined: Vec<(String, RefOr<Schema>)> = schemas
        .iter()
        .filter_map(|(name, schema)| {
            let RefOr::T(Schema::OneOf(one_of)) = schema else { return None };
            let mut one_of = one_of.clone();
            for item in &mut one_of.items {
                if let RefOr::T(Schema::AllOf(all)) = &*item
                    && let Some(object) = joined(all, schemas)
                {
                    *item = RefOr::T(Schema::Object(object));
                }
            }
            Some((name.clone(), RefOr::T(Schema::OneOf(one_of))))
        })
        .collect();
    schemas.extend(joined);
}

/// A struct and its tag as one object.
fn joined(all: &AllOf, schemas: &Schemas) -> Option<Object> {
    let [RefOr::Ref(named), RefOr::T(Schema::Object(tag))] = all.items.as_slice() else { return None };
    let name = named.ref_location.rsplit('/').next()?;
    let Some(RefOr::T(Schema::Object(object))) = schemas.get(name) else { return None };
    let mut object = object.clone();
    object.properties.extend(tag.properties.clone());
    object.required.extend(tag.required.iter().cloned());
    object.description = all.description.clone().or(object.description);
    Some(object)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use utoipa::{PartialSchema, ToSchema};

    use super::*;

    #[derive(serde::Deserialize, ToSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "it is described, not made")]
    struct Walk {
        steps: u32,
    }

    #[derive(serde::Deserialize, ToSchema)]
    #[serde(tag = "kind", rename_all = "snake_case")]
    #[expect(dead_code, reason = "it is described, not made")]
    enum Way {
        Walk(Walk),
        Rest,
    }

    #[test]
    fn a_variant_that_is_a_struct_is_one_object_with_its_tag() {
        let mut schemas = BTreeMap::from([("Walk".to_owned(), Walk::schema()), ("Way".to_owned(), Way::schema())]);
        join_tags(&mut schemas);
        let way = serde_json::to_value(&schemas["Way"]).unwrap();
        let walk = &way["oneOf"][0];
        assert_eq!(walk["additionalProperties"], json!(false));
        assert_eq!(walk["properties"]["kind"]["enum"], json!(["walk"]));
        assert!(walk["properties"]["steps"].is_object() && walk["allOf"].is_null(), "{walk}");
        assert_eq!(walk["required"], json!(["steps", "kind"]));
        assert_eq!(way["oneOf"][1]["properties"]["kind"]["enum"], json!(["rest"]));
    }
}
