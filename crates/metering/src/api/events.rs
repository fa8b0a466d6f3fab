//! Use as [CloudEvents](https://cloudevents.io): one, or a batch of them.
//!
//! `subject` is the instance, `type` the meter (or anything, where there is one meter only), `time` when it was used, and
//! `data.value` how much; `source` and `id` together identify an event for good. Who sends the same event again is told that it is
//! recorded.

use std::sync::Arc;

use accounts::Seller;
use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request, State},
    http::{StatusCode, header, request::Parts},
};
use kernel::{Error, Localized};
use platform::http::{Access, Op, Problem, Repeatable, Reply, Routes};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    Metering, Sent, UsageCode, UsageForm,
    actions::ingest::{Ingested, Told},
};

pub(super) fn routes(metering: &Metering) -> Routes {
    Routes::of(Arc::new(metering.clone()))
        .post(
            "/api/v1/seller/usage-events",
            receive,
            Op::does(
                Access::Seller,
                "Record use as CloudEvents, up to 1000 at once; the same event again changes nothing",
            )
            .takes::<UsageEvents>()
            .gives::<UsageEventsTold>(200),
        )
        .done()
}

/// The seller; an event that is sent again changes nothing.
struct Caller(Seller);

impl FromRequestParts<Arc<Metering>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, metering: &Arc<Metering>) -> Result<Self, Problem> {
        parts.extensions.insert(Repeatable);
        let member = metering.accounts.authenticate(parts).await?;
        Ok(Self(Seller::try_from(member).map_err(Error::from)?))
    }
}

#[derive(Deserialize, ToSchema)]
#[schema(example = json!({
    "specversion": "1.0", "source": "/eu/gateway-1", "id": "7f1c", "type": "calls", "subject": "i-1",
    "time": "2026-11-29T08:00:00Z", "data": {"value": "12"}
}))]
struct UsageEvent {
    #[schema(example = "1.0")]
    specversion: String,
    source: String,
    id: String,
    #[serde(rename = "type")]
    kind: String,
    subject: String,
    /// RFC 3339.
    time: String,
    data: UsageEventData,
}

#[derive(Deserialize, ToSchema)]
struct UsageEventData {
    /// Above 0, with at most 4 decimals.
    #[schema(value_type = String, example = "12.5")]
    value: Value,
    /// Where the type does not say it.
    #[serde(default)]
    meter: Option<String>,
}

/// A batch of events, or one.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
enum UsageEvents {
    Batch(Vec<UsageEvent>),
    One(UsageEvent),
}

impl<S: Send + Sync> FromRequest<S> for UsageEvents {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind =
            request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let known = ["application/cloudevents-batch+json", "application/cloudevents+json", "application/json"]
            .contains(&&*kind);
        if !known {
            let text = (
                "send Content-Type: application/cloudevents-batch+json",
                "Content-Type 须为 application/cloudevents-batch+json",
            );
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", text));
        }
        let refuse = |why: &str| {
            let text = (format!("the body holds no events: {why}"), format!("请求体不是事件：{why}"));
            Problem::new(StatusCode::BAD_REQUEST, "invalid_body", text)
        };
        let body = Bytes::from_request(request, state).await.map_err(|error| refuse(&error.body_text()))?;
        serde_json::from_slice(&body)
            .map_err(|_| refuse("each needs specversion, source, id, type, subject, time and data.value"))
    }
}

/// What became of one event that was not recorded.
#[derive(Serialize, ToSchema)]
struct UsageEventRefused {
    /// Its place in the batch, from 0.
    place: usize,
    source: String,
    id: String,
    code: UsageCode,
    reason: Localized,
}

#[derive(Serialize, ToSchema)]
struct UsageEventsTold {
    /// How many are new.
    added: u64,
    /// How many were there already.
    known: u64,
    refused: Vec<UsageEventRefused>,
}

impl UsageEvent {
    fn sent(&self) -> Sent {
        let quantity = match &self.data.value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
        };
        Sent {
            form: UsageForm::Event,
            instance: self.subject.clone(),
            number: Sent::number_of_event(&self.source, &self.id),
            meter: self.data.meter.clone().unwrap_or_default(),
            kind: self.kind.clone(),
            begin: self.time.clone(),
            end: self.time.clone(),
            quantity,
            recorded: None,
            product: String::new(),
            package: String::new(),
        }
    }
}

async fn receive(
    State(metering): State<Arc<Metering>>,
    Caller(seller): Caller,
    events: UsageEvents,
) -> Reply<UsageEventsTold> {
    let events = match events {
        UsageEvents::Batch(events) => events,
        UsageEvents::One(event) => vec![event],
    };
    if events.iter().any(|event| !event.specversion.starts_with("1.")) {
        let text = ("events of specversion 1.0 are taken", "仅支持 specversion 1.0 的事件");
        return Err(Problem::new(StatusCode::BAD_REQUEST, "invalid_body", text));
    }
    let mut tx = metering.app.db.begin().await?;
    let sent: Vec<Sent> = events.iter().map(UsageEvent::sent).collect();
    let ingested = metering.ingest(&mut tx, &seller, &sent).await?;
    tx.commit().await?;
    let Ingested { added, known, .. } = ingested;
    let refused = events.iter().enumerate().filter_map(|(place, event)| match ingested.told(place) {
        Told::Recorded => None,
        Told::Refused(code) => {
            let (source, id, reason) = (event.source.clone(), event.id.clone(), code.text());
            Some(UsageEventRefused { place, source, id, code, reason })
        }
    });
    Ok(Json(UsageEventsTold { added, known, refused: refused.collect() }))
}
