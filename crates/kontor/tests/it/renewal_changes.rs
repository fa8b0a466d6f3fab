//! Another specification with a renewal: its seller's system is asked first, it is paid with the new term, and it begins with
//! that: less of it, another edition, one that is refused, one that goes back, one that its seller does not carry out.

use std::sync::Arc;

use anyhow::Context;
use kernel::time::{DAY, HOUR, MINUTE};
use kontor::{
    kit::{Manner, Standing},
    stage::client::{Reply, text},
};
use serde_json::{Value, json};

use crate::{
    changes::hosted,
    grace::gives,
    renewals::{MONTH, Scene},
    saas::{self, System},
    stories::{ask, buy, each, inbox, months, refusal, says, wallet},
};

on_both!(
    what_its_seller_agrees_to_begins_with_the_new_term,
    what_its_seller_refuses_is_not_paid,
    less_from_the_next_term_on_is_no_way_round_a_limit,
    it_goes_back_in_full_until_it_begins,
    what_goes_on_by_itself_costs_no_more_than_was_agreed_to,
    what_its_seller_does_not_carry_out_ends_as_it_would_have,
    what_was_frozen_becomes_something_else_at_once,
    what_is_in_its_grace_becomes_something_else_and_nobody_is_let_in_again,
    a_switch_that_fails_leaves_a_day_to_renew_it_as_it_was,
    what_fails_goes_on_by_itself_as_its_buyer_has_agreed,
    what_does_not_begin_by_our_own_fault_is_paid_back,
    one_answer_is_good_for_one_order,
    it_is_asked_and_told_by_events,
    a_page_asks_and_shows_the_price_before_anything_is_paid,
);

/// A month of five users of the larger edition.
const LESS: i64 = 20_000;

/// Something hosted that can become anything, two days after its month began: from then on it can be renewed as something else.
struct Owned {
    scene: Scene,
    system: System,
    instance: String,
    /// Its own edition, and the larger one.
    skus: [String; 2],
    product: String,
}

impl Owned {
    async fn open(url: Option<String>, name: &'static str) -> anyhow::Result<Self> {
        Self::on(Box::pin(Scene::open(url, name)).await?).await
    }

    async fn on(scene: Scene) -> anyhow::Result<Self> {
        let (system, product, skus) = Box::pin(hosted(&scene)).await?;
        scene.allow(&product, "server", "any").await?;
        let instance = buy(&scene.stage, &scene.buyer, months(&skus[0], 1)).await?;
        scene.pass(2 * DAY).await?;
        Ok(Self { scene, system, instance, skus, product })
    }

    /// Five users of the larger edition: fewer, and dearer each.
    fn wanted(&self) -> Value {
        json!({ "sku": self.skus[1], "quantities": { "users": 5 } })
    }

    async fn post(&self, what: &str, body: &Value) -> anyhow::Result<Reply> {
        let path = format!("/api/v1/instances/{}/{what}", self.instance);
        ask(&self.scene.people().client, &self.scene.buyer.token, "POST", &path, Some(body.clone())).await
    }

    async fn preview(&self, wanted: &Value) -> anyhow::Result<Value> {
        self.post("renewal-change-preview", wanted).await?.good("preview")
    }

    /// Asks its seller's system: what it says.
    async fn check(&self, wanted: &Value) -> anyhow::Result<Value> {
        self.post("renewal-change-check", wanted).await?.good("check")?;
        self.scene.stage.kontor.run_due_jobs().await?;
        Ok(self.preview(wanted).await?["check"].clone())
    }

    async fn pay(&self, wanted: &Value) -> anyhow::Result<Reply> {
        let mut body = wanted.clone();
        body["seen"] = self.preview(wanted).await?["seen"].clone();
        self.post("renewal-changes", &body).await
    }

    /// Asked, agreed to, paid.
    async fn renew_into(&self, wanted: &Value) -> anyhow::Result<Value> {
        assert_eq!(self.check(wanted).await?["state"], "passed");
        self.pay(wanted).await?.good("renew")
    }

    async fn shown(&self) -> anyhow::Result<Value> {
        self.scene.shown(&self.instance).await
    }

    async fn wallet(&self) -> anyhow::Result<i64> {
        wallet(self.scene.people(), &self.scene.buyer).await
    }

    async fn changes(&self) -> anyhow::Result<Value> {
        self.scene.get(&format!("/api/v1/instances/{}/changes", self.instance)).await
    }

    /// What its system was told or asked with an activity.
    fn told(&self, activity: &str) -> Vec<Value> {
        self.system.kit.seen().into_iter().filter(|request| request["activity"] == activity).collect()
    }
}

