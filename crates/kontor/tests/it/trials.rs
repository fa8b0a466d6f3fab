//! Trials: started in one screen, delivered through the seller's system, once for each account, over by themselves.

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
    saas::{self, System},
    stories::{ask, each, inbox, months, order, refusal, says, wallet},
};

on_both!(
    a_trial_costs_nothing_and_its_seller_is_told_what_it_is,
    a_trial_is_reminded_of_frozen_and_released,
    of_two_who_start_at_once_one_is_let_in,
    only_who_is_on_the_list_may_try,
    a_trial_that_was_never_opened_is_not_used_up,
    what_cannot_be_bought_cannot_be_tried,
    what_is_tried_is_bought_and_goes_on,
    what_was_frozen_is_opened_again_by_buying_it,
    a_freeze_that_came_too_late_is_never_restarted,
    what_waits_is_told_however_its_buyer_asks_for_the_way_in,
);

/// A seller whose system is connected, a product that can be tried for two weeks, and a buyer.
struct Scene {
    stage: Stage,
    system: System,
    seller: Person,
    buyer: Person,
    product: Product,
}

impl Scene {
    /// In a task of its own, as all that goes deep.
    async fn open(url: Option<&str>, name: &'static str) -> anyhow::Result<Self> {
        let url = url.map(str::to_owned);
        tokio::spawn(async move { Self::made(url.as_deref(), name).await }).await?
    }

    async fn made(url: Option<&str>, name: &str) -> anyhow::Result<Self> {
        let stage = Stage::turned(url, name).await?;
        let people = &stage.people;
        let system = System::start(&stage.kontor.app.clock).await?;
        let seller = people.seller("Cloudco Software").await?;
        saas::connect(people, &seller, &system, "").await?;
        let product = saas::product(people, &seller).await?;
        let buyer = people.rich_buyer("Ada Lovelace").await?;
        Ok(Self { stage, system, seller, buyer, product })
    }

    fn people(&self) -> &People {
        &self.stage.people
    }

    async fn pass(&self, micros: i64) -> anyhow::Result<()> {
        self.stage.kontor.app.clock.turn(micros);
        self.stage.kontor.run_due_jobs().await?;
        Ok(())
    }

    async fn get(&self, who: &Person, path: &str) -> anyhow::Result<Value> {
        self.people().client.get(&who.token, path).await
    }

    async fn page(&self, who: &Person, path: &str) -> anyhow::Result<String> {
        let sent = Sent { token: Some(&who.token), ..Sent::default() };
        let reply = self.people().client.call("GET", path, sent).await?;
        ensure!(matches!(reply.status, 200 | 422), "{path}: {}", reply.status);
        Ok(reply.body.as_str().context("a page is a text")?.to_owned())
    }

    async fn wants(&self, who: &Person) -> anyhow::Result<Reply> {
        let body = json!({ "sku": self.product.skus[0], "quantities": { "users": 5 } });
        ask(&self.people().client, &who.token, "POST", "/api/v1/trials", Some(body)).await
    }

    /// Starts it and has it delivered: the order and the instance.
    async fn tries(&self, who: &Person) -> anyhow::Result<(Value, Value)> {
        let order = self.wants(who).await?.good("a trial")?;
        self.stage.kontor.run_due_jobs().await?;
        let list = self.get(who, "/api/v1/instances?limit=1").await?;
        Ok((order, list["items"][0].clone()))
    }

    /// A change of the product by its seller.
    async fn set(&self, method: &str, what: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let path = format!("/api/v1/seller/products/{}/{what}", self.product.id);
        ask(&self.people().client, &self.seller.token, method, &path, body).await?.good(&path)
    }

    async fn may_try(&self, who: &Person) -> anyhow::Result<(bool, Value)> {
        let found = self.get(who, &format!("/api/v1/products/{}/trials", self.product.id)).await?;
        let first = &found["items"][0];
        ensure!(first["days"] == 14, "{found}");
        Ok((first["may_start"] == true, first["refusal"].clone()))
    }

    async fn close(self) -> anyhow::Result<()> {
        self.stage.check().await?;
        self.stage.close().await
    }
}

