//! Operators, sellers and buyers, and what they do through the API.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use serde_json::{Value, json};

use super::client::{Client, Sent, text};

/// Somebody with an account and a credential.
#[derive(Clone, Debug)]
pub struct Person {
    pub account: String,
    pub token: String,
    pub name: String,
}

/// A product on sale.
#[derive(Clone, Debug)]
pub struct Product {
    pub id: String,
    pub skus: Vec<String>,
}

/// Everybody on a stage.
#[derive(Clone)]
pub struct People {
    pub client: Client,
    staff: Arc<Staff>,
    ground: Arc<Ground>,
}

/// What the rules of the marketplace say of where its people trade: with whom sellers contract, where, and in what is paid.
#[derive(Clone, Debug)]
pub struct Ground {
    pub entity: String,
    pub region: String,
    pub currency: String,
}

impl Default for Ground {
    fn default() -> Self {
        Self { entity: "CN1".to_owned(), region: "CN".to_owned(), currency: "CNY".to_owned() }
    }
}

struct Staff {
    email: String,
    password: String,
    token: Mutex<String>,
}

const PASSWORD: &str = "a long enough password";

impl People {
    pub fn new(client: Client, staff_email: &str, staff_password: &str) -> Self {
        let staff = Staff {
            email: staff_email.to_owned(),
            password: staff_password.to_owned(),
            token: Mutex::new(String::new()),
        };
        Self { client, staff: Arc::new(staff), ground: Arc::default() }
    }

    /// The same people where other rules hold.
    #[must_use]
    pub fn on(self, ground: Ground) -> Self {
        Self { ground: Arc::new(ground), ..self }
    }

    /// The same people before another door.
    #[must_use]
    pub fn over(&self, client: Client) -> Self {
        Self { client, staff: self.staff.clone(), ground: self.ground.clone() }
    }

