//! A site of its own for each story: a reviewer, verified companies, and what follows from events.

use std::{net::SocketAddr, sync::Arc};

use accounts::{Accounts, Buyer, CustomerKind, Identity, Member, Operator, Registration, SignIn, StaffRole, Verdict};
use axum::{extract::ConnectInfo, http::Request};
use documents::{Documents, Purpose, Upload};
use kernel::{Error, Event, Result, id::DocumentId, text::Lang};
use messages::Messages;
use platform::{
    App, Clock, Config, Db, Means, Tx, Vault,
    blobs::Blobs,
    config::Environment,
    http::limit::Limits,
    jobs::{self, Lane},
    mail::Outbox,
};
use policy::Policies;

use crate::{Accepted, BusinessInformation, Form, Reason, Sellers, TaxpayerIdentity, agreement_hash};

const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "platform", include_str!("../../../../migrations/0001_platform.sql")),
    (2, "policy", include_str!("../../../../migrations/0002_policy.sql")),
    (3, "ledger", include_str!("../../../../migrations/0003_ledger.sql")),
    (4, "accounts", include_str!("../../../../migrations/0004_accounts.sql")),
    (5, "messages", include_str!("../../../../migrations/0005_messages.sql")),
    (6, "documents", include_str!("../../../../migrations/0006_documents.sql")),
    (7, "sellers", include_str!("../../../../migrations/0007_sellers.sql")),
    (26, "documents_content", include_str!("../../../../migrations/0026_documents_content.sql")),
];

pub(super) const COMPANY: &str = "Cloudco Software Ltd.";
const PASSWORD: &str = "a long enough password";

pub(super) struct World {
    pub(super) sellers: Sellers,
    pub(super) operator: Operator,
    _folder: tempfile::TempDir,
}

impl World {
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::sqlite(&folder.path().join("kontor.db"), 4).await.unwrap();
        db.migrate(MIGRATIONS).await.unwrap();
        let mut config = Config::default();
        config.passwords.memory_kib = 8;
        config.passwords.passes = 1;
        let app = App::new(Means {
            db,
            clock: Clock::turned("2026-11-23T02:00:00Z".parse().unwrap()),
            limits: Limits::new(config.limits),
            config,
            vault: Vault::new([7; 32]),
            blobs: Blobs::folder(&folder.path().join("blobs")).unwrap(),
            mail: Outbox::new(None, None, folder.path().join("mail"), Environment::Development).unwrap(),
        });
        let policies = Policies::new(app.clone());
        policies.ensure(None).await.unwrap();
        let accounts = Accounts::new(app.clone(), policies.clone())
            // Documents are not what is tried here: every account owns every one of them.
            .with_documents(Arc::new(|_, _| Box::pin(async { Ok(true) })));
        let messages = Messages::new(app.clone(), accounts.clone());
        let documents = Documents::new(app.clone(), accounts.clone());
        accounts.create_operator("reviewer@kontor.example", PASSWORD, StaffRole::Reviewer).await.unwrap();
        let member = member(&accounts, "reviewer@kontor.example").await;
        let operator = Operator::try_from(member).unwrap();
        Self { sellers: Sellers::new(app, (policies, accounts, messages), documents), operator, _folder: folder }
    }

    pub(super) async fn tries<T>(&self, change: impl AsyncFnOnce(&mut Tx) -> Result<T>) -> Result<T> {
        let mut tx = self.sellers.app.db.begin().await?;
        let done = change(&mut tx).await?;
        tx.commit().await?;
        Ok(done)
    }

    pub(super) async fn does<T>(&self, change: impl AsyncFnOnce(&mut Tx) -> Result<T>) -> T {
        self.tries(change).await.unwrap()
    }

    /// The code of the refusal that a change meets.
    pub(super) async fn refuses<T: std::fmt::Debug>(
        &self,
        change: impl AsyncFnOnce(&mut Tx) -> Result<T>,
    ) -> &'static str {
        code(self.tries(change).await)
    }

    /// An enterprise that has passed real-name verification, with its licence.
    pub(super) async fn company(&self, email: &str) -> (Buyer, DocumentId) {
        let accounts = &self.sellers.accounts;
        let registration = Registration {
            kind: CustomerKind::Enterprise,
            name: "Cloudco".to_owned(),
            slug: None,
            email: email.to_owned(),
            password: PASSWORD.to_owned(),
            mobile: None,
            lang: Lang::En,
        };
        let checked = accounts.check_registration(&registration).await.unwrap();
        self.does(async |tx| accounts.register(tx, &checked).await).await;
        let buyer = Buyer::try_from(member(accounts, email).await).unwrap();
        let upload = Upload {
            name: "licence.pdf",
            purpose: Purpose::BusinessLicence,
            content_type: "application/pdf",
            content: "JVBERi0xLjcK",
        };
        let document = self.sellers.documents.receive(&buyer, &upload).await.unwrap();
        self.does(async |tx| self.sellers.documents.keep(tx, &document).await).await;
        assert_eq!(self.sellers.documents.content(&document).await.unwrap(), b"%PDF-1.7\n");
        let identity = Identity {
            kind: CustomerKind::Enterprise,
            name: COMPANY.to_owned(),
            country: "CN".to_owned(),
            number: "91310115MA1K35XX7Q".to_owned(),
            representative: Some("Li Na".to_owned()),
            documents: vec![document.id],
        };
        self.does(async |tx| {
            let verification = accounts.submit_verification(tx, &buyer, &identity).await?;
            accounts.decide_verification(tx, &self.operator, verification.id, (Verdict::Approve, "")).await
        })
        .await;
        (buyer, document.id)
    }

    pub(super) async fn accepted(&self) -> Accepted {
        let policy = self.sellers.policies.current().await.unwrap();
        let agreement = &policy.sellers.agreement;
        Accepted { version: agreement.version.clone(), sha256: agreement_hash(agreement) }
    }

    /// Runs what follows from all events so far and counts how many were ours.
    pub(super) async fn reacts(&self) -> usize {
        let now = self.sellers.app.clock.now();
        let mut ours = 0;
        loop {
            let mut jobs = jobs::claim(&self.sellers.app.db, now, Lane::Inside, 50).await.unwrap();
            jobs.extend(jobs::claim(&self.sellers.app.db, now, Lane::Outside, 50).await.unwrap());
            if jobs.is_empty() {
                return ours;
            }
            for job in jobs {
                self.does(async |tx| {
                    ours += usize::from(react(&self.sellers, tx, &job.event().unwrap()).await?);
                    jobs::finish(tx, &job).await
                })
                .await;
            }
        }
    }
}

