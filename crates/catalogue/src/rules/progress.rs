//! How far a listing is from being submitted.

use kernel::{FieldError, choices};

use super::draft::Listing;

choices! {
    /// A part of the editor.
    pub(crate) enum Section {
        Basics = "basics",
        Description = "description",
        Support = "support",
        Pictures = "pictures",
        Specs = "specs",
        Prices = "prices",
        Submit = "submit",
    }
}

/// One thing that a listing has to say before it can be submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Requirement {
    pub(crate) section: Section,
    /// A JSON path in the listing.
    pub(crate) field: String,
    pub(crate) met: bool,
}

const PLAIN: [(Section, &str); 16] = [
    (Section::Basics, "name.zh"),
    (Section::Basics, "name.en"),
    (Section::Basics, "summary.zh"),
    (Section::Basics, "summary.en"),
    (Section::Basics, "categories"),
    (Section::Basics, "version"),
    (Section::Basics, "delivery_days"),
    (Section::Basics, "currency"),
    (Section::Description, "description.zh"),
    (Section::Description, "description.en"),
    (Section::Support, "support.hours"),
    (Section::Support, "support.content"),
    (Section::Support, "support.hotline"),
    (Section::Support, "support.email"),
    (Section::Support, "agreement"),
    (Section::Specs, "specs"),
];

const OF_SPEC: [(Section, &str); 4] = [
    (Section::Specs, "name"),
    (Section::Specs, "billing_mode"),
    (Section::Specs, "attributes"),
    (Section::Prices, "skus"),
];

/// What a listing has to say, and which of it is said, given what keeps it from being submitted.
pub(crate) fn requirements(listing: &Listing, mistakes: &[FieldError]) -> Vec<Requirement> {
    let mut fields: Vec<(Section, String)> =
        PLAIN.iter().map(|(section, field)| (*section, (*field).to_owned())).collect();
    for index in 0..listing.specs.len() {
        fields.extend(OF_SPEC.iter().map(|(section, field)| (*section, format!("specs[{index}].{field}"))));
    }
    let wrong = |field: &str| {
        // Specs have requirements of their own; their list has only to be there.
        mistakes
            .iter()
            .any(|mistake| if field == "specs" { mistake.field == field } else { lies_in(&mistake.field, field) })
    };
    let mut found: Vec<Requirement> =
        fields.into_iter().map(|(section, field)| Requirement { section, met: !wrong(&field), field }).collect();
    // What is wrong elsewhere counts too, so that all is met only when the listing can be submitted.
    for mistake in mistakes {
        if !found.iter().any(|known| lies_in(&mistake.field, &known.field)) {
            found.push(Requirement { section: section_of(&mistake.field), field: mistake.field.clone(), met: false });
        }
    }
    found
}

/// The part of the editor where a field stands.
pub(crate) fn section_of(field: &str) -> Section {
    let first = field.split(['.', '[']).next().unwrap_or_default();
    match first {
        "description" => Section::Description,
        "support" | "agreement" => Section::Support,
        "logo" | "screenshots" => Section::Pictures,
        "specs" if field.contains("].skus") => Section::Prices,
        "specs" => Section::Specs,
        "" => Section::Submit,
        _ => Section::Basics,
    }
}

/// Whether a field is another one or a part of it.
pub(crate) fn lies_in(field: &str, whole: &str) -> bool {
    field.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

#[cfg(test)]
mod tests {
    use kernel::Localized;
    use serde_json::json;

    use super::*;

    #[test]
    fn all_is_met_only_when_nothing_is_wrong() {
        let listing: Listing = serde_json::from_value(json!({"specs": [{"code": "server"}]})).unwrap();
        let wrong = |field: &str| FieldError { field: field.to_owned(), message: Localized::default() };
        let open = |fields: &[&str]| {
            let mistakes: Vec<FieldError> = fields.iter().map(|field| wrong(field)).collect();
            requirements(&listing, &mistakes).into_iter().filter(|known| !known.met).collect::<Vec<_>>()
        };
        assert_eq!(open(&[]), []);
        assert_eq!(open(&["specs[0].skus[3].billing"])[0].section, Section::Prices);
        assert_eq!(open(&["support.hours.en", "support.hours.zh"]).len(), 1);
        assert_eq!(open(&["access_type"]).len(), 1);
        assert_eq!(open(&["specs[0].attributes[1].code"])[0].field, "specs[0].attributes");
    }
}
