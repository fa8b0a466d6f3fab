//! Software that its seller runs: bought here, opened, frozen and released there.

use anyhow::{Context, ensure};
use kernel::time::{DAY, HOUR, MINUTE};
use kontor::{
    kit::{Kit, Manner, Standing},
    stage::{
        People, Person, Product, Stage,
        client::{Client, Reply, Sent, text},
    },
};
use platform::Clock;
use production::ResultCode;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::stories::{ask, each, inbox, months, order, refusal, says, wallet};

on_both!(
    it_is_opened_at_its_seller_and_released_when_it_is_given_back,
    it_is_frozen_when_its_term_is_over_and_released_later,
    a_dead_seller_is_tried_for_three_hours_and_the_money_goes_back,
    what_takes_its_time_is_asked_for_until_it_is_there,
    an_address_has_to_be_proven,
    what_was_given_up_is_restarted_by_its_seller,
    each_line_of_a_private_offer_is_opened_by_its_own_number,
);

/// A seller's system that runs on this machine until it is dropped.
pub(crate) struct System {
    pub(crate) kit: Kit,
    address: String,
    task: JoinHandle<()>,
}

impl System {
    pub(crate) async fn start(clock: &Clock) -> anyhow::Result<Self> {
        let kit = Kit::new(clock.clone(), "https://app.seller.example");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}/produce", listener.local_addr()?);
        let router = kit.router();
        let task = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { kit, address, task })
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Nobody answers there any more.
    pub(crate) async fn stop(&self) {
        self.task.abort();
        tokio::task::yield_now().await;
    }

    /// What it was asked, in order, without proofs.
    fn asked(&self) -> Vec<String> {
        let seen = self.kit.seen();
        let sold = seen.iter().filter(|request| request["testFlag"] != "1");
        sold.map(|request| request["activity"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Until when its instances go on.
    pub(crate) fn ends(&self) -> Vec<String> {
        self.kit.ends().into_values().collect()
    }

    pub(crate) fn standing(&self) -> Vec<Standing> {
        self.kit.instances().into_values().collect()
    }
}

impl Drop for System {
    fn drop(&mut self) {
        self.task.abort();
    }
}

const ADDRESSES: &str = "/api/v1/seller/production-addresses";

/// Asks in a task of its own: a proof goes from here through the whole server and out again, and the stack of a test is short.
pub(crate) async fn apart(
    people: &People,
    who: &Person,
    (method, path): (&str, &str),
    body: Option<Value>,
) -> anyhow::Result<Reply> {
    let (client, token) = (people.client.clone(), who.token.clone());
    let (method, path) = (method.to_owned(), path.to_owned());
    tokio::spawn(async move { ask(&client, &token, &method, &path, body).await }).await?
}

pub(crate) async fn tell(people: &People, person: &Person, path: &str) -> anyhow::Result<Value> {
    apart(people, person, ("POST", path), None).await?.good(path)
}

/// Adds the address of a system with a query, gives it its key and has it verified.
pub(crate) async fn connect(people: &People, seller: &Person, system: &System, query: &str) -> anyhow::Result<String> {
    let (path, key) = people.production_address(seller, &format!("{}{query}", system.address)).await?;
    system.kit.accept(key)?;
    tell(people, seller, &format!("{path}/verify")).await?;
    Ok(path)
}

/// The path of the seller's only address.
pub(crate) async fn address(people: &People, seller: &Person) -> anyhow::Result<String> {
    let list = people.client.get(&seller.token, ADDRESSES).await?;
    Ok(format!("{ADDRESSES}/{}", each(&list, "id").first().context("there is one")?))
}

/// Gives a system another key of its address and takes it into use.
pub(crate) async fn new_key(people: &People, seller: &Person, system: &System, path: &str) -> anyhow::Result<()> {
    let key = tell(people, seller, &format!("{path}/keys")).await?;
    system.kit.accept(text(&key, "key")?)?;
    tell(people, seller, &format!("{path}/change-key")).await?;
    Ok(())
}

/// A `SaaS` product on sale: users by the month, which can be tried for two weeks, and something that is paid once.
pub(crate) async fn product(people: &People, seller: &Person) -> anyhow::Result<Product> {
    let product = people.hosted(seller, "Log Search Online").await?;
    let page = people.client.get(&seller.token, &format!("/api/v1/products/{}", product.id)).await?;
    ensure!(page["sold_later"].is_null(), "it can be bought: {}", page["sold_later"]);
    Ok(product)
}

/// A stage with a seller whose system is connected, a product and a buyer.
struct Scene {
    stage: Stage,
    system: System,
    seller: Person,
    buyer: Person,
    skus: Vec<String>,
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
        connect(people, &seller, &system, "").await?;
        let skus = product(people, &seller).await?.skus;
        let buyer = people.rich_buyer("Ada Lovelace").await?;
        Ok(Self { stage, system, seller, buyer, skus })
    }

    fn people(&self) -> &People {
        &self.stage.people
    }

    /// Lets time pass; everything happens when it is due.
    async fn pass(&self, micros: i64) -> anyhow::Result<()> {
        self.stage.kontor.app.clock.turn(micros);
        self.stage.kontor.run_due_jobs().await?;
        Ok(())
    }

    async fn buy(&self) -> anyhow::Result<String> {
        let bought = order(self.people(), &self.buyer, months(&self.skus[0], 1), true).await?;
        self.stage.kontor.run_due_jobs().await?;
        Ok(text(&bought, "id")?.to_owned())
    }

    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.people().client.get(&self.buyer.token, path).await
    }

    async fn instance(&self) -> anyhow::Result<String> {
        let list = self.get("/api/v1/instances?limit=1").await?;
        Ok(text(&list["items"][0], "id")?.to_owned())
    }

    /// The page of what was bought, as its buyer sees it.
    async fn page(&self, path: &str) -> anyhow::Result<String> {
        let sent = Sent { token: Some(&self.buyer.token), ..Sent::default() };
        let reply = self.people().client.call("GET", path, sent).await?;
        ensure!(reply.status == 200, "{path}: {}", reply.status);
        Ok(reply.body.as_str().context("a page is a text")?.to_owned())
    }

    async fn errands(&self) -> anyhow::Result<Value> {
        self.people().client.get(&self.seller.token, "/api/v1/seller/errands").await
    }

    async fn close(self) -> anyhow::Result<()> {
        self.stage.check().await?;
        self.stage.close().await
    }
}

