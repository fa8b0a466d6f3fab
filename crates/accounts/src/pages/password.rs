//! New passwords for those who have forgotten theirs or were invited.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use maud::html;
use platform::http::{Access, Answer, ClientAddress, Form, Once, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Field, Mistakes, Page, Tone, View};

use super::parts::{given, new_password};
use crate::{Accounts, Visit};

#[derive(Deserialize)]
struct Sent {
    #[serde(default)]
    sent: bool,
}

#[derive(Default, Deserialize)]
struct ForgotForm {
    #[serde(default)]
    account: String,
    #[serde(default)]
    login: String,
}

#[derive(Deserialize)]
struct LinkQuery {
    #[serde(default)]
    token: String,
}

#[derive(Deserialize)]
struct ResetForm {
    #[serde(default)]
    token: String,
    #[serde(default)]
    password: String,
}

async fn forgot(visit: Visit, Query(query): Query<Sent>) -> Page {
    if query.sent {
        sent_page(&visit.view)
    } else {
        forgot_page(&visit.view, &ForgotForm::default(), &Mistakes::none())
    }
}

async fn ask(
    State(accounts): State<Accounts>,
    visit: Visit,
    address: ClientAddress,
    once: Once,
    Form(form): Form<ForgotForm>,
) -> Result<Response, Problem> {
    accounts.app.limits.sign_in(&address.to_string())?;
    let asked = once.run(&accounts.app, async |tx| {
        accounts.ask_reset(tx, given(&form.account).as_deref(), &form.login).await?;
        Ok(Answer::see_other("/forgot-password?sent=true"))
    });
    match asked.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            Ok(forgot_page(&visit.view, &form, &mistakes).refused().into_response())
        }
    }
}

fn forgot_page(view: &View, form: &ForgotForm, mistakes: &Mistakes) -> Page {
    let title = view.t("password-forgot-title");
    ui::bare(
        view,
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("password-forgot-lead")), &html! {}))
            (ui::form(view, "/forgot-password", &html! {
                (mistakes.summary(view))
                (Field::text("login", &view.t("sign-in-login")).value(&form.login).required().with("autocomplete", "username").with("autocapitalize", "none").render(view, mistakes))
                details open[!form.account.is_empty()] {
                    summary { (view.t("sign-in-sub-user")) }
                    (Field::text("account", &view.t("sign-in-account")).value(&form.account).hint(view.t("sign-in-account-hint")).with("autocapitalize", "none").render(view, mistakes))
                }
                button.button.primary.wide.large type="submit" { (view.t("password-forgot-button")) }
            }))
            p { a href="/sign-in" { (view.t("password-back")) } }
        },
    )
}

/// The same for names that nobody has.
fn sent_page(view: &View) -> Page {
    let title = view.t("password-sent-title");
    ui::bare(
        view,
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("password-sent-lead")), &html! {}))
            p { (view.t("password-sent-nothing")) }
            div.row { (ui::button_link("/sign-in", &view.t("password-back"), true)) (ui::button_link("/forgot-password", &view.t("password-sent-again"), false)) }
        },
    )
}

async fn reset(
    State(accounts): State<Accounts>,
    visit: Visit,
    Query(query): Query<LinkQuery>,
) -> Result<Page, Problem> {
    Ok(reset_page(&visit.view, &query.token, &Mistakes::none(), accounts.password_length().await?))
}

async fn choose(
    State(accounts): State<Accounts>,
    visit: Visit,
    address: ClientAddress,
    once: Once,
    Form(form): Form<ResetForm>,
) -> Result<Response, Problem> {
    accounts.app.limits.sign_in(&address.to_string())?;
    let check = accounts.check_link(&form.token, &form.password);
    let chosen = once.run_after(&accounts.app, check, async |tx, new| {
        accounts.use_link(tx, &form.token, &new).await?;
        Ok(Answer::see_other("/sign-in?done=password-chosen"))
    });
    match chosen.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let length = accounts.password_length().await?;
            Ok(reset_page(&visit.view, &form.token, &mistakes, length).refused().into_response())
        }
    }
}

fn reset_page(view: &View, token: &str, mistakes: &Mistakes, length: u32) -> Page {
    let title = view.t("password-choose-title");
    ui::bare(
        view,
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("password-choose-lead")), &html! {}))
            @if token.is_empty() {
                (ui::notice(Tone::Warn, &html! { p { (view.t("password-no-link")) } }))
            } @else {
                (ui::form(view, "/reset-password", &html! {
                    (mistakes.summary(view))
                    input type="hidden" name="token" value=(token);
                    (new_password(view, &view.t("password-new"), length).required().render(view, mistakes))
                    button.button.primary.wide.large type="submit" { (view.t("password-choose-button")) }
                }))
            }
            p { a href="/forgot-password" { (view.t("password-sent-again")) } }
        },
    )
}

pub(super) fn routes(accounts: &Accounts) -> Routes {
    Routes::of(accounts.clone())
        .page("/forgot-password", forgot, Access::Public)
        .form("/forgot-password", ask, Access::Public)
        .page("/reset-password", reset, Access::Public)
        .form("/reset-password", choose, Access::Public)
        .done()
}
