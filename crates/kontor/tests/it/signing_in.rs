//! Signing in when answers get lost, authenticators get lost, and strangers try.

use std::net::SocketAddr;

use anyhow::Context;
use axum::{
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{Request, header},
};
use kernel::{args, time::MINUTE};
use kontor::stage::{
    People, Stage,
    client::{Client, Reply, Sent, text},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tower::ServiceExt;

use crate::{
    accounts::{EMAIL, from_base32, member, sign_in, totp},
    stories::{PASSWORD, ask, buy, each, inbox, months, refusal, says},
};

on_both!(
    what_carries_a_password_happens_once_under_a_key,
    a_secret_answer_is_repeated_to_the_credential_that_asked,
    a_code_is_shown_again_under_its_key,
    a_lost_authenticator_is_recovered,
    a_stranger_locks_nobody_out,
    tries_from_many_addresses_wait_for_each_other,
);

async fn what_carries_a_password_happens_once_under_a_key(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "password_once").await?;
    let people = &stage.people;
    let keyed = async |token: Option<&str>, path: &str, key: &str, body: &Value| {
        let sent = Sent { token, key: Some(key), body: Some(body.clone()), ..Sent::default() };
        people.client.call("POST", path, sent).await
    };
    let open = "/api/v1/accounts";
    let ada = json!({ "kind": "personal", "name": "Ada Lovelace", "email": EMAIL, "password": PASSWORD, "lang": "en" });
    let first = keyed(None, open, "open-1", &ada).await?;
    let again = keyed(None, open, "open-1", &ada).await?;
    assert_eq!((again.status, &again.body), (201, &first.body), "the same account, not a taken address");
    let mut other = ada.clone();
    other["password"] = json!("quite another password");
    assert_eq!(refusal(&keyed(None, open, "open-1", &other).await?), (422, "idempotency.reused"));

    let enter = json!({ "login": EMAIL, "password": PASSWORD });
    let first = keyed(None, "/api/v1/sessions", "in-1", &enter).await?;
    let again = keyed(None, "/api/v1/sessions", "in-1", &enter).await?;
    assert_eq!((first.status, &again.body), (201, &first.body), "the same session");
    let session = text(&first.body, "token")?.to_owned();
    let sessions = people.client.get(&session, "/api/v1/sessions").await?;
    assert_eq!(each(&sessions, "id").len(), 1);

    let change = json!({ "present": PASSWORD, "wanted": "quite another password" });
    for _ in 0..2 {
        assert_eq!(keyed(Some(&session), "/api/v1/me/password", "change-1", &change).await?.status, 204);
    }
    let grace = json!({ "name": "grace", "role": "developer", "lang": "en", "password": PASSWORD });
    let first = keyed(Some(&session), "/api/v1/users", "user-1", &grace).await?;
    let again = keyed(Some(&session), "/api/v1/users", "user-1", &grace).await?;
    assert_eq!((again.status, &again.body), (201, &first.body));

    // Nothing of it lies about: no token, and no hash that passwords could be tried against.
    let kept: Vec<Kept> =
        stage.kontor.app.db.read().fetch_all("select request_hash, answer from once", args![]).await?;
    assert_eq!(kept.len(), 4);
    let guess = hex::encode(Sha256::digest(format!("POST /api/v1/sessions\n{enter}")));
    for Kept { request_hash, answer } in &kept {
        assert!(*request_hash != guess && !answer.0.to_string().contains(&session), "{request_hash}: {}", answer.0);
    }
    stage.close().await
}

#[derive(sqlx::FromRow)]
struct Kept {
    request_hash: String,
    answer: sqlx::types::Json<Value>,
}