async fn it_is_opened_at_its_seller_and_released_when_it_is_given_back(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "saas")).await?;
    let people = scene.people();
    let held = wallet(people, &scene.buyer).await?;
    let order = scene.buy().await?;
    assert_eq!(scene.system.asked(), ["newInstance", "queryInstance"]);
    let asked = scene.system.kit.seen();
    let new = asked.iter().find(|request| request["activity"] == "newInstance").context("it was asked")?;
    let shown = scene.get(&format!("/api/v1/orders/{order}")).await?;
    let number = text(&shown, "number")?;
    assert_eq!((new["orderId"].as_str(), new.get("testFlag")), (Some(number), None));
    assert_eq!(new["orderLineId"], format!("{number}-000001"));
    assert_eq!(shown["state"], "completed");

    // The seller's program reads the order by its number.
    let query = "/api/mkp-openapi-public/global/v1/order/query";
    let of_line = format!("{query}?orderId={number}&orderLineId={number}-000001");
    let read = people.client.get(&scene.seller.token, &of_line).await?;
    let line = &read["orderInfo"]["orderLine"][0];
    assert_eq!((&read["resultCode"], &read["orderInfo"]["orderType"]), (&json!("MKT.0000"), &json!("NEW")));
    assert_eq!(
        (&line["chargingMode"], &line["periodType"], &line["periodNumber"]),
        (&json!("PERIOD"), &json!("month"), &json!(1))
    );
    assert_eq!((&line["productInfo"][0]["linearValue"], &line["expireTime"]), (&json!(10), &json!("20260402010000")));
    assert_eq!(read["orderInfo"]["buyerInfo"]["customerName"], "Ada Lovelace");
    let by_line = people.client.get(&scene.seller.token, &format!("{query}?orderId={number}-000001")).await?;
    assert_eq!((&by_line["orderInfo"]["orderId"], &by_line["orderInfo"]["orderLine"][0]), (&json!(number), line));
    let mock = people.client.get(&scene.seller.token, &format!("{query}/?orderId=MOCKMONTYRENEW")).await?;
    assert_eq!(mock["orderInfo"]["orderType"], "RENEW");
    for (wrong, status, code) in [
        ("orderId=CS0000000000AAAAA", 401, "MKT.0150"),
        ("orderId=", 400, "MKT.0101"),
        (&format!("orderId={number}&orderLineId={number}-000002"), 401, "MKT.0150"),
        (&format!("orderId={number}-000002"), 401, "MKT.0150"),
        (&format!("orderId={number}-000001&orderLineId={number}-000002"), 401, "MKT.0150"),
    ] {
        let refused = ask(&people.client, &scene.seller.token, "GET", &format!("{query}?{wrong}"), None).await?;
        assert_eq!((refused.status, refused.body["resultCode"].as_str()), (status, Some(code)), "{wrong}");
    }

    let instance = scene.instance().await?;
    let remote = scene.system.kit.instances().into_keys().next().context("it has one")?;
    let path = format!("/api/v1/instances/{instance}/access");
    let access = scene.get(&path).await?;
    let front = format!("https://app.seller.example/app/{remote}");
    assert_eq!(
        (access["front_end_url"].as_str(), access["has_password"].as_bool()),
        (Some(front.as_str()), Some(true))
    );
    assert!(!access.to_string().contains("first-"), "{access}");
    let shown = tell(people, &scene.buyer, &format!("{path}/reveal")).await?;
    assert_eq!(
        (shown["user_name"].as_str(), shown["password"].as_str().map(|word| &word[..6])),
        (Some("admin"), Some("first-"))
    );
    let page = scene.page(&format!("/console/instances/{instance}")).await?;
    assert!(page.contains(&front) && !page.contains("first-"), "the page leads there and hides the password");
    assert!(says(&inbox(people, &scene.buyer.token).await?, "Ready to use: "));

    // What was said is in the log, without the password.
    let calls = people.client.get(&scene.seller.token, "/api/v1/seller/production-calls").await?;
    assert_eq!(each(&calls, "activity")[..2], ["queryInstance", "newInstance"]);
    assert!(!calls.to_string().contains("first-"), "{calls}");

    let back =
        people.client.post(&scene.buyer.token, &format!("/api/v1/instances/{instance}/return"), json!({})).await?;
    assert_eq!(back["amount"]["minor"], 30_000);
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!((scene.system.standing(), wallet(people, &scene.buyer).await?), (vec![Standing::Released], held));
    let release = scene.system.kit.seen().pop().context("it was told")?;
    assert_eq!((release["activity"].as_str(), release["orderId"].as_str()), (Some("releaseInstance"), Some(number)));
    let page = scene.page(&format!("/console/instances/{instance}")).await?;
    assert!(!page.contains(&front), "nobody is led there any more");
    scene.close().await
}

