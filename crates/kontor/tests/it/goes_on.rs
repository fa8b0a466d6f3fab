//! Renewals at their edges: agreed to with the order or at the last hour, given back while they are made, taken in a file.

use anyhow::Context;
use kernel::time::{DAY, HOUR};
use kontor::stage::client::{Reply, Sent, text};
use serde_json::json;

use crate::{
    renewals::{MONTH, Scene},
    stories::{ask, buy, each, months, order, refusal, wallet},
};

on_both!(
    who_agrees_with_the_order_is_renewed_without_another_word,
    who_agrees_at_the_last_hour_is_renewed_at_once,
    a_return_and_a_renewal_at_once_leave_nothing_paid_for_nothing,
    a_renewal_that_was_taken_in_a_file_does_not_go_back,
    what_was_released_before_anybody_looked_counts_no_more,
);

impl Scene {
    async fn page(&self, path: &str) -> anyhow::Result<String> {
        let sent = Sent { token: Some(&self.buyer.token), ..Sent::default() };
        let reply = self.people().client.call("GET", path, sent).await?;
        Ok(reply.body.as_str().context("a page is a text")?.to_owned())
    }

    async fn renew(&self, instance: &str) -> anyhow::Result<Reply> {
        let path = format!("/api/v1/instances/{instance}/renewal");
        let preview = self.get(&format!("{path}?periods=1")).await?;
        let body = json!({ "periods": 1, "seen": preview["seen"] });
        ask(&self.people().client, &self.buyer.token, "POST", &path, Some(body)).await
    }
}

async fn who_agrees_with_the_order_is_renewed_without_another_word(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "with_order")).await?;
    let people = scene.people();
    let sku = &scene.product.skus[0];
    let screen = scene.page(&format!("/checkout?sku={sku}&q.users=10&periods=1")).await?;
    assert!(screen.contains("Renew it automatically") && screen.contains("value=\"30000 CNY\""), "{screen}");
    let once = scene.page(&format!("/checkout?sku={}", scene.product.skus[1])).await?;
    assert!(!once.contains("Renew it automatically"), "what does not end is not renewed");

    let quotes = "/api/v1/quotes";
    let mut wanted = months(sku, 1);
    wanted["renew_up_to"] = json!({ "minor": MONTH - 1, "currency": "CNY" });
    let low = ask(&people.client, &scene.buyer.token, "POST", quotes, Some(wanted.clone())).await?;
    assert_eq!(refusal(&low), (422, "order.below_renewal"));
    wanted["renew_up_to"] = json!({ "minor": MONTH, "currency": "CNY" });
    let endless = json!({ "sku": scene.product.skus[1], "renew_up_to": wanted["renew_up_to"] });
    let endless = ask(&people.client, &scene.buyer.token, "POST", quotes, Some(endless)).await?;
    assert_eq!(refusal(&endless), (422, "order.nothing_to_renew"));

    let instance = buy(&scene.stage, &scene.buyer, wanted).await?;
    let held = wallet(people, &scene.buyer).await?;
    let expiry = scene.get(&format!("/api/v1/instances/{instance}/expiry")).await?;
    assert_eq!((&expiry["policy"], &expiry["consent"]["price_max"]["minor"]), (&json!("automatic"), &json!(MONTH)));
    // How far its buyer would go is not its seller's to know.
    let mine = scene.get("/api/v1/orders").await?;
    let order = text(&mine["items"][0], "id")?;
    let bought = scene.get(&format!("/api/v1/orders/{order}")).await?;
    assert_eq!(bought["lines"][0]["goes_on"]["price_max"]["minor"], MONTH, "{bought}");
    let sold = people.client.get(&scene.seller.token, &format!("/api/v1/seller/orders/{order}")).await?;
    assert!(sold["lines"][0].get("goes_on").is_none() && sold["lines"][0]["id"] == bought["lines"][0]["id"], "{sold}");
    scene.pass(24 * DAY).await?;
    assert_eq!(wallet(people, &scene.buyer).await?, held - MONTH);
    let shown = scene.get(&format!("/api/v1/instances/{instance}")).await?;
    assert_eq!(shown["expires_at"], "2026-05-02T01:00:00.000000Z");
    scene.close().await
}

async fn who_agrees_at_the_last_hour_is_renewed_at_once(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "last_hour")).await?;
    let people = scene.people();
    let instance = buy(&scene.stage, &scene.buyer, months(&scene.product.skus[0], 1)).await?;
    let held = wallet(people, &scene.buyer).await?;
    // The night is over, and the end is at nine in the morning.
    scene.pass(31 * DAY - 2 * HOUR).await?;
    let screen = scene.page(&format!("/console/instances/{instance}/expiry")).await?;
    assert!(screen.contains("as soon as you save"), "{screen}");
    let wish = json!({ "policy": "automatic", "periods": 1, "price_max": { "minor": MONTH, "currency": "CNY" } });
    let path = format!("/api/v1/instances/{instance}/expiry");
    ask(&people.client, &scene.buyer.token, "PUT", &path, Some(wish)).await?.good("agree")?;
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(wallet(people, &scene.buyer).await?, held - MONTH);
    scene.pass(3 * HOUR).await?;
    assert_eq!(scene.get(&format!("/api/v1/instances/{instance}")).await?["state"], "active");
    scene.close().await
}

