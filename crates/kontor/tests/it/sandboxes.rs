//! Sandboxes beside each other: of several processes over one database, at work, full, and with use and trials in them.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, ensure};
use kernel::time::{HOUR, MINUTE, SECOND};
use kontor::{
    Kontor,
    kit::Standing,
    server,
    stage::{
        Person, Stage,
        client::{Client, Reply, Sent, text},
    },
};
use platform::Db;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::{
    metering::{self, EVENTS, OLD, record},
    packages::{calls, stops},
    sandbox::{SANDBOX, Scene},
    stories::{ask, each, refusal, until},
};

on_both!(
    it_is_reached_through_every_process_and_ended_from_each,
    a_process_that_is_lost_gives_its_places_back,
    use_is_pushed_by_the_sellers_program_and_charged_in_it,
    a_package_is_used_up_in_it,
    a_trial_is_started_bought_and_let_go_in_it,
    what_is_done_with_a_key_is_done_once,
    what_it_may_take_has_an_end,
    what_was_withdrawn_is_not_called,
);

/// Another process over the same database, with a data folder of its own.
struct Second {
    kontor: Kontor,
    client: Client,
    data: PathBuf,
    answering: Vec<JoinHandle<()>>,
}

impl Second {
    /// Both do what the other asks.
    async fn beside(stage: &Stage, url: Option<&str>) -> anyhow::Result<Self> {
        let first = &stage.kontor;
        let data = std::env::temp_dir().join(format!("kontor_second_{:08x}", rand::random::<u32>()));
        std::fs::create_dir_all(&data)?;
        std::fs::copy(first.app.config.data.join("master.key"), data.join("master.key"))?;
        let db = match (url, stage.schema()) {
            (Some(url), Some(schema)) => {
                let sign = if url.contains('?') { '&' } else { '?' };
                Db::postgres(&format!("{url}{sign}options[search_path]={schema}"), 4).await?
            }
            _ => first.app.db.clone(),
        };
        let config = platform::Config { data: data.clone(), ..first.app.config.clone() };
        let kontor = Kontor::with(config, db, first.app.clock.clone())?;
        let client = Client::Here(server::router(&kontor, None));
        let answering = [first, &kontor].map(|kontor| {
            let kontor = kontor.clone();
            tokio::spawn(async move {
                loop {
                    let _ = kontor.sandboxes.answer_letters().await;
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            })
        });
        Ok(Self { kontor, client, data, answering: answering.into() })
    }

    async fn ask(&self, who: &Person, method: &str, path: &str, body: Option<Value>) -> anyhow::Result<Reply> {
        let (client, token) = (self.client.clone(), who.token.clone());
        let (method, path) = (method.to_owned(), path.to_owned());
        tokio::spawn(async move { ask(&client, &token, &method, &path, body).await }).await?
    }

    fn folders(&self) -> usize {
        Scene::folders_below(&self.data).len()
    }

    /// It goes without a word.
    fn is_lost(&mut self) {
        for answering in self.answering.drain(..) {
            answering.abort();
        }
    }

    async fn close(mut self, shared: bool) -> anyhow::Result<()> {
        self.is_lost();
        self.kontor.sandboxes.end_all().await;
        if !shared {
            self.kontor.app.db.close().await;
        }
        Ok(std::fs::remove_dir_all(&self.data)?)
    }
}

async fn it_is_reached_through_every_process_and_ended_from_each(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url.clone(), "sandbox_two").await?;
    let second = Second::beside(&scene.stage, url.as_deref()).await?;
    let seller = &scene.seller;
    let started = scene.start().await?;
    let there = second.ask(seller, "GET", SANDBOX, None).await?.good("see it from there")?;
    assert_eq!((&there["id"], &there["buyers"]), (&started["id"], &started["buyers"]));
    let again = second.ask(seller, "POST", SANDBOX, None).await?.good("start it from there")?;
    assert_eq!(again["id"], started["id"], "a seller has one");
    assert_eq!((scene.folders().len(), second.folders()), (1, 0));

