//! What a seller tries out and keeps: sent again at will, asked for before something is sold.

use anyhow::Context;
use kontor::{
    kit::Manner,
    stage::{
        Person, Stage,
        client::{Reply, Sent, text},
    },
};
use production::ResultCode;
use serde_json::{Value, json};

use crate::{
    saas::{System, apart, connect, tell},
    stories::{each, refusal},
};

on_both!(
    a_try_out_is_kept_by_a_name_and_sent_again,
    all_are_sent_again_and_a_dead_system_is_asked_once,
    what_is_sold_was_tried_out_where_it_goes,
    what_a_try_out_says_is_checked_before_it_is_sent,
);

const CASES: &str = "/api/v1/seller/production-cases";

struct Scene {
    stage: Stage,
    system: System,
    seller: Person,
    /// The path of the address where deliveries go.
    address: String,
}

impl Scene {
    async fn open(url: Option<String>, name: &'static str) -> anyhow::Result<Self> {
        tokio::spawn(async move {
            let stage = Stage::turned(url.as_deref(), name).await?;
            let system = System::start(&stage.kontor.app.clock).await?;
            let seller = stage.people.seller("Cloudco Software").await?;
            let address = connect(&stage.people, &seller, &system, "").await?;
            anyhow::Ok(Self { stage, system, seller, address })
        })
        .await?
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> anyhow::Result<Reply> {
        apart(&self.stage.people, &self.seller, (method, path), body).await
    }

    async fn post(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        self.call("POST", path, Some(body)).await?.good(path)
    }

    async fn try_out(&self, trial: Value) -> anyhow::Result<Value> {
        self.post(&format!("{}/calls", self.address), trial).await
    }

    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.stage.people.client.get(&self.seller.token, path).await
    }

    /// A page as the seller sees it.
    async fn page(&self, path: &str) -> anyhow::Result<String> {
        let sent = Sent { token: Some(&self.seller.token), ..Sent::default() };
        let reply = self.stage.people.client.call("GET", path, sent).await?;
        anyhow::ensure!(reply.status == 200, "{path}: {}", reply.status);
        Ok(reply.body.as_str().context("a page is a text")?.to_owned())
    }

    /// The names of the calls so far, newest first.
    async fn called(&self) -> anyhow::Result<Vec<String>> {
        let calls = self.get("/api/v1/seller/production-calls?limit=100").await?;
        Ok(each(&calls, "name").into_iter().map(str::to_owned).collect())
    }

    async fn close(self) -> anyhow::Result<()> {
        self.stage.check().await?;
        self.stage.close().await
    }
}

