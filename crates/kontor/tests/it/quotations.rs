//! Private offers of several lines when things happen at once, late or in another order; and the desk on which they are
//! written.

use std::sync::{Arc, OnceLock};

use anyhow::Context;
use axum::http::Method;
use kernel::{
    Timestamp, args,
    id::{DeliveryId, OfferMessageId, OrderId, PrivateOfferId},
    time::{DAY, HOUR},
};
use kontor::{
    Kontor,
    stage::client::{Client, text},
};
use orders::{Line, LineState};
use platform::{Tx, db::Engine};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::{
    checkout::Pages,
    private_offers::{BUYERS, SELLERS, Scene, offer, percent, yuan},
    stories::{ask, until, wallet},
};

on_both!(
    lines_that_move_at_once_move_their_order,
    what_was_paid_back_is_not_asked_for_although_its_event_is_late,
    what_waits_for_money_is_asked_for_anew_without_what_was_paid_back,
    what_proves_something_is_not_given_on_to_a_buyer,
    what_is_not_sold_any_more_is_taken_out_of_a_draft,
    lines_that_are_added_at_once_are_all_there,
    what_is_wrong_with_a_line_is_said_at_its_field,
    a_seller_reads_what_was_accepted,
    the_last_words_of_a_long_thread_are_shown,
);

/// Two things, 600.00 and 300.00 on the list, the second part on the day after the offer's last.
fn two_things(scene: &Scene) -> Value {
    let sku = &scene.product.skus[0];
    let mut wanted = offer(sku, scene.day(1), &json!({ "kind": "list" }));
    let second = json!({ "sku": sku, "choice": { "quantities": { "users": 10 }, "periods": 1 } });
    wanted["lines"] = json!([wanted["lines"][0], second]);
    wanted["instalments"] = json!([{ "amount": yuan(30_000) }, { "due_at": scene.day(1), "amount": yuan(60_000) }]);
    wanted
}

/// What was ordered at acceptance.
async fn first_lines(scene: &Scene, accepted: &Value) -> anyhow::Result<(OrderId, Vec<Line>)> {
    let order: OrderId = text(&accepted["instalments"][0], "order")?.parse()?;
    let kontor = &scene.stage.kontor;
    Ok((order, kontor.orders.lines(&mut kontor.app.db.read(), order).await?))
}

async fn moved(kontor: &Kontor, tx: &mut Tx, (line, to): (&Line, LineState)) -> kernel::Result<()> {
    if to == LineState::Delivered {
        kontor.orders.line_delivered(tx, line).await
    } else {
        kontor.orders.line_refunded(tx, line).await.map(drop)
    }
}

#[derive(sqlx::FromRow)]
struct Waiting {
    count: i64,
}

/// Until a transaction waits for another one, or has gone on without waiting. On SQLite it could not even begin.
async fn waits<T>(kontor: &Kontor, other: &JoinHandle<T>) -> anyhow::Result<()> {
    if kontor.app.db.engine() == Engine::Sqlite {
        return Ok(());
    }
    let sql = "select count(*) as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    until("a transaction waits", std::time::Duration::from_secs(30), async || {
        let waiting: Waiting = kontor.app.db.read().fetch_one(sql, vec![]).await?;
        Ok((waiting.count > 0 || other.is_finished()).then_some(()))
    })
    .await
}

async fn lines_that_move_at_once_move_their_order(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "moved_at_once").await?;
    scene.people().top_up(&scene.buyer, 180_000).await?;
    for (to, ends) in [(LineState::Delivered, "completed"), (LineState::Refunded, "refunded")] {
        let id = scene.sent(two_things(&scene)).await?;
        let (order, lines) = first_lines(&scene, &scene.accept(&id, 1).await?.good("accept")?).await?;
        let kontor = scene.stage.kontor.clone();
        let mut one = kontor.app.db.begin().await?;
        moved(&kontor, &mut one, (&lines[0], to)).await?;
        let (site, line) = (kontor.clone(), lines[1].clone());
        let other = tokio::spawn(async move {
            let mut tx = site.app.db.begin().await?;
            moved(&site, &mut tx, (&line, to)).await?;
            tx.commit().await
        });
        waits(&kontor, &other).await?;
        one.commit().await?;
        other.await??;
        let shown = scene.people().client.get(&scene.buyer.token, &format!("/api/v1/orders/{order}")).await?;
        assert_eq!(shown["state"], json!(ends));
    }
    scene.stage.close().await
}

