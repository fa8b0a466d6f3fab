//! The shop window: the category tree, tags, floors, favourites, what was looked at, what goes well together.

use axum::{body::Body, body::to_bytes, http::Request};
use kernel::id::{AccountId, ProductId};
use serde_json::{Value, json};

use crate::world::{World, listing};

/// A listing under another name, in some categories.
fn named(shop: &crate::world::Shop, en: &str, zh: &str, categories: &[&str]) -> Value {
    let mut listing = listing(shop.agreement);
    listing["name"] = json!({"en": en, "zh": zh});
    listing["categories"] = json!(categories);
    listing
}

/// A page in English, with the cookie that it sets.
async fn look(world: &World, token: &str, path: &str, cookie: &str) -> (u16, String, String) {
    let mut request = Request::builder().uri(path).header("accept-language", "en").header("cookie", cookie);
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let response = world.send(request.body(Body::empty()).unwrap()).await;
    let status = response.status().as_u16();
    let cookies = response.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let seen = cookies.filter_map(|cookie| cookie.split(';').next()).find(|cookie| cookie.starts_with("seen="));
    let seen = seen.unwrap_or_default().to_owned();
    let text = String::from_utf8_lossy(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).into_owned();
    (status, text, seen)
}

fn codes(answer: &Value) -> Vec<&str> {
    answer["items"].as_array().unwrap().iter().map(|item| item["code"].as_str().unwrap()).collect()
}

fn ids(items: &Value) -> Vec<&str> {
    items.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_operator_arranges_categories_and_nothing_in_use_is_lost() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let product = world.lists(&shop, named(&shop, "Log Lens", "日志透镜", &["security"])).await;
    let (runs, own) = (world.runs_site().await, "/api/v1/operator/categories");
    let taken_over = world.get("", "/api/v1/categories").await.is(200);
    assert!(codes(&taken_over).contains(&"security"), "the policy's categories were taken over: {taken_over}");

    let firewalls = json!({"code": "firewalls", "parent": "security", "name": {"en": "Firewalls", "zh": "防火墙"}});
    world.post(&world.reviewer, own, firewalls.clone()).await.refused(403, "forbidden.role");
    world.post(&runs, own, firewalls.clone()).await.is(201);
    world.post(&runs, own, firewalls).await.refused(409, "category.taken");
    let looped = json!({"parent": "firewalls", "name": {"en": "Security", "zh": "安全"}});
    let wrong = world.call(&runs, &format!("PUT {own}/security"), looped).await.refused(422, "invalid");
    assert_eq!(wrong["errors"][0]["field"], "parent");
    let other = world.lists(&shop, named(&shop, "Night Gate", "夜门", &["firewalls"])).await;
    let branch = world.get("", "/api/v1/search?category=security").await.is(200);
    let mut below = ids(&branch["items"]);
    below.sort_unstable();
    assert_eq!(below, [product.as_str(), other.as_str()], "a branch holds what stands below it");
    let both = world.get("", "/api/v1/products?category=security").await.is(200);
    assert_eq!(ids(&both["items"]).len(), 2, "the list of it too: {both}");
    let feed = look(&world, "", "/feeds/categories/security", "").await.1;
    assert!(feed.contains(&product) && feed.contains(&other), "and its feed: {feed}");

    world.call(&runs, &format!("DELETE {own}/firewalls"), Value::Null).await.refused(409, "category.in_use");
    let hidden = json!({"parent": "security", "name": {"en": "Firewalls", "zh": "防火墙"}, "hidden": true});
    world.call(&runs, &format!("PUT {own}/firewalls"), hidden).await.is(200);
    assert!(!codes(&world.get("", "/api/v1/categories").await.is(200)).contains(&"firewalls"));
    assert_eq!(look(&world, "", &format!("/products/{other}"), "").await.0, 200, "its product is sold on");
    let shown = world.get("", "/api/v1/products?category=security").await.is(200);
    assert_eq!(ids(&shown["items"]), [product.as_str()], "nobody is led to it from above");

    world.post(&runs, &format!("{own}/firewalls/merge"), json!({"into": "firewalls"})).await.refused(422, "invalid");
    world.post(&runs, &format!("{own}/firewalls/merge"), json!({"into": "websites"})).await.is(200);
    let merged = world.get("", "/api/v1/search?category=websites").await.is(200);
    assert_eq!(ids(&merged["items"]), [other.as_str()]);
    let draft = world.get(&shop.token, &format!("/api/v1/seller/products/{other}")).await.is(200);
    assert_eq!(draft["listing"]["categories"], json!(["websites"]), "what is being written moves along: {draft}");
    world
        .post(&runs, &format!("{own}/firewalls/merge"), json!({"into": "people"}))
        .await
        .refused(409, "category.merged");

    world.post(&runs, own, json!({"code": "idle", "name": {"en": "Idle", "zh": "空闲"}})).await.is(201);
    world.call(&runs, &format!("DELETE {own}/idle"), Value::Null).await.is(204);
    world.call(&runs, &format!("DELETE {own}/idle"), Value::Null).await.refused(404, "not_found");
}