async fn a_try_out_is_kept_by_a_name_and_sent_again(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "kept")).await?;
    // An instance that is not named is created first.
    let tried = scene.try_out(json!({ "activity": "releaseInstance", "order": "MOCKONETIMENEW" })).await?;
    assert_eq!(tried["trouble"], Value::Null, "{tried}");
    assert_eq!(scene.called().await?[..2], ["releaseInstance", "newInstance"]);
    let wish = json!({ "call": tried["call"], "name": "Give it back" });
    let kept = scene.post(CASES, wish.clone()).await?;
    assert_eq!(
        (&kept["scenario"], &kept["instance"], &kept["order"]),
        (&json!("release"), &json!(""), &json!("MOCKONETIMENEW"))
    );
    assert_eq!((&kept["results"][0]["passed"], &kept["results"][0]["call"]), (&json!(true), &tried["call"]));
    assert_eq!(refusal(&scene.call("POST", CASES, Some(wish)).await?), (422, "case.name_taken"));

    // What failed and what nobody tried out is no case.
    scene.system.kit.behave(Manner::Refuses(ResultCode::SoldOut));
    let refused = scene.try_out(json!({ "activity": "newInstance", "order": "MOCKPERIODYEARNEW" })).await?;
    assert_eq!(refused["trouble"], "code.000106");
    let of_refused = json!({ "call": refused["call"], "name": "Sold out" });
    assert_eq!(refusal(&scene.call("POST", CASES, Some(of_refused)).await?), (422, "case.not_passed"));
    let calls = scene.get("/api/v1/seller/production-calls?limit=100").await?;
    let proof = each(&calls, "id").last().copied().context("the address was proven")?.to_owned();
    let of_proof = json!({ "call": proof, "name": "Proof" });
    assert_eq!(refusal(&scene.call("POST", CASES, Some(of_proof)).await?), (422, "case.not_tried"));

    // Sent again, it fails where its instance is not created, and says how to mend it.
    let run = format!("{CASES}/{}/runs", text(&kept, "id")?);
    let again = scene.post(&run, json!({})).await?;
    assert_eq!((&again["passed"], &again["trouble"]), (&json!(false), &json!("code.000106")));
    let failed = again["checks"].as_array().into_iter().flatten().find(|check| check["found"] == "failed");
    assert_eq!(failed.context("one has failed")?["check"], "accepted");
    let page = scene.page("/seller/production/cases").await?;
    assert!(page.contains("Give it back") && page.contains("000000 means done"), "{page}");
    scene.system.kit.behave(Manner::Well);
    assert_eq!(scene.post(&run, json!({})).await?["passed"], true);
    assert!(!scene.page("/seller/production/cases").await?.contains("000000 means done"));

    // Another seller knows nothing of it.
    let other = scene.stage.people.seller("Difference Software").await?;
    let theirs = apart(&scene.stage.people, &other, ("POST", &run), Some(json!({}))).await?;
    assert_eq!(theirs.status, 404);
    assert_eq!(scene.call("DELETE", &format!("{CASES}/{}", text(&kept, "id")?), None).await?.status, 204);
    assert_eq!(scene.get(CASES).await?["items"], json!([]));
    scene.close().await
}

async fn all_are_sent_again_and_a_dead_system_is_asked_once(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "all")).await?;
    let all = format!("{}/case-runs", scene.address);
    assert_eq!(refusal(&scene.call("POST", &all, None).await?), (422, "case.none"));
    scene.stage.people.tries_out(&scene.seller).await?;
    let passed = async || {
        let list = scene.get(CASES).await?;
        let items = list["items"].as_array().context("a list")?.clone();
        anyhow::Ok(items.iter().filter(|case| case["results"][0]["passed"] == true).count())
    };
    assert_eq!(passed().await?, 6);
    scene.system.kit.forget_keys();
    assert_eq!(scene.call("POST", &all, None).await?.status, 204);
    assert_eq!(scene.call("POST", &all, None).await?.status, 204, "they are on their way already");
    assert_eq!(passed().await?, 6, "nobody waits for it");
    assert!(scene.page("/seller/production/cases").await?.contains("All cases are being sent"));
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(passed().await?, 0);
    assert!(!scene.page("/seller/production/cases").await?.contains("All cases are being sent"));

    // A key that it knows mends it.
    let key = tell(&scene.stage.people, &scene.seller, &format!("{}/keys", scene.address)).await?;
    scene.system.kit.accept(text(&key, "key")?)?;
    tell(&scene.stage.people, &scene.seller, &format!("{}/change-key", scene.address)).await?;
    scene.call("POST", &all, None).await?.good(&all)?;
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(passed().await?, 6);

    // Of a system that is down, one call says all.
    scene.system.stop().await;
    let before = scene.called().await?.len();
    scene.call("POST", &all, None).await?.good(&all)?;
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!((passed().await?, scene.called().await?.len()), (0, before + 1));
    scene.close().await
}

