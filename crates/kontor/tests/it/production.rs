//! What development allows and production does not.

use kontor::stage::client::Sent;
use serde_json::json;

use crate::{
    server::Site,
    stories::{ask, refusal},
};

const SAFE: [(&str, &str); 4] = [
    ("KONTOR_ENVIRONMENT", "production"),
    ("KONTOR_PUBLIC_URL", "https://market.example"),
    // Nobody listens there; letters wait in their jobs.
    ("KONTOR_MAIL__SMTP_URL", "smtp://127.0.0.1:9"),
    ("KONTOR_MAIL__FROM", "site@market.example"),
];

#[test]
fn production_does_not_start_on_cheap_settings() -> anyhow::Result<()> {
    let cheap = [("KONTOR_ENVIRONMENT", "production"), ("KONTOR_PASSWORDS__MEMORY_KIB", "8")];
    let (exit, said) = Site::with(None, &cheap)?.run(&["serve", "--listen", "127.0.0.1:0"])?;
    assert_eq!(exit, Some(1), "{said}");
    for mistake in ["passwords are hashed too cheaply", "mail must be configured", "public_url must be"] {
        assert!(said.contains(mistake), "{mistake}: {said}");
    }
    let site = Site::with(None, &[("KONTOR_WOKERS", "2")])?;
    let (exit, said) = site.run(&["migrate"])?;
    assert!(exit == Some(1) && said.contains("wokers"), "{exit:?}: {said}");
    assert!(!site.data().exists(), "wrong settings leave nothing behind");
    Ok(())
}

#[tokio::test]
async fn production_has_no_play_money() -> anyhow::Result<()> {
    let site = Site::with(None, &SAFE)?;
    site.create_operator()?;
    let server = site.serve()?;
    assert!(server.greeting.ends_with("(production, sqlite)"), "{}", server.greeting);
    let people = server.people()?;
    // Here nobody reads the letters that confirm an address.
    let rules = policy::DEFAULT.replace("# confirm_addresses = true", "confirm_addresses = false");
    people.client.post(&people.operator().await?, "/api/v1/operator/policy", json!({ "rules": rules })).await?;
    let body = json!({ "kind": "personal", "name": "Ada Lovelace", "email": "ada@people.example",
                       "password": "a long enough password", "lang": "en" });
    let sent = Sent { body: Some(body), ..Sent::default() };
    people.client.call("POST", "/api/v1/accounts", sent).await?.good("register")?;
    let token = people.sign_in("ada@people.example", "a long enough password").await?;
    let top_up = |channel: &str| {
        let amount = json!({ "minor": 5_000, "currency": "CNY" });
        Some(json!({ "channel": channel, "amount": amount, "payer": "Ada Lovelace" }))
    };
    let refused = ask(&people.client, &token, "POST", "/api/v1/top-ups", top_up("development")).await?;
    assert_eq!(refusal(&refused), (422, "top_up.not_in_production"));
    let declared = ask(&people.client, &token, "POST", "/api/v1/top-ups", top_up("bank_transfer")).await?;
    assert_eq!((declared.status, &declared.body["state"]), (201, &json!("declared")));
    Ok(())
}
