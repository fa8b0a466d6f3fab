//! Coupons: given, taken, used once, given back; and who bears what they save.

use kernel::time::DAY;
use kontor::stage::{People, Person, Stage, client::text};
use serde_json::{Value, json};

use crate::stories::{ask, buy, each, inbox, months, order, refusal, says, wallet};

on_both!(
    a_coupon_is_claimed_used_and_comes_back,
    a_coupon_is_used_once_however_many_orders_want_it,
    a_batch_never_gives_more_than_it_holds,
    codes_are_redeemed_once_and_voided_with_their_batch,
    the_operators_coupon_covers_everything,
    a_discount_is_for_its_customers_and_a_coupon_takes_its_place,
    resellers_pay_less_the_more_special_the_authorisation,
);

/// A batch of amounts off from a threshold.
pub(crate) fn batch(amount: i64, from: i64) -> Value {
    json!({
        "name": { "en": "Spring", "zh": "春季优惠" }, "count": 3, "per_customer": 1, "shown": true,
        "value": {
            "kind": "threshold", "amount": { "minor": amount, "currency": "CNY" },
            "from": { "minor": from, "currency": "CNY" }
        },
        "valid_until": "2026-12-31T00:00:00Z"
    })
}

const SELLERS: &str = "/api/v1/seller/coupon-batches";
const OPERATORS: &str = "/api/v1/operator/coupon-batches";

async fn claim(people: &People, buyer: &Person, batch: &Value) -> anyhow::Result<String> {
    let body = json!({ "batch": text(batch, "id")? });
    let coupon = people.client.post(&buyer.token, "/api/v1/coupons/claim", body).await?;
    Ok(text(&coupon, "id")?.to_owned())
}

fn with(mut wanted: Value, coupon: &str) -> Value {
    wanted["coupons"] = json!([coupon]);
    wanted
}

async fn state(people: &People, buyer: &Person, coupon: &str) -> anyhow::Result<String> {
    let list = people.client.get(&buyer.token, "/api/v1/coupons?limit=100").await?;
    let known = list["items"].as_array().into_iter().flatten().find(|one| one["id"] == coupon);
    Ok(known.and_then(|one| one["state"].as_str()).unwrap_or("none").to_owned())
}