async fn a_secret_answer_is_repeated_to_the_credential_that_asked(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "secret_once").await?;
    let people = &stage.people;
    let owner = people.register("personal", "Ada Lovelace").await?;
    let session = people.sign_in(EMAIL, PASSWORD).await?;
    let wanted = json!({ "name": "server", "scopes": ["view"] });
    let make = async |token: &str| {
        let sent = Sent { token: Some(token), key: Some("key-1"), body: Some(wanted.clone()), ..Sent::default() };
        people.client.call("POST", "/api/v1/access-keys", sent).await
    };
    let first = make(&session).await?;
    assert!(text(&first.body, "secret_key")?.len() > 20);
    assert_eq!(make(&session).await?.body, first.body);
    assert_eq!(refusal(&make(&owner.token).await?), (422, "idempotency.reused"), "another token of the same user");
    stage.close().await
}

async fn a_code_is_shown_again_under_its_key(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "code_once").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    let instance = buy(&stage, &buyer, months(&product.skus[0], 1)).await?;
    let path = format!("/api/v1/instances/{instance}/licence");
    let reveal = async || {
        let sent = Sent { token: Some(&buyer.token), key: Some("reveal-1"), ..Sent::default() };
        people.client.call("POST", &format!("{path}/reveal"), sent).await?.good("reveal")
    };
    let shown = reveal().await?;
    let events = people.client.get(&buyer.token, &format!("{path}/events")).await?;
    assert_eq!(reveal().await?, shown);
    let later = people.client.get(&buyer.token, &format!("{path}/events")).await?;
    assert_eq!(later, events, "one look is written down once");
    stage.close().await
}

async fn a_lost_authenticator_is_recovered(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "recovered").await?;
    let people = &stage.people;
    let owner = people.register("personal", "Ada Lovelace").await?;
    let session = people.sign_in(EMAIL, PASSWORD).await?;
    let codes = switch_on(&stage, &session).await?;
    assert_eq!(codes.len(), 10);
    assert_eq!(sign_in(people, EMAIL, PASSWORD, Some(&codes[0])).await?.status, 201);
    assert_eq!(sign_in(people, EMAIL, PASSWORD, Some(&codes[0])).await?.status, 401, "each once");
    let typed = codes[1].to_uppercase().replace('-', " ");
    assert_eq!(sign_in(people, EMAIL, PASSWORD, Some(&typed)).await?.status, 201);

    // A sub-user asks the owner.
    let slug = people.client.get(&owner.token, "/api/v1/account").await?;
    let grace = member(people, &owner, text(&slug, "slug")?, "developer").await?;
    let others = switch_on(&stage, &grace.token).await?;
    assert_eq!(sign_in(people, EMAIL, PASSWORD, Some(&others[0])).await?.status, 401, "codes are one's own");
    let user = text(&people.client.get(&grace.token, "/api/v1/me").await?["user"], "id")?.to_owned();
    let off = format!("/api/v1/users/{user}/totp/disable");
    assert_eq!(ask(&people.client, &grace.token, "POST", &off, None).await?.status, 403);
    assert_eq!(ask(&people.client, &owner.token, "POST", &off, None).await?.status, 204);
    assert_eq!(refusal(&ask(&people.client, &owner.token, "POST", &off, None).await?), (409, "totp.off"));

    // The owner asks the operator, who leaves sub-users to their owner.
    let operator = people.operator().await?;
    let by_staff = |user: &str| format!("/api/v1/operator/users/{user}/totp/disable");
    let refused = ask(&people.client, &operator, "POST", &by_staff(&user), None).await?;
    assert_eq!(refusal(&refused), (403, "user.owner_decides"));
    let ada = text(&people.client.get(&session, "/api/v1/me").await?["user"], "id")?.to_owned();
    assert_eq!(ask(&people.client, &operator, "POST", &by_staff(&ada), None).await?.status, 204);
    assert_eq!(sign_in(people, EMAIL, PASSWORD, None).await?.status, 201);
    stage.kontor.run_due_jobs().await?;
    let titles = inbox(people, &owner.token).await?;
    assert!(says(&titles, "Two-step sign-in was switched off"), "{titles:?}");
    let log = people.client.get(&operator, "/api/v1/operator/audit?limit=100").await?;
    let acts = each(&log, "action");
    assert_eq!(acts.iter().filter(|act| **act == "totp.disabled").count(), 2, "{acts:?}");
    assert_eq!(acts.iter().filter(|act| **act == "totp.recovered").count(), 2, "{acts:?}");
    stage.close().await
}

