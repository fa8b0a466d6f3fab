//! The same with a browser: forms that are believed, a session in a cookie, secrets that are shown once.

use std::{collections::BTreeMap, fmt::Write};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, header},
    middleware::from_fn_with_state,
};
use platform::http::{TRIES, hold};
use serde_json::{Value, json};
use totp_rs::Builder;
use tower::ServiceExt;

use crate::{
    signing_in::from_base32,
    world::{PASSWORD, World},
};

struct Browser {
    pages: Router,
    cookies: BTreeMap<String, String>,
    /// The page that is open.
    html: String,
}

impl Browser {
    fn new(world: &World) -> Self {
        let pages = world.accounts.routes().and(world.messages.routes()).into_routers().1;
        let pages = pages.layer(from_fn_with_state(world.accounts.clone(), accounts::receive));
        let pages = Router::new().fallback(async move |request: Request<Body>| hold(request, &pages, TRIES).await);
        Self { pages, cookies: BTreeMap::new(), html: String::new() }
    }

    async fn send(&mut self, method: &str, path: &str, body: String) -> (u16, String) {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, cookies.join("; "))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap();
        let response = self.pages.clone().oneshot(request).await.unwrap();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let to = response.headers().get(header::LOCATION).map_or(String::new(), |to| to.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        self.html = String::from_utf8(bytes.to_vec()).unwrap();
        (status, to)
    }

    async fn opens(&mut self, path: &str) {
        let (status, _) = self.send("GET", path, String::new()).await;
        assert_eq!(status, 200, "{path}: {}", self.html);
    }

    /// The value of a hidden field of the open page.
    fn hidden(&self, name: &str) -> String {
        let field = format!("name=\"{name}\" value=\"");
        let rest = self.html.split(&field).nth(1).unwrap_or_else(|| panic!("no {name} in {}", self.html));
        rest.split('"').next().unwrap().replace("&amp;", "&")
    }

    /// Sends a form of the open page, with what every form carries.
    async fn submits(&mut self, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let mut body = format!("_csrf={}&_once={}", ui::escaped(&self.hidden("_csrf")), self.hidden("_once"));
        for (name, value) in fields {
            write!(body, "&{name}={}", ui::escaped(value)).unwrap();
        }
        self.send("POST", path, body).await
    }

    async fn signs_up(&mut self, name: &str) {
        self.opens("/sign-up?next=/console/team").await;
        let mail = format!("{name}@example.com");
        let fields =
            [("kind", "personal"), ("name", name), ("email", &mail), ("password", PASSWORD), ("next", "/console/team")];
        assert_eq!(self.submits("/sign-up", &fields).await, (303, "/console/team".to_owned()), "{}", self.html);
    }
}

fn code(world: &World, secret: &str) -> String {
    let totp = Builder::new().with_secret(from_base32(secret)).build().unwrap();
    totp.generate(u64::try_from(world.now().as_seconds()).unwrap()).to_string()
}

#[tokio::test]
async fn who_signs_up_is_signed_in_and_comes_where_they_wanted() {
    let world = World::new().await;
    let mut ada = Browser::new(&world);
    ada.signs_up("ada").await;
    ada.opens("/console/team").await;
    assert!(ada.html.contains("ada@example.com"));
    let mut twin = Browser::new(&world);
    twin.opens("/sign-up").await;
    let fields = [("name", "Twin"), ("email", "ada@example.com"), ("password", PASSWORD)];
    assert_eq!(twin.submits("/sign-up", &fields).await.0, 422);
    assert!(twin.html.contains("already belongs to a user") && twin.html.contains("value=\"Twin\""), "{}", twin.html);
    assert!(!twin.html.contains(PASSWORD), "a password is not sent back");
}

#[tokio::test]
async fn where_addresses_are_confirmed_nobody_learns_who_has_an_account() {
    let world = World::new().await;
    world.owner("ada").await;
    world.confirms_addresses().await;
    let mut browser = Browser::new(&world);
    for email in ["ada@example.com", "new@example.com"] {
        browser.opens("/sign-up").await;
        assert!(!browser.html.contains("name=\"password\""), "{}", browser.html);
        let fields = [("kind", "personal"), ("name", "Somebody"), ("email", email)];
        let sent = browser.submits("/sign-up", &fields).await;
        assert_eq!(sent, (303, "/sign-up?sent=true".to_owned()), "{email}: {}", browser.html);
        let input = json!({ "kind": "personal", "name": "Again", "email": email, "password": PASSWORD, "lang": "en" });
        world.call("", "POST /api/v1/accounts", input).await.is(204);
    }
    world.runs_reactions().await;
    let letters = world.letters();
    let to = |name: &str| letters.iter().filter(|letter| letter.contains(name)).collect::<Vec<_>>();
    let told = to("ada@example.com");
    assert!(told.len() == 1 && told[0].contains("You have an account already"), "{told:?}");
    let told = to("new@example.com");
    assert!(told.len() == 1 && told[0].contains("Confirm your mail address"), "{told:?}");
    let path = told[0].split_whitespace().find(|word| word.contains("/reset-password?token=")).unwrap();
    browser.opens(&path[path.find("/reset-password").unwrap()..]).await;
    let token = browser.hidden("token");
    let chosen = [("token", token.as_str()), ("password", "quite another secret")];
    assert_eq!(browser.submits("/reset-password", &chosen).await.0, 303, "{}", browser.html);
    browser.opens("/sign-in").await;
    let fields = [("login", "new@example.com"), ("password", "quite another secret")];
    assert_eq!(browser.submits("/sign-in", &fields).await, (303, "/console".to_owned()), "{}", browser.html);
}