async fn what_its_seller_agrees_to_begins_with_the_new_term(url: Option<String>) -> anyhow::Result<()> {
    let owned = Box::pin(Owned::open(url, "begins")).await?;
    let (scene, people) = (&owned.scene, owned.scene.people());
    let young = buy(&scene.stage, &scene.buyer, months(&owned.skus[0], 2)).await?;
    let path = format!("/api/v1/instances/{young}/renewal-change-preview");
    let early = ask(&people.client, &scene.buyer.token, "POST", &path, Some(owned.wanted())).await?;
    assert_eq!(refusal(&early), (422, "change.too_early"));
    let options = scene.get(&format!("/api/v1/instances/{}/renewal-change-options", owned.instance)).await?;
    assert_eq!(each(&options, "sku"), [&owned.skus[0], &owned.skus[1]]);
    let as_it_is = owned.post("renewal-change-preview", &json!({})).await?;
    assert_eq!(refusal(&as_it_is), (422, "change.nothing"));

    // 5 × 40.00, for the month after this one; nothing for what is left of this one.
    let wanted = owned.wanted();
    let preview = owned.preview(&wanted).await?;
    assert_eq!((&preview["total"]["minor"], &preview["check"]), (&json!(LESS), &Value::Null));
    assert_eq!(preview["term"]["from"], "2026-04-02T01:00:00.000000Z");
    assert!(text(&preview["explanation"], "en")?.contains("5 × 40.00 = 200.00"), "{preview}");
    assert_eq!(refusal(&owned.pay(&wanted).await?), (422, "change.not_checked"));
    let asked = owned.post("renewal-change-check", &wanted).await?.good("check")?;
    assert_eq!(asked["check"]["state"], "asked");
    assert_eq!(refusal(&owned.pay(&wanted).await?), (422, "change.being_checked"));
    scene.stage.kontor.run_due_jobs().await?;
    let asked = owned.told("changeInstanceCheck");
    let target = json!({ "productId": owned.product, "skuCode": preview["sku_code"], "linearValue": 5 });
    let of = |one: &Value| {
        let mut info = one["productInfo"].clone();
        let name = info.as_object_mut().and_then(|info| info.remove("productName"));
        (info, name.is_some_and(|name| name.is_string()))
    };
    assert_eq!(asked.iter().map(of).collect::<Vec<_>>(), [(target, true)]);
    assert_eq!(owned.preview(&wanted).await?["check"]["state"], "passed");
    // It has agreed to just that, and for a while.
    let other = json!({ "sku": owned.skus[1], "quantities": { "users": 6 } });
    assert_eq!(refusal(&owned.pay(&other).await?), (422, "change.not_checked"));
    scene.pass(31 * MINUTE).await?;
    assert_eq!(refusal(&owned.pay(&wanted).await?), (422, "change.not_checked"));

    let held = owned.wallet().await?;
    let change = owned.renew_into(&wanted).await?;
    assert_eq!((owned.wallet().await?, &change["state"]), (held - LESS, &json!("ahead")));
    let shown = owned.shown().await?;
    assert_eq!((&shown["sku"], &shown["quantities"]["users"]), (&json!(owned.skus[0]), &json!(10)), "until then");
    assert_eq!(shown["expires_at"], "2026-05-02T01:00:00.000000Z");
    let order = scene.get(&format!("/api/v1/orders/{}", text(&change, "order")?)).await?;
    assert_eq!((&order["kind"], &order["state"]), (&json!("renewal_change"), &json!("paid")));
    for (what, body, code) in [
        ("renewal", json!({ "seen": "" }), "renewal.changing"),
        ("changes", json!({ "quantities": { "users": 20 }, "seen": "" }), "change.renewed_ahead"),
        ("renewal-changes", json!({ "quantities": { "users": 20 }, "seen": "" }), "change.renewed_ahead"),
        ("renewal-change-check", json!({ "quantities": { "users": 20 } }), "change.renewed_ahead"),
    ] {
        assert_eq!(refusal(&owned.post(what, &body).await?), (422, code), "{what}");
    }
    let query = format!("/api/mkp-openapi-public/global/v1/order/query?orderId={}", text(&order, "number")?);
    let read = people.client.get(&scene.seller.token, &query).await?["orderInfo"].clone();
    let line = &read["orderLine"][0];
    assert_eq!((&read["orderType"], &line["expireTime"]), (&json!("CHANGE"), &json!("20260502010000")), "{read}");
    assert_eq!(line["productInfo"][0]["linearValue"], json!(5));
    assert!(owned.told("refreshInstance").is_empty(), "its system learns of it when the term begins");
    scene.stage.check().await?;

    scene.pass(29 * DAY).await?;
    let shown = owned.shown().await?;
    assert_eq!((&shown["sku"], &shown["quantities"]["users"]), (&json!(owned.skus[1]), &json!(5)), "{shown}");
    assert_eq!((&shown["state"], &shown["changing"]), (&json!("active"), &Value::Null));
    let told = owned.told("refreshInstance").pop().context("it was told")?;
    assert_eq!((&told["scene"], &told["expireTime"]), (&json!("RENEWAL_CHANGE"), &json!("20260502010000")));
    assert_eq!((&told["orderId"], &told["productId"]), (&order["number"], &json!(owned.product)));
    assert_eq!(owned.system.ends(), ["20260502010000"]);
    assert_eq!(owned.system.kit.changes().len(), 1);
    assert_eq!(scene.order_state(&change).await?, "completed");
    assert_eq!(each(&owned.changes().await?, "state"), ["done"]);
    for who in [&scene.buyer, &scene.seller] {
        assert!(says(&inbox(people, &who.token).await?, "Changed: "));
    }
    // It costs what it is now, and is what it became.
    let renewal = scene.get(&format!("/api/v1/instances/{}/renewal", owned.instance)).await?;
    assert_eq!(renewal["total"]["minor"], json!(LESS));
    assert_eq!(refusal(&owned.post("renewal/return", &json!({})).await?), (422, "refund.changed"));
    // In the middle of the new term it is changed as anything else: 5 more at 40.00 for all of the month but a moment.
    scene.allow(&owned.product, "cluster", "more").await?;
    let more = owned.post("change-preview", &json!({ "quantities": { "users": 10 } })).await?.good("more")?;
    assert_eq!(more["total"]["minor"], json!(LESS));
    owned.scene.close().await
}