/// Enrols and confirms; gives the recovery codes.
async fn switch_on(stage: &Stage, session: &str) -> anyhow::Result<Vec<String>> {
    let client = &stage.people.client;
    let enrolled = ask(client, session, "POST", "/api/v1/me/totp", None).await?.good("enrol")?;
    let code = totp(&from_base32(text(&enrolled, "secret")?), stage.kontor.app.clock.now())?;
    let body = Some(json!({ "code": code }));
    let shown = ask(client, session, "POST", "/api/v1/me/totp/confirm", body).await?.good("confirm")?;
    let codes = shown["recovery_codes"].as_array().context("codes are shown")?;
    Ok(codes.iter().filter_map(|code| code.as_str().map(str::to_owned)).collect())
}

async fn a_stranger_locks_nobody_out(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "stranger").await?;
    let people = &stage.people;
    let owner = people.register("personal", "Ada Lovelace").await?;
    for _ in 0..8 {
        assert_eq!(at("203.0.113.7", people, "not the password").await?.status, 401);
    }
    assert_eq!(at("203.0.113.7", people, PASSWORD).await?.status, 401, "paused there");
    assert_eq!(at("198.51.100.1", people, PASSWORD).await?.status, 201, "not elsewhere");
    assert_eq!(at("203.0.113.7", people, PASSWORD).await?.status, 401, "success elsewhere releases nothing there");
    for _ in 0..5 {
        assert_eq!(at("2001:db8:1:2::1", people, "not the password").await?.status, 401);
    }
    assert_eq!(at("2001:db8:1:2::ffff", people, PASSWORD).await?.status, 401, "one customer's network");
    stage.kontor.run_due_jobs().await?;
    let titles = inbox(people, &owner.token).await?;
    assert_eq!(titles.len(), 1, "told once, not for each address: {titles:?}");
    stage.kontor.app.clock.turn(16 * MINUTE);
    assert_eq!(at("203.0.113.7", people, PASSWORD).await?.status, 201);
    stage.close().await
}

async fn tries_from_many_addresses_wait_for_each_other(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "many").await?;
    let people = &stage.people;
    people.register("personal", "Ada Lovelace").await?;
    assert_eq!(at("198.51.100.1", people, PASSWORD).await?.status, 201);
    for attacker in 0..21 {
        assert_eq!(at(&format!("203.0.113.{attacker}"), people, "not the password").await?.status, 401);
    }
    assert_eq!(at("192.0.2.1", people, PASSWORD).await?.status, 401, "somewhere new has to wait");
    assert_eq!(at("198.51.100.1", people, "not the password").await?.status, 401);
    assert_eq!(at("198.51.100.1", people, PASSWORD).await?.status, 201, "but not where one is signed in");
    stage.kontor.app.clock.turn(MINUTE);
    assert_eq!(at("192.0.2.1", people, PASSWORD).await?.status, 201, "a little patience is enough");
    stage.close().await
}

/// Signs in from an address.
async fn at(address: &str, people: &People, password: &str) -> anyhow::Result<Reply> {
    let Client::Here(router) = &people.client else { anyhow::bail!("a stage is in this process") };
    let from = ConnectInfo(SocketAddr::new(address.parse()?, 40_000));
    let body = json!({ "login": EMAIL, "password": password }).to_string();
    let request = Request::post("/api/v1/sessions").header(header::CONTENT_TYPE, "application/json").extension(from);
    let response = router.clone().oneshot(request.body(Body::from(body))?).await?;
    let status = response.status().as_u16();
    let bytes = to_bytes(response.into_body(), usize::MAX).await?;
    Ok(Reply { status, body: serde_json::from_slice(&bytes)? })
}
