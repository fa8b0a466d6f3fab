//! What is paid as it is used: bought for nothing, recorded by its seller's system, charged hour by hour.

use std::sync::Arc;

use anyhow::{Context, ensure};
use kernel::{
    Event,
    time::{DAY, HOUR, MINUTE},
};
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
    stories::{ask, order, refusal, wallet},
};

on_both!(
    use_is_recorded_charged_once_and_carried_to_the_fraction,
    what_is_wrong_with_a_record_is_said_by_its_code_and_mended,
    events_are_recorded_once_by_source_and_id,
    what_is_used_is_closed_by_its_buyer_and_charged_to_the_end,
    ranges_and_free_counts_add_up_over_their_cycles_for_late_records_too,
    what_is_pushed_before_its_delivery_is_told_counts,
    many_push_at_once_and_among_many_names_those_that_are_known_count,
    what_cannot_be_priced_hides_nothing_else,
    refused_records_end_when_they_are_recorded_and_are_not_kept_for_ever,
    what_is_priced_record_by_record_is_read_some_at_a_time,
);

const PUSH: &str = "/api/mkp-openapi-public/global/v1/isv/usage-data";
pub(crate) const OLD: &str = "/rest/marketplace/v1/isv/usage-data";
const EVENTS: &str = "/api/v1/seller/usage-events";

/// A seller whose system is connected, something that is paid by use, and an instance of it.
pub(crate) struct Scene {
    pub(crate) stage: Stage,
    pub(crate) system: System,
    key: String,
    pub(crate) seller: Person,
    pub(crate) buyer: Person,
    signer: Signer,
    product: String,
    pub(crate) sku: String,
}

/// A third of a cent for each call after the first hundred of a month.
fn cheap() -> Value {
    by_use(
        "hour",
        json!({ "price": { "model": "fixed", "unit_price": "0.0033" }, "allowance": { "quantity": "100", "cycle": "month" } }),
    )
}

impl Scene {
    pub(crate) async fn open(url: Option<&str>, name: &'static str, billing: Value) -> anyhow::Result<Self> {
        let url = url.map(str::to_owned);
        tokio::spawn(async move { Self::made(url.as_deref(), name, &billing).await }).await?
    }

    async fn made(url: Option<&str>, name: &str, billing: &Value) -> anyhow::Result<Self> {
        let stage = Stage::turned(url, name).await?;
        let people = &stage.people;
        let system = System::start(&stage.kontor.app.clock).await?;
        let seller = people.seller("Cloudco Software").await?;
        let (path, key) = people.production_address(&seller, system.address()).await?;
        system.kit.accept(key.clone())?;
        tell(people, &seller, &format!("{path}/verify")).await?;
        let product = people.metered(&seller, "Answers", std::slice::from_ref(billing)).await?;
        let buyer = people.rich_buyer("Ada Lovelace").await?;
        let signer = Signer::of(people, &seller, &["integrate"]).await?;
        let sku = product.skus.first().context("it has a SKU")?.clone();
        Ok(Self { stage, system, key, seller, buyer, signer, product: product.id, sku })
    }

