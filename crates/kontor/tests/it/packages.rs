//! Packages of use: bought, used up in their order, watched, bought again, given back.

use anyhow::{Context, ensure};
use kernel::time::{DAY, HOUR, MINUTE};
use kontor::{
    kit::Standing,
    stage::{by_use, client::Reply, client::text, package},
};
use serde_json::{Value, json};

use crate::{
    metering::{Scene, behind, record},
    private_offers::{BUYERS, SELLERS, percent, yuan},
    stories::{ask, each, inbox, refusal, says, wallet},
};

on_both!(
    a_package_covers_what_is_used_from_its_beginning_and_the_rest_is_charged,
    the_package_that_ends_first_is_used_up_first_unless_another_one_is_named,
    what_goes_beyond_a_package_of_its_own_is_charged_or_stops,
    a_package_that_runs_low_is_told_of_once_and_bought_again_within_what_was_agreed_to,
    a_package_is_given_back_while_nothing_of_it_was_used,
    a_package_is_offered_to_one_buyer_for_less_and_used_like_any_other,
    two_records_that_race_for_a_package_share_what_is_left,
    what_a_package_is_said_to_have_covered_and_has_not_is_found,
);

/// Ten cents for each call.
pub(crate) fn calls() -> Value {
    by_use("hour", json!({ "price": { "model": "fixed", "unit_price": "0.10" } }))
}

/// A hundred calls, beyond which each costs half a yuan.
pub(crate) fn charged() -> Value {
    let mut billing = by_use("hour", json!({ "price": { "model": "fixed", "unit_price": "0.50" } }));
    if let Some(fields) = billing.as_object_mut() {
        fields.remove("mode");
    }
    package("100", "15.00", &json!({ "then": "on_demand", "billing": billing }))
}

/// A hundred calls and no more.
pub(crate) fn stops() -> Value {
    package("100", "15.00", &json!({ "then": "stop" }))
}

impl Scene {
    async fn package(&self, instance: &str) -> anyhow::Result<Value> {
        self.get(&format!("/api/v1/instances/{instance}/package")).await
    }

    async fn left(&self, instance: &str) -> anyhow::Result<String> {
        Ok(text(&self.package(instance).await?, "left")?.to_owned())
    }

    async fn watch(&self, instance: &str, wanted: Value) -> anyhow::Result<Reply> {
        let path = format!("/api/v1/instances/{instance}/package/watch");
        ask(&self.stage.people.client, &self.buyer.token, "PUT", &path, Some(wanted)).await
    }

    /// What was charged of an instance in all, in minor units.
    async fn charged(&self, instance: &str) -> anyhow::Result<i64> {
        Ok(self.charges(instance).await?.iter().map(|(minor, _)| minor).sum())
    }

    async fn titles(&self) -> anyhow::Result<Vec<String>> {
        inbox(&self.stage.people, &self.buyer.token).await
    }
}

