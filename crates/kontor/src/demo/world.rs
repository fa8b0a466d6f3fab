//! The marketplace while the demo is made: its clock, who is on duty, and calls that have to succeed.

use anyhow::Context;
use base64::{Engine, prelude::BASE64_STANDARD};
use kernel::{
    Timestamp,
    time::{DAY, HOUR, MINUTE},
};
use rand::{RngExt, rngs::StdRng};
use serde_json::{Value, json};

use super::{cast::Customer, pictures::File};
use crate::{
    Kontor,
    stage::client::{Client, Reply, Sent, text},
};

/// The password of everybody whose login is printed.
pub(super) const PASSWORD: &str = "welcome to kontor";

pub(super) struct World {
    pub(super) kontor: Kontor,
    pub(super) client: Client,
    /// The same marketplace, with passwords hashed as the settings say.
    pub(super) careful: Client,
    pub(super) rng: StdRng,
    pub(super) end: Timestamp,
    desks: [Desk; 3],
}

/// Somebody of the operator's staff who decides what waits.
struct Desk {
    email: &'static str,
    password: String,
    token: String,
    until: Timestamp,
}

/// Which desk a decision belongs to.
#[derive(Clone, Copy)]
pub(super) enum Duty {
    Review,
    Finance,
    Site,
}

/// An account with a token that does what its owner does.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) account: String,
    pub(super) token: String,
    token_id: String,
    pub(super) name: String,
    pub(super) email: String,
}

impl World {
    pub(super) fn new(kontor: Kontor, careful: Client, mut rng: StdRng, end: Timestamp) -> Self {
        let mut desk = |email| Desk {
            email,
            password: format!("{:032x}", rng.random::<u128>()),
            token: String::new(),
            until: Timestamp::from_micros(0),
        };
        let desks = [desk("lin.yue@kontor.example"), desk("gu.shan@kontor.example"), desk("an.ran@kontor.example")];
        let client = Client::Here(crate::server::router(&kontor, None));
        Self { kontor, client, careful, rng, end, desks }
    }

    /// The staff that is on duty through the year.
    pub(super) async fn open_desks(&self) -> anyhow::Result<()> {
        use accounts::StaffRole::{Admin, Finance, Reviewer};
        for (desk, role) in self.desks.iter().zip([Reviewer, Finance, Admin]) {
            self.kontor.accounts.create_operator(desk.email, &desk.password, role).await?;
        }
        Ok(())
    }

    /// Rules of the operator's own, an hour after those that a new site begins with: so small a shop window is arranged
    /// anew once a week.
    pub(super) async fn publish_rules(&mut self) -> anyhow::Result<()> {
        let (desk, path) = (self.desk(Duty::Site).await?, "/api/v1/operator/policy");
        let versions = self.client.get(&desk, path).await?;
        let (daily, weekly) = ("recommendations_hours = 24", "recommendations_hours = 168");
        let rules = text(&versions["items"][0], "rules")?;
        anyhow::ensure!(rules.contains(daily), "new sites have other rules");
        let from = self.now().plus_micros(HOUR);
        let body = json!({ "rules": rules.replace(daily, weekly), "effective_from": from });
        self.post(&desk, path, body).await.map(drop)
    }

    /// The session of whoever is on duty; a new one when the old one has ended.
    pub(super) async fn desk(&mut self, duty: Duty) -> anyhow::Result<String> {
        let index = match duty {
            Duty::Review => 0,
            Duty::Finance => 1,
            Duty::Site => 2,
        };
        let now = self.now();
        if self.desks[index].until <= now {
            let token = sign_in(&self.client, self.desks[index].email, &self.desks[index].password).await?;
            self.desks[index].token = token;
            self.desks[index].until = now.plus_micros(8 * HOUR);
        }
        Ok(self.desks[index].token.clone())
    }

    pub(super) fn now(&self) -> Timestamp {
        self.kontor.app.clock.now()
    }

