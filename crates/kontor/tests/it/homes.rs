//! The first pages of buyer, seller and operator say what waits and lead there; every table of a page is a file.

use anyhow::Context;
use axum::http::Method;
use kernel::time::{HOUR, MINUTE};
use kontor::stage::{Stage, by_use};
use serde_json::json;

use crate::{
    checkout::Pages,
    metering::{Scene as Used, record},
    private_offers::{BUYERS, Scene, offer, percent},
};

on_both!(
    every_queue_of_the_operator_leads_to_where_it_is_decided,
    a_private_offer_waits_for_its_buyer_and_its_message_for_its_seller,
    what_is_owed_for_use_needs_its_buyer_and_what_was_refused_its_seller,
    a_table_of_several_pages_is_one_file,
    what_rules_would_change_is_shown_before_they_are_published,
);

async fn every_queue_of_the_operator_leads_to_where_it_is_decided(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "queues").await?;
    let pages = Pages::of(&stage, &stage.people.operator().await?);
    let home = pages.open("/operator").await?;
    let (_, table) = home.split_once("data-sortable").context("the queues are a table")?;
    let table = table.split("</table>").next().unwrap_or_default();
    let ways: Vec<&str> = table.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    for way in [
        "/operator/removals",
        "/operator/measures?state=appealed",
        "/operator/proposals",
        "/operator/resale",
        "/operator/deliveries?state=failed",
        "/operator/differences",
        "/operator/reported-reviews",
        "/operator/transfers",
    ] {
        assert!(ways.contains(&way), "{way}: {ways:?}");
    }
    assert_eq!(ways.len(), 13, "{ways:?}");
    for way in ways {
        pages.open(way).await?;
    }
    stage.close().await
}

async fn a_private_offer_waits_for_its_buyer_and_its_message_for_its_seller(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "waits").await?;
    let (buyer, seller) = (Pages::of(&scene.stage, &scene.buyer.token), Pages::of(&scene.stage, &scene.seller.token));
    assert!(buyer.open("/console").await?.contains("Nothing needs you"));
    let id = scene.sent(offer(&scene.product.skus[0], scene.day(10), &percent(1_000))).await?;
    let home = buyer.open("/console").await?;
    assert!(home.contains("A private offer waits for your answer."), "{home}");
    assert!(home.contains(&format!("/console/private-offers/{id}\"")), "it leads to the only one");
    scene.sent(offer(&scene.product.skus[0], scene.day(10), &percent(500))).await?;
    let home = buyer.open("/console").await?;
    assert!(home.contains("2 private offers wait") && home.contains("/console/private-offers?state=sent"), "{home}");

    let asked = "A buyer waits for your answer about a private offer.";
    assert!(!seller.open("/seller").await?.contains(asked));
    let client = &scene.people().client;
    let path = format!("{BUYERS}/{id}/messages");
    client.post(&scene.buyer.token, &path, json!({ "text": "Could you do it for less?" })).await?;
    let home = seller.open("/seller").await?;
    assert!(home.contains(asked) && home.contains("/seller/private-offers?state=sent"), "{home}");
    let path = format!("/api/v1/seller/private-offers/{id}/messages");
    client.post(&scene.seller.token, &path, json!({ "text": "For three years, yes." })).await?;
    assert!(!seller.open("/seller").await?.contains(asked), "it was answered");
    scene.stage.close().await
}