    /// Buys one; gives our id and the name that the seller's system gave it.
    pub(crate) async fn buy(&self, buyer: &Person) -> anyhow::Result<(String, String)> {
        let before = self.system.kit.instances();
        order(&self.stage.people, buyer, json!({ "sku": self.sku }), true).await?;
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

    async fn get(&self, path: &str) -> anyhow::Result<Value> {
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
    let sent = Sent { token: Some(&scene.seller.token), ..Sent::default() };
    let file = people.client.call("GET", "/seller/usage.csv", sent).await?;
    assert!(file.body.as_str().is_some_and(|text| text.contains("0.16665")), "{}", file.body);
    scene.close().await
}

async fn what_is_wrong_with_a_record_is_said_by_its_code_and_mended(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "codes", cheap())).await?;
    let people = &scene.stage.people;
    let (_, name) = scene.buy(&scene.buyer).await?;
    scene.pass(4 * HOUR).await?;
    // Requests that are wrong as a whole.
    let now = scene.stage.kontor.app.clock.now();
    let body = json!({ "usage_records": [record(&name, 1, "1", "x")] });
    let unsigned = scene.signer.post(PUSH, &body, "n-1", now).send(&people.client).await?;
    assert_eq!((unsigned.status, &unsigned.body["resultCode"]), (401, &json!("MKT.0102")), "{}", unsigned.body);
    let forged = scene.signer.post(PUSH, &body, "n-2", now).pushed("another key", "n-2", now);
    assert_eq!(forged.send(&people.client).await?.body["resultCode"], "MKT.0102");
    let none = scene.push(vec![]).await?;
    assert_eq!((none.status, &none.body["resultCode"]), (400, &json!("MKT.9002")));
    let many = scene.push((0..1_001).map(|number| record(&name, 1, "1", &format!("m-{number}"))).collect()).await?;
    assert_eq!((many.status, &many.body["resultCode"]), (400, &json!("MKT.9003")));
    let stranger = ask(&people.client, &scene.buyer.token, "POST", OLD, Some(body.clone())).await?;
    assert_eq!((stranger.status, &stranger.body["resultCode"]), (401, &json!("MKT.0151")));

    single_records(&scene, &name).await?;
    other_records(&scene, &name).await?;
    mending(&scene, &name).await?;
    scene.close().await
}

/// The first hour of an instance, with some fields changed.
fn changed(name: &str, number: &str, change: &Value) -> Value {
    let mut one = record(name, 1, "1", number);
    for (field, value) in change.as_object().into_iter().flatten() {
        one[field.as_str()] = value.clone();
    }
    one
}

/// Single records that are wrong keep nobody else out.
async fn single_records(scene: &Scene, name: &str) -> anyhow::Result<()> {
    let people = &scene.stage.people;
    let with = |number: &str, change: Value| changed(name, number, &change);
    let licensed = people.product(&scene.seller, "Licensed").await?;
    order(people, &scene.buyer, json!({ "sku": licensed.skus[0], "quantities": { "users": 10 }, "periods": 1 }), true)
        .await?;
    scene.stage.kontor.run_due_jobs().await?;
    let list = people.client.get(&scene.buyer.token, "/api/v1/instances?limit=1").await?;
    scene
        .pushed(vec![
            with("001", json!({ "instance_id": "nobody" })),
            with("002", json!({ "begin_time": "yesterday" })),
            with("003", json!({ "usage_value": "0.00001" })),
            with("003-2", json!({ "meter": "unknown" })),
            with("", json!({})),
            with("good", json!({ "usage_value": 2.5 })),
            with("good", json!({ "usage_value": "3" })),
            with("010", json!({})),
            with("007", json!({ "begin_time": "20260201T000000Z" })),
            with("011", json!({ "end_time": "20260302T005900Z" })),
            with("011-2", json!({ "end_time": "20260303T000000Z" })),
            with("012", json!({ "instance_id": list["items"][0]["id"] })),
            with("012-2", json!({ "relate_pkg_instance": "p-1" })),
            // What no text holds keeps nobody else out, and neither does what is too long.
            with("nul\0", json!({})),
            with("002-2", json!({ "begin_time": "2026\u{0}" })),
            with("001-2", json!({ "instance_id": "i".repeat(10_000) })),
        ])
        .await?;
    let codes: Vec<(String, String)> = scene.refused().await?;
    let mut found: Vec<(&str, &str)> = codes.iter().map(|(code, number)| (code.as_str(), number.as_str())).collect();
    found.sort_unstable();
    let mut wanted = vec![
        ("001", "001"),
        ("001", "001-2"),
        ("002", "002"),
        ("002", "002-2"),
        ("003", "003"),
        ("003", "003-2"),
        ("004", ""),
        ("004", "nul\u{fffd}"),
        ("005", "good"),
        ("010", "010"),
        ("011", "007"),
        ("011", "011"),
        ("011", "011-2"),
        ("012", "012"),
        ("012", "012-2"),
    ];
    wanted.sort_unstable();
    assert_eq!(found, wanted);
    Ok(())
}

