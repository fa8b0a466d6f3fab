//! What sellers say of coupons, discounts and resale when two of them speak at once, when lists are long or wrongly typed,
//! and when what they speak of has changed since.

use axum::http::Method;
use kernel::{
    Timestamp, args,
    id::{AccountId, CouponBatchId, CouponId},
    time::DAY,
};
use kontor::stage::{
    People, Person, Product, Stage,
    client::{Reply, Sent, text},
};
use serde_json::{Value, json};

use crate::{
    checkout::Pages,
    offers::{batch, discount},
    stories::{ask, each, inbox, months, order, refusal, says},
};

on_both!(
    of_equal_authorisations_one_stands,
    lists_that_are_named_at_once_are_written_one_after_the_other,
    a_list_is_bounded_whoever_sends_it,
    everybody_who_held_a_coupon_learns_that_it_was_voided,
    what_a_seller_reads_it_can_send_back,
    a_share_above_the_standard_needs_a_word,
    what_left_the_shelf_is_no_scope_and_does_not_become_everything,
    a_miscounted_coupon_is_found,
    a_reseller_keeps_its_customer_beside_a_coupon,
    the_sites_coupon_stands_once_beside_a_price,
);

const DISCOUNTS: &str = "/api/v1/seller/discounts";
const RESALES: &str = "/api/v1/seller/resales";
const SELLERS: &str = "/api/v1/seller/coupon-batches";

fn named(people: &[&Person]) -> Vec<Value> {
    people.iter().map(|person| json!({ "account": person.account, "name": person.name })).collect()
}

async fn resellers(people: &People, seller: &Person, wanted: &[&Person]) -> anyhow::Result<Reply> {
    let body = json!({ "resellers": named(wanted) });
    ask(&people.client, &seller.token, "PUT", "/api/v1/seller/resellers", Some(body)).await
}

/// The same request many times at once.
async fn at_once(
    people: &People,
    who: &Person,
    (method, path): (&'static str, &str),
    bodies: Vec<Value>,
) -> anyhow::Result<Vec<Reply>> {
    let mut tries = Vec::new();
    for body in bodies {
        let (client, token, path) = (people.client.clone(), who.token.clone(), path.to_owned());
        tries.push(tokio::spawn(async move { ask(&client, &token, method, &path, Some(body)).await }));
    }
    let mut replies = Vec::new();
    for tried in tries {
        replies.push(tried.await??);
    }
    Ok(replies)
}

async fn shop(stage: &Stage) -> anyhow::Result<(Person, Product)> {
    let seller = stage.people.seller("Cloudco Software").await?;
    let product = stage.people.product(&seller, "Log Search").await?;
    Ok((seller, product))
}

async fn of_equal_authorisations_one_stands(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "equal").await?;
    let people = &stage.people;
    let (seller, product) = shop(&stage).await?;
    let wanted = json!({ "product": product.id, "level": "product", "price_basis_points": 9_000 });
    let replies = at_once(people, &seller, ("POST", RESALES), vec![wanted; 6]).await?;
    let stands = replies.iter().filter(|reply| reply.status == 201).count();
    assert_eq!(stands, 1);
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        assert_eq!((reply.status, reply.body["errors"][0]["field"].as_str()), (422, Some("level")), "{}", reply.body);
    }
    // Ended, it makes place for another; what the operator said of it before stays.
    let list = people.client.get(&seller.token, RESALES).await?;
    let end = format!("{RESALES}/{}/end", each(&list, "id")[0]);
    let ended = ask(&people.client, &seller.token, "POST", &end, None).await?.good("end")?;
    assert!(ended["ended_at"].is_string() && ended.get("decided_at").is_none(), "{ended}");
    let more =
        json!({ "product": product.id, "level": "product", "price_basis_points": 9_000, "seller_basis_points": 9_900 });
    let more = people.client.post(&seller.token, RESALES, more).await?;
    let approve = format!("/api/v1/operator/resales/{}/approve", text(&more, "id")?);
    let approved = ask(&people.client, &people.operator().await?, "POST", &approve, None).await?.good("approve")?;
    stage.kontor.app.clock.turn(DAY);
    let end = format!("{RESALES}/{}/end", text(&more, "id")?);
    let ended = ask(&people.client, &seller.token, "POST", &end, None).await?.good("end")?;
    assert_eq!(ended["decided_at"], approved["decided_at"], "who approved it stays known: {ended}");
    stage.close().await
}