async fn it_is_frozen_when_its_term_is_over_and_released_later(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "frozen")).await?;
    scene.buy().await?;
    scene.pass(32 * DAY).await?;
    assert_eq!(scene.system.standing(), [Standing::Frozen]);
    let page = scene.page(&format!("/console/instances/{}", scene.instance().await?)).await?;
    assert!(page.contains("the seller keeps it closed") && !page.contains("app.seller.example"));
    scene.pass(15 * DAY).await?;
    assert_eq!(scene.system.standing(), [Standing::Released]);
    assert_eq!(scene.system.asked(), ["newInstance", "queryInstance", "updateInstanceStatus", "releaseInstance"]);
    let released = scene.system.kit.seen().pop().context("it was told")?;
    assert!(released.get("orderId").is_none(), "nothing was given back: {released}");
    // What is paid once has no term.
    order(scene.people(), &scene.buyer, json!({ "sku": scene.skus[1] }), true).await?;
    scene.stage.kontor.run_due_jobs().await?;
    scene.pass(400 * DAY).await?;
    assert!(scene.system.standing().contains(&Standing::Open));
    scene.close().await
}

async fn a_dead_seller_is_tried_for_three_hours_and_the_money_goes_back(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "dead")).await?;
    let people = scene.people();
    let held = wallet(people, &scene.buyer).await?;
    scene.system.task.abort();
    tokio::task::yield_now().await;
    let order = scene.buy().await?;
    let state = async || anyhow::Ok(scene.get(&format!("/api/v1/orders/{order}")).await?["state"].clone());
    assert!(wallet(people, &scene.buyer).await? < held);
    let page = scene.page(&format!("/console/orders/{order}")).await?;
    assert!(
        page.contains("The seller&#39;s system could not deliver it yet")
            || page.contains("The seller's system could not deliver it yet"),
        "{page}"
    );
    for hour in 1..=3 {
        assert_eq!(state().await?, "paid", "before hour {hour}");
        let list = scene.errands().await?;
        assert_eq!(
            (&list["items"][0]["tries"], &list["items"][0]["trouble"]),
            (&json!(hour), &json!("no_answer.unreachable"))
        );
        scene.pass(HOUR).await?;
    }
    assert_eq!(state().await?, "refunded");
    assert_eq!(wallet(people, &scene.buyer).await?, held, "in full");
    let list = scene.errands().await?;
    assert_eq!((each(&list, "state"), &list["items"][0]["tries"]), (vec!["dead"], &json!(4)));
    let told = inbox(people, &scene.seller.token).await?;
    assert_eq!(told.iter().filter(|title| title.starts_with("Your system did not create: ")).count(), 3);
    assert!(says(&told, "Not delivered: "));
    assert!(says(&inbox(people, &scene.buyer.token).await?, "Not delivered: "));
    let restart = format!("/api/v1/seller/errands/{}/restart", each(&list, "id")[0]);
    let late = ask(&people.client, &scene.seller.token, "POST", &restart, None).await?;
    assert_eq!(refusal(&late), (422, "errand.refunded"));
    scene.close().await
}