async fn a_trial_costs_nothing_and_its_seller_is_told_what_it_is(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "trial")).await?;
    let (people, buyer) = (scene.people(), &scene.buyer);
    let held = wallet(people, buyer).await?;
    let found = scene.get(buyer, "/api/v1/search?trial=true").await?;
    assert_eq!(
        (&found["total"], &found["facets"]["trial"], &found["items"][0]["trial_days"]),
        (&json!(1), &json!(1), &json!(14))
    );
    let shelf = format!("/products/{}?spec=server", scene.product.id);
    assert!(scene.page(buyer, &shelf).await?.contains("Try it free for 14 days"));
    let screen = scene.page(buyer, &format!("/trial?sku={}&q.users=5", scene.product.skus[0])).await?;
    assert!(screen.contains("Start the trial") && screen.contains("does not turn into a purchase"), "{screen}");
    assert_eq!(scene.may_try(buyer).await?, (true, Value::Null));

    let (order, instance) = scene.tries(buyer).await?;
    assert_eq!(
        (&order["kind"], &order["total"]["minor"], &order["state"]),
        (&json!("trial"), &json!(0), &json!("paid"))
    );
    assert_eq!(wallet(people, buyer).await?, held, "nothing was charged");
    assert_eq!((&instance["is_trial"], &instance["expires_at"]), (&json!(true), &json!("2026-03-16T01:00:00.000000Z")));
    let number = text(&order, "number")?;
    let seen = scene.system.kit.seen();
    let new = seen.iter().find(|request| request["activity"] == "newInstance" && request["orderId"] == number);
    let new = new.context("the seller's system was asked to open it")?;
    // What is in the order it asks for; the request itself has only the words of the protocol.
    assert_eq!((new.get("trialFlag"), new.get("expireTime")), (None, None), "{new}");
    let query = format!("/api/mkp-openapi-public/global/v1/order/query?orderId={number}");
    let read = scene.get(&scene.seller, &query).await?;
    let line = &read["orderInfo"]["orderLine"][0];
    assert_eq!(
        (&read["orderInfo"]["orderType"], &line["periodType"], &line["periodNumber"], &line["expireTime"]),
        (&json!("TRIAL"), &json!("day"), &json!(14), &json!("20260316010000"))
    );
    let page = scene.page(buyer, &format!("/console/instances/{}", text(&instance, "id")?)).await?;
    assert!(page.contains("This is a trial. It ends on") && page.contains("https://app.seller.example/app/"));
    assert!(says(&inbox(people, &buyer.token).await?, "Trial begun: "));
    assert!(says(&inbox(people, &scene.seller.token).await?, "Being tried: "));

    // Its seller finds who tries, and nobody takes that for a sale.
    let tried = scene.get(&scene.seller, "/api/v1/seller/orders?kind=trial").await?;
    assert_eq!(each(&tried, "number"), [number]);
    assert_eq!(each(&scene.get(&scene.seller, "/api/v1/seller/orders?kind=new").await?, "number").len(), 0);
    let list = scene.page(&scene.seller, "/seller/orders?kind=trial").await?;
    assert!(list.contains(number) && list.contains("Ada Lovelace"));
    assert!(!scene.page(&scene.seller, "/seller/customers").await?.contains(number));

    assert_eq!(refusal(&scene.wants(buyer).await?), (422, "trial.tried"));
    assert_eq!(scene.may_try(buyer).await?, (false, json!("trial.tried")));
    assert!(scene.page(buyer, &shelf).await?.contains("has tried this edition before"));
    let screen = scene.page(buyer, &format!("/trial?sku={}&q.users=5", scene.product.skus[0])).await?;
    assert!(screen.contains("a trial is given once") && !screen.contains("Start the trial"), "{screen}");
    scene.close().await
}

