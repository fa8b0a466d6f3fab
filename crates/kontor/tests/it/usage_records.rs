//! Records of use: each once, the wrong ones with their code, mended and sent again.

use std::sync::Arc;

use anyhow::Context;
use kernel::{
    Event,
    time::{DAY, HOUR, MINUTE},
};
use kontor::stage::client::text;
use serde_json::{Value, json};

use crate::{
    metering::{EVENTS, OLD, PUSH, Scene, cheap, record},
    stories::{ask, order, refusal},
};

on_both!(
    what_is_wrong_with_a_record_is_said_by_its_code_and_mended,
    events_are_recorded_once_by_source_and_id,
    what_is_pushed_before_its_delivery_is_told_counts,
    many_push_at_once_and_among_many_names_those_that_are_known_count,
    refused_records_end_when_they_are_recorded_and_are_not_kept_for_ever,
    what_is_closed_takes_nothing_more_at_once,
    records_of_one_request_are_known_and_new_at_once,
);

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

async fn what_is_closed_takes_nothing_more_at_once(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "ended", cheap())).await?;
    let people = &scene.stage.people;
    let (instance, name) = scene.buy(&scene.buyer).await?;
    scene.pass(2 * HOUR + MINUTE).await?;
    let path = format!("/api/v1/instances/{instance}/close");
    ask(&people.client, &scene.buyer.token, "POST", &path, None).await?.good(&path)?;
    // What follows from the end has not been told yet.
    scene.stage.kontor.app.clock.turn(2 * HOUR);
    scene
        .pushed(vec![
            record(&name, 2, "1", "before"),
            record(&name, 3, "1", "behind"),
            record(&name, 1, "1", "earlier"),
        ])
        .await?;
    let refused: Vec<String> =
        scene.refused().await?.into_iter().map(|(code, number)| format!("{code} {number}")).collect();
    assert_eq!(refused, ["013 behind"], "an hour that ended after the end is not taken in");
    scene.stage.kontor.run_due_jobs().await?;
    scene.pass(HOUR).await?;
    assert_eq!(scene.usage(&instance).await?["records"], 2);
    scene.close().await
}

async fn records_of_one_request_are_known_and_new_at_once(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "mixed", cheap())).await?;
    let people = &scene.stage.people;
    let (instance, name) = scene.buy(&scene.buyer).await?;
    scene.pass(HOUR + MINUTE).await?;
    let event = |number: u32, value: u32| {
        json!({ "specversion": "1.0", "source": "/a", "id": number.to_string(), "type": "calls", "subject": name,
            "time": "2026-03-02T01:30:00Z", "data": { "value": value } })
    };
    let batch = |from: u32, to: u32| json!((from..to).map(|number| event(number, 1)).collect::<Vec<_>>());
    let told = async |events: Value| {
        let told = people.client.post(&scene.seller.token, EVENTS, events).await?;
        let refused = told["refused"].as_array().map_or(0, Vec::len);
        anyhow::Ok((told["added"].as_u64().unwrap_or(0), told["known"].as_u64().unwrap_or(0), refused))
    };
    assert_eq!(told(batch(0, 300)).await?, (300, 0, 0));
    assert_eq!(told(batch(0, 300)).await?, (0, 300, 0));
    assert_eq!(told(batch(200, 500)).await?, (200, 100, 0), "a part of them is new");
    let mut other = batch(400, 600);
    other[0] = event(400, 2);
    assert_eq!(told(other).await?, (100, 99, 1), "one says something else than what was recorded");
    assert_eq!(scene.usage(&instance).await?["meters"][0]["open"], "600");
    scene.close().await
}