async fn a_coupon_is_claimed_used_and_comes_back(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "coupon").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    // Ten users cost 300.00 a month.
    let opened = people.client.post(&seller.token, SELLERS, batch(5_001, 50_000)).await?;
    let share = format!("{OPERATORS}/{}/share", text(&opened, "id")?);
    people.client.post(&people.operator().await?, &share, json!({ "platform_basis_points": 5_000 })).await?;
    let shown = people.client.get(&buyer.token, &format!("/api/v1/products/{}/coupons", product.id)).await?;
    assert_eq!(shown["coupons"][0]["batch"], opened["id"]);

    let coupon = claim(people, &buyer, &opened).await?;
    let again =
        ask(&people.client, &buyer.token, "POST", "/api/v1/coupons/claim", Some(json!({ "batch": opened["id"] })));
    assert_eq!(refusal(&again.await?), (422, "coupon.share_taken"));
    let small = people.client.post(&buyer.token, "/api/v1/quotes", months(&product.skus[0], 1)).await?;
    let fits = people.client.get(&buyer.token, &format!("/api/v1/quotes/{}/coupons", text(&small, "id")?)).await?;
    assert_eq!((&fits["coupons"][0]["code"], &fits["most"]), (&json!("coupon.below_threshold"), &json!(1)));
    let refused =
        ask(&people.client, &buyer.token, "POST", "/api/v1/quotes", Some(with(months(&product.skus[0], 1), &coupon)));
    assert_eq!(refusal(&refused.await?), (422, "coupon.below_threshold"));

    let held = wallet(people, &buyer).await?;
    let wanted = with(months(&product.skus[0], 2), &coupon);
    let bought = order(people, &buyer, wanted.clone(), true).await?;
    assert_eq!(bought["total"], json!({ "minor": 60_000 - 5_001, "currency": "CNY" }));
    let used = &bought["lines"][0]["coupons"][0];
    assert_eq!((&used["saved"]["minor"], &used["platform_part"]["minor"]), (&json!(5_001), &json!(2_500)));
    assert_eq!(used["seller_part"]["minor"], json!(2_501));
    assert_eq!(wallet(people, &buyer).await?, held - 54_999);
    assert_eq!(state(people, &buyer, &coupon).await?, "used");
    let refused = ask(&people.client, &buyer.token, "POST", "/api/v1/quotes", Some(wanted.clone())).await?;
    assert_eq!(refusal(&refused), (422, "coupon.used"));
    stage.kontor.run_due_jobs().await?;
    stage.check().await?;

    let instances = people.client.get(&buyer.token, "/api/v1/instances").await?;
    let path = format!("/api/v1/instances/{}/return", each(&instances, "id")[0]);
    let refund = people.client.post(&buyer.token, &path, json!({})).await?;
    assert_eq!(refund["amount"]["minor"], json!(54_999), "what was paid goes back, not what the coupon saved");
    assert_eq!((wallet(people, &buyer).await?, state(people, &buyer, &coupon).await?), (held, "held".to_owned()));

    let placed = order(people, &buyer, wanted, false).await?;
    assert_eq!(state(people, &buyer, &coupon).await?, "used", "an order that waits holds it");
    let cancel = format!("/api/v1/orders/{}/cancel", text(&placed, "id")?);
    ask(&people.client, &buyer.token, "POST", &cancel, None).await?.good("cancel")?;
    assert_eq!(state(people, &buyer, &coupon).await?, "held");
    let seen = people.client.get(&seller.token, &format!("{SELLERS}/{}", text(&opened, "id")?)).await?;
    assert_eq!((&seen["used"], &seen["held"], &seen["saved"]["minor"]), (&json!(0), &json!(1), &json!(0)));
    stage.check().await?;
    stage.close().await
}

async fn a_coupon_is_used_once_however_many_orders_want_it(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::open(url.as_deref(), "race").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    let mut wanted = batch(5_000, 10_000);
    wanted["valid_until"] = json!(stage.kontor.app.clock.now().plus_days(30));
    let opened = people.client.post(&seller.token, SELLERS, wanted).await?;
    let coupon = claim(people, &buyer, &opened).await?;
    let held = wallet(people, &buyer).await?;
    let mut quotes = Vec::new();
    for _ in 0..8 {
        let wanted = with(months(&product.skus[0], 1), &coupon);
        quotes.push(people.client.post(&buyer.token, "/api/v1/quotes", wanted).await?);
    }
    let mut tries = Vec::new();
    for quote in quotes {
        let body = json!({ "quote": text(&quote, "id")?, "pay_with": "wallet" });
        let (client, token) = (people.client.clone(), buyer.token.clone());
        tries.push(tokio::spawn(async move { ask(&client, &token, "POST", "/api/v1/orders", Some(body)).await }));
    }
    let mut placed = 0;
    for tried in tries {
        let reply = tried.await??;
        placed += i64::from(reply.status == 201);
        assert!(reply.status == 201 || refusal(&reply) == (422, "coupon.used"), "{}", reply.body);
    }
    assert_eq!(placed, 1);
    assert_eq!(wallet(people, &buyer).await?, held - 25_000);
    stage.kontor.run_due_jobs().await?;
    stage.check().await?;
    stage.close().await
}

