//! Texts for machines: shown as they are, copied with one press, hidden until wanted.

use maud::{Markup, html};

use crate::View;

/// A block of code or of a wire format, with a button that copies it.
pub fn code(view: &View, label: &str, text: &str) -> Markup {
    html! {
        figure.code data-copy {
            figcaption { (label) (copy_button(view)) }
            pre tabindex="0" { code { (text) } }
        }
    }
}

/// A short code in a line, such as an id, with a button that copies it.
pub fn copyable(view: &View, text: &str) -> Markup {
    html! { span.copyable data-copy { code { (text) } (copy_button(view)) } }
}

fn copy_button(view: &View) -> Markup {
    html! {
        button.copy type="button" data-done=(view.t("ui-copied")) hidden { (view.t("ui-copy")) }
    }
}

/// Something that not everybody behind the reader should see: it opens when asked.
pub fn reveal(view: &View, label: &str, body: &Markup) -> Markup {
    html! {
        details.reveal {
            summary { span.reveal-dots aria-hidden="true" { "••••••••" } " " (view.t("ui-show")) span.unseen { " " (label) } }
            (body)
        }
    }
}
