//! Amendments of private offers: more, less and longer in the middle of a term, and what is still to be paid.

use axum::http::Method;
use kernel::{
    Timestamp,
    time::{DAY, HOUR},
};
use kontor::stage::client::{Reply, text};
use serde_json::{Value, json};

use crate::{
    checkout::Pages,
    private_offers::{BUYERS, SELLERS, Scene, offer, yuan},
    stories::{ask, inbox, refusal, says, wallet},
};

on_both!(
    the_rest_of_a_term_is_paid_anew_and_what_is_paid_stays_paid,
    an_offer_gets_cheaper_and_longer_and_the_books_say_why,
    an_amendment_is_accepted_as_it_was_read_or_not_at_all,
    what_is_wrong_with_an_amendment_is_said_at_its_place,
    both_sides_amend_an_offer_on_its_pages,
);

/// Ten users for a year at 3,000.00 in three parts: at once, and after 60 and 120 days.
async fn running(scene: &Scene) -> anyhow::Result<String> {
    let mut wanted = offer(&scene.product.skus[0], scene.day(30), &json!({ "kind": "total", "amount": yuan(300_000) }));
    wanted["lines"][0]["choice"]["periods"] = json!(12);
    wanted["instalments"] = json!([
        { "amount": yuan(100_000) }, { "due_at": scene.day(60), "amount": yuan(100_000) },
        { "due_at": scene.day(120), "amount": yuan(100_000) }
    ]);
    scene.people().top_up(&scene.buyer, 100_000).await?;
    let id = scene.sent(wanted).await?;
    scene.accept(&id, 1).await?.good("accept")?;
    scene.stage.kontor.run_due_jobs().await?;
    Ok(id)
}

async fn shown(scene: &Scene, id: &str) -> anyhow::Result<Value> {
    scene.people().client.get(&scene.buyer.token, &format!("{BUYERS}/{id}")).await
}

/// An amendment of the first line from today on.
fn wish(from: Timestamp, line: &Value) -> Value {
    let mut line = line.clone();
    line["line"] = json!(1);
    json!({ "from": from, "valid_until": from.plus_days(1), "note": "As discussed.", "lines": [line] })
}

async fn propose(scene: &Scene, id: &str, wish: Value) -> anyhow::Result<Reply> {
    let path = format!("{SELLERS}/{id}/amendments");
    ask(&scene.people().client, &scene.seller.token, "POST", &path, Some(wish)).await
}

async fn take(scene: &Scene, id: &str, number: u32) -> anyhow::Result<Reply> {
    let (path, body) = (format!("{BUYERS}/{id}/amendment/accept"), json!({ "amendment": number }));
    let reply = ask(&scene.people().client, &scene.buyer.token, "POST", &path, Some(body)).await?;
    scene.stage.kontor.run_due_jobs().await?;
    Ok(reply)
}

/// How the instalments stand, each with what it comes to.
async fn plan(scene: &Scene, id: &str) -> anyhow::Result<Vec<(String, i64)>> {
    let offer = shown(scene, id).await?;
    let dues = offer["instalments"].as_array().into_iter().flatten();
    let read = |due: &Value| Some((due["state"].as_str()?.to_owned(), due["amount"]["minor"].as_i64()?));
    Ok(dues.filter_map(read).collect())
}

fn planned(states: &[(&str, i64)]) -> Vec<(String, i64)> {
    states.iter().map(|(state, amount)| ((*state).to_owned(), *amount)).collect()
}

fn fields(reply: &Reply) -> Vec<&str> {
    let wrong = reply.body["errors"].as_array().into_iter().flatten();
    wrong.filter_map(|wrong| wrong["field"].as_str()).collect()
}