async fn what_was_paid_back_is_not_asked_for_although_its_event_is_late(url: Option<String>) -> anyhow::Result<()> {
    let mut scene = Scene::open(url, "late_event").await?;
    let first = OnceLock::new();
    scene.stage.kontor = scene.stage.kontor.with_faults(Arc::new(move |delivery, _| {
        (*first.get_or_init(|| delivery) != delivery).then(|| "the desk is on fire".to_owned())
    }));
    scene.people().top_up(&scene.buyer, 90_000).await?;
    let id = scene.sent(two_things(&scene)).await?;
    scene.turn(DAY - HOUR).await?;
    let accepted = scene.accept(&id, 1).await?.good("accept")?;
    scene.stage.kontor.run_due_jobs().await?;
    let (_, lines) = first_lines(&scene, &accepted).await?;
    let came = lines.iter().find(|line| line.state == LineState::Delivered).context("one was delivered")?;
    let lost = lines.iter().find(|line| line.state == LineState::Paid).context("the other one waits")?;

    // The second part is due before the event of the refund is.
    let kontor = &scene.stage.kontor;
    kontor.app.clock.turn(3 * HOUR);
    let mut tx = kontor.app.db.begin().await?;
    kontor.refunds.on_delivery_failed(&mut tx, DeliveryId::new(kontor.app.clock.now()), lost.id, "it is lost").await?;
    tx.commit().await?;
    kontor.run_due_jobs().await?;

    assert_eq!(scene.dues(&id).await?, ["paid", "paid"]);
    let price = if came.position == 1 { 60_000 } else { 30_000 };
    assert_eq!(90_000 - wallet(scene.people(), &scene.buyer).await?, price, "what came is paid for, and nothing else");
    for _ in 0..9 {
        scene.turn(HOUR).await?;
    }
    scene.stage.check().await?;
    // What the seller keeps is said without what went back.
    let pages = Pages::of(&scene.stage, &scene.seller.token);
    let (kept, sold) = (pages.open("/seller/customers.csv").await?, pages.open("/seller").await?);
    let (price, gone) = (format!("{}.00", price / 100), ["900.00", "500.00", "700.00"]);
    assert!(kept.contains(&price) && sold.contains(&price), "{price}: {kept}");
    assert!(!gone.iter().any(|gone| kept.contains(gone) || sold.contains(gone)), "{kept}");
    scene.stage.close().await
}

async fn what_waits_for_money_is_asked_for_anew_without_what_was_paid_back(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "asked_anew").await?;
    let people = scene.people();
    people.top_up(&scene.buyer, 30_000).await?;
    let id = scene.sent(two_things(&scene)).await?;
    let accepted = scene.accept(&id, 1).await?.good("accept")?;
    scene.stage.kontor.run_due_jobs().await?;
    scene.turn(DAY + HOUR).await?;
    assert_eq!(scene.dues(&id).await?, ["paid", "ordered"]);
    let path = format!("{BUYERS}/{id}");
    let before = people.client.get(&scene.buyer.token, &path).await?["instalments"][1].clone();
    assert_eq!(before["amount"]["minor"], json!(60_000));

    let (_, lines) = first_lines(&scene, &accepted).await?;
    let kontor = &scene.stage.kontor;
    let mut tx = kontor.app.db.begin().await?;
    kontor.private_offers.on_line_refunded(&mut tx, &lines[0]).await?;
    tx.commit().await?;
    kontor.run_due_jobs().await?;
    let after = people.client.get(&scene.buyer.token, &path).await?["instalments"][1].clone();
    assert_eq!((&after["state"], &after["amount"]["minor"]), (&json!("ordered"), &json!(20_000)));
    let order = async |due: Value| -> anyhow::Result<Value> {
        people.client.get(&scene.buyer.token, &format!("/api/v1/orders/{}", text(&due, "order")?)).await
    };
    let (old, new) = (order(before).await?, order(after).await?);
    assert_eq!((&old["state"], &new["state"]), (&json!("cancelled"), &json!("placed")));
    assert_eq!(new["total"]["minor"], json!(20_000));
    people.top_up(&scene.buyer, 20_000).await?;
    scene.turn(DAY).await?;
    assert_eq!((scene.dues(&id).await?[1].as_str(), wallet(people, &scene.buyer).await?), ("paid", 0));
    scene.turn(DAY).await?;
    scene.stage.check().await?;
    scene.stage.close().await
}

