//! Private offers: negotiated, accepted once, paid on their days.

use std::sync::{Arc, OnceLock};

use kernel::{
    Timestamp,
    time::{DAY, HOUR},
};
use kontor::stage::{People, Person, Product, Stage, client::text};
use serde_json::{Value, json};

use crate::stories::{ask, each, inbox, refusal, says, wallet};

on_both!(
    an_offer_is_negotiated_and_accepted_in_the_version_that_was_read,
    instalments_are_ordered_on_their_days_and_wait_for_money,
    an_offer_reminds_expires_and_is_sent_again,
    what_is_wrong_with_an_offer_is_said_at_its_place,
    an_offer_is_accepted_once_however_often_it_is_tried,
    what_was_not_delivered_is_not_asked_for_again,
    of_two_things_the_one_that_came_is_paid_for,
    what_its_buyer_cannot_see_is_sold_by_name_while_it_is_sold_at_all,
    an_offer_keeps_to_the_limits_and_its_instalments_count_once,
    what_was_sold_in_parts_is_renewed_by_the_list_and_still_paid,
);

pub(crate) const SELLERS: &str = "/api/v1/seller/private-offers";
pub(crate) const BUYERS: &str = "/api/v1/private-offers";

pub(crate) fn yuan(minor: i64) -> Value {
    json!({ "minor": minor, "currency": "CNY" })
}

/// Ten users for two months, 600.00 on the list, for less.
pub(crate) fn offer(sku: &str, until: Timestamp, price: &Value) -> Value {
    json!({
        "name": "Rollout", "valid_until": until, "terms": "Support in Chinese and English.",
        "lines": [{ "sku": sku, "choice": { "quantities": { "users": 10 }, "periods": 2 }, "price": price }]
    })
}

pub(crate) fn percent(basis_points: u32) -> Value {
    json!({ "kind": "percent", "basis_points": basis_points })
}

pub(crate) struct Scene {
    pub(crate) stage: Stage,
    pub(crate) seller: Person,
    pub(crate) product: Product,
    pub(crate) buyer: Person,
}

impl Scene {
    pub(crate) async fn open(url: Option<String>, name: &'static str) -> anyhow::Result<Self> {
        // Opening a site is a long way; it is walked by a task of its own, off the stack of the story.
        tokio::spawn(Self::made(url, name)).await?
    }

    async fn made(url: Option<String>, name: &'static str) -> anyhow::Result<Self> {
        let stage = Stage::turned(url.as_deref(), name).await?;
        let seller = stage.people.seller("Cloudco Software").await?;
        let product = stage.people.product(&seller, "Log Search").await?;
        let buyer = stage.people.buyer("Ada Lovelace").await?;
        Ok(Self { stage, seller, product, buyer })
    }

    pub(crate) fn people(&self) -> &People {
        &self.stage.people
    }

    pub(crate) fn day(&self, days: i64) -> Timestamp {
        self.stage.kontor.app.clock.now().plus_days(days)
    }

    pub(crate) async fn begin(&self, offer: Value) -> anyhow::Result<String> {
        let wanted = json!({ "buyer": self.buyer.account, "buyer_name": "Ada Lovelace", "offer": offer });
        let begun = self.people().client.post(&self.seller.token, SELLERS, wanted).await?;
        Ok(text(&begun, "id")?.to_owned())
    }

    pub(crate) async fn send(&self, id: &str) -> anyhow::Result<Value> {
        let path = format!("{SELLERS}/{id}/send");
        ask(&self.people().client, &self.seller.token, "POST", &path, None).await?.good("send")
    }

    pub(crate) async fn sent(&self, offer: Value) -> anyhow::Result<String> {
        let id = self.begin(offer).await?;
        self.send(&id).await?;
        Ok(id)
    }

    pub(crate) async fn accept(&self, id: &str, version: i64) -> anyhow::Result<kontor::stage::client::Reply> {
        let (path, body) = (format!("{BUYERS}/{id}/accept"), json!({ "version": version }));
        ask(&self.people().client, &self.buyer.token, "POST", &path, Some(body)).await
    }

    /// How the instalments stand, as the buyer sees it.
    pub(crate) async fn dues(&self, id: &str) -> anyhow::Result<Vec<String>> {
        let shown = self.people().client.get(&self.buyer.token, &format!("{BUYERS}/{id}")).await?;
        let states = shown["instalments"].as_array().into_iter().flatten();
        Ok(states.filter_map(|due| due["state"].as_str()).map(str::to_owned).collect())
    }

