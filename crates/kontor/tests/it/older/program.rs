//! A seller's program of KooGallery's production interface V1.0, written from its documents: it knows nothing of the product's own
//! code. One address, asked with GET; answers are signed, user name and password are hidden.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aes::{Aes128, Aes256};
use anyhow::{Context, ensure};
use axum::{
    Router,
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    routing::get,
};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use cbc::cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _, block_padding::Pkcs7};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;
use tokio::task::JoinHandle;

/// What came, by the names of its parameters, decoded.
pub(crate) type Params = BTreeMap<String, String>;

/// How it signs its answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Signs {
    #[default]
    Well,
    /// Before something at its door adds a line end.
    TooEarly,
    WithoutQuotes,
    Never,
}

#[derive(Default)]
pub(crate) struct Desk {
    pub(crate) key: String,
    pub(crate) signs: Signs,
    /// 1: AES-256, 2: AES-128.
    pub(crate) encrypt_type: u8,
    /// What comes next; afterwards it does well.
    pub(crate) answers: VecDeque<Value>,
    orders: BTreeMap<String, String>,
    /// What was sold and how it stands; what was only tried out stands apart.
    pub(crate) standing: BTreeMap<String, &'static str>,
    tried_standing: BTreeMap<String, &'static str>,
    pub(crate) seen: Vec<Params>,
    pub(crate) tried: Vec<Params>,
}

/// It answers until it is dropped.
pub(crate) struct Program {
    desk: Arc<Mutex<Desk>>,
    pub(crate) url: String,
    task: JoinHandle<()>,
}

impl Program {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let desk = Arc::new(Mutex::new(Desk { encrypt_type: 1, ..Desk::default() }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/saasproduce", listener.local_addr()?);
        let router = Router::new().route("/saasproduce", get(take)).with_state(desk.clone());
        let task = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { desk, url, task })
    }

