//! How the demo's buyers arrive, pay, use what they bought, and sometimes send it back.

use kernel::{
    Timestamp,
    time::{DAY, HOUR, MINUTE},
};
use rand::RngExt;
use serde_json::{Value, json};

use super::{
    Act, Demo,
    cast::{CUSTOMERS, Customer},
    content::Charged,
    shops::Shelved,
    world::{Duty, Person},
};
use crate::stage::client::text;

pub(super) struct Buyer {
    pub(super) person: Person,
    size: u64,
    /// Minor units in the wallet.
    funds: i64,
}

/// A licence that software has been activated with.
pub(super) struct Used {
    code: String,
    shop: usize,
}

/// What is bought: the SKU with its quantities and its term.
pub(super) struct Choice {
    pub(super) product: usize,
    pub(super) body: Value,
}

const REASONS: [&str; 6] = [
    "We took the professional edition instead.",
    "与现有系统的接口不符，改用另一款。",
    "Ordered twice by two departments.",
    "项目推迟到下半年。",
    "It does what it says, but our servers are too old.",
    "试用后发现人数估多了，重新下单。",
];

impl Demo {
    pub(super) async fn arrive(&mut self, index: usize) -> anyhow::Result<()> {
        let customer = &CUSTOMERS[index];
        let login = index < super::LOGINS;
        let name = customer.person.split(' ').next_back().unwrap_or("owner").to_lowercase();
        let email = format!("{name}@{}.example", customer.domain);
        let person = self.world.register(customer, &email, login).await?;
        let verification = self.world.identify(&person, customer).await?;
        self.buyers.insert(index, Buyer { person, size: customer.size, funds: 0 });
        let at = self.world.within(1, 4);
        self.plan(at, Act::WelcomeBuyer { buyer: index, verification });
        Ok(())
    }

    pub(super) async fn welcome(&mut self, buyer: usize, verification: &str) -> anyhow::Result<()> {
        self.world.confirm_identity(verification).await?;
        let typical = self.typical_top_up(buyer);
        self.declare(buyer, typical).await
    }

    fn typical_top_up(&mut self, buyer: usize) -> i64 {
        let size = i64::try_from(self.buyers[&buyer].size).unwrap_or(1);
        (size * self.world.rng.random_range(20_000..60_000) / 500_000 + 1) * 500_000
    }

    /// Declares a transfer, which the operator confirms some hours later.
    pub(super) async fn declare(&mut self, buyer: usize, minor: i64) -> anyhow::Result<()> {
        let person = self.buyers[&buyer].person.clone();
        let declared = self.transfer(&person, minor).await?;
        let at = self.world.within(1, 5);
        self.plan(at, Act::Confirm { buyer, top_up: text(&declared, "id")?.to_owned(), minor });
        Ok(())
    }

    pub(super) async fn transfer(&self, person: &Person, minor: i64) -> anyhow::Result<Value> {
        let amount = json!({ "minor": minor, "currency": "CNY" });
        let body = json!({ "channel": "bank_transfer", "amount": amount, "payer": person.name });
        self.world.post(&person.token, "/api/v1/top-ups", body).await
    }

    pub(super) async fn confirm(&mut self, buyer: usize, top_up: &str, minor: i64) -> anyhow::Result<()> {
        self.transfers += 1;
        let reference = format!("{}{:06}", self.world.now().as_seconds() / 86_400, self.transfers);
        let body = json!({ "received": { "minor": minor, "currency": "CNY" }, "bank_reference": reference });
        let desk = self.world.desk(Duty::Finance).await?;
        self.world.post(&desk, &format!("/api/v1/operator/top-ups/{top_up}/confirm"), body).await?;
        if let Some(buyer) = self.buyers.get_mut(&buyer) {
            buyer.funds += minor;
        }
        Ok(())
    }

    /// One purchase of somebody, of something on sale.
    pub(super) async fn trade(&mut self) -> anyhow::Result<()> {
        let ready: Vec<usize> = self.buyers.iter().filter(|(_, buyer)| buyer.funds > 0).map(|(at, _)| *at).collect();
        if ready.is_empty() || self.shelf.is_empty() {
            return Ok(());
        }
        let buyer = ready[self.world.rng.random_range(0..ready.len())];
        let place = self.world.rng.random_range(0..self.shelf.len() * 2);
        // The first of each shop's products sell better than the last.
        let place = if place < self.shelf.len() {
            place
        } else {
            self.shelf.len() * (place - self.shelf.len()) / (2 * self.shelf.len())
        };
        let shelved = self.shelf[place].clone();
        let choice = self.choose(buyer, &shelved);
        let pays = !self.world.chance(6);
        if let Some(order) = self.order(buyer, &choice, pays).await?
            && pays
        {
            self.live_with(buyer, (shelved.shop, shelved.product), order);
        }
        Ok(())
    }

