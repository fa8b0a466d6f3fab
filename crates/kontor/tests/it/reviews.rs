//! What buyers say of products: who may, what it does to the rating and the search, what sellers and the operator can do.

use accounts::StaffRole;
use anyhow::Context;
use axum::http::Method;
use kernel::time::{DAY, HOUR};
use kontor::stage::{
    People, Person, Product, Stage,
    client::{Reply, Sent, text},
};
use serde_json::{Value, json};

use crate::{
    checkout::Pages,
    offers::batch,
    stories::{ask, buy, each, inbox, months, refusal, says},
};

on_both!(
    a_verified_buyer_writes_and_the_rating_follows,
    only_who_has_paid_and_kept_it_may_write,
    what_is_given_back_or_arranged_does_not_count,
    who_begins_to_sell_or_is_known_better_counts_no_more,
    a_report_is_decided_with_reasons_and_appealed_once,
    a_decision_holds_for_what_the_review_said,
    answers_are_few_and_told_once,
    a_renewal_that_was_paid_entitles_as_a_purchase_does,
    the_search_knows_ratings_and_private_products_keep_theirs,
    pages_lead_from_a_purchase_to_an_answered_review,
    two_who_write_at_once_are_both_counted,
);

const REVIEWS: &str = "/api/v1/reviews";
const CASES: &str = "/api/v1/operator/reported-reviews";

fn said(product: &str, stars: u8, title: &str) -> Value {
    json!({
        "product": product, "stars": stars, "title": title, "lang": "en",
        "text": "Searching a month of logs takes two seconds. The first import took us a day."
    })
}

/// What nobody in particular gets.
async fn seen(people: &People, path: &str) -> anyhow::Result<Value> {
    people.client.call("GET", path, Sent::default()).await?.good(path)
}

async fn reads(people: &People, product: &Product) -> anyhow::Result<Value> {
    seen(people, &format!("/api/v1/products/{}/reviews", product.id)).await
}

/// A buyer who has bought the product once.
async fn owner(stage: &Stage, name: &str, product: &Product) -> anyhow::Result<(Person, String)> {
    let buyer = stage.people.rich_buyer(name).await?;
    let instance = buy(stage, &buyer, json!({ "sku": product.skus[1] })).await?;
    Ok((buyer, instance))
}

async fn writes(people: &People, buyer: &Person, review: Value) -> anyhow::Result<Reply> {
    ask(&people.client, &buyer.token, "POST", REVIEWS, Some(review)).await
}

async fn shop(stage: &Stage) -> anyhow::Result<(Person, Product)> {
    let seller = stage.people.seller("Cloudco Software").await?;
    let product = stage.people.product(&seller, "Log Search").await?;
    Ok((seller, product))
}

