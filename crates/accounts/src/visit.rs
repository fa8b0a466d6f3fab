//! People with a browser: the cookies that know them, the forms that are believed, the errors they can read.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    body::{Body, to_bytes},
    extract::{ConnectInfo, FromRef, FromRequestParts, Request, State},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode, header,
        request::Parts,
        uri::{Authority, PathAndQuery, Uri},
    },
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::tz::TimeZone;
use kernel::{Result, text::Lang};
use platform::http::{BodyRoom, Keep, Problem, TriedAgain, body_too_large, cookie, set_cookie, set_key};
use tokio::sync::Semaphore;
use ui::{EXPORT_PAGES_MAX, Export, Theme, View, Viewer};

use crate::{Accounts, Buyer, Member, Operator, Seller, Unauthenticated, store};

/// So many files are made at once; others wait for their turn.
static EXPORTS: Semaphore = Semaphore::const_new(4);

/// So many pages of a file count as one request.
const EXPORT_PAGES_AS_ONE: usize = 10;

/// Holds the token of the session.
const SESSION: &str = "__Host-session";

/// Knows a browser again, whoever is signed in: a form is believed when it comes back to the browser it was made for.
const BROWSER: &str = "__Host-browser";

/// What is kept of a browser's choices.
pub(crate) const LANG: &str = "lang";
pub(crate) const THEME: &str = "theme";
/// The device's, noted by a script.
const ZONE: &str = "zone";
/// The one that was chosen instead.
pub(crate) const OWN_ZONE: &str = "own-zone";

/// A form with files has at most this, and so has every other.
const FORM_MAX: usize = 28 * 1024 * 1024;

/// What a form without files holds at most: a table of prices for all SKUs.
const PLAIN_FORM_MAX: usize = 4 * 1024 * 1024;

/// What is read of the body of somebody who has not been recognised: more than any form without files holds.
const UNKNOWN_BODY_MAX: usize = 256 * 1024;

/// Addresses that are not for people: they have their own credentials and errors.
const NOT_FOR_PEOPLE: [&str; 8] =
    ["/api/", "/assets/", "/healthz", "/readyz", "/metrics", "/robots.txt", "/sitemap", "/feeds/"];

/// The browser that sent a request.
#[derive(Clone)]
pub(crate) struct Browser(String);

impl Browser {
    fn new() -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>()))
    }

    /// What is sealed for this browser's own use, apart from what is sealed for others.
    pub(crate) fn context(&self, what: &str) -> String {
        format!("{what}/{}", self.0)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Browser {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get().cloned().unwrap_or_else(Self::new))
    }
}

/// A person before a page, signed in or not, and how the page is to be shown to them.
#[derive(Clone, Debug)]
pub struct Visit {
    pub view: View,
    pub member: Option<Member>,
}

impl<S> FromRequestParts<S> for Visit
where
    Accounts: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Accounts::from_ref(state).visit(parts).await
    }
}

impl Accounts {
    async fn visit(&self, parts: &mut Parts) -> Result<Visit, Problem> {
        let member = if parts.headers.contains_key(header::AUTHORIZATION) {
            match self.authenticate(parts).await {
                Ok(member) => Some(member),
                // A session that has ended makes a stranger, not an error.
                Err(problem) if problem.status() == 401 => None,
                Err(problem) => return Err(problem),
            }
        } else {
            None
        };
        Ok(self.seen_by(parts, member).await?)
    }

    async fn seen_by(&self, parts: &Parts, member: Option<Member>) -> Result<Visit> {
        let viewer = match &member {
            Some(member) => self.viewer(member).await?,
            None => None,
        };
        let policy = self.policies.current().await?;
        let headers = &parts.headers;
        let own_zone = cookie(headers, OWN_ZONE).and_then(known_zone);
        let device = || cookie(headers, ZONE).and_then(known_zone);
        let view = View {
            lang: asked_lang(parts).unwrap_or_else(|| lang(headers, member.as_ref())),
            own_zone: own_zone.is_some(),
            zone: own_zone.or_else(device).unwrap_or_else(|| policy.zone()),
            theme: cookie(headers, THEME).map_or(Theme::Auto, Theme::of),
            path: parts.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
            viewer,
            csrf: self.form_token(parts),
            site: policy.site.name.clone(),
            origin: self.app.config.public_url().trim_end_matches('/').to_owned(),
            export: parts.method.is_safe().then(|| parts.extensions.get().cloned().unwrap_or_default()),
        };
        Ok(Visit { view, member })
    }

    async fn viewer(&self, member: &Member) -> Result<Option<Viewer>> {
        let face = store::user::face(&mut self.app.db.read(), member.user()).await?;
        Ok(face.map(|face| Viewer {
            user: face.user_name,
            account: face.account_name,
            is_buyer: Buyer::try_from(member.clone()).is_ok(),
            is_seller: Seller::try_from(member.clone()).is_ok(),
            is_operator: Operator::try_from(member.clone()).is_ok(),
        }))
    }

