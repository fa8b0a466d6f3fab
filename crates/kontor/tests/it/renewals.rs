//! What goes on: renewed by hand and automatically, asked for, given back, brought back while it is frozen.

use anyhow::{Context, ensure};
use kernel::time::{DAY, HOUR, MINUTE};
use kontor::{
    kit::Standing,
    stage::{
        People, Person, Product, Stage,
        client::{Sent, text},
        listing,
    },
};
use serde_json::{Value, json};

use crate::{
    saas,
    stories::{activate, ask, buy, code, each, heartbeat, inbox, months, order, refusal, says, wallet},
};

on_both!(
    a_hosted_product_goes_on_where_it_ended_and_its_seller_is_told,
    a_renewal_that_has_not_begun_goes_back_in_full,
    a_licence_that_was_frozen_works_again,
    a_frozen_instance_is_opened_again_even_when_its_seller_is_down,
    it_goes_on_by_itself_for_a_year,
    a_higher_price_is_asked_for_and_never_taken,
    an_empty_wallet_is_tried_daily_until_the_release,
    its_buyer_is_told_of_an_end_five_times,
    what_was_taken_off_sale_ends_and_what_is_hidden_goes_on,
    a_month_becomes_a_year_on_the_page_that_says_so,
);

/// Ten users for a month.
pub(crate) const MONTH: i64 = 30_000;

/// A stage with a seller, a licensed product by the month, and a buyer.
pub(crate) struct Scene {
    pub(crate) stage: Stage,
    pub(crate) seller: Person,
    pub(crate) product: Product,
    pub(crate) buyer: Person,
}

impl Scene {
    /// In a task of its own, as all that goes deep.
    pub(crate) async fn open(url: Option<String>, name: &'static str) -> anyhow::Result<Self> {
        tokio::spawn(async move {
            let stage = Stage::turned(url.as_deref(), name).await?;
            let people = &stage.people;
            let seller = people.seller("Cloudco Software").await?;
            let product = people.product(&seller, "Log Search").await?;
            let buyer = people.rich_buyer("Ada Lovelace").await?;
            anyhow::Ok(Self { stage, seller, product, buyer })
        })
        .await?
    }

    pub(crate) fn people(&self) -> &People {
        &self.stage.people
    }

    /// Lets time pass in so many steps; everything happens when it is due.
    pub(crate) async fn pass(&self, micros: i64) -> anyhow::Result<()> {
        self.stage.kontor.app.clock.turn(micros);
        self.stage.kontor.run_due_jobs().await?;
        Ok(())
    }

    /// The same hour by hour, as long as a day is interesting.
    async fn hours(&self, count: i64) -> anyhow::Result<()> {
        for _ in 0..count {
            self.pass(HOUR).await?;
        }
        Ok(())
    }

    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.people().client.get(&self.buyer.token, path).await
    }

    async fn buy_month(&self) -> anyhow::Result<String> {
        buy(&self.stage, &self.buyer, months(&self.product.skus[0], 1)).await
    }

    async fn ends(&self, instance: &str) -> anyhow::Result<String> {
        let shown = self.get(&format!("/api/v1/instances/{instance}")).await?;
        Ok(text(&shown, "expires_at")?[..16].to_owned())
    }

    async fn state(&self, instance: &str) -> anyhow::Result<String> {
        Ok(text(&self.get(&format!("/api/v1/instances/{instance}")).await?, "state")?.to_owned())
    }

    async fn put(&self, path: &str, body: Value) -> anyhow::Result<(u16, Value)> {
        let reply = ask(&self.people().client, &self.buyer.token, "PUT", path, Some(body)).await?;
        Ok((reply.status, reply.body))
    }

    /// Agrees to automatic renewals by the month.
    async fn agree(&self, instance: &str, minor: i64) -> anyhow::Result<(u16, Value)> {
        let max = json!({ "minor": minor, "currency": "CNY" });
        let wish = json!({ "policy": "automatic", "periods": 1, "price_max": max });
        self.put(&format!("/api/v1/instances/{instance}/expiry"), wish).await
    }

    /// The price of a month of the product, from now on.
    async fn cost(&self, unit_price: &str) -> anyhow::Result<()> {
        let people = self.people();
        let path = format!("/api/v1/seller/products/{}", self.product.id);
        let draft = people.client.get(&self.seller.token, &path).await?;
        let mut new = listing("Log Search", text(&draft["listing"], "agreement")?);
        new["user_guide"] = draft["listing"]["user_guide"].clone();
        let price = &mut new["specs"][0]["skus"][0]["billing"]["month"]["price"]["quantities"]["users"];
        price["tiers"][0]["unit_price"] = json!(unit_price);
        people.edit(&self.seller.token, "PUT", &path, &draft, Some(new)).await?;
        people.publish(&self.seller, &self.product.id).await
    }

    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.stage.check().await?;
        self.stage.close().await
    }
}

