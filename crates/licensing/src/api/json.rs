//! What both sides see of a licence.

use std::collections::BTreeMap;

use kernel::{
    Timestamp,
    id::{InstanceId, LicenceEventId, LicenceId},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    actions::buyer::{LicenceView, Month},
    rules::{LicenceEventKind, LicenceState},
    store::{days, licences},
};

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LicenceJson {
    id: LicenceId,
    instance: Option<InstanceId>,
    /// The last letters of the code, by which people tell codes apart.
    code_hint: String,
    state: LicenceState,
    issued_at: Timestamp,
    activated_at: Option<Timestamp>,
    /// From when the software counts as delivered, as its seller reported.
    effective_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    first_seen_at: Option<Timestamp>,
    last_seen_at: Option<Timestamp>,
    heartbeats: i64,
    version: i64,
}

impl LicenceJson {
    pub(super) fn of(view: LicenceView, now: Timestamp) -> Self {
        let LicenceView { licence, hint, seen } = view;
        let activation = licence.state.activation();
        Self {
            id: licence.id,
            instance: licence.instance,
            code_hint: hint,
            state: licence.state_name(now),
            issued_at: licence.issued_at,
            activated_at: activation.map(|done| done.at),
            effective_at: activation.map(|done| done.effective_at),
            expires_at: licence.expires_at,
            first_seen_at: seen.first_seen_at,
            last_seen_at: seen.last_seen_at,
            heartbeats: seen.heartbeats,
            version: licence.version,
        }
    }
}

/// One entry of a licence's history.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LicenceEventJson {
    id: LicenceEventId,
    kind: LicenceEventKind,
    happened_at: Timestamp,
    /// The network address that it came from, when a request caused it.
    from: Option<String>,
}

impl From<licences::LicenceEvent> for LicenceEventJson {
    fn from(event: licences::LicenceEvent) -> Self {
        let licences::LicenceEvent { id, kind, happened_at, came_from } = event;
        Self { id, kind, happened_at, from: came_from }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct MonthQuery {
    /// A month like 2026-11 in the site's zone; the present one unless told.
    #[param(pattern = "^[0-9]{4}-[0-9]{2}$")]
    pub(super) month: Option<String>,
}

/// A month of heartbeats and reported use, earliest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LicenceMonthJson {
    days: Vec<LicenceDayJson>,
}

#[derive(Debug, Serialize, ToSchema)]
struct LicenceDayJson {
    #[schema(example = "2026-11-22")]
    day: String,
    first_seen_at: Option<Timestamp>,
    last_seen_at: Option<Timestamp>,
    heartbeats: i64,
    /// The network address of the last group of heartbeats.
    from: Option<String>,
    /// How many different clients were reported.
    clients: i64,
    /// How many active clients the software counted itself.
    active_num: Option<i64>,
}

impl From<Month> for LicenceMonthJson {
    fn from(month: Month) -> Self {
        let empty = |day: &str| LicenceDayJson {
            day: day.to_owned(),
            first_seen_at: None,
            last_seen_at: None,
            heartbeats: 0,
            from: None,
            clients: 0,
            active_num: None,
        };
        let mut days: BTreeMap<String, LicenceDayJson> = BTreeMap::new();
        for days::DaySeen { day, first_seen_at, last_seen_at, heartbeats, seen_from } in month.days {
            let row = LicenceDayJson {
                first_seen_at: Some(first_seen_at),
                last_seen_at: Some(last_seen_at),
                heartbeats,
                from: Some(seen_from),
                ..empty(&day)
            };
            days.insert(day, row);
        }
        for days::UsageDay { day, clients, active_num } in month.usage {
            let row = days.entry(day.clone()).or_insert_with(|| empty(&day));
            row.clients = clients;
            row.active_num = active_num;
        }
        Self { days: days.into_values().collect() }
    }
}
