//! The capabilities, each given what it may call.

use std::{path::Path, sync::Arc};

use accounts::Accounts;
use catalogue::Catalogue;
use changes::Changes;
use delivery::{Deliveries, Faults};
use documents::Documents;
use doors::Doors;
use insight::Insight;
use instances::Instances;
use kernel::{Error, Event, Result};
use ledger::Ledger;
use licensing::Licensing;
use messages::Messages;
use metering::Metering;
use offers::Offers;
use orders::Orders;
use payments::Payments;
use platform::{App, Clock, Config, Db, Means, Vault, blobs::Blobs, http::Routes, http::limit::Limits, mail::Outbox};
use policy::Policies;
use production::{Production, Way};
use quotations::PrivateOffers;
use refunds::Refunds;
use renewals::Renewals;
use reviews::Reviews;
use sellers::Sellers;

use crate::{
    audit::{self, Books},
    migrations::MIGRATIONS,
    operations::Operations,
    sandbox::Sandboxes,
};

/// One marketplace.
#[derive(Clone)]
pub struct Kontor {
    pub app: App,
    pub policies: Policies,
    pub ledger: Ledger,
    pub accounts: Accounts,
    pub messages: Messages,
    pub documents: Documents,
    pub sellers: Sellers,
    pub production: Production,
    pub catalogue: Catalogue,
    pub payments: Payments,
    pub offers: Offers,
    pub orders: Orders,
    pub private_offers: PrivateOffers,
    pub instances: Instances,
    pub licensing: Licensing,
    pub deliveries: Deliveries,
    pub metering: Metering,
    pub renewals: Renewals,
    pub changes: Changes,
    pub reviews: Reviews,
    pub refunds: Refunds,
    pub insight: Insight,
    pub doors: Doors,
    pub sandboxes: Sandboxes,
    pub(crate) job_faults: Option<JobFaults>,
}

/// Makes jobs fail after their effects and before their commit, for the simulation.
pub type JobFaults = Arc<dyn Fn(&Event) -> bool + Send + Sync>;

/// What a program says of something that is not known here is handed on to its seller's sandbox.
fn asking(sandboxes: &Sandboxes, doors: Doors, metering: &Metering) -> Doors {
    metering.ask_elsewhere(sandboxes.pushes());
    doors.with_elsewhere(sandboxes.orders())
}

impl Kontor {
    /// Opens what the settings name, on the system's clock. Brings neither schema nor rules up to date.
    pub async fn open(config: Config) -> Result<Self> {
        let db = open_database(&config).await?;
        Self::with(config, db, Clock::System)
    }

    /// The same over a database and a clock of the caller's.
    pub fn with(config: Config, db: Db, clock: Clock) -> Result<Self> {
        let mail =
            Outbox::new(config.mail.as_ref(), config.sms.as_ref(), config.data.join("outbox"), config.environment)?;
        Self::assemble(means(config, db, clock, mail)?, None)
    }

    /// The same, and nobody outside hears of what happens.
    pub(crate) fn unheard(config: Config, db: Db, clock: Clock) -> Result<Self> {
        Self::assemble(means(config, db, clock, Outbox::nowhere())?, None)
    }

    /// The same of a sandbox: what it sends to its seller's system leaves by a way of its own.
    pub(crate) fn in_sandbox(config: Config, db: Db, clock: Clock, way: Way) -> Result<Self> {
        Self::assemble(means(config, db, clock, Outbox::nowhere())?, Some(way))
    }

    fn assemble(app: App, way: Option<Way>) -> Result<Self> {
        let policies = Policies::new(app.clone());
        let ledger = Ledger::new(app.clone());
        let accounts = with_documents(&app, Accounts::new(app.clone(), policies.clone()));
        let messages = Messages::new(app.clone(), accounts.clone());
        let documents = Documents::new(app.clone(), accounts.clone());
        let sellers =
            Sellers::new(app.clone(), (policies.clone(), accounts.clone(), messages.clone()), documents.clone());
        let production = calling(&app, (accounts.clone(), messages.clone()), way)?;
        let common = (policies.clone(), accounts.clone(), messages.clone());
        let listed = (documents.clone(), sellers.clone(), production.clone());
        let catalogue = Catalogue::new(app.clone(), common.clone(), listed);
        let (p, a, m) = common.clone();
        let payments = Payments::new(app.clone(), p, ledger.clone(), a, m);
        let (p, a, m) = common.clone();
        let offers = Offers::new(app.clone(), p, a, m, catalogue.clone());
        let orders = Orders::new(app.clone(), common.clone(), (catalogue.clone(), payments.clone(), offers.clone()));
        let (p, a, m) = common.clone();
        let private_offers =
            PrivateOffers::new(app.clone(), (p, a, m), (documents.clone(), catalogue.clone(), orders.clone()));
        let (p, a, m) = common.clone();
        let instances = Instances::new(app.clone(), p, a, m);
        let (p, a, m) = common.clone();
        let licensing = Licensing::new(app.clone(), p, a, m, instances.clone());
        let given = (instances.clone(), licensing.clone());
        let deliveries =
            Deliveries::new(app.clone(), common.clone(), (orders.clone(), production.clone()), given.clone());
        let renewed = (licensing.clone(), deliveries.clone());
        let sold = (orders.clone(), private_offers.clone(), instances.clone());
        let renewals = Renewals::new(app.clone(), common.clone(), sold, renewed);
        let paid = (payments.clone(), orders.clone());
        let used = (instances.clone(), deliveries.clone());
        let metering = Metering::new(app.clone(), common.clone(), paid.clone(), used);
        let owned = (orders.clone(), instances.clone(), licensing.clone());
        let changes = Changes::new(app.clone(), common.clone(), owned, (deliveries.clone(), renewals.clone()));
        let used = (instances.clone(), metering.clone());
        let reviews = Reviews::new(app.clone(), common.clone(), (catalogue.clone(), orders.clone()), used);
        let told = (deliveries.clone(), metering.clone());
        let beside = (renewals.clone(), changes.clone(), reviews.clone());
        let refunds = Refunds::new(app.clone(), common, paid, (given, told), beside);
        let sold = (ledger.clone(), orders.clone(), payments.clone(), metering.clone());
        let gone_on = (deliveries.clone(), renewals.clone(), changes.clone());
        let books = Books::of(sold, gone_on, (refunds.clone(), private_offers.clone(), reviews.clone()));
        let insight = Insight::new(
            (app.clone(), policies.clone(), ledger.clone()),
            (accounts.clone(), messages.clone(), sellers.clone()),
            (catalogue.clone(), payments.clone(), renewals.clone()),
            deriving(&app, books),
        );
        let sold = (licensing.clone(), orders.clone(), instances.clone());
        let called = (production.clone(), metering.clone());
        let sandboxes =
            Sandboxes::new(app.clone(), (policies.clone(), accounts.clone()), (production.clone(), catalogue.clone()));
        let doors = asking(&sandboxes, Doors::new((app.clone(), accounts.clone()), sold, called), &metering);
        Ok(Self {
            app,
            policies,
            ledger,
            accounts,
            messages,
            documents,
            sellers,
            production,
            catalogue,
            payments,
            offers,
            orders,
            private_offers,
            instances,
            licensing,
            deliveries,
            metering,
            renewals,
            changes,
            reviews,
            refunds,
            insight,
            doors,
            sandboxes,
            job_faults: None,
        })
    }

