//! `kontor seller-kit`: a small seller's system that answers the production interface as it should, in both of its forms.
//! Sellers read it and try their marketplace with it; the tests and the demo deliver through it.
//!
//! A real one keeps its instances in a database and starts something for each of them. Everything else is here.

#![expect(clippy::print_stdout, reason = "its verb says where it listens")]

mod events;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::Context;
use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use kernel::time::SECOND;
use platform::Clock;
use production::{Activity, ResultCode, fits};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A signature is good for so long.
const FRESH_MICROS: i64 = 60 * SECOND;

/// One seller's system.
#[derive(Clone)]
pub struct Kit {
    clock: Clock,
    /// Where its buyers would open what they bought.
    site: String,
    /// Where it keeps what it has to know after it was ended and started again.
    file: Option<PathBuf>,
    desk: Arc<Mutex<Desk>>,
}

#[derive(Default, Serialize, Deserialize)]
struct Desk {
    keys: Vec<String>,
    #[serde(flatten)]
    sold: Shelf,
    /// What is only tried out stands apart from what was sold.
    #[serde(default)]
    tried: Shelf,
    /// Requests that were answered already.
    #[serde(skip)]
    nonces: BTreeSet<String>,
    #[serde(skip)]
    seen: Vec<Value>,
    seen_tried: Vec<Value>,
    #[serde(skip)]
    manner: Manner,
    /// What it says of the use of each instance.
    #[serde(skip)]
    used: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
struct Shelf {
    /// By order and line, so that a resend finds what the first one made.
    orders: BTreeMap<String, String>,
    instances: BTreeMap<String, Standing>,
    /// Until when they go on, once it was told of another end.
    #[serde(default)]
    ends: BTreeMap<String, String>,
    /// By which order lines they became what they are now.
    #[serde(default)]
    changes: BTreeMap<String, String>,
    /// What they are, as events say it: `sku` and `quantities`.
    #[serde(default)]
    wares: BTreeMap<String, Value>,
    /// The authorisation codes of which it was told, and how they stand.
    #[serde(default)]
    codes: BTreeMap<String, Standing>,
}

/// How one of its instances stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// Being made; it is ready when it is asked for a second time.
    Making,
    Open,
    Frozen,
    Released,
}

impl Standing {
    /// What a status of the interface makes of it.
    fn of(status: &str) -> Self {
        if status == "FREEZE" { Self::Frozen } else { Self::Open }
    }

    /// As the marketplace calls it.
    fn word(self) -> Option<&'static str> {
        match self {
            Self::Making => None,
            Self::Open => Some("active"),
            Self::Frozen => Some("frozen"),
            Self::Released => Some("released"),
        }
    }
}

/// How it answers, so that a marketplace can be tried with one that does not do well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    #[default]
    Well,
    /// It accepts at once and is ready later.
    Later,
    /// It refuses to create anything.
    Refuses(ResultCode),
    /// It does everything but change what is there.
    Fixed,
    /// It agrees to no other specification with a renewal.
    Full,
    /// It accepts everything, whoever asks.
    Careless,
}

/// What stands in the address of a request.
#[derive(Deserialize)]
struct Signed {
    #[serde(default)]
    signature: String,
    #[serde(default)]
    timestamp: String,
    #[serde(default)]
    nonce: String,
}

impl Kit {
    pub fn new(clock: Clock, site: impl Into<String>) -> Self {
        Self { clock, site: site.into(), file: None, desk: Arc::default() }
    }

    /// One that knows again what it has left in a file.
    pub fn kept(clock: Clock, site: impl Into<String>, file: PathBuf) -> anyhow::Result<Self> {
        let desk = match std::fs::read(&file) {
            Ok(text) => serde_json::from_slice(&text).with_context(|| format!("{} cannot be read", file.display()))?,
            Err(_) => Desk::default(),
        };
        Ok(Self { clock, site: site.into(), file: Some(file), desk: Arc::new(Mutex::new(desk)) })
    }

