//! Sellers of licensed software who want to be told of authorisation codes: when they are renewed, frozen and released, in each form
//! of call.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use kernel::time::{DAY, MINUTE};
use kontor::{
    kit::Standing,
    stage::client::{Sent, text},
};
use serde_json::{Value, json};

use crate::{
    renewals::{Scene, renew},
    saas::{System, apart, tell},
    stories::{ask, buy, code, each, inbox, months, refusal, says},
};

on_both!(
    who_wants_it_is_told_of_the_whole_life_of_a_code,
    a_code_is_told_in_events_too,
    what_a_system_does_not_take_is_tried_for_two_hours_and_restarted,
    a_code_is_tried_out_before_it_is_told,
    codes_are_told_in_a_sandbox_too,
    what_was_told_of_a_code_is_undone_whatever_is_wanted_by_then,
);

pub(crate) const CASES: &str = "/api/v1/seller/production-cases";

/// A seller's system in a form, with its address.
pub(crate) async fn connected(scene: &Scene, form: &'static str) -> anyhow::Result<(System, String)> {
    let (people, seller) = (scene.people().clone(), scene.seller.clone());
    let clock = scene.stage.kontor.app.clock.clone();
    tokio::spawn(async move {
        let system = System::start(&clock).await?;
        let (path, key) = people.address_in(&seller, system.address(), form).await?;
        system.kit.accept(key)?;
        tell(&people, &seller, &format!("{path}/verify")).await?;
        anyhow::Ok((system, path))
    })
    .await?
}

/// Tries something out at an address and keeps it as a case.
pub(crate) async fn keep(scene: &Scene, address: &str, trial: Value) -> anyhow::Result<Value> {
    let post = async |path: &str, body: Value| {
        apart(scene.people(), &scene.seller, ("POST", path), Some(body)).await?.good(path)
    };
    let tried = post(&format!("{address}/calls"), trial.clone()).await?;
    ensure!(tried["trouble"].is_null(), "{tried}");
    post(CASES, json!({ "call": tried["call"], "name": trial.to_string().chars().take(60).collect::<String>() })).await
}

async fn errands(scene: &Scene) -> anyhow::Result<Value> {
    scene.people().client.get(&scene.seller.token, "/api/v1/seller/errands").await
}

