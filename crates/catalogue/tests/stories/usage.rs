//! What is paid by use: written in the editor, tried out on the product's page and by programs.

use axum::{body::Body, http::Request};
use serde_json::{Value, json};

use crate::{
    storefront::look,
    world::{Shop, World, listing},
};

const SPEC: &str = "specs[0].skus[0].billing";

/// Two words in the languages of the site.
fn both(en: &str, zh: &str) -> Value {
    json!({"en": en, "zh": zh})
}

fn minutes() -> Value {
    json!({"code": "minutes", "name": both("Minutes", "时长"), "unit": both("minutes", "分钟"), "unit_one": "minute"})
}

/// The example of the reference marketplace: 0.3 up to 3 minutes, 0.2 above.
fn meter(model: &str) -> Value {
    let mut meter = json!({"counts": minutes(), "price": {"model": model,
        "ranges": [{"up_to": "3", "unit_price": "0.30"}, {"unit_price": "0.20"}]}});
    if model == "tiered" {
        meter["accumulation"] = json!("day");
    }
    meter
}

fn on_demand(shop: &Shop, meter: &Value) -> Value {
    let mut wanted = listing(shop.agreement);
    wanted["access_type"] = json!("api");
    wanted["fields"] = json!({"protocol": "rest"});
    wanted["specs"] = json!([{"code": "online", "name": both("Online answers", "在线应答"), "billing_mode": "on_demand",
        "skus": [{"billing": {"mode": "on_demand", "cycle": "day", "meters": [meter]}}]}]);
    wanted
}

async fn sent(world: &World, token: &str, path: &str, fields: &[(&str, &str)]) -> u16 {
    let body: Vec<String> = fields.iter().map(|(name, value)| format!("{}={}", coded(name), coded(value))).collect();
    let request = Request::builder()
        .method("POST")
        .uri(path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/x-www-form-urlencoded");
    world.send(request.body(Body::from(body.join("&"))).unwrap()).await.status().as_u16()
}

#[tokio::test]
async fn both_examples_of_the_reference_are_told_on_the_page_and_to_programs() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    for (model, told, minor) in [
        ("tiered", "8 minutes: 3 × 0.30 + 5 × 0.20 = 1.90", 190),
        ("volume", "8 minutes (price above 3): 8 × 0.20 = 1.60", 160),
    ] {
        let mut wanted = on_demand(&shop, &meter(model));
        wanted["name"] = both(&format!("Call Notes {model}"), &format!("通话笔记 {model}"));
        let product = world.lists(&shop, wanted).await;
        let page = world.get("", &format!("/api/v1/products/{product}")).await.is(200);
        assert!(page["specs"][0]["sold_later"]["en"].is_string(), "it says when it can be bought: {page}");
        let sku = &page["specs"][0]["skus"][0]["id"];
        let asked = json!({"sku": sku, "usage": {"minutes": "8"}});
        let price = world.post("", "/api/v1/price-preview", asked).await.is(200);
        assert_eq!((&price["total"]["minor"], &price["lines"][0]["text"]["en"]), (&json!(minor), &json!(told)));
        let unknown = json!({"sku": sku, "usage": {"hours": "8"}});
        world.post("", "/api/v1/price-preview", unknown).await.refused(422, "pricing.unknown_quantity");
        let nonsense = json!({"sku": sku, "usage": {"minutes": "many"}});
        world.post("", "/api/v1/price-preview", nonsense).await.refused(422, "invalid");
        // Without a number the page tells the same example; another number is told without scripts.
        let (status, _, shown) = look(&world, "", &format!("/products/{product}")).await;
        assert!(status == 200 && shown.contains(told), "{shown}");
        assert!(shown.contains("Not on sale yet") && !shown.contains("/checkout?"), "nobody is led to buy it");
        let (_, _, part) = look(&world, "", &format!("/products/{product}/price?u.minutes=3")).await;
        assert!(part.contains("3 minutes: 3 × 0.30 = 0.90"), "{part}");
        let (_, _, part) = look(&world, "", &format!("/products/{product}/price?u.minutes=-1")).await;
        assert!(part.contains("a count must be from 0"), "{part}");
    }
}

#[tokio::test]
async fn a_package_gives_first_and_what_goes_beyond_is_charged() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let mut wanted = on_demand(&shop, &meter("tiered"));
    wanted["specs"][0]["billing_mode"] = json!("package");
    wanted["specs"][0]["skus"][0]["billing"] = json!({"mode": "package", "counts": minutes(), "amount": "100",
        "term": {"unit": "month", "count": 12}, "price": {"base": "15.00"},
        "overage": {"then": "on_demand", "billing": {"cycle": "day", "meters": [meter("tiered")]}}});
    let product = world.lists(&shop, wanted).await;
    let page = world.get("", &format!("/api/v1/products/{product}")).await.is(200);
    let asked = json!({"sku": page["specs"][0]["skus"][0]["id"], "usage": {"minutes": "108"}});
    let price = world.post("", "/api/v1/price-preview", asked).await.is(200);
    assert_eq!(price["total"]["minor"], 1_690, "the package and 8 minutes beyond it: {price}");
    assert_eq!(price["lines"][1]["text"]["en"], "8 minutes: 3 × 0.30 + 5 × 0.20 = 1.90");
    assert!(price["notes"][0]["en"].as_str().unwrap().contains("100 from the package"), "{price}");
    let (_, _, shown) = look(&world, "", &format!("/products/{product}")).await;
    assert!(shown.contains("Package of 100 minutes, valid for 12 months: 15.00"), "{shown}");
}