async fn a_verified_buyer_writes_and_the_rating_follows(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "reviewing").await?;
    let people = &stage.people;
    let (seller, product) = shop(&stage).await?;
    let (ada, _) = owner(&stage, "Ada Lovelace", &product).await?;
    stage.kontor.app.clock.turn(12 * DAY);
    let written = writes(people, &ada, said(&product.id, 4, "Finds everything")).await?.good("write")?;
    let path = format!("{REVIEWS}/{}", text(&written, "id")?);
    stage.kontor.run_due_jobs().await?;
    assert!(says(&inbox(people, &seller.token).await?, "A review of Log Search"));

    let read = reads(people, &product).await?;
    assert_eq!((&read["rating"]["count"], &read["rating"]["average"]), (&json!(1), &json!("4.0")));
    let first = &read["items"][0];
    assert_eq!((&first["author"], &first["after_days"]), (&json!("A***e"), &json!(12)));
    assert_eq!(first["edition"]["en"].as_str().map(|name| name.starts_with("Log Search")), Some(true), "{first}");
    assert!(!read.to_string().contains("@people.example") && !read.to_string().contains(&ada.account));

    // One review each: another is refused, the first one is changed, and both versions are kept.
    assert_eq!(refusal(&writes(people, &ada, said(&product.id, 1, "Again")).await?), (422, "review.exists"));
    let edit = json!({ "stars": 5, "title": "Finds all", "text": "The new version imports in an hour.", "lang": "en" });
    let outdated = Sent { token: Some(&ada.token), version: Some(9), body: Some(edit.clone()), ..Sent::default() };
    assert_eq!(refusal(&people.client.call("PUT", &path, outdated).await?), (412, "stale"));
    let edited = people.edit(&ada.token, "PUT", &path, &written, Some(edit)).await?;
    assert_eq!((&edited["version"], &edited["stars"]), (&json!(2), &json!(5)));

    // The seller answers once, changes that, takes it away; it cannot hide anything.
    let answer = format!("/api/v1/seller/reviews/{}/answer", text(&written, "id")?);
    let says_thanks = |text: &str| Some(json!({ "text": text, "lang": "en" }));
    for words in ["Thank you.", "Thank you, Ada's team."] {
        ask(&people.client, &seller.token, "PUT", &answer, says_thanks(words)).await?.good("answer")?;
    }
    let promised = ask(&people.client, &seller.token, "PUT", &answer, says_thanks("Write to ada@example.com.")).await?;
    assert_eq!(refusal(&promised), (422, "invalid"));
    stage.kontor.run_due_jobs().await?;
    assert!(says(&inbox(people, &ada.token).await?, "The seller answers your review"));
    let shown = &reads(people, &product).await?["items"][0]["answer"];
    assert!(shown["edited_at"].is_string() && shown["text"] == "Thank you, Ada's team.", "{shown}");
    let waiting = "/api/v1/seller/reviews?unanswered=true";
    assert_eq!(people.client.get(&seller.token, waiting).await?["items"], json!([]));
    ask(&people.client, &seller.token, "DELETE", &answer, None).await?.good("take it away")?;
    assert_eq!(each(&people.client.get(&seller.token, waiting).await?, "title"), ["Finds all"]);
    assert_eq!(refusal(&ask(&people.client, &seller.token, "DELETE", &path, None).await?), (404, "not_found"));

    // Withdrawn and written anew, it is the same one.
    ask(&people.client, &ada.token, "DELETE", &path, None).await?.good("withdraw")?;
    assert_eq!(reads(people, &product).await?["rating"]["count"], 0);
    let again = writes(people, &ada, said(&product.id, 3, "Once more")).await?.good("write anew")?;
    assert_eq!((&again["id"], &again["version"]), (&written["id"], &json!(3)));
    assert_eq!(reads(people, &product).await?["rating"]["stars"], 3);
    stage.check().await?;
    stage.close().await
}

async fn only_who_has_paid_and_kept_it_may_write(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "entitled").await?;
    let people = &stage.people;
    let (seller, product) = shop(&stage).await?;
    let refused = async |buyer: &Person, review: Value| {
        let reply = writes(people, buyer, review).await?;
        anyhow::Ok((reply.status, reply.code().to_owned()))
    };
    let word = |status: u16, code: &str| (status, code.to_owned());
    let stranger = people.rich_buyer("Grace Hopper").await?;
    assert_eq!(refused(&stranger, said(&product.id, 5, "Great")).await?, word(422, "review.not_bought"));
    let nothing = "prd_01jd8kx2v9e5jtf6xw4sz3q7ab";
    assert_eq!(refused(&stranger, said(nothing, 5, "Great")).await?, word(422, "review.not_bought"), "nothing is told");

    // Nor does the seller, which cannot buy its own, or another account that was verified as the same company.
    assert_eq!(refused(&seller, said(&product.id, 5, "Great")).await?, word(422, "review.not_bought"));
    let twin = people.register("enterprise", "Cloudco Friends").await?;
    verified_as(people, &twin, &seller.account).await?;
    people.top_up(&twin, 1_000_000_000).await?;
    buy(&stage, &twin, json!({ "sku": product.skus[1] })).await?;
    assert_eq!(refused(&twin, said(&product.id, 5, "Great")).await?, word(422, "review.own"));

    // Given back at once, it was not used; after three days it was.
    let (ada, first) = owner(&stage, "Ada Lovelace", &product).await?;
    people.client.post(&ada.token, &format!("/api/v1/instances/{first}/return"), json!({})).await?;
    assert_eq!(refused(&ada, said(&product.id, 5, "Great")).await?, word(422, "review.returned_unused"));
    let second = buy(&stage, &ada, json!({ "sku": product.skus[1] })).await?;
    stage.kontor.app.clock.turn(73 * HOUR);
    people.client.post(&ada.token, &format!("/api/v1/instances/{second}/return"), json!({})).await?;
    stage.kontor.run_due_jobs().await?;
    writes(people, &ada, said(&product.id, 1, "Too slow for us")).await?.good("a used one")?;
    let read = reads(people, &product).await?;
    assert_eq!((&read["items"][0]["returned"], &read["items"][0]["counted"]), (&json!(true), &json!(false)));
    assert_eq!(read["rating"]["count"], 0, "what went back is read and not counted");

    // Texts lead nowhere else, and nobody writes all day.
    let (charles, _) = owner(&stage, "Charles Babbage", &product).await?;
    for wrong in [
        json!({ "product": product.id, "stars": 6, "title": "Great", "text": "It does what it says.", "lang": "en" }),
        json!({ "product": product.id, "stars": 5, "title": "Great", "text": "short", "lang": "en" }),
        json!({ "product": product.id, "stars": 5, "title": "Great", "text": "Cheaper at www.example.com, ask there.", "lang": "en" }),
    ] {
        assert_eq!(refused(&charles, wrong).await?, word(422, "invalid"));
    }
    let written = writes(people, &charles, said(&product.id, 4, "Good")).await?.good("write")?;
    let path = format!("{REVIEWS}/{}", text(&written, "id")?);
    let edit = json!({ "stars": 4, "title": "Good", "text": "It does what it says.", "lang": "en" });
    let mut last = written;
    for _ in 0..9 {
        last = people.edit(&charles.token, "PUT", &path, &last, Some(edit.clone())).await?;
    }
    let sent =
        Sent { token: Some(&charles.token), version: last["version"].as_i64(), body: Some(edit), ..Sent::default() };
    assert_eq!(refusal(&people.client.call("PUT", &path, sent).await?), (422, "review.too_often"));
    stage.check().await?;
    stage.close().await
}