async fn who_wants_it_is_told_of_the_whole_life_of_a_code(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "codes")).await?;
    let people = scene.people();
    let rules = policy::DEFAULT.replace("\ngrace_days = 0\n", "\ngrace_days = 3\n");
    people.client.post(&people.operator().await?, "/api/v1/operator/policy", json!({ "rules": rules })).await?;
    let (system, address) = connected(&scene, "koogallery_v2").await?;
    let sku = scene.product.skus[0].clone();
    let instance = buy(&scene.stage, &scene.buyer, months(&sku, 1)).await?;
    let code = code(people, &scene.buyer, &instance).await?;
    renew(people, &scene.buyer, &instance, "periods=1").await?;
    scene.pass(0).await?;
    assert_eq!(
        (errands(&scene).await?["items"].clone(), system.kit.seen().len()),
        (json!([]), 0),
        "nobody asked for it"
    );

    for trial in [
        json!({ "activity": "refreshLicenseCode", "order": "MOCKMONTYRENEW", "scene": "RENEWAL" }),
        json!({ "activity": "updateLicenseCodeStatus", "status": "FREEZE" }),
        json!({ "activity": "releaseLicenseCode" }),
    ] {
        keep(&scene, &address, trial).await?;
    }
    // A renewal, and its return.
    let renewal = renew(people, &scene.buyer, &instance, "periods=1").await?;
    scene.pass(0).await?;
    let told = system.kit.seen().pop().context("it was told")?;
    let order = scene.get(&format!("/api/v1/orders/{}", text(&renewal, "order")?)).await?;
    let number = text(&order, "number")?.to_owned();
    assert_eq!(
        told,
        json!({
            "activity": "refreshLicenseCode", "scene": "RENEWAL", "license": code, "orderId": number,
            "orderLineId": format!("{number}-000001"), "expireTime": "20260602010000"
        })
    );
    people.client.post(&scene.buyer.token, &format!("/api/v1/instances/{instance}/renewal/return"), json!({})).await?;
    scene.pass(0).await?;
    let told = system.kit.seen().pop().context("it was told")?;
    assert_eq!((&told["scene"], &told["expireTime"]), (&json!("UNSUBSCRIBE_RENEWAL_PERIOD"), &json!("20260502010000")));
    // What is written down of it does not give the code away.
    let calls = people.client.get(&scene.seller.token, "/api/v1/seller/production-calls?limit=100").await?;
    assert!(!calls.to_string().contains(&code), "{calls}");
    assert!(text(&calls["items"][0], "request")?.contains(&format!("PL…{}", &code[22..])), "{calls}");
    let sent = Sent { token: Some(&scene.seller.token), ..Sent::default() };
    let page = people.client.call("GET", "/seller/production/errands", sent).await?;
    assert!(page.body.to_string().contains("Take over the code"));

    // Not when the term is over, but when the grace is.
    scene.pass(62 * DAY).await?;
    assert_eq!(system.kit.codes(), BTreeMap::new());
    scene.pass(3 * DAY).await?;
    assert_eq!(system.kit.codes(), BTreeMap::from([(code.clone(), Standing::Frozen)]));
    renew(people, &scene.buyer, &instance, "periods=1").await?;
    scene.pass(0).await?;
    assert_eq!(system.kit.codes(), BTreeMap::from([(code.clone(), Standing::Open)]));
    assert_eq!(system.kit.ends()[&code], "20260602010000");
    scene.pass(60 * DAY).await?;
    assert_eq!(system.kit.codes(), BTreeMap::from([(code.clone(), Standing::Released)]));
    let last = system.kit.seen().pop().context("it was told")?;
    assert_eq!(last, json!({ "activity": "releaseLicenseCode", "license": code }));

    // What is given back names its order; who removes the case is told nothing more.
    let other = buy(&scene.stage, &scene.buyer, months(&sku, 1)).await?;
    people.client.post(&scene.buyer.token, &format!("/api/v1/instances/{other}/return"), json!({})).await?;
    scene.pass(0).await?;
    assert!(system.kit.seen().pop().context("it was told")?["orderId"].is_string());
    let cases = people.client.get(&scene.seller.token, CASES).await?;
    for case in each(&cases, "id") {
        ask(&people.client, &scene.seller.token, "DELETE", &format!("{CASES}/{case}"), None).await?;
    }
    let count = system.kit.seen().len();
    let third = buy(&scene.stage, &scene.buyer, months(&sku, 1)).await?;
    people.client.post(&scene.buyer.token, &format!("/api/v1/instances/{third}/return"), json!({})).await?;
    scene.pass(0).await?;
    assert_eq!(system.kit.seen().len(), count);
    scene.close().await
}

async fn a_code_is_told_in_events_too(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "code_events")).await?;
    let people = scene.people();
    let (system, address) = connected(&scene, "standard_webhooks").await?;
    for activity in ["licence.renewed", "licence.frozen", "licence.released"] {
        keep(&scene, &address, json!({ "activity": activity, "order": "MOCKMONTYRENEW" })).await?;
    }
    let instance = buy(&scene.stage, &scene.buyer, months(&scene.product.skus[0], 1)).await?;
    let code = code(people, &scene.buyer, &instance).await?;
    scene.pass(32 * DAY).await?;
    renew(people, &scene.buyer, &instance, "periods=1").await?;
    scene.pass(0).await?;
    scene.pass(30 * DAY).await?;
    scene.pass(30 * DAY).await?;
    let seen = system.kit.seen();
    let told: Vec<&str> = seen.iter().filter_map(|event| event["type"].as_str()).collect();
    let whole = ["licence.frozen", "licence.renewed", "licence.unfrozen", "licence.frozen", "licence.released"];
    assert_eq!(told, whole);
    assert!(seen.iter().all(|event| event["data"]["licence"] == code.as_str()), "{seen:?}");
    assert_eq!(seen[1]["data"]["expires_at"], "2026-05-02T01:00:00.000000Z");
    assert_eq!(seen[4]["data"]["returned"], false);
    scene.close().await
}

