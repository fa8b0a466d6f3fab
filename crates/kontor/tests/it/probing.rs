//! What a seller keeps as cases is sent again by the site's own clock; what fails for days is proposed to the operator.

use std::collections::BTreeMap;

use anyhow::Context;
use kernel::{Timestamp, time::HOUR};
use kontor::{
    kit::Manner,
    stage::{
        Person, Product, Stage,
        client::{Reply, Sent, text},
    },
};
use production::ResultCode;
use serde_json::{Value, json};

use crate::{
    saas::{System, address, apart, connect, new_key, product},
    stories::{ask, each, inbox, months, order, refusal, says},
};

on_both!(
    five_days_of_failure_are_proposed_and_the_product_is_frozen_when_accepted,
    a_proposal_falls_away_when_the_system_passes_and_starts_anew_when_dismissed,
    more_than_five_failed_orders_of_a_month_are_proposed_for_delisting,
    what_is_not_on_sale_is_not_probed,
    who_fails_does_not_pass_by_removing_what_fails,
    a_case_of_codes_is_no_obligation,
);

const PROBES: &str = "/api/v1/seller/production-probes";
const CASES: &str = "/api/v1/seller/production-cases";
const PROPOSALS: &str = "/api/v1/operator/measure-proposals";

struct Scene {
    stage: Stage,
    system: System,
    seller: Person,
    product: Product,
}

impl Scene {
    async fn open(url: Option<String>, name: &'static str) -> anyhow::Result<Self> {
        tokio::spawn(async move {
            let stage = Stage::turned(url.as_deref(), name).await?;
            let system = System::start(&stage.kontor.app.clock).await?;
            let seller = stage.people.seller("Cloudco Software").await?;
            connect(&stage.people, &seller, &system, "").await?;
            let product = product(&stage.people, &seller).await?;
            stage.kontor.run_due_jobs().await?;
            anyhow::Ok(Self { stage, system, seller, product })
        })
        .await?
    }

    /// Lets time pass; everything happens when it is due.
    async fn pass(&self, micros: i64) -> anyhow::Result<()> {
        self.stage.kontor.app.clock.turn(micros);
        self.stage.kontor.run_due_jobs().await?;
        Ok(())
    }

    /// Waits until systems have been probed so many times more.
    async fn probes(&self, times: usize) -> anyhow::Result<()> {
        for _ in 0..times {
            let next: Timestamp = text(&self.own(PROBES).await?, "next_at")?.parse()?;
            let now = self.stage.kontor.app.clock.now();
            self.pass(next.micros_since(now)).await?;
        }
        Ok(())
    }

