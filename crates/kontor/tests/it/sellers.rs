//! Becoming a seller, and what is refused on the way.

use kontor::stage::{
    People, Person, Stage,
    client::{Sent, text},
};
use serde_json::{Value, json};

use crate::stories::{ask, each, inbox, refusal, says};

on_both!(
    a_rejected_application_is_submitted_again,
    only_verified_companies_apply_and_once,
    business_information_that_fails_three_times_blocks,
    a_seller_stays_the_company_that_was_reviewed,
    what_sellers_submit_is_in_their_audit_log,
);

async fn a_rejected_application_is_submitted_again(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "applicant").await?;
    let people = &stage.people;
    let applicant = company(people, "Cloudco Software").await?;
    let wrong = json!({ "company_name": applicant.name, "employees": 3 });
    let draft = people.client.post(&applicant.token, "/api/v1/seller/application", wrong).await?;
    let path = "/api/v1/seller/application/submit";
    let accepted = acceptance(people, &applicant).await?;
    let sent = Sent { token: Some(&applicant.token), version: draft["version"].as_i64(), ..Sent::default() };
    let refused = people.client.call("POST", path, Sent { body: Some(accepted.clone()), ..sent }).await?;
    assert_eq!(refused.status, 422, "{}", refused.body);
    let fields: Vec<&str> =
        refused.body["errors"].as_array().into_iter().flatten().filter_map(|error| error["field"].as_str()).collect();
    assert!(fields.contains(&"employees") && fields.contains(&"business_licence"), "all mistakes at once: {fields:?}");

    let form = form(people, &applicant).await?;
    let saved = people.edit(&applicant.token, "PUT", "/api/v1/seller/application", &draft, Some(form.clone())).await?;
    let submitted = people.edit(&applicant.token, "POST", path, &saved, Some(accepted.clone())).await?;
    assert_eq!(submitted["state"], "submitted");
    // Three working days from Monday morning.
    assert_eq!(submitted["due_at"], "2026-03-05T01:00:00.000000Z");

    let review = format!("/api/v1/operator/seller-applications/{}", text(&submitted, "id")?);
    let reasons = json!({ "reasons": [{ "field": "website", "message": "the site cannot be reached" }] });
    let operator = people.operator().await?;
    let decided = people.edit(&operator, "POST", &format!("{review}/reject"), &submitted, Some(reasons)).await?;
    assert_eq!(decided["state"], "rejected");
    stage.kontor.run_due_jobs().await?;
    let titles = inbox(people, &applicant.token).await?;
    assert!(titles.iter().any(|title| title.contains("application")), "{titles:?}");
    assert_eq!(ask(&people.client, &applicant.token, "GET", "/api/v1/seller", None).await?.status, 403);

    let seen = people.client.get(&applicant.token, "/api/v1/seller/application").await?;
    assert_eq!(seen["reasons"][0]["message"]["en"], "the site cannot be reached");
    let mut better = form;
    better["website"] = json!("https://www.cloudco.example");
    let saved = people.edit(&applicant.token, "PUT", "/api/v1/seller/application", &seen, Some(better)).await?;
    let submitted = people.edit(&applicant.token, "POST", path, &saved, Some(accepted)).await?;
    people.edit(&people.operator().await?, "POST", &format!("{review}/approve"), &submitted, None).await?;
    let seller = people.client.get(&applicant.token, "/api/v1/seller").await?;
    assert_eq!((&seller["name"], &seller["account"]), (&json!(applicant.name), &json!(applicant.account)));
    let agreements = people.client.get(&applicant.token, "/api/v1/seller/agreements").await?;
    let evidence = &agreements["items"][0];
    assert!(["version", "sha256", "user", "from", "accepted_at"].iter().all(|name| evidence[name].is_string()));
    stage.close().await
}