    /// Turns the clock to a moment; what falls due on the way happens when it is due.
    pub(super) async fn turn_to(&mut self, moment: Timestamp) -> anyhow::Result<()> {
        let mut waiting = self.kontor.look().await?;
        loop {
            waiting = self.kontor.run_due(waiting).await?;
            let now = self.now();
            if now >= moment {
                return Ok(());
            }
            let stop = self.kontor.next_of(&waiting).filter(|next| *next < moment).unwrap_or(moment);
            self.kontor.app.clock.turn(stop.micros_since(now));
        }
    }

    /// A moment within so many hours from now, not later than the demo's end.
    pub(super) fn within(&mut self, from_hours: i64, to_hours: i64) -> Timestamp {
        let micros = self.rng.random_range(from_hours * HOUR..to_hours * HOUR + MINUTE);
        self.now().plus_micros(micros)
    }

    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    pub(super) async fn post(&self, token: &str, path: &str, body: Value) -> anyhow::Result<Value> {
        self.client.post(token, path, body).await
    }

    /// A call whose refusal is an answer too.
    pub(super) async fn ask(&self, token: &str, path: &str, body: Value) -> anyhow::Result<Reply> {
        let sent = Sent { token: Some(token), body: Some(body), ..Sent::default() };
        self.client.call("POST", path, sent).await
    }

    /// A change with `If-Match` of the version that was read.
    pub(super) async fn edit(
        &self,
        token: &str,
        (method, path): (&str, &str),
        read: &Value,
        body: Option<Value>,
    ) -> anyhow::Result<Value> {
        let version = read["version"].as_i64().with_context(|| format!("no version to edit from: {read}"))?;
        let sent = Sent { token: Some(token), version: Some(version), body, ..Sent::default() };
        self.client.call(method, path, sent).await?.good(path)
    }

    /// Opens an account. With a login that is printed, its password is hashed as the settings say.
    pub(super) async fn register(
        &mut self,
        customer: &Customer<'_>,
        email: &str,
        login: bool,
    ) -> anyhow::Result<Person> {
        let (client, password) = if login {
            (self.careful.clone(), PASSWORD.to_owned())
        } else {
            (self.client.clone(), format!("{:032x}", self.rng.random::<u128>()))
        };
        let lang = if customer.country == "CN" { "zh" } else { "en" };
        let body =
            json!({ "kind": customer.kind, "name": customer.name, "email": email, "password": password, "lang": lang });
        let sent = Sent { body: Some(body), ..Sent::default() };
        let registered = client.call("POST", "/api/v1/accounts", sent).await?.good("register")?;
        let session = sign_in(&client, email, &password).await?;
        let scopes = ["view", "buy", "pay", "use", "list", "run_shop", "integrate", "manage_team", "own"];
        let wanted = json!({ "name": "order desk", "scopes": scopes, "days": 366 });
        let token = self.post(&session, "/api/v1/tokens", wanted).await?;
        Ok(Person {
            account: text(&registered["account"], "id")?.to_owned(),
            token: text(&token, "token")?.to_owned(),
            token_id: text(&token, "id")?.to_owned(),
            name: customer.name.to_owned(),
            email: email.to_owned(),
        })
    }

    /// Takes back the token that a person's acts were done with.
    pub(super) async fn forget_token(&self, person: &Person) -> anyhow::Result<()> {
        let path = format!("/api/v1/tokens/{}", person.token_id);
        let sent = Sent { token: Some(&person.token), ..Sent::default() };
        self.client.call("DELETE", &path, sent).await?.good(&path)?;
        Ok(())
    }

