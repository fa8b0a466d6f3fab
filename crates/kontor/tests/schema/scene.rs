//! Who asks, and the things that make asking worthwhile.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use kernel::id::OrderId;
use kontor::{
    kit::Kit,
    stage::{
        Person, Stage, by_use,
        client::{Sent, text},
        listing, package,
    },
};
use production::{ResultCode, Trouble};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::known::Known;

/// Somebody who asks.
pub(crate) struct Actor {
    pub(crate) name: &'static str,
    pub(crate) token: Option<String>,
    /// The settings of schemathesis, with the ids that this actor may know.
    pub(crate) config: PathBuf,
}

/// Nobody, the owner of an admitted seller's account, and an operator.
pub(crate) async fn set(stage: &Stage) -> anyhow::Result<Vec<Actor>> {
    let people = &stage.people;
    let other = people.seller("Other Software").await?;
    let bought = people.product(&other, "Other Log Search").await?;
    let owner = people.seller("Owner Software").await?;
    people.top_up(&owner, 1_000_000_000).await?;
    let sold = people.product(&owner, "Owner Log Search").await?;
    let customer = people.rich_buyer("A Customer").await?;
    for _ in 0..3 {
        order(stage, &owner, &bought.skus[1], Some("wallet")).await?;
        order(stage, &owner, &bought.skus[1], None).await?;
        order(stage, &customer, &sold.skus[1], Some("wallet")).await?;
    }
    reviewed(stage, (&owner, &bought.id), (&customer, &sold.id)).await?;
    work_in_progress(stage, &owner).await?;
    for_review(stage, &owner).await?;
    give_back(stage, &owner).await?;
    goes_on(stage, &owner, &bought.skus[0]).await?;
    lowered_prices(stage, (&owner, &sold.id), &customer).await?;
    taken_from_the_shelf(stage, &owner).await?;
    tried(stage, (&owner, &sold.id), &customer).await?;
    plays_in_a_sandbox(stage, &owner).await?;
    let waiting = runs_at_its_seller(stage, &other, &owner).await?;
    for (seller, sku, buyer) in [(&owner, &sold.skus[1], &customer), (&other, &bought.skus[1], &owner)] {
        private_offers(stage, (seller, sku), buyer).await?;
    }

    let mut known = Known::gather(stage, &owner.token).await?;
    for _ in 0..8 {
        known.add(&quote(stage, &owner, &bought.skus[1]).await?);
    }
    for correction in &waiting {
        known.add(correction);
    }
    let folder = stage_folder(stage);
    let config = known.write(&folder.join("owner.toml"))?;
    let operator = people.operator().await?;
    let of_operator = Known::gather(stage, &operator).await?.write(&folder.join("operator.toml"))?;
    Ok(vec![
        Actor { name: "nobody", token: None, config: config.clone() },
        Actor { name: "owner", token: Some(owner.token), config },
        Actor { name: "operator", token: Some(operator), config: of_operator },
    ])
}

fn stage_folder(stage: &Stage) -> &Path {
    &stage.kontor.app.config.data
}

/// What the owner says of what it bought, and its customer of what the owner sells: both are reported, one is hidden.
async fn reviewed(
    stage: &Stage,
    (owner, bought): (&Person, &str),
    (customer, sold): (&Person, &str),
) -> anyhow::Result<()> {
    let client = &stage.people.client;
    for (author, product, reporter) in [(owner, bought, customer), (customer, sold, owner)] {
        while client.get(&author.token, "/api/v1/instances").await?["items"][0]["id"].is_null() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let said = json!({
            "product": product, "stars": 4, "title": "Good", "text": "It does what it says.", "lang": "en"
        });
        let review = client.post(&author.token, "/api/v1/reviews", said).await?;
        let path = format!("/api/v1/products/{product}/reviews/{}/reports", text(&review, "id")?);
        let report = Sent { token: Some(&reporter.token), body: Some(json!({ "reason": "other" })), ..Sent::default() };
        client.call("POST", &path, report).await?.good("report a review")?;
        if author.account == customer.account {
            let path = format!("/api/v1/seller/reviews/{}/answer", text(&review, "id")?);
            let thanks = Some(json!({ "text": "Thank you.", "lang": "en" }));
            let answer = Sent { token: Some(&owner.token), body: thanks, ..Sent::default() };
            client.call("PUT", &path, answer).await?.good("answer a review")?;
        }
    }
    let operator = stage.people.operator().await?;
    let cases = client.get(&operator, "/api/v1/operator/reported-reviews").await?;
    let path = format!("/api/v1/operator/reported-reviews/{}/decision", text(&cases["items"][0], "id")?);
    client.post(&operator, &path, json!({ "verdict": "hide", "statement": "It says nothing." })).await?;
    Ok(())
}

