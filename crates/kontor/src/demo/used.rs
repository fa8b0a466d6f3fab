//! What the demo's first buyer uses of the first seller's hosted product, pushed as its system would do it: hour by hour, one
//! record late, one that is refused and one that is corrected; the last of it from a package.

use anyhow::Context;
use kernel::{Timestamp, time::HOUR};
use serde_json::{Value, json};

use super::{Demo, scenes::STAR, trade::Choice};
use crate::stage::client::{Sent, text};

const PUSH: &str = "/rest/marketplace/v1/isv/usage-data";

impl Demo {
    /// Opens the edition that is paid by volume.
    pub(super) async fn open_use(&mut self) -> anyhow::Result<()> {
        let sku = self.by_use.clone().context("it is on sale")?;
        let choice = Choice { product: 0, body: json!({ "sku": sku }) };
        self.order(STAR, &choice, true).await?;
        self.world.kontor.run_due_jobs().await?;
        Ok(())
    }

    /// The hour before, and more of it each time.
    pub(super) async fn push_use(&mut self, turn: u32) -> anyhow::Result<()> {
        let seller = self.shop(STAR)?.person.token.clone();
        let sold = self.world.client.get(&seller, "/api/v1/seller/usage").await?;
        // The first that was opened; a package came later.
        let opened = sold["items"].as_array().and_then(|items| items.last()).context("it is opened")?;
        let name = text(opened, "remote_id")?.to_owned();
        let now = self.world.now();
        let mut records: Vec<Value> = vec![record(&name, now, 0, &format!("{turn}.{}", 25 * turn))];
        if turn == 3 {
            // Found a day later on a machine that was cut off.
            records.push(record(&name, now, 9, "2.75"));
        }
        if turn == 4 {
            records.push(record(&name, now, 0, "many"));
            records.push(record("log-000", now, 0, "1.5"));
        }
        self.world.post(&seller, PUSH, json!({ "usage_records": records })).await?;
        match turn {
            3 => self.take_parcel().await,
            4 => self.correct_use(&seller, text(opened, "instance")?).await,
            _ => Ok(()),
        }
    }

    /// The first record of all counted half an hour twice.
    async fn correct_use(&mut self, seller: &str, instance: &str) -> anyhow::Result<()> {
        let path = format!("/api/v1/seller/usage-records?instance={instance}&limit=100");
        let records = self.world.client.get(seller, &path).await?;
        let first = records["items"].as_array().and_then(|items| items.last()).context("something was recorded")?;
        let wanted =
            json!({ "instance": instance, "corrects": first["number"], "quantity": "0.6", "reason": "Counted twice" });
        self.world.post(seller, "/api/v1/seller/usage-corrections", wanted).await?;
        Ok(())
    }

    /// What is used from now on is paid in advance, and its buyer is told when a fifth of it is left.
    async fn take_parcel(&mut self) -> anyhow::Result<()> {
        let sku = self.parcel.clone().context("it is on sale")?;
        self.order(STAR, &Choice { product: 0, body: json!({ "sku": sku }) }, true).await?;
        self.world.kontor.run_due_jobs().await?;
        let token = self.buyers.get(&STAR).context("the first buyer is here")?.person.token.clone();
        let list = self.world.client.get(&token, "/api/v1/packages").await?;
        let path = format!("/api/v1/instances/{}/package/watch", text(&list["items"][0], "instance")?);
        let wanted = json!({ "alarm": { "by": "share", "percent": 20 } });
        let sent = Sent { token: Some(&token), body: Some(wanted), ..Sent::default() };
        self.world.client.call("PUT", &path, sent).await?.good("watch the package")?;
        Ok(())
    }
}

/// Half an hour that ended so many hours ago.
fn record(name: &str, now: Timestamp, hours: i64, quantity: &str) -> Value {
    let wire = |moment: Timestamp| moment.format("%Y%m%dT%H%M%SZ", &jiff::tz::TimeZone::UTC);
    let end = now.plus_micros(-hours * HOUR);
    json!({
        "instance_id": name, "record_time": wire(now), "begin_time": wire(end.plus_micros(-HOUR / 2)), "end_time": wire(end),
        "usage_value": quantity
    })
}
