//! A site with accounts and messages only, and people who use it.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use accounts::{Accounts, StaffRole};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode},
};
use kernel::{Event, Timestamp};
use messages::Messages;
use platform::{
    App, Clock, Config, Db, Means, Vault,
    blobs::Blobs,
    http::{TRIES, hold, limit::Limits},
    jobs::{self, Lane},
    mail::Outbox,
};
use policy::Policies;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tower::ServiceExt;

pub(crate) const PASSWORD: &str = "correct horse battery";

const MIGRATIONS: [(i64, &str, &str); 4] = [
    (1, "platform", include_str!("../../../../migrations/0001_platform.sql")),
    (2, "policy", include_str!("../../../../migrations/0002_policy.sql")),
    (4, "accounts", include_str!("../../../../migrations/0004_accounts.sql")),
    (5, "messages", include_str!("../../../../migrations/0005_messages.sql")),
];

pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) accounts: Accounts,
    pub(crate) messages: Messages,
    pub(crate) router: Router,
    folder: Arc<TempDir>,
}

/// An answer as a client sees it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn is(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    pub(crate) fn refused(self, status: u16, code: &str) {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}", self.body);
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let db = database(&folder).await;
        db.migrate(&MIGRATIONS).await.unwrap();
        let mut config = Config::default();
        config.passwords.memory_kib = 8;
        config.passwords.passes = 1;
        config.limits.sign_ins_per_minute = 1_000;
        let app = App::new(Means {
            db,
            clock: Clock::turned("2026-11-23T08:00:00Z".parse().unwrap()),
            vault: Vault::new([7; 32]),
            blobs: Blobs::folder(&folder.path().join("files")).unwrap(),
            mail: Outbox::new(None, None, folder.path().join("letters"), config.environment).unwrap(),
            limits: Limits::new(config.limits),
            config,
        });
        Policies::new(app.clone()).ensure(None).await.unwrap();
        Self::over(app, Arc::new(folder))
    }

    /// Another process of the same site: it has nothing of what this one holds in memory.
    pub(crate) fn another(&self) -> Self {
        Self::over(self.app.clone(), self.folder.clone())
    }

    fn over(app: App, folder: Arc<TempDir>) -> Self {
        let policies = Policies::new(app.clone());
        let accounts = Accounts::new(app.clone(), policies)
            // Documents are not what is tried here: every account owns every one of them.
            .with_documents(Arc::new(|_, _| Box::pin(async { Ok(true) })));
        let messages = Messages::new(app.clone(), accounts.clone());
        let router = accounts.routes().and(messages.routes()).into_routers().0;
        let router = Router::new().fallback(async move |request: Request<Body>| hold(request, &router, TRIES).await);
        Self { app, accounts, messages, router, folder }
    }

    /// From now on the site confirms the mail addresses of new accounts.
    pub(crate) async fn confirms_addresses(&self) {
        let rules = policy::DEFAULT.replace("# confirm_addresses = true", "confirm_addresses = true");
        let mut tx = self.app.db.begin().await.unwrap();
        self.accounts.policies.publish(&mut tx, &rules, None, "a test").await.unwrap();
        tx.commit().await.unwrap();
        self.accounts.policies.forget_cached();
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    pub(crate) fn turn_minutes(&self, minutes: i64) {
        self.app.clock.turn(minutes * kernel::time::MINUTE);
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{}", String::from_utf8_lossy(&bytes));
        Answer { status: status.as_u16(), body: serde_json::from_slice(&bytes).unwrap_or_default() }
    }

    /// `call` is a method and a path; `token` may be empty; `version` goes into If-Match.
    pub(crate) async fn edit(&self, token: &str, call: &str, version: i64, body: Value) -> Answer {
        let (method, path) = call.split_once(' ').unwrap();
        let mut request = Request::builder().method(method.parse::<Method>().unwrap()).uri(path);
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if version > -1 {
            request = request.header("if-match", format!("\"{version}\""));
        }
        let body = if body.is_null() {
            Body::empty()
        } else {
            request = request.header("content-type", "application/json");
            Body::from(body.to_string())
        };
        self.send(request.body(body).unwrap()).await
    }

    pub(crate) async fn call(&self, token: &str, call: &str, body: Value) -> Answer {
        self.edit(token, call, -1, body).await
    }

    pub(crate) async fn get(&self, token: &str, path: &str) -> Value {
        self.call(token, &format!("GET {path}"), Value::Null).await.is(200)
    }

    /// Opens a personal account and signs its owner in.
    pub(crate) async fn owner(&self, name: &str) -> String {
        let email = format!("{name}@example.com");
        let input = json!({ "kind": "personal", "name": name, "slug": name, "email": email, "password": PASSWORD, "lang": "en" });
        self.call("", "POST /api/v1/accounts", input).await.is(201);
        self.signs_in(&email).await
    }

    pub(crate) async fn staff(&self, role: StaffRole) -> String {
        let email = format!("{role}@market.example.com");
        self.accounts.create_operator(&email, PASSWORD, role).await.unwrap();
        self.signs_in(&email).await
    }

    pub(crate) async fn try_sign_in(&self, input: Value) -> Answer {
        self.call("", "POST /api/v1/sessions", input).await
    }

    pub(crate) async fn signs_in(&self, email: &str) -> String {
        let answer = self.try_sign_in(json!({ "login": email, "password": PASSWORD })).await.is(201);
        answer["token"].as_str().unwrap().to_owned()
    }

    /// Does what the worker does, until nothing is due.
    pub(crate) async fn runs_reactions(&self) {
        loop {
            let mut claimed = jobs::claim(&self.app.db, self.now(), Lane::Inside, 100).await.unwrap();
            claimed.extend(jobs::claim(&self.app.db, self.now(), Lane::Outside, 100).await.unwrap());
            if claimed.is_empty() {
                return;
            }
            for job in claimed {
                let event = job.event().unwrap();
                if let Event::MessageQueued { message } = event {
                    self.messages.send(message).await.unwrap();
                }
                let mut tx = self.app.db.begin().await.unwrap();
                self.react(&mut tx, &event).await.unwrap();
                assert!(jobs::finish(&mut tx, &job).await.unwrap());
                tx.commit().await.unwrap();
            }
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "these stories cause few of the events")]
    async fn react(&self, tx: &mut platform::Tx, event: &Event) -> kernel::Result<()> {
        let messages = &self.messages;
        match event {
            Event::MessageQueued { message } => messages.sent(tx, *message).await,
            Event::VerificationSubmitted { verification } => {
                messages.on_verification_submitted(tx, *verification).await
            }
            Event::VerificationDecided { verification } => messages.on_verification_decided(tx, *verification).await,
            Event::AccountLocked { account } => messages.on_account_locked(tx, *account).await,
            Event::PasswordResetRequested { user } => messages.on_password_reset_requested(tx, *user).await,
            Event::SignUpAsked { user } => messages.on_sign_up_asked(tx, *user).await,
            Event::UserInvited { user } => messages.on_user_invited(tx, *user).await,
            Event::TotpDisabled { user } => messages.on_totp_disabled(tx, *user).await,
            Event::PasswordChanged { user } => messages.on_password_changed(tx, *user).await,
            other => panic!("nobody expected {other:?}"),
        }
    }

    /// The letters that have left, oldest first.
    pub(crate) fn letters(&self) -> Vec<String> {
        let Ok(folder) = std::fs::read_dir(self.folder.path().join("letters")) else {
            return Vec::new();
        };
        let mut files: Vec<_> = folder.map(|file| file.unwrap().path()).collect();
        files.sort();
        files.into_iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
    }

    /// The token of the link in a letter to somebody.
    pub(crate) fn link_to(&self, email: &str) -> String {
        let to = format!("To: {email}\n");
        let letter =
            self.letters().into_iter().rev().find(|letter| letter.contains(&to) && letter.contains("token=")).unwrap();
        letter.split("token=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned()
    }

    /// A request signed as the SDK does it.
    pub(crate) fn signed(&self, key: &Value, call: &str, body: &str) -> Request<Body> {
        let (method, path) = call.split_once(' ').unwrap();
        let date = self.now().format("%Y%m%dT%H%M%SZ", &jiff::tz::TimeZone::UTC);
        let hash = hex::encode(Sha256::digest(body));
        let canonical = format!(
            "{method}\n{path}/\n\ncontent-type:application/json\nhost:market.example.com\nx-sdk-date:{date}\n\n\
             content-type;host;x-sdk-date\n{hash}"
        );
        let text = format!("SDK-HMAC-SHA256\n{date}\n{}", hex::encode(Sha256::digest(canonical)));
        let signature = hmac(key["secret_key"].as_str().unwrap(), &text);
        let access = key["access_key"].as_str().unwrap();
        Request::builder()
            .method(method.parse::<Method>().unwrap())
            .uri(path)
            .header("host", "market.example.com")
            .header("x-sdk-date", date)
            .header("content-type", "application/json")
            .header(
                "authorization",
                format!(
                    "SDK-HMAC-SHA256 Access={access}, SignedHeaders=content-type;host;x-sdk-date, Signature={signature}"
                ),
            )
            .body(Body::from(body.to_owned()))
            .unwrap()
    }
}

fn hmac(key: &str, text: &str) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

async fn database(folder: &TempDir) -> Db {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let Ok(url) = std::env::var("KONTOR_TEST_POSTGRES") else {
        return Db::sqlite(&folder.path().join("kontor.db"), 2).await.unwrap();
    };
    let schema = format!("story_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::SeqCst));
    let db = Db::postgres(&url, 2).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    tx.execute(Box::leak(format!("create schema {schema}").into_boxed_str()), vec![]).await.unwrap();
    tx.commit().await.unwrap();
    db.close().await;
    Db::postgres(&format!("{url}?options=-c%20search_path%3D{schema}"), 4).await.unwrap()
}
