//! Records of use that are corrected: before and after they were charged, with consent, unpaid, after the end.

use anyhow::Context;
use kernel::time::{DAY, HOUR, MINUTE};
use kontor::stage::{
    Person, by_use,
    client::{Reply, Sent, text},
};
use serde_json::{Value, json};

use crate::{
    metering::{EVENTS, Scene, behind, record},
    stories::{ask, inbox, refusal, says, wallet},
};

on_both!(
    a_record_is_corrected_before_and_after_it_was_charged,
    events_correct_what_events_have_recorded,
    more_than_a_little_more_needs_the_consent_of_the_buyer,
    what_has_ended_is_paid_back_and_counts_more_by_consent_alone,
    ranges_free_counts_and_commitments_are_priced_as_they_would_have_been,
    what_is_not_paid_yet_is_set_off,
    corrections_that_race_follow_each_other,
    what_a_correction_is_said_to_change_and_does_not_is_found,
    less_that_costs_more_needs_consent_too,
    what_is_added_to_many_records_adds_up,
    the_order_of_corrections_is_not_that_of_clocks,
    the_number_of_a_correction_is_no_record_s,
);

const CORRECT: &str = "/api/v1/seller/usage-corrections";

/// One cent for each call.
fn cents() -> Value {
    by_use("hour", json!({ "price": { "model": "fixed", "unit_price": "0.01" } }))
}

impl Scene {
    /// What is answered when a record is corrected.
    pub(crate) async fn correct(&self, name: &str, corrects: &str, quantity: &str) -> anyhow::Result<Reply> {
        let wanted = json!({ "instance": name, "corrects": corrects, "quantity": quantity, "reason": "Counted twice" });
        ask(&self.stage.people.client, &self.seller.token, "POST", CORRECT, Some(wanted)).await
    }

    pub(crate) async fn corrected(&self, name: &str, corrects: &str, quantity: &str) -> anyhow::Result<Value> {
        self.correct(name, corrects, quantity).await?.good("correct")
    }

    /// What a record counts now.
    async fn counts(&self, instance: &str, number: &str) -> anyhow::Result<(String, String)> {
        let path = format!("/api/v1/seller/usage-records?instance={instance}&number={number}");
        let list = self.stage.people.client.get(&self.seller.token, &path).await?;
        let one = &list["items"][0];
        Ok((text(one, "original")?.to_owned(), text(one, "quantity")?.to_owned()))
    }

    pub(crate) async fn amounts(&self, instance: &str) -> anyhow::Result<Vec<i64>> {
        Ok(self.charges(instance).await?.into_iter().map(|(minor, _)| minor).collect())
    }

    async fn decide(&self, who: &Person, correction: &Value, word: &str) -> anyhow::Result<Reply> {
        let path = format!("/api/v1/usage-corrections/{}/{word}", text(correction, "id")?);
        ask(&self.stage.people.client, &who.token, "POST", &path, None).await
    }

    async fn page(&self, who: &Person, path: &str) -> anyhow::Result<String> {
        let sent = Sent { token: Some(&who.token), ..Sent::default() };
        let reply = self.stage.people.client.call("GET", path, sent).await?;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        Ok(reply.body.as_str().context("a page is a text")?.to_owned())
    }
}

