//! A seller's sandbox: a marketplace of its own in which its system lives through a year, over a way on which calls get lost.

#![expect(clippy::print_stdout, reason = "how long a year takes is a figure of the story")]

use std::{collections::BTreeMap, time::Instant};

use anyhow::{Context, ensure};
use axum::http::Method;
use kernel::time::MINUTE;
use kontor::{
    kit::Standing,
    stage::{
        Person, Stage,
        client::{Reply, text},
    },
};
use serde_json::{Value, json};

use crate::{
    checkout::Pages,
    saas::{System, connect, product, tell},
    stories::{ask, each, inbox, refusal},
};

on_both!(
    a_year_of_renewals_passes_in_a_minute_and_both_sides_are_equal,
    each_fault_ends_as_the_contract_says,
    a_system_that_takes_events_lives_in_it_too,
    what_is_bought_is_changed_renewed_and_returned,
    its_pages_do_what_they_say,
    a_seller_has_one_and_nobody_else_reaches_it,
    it_ends_when_nobody_uses_it_and_takes_its_folder_along,
    no_more_run_than_the_rules_say_and_the_operator_ends_one,
    nothing_of_the_site_is_changed,
    a_clock_is_turned_forward_and_not_too_far,
);

pub(crate) const SANDBOX: &str = "/api/v1/seller/sandbox";

pub(crate) struct Scene {
    pub(crate) stage: Stage,
    pub(crate) system: System,
    pub(crate) seller: Person,
}

impl Scene {
    /// A seller with a proven system and a product on sale.
    pub(crate) async fn open(url: Option<String>, name: &'static str) -> anyhow::Result<Self> {
        tokio::spawn(async move {
            let stage = Stage::turned(url.as_deref(), name).await?;
            let system = System::start(&stage.kontor.app.clock).await?;
            let seller = stage.people.seller("Cloudco Software").await?;
            connect(&stage.people, &seller, &system, "").await?;
            product(&stage.people, &seller).await?;
            stage.kontor.run_due_jobs().await?;
            anyhow::Ok(Self { stage, system, seller })
        })
        .await?
    }