async fn what_takes_its_time_is_asked_for_until_it_is_there(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "later")).await?;
    scene.system.kit.behave(Manner::Later);
    let order = scene.buy().await?;
    let state = async || anyhow::Ok(scene.get(&format!("/api/v1/orders/{order}")).await?["state"].clone());
    assert_eq!((state().await?, each(&scene.errands().await?, "state")), (json!("paid"), vec!["waiting"]));
    scene.pass(MINUTE).await?;
    assert_eq!(state().await?, "paid", "it is still being made");
    scene.pass(MINUTE).await?;
    assert_eq!(state().await?, "completed");
    assert_eq!(scene.system.asked(), ["newInstance", "queryInstance", "queryInstance"]);
    let access = scene.get(&format!("/api/v1/instances/{}/access", scene.instance().await?)).await?;
    assert!(access["front_end_url"].is_string(), "{access}");

    // A refusal that passes: the next try gets through, under another business id.
    scene.system.kit.behave(Manner::Refuses(ResultCode::SoldOut));
    scene.buy().await?;
    assert_eq!(scene.errands().await?["items"][0]["trouble"], "code.000106");
    scene.system.kit.behave(Manner::Well);
    scene.pass(HOUR).await?;
    let seen = scene.system.kit.seen();
    let new: Vec<&Value> = seen.iter().filter(|request| request["activity"] == "newInstance").collect();
    assert_eq!(new.len(), 3);
    assert_eq!(new[1]["orderLineId"], new[2]["orderLineId"]);
    assert_ne!(new[1]["businessId"], new[2]["businessId"]);
    assert_eq!(scene.system.standing().len(), 2);
    scene.close().await
}