async fn a_record_is_corrected_before_and_after_it_was_charged(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "corrected", cents())).await?;
    let people = &scene.stage.people;
    let (instance, name) = scene.buy(&scene.buyer).await?;
    let held = wallet(people, &scene.buyer).await?;
    scene.pass(HOUR + MINUTE).await?;
    scene.pushed(vec![record(&name, 1, "1200", "a-1"), record(&name, 1, "1200", "a-1")]).await?;

    // Its hour is open: it is charged as it was corrected.
    let first = scene.corrected(&name, "a-1", "1100").await?;
    assert_eq!(
        (&first["before"], &first["after"], &first["state"], &first["charged_with"]),
        (&json!("1200"), &json!("1100"), &json!("counted"), &json!(null)),
        "{first}"
    );
    assert_eq!(scene.usage(&instance).await?["open_exact"], "11", "what is seen follows at once");
    assert_eq!(scene.counts(&instance, "a-1").await?, ("1200".to_owned(), "1100".to_owned()));
    // The record itself, sent again, is known as it was; with other numbers it is refused as ever.
    scene.pushed(vec![record(&name, 1, "1200", "a-1")]).await?;
    assert_eq!(scene.refused().await?, []);
    scene.pass(HOUR).await?;
    assert_eq!(scene.amounts(&instance).await?, [1_100]);

    // It was charged: the difference comes with the next hour, and goes back to the wallet.
    let second = scene.corrected(&name, text(&first, "number")?, "1000.5").await?;
    assert_eq!((&second["before"], &second["charged_with"]), (&json!("1100"), &json!("2026-03-02T02:00:00.000000Z")));
    let live = scene.usage(&instance).await?;
    assert_eq!((&live["open_exact"], &live["meters"][0]["open"]), (&json!("-0.995"), &json!("-99.5")), "{live}");
    let outdated = scene.correct(&name, text(&first, "number")?, "7").await?;
    assert_eq!(refusal(&outdated), (422, "usage.correction_outdated"), "what was corrected since");
    assert_eq!(refusal(&scene.correct(&name, "a-1", "1000.5").await?), (422, "usage.correction_same"));
    assert_eq!(refusal(&scene.correct(&name, "a-9", "1").await?), (422, "usage.corrects_nothing"));
    assert_eq!(refusal(&scene.correct(&name, "a-1", "-1").await?), (422, "usage.correction_quantity"));
    assert_eq!(scene.correct("nobody", "a-1", "1").await?.status, 404);
    assert!(says(&inbox(people, &scene.buyer.token).await?, "Use was corrected: Answers"), "the buyer is told");
    scene.pass(HOUR).await?;
    // -0.995 exactly: the next lower cent is posted, and half a cent carried.
    assert_eq!(scene.amounts(&instance).await?, [1_100, -100]);
    assert_eq!(wallet(people, &scene.buyer).await?, held - 1_000);
    let live = scene.usage(&instance).await?;
    assert_eq!(
        (&live["carried"], &live["charged"]["minor"], &live["due"]["minor"], &live["records"]),
        (&json!("0.005"), &json!(1_000), &json!(0), &json!(1)),
        "{live}"
    );
    let list = scene.get(&format!("/api/v1/instances/{instance}/usage-charges")).await?;
    let part = &list["items"][0]["parts"][0];
    assert_eq!(part["text"]["en"], "Correction of 2026-03-02: 1100 → 1000.5 calls = -0.995", "{list}");
    assert_eq!(part["text"]["zh"], "更正 2026-03-02 的用量：1100 → 1000.5 次 = -0.995");
    assert_eq!((&part["corrections"], &list["items"][0]["state"]), (&json!(1), &json!("paid")));
    assert!(says(&inbox(people, &scene.buyer.token).await?, "1.00 CNY was paid back"), "it says so");

    // Nothing of it is left, with what is used meanwhile.
    scene.pushed(vec![record(&name, 3, "5", "a-3")]).await?;
    scene.corrected(&name, "a-1", "0").await?;
    scene.pass(2 * HOUR).await?;
    assert_eq!(scene.charges(&instance).await?.last(), Some(&(-995, "-9.955".to_owned())));
    assert_eq!(wallet(people, &scene.buyer).await?, held - 5);
    pages(&scene, &instance).await?;
    scene.close().await
}

