//! What a listing says in the fields of its access type, and what prices of use count.

use axum::http::Method;
use kontor::stage::{Stage, client::text, listing};
use serde_json::{Value, json};

use crate::checkout::Pages;

on_both!(a_bundle_names_its_parts_and_buyers_see_them, what_is_counted_is_chosen_from_the_sites_list);

fn fields(check: &Value) -> Vec<&str> {
    check["errors"].as_array().into_iter().flatten().filter_map(|error| error["field"].as_str()).collect()
}

async fn a_bundle_names_its_parts_and_buyers_see_them(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "bundled").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let (search, board) =
        (people.product(&seller, "Log Search").await?, people.product(&seller, "Metrics Board").await?);
    let other = people.seller("Pinecone Tools").await?;
    let foreign = people.product(&other, "Foreign Board").await?;
    let types = people.client.get(&seller.token, "/api/v1/access-types").await?;
    let bundle = types["items"].as_array().into_iter().flatten().find(|one| one["code"] == "bundle");
    assert_eq!(bundle.map(|one| one["fields"][0]["kind"].clone()), Some(json!("products")), "{types}");

    let mut wanted = listing("Starter Set", &people.document(&seller, "service_agreement").await?);
    wanted["access_type"] = json!("bundle");
    let draft = people.client.post(&seller.token, "/api/v1/seller/products", wanted.clone()).await?;
    let id = text(&draft, "id")?.to_owned();
    let path = format!("/api/v1/seller/products/{id}");
    let mut draft = people.client.get(&seller.token, &path).await?;
    for (said, found) in [
        (json!({}), vec!["fields.parts"]),
        (json!({ "parts": [search.id] }), vec!["fields.parts"]),
        (json!({ "parts": [search.id, foreign.id] }), vec!["fields.parts"]),
        (json!({ "parts": [search.id, id] }), vec!["fields.parts"]),
        (json!({ "parts": [search.id, board.id], "os": "ubuntu" }), vec!["fields.os"]),
        (json!({ "parts": [search.id, board.id], "saving": "much" }), vec!["fields.saving"]),
        (json!({ "parts": [search.id, board.id], "saving": "15" }), vec![]),
    ] {
        wanted["fields"] = said;
        people.edit(&seller.token, "PUT", &path, &draft, Some(wanted.clone())).await?;
        draft = people.client.get(&seller.token, &path).await?;
        let check = people.client.get(&seller.token, &format!("{path}/validation")).await?;
        assert_eq!(fields(&check), found, "{check}");
    }

    // The section of the editor is drawn from the rules.
    let pages = Pages::of(&stage, &seller.token);
    let editor = format!("/seller/products/{id}/facts");
    let page = pages.open(&editor).await?;
    assert!(page.contains("Metrics Board") && !page.contains("Foreign Board"), "{page}");
    let form =
        format!("draft={}&fields.parts={}&fields.parts={}&fields.saving=20", draft["version"], search.id, board.id);
    let (status, _, told) = pages.ask(Method::POST, &editor, form).await?;
    assert_eq!(status, 303, "{told}");
    let saved = people.client.get(&seller.token, &path).await?;
    assert_eq!(saved["listing"]["fields"], json!({ "parts": [search.id, board.id], "saving": "20" }));
    people.publish(&seller, &id).await?;

    let buyer = people.rich_buyer("Ada Lovelace").await?;
    let shelf = people.client.get(&buyer.token, &format!("/api/v1/products/{id}")).await?;
    assert_eq!(shelf["fields"]["parts"], json!([search.id, board.id]));
    let pages = Pages::of(&stage, &buyer.token);
    for path in [format!("/products/{id}"), format!("/compare?product={id}&product={}", search.id)] {
        let page = pages.open(&path).await?;
        assert!(page.contains("Metrics Board") && page.contains("20 %"), "{path}: {page}");
    }
    stage.close().await
}

async fn what_is_counted_is_chosen_from_the_sites_list(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "factors").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let mut wanted = listing("Call Notes", &people.document(&seller, "service_agreement").await?);
    wanted["access_type"] = json!("api");
    wanted["fields"] = json!({ "protocol": "rest" });
    let meter = json!({ "factor": "parsecs", "price": { "model": "fixed", "unit_price": "0.10" },
        "counts": { "code": "parsecs", "name": { "en": "Parsecs", "zh": "秒差距" }, "unit": { "en": "parsecs", "zh": "秒差距" } } });
    wanted["specs"] = json!([{ "code": "usage", "name": { "en": "By use", "zh": "按量使用" }, "billing_mode": "on_demand",
        "skus": [{ "billing": { "mode": "on_demand", "cycle": "day", "meters": [meter] } }] }]);
    let draft = people.client.post(&seller.token, "/api/v1/seller/products", wanted).await?;
    let id = text(&draft, "id")?.to_owned();
    let path = format!("/api/v1/seller/products/{id}");
    let check = people.client.get(&seller.token, &format!("{path}/validation")).await?;
    assert_eq!(fields(&check), ["specs[0].skus[0].billing.meters[0].factor"], "{check}");

    // Who chooses a factor need not type what it is called.
    let pages = Pages::of(&stage, &seller.token);
    let page = pages.open(&format!("/seller/products/{id}/prices?spec=0")).await?;
    assert!(page.contains("value=\"calls\"") && page.contains("Billing factor"), "{page}");
    let at = "specs%5B0%5D.skus%5B0%5D.billing";
    let version = people.client.get(&seller.token, &path).await?["version"].clone();
    let form = format!(
        "draft={version}&spec=0&sku=0&sold=true&{at}.cycle=day&{at}.meters%5B0%5D.factor=calls\
         &{at}.meters%5B0%5D.price.model=fixed&{at}.meters%5B0%5D.price.unit_price=0.10"
    );
    let (status, _, told) = pages.ask(Method::POST, &format!("/seller/products/{id}/prices/usage"), form).await?;
    assert_eq!(status, 303, "{told}");
    let saved = people.client.get(&seller.token, &path).await?;
    let meter = &saved["listing"]["specs"][0]["skus"][0]["billing"]["meters"][0];
    assert_eq!((&meter["factor"], &meter["counts"]["name"]["zh"]), (&json!("calls"), &json!("调用次数")), "{meter}");
    let check = people.client.get(&seller.token, &format!("{path}/validation")).await?;
    assert_eq!(fields(&check), Vec::<&str>::new(), "{check}");
    stage.close().await
}
