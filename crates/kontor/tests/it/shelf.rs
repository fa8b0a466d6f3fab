//! What leaves the shelf, is frozen, limited or counted, as buyers meet it; when many come at once, too.

use kernel::time::DAY;
use kontor::stage::{
    People, Person, Product, Stage,
    client::{Reply, text},
};
use serde_json::{Value, json};

use axum::http::Method;

use crate::{
    checkout::Pages,
    stories::{ask, buy, inbox, months, order, refusal, says, wallet},
};

on_both!(
    what_left_the_shelf_is_not_paid_any_more,
    a_frozen_product_waits_for_its_money,
    one_at_a_time_means_one_even_when_two_pay_at_once,
    an_account_holds_no_more_units_than_the_seller_says,
    the_last_piece_is_sold_once_and_comes_back_with_its_order,
    nobody_keeps_a_stock_from_others_without_paying,
    a_form_for_stock_puts_nothing_back,
    an_organisation_buys_only_what_it_has_approved,
);

async fn pay(people: &People, buyer: &Person, order: &Value) -> anyhow::Result<Reply> {
    let path = format!("/api/v1/orders/{}/pay", text(order, "id")?);
    ask(&people.client, &buyer.token, "POST", &path, None).await
}

/// A change of a product by its seller.
async fn set(people: &People, seller: &Person, product: &Product, what: &str, body: Value) -> anyhow::Result<Value> {
    let path = format!("/api/v1/seller/products/{}/{what}", product.id);
    ask(&people.client, &seller.token, "PUT", &path, Some(body)).await?.good(&path)
}

async fn what_left_the_shelf_is_not_paid_any_more(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "left").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    let owned = buy(&stage, &buyer, json!({ "sku": product.skus[1] })).await?;
    let gone = order(people, &buyer, months(&product.skus[0], 1), false).await?;
    let stays = order(people, &buyer, json!({ "sku": product.skus[1] }), false).await?;
    let held = wallet(people, &buyer).await?;

    let path = format!("/api/v1/seller/products/{}/removals", product.id);
    let body = json!({ "sku": product.skus[0], "reason": "The vendor ends it." });
    let removal = people.client.post(&seller.token, &path, body).await?;
    let path = format!("/api/v1/operator/removals/{}/approval", text(&removal, "id")?);
    ask(&people.client, &people.operator().await?, "POST", &path, None).await?.good(&path)?;
    assert_eq!(refusal(&pay(people, &buyer, &gone).await?), (422, "order.no_longer_sold"));
    stage.kontor.run_due_jobs().await?;
    let path = format!("/api/v1/orders/{}", text(&gone, "id")?);
    assert_eq!(people.client.get(&buyer.token, &path).await?["state"], "cancelled");
    assert!(says(&inbox(people, &buyer.token).await?, "Order "), "the buyer is told");
    assert!(says(&inbox(people, &seller.token).await?, "Off sale: "), "and so is the seller");
    assert_eq!(wallet(people, &buyer).await?, held, "nothing was charged");
    assert_eq!(pay(people, &buyer, &stays).await?.status, 200, "the rest is sold on");
    let path = format!("/api/v1/instances/{owned}");
    assert_eq!(people.client.get(&buyer.token, &path).await?["state"], "active", "what was bought runs on");
    stage.check().await?;
    stage.close().await
}

async fn a_frozen_product_waits_for_its_money(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "frozen").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    let placed = order(people, &buyer, json!({ "sku": product.skus[1] }), false).await?;
    let until = stage.kontor.app.clock.now().plus_days(2).to_string();
    let statement = json!({
        "kind": "freeze", "rule": "Rule 5.2.", "facts": "It does not start.", "remedy": "Make it start.", "until": until
    });
    let operator = people.operator().await?;
    people.client.post(&operator, &format!("/api/v1/operator/products/{}/measures", product.id), statement).await?;
    assert_eq!(refusal(&pay(people, &buyer, &placed).await?), (422, "sale.frozen"));
    let quote = ask(&people.client, &buyer.token, "POST", "/api/v1/quotes", Some(json!({ "sku": product.skus[1] })));
    assert_eq!(refusal(&quote.await?), (422, "sale.frozen"));
    stage.kontor.app.clock.turn(2 * DAY);
    stage.kontor.run_due_jobs().await?;
    assert!(says(&inbox(people, &seller.token).await?, "Over: "), "the seller learns of the end");
    assert_eq!(pay(people, &buyer, &placed).await?.status, 200);
    stage.check().await?;
    stage.close().await
}