/// Previews a renewal and pays it as it was seen.
pub(crate) async fn renew(people: &People, buyer: &Person, instance: &str, length: &str) -> anyhow::Result<Value> {
    let path = format!("/api/v1/instances/{instance}/renewal");
    let preview = people.client.get(&buyer.token, &format!("{path}?{length}")).await?;
    let mut body = json!({ "seen": preview["seen"] });
    for (name, value) in length.split('&').filter_map(|pair| pair.split_once('=')) {
        body[name] = value.parse::<u32>().map_or(json!(value), |number| json!(number));
    }
    let renewal = people.client.post(&buyer.token, &path, body).await?;
    ensure!(renewal["term"] == preview["term"], "previewed {}, renewed {}", preview["term"], renewal["term"]);
    let order = people.client.get(&buyer.token, &format!("/api/v1/orders/{}", text(&renewal, "order")?)).await?;
    ensure!(order["total"] == preview["total"], "previewed {}, paid {}", preview["total"], order["total"]);
    Ok(renewal)
}

async fn a_hosted_product_goes_on_where_it_ended_and_its_seller_is_told(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "renewed")).await?;
    let people = scene.people();
    let (system, sku) = hosted(&scene).await?;
    let instance = buy(&scene.stage, &scene.buyer, months(&sku, 1)).await?;
    let held = wallet(people, &scene.buyer).await?;
    assert_eq!(scene.ends(&instance).await?, "2026-04-02T01:00");

    let path = format!("/api/v1/instances/{instance}/renewal");
    let preview = scene.get(&path).await?;
    assert_eq!(
        (&preview["total"]["minor"], &preview["term"]["from"]),
        (&json!(MONTH), &json!("2026-04-02T01:00:00.000000Z"))
    );
    let explained = text(&preview["explanation"], "en")?;
    assert!(explained.starts_with("10 users: 10 × 30.00 = 300.00"), "{explained}");
    let unseen = json!({ "periods": 2, "seen": preview["seen"] });
    let refused = ask(&people.client, &scene.buyer.token, "POST", &path, Some(unseen)).await?;
    assert_eq!(refusal(&refused), (422, "order.offer_changed"), "two months are not what was seen");

    // Two renewals follow each other, however early they are paid.
    let first = renew(people, &scene.buyer, &instance, "periods=1").await?;
    let second = renew(people, &scene.buyer, &instance, "periods=12").await?;
    assert_eq!(
        (&second["term"]["from"], scene.ends(&instance).await?),
        (&first["term"]["until"], "2027-05-02T01:00".to_owned())
    );
    assert_eq!(wallet(people, &scene.buyer).await?, held - MONTH - 12 * MONTH * 9 / 10);
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(system.ends(), ["20270502010000"]);

    // Its seller reads the order of the renewal and sees it among the others.
    let asked = system.kit.seen();
    let told = asked.iter().find(|request| request["activity"] == "refreshInstance").context("it was told")?;
    let order = scene.get(&format!("/api/v1/orders/{}", text(&first, "order")?)).await?;
    let number = text(&order, "number")?;
    assert_eq!((&order["kind"], &order["state"]), (&json!("renewal"), &json!("completed")));
    assert_eq!(told["orderId"], json!(number));
    assert_eq!((&told["scene"], &told["expireTime"]), (&json!("RENEWAL"), &json!("20260502010000")));
    let query = format!("/api/mkp-openapi-public/global/v1/order/query?orderId={number}");
    let read = people.client.get(&scene.seller.token, &query).await?["orderInfo"].clone();
    assert_eq!((&read["orderType"], &read["orderLine"][0]["expireTime"]), (&json!("RENEW"), &json!("20260502010000")));
    let sold = people.client.get(&scene.seller.token, "/api/v1/seller/orders").await?;
    assert_eq!(each(&sold, "kind"), ["renewal", "renewal", "new"]);
    assert!(says(&inbox(people, &scene.seller.token).await?, "A customer renewed: "));
    assert!(says(&inbox(people, &scene.buyer.token).await?, "Renewed: "));
    let lines = scene.get("/api/v1/wallet/lines").await?;
    assert_eq!(each(&lines, "kind")[..3], ["renewal", "renewal", "sale"]);

    // It runs through what would have been its end.
    scene.pass(60 * DAY).await?;
    assert_eq!((scene.state(&instance).await?, system.standing()), ("active".to_owned(), vec![Standing::Open]));
    scene.close().await
}

