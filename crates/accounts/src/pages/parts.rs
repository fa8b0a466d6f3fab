//! What several pages of the account have in common.

use kernel::{PageQuery, page::PageOf, text::Lang};
use maud::{Markup, html};
use platform::http::Problem;
use ui::{Choice, Field, Place, Tone, View};

use super::strength;
use crate::store::user::User;

/// What was typed into a field that may stay empty.
pub(super) fn given(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// What was chosen in a filter that may stay open.
pub(super) fn chosen<T: std::str::FromStr>(text: Option<&str>) -> Option<T> {
    text.and_then(|text| text.parse().ok())
}

/// The page of a list that an address asks for.
pub(super) fn page_of(cursor: Option<String>) -> Result<PageOf, Problem> {
    Ok(PageQuery { cursor, limit: None }.checked().map_err(kernel::Error::from)?)
}

/// One's own pages stand in the console of customers, and beside the operator's work for its staff.
pub(super) fn own_place(view: &View, at: &'static str) -> Place {
    if view.viewer.as_ref().is_some_and(|viewer| viewer.is_operator) { Place::Operator(at) } else { Place::Console(at) }
}

pub(super) fn languages() -> [Choice; 2] {
    [Choice::new(Lang::En.as_str(), "English"), Choice::new(Lang::Zh.as_str(), "中文")]
}

/// Whether a user can sign in.
pub(super) fn user_state(view: &View, user: &User) -> Markup {
    if user.disabled_at.is_some() {
        return ui::badge(Tone::Bad, &view.t("team-disabled"));
    }
    if user.password_hash.is_none() {
        return ui::badge(Tone::Warn, &view.t("team-invited"));
    }
    ui::badge(Tone::Good, &view.t("team-active"))
}

pub(super) fn two_step_state(view: &View, user: &User) -> Markup {
    if user.totp_confirmed_at.is_some() {
        ui::badge(Tone::Good, &view.t("two-step-on"))
    } else {
        ui::badge(Tone::Plain, &view.t("two-step-off"))
    }
}

/// A password that somebody chooses. Scripts say how good it is while it is typed.
pub(super) fn new_password<'f>(view: &View, label: &'f str, length: u32) -> Field<'f> {
    Field::input("password", "password", label)
        .hint(view.ta("password-hint", &[("count", length.into())]))
        .with("autocomplete", "new-password")
        .with("minlength", length.to_string())
        .with("data-strength", strength::PATH)
}

/// A name with what it is called by underneath.
pub(super) fn named(name: &str, below: Option<&str>) -> Markup {
    html! {
        span.named { (name) @if let Some(below) = below.filter(|below| *below != name) { span.muted.small { (below) } } }
    }
}

/// A form of one button.
pub(super) fn button(view: &View, action: &str, text: &str) -> Markup {
    ui::form(view, action, &html! { button.button type="submit" { (text) } })
}

/// A dangerous act behind a question.
pub(super) fn danger(view: &View, action: &str, (text, question, why): (&str, &str, &str)) -> Markup {
    ui::confirm(
        view,
        text,
        question,
        true,
        &ui::form(
            view,
            action,
            &html! {
                p { (why) }
                button.button.danger type="submit" { (text) }
            },
        ),
    )
}