async fn what_a_system_does_not_take_is_tried_for_two_hours_and_restarted(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "code_down")).await?;
    let people = scene.people();
    let (system, address) = connected(&scene, "koogallery_v2").await?;
    keep(&scene, &address, json!({ "activity": "updateLicenseCodeStatus", "status": "FREEZE" })).await?;
    let instance = buy(&scene.stage, &scene.buyer, months(&scene.product.skus[0], 1)).await?;
    let code = code(people, &scene.buyer, &instance).await?;
    system.kit.forget_keys();
    scene.pass(31 * DAY).await?;
    for _ in 0..60 {
        scene.pass(2 * MINUTE).await?;
    }
    let list = errands(&scene).await?;
    assert_eq!(
        (each(&list, "kind"), each(&list, "state"), &list["items"][0]["tries"]),
        (vec!["freeze"], vec!["dead"], &json!(60))
    );
    assert!(says(&inbox(people, &scene.seller.token).await?, "Your system did not freeze a code: "));
    crate::saas::new_key(people, &scene.seller, &system, &address).await?;
    let restart = format!("/api/v1/seller/errands/{}/restart", each(&list, "id")[0]);
    ask(&people.client, &scene.seller.token, "POST", &restart, None).await?;
    scene.pass(0).await?;
    assert_eq!(system.kit.codes(), BTreeMap::from([(code, Standing::Frozen)]));
    scene.close().await
}