async fn a_batch_never_gives_more_than_it_holds(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::open(url.as_deref(), "budget").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let mut wanted = batch(5_000, 10_000);
    wanted["valid_until"] = json!(stage.kontor.app.clock.now().plus_days(30));
    wanted["per_customer"] = json!(2);
    let opened = people.client.post(&seller.token, SELLERS, wanted).await?;
    let mut tries = Vec::new();
    for name in ["Ada Lovelace", "Grace Hopper", "Joan Clarke"] {
        let buyer = people.register("personal", name).await?;
        for _ in 0..3 {
            let (client, token, body) = (people.client.clone(), buyer.token.clone(), json!({ "batch": opened["id"] }));
            tries.push(tokio::spawn(
                async move { ask(&client, &token, "POST", "/api/v1/coupons/claim", Some(body)).await },
            ));
        }
    }
    let mut given = 0;
    for tried in tries {
        let reply = tried.await??;
        given += i64::from(reply.status == 201);
        let refused = matches!(refusal(&reply), (422, "coupon.none_left" | "coupon.share_taken"));
        assert!(reply.status == 201 || refused, "{}", reply.body);
    }
    assert_eq!(given, 3);
    let list = people.client.get(&seller.token, &format!("{SELLERS}/{}/coupons", text(&opened, "id")?)).await?;
    assert_eq!(each(&list, "state"), ["held", "held", "held"]);
    for name in ["Ada Lovelace", "Grace Hopper", "Joan Clarke"] {
        assert!(each(&list, "name").iter().filter(|known| **known == name).count() <= 2, "{list}");
    }
    stage.close().await
}

async fn codes_are_redeemed_once_and_voided_with_their_batch(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "codes").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let (ada, grace) = (people.rich_buyer("Ada Lovelace").await?, people.rich_buyer("Grace Hopper").await?);
    let opened = people.client.post(&seller.token, SELLERS, batch(5_000, 10_000)).await?;
    let path = format!("{SELLERS}/{}", text(&opened, "id")?);
    people.client.post(&seller.token, &format!("{path}/codes"), json!({ "count": 2 })).await?;
    let over =
        ask(&people.client, &seller.token, "POST", &format!("{path}/codes"), Some(json!({ "count": 2 }))).await?;
    assert_eq!(refusal(&over), (422, "coupon.none_left"));
    let codes = people.client.get(&seller.token, &format!("{path}/codes")).await?;
    let codes: Vec<&str> =
        codes["codes"].as_array().into_iter().flatten().filter_map(|one| one["code"].as_str()).collect();
    assert!(codes.len() == 2 && codes[0] != codes[1], "{codes:?}");

    let typed = json!({ "code": codes[0].to_lowercase().replace('-', " ") });
    let coupon = people.client.post(&ada.token, "/api/v1/coupons/redeem", typed.clone()).await?;
    let taken = ask(&people.client, &grace.token, "POST", "/api/v1/coupons/redeem", Some(typed)).await?;
    assert_eq!(refusal(&taken), (422, "coupon.code_redeemed"));
    let unknown = json!({ "code": "2222-2222-2222-2222" });
    let unknown = ask(&people.client, &grace.token, "POST", "/api/v1/coupons/redeem", Some(unknown)).await?;
    assert_eq!(refusal(&unknown), (422, "coupon.unknown_code"));
    // A coupon of somebody else's is not there.
    let stolen = with(months(&product.skus[0], 1), text(&coupon, "id")?);
    let stolen = ask(&people.client, &grace.token, "POST", "/api/v1/quotes", Some(stolen)).await?;
    assert_eq!(stolen.status, 404);

    // The last one goes to Grace by name; whoever is named wrongly gets none, and nobody else either.
    let wrong = json!({ "accounts": [{ "account": grace.account, "name": "Somebody Else" }, { "account": seller.account, "name": seller.name }] });
    let wrong = ask(&people.client, &seller.token, "POST", &format!("{path}/give"), Some(wrong)).await?;
    assert_eq!((wrong.status, wrong.body["errors"].as_array().map(Vec::len)), (422, Some(2)), "{}", wrong.body);
    let named = json!({ "accounts": [{ "account": grace.account, "name": "Grace Hopper" }] });
    people.client.post(&seller.token, &format!("{path}/give"), named).await?;
    stage.kontor.run_due_jobs().await?;
    assert!(says(&inbox(people, &grace.token).await?, "A coupon for you"));

    let wanted = with(months(&product.skus[0], 1), text(&coupon, "id")?);
    let used = order(people, &ada, wanted, false).await?;
    people.client.call("POST", &format!("{path}/void"), sent(&seller)).await?.good("void")?;
    stage.kontor.run_due_jobs().await?;
    assert!(says(&inbox(people, &grace.token).await?, "Coupon voided"));
    let redeem =
        ask(&people.client, &grace.token, "POST", "/api/v1/coupons/redeem", Some(json!({ "code": codes[1] }))).await?;
    assert_eq!(refusal(&redeem), (422, "coupon.voided"));
    let pay = format!("/api/v1/orders/{}/pay", text(&used, "id")?);
    let paid = ask(&people.client, &ada.token, "POST", &pay, None).await?.good("pay")?;
    assert_eq!(paid["total"]["minor"], json!(25_000), "an order that was placed with it keeps its price");
    let seen = people.client.get(&seller.token, &path).await?;
    let counts = ["printed", "held", "used", "voided"].map(|name| seen[name].as_i64().unwrap_or(-1));
    assert_eq!((counts, seen["state"].as_str()), ([0, 0, 1, 2], Some("voided")));
    stage.kontor.run_due_jobs().await?;
    stage.check().await?;
    stage.close().await
}

