//! What is not meant for everybody, looked for in every public place there is: pages, lists, counts, suggestions, feeds,
//! papers, pictures, prices, quotes and orders.
//!
//! Every product has words of its own. The words may stand where somebody may know of the product, and nowhere else.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, header},
};
use kernel::time::DAY;
use kontor::{
    server,
    stage::{
        Person, Stage,
        client::{Sent, text},
        listing,
    },
};
use platform::http::Access;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::stories::{ask, each, order, refusal};

on_both!(nobody_learns_of_or_buys_what_is_not_meant_for_them);

/// A product: the word in its name by which it is looked for, the word in its summary by which it is known, its ids.
struct Thing {
    word: &'static str,
    mark: &'static str,
    product: String,
    sku: String,
    guide: String,
}

/// One product of each visibility, and those who look.
struct Street {
    stage: Stage,
    router: Router,
    seller: Person,
    things: Vec<Thing>,
    named: Person,
    removed: Person,
    other: Person,
}

/// Word and mark of each product.
const THINGS: [(&str, &str); 9] = [
    ("Openlight", "markopen"),
    ("Backdoor", "markunlisted"),
    ("Veiled", "markhidden"),
    ("Chosenfew", "marknamed"),
    ("Frostbite", "markfrozen"),
    ("Banished", "markdelisted"),
    ("Departed", "markoffsale"),
    ("Companyonly", "markenterprise"),
    ("Nearhome", "markregion"),
];

/// What everybody finds: to whom it is sold is said on its page.
const FOUND: [&str; 3] = ["Openlight", "Companyonly", "Nearhome"];

impl Street {
    /// Everything is public at first: found, bought, marked, looked at, put on floors and recommended. Then it is not.
    async fn new(url: Option<&str>, name: &str) -> anyhow::Result<Self> {
        let stage = Stage::turned(url, name).await?;
        let people = &stage.people;
        let seller = people.seller("Cloudco Software").await?;
        let mut things = Vec::new();
        for (word, mark) in THINGS {
            things.push(put_on_sale(&stage, &seller, (word, mark)).await?);
        }
        let (named, removed) = (people.rich_buyer("Nadia Named").await?, people.rich_buyer("Remo Gone").await?);
        let other = people.rich_buyer("Otto Other").await?;
        let router = server::router(&stage.kontor, None);
        let street = Self { stage, router, seller, things, named, removed, other };
        street.fill_the_window().await?;
        street.close_off().await?;
        street.stage.kontor.app.clock.turn(2 * DAY);
        street.stage.kontor.run_due_jobs().await?;
        Ok(street)
    }

    fn of(&self, word: &str) -> anyhow::Result<&Thing> {
        self.things.iter().find(|thing| thing.word == word).context("a product of the street")
    }

    /// A floor and a tag with all of them, a buyer of all of them, marks and looks.
    async fn fill_the_window(&self) -> anyhow::Result<()> {
        let (stage, people) = (&self.stage, &self.stage.people);
        let operator = people.operator().await?;
        let client = &people.client;
        let tag = json!({ "code": "picked", "name": { "en": "Picked", "zh": "精选" } });
        client.post(&operator, "/api/v1/operator/tags", tag).await?;
        let all: Vec<&str> = self.things.iter().map(|thing| thing.product.as_str()).collect();
        for content in [
            json!({ "rule": "picked", "products": all }),
            json!({ "rule": "tagged", "tag": "picked" }),
            json!({ "rule": "newest", "category": "developer-tools" }),
            json!({ "rule": "best_selling" }),
            json!({ "rule": "varied" }),
        ] {
            let floor = json!({ "title": { "en": "Floor", "zh": "楼层" }, "content": content, "position": 1 });
            client.post(&operator, "/api/v1/operator/floors", floor).await?;
        }
        let (one, two) = (people.rich_buyer("Bella First").await?, people.rich_buyer("Bruno Second").await?);
        for thing in &self.things {
            let path = format!("/api/v1/operator/products/{}/tags", thing.product);
            ask(client, &operator, "PUT", &path, Some(json!({ "tags": ["picked"] }))).await?.good(&path)?;
            for buyer in [&one, &two] {
                order(people, buyer, json!({ "sku": thing.sku }), true).await?;
            }
            for viewer in [&self.named, &self.removed] {
                let path = format!("/api/v1/favourites/{}", thing.product);
                ask(client, &viewer.token, "PUT", &path, None).await?.good(&path)?;
                let (status, _) = self.look(&viewer.token, &format!("/products/{}", thing.product)).await?;
                ensure!(status == 200, "{} is on sale: {status}", thing.word);
            }
        }
        stage.kontor.run_due_jobs().await?;
        stage.kontor.app.clock.turn(2 * DAY);
        stage.kontor.run_due_jobs().await?;
        Ok(())
    }