async fn a_trial_is_reminded_of_frozen_and_released(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "ends")).await?;
    let (people, buyer) = (scene.people(), &scene.buyer);
    scene.tries(buyer).await?;
    let reminders = async || {
        let titles = inbox(people, &buyer.token).await?;
        anyhow::Ok(titles.iter().filter(|title| title.starts_with("Trial ends soon: ")).count())
    };
    // Opened at nine in the morning in Shanghai; reminders go out at ten.
    scene.pass(7 * DAY).await?;
    assert_eq!(reminders().await?, 0);
    for (pause, expected) in [(HOUR, 1), (4 * DAY, 2), (2 * DAY, 3)] {
        scene.pass(pause).await?;
        assert_eq!(reminders().await?, expected);
    }
    assert_eq!(scene.system.kit.instances().into_values().collect::<Vec<_>>(), [Standing::Open]);
    scene.pass(DAY).await?;
    assert_eq!(scene.system.kit.instances().into_values().collect::<Vec<_>>(), [Standing::Frozen]);
    assert!(says(&inbox(people, &buyer.token).await?, "Trial over: "));
    let list = scene.get(buyer, "/api/v1/instances?limit=1").await?;
    let page = scene.page(buyer, &format!("/console/instances/{}", text(&list["items"][0], "id")?)).await?;
    assert!(page.contains("The trial is over and it is frozen; nothing was charged"));
    scene.pass(15 * DAY).await?;
    assert_eq!(scene.system.kit.instances().into_values().collect::<Vec<_>>(), [Standing::Released]);
    assert_eq!(refusal(&scene.wants(buyer).await?), (422, "trial.tried"), "once is for ever");
    scene.close().await
}

async fn of_two_who_start_at_once_one_is_let_in(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "twice")).await?;
    let asked = (0..4).map(|_| {
        let (client, token, sku) =
            (scene.people().client.clone(), scene.buyer.token.clone(), scene.product.skus[0].clone());
        tokio::spawn(async move {
            let body = json!({ "sku": sku, "quantities": { "users": 5 } });
            ask(&client, &token, "POST", "/api/v1/trials", Some(body)).await
        })
    });
    let mut statuses = Vec::new();
    for one in asked.collect::<Vec<_>>() {
        statuses.push(one.await??.status);
    }
    statuses.sort_unstable();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 201 | 422 | 503)), "{statuses:?}");
    scene.stage.kontor.run_due_jobs().await?;
    let orders = scene.get(&scene.buyer, "/api/v1/orders?kind=trial").await?;
    assert_eq!((each(&orders, "id").len(), scene.system.kit.instances().len()), (1, 1));
    scene.close().await
}

async fn only_who_is_on_the_list_may_try(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "listed")).await?;
    let people = scene.people();
    let guest = people.rich_buyer("Grace Hopper").await?;
    scene.set("PUT", "trials", Some(json!({ "offered_to": "listed" }))).await?;
    assert_eq!(refusal(&scene.wants(&guest).await?), (422, "trial.not_listed"));
    let shelf = format!("/products/{}?spec=server", scene.product.id);
    assert!(scene.page(&guest, &shelf).await?.contains("to chosen accounts only"), "the button says why");
    let found = scene.get(&guest, "/api/v1/search?trial=true").await?;
    assert_eq!(
        (&found["total"], &found["facets"]["trial"]),
        (&json!(0), &json!(0)),
        "nobody is promised what is for some"
    );

    let wrong = json!({ "account": guest.account, "name": "Somebody Else" });
    let path = format!("/api/v1/seller/products/{}/trial-accounts", scene.product.id);
    let reply = ask(&people.client, &scene.seller.token, "POST", &path, Some(wrong)).await?;
    assert_eq!(refusal(&reply), (422, "product.no_such_account"), "no names are learned by trying ids");
    for person in [&guest, &scene.buyer] {
        scene.set("POST", "trial-accounts", Some(json!({ "account": person.account, "name": person.name }))).await?;
    }
    assert!(says(&inbox(people, &guest.token).await?, "Try for free: "));
    assert_eq!(each(&scene.get(&scene.seller, &path).await?, "account").len(), 2);
    assert!(
        scene
            .page(&scene.seller, &format!("/seller/products/{}/trials", scene.product.id))
            .await?
            .contains(&guest.account)
    );
    scene.set("DELETE", &format!("trial-accounts/{}", scene.buyer.account), None).await?;
    assert_eq!(refusal(&scene.wants(&scene.buyer).await?), (422, "trial.not_listed"));
    let (_, instance) = scene.tries(&guest).await?;
    scene.set("DELETE", &format!("trial-accounts/{}", guest.account), None).await?;
    scene.stage.kontor.run_due_jobs().await?;
    let path = format!("/api/v1/instances/{}", text(&instance, "id")?);
    assert_eq!(scene.get(&guest, &path).await?["state"], "active", "what has begun goes on");
    scene.set("PUT", "trials", Some(json!({ "offered_to": "everybody" }))).await?;
    assert_eq!(scene.wants(&scene.buyer).await?.status, 201);
    scene.close().await
}

