//! Tokens, keys, signed requests, verification, staff, the audit log, the API document.

use accounts::{Buyer, NewToken, Permission, Seller, StaffRole};
use axum::body::Body;
use kernel::id::AccountId;
use platform::http::openapi;
use serde_json::{Value, json};

use crate::world::{PASSWORD, World};

#[tokio::test]
async fn a_token_acts_within_its_scopes_until_it_is_revoked() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let make = |token: &str, scopes: Value| {
        let input = json!({ "name": "build", "scopes": scopes, "days": 30 });
        let token = token.to_owned();
        let world = &world;
        async move { world.call(&token, "POST /api/v1/tokens", input).await }
    };
    let narrow = make(&ada, json!(["view", "view"])).await.is(201);
    let text = narrow["token"].as_str().unwrap();
    world.get(text, "/api/v1/users").await;
    make(text, json!(["view"])).await.refused(403, "forbidden.scope");
    world.call(text, "GET /api/v1/sessions", Value::Null).await.refused(403, "forbidden.in_person");
    let manager = make(&ada, json!(["manage_team", "view"])).await.is(201);
    make(manager["token"].as_str().unwrap(), json!(["own"])).await.refused(403, "credential.scope_too_wide");
    let listed = world.get(&ada, "/api/v1/tokens").await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    assert!(!listed.to_string().contains("kt_"));
    world.call(&ada, &format!("DELETE /api/v1/tokens/{}", narrow["id"].as_str().unwrap()), Value::Null).await.is(204);
    world.call(text, "GET /api/v1/users", Value::Null).await.is(401);
    world.turn_minutes(30 * 24 * 60);
    assert!(world.accounts.member_by_token(manager["token"].as_str().unwrap()).await.is_err());
}

#[tokio::test]
async fn a_repeated_request_gets_the_secret_of_the_first_answer() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let send = || {
        let body = json!({ "name": "k", "scopes": ["integrate"] }).to_string();
        let request = axum::http::Request::post("/api/v1/access-keys")
            .header("authorization", format!("Bearer {ada}"))
            .header("content-type", "application/json")
            .header("idempotency-key", "one");
        world.send(request.body(Body::from(body)).unwrap())
    };
    let first = send().await.is(201);
    let again = send().await.is(201);
    assert_eq!(first["id"], again["id"]);
    assert_eq!(first["secret_key"].as_str().unwrap().len(), 40);
    assert_eq!(again["secret_key"], first["secret_key"]);
}

#[tokio::test]
async fn a_site_without_documents_takes_none_as_proof() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let bare = accounts::Accounts::new(world.app.clone(), world.accounts.policies.clone());
    let buyer = Buyer::try_from(bare.member_by_token(&ada).await.unwrap()).unwrap();
    let identity = accounts::Identity {
        kind: accounts::CustomerKind::Enterprise,
        name: "Ada Ltd".to_owned(),
        country: "CN".to_owned(),
        number: "91440300MA5EXAMPLE".to_owned(),
        representative: Some("Ada Li".to_owned()),
        documents: vec![kernel::id::DocumentId::new(world.now())],
    };
    let mut tx = world.app.db.begin().await.unwrap();
    let refused = bare.submit_verification(&mut tx, &buyer, &identity).await.unwrap_err();
    assert!(refused.to_string().contains("documents"), "{refused}");
}