async fn the_rest_of_a_term_is_paid_anew_and_what_is_paid_stays_paid(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "amend").await?;
    let (people, client) = (scene.people(), &scene.people().client);
    let id = running(&scene).await?;
    scene.turn(10 * DAY).await?;

    // Twenty users instead of ten, at twice the price, for the 355 days of 365 that remain.
    let more = json!({ "quantities": { "users": 20 }, "price": yuan(600_000) });
    let sent = propose(&scene, &id, wish(scene.day(0), &more)).await?.good("propose")?;
    let line = &sent["amendments"][0]["lines"][0];
    assert_eq!(
        (&line["before"]["days"], &line["before"]["left"], &line["after"]["left"]),
        (&json!(365), &json!(355), &json!(355))
    );
    // 600,000 × 355 ÷ 365 = 583,561.6…, and 300,000 × 355 ÷ 365 = 291,780.8…
    assert_eq!(line["difference"]["minor"], json!(583_562 - 291_781));
    scene.stage.kontor.run_due_jobs().await?;
    assert!(says(&inbox(people, &scene.buyer.token).await?, "Amendment of “Rollout”"));
    let twice = propose(&scene, &id, wish(scene.day(0), &more)).await?;
    assert_eq!(refusal(&twice), (422, "private_offer.amendment_open"));

    assert_eq!(refusal(&take(&scene, &id, 1).await?), (422, "private_offer.wallet_short"));
    assert_eq!(plan(&scene, &id).await?, planned(&[("paid", 100_000), ("planned", 100_000), ("planned", 100_000)]));
    people.top_up(&scene.buyer, 291_781).await?;
    take(&scene, &id, 1).await?.good("accept")?;
    assert_eq!(wallet(people, &scene.buyer).await?, 0, "the difference is paid at acceptance");
    let states = planned(&[
        ("paid", 100_000),
        ("replaced", 100_000),
        ("replaced", 100_000),
        ("paid", 291_781),
        ("planned", 100_000),
        ("planned", 100_000),
    ]);
    assert_eq!(plan(&scene, &id).await?, states);
    assert!(says(&inbox(people, &scene.seller.token).await?, "Amendment accepted: Rollout"));
    let offer = shown(&scene, &id).await?;
    assert_eq!((&offer["version"], &offer["total"]["minor"]), (&json!(2), &json!(300_000 + 291_781)));
    let told = offer["sent"]["lines"][0]["quote"]["lines"].as_array().into_iter().flatten();
    let told: Vec<&str> = told.filter_map(|line| line["text"]["en"].as_str()).collect();
    let rounded = "Amendment 1, new price: 6,000.00; 355 of 365 days, rounded = 5,835.62";
    assert!(told.contains(&rounded), "{told:?}");

    // What runs has the new numbers at once, and so has its licence.
    let instance = text(&offer["running"][0], "instance")?.to_owned();
    let instance = client.get(&scene.buyer.token, &format!("/api/v1/instances/{instance}")).await?;
    assert_eq!(instance["quantities"]["users"], json!(20));
    scene.stage.check().await?;

    // The instalments that took the place of others are paid on their days, each with what it is a part of.
    people.top_up(&scene.buyer, 200_000).await?;
    scene.turn(51 * DAY + HOUR).await?;
    scene.turn(60 * DAY).await?;
    assert_eq!(wallet(people, &scene.buyer).await?, 0);
    let orders = client.get(&scene.buyer.token, "/api/v1/orders?state=completed").await?;
    let totals = orders["items"].as_array().into_iter().flatten().filter_map(|order| order["total"]["minor"].as_i64());
    assert_eq!(totals.sum::<i64>(), 300_000 + 291_781, "the parts sum to the amended price");
    scene.stage.check().await?;
    scene.stage.close().await
}

