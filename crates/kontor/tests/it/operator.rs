//! What the operator looks after: jobs that were given up, rules that change.

use kernel::time::{DAY, MINUTE};
use kontor::stage::Stage;
use serde_json::json;

use crate::stories::{ask, each, months, refusal};

on_both!(
    a_dead_letter_is_listed_and_restarted,
    new_rules_hold_from_their_date,
    every_rule_of_the_site_has_a_name_in_both_languages,
);

async fn a_dead_letter_is_listed_and_restarted(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "dead").await?;
    let people = &stage.people;
    let buyer = people.buyer("Ada Lovelace").await?;
    stage.kontor.run_due_jobs().await?;
    // The way out is blocked: where letters are laid, there is a file.
    let outbox = stage.kontor.app.config.data.join("outbox");
    std::fs::remove_dir_all(&outbox)?;
    std::fs::write(&outbox, "")?;
    people.top_up(&buyer, 5_000).await?;
    for _ in 0..12 {
        stage.kontor.run_due_jobs().await?;
        stage.kontor.app.clock.turn(30 * MINUTE);
    }
    let operator = people.operator().await?;
    let path = "/api/v1/operator/dead-letters";
    let letters = people.client.get(&operator, path).await?;
    let given_up = letters["items"].as_array().into_iter().flatten();
    for letter in given_up {
        assert_eq!(
            (&letter["event"]["event"], &letter["attempts"]),
            (&json!("message_queued"), &json!(12)),
            "{letter}"
        );
        assert!(letter["last_error"].is_string() && letter["given_up_at"].is_string(), "{letter}");
    }
    let ids: Vec<String> = each(&letters, "id").into_iter().map(str::to_owned).collect();
    assert!(!ids.is_empty(), "letters that could not leave were given up");
    assert_eq!(unsent(&stage, &buyer.token).await?, 1);

    std::fs::remove_file(&outbox)?;
    for id in &ids {
        let restart = format!("{path}/{id}/restart");
        assert_eq!(ask(&people.client, &operator, "POST", &restart, None).await?.status, 204);
        let twice = ask(&people.client, &operator, "POST", &restart, None).await?;
        assert_eq!(twice.status, 404, "it is no dead letter any more: {}", twice.body);
    }
    stage.kontor.run_due_jobs().await?;
    assert!(each(&people.client.get(&operator, path).await?, "id").is_empty());
    assert_eq!(unsent(&stage, &buyer.token).await?, 0);
    let acts = people.client.get(&operator, "/api/v1/operator/audit?limit=100").await?;
    assert!(each(&acts, "target").contains(&ids[0].as_str()), "who restarted it is known");
    stage.close().await
}

/// Messages that wait to leave.
async fn unsent(stage: &Stage, token: &str) -> anyhow::Result<usize> {
    let inbox = stage.people.client.get(token, "/api/v1/messages").await?;
    Ok(each(&inbox, "state").into_iter().filter(|state| *state == "queued").count())
}

async fn new_rules_hold_from_their_date(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "rules").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    let path = "/api/v1/operator/policy";
    let operator = people.operator().await?;
    let broken = policy::DEFAULT.replacen("fee_basis_points = 500", "fee_basis_points = 50000", 1);
    let refused = ask(&people.client, &operator, "POST", path, Some(json!({ "rules": broken }))).await?;
    assert_eq!(refused.status, 422, "{}", refused.body);

    let rules = policy::DEFAULT.replace("fee_basis_points = 500", "fee_basis_points = 800");
    let from = stage.kontor.app.clock.now().plus_days(1).to_string();
    people.client.post(&operator, path, json!({ "rules": rules, "effective_from": from })).await?;
    let past = json!({ "rules": rules, "effective_from": "2026-01-01T00:00:00Z" });
    assert_eq!(refusal(&ask(&people.client, &operator, "POST", path, Some(past)).await?), (422, "policy.past"));
    let fee = async || {
        let quote = people.client.post(&buyer.token, "/api/v1/quotes", months(&product.skus[0], 1)).await?;
        anyhow::Ok(quote["terms"]["fee_basis_points"].clone())
    };
    assert_eq!(fee().await?, json!(500));
    stage.kontor.app.clock.turn(DAY);
    assert_eq!(fee().await?, json!(800));
    stage.close().await
}

async fn every_rule_of_the_site_has_a_name_in_both_languages(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "words").await?;
    let operator = stage.people.operator().await?;
    // What a site may say beside the rules that it begins with.
    let more = policy::DEFAULT.replace("# confirm_addresses = true", "confirm_addresses = false");
    stage.people.client.post(&operator, "/api/v1/operator/policy", json!({ "rules": more })).await?;
    for (lang, named, explained) in
        [("en", "Points for sales", "what was returned does not count"), ("zh", "销量的得分", "已退订的不计入")]
    {
        let page = ask(&stage.people.client, &operator, "GET", &format!("/operator/policy?lang={lang}"), None).await?;
        let page = page.body.as_str().unwrap_or_default().to_owned();
        assert!(page.contains(named) && page.contains(explained), "{lang}: {page}");
        let unnamed: Vec<&str> = ["<dt><code>", "<strong><code>"]
            .iter()
            .flat_map(|mark| page.split(mark).skip(1))
            .filter_map(|rest| rest.split('<').next())
            .collect();
        assert!(unnamed.is_empty(), "write policy-rule-… and policy-section-… in {lang} for {unnamed:?}");
    }
    stage.close().await
}