async fn what_its_seller_refuses_is_not_paid(url: Option<String>) -> anyhow::Result<()> {
    let owned = Box::pin(Owned::open(url, "refuses")).await?;
    let (wanted, held) = (owned.wanted(), owned.wallet().await?);
    owned.system.kit.behave(Manner::Full);
    let check = owned.check(&wanted).await?;
    assert_eq!(
        (&check["state"], &check["said"]),
        (&json!("refused"), &json!("12 users are in use, which does not fit"))
    );
    let refused = owned.pay(&wanted).await?;
    assert_eq!(refusal(&refused), (422, "change.check_refused"));
    assert!(refused.body.to_string().contains("12 users are in use"), "its buyer learns why: {}", refused.body);
    // Who does not believe us has not answered, nor who is not there, nor who takes too long.
    owned.system.kit.forget_keys();
    assert_eq!(owned.check(&wanted).await?["state"], "unanswered");
    assert_eq!(refusal(&owned.pay(&wanted).await?), (422, "change.check_unanswered"));
    let path = saas::address(owned.scene.people(), &owned.scene.seller).await?;
    saas::new_key(owned.scene.people(), &owned.scene.seller, &owned.system, &path).await?;
    owned.post("renewal-change-check", &wanted).await?.good("ask again")?;
    let other = json!({ "quantities": { "users": 5 } });
    let asking = owned.post("renewal-change-check", &other).await?;
    assert_eq!(refusal(&asking), (422, "change_check.asking"), "one question at a time");
    owned.scene.stage.kontor.app.clock.turn(3 * MINUTE);
    assert_eq!(owned.preview(&wanted).await?["check"]["state"], "unanswered", "it was waited for");
    owned.system.kit.behave(Manner::Well);
    owned.scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(owned.preview(&wanted).await?["check"]["state"], "passed", "late, and good all the same");
    assert_eq!(owned.wallet().await?, held, "nothing is paid by asking");
    // Whoever does nothing but ask is told to stop.
    for users in 11..28 {
        owned.check(&json!({ "quantities": { "users": users } })).await?;
    }
    let often = owned.post("renewal-change-check", &json!({ "quantities": { "users": 30 } })).await?;
    assert_eq!(refusal(&often), (422, "change_check.too_often"));
    owned.scene.allow(&owned.product, "server", "more").await?;
    assert_eq!(refusal(&owned.post("renewal-change-preview", &wanted).await?), (422, "change.only_numbers"));
    owned.scene.allow(&owned.product, "server", "never").await?;
    assert_eq!(refusal(&owned.post("renewal-change-preview", &wanted).await?), (422, "change.not_at_all"));
    owned.system.stop().await;
    owned.scene.allow(&owned.product, "server", "any").await?;
    owned.scene.pass(HOUR).await?;
    assert_eq!(owned.check(&wanted).await?["state"], "unanswered", "nobody is there");
    owned.scene.close().await
}