async fn lists_that_are_named_at_once_are_written_one_after_the_other(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "lists").await?;
    let people = &stage.people;
    let (seller, _) = shop(&stage).await?;
    let mut buyers = Vec::new();
    for name in ["Ada Lovelace", "Grace Hopper", "Joan Clarke", "Mary Keller"] {
        buyers.push(people.register("personal", name).await?);
    }
    let pairs = [[&buyers[0], &buyers[1]], [&buyers[2], &buyers[3]], [&buyers[0], &buyers[3]]];
    let bodies =
        |field: &str| pairs.iter().cycle().take(9).map(|pair| json!({ field: named(pair) })).collect::<Vec<Value>>();
    let written = |list: &Value| {
        let mut accounts: Vec<&str> =
            list.as_array().into_iter().flatten().filter_map(|one| one["account"].as_str()).collect();
        accounts.sort_unstable();
        pairs.iter().any(|pair| {
            let mut wanted = pair.map(|person| person.account.as_str());
            wanted.sort_unstable();
            accounts == wanted
        })
    };
    let path = "/api/v1/seller/resellers";
    for reply in at_once(people, &seller, ("PUT", path), bodies("resellers")).await? {
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert!(written(&reply.body["resellers"]), "{}", reply.body);
    }
    let list = people.client.get(&seller.token, path).await?;
    assert!(written(&list["resellers"]), "the list is one that was sent: {list}");

    let given = people.client.post(&seller.token, DISCOUNTS, discount((&buyers[0].account, &buyers[0].name))).await?;
    let own = format!("{DISCOUNTS}/{}", text(&given, "id")?);
    for reply in at_once(people, &seller, ("PUT", &format!("{own}/customers")), bodies("customers")).await? {
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
    let shown = people.client.get(&seller.token, &own).await?;
    assert!(written(&shown["customers"]), "the list is one that was sent: {shown}");
    stage.close().await
}

async fn a_list_is_bounded_whoever_sends_it(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "bounded").await?;
    let people = &stage.people;
    let (seller, product) = shop(&stage).await?;
    let opened = people.client.post(&seller.token, SELLERS, batch(5_000, 10_000)).await?;
    let give = format!("{SELLERS}/{}/give", text(&opened, "id")?);
    let ada = people.register("personal", "Ada Lovelace").await?;
    let given = people.client.post(&seller.token, DISCOUNTS, discount((&ada.account, &ada.name))).await?;
    let customers = format!("{DISCOUNTS}/{}/customers", text(&given, "id")?);
    let now = stage.kontor.app.clock.now();
    let stranger = |_| json!({ "account": AccountId::new(now), "name": "Nobody" });
    let many: Vec<Value> = (0..501).map(stranger).collect();
    for (method, path, list, field) in [
        ("POST", give.as_str(), "accounts", "accounts"),
        ("PUT", customers.as_str(), "customers", "customers"),
        ("PUT", "/api/v1/seller/resellers", "resellers", "customers"),
    ] {
        let long = ask(&people.client, &seller.token, method, path, Some(json!({ list: many.clone() }))).await?;
        let fields: Vec<&str> =
            long.body["errors"].as_array().into_iter().flatten().filter_map(|wrong| wrong["field"].as_str()).collect();
        assert_eq!((long.status, fields), (422, vec![field]), "{path}: only that it is too long");
        let none: [Value; 0] = [];
        let none = ask(&people.client, &seller.token, method, path, Some(json!({ list: none }))).await?;
        assert_eq!(none.status == 422, list != "resellers", "{path}: {}", none.body);
    }
    // An id alone names nobody, and tells nobody's name.
    let alone = json!({ "accounts": [{ "account": ada.account, "name": "Somebody" }] });
    let alone = ask(&people.client, &seller.token, "POST", &give, Some(alone)).await?;
    assert!(alone.status == 422 && !alone.body.to_string().contains("Ada"), "{}", alone.body);
    let mut wide = discount((&ada.account, &ada.name));
    wide["scope"] = json!({ "products": vec![product.id.as_str(); 201] });
    let wide = ask(&people.client, &seller.token, "POST", DISCOUNTS, Some(wide)).await?;
    assert_eq!((wide.status, wide.body["errors"][0]["field"].as_str()), (422, Some("scope")), "{}", wide.body);
    stage.close().await
}

