//! What has to hold in the end, asked over the API.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use kontor::stage::{People, Person, client::text};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::buyers::{Buyer, minor};

/// A job that a killed server held is free again when its lease of a minute ends.
const DRAINED_SECONDS_MAX: u64 = 150;

/// Waits until no job is due; says how long it took.
pub(crate) async fn drained(people: &People) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    loop {
        let state = people.client.get(&people.operator().await?, "/api/v1/operator/invariants").await?;
        ensure!(state["in_order"] == json!(true), "{state}");
        ensure!(state["dead_letters"] == json!(0), "jobs were given up: {state}");
        if state["jobs_due"] == json!(0) {
            return Ok(begun.elapsed());
        }
        ensure!(begun.elapsed().as_secs() < DRAINED_SECONDS_MAX, "the queue does not become empty: {state}");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// What was found in one buyer's account.
struct Found {
    orders: usize,
    refunds: usize,
    repeated: u32,
    codes: Vec<String>,
}

pub(crate) async fn prove(people: &People, seller: &Person, buyers: &[Buyer]) -> anyhow::Result<String> {
    let mut proofs = JoinSet::new();
    for buyer in buyers {
        let account = Account { people: people.clone(), person: buyer.person.clone() };
        let expected = Expected::of(buyer);
        proofs.spawn(async move { account.prove(expected).await });
    }
    let (mut orders, mut refunds, mut repeated, mut codes) = (0, 0, 0, Vec::new());
    while let Some(proof) = proofs.join_next().await {
        let found = proof??;
        (orders, refunds, repeated) = (orders + found.orders, refunds + found.refunds, repeated + found.repeated);
        codes.extend(found.codes);
    }
    let distinct: BTreeSet<&String> = codes.iter().collect();
    ensure!(distinct.len() == orders, "{orders} orders have {} different codes", distinct.len());
    let numbers: BTreeSet<&String> = buyers.iter().flat_map(|buyer| &buyer.orders).map(|order| &order.number).collect();
    ensure!(numbers.len() == orders, "{orders} orders have {} different numbers", numbers.len());
    let seller = Account { people: people.clone(), person: seller.clone() };
    let sold = seller.list("/api/v1/seller/orders").await?.len();
    ensure!(sold == orders, "the buyers have {orders} orders, the seller sees {sold}");
    Ok(format!("{orders} orders, {refunds} returns, {repeated} requests repeated"))
}

/// What a buyer's answers say.
struct Expected {
    orders: BTreeMap<String, (String, i64)>,
    /// The returned instances and amounts by order.
    returns: BTreeMap<String, (String, i64)>,
    balance: i64,
    repeated: u32,
}

impl Expected {
    fn of(buyer: &Buyer) -> Self {
        let orders = buyer.orders.iter().map(|order| (order.id.clone(), (order.number.clone(), order.total)));
        let returns = buyer.returns.iter().map(|back| (back.order.clone(), (back.instance.clone(), back.amount)));
        Self {
            orders: orders.collect(),
            returns: returns.collect(),
            balance: buyer.balance(),
            repeated: buyer.repeated,
        }
    }
}

struct Account {
    people: People,
    person: Person,
}

impl Account {
    async fn prove(&self, expected: Expected) -> anyhow::Result<Found> {
        // Every order was acknowledged in the end, so that there is none that we do not know.
        let orders = self.list("/api/v1/orders").await?;
        for order in &orders {
            let (number, total) = expected.orders.get(text(order, "id")?).context("an order that nobody knows")?;
            ensure!(text(order, "number")? == number && minor(&order["total"])? == *total, "changed: {order}");
        }
        ensure!(orders.len() == expected.orders.len(), "{} of {}", orders.len(), expected.orders.len());
        let mut instances: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for instance in self.list("/api/v1/instances").await? {
            instances.entry(text(&instance, "order_line")?.to_owned()).or_default().push(instance);
        }
        let mut codes = Vec::new();
        for order in expected.orders.keys() {
            codes.push(self.prove_order(order, &instances, expected.returns.get(order)).await?);
        }
        ensure!(instances.len() == orders.len(), "{} orders, {} instances", orders.len(), instances.len());
        self.prove_money(&expected).await?;
        self.prove_notices(&expected).await?;
        Ok(Found { orders: orders.len(), refunds: expected.returns.len(), repeated: expected.repeated, codes })
    }

    /// One delivery, one instance and one code for the line of an order; gives the code.
    async fn prove_order(
        &self,
        order: &str,
        instances: &BTreeMap<String, Vec<Value>>,
        returned: Option<&(String, i64)>,
    ) -> anyhow::Result<String> {
        let order = self.get(&format!("/api/v1/orders/{order}")).await?;
        let (id, state) = (text(&order, "id")?, if returned.is_some() { "refunded" } else { "delivered" });
        let [line] = order["lines"].as_array().context("lines")?.as_slice() else { bail!("not one line: {order}") };
        ensure!(text(line, "state")? == state, "should be {state}: {order}");
        let deliveries = self.get(&format!("/api/v1/orders/{id}/deliveries")).await?;
        let [delivery] = deliveries["items"].as_array().context("items")?.as_slice() else {
            bail!("not one delivery: {deliveries}");
        };
        let instance = match instances.get(text(line, "id")?).map(Vec::as_slice) {
            Some([instance]) => instance,
            other => bail!("not one instance for {line}: {other:?}"),
        };
        let instance_id = text(instance, "id")?;
        ensure!(text(delivery, "state")? == "delivered" && text(delivery, "instance")? == instance_id, "{delivery}");
        let ended = if let Some((instance, amount)) = returned {
            ensure!(instance == instance_id && *amount == minor(&line["amount"])?, "{instance} was returned: {order}");
            "released"
        } else {
            "active"
        };
        ensure!(text(instance, "state")? == ended, "should be {ended}: {instance}");
        let path = format!("/api/v1/instances/{instance_id}/licence/reveal");
        let revealed = self.people.client.post(&self.person.token, &path, json!({})).await?;
        Ok(text(&revealed, "code")?.to_owned())
    }

    /// The wallet holds what came in, less what was paid, plus what went back; each refund was paid once.
    async fn prove_money(&self, expected: &Expected) -> anyhow::Result<()> {
        let wallet = self.get("/api/v1/wallet").await?;
        let held = minor(&wallet["balances"][0])?;
        ensure!(held == expected.balance, "the wallet holds {held}, the answers say {}", expected.balance);
        let mut refunds = BTreeMap::new();
        let listed = self.list("/api/v1/refunds").await?;
        for refund in &listed {
            let back = (text(refund, "instance")?.to_owned(), minor(&refund["amount"])?);
            refunds.insert(text(refund, "order")?.to_owned(), back);
        }
        ensure!(listed.len() == refunds.len() && refunds == expected.returns, "refunds differ: {listed:?}");
        Ok(())
    }

    /// A job that was tried twice has told its news once.
    async fn prove_notices(&self, expected: &Expected) -> anyhow::Result<()> {
        let told = self.list("/api/v1/messages?topic=order").await?;
        let mut paid: BTreeMap<String, u32> = BTreeMap::new();
        for message in &told {
            if let Some(number) =
                text(&message["title"], "en")?.strip_prefix("Order ").and_then(|rest| rest.strip_suffix(" is paid"))
            {
                *paid.entry(number.to_owned()).or_default() += 1;
            }
        }
        for (number, _) in expected.orders.values() {
            let times = paid.remove(number).unwrap_or_default();
            ensure!(times == 1, "that {number} is paid was told {times} times");
        }
        ensure!(paid.is_empty(), "payments of unknown orders were told: {paid:?}");
        Ok(())
    }

    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.people.client.get(&self.person.token, path).await
    }

    /// All pages of a list.
    async fn list(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        let joint = if path.contains('?') { '&' } else { '?' };
        loop {
            let mut page = self.get(&format!("{path}{joint}limit=100{cursor}")).await?;
            all.append(page["items"].as_array_mut().context("items")?);
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(all),
            }
        }
    }
}