async fn what_proves_something_is_not_given_on_to_a_buyer(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "papers").await?;
    let people = scene.people();
    let mut wanted = offer(&scene.product.skus[0], scene.day(20), &percent(1_000));
    for (purpose, status) in [("identity", 422), ("business_licence", 422), ("other", 201), ("service_agreement", 201)]
    {
        wanted["documents"] = json!([people.document(&scene.seller, purpose).await?]);
        let body = json!({ "buyer": scene.buyer.account, "buyer_name": "Ada Lovelace", "offer": wanted });
        let begun = ask(&people.client, &scene.seller.token, "POST", SELLERS, Some(body)).await?;
        assert_eq!(begun.status, status, "{purpose}: {}", begun.body);
        if status == 422 {
            assert_eq!(begun.body["errors"][0]["field"], json!("documents.1"));
        }
    }
    scene.stage.close().await
}

/// What is on a form of the desk, sent to a place on it.
async fn post(scene: &Scene, path: &str, form: &str) -> anyhow::Result<(u16, String)> {
    let pages = Pages::of(&scene.stage, &scene.seller.token);
    let (status, _, page) = pages.ask(Method::POST, path, form.to_owned()).await?;
    Ok((status, page))
}

async fn draft(client: &Client, scene: &Scene, id: &str) -> anyhow::Result<Value> {
    Ok(client.get(&scene.seller.token, &format!("{SELLERS}/{id}")).await?["draft"].clone())
}

async fn what_is_not_sold_any_more_is_taken_out_of_a_draft(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "stale").await?;
    let client = &scene.people().client;
    let sku = scene.product.skus[0].clone();
    let mut wanted = two_things(&scene);
    wanted["documents"] = json!([scene.people().document(&scene.seller, "service_agreement").await?]);
    let id = scene.begin(wanted).await?;
    let desk = format!("/seller/private-offers/{id}");
    // Neither line can be sold to this buyer any more, and the last day has passed.
    scene.set("audience", json!({ "reach": "public", "customers": "enterprise", "regions": "everywhere" })).await?;
    scene.turn(DAY + HOUR).await?;
    let page = Pages::of(&scene.stage, &scene.seller.token).open(&desk).await?;
    assert!(page.contains("cannot be offered like this any more"), "{page}");
    let (status, page) = post(&scene, &format!("{desk}/lines/remove"), &format!("line=2&sku={sku}")).await?;
    assert_eq!((status, page.contains("changed since you looked")), (422, true), "{page}");
    let paper = draft(client, &scene, &id).await?["documents"][0].clone();
    let paper = format!("document={}", paper.as_str().unwrap_or_default());
    for (path, form) in [("lines/remove", format!("line=1&sku={sku}")), ("documents/remove", paper)] {
        let (status, page) = post(&scene, &format!("{desk}/{path}"), &form).await?;
        assert_eq!(status, 303, "{path}: {page}");
    }
    let left = draft(client, &scene, &id).await?;
    assert_eq!((left["lines"].as_array().map(Vec::len), &left["documents"]), (Some(1), &json!([])));
    assert_eq!(left["lines"][0]["choice"]["periods"], json!(2), "the one that was pointed at is gone");
    scene.stage.close().await
}

async fn lines_that_are_added_at_once_are_all_there(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "added_at_once").await?;
    let mut wanted = offer(&scene.product.skus[0], scene.day(20), &percent(1_000));
    wanted["lines"] = json!([]);
    let id = scene.begin(wanted).await?;
    let path = format!("/seller/private-offers/{id}/lines/new");
    let form = |periods: u32| {
        let sku = &scene.product.skus[0];
        format!("sku={sku}&quantities.users=10&periods={periods}&period_unit=month&kind=percent&price.basis_points=10")
    };
    let (one, two, three, four) = (form(1), form(2), form(3), form(4));
    let added = tokio::try_join!(
        post(&scene, &path, &one),
        post(&scene, &path, &two),
        post(&scene, &path, &three),
        post(&scene, &path, &four),
    )?;
    for (status, page) in [added.0, added.1, added.2, added.3] {
        assert_eq!(status, 303, "{page}");
    }
    let lines = draft(&scene.people().client, &scene, &id).await?["lines"].clone();
    let mut periods: Vec<i64> =
        lines.as_array().into_iter().flatten().filter_map(|line| line["choice"]["periods"].as_i64()).collect();
    periods.sort_unstable();
    assert_eq!(periods, [1, 2, 3, 4]);
    scene.stage.close().await
}

