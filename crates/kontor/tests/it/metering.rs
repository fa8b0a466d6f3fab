//! What is paid as it is used: bought for nothing, recorded by its seller's system, charged hour by hour.

use anyhow::{Context, ensure};
use kernel::time::{DAY, HOUR, MINUTE};
use kontor::{
    kit::Standing,
    stage::{
        Person, Stage, by_use,
        client::{Reply, Sent, text},
        signer::Signer,
    },
};
use serde_json::{Value, json};

use crate::{
    saas::{System, tell},
    stories::{ask, inbox, order, refusal, says, wallet},
};

on_both!(
    use_is_recorded_charged_once_and_carried_to_the_fraction,
    what_is_used_is_closed_by_its_buyer_and_charged_to_the_end,
    ranges_and_free_counts_add_up_over_their_cycles_for_late_records_too,
    what_cannot_be_priced_hides_nothing_else,
    what_is_priced_record_by_record_is_read_some_at_a_time,
    two_meters_of_one_instance_are_counted_and_priced_apart,
    what_cannot_be_charged_waits_and_keeps_nothing_else_back,
    running_sums_that_their_records_do_not_give_are_found,
);

pub(crate) const PUSH: &str = "/api/mkp-openapi-public/global/v1/isv/usage-data";
pub(crate) const OLD: &str = "/rest/marketplace/v1/isv/usage-data";
pub(crate) const EVENTS: &str = "/api/v1/seller/usage-events";

/// A seller whose system is connected, something that is paid by use, and an instance of it.
pub(crate) struct Scene {
    pub(crate) stage: Stage,
    pub(crate) system: System,
    key: String,
    pub(crate) seller: Person,
    pub(crate) buyer: Person,
    pub(crate) signer: Signer,
    pub(crate) product: String,
    pub(crate) sku: String,
    /// Of each edition, in their order.
    pub(crate) skus: Vec<String>,
}

/// A third of a cent for each call after the first hundred of a month.
pub(crate) fn cheap() -> Value {
    by_use(
        "hour",
        json!({ "price": { "model": "fixed", "unit_price": "0.0033" }, "allowance": { "quantity": "100", "cycle": "month" } }),
    )
}

impl Scene {
    pub(crate) async fn open(url: Option<&str>, name: &'static str, billing: Value) -> anyhow::Result<Self> {
        Self::open_all(url, name, vec![billing]).await
    }

    /// The same with an edition for each billing.
    pub(crate) async fn open_all(url: Option<&str>, name: &'static str, billings: Vec<Value>) -> anyhow::Result<Self> {
        let url = url.map(str::to_owned);
        tokio::spawn(async move { Self::made(url.as_deref(), name, &billings).await }).await?
    }

    async fn made(url: Option<&str>, name: &str, billings: &[Value]) -> anyhow::Result<Self> {
        let stage = Stage::turned(url, name).await?;
        let people = &stage.people;
        let system = System::start(&stage.kontor.app.clock).await?;
        let seller = people.seller("Cloudco Software").await?;
        let (path, key) = people.production_address(&seller, system.address()).await?;
        system.kit.accept(key.clone())?;
        tell(people, &seller, &format!("{path}/verify")).await?;
        let product = people.metered(&seller, "Answers", billings).await?;
        let buyer = people.rich_buyer("Ada Lovelace").await?;
        let signer = Signer::of(people, &seller, &["integrate"]).await?;
        let sku = product.skus.first().context("it has a SKU")?.clone();
        Ok(Self { stage, system, key, seller, buyer, signer, product: product.id, sku, skus: product.skus })
    }

    /// Buys one; gives our id and the name that the seller's system gave it.
    pub(crate) async fn buy(&self, buyer: &Person) -> anyhow::Result<(String, String)> {
        self.buy_one(buyer, &self.sku).await
    }

