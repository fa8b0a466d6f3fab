//! What the pages of an account's team and of the operator's staff have in common.

use maud::{Markup, html};
use ui::{Table, View};

use super::parts::{button, danger, two_step_state, user_state};
use crate::store::user::User;

/// Whose people they are.
#[derive(Clone, Copy)]
pub(super) struct People {
    /// Where their pages are.
    pub(super) at: &'static str,
    /// The words for their roles.
    pub(super) role: &'static str,
    /// What it means to disable one of them.
    pub(super) disable_text: &'static str,
}

fn last_seen(view: &View, user: &User) -> Markup {
    html! { @if let Some(at) = user.last_sign_in_at { (view.time(at)) } @else { span.muted { (view.t("team-never")) } } }
}

impl People {
    pub(super) fn role(self, view: &View, user: &User) -> Markup {
        html! { (view.word(self.role, &user.role)) }
    }

    /// The name as the way to the page of each.
    pub(super) fn link(self, user: &User) -> Markup {
        html! { a href={ (self.at) "/" (user.id) } { (user.name) } }
    }

    /// How safely they sign in, when they last did, and whether they can.
    pub(super) fn columns<'t>(view: &'t View, table: Table<'t, User>) -> Table<'t, User> {
        table
            .column(view.t("two-step-title"), |user| two_step_state(view, user))
            .column(view.t("team-last"), |user| last_seen(view, user))
            .column(view.t("team-state"), |user| user_state(view, user))
    }

    /// What is known of somebody, `contacts` among it.
    pub(super) fn facts(self, view: &View, user: &User, contacts: Vec<(String, Markup)>) -> Markup {
        let mut facts =
            vec![(view.t("team-state"), user_state(view, user)), (view.t("team-role"), self.role(view, user))];
        facts.extend(contacts);
        facts.extend([
            (view.t("two-step-title"), two_step_state(view, user)),
            (view.t("team-last"), last_seen(view, user)),
            (view.t("account-since"), view.date(user.created_at)),
        ]);
        ui::card(None, &ui::facts(&facts))
    }

    /// What can be done with somebody, `first` before the rest.
    pub(super) fn acts(self, view: &View, user: &User, first: &Markup) -> Markup {
        let path = |act: &str| format!("{}/{}/{act}", self.at, user.id);
        ui::card(
            Some(&view.t("team-acts")),
            &html! {
                div.row {
                    @if user.disabled_at.is_some() {
                        (button(view, &path("enable"), &view.t("team-enable")))
                    } @else {
                        (first)
                        @if user.totp_confirmed_at.is_some() {
                            (danger(view, &path("two-step-off"), (&view.t("two-step-end"), &view.t("team-two-step-title"), &view.t("team-two-step-text"))))
                        }
                        (danger(view, &path("disable"), (&view.t("team-disable"), &view.t("team-disable-title"), &view.t(self.disable_text))))
                    }
                }
            },
        )
    }
}

/// A form of one button on the page of somebody, which leads back to it.
macro_rules! act {
    ($name:ident, $who:ty, $action:ident, $people:expr, $done:literal) => {
        async fn $name(
            State(accounts): State<Accounts>,
            who: $who,
            once: Once,
            PathParam(id): PathParam<UserId>,
        ) -> Result<Answer, Problem> {
            once.run(&accounts.app, async |tx| {
                accounts.$action(tx, &who, id).await?;
                Ok(Answer::see_other(format!("{}/{id}?done={}", $people.at, $done)))
            })
            .await
        }
    };
}

pub(super) use act;