    /// Asks as somebody, in a task of its own: what is asked goes through two marketplaces.
    pub(crate) async fn ask(
        &self,
        who: &Person,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<Reply> {
        let (client, token) = (self.stage.people.client.clone(), who.token.clone());
        let (method, path) = (method.to_owned(), path.to_owned());
        tokio::spawn(async move { ask(&client, &token, &method, &path, body).await }).await?
    }

    pub(crate) async fn does(&self, method: &str, path: &str, body: Value) -> anyhow::Result<Value> {
        let path = format!("{SANDBOX}{path}");
        self.ask(&self.seller, method, &path, Some(body)).await?.good(&path)
    }

    pub(crate) async fn sees(&self, path: &str) -> anyhow::Result<Value> {
        let path = format!("{SANDBOX}{path}");
        self.ask(&self.seller, "GET", &path, None).await?.good(&path)
    }

    pub(crate) async fn start(&self) -> anyhow::Result<Value> {
        self.ask(&self.seller, "POST", SANDBOX, None).await?.good("start")
    }

    /// The monthly edition.
    pub(crate) async fn sku(&self) -> anyhow::Result<String> {
        let skus = self.sees("/skus").await?;
        let monthly = skus["items"].as_array().into_iter().flatten().find(|sku| sku["billing_mode"] == "period");
        Ok(text(monthly.context("something is sold by the month")?, "sku")?.to_owned())
    }

    pub(crate) async fn buy(&self, automatic: bool) -> anyhow::Result<Value> {
        let sku = self.sku().await?;
        let body = json!({ "sku": sku, "quantities": { "users": 10 }, "periods": 1, "automatic": automatic });
        self.does("POST", "/orders", body).await
    }

    /// Turns the clock as often as it takes until it is there.
    pub(crate) async fn turn(&self, how: Value) -> anyhow::Result<Value> {
        let mut turned = self.does("POST", "/clock", how).await?;
        for _ in 0..100 {
            if turned["reached"] == true {
                break;
            }
            turned = self.does("POST", "/clock", json!({ "until": turned["stop"] })).await?;
        }
        Ok(turned)
    }

    /// What both sides have: by the name at the seller's system, the state and the end.
    pub(crate) async fn is_equal(&self, when: &str) -> anyhow::Result<usize> {
        let errands = self.sees("/errands").await?;
        let created: BTreeMap<&str, &str> = errands["items"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|errand| Some((errand["order_line"].as_str()?, errand["remote_id"].as_str()?)))
            .collect();
        let (theirs, ends) = self.system.kit.tried();
        let list = self.sees("/instances").await?;
        let mut ours = BTreeMap::new();
        for one in list["items"].as_array().context("a list")? {
            let name = *created.get(text(one, "order_line")?).context("it was created there")?;
            let standing = match text(one, "state")? {
                "active" => Standing::Open,
                "expired" => Standing::Frozen,
                _ => Standing::Released,
            };
            ours.insert(name.to_owned(), standing);
            if let Some(end) = ends.get(name).filter(|_| standing == Standing::Open) {
                let digits = |text: &str| text.chars().filter(char::is_ascii_digit).take(14).collect::<String>();
                let own = text(one, "expires_at")?;
                ensure!(digits(end) == digits(own), "{when}: {name} ends {own} here and {end} there");
            }
        }
        // What its cases have made is no sandbox's.
        let theirs: BTreeMap<String, Standing> =
            theirs.into_iter().filter(|(name, _)| ours.contains_key(name)).collect();
        ensure!(ours == theirs, "{when}: {ours:#?}\n{theirs:#?}");
        Ok(ours.len())
    }

    /// The calls, the first one first, each with the fault that it met and its trouble.
    async fn calls(&self) -> anyhow::Result<Vec<(String, Option<String>, Option<String>)>> {
        let calls = self.sees("/calls").await?;
        let word = |value: &Value| value.as_str().map(str::to_owned);
        let read =
            |call: &Value| (word(&call["name"]).unwrap_or_default(), word(&call["fault"]), word(&call["trouble"]));
        let mut calls: Vec<_> = calls["items"].as_array().context("a list")?.iter().map(read).collect();
        calls.reverse();
        Ok(calls)
    }

    pub(crate) fn folders(&self) -> Vec<std::path::PathBuf> {
        Self::folders_below(&self.stage.kontor.app.config.data)
    }

    pub(crate) fn folders_below(data: &std::path::Path) -> Vec<std::path::PathBuf> {
        let all = data.join("sandboxes");
        let dens = std::fs::read_dir(all).into_iter().flatten().flatten();
        let folders = dens.flat_map(|den| std::fs::read_dir(den.path()).into_iter().flatten().flatten());
        folders.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
    }

    pub(crate) async fn publish(&self, from: &str, to: &str) -> anyhow::Result<()> {
        let rules = policy::DEFAULT.replace(from, to);
        ensure!(rules != policy::DEFAULT, "the rules say {from}");
        // No two versions begin at one moment.
        self.stage.kontor.app.clock.turn(MINUTE);
        let people = &self.stage.people;
        people.client.post(&people.operator().await?, "/api/v1/operator/policy", json!({ "rules": rules })).await?;
        Ok(())
    }

    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.stage.kontor.sandboxes.end_all().await;
        self.stage.check().await?;
        self.stage.close().await
    }
}

