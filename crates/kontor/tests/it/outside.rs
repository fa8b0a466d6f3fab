//! What leaves the site and what lies outside of it: mail, SMS, files in somebody else's store. The peers are real servers
//! of others; without them their part is skipped loudly.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context;
use axum::{Json, Router, extract::State, http::StatusCode, routing::post};
use kernel::time::{DAY, MINUTE};
use kontor::{
    Kontor, server,
    stage::{People, Stage, client::Client, client::Sent, client::text},
};
use platform::{
    Config,
    config::{Mail, S3, Sms},
};
use serde_json::{Value, json};

use crate::{
    accounts::EMAIL,
    postgres::skipped,
    stories::{PASSWORD, ask, each, refusal},
};

on_both!(
    a_letter_leaves_once_although_the_sms_fails,
    letters_leave_through_a_real_mail_server,
    documents_lie_in_a_real_store,
    an_account_hands_in_as_much_as_the_rules_allow,
    bytes_that_were_never_kept_are_cleared_away,
);

async fn a_letter_leaves_once_although_the_sms_fails(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "sms").await?;
    let provider = Provider::start().await?;
    provider.answers(StatusCode::SERVICE_UNAVAILABLE);
    let site = over(&stage, |config| Config { sms: Some(provider.settings()), ..config })?;
    let people = stage.people.over(Client::Here(server::router(&site, None)));
    something_to_tell(&people).await?;
    site.run_due_jobs().await?;
    let outbox = site.app.config.data.join("outbox");
    let letters = || anyhow::Ok(std::fs::read_dir(&outbox)?.collect::<Result<Vec<_>, _>>()?);
    let first = letters()?;
    assert_eq!((first.len(), provider.got().len()), (1, 1), "the letter has left, the provider was asked");
    std::fs::remove_file(first[0].path())?;
    site.app.clock.turn(MINUTE);
    provider.answers(StatusCode::OK);
    site.run_due_jobs().await?;
    assert!(letters()?.is_empty(), "not a second time");
    let texts = provider.got();
    assert_eq!(texts.len(), 2);
    assert_eq!(texts[1]["to"], "+8613800138000");
    assert!(text(&texts[1], "text")?.starts_with("Your password was changed: "), "{}", texts[1]);
    site.app.clock.turn(DAY);
    site.run_due_jobs().await?;
    assert_eq!(provider.got().len(), 2, "it is done");
    stage.close().await
}

async fn letters_leave_through_a_real_mail_server(url: Option<String>) -> anyhow::Result<()> {
    let Some(mut peer) = Peer::start("mail_server.py", "aiosmtpd")? else { return Ok(()) };
    let stage = Stage::turned(url.as_deref(), "smtp").await?;
    let provider = Provider::start().await?;
    let mail = Mail {
        smtp_url: format!("smtp://127.0.0.1:{}", peer.port),
        from: "Kontor Markt <no-reply@market.example>".to_owned(),
    };
    let site = over(&stage, |config| Config { mail: Some(mail), sms: Some(provider.settings()), ..config })?;
    let people = stage.people.over(Client::Here(server::router(&site, None)));
    something_to_tell(&people).await?;
    site.run_due_jobs().await?;
    let letters = peer.tells()?;
    let letters = letters.as_array().context("letters are a list")?;
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert_eq!(letters[0]["from"], "no-reply@market.example");
    assert_eq!(letters[0]["to"], json!([EMAIL]));
    assert_eq!(letters[0]["subject"], "Your password was changed");
    assert!(text(&letters[0], "text")?.contains("If it was not you, ask for a new password"), "{}", letters[0]);
    let texts = provider.got();
    assert_eq!(texts.len(), 1);
    assert_eq!(texts[0]["authorization"], "Bearer of the provider");

    // A server that is gone is a reason to try again, not to forget.
    drop(peer);
    let session = people.sign_in(EMAIL, "another long password").await?;
    change_password(&people, &session, "another long password", PASSWORD).await?;
    site.run_due_jobs().await?;
    assert_eq!(provider.got().len(), 2, "the SMS does not wait for the mail server");
    let standing = people.client.get(&people.operator().await?, "/api/v1/operator/invariants").await?;
    assert_eq!((&standing["jobs_due"], &standing["dead_letters"]), (&json!(0), &json!(0)), "{standing}");
    stage.close().await
}