async fn an_offer_gets_cheaper_and_longer_and_the_books_say_why(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "cheaper").await?;
    let people = scene.people();
    let id = running(&scene).await?;
    // 73 days of 365 are gone, a fifth; the second part is not paid yet, because the wallet lacks it.
    people.top_up(&scene.buyer, 100_000).await?;
    scene.turn(73 * DAY).await?;
    assert_eq!(plan(&scene, &id).await?[1], ("paid".to_owned(), 100_000));
    let much = propose(&scene, &id, wish(scene.day(0), &json!({ "price": yuan(100_000) }))).await?;
    assert_eq!((much.status, fields(&much)), (422, vec!["lines"]), "what is paid stays paid: {}", much.body);
    let less = propose(&scene, &id, wish(scene.day(0), &json!({ "price": yuan(250_000) }))).await?.good("propose")?;
    assert_eq!(less["amendments"][0]["difference"]["minor"], json!(-40_000));
    take(&scene, &id, 1).await?.good("accept")?;
    let states = planned(&[("paid", 100_000), ("paid", 100_000), ("replaced", 100_000), ("planned", 60_000)]);
    assert_eq!(
        (plan(&scene, &id).await?, wallet(people, &scene.buyer).await?),
        (states, 0),
        "nothing is paid for it now"
    );
    scene.stage.check().await?;

    // A year becomes two fifths longer, and what is to come is paid in two parts.
    let end: Timestamp = text(&shown(&scene, &id).await?["running"][0], "ends_at")?.parse()?;
    let mut longer = wish(scene.day(0), &json!({ "ends_at": end.plus_days(146) }));
    longer["instalments"] = json!([
        { "due_at": scene.day(10), "amount": yuan(100_000) }, { "due_at": scene.day(20), "amount": yuan(60_000) }
    ]);
    let sent = propose(&scene, &id, longer).await?.good("propose")?;
    assert_eq!(sent["amendments"][0]["difference"]["minor"], json!(100_000), "146 days of 365 at 2,500.00");
    take(&scene, &id, 2).await?.good("accept")?;
    let offer = shown(&scene, &id).await?;
    assert_eq!(text(&offer["running"][0], "ends_at")?.parse::<Timestamp>()?, end.plus_days(146));
    let path = format!("/api/v1/instances/{}", text(&offer["running"][0], "instance")?);
    let instance = people.client.get(&scene.buyer.token, &path).await?;
    assert_eq!(text(&instance, "expires_at")?.parse::<Timestamp>()?, end.plus_days(146));
    scene.stage.check().await?;

    // It does not end when it would have, and ends when it does now.
    people.top_up(&scene.buyer, 160_000).await?;
    scene.turn(21 * DAY).await?;
    let active = async || -> anyhow::Result<i64> {
        let sql = "select cast(count(*) as bigint) from instance where state = 'active'";
        let found: (i64,) = scene.stage.kontor.app.db.read().fetch_one(sql, vec![]).await?;
        Ok(found.0)
    };
    scene.turn(300 * DAY).await?;
    assert_eq!(active().await?, 1);
    scene.turn(120 * DAY).await?;
    assert_eq!(active().await?, 0);
    scene.stage.check().await?;

    // Somebody who writes behind the program's back is found.
    let mut tx = scene.stage.kontor.app.db.begin().await?;
    tx.execute("update private_offer_instalment set amount = amount + 1 where replaced_by = 1", vec![]).await?;
    tx.commit().await?;
    let found = scene.stage.kontor.audit().await?.err().map(|found| found.to_string()).unwrap_or_default();
    assert!(found.contains("minor units were to come after it"), "{found}");
    scene.stage.close().await
}

