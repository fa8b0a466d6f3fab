//! What holds for every change through the API: repeats, versions, keys; and what anybody can verify.

use anyhow::Context;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use ed25519_dalek::{Signature, VerifyingKey};
use kontor::stage::{
    Stage,
    client::{Sent, text},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::stories::{ask, buy, code, each, months, refusal, wallet};

on_both!(
    a_change_is_repeated_by_its_key,
    repeats_beside_each_other_happen_once,
    an_edit_names_the_version_it_was_made_from,
    a_licence_file_is_verified_by_the_published_key,
    lists_are_read_page_by_page,
    a_refusal_speaks_the_language_of_who_asks,
);

/// `Verdict` was one thing in the review of products and another in real-name verification; the document told of one.
#[tokio::test]
async fn no_two_schemas_of_the_document_share_a_name() -> anyhow::Result<()> {
    let stage = Stage::turned(None, "schemas").await?;
    let shared = platform::http::shared_names(stage.kontor.routes().described());
    assert!(shared.is_empty(), "give these schemas names of their own: {shared:?}");
    stage.close().await
}

/// Whoever reads how a request looks sees one: the body has an example, or all that it needs has.
#[tokio::test]
async fn each_body_of_a_request_has_an_example() -> anyhow::Result<()> {
    let stage = Stage::turned(None, "examples").await?;
    let document = stage.people.client.call("GET", "/api/v1/openapi.json", Sent::default()).await?.good("document")?;
    let mut without = std::collections::BTreeSet::new();
    let mut bodies = 0;
    let paths = document["paths"].as_object().context("the document has paths")?;
    for operation in paths.values().filter_map(Value::as_object).flat_map(|operations| operations.values()) {
        let body = &operation["requestBody"]["content"]["application/json"];
        if body["schema"].is_null() {
            continue;
        }
        bodies += 1;
        if body["example"].is_null() && !is_shown(&document, &body["schema"], 0) {
            without.insert(operation["summary"].to_string());
        }
    }
    assert!(bodies > 100, "{bodies}");
    assert!(without.is_empty(), "no example of what is sent: {without:?}");
    stage.close().await
}

/// How deep a body is looked into; beyond it repeats itself.
const DEPTH: usize = 6;

/// Whether a schema says what a value of it looks like: by an example, by its only values, or by those of all it needs.
fn is_shown(document: &Value, schema: &Value, depth: usize) -> bool {
    let named = schema["$ref"].as_str().and_then(|name| document.pointer(name.trim_start_matches('#')));
    let schema = named.unwrap_or(schema);
    let says = ["example", "examples", "default", "enum", "const"];
    if depth > DEPTH || says.iter().any(|word| !schema[*word].is_null()) {
        return true;
    }
    let shown = |inner: &Value| is_shown(document, inner, depth + 1);
    if let Some(choices) = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array()) {
        return choices.iter().filter(|choice| choice["type"] != "null").any(shown);
    }
    if let Some(parts) = schema["allOf"].as_array() {
        return parts.iter().all(shown);
    }
    if let Some(fields) = schema["properties"].as_object() {
        let needed: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let any = fields.is_empty() || !needed.is_empty() || fields.values().any(shown);
        return any && needed.iter().all(|name| fields.get(*name).is_some_and(shown));
    }
    match schema["type"].as_str() {
        Some("array") => shown(&schema["items"]),
        Some("boolean") => true,
        _ => false,
    }
}