    /// The same of an edition.
    pub(crate) async fn buy_one(&self, buyer: &Person, sku: &str) -> anyhow::Result<(String, String)> {
        let before = self.system.kit.instances();
        order(&self.stage.people, buyer, json!({ "sku": sku }), true).await?;
        self.stage.kontor.run_due_jobs().await?;
        let list = self.stage.people.client.get(&buyer.token, "/api/v1/instances?limit=1").await?;
        let names = self.system.kit.instances();
        let name = names.keys().find(|name| !before.contains_key(*name)).context("it was created")?;
        Ok((text(&list["items"][0], "id")?.to_owned(), name.clone()))
    }

    pub(crate) async fn pass(&self, micros: i64) -> anyhow::Result<()> {
        self.stage.kontor.app.clock.turn(micros);
        self.stage.kontor.run_due_jobs().await?;
        Ok(())
    }

    pub(crate) async fn push(&self, records: Vec<Value>) -> anyhow::Result<Reply> {
        let now = self.stage.kontor.app.clock.now();
        let nonce = format!("{:08x}", rand::random::<u32>());
        let body = json!({ "usage_records": records });
        self.signer.post(PUSH, &body, &nonce, now).pushed(&self.key, &nonce, now).send(&self.stage.people.client).await
    }

    /// Pushes records that are taken in.
    pub(crate) async fn pushed(&self, records: Vec<Value>) -> anyhow::Result<()> {
        let reply = self.push(records).await?;
        ensure!(reply.status == 200 && reply.body["resultCode"] == "MKT.0000", "{} {}", reply.status, reply.body);
        Ok(())
    }

    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.stage.people.client.get(&self.buyer.token, path).await
    }

    pub(crate) async fn usage(&self, instance: &str) -> anyhow::Result<Value> {
        self.get(&format!("/api/v1/instances/{instance}/usage")).await
    }

    /// The amounts of an instance's charges, the first first.
    pub(crate) async fn charges(&self, instance: &str) -> anyhow::Result<Vec<(i64, String)>> {
        let list = self.get(&format!("/api/v1/instances/{instance}/usage-charges?limit=100")).await?;
        let items = list["items"].as_array().into_iter().flatten().rev();
        items
            .map(|one| Ok((one["amount"]["minor"].as_i64().context("an amount")?, text(one, "exact")?.to_owned())))
            .collect()
    }

    /// The codes and numbers of refused records that are open, the first first.
    pub(crate) async fn refused(&self) -> anyhow::Result<Vec<(String, String)>> {
        let path = "/api/v1/seller/usage-refusals?state=open&limit=100";
        let list = self.stage.people.client.get(&self.seller.token, path).await?;
        let items = list["items"].as_array().into_iter().flatten().rev();
        items.map(|one| Ok((text(one, "code")?.to_owned(), text(one, "number")?.to_owned()))).collect()
    }

    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.stage.kontor.run_due_jobs().await?;
        self.stage.check().await?;
        self.stage.close().await
    }
}

/// A record of an hour on the opening's day, in UTC.
pub(crate) fn record(name: &str, hour: u32, value: &str, number: &str) -> Value {
    json!({
        "instance_id": name, "record_time": format!("20260302T{:02}0500Z", hour + 1), "begin_time": format!("20260302T{hour:02}0000Z"),
        "end_time": format!("20260302T{:02}0000Z", hour + 1), "usage_value": value, "metering_sn": number
    })
}

/// The first second of a stage, as it is pushed.
pub(crate) fn used(name: &str) -> Value {
    json!({
        "instance_id": name, "record_time": "20260302T010001Z", "begin_time": "20260302T010000Z",
        "end_time": "20260302T010001Z", "usage_value": "3"
    })
}