#[tokio::test]
async fn nobody_keeps_an_address_from_its_owner_by_signing_up_with_it() {
    let world = World::new().await;
    world.confirms_addresses().await;
    let asks = async |kind: &str, name: &str, slug: &str| {
        let input = json!({ "kind": kind, "name": name, "slug": slug, "email": "ada@example.com", "password": PASSWORD,
            "mobile": "13900139000", "lang": "en" });
        world.call("", "POST /api/v1/accounts", input).await.is(204);
        world.runs_reactions().await;
        world.link_to("ada@example.com")
    };
    // Somebody else, with a name and a telephone of their own.
    let theirs = asks("enterprise", "Squatter Ltd", "squatter").await;
    world.turn_minutes(2);
    let mine = asks("personal", "Ada Lovelace", "ada-lovelace").await;
    assert_ne!(theirs, mine, "each letter has a link of its own");
    let follow = async |token: &str| {
        let chosen = json!({ "token": token, "password": "quite another secret" });
        world.call("", "POST /api/v1/password-resets/complete", chosen).await
    };
    follow(&mine).await.is(204);
    let session = json!({ "login": "ada@example.com", "password": "quite another secret" });
    let session = world.call("", "POST /api/v1/sessions", session).await.is(201);
    let me = world.call(session["token"].as_str().unwrap(), "GET /api/v1/me", Value::Null).await.is(200);
    assert_eq!((&me["account"]["name"], &me["account"]["kind"]), (&json!("Ada Lovelace"), &json!("personal")), "{me}");
    follow(&theirs).await.refused(409, "account.email_taken");

    // What nobody confirmed is gone with its letter, and its short name is free.
    world.turn_minutes(60 * 24 * 40);
    let mut tx = world.app.db.begin().await.unwrap();
    let before = world.now().plus_days(-2);
    assert!(world.accounts.forget_old(&mut tx, before).await.unwrap() > 0);
    tx.commit().await.unwrap();
    let input = json!({ "kind": "personal", "name": "Later", "slug": "squatter", "email": "new@example.com",
        "password": PASSWORD, "lang": "en" });
    world.call("", "POST /api/v1/accounts", input).await.is(204);
    let session = json!({ "login": "ada@example.com", "password": "quite another secret" });
    world.call("", "POST /api/v1/sessions", session).await.is(201);
}

#[tokio::test]
async fn a_new_password_is_judged_while_it_is_typed_and_when_it_is_sent() {
    let world = World::new().await;
    let mut ada = Browser::new(&world);
    ada.opens("/sign-up").await;
    let page = ada.html.clone();
    for (password, said) in [("password1234", "Easy to guess"), ("teapot orbit velvet harbour", "Strong")] {
        ada.html.clone_from(&page);
        assert_eq!(ada.submits("/password-strength", &[("password", password)]).await.0, 200);
        assert!(ada.html.contains(said) && !ada.html.contains(password), "{password}: {}", ada.html);
    }
    ada.html = page;
    let fields = [("name", "Ada"), ("email", "ada@example.com"), ("password", "password1234")];
    assert_eq!(ada.submits("/sign-up", &fields).await.0, 422);
    assert!(ada.html.contains("easy to guess"), "{}", ada.html);
}

#[tokio::test]
async fn a_form_of_another_browser_is_not_believed() {
    let world = World::new().await;
    let (mut ada, mut eve) = (Browser::new(&world), Browser::new(&world));
    ada.signs_up("ada").await;
    ada.opens("/console/team/new").await;
    eve.opens("/sign-in").await;
    ada.html.clone_from(&eve.html);
    let fields = [("name", "grace"), ("role", "admin"), ("lang", "en"), ("password", PASSWORD)];
    assert_eq!(ada.submits("/console/team/new", &fields).await.0, 403);
    assert_eq!(eve.submits("/console/team/new", &fields).await, (303, "/sign-in?next=%2F".to_owned()));
}

