//! The five days without a reason, and how often a year.

use kernel::time::{DAY, HOUR, SECOND};
use kontor::stage::{Stage, client::text};
use serde_json::json;

use crate::stories::{ask, buy, each, refusal, wallet};

on_both!(the_window_closes_after_five_days, ten_returns_a_calendar_year);

async fn the_window_closes_after_five_days(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "window").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    let early = buy(&stage, &buyer, json!({ "sku": product.skus[1] })).await?;
    let late = buy(&stage, &buyer, json!({ "sku": product.skus[1] })).await?;

    stage.kontor.app.clock.turn(120 * HOUR - SECOND);
    let path = format!("/api/v1/instances/{early}/return");
    let preview = people.client.get(&buyer.token, &path).await?;
    let refund = people.client.post(&buyer.token, &path, json!({})).await?;
    assert_eq!(refund["amount"], preview["amount"]);
    let order = people.client.get(&buyer.token, &format!("/api/v1/orders/{}", text(&refund, "order")?)).await?;
    assert!(order["completed_at"].is_string() && order["refunded_at"].is_string(), "both happened: {order}");
    stage.kontor.app.clock.turn(SECOND);
    let path = format!("/api/v1/instances/{late}/return");
    for method in ["GET", "POST"] {
        let body = (method == "POST").then(|| json!({}));
        let refused = ask(&people.client, &buyer.token, method, &path, body).await?;
        assert_eq!(refusal(&refused), (422, "refund.too_late"), "{method}");
    }
    stage.check().await?;
    stage.close().await
}

async fn ten_returns_a_calendar_year(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "yearly").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    let wanted = json!({ "sku": product.skus[1] });
    let held = wallet(people, &buyer).await?;
    for used in 0..10 {
        let path = format!("/api/v1/instances/{}/return", buy(&stage, &buyer, wanted.clone()).await?);
        let preview = people.client.get(&buyer.token, &path).await?;
        assert_eq!((&preview["used_this_year"], &preview["allowed_per_year"]), (&json!(used), &json!(10)));
        people.client.post(&buyer.token, &path, json!({})).await?;
    }
    assert_eq!(wallet(people, &buyer).await?, held);
    let path = format!("/api/v1/instances/{}/return", buy(&stage, &buyer, wanted.clone()).await?);
    let refused = ask(&people.client, &buyer.token, "POST", &path, Some(json!({}))).await?;
    assert_eq!(refusal(&refused), (422, "refund.allowance_used"));
    let refunds = people.client.get(&buyer.token, "/api/v1/refunds?limit=100").await?;
    assert_eq!(each(&refunds, "cause").len(), 10);

    // From 2 March to the next year in Shanghai.
    stage.kontor.app.clock.turn(304 * DAY + 16 * HOUR);
    stage.kontor.run_due_jobs().await?;
    let path = format!("/api/v1/instances/{}/return", buy(&stage, &buyer, wanted).await?);
    assert_eq!(people.client.get(&buyer.token, &path).await?["used_this_year"], json!(0));
    people.client.post(&buyer.token, &path, json!({})).await?;
    stage.check().await?;
    stage.close().await
}