async fn an_amendment_is_accepted_as_it_was_read_or_not_at_all(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "read").await?;
    let (people, client) = (scene.people(), &scene.people().client);
    people.top_up(&scene.buyer, 1_000_000).await?;
    let id = running(&scene).await?;
    let more = json!({ "price": yuan(330_000) });
    propose(&scene, &id, wish(scene.day(0), &more)).await?.good("propose")?;
    let stranger = people.register("personal", "Grace Hopper").await?;
    let theirs = (format!("{BUYERS}/{id}/amendment/accept"), json!({ "amendment": 1 }));
    assert_eq!(ask(client, &stranger.token, "POST", &theirs.0, Some(theirs.1)).await?.status, 404);
    assert_eq!(refusal(&take(&scene, &id, 2).await?), (422, "private_offer.amendment_over"));
    let withdraw = format!("{SELLERS}/{id}/amendment/withdraw");
    ask(client, &scene.seller.token, "POST", &withdraw, None).await?.good("withdraw")?;
    assert_eq!(refusal(&take(&scene, &id, 1).await?), (422, "private_offer.amendment_over"));

    propose(&scene, &id, wish(scene.day(0), &more)).await?.good("propose")?;
    let decline = (format!("{BUYERS}/{id}/amendment/decline"), json!({ "reason": "Too dear." }));
    let declined = ask(client, &scene.buyer.token, "POST", &decline.0, Some(decline.1)).await?.good("decline")?;
    assert_eq!(
        (&declined["amendments"][0]["state"], &declined["messages"][0]["text"]),
        (&json!("declined"), &json!("Too dear."))
    );

    // One that nobody answered is over after its day, and makes room for another.
    propose(&scene, &id, wish(scene.day(0), &more)).await?.good("propose")?;
    scene.turn(2 * DAY).await?;
    assert_eq!(refusal(&take(&scene, &id, 3).await?), (422, "private_offer.amendment_over"));

    // Between sending and accepting, an instalment becomes due.
    scene.turn(57 * DAY).await?;
    let mut late = wish(scene.day(1), &more);
    late["valid_until"] = json!(scene.day(2));
    propose(&scene, &id, late).await?.good("propose")?;
    scene.turn(DAY + 2 * HOUR).await?;
    assert_eq!(refusal(&take(&scene, &id, 4).await?), (422, "private_offer.amendment_moved"));
    ask(client, &scene.seller.token, "POST", &withdraw, None).await?.good("withdraw")?;
    propose(&scene, &id, wish(scene.day(0), &more)).await?.good("propose")?;

    // Tried many times at once, it is accepted once.
    let held = wallet(people, &scene.buyer).await?;
    let mut tries = Vec::new();
    for _ in 0..6 {
        let (client, token) = (client.clone(), scene.buyer.token.clone());
        let (path, body) = (format!("{BUYERS}/{id}/amendment/accept"), json!({ "amendment": 5 }));
        tries.push(tokio::spawn(async move { ask(&client, &token, "POST", &path, Some(body)).await }));
    }
    let mut accepted = 0;
    for tried in tries {
        accepted += i32::from(tried.await??.status == 200);
    }
    let difference = shown(&scene, &id).await?["amendments"][0]["difference"]["minor"].as_i64();
    let paid = held - wallet(people, &scene.buyer).await?;
    assert_eq!((accepted, Some(paid)), (1, difference));
    scene.stage.kontor.run_due_jobs().await?;
    scene.stage.check().await?;
    scene.stage.close().await
}