    /// Each product becomes what its name says.
    async fn close_off(&self) -> anyhow::Result<()> {
        let people = &self.stage.people;
        let audience = |reach: &str, customers: &str, regions: &str| json!({ "reach": reach, "customers": customers, "regions": regions });
        self.set("Backdoor", "audience", audience("unlisted", "all", "everywhere")).await?;
        self.set("Veiled", "showing", json!({ "showing": "hidden" })).await?;
        self.set("Chosenfew", "audience", audience("named", "all", "everywhere")).await?;
        self.set("Companyonly", "audience", audience("public", "enterprise", "everywhere")).await?;
        self.set("Nearhome", "audience", audience("public", "all", "certified")).await?;
        let named = format!("/api/v1/seller/products/{}/named-accounts", self.of("Chosenfew")?.product);
        for person in [&self.named, &self.removed] {
            let body = json!({ "account": person.account, "name": person.name });
            people.client.post(&self.seller.token, &named, body).await?;
        }
        let path = format!("{named}/{}", self.removed.account);
        ask(&people.client, &self.seller.token, "DELETE", &path, None).await?.good(&path)?;
        for (word, kind) in [("Frostbite", "freeze"), ("Banished", "delisting")] {
            let until = (kind == "freeze").then(|| self.stage.kontor.app.clock.now().plus_days(30).to_string());
            let statement = json!({
                "kind": kind, "rule": "Rule 5.2.", "facts": "It does not start.", "remedy": "Make it start.", "until": until
            });
            let path = format!("/api/v1/operator/products/{}/measures", self.of(word)?.product);
            people.client.post(&people.operator().await?, &path, statement).await?;
        }
        let path = format!("/api/v1/seller/products/{}/removals", self.of("Departed")?.product);
        let removal = people.client.post(&self.seller.token, &path, json!({ "reason": "The vendor ends it." })).await?;
        let path = format!("/api/v1/operator/removals/{}/approval", text(&removal, "id")?);
        ask(&people.client, &people.operator().await?, "POST", &path, None).await?.good(&path)?;
        Ok(())
    }

    async fn set(&self, word: &str, what: &str, body: Value) -> anyhow::Result<()> {
        let path = format!("/api/v1/seller/products/{}/{what}", self.of(word)?.product);
        ask(&self.stage.people.client, &self.seller.token, "PUT", &path, Some(body)).await?.good(&path)?;
        Ok(())
    }