async fn a_year_of_renewals_passes_in_a_minute_and_both_sides_are_equal(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "sandbox_year").await?;
    let begun = Instant::now();
    let started = scene.start().await?;
    println!("a sandbox is ready after {:.2} s", begun.elapsed().as_secs_f64());
    assert_eq!(started["url"], scene.system.address());
    assert_eq!(started["left_out"], json!([]));
    let now = text(&started, "now")?;
    assert_eq!(now, scene.stage.kontor.app.clock.now().to_string(), "it begins at the present");

    let bought = scene.buy(true).await?;
    assert_eq!(bought["answer"]["state"], "completed", "{bought}");
    let instance = text(&bought, "instance")?.to_owned();
    assert_eq!(scene.is_equal("bought").await?, 1);

    let begun = Instant::now();
    let turned = scene.turn(json!({ "months": 12 })).await?;
    let took = begun.elapsed();
    println!("a year of monthly renewals passes in {:.2} s: {} jobs", took.as_secs_f64(), turned["jobs"]);
    assert!(took.as_secs() < 60, "a year takes {took:?}");
    assert_eq!(turned["reached"], true);
    assert_eq!(scene.is_equal("after a year").await?, 1);

    let orders = scene.sees("/orders").await?;
    let renewals = each(&orders, "kind").into_iter().filter(|kind| *kind == "renewal").count();
    assert!((12..=13).contains(&renewals), "renewed {renewals} times");
    let calls = scene.calls().await?;
    let told = calls.iter().filter(|(name, ..)| name == "refreshInstance").count();
    assert_eq!(told, renewals);
    assert!(calls.iter().all(|(_, fault, trouble)| fault.is_none() && trouble.is_none()), "{calls:?}");
    let shown = scene.sees("/calls").await?;
    assert!(shown["items"].as_array().context("a list")?.iter().all(|call| call["test"] == true));
    let money = scene.sees("/money").await?;
    assert_eq!(money["in_order"], true, "{money}");
    let messages = scene.sees("/messages").await?;
    let to_buyer = messages["items"].as_array().into_iter().flatten().filter(|message| message["to"] == "Ada Buyer");
    assert!(to_buyer.count() > 12, "its buyer was told of each");

    // It ends when its buyer says so.
    let path = format!("/instances/{instance}/expiry");
    scene.does("PUT", &path, json!({ "automatic": false })).await?;
    scene.turn(json!({ "months": 3 })).await?;
    assert_eq!(scene.is_equal("in the end").await?, 1);
    let list = scene.sees("/instances").await?;
    assert_eq!(each(&list, "state"), ["released"]);
    scene.close().await
}

