//! Registration, signing in, locks, second factors, passwords.

use kernel::id::UserId;
use serde_json::{Value, json};
use totp_rs::Builder;

use crate::world::{PASSWORD, World};

#[tokio::test]
async fn an_owner_registers_signs_in_and_out() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let me = world.get(&ada, "/api/v1/me").await;
    assert_eq!((me["account"]["slug"].as_str(), me["user"]["role"].as_str()), (Some("ada"), Some("owner")));
    assert_eq!(me["account"]["sign_in_path"], "/login/ada");
    let sessions = world.get(&ada, "/api/v1/sessions").await;
    assert_eq!(sessions["items"][0]["current"], true);
    world.call(&ada, "DELETE /api/v1/sessions/current", Value::Null).await.is(204);
    world.call(&ada, "GET /api/v1/me", Value::Null).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn names_and_addresses_are_taken_once() {
    let world = World::new().await;
    world.owner("ada").await;
    let input = |slug, email| json!({ "kind": "personal", "name": "Ada", "slug": slug, "email": email, "password": PASSWORD, "lang": "zh" });
    let open = "POST /api/v1/accounts";
    world.call("", open, input("ada", "b@example.com")).await.refused(409, "account.slug_taken");
    world.call("", open, input("ada2", "ADA@example.com")).await.refused(409, "account.email_taken");
    let wrong =
        json!({ "kind": "personal", "name": "\u{0}", "slug": "A", "email": "x", "password": "short", "lang": "en" });
    let wrong = world.call("", open, wrong).await.is(422);
    let fields: Vec<_> =
        wrong["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["name", "slug", "email", "password"]);
}

#[tokio::test]
async fn sign_in_pauses_after_wrong_tries_and_the_owner_is_told() {
    let world = World::new().await;
    world.owner("ada").await;
    let wrong = || world.try_sign_in(json!({ "login": "ada@example.com", "password": "wrong password" }));
    for _ in 0..5 {
        wrong().await.refused(401, "sign_in.refused");
    }
    let right = || world.try_sign_in(json!({ "login": "ada@example.com", "password": PASSWORD }));
    right().await.refused(401, "sign_in.refused");
    world.runs_reactions().await;
    assert!(
        world.letters().iter().any(|letter| letter.contains("Subject: Sign-in was paused")),
        "{:?}",
        world.letters()
    );
    world.turn_minutes(16);
    right().await.is(201);
    // A success starts the count anew.
    for _ in 0..4 {
        wrong().await.refused(401, "sign_in.refused");
    }
    right().await.is(201);
}

#[tokio::test]
async fn nobody_can_tell_an_unknown_name_from_a_wrong_password() {
    let world = World::new().await;
    for login in ["nobody@example.com", "nobody", "", "\u{0}"] {
        for _ in 0..7 {
            world.try_sign_in(json!({ "login": login, "password": "x" })).await.refused(401, "sign_in.refused");
        }
    }
    world.call("", "POST /api/v1/password-resets", json!({ "login": "nobody@example.com" })).await.is(204);
    world.runs_reactions().await;
    assert_eq!(world.letters().len(), 0);
}

#[tokio::test]
async fn a_session_ends_with_its_hours() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    world.get(&ada, "/api/v1/me").await;
    world.turn_minutes(12 * 60);
    world.call(&ada, "GET /api/v1/me", Value::Null).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn two_steps_want_a_fresh_code() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let enrolment = world.call(&ada, "POST /api/v1/me/totp", Value::Null).await.is(201);
    assert!(enrolment["address"].as_str().unwrap().starts_with("otpauth://totp/Kontor:ada%40example.com?secret="));
    let secret = from_base32(enrolment["secret"].as_str().unwrap());
    let code = || {
        let totp = Builder::new().with_secret(secret).build().unwrap();
        totp.generate(u64::try_from(world.now().as_seconds()).unwrap()).to_string()
    };
    let confirm = "POST /api/v1/me/totp/confirm";
    world.call(&ada, confirm, json!({ "code": "000000" })).await.refused(422, "totp.wrong");
    world.call(&ada, confirm, json!({ "code": code() })).await.is(200);
    let sign_in = |totp: Option<String>| {
        world.try_sign_in(json!({ "login": "ada@example.com", "password": PASSWORD, "totp": totp }))
    };
    for _ in 0..9 {
        sign_in(None).await.refused(401, "sign_in.totp_wanted");
    }
    // The code that confirmed is used up.
    sign_in(Some(code())).await.refused(401, "sign_in.refused");
    world.turn_minutes(1);
    sign_in(Some(code())).await.is(201);
    sign_in(Some(code())).await.refused(401, "sign_in.refused");
    let off = "POST /api/v1/me/totp/disable";
    world.call(&ada, off, json!({ "password": "wrong password" })).await.refused(422, "password.wrong");
    world.call(&ada, off, json!({ "password": PASSWORD })).await.is(204);
    sign_in(None).await.is(201);
}

pub(crate) fn from_base32(text: &str) -> [u8; 20] {
    let mut bits = 0_u64;
    let mut have = 0;
    let mut bytes = Vec::new();
    for letter in text.bytes() {
        let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|known| *known == letter).unwrap();
        bits = bits << 5 | u64::try_from(value).unwrap();
        have += 5;
        if have >= 8 {
            have -= 8;
            bytes.push(u8::try_from(bits >> have & 255).unwrap());
        }
    }
    bytes.try_into().unwrap()
}

