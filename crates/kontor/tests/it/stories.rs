//! What many stories need: patience with an end, somebody to buy something, a look into an inbox.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use kontor::stage::{
    People, Person, Stage,
    client::{Client, Reply, Sent, text},
};
use serde_json::{Value, json};

/// The password that `People` gives everybody.
pub(crate) const PASSWORD: &str = "a long enough password";

/// Asks again until there is an answer, or the time is over.
pub(crate) async fn until<T>(
    what: &str,
    limit: Duration,
    mut ask: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(answer) = ask().await? {
            return Ok(answer);
        }
        if Instant::now() >= deadline {
            bail!("{what}: not within {limit:?}");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A request whose answer may be a refusal.
pub(crate) async fn ask(
    client: &Client,
    token: &str,
    method: &str,
    path: &str,
    body: Option<Value>,
) -> anyhow::Result<Reply> {
    client.call(method, path, Sent { token: Some(token), body, ..Sent::default() }).await
}

/// The refusal of a request: its status and stable code.
pub(crate) fn refusal(reply: &Reply) -> (u16, &str) {
    (reply.status, reply.code())
}

/// The texts of a field of a list's items.
pub(crate) fn each<'v>(list: &'v Value, field: &str) -> Vec<&'v str> {
    list["items"].as_array().into_iter().flatten().filter_map(|item| item[field].as_str()).collect()
}

/// What the wallet holds, in minor units.
pub(crate) async fn wallet(people: &People, buyer: &Person) -> anyhow::Result<i64> {
    let wallet = people.client.get(&buyer.token, "/api/v1/wallet").await?;
    Ok(wallet["balances"].as_array().into_iter().flatten().filter_map(|balance| balance["minor"].as_i64()).sum())
}

/// The titles in an inbox, newest first.
pub(crate) async fn inbox(people: &People, token: &str) -> anyhow::Result<Vec<String>> {
    let list = people.client.get(token, "/api/v1/messages?limit=100").await?;
    let items = list["items"].as_array().context("an inbox is a list")?;
    items.iter().map(|message| Ok(text(&message["title"], "en")?.to_owned())).collect()
}

/// Whether one of the titles begins so.
pub(crate) fn says(titles: &[String], beginning: &str) -> bool {
    titles.iter().any(|title| title.starts_with(beginning))
}

/// The monthly licence of the stage's listing: ten users, some months.
pub(crate) fn months(sku: &str, periods: u32) -> Value {
    json!({ "sku": sku, "quantities": { "users": 10 }, "periods": periods })
}

/// Quotes and orders; pays from the wallet when told.
pub(crate) async fn order(people: &People, buyer: &Person, wanted: Value, paid: bool) -> anyhow::Result<Value> {
    let quote = people.client.post(&buyer.token, "/api/v1/quotes", wanted).await?;
    let mut order = json!({ "quote": text(&quote, "id")? });
    if paid {
        order["pay_with"] = json!("wallet");
    }
    people.client.post(&buyer.token, "/api/v1/orders", order).await
}

/// Buys on a stage and has it delivered: gives the instance.
pub(crate) async fn buy(stage: &Stage, buyer: &Person, wanted: Value) -> anyhow::Result<String> {
    let order = order(&stage.people, buyer, wanted, true).await?;
    stage.kontor.run_due_jobs().await?;
    let list = stage.people.client.get(&buyer.token, "/api/v1/instances?limit=1").await?;
    let newest = &list["items"][0];
    ensure!(newest["order"] == order["id"], "the newest instance is of another order: {newest}");
    Ok(text(newest, "id")?.to_owned())
}

/// The authorisation code of an instance.
pub(crate) async fn code(people: &People, buyer: &Person, instance: &str) -> anyhow::Result<String> {
    let path = format!("/api/v1/instances/{instance}/licence/reveal");
    let shown = ask(&people.client, &buyer.token, "POST", &path, None).await?.good(&path)?;
    Ok(text(&shown, "code")?.to_owned())
}

/// What the software of the seller is told about a code.
pub(crate) async fn heartbeat(people: &People, seller: &Person, code: &str) -> anyhow::Result<Value> {
    let path = "/api/mkp-openapi-public/global/v1/license/heartbeat";
    people.client.post(&seller.token, path, json!({ "license": code })).await
}

pub(crate) async fn activate(people: &People, seller: &Person, code: &str) -> anyhow::Result<()> {
    let path = "/api/mkp-openapi-public/global/v1/license/activate";
    let answer = people.client.post(&seller.token, path, json!({ "license": code })).await?;
    ensure!(answer["error_code"] == "92020000", "not activated: {answer}");
    Ok(())
}