/// Verifies an account with the number of another one.
async fn verified_as(people: &People, person: &Person, account: &str) -> anyhow::Result<()> {
    let number = account.trim_start_matches("acc_").to_uppercase();
    let identity = json!({
        "kind": "enterprise", "name": person.name, "country": "CN", "number": number, "representative": "Li Na",
        "documents": [people.document(person, "business_licence").await?]
    });
    let submitted = people.client.post(&person.token, "/api/v1/verifications", identity).await?;
    let path = format!("/api/v1/operator/verifications/{}/decision", text(&submitted, "id")?);
    people.client.post(&people.operator().await?, &path, json!({ "verdict": "approve", "reason": "It fits." })).await?;
    Ok(())
}

async fn what_is_given_back_or_arranged_does_not_count(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "weighing").await?;
    let people = &stage.people;
    let (_, product) = shop(&stage).await?;
    let rating = async || {
        stage.kontor.run_due_jobs().await?;
        let read = reads(people, &product).await?;
        anyhow::Ok((read["rating"]["count"].as_u64(), read["rating"]["stars"].as_u64()))
    };
    let (ada, bought) = owner(&stage, "Ada Lovelace", &product).await?;
    writes(people, &ada, said(&product.id, 5, "Great")).await?.good("write")?;
    assert_eq!(rating().await?, (Some(1), Some(5)));
    people.client.post(&ada.token, &format!("/api/v1/instances/{bought}/return"), json!({})).await?;
    assert_eq!(rating().await?, (Some(0), Some(0)), "bought, praised and given back");
    assert_eq!(reads(people, &product).await?["items"], json!([]), "written first or given back first, it is the same");
    assert!(says(&inbox(people, &ada.token).await?, "Your review of Log Search was taken down"));
    let page = Pages::of(&stage, &ada.token).open(&format!("/products/{}", product.id)).await?;
    assert!(!page.contains("Searching a month of logs"), "{page}");
    assert_eq!(refusal(&writes(people, &ada, said(&product.id, 1, "Again")).await?), (422, "review.returned_unused"));

    // What was used stays readable after it went back, and does not count.
    let (grace, used) = owner(&stage, "Grace Hopper", &product).await?;
    writes(people, &grace, said(&product.id, 5, "Quick")).await?.good("write")?;
    stage.kontor.app.clock.turn(80 * HOUR);
    people.client.post(&grace.token, &format!("/api/v1/instances/{used}/return"), json!({})).await?;
    assert_eq!(rating().await?, (Some(0), Some(0)));
    let read = reads(people, &product).await?;
    assert_eq!((&read["items"][0]["title"], &read["items"][0]["returned"]), (&json!("Quick"), &json!(true)));

    // Two accounts of one company are one voice, and the second one speaks when the first one is silent.
    let (first, _) = owner(&stage, "Analytical Engines", &product).await?;
    let second = people.register("enterprise", "Analytical Engines East").await?;
    verified_as(people, &second, &first.account).await?;
    people.top_up(&second, 1_000_000_000).await?;
    buy(&stage, &second, json!({ "sku": product.skus[1] })).await?;
    let one = writes(people, &first, said(&product.id, 2, "Slow")).await?.good("write")?;
    let other = writes(people, &second, said(&product.id, 4, "Good")).await?.good("write")?;
    assert_eq!(other["uncounted"], "same_owner");
    assert_eq!(rating().await?, (Some(1), Some(2)));
    ask(&people.client, &first.token, "DELETE", &format!("{REVIEWS}/{}", text(&one, "id")?), None).await?.good("")?;
    assert_eq!(rating().await?, (Some(1), Some(4)));

    // Who sells here may say what it thinks, and rates nobody.
    let rival = people.seller("Other Software").await?;
    people.top_up(&rival, 1_000_000_000).await?;
    buy(&stage, &rival, json!({ "sku": product.skus[1] })).await?;
    let theirs = writes(people, &rival, said(&product.id, 1, "Bad")).await?.good("write")?;
    assert_eq!(theirs["uncounted"], "sells_here");
    assert_eq!(rating().await?, (Some(1), Some(4)));
    stage.check().await?;
    stage.close().await
}