    /// A token for the forms of one page: a random part and its keyed hash with the browser and the session. The random
    /// part differs from page to page, so that compressed answers tell nothing about it.
    fn form_token(&self, parts: &Parts) -> String {
        let nonce = BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 9]>());
        let mac = self.form_mac(&parts.headers, parts.extensions.get(), &nonce);
        format!("{nonce}.{mac}")
    }

    fn form_mac(&self, headers: &HeaderMap, browser: Option<&Browser>, nonce: &str) -> String {
        let browser = browser.map_or("", |browser| browser.0.as_str());
        let session = cookie(headers, SESSION).unwrap_or_default();
        self.app.vault.mac("form", format!("{browser}\n{session}\n{nonce}").as_bytes())
    }

    fn believes(&self, headers: &HeaderMap, browser: &Browser, token: &str) -> bool {
        let Some((nonce, mac)) = token.split_once('.') else { return false };
        let own = self.form_mac(headers, Some(browser), nonce);
        subtle::ConstantTimeEq::ct_eq(own.as_bytes(), mac.as_bytes()).into()
    }

    /// The cookie of a new session.
    pub(crate) fn session_cookie(token: &str, seconds: i64) -> Option<HeaderValue> {
        set_cookie(SESSION, token, Keep::Seconds(seconds), false)
    }

    pub(crate) fn no_session_cookie() -> Option<HeaderValue> {
        set_cookie(SESSION, "", Keep::Forget, false)
    }
}

/// Whether a request comes with a session, good or not; authentication limits those who guess.
pub fn has_session(headers: &HeaderMap) -> bool {
    cookie(headers, SESSION).is_some_and(|token| !token.is_empty())
}

/// An address may name its language, so that search engines know one page in each.
fn asked_lang(parts: &Parts) -> Option<Lang> {
    let pairs = parts.uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(name, _)| *name == "lang").find_map(|(_, lang)| lang.parse().ok())
}

/// What was chosen here, else what the user has set, else what the browser asks for.
fn lang(headers: &HeaderMap, member: Option<&Member>) -> Lang {
    let chosen = cookie(headers, LANG).and_then(|text| text.parse().ok());
    let asked = || headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok().and_then(Lang::preferred);
    chosen.or_else(|| member.map(Member::lang)).or_else(asked).unwrap_or(Lang::En)
}

pub(crate) fn known_zone(name: &str) -> Option<TimeZone> {
    let plain = name.len() <= 40 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_+-".contains(&b));
    if plain { TimeZone::get(name).ok() } else { None }
}

/// Refuses a large body before it is read, unless somebody sends it whom we know. People are told by a page.
pub async fn make_room(accounts: &Accounts, request: &mut Request) -> Result<(), Response> {
    if request.method().is_safe() {
        return Ok(());
    }
    let headers = request.headers();
    let said = headers.get(header::CONTENT_LENGTH).and_then(|said| said.to_str().ok()?.parse::<usize>().ok());
    if said.is_none_or(|said| said > UNKNOWN_BODY_MAX) {
        let from = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|from| from.0.ip().to_string());
        match accounts.have_sent(request.uri().path(), headers).await {
            Ok(true) => {
                if is_plain_form(request.headers()) {
                    request.extensions_mut().insert(BodyRoom(PLAIN_FORM_MAX));
                }
                return Ok(());
            }
            // Whoever guesses credentials is limited by address.
            Ok(false) => accounts.app.limits.request(&from.unwrap_or_default()).map_err(Problem::into_response)?,
            Err(error) => return Err(Problem::from(error).into_response()),
        }
        if said.is_some() {
            return Err(accounts.turn_away(request).await);
        }
    }
    request.extensions_mut().insert(BodyRoom(UNKNOWN_BODY_MAX));
    Ok(())
}

