//! The small sellers' systems of `examples/seller-kit`: each of them is sold through, by what it says at its own addresses, and each
//! lives through everything over a way on which calls are lost, doubled, late and cut off.

mod misbehaved;
mod proxy;
mod samples;

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, ensure};
use kernel::time::DAY;
use kontor::stage::{Person, Stage, client::text};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use self::{
    misbehaved::lives_over_a_bad_way,
    samples::{Sample, sample},
};
use crate::{
    saas::{product, tell},
    stories::{ask, months, order, refusal},
};

on_both!(
    one_in_python_is_sold_through,
    one_in_typescript_is_sold_through,
    one_that_takes_events_is_sold_through,
    one_that_takes_events_in_typescript_is_sold_through,
    one_of_the_older_interface_is_sold_through,
    one_in_python_lives_over_a_bad_way,
    one_in_typescript_lives_over_a_bad_way,
    one_that_takes_events_lives_over_a_bad_way,
    one_that_takes_events_in_typescript_lives_over_a_bad_way,
    one_of_the_older_interface_lives_over_a_bad_way,
);

/// A seller's system in a process of its own, ended with its test.
struct System(Child);

impl Drop for System {
    fn drop(&mut self) {
        // The child is our own; one that has ended already is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl System {
    /// Starts it with the key of its address; it answers when it has said where.
    fn start(command: &mut Command, key: &str, port: u16) -> anyhow::Result<Self> {
        // The marketplace's clock is turned by months; its own is not.
        let environment = [("KEY", key), ("PORT", &port.to_string()), ("FRESH_SECONDS", "1000000000")];
        let mut child = command.envs(environment).stdout(Stdio::piped()).spawn()?;
        let said = child.stdout.take().context("its output is piped")?;
        let system = Self(child);
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line)?;
        ensure!(line.contains("answers at"), "it did not start: {line}");
        Ok(system)
    }
}

/// Makes a story of each sample sold through, and one of each over a bad way.
macro_rules! of_samples {
    ($($file:literal, $form:literal: $sold:ident, $bad:ident;)+) => {
        $(
            async fn $sold(url: Option<String>) -> anyhow::Result<()> {
                match sample($file, $form)? {
                    Some(sample) => sold_through(url.as_deref(), sample).await,
                    None => Ok(()),
                }
            }

            /// In a task of its own, as all that goes deep.
            async fn $bad(url: Option<String>) -> anyhow::Result<()> {
                match sample($file, $form)? {
                    Some(sample) => tokio::spawn(async move { lives_over_a_bad_way(url, sample).await }).await?,
                    None => Ok(()),
                }
            }
        )+
    };
}

of_samples! {
    "seller.py", "koogallery_v2": one_in_python_is_sold_through, one_in_python_lives_over_a_bad_way;
    "seller.ts", "koogallery_v2": one_in_typescript_is_sold_through, one_in_typescript_lives_over_a_bad_way;
    "webhooks.py", "standard_webhooks": one_that_takes_events_is_sold_through, one_that_takes_events_lives_over_a_bad_way;
    "webhooks.ts", "standard_webhooks": one_that_takes_events_in_typescript_is_sold_through,
        one_that_takes_events_in_typescript_lives_over_a_bad_way;
    "seller_v1.py", "koogallery_v1": one_of_the_older_interface_is_sold_through,
        one_of_the_older_interface_lives_over_a_bad_way;
}

/// Connects it, sells what it runs, and lets the term of that end.
async fn sold_through(url: Option<&str>, sample: Sample) -> anyhow::Result<()> {
    let Sample { name, form, place, mut command, made: _made } = sample;
    let stage = Stage::turned(url, &name).await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
    let (path, key) = people.address_in(&seller, &format!("http://127.0.0.1:{port}/{place}"), form).await?;
    let _system = System::start(&mut command, &key, port)?;
    tell(people, &seller, &format!("{path}/verify")).await?;

    let sold = product(people, &seller).await?;
    let skus = &sold.skus;
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    order(people, &buyer, months(&skus[0], 1), true).await?;
    stage.kontor.run_due_jobs().await?;
    let front = front(&stage, &buyer).await?;
    assert_eq!(status(&front, port).await?, 200, "it is open");
    more_users(&stage, (&seller, &sold.id), &buyer).await?;
    stage.kontor.app.clock.turn(2 * DAY);
    let asked = fewer_users(&stage, form, &buyer).await?;
    if asked {
        assert_eq!(status(&front, port).await?, 200, "it goes on as something else");
    }
    stage.kontor.app.clock.turn(32 * DAY);
    stage.kontor.run_due_jobs().await?;
    assert_eq!(status(&front, port).await?, 403, "its term is over");
    stage.kontor.app.clock.turn(15 * DAY);
    stage.kontor.run_due_jobs().await?;
    assert_eq!(status(&front, port).await?, 404, "it is released");
    let errands = people.client.get(&seller.token, "/api/v1/seller/errands").await?;
    let states = errands["items"].as_array().context("a list")?.iter().map(|errand| &errand["state"]);
    // Events and creations of V1.0 need no question for the way in.
    let told = if form == "koogallery_v2" { 5 } else { 4 } + if asked { 2 } else { 0 };
    assert!(states.clone().count() == told && states.clone().all(|state| state == "done"), "{errands}");
    stage.check().await?;
    stage.close().await
}

