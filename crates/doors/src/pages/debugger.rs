//! The debugger of the open API: it makes a signed request before the reader's eyes, sends it, and explains the answer.

use std::{net::SocketAddr, sync::Arc};

use accounts::{AccessKey, Seller, SignatureMade, Unsigned, Visit};
use axum::{
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue, Method, Uri, header},
    response::{IntoResponse, Response},
};
use jiff::tz::TimeZone;
use kernel::{Error, Invalid, Result};
use platform::{
    http::{Access, BodyHash, ClientAddress, Form, Problem, Query, Repeatable, Routes},
    vault::sha256_hex,
};
use serde::Deserialize;
use serde_json::Value;
use ui::{Mistakes, Page};

use super::{checks, shown};
use crate::{
    Doors,
    huawei::{Call, Wanted},
};

/// Answers are small; more than this is none of ours.
const ANSWER_MAX: usize = 1024 * 1024;

const SIGNED: &str = "content-type;host;x-sdk-date";

pub(crate) fn routes(doors: &Doors) -> Routes {
    Routes::of(doors.clone())
        .page("/seller/debugger", show, Access::Seller)
        .form("/seller/debugger", run, Access::Seller)
        .done()
}

/// What was chosen and typed. The secret is used for one request and neither kept nor shown again.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Chosen {
    #[serde(default)]
    pub(super) call: String,
    /// The public part of a key of the account; empty: the pasted pair.
    #[serde(default)]
    pub(super) key: String,
    #[serde(default)]
    pub(super) access: String,
    #[serde(default)]
    pub(super) secret: String,
    #[serde(default)]
    pub(super) code: String,
    #[serde(default)]
    pub(super) effective: String,
    #[serde(default)]
    pub(super) client: String,
    #[serde(default)]
    pub(super) active: String,
    /// A canonical request that other software made, to be compared with ours.
    #[serde(default)]
    pub(super) theirs: String,
    /// `show` or `send`.
    #[serde(default, rename = "do")]
    pub(super) wish: String,
}

/// What there is to choose from.
pub(super) struct Offer {
    pub(super) keys: Vec<AccessKey>,
    pub(super) codes: Vec<String>,
}

/// A request as it is signed and sent.
pub(super) struct Made {
    pub(super) call: Call,
    pub(super) address: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
    pub(super) body_hash: String,
    pub(super) signature: SignatureMade,
}

/// What came back, and how each check went.
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) body: String,
    pub(super) code: String,
    pub(super) checks: Vec<(checks::Check, checks::Outcome)>,
}

impl Doors {
    async fn offer(&self, seller: &Seller) -> Result<Offer> {
        let mut tx = self.app.db.read();
        let keys = self.accounts.signing_keys(&mut tx, seller).await?;
        let codes = self.licensing.own_test_codes(&mut tx, seller).await?;
        Ok(Offer { keys, codes })
    }

    /// Makes the request and signs it.
    async fn made(&self, seller: &Seller, chosen: &Chosen) -> Result<Made> {
        let (call, active) = checked(chosen)?;
        let wanted = Wanted {
            code: chosen.code.trim(),
            effective: chosen.effective.trim(),
            client: if chosen.client.trim().is_empty() { "device-1" } else { chosen.client.trim() },
            active,
        };
        let body = call.body(&wanted).to_string();
        let body_hash = sha256_hex(body.as_bytes());
        let site = self.app.config.public_url();
        let host = site.split_once("://").map_or(site.as_str(), |(_, host)| host).trim_end_matches('/').to_owned();
        let now = || self.app.clock.now().format("%Y%m%dT%H%M%SZ", &TimeZone::UTC);
        let date = pasted_date(&chosen.theirs).map_or_else(now, str::to_owned);
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, value(&host)?);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert("x-sdk-date", value(&date)?);
        let uri = Uri::from_static(call.path());
        let unsigned = Unsigned {
            method: &Method::POST,
            uri: &uri,
            headers: &headers,
            body_hash: Some(&body_hash),
            signed_headers: SIGNED,
        };
        let signature = if chosen.key.is_empty() {
            self.accounts.sign_with_secret((chosen.access.trim(), chosen.secret.trim().as_bytes()), unsigned)?
        } else {
            self.accounts.sign_with_key(&mut self.app.db.read(), seller, &chosen.key, unsigned).await?
        };
        let headers = vec![
            ("Host".to_owned(), host),
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("X-Sdk-Date".to_owned(), date),
            ("Authorization".to_owned(), signature.authorization.clone()),
        ];
        let address = format!("{}{}", site.trim_end_matches('/'), call.path());
        Ok(Made { call, address, headers, body, body_hash, signature })
    }

    /// Sends the request the way that it would have come in from the network.
    async fn send(&self, made: &Made, from: ClientAddress) -> Result<Answered> {
        let refused = {
            let (mut parts, _) = made.request(from)?.into_parts();
            parts.extensions.insert(Repeatable);
            self.accounts.authenticate(&mut parts).await.err().map(|problem| problem.code().to_owned())
        };
        let answer = made.call.send(Arc::new(self.clone()), made.request(from)?).await;
        let status = answer.status().as_u16();
        let bytes = to_bytes(answer.into_body(), ANSWER_MAX).await.map_err(Error::fault)?;
        let said: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let body = serde_json::to_string_pretty(&said).map_err(Error::fault)?;
        let code = said["error_code"].as_str().unwrap_or_default().to_owned();
        Ok(Answered { status, body, code, checks: checks::outcomes(refused.as_deref(), &said) })
    }
}

