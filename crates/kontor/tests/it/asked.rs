//! What a seller asks its buyers: asked with the order, checked, kept, and handed to the seller's system.

use anyhow::{Context, ensure};
use axum::http::Method;
use kontor::stage::{
    People, Person, Product, Stage,
    client::{Reply, text},
};
use serde_json::{Value, json};

use crate::{
    checkout::{Pages, seen},
    saas::{System, apart, connect, product, tell},
    stories::{ask, months, order, refusal},
};

on_both!(
    what_is_asked_is_answered_with_the_order_and_told_to_the_seller,
    the_checkout_asks_and_says_what_is_wrong_beside_the_question,
    a_trial_and_a_private_offer_ask_too,
    a_listing_may_not_ask_for_everything,
);

/// Lets a product ask for a domain, for a note, and for the mail address of whoever buys it.
pub(crate) async fn lets_ask(people: &People, seller: &Person, product: &Product) -> anyhow::Result<()> {
    let path = format!("/api/v1/seller/products/{}", product.id);
    let draft = people.client.get(&seller.token, &path).await?;
    let mut wanted = draft["listing"].clone();
    wanted["parameters"] = json!([
        { "name": "emailDomainName", "label": { "en": "Mail domain", "zh": "邮箱域名" }, "kind": "domain", "mandatory": true },
        { "name": "note", "label": { "en": "Greeting", "zh": "欢迎语" }, "kind": "text" },
    ]);
    wanted["contacts"] = json!({ "email": true });
    wanted["specs"][0]["trial_days"] = json!(14);
    people.edit(&seller.token, "PUT", &path, &draft, Some(wanted)).await?;
    people.publish(seller, &product.id).await
}

/// A month of it with all that is asked for.
pub(crate) fn answered(sku: &str) -> Value {
    let mut wanted = months(sku, 1);
    wanted["answers"] = json!({ "emailDomainName": "example.com", "note": HOSTILE });
    wanted["contacts"] = json!({ "email": true });
    wanted
}

/// What nobody may take for markup, or for the end of a text.
pub(crate) const HOSTILE: &str = "<b>\"你好\"</b> & %2B+";

fn fields(refused: &Reply) -> Vec<&str> {
    let errors = refused.body["errors"].as_array();
    errors.into_iter().flatten().filter_map(|error| error["field"].as_str()).collect()
}

struct Scene {
    stage: Stage,
    _system: System,
    seller: Person,
    buyer: Person,
    product: Product,
}

impl Scene {
    /// In a task of its own, as all that goes deep.
    async fn open(url: Option<String>, name: &'static str) -> anyhow::Result<Self> {
        tokio::spawn(async move {
            let stage = Stage::turned(url.as_deref(), name).await?;
            let people = &stage.people;
            let system = System::start(&stage.kontor.app.clock).await?;
            let seller = people.seller("Cloudco Software").await?;
            connect(people, &seller, &system, "").await?;
            let product = product(people, &seller).await?;
            lets_ask(people, &seller, &product).await?;
            let buyer = people.rich_buyer("Ada Lovelace").await?;
            anyhow::Ok(Self { stage, _system: system, seller, buyer, product })
        })
        .await?
    }

    fn people(&self) -> &People {
        &self.stage.people
    }

    fn sku(&self) -> &str {
        &self.product.skus[0]
    }

    async fn ask(&self, path: &str, body: Value) -> anyhow::Result<Reply> {
        ask(&self.people().client, &self.buyer.token, "POST", path, Some(body)).await
    }

    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.people().client.get(&self.buyer.token, path).await
    }

    async fn close(self) -> anyhow::Result<()> {
        self.stage.check().await?;
        self.stage.close().await
    }
}