    /// The operator's session; a new one when the old one has ended.
    pub async fn operator(&self) -> anyhow::Result<String> {
        let token = self.staff.token.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if !token.is_empty() {
            let sent = Sent { token: Some(&token), ..Sent::default() };
            if self.client.call("GET", "/api/v1/me", sent).await?.status == 200 {
                return Ok(token);
            }
        }
        let token = self.sign_in(&self.staff.email, &self.staff.password).await?;
        token.clone_into(&mut self.staff.token.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(token)
    }

    pub async fn sign_in(&self, email: &str, password: &str) -> anyhow::Result<String> {
        let body = json!({ "login": email, "password": password });
        let sent = Sent { body: Some(body), ..Sent::default() };
        let session = self.client.call("POST", "/api/v1/sessions", sent).await?.good("sign in")?;
        Ok(text(&session, "token")?.to_owned())
    }

    /// Opens an account and gives its owner a token that outlives sessions.
    pub async fn register(&self, kind: &str, name: &str) -> anyhow::Result<Person> {
        let email = email(name);
        let body = json!({ "kind": kind, "name": name, "email": email, "password": PASSWORD, "lang": "en" });
        let sent = Sent { body: Some(body), ..Sent::default() };
        let registered = self.client.call("POST", "/api/v1/accounts", sent).await?.good("register")?;
        let account = text(&registered["account"], "id")?.to_owned();
        Ok(Person { account, token: self.token(name).await?, name: name.to_owned() })
    }

    /// Adds a mobile number, which people do themselves.
    pub async fn has_mobile(&self, person: &Person, mobile: &str) -> anyhow::Result<()> {
        let session = self.sign_in(&email(&person.name), PASSWORD).await?;
        let me = self.client.get(&session, "/api/v1/me").await?;
        let number = Some(json!({ "mobile": mobile }));
        self.edit(&session, "PATCH", "/api/v1/me", &me["user"], number).await.map(drop)
    }

    /// Another token of somebody registered by this name: none lives for more than a year.
    pub async fn token(&self, name: &str) -> anyhow::Result<String> {
        let session = self.sign_in(&email(name), PASSWORD).await?;
        let scopes = ["view", "buy", "pay", "use", "list", "run_shop", "integrate", "manage_team", "own"];
        let wanted = json!({ "name": "stage", "scopes": scopes, "days": 366 });
        let token = self.client.post(&session, "/api/v1/tokens", wanted).await?;
        Ok(text(&token, "token")?.to_owned())
    }

    /// Hands in a document; what is in it does not matter here.
    pub async fn document(&self, person: &Person, purpose: &str) -> anyhow::Result<String> {
        use base64::{Engine, prelude::BASE64_STANDARD};
        let content = BASE64_STANDARD.encode("%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n%%EOF\n");
        let body = json!({
            "name": format!("{purpose}.pdf"), "purpose": purpose, "content_type": "application/pdf", "content": content
        });
        let document = self.client.post(&person.token, "/api/v1/documents", body).await?;
        Ok(text(&document, "id")?.to_owned())
    }

    /// Real-name verification, submitted and approved.
    pub async fn verify(&self, person: &Person, kind: &str) -> anyhow::Result<()> {
        let mut identity =
            json!({ "kind": kind, "name": person.name, "country": "CN", "number": number(&person.account) });
        if kind == "enterprise" {
            identity["documents"] = json!([self.document(person, "business_licence").await?]);
            identity["representative"] = json!("Li Na");
        }
        let submitted = self.client.post(&person.token, "/api/v1/verifications", identity).await?;
        let path = format!("/api/v1/operator/verifications/{}/decision", text(&submitted, "id")?);
        let decision = json!({ "verdict": "approve", "reason": "The documents fit the register." });
        self.client.post(&self.operator().await?, &path, decision).await?;
        Ok(())
    }

    /// A verified buyer without money.
    pub async fn buyer(&self, name: &str) -> anyhow::Result<Person> {
        let buyer = self.register("personal", name).await?;
        self.verify(&buyer, "personal").await?;
        Ok(buyer)
    }

    /// A verified buyer with ten million in the wallet, from a confirmed transfer.
    pub async fn rich_buyer(&self, name: &str) -> anyhow::Result<Person> {
        let buyer = self.buyer(name).await?;
        self.top_up(&buyer, 1_000_000_000).await?;
        Ok(buyer)
    }

    /// A transfer in minor units, declared by the buyer and confirmed by the operator.
    pub async fn top_up(&self, buyer: &Person, minor: i64) -> anyhow::Result<()> {
        let amount = json!({ "minor": minor, "currency": self.ground.currency });
        let body = json!({ "channel": "bank_transfer", "amount": amount, "payer": buyer.name });
        let declared = self.client.post(&buyer.token, "/api/v1/top-ups", body).await?;
        let id = text(&declared, "id")?;
        let body = json!({ "received": amount, "bank_reference": format!("bank {id}") });
        self.client.post(&self.operator().await?, &format!("/api/v1/operator/top-ups/{id}/confirm"), body).await?;
        Ok(())
    }

    /// An admitted seller whose business information is certified.
    pub async fn seller(&self, name: &str) -> anyhow::Result<Person> {
        let seller = self.register("enterprise", name).await?;
        self.verify(&seller, "enterprise").await?;
        self.apply(&seller).await?;
        self.certify(&seller).await?;
        Ok(seller)
    }

    /// Applies to sell here, and is admitted.
    pub async fn apply(&self, seller: &Person) -> anyhow::Result<()> {
        let form = json!({
            "company_name": seller.name, "registration_number": number(&seller.account), "website": "https://www.seller.example",
            "business_licence": self.document(seller, "business_licence").await?, "business_years": 4, "employees": 40,
            "registered_capital": 500, "contact_name": "Li Na", "mobile": "13800138000", "email": "li.na@seller.example",
            "service_phone": "+86 21 5555 0100", "service_email": "service@seller.example",
            "introduction": "Software for operations teams."
        });
        self.client.post(&seller.token, "/api/v1/seller/application", form).await?;
        let agreement = self.client.get(&seller.token, "/api/v1/seller/agreement").await?;
        let accepted = json!({ "agreement": { "version": agreement["version"], "sha256": agreement["sha256"] } });
        let draft = self.client.get(&seller.token, "/api/v1/seller/application").await?;
        let submitted =
            self.edit(&seller.token, "POST", "/api/v1/seller/application/submit", &draft, Some(accepted)).await?;
        let path = format!("/api/v1/operator/seller-applications/{}/approve", text(&submitted, "id")?);
        self.edit(&self.operator().await?, "POST", &path, &submitted, None).await?;
        Ok(())
    }

    async fn certify(&self, seller: &Person) -> anyhow::Result<()> {
        let information = json!({
            "entity": self.ground.entity, "regions": [self.ground.region], "account_holder": seller.name, "bank": "Bank of Shanghai",
            "account_number": "6222020200112233", "taxpayer_identity": "general", "taxpayer_number": number(&seller.account)
        });
        let submitted = self.client.post(&seller.token, "/api/v1/seller/business-information", information).await?;
        let path = format!("/api/v1/operator/business-information/{}/certify", text(&submitted, "id")?);
        self.edit(&self.operator().await?, "POST", &path, &submitted, None).await?;
        Ok(())
    }

    /// A change with `If-Match` of the version that was read.
    pub async fn edit(
        &self,
        token: &str,
        method: &str,
        path: &str,
        read: &Value,
        body: Option<Value>,
    ) -> anyhow::Result<Value> {
        let version = read["version"].as_i64().with_context(|| format!("no version to edit from: {read}"))?;
        let sent = Sent { token: Some(token), version: Some(version), body, ..Sent::default() };
        self.client.call(method, path, sent).await?.good(path)
    }

    /// A licensed product that is written, submitted and approved: one SKU paid by the month, one paid once.
    pub async fn product(&self, seller: &Person, name: &str) -> anyhow::Result<Product> {
        let mut listing = listing(name, &self.document(seller, "service_agreement").await?);
        listing["user_guide"] = json!(self.document(seller, "user_guide").await?);
        self.listed(seller, listing).await
    }

    /// The same as a `SaaS` product, which its seller's system opens, and of which the monthly edition can be tried.
    pub async fn hosted(&self, seller: &Person, name: &str) -> anyhow::Result<Product> {
        let listing = self.hosted_listing(seller, name).await?;
        self.listed(seller, listing).await
    }

    /// What that product says, with its papers.
    pub async fn hosted_listing(&self, seller: &Person, name: &str) -> anyhow::Result<Value> {
        let mut listing = listing(name, &self.document(seller, "service_agreement").await?);
        listing["access_type"] = json!("saas");
        listing["specs"][0]["trial_days"] = json!(14);
        listing["user_guide"] = json!(self.document(seller, "user_guide").await?);
        let certificate = self.document(seller, "software_copyright").await?;
        listing["copyright"] = json!({ "certificate": certificate, "software": name, "holder": seller.name });
        Ok(listing)
    }

    /// The same paid as it is used: one edition for each billing, in their order.
    pub async fn metered(&self, seller: &Person, name: &str, billings: &[Value]) -> anyhow::Result<Product> {
        let mut listing = listing(name, &self.document(seller, "service_agreement").await?);
        listing["access_type"] = json!("saas");
        listing["user_guide"] = json!(self.document(seller, "user_guide").await?);
        let certificate = self.document(seller, "software_copyright").await?;
        listing["copyright"] = json!({ "certificate": certificate, "software": name, "holder": seller.name });
        let spec = |(number, billing): (usize, &Value)| {
            json!({
                "code": format!("usage-{number}"), "name": { "en": format!("By use {number}"), "zh": format!("按量 {number}") },
                "billing_mode": billing["mode"], "skus": [{ "billing": billing }]
            })
        };
        listing["specs"] = billings.iter().enumerate().map(spec).collect();
        self.listed(seller, listing).await
    }

    /// Puts a listing on sale; where a system opens it, that is tried out before.
    pub async fn listed(&self, seller: &Person, listing: Value) -> anyhow::Result<Product> {
        if listing["access_type"] == "saas" {
            self.tries_out(seller).await?;
        }
        let draft = self.client.post(&seller.token, "/api/v1/seller/products", listing).await?;
        let id = text(&draft, "id")?.to_owned();
        self.publish(seller, &id).await?;
        let page = self.client.get(&seller.token, &format!("/api/v1/products/{id}")).await?;
        let skus = page["specs"]
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|spec| spec["skus"].as_array().into_iter().flatten());
        let skus = skus.map(|sku| Ok(text(sku, "id")?.to_owned())).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(Product { id, skus })
    }