async fn what_is_sold_was_tried_out_where_it_goes(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "asked")).await?;
    let (people, seller) = (&scene.stage.people, &scene.seller);
    let listing = people.hosted_listing(seller, "Log Search Online").await?;
    let draft = people.client.post(&seller.token, "/api/v1/seller/products", listing).await?;
    let id = text(&draft, "id")?.to_owned();
    let submit = format!("/api/v1/seller/products/{id}/revisions");
    let sent = async || {
        let draft = people.client.get(&seller.token, &format!("/api/v1/seller/products/{id}")).await?;
        let sent = Sent { token: Some(&seller.token), version: draft["version"].as_i64(), ..Sent::default() };
        people.client.call("POST", &submit, sent).await
    };
    // It is refused by the names of what is missing, with the way to it.
    let refused = sent().await?;
    assert_eq!(refusal(&refused), (422, "invalid"));
    let said = text(&refused.body["errors"][0], "message")?;
    assert!(said.contains("updateInstanceStatus UNFREEZE") && said.contains("/seller/production/debugger"), "{said}");
    let todo = scene.page(&format!("/seller/products/{id}/submit")).await?;
    assert!(todo.contains("refreshInstance RENEWAL") && todo.contains("Open the debugger"), "{todo}");
    let asked = scene.get(CASES).await?["asked"].clone();
    assert!(asked.as_array().is_some_and(|asked| asked.iter().all(|one| one["passed"] == false)), "{asked}");

    people.tries_out(seller).await?;
    let asked = scene.get(CASES).await?["asked"].clone();
    assert!(asked.as_array().is_some_and(|asked| asked.iter().all(|one| one["passed"] == true)), "{asked}");
    let submitted = sent().await?.good(&submit)?;
    let revision = text(&submitted, "id")?;

    // Deliveries go elsewhere now: what passed at the old address proves nothing of it.
    let moved = connect(people, seller, &scene.system, "?moved=1").await?;
    tell(people, seller, &format!("{moved}/use")).await?;
    let approval = format!("/api/v1/operator/revisions/{revision}/approval");
    let operator = people.operator().await?;
    let approve =
        async || people.client.call("POST", &approval, Sent { token: Some(&operator), ..Sent::default() }).await;
    assert_eq!(refusal(&approve().await?), (409, "review.cases_open"));
    let claim = format!("/api/v1/operator/revisions/{revision}/claim");
    people.client.call("POST", &claim, Sent { token: Some(&operator), ..Sent::default() }).await?.good(&claim)?;
    let seen = people.client.get(&operator, &format!("/api/v1/operator/revisions/{revision}")).await?;
    let checks = seen["case"]["checks"].as_array().context("they have run")?;
    let of_system = checks.iter().find(|check| check["check"] == "system").context("it has a line of its own")?;
    assert_eq!(of_system["verdict"], "failed");
    assert!(
        of_system["findings"][0]["message"]["en"].as_str().is_some_and(|text| text.contains("?moved=1")),
        "{of_system}"
    );
    let bench = format!("/operator/products/{revision}");
    let shown = people.client.call("GET", &bench, Sent { token: Some(&operator), ..Sent::default() }).await?;
    assert!(
        shown.body.as_str().is_some_and(|page| page.contains("system</span>") || page.contains("s system")),
        "{bench}"
    );

    // The seller tries the new address out too, and the reviewer looks again.
    people.tries_out(seller).await?;
    people.client.call("POST", &claim, Sent { token: Some(&operator), ..Sent::default() }).await?.good(&claim)?;
    approve().await?.good(&approval)?;
    scene.close().await
}

async fn what_a_try_out_says_is_checked_before_it_is_sent(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "checked")).await?;
    let calls = format!("{}/calls", scene.address);
    for (trial, field) in [
        (json!({ "activity": "updateInstanceStatus", "instance": "i", "status": "MELT" }), "status"),
        (json!({ "activity": "updateInstanceStatus", "instance": "i" }), "status"),
        (json!({ "activity": "refreshInstance", "instance": "i", "scene": "LATER" }), "scene"),
        (json!({ "activity": "queryInstance" }), "instance"),
    ] {
        let refused = scene.call("POST", &calls, Some(trial)).await?;
        assert_eq!((refusal(&refused), &refused.body["errors"][0]["field"]), ((422, "invalid"), &json!(field)));
    }
    scene.close().await
}