    fn keep(&self, desk: &Desk) -> anyhow::Result<()> {
        match &self.file {
            Some(file) => Ok(std::fs::write(file, serde_json::to_vec(desk)?)?),
            None => Ok(()),
        }
    }

    /// Gives it a key of its production address. It accepts all that it was given, so that a key can be changed.
    pub fn accept(&self, key: impl Into<String>) -> anyhow::Result<()> {
        let mut desk = self.desk();
        desk.keys.push(key.into());
        self.keep(&desk)
    }

    /// As if somebody had lost its settings: no request is believed any more.
    pub fn forget_keys(&self) {
        self.desk().keys.clear();
    }

    /// From now on it says that so much was used of each of its instances.
    pub fn use_is(&self, used: &str) {
        self.desk().used = Some(used.to_owned());
    }

    pub fn behave(&self, manner: Manner) {
        self.desk().manner = manner;
    }

    /// The requests with a good signature so far, without those that only tried it out.
    pub fn seen(&self) -> Vec<Value> {
        self.desk().seen.clone()
    }

    /// The same of those that only tried it out, or came from a sandbox.
    pub fn seen_tried(&self) -> Vec<Value> {
        self.desk().seen_tried.clone()
    }

    /// How its instances stand, by their names.
    pub fn instances(&self) -> BTreeMap<String, Standing> {
        self.desk().sold.instances.clone()
    }

    /// How the authorisation codes stand of which it was told.
    pub fn codes(&self) -> BTreeMap<String, Standing> {
        self.desk().sold.codes.clone()
    }

    /// The same of those that were only tried out, or sold in a sandbox.
    pub fn tried_codes(&self) -> BTreeMap<String, Standing> {
        self.desk().tried.codes.clone()
    }

    /// As if somebody had done something to an instance by hand; none: it was lost.
    pub fn put(&self, name: &str, standing: Option<Standing>) {
        let instances = &mut self.desk().sold.instances;
        match standing {
            Some(standing) => drop(instances.insert(name.to_owned(), standing)),
            None => drop(instances.remove(name)),
        }
    }

    /// As if somebody had made an instance something else by hand.
    pub fn make(&self, name: &str, ware: Value) {
        self.desk().sold.wares.insert(name.to_owned(), ware);
    }

    /// Until when its instances go on, by their names, as it was told last.
    pub fn ends(&self) -> BTreeMap<String, String> {
        self.desk().sold.ends.clone()
    }

    /// The same of what was only tried out, or bought in a sandbox: how it stands, and until when it goes on.
    pub fn tried(&self) -> (BTreeMap<String, Standing>, BTreeMap<String, String>) {
        let desk = self.desk();
        (desk.tried.instances.clone(), desk.tried.ends.clone())
    }

    /// By which order lines its instances became what they are now, by their names.
    pub fn changes(&self) -> BTreeMap<String, String> {
        self.desk().sold.changes.clone()
    }