#[tokio::test]
async fn a_signed_request_is_accepted_once_and_only_unchanged() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let scopes = json!(["view", "manage_team"]);
    let key = world.call(&ada, "POST /api/v1/access-keys", json!({ "name": "k", "scopes": scopes })).await.is(201);
    let body = json!({ "name": "t", "scopes": ["view"], "days": 1 }).to_string();
    let call = "POST /api/v1/tokens";
    world.send(world.signed(&key, call, &body)).await.is(201);
    world.send(world.signed(&key, call, &body)).await.refused(401, "signature.replayed");
    // Nor by another process, or by the same one after a restart; when it is forgotten, its date is too old.
    let another = world.another();
    another.send(world.signed(&key, call, &body)).await.refused(401, "signature.replayed");
    let late = world.signed(&key, call, &body);
    world.turn_minutes(15);
    let seconds = 1_000_000;
    world.app.clock.turn(seconds);
    let mut tx = world.app.db.begin().await.unwrap();
    assert_eq!(world.accounts.forget_old(&mut tx, world.now()).await.unwrap(), 1);
    tx.commit().await.unwrap();
    another.send(late).await.refused(401, "signature.expired");
    let mut changed = world.signed(&key, call, &body);
    *changed.body_mut() = Body::from(body.replace("\"t\"", "\"u\""));
    world.send(changed).await.refused(401, "signature.wrong");
    let old = world.signed(&key, call, &body);
    world.turn_minutes(16);
    world.send(old).await.refused(401, "signature.expired");
    world.send(world.signed(&key, call, &body)).await.is(201);
    // Reading may be repeated.
    world.send(world.signed(&key, "GET /api/v1/tokens", "")).await.is(200);
    world.send(world.signed(&key, "GET /api/v1/tokens", "")).await.is(200);

    let path = format!("/api/v1/access-keys/{}", key["id"].as_str().unwrap());
    world.edit(&ada, &format!("PATCH {path}"), 1, json!({ "active": false })).await.is(200);
    world.send(world.signed(&key, "GET /api/v1/tokens", "")).await.refused(401, "signature.unknown_key");
    world.edit(&ada, &format!("PATCH {path}"), 2, json!({ "active": true })).await.is(200);
    world.send(world.signed(&key, "GET /api/v1/tokens", "")).await.is(200);
    world.call(&ada, &format!("DELETE {path}"), Value::Null).await.is(204);
    world.send(world.signed(&key, "GET /api/v1/tokens", "")).await.refused(401, "signature.unknown_key");
}

#[tokio::test]
async fn a_narrow_token_makes_and_takes_over_nobody_who_may_do_more() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let user = |name: &str, role: &str| json!({ "name": name, "role": role, "lang": "en", "password": PASSWORD });
    let grace = world.call(&ada, "POST /api/v1/users", user("grace", "admin")).await.is(201);
    let path = format!("/api/v1/users/{}", grace["id"].as_str().unwrap());
    let wanted = json!({ "name": "t", "scopes": ["view", "manage_team"], "days": 1 });
    let token = world.call(&ada, "POST /api/v1/tokens", wanted).await.is(201);
    let token = token["token"].as_str().unwrap();
    let too_wide = "credential.scope_too_wide";
    world.call(token, "POST /api/v1/users", user("eve", "admin")).await.refused(403, too_wide);
    let mail = json!({ "email": "eve@example.com" });
    world.edit(token, &format!("PATCH {path}"), 1, mail).await.refused(403, too_wide);
    for verb in ["send-link", "disable", "enable"] {
        world.call(token, &format!("POST {path}/{verb}"), Value::Null).await.refused(403, too_wide);
    }
    let reader = world.call(token, "POST /api/v1/users", user("eve", "read_only")).await.is(201);
    let path = format!("PATCH /api/v1/users/{}", reader["id"].as_str().unwrap());
    world.edit(token, &path, 1, json!({ "role": "admin" })).await.refused(403, too_wide);
    world.edit(token, &path, 1, json!({ "lang": "zh" })).await.is(200);
}

#[tokio::test]
async fn a_disabled_users_tokens_and_keys_end() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let input = json!({ "name": "grace", "role": "admin", "lang": "en", "password": PASSWORD });
    let grace = world.call(&ada, "POST /api/v1/users", input).await.is(201);
    let signed_in =
        world.try_sign_in(json!({ "account": "ada", "login": "grace", "password": PASSWORD })).await.is(201);
    let member = world.accounts.member_by_token(signed_in["token"].as_str().unwrap()).await.unwrap();
    let mut tx = world.app.db.begin().await.unwrap();
    let wanted = NewToken { name: "t".to_owned(), scopes: vec![Permission::View], days: 1 };
    let (_, token) = world.accounts.issue_token(&mut tx, &member, &wanted).await.unwrap();
    tx.commit().await.unwrap();
    world.get(&token, "/api/v1/users").await;
    world
        .call(&ada, &format!("POST /api/v1/users/{}/disable", grace["id"].as_str().unwrap()), Value::Null)
        .await
        .is(200);
    world.call(&token, "GET /api/v1/users", Value::Null).await.is(401);
}

