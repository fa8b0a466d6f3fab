//! Where packages of use end: who is kept out when, who may owe, what is bought again and how often.

use anyhow::Context;
use kernel::time::{DAY, HOUR, MINUTE};
use kontor::{
    kit::{Manner, Standing},
    stage::{Person, client::Reply, client::text},
};
use production::ResultCode;
use serde_json::{Value, json};

use crate::{
    metering::{Scene, record},
    packages::{calls, charged, stops},
    stories::{ask, each, inbox, refusal, says, wallet},
};

on_both!(
    one_that_stops_stops_and_goes_on_with_what_becomes_of_the_others,
    one_that_stops_is_not_returned_and_leaves_no_time_to_be_used_for_nothing,
    who_owes_or_has_nothing_left_buys_no_package_beyond_which_use_is_charged,
    what_cannot_be_bought_again_is_told_at_once_and_tried_again_once_a_day,
    one_that_was_bought_again_and_not_delivered_is_tried_again,
);

/// A record of a minute in March, in UTC.
fn in_minute(name: &str, (day, hour, minute): (u32, u32, u32), value: &str) -> Value {
    let moment = |minute: u32| format!("202603{day:02}T{hour:02}{minute:02}00Z");
    json!({ "instance_id": name, "record_time": moment(minute + 1), "begin_time": moment(minute), "end_time": moment(minute + 1),
        "usage_value": value, "metering_sn": moment(minute) })
}

impl Scene {
    async fn sends(&self, who: &Person, (method, path): (&str, &str), body: Value) -> anyhow::Result<Reply> {
        ask(&self.stage.people.client, &who.token, method, path, Some(body)).await
    }

    /// Orders an edition.
    async fn orders(&self, who: &Person, sku: &str) -> anyhow::Result<Reply> {
        let quote = self.stage.people.client.post(&who.token, "/api/v1/quotes", json!({ "sku": sku })).await?;
        self.sends(who, ("POST", "/api/v1/orders"), json!({ "quote": quote["id"] })).await
    }

    async fn seen_by(&self, who: &Person, instance: &str) -> anyhow::Result<Value> {
        self.stage.people.client.get(&who.token, &format!("/api/v1/instances/{instance}/package")).await
    }

    async fn count(&self, who: &Person) -> anyhow::Result<usize> {
        let list = self.stage.people.client.get(&who.token, "/api/v1/packages").await?;
        Ok(each(&list, "instance").len())
    }
}

async fn one_that_stops_stops_and_goes_on_with_what_becomes_of_the_others(url: Option<String>) -> anyhow::Result<()> {
    let mut long = stops();
    long["term"] = json!({ "unit": "month", "count": 3 });
    let mut daily = charged();
    (daily["reset"], daily["term"]) = (json!("day"), json!({ "unit": "day", "count": 5 }));
    let scene = Box::pin(Scene::open_all(url.as_deref(), "pool", vec![long, charged(), daily])).await?;
    let (_, name) = scene.buy(&scene.buyer).await?;
    let (other, _) = scene.buy_one(&scene.buyer, &scene.skus[1]).await?;
    let stands = || scene.system.kit.instances()[&name];
    scene.pass(4 * HOUR).await?;
    scene.pushed(vec![record(&name, 2, "100", "1")]).await?;
    scene.pass(MINUTE).await?;
    assert_eq!(stands(), Standing::Open, "another one covers the same");
    let path = format!("/api/v1/instances/{other}/return");
    scene.sends(&scene.buyer, ("POST", &path), json!({ "reason": "" })).await?.good("return")?;
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(stands(), Standing::Frozen, "that was given back");
    let told = inbox(&scene.stage.people, &scene.buyer.token).await?;
    assert!(told.iter().any(|title| title.ends_with("is used up")), "{told:?}");

    // Another one lets the buyer in again, until it is used up, and when it is full again.
    let (_, daily) = scene.buy_one(&scene.buyer, &scene.skus[2]).await?;
    scene.pass(MINUTE).await?;
    assert_eq!(stands(), Standing::Open);
    scene.pass(2 * HOUR).await?;
    scene.pushed(vec![record(&daily, 6, "100", "all")]).await?;
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(stands(), Standing::Frozen);
    scene.pass(DAY).await?;
    assert_eq!(stands(), Standing::Open, "full again, and nothing was reported");
    // It ends, and nothing is reported either.
    scene.pass(5 * DAY).await?;
    assert_eq!(stands(), Standing::Frozen);
    scene.close().await
}