async fn only_verified_companies_apply_and_once(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "apply").await?;
    let people = &stage.people;
    let stranger = people.register("enterprise", "Unknown Software").await?;
    let person = people.buyer("Ada Lovelace").await?;
    for who in [&stranger, &person] {
        let wanted = form(people, who).await?;
        let draft = people.client.post(&who.token, "/api/v1/seller/application", wanted).await?;
        let body = Some(acceptance(people, who).await?);
        let sent = Sent { token: Some(&who.token), version: draft["version"].as_i64(), body, ..Sent::default() };
        let refused = people.client.call("POST", "/api/v1/seller/application/submit", sent).await?;
        assert_eq!(refusal(&refused), (422, "seller.not_verified"), "{}", who.name);
    }
    let applicant = company(people, "Cloudco Software").await?;
    apply(people, &applicant).await?;
    let again = Some(form(people, &applicant).await?);
    let again = ask(&people.client, &applicant.token, "POST", "/api/v1/seller/application", again).await?;
    assert_eq!(again.code(), "seller.application_exists", "{}", again.body);
    stage.close().await
}

async fn business_information_that_fails_three_times_blocks(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "blocked").await?;
    let people = &stage.people;
    let seller = company(people, "Cloudco Software").await?;
    admit(people, &seller).await?;
    let path = "/api/v1/seller/business-information";
    let submit = async |holder: &str| ask(&people.client, &seller.token, "POST", path, Some(information(holder))).await;

    let listing = kontor::stage::listing("Log Search", &people.document(&seller, "service_agreement").await?);
    let draft = people.client.post(&seller.token, "/api/v1/seller/products", listing).await?;
    let publish = format!("/api/v1/seller/products/{}/revisions", text(&draft, "id")?);
    let early = ask(&people.client, &seller.token, "POST", &publish, None).await?;
    assert_eq!(refusal(&early), (422, "seller.business_information_missing"));

    // A name that is not the company's fails by itself; the last time the operator says no.
    for _ in 0..2 {
        let failed = submit("Somebody Else Ltd.").await?.good(path)?;
        assert_eq!((&failed["state"], &failed["reasons"][0]["field"]), (&json!("rejected"), &json!("account_holder")));
    }
    let third = submit("Cloudco Software").await?.good(path)?;
    assert!(text(&third, "account_number")?.ends_with("2233") && !text(&third, "account_number")?.contains("6222"));
    let review = format!("/api/v1/operator/business-information/{}", text(&third, "id")?);
    let reasons = json!({ "reasons": [{ "field": "taxpayer_number", "message": "not in the register" }] });
    let operator = people.operator().await?;
    people.edit(&operator, "POST", &format!("{review}/reject"), &third, Some(reasons)).await?;
    assert_eq!(refusal(&submit("Cloudco Software").await?), (422, "seller.business_information_blocked"));

    let lift = format!("/api/v1/operator/sellers/{}/lift-block", seller.account);
    ask(&people.client, &operator, "POST", &lift, None).await?.good(&lift)?;
    let fourth = submit("Cloudco Software").await?.good(path)?;
    let certify = format!("/api/v1/operator/business-information/{}/certify", text(&fourth, "id")?);
    people.edit(&operator, "POST", &certify, &fourth, None).await?;
    assert_eq!(ask(&people.client, &seller.token, "POST", &publish, None).await?.status, 201);
    stage.kontor.run_due_jobs().await?;
    let titles = inbox(people, &seller.token).await?;
    assert!(says(&titles, "Your business information is certified"), "{titles:?}");
    let acts = people.client.get(&operator, "/api/v1/operator/audit?limit=100").await?;
    assert!(each(&acts, "action").iter().any(|action| action.contains("block")), "{acts}");
    stage.close().await
}