async fn a_package_covers_what_is_used_from_its_beginning_and_the_rest_is_charged(
    url: Option<String>,
) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open_all(url.as_deref(), "covered", vec![calls(), charged()])).await?;
    let people = &scene.stage.people;
    let (instance, name) = scene.buy(&scene.buyer).await?;
    scene.pass(HOUR + MINUTE).await?;
    let held = wallet(people, &scene.buyer).await?;
    let (bought, _) = scene.buy_one(&scene.buyer, &scene.skus[1]).await?;
    assert_eq!(wallet(people, &scene.buyer).await?, held - 1_500, "it is paid like anything else");
    let shown = scene.package(&bought).await?;
    assert_eq!(
        (&shown["left"], &shown["used"], &shown["state"]),
        (&json!("100"), &json!("0"), &json!("open")),
        "{shown}"
    );

    // What was used before it began is charged, however late it is reported; what is used later is covered at once.
    scene.pass(3 * HOUR).await?;
    scene.pushed(vec![record(&name, 1, "10", "before"), record(&name, 3, "30", "after")]).await?;
    assert_eq!(scene.left(&bought).await?, "70");
    let sold = people.client.get(&scene.seller.token, "/api/v1/seller/packages").await?;
    assert_eq!((&sold["items"][0]["left"], &sold["items"][0]["buyer_name"]), (&json!("70"), &json!("Ada Lovelace")));
    let live = scene.usage(&instance).await?;
    assert_eq!(live["packages"][0]["left"], "70", "{live}");
    // The same again, and others under its number or for its time, take nothing.
    scene.pushed(vec![record(&name, 3, "30", "after")]).await?;
    scene.push(vec![record(&name, 3, "31", "after"), record(&name, 3, "5", "same time")]).await?;
    assert_eq!(scene.left(&bought).await?, "70");
    // One that is not recorded, because its number is taken, keeps no other one from being covered.
    scene.push(vec![record(&name, 4, "1", "after"), record(&name, 4, "5", "instead")]).await?;
    assert_eq!(scene.left(&bought).await?, "65");
    scene.pass(2 * HOUR).await?;
    assert_eq!(scene.charged(&instance).await?, 100, "10 calls before it began");

    let list = scene.get(&format!("/api/v1/instances/{instance}/usage-charges")).await?;
    assert!(list["items"][0]["parts"].to_string().contains("a further 30 calls covered by packages"), "{list}");

    // Late for an hour that was charged already: covered all the same, and once.
    let late = json!({ "instance_id": name, "record_time": "20260302T060000Z", "begin_time": "20260302T030000Z",
        "end_time": "20260302T031500Z", "usage_value": "20", "metering_sn": "late" });
    scene.pushed(vec![late.clone()]).await?;
    scene.pushed(vec![late]).await?;
    assert_eq!(scene.left(&bought).await?, "45");
    scene.pushed(vec![record(&name, 5, "75", "beyond")]).await?;
    let shown = scene.package(&bought).await?;
    assert_eq!(
        (&shown["left"], &shown["used"], &shown["state"]),
        (&json!("0"), &json!("100"), &json!("used_up")),
        "{shown}"
    );
    scene.pass(2 * HOUR).await?;
    assert_eq!(scene.charged(&instance).await?, 100 + 300, "30 calls beyond it");
    assert_eq!(scene.usage(&instance).await?["records"], 5);

    // It can be seen, by both sides and on their pages.
    for (who, path) in [
        (&scene.buyer, "/console/packages".to_owned()),
        (&scene.buyer, format!("/console/instances/{bought}")),
        (&scene.buyer, format!("/console/instances/{bought}/package")),
        (&scene.buyer, format!("/console/instances/{instance}")),
        (&scene.seller, "/seller/packages".to_owned()),
    ] {
        let page = ask(&people.client, &who.token, "GET", &path, None).await?;
        let shown = page.body.as_str().unwrap_or_default();
        ensure!(page.status == 200 && shown.contains("0 / 100"), "{path}: {} {shown}", page.status);
    }
    // What is left at its end lapses; nothing is covered from then on.
    scene.pass(25 * DAY).await?;
    let titles = scene.titles().await?;
    assert!(titles.iter().any(|title| title.ends_with("ends soon")), "it was told of: {titles:?}");
    scene.pass(7 * DAY).await?;
    let shown = scene.package(&bought).await?;
    assert_eq!(shown["state"], "ended", "{shown}");
    scene.close().await
}

