//! The bodies of `/api/v1/seller/sandbox`.

use std::collections::BTreeMap;

use kernel::{
    Localized, Money, Result, Timestamp,
    id::{SandboxId, SkuId},
    time::MINUTE,
};
use pricing::PeriodUnit;
use production::Fault;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::super::{Room, inside::Actor, looks::SandboxSku, turning::Turned};

#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(in crate::sandbox) struct SandboxJson {
    pub(in crate::sandbox) id: SandboxId,
    pub(in crate::sandbox) started_at: Timestamp,
    /// When it ends unless somebody uses it.
    pub(in crate::sandbox) ends_at: Timestamp,
    /// The present inside.
    pub(in crate::sandbox) now: Timestamp,
    /// Where the clock was to stop when the last turn was cut short: turn it `until` then to go on.
    pub(in crate::sandbox) goal: Option<Timestamp>,
    /// Where its calls go: the seller's proven address in use. None: there is none, and nothing is called.
    pub(in crate::sandbox) url: Option<String>,
    pub(in crate::sandbox) buyers: Vec<SandboxBuyer>,
    pub(in crate::sandbox) faults: SandboxFaults,
    /// Listings of the seller that are not on sale inside.
    pub(in crate::sandbox) left_out: Vec<SandboxLeftOut>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(in crate::sandbox) struct SandboxBuyer {
    /// By this number it buys: 1 or 2.
    pub(in crate::sandbox) buyer: usize,
    pub(in crate::sandbox) name: String,
    /// The `customerId` that programs are told.
    #[schema(example = "acc_01jd8kx2v9e5jtf6xw4sz3q7ab")]
    pub(in crate::sandbox) account: String,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(in crate::sandbox) struct SandboxFaults {
    pub(in crate::sandbox) faults: Vec<Fault>,
    /// Of a hundred calls so many meet one.
    pub(in crate::sandbox) percent: u8,
    /// How many are still to come, where there is an end.
    pub(in crate::sandbox) left: Option<u32>,
    pub(in crate::sandbox) seed: u64,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(in crate::sandbox) struct SandboxLeftOut {
    pub(in crate::sandbox) name: Localized,
    pub(in crate::sandbox) why: Localized,
}

impl SandboxJson {
    pub(in crate::sandbox) fn of(room: &Room, idle_minutes: u32) -> Result<Self> {
        let inside = room.inside()?;
        let buyer = |(buyer, actor): (usize, &Actor)| SandboxBuyer {
            buyer,
            name: actor.name.clone(),
            account: actor.account.clone(),
        };
        let left_out =
            inside.left_out.iter().map(|one| SandboxLeftOut { name: one.name.clone(), why: one.why.clone() });
        Ok(Self {
            id: room.id,
            started_at: room.started_at,
            ends_at: room.used_at().plus_micros(i64::from(idle_minutes) * MINUTE),
            now: inside.now(),
            goal: inside.goal(),
            url: inside.url.clone(),
            buyers: (1..).zip(&inside.buyers).map(buyer).collect(),
            faults: SandboxFaults::of(room)?,
            left_out: left_out.collect(),
        })
    }
}

impl SandboxFaults {
    pub(in crate::sandbox) fn of(room: &Room) -> Result<Self> {
        let (plan, left) = room.inside()?.way.plan();
        Ok(Self { faults: plan.faults.into_iter().collect(), percent: plan.percent, left, seed: plan.seed })
    }
}

/// What came of something that was done in a sandbox, and of all that was due by then.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(in crate::sandbox) struct SandboxDone {
    /// As the marketplace answers it: an order, a renewal, a change, a refund.
    #[schema(value_type = Option<Object>)]
    pub(in crate::sandbox) answer: Option<Value>,
    /// What it was about; none: nothing was delivered yet.
    #[schema(example = "ins_01jd8kx2v9e5jtf6xw4sz3q7ab")]
    pub(in crate::sandbox) instance: Option<String>,
    /// The present inside.
    pub(in crate::sandbox) now: Timestamp,
    /// Where the clock was to stop, and whether it stands there and nothing is due. If not, the time or the jobs of one request were
    /// used up: turn it `until` then to go on.
    pub(in crate::sandbox) stop: Timestamp,
    pub(in crate::sandbox) reached: bool,
    /// How many jobs ran.
    pub(in crate::sandbox) jobs: u64,
    pub(in crate::sandbox) took_millis: u64,
    /// When something is due next; none: nothing waits.
    pub(in crate::sandbox) next_at: Option<Timestamp>,
}

impl SandboxDone {
    /// What the marketplace has answered, the instance that it was about, and where the clock stands.
    pub(in crate::sandbox) fn of(answer: Value, instance: Option<String>, turned: Turned) -> Self {
        Self {
            answer: Some(answer).filter(|answer| !answer.is_null()),
            instance,
            now: turned.now,
            stop: turned.stop,
            reached: turned.reached,
            jobs: turned.jobs,
            took_millis: u64::try_from(turned.took.as_millis()).unwrap_or(u64::MAX),
            next_at: turned.next_at,
        }
    }
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(in crate::sandbox) struct SandboxList {
    #[schema(value_type = Vec<Object>)]
    pub(in crate::sandbox) items: Vec<Value>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::sandbox) struct SandboxSkus {
    #[schema(value_type = Vec<SandboxSku>)]
    pub(in crate::sandbox) items: Value,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(in crate::sandbox) struct SandboxMoney {
    pub(in crate::sandbox) wallets: Vec<SandboxWallet>,
    /// Paid and neither settled nor given back, by currency.
    pub(in crate::sandbox) escrow: Vec<Money>,
    /// Paid for use, by currency.
    pub(in crate::sandbox) usage: Vec<Money>,
    /// Whether the books of the sandbox fit what is derived from them.
    pub(in crate::sandbox) in_order: bool,
    pub(in crate::sandbox) difference: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(in crate::sandbox) struct SandboxWallet {
    pub(in crate::sandbox) buyer: usize,
    pub(in crate::sandbox) name: String,
    pub(in crate::sandbox) balances: Vec<Money>,
}

/// What one of the buyers buys.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"buyer": 1, "sku": "sku_01jd8kx2v9e5jtf6xw4sz3q7ab", "quantities": {"users": 10}, "periods": 1, "automatic": true}))]
pub(in crate::sandbox) struct SandboxPurchase {
    #[serde(default = "first")]
    #[schema(minimum = 1, maximum = 2, default = 1)]
    pub(in crate::sandbox) buyer: usize,
    pub(in crate::sandbox) sku: SkuId,
    #[serde(default)]
    pub(in crate::sandbox) quantities: BTreeMap<String, u64>,
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 366, default = 1)]
    pub(in crate::sandbox) periods: u32,
    #[serde(default)]
    pub(in crate::sandbox) period_unit: Option<PeriodUnit>,
    /// Renew it automatically for the same length at the same price.
    #[serde(default)]
    pub(in crate::sandbox) automatic: bool,
}

fn first() -> usize {
    1
}

fn one() -> u32 {
    1
}

/// What one of the buyers tries.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"buyer": 1, "sku": "sku_01jd8kx2v9e5jtf6xw4sz3q7ab", "quantities": {"users": 10}}))]
pub(in crate::sandbox) struct SandboxTrial {
    #[serde(default = "first")]
    #[schema(minimum = 1, maximum = 2, default = 1)]
    pub(in crate::sandbox) buyer: usize,
    pub(in crate::sandbox) sku: SkuId,
    #[serde(default)]
    pub(in crate::sandbox) quantities: BTreeMap<String, u64>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::sandbox) struct SandboxConversion {
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 366, default = 1)]
    pub(in crate::sandbox) periods: u32,
    /// Without it, the shortest that is sold.
    #[serde(default)]
    pub(in crate::sandbox) period_unit: Option<PeriodUnit>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::sandbox) struct SandboxRenewal {
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 366, default = 1)]
    pub(in crate::sandbox) periods: u32,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::sandbox) struct SandboxExpiry {
    /// Whether it is renewed automatically, at what it costs now; otherwise it ends.
    pub(in crate::sandbox) automatic: bool,
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 366, default = 1)]
    pub(in crate::sandbox) periods: u32,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::sandbox) struct SandboxChange {
    /// Another edition; without it, the same one.
    #[serde(default)]
    pub(in crate::sandbox) sku: Option<SkuId>,
    #[serde(default)]
    pub(in crate::sandbox) quantities: BTreeMap<String, u64>,
}
