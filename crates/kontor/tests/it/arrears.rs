//! What was used and cannot be paid: warned of, frozen, thawed when it is paid.

use kernel::time::{DAY, HOUR, MINUTE};
use kontor::{
    kit::Standing,
    stage::{by_use, client::Sent},
};
use serde_json::{Value, json};

use crate::{
    metering::{Scene, behind, record},
    stories::{ask, buy, each, inbox, months, refusal, says, wallet},
};

on_both!(
    what_cannot_be_paid_is_warned_of_frozen_and_thawed,
    a_freeze_that_was_given_up_is_not_told_after_it_was_paid,
    what_comes_back_to_a_wallet_pays_what_is_due,
    a_longer_grace_counts_for_who_has_it_already,
    what_comes_late_under_a_longer_limit_is_charged_after_all,
    a_debt_that_is_none_is_found,
    what_stays_unpaid_is_released_and_its_minimum_ends,
);

/// Ten for each call.
fn dear() -> Value {
    by_use("hour", json!({ "price": { "model": "fixed", "unit_price": "10" } }))
}

async fn what_cannot_be_paid_is_warned_of_frozen_and_thawed(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "arrears", dear())).await?;
    let people = &scene.stage.people;
    let buyer = people.buyer("Short Of Money").await?;
    people.top_up(&buyer, 1_500).await?;
    let (instance, name) = scene.buy(&buyer).await?;
    scene.pass(HOUR + MINUTE).await?;
    scene.pushed(vec![record(&name, 1, "1", "1")]).await?;
    scene.pass(HOUR).await?;
    assert_eq!(wallet(people, &buyer).await?, 500, "the first hour is paid");
    scene.pushed(vec![record(&name, 2, "2", "2")]).await?;
    scene.pass(HOUR).await?;
    let path = format!("/api/v1/instances/{instance}/usage");
    let live = people.client.get(&buyer.token, &path).await?;
    assert_eq!((&live["due"]["minor"], &live["charged"]["minor"]), (&json!(2_000), &json!(3_000)), "{live}");
    assert!(says(&inbox(people, &buyer.token).await?, "Your wallet cannot pay for"));
    assert_eq!(wallet(people, &buyer).await?, 500, "a part of a charge is not taken");
    let more = people.client.post(&buyer.token, "/api/v1/quotes", json!({ "sku": scene.sku })).await?;
    let more = json!({ "quote": more["id"] });
    let refused = ask(&people.client, &buyer.token, "POST", "/api/v1/orders", Some(more)).await?;
    assert_eq!(refusal(&refused), (422, "order.owing"), "who owes opens nothing more");
    scene.pass(71 * HOUR).await?;
    assert_eq!(scene.system.kit.instances()[&name], Standing::Open, "the grace lasts");
    scene.pass(2 * HOUR).await?;
    assert_eq!(scene.system.kit.instances()[&name], Standing::Frozen);
    let live = people.client.get(&buyer.token, &path).await?;
    assert!(live["frozen_at"].is_string(), "{live}");
    let frozen = json!({ "instance_id": name, "record_time": "20260305T050300Z", "begin_time": "20260305T050000Z",
        "end_time": "20260305T050300Z", "usage_value": "1", "metering_sn": "frozen" });
    scene.pushed(vec![frozen.clone()]).await?;
    assert_eq!(scene.refused().await?, [("013".to_owned(), "frozen".to_owned())]);
    // A little is not enough; then everything is paid at once.
    people.top_up(&buyer, 100).await?;
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(scene.system.kit.instances()[&name], Standing::Frozen);
    people.top_up(&buyer, 2_000).await?;
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(wallet(people, &buyer).await?, 600);
    assert_eq!(scene.system.kit.instances()[&name], Standing::Open);
    let live = people.client.get(&buyer.token, &path).await?;
    assert_eq!(
        (&live["due"]["minor"], &live["frozen_at"], &live["unpaid_since"]),
        (&json!(0), &json!(null), &json!(null))
    );
    assert!(says(&inbox(people, &buyer.token).await?, "Answers"), "it is told that it can be used again");
    scene.pass(HOUR).await?;
    scene.pushed(vec![frozen]).await?;
    assert_eq!(scene.refused().await?, [("013".to_owned(), "frozen".to_owned())], "it was frozen then");
    scene.pass(16 * DAY).await?;
    assert_eq!(scene.system.kit.instances()[&name], Standing::Open, "what was thawed is not released");
    // What is paid stops nothing.
    scene.buy(&buyer).await?;
    scene.close().await
}