async fn the_package_that_ends_first_is_used_up_first_unless_another_one_is_named(
    url: Option<String>,
) -> anyhow::Result<()> {
    let mut long = charged();
    long["term"] = json!({ "unit": "month", "count": 2 });
    let scene = Box::pin(Scene::open_all(url.as_deref(), "order", vec![calls(), long, charged()])).await?;
    let (instance, name) = scene.buy(&scene.buyer).await?;
    let (longer, longer_name) = scene.buy_one(&scene.buyer, &scene.skus[1]).await?;
    scene.pass(MINUTE).await?;
    let (shorter, _) = scene.buy_one(&scene.buyer, &scene.skus[2]).await?;
    scene.pass(4 * HOUR).await?;
    scene.pushed(vec![record(&name, 2, "60", "1")]).await?;
    assert_eq!((scene.left(&longer).await?, scene.left(&shorter).await?), ("100".to_owned(), "40".to_owned()));
    let mut named = record(&name, 3, "10", "2");
    named["relate_pkg_instance"] = json!(longer_name);
    scene.pushed(vec![named]).await?;
    assert_eq!((scene.left(&longer).await?, scene.left(&shorter).await?), ("90".to_owned(), "40".to_owned()));
    scene.pushed(vec![record(&name, 4, "135", "3")]).await?;
    assert_eq!((scene.left(&longer).await?, scene.left(&shorter).await?), ("0".to_owned(), "0".to_owned()));
    scene.pass(2 * HOUR).await?;
    assert_eq!(scene.charged(&instance).await?, 50, "5 calls beyond both");
    // Somebody else's package covers nothing, and what is none cannot be named.
    let other = scene.stage.people.rich_buyer("Grace Hopper").await?;
    let (_, others) = scene.buy_one(&other, &scene.skus[1]).await?;
    for (number, package) in [("4", others.as_str()), ("5", name.as_str()), ("6", "nothing")] {
        let mut wrong = record(&name, 5, "1", number);
        wrong["relate_pkg_instance"] = json!(package);
        scene.push(vec![wrong]).await?;
    }
    let refused: Vec<(String, String)> = ["4", "5", "6"].map(|number| ("012".to_owned(), number.to_owned())).into();
    assert_eq!(scene.refused().await?, refused);
    scene.close().await
}

async fn what_goes_beyond_a_package_of_its_own_is_charged_or_stops(url: Option<String>) -> anyhow::Result<()> {
    let mut daily = stops();
    daily["reset"] = json!("day");
    daily["counts"]["code"] = json!("questions");
    let scene = Box::pin(Scene::open_all(url.as_deref(), "beyond", vec![charged(), daily])).await?;
    let (instance, name) = scene.buy(&scene.buyer).await?;
    let (stopping, its_name) = scene.buy_one(&scene.buyer, &scene.skus[1]).await?;
    scene.pass(4 * HOUR).await?;
    scene.pushed(vec![record(&name, 1, "90", "1"), record(&name, 2, "30", "2")]).await?;
    assert_eq!(scene.left(&instance).await?, "0");
    scene.pass(2 * HOUR).await?;
    assert_eq!(scene.charged(&instance).await?, 1_000, "20 calls beyond it, at its own price");
    assert_eq!(scene.system.kit.instances()[&name], Standing::Open, "nothing stops");

    // The last record that finds something is taken; what begins later is refused, and the seller's system keeps the buyer out.
    scene.pushed(vec![record(&its_name, 1, "70", "1"), record(&its_name, 2, "70", "2")]).await?;
    assert_eq!(scene.left(&stopping).await?, "0");
    scene.push(vec![record(&its_name, 3, "1", "3")]).await?;
    assert_eq!(scene.refused().await?, [("013".to_owned(), "3".to_owned())]);
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(scene.system.kit.instances()[&its_name], Standing::Frozen);
    let shown = scene.package(&stopping).await?;
    assert!(shown["stopped_at"].is_string() && shown["state"] == "used_up", "{shown}");
    // A day after it began it is full again, and the buyer is let in.
    scene.pass(DAY).await?;
    assert_eq!(
        (scene.left(&stopping).await?.as_str(), scene.system.kit.instances()[&its_name]),
        ("100", Standing::Open)
    );
    assert_eq!(scene.charged(&stopping).await?, 0, "nothing is charged beside it");
    let closed = ask(
        &scene.stage.people.client,
        &scene.buyer.token,
        "POST",
        &format!("/api/v1/instances/{stopping}/close"),
        None,
    )
    .await?;
    assert_eq!(refusal(&closed), (422, "usage.not_by_use"));
    scene.close().await
}