/// The seller allows changes, and what the buyer owns becomes twenty users.
async fn more_users(stage: &Stage, (seller, product): (&Person, &str), buyer: &Person) -> anyhow::Result<()> {
    let client = &stage.people.client;
    let path = format!("/api/v1/seller/products/{product}/changes");
    let allowed = json!({ "specs": { "server": "more" } });
    ask(client, &seller.token, "PUT", &path, Some(allowed)).await?.good("allow")?;
    let list = client.get(&buyer.token, "/api/v1/instances?limit=1").await?;
    let path = format!("/api/v1/instances/{}", text(&list["items"][0], "id")?);
    let mut wanted = json!({ "quantities": { "users": 20 } });
    let preview = client.post(&buyer.token, &format!("{path}/change-preview"), wanted.clone()).await?;
    wanted["seen"] = preview["seen"].clone();
    client.post(&buyer.token, &format!("{path}/changes"), wanted).await?;
    stage.kontor.run_due_jobs().await?;
    assert_eq!(client.get(&buyer.token, &path).await?["quantities"]["users"], 20, "it is changed");
    Ok(())
}

/// It is renewed as five users, which its system is asked about before and told of when that begins. False: in its form there is
/// no such question, and it is not offered.
async fn fewer_users(stage: &Stage, form: &str, buyer: &Person) -> anyhow::Result<bool> {
    let client = &stage.people.client;
    let list = client.get(&buyer.token, "/api/v1/instances?limit=1").await?;
    let path = format!("/api/v1/instances/{}", text(&list["items"][0], "id")?);
    let mut wanted = json!({ "quantities": { "users": 5 } });
    let check = format!("{path}/renewal-change-check");
    let asked = ask(client, &buyer.token, "POST", &check, Some(wanted.clone())).await?;
    if form == "koogallery_v1" {
        assert_eq!(refusal(&asked), (422, "change_check.no_words"));
        return Ok(false);
    }
    asked.good("check")?;
    stage.kontor.run_due_jobs().await?;
    let preview = client.post(&buyer.token, &format!("{path}/renewal-change-preview"), wanted.clone()).await?;
    assert_eq!(preview["check"]["state"], "passed", "{preview}");
    wanted["seen"] = preview["seen"].clone();
    client.post(&buyer.token, &format!("{path}/renewal-changes"), wanted).await?;
    stage.kontor.app.clock.turn(31 * DAY);
    stage.kontor.run_due_jobs().await?;
    let shown = client.get(&buyer.token, &path).await?;
    assert_eq!((&shown["quantities"]["users"], &shown["state"]), (&json!(5), &json!("active")), "{shown}");
    Ok(true)
}

/// The address that the buyer was given.
async fn front(stage: &Stage, buyer: &Person) -> anyhow::Result<String> {
    let list = stage.people.client.get(&buyer.token, "/api/v1/instances?limit=1").await?;
    let path = format!("/api/v1/instances/{}/access", text(&list["items"][0], "id")?);
    let access = stage.people.client.get(&buyer.token, &path).await?;
    Ok(text(&access, "front_end_url")?.to_owned())
}

/// What the system answers at an address of its own.
async fn status(front: &str, port: u16) -> anyhow::Result<u16> {
    let path = front.strip_prefix(&format!("http://127.0.0.1:{port}")).context("it leads to the system")?;
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer.split(' ').nth(1).context("an answer has a status")?.parse()?)
}
