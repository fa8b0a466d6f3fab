//! The questions of sellers in the forms with which something is ordered, and the answers where orders are looked at.

use std::collections::BTreeMap;

use catalogue::{ANSWER_MAX, ContactData, Parameter, ParameterKind, Replies};
use maud::{Markup, html};
use ui::{Field, Mistakes, View};

use crate::{asking::Asked, rules::Content};

/// What a form says to what is asked: `answers.<name>`, `contacts.phone`, `contacts.email`.
pub fn replies(form: &BTreeMap<String, String>) -> Replies {
    let answers = form.iter().filter_map(|(name, value)| Some((name.strip_prefix("answers.")?, value)));
    let ticked = |name: &str| form.get(name).is_some_and(|value| value == "true");
    Replies {
        answers: answers.map(|(name, value)| (name.to_owned(), value.clone())).collect(),
        contacts: ContactData { phone: ticked("contacts.phone"), email: ticked("contacts.email") },
    }
}

/// A field for each question, and a box for each of the contact data that are needed.
pub fn questions(view: &View, asked: &Asked, replies: &Replies, mistakes: &Mistakes) -> Markup {
    let contacts = asked.asks.contacts;
    let none = || view.t("asked-none");
    html! {
        @if !asked.asks.is_empty() {
            fieldset.part {
                legend { (view.t("asked-title")) }
                p.small.muted { (view.t("asked-lead")) }
                (mistakes.beside("answers"))
                @for parameter in &asked.asks.parameters { (question(view, parameter, replies, mistakes)) }
                @if contacts.phone {
                    @let phone = asked.phone.clone().unwrap_or_else(none);
                    (consent(view, ("contacts.phone", &view.t("asked-phone")), (phone, replies.contacts.phone), mistakes))
                }
                @if contacts.email {
                    @let email = asked.email.clone().unwrap_or_else(none);
                    (consent(view, ("contacts.email", &view.t("asked-email")), (email, replies.contacts.email), mistakes))
                }
            }
        }
    }
}

fn question(view: &View, parameter: &Parameter, replies: &Replies, mistakes: &Mistakes) -> Markup {
    let name = format!("answers.{}", parameter.name);
    let label = view.of(&parameter.label).to_owned();
    // What it is checked for is said in words; a browser has other ideas of an address or a number.
    let (kind, mode, example) = match parameter.kind {
        ParameterKind::Text => ("text", "text", ""),
        ParameterKind::Number => ("text", "decimal", "12"),
        ParameterKind::Email => ("email", "email", "name@example.com"),
        ParameterKind::Phone => ("tel", "tel", "+86 138 0013 8000"),
        ParameterKind::Domain => ("text", "url", "example.com"),
    };
    let typed = replies.answers.get(&parameter.name).map_or("", String::as_str);
    let field = Field::input(kind, &name, &label).value(typed).with("inputmode", mode);
    let field = field.with("maxlength", ANSWER_MAX.to_string()).with("placeholder", example);
    let field = if parameter.mandatory { field.required() } else { field };
    field.render(view, mistakes)
}

fn consent(view: &View, (name, label): (&str, &str), (told, ticked): (String, bool), mistakes: &Mistakes) -> Markup {
    let hint = view.ta("asked-told", &[("value", told.into())]);
    let ticked = if ticked { "true" } else { "" };
    Field::check(name, label).value(ticked).required().hint(hint).render(view, mistakes)
}

/// What was answered, as facts.
pub fn answers(view: &View, content: &Content) -> Markup {
    let mut facts: Vec<(String, Markup)> = Vec::new();
    for answer in &content.answers {
        facts.push((view.of(&answer.label).to_owned(), html! { (answer.value) }));
    }
    if let Some(agreed) = content.contacts.filter(|agreed| agreed.any()) {
        let named =
            [agreed.phone.then(|| view.t("asked-phone-name")), agreed.email.then(|| view.t("asked-email-name"))];
        let named: Vec<String> = named.into_iter().flatten().collect();
        facts.push((view.t("asked-agreed"), html! { (named.join(" · ")) }));
    }
    html! {
        @if !facts.is_empty() {
            h3 { (view.t("asked-answers")) }
            (ui::facts(&facts))
        }
    }
}