async fn a_renewal_that_has_not_begun_goes_back_in_full(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "given_back")).await?;
    let people = scene.people();
    let (system, sku) = hosted(&scene).await?;
    let instance = buy(&scene.stage, &scene.buyer, months(&sku, 1)).await?;
    let held = wallet(people, &scene.buyer).await?;
    renew(people, &scene.buyer, &instance, "periods=1").await?;
    let second = renew(people, &scene.buyer, &instance, "periods=3").await?;

    let whole = format!("/api/v1/instances/{instance}/return");
    let refused = ask(&people.client, &scene.buyer.token, "POST", &whole, Some(json!({}))).await?;
    assert_eq!(refusal(&refused), (422, "refund.renewed"));
    let path = format!("/api/v1/instances/{instance}/renewal/return");
    let preview = scene.get(&path).await?;
    assert_eq!((&preview["cause"], &preview["amount"]["minor"]), (&json!("renewal_not_begun"), &json!(3 * MONTH)));
    assert_eq!(preview["until"], second["term"]["from"]);
    let back = people.client.post(&scene.buyer.token, &path, json!({ "reason": "Too long." })).await?;
    assert_eq!((&back["amount"], &back["order"]), (&preview["amount"], &second["order"]));
    assert_eq!(scene.ends(&instance).await?, "2026-05-02T01:00");
    people.client.post(&scene.buyer.token, &path, json!({})).await?;
    let nothing = ask(&people.client, &scene.buyer.token, "POST", &path, Some(json!({}))).await?;
    assert_eq!(refusal(&nothing), (422, "refund.not_renewed"));
    assert_eq!(
        (scene.ends(&instance).await?, wallet(people, &scene.buyer).await?),
        ("2026-04-02T01:00".to_owned(), held)
    );
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(system.ends(), ["20260402010000"]);
    let last = system.kit.seen().pop().context("it was told")?;
    assert_eq!(last["scene"], "UNSUBSCRIBE_RENEWAL_PERIOD");
    // By an order of its own, which the open API answers: a program may do nothing twice for one order.
    let number = text(&scene.get(&format!("/api/v1/orders/{}", text(&second, "order")?)).await?, "number")?.to_owned();
    let told: Vec<Value> = system.kit.seen();
    let of_second = told.iter().find(|one| one["orderId"] == format!("{number}-R")).context("it was told")?;
    assert_eq!(of_second["orderLineId"], format!("{number}-R-000001"));
    let read = async |query: String| {
        let path = format!("/api/mkp-openapi-public/global/v1/order/query?{query}");
        ask(&people.client, &scene.seller.token, "GET", &path, None).await
    };
    let undone = read(format!("orderId={number}-R&orderLineId={number}-R-000001")).await?.good("query")?;
    let (info, line) = (&undone["orderInfo"], &undone["orderInfo"]["orderLine"][0]);
    assert_eq!((&info["orderType"], &info["orderId"]), (&json!("UNSUBSCRIBE"), &json!(format!("{number}-R"))));
    assert_eq!((&line["orderLineId"], &line["expireTime"]), (&of_second["orderLineId"], &json!("20260402010000")));
    assert_eq!(read(format!("orderId={number}")).await?.good("query")?["orderInfo"]["orderType"], "RENEW");
    let bought = text(&scene.get("/api/v1/orders").await?["items"][2], "number")?.to_owned();
    assert_eq!(read(format!("orderId={bought}-R")).await?.status, 401, "nothing of it went back");
    // Neither is counted among the year's returns, and the instance itself can go back now.
    assert_eq!(scene.get(&whole).await?["used_this_year"], json!(0));
    let page = scene.get(&format!("/api/v1/instances/{instance}/renewals")).await?;
    assert!(page["items"].as_array().into_iter().flatten().all(|one| one["returned_at"].is_string()), "{page}");

    // One that has begun does not go back, unless the site's rules say so.
    renew(people, &scene.buyer, &instance, "periods=1").await?;
    scene.pass(31 * DAY + HOUR).await?;
    let begun = ask(&people.client, &scene.buyer.token, "POST", &path, Some(json!({}))).await?;
    assert_eq!(refusal(&begun), (422, "refund.renewal_begun"));
    let rules = policy::DEFAULT.replace("returned_when_begun = false", "returned_when_begun = true");
    people.client.post(&people.operator().await?, "/api/v1/operator/policy", json!({ "rules": rules })).await?;
    scene.stage.kontor.app.clock.turn(MINUTE);
    // Under the rules of that day: within five days, as one of the year's returns; what it paid for ends at once.
    renew(people, &scene.buyer, &instance, "periods=1").await?;
    scene.pass(30 * DAY).await?;
    let held = held - MONTH;
    let preview = scene.get(&path).await?;
    assert_eq!((&preview["cause"], &preview["used_this_year"]), (&json!("no_reason"), &json!(0)));
    people.client.post(&scene.buyer.token, &path, json!({})).await?;
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!((scene.state(&instance).await?, system.standing()), ("expired".to_owned(), vec![Standing::Frozen]));
    assert_eq!(wallet(people, &scene.buyer).await?, held);
    renew(people, &scene.buyer, &instance, "periods=1").await?;
    scene.pass(6 * DAY).await?;
    let late = ask(&people.client, &scene.buyer.token, "POST", &path, Some(json!({}))).await?;
    assert_eq!(refusal(&late), (422, "refund.too_late"));
    scene.close().await
}

