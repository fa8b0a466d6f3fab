//! What is paid as it is used: a shop whose system reports what customers use, in time, late, twice, or wrongly.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, ensure};
use kernel::{
    Timestamp,
    time::{DAY, HOUR, MINUTE},
};
use rand::RngExt;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::world::World;
use crate::stage::client::{Sent, text};

/// What the first shop reports of an instance.
#[derive(Default)]
pub(super) struct Used {
    /// Whose it is, by the place among the buyers.
    buyer: usize,
    /// What was recorded, by number: how much, and when it was used.
    recorded: BTreeMap<String, (i64, Timestamp)>,
    /// What a record counts since it was corrected.
    corrected: BTreeMap<String, i64>,
}

/// In ten-thousandths, for each call: less than the smallest coin.
pub(super) const PRICE: i64 = 33;

const USED_MAX: usize = 3;

impl World {
    /// A buyer opens something that is paid as it is used.
    pub(super) async fn begin_use(&mut self) -> anyhow::Result<()> {
        let Some(sku) = self.metered.clone().filter(|_| self.used.len() < USED_MAX) else { return Ok(()) };
        let index = self.some_buyer();
        let (token, key) = (self.buyers[index].person.token.clone(), self.key());
        let quote = self.call(&token, "/api/v1/quotes", None, Some(json!({ "sku": sku }))).await?;
        let body = json!({ "quote": quote.body["id"].as_str().unwrap_or_default(), "pay_with": "wallet" });
        let reply = self.call(&token, "/api/v1/orders", Some(&key), Some(body)).await?;
        if reply.status == 201 {
            self.counted.orders += 1;
            self.buyers[index].orders.push((text(&reply.body, "id")?.to_owned(), key));
        }
        Ok(())
    }

    /// The shop's system reports some use of one customer.
    pub(super) async fn report_use(&mut self) -> anyhow::Result<()> {
        let sold = self.sold_by_use().await?;
        if sold.is_empty() {
            return Ok(());
        }
        let one = sold[self.rng.random_range(0..sold.len())].clone();
        let (instance, name) = (text(&one, "instance")?.to_owned(), text(&one, "remote_id")?.to_owned());
        let buyer = self.buyers.iter().position(|buyer| one["buyer"] == buyer.person.account.as_str());
        let buyer = buyer.context("it is a buyer's")?;
        self.used.entry(instance.clone()).or_insert_with(|| Used { buyer, ..Used::default() });
        let drawn: Vec<Draw> = (0..self.rng.random_range(1..7)).map(|_| self.draw(&instance)).collect();
        let event = |draw: &Draw| {
            let Draw { number, calls, at, .. } = draw;
            json!({ "specversion": "1.0", "source": "/simulation", "id": number, "type": "calls", "subject": name, "time": at,
                "data": { "value": calls.to_string() } })
        };
        let shop = self.shops.first().context("a shop is open")?.person.token.clone();
        let events: Vec<Value> = drawn.iter().map(event).collect();
        let body = Some(json!(events));
        let told = self.call(&shop, "/api/v1/seller/usage-events", None, body).await?.good("report use")?;
        let refused = told["refused"].as_array().context("a list")?.iter();
        let refused: BTreeSet<u64> = refused.filter_map(|one| one["place"].as_u64()).collect();
        self.counted.refusals += u32::try_from(refused.len())?;
        let (mut added, mut known) = (0_u64, 0_u64);
        let recorded = &mut self.used.get_mut(&instance).context("it is known")?.recorded;
        for (place, Draw { number, calls, at }) in (0..).zip(drawn).filter(|(place, _)| !refused.contains(place)) {
            match recorded.insert(number.clone(), (calls, at)) {
                None => added += 1,
                Some(before) => {
                    ensure!(before == (calls, at), "{number} at place {place} was taken in twice, with other content");
                    known += 1;
                }
            }
        }
        ensure!(told["added"] == added && told["known"] == known, "{added} new, {known} known, but was told {told}");
        self.counted.records += u32::try_from(added)?;
        Ok(())
    }

    /// One record: mostly new, now and then late, sent before, changed or impossible.
    fn draw(&mut self, instance: &str) -> Draw {
        let now = self.stage.kontor.app.clock.now();
        let recorded = self.used.get(instance).map(|used| &used.recorded);
        let count = recorded.map_or(0, BTreeMap::len);
        let kind = self.rng.random_range(0..10);
        let before = count.checked_sub(1).map(|last| self.rng.random_range(0..=last));
        let before = before.and_then(|place| recorded?.iter().nth(place)).map(|(number, of)| (number.clone(), *of));
        let back = match kind {
            0..6 => self.rng.random_range(0..HOUR),
            6 => self.rng.random_range(HOUR..25 * DAY),
            _ => -self.rng.random_range(DAY..2 * DAY),
        };
        let calls = self.rng.random_range(1..500);
        match (kind, before) {
            (7, Some((number, (calls, at)))) => Draw { number, calls, at },
            (8, Some((number, (calls, at)))) => Draw { number, calls: calls + 1, at },
            _ => Draw { number: self.key(), calls, at: now.plus_micros(-back) },
        }
    }