#[tokio::test]
async fn a_person_is_verified_and_becomes_an_enterprise() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let reviewer = world.staff(StaffRole::Reviewer).await;
    let person = json!({ "kind": "personal", "name": "Ada Li", "country": "CN", "number": "11010119900101123X" });
    let submit = |input: Value| world.call(&ada, "POST /api/v1/verifications", input);
    let submitted = submit(person.clone()).await.is(201);
    assert_eq!(submitted["number"], "**************123X");
    // One working day after Monday 16:00 in Shanghai.
    assert_eq!(submitted["due_at"], "2026-11-24T08:00:00.000000Z");
    submit(person).await.refused(409, "verification.pending");
    world.runs_reactions().await;
    let inbox = world.get(&reviewer, "/api/v1/messages?unread=true").await;
    assert_eq!(inbox["items"][0]["title"]["zh"], "有新的实名认证待审核");

    let waiting = world.get(&reviewer, "/api/v1/operator/verifications?state=pending").await;
    let path = format!("/api/v1/operator/verifications/{}", waiting["items"][0]["id"].as_str().unwrap());
    assert_eq!(world.get(&reviewer, &path).await["number"], "11010119900101123X");
    let decide = format!("POST {path}/decision");
    world.call(&ada, &decide, json!({ "verdict": "approve" })).await.refused(403, "forbidden.kind");
    world.call(&reviewer, &decide, json!({ "verdict": "reject" })).await.is(422);
    world.call(&reviewer, &decide, json!({ "verdict": "approve" })).await.is(200);
    world.call(&reviewer, &decide, json!({ "verdict": "approve" })).await.refused(409, "verification.wrong_state");
    let member = world.accounts.member_by_token(&ada).await.unwrap();
    assert!(Buyer::try_from(member).unwrap().is_verified());

    let document = kernel::id::DocumentId::new(world.now());
    let company = json!({
        "kind": "enterprise", "name": "Ada Ltd", "country": "CN", "number": "91440300MA5EXAMPLE",
        "representative": "Ada Li", "documents": [document],
    });
    let submitted = submit(company).await.is(201);
    let path = format!("/api/v1/operator/verifications/{}", submitted["id"].as_str().unwrap());
    world
        .call(&reviewer, &format!("POST {path}/decision"), json!({ "verdict": "approve", "reason": "fits" }))
        .await
        .is(200);
    let account = world.get(&ada, "/api/v1/account").await;
    assert_eq!((account["kind"].as_str(), account["verified_name"].as_str()), (Some("enterprise"), Some("Ada Ltd")));
    world.runs_reactions().await;
    assert!(world.letters().iter().any(|letter| letter.contains("verified as \"Ada Ltd\"")));
}

#[tokio::test]
async fn staff_are_made_and_ended_by_the_sites_admin() {
    let world = World::new().await;
    let admin = world.staff(StaffRole::Admin).await;
    let support = world.staff(StaffRole::Support).await;
    let new = json!({ "email": "finance@market.example.com", "role": "finance", "lang": "zh" });
    world.call(&support, "POST /api/v1/operator/staff", new.clone()).await.refused(403, "forbidden.role");
    let made = world.call(&admin, "POST /api/v1/operator/staff", new).await.is(201);
    world.runs_reactions().await;
    let choose = json!({ "token": world.link_to("finance@market.example.com"), "password": PASSWORD });
    world.call("", "POST /api/v1/password-resets/complete", choose).await.is(204);
    let finance = world.signs_in("finance@market.example.com").await;
    assert_eq!(world.get(&finance, "/api/v1/me").await["permissions"], json!(["view", "handle_money"]));
    let path = format!("/api/v1/operator/staff/{}", made["id"].as_str().unwrap());
    world.edit(&admin, &format!("PATCH {path}"), 2, json!({ "role": "support" })).await.is(200);
    world.get(&finance, "/api/v1/operator/audit").await;
    world.call(&admin, &format!("POST {path}/disable"), Value::Null).await.is(200);
    world.call(&finance, "GET /api/v1/me", Value::Null).await.is(401);
    // Staff have sessions only, and no customer sees what is theirs.
    world.call(&admin, "GET /api/v1/tokens", Value::Null).await.refused(403, "forbidden.kind");
}

