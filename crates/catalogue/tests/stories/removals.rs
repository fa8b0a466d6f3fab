//! What is taken off sale leaves for good, and only after the operator has agreed.

use kernel::Error;
use serde_json::{Value, json};

use crate::world::{Shop, World, listing};

/// A listing with a second edition.
fn two_editions(shop: &Shop) -> Value {
    let mut written = listing(shop.agreement);
    let mut second = written["specs"][0].clone();
    second["code"] = json!("cluster");
    second["name"] = json!({"en": "Cluster installation", "zh": "集群部署"});
    written["specs"].as_array_mut().unwrap().push(second);
    written
}

async fn apply(world: &World, shop: &Shop, product: &str, what: Value) -> String {
    let mut body = what;
    body["reason"] = json!("The vendor ends it.");
    let path = format!("/api/v1/seller/products/{product}/removals");
    let removal = world.post(&shop.token, &path, body).await.is(201);
    assert_eq!((&removal["state"], &removal["due_at"]), (&json!("submitted"), &json!("2026-11-26T02:00:00.000000Z")));
    removal["id"].as_str().unwrap().to_owned()
}

async fn approve(world: &World, removal: &str) {
    let path = format!("/api/v1/operator/removals/{removal}/approval");
    assert_eq!(world.post(&world.reviewer, &path, Value::Null).await.is(200)["state"], "approved");
}

async fn editions(world: &World, product: &str) -> Vec<String> {
    let page = world.get("", &format!("/api/v1/products/{product}")).await.is(200);
    let specs = page["specs"].as_array().unwrap().iter();
    specs.map(|spec| format!("{}:{}", spec["code"].as_str().unwrap(), spec["skus"].as_array().unwrap().len())).collect()
}

#[tokio::test]
async fn an_application_waits_is_withdrawn_rejected_with_a_reason_or_approved() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let product = world.lists(&shop, listing(shop.agreement)).await;
    world.reacts().await;
    let path = format!("/api/v1/seller/products/{product}/removals");
    world.post(&shop.token, &path, json!({"reason": " "})).await.refused(422, "invalid");
    world.post(&shop.token, &path, json!({"reason": "x", "spec": "other"})).await.refused(404, "not_found");
    let first = apply(&world, &shop, &product, json!({})).await;
    world.post(&shop.token, &path, json!({"reason": "Again."})).await.refused(409, "removal.waiting");
    let queue = world.get(&world.reviewer, "/api/v1/operator/removals").await.is(200);
    assert_eq!(
        (&queue["items"][0]["removal"]["id"], &queue["items"][0]["seller_name"]),
        (&json!(first), &json!("Cloudco"))
    );
    let own = format!("/api/v1/seller/removals/{first}");
    assert_eq!(world.post(&shop.token, &format!("{own}/withdrawal"), Value::Null).await.is(200)["state"], "withdrawn");
    world.post(&shop.token, &format!("{own}/withdrawal"), Value::Null).await.refused(409, "removal.wrong_state");

    let second = apply(&world, &shop, &product, json!({})).await;
    let decision = format!("/api/v1/operator/removals/{second}");
    let refused = world.post(&world.reviewer, &format!("{decision}/rejection"), json!({"reason": ""})).await;
    refused.refused(422, "invalid");
    let why = json!({"reason": "Customers still wait for their migration."});
    assert_eq!(
        world.post(&world.reviewer, &format!("{decision}/rejection"), why.clone()).await.is(200)["answer"],
        why["reason"]
    );
    world.post(&world.reviewer, &format!("{decision}/approval"), Value::Null).await.refused(409, "removal.wrong_state");
    world.reacts().await;
    let told = world.told(&shop.token).await;
    assert!(told[0].ends_with("The operator says: Customers still wait for their migration."), "{told:?}");
    assert_eq!(editions(&world, &product).await, ["server:2"], "nothing has happened to it");
}

#[tokio::test]
async fn a_product_leaves_with_all_of_it_and_is_not_submitted_again() {
    let world = World::new().await;
    let (shop, other) = (world.shop("Cloudco").await, world.shop("Rivalco").await);
    let product = world.lists(&shop, two_editions(&shop)).await;
    let page = format!("/api/v1/products/{product}");
    let sku = world.get("", &page).await.is(200)["specs"][1]["skus"][0]["id"].as_str().unwrap().to_owned();
    let removal = apply(&world, &shop, &product, json!({})).await;
    world.get(&other.token, &format!("/api/v1/seller/removals/{removal}")).await.refused(404, "not_found");
    assert!(world.sold_to("Rivalco", &sku).await.is_ok());

    let mut next = two_editions(&shop);
    next["version"] = json!("V3.0");
    let own = format!("/api/v1/seller/products/{product}");
    world.edit(&shop.token, &format!("PUT {own}"), 1, next).await.is(200);
    let waiting = world.post(&shop.token, &format!("{own}/revisions"), Value::Null).await.is(201);
    approve(&world, &removal).await;
    world.reacts().await;
    world.get("", &page).await.refused(404, "not_found");
    assert_eq!(world.get("", "/api/v1/search").await.is(200)["total"], 0);
    assert!(matches!(world.sold_to("Rivalco", &sku).await, Err(Error::NotFound(_))));
    let review = format!("/api/v1/seller/revisions/{}", waiting["id"].as_str().unwrap());
    assert_eq!(world.get(&shop.token, &review).await.is(200)["state"], "withdrawn");
    assert_eq!(world.get(&shop.token, &own).await.is(200)["state"], "off_sale");
    world.post(&shop.token, &format!("{own}/revisions"), Value::Null).await.refused(422, "product.off_sale");
    let again = world.post(&shop.token, &format!("{own}/removals"), json!({"reason": "Again."})).await;
    again.refused(422, "removal.not_on_sale");
    let told = world.told(&shop.token).await;
    assert!(told[0].contains("has been taken off sale for good. The product is off sale as a whole."), "{told:?}");
}