async fn less_from_the_next_term_on_is_no_way_round_a_limit(url: Option<String>) -> anyhow::Result<()> {
    let owned = Box::pin(Owned::open(url, "limit")).await?;
    let (scene, people) = (&owned.scene, owned.scene.people());
    let path = format!("/api/v1/seller/products/{}/limits", owned.product);
    let limits = json!({ "spec": "server", "units": { "of": "users", "max": 15 } });
    ask(&people.client, &scene.seller.token, "PUT", &path, Some(limits)).await?.good("limit")?;
    // More than it may hold is refused, whenever it begins.
    let many = json!({ "quantities": { "users": 16 } });
    for what in ["renewal-change-preview", "renewal-change-check", "renewal-changes"] {
        let mut body = many.clone();
        if what == "renewal-changes" {
            body["seen"] = json!("");
        }
        assert_eq!(refusal(&owned.post(what, &body).await?), (422, "order.too_many"), "{what}");
    }
    assert!(owned.told("changeInstanceCheck").is_empty(), "its seller's system is not asked for nothing");
    let change = owned.renew_into(&json!({ "quantities": { "users": 5 } })).await?;
    // Ten are used until the old end, so that there is room for five more, and not for ten.
    let buy_more = async |users: u32| {
        let wanted = json!({ "sku": owned.skus[0], "quantities": { "users": users }, "periods": 1 });
        let quote = people.client.post(&scene.buyer.token, "/api/v1/quotes", wanted).await?;
        let order = json!({ "quote": quote["id"], "pay_with": "wallet" });
        ask(&people.client, &scene.buyer.token, "POST", "/api/v1/orders", Some(order)).await
    };
    assert_eq!(refusal(&buy_more(6).await?), (422, "order.too_many"));
    let again = owned.post("changes", &json!({ "quantities": { "users": 15 }, "seen": "" })).await?;
    assert_eq!(refusal(&again), (422, "change.renewed_ahead"), "less ahead and more now");
    buy_more(5).await?.good("as many as there is room for")?;
    scene.stage.kontor.run_due_jobs().await?;
    // When it begins, five are free again.
    scene.pass(30 * DAY).await?;
    assert_eq!(scene.order_state(&change).await?, "completed");
    assert_eq!(owned.shown().await?["quantities"]["users"], json!(5));
    assert_eq!(refusal(&buy_more(6).await?), (422, "order.too_many"));
    buy_more(5).await?.good("as many as there is room for")?;
    owned.scene.close().await
}

async fn it_goes_back_in_full_until_it_begins(url: Option<String>) -> anyhow::Result<()> {
    let owned = Box::pin(Owned::open(url, "back")).await?;
    let (scene, held, wanted) = (&owned.scene, owned.wallet().await?, owned.wanted());
    owned.renew_into(&wanted).await?;
    let path = format!("/api/v1/instances/{}/renewal/return", owned.instance);
    let preview = scene.get(&path).await?;
    assert_eq!((&preview["cause"], &preview["amount"]["minor"]), (&json!("renewal_not_begun"), &json!(LESS)));
    owned.post("renewal/return", &json!({})).await?.good("give back")?;
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(owned.wallet().await?, held);
    let shown = owned.shown().await?;
    assert_eq!((&shown["changing"], &shown["sku"]), (&Value::Null, &json!(owned.skus[0])));
    assert_eq!(shown["expires_at"], "2026-04-02T01:00:00.000000Z");
    assert_eq!(each(&owned.changes().await?, "state"), ["withdrawn"]);
    scene.stage.check().await?;
    // An answer is good for one order, also for one that went back.
    assert_eq!(refusal(&owned.pay(&wanted).await?), (422, "change.not_checked"));
    owned.renew_into(&json!({ "quantities": { "users": 12 } })).await?;
    owned.post("renewal/return", &json!({})).await?.good("give back")?;
    // Its timer finds nothing to do, and the term is over.
    scene.pass(30 * DAY).await?;
    assert_eq!((&owned.shown().await?["state"], owned.system.standing()), (&json!("expired"), vec![Standing::Frozen]));
    assert!(owned.told("refreshInstance").is_empty(), "what was never told is not untold");
    assert_eq!(each(&owned.changes().await?, "state"), ["withdrawn", "withdrawn"]);
    owned.scene.close().await
}