async fn use_is_recorded_charged_once_and_carried_to_the_fraction(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "use", cheap())).await?;
    let people = &scene.stage.people;
    // An empty wallet opens nothing.
    let poor = people.buyer("Poor Buyer").await?;
    let quote = people.client.post(&poor.token, "/api/v1/quotes", json!({ "sku": scene.sku })).await?;
    assert_eq!(quote["total"]["minor"], 0, "{quote}");
    let wanted = json!({ "quote": quote["id"] });
    let refused = ask(&people.client, &poor.token, "POST", "/api/v1/orders", Some(wanted)).await?;
    assert_eq!(refusal(&refused), (422, "order.empty_wallet"));

    let held = wallet(people, &scene.buyer).await?;
    let (instance, name) = scene.buy(&scene.buyer).await?;
    assert_eq!(wallet(people, &scene.buyer).await?, held, "opening it costs nothing");

    // 01:00 in UTC: the hour begins with the stage.
    scene.pass(65 * MINUTE).await?;
    scene.pushed(vec![record(&name, 1, "150.5", "a-1")]).await?;
    let live = scene.usage(&instance).await?;
    assert_eq!((&live["meters"][0]["open"], &live["open_exact"]), (&json!("150.5"), &json!("0.16665")), "{live}");
    assert_eq!(live["meters"][0]["allowance"], json!({ "quantity": "100", "left": "0" }));
    // The same again, alone and among others, changes nothing.
    scene.pushed(vec![record(&name, 1, "150.5", "a-1")]).await?;
    scene.pass(9 * MINUTE).await?;
    assert!(scene.charges(&instance).await?.is_empty(), "records have a quarter of an hour to come in");
    scene.pass(MINUTE).await?;
    assert_eq!(scene.charges(&instance).await?, [(16, "0.16665".to_owned())]);
    assert_eq!(wallet(people, &scene.buyer).await?, held - 16);

    // Later hours: one with a fraction that completes a cent, one late for the first hour, one without use.
    scene.pass(55 * MINUTE).await?;
    scene.pushed(vec![record(&name, 2, "1", "a-2"), record(&name, 1, "150.5", "a-1")]).await?;
    scene.pass(65 * MINUTE).await?;
    scene
        .pushed(vec![json!({ "instance_id": name, "record_time": "20260302T043000Z", "begin_time": "20260302T010000Z",
            "end_time": "20260302T013000Z", "usage_value": "2", "metering_sn": "a-late" })])
        .await?;
    scene.pass(6 * HOUR).await?;
    let charges = scene.charges(&instance).await?;
    let exact: Vec<&str> = charges.iter().map(|(_, exact)| exact.as_str()).collect();
    assert_eq!(exact, ["0.16665", "0.0033", "0.0066"], "each hour once: {charges:?}");
    // 0.17655 in all: what is posted lags behind by less than a cent.
    assert_eq!(charges.iter().map(|(minor, _)| minor).sum::<i64>(), 17);
    assert_eq!(wallet(people, &scene.buyer).await?, held - 17);
    let list = scene.get(&format!("/api/v1/instances/{instance}/usage-charges")).await?;
    assert_eq!(list["items"][0]["parts"][0]["late"], true, "{list}");
    let live = scene.usage(&instance).await?;
    assert_eq!(
        (&live["carried"], &live["charged"]["minor"], &live["records"]),
        (&json!("0.00655"), &json!(17), &json!(3))
    );

    // Everything can be seen, by both sides and on their pages.
    let charge = text(&list["items"][0], "id")?;
    assert_eq!(scene.get(&format!("/api/v1/usage-charges/{charge}")).await?["exact"], "0.0066");
    let sold = people.client.get(&scene.seller.token, "/api/v1/seller/usage").await?;
    assert_eq!(
        (&sold["items"][0]["remote_id"], &sold["items"][0]["buyer_name"]),
        (&json!(name), &json!("Ada Lovelace"))
    );
    let own = format!("/console/instances/{instance}");
    for (who, path) in [
        (&scene.buyer, own.clone()),
        (&scene.buyer, format!("{own}/usage")),
        (&scene.buyer, format!("{own}/usage-part")),
        (&scene.buyer, format!("/console/usage-charges/{charge}")),
        (&scene.seller, "/seller/usage".to_owned()),
    ] {
        let sent = Sent { token: Some(&who.token), ..Sent::default() };
        let reply = people.client.call("GET", &path, sent).await?;
        let shown = reply.body.as_str().unwrap_or_default();
        assert!(reply.status == 200 && shown.contains("0.0066") || shown.contains("0.17"), "{path}: {}", reply.status);
    }
    for (who, path) in [(&scene.seller, "/seller/usage.csv".to_owned()), (&scene.buyer, format!("{own}/usage.csv"))] {
        let sent = Sent { token: Some(&who.token), ..Sent::default() };
        let file = people.client.call("GET", &path, sent).await?;
        assert!(file.body.as_str().is_some_and(|text| text.contains("0.16665")), "{path}: {}", file.body);
    }
    scene.close().await
}