/// The layer around all pages: cookies become credentials, forms are believed or refused, problems become pages.
pub async fn receive(State(accounts): State<Accounts>, mut request: Request, next: Next) -> Response {
    if !is_for_people(request.uri().path()) {
        return next.run(request).await;
    }
    let known = cookie(request.headers(), BROWSER).filter(|name| name.len() == 22).map(|name| Browser(name.to_owned()));
    let browser = known.clone().unwrap_or_else(Browser::new);
    request.extensions_mut().insert(browser.clone());
    let (mut asked, body) = request.into_parts();
    let response = match accounts.admit(&mut asked, body, &browser).await {
        Ok(body) => {
            let parts = asked.clone();
            let response = if asked.method.is_safe() && Export::is_asked(asked.uri.query()) {
                accounts.export(asked, next).await
            } else {
                next.run(Request::from_parts(asked, body)).await
            };
            asked = parts;
            response
        }
        Err(problem) => problem.into_response(),
    };
    let mut response = accounts.readable(asked, response).await;
    if known.is_none()
        && let Some(cookie) = set_cookie(BROWSER, &browser.0, Keep::Seconds(365 * 86_400), false)
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

impl Accounts {
    /// Whether somebody with a session, a token or a key sends a request.
    async fn have_sent(&self, path: &str, headers: &HeaderMap) -> Result<bool> {
        if let Some(given) = headers.get(header::AUTHORIZATION).filter(|given| is_of_a_program(given)) {
            return self.knows(given.to_str().unwrap_or_default()).await;
        }
        match cookie(headers, SESSION).filter(|_| is_for_people(path)) {
            Some(token) => self.knows(&format!("Bearer {token}")).await,
            None => Ok(false),
        }
    }

    async fn turn_away(&self, request: &mut Request) -> Response {
        if !is_for_people(request.uri().path()) {
            return body_too_large(UNKNOWN_BODY_MAX).into_response();
        }
        // Only forms for those who are signed in take files: the session has ended.
        let ended = Problem::from(kernel::Error::from(Unauthenticated::Token)).into_response();
        let (mut asked, _) = std::mem::take(request).into_parts();
        asked.headers.remove(header::AUTHORIZATION);
        self.readable(asked, ended).await
    }

    /// Gives a request the credential of its cookie. A form that changes something has to carry the token of its page.
    async fn admit(&self, asked: &mut Parts, body: Body, browser: &Browser) -> Result<Body, Problem> {
        if asked.headers.get(header::AUTHORIZATION).is_some_and(is_of_a_program) {
            return Ok(body);
        }
        // Of what a proxy or a browser has added by itself nothing follows here.
        asked.headers.remove(header::AUTHORIZATION);
        let session = cookie(&asked.headers, SESSION).filter(|token| !token.is_empty());
        if let Some(bearer) = session.and_then(|token| HeaderValue::from_str(&format!("Bearer {token}")).ok()) {
            asked.headers.insert(header::AUTHORIZATION, bearer);
        }
        if asked.method.is_safe() {
            return Ok(body);
        }
        let Ok(bytes) = to_bytes(body, FORM_MAX).await else {
            let text = ("the form is too large; leave out or shrink its files", "表单过大，可减少或压缩文件后再提交");
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body.too_large", text));
        };
        let form = Carried::of(asked, &bytes);
        let token = form.token.as_deref().unwrap_or_default();
        if !from_here(asked) || !self.believes(&asked.headers, browser, token) {
            let text = (
                "this form was made for another visit or has been open for too long; go back, reload the page and send it again",
                "此表单属于另一次访问，或打开时间过长；返回并刷新页面后再提交",
            );
            return Err(Problem::new(StatusCode::FORBIDDEN, "form.token", text));
        }
        if let Some(key) = form.once.and_then(|key| HeaderValue::from_str(&key).ok()) {
            set_key(asked, key, &bytes);
        }
        Ok(Body::from(bytes))
    }

    /// A table of a page as a file: its list is read page after page, as somebody who reads on would.
    async fn export(&self, mut asked: Parts, next: Next) -> Response {
        let export = Export::default();
        asked.extensions.insert(export.clone());
        let mut parts = asked.clone();
        let mut before = None;
        let Ok(_turn) = EXPORTS.acquire().await else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
        for page in 1..=EXPORT_PAGES_MAX {
            let response = next.clone().run(Request::from_parts(parts, Body::empty())).await;
            // A list that leads to itself has no end.
            let following = export.next().filter(|cursor| before.as_ref() != Some(cursor));
            before.clone_from(&following);
            let readable = response.status().is_success() && following.is_some();
            let Some(uri) = following.filter(|_| readable).and_then(|cursor| at_cursor(&asked.uri, &cursor)) else {
                return self
                    .file_of(&asked, &export, false)
                    .await
                    .filter(|_| response.status().is_success())
                    .unwrap_or(response);
            };
            parts = asked.clone();
            parts.uri = uri;
            // A long file counts as several requests.
            if page % EXPORT_PAGES_AS_ONE != 0 {
                parts.extensions.insert(TriedAgain);
            }
        }
        self.file_of(&asked, &export, true).await.unwrap_or_else(|| StatusCode::NO_CONTENT.into_response())
    }

    async fn file_of(&self, asked: &Parts, export: &Export, more: bool) -> Option<Response> {
        let mut asked = asked.clone();
        asked.extensions.insert(TriedAgain);
        let visit = self.visit(&mut asked).await.ok()?;
        export.file(&visit.view, more)
    }

    /// A problem that a person meets is a page, and who has to sign in first is sent there.
    async fn readable(&self, mut asked: Parts, response: Response) -> Response {
        let Some(problem) = response.extensions().get::<Arc<Problem>>().cloned() else { return response };
        if asked.headers.contains_key("x-part") {
            return response;
        }
        if problem.status() == 401 {
            let wanted = asked.uri.path_and_query().filter(|_| asked.method == Method::GET);
            let wanted = wanted.map_or("/", PathAndQuery::as_str);
            return Redirect::to(&format!("/sign-in?next={}", ui::escaped(wanted))).into_response();
        }
        let visit = match self.visit(&mut asked).await {
            Ok(visit) => Ok(visit),
            // Who asks too often is told so as a stranger.
            Err(_) => self.seen_by(&asked, None).await,
        };
        let Ok(visit) = visit else { return response };
        let (mut parts, _) = response.into_parts();
        let page = ui::trouble(&visit.view, &problem).status(parts.status).into_response();
        let (page, body) = page.into_parts();
        parts.headers.remove(header::CONTENT_LENGTH);
        parts.headers.extend(page.headers);
        Response::from_parts(parts, body)
    }
}

/// The same address from a cursor on.
fn at_cursor(uri: &Uri, cursor: &str) -> Option<Uri> {
    let kept = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.starts_with("cursor="));
    let query = kept.chain([format!("cursor={}", ui::escaped(cursor)).as_str()]).collect::<Vec<_>>().join("&");
    format!("{}?{query}", uri.path()).parse().ok()
}

