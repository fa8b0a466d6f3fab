//! What programs that were written for another marketplace are told and answered beside the lives of instances: orders that were
//! paid, the lookup of assets, what was missed; and what its buyer sees newer who opens a page.

use anyhow::Context;
use kernel::time::{DAY, MINUTE, SECOND};
use kontor::{
    kit::Standing,
    stage::client::{Sent, text},
};
use serde_json::{Value, json};

use crate::{
    codes::{CASES, connected, keep},
    renewals::{Scene, hosted, renew},
    saas::{System, apart, new_key},
    stories::{ask, buy, each, months, refusal},
};

on_both!(
    who_wants_to_know_of_orders_is_told_of_each_that_was_paid,
    an_order_is_told_as_an_event_with_what_was_bought,
    an_asset_that_is_not_there_is_not_found,
    what_was_missed_is_read_forward_and_told_again,
    an_operator_restarts_what_was_given_up,
    who_opens_a_page_sees_what_the_sellers_system_says_now,
);

async fn who_wants_to_know_of_orders_is_told_of_each_that_was_paid(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "notified")).await?;
    let people = scene.people();
    let (system, address) = connected(&scene, "koogallery_v2").await?;
    let sku = scene.product.skus[0].clone();
    buy(&scene.stage, &scene.buyer, months(&sku, 1)).await?;
    assert!(system.kit.seen().is_empty(), "nobody asked for it");

    let kept = keep(&scene, &address, json!({ "activity": "orderNotify", "order": "MOCKPERIODYEARNEW" })).await?;
    assert_eq!(kept["scenario"], "notify");
    let instance = buy(&scene.stage, &scene.buyer, months(&sku, 1)).await?;
    let bought = scene.get("/api/v1/orders").await?["items"][0].clone();
    let number = text(&bought, "number")?;
    let told = json!({
        "activity": "orderNotify", "orderId": number, "orderLineId": format!("{number}-000001"), "testFlag": "0"
    });
    assert_eq!(system.kit.seen(), [told]);
    let query = format!("/api/mkp-openapi-public/global/v1/order/query?orderId={number}");
    let read = people.client.get(&scene.seller.token, &query).await?;
    let buyer = &read["orderInfo"]["buyerInfo"];
    assert!(buyer["userName"].as_str().is_some_and(|name| !name.is_empty()), "{read}");

    // A renewal is told by its own word, where its seller wants that; and what is down is tried again and restarted.
    renew(people, &scene.buyer, &instance, "periods=1").await?;
    scene.pass(0).await?;
    assert_eq!(system.kit.seen().len(), 1);
    system.kit.forget_keys();
    buy(&scene.stage, &scene.buyer, months(&sku, 1)).await?;
    let list = people.client.get(&scene.seller.token, "/api/v1/seller/errands").await?;
    assert_eq!((each(&list, "kind")[0], each(&list, "state")[0]), ("notify", "due"));
    assert_eq!(scene.get("/api/v1/orders").await?["items"][0]["state"], "completed", "nobody waits for it");

    // Who removes the case is told nothing more.
    let cases = people.client.get(&scene.seller.token, CASES).await?;
    for case in each(&cases, "id") {
        let path = format!("{CASES}/{case}");
        assert_eq!(apart(people, &scene.seller, ("DELETE", &path), None).await?.status, 204);
    }
    buy(&scene.stage, &scene.buyer, months(&sku, 1)).await?;
    let list = people.client.get(&scene.seller.token, "/api/v1/seller/errands").await?;
    assert_eq!(each(&list, "kind").len(), 2);
    scene.close().await
}

async fn an_order_is_told_as_an_event_with_what_was_bought(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "placed")).await?;
    let (system, address) = connected(&scene, "standard_webhooks").await?;
    keep(&scene, &address, json!({ "activity": "order.placed", "order": "MOCKPERIODYEARNEW" })).await?;
    buy(&scene.stage, &scene.buyer, months(&scene.product.skus[0], 1)).await?;
    let seen = system.kit.seen();
    let told = seen.last().context("it was told")?;
    assert_eq!((&told["type"], seen.len()), (&json!("order.placed"), 1));
    let data = &told["data"];
    assert_eq!((&data["quantities"]["users"], &data["buyer"]["name"]), (&json!(10), &json!("Ada Lovelace")));
    let document: Value = scene.people().client.get("", "/api/v1/openapi.json").await?;
    assert!(document["webhooks"]["order.placed"].is_object());
    scene.close().await
}