    pub(crate) async fn turn(&self, micros: i64) -> anyhow::Result<()> {
        self.stage.kontor.app.clock.turn(micros);
        self.stage.kontor.run_due_jobs().await?;
        Ok(())
    }
}

async fn an_offer_is_negotiated_and_accepted_in_the_version_that_was_read(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "offer").await?;
    let (people, client) = (scene.people(), &scene.people().client);
    people.top_up(&scene.buyer, 100_000).await?;
    let sku = &scene.product.skus[0];
    let id = scene.begin(offer(sku, scene.day(20), &percent(1_000))).await?;
    let (sellers, buyers) = (format!("{SELLERS}/{id}"), format!("{BUYERS}/{id}"));
    let hidden = ask(client, &scene.buyer.token, "GET", &buyers, None).await?;
    assert_eq!(hidden.status, 404, "nobody sees a draft");
    let early = json!({ "text": "Hello" });
    let early = ask(client, &scene.seller.token, "POST", &format!("{sellers}/messages"), Some(early)).await?;
    assert_eq!(refusal(&early), (422, "private_offer.not_sent"));

    let sent = scene.send(&id).await?;
    assert_eq!((&sent["total"]["minor"], &sent["version"]), (&json!(54_000), &json!(1)));
    scene.stage.kontor.run_due_jobs().await?;
    assert!(says(&inbox(people, &scene.buyer.token).await?, "An offer for you: Rollout"));
    let wish = json!({ "text": "Could you do it for 500?" });
    client.post(&scene.buyer.token, &format!("{buyers}/messages"), wish).await?;
    let stranger = people.register("personal", "Grace Hopper").await?;
    assert_eq!(ask(client, &stranger.token, "GET", &buyers, None).await?.status, 404);

    let cheaper = offer(sku, scene.day(20), &json!({ "kind": "total", "amount": yuan(50_000) }));
    ask(client, &scene.seller.token, "PUT", &sellers, Some(cheaper)).await?.good("revise")?;
    let shown = client.get(&scene.buyer.token, &buyers).await?;
    assert_eq!((&shown["sent"]["total"]["minor"], shown.get("draft")), (&json!(54_000), None), "not sent yet");
    scene.send(&id).await?;
    assert_eq!(refusal(&scene.accept(&id, 1).await?), (422, "private_offer.revised"));
    let held = wallet(people, &scene.buyer).await?;
    let accepted = scene.accept(&id, 2).await?.good("accept")?;
    assert_eq!((&accepted["state"], wallet(people, &scene.buyer).await?), (&json!("accepted"), held - 50_000));
    assert_eq!(refusal(&scene.accept(&id, 2).await?), (422, "private_offer.not_open"));
    scene.stage.kontor.run_due_jobs().await?;

    let order = text(&accepted["instalments"][0], "order")?.to_owned();
    let order = client.get(&scene.buyer.token, &format!("/api/v1/orders/{order}")).await?;
    let line = &order["lines"][0];
    assert_eq!((&order["state"], &line["agreed"]["offer"]), (&json!("completed"), &json!(id)));
    let told = line["quote"]["lines"][1]["text"].clone();
    let named = |lang: &str, name: &str| told[lang].as_str().is_some_and(|text| text.starts_with(name));
    assert!(named("en", "Private offer “Rollout”") && named("zh", "专属报价「Rollout」"), "{told}");
    let instances = client.get(&scene.buyer.token, "/api/v1/instances").await?;
    let path = format!("/api/v1/instances/{}/return", each(&instances, "id")[0]);
    assert!(says(&inbox(people, &scene.seller.token).await?, "Offer accepted: Rollout"));
    let seen = client.get(&scene.seller.token, &sellers).await?;
    assert_eq!(seen["messages"][0]["text"], json!("Could you do it for 500?"));
    assert_eq!(seen["earlier"][0]["total"]["minor"], json!(54_000));
    scene.stage.check().await?;
    // Paid at once, it can be returned like anything else.
    let refund = client.post(&scene.buyer.token, &path, json!({})).await?;
    assert_eq!((&refund["amount"]["minor"], wallet(people, &scene.buyer).await?), (&json!(50_000), held));
    scene.stage.kontor.run_due_jobs().await?;
    scene.stage.check().await?;
    scene.stage.close().await
}

