//! Listings as files: one product in TOML, many in one TOML or CSV file.
//!
//! TOML, because it has one meaning for each text (no indentation that counts, no word that turns into a boolean), takes
//! comments and long texts, and changes line by line. A file holds the listing as the API has it, with two lines more: the
//! seller's own `key` of the product, and the `base` from which the file was exported.

mod read;
mod table;
mod types;
mod write;

use std::collections::BTreeMap;

use documents::Purpose;
use kernel::{FieldError, Localized, id::ProductId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

pub(crate) use read::{read_many, read_one};
pub(crate) use table::{LINES_MAX, read_table, template_rows};
pub(crate) use write::write_one;

/// The largest file of many listings, in megabytes; with what stands around it, it fits into a request.
pub(crate) const IMPORT_MB_MAX: usize = 20;

/// A listing as it stands in a file. Documents are named as the file names them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Written {
    pub(crate) key: String,
    pub(crate) base: Option<Base>,
    pub(crate) listing: Value,
    /// Where it begins in the file.
    pub(crate) line: u64,
    /// On which line each field stands, by its JSON path.
    pub(crate) lines: BTreeMap<String, u64>,
}

/// What the site had when a file was exported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Base {
    pub(crate) product: ProductId,
    pub(crate) digest: String,
}

/// What is wrong in a file, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"line": 12, "field": "version", "message": {"en": "must look like V1.0", "zh": "须为 V1.0 这样的格式"}}))]
pub(crate) struct FileError {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<u64>,
    /// A JSON path in the listing; empty: the file as a whole.
    pub(crate) field: String,
    pub(crate) message: Localized,
}

impl FileError {
    pub(crate) fn new(line: Option<u64>, field: impl Into<String>, message: impl Into<Localized>) -> Self {
        Self { line, field: field.into(), message: message.into() }
    }
}

impl Written {
    /// A mistake with the line of its field, or of what the field lies in.
    pub(crate) fn place(&self, wrong: FieldError) -> FileError {
        let FieldError { field, message } = wrong;
        let mut at = field.as_str();
        loop {
            if let Some(line) = self.lines.get(at) {
                return FileError { line: Some(*line), field, message };
            }
            match at.rfind(['.', '[']) {
                Some(end) => at = &at[..end],
                None => return FileError { line: Some(self.line), field, message },
            }
        }
    }
}

/// The fields of a listing that name documents, without their places in lists, each with what the document has to be handed
/// in for.
const DOCUMENTS: [(&str, Purpose); 10] = [
    ("agreement", Purpose::ServiceAgreement),
    ("logo", Purpose::ProductLogo),
    ("screenshots", Purpose::ProductScreenshot),
    ("user_guide", Purpose::UserGuide),
    ("copyright.certificate", Purpose::SoftwareCopyright),
    ("copyright.letter", Purpose::SoftwareCopyright),
    ("certifications.certificate", Purpose::Certificate),
    ("qualifications.document", Purpose::ProductQualification),
    ("service.requirement_template", Purpose::ServiceTemplate),
    ("service.delivery_template", Purpose::ServiceTemplate),
];

/// Every name of a document in a listing, with its path.
pub(crate) fn documents_in(listing: &mut Value) -> Vec<(String, Purpose, &mut String)> {
    let mut found = Vec::new();
    gather(listing, "", String::new(), &mut found);
    found
}

