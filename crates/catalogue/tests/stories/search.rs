//! Finding what is on sale, and nothing else.

use kernel::id::{OrderLineId, ProductId};
use serde_json::{Value, json};

use crate::{
    storefront::look,
    world::{World, listing},
};

/// The ids that a search finds, in their order.
async fn found(world: &World, query: &str) -> Vec<String> {
    let answer = world.get("", &format!("/api/v1/search?{query}")).await.is(200);
    answer["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |out, byte| format!("{out}%{byte:02X}"))
}

fn named(agreement: kernel::id::DocumentId, name: (&str, &str), category: &str) -> Value {
    let mut made = listing(agreement);
    made["name"] = json!({"en": name.0, "zh": name.1});
    made["categories"] = json!([category]);
    made["description"] = json!({
        "en": "It keeps what matters to your company and shows it to those who need it. ".repeat(8),
        "zh": "保存企业的重要内容，并展示给需要的人员。".repeat(24),
    });
    made
}

#[tokio::test]
async fn what_was_approved_is_found_however_it_is_typed() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let draft = world.post(&shop.token, "/api/v1/seller/products", listing(shop.agreement)).await.is(201);
    let product = draft["id"].as_str().unwrap().to_owned();
    assert_eq!(found(&world, "q=lens").await, Vec::<String>::new(), "before it was approved");
    world.approves(&shop, &product).await;
    world.lists(&shop, named(shop.agreement, ("Backup Vault", "备份保险库"), "backup-and-storage")).await;
    for typed in [
        "lenses",
        "LOG",
        "log lens",
        "日志",
        "透镜",
        "日志 lens",
        "rizhi",
        "rizhitoujing",
        "rztj",
        "toujing",
        "len",
        "lesn",
        "日至透镜",
        "logging",
        "log cloudco",
    ] {
        let path = format!("q={}", escaped(typed));
        assert_eq!(found(&world, &path).await, [product.as_str()], "{typed}");
    }
    let mistyped = world.get("", "/api/v1/search?q=bakcup").await.is(200);
    assert_eq!(mistyped["corrected"], json!([{"typed": "bakcup", "meant": "backup"}]));
    let suggested = world.get("", "/api/v1/suggestions?q=rizh").await.is(200);
    assert_eq!(suggested["items"][0]["id"], json!(product));
    let (_, _, page) = look(&world, "", "/search?q=bakcup").await;
    assert!(page.contains("Nothing has “bakcup”") && page.contains("Backup Vault"), "{page}");
}

#[tokio::test]
async fn what_is_off_sale_is_gone_from_results_counts_suggestions_and_corrections() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let kept = world.lists(&shop, listing(shop.agreement)).await;
    let gone = world.lists(&shop, named(shop.agreement, ("Quietus Lens", "静音透镜"), "websites")).await;
    assert_eq!(found(&world, "q=lens").await.len(), 2);
    let before = world.get("", "/api/v1/search?q=lens").await.is(200);
    assert_eq!((&before["total"], &before["facets"]["categories"]["websites"]), (&json!(2), &json!(1)));

    world.takes_off_sale(&gone).await;
    for typed in ["quietus", "quie", "quietsu", "%E9%9D%99%E9%9F%B3", "jingyin", "jy"] {
        let answer = world.get("", &format!("/api/v1/search?q={typed}")).await.is(200);
        assert_eq!((&answer["items"], answer.get("corrected")), (&json!([]), None), "{typed}: {answer}");
        let suggested = world.get("", &format!("/api/v1/suggestions?q={typed}")).await.is(200);
        assert_eq!(suggested["items"], json!([]), "{typed}");
        let (_, _, page) = look(&world, "", &format!("/suggest?q={typed}")).await;
        assert!(!page.contains("Quietus"), "{typed}: {page}");
    }
    let after = world.get("", "/api/v1/search?q=lens").await.is(200);
    assert_eq!((&after["total"], &after["items"][0]["id"]), (&json!(1), &json!(kept)));
    assert_eq!(after["facets"]["categories"].get("websites"), None, "{after}");
    let all = world.get("", "/api/v1/search").await.is(200);
    assert_eq!((&all["total"], all["facets"]["categories"].get("websites")), (&json!(1), None));
}