async fn instalments_are_ordered_on_their_days_and_wait_for_money(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "instalments").await?;
    let (people, client) = (scene.people(), &scene.people().client);
    people.top_up(&scene.buyer, 40_000).await?;
    let mut wanted = offer(&scene.product.skus[0], scene.day(10), &json!({ "kind": "total", "amount": yuan(50_001) }));
    let second = json!({ "sku": scene.product.skus[0], "choice": { "quantities": { "users": 10 }, "periods": 1 } });
    wanted["lines"] = json!([wanted["lines"][0], second]);
    wanted["instalments"] = json!([
        { "amount": yuan(20_000) }, { "due_at": scene.day(30), "amount": yuan(20_001) },
        { "due_at": scene.day(60), "amount": yuan(40_000) }
    ]);
    let id = scene.sent(wanted).await?;
    scene.accept(&id, 1).await?.good("accept")?;
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(wallet(people, &scene.buyer).await?, 20_000);
    let instances = client.get(&scene.buyer.token, "/api/v1/instances").await?;
    assert_eq!(each(&instances, "id").len(), 2, "everything is delivered with the first part");
    let path = format!("/api/v1/instances/{}/return", each(&instances, "id")[0]);
    let returned = ask(client, &scene.buyer.token, "POST", &path, Some(json!({}))).await?;
    assert_eq!(returned.status, 422, "what is paid in parts is not returned: {}", returned.body);
    scene.stage.check().await?;

    // The wallet lacks one cent on the day of the second part.
    scene.turn(30 * DAY + HOUR).await?;
    assert_eq!(scene.dues(&id).await?, ["paid", "ordered", "planned"]);
    assert!(says(&inbox(people, &scene.buyer.token).await?, "Instalment 2 of “Rollout” lacks money"));
    assert_eq!(wallet(people, &scene.buyer).await?, 20_000);
    people.top_up(&scene.buyer, 1).await?;
    scene.turn(DAY).await?;
    assert_eq!((scene.dues(&id).await?[1].as_str(), wallet(people, &scene.buyer).await?), ("paid", 0));
    assert!(says(&inbox(people, &scene.buyer.token).await?, "Instalment 2 of 3 is paid"));
    assert_eq!(each(&client.get(&scene.buyer.token, "/api/v1/instances").await?, "id").len(), 2);
    scene.stage.check().await?;

    // The third is not paid in time; the seller asks again, and the buyer pays it by hand.
    scene.turn(30 * DAY).await?;
    assert_eq!(scene.dues(&id).await?[2], "ordered");
    for _ in 0..8 {
        scene.turn(DAY).await?;
    }
    assert_eq!(scene.dues(&id).await?[2], "missed");
    assert!(says(&inbox(people, &scene.seller.token).await?, "Instalment 3 of “Rollout” was not paid"));
    let again = (format!("{SELLERS}/{id}/ask-again"), json!({ "instalment": 3 }));
    ask(client, &scene.seller.token, "POST", &again.0, Some(again.1.clone())).await?.good("ask again")?;
    let twice = ask(client, &scene.seller.token, "POST", &again.0, Some(again.1)).await?;
    assert_eq!(refusal(&twice), (422, "private_offer.not_missed"));
    people.top_up(&scene.buyer, 40_000).await?;
    let shown = client.get(&scene.buyer.token, &format!("{BUYERS}/{id}")).await?;
    let pay = format!("/api/v1/orders/{}/pay", text(&shown["instalments"][2], "order")?);
    ask(client, &scene.buyer.token, "POST", &pay, None).await?.good("pay")?;
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(scene.dues(&id).await?, ["paid", "paid", "paid"]);
    let orders = client.get(&scene.buyer.token, "/api/v1/orders?state=completed").await?;
    let totals = orders["items"].as_array().into_iter().flatten().filter_map(|order| order["total"]["minor"].as_i64());
    assert_eq!(totals.sum::<i64>(), 80_001, "the parts sum to the price");
    scene.turn(DAY).await?;
    scene.stage.check().await?;
    scene.stage.close().await
}