/// Both sides see what was corrected on their pages and in their files.
async fn pages(scene: &Scene, instance: &str) -> anyhow::Result<()> {
    for (who, path, wanted) in [
        (&scene.seller, "/seller/usage/corrections".to_owned(), "Counted twice"),
        (&scene.seller, format!("/seller/usage/records/{instance}"), "a-1"),
        (&scene.seller, format!("/seller/usage/records/{instance}?number=a-1"), "1100 → 1000.5"),
        (&scene.buyer, format!("/console/instances/{instance}/corrections"), "1200 → 1100"),
        (&scene.buyer, format!("/console/instances/{instance}"), "/corrections"),
        (&scene.buyer, format!("/console/instances/{instance}/usage.csv"), "1100 → 1000.5"),
        (&scene.seller, "/seller/usage.csv".to_owned(), "1100 → 1000.5"),
        (&scene.buyer, "/console/wallet".to_owned(), "Use paid back"),
    ] {
        assert!(scene.page(who, &path).await?.contains(wanted), "{path} says {wanted}");
    }
    let list = scene.get(&format!("/api/v1/instances/{instance}/usage-corrections?limit=2")).await?;
    assert_eq!((list["items"].as_array().map(Vec::len), list["next_cursor"].is_string()), (Some(2), true), "{list}");
    // Page after page, each record once.
    let path = format!("/api/v1/seller/usage-records?instance={instance}&limit=1");
    let first = scene.stage.people.client.get(&scene.seller.token, &path).await?;
    let next = format!("{path}&cursor={}", text(&first, "next_cursor")?);
    let second = scene.stage.people.client.get(&scene.seller.token, &next).await?;
    assert_eq!((&first["items"][0]["number"], &second["items"][0]["number"]), (&json!("a-3"), &json!("a-1")));
    assert!(second["next_cursor"].is_null(), "{second}");
    Ok(())
}

async fn events_correct_what_events_have_recorded(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "eventful", cents())).await?;
    let people = &scene.stage.people;
    let (instance, name) = scene.buy(&scene.buyer).await?;
    scene.pass(HOUR + MINUTE).await?;
    let event = |id: &str, value: &str| {
        json!({ "specversion": "1.0", "source": "/a", "id": id, "type": "calls", "subject": name,
            "time": "2026-03-02T01:30:00Z", "data": { "value": value } })
    };
    let correcting = |id: &str, corrects: &str, value: &str| {
        let mut event = event(id, value);
        (event["corrects"], event["data"]["reason"]) = (json!(corrects), json!("Counted twice"));
        event
    };
    // Behind all records of a batch, in their order; what is wrong keeps nothing else out.
    let batch = json!([
        correcting("c1", "1", "90"),
        event("1", "100"),
        correcting("c2", "c1", "80"),
        correcting("c3", "c1", "70"),
        correcting("c4", "unknown", "1"),
        event("2", "7")
    ]);
    let told = people.client.post(&scene.seller.token, EVENTS, batch.clone()).await?;
    assert_eq!((&told["added"], &told["known"]), (&json!(4), &json!(0)), "{told}");
    let refused: Vec<&Value> = told["refused"].as_array().into_iter().flatten().map(|one| &one["id"]).collect();
    assert_eq!(refused, ["c3", "c4"], "{told}");
    assert_eq!(told["refused"][0]["code"], "101");
    assert_eq!(scene.usage(&instance).await?["meters"][0]["open"], "87");
    // The same again, its answer was lost.
    let told = people.client.post(&scene.seller.token, EVENTS, batch).await?;
    assert_eq!((&told["added"], &told["known"]), (&json!(0), &json!(4)), "{told}");
    let other = people.client.post(&scene.seller.token, EVENTS, correcting("c2", "1", "60")).await?;
    assert_eq!(other["refused"][0]["code"], "101", "the number is taken: {other}");
    let stranger = people.seller("Other Software").await?;
    let foreign = people.client.post(&stranger.token, EVENTS, correcting("c9", "1", "0")).await?;
    assert_eq!((&foreign["added"], &foreign["refused"][0]["code"]), (&json!(0), &json!("101")));
    // What no text holds is refused like anything else that is wrong.
    let mut odd = [correcting("c\u{0}", "1", "5"), correcting("c10", "\u{0}", "5"), correcting("c11", "1", "5")];
    odd[2]["subject"] = json!("i\u{0}");
    let told = people.client.post(&scene.seller.token, EVENTS, json!(odd)).await?;
    assert_eq!((&told["added"], told["refused"].as_array().map(Vec::len)), (&json!(0), Some(3)), "{told}");
    scene.pass(HOUR).await?;
    assert_eq!(scene.amounts(&instance).await?, [87]);
    scene.close().await
}