/// Reports a review and hides it; returns the path of its case.
async fn hidden(people: &People, seller: &Person, (product, review): (&Product, &Value)) -> anyhow::Result<String> {
    let id = text(review, "id")?;
    let reports = format!("/api/v1/products/{}/reviews/{id}/reports", product.id);
    let because = json!({ "reason": "insulting", "note": "The title." });
    ask(&people.client, &seller.token, "POST", &reports, Some(because)).await?.good("report")?;
    let operator = people.operator().await?;
    let queue = people.client.get(&operator, CASES).await?;
    let path = format!("{CASES}/{}", text(&queue["items"][0], "id")?);
    let hide = json!({ "verdict": "hide", "statement": "It insults a person (rule 4)." });
    people.client.post(&operator, &format!("{path}/decision"), hide).await?;
    Ok(path)
}

async fn who_begins_to_sell_or_is_known_better_counts_no_more(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "reweighed").await?;
    let people = &stage.people;
    let (seller, product) = shop(&stage).await?;
    let owned_by = async |name: &str| {
        let buyer = people.register("enterprise", name).await?;
        people.verify(&buyer, "enterprise").await?;
        people.top_up(&buyer, 1_000_000_000).await?;
        buy(&stage, &buyer, json!({ "sku": product.skus[1] })).await?;
        anyhow::Ok(buyer)
    };
    let why = async |buyer: &Person, review: &Value| {
        stage.kontor.run_due_jobs().await?;
        let path = format!("{REVIEWS}/{}", text(review, "id")?);
        anyhow::Ok(people.client.get(&buyer.token, &path).await?["uncounted"].clone())
    };
    let count = async || anyhow::Ok(reads(people, &product).await?["rating"]["count"].as_u64());

    // One is shown and one hidden when both are admitted as sellers.
    let (shown, other) = (owned_by("Analytical Engines").await?, owned_by("Difference Engines").await?);
    let first = writes(people, &shown, said(&product.id, 2, "Slow")).await?.good("write")?;
    let second = writes(people, &other, said(&product.id, 1, "Liars")).await?.good("write")?;
    let case = hidden(people, &seller, (&product, &second)).await?;
    assert_eq!(count().await?, Some(1));
    people.apply(&shown).await?;
    people.apply(&other).await?;
    assert_eq!(why(&shown, &first).await?, "sells_here");
    assert_eq!(count().await?, Some(0));
    let appeal = json!({ "text": "It says what he told us." });
    people.client.post(&other.token, &format!("{REVIEWS}/{}/appeal", text(&second, "id")?), appeal).await?;
    let restore = json!({ "verdict": "restore", "answer": "It tells an experience." });
    people.client.post(&colleague(&stage).await?, &format!("{case}/appeal-decision"), restore).await?;
    assert_eq!(why(&other, &second).await?, "sells_here", "what comes back is weighed anew");
    assert_eq!(count().await?, Some(0));

    // Two that were strangers turn out to be one company, and then one of them to be the seller.
    let (east, west) = (owned_by("Eastern Mills").await?, owned_by("Western Mills").await?);
    let older = writes(people, &east, said(&product.id, 5, "Good")).await?.good("write")?;
    let newer = writes(people, &west, said(&product.id, 4, "Fine")).await?.good("write")?;
    assert_eq!((why(&west, &newer).await?, count().await?), (Value::Null, Some(2)));
    verified_as(people, &west, &east.account).await?;
    assert_eq!((why(&west, &newer).await?, count().await?), (json!("same_owner"), Some(1)));
    verified_as(people, &east, &seller.account).await?;
    assert_eq!(why(&east, &older).await?, "seller");
    assert_eq!((why(&west, &newer).await?, count().await?), (Value::Null, Some(1)), "the other one counts again");
    stage.check().await?;
    stage.close().await
}

