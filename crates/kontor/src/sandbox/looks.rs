//! What a seller looks at in its sandbox.

use kernel::{
    Error, Localized, Result,
    id::{ProductionCallId, SkuId},
};
use ledger::BookKind;
use production::Fault;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Room, inside::Inside, rules::SandboxRefused};

/// Something that is looked at in a sandbox.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Look {
    Skus,
    Orders,
    Instances,
    Errands,
    Calls,
    Messages,
    Money,
    /// What is used of what is paid by use, what was charged for it, and what was refused.
    Usage,
    Charges,
    Refusals,
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
    /// For how many days it can be tried for nothing; none: it cannot.
    pub(super) trial_days: Option<u64>,
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

impl Room {
    /// Looks at something in it.
    pub(super) async fn look(&self, look: Look) -> Result<Value> {
        let _visit = self.visitors.read().await;
        // The books are derived for it: once at a time.
        let _counting = match look {
            Look::Money => Some(self.counting.try_lock().map_err(|_| SandboxRefused::AtWork)?),
            Look::Skus
            | Look::Orders
            | Look::Instances
            | Look::Errands
            | Look::Calls
            | Look::Messages
            | Look::Usage
            | Look::Charges
            | Look::Refusals => None,
        };
        self.inside()?.look(look).await
    }
}

impl Inside {
    async fn look(&self, look: Look) -> Result<Value> {
        match look {
            Look::Skus => self.skus().await,
            Look::Orders => self.ask(&self.seller, "GET", &format!("/api/v1/seller/orders?{LIST}"), None).await,
            Look::Instances => self.ask(&self.seller, "GET", &format!("/api/v1/seller/instances?{LIST}"), None).await,
            Look::Errands => self.ask(&self.seller, "GET", &format!("/api/v1/seller/errands?{LIST}"), None).await,
            Look::Calls => self.calls().await,
            Look::Messages => self.messages().await,
            Look::Money => self.money().await,
            Look::Usage => self.ask(&self.seller, "GET", &format!("/api/v1/seller/usage?{LIST}"), None).await,
            Look::Charges => self.ask(&self.seller, "GET", &format!("/api/v1/seller/usage-charges?{LIST}"), None).await,
            Look::Refusals => {
                self.ask(&self.seller, "GET", &format!("/api/v1/seller/usage-refusals?{LIST}"), None).await
            }
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
        trial_days: spec["trial_days"].as_u64(),
        quantities: each(&sku["plan"]["quantities"]).map(quantity).collect(),
    }
}
