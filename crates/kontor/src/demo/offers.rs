//! What the demo's sellers and its operator take off prices.

use anyhow::Context;
use serde_json::{Value, json};

use super::{
    Demo,
    content::Charged,
    scenes::STAR,
    shops::Shelved,
    trade::Choice,
    world::{Duty, Person},
};
use crate::stage::client::{Sent, text};

const SELLERS: &str = "/api/v1/seller/coupon-batches";
const QUOTATIONS: &str = "/api/v1/seller/private-offers";
const OPERATORS: &str = "/api/v1/operator/coupon-batches";

impl Demo {
    /// Coupons to take, to redeem and to use, one used already, one voided, and a discount for the first buyer.
    pub(super) async fn coupons(&mut self) -> anyhow::Result<()> {
        let seller = self.shop(STAR)?.person.clone();
        let buyer = self.buyers.get(&STAR).context("the first buyer is here")?.person.clone();
        let desk = self.world.desk(Duty::Finance).await?;
        let spring = self.batch(("Autumn thanks", "金秋回馈"), &threshold(20_000, 200_000), 200);
        let spring = self.world.post(&seller.token, SELLERS, spring).await?;
        let share = json!({ "platform_basis_points": 5_000 });
        self.world.post(&desk, &format!("{OPERATORS}/{}/share", text(&spring, "id")?), share).await?;
        let site = json!({ "kind": "percent", "basis_points": 500, "most": yuan(30_000) });
        let site = self.batch(("Year-end 5 %", "年终 5% 优惠"), &site, 1_000);
        let site = self.world.post(&desk, OPERATORS, site).await?;
        let mut fair = self.batch(("Trade fair", "展会专享"), &json!({ "kind": "amount", "amount": yuan(10_000) }), 50);
        (fair["shown"], fair["with_discount"]) = (json!(false), json!(true));
        let fair = self.world.post(&seller.token, SELLERS, fair).await?;
        let fair = format!("{SELLERS}/{}", text(&fair, "id")?);
        self.world.post(&seller.token, &format!("{fair}/codes"), json!({ "count": 20 })).await?;
        let given = json!({ "accounts": [{ "account": buyer.account, "name": buyer.name }] });
        self.world.post(&seller.token, &format!("{fair}/give"), given).await?;
        let gone = self.batch(("Summer", "夏日特惠"), &threshold(5_000, 50_000), 20);
        let gone = self.world.post(&seller.token, SELLERS, gone).await?;
        self.claim(&buyer, &gone).await?;
        self.world.post(&seller.token, &format!("{SELLERS}/{}/void", text(&gone, "id")?), json!({})).await?;
        self.use_one(&buyer, &spring).await?;
        self.claim(&buyer, &site).await?;
        let discount = json!({
            "name": { "en": "Key account", "zh": "大客户优惠" }, "reduction": { "kind": "percent", "basis_points": 800 },
            "customers": [{ "account": buyer.account, "name": buyer.name }], "valid_until": self.world.end.plus_days(120)
        });
        self.world.post(&seller.token, "/api/v1/seller/discounts", discount).await?;
        self.resales(&seller).await
    }

    /// A reseller, what it pays of two products, and a wish that waits for the operator.
    async fn resales(&mut self, seller: &Person) -> anyhow::Result<()> {
        let reseller = self.buyers.values().nth(1).context("a second buyer is here")?.person.clone();
        let named = json!({ "resellers": [{ "account": reseller.account, "name": reseller.name }] });
        let sent = Sent { token: Some(&seller.token), body: Some(named), ..Sent::default() };
        self.world.client.call("PUT", "/api/v1/seller/resellers", sent).await?.good("naming resellers")?;
        let page = self.world.client.get(&seller.token, "/api/v1/seller/products?limit=100").await?;
        let on_sale: Vec<&str> = page["items"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|product| product["state"] == "on_sale")
            .filter_map(|product| product["id"].as_str())
            .collect();
        for (product, part) in on_sale.iter().zip([None, Some(9_800)]) {
            let mut wanted = json!({ "product": product, "level": "product", "price_basis_points": 8_800 });
            if let Some(part) = part {
                wanted["seller_basis_points"] = json!(part);
            }
            self.world.post(&seller.token, "/api/v1/seller/resales", wanted).await?;
        }
        Ok(())
    }