async fn quote(stage: &Stage, buyer: &Person, sku: &str) -> anyhow::Result<Value> {
    stage.people.client.post(&buyer.token, "/api/v1/quotes", json!({ "sku": sku })).await
}

async fn order(stage: &Stage, buyer: &Person, sku: &str, pay_with: Option<&str>) -> anyhow::Result<()> {
    let quote = quote(stage, buyer, sku).await?;
    let order = json!({ "quote": text(&quote, "id")?, "pay_with": pay_with });
    stage.people.client.post(&buyer.token, "/api/v1/orders", order).await?;
    Ok(())
}

/// Starts a sandbox and buys something in it.
async fn plays_in_a_sandbox(stage: &Stage, seller: &Person) -> anyhow::Result<()> {
    let (client, path) = (&stage.people.client, "/api/v1/seller/sandbox");
    client.post(&seller.token, path, json!({})).await?;
    let skus = client.get(&seller.token, &format!("{path}/skus")).await?;
    let wanted = json!({ "sku": text(&skus["items"][0], "sku")?, "quantities": { "users": 1 } });
    client.post(&seller.token, &format!("{path}/orders"), wanted).await?;
    Ok(())
}

/// What a seller's system opens: paid by the month, by use, and ahead.
/// The corrections of use that wait for the buyer.
async fn runs_at_its_seller(stage: &Stage, seller: &Person, buyer: &Person) -> anyhow::Result<Vec<Value>> {
    let (people, client) = (&stage.people, &stage.people.client);
    let kit = Kit::new(stage.kontor.app.clock.clone(), "https://app.seller.example");
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/produce", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, kit.router()).into_future());
    let (path, key) = people.production_address(seller, &url).await?;
    kit.accept(key)?;
    client.post(&seller.token, &format!("{path}/verify"), json!({})).await?;
    let monthly = people.hosted(seller, "Other Log Search Online").await?;
    let by_use = by_use("day", json!({ "price": { "model": "fixed", "unit_price": "0.5" } }));
    let ahead = package("100", "15.00", &json!({ "then": "stop" }));
    let counted = people.metered(seller, "Other Calls", &[by_use, ahead]).await?;
    let users = json!({ "sku": monthly.skus[0], "quantities": { "users": 1 }, "periods": 1 });
    let wanted = [users, json!({ "sku": counted.skus[0] }), json!({ "sku": counted.skus[1] })];
    for wanted in wanted.iter().chain(&wanted) {
        let quote = client.post(&buyer.token, "/api/v1/quotes", wanted.clone()).await?;
        let order = json!({ "quote": text(&quote, "id")?, "pay_with": "wallet" });
        let order = client.post(&buyer.token, "/api/v1/orders", order).await?;
        let order = text(&order, "id")?.to_owned();
        while client.get(&buyer.token, "/api/v1/instances?limit=1").await?["items"][0]["order"] != order.as_str() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    let said =
        json!({ "product": monthly.id, "stars": 5, "title": "Fast", "text": "It was there at once.", "lang": "en" });
    client.post(&buyer.token, "/api/v1/reviews", said).await?;
    corrected(stage, seller).await
}

/// Use that was reported and corrected: a little less, and so much more that its buyer is asked.
async fn corrected(stage: &Stage, seller: &Person) -> anyhow::Result<Vec<Value>> {
    let (client, mut waiting) = (&stage.people.client, Vec::new());
    let sold = client.get(&seller.token, "/api/v1/seller/usage").await?;
    for one in sold["items"].as_array().into_iter().flatten() {
        for number in 0..2 {
            let event = json!({ "specversion": "1.0", "source": "/scene", "id": number.to_string(), "type": "calls",
                "subject": one["instance"], "time": one["began_at"], "data": { "value": "10" } });
            client.post(&seller.token, "/api/v1/seller/usage-events", event).await?;
            let quantity = ["9", "900"][number];
            let wanted = json!({ "instance": one["instance"], "corrects": format!("/scene#{number}"), "quantity": quantity,
                "reason": "Counted again" });
            let correction = client.post(&seller.token, "/api/v1/seller/usage-corrections", wanted).await?;
            waiting.extend((correction["state"] == "waiting").then_some(correction));
        }
    }
    Ok(waiting)
}

/// Returns what was delivered first.
async fn give_back(stage: &Stage, buyer: &Person) -> anyhow::Result<()> {
    let client = &stage.people.client;
    loop {
        let instances = client.get(&buyer.token, "/api/v1/instances").await?;
        if let Ok(id) = text(&instances["items"][0], "id") {
            client.post(&buyer.token, &format!("/api/v1/instances/{id}/return"), json!({ "reason": "" })).await?;
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Something that ends, changed once and renewed twice.
async fn goes_on(stage: &Stage, buyer: &Person, sku: &str) -> anyhow::Result<()> {
    let client = &stage.people.client;
    let wanted = json!({ "sku": sku, "quantities": { "users": 1 }, "periods": 1 });
    let quote = client.post(&buyer.token, "/api/v1/quotes", wanted).await?;
    let order = json!({ "quote": text(&quote, "id")?, "pay_with": "wallet" });
    let order = client.post(&buyer.token, "/api/v1/orders", order).await?;
    loop {
        let instances = client.get(&buyer.token, "/api/v1/instances?limit=1").await?;
        let newest = &instances["items"][0];
        if newest["order"] == order["id"] {
            let path = format!("/api/v1/instances/{}/renewal", text(newest, "id")?);
            let wanted = json!({ "quantities": { "users": 2 } });
            let changes = format!("/api/v1/instances/{}", text(newest, "id")?);
            let preview = client.post(&buyer.token, &format!("{changes}/change-preview"), wanted.clone()).await?;
            let wanted = json!({ "quantities": wanted["quantities"], "seen": preview["seen"] });
            client.post(&buyer.token, &format!("{changes}/changes"), wanted).await?;
            for _ in 0..2 {
                let preview = client.get(&buyer.token, &path).await?;
                client.post(&buyer.token, &path, json!({ "seen": preview["seen"] })).await?;
            }
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Drafts, keys, codes, colleagues: something of each kind that can be changed.
async fn work_in_progress(stage: &Stage, owner: &Person) -> anyhow::Result<()> {
    let client = &stage.people.client;
    for number in 0..3 {
        let agreement = stage.people.document(owner, "service_agreement").await?;
        let draft = listing(&format!("Draft {number}"), &agreement);
        client.post(&owner.token, "/api/v1/seller/products", draft).await?;
        let colleague = json!({ "name": format!("dev{number}"), "role": "developer", "lang": "en", "password": "a long enough word" });
        client.post(&owner.token, "/api/v1/users", colleague).await?;
        client.post(&owner.token, "/api/v1/access-keys", json!({ "name": "key", "scopes": ["view"] })).await?;
        client.post(&owner.token, "/api/v1/seller/test-codes", json!({ "count": 2 })).await?;
        // Records of nobody's instance are refused and wait to be mended.
        let record = json!({ "instance_id": format!("nobody-{number}"), "usage_value": "1" });
        let records = json!({ "usage_records": [record] });
        client.post(&owner.token, "/rest/marketplace/v1/isv/usage-data", records).await?;
    }
    Ok(())
}

/// An account on the list of those that may try what the owner sells.
async fn tried(stage: &Stage, (owner, sold): (&Person, &str), customer: &Person) -> anyhow::Result<()> {
    let client = &stage.people.client;
    let listed = json!({ "account": customer.account, "name": customer.name });
    client.post(&owner.token, &format!("/api/v1/seller/products/{sold}/trial-accounts"), listed).await?;
    Ok(())
}

/// Coupons of the seller and of the site, a discount, a resale.
async fn lowered_prices(stage: &Stage, (owner, sold): (&Person, &str), customer: &Person) -> anyhow::Result<()> {
    let client = &stage.people.client;
    let until = stage.kontor.app.clock.now().plus_days(30).to_string();
    for number in 0..3 {
        let batch = json!({
            "name": { "en": format!("Batch {number}"), "zh": format!("优惠 {number}") }, "count": 5, "per_customer": 2,
            "shown": true, "valid_until": until, "value": {
                "kind": "threshold", "amount": { "minor": 5_000, "currency": "CNY" },
                "from": { "minor": 10_000, "currency": "CNY" }
            }
        });
        client.post(&stage.people.operator().await?, "/api/v1/operator/coupon-batches", batch.clone()).await?;
        let own = client.post(&owner.token, "/api/v1/seller/coupon-batches", batch).await?;
        let path = format!("/api/v1/seller/coupon-batches/{}/codes", text(&own, "id")?);
        client.post(&owner.token, &path, json!({ "count": 1 })).await?;
        let discount = json!({
            "name": { "en": format!("Key account {number}"), "zh": format!("大客户 {number}") },
            "reduction": { "kind": "percent", "basis_points": 1_500 },
            "customers": [{ "account": customer.account, "name": customer.name }], "valid_until": until
        });
        client.post(&owner.token, "/api/v1/seller/discounts", discount).await?;
    }
    let resellers = json!({ "resellers": [{ "account": customer.account, "name": customer.name }] });
    let sent = Sent { token: Some(&owner.token), body: Some(resellers), ..Sent::default() };
    client.call("PUT", "/api/v1/seller/resellers", sent).await?.good("resellers")?;
    let resale = json!({
        "product": sold, "level": "partner", "reseller": customer.account, "price_basis_points": 8_500,
        "seller_basis_points": 10_000
    });
    client.post(&owner.token, "/api/v1/seller/resales", resale).await?;
    Ok(())
}

/// A draft, offers that wait for their buyer, and one that was accepted.
async fn private_offers(stage: &Stage, (seller, sku): (&Person, &str), buyer: &Person) -> anyhow::Result<()> {
    let client = &stage.people.client;
    let base = "/api/v1/seller/private-offers";
    let until = stage.kontor.app.clock.now().plus_days(30).to_string();
    for number in 0..4 {
        let document = stage.people.document(seller, "service_agreement").await?;
        let offer = json!({
            "name": format!("Offer {number}"), "valid_until": until, "documents": [document],
            "lines": [{ "sku": sku, "choice": {}, "price": { "kind": "percent", "basis_points": 1_000 } }]
        });
        let wanted = json!({ "buyer": buyer.account, "buyer_name": buyer.name, "offer": offer });
        let begun = client.post(&seller.token, base, wanted).await?;
        let id = text(&begun, "id")?;
        if number > 0 {
            let path = format!("{base}/{id}/send");
            let sent = Sent { token: Some(&seller.token), ..Sent::default() };
            client.call("POST", &path, sent).await?.good(&path)?;
        }
        if number > 2 {
            let path = format!("/api/v1/private-offers/{id}");
            client.post(&buyer.token, &format!("{path}/messages"), json!({ "text": "Thank you." })).await?;
            client.post(&buyer.token, &format!("{path}/accept"), json!({ "version": 1 })).await?;
        }
    }
    Ok(())
}

/// Products that leave the shelf: by their seller's wish, and by the operator's.
async fn taken_from_the_shelf(stage: &Stage, owner: &Person) -> anyhow::Result<()> {
    let people = &stage.people;
    for number in 0..2 {
        let product = people.product(owner, &format!("Leaving Search {number}")).await?;
        let removal = json!({ "sku": product.skus[0], "reason": "The vendor ends it." });
        people.client.post(&owner.token, &format!("/api/v1/seller/products/{}/removals", product.id), removal).await?;
        let statement = json!({
            "kind": "delisting", "rule": "Rule 5.2.", "facts": "It does not start.", "remedy": "Make it start."
        });
        let path = format!("/api/v1/operator/products/{}/measures", product.id);
        people.client.post(&people.operator().await?, &path, statement).await?;
        // What is proposed by its failed orders.
        let failing = people.product(owner, &format!("Failing Search {number}")).await?.id.parse()?;
        let mut tx = stage.kontor.app.db.begin().await?;
        for _ in 0..6 {
            let order = OrderId::new(stage.kontor.app.clock.now());
            let trouble = Trouble::Refused(ResultCode::SoldOut);
            stage.kontor.catalogue.on_order_failed(&mut tx, (failing, order), &trouble).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// Something of each kind that waits for the operator's decision.
async fn for_review(stage: &Stage, owner: &Person) -> anyhow::Result<()> {
    let people = &stage.people;
    for number in 0..3 {
        let amount = json!({ "minor": 500_000, "currency": "CNY" });
        let top_up = json!({ "channel": "bank_transfer", "amount": amount, "payer": owner.name });
        people.client.post(&owner.token, "/api/v1/top-ups", top_up).await?;
        let person = people.register("personal", &format!("Applicant {number}")).await?;
        let identity = json!({ "kind": "personal", "name": person.name, "country": "CN", "number": format!("31000019900{number}") });
        people.client.post(&person.token, "/api/v1/verifications", identity).await?;
    }
    let change = json!({
        "website": "https://www.owner.example", "contact_name": "Li Na", "mobile": "13800138000",
        "email": "li.na@owner.example", "service_phone": "+86 21 5555 0101", "service_email": "service@owner.example",
        "introduction": "Software for operations teams, and more of it."
    });
    people.client.post(&owner.token, "/api/v1/seller/changes", change).await?;
    let drafts = people.client.get(&owner.token, "/api/v1/seller/products").await?;
    let draft = &drafts["items"][0];
    let path = format!("/api/v1/seller/products/{}/revisions", text(draft, "id")?);
    let draft = people.client.get(&owner.token, path.trim_end_matches("/revisions")).await?;
    let sent = Sent { token: Some(&owner.token), version: draft["version"].as_i64(), ..Sent::default() };
    people.client.call("POST", &path, sent).await?.good(&path).context("a draft for review")?;
    Ok(())
}