async fn one_at_a_time_means_one_even_when_two_pay_at_once(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "single").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    set(people, &seller, &product, "limits", json!({ "spec": "server", "single_purchase": true })).await?;
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    let one = order(people, &buyer, months(&product.skus[0], 1), false).await?;
    let other = order(people, &buyer, months(&product.skus[0], 1), false).await?;
    let (first, second) = tokio::join!(pay(people, &buyer, &one), pay(people, &buyer, &other));
    let mut codes =
        [first?, second?].map(|reply| if reply.status == 200 { "paid".to_owned() } else { reply.code().to_owned() });
    codes.sort_unstable();
    assert_eq!(codes, ["order.one_purchase", "paid"]);
    stage.kontor.run_due_jobs().await?;
    let quote = people.client.post(&buyer.token, "/api/v1/quotes", months(&product.skus[0], 1)).await?;
    let body = json!({ "quote": text(&quote, "id")? });
    let refused = ask(&people.client, &buyer.token, "POST", "/api/v1/orders", Some(body)).await?;
    assert_eq!(refusal(&refused), (422, "order.one_purchase"));
    let another = people.rich_buyer("Grace Hopper").await?;
    order(people, &another, months(&product.skus[0], 1), true).await?;
    // A month is over, and with it what was bought.
    stage.kontor.app.clock.turn(32 * DAY);
    stage.kontor.run_due_jobs().await?;
    order(people, &buyer, months(&product.skus[0], 1), true).await?;
    stage.check().await?;
    stage.close().await
}

async fn an_account_holds_no_more_units_than_the_seller_says(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "units").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let limit = json!({ "spec": "server", "units": { "of": "users", "max": 25 } });
    set(people, &seller, &product, "limits", limit).await?;
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    order(people, &buyer, months(&product.skus[0], 1), true).await?;
    let second = buy(&stage, &buyer, months(&product.skus[0], 1)).await?;
    let quote = people.client.post(&buyer.token, "/api/v1/quotes", months(&product.skus[0], 1)).await?;
    let body = json!({ "quote": text(&quote, "id")? });
    let refused = ask(&people.client, &buyer.token, "POST", "/api/v1/orders", Some(body)).await?;
    assert_eq!(refusal(&refused), (422, "order.too_many"), "two times ten users are held, and ten more are too many");
    people.client.post(&buyer.token, &format!("/api/v1/instances/{second}/return"), json!({})).await?;
    order(people, &buyer, months(&product.skus[0], 1), true).await?;
    stage.check().await?;
    stage.close().await
}

