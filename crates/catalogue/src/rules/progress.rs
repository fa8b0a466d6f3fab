//! How far a listing is from being submitted.

use kernel::{FieldError, choices};
use policy::{AccessType, Policy, SOFTWARE_COPYRIGHT, Supervision, USER_GUIDE};

use super::draft::Listing;

choices! {
    /// A part of the editor.
    pub(crate) enum Section {
        Basics = "basics",
        Description = "description",
        Story = "story",
        Pictures = "pictures",
        Support = "support",
        Papers = "papers",
        Service = "service",
        /// The fields of its access type.
        Facts = "facts",
        /// What buyers of SaaS are asked for.
        Inputs = "inputs",
        /// What search engines are told.
        Found = "found",
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
pub(crate) fn requirements(listing: &Listing, policy: &Policy, mistakes: &[FieldError]) -> Vec<Requirement> {
    let mut fields: Vec<(Section, String)> =
        PLAIN.iter().map(|(section, field)| (*section, (*field).to_owned())).collect();
    fields.extend(of_access_type(listing, policy).into_iter().map(|(section, field)| (section, field.to_owned())));
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

/// What its access type asks for.
fn of_access_type(listing: &Listing, policy: &Policy) -> Vec<(Section, &'static str)> {
    let mut asked = Vec::new();
    if listing.needs(policy, USER_GUIDE) {
        asked.push((Section::Support, "user_guide"));
    }
    if listing.needs(policy, SOFTWARE_COPYRIGHT) {
        asked.push((Section::Papers, "copyright"));
    }
    if policy.catalogue.qualifications.iter().any(|paper| listing.needs(policy, &paper.code)) {
        asked.push((Section::Papers, "qualifications"));
    }
    if policy.type_fields(listing.access_type).iter().any(|field| field.mandatory) {
        asked.push((Section::Facts, "fields"));
    }
    if listing.is_supervised(policy) {
        let fields =
            ["service.flow", "service.acceptance", "service.requirement_template", "service.delivery_template"];
        asked.extend(fields.map(|field| (Section::Service, field)));
    }
    asked
}

/// Whether a section has something to say about a product of this access type.
pub(crate) fn is_shown(section: Section, access_type: AccessType, policy: &Policy) -> bool {
    match section {
        Section::Service => policy.access(access_type).is_some_and(|rules| rules.supervision != Supervision::Never),
        Section::Inputs => access_type == AccessType::Saas,
        Section::Facts => !policy.type_fields(access_type).is_empty(),
        Section::Basics
        | Section::Description
        | Section::Story
        | Section::Pictures
        | Section::Support
        | Section::Papers
        | Section::Found
        | Section::Specs
        | Section::Prices
        | Section::Submit => true,
    }
}

/// The part of the editor where a field stands.
pub(crate) fn section_of(field: &str) -> Section {
    let first = field.split(['.', '[']).next().unwrap_or_default();
    match first {
        "description" => Section::Description,
        "highlights" | "cases" => Section::Story,
        "support" | "agreement" | "user_guide" => Section::Support,
        "copyright" | "qualifications" | "certifications" => Section::Papers,
        "supervised" | "opening" | "service" => Section::Service,
        "parameters" | "contacts" => Section::Inputs,
        "fields" => Section::Facts,
        "seo" => Section::Found,
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
        let policy = Policy::parse(policy::DEFAULT).unwrap();
        let wrong = |field: &str| FieldError { field: field.to_owned(), message: Localized::default() };
        let open = |fields: &[&str]| {
            let mistakes: Vec<FieldError> = fields.iter().map(|field| wrong(field)).collect();
            requirements(&listing, &policy, &mistakes).into_iter().filter(|known| !known.met).collect::<Vec<_>>()
        };
        assert_eq!(open(&[]), []);
        assert_eq!(open(&["specs[0].skus[3].billing"])[0].section, Section::Prices);
        assert_eq!(open(&["support.hours.en", "support.hours.zh"]).len(), 1);
        assert_eq!(open(&["access_type"]).len(), 1);
        assert_eq!(open(&["service.flow[0].title.en"])[0].section, Section::Service);
        let asked = |access_type| {
            let listing = Listing { access_type, ..Listing::default() };
            requirements(&listing, &policy, &[]).len()
        };
        assert!(asked(AccessType::Service) > asked(AccessType::License), "a service says how it goes");
        assert_eq!(open(&["specs[0].attributes[1].code"])[0].field, "specs[0].attributes");
    }
}