async fn a_licence_that_was_frozen_works_again(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "thawed")).await?;
    let people = scene.people();
    let instance = scene.buy_month().await?;
    let code = code(people, &scene.buyer, &instance).await?;
    activate(people, &scene.seller, &code).await?;
    let status = async || anyhow::Ok(heartbeat(people, &scene.seller, &code).await?["data"]["status"].clone());
    scene.pass(40 * DAY).await?;
    assert_eq!((scene.state(&instance).await?, status().await?), ("expired".to_owned(), json!("EXPIRED")));
    // It goes on at the old end, nine days ago, not today.
    renew(people, &scene.buyer, &instance, "periods=1").await?;
    assert_eq!((scene.ends(&instance).await?, status().await?), ("2026-05-02T01:00".to_owned(), json!("ALIVE")));
    let events = scene.get(&format!("/api/v1/instances/{instance}/licence/events")).await?;
    assert!(each(&events, "kind").contains(&"renewed"), "{events}");
    // What was paid for once more is over once more, and then it is too late.
    scene.pass(21 * DAY).await?;
    assert_eq!(status().await?, "EXPIRED");
    scene.pass(16 * DAY).await?;
    assert_eq!(scene.state(&instance).await?, "released");
    let path = format!("/api/v1/instances/{instance}/renewal");
    let gone = ask(&people.client, &scene.buyer.token, "GET", &path, None).await?;
    assert_eq!(refusal(&gone), (422, "renewal.released"));
    let endless = buy(&scene.stage, &scene.buyer, json!({ "sku": scene.product.skus[1] })).await?;
    let path = format!("/api/v1/instances/{endless}/renewal");
    let endless = ask(&people.client, &scene.buyer.token, "GET", &path, None).await?;
    assert_eq!(refusal(&endless), (422, "renewal.endless"));
    scene.close().await
}