async fn more_than_a_little_more_needs_the_consent_of_the_buyer(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "consent", cents())).await?;
    let people = &scene.stage.people;
    let (instance, name) = scene.buy(&scene.buyer).await?;
    let held = wallet(people, &scene.buyer).await?;
    scene.pass(HOUR + MINUTE).await?;
    scene.pushed(vec![record(&name, 1, "1000", "a")]).await?;
    scene.pass(HOUR).await?;
    assert_eq!(scene.corrected(&name, "a", "1200").await?["state"], "counted", "a fifth more needs none");
    let asked = scene.corrected(&name, "a", "1201").await?;
    assert_eq!((&asked["state"], &asked["asks"]), (&json!("waiting"), &json!("share")), "small steps add up: {asked}");
    assert_eq!(scene.counts(&instance, "a").await?.1, "1200");
    // A larger one takes its place, and so does anything else that counts.
    let larger = scene.corrected(&name, "a", "5000").await?;
    assert_eq!(refusal(&scene.decide(&scene.buyer, &asked, "agree").await?), (422, "usage.correction_decided"));
    assert!(says(&inbox(people, &scene.buyer.token).await?, "A correction needs your consent"));
    let stranger = people.buyer("Somebody Else").await?;
    assert_eq!(scene.decide(&stranger, &larger, "agree").await?.status, 404);
    assert_ne!(scene.decide(&scene.seller, &larger, "agree").await?.status, 200, "a seller does not agree to itself");
    scene.pass(2 * HOUR).await?;
    assert_eq!(wallet(people, &scene.buyer).await?, held - 1_200, "nothing of it is charged");
    assert!(scene.page(&scene.buyer, &format!("/console/instances/{instance}/corrections")).await?.contains("/agree"));
    let agreed = scene.decide(&scene.buyer, &larger, "agree").await?.good("agree")?;
    assert_eq!((&agreed["state"], &agreed["after"]), (&json!("counted"), &json!("5000")), "{agreed}");
    assert_eq!(refusal(&scene.decide(&scene.buyer, &larger, "decline").await?), (422, "usage.correction_decided"));
    scene.pass(2 * HOUR).await?;
    assert_eq!(wallet(people, &scene.buyer).await?, held - 5_000);
    assert!(says(&inbox(people, &scene.seller.token).await?, "A correction was agreed to"));
    // Declined, and lapsed.
    let more = scene.corrected(&name, "a", "9000").await?;
    let declined = scene.decide(&scene.buyer, &more, "decline").await?.good("decline")?;
    assert_eq!(declined["state"], "declined");
    let late = scene.corrected(&name, "a", "9000").await?;
    scene.pass(14 * DAY).await?;
    assert_eq!(refusal(&scene.decide(&scene.buyer, &late, "agree").await?), (422, "usage.correction_decided"));
    let list = scene.get(&format!("/api/v1/instances/{instance}/usage-corrections")).await?;
    assert_eq!(list["items"][0]["state"], "lapsed", "{list}");
    // Of a time for which nothing new could be reported any more, and then not at all.
    scene.pass(8 * DAY).await?;
    assert_eq!(scene.corrected(&name, "a", "5001").await?["asks"], "late");
    assert_eq!(scene.corrected(&name, "a", "4000").await?["state"], "counted", "less always counts");
    scene.pass(24 * DAY).await?;
    assert_eq!(refusal(&scene.correct(&name, "a", "1").await?), (422, "usage.correction_too_old"));
    assert_eq!(wallet(people, &scene.buyer).await?, held - 4_000);
    scene.close().await
}

