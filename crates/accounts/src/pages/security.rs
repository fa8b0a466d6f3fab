//! One's own safety: who one is, the password, the second step, and where one is signed in.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{id::SessionId, text::Lang};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, IfMatch, Once, PathParam, Problem, Routes};
use serde::Deserialize;
use ui::{Field, Mistakes, Page, Table, Tone, View};

use super::parts::{danger, given, languages, new_password, own_place, two_step_state};
use crate::{Account, Accounts, Buyer, Member, Visit, store::session::Session, store::user::User};

const HERE: &str = "/console/security";

#[derive(Deserialize)]
struct ProfileForm {
    lang: Lang,
    #[serde(default)]
    mobile: String,
    version: i64,
}

#[derive(Deserialize)]
struct RenameForm {
    #[serde(default)]
    name: String,
    version: i64,
}

#[derive(Deserialize)]
struct PasswordForm {
    #[serde(default)]
    present: String,
    #[serde(default)]
    password: String,
}

/// Which form of the page was refused, and why.
#[derive(Default)]
pub(super) struct Refused {
    pub(super) profile: Mistakes,
    pub(super) password: Mistakes,
    pub(super) two_step: Mistakes,
    pub(super) name: Mistakes,
}

async fn show(State(accounts): State<Accounts>, visit: Visit, member: Member) -> Result<Page, Problem> {
    accounts.security_page(&visit.view, &member, &Refused::default()).await
}

impl Accounts {
    pub(super) async fn security_page(&self, view: &View, member: &Member, refused: &Refused) -> Result<Page, Problem> {
        let tx = &mut self.app.db.read();
        let (account, user) = self.me(tx, member).await?;
        let sessions = self.sessions(tx, member).await?;
        let length = self.password_length().await?;
        let title = view.t("security-title");
        Ok(ui::page(
            view,
            own_place(view, "security"),
            &title,
            &html! {
                (ui::header(&title, Some(&view.t("security-lead")), &html! {}))
                div.columns {
                    (profile(view, (&account, &user), &refused.profile))
                    (password(view, &user, length, &refused.password))
                }
                (two_step(view, &user, &refused.two_step))
                (sessions_card(view, member, &sessions))
                @if member.is_owner() { (rename_card(view, &account, &refused.name)) p { a href="/console/security/activity" { (view.t("security-activity")) } } }
            },
        ))
    }
}

fn profile(view: &View, (account, user): (&Account, &User), mistakes: &Mistakes) -> Markup {
    let role = if view.viewer.as_ref().is_some_and(|viewer| viewer.is_operator) {
        view.word("staff-role", &user.role)
    } else {
        view.word("account-role", &user.role)
    };
    let who = [
        (view.t("sign-in-account"), html! { (account.name) }),
        (view.t("security-user"), html! { (user.name) }),
        (view.t("team-role"), html! { (role) }),
    ];
    ui::card(
        Some(&view.t("security-profile")),
        &html! {
            (ui::facts(&who))
            (ui::form(view, "/console/security/profile", &html! {
                (mistakes.summary(view))
                input type="hidden" name="version" value=(user.version);
                (Field::select("lang", &view.t("security-lang"), &languages()).value(user.lang.as_str()).required().render(view, mistakes))
                (Field::input("tel", "mobile", &view.t("account-mobile")).value(user.mobile.as_deref().unwrap_or_default()).hint(view.t("security-mobile-hint")).with("autocomplete", "tel").render(view, mistakes))
                div.row { button.button type="submit" { (view.t("account-save")) } }
            }))
        },
    )
}

fn password(view: &View, user: &User, length: u32, mistakes: &Mistakes) -> Markup {
    ui::card(
        Some(&view.t("sign-in-password")),
        &html! {
            (ui::form(view, "/console/security/password", &html! {
                (mistakes.summary(view))
                // Password keepers want to know whose password it is.
                input type="text" name="username" value=(user.name) autocomplete="username" hidden;
                (Field::input("password", "present", &view.t("password-present")).required().with("autocomplete", "current-password").render(view, mistakes))
                (new_password(view, &view.t("password-new"), length).required().render(view, mistakes))
                p.small.muted { (view.t("password-others-end")) }
                div.row { button.button type="submit" { (view.t("password-change")) } }
            }))
        },
    )
}

fn two_step(view: &View, user: &User, mistakes: &Mistakes) -> Markup {
    let on = user.totp_confirmed_at.is_some();
    html! {
        section.card #two-step {
            div.spread { h2 { (view.t("two-step-title")) } (two_step_state(view, user)) }
            (mistakes.summary(view))
            @if on {
                p { (view.t("two-step-on-text")) }
                div.row {
                    (ui::confirm(view, &view.t("two-step-end"), &view.t("two-step-end-title"), true, &ui::form(view, "/console/security/two-step/end", &html! {
                        p { (view.t("two-step-end-text")) }
                        (Field::input("password", "confirmation", &view.t("password-present")).required().with("autocomplete", "current-password").render(view, &Mistakes::none()))
                        button.button.danger type="submit" { (view.t("two-step-end")) }
                    })))
                }
            } @else {
                p { (view.t("two-step-off-text")) }
                (ui::form(view, "/console/security/two-step", &html! {
                    div.row { button.button.primary type="submit" { (view.t("two-step-begin")) } }
                }))
            }
        }
    }
}

