//! Software that opens after its buyer's acceptance: it is there at once to be looked at, its term begins when it is accepted, and who
//! refuses it gets everything back.

use anyhow::{Context, ensure};
use kernel::time::{DAY, HOUR, MINUTE};
use kontor::{
    kit::Standing,
    stage::{
        People, Person, Product, Stage,
        client::{Reply, Sent, text},
    },
};
use serde_json::{Value, json};

use crate::{
    older::program::Program,
    saas::{System, apart, tell},
    stories::{ask, inbox, months, order, refusal, says, wallet},
};

on_both!(
    it_is_looked_at_and_its_term_begins_with_its_acceptance,
    whoever_refuses_it_gets_everything_back,
    what_nobody_accepts_counts_as_accepted_after_the_days_of_the_rules,
    a_program_of_v1_is_told_by_the_creation_again,
    what_waits_can_be_accepted_or_refused_and_nothing_else,
    what_was_tried_needs_no_acceptance,
    a_seller_chooses_it_at_release,
);

/// A seller with a supervised product that opens after acceptance, and a buyer.
struct Scene {
    stage: Stage,
    seller: Person,
    buyer: Person,
    product: Product,
}

/// What such a product says, with its papers.
pub(crate) async fn listing(people: &People, seller: &Person, name: &str) -> anyhow::Result<Value> {
    let mut listing = people.hosted_listing(seller, name).await?;
    listing["supervised"] = json!(true);
    listing["opening"] = json!("at_acceptance");
    listing["service"] = json!({
        "flow": [{
            "title": { "en": "Look at it", "zh": "查看实例" },
            "text": { "en": "Sign in and try each part.", "zh": "登录并试用各项功能。" }
        }],
        "requirement_template": people.document(seller, "service_template").await?,
        "delivery_template": people.document(seller, "service_template").await?,
        "acceptance": {
            "en": "All users of the contract can sign in and search their logs.",
            "zh": "合同约定的所有用户均可登录，并能正常检索各自的日志数据。"
        }
    });
    Ok(listing)
}

/// Tries out an acceptance, and keeps it as a case.
pub(crate) async fn accepts(people: &People, seller: &Person, (address, form): (&str, &str)) -> anyhow::Result<Value> {
    let trial = match form {
        "standard_webhooks" => json!({ "activity": "instance.accepted", "order": "MOCKPERIODYEARNEW" }),
        _ => json!({ "activity": "newInstance", "scene": "ACCEPTANCE", "order": "MOCKPERIODYEARNEW" }),
    };
    let tried = apart(people, seller, ("POST", &format!("{address}/calls")), Some(trial)).await?.good("try it out")?;
    let kept = json!({ "call": tried["call"], "name": "accept" });
    people.client.post(&seller.token, "/api/v1/seller/production-cases", kept).await?;
    Ok(tried)
}

impl Scene {
    /// In a task of its own, as all that goes deep.
    async fn open(url: Option<String>, form: &'static str) -> anyhow::Result<(Self, System)> {
        tokio::spawn(async move {
            let stage = Stage::turned(url.as_deref(), "acceptance").await?;
            let system = System::start(&stage.kontor.app.clock).await?;
            let (seller, address, key) = Self::seller(&stage, (system.address(), form)).await?;
            system.kit.accept(key)?;
            let scene = Self::sells(stage, seller, (&address, form)).await?;
            anyhow::Ok((scene, system))
        })
        .await?
    }

    async fn seller(stage: &Stage, (url, form): (&str, &str)) -> anyhow::Result<(Person, String, String)> {
        let seller = stage.people.seller("Cloudco Software").await?;
        let (address, key) = stage.people.address_in(&seller, url, form).await?;
        Ok((seller, address, key))
    }

