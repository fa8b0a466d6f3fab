//! How fields and states of listings are called.

use kernel::{FieldError, Localized};
use maud::{Markup, html};
use ui::{Tone, View, badge};

use crate::{
    ProductState, RevisionState,
    actions::Taken,
    rules::{Listing, MeasureState, Reason, RemovalState, Spec},
};

pub(super) fn product_badge(view: &View, state: ProductState) -> Markup {
    let tone = match state {
        ProductState::Draft | ProductState::OffSale => Tone::Plain,
        ProductState::OnSale => Tone::Good,
        ProductState::Frozen | ProductState::Delisted => Tone::Bad,
    };
    badge(tone, &view.word("product-state", state.as_str()))
}

pub(super) fn revision_badge(view: &View, state: RevisionState) -> Markup {
    let tone = match state {
        RevisionState::Submitted => Tone::Info,
        RevisionState::Approved => Tone::Good,
        RevisionState::Rejected => Tone::Bad,
        RevisionState::Withdrawn | RevisionState::Superseded => Tone::Plain,
    };
    badge(tone, &view.word("revision-state", state.as_str()))
}

pub(super) fn removal_badge(view: &View, state: RemovalState) -> Markup {
    let tone = match state {
        RemovalState::Submitted => Tone::Info,
        RemovalState::Approved => Tone::Good,
        RemovalState::Rejected => Tone::Bad,
        RemovalState::Withdrawn => Tone::Plain,
    };
    badge(tone, &view.word("removal-state", state.as_str()))
}

pub(super) fn measure_badge(view: &View, state: MeasureState) -> Markup {
    let tone = match state {
        MeasureState::InForce | MeasureState::Upheld => Tone::Bad,
        MeasureState::Appealed => Tone::Warn,
        MeasureState::Lifted | MeasureState::Expired => Tone::Plain,
    };
    badge(tone, &view.word("measure-state", state.as_str()))
}

/// A measure as both sides read it: the statement of reasons, the appeal, the answer.
pub(super) fn measure_facts(view: &View, taken: &Taken) -> Vec<(String, Markup)> {
    let measure = &taken.measure;
    let mut rows = vec![
        (view.t("measure-kind"), html! { (view.word("measure-kind", measure.kind.as_str())) }),
        (view.t("listing-list-state"), measure_badge(view, measure.state)),
        (view.t("measure-rule"), html! { (measure.rule) }),
        (view.t("measure-facts"), html! { (measure.facts) }),
        (view.t("measure-remedy"), html! { (measure.remedy) }),
        (view.t("measure-taken-at"), view.time(measure.taken_at)),
    ];
    let until = measure.until.map_or_else(|| html! { (view.t("measure-until-lifted")) }, |until| view.time(until));
    rows.push((view.t("measure-until"), until));
    if let Some(appeal) = &measure.appeal {
        rows.push((view.t("measure-appeal"), html! { (appeal) }));
    }
    if let Some(document) = measure.appeal_document_id {
        rows.push((
            view.t("sale-proof"),
            html! { a href={ "/documents/" (document) } { (view.t("sale-proof-open")) } },
        ));
    }
    if let Some(due) = measure.appeal_due_at {
        rows.push((view.t("measure-appeal-due"), view.time(due)));
    }
    if let Some(answer) = &measure.answer {
        rows.push((view.t("measure-answer"), html! { (answer) }));
    }
    rows
}

/// A product's name, or that it has none yet.
pub(super) fn name_of(view: &View, name: &Localized) -> String {
    let name = view.of(name);
    if name.trim().is_empty() { view.t("listing-untitled") } else { name.to_owned() }
}

/// A spec's name, or its number.
pub(super) fn spec_name(view: &View, spec: &Spec, index: usize) -> String {
    let name = view.of(&spec.name);
    if name.trim().is_empty() {
        view.ta("listing-spec-number", &[("number", index.saturating_add(1).into())])
    } else {
        name.to_owned()
    }
}

