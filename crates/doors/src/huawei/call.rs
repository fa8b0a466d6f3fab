//! The calls of this door as values: their paths, their bodies, and the way into their handlers from inside.

use std::sync::Arc;

use axum::{extract::Request, handler::Handler, response::Response};
use kernel::choices;
use serde_json::{Value, json};

use super::licence;
use crate::Doors;

choices! {
    /// One call of the open API.
    pub(crate) enum Call {
        ActivateV1 = "activate-v1",
        ActivateV2 = "activate-v2",
        HeartbeatV1 = "heartbeat-v1",
        HeartbeatV2 = "heartbeat-v2",
        Usage = "usage",
    }
}

/// What a body is made from; each call takes what it knows.
pub(crate) struct Wanted<'w> {
    pub(crate) code: &'w str,
    /// `yyyyMMddHHmmss` in UTC; empty: none.
    pub(crate) effective: &'w str,
    pub(crate) client: &'w str,
    pub(crate) active: Option<u32>,
}

impl Call {
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::ActivateV1 => "/api/mkp-openapi-public/global/v1/license/activate",
            Self::ActivateV2 => "/api/mkp-openapi-public/global/v2/license/activate",
            Self::HeartbeatV1 => "/api/mkp-openapi-public/global/v1/license/heartbeat",
            Self::HeartbeatV2 => "/api/mkp-openapi-public/global/v2/license/heartbeat",
            Self::Usage => "/api/mkp-openapi-public/global/v2/license/software-usage-info",
        }
    }

    pub(crate) fn body(self, wanted: &Wanted<'_>) -> Value {
        let Wanted { code, effective, client, active } = wanted;
        let timed = |mut body: Value| {
            if !effective.is_empty() {
                body["real_effect_time"] = json!(effective);
            }
            body
        };
        match self {
            Self::ActivateV1 => timed(json!({ "license": code })),
            Self::ActivateV2 => timed(json!({ "license_list": [code] })),
            Self::HeartbeatV1 => json!({ "license": code }),
            Self::HeartbeatV2 => json!({ "license_list": [code] }),
            Self::Usage => {
                let line = active.map_or_else(|| json!({ "id": client }), |number| json!({ "active_num": number }));
                json!({ "usage_info": [{ "license": code, "software_usage_Info": [line] }] })
            }
        }
    }

    /// Sends a request into the handler that the network would have led it to.
    pub(crate) async fn send(self, doors: Arc<Doors>, request: Request) -> Response {
        match self {
            Self::ActivateV1 => licence::activate.call(request, doors).await,
            Self::ActivateV2 => licence::activate_list.call(request, doors).await,
            Self::HeartbeatV1 => licence::heartbeat.call(request, doors).await,
            Self::HeartbeatV2 => licence::heartbeat_list.call(request, doors).await,
            Self::Usage => licence::usage.call(request, doors).await,
        }
    }
}
