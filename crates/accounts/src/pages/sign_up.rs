//! Opening an account with a browser, which signs in at once.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use maud::html;
use platform::http::{Access, Answer, ClientAddress, Form, Once, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, View};

use super::sign_in::{Next, home, next_field};
use crate::{
    Accounts, Visit,
    actions::sign_in::SignIn,
    rules::{CustomerKind, Registration},
    visit::onward,
};

#[derive(Default, Deserialize)]
struct SignUpForm {
    kind: Option<CustomerKind>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    next: Option<String>,
}

async fn show(State(accounts): State<Accounts>, visit: Visit, Query(query): Query<Next>) -> Result<Response, Problem> {
    if let Some(member) = &visit.member {
        return Ok(Redirect::to(&onward(query.next.as_deref(), home(member.is_staff()))).into_response());
    }
    let form = SignUpForm { next: query.next, ..SignUpForm::default() };
    let length = accounts.password_length().await?;
    Ok(page(&visit.view, &form, &Mistakes::none(), length).into_response())
}

async fn sign_up(
    State(accounts): State<Accounts>,
    visit: Visit,
    address: ClientAddress,
    once: Once,
    Form(form): Form<SignUpForm>,
) -> Result<Response, Problem> {
    let (view, from) = (&visit.view, address.to_string());
    accounts.app.limits.sign_in(&from)?;
    let wanted = Registration {
        kind: form.kind.unwrap_or(CustomerKind::Personal),
        name: form.name.clone(),
        slug: None,
        email: form.email.clone(),
        password: form.password.clone(),
        mobile: None,
        lang: view.lang,
    };
    let opened = once.run_after(&accounts.app, accounts.check_registration(&wanted), async |tx, new| {
        accounts.register(tx, &new).await?;
        Ok(Answer::empty())
    });
    if let Err(problem) = opened.await {
        let mistakes = view.retry(problem)?;
        let length = accounts.password_length().await?;
        return Ok(page(view, &form, &mistakes, length).refused().into_response());
    }
    let given = SignIn { account: None, login: form.email, password: form.password, totp: None };
    let signed_in = accounts.sign_in(&given, &from).await?;
    accounts.welcome(&signed_in, form.next.as_deref()).await
}

fn page(view: &View, form: &SignUpForm, mistakes: &Mistakes, password_length: u32) -> Page {
    let title = view.t("sign-up-title");
    let kinds = [
        Choice::new(CustomerKind::Personal.as_str(), view.t("account-kind-personal"))
            .hint(view.t("sign-up-personal-hint")),
        Choice::new(CustomerKind::Enterprise.as_str(), view.t("account-kind-enterprise"))
            .hint(view.t("sign-up-enterprise-hint")),
    ];
    let kind = form.kind.unwrap_or(CustomerKind::Personal);
    let sign_in = match &form.next {
        Some(next) => format!("/sign-in?next={}", ui::escaped(next)),
        None => "/sign-in".to_owned(),
    };
    ui::bare(
        view,
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("sign-up-lead")), &html! {}))
            (ui::form(view, "/sign-up", &html! {
                (mistakes.summary(view))
                (next_field(form.next.as_deref()))
                (ui::choice_cards(&view.t("sign-up-kind"), "kind", &kinds, kind.as_str(), mistakes))
                (Field::text("name", &view.t("sign-up-name")).value(&form.name).hint(view.t("sign-up-name-hint")).required().with("autocomplete", "name").with("maxlength", "100").render(view, mistakes))
                (Field::input("email", "email", &view.t("sign-up-email")).value(&form.email).required().with("autocomplete", "username").render(view, mistakes))
                (Field::input("password", "password", &view.t("sign-in-password")).hint(password_hint(view, password_length)).required().with("autocomplete", "new-password").with("minlength", password_length.to_string()).render(view, mistakes))
                button.button.primary.wide.large type="submit" { (view.t("sign-up-button")) }
            }))
            p { (view.t("sign-up-known")) " " a href=(sign_in) { (view.t("ui-sign-in")) } }
        },
    )
}

/// What makes a password good.
pub(super) fn password_hint(view: &View, length: u32) -> String {
    view.ta("password-hint", &[("count", length.into())])
}

impl Accounts {
    /// How long a password has to be here.
    pub(super) async fn password_length(&self) -> kernel::Result<u32> {
        Ok(self.policies.current().await?.sign_in.password_length_min)
    }
}

pub(super) fn routes(accounts: &Accounts) -> Routes {
    Routes::of(accounts.clone()).page("/sign-up", show, Access::Public).form("/sign-up", sign_up, Access::Public).done()
}