async fn an_address_has_to_be_proven(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "proof").await?;
    let people = &stage.people;
    let system = System::start(&stage.kontor.app.clock).await?;
    let seller = people.seller("Cloudco Software").await?;
    let other = people.seller("Difference Software").await?;
    let call = async |who: &Person, method: &str, path: &str, body: Option<Value>| {
        apart(people, who, (method, path), body).await
    };
    for wrong in
        ["http://app.seller.example/", "https://10.0.0.1/", "http://10.0.0.1/", "https://localhost.", "nonsense"]
    {
        let refused = call(&seller, "POST", ADDRESSES, Some(json!({ "url": wrong }))).await?;
        assert_eq!(
            (refusal(&refused), &refused.body["errors"][0]["field"]),
            ((422, "invalid"), &json!("url")),
            "{wrong}"
        );
    }
    let added = people.client.post(&seller.token, ADDRESSES, json!({ "url": system.address })).await?;
    let path = format!("{ADDRESSES}/{}", text(&added, "id")?);
    let verify = async || anyhow::Ok(call(&seller, "POST", &format!("{path}/verify"), None).await?);
    assert_eq!(refusal(&verify().await?), (422, "production.no_key"));
    let first = tell(people, &seller, &format!("{path}/keys")).await?;
    assert_eq!(refusal(&verify().await?), (422, "production.key_unknown"), "the program has no key yet");
    system.kit.behave(Manner::Careless);
    assert_eq!(refusal(&verify().await?), (422, "production.signature_unchecked"));
    system.kit.behave(Manner::Well);
    system.kit.accept(text(&first, "key")?)?;
    for (who, what) in [(&other, "verify"), (&other, "keys"), (&other, "use"), (&other, "change-key")] {
        assert_eq!(call(who, "POST", &format!("{path}/{what}"), None).await?.status, 404, "{what}");
    }
    assert_eq!(verify().await?.status, 204);
    let listed = people.client.get(&seller.token, ADDRESSES).await?;
    assert_eq!((&listed["items"][0]["state"], &listed["items"][0]["in_use"]), (&json!("verified"), &json!(true)));
    assert!(!listed.to_string().contains(text(&first, "key")?), "it is shown once");

    // A new key waits until the program accepts it.
    let second = tell(people, &seller, &format!("{path}/keys")).await?;
    let change = format!("{path}/change-key");
    assert_eq!(refusal(&call(&seller, "POST", &change, None).await?), (422, "production.key_unknown"));
    assert_eq!(verify().await?.status, 204, "the present one goes on working");
    system.kit.accept(text(&second, "key")?)?;
    assert_eq!(call(&seller, "POST", &change, None).await?.status, 204);
    assert_eq!(refusal(&call(&seller, "POST", &change, None).await?), (422, "production.no_next_key"));
    assert_eq!(refusal(&call(&seller, "DELETE", &path, None).await?), (422, "production.in_use"));
    drop(system);
    tokio::task::yield_now().await;
    assert_eq!(refusal(&verify().await?), (422, "production.no_proof"), "nobody is there");
    stage.check().await?;
    stage.close().await
}