    // All is done through the other process as through this one.
    let wanted = json!({ "sku": scene.sku().await?, "quantities": { "users": 10 }, "automatic": true });
    let bought = second.ask(seller, "POST", &format!("{SANDBOX}/orders"), Some(wanted)).await?.good("buy")?;
    let turned = second.ask(seller, "POST", &format!("{SANDBOX}/clock"), Some(json!({ "months": 2 }))).await?;
    assert_eq!(turned.good("turn")?["reached"], true);
    assert_eq!(scene.is_equal("through another process").await?, 1);
    for look in ["skus", "orders", "instances", "errands", "calls", "messages", "usage", "money"] {
        let path = format!("{SANDBOX}/{look}");
        let (here, there) =
            (scene.sees(&format!("/{look}")).await?, second.ask(seller, "GET", &path, None).await?.good(look)?);
        assert_eq!(here, there, "{look}");
    }
    let faults = json!({ "faults": ["lost"], "percent": 10 });
    let injected = second.ask(seller, "PUT", &format!("{SANDBOX}/faults"), Some(faults)).await?.good("inject")?;
    assert_eq!(injected["faults"], json!(["lost"]));
    scene.does("PUT", "/faults", json!({})).await?;
    // What is refused there is refused as it is here.
    let clock = format!("{SANDBOX}/clock");
    let wrong = second.ask(seller, "POST", &clock, Some(json!({ "days": -1 }))).await?;
    assert_eq!((refusal(&wrong), &wrong.body["errors"][0]["field"]), ((422, "invalid"), &json!("days")));
    let nothing = format!("{SANDBOX}/instances/ins_01jd8kx2v9e5jtf6xw4sz3q7ab/return");
    assert_eq!(refusal(&second.ask(seller, "POST", &nothing, None).await?), (404, "not_found"));

    // A program is told the truth, wherever it asks.
    let number = text(&bought["answer"], "number")?;
    let query = format!("/api/mkp-openapi-public/global/v1/order/query?orderId={number}");
    let order = second.ask(seller, "GET", &query, None).await?.good("query")?;
    assert_eq!(order["orderInfo"]["orderId"], number);
    let other = scene.stage.people.seller("Another Seller").await?;
    assert_eq!(second.ask(&other, "GET", &query, None).await?.status, 401);
    assert_eq!(second.ask(&other, "GET", SANDBOX, None).await?.status, 404);
    let page = second.client.call("GET", "/seller/sandbox", Sent { token: Some(&seller.token), ..Sent::default() });
    assert!(page.await?.body.as_str().is_some_and(|page| page.contains("Ada Buyer")));

    // The operator sees it from everywhere; whoever ends it takes it from the list, and its process follows.
    let people = &scene.stage.people;
    let operator = Person { account: String::new(), token: people.operator().await?, name: "operator".to_owned() };
    let list = second.ask(&operator, "GET", "/api/v1/operator/sandboxes", None).await?.good("list")?;
    assert_eq!(
        (each(&list, "id"), each(&list, "seller_name")),
        (vec![text(&started, "id")?], vec!["Cloudco Software"])
    );
    assert_eq!((&list["items"][0]["is_ready"], list["items"].as_array().map(Vec::len)), (&json!(true), Some(1)));
    let path = format!("/api/v1/operator/sandboxes/{}", text(&started, "id")?);
    assert_eq!(second.ask(&operator, "DELETE", &path, None).await?.status, 204);
    assert_eq!(second.ask(&operator, "DELETE", &path, None).await?.status, 404);
    assert_eq!(second.ask(seller, "GET", SANDBOX, None).await?.status, 404);
    scene.stage.kontor.sandboxes.beat().await?;
    assert_eq!((scene.ask(seller, "GET", SANDBOX, None).await?.status, scene.folders().len()), (404, 0));
    assert_eq!(second.ask(seller, "GET", &query, None).await?.status, 401);