    async fn sells(stage: Stage, seller: Person, (address, form): (&str, &str)) -> anyhow::Result<Self> {
        let people = &stage.people;
        tell(people, &seller, &format!("{address}/verify")).await?;
        accepts(people, &seller, (address, form)).await?;
        let product = people.listed(&seller, listing(people, &seller, "Log Search Online").await?).await?;
        let buyer = people.rich_buyer("Ada Lovelace").await?;
        Ok(Self { stage, seller, buyer, product })
    }

    fn people(&self) -> &People {
        &self.stage.people
    }

    async fn pass(&self, micros: i64) -> anyhow::Result<()> {
        self.stage.kontor.app.clock.turn(micros);
        self.stage.kontor.run_due_jobs().await?;
        Ok(())
    }

    /// Buys a month of it: the order and the instance.
    async fn buy(&self) -> anyhow::Result<(String, String)> {
        let bought = order(self.people(), &self.buyer, months(&self.product.skus[0], 1), true).await?;
        self.stage.kontor.run_due_jobs().await?;
        let list = self.get("/api/v1/instances?limit=1").await?;
        Ok((text(&bought, "id")?.to_owned(), text(&list["items"][0], "id")?.to_owned()))
    }

    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.people().client.get(&self.buyer.token, path).await
    }

    async fn instance(&self, id: &str) -> anyhow::Result<Value> {
        self.get(&format!("/api/v1/instances/{id}")).await
    }

    async fn ask(&self, who: &Person, (method, path): (&str, &str), body: Option<Value>) -> anyhow::Result<Reply> {
        ask(&self.people().client, &who.token, method, path, body).await
    }

    async fn accept(&self, id: &str) -> anyhow::Result<Reply> {
        let done = self.ask(&self.buyer, ("POST", &format!("/api/v1/instances/{id}/acceptance")), None).await?;
        self.stage.kontor.run_due_jobs().await?;
        Ok(done)
    }

    async fn refuse(&self, id: &str, reason: &str) -> anyhow::Result<Reply> {
        let path = format!("/api/v1/instances/{id}/return");
        let done = self.ask(&self.buyer, ("POST", &path), Some(json!({ "reason": reason }))).await?;
        self.stage.kontor.run_due_jobs().await?;
        Ok(done)
    }

    async fn page(&self, path: &str) -> anyhow::Result<String> {
        let sent = Sent { token: Some(&self.buyer.token), ..Sent::default() };
        let reply = self.people().client.call("GET", path, sent).await?;
        ensure!(reply.status == 200, "{path}: {}", reply.status);
        Ok(reply.body.as_str().context("a page is a text")?.to_owned())
    }

    async fn close(self) -> anyhow::Result<()> {
        self.stage.check().await?;
        self.stage.close().await
    }
}