async fn what_was_given_up_is_restarted_by_its_seller(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "restart")).await?;
    let people = scene.people();
    scene.buy().await?;
    scene.system.kit.behave(Manner::Well);
    let key = scene.system.kit.clone();
    // The program forgets its keys: every request is refused.
    key.forget_keys();
    let instance = scene.instance().await?;
    people.client.post(&scene.buyer.token, &format!("/api/v1/instances/{instance}/return"), json!({})).await?;
    scene.stage.kontor.run_due_jobs().await?;
    for _ in 0..59 {
        scene.pass(2 * MINUTE).await?;
    }
    let list = scene.errands().await?;
    assert_eq!(
        (&list["items"][0]["kind"], &list["items"][0]["state"], &list["items"][0]["trouble"]),
        (&json!("release"), &json!("dead"), &json!("code.000001"))
    );
    assert_eq!(list["items"][0]["tries"], 60);
    assert!(says(&inbox(people, &scene.seller.token).await?, "Your system did not release: "));
    assert_eq!(scene.system.standing(), [Standing::Open]);

    let addresses = people.client.get(&scene.seller.token, ADDRESSES).await?;
    let path = format!("{ADDRESSES}/{}", each(&addresses, "id")[0]);
    let next = tell(people, &scene.seller, &format!("{path}/keys")).await?;
    key.accept(text(&next, "key")?)?;
    tell(people, &scene.seller, &format!("{path}/change-key")).await?;
    tell(people, &scene.seller, &format!("/api/v1/seller/errands/{}/restart", each(&list, "id")[0])).await?;
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(scene.system.standing(), [Standing::Released]);
    let page = Client::clone(&people.client);
    for path in
        ["/seller/production", "/seller/production/errands", "/seller/production/calls", "/seller/production/debugger"]
    {
        let sent = Sent { token: Some(&scene.seller.token), ..Sent::default() };
        assert_eq!(page.call("GET", path, sent).await?.status, 200, "{path}");
    }
    scene.close().await
}

async fn each_line_of_a_private_offer_is_opened_by_its_own_number(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "offered")).await?;
    let (people, client) = (scene.people(), &scene.people().client);
    let day = |days: i64| scene.stage.kontor.app.clock.now().plus_days(days);
    let line = json!({ "sku": scene.skus[0], "choice": { "quantities": { "users": 10 }, "periods": 1 } });
    let yuan = |minor: i64| json!({ "minor": minor, "currency": "CNY" });
    let offer = json!({
        "name": "Two desks", "valid_until": day(1), "lines": [line, line],
        "instalments": [{ "amount": yuan(25_000) }, { "due_at": day(2), "amount": yuan(35_000) }]
    });
    let wanted = json!({ "buyer": scene.buyer.account, "buyer_name": "Ada Lovelace", "offer": offer });
    let begun = client.post(&scene.seller.token, "/api/v1/seller/private-offers", wanted).await?;
    let id = text(&begun, "id")?.to_owned();
    tell(people, &scene.seller, &format!("/api/v1/seller/private-offers/{id}/send")).await?;
    let accept = Some(json!({ "version": 1 }));
    let path = format!("/api/v1/private-offers/{id}/accept");
    apart(people, &scene.buyer, ("POST", &path), accept).await?.good(&path)?;
    scene.pass(0).await?;

    let order = scene.get("/api/v1/orders?limit=1").await?["items"][0].clone();
    assert_eq!((&order["state"], &order["total"]["minor"]), (&json!("completed"), &json!(25_000)));
    let number = text(&order, "number")?;
    let mut opened: Vec<String> = Vec::new();
    for request in scene.system.kit.seen().iter().filter(|request| request["activity"] == "newInstance") {
        assert_eq!(request["orderId"].as_str(), Some(number));
        opened.push(text(request, "orderLineId")?.to_owned());
    }
    opened.sort_unstable();
    assert_eq!(opened, [format!("{number}-000001"), format!("{number}-000002")]);
    let query = "/api/mkp-openapi-public/global/v1/order/query";
    let read =
        client.get(&scene.seller.token, &format!("{query}?orderId={number}&orderLineId={number}-000002")).await?;
    assert_eq!(read["orderInfo"]["orderLine"].as_array().map(Vec::len), Some(1), "{read}");
    // Older programs know the second line by its number alone.
    let alone = client.get(&scene.seller.token, &format!("{query}?orderId={number}-000002")).await?;
    assert_eq!(alone["orderInfo"], read["orderInfo"]);

    // What the second part pays for is there already: nobody is asked for it.
    let asked = scene.system.asked().len();
    scene.pass(2 * DAY + HOUR).await?;
    let shown = scene.get(&format!("/api/v1/private-offers/{id}")).await?;
    assert_eq!(shown["instalments"][1]["state"], "paid");
    assert_eq!((scene.system.asked().len(), scene.system.standing()), (asked, vec![Standing::Open, Standing::Open]));
    scene.close().await
}