async fn what_is_used_is_closed_by_its_buyer_and_charged_to_the_end(url: Option<String>) -> anyhow::Result<()> {
    let mut billing = by_use("day", json!({ "price": { "model": "fixed", "unit_price": "0.5" } }));
    billing["commitment"] = json!({ "amount": "20", "cycle": "month" });
    billing["set_up"] = json!("99");
    let scene = Box::pin(Scene::open(url.as_deref(), "closed", billing)).await?;
    let people = &scene.stage.people;
    let held = wallet(people, &scene.buyer).await?;
    let (instance, name) = scene.buy(&scene.buyer).await?;
    assert_eq!(wallet(people, &scene.buyer).await?, held - 9_900, "it is set up for money");
    let returned = ask(
        &people.client,
        &scene.buyer.token,
        "POST",
        &format!("/api/v1/instances/{instance}/return"),
        Some(json!({ "reason": "" })),
    )
    .await?;
    assert_eq!(refusal(&returned), (422, "refund.not_returnable"));
    scene.pass(3 * HOUR).await?;
    scene.pushed(vec![record(&name, 1, "10", "1")]).await?;
    scene.pass(DAY).await?;
    assert_eq!(scene.charges(&instance).await?, [(500, "5".to_owned())]);
    let path = format!("/api/v1/instances/{instance}/close");
    assert_eq!(ask(&people.client, &scene.buyer.token, "POST", &path, None).await?.status, 204);
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(scene.system.kit.instances()[&name], Standing::Released);
    assert_eq!(refusal(&ask(&people.client, &scene.buyer.token, "POST", &path, None).await?), (422, "usage.ended"));
    // What was used before the end comes in after it; what is missing to the commitment falls due once.
    let last = |number: &str, hour: u32| {
        json!({ "instance_id": name, "record_time": "20260303T060000Z",
        "begin_time": format!("20260303T{hour:02}0000Z"), "end_time": format!("20260303T{hour:02}3000Z"), "usage_value": "4", "metering_sn": number })
    };
    scene.pass(HOUR).await?;
    scene.pushed(vec![last("2", 2), last("3", 4)]).await?;
    assert_eq!(scene.refused().await?, [("013".to_owned(), "3".to_owned())], "nothing is used after the end");
    scene.pass(DAY).await?;
    assert_eq!(
        scene.charges(&instance).await?,
        [(500, "5".to_owned()), (1_500, "15".to_owned())],
        "2 for use, 13 are missing to 20"
    );
    scene.pass(40 * DAY).await?;
    assert_eq!(scene.charges(&instance).await?.len(), 2, "nothing more follows");
    assert_eq!(wallet(people, &scene.buyer).await?, held - 9_900 - 2_000);
    scene.close().await
}

async fn ranges_and_free_counts_add_up_over_their_cycles_for_late_records_too(
    url: Option<String>,
) -> anyhow::Result<()> {
    let ranges =
        json!({ "model": "tiered", "ranges": [{ "up_to": "3", "unit_price": "0.30" }, { "unit_price": "0.20" }] });
    let scene = Box::pin(Scene::open(
        url.as_deref(),
        "ranges",
        by_use("hour", json!({ "price": ranges, "accumulation": "day" })),
    ))
    .await?;
    let (instance, name) = scene.buy(&scene.buyer).await?;
    scene.pass(HOUR + MINUTE).await?;
    scene.pushed(vec![record(&name, 1, "2", "1")]).await?;
    scene.pass(HOUR).await?;
    scene.pushed(vec![record(&name, 2, "6", "2")]).await?;
    // The next day on the wall begins at 16:00 in UTC.
    scene.pass(20 * HOUR).await?;
    scene.pushed(vec![record(&name, 17, "1", "3"), record(&name, 3, "1", "late")]).await?;
    scene.pass(2 * HOUR).await?;
    let exact: Vec<String> = scene.charges(&instance).await?.into_iter().map(|(_, exact)| exact).collect();
    // 2 × 0.30; 1 × 0.30 + 5 × 0.20; then two that are late: one of the new day at 0.30, one of the first day at 0.20.
    assert_eq!(exact, ["0.6", "1.3", "0.5"]);
    scene.close().await
}