async fn a_package_that_runs_low_is_told_of_once_and_bought_again_within_what_was_agreed_to(
    url: Option<String>,
) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open_all(url.as_deref(), "again", vec![stops()])).await?;
    let people = &scene.stage.people;
    let (first, name) = scene.buy(&scene.buyer).await?;
    let wrong = json!({ "alarm": { "by": "share", "percent": 100 } });
    assert_eq!(refusal(&scene.watch(&first, wrong).await?), (422, "invalid"));
    let share = |percent: u32| json!({ "by": "share", "percent": percent });
    let again = |minor: i64| json!({ "at": share(20), "price_max": { "minor": minor, "currency": "CNY" } });
    let agreed = scene.watch(&first, json!({ "alarm": share(50), "again": again(1_000) })).await?.good("watch")?;
    assert_eq!(agreed["again"]["price_max"]["minor"], 1_000, "{agreed}");

    // What its buyer agreed to pay is not its seller's business.
    for path in ["/api/v1/seller/packages", "/api/v1/seller/usage"] {
        let sold = people.client.get(&scene.seller.token, path).await?;
        assert!(sold.to_string().contains(&first) && !sold.to_string().contains("price_max"), "{path}: {sold}");
    }

    scene.pass(5 * HOUR).await?;
    scene.pushed(vec![record(&name, 1, "45", "1")]).await?;
    scene.stage.kontor.run_due_jobs().await?;
    assert!(!says(&scene.titles().await?, "Answers"), "{:?}", scene.titles().await?);
    let low = |titles: &[String]| titles.iter().filter(|title| title.contains("is running low")).count();
    for (hour, quantity) in [(2, "5"), (3, "10")] {
        scene.pushed(vec![record(&name, hour, quantity, &hour.to_string())]).await?;
        scene.stage.kontor.run_due_jobs().await?;
        assert_eq!(low(&scene.titles().await?), 1, "once, with 50 left or fewer");
    }

    // It costs more than was agreed to: nothing is bought, which is told and tried again.
    let held = wallet(people, &scene.buyer).await?;
    scene.pushed(vec![record(&name, 4, "25", "4")]).await?;
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(wallet(people, &scene.buyer).await?, held);
    assert!(says(&scene.titles().await?, "Not bought again: "), "{:?}", scene.titles().await?);
    let shown = scene.package(&first).await?;
    assert_eq!((&shown["left"], &shown["again"]["trouble"]), (&json!("15"), &json!("price")), "{shown}");
    scene.pass(DAY).await?;
    assert_eq!(wallet(people, &scene.buyer).await?, held);

    // With enough consent it is bought once, and what was agreed to goes on with the new one.
    scene.watch(&first, json!({ "alarm": share(50), "again": again(1_500) })).await?.good("watch")?;
    scene.stage.kontor.run_due_jobs().await?;
    scene.pass(2 * DAY).await?;
    assert_eq!(wallet(people, &scene.buyer).await?, held - 1_500, "once");
    let list = scene.get("/api/v1/packages").await?;
    let all = each(&list, "instance");
    assert!(all.len() == 2 && all[1] == first, "{list}");
    let fresh = all[0].to_owned();
    assert_eq!(
        (&list["items"][0]["left"], &list["items"][0]["again"]["price_max"]["minor"]),
        (&json!("100"), &json!(1_500))
    );
    assert!(list["items"][1]["again"]["order"].is_string(), "{list}");
    let refused = scene.watch(&first, json!({ "again": again(1_500) })).await?;
    assert_eq!(refusal(&refused), (422, "package.bought_again"));

    // The rest of the first, then the new one: without a stop in between, and bought again when it is low too.
    let now = |number: &str, quantity: &str| {
        json!({ "instance_id": name, "record_time": "20260305T070000Z", "begin_time": "20260305T050000Z",
            "end_time": format!("20260305T050{number}00Z"), "usage_value": quantity, "metering_sn": format!("n{number}") })
    };
    scene.pushed(vec![now("1", "20")]).await?;
    assert_eq!((scene.left(&first).await?.as_str(), scene.left(&fresh).await?.as_str()), ("0", "95"));
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(scene.system.kit.instances()[&name], Standing::Open);
    scene.pushed(vec![now("2", "80")]).await?;
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(each(&scene.get("/api/v1/packages").await?, "instance").len(), 3);
    assert_eq!(wallet(people, &scene.buyer).await?, held - 3_000);
    scene.close().await
}

