//! What a seller does and looks at in its sandbox.

use std::{collections::BTreeMap, sync::Arc};

use accounts::{Permission, Seller};
use doors::Elsewhere;
use kernel::{
    Error, Invalid, Localized, Result, Thing,
    id::{ErrandId, InstanceId, OrderId, ProductionCallId, SkuId},
};
use ledger::BookKind;
use policy::SandboxRules;
use pricing::PeriodUnit;
use production::Fault;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::{
    Room, Sandboxes,
    apart::uncounted,
    inside::{Actor, Inside},
    rules::{InjectFaults, SandboxRefused, TurnSandbox},
    turning::{Budget, Turned},
};

/// Something that is done in a sandbox.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    Turn(TurnSandbox),
    Buy(Purchase),
    Renew(InstanceId, u32),
    /// Whether it is renewed automatically, each time for so many periods.
    GoesOn(InstanceId, bool, u32),
    Change(InstanceId, Option<SkuId>, BTreeMap<String, u64>),
    Return(InstanceId),
    Restart(ErrandId),
}

/// What a buyer buys.
#[derive(Clone, Debug)]
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

/// What came of a deed: what the marketplace has answered, the instance that it was about, and where the clock stands.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) answer: Value,
    pub(super) instance: Option<String>,
    pub(super) turned: Turned,
}

/// Something that is looked at in a sandbox.
#[derive(Clone, Copy, Debug)]
pub(super) enum Look {
    Skus,
    Orders,
    Instances,
    Errands,
    Calls,
    Messages,
    Money,
}

/// Something that can be bought in a sandbox.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct SandboxSku {
    #[schema(value_type = SkuId)]
    pub(super) sku: String,
    /// The seller's own code of it.
    pub(super) sku_code: String,
    pub(super) product: Localized,
    pub(super) spec: Localized,
    #[schema(example = "period")]
    pub(super) billing_mode: String,
    pub(super) quantities: Vec<SandboxQuantity>,
}

/// What is bought by number.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct SandboxQuantity {
    #[schema(example = "users")]
    pub(super) code: String,
    pub(super) min: u64,
    pub(super) max: u64,
}

const LIST: &str = "limit=100";

impl Sandboxes {
    /// Does something in a seller's sandbox, in a task of its own: who asked may hang up, and it goes deep.
    pub(super) async fn act(&self, seller: &Seller, deed: Deed) -> Result<Done> {
        seller.may(Permission::Integrate)?;
        let (rules, zone) = {
            let policy = self.policies.current().await?;
            (policy.sandbox.clone(), policy.zone())
        };
        let room = self.of_seller(seller)?;
        // What is called is what its seller has proven now, with the keys of now.
        let present = self.production.copied_address(&mut self.app.db.read(), seller).await?;
        if present.map(|address| address.mark()) != room.inside()?.address {
            return Err(SandboxRefused::OtherAddress.into());
        }
        let (sandboxes, at) = (self.clone(), room.clone());
        let acting = tokio::spawn(uncounted(async move {
            let _work = at.work.try_lock().map_err(|_| SandboxRefused::AtWork)?;
            let _visit = at.visitors.read().await;
            let done = at.carry_out(deed, &rules, &zone).await;
            at.is_used(sandboxes.app.clock.now());
            done
        }));
        match acting.await.map_err(Error::fault)? {
            // The server must not do it again: something of it may be done.
            Err(Error::Busy) => Err(SandboxRefused::AtWork.into()),
            done => done,
        }
    }

    /// Looks at something in a seller's sandbox.
    pub(super) async fn look(&self, seller: &Seller, look: Look) -> Result<Value> {
        seller.may(Permission::View)?;
        let room = self.ready(seller)?;
        if seller.may(Permission::Integrate).is_ok() {
            room.is_used(self.app.clock.now());
        }
        let looking = tokio::spawn(uncounted(async move {
            let _visit = room.visitors.read().await;
            // The books are derived for it: once at a time.
            let _counting = match look {
                Look::Money => Some(room.counting.try_lock().map_err(|_| SandboxRefused::AtWork)?),
                Look::Skus | Look::Orders | Look::Instances | Look::Errands | Look::Calls | Look::Messages => None,
            };
            room.inside()?.look(look).await
        }));
        looking.await.map_err(Error::fault)?
    }