async fn everybody_who_held_a_coupon_learns_that_it_was_voided(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "holders").await?;
    let people = &stage.people;
    let (seller, _) = shop(&stage).await?;
    let opened = people.client.post(&seller.token, SELLERS, batch(5_000, 10_000)).await?;
    let id: CouponBatchId = text(&opened, "id")?.parse()?;
    let ada = people.register("personal", "Ada Lovelace").await?;
    people.client.post(&ada.token, "/api/v1/coupons/claim", json!({ "batch": id })).await?;
    // Many got one before her, more than are told in one job.
    let (early, now) = (Timestamp::from_micros(1_500_000_000_000_000), stage.kontor.app.clock.now());
    let holders: Vec<AccountId> = (0..1_200).map(|_| AccountId::new(early)).collect();
    let mut tx = stage.kontor.app.db.begin().await?;
    let shares = holders.iter().map(|account| args![id, *account, 1_i64]).collect();
    tx.insert_rows("insert into coupon_share (batch_id, account_id, count)", shares, "").await?;
    let held = holders.iter().map(|account| args![CouponId::new(now), id, *account, "held", now]).collect();
    tx.insert_rows("insert into coupon (id, batch_id, account_id, state, made_at)", held, "").await?;
    tx.commit().await?;
    ask(&people.client, &seller.token, "POST", &format!("{SELLERS}/{id}/void"), None).await?.good("void")?;
    stage.kontor.run_due_jobs().await?;
    let told = inbox(people, &ada.token).await?;
    assert_eq!(told.iter().filter(|title| title.starts_with("Coupon voided")).count(), 1, "{told:?}");
    stage.close().await
}

async fn what_a_seller_reads_it_can_send_back(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "names").await?;
    let people = &stage.people;
    let (seller, _) = shop(&stage).await?;
    let mut ada = people.register("personal", "Ada Lovelace").await?;
    let renamed = async |name: &str| {
        let own = people.client.get(&ada.token, "/api/v1/account").await?;
        let sent = Sent {
            token: Some(&ada.token),
            version: own["version"].as_i64(),
            body: Some(json!({ "name": name })),
            ..Sent::default()
        };
        people.client.call("PATCH", "/api/v1/account", sent).await
    };
    let refused = renamed(&format!("Ada\n{}, Somebody", seller.account)).await?;
    assert_eq!((refused.status, refused.body["errors"][0]["field"].as_str()), (422, Some("name")), "{}", refused.body);

    let odd = "\"Ada\"  Works, \"Ltd.\"";
    renamed(odd).await?.good("rename")?;
    odd.clone_into(&mut ada.name);
    resellers(people, &seller, &[&ada]).await?.good("resellers")?;
    let pages = Pages::of(&stage, &seller.token);
    let page = pages.open("/seller/resale").await?;
    let (_, rest) = page.split_once("name=\"accounts\"").unwrap_or_default();
    let list = rest.split_once('>').and_then(|(_, rest)| rest.split_once("</textarea>")).unwrap_or_default().0;
    let list = list.replace("&quot;", "%22").trim().replace(' ', "+");
    let (status, to, page) = pages.ask(Method::POST, "/seller/resellers", format!("accounts={list}")).await?;
    assert!(status == 303 && to.ends_with("done=saved"), "{status} {list} {page}");
    let wrong = format!("accounts={}%2C+Ada%0A{list}", seller.account.trim_start_matches("acc_"));
    let (status, _, page) = pages.ask(Method::POST, "/seller/resellers", wrong).await?;
    assert!(status == 422 && page.contains("ine 1 does not begin with"), "{status} {page}");
    stage.close().await
}

async fn a_share_above_the_standard_needs_a_word(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "share").await?;
    let people = &stage.people;
    let (seller, product) = shop(&stage).await?;
    let ada = people.rich_buyer("Ada Lovelace").await?;
    resellers(people, &seller, &[&ada]).await?.good("resellers")?;
    let wanted = |part: Option<i64>| {
        let mut wanted = json!({ "product": product.id, "level": "product", "price_basis_points": 9_000 });
        wanted["seller_basis_points"] = json!(part);
        wanted
    };
    let plain = people.client.post(&seller.token, RESALES, wanted(None)).await?;
    let fee = async || {
        let quote = people.client.post(&ada.token, "/api/v1/quotes", months(&product.skus[0], 1)).await?;
        anyhow::Ok((quote["terms"]["fee_basis_points"].clone(), quote["resale"]["seller_basis_points"].clone()))
    };
    assert_eq!(fee().await?, (json!(500), json!(9_500)));
    let rules = policy::DEFAULT.replace("fee_basis_points = 500", "fee_basis_points = 800");
    people.client.post(&people.operator().await?, "/api/v1/operator/policy", json!({ "rules": rules })).await?;
    stage.kontor.app.clock.turn(DAY);
    assert_eq!(fee().await?, (json!(800), json!(9_200)), "nobody has approved more than today's standard");
    let end = format!("{RESALES}/{}/end", text(&plain, "id")?);
    ask(&people.client, &seller.token, "POST", &end, None).await?.good("end")?;
    let more = people.client.post(&seller.token, RESALES, wanted(Some(9_500))).await?;
    assert_eq!(more["state"], json!("waiting"));
    let approve = format!("/api/v1/operator/resales/{}/approve", text(&more, "id")?);
    ask(&people.client, &people.operator().await?, "POST", &approve, None).await?.good("approve")?;
    assert_eq!(fee().await?, (json!(500), json!(9_500)), "this share was approved");
    stage.close().await
}