    // Of two starts at once, in two processes, one is made.
    let (one, two) = tokio::join!(scene.start(), second.ask(seller, "POST", SANDBOX, None));
    assert_eq!(one?["id"], two?.good("start")?["id"]);
    assert_eq!(scene.folders().len() + second.folders(), 1);
    assert_eq!(second.ask(seller, "DELETE", SANDBOX, None).await?.status, 204);
    scene.stage.kontor.sandboxes.beat().await?;
    second.kontor.sandboxes.beat().await?;
    assert_eq!(scene.folders().len() + second.folders(), 0);
    let log = people.client.get(&operator.token, "/api/v1/operator/audit?action=sandbox.ended").await?;
    assert_eq!(log["items"].as_array().map(Vec::len), Some(2), "{log}");
    second.close(url.is_none()).await?;
    scene.close().await
}

async fn a_process_that_is_lost_gives_its_places_back(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url.clone(), "sandbox_lost").await?;
    let mut second = Second::beside(&scene.stage, url.as_deref()).await?;
    let seller = &scene.seller;
    let lost = second.ask(seller, "POST", SANDBOX, None).await?.good("start it there")?;
    let wanted = json!({ "sku": scene.sku().await?, "quantities": { "users": 10 } });
    let bought = scene.does("POST", "/orders", wanted).await?;
    let query = format!("/api/mkp-openapi-public/global/v1/order/query?orderId={}", text(&bought["answer"], "number")?);
    scene.ask(seller, "GET", &query, None).await?.good("query")?;
    second.is_lost();

    let clock = &scene.stage.kontor.app.clock;
    clock.turn(59 * SECOND);
    second.kontor.sandboxes.beat().await?;
    clock.turn(59 * SECOND);
    assert_eq!(scene.start_within(Duration::from_millis(300)).await?, None, "it is held on, and asked");
    clock.turn(2 * SECOND);
    assert_eq!(scene.ask(seller, "GET", SANDBOX, None).await?.status, 404);
    assert_eq!(scene.ask(seller, "GET", &query, None).await?.status, 401);
    let fresh = scene.start().await?;
    assert_ne!(fresh["id"], lost["id"]);
    scene.buy(false).await?;

    // It comes back, finds its place taken, and leaves.
    assert_eq!(second.folders(), 1);
    second.kontor.sandboxes.beat().await?;
    assert_eq!((second.folders(), scene.folders().len()), (0, 1));
    scene.stage.kontor.sandboxes.beat().await?;
    assert_eq!(scene.sees("").await?["id"], fresh["id"]);
    // Letters whose answer nobody waits for are burnt.
    clock.turn(11 * MINUTE);
    scene.stage.kontor.forget().await?;
    second.close(url.is_none()).await?;
    scene.close().await
}

impl Scene {
    /// What a start answers within a time; none: it waits.
    async fn start_within(&self, time: Duration) -> anyhow::Result<Option<Value>> {
        tokio::time::timeout(time, self.start()).await.ok().transpose()
    }
}

/// A seller with something that is paid by use in a sandbox, and a program that pushes with its ordinary keys.
struct Used {
    scene: metering::Scene,
}

impl Used {
    async fn open(url: Option<String>, name: &'static str, billing: Value) -> anyhow::Result<Self> {
        let scene = Box::pin(metering::Scene::open(url.as_deref(), name, billing)).await?;
        let used = Self { scene };
        used.does("POST", "", Value::Null).await?.good("start")?;
        Ok(used)
    }

    async fn asks(&self, method: &str, path: String, sent: (Option<Value>, Option<String>)) -> anyhow::Result<Reply> {
        let (client, token) = (self.scene.stage.people.client.clone(), self.scene.seller.token.clone());
        let method = method.to_owned();
        tokio::spawn(async move {
            let (body, key) = sent;
            let sent = Sent { token: Some(&token), key: key.as_deref(), body, ..Sent::default() };
            client.call(&method, &path, sent).await
        })
        .await?
    }

    async fn does(&self, method: &str, path: &str, body: Value) -> anyhow::Result<Reply> {
        self.asks(method, format!("{SANDBOX}{path}"), (Some(body).filter(|body| !body.is_null()), None)).await
    }

