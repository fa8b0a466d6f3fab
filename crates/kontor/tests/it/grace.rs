//! The days after a term in which it can still be used, where a site gives some: what works in them, what follows, what brings it
//! back, and what cannot be had by them.

use anyhow::{Context, ensure};
use kernel::time::{DAY, HOUR, SECOND};
use kontor::{
    kit::Standing,
    stage::client::{Sent, text},
};
use serde_json::{Value, json};

use crate::{
    renewals::{MONTH, Scene, hosted, renew},
    stories::{activate, ask, buy, code, each, heartbeat, inbox, months, refusal, wallet},
};

on_both!(
    a_licence_works_in_its_grace_and_is_frozen_after_it,
    a_hosted_product_is_frozen_at_its_seller_when_the_grace_is_over,
    in_its_grace_it_goes_on_where_it_ended_by_hand_and_by_itself,
    nobody_has_more_grace_than_was_paid_for,
    what_runs_keeps_the_grace_that_it_was_bought_with,
);

/// The rules of the site from now on, with days of grace.
pub(crate) async fn gives(scene: &Scene, days: u32) -> anyhow::Result<()> {
    let rules = policy::DEFAULT.replace("\ngrace_days = 0\n", &format!("\ngrace_days = {days}\n"));
    ensure!(rules != policy::DEFAULT || days == 0, "the rules say so");
    let people = scene.people();
    people.client.post(&people.operator().await?, "/api/v1/operator/policy", json!({ "rules": rules })).await?;
    scene.stage.kontor.app.clock.turn(SECOND);
    Ok(())
}

async fn shown(scene: &Scene, instance: &str) -> anyhow::Result<Value> {
    scene.get(&format!("/api/v1/instances/{instance}")).await
}

async fn page(scene: &Scene, path: &str) -> anyhow::Result<String> {
    let sent = Sent { token: Some(&scene.buyer.token), ..Sent::default() };
    let reply = scene.people().client.call("GET", path, sent).await?;
    ensure!(reply.status == 200, "{path}: {}", reply.status);
    Ok(reply.body.as_str().context("a page is a text")?.to_owned())
}

async fn a_licence_works_in_its_grace_and_is_frozen_after_it(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "grace")).await?;
    gives(&scene, 7).await?;
    let people = scene.people();
    for before in [
        format!("/products/{}", scene.product.id),
        format!("/checkout?sku={}&q.users=10&periods=1", scene.product.skus[0]),
    ] {
        let shown = page(&scene, &before).await?;
        assert!(shown.contains("it can still be used for 7 days"), "{before}: {shown}");
    }
    let instance = buy(&scene.stage, &scene.buyer, months(&scene.product.skus[0], 1)).await?;
    let code = code(people, &scene.buyer, &instance).await?;
    activate(people, &scene.seller, &code).await?;
    let told = async || {
        let data = heartbeat(people, &scene.seller, &code).await?["data"].clone();
        anyhow::Ok((data["status"].clone(), data["expire_time"].clone()))
    };
    let here = format!("/console/instances/{instance}");
    assert!(page(&scene, &here).await?.contains("it can still be used until"), "what happens after it is said before");
    let ends = text(&shown(&scene, &instance).await?, "expires_at")?.to_owned();
    let (alive, end_told) = told().await?;
    assert_eq!(alive, "ALIVE");

    scene.pass(31 * DAY).await?;
    let found = shown(&scene, &instance).await?;
    assert_eq!((&found["state"], text(&found, "expires_at")?), (&json!("grace"), ends.as_str()));
    let freezes: kernel::Timestamp = text(&found, "freeze_at")?.parse()?;
    assert_eq!(freezes, ends.parse::<kernel::Timestamp>()?.plus_days(7));
    let (alive, later_told) = told().await?;
    assert_eq!(alive, "ALIVE", "the software goes on");
    assert_ne!(later_told, end_told, "and is told until when, because it obeys that too");
    let file = format!("/api/v1/instances/{instance}/licence-file");
    assert_eq!(ask(&people.client, &scene.buyer.token, "GET", &file, None).await?.status, 200);
    let seen = page(&scene, &here).await?;
    assert!(seen.contains("Expired, in grace") && seen.contains("It can still be used until"), "{seen}");
    let list = page(&scene, "/console/instances?state=grace").await?;
    assert!(list.contains(&instance), "it is found by that");
    let titles = inbox(people, &scene.buyer.token).await?;
    assert!(titles.iter().any(|title| title.ends_with(" has expired")), "{titles:?}");
    // Nothing is left of the term that a change could be reckoned on.
    let wish = json!({ "quantities": { "users": 20 } });
    let path = format!("/api/v1/instances/{instance}/change-preview");
    let refused = ask(&people.client, &scene.buyer.token, "POST", &path, Some(wish)).await?;
    assert_eq!(refusal(&refused), (422, "change.frozen"));

    // The timer may come late, and comes twice: the days count from the end of the term.
    scene.stage.kontor.app.clock.turn(7 * DAY - 2 * SECOND);
    scene.pass(0).await?;
    assert_eq!((&shown(&scene, &instance).await?["state"], told().await?.0), (&json!("grace"), json!("ALIVE")));
    scene.stage.kontor.app.clock.turn(2 * SECOND);
    assert_eq!(told().await?.0, "EXPIRED", "whether the timer has come or not");
    scene.pass(HOUR).await?;
    let found = shown(&scene, &instance).await?;
    assert_eq!((&found["state"], &found["freeze_at"]), (&json!("expired"), &Value::Null));
    let releases: kernel::Timestamp = text(&found, "release_at")?.parse()?;
    assert_eq!(releases, freezes.plus_days(15));
    scene.pass(15 * DAY).await?;
    assert_eq!(shown(&scene, &instance).await?["state"], "released");
    scene.close().await
}

