//! A site with all that the catalogue calls, a reviewer, and certified sellers.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use accounts::{
    Accounts, Buyer, CustomerKind, Identity, Member, Operator, Registration, Seller, SignIn, StaffRole, Verdict,
};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{Method, Request, StatusCode},
};
use catalogue::Catalogue;
use documents::{Documents, Purpose, Upload};
use kernel::{
    Event, Result,
    id::{AccountId, DocumentId},
    text::Lang,
};
use messages::Messages;
use platform::{
    App, Clock, Config, Db, Means, Tx, Vault,
    blobs::Blobs,
    config::Environment,
    http::{IfMatch, limit::Limits},
    jobs::{self, Lane},
    mail::Outbox,
};
use policy::Policies;
use production::Production;
use sellers::{Accepted, BusinessInformation, Form, Sellers, TaxpayerIdentity};
use serde_json::{Value, json};

const MIGRATIONS: [(i64, &str, &str); 30] = [
    (1, "platform", include_str!("../../../../migrations/0001_platform.sql")),
    (2, "policy", include_str!("../../../../migrations/0002_policy.sql")),
    (3, "ledger", include_str!("../../../../migrations/0003_ledger.sql")),
    (4, "accounts", include_str!("../../../../migrations/0004_accounts.sql")),
    (5, "messages", include_str!("../../../../migrations/0005_messages.sql")),
    (6, "documents", include_str!("../../../../migrations/0006_documents.sql")),
    (7, "sellers", include_str!("../../../../migrations/0007_sellers.sql")),
    (8, "catalogue", include_str!("../../../../migrations/0008_catalogue.sql")),
    (10, "orders", include_str!("../../../../migrations/0010_orders.sql")),
    (18, "search", include_str!("../../../../migrations/0018_catalogue_search.sql")),
    (19, "storefront", include_str!("../../../../migrations/0019_catalogue_storefront.sql")),
    (21, "notes", include_str!("../../../../migrations/0021_catalogue_notes.sql")),
    (23, "life", include_str!("../../../../migrations/0023_catalogue_life.sql")),
    (24, "measures", include_str!("../../../../migrations/0024_catalogue_measures.sql")),
    (25, "catalogue_review", include_str!("../../../../migrations/0025_catalogue_review.sql")),
    (26, "documents_content", include_str!("../../../../migrations/0026_documents_content.sql")),
    (27, "limits", include_str!("../../../../migrations/0027_catalogue_limits.sql")),
    (29, "visibility", include_str!("../../../../migrations/0029_catalogue_visibility.sql")),
    (30, "private", include_str!("../../../../migrations/0030_catalogue_private.sql")),
    (40, "production", include_str!("../../../../migrations/0040_production.sql")),
    (47, "guards", include_str!("../../../../migrations/0047_catalogue_guards.sql")),
    (48, "trials", include_str!("../../../../migrations/0048_catalogue_trials.sql")),
    (70, "forms", include_str!("../../../../migrations/0070_production_forms.sql")),
    (83, "changes", include_str!("../../../../migrations/0083_catalogue_changes.sql")),
    (85, "cases", include_str!("../../../../migrations/0085_production_cases.sql")),
    (86, "probes", include_str!("../../../../migrations/0086_production_probes.sql")),
    (87, "proposals", include_str!("../../../../migrations/0087_catalogue_proposals.sql")),
    (88, "v1", include_str!("../../../../migrations/0088_production_v1.sql")),
    (105, "ratings", include_str!("../../../../migrations/0105_catalogue_ratings.sql")),
    (112, "decided", include_str!("../../../../migrations/0112_catalogue_measure_decided.sql")),
];

const PASSWORD: &str = "a long enough password";

/// A PNG of 64 by 64 pixels.
const LOGO: &str = "iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAIAAAAlC+aJAAAAUElEQVR42u3PMQ0AAAgDsP2YRAH+TyRwkzSpgaamX4uAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAwGUBDQCQxG9FZgwAAAAASUVORK5CYII=";