async fn a_code_is_tried_out_before_it_is_told(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "code_tried")).await?;
    let (system, address) = connected(&scene, "koogallery_v2").await?;
    let calls = format!("{address}/calls");
    let try_out = async |trial: Value| apart(scene.people(), &scene.seller, ("POST", &calls), Some(trial)).await;
    let tried = try_out(json!({ "activity": "releaseLicenseCode" })).await?.good(&calls)?;
    let sent = r#"{"activity":"releaseLicenseCode","license":"PLTESTTESTTESTTESTTESTTEST","testFlag":"1"}"#;
    assert_eq!((&tried["request"], &tried["trouble"]), (&json!(sent), &Value::Null));
    let own = json!({ "activity": "updateLicenseCodeStatus", "status": "UNFREEZE", "instance": "PLABC" });
    assert!(text(&try_out(own).await?.good(&calls)?, "request")?.contains(r#""license":"PLABC","status":"UNFREEZE""#));
    for wrong in [
        json!({ "activity": "updateLicenseCodeStatus", "status": "NORMAL" }),
        json!({ "activity": "refreshLicenseCode", "order": "MOCKMONTYRENEW", "scene": "TRIAL_TO_FORMAL" }),
        json!({ "activity": "refreshLicenseCode", "scene": "RENEWAL" }),
    ] {
        assert_eq!(refusal(&try_out(wrong).await?).0, 422);
    }
    let kept = keep(&scene, &address, json!({ "activity": "releaseLicenseCode" })).await?;
    assert_eq!(kept["scenario"], "release_code");
    assert_eq!(system.kit.codes(), BTreeMap::new(), "what is tried out is not sold");
    for (path, says) in [
        ("/seller/production/cases", "releaseLicenseCode"),
        ("/seller/production/guide", "licence.renewal_returned"),
        ("/seller/production/debugger", "refreshLicenseCode"),
    ] {
        let sent = Sent { token: Some(&scene.seller.token), ..Sent::default() };
        let page = scene.people().client.call("GET", path, sent).await?;
        assert!(page.body.to_string().contains(says), "{path}");
    }
    scene.close().await
}

async fn codes_are_told_in_a_sandbox_too(url: Option<String>) -> anyhow::Result<()> {
    const SANDBOX: &str = "/api/v1/seller/sandbox";
    let scene = Box::pin(Scene::open(url, "code_sandbox")).await?;
    let (system, address) = connected(&scene, "koogallery_v2").await?;
    keep(&scene, &address, json!({ "activity": "releaseLicenseCode" })).await?;
    let does = async |method: &str, path: &str, body: Option<Value>| {
        let path = format!("{SANDBOX}{path}");
        apart(scene.people(), &scene.seller, (method, &path), body).await?.good(&path)
    };
    does("POST", "", None).await?;
    let skus = does("GET", "/skus", None).await?;
    let monthly = skus["items"].as_array().into_iter().flatten().find(|sku| sku["billing_mode"] == "period");
    let sku = text(monthly.context("something is sold by the month")?, "sku")?.to_owned();
    let wanted = json!({ "sku": sku, "quantities": { "users": 10 }, "periods": 1 });
    let bought = does("POST", "/orders", Some(wanted)).await?;
    does("POST", &format!("/instances/{}/return", text(&bought, "instance")?), None).await?;
    let told = system.kit.tried_codes();
    let sold = told.iter().filter(|(code, _)| !code.contains("TEST")).map(|(_, standing)| *standing);
    assert_eq!(sold.collect::<Vec<_>>(), [Standing::Released], "{told:?}");
    assert_eq!(system.kit.codes(), BTreeMap::new(), "nothing was sold");
    scene.close().await
}

async fn what_was_told_of_a_code_is_undone_whatever_is_wanted_by_then(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "code_undone")).await?;
    let people = scene.people();
    let (system, address) = connected(&scene, "koogallery_v2").await?;
    // Either side of a pair brings both.
    let frozen = json!({ "activity": "updateLicenseCodeStatus", "status": "UNFREEZE" });
    keep(&scene, &address, frozen.clone()).await?;
    let given =
        json!({ "activity": "refreshLicenseCode", "order": "MOCKMONTYRENEW", "scene": "UNSUBSCRIBE_RENEWAL_PERIOD" });
    keep(&scene, &address, given).await?;
    let sku = scene.product.skus[0].clone();
    let first = buy(&scene.stage, &scene.buyer, months(&sku, 1)).await?;
    let code = code(people, &scene.buyer, &first).await?;
    scene.pass(20 * DAY).await?;
    let second = buy(&scene.stage, &scene.buyer, months(&sku, 1)).await?;
    renew(people, &scene.buyer, &second, "periods=1").await?;
    scene.pass(0).await?;
    assert_eq!(system.kit.seen().pop().context("it was told")?["scene"], "RENEWAL");
    scene.pass(12 * DAY).await?;
    assert_eq!(system.kit.codes(), BTreeMap::from([(code.clone(), Standing::Frozen)]));

    let cases = people.client.get(&scene.seller.token, CASES).await?;
    for case in each(&cases, "id") {
        let path = format!("{CASES}/{case}");
        let gone = apart(people, &scene.seller, ("DELETE", &path), None).await?;
        ensure!(gone.status == 204, "{case}");
    }
    people.client.post(&scene.buyer.token, &format!("/api/v1/instances/{second}/renewal/return"), json!({})).await?;
    scene.pass(0).await?;
    assert_eq!(system.kit.seen().pop().context("it was told")?["scene"], "UNSUBSCRIBE_RENEWAL_PERIOD");
    renew(people, &scene.buyer, &first, "periods=1").await?;
    scene.pass(0).await?;
    assert_eq!(system.kit.codes(), BTreeMap::from([(code.clone(), Standing::Open)]));
    assert_eq!(system.kit.seen().pop().context("it was told")?["status"], "UNFREEZE", "the new end is not wanted");
    // Nothing more is told, and so nothing has to be undone.
    let count = system.kit.seen().len();
    scene.pass(32 * DAY).await?;
    renew(people, &scene.buyer, &first, "periods=1").await?;
    scene.pass(0).await?;
    assert_eq!(system.kit.seen().len(), count);

    // Who moves to an address where it was not tried out is told so.
    keep(&scene, &address, frozen).await?;
    let (_other, there) = connected(&scene, "koogallery_v2").await?;
    tell(people, &scene.seller, &format!("{there}/use")).await?;
    assert!(says(&inbox(people, &scene.seller.token).await?, "Your new address is not told all that you wanted"));
    let sent = Sent { token: Some(&scene.seller.token), ..Sent::default() };
    let page = people.client.call("GET", "/seller/production/cases", sent).await?;
    assert!(page.body.to_string().contains("updateLicenseCodeStatus UNFREEZE"), "it can be kept anew");
    scene.close().await
}
