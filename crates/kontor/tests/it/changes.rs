//! Another specification in the middle of a term: more of the same, another edition, one that is not carried out, one that goes
//! back with what it changed.

use anyhow::Context;
use instances::EndCause;
use kernel::time::{DAY, HOUR, MINUTE};
use kontor::{
    kit::Manner,
    stage::client::{Reply, Sent, text},
};
use serde_json::{Value, json};

use crate::{
    renewals::{MONTH, Scene},
    saas,
    stories::{activate, ask, buy, code, each, heartbeat, inbox, months, refusal, says, wallet},
};

on_both!(
    more_of_a_licence_costs_what_the_rest_of_its_term_costs_more,
    another_edition_is_carried_out_by_its_sellers_system,
    what_its_seller_does_not_change_is_paid_back_in_full,
    what_is_released_while_it_changes_is_paid_back,
    it_goes_back_with_all_that_its_changes_have_cost,
    a_page_shows_the_price_before_anything_is_paid,
);

impl Scene {
    async fn preview(&self, instance: &str, wanted: &Value) -> anyhow::Result<Reply> {
        let path = format!("/api/v1/instances/{instance}/change-preview");
        ask(&self.people().client, &self.buyer.token, "POST", &path, Some(wanted.clone())).await
    }

    async fn pay_change(&self, instance: &str, wanted: &Value, seen: &Value) -> anyhow::Result<Reply> {
        let path = format!("/api/v1/instances/{instance}/changes");
        let mut body = wanted.clone();
        body["seen"] = seen.clone();
        ask(&self.people().client, &self.buyer.token, "POST", &path, Some(body)).await
    }

    /// Previews a change and pays it as it was seen: the change and what it has cost.
    async fn change(&self, instance: &str, wanted: &Value) -> anyhow::Result<(Value, i64)> {
        let preview = self.preview(instance, wanted).await?.good("preview")?;
        let held = wallet(self.people(), &self.buyer).await?;
        let change = self.pay_change(instance, wanted, &preview["seen"]).await?.good("change")?;
        let order = self.get(&format!("/api/v1/orders/{}", text(&change, "order")?)).await?;
        assert_eq!((&order["kind"], &order["total"]), (&json!("change"), &preview["total"]));
        let cost = preview["total"]["minor"].as_i64().context("a total")?;
        assert_eq!(wallet(self.people(), &self.buyer).await?, held - cost, "previewed and paid");
        Ok((change, cost))
    }

    pub(crate) async fn shown(&self, instance: &str) -> anyhow::Result<Value> {
        self.get(&format!("/api/v1/instances/{instance}")).await
    }

    pub(crate) async fn order_state(&self, change: &Value) -> anyhow::Result<String> {
        let order = self.get(&format!("/api/v1/orders/{}", text(change, "order")?)).await?;
        Ok(text(&order, "state")?.to_owned())
    }

    /// Its seller says what buyers may change.
    pub(crate) async fn allow(&self, product: &str, edition: &str, changes: &str) -> anyhow::Result<()> {
        let path = format!("/api/v1/seller/products/{product}/changes");
        let specs = json!({ "specs": { edition: changes } });
        ask(&self.people().client, &self.seller.token, "PUT", &path, Some(specs)).await?.good("allow").map(drop)
    }

    pub(crate) async fn site_page(&self, path: &str) -> anyhow::Result<String> {
        let sent = Sent { token: Some(&self.buyer.token), ..Sent::default() };
        let reply = self.people().client.call("GET", path, sent).await?;
        Ok(reply.body.as_str().context("a page is a text")?.to_owned())
    }
}

fn users(count: u32) -> Value {
    json!({ "quantities": { "users": count } })
}

/// A hosted product with a second edition at 40.00 a user and month: the system behind it, its id and its monthly SKUs.
pub(crate) async fn hosted(scene: &Scene) -> anyhow::Result<(saas::System, String, [String; 2])> {
    let (people, seller) = (scene.people().clone(), scene.seller.clone());
    let clock = scene.stage.kontor.app.clock.clone();
    tokio::spawn(async move {
        let system = saas::System::start(&clock).await?;
        saas::connect(&people, &seller, &system, "").await?;
        let mut listing = people.hosted_listing(&seller, "Log Search Online").await?;
        let mut cluster = listing["specs"][0].clone();
        cluster["code"] = json!("cluster");
        cluster["name"] = json!({ "en": "Cluster", "zh": "集群版" });
        cluster["skus"][0]["billing"]["month"]["price"]["quantities"]["users"] =
            json!({ "model": "linear", "unit_price": "40.00" });
        listing["specs"][1] = cluster;
        let product = people.listed(&seller, listing).await?;
        let [server, cluster] = product.skus.try_into().ok().context("two editions")?;
        anyhow::Ok((system, product.id, [server, cluster]))
    })
    .await?
}