    /// The same for the door that programs ask at.
    pub(crate) fn orders(&self) -> Elsewhere {
        let sandboxes = self.clone();
        Arc::new(move |seller, order| {
            let sandboxes = sandboxes.clone();
            Box::pin(async move { sandboxes.order(&seller, order).await })
        })
    }

    /// What a seller's program is told of an order of its sandbox, when it asks the site. None: there is no such order.
    async fn order(&self, seller: &Seller, (order, line): (String, Option<String>)) -> Option<Value> {
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        let line = line.unwrap_or_default();
        let room = self.ready(seller).ok().filter(|_| plain(&order) && plain(&line))?;
        let path = format!("/api/mkp-openapi-public/global/v1/order/query?orderId={order}&orderLineId={line}");
        let asking = tokio::spawn(uncounted(async move {
            // The program asks while it is called; whoever ends the sandbox waits for that call alone.
            let _visit = room.visitors.try_read().ok()?;
            let inside = room.inside().ok()?;
            inside.ask(&inside.seller, "GET", &path, None).await.ok()
        }));
        asking.await.ok().flatten()
    }

    /// Injects other faults from now on.
    pub(super) fn inject(&self, seller: &Seller, faults: &InjectFaults) -> Result<Arc<Room>> {
        seller.may(Permission::Integrate)?;
        let plan = faults.checked()?;
        let room = self.of_seller(seller)?;
        room.inside()?.way.inject(plan);
        Ok(room)
    }
}

impl Room {
    /// What is in it, as long as it has not ended.
    pub(super) fn inside(&self) -> Result<&Inside> {
        self.made.get().filter(|_| !self.ended.is_cancelled()).ok_or(Error::NotFound(Thing::Sandbox))
    }

    async fn carry_out(&self, deed: Deed, rules: &SandboxRules, zone: &jiff::tz::TimeZone) -> Result<Done> {
        let inside = self.inside()?;
        if inside.bytes() >= u64::from(rules.megabytes_max) * 1_048_576 {
            return Err(SandboxRefused::Full(rules.megabytes_max).into());
        }
        let budget = Budget::of(rules);
        if let Deed::Turn(turn) = deed {
            let stop = turn.checked((self.started_at, inside.now()), rules.turn_days_max, zone)?;
            let turned = inside.turn((stop, self.started_at), budget, &self.ended).await?;
            inside.aim(Some(turned.stop).filter(|_| !turned.reached));
            return Ok(Done { answer: Value::Null, instance: None, turned });
        }
        let (answer, instance) = inside.does(&deed).await?;
        let turned = inside.settle(budget, &self.ended).await?;
        match deed {
            Deed::Buy(purchase) => inside.bought(&purchase, &answer, turned).await,
            Deed::Turn(_)
            | Deed::Renew(..)
            | Deed::GoesOn(..)
            | Deed::Change(..)
            | Deed::Return(_)
            | Deed::Restart(_) => Ok(Done { answer, instance, turned }),
        }
    }
}