    /// Where it is called, and what its buyers open.
    pub fn router(&self) -> Router {
        Router::new().route("/produce", post(produce)).route("/app/{instance}", get(open)).with_state(self.clone())
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, signed: &Signed, body: &[u8]) -> Value {
        let mut desk = self.desk();
        if desk.manner != Manner::Careless && !self.believes(&mut desk, signed, body) {
            return said(ResultCode::Signature, "the signature does not fit");
        }
        let Ok(request) = serde_json::from_slice::<Value>(body) else {
            return said(ResultCode::Parameter, "the body is no JSON");
        };
        let is_test = request["testFlag"] == "1";
        let seen = if is_test { &mut desk.seen_tried } else { &mut desk.seen };
        seen.push(request.clone());
        let (manner, used) = (desk.manner, desk.used.clone());
        let own = if is_test { &mut desk.tried } else { &mut desk.sold };
        let word = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
        let Ok(activity) = word("activity").parse::<Activity>() else {
            return said(ResultCode::Parameter, "an unknown activity");
        };
        let answer = match activity {
            Activity::NewInstance => {
                own.create(manner, format!("{} {}", word("orderId"), word("orderLineId")), word("businessId"))
            }
            Activity::QueryInstance => with_use(own.describe(&word("instanceId"), &self.site), used.as_deref()),
            Activity::UpdateInstanceStatus => own.set(&word("instanceId"), Standing::of(&word("status"))),
            Activity::ReleaseInstance => own.set(&word("instanceId"), Standing::Released),
            Activity::RefreshInstance if manner == Manner::Fixed && word("scene") == "RENEWAL_CHANGE" => {
                said(ResultCode::Internal, "nothing is changed here")
            }
            Activity::RefreshInstance => {
                own.refresh(word("instanceId"), (&word("scene"), word("orderLineId")), word("expireTime"))
            }
            Activity::UpgradeInstance if manner == Manner::Fixed => {
                said(ResultCode::Internal, "nothing is changed here")
            }
            Activity::UpgradeInstance => own.change(word("instanceId"), word("orderLineId")),
            Activity::ChangeInstanceCheck if manner == Manner::Full => {
                said(ResultCode::Internal, "12 users are in use, which does not fit")
            }
            Activity::ChangeInstanceCheck => own.check(&word("instanceId"), &request["productInfo"]),
            Activity::OrderNotify => said(ResultCode::Done, ""),
            Activity::RefreshLicenseCode => {
                own.ends.insert(word("license"), word("expireTime"));
                said(ResultCode::Done, "")
            }
            Activity::UpdateLicenseCodeStatus => {
                own.codes.insert(word("license"), Standing::of(&word("status")));
                said(ResultCode::Done, "")
            }
            Activity::ReleaseLicenseCode => {
                own.codes.insert(word("license"), Standing::Released);
                said(ResultCode::Done, "")
            }
        };
        // What it could not remember it does not promise.
        self.keep(&desk).map_or_else(|error| said(ResultCode::Internal, &error.to_string()), |()| answer)
    }

    /// Whether a request is from the marketplace, fresh, and not one that was answered before.
    fn believes(&self, desk: &mut Desk, signed: &Signed, body: &[u8]) -> bool {
        let Signed { signature, timestamp, nonce } = signed;
        let age = timestamp.parse::<i64>().map(|millis| self.clock.now().as_micros() - millis * 1_000);
        let fresh = age.is_ok_and(|age| age.abs() <= FRESH_MICROS);
        let signed = desk.keys.iter().any(|key| fits(key, body, (nonce, timestamp), signature));
        fresh && signed && desk.nonces.insert(nonce.clone())
    }
}

/// What is said of instances, with what was used of them.
fn with_use(mut said: Value, used: Option<&str>) -> Value {
    let Some(used) = used else { return said };
    for info in said["info"].as_array_mut().into_iter().flatten() {
        info["usageInfo"] = json!([{
            "usageValue": used, "statisticalTime": "20260301010000000", "dashboardUrl": "https://app.seller.example/use"
        }]);
    }
    said
}

impl Shelf {
    /// The same order line gets the same instance, however often it is asked for.
    fn create(&mut self, manner: Manner, line: String, business: String) -> Value {
        if let Manner::Refuses(code) = manner {
            return said(code, "refused");
        }
        let standing = if manner == Manner::Later { Standing::Making } else { Standing::Open };
        let id = self.orders.entry(line).or_insert(business).clone();
        let standing = *self.instances.entry(id.clone()).or_insert(standing);
        let code = if standing == Standing::Making { ResultCode::Processing } else { ResultCode::Done };
        let mut answer = said(code, "");
        answer["instanceId"] = json!(id);
        answer
    }