    async fn sees(&self, path: &str) -> anyhow::Result<Value> {
        self.asks("GET", format!("{SANDBOX}{path}"), (None, None)).await?.good(path)
    }

    /// Buys the first thing that is sold; our id, and the name that the seller's system gave it.
    async fn buy(&self) -> anyhow::Result<(String, String)> {
        let skus = self.sees("/skus").await?;
        let wanted = json!({ "sku": text(&skus["items"][0], "sku")? });
        let bought = self.does("POST", "/orders", wanted).await?.good("buy")?;
        let (names, _) = self.scene.system.kit.tried();
        let usage = self.sees("/usage").await?;
        let name = text(&usage["items"][0], "remote_id")?;
        ensure!(names.contains_key(name), "its system has made it");
        Ok((text(&bought, "instance")?.to_owned(), name.to_owned()))
    }

    /// What was taken in and is not charged yet, and how many records are refused.
    async fn counts(&self) -> anyhow::Result<(String, usize)> {
        let (usage, refused) = (self.sees("/usage").await?, self.sees("/usage-refusals").await?);
        let open = refused["items"].as_array().into_iter().flatten().filter(|one| one["state"] == "open");
        Ok((text(&usage["items"][0]["meters"][0], "open")?.to_owned(), open.count()))
    }

    async fn charged(&self) -> anyhow::Result<Vec<i64>> {
        let list = self.sees("/usage-charges").await?;
        let amounts = list["items"].as_array().into_iter().flatten().rev();
        amounts.map(|one| one["amount"]["minor"].as_i64().context("an amount")).collect()
    }

    async fn events(&self, events: Value) -> anyhow::Result<Value> {
        self.asks("POST", EVENTS.to_owned(), (Some(events), None)).await?.good("events")
    }

    async fn close(self) -> anyhow::Result<()> {
        self.scene.stage.kontor.sandboxes.end_all().await;
        self.scene.close().await
    }
}

fn event(name: &str, id: &str, time: &str, value: &str) -> Value {
    json!({ "specversion": "1.0", "source": "/gate", "id": id, "type": "calls", "subject": name, "time": time,
        "data": { "value": value } })
}

