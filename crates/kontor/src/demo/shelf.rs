//! What has left the demo's shelf or stands on it for some only: a product whose trade is frozen, one that is meant for named
//! customers, limits and stock, an application to take something off sale, the catalogue of an organisation.

use anyhow::Context;
use kernel::time::HOUR;
use serde_json::{Value, json};

use super::{Demo, scenes::STAR, world::Duty};
use crate::stage::client::{Sent, text};

/// What comes after the products that are sold, the draft and the one that waits for review.
const FROZEN: usize = 2;
const NAMED: usize = 3;

impl Demo {
    /// Lists a product that nobody trades; its id.
    async fn list_apart(&mut self, place: usize) -> anyhow::Result<String> {
        let product = self.content.sold + place;
        let draft = self.draft(product).await?;
        let id = text(&draft, "id")?.to_owned();
        let revision = self.submit(self.content.seller_of(product)?, &id).await?;
        let desk = self.world.desk(Duty::Review).await?;
        let path = format!("/api/v1/operator/revisions/{}/approval", text(&revision, "id")?);
        self.world.post(&desk, &path, json!({})).await?;
        Ok(id)
    }

    /// The operator has frozen its trade, and the seller appeals.
    pub(super) async fn frozen_product(&mut self) -> anyhow::Result<()> {
        let product = self.list_apart(FROZEN).await?;
        let desk = self.world.desk(Duty::Review).await?;
        let until = self.world.end.plus_days(9).to_string();
        let statement = json!({
            "kind": "freeze",
            "rule": "Listings promise what is delivered (cooperation agreement, 5.2).",
            "facts": "Three buyers report that the subscription by mail has not worked since Monday; the service telephone was not answered twice.",
            "remedy": "Make the subscription work, answer the three buyers, and tell us when it is done.",
            "until": until,
        });
        let path = format!("/api/v1/operator/products/{product}/measures");
        let measure = self.world.post(&desk, &path, statement).await?;
        let at = self.world.now().plus_micros(5 * HOUR);
        self.world.turn_to(at).await?;
        let token = self.shop(STAR)?.person.token.clone();
        let appeal = json!({ "text": "The mail provider had an outage that ended on Tuesday at noon; its report is on our site. All three buyers were called back the same day." });
        let path = format!("/api/v1/seller/measures/{}/appeal", text(&measure, "id")?);
        self.world.post(&token, &path, appeal).await.map(drop)
    }

    /// A product for two customers, a spec for enterprises, limits, stock, and something that shall leave.
    pub(super) async fn chosen_customers(&mut self) -> anyhow::Result<()> {
        let product = self.list_apart(NAMED).await?;
        let token = self.shop(STAR)?.person.token.clone();
        let base = format!("/api/v1/seller/products/{product}");
        let named = json!({ "reach": "named", "customers": "enterprise", "regions": "certified" });
        self.set(&token, &format!("{base}/audience"), named).await?;
        let customers: Vec<_> = self.buyers.values().take(2).map(|buyer| buyer.person.clone()).collect();
        for customer in customers {
            let body = json!({ "account": customer.account, "name": customer.name });
            self.world.post(&token, &format!("{base}/named-accounts"), body).await?;
        }
        let sold = self.drafts.get(&0).context("the first product is there")?.clone();
        let base = format!("/api/v1/seller/products/{sold}");
        let listing = self.world.client.get(&token, &base).await?;
        let spec = text(&listing["listing"]["specs"][0], "code")?.to_owned();
        let limit = json!({ "spec": spec, "units": { "of": "servers", "max": 5_000 } });
        self.set(&token, &format!("{base}/limits"), limit).await?;
        let page = self.world.client.get(&token, &format!("/api/v1/products/{sold}")).await?;
        let skus = page["specs"][0]["skus"].as_array().cloned().unwrap_or_default();
        let last = skus.last().context("the first product is sold")?;
        let stock = json!({ "sku": last["id"], "left": 40 });
        self.set(&token, &format!("{base}/stock"), stock).await?;
        let leaving = json!({
            "sku": last["id"],
            "reason": "The edition is replaced by the next one in spring; present customers are served until their terms end."
        });
        self.world.post(&token, &format!("{base}/removals"), leaving).await.map(drop)
    }

    /// An organisation that has begun to say what its people may buy.
    pub(super) async fn own_catalogue(&mut self) -> anyhow::Result<()> {
        let token = self.buyers.get(&STAR).context("the first buyer is here")?.person.token.clone();
        let products: Vec<String> =
            self.shelf.iter().take(3).filter_map(|shelved| self.drafts.get(&shelved.product).cloned()).collect();
        for product in products {
            self.set(&token, &format!("/api/v1/private-catalogue/products/{product}"), Value::Null).await?;
        }
        Ok(())
    }

    pub(super) async fn set(&self, token: &str, path: &str, body: Value) -> anyhow::Result<()> {
        let body = Some(body).filter(|body| !body.is_null());
        let sent = Sent { token: Some(token), body, ..Sent::default() };
        self.world.client.call("PUT", path, sent).await?.good(path)?;
        Ok(())
    }
}