async fn it_is_looked_at_and_its_term_begins_with_its_acceptance(url: Option<String>) -> anyhow::Result<()> {
    let (scene, system) = Scene::open(url, "koogallery_v2").await?;
    let (people, held) = (scene.people(), wallet(scene.people(), &scene.buyer).await?);
    let checkout = scene.page(&format!("/checkout?sku={}&q.users=10&periods=1", scene.product.skus[0])).await?;
    assert!(checkout.contains("its term begins when you accept it"), "{checkout}");
    let (order, id) = scene.buy().await?;
    let (waiting, shown) = (scene.instance(&id).await?, scene.get(&format!("/api/v1/orders/{order}")).await?);
    assert_eq!((&waiting["state"], &waiting["expires_at"]), (&json!("pending"), &Value::Null));
    assert_eq!(waiting["accept_by"], "2026-03-17T01:00:00.000000Z");
    assert_eq!((&shown["state"], &shown["lines"][0]["state"]), (&json!("paid"), &json!("paid")), "the money waits");
    let deliveries = scene.get(&format!("/api/v1/orders/{order}/deliveries")).await?;
    assert_eq!(deliveries["items"][0]["state"], "offered");
    assert_eq!(system.standing(), [Standing::Open], "it is there");
    assert!(says(&inbox(people, &scene.buyer.token).await?, "Waits for your acceptance"));
    assert!(!says(&inbox(people, &scene.buyer.token).await?, "Ready to use"));
    let access = scene.get(&format!("/api/v1/instances/{id}/access")).await?;
    assert!(access["front_end_url"].is_string(), "its buyer looks at it: {access}");
    let page = scene.page(&format!("/console/instances/{id}")).await?;
    assert!(page.contains("All users of the contract can sign in") && page.contains("Refuse it…"), "{page}");
    assert!(scene.page(&format!("/console/orders/{order}")).await?.contains("Its term begins when you accept it"));
    let sold = people.client.get(&scene.seller.token, "/api/v1/seller/instances?state=pending").await?;
    assert_eq!(sold["items"][0]["id"], id.as_str(), "its seller sees that it waits");

    scene.pass(3 * DAY).await?;
    let path = format!("/api/v1/instances/{id}/acceptance");
    let preview = scene.get(&path).await?;
    assert_eq!(
        (&preview["expires_at"], &preview["paid"]["minor"]),
        (&json!("2026-04-05T01:00:00.000000Z"), &json!(30_000))
    );
    assert!(scene.page(&format!("/console/instances/{id}/acceptance")).await?.contains("Accept it"));
    let stranger = people.rich_buyer("Grace Hopper").await?;
    for (who, method) in [(&stranger, "GET"), (&stranger, "POST"), (&scene.seller, "POST")] {
        assert_eq!(scene.ask(who, (method, &path), None).await?.status, 404, "it is nobody else's to accept");
    }
    let key = Sent { token: Some(&scene.buyer.token), key: Some("accept-1"), ..Sent::default() };
    let accepted = people.client.call("POST", &path, key).await?.good("accept")?;
    assert_eq!(accepted["began_at"], "2026-03-05T01:00:00.000000Z");
    let key = Sent { token: Some(&scene.buyer.token), key: Some("accept-1"), ..Sent::default() };
    assert_eq!(people.client.call("POST", &path, key).await?.good("again")?, accepted, "a repeat is answered the same");
    scene.pass(0).await?;
    assert_eq!(refusal(&scene.accept(&id).await?), (422, "acceptance.not_waiting"));
    let runs = scene.instance(&id).await?;
    assert_eq!((&runs["state"], &runs["expires_at"]), (&json!("active"), &json!("2026-04-05T01:00:00.000000Z")));
    assert_eq!(scene.get(&format!("/api/v1/orders/{order}")).await?["state"], "completed");
    let told: Vec<Value> = system.kit.seen().into_iter().filter(|told| told["activity"] == "newInstance").collect();
    assert_eq!((told.len(), &told[1]["acceptanceTime"]), (2, &json!("20260305010000000")));
    assert!(told[0]["acceptanceTime"].is_null() && told[0]["businessId"] != told[1]["businessId"]);
    assert_eq!((&told[0]["orderId"], &told[0]["orderLineId"]), (&told[1]["orderId"], &told[1]["orderLineId"]));
    assert!(says(&inbox(people, &scene.seller.token).await?, "Accepted: Log Search Online"));
    assert_eq!(wallet(people, &scene.buyer).await?, held - 30_000);

    // The days in which it can be returned begin with its acceptance.
    scene.pass(4 * DAY).await?;
    let preview = scene.get(&format!("/api/v1/instances/{id}/return")).await?;
    assert_eq!((&preview["cause"], &preview["until"]), (&json!("no_reason"), &json!("2026-03-10T01:00:00.000000Z")));
    scene.pass(27 * DAY).await?;
    assert_eq!(scene.instance(&id).await?["state"], "expired", "and so does its term");
    scene.close().await
}

