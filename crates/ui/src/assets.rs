//! The style sheet and the script, under names that change with their content, so that browsers may keep them.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

struct Asset {
    name: String,
    content_type: &'static str,
    text: &'static str,
}

impl Asset {
    fn new(stem: &str, ending: &str, content_type: &'static str, text: &'static str) -> Self {
        let hash = hex::encode(Sha256::digest(text));
        Self { name: format!("{stem}-{}.{ending}", &hash[..12]), content_type, text }
    }

    fn path(&self) -> String {
        format!("/assets/{}", self.name)
    }
}

static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("kontor", "css", "text/css; charset=utf-8", include_str!("../assets/kontor.css")));
static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("kontor", "js", "text/javascript; charset=utf-8", include_str!("../assets/kontor.js")));
static MARK: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("mark", "svg", "image/svg+xml", include_str!("../assets/mark.svg")));

pub(crate) fn style() -> String {
    STYLE.path()
}

pub(crate) fn script() -> String {
    SCRIPT.path()
}

pub(crate) fn mark() -> String {
    MARK.path()
}

/// `/assets/{name}`: kept for a year, since another content has another name.
#[expect(clippy::unused_async, reason = "a handler is asynchronous, whatever it waits for")]
pub async fn serve(Path(name): Path<String>) -> Response {
    let known = [&STYLE, &SCRIPT, &MARK].into_iter().find(|asset| asset.name == name);
    let Some(asset) = known else { return StatusCode::NOT_FOUND.into_response() };
    let mut response = asset.text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    response
}