async fn a_change_is_repeated_by_its_key(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "keys").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    let other = people.rich_buyer("Grace Hopper").await?;
    let held = wallet(people, &buyer).await?;
    let wanted = months(&product.skus[0], 1);
    let quote = people.client.post(&buyer.token, "/api/v1/quotes", wanted.clone()).await?;
    let accept = json!({ "quote": quote["id"], "pay_with": "wallet" });
    let place = async |token: &str, key: &str, body: &Value| {
        let sent = Sent { token: Some(token), key: Some(key), body: Some(body.clone()), ..Sent::default() };
        people.client.call("POST", "/api/v1/orders", sent).await
    };
    let first = place(&buyer.token, "order-1", &accept).await?.good("order")?;
    let again = place(&buyer.token, "order-1", &accept).await?;
    assert_eq!((again.status, &again.body), (201, &first), "a repeat gets the answer of the first time");
    assert_eq!(wallet(people, &buyer).await?, held - 30_000, "and is paid once");
    assert_eq!(each(&people.client.get(&buyer.token, "/api/v1/orders").await?, "id").len(), 1);

    let another = people.client.post(&buyer.token, "/api/v1/quotes", wanted.clone()).await?;
    let another = json!({ "quote": another["id"], "pay_with": "wallet" });
    assert_eq!(refusal(&place(&buyer.token, "order-1", &another).await?), (422, "idempotency.reused"));
    assert_eq!(refusal(&place(&buyer.token, &"k".repeat(201), &another).await?), (400, "idempotency.malformed"));
    // Somebody else's key of the same name is another key.
    let theirs = people.client.post(&other.token, "/api/v1/quotes", wanted).await?;
    let theirs = json!({ "quote": theirs["id"], "pay_with": "wallet" });
    let placed = place(&other.token, "order-1", &theirs).await?.good("order")?;
    assert_ne!(placed["id"], first["id"]);
    // What was refused left nothing: the key is free for another try.
    let poor = people.buyer("Charles Babbage").await?;
    let quote = people.client.post(&poor.token, "/api/v1/quotes", months(&product.skus[0], 1)).await?;
    let accept = json!({ "quote": quote["id"], "pay_with": "wallet" });
    assert_eq!(place(&poor.token, "order-1", &accept).await?.status, 422);
    people.top_up(&poor, 30_000).await?;
    assert_eq!(place(&poor.token, "order-1", &accept).await?.status, 201);
    stage.check().await?;
    stage.close().await
}

async fn repeats_beside_each_other_happen_once(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "beside").await?;
    let people = &stage.people;
    let buyer = people.buyer("Ada Lovelace").await?;
    let body = json!({ "channel": "development", "amount": { "minor": 5_000, "currency": "CNY" } });
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (client, token, body) = (people.client.clone(), buyer.token.clone(), body.clone());
        tries.spawn(async move {
            let sent = Sent { token: Some(&token), key: Some("top-up-1"), body: Some(body), ..Sent::default() };
            client.call("POST", "/api/v1/top-ups", sent).await
        });
    }
    let mut ids = Vec::new();
    for reply in tries.join_all().await {
        let reply = reply?;
        match reply.status {
            201 => ids.push(text(&reply.body, "id")?.to_owned()),
            _ => assert_eq!(refusal(&reply), (409, "idempotency.running")),
        }
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
    assert_eq!(wallet(people, &buyer).await?, 5_000);
    stage.check().await?;
    stage.close().await
}

async fn an_edit_names_the_version_it_was_made_from(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "versions").await?;
    let people = &stage.people;
    let owner = people.register("personal", "Ada Lovelace").await?;
    let seen = people.client.get(&owner.token, "/api/v1/account").await?;
    let version = seen["version"].as_i64();
    let rename = async |version: Option<i64>, name: &str| {
        let sent = Sent { token: Some(&owner.token), version, body: Some(json!({ "name": name })), ..Sent::default() };
        people.client.call("PATCH", "/api/v1/account", sent).await
    };
    assert_eq!(refusal(&rename(None, "Ada King").await?), (428, "if_match.missing"));
    assert_eq!(refusal(&rename(Some(999), "Ada King").await?), (412, "stale"));
    let renamed = rename(version, "Ada King").await?.good("rename")?;
    assert_eq!(
        (&renamed["name"], renamed["version"].as_i64()),
        (&json!("Ada King"), version.map(|version| version + 1))
    );
    assert_eq!(refusal(&rename(version, "Ada Byron").await?), (412, "stale"), "the second editor is told");
    let kept = people.client.get(&owner.token, "/api/v1/account").await?;
    assert_eq!(kept["name"], "Ada King");
    stage.close().await
}