async fn what_left_the_shelf_is_no_scope_and_does_not_become_everything(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "scope").await?;
    let people = &stage.people;
    let (seller, product) = shop(&stage).await?;
    let ada = people.register("personal", "Ada Lovelace").await?;
    let page = people.client.get(&ada.token, &format!("/api/v1/products/{}", product.id)).await?;
    let spec = text(&page["specs"][0], "id")?;
    let scope = json!({ "specs": [spec] });
    let mut wanted = batch(5_000, 10_000);
    wanted["scope"] = scope.clone();
    let opened = people.client.post(&seller.token, SELLERS, wanted.clone()).await?;
    let mut lower = discount((&ada.account, &ada.name));
    lower["scope"] = scope;
    let granted = people.client.post(&seller.token, DISCOUNTS, lower.clone()).await?;
    let pages = Pages::of(&stage, &seller.token);
    let here =
        [format!("/seller/coupons/{}", text(&opened, "id")?), format!("/seller/discounts/{}", text(&granted, "id")?)];
    for path in &here {
        assert!(pages.open(path).await?.contains("Server installation"), "{path}");
    }
    let path = format!("/api/v1/seller/products/{}/removals", product.id);
    let removal = json!({ "spec": "server", "reason": "The vendor ends it." });
    let removal = people.client.post(&seller.token, &path, removal).await?;
    let path = format!("/api/v1/operator/removals/{}/approval", text(&removal, "id")?);
    ask(&people.client, &people.operator().await?, "POST", &path, None).await?.good(&path)?;
    for path in &here {
        let page = pages.open(path).await?;
        assert!(page.contains(spec) && !page.contains("All products of this seller"), "{path}: {page}");
    }
    for (path, body) in [(SELLERS, wanted), (DISCOUNTS, lower)] {
        let gone = ask(&people.client, &seller.token, "POST", path, Some(body)).await?;
        assert_eq!(
            (gone.status, gone.body["errors"][0]["field"].as_str()),
            (422, Some("scope.specs")),
            "{}",
            gone.body
        );
    }
    stage.close().await
}

async fn a_miscounted_coupon_is_found(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "count").await?;
    let people = &stage.people;
    let (seller, product) = shop(&stage).await?;
    let ada = people.rich_buyer("Ada Lovelace").await?;
    let opened = people.client.post(&seller.token, SELLERS, batch(5_000, 10_000)).await?;
    let coupon = people.client.post(&ada.token, "/api/v1/coupons/claim", json!({ "batch": opened["id"] })).await?;
    let mut wanted = months(&product.skus[0], 1);
    wanted["coupons"] = json!([coupon["id"]]);
    order(people, &ada, wanted, true).await?;
    stage.kontor.run_due_jobs().await?;
    stage.check().await?;
    for (broken, mended, said) in [
        (
            "update coupon_batch set issued = issued + 1",
            "update coupon_batch set issued = issued - 1",
            "2 coupons are counted as given out, 1 are there",
        ),
        (
            "update coupon_share set count = count + 1",
            "update coupon_share set count = count - 1",
            "2 coupons of a batch are counted, it has got 1",
        ),
        (
            "update purchase_order set state = 'refunded'",
            "update purchase_order set state = 'completed'",
            "it is used up by an order that is refunded",
        ),
        ("update coupon set order_id = batch_id", "update coupon set order_id = null", "it is used up by no order"),
        (
            "update coupon set state = 'held', used_at = null, saved = null",
            "update coupon set state = 'used'",
            "which is not used up by it",
        ),
    ] {
        change(&stage, broken).await?;
        let found = stage.kontor.audit().await?.err().map(|found| found.to_string()).unwrap_or_default();
        assert!(found.contains(said), "{broken}: {found}");
        change(&stage, mended).await?;
    }
    stage.close().await
}