    /// Opens an address with a token, or as a visitor whose browser remembers every product.
    async fn look(&self, token: &str, path: &str) -> anyhow::Result<(u16, String)> {
        let mut request = Request::builder().uri(path);
        if token.is_empty() {
            let seen: Vec<&str> = self.things.iter().map(|thing| thing.product.trim_start_matches("prd_")).collect();
            request = request.header(header::COOKIE, format!("seen={}", seen.join(".")));
        } else {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let response = self.router.clone().oneshot(request.body(Body::empty())?).await?;
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), usize::MAX).await?;
        Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The products of which a text tells anything but the word that was asked for.
    fn told(&self, text: &str, asked: &str) -> BTreeSet<&'static str> {
        let text = text.to_lowercase();
        let tells = |thing: &&Thing| {
            let (word, asked) = (thing.word.to_lowercase(), asked.to_lowercase());
            let says = |word: &str| text.contains(word) && !asked.contains(word);
            says(&word) || says(thing.mark) || says(&thing.product) || says(&thing.sku)
        };
        self.things.iter().filter(tells).map(|thing| thing.word).collect()
    }

    /// Every public address that a program finds in the routes of the site, and the questions that are asked there.
    fn places(&self) -> anyhow::Result<Vec<String>> {
        let open = &self.of("Openlight")?.product;
        let fill = |path: &str| {
            path.replace("{product}", open)
                .replace("{account}", &self.seller.account)
                .replace("{part}", if path.starts_with("/sitemaps") { "products-1.xml" } else { "1" })
                .replace("{code}", "developer-tools")
                .replace("{topic}", "refunds")
                .replace("{number}", "1")
        };
        let routes = self.stage.kontor.routes();
        let pages = routes.faces().iter().filter(|face| face.method == "GET" && face.access == Access::Public);
        let described = routes.described().iter().filter(|one| one.method == "GET" && one.access == Access::Public);
        let mut places: Vec<String> =
            pages.map(|face| fill(face.path)).chain(described.map(|one| fill(one.path))).collect();
        places.retain(|path| !path.contains('{') && !path.starts_with("/dev/"));
        ensure!(places.len() > 30, "there are more public places: {places:?}");
        places.push("/sitemaps/pages.xml".to_owned());
        for path in ["/search", "/api/v1/search", "/api/v1/products"] {
            places.push(format!("{path}?seller={}", self.seller.account));
            places.push(format!("{path}?category=developer-tools"));
        }
        for path in ["/search", "/suggest", "/api/v1/search", "/api/v1/suggestions"] {
            places.push(format!("{path}?q=Cloudco"));
            places.push(format!("{path}?q=finds"));
            for thing in &self.things {
                // The word, its beginning, a slip of the finger, and what only its summary has.
                let (word, most) = (thing.word, thing.word.len() - 2);
                let slip = format!("{}x{}", &word[..4], &word[5..]);
                places.extend([word, &word[..most], &slip, thing.mark].map(|asked| format!("{path}?q={asked}")));
            }
        }
        places.push(format!("/compare?product={open}"));
        places.push("/search?sort=newest&page=2".to_owned());
        Ok(places)
    }
}

async fn put_on_sale(
    stage: &Stage,
    seller: &Person,
    (word, mark): (&'static str, &'static str),
) -> anyhow::Result<Thing> {
    let people = &stage.people;
    let mut wanted = listing(&format!("{word} Vault"), &people.document(seller, "service_agreement").await?);
    let guide = people.document(seller, "user_guide").await?;
    wanted["user_guide"] = json!(guide);
    wanted["summary"] = json!({ "en": format!("Finds the line, {mark}."), "zh": format!("找到那一行，{mark}。") });
    let draft = people.client.post(&seller.token, "/api/v1/seller/products", wanted).await?;
    let product = text(&draft, "id")?.to_owned();
    people.publish(seller, &product).await?;
    let page = people.client.get(&seller.token, &format!("/api/v1/products/{product}")).await?;
    // The licence that is paid once.
    let sku = text(&page["specs"][1]["skus"][0], "id")?.to_owned();
    Ok(Thing { word, mark, product, sku, guide })
}

async fn nobody_learns_of_or_buys_what_is_not_meant_for_them(url: Option<String>) -> anyhow::Result<()> {
    let street = Street::new(url.as_deref(), "unseen").await?;
    no_public_place_tells_of_it(&street).await?;
    an_address_opens_for_whom_it_is_meant(&street).await?;
    who_may_buy_is_asked_at_the_quote_at_the_order_and_at_the_payment(&street).await?;
    street.stage.check().await?;
    street.stage.close().await
}

