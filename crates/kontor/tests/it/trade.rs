//! The first trade, from an empty folder to a licence that is sold, delivered, refunded and accounted for: the real binary
//! over HTTP, the seller's software by Huawei's own client.

use std::{
    env,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use kontor::stage::{People, Person, Product, client::text};
use serde_json::{Value, json};

use crate::{
    postgres::skipped,
    server::Site,
    stories::{activate, ask, code, each, heartbeat, inbox, refusal, says, until, wallet},
};

/// The promise is a second for the program as it is shipped; here it is a debug build beside other tests.
const DELIVERED_WITHIN: Duration = Duration::from_secs(5);

/// For what has no promise.
const PATIENCE: Duration = Duration::from_secs(20);

const EXPLAINED: &str = "25 users: 10 × 30.00 + 15 × 25.00 = 675.00 a month; 12 months − 10 % = 7,290.00";
const TOP_UP: i64 = 1_000_000;
const PRICE: i64 = 729_000;

on_both!(a_licence_is_sold_delivered_used_and_returned);

async fn a_licence_is_sold_delivered_used_and_returned(url: Option<String>) -> anyhow::Result<()> {
    let site = Site::quick(url)?;
    let server = site.serve()?;
    site.create_operator()?;
    let people = server.people()?;

    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let buyer = people.buyer("Ada Lovelace").await?;
    people.top_up(&buyer, TOP_UP).await?;

    let order = buy_for_a_year(&people, &buyer, &product).await?;
    let instance = delivered(&people, &buyer, &order).await?;
    let code = code(&people, &buyer, &instance).await?;
    assert!(code.starts_with("PL") && code.len() == 26, "{code}");

    if !huawei_signs(&people, &seller, server.address(), &code).await? {
        activate(&people, &seller, &code).await?;
    }
    assert_eq!(heartbeat(&people, &seller, &code).await?["data"]["status"], "ALIVE");
    let licence = people.client.get(&buyer.token, &format!("/api/v1/instances/{instance}/licence")).await?;
    assert_eq!(licence["state"], "active");
    let sold = people.client.get(&seller.token, "/api/v1/seller/instances").await?;
    assert_eq!(each(&sold, "id"), [instance.as_str()]);

    give_back(&people, &buyer, &instance).await?;
    assert_eq!(heartbeat(&people, &seller, &code).await?["data"]["status"], "RELEASED", "the code is revoked");
    assert_eq!(wallet(&people, &buyer).await?, TOP_UP);
    let order = people.client.get(&buyer.token, &format!("/api/v1/orders/{}", text(&order, "id")?)).await?;
    assert_eq!((order["state"].as_str(), order["lines"][0]["state"].as_str()), (Some("refunded"), Some("refunded")));

    both_sides_are_told(&people, &seller, &buyer).await?;
    the_books_prove_it(&site, &people, &buyer).await?;
    assert_eq!(server.stop()?.code(), Some(0));
    // What was left to do is in the database, not lost with the process.
    assert_eq!(site.run(&["audit"])?.0, Some(0));
    Ok(())
}

async fn buy_for_a_year(people: &People, buyer: &Person, product: &Product) -> anyhow::Result<Value> {
    let wanted = json!({ "sku": product.skus[0], "quantities": { "users": 25 }, "periods": 12 });
    let quote = people.client.post(&buyer.token, "/api/v1/quotes", wanted).await?;
    let lines = quote["quote"]["lines"].as_array().into_iter().flatten();
    let texts: Vec<&str> = lines.filter_map(|line| line["text"]["en"].as_str()).collect();
    assert_eq!(texts, [EXPLAINED]);
    assert_eq!(quote["total"], json!({ "minor": PRICE, "currency": "CNY" }));

    let accept = json!({ "quote": text(&quote, "id")?, "pay_with": "wallet" });
    let order = people.client.post(&buyer.token, "/api/v1/orders", accept).await?;
    assert_eq!((order["state"].as_str(), &order["total"]), (Some("paid"), &quote["total"]));
    assert_eq!(wallet(people, buyer).await?, TOP_UP - PRICE);
    Ok(order)
}

async fn delivered(people: &People, buyer: &Person, order: &Value) -> anyhow::Result<String> {
    let paid = Instant::now();
    let instance = until("the code is there", PATIENCE, async || {
        let list = people.client.get(&buyer.token, "/api/v1/instances").await?;
        Ok(each(&list, "id").first().map(ToString::to_string))
    })
    .await?;
    assert!(paid.elapsed() < DELIVERED_WITHIN, "it took {:?}", paid.elapsed());
    let path = format!("/api/v1/orders/{}", text(order, "id")?);
    let order = people.client.get(&buyer.token, &path).await?;
    assert_eq!(order["state"], "completed");
    let deliveries = people.client.get(&buyer.token, &format!("{path}/deliveries")).await?;
    assert_eq!(each(&deliveries, "instance"), [instance.as_str()]);
    Ok(instance)
}

/// Activates, beats and reports as the seller's software does, and has changed requests refused. False: there is no such
/// client here.
async fn huawei_signs(people: &People, seller: &Person, address: &str, code: &str) -> anyhow::Result<bool> {
    let python = env::var("KONTOR_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let there = Command::new(&python).args(["-c", "import huaweicloudsdkcore"]).output();
    if !there.is_ok_and(|output| output.status.success()) {
        skipped(&format!("{python} has no huaweicloudsdkcore"));
        return Ok(false);
    }
    let wanted = json!({ "name": "licence server", "scopes": ["integrate"] });
    let key = people.client.post(&seller.token, "/api/v1/access-keys", wanted).await?;
    let signer = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/huawei_signer.py");
    let mut command = Command::new(&python);
    // What is pushed is signed with the key of a production address too.
    let place = json!({ "url": "https://app.cloudco.example/produce" });
    let place = people.client.post(&seller.token, "/api/v1/seller/production-addresses", place).await?;
    let made = format!("/api/v1/seller/production-addresses/{}/keys", text(&place, "id")?);
    let production = people.client.post(&seller.token, &made, json!({})).await?;
    let keys = [text(&key, "access_key")?, text(&key, "secret_key")?, code, text(&production, "key")?];
    command.arg(signer).arg(address).args(keys);
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    for step in [
        "activation",
        "heartbeat",
        "usage",
        "a changed byte in the body",
        "a changed byte in the signature",
        "order",
        "another order than was signed",
        "usage push",
        "usage push in the old form",
        "assets",
    ] {
        assert!(said.contains(&format!("ok   {step}:")), "{step}:\n{said}");
    }
    Ok(true)
}

async fn give_back(people: &People, buyer: &Person, instance: &str) -> anyhow::Result<()> {
    let path = format!("/api/v1/instances/{instance}/return");
    let preview = people.client.get(&buyer.token, &path).await?;
    assert_eq!(preview["amount"], json!({ "minor": PRICE, "currency": "CNY" }));
    let reason = json!({ "reason": "We chose another edition." });
    let refund = people.client.post(&buyer.token, &path, reason).await?;
    assert_eq!((&refund["amount"], refund["cause"].as_str()), (&preview["amount"], Some("no_reason")));
    let again = ask(&people.client, &buyer.token, "POST", &path, Some(json!({}))).await?;
    assert_eq!(refusal(&again), (422, "refund.wrong_state"), "nothing is returned twice");
    Ok(())
}

async fn both_sides_are_told(people: &People, seller: &Person, buyer: &Person) -> anyhow::Result<()> {
    let of_buyer = ["10,000.00 CNY arrived", "Order ", "Ready to use: ", "7,290.00 CNY refunded"];
    let of_seller = ["Sold: ", "Returned: "];
    for (token, wanted) in [(&buyer.token, of_buyer.as_slice()), (&seller.token, of_seller.as_slice())] {
        until("both sides are told", PATIENCE, async || {
            let titles = inbox(people, token).await?;
            Ok(wanted.iter().all(|beginning| says(&titles, beginning)).then_some(()))
        })
        .await?;
    }
    Ok(())
}

async fn the_books_prove_it(site: &Site, people: &People, buyer: &Person) -> anyhow::Result<()> {
    let lines = people.client.get(&buyer.token, "/api/v1/wallet/lines").await?;
    assert_eq!(each(&lines, "kind"), ["refund", "sale", "top_up"]);
    let (exit, said) = site.run(&["audit"])?;
    assert!(exit == Some(0) && said.contains("The books are in order: 3 journals"), "{exit:?}: {said}");
    let standing = people.client.get(&people.operator().await?, "/api/v1/operator/invariants").await?;
    assert_eq!((&standing["in_order"], &standing["journals"]), (&json!(true), &json!(3)), "{standing}");
    Ok(())
}