async fn use_is_pushed_by_the_sellers_program_and_charged_in_it(url: Option<String>) -> anyhow::Result<()> {
    let used = Used::open(url.clone(), "sandbox_use", calls()).await?;
    let scene = &used.scene;
    let (instance, name) = used.buy().await?;
    // 01:00 in UTC. An hour later its program reports the first one, as always.
    scene.pass(65 * MINUTE).await?;
    scene.pushed(vec![record(&name, 1, "12", "a-1")]).await?;
    scene.pushed(vec![record(&name, 1, "12", "a-1")]).await?;
    assert_eq!(used.counts().await?, ("12".to_owned(), 0), "the same again changes nothing");
    scene.pushed(vec![record(&name, 1, "13", "a-1"), record(&name, 1, "0", "a-2")]).await?;
    assert_eq!(used.counts().await?, ("12".to_owned(), 2), "what is wrong is kept there");
    assert_eq!(scene.refused().await?, [], "and not here");
    used.does("POST", "/clock", json!({ "hours": 2 })).await?.good("turn")?;
    assert_eq!(used.charged().await?, [120]);
    let money = used.sees("/money").await?;
    assert_eq!((&money["usage"][0]["minor"], &money["in_order"]), (&json!(120), &json!(true)), "{money}");

    // A month further in the sandbox, a program reports what is used today: it counts for the sandbox's present, and a repeat for
    // the same moment, however far the clock was turned in between.
    used.does("POST", "/clock", json!({ "months": 1 })).await?.good("turn")?;
    scene.pass(2 * HOUR).await?;
    scene.pushed(vec![record(&name, 3, "5", "a-3")]).await?;
    assert_eq!(used.counts().await?, ("5".to_owned(), 2));
    used.does("POST", "/clock", json!({ "days": 3 })).await?.good("turn")?;
    scene.pushed(vec![record(&name, 3, "5", "a-3")]).await?;
    assert_eq!(used.counts().await?, ("0".to_owned(), 2));
    assert_eq!(used.charged().await?, [120, 50]);

    // The old form, with the product that its program was told.
    let product = text(&used.sees("/usage").await?["items"][0], "product")?.to_owned();
    scene.pass(HOUR).await?;
    let mut old = record(&name, 4, "1", "");
    old["product_id"] = json!(product);
    let body = json!({ "usage_records": [old] });
    let reply = used.asks("POST", OLD.to_owned(), (Some(body), None)).await?.good("old form")?;
    assert_eq!(reply["resultCode"], "MKT.0000");
    assert_eq!(used.counts().await?, ("1".to_owned(), 2));

    // Events, their corrections, and one of nothing that is known anywhere.
    let batch = json!([
        event(&name, "1", "2026-03-02T05:04:00Z", "7"),
        event("nowhere", "2", "2026-03-02T05:04:00Z", "1"),
        { "specversion": "1.0", "source": "/gate", "id": "3", "type": "calls", "subject": name, "time": "2026-03-02T05:04:30Z",
          "data": { "value": "6", "reason": "counted twice" }, "corrects": "1" },
        event(&name, "4", "2026-03-02T05:04:00Z", "-1"),
    ]);
    for (added, known) in [(2, 0), (0, 2)] {
        let told = used.events(batch.clone()).await?;
        let refused: Vec<(u64, &str)> = told["refused"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|one| Some((one["place"].as_u64()?, one["code"].as_str()?)))
            .collect();
        assert_eq!((&told["added"], &told["known"]), (&json!(added), &json!(known)), "{told}");
        assert_eq!(refused, [(1, "001"), (3, "003")], "{told}");
    }
    assert_eq!(scene.refused().await?, [("001".to_owned(), "/gate#2".to_owned())]);

    // The sandbox reports in the place of a program, and what is used is seen through another process too.
    let report = format!("/instances/{instance}/usage");
    let told = used.does("POST", &report, json!({ "value": "100" })).await?.good("report")?;
    assert_eq!(told["answer"]["added"], 1, "{told}");
    assert_eq!(refusal(&used.does("POST", &report, json!({ "value": "-1" })).await?), (422, "invalid"));
    assert_eq!(refusal(&used.does("POST", &report, json!({ "value": "1", "meter": "none" })).await?), (422, "invalid"));
    let second = Second::beside(&scene.stage, url.as_deref()).await?;
    scene.stage.kontor.sandboxes.beat().await?;
    let there =
        json!([event(&name, "5", "2026-03-02T05:04:10Z", "2"), event("nowhere", "6", "2026-03-02T05:04:00Z", "1")]);
    let told = second.ask(&scene.seller, "POST", EVENTS, Some(there)).await?.good("events there")?;
    assert_eq!((&told["added"], &told["refused"][0]["place"]), (&json!(1), &json!(1)), "{told}");
    used.does("POST", "/clock", json!({ "hours": 3 })).await?.good("turn")?;
    assert_eq!(used.charged().await?.iter().sum::<i64>(), 120 + 50 + 10 + 60 + 1_000 + 20);
    assert_eq!(used.sees("/money").await?["in_order"], true);

    // When it has ended, what was in it is known nowhere.
    used.does("DELETE", "", Value::Null).await?.good("end")?;
    scene.pushed(vec![record(&name, 3, "5", "a-9")]).await?;
    let refused = scene.refused().await?;
    assert!(refused.contains(&("001".to_owned(), "a-9".to_owned())), "{refused:?}");
    second.close(url.is_none()).await?;
    used.close().await
}