    /// A product of the first seller that is bought by number: its SKU, and what is counted.
    fn counted(&self) -> anyhow::Result<(usize, String, &'static str)> {
        let counted = |shelved: &Shelved| match shelved.plan {
            Charged::Users => Some("users"),
            Charged::Servers => Some("servers"),
            Charged::Flat | Charged::Once => None,
        };
        let mut own = self.shelf.iter().filter(|shelved| shelved.shop == STAR);
        let found = own.find_map(|shelved| Some((shelved.product, shelved.skus[0].clone(), counted(shelved)?)));
        found.context("the first seller sells something by number")
    }

    /// Three offers for the first buyer: one that waits, talked about and revised; one in instalments that was accepted; a draft.
    pub(super) async fn private_offers(&mut self) -> anyhow::Result<()> {
        let seller = self.shop(STAR)?.person.clone();
        let buyer = self.buyers.get(&STAR).context("the first buyer is here")?.person.clone();
        let (_, sku, counted) = self.counted()?;
        let line = |count: u32, periods: u32, price: Value| json!({ "sku": sku, "choice": { "quantities": { counted: count }, "periods": periods }, "price": price });
        let end = self.world.end;
        let paper = self.world.paper(&seller, "service_agreement", "Service levels").await?;
        let mut offer = json!({
            "name": "Rollout to all branches", "valid_until": end.plus_days(20),
            "terms": "Training for two administrators is included.\n培训两名管理员，费用已含。",
            "lines": [line(200, 12, json!({ "kind": "percent", "basis_points": 1_500 }))], "documents": [paper],
        });
        let rollout = self.sent(&seller, &buyer, offer.clone()).await?;
        let ask = json!({ "text": "Could we pay in two parts, the second in spring? 能否分两期支付？" });
        self.world.post(&buyer.token, &format!("/api/v1/private-offers/{rollout}/messages"), ask).await?;
        let reply = json!({ "text": "Yes, we will send you a version with two parts. 可以，稍后发送新版本。" });
        self.world.post(&seller.token, &format!("{QUOTATIONS}/{rollout}/messages"), reply).await?;
        let own = format!("{QUOTATIONS}/{rollout}");
        let total =
            self.world.client.get(&seller.token, &own).await?["total"]["minor"].as_i64().context("it was priced")?;
        offer["instalments"] = json!([
            { "amount": yuan(total / 2) }, { "due_at": end.plus_days(120), "amount": yuan(total - total / 2) }
        ]);
        self.set(&seller.token, &own, offer).await?;
        self.world.post(&seller.token, &format!("{own}/send"), json!({})).await?;

        let listed = json!({ "sku": sku, "quantities": { counted: 20 }, "periods": 12 });
        let listed = self.world.post(&buyer.token, "/api/v1/quotes", listed).await?;
        // A tenth less, in three parts that are whole hundreds.
        let part = listed["total"]["minor"].as_i64().context("a quote has a total")? * 9 / 10 / 30_000 * 10_000;
        let pilot = json!({
            "name": "Pilot year", "valid_until": self.world.kontor.app.clock.now().plus_days(2), "terms": "",
            "lines": [line(20, 12, json!({ "kind": "total", "amount": yuan(3 * part) }))],
            "instalments": [
                { "amount": yuan(part) }, { "due_at": end.plus_days(-4), "amount": yuan(part) },
                { "due_at": end.plus_days(80), "amount": yuan(part) }
            ]
        });
        let declared = self.transfer(&buyer, 2 * part).await?;
        self.confirm(STAR, text(&declared, "id")?, 2 * part).await?;
        // Two parts are as good as spent.
        self.spend(STAR, 2 * part);
        let pilot = self.sent(&seller, &buyer, pilot).await?;
        let accept = format!("/api/v1/private-offers/{pilot}/accept");
        self.world.post(&buyer.token, &accept, json!({ "version": 1 })).await?;
        let draft = json!({
            "name": "Renewal 2027", "valid_until": end.plus_days(30),
            "lines": [line(40, 24, json!({ "kind": "percent", "basis_points": 1_000 }))]
        });
        self.world.post(&seller.token, QUOTATIONS, begun(&buyer, &draft)).await?;
        self.world.kontor.run_due_jobs().await?;
        Ok(())
    }

