//! `kontor demo`: a marketplace with a year behind it, made by the real use cases under a turned clock.
//!
//! Who acts and what they say is drawn from a seed; when the clock has come to the present, the same database is opened
//! on the system's clock and served.

mod album;
mod cast;
mod content;
mod cores;
mod kinds;
mod offers;
mod pictures;
mod said;
mod scenes;
mod shelf;
mod shops;
mod system;
mod trade;
mod used;
mod window;
mod world;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    path::{Path, PathBuf},
};

use accounts::StaffRole;
use anyhow::{Context, bail};
use kernel::{
    Timestamp,
    time::{DAY, HOUR, MINUTE},
};
use platform::{
    Clock, Config, Db,
    config::{Environment, LimitSettings, Passwords},
};
use rand::{SeedableRng, rngs::StdRng};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Kontor, stage::client::Client};
use album::Album;
use content::Content;
pub use cores::on_one_core;
use scenes::Scene;
use shops::{Shelved, Shop};
use system::System;
pub use system::open as open_systems;
use trade::{Buyer, Used};
use world::World;

/// How much of a marketplace is made.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub days: i64,
    pub sellers: usize,
    pub products_each: usize,
    pub buyers: usize,
    /// Thousandths of an order on the first day, and what the last day has more.
    orders_first: i64,
    orders_last: i64,
    /// Micros from one seller to the next, and from one product of a seller to the next.
    between_shops: i64,
    between_products: i64,
}

impl Size {
    /// A year with twelve sellers and ninety products.
    pub const FULL: Self = Self {
        days: 365,
        sellers: 12,
        products_each: 100,
        buyers: cast::CUSTOMERS.len(),
        orders_first: 900,
        orders_last: 4_600,
        between_shops: 13 * DAY,
        between_products: 9 * DAY,
    };

    /// Six weeks with three sellers and nine products, for tests.
    pub const SMALL: Self = Self {
        days: 45,
        sellers: 3,
        products_each: 3,
        buyers: cast::FEW,
        orders_first: 500,
        orders_last: 900,
        between_shops: 2 * HOUR,
        between_products: 3 * HOUR,
    };
}

/// Somebody who can sign in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Login {
    pub email: String,
    pub password: String,
    pub name: String,
}

/// Everybody whose login is told, as it stands in `demo.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Logins {
    pub operator: Login,
    /// The seller and the buyer who have something of everything.
    pub seller: Login,
    pub buyer: Login,
    pub sellers: Vec<Login>,
    pub buyers: Vec<Login>,
    /// Where the system of the first seller answers.
    #[serde(default)]
    pub system: Option<SocketAddr>,
}

/// Logins that are told of sellers, and as many of buyers.
const LOGINS: usize = 3;

const OPERATOR_EMAIL: &str = "operator@kontor.example";
const SEED: u64 = 20;