    fn choose(&mut self, buyer: usize, shelved: &Shelved) -> Choice {
        let size = self.buyers[&buyer].size;
        let rng = &mut self.world.rng;
        let edition = usize::from(rng.random_range(0..100) < 35);
        let months = [1, 1, 3, 6, 12, 12, 12, 24][rng.random_range(0..8)];
        let sku = &shelved.skus[edition.min(shelved.skus.len() - 1)];
        let body = match shelved.plan {
            Charged::Users => {
                let users = rng.random_range(1..=size.max(2)).max(2);
                json!({ "sku": sku, "quantities": { "users": users }, "periods": months })
            }
            Charged::Servers => {
                let servers = rng.random_range(1..=size / 8 + 2);
                json!({ "sku": sku, "quantities": { "servers": servers }, "periods": months })
            }
            Charged::Flat if months < 12 => json!({ "sku": sku, "periods": months, "period_unit": "month" }),
            Charged::Flat => json!({ "sku": sku, "periods": months / 12, "period_unit": "year" }),
            Charged::Once if rng.random_range(0..100) < 40 => {
                json!({ "sku": shelved.skus[2 + edition], "periods": 1, "period_unit": "year" })
            }
            Charged::Once => json!({ "sku": sku }),
        };
        Choice { product: shelved.product, body }
    }

    /// Quotes and orders. Pays at once, or, if the wallet holds too little, after a transfer.
    pub(super) async fn order(&mut self, buyer: usize, choice: &Choice, pays: bool) -> anyhow::Result<Option<String>> {
        let person = self.buyers[&buyer].person.clone();
        let quote = self.world.post(&person.token, "/api/v1/quotes", choice.body.clone()).await?;
        let total = quote["total"]["minor"].as_i64().unwrap_or_default();
        let funds = self.buyers[&buyer].funds;
        let at_once = pays && total <= funds;
        let mut body = json!({ "quote": quote["id"] });
        if at_once {
            body["pay_with"] = json!("wallet");
        }
        let order = self.world.post(&person.token, "/api/v1/orders", body).await?;
        let id = text(&order, "id")?.to_owned();
        self.counted.orders += 1;
        if at_once {
            self.spend(buyer, total);
            return Ok(Some(id));
        }
        if pays {
            let typical = self.typical_top_up(buyer);
            self.declare(buyer, typical + (total / 1_000_000 + 1) * 1_000_000).await?;
            let (at, product) = (self.world.within(6, 9), choice.product);
            self.plan(at, Act::Pay { buyer, order: id, total, product });
        }
        Ok(None)
    }

    pub(super) fn spend(&mut self, buyer: usize, total: i64) {
        if let Some(buyer) = self.buyers.get_mut(&buyer) {
            buyer.funds -= total;
        }
    }

    pub(super) async fn pay(&mut self, buyer: usize, order: String, total: i64, product: usize) -> anyhow::Result<()> {
        let token = self.buyers[&buyer].person.token.clone();
        let reply = self.world.ask(&token, &format!("/api/v1/orders/{order}/pay"), json!({})).await?;
        if reply.status < 300 {
            self.spend(buyer, total);
            let shop = self.content.seller_of(product)?;
            self.live_with(buyer, (shop, product), order);
        }
        Ok(())
    }

    /// What follows a purchase: most are activated, a few are sent back.
    fn live_with(&mut self, buyer: usize, (shop, product): (usize, usize), order: String) {
        let fate = self.world.rng.random_range(0..100);
        if fate >= 4 {
            self.may_say(buyer, product);
        }
        if fate < 4 {
            let at = self.world.within(5, 100);
            self.plan(at, Act::Return { buyer, order });
        } else if fate < 60 {
            let (at, beats) = (self.world.within(1, 30), self.world.rng.random_range(0..5));
            self.plan(at, Act::Activate { buyer, shop, order, beats });
        }
    }