#[tokio::test]
async fn the_operator_finds_accounts() {
    let world = World::new().await;
    let support = world.staff(StaffRole::Support).await;
    for name in ["ada", "grace", "a_da"] {
        // Lists are ordered by the moment of making, and the clock stands still by itself.
        world.turn_minutes(1);
        let input = json!({
            "kind": "personal", "name": name.to_uppercase(), "email": format!("{name}@example.com"), "password": PASSWORD,
            "lang": "en",
        });
        world.call("", "POST /api/v1/accounts", input).await.is(201);
    }
    let found = |query: &'static str| {
        let (world, support) = (&world, &support);
        async move {
            let page = world.get(support, &format!("/api/v1/operator/accounts?{query}")).await;
            let names = page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned());
            names.collect::<Vec<_>>()
        }
    };
    assert_eq!(found("").await, ["A_DA", "GRACE", "ADA"]);
    assert_eq!(found("q=gra").await, ["GRACE"]);
    assert_eq!(found("q=a_d").await, ["A_DA"]);
    assert_eq!(found("q=Ada@example.com").await, ["ADA"]);
    assert_eq!(found("kind=enterprise").await, [""; 0]);
    let first = world.get(&support, "/api/v1/operator/accounts?limit=2").await;
    let next = format!("/api/v1/operator/accounts?limit=2&cursor={}", first["next_cursor"].as_str().unwrap());
    assert_eq!(world.get(&support, &next).await["items"][0]["name"], "ADA");
    let id = first["items"][0]["id"].as_str().unwrap().to_owned();
    let account = world.get(&support, &format!("/api/v1/operator/accounts/{id}")).await;
    assert_eq!(account["users"][0]["role"], "owner");
}

#[tokio::test]
async fn the_audit_log_is_only_added_to_and_kept_apart() {
    let world = World::new().await;
    let (ada, eve) = (world.owner("ada").await, world.owner("eve").await);
    let support = world.staff(StaffRole::Support).await;
    let token = json!({ "name": "t", "scopes": ["view"], "days": 1 });
    world.call(&ada, "POST /api/v1/tokens", token).await.is(201);
    assert_eq!(world.get(&ada, "/api/v1/audit?action=token.issued").await["items"].as_array().unwrap().len(), 1);
    assert_eq!(world.get(&eve, "/api/v1/audit").await["items"].as_array().unwrap().len(), 0);
    assert_eq!(world.get(&support, "/api/v1/operator/audit?action=staff.created").await["items"][0]["actor"], "system");
    for sql in ["update audit_entry set action = 'x'", "delete from audit_entry"] {
        let mut tx = world.app.db.begin().await.unwrap();
        assert!(tx.execute(sql, vec![]).await.is_err(), "{sql}");
    }
}

#[tokio::test]
async fn an_admitted_seller_is_seen_at_once() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let member = world.accounts.member_by_token(&ada).await.unwrap();
    assert!(Seller::try_from(member.clone()).is_err());
    let mut tx = world.app.db.begin().await.unwrap();
    world.accounts.admit_seller(&mut tx, member.account(), true).await.unwrap();
    assert!(world.accounts.admit_seller(&mut tx, AccountId::new(world.now()), true).await.is_err());
    tx.commit().await.unwrap();
    assert!(Seller::try_from(world.accounts.member_by_token(&ada).await.unwrap()).is_ok());
}

#[tokio::test]
async fn the_api_document_refers_to_nothing_that_is_not_in_it() {
    let world = World::new().await;
    let routes = world.accounts.routes().and(world.messages.routes());
    let document = serde_json::to_value(openapi(routes.described(), routes.told())).unwrap();
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(document["components"]["schemas"].get(name).is_some(), "{name}");
    }
}
