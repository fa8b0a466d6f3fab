//! Corrections of what packages have covered, or could have.

use kernel::time::{HOUR, MINUTE};
use kontor::stage::{client::text, package};
use serde_json::json;

use crate::{
    metering::{EVENTS, Scene, record},
    packages::{calls, charged, stops},
    stories::{ask, inbox, wallet},
};

on_both!(
    a_package_gets_back_what_it_has_covered_and_covers_what_is_added,
    what_a_package_got_back_covers_what_was_charged_instead,
    what_packages_cover_keeps_nobody_from_being_paid_back,
    what_is_taken_of_a_package_was_paid_too,
);

async fn a_package_gets_back_what_it_has_covered_and_covers_what_is_added(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open_all(url.as_deref(), "pack", vec![calls(), charged()])).await?;
    let (instance, name) = scene.buy(&scene.buyer).await?;
    let (bought, _) = scene.buy_one(&scene.buyer, &scene.skus[1]).await?;
    let package = format!("/api/v1/instances/{bought}/package");
    let watch = json!({ "alarm": { "by": "share", "percent": 20 } });
    let client = &scene.stage.people.client;
    ask(client, &scene.buyer.token, "PUT", &format!("{package}/watch"), Some(watch)).await?.good("watch")?;
    let left = async || anyhow::Ok(text(&scene.get(&package).await?, "left")?.to_owned());
    let alarms = async || {
        let titles = inbox(&scene.stage.people, &scene.buyer.token).await?;
        anyhow::Ok(titles.iter().filter(|title| title.contains("running low")).count())
    };
    scene.pass(3 * HOUR + MINUTE).await?;
    // 90 of the package, then its last 10 and 20 that are charged.
    scene.pushed(vec![record(&name, 2, "90", "a")]).await?;
    scene.pushed(vec![record(&name, 3, "30", "b")]).await?;
    scene.pass(HOUR).await?;
    assert_eq!((left().await?, alarms().await?), ("0".to_owned(), 1));
    assert_eq!(scene.amounts(&instance).await?, [200]);
    // What was charged goes first, then what the package has covered.
    let one = scene.corrected(&name, "b", "15").await?;
    assert_eq!((left().await?.as_str(), &one["covered"]), ("0", &json!("0")));
    let one = scene.corrected(&name, "b", "4").await?;
    assert_eq!((left().await?.as_str(), &one["covered"]), ("6", &json!("-6")));
    let one = scene.corrected(&name, "a", "50").await?;
    assert_eq!((left().await?.as_str(), &one["covered"]), ("46", &json!("-40")));
    scene.pass(HOUR).await?;
    assert_eq!(scene.amounts(&instance).await?.iter().sum::<i64>(), 0, "20 calls are paid back");
    let list = scene.get(&format!("/api/v1/instances/{instance}/usage-charges?limit=1")).await?;
    let told = list.to_string();
    assert!(["; 6 calls given back", "; 40 calls given back"].iter().all(|back| told.contains(back)), "{list}");
    // More is covered as far as something is left; who was told that little is left is told again.
    let one = scene.corrected(&name, "a", "60").await?;
    assert_eq!((left().await?.as_str(), &one["covered"]), ("36", &json!("10")));
    scene.pass(MINUTE).await?;
    assert_eq!(alarms().await?, 1);
    scene.pushed(vec![record(&name, 4, "20", "c")]).await?;
    scene.pass(MINUTE).await?;
    assert_eq!((left().await?, alarms().await?), ("16".to_owned(), 2));
    scene.corrected(&name, "a", "0").await?;
    scene.corrected(&name, "b", "0").await?;
    scene.corrected(&name, "c", "0").await?;
    assert_eq!(left().await?, "100");
    // It was begun all the same.
    let path = format!("/api/v1/instances/{bought}/return");
    let back = ask(client, &scene.buyer.token, "POST", &path, Some(json!({ "reason": "" }))).await?;
    assert_ne!(back.status, 201, "{}", back.body);
    scene.pass(2 * HOUR).await?;
    scene.close().await
}

