//! Requests become checked values; what does not fit is a problem answer that says why.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequest, FromRequestParts, Path, Request, rejection::JsonRejection},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use kernel::{Error, Invalid, Localized, Thing};
use serde::de::DeserializeOwned;

use super::Problem;

/// A JSON body.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(JsonRejection::JsonDataError(error)) => {
                let found = error.body_text();
                let message = (found.clone(), format!("的内容与接口要求不符：{found}"));
                Err(Error::from(Invalid::one("body", message)).into())
            }
            Err(error) => {
                let (code, lead) = match error.status() {
                    StatusCode::UNSUPPORTED_MEDIA_TYPE => ("body.not_json", "请求体须为 JSON"),
                    StatusCode::PAYLOAD_TOO_LARGE => ("body.too_large", "请求体过大"),
                    _ => ("body.syntax", "请求体不是合法的 JSON"),
                };
                let found = error.body_text();
                Err(Problem::new(error.status(), code, (found.clone(), format!("{lead}：{found}"))))
            }
        }
    }
}

/// The query string.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let parsed = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        parsed.map(|query| Self(query.0)).map_err(|error| {
            let found = error.body_text();
            let detail = (found.clone(), format!("网址中的查询参数无法识别：{found}"));
            Problem::new(StatusCode::BAD_REQUEST, "query", detail)
        })
    }
}

/// The parameters in the path. An id of the wrong form names nothing: not found.
pub struct PathParam<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for PathParam<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let parsed = Path::<T>::from_request_parts(parts, state).await;
        parsed.map(|path| Self(path.0)).map_err(|_| Error::NotFound(Thing::AtThisAddress).into())
    }
}

/// The version that an edit was made from: `If-Match: "3"`.
#[derive(Clone, Copy, Debug)]
pub struct IfMatch(pub i64);

#[derive(Debug, thiserror::Error)]
#[error("this was changed by somebody else in the meantime; read it again and repeat your edit")]
pub struct Stale;

impl kernel::Refusal for Stale {
    fn code(&self) -> &'static str {
        "stale"
    }
    fn text(&self) -> Localized {
        Localized::new(self.to_string(), "内容刚被他人修改过，重新读取后再提交修改")
    }
    fn status(&self) -> u16 {
        412
    }
}

impl IfMatch {
    /// Refuses an edit that was made from another version.
    pub fn check(self, present: i64) -> Result<(), Stale> {
        if self.0 == present { Ok(()) } else { Err(Stale) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else {
            let detail =
                ("send If-Match with the ETag of the version that you edit", "须带上 If-Match，值为所修改版本的 ETag");
            return Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, "if_match.missing", detail));
        };
        let version = value.to_str().ok().and_then(|text| text.trim().trim_matches('"').parse().ok());
        version.map(Self).ok_or_else(|| Stale.into_problem())
    }
}

impl Stale {
    fn into_problem(self) -> Problem {
        Error::from(self).into()
    }
}

/// Where the request came from; `unknown` addresses share one bucket.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub Option<IpAddr>);

impl ClientAddress {
    pub fn of(parts: &Parts) -> Self {
        Self(parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip()))
    }
}

impl std::fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(address) => address.fmt(f),
            None => f.write_str("unknown"),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(parts))
    }
}

/// A header's text, when it is one.
pub(super) fn header_text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
