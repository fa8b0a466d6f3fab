//! The demo: a marketplace with a past, in which everybody who is named can sign in and finds something to do.

use kontor::{
    Kontor,
    demo::{self, Login, Logins, Size},
    server,
    stage::client::{Client, Sent, text},
};
use platform::{Config, config::Passwords};
use serde_json::{Value, json};

use crate::stories::each;

struct Made {
    kontor: Kontor,
    client: Client,
    logins: Logins,
    folder: tempfile::TempDir,
}

async fn made() -> anyhow::Result<Made> {
    let folder = tempfile::tempdir()?;
    let passwords = Passwords { memory_kib: 64, passes: 1 };
    let config = Config { data: folder.path().join("data"), passwords, ..Config::default() };
    let (logins, counted) = demo::build(&config, Size::SMALL).await?;
    assert_eq!((counted.sellers, counted.products, counted.buyers), (3, 21, 5));
    assert!(counted.orders >= 20 && counted.refunds >= 1, "{counted:?}");
    // From here on as it is served: another process over the same files, on the system's clock.
    let kontor = Kontor::open(config).await?;
    kontor.prepare().await?;
    let client = Client::Here(server::router(&kontor, None));
    Ok(Made { kontor, client, logins, folder })
}

impl Made {
    async fn sign_in(&self, login: &Login) -> anyhow::Result<String> {
        let body = json!({ "login": login.email, "password": login.password });
        let sent = Sent { body: Some(body), ..Sent::default() };
        Ok(text(&self.client.call("POST", "/api/v1/sessions", sent).await?.good("sign in")?, "token")?.to_owned())
    }

    async fn all(&self, token: &str, path: &str) -> anyhow::Result<Value> {
        self.client.get(token, path).await
    }
}

#[tokio::test]
async fn the_demo_has_what_it_promises() -> anyhow::Result<()> {
    let made = made().await?;
    let audit = made.kontor.audit().await?;
    assert!(audit.is_ok(), "{audit:?}");
    assert_eq!(Logins::read(&made.folder.path().join("data"))?.map(|read| read.buyers.len()), Some(3));
    let (operator, seller, buyer) = (
        made.sign_in(&made.logins.operator).await?,
        made.sign_in(&made.logins.seller).await?,
        made.sign_in(&made.logins.buyer).await?,
    );
    assert_eq!((made.logins.sellers.len(), made.logins.buyers.len()), (3, 3));
    for login in made.logins.sellers.iter().chain(&made.logins.buyers) {
        made.sign_in(login).await?;
    }
    let instances = made.all(&buyer, "/api/v1/instances?limit=100").await?;
    let states = each(&instances, "state");
    for state in ["active", "expired", "released"] {
        assert!(states.contains(&state), "{state}: {states:?}");
    }
    let tried = made.all(&buyer, "/api/v1/orders?kind=trial").await?;
    assert_eq!(each(&tried, "state"), ["completed"], "the buyer tries something");
    let orders = made.all(&buyer, "/api/v1/orders?limit=100").await?;
    assert!(each(&orders, "state").iter().any(|state| *state != "paid"), "one waits for its payment");
    let unread = made.all(&buyer, "/api/v1/messages?unread=true").await?;
    assert!(!each(&unread, "id").is_empty(), "something is new");
    let codes = made.all(&seller, "/api/v1/seller/test-codes").await?;
    assert_eq!(each(&codes, "id").len(), 2);
    for queue in [
        "verifications?state=pending",
        "seller-applications?state=submitted",
        "seller-changes?state=submitted",
        "business-information?state=submitted",
        "revisions?limit=20",
        "removals?limit=20",
        "measures?state=appealed",
        "reported-reviews?limit=20",
        "top-ups?state=declared",
    ] {
        let waiting = made.all(&operator, &format!("/api/v1/operator/{queue}")).await?;
        assert!(waiting["items"].as_array().is_some_and(|items| !items.is_empty()), "{queue} is empty");
    }
    made.kontor.app.db.close().await;
    Ok(())
}

#[tokio::test]
async fn a_demo_is_never_made_over_a_marketplace() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let config = Config { data: folder.path().to_owned(), ..Config::default() };
    let kontor = Kontor::open(config.clone()).await?;
    kontor.prepare().await?;
    let refused = demo::build(&config, Size::SMALL).await.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(refused.contains("there is something in"), "{refused}");
    kontor.app.db.close().await;
    Ok(())
}