async fn whoever_refuses_it_gets_everything_back(url: Option<String>) -> anyhow::Result<()> {
    let (scene, system) = Scene::open(url, "standard_webhooks").await?;
    let (people, held) = (scene.people(), wallet(scene.people(), &scene.buyer).await?);
    let (order, id) = scene.buy().await?;
    scene.pass(2 * DAY).await?;
    let preview = scene.get(&format!("/api/v1/instances/{id}/return")).await?;
    assert_eq!((&preview["cause"], &preview["amount"]["minor"]), (&json!("not_accepted"), &json!(30_000)));
    assert_eq!((&preview["until"], &preview["used_this_year"]), (&json!("2026-03-17T01:00:00.000000Z"), &json!(0)));
    let page = scene.page(&format!("/console/instances/{id}/return")).await?;
    assert!(page.contains("Refuse") && page.contains("the seller is told what is missing"), "{page}");
    let refused = scene.refuse(&id, " ").await?;
    assert_eq!((refused.status, &refused.body["errors"][0]["field"]), (422, &json!("reason")), "{}", refused.body);
    let stranger = people.rich_buyer("Grace Hopper").await?;
    let path = format!("/api/v1/instances/{id}/return");
    let theirs = scene.ask(&stranger, ("POST", &path), Some(json!({ "reason": "It does not start." }))).await?;
    assert_eq!(theirs.status, 404);
    let done = scene.refuse(&id, "The import of old logs does not start.").await?.good("refuse")?;
    assert_eq!((&done["cause"], &done["total"]["minor"]), (&json!("not_accepted"), &json!(30_000)));
    assert_eq!(wallet(people, &scene.buyer).await?, held, "all of it is back");
    let gone = scene.instance(&id).await?;
    assert_eq!((&gone["state"], &gone["end_cause"]), (&json!("released"), &json!("refund")));
    assert_eq!(scene.get(&format!("/api/v1/orders/{order}")).await?["state"], "refunded");
    assert_eq!(system.standing(), [Standing::Released], "its seller's system is told");
    let last = system.kit.seen().pop().context("it was told")?;
    assert_eq!((&last["type"], &last["data"]["returned"]), (&json!("instance.released"), &json!(true)));
    let told = inbox(people, &scene.seller.token).await?;
    assert!(says(&told, "Not accepted: Log Search Online"), "{told:?}");
    // Nothing can be done with it any more, and no timer changes that.
    assert_eq!(refusal(&scene.accept(&id).await?), (422, "acceptance.not_waiting"));
    assert_eq!(scene.refuse(&id, "The import of old logs does not start.").await?.status, 422);
    scene.pass(20 * DAY).await?;
    assert_eq!(scene.instance(&id).await?["state"], "released");

    // Each refusal is one of the year's returns, so that nobody uses one after the other for nothing.
    for nth in 2..=10 {
        let (_, id) = scene.buy().await?;
        scene.refuse(&id, "The import of old logs does not start.").await?.good(&format!("refusal {nth}"))?;
    }
    let (_, id) = scene.buy().await?;
    let last = scene.refuse(&id, "The import of old logs does not start.").await?;
    assert_eq!(refusal(&last), (422, "refund.allowance_used"));
    scene.accept(&id).await?.good("accept")?;
    scene.close().await
}