async fn an_offer_reminds_expires_and_is_sent_again(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "expiry").await?;
    let (people, client) = (scene.people(), &scene.people().client);
    people.top_up(&scene.buyer, 100_000).await?;
    let id = scene.sent(offer(&scene.product.skus[0], scene.day(8), &percent(1_000))).await?;
    scene.stage.kontor.run_due_jobs().await?;
    let reminded = async |person: &Person| -> anyhow::Result<usize> {
        let titles = inbox(people, &person.token).await?;
        Ok(titles.iter().filter(|title| title.starts_with("Offer ends on")).count())
    };
    scene.turn(DAY + HOUR).await?;
    assert_eq!((reminded(&scene.buyer).await?, reminded(&scene.seller).await?), (1, 1), "seven days before");
    scene.turn(4 * DAY).await?;
    scene.turn(2 * DAY).await?;
    assert_eq!(reminded(&scene.buyer).await?, 3, "three days and one day before");
    scene.turn(DAY).await?;
    assert!(says(&inbox(people, &scene.buyer.token).await?, "Offer expired: Rollout"));
    assert_eq!(refusal(&scene.accept(&id, 1).await?), (422, "private_offer.not_open"));

    let path = format!("{SELLERS}/{id}");
    let late = scene.accept(&id, 1).await?;
    assert_eq!(late.status, 422);
    let longer = offer(&scene.product.skus[0], scene.day(8), &percent(1_000));
    ask(client, &scene.seller.token, "PUT", &path, Some(longer)).await?.good("write")?;
    scene.send(&id).await?;
    let decline = json!({ "reason": "Too dear." });
    let decline = ask(client, &scene.buyer.token, "POST", &format!("{BUYERS}/{id}/decline"), Some(decline)).await?;
    let declined = decline.good("decline")?;
    assert_eq!((&declined["state"], &declined["messages"][0]["text"]), (&json!("declined"), &json!("Too dear.")));
    scene.send(&id).await?;
    ask(client, &scene.seller.token, "POST", &format!("{path}/withdraw"), None).await?.good("withdraw")?;
    assert_eq!(refusal(&scene.accept(&id, 3).await?), (422, "private_offer.not_open"));
    let closed = ask(client, &scene.seller.token, "POST", &format!("{path}/send"), None).await?;
    assert_eq!(refusal(&closed), (422, "private_offer.closed"));
    // The timers of versions that are over do nothing.
    scene.turn(20 * DAY).await?;
    assert!(says(&inbox(people, &scene.buyer.token).await?, "Offer withdrawn: Rollout"));
    assert_eq!(reminded(&scene.buyer).await?, 3);
    scene.stage.check().await?;
    scene.stage.close().await
}

async fn what_is_wrong_with_an_offer_is_said_at_its_place(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "wrong").await?;
    let client = &scene.people().client;
    let sku = scene.product.skus[0].clone();
    let other = scene.people().seller("Other Software").await?;
    let foreign = scene.people().product(&other, "Log Lens").await?;
    let fields = async |buyer: &str, offer: Value| -> anyhow::Result<Vec<String>> {
        let body = json!({ "buyer": buyer, "buyer_name": "Ada Lovelace", "offer": offer });
        let reply = ask(client, &scene.seller.token, "POST", SELLERS, Some(body)).await?;
        let wrong = reply.body["errors"].as_array().into_iter().flatten();
        Ok(wrong.filter_map(|wrong| wrong["field"].as_str()).map(str::to_owned).collect())
    };
    let good = || offer(&sku, scene.day(20), &percent(1_000));
    assert_eq!(fields(&scene.seller.account, good()).await?, ["buyer"]);
    let dear = offer(&sku, scene.day(20), &json!({ "kind": "total", "amount": yuan(60_001) }));
    assert_eq!(fields(&scene.buyer.account, dear).await?, ["lines.1.price.amount"]);
    assert_eq!(
        fields(&scene.buyer.account, offer(&foreign.skus[0], scene.day(20), &percent(1))).await?,
        ["lines.1.sku"]
    );
    assert_eq!(fields(&scene.buyer.account, offer(&sku, scene.day(200), &percent(1))).await?, ["valid_until"]);
    let mut many = good();
    many["lines"][0]["choice"]["quantities"]["users"] = json!(5_000);
    assert_eq!(fields(&scene.buyer.account, many).await?.len(), 1);

    // A schedule is looked at when it is sent.
    let mut wanted = good();
    wanted["instalments"] = json!([{ "amount": yuan(30_000) }, { "due_at": scene.day(40), "amount": yuan(30_000) }]);
    let id = scene.begin(wanted).await?;
    let send = ask(client, &scene.seller.token, "POST", &format!("{SELLERS}/{id}/send"), None).await?;
    assert_eq!((send.status, &send.body["errors"][0]["field"]), (422, &json!("instalments")), "{}", send.body);

    let poor = scene.sent(good()).await?;
    let short = scene.accept(&poor, 1).await?;
    assert_eq!(short.status, 422, "a wallet without money accepts nothing: {}", short.body);
    let shown = client.get(&scene.buyer.token, &format!("{BUYERS}/{poor}")).await?;
    assert_eq!((&shown["state"], shown["instalments"].as_array().map(Vec::len)), (&json!("sent"), Some(0)));
    scene.stage.close().await
}

