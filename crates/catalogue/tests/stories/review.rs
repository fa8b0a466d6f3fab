//! The review workbench: taking a case, what the checks find, two reviewers, objections that go away.

use serde_json::{Value, json};

use crate::{
    storefront::look,
    world::{World, listing},
};

fn path(revision: &str, verb: &str) -> String {
    format!("/api/v1/operator/revisions/{revision}{verb}")
}

/// The verdict of one check.
fn verdict<'c>(case: &'c Value, check: &str) -> &'c Value {
    let checks = case["checks"].as_array().unwrap();
    &checks.iter().find(|one| one["check"] == check).unwrap_or_else(|| panic!("{case}"))["verdict"]
}

#[tokio::test]
async fn a_case_is_worked_on_by_one_reviewer_at_a_time() {
    let world = World::new().await;
    let (shop, second) = (world.shop("Cloudco").await, world.second.clone());
    let (_, revision) = world.submits(&shop, listing(shop.agreement)).await;
    let case = world.post(&world.reviewer, &path(&revision, "/claim"), Value::Null).await.is(200);
    assert!(case["claimed_by"].as_str().unwrap().starts_with("usr_"), "{case}");
    world.post(&second, &path(&revision, "/claim"), Value::Null).await.refused(409, "review.claimed");
    world.post(&second, &path(&revision, "/release"), Value::Null).await.refused(409, "review.claimed");
    world.post(&second, &path(&revision, "/approval"), Value::Null).await.refused(409, "review.claimed");
    let shown = async |token: &str, part: &str| {
        let queue = world.get(token, &format!("/api/v1/operator/revisions?show={part}")).await.is(200);
        queue["items"].as_array().unwrap().len()
    };
    assert_eq!((shown(&world.reviewer, "mine").await, shown(&second, "mine").await), (1, 0));
    assert_eq!((shown(&second, "free").await, shown(&second, "all").await), (0, 1));

    world.post(&world.reviewer, &path(&revision, "/release"), Value::Null).await.is(200);
    assert_eq!(shown(&second, "free").await, 1);
    world.post(&world.reviewer, &path(&revision, "/claim"), Value::Null).await.is(200);
    // Whoever goes home does not keep it for ever.
    world.catalogue.app.clock.turn(61 * kernel::time::MINUTE);
    assert_eq!(shown(&second, "free").await, 1);
    world.post(&second, &path(&revision, "/claim"), Value::Null).await.is(200);
    world.post(&second, &path(&revision, "/approval"), Value::Null).await.is(200);
    world.post(&second, &path(&revision, "/claim"), Value::Null).await.refused(409, "review.over");
}

#[tokio::test]
async fn a_dear_listing_needs_two_reviewers() {
    let world = World::new().await;
    let (shop, second) = (world.shop("Cloudco").await, world.second.clone());
    let mut dear = listing(shop.agreement);
    for sku in 0..2 {
        dear["specs"][0]["skus"][sku]["billing"]["month"]["price"] =
            json!({"base": "500000.00", "quantities": {"users": {"model": "linear", "unit_price": "1"}}});
    }
    let (product, revision) = world.submits(&shop, dear).await;
    let answers = |said: &str| {
        let points = ["honest", "lawful", "languages", "prices", "agreement", "activation", "file"];
        json!({"answers": points.map(|point| json!({"point": point, "said": said}))})
    };
    let wrong = world.post(&world.reviewer, &path(&revision, "/approval"), answers("wrong")).await;
    wrong.refused(422, "invalid");
    let first = world.post(&world.reviewer, &path(&revision, "/approval"), answers("fine")).await.is(200);
    assert_eq!(first["state"], "submitted", "{first}");
    world.get("", &format!("/api/v1/products/{product}")).await.refused(404, "not_found");
    world.post(&world.reviewer, &path(&revision, "/approval"), Value::Null).await.refused(409, "review.same_person");
    world.post(&world.reviewer, &path(&revision, "/claim"), Value::Null).await.refused(409, "review.same_person");
    let queue = world.get(&second, "/api/v1/operator/revisions?show=second").await.is(200);
    assert_eq!(queue["items"][0]["case"]["needs_second"], true, "{queue}");
    let done = world.post(&second, &path(&revision, "/approval"), answers("not_applicable")).await.is(200);
    assert_eq!(done["state"], "approved");
    let statistics = world.get(&second, "/api/v1/operator/review-statistics?days=7").await.is(200);
    let counts =
        |index: usize| (&statistics["reviewers"][index]["decided"], &statistics["reviewers"][index]["first_approvals"]);
    assert_eq!((counts(0), counts(1)), ((&json!(1), &json!(0)), (&json!(0), &json!(1))), "{statistics}");
    world.get("", &format!("/api/v1/products/{product}")).await.is(200);
    let review = world.get(&second, &path(&revision, "")).await.is(200);
    let kept = review["case"]["answers"].as_array().unwrap();
    assert_eq!((kept.len(), &kept[0]["said"], &kept[7]["said"]), (14, &json!("fine"), &json!("not_applicable")));
}