async fn each_fault_ends_as_the_contract_says(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "sandbox_faults").await?;
    scene.start().await?;
    for (count, (fault, trouble)) in (1..).zip([
        ("lost", Some("no_answer.slow")),
        ("answer_lost", Some("no_answer.slow")),
        ("duplicated", None),
        ("late", Some("no_answer.slow")),
        ("wrong_signature", Some("code.000001")),
        ("server_error", Some("status.500")),
    ]) {
        let before = scene.calls().await?.len();
        let plan = json!({ "faults": [fault], "at_most": 1, "seed": count });
        let injected = scene.does("PUT", "/faults", plan).await?;
        assert_eq!(injected["left"], 1);
        let bought = scene.buy(false).await?;
        let calls = scene.calls().await?;
        let (name, met, went) = &calls[before];
        assert_eq!((name.as_str(), met.as_deref(), went.as_deref()), ("newInstance", Some(fault), trouble));
        // What nobody has heard of is tried again an hour later, and done once.
        assert_eq!(bought["instance"].is_null(), trouble.is_some(), "{fault}: {bought}");
        let there = scene.system.kit.tried().0.len();
        scene.turn(json!({ "days": 1 })).await?;
        let line = format!("{}-000001", text(&bought["answer"], "number")?);
        let seen = scene.system.kit.seen_tried();
        let heard =
            seen.iter().filter(|request| request["activity"] == "newInstance" && request["orderLineId"] == line);
        // What was late gets there before its second try; what was lost never does.
        let times = match fault {
            // The same request a second time is not believed.
            "lost" | "server_error" | "wrong_signature" | "duplicated" => 1,
            _ => 2,
        };
        assert_eq!(heard.count(), times, "{fault} is heard as often as it was sent rightly");
        let after = scene.system.kit.tried().0.len();
        let arrived = matches!(fault, "answer_lost" | "duplicated");
        assert_eq!(after - there, usize::from(!arrived), "{fault} made it once");
        assert_eq!(scene.is_equal(fault).await?, count, "{fault}");
        assert_eq!(scene.sees("").await?["faults"]["left"], 0);
    }

    // Of two calls about different things the first one gets there second.
    let before = scene.calls().await?.len();
    scene.does("PUT", "/faults", json!({ "faults": ["reordered"], "at_most": 1 })).await?;
    let first = scene.buy(false).await?;
    assert!(first["instance"].is_null());
    let there = scene.system.kit.tried().0.len();
    let second = scene.buy(false).await?;
    assert!(second["instance"].is_string(), "{second}");
    assert_eq!(scene.system.kit.tried().0.len(), there + 2, "both are there now, in the other order");
    assert_eq!(scene.calls().await?[before].1.as_deref(), Some("reordered"));
    scene.turn(json!({ "days": 1 })).await?;
    assert_eq!(scene.is_equal("reordered").await?, 8);

    // A way on which everything goes wrong now and then.
    let all = ["lost", "answer_lost", "duplicated", "late", "reordered", "wrong_signature", "server_error"];
    scene.does("PUT", "/faults", json!({ "faults": all, "percent": 40, "seed": 7 })).await?;
    scene.buy(true).await?;
    scene.turn(json!({ "months": 3 })).await?;
    scene.does("PUT", "/faults", json!({})).await?;
    scene.turn(json!({ "days": 2 })).await?;
    scene.is_equal("over a bad way").await?;
    let met =
        scene.calls().await?.into_iter().filter_map(|(_, fault, _)| fault).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(met.len(), all.len(), "{met:?}");
    assert_eq!(scene.sees("/money").await?["in_order"], true);
    scene.close().await
}

async fn a_system_that_takes_events_lives_in_it_too(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "sandbox_events").await?;
    let people = &scene.stage.people;
    let address = format!("{}?events", scene.system.address());
    let (path, key) = people.address_in(&scene.seller, &address, "standard_webhooks").await?;
    scene.system.kit.accept(key)?;
    tell(people, &scene.seller, &format!("{path}/verify")).await?;
    tell(people, &scene.seller, &format!("{path}/use")).await?;
    scene.start().await?;
    scene.buy(true).await?;
    scene.turn(json!({ "months": 2 })).await?;
    assert_eq!(scene.is_equal("events").await?, 1);
    let calls = scene.calls().await?;
    assert!(calls.iter().any(|(name, ..)| name == "instance.renewed"), "{calls:?}");
    assert!(calls.iter().all(|(.., trouble)| trouble.is_none()), "{calls:?}");
    scene.close().await
}