async fn a_decision_holds_for_what_the_review_said(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "versions").await?;
    let people = &stage.people;
    let (seller, product) = shop(&stage).await?;
    let (ada, _) = owner(&stage, "Ada Lovelace", &product).await?;
    let passer = people.buyer("Grace Hopper").await?;
    let review = writes(people, &ada, said(&product.id, 1, "Slow")).await?.good("write")?;
    let mine = format!("{REVIEWS}/{}", text(&review, "id")?);
    let reports = format!("/api/v1/products/{}/reviews/{}/reports", product.id, text(&review, "id")?);
    let reported = async |by: &Person| {
        let because = json!({ "reason": "untrue", "note": "It is fast." });
        ask(&people.client, &by.token, "POST", &reports, Some(because)).await
    };
    let operator = people.operator().await?;
    let waits = async || anyhow::Ok(people.client.get(&operator, CASES).await?["items"].clone());
    reported(&seller).await?.good("report")?;
    let case = waits().await?[0].clone();
    assert_eq!(case["version"], 1);
    let decision = format!("{CASES}/{}/decision", text(&case, "id")?);

    // The author changes it while the operator reads: what was read is not decided on any more.
    let edit = |title: &str| Some(json!({ "stars": 1, "title": title, "text": "It takes a minute.", "lang": "en" }));
    let second = people.edit(&ada.token, "PUT", &mine, &review, edit("Slow for us")).await?;
    let keep = |version: i64| Some(json!({ "verdict": "keep", "statement": "An opinion.", "version": version }));
    let outdated = ask(&people.client, &operator, "POST", &decision, keep(1)).await?;
    assert_eq!(refusal(&outdated), (412, "stale"));
    ask(&people.client, &operator, "POST", &decision, keep(2)).await?.good("decide")?;

    // Nobody reports the same words again, from whatever account; other words everybody may, also who has reported before.
    for by in [&seller, &passer] {
        assert_eq!(refusal(&reported(by).await?), (422, "review.kept"));
    }
    assert_eq!(waits().await?, json!([]));
    people.edit(&ada.token, "PUT", &mine, &second, edit("Mr Li is a liar")).await?;
    reported(&seller).await?.good("report what it became")?;
    assert_eq!(refusal(&reported(&seller).await?), (422, "review.reported"));
    reported(&passer).await?.good("report")?;
    let again = waits().await?;
    assert_eq!((again.as_array().map(Vec::len), &again[0]["reports"]), (Some(1), &json!(2)));
    let detail = people.client.get(&operator, &format!("{CASES}/{}", text(&again[0], "id")?)).await?;
    assert_eq!(detail["filed"][0]["version"], 3);
    stage.check().await?;
    stage.close().await
}

async fn answers_are_few_and_told_once(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "answers").await?;
    let people = &stage.people;
    let (seller, product) = shop(&stage).await?;
    let (ada, _) = owner(&stage, "Ada Lovelace", &product).await?;
    let review = writes(people, &ada, said(&product.id, 1, "Slow")).await?.good("write")?;
    let path = format!("/api/v1/seller/reviews/{}/answer", text(&review, "id")?);
    let answered = async |number: usize| {
        let body = json!({ "text": format!("We look into it, part {number}."), "lang": "en" });
        ask(&people.client, &seller.token, "PUT", &path, Some(body)).await
    };
    for number in 0..10 {
        answered(number).await?.good("answer")?;
        stage.kontor.run_due_jobs().await?;
        if number % 2 == 0 {
            ask(&people.client, &seller.token, "DELETE", &path, None).await?.good("take it away")?;
        }
    }
    assert_eq!(refusal(&answered(11).await?), (422, "review.too_many_answers"));
    let told = inbox(people, &ada.token).await?;
    let told = told.iter().filter(|title| title.starts_with("The seller answers")).count();
    assert_eq!(told, 1, "one message, however often the answer is changed");
    stage.check().await?;
    stage.close().await
}