async fn what_goes_on_by_itself_costs_no_more_than_was_agreed_to(url: Option<String>) -> anyhow::Result<()> {
    let owned = Box::pin(Owned::open(url, "agreed")).await?;
    let scene = &owned.scene;
    let agree = async |minor: i64| {
        let path = format!("/api/v1/instances/{}/expiry", owned.instance);
        let max = json!({ "minor": minor, "currency": "CNY" });
        let wish = json!({ "policy": "automatic", "periods": 1, "price_max": max });
        ask(&scene.people().client, &scene.buyer.token, "PUT", &path, Some(wish)).await?.good("agree")
    };
    agree(MONTH).await?;
    // Twenty of the larger edition cost more than that; five of it less.
    owned.renew_into(&json!({ "sku": owned.skus[1], "quantities": { "users": 20 } })).await?;
    for _ in 0..31 {
        scene.pass(DAY).await?;
    }
    assert_eq!(owned.shown().await?["quantities"]["users"], json!(20));
    let held = owned.wallet().await?;
    for _ in 0..25 {
        scene.pass(DAY).await?;
    }
    assert_eq!(owned.wallet().await?, held, "nobody has agreed to that");
    let path = format!("/api/v1/instances/{}/expiry", owned.instance);
    assert_eq!(scene.get(&path).await?["trouble"], "price");
    scene.allow(&owned.product, "cluster", "any").await?;
    let held = held - LESS;
    owned.renew_into(&owned.wanted()).await?;
    for _ in 0..36 {
        scene.pass(DAY).await?;
    }
    let shown = owned.shown().await?;
    assert_eq!((&shown["state"], &shown["quantities"]["users"]), (&json!("active"), &json!(5)));
    let list = scene.get(&format!("/api/v1/instances/{}/renewals", owned.instance)).await?;
    assert_eq!(each(&list, "cause"), ["by_hand", "by_hand", "automatic"]);
    assert_eq!(owned.wallet().await?, held - LESS, "the price of what it is now");
    owned.scene.close().await
}

async fn what_its_seller_does_not_carry_out_ends_as_it_would_have(url: Option<String>) -> anyhow::Result<()> {
    let owned = Box::pin(Owned::open(url, "given_up")).await?;
    let (scene, held) = (&owned.scene, owned.wallet().await?);
    let change = owned.renew_into(&owned.wanted()).await?;
    owned.system.kit.behave(Manner::Fixed);
    scene.pass(29 * DAY).await?;
    assert_eq!(
        (&owned.shown().await?["state"], scene.order_state(&change).await?),
        (&json!("active"), "paid".to_owned())
    );
    for _ in 0..4 {
        scene.pass(HOUR + MINUTE).await?;
    }
    assert_eq!(scene.order_state(&change).await?, "refunded");
    assert_eq!(owned.wallet().await?, held, "in full");
    let shown = owned.shown().await?;
    assert_eq!((&shown["state"], &shown["sku"]), (&json!("expired"), &json!(owned.skus[0])));
    assert_eq!(shown["expires_at"], "2026-04-02T01:00:00.000000Z", "as without the renewal");
    assert_eq!(each(&owned.changes().await?, "state"), ["failed"]);
    for who in [&scene.buyer, &scene.seller] {
        assert!(says(&inbox(scene.people(), &who.token).await?, "Not changed: "));
    }
    let told = owned.told("refreshInstance").pop().context("it was told")?;
    assert_eq!((&told["scene"], &told["expireTime"]), (&json!("UNSUBSCRIBE_RENEWAL_PERIOD"), &json!("20260402010000")));
    assert_eq!(owned.system.standing(), [Standing::Frozen]);
    // As it is, it can still be renewed.
    let path = format!("/api/v1/instances/{}/renewal", owned.instance);
    let seen = json!({ "seen": scene.get(&path).await?["seen"] });
    scene.people().client.post(&scene.buyer.token, &path, seen).await?;
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!((&owned.shown().await?["state"], owned.system.standing()), (&json!("active"), vec![Standing::Open]));
    owned.scene.close().await
}

async fn what_was_frozen_becomes_something_else_at_once(url: Option<String>) -> anyhow::Result<()> {
    let owned = Box::pin(Owned::open(url, "frozen_change")).await?;
    let scene = &owned.scene;
    scene.pass(33 * DAY).await?;
    assert_eq!((&owned.shown().await?["state"], owned.system.standing()), (&json!("expired"), vec![Standing::Frozen]));
    let here = format!("/console/instances/{}/renewal-change?sku={}&q.users=5", owned.instance, owned.skus[1]);
    let shown = scene.site_page(&here).await?;
    assert!(shown.contains("it cannot be given back") && shown.contains("has begun already"), "{shown}");
    assert!(!shown.contains("can be given back in full") && !shown.contains("until it begins"), "{shown}");
    let change = owned.renew_into(&owned.wanted()).await?;
    assert_eq!(change["state"], "running");
    let order = format!("/console/orders/{}", text(&change, "order")?);
    let shown = scene.site_page(&order).await?;
    assert!(shown.contains("its term has begun") && shown.contains("data-load"), "it is looked at again: {shown}");
    assert!(!shown.contains("can be given back"), "{shown}");
    let told = letter(&owned, "Renewed with a change: ").await?;
    assert!(told.contains("carries it out now") && !told.contains("given back"), "{told}");
    assert_eq!(refusal(&owned.post("renewal/return", &json!({})).await?), (422, "refund.changing"));
    scene.stage.kontor.run_due_jobs().await?;
    let shown = owned.shown().await?;
    assert_eq!((&shown["state"], &shown["sku"]), (&json!("active"), &json!(owned.skus[1])));
    assert_eq!(shown["expires_at"], "2026-05-02T01:00:00.000000Z", "it began at the old end");
    assert_eq!(
        (owned.system.standing(), owned.system.ends()),
        (vec![Standing::Open], vec!["20260502010000".to_owned()])
    );
    // What is released while its seller's system works on it is paid back.
    let held = owned.wallet().await?;
    scene.allow(&owned.product, "cluster", "any").await?;
    owned.renew_into(&json!({ "quantities": { "users": 6 } })).await?;
    let kontor = &scene.stage.kontor;
    let mut tx = kontor.app.db.begin().await?;
    let read = kontor.instances.find(&mut tx, owned.instance.parse()?).await?;
    kontor.instances.end(&mut tx, read, instances::EndCause::Operator).await?;
    tx.commit().await?;
    kontor.run_due_jobs().await?;
    assert_eq!(owned.wallet().await?, held);
    let shown = owned.shown().await?;
    assert_eq!((&shown["state"], &shown["expires_at"]), (&json!("released"), &json!("2026-05-02T01:00:00.000000Z")));
    scene.pass(30 * DAY).await?;
    owned.scene.close().await
}

