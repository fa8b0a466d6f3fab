//! What time does to orders and to what was bought, on a clock that is turned by hand.

use std::sync::Arc;

use kernel::{
    Event,
    time::{DAY, HOUR, MINUTE, SECOND},
};
use kontor::stage::{Stage, client::text};
use serde_json::json;

use crate::stories::{activate, ask, buy, code, each, heartbeat, inbox, months, order, refusal, says, wallet};

on_both!(
    an_unpaid_order_is_cancelled_by_its_timer,
    a_delivery_that_fails_four_times_is_refunded_in_full,
    a_delivery_whose_job_is_given_up_is_refunded,
    an_order_whose_deliveries_cannot_be_opened_is_refunded,
    a_delivery_that_succeeds_at_last_is_kept,
    a_term_ends_in_frozen_and_then_released,
);

/// 10 users for a month.
const MONTH: i64 = 30_000;

async fn an_unpaid_order_is_cancelled_by_its_timer(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "unpaid").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    let held = wallet(people, &buyer).await?;
    let placed = order(people, &buyer, months(&product.skus[0], 1), false).await?;
    assert_eq!(placed["state"], "placed");
    let path = format!("/api/v1/orders/{}", text(&placed, "id")?);

    stage.kontor.app.clock.turn(168 * HOUR - SECOND);
    stage.kontor.run_due_jobs().await?;
    assert_eq!(people.client.get(&buyer.token, &path).await?["state"], "placed");
    stage.kontor.app.clock.turn(SECOND);
    let late = ask(&people.client, &buyer.token, "POST", &format!("{path}/pay"), None).await?;
    assert_eq!(refusal(&late), (422, "order.payment_overdue"), "the time is over, whether the timer has come or not");
    stage.kontor.run_due_jobs().await?;
    assert_eq!(people.client.get(&buyer.token, &path).await?["state"], "cancelled");
    let late = ask(&people.client, &buyer.token, "POST", &format!("{path}/pay"), None).await?;
    assert_eq!(refusal(&late), (422, "order.wrong_state"));
    assert_eq!(wallet(people, &buyer).await?, held);
    let number = text(&placed, "number")?;
    let titles = inbox(people, &buyer.token).await?;
    assert!(says(&titles, &format!("Order {number} was cancelled")), "{titles:?}");
    stage.check().await?;
    stage.close().await
}

async fn a_delivery_that_fails_four_times_is_refunded_in_full(url: Option<String>) -> anyhow::Result<()> {
    let mut stage = Stage::turned(url.as_deref(), "failing").await?;
    stage.kontor = stage.kontor.with_faults(Arc::new(|_, tries| Some(format!("down at try {tries}"))));
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    let held = wallet(people, &buyer).await?;
    let paid = order(people, &buyer, months(&product.skus[0], 1), true).await?;
    let path = format!("/api/v1/orders/{}", text(&paid, "id")?);
    assert_eq!(wallet(people, &buyer).await?, held - MONTH);

    for tries in 1..=4 {
        stage.kontor.run_due_jobs().await?;
        let deliveries = people.client.get(&buyer.token, &format!("{path}/deliveries")).await?;
        let delivery = &deliveries["items"][0];
        let outcome = if tries < 4 { "due" } else { "failed" };
        assert_eq!((&delivery["tries"], delivery["state"].as_str()), (&json!(tries), Some(outcome)), "{delivery}");
        assert_eq!(delivery["last_error"], format!("down at try {}", tries - 1));
        stage.kontor.app.clock.turn(60 * MINUTE);
    }
    stage.kontor.run_due_jobs().await?;
    let refunded = people.client.get(&buyer.token, &path).await?;
    assert_eq!(refunded["state"], "refunded");
    assert_eq!(wallet(people, &buyer).await?, held);
    let refunds = people.client.get(&buyer.token, "/api/v1/refunds").await?;
    let refund = &refunds["items"][0];
    assert_eq!(refund["amount"], json!({ "minor": MONTH, "currency": "CNY" }));
    assert_eq!(refund["cause"], "delivery_failed");
    assert!(each(&people.client.get(&buyer.token, "/api/v1/instances").await?, "id").is_empty());
    for token in [&buyer.token, &seller.token] {
        let titles = inbox(people, token).await?;
        assert!(says(&titles, "Not delivered: "), "{titles:?}");
    }
    stage.check().await?;
    stage.close().await
}

async fn a_delivery_whose_job_is_given_up_is_refunded(url: Option<String>) -> anyhow::Result<()> {
    given_up_is_refunded(url, "faulting", |event| matches!(event, Event::DeliveryDue { .. })).await
}

async fn an_order_whose_deliveries_cannot_be_opened_is_refunded(url: Option<String>) -> anyhow::Result<()> {
    given_up_is_refunded(url, "unopened", |event| matches!(event, Event::OrderPaid { .. })).await
}