async fn an_offer_is_accepted_once_however_often_it_is_tried(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "once").await?;
    scene.people().top_up(&scene.buyer, 1_000_000).await?;
    let id = scene.sent(offer(&scene.product.skus[0], scene.day(20), &percent(1_000))).await?;
    let mut tries = Vec::new();
    for _ in 0..8 {
        let (client, token) = (scene.people().client.clone(), scene.buyer.token.clone());
        let (path, body) = (format!("{BUYERS}/{id}/accept"), json!({ "version": 1 }));
        tries.push(tokio::spawn(async move { ask(&client, &token, "POST", &path, Some(body)).await }));
    }
    let mut accepted = 0;
    for tried in tries {
        let reply = tried.await??;
        accepted += i64::from(reply.status == 200);
        let refused = matches!(refusal(&reply), (422, "private_offer.not_open" | "private_offer.revised"));
        assert!(reply.status == 200 || refused, "{}", reply.body);
    }
    assert_eq!((accepted, wallet(scene.people(), &scene.buyer).await?), (1, 946_000));
    scene.stage.kontor.run_due_jobs().await?;
    scene.stage.check().await?;
    scene.stage.close().await
}

async fn what_was_not_delivered_is_not_asked_for_again(url: Option<String>) -> anyhow::Result<()> {
    let mut scene = Scene::open(url, "undelivered").await?;
    scene.stage.kontor = scene.stage.kontor.with_faults(Arc::new(|_, _| Some("the desk is on fire".to_owned())));
    scene.people().top_up(&scene.buyer, 54_000).await?;
    let mut wanted = offer(&scene.product.skus[0], scene.day(1), &percent(1_000));
    wanted["instalments"] = json!([{ "amount": yuan(20_000) }, { "due_at": scene.day(1), "amount": yuan(34_000) }]);
    let id = scene.sent(wanted).await?;
    scene.turn(DAY - HOUR).await?;
    scene.accept(&id, 1).await?.good("accept")?;
    // The second part's day comes while the first is still being tried.
    scene.turn(0).await?;
    scene.turn(HOUR + HOUR / 2).await?;
    assert_eq!(
        (scene.dues(&id).await?, wallet(scene.people(), &scene.buyer).await?),
        (vec!["paid".into(), "planned".into()], 34_000)
    );
    for _ in 0..6 {
        scene.turn(HOUR).await?;
    }
    assert_eq!(
        (scene.dues(&id).await?[1].as_str(), wallet(scene.people(), &scene.buyer).await?),
        ("cancelled", 54_000)
    );
    scene.stage.check().await?;
    scene.stage.close().await
}

async fn of_two_things_the_one_that_came_is_paid_for(url: Option<String>) -> anyhow::Result<()> {
    let mut scene = Scene::open(url, "one_of_two").await?;
    // The delivery that is tried first succeeds, the other one never does.
    let first = OnceLock::new();
    scene.stage.kontor = scene.stage.kontor.with_faults(Arc::new(move |delivery, _| {
        (*first.get_or_init(|| delivery) != delivery).then(|| "the desk is on fire".to_owned())
    }));
    scene.people().top_up(&scene.buyer, 90_000).await?;
    let mut wanted = offer(&scene.product.skus[0], scene.day(1), &json!({ "kind": "list" }));
    let second = json!({ "sku": scene.product.skus[0], "choice": { "quantities": { "users": 10 }, "periods": 1 } });
    wanted["lines"] = json!([wanted["lines"][0], second]);
    wanted["instalments"] = json!([{ "amount": yuan(30_000) }, { "due_at": scene.day(1), "amount": yuan(60_000) }]);
    let id = scene.sent(wanted).await?;
    scene.turn(DAY - HOUR).await?;
    scene.accept(&id, 1).await?.good("accept")?;
    for _ in 0..9 {
        scene.turn(HOUR).await?;
    }
    assert_eq!(scene.dues(&id).await?, ["paid", "paid"]);
    let spent = 90_000 - wallet(scene.people(), &scene.buyer).await?;
    assert!([60_000, 30_000].contains(&spent), "the price of one of them was paid: {spent}");
    let orders = scene.people().client.get(&scene.buyer.token, "/api/v1/orders").await?;
    assert_eq!(each(&orders, "state"), ["completed", "completed"]);
    scene.stage.check().await?;
    scene.stage.close().await
}

