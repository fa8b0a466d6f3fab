//! Setting two-step sign-in up: the picture for the authenticator, the first code, the codes for an emergency.

use std::fmt::Write as _;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, Problem, Routes};
use serde::Deserialize;
use ui::{Field, Mistakes, Page, Tone, View};

use super::{parts::own_place, security::Refused};
use crate::{Accounts, Member, Visit, actions::totp::Enrolment};

/// The first code, with what the authenticator was given, so that a wrong code does not begin anew.
#[derive(Deserialize)]
struct CodeForm {
    #[serde(default)]
    code: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    address: String,
}

#[derive(Deserialize)]
struct EndForm {
    #[serde(default)]
    confirmation: String,
}

async fn begin(
    State(accounts): State<Accounts>,
    visit: Visit,
    member: Member,
    once: Once,
) -> Result<Response, Problem> {
    let begun = once.run(&accounts.app, async |tx| {
        let Enrolment { secret, address } = accounts.enrol_totp(tx, &member).await?;
        Ok(Answer::created(&[secret, address]).secret())
    });
    match begun.await {
        Ok(answer) => {
            let text = |at: usize| answer.body()[at].as_str().unwrap_or_default().to_owned();
            let form = CodeForm { code: String::new(), secret: text(0), address: text(1) };
            Ok(set_up_page(&visit.view, &form, &Mistakes::none()).into_response())
        }
        Err(problem) => {
            let refused = Refused { two_step: visit.view.retry(problem)?, ..Refused::default() };
            Ok(accounts.security_page(&visit.view, &member, &refused).await?.refused().into_response())
        }
    }
}

async fn confirm(
    State(accounts): State<Accounts>,
    visit: Visit,
    member: Member,
    once: Once,
    Form(form): Form<CodeForm>,
) -> Result<Response, Problem> {
    let code: String = form.code.split_whitespace().collect();
    let confirmed =
        once.run(&accounts.app, async |tx| Ok(Answer::ok(&accounts.confirm_totp(tx, &member, &code).await?).secret()));
    match confirmed.await {
        Ok(answer) => {
            let codes = answer.body().as_array().into_iter().flatten().filter_map(|code| code.as_str());
            Ok(codes_page(&visit.view, &codes.collect::<Vec<_>>()).into_response())
        }
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            Ok(set_up_page(&visit.view, &form, &mistakes).refused().into_response())
        }
    }
}

async fn end(
    State(accounts): State<Accounts>,
    visit: Visit,
    member: Member,
    once: Once,
    Form(form): Form<EndForm>,
) -> Result<Response, Problem> {
    let check = accounts.check_disable_totp(&member, &form.confirmation);
    let ended = once.run_after(&accounts.app, check, async |tx, ()| {
        accounts.disable_totp(tx, &member).await?;
        Ok(Answer::see_other("/console/security?done=two-step-ended"))
    });
    match ended.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let refused = Refused { two_step: visit.view.retry(problem)?, ..Refused::default() };
            Ok(accounts.security_page(&visit.view, &member, &refused).await?.refused().into_response())
        }
    }
}

fn set_up_page(view: &View, form: &CodeForm, mistakes: &Mistakes) -> Page {
    let title = view.t("two-step-set-up-title");
    ui::page(
        view,
        own_place(view, "security"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("two-step-set-up-lead")), &html! {}))
            (mistakes.summary(view))
            div.columns {
                (ui::card(Some(&view.t("two-step-scan")), &html! {
                    p { (view.t("two-step-scan-text")) }
                    (qr(view, &form.address))
                    p.small.muted { (view.t("two-step-type-text")) }
                    (ui::copyable(view, &form.secret))
                }))
                (ui::card(Some(&view.t("two-step-confirm")), &html! {
                    (ui::form(view, "/console/security/two-step/confirm", &html! {
                        input type="hidden" name="secret" value=(form.secret);
                        input type="hidden" name="address" value=(form.address);
                        (Field::text("code", &view.t("two-step-code")).hint(view.t("two-step-code-hint")).required().with("inputmode", "numeric").with("autocomplete", "one-time-code").with("maxlength", "10").render(view, mistakes))
                        div.row {
                            button.button.primary type="submit" { (view.t("two-step-switch-on")) }
                            (ui::button_link("/console/security", &view.t("ui-cancel"), false))
                        }
                    }))
                }))
            }
        },
    )
}

/// The address as a picture that a telephone reads.
fn qr(view: &View, address: &str) -> Markup {
    let Ok(code) = qrcode::QrCode::new(address) else { return html! {} };
    let side = code.width().max(1);
    let mut path = String::new();
    for (at, color) in code.to_colors().into_iter().enumerate() {
        if color == qrcode::Color::Dark {
            let _ = write!(path, "M{} {}h1v1h-1z", at % side, at / side);
        }
    }
    // Readers want a light margin of four modules.
    let whole = side + 8;
    html! {
        svg.qr viewBox={ "-4 -4 " (whole) " " (whole) } role="img" aria-label=(view.t("two-step-picture")) { path d=(path) {} }
    }
}

fn codes_page(view: &View, codes: &[&str]) -> Page {
    let title = view.t("two-step-codes-title");
    ui::page(
        view,
        own_place(view, "security"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("two-step-codes-lead")), &html! {}))
            (ui::notice(Tone::Warn, &html! { p { (view.t("two-step-codes-once")) } }))
            (ui::code(view, &view.t("two-step-codes"), &codes.join("\n")))
            div.row { (ui::button_link("/console/security", &view.t("two-step-codes-kept"), true)) }
        },
    )
}

pub(super) fn routes(accounts: &Accounts) -> Routes {
    Routes::of(accounts.clone())
        .form("/console/security/two-step", begin, Access::SignedIn)
        .form("/console/security/two-step/confirm", confirm, Access::SignedIn)
        .form("/console/security/two-step/end", end, Access::SignedIn)
        .done()
}