async fn what_is_bought_is_changed_renewed_and_returned(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "sandbox_deeds").await?;
    let people = &scene.stage.people;
    let list = people.client.get(&scene.seller.token, "/api/v1/seller/products").await?;
    let allowed = format!("/api/v1/seller/products/{}/changes", text(&list["items"][0], "id")?);
    scene.ask(&scene.seller, "PUT", &allowed, Some(json!({ "specs": { "server": "more" } }))).await?.good("allow")?;
    scene.start().await?;
    let bought = scene.buy(false).await?;
    let instance = format!("/instances/{}", text(&bought, "instance")?);
    let changed = scene.does("POST", &format!("{instance}/changes"), json!({ "quantities": { "users": 20 } })).await?;
    assert_eq!(changed["reached"], true);
    let list = scene.sees("/instances").await?;
    assert_eq!(list["items"][0]["quantities"]["users"], 20);
    scene.does("POST", &format!("{instance}/renewal"), json!({})).await?;
    assert_eq!(scene.is_equal("renewed").await?, 1);

    // What the marketplace inside refuses, is refused as it says it.
    let path = format!("{SANDBOX}{instance}/changes");
    let fewer = json!({ "quantities": { "users": 5 } });
    let refused = scene.ask(&scene.seller, "POST", &path, Some(fewer)).await?;
    assert_eq!(refused.status, 422, "{}", refused.body);

    let other =
        scene.does("POST", "/orders", json!({ "buyer": 2, "sku": scene.sku().await?, "quantities": { "users": 1 } }));
    let other = text(&other.await?, "instance")?.to_owned();
    let returned = scene.ask(&scene.seller, "POST", &format!("{SANDBOX}/instances/{other}/return"), None).await?;
    returned.good("return")?;
    scene.is_equal("returned").await?;
    let orders = format!("{SANDBOX}/orders");
    let wanted = json!({ "buyer": 0, "sku": scene.sku().await? });
    let nobody = scene.ask(&scene.seller, "POST", &orders, Some(wanted)).await?;
    assert_eq!(refusal(&nobody), (422, "invalid"));

    // What nobody answers to is given up after the site's tries, and told again when its seller says so.
    scene.does("PUT", "/faults", json!({ "faults": ["lost"] })).await?;
    scene.does("POST", &format!("{instance}/renewal"), json!({})).await?;
    scene.turn(json!({ "days": 1 })).await?;
    let errands = scene.sees("/errands").await?;
    let dead = errands["items"].as_array().into_iter().flatten().find(|errand| errand["state"] == "dead");
    let dead = text(dead.context("it was given up")?, "id")?.to_owned();
    scene.does("PUT", "/faults", json!({})).await?;
    let path = format!("{SANDBOX}/errands/{dead}/restart");
    scene.ask(&scene.seller, "POST", &path, None).await?.good("restart")?;
    assert!(each(&scene.sees("/errands").await?, "state").iter().all(|state| *state == "done"));
    scene.is_equal("restarted").await?;

    // A program asks the site for the order that it was told of, and is answered; another seller's is not.
    let number = text(&bought["answer"], "number")?;
    let query = format!("/api/mkp-openapi-public/global/v1/order/query?orderId={number}&orderLineId={number}-000001");
    let order = scene.ask(&scene.seller, "GET", &query, None).await?.good("query")?;
    assert_eq!((&order["resultCode"], &order["orderInfo"]["orderId"]), (&json!("MKT.0000"), &json!(number)));
    assert_eq!(order["orderInfo"]["buyerInfo"]["customerName"], "Ada Buyer");
    let other = people.seller("Another Seller").await?;
    assert_eq!(scene.ask(&other, "GET", &query, None).await?.status, 401);
    scene.ask(&scene.seller, "DELETE", SANDBOX, None).await?.good("end")?;
    assert_eq!(scene.ask(&scene.seller, "GET", &query, None).await?.status, 401);
    scene.close().await
}

