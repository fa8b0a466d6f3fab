//! Errors as problem details, [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457), mapped in this one place.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use kernel::{Error, FieldError, Lang, Localized};
use serde::Serialize;

/// A problem answer in every language. As a response it is JSON in English, and carries itself as an `Arc<Problem>` for
/// whoever says it otherwise: [`speak`], a page.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: Localized,
    fields: Vec<FieldError>,
    retry_after: Option<u64>,
    busy: bool,
}

/// A problem as it is sent. `code` is stable and meant for programs, `detail` and the messages are for the person.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Problem, example = json!({
    "type": "about:blank", "title": "Unprocessable Entity", "status": 422,
    "code": "order.wrong_state", "detail": "an order that is cancelled cannot be paid"
}))]
pub(super) struct Said<'p> {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    /// Stable, dotted: `order.wrong_state`.
    code: &'static str,
    /// In the language of `Accept-Language`: English or Chinese.
    detail: &'p str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Mistake<'p>>,
}

/// One thing wrong with one field of what was sent; `field` is a JSON path such as `contact.email`.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = FieldProblem)]
struct Mistake<'p> {
    field: &'p str,
    message: &'p str,
}

/// Marks an answer that the retrying middleware may try again.
#[derive(Clone, Copy)]
pub(super) struct Busy;

impl Problem {
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<Localized>) -> Self {
        Self { status, code, detail: detail.into(), fields: Vec::new(), retry_after: None, busy: false }
    }

    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }

    pub fn code(&self) -> &'static str {
        self.code
    }

    /// What is wrong and how to mend it.
    pub fn text(&self, lang: Lang) -> &str {
        self.detail.of(lang)
    }

    pub fn fields(&self) -> &[FieldError] {
        &self.fields
    }

    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    fn said(&self, lang: Lang) -> Said<'_> {
        Said {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            code: self.code,
            detail: self.text(lang),
            errors: self.fields.iter().map(|e| Mistake { field: &e.field, message: e.message.of(lang) }).collect(),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.text();
        match error {
            Error::NotFound(_) => Self::new(StatusCode::NOT_FOUND, "not_found", detail),
            Error::Refused(refusal) => {
                let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
                let mut problem = Self::new(status, refusal.code(), detail);
                problem.fields = refusal.fields().to_vec();
                problem.retry_after = refusal.retry_after();
                problem
            }
            Error::Busy => {
                let mut problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail).retry_after(1);
                problem.busy = true;
                problem
            }
            Error::Fault(source) => {
                tracing::error!(error = chain(source.as_ref()), "a request failed through our fault");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
            }
        }
    }
}

/// An error and all its sources on one line.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(next) = source {
        text.push_str(": ");
        text.push_str(&next.to_string());
        source = next.source();
    }
    text
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.said(Lang::En))).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.busy {
            response.extensions_mut().insert(Busy);
        }
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

const PROBLEM_JSON: &str = "application/problem+json";

/// Says a problem in a language; what is not problem JSON any more stays as it is.
pub fn speak(lang: Lang, response: &mut Response) {
    if response.headers().get(header::CONTENT_TYPE).is_none_or(|kind| kind != PROBLEM_JSON) {
        return;
    }
    let Some(problem) = response.extensions().get::<Arc<Problem>>().cloned() else { return };
    match lang {
        Lang::En => {}
        Lang::Zh => {
            let body = serde_json::to_vec(&problem.said(lang)).unwrap_or_default();
            response.headers_mut().remove(header::CONTENT_LENGTH);
            *response.body_mut() = Body::from(body);
        }
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(lang.as_str()));
    headers.append(header::VARY, HeaderValue::from_static("accept-language"));
}

/// The language that a request asks for.
pub fn asked_lang(headers: &HeaderMap) -> Lang {
    let header = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    header.and_then(Lang::preferred).unwrap_or(Lang::En)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(header: Option<&'static str>, response: impl IntoResponse) -> Response {
        let mut headers = HeaderMap::new();
        headers.extend(header.map(|langs| (header::ACCEPT_LANGUAGE, HeaderValue::from_static(langs))));
        let mut response = response.into_response();
        speak(asked_lang(&headers), &mut response);
        response
    }

    #[tokio::test]
    async fn a_problem_is_said_in_the_language_that_was_asked_for() {
        let problem = || Problem::new(StatusCode::CONFLICT, "x", ("it is so", "就是这样"));
        for (asked, lang, text) in
            [(None, "en", "it is so"), (Some("fr"), "en", "it is so"), (Some("zh"), "zh", "就是这样")]
        {
            let response = heard(asked, problem());
            let headers = response.headers();
            assert_eq!(headers[header::CONTENT_LANGUAGE], lang);
            assert_eq!(headers[header::VARY], "accept-language");
            let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!((body["status"].as_u64(), &body["detail"]), (Some(409), &text.into()));
        }
    }

    #[test]
    fn what_is_no_problem_keeps_its_own_words() {
        let response = heard(Some("zh"), "fine");
        assert!(!response.headers().contains_key(header::CONTENT_LANGUAGE));
    }
}