async fn more_of_a_licence_costs_what_the_rest_of_its_term_costs_more(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "more")).await?;
    let people = scene.people();
    let instance = buy(&scene.stage, &scene.buyer, months(&scene.product.skus[0], 1)).await?;
    let licence = code(people, &scene.buyer, &instance).await?;
    activate(people, &scene.seller, &licence).await?;
    // Who may have one of it may have more of that one.
    let path = format!("/api/v1/seller/products/{}/limits", scene.product.id);
    let limits = json!({ "spec": "server", "single_purchase": true });
    ask(&people.client, &scene.seller.token, "PUT", &path, Some(limits)).await?.good("limit")?;
    scene.pass(10 * DAY).await?;

    let options = scene.get(&format!("/api/v1/instances/{instance}/change-options")).await?;
    assert_eq!(
        (&options["items"][0]["present"], &options["items"][0]["quantities"][0]["code"]),
        (&json!(true), &json!("users"))
    );
    for (wanted, code) in
        [(users(10), "change.nothing"), (users(9), "pricing.less"), (users(0), "pricing.out_of_range")]
    {
        assert_eq!(refusal(&scene.preview(&instance, &wanted).await?), (422, code), "{wanted}");
    }
    let other = json!({ "quantities": { "rooms": 2 } });
    assert_eq!(refusal(&scene.preview(&instance, &other).await?), (422, "invalid"));
    // 20 × 25.00 = 500.00 × 21 ÷ 31 = 338.71, less 300.00 × 21 ÷ 31 = 203.23.
    let preview = scene.preview(&instance, &users(20)).await?.good("preview")?;
    assert_eq!(preview["total"]["minor"], json!(13_548));
    let explained = text(&preview["explanation"], "en")?;
    let said =
        "20 users (price from 11 up): 20 × 25.00 = 500.00 a month; 1 month = 500.00; 21 of 31 days, rounded = 338.71";
    assert!(
        explained.contains("20 × 25.00 = 500.00 a month") && explained.contains("21 of 31 days"),
        "{explained} ≠ {said}"
    );
    let unseen = scene.pay_change(&instance, &users(21), &preview["seen"]).await?;
    assert_eq!(refusal(&unseen), (422, "order.offer_changed"));

    // Asked twice, it is paid once.
    let held = wallet(people, &scene.buyer).await?;
    let path = format!("/api/v1/instances/{instance}/changes");
    let mut body = users(20);
    body["seen"] = preview["seen"].clone();
    let mut changes = Vec::new();
    for _ in 0..2 {
        let sent = Sent {
            token: Some(&scene.buyer.token),
            key: Some("change-1"),
            body: Some(body.clone()),
            ..Sent::default()
        };
        changes.push(people.client.call("POST", &path, sent).await?.good("change")?);
    }
    assert_eq!(changes[0], changes[1]);
    assert_eq!(wallet(people, &scene.buyer).await?, held - 13_548);
    let shown = scene.shown(&instance).await?;
    assert_eq!((&changes[0]["state"], &shown["quantities"]["users"]), (&json!("done"), &json!(20)));
    assert_eq!(shown["expires_at"], "2026-04-02T01:00:00.000000Z", "it ends as before");
    assert_eq!(scene.order_state(&changes[0]).await?, "completed");
    let answer = heartbeat(people, &scene.seller, &licence).await?;
    assert_eq!(answer["error_code"], "92020000", "{answer}");
    let history = scene.get(&format!("/api/v1/instances/{instance}/licence/events")).await?;
    assert!(each(&history, "kind").contains(&"amended"), "{history}");

    // What was paid for the first change counts when the next one is priced:
    // 30 × 25.00 = 750.00 × 21 ÷ 31 = 508.06, less (300.00 + 135.48 × 31 ÷ 21) × 21 ÷ 31 = 338.70.
    let (_, cost) = scene.change(&instance, &users(30)).await?;
    assert_eq!(cost, 16_936);
    scene.stage.kontor.run_due_jobs().await?;
    assert!(says(&inbox(people, &scene.buyer.token).await?, "Changed: "));
    assert!(says(&inbox(people, &scene.seller.token).await?, "A customer changed: "));
    assert_eq!(each(&scene.get("/api/v1/wallet/lines").await?, "kind")[..3], ["change", "change", "sale"]);
    let sold = people.client.get(&scene.seller.token, "/api/v1/seller/orders").await?;
    assert_eq!(each(&sold, "kind"), ["change", "change", "new"]);
    // From the next term on it costs what it is: 10 × 30.00 + 20 × 25.00.
    let renewal = scene.get(&format!("/api/v1/instances/{instance}/renewal")).await?;
    assert_eq!(renewal["total"]["minor"], json!(80_000));
    let seen = json!({ "seen": renewal["seen"] });
    people.client.post(&scene.buyer.token, &format!("/api/v1/instances/{instance}/renewal"), seen).await?;
    let ahead = scene.preview(&instance, &users(40)).await?;
    assert_eq!(refusal(&ahead), (422, "change.renewed_ahead"), "what is paid ahead is paid as it is");
    scene.pass(32 * DAY).await?;
    scene.change(&instance, &users(40)).await?;
    scene.close().await
}