/// Follows a listing to where documents are named: `field` is the way without places in lists, `at` is the path.
fn gather<'l>(value: &'l mut Value, field: &str, at: String, found: &mut Vec<(String, Purpose, &'l mut String)>) {
    match value {
        Value::String(text) => {
            let purpose = DOCUMENTS.iter().find(|(known, _)| *known == field).map(|(_, purpose)| *purpose);
            found.extend(purpose.map(|purpose| (at, purpose, text)));
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                gather(item, field, format!("{at}[{index}]"), found);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                let (field, at) = match field {
                    "" => (name.clone(), name.clone()),
                    _ => (format!("{field}.{name}"), format!("{at}.{name}")),
                };
                if DOCUMENTS.iter().any(|(known, _)| known.starts_with(&field)) {
                    gather(value, &field, at, found);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A listing without what says nothing, so that a field that is absent, null or empty is the same.
pub(crate) fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept =
                fields.iter().map(|(key, value)| (key.clone(), canonical(value))).filter(|(_, value)| says(value));
            Value::Object(kept.collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(canonical).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn says(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Bool(true) | Value::Number(_) => true,
    }
}

/// What tells one state of a listing from another.
pub(crate) fn digest(listing: &Value) -> String {
    let mut digest = platform::vault::sha256_hex(ordered(&canonical(listing)).as_bytes());
    digest.truncate(16);
    digest
}

/// The same text for the same value, whatever the order of its fields.
fn ordered(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<&String, String> = fields.iter().map(|(key, value)| (key, ordered(value))).collect();
            let pairs: Vec<String> = sorted.into_iter().map(|(key, value)| format!("{key:?}:{value}")).collect();
            format!("{{{}}}", pairs.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(ordered).collect::<Vec<_>>().join(",")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

const KEY_MAX: usize = 60;

/// Small letters, digits, hyphens and dots: a key is also the name of a file.
pub(crate) fn is_key(key: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    (1..=KEY_MAX).contains(&key.len()) && key.chars().all(plain) && !key.starts_with(['.', '-'])
}

/// A key for a product that has none yet: of its name, and of its id so that no other has it.
pub(crate) fn key_for(name: &str, product: ProductId) -> String {
    let mut slug = String::new();
    for c in name.to_lowercase().chars().take(KEY_MAX - 10) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let id = product.to_string();
    let tail = id.get(id.len().saturating_sub(6)..).unwrap_or_default();
    let slug = slug.trim_matches('-');
    if slug.is_empty() { format!("product-{tail}") } else { format!("{slug}-{tail}") }
}

/// A path that a file names, seen from the folder of all files: `../files/a.pdf` in `shop/a.toml` is `files/a.pdf`. `None`: it
/// leads out of the folder.
pub(crate) fn joined(file: &str, named: &str) -> Option<String> {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in named.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::rules::Listing;

    #[test]
    fn a_listing_without_empty_fields_is_the_same_listing() {
        let one = json!({"name": {"en": "Lens", "zh": ""}, "categories": [], "agreement": null, "specs": [{"code": "a", "skus": []}]});
        let other = json!({"specs": [{"code": "a"}], "name": {"en": "Lens"}});
        assert_eq!(digest(&one), digest(&other));
        assert_ne!(digest(&one), digest(&json!({"name": {"en": "Lens"}})));
    }

    #[test]
    fn every_document_of_a_listing_is_known_by_its_path() {
        let id = |n: u32| format!("doc_01jd8kx2v9e5jtf6xw4sz3q7{n:02}");
        let mut listing = json!({
            "agreement": id(10), "logo": id(11), "screenshots": [id(12), id(13)], "user_guide": id(14),
            "copyright": {"software": "Lens", "certificate": id(15), "letter": id(16)},
            "certifications": [{"code": "kunpeng", "certificate": id(17)}],
            "qualifications": [{"code": "security", "document": id(18)}, {"code": "other"}],
            "service": {"requirement_template": id(19), "delivery_template": id(20)},
        });
        let known: Listing = serde_json::from_value(listing.clone()).unwrap();
        let known: BTreeSet<String> = known.documents().iter().map(ToString::to_string).collect();
        let found = documents_in(&mut listing);
        assert_eq!(found.iter().map(|(_, _, text)| (**text).clone()).collect::<BTreeSet<String>>(), known);
        assert_eq!(known.len(), 11);
        let paths: Vec<&str> = found.iter().map(|(path, ..)| path.as_str()).collect();
        for path in ["screenshots[1]", "copyright.letter", "qualifications[0].document", "service.delivery_template"] {
            assert!(paths.contains(&path), "{path} in {paths:?}");
        }
    }

    #[test]
    fn keys_are_names_of_files() {
        for good in ["log-lens", "a", "2.0_beta"] {
            assert!(is_key(good), "{good}");
        }
        for bad in ["", "Log", "a b", "../x", ".git", "-x", "日志"] {
            assert!(!is_key(bad), "{bad}");
        }
        let product: ProductId = "prd_01jd8kx2v9e5jtf6xw4sz3q7ab".parse().unwrap();
        for name in ["Log Lens (Pro)", "日志透镜", "", "a".repeat(200).as_str()] {
            let key = key_for(name, product);
            assert!(is_key(&key), "{key}");
        }
        assert_eq!(key_for("Log Lens (Pro)", product), "log-lens-pro-z3q7ab");
    }

    #[test]
    fn paths_stay_in_their_folder() {
        assert_eq!(joined("lens.toml", "files/a.pdf").as_deref(), Some("files/a.pdf"));
        assert_eq!(joined("shop/lens.toml", "../files/./a.pdf").as_deref(), Some("files/a.pdf"));
        assert_eq!(joined("lens.toml", "../a.pdf"), None);
    }
}