    /// Adds the address of a seller's system; gives its path in the API and the key that it has to know before it is verified.
    pub async fn production_address(&self, seller: &Person, url: &str) -> anyhow::Result<(String, String)> {
        self.address_in(seller, url, "koogallery_v2").await
    }

    /// The same for one that is spoken to in a form.
    pub async fn address_in(&self, seller: &Person, url: &str, form: &str) -> anyhow::Result<(String, String)> {
        const ADDRESSES: &str = "/api/v1/seller/production-addresses";
        let added = self.client.post(&seller.token, ADDRESSES, json!({ "url": url, "form": form })).await?;
        let path = format!("{ADDRESSES}/{}", text(&added, "id")?);
        let sent = Sent { token: Some(&seller.token), ..Sent::default() };
        let key = self.client.call("POST", &format!("{path}/keys"), sent).await?.good("make a key")?;
        Ok((path, text(&key, "key")?.to_owned()))
    }

    /// The seller tries its system out with all that a site may ask for, and keeps each call as a case.
    pub async fn tries_out(&self, seller: &Person) -> anyhow::Result<()> {
        // A try-out goes from here through the whole server and out again; it has a stack of its own.
        let (people, seller) = (self.clone(), seller.clone());
        tokio::spawn(async move { people.sends_cases(&seller).await }).await?
    }