fn sent(person: &Person) -> kontor::stage::client::Sent<'_> {
    kontor::stage::client::Sent { token: Some(&person.token), ..Default::default() }
}

async fn the_operators_coupon_covers_everything(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "whole").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    let mut wanted = batch(0, 0);
    wanted["value"] = json!({ "kind": "amount", "amount": { "minor": 100_000_000, "currency": "CNY" } });
    let opened = people.client.post(&people.operator().await?, OPERATORS, wanted).await?;
    let coupon = claim(people, &buyer, &opened).await?;
    let held = wallet(people, &buyer).await?;
    let instance = buy(&stage, &buyer, with(months(&product.skus[0], 1), &coupon)).await?;
    assert_eq!(wallet(people, &buyer).await?, held, "nothing is left to pay");
    stage.check().await?;
    let refund = people.client.post(&buyer.token, &format!("/api/v1/instances/{instance}/return"), json!({})).await?;
    assert_eq!((refund["amount"]["minor"].as_i64(), wallet(people, &buyer).await?), (Some(0), held));
    assert_eq!(state(people, &buyer, &coupon).await?, "held");
    stage.check().await?;
    // In the next year its time is over.
    stage.kontor.app.clock.turn(305 * DAY);
    let late = with(months(&product.skus[0], 1), &coupon);
    let late = ask(&people.client, &buyer.token, "POST", "/api/v1/quotes", Some(late)).await?;
    assert_eq!(refusal(&late), (422, "coupon.over"));
    stage.close().await
}

/// A percentage off for a customer.
pub(crate) fn discount((customer, name): (&str, &str)) -> Value {
    json!({
        "name": { "en": "Key account", "zh": "大客户" }, "reduction": { "kind": "percent", "basis_points": 1_500 },
        "customers": [{ "account": customer, "name": name }], "valid_until": "2026-12-31T00:00:00Z"
    })
}