async fn another_edition_is_carried_out_by_its_sellers_system(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "another")).await?;
    let people = scene.people();
    let (system, product, [server, cluster]) = hosted(&scene).await?;
    let instance = buy(&scene.stage, &scene.buyer, months(&server, 1)).await?;
    scene.pass(10 * DAY).await?;
    let wanted = json!({ "sku": cluster });
    assert_eq!(refusal(&scene.preview(&instance, &wanted).await?), (422, "change.not_allowed"));
    scene.allow(&product, "server", "more").await?;
    assert_eq!(refusal(&scene.preview(&instance, &wanted).await?), (422, "change.only_more"));
    scene.allow(&product, "server", "any").await?;
    let foreign = json!({ "sku": scene.product.skus[0] });
    assert_eq!(refusal(&scene.preview(&instance, &foreign).await?), (422, "change.other_product"));

    // 10 × 40.00 = 400.00 × 21 ÷ 31 = 270.97, less 300.00 × 21 ÷ 31 = 203.23.
    let (change, cost) = scene.change(&instance, &wanted).await?;
    assert_eq!((cost, &change["state"]), (6_774, &json!("running")));
    let shown = scene.shown(&instance).await?;
    assert_eq!(
        (&shown["sku"], &shown["changing"]),
        (&json!(server), &change["order_line"]),
        "until then it is what it was"
    );
    for (path, body, code) in [
        ("renewal", json!({ "seen": "" }), "renewal.changing"),
        ("return", json!({}), "refund.changing"),
        ("changes", json!({ "quantities": { "users": 20 }, "seen": "" }), "change.running"),
    ] {
        let path = format!("/api/v1/instances/{instance}/{path}");
        let refused = ask(&people.client, &scene.buyer.token, "POST", &path, Some(body)).await?;
        assert_eq!(refusal(&refused), (422, code));
    }
    scene.stage.kontor.run_due_jobs().await?;
    let order = scene.get(&format!("/api/v1/orders/{}", text(&change, "order")?)).await?;
    let number = text(&order, "number")?;
    assert_eq!(system.kit.changes().into_values().collect::<Vec<_>>(), [format!("{number}-000001")]);
    let told = system.kit.seen().into_iter().find(|request| request["activity"] == "upgradeInstance");
    assert_eq!(told.context("it was told")?["orderId"], json!(number));
    let query = format!("/api/mkp-openapi-public/global/v1/order/query?orderId={number}");
    let read = people.client.get(&scene.seller.token, &query).await?["orderInfo"].clone();
    assert_eq!(
        (&read["orderType"], &read["orderLine"][0]["expireTime"]),
        (&json!("CHANGE"), &json!("20260402010000")),
        "{read}"
    );
    let shown = scene.shown(&instance).await?;
    assert_eq!((&shown["sku"], &shown["changing"]), (&json!(cluster), &Value::Null));
    assert_eq!(order["state"], "completed");
    // What may be changed of what it is now, its seller says for that edition; there is no way back before the end of the term.
    let back = json!({ "sku": server });
    assert_eq!(refusal(&scene.preview(&instance, &back).await?), (422, "change.not_allowed"));
    scene.allow(&product, "cluster", "any").await?;
    assert_eq!(refusal(&scene.preview(&instance, &back).await?), (422, "pricing.less"));
    scene.close().await
}