/// Runs a statement behind the program's back.
pub(crate) async fn behind(scene: &Scene, sql: &'static str) -> anyhow::Result<()> {
    let mut tx = scene.stage.kontor.app.db.begin().await?;
    tx.execute(sql, vec![]).await?;
    tx.commit().await?;
    Ok(())
}

async fn what_cannot_be_priced_hides_nothing_else(url: Option<String>) -> anyhow::Result<()> {
    let dear = by_use("hour", json!({ "price": { "model": "fixed", "unit_price": "99999" } }));
    let scene = Box::pin(Scene::open(url.as_deref(), "dear", dear)).await?;
    let people = &scene.stage.people;
    let (broken, name) = scene.buy(&scene.buyer).await?;
    let (sound, other) = scene.buy(&scene.buyer).await?;
    scene.pass(HOUR).await?;
    scene.pushed(vec![record(&name, 1, "1", "1"), record(&other, 1, "2", "1")]).await?;
    // As if so many records had come that their price is no amount any more.
    behind(&scene, "update usage_sum set whole = 1000000000000000 where whole = 1").await?;
    let live = scene.usage(&broken).await?;
    assert_eq!((&live["unpriced"], &live["open_exact"]), (&json!("too_much"), &json!(null)), "{live}");
    assert_eq!(live["meters"][0]["open"], "1000000000000000");
    assert_eq!(scene.usage(&sound).await?["open_exact"], "199998");
    let sold = people.client.get(&scene.seller.token, "/api/v1/seller/usage").await?;
    let exact: Vec<&Value> = sold["items"].as_array().into_iter().flatten().map(|one| &one["open_exact"]).collect();
    assert_eq!(exact, [&json!("199998"), &json!(null)], "{sold}");
    for (who, path) in
        [(&scene.seller, "/seller/usage".to_owned()), (&scene.buyer, format!("/console/instances/{broken}"))]
    {
        let sent = Sent { token: Some(&who.token), ..Sent::default() };
        let reply = people.client.call("GET", &path, sent).await?;
        let shown = reply.body.as_str().unwrap_or_default();
        assert!(reply.status == 200 && shown.contains("more than can be computed"), "{path}: {}", reply.status);
    }
    behind(&scene, "update usage_sum set whole = 1 where whole = 1000000000000000").await?;
    scene.close().await
}

async fn what_is_priced_record_by_record_is_read_some_at_a_time(url: Option<String>) -> anyhow::Result<()> {
    let ranges =
        json!({ "model": "volume", "ranges": [{ "up_to": "1", "unit_price": "0.02" }, { "unit_price": "0.01" }] });
    let scene = Box::pin(Scene::open(url.as_deref(), "volume", by_use("hour", json!({ "price": ranges })))).await?;
    let (instance, name) = scene.buy(&scene.buyer).await?;
    scene.pass(HOUR).await?;
    let event = |number: usize| {
        json!({ "specversion": "1.0", "source": "/many", "id": number.to_string(), "type": "calls", "subject": name,
            "time": "2026-03-02T01:30:00Z", "data": { "value": if number.is_multiple_of(2) { "1" } else { "2" } } })
    };
    for turn in 0..10 {
        let batch: Vec<Value> = (turn * 1_000..(turn + 1) * 1_000).map(event).collect();
        scene.stage.people.client.post(&scene.seller.token, EVENTS, json!(batch)).await?;
    }
    // Who only looks is not told the price of so many, but what was used.
    let live = scene.usage(&instance).await?;
    assert_eq!(
        (&live["unpriced"], &live["open_exact"], &live["meters"][0]["open"]),
        (&json!("many"), &json!(null), &json!("15000")),
        "{live}"
    );
    scene.stage.people.client.post(&scene.seller.token, EVENTS, json!([event(10_000)])).await?;
    scene.pass(HOUR).await?;
    // 5,001 × 1 × 0.02 and 5,000 × 2 × 0.01.
    assert_eq!(scene.charges(&instance).await?, [(20_002, "200.02".to_owned())]);
    assert_eq!(scene.usage(&instance).await?["records"], 10_001);
    scene.close().await
}

