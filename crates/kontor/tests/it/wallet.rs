//! Money that comes in once and is spent once, whoever else is at it in the same moment.

use kontor::stage::{
    Stage,
    client::{Client, Reply, Sent, text},
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::stories::{ask, each, months, refusal, wallet};

on_both!(a_wallet_is_not_overdrawn_by_orders_beside_each_other, a_transfer_is_confirmed_once);

/// 10 users for a month.
const MONTH: i64 = 30_000;

async fn a_wallet_is_not_overdrawn_by_orders_beside_each_other(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "overdrawn").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let buyer = people.buyer("Ada Lovelace").await?;
    people.top_up(&buyer, 3 * MONTH + MONTH / 2).await?;
    let mut orders = JoinSet::new();
    for _ in 0..12 {
        let quote = people.client.post(&buyer.token, "/api/v1/quotes", months(&product.skus[0], 1)).await?;
        let accept = json!({ "quote": quote["id"], "pay_with": "wallet" });
        orders.spawn(post(people.client.clone(), buyer.token.clone(), "/api/v1/orders".to_owned(), accept));
    }
    let replies = orders.join_all().await.into_iter().collect::<anyhow::Result<Vec<Reply>>>()?;
    let paid = replies.iter().filter(|reply| reply.status == 201).count();
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        assert!(matches!(refusal(reply), (422, "ledger.insufficient_funds") | (503, "busy")), "{}", reply.body);
    }
    assert_eq!((paid, wallet(people, &buyer).await?), (3, MONTH / 2));
    stage.kontor.run_due_jobs().await?;
    let instances = people.client.get(&buyer.token, "/api/v1/instances").await?;
    assert_eq!(each(&instances, "id").len(), 3, "each paid order is delivered");
    stage.check().await?;
    stage.close().await
}

async fn a_transfer_is_confirmed_once(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "transfer").await?;
    let people = &stage.people;
    let buyer = people.buyer("Ada Lovelace").await?;
    let amount = json!({ "minor": 50_000, "currency": "CNY" });
    let declared = json!({ "channel": "bank_transfer", "amount": amount, "payer": "Ada Lovelace" });
    let first = people.client.post(&buyer.token, "/api/v1/top-ups", declared.clone()).await?;
    let second = people.client.post(&buyer.token, "/api/v1/top-ups", declared).await?;
    assert_ne!(first["reference"], second["reference"]);
    assert_eq!(wallet(people, &buyer).await?, 0, "what is declared is not there yet");

    let operator = people.operator().await?;
    // What has arrived is less than was declared, and it is confirmed by eight clicks at once.
    let arrived = json!({ "received": { "minor": 49_900, "currency": "CNY" }, "bank_reference": "20260302-17" });
    let path = format!("/api/v1/operator/top-ups/{}/confirm", text(&first, "id")?);
    let mut clicks = JoinSet::new();
    for _ in 0..8 {
        clicks.spawn(post(people.client.clone(), operator.clone(), path.clone(), arrived.clone()));
    }
    let replies = clicks.join_all().await.into_iter().collect::<anyhow::Result<Vec<Reply>>>()?;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    assert_eq!(wallet(people, &buyer).await?, 49_900);
    let path = format!("/api/v1/operator/top-ups/{}/confirm", text(&second, "id")?);
    let same = ask(&people.client, &operator, "POST", &path, Some(arrived)).await?;
    assert_eq!(refusal(&same), (422, "top_up.transfer_used"));
    stage.check().await?;
    stage.close().await
}

async fn post(client: Client, token: String, path: String, body: Value) -> anyhow::Result<Reply> {
    client.call("POST", &path, Sent { token: Some(&token), body: Some(body), ..Sent::default() }).await
}