async fn change(stage: &Stage, sql: &'static str) -> anyhow::Result<()> {
    let mut tx = stage.kontor.app.db.begin().await?;
    tx.execute(sql, vec![]).await?;
    Ok(tx.commit().await?)
}

async fn a_reseller_keeps_its_customer_beside_a_coupon(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "beside").await?;
    let people = &stage.people;
    let (seller, product) = shop(&stage).await?;
    let (ada, grace) = (people.rich_buyer("Ada Lovelace").await?, people.rich_buyer("Grace Hopper").await?);
    resellers(people, &seller, &[&ada]).await?.good("resellers")?;
    let level = json!({
        "product": product.id, "level": "customer", "reseller": ada.account, "customer": grace.account, "customer_name": "Grace Hopper",
        "price_basis_points": 9_000
    });
    let special = people.client.post(&seller.token, RESALES, level).await?;
    let opened = people.client.post(&seller.token, SELLERS, batch(5_000, 10_000)).await?;
    let coupon = people.client.post(&ada.token, "/api/v1/coupons/claim", json!({ "batch": opened["id"] })).await?;
    let coupon = text(&coupon, "id")?;

    let pages = Pages::of(&stage, &ada.token);
    let choice = format!("sku={}&q.users=10&periods=1&customer={}", product.skus[0], grace.account);
    let page = pages.open(&format!("/checkout?{choice}&coupons={coupon}")).await?;
    let kept = format!("name=\"customer\" value=\"{}\"", grace.account);
    assert!(
        page.contains(&kept) && page.contains("250.00"),
        "the coupon stands in the place of the authorisation: {page}"
    );
    let back = page.split("href=\"/checkout?").skip(1).filter_map(|rest| rest.split('"').next());
    let back: Vec<&str> = back.filter(|rest| !rest.contains(coupon)).collect();
    assert!(back.iter().any(|rest| rest.contains(&grace.account)), "without it, it is for her again: {back:?}");

    let quoted = async |customer: &str| {
        let mut wanted = months(&product.skus[0], 1);
        wanted["customer"] = json!(customer);
        ask(&people.client, &ada.token, "POST", "/api/v1/quotes", Some(wanted)).await
    };
    let quote = quoted(&grace.account).await?.good("quote")?;
    let end = format!("{RESALES}/{}/end", text(&special, "id")?);
    ask(&people.client, &seller.token, "POST", &end, None).await?.good("end")?;
    let path = format!("/api/v1/quotes/{}/coupons", text(&quote, "id")?);
    let none = people.client.get(&ada.token, &path).await?;
    assert_eq!(none["coupons"], json!([]), "its price is not to be had any more");

    // On a level without a customer, one may be named all the same, but it has to be one.
    let general = json!({ "product": product.id, "level": "product", "price_basis_points": 9_000 });
    people.client.post(&seller.token, RESALES, general).await?;
    assert_eq!(quoted(&grace.account).await?.status, 201);
    for nobody in [ada.account.as_str(), "acc_01jd8kx2v9e5jtf6xw4sz3q7ab"] {
        let refused = quoted(nobody).await?;
        let field = refused.body["errors"][0]["field"].as_str();
        assert_eq!((refused.status, field), (422, Some("customer")), "{}", refused.body);
    }
    stage.close().await
}

async fn the_sites_coupon_stands_once_beside_a_price(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "once").await?;
    let people = &stage.people;
    let (seller, product) = shop(&stage).await?;
    let mut wanted = batch(5_000, 10_000);
    wanted["scope"] = json!({ "sellers": [seller.account], "products": [product.id] });
    let opened = people.client.post(&people.operator().await?, "/api/v1/operator/coupon-batches", wanted).await?;
    let ada = people.rich_buyer("Ada Lovelace").await?;
    let page = Pages::of(&stage, &ada.token).open(&format!("/products/{}", product.id)).await?;
    assert_eq!(page.matches("Spring: ").count(), 1, "{page}");
    // Whoever is too late learns that it was voided, not that others were faster.
    let void = format!("/api/v1/operator/coupon-batches/{}/void", text(&opened, "id")?);
    ask(&people.client, &people.operator().await?, "POST", &void, None).await?.good("void")?;
    let late = json!({ "batch": opened["id"] });
    let late = ask(&people.client, &ada.token, "POST", "/api/v1/coupons/claim", Some(late)).await?;
    assert_eq!(refusal(&late), (422, "coupon.batch_voided"));
    assert!(!says(&inbox(people, &ada.token).await?, "Coupon voided"), "she had none");
    stage.close().await
}