impl Logins {
    /// What an earlier run has left in a data folder.
    pub fn read(data: &Path) -> anyhow::Result<Option<Self>> {
        match std::fs::read(file(data)) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn file(data: &Path) -> PathBuf {
    data.join("demo.json")
}

/// What somebody does at a moment of the demo's past.
enum Act {
    OpenShop { seller: usize },
    VerifyShop { seller: usize, verification: String },
    RefuseShop { seller: usize, application: Value },
    MendShop { seller: usize },
    AdmitShop { seller: usize, application: Value },
    CertifyShop { seller: usize, certification: Value },
    Write { product: usize },
    SendBack { product: usize, revision: Value },
    Mend { product: usize },
    Approve { product: usize, revision: Value },
    Arrive { buyer: usize },
    WelcomeBuyer { buyer: usize, verification: String },
    Confirm { buyer: usize, top_up: String, minor: i64 },
    Trade,
    Pay { buyer: usize, order: String, total: i64, product: usize },
    Return { buyer: usize, order: String },
    Activate { buyer: usize, shop: usize, order: String, beats: u32 },
    Beat { licence: usize },
    Say { buyer: usize, product: usize, seed: usize },
    Answer { product: usize, review: String, seed: usize },
    Play(Scene),
    Arrange,
    KeepHouse,
}

/// What was made.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counted {
    pub sellers: usize,
    pub products: usize,
    pub categories: usize,
    pub buyers: usize,
    pub orders: u32,
    pub refunds: u32,
}

struct Demo {
    world: World,
    content: Content,
    /// The first seller's own.
    system: Option<System>,
    /// The SKU of what runs there.
    hosted: Option<String>,
    /// Its edition that is paid by volume.
    by_use: Option<String>,
    /// A package of that use.
    parcel: Option<String>,
    size: Size,
    /// By their place in the content.
    shops: BTreeMap<usize, Shop>,
    drafts: BTreeMap<usize, String>,
    album: Album,
    shelf: Vec<Shelved>,
    buyers: BTreeMap<usize, Buyer>,
    used: Vec<Used>,
    /// How many reviews each product has.
    said: BTreeMap<usize, usize>,
    transfers: u32,
    counted: Counted,
    /// By moment, and in the order in which they were planned.
    agenda: BTreeMap<(Timestamp, u64), Act>,
    planned: u64,
}

/// Makes the marketplace where the settings say. There must be none yet.
pub async fn build(config: &Config, size: Size) -> anyhow::Result<(Logins, Counted)> {
    // A year is a long way; it is walked off the stack of whoever asked for it.
    Box::pin(walk(config, size)).await
}

async fn walk(config: &Config, size: Size) -> anyhow::Result<(Logins, Counted)> {
    if config.environment == Environment::Production {
        bail!("a demo is made in development only; its passwords are printed");
    }
    let end = Clock::System.now();
    let start = end.plus_days(-size.days);
    let start = start.plus_micros(-(start.as_micros() % DAY));
    let clock = Clock::turned(start);
    let db = open(config).await?;
    let plenty = 1_000_000_000;
    let limits =
        LimitSettings { requests_per_second: plenty, burst: plenty, sign_ins_per_minute: plenty, ..config.limits };
    let careful = Config { limits, s3: None, ..system::opened(config) };
    let system = System::start(clock.clone(), &config.data, None).await?;
    // What nobody can sign in with needs no expensive hash.
    let quick = Config { passwords: Passwords { memory_kib: 8, passes: 1 }, ..careful.clone() };
    // Nobody outside hears of a year that never was.
    let careful = Kontor::unheard(careful, db.clone(), clock.clone())?;
    let kontor = Kontor::unheard(quick, db, clock)?;
    kontor.prepare().await?;
    careful.accounts.create_operator(OPERATOR_EMAIL, world::PASSWORD, StaffRole::Admin).await?;
    let careful = Client::Here(crate::server::router(&careful, None));
    let world = World::new(kontor, careful, StdRng::seed_from_u64(SEED), end);
    let content = Content::read()?.first(size.sellers, size.products_each);
    let mut demo = Demo {
        world,
        content,
        system: Some(system),
        hosted: None,
        by_use: None,
        parcel: None,
        size,
        shops: BTreeMap::new(),
        drafts: BTreeMap::new(),
        album: Album::default(),
        shelf: Vec::new(),
        buyers: BTreeMap::new(),
        used: Vec::new(),
        said: BTreeMap::new(),
        transfers: 0,
        counted: Counted::default(),
        agenda: BTreeMap::new(),
        planned: 0,
    };
    demo.play(start).await?;
    let made = demo.close(&config.data).await?;
    Ok((made, demo.counted))
}

/// An empty folder and an empty database; nothing waits for the disk while it is filled.
async fn open(config: &Config) -> anyhow::Result<Db> {
    let data = &config.data;
    let taken =
        || anyhow::anyhow!("there is something in {} already; name an empty folder with --data", data.display());
    if data.exists() && std::fs::read_dir(data).map_err(|_| taken())?.next().is_some() {
        return Err(taken());
    }
    std::fs::create_dir_all(data).with_context(|| format!("cannot make {}", data.display()))?;
    let Some(url) = &config.database_url else {
        return Ok(Db::sqlite_scratch(&data.join("kontor.db"), config.database_connections).await?);
    };
    let db = Db::postgres(url, config.database_connections).await?;
    if !db.is_empty().await? {
        bail!("there are tables in this database already; name an empty one with --database-url");
    }
    Ok(db)
}

impl Demo {
    fn plan(&mut self, at: Timestamp, act: Act) {
        self.planned += 1;
        self.agenda.insert((at, self.planned), act);
    }

    async fn play(&mut self, start: Timestamp) -> anyhow::Result<()> {
        self.world.open_desks().await?;
        self.world.publish_rules().await?;
        for (seller, place) in (0..self.content.sellers.len()).zip(0_i64..) {
            self.plan(start.plus_micros(HOUR + place * self.size.between_shops), Act::OpenShop { seller });
        }
        self.plan_arrivals(start);
        self.plan_trade(start);
        self.plan_scenes();
        self.plan(self.world.before_end(2, 0), Act::Arrange);
        for week in 0..self.size.days / 7 {
            self.plan(start.plus_micros(week * 7 * DAY + 20 * HOUR), Act::KeepHouse);
        }
        // A moment is left for what follows from the last act.
        let last = self.world.end.plus_micros(-2 * MINUTE);
        while let Some(((at, number), act)) = self.agenda.pop_first() {
            if at > last {
                break;
            }
            self.world.turn_to(at).await?;
            let name = act.name();
            self.act(act).await.with_context(|| format!("act {number}, {name}, at {at}"))?;
        }
        let end = self.world.end;
        self.world.turn_to(end).await
    }

