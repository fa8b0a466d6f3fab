//! How states, due times, reasons and fields look on the pages of this crate.

use accounts::Member;
use documents::Document;
use kernel::{Error, FieldError, Invalid, Timestamp, id::DocumentId, time::HOUR};
use maud::{Markup, html};
use platform::{Tx, http::Problem};
use ui::{Field, Mistakes, Tone, View};

use crate::{ApplicationState, CertificationState, ChangeState, Form, Information, Sellers};

/// Fields with a long text.
const LONG: &[&str] = &["introduction"];

/// What browsers should offer and how, by field: the type of the input and what it may be completed with.
fn kind(field: &str) -> (&'static str, Option<&'static str>) {
    match field {
        "website" => ("url", Some("url")),
        "email" => ("email", Some("email")),
        "mobile" => ("tel", Some("tel")),
        "service_phone" => ("tel", None),
        "service_email" => ("email", None),
        "company_name" => ("text", Some("organization")),
        "contact_name" => ("text", Some("name")),
        _ => ("text", None),
    }
}

/// One field of an application or of a seller's information, with its label and what helps to fill it in.
pub(super) fn input(view: &View, field: &'static str, value: &str, required: bool, mistakes: &Mistakes) -> Markup {
    let label = view.word("selling-field", field);
    let (kind, completed) = kind(field);
    let mut input =
        if LONG.contains(&field) { Field::area(field, &label, 6) } else { Field::input(kind, field, &label) };
    input = input.value(value);
    if required {
        input = input.required();
    }
    if let Some(completed) = completed {
        input = input.with("autocomplete", completed);
    }
    if NUMBERS.contains(&field) {
        input = input.with("inputmode", "numeric");
    }
    if HINTED.contains(&field) {
        input = input.hint(view.word("selling-hint", field));
    }
    input.render(view, mistakes)
}

pub(super) const NUMBERS: &[&str] = &["business_years", "employees", "registered_capital"];
const HINTED: &[&str] = &[
    "company_name",
    "registration_number",
    "website",
    "registered_capital",
    "mobile",
    "service_phone",
    "service_hours",
    "introduction",
];

/// What was told in one field of an application, as text.
pub(super) fn told(form: &Form, field: &str) -> String {
    let number = |number: Option<u32>| number.map(|number| number.to_string());
    match field {
        "company_name" => form.company_name.clone(),
        "registration_number" => form.registration_number.clone(),
        "business_licence" => form.business_licence.map(|id| id.to_string()),
        "business_years" => number(form.business_years),
        "employees" => number(form.employees),
        "registered_capital" => number(form.registered_capital),
        other => return known(&form.information(), other),
    }
    .unwrap_or_default()
}

/// What is known of a seller in one field, as text.
pub(super) fn known(information: &Information, field: &str) -> String {
    match field {
        "website" => &information.website,
        "contact_name" => &information.contact_name,
        "mobile" => &information.mobile,
        "email" => &information.email,
        "service_phone" => &information.service_phone,
        "service_email" => &information.service_email,
        "service_hours" => &information.service_hours,
        "introduction" => &information.introduction,
        _ => &None,
    }
    .clone()
    .unwrap_or_default()
}

/// A value among facts; what was left out is said.
pub(super) fn value(view: &View, field: &str, text: &str) -> Markup {
    html! {
        @if text.is_empty() { span.muted { (view.t("selling-not-given")) } }
        @else if LONG.contains(&field) { div.prose { (ui::rich(text)) } }
        @else { (text) }
    }
}

/// Reasons as the mistakes of a form, so that each stands beside its field.
pub(super) fn as_mistakes(view: &View, reasons: &[FieldError]) -> Mistakes {
    if reasons.is_empty() {
        return Mistakes::none();
    }
    Mistakes::of(view, &Problem::from(Error::from(Invalid(reasons.to_vec()))))
}

/// Reasons as a list, where there is no form.
pub(super) fn reasons(view: &View, reasons: &[FieldError]) -> Markup {
    html! {
        ul {
            @for reason in reasons {
                li {
                    @if reason.field != crate::rules::GENERAL { strong { (view.word("selling-field", &reason.field)) } " · " }
                    (view.of(&reason.message))
                }
            }
        }
    }
}

pub(super) fn application_badge(view: &View, state: ApplicationState) -> Markup {
    let tone = match state {
        ApplicationState::Draft => Tone::Plain,
        ApplicationState::Submitted => Tone::Info,
        ApplicationState::Approved => Tone::Good,
        ApplicationState::Rejected => Tone::Bad,
    };
    ui::badge(tone, &view.word("selling-application", state.as_str()))
}

pub(super) fn change_badge(view: &View, state: ChangeState) -> Markup {
    let tone = match state {
        ChangeState::Submitted => Tone::Info,
        ChangeState::Approved => Tone::Good,
        ChangeState::Rejected => Tone::Bad,
        ChangeState::Withdrawn => Tone::Plain,
    };
    ui::badge(tone, &view.word("selling-change", state.as_str()))
}

pub(super) fn certification_badge(view: &View, state: CertificationState) -> Markup {
    let tone = match state {
        CertificationState::Submitted => Tone::Info,
        CertificationState::Certified => Tone::Good,
        CertificationState::Rejected => Tone::Bad,
        CertificationState::Replaced => Tone::Plain,
    };
    ui::badge(tone, &view.word("selling-certification", state.as_str()))
}

/// Until when something has to be decided, and how pressing that is; `open` is false for what was decided.
pub(super) fn due(view: &View, due_at: Timestamp, open: bool, now: Timestamp) -> Markup {
    let left = due_at.micros_since(now);
    html! {
        span.row {
            (view.time(due_at))
            @if open && left < 0 { (ui::badge(Tone::Bad, &view.t("selling-overdue"))) }
            @else if open && left < 24 * HOUR { (ui::badge(Tone::Warn, &view.t("selling-due-soon"))) }
        }
    }
}

/// A document as a link that saves it.
pub(super) fn document(view: &View, document: &Document) -> Markup {
    html! {
        a href={ "/documents/" (document.id) } download { (document.name) }
        " " span.muted.small { (view.size(document.size)) }
    }
}

impl Sellers {
    /// The document of an application; `None` when none was handed in or the reader may not see it.
    pub(super) async fn shown_document(
        &self,
        tx: &mut Tx,
        member: &Member,
        id: Option<DocumentId>,
    ) -> Result<Option<Document>, Error> {
        let Some(id) = id else { return Ok(None) };
        match self.documents.view(tx, member, id).await {
            Ok(document) => Ok(Some(document)),
            Err(Error::NotFound(_) | Error::Refused(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