async fn what_is_in_its_grace_becomes_something_else_and_nobody_is_let_in_again(
    url: Option<String>,
) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "grace_change")).await?;
    gives(&scene, 7).await?;
    let owned = Box::pin(Owned::on(scene)).await?;
    let scene = &owned.scene;
    let ended = text(&owned.shown().await?, "expires_at")?.parse::<kernel::Timestamp>()?;
    scene.pass(33 * DAY).await?;
    assert_eq!((&owned.shown().await?["state"], owned.system.standing()), (&json!("grace"), vec![Standing::Open]));
    owned.renew_into(&owned.wanted()).await?;
    scene.stage.kontor.run_due_jobs().await?;
    let shown = owned.shown().await?;
    assert_eq!((&shown["state"], &shown["sku"]), (&json!("active"), &json!(owned.skus[1])));
    let until = text(&shown, "expires_at")?.parse::<kernel::Timestamp>()?;
    assert_eq!(until, ended.plus_days(30), "from the old end on");
    assert_eq!(owned.told("updateInstanceStatus"), Vec::<Value>::new(), "it was never frozen");
    owned.scene.close().await
}

/// What its buyer was told last under a title that begins so.
async fn letter(owned: &Owned, title: &str) -> anyhow::Result<String> {
    let list = owned.scene.get("/api/v1/messages?limit=100").await?;
    let of = |message: &&Value| message["title"]["en"].as_str().is_some_and(|known| known.starts_with(title));
    let found = list["items"].as_array().and_then(|items| items.iter().find(of)).context("it was told")?;
    Ok(found["text"]["en"].as_str().unwrap_or_default().to_owned())
}

async fn a_switch_that_fails_leaves_a_day_to_renew_it_as_it_was(url: Option<String>) -> anyhow::Result<()> {
    let owned = Box::pin(Owned::open(url, "late_failure")).await?;
    let (scene, held) = (&owned.scene, owned.wallet().await?);
    let clock = &scene.stage.kontor.app.clock;
    scene.pass(33 * DAY).await?;
    let release: kernel::Timestamp = text(&owned.shown().await?, "release_at")?.parse()?;
    scene.pass(release.micros_since(clock.now()) - HOUR).await?;
    assert_eq!(owned.shown().await?["state"], "expired", "an hour is left");
    let change = owned.renew_into(&owned.wanted()).await?;
    owned.system.kit.behave(Manner::Fixed);
    scene.stage.kontor.run_due_jobs().await?;
    for _ in 0..4 {
        scene.pass(HOUR + MINUTE).await?;
    }
    assert!(release < clock.now(), "it would have been released");
    assert_eq!((owned.wallet().await?, scene.order_state(&change).await?), (held, "refunded".to_owned()));
    let shown = owned.shown().await?;
    assert_eq!((&shown["state"], &shown["expires_at"]), (&json!("expired"), &json!("2026-04-02T01:00:00.000000Z")));
    let told = letter(&owned, "Not changed: ").await?;
    assert!(told.contains("renew it as it was before 2026-04-18"), "{told}");
    scene.pass(20 * HOUR).await?;
    assert_eq!(owned.shown().await?["state"], "expired", "there is still time");
    let path = format!("/api/v1/instances/{}/renewal", owned.instance);
    let seen = json!({ "seen": scene.get(&path).await?["seen"] });
    scene.people().client.post(&scene.buyer.token, &path, seen).await?;
    scene.stage.kontor.run_due_jobs().await?;
    let shown = owned.shown().await?;
    assert_eq!((&shown["state"], &shown["sku"]), (&json!("active"), &json!(owned.skus[0])));
    assert_eq!(owned.system.standing(), [Standing::Open]);
    scene.pass(2 * DAY).await?;
    assert_eq!(owned.shown().await?["state"], "active", "its timer finds nothing to do");
    owned.scene.close().await
}