async fn the_last_piece_is_sold_once_and_comes_back_with_its_order(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "stock").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let sku = &product.skus[1];
    let left = async || -> anyhow::Result<Value> {
        let path = format!("/api/v1/seller/products/{}/limits", product.id);
        let limits = people.client.get(&seller.token, &path).await?;
        let of_sku = limits["skus"].as_array().into_iter().flatten().find(|one| one["sku"] == json!(sku));
        Ok(of_sku.map(|one| one["stock"].clone()).unwrap_or_default())
    };
    assert_eq!(left().await?, Value::Null);
    set(people, &seller, &product, "stock", json!({ "sku": sku, "left": 1 })).await?;
    let ada = people.rich_buyer("Ada Lovelace").await?;
    let grace = people.rich_buyer("Grace Hopper").await?;
    let quoted = async |buyer: &Person| -> anyhow::Result<Value> {
        let quote = people.client.post(&buyer.token, "/api/v1/quotes", json!({ "sku": sku })).await?;
        Ok(json!({ "quote": text(&quote, "id")? }))
    };
    let (for_ada, for_grace) = (quoted(&ada).await?, quoted(&grace).await?);
    let (first, second) = tokio::join!(
        ask(&people.client, &ada.token, "POST", "/api/v1/orders", Some(for_ada)),
        ask(&people.client, &grace.token, "POST", "/api/v1/orders", Some(for_grace)),
    );
    let (first, second) = (first?, second?);
    let (winner, placed, lost) = if first.status == 201 { (&ada, first, second) } else { (&grace, second, first) };
    assert_eq!((placed.status, refusal(&lost)), (201, (422, "sale.sold_out")));
    assert_eq!(left().await?, json!(0));
    let path = format!("/api/v1/orders/{}/cancel", text(&placed.body, "id")?);
    ask(&people.client, &winner.token, "POST", &path, None).await?.good(&path)?;
    assert_eq!(left().await?, json!(1), "a cancelled order gives its piece back");
    let owned = buy(&stage, &ada, json!({ "sku": sku })).await?;
    assert_eq!(left().await?, json!(0));
    people.client.post(&ada.token, &format!("/api/v1/instances/{owned}/return"), json!({})).await?;
    assert_eq!(left().await?, json!(1), "and so does a return");
    set(people, &seller, &product, "stock", json!({ "sku": sku, "left": null })).await?;
    buy(&stage, &grace, json!({ "sku": sku })).await?;
    assert_eq!(left().await?, Value::Null);
    stage.check().await?;
    stage.close().await
}

async fn nobody_keeps_a_stock_from_others_without_paying(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "hoard").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let sku = &product.skus[1];
    set(people, &seller, &product, "stock", json!({ "sku": sku, "left": 5 })).await?;
    let (ada, grace) = (people.rich_buyer("Ada Lovelace").await?, people.rich_buyer("Grace Hopper").await?);
    let mut tries = Vec::new();
    for _ in 0..4 {
        let quote = people.client.post(&ada.token, "/api/v1/quotes", json!({ "sku": sku })).await?;
        let body = json!({ "quote": text(&quote, "id")? });
        let (client, token) = (people.client.clone(), ada.token.clone());
        tries.push(tokio::spawn(async move { ask(&client, &token, "POST", "/api/v1/orders", Some(body)).await }));
    }
    let mut placed = Vec::new();
    for tried in tries {
        let reply = tried.await??;
        if reply.status == 201 {
            placed.push(reply.body);
        } else {
            assert_eq!(refusal(&reply), (422, "order.unpaid_piece"));
        }
    }
    assert_eq!(placed.len(), 1, "one that is not paid is enough");
    order(people, &grace, json!({ "sku": sku }), false).await?;
    // What is paid at once is kept from nobody, and so is the next one once the first is paid.
    order(people, &ada, json!({ "sku": sku }), true).await?;
    assert_eq!(pay(people, &ada, &placed[0]).await?.status, 200);
    order(people, &ada, json!({ "sku": sku }), false).await?;
    stage.kontor.run_due_jobs().await?;
    stage.check().await?;
    stage.close().await
}