impl Made {
    fn request(&self, from: ClientAddress) -> Result<Request> {
        let mut request = Request::new(Body::from(self.body.clone()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = Uri::from_static(self.call.path());
        for (name, text) in &self.headers {
            let name = header::HeaderName::from_bytes(name.to_lowercase().as_bytes()).map_err(Error::fault)?;
            request.headers_mut().insert(name, value(text)?);
        }
        request.extensions_mut().insert(BodyHash(self.body_hash.clone()));
        if let Some(address) = from.0 {
            request.extensions_mut().insert(ConnectInfo(SocketAddr::new(address, 0)));
        }
        Ok(request)
    }
}

/// The time of a pasted canonical request: with another one, the signatures could not be the same.
fn pasted_date(theirs: &str) -> Option<&str> {
    let date = theirs.lines().find_map(|line| line.trim().strip_prefix("x-sdk-date:"))?;
    (date.len() == 16 && date.bytes().all(|letter| letter.is_ascii_alphanumeric())).then_some(date)
}

fn value(text: &str) -> Result<HeaderValue> {
    let wrong = |_| Invalid::one("access", ("must have visible ASCII characters only", "只能包含可见的 ASCII 字符"));
    Ok(HeaderValue::from_str(text).map_err(wrong)?)
}

/// What has to be there before anything can be signed. What the open API checks itself is left to it.
fn checked(chosen: &Chosen) -> Result<(Call, Option<u32>), Invalid> {
    let mut wrong = Invalid::default();
    let call = wrong.keep(chosen.call.parse().map_err(|_| ("choose a call", "须选择一个接口")), "call");
    wrong.check(
        !chosen.code.trim().is_empty(),
        "code",
        ("enter a code, such as a test code", "须填写授权码，例如测试授权码"),
    );
    if chosen.key.is_empty() {
        let needed = ("is needed when no key of the account is chosen", "未选择本账号的密钥时必填");
        wrong.check(!chosen.access.trim().is_empty(), "access", needed);
        wrong.check(!chosen.secret.trim().is_empty(), "secret", needed);
    }
    let number = Some(chosen.active.trim()).filter(|text| !text.is_empty()).map(str::parse).transpose();
    let active = wrong.keep(number.map_err(|_| ("must be a whole number", "须为整数")), "active").flatten();
    wrong.done()?;
    Ok((call.unwrap_or(Call::ActivateV1), active))
}

async fn show(
    State(doors): State<Doors>,
    visit: Visit,
    seller: Seller,
    Query(mut chosen): Query<Chosen>,
) -> Result<Page, Problem> {
    let offer = doors.offer(&seller).await?;
    if chosen.call.is_empty() {
        Call::ActivateV1.as_str().clone_into(&mut chosen.call);
    }
    if chosen.code.is_empty() {
        chosen.code = offer.codes.first().cloned().unwrap_or_default();
    }
    chosen.key = offer.keys.first().map(|key| key.access.clone()).unwrap_or_default();
    Ok(shown::page(&visit.view, &offer, &chosen, &Mistakes::none(), None))
}

/// Nothing is kept of it, and activating, beating and reporting again change nothing more: the answer is the page itself.
async fn run(
    State(doors): State<Doors>,
    visit: Visit,
    seller: Seller,
    from: ClientAddress,
    Form(chosen): Form<Chosen>,
) -> Result<Response, Problem> {
    let offer = doors.offer(&seller).await?;
    let view = &visit.view;
    let made = match doors.made(&seller, &chosen).await {
        Ok(made) => made,
        Err(error) => {
            let mistakes = view.retry(error.into())?;
            return Ok(shown::page(view, &offer, &chosen, &mistakes, None).refused().into_response());
        }
    };
    let answered = if chosen.wish == "show" { None } else { Some(doors.send(&made, from).await?) };
    Ok(shown::page(view, &offer, &chosen, &Mistakes::none(), Some((&made, answered.as_ref()))).into_response())
}