async fn a_frozen_instance_is_opened_again_even_when_its_seller_is_down(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "reopened")).await?;
    let people = scene.people();
    let (system, sku) = hosted(&scene).await?;
    let instance = buy(&scene.stage, &scene.buyer, months(&sku, 1)).await?;
    scene.pass(33 * DAY).await?;
    assert_eq!(system.standing(), [Standing::Frozen]);

    // Its system has lost its settings: nothing is believed for two hours, then it is laid aside.
    system.kit.forget_keys();
    renew(people, &scene.buyer, &instance, "periods=1").await?;
    for _ in 0..60 {
        scene.pass(2 * MINUTE).await?;
    }
    assert_eq!((scene.state(&instance).await?, system.standing()), ("active".to_owned(), vec![Standing::Frozen]));
    let errands = async || people.client.get(&scene.seller.token, "/api/v1/seller/errands").await;
    let list = errands().await?;
    assert_eq!((each(&list, "kind")[..2].to_vec(), each(&list, "state")[1]), (vec!["unfreeze", "refresh"], "dead"));
    assert_eq!(list["items"][1]["tries"], json!(60));
    assert!(says(&inbox(people, &scene.seller.token).await?, "Your system did not take over the new end: "));

    // Mended, both are told again; the freeze of before is over for good.
    let path = saas::address(people, &scene.seller).await?;
    saas::new_key(people, &scene.seller, &system, &path).await?;
    scene.pass(2 * MINUTE).await?;
    for id in each(&errands().await?, "id").into_iter().take(2).rev() {
        let restart = format!("/api/v1/seller/errands/{id}/restart");
        ask(&people.client, &scene.seller.token, "POST", &restart, None).await?;
        scene.stage.kontor.run_due_jobs().await?;
    }
    assert_eq!((system.standing(), system.ends()), (vec![Standing::Open], vec!["20260502010000".to_owned()]));
    scene.close().await
}

