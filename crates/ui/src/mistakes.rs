//! What is wrong with a form that was sent, shown beside its fields and above them.

use maud::{Markup, html};
use platform::http::Problem;

use crate::View;

/// The mistakes of a form, in the reader's language. None for a form that is shown first.
#[derive(Clone, Debug, Default)]
pub struct Mistakes {
    general: Option<String>,
    fields: Vec<(String, String)>,
}

impl Mistakes {
    pub fn none() -> Self {
        Self::default()
    }

    /// What a refusal says about a form. Give back to the server what is no refusal of a form: see [`View::retry`].
    pub fn of(view: &View, problem: &Problem) -> Self {
        let fields: Vec<(String, String)> = problem
            .fields()
            .iter()
            .map(|wrong| (wrong.field.clone(), wrong.message.of(view.lang).to_owned()))
            .collect();
        let general = fields.is_empty().then(|| problem.text(view.lang).to_owned());
        Self { general, fields }
    }

    pub fn is_empty(&self) -> bool {
        self.general.is_none() && self.fields.is_empty()
    }

    /// What is wrong with one field; its own name or a place within it.
    pub fn at(&self, field: &str) -> Option<&str> {
        let own = self.fields.iter().find(|(name, _)| name == field);
        let within = || {
            self.fields
                .iter()
                .find(|(name, _)| name.strip_prefix(field).is_some_and(|rest| rest.starts_with(['.', '['])))
        };
        own.or_else(within).map(|(_, message)| message.as_str())
    }

    /// What is wrong with one field, to stand beside a control that is no [`crate::Field`].
    pub fn beside(&self, field: &str) -> Markup {
        html! { @if let Some(wrong) = self.at(field) { p.wrong { (sentence(wrong)) } } }
    }

    /// The list above the form. It takes the focus, so that it is read first.
    pub fn summary(&self, view: &View) -> Markup {
        if self.is_empty() {
            return html! {};
        }
        let count = i64::try_from(self.fields.len()).unwrap_or(i64::MAX).max(1);
        html! {
            div.notice.bad role="alert" tabindex="-1" data-focus {
                strong { (view.ta("ui-problems", &[("count", count.into())])) }
                @if let Some(general) = &self.general { p { (sentence(general)) } }
                @if !self.fields.is_empty() {
                    ul {
                        @for (field, message) in &self.fields {
                            li { a href={ "#f-" (field) } { (sentence(message)) } }
                        }
                    }
                }
            }
        }
    }
}

impl View {
    /// Whether a refused form is shown again with its mistakes; everything else is the server's to answer.
    pub fn retry(&self, problem: Problem) -> Result<Mistakes, Problem> {
        match problem.status() {
            400 | 409 | 412 | 413 | 422 => Ok(Mistakes::of(self, &problem)),
            _ => Err(problem),
        }
    }
}

/// Refusals are written as parts of a sentence; on a page they begin one.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