    async fn own(&self, path: &str) -> anyhow::Result<Value> {
        self.stage.people.client.get(&self.seller.token, path).await
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> anyhow::Result<Reply> {
        let operator = self.stage.people.operator().await?;
        ask(&self.stage.people.client, &operator, method, path, body).await
    }

    async fn of_operator(&self, path: &str) -> anyhow::Result<Value> {
        self.call("GET", path, None).await?.good(path)
    }

    /// The proposals in a state, newest first.
    async fn proposals(&self, state: &str) -> anyhow::Result<Vec<Value>> {
        let list = self.of_operator(&format!("{PROPOSALS}?state={state}")).await?;
        list["items"].as_array().cloned().context("a list")
    }

    async fn state(&self) -> anyhow::Result<String> {
        Ok(text(&self.own(&format!("/api/v1/seller/products/{}", self.product.id)).await?, "state")?.to_owned())
    }

    async fn page(&self, token: &str, path: &str) -> anyhow::Result<String> {
        let sent = Sent { token: Some(token), ..Sent::default() };
        let reply = self.stage.people.client.call("GET", path, sent).await?;
        anyhow::ensure!(reply.status == 200, "{path}: {}", reply.status);
        Ok(reply.body.as_str().context("a page is a text")?.to_owned())
    }

    /// How often the seller was told something.
    async fn told(&self, title: &str) -> anyhow::Result<usize> {
        let titles = inbox(&self.stage.people, &self.seller.token).await?;
        Ok(titles.iter().filter(|one| one.starts_with(title)).count())
    }

    /// Gives the system a key that it knows.
    async fn mend(&self) -> anyhow::Result<()> {
        let path = address(&self.stage.people, &self.seller).await?;
        new_key(&self.stage.people, &self.seller, &self.system, &path).await
    }

    async fn close(self) -> anyhow::Result<()> {
        self.stage.check().await?;
        self.stage.close().await
    }
}

const FAILS: &str = "Your system has failed a probe";
const MENDED: &str = "Your system passes its probes again";

async fn five_days_of_failure_are_proposed_and_the_product_is_frozen_when_accepted(
    url: Option<String>,
) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "probed")).await?;
    assert_eq!(scene.own(PROBES).await?["items"], json!([]));
    let sold = scene.system.kit.instances();
    scene.probes(1).await?;
    let own = scene.own(PROBES).await?;
    let first = &own["items"][0];
    assert_eq!((&first["outcome"], &first["cases"], &first["failed"]), (&json!("passed"), &json!(6), &json!([])));
    assert_eq!((&first["begun_at"], &own["failing"]), (&json!("2026-03-02T08:00:00.000000Z"), &Value::Null));
    assert_eq!(scene.system.kit.instances(), sold, "nothing that was sold is touched");
    assert!(scene.system.kit.seen().is_empty(), "all of it carries the test flag");

    // Its seller is told once; nothing happens to the product.
    scene.system.kit.forget_keys();
    scene.probes(8).await?;
    let own = scene.own(PROBES).await?;
    assert_eq!((&own["failing"]["days"], &own["failing"]["probes"]), (&json!(4), &json!(8)));
    assert_eq!((scene.told(FAILS).await?, scene.told(MENDED).await?), (1, 0));
    assert!(scene.proposals("open").await?.is_empty());
    let failed = &own["items"][0]["failed"];
    assert_eq!((failed.as_array().map(Vec::len), &failed[0]["trouble"]), (Some(6), &json!("code.000001")));
    let page = scene.page(&scene.seller.token, "/seller/production/probes").await?;
    assert!(page.contains("4 days of failure in a row") && page.contains("6 of 6 cases failed"), "{page}");

    scene.probes(1).await?;
    let open = scene.proposals("open").await?;
    let one = open.first().context("the fifth day is enough")?;
    assert_eq!((&one["occasion"], &one["measure"]), (&json!("probing"), &json!("freeze")));
    assert_eq!((&one["count"], &one["since"]), (&json!(5), &json!("2026-03-03T01:00:00.000000Z")));
    scene.probes(1).await?;
    assert_eq!((scene.proposals("open").await?.len(), scene.state().await?), (1, "on_sale".to_owned()));
    let operator = scene.stage.people.operator().await?;
    let told = inbox(&scene.stage.people, &operator).await?;
    assert_eq!(told.iter().filter(|title| title.starts_with("Freeze proposed: Log Search Online")).count(), 1);

    let path = format!("{PROPOSALS}/{}", text(one, "id")?);
    let seen = scene.of_operator(&path).await?;
    assert_eq!((&seen["still_fails"], seen["failed_cases"].as_array().map(Vec::len)), (&json!(true), Some(6)));
    let page = scene.page(&operator, &format!("/operator/proposals/{}", text(one, "id")?)).await?;
    assert!(page.contains("on 5 days") && page.contains("updateInstanceStatus UNFREEZE"), "{page}");
    assert!(scene.page(&operator, "/operator/proposals").await?.contains("Log Search Online"));
    assert!(scene.page(&operator, "/operator/probes").await?.contains("Cloudco Software"));

    let accept = format!("{path}/acceptance");
    let statement = json!({ "kind": "freeze", "rule": "5.2", "facts": "Five days of failed probes.", "remedy": "Mend it.",
                            "until": "2026-03-31T16:00:00Z" });
    let wrong =
        json!({ "kind": "freeze", "rule": "5.2", "facts": "Five days of failed probes.", "remedy": "Mend it." });
    assert_eq!(refusal(&scene.call("POST", &accept, Some(wrong)).await?), (422, "invalid"));
    assert_eq!(scene.state().await?, "on_sale");
    let measure = scene.call("POST", &accept, Some(statement.clone())).await?.good(&accept)?;
    assert_eq!((scene.state().await?, &measure["state"]), ("frozen".to_owned(), &json!("in_force")));
    assert_eq!(refusal(&scene.call("POST", &accept, Some(statement)).await?), (409, "proposal.over"));
    let taken = scene.proposals("accepted").await?;
    assert_eq!((taken.len(), &taken[0]["taken"]), (1, &measure["id"]));
    let found = scene.own("/api/v1/search?q=Log%20Search%20Online").await?;
    assert_eq!(found["total"], 0, "it is hidden");
    scene.pass(0).await?;
    assert!(scene.told("Trade frozen: Log Search Online").await? == 1);

    // What is frozen because of it is probed on, so that both sides learn when it is mended.
    scene.mend().await?;
    scene.probes(2).await?;
    assert_eq!((scene.told(FAILS).await?, scene.told(MENDED).await?), (1, 1));
    assert_eq!(scene.of_operator(&path).await?["still_fails"], false);
    assert_eq!(scene.state().await?, "frozen", "the operator lifts it");
    scene.close().await
}