impl Inside {
    /// Does what is to be done now; the clock stands still.
    async fn does(&self, deed: &Deed) -> Result<(Value, Option<String>)> {
        let done = match deed {
            Deed::Turn(_) => (Value::Null, None),
            Deed::Buy(purchase) => (self.buy(purchase).await?, None),
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

    async fn buy(&self, purchase: &Purchase) -> Result<Value> {
        let Purchase { buyer, sku, quantities, periods, period_unit, automatic } = purchase;
        let who = self.buyers.get(*buyer).ok_or_else(|| Invalid::one("buyer", ("must be 1 or 2", "须为 1 或 2")))?;
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
    async fn bought(&self, purchase: &Purchase, order: &Value, turned: Turned) -> Result<Done> {
        let who = self.buyers.get(purchase.buyer).ok_or(Error::NotFound(Thing::Order))?;
        let id: OrderId = order["id"].as_str().unwrap_or_default().parse().map_err(Error::fault)?;
        let answer = self.ask(who, "GET", &format!("/api/v1/orders/{id}"), None).await?;
        let owned = self.ask(who, "GET", "/api/v1/instances?limit=10", None).await?;
        let owned = owned["items"].as_array().into_iter().flatten();
        let instance = owned.filter(|one| one["order"] == order["id"]).find_map(|one| one["id"].as_str());
        Ok(Done { answer, instance: instance.map(str::to_owned), turned })
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

    async fn look(&self, look: Look) -> Result<Value> {
        match look {
            Look::Skus => self.skus().await,
            Look::Orders => self.ask(&self.seller, "GET", &format!("/api/v1/seller/orders?{LIST}"), None).await,
            Look::Instances => self.ask(&self.seller, "GET", &format!("/api/v1/seller/instances?{LIST}"), None).await,
            Look::Errands => self.ask(&self.seller, "GET", &format!("/api/v1/seller/errands?{LIST}"), None).await,
            Look::Calls => self.calls().await,
            Look::Messages => self.messages().await,
            Look::Money => self.money().await,
        }
    }

    /// What can be bought now.
    async fn skus(&self) -> Result<Value> {
        let path = format!("/api/v1/products?seller={}&{LIST}", self.seller.account);
        let listed = self.ask(&self.seller, "GET", &path, None).await?;
        let mut items = Vec::new();
        for product in each(&listed["items"]) {
            let id = product["id"].as_str().unwrap_or_default();
            let page = self.ask(&self.seller, "GET", &format!("/api/v1/products/{id}"), None).await?;
            if !page["sold_later"].is_null() {
                continue;
            }
            for spec in each(&page["specs"]).filter(|spec| spec["sold_later"].is_null()) {
                items.extend(each(&spec["skus"]).map(|sku| one_sku(&page, spec, sku)));
            }
        }
        serde_json::to_value(json!({ "items": items })).map_err(Error::fault)
    }

    /// The calls of the seller's system, each with the fault that it met.
    async fn calls(&self) -> Result<Value> {
        let mut calls = self.ask(&self.seller, "GET", &format!("/api/v1/seller/production-calls?{LIST}"), None).await?;
        for call in calls["items"].as_array_mut().into_iter().flatten() {
            let id: Option<ProductionCallId> = call["id"].as_str().and_then(|id| id.parse().ok());
            let fault = id.and_then(|id| self.way.fault_of(id)).map(Fault::as_str);
            call["fault"] = json!(fault);
        }
        Ok(calls)
    }

    /// What everybody inside was told, newest first for each.
    async fn messages(&self) -> Result<Value> {
        let mut items = Vec::new();
        for who in [&self.seller].into_iter().chain(&self.buyers) {
            let inbox = self.ask(who, "GET", "/api/v1/messages?limit=50", None).await?;
            for message in each(&inbox["items"]) {
                let mut message = message.clone();
                message["to"] = json!(who.name);
                items.push(message);
            }
        }
        Ok(json!({ "items": items }))
    }

    /// Wallets, escrow, and whether the books are in order.
    async fn money(&self) -> Result<Value> {
        let mut wallets = Vec::new();
        for (place, buyer) in (1..).zip(&self.buyers) {
            let wallet = self.ask(buyer, "GET", "/api/v1/wallet", None).await?;
            wallets.push(json!({ "buyer": place, "name": buyer.name, "balances": wallet["balances"] }));
        }
        let policy = self.kontor.policies.current().await?;
        let mut tx = self.kontor.app.db.read();
        let (mut escrow, mut usage) = (Vec::new(), Vec::new());
        for currency in &policy.site.currencies {
            escrow.push(self.kontor.ledger.site_balance(&mut tx, BookKind::Escrow, *currency).await?);
            usage.push(self.kontor.ledger.site_balance(&mut tx, BookKind::Usage, *currency).await?);
        }
        drop(tx);
        let difference = self.kontor.audit().await?.err().map(|difference| difference.to_string());
        Ok(json!({
            "wallets": wallets, "escrow": escrow, "usage": usage, "in_order": difference.is_none(), "difference": difference
        }))
    }
}

/// The items of a list; of anything else none.
pub(super) fn each(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
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

fn one_sku(page: &Value, spec: &Value, sku: &Value) -> SandboxSku {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let text = |value: &Value| serde_json::from_value(value.clone()).unwrap_or_default();
    let quantity = |quantity: &Value| SandboxQuantity {
        code: word(&quantity["code"]),
        min: quantity["min"].as_u64().unwrap_or(1),
        max: quantity["max"].as_u64().unwrap_or(u64::MAX),
    };
    SandboxSku {
        sku: word(&sku["id"]),
        sku_code: word(&sku["sku_code"]),
        product: text(&page["name"]),
        spec: text(&spec["name"]),
        billing_mode: word(&spec["billing_mode"]),
        quantities: each(&sku["plan"]["quantities"]).map(quantity).collect(),
    }
}