fn is_plain_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.starts_with("application/x-www-form-urlencoded")
}

fn is_for_people(path: &str) -> bool {
    !NOT_FOR_PEOPLE.iter().any(|beginning| path.starts_with(beginning))
}

/// Programs send what browsers never add by themselves, so that no other site can make a browser send it.
fn is_of_a_program(credential: &HeaderValue) -> bool {
    credential.to_str().is_ok_and(|text| {
        ["bearer ", "sdk-"]
            .iter()
            .any(|scheme| text.get(..scheme.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(scheme)))
    })
}

/// What every form of ours carries.
#[derive(Default)]
struct Carried {
    token: Option<String>,
    once: Option<String>,
}

impl Carried {
    /// From the body of a plain form, from the address of one with files.
    fn of(asked: &Parts, body: &[u8]) -> Self {
        let fields =
            if is_plain_form(&asked.headers) { body } else { asked.uri.query().unwrap_or_default().as_bytes() };
        let mut carried = Self::default();
        let pairs = std::str::from_utf8(fields).unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        for (name, value) in pairs {
            match name {
                "_csrf" => carried.token = Some(value.to_owned()),
                "_once" => carried.once = Some(value.to_owned()),
                _ => {}
            }
        }
        carried
    }
}

/// Browsers say where a form was sent from; what says it came from elsewhere is not believed.
fn from_here(asked: &Parts) -> bool {
    let text = |name: &str| asked.headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    // HTTP/2 names the host in the address.
    let host = text("host").or_else(|| asked.uri.authority().map(Authority::as_str));
    match (text("origin"), host) {
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, from)| from == host),
        (Some(_), None) => false,
        (None, _) => true,
    }
}

/// A path of this site to go on to; anything else would lead people away.
pub fn onward(wanted: Option<&str>, otherwise: &str) -> String {
    let own = |path: &&str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && !path.contains(['\\', '\n', '\r', '\t'])
            && path.bytes().all(|b| b.is_ascii_graphic())
    };
    wanted.filter(own).unwrap_or(otherwise).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_to_another_site() {
        for elsewhere in
            ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", ""]
        {
            assert_eq!(onward(Some(elsewhere), "/console"), "/console", "{elsewhere}");
        }
        assert_eq!(onward(Some("/products/prd_1?spec=2"), "/"), "/products/prd_1?spec=2");
    }

    #[test]
    fn a_form_from_elsewhere_is_not_believed() {
        let check = |pairs: &[(&'static str, &'static str)], believed| {
            let mut asked = axum::http::Request::builder().uri("/");
            for (name, value) in pairs {
                asked = asked.header(*name, *value);
            }
            assert_eq!(from_here(&asked.body(()).unwrap().into_parts().0), believed, "{pairs:?}");
        };
        check(&[("sec-fetch-site", "same-origin")], true);
        check(&[("sec-fetch-site", "cross-site")], false);
        check(&[("sec-fetch-site", "same-site")], false);
        check(&[("origin", "https://kontor.example"), ("host", "kontor.example")], true);
        check(&[("origin", "https://evil.example"), ("host", "kontor.example")], false);
        check(&[("origin", "null"), ("host", "kontor.example")], false);
        check(&[("host", "kontor.example")], true);
    }

    #[test]
    fn a_zone_is_a_name_and_no_path() {
        assert!(known_zone("Europe/Berlin").is_some());
        assert!(known_zone("../../etc/passwd").is_none());
        assert!(known_zone("").is_none());
    }
}