async fn a_form_for_stock_puts_nothing_back(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "form").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let sku = &product.skus[1];
    set(people, &seller, &product, "stock", json!({ "sku": sku, "left": 5 })).await?;
    let pages = Pages::of(&stage, &seller.token);
    let here = format!("/seller/products/{}/limits", product.id);
    let page = pages.open(&here).await?;
    // The fields of the page as it was made, as a browser sends them.
    let field = |name: &str| {
        let (_, rest) = page.split_once(&format!("name=\"{name}\"")).unwrap_or_default();
        let tag = rest.split('>').next().unwrap_or_default();
        let value = tag.split_once("value=\"").map_or("", |(_, rest)| rest.split('"').next().unwrap_or_default());
        format!("{name}={value}")
    };
    let untouched = format!("{}&{}", field(sku), field(&format!("was.{sku}")));
    assert!(untouched.starts_with(&format!("{sku}=5")), "{untouched}");
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    order(people, &buyer, json!({ "sku": sku }), true).await?;
    let stock = format!("/seller/products/{}/stock", product.id);
    let (status, _, answer) = pages.ask(Method::POST, &stock, untouched.clone()).await?;
    assert_eq!(status, 303, "{answer}");
    let left = async || -> anyhow::Result<Value> {
        let path = format!("/api/v1/seller/products/{}/limits", product.id);
        let limits = people.client.get(&seller.token, &path).await?;
        let of_sku = limits["skus"].as_array().into_iter().flatten().find(|one| one["sku"] == json!(sku));
        Ok(of_sku.map(|one| one["stock"].clone()).unwrap_or_default())
    };
    assert_eq!(left().await?, json!(4), "what was sold since stays sold");
    let changed = untouched.replacen("=5", "=9", 1);
    assert_eq!(pages.ask(Method::POST, &stock, changed).await?.0, 303);
    assert_eq!(left().await?, json!(9));

    // What was typed wrongly is not lost, and stands beside its own edition only.
    let wrong = untouched.replacen("=5", "=-7", 1);
    let (status, _, answer) = pages.ask(Method::POST, &stock, wrong).await?;
    assert!(status == 422 && answer.contains("value=\"-7\""), "{answer}");
    let form = "spec=server&single=true&of=users&max=many".to_owned();
    let (status, _, answer) = pages.ask(Method::POST, &here, form).await?;
    assert_eq!((status, answer.matches("class=\"wrong\"").count()), (422, 1), "{answer}");
    assert!(answer.contains("value=\"many\"") && answer.contains("value=\"true\" checked"), "{answer}");
    stage.close().await
}

async fn an_organisation_buys_only_what_it_has_approved(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "private").await?;
    let people = &stage.people;
    let client = &people.client;
    let seller = people.seller("Cloudco Software").await?;
    let (wanted, other) = (people.product(&seller, "Log Search").await?, people.product(&seller, "Ledger Line").await?);
    let company = people.seller("Buyerco Trading").await?;
    people.top_up(&company, 100_000_000).await?;
    let path = "/api/v1/private-catalogue";
    let early = order(people, &company, json!({ "sku": other.skus[1] }), false).await?;
    ask(client, &company.token, "PUT", path, Some(json!({ "buys_from": "approved" }))).await?.good(path)?;
    let quote = async |product: &Product| {
        ask(client, &company.token, "POST", "/api/v1/quotes", Some(json!({ "sku": product.skus[1] }))).await
    };
    assert_eq!(refusal(&quote(&wanted).await?), (422, "sale.not_approved"));
    assert_eq!(
        refusal(&pay(people, &company, &early).await?),
        (422, "sale.not_approved"),
        "an order from before waits"
    );
    let approval = format!("{path}/products/{}", wanted.id);
    ask(client, &company.token, "PUT", &approval, None).await?.good(&approval)?;
    ask(client, &company.token, "PUT", &approval, None).await?.good("approved twice is approved")?;
    let owned = buy(&stage, &company, json!({ "sku": wanted.skus[1] })).await?;
    let kept = client.get(&company.token, path).await?;
    assert_eq!((&kept["buys_from"], &kept["items"][0]["product"]), (&json!("approved"), &json!(wanted.id)), "{kept}");
    assert_eq!(kept["items"].as_array().map(Vec::len), Some(1));
    ask(client, &company.token, "DELETE", &approval, None).await?.good(&approval)?;
    assert_eq!(refusal(&quote(&wanted).await?), (422, "sale.not_approved"));
    let instance = client.get(&company.token, &format!("/api/v1/instances/{owned}")).await?;
    assert_eq!(instance["state"], "active", "what was bought runs on");
    ask(client, &company.token, "PUT", path, Some(json!({ "buys_from": "everything" }))).await?.good(path)?;
    assert_eq!(pay(people, &company, &early).await?.status, 200);

    // One person decides for nobody else.
    let ada = people.rich_buyer("Ada Lovelace").await?;
    let refused = ask(client, &ada.token, "PUT", path, Some(json!({ "buys_from": "approved" }))).await?;
    assert_eq!(refusal(&refused), (422, "private_catalogue.not_enterprise"));
    let nothing = format!("{path}/products/prd_01jd8kx2v9e5jtf6xw4sz3q7ab");
    assert_eq!(ask(client, &company.token, "PUT", &nothing, None).await?.status, 404);
    stage.check().await?;
    stage.close().await
}
