//! The small components that pages are put together from.

use kernel::Timestamp;
use maud::{Markup, html};

use crate::View;

/// The head of a page: its only `h1`, a sentence, and what can be done here.
pub fn header(title: &str, lead: Option<&str>, actions: &Markup) -> Markup {
    html! {
        header.page-head {
            div {
                h1 { (title) }
                @if let Some(lead) = lead { p.lead { (lead) } }
            }
            @if !actions.0.is_empty() { div.actions { (actions) } }
        }
    }
}

/// A box with an optional title.
pub fn card(title: Option<&str>, body: &Markup) -> Markup {
    html! {
        section.card {
            @if let Some(title) = title { h2 { (title) } }
            (body)
        }
    }
}

/// How a state feels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Info,
    Good,
    Warn,
    Bad,
}

impl Tone {
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Info => "info",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}

/// A state in a word.
pub fn badge(tone: Tone, text: &str) -> Markup {
    html! { span class={ "badge " (tone.class()) } { (text) } }
}

/// Something that has to be said above the content.
pub fn notice(tone: Tone, body: &Markup) -> Markup {
    html! { div class={ "notice " (tone.class()) } role="status" { (body) } }
}

/// What stands where a list would be.
pub fn empty(title: &str, text: &str, action: &Markup) -> Markup {
    html! {
        div.empty {
            p.empty-title { (title) }
            p { (text) }
            @if !action.0.is_empty() { p { (action) } }
        }
    }
}

/// A link that looks like a button; `primary` for the one thing to do here.
pub fn button_link(href: &str, text: &str, primary: bool) -> Markup {
    html! { a.button.primary[primary] href=(href) { (text) } }
}

/// A number with its name, for the head of a console.
pub fn stat(label: &str, value: &Markup, note: Option<&Markup>) -> Markup {
    html! {
        div.stat {
            span.stat-label { (label) }
            span.stat-value { (value) }
            @if let Some(note) = note { span.stat-note { (note) } }
        }
    }
}

/// Names and values of one thing.
pub fn facts(rows: &[(String, Markup)]) -> Markup {
    html! {
        dl.facts {
            @for (name, value) in rows {
                div { dt { (name) } dd { (value) } }
            }
        }
    }
}

/// What happened, the first thing first.
pub fn moments(view: &View, rows: &[(Timestamp, String, Markup)]) -> Markup {
    html! {
        ol.timeline {
            @for (at, title, detail) in rows {
                li {
                    span.timeline-title { (title) }
                    (view.time(*at))
                    @if !detail.0.is_empty() { div.timeline-detail { (detail) } }
                }
            }
        }
    }
}

/// Where a step of a longer way stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stepped {
    Done,
    Now,
    Later,
}

/// One step of a longer way; with a link when it can be gone to.
pub struct Step {
    pub title: String,
    pub at: Stepped,
    pub href: Option<String>,
}

/// A longer way and how far one is.
pub fn stepper(view: &View, steps: &[Step]) -> Markup {
    html! {
        ol.stepper aria-label=(view.t("ui-steps")) {
            @for step in steps {
                @let (class, said) = match step.at {
                    Stepped::Done => ("done", Some(view.t("ui-step-done"))),
                    Stepped::Now => ("now", None),
                    Stepped::Later => ("later", None),
                };
                li class=(class) aria-current=[(step.at == Stepped::Now).then_some("step")] {
                    @if let Some(href) = &step.href { a href=(href) { (step.title) } } @else { span { (step.title) } }
                    @if let Some(said) = said { span.unseen { " " (said) } }
                }
            }
        }
    }
}

/// Pages that belong together: title, address, and whether it is the present one.
pub fn tabs(label: &str, items: &[(String, String, bool)]) -> Markup {
    html! {
        nav.tabs aria-label=(label) {
            @for (title, href, present) in items {
                a href=(href) aria-current=[present.then_some("page")] { (title) }
            }
        }
    }
}

/// A button that asks before something is done: what it opens holds the form that does it.
///
/// It opens in its place without scripts and as a dialog with them.
pub fn confirm(view: &View, button: &str, title: &str, danger: bool, body: &Markup) -> Markup {
    html! {
        details.dialog data-dialog {
            summary.button.danger[danger] { (button) }
            div.dialog-box {
                h2 { (title) }
                (body)
                button.button.quiet.dialog-close type="button" data-close hidden { (view.t("ui-cancel")) }
            }
        }
    }
}