/// The job faults until it is a dead letter: nobody's money stays in between.
async fn given_up_is_refunded(url: Option<String>, name: &str, faults: fn(&Event) -> bool) -> anyhow::Result<()> {
    let mut stage = Stage::turned(url.as_deref(), name).await?;
    stage.restart(|kontor| kontor.with_job_faults(Arc::new(faults)))?;
    let people = stage.people.clone();
    let operator = people.operator().await?;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    let held = wallet(&people, &buyer).await?;
    let paid = order(&people, &buyer, months(&product.skus[0], 1), true).await?;
    let path = format!("/api/v1/orders/{}", text(&paid, "id")?);
    for _ in 0..12 {
        assert_eq!(wallet(&people, &buyer).await?, held - MONTH);
        stage.kontor.run_due_jobs().await?;
        stage.kontor.app.clock.turn(30 * MINUTE);
    }
    stage.kontor.run_due_jobs().await?;
    assert_eq!(people.client.get(&buyer.token, &path).await?["state"], "refunded");
    assert_eq!(wallet(&people, &buyer).await?, held);
    let deliveries = people.client.get(&buyer.token, &format!("{path}/deliveries")).await?;
    assert_eq!(each(&deliveries, "state"), ["failed"]);
    let titles = inbox(&people, &operator).await?;
    assert!(says(&titles, "A job was given up"), "{titles:?}");

    // Restarting what was given up gives nothing away for free.
    let letters = people.client.get(&operator, "/api/v1/operator/dead-letters").await?;
    for letter in each(&letters, "id") {
        let restart = format!("/api/v1/operator/dead-letters/{letter}/restart");
        assert_eq!(ask(&people.client, &operator, "POST", &restart, None).await?.status, 204);
    }
    stage.restart(|kontor| kontor)?;
    stage.kontor.run_due_jobs().await?;
    assert!(each(&people.client.get(&buyer.token, "/api/v1/instances").await?, "id").is_empty());
    assert_eq!(wallet(&people, &buyer).await?, held);
    stage.check().await?;
    stage.close().await
}

async fn a_delivery_that_succeeds_at_last_is_kept(url: Option<String>) -> anyhow::Result<()> {
    let mut stage = Stage::turned(url.as_deref(), "slow").await?;
    stage.kontor = stage.kontor.with_faults(Arc::new(|_, tries| (tries < 3).then(|| "down".to_owned())));
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    let paid = order(people, &buyer, months(&product.skus[0], 1), true).await?;
    for _ in 0..4 {
        stage.kontor.run_due_jobs().await?;
        stage.kontor.app.clock.turn(60 * MINUTE);
    }
    stage.kontor.run_due_jobs().await?;
    let path = format!("/api/v1/orders/{}", text(&paid, "id")?);
    assert_eq!(people.client.get(&buyer.token, &path).await?["state"], "completed");
    let instances = people.client.get(&buyer.token, "/api/v1/instances").await?;
    assert_eq!(each(&instances, "state"), ["active"]);
    assert!(each(&people.client.get(&buyer.token, "/api/v1/refunds").await?, "id").is_empty());
    stage.check().await?;
    stage.close().await
}

async fn a_term_ends_in_frozen_and_then_released(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "term").await?;
    let people = &stage.people;
    let clock = &stage.kontor.app.clock;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    let instance = buy(&stage, &buyer, months(&product.skus[0], 1)).await?;
    let path = format!("/api/v1/instances/{instance}");
    let code = code(people, &buyer, &instance).await?;
    activate(people, &seller, &code).await?;
    let standing = async || anyhow::Ok(people.client.get(&buyer.token, &path).await?["state"].clone());
    let told = async || anyhow::Ok(heartbeat(people, &seller, &code).await?["data"]["status"].clone());

    // March has 31 days, and Shanghai keeps its clocks.
    clock.turn(31 * DAY - SECOND);
    stage.kontor.run_due_jobs().await?;
    assert_eq!((standing().await?, told().await?), (json!("active"), json!("ALIVE")));
    clock.turn(SECOND);
    assert_eq!(told().await?, json!("EXPIRED"), "the software stops on time, whether the timer has come or not");
    stage.kontor.run_due_jobs().await?;
    assert_eq!((standing().await?, told().await?), (json!("expired"), json!("EXPIRED")));
    let file = ask(&people.client, &buyer.token, "GET", &format!("{path}/licence-file"), None).await?;
    assert_eq!(refusal(&file), (422, "licence.not_usable"));

    clock.turn(15 * DAY - SECOND);
    stage.kontor.run_due_jobs().await?;
    assert_eq!(standing().await?, json!("expired"));
    clock.turn(SECOND);
    stage.kontor.run_due_jobs().await?;
    assert_eq!((standing().await?, told().await?), (json!("released"), json!("RELEASED")));
    let ended = people.client.get(&buyer.token, &path).await?;
    assert_eq!(ended["end_cause"], "expiry");
    let late = ask(&people.client, &buyer.token, "POST", &format!("{path}/return"), Some(json!({}))).await?;
    assert_eq!(refusal(&late), (422, "refund.too_late"));
    stage.check().await?;
    stage.close().await
}