pub(crate) struct World {
    pub(crate) catalogue: Catalogue,
    /// The token of a reviewer.
    pub(crate) reviewer: String,
    /// The token of another one.
    pub(crate) second: String,
    operator: Operator,
    router: Router,
    _folder: tempfile::TempDir,
}

/// A certified seller: its token, account and service agreement.
pub(crate) struct Shop {
    pub(crate) token: String,
    pub(crate) account: AccountId,
    pub(crate) agreement: DocumentId,
}

/// An answer as a client sees it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn is(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    pub(crate) fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}", self.body);
        self.body
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::under(policy::DEFAULT).await
    }

    /// The same with other rules.
    pub(crate) async fn under(rules: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = database(&folder).await;
        db.migrate(&MIGRATIONS).await.unwrap();
        let mut config = Config::default();
        config.passwords.memory_kib = 8;
        config.passwords.passes = 1;
        config.limits.sign_ins_per_minute = 1_000;
        config.data = folder.path().to_owned();
        let app = App::new(Means {
            db,
            // Monday 10:00 in Shanghai.
            clock: Clock::turned("2026-11-23T02:00:00Z".parse().unwrap()),
            limits: Limits::new(config.limits),
            config,
            vault: Vault::new([7; 32]),
            blobs: Blobs::folder(&folder.path().join("blobs")).unwrap(),
            mail: Outbox::new(None, None, folder.path().join("mail"), Environment::Development).unwrap(),
        });
        let policies = Policies::new(app.clone());
        policies.ensure(Some(rules)).await.unwrap();
        let accounts = Accounts::new(app.clone(), policies.clone())
            // Documents are not what is tried here: every account owns every one of them.
            .with_documents(Arc::new(|_, _| Box::pin(async { Ok(true) })));
        let messages = Messages::new(app.clone(), accounts.clone());
        let documents = Documents::new(app.clone(), accounts.clone());
        let sellers =
            Sellers::new(app.clone(), (policies.clone(), accounts.clone(), messages.clone()), documents.clone());
        let login = "reviewer@kontor.example";
        accounts.create_operator(login, PASSWORD, StaffRole::Reviewer).await.unwrap();
        let (reviewer, member) = signed_in(&accounts, login).await;
        let other = "second@kontor.example";
        accounts.create_operator(other, PASSWORD, StaffRole::Reviewer).await.unwrap();
        let (second, _) = signed_in(&accounts, other).await;
        let production = Production::new(app.clone(), (accounts.clone(), messages.clone())).unwrap();
        let catalogue = Catalogue::new(app, (policies, accounts, messages), (documents, sellers, production));
        catalogue.prepare().await.unwrap();
        let (programs, people) = catalogue.routes().into_routers();
        let router = programs.merge(people);
        let operator = Operator::try_from(member).unwrap();
        Self { catalogue, reviewer, second, operator, router, _folder: folder }
    }

    pub(crate) async fn does<T>(&self, change: impl AsyncFnOnce(&mut Tx) -> Result<T>) -> T {
        let mut tx = self.catalogue.app.db.begin().await.unwrap();
        let done = change(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        done
    }

    /// The token of somebody who runs the site.
    pub(crate) async fn runs_site(&self) -> String {
        let login = "admin@kontor.example";
        self.catalogue.accounts.create_operator(login, PASSWORD, StaffRole::Admin).await.unwrap();
        signed_in(&self.catalogue.accounts, login).await.0
    }

    /// An enterprise that may sell and publish.
    pub(crate) async fn shop(&self, name: &str) -> Shop {
        let shop = self.admitted(name).await;
        let seller = Seller::try_from(signed_in(&self.catalogue.accounts, &mail(name)).await.1).unwrap();
        self.certifies(&seller, name).await;
        shop
    }

    /// Somebody who has just registered: the token and the account.
    pub(crate) async fn customer(&self, name: &str, kind: CustomerKind) -> (String, AccountId) {
        let registration = Registration {
            kind,
            name: name.to_owned(),
            slug: None,
            email: mail(name),
            password: PASSWORD.to_owned(),
            mobile: None,
            lang: Lang::En,
        };
        let checked = self.catalogue.accounts.check_registration(&registration).await.unwrap();
        self.does(async |tx| self.catalogue.accounts.register(tx, &checked).await).await;
        let (token, member) = signed_in(&self.catalogue.accounts, &mail(name)).await;
        (token, member.account())
    }

    /// A fresh session of an account's owner; those of yesterday have ended.
    pub(crate) async fn comes_back(&self, name: &str) -> String {
        signed_in(&self.catalogue.accounts, &mail(name)).await.0
    }

    /// What it would be sold as to the owner of an account.
    pub(crate) async fn sold_to(&self, name: &str, sku: &str) -> Result<()> {
        let buyer = Buyer::try_from(signed_in(&self.catalogue.accounts, &mail(name)).await.1).unwrap();
        let tx = &mut self.catalogue.app.db.read();
        self.catalogue.offer_to(tx, &buyer, sku.parse().unwrap()).await.map(|_| ())
    }

    /// An enterprise that may sell, whose business information is not certified.
    pub(crate) async fn admitted(&self, name: &str) -> Shop {
        let (accounts, sellers) = (&self.catalogue.accounts, &self.catalogue.sellers);
        self.customer(name, CustomerKind::Enterprise).await;
        let buyer = Buyer::try_from(signed_in(accounts, &mail(name)).await.1).unwrap();
        let licence = self.uploads(&buyer, Purpose::BusinessLicence).await;
        let agreement = self.uploads(&buyer, Purpose::ServiceAgreement).await;
        let identity = Identity {
            kind: CustomerKind::Enterprise,
            name: name.to_owned(),
            country: "CN".to_owned(),
            number: number(name),
            representative: Some("Li Na".to_owned()),
            documents: vec![licence],
        };
        let text = &self.catalogue.policies.current().await.unwrap().sellers.agreement;
        let accepted = Accepted { version: text.version.clone(), sha256: sellers::agreement_hash(text) };
        let (operator, form) = (&self.operator, form(name, licence));
        self.does(async |tx| {
            let verification = accounts.submit_verification(tx, &buyer, &identity).await?;
            accounts.decide_verification(tx, operator, verification.id, (Verdict::Approve, "")).await?;
            Ok(())
        })
        .await;
        let buyer = Buyer::try_from(signed_in(accounts, &mail(name)).await.1).unwrap();
        self.does(async |tx| {
            let draft = sellers.begin_application(tx, &buyer, &form).await?;
            let sent = sellers.submit_application(tx, &buyer, IfMatch(draft.version), &accepted).await?;
            sellers.approve_application(tx, operator, sent.id, IfMatch(sent.version)).await
        })
        .await;
        let (token, _) = signed_in(accounts, &mail(name)).await;
        Shop { token, account: buyer.account(), agreement }
    }

    async fn certifies(&self, seller: &Seller, name: &str) {
        let sellers = &self.catalogue.sellers;
        let information = BusinessInformation {
            entity: "CN1".to_owned(),
            regions: vec!["CN".to_owned()],
            account_holder: name.to_owned(),
            bank: "Bank of Shanghai".to_owned(),
            account_number: "1001 2345 6789".to_owned(),
            taxpayer_identity: TaxpayerIdentity::General,
            taxpayer_number: number(name),
        };
        self.does(async |tx| {
            let sent = sellers.submit_business_information(tx, seller, &information).await?;
            sellers.certify_business_information(tx, &self.operator, sent.id, IfMatch(sent.version)).await
        })
        .await;
    }

    /// A green square as a seller's logo.
    pub(crate) async fn logo(&self, name: &str) -> DocumentId {
        let buyer = Buyer::try_from(signed_in(&self.catalogue.accounts, &mail(name)).await.1).unwrap();
        let purpose = Purpose::ProductLogo;
        self.hands_in(&buyer, &Upload { name: "logo.png", purpose, content_type: "image/png", content: LOGO }).await
    }

    async fn uploads(&self, buyer: &Buyer, purpose: Purpose) -> DocumentId {
        let upload = Upload { name: "paper.pdf", purpose, content_type: "application/pdf", content: "JVBERi0xLjcK" };
        self.hands_in(buyer, &upload).await
    }

    async fn hands_in(&self, buyer: &Buyer, upload: &Upload<'_>) -> DocumentId {
        let document = self.catalogue.documents.receive(buyer, upload).await.unwrap();
        self.does(async |tx| self.catalogue.documents.keep(tx, &document).await).await;
        document.id
    }

    /// `call` is a method and a path; `version` goes into If-Match unless it is negative.
    pub(crate) async fn edit(&self, token: &str, call: &str, version: i64, body: Value) -> Answer {
        let (method, path) = call.split_once(' ').unwrap();
        let address = ConnectInfo(SocketAddr::from(([203, 0, 113, 7], 40_000)));
        let mut request = Request::builder().method(method.parse::<Method>().unwrap()).uri(path).extension(address);
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if version >= 0 {
            request = request.header("if-match", format!("\"{version}\""));
        }
        let body = if body.is_null() { String::new() } else { body.to_string() };
        request = request.header("content-type", "application/json");
        let response = self.send(request.body(Body::from(body)).unwrap()).await;
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{call}: {}", String::from_utf8_lossy(&bytes));
        Answer { status: status.as_u16(), body: serde_json::from_slice(&bytes).unwrap_or_default() }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> axum::response::Response {
        use tower::ServiceExt as _;
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn call(&self, token: &str, call: &str, body: Value) -> Answer {
        self.edit(token, call, -1, body).await
    }

    pub(crate) async fn get(&self, token: &str, path: &str) -> Answer {
        self.call(token, &format!("GET {path}"), Value::Null).await
    }

    pub(crate) async fn post(&self, token: &str, path: &str, body: Value) -> Answer {
        self.call(token, &format!("POST {path}"), body).await
    }

    /// Writes, submits and approves a listing; the product's id.
    pub(crate) async fn lists(&self, shop: &Shop, listing: Value) -> String {
        let product = self.post(&shop.token, "/api/v1/seller/products", listing).await.is(201);
        let id = product["id"].as_str().unwrap().to_owned();
        self.approves(shop, &id).await;
        id
    }

    /// Submits the draft of a product and approves it; the revision's id.
    pub(crate) async fn approves(&self, shop: &Shop, product: &str) -> String {
        let path = format!("/api/v1/seller/products/{product}/revisions");
        let revision = self.post(&shop.token, &path, Value::Null).await.is(201);
        let id = revision["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/operator/revisions/{id}/approval");
        assert_eq!(self.post(&self.reviewer, &path, Value::Null).await.is(200)["state"], "approved");
        id
    }

    /// Writes and submits a listing; the ids of product and revision.
    pub(crate) async fn submits(&self, shop: &Shop, listing: Value) -> (String, String) {
        let product = self.post(&shop.token, "/api/v1/seller/products", listing).await.is(201);
        let product = product["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/seller/products/{product}/revisions");
        let revision = self.post(&shop.token, &path, Value::Null).await.is(201);
        (product, revision["id"].as_str().unwrap().to_owned())
    }

    /// What somebody was told of products.
    pub(crate) async fn told(&self, token: &str) -> Vec<String> {
        let routes = self.catalogue.messages.routes().into_routers().0;
        let request = Request::builder().uri("/api/v1/messages?topic=product");
        let request = request.header("authorization", format!("Bearer {token}"));
        let address = ConnectInfo(SocketAddr::from(([203, 0, 113, 7], 40_000)));
        let response = {
            use tower::ServiceExt as _;
            routes.oneshot(request.extension(address).body(Body::empty()).unwrap()).await.unwrap()
        };
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let inbox: Value = serde_json::from_slice(&bytes).unwrap();
        let items = inbox["items"].as_array().unwrap_or_else(|| panic!("{inbox}"));
        let of_products = items.iter().filter(|message| message["topic"] == "product");
        of_products
            .map(|message| message["text"]["en"].as_str().unwrap_or_else(|| panic!("{message}")).to_owned())
            .collect()
    }

    /// As the operator would, once there is a page for it.
    pub(crate) async fn takes_off_sale(&self, product: &str) {
        let id: kernel::id::ProductId = product.parse().unwrap();
        self.does(async |tx| {
            tx.execute("update product set state = 'off_sale' where id = $1", kernel::args![id]).await?;
            self.catalogue.changed(tx, &[id]).await
        })
        .await;
    }

    /// The same marketplace on another machine: the same database, a folder of its own.
    pub(crate) fn another_node(&self, name: &str) -> Catalogue {
        let own = &self.catalogue;
        let app = &own.app;
        let mut config = app.config.clone();
        config.data = app.config.data.join(name);
        let app = App::new(Means {
            db: app.db.clone(),
            clock: app.clock.clone(),
            limits: Limits::new(config.limits),
            blobs: Blobs::folder(&config.data.join("blobs")).unwrap(),
            vault: Vault::new([7; 32]),
            mail: Outbox::new(None, None, config.data.join("mail"), Environment::Development).unwrap(),
            config,
        });
        let common = (own.policies.clone(), own.accounts.clone(), own.messages.clone());
        Catalogue::new(app, common, (own.documents.clone(), own.sellers.clone(), own.production.clone()))
    }

    /// Runs what follows from all events of ours.
    pub(crate) async fn reacts(&self) {
        let now = self.catalogue.app.clock.now();
        loop {
            let mut jobs = jobs::claim(&self.catalogue.app.db, now, Lane::Inside, 50).await.unwrap();
            jobs.extend(jobs::claim(&self.catalogue.app.db, now, Lane::Outside, 50).await.unwrap());
            if jobs.is_empty() {
                return;
            }
            for job in jobs {
                self.does(async |tx| {
                    if let Event::RevisionSubmitted { revision } = &job.event().unwrap() {
                        self.catalogue.on_revision_submitted(tx, *revision).await?;
                    } else if let Event::RevisionDecided { revision } = &job.event().unwrap() {
                        self.catalogue.on_revision_decided(tx, *revision).await?;
                    } else if let Event::RemovalSubmitted { removal } = &job.event().unwrap() {
                        self.catalogue.on_removal_submitted(tx, *removal).await?;
                    } else if let Event::RemovalDecided { removal } = &job.event().unwrap() {
                        self.catalogue.on_removal_decided(tx, *removal).await?;
                    } else if let Event::MeasureMoved { measure } = &job.event().unwrap() {
                        self.catalogue.on_measure_moved(tx, *measure).await?;
                    } else if let Event::MeasureEndDue { measure } = &job.event().unwrap() {
                        self.catalogue.on_measure_end_due(tx, *measure).await?;
                    } else if let Event::NamedAccountChanged { product, account } = &job.event().unwrap() {
                        self.catalogue.on_named_account_changed(tx, *product, *account).await?;
                    }
                    if let Event::ImportDue { import } = &job.event().unwrap() {
                        self.catalogue.on_import_due(tx, *import).await?;
                    }
                    jobs::finish(tx, &job).await
                })
                .await;
            }
        }
    }
}

/// A fresh database: a file, or a schema on the PostgreSQL that was named.
async fn database(folder: &tempfile::TempDir) -> Db {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let Ok(url) = std::env::var("KONTOR_TEST_POSTGRES") else {
        return Db::sqlite(&folder.path().join("kontor.db"), 2).await.unwrap();
    };
    let schema = format!("catalogue_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::SeqCst));
    let db = Db::postgres(&url, 2).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    tx.execute(Box::leak(format!("create schema {schema}").into_boxed_str()), vec![]).await.unwrap();
    tx.commit().await.unwrap();
    db.close().await;
    Db::postgres(&format!("{url}?options=-c%20search_path%3D{schema}"), 4).await.unwrap()
}

fn mail(name: &str) -> String {
    format!("owner@{}.example", name.to_lowercase())
}

/// A registration number that differs by name.
fn number(name: &str) -> String {
    format!("91310115MA1K{:06}", name.bytes().map(u32::from).sum::<u32>())
}

fn form(name: &str, licence: DocumentId) -> Form {
    let text = |text: &str| Some(text.to_owned());
    Form {
        company_name: text(name),
        registration_number: Some(number(name)),
        website: None,
        business_licence: Some(licence),
        business_years: Some(4),
        employees: Some(40),
        registered_capital: Some(500),
        contact_name: text("Li Na"),
        mobile: text("13800138000"),
        email: text("li.na@cloudco.example"),
        service_phone: text("+86 21 5555 0100"),
        service_email: text("service@cloudco.example"),
        introduction: text("Search and analysis of log files."),
    }
}

/// Signs in and asks as a request would.
async fn signed_in(accounts: &Accounts, login: &str) -> (String, Member) {
    let given = SignIn { account: None, login: login.to_owned(), password: PASSWORD.to_owned(), totp: None };
    let token = accounts.sign_in(&given, "203.0.113.7").await.unwrap().token;
    let address = ConnectInfo(SocketAddr::from(([203, 0, 113, 7], 40_000)));
    let request = Request::builder().header("authorization", format!("Bearer {token}")).extension(address);
    let mut parts = request.body(()).unwrap().into_parts().0;
    let member = accounts.authenticate(&mut parts).await;
    (token, member.unwrap_or_else(|refused| panic!("{}", refused.text(Lang::En))))
}

/// A listing that passes all rules: edition × users × months.
pub(crate) fn listing(agreement: DocumentId) -> Value {
    let month = |first: &str, second: &str| {
        json!({"mode": "period", "month": {
            "price": {"quantities": {"users": {"model": "tiered", "tiers": [
                {"from": 1, "to": 10, "unit_price": first}, {"from": 11, "unit_price": second}]}}},
            "periods_max": 36, "discounts": [{"periods_min": 12, "basis_points": 1000}]}})
    };
    json!({
        "access_type": "license",
        "name": {"en": "Log Lens", "zh": "日志透镜"},
        "summary": {"en": "Finds the line that matters.", "zh": "找到关键的那一行。"},
        "description": {
            "en": "Log Lens reads the logs of all your servers and finds the line that matters. ".repeat(8),
            "zh": "日志透镜读取所有服务器的日志，找到真正重要的那一行。".repeat(20),
        },
        "version": "V2.1",
        "categories": ["developer-tools", "security"],
        "support": {
            "hours": {"en": "Monday to Friday, 9:00 to 18:00", "zh": "周一至周五 9:00–18:00"},
            "content": {"en": "Installation, upgrades, faults", "zh": "安装、升级、故障处理"},
            "hotline": "400-820-8820",
            "email": "support@cloudco.example",
        },
        "agreement": agreement.to_string(),
        "delivery_days": 0,
        "currency": "CNY",
        "specs": [{
            "code": "server",
            "name": {"en": "Server installation", "zh": "服务器部署"},
            "billing_mode": "period",
            "attributes": [
                {"kind": "enum", "code": "edition", "name": {"en": "Edition", "zh": "版本"}, "values": [
                    {"code": "standard", "name": {"en": "Standard", "zh": "标准版"}},
                    {"code": "pro", "name": {"en": "Professional", "zh": "专业版"}}]},
                {"kind": "quantity", "code": "users", "name": {"en": "Users", "zh": "用户数"},
                 "unit": {"en": "users", "zh": "用户"}, "unit_one": "user", "min": 1, "max": 1000, "step": 1},
            ],
            "skus": [
                {"values": {"edition": "standard"}, "billing": month("30.00", "25.00")},
                {"values": {"edition": "pro"}, "billing": month("60.00", "50.00")},
            ],
        }],
    })
}