async fn a_renewal_that_was_paid_entitles_as_a_purchase_does(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "free_at_first").await?;
    let people = &stage.people;
    let (_, product) = shop(&stage).await?;
    let ada = people.rich_buyer("Ada Lovelace").await?;
    let mut whole = batch(0, 0);
    whole["value"] = json!({ "kind": "amount", "amount": { "minor": 100_000_000, "currency": "CNY" } });
    let operator = people.operator().await?;
    let opened = people.client.post(&operator, "/api/v1/operator/coupon-batches", whole).await?;
    let claimed = json!({ "batch": text(&opened, "id")? });
    let coupon = people.client.post(&ada.token, "/api/v1/coupons/claim", claimed).await?;
    let mut wanted = months(&product.skus[0], 1);
    wanted["coupons"] = json!([text(&coupon, "id")?]);
    let instance = buy(&stage, &ada, wanted).await?;
    assert_eq!(refusal(&writes(people, &ada, said(&product.id, 5, "Free")).await?), (422, "review.not_paid"));
    let path = format!("/api/v1/instances/{instance}/renewal");
    let preview = people.client.get(&ada.token, &format!("{path}?periods=1")).await?;
    people.client.post(&ada.token, &path, json!({ "periods": 1, "seen": preview["seen"] })).await?;
    stage.kontor.run_due_jobs().await?;
    writes(people, &ada, said(&product.id, 4, "Worth a second month")).await?.good("write")?;
    assert_eq!(reads(people, &product).await?["rating"]["count"], 1);
    stage.check().await?;
    stage.close().await
}

async fn a_report_is_decided_with_reasons_and_appealed_once(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "reporting").await?;
    let people = &stage.people;
    let (seller, product) = shop(&stage).await?;
    let (ada, _) = owner(&stage, "Ada Lovelace", &product).await?;
    let review = writes(people, &ada, said(&product.id, 1, "Their Mr Li is a liar")).await?.good("write")?;
    let id = text(&review, "id")?;
    let reports = format!("/api/v1/products/{}/reviews/{id}/reports", product.id);
    let because = |reason: &str| Some(json!({ "reason": reason, "note": "The title." }));
    let own = ask(&people.client, &ada.token, "POST", &reports, because("other")).await?;
    assert_eq!(refusal(&own), (422, "review.own_report"));
    ask(&people.client, &seller.token, "POST", &reports, because("insulting")).await?.good("report")?;
    let twice = ask(&people.client, &seller.token, "POST", &reports, because("untrue")).await?;
    assert_eq!(refusal(&twice), (422, "review.reported"));
    let passer = people.buyer("Grace Hopper").await?;
    ask(&people.client, &passer.token, "POST", &reports, because("insulting")).await?.good("report")?;
    stage.kontor.run_due_jobs().await?;
    let operator = people.operator().await?;
    assert!(says(&inbox(people, &operator).await?, "Reported: a review of Log Search"));

    let queue = people.client.get(&operator, CASES).await?;
    let case = &queue["items"][0];
    assert_eq!(
        (queue["items"].as_array().map(Vec::len), &case["reports"]),
        (Some(1), &json!(2)),
        "both stand in one case"
    );
    assert!(case["due_at"].as_str() > case["opened_at"].as_str());
    let path = format!("{CASES}/{}", text(case, "id")?);
    let detail = people.client.get(&operator, &path).await?;
    assert_eq!(
        (detail["filed"].as_array().map(Vec::len), detail["versions"].as_array().map(Vec::len)),
        (Some(2), Some(1))
    );
    let decision = format!("{path}/decision");
    let without = json!({ "verdict": "hide", "statement": " " });
    assert_eq!(refusal(&ask(&people.client, &operator, "POST", &decision, Some(without)).await?), (422, "invalid"));
    let hide = json!({ "verdict": "hide", "statement": "It insults a person (rule 4)." });
    people.client.post(&operator, &decision, hide.clone()).await?;
    assert_eq!(
        refusal(&ask(&people.client, &operator, "POST", &decision, Some(hide)).await?),
        (422, "review.case_state")
    );
    stage.kontor.run_due_jobs().await?;
    assert_eq!(reads(people, &product).await?["items"], json!([]));
    assert!(says(&inbox(people, &ada.token).await?, "Your review of Log Search was hidden"));
    assert!(says(&inbox(people, &passer.token).await?, "Your report of a review of Log Search"));

    // It does not come back by being written anew; the appeal is decided by somebody else.
    assert_eq!(refusal(&writes(people, &ada, said(&product.id, 1, "New")).await?), (422, "review.hidden"));
    let mine = format!("{REVIEWS}/{id}");
    let told = people.client.get(&ada.token, &mine).await?;
    assert_eq!(
        (&told["state"], &told["moderation"]["statement"]),
        (&json!("hidden"), &json!("It insults a person (rule 4)."))
    );
    let appeal = json!({ "text": "It says what he told us, and that it was untrue." });
    people.client.post(&ada.token, &format!("{mine}/appeal"), appeal.clone()).await?;
    let twice = ask(&people.client, &ada.token, "POST", &format!("{mine}/appeal"), Some(appeal)).await?;
    assert_eq!(refusal(&twice), (422, "review.case_state"));
    let answer = json!({ "verdict": "restore", "answer": "It tells an experience." });
    let decided = format!("{path}/appeal-decision");
    let same = ask(&people.client, &operator, "POST", &decided, Some(answer.clone())).await?;
    assert_eq!(refusal(&same), (422, "review.same_hand"));
    let colleague = colleague(&stage).await?;
    people.client.post(&colleague, &decided, answer).await?;
    stage.kontor.run_due_jobs().await?;
    assert_eq!(reads(people, &product).await?["rating"]["stars"], 1, "it is shown and counts again");
    assert!(says(&inbox(people, &ada.token).await?, "Shown again: Log Search"));
    let log = people.client.get(&operator, "/api/v1/operator/audit?limit=100").await?;
    for action in ["review.reported", "review.hidden", "review.appealed", "review.restored"] {
        assert!(each(&log, "action").contains(&action), "{action} is in the log");
    }
    stage.check().await?;
    stage.close().await
}