async fn what_its_seller_does_not_change_is_paid_back_in_full(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "not_done")).await?;
    let people = scene.people();
    let (system, product, [server, _]) = hosted(&scene).await?;
    let instance = buy(&scene.stage, &scene.buyer, months(&server, 1)).await?;
    scene.allow(&product, "server", "more").await?;
    let held = wallet(people, &scene.buyer).await?;
    system.kit.behave(Manner::Fixed);
    let (change, cost) = scene.change(&instance, &users(20)).await?;
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(scene.order_state(&change).await?, "paid", "it is tried again");
    assert!(says(&inbox(people, &scene.seller.token).await?, "Your system did not change: "));
    for _ in 0..4 {
        scene.pass(HOUR + MINUTE).await?;
    }
    assert_eq!(scene.order_state(&change).await?, "refunded");
    assert_eq!(wallet(people, &scene.buyer).await?, held, "in full");
    let refunds = scene.get("/api/v1/refunds").await?;
    assert_eq!(
        (&refunds["items"][0]["cause"], &refunds["items"][0]["amount"]["minor"]),
        (&json!("change_failed"), &json!(cost))
    );
    let shown = scene.shown(&instance).await?;
    assert_eq!((&shown["quantities"]["users"], &shown["changing"]), (&json!(10), &Value::Null));
    let list = scene.get(&format!("/api/v1/instances/{instance}/changes")).await?;
    assert_eq!(each(&list, "state"), ["failed"]);
    for who in [&scene.buyer, &scene.seller] {
        assert!(says(&inbox(people, &who.token).await?, "Not changed: "));
    }
    let errands = people.client.get(&scene.seller.token, "/api/v1/seller/errands").await?;
    let dead = errands["items"].as_array().into_iter().flatten().find(|errand| errand["kind"] == "upgrade");
    let path = format!("/api/v1/seller/errands/{}/restart", text(dead.context("it was told")?, "id")?);
    let refused = ask(&people.client, &scene.seller.token, "POST", &path, None).await?;
    assert_eq!(refusal(&refused), (422, "errand.refunded"));

    // A system that has learned it is asked again with the next change.
    system.kit.behave(Manner::Well);
    let (again, _) = scene.change(&instance, &users(20)).await?;
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(scene.order_state(&again).await?, "completed");
    assert_eq!(scene.shown(&instance).await?["quantities"]["users"], json!(20));
    scene.close().await
}

async fn what_is_released_while_it_changes_is_paid_back(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "released")).await?;
    let people = scene.people();
    let (system, product, [server, _]) = hosted(&scene).await?;
    scene.allow(&product, "server", "more").await?;
    // Once before its seller's system is asked at all, once after it has refused.
    for manner in [Manner::Well, Manner::Fixed] {
        let instance = buy(&scene.stage, &scene.buyer, months(&server, 1)).await?;
        let held = wallet(people, &scene.buyer).await?;
        system.kit.behave(manner);
        let (change, _) = scene.change(&instance, &users(20)).await?;
        if manner == Manner::Fixed {
            scene.stage.kontor.run_due_jobs().await?;
        }
        let kontor = &scene.stage.kontor;
        let mut tx = kontor.app.db.begin().await?;
        let read = kontor.instances.find(&mut tx, instance.parse()?).await?;
        kontor.instances.end(&mut tx, read, EndCause::Operator).await?;
        tx.commit().await?;
        kontor.run_due_jobs().await?;
        assert_eq!(scene.order_state(&change).await?, "refunded", "{manner:?}");
        assert_eq!(wallet(people, &scene.buyer).await?, held, "{manner:?}: the change went back, and nothing else");
        let shown = scene.shown(&instance).await?;
        assert_eq!((&shown["state"], &shown["changing"]), (&json!("released"), &Value::Null));
        assert_eq!(refusal(&scene.preview(&instance, &users(20)).await?), (422, "change.released"));
        scene.pass(6 * HOUR).await?;
        assert_eq!(scene.order_state(&change).await?, "refunded");
        scene.stage.check().await?;
    }
    scene.close().await
}

