//! What a listing says beside its names and prices, as lines that can be compared.

use kernel::{Localized, id::DocumentId, text::Lang};
use policy::{Category, Policy};
use ui::View;

use crate::rules::{Certification, ContactData, Files, InField, Listing, Paper, Parameter, Point};

/// Where each line stands in the listing, and what it says. What was not said has no line.
pub(super) fn said(view: &View, listing: &Listing, (files, policy): (&Files, &Policy)) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    let mut add = |path: &str, text: String| {
        if !text.is_empty() {
            lines.push((path.to_owned(), text));
        }
    };
    let file = |id: Option<DocumentId>| id.map_or_else(String::new, |id| file_text(view, files, id));
    for (list, points) in
        [("highlights", &listing.highlights), ("cases", &listing.cases), ("service.flow", &listing.service.flow)]
    {
        for (index, Point { title, text }) in points.iter().enumerate() {
            add(&format!("{list}[{index}].zh"), [title.zh.as_str(), text.zh.as_str()].join("\n"));
            add(&format!("{list}[{index}].en"), [title.en.as_str(), text.en.as_str()].join("\n"));
        }
    }
    add("industries", named(view, &policy.catalogue.industries, &listing.industries));
    for Certification { code, certificate } in &listing.certifications {
        add(
            &format!("certifications[{code}]"),
            [named(view, &policy.catalogue.certifications, std::slice::from_ref(code)), file(*certificate)].join("\n"),
        );
    }
    add("user_guide", file(listing.user_guide));
    let copyright = &listing.copyright;
    let declared = copyright.declaration.map(|kind| view.word("release-declaration-kind", kind.as_str()));
    add("copyright.software", copyright.software.clone());
    add("copyright.holder", copyright.holder.clone());
    add("copyright.declaration", declared.unwrap_or_default());
    add("copyright.certificate", file(copyright.certificate));
    add("copyright.letter", file(copyright.letter));
    for Paper { code, document } in &listing.qualifications {
        add(&format!("qualifications[{code}]"), [code.clone(), file(*document)].join("\n"));
    }
    if listing.supervised {
        add("supervised", view.t("release-supervised-yes"));
    }
    if listing.opens_at_acceptance() {
        add("opening", view.word("release-opening", listing.opening.as_str()));
    }
    let mut both = |path: &str, text: &Localized| {
        add(&format!("{path}.zh"), text.zh.clone());
        add(&format!("{path}.en"), text.en.clone());
    };
    both("service.acceptance", &listing.service.acceptance);
    both("seo.title", &listing.seo.title);
    both("seo.keywords", &listing.seo.keywords);
    both("seo.description", &listing.seo.description);
    add("service.requirement_template", file(listing.service.requirement_template));
    add("service.delivery_template", file(listing.service.delivery_template));
    for (field, said) in listing.said_in_fields(policy) {
        let said = match said {
            InField::Text(text) => view.of(&text).to_owned(),
            InField::Products(ids) => ids.join("\n"),
        };
        add(&format!("fields.{}", field.code), format!("{}: {said}", view.of(&field.name)));
    }
    for parameter in &listing.parameters {
        add(&format!("parameters[{}]", parameter.name), parameter_text(view, parameter));
    }
    add("contacts", contacts_text(view, listing.contacts));
    lines
}

/// Codes by the names that the site has for them.
pub(super) fn named(view: &View, known: &[Category], codes: &[String]) -> String {
    let name = |code: &String| {
        known.iter().find(|one| one.code == *code).map_or_else(|| code.clone(), |one| view.of(&one.name).to_owned())
    };
    let comma = match view.lang {
        Lang::En => ", ",
        Lang::Zh => "、",
    };
    codes.iter().map(name).collect::<Vec<_>>().join(comma)
}

/// A document by its name and size where it is known.
pub(super) fn file_text(view: &View, files: &Files, id: DocumentId) -> String {
    files.get(&id).map_or_else(|| id.to_string(), |file| format!("{} ({})", file.name, view.size(file.size)))
}

/// Which contact data are needed, in words.
pub(super) fn contacts_text(view: &View, contacts: ContactData) -> String {
    let named = [
        contacts.phone.then(|| view.t("release-contact-phone")),
        contacts.email.then(|| view.t("release-contact-email")),
    ];
    named.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn parameter_text(view: &View, parameter: &Parameter) -> String {
    let Parameter { name, label, kind, mandatory } = parameter;
    let kind = view.word("release-kind", kind.as_str());
    let asked = if *mandatory { view.t("release-parameter-mandatory") } else { view.t("release-parameter-free") };
    format!("{name}: {} / {} · {kind} · {asked}", label.zh, label.en)
}