async fn what_nobody_accepts_counts_as_accepted_after_the_days_of_the_rules(url: Option<String>) -> anyhow::Result<()> {
    let (scene, system) = Scene::open(url, "standard_webhooks").await?;
    let people = scene.people();
    let (order, id) = scene.buy().await?;
    let reminders = async || {
        let titles = inbox(people, &scene.buyer.token).await?;
        anyhow::Ok(titles.iter().filter(|title| title.starts_with("Waits for your acceptance")).count())
    };
    assert_eq!(reminders().await?, 1, "it is there");
    scene.pass(9 * DAY).await?;
    assert_eq!(reminders().await?, 2, "a week before");
    scene.pass(5 * DAY + 20 * HOUR).await?;
    assert_eq!(reminders().await?, 4, "three days before, and one");
    assert_eq!(scene.instance(&id).await?["state"], "pending");
    scene.pass(4 * HOUR).await?;
    let runs = scene.instance(&id).await?;
    assert_eq!((&runs["state"], &runs["activated_at"]), (&json!("active"), &json!("2026-03-17T01:00:00.000000Z")));
    assert_eq!(runs["expires_at"], "2026-04-17T01:00:00.000000Z");
    assert_eq!(scene.get(&format!("/api/v1/orders/{order}")).await?["state"], "completed");
    let told = system.kit.seen().into_iter().find(|told| told["type"] == "instance.accepted").context("it was told")?;
    assert_eq!(
        (&told["data"]["accepted_at"], &told["data"]["expires_at"]),
        (&json!("2026-03-17T01:00:00.000000Z"), &json!("2026-04-17T01:00:00.000000Z"))
    );
    assert_eq!(system.ends(), ["2026-04-17T01:00:00.000000Z"]);
    for who in [&scene.buyer, &scene.seller] {
        assert!(says(&inbox(people, &who.token).await?, "Accepted: Log Search Online"), "both are told");
    }
    // The end was told, so that both sides are compared by it.
    scene.stage.kontor.deliveries.prepare_comparing().await?;
    scene.pass(DAY).await?;
    let differences = people.client.get(&scene.seller.token, "/api/v1/seller/differences").await?;
    assert_eq!(differences["items"], json!([]));
    assert_eq!(refusal(&scene.accept(&id).await?), (422, "acceptance.not_waiting"));
    scene.close().await
}

async fn a_program_of_v1_is_told_by_the_creation_again(url: Option<String>) -> anyhow::Result<()> {
    let (scene, program) = tokio::spawn(async move {
        let stage = Stage::turned(url.as_deref(), "acceptance_v1").await?;
        let program = Program::start().await?;
        let (seller, address, key) = Scene::seller(&stage, (&program.url, "koogallery_v1")).await?;
        program.desk().key = key;
        let scene = Scene::sells(stage, seller, (&address, "koogallery_v1")).await?;
        anyhow::Ok((scene, program))
    })
    .await??;
    let tried = program.desk().tried.iter().filter(|tried| tried.contains_key("acceptanceTime")).count();
    assert!(tried >= 1, "it was tried out");
    let (_, id) = scene.buy().await?;
    let first = program.last()?;
    assert!(first["activity"] == "newInstance" && !first.contains_key("acceptanceTime"));
    scene.pass(DAY).await?;
    scene.accept(&id).await?.good("accept")?;
    let again = program.last()?;
    for same in ["activity", "orderId", "productId", "skuCode", "customerId", "orderAmount", "chargingMode"] {
        assert_eq!(again[same], first[same], "{same}");
    }
    assert_eq!(
        (again["acceptanceTime"].as_str(), again["expireTime"].as_str()),
        ("20260303010000000", "20260403010000")
    );
    assert_ne!(again["businessId"], first["businessId"]);
    assert_eq!(program.standing(), ["open"], "it is still one");

    // One that makes another instance of it has not understood; it is told again, then laid before its seller.
    let (_, id) = scene.buy().await?;
    program
        .desk()
        .answers
        .extend((0..60).map(|_| json!({ "resultCode": "000000", "resultMsg": "", "instanceId": "another" })));
    scene.accept(&id).await?.good("accept")?;
    for _ in 0..60 {
        scene.pass(2 * MINUTE).await?;
    }
    let errands = scene.people().client.get(&scene.seller.token, "/api/v1/seller/errands?state=dead").await?;
    assert_eq!(
        (&errands["items"][0]["kind"], &errands["items"][0]["trouble"]),
        (&json!("accept"), &json!("other_instance"))
    );
    assert!(says(&inbox(scene.people(), &scene.seller.token).await?, "Your system did not take over that its buyer"));
    assert_eq!(scene.instance(&id).await?["state"], "active", "its buyer has accepted it all the same");
    scene.close().await
}