async fn what_fails_goes_on_by_itself_as_its_buyer_has_agreed(url: Option<String>) -> anyhow::Result<()> {
    let owned = Box::pin(Owned::open(url, "agreed_failure")).await?;
    let (scene, held) = (&owned.scene, owned.wallet().await?);
    let path = format!("/api/v1/instances/{}/expiry", owned.instance);
    let max = json!({ "minor": MONTH, "currency": "CNY" });
    let wish = json!({ "policy": "automatic", "periods": 1, "price_max": max });
    ask(&scene.people().client, &scene.buyer.token, "PUT", &path, Some(wish)).await?.good("agree")?;
    owned.renew_into(&owned.wanted()).await?;
    owned.system.kit.behave(Manner::Fixed);
    scene.pass(29 * DAY).await?;
    for _ in 0..4 {
        scene.pass(HOUR + MINUTE).await?;
    }
    assert_eq!(each(&owned.changes().await?, "state"), ["failed"]);
    let told = letter(&owned, "Not changed: ").await?;
    assert!(told.contains("as you have agreed, it is renewed as it was by itself"), "{told}");
    assert!(!told.contains("renew it as it"), "nobody has to pay it a second time: {told}");
    scene.pass(DAY).await?;
    let shown = owned.shown().await?;
    assert_eq!((&shown["state"], &shown["quantities"]["users"]), (&json!("active"), &json!(10)));
    assert_eq!(shown["expires_at"], "2026-05-02T01:00:00.000000Z");
    assert_eq!(owned.wallet().await?, held - MONTH, "once, as agreed to");
    owned.scene.close().await
}

/// Runs a statement behind the program's back.
async fn behind(scene: &Scene, sql: &'static str) -> anyhow::Result<()> {
    let mut tx = scene.stage.kontor.app.db.begin().await?;
    tx.execute(sql, vec![]).await?;
    tx.commit().await?;
    Ok(())
}

async fn what_does_not_begin_by_our_own_fault_is_paid_back(url: Option<String>) -> anyhow::Result<()> {
    let owned = Box::pin(Owned::open(url, "not_begun")).await?;
    let (scene, held) = (&owned.scene, owned.wallet().await?);
    let change = owned.renew_into(&owned.wanted()).await?;
    behind(scene, "update remote_instance set delivery_id = line_id").await?;
    scene.pass(29 * DAY).await?;
    assert_eq!(each(&owned.changes().await?, "state"), ["ahead"], "it is tried again");
    for _ in 0..40 {
        if scene.order_state(&change).await? == "refunded" {
            break;
        }
        scene.pass(10 * MINUTE).await?;
    }
    let mend = "update remote_instance set delivery_id = (select d.id from delivery d where d.line_id = remote_instance.line_id)";
    behind(scene, mend).await?;
    assert_eq!((owned.wallet().await?, scene.order_state(&change).await?), (held, "refunded".to_owned()));
    assert_eq!(each(&owned.changes().await?, "state"), ["failed"]);
    scene.pass(HOUR).await?;
    let shown = owned.shown().await?;
    assert_eq!((&shown["state"], &shown["sku"]), (&json!("expired"), &json!(owned.skus[0])));
    assert_eq!((&shown["changing"], owned.system.standing()), (&Value::Null, vec![Standing::Frozen]));
    assert!(owned.told("refreshInstance").is_empty(), "it has never heard of that term");
    owned.scene.close().await
}

async fn one_answer_is_good_for_one_order(url: Option<String>) -> anyhow::Result<()> {
    let owned = Arc::new(Box::pin(Owned::open(url, "race")).await?);
    let (wanted, held) = (owned.wanted(), owned.wallet().await?);
    assert_eq!(owned.check(&wanted).await?["state"], "passed");
    let mut body = wanted.clone();
    body["seen"] = owned.preview(&wanted).await?["seen"].clone();
    let tasks = (0..4).map(|_| {
        let (owned, body) = (owned.clone(), body.clone());
        tokio::spawn(async move { owned.post("renewal-changes", &body).await })
    });
    let mut statuses = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        statuses.push(task.await??.status);
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422, 422, 422]);
    assert_eq!(owned.wallet().await?, held - LESS, "paid once");
    assert_eq!(each(&owned.changes().await?, "state"), ["ahead"]);
    let owned = Arc::into_inner(owned).context("nobody else has it")?;
    owned.scene.pass(30 * DAY).await?;
    owned.scene.close().await
}