    /// The offer that was accepted gets half as many users more, for half as much more; its buyer has not answered yet.
    pub(super) async fn amendment(&mut self) -> anyhow::Result<()> {
        let seller = self.shop(STAR)?.person.clone();
        let accepted = self.world.client.get(&seller.token, &format!("{QUOTATIONS}?state=accepted")).await?;
        let path = format!("{QUOTATIONS}/{}", text(&accepted["items"][0], "id")?);
        let offer = self.world.client.get(&seller.token, &path).await?;
        let price = offer["total"]["minor"].as_i64().context("it was priced")? / 2 * 3;
        let (_, _, counted) = self.counted()?;
        let from = self.world.end.plus_days(6);
        let amendment = json!({
            "from": from, "valid_until": from, "note": "Ten more, as the new branch opens.\n新分支机构开业，增加 10 个。",
            "lines": [{ "line": 1, "quantities": { counted: 30 }, "price": yuan(price) }]
        });
        self.world.post(&seller.token, &format!("{path}/amendments"), amendment).await?;
        self.world.kontor.run_due_jobs().await?;
        Ok(())
    }

    async fn sent(&self, seller: &Person, buyer: &Person, offer: Value) -> anyhow::Result<String> {
        let begun = self.world.post(&seller.token, QUOTATIONS, begun(buyer, &offer)).await?;
        let id = text(&begun, "id")?.to_owned();
        self.world.post(&seller.token, &format!("{QUOTATIONS}/{id}/send"), json!({})).await?;
        Ok(id)
    }

    fn batch(&self, (en, zh): (&str, &str), value: &Value, count: u32) -> Value {
        json!({
            "name": { "en": en, "zh": zh }, "value": value, "count": count, "per_customer": 1, "shown": true,
            "valid_until": self.world.end.plus_days(60)
        })
    }

    async fn claim(&self, buyer: &Person, batch: &Value) -> anyhow::Result<String> {
        let claimed = self.world.post(&buyer.token, "/api/v1/coupons/claim", json!({ "batch": batch["id"] })).await?;
        Ok(text(&claimed, "id")?.to_owned())
    }

    /// The buyer takes a coupon and uses it on the seller's first product.
    async fn use_one(&mut self, buyer: &Person, batch: &Value) -> anyhow::Result<()> {
        let coupon = self.claim(buyer, batch).await?;
        let declared = self.transfer(buyer, 3_000_000).await?;
        self.confirm(STAR, text(&declared, "id")?, 3_000_000).await?;
        let (product, sku, counted) = self.counted()?;
        let body = json!({ "sku": sku, "quantities": { counted: 25 }, "periods": 12, "coupons": [coupon] });
        self.order(STAR, &Choice { product, body }, true).await?;
        self.world.kontor.run_due_jobs().await?;
        Ok(())
    }
}

fn yuan(minor: i64) -> Value {
    json!({ "minor": minor, "currency": "CNY" })
}

fn threshold(amount: i64, from: i64) -> Value {
    json!({ "kind": "threshold", "amount": yuan(amount), "from": yuan(from) })
}

fn begun(buyer: &Person, offer: &Value) -> Value {
    json!({ "buyer": buyer.account, "buyer_name": buyer.name, "offer": offer })
}
