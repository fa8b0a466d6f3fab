//! Signing in, second factors, teams.

use anyhow::Context;
use hmac::{Hmac, KeyInit, Mac};
use kernel::{Timestamp, time::MINUTE};
use kontor::stage::{
    People, Person, Stage,
    client::{Reply, Sent, text},
};
use serde_json::{Value, json};
use sha1::Sha1;

use crate::stories::{PASSWORD, ask, each, inbox, months, order, refusal};

on_both!(
    five_wrong_passwords_lock_for_a_quarter_of_an_hour,
    a_second_factor_is_asked_for_and_used_once,
    sub_users_may_what_their_role_says,
    a_forgotten_password_is_replaced_by_a_link,
    nobody_shows_documents_of_somebody_else,
);

async fn five_wrong_passwords_lock_for_a_quarter_of_an_hour(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "locked").await?;
    let people = &stage.people;
    let owner = people.register("personal", "Ada Lovelace").await?;
    for _ in 0..5 {
        assert_eq!(refusal(&sign_in(people, EMAIL, "not the password", None).await?), (401, "sign_in.refused"));
    }
    assert_eq!(refusal(&sign_in(people, EMAIL, PASSWORD, None).await?), (401, "sign_in.refused"), "locked");
    stage.kontor.run_due_jobs().await?;
    let titles = inbox(people, &owner.token).await?;
    assert_eq!(titles.len(), 1, "the owner is told once: {titles:?}");
    stage.kontor.app.clock.turn(16 * MINUTE);
    assert_eq!(sign_in(people, EMAIL, PASSWORD, None).await?.status, 201);
    stage.close().await
}

async fn a_second_factor_is_asked_for_and_used_once(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "totp").await?;
    let people = &stage.people;
    let owner = people.register("personal", "Ada Lovelace").await?;
    let session = people.sign_in(EMAIL, PASSWORD).await?;
    let by_token = ask(&people.client, &owner.token, "POST", "/api/v1/me/totp", None).await?;
    assert_eq!(refusal(&by_token), (403, "forbidden.in_person"));
    let enrolled = ask(&people.client, &session, "POST", "/api/v1/me/totp", None).await?.good("enrol")?;
    let secret = from_base32(text(&enrolled, "secret")?);
    assert!(text(&enrolled, "address")?.contains(text(&enrolled, "secret")?));
    // Until a first code confirms it, nothing is asked for.
    assert_eq!(sign_in(people, EMAIL, PASSWORD, None).await?.status, 201);
    let code = totp(&secret, stage.kontor.app.clock.now())?;
    let confirmed =
        ask(&people.client, &session, "POST", "/api/v1/me/totp/confirm", Some(json!({ "code": code }))).await?;
    assert_eq!(confirmed.status, 200, "{}", confirmed.body);

    assert_eq!(refusal(&sign_in(people, EMAIL, PASSWORD, None).await?), (401, "sign_in.totp_wanted"));
    let used = sign_in(people, EMAIL, PASSWORD, Some(&code)).await?;
    assert_eq!(refusal(&used), (401, "sign_in.refused"), "the confirming code is used up");
    stage.kontor.app.clock.turn(MINUTE);
    let code = totp(&secret, stage.kontor.app.clock.now())?;
    assert_eq!(sign_in(people, EMAIL, PASSWORD, Some(&code)).await?.status, 201);
    assert_eq!(sign_in(people, EMAIL, PASSWORD, Some(&code)).await?.status, 401, "no code opens two sessions");
    assert_eq!(sign_in(people, EMAIL, "not the password", Some(&code)).await?.status, 401);

    let off = ask(&people.client, &session, "POST", "/api/v1/me/totp/disable", Some(json!({ "password": PASSWORD })));
    assert_eq!(off.await?.status, 204);
    assert_eq!(sign_in(people, EMAIL, PASSWORD, None).await?.status, 201);
    stage.close().await
}

async fn sub_users_may_what_their_role_says(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "team").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let owner = people.rich_buyer("Ada Lovelace").await?;
    let slug = people.client.get(&owner.token, "/api/v1/account").await?;
    let slug = text(&slug, "slug")?;
    let developer = member(people, &owner, slug, "developer").await?;
    let finance = member(people, &owner, slug, "finance").await?;
    let reader = member(people, &owner, slug, "read_only").await?;

    let refused = |token: &str| {
        let (client, token, wanted) = (people.client.clone(), token.to_owned(), months(&product.skus[0], 1));
        async move { ask(&client, &token, "POST", "/api/v1/quotes", Some(wanted)).await }
    };
    for member in [&developer, &reader] {
        assert_eq!(refusal(&refused(&member.token).await?), (403, "forbidden.role"));
    }
    order(people, &finance, months(&product.skus[0], 1), true).await?;
    stage.kontor.run_due_jobs().await?;
    let instances = people.client.get(&reader.token, "/api/v1/instances").await?;
    let reveal = format!("/api/v1/instances/{}/licence/reveal", each(&instances, "id")[0]);
    for (member, status) in [(&finance, 403), (&reader, 403), (&developer, 200)] {
        assert_eq!(ask(&people.client, &member.token, "POST", &reveal, None).await?.status, status);
    }
    let wide = json!({ "name": "too wide", "scopes": ["view", "pay"], "days": 1 });
    let refused = ask(&people.client, &developer.token, "POST", "/api/v1/tokens", Some(wide)).await?;
    assert_eq!(refused.status, 403, "nobody gives away more than they have: {}", refused.body);

    let users = people.client.get(&owner.token, "/api/v1/users").await?;
    let id = users["items"].as_array().and_then(|users| users.iter().find(|user| user["name"] == "developer"));
    let disable = format!("/api/v1/users/{}/disable", text(id.context("the developer is listed")?, "id")?);
    assert_eq!(ask(&people.client, &owner.token, "POST", &disable, None).await?.status, 200);
    assert_eq!(ask(&people.client, &developer.token, "GET", "/api/v1/me", None).await?.status, 401, "at once");
    let log = people.client.get(&owner.token, "/api/v1/audit?limit=100").await?;
    let acts = each(&log, "action");
    assert!(acts.contains(&"user.created") && acts.contains(&"user.disabled"), "{acts:?}");
    stage.close().await
}