async fn its_pages_do_what_they_say(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "sandbox_pages").await?;
    let pages = Pages::of(&scene.stage, &scene.seller.token);
    assert!(pages.open("/seller/sandbox").await?.contains("Start a sandbox"));
    let sends = async |path: &str, form: &str| pages.ask(Method::POST, path, form.to_owned()).await;
    let goes_on = async |path: &str, form: &str| {
        let (status, to, page) = sends(path, form).await?;
        ensure!(status == 303 && to.starts_with("/seller/sandbox"), "{path}: {status} {page}");
        pages.open(&to).await
    };
    assert!(goes_on("/seller/sandbox", "").await?.contains("The sandbox is running"));
    let page = goes_on("/seller/sandbox/faults", "faults=late&faults=lost&percent=100&at_most=1&seed=3").await?;
    assert!(page.contains("Faults set"), "{page}");
    let injected = scene.sees("").await?["faults"].clone();
    assert_eq!(injected, json!({ "faults": ["lost", "late"], "percent": 100, "left": 1, "seed": 3 }));
    goes_on("/seller/sandbox/faults", "percent=100").await?;
    let form = format!("sku={}&buyer=2&quantity.users=10&quantity.other=1&periods=1&automatic=on", scene.sku().await?);
    let page = goes_on("/seller/sandbox/buy", &form).await?;
    assert!(page.contains("Ben Buyer"), "{page}");
    let list = scene.sees("/instances").await?;
    let act = format!("/seller/sandbox/instances/{}", each(&list, "id")[0]);
    goes_on("/seller/sandbox/turn", "months=1&days=").await?;
    goes_on("/seller/sandbox/turn", "months=&days=&next=true").await?;
    goes_on(&act, "do=renew").await?;
    goes_on(&act, "do=once").await?;
    goes_on("/seller/sandbox/turn", "hours=2").await?;
    let form = format!("sku={}&buyer=1&quantity.users=10&periods=1&try=true", scene.sku().await?);
    assert!(goes_on("/seller/sandbox/buy", &form).await?.contains("Buy after the trial"));
    let tried = scene.sees("/instances").await?;
    let tried =
        tried["items"].as_array().into_iter().flatten().find(|one| one["is_trial"] == true).context("a trial")?;
    goes_on(&format!("/seller/sandbox/instances/{}", text(tried, "id")?), "do=convert").await?;
    for look in ["instances", "errands", "calls", "orders", "usage", "money", "messages"] {
        pages.open(&format!("/seller/sandbox?look={look}")).await?;
    }
    let chinese = pages.ask(Method::GET, "/seller/sandbox?lang=zh", String::new()).await?;
    assert_eq!(chinese.0, 200);
    for (path, form) in [
        ("/seller/sandbox/turn", "days=-1"),
        ("/seller/sandbox/turn", "days=soon"),
        ("/seller/sandbox/faults", "percent=101"),
        ("/seller/sandbox/buy", "sku=none"),
        (act.as_str(), "do=nothing"),
    ] {
        let (status, _, page) = sends(path, form).await?;
        assert_eq!(status, 422, "{path} {form}: {page}");
    }
    let operator = Pages::of(&scene.stage, &scene.stage.people.operator().await?).open("/operator/sandboxes").await?;
    assert!(operator.contains(&scene.seller.account) && operator.contains("Cloudco Software"), "{operator}");
    assert!(goes_on("/seller/sandbox/end", "").await?.contains("Start a sandbox"));
    scene.close().await
}

async fn a_seller_has_one_and_nobody_else_reaches_it(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "sandbox_own").await?;
    let people = &scene.stage.people;
    let other = people.seller("Another Seller").await?;
    let buyer = people.buyer("Ada Lovelace").await?;
    let none = scene.ask(&scene.seller, "GET", SANDBOX, None).await?;
    assert_eq!(refusal(&none), (404, "not_found"));

    let (one, two) = tokio::join!(scene.start(), scene.start());
    assert_eq!(one?["id"], two?["id"], "two starts at once are one");
    assert_eq!(scene.folders().len(), 1);
    let bought = scene.buy(false).await?;
    let instance = text(&bought, "instance")?;

    for (who, status) in [(&other, 404), (&buyer, 403)] {
        for path in ["", "/skus", "/instances", "/orders", "/calls", "/errands", "/messages", "/money"] {
            let asked = scene.ask(who, "GET", &format!("{SANDBOX}{path}"), None).await?;
            assert_eq!(asked.status, status, "{path}");
        }
        let turned = scene.ask(who, "POST", &format!("{SANDBOX}/clock"), Some(json!({ "days": 1 }))).await?;
        assert_eq!(turned.status, status);
    }
    // With a sandbox of its own, the things of another one are not there.
    let own = scene.ask(&other, "POST", SANDBOX, None).await?.good("start")?;
    assert!(own["url"].is_null(), "nothing is called of a seller without an address");
    let path = format!("{SANDBOX}/instances/{instance}/return");
    assert_eq!(refusal(&scene.ask(&other, "POST", &path, None).await?), (404, "not_found"));
    // Something small is on sale in it.
    let skus = scene.ask(&other, "GET", &format!("{SANDBOX}/skus"), None).await?.good("skus")?;
    assert_eq!(each(&skus, "billing_mode"), ["period", "one_off"]);
    scene.close().await
}