async fn what_waits_can_be_accepted_or_refused_and_nothing_else(url: Option<String>) -> anyhow::Result<()> {
    let (scene, _system) = Scene::open(url, "koogallery_v2").await?;
    let (_, id) = scene.buy().await?;
    let here = format!("/api/v1/instances/{id}");
    let renewal = scene.ask(&scene.buyer, ("GET", &format!("{here}/renewal?periods=1")), None).await?;
    assert_eq!(refusal(&renewal), (422, "renewal.not_accepted"));
    let conversion = scene.ask(&scene.buyer, ("GET", &format!("{here}/conversion")), None).await?;
    assert_eq!(refusal(&conversion), (422, "conversion.no_trial"));
    let more = Some(json!({ "quantities": { "users": 20 } }));
    let change = scene.ask(&scene.buyer, ("POST", &format!("{here}/change-preview")), more).await?;
    assert_eq!(refusal(&change), (422, "change.not_accepted"));
    // The operator ends it before anybody has accepted it: what was paid goes back.
    let held = wallet(scene.people(), &scene.buyer).await?;
    let kontor = &scene.stage.kontor;
    let mut tx = kontor.app.db.begin().await?;
    let read = kontor.instances.find(&mut tx, id.parse()?).await?;
    kontor.instances.end(&mut tx, read, instances::EndCause::Operator).await?;
    tx.commit().await?;
    scene.pass(0).await?;
    assert_eq!(wallet(scene.people(), &scene.buyer).await?, held + 30_000);
    assert_eq!(refusal(&scene.accept(&id).await?), (422, "acceptance.not_waiting"));
    scene.close().await
}

async fn what_was_tried_needs_no_acceptance(url: Option<String>) -> anyhow::Result<()> {
    let (scene, _system) = Scene::open(url, "koogallery_v2").await?;
    let wanted = json!({ "sku": scene.product.skus[0], "quantities": { "users": 10 } });
    scene.ask(&scene.buyer, ("POST", "/api/v1/trials"), Some(wanted)).await?.good("try it")?;
    scene.pass(0).await?;
    let list = scene.get("/api/v1/instances").await?;
    let id = text(&list["items"][0], "id")?.to_owned();
    assert_eq!((&list["items"][0]["state"], &list["items"][0]["is_trial"]), (&json!("active"), &json!(true)));
    let path = format!("/api/v1/instances/{id}/conversion");
    let price = scene.get(&format!("{path}?periods=1&period_unit=month")).await?;
    let body = json!({ "periods": 1, "period_unit": "month", "seen": price["seen"] });
    scene.ask(&scene.buyer, ("POST", &path), Some(body)).await?.good("buy it")?;
    scene.pass(0).await?;
    assert_eq!(scene.instance(&id).await?["state"], "active", "its buyer knows it");
    scene.close().await
}

async fn a_seller_chooses_it_at_release(url: Option<String>) -> anyhow::Result<()> {
    let (scene, _system) = Scene::open(url, "koogallery_v2").await?;
    let people = scene.people();
    let page = people.client.get(&scene.buyer.token, &format!("/api/v1/products/{}", scene.product.id)).await?;
    assert_eq!((&page["opening"], &page["sold_later"]), (&json!("at_acceptance"), &Value::Null));
    assert!(
        scene.page(&format!("/products/{}", scene.product.id)).await?.contains("Its term begins when you accept it")
    );

    // Without supervision there is nothing to accept, and a system that was not tried out with it is not sold.
    let another = people.seller("Another Software").await?;
    let mut open = people.hosted_listing(&another, "Log Search Elsewhere").await?;
    open["opening"] = json!("at_acceptance");
    let draft = people.client.post(&another.token, "/api/v1/seller/products", open).await?;
    let submit = format!("/api/v1/seller/products/{}/revisions", text(&draft, "id")?);
    let refused = people.edit(&another.token, "POST", &submit, &draft, None).await;
    let why = refused.err().context("it is refused")?.to_string();
    assert!(why.contains("supervised delivery only"), "{why}");
    scene.close().await
}