    async fn act(&mut self, act: Act) -> anyhow::Result<()> {
        match act {
            Act::OpenShop { seller } => self.open_shop(seller).await,
            Act::VerifyShop { seller, verification } => self.verify_shop(seller, &verification).await,
            Act::RefuseShop { seller, application } => self.refuse_shop(seller, &application).await,
            Act::MendShop { seller } => self.mend_shop(seller).await,
            Act::AdmitShop { seller, application } => self.admit_shop(seller, &application).await,
            Act::CertifyShop { seller, certification } => self.certify_shop(seller, &certification).await,
            Act::Write { product } => self.write(product).await,
            Act::SendBack { product, revision } => self.send_back(product, &revision).await,
            Act::Mend { product } => self.mend(product).await,
            Act::Approve { product, revision } => self.approve(product, &revision).await,
            Act::Arrive { buyer } => self.arrive(buyer).await,
            Act::WelcomeBuyer { buyer, verification } => self.welcome(buyer, &verification).await,
            Act::Confirm { buyer, top_up, minor } => self.confirm(buyer, &top_up, minor).await,
            Act::Trade => self.trade().await,
            Act::Pay { buyer, order, total, product } => self.pay(buyer, order, total, product).await,
            Act::Return { buyer, order } => self.send_home(buyer, &order).await,
            Act::Activate { buyer, shop, order, beats } => self.activate(buyer, shop, &order, beats).await,
            Act::Beat { licence } => self.report(licence, "heartbeat").await,
            Act::Say { buyer, product, seed } => self.say(buyer, product, seed).await,
            Act::Answer { product, review, seed } => self.answer(product, &review, seed).await,
            Act::Play(scene) => Box::pin(self.scene(scene)).await,
            Act::Arrange => self.arrange().await,
            Act::KeepHouse => {
                self.album.settle().await?;
                self.world.keep_house().await
            }
        }
    }

    /// Ends the past: what was needed to make it goes, and who can sign in is written down.
    async fn close(&mut self, data: &Path) -> anyhow::Result<Logins> {
        let sellers = (0..LOGINS).map(|at| Ok(self.shop(at)?.person.clone())).collect::<anyhow::Result<Vec<_>>>()?;
        let buyers: Vec<_> = self.buyers.values().take(LOGINS).map(|buyer| buyer.person.clone()).collect();
        for person in sellers.iter().chain(&buyers) {
            self.world.forget_token(person).await?;
        }
        self.world.kontor.run_due_jobs().await?;
        self.album.settle().await?;
        self.world.keep_house().await?;
        // The first visitor finds everything.
        self.world.kontor.catalogue.catch_up().await?;
        let categories: BTreeSet<&String> =
            self.content.products[..self.content.sold].iter().flat_map(|offer| &offer.categories).collect();
        self.counted.categories = categories.len();
        self.counted.sellers = self.shops.len();
        self.counted.products += self.shelf.len();
        self.counted.buyers = self.buyers.len();
        self.world.kontor.app.db.close().await;
        let login = |email: &str, name: &str| Login {
            email: email.to_owned(),
            password: world::PASSWORD.to_owned(),
            name: name.to_owned(),
        };
        let of = |people: &[world::Person]| -> Vec<Login> {
            people.iter().map(|person| login(&person.email, &person.name)).collect()
        };
        let (sellers, buyers) = (of(&sellers), of(&buyers));
        let first = |people: &[Login]| people.first().cloned().context("somebody trades");
        let operator = login(OPERATOR_EMAIL, "Kontor");
        let system = self.system.take().map(|system| {
            system.stop();
            system.at
        });
        let made = Logins { operator, seller: first(&sellers)?, buyer: first(&buyers)?, sellers, buyers, system };
        std::fs::write(file(data), serde_json::to_vec_pretty(&made)?)?;
        Ok(made)
    }
}

impl Act {
    fn name(&self) -> &'static str {
        match self {
            Self::OpenShop { .. } => "open a shop",
            Self::VerifyShop { .. } => "verify a seller",
            Self::RefuseShop { .. } => "refuse a seller",
            Self::MendShop { .. } => "mend an application",
            Self::AdmitShop { .. } => "admit a seller",
            Self::CertifyShop { .. } => "certify a seller",
            Self::Write { .. } => "write a listing",
            Self::SendBack { .. } => "send a listing back",
            Self::Mend { .. } => "mend a listing",
            Self::Approve { .. } => "approve a listing",
            Self::Arrive { .. } => "open a buyer's account",
            Self::WelcomeBuyer { .. } => "verify a buyer",
            Self::Confirm { .. } => "confirm a transfer",
            Self::Trade => "buy",
            Self::Pay { .. } => "pay",
            Self::Return { .. } => "return",
            Self::Activate { .. } => "activate",
            Self::Beat { .. } => "be seen",
            Self::Say { .. } => "write a review",
            Self::Answer { .. } => "answer a review",
            Self::Play(_) => "a scene",
            Self::Arrange => "arrange the shop window",
            Self::KeepHouse => "keep house",
        }
    }
}
