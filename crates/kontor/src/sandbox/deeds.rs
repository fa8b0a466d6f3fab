//! What a seller does in its sandbox.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use accounts::{Permission, Seller};
use kernel::{
    Error, Invalid, Result, Thing,
    id::{ErrandId, InstanceId, OrderId, SkuId},
};
use policy::SandboxRules;
use pricing::PeriodUnit;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::sync::SemaphorePermit;
use tracing::Instrument;

use super::{
    Room, Sandboxes,
    apart::uncounted,
    api::{SandboxDone, SandboxFaults, SandboxJson},
    inside::{Actor, Inside},
    nodes::Wish,
    rules::{SandboxRefused, TurnSandbox},
    turning::{Budget, Turned},
    usage::UseInSandbox,
};

/// Something that is done in a sandbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Deed {
    Turn(TurnSandbox),
    Buy(Purchase),
    Try(Purchase),
    /// A trial is bought and goes on.
    Convert(InstanceId, u32, Option<PeriodUnit>),
    Renew(InstanceId, u32),
    /// Whether it is renewed automatically, each time for so many periods.
    GoesOn(InstanceId, bool, u32),
    Change(InstanceId, Option<SkuId>, BTreeMap<String, u64>),
    Return(InstanceId),
    Restart(ErrandId),
    Use(InstanceId, UseInSandbox),
}

/// What a buyer buys, or tries.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Purchase {
    /// The place among the buyers.
    pub(super) buyer: usize,
    pub(super) sku: SkuId,
    pub(super) quantities: BTreeMap<String, u64>,
    pub(super) periods: u32,
    pub(super) period_unit: Option<PeriodUnit>,
    /// Whether it is renewed automatically from the beginning.
    pub(super) automatic: bool,
}

/// How long somebody waits for a desk.
const DESK_WITHIN: Duration = Duration::from_secs(15);

/// What came of deeds whose answer may have got lost: the same again is not done again. It is known as long as the sandbox.
#[derive(Default)]
pub(super) struct KeptDeeds(Mutex<VecDeque<(String, SandboxDone)>>);

const KEPT: usize = 50;

impl KeptDeeds {
    fn find(&self, key: Option<&str>) -> Option<SandboxDone> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(known, _)| Some(known.as_str()) == key).map(|(_, done)| done.clone())
    }

    fn keep(&self, key: Option<String>, done: &SandboxDone) {
        let Some(key) = key else { return };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back((key, done.clone()));
    }
}

impl Sandboxes {
    /// Does something in a seller's sandbox. `key`: by which it is known when it is asked for again.
    pub(super) async fn act(&self, seller: &Seller, key: Option<String>, deed: Deed) -> Result<SandboxDone> {
        seller.may(Permission::Integrate)?;
        // What is called is what its seller has proven now, with the keys of now.
        let present = self.production.copied_address(&mut self.app.db.read(), seller).await?;
        let mark = present.map(|address| address.mark());
        // The same key for something else is something else.
        let key = key.map(|key| serde_json::to_string(&(key, &deed))).transpose().map_err(Error::fault)?;
        self.wish(seller, Wish::Act { deed, key, mark }).await
    }

    /// Fulfils a wish here, in a task of its own: who asked may hang up, and it goes deep.
    pub(super) async fn grant(&self, room: Arc<Room>, wish: Wish) -> Result<Value> {
        let (sandboxes, span) = (self.clone(), room.span());
        let granting = uncounted(async move {
            match wish {
                Wish::Show => json_of(&SandboxJson::of(&room, sandboxes.rules().await?.idle_minutes)?),
                Wish::Act { deed, key, mark } => json_of(&sandboxes.act_in(&room, deed, (key, mark)).await?),
                Wish::Look(look) => room.look(look).await,
                Wish::Inject(faults) => {
                    room.inside()?.way.inject(faults.checked()?);
                    json_of(&SandboxFaults::of(&room)?)
                }
                Wish::Order(order, line) => room.order(&order, &line).await,
                Wish::Push(pushed) => json_of(&room.take_in(sandboxes.app.clock.now(), pushed).await?),
            }
        });
        match tokio::spawn(granting.instrument(span)).await.map_err(Error::fault)? {
            // The server must not do it again: something of it may be done.
            Err(Error::Busy) => Err(SandboxRefused::AtWork.into()),
            done => done,
        }
    }

