//! Signed requests that are sent again.

use kontor::stage::{Stage, signer::Signer};
use serde_json::json;

use crate::stories::{activate, buy, code, months, refusal};

on_both!(an_equal_heartbeat_is_answered_and_an_equal_change_is_refused);

async fn an_equal_heartbeat_is_answered_and_an_equal_change_is_refused(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "signed").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    let instance = buy(&stage, &buyer, months(&product.skus[0], 1)).await?;
    let code = code(people, &buyer, &instance).await?;
    activate(people, &seller, &code).await?;

    let now = stage.kontor.app.clock.now();
    let signer = Signer::of(people, &seller, &["integrate"]).await?;
    let path = "/api/mkp-openapi-public/global/v1/license/heartbeat";
    let beat = signer.post(path, &json!({ "license": code }), "", now);
    let first = beat.send(&people.client).await?;
    assert_eq!((first.status, &first.body["error_code"]), (200, &json!("92020000")), "{}", first.body);
    let again = beat.send(&people.client).await?;
    assert_eq!((again.status, again.body), (200, first.body), "two programs may beat in the same second");

    let signer = Signer::of(people, &buyer, &["view", "buy"]).await?;
    let quote = signer.post("/api/v1/quotes", &months(&product.skus[0], 1), "", now);
    let first = quote.send(&people.client).await?;
    assert_eq!(first.status, 201, "{}", first.body);
    assert_eq!(refusal(&quote.send(&people.client).await?), (401, "signature.replayed"));
    stage.close().await
}
