//! Nobody learns of what is not meant for them, wherever they look.

use accounts::CustomerKind;
use kernel::{Error, id::AccountId};
use serde_json::{Value, json};

use crate::{
    storefront::look,
    world::{Shop, World, listing},
};

/// Products of every visibility, named so that each is found in any text.
const NAMES: [&str; 5] = ["Openlight", "Backdoor", "Veiled", "Chosenfew", "Companyonly"];

struct Street {
    world: World,
    shop: Shop,
    /// By name: the product and one of its SKUs.
    products: Vec<(&'static str, String, String)>,
    /// Token and account of a buyer who is named, and of one who was.
    named: (String, AccountId),
    removed: (String, AccountId),
    other: (String, AccountId),
}

impl Street {
    async fn new() -> Self {
        let world = World::new().await;
        let shop = world.shop("Cloudco").await;
        let mut products = Vec::new();
        for name in NAMES {
            let mut written = listing(shop.agreement);
            written["name"] = json!({"en": name, "zh": format!("{name}软件")});
            let product = world.lists(&shop, written).await;
            let page = world.get("", &format!("/api/v1/products/{product}")).await.is(200);
            let sku = page["specs"][0]["skus"][0]["id"].as_str().unwrap().to_owned();
            products.push((name, product, sku));
        }
        let named = world.customer("Nadia", CustomerKind::Personal).await;
        let removed = world.customer("Remo", CustomerKind::Personal).await;
        let other = world.customer("Otto", CustomerKind::Personal).await;
        let street = Self { world, shop, products, named, removed, other };
        street.set("Backdoor", json!({"reach": "unlisted", "customers": "all", "regions": "everywhere"})).await;
        street.set("Chosenfew", json!({"reach": "named", "customers": "all", "regions": "everywhere"})).await;
        street.set("Companyonly", json!({"reach": "public", "customers": "enterprise", "regions": "everywhere"})).await;
        street.put("Veiled", "showing", json!({"showing": "hidden"})).await;
        for (account, name) in [(street.named.1, "Nadia"), (street.removed.1, "Remo")] {
            street.names("Chosenfew", account, name).await;
        }
        let gone = format!("DELETE {}/named-accounts/{}", street.own("Chosenfew"), street.removed.1);
        street.world.call(&street.shop.token, &gone, Value::Null).await.is(204);
        street
    }

    fn of(&self, name: &str) -> &(&'static str, String, String) {
        self.products.iter().find(|(known, ..)| *known == name).unwrap()
    }

    fn own(&self, name: &str) -> String {
        format!("/api/v1/seller/products/{}", self.of(name).1)
    }

    async fn put(&self, name: &str, what: &str, body: Value) -> Value {
        let call = format!("PUT {}/{what}", self.own(name));
        self.world.call(&self.shop.token, &call, body).await.is(200)
    }

    async fn set(&self, name: &str, audience: Value) {
        self.put(name, "audience", audience).await;
    }

    async fn names(&self, product: &str, account: AccountId, name: &str) {
        let body = json!({"account": account.to_string(), "name": name});
        let path = format!("{}/named-accounts", self.own(product));
        self.world.post(&self.shop.token, &path, body).await.is(201);
    }

    /// Which products a text names.
    fn named_in(&self, text: &str) -> Vec<&'static str> {
        NAMES.into_iter().filter(|name| text.contains(name) || text.contains(&self.of(name).1)).collect()
    }

    /// Every list there is, as somebody sees it.
    async fn lists(&self, token: &str) -> Vec<(String, Vec<&'static str>)> {
        let open = &self.of("Openlight").1;
        let paths = [
            "/".to_owned(),
            "/search".to_owned(),
            "/search?q=cloudco".to_owned(),
            "/search?category=security&seller=".to_owned() + &self.shop.account.to_string(),
            "/suggest?q=cloudco".to_owned(),
            format!("/compare?product={open}"),
            format!("/sellers/{}", self.shop.account),
            "/api/v1/products?limit=100".to_owned(),
            "/api/v1/products?category=security".to_owned(),
            format!("/api/v1/products?seller={}", self.shop.account),
            "/api/v1/search".to_owned(),
            "/api/v1/search?q=cloudco".to_owned(),
            "/api/v1/floors".to_owned(),
        ];
        let mut seen = Vec::new();
        for path in paths {
            let (status, _, text) = look(&self.world, token, &path).await;
            assert_eq!(status, 200, "{path}");
            seen.push((path, self.named_in(&text)));
        }
        seen
    }