/// Does what follows from an event; false: it is not ours.
async fn react(sellers: &Sellers, tx: &mut Tx, event: &Event) -> Result<bool> {
    if let Event::SellerApplied { application } = event {
        sellers.on_applied(tx, *application).await?;
    } else if let Event::SellerApplicationDecided { application } = event {
        sellers.on_application_decided(tx, *application).await?;
    } else if let Event::SellerChangeSubmitted { change } = event {
        sellers.on_change_submitted(tx, *change).await?;
    } else if let Event::SellerChangeDecided { change } = event {
        sellers.on_change_decided(tx, *change).await?;
    } else if let Event::BusinessInformationSubmitted { certification } = event {
        sellers.on_business_information_submitted(tx, *certification).await?;
    } else if let Event::BusinessInformationDecided { certification } = event {
        sellers.on_business_information_decided(tx, *certification).await?;
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// Signs in and asks as a request from a known address would.
pub(super) async fn member(accounts: &Accounts, login: &str) -> Member {
    let given = SignIn { account: None, login: login.to_owned(), password: PASSWORD.to_owned(), totp: None };
    let signed_in = accounts.sign_in(&given, "203.0.113.7").await.unwrap();
    let address = ConnectInfo(SocketAddr::from(([203, 0, 113, 7], 40_000)));
    let bearer = format!("Bearer {}", signed_in.token);
    let request = Request::builder().header("authorization", bearer).extension(address).body(()).unwrap();
    let mut parts = request.into_parts().0;
    accounts.authenticate(&mut parts).await.unwrap_or_else(|refused| panic!("{}", refused.text(Lang::En)))
}

pub(super) fn form(licence: DocumentId) -> Form {
    let text = |text: &str| Some(text.to_owned());
    Form {
        company_name: text(COMPANY),
        registration_number: text("91310115MA1K35XX7Q"),
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

pub(super) fn business(account_holder: &str) -> BusinessInformation {
    BusinessInformation {
        entity: "CN1".to_owned(),
        regions: vec!["CN".to_owned()],
        account_holder: account_holder.to_owned(),
        bank: "Bank of Shanghai".to_owned(),
        account_number: "1001 2345 6789".to_owned(),
        taxpayer_identity: TaxpayerIdentity::General,
        taxpayer_number: "91310115MA1K35XX7Q".to_owned(),
    }
}

pub(super) fn code<T: std::fmt::Debug>(refused: Result<T>) -> &'static str {
    let error = refused.unwrap_err();
    if let Error::NotFound(_) = error { "not_found" } else { error.refusal_code().unwrap_or("fault") }
}

pub(super) fn reasons(field: &str) -> Vec<Reason> {
    vec![Reason { field: field.to_owned(), message: "does not agree with the register".to_owned() }]
}