/// A buyer with 5.00 left who owes 20.00 for the second hour.
async fn owing(scene: &Scene) -> anyhow::Result<(kontor::stage::Person, String, String)> {
    let people = &scene.stage.people;
    let buyer = people.buyer("Short Of Money").await?;
    people.top_up(&buyer, 1_500).await?;
    let (instance, name) = scene.buy(&buyer).await?;
    scene.pass(HOUR + MINUTE).await?;
    scene.pushed(vec![record(&name, 1, "1", "1")]).await?;
    scene.pass(HOUR).await?;
    scene.pushed(vec![record(&name, 2, "2", "2")]).await?;
    scene.pass(HOUR).await?;
    assert_eq!(wallet(people, &buyer).await?, 500);
    Ok((buyer, instance, name))
}

async fn a_freeze_that_was_given_up_is_not_told_after_it_was_paid(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "given_up", dear())).await?;
    let people = &scene.stage.people;
    let (buyer, _, name) = owing(&scene).await?;
    // Its program forgets its keys: every request is refused.
    scene.system.kit.forget_keys();
    scene.pass(73 * HOUR).await?;
    for _ in 0..60 {
        scene.pass(2 * MINUTE).await?;
    }
    let list = people.client.get(&scene.seller.token, "/api/v1/seller/errands").await?;
    assert_eq!((each(&list, "kind")[0], each(&list, "state")[0]), ("freeze", "dead"), "{list}");
    people.top_up(&buyer, 2_000).await?;
    scene.stage.kontor.run_due_jobs().await?;
    let path = format!("/api/v1/seller/errands/{}/restart", each(&list, "id")[0]);
    let again = ask(&people.client, &scene.seller.token, "POST", &path, None).await?;
    assert_eq!(refusal(&again), (422, "errand.over"), "it is thawed by now");
    assert_eq!(scene.system.kit.instances()[&name], Standing::Open);
    scene.close().await
}

async fn what_comes_back_to_a_wallet_pays_what_is_due(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "comes_back", dear())).await?;
    let people = &scene.stage.people;
    let licensed = people.product(&scene.seller, "Licensed").await?;
    let buyer = people.buyer("Giver Back").await?;
    people.top_up(&buyer, 100_000).await?;
    let returned = buy(&scene.stage, &buyer, months(&licensed.skus[0], 1)).await?;
    let left = wallet(people, &buyer).await?;
    let (instance, name) = scene.buy(&buyer).await?;
    scene.pass(HOUR + MINUTE).await?;
    // One call more than what is left can pay.
    let calls = left / 1_000 + 1;
    scene.pushed(vec![record(&name, 1, &calls.to_string(), "1")]).await?;
    scene.pass(HOUR).await?;
    let path = format!("/api/v1/instances/{instance}/usage");
    assert_eq!(people.client.get(&buyer.token, &path).await?["due"]["minor"], json!(calls * 1_000));
    let path = format!("/api/v1/instances/{returned}/return");
    people.client.post(&buyer.token, &path, json!({})).await?;
    scene.stage.kontor.run_due_jobs().await?;
    let path = format!("/api/v1/instances/{instance}/usage");
    let live = people.client.get(&buyer.token, &path).await?;
    assert_eq!((&live["due"]["minor"], &live["unpaid_since"]), (&json!(0), &json!(null)), "{live}");
    scene.close().await
}

/// Publishes the rules with one of them changed.
async fn publish(scene: &Scene, rule: &str, instead: &str) -> anyhow::Result<()> {
    let people = &scene.stage.people;
    let rules = policy::DEFAULT.replace(rule, instead);
    assert_ne!(rules, policy::DEFAULT);
    people.client.post(&people.operator().await?, "/api/v1/operator/policy", json!({ "rules": rules })).await?;
    scene.pass(MINUTE).await
}

async fn a_longer_grace_counts_for_who_has_it_already(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "grace", dear())).await?;
    let (_, _, name) = owing(&scene).await?;
    publish(&scene, "\ngrace_hours = 72", "\ngrace_hours = 100").await?;
    scene.pass(74 * HOUR).await?;
    assert_eq!(scene.system.kit.instances()[&name], Standing::Open, "the timer of the old grace changes nothing");
    scene.pass(27 * HOUR).await?;
    assert_eq!(scene.system.kit.instances()[&name], Standing::Frozen);
    scene.close().await
}