impl Scene {
    pub(crate) async fn set(&self, what: &str, body: Value) -> anyhow::Result<()> {
        let path = format!("/api/v1/seller/products/{}/{what}", self.product.id);
        ask(&self.people().client, &self.seller.token, "PUT", &path, Some(body)).await?.good(&path)?;
        Ok(())
    }
}

async fn what_its_buyer_cannot_see_is_sold_by_name_while_it_is_sold_at_all(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "unseen_offer").await?;
    let (people, client) = (scene.people(), &scene.people().client);
    people.top_up(&scene.buyer, 1_000_000).await?;
    let sku = scene.product.skus[0].clone();
    let audience = |customers: &str| json!({ "reach": "named", "customers": customers, "regions": "everywhere" });
    scene.set("audience", audience("all")).await?;
    let quote = ask(client, &scene.buyer.token, "POST", "/api/v1/quotes", Some(json!({ "sku": sku }))).await?;
    assert_eq!(quote.status, 404, "the buyer is not named: {}", quote.body);
    let wanted = || offer(&sku, scene.day(20), &percent(1_000));
    let (first, second, third) =
        (scene.sent(wanted()).await?, scene.sent(wanted()).await?, scene.sent(wanted()).await?);
    let page = format!("/console/private-offers/{first}");
    let page = ask(client, &scene.buyer.token, "GET", &page, None).await?;
    let shown = page.body.as_str().unwrap_or_default();
    assert!(shown.contains("Log Search") && !shown.contains("href=\"/products/"), "named, without a page to open");
    scene.accept(&first, 1).await?.good("accept")?;
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(each(&client.get(&scene.buyer.token, "/api/v1/instances").await?, "state"), ["active"]);

    // Who may buy at all is asked of private offers too: when they are written, and when they are taken.
    scene.set("audience", audience("enterprise")).await?;
    let body = json!({ "buyer": scene.buyer.account, "buyer_name": "ada lovelace", "offer": wanted() });
    let refused = ask(client, &scene.seller.token, "POST", SELLERS, Some(body)).await?;
    assert_eq!((refused.status, &refused.body["errors"][0]["field"]), (422, &json!("lines.1.sku")), "{}", refused.body);
    assert_eq!(refusal(&scene.accept(&second, 1).await?), (422, "sale.enterprise_only"));
    scene.set("audience", audience("all")).await?;
    let operator = people.operator().await?;
    let until = scene.day(2).to_string();
    let statement = json!({
        "kind": "freeze", "rule": "Rule 5.2.", "facts": "It does not start.", "remedy": "Make it start.", "until": until
    });
    client.post(&operator, &format!("/api/v1/operator/products/{}/measures", scene.product.id), statement).await?;
    assert_eq!(refusal(&scene.accept(&second, 1).await?), (422, "sale.frozen"));
    scene.turn(2 * DAY).await?;
    scene.accept(&second, 1).await?.good("accept after the freeze")?;

    let path = format!("/api/v1/seller/products/{}/removals", scene.product.id);
    let removal =
        client.post(&scene.seller.token, &path, json!({ "sku": sku, "reason": "The vendor ends it." })).await?;
    let path = format!("/api/v1/operator/removals/{}/approval", text(&removal, "id")?);
    // Sessions do not last two days.
    let operator = people.operator().await?;
    ask(client, &operator, "POST", &path, None).await?.good(&path)?;
    assert_eq!(refusal(&scene.accept(&third, 1).await?), (422, "private_offer.off_sale"));
    scene.stage.kontor.run_due_jobs().await?;
    scene.stage.check().await?;
    scene.stage.close().await
}