async fn it_ends_when_nobody_uses_it_and_takes_its_folder_along(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "sandbox_idle").await?;
    let sandboxes = &scene.stage.kontor.sandboxes;
    let first = scene.start().await?;
    let folder = scene.folders();
    scene.stage.kontor.app.clock.turn(29 * MINUTE);
    assert_eq!(sandboxes.end_idle().await?, 0);
    scene.sees("").await?;
    scene.stage.kontor.app.clock.turn(29 * MINUTE);
    assert_eq!(sandboxes.end_idle().await?, 0, "it was used");
    scene.stage.kontor.app.clock.turn(2 * MINUTE);
    assert_eq!(sandboxes.end_idle().await?, 1);
    assert_eq!(scene.ask(&scene.seller, "GET", SANDBOX, None).await?.status, 404);
    assert!(scene.folders().is_empty());

    let second = scene.start().await?;
    assert_ne!(first["id"], second["id"]);
    assert!(scene.folders().len() == 1 && scene.folders() != folder, "each start has a folder of its own");
    // One that is ended while its clock is turned stops, and takes nothing of the next one along.
    scene.buy(true).await?;
    let clock = format!("{SANDBOX}/clock");
    let (turned, ended) = tokio::join!(scene.ask(&scene.seller, "POST", &clock, Some(json!({ "days": 366 }))), async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        scene.ask(&scene.seller, "DELETE", SANDBOX, None).await
    });
    assert!(matches!(turned?.status, 200 | 404));
    assert_eq!(ended?.status, 204);
    let third = scene.start().await?;
    assert_ne!(second["id"], third["id"]);
    assert_eq!(scene.folders().len(), 1);
    scene.buy(false).await?;
    scene.close().await
}

async fn no_more_run_than_the_rules_say_and_the_operator_ends_one(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "sandbox_limit").await?;
    let people = &scene.stage.people;
    let other = people.seller("Another Seller").await?;
    scene.publish("most_at_once = 8", "most_at_once = 1").await?;
    let started = scene.start().await?;
    let refused = scene.ask(&other, "POST", SANDBOX, None).await?;
    assert_eq!(refusal(&refused), (429, "sandbox.too_many"));

    let operator = Person { account: String::new(), token: people.operator().await?, name: "operator".to_owned() };
    let running = scene.ask(&operator, "GET", "/api/v1/operator/sandboxes", None).await?.good("list")?;
    assert_eq!((&running["most_at_once"], each(&running, "seller")), (&json!(1), vec![scene.seller.account.as_str()]));
    let path = format!("/api/v1/operator/sandboxes/{}", text(&started, "id")?);
    assert_eq!(scene.ask(&scene.seller, "DELETE", &path, None).await?.status, 403);
    assert_eq!(scene.ask(&operator, "DELETE", &path, None).await?.status, 204);
    assert_eq!(scene.ask(&operator, "DELETE", &path, None).await?.status, 404);
    assert!(scene.folders().is_empty());
    scene.ask(&other, "POST", SANDBOX, None).await?.good("now there is room")?;

    scene.publish("[sandbox]\nenabled = true", "[sandbox]\nenabled = false").await?;
    assert_eq!(refusal(&scene.ask(&scene.seller, "POST", SANDBOX, None).await?), (422, "sandbox.disabled"));
    assert_eq!(scene.stage.kontor.sandboxes.end_idle().await?, 1, "a site that runs none ends those that run");
    scene.close().await
}

async fn nothing_of_the_site_is_changed(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "sandbox_apart").await?;
    let before = site(&scene).await?;
    scene.start().await?;
    scene.buy(true).await?;
    scene.turn(json!({ "months": 2 })).await?;
    assert_eq!(site(&scene).await?, before);
    scene.ask(&scene.seller, "DELETE", SANDBOX, None).await?.good("end")?;
    assert_eq!(site(&scene).await?, before);
    assert!(scene.system.kit.instances().is_empty(), "nothing was sold there");
    scene.close().await
}