async fn what_is_asked_is_answered_with_the_order_and_told_to_the_seller(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "asked")).await?;
    let (people, sku) = (scene.people(), scene.sku());
    let page = scene.get(&format!("/api/v1/products/{}", scene.product.id)).await?;
    assert_eq!(page["contacts"], json!({ "phone": false, "email": true }));

    // A price is to be had without answers, an order is not.
    let bare = scene.ask("/api/v1/quotes", months(sku, 1)).await?.good("quote")?;
    let refused = scene.ask("/api/v1/orders", json!({ "quote": bare["id"], "pay_with": "wallet" })).await?;
    assert_eq!(refusal(&refused), (422, "invalid"));
    assert_eq!(fields(&refused), ["answers.emailDomainName", "contacts.email"]);
    for (answers, field) in [
        (json!({ "emailDomainName": "no domain" }), "answers.emailDomainName"),
        (json!({ "colour": "red" }), "answers"),
        (json!({ "note": "a\nb" }), "answers.note"),
        (json!({ "note": "字".repeat(201) }), "answers.note"),
    ] {
        let mut wanted = months(sku, 1);
        wanted["answers"] = answers;
        let refused = scene.ask("/api/v1/quotes", wanted).await?;
        assert_eq!((refused.status, fields(&refused)), (422, vec![field]));
    }

    let bought = order(people, &scene.buyer, answered(sku), true).await?;
    scene.stage.kontor.run_due_jobs().await?;
    let id = text(&bought, "id")?;
    let line = scene.get(&format!("/api/v1/orders/{id}")).await?["lines"][0].clone();
    assert_eq!((&line["answers"][0]["value"], &line["answers"][1]["value"]), (&json!("example.com"), &json!(HOSTILE)));
    let sold = people.client.get(&scene.seller.token, &format!("/api/v1/seller/orders/{id}")).await?;
    assert_eq!(sold["lines"][0]["answers"], line["answers"]);

    // The seller's program reads them with the order; of the contact data it is told what was agreed to.
    let number = text(&sold, "number")?;
    let query = format!("/api/mkp-openapi-public/global/v1/order/query?orderId={number}");
    let read = people.client.get(&scene.seller.token, &query).await?["orderInfo"].clone();
    let told = json!([{ "name": "emailDomainName", "value": "example.com" }, { "name": "note", "value": HOSTILE }]);
    assert_eq!((&read["extendParams"], &read["orderLine"][0]["extendParams"]), (&told, &told));
    assert!(read["buyerInfo"]["email"].is_string() && read["buyerInfo"].get("mobilePhone").is_none(), "{read}");

    // People read them as text, whoever looks.
    let instance = text(&scene.get("/api/v1/instances?limit=1").await?["items"][0], "id")?.to_owned();
    for (who, path) in [
        (&scene.buyer, format!("/console/orders/{id}")),
        (&scene.buyer, format!("/console/instances/{instance}")),
        (&scene.seller, format!("/seller/orders/{id}")),
    ] {
        let page = Pages::of(&scene.stage, &who.token).open(&path).await?;
        assert!(
            page.contains("&lt;b&gt;") && !page.contains("<b>\"") && page.contains("Mail domain"),
            "{path}: {page}"
        );
    }

    // What is renewed is still the same customer's.
    let path = format!("/api/v1/instances/{instance}/renewal");
    let preview = scene.get(&format!("{path}?periods=1")).await?;
    scene.ask(&path, json!({ "periods": 1, "seen": preview["seen"] })).await?.good("renew")?;
    scene.stage.kontor.run_due_jobs().await?;
    let renewal = scene.get("/api/v1/orders?kind=renewal&limit=1").await?["items"][0]["id"].clone();
    let renewed = scene.get(&format!("/api/v1/orders/{}", renewal.as_str().context("it is there")?)).await?;
    assert_eq!(
        (&renewed["lines"][0]["answers"], &renewed["lines"][0]["contacts"]),
        (&line["answers"], &line["contacts"])
    );
    scene.close().await
}

async fn the_checkout_asks_and_says_what_is_wrong_beside_the_question(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "checkout_asks")).await?;
    let pages = Pages::of(&scene.stage, &scene.buyer.token);
    let choice = format!("sku={}&q.users=10&periods=1", scene.sku());
    let page = pages.open(&format!("/checkout?{choice}")).await?;
    for part in ["name=\"answers.emailDomainName\"", "name=\"answers.note\"", "name=\"contacts.email\"", "Mail domain"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("contacts.phone"), "nobody asked for it");
    let form = |more: &str| anyhow::Ok(format!("{choice}&pay=now&seen={}{more}", seen(&page)?));
    let (status, _, told) =
        pages.ask(Method::POST, "/checkout", form("&answers.emailDomainName=&answers.note=Hi")?).await?;
    assert!(
        status == 422 && told.contains("f-answers.emailDomainName-wrong") && told.contains("f-contacts.email-wrong"),
        "{status} {told}"
    );
    assert!(told.contains("value=\"Hi\""), "what was typed is still there: {told}");
    let wrong = form("&answers.emailDomainName=%3Cscript%3E&contacts.email=true")?;
    let (status, _, told) = pages.ask(Method::POST, "/checkout", wrong).await?;
    assert!(status == 422 && told.contains("such as example.com") && !told.contains("<script>\""), "{status} {told}");
    let right = form("&answers.emailDomainName=example.com&contacts.email=true")?;
    let (status, to, told) = pages.ask(Method::POST, "/checkout", right).await?;
    ensure!(status == 303, "{status} {told}");
    let page = pages.open(to.split('?').next().unwrap_or_default()).await?;
    assert!(page.contains("example.com"), "{page}");
    scene.stage.kontor.run_due_jobs().await?;
    scene.close().await
}