async fn documents_lie_in_a_real_store(url: Option<String>) -> anyhow::Result<()> {
    let Some(mut peer) = Peer::start("s3_store.py", "moto.server, boto3")? else { return Ok(()) };
    let stage = Stage::turned(url.as_deref(), "s3").await?;
    let s3 = S3 {
        bucket: "kontor".to_owned(),
        region: "us-east-1".to_owned(),
        endpoint: Some(format!("http://127.0.0.1:{}", peer.port)),
        access_key_id: "key".to_owned(),
        secret_access_key: "secret".to_owned(),
    };
    let site = over(&stage, |config| Config { s3: Some(s3), ..config })?;
    let people = stage.people.over(Client::Here(server::router(&site, None)));
    let ada = people.register("enterprise", "Ada Lovelace").await?;
    let document = people.document(&ada, "business_licence").await?;
    assert_eq!(peer.tells()?, json!([format!("documents/{document}")]));
    let path = format!("/api/v1/documents/{document}/content");
    let content = people.client.get(&ada.token, &path).await?;
    assert!(content.as_str().is_some_and(|content| content.starts_with("%PDF-1.7")), "{content}");
    assert!(!site.app.config.data.join("files/documents").exists());
    abandon(&site, &ada.token).await?;
    assert_eq!(peer.tells()?.as_array().map(Vec::len), Some(2));
    site.app.clock.turn(2 * DAY);
    site.forget().await?;
    assert_eq!(peer.tells()?, json!([format!("documents/{document}")]), "what was kept stays");
    stage.close().await
}

async fn an_account_hands_in_as_much_as_the_rules_allow(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "quota").await?;
    let people = &stage.people;
    let rules = include_str!("../../../policy/src/default.toml");
    let rules = rules.replace("account_megabytes_max = 1024", "account_megabytes_max = 1");
    let mut tx = stage.kontor.app.db.begin().await?;
    stage.kontor.policies.publish(&mut tx, &rules, None, "the test").await?;
    tx.commit().await?;
    stage.kontor.policies.forget_cached();
    let ada = people.register("enterprise", "Ada Lovelace").await?;
    let eve = people.register("enterprise", "Eve Online").await?;
    for (megabytes, status) in [("400", 201), ("500", 201), ("200", 422), ("90", 201)] {
        let thousands: usize = megabytes.parse()?;
        let reply = upload(people, &ada.token, thousands * 1_000).await?;
        assert_eq!(reply.status, status, "{megabytes} kB: {}", reply.body);
        if status == 422 {
            assert_eq!(refusal(&reply), (422, "document.no_room"));
        }
    }
    assert_eq!(upload(people, &eve.token, 900_000).await?.status, 201, "each account by itself");
    let list = people.client.get(&ada.token, "/api/v1/documents").await?;
    assert_eq!(each(&list, "id").len(), 3);
    stage.close().await
}

async fn bytes_that_were_never_kept_are_cleared_away(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "orphans").await?;
    let people = &stage.people;
    let ada = people.register("enterprise", "Ada Lovelace").await?;
    let kept = people.document(&ada, "business_licence").await?;
    abandon(&stage.kontor, &ada.token).await?;
    let folder = stage.kontor.app.config.data.join("files/documents");
    let files = || anyhow::Ok(std::fs::read_dir(&folder)?.count());
    assert_eq!(files()?, 2);
    stage.kontor.forget().await?;
    assert_eq!(files()?, 2, "an upload may still run");
    stage.kontor.app.clock.turn(2 * DAY);
    stage.kontor.forget().await?;
    assert_eq!(files()?, 1);
    let path = format!("/api/v1/documents/{kept}/content");
    assert_eq!(ask(&people.client, &ada.token, "GET", &path, None).await?.status, 200);
    stage.close().await
}

/// The bytes are stored, and then nobody comes back to write the row: as after a crash.
async fn abandon(site: &Kontor, token: &str) -> anyhow::Result<()> {
    let buyer = site.accounts.member_by_token(token).await?.try_into()?;
    let upload = documents::Upload {
        name: "abandoned.pdf",
        purpose: documents::Purpose::Other,
        content_type: "application/pdf",
        content: "JVBERi0xLjcK",
    };
    site.documents.receive(&buyer, &upload).await?;
    Ok(())
}