#[tokio::test]
async fn an_index_that_missed_changes_catches_up_and_one_that_is_lost_is_made_anew() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    world.lists(&shop, listing(shop.agreement)).await;
    assert_eq!(found(&world, "q=lens").await.len(), 1);
    // Another node of the same database, which has an index of its own and has not looked yet.
    let other = world.another_node("other");
    let draft = named(shop.agreement, ("Night Watch", "夜巡"), "security");
    let watch = world.lists(&shop, draft).await;
    assert!(other.catch_up().await.unwrap() > 0);
    assert_eq!(other.catch_up().await.unwrap(), 0, "once");
    let changed = named(shop.agreement, ("Day Watch", "日巡"), "security");
    let own = format!("/api/v1/seller/products/{watch}");
    let version = world.get(&shop.token, &own).await.is(200)["version"].as_i64().unwrap();
    world.edit(&shop.token, &format!("PUT {own}"), version, changed).await.is(200);
    world.approves(&shop, &watch).await;
    assert_eq!(other.catch_up().await.unwrap(), 1, "the other node reads from the database what it has missed");
    assert_eq!((found(&world, "q=night").await.len(), found(&world, "q=day").await.len()), (0, 1));
    world.does(async |tx| world.catalogue.ask_rebuild(tx).await).await;
    assert_eq!((world.catalogue.catch_up().await.unwrap(), other.catch_up().await.unwrap()), (2, 2));
    assert_eq!(found(&world, "q=watch").await, [watch]);
}