async fn no_public_place_tells_of_it(street: &Street) -> anyhow::Result<()> {
    let found = BTreeSet::from(FOUND);
    let with_chosen: BTreeSet<&str> = FOUND.into_iter().chain(["Chosenfew"]).collect();
    let staff = street.stage.people.operator().await?;
    let mut everywhere = BTreeSet::new();
    for (who, token, may_know) in [
        ("a stranger", "", &found),
        ("another buyer", street.other.token.as_str(), &found),
        ("a removed buyer", &street.removed.token, &found),
        ("a named buyer", &street.named.token, &with_chosen),
        ("the seller", &street.seller.token, &found),
        ("staff", &staff, &found),
    ] {
        for path in street.places()? {
            let remembers = path == "/" || path == "/recently-viewed" || path.starts_with("/products/");
            let looked = token == street.removed.token || token == street.named.token;
            let (status, page) = street.look(token, &path).await?;
            ensure!(status < 500, "{path} as {who}: {status} {page}");
            let asked = path.split_once("q=").map_or("", |(_, asked)| asked);
            let told = street.told(&page, asked);
            // Who has opened it before is shown it again, as long as its link opens.
            let by_link = |word: &&str| looked && remembers && ["Backdoor", "Veiled", "Frostbite"].contains(word);
            let secret: Vec<&&str> = told.iter().filter(|word| !may_know.contains(*word) && !by_link(word)).collect();
            ensure!(secret.is_empty(), "{path} as {who} tells of {secret:?}");
            if token.is_empty() {
                everywhere.extend(told);
            }
        }
    }
    assert_eq!(everywhere, found, "the walk sees what there is to see");
    for (path, expected) in [
        ("/api/v1/search", 3),
        ("/api/v1/search?category=developer-tools", 3),
        ("/api/v1/search?q=Chosenfew", 0),
        ("/api/v1/search?q=marknamed", 0),
    ] {
        let (_, page) = street.look("", path).await?;
        let page: Value = serde_json::from_str(&page)?;
        assert_eq!(page["total"], expected, "{path}: {page}");
        let counted: i64 = page["facets"]["categories"]["developer-tools"].as_i64().unwrap_or(0);
        assert_eq!(counted, expected, "{path}: counts tell as little");
    }
    let tags: Value = serde_json::from_str(&street.look("", "/api/v1/tags").await?.1)?;
    assert_eq!(tags["items"][0]["products"], 3, "{tags}");
    let (_, named) = street.look(&street.named.token, "/api/v1/search?q=Chosenfew").await?;
    assert!(named.contains("marknamed"), "who is named finds it: {named}");
    Ok(())
}

async fn an_address_opens_for_whom_it_is_meant(street: &Street) -> anyhow::Result<()> {
    let people = &street.stage.people;
    for thing in &street.things {
        let Thing { word, product, sku, guide, .. } = thing;
        let gone = matches!(*word, "Banished" | "Departed");
        for (who, token, named) in [
            ("a stranger", "", false),
            ("a removed buyer", &street.removed.token, false),
            ("a named buyer", &street.named.token, true),
        ] {
            let opens = !gone && (*word != "Chosenfew" || named);
            let expected = if opens { 200 } else { 404 };
            for path in [
                format!("/products/{product}"),
                format!("/products/{product}/price"),
                format!("/products/{product}/agreement"),
                format!("/products/{product}/coupons"),
                format!("/products/{product}/papers/{guide}"),
                format!("/api/v1/products/{product}"),
                format!("/api/v1/products/{product}/agreement"),
                format!("/api/v1/products/{product}/coupons"),
                format!("/api/v1/products/{product}/papers/{guide}"),
                format!("/api/v1/products/{product}/recommendations"),
            ] {
                let (status, page) = street.look(token, &path).await?;
                assert_eq!(status, expected, "{word}: {path} as {who}");
                ensure!(opens || !street.told(&page, &path).contains(word), "{path} as {who} tells of it: {page}");
            }
            let wanted = Some(json!({ "sku": sku }));
            let sent = Sent { token: Some(token).filter(|token| !token.is_empty()), body: wanted, ..Sent::default() };
            let preview = people.client.call("POST", "/api/v1/price-preview", sent).await?;
            assert_eq!(preview.status, expected, "the price of {word} as {who}: {}", preview.body);
            let (_, compared) = street.look(token, &format!("/compare?product={product}")).await?;
            assert_eq!(compared.contains(word), opens, "{word} compared as {who}");
            let (_, page) = street.look(token, &format!("/products/{product}")).await?;
            let listed = FOUND.contains(word);
            assert_eq!(page.contains("application/ld+json"), listed, "{word}: only what everybody finds is passed on");
            assert_eq!(page.contains("noindex"), opens && !listed, "{word}: engines leave the rest out");
        }
    }
    // What they marked and looked at while it was public: a link stays a link, and what is not theirs is not named.
    let remembered = ["Openlight", "Backdoor", "Veiled", "Frostbite", "Companyonly", "Nearhome"];
    let without: BTreeSet<&str> = remembered.into();
    let with: BTreeSet<&str> = remembered.into_iter().chain(["Chosenfew"]).collect();
    for (token, expected) in [(&street.removed.token, &without), (&street.named.token, &with)] {
        for path in ["/console/favourites", "/recently-viewed", "/api/v1/favourites", "/api/v1/recently-viewed"] {
            let (status, page) = street.look(token, path).await?;
            let marks = street.things.iter().filter(|thing| page.contains(&format!("{} Vault", thing.word)));
            let named: BTreeSet<&str> = marks.map(|thing| thing.word).collect();
            assert_eq!((status, &named), (200, expected), "{path}");
        }
    }
    Ok(())
}