async fn an_asset_that_is_not_there_is_not_found(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "assets")).await?;
    let people = scene.people();
    let path = "/api/mkp-openapi-public/v1/asset/deployed-object";
    let find =
        async |token: &str, query: &str| ask(&people.client, token, "GET", &format!("{path}?{query}"), None).await;
    let empty = json!({ "error_code": "92020000", "error_msg": "success", "data": [] });
    let wanted = "asset_id=a-1&deployed_type=software_package&asset_version=1.0&region=cn-north-4";
    for token in [&scene.seller.token, &scene.buyer.token] {
        assert_eq!(find(token, wanted).await?.good(path)?, empty);
    }
    let refused = find(&scene.buyer.token, "deployed_type=image").await?;
    assert_eq!((refused.status, &refused.body["error_code"]), (400, &json!("95000001")));
    assert_eq!(find("", wanted).await?.status, 401);
    scene.close().await
}

/// What its program reads from an event on.
async fn events(scene: &Scene, query: &str) -> anyhow::Result<Value> {
    let path = format!("/api/v1/seller/events{query}");
    apart(scene.people(), &scene.seller, ("GET", &path), None).await?.good(&path)
}

/// Its program knows a key again.
async fn with_a_new_key(scene: &Scene, system: &System) -> anyhow::Result<()> {
    let path = "/api/v1/seller/production-addresses";
    let addresses = scene.people().client.get(&scene.seller.token, path).await?;
    new_key(scene.people(), &scene.seller, system, &format!("{path}/{}", each(&addresses, "id")[0])).await
}

async fn what_was_missed_is_read_forward_and_told_again(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "feed")).await?;
    let people = scene.people();
    let (system, sku) = hosted(&scene).await?;
    let instance = buy(&scene.stage, &scene.buyer, months(&sku, 1)).await?;
    renew(people, &scene.buyer, &instance, "periods=1").await?;
    scene.pass(0).await?;
    assert_eq!(events(&scene, "").await?["items"], json!([]), "others may still come in before them");
    scene.pass(10 * SECOND).await?;
    let first = events(&scene, "?limit=1").await?;
    let created = &first["items"][0];
    assert_eq!((&created["event"]["type"], &created["state"]), (&json!("instance.create"), &json!("done")));
    assert_eq!(created["event"]["data"]["quantities"]["users"], 10);
    assert!(!first.to_string().contains("first-"), "no password stands in it: {first}");
    let last = text(&first, "last")?;
    let rest = events(&scene, &format!("?after={last}")).await?;
    assert_eq!(rest["items"].as_array().map(Vec::len), Some(1), "questions are no events: {rest}");
    let renewal = &rest["items"][0];
    assert_eq!(renewal["event"]["type"], "instance.renewed");
    assert_eq!(renewal["event"]["data"]["expires_at"], "2026-05-02T01:00:00.000000Z");
    let end = text(&rest, "last")?.to_owned();
    assert_eq!(events(&scene, &format!("?after={end}")).await?, json!({ "items": [], "last": end }));

    // A creation is not told again; what came after it is, by the same id.
    let does = async |errand: &str, what: &str| {
        let path = format!("/api/v1/seller/errands/{errand}/{what}");
        apart(people, &scene.seller, ("POST", &path), None).await
    };
    assert_eq!(refusal(&does(last, "replay").await?), (422, "errand.not_told"));
    let count = system.kit.seen().len();
    assert_eq!(does(&end, "replay").await?.good("replay")?["count"], 1);
    assert_eq!(refusal(&does(&end, "replay").await?), (422, "errand.not_told"), "it is on its way");
    scene.pass(0).await?;
    let told = system.kit.seen();
    assert_eq!((told.len(), &told[count]["scene"]), (count + 1, &json!("RENEWAL")));
    let sent = Sent { token: Some(&scene.seller.token), ..Sent::default() };
    let page = people.client.call("GET", &format!("/seller/production/errands/{end}"), sent).await?.body.to_string();
    assert!(page.contains("instance.renewed") && page.contains("Tell again"), "{page}");

    // What was given up is restarted all together, and stands in the feed of what was missed.
    system.kit.forget_keys();
    scene.pass(62 * DAY).await?;
    for _ in 0..61 {
        scene.pass(2 * MINUTE).await?;
    }
    let missed = events(&scene, "?state=dead").await?;
    assert_eq!(missed["items"][0]["event"]["type"], "instance.frozen", "{missed}");
    let path = "/operator/errands?state=dead";
    let staff = people.operator().await?;
    let sent = Sent { token: Some(&staff), ..Sent::default() };
    assert!(people.client.call("GET", path, sent).await?.body.to_string().contains("Freeze the instance"));
    let all = people.client.get(&staff, "/api/v1/operator/errands?state=dead").await?;
    assert_eq!(each(&all, "kind"), ["freeze"]);
    let calls = format!("/api/v1/operator/production-calls?errand={}", each(&all, "id")[0]);
    let calls = people.client.get(&staff, &calls).await?;
    assert_eq!(
        (&calls["items"][0]["activity"], &calls["items"][0]["seller"]),
        (&json!("updateInstanceStatus"), &all["items"][0]["seller"])
    );
    with_a_new_key(&scene, &system).await?;
    let restart = "/api/v1/seller/errands/restart";
    let restarted = apart(people, &scene.seller, ("POST", restart), None).await?.good(restart)?;
    assert_eq!(restarted["count"], 1);
    scene.pass(0).await?;
    assert_eq!(system.standing(), [Standing::Frozen]);
    assert_eq!(events(&scene, "?state=dead").await?["items"], json!([]));
    scene.close().await
}

