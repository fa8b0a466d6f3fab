//! The whole life of what is bought from each sample, over a bad way: bought, made more of, renewed, given back, frozen, opened again,
//! released. In the end both sides have the same, whatever got lost in between.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use kernel::time::{DAY, MINUTE};
use kontor::stage::{
    Person, Stage,
    client::{Client, text},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{
    System,
    proxy::{Fault, Proxy},
    samples::Sample,
};
use crate::{
    saas::{product, tell},
    stories::{ask, each, months},
};

/// Something as one side has it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Had {
    state: String,
    edition: String,
    users: u64,
    /// None: it was told of no other end than that of its purchase, or is gone.
    end: Option<String>,
}

type Side = BTreeMap<String, Had>;

struct Scene {
    stage: Stage,
    proxy: Proxy,
    seller: Person,
    buyer: Person,
    sku: String,
    form: &'static str,
    book: tempfile::TempDir,
    _system: System,
    _made: Option<tempfile::TempDir>,
}

/// Plays the whole life with a sample.
pub(super) async fn lives_over_a_bad_way(url: Option<String>, sample: Sample) -> anyhow::Result<()> {
    // Every sample has mishaps of its own, and others on each database.
    let seed = sample
        .name
        .bytes()
        .fold(u64::from(url.is_some()), |seed, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let scene = Scene::open(url.as_deref(), sample, seed).await?;
    scene.proxy.misbehaves(true);
    Box::pin(scene.lives()).await.with_context(|| format!("seed {seed}"))?;
    scene.stage.close().await
}

impl Scene {
    async fn lives(&self) -> anyhow::Result<()> {
        let first = self.buys(1).await?;
        self.pass(5 * DAY).await?;
        self.has_more_users(&first).await?;
        self.renews(&first).await?;
        self.renews(&first).await?;
        self.gives_back(&first, "renewal/return").await?;
        self.is_equal("after a renewal went back").await?;

        self.pass(58 * DAY).await?;
        self.stands(&first, "expired").await?;
        self.is_equal("frozen").await?;
        self.renews(&first).await?;
        self.stands(&first, "active").await?;
        self.is_equal("opened again").await?;

        let second = self.buys(1).await?;
        self.gives_back(&second, "return").await?;
        let third = self.buys(12).await?;
        self.renews(&third).await?;
        let fourth = self.buys(1).await?;
        self.renews(&fourth).await?;

        self.pass(31 * DAY).await?;
        self.is_equal("frozen again").await?;
        self.pass(15 * DAY).await?;
        self.is_equal("released").await?;
        self.pass(20 * DAY).await?;
        for (instance, state) in [(&first, "released"), (&second, "released"), (&third, "active"), (&fourth, "expired")]
        {
            self.stands(instance, state).await?;
        }
        let both = self.is_equal("in the end").await?;
        ensure!(both.len() == 4, "four were bought: {both:?}");
        self.nothing_is_left().await?;
        let done = self.proxy.done();
        ensure!(done.len() == Fault::ALL.len(), "not everything went wrong that can: {done:?}");
        self.stage.check().await
    }

    async fn open(url: Option<&str>, sample: Sample, seed: u64) -> anyhow::Result<Self> {
        let Sample { name, form, place, mut command, made } = sample;
        let stage = Stage::turned(url, &name).await?;
        let people = &stage.people;
        // What is sold meets the faults, not what is asked twice a day.
        let rules = policy::DEFAULT.replace("[probing]\non = true", "[probing]\non = false");
        people.client.post(&people.operator().await?, "/api/v1/operator/policy", json!({ "rules": rules })).await?;
        let seller = people.seller("Cloudco Software").await?;
        let port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
        let proxy = Proxy::before(port, seed).await?;
        let (path, key) = people.address_in(&seller, &format!("http://127.0.0.1:{}/{place}", proxy.port), form).await?;
        let book = tempfile::tempdir()?;
        let system = System::start(command.env("BOOK", book.path().join("book.json")), &key, port)?;
        tell(people, &seller, &format!("{path}/verify")).await?;
        let sold = product(people, &seller).await?;
        let changes = format!("/api/v1/seller/products/{}/changes", sold.id);
        let allowed = json!({ "specs": { "server": "more" } });
        ask(&people.client, &seller.token, "PUT", &changes, Some(allowed)).await?.good("allow")?;
        let buyer = people.rich_buyer("Ada Lovelace").await?;
        let sku = sold.skus[0].clone();
        Ok(Self { stage, proxy, seller, buyer, sku, form, book, _system: system, _made: made })
    }

    fn client(&self) -> &Client {
        &self.stage.people.client
    }

    async fn of_seller(&self, path: &str) -> anyhow::Result<Value> {
        self.client().get(&self.seller.token, path).await
    }

    async fn errands(&self) -> anyhow::Result<Value> {
        self.of_seller("/api/v1/seller/errands?limit=100").await
    }

    /// Lets time pass, and then as much more as it takes until everything was told.
    async fn pass(&self, micros: i64) -> anyhow::Result<()> {
        self.stage.kontor.app.clock.turn(micros);
        // Three hours: what is paid for has come or went back by then.
        for _ in 0..100 {
            self.stage.kontor.run_due_jobs().await?;
            let errands = self.errands().await?;
            if each(&errands, "state").iter().all(|state| !matches!(*state, "due" | "waiting")) {
                return Ok(());
            }
            self.stage.kontor.app.clock.turn(2 * MINUTE);
        }
        anyhow::bail!("it is not told in three hours: {}", self.errands().await?)
    }

    async fn buys(&self, periods: u32) -> anyhow::Result<String> {
        let client = self.client();
        let quote = client.post(&self.buyer.token, "/api/v1/quotes", months(&self.sku, periods)).await?;
        let order = json!({ "quote": text(&quote, "id")?, "pay_with": "wallet" });
        let order = client.post(&self.buyer.token, "/api/v1/orders", order).await?;
        self.pass(0).await?;
        let list = client.get(&self.buyer.token, "/api/v1/instances?limit=1").await?;
        let newest = &list["items"][0];
        ensure!(newest["order"] == order["id"], "it did not come through: {}", self.errands().await?);
        Ok(text(newest, "id")?.to_owned())
    }

    async fn renews(&self, instance: &str) -> anyhow::Result<()> {
        let path = format!("/api/v1/instances/{instance}/renewal");
        let preview = self.client().get(&self.buyer.token, &format!("{path}?periods=1")).await?;
        let body = json!({ "periods": 1, "seen": preview["seen"] });
        self.client().post(&self.buyer.token, &path, body).await?;
        self.pass(0).await
    }

    async fn has_more_users(&self, instance: &str) -> anyhow::Result<()> {
        let path = format!("/api/v1/instances/{instance}");
        let mut wanted = json!({ "quantities": { "users": 20 } });
        let preview = self.client().post(&self.buyer.token, &format!("{path}/change-preview"), wanted.clone()).await?;
        wanted["seen"] = preview["seen"].clone();
        self.client().post(&self.buyer.token, &format!("{path}/changes"), wanted).await?;
        self.pass(0).await?;
        let shown = self.client().get(&self.buyer.token, &path).await?;
        ensure!(shown["quantities"]["users"] == 20, "it is not changed: {shown}");
        Ok(())
    }

    async fn gives_back(&self, instance: &str, what: &str) -> anyhow::Result<()> {
        let path = format!("/api/v1/instances/{instance}/{what}");
        self.client().post(&self.buyer.token, &path, json!({})).await?;
        self.pass(0).await
    }

    async fn stands(&self, instance: &str, state: &str) -> anyhow::Result<()> {
        let shown = self.client().get(&self.buyer.token, &format!("/api/v1/instances/{instance}")).await?;
        ensure!(shown["state"] == state, "it should be {state}: {shown}");
        Ok(())
    }

    /// Everything was told in the end, and nothing was given up.
    async fn nothing_is_left(&self) -> anyhow::Result<()> {
        let errands = self.errands().await?;
        ensure!(each(&errands, "state").iter().all(|state| *state == "done"), "{errands}");
        Ok(())
    }

    /// What the marketplace has sold, by the names of the seller's system, and what that has.
    async fn is_equal(&self, when: &str) -> anyhow::Result<Side> {
        let (ours, theirs) = (self.ours().await?, self.theirs().await?);
        ensure!(ours.keys().eq(theirs.keys()), "{when}: {ours:#?}\n{theirs:#?}");
        for (name, own) in &ours {
            let mut own = own.clone();
            let mut other = theirs.get(name).context("it is there")?.clone();
            if other.end.is_none() || other.state == "released" {
                (own.end, other.end) = (None, None);
            }
            ensure!(own == other, "{when}: {name} is {own:?} here and {other:?} there");
        }
        Ok(ours)
    }

    async fn ours(&self) -> anyhow::Result<Side> {
        let errands = self.errands().await?;
        let created: BTreeMap<&str, &str> = errands["items"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|errand| errand["kind"] == "create")
            .filter_map(|errand| Some((errand["order_line"].as_str()?, errand["remote_id"].as_str()?)))
            .collect();
        let list = self.of_seller("/api/v1/seller/instances?limit=100").await?;
        let mut side = Side::new();
        for one in list["items"].as_array().context("a list")? {
            let name = created.get(text(one, "order_line")?).context("it was created there")?;
            let had = Had {
                state: text(one, "state")?.to_owned(),
                edition: text(one, "sku_code")?.to_owned(),
                users: one["quantities"]["users"].as_u64().context("it counts users")?,
                end: Some(digits(text(one, "expires_at")?)),
            };
            ensure!(side.insert((*name).to_owned(), had).is_none(), "{name} is there twice");
        }
        Ok(side)
    }

    /// What the sample has written down, without what was only tried out.
    async fn theirs(&self) -> anyhow::Result<Side> {
        let rows: Value = serde_json::from_slice(&std::fs::read(self.book.path().join("book.json"))?)?;
        let mut side = Side::new();
        for row in rows.as_array().context("a list")? {
            let name = text(row, "instance")?;
            let order = row["order"].as_str().unwrap_or(name);
            if order.starts_with("MOCK") {
                continue;
            }
            let state = match text(row, "state")? {
                "open" => "active",
                "frozen" => "expired",
                other => other,
            };
            let (edition, users) = self.specified(row).await?;
            let end = row["end"].as_str().map(digits);
            side.insert(name.to_owned(), Had { state: state.to_owned(), edition, users, end });
        }
        Ok(side)
    }

    /// What an instance is: as it was told, or as the open API says when its seller asks for the order.
    async fn specified(&self, row: &Value) -> anyhow::Result<(String, u64)> {
        match self.form {
            "standard_webhooks" => {
                let users = row["quantities"]["users"].as_u64().context("it was told")?;
                Ok((text(row, "sku")?.to_owned(), users))
            }
            "koogallery_v1" => Ok((text(row, "sku")?.to_owned(), text(row, "amount")?.parse()?)),
            _ => {
                let query = format!("orderId={}&orderLineId={}", text(row, "order")?, text(row, "line")?);
                let path = format!("/api/mkp-openapi-public/global/v1/order/query?{query}");
                let line = self.of_seller(&path).await?["orderInfo"]["orderLine"][0].clone();
                let product = &line["productInfo"][0];
                let users = product["linearValue"].as_u64().context("it has a number")?;
                Ok((text(product, "skuCode")?.to_owned(), users))
            }
        }
    }
}

/// A moment to the second, in digits: 20260402010000.
fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).take(14).collect()
}