async fn a_trial_that_was_never_opened_is_not_used_up(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "unopened")).await?;
    let people = scene.people();
    scene.system.kit.behave(kontor::kit::Manner::Refuses(production::ResultCode::SoldOut));
    let order = scene.wants(&scene.buyer).await?.good("a trial")?;
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(refusal(&scene.wants(&scene.buyer).await?), (422, "trial.tried"), "it is being tried to be opened");
    for _ in 0..3 {
        scene.pass(HOUR).await?;
    }
    let path = format!("/api/v1/orders/{}", text(&order, "id")?);
    assert_eq!(scene.get(&scene.buyer, &path).await?["state"], "refunded");
    let titles = inbox(people, &scene.buyer.token).await?;
    assert!(says(&titles, "Not delivered: ") && !titles.iter().any(|title| title.contains("refunded")), "{titles:?}");
    scene.system.kit.behave(kontor::kit::Manner::Well);
    let (_, instance) = scene.tries(&scene.buyer).await?;
    assert_eq!(instance["is_trial"], true);
    scene.close().await
}

async fn what_cannot_be_bought_cannot_be_tried(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "refused")).await?;
    let people = scene.people();
    let code = async |who: &Person, sku: &str, users: u64| {
        let body = json!({ "sku": sku, "quantities": { "users": users } });
        let reply = ask(&people.client, &who.token, "POST", "/api/v1/trials", Some(body)).await?;
        anyhow::Ok((reply.status, reply.code().to_owned()))
    };
    let said = |status: u16, code: &str| (status, code.to_owned());
    let [periodic, once] = [&scene.product.skus[0], &scene.product.skus[1]];
    assert_eq!(code(&scene.buyer, once, 0).await?, said(422, "trial.not_offered"));
    assert_eq!(code(&scene.buyer, periodic, 5_000).await?, said(422, "pricing.out_of_range"));
    let unverified = people.register("personal", "Joan Clarke").await?;
    assert_eq!(code(&unverified, periodic, 5).await?, said(422, "order.unverified"));
    assert_eq!(code(&scene.seller, periodic, 5).await?, said(422, "order.own_product"));
    scene.set("PUT", "stock", Some(json!({ "sku": periodic, "left": 0 }))).await?;
    assert_eq!(code(&scene.buyer, periodic, 5).await?, said(422, "trial.sold_out"));
    scene.set("PUT", "stock", Some(json!({ "sku": periodic, "left": null }))).await?;
    let customers = json!({ "reach": "public", "customers": "enterprise", "regions": "everywhere" });
    scene.set("PUT", "audience", Some(customers.clone())).await?;
    assert_eq!(code(&scene.buyer, periodic, 5).await?, said(422, "sale.enterprise_only"));
    let mut everybody = customers;
    everybody["customers"] = json!("all");
    scene.set("PUT", "audience", Some(everybody)).await?;
    scene.set("PUT", "limits", Some(json!({ "spec": "server", "single_purchase": true }))).await?;
    order(people, &scene.buyer, months(periodic, 1), true).await?;
    assert_eq!(code(&scene.buyer, periodic, 5).await?, said(422, "order.one_purchase"));
    scene.close().await
}

impl Scene {
    async fn price(&self, instance: &str, months: u32) -> anyhow::Result<Value> {
        let path = format!("/api/v1/instances/{instance}/conversion?periods={months}&period_unit=month");
        self.get(&self.buyer, &path).await
    }

    async fn buys(&self, instance: &str, months: u32, seen: &Value) -> anyhow::Result<Reply> {
        let path = format!("/api/v1/instances/{instance}/conversion");
        let body = json!({ "periods": months, "period_unit": "month", "seen": seen });
        let reply = ask(&self.people().client, &self.buyer.token, "POST", &path, Some(body)).await?;
        self.stage.kontor.run_due_jobs().await?;
        Ok(reply)
    }