/// Where a JSON path leads, in words: `specs[0].name.zh` is `Server installation · Name (Chinese)`.
pub(super) fn field_label(view: &View, listing: &Listing, path: &str) -> String {
    if path.is_empty() {
        return view.t("listing-field-whole");
    }
    let (of_spec, field) = match spec_in(listing, path) {
        Some((index, spec, rest)) => (Some(spec_name(view, spec, index)), rest),
        None => (None, path),
    };
    let word = known(field).map(|word| view.word("listing-field", word));
    let lang = match field.rsplit('.').next() {
        Some("zh") => Some(view.t("listing-in-zh")),
        Some("en") => Some(view.t("listing-in-en")),
        Some(_) | None => None,
    };
    let field = match (word, lang) {
        (Some(word), Some(lang)) => view.ta("listing-field-in", &[("field", word.into()), ("lang", lang.into())]),
        (Some(word), None) => word,
        (None, _) => field.to_owned(),
    };
    match of_spec {
        Some(spec) if field.is_empty() => spec,
        Some(spec) => format!("{spec} · {field}"),
        None => field,
    }
}

/// The spec that a path leads into, by its place or its code, and what follows.
fn spec_in<'l, 'p>(listing: &'l Listing, path: &'p str) -> Option<(usize, &'l Spec, &'p str)> {
    let (key, rest) = path.strip_prefix("specs[")?.split_once(']')?;
    let place = key.parse().ok().or_else(|| listing.specs.iter().position(|spec| spec.code == key))?;
    Some((place, listing.specs.get(place)?, rest.trim_start_matches('.')))
}

/// The word for a field; what is inside of lists is called after the list.
fn known(field: &str) -> Option<&'static str> {
    const WORDS: [&str; 49] = [
        "highlights",
        "cases",
        "industries",
        "certifications",
        "user_guide",
        "copyright.software",
        "copyright.holder",
        "copyright.declaration",
        "copyright.certificate",
        "copyright.letter",
        "copyright",
        "qualifications",
        "supervised",
        "opening",
        "service.flow",
        "service.acceptance",
        "service.requirement_template",
        "service.delivery_template",
        "service",
        "fields",
        "parameters",
        "contacts",
        "seo.title",
        "seo.keywords",
        "seo.description",
        "support.hours",
        "support.content",
        "support.hotline",
        "support.email",
        "attributes",
        "skus",
        "code",
        "billing_mode",
        "trial_days",
        "name",
        "summary",
        "description",
        "version",
        "categories",
        "agreement",
        "delivery_days",
        "currency",
        "tax",
        "specs",
        "logo",
        "screenshots",
        "access_type",
        "support",
        "prices",
    ];
    WORDS
        .into_iter()
        .find(|word| field.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '['])))
}

/// A path of the rules, which counts specs and SKUs, as lists of a listing name them: `specs[0].name.en` is
/// `specs[server].name.en`.
pub(super) fn as_listed(listing: &Listing, path: &str) -> String {
    let Some((_, spec, rest)) = spec_in(listing, path) else { return path.to_owned() };
    let named = |sku: &str| {
        let sku = spec.skus.get(sku.parse::<usize>().ok()?)?;
        let chosen: Vec<String> = sku.values.iter().map(|(code, value)| format!("{code}={value}")).collect();
        Some(chosen.join(";"))
    };
    let sku = rest.strip_prefix("skus[").and_then(|rest| rest.split_once(']'));
    let rest = match sku.and_then(|(sku, after)| Some((named(sku)?, after))) {
        Some((sku, after)) => format!("skus[{sku}]{after}"),
        None => rest.to_owned(),
    };
    if rest.is_empty() { format!("specs[{}]", spec.code) } else { format!("specs[{}].{rest}", spec.code) }
}

/// A reason of the reviewer as a mistake of the draft: its path names specs by their codes, those of the editor by place.
pub(super) fn as_mistake(listing: &Listing, reason: &Reason) -> FieldError {
    let field = match spec_in(listing, &reason.field) {
        Some((place, _, "")) => format!("specs[{place}].name"),
        Some((place, _, rest)) => format!("specs[{place}].{rest}"),
        None => reason.field.clone(),
    };
    FieldError { field, message: Localized::new(reason.message.as_str(), reason.message.as_str()) }
}

/// How much is done, as a bar with its numbers.
pub(super) fn meter(view: &View, met: usize, all: usize) -> Markup {
    let said = view.ta("listing-meter", &[("met", met.into()), ("all", all.into())]);
    html! {
        span.meter-box {
            meter.meter.full[met == all] min="0" max=(all) value=(met) aria-label=(said) {}
            span.small.muted { (met) "/" (all) }
        }
    }
}