async fn it_goes_on_by_itself_for_a_year(url: Option<String>) -> anyhow::Result<()> {
    let mut scene = Box::pin(Scene::open(url, "by_itself")).await?;
    let people = &scene.people().clone();
    let instance = scene.buy_month().await?;
    let held = wallet(people, &scene.buyer).await?;
    let low = scene.agree(&instance, MONTH - 1).await?;
    assert_eq!((low.0, low.1["code"].as_str()), (422, Some("renewal.below_price")));
    let (status, agreed) = scene.agree(&instance, MONTH).await?;
    assert_eq!((status, &agreed["consent"]["price_max"]["minor"]), (200, &json!(MONTH)), "{agreed}");

    // From 2 March to 2 March of the next year, four looks a day.
    for _ in 0..4 * 365 {
        scene.pass(6 * HOUR).await?;
    }
    scene.buyer.token = people.token(&scene.buyer.name).await?;
    let renewals = scene.get(&format!("/api/v1/instances/{instance}/renewals")).await?;
    let terms: Vec<(&str, &str)> = renewals["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| (one["cause"].as_str().unwrap_or_default(), &one["term"]["from"].as_str().unwrap_or_default()[..16]))
        .collect();
    let numbers = ["04", "05", "06", "07", "08", "09", "10", "11", "12", "01", "02", "03"];
    let expected: Vec<String> =
        numbers.iter().map(|month| format!("{}-{month}-02T01:00", if *month < "04" { 2027 } else { 2026 })).collect();
    assert_eq!(terms.iter().map(|(_, from)| *from).collect::<Vec<_>>(), expected);
    assert!(terms.iter().all(|(cause, _)| *cause == "automatic"));
    // Each seven days before its term, in the night.
    for one in renewals["items"].as_array().into_iter().flatten() {
        let (at, from): (kernel::Timestamp, kernel::Timestamp) =
            (text(one, "renewed_at")?.parse()?, text(&one["term"], "from")?.parse()?);
        let early = from.micros_since(at);
        ensure!((7 * DAY..=7 * DAY + 7 * HOUR).contains(&early), "{one}");
    }
    assert_eq!(wallet(people, &scene.buyer).await?, held - 12 * MONTH);
    assert_eq!(scene.ends(&instance).await?, "2027-04-02T01:00");
    let told = inbox(people, &scene.buyer.token).await?;
    assert_eq!(told.iter().filter(|title| title.starts_with("Renewed automatically: ")).count(), 12);

    // It is let end: nothing more is paid, and only the day before is mentioned.
    let path = format!("/api/v1/instances/{instance}/expiry");
    assert_eq!(scene.put(&path, json!({ "policy": "end" })).await?.0, 200);
    let before = inbox(people, &scene.buyer.token).await?.len();
    for _ in 0..64 {
        scene.pass(12 * HOUR).await?;
    }
    assert_eq!(scene.state(&instance).await?, "expired");
    let told = inbox(people, &scene.buyer.token).await?;
    let new = &told[..told.len() - before];
    assert!(new.len() == 2 && new[0].ends_with("has expired") && new[1].ends_with("ends on 2027-04-02"), "{new:?}");
    assert_eq!(wallet(people, &scene.buyer).await?, held - 12 * MONTH);
    scene.close().await
}

async fn a_higher_price_is_asked_for_and_never_taken(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "guarded")).await?;
    let people = scene.people();
    let instance = scene.buy_month().await?;
    scene.agree(&instance, MONTH).await?;
    let held = wallet(people, &scene.buyer).await?;
    scene.cost("31.00").await?;
    scene.pass(23 * DAY).await?;
    scene.hours(72).await?;
    assert_eq!(wallet(people, &scene.buyer).await?, held, "nothing was taken");
    let told = inbox(people, &scene.buyer.token).await?;
    let asked = |told: &[String]| told.iter().filter(|title| title.starts_with("Your consent is needed")).count();
    assert_eq!(asked(&told), 1, "asked once, however often it is tried");
    let path = format!("/api/v1/instances/{instance}/expiry");
    assert_eq!(scene.get(&path).await?["trouble"], "price");

    // Another price is another question; a lower one is no question at all.
    scene.cost("33.00").await?;
    scene.hours(24).await?;
    assert_eq!(asked(&inbox(people, &scene.buyer.token).await?), 2);
    let (status, _) = scene.agree(&instance, 32_000).await?;
    assert_eq!(status, 422, "less than it costs is no consent");
    let (status, agreed) = scene.agree(&instance, 33_000).await?;
    assert_eq!((status, agreed.get("trouble")), (200, None));
    assert_eq!(wallet(people, &scene.buyer).await?, held, "consent itself costs nothing");
    scene.cost("25.00").await?;
    scene.hours(24).await?;
    assert_eq!(wallet(people, &scene.buyer).await?, held - 25_000, "what it costs, not what was agreed to");
    assert_eq!(scene.ends(&instance).await?, "2026-05-02T01:00");
    scene.close().await
}

