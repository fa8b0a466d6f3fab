//! What the operator does against a product: at once, with reasons, appealed once, decided by somebody else.

use kernel::Error;
use serde_json::{Value, json};

use crate::{
    storefront::look,
    world::{Shop, World, listing},
};

struct Case {
    world: World,
    shop: Shop,
    product: String,
    sku: String,
}

impl Case {
    async fn new() -> Self {
        let world = World::new().await;
        let shop = world.shop("Cloudco").await;
        world.shop("Buyerco").await;
        let product = world.lists(&shop, listing(shop.agreement)).await;
        let page = world.get("", &format!("/api/v1/products/{product}")).await.is(200);
        let sku = page["specs"][0]["skus"][0]["id"].as_str().unwrap().to_owned();
        world.reacts().await;
        Self { world, shop, product, sku }
    }

    async fn takes(&self, kind: &str, until: Option<&str>) -> String {
        let body = json!({
            "kind": kind, "rule": "Listings promise what is delivered (5.2).", "facts": "It does not start.",
            "remedy": "Make it start.", "until": until,
        });
        let path = format!("/api/v1/operator/products/{}/measures", self.product);
        self.world.post(&self.world.reviewer, &path, body).await.is(201)["id"].as_str().unwrap().to_owned()
    }

    async fn state(&self) -> String {
        let own = format!("/api/v1/seller/products/{}", self.product);
        let token = self.world.comes_back("Cloudco").await;
        self.world.get(&token, &own).await.is(200)["state"].as_str().unwrap().to_owned()
    }

    /// Whether the product stands in lists, whether its page opens, what a buyer hears.
    async fn seen(&self) -> (bool, u16, &'static str) {
        let listed = self.world.get("", "/api/v1/search").await.is(200)["total"] == 1;
        let opens = look(&self.world, "", &format!("/products/{}", self.product)).await.0;
        let sold = match self.world.sold_to("Buyerco", &self.sku).await {
            Ok(()) => "sold",
            Err(Error::NotFound(_)) => "missing",
            Err(error) => error.refusal_code().unwrap(),
        };
        (listed, opens, sold)
    }
}

#[tokio::test]
async fn a_delisted_product_is_gone_until_an_appeal_that_another_reviewer_grants() {
    let case = Case::new().await;
    let world = &case.world;
    let measure = case.takes("delisting", None).await;
    assert_eq!((case.state().await.as_str(), case.seen().await), ("delisted", (false, 404, "missing")));
    world.reacts().await;
    let told = world.told(&case.shop.token).await;
    for said in
        ["Rule: Listings promise what is delivered (5.2).", "Facts: It does not start.", "until 2026-12-07 10:00"]
    {
        assert!(told[0].contains(said), "{told:?}");
    }
    let own = format!("/api/v1/seller/measures/{measure}");
    let path = format!("/api/v1/operator/measures/{measure}");
    let verdict = json!({"outcome": "lifted", "reason": "The log shows that it starts."});
    world.post(&world.second, &format!("{path}/decision"), verdict.clone()).await.refused(409, "measure.no_appeal");
    world.post(&case.shop.token, &format!("{own}/appeal"), json!({"text": " "})).await.refused(422, "invalid");
    let appealed =
        world.post(&case.shop.token, &format!("{own}/appeal"), json!({"text": "It does start."})).await.is(200);
    assert_eq!(
        (&appealed["state"], &appealed["appeal_due_at"]),
        (&json!("appealed"), &json!("2026-11-30T02:00:00.000000Z"))
    );
    let again = world.post(&case.shop.token, &format!("{own}/appeal"), json!({"text": "Really."})).await;
    again.refused(409, "measure.appealed_once");
    let same = world.post(&world.reviewer, &format!("{path}/decision"), verdict.clone()).await;
    same.refused(403, "measure.same_hand");
    assert_eq!(world.post(&world.second, &format!("{path}/decision"), verdict).await.is(200)["state"], "lifted");
    assert_eq!((case.state().await.as_str(), case.seen().await), ("on_sale", (true, 200, "sold")));
    world.reacts().await;
    assert!(world.told(&case.shop.token).await[0].ends_with("The log shows that it starts."));
    let statistics = world.get(&world.second, "/api/v1/operator/review-statistics?days=7").await.is(200);
    let all = statistics["reviewers"].as_array().cloned().unwrap_or_default();
    let sum = |key: &str| all.iter().filter_map(|one| one[key].as_i64()).sum::<i64>();
    assert_eq!((sum("measures"), sum("appeals"), sum("first_approvals")), (1, 1, 0), "{statistics}");
    let judge = all.iter().find(|one| one["appeals"] == 1).unwrap();
    assert_eq!(judge["measures"], 0, "another hand has decided: {statistics}");
}

