//! A listing on its way to the shelf, and what buyers see meanwhile.

use anyhow::Context;
use kontor::stage::{Stage, client::text, listing};
use serde_json::json;

use crate::{
    saas::{System, connect},
    stories::{ask, inbox, months, refusal, says},
};

on_both!(
    a_rejected_revision_is_mended_and_submitted_again,
    a_new_revision_replaces_the_old_one,
    what_cannot_be_delivered_yet_is_listed_and_not_sold,
    what_is_paid_by_use_is_tried_out_and_not_sold_yet,
    software_as_a_service_proves_itself_and_is_copied
);

async fn a_rejected_revision_is_mended_and_submitted_again(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "rejected").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let mut wanted = listing("Huawei Log Search", &people.document(&seller, "service_agreement").await?);
    let draft = people.client.post(&seller.token, "/api/v1/seller/products", wanted.clone()).await?;
    let product = format!("/api/v1/seller/products/{}", text(&draft, "id")?);
    let submit = format!("{product}/revisions");
    let check = people.client.get(&seller.token, &format!("{product}/validation")).await?;
    assert_eq!((&check["valid"], &check["errors"][0]["field"]), (&json!(false), &json!("name.en")), "{check}");
    let refused = ask(&people.client, &seller.token, "POST", &submit, None).await?;
    assert_eq!(refused.status, 422, "{}", refused.body);

    wanted["name"] = json!({ "en": "Log Search", "zh": "日志搜索" });
    let draft = people.edit(&seller.token, "PUT", &product, &draft, Some(wanted.clone())).await?;
    let first = ask(&people.client, &seller.token, "POST", &submit, None).await?.good(&submit)?;
    assert_eq!((&first["state"], &first["number"]), (&json!("submitted"), &json!(1)));
    let twice = ask(&people.client, &seller.token, "POST", &submit, None).await?;
    assert_eq!(refusal(&twice), (409, "product.under_review"));
    let operator = people.operator().await?;
    let reject = format!("/api/v1/operator/revisions/{}/rejection", text(&first, "id")?);
    let reasons = json!({ "reasons": [{ "field": "summary.en", "message": "Say whose servers." }] });
    people.client.post(&operator, &reject, reasons.clone()).await?;
    let again = ask(&people.client, &operator, "POST", &reject, Some(reasons)).await?;
    assert_eq!(refusal(&again), (409, "revision.wrong_state"), "what is decided stays decided");
    stage.kontor.run_due_jobs().await?;
    let titles = inbox(people, &seller.token).await?;
    assert!(titles.iter().any(|title| title.contains("Log Search")), "{titles:?}");
    let shelf = format!("/api/v1/products/{}", text(&draft, "id")?);
    assert_eq!(ask(&people.client, &seller.token, "GET", &shelf, None).await?.status, 404);

    let path = format!("/api/v1/seller/revisions/{}", text(&first, "id")?);
    let seen = people.client.get(&seller.token, &path).await?;
    assert_eq!((&seen["state"], &seen["reasons"][0]["message"]), (&json!("rejected"), &json!("Say whose servers.")));
    wanted["summary"]["en"] = json!("Finds the line that matters on your own servers.");
    people.edit(&seller.token, "PUT", &product, &draft, Some(wanted)).await?;
    people.publish(&seller, text(&draft, "id")?).await?;
    let page = people.client.get(&seller.token, &shelf).await?;
    assert_eq!(page["summary"]["en"], "Finds the line that matters on your own servers.");
    stage.close().await
}

async fn a_new_revision_replaces_the_old_one(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "revised").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    let path = format!("/api/v1/seller/products/{}", product.id);
    let unchanged = ask(&people.client, &seller.token, "POST", &format!("{path}/revisions"), None).await?;
    assert_eq!(refusal(&unchanged), (422, "product.unchanged"));

    let draft = people.client.get(&seller.token, &path).await?;
    let mut dearer = draft["listing"].clone();
    let price = &mut dearer["specs"][0]["skus"][0]["billing"]["month"]["price"]["quantities"]["users"];
    price["tiers"][0]["unit_price"] = json!("40.00");
    people.edit(&seller.token, "PUT", &path, &draft, Some(dearer)).await?;
    let quote = async || people.client.post(&buyer.token, "/api/v1/quotes", months(&product.skus[0], 1)).await;
    let before = quote().await?;
    assert_eq!(before["total"]["minor"], 30_000, "a draft changes nothing for buyers");

    let draft = people.client.get(&seller.token, &path).await?;
    let submitted = people.edit(&seller.token, "POST", &format!("{path}/revisions"), &draft, None).await?;
    let review = format!("/api/v1/operator/revisions/{}", text(&submitted, "id")?);
    let operator = people.operator().await?;
    let seen = people.client.get(&operator, &review).await?;
    let changes = seen["changes"].to_string();
    assert!(changes.contains("30.00") && changes.contains("40.00"), "the operator sees the difference: {changes}");
    ask(&people.client, &operator, "POST", &format!("{review}/approval"), None).await?.good("approve")?;
    assert_eq!(quote().await?["total"]["minor"], 40_000);
    let accept = json!({ "quote": before["id"], "pay_with": "wallet" });
    let order = people.client.post(&buyer.token, "/api/v1/orders", accept).await?;
    assert_eq!(order["total"]["minor"], 30_000, "what was quoted holds");
    stage.kontor.run_due_jobs().await?;
    assert!(says(&inbox(people, &buyer.token).await?, "Ready to use: "));
    stage.close().await
}

