//! What pages send and keep: submitted forms, uploaded files, cookies.

use axum::{
    extract::{FromRequest, Multipart, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header},
};
use kernel::{Invalid, Localized, refusal::Error};
use serde::de::DeserializeOwned;

use super::Problem;

/// The fields of a submitted form, a field that was sent several times as a list.
///
/// Fields that the type does not know are left out: every form carries a token and a key of its own.
pub struct Form<T>(pub T);

/// A form with files: the fields, and each file with the name of its field.
pub struct Upload<T> {
    pub fields: T,
    pub files: Vec<UploadedFile>,
}

/// A file as the browser sent it. Nothing it says about itself is to be believed.
#[derive(Clone, Debug)]
pub struct UploadedFile {
    pub field: String,
    pub name: String,
    pub content_type: String,
    pub bytes: Vec<u8>,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = axum::body::Bytes::from_request(request, state).await.map_err(|error| unreadable(&error))?;
        parse(&body).map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Upload<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let mut parts = Multipart::from_request(request, state).await.map_err(|error| unreadable(&error))?;
        let (mut fields, mut files) = (Vec::new(), Vec::new());
        while let Some(part) = parts.next_field().await.map_err(|error| unreadable(&error))? {
            let field = part.name().unwrap_or_default().to_owned();
            let file = part.file_name().map(str::to_owned);
            let content_type = part.content_type().unwrap_or("application/octet-stream").to_owned();
            let bytes = part.bytes().await.map_err(|error| unreadable(&error))?;
            match file {
                // A field for a file that was left empty is sent as a file without a name.
                Some(name) if name.is_empty() => {}
                Some(name) => files.push(UploadedFile { field, name, content_type, bytes: bytes.to_vec() }),
                None => fields.push((field, String::from_utf8_lossy(&bytes).into_owned())),
            }
        }
        let fields = serde_html_form::to_string(fields).map_err(|error| unreadable(&error))?;
        Ok(Self { fields: parse(fields.as_bytes())?, files })
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_html_form::from_bytes(body).map_err(|error| {
        let said = error.to_string();
        let text = Localized::new(format!("does not fit this form: {said}"), format!("与表单不符：{said}"));
        Error::from(Invalid::one("form", text)).into()
    })
}

fn unreadable(error: &dyn std::error::Error) -> Problem {
    let text = Localized::new(format!("the form could not be read: {error}"), format!("无法读取提交的表单：{error}"));
    Problem::new(StatusCode::BAD_REQUEST, "form.syntax", text)
}

/// The value of a cookie.
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    pairs.flat_map(|line| line.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    })
}

/// How long a browser keeps a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    Session,
    Seconds(i64),
    Forget,
}

/// A cookie for this host alone, over a safe connection alone, that no script reads unless `readable`.
///
/// Browsers take connections to their own machine for safe, so that `http://127.0.0.1` works too.
pub fn set_cookie(name: &str, value: &str, keep: Keep, readable: bool) -> Option<HeaderValue> {
    let hidden = if readable { "" } else { "; HttpOnly" };
    let age = match keep {
        Keep::Session => String::new(),
        Keep::Seconds(seconds) => format!("; Max-Age={seconds}"),
        Keep::Forget => "; Max-Age=0".to_owned(),
    };
    HeaderValue::from_str(&format!("{name}={value}; Path=/; Secure; SameSite=Lax{hidden}{age}")).ok()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Fields {
        name: String,
        #[serde(default)]
        tag: Vec<String>,
    }

    #[test]
    fn repeated_fields_are_a_list_and_unknown_ones_are_left_out() {
        let fields: Fields = parse(b"_csrf=x&tag=a&name=Ada%20L&tag=b").unwrap();
        assert_eq!(fields, Fields { name: "Ada L".to_owned(), tag: vec!["a".to_owned(), "b".to_owned()] });
        assert_eq!(parse::<Fields>(b"tag=a").unwrap_err().status(), 422);
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; lang=zh"));
        headers.append(header::COOKIE, HeaderValue::from_static("b=2"));
        assert_eq!(cookie(&headers, "lang"), Some("zh"));
        assert_eq!(cookie(&headers, "b"), Some("2"));
        assert_eq!(cookie(&headers, "ang"), None);
    }
}
