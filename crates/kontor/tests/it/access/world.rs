//! A marketplace where every path leads to something, and everybody who may come along.

use std::{collections::BTreeMap, fs, path::Path};

use accounts::StaffRole;
use anyhow::Context;
use kernel::{
    Event, Timestamp, args,
    id::{DeliveryId, OrderId},
};
use kontor::{
    Kontor,
    kit::Manner,
    server,
    stage::{
        OPENING, People, Person, Product, Stage, by_use, client::Client, client::Sent, client::text, listing, package,
    },
};
use platform::{Clock, Config, Db, jobs};
use serde_json::{Value, json};
use tempfile::TempDir;

use production::{ResultCode, Trouble};

use crate::{
    acceptance,
    saas::{self, System},
    sellers::{admit, apply, company, form, information},
    server::STAFF_EMAIL,
    stories::{PASSWORD, activate, ask, code, each, months, order},
};

/// Who comes along, in the order of the columns. Members of one account share it with its owner.
pub(super) const ACTORS: [&str; 18] = [
    "nobody",
    "reader",
    "developer",
    "finance",
    "admin",
    "owner",
    "applicant",
    "stranger",
    "seller_reader",
    "seller_developer",
    "seller_finance",
    "seller_admin",
    "seller",
    "other_seller",
    "staff_reviewer",
    "staff_finance",
    "staff_support",
    "staff_admin",
];

/// Where the path leads, who comes, and what they show.
pub(super) struct World {
    folder: TempDir,
    /// Tokens of sessions by actor.
    pub(super) sessions: BTreeMap<&'static str, String>,
    /// What stands for each name: objects of the owner and of the seller.
    pub(super) ids: BTreeMap<&'static str, String>,
    pub(super) form: Value,
    pub(super) agreement: Value,
    opened: usize,
    /// It answers as long as the world is there.
    system: Option<System>,
    /// The moment at which it was whole: whoever opens it again goes on from there.
    at: Timestamp,
}