async fn a_return_and_a_renewal_at_once_leave_nothing_paid_for_nothing(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "at_once")).await?;
    let people = scene.people();
    let held = wallet(people, &scene.buyer).await?;
    let mut kept = 0;
    for round in 0..6 {
        let instance = buy(&scene.stage, &scene.buyer, months(&scene.product.skus[0], 1)).await?;
        let path = format!("/api/v1/instances/{instance}/renewal");
        let seen = scene.get(&format!("{path}?periods=1")).await?["seen"].clone();
        let renewed = json!({ "periods": 1, "seen": seen });
        let whole = (format!("/api/v1/instances/{instance}/return"), json!({}));
        let mut asked = vec![whole, (path.clone(), renewed.clone())];
        if round % 2 == 1 {
            // With one renewal that stands already, another one races against giving the first one back.
            people.client.post(&scene.buyer.token, &path, renewed.clone()).await?;
            let seen = scene.get(&format!("{path}?periods=1")).await?["seen"].clone();
            let back = (format!("{path}/return"), json!({}));
            asked = vec![back, (path.clone(), json!({ "periods": 1, "seen": seen }))];
        }
        let calls = asked.into_iter().map(|(path, body)| {
            let (client, token) = (people.client.clone(), scene.buyer.token.clone());
            tokio::spawn(async move { ask(&client, &token, "POST", &path, Some(body)).await })
        });
        for call in calls.collect::<Vec<_>>() {
            let reply = call.await??;
            assert!(matches!(reply.status, 201 | 422 | 503), "{} {}", reply.status, reply.body);
        }
        scene.stage.kontor.run_due_jobs().await?;
        // What is paid is what stands: the first term unless it went back, and each renewal that did not.
        let shown = scene.get(&format!("/api/v1/instances/{instance}")).await?;
        let renewals = scene.get(&format!("{path}s")).await?;
        let all = renewals["items"].as_array().context("a list")?;
        let standing = all.iter().filter(|one| one["returned_at"].is_null()).count();
        let released = shown["state"] == "released";
        assert!(!released || standing == 0, "{shown} {renewals}");
        kept += i64::from(!released) + i64::try_from(standing)?;
        let months = u32::try_from(standing)? + 4;
        assert!(released || text(&shown, "expires_at")?.starts_with(&format!("2026-{months:02}-02")), "{shown}");
        assert_eq!(wallet(people, &scene.buyer).await?, held - kept * MONTH, "{shown} {renewals}");
        scene.stage.check().await?;
    }
    scene.close().await
}

async fn a_renewal_that_was_taken_in_a_file_does_not_go_back(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "in_a_file")).await?;
    let people = scene.people();
    let instance = buy(&scene.stage, &scene.buyer, months(&scene.product.skus[0], 1)).await?;
    let file = format!("/api/v1/instances/{instance}/licence-file");
    let download = async || ask(&people.client, &scene.buyer.token, "GET", &file, None).await?.good(&file);
    download().await?;
    scene.pass(HOUR).await?;
    scene.renew(&instance).await?.good("a renewal")?;
    let screen = scene.page(&format!("/console/instances/{instance}/renew")).await?;
    assert!(screen.contains("unless a licence file was downloaded after it"), "{screen}");
    let back = format!("/api/v1/instances/{instance}/renewal/return");
    // The file of before holds for what was paid before.
    assert_eq!(scene.get(&back).await?["cause"], "renewal_not_begun");
    download().await?;
    let refused = ask(&people.client, &scene.buyer.token, "POST", &back, Some(json!({}))).await?;
    assert_eq!(refusal(&refused), (422, "refund.file_issued"));
    scene.close().await
}

/// The worker was away until all was over: its end was never told as such.
async fn what_was_released_before_anybody_looked_counts_no_more(url: Option<String>) -> anyhow::Result<()> {
    let mut scene = Box::pin(Scene::open(url, "away")).await?;
    let people = &scene.people().clone();
    let path = format!("/api/v1/seller/products/{}/limits", scene.product.id);
    let limits = json!({ "spec": "server", "single_purchase": true });
    ask(&people.client, &scene.seller.token, "PUT", &path, Some(limits)).await?.good(&path)?;
    let instance = buy(&scene.stage, &scene.buyer, months(&scene.product.skus[0], 1)).await?;
    scene.pass(60 * DAY).await?;
    scene.buyer.token = people.token(&scene.buyer.name).await?;
    assert_eq!(scene.get(&format!("/api/v1/instances/{instance}")).await?["state"], "released");
    order(people, &scene.buyer, months(&scene.product.skus[0], 1), true).await?;
    let list = scene.get("/api/v1/orders").await?;
    assert_eq!(each(&list, "id").len(), 2);
    scene.close().await
}