async fn a_forgotten_password_is_replaced_by_a_link(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "forgotten").await?;
    let people = &stage.people;
    people.register("personal", "Ada Lovelace").await?;
    let old = people.sign_in(EMAIL, PASSWORD).await?;
    for login in [EMAIL, "nobody@people.example"] {
        let body = Some(json!({ "login": login }));
        let asked = people.client.call("POST", "/api/v1/password-resets", Sent { body, ..Sent::default() }).await?;
        assert_eq!(asked.status, 204, "who has an account is not told");
    }
    stage.kontor.run_due_jobs().await?;
    let letters = stage.kontor.app.config.data.join("outbox");
    let letters = std::fs::read_dir(letters)?.map(|letter| Ok(std::fs::read_to_string(letter?.path())?));
    let letters = letters.collect::<anyhow::Result<Vec<String>>>()?;
    assert_eq!(letters.len(), 1, "{letters:?}");
    let token = letters[0].split(|c: char| !c.is_ascii_alphanumeric() && c != '_').find(|word| word.starts_with("kr_"));
    let body = json!({ "token": token.context("the letter has a link")?, "password": "another long password" });
    let choose = async || {
        let sent = Sent { body: Some(body.clone()), ..Sent::default() };
        people.client.call("POST", "/api/v1/password-resets/complete", sent).await
    };
    assert_eq!(choose().await?.status, 204);
    assert_eq!(refusal(&choose().await?), (422, "password.link"), "a link works once");
    assert_eq!(sign_in(people, EMAIL, PASSWORD, None).await?.status, 401);
    assert_eq!(sign_in(people, EMAIL, "another long password", None).await?.status, 201);
    assert_eq!(ask(&people.client, &old, "GET", "/api/v1/me", None).await?.status, 401, "old sessions end");
    stage.close().await
}

async fn nobody_shows_documents_of_somebody_else(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "shown").await?;
    let people = &stage.people;
    let honest = people.register("enterprise", "Cloudco Software").await?;
    let other = people.register("enterprise", "Claudco Software").await?;
    let licence = people.document(&honest, "business_licence").await?;
    let identity = json!({
        "kind": "enterprise", "name": "Cloudco Software", "country": "CN", "number": "91310115MA1K35XX7Q",
        "representative": "Li Na", "documents": [licence]
    });
    let path = "/api/v1/verifications";
    let borrowed = ask(&people.client, &other.token, "POST", path, Some(identity.clone())).await?;
    assert_eq!(
        (borrowed.status, &borrowed.body["errors"][0]["field"]),
        (422, &json!("documents")),
        "{}",
        borrowed.body
    );
    assert_eq!(ask(&people.client, &honest.token, "POST", path, Some(identity)).await?.status, 201);
    stage.close().await
}

/// What `People` makes of the name.
pub(crate) const EMAIL: &str = "ada.lovelace@people.example";

pub(crate) async fn sign_in(people: &People, login: &str, password: &str, totp: Option<&str>) -> anyhow::Result<Reply> {
    let body = json!({ "login": login, "password": password, "totp": totp });
    people.client.call("POST", "/api/v1/sessions", Sent { body: Some(body), ..Sent::default() }).await
}

/// A sub-user with an open session, named as the role.
pub(crate) async fn member(people: &People, owner: &Person, slug: &str, role: &str) -> anyhow::Result<Person> {
    let user = json!({ "name": role, "role": role, "lang": "en", "password": PASSWORD });
    people.client.post(&owner.token, "/api/v1/users", user).await?;
    let body = json!({ "account": slug, "login": role, "password": PASSWORD });
    let session = people.client.call("POST", "/api/v1/sessions", Sent { body: Some(body), ..Sent::default() }).await?;
    let session: Value = session.good("sign in")?;
    Ok(Person { account: owner.account.clone(), token: text(&session, "token")?.to_owned(), name: role.to_owned() })
}

/// [RFC 4648](https://www.rfc-editor.org/rfc/rfc4648) without padding.
pub(crate) fn from_base32(text: &str) -> Vec<u8> {
    let mut bits = 0_u64;
    let mut held = 0;
    let mut bytes = Vec::new();
    for letter in text.bytes() {
        let value = if letter.is_ascii_digit() { letter - b'2' + 26 } else { letter - b'A' };
        bits = bits << 5 | u64::from(value);
        held += 5;
        if held >= 8 {
            held -= 8;
            let [.., last] = (bits >> held).to_be_bytes();
            bytes.push(last);
        }
    }
    bytes
}

/// An authenticator of our own: [RFC 6238](https://www.rfc-editor.org/rfc/rfc6238) with what everybody uses.
pub(crate) fn totp(secret: &[u8], now: Timestamp) -> anyhow::Result<String> {
    let step = now.as_seconds() / 30;
    let hash = Hmac::<Sha1>::new_from_slice(secret)?.chain_update(step.to_be_bytes()).finalize().into_bytes();
    let at = usize::from(hash[19] & 0xf);
    let number = u32::from_be_bytes([hash[at] & 0x7f, hash[at + 1], hash[at + 2], hash[at + 3]]) % 1_000_000;
    Ok(format!("{number:06}"))
}