/// Another seller's instance, something else under a number that was recorded, and the old form.
async fn other_records(scene: &Scene, name: &str) -> anyhow::Result<()> {
    let people = &scene.stage.people;
    let with = |number: &str, change: Value| changed(name, number, &change);
    let other = people.seller("Other Software").await?;
    let foreign = json!({ "usage_records": [with("", json!({ "product_id": "" }))] });
    let told = ask(&people.client, &other.token, "POST", OLD, Some(foreign)).await?;
    assert_eq!(told.body["resultCode"], "MKT.0000", "{}", told.body);
    let theirs = people.client.get(&other.token, "/api/v1/seller/usage-refusals").await?;
    assert_eq!(theirs["items"][0]["code"], "009", "{theirs}");
    scene.pushed(vec![with("good", json!({ "usage_value": "7" }))]).await?;
    assert_eq!(scene.refused().await?.iter().filter(|(code, number)| code == "010" && number == "good").count(), 1);

    // The old form: its time identifies it, and the product has to be the right one.
    let old = |value: &str, product: &str| {
        let one = with(
            "",
            json!({ "begin_time": "20260302T020000Z", "end_time": "20260302T030000Z", "usage_value": value, "product_id": product }),
        );
        json!({ "usage_records": [one] })
    };
    for (value, product) in [
        ("4", scene.product.as_str()),
        ("4", scene.product.as_str()),
        ("5", scene.product.as_str()),
        ("4", "prd_other"),
    ] {
        let told = people.client.post(&scene.seller.token, OLD, old(value, product)).await?;
        assert_eq!(told["resultCode"], "MKT.0000");
    }
    let sold = people.client.get(&scene.seller.token, "/api/v1/seller/usage").await?;
    assert_eq!(sold["items"][0]["meters"][0]["open"], "6.5", "2.5 and 4, each once: {sold}");
    Ok(())
}

/// A refused record is mended and recorded; one that is still wrong stays.
async fn mending(scene: &Scene, name: &str) -> anyhow::Result<()> {
    let people = &scene.stage.people;
    let list = people.client.get(&scene.seller.token, "/api/v1/seller/usage-refusals?limit=100").await?;
    let broken =
        list["items"].as_array().into_iter().flatten().find(|one| one["number"] == "003").context("it is there")?;
    let path = format!("/api/v1/seller/usage-refusals/{}/resend", text(broken, "id")?);
    let mended = |value: &str| json!({ "instance": name, "number": "003", "begin": "20260302T030000Z", "end": "20260302T040000Z", "quantity": value });
    let told = people.client.post(&scene.seller.token, &path, mended("many")).await?;
    assert_eq!((&told["recorded"], &told["code"]), (&json!(false), &json!("003")));
    let told = people.client.post(&scene.seller.token, &path, mended("1.5")).await?;
    assert_eq!(told["recorded"], true);
    let again = ask(&people.client, &scene.seller.token, "POST", &path, Some(mended("1.5"))).await?;
    assert_eq!(refusal(&again), (422, "usage.over"));
    let dropped =
        list["items"].as_array().into_iter().flatten().find(|one| one["number"] == "001").context("it is there")?;
    let path = format!("/api/v1/seller/usage-refusals/{}/drop", text(dropped, "id")?);
    assert_eq!(ask(&people.client, &scene.seller.token, "POST", &path, None).await?.status, 204);
    let left = scene.refused().await?;
    assert!(!left.iter().any(|(_, number)| number == "003" || number == "001"), "{left:?}");
    Ok(())
}