    async fn sends_cases(&self, seller: &Person) -> anyhow::Result<()> {
        const ADDRESSES: &str = "/api/v1/seller/production-addresses";
        const CASES: &str = "/api/v1/seller/production-cases";
        let addresses = self.client.get(&seller.token, ADDRESSES).await?;
        let used = addresses["items"].as_array().into_iter().flatten().find(|address| address["in_use"] == true);
        let used = used.context("an address is used")?;
        let path = format!("{ADDRESSES}/{}/calls", text(used, "id")?);
        let kept = self.client.get(&seller.token, CASES).await?;
        for (name, trial) in trials(text(used, "form")?) {
            let known = kept["items"].as_array().into_iter().flatten().find(|case| case["name"] == name);
            if let Some(known) = known {
                let again = format!("{CASES}/{}/runs", text(known, "id")?);
                self.client.post(&seller.token, &again, json!({})).await?;
            } else {
                let tried = self.client.post(&seller.token, &path, trial).await?;
                self.client.post(&seller.token, CASES, json!({ "call": tried["call"], "name": name })).await?;
            }
        }
        Ok(())
    }

    /// Submits a product's draft and approves it.
    pub async fn publish(&self, seller: &Person, product: &str) -> anyhow::Result<()> {
        let submit = format!("/api/v1/seller/products/{product}/revisions");
        let draft = self.client.get(&seller.token, &format!("/api/v1/seller/products/{product}")).await?;
        let submitted = self.edit(&seller.token, "POST", &submit, &draft, None).await?;
        let path = format!("/api/v1/operator/revisions/{}/approval", text(&submitted, "id")?);
        let sent = Sent { token: Some(&self.operator().await?), ..Sent::default() };
        self.client.call("POST", &path, sent).await?.good(&path)?;
        Ok(())
    }
}

/// What a system is tried out with, in the words of its form.
pub fn trials(form: &str) -> Vec<(&'static str, Value)> {
    let of = |activity: &str| json!({ "activity": activity, "order": "MOCKPERIODYEARNEW" });
    if form == "standard_webhooks" {
        let events = ["create", "describe", "renewed", "frozen", "unfrozen", "released"];
        return events.map(|event| (event, of(&format!("instance.{event}")))).into();
    }
    let with = |activity: &str, name: &str, word: &str| {
        let mut trial = of(activity);
        trial[name] = json!(word);
        trial
    };
    if form == "koogallery_v1" {
        return vec![
            ("create", of("newInstance")),
            ("describe", of("queryInstance")),
            ("renew", with("refreshInstance", "scene", "RENEWAL")),
            ("freeze", with("instanceStatus", "status", "FREEZE")),
            ("unfreeze", with("instanceStatus", "status", "NORMAL")),
            ("expire", of("expireInstance")),
            ("release", of("releaseInstance")),
        ];
    }
    vec![
        ("create", of("newInstance")),
        ("describe", of("queryInstance")),
        ("renew", with("refreshInstance", "scene", "RENEWAL")),
        ("freeze", with("updateInstanceStatus", "status", "FREEZE")),
        ("unfreeze", with("updateInstanceStatus", "status", "UNFREEZE")),
        ("release", of("releaseInstance")),
    ]
}