    /// A seller corrects a record, mostly downwards.
    pub(super) async fn correct_use(&mut self) -> anyhow::Result<()> {
        let count = self.used.len();
        let Some(place) = count.checked_sub(1).map(|last| self.rng.random_range(0..=last)) else { return Ok(()) };
        let Some((instance, used)) = self.used.iter().nth(place) else { return Ok(()) };
        let Some(last) = used.recorded.len().checked_sub(1) else { return Ok(()) };
        let place = self.rng.random_range(0..=last);
        let Some((number, (calls, _))) = used.recorded.iter().nth(place) else { return Ok(()) };
        let (instance, number, calls, buyer) = (instance.clone(), number.clone(), *calls, used.buyer);
        let wanted = self.rng.random_range(0..calls + calls / 3 + 2);
        let body = json!({ "instance": instance, "corrects": format!("/simulation#{number}"), "quantity": wanted.to_string(),
            "reason": "The simulation has counted again" });
        let shop = self.shops.first().context("a shop is open")?.person.token.clone();
        let key = self.key();
        let told = self.call(&shop, "/api/v1/seller/usage-corrections", Some(&key), Some(body.clone())).await?;
        if told.status != 201 {
            return Ok(());
        }
        let again = self.call(&shop, "/api/v1/seller/usage-corrections", Some(&key), Some(body)).await?;
        ensure!(again.body["id"] == told.body["id"], "one key, one correction: {} {}", told.body, again.body);
        let mut counts = told.body["state"] == "counted";
        if !counts && self.rng.random_ratio(2, 3) {
            let token = self.buyers[buyer].person.token.clone();
            let path = format!("/api/v1/usage-corrections/{}/agree", text(&told.body, "id")?);
            let key = self.key();
            counts = self.call(&token, &path, Some(&key), None).await?.status == 200;
        }
        if counts {
            self.used.get_mut(&instance).context("it is known")?.corrected.insert(number, wanted);
            self.counted.corrections += 1;
        }
        Ok(())
    }

    /// A buyer wants no more of what is used.
    pub(super) async fn end_use(&mut self) -> anyhow::Result<()> {
        let sold = self.sold_by_use().await?;
        if sold.is_empty() {
            return Ok(());
        }
        let one = sold[self.rng.random_range(0..sold.len())].clone();
        self.close_use(&one).await
    }

    /// Nothing more is charged of what is closed once it is too late for records. What was ordered last is opened only when a
    /// failed job or a lost worker's has its turn again.
    pub(super) async fn end_all_use(&mut self) -> anyhow::Result<()> {
        for _ in 0..12 {
            self.run_jobs().await?;
            for one in self.sold_by_use().await? {
                self.close_use(&one).await?;
            }
            self.stage.kontor.app.clock.turn(30 * MINUTE);
        }
        self.stage.kontor.app.clock.turn(23 * DAY);
        Ok(())
    }

    async fn close_use(&mut self, one: &Value) -> anyhow::Result<()> {
        let buyer = self.buyers.iter().find(|buyer| one["buyer"] == buyer.person.account.as_str());
        let token = buyer.context("it is a buyer's")?.person.token.clone();
        self.call(&token, &format!("/api/v1/instances/{}/close", text(one, "instance")?), None, None).await?;
        Ok(())
    }

    async fn sold_by_use(&self) -> anyhow::Result<Vec<Value>> {
        let shop = self.shops.first().context("a shop is open")?;
        let page = self.stage.people.client.get(&shop.person.token, "/api/v1/seller/usage?limit=100").await?;
        Ok(page["items"].as_array().context("a list")?.clone())
    }

    /// Each record is priced once, what is posted is the exact sum but for less than one minor unit, and nothing is negative.
    pub(super) async fn check_use(&self) -> anyhow::Result<()> {
        for (instance, used) in &self.used {
            let live = self.usage(instance, used).await?;
            let exact = |name: &str| live[name].as_str().and_then(|text| text.parse::<Decimal>().ok());
            let minor = |name: &str| live[name]["minor"].as_i64().context("an amount");
            let (carried, open) = exact("carried").zip(exact("open_exact")).context("amounts")?;
            let (charged, due) = (minor("charged")?, minor("due")?);
            let now = |(number, (calls, _)): (&String, &(i64, Timestamp))| *used.corrected.get(number).unwrap_or(calls);
            let calls: i64 = used.recorded.iter().map(now).sum();
            let (is, wanted) = (Decimal::new(charged, 2) + carried + open, Decimal::new(calls * PRICE, 4));
            ensure!(is == wanted, "{calls} calls of {instance} cost {wanted}, not {is}: {live}");
            let one = Decimal::new(1, 2);
            ensure!(Decimal::ZERO <= carried && carried < one, "{carried} of {instance} is carried");
            ensure!(0 <= due && due <= charged, "something of {instance} is negative: {live}");
        }
        Ok(())
    }

    /// When no more records can come: every one is charged. Gives what a buyer has paid for use, in minor units.
    pub(super) async fn used_by(&self, buyer: usize) -> anyhow::Result<i64> {
        let mut paid = 0;
        for (instance, used) in self.used.iter().filter(|(_, used)| used.buyer == buyer) {
            let live = self.usage(instance, used).await?;
            ensure!(live["records"] == used.recorded.len(), "not every record is charged once: {live}");
            let minor = |name: &str| live[name]["minor"].as_i64().context("an amount");
            paid += minor("charged")? - minor("due")?;
        }
        Ok(paid)
    }

    async fn usage(&self, instance: &str, used: &Used) -> anyhow::Result<Value> {
        let token = &self.buyers[used.buyer].person.token;
        let sent = Sent { token: Some(token), ..Sent::default() };
        let path = format!("/api/v1/instances/{instance}/usage");
        self.stage.people.client.call("GET", &path, sent).await?.good(&path)
    }
}

/// One record as it is sent.
struct Draw {
    number: String,
    calls: i64,
    at: Timestamp,
}