async fn what_comes_late_under_a_longer_limit_is_charged_after_all(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "limit", dear())).await?;
    let (instance, name) = scene.buy(&scene.buyer).await?;
    scene.pass(3 * HOUR).await?;
    let path = format!("/api/v1/instances/{instance}/close");
    ask(&scene.stage.people.client, &scene.buyer.token, "POST", &path, None).await?.good(&path)?;
    scene.pass(30 * DAY).await?;
    scene.pushed(vec![record(&name, 1, "3", "too-old")]).await?;
    assert_eq!(scene.refused().await?, [("007".to_owned(), "too-old".to_owned())], "nothing more is expected of it");
    publish(&scene, "\nlate_days = 21", "\nlate_days = 40").await?;
    scene.pushed(vec![record(&name, 1, "3", "late")]).await?;
    scene.pass(2 * HOUR).await?;
    assert_eq!(scene.charges(&instance).await?, [(3_000, "30".to_owned())]);
    scene.close().await
}

async fn a_debt_that_is_none_is_found(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "debts", dear())).await?;
    owing(&scene).await?;
    scene.stage.check().await?;
    let found = async |sql: &'static str, wanted: &str, back: &'static str| {
        behind(&scene, sql).await?;
        let said = scene.stage.check().await.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(said.contains("debt: ") && said.contains(wanted), "{said}");
        behind(&scene, back).await
    };
    let more = r#"update debt set owed = '[{"minor": 2001, "currency": "CNY"}]' where account_id = (select account_id from usage_charge where state = 'due')"#;
    let right = r#"update debt set owed = '[{"minor": 2000, "currency": "CNY"}]' where account_id = (select account_id from usage_charge where state = 'due')"#;
    found(more, "it owes 20.01 CNY, of its charges 2000 minor units are unpaid", right).await?;
    let told = "update metered_instance set unpaid_since = null where unpaid_since is not null";
    let untold = "update metered_instance set unpaid_since = began_at where account_id = (select account_id from usage_charge where state = 'due')";
    found(told, "nothing that it uses is marked as unpaid", untold).await?;
    found("update debt set owed = '[]'", "it is unpaid, its account acc_", right).await?;
    scene.close().await
}

async fn what_stays_unpaid_is_released_and_its_minimum_ends(url: Option<String>) -> anyhow::Result<()> {
    let mut billing = dear();
    billing["commitment"] = json!({ "amount": "20", "cycle": "day" });
    let scene = Box::pin(Scene::open(url.as_deref(), "unpaid", billing)).await?;
    let people = &scene.stage.people;
    let (buyer, instance, name) = owing(&scene).await?;
    scene.pass(73 * HOUR).await?;
    assert_eq!(scene.system.kit.instances()[&name], Standing::Frozen);
    let told = people.client.get(&buyer.token, "/api/v1/messages?limit=100").await?;
    assert!(told.to_string().contains("it is released for good"), "it is told when: {told}");
    let own = format!("/console/instances/{instance}");
    let sent = || Sent { token: Some(&buyer.token), ..Sent::default() };
    let page = people.client.call("GET", &own, sent()).await?;
    assert!(page.body.as_str().is_some_and(|text| text.contains("is released for good")), "{}", page.status);
    scene.pass(14 * DAY).await?;
    assert_eq!(scene.system.kit.instances()[&name], Standing::Frozen, "it is kept for the days of the rules");
    scene.pass(DAY).await?;
    assert_eq!(scene.system.kit.instances()[&name], Standing::Released);
    let shown = people.client.get(&buyer.token, &format!("/api/v1/instances/{instance}")).await?;
    assert_eq!((&shown["state"], &shown["end_cause"]), (&json!("released"), &json!("arrears")), "{shown}");
    scene.pass(2 * DAY).await?;
    let path = format!("/api/v1/instances/{instance}/usage");
    let live = people.client.get(&buyer.token, &path).await?;
    // 30 on the first day; 20 for each of the 17 whole days in which it was kept, and for the last.
    assert_eq!((&live["charged"]["minor"], &live["due"]["minor"]), (&json!(39_000), &json!(38_000)), "{live}");
    scene.pass(40 * DAY).await?;
    assert_eq!(people.client.get(&buyer.token, &path).await?["charged"]["minor"], 39_000, "nothing more follows");
    let page = people.client.call("GET", &own, sent()).await?;
    assert!(page.body.as_str().is_some_and(|text| text.contains("for what was used is unpaid")), "{}", page.status);
    // What is due stays due, and what is paid brings nothing back.
    people.top_up(&buyer, 37_500).await?;
    scene.stage.kontor.run_due_jobs().await?;
    let live = people.client.get(&buyer.token, &path).await?;
    assert_eq!((&live["due"]["minor"], &live["unpaid_since"]), (&json!(0), &json!(null)), "{live}");
    assert_eq!(scene.system.kit.instances()[&name], Standing::Released);
    scene.close().await
}
