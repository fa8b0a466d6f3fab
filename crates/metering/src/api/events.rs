//! Use as [CloudEvents](https://cloudevents.io): one, or a batch of them.
//!
//! `subject` is the instance, `type` the meter (or anything, where there is one meter only), `time` when it was used, and
//! `data.value` how much; `source` and `id` together identify an event for good. Who sends the same event again is told that it is
//! recorded.
//!
//! One event may come in binary mode too: its attributes in the head, each behind `ce-`, and its data as the body.
//!
//! An event with the extension attribute `corrects` corrects the record of another event: `corrects` is that event's `id`, and
//! `correctssource` its `source`, where it is not the same. `data.value` is what that record should count, 0 withdraws it, and
//! `data.reason` says why; its own `source` and `id` identify the correction. Corrections are made behind all records of a batch, in
//! their order. What corrects a correction names the last one, or the record itself. Its meter, where it names one, has to be that of
//! the record; its `time` says nothing. What is refused of corrections is answered and not kept.

mod binary;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use accounts::Seller;
use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request, State},
    http::{StatusCode, header, request::Parts},
};
use kernel::{Error, Localized};
use platform::{
    Tx,
    http::{Access, Op, Problem, Repeatable, Reply, Routes},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    Metering, Pushed, Sent, UsageCode, UsageForm,
    actions::{correcting::is_name, ingest::Told},
    rules::{
        correction::Wanted,
        record::{self, RECORDS_MAX},
        refused::MeteringRefused,
    },
};

pub(super) fn routes(metering: &Metering) -> Routes {
    Routes::of(Arc::new(metering.clone()))
        .post(
            "/api/v1/seller/usage-events",
            receive,
            Op::does(
                Access::Seller,
                "Record use as CloudEvents, and correct it by events that say what they correct, up to 1000 at once; the same again changes nothing",
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

#[derive(Deserialize, Serialize, ToSchema)]
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
    /// The `id` of the event whose record this one corrects.
    #[serde(default)]
    corrects: Option<String>,
    /// The `source` of that event; left out: the same.
    #[serde(default)]
    correctssource: Option<String>,
}

#[derive(Deserialize, Serialize, ToSchema)]
struct UsageEventData {
    /// Above 0, with at most 4 decimals.
    #[schema(value_type = String, example = "12.5")]
    value: Value,
    /// Where the type does not say it.
    #[serde(default)]
    meter: Option<String>,
    /// Why something is corrected; its buyer reads it.
    #[serde(default)]
    #[schema(max_length = 500)]
    reason: Option<String>,
}

/// A batch of events, or one.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
enum UsageEvents {
    Batch(Vec<UsageEvent>),
    One(Box<UsageEvent>),
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
                "send Content-Type: application/cloudevents-batch+json, or application/json with ce- headers",
                "Content-Type 须为 application/cloudevents-batch+json，或为 application/json 并附 ce- 请求头",
            );
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", text));
        }
        let refuse = |why: &str| {
            let text = (format!("the body holds no events: {why}"), format!("请求体不是事件：{why}"));
            Problem::new(StatusCode::BAD_REQUEST, "invalid_body", text)
        };
        let head = binary::is_in_head(request.headers(), &kind).then(|| request.headers().clone());
        let body = Bytes::from_request(request, state).await.map_err(|error| refuse(&error.body_text()))?;
        if let Some(head) = head {
            return binary::event(&head, &body).map(|event| Self::One(Box::new(event))).ok_or_else(|| {
                refuse("in binary mode ce-specversion, ce-source, ce-id, ce-type, ce-subject, ce-time and the data's value are needed")
            });
        }
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
        Sent {
            form: UsageForm::Event,
            instance: self.subject.clone(),
            number: Sent::number_of_event(&self.source, &self.id),
            meter: self.data.meter.clone().unwrap_or_default(),
            kind: self.kind.clone(),
            begin: self.time.clone(),
            end: self.time.clone(),
            quantity: record::written(&self.data.value),
            recorded: None,
            product: String::new(),
            package: String::new(),
        }
    }
}

impl UsageEvent {
    /// What it corrects; none: it is a record.
    fn wanted(&self) -> Option<Wanted> {
        let corrects = self.corrects.as_ref()?;
        let source = self.correctssource.as_ref().unwrap_or(&self.source);
        Some(Wanted {
            number: Some(Sent::number_of_event(&self.source, &self.id)),
            corrects: Sent::number_of_event(source, corrects),
            meter: self.data.meter.clone().unwrap_or_default(),
            kind: self.kind.clone(),
            quantity: record::written(&self.data.value),
            reason: self.data.reason.clone().unwrap_or_default(),
        })
    }
}

/// What became of the events of a request, in their order.
struct Received {
    added: u64,
    known: u64,
    refused: BTreeMap<usize, (UsageCode, Localized)>,
    /// Those of what is not known here.
    unknown: BTreeSet<usize>,
}

