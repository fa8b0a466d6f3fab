//! Stories of listings over HTTP, each on a database of its own.
//!
//! On SQLite, or on the PostgreSQL of `KONTOR_TEST_POSTGRES` with a schema for each test.
#![cfg(test)]

mod audiences;
mod files;
mod measures;
mod removals;
mod review;
mod search;
mod storefront;
mod trials;
mod usage;
mod window;
mod world;

use serde_json::{Value, json};

use self::world::{World, listing};

fn sku_of<'p>(page: &'p Value, edition: &str) -> &'p Value {
    let skus = page["specs"][0]["skus"].as_array().unwrap();
    skus.iter().find(|sku| sku["values"]["edition"] == edition).unwrap()
}

fn fields(problem: &Value) -> Vec<&str> {
    problem["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_listing_is_written_submitted_approved_and_priced() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let token = shop.token.as_str();
    let draft = world.post(token, "/api/v1/seller/products", json!({})).await.is(201);
    let product = draft["id"].as_str().unwrap();
    let own = format!("/api/v1/seller/products/{product}");
    let incomplete = world.post(token, &format!("{own}/revisions"), Value::Null).await.refused(422, "invalid");
    assert!(fields(&incomplete).contains(&"name.en") && fields(&incomplete).contains(&"specs"), "{incomplete}");
    let edited = world.edit(token, &format!("PUT {own}"), 1, listing(shop.agreement)).await.is(200);
    assert_eq!(edited["version"], 2);
    world.edit(token, &format!("PUT {own}"), 1, json!({})).await.refused(412, "stale");
    world.edit(token, &format!("PUT {own}"), -1, json!({})).await.refused(428, "if_match.missing");
    assert_eq!(world.get(token, &format!("{own}/validation")).await.is(200), json!({"valid": true, "errors": []}));

    let revision = world.post(token, &format!("{own}/revisions"), Value::Null).await.is(201);
    assert_eq!((&revision["number"], &revision["state"]), (&json!(1), &json!("submitted")));
    assert_eq!(revision["due_at"], "2026-11-26T02:00:00.000000Z", "three working days");
    world.post(token, &format!("{own}/revisions"), Value::Null).await.refused(409, "product.under_review");
    world.get("", &format!("/api/v1/products/{product}")).await.refused(404, "not_found");

    let queue = world.get(&world.reviewer, "/api/v1/operator/revisions").await.is(200);
    assert_eq!((&queue["items"][0]["id"], &queue["items"][0]["overdue"]), (&revision["id"], &json!(false)));
    let path = format!("/api/v1/operator/revisions/{}", revision["id"].as_str().unwrap());
    let review = world.get(&world.reviewer, &path).await.is(200);
    assert_eq!((&review["seller_name"], &review["changes"]), (&json!("Cloudco"), &json!([])));
    world.post(&world.reviewer, &format!("{path}/approval"), Value::Null).await.is(200);
    world.post(&world.reviewer, &format!("{path}/approval"), Value::Null).await.refused(409, "revision.wrong_state");

    let page = world.get("", &format!("/api/v1/products/{product}")).await.is(200);
    assert_eq!((&page["seller"]["name"], &page["agreement"]["name"]), (&json!("Cloudco"), &json!("paper.pdf")));
    let sku = sku_of(&page, "standard");
    assert_eq!(sku["from"], json!({"minor": 3_000, "currency": "CNY"}));
    let wanted = json!({"sku": sku["id"], "quantities": {"users": 25}, "periods": 12});
    let price = world.post("", "/api/v1/price-preview", wanted).await.is(200);
    assert_eq!(price["total"], json!({"minor": 729_000, "currency": "CNY"}));
    let text = "25 users: 10 × 30.00 + 15 × 25.00 = 675.00 a month; 12 months − 10 % = 7,290.00. \
                Includes 6 % VAT: 7,290.00 × 6 ÷ 106 = 412.64";
    assert_eq!(price["explanation"]["en"], text);
    let wrong = json!({"sku": sku["id"], "quantities": {"users": 0}});
    world.post("", "/api/v1/price-preview", wrong).await.refused(422, "pricing.out_of_range");

    let shelf = world.get("", "/api/v1/products?category=security").await.is(200);
    assert_eq!((&shelf["items"][0]["id"], shelf["items"].as_array().unwrap().len()), (&json!(product), 1));
    let websites = world.get("", "/api/v1/products?category=websites").await.is(200);
    assert_eq!(websites["items"], json!([]));
    world.get("", "/api/v1/products?category=%00").await.refused(422, "invalid");
    let seller = format!("/api/v1/products?seller={}&limit=1", shop.account);
    assert_eq!(world.get("", &seller).await.is(200)["items"][0]["seller_name"], "Cloudco");
    let categories = world.get("", "/api/v1/categories").await.is(200);
    assert!(categories["items"].as_array().unwrap().iter().any(|known| known["code"] == "security"), "{categories}");
}

#[tokio::test]
async fn a_change_is_reviewed_while_the_old_revision_sells_and_skus_keep_their_ids() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let first = listing(shop.agreement);
    let product = world.lists(&shop, first.clone()).await;
    let own = format!("/api/v1/seller/products/{product}");
    let shown = format!("/api/v1/products/{product}");
    let before = world.get("", &shown).await.is(200);
    world.post(&shop.token, &format!("{own}/revisions"), Value::Null).await.refused(422, "product.unchanged");

    // Ids of the same millisecond have no order.
    world.catalogue.app.clock.turn(kernel::time::MINUTE);
    let mut second = first.clone();
    second["version"] = json!("V2.2");
    second["specs"][0]["skus"][0]["billing"]["month"]["price"]["quantities"]["users"]["tiers"][0]["unit_price"] =
        json!("40.00");
    second["specs"][0]["attributes"][0]["values"].as_array_mut().unwrap().remove(1);
    second["specs"][0]["skus"].as_array_mut().unwrap().remove(1);
    world.edit(&shop.token, &format!("PUT {own}"), 1, second).await.is(200);
    let submitted = world.post(&shop.token, &format!("{own}/revisions"), Value::Null).await.is(201);
    assert_eq!(world.get("", &shown).await.is(200)["version"], "V2.1", "the old revision sells on");
    let path = format!("/api/v1/operator/revisions/{}", submitted["id"].as_str().unwrap());
    let review = world.get(&world.reviewer, &path).await.is(200);
    let mut paths: Vec<&str> =
        review["changes"].as_array().unwrap().iter().map(|c| c["path"].as_str().unwrap()).collect();
    paths.sort_unstable();
    let price = "specs[server].skus[edition=standard].billing.month.price.quantities.users.tiers[0].unit_price";
    let expected =
        ["specs[server].attributes[edition].values[pro]", "specs[server].skus[edition=pro]", price, "version"];
    assert_eq!(paths, expected);
    world.post(&world.reviewer, &format!("{path}/approval"), Value::Null).await.is(200);

    let after = world.get("", &shown).await.is(200);
    let (old, new) = (sku_of(&before, "standard"), sku_of(&after, "standard"));
    assert_eq!((&old["id"], &old["sku_code"]), (&new["id"], &new["sku_code"]));
    assert_eq!(before["specs"][0]["id"], after["specs"][0]["id"]);
    assert_eq!(new["from"]["minor"], 4_000);
    let gone = json!({"sku": sku_of(&before, "pro")["id"], "quantities": {"users": 1}});
    world.post("", "/api/v1/price-preview", gone).await.refused(404, "not_found");
    let revisions = world.get(&shop.token, &format!("{own}/revisions")).await.is(200);
    let states: Vec<&Value> = revisions["items"].as_array().unwrap().iter().map(|r| &r["state"]).collect();
    assert_eq!(states, ["approved", "superseded"]);

    // What comes back is what it was.
    world.edit(&shop.token, &format!("PUT {own}"), 2, first).await.is(200);
    world.approves(&shop, &product).await;
    let again = world.get("", &shown).await.is(200);
    assert_eq!(sku_of(&again, "pro")["id"], sku_of(&before, "pro")["id"]);
}