async fn what_has_ended_is_paid_back_and_counts_more_by_consent_alone(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "over", cents())).await?;
    let people = &scene.stage.people;
    let (instance, name) = scene.buy(&scene.buyer).await?;
    let held = wallet(people, &scene.buyer).await?;
    scene.pass(2 * HOUR + MINUTE).await?;
    scene.pushed(vec![record(&name, 1, "1000", "a"), record(&name, 2, "10", "b")]).await?;
    let path = format!("/api/v1/instances/{instance}/close");
    ask(&people.client, &scene.buyer.token, "POST", &path, None).await?.good(&path)?;
    // What follows from the end has not been told yet.
    assert_eq!(scene.corrected(&name, "a", "1001").await?["asks"], "ended");
    scene.pass(30 * DAY).await?;
    assert_eq!(wallet(people, &scene.buyer).await?, held - 1_010, "what was used until then");
    assert_eq!(scene.corrected(&name, "a", "1001").await?["asks"], "ended");
    scene.corrected(&name, "a", "400").await?;
    scene.pass(HOUR).await?;
    assert_eq!(wallet(people, &scene.buyer).await?, held - 410, "it is charged no more, and paid back all the same");
    assert_eq!(scene.amounts(&instance).await?.iter().sum::<i64>(), 410);
    scene.close().await
}

async fn ranges_free_counts_and_commitments_are_priced_as_they_would_have_been(
    url: Option<String>,
) -> anyhow::Result<()> {
    // Ten are free each month, thirty cents up to a hundred of a day, then ten; ten yuan are committed to for each day.
    let ranges =
        json!({ "model": "tiered", "ranges": [{ "up_to": "100", "unit_price": "0.30" }, { "unit_price": "0.10" }] });
    let meter = json!({ "price": ranges, "accumulation": "day", "allowance": { "quantity": "10", "cycle": "month" } });
    let mut billing = by_use("hour", meter);
    billing["commitment"] = json!({ "amount": "10", "cycle": "day" });
    let scene = Box::pin(Scene::open(url.as_deref(), "tiers", billing)).await?;
    let (instance, name) = scene.buy(&scene.buyer).await?;
    scene.pass(3 * HOUR).await?;
    scene.pushed(vec![record(&name, 1, "60", "a"), record(&name, 2, "100", "b")]).await?;
    scene.pass(DAY).await?;
    let sum = async |wanted: i64, why: &str| {
        let all: i64 = scene.amounts(&instance).await?.iter().sum();
        assert_eq!(all, wanted, "{why}");
        anyhow::Ok(())
    };
    // 50 and 50 of the first range, 50 of the second.
    sum(3_500, "as it was recorded").await?;
    scene.corrected(&name, "a", "20").await?;
    scene.pass(2 * HOUR).await?;
    // 10 are free, 110 are priced: 100 and 10.
    sum(3_100, "what was dear is cheaper, because the others take its place").await?;
    scene.corrected(&name, "b", "0").await?;
    scene.pass(2 * HOUR).await?;
    sum(1_000, "3.00 were used, and ten are committed to").await?;
    scene.corrected(&name, "a", "24").await?;
    scene.pass(2 * HOUR).await?;
    sum(1_000, "4.20 were used").await?;
    let list = scene.get(&format!("/api/v1/instances/{instance}/usage-charges?limit=1")).await?;
    assert_eq!(
        (&list["items"][0]["exact"], &list["items"][0]["amount"]["minor"]),
        (&json!("0.0"), &json!(0)),
        "{list}"
    );
    scene.close().await
}