async fn what_a_package_got_back_covers_what_was_charged_instead(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open_all(url.as_deref(), "instead", vec![calls(), charged()])).await?;
    let people = &scene.stage.people;
    let (instance, name) = scene.buy(&scene.buyer).await?;
    let (other, beside) = scene.buy(&scene.buyer).await?;
    let (bought, _) = scene.buy_one(&scene.buyer, &scene.skus[1]).await?;
    let held = wallet(people, &scene.buyer).await?;
    scene.pass(3 * HOUR + MINUTE).await?;
    // The first two take all of it, so that 20 and 30 calls are charged.
    scene.pushed(vec![record(&name, 1, "10", "early")]).await?;
    scene.pushed(vec![record(&name, 2, "90", "a")]).await?;
    scene.pass(MINUTE).await?;
    scene.pushed(vec![record(&beside, 3, "20", "b")]).await?;
    scene.pass(MINUTE).await?;
    scene.pushed(vec![record(&name, 3, "30", "c")]).await?;
    scene.pass(HOUR).await?;
    assert_eq!(wallet(people, &scene.buyer).await?, held - 500);
    // 40 were never used: they cover the 20 of the other instance, then 20 of the 30.
    scene.corrected(&name, "a", "50").await?;
    let package = scene.get(&format!("/api/v1/instances/{bought}/package")).await?;
    assert_eq!(package["left"], "0", "{package}");
    scene.pass(HOUR).await?;
    assert_eq!(wallet(people, &scene.buyer).await?, held - 100, "ten calls are charged");
    assert_eq!(scene.amounts(&other).await?, [200, -200]);
    let list = scene.get(&format!("/api/v1/instances/{other}/usage-charges?limit=1")).await?;
    assert!(list.to_string().contains("Covered by packages after a correction"), "{list}");
    // What was covered can be corrected like anything else.
    scene.corrected(&name, "c", "25").await?;
    scene.pass(2 * HOUR).await?;
    assert_eq!(wallet(people, &scene.buyer).await?, held - 50);
    assert_eq!(scene.amounts(&instance).await?.iter().sum::<i64>(), 50);
    scene.close().await
}

async fn what_packages_cover_keeps_nobody_from_being_paid_back(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open_all(url.as_deref(), "crowd", vec![calls(), charged()])).await?;
    let (instance, name) = scene.buy(&scene.buyer).await?;
    scene.buy_one(&scene.buyer, &scene.skus[1]).await?;
    scene.pass(2 * HOUR + MINUTE).await?;
    let event = |id: String, value: &str, corrects: Option<String>| {
        let mut event = json!({ "specversion": "1.0", "source": "/a", "id": id, "type": "calls", "subject": name,
            "time": "2026-03-02T02:00:30Z", "data": { "value": value, "reason": "One less" } });
        if let Some(corrects) = corrects {
            event["corrects"] = json!(corrects);
        }
        event
    };
    let sent = async |events: Vec<serde_json::Value>| {
        let told = scene.stage.people.client.post(&scene.seller.token, EVENTS, json!(events)).await?;
        assert_eq!(told["refused"], json!([]), "{told}");
        anyhow::Ok(())
    };
    // Two of each of fifty: the package is used up. Then a thousand, of which one after the other is covered instead.
    sent((0..50).map(|one| event(one.to_string(), "2", None)).collect()).await?;
    scene.pass(MINUTE).await?;
    scene.pushed(vec![record(&name, 2, "1000", "large")]).await?;
    scene.pass(HOUR).await?;
    assert_eq!(scene.amounts(&instance).await?, [10_000]);
    sent((0..50).map(|one| event(format!("c{one}"), "1", Some(one.to_string()))).collect()).await?;
    scene.pass(HOUR).await?;
    assert_eq!(scene.amounts(&instance).await?, [10_000, -500]);
    let path = format!("/api/v1/instances/{instance}/usage-corrections?limit=100");
    let list = scene.get(&path).await?;
    assert!(list.to_string().contains("Covered by what a package got back"), "{list}");
    // It was wrong: it can be corrected, although fifty have changed what covers it.
    scene.corrected(&name, "large", "50").await?;
    scene.pass(HOUR).await?;
    assert_eq!(scene.amounts(&instance).await?.iter().sum::<i64>(), 0);
    scene.close().await
}

async fn what_is_taken_of_a_package_was_paid_too(url: Option<String>) -> anyhow::Result<()> {
    // Twenty thousand for a hundred calls: two hundred for each.
    let dear = package("100", "20000.00", &json!({ "then": "stop" }));
    let scene = Box::pin(Scene::open_all(url.as_deref(), "stops", vec![dear, stops()])).await?;
    for (sku, asks) in [(0, json!("amount")), (1, json!(null))] {
        let (_, name) = scene.buy_one(&scene.buyer, &scene.skus[sku]).await?;
        scene.pass(HOUR).await?;
        let now = scene.stage.kontor.app.clock.now();
        let event = json!({ "specversion": "1.0", "source": "/a", "id": "1", "type": "calls", "subject": name,
            "time": now.plus_seconds(-60).to_string(), "data": { "value": "60" } });
        let told = scene.stage.people.client.post(&scene.seller.token, EVENTS, event).await?;
        assert_eq!(told["added"], 1, "{told}");
        let one = scene.corrected(&name, "/a#1", "70").await?;
        assert_eq!(one["asks"], asks, "{one}");
    }
    scene.close().await
}