async fn a_package_is_used_up_in_it(url: Option<String>) -> anyhow::Result<()> {
    let used = Used::open(url, "sandbox_package", stops()).await?;
    let (instance, name) = used.buy().await?;
    let report = format!("/instances/{instance}/usage");
    let told = used.does("POST", &report, json!({ "value": "60" })).await?.good("report")?;
    assert_eq!(told["answer"]["added"], 1);
    used.scene.pass(65 * MINUTE).await?;
    used.scene.pushed(vec![record(&name, 1, "40", "a-1")]).await?;
    // Its program keeps the buyer out from now on.
    used.does("POST", "/clock", json!({ "hours": 1 })).await?.good("turn")?;
    assert_eq!(refusal(&used.does("POST", &report, json!({ "value": "1" })).await?), (422, "invalid"));
    let page = used.asks("GET", "/seller/sandbox?look=usage".to_owned(), (None, None)).await?;
    assert!(page.body.as_str().is_some_and(|page| page.contains(&name)), "{}", page.body);
    let form = used.asks("GET", "/seller/sandbox?look=usage&lang=zh".to_owned(), (None, None)).await?;
    assert!(form.body.as_str().is_some_and(|page| page.contains("使用量")), "{}", form.body);
    used.close().await
}

async fn a_trial_is_started_bought_and_let_go_in_it(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "sandbox_trial").await?;
    scene.start().await?;
    let skus = scene.sees("/skus").await?;
    assert_eq!(skus["items"][0]["trial_days"], 14, "{skus}");
    let wanted = |buyer: u32| json!({ "buyer": buyer, "sku": skus["items"][0]["sku"], "quantities": { "users": 5 } });
    let tried = scene.does("POST", "/trials", wanted(1)).await?;
    assert_eq!((&tried["answer"]["kind"], &tried["answer"]["total"]["minor"]), (&json!("trial"), &json!(0)));
    let path = format!("{SANDBOX}/trials");
    let twice = scene.ask(&scene.seller, "POST", &path, Some(wanted(1))).await?;
    assert_eq!(refusal(&twice), (422, "trial.tried"));
    let let_go = text(&scene.does("POST", "/trials", wanted(2)).await?, "instance")?.to_owned();
    let instance = text(&tried, "instance")?.to_owned();
    scene.turn(json!({ "days": 3 })).await?;
    let bought = scene
        .does("POST", &format!("/instances/{instance}/conversion"), json!({ "periods": 2, "period_unit": "month" }))
        .await?;
    assert_eq!(bought["reached"], true, "{bought}");
    let orders = scene.sees("/orders").await?;
    assert!(each(&orders, "kind").contains(&"conversion"), "{orders}");
    scene.turn(json!({ "days": 20 })).await?;
    let list = scene.sees("/instances").await?;
    let state = |id: &str| {
        let found = list["items"].as_array().into_iter().flatten().find(|one| one["id"] == id);
        found.map(|one| (one["state"].clone(), one["is_trial"].clone()))
    };
    assert_eq!(state(&instance), Some((json!("active"), json!(false))), "what was bought goes on");
    assert_eq!(state(&let_go), Some((json!("expired"), json!(true))), "what was let go is frozen");
    let (standing, _) = scene.system.kit.tried();
    assert!(standing.values().any(|standing| *standing == Standing::Frozen));
    let path = format!("{SANDBOX}/instances/{instance}/conversion");
    let none = scene.ask(&scene.seller, "POST", &path, Some(json!({}))).await?;
    assert_eq!(refusal(&none), (422, "conversion.no_trial"));
    scene.close().await
}

async fn what_is_done_with_a_key_is_done_once(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "sandbox_once").await?;
    scene.start().await?;
    let wanted = json!({ "sku": scene.sku().await?, "quantities": { "users": 10 } });
    let buy = async |key: &'static str| {
        let (client, token, wanted) = (scene.stage.people.client.clone(), scene.seller.token.clone(), wanted.clone());
        tokio::spawn(async move {
            let sent = Sent { token: Some(&token), key: Some(key), body: Some(wanted), ..Sent::default() };
            client.call("POST", &format!("{SANDBOX}/orders"), sent).await
        })
        .await?
    };
    let first = buy("one").await?.good("buy")?;
    assert_eq!(buy("one").await?.good("the same")?, first);
    // The site has forgotten the answer, as if it had never been kept: the sandbox knows.
    let mut tx = scene.stage.kontor.app.db.begin().await?;
    tx.execute("delete from once", vec![]).await?;
    tx.commit().await?;
    assert_eq!(buy("one").await?.good("the same again")?, first);
    assert_eq!(scene.sees("/orders").await?["items"].as_array().map(Vec::len), Some(1));
    assert_ne!(buy("two").await?.good("another one")?, first);
    assert_eq!(scene.sees("/orders").await?["items"].as_array().map(Vec::len), Some(2));
    scene.close().await
}