async fn two_meters_of_one_instance_are_counted_and_priced_apart(url: Option<String>) -> anyhow::Result<()> {
    let mut billing = by_use("hour", json!({ "price": { "model": "fixed", "unit_price": "0.5" } }));
    let counts =
        json!({ "code": "storage", "name": { "en": "Storage", "zh": "存储" }, "unit": { "en": "GB", "zh": "GB" } });
    let ranges = json!({ "model": "tiered", "ranges": [{ "up_to": "10", "unit_price": "2" }, { "unit_price": "1" }] });
    billing["meters"].as_array_mut().context("meters")?.push(json!({
        "counts": counts, "price": ranges, "accumulation": "day", "allowance": { "quantity": "5", "cycle": "month" }
    }));
    let scene = Box::pin(Scene::open(url.as_deref(), "meters", billing)).await?;
    let people = &scene.stage.people;
    let (instance, name) = scene.buy(&scene.buyer).await?;
    scene.pass(HOUR + MINUTE).await?;
    let of = |meter: &str, value: &str, number: &str| {
        let mut one = record(&name, 1, value, number);
        one["meter"] = json!(meter);
        one
    };
    // One hour of each, under the same time; a record that names no meter means none of the two.
    scene.pushed(vec![of("calls", "3", "c-1"), of("storage", "12", "s-1"), of("", "1", "n-1")]).await?;
    assert_eq!(scene.refused().await?, [("003".to_owned(), "n-1".to_owned())]);
    let event = json!({ "specversion": "1.0", "source": "/a", "id": "1", "type": "storage", "subject": name,
        "time": "2026-03-02T01:30:00Z", "data": { "value": "8" } });
    let told = people.client.post(&scene.seller.token, EVENTS, event).await?;
    assert_eq!(told["added"], 1, "the type of an event names its meter: {told}");
    let live = scene.usage(&instance).await?;
    assert_eq!((&live["meters"][0]["code"], &live["meters"][0]["open"]), (&json!("calls"), &json!("3")), "{live}");
    assert_eq!((&live["meters"][1]["code"], &live["meters"][1]["open"]), (&json!("storage"), &json!("20")), "{live}");
    assert_eq!(live["meters"][1]["allowance"], json!({ "quantity": "5", "left": "0" }));
    scene.pass(HOUR).await?;
    // 3 × 0.5, and of 20 that are stored 5 are free, 10 cost 2 and 5 cost 1.
    assert_eq!(scene.charges(&instance).await?, [(2_650, "26.5".to_owned())]);
    let list = scene.get(&format!("/api/v1/instances/{instance}/usage-charges")).await?;
    let parts = &list["items"][0]["parts"];
    assert_eq!((&parts[0]["meter"], &parts[0]["exact"]), (&json!("calls"), &json!("1.5")), "{list}");
    assert_eq!(
        (&parts[1]["meter"], &parts[1]["exact"], &parts[1]["free"], &parts[1]["records"]),
        (&json!("storage"), &json!("25"), &json!("5"), &json!(2))
    );
    // In the files, what the hour costs stands beside the first of its parts, so that the column sums up.
    let own = format!("/console/instances/{instance}/usage.csv");
    for (who, path) in [(&scene.seller, "/seller/usage.csv"), (&scene.buyer, own.as_str())] {
        let sent = Sent { token: Some(&who.token), ..Sent::default() };
        let file = people.client.call("GET", path, sent).await?;
        let text = file.body.as_str().context("a file is a text")?;
        assert_eq!((text.matches("26.50,CNY").count(), text.matches(",,CNY").count()), (1, 1), "{path}: {text}");
    }
    scene.close().await
}