    /// What the seller's system was told last.
    fn last(&self, activity: &str) -> Option<Value> {
        self.system.kit.seen().into_iter().rev().find(|request| request["activity"] == activity)
    }
}

async fn what_is_tried_is_bought_and_goes_on(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "bought")).await?;
    let (people, buyer) = (scene.people(), &scene.buyer);
    scene.set("PUT", "limits", Some(json!({ "spec": "server", "single_purchase": true }))).await?;
    let held = wallet(people, buyer).await?;
    let (_, tried) = scene.tries(buyer).await?;
    let instance = text(&tried, "id")?;
    scene.pass(3 * DAY).await?;
    let page = scene.page(buyer, &format!("/console/instances/{instance}/buy?term=month-12")).await?;
    assert!(page.contains("1,620.00") && page.contains("begins with this order"), "{page}");
    let price = scene.price(instance, 12).await?;
    assert_eq!(price["total"]["minor"], 162_000, "{price}");
    assert_eq!(refusal(&scene.buys(instance, 12, &json!("other")).await?), (422, "order.offer_changed"));
    let bought = scene.buys(instance, 12, &price["seen"]).await?.good("a purchase")?;
    assert_eq!((text(&bought, "instance")?, text(&bought, "began_at")?), (instance, "2026-03-05T01:00:00.000000Z"));
    assert_eq!(wallet(people, buyer).await?, held - 162_000);
    let now = scene.get(buyer, &format!("/api/v1/instances/{instance}")).await?;
    assert_eq!(
        (&now["is_trial"], &now["order"], &now["expires_at"]),
        (&json!(false), &bought["order"], &json!("2027-03-05T01:00:00.000000Z"))
    );
    let order = scene.get(buyer, &format!("/api/v1/orders/{}", text(&bought, "order")?)).await?;
    assert_eq!((&order["kind"], &order["state"]), (&json!("conversion"), &json!("completed")));
    let number = text(&order, "number")?;
    let told = scene.last("refreshInstance").context("the seller's system was told")?;
    assert_eq!(
        (&told["scene"], &told["orderId"], &told["expireTime"], &told["productId"]),
        (&json!("TRIAL_TO_FORMAL"), &json!(number), &json!("20270305010000"), &json!(scene.product.id))
    );
    let query = format!("/api/mkp-openapi-public/global/v1/order/query?orderId={number}");
    let read = scene.get(&scene.seller, &query).await?;
    let line = &read["orderInfo"]["orderLine"][0];
    assert_eq!(
        (&read["orderInfo"]["orderType"], &line["expireTime"]),
        (&json!("TRIAL_TO_FORMAL"), &json!("20270305010000"))
    );
    assert_eq!(refusal(&scene.buys(instance, 12, &price["seen"]).await?), (422, "conversion.no_trial"));
    assert!(says(&inbox(people, &buyer.token).await?, "Bought after the trial: "));
    let path = format!("/console/orders/{}", text(&bought, "order")?);
    assert!(scene.page(buyer, &path).await?.contains(instance), "the order leads to what goes on");
    // The end of the trial does not end what was bought, and nobody is reminded of it.
    scene.pass(20 * DAY).await?;
    assert_eq!(scene.get(buyer, &format!("/api/v1/instances/{instance}")).await?["state"], "active");
    assert!(!says(&inbox(people, &buyer.token).await?, "Trial ends soon: "));
    // Its end is looked after from now on: it can be renewed, and its buyer is told.
    let renewal = scene.get(buyer, &format!("/api/v1/instances/{instance}/renewal?periods=1")).await?;
    assert_eq!(renewal["term"]["from"], "2027-03-05T01:00:00.000000Z");
    scene.pass(340 * DAY).await?;
    let token = people.token(&buyer.name).await?;
    assert!(inbox(people, &token).await?.iter().any(|title| title.ends_with("ends on 2027-03-05")));
    scene.close().await
}