async fn who_may_buy_is_asked_at_the_quote_at_the_order_and_at_the_payment(street: &Street) -> anyhow::Result<()> {
    let people = &street.stage.people;
    let client = &people.client;
    let quote = async |buyer: &Person, word: &str| {
        let body = json!({ "sku": street.of(word)?.sku });
        ask(client, &buyer.token, "POST", "/api/v1/quotes", Some(body)).await
    };
    for (word, expected) in [
        ("Openlight", (201, "")),
        ("Backdoor", (201, "")),
        ("Veiled", (201, "")),
        ("Chosenfew", (404, "not_found")),
        ("Frostbite", (422, "sale.frozen")),
        ("Banished", (404, "not_found")),
        ("Departed", (404, "not_found")),
        ("Companyonly", (422, "sale.enterprise_only")),
        ("Nearhome", (201, "")),
    ] {
        for buyer in [&street.other, &street.removed] {
            assert_eq!(refusal(&quote(buyer, word).await?), expected, "{word} for {}", buyer.name);
            let (status, page) =
                street.look(&buyer.token, &format!("/checkout?sku={}&periods=1", street.of(word)?.sku)).await?;
            assert_eq!(status, if expected.0 == 201 { 200 } else { expected.0 }, "the checkout of {word}: {page}");
            let told = street.told(&page, &street.of(word)?.sku);
            ensure!(expected.0 != 404 || !told.contains(word), "the checkout tells of {word}");
        }
    }
    // Nadia is named: she has a quote, an order that waits for its payment, and one that is paid.
    let accepted = async |buyer: &Person| {
        let quote = quote(buyer, "Chosenfew").await?.good("quote")?;
        Ok::<Value, anyhow::Error>(json!({ "quote": text(&quote, "id")? }))
    };
    let kept = accepted(&street.named).await?;
    let placed = client.post(&street.named.token, "/api/v1/orders", accepted(&street.named).await?).await?;
    order(people, &street.named, json!({ "sku": street.of("Chosenfew")?.sku }), true).await?;
    street.stage.kontor.run_due_jobs().await?;
    let path =
        format!("/api/v1/seller/products/{}/named-accounts/{}", street.of("Chosenfew")?.product, street.named.account);
    ask(client, &street.seller.token, "DELETE", &path, None).await?.good(&path)?;
    let late = ask(client, &street.named.token, "POST", "/api/v1/orders", Some(kept)).await?;
    assert_eq!(late.status, 404, "a quote from before helps nobody: {}", late.body);
    let pay = format!("/api/v1/orders/{}/pay", text(&placed, "id")?);
    let unpaid = ask(client, &street.named.token, "POST", &pay, None).await?;
    assert_eq!(refusal(&unpaid), (422, "order.no_longer_sold"));
    let owned = client.get(&street.named.token, "/api/v1/instances").await?;
    assert_eq!(each(&owned, "state"), ["active"], "what she has bought stays hers: {owned}");
    // A buyer who is registered elsewhere cannot buy what is certified for this region.
    street
        .set("Openlight", "audience", json!({ "reach": "public", "customers": "personal", "regions": "everywhere" }))
        .await?;
    let company = people.seller("Buyerco Trading").await?;
    assert_eq!(refusal(&quote(&company, "Openlight").await?), (422, "sale.personal_only"));
    assert_eq!(quote(&company, "Companyonly").await?.status, 201);
    Ok(())
}