async fn a_package_is_given_back_while_nothing_of_it_was_used(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open_all(url.as_deref(), "returned", vec![calls(), charged()])).await?;
    let people = &scene.stage.people;
    let (instance, name) = scene.buy(&scene.buyer).await?;
    let held = wallet(people, &scene.buyer).await?;
    let (unused, _) = scene.buy_one(&scene.buyer, &scene.skus[1]).await?;
    scene.pass(3 * HOUR).await?;
    let give_back = |instance: String| {
        let path = format!("/api/v1/instances/{instance}/return");
        let token = scene.buyer.token.clone();
        async move { ask(&people.client, &token, "POST", &path, Some(json!({ "reason": "" }))).await }
    };
    give_back(unused.clone()).await?.good("return")?;
    assert_eq!(wallet(people, &scene.buyer).await?, held);
    // What was used while it was there is not covered by what was paid back.
    scene.pushed(vec![record(&name, 2, "10", "late")]).await?;
    let shown = scene.package(&unused).await?;
    assert_eq!((&shown["left"], &shown["state"]), (&json!("100"), &json!("returned")), "{shown}");
    scene.pass(2 * HOUR).await?;
    assert_eq!(scene.charged(&instance).await?, 100);

    let (used, _) = scene.buy_one(&scene.buyer, &scene.skus[1]).await?;
    scene.pass(3 * HOUR).await?;
    scene.pushed(vec![record(&name, 7, "1", "used")]).await?;
    assert_eq!(refusal(&give_back(used.clone()).await?), (422, "refund.package_used"));
    let renewed =
        ask(&people.client, &scene.buyer.token, "GET", &format!("/api/v1/instances/{used}/renewal"), None).await?;
    assert_eq!(renewed.status, 422, "a package is not renewed: {}", renewed.body);
    scene.close().await
}

async fn a_package_is_offered_to_one_buyer_for_less_and_used_like_any_other(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open_all(url.as_deref(), "offered", vec![calls(), charged()])).await?;
    let (people, client) = (&scene.stage.people, &scene.stage.people.client);
    let wanted = |buyer: &str, name: &str, sku: &str, price: Value| {
        let until = scene.stage.kontor.app.clock.now().plus_days(20);
        let lines = json!([{ "sku": sku, "choice": {}, "price": price }]);
        json!({ "buyer": buyer, "buyer_name": name, "offer": { "name": "Rollout", "valid_until": until, "lines": lines } })
    };
    let own = scene.buyer.account.clone();
    // What is paid as it is used has no price that could be agreed on beforehand; a package has.
    let refused = wanted(&own, "Ada Lovelace", &scene.sku, percent(1_000));
    let refused = ask(client, &scene.seller.token, "POST", SELLERS, Some(refused)).await?;
    ensure!(refused.status == 422 && refused.body.to_string().contains("list prices"), "{}", refused.body);
    let dear = json!({ "kind": "total", "amount": yuan(1_501) });
    let dear = wanted(&own, "Ada Lovelace", &scene.skus[1], dear);
    assert_eq!(ask(client, &scene.seller.token, "POST", SELLERS, Some(dear)).await?.status, 422);
    let sent = async |buyer: &str, name: &str| {
        let price = json!({ "kind": "total", "amount": yuan(1_100) });
        let begun = client.post(&scene.seller.token, SELLERS, wanted(buyer, name, &scene.skus[1], price)).await?;
        let id = text(&begun, "id")?.to_owned();
        let send = ask(client, &scene.seller.token, "POST", &format!("{SELLERS}/{id}/send"), None).await?;
        ensure!(send.status == 200, "{}", send.body);
        anyhow::Ok(id)
    };
    // Use goes on beyond it, so that a wallet which its price empties does not do.
    let poor = people.buyer("Poor Buyer").await?;
    people.top_up(&poor, 1_100).await?;
    let for_poor = sent(&poor.account.clone(), "Poor Buyer").await?;
    let accept = format!("{BUYERS}/{for_poor}/accept");
    let empty = ask(client, &poor.token, "POST", &accept, Some(json!({ "version": 1 }))).await?;
    assert_eq!(refusal(&empty), (422, "order.empty_wallet"));
    people.top_up(&poor, 1).await?;
    assert_eq!(ask(client, &poor.token, "POST", &accept, Some(json!({ "version": 1 }))).await?.status, 200);

    // It is delivered before the next one, so that the new name at the seller's system is that of the next one.
    scene.stage.kontor.run_due_jobs().await?;
    let (_, name) = scene.buy(&scene.buyer).await?;
    scene.pass(HOUR + MINUTE).await?;
    let held = wallet(people, &scene.buyer).await?;
    let offer = sent(&own, "Ada Lovelace").await?;
    let accept = format!("{BUYERS}/{offer}/accept");
    let accepted = ask(client, &scene.buyer.token, "POST", &accept, Some(json!({ "version": 1 }))).await?;
    ensure!(accepted.status == 200, "{}", accepted.body);
    assert_eq!(wallet(people, &scene.buyer).await?, held - 1_100);
    scene.stage.kontor.run_due_jobs().await?;
    let list = scene.get("/api/v1/instances?limit=1").await?;
    let package = text(&list["items"][0], "id")?.to_owned();
    assert_eq!(scene.left(&package).await?, "100");
    scene.pass(3 * HOUR).await?;
    scene.pushed(vec![record(&name, 3, "30", "after")]).await?;
    assert_eq!(scene.left(&package).await?, "70");
    scene.close().await
}