async fn it_goes_back_with_all_that_its_changes_have_cost(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "goes_back")).await?;
    let people = scene.people();
    let held = wallet(people, &scene.buyer).await?;
    let instance = buy(&scene.stage, &scene.buyer, months(&scene.product.skus[0], 1)).await?;
    scene.pass(DAY).await?;
    let (_, first) = scene.change(&instance, &users(20)).await?;
    let (_, second) = scene.change(&instance, &users(21)).await?;
    let path = format!("/api/v1/instances/{instance}/return");
    let preview = scene.get(&path).await?;
    assert_eq!(preview["amount"]["minor"], json!(MONTH + first + second));
    assert!(text(&preview["explanation"], "en")?.contains("its 2 changes included"), "{preview}");
    let back = people.client.post(&scene.buyer.token, &path, json!({})).await?;
    let amounts: Vec<&Value> =
        back["changes"].as_array().into_iter().flatten().map(|one| &one["amount"]["minor"]).collect();
    assert_eq!((&back["amount"]["minor"], amounts), (&json!(MONTH), vec![&json!(first), &json!(second)]));
    assert_eq!((&back["total"], wallet(people, &scene.buyer).await?), (&preview["amount"], held));
    scene.stage.kontor.run_due_jobs().await?;
    let list = scene.get(&format!("/api/v1/instances/{instance}/changes")).await?;
    assert_eq!(each(&list, "state"), ["returned", "returned"]);
    scene.stage.check().await?;

    // A renewal that was reckoned on by a change stays, even where one that has begun could go back.
    let rules = policy::DEFAULT.replace("returned_when_begun = false", "returned_when_begun = true");
    people.client.post(&people.operator().await?, "/api/v1/operator/policy", json!({ "rules": rules })).await?;
    scene.stage.kontor.app.clock.turn(MINUTE);
    let instance = buy(&scene.stage, &scene.buyer, months(&scene.product.skus[0], 1)).await?;
    let renewal = format!("/api/v1/instances/{instance}/renewal");
    let seen = scene.get(&renewal).await?["seen"].clone();
    people.client.post(&scene.buyer.token, &renewal, json!({ "seen": seen })).await?;
    scene.pass(32 * DAY).await?;
    assert_eq!(scene.get(&format!("{renewal}/return")).await?["cause"], "no_reason");
    scene.change(&instance, &users(20)).await?;
    let refused = ask(&people.client, &scene.buyer.token, "GET", &format!("{renewal}/return"), None).await?;
    assert_eq!(refusal(&refused), (422, "refund.changed"));
    scene.close().await
}

async fn a_page_shows_the_price_before_anything_is_paid(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "page")).await?;
    let instance = buy(&scene.stage, &scene.buyer, months(&scene.product.skus[0], 1)).await?;
    let here = format!("/console/instances/{instance}");
    assert!(scene.site_page(&here).await?.contains(&format!("{here}/change\"")), "the page of a thing leads there");
    let first = scene.site_page(&format!("{here}/change")).await?;
    assert!(first.contains("name=\"q.users\"") && first.contains("value=\"10\""), "{first}");
    assert!(first.contains("This is what you have"), "nothing is chosen yet: {first}");
    // 20 × 25.00, less the 300.00 that were paid today.
    let query = format!("sku={}&q.users=20", scene.product.skus[0]);
    for path in [format!("{here}/change?{query}"), format!("{here}/change/price?{query}")] {
        let shown = scene.site_page(&path).await?;
        assert!(shown.contains("20 × 25.00 = 500.00") && shown.contains("Change for "), "{shown}");
        assert!(shown.contains("200.00"), "{shown}");
    }
    let wrong = scene.site_page(&format!("{here}/change?q.users=many")).await?;
    assert!(wrong.contains("must be a whole number"), "{wrong}");
    scene.change(&instance, &users(20)).await?;
    let shown = scene.site_page(&here).await?;
    assert!(shown.contains("Changed once") && shown.contains("20 users"), "{shown}");
    let orders = scene.get("/api/v1/orders").await?;
    let shown = scene.site_page(&format!("/console/orders/{}", text(&orders["items"][0], "id")?)).await?;
    assert!(shown.contains("10 users") && shown.contains("Open what you changed"), "{shown}");
    scene.close().await
}