#[tokio::test]
async fn everything_is_indexed_anew_once_when_a_category_changes_and_not_when_it_is_saved_as_it_was() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    world.lists(&shop, named(&shop, "Log Lens", "日志透镜", &["security"])).await;
    let (runs, own) = (world.runs_site().await, "PUT /api/v1/operator/categories/security");
    let save = async |body: Value| {
        world.call(&runs, own, body).await.is(200);
        (world.catalogue.catch_up().await.unwrap(), world.catalogue.catch_up().await.unwrap())
    };
    world.catalogue.catch_up().await.unwrap();
    let renamed = json!({"name": {"en": "Safety", "zh": "安全"}});
    assert_eq!(save(renamed.clone()).await, (1, 0));
    assert_eq!(world.get("", "/api/v1/search?q=safety").await.is(200)["total"], 1);
    world.catalogue.app.clock.turn(kernel::time::MINUTE);
    assert_eq!(save(renamed).await, (0, 0));
    assert_eq!(save(json!({"name": {"en": "Safety", "zh": "安全"}, "position": 70})).await, (0, 0));
}

#[tokio::test]
async fn floors_show_what_their_rule_says_from_when_to_when() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let lens = world.lists(&shop, named(&shop, "Log Lens", "日志透镜", &["security"])).await;
    let gate = world.lists(&shop, named(&shop, "Night Gate", "夜门", &["websites"])).await;
    let (runs, own) = (world.runs_site().await, "/api/v1/operator/floors");
    let first = world.get("", "/api/v1/floors").await.is(200);
    let titles: Vec<&str> =
        first["items"].as_array().unwrap().iter().map(|floor| floor["title"]["en"].as_str().unwrap()).collect();
    assert_eq!(titles, ["Worth a look", "New"], "nothing was sold yet, so that floor is left out");

    world
        .post(
            &runs,
            "/api/v1/operator/tags",
            json!({"code": "made-here", "name": {"en": "Made here", "zh": "本地出品"}}),
        )
        .await
        .is(201);
    let tagging = format!("PUT /api/v1/operator/products/{gate}/tags");
    world.call(&runs, &tagging, json!({"tags": ["gone"]})).await.refused(422, "invalid");
    world.call(&runs, &tagging, json!({"tags": ["made-here"]})).await.is(200);
    assert_eq!(world.get("", "/api/v1/tags").await.is(200)["items"][0]["products"], 1);

    let floor = |position: i64, content: Value| json!({"title": {"en": format!("Floor {position}"), "zh": "楼层"}, "content": content, "position": position});
    world.post(&world.reviewer, own, floor(1, json!({"rule": "varied"}))).await.refused(403, "forbidden.role");
    world.post(&runs, own, floor(1, json!({"rule": "tagged", "tag": "gone"}))).await.refused(422, "invalid");
    world.post(&runs, own, floor(1, json!({"rule": "tagged", "tag": "made-here"}))).await.is(201);
    world.post(&runs, own, floor(2, json!({"rule": "picked", "products": [lens, gate]}))).await.is(201);
    let security = world.post(&runs, own, floor(3, json!({"rule": "newest", "category": "security"}))).await.is(201);
    let mut later = floor(4, json!({"rule": "varied"}));
    later["shown_from"] = json!("2027-01-01T00:00:00Z");
    world.post(&runs, own, later).await.is(201);

    let shown = world.get("", "/api/v1/floors").await.is(200);
    let products: Vec<Vec<&str>> =
        shown["items"].as_array().unwrap().iter().take(3).map(|floor| ids(&floor["products"])).collect();
    assert_eq!(products, [vec![gate.as_str()], vec![lens.as_str(), gate.as_str()], vec![lens.as_str()]]);
    assert!(!shown.to_string().contains("Floor 4"), "it is not its time");
    let (status, home, _) = look(&world, "", "/", "").await;
    assert!(status == 200 && home.contains("Floor 1") && !home.contains("Floor 4"), "{home}");

    let path = format!("{own}/{}", security["id"].as_str().unwrap());
    let renamed = floor(3, json!({"rule": "newest"}));
    world.edit(&runs, &format!("PUT {path}"), 7, renamed.clone()).await.refused(412, "stale");
    assert_eq!(world.edit(&runs, &format!("PUT {path}"), 1, renamed).await.is(200)["version"], 2);
    world.call(&runs, &format!("DELETE {path}"), Value::Null).await.is(204);
    world.call(&runs, &format!("DELETE {path}"), Value::Null).await.refused(404, "not_found");
}