async fn what_is_not_paid_yet_is_set_off(url: Option<String>) -> anyhow::Result<()> {
    let dear = by_use("hour", json!({ "price": { "model": "fixed", "unit_price": "10" } }));
    let scene = Box::pin(Scene::open(url.as_deref(), "set_off", dear)).await?;
    let people = &scene.stage.people;
    let buyer = people.buyer("Short Of Money").await?;
    people.top_up(&buyer, 1_500).await?;
    let (instance, name) = scene.buy(&buyer).await?;
    scene.pass(2 * HOUR + MINUTE).await?;
    scene.pushed(vec![record(&name, 1, "1", "a")]).await?;
    scene.pushed(vec![record(&name, 2, "4", "b")]).await?;
    scene.pass(2 * HOUR).await?;
    let path = format!("/api/v1/instances/{instance}/usage");
    let due = async || Ok::<_, anyhow::Error>(people.client.get(&buyer.token, &path).await?["due"]["minor"].clone());
    assert_eq!(
        (wallet(people, &buyer).await?, due().await?),
        (1_500, json!(5_000)),
        "late for an hour that was charged"
    );
    // Less is owed: what is left of it can be paid.
    scene.corrected(&name, "b", "1").await?;
    scene.pass(HOUR).await?;
    assert_eq!((wallet(people, &buyer).await?, due().await?), (1_500, json!(2_000)));
    scene.corrected(&name, "b", "0").await?;
    scene.pass(HOUR).await?;
    assert_eq!((wallet(people, &buyer).await?, due().await?), (500, json!(0)), "one is paid");
    let live = people.client.get(&buyer.token, &path).await?;
    assert_eq!(live["unpaid_since"], json!(null), "{live}");
    scene.corrected(&name, "a", "0.5").await?;
    scene.pass(HOUR).await?;
    assert_eq!(wallet(people, &buyer).await?, 1_000, "what was paid comes back");
    scene.close().await
}

async fn corrections_that_race_follow_each_other(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "race", cents())).await?;
    let (instance, name) = scene.buy(&scene.buyer).await?;
    scene.pass(HOUR + MINUTE).await?;
    scene.pushed(vec![record(&name, 1, "1000", "a")]).await?;
    scene.pass(HOUR).await?;
    let all = futures_join(&scene, &name).await?;
    assert_eq!(all, 6, "each is made, one after the other");
    scene.pass(HOUR).await?;
    let counted: i64 = scene.counts(&instance, "a").await?.1.parse()?;
    assert_eq!(scene.amounts(&instance).await?.iter().sum::<i64>(), counted);
    // One key, one correction.
    let wanted = json!({ "instance": name, "corrects": "a", "quantity": "1", "reason": "Twice", "number": "mine" });
    let client = &scene.stage.people.client;
    let sent =
        || Sent { token: Some(&scene.seller.token), key: Some("k-1"), body: Some(wanted.clone()), ..Sent::default() };
    let first = client.call("POST", CORRECT, sent()).await?.good("correct")?;
    let again = client.call("POST", CORRECT, sent()).await?.good("correct")?;
    let by_number = ask(client, &scene.seller.token, "POST", CORRECT, Some(wanted.clone())).await?.good("correct")?;
    assert_eq!((&first["id"], &first["id"]), (&again["id"], &by_number["id"]));
    let mut other = wanted.clone();
    other["quantity"] = json!("2");
    let other = ask(client, &scene.seller.token, "POST", CORRECT, Some(other)).await?;
    assert_eq!(refusal(&other), (422, "usage.correction_known"));
    scene.close().await
}

/// Six corrections at once; gives how many are made.
async fn futures_join(scene: &Scene, name: &str) -> anyhow::Result<usize> {
    let mut clients = tokio::task::JoinSet::new();
    for turn in 0..6 {
        let (client, token) = (scene.stage.people.client.clone(), scene.seller.token.clone());
        let wanted =
            json!({ "instance": name, "corrects": "a", "quantity": (100 + turn).to_string(), "reason": "Race" });
        clients.spawn(async move { ask(&client, &token, "POST", CORRECT, Some(wanted)).await });
    }
    let mut made = 0;
    while let Some(reply) = clients.join_next().await {
        made += usize::from(reply??.status == 201);
    }
    Ok(made)
}

