//! What must always hold: design's invariants, and that what people were told fits what the books say.

use anyhow::{Context, ensure};
use kernel::Timestamp;
use serde_json::Value;

use super::world::World;

impl World {
    /// After each step: the books are in order.
    pub(super) async fn check_books(&mut self) -> anyhow::Result<()> {
        self.stage.check().await
    }

    /// When everything has settled: wallets, orders, instances and codes fit what was acknowledged.
    pub(super) async fn check_all(&mut self) -> anyhow::Result<()> {
        self.check_books().await?;
        self.check_use().await?;
        let mut renewals = 0;
        for (place, buyer) in self.buyers.iter().enumerate() {
            let token = &buyer.person.token;
            let orders = self.all(token, "/api/v1/orders").await?;
            let instances = self.all(token, "/api/v1/instances").await?;
            check_ends(&instances, self.stage.kontor.app.clock.now())?;
            let spent = |state: &Value| matches!(state.as_str(), Some("paid" | "completed" | "refunded"));
            let spent: i64 = orders
                .iter()
                .filter(|order| spent(&order["state"]))
                .filter_map(|order| order["total"]["minor"].as_i64())
                .sum();
            let refunds = self.all(token, "/api/v1/refunds").await?;
            let back: i64 = refunds.iter().filter_map(|refund| refund["amount"]["minor"].as_i64()).sum();
            let wallet = self.stage.people.client.get(token, "/api/v1/wallet").await?;
            let holds = wallet["balances"][0]["minor"].as_i64().unwrap_or(0);
            let left = buyer.deposited - spent + back - self.used_by(place).await?;
            ensure!(holds == left, "{} has {holds} but should have {left}", buyer.person.name);
            for (id, _) in &buyer.orders {
                let found = orders.iter().filter(|order| order["id"] == id.as_str()).count();
                ensure!(found == 1, "the acknowledged order {id} is there {found} times");
            }
            let renewed = orders.iter().filter(|order| order["kind"] == "renewal").count();
            renewals += u32::try_from(renewed)?;
            for order in &orders {
                let known = buyer.orders.iter().any(|(id, _)| order["id"] == id.as_str());
                let lines = if goes_on(order) {
                    Delivered::Before
                } else if known {
                    Delivered::Each(1)
                } else {
                    self.agreed(token, order).await?
                };
                check_order(order, &instances, lines)?;
            }
        }
        self.counted.automatic = renewals.saturating_sub(self.counted.renewals);
        Ok(())
    }

    /// What is delivered of an order that the buyer did not place: it has to come from a private offer.
    async fn agreed(&self, token: &str, order: &Value) -> anyhow::Result<Delivered> {
        let path = format!("/api/v1/orders/{}", order["id"].as_str().unwrap_or_default());
        let shown = self.stage.people.client.get(token, &path).await?;
        let lines = shown["lines"].as_array().context("an order has lines")?;
        ensure!(lines.iter().all(|line| line["agreed"]["offer"].is_string()), "nobody placed the order {shown}");
        let first = lines.iter().all(|line| line["agreed"]["instalment"] == 1);
        Ok(if first { Delivered::Each(lines.len()) } else { Delivered::Before })
    }

    async fn all(&self, token: &str, path: &str) -> anyhow::Result<Vec<Value>> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.stage.people.client.get(token, &format!("{path}?limit=100{cursor}")).await?;
            items.extend(page["items"].as_array().context("a page has items")?.iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(items),
            }
        }
    }
}

/// What each instance says of itself fits the clock: nothing outlives its term without a grace, and nothing the grace.
fn check_ends(instances: &[Value], now: Timestamp) -> anyhow::Result<()> {
    for instance in instances {
        let at = |field: &str| instance[field].as_str().map(str::parse::<Timestamp>).transpose();
        let (end, freeze, release) = (at("expires_at")?, at("freeze_at")?, at("release_at")?);
        let fits = match instance["state"].as_str().unwrap_or_default() {
            "active" => end.is_none_or(|end| now < end),
            "grace" => end.is_some_and(|end| end <= now) && freeze.is_some_and(|freeze| now < freeze),
            "expired" => end.is_some_and(|end| end <= now) && release.is_some_and(|release| now < release),
            _ => true,
        };
        ensure!(fits, "at {now} an instance says of itself: {instance}");
    }
    Ok(())
}

/// Whether it pays for what is there already: another term, or another specification.
fn goes_on(order: &Value) -> bool {
    matches!(order["kind"].as_str(), Some("renewal" | "change" | "renewal_change"))
}

/// What the lines of an order become.
#[derive(Clone, Copy)]
enum Delivered {
    /// An instance each, of so many.
    Each(usize),
    /// A later instalment pays for what is there, a renewal lets it go on, and a change makes more of it.
    Before,
}

/// A settled order is delivered once, or its money went back; nothing is left half-way.
fn check_order(order: &Value, instances: &[Value], lines: Delivered) -> anyhow::Result<()> {
    let most = match lines {
        Delivered::Each(lines) => lines,
        Delivered::Before => 0,
    };
    let id = order["id"].as_str().unwrap_or_default();
    if goes_on(order) {
        // What begins with a term that has not begun is paid, and not done yet.
        let ahead = order["kind"] == "renewal_change" && order["state"] == "paid";
        let over = matches!(order["state"].as_str(), Some("completed" | "refunded"));
        ensure!(ahead || over, "the order {order} is half done");
        return Ok(());
    }
    let mine: Vec<&Value> = instances.iter().filter(|instance| instance["order"] == id).collect();
    match order["state"].as_str().unwrap_or_default() {
        // Of several lines, one may have been returned, or never delivered and paid back.
        "completed" => {
            // What was tried moves onto the order by which it is bought.
            let least = if order["kind"] == "trial" { 0 } else { most.min(1) };
            let fits = (least..=most).contains(&mine.len());
            ensure!(fits, "the completed order {id} has {} instances", mine.len());
        }
        "refunded" => {
            let released = mine.iter().all(|instance| instance["state"] == "released");
            ensure!(mine.len() <= most && released, "the refunded order {id} still has an instance: {mine:?}");
        }
        "placed" | "cancelled" => ensure!(mine.is_empty(), "the unpaid order {id} has an instance"),
        other => anyhow::bail!("the order {id} is still {other}"),
    }
    Ok(())
}
