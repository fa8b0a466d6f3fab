//! Opening an account with a browser: it signs in at once, or waits for a letter where addresses are confirmed.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use maud::html;
use platform::http::{Access, Answer, ClientAddress, Form, Once, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, View};

use super::{
    parts::new_password,
    sign_in::{home, next_field},
};
use crate::{
    Accounts, Visit,
    actions::sign_in::SignIn,
    rules::{CustomerKind, Registration},
    visit::onward,
};

#[derive(Deserialize)]
struct Arriving {
    next: Option<String>,
    /// A letter is on its way.
    #[serde(default)]
    sent: bool,
}

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

async fn show(
    State(accounts): State<Accounts>,
    visit: Visit,
    Query(query): Query<Arriving>,
) -> Result<Response, Problem> {
    if let Some(member) = &visit.member {
        return Ok(Redirect::to(&onward(query.next.as_deref(), home(member.is_staff()))).into_response());
    }
    if query.sent {
        return Ok(sent_page(&visit.view).into_response());
    }
    let form = SignUpForm { next: query.next, ..SignUpForm::default() };
    Ok(page(&visit.view, &form, &Mistakes::none(), accounts.password_wanted().await?).into_response())
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
    let length = accounts.password_wanted().await?;
    let opened = once.run_after(&accounts.app, accounts.check_registration(&wanted), async |tx, new| {
        if length.is_none() {
            accounts.ask_to_register(tx, &new).await?;
            return Ok(Answer::see_other("/sign-up?sent=true"));
        }
        accounts.register(tx, &new).await?;
        Ok(Answer::empty())
    });
    match opened.await {
        Ok(answer) if length.is_none() => return Ok(answer.into_response()),
        Ok(_) => {}
        Err(problem) => {
            let mistakes = view.retry(problem)?;
            return Ok(page(view, &form, &mistakes, length).refused().into_response());
        }
    }
    let given = SignIn { account: None, login: form.email, password: form.password, totp: None };
    let signed_in = accounts.sign_in(&given, &from).await?;
    accounts.welcome(&signed_in, form.next.as_deref()).await
}

/// The same for addresses that have an account.
fn sent_page(view: &View) -> Page {
    let title = view.t("sign-up-sent-title");
    ui::bare(
        view,
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("sign-up-sent-lead")), &html! {}))
            p { (view.t("password-sent-nothing")) }
            div.row { (ui::button_link("/sign-in", &view.t("password-back"), true)) }
        },
    )
}

fn page(view: &View, form: &SignUpForm, mistakes: &Mistakes, password_length: Option<u32>) -> Page {
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
                @if let Some(length) = password_length {
                    (new_password(view, &view.t("sign-in-password"), length).required().render(view, mistakes))
                } @else {
                    p.muted { (view.t("sign-up-by-letter")) }
                }
                button.button.primary.wide.large type="submit" { (view.t("sign-up-button")) }
            }))
            p { (view.t("sign-up-known")) " " a href=(sign_in) { (view.t("ui-sign-in")) } }
        },
    )
}

impl Accounts {
    /// How long a password has to be here.
    pub(super) async fn password_length(&self) -> kernel::Result<u32> {
        Ok(self.policies.current().await?.sign_in.password_length_min)
    }

    /// How long the password of somebody new has to be; `None`: it is chosen by a letter.
    async fn password_wanted(&self) -> kernel::Result<Option<u32>> {
        Ok(if self.confirms_addresses().await? { None } else { Some(self.password_length().await?) })
    }
}

pub(super) fn routes(accounts: &Accounts) -> Routes {
    Routes::of(accounts.clone()).page("/sign-up", show, Access::Public).form("/sign-up", sign_up, Access::Public).done()
}