async fn what_is_wrong_with_a_line_is_said_at_its_field(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "fields").await?;
    let sku = &scene.product.skus[0];
    let id = scene.begin(offer(sku, scene.day(20), &percent(1_000))).await?;
    let path = format!("/seller/private-offers/{id}/lines/new");
    let pages = Pages::of(&scene.stage, &scene.seller.token);
    let (first, second) = (pages.open(&path).await?, format!("{path}?product={}", scene.product.id));
    assert!(first.contains(&second), "the products come first: {first}");
    let second = pages.open(&second).await?;
    assert!(second.contains(&format!("value=\"{sku}\"")), "then what is sold of one: {second}");
    let third = pages.open(&format!("{path}?sku={sku}")).await?;
    assert!(third.contains("name=\"quantities.users\""), "then how many: {third}");
    let dear = format!("sku={sku}&quantities.users=10&periods=1&period_unit=month&kind=total&price.amount=300.01");
    let (status, page) = post(&scene, &path, &dear).await?;
    assert_eq!((status, page.contains("href=\"#f-price.amount\"")), (422, true), "{page}");
    let many = format!("sku={sku}&quantities.users=5000&periods=1&period_unit=month&kind=list");
    let (status, page) = post(&scene, &path, &many).await?;
    assert_eq!((status, page.contains("href=\"#f-choice\"")), (422, true), "{page}");
    let (status, page) = post(&scene, &path, "sku=sku_none").await?;
    assert_eq!((status, page.contains("on sale")), (422, true), "{page}");
    scene.stage.close().await
}

async fn a_seller_reads_what_was_accepted(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "accepted").await?;
    let (people, client) = (scene.people(), &scene.people().client);
    people.top_up(&scene.buyer, 90_000).await?;
    let mut wanted = offer(&scene.product.skus[0], scene.day(20), &percent(1_000));
    let (old, new) = (
        people.document(&scene.seller, "service_agreement").await?,
        people.document(&scene.seller, "service_agreement").await?,
    );
    wanted["documents"] = json!([old]);
    let id = scene.sent(wanted.clone()).await?;
    wanted["lines"][0]["price"] = percent(2_000);
    let own = format!("{SELLERS}/{id}");
    ask(client, &scene.seller.token, "PUT", &own, Some(wanted.clone())).await?.good("write")?;
    scene.send(&id).await?;
    (wanted["name"], wanted["documents"]) = (json!("Another name"), json!([new]));
    ask(client, &scene.seller.token, "PUT", &own, Some(wanted)).await?.good("write")?;
    scene.accept(&id, 2).await?.good("accept")?;
    let desk = Pages::of(&scene.stage, &scene.seller.token).open(&format!("/seller/private-offers/{id}")).await?;
    assert!(desk.contains(&old) && !desk.contains(&new) && !desk.contains("Another name"), "{desk}");

    let list = client.get(&scene.buyer.token, BUYERS).await?;
    let row = &list["items"][0];
    assert_eq!((&row["name"], &row["version"], &row["total"]["minor"]), (&json!("Rollout"), &json!(2), &json!(48_000)));
    let shown = client.get(&scene.buyer.token, &format!("{BUYERS}/{id}")).await?;
    assert_eq!((&shown["earlier"][0]["version"], shown["earlier"][0].get("lines")), (&json!(1), None));
    for (token, base) in [(&scene.buyer.token, BUYERS), (&scene.seller.token, SELLERS)] {
        let first = client.get(token, &format!("{base}/{id}/versions/1")).await?;
        assert_eq!((&first["total"]["minor"], &first["documents"]), (&json!(54_000), &json!([old])));
        assert_eq!(ask(client, token, "GET", &format!("{base}/{id}/versions/3"), None).await?.status, 404);
    }
    scene.stage.close().await
}

async fn the_last_words_of_a_long_thread_are_shown(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "thread").await?;
    let id = scene.sent(offer(&scene.product.skus[0], scene.day(20), &percent(1_000))).await?;
    let offer: PrivateOfferId = id.parse()?;
    let (early, kontor) = (Timestamp::from_micros(1_500_000_000_000_000), &scene.stage.kontor);
    let buyer = scene.stage.member(&scene.buyer).await?;
    let said = (0..500).map(|_| args![OfferMessageId::new(early), offer, buyer.account(), buyer.user(), "Hm.", early]);
    let mut tx = kontor.app.db.begin().await?;
    let into = "insert into private_offer_message (id, offer_id, account_id, user_id, text, sent_at)";
    tx.insert_rows(into, said.collect(), "").await?;
    tx.commit().await?;
    let path = format!("{BUYERS}/{id}");
    let last = json!({ "text": "We take it." });
    scene.people().client.post(&scene.buyer.token, &format!("{path}/messages"), last).await?;
    let shown = scene.people().client.get(&scene.buyer.token, &path).await?;
    let shown = shown["messages"].as_array().cloned().unwrap_or_default();
    assert_eq!((shown.len(), shown.last().map(|last| &last["text"])), (500, Some(&json!("We take it."))));
    scene.stage.close().await
}