async fn events_are_recorded_once_by_source_and_id(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "events", cheap())).await?;
    let people = &scene.stage.people;
    let (instance, name) = scene.buy(&scene.buyer).await?;
    scene.pass(HOUR).await?;
    let event = |source: &str, id: &str, value: Value| {
        json!({ "specversion": "1.0", "source": source, "id": id, "type": "calls", "subject": name,
            "time": "2026-03-02T01:30:00Z", "data": { "value": value } })
    };
    let batch = json!([
        event("/a", "1", json!("120")),
        event("/b", "1", json!(3)),
        event("/a", "1", json!("120")),
        event("/a", "1", json!("9"))
    ]);
    let told = people.client.post(&scene.seller.token, EVENTS, batch).await?;
    assert_eq!(
        (&told["added"], &told["known"], &told["refused"][0]["code"]),
        (&json!(2), &json!(1), &json!("005")),
        "{told}"
    );
    let told = people.client.post(&scene.seller.token, EVENTS, event("/a", "1", json!("120"))).await?;
    assert_eq!((&told["added"], &told["known"]), (&json!(0), &json!(1)));
    let told = people.client.post(&scene.seller.token, EVENTS, event("/a", "1", json!("121"))).await?;
    assert_eq!(told["refused"][0]["code"], "010", "{told}");
    let nothing = ask(&people.client, &scene.seller.token, "POST", EVENTS, Some(json!({ "id": "1" }))).await?;
    assert_eq!(nothing.status, 400);
    let live = scene.usage(&instance).await?;
    assert_eq!((&live["meters"][0]["open"], &live["open_exact"]), (&json!("123"), &json!("0.0759")), "{live}");

    // Two of the same second that were refused are both mended.
    let wrong = json!([event("/a", "2", json!("none")), event("/a", "3", json!("none"))]);
    people.client.post(&scene.seller.token, EVENTS, wrong).await?;
    let list = people.client.get(&scene.seller.token, "/api/v1/seller/usage-refusals?state=open&limit=100").await?;
    let open = list["items"].as_array().into_iter().flatten().filter(|one| one["code"] == "003");
    for one in open {
        let path = format!("/api/v1/seller/usage-refusals/{}/resend", text(one, "id")?);
        let mended = json!({ "instance": name, "number": one["number"], "begin": one["begin"], "end": one["end"], "quantity": "1" });
        let told = people.client.post(&scene.seller.token, &path, mended).await?;
        assert_eq!(told["recorded"], true, "{told}");
    }
    assert_eq!(scene.usage(&instance).await?["meters"][0]["open"], "125");
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

async fn what_is_pushed_before_its_delivery_is_told_counts(url: Option<String>) -> anyhow::Result<()> {
    let mut scene = Box::pin(Scene::open(url.as_deref(), "early", cheap())).await?;
    // What follows from a delivery is held up.
    let held = Arc::new(|event: &Event| matches!(event, Event::Delivered { .. }));
    scene.stage.restart(|kontor| kontor.with_job_faults(held))?;
    let (instance, name) = scene.buy(&scene.buyer).await?;
    let path = format!("/api/v1/instances/{instance}/usage");
    let early = ask(&scene.stage.people.client, &scene.buyer.token, "GET", &path, None).await?;
    assert_eq!(early.status, 404, "nothing was told yet");
    scene.pass(HOUR).await?;
    scene.pushed(vec![record(&name, 1, "7", "early")]).await?;
    assert_eq!(scene.refused().await?, [], "it is known by its delivery");
    assert_eq!(scene.usage(&instance).await?["meters"][0]["open"], "7");
    scene.stage.restart(|kontor| kontor.with_job_faults(Arc::new(|_| false)))?;
    scene.pass(2 * HOUR).await?;
    assert_eq!(scene.charges(&instance).await?, [(0, "0".to_owned())], "it is charged once, within what is free");
    scene.close().await
}