async fn two_records_that_race_for_a_package_share_what_is_left(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open_all(url.as_deref(), "race", vec![calls(), charged()])).await?;
    let (one, one_name) = scene.buy(&scene.buyer).await?;
    let (other, other_name) = scene.buy(&scene.buyer).await?;
    let (bought, _) = scene.buy_one(&scene.buyer, &scene.skus[1]).await?;
    scene.pass(12 * HOUR).await?;
    for hour in 2..6 {
        let number = hour.to_string();
        let (a, b) = (record(&one_name, hour, "20", &number), record(&other_name, hour, "20", &number));
        let again = vec![a.clone(), b.clone()];
        let (first, second) = tokio::join!(scene.push(vec![a.clone()]), scene.push(vec![b, a]));
        // Who was in another's way is told so, by nothing else, and sends it again.
        let (first, second) = (first?, second?);
        for reply in [&first, &second] {
            let done = reply.status == 200 && reply.body["resultCode"] == "MKT.0000";
            ensure!(done || reply.status == 503, "{} {}", reply.status, reply.body);
        }
        if first.status == 503 || second.status == 503 {
            scene.pushed(again).await?;
        }
    }
    assert_eq!(scene.left(&bought).await?, "0");
    scene.pass(3 * HOUR).await?;
    let charged = scene.charged(&one).await? + scene.charged(&other).await?;
    assert_eq!(charged, 600, "160 were used, 100 are covered");
    let list = scene.get("/api/v1/packages").await?;
    assert_eq!(list["items"][0]["used"], "100", "{}", list["items"].as_array().context("a list")?.len());
    scene.close().await
}

async fn what_a_package_is_said_to_have_covered_and_has_not_is_found(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open_all(url.as_deref(), "proof", vec![calls(), charged()])).await?;
    let (_, name) = scene.buy(&scene.buyer).await?;
    scene.buy_one(&scene.buyer, &scene.skus[1]).await?;
    scene.pass(4 * HOUR).await?;
    scene.pushed(vec![record(&name, 2, "60", "1")]).await?;
    scene.stage.check().await?;
    let found = async |wrong: &'static str, wanted: &str, right: &'static str| {
        behind(&scene, wrong).await?;
        let said = scene.stage.check().await.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(said.contains(wanted), "{wrong}: {said}");
        behind(&scene, right).await
    };
    let [less, more] = ["update usage_filling set taken = taken - 1", "update usage_filling set taken = taken + 1"];
    found(less, "ten-thousandths were taken", more).await?;
    let [more, less] = ["update usage_filling set amount = amount + 1", "update usage_filling set amount = amount - 1"];
    found(more, "ten-thousandths from", less).await?;
    let [yes, no] = ["update usage_package set returned = true", "update usage_package set returned = false"];
    found(yes, "and could not", no).await?;
    // The table itself refuses more than a package holds, and that what was covered is changed.
    for wrong in ["update usage_filling set taken = amount + 1", "update usage_cover set quantity = quantity + 1"] {
        assert!(behind(&scene, wrong).await.is_err(), "{wrong}");
    }
    scene.close().await
}
