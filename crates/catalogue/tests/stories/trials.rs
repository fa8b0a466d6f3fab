//! Trials as a listing says them: what is refused, what a version changes, what files hold.

use serde_json::{Value, json};

use super::{
    fields,
    world::{World, listing},
};

#[tokio::test]
async fn a_trial_is_for_saas_paid_by_period_and_three_to_a_hundred_and_eighty_days() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let mut wanted = listing(shop.agreement);
    wanted["specs"][0]["trial_days"] = json!(14);
    let draft = world.post(&shop.token, "/api/v1/seller/products", wanted.clone()).await.is(201);
    let own = format!("/api/v1/seller/products/{}", draft["id"].as_str().unwrap());
    let refused = world.post(&shop.token, &format!("{own}/revisions"), Value::Null).await.refused(422, "invalid");
    assert_eq!(fields(&refused), ["specs[0].trial_days"], "a licence has none: {refused}");
    assert!(refused["errors"][0]["message"].to_string().contains("SaaS"), "{refused}");
    wanted["access_type"] = json!("saas");
    for (days, fine) in [(2, false), (3, true), (180, true), (181, false)] {
        wanted["specs"][0]["trial_days"] = json!(days);
        let read = world.get(&shop.token, &own).await.is(200);
        let version = read["version"].as_i64().unwrap();
        world.edit(&shop.token, &format!("PUT {own}"), version, wanted.clone()).await.is(200);
        let said = world.get(&shop.token, &format!("{own}/validation")).await.is(200);
        let errors = said["errors"].as_array().unwrap();
        let about: Vec<&Value> = errors.iter().filter(|error| error["field"] == "specs[0].trial_days").collect();
        assert_eq!(about.is_empty(), fine, "{days}: {said}");
    }
}