async fn colleague(stage: &Stage) -> anyhow::Result<String> {
    let (email, password) = ("second@site.example", "another operator's password");
    stage.kontor.accounts.create_operator(email, password, StaffRole::Reviewer).await?;
    stage.people.sign_in(email, password).await
}

async fn the_search_knows_ratings_and_private_products_keep_theirs(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "rated").await?;
    let people = &stage.people;
    let (seller, loved) = shop(&stage).await?;
    let plain = people.product(&seller, "Log Keeper").await?;
    let secret = people.product(&seller, "Log Vault").await?;
    for (name, product, stars) in [
        ("Ada Lovelace", &loved, 5),
        ("Grace Hopper", &loved, 4),
        ("Charles Babbage", &plain, 2),
        ("Mary Somerville", &secret, 5),
    ] {
        let (buyer, _) = owner(&stage, name, product).await?;
        writes(people, &buyer, said(&product.id, stars, "What we think")).await?.good("write")?;
    }
    let audience = json!({ "reach": "named", "customers": "all", "regions": "everywhere" });
    let path = format!("/api/v1/seller/products/{}/audience", secret.id);
    ask(&people.client, &seller.token, "PUT", &path, Some(audience)).await?.good("make it private")?;
    stage.kontor.run_due_jobs().await?;

    let found = seen(people, "/api/v1/search?q=log").await?;
    assert_eq!(found["facets"]["ratings"], json!({ "4": 1, "3": 1, "2": 2 }), "the private one is not counted");
    let good = seen(people, "/api/v1/search?q=log&rating=4").await?;
    assert_eq!(each(&good, "id"), [loved.id.as_str()]);
    assert_eq!(good["items"][0]["rating"], json!({ "average": "4.5", "count": 2 }));
    let operator = people.operator().await?;
    let why = people.client.get(&operator, "/api/v1/operator/search?q=log").await?;
    let of = |id: &str| -> anyhow::Result<Value> {
        let items = why["items"].as_array().context("explained")?;
        items.iter().find(|item| item["id"] == id).cloned().context("it is found")
    };
    // Two reviews of nine stars beside eight of three: 33 stars by ten.
    assert_eq!((&of(&loved.id)?["damped_rating"], &of(&loved.id)?["reviews"]), (&json!(3_300), &json!(2)));
    assert_eq!(of(&plain.id)?["rating"], 0);
    assert!(of(&loved.id)?["rating"].as_u64() > Some(0));

    // What is private is not there, whoever knows its address.
    for path in [format!("/api/v1/products/{}/reviews", secret.id), format!("/products/{}/reviews", secret.id)] {
        let looked = people.client.call("GET", &path, Sent::default()).await?;
        assert_eq!(looked.status, 404, "{path}");
    }
    let page = Pages::of(&stage, &seller.token).open(&format!("/products/{}", loved.id)).await?;
    assert!(page.contains("\"aggregateRating\"") && page.contains("\"ratingValue\":\"4.5\""), "{page}");
    stage.check().await?;
    stage.close().await
}