async fn a_trial_and_a_private_offer_ask_too(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "tried_asked")).await?;
    let (people, sku) = (scene.people(), scene.sku());
    let page = Pages::of(&scene.stage, &scene.buyer.token).open(&format!("/trial?sku={sku}&q.users=5")).await?;
    assert!(page.contains("name=\"answers.emailDomainName\""), "{page}");
    let mut wanted = json!({ "sku": sku, "quantities": { "users": 5 } });
    let refused = scene.ask("/api/v1/trials", wanted.clone()).await?;
    assert_eq!((refused.status, fields(&refused)), (422, vec!["answers.emailDomainName", "contacts.email"]));
    wanted["answers"] = json!({ "emailDomainName": "example.com" });
    wanted["contacts"] = json!({ "email": true });
    let tried = scene.ask("/api/v1/trials", wanted).await?.good("trial")?;
    assert_eq!(tried["lines"][0]["answers"][0]["value"], "example.com");
    scene.stage.kontor.run_due_jobs().await?;

    // A seller that agrees on a price with its buyer still needs to know.
    let until = scene.stage.kontor.app.clock.now().plus_days(1);
    let line = json!({ "sku": sku, "choice": { "quantities": { "users": 10 }, "periods": 1 } });
    let offer = json!({
        "name": "For Ada", "valid_until": until, "lines": [line],
        "instalments": [{ "amount": { "minor": 30_000, "currency": "CNY" } }]
    });
    let wish = json!({ "buyer": scene.buyer.account, "buyer_name": scene.buyer.name, "offer": offer });
    let begun = people.client.post(&scene.seller.token, "/api/v1/seller/private-offers", wish).await?;
    let id = text(&begun, "id")?.to_owned();
    tell(people, &scene.seller, &format!("/api/v1/seller/private-offers/{id}/send")).await?;
    let page = Pages::of(&scene.stage, &scene.buyer.token).open(&format!("/console/private-offers/{id}")).await?;
    assert!(page.contains("name=\"answers.emailDomainName\"") && page.contains("name=\"contacts.email\""), "{page}");
    let path = format!("/api/v1/private-offers/{id}/accept");
    let accept = async |body: Value| apart(people, &scene.buyer, ("POST", &path), Some(body)).await;
    let refused = accept(json!({ "version": 1 })).await?;
    assert_eq!((refused.status, fields(&refused)), (422, vec!["answers.emailDomainName", "contacts.email"]));
    let answers = json!({ "emailDomainName": "example.org" });
    accept(json!({ "version": 1, "answers": answers, "contacts": { "email": true } })).await?.good(&path)?;
    let taken = scene.get("/api/v1/orders?limit=1").await?["items"][0]["id"].clone();
    let taken = scene.get(&format!("/api/v1/orders/{}", taken.as_str().context("it is there")?)).await?;
    assert_eq!(taken["lines"][0]["answers"][0]["value"], "example.org");
    scene.stage.kontor.run_due_jobs().await?;
    scene.close().await
}

async fn a_listing_may_not_ask_for_everything(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "asks_much")).await?;
    let (people, path) = (scene.people(), format!("/api/v1/seller/products/{}", scene.product.id));
    let draft = people.client.get(&scene.seller.token, &path).await?;
    let mut wanted = draft["listing"].clone();
    let question = |name: &str, en: &str| json!({ "name": name, "label": { "en": en, "zh": en }, "kind": "text" });
    wanted["parameters"] = json!([question("adminPassword", "Administrator"), question("users", "How many")]);
    // A field that is gone: old drafts and files may still say it.
    wanted["encryption"] = json!("AES128_CBC_PKCS5Padding");
    people.edit(&scene.seller.token, "PUT", &path, &draft, Some(wanted)).await?;
    let kept = people.client.get(&scene.seller.token, &path).await?;
    assert!(kept["listing"].get("encryption").is_none(), "{kept}");
    let check = people.client.get(&scene.seller.token, &format!("{path}/validation")).await?;
    let found: Vec<&str> =
        check["errors"].as_array().into_iter().flatten().filter_map(|one| one["field"].as_str()).collect();
    assert_eq!(found, ["parameters[0].name", "parameters[1].name"], "{check}");
    scene.close().await
}