async fn a_proposal_falls_away_when_the_system_passes_and_starts_anew_when_dismissed(
    url: Option<String>,
) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "mended")).await?;
    scene.system.kit.forget_keys();
    scene.probes(10).await?;
    assert_eq!(scene.proposals("open").await?.len(), 1);
    scene.mend().await?;
    scene.probes(1).await?;
    let mended = scene.proposals("mended").await?;
    assert_eq!((mended.len(), scene.proposals("open").await?.len()), (1, 0));
    let late = format!("{PROPOSALS}/{}/dismissal", text(&mended[0], "id")?);
    let because = json!({ "reason": "It is back on Friday." });
    assert_eq!(refusal(&scene.call("POST", &late, Some(because.clone())).await?), (409, "proposal.over"));

    // It is counted anew, and what was dismissed counts no more.
    scene.system.kit.forget_keys();
    scene.probes(8).await?;
    assert!(scene.proposals("open").await?.is_empty());
    scene.probes(1).await?;
    let open = scene.proposals("open").await?;
    let path = format!("{PROPOSALS}/{}/dismissal", text(open.first().context("five days again")?, "id")?);
    assert_eq!(refusal(&scene.call("POST", &path, Some(json!({ "reason": " " }))).await?), (422, "invalid"));
    assert_eq!(scene.call("POST", &path, Some(because)).await?.status, 204);
    scene.probes(7).await?;
    assert!(scene.proposals("open").await?.is_empty(), "the rest of that day and three more");
    scene.probes(1).await?;
    let open = scene.proposals("open").await?;
    assert_eq!((open.len(), &open[0]["count"]), (1, &json!(5)));
    assert_eq!(scene.proposals("dismissed").await?[0]["answer"], "It is back on Friday.");
    assert_eq!((scene.told(FAILS).await?, scene.state().await?), (2, "on_sale".to_owned()));

    // A measure that somebody takes by himself overtakes it.
    let freeze = json!({ "kind": "freeze", "rule": "5.2", "facts": "Complaints.", "remedy": "Mend it.", "until": "2026-06-01T00:00:00Z" });
    let measures = format!("/api/v1/operator/products/{}/measures", scene.product.id);
    scene.call("POST", &measures, Some(freeze)).await?.good(&measures)?;
    assert_eq!((scene.proposals("open").await?.len(), scene.proposals("moot").await?.len()), (0, 1));
    scene.close().await
}