async fn it_is_asked_and_told_by_events(url: Option<String>) -> anyhow::Result<()> {
    let owned = Box::pin(Owned::open(url, "by_events")).await?;
    let (scene, people) = (&owned.scene, owned.scene.people());
    let url = format!("{}?events=1", owned.system.address());
    let (path, secret) = people.address_in(&scene.seller, &url, "standard_webhooks").await?;
    owned.system.kit.accept(secret)?;
    saas::tell(people, &scene.seller, &format!("{path}/verify")).await?;
    saas::tell(people, &scene.seller, &format!("{path}/use")).await?;
    owned.system.kit.behave(Manner::Full);
    let check = owned.check(&owned.wanted()).await?;
    assert_eq!((&check["state"], check["said"].is_string()), (&json!("refused"), true));
    owned.system.kit.behave(Manner::Well);
    owned.renew_into(&owned.wanted()).await?;
    let events = |kind: &str| {
        let seen = owned.system.kit.seen().into_iter().filter(|event| event["type"] == kind);
        seen.collect::<Vec<_>>()
    };
    let asked = events("instance.check_change").pop().context("it was asked")?;
    assert_eq!((&asked["data"]["quantities"]["users"], &asked["data"]["order"]), (&json!(5), &Value::Null));
    scene.pass(30 * DAY).await?;
    let told = events("instance.changed").pop().context("it was told")?;
    assert_eq!(
        (&told["data"]["quantities"]["users"], &told["data"]["expires_at"]),
        (&json!(5), &json!("2026-05-02T01:00:00.000000Z"))
    );
    assert_eq!(owned.shown().await?["sku"], json!(owned.skus[1]));
    // The older form has no such question, so that it is not offered there.
    let (path, key) =
        people.address_in(&scene.seller, &format!("{}?v1", owned.system.address()), "koogallery_v1").await?;
    owned.system.kit.accept(key)?;
    let verified = saas::apart(people, &scene.seller, ("POST", &format!("{path}/verify")), None).await?;
    assert_ne!(verified.status, 200, "the sample speaks the newer forms alone: {}", verified.body);
    owned.scene.close().await
}

async fn a_page_asks_and_shows_the_price_before_anything_is_paid(url: Option<String>) -> anyhow::Result<()> {
    let owned = Box::pin(Owned::open(url, "ahead_page")).await?;
    let scene = &owned.scene;
    let console = format!("/console/instances/{}", owned.instance);
    let here = format!("{console}/renewal-change");
    assert!(scene.site_page(&console).await?.contains(&format!("{here}\"")), "the page of a thing leads there");
    let first = scene.site_page(&here).await?;
    assert!(first.contains("name=\"q.users\"") && first.contains("name=\"term\""), "{first}");
    assert!(first.contains("This is what you have"), "nothing is chosen yet: {first}");
    let query = format!("sku={}&q.users=5&term=month.1", owned.skus[1]);
    for path in [format!("{here}?{query}"), format!("{here}/price?{query}")] {
        let shown = scene.site_page(&path).await?;
        assert!(shown.contains("5 × 40.00 = 200.00") && shown.contains("Ask the seller"), "{shown}");
        assert!(!shown.contains("Renew for "), "nobody was asked: {shown}");
    }
    let wanted = json!({ "sku": owned.skus[1], "quantities": { "users": 5 }, "periods": 1, "period_unit": "month" });
    owned.post("renewal-change-check", &wanted).await?.good("check")?;
    let shown = scene.site_page(&format!("{here}?{query}")).await?;
    assert!(shown.contains("is being asked") && shown.contains("data-load"), "it is looked at again: {shown}");
    scene.stage.kontor.run_due_jobs().await?;
    let shown = scene.site_page(&format!("{here}?{query}")).await?;
    assert!(shown.contains("system agrees") && shown.contains("Renew for "), "{shown}");
    owned.system.kit.behave(Manner::Full);
    owned.check(&json!({ "quantities": { "users": 1 } })).await?;
    let shown = scene.site_page(&format!("{here}?q.users=1")).await?;
    assert!(shown.contains("12 users are in use") && shown.contains("Ask the seller"), "{shown}");
    owned.pay(&wanted).await?.good("pay")?;
    let shown = scene.site_page(&console).await?;
    assert!(shown.contains("It is paid, and can be given back") && shown.contains("/renewal-return"), "{shown}");
    assert!(!shown.contains(&format!("{here}\"")), "one at a time: {shown}");
    let orders = scene.get("/api/v1/orders").await?;
    let shown = scene.site_page(&format!("/console/orders/{}", text(&orders["items"][0], "id")?)).await?;
    assert!(shown.contains("Renewal with a change") && shown.contains("10 users"), "{shown}");
    owned.scene.close().await
}