async fn a_licence_file_is_verified_by_the_published_key(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "file").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    let instance = buy(&stage, &buyer, months(&product.skus[0], 1)).await?;
    let code = code(people, &buyer, &instance).await?;
    let path = format!("/api/v1/instances/{instance}/licence-file");
    let file = people.client.get(&buyer.token, &path).await?;
    let file = file.as_str().context("a licence file is text")?;

    let published = people.client.call("GET", "/api/v1/licence-keys", Sent::default()).await?.good("keys")?;
    let [header, claims, signature] = file.split('.').collect::<Vec<_>>()[..] else {
        anyhow::bail!("three parts: {file}");
    };
    let read = |part: &str| anyhow::Ok(serde_json::from_slice::<Value>(&BASE64URL.decode(part)?)?);
    let (head, body) = (read(header)?, read(claims)?);
    let mut keys = published["keys"].as_array().into_iter().flatten();
    let key = keys.find(|key| key["kid"] == head["kid"]).context("the key is published")?;
    assert_eq!((&key["kty"], &key["crv"], &head["alg"]), (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA")));
    let public = BASE64URL.decode(text(key, "x")?)?;
    let public = VerifyingKey::from_bytes(public.as_slice().try_into()?)?;
    let signature = Signature::from_slice(&BASE64URL.decode(signature)?)?;
    public.verify_strict(format!("{header}.{claims}").as_bytes(), &signature)?;
    let forged = BASE64URL.encode(body.to_string().replace("\"users\":10", "\"users\":99"));
    assert_ne!(forged, claims);
    assert!(public.verify_strict(format!("{header}.{forged}").as_bytes(), &signature).is_err());

    assert_eq!(body["code_sha256"], hex::encode(Sha256::digest(&code)), "the software knows its code by the hash");
    assert_eq!((&body["instance"], &body["quantities"]), (&json!(instance), &json!({ "users": 10 })));
    assert_eq!(body["expires_at"], "2026-04-02T01:00:00.000000Z");
    assert!(!file.contains(&code) && !body.to_string().contains(&code));
    stage.close().await
}

async fn lists_are_read_page_by_page(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "pages").await?;
    let people = &stage.people;
    let buyer = people.buyer("Ada Lovelace").await?;
    for minor in 1..=7 {
        let body = json!({ "channel": "development", "amount": { "minor": minor, "currency": "CNY" } });
        people.client.post(&buyer.token, "/api/v1/top-ups", body).await?;
    }
    let mut path = "/api/v1/top-ups?limit=3".to_owned();
    let mut pages = Vec::new();
    loop {
        let page = people.client.get(&buyer.token, &path).await?;
        let items = page["items"].as_array().context("a page has items")?;
        pages.push(items.iter().filter_map(|item| item["declared"]["minor"].as_i64()).collect::<Vec<_>>());
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/v1/top-ups?limit=3&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(pages, [vec![7, 6, 5], vec![4, 3, 2], vec![1]]);
    for wrong in ["limit=0", "limit=101", "cursor=x", "limit=many"] {
        let refused = ask(&people.client, &buyer.token, "GET", &format!("/api/v1/top-ups?{wrong}"), None).await?;
        assert!(matches!(refused.status, 400 | 422), "{wrong}: {}", refused.status);
    }
    stage.close().await
}

async fn a_refusal_speaks_the_language_of_who_asks(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "languages").await?;
    let people = &stage.people;
    let buyer = people.buyer("Ada Lovelace").await?;
    let said = async |langs: Option<&str>, method: &str, path: &str, body: Option<Value>| {
        let sent = Sent { token: Some(&buyer.token), langs, body, ..Sent::default() };
        people.client.call(method, path, sent).await.map(|reply| reply.body)
    };
    let chinese = Some("zh-CN,zh;q=0.9,en;q=0.8");

    let nothing = json!({ "amount": { "minor": 0, "currency": "CNY" }, "channel": "bank_transfer", "payer": "Ada" });
    let top_up = async |langs: Option<&str>| said(langs, "POST", "/api/v1/top-ups", Some(nothing.clone())).await;
    let (zh, en) = (top_up(chinese).await?, top_up(Some("en-GB, zh;q=0.5")).await?);
    assert_eq!((&zh["code"], &en["code"]), (&json!("invalid"), &json!("invalid")));
    assert_eq!(zh["errors"][0], json!({ "field": "amount.minor", "message": "须在 1 到 10000000000 之间" }));
    assert_eq!(en["errors"][0], json!({ "field": "amount.minor", "message": "must be from 1 to 10000000000" }));
    assert_eq!(zh["detail"], "amount.minor 须在 1 到 10000000000 之间");
    assert_eq!(top_up(None).await?, en, "English is said to whoever does not say what they read");

    let order = "/api/v1/orders/ord_00000000000000000000000000";
    assert_eq!(said(chinese, "GET", order, None).await?["detail"], "找不到该订单");
    assert_eq!(said(Some("fr"), "GET", order, None).await?["detail"], "there is no such order");
    assert_eq!(said(chinese, "GET", "/api/v1/nowhere", None).await?["detail"], "该地址没有对应的内容");
    let stranger = Sent { langs: chinese, ..Sent::default() };
    let stranger = people.client.call("GET", "/api/v1/orders", stranger).await?;
    assert_eq!((stranger.status, &stranger.body["detail"]), (401, &json!("须先登录，或使用令牌、签名请求")));
    let odd = said(chinese, "POST", "/api/v1/quotes", Some(json!({ "sku": 7 }))).await?;
    assert!(
        odd["errors"][0]["message"].as_str().is_some_and(|said| said.starts_with("的内容与接口要求不符：")),
        "{odd}"
    );
    stage.close().await
}