async fn an_operator_restarts_what_was_given_up(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "operator_restarts")).await?;
    let people = scene.people();
    let (system, sku) = hosted(&scene).await?;
    buy(&scene.stage, &scene.buyer, months(&sku, 1)).await?;
    system.kit.forget_keys();
    scene.pass(32 * DAY).await?;
    for _ in 0..61 {
        scene.pass(2 * MINUTE).await?;
    }
    let staff = people.operator().await?;
    let list = people.client.get(&staff, "/api/v1/operator/errands?state=dead").await?;
    let path = format!("/api/v1/operator/errands/{}/restart", each(&list, "id")[0]);
    assert_eq!(ask(&people.client, &scene.seller.token, "POST", &path, None).await?.status, 403);
    let unknown = "/api/v1/operator/errands/erd_01jd8kx2v9e5jtf6xw4sz3q7ab/restart";
    assert_eq!(ask(&people.client, &staff, "POST", unknown, None).await?.status, 404);
    with_a_new_key(&scene, &system).await?;
    assert_eq!(ask(&people.client, &staff, "POST", &path, None).await?.status, 204);
    scene.pass(0).await?;
    assert_eq!(system.standing(), [Standing::Frozen]);
    let log = people.client.get(&staff, "/api/v1/operator/audit?action=errand.restarted").await?;
    assert_eq!(each(&log, "action"), ["errand.restarted"]);

    // What is another seller's is nobody's here.
    let other = people.seller("Other Software").await?;
    let none = ask(&people.client, &other.token, "GET", "/api/v1/seller/events", None).await?.good("events")?;
    assert_eq!(none["items"], json!([]));
    let errand = each(&list, "id")[0].to_owned();
    for what in ["replay", "restart"] {
        let path = format!("/api/v1/seller/errands/{errand}/{what}");
        assert_eq!(ask(&people.client, &other.token, "POST", &path, None).await?.status, 404, "{what}");
    }
    scene.close().await
}

async fn who_opens_a_page_sees_what_the_sellers_system_says_now(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "glance")).await?;
    let people = scene.people();
    let (system, sku) = hosted(&scene).await?;
    let instance = buy(&scene.stage, &scene.buyer, months(&sku, 1)).await?;
    let asked = || system.kit.seen().iter().filter(|request| request["activity"] == "queryInstance").count();
    let first = asked();
    let sent = Sent { token: Some(&scene.buyer.token), ..Sent::default() };
    let shown = people.client.call("GET", &format!("/console/instances/{instance}"), sent).await?.body.to_string();
    assert!(shown.contains("access-part") && asked() == first, "the page itself waits for nobody");
    let part = async || -> anyhow::Result<String> {
        let (client, token) = (people.client.clone(), scene.buyer.token.clone());
        let path = format!("/console/instances/{instance}/access-part");
        tokio::spawn(async move {
            let sent = Sent { token: Some(&token), ..Sent::default() };
            anyhow::Ok(client.call("GET", &path, sent).await?.body.as_str().context("a part is a text")?.to_owned())
        })
        .await?
    };
    part().await?;
    assert_eq!(asked(), first, "it has told it just now");
    scene.pass(MINUTE).await?;
    system.kit.use_is("12.5");
    let now = part().await?;
    assert!(asked() == first + 1 && now.contains("12.5") && now.contains("https://app.seller.example/use"), "{now}");
    part().await?;
    assert_eq!(asked(), first + 1, "not more than once a minute");
    let told = scene.get(&format!("/api/v1/instances/{instance}/access")).await?;
    assert_eq!(told["usage"][0]["value"], "12.5");

    // A system that is down leaves what is known.
    scene.pass(MINUTE).await?;
    system.kit.forget_keys();
    let known = part().await?;
    assert!(known.contains("12.5"), "{known}");
    let stranger = people.rich_buyer("Bob Stranger").await?;
    let path = format!("/console/instances/{instance}/access-part");
    assert_eq!(ask(&people.client, &stranger.token, "GET", &path, None).await?.status, 404);
    scene.pass(32 * DAY).await?;
    let frozen = part().await?;
    assert!(!frozen.contains("12.5") && !frozen.contains("app.seller.example"), "{frozen}");
    scene.close().await
}