/// A registration number that is unique as the account's id is.
fn number(account: &str) -> String {
    account.trim_start_matches("acc_").to_uppercase()
}

/// The standard example: users at tiered prices by the month, and a licence that is paid once.
pub fn listing(name: &str, agreement: &str) -> Value {
    let about = "It reads what your servers write, finds the line that matters and shows what happened around it. ";
    let about_zh = "它读取服务器写下的日志，找到关键的那一行，并展示前后发生的事情。";
    json!({
        "access_type": "license",
        "name": { "en": name, "zh": format!("{name} 软件") },
        "summary": { "en": "Finds the line that matters.", "zh": "找到关键的那一行。" },
        "description": { "en": about.repeat(5), "zh": about_zh.repeat(15) },
        "version": "V2.1",
        "categories": ["developer-tools"],
        "support": {
            "hours": { "en": "Monday to Friday, 9:00 to 18:00", "zh": "周一至周五 9:00–18:00" },
            "content": { "en": "Installation, upgrades, faults", "zh": "安装、升级、故障处理" },
            "hotline": "+86 21 5555 0100", "email": "support@seller.example"
        },
        "agreement": agreement,
        "delivery_days": 0,
        "currency": "CNY",
        "specs": [
            {
                "code": "server",
                "name": { "en": "Server installation", "zh": "服务器部署" },
                "billing_mode": "period",
                "attributes": [
                    { "kind": "enum", "code": "edition", "name": { "en": "Edition", "zh": "版本" },
                      "values": [{ "code": "standard", "name": { "en": "Standard", "zh": "标准版" } }] },
                    { "kind": "quantity", "code": "users", "name": { "en": "Users", "zh": "用户数" },
                      "unit": { "en": "users", "zh": "用户" }, "unit_one": "user", "min": 1, "max": 1000, "step": 1 }
                ],
                "skus": [{ "values": { "edition": "standard" }, "billing": { "mode": "period", "month": {
                    "price": { "quantities": { "users": { "model": "tiered", "tiers": [
                        { "from": 1, "to": 10, "unit_price": "30.00" }, { "from": 11, "unit_price": "25.00" }
                    ] } } },
                    "periods_max": 36,
                    "discounts": [{ "periods_min": 12, "basis_points": 1000 }]
                } } }]
            },
            {
                "code": "desktop",
                "name": { "en": "Desktop licence", "zh": "桌面授权" },
                "billing_mode": "one_off",
                "attributes": [
                    { "kind": "enum", "code": "edition", "name": { "en": "Edition", "zh": "版本" },
                      "values": [{ "code": "personal", "name": { "en": "Personal", "zh": "个人版" } }] }
                ],
                "skus": [{ "values": { "edition": "personal" }, "billing": { "mode": "one_off", "price": { "base": "199.00" } } }]
            }
        ]
    })
}

/// What is used by the hour or the day at some price, in calls.
pub fn by_use(cycle: &str, meter: Value) -> Value {
    let mut meter = meter;
    meter["counts"] = json!({ "code": "calls", "name": { "en": "Calls", "zh": "调用次数" },
        "unit": { "en": "calls", "zh": "次" }, "unit_one": "call" });
    json!({ "mode": "on_demand", "cycle": cycle, "meters": [meter] })
}

/// A package of so many calls for a month, and what happens beyond it.
pub fn package(amount: &str, price: &str, overage: &Value) -> Value {
    let calls = json!({ "code": "calls", "name": { "en": "Calls", "zh": "调用次数" }, "unit": { "en": "calls", "zh": "次" },
        "unit_one": "call" });
    json!({ "mode": "package", "counts": calls, "amount": amount, "term": { "unit": "month", "count": 1 },
        "price": { "base": price }, "overage": overage })
}

/// Names that are no part of an address are told apart by their letters.
fn email(name: &str) -> String {
    let plain = name.to_lowercase().replace(' ', ".");
    let mut parts = plain.split('.');
    let fits = parts.all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
    let local = if fits && plain.len() <= 60 { plain } else { platform::vault::fingerprint(&plain)[..24].to_owned() };
    format!("{local}@people.example")
}