async fn what_cannot_be_delivered_yet_is_listed_and_not_sold(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "later").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let types = people.client.get(&seller.token, "/api/v1/access-types").await?;
    let image = types["items"].as_array().into_iter().flatten().find(|one| one["code"] == "image");
    let sentence = image.context("images can be listed")?["sold_later"]["en"].clone();

    let mut wanted = listing("Log Search Image", &people.document(&seller, "service_agreement").await?);
    wanted["access_type"] = json!("image");
    wanted["fields"] = json!({ "os": "ubuntu", "memory": "4" });
    let draft = people.client.post(&seller.token, "/api/v1/seller/products", wanted.clone()).await?;
    let path = format!("/api/v1/seller/products/{}", text(&draft, "id")?);
    let check = people.client.get(&seller.token, &format!("{path}/validation")).await?;
    assert_eq!(check["errors"][0]["field"], "specs[1].billing_mode", "an image is not paid once: {check}");
    wanted["specs"].as_array_mut().context("specs")?.truncate(1);
    people.edit(&seller.token, "PUT", &path, &draft, Some(wanted.clone())).await?;
    people.publish(&seller, text(&draft, "id")?).await?;

    let page = people.client.get(&seller.token, &format!("/api/v1/products/{}", text(&draft, "id")?)).await?;
    assert_eq!(page["sold_later"]["en"], sentence);
    assert_eq!(page["fields"], json!({ "os": "ubuntu", "memory": "4" }));
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    let sku = text(&page["specs"][0]["skus"][0], "id")?;
    let refused = ask(&people.client, &buyer.token, "POST", "/api/v1/quotes", Some(months(sku, 1))).await?;
    assert_eq!(refusal(&refused), (422, "order.not_yet"));
    let says_when = sentence.as_str().is_some_and(|sentence| refused.body["detail"].to_string().contains(sentence));
    assert!(says_when, "{}", refused.body);

    let draft = people.client.get(&seller.token, &path).await?;
    wanted["access_type"] = json!("license");
    wanted["fields"] = json!({});
    people.edit(&seller.token, "PUT", &path, &draft, Some(wanted)).await?;
    let check = people.client.get(&seller.token, &format!("{path}/validation")).await?;
    assert_eq!(check["errors"][0]["field"], "access_type", "what was listed keeps its type: {check}");
    stage.close().await
}

async fn what_is_paid_by_use_is_tried_out_and_not_sold_yet(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "use").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let mut wanted = listing("Call Notes", &people.document(&seller, "service_agreement").await?);
    wanted["access_type"] = json!("api");
    wanted["fields"] = json!({ "protocol": "rest" });
    let minutes = json!({ "code": "minutes", "name": { "en": "Minutes", "zh": "时长" },
        "unit": { "en": "minutes", "zh": "分钟" }, "unit_one": "minute" });
    let meter = json!({ "counts": minutes, "accumulation": "day", "price": { "model": "tiered",
        "ranges": [{ "up_to": "3", "unit_price": "0.30" }, { "unit_price": "0.20" }] } });
    let spec = |code: &str, mode: &str, billing: serde_json::Value| {
        json!({ "code": code, "name": { "en": format!("By {code}"), "zh": format!("{code} 方式") },
            "billing_mode": mode, "skus": [{ "billing": billing }] })
    };
    wanted["specs"] = json!([
        spec("usage", "on_demand", json!({ "mode": "on_demand", "cycle": "day", "meters": [meter] })),
        spec(
            "bundles",
            "package",
            json!({ "mode": "package", "counts": minutes, "amount": "100",
            "term": { "unit": "month", "count": 12 }, "price": { "base": "15.00" }, "overage": { "then": "stop" } })
        ),
    ]);
    wanted["specs"][0]["skus"][0]["books"] = json!([{ "currency": "USD", "prices": { "by": "rate", "rate": "0.14" } }]);
    let draft = people.client.post(&seller.token, "/api/v1/seller/products", wanted.clone()).await?;
    let path = format!("/api/v1/seller/products/{}", text(&draft, "id")?);
    let check = people.client.get(&seller.token, &format!("{path}/validation")).await?;
    let errors = &check["errors"];
    assert_eq!(errors[0]["field"], "specs[0].skus[0].books[0].currency", "this site has one currency: {check}");
    wanted["specs"][0]["skus"][0]["books"] = json!([]);
    people.edit(&seller.token, "PUT", &path, &draft, Some(wanted)).await?;
    people.publish(&seller, text(&draft, "id")?).await?;

    let page = people.client.get(&seller.token, &format!("/api/v1/products/{}", text(&draft, "id")?)).await?;
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    for spec in page["specs"].as_array().context("specs")? {
        let later = spec["sold_later"]["en"].as_str().context("it says when it can be bought")?;
        let sku = text(&spec["skus"][0], "id")?;
        let tried = json!({ "sku": sku, "usage": { "minutes": "8" } });
        let price = people.client.post(&buyer.token, "/api/v1/price-preview", tried).await?;
        let wanted = if spec["code"] == "usage" { 190 } else { 1_500 };
        assert_eq!(price["total"]["minor"], wanted, "{price}");
        let refused = ask(&people.client, &buyer.token, "POST", "/api/v1/quotes", Some(json!({ "sku": sku }))).await?;
        assert_eq!(refusal(&refused), (422, "order.not_yet"));
        assert!(refused.body["detail"].to_string().contains(later), "{}", refused.body);
    }
    stage.close().await
}

