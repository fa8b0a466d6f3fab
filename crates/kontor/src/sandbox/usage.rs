//! What a seller's program says and asks of what lives in its sandbox, at the doors of the site and with its ordinary key: use, and
//! orders. And use that the sandbox reports itself, for who has no program yet.

use std::{
    pin::Pin,
    sync::{Arc, PoisonError},
};

use accounts::Seller;
use kernel::{Error, Invalid, Localized, Result, Thing, Timestamp, id::InstanceId};
use metering::{Pushed, TakenIn, UsageCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Room, Sandboxes, inside::Inside, nodes::Wish, rules::SandboxRefused};

/// Use that the sandbox reports in the place of the seller's program.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SandboxUse, example = json!({"value": "100"}))]
pub(super) struct UseInSandbox {
    /// Above 0, with at most 4 decimals.
    #[schema(example = "100")]
    pub(super) value: String,
    /// The meter, where it is charged by several.
    #[serde(default)]
    pub(super) meter: Option<String>,
}

/// Nothing, where there is no such sandbox.
fn or_none<T>(asked: Result<Option<T>>) -> Result<Option<T>> {
    match asked {
        Err(Error::NotFound(Thing::Sandbox)) => Ok(None),
        asked => asked,
    }
}

impl Sandboxes {
    /// What the order query looks for when the site has no such order.
    pub(crate) fn orders(&self) -> doors::Elsewhere {
        let sandboxes = self.clone();
        Arc::new(move |seller, (order, line)| {
            let sandboxes = sandboxes.clone();
            Box::pin(async move {
                let line = line.unwrap_or_default();
                if !(is_plain(&order) && is_plain(&line)) {
                    return Ok(None);
                }
                or_none(sandboxes.wish(&seller, Wish::Order(order, line)).await)
            })
        })
    }

    /// What takes in use that the site does not know.
    pub(crate) fn pushes(&self) -> metering::Elsewhere {
        let sandboxes = self.clone();
        Arc::new(move |seller: Seller, pushed| {
            let sandboxes = sandboxes.clone();
            Box::pin(async move { or_none(sandboxes.wish(&seller, Wish::Push(pushed)).await) })
                as Pin<Box<dyn Future<Output = Result<Option<TakenIn>>> + Send>>
        })
    }
}

/// What can stand in an address as it is.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

impl Room {
    /// What a program is told of an order. Null: there is none.
    pub(super) async fn order(&self, order: &str, line: &str) -> Result<Value> {
        let path = format!("/api/mkp-openapi-public/global/v1/order/query?orderId={order}&orderLineId={line}");
        // The program asks while it is called; whoever ends the sandbox waits for that call alone.
        let Ok(_visit) = self.visitors.try_read() else { return Ok(Value::Null) };
        let inside = self.inside()?;
        match inside.ask(&inside.seller, "GET", &path, None).await {
            Err(Error::Refused(refusal)) if refusal.status() == 409 => Err(SandboxRefused::Away.into()),
            found => Ok(found.unwrap_or_default()),
        }
    }

    /// Takes in what a program has pushed; none: it has ended.
    pub(super) async fn take_in(&self, now: Timestamp, pushed: Pushed) -> Result<Option<TakenIn>> {
        let Ok(_visit) = self.visitors.try_read() else { return Ok(None) };
        let Ok(inside) = self.inside() else { return Ok(None) };
        // While its clock is being turned, it stands where it stands.
        if let Ok(_work) = self.work.try_lock() {
            inside.keep_up(now);
        }
        match pushed {
            Pushed::Records(sent) => {
                let sent: Vec<_> = sent.iter().map(|one| one.moved(|at| inside.then(at))).collect();
                inside.kontor.metering.take_in_known(&inside.member().await?, &sent).await.map(Some)
            }
            Pushed::Events(events) => inside.take_in_events(events).await.map(Some),
        }
    }
}

#[derive(Deserialize)]
struct EventsTold {
    added: u64,
    known: u64,
    refused: Vec<EventRefused>,
}

#[derive(Deserialize)]
struct EventRefused {
    place: usize,
    code: UsageCode,
    reason: Localized,
}

const EVENTS: &str = "/api/v1/seller/usage-events";

impl Inside {
    async fn take_in_events(&self, mut events: Vec<Value>) -> Result<TakenIn> {
        for event in &mut events {
            let at: Option<Timestamp> = event["time"].as_str().and_then(|at| at.parse().ok());
            if let Some(at) = at {
                event["time"] = json!(self.then(at));
            }
        }
        let told = self.ask(&self.seller, "POST", EVENTS, Some(Value::Array(events))).await?;
        let EventsTold { added, known, refused } = serde_json::from_value(told).map_err(Error::fault)?;
        let refused = refused.into_iter().map(|EventRefused { place, code, reason }| (place, code, reason));
        Ok(TakenIn { added, known, refused: refused.collect() })
    }

    /// Reports use of an instance now.
    pub(super) async fn report(&self, id: InstanceId, used: &UseInSandbox) -> Result<Value> {
        let UseInSandbox { value, meter } = used;
        let number = format!("{:032x}", rand::random::<u128>());
        let mut event = json!({
            "specversion": "1.0", "source": "/sandbox", "id": number, "type": "use", "subject": id, "time": self.now(),
            "data": { "value": value }
        });
        if let Some(meter) = meter {
            event["data"]["meter"] = json!(meter);
        }
        let told = self.ask(&self.seller, "POST", EVENTS, Some(event)).await?;
        let EventsTold { refused, .. } = serde_json::from_value(told.clone()).map_err(Error::fault)?;
        match refused.into_iter().next() {
            Some(EventRefused { reason, .. }) => Err(Invalid::one("value", reason).into()),
            None => Ok(told),
        }
    }

    /// Lets as much time pass inside as has passed outside since its clock was turned last.
    pub(super) fn keep_up(&self, now: Timestamp) {
        let clock = &self.kontor.app.clock;
        clock.turn(self.then(now).micros_since(clock.now()));
    }

    /// Remembers where its clock stands now, when it was turned.
    pub(super) fn note_ahead(&self, now: Timestamp) {
        let by = self.now().micros_since(now);
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        if by > ahead.last().map_or(0, |(_, by)| *by) {
            ahead.push((now, by));
        }
    }

    /// When it was inside at a moment of the real time, which is what programs report. The same moment gives the same for ever.
    pub(super) fn then(&self, moment: Timestamp) -> Timestamp {
        moment.plus_micros(ahead_at(&self.ahead.lock().unwrap_or_else(PoisonError::into_inner), moment))
    }
}

/// By how much a clock was ahead at a moment. Programs count whole seconds.
fn ahead_at(ahead: &[(Timestamp, i64)], moment: Timestamp) -> i64 {
    let by_then = |(since, _): &&(Timestamp, i64)| since.as_seconds() <= moment.as_seconds();
    ahead.iter().rev().find(by_then).map_or(0, |(_, by)| *by)
}

#[cfg(test)]
mod tests {
    use kernel::time::{DAY, SECOND};

    use super::*;

    #[test]
    fn a_real_moment_is_inside_where_the_clock_stood_then() {
        let at = |seconds: i64| Timestamp::from_micros(seconds * SECOND + 300_000);
        let turned = [(at(100), DAY), (at(200), 31 * DAY)];
        let by = |seconds: i64| ahead_at(&turned, Timestamp::from_micros(seconds * SECOND));
        assert_eq!([by(0), by(99), by(100), by(199), by(200), by(999)], [0, 0, DAY, DAY, 31 * DAY, 31 * DAY]);
        assert_eq!(ahead_at(&[], at(5)), 0);
    }
}