async fn what_cannot_be_charged_waits_and_keeps_nothing_else_back(url: Option<String>) -> anyhow::Result<()> {
    let dear = by_use("hour", json!({ "price": { "model": "fixed", "unit_price": "1000" } }));
    let scene = Box::pin(Scene::open(url.as_deref(), "waits", dear)).await?;
    let people = &scene.stage.people;
    let (broken, name) = scene.buy(&scene.buyer).await?;
    let (sound, other) = scene.buy(&scene.buyer).await?;
    // Nobody charges for two hours.
    let turn = |micros| scene.stage.kontor.app.clock.turn(micros);
    turn(HOUR + MINUTE);
    scene.pushed(vec![record(&name, 1, "1", "1"), record(&other, 1, "1", "1")]).await?;
    turn(HOUR);
    scene.pushed(vec![record(&name, 2, "2", "2"), record(&other, 2, "3", "2")]).await?;
    behind(&scene, "update usage_sum set whole = 1000000000000000 where whole = 2").await?;
    scene.pass(HOUR).await?;
    let first = (100_000, "1000".to_owned());
    assert_eq!(scene.charges(&sound).await?, [first.clone(), (300_000, "3000".to_owned())]);
    assert_eq!(scene.charges(&broken).await?, std::slice::from_ref(&first), "what is before the bad hour is charged");
    for _ in 0..14 {
        scene.pass(31 * MINUTE).await?;
    }
    let operator = people.operator().await?;
    let list = people.client.get(&operator, "/api/v1/operator/dead-letters").await?;
    let [letter] = list["items"].as_array().context("a list")?.as_slice() else { anyhow::bail!("not one: {list}") };
    let place = format!(
        "from 2026-03-02T02:00:00.000000Z to 2026-03-02T03:00:00.000000Z of the instance {broken} cannot be charged"
    );
    let error = text(letter, "last_error")?;
    assert!(error.contains(&place), "{error}");
    assert_eq!(letter["event"]["event"], "usage_cycle_due", "{letter}");
    let told = inbox(people, &scene.seller.token).await?;
    assert_eq!(told.iter().filter(|title| title.starts_with("Use cannot be charged: ")).count(), 1, "{told:?}");
    assert!(says(&inbox(people, &operator).await?, "Use cannot be charged: "), "and so is the operator");
    behind(&scene, "update usage_sum set whole = 2 where whole = 1000000000000000").await?;
    let path = format!("/api/v1/operator/dead-letters/{}/restart", text(letter, "id")?);
    ask(&people.client, &operator, "POST", &path, None).await?.good(&path)?;
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(scene.charges(&broken).await?, [first, (200_000, "2000".to_owned())]);
    scene.close().await
}

async fn running_sums_that_their_records_do_not_give_are_found(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "sums", cheap())).await?;
    let (_, name) = scene.buy(&scene.buyer).await?;
    scene.pass(HOUR + MINUTE).await?;
    scene.pushed(vec![record(&name, 1, "150", "1")]).await?;
    scene.pass(HOUR).await?;
    // One in time and one late, neither charged.
    scene.pushed(vec![record(&name, 2, "5.5", "2"), used(&name)]).await?;
    scene.stage.check().await?;
    let found = async |wrong: &'static str, wanted: &str, right: &'static str| {
        behind(&scene, wrong).await?;
        let said = scene.stage.check().await.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(said.contains(wanted), "{wrong}: {said}");
        behind(&scene, right).await
    };
    let [more, less] = ["update usage_sum set whole = whole + 1", "update usage_sum set whole = whole - 1"];
    found(more, "its running sums from", less).await?;
    let [more, less] = ["update usage_sum set records = records + 1", "update usage_sum set records = records - 1"];
    found(more, "records, its records give", less).await?;
    let [more, less] =
        ["update metered_instance set charged = charged + 1", "update metered_instance set charged = charged - 1"];
    found(more, "are said to be charged", less).await?;
    scene.close().await
}