async fn what_it_may_take_has_an_end(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "sandbox_bounds").await?;
    scene.start().await?;
    scene.buy(true).await?;
    // One thing at a time.
    let clock = format!("{SANDBOX}/clock");
    let turn = |days: u32| scene.ask(&scene.seller, "POST", &clock, Some(json!({ "days": days })));
    let (long, short) = tokio::join!(turn(366), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        turn(1).await
    });
    assert_eq!(refusal(&short?), (409, "sandbox.at_work"));
    long?.good("a long turn")?;
    let list = scene.sees("/instances").await?;
    let expiry = format!("/instances/{}/expiry", each(&list, "id").first().context("there is one")?);
    scene.does("PUT", &expiry, json!({ "automatic": false })).await?;
    // Ten years are the end, by whatever way.
    let mut reached = scene.sees("").await?;
    for _ in 0..12 {
        let next = scene.ask(&scene.seller, "POST", &clock, Some(json!({ "days": 366 }))).await?;
        if next.status == 422 {
            break;
        }
        reached = next.good("further")?;
    }
    let years = |now: &Value| now.as_str().and_then(|now| now.get(..4)).and_then(|year| year.parse::<i64>().ok());
    assert!(years(&reached["now"]).is_some_and(|year| (2035..=2036).contains(&year)), "{reached}");
    // As large as it may be.
    scene.publish("megabytes_max = 256", "megabytes_max = 1").await?;
    let full = scene.ask(&scene.seller, "POST", &clock, Some(json!({ "hours": 1 }))).await?;
    assert_eq!(refusal(&full), (422, "sandbox.full"));
    assert_eq!(scene.ask(&scene.seller, "GET", SANDBOX, None).await?.status, 200, "it is seen all the same");
    // Ended by itself, and written down as such.
    scene.stage.kontor.app.clock.turn(9 * HOUR);
    assert_eq!(scene.stage.kontor.sandboxes.end_idle().await?, 1);
    let operator = scene.stage.people.operator().await?;
    let noted = scene.stage.people.client.get(&operator, "/api/v1/operator/audit?action=sandbox.ended").await?;
    assert_eq!(
        (&noted["items"][0]["detail"]["why"], noted["items"].as_array().map(Vec::len)),
        (&json!("hours"), Some(1)),
        "{noted}"
    );
    scene.close().await
}

async fn what_was_withdrawn_is_not_called(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "sandbox_withdrawn").await?;
    scene.start().await?;
    let bought = scene.buy(false).await?;
    let people = &scene.stage.people;
    let path = crate::saas::address(people, &scene.seller).await?;
    crate::saas::new_key(people, &scene.seller, &scene.system, &path).await?;
    let called = scene.system.kit.seen().len();
    let renewal = format!("{SANDBOX}/instances/{}/renewal", text(&bought, "instance")?);
    let refused = scene.ask(&scene.seller, "POST", &renewal, Some(json!({}))).await?;
    assert_eq!(refusal(&refused), (422, "sandbox.other_address"));
    assert_eq!(scene.system.kit.seen().len(), called, "with the old key nothing is called");
    scene.ask(&scene.seller, "DELETE", SANDBOX, None).await?.good("end")?;
    scene.start().await?;
    assert_eq!(scene.buy(false).await?["answer"]["state"], "completed");
    // Whoever sells no more has none.
    let until_gone = async || {
        let folders = scene.folders();
        anyhow::Ok(folders.is_empty().then_some(()))
    };
    scene.ask(&scene.seller, "DELETE", SANDBOX, None).await?.good("end")?;
    until("its folder is gone", Duration::from_secs(5), until_gone).await?;
    scene.close().await
}