async fn software_as_a_service_proves_itself_and_is_copied(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "saas").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let mut wanted = listing("Log Search", &people.document(&seller, "service_agreement").await?);
    wanted["access_type"] = json!("saas");
    let draft = people.client.post(&seller.token, "/api/v1/seller/products", wanted.clone()).await?;
    let path = format!("/api/v1/seller/products/{}", text(&draft, "id")?);
    let check = people.client.get(&seller.token, &format!("{path}/validation")).await?;
    let fields: Vec<&str> =
        check["errors"].as_array().into_iter().flatten().filter_map(|one| one["field"].as_str()).collect();
    let papers = ["user_guide", "copyright.certificate", "copyright.software", "copyright.holder"];
    assert_eq!((&fields[..4], &fields[4..]), (&papers[..], &["access_type"][..]), "papers, and a system that opens it");

    let (guide, certificate) =
        (people.document(&seller, "user_guide").await?, people.document(&seller, "software_copyright").await?);
    wanted["user_guide"] = json!(guide);
    wanted["copyright"] = json!({ "software": "Log Search", "holder": "Cloudco Software", "certificate": certificate });
    wanted["highlights"] = json!([{ "title": { "en": "Reads any log", "zh": "兼容各类日志" },
        "text": { "en": "Text, JSON and syslog.", "zh": "支持文本、JSON 与 syslog。" } }]);
    wanted["parameters"] = json!([{ "name": "emailDomainName", "label": { "en": "Mail domain", "zh": "邮箱域名" },
        "kind": "domain", "mandatory": true }]);
    people.edit(&seller.token, "PUT", &path, &draft, Some(wanted)).await?;
    let submit = format!("{path}/revisions");
    let refused = ask(&people.client, &seller.token, "POST", &submit, None).await?;
    assert_eq!(refusal(&refused), (422, "invalid"));
    assert!(refused.body.to_string().contains("/seller/production"), "it says where: {}", refused.body);
    let system = System::start(&stage.kontor.app.clock).await?;
    connect(people, &seller, &system, "").await?;
    people.tries_out(&seller).await?;
    people.publish(&seller, text(&draft, "id")?).await?;
    let shelf = format!("/api/v1/products/{}", text(&draft, "id")?);
    let page = people.client.get(&seller.token, &shelf).await?;
    assert_eq!(page["highlights"][0]["title"]["en"], "Reads any log");
    assert_eq!(page["parameters"][0]["name"], "emailDomainName");
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    let reads = async |paper: &str| {
        anyhow::Ok(ask(&people.client, &buyer.token, "GET", &format!("{shelf}/papers/{paper}"), None).await?.status)
    };
    assert_eq!((reads(&guide).await?, reads(&certificate).await?), (200, 404), "what proves it is for the reviewer");

    let copy = ask(&people.client, &seller.token, "POST", &format!("{path}/copies"), None).await?.good(&path)?;
    assert_eq!(copy["state"], "draft");
    assert_eq!(copy["listing"]["name"]["en"], "Log Search (copy)");
    assert_eq!(copy["listing"]["user_guide"], json!(guide), "papers are kept");
    assert_ne!(copy["id"], draft["id"]);
    stage.close().await
}