    /// Asks for real-name verification.
    pub(super) async fn identify(&self, person: &Person, customer: &Customer<'_>) -> anyhow::Result<String> {
        let number = if customer.kind == "enterprise" { number(&person.account) } else { passport(&person.account) };
        let mut identity = json!({ "kind": customer.kind, "name": customer.name, "country": customer.country,
                                   "number": number });
        if customer.kind == "enterprise" {
            identity["documents"] = json!([self.paper(person, "business_licence", "Business licence").await?]);
            identity["representative"] = json!(customer.person);
        }
        let submitted = self.post(&person.token, "/api/v1/verifications", identity).await?;
        Ok(text(&submitted, "id")?.to_owned())
    }

    pub(super) async fn confirm_identity(&mut self, verification: &str) -> anyhow::Result<()> {
        let path = format!("/api/v1/operator/verifications/{verification}/decision");
        let decision = json!({ "verdict": "approve", "reason": "Name and number are in the register." });
        let desk = self.desk(Duty::Review).await?;
        self.post(&desk, &path, decision).await?;
        Ok(())
    }

    /// Hands in a paper of one page.
    pub(super) async fn paper(&self, person: &Person, purpose: &str, title: &str) -> anyhow::Result<String> {
        let name = format!("{}.pdf", title.to_lowercase().replace(' ', "-"));
        let page = page(title, &person.account);
        let paper = File { name: &name, purpose, kind: "application/pdf", bytes: page.as_bytes() };
        self.upload(person, &paper).await
    }

    pub(super) async fn upload(&self, person: &Person, file: &File<'_>) -> anyhow::Result<String> {
        upload(&self.client, &person.token, file).await
    }

    /// What is done now and then: seals, and forgetting what nobody asks for again.
    pub(super) async fn keep_house(&self) -> anyhow::Result<()> {
        self.kontor.ledger.seal_pending().await?;
        self.kontor.forget().await?;
        Ok(())
    }

    pub(super) fn before_end(&self, days: i64, hours: i64) -> Timestamp {
        self.end.plus_micros(-(days * DAY + hours * HOUR))
    }
}

pub(super) async fn upload(client: &Client, token: &str, file: &File<'_>) -> anyhow::Result<String> {
    let File { name, purpose, kind, bytes } = file;
    let content = BASE64_STANDARD.encode(bytes);
    let body = json!({ "name": name, "purpose": purpose, "content_type": kind, "content": content });
    let document = client.post(token, "/api/v1/documents", body).await?;
    Ok(text(&document, "id")?.to_owned())
}

async fn sign_in(client: &Client, email: &str, password: &str) -> anyhow::Result<String> {
    let body = json!({ "login": email, "password": password });
    let sent = Sent { body: Some(body), ..Sent::default() };
    let session = client.call("POST", "/api/v1/sessions", sent).await?.good("sign in")?;
    Ok(text(&session, "token")?.to_owned())
}

/// A company's registration number in the form of a 统一社会信用代码, as different as the ids of accounts are.
pub(super) fn number(account: &str) -> String {
    format!("91310115MA{}", own_part(account))
}

/// A person's passport number.
fn passport(account: &str) -> String {
    format!("E{}", own_part(account))
}

/// What tells an id from those made in the same moment.
fn own_part(account: &str) -> String {
    let letters: Vec<char> = account.chars().rev().take(8).collect();
    letters.into_iter().rev().collect::<String>().to_uppercase()
}

/// A page in PDF with a title and a line below it.
fn page(title: &str, of: &str) -> String {
    let shown = format!("BT /F1 20 Tf 72 760 Td ({title}) Tj 0 -28 Td /F1 11 Tf (Demonstration copy for {of}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{shown}\nendstream", shown.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let (mut parts, mut places, mut length) = (vec!["%PDF-1.7\n".to_owned()], Vec::new(), 9);
    for (object, number) in objects.iter().zip(1..) {
        let part = format!("{number} 0 obj\n{object}\nendobj\n");
        places.push(format!("{length:010} 00000 n \n"));
        length += part.len();
        parts.push(part);
    }
    let (body, places) = (parts.concat(), places.concat());
    format!(
        "{body}xref\n0 6\n0000000000 65535 f \n{places}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{length}\n%%EOF\n"
    )
}