impl World {
    pub(super) async fn make() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let kontor = open(folder.path(), &folder.path().join("made.db"), OPENING.parse()?).await?;
        kontor.prepare().await?;
        for (role, email) in STAFF {
            kontor.accounts.create_operator(email, PASSWORD, role).await?;
        }
        let people = People::new(Client::Here(server::router(&kontor, None)), STAFF_EMAIL, PASSWORD);
        let mut world = Self {
            folder,
            sessions: BTreeMap::new(),
            ids: BTreeMap::new(),
            form: Value::Null,
            agreement: Value::Null,
            opened: 0,
            system: None,
            at: kontor.app.clock.now(),
        };
        world.fill(&kontor, &people).await?;
        world.at = kontor.app.clock.now();
        kontor.app.db.close().await;
        Ok(world)
    }

    /// The same world again, untouched.
    pub(super) async fn again(&mut self) -> anyhow::Result<Kontor> {
        self.opened += 1;
        let copy = self.folder.path().join(format!("{}.db", self.opened));
        fs::copy(self.folder.path().join("made.db"), &copy)?;
        open(self.folder.path(), &copy, self.at).await
    }

    /// A sandbox of the seller with something in it that was just bought.
    pub(super) async fn play_in_sandbox(&mut self, client: &Client) -> anyhow::Result<()> {
        let seller = &self.sessions["seller"];
        let path = "/api/v1/seller/sandbox";
        let started = client.post(seller, path, json!({})).await?;
        let skus = client.get(seller, &format!("{path}/skus")).await?;
        let counts_users = |sku: &&Value| {
            sku["billing_mode"] == "period" && sku["quantities"].as_array().is_some_and(|all| all.len() == 1)
        };
        let sku = skus["items"].as_array().into_iter().flatten().find(counts_users).context("it is sold")?;
        let tried = skus["items"].as_array().into_iter().flatten().find(|sku| !sku["trial_days"].is_null());
        let tried = tried.context("something can be tried")?;
        let wanted = json!({ "sku": sku["sku"], "quantities": { "users": 10 } });
        let bought = client.post(seller, &format!("{path}/orders"), wanted).await?;
        for (name, value) in [
            ("sandbox", &started["id"]),
            ("sandbox sku", &sku["sku"]),
            ("sandbox trial sku", &tried["sku"]),
            ("sandbox instance", &bought["instance"]),
        ] {
            self.ids.insert(name, value.as_str().context("it has an id")?.to_owned());
        }
        Ok(())
    }

    async fn fill(&mut self, kontor: &Kontor, people: &People) -> anyhow::Result<()> {
        let seller = people.seller("Cloudco Software").await?;
        let product = people.product(&seller, "Log Search").await?;
        let owner = company(people, "Analytical Engines").await?;
        people.top_up(&owner, 10_000_000).await?;
        let other_seller = company(people, "Difference Software").await?;
        admit(people, &other_seller).await?;
        let applicant = company(people, "Loom Software").await?;
        let stranger = company(people, "Bombe Software").await?;
        self.team(people, &owner, "").await?;
        self.team(people, &seller, "seller_").await?;
        for (actor, person) in [
            ("owner", &owner),
            ("seller", &seller),
            ("other_seller", &other_seller),
            ("applicant", &applicant),
            ("stranger", &stranger),
        ] {
            self.sessions.insert(actor, people.sign_in(&email(person), PASSWORD).await?);
        }
        for (actor, (_, email)) in
            ["staff_admin", "staff_reviewer", "staff_finance", "staff_support"].into_iter().zip(STAFF)
        {
            self.sessions.insert(actor, people.sign_in(email, PASSWORD).await?);
        }
        self.note("account", &owner.account);
        self.note("seller", &seller.account);
        self.note("blocked", &other_seller.account);
        self.systems(kontor, people, (&owner, &seller)).await?;
        self.bought(kontor, people, (&owner, &seller, &product)).await?;
        self.reviews(kontor, people, (&owner, &seller, &product)).await?;
        self.buyers_things(people, &owner).await?;
        self.sellers_things(people, &seller).await?;
        self.coupons(people, &seller).await?;
        self.note("offer until", &kontor.app.clock.now().plus_days(30).to_string());
        self.private_offers(people, &seller).await?;
        Box::pin(self.missed(kontor, people, (&owner, &seller))).await?;
        Box::pin(self.amended(kontor, people, (&owner, &seller))).await?;
        self.applications(people, (&applicant, &stranger)).await?;
        for _ in 0..3 {
            let wrong = information("Somebody Else Ltd.");
            people.client.post(&other_seller.token, "/api/v1/seller/business-information", wrong).await?;
        }
        self.operators_things(kontor, people).await?;
        // A month is long here, so that its end is near from its beginning.
        let rules = policy::DEFAULT.replace("renewal_days = 30", "renewal_days = 60");
        people.client.post(&people.operator().await?, "/api/v1/operator/policy", json!({ "rules": rules })).await?;
        self.measures(kontor, people, &seller).await?;
        kontor.run_due_jobs().await?;
        // The hour in which something was used is charged when it is over.
        kontor.app.clock.turn(80 * kernel::time::MINUTE);
        kontor.run_due_jobs().await?;
        let path = format!("/api/v1/instances/{}/usage-charges", self.ids["metered instance"]);
        self.note_first("usage_charge", &people.client.get(&owner.token, &path).await?)?;
        // A quote holds for less than that.
        self.made(people, &owner, ("quote", "/api/v1/quotes"), months(&product.skus[0], 1)).await?;
        // What it costs depends on all that was agreed on before.
        let path = format!("/api/v1/instances/{}/renewal", self.ids["instance"]);
        let preview = people.client.get(&owner.token, &path).await?;
        self.note("renewal seen", text(&preview, "seen")?);
        let path = format!("/api/v1/instances/{}/change-preview", self.ids["instance"]);
        let preview = people.client.post(&owner.token, &path, json!({ "quantities": { "users": 20 } })).await?;
        self.note("change seen", text(&preview, "seen")?);
        self.renewed_as_another(kontor, people, &owner).await?;
        // What it costs its buyer now, after all that has lowered it.
        let price = format!("/api/v1/instances/{}/conversion", self.ids["trial instance"]);
        self.note("trial price", text(&people.client.get(&owner.token, &price).await?, "seen")?);
        let inbox = people.client.get(&self.sessions["owner"], "/api/v1/messages").await?;
        self.note_first("message", &inbox)
    }

    /// What can be renewed with another specification, and its seller's system has agreed to that.
    async fn renewed_as_another(&mut self, kontor: &Kontor, people: &People, owner: &Person) -> anyhow::Result<()> {
        let path = format!("/api/v1/instances/{}", self.ids["opened instance"]);
        let wanted = json!({ "quantities": { "users": 20 } });
        people.client.post(&owner.token, &format!("{path}/renewal-change-check"), wanted.clone()).await?;
        kontor.run_due_jobs().await?;
        let preview = people.client.post(&owner.token, &format!("{path}/renewal-change-preview"), wanted).await?;
        self.note("ahead seen", text(&preview, "seen")?);
        Ok(())
    }

    /// One that was answered and reported, one that was hidden, and one whose author appeals; something else can be reviewed.
    async fn reviews(
        &mut self,
        kontor: &Kontor,
        people: &People,
        (owner, seller, product): (&Person, &Person, &Product),
    ) -> anyhow::Result<()> {
        let operator = people.operator().await?;
        let said = |product: &str| {
            let text = "It does what it says, and the guide is short.";
            json!({ "product": product, "stars": 4, "title": "Good", "text": text, "lang": "en" })
        };
        let other = people.rich_buyer("Mary Somerville").await?;
        order(people, &other, json!({ "sku": product.skus[1] }), true).await?;
        kontor.run_due_jobs().await?;
        let of = async |name: &str| -> anyhow::Result<String> {
            let path = format!("/api/v1/instances/{}", self.ids[name]);
            Ok(text(&people.client.get(&owner.token, &path).await?, "product")?.to_owned())
        };
        let (hosted, ahead) = (of("opened instance").await?, of("package").await?);
        self.note("reviewable", &ahead);
        let because = json!({ "reason": "untrue" });
        let statement = json!({ "verdict": "hide", "statement": "It is about another product." });
        for (name, case, author, about, reporter) in [
            ("review", "review_case", owner, &product.id, &other),
            ("hidden review", "hidden case", owner, &hosted, &other),
            ("appealed review", "appealed case", &other, &product.id, owner),
        ] {
            let written = self.made(people, author, (name, "/api/v1/reviews"), said(about)).await?;
            let review = text(&written, "id")?;
            people
                .client
                .call(
                    "POST",
                    &format!("/api/v1/products/{about}/reviews/{review}/reports"),
                    Sent { token: Some(&reporter.token), body: Some(because.clone()), ..Sent::default() },
                )
                .await?
                .good("report")?;
            let waiting = people.client.get(&operator, "/api/v1/operator/reported-reviews").await?;
            let waiting = waiting["items"].as_array().into_iter().flatten().find(|one| one["review"] == review);
            self.note(case, text(waiting.context("it was reported")?, "id")?);
        }
        for case in ["hidden case", "appealed case"] {
            let path = format!("/api/v1/operator/reported-reviews/{}/decision", self.ids[case]);
            people.client.post(&operator, &path, statement.clone()).await?;
        }
        let path = format!("/api/v1/reviews/{}/appeal", self.ids["appealed review"]);
        people.client.post(&other.token, &path, json!({ "text": "It is about this one." })).await?;
        let path = format!("/api/v1/seller/reviews/{}/answer", self.ids["review"]);
        let answer = json!({ "text": "Thank you.", "lang": "en" });
        ask(&people.client, &seller.token, "PUT", &path, Some(answer)).await?.good("answer")?;
        Ok(())
    }

    /// One against a product that nobody buys here, one that was appealed, and one that is proposed.
    async fn measures(&mut self, kontor: &Kontor, people: &People, seller: &Person) -> anyhow::Result<()> {
        let product = people.product(seller, "Event Search").await?;
        let operator = people.operator().await?;
        let path = format!("/api/v1/operator/products/{}/measures", product.id);
        for name in ["measure", "appealed measure"] {
            let statement = json!({
                "kind": "delisting", "rule": "Rule 5.2.", "facts": "It does not start.", "remedy": "Make it start."
            });
            let taken = people.client.post(&operator, &path, statement).await?;
            self.note(name, text(&taken, "id")?);
        }
        let path = format!("/api/v1/seller/measures/{}/appeal", self.ids["appealed measure"]);
        people.client.post(&seller.token, &path, json!({ "text": "It does start." })).await?;
        let failing = people.product(seller, "Trace Search").await?.id.parse()?;
        let mut tx = kontor.app.db.begin().await?;
        for _ in 0..6 {
            let order = OrderId::new(kontor.app.clock.now());
            kontor.catalogue.on_order_failed(&mut tx, (failing, order), &Trouble::Refused(ResultCode::SoldOut)).await?;
        }
        tx.commit().await?;
        self.note_first("measure_proposal", &people.client.get(&operator, "/api/v1/operator/measure-proposals").await?)
    }

    fn note(&mut self, name: &'static str, id: &str) {
        self.ids.insert(name, id.to_owned());
    }

    fn note_first(&mut self, name: &'static str, list: &Value) -> anyhow::Result<()> {
        self.note(name, each(list, "id").first().with_context(|| format!("there is no {name}"))?);
        Ok(())
    }

    /// Makes something and notes its id.
    async fn made(
        &mut self,
        people: &People,
        who: &Person,
        (name, path): (&'static str, &str),
        body: Value,
    ) -> anyhow::Result<Value> {
        let made = people.client.post(&who.token, path, body).await.with_context(|| format!("making a {name}"))?;
        self.note(name, text(&made, "id")?);
        Ok(made)
    }

    async fn team(&mut self, people: &People, owner: &Person, prefix: &str) -> anyhow::Result<()> {
        let account = people.client.get(&owner.token, "/api/v1/account").await?;
        for role in ["read_only", "developer", "finance", "admin"] {
            let member = crate::accounts::member(people, owner, text(&account, "slug")?, role).await?;
            let wanted = format!("{prefix}{}", role.replace("read_only", "reader"));
            let actor = ACTORS.into_iter().find(|actor| *actor == wanted).context("the role is an actor")?;
            self.sessions.insert(actor, member.token);
        }
        Ok(())
    }

    /// The seller's own system: two addresses of it, something that it opened, and something that it has to be told.
    async fn systems(
        &mut self,
        kontor: &Kontor,
        people: &People,
        (owner, seller): (&Person, &Person),
    ) -> anyhow::Result<()> {
        let system = System::start(&kontor.app.clock).await?;
        let used = saas::connect(people, seller, &system, "").await?;
        let spare = saas::connect(people, seller, &system, "?spare=1").await?;
        let next = ask(&people.client, &seller.token, "POST", &format!("{spare}/keys"), None).await?.good(&spare)?;
        system.kit.accept(text(&next, "key")?)?;
        self.note("production_address", spare.rsplit('/').next().unwrap_or_default());
        let hosted = saas::product(people, seller).await?;
        let (id, skus) = (hosted.id, hosted.skus);
        let changes = format!("/api/v1/seller/products/{id}/changes");
        let more = json!({ "specs": { "server": "more" } });
        ask(&people.client, &seller.token, "PUT", &changes, Some(more)).await?.good(&changes)?;
        self.note("trial sku", &skus[0]);
        // What is tried already is another product: the first one is still to be tried.
        let other = people.hosted(seller, "Log Search Elsewhere").await?;
        let wanted = json!({ "sku": other.skus[0], "quantities": { "users": 5 } });
        people.client.post(&owner.token, "/api/v1/trials", wanted).await?;
        kontor.run_due_jobs().await?;
        self.note_first("trial instance", &people.client.get(&owner.token, "/api/v1/instances").await?)?;
        acceptance::accepts(people, seller, (&used, "koogallery_v2")).await?;
        let accepted = people.listed(seller, acceptance::listing(people, seller, "Log Search Accepted").await?).await?;
        order(people, owner, months(&accepted.skus[0], 1), true).await?;
        kontor.run_due_jobs().await?;
        self.note_first("waiting instance", &people.client.get(&owner.token, "/api/v1/instances").await?)?;
        let bought = order(people, owner, months(&skus[0], 1), true).await?;
        self.note("order number", text(&bought, "number")?);
        kontor.run_due_jobs().await?;
        self.note_first("opened instance", &people.client.get(&owner.token, "/api/v1/instances").await?)?;
        self.metered(kontor, people, (owner, seller, &system)).await?;
        system.kit.behave(Manner::Refuses(ResultCode::SoldOut));
        order(people, owner, months(&skus[0], 1), true).await?;
        kontor.run_due_jobs().await?;
        self.note_first("errand", &people.client.get(&seller.token, "/api/v1/seller/errands").await?)?;
        self.note_first(
            "production_call",
            &people.client.get(&seller.token, "/api/v1/seller/production-calls").await?,
        )?;
        let kept = people.client.get(&seller.token, "/api/v1/seller/production-cases").await?;
        self.note_first("production_case", &kept)?;
        let tried = kept["items"][0]["results"][0].clone();
        self.note("tried call", text(&tried, "call")?);
        self.system = Some(system);
        Ok(())
    }

    /// Something that is paid by use, a record of it, and one that was refused.
    async fn metered(
        &mut self,
        kontor: &Kontor,
        people: &People,
        (owner, seller, system): (&Person, &Person, &System),
    ) -> anyhow::Result<()> {
        let before = system.kit.instances();
        let meter = json!({ "price": { "model": "fixed", "unit_price": "0.50" } });
        let pack = package("100", "15.00", &json!({ "then": "stop" }));
        let product = people.metered(seller, "Answers", &[by_use("hour", meter), pack]).await?;
        order(people, owner, json!({ "sku": product.skus[0] }), true).await?;
        kontor.run_due_jobs().await?;
        self.note_first("metered instance", &people.client.get(&owner.token, "/api/v1/instances").await?)?;
        let metered = system.kit.instances();
        order(people, owner, json!({ "sku": product.skus[1] }), true).await?;
        kontor.run_due_jobs().await?;
        self.note_first("package", &people.client.get(&owner.token, "/api/v1/instances").await?)?;
        let name = metered.keys().find(|name| !before.contains_key(*name)).context("it was opened")?;
        self.note("metered name", name);
        let records = json!({ "usage_records": [crate::metering::used(name), crate::metering::used("nobody")] });
        people.client.post(&seller.token, crate::metering::OLD, records).await?;
        self.note_first("usage_refusal", &people.client.get(&seller.token, "/api/v1/seller/usage-refusals").await?)?;
        let path = format!("/api/v1/seller/usage-records?instance={}", self.ids["metered instance"]);
        let records = people.client.get(&seller.token, &path).await?;
        let number = text(&records["items"][0], "number")?;
        self.note("usage record", number);
        // More than its buyer knows of.
        let more = json!({ "instance": name, "corrects": number, "quantity": "500", "reason": "Not all was counted" });
        self.made(people, seller, ("usage_correction", "/api/v1/seller/usage-corrections"), more).await?;
        Ok(())
    }

    async fn bought(
        &mut self,
        kontor: &Kontor,
        people: &People,
        (owner, seller, product): (&Person, &Person, &Product),
    ) -> anyhow::Result<()> {
        self.note("product", &product.id);
        let shown = people.client.get(&seller.token, &format!("/api/v1/products/{}", product.id)).await?;
        self.note("paper", text(&shown, "user_guide")?);
        self.note("sku", &product.skus[0]);
        let returned = order(people, owner, months(&product.skus[0], 1), true).await?;
        kontor.run_due_jobs().await?;
        let instances = people.client.get(&owner.token, "/api/v1/instances").await?;
        let path = format!("/api/v1/instances/{}/return", each(&instances, "id")[0]);
        self.made(people, owner, ("refund", &path), json!({})).await?;
        self.note("sold order", text(&returned, "id")?);

        order(people, owner, months(&product.skus[0], 1), true).await?;
        kontor.run_due_jobs().await?;
        self.note_first("renewed instance", &people.client.get(&owner.token, "/api/v1/instances").await?)?;
        let path = format!("/api/v1/instances/{}/renewal", self.ids["renewed instance"]);
        let preview = people.client.get(&owner.token, &path).await?;
        people.client.post(&owner.token, &path, json!({ "seen": preview["seen"] })).await?;

        for (instance, licence) in [("active instance", "active licence"), ("instance", "licence")] {
            order(people, owner, months(&product.skus[0], 1), true).await?;
            kontor.run_due_jobs().await?;
            self.note_first(instance, &people.client.get(&owner.token, "/api/v1/instances").await?)?;
            let code = code(people, owner, &self.ids[instance]).await?;
            self.note(licence, &code);
        }
        activate(people, seller, &self.ids["active licence"]).await?;
        let waiting = order(people, owner, months(&product.skus[0], 1), false).await?;
        self.note("order", text(&waiting, "id")?);
        Ok(())
    }

    async fn buyers_things(&mut self, people: &People, owner: &Person) -> anyhow::Result<()> {
        let document = people.document(owner, "business_licence").await?;
        self.note("document", &document);
        let identity = json!({
            "kind": "enterprise", "name": owner.name, "country": "CN", "number": "91310115MA1K35XX7Q",
            "representative": "Li Na", "documents": [document]
        });
        self.made(people, owner, ("verification", "/api/v1/verifications"), identity).await?;
        let amount = json!({ "minor": 5_000, "currency": "CNY" });
        let declared = json!({ "channel": "bank_transfer", "amount": amount, "payer": owner.name });
        self.made(people, owner, ("top_up", "/api/v1/top-ups"), declared).await?;
        let wanted = json!({ "name": "spare", "scopes": ["view"], "days": 30 });
        self.made(people, owner, ("token", "/api/v1/tokens"), wanted).await?;
        let wanted = json!({ "name": "spare", "scopes": ["view"] });
        self.made(people, owner, ("access_key", "/api/v1/access-keys"), wanted).await?;
        for (name, login) in [("user", "grace"), ("disabled user", "joan")] {
            let user = json!({
                "name": login, "role": "developer", "lang": "en", "email": format!("{login}@people.example"), "password": PASSWORD
            });
            self.made(people, owner, (name, "/api/v1/users"), user).await?;
        }
        let disable = format!("/api/v1/users/{}/disable", self.ids["disabled user"]);
        ask(&people.client, &owner.token, "POST", &disable, None).await?.good(&disable)?;
        let spare = json!({ "login": email(owner), "password": PASSWORD });
        let session = people.client.call("POST", "/api/v1/sessions", Sent { body: Some(spare), ..Sent::default() });
        self.note("session", text(&session.await?.good("sign in")?, "id")?);
        Ok(())
    }

    async fn sellers_things(&mut self, people: &People, seller: &Person) -> anyhow::Result<()> {
        self.agreement = json!(people.document(seller, "service_agreement").await?);
        let agreement = self.agreement.as_str().unwrap_or_default().to_owned();
        let products = "/api/v1/seller/products";
        self.made(people, seller, ("draft", products), listing("Trace Search", &agreement)).await?;
        let path = format!("{products}/{}/removals", self.ids["product"]);
        let body = json!({ "sku": self.ids["sku"], "reason": "The vendor ends it." });
        self.made(people, seller, ("removal", &path), body).await?;
        let named = json!({ "account": self.ids["account"], "name": "Analytical Engines" });
        let path = format!("{products}/{}/named-accounts", self.ids["draft"]);
        people.client.post(&seller.token, &path, named.clone()).await?;
        let path = format!("{products}/{}/trial-accounts", self.ids["draft"]);
        people.client.post(&seller.token, &path, named).await?;
        let submitted = people.client.post(&seller.token, products, listing("Metric Search", &agreement)).await?;
        let path = format!("{products}/{}/revisions", text(&submitted, "id")?);
        let revision = ask(&people.client, &seller.token, "POST", &path, None).await?.good(&path)?;
        self.note("revision", text(&revision, "id")?);
        let table = json!({ "name": "a.csv", "format": "csv", "content": "key,version\nlens,soon\n" });
        self.made(people, seller, ("import", "/api/v1/seller/catalogue/imports"), table).await?;
        let attribute = json!({ "kind": "enum", "code": "region", "name": { "en": "Region", "zh": "地域" },
            "values": [{ "code": "north", "name": { "en": "North", "zh": "北区" } }] });
        self.made(people, seller, ("attribute", "/api/v1/seller/attributes"), attribute).await?;
        let business = "/api/v1/seller/business-information";
        self.made(people, seller, ("certification", business), information(&seller.name)).await?;
        let known = people.client.get(&seller.token, "/api/v1/seller").await?;
        let mut change = known["information"].clone();
        change["contact_name"] = json!("Wang Wei");
        self.made(people, seller, ("change", "/api/v1/seller/changes"), change).await?;
        people.client.post(&seller.token, "/api/v1/seller/test-codes", json!({ "count": 1 })).await?;
        let codes = people.client.get(&seller.token, "/api/v1/seller/test-codes").await?;
        self.note_first("code", &codes)
    }

    async fn coupons(&mut self, people: &People, seller: &Person) -> anyhow::Result<()> {
        let batch = crate::offers::batch(5_000, 10_000);
        let path = "/api/v1/operator/coupon-batches";
        let site = people.client.post(&people.operator().await?, path, batch.clone()).await?;
        self.note("site batch", text(&site, "id")?);
        let path = "/api/v1/seller/coupon-batches";
        self.made(people, seller, ("coupon_batch", path), batch).await?;
        let discount = crate::offers::discount((&self.ids["account"], "Analytical Engines"));
        self.made(people, seller, ("discount", "/api/v1/seller/discounts"), discount).await?;
        let resellers = json!({ "resellers": [{ "account": self.ids["account"], "name": "Analytical Engines" }] });
        ask(&people.client, &seller.token, "PUT", "/api/v1/seller/resellers", Some(resellers))
            .await?
            .good("resellers")?;
        let wanted = json!({
            "product": self.ids["product"], "level": "partner", "reseller": self.ids["account"],
            "price_basis_points": 8_500, "seller_basis_points": 10_000
        });
        self.made(people, seller, ("resale", "/api/v1/seller/resales"), wanted).await?;
        let path = format!("{path}/{}/codes", self.ids["coupon_batch"]);
        people.client.post(&seller.token, &path, json!({ "count": 1 })).await?;
        let codes = people.client.get(&seller.token, &path).await?;
        self.note("coupon code", text(&codes["codes"][0], "code")?);
        Ok(())
    }

    async fn private_offers(&mut self, people: &People, seller: &Person) -> anyhow::Result<()> {
        let document = people.document(seller, "service_agreement").await?;
        self.note("offer document", &document);
        let wanted = self.quotation("offer document");
        self.made(people, seller, ("private_offer", "/api/v1/seller/private-offers"), wanted).await?;
        let path = format!("/api/v1/seller/private-offers/{}/send", self.ids["private_offer"]);
        ask(&people.client, &seller.token, "POST", &path, None).await?.good("send")?;
        Ok(())
    }

    /// An offer whose second instalment was not paid.
    async fn missed(
        &mut self,
        kontor: &Kontor,
        people: &People,
        (owner, seller): (&Person, &Person),
    ) -> anyhow::Result<()> {
        let choice = json!({ "quantities": { "users": 400 }, "periods": 36 });
        let mut asked = choice.clone();
        asked["sku"] = json!(self.ids["sku"]);
        let listed = people.client.post(&seller.token, "/api/v1/quotes", asked).await?;
        let total = listed["total"]["minor"].as_i64().context("a quote has a total")?;
        let soon = kontor.app.clock.now().plus_seconds(1);
        let yuan = |minor: i64| json!({ "minor": minor, "currency": "CNY" });
        let offer = json!({
            "name": "Large", "valid_until": soon, "lines": [{ "sku": self.ids["sku"], "choice": choice }],
            "instalments": [{ "amount": yuan(1_000) }, { "due_at": soon, "amount": yuan(total - 1_000) }]
        });
        let wanted = json!({ "buyer": self.ids["account"], "buyer_name": owner.name, "offer": offer });
        self.made(people, seller, ("missed offer", "/api/v1/seller/private-offers"), wanted).await?;
        let id = self.ids["missed offer"].clone();
        let path = format!("/api/v1/seller/private-offers/{id}/send");
        ask(&people.client, &seller.token, "POST", &path, None).await?.good("send")?;
        let path = format!("/api/v1/private-offers/{id}");
        people.client.post(&owner.token, &format!("{path}/accept"), json!({ "version": 1 })).await?;
        kontor.run_due_jobs().await?;
        kontor.app.clock.turn(2 * kernel::time::SECOND);
        kontor.run_due_jobs().await?;
        let shown = people.client.get(&owner.token, &path).await?;
        let cancel = format!("/api/v1/orders/{}/cancel", text(&shown["instalments"][1], "order")?);
        ask(&people.client, &owner.token, "POST", &cancel, None).await?.good("cancel")?;
        kontor.run_due_jobs().await?;
        Ok(())
    }

    /// An offer that runs, with an amendment that lies before its buyer.
    async fn amended(
        &mut self,
        kontor: &Kontor,
        people: &People,
        (owner, seller): (&Person, &Person),
    ) -> anyhow::Result<()> {
        let yuan = |minor: i64| json!({ "minor": minor, "currency": "CNY" });
        let mut wanted = self.quotation("offer document");
        let until = wanted["offer"]["valid_until"].clone();
        wanted["offer"]["instalments"] =
            json!([{ "amount": yuan(1_000) }, { "due_at": until, "amount": yuan(53_000) }]);
        self.made(people, seller, ("amended offer", "/api/v1/seller/private-offers"), wanted).await?;
        let id = self.ids["amended offer"].clone();
        let path = format!("/api/v1/seller/private-offers/{id}");
        ask(&people.client, &seller.token, "POST", &format!("{path}/send"), None).await?.good("send")?;
        let accept = format!("/api/v1/private-offers/{id}/accept");
        people.client.post(&owner.token, &accept, json!({ "version": 1 })).await?;
        kontor.run_due_jobs().await?;
        let tomorrow = kontor.app.clock.now().plus_days(1);
        self.note("amended from", &tomorrow.to_string());
        let mut amendment = self.amendment();
        amendment["lines"][0]["price"] = yuan(60_000);
        people.client.post(&seller.token, &format!("{path}/amendments"), amendment).await?;
        Ok(())
    }

    /// More for the first line of an offer, from tomorrow on.
    pub(super) fn amendment(&self) -> Value {
        let from = &self.ids["amended from"];
        let price = json!({ "minor": 40_000_000, "currency": "CNY" });
        json!({ "from": from, "valid_until": from, "lines": [{ "line": 1, "price": price }] })
    }

    /// An offer for the account whose things the world holds.
    pub(super) fn quotation(&self, document: &str) -> Value {
        let mut offer = self.offer();
        offer["documents"] = json!([self.ids[document]]);
        json!({ "buyer": self.ids["account"], "buyer_name": "Analytical Engines", "offer": offer })
    }

    pub(super) fn offer(&self) -> Value {
        let until = self.ids["offer until"].parse().unwrap_or(Timestamp::from_micros(0));
        crate::private_offers::offer(&self.ids["sku"], until, &json!({ "kind": "percent", "basis_points": 1_000 }))
    }

    async fn applications(&mut self, people: &People, (applicant, stranger): (&Person, &Person)) -> anyhow::Result<()> {
        self.form = form(people, applicant).await?;
        people.client.post(&applicant.token, "/api/v1/seller/application", self.form.clone()).await?;
        let submitted = apply(people, stranger).await?;
        self.note("application", text(&submitted, "id")?);
        let agreement = people.client.get(&applicant.token, "/api/v1/seller/agreement").await?;
        self.note("agreement version", text(&agreement, "version")?);
        self.note("agreement sha256", text(&agreement, "sha256")?);
        Ok(())
    }

    async fn operators_things(&mut self, kontor: &Kontor, people: &People) -> anyhow::Result<()> {
        let operator = people.operator().await?;
        for (name, email) in [("staff", "new@site.example"), ("disabled staff", "gone@site.example")] {
            let staff = json!({ "email": email, "role": "support", "lang": "en" });
            let made = people.client.post(&operator, "/api/v1/operator/staff", staff).await?;
            self.note(name, text(&made, "id")?);
        }
        let disable = format!("/api/v1/operator/staff/{}/disable", self.ids["disabled staff"]);
        ask(&people.client, &operator, "POST", &disable, None).await?.good(&disable)?;
        let tag = json!({ "code": "made-here", "name": { "en": "Made here", "zh": "本地出品" } });
        people.client.post(&operator, "/api/v1/operator/tags", tag).await?;
        self.note("tag", "made-here");
        // Nothing is sold in it.
        self.note("category", "education");
        self.note_first("floor", &people.client.get(&operator, "/api/v1/operator/floors").await?)?;
        let favourite = format!("/api/v1/favourites/{}", self.ids["product"]);
        ask(&people.client, &self.sessions["owner"], "PUT", &favourite, None).await?.good(&favourite)?;
        // A job that was given up.
        let now = kontor.app.clock.now();
        let mut tx = kontor.app.db.begin().await?;
        jobs::publish(&mut tx, now, &Event::Delivered { delivery: DeliveryId::new(now) }).await?;
        let newest = "update job set attempts = 12, dead_at = $1 where id = (select max(id) from job)";
        tx.execute(newest, args![now]).await?;
        tx.commit().await?;
        let given_up = people.client.get(&operator, "/api/v1/operator/dead-letters").await?;
        self.note_first("job", &given_up)
    }
}

const STAFF: [(StaffRole, &str); 4] = [
    (StaffRole::Admin, STAFF_EMAIL),
    (StaffRole::Reviewer, "reviewer@site.example"),
    (StaffRole::Finance, "finance@site.example"),
    (StaffRole::Support, "support@site.example"),
];

/// What `People` makes of a name.
fn email(person: &Person) -> String {
    format!("{}@people.example", person.name.to_lowercase().replace(' ', "."))
}

/// A marketplace over one database file; files and master key are shared.
async fn open(folder: &Path, file: &Path, at: Timestamp) -> anyhow::Result<Kontor> {
    let db = Db::sqlite_scratch(file, 2).await?;
    let config = Config { data: folder.to_owned(), ..Stage::config() };
    Ok(Kontor::with(config, db, Clock::turned(at))?)
}