async fn upload(people: &People, token: &str, size: usize) -> anyhow::Result<kontor::stage::client::Reply> {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let content = BASE64_STANDARD.encode(format!("%PDF-1.7\n{}", " ".repeat(size - 9)));
    let body = json!({ "name": "a.pdf", "purpose": "other", "content_type": "application/pdf", "content": content });
    ask(&people.client, token, "POST", "/api/v1/documents", Some(body)).await
}

/// The stage's marketplace with other ways to the outside.
fn over(stage: &Stage, settings: impl FnOnce(Config) -> Config) -> anyhow::Result<Kontor> {
    // As the binary does when it starts; another test may have done it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let app = &stage.kontor.app;
    Ok(Kontor::with(settings(app.config.clone()), app.db.clone(), app.clock.clone())?)
}

/// Ada, who has a telephone, changes her password: she is told by mail and by SMS.
async fn something_to_tell(people: &People) -> anyhow::Result<()> {
    let body = json!({
        "kind": "personal", "name": "Ada Lovelace", "email": EMAIL, "password": PASSWORD, "lang": "en",
        "mobile": "+86 138 0013 8000"
    });
    people.client.call("POST", "/api/v1/accounts", Sent { body: Some(body), ..Sent::default() }).await?.good("open")?;
    let session = people.sign_in(EMAIL, PASSWORD).await?;
    change_password(people, &session, PASSWORD, "another long password").await
}

async fn change_password(people: &People, session: &str, present: &str, wanted: &str) -> anyhow::Result<()> {
    let body = json!({ "present": present, "wanted": wanted });
    ask(&people.client, session, "POST", "/api/v1/me/password", Some(body)).await?.good("change the password")?;
    Ok(())
}

/// A provider of SMS that keeps what it is sent.
#[derive(Clone)]
struct Provider {
    url: String,
    answer: Arc<Mutex<StatusCode>>,
    got: Arc<Mutex<Vec<Value>>>,
}

impl Provider {
    async fn start() -> anyhow::Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/send", listener.local_addr()?);
        let provider = Self { url, answer: Arc::new(Mutex::new(StatusCode::OK)), got: Arc::default() };
        let router = Router::new().route("/send", post(Self::take)).with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(provider)
    }

    #[expect(clippy::unused_async, reason = "a handler is asynchronous, whatever it waits for")]
    async fn take(
        State(provider): State<Self>,
        headers: axum::http::HeaderMap,
        Json(mut sent): Json<Value>,
    ) -> StatusCode {
        let shown = headers.get("authorization").and_then(|value| value.to_str().ok());
        sent["authorization"] = json!(shown);
        provider.got.lock().unwrap_or_else(PoisonError::into_inner).push(sent);
        *provider.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settings(&self) -> Sms {
        Sms { url: self.url.clone(), bearer_token: Some("of the provider".to_owned()) }
    }

    fn answers(&self, status: StatusCode) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = status;
    }

    fn got(&self) -> Vec<Value> {
        self.got.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A server of somebody else's, in Python. It ends with its test.
struct Peer {
    child: Child,
    said: BufReader<ChildStdout>,
    port: u16,
}

impl Peer {
    /// `None`: there is no such server here.
    fn start(script: &str, packages: &str) -> anyhow::Result<Option<Self>> {
        let python = env::var("KONTOR_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let there = Command::new(&python).args(["-c", &format!("import {packages}")]).output();
        if !there.is_ok_and(|output| output.status.success()) {
            skipped(&format!("{python} cannot import {packages}"));
            return Ok(None);
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(script);
        let mut command = Command::new(&python);
        command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let said = BufReader::new(child.stdout.take().context("its output is piped")?);
        let mut peer = Self { child, said, port: 0 };
        peer.port = peer.line()?.trim().parse().context("a peer says its port first")?;
        Ok(Some(peer))
    }

    /// What it holds by now.
    fn tells(&mut self) -> anyhow::Result<Value> {
        self.child.stdin.as_mut().context("its input is piped")?.write_all(b"\n")?;
        Ok(serde_json::from_str(&self.line()?)?)
    }

    fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        self.said.read_line(&mut line)?;
        Ok(line)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // The child is our own; one that has ended already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