    async fn act_in(
        &self,
        room: &Arc<Room>,
        deed: Deed,
        (key, mark): (Option<String>, Option<String>),
    ) -> Result<SandboxDone> {
        let (rules, zone) = {
            let policy = self.policies.current().await?;
            (policy.sandbox.clone(), policy.zone())
        };
        let _work = room.work.try_lock().map_err(|_| SandboxRefused::AtWork)?;
        let _visit = room.visitors.read().await;
        if let Some(done) = room.kept.find(key.as_deref()) {
            return Ok(done);
        }
        if mark != room.inside()?.address {
            return Err(SandboxRefused::OtherAddress.into());
        }
        let _desk = self.desk().await?;
        room.inside()?.keep_up(self.app.clock.now());
        let done = room.carry_out(deed, &rules, &zone).await;
        let now = self.app.clock.now();
        room.is_used(now);
        room.inside()?.note_ahead(now);
        let done = done?;
        room.kept.keep(key, &done);
        Ok(done)
    }

    /// A place among those who work: sandboxes leave the site its share of the machine.
    pub(super) async fn desk(&self) -> Result<SemaphorePermit<'_>> {
        let waiting = tokio::time::timeout(DESK_WITHIN, self.desks.acquire());
        waiting.await.map_err(|_| SandboxRefused::Crowded)?.map_err(Error::fault)
    }
}

fn json_of(value: &impl Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(Error::fault)
}

impl Room {
    /// What is in it, as long as it has not ended.
    pub(super) fn inside(&self) -> Result<&Inside> {
        self.made.get().filter(|_| !self.ended.is_cancelled()).ok_or(Error::NotFound(Thing::Sandbox))
    }

    async fn carry_out(&self, deed: Deed, rules: &SandboxRules, zone: &jiff::tz::TimeZone) -> Result<SandboxDone> {
        let inside = self.inside()?;
        if inside.bytes() >= u64::from(rules.megabytes_max) * 1_048_576 {
            return Err(SandboxRefused::Full(rules.megabytes_max).into());
        }
        let budget = Budget::of(rules);
        if let Deed::Turn(turn) = deed {
            let stop = turn.checked((self.started_at, inside.now()), rules.turn_days_max, zone)?;
            let turned = inside.turn((stop, self.started_at), budget, &self.ended).await;
            // What was aimed at before is left, or lies behind.
            inside.aim(turned.as_ref().ok().filter(|turned| !turned.reached).map(|turned| turned.stop));
            return Ok(SandboxDone::of(Value::Null, None, turned?));
        }
        let (answer, instance) = inside.does(&deed).await?;
        let turned = inside.settle(budget, &self.ended).await?;
        match deed {
            Deed::Buy(purchase) | Deed::Try(purchase) => inside.bought(&purchase, &answer, turned).await,
            Deed::Turn(_)
            | Deed::Convert(..)
            | Deed::Renew(..)
            | Deed::GoesOn(..)
            | Deed::Change(..)
            | Deed::Return(_)
            | Deed::Restart(_)
            | Deed::Use(..) => Ok(SandboxDone::of(answer, instance, turned)),
        }
    }
}

impl Inside {
    /// Does what is to be done now; the clock stands still.
    async fn does(&self, deed: &Deed) -> Result<(Value, Option<String>)> {
        let done = match deed {
            Deed::Turn(_) => (Value::Null, None),
            Deed::Buy(purchase) => (self.buy(purchase).await?, None),
            Deed::Try(Purchase { buyer, sku, quantities, .. }) => {
                let wanted = json!({ "sku": sku, "quantities": quantities });
                (self.ask(self.buyer(*buyer)?, "POST", "/api/v1/trials", Some(wanted)).await?, None)
            }
            Deed::Convert(id, periods, unit) => (self.convert(*id, *periods, *unit).await?, Some(id.to_string())),
            Deed::Use(id, used) => (self.report(*id, used).await?, Some(id.to_string())),
            Deed::Renew(id, periods) => {
                let (owner, path) = (self.owner(*id).await?, format!("/api/v1/instances/{id}/renewal"));
                let preview = self.ask(owner, "GET", &format!("{path}?periods={periods}"), None).await?;
                let wish = json!({ "periods": periods, "seen": preview["seen"] });
                (self.ask(owner, "POST", &path, Some(wish)).await?, Some(id.to_string()))
            }
            Deed::GoesOn(id, automatic, periods) => {
                let (owner, path) = (self.owner(*id).await?, format!("/api/v1/instances/{id}"));
                let wish = if *automatic {
                    let preview = self.ask(owner, "GET", &format!("{path}/renewal?periods={periods}"), None).await?;
                    json!({ "policy": "automatic", "periods": periods, "price_max": preview["total"] })
                } else {
                    json!({ "policy": "end" })
                };
                (self.ask(owner, "PUT", &format!("{path}/expiry"), Some(wish)).await?, Some(id.to_string()))
            }
            Deed::Change(id, sku, quantities) => {
                let (owner, path) = (self.owner(*id).await?, format!("/api/v1/instances/{id}"));
                let mut wish = json!({ "quantities": quantities });
                if let Some(sku) = sku {
                    wish["sku"] = json!(sku);
                }
                let preview = self.ask(owner, "POST", &format!("{path}/change-preview"), Some(wish.clone())).await?;
                wish["seen"] = preview["seen"].clone();
                (self.ask(owner, "POST", &format!("{path}/changes"), Some(wish)).await?, Some(id.to_string()))
            }
            Deed::Return(id) => {
                let (owner, path) = (self.owner(*id).await?, format!("/api/v1/instances/{id}/return"));
                (self.ask(owner, "POST", &path, Some(json!({}))).await?, Some(id.to_string()))
            }
            Deed::Restart(id) => {
                let path = format!("/api/v1/seller/errands/{id}/restart");
                (self.ask(&self.seller, "POST", &path, None).await?, None)
            }
        };
        Ok(done)
    }