async fn what_a_correction_is_said_to_change_and_does_not_is_found(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "found", cents())).await?;
    let (_, name) = scene.buy(&scene.buyer).await?;
    scene.pass(HOUR + MINUTE).await?;
    scene.pushed(vec![record(&name, 1, "1000", "a")]).await?;
    scene.pass(HOUR).await?;
    scene.corrected(&name, "a", "500").await?;
    scene.pass(HOUR).await?;
    scene.stage.check().await?;
    let found = async |wrong: &'static str, wanted: &str, right: &'static str| {
        behind(&scene, wrong).await?;
        let said = scene.stage.check().await.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(said.contains(wanted), "{wrong}: {said}");
        behind(&scene, right).await
    };
    let [more, less] = [
        "update metered_instance set corrections = corrections + 1",
        "update metered_instance set corrections = corrections - 1",
    ];
    found(more, "corrections are said to count", less).await?;
    let [more, less] = [
        "update usage_charge set amount = amount - 1 where amount < 0",
        "update usage_charge set amount = amount + 1 where amount < 0",
    ];
    found(more, "were charged", less).await?;
    let [more, less] =
        ["update usage_charge set credited = 1 where amount > 0", "update usage_charge set credited = 0"];
    found(more, "were charged", less).await?;
    scene.close().await
}

async fn less_that_costs_more_needs_consent_too(url: Option<String>) -> anyhow::Result<()> {
    let ranges =
        json!({ "model": "volume", "ranges": [{ "up_to": "1000", "unit_price": "1" }, { "unit_price": "0.5" }] });
    let scene = Box::pin(Scene::open(url.as_deref(), "borders", by_use("hour", json!({ "price": ranges })))).await?;
    let people = &scene.stage.people;
    let (instance, name) = scene.buy(&scene.buyer).await?;
    let held = wallet(people, &scene.buyer).await?;
    scene.pass(HOUR + MINUTE).await?;
    scene.pushed(vec![record(&name, 1, "1001", "a")]).await?;
    scene.pass(HOUR).await?;
    assert_eq!(wallet(people, &scene.buyer).await?, held - 50_050);
    let path = format!("/api/v1/instances/{instance}/close");
    ask(&people.client, &scene.buyer.token, "POST", &path, None).await?.good(&path)?;
    let asked = scene.corrected(&name, "a", "1000").await?;
    assert_eq!(
        (&asked["state"], &asked["asks"], &asked["costs_at_most"]),
        (&json!("waiting"), &json!("ended"), &json!("499.5")),
        "{asked}"
    );
    let shown = scene.page(&scene.buyer, &format!("/console/instances/{instance}/corrections")).await?;
    assert!(shown.contains("costs at most 499.5 CNY"), "what is agreed to is said");
    let declined = scene.decide(&scene.buyer, &asked, "decline").await?.good("decline")?;
    assert_eq!(declined["state"], "declined");
    assert_eq!(scene.corrected(&name, "a", "400").await?["state"], "counted", "what is cheaper waits for nobody");
    scene.pass(2 * HOUR).await?;
    assert_eq!(wallet(people, &scene.buyer).await?, held - 40_000);
    scene.close().await
}

async fn what_is_added_to_many_records_adds_up(url: Option<String>) -> anyhow::Result<()> {
    let dear = by_use("hour", json!({ "price": { "model": "fixed", "unit_price": "1" } }));
    let scene = Box::pin(Scene::open(url.as_deref(), "adding", dear)).await?;
    let (_, name) = scene.buy(&scene.buyer).await?;
    scene.pass(4 * HOUR + MINUTE).await?;
    scene.pushed((1..4).map(|hour| record(&name, hour, "3000", &format!("n{hour}"))).collect()).await?;
    for (number, state, asks) in
        [("n1", "counted", json!(null)), ("n2", "counted", json!(null)), ("n3", "waiting", json!("amount"))]
    {
        let one = scene.corrected(&name, number, "3400").await?;
        assert_eq!((&one["state"], &one["asks"]), (&json!(state), &asks), "{number}: {one}");
    }
    assert_eq!(scene.corrected(&name, "n3", "3200").await?["state"], "counted", "a thousand in all");
    assert_eq!(scene.corrected(&name, "n3", "3201").await?["asks"], "amount");
    scene.close().await
}