    /// The same marketplace with deliveries that fail when `faults` says so.
    #[must_use]
    pub fn with_faults(mut self, faults: Faults) -> Self {
        self.deliveries = self.deliveries.with_faults(faults);
        self
    }

    /// The same marketplace with jobs that fail when `faults` says so.
    #[must_use]
    pub fn with_job_faults(mut self, faults: JobFaults) -> Self {
        self.job_faults = Some(faults);
        self
    }

    /// Brings the schema up to date and publishes the first rules of a new site.
    pub async fn prepare(&self) -> Result<()> {
        self.sandboxes.clear_left();
        self.app.db.migrate(MIGRATIONS).await?;
        self.app.vault.check(&self.app.db).await?;
        let configured =
            self.app.config.policy.as_ref().map(std::fs::read_to_string).transpose().map_err(Error::fault)?;
        self.policies.ensure(configured.as_deref()).await?;
        self.production.prepare().await?;
        self.catalogue.prepare().await
    }

    /// Every route of the marketplace.
    pub fn routes(&self) -> Routes {
        Operations::new(self)
            .routes()
            .and(self.accounts.routes())
            .and(self.messages.routes())
            .and(self.documents.routes())
            .and(self.sellers.routes())
            .and(self.production.routes())
            .and(self.catalogue.routes())
            .and(self.payments.routes())
            .and(self.offers.routes())
            .and(self.orders.routes())
            .and(self.private_offers.routes())
            .and(self.instances.routes())
            .and(self.licensing.routes())
            .and(self.deliveries.routes())
            .and(self.metering.routes())
            .and(self.renewals.routes())
            .and(self.changes.routes())
            .and(self.reviews.routes())
            .and(self.refunds.routes())
            .and(self.insight.routes())
            .and(self.doors.routes())
            .and(self.sandboxes.routes())
    }
}

/// The database that the settings name: PostgreSQL by address, or a SQLite file in the data folder.
pub async fn open_database(config: &Config) -> Result<Db> {
    if let Some(url) = &config.database_url {
        return Db::postgres(url, config.database_connections).await;
    }
    make_folder(&config.data)?;
    Db::sqlite(&config.data.join("kontor.db"), config.database_connections).await
}

/// How sellers' systems are called: straight from a site, by a way of its own from a sandbox.
fn calling(app: &App, told: (Accounts, Messages), way: Option<Way>) -> Result<Production> {
    match way {
        Some(way) => Production::sandboxed(app.clone(), told, way),
        None => Production::new(app.clone(), told),
    }
}

/// What derives the books again, for whoever looks at the invariants.
fn deriving(app: &App, books: Books) -> insight::Audit {
    let app = app.clone();
    Arc::new(move || {
        let (app, books) = (app.clone(), books.clone());
        Box::pin(async move { audit::derive(&app, &books).await })
    })
}

fn means(config: Config, db: Db, clock: Clock, mail: Outbox) -> Result<App> {
    make_folder(&config.data)?;
    let vault = match &config.master_key {
        Some(key) => Vault::from_base64(key, "master_key")?,
        None => Vault::open(&config.data.join("master.key"))?,
    };
    let blobs = match &config.s3 {
        Some(s3) => Blobs::s3(s3)?,
        None => Blobs::folder(&config.data.join("files"))?,
    };
    let limits = Limits::new(config.limits);
    Ok(App::new(Means { db, clock, config, vault, blobs, mail, limits }))
}

fn make_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(Error::fault)
}

/// Accounts that know which documents are theirs.
fn with_documents(app: &App, accounts: Accounts) -> Accounts {
    let shown = Documents::new(app.clone(), accounts.clone());
    accounts.with_documents(Arc::new(move |account, document| {
        let shown = shown.clone();
        Box::pin(async move {
            match shown.find_for(&mut shown.app.db.read(), account, document).await {
                Ok(_) => Ok(true),
                Err(Error::NotFound(_)) => Ok(false),
                Err(other) => Err(other),
            }
        })
    }))
}