async fn what_is_wrong_with_an_amendment_is_said_at_its_place(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "places").await?;
    let people = scene.people();
    people.top_up(&scene.buyer, 1_000_000).await?;
    let paid = scene.sent(offer(&scene.product.skus[0], scene.day(20), &json!({ "kind": "list" }))).await?;
    let more = json!({ "price": yuan(90_000) });
    let early = propose(&scene, &paid, wish(scene.day(0), &more)).await?;
    assert_eq!(refusal(&early), (422, "private_offer.not_running"));
    scene.accept(&paid, 1).await?.good("accept")?;
    assert_eq!(
        refusal(&propose(&scene, &paid, wish(scene.day(0), &more)).await?),
        (422, "private_offer.not_delivered")
    );
    scene.stage.kontor.run_due_jobs().await?;
    let fresh = propose(&scene, &paid, wish(scene.day(0), &more)).await?;
    assert_eq!(refusal(&fresh), (422, "private_offer.still_returnable"));
    scene.turn(6 * DAY).await?;
    propose(&scene, &paid, wish(scene.day(0), &more)).await?.good("propose")?;

    let id = running(&scene).await?;
    for (line, place) in [
        (json!({ "quantities": { "users": 20 } }), "lines.1.price"),
        (json!({ "quantities": { "rooms": 20 }, "price": yuan(1) }), "lines.1.quantities"),
        (json!({ "price": { "minor": 1, "currency": "USD" } }), "lines.1.price"),
        (json!({ "price": yuan(0) }), "lines.1.price"),
        (json!({ "ends_at": scene.day(-1) }), "lines.1.ends_at"),
        (json!({}), "lines"),
    ] {
        let refused = propose(&scene, &id, wish(scene.day(0), &line)).await?;
        assert_eq!((refused.status, fields(&refused)), (422, vec![place]), "{}", refused.body);
    }
    let many = json!({ "quantities": { "users": 5_000 }, "price": yuan(9_000_000) });
    let refused = propose(&scene, &id, wish(scene.day(0), &many)).await?;
    assert_eq!(refused.status, 422, "not so many are sold: {}", refused.body);
    let dearer = json!({ "price": yuan(330_000) });
    let mut odd = wish(scene.day(0), &dearer);
    odd["instalments"] = json!([{ "amount": yuan(5) }]);
    let refused = propose(&scene, &id, odd.clone()).await?;
    assert_eq!(fields(&refused), ["instalments"], "{}", refused.body);
    odd["valid_until"] = json!(scene.day(3));
    assert_eq!(fields(&propose(&scene, &id, odd).await?), ["valid_until"]);
    let mut unknown = wish(scene.day(0), &dearer);
    unknown["lines"][0]["line"] = json!(2);
    assert_eq!(fields(&propose(&scene, &id, unknown).await?), ["lines.1.line"]);
    scene.stage.close().await
}

async fn both_sides_amend_an_offer_on_its_pages(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "pages").await?;
    let people = scene.people();
    let id = running(&scene).await?;
    people.top_up(&scene.buyer, 500_000).await?;
    scene.turn(10 * DAY).await?;
    let (seller, buyer) = (Pages::of(&scene.stage, &scene.seller.token), Pages::of(&scene.stage, &scene.buyer.token));
    let desk = format!("/seller/private-offers/{id}");
    assert!(seller.open(&desk).await?.contains(&format!("href=\"{desk}/amendment\"")));
    let form = seller.open(&format!("{desk}/amendment")).await?;
    assert!(form.contains("Price for 365 days") && form.contains("placeholder=\"3000.00\""), "{form}");
    let day = scene.day(1).to_string()[..10].to_owned();
    let typed = |price: &str| {
        format!("from={day}&valid_until={day}&note=As+discussed.&lines.1.quantities.users=20&lines.1.price={price}")
    };
    let (status, _, refused) = seller.ask(Method::POST, &format!("{desk}/amendment"), typed("much")).await?;
    assert_eq!(status, 422);
    assert!(refused.contains("ust be an amount such as 5000") && refused.contains("value=\"20\""), "{refused}");
    let (status, _, refused) = seller.ask(Method::POST, &format!("{desk}/amendment"), typed("")).await?;
    assert!(status == 422 && refused.contains("s needed with other numbers"), "{refused}");
    let (status, to, sent) = seller.ask(Method::POST, &format!("{desk}/amendment"), typed("6,000")).await?;
    assert_eq!((status, to.starts_with(&desk)), (303, true), "{sent}");

    let page = buyer.open(&format!("/console/private-offers/{id}")).await?;
    for told in ["Amendment 1, new price: 6,000.00; 354 of 365 days", "10 users", "20 users", "Accept and pay"] {
        assert!(page.contains(told), "{told}: {page}");
    }
    let accept = format!("/console/private-offers/{id}/amendment/accept");
    let (_, _, unread) = buyer.ask(Method::POST, &accept, "amendment=1".to_owned()).await?;
    assert!(unread.contains("ick that you agree"), "{unread}");
    let (status, _, accepted) = buyer.ask(Method::POST, &accept, "amendment=1&agree=true".to_owned()).await?;
    assert_eq!(status, 303, "{accepted}");
    scene.stage.kontor.run_due_jobs().await?;
    assert!(seller.open(&desk).await?.contains("Accepted"));
    scene.stage.check().await?;
    scene.stage.close().await
}