async fn what_is_owed_for_use_needs_its_buyer_and_what_was_refused_its_seller(
    url: Option<String>,
) -> anyhow::Result<()> {
    let dear = by_use("hour", json!({ "price": { "model": "fixed", "unit_price": "10" } }));
    let scene = Box::pin(Used::open(url.as_deref(), "owed", dear)).await?;
    let people = &scene.stage.people;
    let buyer = people.buyer("Short Of Money").await?;
    people.top_up(&buyer, 1_500).await?;
    let (_, name) = scene.buy(&buyer).await?;
    let (own, sold) = (Pages::of(&scene.stage, &buyer.token), Pages::of(&scene.stage, &scene.seller.token));
    scene.pass(HOUR + MINUTE).await?;
    scene.pushed(vec![record(&name, 1, "2", "1")]).await?;
    assert!(!own.open("/console").await?.contains("could not be paid from your wallet"));
    scene.pass(HOUR).await?;
    let home = own.open("/console").await?;
    assert!(home.contains("could not be paid from your wallet"), "{home}");
    own.open("/console/wallet/top-up?next=/console").await?;
    scene.pass(73 * HOUR).await?;
    let home = own.open("/console").await?;
    assert!(home.contains("is frozen until what you used is paid"), "{home}");

    let frozen = json!({ "instance_id": name, "record_time": "20260305T050300Z", "begin_time": "20260305T050000Z",
        "end_time": "20260305T050300Z", "usage_value": "1", "metering_sn": "frozen" });
    scene.pushed(vec![frozen]).await?;
    assert_eq!(scene.refused().await?.len(), 1);
    let home = sold.open("/seller").await?;
    assert!(home.contains("One record of use was refused") && home.contains("/seller/usage/refused\""), "{home}");
    scene.close().await
}

async fn a_table_of_several_pages_is_one_file(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "files").await?;
    for number in 1..=21 {
        let mut one = offer(&scene.product.skus[0], scene.day(10), &percent(1_000));
        one["name"] = json!(format!("Offer {number}, \"early\""));
        scene.begin(one).await?;
    }
    let (buyer, seller) = (Pages::of(&scene.stage, &scene.buyer.token), Pages::of(&scene.stage, &scene.seller.token));
    let list = "/seller/private-offers?state=draft";
    let page = seller.open(list).await?;
    assert!(page.contains("rel=\"next\""), "there are more than a page has");
    let file = "/seller/private-offers?state=draft&csv=Private%20offers";
    assert!(page.contains(&file.replace('&', "&amp;")), "{page}");
    let text = seller.open(file).await?;
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert!(text.starts_with('\u{feff}') && !text.contains('<'), "{text}");
    assert_eq!(lines.len(), 1 + 21 + 1, "titles, each offer once, and the end: {text}");
    for number in 1..=21 {
        assert_eq!(text.matches(&format!("\"Offer {number}, \"\"early\"\"")).count(), 1, "{number}: {text}");
    }
    // Whoever may not see the page gets no file of it, and no other table is one.
    let (status, _, said) = buyer.ask(Method::GET, file, String::new()).await?;
    assert!(status == 403 && !said.contains("Offer 1"), "{status}");
    let page = seller.open("/seller/private-offers?csv=Others").await?;
    assert!(page.contains("<h1>"), "without such a table the page is what it is");
    scene.stage.close().await
}

async fn what_rules_would_change_is_shown_before_they_are_published(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "preview").await?;
    let pages = Pages::of(&stage, &stage.people.operator().await?);
    let form = |rules: &str, act: &str| format!("rules={}&effective_from=&act={act}", ui::escaped(rules));
    let versions = async || Ok::<usize, anyhow::Error>(stage.kontor.policies.versions().await?.len());
    let before = versions().await?;
    let rules = policy::DEFAULT.replace("no_reason_hours = 120", "no_reason_hours = 48");
    assert_ne!(rules, policy::DEFAULT);
    let path = "/operator/policy/publish";
    let (status, _, page) = pages.ask(Method::POST, path, form(&rules, "look")).await?;
    assert_eq!(status, 200, "{page}");
    assert!(
        page.contains("What it would change") && page.contains("<del>") && page.contains("value=\"publish\""),
        "{page}"
    );
    assert_eq!(versions().await?, before, "looking publishes nothing");
    let broken = policy::DEFAULT.replacen("fee_basis_points = 500", "fee_basis_points = 50000", 1);
    let (status, _, page) = pages.ask(Method::POST, path, form(&broken, "look")).await?;
    assert!(status == 422 && !page.contains("value=\"publish\""), "{status}");
    let (status, to, page) = pages.ask(Method::POST, path, form(&rules, "publish")).await?;
    assert!(status == 303 && to.starts_with("/operator/policy"), "{status} {page}");
    assert_eq!(versions().await?, before + 1);
    stage.close().await
}
