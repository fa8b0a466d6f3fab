//! Buyers who quote, order and return, remember each answer, and repeat under the same key what got none.

use std::time::Duration;

use anyhow::{Context, ensure};
use kontor::stage::{
    Person,
    client::{Client, Reply, Sent, text},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use tokio::sync::watch;

/// What the buyers are to do, and where the server is.
#[derive(Clone)]
pub(crate) enum Phase {
    Load(Client),
    /// Finish what was begun.
    End(Client),
}

impl Phase {
    fn client(&self) -> &Client {
        match self {
            Self::Load(client) | Self::End(client) => client,
        }
    }
}

/// An order that a 2xx answer has acknowledged.
#[derive(Clone, Debug)]
pub(crate) struct Acknowledged {
    pub(crate) quote: String,
    pub(crate) id: String,
    pub(crate) number: String,
    pub(crate) total: i64,
    key: String,
}

/// A return that a 2xx answer has acknowledged.
#[derive(Clone, Debug)]
pub(crate) struct Returned {
    pub(crate) instance: String,
    pub(crate) order: String,
    pub(crate) amount: i64,
}

pub(crate) struct Buyer {
    pub(crate) person: Person,
    pub(crate) orders: Vec<Acknowledged>,
    pub(crate) returns: Vec<Returned>,
    /// Requests that were sent again because no answer had come.
    pub(crate) repeated: u32,
    skus: Vec<String>,
    random: StdRng,
    wishes: u32,
    quote: Option<String>,
}

enum Wish {
    Quote,
    Order { quote: String },
    Return { instance: String },
}

/// A request under its key.
struct Request {
    key: String,
    path: String,
    body: Value,
}

/// The answer that this request needs has not come.
struct Silence;

const OPENING_MINOR: i64 = 1_000_000_000;

impl Buyer {
    /// A buyer with ten million in the wallet.
    pub(crate) fn new(person: Person, skus: Vec<String>, seed: u64) -> Self {
        Self {
            person,
            orders: Vec::new(),
            returns: Vec::new(),
            repeated: 0,
            skus,
            random: StdRng::seed_from_u64(seed),
            wishes: 0,
            quote: None,
        }
    }

    /// What the wallet has to hold by the answers that came.
    pub(crate) fn balance(&self) -> i64 {
        let paid: i64 = self.orders.iter().map(|order| order.total).sum();
        let back: i64 = self.returns.iter().map(|returned| returned.amount).sum();
        OPENING_MINOR - paid + back
    }

    pub(crate) async fn play(mut self, mut phase: watch::Receiver<Phase>) -> anyhow::Result<Self> {
        loop {
            let now = phase.borrow_and_update().clone();
            self.check_last(now.client()).await?;
            while !phase.has_changed()? {
                if let Phase::End(_) = now {
                    return Ok(self);
                }
                let Ok(wish) = self.next_wish(now.client()).await else {
                    tokio::time::timeout(Duration::from_secs(1), phase.changed()).await.ok();
                    break;
                };
                self.carry_out(wish, phase.clone()).await?;
            }
        }
    }

    async fn next_wish(&mut self, client: &Client) -> Result<Wish, Silence> {
        if let Some(quote) = self.quote.take() {
            return Ok(Wish::Order { quote });
        }
        if self.random.random_ratio(1, 12) {
            let sent = Sent { token: Some(&self.person.token), ..Sent::default() };
            let reply =
                client.call("GET", "/api/v1/instances?state=active&limit=5", sent).await.map_err(|_| Silence)?;
            let items = reply.body["items"].as_array().cloned().unwrap_or_default();
            if !items.is_empty() {
                let chosen = &items[self.random.random_range(0..items.len())];
                let instance = chosen["id"].as_str().ok_or(Silence)?.to_owned();
                return Ok(Wish::Return { instance });
            }
        }
        Ok(Wish::Quote)
    }

    async fn carry_out(&mut self, wish: Wish, phase: watch::Receiver<Phase>) -> anyhow::Result<()> {
        self.wishes += 1;
        let request = self.request(&wish);
        let reply = self.insist(&request, phase).await?;
        match wish {
            Wish::Quote => self.quote = Some(text(&reply.good("quote")?, "id")?.to_owned()),
            Wish::Order { quote } => {
                let order = acknowledged(quote, request.key, &reply.good("order")?)?;
                self.orders.push(order);
            }
            Wish::Return { instance } => {
                // The year's returns are used up.
                if reply.code() == "refund.allowance_used" {
                    return Ok(());
                }
                let refund = reply.good("return")?;
                let order = text(&refund, "order")?.to_owned();
                self.returns.push(Returned { instance, order, amount: minor(&refund["amount"])? });
            }
        }
        Ok(())
    }

    fn request(&mut self, wish: &Wish) -> Request {
        let key = format!("wish {}", self.wishes);
        let (path, body) = match wish {
            Wish::Quote => ("/api/v1/quotes".to_owned(), self.choice()),
            Wish::Order { quote } => ("/api/v1/orders".to_owned(), json!({ "quote": quote, "pay_with": "wallet" })),
            Wish::Return { instance } => (format!("/api/v1/instances/{instance}/return"), json!({ "reason": "" })),
        };
        Request { key, path, body }
    }

    fn choice(&mut self) -> Value {
        if self.random.random_ratio(1, 2) {
            let (users, periods) = (self.random.random_range(1..=30), self.random.random_range(1..=12));
            json!({ "sku": self.skus[0], "quantities": { "users": users }, "periods": periods })
        } else {
            json!({ "sku": self.skus[1] })
        }
    }

    /// Sends a request until it is answered, to the server that runs then, under the same key.
    async fn insist(&mut self, request: &Request, mut phase: watch::Receiver<Phase>) -> anyhow::Result<Reply> {
        let mut asked = 0;
        loop {
            let client = phase.borrow_and_update().client().clone();
            let sent = || self.send(&client, request);
            // Some people click twice.
            let answers = if self.wishes.is_multiple_of(10) {
                let (one, other) = tokio::join!(sent(), sent());
                vec![one, other]
            } else {
                vec![sent().await]
            };
            let mut answers = answers.into_iter().flatten();
            if let Some(answer) = answers.next() {
                for other in answers {
                    ensure!(other.body == answer.body, "one key, two answers: {} and {}", answer.body, other.body);
                }
                return Ok(answer);
            }
            self.repeated += u32::from(asked == 0);
            asked += 1;
            // The next server is announced; a busy one is asked again.
            tokio::time::timeout(Duration::from_millis(100), phase.changed()).await.ok();
        }
    }

    async fn send(&self, client: &Client, request: &Request) -> Result<Reply, Silence> {
        let Request { key, path, body } = request;
        let token = Some(self.person.token.as_str());
        let sent = Sent { token, key: Some(key), body: Some(body.clone()), ..Sent::default() };
        let reply = client.call("POST", path, sent).await.map_err(|_| Silence)?;
        // Too busy, or the same key is at work in a transaction that has not ended: no answer yet.
        if reply.status == 503 || reply.code() == "idempotency.running" { Err(Silence) } else { Ok(reply) }
    }

    /// The last order that was acknowledged is there after a restart, and its key gives the same answer again.
    async fn check_last(&self, client: &Client) -> anyhow::Result<()> {
        let Some(last) = self.orders.last() else { return Ok(()) };
        let body = json!({ "quote": last.quote, "pay_with": "wallet" });
        let request = Request { key: last.key.clone(), path: "/api/v1/orders".to_owned(), body };
        let path = format!("/api/v1/orders/{}", last.id);
        let sent = Sent { token: Some(&self.person.token), ..Sent::default() };
        // The server may have been killed again in the meantime.
        if let Ok(reply) = client.call("GET", &path, sent).await {
            let order = reply.good("an acknowledged order after a restart")?;
            ensure!(text(&order, "number")? == last.number, "{last:?} became {order}");
        }
        if let Ok(reply) = self.send(client, &request).await {
            let again = acknowledged(last.quote.clone(), request.key, &reply.good("an order again")?)?;
            ensure!(again.number == last.number && again.id == last.id, "{last:?} became {again:?}");
        }
        Ok(())
    }
}

fn acknowledged(quote: String, key: String, order: &Value) -> anyhow::Result<Acknowledged> {
    let (id, number) = (text(order, "id")?.to_owned(), text(order, "number")?.to_owned());
    Ok(Acknowledged { quote, id, number, total: minor(&order["total"])?, key })
}

pub(crate) fn minor(money: &Value) -> anyhow::Result<i64> {
    money["minor"].as_i64().with_context(|| format!("not an amount: {money}"))
}
