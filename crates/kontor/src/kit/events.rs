//! The same desk for events of Standard Webhooks: three headers carry the signature, the HTTP status says how it went.

use axum::{
    Json,
    http::{HeaderMap, StatusCode},
};
use kernel::time::SECOND;
use production::{EventType, ResultCode, event_fits};
use serde_json::{Value, json};

use super::{Desk, Kit, Manner, Shelf, Standing};

/// A signature is good for so long, as the libraries have it.
const FRESH_SECONDS: i64 = 5 * 60;

impl Kit {
    pub(super) fn take_in(&self, head: &HeaderMap, body: &[u8]) -> (StatusCode, Json<Value>) {
        let mut desk = self.desk();
        if desk.manner != Manner::Careless && !self.believes_event(&desk, head, body) {
            return refused(StatusCode::UNAUTHORIZED, "signature");
        }
        let event: Value = serde_json::from_slice(body).unwrap_or_default();
        let Some(kind) = event["type"].as_str().and_then(|kind| kind.parse::<EventType>().ok()) else {
            return refused(StatusCode::BAD_REQUEST, "invalid");
        };
        let data = &event["data"];
        let is_test = data["test"] == true;
        if !is_test {
            desk.seen.push(event.clone());
        }
        let manner = desk.manner;
        let own = if is_test { &mut desk.tried } else { &mut desk.sold };
        let answer = match kind {
            EventType::Create => own.make(manner, data, &self.site),
            EventType::OrderPlaced => done(),
            EventType::LicenceRenewed
            | EventType::LicenceRenewalReturned
            | EventType::LicenceFrozen
            | EventType::LicenceUnfrozen
            | EventType::LicenceReleased => own.note_code(kind, data),
            EventType::Accepted
            | EventType::Describe
            | EventType::Renewed
            | EventType::RenewalReturned
            | EventType::TrialBought
            | EventType::CheckChange
            | EventType::Changed
            | EventType::Frozen
            | EventType::Unfrozen
            | EventType::Released => own.take((kind, manner), data, &self.site),
        };
        // What it could not remember it does not promise.
        self.keep(&desk).map_or_else(|_| refused(StatusCode::INTERNAL_SERVER_ERROR, "invalid"), |()| answer)
    }

    /// Whether an event is from the marketplace and fresh. One that is sent again has the same id and is answered the same.
    fn believes_event(&self, desk: &Desk, head: &HeaderMap, body: &[u8]) -> bool {
        let word = |name: &str| head.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (id, time, signatures) = (word("webhook-id"), word("webhook-timestamp"), word("webhook-signature"));
        let now = self.clock.now().as_micros() / SECOND;
        let fresh = time.parse::<i64>().is_ok_and(|time| (now - time).abs() <= FRESH_SECONDS);
        fresh && desk.keys.iter().any(|secret| event_fits(secret, body, (id, time), signatures))
    }
}

impl Shelf {
    /// The same order line gets the same instance, however often it is asked for.
    fn make(&mut self, manner: Manner, data: &Value, site: &str) -> (StatusCode, Json<Value>) {
        match manner {
            Manner::Refuses(ResultCode::SoldOut) => return refused(StatusCode::UNPROCESSABLE_ENTITY, "sold_out"),
            Manner::Refuses(_) => return refused(StatusCode::UNPROCESSABLE_ENTITY, "no_capacity"),
            Manner::Well | Manner::Later | Manner::Careless | Manner::Fixed | Manner::Full => {}
        }
        let Some(line) = data["order_line"].as_str() else { return refused(StatusCode::BAD_REQUEST, "invalid") };
        let standing = if manner == Manner::Later { Standing::Making } else { Standing::Open };
        let id = self.orders.entry(line.to_owned()).or_insert(line.to_owned()).clone();
        self.wares.entry(id.clone()).or_insert_with(|| ware(data));
        match *self.instances.entry(id.clone()).or_insert(standing) {
            Standing::Making => (StatusCode::ACCEPTED, Json(json!({ "instance": id }))),
            Standing::Open | Standing::Frozen | Standing::Released => described(StatusCode::CREATED, &id, site),
        }
    }