impl Metering {
    async fn receive(&self, tx: &mut Tx, seller: &Seller, events: &[UsageEvent]) -> kernel::Result<Received> {
        if events.is_empty() || events.len() > RECORDS_MAX {
            return Err(MeteringRefused::Count(RECORDS_MAX).into());
        }
        let corrections: Vec<(usize, (&str, Wanted))> = events
            .iter()
            .enumerate()
            .filter_map(|(place, event)| Some((place, (event.subject.as_str(), event.wanted()?))))
            .collect();
        if !corrections.is_empty() {
            // All that the request is about is held in one order.
            let names = events.iter().map(|event| event.subject.as_str()).filter(|name| is_name(name)).collect();
            self.known(tx, seller.account(), &names).await?;
        }
        let records: Vec<(usize, Sent)> = events
            .iter()
            .enumerate()
            .filter(|(_, event)| event.corrects.is_none())
            .map(|(at, one)| (at, one.sent()))
            .collect();
        let mut received = Received { added: 0, known: 0, refused: BTreeMap::new(), unknown: BTreeSet::new() };
        if !records.is_empty() {
            let (places, sent): (Vec<usize>, Vec<Sent>) = records.into_iter().unzip();
            let ingested = self.ingest_known(tx, seller, &sent).await?;
            (received.added, received.known) = (ingested.added, ingested.known);
            for (place, at) in places.into_iter().enumerate() {
                if let Told::Refused(code) = ingested.told(place) {
                    received.unknown.extend(Some(at).filter(|_| code == UsageCode::NoInstance));
                    received.refused.insert(at, (code, code.text()));
                }
            }
        }
        let (places, wanted): (Vec<usize>, Vec<(&str, Wanted)>) = corrections.into_iter().unzip();
        if wanted.is_empty() {
            return Ok(received);
        }
        for (at, told) in places.into_iter().zip(self.correct_all(tx, seller, &wanted).await?) {
            match told {
                Ok((_, true)) => received.added += 1,
                Ok((_, false)) => received.known += 1,
                Err(why) => {
                    received.unknown.extend(Some(at).filter(|_| matches!(why, Error::NotFound(_))));
                    received.refused.insert(at, (UsageCode::Correction, why.text()));
                }
            }
        }
        Ok(received)
    }

    /// What is not known here is taken in elsewhere, where it is known; records that are known nowhere are kept to be mended.
    async fn receive_elsewhere(
        &self,
        seller: &Seller,
        events: &[UsageEvent],
        mut received: Received,
    ) -> kernel::Result<Received> {
        let unknown: Vec<usize> = std::mem::take(&mut received.unknown).into_iter().collect();
        let theirs = unknown.iter().filter_map(|place| events.get(*place)).map(serde_json::to_value);
        let theirs = theirs.collect::<Result<Vec<Value>, _>>().map_err(Error::fault)?;
        let told = self.taken_in_elsewhere(seller, &unknown, Pushed::Events(theirs)).await?;
        let nowhere = Self::nowhere(told.as_ref(), &unknown);
        if let Some(told) = told {
            received.added += told.added;
            received.known += told.known;
            received.refused.retain(|place, _| nowhere.contains(place) || !unknown.contains(place));
            received.refused.extend(told.refused.into_iter().map(|(place, code, text)| (place, (code, text))));
        }
        let lost = nowhere.iter().filter_map(|place| events.get(*place)).filter(|event| event.corrects.is_none());
        self.keep_unknown_events(seller, &lost.map(UsageEvent::sent).collect::<Vec<_>>()).await?;
        Ok(received)
    }
}

async fn receive(
    State(metering): State<Arc<Metering>>,
    Caller(seller): Caller,
    events: UsageEvents,
) -> Reply<UsageEventsTold> {
    let events = match events {
        UsageEvents::Batch(events) => events,
        UsageEvents::One(event) => vec![*event],
    };
    if events.iter().any(|event| !event.specversion.starts_with("1.")) {
        let text = ("events of specversion 1.0 are taken", "仅支持 specversion 1.0 的事件");
        return Err(Problem::new(StatusCode::BAD_REQUEST, "invalid_body", text));
    }
    let mut tx = metering.app.db.begin().await?;
    let received = metering.receive(&mut tx, &seller, &events).await?;
    tx.commit().await?;
    let Received { added, known, refused, unknown: _ } = metering.receive_elsewhere(&seller, &events, received).await?;
    let refused = refused.into_iter().filter_map(|(place, (code, reason))| {
        let event = events.get(place)?;
        Some(UsageEventRefused { place, source: event.source.clone(), id: event.id.clone(), code, reason })
    });
    Ok(Json(UsageEventsTold { added, known, refused: refused.collect() }))
}