async fn a_seller_stays_the_company_that_was_reviewed(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "company").await?;
    let people = &stage.people;
    let renamed = |company: &Person| Person { name: "Quite Another Ltd".to_owned(), ..company.clone() };
    let waiting = company(people, "Cloudco Software").await?;
    let submitted = apply(people, &waiting).await?;
    people.verify(&renamed(&waiting), "enterprise").await?;
    let path = format!("/api/v1/operator/seller-applications/{}/approve", text(&submitted, "id")?);
    let operator = people.operator().await?;
    let sent = Sent { token: Some(&operator), version: submitted["version"].as_i64(), ..Sent::default() };
    let refused = people.client.call("POST", &path, sent).await?;
    assert_eq!((refused.status, &refused.body["errors"][0]["field"]), (422, &json!("company_name")));

    let seller = people.seller("Honest Software").await?;
    let identity = json!({
        "kind": "enterprise", "name": "Quite Another Ltd", "country": "CN", "number": "91310115MA1K35XX7Q",
        "representative": "Li Na", "documents": [people.document(&seller, "business_licence").await?]
    });
    let refused = ask(&people.client, &seller.token, "POST", "/api/v1/verifications", Some(identity)).await?;
    assert_eq!(refusal(&refused), (422, "verification.seller_name"));
    people.verify(&seller, "enterprise").await?;
    stage.close().await
}

async fn what_sellers_submit_is_in_their_audit_log(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "acts").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    people.product(&seller, "Log Search").await?;
    let log = people.client.get(&seller.token, "/api/v1/audit?limit=100").await?;
    let acts = each(&log, "action");
    for act in ["seller.applied", "seller.business_information_submitted", "revision.submitted"] {
        assert!(acts.contains(&act), "{act}: {acts:?}");
    }
    stage.close().await
}

/// A verified company that does not sell yet.
pub(crate) async fn company(people: &People, name: &str) -> anyhow::Result<Person> {
    let company = people.register("enterprise", name).await?;
    people.verify(&company, "enterprise").await?;
    Ok(company)
}

/// Everything that the default rules want to know.
pub(crate) async fn form(people: &People, applicant: &Person) -> anyhow::Result<Value> {
    Ok(json!({
        "company_name": applicant.name, "registration_number": applicant.account.to_uppercase().replace('_', "-"),
        "business_licence": people.document(applicant, "business_licence").await?, "business_years": 4, "employees": 40,
        "registered_capital": 500, "contact_name": "Li Na", "mobile": "13800138000", "email": "li.na@seller.example",
        "service_phone": "+86 21 5555 0100", "service_email": "service@seller.example",
        "introduction": "Software for operations teams."
    }))
}

/// What is sent to accept the agreement in force.
pub(crate) async fn acceptance(people: &People, applicant: &Person) -> anyhow::Result<Value> {
    let agreement = people.client.get(&applicant.token, "/api/v1/seller/agreement").await?;
    Ok(json!({ "agreement": { "version": agreement["version"], "sha256": agreement["sha256"] } }))
}

/// Applies and waits for the operator.
pub(crate) async fn apply(people: &People, applicant: &Person) -> anyhow::Result<Value> {
    let form = form(people, applicant).await?;
    let draft = people.client.post(&applicant.token, "/api/v1/seller/application", form).await?;
    let accepted = acceptance(people, applicant).await?;
    people.edit(&applicant.token, "POST", "/api/v1/seller/application/submit", &draft, Some(accepted)).await
}

/// A seller whose business information nobody knows yet.
pub(crate) async fn admit(people: &People, applicant: &Person) -> anyhow::Result<()> {
    let submitted = apply(people, applicant).await?;
    let path = format!("/api/v1/operator/seller-applications/{}/approve", text(&submitted, "id")?);
    people.edit(&people.operator().await?, "POST", &path, &submitted, None).await?;
    Ok(())
}

pub(crate) fn information(holder: &str) -> Value {
    json!({
        "entity": "CN1", "regions": ["CN"], "account_holder": holder, "bank": "Bank of Shanghai",
        "account_number": "6222020200112233", "taxpayer_identity": "general", "taxpayer_number": "91310115MA1K35XX7Q"
    })
}