    fn buyer(&self, place: usize) -> Result<&Actor> {
        let nobody = || Invalid::one("buyer", ("must be 1 or 2", "须为 1 或 2")).into();
        self.buyers.get(place).ok_or_else(nobody)
    }

    async fn convert(&self, id: InstanceId, periods: u32, unit: Option<PeriodUnit>) -> Result<Value> {
        let (owner, path) = (self.owner(id).await?, format!("/api/v1/instances/{id}/conversion"));
        let unit = unit.map(|unit| json!(unit));
        let unit_asked = unit.as_ref().and_then(Value::as_str).map(|unit| format!("&period_unit={unit}"));
        let asked = format!("{path}?periods={periods}{}", unit_asked.unwrap_or_default());
        let preview = self.ask(owner, "GET", &asked, None).await?;
        let mut wish = json!({ "periods": periods, "seen": preview["seen"] });
        if let Some(unit) = unit {
            wish["period_unit"] = unit;
        }
        self.ask(owner, "POST", &path, Some(wish)).await
    }

    async fn buy(&self, purchase: &Purchase) -> Result<Value> {
        let Purchase { buyer, sku, quantities, periods, period_unit, automatic } = purchase;
        let who = self.buyer(*buyer)?;
        let mut wanted = json!({ "sku": sku, "quantities": quantities, "periods": periods });
        if let Some(unit) = period_unit {
            wanted["period_unit"] = json!(unit);
        }
        let mut quote = self.ask(who, "POST", "/api/v1/quotes", Some(wanted.clone())).await?;
        let product = quote["product"].as_str().unwrap_or_default();
        let page = self.ask(who, "GET", &format!("/api/v1/products/{product}"), None).await?;
        let answers = samples(&page);
        let asks = !answers.is_empty() || page["contacts"] != json!({ "phone": false, "email": false });
        (wanted["answers"], wanted["contacts"]) = (Value::Object(answers), page["contacts"].clone());
        if *automatic {
            wanted["renew_up_to"] = quote["total"].clone();
        }
        if *automatic || asks {
            quote = self.ask(who, "POST", "/api/v1/quotes", Some(wanted)).await?;
        }
        let order = json!({ "quote": quote["id"], "pay_with": "wallet" });
        self.ask(who, "POST", "/api/v1/orders", Some(order)).await
    }

    /// What has become of a purchase by now.
    async fn bought(&self, purchase: &Purchase, order: &Value, turned: Turned) -> Result<SandboxDone> {
        let who = self.buyers.get(purchase.buyer).ok_or(Error::NotFound(Thing::Order))?;
        let id: OrderId = order["id"].as_str().unwrap_or_default().parse().map_err(Error::fault)?;
        let answer = self.ask(who, "GET", &format!("/api/v1/orders/{id}"), None).await?;
        let owned = self.ask(who, "GET", "/api/v1/instances?limit=10", None).await?;
        let owned = owned["items"].as_array().into_iter().flatten();
        let instance = owned.filter(|one| one["order"] == order["id"]).find_map(|one| one["id"].as_str());
        Ok(SandboxDone::of(answer, instance.map(str::to_owned), turned))
    }

    /// Whose an instance is.
    async fn owner(&self, id: InstanceId) -> Result<&Actor> {
        for buyer in &self.buyers {
            match self.ask(buyer, "GET", &format!("/api/v1/instances/{id}"), None).await {
                Ok(_) => return Ok(buyer),
                Err(Error::Refused(refusal)) if refusal.status() == 404 => {}
                Err(other) => return Err(other),
            }
        }
        Err(Error::NotFound(Thing::Instance))
    }
}

/// What a buyer of a sandbox answers to the questions of a product.
fn samples(page: &Value) -> Map<String, Value> {
    let sample = |question: &Value| {
        let value = match question["kind"].as_str() {
            Some("number") => "5",
            Some("email") => "test@example.com",
            Some("phone") => "13800138000",
            Some("domain") => "example.com",
            Some(_) | None => "Test",
        };
        Some((question["name"].as_str()?.to_owned(), Value::from(value)))
    };
    page["parameters"].as_array().into_iter().flatten().filter_map(sample).collect()
}