#[tokio::test]
async fn frozen_trade_is_looked_at_and_not_bought_and_ends_by_itself() {
    let case = Case::new().await;
    let world = &case.world;
    let path = format!("/api/v1/operator/products/{}/measures", case.product);
    let endless = json!({"kind": "freeze", "rule": "5.2", "facts": "x", "remedy": "y"});
    let refused = world.post(&world.reviewer, &path, endless).await.refused(422, "invalid");
    assert_eq!(refused["errors"][0]["field"], "until");
    let measure = case.takes("freeze", Some("2026-12-01T00:00:00Z")).await;
    assert_eq!((case.state().await.as_str(), case.seen().await), ("frozen", (false, 200, "sale.frozen")));
    let (_, _, page) = look(world, "", &format!("/products/{}", case.product)).await;
    assert!(page.contains("frozen the trade"), "the page says so");

    // A better version does not bring it back by itself, and neither does the end of a lesser measure.
    let mut next = listing(case.shop.agreement);
    next["version"] = json!("V3.0");
    world.edit(&case.shop.token, &format!("PUT /api/v1/seller/products/{}", case.product), 1, next).await.is(200);
    world.approves(&case.shop, &case.product).await;
    assert_eq!(case.state().await, "frozen");
    let second = case.takes("delisting", None).await;
    assert_eq!(case.state().await, "delisted");
    let lift = json!({"reason": "Mended."});
    world.post(&world.reviewer, &format!("/api/v1/operator/measures/{second}/lifting"), lift).await.is(200);
    assert_eq!(case.state().await, "frozen");
    world.catalogue.app.clock.turn(9 * kernel::time::DAY);
    world.reacts().await;
    assert_eq!((case.state().await.as_str(), case.seen().await), ("on_sale", (true, 200, "sold")));
    let token = world.comes_back("Cloudco").await;
    let own = world.get(&token, "/api/v1/seller/measures").await.is(200);
    let states: Vec<&Value> = own["items"].as_array().unwrap().iter().map(|one| &one["state"]).collect();
    assert_eq!(states, ["lifted", "expired"]);
    let late = format!("/api/v1/seller/measures/{measure}/appeal");
    world.post(&token, &late, json!({"text": "Why?"})).await.refused(409, "measure.over");
}

#[tokio::test]
async fn what_the_operator_has_frozen_can_be_given_up_for_good() {
    let case = Case::new().await;
    case.takes("freeze", Some("2026-12-31T00:00:00Z")).await;
    let page = format!("/seller/products/{}/sale", case.product);
    let (_, _, sale) = look(&case.world, &case.shop.token, &page).await;
    assert!(sale.contains(&format!("action=\"{page}?")) && sale.contains("name=\"reason\""), "{sale}");
    let path = format!("/api/v1/seller/products/{}/removals", case.product);
    let body = json!({"reason": "We end it instead."});
    let removal = case.world.post(&case.shop.token, &path, body).await.is(201);
    let path = format!("/api/v1/operator/removals/{}/approval", removal["id"].as_str().unwrap());
    case.world.post(&case.world.reviewer, &path, Value::Null).await.is(200);
    assert_eq!((case.state().await.as_str(), case.seen().await), ("off_sale", (false, 404, "missing")));
    // The end of the freeze does not bring it back.
    case.world.catalogue.app.clock.turn(60 * kernel::time::DAY);
    case.world.reacts().await;
    assert_eq!(case.state().await, "off_sale");
}