async fn a_hosted_product_is_frozen_at_its_seller_when_the_grace_is_over(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "grace_hosted")).await?;
    gives(&scene, 7).await?;
    let (system, sku) = hosted(&scene).await?;
    scene.stage.kontor.deliveries.prepare_comparing().await?;
    let instance = buy(&scene.stage, &scene.buyer, months(&sku, 1)).await?;
    for _ in 0..33 {
        scene.pass(DAY).await?;
    }
    assert_eq!(shown(&scene, &instance).await?["state"], "grace");
    assert_eq!(system.standing(), [Standing::Open], "its system knows no grace: it is active there");
    let asked = |word: &str| system.kit.seen().iter().filter(|request| request["activity"] == word).count();
    assert_eq!(asked("updateInstanceStatus"), 0);
    // Both sides are equal at night, as they are.
    let differences = scene.people().client.get(&scene.seller.token, "/api/v1/seller/differences").await?;
    assert_eq!(differences["items"], json!([]));
    let sold = format!("/api/v1/seller/instances/{instance}");
    assert_eq!(scene.people().client.get(&scene.seller.token, &sold).await?["state"], "grace");
    for _ in 0..6 {
        scene.pass(DAY).await?;
    }
    assert_eq!((system.standing(), asked("updateInstanceStatus")), (vec![Standing::Frozen], 1));
    scene.pass(15 * DAY).await?;
    assert_eq!(system.standing(), [Standing::Released]);
    scene.close().await
}