async fn what_was_frozen_is_opened_again_by_buying_it(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "again")).await?;
    let (people, buyer) = (scene.people(), &scene.buyer);
    let held = wallet(people, buyer).await?;
    let (_, tried) = scene.tries(buyer).await?;
    let instance = text(&tried, "id")?;
    scene.pass(16 * DAY).await?;
    assert_eq!(scene.system.kit.instances().into_values().collect::<Vec<_>>(), [Standing::Frozen]);
    let renewal = format!("/api/v1/instances/{instance}/renewal");
    assert_eq!(refusal(&ask(&people.client, &buyer.token, "GET", &renewal, None).await?), (422, "renewal.trial"));
    let price = scene.price(instance, 1).await?;
    let bought = scene.buys(instance, 1, &price["seen"]).await?.good("a purchase")?;
    assert_eq!(scene.system.kit.instances().into_values().collect::<Vec<_>>(), [Standing::Open]);
    assert_eq!(text(&bought, "expires_at")?, "2026-04-18T01:00:00.000000Z");
    // It can be given back like anything else that was bought; the seller's system learns under which order.
    let path = format!("/api/v1/instances/{instance}/return");
    people.client.post(&buyer.token, &path, json!({})).await?;
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(wallet(people, buyer).await?, held);
    let order = scene.get(buyer, &format!("/api/v1/orders/{}", text(&bought, "order")?)).await?;
    let released = scene.last("releaseInstance").context("it was released")?;
    assert_eq!((&order["state"], &released["orderId"]), (&json!("refunded"), &order["number"]));
    assert_eq!(refusal(&scene.wants(buyer).await?), (422, "trial.tried"));
    scene.close().await
}

/// Its seller's system believes nothing while the trial ends and is bought: what was to freeze it is given up.
async fn a_freeze_that_came_too_late_is_never_restarted(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "late")).await?;
    let (people, seller) = (scene.people(), &scene.seller);
    let (_, tried) = scene.tries(&scene.buyer).await?;
    let instance = text(&tried, "id")?;
    let address = saas::address(people, seller).await?;
    scene.system.kit.forget_keys();
    scene.pass(14 * DAY).await?;
    let price = scene.price(instance, 1).await?;
    scene.buys(instance, 1, &price["seen"]).await?.good("a purchase")?;
    for _ in 0..61 {
        scene.pass(2 * MINUTE).await?;
    }
    let told = inbox(people, &seller.token).await?;
    assert!(!says(&told, "Your system did not freeze"), "nobody is asked to freeze what was bought: {told:?}");
    saas::new_key(people, seller, &scene.system, &address).await?;
    for _ in 0..130 {
        scene.pass(2 * MINUTE).await?;
    }
    let list = scene.get(seller, "/api/v1/seller/errands").await?;
    let kinds: Vec<(&str, &str)> = each(&list, "kind").into_iter().zip(each(&list, "state")).collect();
    assert!(kinds.contains(&("freeze", "dropped")), "{kinds:?}");
    for one in list["items"].as_array().into_iter().flatten().rev() {
        let restart = format!("/api/v1/seller/errands/{}/restart", text(one, "id")?);
        let reply = ask(&people.client, &seller.token, "POST", &restart, None).await?;
        if one["kind"] == "freeze" {
            assert_eq!(refusal(&reply), (422, "errand.over"));
        }
        scene.stage.kontor.run_due_jobs().await?;
    }
    assert_eq!(scene.system.standing(), [Standing::Open]);
    scene.close().await
}

/// The way in is asked for between what froze it and what opens it again.
async fn what_waits_is_told_however_its_buyer_asks_for_the_way_in(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "between")).await?;
    let (people, seller) = (scene.people(), &scene.seller);
    let (_, tried) = scene.tries(&scene.buyer).await?;
    let instance = text(&tried, "id")?;
    let address = saas::address(people, seller).await?;
    scene.system.kit.forget_keys();
    scene.pass(14 * DAY).await?;
    let ask_in = format!("/api/v1/instances/{instance}/access/ask");
    ask(&people.client, &scene.buyer.token, "POST", &ask_in, None).await?.good(&ask_in)?;
    let price = scene.price(instance, 1).await?;
    scene.buys(instance, 1, &price["seen"]).await?.good("a purchase")?;
    saas::new_key(people, seller, &scene.system, &address).await?;
    for _ in 0..10 {
        scene.pass(2 * MINUTE).await?;
    }
    assert_eq!(scene.system.standing(), [Standing::Open]);
    let told = scene.last("refreshInstance").context("it was told of the purchase")?;
    assert_eq!(told["scene"], "TRIAL_TO_FORMAL");
    scene.close().await
}
