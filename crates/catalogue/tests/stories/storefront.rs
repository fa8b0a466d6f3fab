//! What everybody sees of the shelf: pages, pictures, search.

use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use serde_json::{Value, json};

use crate::world::{World, listing};

/// The status of an answer to nobody or somebody, its content type and its text.
pub(crate) async fn look(world: &World, token: &str, path: &str) -> (u16, String, String) {
    let mut request = Request::builder().uri(path).header("accept-language", "en");
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let response = world.send(request.body(Body::empty()).unwrap()).await;
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (status, kind) = (response.status().as_u16(), header("content-type").to_owned());
    if kind.starts_with("image/") {
        assert_eq!(
            (header("x-content-type-options"), header("content-security-policy")),
            ("nosniff", "sandbox; default-src 'none'")
        );
    }
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, kind, String::from_utf8_lossy(&bytes).into_owned())
}

#[tokio::test]
async fn a_picture_is_for_everybody_once_its_product_is_on_sale_and_for_its_owner_before() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let stranger = world.shop("Otherco").await;
    let logo = world.logo("Cloudco").await;
    let picture = format!("/pictures/{logo}");
    for (token, status) in [("", 404), (stranger.token.as_str(), 404), (shop.token.as_str(), 200)] {
        assert_eq!(look(&world, token, &picture).await.0, status, "before it is on sale");
    }
    assert_eq!(look(&world, &shop.token, &format!("/pictures/{}", shop.agreement)).await.0, 404, "no picture at all");

    let mut stolen = listing(stranger.agreement);
    stolen["logo"] = json!(logo);
    let draft = world.post(&stranger.token, "/api/v1/seller/products", stolen).await.is(201);
    let path = format!("/api/v1/seller/products/{}/revisions", draft["id"].as_str().unwrap());
    let refused = world.post(&stranger.token, &path, Value::Null).await.refused(422, "invalid");
    assert_eq!(refused["errors"][0]["field"], "logo", "{refused}");

    let mut own = listing(shop.agreement);
    own["logo"] = json!(logo);
    let product = world.lists(&shop, own).await;
    let (status, kind, _) = look(&world, "", &picture).await;
    assert_eq!((status, kind.as_str()), (200, "image/webp"));
    assert_eq!(world.get("", &format!("/api/v1/products/{product}")).await.is(200)["logo"], json!(logo));
    assert!(look(&world, "", &format!("/products/{product}")).await.2.contains(&picture));
}

#[tokio::test]
async fn a_product_is_found_by_its_words_priced_on_its_page_and_compared() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let product = world.lists(&shop, listing(shop.agreement)).await;
    let name =
        world.get("", &format!("/api/v1/products/{product}")).await.is(200)["name"]["en"].as_str().unwrap().to_owned();

    let found = world.get("", "/api/v1/search?q=CLOUDCO&category=security").await.is(200);
    assert_eq!((&found["items"][0]["id"], &found["total"]), (&json!(product), &json!(1)));
    assert_eq!(found["facets"]["categories"]["security"], 1);
    assert_eq!(world.get("", "/api/v1/search?q=nothing").await.is(200)["total"], 0);

    for path in [
        "/".to_owned(),
        "/search?q=cloudco".to_owned(),
        "/suggest?q=cloud".to_owned(),
        format!("/compare?product={product}"),
        format!("/sellers/{}", shop.account),
    ] {
        let (status, _, text) = look(&world, "", &path).await;
        assert!(status == 200 && text.contains(&name), "{path}: {status}");
    }
    let (_, _, nothing) = look(&world, "", "/search?q=nothing&mode=weekly&price=x&page=-1").await;
    assert!(nothing.contains("Nothing fits"), "filters that are none of ours are not heard");

    let page = format!("/products/{product}/price?q.users=25&term=month-12");
    let (_, _, price) = look(&world, "", &page).await;
    assert!(price.contains("CN¥7,290.00") && price.contains("10 × 30.00 + 15 × 25.00 = 675.00 a month"), "{price}");
    assert!(
        price.contains("/checkout?sku=sku_") && price.contains("q.users=25") && price.contains("periods=12"),
        "{price}"
    );
    let (_, _, refused) = look(&world, "", &format!("/products/{product}/price?q.users=many")).await;
    assert!(refused.contains("choose from 1 to"), "{refused}");
    assert_eq!(look(&world, "", "/products/prd_01jd8kx2v9e5jtf6xw4sz3q7ab").await.0, 404);
}