fn sessions_card(view: &View, member: &Member, sessions: &[Session]) -> Markup {
    let label = view.t("sessions-title");
    let current = |session: &Session| member.credential() == session.id.to_string();
    ui::card(
        Some(&label),
        &html! {
            p.muted { (view.t("sessions-lead")) }
            (Table::new(view, label.as_str(), sessions)
                .column(view.t("sessions-from"), |session| html! {
                    span.row { (view.address(&session.from_address)) @if current(session) { (ui::badge(Tone::Good, &view.t("sessions-current"))) } }
                })
                .column(view.t("sessions-since"), |session| view.time(session.created_at))
                .column(view.t("sessions-until"), |session| view.time(session.expires_at))
                .column(view.t("account-actions"), |session| html! {
                    @if !current(session) {
                        (danger(view, &format!("{HERE}/sessions/{}/end", session.id), (&view.t("sessions-end"), &view.t("sessions-end-title"), &view.t("sessions-end-text"))))
                    }
                })
                .render())
        },
    )
}

fn rename_card(view: &View, account: &Account, mistakes: &Mistakes) -> Markup {
    ui::card(
        Some(&view.t("security-account")),
        &ui::form(
            view,
            "/console/security/account",
            &html! {
                (mistakes.summary(view))
                input type="hidden" name="version" value=(account.version);
                (Field::text("name", &view.t("security-account-name")).value(&account.name).hint(view.t("security-account-hint")).required().with("maxlength", "100").render(view, mistakes))
                div.row { button.button type="submit" { (view.t("account-save")) } }
            },
        ),
    )
}

async fn rename(
    State(accounts): State<Accounts>,
    visit: Visit,
    buyer: Buyer,
    once: Once,
    Form(form): Form<RenameForm>,
) -> Result<Response, Problem> {
    let renamed = once.run(&accounts.app, async |tx| {
        accounts.rename(tx, &buyer, IfMatch(form.version), &form.name).await?;
        Ok(Answer::see_other("/console/security?done=renamed"))
    });
    match renamed.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let refused = Refused { name: visit.view.retry(problem)?, ..Refused::default() };
            Ok(accounts.security_page(&visit.view, &buyer, &refused).await?.refused().into_response())
        }
    }
}

async fn edit_profile(
    State(accounts): State<Accounts>,
    visit: Visit,
    member: Member,
    once: Once,
    Form(form): Form<ProfileForm>,
) -> Result<Response, Problem> {
    let mobile = given(&form.mobile);
    let saved = once.run(&accounts.app, async |tx| {
        accounts.edit_me(tx, &member, IfMatch(form.version), (Some(form.lang), mobile.as_deref())).await?;
        Ok(Answer::see_other("/console/security?done=saved"))
    });
    match saved.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let refused = Refused { profile: visit.view.retry(problem)?, ..Refused::default() };
            Ok(accounts.security_page(&visit.view, &member, &refused).await?.refused().into_response())
        }
    }
}

async fn change_password(
    State(accounts): State<Accounts>,
    visit: Visit,
    member: Member,
    once: Once,
    Form(form): Form<PasswordForm>,
) -> Result<Response, Problem> {
    let check = accounts.check_password(&member, &form.present, &form.password);
    let changed = once.run_after(&accounts.app, check, async |tx, new| {
        accounts.change_password(tx, &member, &new).await?;
        Ok(Answer::see_other("/console/security?done=password-changed"))
    });
    match changed.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let refused = Refused { password: visit.view.retry(problem)?, ..Refused::default() };
            Ok(accounts.security_page(&visit.view, &member, &refused).await?.refused().into_response())
        }
    }
}

async fn end_session(
    State(accounts): State<Accounts>,
    member: Member,
    once: Once,
    PathParam(id): PathParam<SessionId>,
) -> Result<Answer, Problem> {
    once.run(&accounts.app, async |tx| {
        accounts.end_session(tx, &member, id).await?;
        Ok(Answer::see_other("/console/security?done=session-ended"))
    })
    .await
}

pub(super) fn routes(accounts: &Accounts) -> Routes {
    Routes::of(accounts.clone())
        .page(HERE, show, Access::SignedIn)
        .form("/console/security/profile", edit_profile, Access::SignedIn)
        .form("/console/security/account", rename, Access::Buyer)
        .form("/console/security/password", change_password, Access::SignedIn)
        .form("/console/security/sessions/{session}/end", end_session, Access::SignedIn)
        .done()
}