#[tokio::test]
async fn what_is_marked_and_looked_at_belongs_to_the_user_and_to_the_browser() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let stranger = world.shop("Otherco").await;
    let lens = world.lists(&shop, named(&shop, "Log Lens", "日志透镜", &["security"])).await;
    let gate = world.lists(&shop, named(&shop, "Night Gate", "夜门", &["security"])).await;
    let mine = format!("/api/v1/favourites/{lens}");
    world.call("", &format!("PUT {mine}"), Value::Null).await.refused(401, "unauthenticated");
    world.call(&shop.token, &format!("PUT {mine}"), Value::Null).await.is(204);
    world.call(&shop.token, &format!("PUT {mine}"), Value::Null).await.is(204);
    let gone = "PUT /api/v1/favourites/prd_01jd8kx2v9e5jtf6xw4sz3q7ab";
    world.call(&shop.token, gone, Value::Null).await.refused(404, "not_found");
    let marked = world.get(&shop.token, "/api/v1/favourites").await.is(200);
    assert_eq!((&marked["items"][0]["product"], marked["items"].as_array().unwrap().len()), (&json!(lens), 1));
    assert_eq!(world.get(&stranger.token, "/api/v1/favourites").await.is(200)["items"], json!([]));
    let page = look(&world, &shop.token, "/console/favourites", "").await.1;
    assert!(page.contains("Log Lens") && page.contains("Remove from favourites"), "{page}");
    world.call(&shop.token, &format!("DELETE {mine}"), Value::Null).await.is(204);
    assert_eq!(world.get(&shop.token, "/api/v1/favourites").await.is(200)["items"], json!([]));

    // A visitor's browser remembers; an account's user is remembered here.
    let first = look(&world, "", &format!("/products/{lens}"), "").await.2;
    let second = look(&world, "", &format!("/products/{gate}"), &first).await.2;
    let (_, page, _) = look(&world, "", "/recently-viewed", &second).await;
    assert!(page.find("Night Gate") < page.find("Log Lens") && page.contains("Log Lens"), "the latest first: {page}");
    assert_eq!(
        look(&world, &shop.token, &format!("/products/{lens}"), "").await.2,
        "",
        "no cookie for who is signed in"
    );
    world.catalogue.app.clock.turn(kernel::time::MINUTE);
    look(&world, &shop.token, &format!("/products/{gate}"), "").await;
    let seen = world.get(&shop.token, "/api/v1/recently-viewed").await.is(200);
    let seen: Vec<&Value> = seen["items"].as_array().unwrap().iter().map(|item| &item["product"]).collect();
    assert_eq!(seen, [&json!(gate), &json!(lens)]);
    assert_eq!(world.get(&stranger.token, "/api/v1/recently-viewed").await.is(200)["items"], json!([]));
    world.call(&shop.token, "DELETE /api/v1/recently-viewed", Value::Null).await.is(204);
    assert_eq!(world.get(&shop.token, "/api/v1/recently-viewed").await.is(200)["items"], json!([]));
}

