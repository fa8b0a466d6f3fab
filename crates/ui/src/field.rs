//! Forms: fields with their label, hint and mistake, and what every form carries.

use maud::{Markup, html};

use crate::{Mistakes, View, mistakes::sentence};

/// A form that changes something. It carries the token that makes it believed and the key that makes it happen once.
pub fn form(view: &View, action: &str, body: &Markup) -> Markup {
    html! {
        form.stack method="post" action=(action) {
            (carried(view))
            (body)
        }
    }
}

/// The same, with a part of the page that follows its fields as they change.
pub fn live_form(view: &View, action: &str, (live, target): (&str, &str), body: &Markup) -> Markup {
    html! {
        form.stack method="post" action=(action) data-live=(live) data-target=(target) {
            (carried(view))
            (body)
        }
    }
}

/// A form with files. The token stands in the address, because it is looked for before the files are read.
pub fn upload_form(view: &View, action: &str, body: &Markup) -> Markup {
    let joint = if action.contains('?') { '&' } else { '?' };
    html! {
        form.stack method="post" enctype="multipart/form-data" action={ (action) (joint) "_csrf=" (view.csrf) } data-upload {
            (body)
        }
    }
}

fn carried(view: &View) -> Markup {
    html! {
        input type="hidden" name="_csrf" value=(view.csrf);
        input type="hidden" name="_once" value=(once_key());
    }
}

/// A fresh key for one form on one page.
fn once_key() -> String {
    hex::encode(rand::random::<[u8; 12]>())
}