    /// What machines are told, whoever asks for them.
    async fn told_to_machines(&self, token: &str) -> Vec<(String, Vec<&'static str>)> {
        let seller = self.shop.account;
        let mut seen = Vec::new();
        for path in [
            "/sitemaps/products-1.xml".to_owned(),
            "/feeds/products.xml".to_owned(),
            "/feeds/categories/security".to_owned(),
            format!("/feeds/sellers/{seller}"),
        ] {
            let (status, _, text) = look(&self.world, token, &path).await;
            assert_eq!(status, 200, "{path}");
            seen.push((path, self.named_in(&text)));
        }
        seen
    }

    /// What the address of a product says to somebody, by every way that leads to it.
    async fn opens(&self, token: &str, name: &str) -> Vec<u16> {
        let (_, product, sku) = self.of(name);
        let mut found = Vec::new();
        for path in [
            format!("/products/{product}"),
            format!("/products/{product}/price"),
            format!("/products/{product}/agreement"),
            format!("/api/v1/products/{product}"),
            format!("/api/v1/products/{product}/agreement"),
        ] {
            found.push(look(&self.world, token, &path).await.0);
        }
        let wanted = json!({"sku": sku, "quantities": {"users": 1}});
        found.push(self.world.post(token, "/api/v1/price-preview", wanted).await.status);
        let (_, _, compared) = look(&self.world, token, &format!("/compare?product={product}")).await;
        found.push(if compared.contains(&format!("/products/{product}#configure")) { 200 } else { 404 });
        found
    }
}

#[tokio::test]
async fn lists_name_only_what_is_meant_for_who_looks() {
    let street = Street::new().await;
    let open = vec!["Openlight", "Companyonly"];
    let chosen = vec!["Openlight", "Chosenfew", "Companyonly"];
    for (who, token, expected) in [
        ("nobody", "", &open),
        ("another buyer", street.other.0.as_str(), &open),
        ("a removed buyer", street.removed.0.as_str(), &open),
        ("a named buyer", street.named.0.as_str(), &chosen),
        ("the seller", street.shop.token.as_str(), &open),
        ("staff", street.world.reviewer.as_str(), &open),
    ] {
        for (path, seen) in street.lists(token).await {
            assert_eq!(&seen, expected, "{path} as {who}");
        }
    }
    for token in ["", street.named.0.as_str()] {
        for (path, seen) in street.told_to_machines(token).await {
            assert_eq!(seen, open, "{path}");
        }
    }
    let facets = |found: &Value| found["facets"]["categories"]["security"].clone();
    let nobody = street.world.get("", "/api/v1/search").await.is(200);
    let named = street.world.get(&street.named.0, "/api/v1/search").await.is(200);
    assert_eq!((facets(&nobody), facets(&named)), (json!(2), json!(3)), "counts tell nothing either");
}

#[tokio::test]
async fn an_address_opens_only_for_those_it_is_meant_for() {
    let street = Street::new().await;
    for name in NAMES {
        for (who, token, knows_chosen) in [
            ("nobody", "", false),
            ("another buyer", street.other.0.as_str(), false),
            ("a removed buyer", street.removed.0.as_str(), false),
            ("a named buyer", street.named.0.as_str(), true),
            ("the seller", street.shop.token.as_str(), true),
            ("staff", street.world.reviewer.as_str(), true),
        ] {
            let expected = if name != "Chosenfew" || knows_chosen { 200 } else { 404 };
            assert_eq!(street.opens(token, name).await, [expected; 7], "{name} as {who}");
        }
    }
}

