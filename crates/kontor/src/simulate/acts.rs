//! What people do, drawn at random. A refusal is an answer like any other; an error of ours ends the run.

use anyhow::{Context, ensure};
use rand::RngExt;
use serde_json::{Value, json};

use super::world::World;
use crate::stage::{
    client::{Reply, Sent, text},
    listing,
};

macro_rules! acts {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {
        #[derive(Clone, Copy, Debug)]
        pub(super) enum Act { $($(#[$meta])* $name),+ }
        impl Act {
            /// The common ones stand more than once.
            pub(super) const ALL: &[Self] = &[
                $(Self::$name,)+ Self::Buy, Self::Buy, Self::Buy, Self::Buy, Self::Buy, Self::Place, Self::Pay, Self::TopUp, Self::TopUp,
                Self::RunJobs, Self::RunJobs, Self::RunJobs, Self::Return, Self::Return, Self::UseLicence, Self::Renew, Self::Renew, Self::Agree,
                Self::Try, Self::Convert, Self::Convert, Self::ReportUse, Self::ReportUse, Self::ReportUse, Self::ReportUse,
                Self::ReportUse, Self::CorrectUse, Self::CorrectUse, Self::Change, Self::Change, Self::RenewAsAnother, Self::RenewAsAnother
            ];
        }
    };
}

acts! {
    Register,
    OpenShop,
    TopUp,
    RejectTopUp,
    Quote,
    /// Accepts the last quote and pays at once.
    Buy,
    /// Accepts the last quote and pays later or never.
    Place,
    Pay,
    /// Starts the one trial that a buyer has of what a shop runs itself.
    Try,
    /// Buys what is tried, at the price that was shown.
    Convert,
    Cancel,
    /// Opens something that is paid as it is used.
    BeginUse,
    /// A seller's system reports what was used: in time, late, again, or wrongly.
    ReportUse,
    EndUse,
    /// A seller corrects what its system has reported; where its buyer has to agree, that does or does not.
    CorrectUse,
    /// Sends an order again with its old key.
    Repeat,
    Return,
    /// Another term of something, as it was previewed.
    Renew,
    /// More of something for the rest of its term, as it was previewed.
    Change,
    /// More or less of something from its next term on, if its seller's system agrees, as it was previewed.
    RenewAsAnother,
    /// Lets something go on by itself, for what it costs now or a little more.
    Agree,
    ReturnRenewal,
    /// Looks at a code and lets the software use it.
    UseLicence,
    ChangePrice,
    /// A seller offers something to one buyer, who takes it mostly, at once or in parts.
    Offer,
    /// A buyer says what it thinks of something, or takes that back; now and then somebody reports it.
    Say,
    RunJobs,
    Restart,
    LoseWorker,
}

const BUYERS_MAX: usize = 8;
const SHOPS_MAX: usize = 3;

impl World {
    pub(super) async fn step(&mut self, act: Act) -> anyhow::Result<()> {
        self.counted.steps += 1;
        match act {
            Act::Register if self.buyers.len() < BUYERS_MAX => self.welcome_buyer().await?,
            Act::OpenShop if self.shops.len() < SHOPS_MAX => self.open_shop().await?,
            Act::Register | Act::OpenShop => {}
            Act::TopUp => self.top_up().await?,
            Act::RejectTopUp => self.reject_top_up().await?,
            Act::Quote => {
                let buyer = self.some_buyer();
                self.quote(buyer).await?;
            }
            Act::Buy => self.order(json!("wallet")).await?,
            Act::Place => self.order(Value::Null).await?,
            Act::Pay => self.on_order("pay").await?,
            Act::Try => self.try_something().await?,
            Act::BeginUse => self.begin_use().await?,
            Act::ReportUse => self.report_use().await?,
            Act::EndUse => self.end_use().await?,
            Act::CorrectUse => self.correct_use().await?,
            Act::Cancel => self.on_order("cancel").await?,
            Act::Repeat => self.repeat().await?,
            Act::Return => self.return_something("return").await?,
            Act::Convert => self.convert().await?,
            Act::Renew => self.renew().await?,
            Act::Change => self.change().await?,
            Act::RenewAsAnother => self.renew_as_another().await?,
            Act::Agree => self.agree().await?,
            Act::ReturnRenewal => self.return_something("renewal/return").await?,
            Act::UseLicence => self.use_licence().await?,
            Act::ChangePrice => self.change_price().await?,
            Act::Offer => self.offer().await?,
            Act::Say => self.say().await?,
            Act::RunJobs => self.run_jobs().await?,
            Act::Restart => self.restart()?,
            Act::LoseWorker => self.lose_a_worker().await?,
        }
        self.check_books().await?;
        self.check_use().await
    }

    /// A call whose refusal is fine and whose failure is not.
    pub(super) async fn call(
        &mut self,
        token: &str,
        path: &str,
        key: Option<&str>,
        body: Option<Value>,
    ) -> anyhow::Result<Reply> {
        let sent = Sent { token: Some(token), key, body, ..Sent::default() };
        let reply = self.stage.people.client.call("POST", path, sent).await?;
        ensure!(reply.status < 500, "{path} answered {} {}", reply.status, reply.body);
        self.counted.refusals += u32::from(reply.status >= 400);
        Ok(reply)
    }

    async fn top_up(&mut self) -> anyhow::Result<()> {
        let (index, minor) = (self.some_buyer(), self.rng.random_range(1..2_000_000));
        let person = self.buyers[index].person.clone();
        self.stage.people.top_up(&person, minor).await?;
        self.buyers[index].deposited += minor;
        Ok(())
    }

    async fn reject_top_up(&mut self) -> anyhow::Result<()> {
        let index = self.some_buyer();
        let token = self.buyers[index].person.token.clone();
        let body =
            json!({ "channel": "bank_transfer", "amount": { "minor": 5_000, "currency": "CNY" }, "payer": "Somebody" });
        let declared = self.call(&token, "/api/v1/top-ups", None, Some(body)).await?.good("declare")?;
        let path = format!("/api/v1/operator/top-ups/{}/reject", text(&declared, "id")?);
        let operator = self.stage.people.operator().await?;
        self.call(&operator, &path, None, Some(json!({ "reason": "No such transfer." }))).await?.good("reject")?;
        Ok(())
    }

    async fn quote(&mut self, index: usize) -> anyhow::Result<()> {
        let shop = self.some_shop();
        let product = self.rng.random_range(0..self.shops[shop].products.len());
        let skus = &self.shops[shop].products[product].skus;
        let body = if self.rng.random_bool(0.5) {
            let (users, periods) = (self.rng.random_range(1..30), self.rng.random_range(1..15));
            json!({ "sku": skus[0], "quantities": { "users": users }, "periods": periods })
        } else {
            json!({ "sku": skus[skus.len() - 1] })
        };
        let token = self.buyers[index].person.token.clone();
        let reply = self.call(&token, "/api/v1/quotes", None, Some(body)).await?;
        if reply.status == 201 {
            self.buyers[index].quotes.push(text(&reply.body, "id")?.to_owned());
        }
        Ok(())
    }

    async fn order(&mut self, pay_with: Value) -> anyhow::Result<()> {
        let index = self.some_buyer();
        // Now and then an old quote, which may have expired or been used.
        if self.rng.random_bool(0.8) {
            self.quote(index).await?;
        }
        let Some(quote) = self.buyers[index].quotes.last().cloned() else { return Ok(()) };
        let (token, key) = (self.buyers[index].person.token.clone(), self.key());
        let body = json!({ "quote": quote, "pay_with": pay_with });
        let reply = self.call(&token, "/api/v1/orders", Some(&key), Some(body)).await?;
        if reply.status == 201 {
            self.counted.orders += 1;
            self.buyers[index].orders.push((text(&reply.body, "id")?.to_owned(), key));
        }
        Ok(())
    }

    async fn try_something(&mut self) -> anyhow::Result<()> {
        let Some(sku) = self.hosted.clone() else { return Ok(()) };
        let (index, users) = (self.some_buyer(), self.rng.random_range(1..30));
        let (token, key) = (self.buyers[index].person.token.clone(), self.key());
        let body = json!({ "sku": sku, "quantities": { "users": users } });
        let reply = self.call(&token, "/api/v1/trials", Some(&key), Some(body)).await?;
        if reply.status == 201 {
            self.counted.trials += 1;
            self.buyers[index].orders.push((text(&reply.body, "id")?.to_owned(), key));
        }
        Ok(())
    }

    async fn on_order(&mut self, verb: &str) -> anyhow::Result<()> {
        let index = self.some_buyer();
        if self.buyers[index].orders.is_empty() {
            return Ok(());
        }
        let order = self.rng.random_range(0..self.buyers[index].orders.len());
        let path = format!("/api/v1/orders/{}/{verb}", self.buyers[index].orders[order].0);
        let token = self.buyers[index].person.token.clone();
        self.call(&token, &path, None, None).await?;
        Ok(())
    }

    /// The same key with another quote is refused, or, when its answer was forgotten, finds nothing to accept.
    async fn repeat(&mut self) -> anyhow::Result<()> {
        let index = self.some_buyer();
        let Some((_, key)) = self.buyers[index].orders.last().cloned() else { return Ok(()) };
        let token = self.buyers[index].person.token.clone();
        let body = json!({ "quote": "quo_00000000000000000000000000", "pay_with": "wallet" });
        let reply = self.call(&token, "/api/v1/orders", Some(&key), Some(body)).await?;
        ensure!(matches!(reply.code(), "idempotency.reused" | "not_found"), "a key was used twice: {}", reply.body);
        Ok(())
    }

    async fn renew(&mut self) -> anyhow::Result<()> {
        let index = self.some_buyer();
        let token = self.buyers[index].person.token.clone();
        let Some(instance) = self.some_instance(&token).await? else { return Ok(()) };
        let (path, periods) = (format!("/api/v1/instances/{instance}/renewal"), self.rng.random_range(1..4));
        let sent = Sent { token: Some(&token), ..Sent::default() };
        let preview = self.stage.people.client.call("GET", &format!("{path}?periods={periods}"), sent).await?;
        let body = json!({ "periods": periods, "seen": preview.body["seen"].as_str().unwrap_or_default() });
        let reply = self.call(&token, &path, None, Some(body)).await?;
        let payable = preview.status == 200 && preview.body["missing"].is_null();
        ensure!(
            payable == (reply.status == 201) && (!payable || preview.body["term"] == reply.body["term"]),
            "the preview said {} and the renewal did {}",
            preview.body,
            reply.body
        );
        self.counted.renewals += u32::from(reply.status == 201);
        Ok(())
    }

    async fn change(&mut self) -> anyhow::Result<()> {
        let index = self.some_buyer();
        let token = self.buyers[index].person.token.clone();
        let Some(instance) = self.some_instance(&token).await? else { return Ok(()) };
        let path = format!("/api/v1/instances/{instance}");
        let shown = self.stage.people.client.get(&token, &path).await?;
        let Some(users) = shown["quantities"]["users"].as_u64() else { return Ok(()) };
        let mut wanted = json!({ "quantities": { "users": users + self.rng.random_range(0..8) } });
        let preview = self.call(&token, &format!("{path}/change-preview"), None, Some(wanted.clone())).await?;
        wanted["seen"] = json!(preview.body["seen"].as_str().unwrap_or_default());
        let reply = self.call(&token, &format!("{path}/changes"), None, Some(wanted)).await?;
        let payable = preview.status == 200 && preview.body["missing"].is_null();
        ensure!(
            payable == (reply.status == 201),
            "the preview said {} and the change did {}",
            preview.body,
            reply.body
        );
        self.counted.changes += u32::from(reply.status == 201);
        Ok(())
    }

    async fn renew_as_another(&mut self) -> anyhow::Result<()> {
        let index = self.some_buyer();
        let token = self.buyers[index].person.token.clone();
        let Some(instance) = self.some_instance(&token).await? else { return Ok(()) };
        let path = format!("/api/v1/instances/{instance}");
        let shown = self.stage.people.client.get(&token, &path).await?;
        let Some(users) = shown["quantities"]["users"].as_u64() else { return Ok(()) };
        let mut wanted = json!({ "quantities": { "users": self.rng.random_range(1..users + 8) } });
        let asked = self.call(&token, &format!("{path}/renewal-change-check"), None, Some(wanted.clone())).await?;
        if asked.status == 200 {
            self.run_jobs().await?;
        }
        let preview = self.call(&token, &format!("{path}/renewal-change-preview"), None, Some(wanted.clone())).await?;
        wanted["seen"] = json!(preview.body["seen"].as_str().unwrap_or_default());
        let reply = self.call(&token, &format!("{path}/renewal-changes"), None, Some(wanted)).await?;
        let agreed = preview.status == 200 && preview.body["check"]["state"] == "passed";
        let payable = agreed && preview.body["missing"].is_null();
        ensure!(
            payable == (reply.status == 201) && (!payable || preview.body["term"]["from"] == reply.body["starts_at"]),
            "the preview said {} and the renewal did {}",
            preview.body,
            reply.body
        );
        self.counted.changes += u32::from(reply.status == 201);
        Ok(())
    }

    async fn convert(&mut self) -> anyhow::Result<()> {
        let index = self.some_buyer();
        let (token, key) = (self.buyers[index].person.token.clone(), self.key());
        let list = self.stage.people.client.get(&token, "/api/v1/instances?limit=100").await?;
        let tried = list["items"].as_array().into_iter().flatten().find(|one| one["is_trial"] == true);
        let Some(tried) = tried else { return Ok(()) };
        let path = format!("/api/v1/instances/{}/conversion", text(tried, "id")?);
        let sent = Sent { token: Some(&token), ..Sent::default() };
        let price = self.stage.people.client.call("GET", &path, sent).await?;
        let body = json!({ "seen": price.body["seen"].as_str().unwrap_or_default() });
        let reply = self.call(&token, &path, Some(&key), Some(body)).await?;
        if reply.status == 201 {
            self.counted.conversions += 1;
            self.buyers[index].orders.push((text(&reply.body, "order")?.to_owned(), key));
        }
        Ok(())
    }

    async fn agree(&mut self) -> anyhow::Result<()> {
        let index = self.some_buyer();
        let token = self.buyers[index].person.token.clone();
        let Some(instance) = self.some_instance(&token).await? else { return Ok(()) };
        let sent = Sent { token: Some(&token), ..Sent::default() };
        let path = format!("/api/v1/instances/{instance}/renewal?periods=1");
        let preview = self.stage.people.client.call("GET", &path, sent).await?;
        let Some(price) = preview.body["total"]["minor"].as_i64() else { return Ok(()) };
        let max = price + self.rng.random_range(-100..5_000);
        let wish = json!({ "policy": "automatic", "periods": 1, "price_max": { "minor": max, "currency": "CNY" } });
        let sent = Sent { token: Some(&token), body: Some(wish), ..Sent::default() };
        let path = format!("/api/v1/instances/{instance}/expiry");
        let reply = self.stage.people.client.call("PUT", &path, sent).await?;
        ensure!((reply.status == 200) == (max >= price), "{path} answered {} {}", reply.status, reply.body);
        Ok(())
    }

    async fn return_something(&mut self, what: &str) -> anyhow::Result<()> {
        let index = self.some_buyer();
        let token = self.buyers[index].person.token.clone();
        let Some(instance) = self.some_instance(&token).await? else { return Ok(()) };
        let path = format!("/api/v1/instances/{instance}/{what}");
        let sent = Sent { token: Some(&token), ..Sent::default() };
        let preview = self.stage.people.client.call("GET", &path, sent).await?;
        let reply = self.call(&token, &path, None, Some(json!({}))).await?;
        // What was changed goes back with what its changes have cost.
        let total = reply.body.get("total").unwrap_or(&reply.body["amount"]);
        ensure!(
            (preview.status == 200) == (reply.status == 201) && preview.body["amount"] == *total,
            "the preview said {} and the return did {}",
            preview.body,
            reply.body
        );
        self.counted.refunds += u32::from(reply.status == 201);
        Ok(())
    }

    async fn use_licence(&mut self) -> anyhow::Result<()> {
        let index = self.some_buyer();
        let token = self.buyers[index].person.token.clone();
        let Some(instance) = self.some_instance(&token).await? else { return Ok(()) };
        let reply = self.call(&token, &format!("/api/v1/instances/{instance}/licence/reveal"), None, None).await?;
        if reply.status != 200 {
            return Ok(());
        }
        let code = text(&reply.body, "code")?.to_owned();
        let path = format!("/api/v1/instances/{instance}");
        let seller = text(&self.stage.people.client.get(&token, &path).await?, "seller")?.to_owned();
        let Some(shop) = self.shops.iter().find(|shop| shop.person.account == seller) else { return Ok(()) };
        let shop = shop.person.token.clone();
        for verb in ["activate", "heartbeat"] {
            let path = format!("/api/mkp-openapi-public/global/v1/license/{verb}");
            self.call(&shop, &path, None, Some(json!({ "license": code }))).await?;
        }
        Ok(())
    }

    pub(super) async fn some_instance(&mut self, token: &str) -> anyhow::Result<Option<String>> {
        let page = self.stage.people.client.get(token, "/api/v1/instances?limit=100").await?;
        let Some(items) = page["items"].as_array().filter(|items| !items.is_empty()) else { return Ok(None) };
        let item = &items[self.rng.random_range(0..items.len())];
        Ok(Some(text(item, "id")?.to_owned()))
    }

    /// A new revision at another price; what was bought before is untouched.
    async fn change_price(&mut self) -> anyhow::Result<()> {
        let shop = self.some_shop();
        let (seller, product) = (self.shops[shop].person.clone(), self.shops[shop].products[0].id.clone());
        let path = format!("/api/v1/seller/products/{product}");
        let draft = self.stage.people.client.get(&seller.token, &path).await?;
        let old = &draft["listing"];
        let mut new = listing(text(&old["name"], "en")?, text(old, "agreement")?);
        let place = "/specs/0/skus/0/billing/month/price/quantities/users/tiers/0/unit_price";
        let mut price = old.pointer(place).cloned().unwrap_or_default();
        // What is as it was is no change, and is refused.
        while old.pointer(place) == Some(&price) {
            price = json!(format!("{}.{:02}", self.rng.random_range(20..40), self.rng.random_range(0..100)));
        }
        *new.pointer_mut(place).context("the listing has a price there")? = price;
        self.stage.people.edit(&seller.token, "PUT", &path, &draft, Some(new)).await?;
        self.stage.people.publish(&seller, &product).await
    }

    async fn offer(&mut self) -> anyhow::Result<()> {
        let (index, shop) = (self.some_buyer(), self.some_shop());
        let (buyer, seller) = (self.buyers[index].person.clone(), self.shops[shop].person.clone());
        let now = self.stage.kontor.app.clock.now();
        let until = now.plus_days(self.rng.random_range(1..10));
        let choice = json!({
            "quantities": { "users": self.rng.random_range(1..30) }, "periods": self.rng.random_range(1..15)
        });
        let price = json!({ "kind": "percent", "basis_points": self.rng.random_range(1..9_000) });
        let line = json!({ "sku": self.shops[shop].products[0].skus[0], "choice": choice, "price": price });
        let mut offer =
            json!({ "name": "Quotation", "valid_until": until, "lines": vec![line; self.rng.random_range(1..3)] });
        let body = json!({ "buyer": buyer.account, "buyer_name": buyer.name, "offer": offer });
        let begun = self.call(&seller.token, "/api/v1/seller/private-offers", None, Some(body)).await?.good("begin")?;
        let (id, own) = (text(&begun, "id")?, format!("/api/v1/seller/private-offers/{}", text(&begun, "id")?));
        let sent = self.call(&seller.token, &format!("{own}/send"), None, None).await?.good("send")?;
        let total = sent["total"]["minor"].as_i64().unwrap_or(0);
        let mut version = 1;
        if total > 3 && self.rng.random_bool(0.6) {
            let part = |minor: i64| json!({ "minor": minor, "currency": "CNY" });
            let (first, second) = (self.rng.random_range(1..total / 3 + 1), self.rng.random_range(1..total / 3 + 1));
            offer["instalments"] = json!([
                { "amount": part(first) }, { "due_at": until.plus_days(1), "amount": part(second) },
                { "due_at": until.plus_days(20), "amount": part(total - first - second) }
            ]);
            let revised = Sent { token: Some(&seller.token), body: Some(offer), ..Sent::default() };
            self.stage.people.client.call("PUT", &own, revised).await?.good("revise")?;
            self.call(&seller.token, &format!("{own}/send"), None, None).await?.good("send again")?;
            version = 2;
        }
        if self.rng.random_bool(0.8) {
            let (path, body) = (format!("/api/v1/private-offers/{id}/accept"), json!({ "version": version }));
            let reply = self.call(&buyer.token, &path, None, Some(body)).await?;
            self.counted.offers += u32::from(reply.status == 200);
        }
        Ok(())
    }
}