#[tokio::test]
async fn a_price_that_breaks_is_refused_with_the_count_that_breaks_it() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let said = async |price: Value| {
        let meter = json!({"counts": minutes(), "price": price});
        let draft = world.post(&shop.token, "/api/v1/seller/products", on_demand(&shop, &meter)).await.is(201);
        let path = format!("/api/v1/seller/products/{}/validation", draft["id"].as_str().unwrap());
        let check = world.get(&shop.token, &path).await.is(200);
        (check["errors"][0]["field"].clone(), check["errors"][0]["message"].to_string())
    };
    let (field, message) = said(json!({"model": "fixed", "unit_price": "99999999.99"})).await;
    assert_eq!(field, format!("{SPEC}.meters[0].price"));
    assert!(message.contains("1,000,000,000 minutes would cost more"), "{message}");
    let (field, _) = said(json!({"model": "fixed", "unit_price": "-1"})).await;
    assert_eq!(field, format!("{SPEC}.meters[0].price.unit_price"));
    let (_, message) = said(json!({"model": "fixed", "unit_price": "0"})).await;
    assert!(message.contains("never comes to anything"), "{message}");
}

#[tokio::test]
async fn a_seller_writes_meters_without_scripts() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let mut wanted = on_demand(&shop, &meter("tiered"));
    wanted["specs"][0]["skus"] = json!([]);
    let draft = world.post(&shop.token, "/api/v1/seller/products", wanted).await.is(201);
    let own = format!("/seller/products/{}/prices", draft["id"].as_str().unwrap());
    let (status, _, page) = look(&world, &shop.token, &own).await;
    assert!(status == 200 && page.contains(&format!("{SPEC}.meters[0].counts.name.en")), "{status}");

    let at = |field: &str| format!("{SPEC}.meters[0].{field}");
    let names = [
        "counts.name.en",
        "counts.name.zh",
        "counts.unit.en",
        "counts.unit.zh",
        "counts.unit_one",
        "price.model",
        "price.ranges.pasted",
        "accumulation",
        "per",
    ]
    .map(at);
    let values = ["Minutes", "时长", "minutes", "分钟", "minute", "tiered", "3\t0.30\n0.20", "day", "1"];
    let mut fields = vec![("draft", "1"), ("spec", "0"), ("sku", "0"), ("sold", "true")];
    fields.extend(names.iter().map(String::as_str).zip(values));
    // The empty box below is left as it came.
    let spare = format!("{SPEC}.meters[1].price.model");
    fields.push((spare.as_str(), "fixed"));
    let query: Vec<String> = fields.iter().map(|(name, value)| format!("{}={}", coded(name), coded(value))).collect();
    let (_, _, told) = look(&world, &shop.token, &format!("{own}/example?{}", query.join("&"))).await;
    assert!(told.contains("8 minutes: 3 × 0.30 + 5 × 0.20 = 1.90"), "before it is saved: {told}");

    assert_eq!(sent(&world, &shop.token, &format!("{own}/usage"), &fields).await, 303);
    let saved =
        world.get(&shop.token, &format!("/api/v1/seller/products/{}", draft["id"].as_str().unwrap())).await.is(200);
    let billing = &saved["listing"]["specs"][0]["skus"][0]["billing"];
    assert_eq!(billing["meters"], json!([meter("tiered")]), "{billing}");
    let (_, _, page) = look(&world, &shop.token, &own).await;
    assert!(page.contains("8 minutes: 3 × 0.30 + 5 × 0.20 = 1.90"), "{page}");
    // A price with too many decimals comes back beside its field.
    let broken = at("price.ranges[0].unit_price");
    let wrong = [("draft", "2"), ("spec", "0"), ("sku", "0"), ("sold", "true"), (broken.as_str(), "0.123456789")];
    assert_eq!(sent(&world, &shop.token, &format!("{own}/usage"), &wrong).await, 422);
}

#[tokio::test]
async fn a_part_of_what_was_spent_is_shown_as_it_is_stored() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let meter = json!({"counts": minutes(), "price": {"model": "percentage", "basis_points": 150}});
    let draft = world.post(&shop.token, "/api/v1/seller/products", on_demand(&shop, &meter)).await.is(201);
    let own = format!("/seller/products/{}/prices", draft["id"].as_str().unwrap());
    let (_, _, page) = look(&world, &shop.token, &own).await;
    assert!(page.contains("value=\"1.5\"") && page.contains("1,000 × 0.015 = 15.00"), "{page}");
}

fn coded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut coded, byte| {
        write!(coded, "%{byte:02X}").unwrap();
        coded
    })
}