async fn pages_lead_from_a_purchase_to_an_answered_review(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "review_pages").await?;
    let people = &stage.people;
    let (seller, product) = shop(&stage).await?;
    let (ada, instance) = owner(&stage, "Ada Lovelace", &product).await?;
    let pages = Pages::of(&stage, &ada.token);
    let write = format!("/console/instances/{instance}/review");
    assert!(pages.open(&format!("/console/instances/{instance}")).await?.contains(&write));
    assert!(pages.open(&write).await?.contains("name=\"stars\""));
    let (status, _, page) = pages.ask(Method::POST, &write, "stars=5&title=&text=short&lang=en".to_owned()).await?;
    assert!(status == 422 && page.contains("id=\"f-text-wrong\""), "{status}");
    let form = "stars=2&title=Hard+to+start&text=It+took+us+two+days+to+set+up.&lang=en".to_owned();
    let (status, to, page) = pages.ask(Method::POST, &write, form).await?;
    assert!(status == 303 && to.starts_with("/console/reviews/rvw_"), "{status} {page}");
    let mine = to.split('?').next().unwrap_or_default().to_owned();
    assert!(pages.open(&mine).await?.contains("Hard to start"));
    assert!(pages.open("/console/reviews").await?.contains(&mine));
    let id = mine.trim_start_matches("/console/reviews/");

    let theirs = Pages::of(&stage, &seller.token);
    assert!(theirs.open("/seller/reviews?show=unanswered").await?.contains("Hard to start"));
    let answer = format!("/seller/reviews/{id}/answer");
    let (status, _, page) =
        theirs.ask(Method::POST, &answer, "text=Write+to+ada%40example.com.&lang=en".to_owned()).await?;
    assert!(
        status == 422 && page.contains("id=\"f-text-wrong\"") && page.contains("Write to ada@example.com."),
        "{status} {page}"
    );
    let form = "text=A+wizard+comes+in+May.&lang=en".to_owned();
    let (status, ..) = theirs.ask(Method::POST, &answer, form).await?;
    assert_eq!(status, 303);
    for path in [format!("/products/{}", product.id), format!("/products/{}/reviews?sort=lowest&stars=2", product.id)] {
        let page = theirs.open(&path).await?;
        for part in ["Hard to start", "A wizard comes in May.", "A***e", "<meter"] {
            assert!(page.contains(part), "{path} has no {part}");
        }
    }
    let report = format!("/products/{}/reviews/{id}/report", product.id);
    let (status, ..) = theirs.ask(Method::POST, &report, "reason=untrue&note=One+day.".to_owned()).await?;
    assert_eq!(status, 303);
    let desk = Pages::of(&stage, &people.operator().await?);
    let queue = desk.open("/operator/reported-reviews").await?;
    let case = queue.split("/operator/reported-reviews/rvc_").nth(1).and_then(|rest| rest.split('"').next());
    let case = format!("/operator/reported-reviews/rvc_{}", case.context("a case stands in the queue")?);
    assert!(desk.open(&case).await?.contains("One day."));
    let form = "verdict=keep&statement=It+is+an+experience.&version=1".to_owned();
    assert_eq!(desk.ask(Method::POST, &format!("{case}/decision"), form).await?.0, 303);
    let (status, ..) = pages.ask(Method::POST, &format!("{mine}/withdrawal"), String::new()).await?;
    assert_eq!(status, 303);
    assert!(!theirs.open(&format!("/products/{}", product.id)).await?.contains("Hard to start"));
    stage.kontor.run_due_jobs().await?;
    stage.check().await?;
    stage.close().await
}

async fn two_who_write_at_once_are_both_counted(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "review_race").await?;
    let people = &stage.people;
    let (_, product) = shop(&stage).await?;
    let mut buyers = Vec::new();
    for name in ["Ada Lovelace", "Grace Hopper", "Charles Babbage", "Mary Somerville"] {
        buyers.push(owner(&stage, name, &product).await?.0);
    }
    let [ada, grace, charles, mary] = &buyers[..] else { anyhow::bail!("four buyers") };
    let (one, two, three, four, again) = tokio::join!(
        writes(people, ada, said(&product.id, 5, "One")),
        writes(people, grace, said(&product.id, 4, "Two")),
        writes(people, charles, said(&product.id, 3, "Three")),
        writes(people, mary, said(&product.id, 2, "Four")),
        writes(people, ada, said(&product.id, 1, "Another one")),
    );
    for reply in [two?, three?, four?] {
        assert_eq!(reply.status, 201, "{}", reply.body);
    }
    let mut twice = [one?.status, again?.status];
    twice.sort_unstable();
    assert_eq!(twice, [201, 422], "one of each account");
    let read = reads(people, &product).await?;
    assert_eq!(read["rating"]["count"], 4);
    stage.check().await?;
    stage.close().await
}