#[tokio::test]
async fn a_forgotten_password_is_chosen_anew_by_a_link_once() {
    let world = World::new().await;
    let old = world.owner("ada").await;
    let ask = || world.call("", "POST /api/v1/password-resets", json!({ "login": "Ada@Example.com" }));
    ask().await.is(204);
    ask().await.is(204);
    world.runs_reactions().await;
    assert_eq!(world.letters().len(), 1);
    let token = world.link_to("ada@example.com");
    let choose = |token: &str, password| {
        world.call("", "POST /api/v1/password-resets/complete", json!({ "token": token, "password": password }))
    };
    choose(&token, "short").await.is(422);
    choose(&token, "a quite new password").await.is(204);
    choose(&token, "another new password").await.refused(422, "password.link");
    world.call(&old, "GET /api/v1/me", Value::Null).await.refused(401, "unauthenticated");
    world.try_sign_in(json!({ "login": "ada@example.com", "password": PASSWORD })).await.is(401);
    let signed_in =
        world.try_sign_in(json!({ "login": "ada@example.com", "password": "a quite new password" })).await.is(201);
    // The inbox tells of it and never holds the link.
    let token_now = signed_in["token"].as_str().unwrap();
    world.runs_reactions().await;
    let inbox = world.get(token_now, "/api/v1/messages").await;
    assert_eq!(inbox["items"].as_array().unwrap().len(), 2);
    assert!(!inbox.to_string().contains("kr_"));
}

#[tokio::test]
async fn a_link_grows_old() {
    let world = World::new().await;
    world.owner("ada").await;
    world.call("", "POST /api/v1/password-resets", json!({ "login": "ada@example.com" })).await.is(204);
    world.runs_reactions().await;
    let token = world.link_to("ada@example.com");
    world.turn_minutes(31);
    let input = json!({ "token": token, "password": "a quite new password" });
    world.call("", "POST /api/v1/password-resets/complete", input).await.refused(422, "password.link");
}

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions() {
    let world = World::new().await;
    let here = world.owner("ada").await;
    let there = world.signs_in("ada@example.com").await;
    let change = |present| {
        world.call(&here, "POST /api/v1/me/password", json!({ "present": present, "wanted": "a quite new password" }))
    };
    change("wrong password").await.refused(422, "password.wrong");
    change(PASSWORD).await.is(204);
    world.get(&here, "/api/v1/me").await;
    world.call(&there, "GET /api/v1/me", Value::Null).await.is(401);
}

#[tokio::test]
async fn a_sub_user_is_invited_signs_in_by_the_short_name_and_is_disabled() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let input = json!({ "name": "grace", "role": "developer", "email": "grace@example.com", "lang": "zh" });
    let grace = world.call(&ada, "POST /api/v1/users", input.clone()).await.is(201);
    world.call(&ada, "POST /api/v1/users", input).await.refused(409, "user.name_taken");
    world.runs_reactions().await;
    let token = world.link_to("grace@example.com");
    let choose = json!({ "token": token, "password": PASSWORD });
    world.call("", "POST /api/v1/password-resets/complete", choose).await.is(204);
    let sign_in = || world.try_sign_in(json!({ "account": "ada", "login": "grace", "password": PASSWORD }));
    let session = sign_in().await.is(201);
    let session = session["token"].as_str().unwrap();
    assert_eq!(world.get(session, "/api/v1/me").await["user"]["lang"], "zh");
    // She is no manager, and nobody manages the owner.
    world
        .call(
            session,
            "POST /api/v1/users",
            json!({ "name": "eve", "role": "admin", "lang": "en", "password": PASSWORD }),
        )
        .await
        .is(403);
    let path = format!("/api/v1/users/{}", grace["id"].as_str().unwrap());
    let version = world.get(&ada, &path).await["version"].as_i64().unwrap();
    world.edit(&ada, &format!("PATCH {path}"), version + 1, json!({ "role": "admin" })).await.refused(412, "stale");
    world.edit(&ada, &format!("PATCH {path}"), version, json!({ "role": "admin" })).await.is(200);
    let owner = world.get(&ada, "/api/v1/me").await["user"]["id"].as_str().unwrap().to_owned();
    world.call(session, &format!("POST /api/v1/users/{owner}/disable"), Value::Null).await.refused(403, "user.owner");
    world.call(&ada, &format!("POST /api/v1/users/{owner}/disable"), Value::Null).await.refused(403, "user.oneself");
    world.call(&ada, &format!("POST {path}/disable"), Value::Null).await.is(200);
    world.call(session, "GET /api/v1/me", Value::Null).await.is(401);
    sign_in().await.refused(401, "sign_in.refused");
    world.call(&ada, &format!("POST {path}/enable"), Value::Null).await.is(200);
    sign_in().await.is(201);
    let stranger = UserId::new(world.now());
    world.call(&ada, &format!("GET /api/v1/users/{stranger}"), Value::Null).await.refused(404, "not_found");
}