async fn the_order_of_corrections_is_not_that_of_clocks(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "clocks", cents())).await?;
    let (instance, name) = scene.buy(&scene.buyer).await?;
    scene.pass(HOUR + MINUTE).await?;
    scene.pushed(vec![record(&name, 1, "1000", "a")]).await?;
    scene.corrected(&name, "a", "600").await?;
    scene.pass(MINUTE).await?;
    let second = scene.corrected(&name, "a", "800").await?;
    // As if a node had made it whose clock is an hour behind.
    let free = match &url {
        Some(_) => "drop trigger usage_correction_decided_once on usage_correction",
        None => "drop trigger usage_correction_no_update",
    };
    behind(&scene, free).await?;
    let earlier = "update usage_correction set decided_at = (select min(began_at) from metered_instance), \
                   corrected_at = (select min(began_at) from metered_instance) where turn = 2";
    behind(&scene, earlier).await?;
    scene.stage.check().await?;
    // What it repeats of its record is what the record says.
    behind(&scene, "update usage_correction set late = not late where turn = 1").await?;
    let said = scene.stage.check().await.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(said.contains("says something else than its record") || said.contains("its running sums"), "{said}");
    behind(&scene, "update usage_correction set late = not late where turn = 1").await?;
    assert_eq!(scene.counts(&instance, "a").await?.1, "800");
    scene.pass(HOUR).await?;
    assert_eq!(scene.amounts(&instance).await?, [800]);
    let third = scene.corrected(&name, text(&second, "number")?, "700").await?;
    assert_eq!(third["before"], "800", "{third}");
    scene.pass(HOUR).await?;
    assert_eq!(scene.amounts(&instance).await?, [800, -100]);
    scene.close().await
}

async fn the_number_of_a_correction_is_no_record_s(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url.as_deref(), "numbers", cents())).await?;
    let client = &scene.stage.people.client;
    let (instance, name) = scene.buy(&scene.buyer).await?;
    scene.pass(HOUR + MINUTE).await?;
    let event = |id: &str, value: &str| {
        json!({ "specversion": "1.0", "source": "/a", "id": id, "type": "calls", "subject": name,
            "time": "2026-03-02T01:30:00Z", "data": { "value": value, "reason": "Counted twice" } })
    };
    client.post(&scene.seller.token, EVENTS, event("1", "100")).await?;
    let mut correcting = event("c1", "90");
    correcting["corrects"] = json!("1");
    let told = client.post(&scene.seller.token, EVENTS, correcting.clone()).await?;
    assert_eq!(told["added"], 1, "{told}");
    // The same event by a forwarder that leaves out what it does not know, and what is pushed under its number.
    let told = client.post(&scene.seller.token, EVENTS, event("c1", "90")).await?;
    assert_eq!((&told["added"], &told["refused"][0]["code"]), (&json!(0), &json!("010")), "{told}");
    scene.push(vec![record(&name, 1, "90", "/a#c1")]).await?;
    assert_eq!(scene.refused().await?.len(), 2);
    let told = client.post(&scene.seller.token, EVENTS, correcting.clone()).await?;
    assert_eq!(told["known"], 1, "{told}");
    // Of another meter than its record it corrects nothing.
    correcting["id"] = json!("c2");
    correcting["data"]["meter"] = json!("tokens");
    let told = client.post(&scene.seller.token, EVENTS, correcting).await?;
    assert_eq!(told["refused"][0]["code"], "101", "{told}");
    scene.pass(HOUR).await?;
    assert_eq!(scene.amounts(&instance).await?, [90]);
    scene.close().await
}