async fn in_its_grace_it_goes_on_where_it_ended_by_hand_and_by_itself(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "grace_renewed")).await?;
    gives(&scene, 7).await?;
    let people = scene.people();
    let (system, sku) = hosted(&scene).await?;
    let instance = buy(&scene.stage, &scene.buyer, months(&sku, 1)).await?;
    let ended = text(&shown(&scene, &instance).await?, "expires_at")?.to_owned();
    scene.pass(34 * DAY).await?;
    assert_eq!(shown(&scene, &instance).await?["state"], "grace");
    let renewal = renew(people, &scene.buyer, &instance, "periods=1").await?;
    assert_eq!(renewal["term"]["from"], json!(ended), "the days of grace are paid for");
    let found = shown(&scene, &instance).await?;
    assert_eq!((&found["state"], &found["freeze_at"]), (&json!("active"), &Value::Null));
    scene.pass(HOUR).await?;
    let told: Vec<String> = system.kit.seen().iter().map(|request| request["activity"].to_string()).collect();
    assert_eq!(told.last().map(String::as_str), Some("\"refreshInstance\""), "nobody has to let anybody in: {told:?}");
    // Its new term has begun, so that it does not go back.
    let path = format!("/api/v1/instances/{instance}/renewal/return");
    let begun = ask(&people.client, &scene.buyer.token, "POST", &path, Some(json!({}))).await?;
    assert_eq!(refusal(&begun), (422, "refund.renewal_begun"));

    // By itself it is tried each morning, also in the grace, until there is money.
    let max = json!({ "minor": MONTH, "currency": "CNY" });
    let wish = json!({ "policy": "automatic", "periods": 1, "price_max": max });
    let path = format!("/api/v1/instances/{instance}/expiry");
    ask(&people.client, &scene.buyer.token, "PUT", &path, Some(wish)).await?.good(&path)?;
    let poor = people.buyer("Grace Hopper").await?;
    people.top_up(&poor, MONTH).await?;
    let theirs = buy(&scene.stage, &poor, months(&sku, 1)).await?;
    let wish = json!({ "policy": "automatic", "periods": 1, "price_max": { "minor": MONTH, "currency": "CNY" } });
    let path = format!("/api/v1/instances/{theirs}/expiry");
    ask(&people.client, &poor.token, "PUT", &path, Some(wish)).await?.good(&path)?;
    let standing = async || people.client.get(&poor.token, &format!("/api/v1/instances/{theirs}")).await;
    let ended = text(&standing().await?, "expires_at")?.to_owned();
    for _ in 0..33 {
        scene.pass(DAY).await?;
    }
    assert_eq!(standing().await?["state"], "grace");
    people.top_up(&poor, MONTH).await?;
    scene.pass(DAY).await?;
    let found = standing().await?;
    assert_eq!((&found["state"], wallet(people, &poor).await?), (&json!("active"), 0));
    assert!(text(&found, "expires_at")? > ended.as_str());
    let list = people.client.get(&poor.token, &format!("/api/v1/instances/{theirs}/renewals")).await?;
    assert_eq!(list["items"][0]["term"]["from"], json!(ended));
    scene.close().await
}

async fn nobody_has_more_grace_than_was_paid_for(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "grace_short")).await?;
    gives(&scene, 300).await?;
    let (_system, sku) = hosted(&scene).await?;
    let instance = buy(&scene.stage, &scene.buyer, months(&sku, 1)).await?;
    let found = shown(&scene, &instance).await?;
    let at = |field: &str| anyhow::Ok(text(&found, field)?.parse::<kernel::Timestamp>()?);
    let (began, end) = (at("activated_at")?, at("expires_at")?);
    scene.pass(32 * DAY).await?;
    let freezes: kernel::Timestamp = text(&shown(&scene, &instance).await?, "freeze_at")?.parse()?;
    assert_eq!(freezes.micros_since(end), end.micros_since(began), "a month that was paid has a month at most");

    // What is tried has none.
    let wish = json!({ "sku": sku, "quantities": { "users": 3 } });
    let people = scene.people();
    people.client.post(&scene.buyer.token, "/api/v1/trials", wish).await?;
    scene.pass(0).await?;
    let list = scene.get("/api/v1/instances?limit=1").await?;
    let tried = each(&list, "id").first().copied().context("it is tried")?.to_owned();
    scene.pass(14 * DAY).await?;
    assert_eq!(shown(&scene, &tried).await?["state"], "expired");
    scene.close().await
}

async fn what_runs_keeps_the_grace_that_it_was_bought_with(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "grace_kept")).await?;
    let plain = buy(&scene.stage, &scene.buyer, months(&scene.product.skus[0], 1)).await?;
    gives(&scene, 7).await?;
    let graceful = buy(&scene.stage, &scene.buyer, months(&scene.product.skus[0], 1)).await?;
    gives(&scene, 0).await?;
    scene.pass(32 * DAY).await?;
    assert_eq!(shown(&scene, &plain).await?["state"], "expired", "it was bought without");
    assert_eq!(shown(&scene, &graceful).await?["state"], "grace");
    // A renewal keeps the terms of the purchase too.
    renew(scene.people(), &scene.buyer, &graceful, "periods=1").await?;
    scene.pass(31 * DAY).await?;
    assert_eq!(shown(&scene, &graceful).await?["state"], "grace");
    scene.close().await
}