    fn describe(&mut self, ids: &str, site: &str) -> Value {
        let mut info = Vec::new();
        for id in ids.split(',') {
            match self.instances.get_mut(id) {
                None => return said(ResultCode::NoInstance, "no such instance"),
                Some(standing @ Standing::Making) => {
                    *standing = Standing::Open;
                    return said(ResultCode::Processing, "still being made");
                }
                Some(Standing::Open | Standing::Frozen | Standing::Released) => info.push(json!({
                    "instanceId": id,
                    "appInfo": {
                        "frontEndUrl": format!("{site}/app/{id}"), "adminUrl": format!("{site}/admin/{id}"),
                        "userName": "admin", "password": format!("first-{}", &id[id.len().saturating_sub(6)..]),
                        "memo": "Change the password when you first sign in. 首次登录后请修改密码。"
                    }
                })),
            }
        }
        let mut answer = said(ResultCode::Done, "");
        answer["info"] = json!(info);
        answer
    }

    fn set(&mut self, id: &str, wanted: Standing) -> Value {
        match self.instances.get_mut(id) {
            None => said(ResultCode::NoInstance, "no such instance"),
            Some(standing) => {
                *standing = wanted;
                said(ResultCode::Done, "")
            }
        }
    }

    /// A renewal, or one that was given back: what counts is the end that is told.
    fn refresh(&mut self, id: String, (scene, line): (&str, String), end: String) -> Value {
        const SCENES: [&str; 4] = ["TRIAL_TO_FORMAL", "RENEWAL", "UNSUBSCRIBE_RENEWAL_PERIOD", "RENEWAL_CHANGE"];
        if !SCENES.contains(&scene) || end.len() < 14 || !end.bytes().all(|byte| byte.is_ascii_digit()) {
            return said(ResultCode::Parameter, "scene or expireTime cannot be read");
        }
        let answer = self.known(&id);
        if self.instances.contains_key(&id) {
            if scene == "RENEWAL_CHANGE" {
                self.changes.insert(id.clone(), line);
            }
            self.ends.insert(id, end);
        }
        answer
    }

    /// Whether an instance could be renewed as something else. A real one looks at what is used of it.
    fn check(&self, id: &str, target: &Value) -> Value {
        if !["productId", "productName", "skuCode"].iter().all(|name| target[name].is_string()) {
            return said(ResultCode::Parameter, "productInfo cannot be read");
        }
        self.known(id)
    }

    /// Another specification: which one, the open API says when it is asked for the order.
    fn change(&mut self, id: String, line: String) -> Value {
        let answer = self.known(&id);
        if self.instances.contains_key(&id) {
            self.changes.insert(id, line);
        }
        answer
    }

    fn known(&self, id: &str) -> Value {
        let code = if self.instances.contains_key(id) { ResultCode::Done } else { ResultCode::NoInstance };
        said(code, "")
    }
}

/// Runs it until the process is ended.
pub async fn serve(listen: SocketAddr, keys: Vec<String>) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let address = listener.local_addr()?;
    let kit = Kit::new(Clock::System, format!("http://{address}"));
    for key in keys {
        kit.accept(key)?;
    }
    println!("The seller's system answers at http://{address}/produce");
    axum::serve(listener, kit.router()).await.context("the seller's system ended")
}

fn said(code: ResultCode, message: &str) -> Value {
    json!({ "resultCode": code.as_str(), "resultMsg": message })
}

/// The application itself, as far as this one has any.
async fn open(State(kit): State<Kit>, Path(instance): Path<String>) -> (StatusCode, String) {
    match kit.desk().sold.instances.get(&instance) {
        Some(Standing::Open) => (
            StatusCode::OK,
            format!(
                "{instance} is open.
"
            ),
        ),
        Some(Standing::Frozen) => (StatusCode::FORBIDDEN, format!("{instance} is frozen: its term is over.\n")),
        Some(Standing::Making | Standing::Released) | None => {
            (StatusCode::NOT_FOUND, "There is no such instance.\n".to_owned())
        }
    }
}

/// An event brings its signature in headers. Everything else is answered 200 always: how it went stands in the code.
async fn produce(State(kit): State<Kit>, Query(signed): Query<Signed>, head: HeaderMap, body: Bytes) -> Response {
    if head.contains_key("webhook-id") {
        kit.take_in(&head, &body).into_response()
    } else {
        Json(kit.answer(&signed, &body)).into_response()
    }
}
