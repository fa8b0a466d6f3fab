//! The shop window when several operators arrange it at once, and when what was sold comes back.

use anyhow::Context;
use axum::http::Method;
use kontor::stage::{
    People, Stage,
    client::{Reply, text},
    listing,
};
use serde_json::{Value, json};

use crate::{
    checkout::Pages,
    stories::{ask, buy},
};

on_both!(
    two_who_arrange_at_once_make_no_circle_and_lose_no_product,
    two_tags_put_at_once_are_both_there,
    what_is_returned_does_not_rank_its_product,
);

/// So often two do it beside each other: not every time they meet.
const ROUNDS: usize = 6;

const CATEGORIES: &str = "/api/v1/operator/categories";

async fn put(people: &People, operator: &str, code: &str, parent: Option<&str>) -> anyhow::Result<Reply> {
    let body = json!({ "parent": parent, "name": { "en": code, "zh": code } });
    ask(&people.client, operator, "PUT", &format!("{CATEGORIES}/{code}"), Some(body)).await
}

async fn two_who_arrange_at_once_make_no_circle_and_lose_no_product(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "arrange").await?;
    let people = &stage.people;
    let operator = people.operator().await?;
    for code in ["left-side", "right-side"] {
        let new = json!({ "code": code, "name": { "en": code, "zh": code } });
        people.client.post(&operator, CATEGORIES, new).await?;
    }
    for _ in 0..ROUNDS {
        let (one, other) = tokio::join!(
            put(people, &operator, "left-side", Some("right-side")),
            put(people, &operator, "right-side", Some("left-side")),
        );
        let mut statuses = [one?.status, other?.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 422], "each of them below the other is a circle");
        for code in ["left-side", "right-side"] {
            put(people, &operator, code, None).await?.good(code)?;
        }
    }

    // A product is approved into a category while that is merged into another one.
    let seller = people.seller("Cloudco Software").await?;
    for round in 0..ROUNDS {
        let code = format!("old-{round}");
        let new = json!({ "code": code, "name": { "en": code, "zh": code } });
        people.client.post(&operator, CATEGORIES, new).await?;
        let name = format!("Log Search {}", ["One", "Two", "Three", "Four", "Five", "Six"][round % 6]);
        let mut listing = listing(&name, &people.document(&seller, "service_agreement").await?);
        listing["user_guide"] = json!(people.document(&seller, "user_guide").await?);
        listing["categories"] = json!([code]);
        let draft = people.client.post(&seller.token, "/api/v1/seller/products", listing).await?;
        let product = text(&draft, "id")?.to_owned();
        let submit = format!("/api/v1/seller/products/{product}/revisions");
        let revision = people.edit(&seller.token, "POST", &submit, &draft, None).await?;
        let (approval, merge) = (
            format!("/api/v1/operator/revisions/{}/approval", text(&revision, "id")?),
            format!("{CATEGORIES}/{code}/merge"),
        );
        let (approved, merged) = tokio::join!(
            ask(&people.client, &operator, "POST", &approval, None),
            ask(&people.client, &operator, "POST", &merge, Some(json!({ "into": "left-side" }))),
        );
        approved?.good("approve")?;
        merged?.good("merge")?;
        let shelf = people.client.get(&operator, "/api/v1/products?category=left-side").await?;
        assert!(shelf.to_string().contains(&product), "{name} is nowhere: {shelf}");
    }
    stage.close().await
}

async fn two_tags_put_at_once_are_both_there(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "tags").await?;
    let people = &stage.people;
    let operator = people.operator().await?;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    for code in ["made-here", "for-schools"] {
        let new = json!({ "code": code, "name": { "en": code, "zh": code } });
        people.client.post(&operator, "/api/v1/operator/tags", new).await?;
    }
    let pages = Pages::of(&stage, &operator);
    let does = async |code: &str, what: &str, form: &str| {
        let path = format!("/operator/storefront/tags/{code}/{what}");
        anyhow::Ok(pages.ask(Method::POST, &path, form.to_owned()).await?.0)
    };
    let form = format!("product={}", product.id);
    let mine = format!("/api/v1/operator/products/{}/tags", product.id);
    for _ in 0..ROUNDS {
        let (one, other) = tokio::join!(does("made-here", "products", &form), does("for-schools", "products", &form));
        assert_eq!((one?, other?), (303, 303));
        let tags = people.client.get(&operator, &mine).await?;
        assert_eq!(tags["tags"], json!(["for-schools", "made-here"]));
        let taken = format!("{}/remove", product.id);
        let (one, other) = tokio::join!(does("made-here", &taken, ""), does("for-schools", &taken, ""));
        assert_eq!((one?, other?), (303, 303));
        assert_eq!(people.client.get(&operator, &mine).await?["tags"], json!([]));
    }
    stage.close().await
}

async fn what_is_returned_does_not_rank_its_product(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "returned").await?;
    let people = &stage.people;
    let operator = people.operator().await?;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    let sold = async || {
        stage.kontor.run_due_jobs().await?;
        let why = people.client.get(&operator, "/api/v1/operator/search?q=log").await?;
        let item: &Value = why["items"].get(0).context("it is found")?;
        anyhow::Ok((item["sold"].as_i64(), item["sales"].as_i64().is_some_and(|points| points > 0)))
    };
    assert_eq!(sold().await?, (Some(0), false));
    let instance = buy(&stage, &buyer, json!({ "sku": product.skus[1] })).await?;
    assert_eq!(sold().await?, (Some(1), true));
    people.client.post(&buyer.token, &format!("/api/v1/instances/{instance}/return"), json!({})).await?;
    assert_eq!(sold().await?, (Some(0), false), "it came back");
    stage.check().await?;
    stage.close().await
}