async fn one_that_stops_is_not_returned_and_leaves_no_time_to_be_used_for_nothing(
    url: Option<String>,
) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open_all(url.as_deref(), "stops", vec![stops()])).await?;
    let people = &scene.stage.people;
    let path = format!("/checkout?sku={}", scene.sku);
    let page = ask(&people.client, &scene.buyer.token, "GET", &path, None).await?;
    let shown = page.body.as_str().unwrap_or_default();
    assert!(shown.contains("This package cannot be returned without a reason."), "{} {shown}", page.status);
    let (instance, name) = scene.buy(&scene.buyer).await?;
    scene.pass(5 * HOUR).await?;
    let path = format!("/api/v1/instances/{instance}/return");
    let refused = scene.sends(&scene.buyer, ("POST", &path), json!({ "reason": "" })).await?;
    assert_eq!(refusal(&refused), (422, "refund.not_returnable"));
    // The first of two for one time is refused, so is the second: neither is used for nothing.
    scene.pushed(vec![record(&name, 2, "100", "all")]).await?;
    scene.pushed(vec![record(&name, 3, "1", "first"), record(&name, 3, "2", "second")]).await?;
    let mut refused = scene.refused().await?;
    refused.sort();
    assert_eq!(refused, ["first", "second"].map(|number| ("013".to_owned(), number.to_owned())));
    scene.close().await
}

async fn who_owes_or_has_nothing_left_buys_no_package_beyond_which_use_is_charged(
    url: Option<String>,
) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open_all(url.as_deref(), "credit", vec![charged(), stops()])).await?;
    let people = &scene.stage.people;
    let buyer = people.buyer("Short Of Money").await?;
    people.top_up(&buyer, 1_500).await?;
    let refused = scene.orders(&buyer, &scene.skus[0]).await?;
    assert_eq!(refusal(&refused), (422, "order.empty_wallet"), "nothing would be left for what goes beyond it");
    people.top_up(&buyer, 100).await?;
    let (_, name) = scene.buy(&buyer).await?;
    let told = people.client.get(&buyer.token, "/api/v1/messages").await?.to_string();
    assert!(told.contains("What you use beyond the package is charged as you use it."), "{told}");
    scene.pass(4 * HOUR).await?;
    scene.pushed(vec![record(&name, 2, "150", "1")]).await?;
    scene.pass(2 * HOUR).await?;
    // 25.00 are due for 50 calls beyond it.
    people.top_up(&buyer, 1_900).await?;
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(wallet(people, &buyer).await?, 2_000);
    let refused = scene.orders(&buyer, &scene.skus[0]).await?;
    assert_eq!(refusal(&refused), (422, "order.owing"));
    scene.orders(&buyer, &scene.skus[1]).await?.good("nothing is charged beyond this one")?;
    scene.close().await
}

