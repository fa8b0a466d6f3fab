//! Signing in and out with a browser.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kernel::{Refusal, Result, Timestamp};
use maud::{Markup, html};
use platform::http::{Access, Answer, ClientAddress, Form, Once, PathParam, Problem, Query, Routes};
use serde::{Deserialize, Serialize};
use ui::{Field, Mistakes, Page, View};

use super::parts::given;
use crate::{
    AccountKind, Accounts, Member, Visit,
    actions::sign_in::{SignIn, SignedIn},
    rules::SignInRefused,
    visit::{Browser, onward},
};

/// How long the first step is good for.
const STEP_SECONDS: i64 = 300;

/// What the first step is sealed for.
const STEP: &str = "sign-in/step";

#[derive(Deserialize)]
pub(super) struct Next {
    pub(super) next: Option<String>,
}

#[derive(Default, Deserialize)]
struct SignInForm {
    #[serde(default)]
    account: String,
    #[serde(default)]
    login: String,
    #[serde(default)]
    password: String,
    /// The first step, when this is the second.
    step: Option<String>,
    #[serde(default)]
    totp: String,
    next: Option<String>,
}

/// A first step whose password was right. It goes through the browser, sealed for that one alone, so that nobody types a
/// password twice.
#[derive(Serialize, Deserialize)]
struct FirstStep {
    account: Option<String>,
    login: String,
    password: String,
    until: Timestamp,
}

async fn show(visit: Visit, Query(query): Query<Next>) -> Response {
    if let Some(member) = &visit.member {
        return Redirect::to(&onward(query.next.as_deref(), home(member.is_staff()))).into_response();
    }
    let form = SignInForm { next: query.next, ..SignInForm::default() };
    page(&visit.view, &form, &Mistakes::none()).into_response()
}

/// Where the sub-users of an account sign in.
async fn show_account(visit: Visit, PathParam(account): PathParam<String>) -> Page {
    page(&visit.view, &SignInForm { account, ..SignInForm::default() }, &Mistakes::none())
}

async fn sign_in(
    State(accounts): State<Accounts>,
    visit: Visit,
    browser: Browser,
    address: ClientAddress,
    Form(form): Form<SignInForm>,
) -> Result<Response, Problem> {
    let view = &visit.view;
    let (step, given) = match form.step.as_deref() {
        Some(sealed) => match accounts.opened(sealed, &browser) {
            Some(step) => (true, SignIn { totp: given(&form.totp), ..step.into() }),
            None => return Ok(page(view, &form, &Mistakes::none()).into_response()),
        },
        None => (
            false,
            SignIn {
                account: given(&form.account),
                login: form.login.clone(),
                password: form.password.clone(),
                totp: None,
            },
        ),
    };
    let from = address.to_string();
    let signed_in = match accounts.app.limits.sign_in(&from) {
        Ok(()) => accounts.sign_in(&given, &from).await.map_err(Problem::from),
        Err(limited) => Err(limited),
    };
    match signed_in {
        Ok(signed_in) => accounts.welcome(&signed_in, form.next.as_deref()).await,
        Err(problem) if problem.code() == SignInRefused::TotpWanted.code() => {
            let step = accounts.sealed(given, &browser)?;
            Ok(second_page(view, &step, form.next.as_deref(), form.step.is_some()).into_response())
        }
        Err(problem) if problem.status() == 401 && step => {
            let step = form.step.as_deref().unwrap_or_default();
            Ok(second_page(view, step, form.next.as_deref(), true).refused().into_response())
        }
        Err(problem) if matches!(problem.status(), 401 | 429) => {
            Ok(page(view, &form, &Mistakes::of(view, &problem)).refused().into_response())
        }
        Err(problem) => {
            let mistakes = view.retry(problem)?;
            Ok(page(view, &form, &mistakes).refused().into_response())
        }
    }
}

impl Accounts {
    fn sealed(&self, given: SignIn, browser: &Browser) -> Result<String> {
        let SignIn { account, login, password, totp: _ } = given;
        let step = FirstStep { account, login, password, until: self.app.clock.now().plus_seconds(STEP_SECONDS) };
        let text = serde_json::to_vec(&step).map_err(kernel::Error::fault)?;
        Ok(BASE64_URL_SAFE_NO_PAD.encode(self.app.vault.seal(&text, &browser.context(STEP))?))
    }

    fn opened(&self, sealed: &str, browser: &Browser) -> Option<FirstStep> {
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let text = self.app.vault.unseal(&sealed, &browser.context(STEP)).ok()?;
        let step: FirstStep = serde_json::from_slice(&text).ok()?;
        (step.until > self.app.clock.now()).then_some(step)
    }