async fn an_empty_wallet_is_tried_daily_until_the_release(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "empty")).await?;
    let people = scene.people();
    let poor = people.buyer("Charles Babbage").await?;
    people.top_up(&poor, MONTH).await?;
    let bought = order(people, &poor, months(&scene.product.skus[0], 1), true).await?;
    scene.stage.kontor.run_due_jobs().await?;
    let list = people.client.get(&poor.token, "/api/v1/instances").await?;
    let instance = text(&list["items"][0], "id")?.to_owned();
    ensure!(list["items"][0]["order"] == bought["id"], "{list}");
    let agree = json!({ "policy": "automatic", "price_max": { "minor": MONTH, "currency": "CNY" } });
    let path = format!("/api/v1/instances/{instance}/expiry");
    ask(&people.client, &poor.token, "PUT", &path, Some(agree)).await?.good("agree")?;
    for _ in 0..40 {
        scene.pass(DAY).await?;
    }
    let shown = people.client.get(&poor.token, &format!("/api/v1/instances/{instance}")).await?;
    assert_eq!(shown["state"], "expired", "its term is over, and it was not paid");
    assert_eq!(people.client.get(&poor.token, &path).await?["trouble"], "funds");
    let told = inbox(people, &poor.token).await?;
    assert_eq!(told.iter().filter(|title| title.starts_with("Not renewed for lack of money")).count(), 1);
    let by_hand = format!("/api/v1/instances/{instance}/renewal");
    let preview = people.client.get(&poor.token, &by_hand).await?;
    assert_eq!(preview["missing"]["minor"], json!(MONTH));
    let refused = ask(&people.client, &poor.token, "POST", &by_hand, Some(json!({ "seen": preview["seen"] }))).await?;
    assert_eq!(refusal(&refused), (422, "ledger.insufficient_funds"));

    people.top_up(&poor, MONTH).await?;
    scene.pass(DAY).await?;
    let shown = people.client.get(&poor.token, &format!("/api/v1/instances/{instance}")).await?;
    assert_eq!((&shown["state"], &shown["expires_at"]), (&json!("active"), &json!("2026-05-02T01:00:00.000000Z")));
    assert_eq!((wallet(people, &poor).await?, people.client.get(&poor.token, &path).await?.get("trouble")), (0, None));
    scene.close().await
}

async fn its_buyer_is_told_of_an_end_five_times(url: Option<String>) -> anyhow::Result<()> {
    let mut scene = Box::pin(Scene::open(url, "told")).await?;
    let people = &scene.people().clone();
    buy(&scene.stage, &scene.buyer, months(&scene.product.skus[0], 12)).await?;
    let mut days = Vec::new();
    let mut told = 0;
    for day in 1..=370 {
        if day == 360 {
            scene.buyer.token = people.token(&scene.buyer.name).await?;
        }
        scene.pass(12 * HOUR).await?;
        scene.pass(12 * HOUR).await?;
        let titles = inbox(people, &scene.buyer.token).await?;
        let ends = titles.iter().filter(|title| title.ends_with("ends on 2027-03-02")).count();
        if ends > told {
            days.push(365 - day);
        }
        told = ends;
    }
    // At ten in the morning in Shanghai, an hour after a day of this test begins.
    assert_eq!(days, [29, 14, 6, 2, 0]);
    scene.close().await
}