#[tokio::test]
async fn a_rejection_says_why_and_a_withdrawal_frees_the_draft() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let draft = world.post(&shop.token, "/api/v1/seller/products", listing(shop.agreement)).await.is(201);
    let own = format!("/api/v1/seller/products/{}", draft["id"].as_str().unwrap());
    let submit = async || world.post(&shop.token, &format!("{own}/revisions"), Value::Null).await.is(201);
    let revision = submit().await;
    world.reacts().await;
    let taken = format!("/api/v1/seller/revisions/{}/withdrawal", revision["id"].as_str().unwrap());
    assert_eq!(world.post(&shop.token, &taken, Value::Null).await.is(200)["state"], "withdrawn");
    world.post(&shop.token, &taken, Value::Null).await.refused(409, "revision.wrong_state");
    world.call(&shop.token, &format!("DELETE {own}"), Value::Null).await.refused(409, "product.has_history");

    let revision = submit().await;
    let path = format!("/api/v1/operator/revisions/{}/rejection", revision["id"].as_str().unwrap());
    let none = world.post(&world.reviewer, &path, json!({"reasons": []})).await.refused(422, "invalid");
    assert_eq!(fields(&none), ["reasons"]);
    let why = json!([{"field": "specs[server].name", "message": "Say which servers."}]);
    let rejected = world.post(&world.reviewer, &path, json!({"reasons": why})).await.is(200);
    assert_eq!((&rejected["state"], &rejected["reasons"]), (&json!("rejected"), &why));
    world.reacts().await;
    let told = world.told(&shop.token).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].ends_with("submit it again:\n- specs[server].name: Say which servers."), "{told:?}");
    let shown = format!("/api/v1/seller/revisions/{}", revision["id"].as_str().unwrap());
    assert_eq!(world.get(&shop.token, &shown).await.is(200)["reasons"], why);

    let spare = world.post(&shop.token, "/api/v1/seller/products", json!({})).await.is(201);
    let spare = format!("/api/v1/seller/products/{}", spare["id"].as_str().unwrap());
    world.call(&shop.token, &format!("DELETE {spare}"), Value::Null).await.is(204);
    world.get(&shop.token, &spare).await.refused(404, "not_found");
}