#[tokio::test]
async fn checks_run_first_and_tell_seller_and_reviewer_what_they_found() {
    let world = World::new().await;
    let (shop, rival) = (world.shop("Cloudco").await, world.shop("Rivalco").await);
    let (_, original) = world.submits(&shop, listing(shop.agreement)).await;
    world.reacts().await;
    let first = world.get(&world.reviewer, &path(&original, "")).await.is(200);
    for check in ["rules", "links", "words", "texts", "pictures"] {
        assert_eq!(verdict(&first["case"], check), "passed", "{check}: {first}");
    }

    let mut copy = listing(rival.agreement);
    copy["summary"]["en"] = json!("The best lens: see http://10.0.0.7/ or call 400-820-8820.");
    copy["logo"] = json!(world.logo("Rivalco").await.to_string());
    let draft = world.post(&rival.token, "/api/v1/seller/products", copy).await.is(201);
    let own = format!("/api/v1/seller/products/{}", draft["id"].as_str().unwrap());
    let told = world.get(&rival.token, &format!("{own}/validation")).await.is(200);
    let found: Vec<(&str, &str)> = told["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (finding["check"].as_str().unwrap(), finding["field"].as_str().unwrap()))
        .collect();
    assert!(found.contains(&("links", "summary.en")) && found.contains(&("words", "summary.en")), "{found:?}");
    assert!(found.contains(&("texts", "description.en")) && found.contains(&("texts", "description.zh")), "{found:?}");
    assert!(found.contains(&("pictures", "logo")), "{found:?}");
    assert!(!told.to_string().contains("prd_"), "a seller does not learn whose text it is: {told}");

    let submitted = world.post(&rival.token, &format!("{own}/revisions"), Value::Null).await.is(201);
    world.reacts().await;
    let seen = world.get(&world.reviewer, &path(submitted["id"].as_str().unwrap(), "")).await.is(200);
    assert_eq!(verdict(&seen["case"], "texts"), "failed", "{seen}");
    assert!(seen["case"].to_string().contains("\"about\":\"prd_"), "{seen}");
    let failed = world.get(&world.reviewer, "/api/v1/operator/revisions?show=failed").await.is(200);
    assert_eq!(failed["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_objection_stands_until_its_field_is_changed_and_a_resubmission_can_overturn_it() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let (product, revision) = world.submits(&shop, listing(shop.agreement)).await;
    let reasons = json!({"reasons": [
        {"field": "specs[server].name.en", "message": "Say which servers."},
        {"field": "summary.en", "message": "Say whose lines."}]});
    world.post(&world.reviewer, &path(&revision, "/rejection"), reasons).await.is(200);
    let own = format!("/api/v1/seller/products/{product}");
    let open = async || {
        let told = world.get(&shop.token, &format!("{own}/validation")).await.is(200);
        let open = told["objections"].as_array().cloned().unwrap_or_default();
        open.iter().map(|one| one["field"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(open().await, ["specs[server].name.en", "summary.en"]);
    let mut mended = listing(shop.agreement);
    mended["specs"][0]["name"]["en"] = json!("Linux server installation");
    world.edit(&shop.token, &format!("PUT {own}"), 1, mended).await.is(200);
    assert_eq!(open().await, ["summary.en"]);
    world.edit(&shop.token, &format!("PUT {own}"), 2, listing(shop.agreement)).await.is(200);

    world.catalogue.app.clock.turn(kernel::time::HOUR);
    world.approves(&shop, &product).await;
    let statistics = world.get(&world.reviewer, "/api/v1/operator/review-statistics?days=7").await.is(200);
    let mine = &statistics["reviewers"][0];
    assert_eq!((&mine["decided"], &mine["rejected"], &mine["overturned"]), (&json!(2), &json!(1), &json!(1)), "{mine}");
    world.get(&world.reviewer, "/api/v1/operator/review-statistics?days=0").await.refused(422, "invalid");
}

#[tokio::test]
async fn who_submits_much_on_one_day_waits_longer() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let mut due = Vec::new();
    for number in 0..11 {
        let mut one = listing(shop.agreement);
        one["version"] = json!(format!("V1.{number}"));
        let (_, revision) = world.submits(&shop, one).await;
        let seen = world.get(&shop.token, &format!("/api/v1/seller/revisions/{revision}")).await.is(200);
        due.push(seen["due_at"].as_str().unwrap().to_owned());
    }
    assert_eq!((due[9].as_str(), due[10].as_str()), ("2026-11-26T02:00:00.000000Z", "2026-11-30T02:00:00.000000Z"));
    let queue = world.get(&world.reviewer, "/api/v1/operator/revisions?limit=4").await.is(200);
    let next = queue["next_cursor"].as_str().unwrap();
    let rest = world.get(&world.reviewer, &format!("/api/v1/operator/revisions?limit=100&cursor={next}")).await.is(200);
    let rest = rest["items"].as_array().unwrap();
    assert_eq!((rest.len(), &rest[6]["due_at"]), (7, &json!(due[10])), "the latest due comes last");
}

#[tokio::test]
async fn nobody_approves_before_the_checks_have_run_or_against_one_that_decides() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let mut hidden = listing(shop.agreement);
    hidden["summary"]["en"] = json!("Download it at https://pan.baidu.com/s/lens today.");
    let (product, revision) = world.submits(&shop, hidden).await;
    let seen = world.get(&world.reviewer, &path(&revision, "")).await.is(200);
    assert_eq!(verdict(&seen["case"], "links"), "failed", "what was submitted was checked: {seen}");
    let refused = world.post(&world.reviewer, &path(&revision, "/approval"), Value::Null).await;
    let refused = refused.refused(409, "review.checks_failed");
    assert!(refused["detail"].as_str().unwrap().contains("links and contacts"), "{refused}");
    let (_, _, page) = look(&world, &world.reviewer, &format!("/operator/products/{revision}")).await;
    assert!(page.contains("automatic checks failed: links and contacts"), "{page}");
    let reasons = json!({"reasons": [{"field": "summary.en", "message": "Offer it here."}]});
    world.post(&world.reviewer, &path(&revision, "/rejection"), reasons).await.is(200);
    world.get("", &format!("/api/v1/products/{product}")).await.refused(404, "not_found");

    // One that was submitted when there were no checks yet.
    let (_, old) = world.submits(&shop, listing(shop.agreement)).await;
    let id: kernel::id::RevisionId = old.parse().unwrap();
    let sql = "update review_case set checked_at = null where revision_id = $1";
    world.does(async |tx| tx.execute(sql, kernel::args![id]).await).await;
    let refused = world.post(&world.reviewer, &path(&old, "/approval"), Value::Null).await;
    let refused = refused.refused(409, "review.checks_open");
    assert!(refused["detail"].as_str().unwrap().contains("copied texts"), "it says which: {refused}");
    world.post(&world.reviewer, &path(&old, "/claim"), Value::Null).await.is(200);
    world.post(&world.reviewer, &path(&old, "/approval"), Value::Null).await.is(200);
}