    pub(crate) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it was asked, in order, without what only tried it out.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.desk().seen.iter().map(|params| params["activity"].clone()).collect()
    }

    pub(crate) fn last(&self) -> anyhow::Result<Params> {
        self.desk().seen.last().cloned().context("it was asked something")
    }

    pub(crate) fn standing(&self) -> Vec<&'static str> {
        self.desk().standing.values().copied().collect()
    }

    /// A hidden field in clear.
    pub(crate) fn shown(&self, hidden: &str) -> anyhow::Result<String> {
        let desk = self.desk();
        let (iv, rest) = hidden.split_at_checked(16).context("it begins with its IV")?;
        ensure!(iv.bytes().all(|letter| letter.is_ascii_alphanumeric()) && hidden.len() <= 128, "{hidden}");
        let (key, iv) = (sha1prng(&desk.key), <[u8; 16]>::try_from(iv.as_bytes())?);
        let bytes = BASE64_STANDARD.decode(rest)?;
        let shown = if desk.encrypt_type == 1 {
            cbc::Decryptor::<Aes256>::new(&key.into(), &iv.into()).decrypt_padded_vec::<Pkcs7>(&bytes)
        } else {
            let key = half(key);
            cbc::Decryptor::<Aes128>::new(&key.into(), &iv.into()).decrypt_padded_vec::<Pkcs7>(&bytes)
        };
        Ok(String::from_utf8(shown.ok().context("it was hidden with the key")?)?)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn take(State(desk): State<Arc<Mutex<Desk>>>, RawQuery(query): RawQuery) -> (StatusCode, HeaderMap, String) {
    let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
    let params = decoded(&query.unwrap_or_default());
    let mut body = desk.answer(&params).to_string();
    let mut head = HeaderMap::new();
    head.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let sign = BASE64_STANDARD.encode(mac(&desk.key, body.as_bytes()));
    let sign = match desk.signs {
        Signs::Well => Some(format!(r#"sign_type="HMAC-SHA256", signature= "{sign}""#)),
        Signs::TooEarly => {
            body.push('\n');
            Some(format!(r#"sign_type="HMAC-SHA256", signature="{sign}""#))
        }
        Signs::WithoutQuotes => Some(format!("sign_type=HMAC-SHA256, signature={sign}")),
        Signs::Never => None,
    };
    if let Some(sign) = sign.and_then(|sign| HeaderValue::from_str(&sign).ok()) {
        head.insert("Body-Sign", sign);
    }
    (StatusCode::OK, head, body)
}

/// Decoded by hand: `+` stands for itself here, as for programs that know no forms.
fn decoded(query: &str) -> Params {
    let text = |part: &str| {
        let (mut bytes, mut rest) = (Vec::new(), part.bytes());
        while let Some(byte) = rest.next() {
            let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16)).unwrap_or_default();
            let byte = if byte == b'%' { u8::try_from(digit() * 16 + digit()).unwrap_or_default() } else { byte };
            bytes.push(byte);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    };
    query.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| (text(name), text(value))).collect()
}

fn mac(key: &str, text: &[u8]) -> Vec<u8> {
    // A key of any length is taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return Vec::new() };
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

impl Desk {
    fn answer(&mut self, params: &Params) -> Value {
        let word = |name: &str| params.get(name).cloned().unwrap_or_default();
        let all = params.iter().filter(|(name, _)| *name != "authToken");
        let content: Vec<String> = all.map(|(name, value)| format!("{name}={value}")).collect();
        let token = mac(&format!("{}{}", self.key, word("timeStamp")), content.join("&").as_bytes());
        if BASE64_STANDARD.encode(token) != word("authToken") || word("timeStamp").len() != 17 {
            return json!({ "resultCode": "000001", "resultMsg": "authToken" });
        }
        let is_test = word("testFlag") == "1";
        // What is proven is nobody's; what is tried out is not sold.
        if is_test && word("instanceId") == "kontor-address-check" {
            return json!({ "resultCode": "000003", "resultMsg": "no such instance" });
        }
        if is_test {
            self.tried.push(params.clone());
        } else {
            self.seen.push(params.clone());
        }
        if let Some(answer) = self.answers.pop_front() {
            return answer;
        }
        let instance = word("instanceId");
        let moved = match word("activity").as_str() {
            "newInstance" => return self.create(is_test, &word("orderId"), word("businessId")),
            "queryInstance" => {
                let info = self.info(&instance);
                return json!({ "resultCode": "000000", "resultMsg": "", "encryptType": self.encrypt_type.to_string(), "info": [info] });
            }
            "refreshInstance" => "open",
            "instanceStatus" => {
                if word("instanceStatus") == "NORMAL" {
                    "open"
                } else {
                    "frozen"
                }
            }
            "expireInstance" => "frozen",
            "releaseInstance" => "released",
            "upgrade" => "changed",
            // Newer than the interface; this one was taught them.
            "refreshLicenseCode" | "updateLicenseCodeStatus" | "releaseLicenseCode" => {
                return json!({ "resultCode": "000000", "resultMsg": "success" });
            }
            _ => return json!({ "resultCode": "000002", "resultMsg": "activity" }),
        };
        match self.shelf(is_test).get_mut(&instance) {
            Some(standing) => *standing = moved,
            None => return json!({ "resultCode": "000003", "resultMsg": "no such instance" }),
        }
        json!({ "resultCode": "000000", "resultMsg": "success" })
    }

    fn shelf(&mut self, is_test: bool) -> &mut BTreeMap<String, &'static str> {
        if is_test { &mut self.tried_standing } else { &mut self.standing }
    }

    fn create(&mut self, is_test: bool, order: &str, business: String) -> Value {
        let id = self.orders.entry(order.to_owned()).or_insert(business).clone();
        self.shelf(is_test).entry(id.clone()).or_insert("open");
        let mut answer = self.info(&id);
        answer["resultCode"] = json!("000000");
        answer["resultMsg"] = json!("success");
        answer["encryptType"] = json!(self.encrypt_type.to_string());
        answer
    }

    fn info(&self, id: &str) -> Value {
        let app = json!({ "frontEndUrl": "https://app.seller.example/1", "userName": self.hidden("ada"), "password": self.hidden("s3cret"), "memo": "\u{6b22}" });
        json!({ "instanceId": id, "appInfo": app })
    }

    fn hidden(&self, text: &str) -> String {
        let (key, iv) = (sha1prng(&self.key), *b"Ab3dEfGh1jKlMn0p");
        let bytes = if self.encrypt_type == 1 {
            cbc::Encryptor::<Aes256>::new(&key.into(), &iv.into()).encrypt_padded_vec::<Pkcs7>(text.as_bytes())
        } else {
            let key = half(key);
            cbc::Encryptor::<Aes128>::new(&key.into(), &iv.into()).encrypt_padded_vec::<Pkcs7>(text.as_bytes())
        };
        format!("{}{}", String::from_utf8_lossy(&iv), BASE64_STANDARD.encode(bytes))
    }
}

fn half(key: [u8; 32]) -> [u8; 16] {
    std::array::from_fn(|at| key[at])
}

/// Java's `SHA1PRNG` after one `setSeed`, as far as two blocks go.
fn sha1prng(seed: &str) -> [u8; 32] {
    let state = Sha1::digest(seed.as_bytes());
    let first = Sha1::digest(state);
    let (mut next, mut carried) = ([0_u8; 20], 1_i16);
    for at in 0..20 {
        let total = i16::from(i8::from_ne_bytes([state[at]])) + i16::from(i8::from_ne_bytes([first[at]])) + carried;
        (next[at], carried) = (total.to_le_bytes()[0], total >> 8);
    }
    let second = Sha1::digest(next);
    let mut key = [0; 32];
    key[..20].copy_from_slice(&first);
    key[20..].copy_from_slice(&second[..12]);
    key
}