async fn more_than_five_failed_orders_of_a_month_are_proposed_for_delisting(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "orders")).await?;
    let buyer = scene.stage.people.rich_buyer("Ada Lovelace").await?;
    let fails = async |times: usize| {
        scene.system.kit.behave(Manner::Refuses(ResultCode::SoldOut));
        for _ in 0..times {
            order(&scene.stage.people, &buyer, months(&scene.product.skus[0], 1), true).await?;
            scene.pass(0).await?;
        }
        for _ in 0..3 {
            scene.pass(HOUR).await?;
        }
        scene.system.kit.behave(Manner::Well);
        anyhow::Ok(())
    };
    fails(5).await?;
    assert!(scene.proposals("open").await?.is_empty(), "five a month are let pass");
    // In April they begin anew.
    scene.pass(30 * 24 * HOUR).await?;
    fails(5).await?;
    assert!(scene.proposals("open").await?.is_empty());
    fails(1).await?;
    let open = scene.proposals("open").await?;
    let one = open.first().context("the sixth is too many")?;
    assert_eq!(
        (&one["occasion"], &one["measure"], &one["count"]),
        (&json!("failed_orders"), &json!("delisting"), &json!(6))
    );
    assert_eq!((&one["since"], scene.state().await?), (&json!("2026-03-31T16:00:00.000000Z"), "on_sale".to_owned()));
    let path = format!("{PROPOSALS}/{}", text(one, "id")?);
    let seen = scene.of_operator(&path).await?;
    let orders = seen["failed_orders"].as_array().context("a list")?;
    assert!(orders.len() == 6 && orders.iter().all(|order| order["trouble"] == "code.000106"), "{seen}");
    let operator = scene.stage.people.operator().await?;
    assert!(says(&inbox(&scene.stage.people, &operator).await?, "Delisting proposed: "));
    let page = scene.page(&operator, &format!("/operator/proposals/{}", text(one, "id")?)).await?;
    assert!(page.contains("6 orders of “Log Search Online”"), "{page}");

    // A system that passes its probes undoes no failed order.
    scene.probes(1).await?;
    assert_eq!(scene.proposals("open").await?.len(), 1);
    let accept = format!("{path}/acceptance");
    let statement = json!({ "kind": "delisting", "rule": "5.2", "facts": "Six orders failed.", "remedy": "Mend it." });
    scene.call("POST", &accept, Some(statement)).await?.good(&accept)?;
    assert_eq!(scene.state().await?, "delisted");
    let before = each(&scene.own(PROBES).await?, "id").len();
    scene.probes(2).await?;
    assert_eq!(each(&scene.own(PROBES).await?, "id").len(), before, "nothing of it is on sale");
    scene.close().await
}

async fn what_is_not_on_sale_is_not_probed(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "unprobed")).await?;
    // Another seller has a system with cases, and nothing on sale.
    let other = scene.stage.people.seller("Difference Software").await?;
    let theirs = System::start(&scene.stage.kontor.app.clock).await?;
    connect(&scene.stage.people, &other, &theirs, "").await?;
    scene.stage.people.tries_out(&other).await?;
    scene.probes(1).await?;
    let probed = scene.of_operator("/api/v1/operator/production-probes").await?;
    assert_eq!(each(&probed, "seller"), [scene.seller.account.as_str()]);

    // Nor is what the operator has frozen for another reason.
    let freeze = json!({ "kind": "freeze", "rule": "3.1", "facts": "A false claim.", "remedy": "Take it back.", "until": "2026-06-01T00:00:00Z" });
    let measures = format!("/api/v1/operator/products/{}/measures", scene.product.id);
    let taken = scene.call("POST", &measures, Some(freeze)).await?.good(&measures)?;
    let count = async || anyhow::Ok(each(&scene.own(PROBES).await?, "id").len());
    scene.probes(2).await?;
    assert_eq!(count().await?, 1);
    let lift = format!("/api/v1/operator/measures/{}/lifting", text(&taken, "id")?);
    scene.call("POST", &lift, Some(json!({ "reason": "It was taken back." }))).await?.good(&lift)?;
    scene.probes(1).await?;
    assert_eq!(count().await?, 2);

    // A site may do without.
    let rules = policy::DEFAULT.replace("[probing]\non = true", "[probing]\non = false");
    scene.call("POST", "/api/v1/operator/policy", Some(json!({ "rules": rules }))).await?.good("publish")?;
    assert_eq!(scene.own(PROBES).await?["next_at"], Value::Null);
    scene.pass(3 * 24 * HOUR).await?;
    assert_eq!(count().await?, 2);
    assert!(scene.page(&scene.seller.token, "/seller/production/probes").await?.contains("does not probe systems"));
    scene.close().await
}