#[tokio::test]
async fn only_those_it_is_meant_for_can_buy() {
    let street = Street::new().await;
    let sold = async |name: &str, product: &str| {
        let sku = &street.of(product).2;
        match street.world.sold_to(name, sku).await {
            Ok(()) => "sold".to_owned(),
            Err(Error::NotFound(thing)) => format!("no {thing}"),
            Err(error) => error.refusal_code().unwrap_or("?").to_owned(),
        }
    };
    assert_eq!(sold("Nadia", "Chosenfew").await, "sold");
    assert_eq!(sold("Remo", "Chosenfew").await, "no sku", "whoever was removed cannot even learn of it");
    assert_eq!(sold("Otto", "Chosenfew").await, "no sku");
    assert_eq!(sold("Otto", "Backdoor").await, "sold", "whoever has the link may buy");
    assert_eq!(sold("Otto", "Veiled").await, "sold");
    assert_eq!(sold("Otto", "Companyonly").await, "sale.enterprise_only");
    assert_eq!(sold("Cloudco", "Companyonly").await, "sold");
    street.set("Openlight", json!({"reach": "public", "customers": "personal", "regions": "certified"})).await;
    assert_eq!(sold("Cloudco", "Openlight").await, "sale.personal_only");
    assert_eq!(sold("Otto", "Openlight").await, "sold", "verification comes with the order");
}

#[tokio::test]
async fn a_spec_is_narrower_than_its_product() {
    let street = Street::new().await;
    let mut written = listing(street.shop.agreement);
    let mut second = written["specs"][0].clone();
    second["code"] = json!("secret");
    second["name"] = json!({"en": "Inner circle", "zh": "内部版本"});
    for (at, sku) in second["skus"].as_array_mut().unwrap().iter_mut().enumerate() {
        let cheap = if at == 0 { "1.00" } else { "2.00" };
        sku["billing"]["month"]["price"]["quantities"]["users"] = json!({"model": "linear", "unit_price": cheap});
    }
    written["specs"].as_array_mut().unwrap().push(second);
    let product = street.world.lists(&street.shop, written).await;
    let own = format!("/api/v1/seller/products/{product}");
    let page = format!("/api/v1/products/{product}");
    let token = street.shop.token.as_str();
    let specs = async |token: &str, path: &str| {
        let page = street.world.get(token, path).await.is(200);
        let codes = page["specs"].as_array().unwrap().iter().map(|spec| spec["code"].as_str().unwrap().to_owned());
        codes.collect::<Vec<_>>()
    };
    let cheapest = async || {
        let found = street.world.get("", "/api/v1/search?q=Log%20Lens").await.is(200);
        found["items"][0]["from"]["minor"].as_i64().unwrap()
    };
    let secret = street.world.get("", &page).await.is(200)["specs"][1]["skus"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(cheapest().await, 100);

    let named = json!({"spec": "secret", "reach": "named", "customers": "all", "regions": "everywhere"});
    let shelf = street.world.call(token, &format!("PUT {own}/audience"), named).await.is(200);
    assert_eq!(
        (&shelf["audience"]["reach"], &shelf["specs"][1]["audience"]["reach"]),
        (&json!("public"), &json!("named"))
    );
    let wanted = json!({"spec": "secret", "account": street.named.1.to_string(), "name": "nadia"});
    street.world.post(token, &format!("{own}/named-accounts"), wanted).await.is(201);
    assert_eq!(specs("", &page).await, ["server"]);
    assert_eq!(specs("", &format!("{page}?spec=secret")).await, ["server"], "its code helps nobody");
    assert_eq!(specs(&street.named.0, &page).await, ["server", "secret"]);
    assert_eq!(cheapest().await, 3_000, "its price does not show either");
    assert!(matches!(street.world.sold_to("Otto", &secret).await, Err(Error::NotFound(_))));
    assert!(street.world.sold_to("Nadia", &secret).await.is_ok());

    let open = json!({"spec": "secret", "reach": "public", "customers": "all", "regions": "everywhere"});
    street.world.call(token, &format!("PUT {own}/audience"), open).await.is(200);
    let hidden = json!({"spec": "secret", "showing": "hidden"});
    street.world.call(token, &format!("PUT {own}/showing"), hidden).await.is(200);
    assert_eq!(specs("", &page).await, ["server"]);
    assert_eq!(specs("", &format!("{page}?spec=secret")).await, ["server", "secret"]);
    assert!(street.world.sold_to("Otto", &secret).await.is_ok());
    let (_, _, shown) = look(&street.world, "", &format!("/products/{product}?spec=secret")).await;
    assert!(shown.contains("Inner circle"), "whoever has the link sees the spec");
    street.world.call(token, &format!("PUT {own}/showing"), json!({"spec": "none", "showing": "hidden"})).await.is(404);
}

#[tokio::test]
async fn naming_takes_id_and_name_and_tells_the_account() {
    let street = Street::new().await;
    street.world.reacts().await;
    let told = street.world.told(&street.named.0).await;
    assert!(told.len() == 1 && told[0].starts_with("Cloudco offers “Chosenfew” to your account"), "{told:?}");
    let told = street.world.told(&street.removed.0).await;
    assert!(told.iter().all(|text| text.contains("no longer offers “Chosenfew”")), "{told:?}");
    let path = format!("{}/named-accounts", street.own("Chosenfew"));
    let name = async |account: String, name: &str| {
        let body = json!({"account": account, "name": name});
        street.world.post(&street.shop.token, &path, body).await.refused(422, "product.no_such_account");
    };
    name(street.other.1.to_string(), "Nadia").await;
    name(street.shop.account.to_string(), "Cloudco").await;
    name("acc_01jd8kx2v9e5jtf6xw4sz3q7ab".to_owned(), "Otto").await;
    let list = street.world.get(&street.shop.token, &path).await.is(200);
    let names: Vec<&Value> = list["items"].as_array().unwrap().iter().map(|item| &item["name"]).collect();
    assert_eq!(names, ["Nadia"]);
    street.world.get(&street.other.0, &path).await.refused(403, "forbidden.seller");
}

#[tokio::test]
async fn who_is_named_before_the_product_is_on_sale_is_told_when_it_is() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let (token, account) = world.customer("Nadia", CustomerKind::Personal).await;
    let (product, revision) = world.submits(&shop, listing(shop.agreement)).await;
    let own = format!("/api/v1/seller/products/{product}");
    let named = json!({"account": account.to_string(), "name": "Nadia"});
    world.post(&shop.token, &format!("{own}/named-accounts"), named).await.is(201);
    let hidden = json!({"showing": "hidden"});
    world.call(&shop.token, &format!("PUT {own}/showing"), hidden).await.is(200);
    world.reacts().await;
    assert_eq!(world.told(&token).await, Vec::<String>::new());
    world.post(&world.reviewer, &format!("/api/v1/operator/revisions/{revision}/approval"), Value::Null).await.is(200);
    world.reacts().await;
    let told = world.told(&token).await;
    assert!(told.len() == 1 && told[0].ends_with("It is not displayed; the seller gives you its address."), "{told:?}");
}