async fn a_discount_is_for_its_customers_and_a_coupon_takes_its_place(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "discount").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let (ada, grace) = (people.rich_buyer("Ada Lovelace").await?, people.rich_buyer("Grace Hopper").await?);
    let path = "/api/v1/seller/discounts";
    let own = ask(&people.client, &seller.token, "POST", path, Some(discount((&seller.account, &seller.name)))).await?;
    assert_eq!((own.status, own.body["errors"][0]["field"].as_str()), (422, Some("customers.1")), "{}", own.body);
    let given = people.client.post(&seller.token, path, discount((&ada.account, &ada.name))).await?;
    let mine = people.client.get(&ada.token, "/api/v1/discounts").await?;
    assert_eq!(mine["discounts"][0]["id"], given["id"]);

    let total = async |buyer: &Person, wanted: Value| -> anyhow::Result<(i64, Value)> {
        let quote = people.client.post(&buyer.token, "/api/v1/quotes", wanted).await?;
        Ok((quote["total"]["minor"].as_i64().unwrap_or(-1), quote))
    };
    let month = || months(&product.skus[0], 1);
    let (price, quote) = total(&ada, month()).await?;
    assert_eq!((price, &quote["discount"]["off"]["minor"]), (25_500, &json!(4_500)));
    assert_eq!(quote["quote"]["lines"][1]["amount"]["minor"], json!(-4_500));
    assert_eq!(total(&grace, month()).await?.0, 30_000, "others pay the list price");

    // Coupons of 50.00: one stands beside the discount, the other takes its place.
    let mut beside = batch(5_000, 10_000);
    beside["with_discount"] = json!(true);
    let beside = people.client.post(&seller.token, SELLERS, beside).await?;
    let instead = people.client.post(&seller.token, SELLERS, batch(5_000, 10_000)).await?;
    let (beside, instead) = (claim(people, &ada, &beside).await?, claim(people, &ada, &instead).await?);
    let offered = people.client.get(&ada.token, &format!("/api/v1/quotes/{}/coupons", text(&quote, "id")?)).await?;
    for one in offered["coupons"].as_array().into_iter().flatten() {
        assert_eq!(one["instead_of_discount"], json!(one["coupon"] == instead.as_str()), "{offered}");
    }
    assert_eq!(total(&ada, with(month(), &beside)).await?.0, 20_500);
    let (price, quote) = total(&ada, with(month(), &instead)).await?;
    assert_eq!((price, quote.get("discount")), (25_000, None));

    let special = json!({
        "name": { "en": "Pilot", "zh": "试点" }, "reduction": { "kind": "special", "price": { "minor": 2_000, "currency": "CNY" } },
        "scope": { "products": [product.id] }, "customers": [{ "account": ada.account, "name": "Ada Lovelace" }],
        "valid_until": "2026-12-31T00:00:00Z"
    });
    let special = people.client.post(&seller.token, path, special).await?;
    let (price, quote) = total(&ada, months(&product.skus[0], 2)).await?;
    assert_eq!((price, &quote["discount"]["discount"]), (40_000, &special["id"]), "the better of the two");
    order(people, &ada, months(&product.skus[0], 2), true).await?;
    let end = format!("{path}/{}/end", text(&special, "id")?);
    ask(&people.client, &seller.token, "POST", &end, None).await?.good("end")?;
    assert_eq!(refusal(&ask(&people.client, &seller.token, "POST", &end, None).await?), (422, "discount.ended"));
    assert_eq!(total(&ada, month()).await?.0, 25_500);
    // Whoever is not named any more pays the list price.
    let customers = json!({ "customers": [{ "account": grace.account, "name": grace.name }] });
    let to = format!("{path}/{}/customers", text(&given, "id")?);
    ask(&people.client, &seller.token, "PUT", &to, Some(customers)).await?.good("name anew")?;
    assert_eq!((total(&ada, month()).await?.0, total(&grace, month()).await?.0), (30_000, 25_500));
    stage.kontor.run_due_jobs().await?;
    stage.check().await?;
    stage.close().await
}