async fn what_was_taken_off_sale_ends_and_what_is_hidden_goes_on(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "off_sale")).await?;
    let people = scene.people();
    let instance = scene.buy_month().await?;
    let shelf = format!("/api/v1/seller/products/{}", scene.product.id);
    // Nobody finds it any more, and nobody but others may buy it: its owner goes on.
    let hidden = json!({ "spec": "server", "showing": "hidden" });
    let path = format!("{shelf}/showing");
    ask(&people.client, &scene.seller.token, "PUT", &path, Some(hidden)).await?.good(&path)?;
    let limits = json!({ "spec": "server", "single_purchase": true });
    let path = format!("{shelf}/limits");
    ask(&people.client, &scene.seller.token, "PUT", &path, Some(limits)).await?.good(&path)?;
    renew(people, &scene.buyer, &instance, "periods=1").await?;

    let body = json!({ "sku": scene.product.skus[0], "reason": "The vendor ends it." });
    let removal = people.client.post(&scene.seller.token, &format!("{shelf}/removals"), body).await?;
    let path = format!("/api/v1/operator/removals/{}/approval", text(&removal, "id")?);
    ask(&people.client, &people.operator().await?, "POST", &path, None).await?.good(&path)?;
    let path = format!("/api/v1/instances/{instance}/renewal");
    let gone = ask(&people.client, &scene.buyer.token, "GET", &path, None).await?;
    assert_eq!(refusal(&gone), (422, "renewal.removed"));

    // The site's rules may say otherwise: then it goes on at the price of its last sale.
    let rules = policy::DEFAULT.replace("removed = false", "removed = true");
    let published = json!({ "rules": rules });
    people.client.post(&people.operator().await?, "/api/v1/operator/policy", published).await?;
    scene.stage.kontor.app.clock.turn(MINUTE);
    let preview = scene.get(&path).await?;
    assert_eq!(preview["total"]["minor"], json!(MONTH));
    scene.close().await
}

async fn a_month_becomes_a_year_on_the_page_that_says_so(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "by_the_year")).await?;
    let people = scene.people();
    let instance = scene.buy_month().await?;
    let path = format!("/api/v1/seller/products/{}", scene.product.id);
    let draft = people.client.get(&scene.seller.token, &path).await?;
    let mut new = listing("Log Search", text(&draft["listing"], "agreement")?);
    new["user_guide"] = draft["listing"]["user_guide"].clone();
    let users = json!({ "users": { "model": "linear", "unit_price": "250.00" } });
    new["specs"][0]["skus"][0]["billing"]["year"] = json!({ "price": { "quantities": users }, "periods_max": 3 });
    people.edit(&scene.seller.token, "PUT", &path, &draft, Some(new)).await?;
    people.publish(&scene.seller, &scene.product.id).await?;

    let page = async |path: String| {
        let sent = Sent { token: Some(&scene.buyer.token), ..Sent::default() };
        let reply = people.client.call("GET", &path, sent).await?;
        ensure!(reply.status == 200, "{path}: {}", reply.status);
        anyhow::Ok(reply.body.as_str().context("a page is a text")?.to_owned())
    };
    let shown = page(format!("/console/instances/{instance}/renew?term=year.1")).await?;
    assert!(shown.contains("2,500.00") && shown.contains("2027"), "{shown}");
    let part = page(format!("/console/instances/{instance}/renew/price?term=month.1")).await?;
    assert!(part.contains("300.00") && !part.contains("<html"), "{part}");
    renew(people, &scene.buyer, &instance, "periods=1&period_unit=year").await?;
    assert_eq!(scene.ends(&instance).await?, "2027-04-02T01:00");
    let shown = page(format!("/console/instances/{instance}")).await?;
    assert!(shown.contains("Renewed once") && shown.contains("/renewal-return"), "{shown}");
    let shown = page(format!("/console/instances/{instance}/expiry")).await?;
    assert!(shown.contains("year.1") && shown.contains("2500.00"), "{shown}");
    let shown = page("/console/orders".to_owned()).await?;
    assert!(shown.contains("Renewal"), "{shown}");
    scene.close().await
}

/// A hosted product of the scene's seller, and the system behind it.
pub(crate) async fn hosted(scene: &Scene) -> anyhow::Result<(saas::System, String)> {
    let (people, seller) = (scene.people().clone(), scene.seller.clone());
    let clock = scene.stage.kontor.app.clock.clone();
    tokio::spawn(async move {
        let system = saas::System::start(&clock).await?;
        saas::connect(&people, &seller, &system, "").await?;
        let product = saas::product(&people, &seller).await?;
        anyhow::Ok((system, product.skus[0].clone()))
    })
    .await?
}