#[tokio::test]
async fn the_second_step_asks_for_the_code_alone() {
    let world = World::new().await;
    let mut ada = Browser::new(&world);
    ada.signs_up("ada").await;
    ada.opens("/console/security").await;
    assert_eq!(ada.submits("/console/security/two-step", &[]).await.0, 200);
    assert!(ada.html.contains("<svg class=\"qr\""));
    let (secret, address) = (ada.hidden("secret"), ada.hidden("address"));
    let now = code(&world, &secret);
    let fields = [("secret", secret.as_str()), ("address", &address), ("code", "000000")];
    assert_eq!(ada.submits("/console/security/two-step/confirm", &fields).await.0, 422);
    assert_eq!(ada.hidden("secret"), secret, "the picture stays after a wrong code");
    let fields = [("secret", secret.as_str()), ("address", &address), ("code", &now)];
    assert_eq!(ada.submits("/console/security/two-step/confirm", &fields).await.0, 200, "{}", ada.html);

    let mut other = Browser::new(&world);
    other.opens("/sign-in").await;
    let fields = [("login", "ada@example.com"), ("password", PASSWORD), ("next", "/console/keys")];
    assert_eq!(other.submits("/sign-in", &fields).await.0, 200);
    assert!(!other.html.contains(PASSWORD) && !other.html.contains("name=\"password\""), "{}", other.html);
    let step = other.hidden("step");
    assert_eq!(other.submits("/sign-in", &[("step", &step), ("totp", "000000")]).await.0, 422);
    world.turn_minutes(1);
    let fresh = code(&world, &secret);
    let mut thief = Browser::new(&world);
    thief.opens("/sign-in").await;
    assert_eq!(thief.submits("/sign-in", &[("step", &step), ("totp", &fresh)]).await.0, 200);
    assert!(thief.html.contains("name=\"password\""), "the first step is good in its own browser alone");
    let fields = [("step", step.as_str()), ("totp", &fresh), ("next", "/console/keys")];
    assert_eq!(other.submits("/sign-in", &fields).await, (303, "/console/keys".to_owned()), "{}", other.html);

    other.cookies.remove("__Host-session");
    world.turn_minutes(5);
    other.opens("/sign-in").await;
    let fresh = code(&world, &secret);
    assert_eq!(other.submits("/sign-in", &[("step", &step), ("totp", &fresh)]).await.0, 200);
    assert!(other.html.contains("name=\"password\""), "the first step is over after five minutes");
}

#[tokio::test]
async fn the_link_of_a_letter_leads_to_a_page_that_sets_the_password() {
    let world = World::new().await;
    world.owner("ada").await;
    let mut ada = Browser::new(&world);
    for login in ["ada@example.com", "nobody@example.com"] {
        ada.opens("/forgot-password").await;
        let sent = ada.submits("/forgot-password", &[("login", login)]).await;
        assert_eq!(sent, (303, "/forgot-password?sent=true".to_owned()), "the same for everybody");
    }
    world.runs_reactions().await;
    let letters = world.letters();
    let letter = letters.iter().find(|letter| letter.contains("/reset-password?token=")).unwrap();
    let path = letter.split_whitespace().find(|word| word.contains("/reset-password?token=")).unwrap();
    let path = &path[path.find("/reset-password").unwrap()..];
    ada.opens(path).await;
    let token = ada.hidden("token");
    assert_eq!(ada.submits("/reset-password", &[("token", &token), ("password", "short")]).await.0, 422);
    let chosen = [("token", token.as_str()), ("password", "quite another secret")];
    assert_eq!(ada.submits("/reset-password", &chosen).await, (303, "/sign-in?done=password-chosen".to_owned()));
    ada.opens("/sign-in").await;
    let fields = [("login", "ada@example.com"), ("password", "quite another secret")];
    assert_eq!(ada.submits("/sign-in", &fields).await, (303, "/console".to_owned()), "{}", ada.html);
}

#[tokio::test]
async fn a_token_is_shown_once_and_again_to_a_repeat_of_its_form_alone() {
    let world = World::new().await;
    let mut ada = Browser::new(&world);
    ada.signs_up("ada").await;
    ada.opens("/console/keys/new-token").await;
    let page = ada.html.clone();
    let fields = [("name", "build server"), ("scopes", "view"), ("scopes", "buy"), ("days", "30")];
    let shown = |html: &str| html.split("kt_").nth(1).map(|rest| rest.split('<').next().unwrap().to_owned());
    assert_eq!(ada.submits("/console/keys/new-token", &fields).await.0, 200, "{}", ada.html);
    let first = shown(&ada.html).unwrap();
    ada.html = page;
    assert_eq!(ada.submits("/console/keys/new-token", &fields).await.0, 200);
    assert_eq!(shown(&ada.html), Some(first));
    ada.opens("/console/keys").await;
    assert!(ada.html.contains("build server") && shown(&ada.html).is_none());
    assert_eq!(ada.html.matches("/console/keys/tokens/").count(), 1, "one token was made");
}

#[tokio::test]
async fn the_number_of_unread_messages_goes_when_all_are_read() {
    let world = World::new().await;
    let mut ada = Browser::new(&world);
    ada.signs_up("ada").await;
    ada.opens("/console/security").await;
    let fields = [("present", PASSWORD), ("password", "quite another secret")];
    assert_eq!(ada.submits("/console/security/password", &fields).await.0, 303, "{}", ada.html);
    world.runs_reactions().await;
    ada.opens("/console/messages/unread").await;
    assert_eq!(ada.html, "1");
    ada.opens("/console/messages").await;
    assert!(ada.html.contains("Your password was changed"), "{}", ada.html);
    assert_eq!(ada.submits("/console/messages/read-all", &[]).await.0, 303);
    ada.opens("/console/messages/unread").await;
    assert_eq!(ada.html, "");
}