    /// What is about an instance that is there.
    fn take(&mut self, (kind, manner): (EventType, Manner), data: &Value, site: &str) -> (StatusCode, Json<Value>) {
        let id = data["instance"].as_str().unwrap_or_default();
        let Some(standing) = self.instances.get_mut(id) else {
            return refused(StatusCode::NOT_FOUND, "unknown_instance");
        };
        match kind {
            EventType::Describe if *standing == Standing::Making => {
                *standing = Standing::Open;
                return (StatusCode::ACCEPTED, Json(json!({ "instance": id })));
            }
            EventType::Describe => {
                let (state, end) = (*standing, self.ends.get(id));
                let (status, Json(mut said)) = described(StatusCode::OK, id, site);
                said["state"] = json!(state.word());
                said["expires_at"] = json!(end);
                if let Some(ware) = self.wares.get(id) {
                    (said["sku"], said["quantities"]) = (ware["sku"].clone(), ware["quantities"].clone());
                }
                return (status, Json(said));
            }
            // Its term begins; what has none has no end.
            EventType::Accepted => {
                if let Some(end) = data["expires_at"].as_str() {
                    self.ends.insert(id.to_owned(), end.to_owned());
                }
            }
            EventType::Frozen => *standing = Standing::Frozen,
            EventType::Unfrozen => *standing = Standing::Open,
            EventType::Released => *standing = Standing::Released,
            EventType::Renewed | EventType::RenewalReturned | EventType::TrialBought => {
                let Some(end) = data["expires_at"].as_str() else { return refused(StatusCode::BAD_REQUEST, "invalid") };
                self.ends.insert(id.to_owned(), end.to_owned());
            }
            EventType::Changed if manner == Manner::Fixed => {
                return refused(StatusCode::UNPROCESSABLE_ENTITY, "no_capacity");
            }
            EventType::Changed => {
                // What it is from now on stands in `sku` and `quantities`.
                let Some(line) = data["order_line"].as_str() else {
                    return refused(StatusCode::BAD_REQUEST, "invalid");
                };
                self.changes.insert(id.to_owned(), line.to_owned());
                self.wares.insert(id.to_owned(), ware(data));
                // With a term that begins, it comes with its end.
                if let Some(end) = data["expires_at"].as_str() {
                    self.ends.insert(id.to_owned(), end.to_owned());
                }
            }
            // A real one looks at what is used of it.
            EventType::CheckChange if manner == Manner::Full => {
                let no = json!({ "code": "invalid", "message": "12 users are in use, which does not fit" });
                return (StatusCode::CONFLICT, Json(no));
            }
            EventType::CheckChange if !data["sku"].is_string() => return refused(StatusCode::BAD_REQUEST, "invalid"),
            EventType::Create
            | EventType::CheckChange
            | EventType::OrderPlaced
            | EventType::LicenceRenewed
            | EventType::LicenceRenewalReturned
            | EventType::LicenceFrozen
            | EventType::LicenceUnfrozen
            | EventType::LicenceReleased => {}
        }
        done()
    }
}

impl Shelf {
    /// What is about an authorisation code: its software asks the site anyway, so that it is noted and nothing else.
    fn note_code(&mut self, kind: EventType, data: &Value) -> (StatusCode, Json<Value>) {
        let Some(code) = data["licence"].as_str() else { return refused(StatusCode::BAD_REQUEST, "invalid") };
        let word = kind.as_str().trim_start_matches("licence.");
        let standings = [("frozen", Standing::Frozen), ("unfrozen", Standing::Open), ("released", Standing::Released)];
        if let Some((_, standing)) = standings.into_iter().find(|(name, _)| *name == word) {
            self.codes.insert(code.to_owned(), standing);
        }
        if let Some(end) = data["expires_at"].as_str() {
            self.ends.insert(code.to_owned(), end.to_owned());
        }
        done()
    }
}

/// What an event says that something is.
fn ware(data: &Value) -> Value {
    json!({ "sku": data["sku"], "quantities": data["quantities"] })
}

fn described(status: StatusCode, id: &str, site: &str) -> (StatusCode, Json<Value>) {
    let access = json!({
        "front_end_url": format!("{site}/app/{id}"), "admin_url": format!("{site}/admin/{id}"),
        "user_name": "admin", "password": format!("first-{}", &id[id.len().saturating_sub(6)..]),
        "memo": "Change the password when you first sign in. 首次登录后请修改密码。"
    });
    (status, Json(json!({ "instance": id, "access": access })))
}

fn refused(status: StatusCode, code: &str) -> (StatusCode, Json<Value>) {
    (status, Json(json!({ "code": code })))
}

fn done() -> (StatusCode, Json<Value>) {
    (StatusCode::OK, Json(json!({})))
}
