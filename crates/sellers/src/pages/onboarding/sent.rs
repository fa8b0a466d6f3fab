//! What an applicant sends: each step, the licence, the whole.

use accounts::{Buyer, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use documents::{Purpose, Upload as Sent};
use kernel::{Error, FieldError, Invalid};
use maud::html;
use platform::http::{Answer, Form, IfMatch, Once, Problem, Query, Upload};
use serde::Deserialize;
use ui::{Mistakes, View};

use super::{
    Step,
    filled::{self, Given, fill, to_correct},
    page,
};
use crate::{Accepted, Form as Told, Sellers, pages::shown};

pub(super) async fn save(
    State(sellers): State<Sellers>,
    visit: Visit,
    buyer: Buyer,
    once: Once,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let step = given.get("step").and_then(|step| Step::of(step)).unwrap_or(Step::Company);
    let on = if given.get("then").is_some_and(|then| then == "stay") { step } else { step.next() };
    let situation = sellers.situation(&buyer).await?;
    let saved = match merged(&given, &situation.form()) {
        Err(wrong) => Err(Problem::from(Error::from(wrong))),
        Ok(form) => {
            let seen = version(&given);
            let path = format!("{}&done=application-saved", on.href());
            once.run(&sellers.app, async |tx| {
                match &situation.application {
                    None => sellers.begin_application(tx, &buyer, &form).await?,
                    Some(_) => sellers.save_application(tx, &buyer, seen, &form).await?,
                };
                Ok(Answer::see_other(path))
            })
            .await
        }
    };
    match saved {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let view = &visit.view;
            let mistakes = view.retry(problem)?;
            let policy = sellers.policies.current().await?;
            let body = html! {
                (mistakes.summary(view))
                (fill(view, &policy, &situation, step, &given, &mistakes))
            };
            Ok(page(view, &situation, Some(step), &body).refused().into_response())
        }
    }
}

fn version(given: &Given) -> IfMatch {
    IfMatch(given.get("version").and_then(|version| version.parse().ok()).unwrap_or_default())
}

/// The form with what was sent in place of what stood there. Numbers are read as people write them.
fn merged(given: &Given, before: &Told) -> Result<Told, Invalid> {
    let mut wrong = Invalid::default();
    let mut number = |field: &str, before: Option<u32>| {
        let Some(text) = given.get(field) else { return before };
        let text: String = text.chars().filter(|c| !c.is_whitespace() && *c != ',').collect();
        if text.is_empty() {
            return None;
        }
        wrong.keep(text.parse().map_err(|_| ("must be a whole number", "须为整数")), field)
    };
    let (business_years, employees, registered_capital) = (
        number("business_years", before.business_years),
        number("employees", before.employees),
        number("registered_capital", before.registered_capital),
    );
    wrong.done()?;
    let text = |field: &str, before: &Option<String>| given.get(field).cloned().or_else(|| before.clone());
    Ok(Told {
        company_name: text("company_name", &before.company_name),
        registration_number: text("registration_number", &before.registration_number),
        website: text("website", &before.website),
        business_licence: before.business_licence,
        business_years,
        employees,
        registered_capital,
        contact_name: text("contact_name", &before.contact_name),
        mobile: text("mobile", &before.mobile),
        email: text("email", &before.email),
        service_phone: text("service_phone", &before.service_phone),
        service_email: text("service_email", &before.service_email),
        introduction: text("introduction", &before.introduction),
    })
}

#[derive(Deserialize)]
pub(super) struct Version {
    version: i64,
}

pub(super) async fn upload(
    State(sellers): State<Sellers>,
    visit: Visit,
    buyer: Buyer,
    Query(seen): Query<Version>,
    once: Once,
    Upload { fields: (), files }: Upload<()>,
) -> Result<Response, Problem> {
    let situation = sellers.situation(&buyer).await?;
    let missing = || Invalid::one("business_licence", ("choose a file", "须选择文件"));
    let kept = match files.first() {
        None => Err(Problem::from(Error::from(missing()))),
        Some(file) => {
            let content = BASE64_STANDARD.encode(&file.bytes);
            let sent = Sent {
                name: &file.name,
                purpose: Purpose::BusinessLicence,
                content_type: &file.content_type,
                content: &content,
            };
            let received = sellers.documents.receive(&buyer, &sent);
            once.run_after(&sellers.app, received, async |tx, document| {
                sellers.documents.keep(tx, &document).await?;
                let form = Told { business_licence: Some(document.id), ..situation.form() };
                match &situation.application {
                    None => sellers.begin_application(tx, &buyer, &form).await?,
                    Some(_) => sellers.save_application(tx, &buyer, IfMatch(seen.version), &form).await?,
                };
                Ok(Answer::see_other(format!("{}&done=licence-uploaded", Step::Contact.href())))
            })
            .await
        }
    };
    match kept {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let view = &visit.view;
            let mistakes = of_the_file(view, problem)?;
            let policy = sellers.policies.current().await?;
            let body = fill(view, &policy, &situation, Step::Licence, &Given::default(), &mistakes);
            Ok(page(view, &situation, Some(Step::Licence), &html! { (mistakes.summary(view)) (body) })
                .refused()
                .into_response())
        }
    }
}

/// What is wrong with a file stands beside the field that it was put into.
fn of_the_file(view: &View, problem: Problem) -> Result<Mistakes, Problem> {
    let moved: Vec<FieldError> = problem
        .fields()
        .iter()
        .map(|wrong| FieldError { field: "business_licence".to_owned(), message: wrong.message.clone() })
        .collect();
    if moved.is_empty() { view.retry(problem) } else { Ok(shown::as_mistakes(view, &moved)) }
}

#[derive(Deserialize)]
pub(super) struct SubmitForm {
    version: i64,
    agreement: String,
    sha256: String,
    #[serde(default)]
    accepted: Option<String>,
}

pub(super) async fn submit(
    State(sellers): State<Sellers>,
    visit: Visit,
    buyer: Buyer,
    once: Once,
    Form(form): Form<SubmitForm>,
) -> Result<Response, Problem> {
    let SubmitForm { version, agreement, sha256, accepted } = form;
    let accepted = if accepted.is_some() {
        let accepted = Accepted { version: agreement, sha256 };
        once.run(&sellers.app, async |tx| {
            sellers.submit_application(tx, &buyer, IfMatch(version), &accepted).await?;
            Ok(Answer::see_other("/seller/onboarding?done=application-sent"))
        })
        .await
    } else {
        let missing = ("tick the box to accept the agreement", "须勾选同意协议");
        Err(Problem::from(Error::from(Invalid::one(crate::rules::GENERAL, missing))))
    };
    match accepted {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let view = &visit.view;
            let wrong = problem.fields().to_vec();
            let mistakes = view.retry(problem)?;
            let situation = sellers.situation(&buyer).await?;
            let policy = sellers.policies.current().await?;
            let body = html! {
                @if wrong.is_empty() { (mistakes.summary(view)) } @else { (to_correct(view, "selling-incomplete", &wrong)) }
                (filled::agreement(view, &policy, &situation))
            };
            Ok(page(view, &situation, Some(Step::Agreement), &body).refused().into_response())
        }
    }
}

pub(super) async fn withdraw(
    State(sellers): State<Sellers>,
    buyer: Buyer,
    once: Once,
    Form(Version { version }): Form<Version>,
) -> Result<Answer, Problem> {
    once.run(&sellers.app, async |tx| {
        sellers.withdraw_application(tx, &buyer, IfMatch(version)).await?;
        Ok(Answer::see_other("/seller/onboarding?done=application-withdrawn"))
    })
    .await
}
