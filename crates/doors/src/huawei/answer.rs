//! Answers in the door's format.

use axum::{
    Json,
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use kernel::{Error, Lang};
use platform::http::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use super::licence::{LicenseActivated, LicenseInfo, SoftwareUsageChecked};

/// Answers of one shape, each with a name of its own in the API document. A refusal has no data.
macro_rules! answers {
    ($($(#[$meta:meta])* $name:ident $(<$life:lifetime>)? { $data:ty })+) => {$(
        $(#[$meta])*
        #[derive(Debug, Serialize, ToSchema)]
        pub(super) struct $name $(<$life>)? {
            #[schema(example = "92020000")]
            error_code: &'static str,
            #[schema(example = "success")]
            error_msg: &'static str,
            data: Option<$data>,
        }

        impl $(<$life>)? $name $(<$life>)? {
            pub(super) fn with(data: $data) -> Json<Self> {
                Json(Self { error_code: "92020000", error_msg: "success", data: Some(data) })
            }
        }
    )+};
}

answers! {
    LicenseActivatedAnswer { LicenseActivated }
    LicenseInfoAnswer<'l> { LicenseInfo<'l> }
    LicenseInfoListAnswer<'l> { Vec<LicenseInfo<'l>> }
    SoftwareUsageAnswer { SoftwareUsageChecked }
}

/// Refused: status, code and message.
pub(super) struct Refused(Box<Response>);

/// A refusal in the door's format.
#[derive(Serialize, ToSchema)]
#[schema(as = LicenseRefusal)]
pub(super) struct Text<'t> {
    #[schema(example = "92020002")]
    error_code: &'t str,
    #[schema(example = "real_effect_time lies before the order")]
    error_msg: &'t str,
}

impl Refused {
    pub(super) fn new(status: StatusCode, code: &str, message: &str) -> Self {
        Self(Box::new((status, Json(Text { error_code: code, error_msg: message })).into_response()))
    }

    /// A field is missing, too long, or of the wrong type.
    pub(super) fn field(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "95000001", message)
    }

    /// What a refused list of codes is told: the door has a code of its own for an unknown one among many.
    pub(super) fn of_list(error: Error) -> Self {
        match error.refusal_code() {
            Some("licence.unknown") => Self::new(StatusCode::OK, "92020020", "Invalid license code exists."),
            Some(_) | None => error.into(),
        }
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Problem::from(error).into()
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        let (status, code) = translate(problem.status(), problem.code());
        let text =
            serde_json::to_string(&Text { error_code: code, error_msg: problem.text(Lang::En) }).unwrap_or_default();
        Self(Box::new(retold(problem, status, text)))
    }
}

/// A problem in a door's words. Keeps what it says beside its text: when to try again, and to the middleware that it was
/// only busy.
pub(super) fn retold(problem: Problem, status: StatusCode, text: String) -> Response {
    let (mut parts, _) = problem.into_response().into_parts();
    parts.status = status;
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::WWW_AUTHENTICATE);
    Response::from_parts(parts, Body::from(text))
}

/// Our codes in the door's.
fn translate(status: u16, code: &str) -> (StatusCode, &'static str) {
    match (status, code) {
        (_, "licence.unknown") => (StatusCode::OK, "92020005"),
        (_, "licence.already_activated" | "licence.ended") => (StatusCode::OK, "92020003"),
        (_, "licence.not_activated") => (StatusCode::OK, "92020011"),
        (401, _) => (StatusCode::UNAUTHORIZED, "APIG.0303"),
        (403, _) => (StatusCode::FORBIDDEN, "92020001"),
        (429, _) => (StatusCode::TOO_MANY_REQUESTS, "APIG.0308"),
        (503, _) => (StatusCode::SERVICE_UNAVAILABLE, "92020001"),
        (400..=499, _) => (StatusCode::BAD_REQUEST, "92020002"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "92020001"),
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        *self.0
    }
}

#[cfg(test)]
mod tests {
    use licensing::{LicenceRefused, LicenceState};

    use super::*;

    #[test]
    fn refusals_have_the_doors_codes_and_statuses() {
        let check = |error: Error, status: u16, code: &str| {
            let problem = Problem::from(error);
            let (translated, translated_code) = translate(problem.status(), problem.code());
            assert_eq!((translated.as_u16(), translated_code), (status, code));
        };
        let now = kernel::Timestamp::from_micros(0);
        check(LicenceRefused::Unknown.into(), 200, "92020005");
        check(LicenceRefused::AlreadyActivated.into(), 200, "92020003");
        check(LicenceRefused::Ended(LicenceState::Released).into(), 200, "92020003");
        check(LicenceRefused::NotActivated.into(), 200, "92020011");
        check(LicenceRefused::EffectiveTooEarly(now).into(), 400, "92020002");
        check(Error::fault("x"), 500, "92020001");
        check(Error::Busy, 503, "92020001");
    }

    #[test]
    fn a_problem_keeps_its_headers_and_changes_its_format() {
        let problem =
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", ("too many", "请求过多")).retry_after(3);
        let response = Refused::from(problem).into_response();
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()[header::RETRY_AFTER], "3");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        let busy = Refused::from(Error::Busy).into_response();
        assert!(!busy.extensions().is_empty(), "the middleware that tries again has to see it");
    }

    #[test]
    fn an_unknown_code_in_a_list_has_a_code_of_its_own() {
        assert_eq!(Refused::of_list(LicenceRefused::Unknown.into()).into_response().status(), 200);
    }
}