async fn an_offer_keeps_to_the_limits_and_its_instalments_count_once(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "limited_offer").await?;
    let people = scene.people();
    people.top_up(&scene.buyer, 1_000_000).await?;
    scene.set("limits", json!({ "spec": "server", "units": { "of": "users", "max": 25 } })).await?;
    let sku = scene.product.skus[0].clone();
    let wanted = || offer(&sku, scene.day(20), &percent(1_000));
    let mut thrice = wanted();
    let line = thrice["lines"][0].clone();
    thrice["lines"] = json!([line, line, line]);
    let thrice = scene.sent(thrice).await?;
    assert_eq!(refusal(&scene.accept(&thrice, 1).await?), (422, "order.too_many"), "the lines of one order add up");
    let mut parted = offer(&sku, scene.day(1), &percent(1_000));
    parted["instalments"] = json!([{ "amount": yuan(20_000) }, { "due_at": scene.day(3), "amount": yuan(34_000) }]);
    let parted = scene.sent(parted).await?;
    scene.accept(&parted, 1).await?.good("accept")?;
    scene.stage.kontor.run_due_jobs().await?;

    scene.turn(3 * DAY + HOUR).await?;
    assert_eq!(scene.dues(&parted).await?, ["paid", "paid"]);
    let (second, third) = (scene.sent(wanted()).await?, scene.sent(wanted()).await?);
    scene.accept(&second, 1).await?.good("ten users are held, and ten more are fine")?;
    assert_eq!(refusal(&scene.accept(&third, 1).await?), (422, "order.too_many"));
    scene.stage.kontor.run_due_jobs().await?;
    scene.stage.check().await?;
    scene.stage.close().await
}

async fn what_was_sold_in_parts_is_renewed_by_the_list_and_still_paid(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "offer_renewed").await?;
    let (people, client) = (scene.people(), &scene.people().client);
    people.top_up(&scene.buyer, 200_000).await?;
    let total = json!({ "kind": "total", "amount": yuan(50_000) });
    let mut parted = offer(&scene.product.skus[0], scene.day(10), &total);
    parted["instalments"] = json!([{ "amount": yuan(20_000) }, { "due_at": scene.day(20), "amount": yuan(30_000) }]);
    let id = scene.sent(parted).await?;
    scene.accept(&id, 1).await?.good("accept")?;
    scene.stage.kontor.run_due_jobs().await?;
    let instances = async || client.get(&scene.buyer.token, "/api/v1/instances").await;
    let instance = each(&instances().await?, "id")[0].to_owned();

    let path = format!("/api/v1/instances/{instance}/renewal");
    let preview = client.get(&scene.buyer.token, &path).await?;
    assert_eq!((&preview["total"]["minor"], preview.get("agreed")), (&json!(60_000), None), "two months by the list");
    let renewed = client.post(&scene.buyer.token, &path, json!({ "seen": preview["seen"] })).await?;
    assert_eq!(renewed["term"], preview["term"]);
    scene.stage.check().await?;
    scene.turn(20 * DAY + HOUR).await?;
    assert_eq!(scene.dues(&id).await?, ["paid", "paid"]);
    assert_eq!(wallet(people, &scene.buyer).await?, 200_000 - 50_000 - 60_000);
    assert_eq!(each(&instances().await?, "expires_at"), [text(&renewed["term"], "until")?]);
    scene.stage.check().await?;

    // What goes on by the list is not the offer's to amend.
    let dearer = json!({ "from": scene.day(0), "valid_until": scene.day(1), "note": "", "lines": [{ "line": 1, "price": yuan(60_000) }] });
    let refused = ask(client, &scene.seller.token, "POST", &format!("{SELLERS}/{id}/amendments"), Some(dearer)).await?;
    assert!(refused.status == 422 && refused.body.to_string().contains("lines.1.line"), "{}", refused.body);

    // The renewal goes back alone; the offer stays as it was.
    client.post(&scene.buyer.token, &format!("{path}/return"), json!({})).await?;
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!((scene.dues(&id).await?, wallet(people, &scene.buyer).await?), (vec!["paid".to_owned(); 2], 150_000));
    assert_eq!(each(&instances().await?, "expires_at"), [text(&renewed["term"], "from")?]);
    scene.stage.check().await?;
    scene.stage.close().await
}