/// What a sandbox must not touch: orders, journals, jobs, messages, letters, the log of calls.
async fn site(scene: &Scene) -> anyhow::Result<Value> {
    let people = &scene.stage.people;
    let operator = people.operator().await?;
    scene.stage.kontor.run_due_jobs().await?;
    let orders = people.client.get(&operator, "/api/v1/operator/orders").await?;
    let invariants = people.client.get(&operator, "/api/v1/operator/invariants").await?;
    let calls = people.client.get(&scene.seller.token, "/api/v1/seller/production-calls?limit=100").await?;
    let letters = std::fs::read_dir(scene.stage.kontor.app.config.data.join("outbox")).map_or(0, Iterator::count);
    let products = people.client.get(&scene.seller.token, "/api/v1/seller/products").await?;
    Ok(json!({
        "orders": orders, "journals": invariants["journals"], "jobs": invariants["jobs_due"],
        "calls": each(&calls, "id").len(), "told": inbox(people, &scene.seller.token).await?, "letters": letters,
        "products": products, "now": scene.stage.kontor.app.clock.now()
    }))
}

async fn a_clock_is_turned_forward_and_not_too_far(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "sandbox_clock").await?;
    let started = scene.start().await?;
    let clock = format!("{SANDBOX}/clock");
    for wrong in [
        json!({}),
        json!({ "days": 0 }),
        json!({ "days": -1 }),
        json!({ "days": 367 }),
        json!({ "months": 100 }),
        json!({ "days": 1, "months": 1 }),
        json!({ "until": "2026-01-01T00:00:00Z" }),
        json!({ "until": "2200-01-01T00:00:00Z" }),
    ] {
        let refused = scene.ask(&scene.seller, "POST", &clock, Some(wrong.clone())).await?;
        assert_eq!(refusal(&refused), (422, "invalid"), "{wrong}");
    }
    for wrong in [json!({ "percent": 101 }), json!({ "at_most": 0 })] {
        let refused = scene.ask(&scene.seller, "PUT", &format!("{SANDBOX}/faults"), Some(wrong)).await?;
        assert_eq!(refusal(&refused), (422, "invalid"));
    }
    assert_eq!(scene.sees("").await?["now"], started["now"], "nothing has turned it");
    scene.buy(false).await?;
    let next = scene.does("POST", "/clock", json!({ "next": true })).await?;
    assert!(next["now"].as_str() > started["now"].as_str() && next["jobs"].as_u64() > Some(0), "{next}");
    let until = scene.does("POST", "/clock", json!({ "until": "2026-12-24T18:00:00Z" })).await?;
    assert_eq!(until["now"], "2026-12-24T18:00:00.000000Z");

    // A turn has its limits; what is left of it is asked for again.
    scene.publish("turn_jobs_max = 20000", "turn_jobs_max = 1").await?;
    scene.buy(true).await?;
    let turned = scene.does("POST", "/clock", json!({ "days": 90 })).await?;
    assert_eq!(turned["reached"], false, "{turned}");
    assert_eq!(scene.sees("").await?["goal"], turned["stop"]);
    let pages = Pages::of(&scene.stage, &scene.seller.token);
    assert!(pages.open("/seller/sandbox").await?.contains("Go on to"));
    scene.publish("turn_jobs_max = 20000", "turn_jobs_max = 30000").await?;
    let form = format!("until={}", text(&turned, "stop")?);
    let (status, _, page) = pages.ask(Method::POST, "/seller/sandbox/turn", form).await?;
    assert_eq!(status, 303, "{page}");
    let shown = scene.sees("").await?;
    assert_eq!((&shown["now"], &shown["goal"]), (&turned["stop"], &Value::Null));
    scene.close().await
}