#[tokio::test]
async fn nobody_touches_another_sellers_listing_or_publishes_uncertified() {
    let world = World::new().await;
    let (shop, other) = (world.shop("Cloudco").await, world.admitted("Rivalco").await);
    let product = world.lists(&shop, listing(shop.agreement)).await;
    let own = format!("/api/v1/seller/products/{product}");
    world.get(&other.token, &own).await.refused(404, "not_found");
    world.edit(&other.token, &format!("PUT {own}"), 1, json!({})).await.refused(404, "not_found");
    for call in ["validation", "revisions"] {
        world.get(&other.token, &format!("{own}/{call}")).await.refused(404, "not_found");
    }
    world.post(&other.token, &format!("{own}/revisions"), Value::Null).await.refused(404, "not_found");
    world.get(&other.token, "/api/v1/operator/revisions").await.refused(403, "forbidden.kind");
    world.get(&world.reviewer, &own).await.refused(403, "forbidden.seller");
    assert_eq!(world.get("", &own).await.status, 401);

    let draft = world.post(&other.token, "/api/v1/seller/products", listing(shop.agreement)).await.is(201);
    let theirs = format!("/api/v1/seller/products/{}", draft["id"].as_str().unwrap());
    let found = world.get(&other.token, &format!("{theirs}/validation")).await.is(200);
    assert_eq!(fields(&found), ["agreement"], "another account's document cannot be named");
    let submitted = world.post(&other.token, &format!("{theirs}/revisions"), Value::Null).await;
    submitted.refused(422, "seller.business_information_missing");
}

#[tokio::test]
async fn a_draft_may_be_incomplete_but_never_unprintable_or_endless() {
    let world = World::new().await;
    let shop = world.admitted("Cloudco").await;
    let create = async |listing: Value| world.post(&shop.token, "/api/v1/seller/products", listing).await;
    let refused = create(json!({"name": {"en": "a\u{0}b", "zh": ""}})).await.refused(422, "invalid");
    assert_eq!(fields(&refused), ["name.en"]);
    let key = json!({"specs": [{"code": "a", "skus": [{"values": {"e\u{0}": "x"}}]}]});
    assert_eq!(fields(&create(key).await.refused(422, "invalid")), ["specs[0].skus[0].values"]);
    create(json!({"summary": {"en": "x".repeat(501), "zh": ""}})).await.refused(422, "invalid");
    create(json!({"colour": "red"})).await.refused(422, "invalid");
    let spec = json!({"code": "a"});
    create(json!({"specs": vec![spec; 100_000]})).await.refused(422, "invalid");
    create(json!({"delivery_days": 4_000_000_000_u32, "version": "ünfinished"})).await.is(201);
}

