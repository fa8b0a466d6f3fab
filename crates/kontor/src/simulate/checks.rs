//! What must always hold: design's invariants, and that what people were told fits what the books say.

use anyhow::{Context, ensure};
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
        let mut renewals = 0;
        for buyer in &self.buyers {
            let token = &buyer.person.token;
            let orders = self.all(token, "/api/v1/orders").await?;
            let instances = self.all(token, "/api/v1/instances").await?;
            let spent = orders.iter().filter(|order| matches!(order["state"].as_str(), Some("paid" | "completed")));
            let spent: i64 = spent.filter_map(|order| order["total"]["minor"].as_i64()).sum();
            let wallet = self.stage.people.client.get(token, "/api/v1/wallet").await?;
            let holds = wallet["balances"][0]["minor"].as_i64().unwrap_or(0);
            let left = buyer.deposited - spent;
            ensure!(holds == left, "{} has {holds} but should have {left}", buyer.person.name);
            for (id, _) in &buyer.orders {
                let found = orders.iter().filter(|order| order["id"] == id.as_str()).count();
                ensure!(found == 1, "the acknowledged order {id} is there {found} times");
            }
            let new = orders.iter().filter(|order| order["kind"] == "new").count();
            ensure!(new == buyer.orders.len(), "{} has orders that nobody was told of", buyer.person.name);
            let renewed = orders.iter().filter(|order| order["kind"] == "renewal").count();
            renewals += u32::try_from(renewed)?;
            for order in &orders {
                check_order(order, &instances)?;
            }
        }
        self.counted.automatic = renewals.saturating_sub(self.counted.renewals);
        Ok(())
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

/// A settled order is delivered once, or its money went back; nothing is left half-way.
fn check_order(order: &Value, instances: &[Value]) -> anyhow::Result<()> {
    let id = order["id"].as_str().unwrap_or_default();
    if order["kind"] == "renewal" {
        ensure!(matches!(order["state"].as_str(), Some("completed" | "refunded")), "the renewal {order} is half done");
        return Ok(());
    }
    let mine: Vec<&Value> = instances.iter().filter(|instance| instance["order"] == id).collect();
    match order["state"].as_str().unwrap_or_default() {
        "completed" => ensure!(mine.len() == 1, "the completed order {id} has {} instances", mine.len()),
        "refunded" => {
            let released = mine.iter().all(|instance| instance["state"] == "released");
            ensure!(mine.len() <= 1 && released, "the refunded order {id} still has an instance: {mine:?}");
        }
        "placed" | "cancelled" => ensure!(mine.is_empty(), "the unpaid order {id} has an instance"),
        other => anyhow::bail!("the order {id} is still {other}"),
    }
    Ok(())
}