async fn who_fails_does_not_pass_by_removing_what_fails(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "removed")).await?;
    let people = &scene.stage.people;
    let seller = async |method: &'static str, path: String, body: Option<Value>| {
        apart(people, &scene.seller, (method, &path), body).await
    };
    let calls = format!("{}/calls", address(people, &scene.seller).await?);
    let trial = json!({ "activity": "releaseInstance", "order": "MOCKONETIMENEW" });
    let before = seller("POST", calls.clone(), Some(trial.clone())).await?.good("try out")?;
    scene.system.kit.behave(Manner::Refuses(ResultCode::NoResource));
    scene.probes(1).await?;
    let kept = scene.own(CASES).await?;
    let release = kept["items"].as_array().into_iter().flatten().find(|case| case["scenario"] == "release");
    let release = format!("{CASES}/{}", text(release.context("it was kept")?, "id")?);
    assert_eq!(refusal(&seller("DELETE", release.clone(), None).await?), (422, "case.failing"));
    let old = json!({ "call": before["call"], "name": "It did pass" });
    assert_eq!(refusal(&seller("POST", CASES.to_owned(), Some(old)).await?), (422, "case.failed_since"));

    // One that passes now takes its place; the next probe is sent without the other.
    scene.system.kit.behave(Manner::Well);
    let after = seller("POST", calls, Some(trial)).await?.good("try out")?;
    let new = json!({ "call": after["call"], "name": "It passes" });
    seller("POST", CASES.to_owned(), Some(new)).await?.good("keep")?;
    assert_eq!(seller("DELETE", release, None).await?.status, 204);
    scene.probes(1).await?;
    let latest = scene.own(PROBES).await?["items"][0].clone();
    assert_eq!((&latest["outcome"], &latest["cases"]), (&json!("passed"), &json!(6)), "{latest}");

    // Each probe is of an order of its own, which all of its cases share until it is released; so is each call by hand.
    let log = scene.own("/api/v1/seller/production-calls?limit=100").await?;
    let created = log["items"].as_array().into_iter().flatten().filter(|call| call["activity"] == "newInstance");
    let orders = created
        .filter_map(|call| serde_json::from_str::<Value>(call["request"].as_str()?).ok())
        .filter_map(|body| Some(body["orderId"].as_str()?.to_owned()))
        .filter(|order| order.contains('-'));
    let mut times = BTreeMap::<String, usize>::new();
    for order in orders {
        *times.entry(order).or_default() += 1;
    }
    let mut shared: Vec<usize> = times.values().copied().filter(|times| *times > 1).collect();
    shared.sort_unstable();
    assert_eq!(shared, [5, 6], "the second release is of another order: {times:?}");
    assert!(times.len() > 8, "{times:?}");
    let order = times.keys().next().context("there are some")?;
    let query = format!("/api/mkp-openapi-public/global/v1/order/query?orderId={order}");
    assert_eq!(scene.own(&query).await?["orderInfo"]["orderId"], order.as_str());
    scene.close().await
}

async fn a_case_of_codes_is_no_obligation(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "code_probed")).await?;
    let people = &scene.stage.people;
    let seller = async |method: &'static str, path: String, body: Option<Value>| {
        apart(people, &scene.seller, (method, &path), body).await
    };
    let calls = format!("{}/calls", address(people, &scene.seller).await?);
    let trial = json!({ "activity": "refreshLicenseCode", "order": "MOCKMONTYRENEW", "scene": "RENEWAL" });
    let tried = seller("POST", calls, Some(trial)).await?.good("try out")?;
    let body = json!({ "call": tried["call"], "name": "Renew a code" });
    let kept = seller("POST", CASES.to_owned(), Some(body)).await?.good("keep")?;
    let case = format!("{CASES}/{}", text(&kept, "id")?);

    // It fails at its seller's system, and is not sent there again.
    scene.system.kit.forget_keys();
    let ran = seller("POST", format!("{case}/runs"), Some(json!({}))).await?.good("run")?;
    assert_eq!(ran["passed"], false, "{ran}");
    scene.mend().await?;
    scene.probes(12).await?;
    let own = scene.own(PROBES).await?;
    let latest = &own["items"][0];
    assert_eq!((&latest["outcome"], &latest["cases"], &own["failing"]), (&json!("passed"), &json!(6), &Value::Null));
    assert!(scene.proposals("open").await?.is_empty());

    // It counts in no probe that fails, and is given up meanwhile.
    scene.system.kit.forget_keys();
    scene.probes(1).await?;
    let latest = scene.own(PROBES).await?["items"][0].clone();
    assert_eq!((&latest["outcome"], latest["failed"].as_array().map(Vec::len)), (&json!("failed"), Some(6)));
    assert_eq!(seller("DELETE", case, None).await?.status, 204);
    scene.close().await
}