#[tokio::test]
async fn a_revision_with_nothing_left_to_sell_is_not_approved() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let product = world.lists(&shop, listing(shop.agreement)).await;
    let page = world.get("", &format!("/api/v1/products/{product}")).await.is(200);
    let standard =
        page["specs"][0]["skus"].as_array().unwrap().iter().find(|sku| sku["values"]["edition"] == "standard").unwrap();
    let own = format!("/api/v1/seller/products/{product}");
    let mut next = listing(shop.agreement);
    next["specs"][0]["skus"][1] = json!({"values": {"edition": "pro"}, "not_sold": true});
    world.edit(&shop.token, &format!("PUT {own}"), 1, next).await.is(200);
    let waiting = world.post(&shop.token, &format!("{own}/revisions"), Value::Null).await.is(201);
    let removal = apply(&world, &shop, &product, json!({"sku": standard["id"]})).await;
    approve(&world, &removal).await;
    assert_eq!(editions(&world, &product).await, ["server:1"]);
    let case = format!("/api/v1/operator/revisions/{}", waiting["id"].as_str().unwrap());
    world.post(&world.reviewer, &format!("{case}/approval"), Value::Null).await.refused(409, "review.nothing_sold");
    assert_eq!(editions(&world, &product).await, ["server:1"], "what is on sale stays on sale");
    let why = json!({"reasons": [{"field": "specs", "message": "Nothing of it is left."}]});
    world.post(&world.reviewer, &format!("{case}/rejection"), why).await.is(200);
}

#[tokio::test]
async fn a_spec_or_a_choice_that_left_never_comes_back() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let product = world.lists(&shop, two_editions(&shop)).await;
    let own = format!("/api/v1/seller/products/{product}");
    let page = world.get("", &format!("/api/v1/products/{product}")).await.is(200);
    let sku =
        page["specs"][0]["skus"].as_array().unwrap().iter().find(|sku| sku["values"]["edition"] == "pro").unwrap();
    let removal = apply(&world, &shop, &product, json!({"sku": sku["id"]})).await;
    approve(&world, &removal).await;
    assert_eq!(editions(&world, &product).await, ["server:1", "cluster:2"]);
    let price = json!({"sku": sku["id"], "quantities": {"users": 1}});
    world.post("", "/api/v1/price-preview", price).await.refused(404, "not_found");
    let draft = world.get(&shop.token, &own).await.is(200);
    let prepared = draft["listing"]["specs"][0]["skus"].as_array().unwrap();
    assert!(prepared.iter().any(|sku| sku["not_sold"] == json!(true)), "the draft can be submitted as it is");

    // The last choice of an edition takes the edition with it.
    let last =
        page["specs"][0]["skus"].as_array().unwrap().iter().find(|sku| sku["values"]["edition"] == "standard").unwrap();
    let removal = apply(&world, &shop, &product, json!({"sku": last["id"]})).await;
    approve(&world, &removal).await;
    assert_eq!(editions(&world, &product).await, ["cluster:2"]);
    let version = world.get(&shop.token, &own).await.is(200)["version"].as_i64().unwrap();
    world.edit(&shop.token, &format!("PUT {own}"), version, two_editions(&shop)).await.is(200);
    let refused = world.post(&shop.token, &format!("{own}/revisions"), Value::Null).await.refused(422, "invalid");
    let fields: Vec<&str> =
        refused["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    assert!(fields.contains(&"specs[0].code"), "{fields:?}");

    // What is on sale is not simply left out of the next version; a new edition may join it.
    let mut next = two_editions(&shop);
    next["specs"].as_array_mut().unwrap().remove(0);
    next["specs"][0]["code"] = json!("fleet");
    next["specs"][0]["name"] = json!({"en": "Fleet installation", "zh": "多集群部署"});
    world.edit(&shop.token, &format!("PUT {own}"), version + 1, next.clone()).await.is(200);
    let refused = world.post(&shop.token, &format!("{own}/revisions"), Value::Null).await.refused(422, "invalid");
    assert_eq!(refused["errors"][0]["field"], "specs", "{refused}");
    let kept = two_editions(&shop)["specs"][1].clone();
    next["specs"].as_array_mut().unwrap().push(kept);
    world.edit(&shop.token, &format!("PUT {own}"), version + 2, next).await.is(200);
    world.approves(&shop, &product).await;
    assert_eq!(editions(&world, &product).await, ["fleet:2", "cluster:2"]);
}

#[tokio::test]
async fn what_leaves_while_a_version_is_reviewed_does_not_come_back_with_it() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let product = world.lists(&shop, two_editions(&shop)).await;
    let own = format!("/api/v1/seller/products/{product}");
    let mut next = two_editions(&shop);
    next["version"] = json!("V3.0");
    world.edit(&shop.token, &format!("PUT {own}"), 1, next).await.is(200);
    let waiting = world.post(&shop.token, &format!("{own}/revisions"), Value::Null).await.is(201);
    let removal = apply(&world, &shop, &product, json!({"spec": "cluster"})).await;
    approve(&world, &removal).await;
    assert_eq!(editions(&world, &product).await, ["server:2"]);
    let path = format!("/api/v1/operator/revisions/{}/approval", waiting["id"].as_str().unwrap());
    world.post(&world.reviewer, &path, Value::Null).await.is(200);
    assert_eq!(editions(&world, &product).await, ["server:2"]);
    assert_eq!(world.get("", &format!("/api/v1/products/{product}")).await.is(200)["version"], "V3.0");
}