enum Kind<'a> {
    Input(&'static str),
    Area(u32),
    Select(&'a [Choice]),
    Check,
}

/// One of several values.
#[derive(Clone, Debug)]
pub struct Choice {
    pub value: String,
    pub text: String,
    /// A sentence that helps to choose, for cards.
    pub hint: Option<String>,
}

impl Choice {
    pub fn new(value: impl Into<String>, text: impl Into<String>) -> Self {
        Self { value: value.into(), text: text.into(), hint: None }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A field with its label. Name it as the refusals name it, so that a mistake is shown beside it.
pub struct Field<'a> {
    name: &'a str,
    label: &'a str,
    kind: Kind<'a>,
    value: &'a str,
    hint: Option<String>,
    required: bool,
    wanted: bool,
    attributes: Vec<(&'static str, String)>,
}

impl<'a> Field<'a> {
    fn new(name: &'a str, label: &'a str, kind: Kind<'a>) -> Self {
        Self { name, label, kind, value: "", hint: None, required: false, wanted: false, attributes: Vec::new() }
    }

    /// `kind` is HTML's type: text, email, password, number, tel, url, search, date.
    pub fn input(kind: &'static str, name: &'a str, label: &'a str) -> Self {
        Self::new(name, label, Kind::Input(kind))
    }

    pub fn text(name: &'a str, label: &'a str) -> Self {
        Self::input("text", name, label)
    }

    pub fn area(name: &'a str, label: &'a str, rows: u32) -> Self {
        Self::new(name, label, Kind::Area(rows))
    }

    pub fn select(name: &'a str, label: &'a str, choices: &'a [Choice]) -> Self {
        Self::new(name, label, Kind::Select(choices))
    }

    /// A box to tick; its value is `true`, and ticked when the field's value is `true`.
    pub fn check(name: &'a str, label: &'a str) -> Self {
        Self::new(name, label, Kind::Check)
    }

    #[must_use]
    pub fn value(mut self, value: &'a str) -> Self {
        self.value = value;
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// It has to be filled in at some time, but a draft may be saved without it.
    #[must_use]
    pub fn wanted(mut self) -> Self {
        self.wanted = true;
        self
    }

    /// Any other attribute, such as `autocomplete`, `inputmode`, `min`, `max`, `maxlength`, `placeholder`.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    pub fn render(self, view: &View, mistakes: &Mistakes) -> Markup {
        let Self { name, label, kind, value, hint, required, wanted, attributes } = self;
        let wrong = mistakes.at(name);
        let id = format!("f-{name}");
        let described: Vec<String> = [hint.as_ref().map(|_| "hint"), wrong.map(|_| "wrong")]
            .into_iter()
            .flatten()
            .map(|part| format!("{id}-{part}"))
            .collect();
        let control =
            Control { id: &id, name, value, required, wrong: wrong.is_some(), described: described.join(" ") };
        let is_check = matches!(kind, Kind::Check);
        let input = with_attributes(control.render(&kind), &attributes);
        html! {
            div.field.check[is_check].bad[wrong.is_some()] {
                @if is_check { (input) }
                label for=(id) {
                    (label)
                    @if !required && !wanted && !is_check { " " span.optional { (view.t("ui-optional")) } }
                }
                @if let Some(hint) = &hint { p.hint id={ (id) "-hint" } { (hint) } }
                @if !is_check { (input) }
                @if let Some(wrong) = wrong { p.wrong id={ (id) "-wrong" } { (sentence(wrong)) } }
            }
        }
    }
}

struct Control<'a> {
    id: &'a str,
    name: &'a str,
    value: &'a str,
    required: bool,
    wrong: bool,
    described: String,
}

impl Control<'_> {
    fn render(&self, kind: &Kind<'_>) -> Markup {
        let Self { id, name, value, required, wrong, described } = self;
        let described = (!described.is_empty()).then_some(described);
        let invalid = wrong.then_some("true");
        match kind {
            Kind::Input(kind) => html! {
                input type=(kind) id=(id) name=(name) value=[(*kind != "password").then_some(value)] required[*required]
                    aria-invalid=[invalid] aria-describedby=[described];
            },
            Kind::Area(rows) => html! {
                textarea id=(id) name=(name) rows=(rows) required[*required]
                    aria-invalid=[invalid] aria-describedby=[described] { (value) }
            },
            Kind::Select(choices) => html! {
                select id=(id) name=(name) required[*required] aria-invalid=[invalid] aria-describedby=[described] {
                    @for choice in *choices {
                        option value=(choice.value) selected[choice.value == *value] { (choice.text) }
                    }
                }
            },
            Kind::Check => html! {
                input type="checkbox" id=(id) name=(name) value="true" checked[*value == "true"] required[*required]
                    aria-invalid=[invalid] aria-describedby=[described];
            },
        }
    }
}

/// Attributes with names that are known when the field is made go in after the tag's name; values are escaped.
fn with_attributes(control: Markup, attributes: &[(&'static str, String)]) -> Markup {
    if attributes.is_empty() {
        return control;
    }
    let mut text = String::new();
    for (name, value) in attributes {
        text.push(' ');
        text.push_str(name);
        text.push_str("=\"");
        text.push_str(&html! { (value) }.into_string().replace('"', "&quot;"));
        text.push('"');
    }
    let control = control.into_string();
    let end = control.find([' ', '>']).unwrap_or(control.len());
    maud::PreEscaped(format!("{}{text}{}", &control[..end], &control[end..]))
}

/// One of a few, each as a card: for choices that deserve a look.
pub fn choice_cards(legend: &str, name: &str, choices: &[Choice], chosen: &str, mistakes: &Mistakes) -> Markup {
    let wrong = mistakes.at(name);
    html! {
        fieldset.choices id={ "f-" (name) } {
            legend { (legend) }
            div.choice-cards {
                @for choice in choices {
                    label.choice {
                        input type="radio" name=(name) value=(choice.value) checked[choice.value == chosen];
                        span.choice-text { (choice.text) }
                        @if let Some(hint) = &choice.hint { span.choice-hint { (hint) } }
                    }
                }
            }
            @if let Some(wrong) = wrong { p.wrong { (sentence(wrong)) } }
        }
    }
}

/// A place for a file. Scripts let it be dropped there and show how far the upload is.
pub fn file_drop(view: &View, name: &str, label: &str, accept: &str, hint: &str, mistakes: &Mistakes) -> Markup {
    dropped(view, (name, label, hint), (accept, Files::One), mistakes)
}

/// The same for several files at once.
pub fn files_drop(view: &View, name: &str, label: &str, accept: &str, hint: &str, mistakes: &Mistakes) -> Markup {
    dropped(view, (name, label, hint), (accept, Files::Several), mistakes)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Files {
    One,
    Several,
}

fn dropped(
    view: &View,
    (name, label, hint): (&str, &str, &str),
    (accept, files): (&str, Files),
    mistakes: &Mistakes,
) -> Markup {
    let wrong = mistakes.at(name);
    html! {
        div.field.file.bad[wrong.is_some()] {
            label for={ "f-" (name) } { (label) }
            p.hint id={ "f-" (name) "-hint" } { (hint) }
            div.drop data-drop {
                input type="file" id={ "f-" (name) } name=(name) accept=(accept) multiple[files == Files::Several] aria-describedby={ "f-" (name) "-hint" };
                span.drop-text hidden { (view.t("ui-drop")) }
                progress.drop-progress max="100" value="0" aria-label=(view.t("ui-upload-progress")) hidden {}
            }
            @if let Some(wrong) = wrong { p.wrong { (sentence(wrong)) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::sample_view;

    #[test]
    fn a_field_is_labelled_and_escaped_and_says_what_is_wrong() {
        let view = sample_view();
        let field = Field::text("name", "Name").value("\"><script>").with("placeholder", "a \"b\"").required();
        let html = field.render(&view, &Mistakes::none()).into_string();
        assert!(html.contains("<label for=\"f-name\">Name</label>"), "{html}");
        assert!(html.contains("<input placeholder=\"a &quot;b&quot;\" type=\"text\" id=\"f-name\""), "{html}");
        assert!(!html.contains("<script>"), "{html}");
    }
}