#[tokio::test]
async fn filters_count_what_each_further_choice_would_leave_and_addresses_hold_nothing_empty() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let other = world.shop("Otherco").await;
    world.lists(&shop, named(shop.agreement, ("Log Lens", "日志透镜"), "security")).await;
    world.lists(&other, named(other.agreement, ("Lens Cap", "镜头盖"), "websites")).await;
    let answer = world.get("", "/api/v1/search?category=security").await.is(200);
    assert_eq!(answer["facets"]["categories"], json!({"security": 1, "websites": 1}));
    assert_eq!(answer["facets"]["sellers"], json!({shop.account.to_string(): 1}));
    let both = format!("/api/v1/search?seller={},{}&mode=period,one_off", shop.account, other.account);
    assert_eq!(world.get("", &both).await.is(200)["total"], 2);
    world.get("", "/api/v1/search?mode=weekly").await.refused(422, "invalid");
    let (status, _, _) = look(&world, "", "/search?q=lens&category=&price=").await;
    assert_eq!(status, 303, "to the same without what is empty");
    let (_, _, page) = look(&world, "", "/search?q=lens&category=security").await;
    assert!(page.contains(r#"href="/search?q=lens" "#) || page.contains(r#"href="/search?q=lens""#), "{page}");
    assert!(!page.contains("=&"), "no address with an empty parameter: {page}");
    let (_, _, nothing) = look(&world, "", "/search?q=cap&category=security").await;
    assert!(nothing.contains("Search for “cap” without filters"), "{nothing}");
}

#[tokio::test]
async fn prices_in_another_currency_are_shown_and_not_compared() {
    let two = policy::DEFAULT.replace("currencies = [\"CNY\"]", "currencies = [\"CNY\", \"USD\"]");
    let world = World::under(&two).await;
    let shop = world.shop("Cloudco").await;
    let priced = |name: (&str, &str), currency: &str, price: &str| {
        let mut made = named(shop.agreement, name, "security");
        made["currency"] = json!(currency);
        for sku in 0..2 {
            made["specs"][0]["skus"][sku]["billing"]["month"]["price"] =
                json!({"base": price, "quantities": {"users": {"model": "linear", "unit_price": "1"}}});
        }
        made
    };
    let dollars = world.lists(&shop, priced(("Log Dollar", "美元日志"), "USD", "30.00")).await;
    let dear = world.lists(&shop, priced(("Log Dear", "昂贵日志"), "CNY", "300.00")).await;
    let cheap = world.lists(&shop, priced(("Log Cheap", "便宜日志"), "CNY", "40.00")).await;
    // Sold in both: it takes part with what it costs here.
    let mut both = priced(("Log Both", "双币日志"), "USD", "30.00");
    for sku in 0..2 {
        both["specs"][0]["skus"][sku]["books"] = json!([{"currency": "CNY", "prices": {"by": "rate", "rate": "7"}}]);
    }
    let both = world.lists(&shop, both).await;
    assert_eq!(found(&world, "sort=price").await, [&cheap, &both, &dear, &dollars].map(String::clone));
    assert_eq!(found(&world, "sort=price_down").await, [&dear, &both, &cheap, &dollars].map(String::clone));
    let answer = world.get("", "/api/v1/search").await.is(200);
    assert_eq!(answer["facets"]["prices"], json!({"0-100": 1, "100-1000": 2}), "{answer}");
    assert_eq!(found(&world, "price=0-100").await, [cheap]);
    let from = |id: &String| {
        let item = answer["items"].as_array().unwrap().iter().find(|item| item["id"] == json!(id)).unwrap().clone();
        item["from"].clone()
    };
    assert_eq!(from(&dollars), json!({"minor": 3_100, "currency": "USD"}), "it is shown as it is sold");
    assert_eq!(from(&both), json!({"minor": 21_700, "currency": "CNY"}));
}

#[tokio::test]
async fn sales_move_a_product_up_and_the_operator_sees_why() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let first = world.lists(&shop, named(shop.agreement, ("Log Lens", "日志透镜"), "security")).await;
    let second = world.lists(&shop, named(shop.agreement, ("Log Frame", "日志相框"), "security")).await;
    let product: ProductId = second.parse().unwrap();
    let now = world.catalogue.app.clock.now();
    let sold: Vec<(OrderLineId, ProductId)> = (0..9).map(|_| (OrderLineId::new(now), product)).collect();
    world.does(async |tx| world.catalogue.on_sold(tx, &sold).await).await;
    world.does(async |tx| world.catalogue.on_sold(tx, &sold).await).await;
    assert_eq!(found(&world, "q=log").await, [second.clone(), first.clone()]);
    assert_eq!(found(&world, "sort=sales").await, [second.clone(), first.clone()]);
    let why = world.get(&world.reviewer, "/api/v1/operator/search?q=log").await.is(200);
    let top = &why["items"][0];
    assert_eq!((&top["id"], &top["sold"]), (&json!(second), &json!(9)));
    let part = |name: &str| top[name].as_u64().unwrap();
    assert!(part("sales") > 0 && part("text") > 0 && top["text_parts"]["name"].as_u64().unwrap() > 0, "{why}");
    assert_eq!(part("points"), part("text") + part("sales") + part("rating") + part("freshness"));
    world.get(&shop.token, "/api/v1/operator/search?q=log").await.refused(403, "forbidden.kind");
    let (status, _, page) = look(&world, &world.reviewer, "/operator/search?q=log").await;
    assert!(status == 200 && page.contains("Log Frame") && page.contains("Freshness"), "{status} {page}");

    // All of them come back, and one of them is told twice.
    for line in sold.iter().chain(&sold[..1]) {
        world.does(async |tx| world.catalogue.on_returned(tx, *line).await).await;
    }
    let why = world.get(&world.reviewer, "/api/v1/operator/search?q=log").await.is(200);
    let items = why["items"].as_array().unwrap();
    assert!(items.iter().all(|item| (&item["sold"], &item["sales"]) == (&json!(0), &json!(0))), "{why}");
}