    /// Gives the browser its session and leads on.
    pub(super) async fn welcome(&self, signed_in: &SignedIn, next: Option<&str>) -> Result<Response, Problem> {
        let tx = &mut self.app.db.read();
        let is_staff = match self.recipient(tx, signed_in.user).await? {
            Some(user) => self.find(tx, user.account).await?.kind == AccountKind::Operator,
            None => false,
        };
        let next = next.filter(|next| *next != "/");
        let seconds = signed_in.session.expires_at.micros_since(signed_in.session.created_at) / 1_000_000;
        let mut response = Redirect::to(&onward(next, home(is_staff))).into_response();
        let cookie = Self::session_cookie(&signed_in.token, seconds);
        response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
        Ok(response)
    }
}

/// Where somebody begins who was on the way to no other page.
pub(super) fn home(is_staff: bool) -> &'static str {
    if is_staff { "/operator" } else { "/console" }
}

impl From<FirstStep> for SignIn {
    fn from(step: FirstStep) -> Self {
        let FirstStep { account, login, password, until: _ } = step;
        Self { account, login, password, totp: None }
    }
}

/// Where to go on to afterwards, as a hidden field.
pub(super) fn next_field(next: Option<&str>) -> Markup {
    html! { @if let Some(next) = next { input type="hidden" name="next" value=(next); } }
}

fn page(view: &View, form: &SignInForm, mistakes: &Mistakes) -> Page {
    let title = view.t("sign-in-title");
    let (login, password, account) = (view.t("sign-in-login"), view.t("sign-in-password"), view.t("sign-in-account"));
    let sign_up = match &form.next {
        Some(next) => format!("/sign-up?next={}", ui::escaped(next)),
        None => "/sign-up".to_owned(),
    };
    ui::bare(
        view,
        &title,
        &html! {
            (ui::header(&title, None, &html! {}))
            @if form.step.is_some() { (ui::notice(ui::Tone::Warn, &html! { p { (view.t("sign-in-again")) } })) }
            (ui::form(view, "/sign-in", &html! {
                (mistakes.summary(view))
                (next_field(form.next.as_deref()))
                (Field::text("login", &login).value(&form.login).required().with("autocomplete", "username").with("autocapitalize", "none").render(view, mistakes))
                (Field::input("password", "password", &password).required().with("autocomplete", "current-password").render(view, mistakes))
                details open[!form.account.is_empty()] {
                    summary { (view.t("sign-in-sub-user")) }
                    (Field::text("account", &account).value(&form.account).hint(view.t("sign-in-account-hint")).with("autocapitalize", "none").render(view, mistakes))
                }
                button.button.primary.wide.large type="submit" { (title) }
            }))
            p { a href="/forgot-password" { (view.t("sign-in-forgot")) } }
            p { (view.t("sign-in-new")) " " a href=(sign_up) { (view.t("ui-sign-up")) } }
        },
    )
}

/// The second step: the code alone.
fn second_page(view: &View, step: &str, next: Option<&str>, wrong: bool) -> Page {
    let title = view.t("sign-in-second-title");
    let code = view.t("sign-in-code");
    let mistakes = Mistakes::none();
    ui::bare(
        view,
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("sign-in-second-lead")), &html! {}))
            @if wrong {
                div.notice.bad role="alert" { p { (view.t("sign-in-code-wrong")) } }
            }
            (ui::form(view, "/sign-in", &html! {
                (next_field(next))
                input type="hidden" name="step" value=(step);
                (Field::text("totp", &code).hint(view.t("sign-in-code-hint")).required().with("autocomplete", "one-time-code").with("autocapitalize", "none").with("autofocus", "").with("maxlength", "20").render(view, &mistakes))
                button.button.primary.wide.large type="submit" { (view.t("sign-in-title")) }
            }))
            p { a href="/sign-in" { (view.t("sign-in-other")) } }
        },
    )
}

async fn sign_out(State(accounts): State<Accounts>, member: Member, once: Once) -> Result<Response, Problem> {
    let ended = once.run(&accounts.app, async |tx| {
        accounts.sign_out(tx, &member).await?;
        Ok(Answer::see_other("/?done=signed-out"))
    });
    let mut response = ended.await?.into_response();
    response.headers_mut().extend(Accounts::no_session_cookie().map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}

pub(super) fn routes(accounts: &Accounts) -> Routes {
    Routes::of(accounts.clone())
        .page("/sign-in", show, Access::Public)
        .page("/login/{account}", show_account, Access::Public)
        .form("/sign-in", sign_in, Access::Public)
        .form("/sign-out", sign_out, Access::SignedIn)
        .done()
}