async fn what_cannot_be_bought_again_is_told_at_once_and_tried_again_once_a_day(
    url: Option<String>,
) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open_all(url.as_deref(), "daily", vec![calls(), charged()])).await?;
    let people = &scene.stage.people;
    let buyer = people.buyer("Short Of Money").await?;
    people.top_up(&buyer, 3_000).await?;
    let (_, name) = scene.buy(&buyer).await?;
    let (first, _) = scene.buy_one(&buyer, &scene.skus[1]).await?;
    let path = format!("/api/v1/instances/{first}/package/watch");
    let wanted = json!({ "alarm": { "by": "share", "percent": 50 },
        "again": { "at": null, "price_max": { "minor": 1_500, "currency": "CNY" } } });
    scene.sends(&buyer, ("PUT", &path), wanted).await?.good("watch")?;
    scene.pass(4 * HOUR).await?;

    // The wallet holds its price and nothing for what goes beyond it: all the rest is done, and this is told.
    scene.pushed(vec![record(&name, 2, "100", "1")]).await?;
    scene.stage.kontor.run_due_jobs().await?;
    let told = inbox(people, &buyer.token).await?;
    assert!(says(&told, "Not bought again: "), "{told:?}");
    assert!(told.iter().any(|title| title.ends_with("is running low")), "{told:?}");
    let shown = scene.seen_by(&buyer, &first).await?;
    assert_eq!((&shown["again"]["trouble"], &shown["again"]["order"]), (&json!("not_sold"), &json!(null)), "{shown}");
    assert_eq!(wallet(people, &buyer).await?, 1_500);
    people.top_up(&buyer, 10_000).await?;
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(scene.count(&buyer).await?, 1, "it is tried again when its time has come");
    scene.pass(DAY).await?;
    assert_eq!((scene.count(&buyer).await?, wallet(people, &buyer).await?), (2, 10_000));

    // The new one is used up at once, and another one is bought a day after it.
    scene.pass(HOUR).await?;
    scene.pushed(vec![in_minute(&name, (3, 5, 30), "100")]).await?;
    scene.pass(22 * HOUR).await?;
    assert_eq!((scene.count(&buyer).await?, wallet(people, &buyer).await?), (2, 10_000), "once a day");
    scene.pass(2 * HOUR).await?;
    assert_eq!((scene.count(&buyer).await?, wallet(people, &buyer).await?), (3, 8_500));
    scene.close().await
}

async fn one_that_was_bought_again_and_not_delivered_is_tried_again(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open_all(url.as_deref(), "undelivered", vec![stops()])).await?;
    let people = &scene.stage.people;
    let (first, name) = scene.buy(&scene.buyer).await?;
    let held = wallet(people, &scene.buyer).await?;
    let path = format!("/api/v1/instances/{first}/package/watch");
    let wanted = json!({ "again": { "at": null, "price_max": { "minor": 1_500, "currency": "CNY" } } });
    scene.sends(&scene.buyer, ("PUT", &path), wanted).await?.good("watch")?;
    scene.system.kit.behave(Manner::Refuses(ResultCode::SoldOut));
    scene.pass(4 * HOUR).await?;
    scene.pushed(vec![record(&name, 2, "100", "1")]).await?;
    scene.stage.kontor.run_due_jobs().await?;
    let shown = scene.seen_by(&scene.buyer, &first).await?;
    text(&shown["again"], "order").context("it was bought again")?;
    assert_eq!(wallet(people, &scene.buyer).await?, held - 1_500);
    for _ in 0..60 {
        scene.pass(2 * HOUR).await?;
        if wallet(people, &scene.buyer).await? == held {
            break;
        }
    }
    let shown = scene.seen_by(&scene.buyer, &first).await?;
    assert_eq!(
        (&shown["again"]["order"], &shown["again"]["trouble"]),
        (&json!(null), &json!("not_delivered")),
        "{shown}"
    );
    assert_eq!(wallet(people, &scene.buyer).await?, held, "it was paid back");
    let told = inbox(people, &scene.buyer.token).await?;
    assert!(says(&told, "Not bought again: "), "{told:?}");
    scene.system.kit.behave(Manner::Well);
    scene.pass(DAY).await?;
    assert_eq!((scene.count(&scene.buyer).await?, wallet(people, &scene.buyer).await?), (2, held - 1_500));
    assert_eq!(scene.system.kit.instances()[&name], Standing::Open);
    scene.close().await
}