async fn resellers_pay_less_the_more_special_the_authorisation(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "resale").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let (ada, grace) = (people.rich_buyer("Ada Lovelace").await?, people.rich_buyer("Grace Hopper").await?);
    let path = "/api/v1/seller/resales";
    let wants = |level: &str, price: i64, part: Option<i64>| {
        let mut wanted = json!({ "product": product.id, "level": level, "price_basis_points": price });
        if level != "product" {
            wanted["reseller"] = json!(ada.account);
        }
        if level == "customer" {
            wanted["customer"] = json!(grace.account);
            wanted["customer_name"] = json!("Grace Hopper");
        }
        if let Some(part) = part {
            wanted["seller_basis_points"] = json!(part);
        }
        wanted
    };
    let stranger = ask(&people.client, &seller.token, "POST", path, Some(wants("partner", 8_500, None))).await?;
    assert_eq!(
        (stranger.status, stranger.body["errors"][0]["field"].as_str()),
        (422, Some("reseller")),
        "{}",
        stranger.body
    );
    let resellers = json!({ "resellers": [{ "account": ada.account, "name": "Ada Lovelace" }] });
    ask(&people.client, &seller.token, "PUT", "/api/v1/seller/resellers", Some(resellers)).await?.good("resellers")?;
    let general = people.client.post(&seller.token, path, wants("product", 9_000, None)).await?;
    assert_eq!((general["state"].as_str(), &general["seller_basis_points"]), (Some("active"), &json!(9_500)));
    let dearer = ask(&people.client, &seller.token, "POST", path, Some(wants("partner", 9_000, None))).await?;
    assert_eq!(dearer.body["errors"][0]["field"], json!("price_basis_points"), "{}", dearer.body);

    let total = async |buyer: &Person, customer: Option<&Person>| -> anyhow::Result<Value> {
        let mut wanted = months(&product.skus[0], 1);
        if let Some(customer) = customer {
            wanted["customer"] = json!(customer.account);
        }
        people.client.post(&buyer.token, "/api/v1/quotes", wanted).await
    };
    assert_eq!(total(&ada, None).await?["total"]["minor"], json!(27_000));
    assert_eq!(total(&grace, None).await?["total"]["minor"], json!(30_000), "others pay the list price");
    let mut wanted = months(&product.skus[0], 1);
    wanted["customer"] = json!(ada.account);
    let refused = ask(&people.client, &grace.token, "POST", "/api/v1/quotes", Some(wanted)).await?;
    assert_eq!(refusal(&refused), (422, "resale.not_resold"));

    // A customer is named by ID and name together, so that nobody learns from an ID who has an account.
    let mut guessed = wants("customer", 8_000, None);
    guessed["customer_name"] = json!("Someone");
    let unknown = ask(&people.client, &seller.token, "POST", path, Some(guessed.clone())).await?;
    guessed["customer"] = json!("acc_01jd8kx2v9e5jtf6xw4sz3q7ab");
    let nobody = ask(&people.client, &seller.token, "POST", path, Some(guessed)).await?;
    assert_eq!((unknown.status, &unknown.body["errors"]), (422, &nobody.body["errors"]));
    assert_eq!(unknown.body["errors"][0]["field"], json!("customer"));

    // More than the standard share waits for the operator, and changes no price before.
    let special = people.client.post(&seller.token, path, wants("customer", 8_000, Some(9_800))).await?;
    assert_eq!(special["state"], json!("waiting"));
    assert_eq!(total(&ada, Some(&grace)).await?["total"]["minor"], json!(27_000));
    stage.kontor.run_due_jobs().await?;
    let operator = people.operator().await?;
    assert!(says(&inbox(people, &operator).await?, "A resale authorisation waits"));
    let approve = format!("/api/v1/operator/resales/{}/approve", text(&special, "id")?);
    ask(&people.client, &operator, "POST", &approve, None).await?.good("approve")?;
    assert_eq!(refusal(&ask(&people.client, &operator, "POST", &approve, None).await?), (422, "resale.decided"));
    let quote = total(&ada, Some(&grace)).await?;
    assert_eq!((&quote["total"]["minor"], &quote["terms"]["fee_basis_points"]), (&json!(24_000), &json!(200)));
    assert_eq!((&quote["resale"]["level"], &quote["resale"]["customer"]), (&json!("customer"), &json!(grace.account)));
    let mut wanted = months(&product.skus[0], 1);
    wanted["customer"] = json!(grace.account);
    let bought = order(people, &ada, wanted, true).await?;
    assert_eq!(bought["lines"][0]["resale"]["authorisation"], special["id"]);
    let end = format!("{path}/{}/end", text(&special, "id")?);
    ask(&people.client, &seller.token, "POST", &end, None).await?.good("end")?;
    assert_eq!(total(&ada, Some(&grace)).await?["total"]["minor"], json!(27_000), "the more general one holds again");
    stage.kontor.run_due_jobs().await?;
    assert!(says(&inbox(people, &seller.token).await?, "Your resale authorisation was approved"));
    stage.check().await?;
    stage.close().await
}