#[tokio::test]
async fn an_edition_says_who_may_buy_it() {
    let street = Street::new().await;
    let (_, product, _) = street.of("Openlight").clone();
    let asks = json!({"spec": "server", "reach": "public", "customers": "enterprise", "regions": "everywhere"});
    street.put("Openlight", "audience", asks).await;
    let page = street.world.get("", &format!("/api/v1/products/{product}")).await.is(200);
    assert_eq!(page["audience"]["customers"], "all");
    assert_eq!(page["specs"][0]["audience"]["customers"], "enterprise");
    for path in [format!("/products/{product}"), format!("/products/{product}/price?spec=server")] {
        let (_, _, text) = look(&street.world, "", &path).await;
        assert!(text.contains("Sold to enterprises only."), "{path}: {text}");
    }
    let (_, _, text) = look(&street.world, "", &format!("/products/{}/price", street.of("Companyonly").1)).await;
    assert!(!text.contains("Sold to enterprises only."), "what is said of the product is not said again");
}

#[tokio::test]
async fn a_draft_that_was_meant_for_some_is_thrown_away_with_all_that_was_said_of_it() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let draft = world.post(&shop.token, "/api/v1/seller/products", listing(shop.agreement)).await.is(201);
    let own = format!("/api/v1/seller/products/{}", draft["id"].as_str().unwrap());
    let named = json!({"reach": "named", "customers": "all", "regions": "everywhere"});
    world.call(&shop.token, &format!("PUT {own}/audience"), named).await.is(200);
    world.call(&shop.token, &format!("DELETE {own}"), Value::Null).await.is(204);
    world.get(&shop.token, &own).await.refused(404, "not_found");
}