async fn many_push_at_once_and_among_many_names_those_that_are_known_count(url: Option<String>) -> anyhow::Result<()> {
    let scene = Arc::new(Box::pin(Scene::open(url.as_deref(), "many", cheap())).await?);
    let mut names = Vec::new();
    for _ in 0..8 {
        names.push(scene.buy(&scene.buyer).await?.1);
    }
    scene.pass(HOUR).await?;
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..6 {
        let (scene, mut names) = (scene.clone(), names.clone());
        names.rotate_left(client);
        if client % 2 == 1 {
            names.reverse();
        }
        clients.spawn(async move {
            for turn in 0..8 {
                let at = |minute: u32| format!("20260302T01{minute:02}00Z");
                let minute = u32::try_from(client * 8 + turn)?;
                let one = |name: &String| {
                    json!({ "instance_id": name, "record_time": at(59), "begin_time": at(minute), "end_time": at(minute + 1),
                        "usage_value": "1", "metering_sn": format!("{client}-{turn}") })
                };
                scene.pushed(names.iter().map(one).collect()).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(pushed) = clients.join_next().await {
        pushed??;
    }
    let sold = scene.stage.people.client.get(&scene.seller.token, "/api/v1/seller/usage").await?;
    for one in sold["items"].as_array().context("a list")? {
        assert_eq!(one["meters"][0]["open"], "48", "each of them once: {one}");
    }
    // A thousand names, of which one is known: the others keep nothing out.
    let unknown = |number: usize| record(&format!("nobody-{number}"), 1, "1", "n");
    let mut records: Vec<Value> = (0..999).map(unknown).collect();
    records.insert(500, record(&names[0], 1, "2", "known"));
    scene.pushed(records).await?;
    assert_eq!(scene.refused().await?.len(), 100, "a page of those that were refused");
    let sold = scene.stage.people.client.get(&scene.seller.token, "/api/v1/seller/usage").await?;
    let open = sold["items"].as_array().into_iter().flatten().find(|one| one["remote_id"] == json!(names[0]));
    assert_eq!(open.context("it is there")?["meters"][0]["open"], "50");
    Arc::into_inner(scene).context("nobody else has it")?.close().await
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

async fn refused_records_end_when_they_are_recorded_and_are_not_kept_for_ever(
    url: Option<String>,
) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "bounds", cheap())).await?;
    let (_, name) = scene.buy(&scene.buyer).await?;
    scene.pass(30 * MINUTE).await?;
    // It has not ended yet; an hour later it has.
    let early = record(&name, 1, "1", "early");
    scene.pushed(vec![early.clone()]).await?;
    assert_eq!(scene.refused().await?, [("011".to_owned(), "early".to_owned())]);
    scene.pass(HOUR).await?;
    scene.pushed(vec![early]).await?;
    assert_eq!(scene.refused().await?, [], "it was sent again and is recorded");

    let wrong =
        |from: usize, to: usize| (from..to).map(|number| record("nobody", 1, "1", &format!("w-{number}"))).collect();
    for turn in 0..10 {
        scene.pushed(wrong(turn * 1_000, (turn + 1) * 1_000)).await?;
    }
    scene.pushed(wrong(10_000, 10_003)).await?;
    let page = |state: &'static str| {
        let (client, token) = (scene.stage.people.client.clone(), scene.seller.token.clone());
        async move { client.get(&token, &format!("/api/v1/seller/usage-refusals?state={state}&limit=1")).await }
    };
    assert_eq!(page("open").await?["items"][0]["number"], "w-10002");
    assert_eq!(page("mended").await?["items"], json!([]), "the oldest went first");
    assert_eq!(refusals_kept(&scene).await?, 10_000);
    scene.pass(61 * DAY).await?;
    scene.pushed(wrong(10_002, 10_003)).await?;
    scene.pass(2 * DAY).await?;
    scene.stage.kontor.forget().await?;
    assert_eq!(refusals_kept(&scene).await?, 1, "only what was sent lately");
    scene.close().await
}

async fn refusals_kept(scene: &Scene) -> anyhow::Result<i64> {
    #[derive(sqlx::FromRow)]
    struct Count {
        count: i64,
    }
    let mut tx = scene.stage.kontor.app.db.read();
    Ok(tx.fetch_one::<Count>("select count(*) as count from usage_refusal", vec![]).await?.count)
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