#[tokio::test]
async fn the_agreement_of_a_product_on_sale_is_a_download_for_everybody() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let product = world.lists(&shop, listing(shop.agreement)).await;
    let uri = format!("/api/v1/products/{product}/agreement");
    let request = axum::http::Request::builder().uri(uri).body(axum::body::Body::empty()).unwrap();
    let response = world.send(request).await;
    assert_eq!(response.status(), 200);
    let disposition = response.headers()["content-disposition"].to_str().unwrap();
    assert!(disposition.starts_with("attachment; filename=\"paper.pdf\""), "{disposition}");
}

#[tokio::test]
async fn every_mistake_of_a_listing_is_named_with_its_place() {
    let world = World::new().await;
    let shop = world.admitted("Cloudco").await;
    let draft = world.post(&shop.token, "/api/v1/seller/products", json!({})).await.is(201);
    let own = format!("/api/v1/seller/products/{}", draft["id"].as_str().unwrap());
    let mut version = 1;
    let mut check = async |place: &str, value: Value, expected: &[&str]| {
        let mut wrong = listing(shop.agreement);
        *wrong.pointer_mut(place).unwrap() = value;
        world.edit(&shop.token, &format!("PUT {own}"), version, wrong).await.is(200);
        version += 1;
        let found = world.get(&shop.token, &format!("{own}/validation")).await.is(200);
        assert_eq!(fields(&found), expected, "{place}: {found}");
    };
    check("/name/en", json!("Log Lens V2 for ¥99"), &["name.en", "name.en"]).await;
    check("/description/en", json!("Short."), &["description.en"]).await;
    check("/version", json!("v0.1"), &["version"]).await;
    check("/categories", json!(["toys", "toys"]), &["categories[0]", "categories[1]", "categories[1]"]).await;
    check("/support/hotline", json!("call me"), &["support.hotline"]).await;
    check("/support/email", json!("nobody"), &["support.email"]).await;
    check("/agreement", Value::Null, &["agreement"]).await;
    check("/delivery_days", json!(1_000), &["delivery_days"]).await;
    check("/currency", json!("USD"), &["currency"]).await;
    check("/specs", json!([]), &["specs"]).await;
    check("/specs/0/code", json!("Server 1"), &["specs[0].code"]).await;
    check("/specs/0/name/zh", json!("规格1"), &["specs[0].name.zh"]).await;
    check(
        "/specs/0/attributes/0/values/1/code",
        json!("standard"),
        &["specs[0].attributes[0].values[1].code", "specs[0].skus[1].values"],
    )
    .await;
    check("/specs/0/attributes/1/step", json!(7), &["specs[0].attributes[1].max"]).await;
    check("/specs/0/attributes/1/min", json!(0), &["specs[0].skus[0].billing", "specs[0].skus[1].billing"]).await;
    let one_off = &["specs[0].billing_mode", "specs[0].skus[0].billing.mode", "specs[0].skus[1].billing.mode"];
    check("/specs/0/billing_mode", json!("one_off"), &one_off[1..]).await;
    check("/specs/0/billing_mode", Value::Null, &one_off[..1]).await;
    check("/specs/0/skus/1/values", json!({"edition": "gold"}), &["specs[0].skus[1].values", "specs[0].skus"]).await;
    check("/specs/0/skus/1", json!({"values": {"edition": "pro"}}), &["specs[0].skus[1].billing"]).await;
    check("/specs/0/skus/1", json!({"values": {"edition": "pro"}, "not_sold": true}), &[]).await;
    let prices = "/specs/0/skus/0/billing/month/price/quantities";
    let tiers = "specs[0].skus[0].billing.month.price.quantities.users.tiers";
    let from = format!("{prices}/users/tiers/1/from");
    check(&from, json!(12), &[&format!("{tiers}[1].from")]).await;
    let free = json!({"users": {"model": "linear", "unit_price": "0"}});
    check(prices, free, &["specs[0].skus[0].billing"]).await;
}

#[tokio::test]
async fn the_database_refuses_to_change_what_was_submitted() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    world.lists(&shop, listing(shop.agreement)).await;
    for sql in ["update revision set number = 7", "update revision set content = '{}'", "delete from revision"] {
        let mut tx = world.catalogue.app.db.begin().await.unwrap();
        assert!(tx.execute(sql, vec![]).await.is_err(), "{sql}");
    }
}