    pub(super) async fn instance(&self, buyer: usize, order: &str) -> anyhow::Result<Option<String>> {
        let token = &self.buyers[&buyer].person.token;
        let page = self.world.client.get(token, "/api/v1/instances?limit=100").await?;
        let found = page["items"].as_array().into_iter().flatten().find(|item| item["order"] == order);
        found.map(|item| Ok(text(item, "id")?.to_owned())).transpose()
    }

    pub(super) async fn send_home(&mut self, buyer: usize, order: &str) -> anyhow::Result<()> {
        let Some(instance) = self.instance(buyer, order).await? else { return Ok(()) };
        let token = self.buyers[&buyer].person.token.clone();
        let reason = REASONS[self.world.rng.random_range(0..REASONS.len())];
        let path = format!("/api/v1/instances/{instance}/return");
        let reply = self.world.ask(&token, &path, json!({ "reason": reason })).await?;
        if reply.status == 201 {
            self.counted.refunds += 1;
            self.spend(buyer, -reply.body["amount"]["minor"].as_i64().unwrap_or_default());
        }
        Ok(())
    }

    /// The software shows its code and is seen again so many times.
    pub(super) async fn activate(&mut self, buyer: usize, shop: usize, order: &str, beats: u32) -> anyhow::Result<()> {
        let Some(instance) = self.instance(buyer, order).await? else { return Ok(()) };
        let token = self.buyers[&buyer].person.token.clone();
        let reply = self.world.ask(&token, &format!("/api/v1/instances/{instance}/licence/reveal"), json!({})).await?;
        if reply.status >= 300 {
            return Ok(());
        }
        self.used.push(Used { code: text(&reply.body, "code")?.to_owned(), shop });
        let licence = self.used.len() - 1;
        self.report(licence, "activate").await?;
        self.report(licence, "heartbeat").await?;
        let mut at = self.world.now();
        for _ in 0..beats {
            at = at.plus_micros(self.world.rng.random_range(20 * HOUR..9 * DAY));
            self.plan(at, Act::Beat { licence });
        }
        Ok(())
    }

    /// What the seller's software tells the marketplace of a code.
    pub(super) async fn report(&self, licence: usize, what: &str) -> anyhow::Result<()> {
        let Used { code, shop } = &self.used[licence];
        let path = format!("/api/mkp-openapi-public/global/v1/license/{what}");
        self.world.ask(&self.shop(*shop)?.person.token, &path, json!({ "license": code })).await?;
        Ok(())
    }

    /// The working hours of each day, with as many purchases as the day brings.
    pub(super) fn plan_trade(&mut self, start: Timestamp) {
        let days = self.size.days;
        for day in 0..days {
            let midnight = start.plus_days(day);
            // Growth by the square of the time, a third of it at weekends. 1970-01-01 was a Thursday.
            let weekday = (midnight.as_seconds() / 86_400 + 4) % 7;
            let rate = self.size.orders_first + self.size.orders_last * day * day / (days * days);
            let rate = if weekday == 0 || weekday == 6 { rate / 3 } else { rate };
            let count = rate / 1_000 + i64::from(self.world.rng.random_range(0..1_000) < rate % 1_000);
            for _ in 0..count {
                // From nine to seven in Shanghai.
                let at = midnight.plus_micros(HOUR + self.world.rng.random_range(0..10 * HOUR));
                self.plan(at, Act::Trade);
            }
        }
    }

    /// Buyers come all year, more of them early.
    pub(super) fn plan_arrivals(&mut self, start: Timestamp) {
        let count = i64::try_from(self.size.buyers).unwrap_or(1);
        for (index, place) in (0..self.size.buyers).zip(0_i64..) {
            let day = 1 + (self.size.days - 3) * place * (place + count) / (2 * count * count);
            let at = start.plus_days(day).plus_micros(2 * HOUR + 17 * MINUTE * (place % 20));
            self.plan(at, Act::Arrive { buyer: index });
        }
    }
}

/// A customer that only waits, with a token and no money.
pub(super) async fn newcomer(demo: &mut Demo, customer: &Customer<'_>) -> anyhow::Result<Person> {
    let name = customer.person.split(' ').next_back().unwrap_or("owner").to_lowercase();
    demo.world.register(customer, &format!("{name}@{}.example", customer.domain), false).await
}
