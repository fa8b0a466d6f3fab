//! Prices that are stated with their tax, and those that it comes on top of.

use kontor::stage::{Person, Product, Stage, client::text, listing};
use serde_json::{Value, json};

use crate::{
    checkout::Pages,
    private_offers::{BUYERS, SELLERS, offer, yuan},
    stories::{ask, months, order, wallet},
};

on_both!(
    a_price_without_its_tax_costs_it_more_and_says_so_everywhere,
    what_is_paid_in_parts_states_the_tax_of_each,
    a_seller_chooses_how_its_prices_are_stated,
);

/// The standard example, its prices stated without their tax.
async fn net(stage: &Stage, seller: &Person) -> anyhow::Result<Product> {
    let people = &stage.people;
    let mut wanted = listing("Net Search", &people.document(seller, "service_agreement").await?);
    wanted["user_guide"] = json!(people.document(seller, "user_guide").await?);
    wanted["tax"] = json!("exclusive");
    people.listed(seller, wanted).await
}

fn english(lines: &Value) -> Vec<&str> {
    lines.as_array().into_iter().flatten().filter_map(|line| line["text"]["en"].as_str()).collect()
}

async fn a_price_without_its_tax_costs_it_more_and_says_so_everywhere(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "net").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let (net, gross) = (net(&stage, &seller).await?, people.product(&seller, "Log Search").await?);
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    let quote = |product: &Product| people.client.post(&buyer.token, "/api/v1/quotes", months(&product.skus[0], 1));
    let stated = quote(&gross).await?;
    assert_eq!(stated["total"]["minor"], json!(30_000));
    let tax = &stated["quote"]["tax"];
    assert_eq!((&tax["presentation"], &tax["tax"]["minor"]), (&json!("inclusive"), &json!(1_698)), "{stated}");
    let quoted = quote(&net).await?;
    assert_eq!(quoted["total"]["minor"], json!(31_800));
    let told = english(&quoted["quote"]["lines"]);
    assert_eq!(told.last(), Some(&"VAT: 6 % of 300.00 = 18.00"), "{quoted}");

    // A preview, a page, a list and the order say the same.
    let wanted = json!({ "sku": net.skus[0], "quantities": { "users": 10 } });
    let preview = people.client.post(&buyer.token, "/api/v1/price-preview", wanted).await?;
    assert_eq!((&preview["total"]["minor"], &preview["tax"]["tax"]["minor"]), (&json!(31_800), &json!(1_800)));
    let pages = Pages::of(&stage, &buyer.token);
    let page = pages.open(&format!("/products/{}?q.users=10", net.id)).await?;
    for told in ["the seller states them without", "VAT: 6 % of 300.00 = 18.00", "318.00"] {
        assert!(page.contains(told), "{told}: {page}");
    }
    let page = pages.open(&format!("/products/{}?q.users=10", gross.id)).await?;
    assert!(page.contains("VAT included") && page.contains("Includes 6 % VAT"), "{page}");
    let shelf = people.client.get(&buyer.token, "/api/v1/products").await?;
    let from = |id: &str| {
        let items = shelf["items"].as_array().into_iter().flatten();
        items.filter(|item| item["id"] == json!(id)).find_map(|item| item["from"]["minor"].as_i64())
    };
    assert_eq!((from(&net.id), from(&gross.id)), (Some(3_180), Some(3_000)), "lists compare what is paid");
    let checkout = pages.open(&format!("/checkout?sku={}&q.users=10&periods=1", net.skus[0])).await?;
    assert!(checkout.contains("VAT: 6 % of 300.00 = 18.00"), "{checkout}");

    let held = wallet(people, &buyer).await?;
    let bought = order(people, &buyer, months(&net.skus[0], 1), true).await?;
    assert_eq!(wallet(people, &buyer).await?, held - 31_800);
    assert_eq!(english(&bought["lines"][0]["quote"]["lines"]).last(), Some(&"VAT: 6 % of 300.00 = 18.00"));
    stage.kontor.run_due_jobs().await?;
    // What goes back is what was paid.
    let instances = people.client.get(&buyer.token, "/api/v1/instances").await?;
    let path = format!("/api/v1/instances/{}/return", text(&instances["items"][0], "id")?);
    people.client.post(&buyer.token, &path, json!({})).await?;
    assert_eq!(wallet(people, &buyer).await?, held);
    stage.kontor.run_due_jobs().await?;
    stage.check().await?;
    stage.close().await
}

async fn what_is_paid_in_parts_states_the_tax_of_each(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "parts").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let net = net(&stage, &seller).await?;
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    let day = |days| stage.kontor.app.clock.now().plus_days(days);
    // Ten users for two months: 600.00 less a tenth, and the tax on top.
    let mut wanted = offer(&net.skus[0], day(20), &json!({ "kind": "percent", "basis_points": 1_000 }));
    wanted["instalments"] = json!([{ "amount": yuan(30_000) }, { "due_at": day(30), "amount": yuan(27_240) }]);
    let body = json!({ "buyer": buyer.account, "buyer_name": buyer.name, "offer": wanted });
    let begun = people.client.post(&seller.token, SELLERS, body).await?;
    let id = text(&begun, "id")?;
    let path = format!("{SELLERS}/{id}/send");
    let sent = ask(&people.client, &seller.token, "POST", &path, None).await?.good("send")?;
    assert_eq!((&sent["total"]["minor"], &sent["sent"]["list"]["minor"]), (&json!(57_240), &json!(63_600)));
    let accept = format!("{BUYERS}/{id}/accept");
    let accepted = people.client.post(&buyer.token, &accept, json!({ "version": 1 })).await?;
    let first = format!("/api/v1/orders/{}", text(&accepted["instalments"][0], "order")?);
    let first = people.client.get(&buyer.token, &first).await?;
    let tax = &first["lines"][0]["quote"]["tax"];
    assert_eq!((&tax["net"]["minor"], &tax["tax"]["minor"]), (&json!(28_302), &json!(1_698)), "{first}");
    stage.kontor.run_due_jobs().await?;
    stage.check().await?;
    stage.close().await
}

async fn a_seller_chooses_how_its_prices_are_stated(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "stated").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let net = net(&stage, &seller).await?;
    let page = Pages::of(&stage, &seller.token).open(&format!("/seller/products/{}", net.id)).await?;
    let chosen = page
        .split("name=\"tax\"")
        .skip(1)
        .find(|rest| rest.split('>').next().is_some_and(|tag| tag.contains("checked")));
    assert!(chosen.is_some_and(|rest| rest.starts_with(" value=\"exclusive\"")), "{page}");
    assert!(page.contains("VAT for what this listing sells: 6 %, 13 %"), "{page}");
    let shown = people.client.get(&seller.token, &format!("/api/v1/products/{}", net.id)).await?;
    assert_eq!(shown["tax"], json!("exclusive"));
    stage.close().await
}