#[tokio::test]
async fn what_goes_well_with_a_product_is_learnt_from_several_buyers_and_from_what_it_says() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let mut made = Vec::new();
    for (en, zh, category) in
        [("Log Lens", "日志透镜", "security"), ("Lens Cap", "镜头盖", "websites"), ("Night Gate", "夜门", "security")]
    {
        made.push(world.lists(&shop, named(&shop, en, zh, &[category])).await);
    }
    let product = |at: usize| made[at].parse::<ProductId>().unwrap();
    let now = world.catalogue.app.clock.now();
    let buyers: Vec<AccountId> = (0..3).map(|_| AccountId::new(now)).collect();
    let bought = [
        (buyers[0], product(0)),
        (buyers[0], product(1)),
        (buyers[1], product(0)),
        (buyers[1], product(1)),
        (buyers[2], product(2)),
        (buyers[2], product(0)),
    ];
    world
        .does(async |tx| {
            world.catalogue.learn_bought(tx, &bought).await?;
            world.catalogue.on_recommendations_due(tx, None).await
        })
        .await;
    let path = format!("/api/v1/products/{}/recommendations", made[0]);
    let found = world.get("", &path).await.is(200);
    assert_eq!(ids(&found["also_bought"]), [made[1].as_str()], "one buyer in common is nobody's business");
    assert_eq!(ids(&found["similar"]), [made[2].as_str()], "the same category; what stands above is not said twice");
    let floors = world.get("", "/api/v1/floors").await.is(200);
    assert_eq!(floors["items"][0]["title"]["en"], "What others buy");
    assert_eq!(ids(&floors["items"][0]["products"])[0], made[0], "three buyers");
    let page = look(&world, "", &format!("/products/{}", made[0]), "").await.1;
    assert!(page.contains("Buyers also bought") && page.contains("Similar products"), "{page}");
    world.get("", "/api/v1/products/prd_01jd8kx2v9e5jtf6xw4sz3q7ab/recommendations").await.refused(404, "not_found");
}

#[tokio::test]
async fn search_engines_and_feed_readers_find_what_is_on_sale_in_each_language() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let lens = world.lists(&shop, named(&shop, "Log <Lens> & Co", "日志透镜", &["security"])).await;
    let robots = look(&world, "", "/robots.txt", "").await.1;
    assert!(robots.contains("Disallow: /console") && robots.contains("/sitemap.xml"), "{robots}");
    let map = look(&world, "", "/sitemap.xml", "").await.1;
    assert!(map.contains("/sitemaps/pages.xml") && map.contains("/sitemaps/products-1.xml"), "{map}");
    let products = look(&world, "", "/sitemaps/products-1.xml", "").await.1;
    assert!(
        products.contains(&format!("/products/{lens}</loc>")) && products.contains("hreflang=\"zh-CN\""),
        "{products}"
    );
    let pages = look(&world, "", "/sitemaps/pages.xml", "").await.1;
    assert!(pages.contains(&format!("/sellers/{}", shop.account)) && pages.contains("category=security"), "{pages}");
    for missing in ["/sitemaps/products-2.xml", "/sitemaps/products-0.xml", "/sitemaps/x", "/feeds/categories/gone"] {
        assert_eq!(look(&world, "", missing, "").await.0, 404, "{missing}");
    }
    for feed in [
        "/feeds/products.xml".to_owned(),
        "/feeds/categories/security".to_owned(),
        format!("/feeds/sellers/{}", shop.account),
    ] {
        let atom = look(&world, "", &feed, "").await.1;
        assert!(atom.contains("<title>Log &lt;Lens&gt; &amp; Co</title>") && atom.contains(&lens), "{feed}: {atom}");
    }
    let page = look(&world, "", &format!("/products/{lens}?lang=zh"), "").await.1;
    for said in [
        "<html lang=\"zh-CN\"",
        &format!("/products/{lens}?lang=zh\">"),
        "hreflang=\"x-default\"",
        "\"@type\":\"AggregateOffer\"",
        "\"lowPrice\":\"30.00\"",
        "og:title",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("Log <Lens>"), "what sellers write is escaped everywhere");
}
