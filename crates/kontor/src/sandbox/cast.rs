//! How a sandbox is made: the rules of its site, the seller with its system and its listings, two buyers with money.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Mutex,
};

use accounts::{Seller, StaffRole};
use axum::Router;
use base64::{Engine, prelude::BASE64_STANDARD};
use catalogue::ListingCopy;
use documents::Purpose;
use kernel::{Error, Localized, Result, id::AccountId};
use platform::{
    Clock, Config, Db,
    config::{Environment, LimitSettings, OutgoingSettings, Passwords},
};
use policy::Policy;
use production::{AddressCopy, Way};
use serde_json::{Value, json};

use super::{
    Room, Sandboxes,
    den::Folder,
    inside::{Actor, Inside, LeftOut, database},
    rules::{SandboxRefused, policy_inside},
};
use crate::{
    Kontor,
    stage::{Ground, People, Person, client::Client, client::text, listing},
};

/// More listings take longer to be taken over than anybody waits.
const LISTINGS_MAX: usize = 20;

/// A system that hangs holds a sandbox up no longer than this with each call.
const CALL_SECONDS_MAX: u32 = 5;

const STAFF_EMAIL: &str = "operator@sandbox.example";
/// What is on sale when nothing of the seller's can be.
const STANDARD: &str = "Sandbox Standard";
const STANDARD_ZH: &str = "沙箱标准商品";
pub(super) const BUYERS: [&str; 2] = ["Ada Buyer", "Ben Buyer"];

/// What is taken over from the site.
struct Given {
    /// By which its papers know the seller.
    name: String,
    rules: String,
    address: Option<AddressCopy>,
    listings: Vec<ListingCopy>,
}

impl Sandboxes {
    pub(super) async fn make(&self, room: &Room, seller: &Seller) -> Result<Inside> {
        let given = self.given(seller).await?;
        let folder = self.den.folder(room.id)?;
        let way = Way::new(self.app.clock.clone());
        let kontor = self.open(&folder, &given.rules, way.clone()).await?;
        let (people, router) = people(&kontor).await?;
        // Each has an address that is made from its name.
        let is_buyer = BUYERS.iter().any(|buyer| buyer.eq_ignore_ascii_case(given.name.trim()));
        let name = if is_buyer { format!("{} (seller)", given.name) } else { given.name.clone() };
        let person = people.seller(&name).await.map_err(|error| ours(&error))?;
        let mut inside = Inside {
            seller: actor(&person),
            buyers: Vec::new(),
            way,
            url: given.address.as_ref().map(|address| address.url().to_owned()),
            address: given.address.as_ref().map(AddressCopy::mark),
            left_out: Vec::new(),
            goal: Mutex::default(),
            ahead: Mutex::default(),
            router,
            folder,
            people,
            kontor,
        };
        if let Some(address) = &given.address {
            let mut tx = inside.kontor.app.db.begin().await?;
            let account: AccountId = person.account.parse().map_err(Error::fault)?;
            inside.kontor.production.take_over(&mut tx, account, address).await?;
            tx.commit().await?;
        }
        inside.take_listings(&person, &given).await?;
        for name in BUYERS {
            let buyer = inside.people.rich_buyer(name).await.map_err(|error| ours(&error))?;
            // A product may ask for a number to call.
            inside.people.has_mobile(&buyer, "13800138000").await.map_err(|error| ours(&error))?;
            inside.buyers.push(actor(&buyer));
        }
        inside.kontor.run_due_jobs().await?;
        Ok(inside)
    }

    /// What of the site and of the seller goes in.
    async fn given(&self, seller: &Seller) -> Result<Given> {
        let now = self.app.clock.now();
        let versions = self.policies.versions().await?;
        let holds = versions.into_iter().find(|version| version.effective_from <= now);
        let site = holds.map_or_else(|| policy::DEFAULT.to_owned(), |version| version.source.0.toml);
        let mut tx = self.app.db.read();
        let account = self.accounts.find(&mut tx, seller.account()).await?;
        Ok(Given {
            name: account.verified_name.unwrap_or(account.name),
            rules: policy_inside(&site).map_err(Error::fault)?,
            address: self.production.copied_address(&mut tx, seller).await?,
            listings: self.catalogue.copied_listings(&mut tx, seller, usize::MAX).await?,
        })
    }

    async fn open(&self, folder: &Folder, rules: &str, way: Way) -> Result<Kontor> {
        let (site, megabytes_max) = (&self.app.config, self.rules().await?.megabytes_max);
        let file = folder.path().join("policy.toml");
        std::fs::write(&file, rules).map_err(Error::fault)?;
        let plenty = 1_000_000;
        let limits = LimitSettings {
            requests_per_second: plenty,
            burst: plenty,
            sign_ins_per_minute: plenty,
            ..LimitSettings::default()
        };
        let timeout_seconds = site.outgoing.timeout_seconds.min(CALL_SECONDS_MAX);
        let config = Config {
            environment: Environment::Development,
            data: folder.path().to_owned(),
            database_connections: 2,
            master_key: Some(BASE64_STANDARD.encode(rand::random::<[u8; 32]>())),
            policy: Some(file),
            limits,
            // What the site may not reach, a sandbox may not reach.
            outgoing: OutgoingSettings { timeout_seconds, ..site.outgoing.clone() },
            passwords: Passwords { memory_kib: 8, passes: 1 },
            ..Config::default()
        };
        // Nothing is begun from its limit on; what has begun may end.
        let db = Db::sqlite_small(&database(folder.path()), megabytes_max.saturating_mul(2)).await?;
        let kontor = Kontor::in_sandbox(config, db, Clock::turned(self.app.clock.now()), way)?;
        Box::pin(kontor.prepare()).await?;
        Ok(kontor)
    }
}

/// An operator who decides what there is to be decided, and the way to ask for it.
async fn people(kontor: &Kontor) -> Result<(People, Router)> {
    let password = format!("{:032x}", rand::random::<u128>());
    kontor.accounts.create_operator(STAFF_EMAIL, &password, StaffRole::Admin).await?;
    let policy = kontor.policies.current().await?;
    let router = crate::server::router(kontor, None);
    let people = People::new(Client::Here(router.clone()), STAFF_EMAIL, &password).on(ground(&policy));
    Ok((people, router))
}

fn ground(policy: &Policy) -> Ground {
    let Some(entity) = policy.contracting_entities.first() else { return Ground::default() };
    Ground {
        entity: entity.code.clone(),
        region: entity.regions.first().cloned().unwrap_or_default(),
        currency: entity.currency.to_string(),
    }
}

fn actor(person: &Person) -> Actor {
    Actor::new(person.account.clone(), person.name.clone(), person.token.clone())
}

/// What should have succeeded on any site.
fn ours(error: &anyhow::Error) -> Error {
    Error::fault(format!("a sandbox could not be made: {error:#}"))
}

impl Inside {
    /// Puts the seller's listings on sale; something small when none of them can be.
    async fn take_listings(&mut self, seller: &Person, given: &Given) -> Result<()> {
        let policy = self.kontor.policies.current().await?;
        let categories: Vec<String> =
            policy.catalogue.categories.iter().map(|category| category.code.clone()).collect();
        let mut papers = BTreeMap::new();
        let mut on_sale = 0;
        let beyond = given.listings.iter().skip(LISTINGS_MAX);
        let why = kernel::Refusal::text(&SandboxRefused::Listings(LISTINGS_MAX));
        self.left_out.extend(beyond.map(|copy| LeftOut { name: copy.name.clone(), why: why.clone() }));
        for copy in given.listings.iter().take(LISTINGS_MAX) {
            for purpose in copy.papers() {
                self.paper(seller, purpose, &mut papers).await?;
            }
            match self.put_on_sale(copy.with(&papers, &categories)).await {
                Ok(product) => {
                    on_sale += 1;
                    self.allow_changes(&product, copy).await?;
                }
                Err(Error::Refused(refusal)) => {
                    self.left_out.push(LeftOut { name: copy.name.clone(), why: refusal.text() });
                }
                Err(other) => return Err(other),
            }
        }
        if on_sale == 0 {
            let standard = self
                .standard(seller, given.address.is_some(), (&mut papers, categories.first().map_or("", String::as_str)))
                .await?;
            match self.put_on_sale(standard).await {
                Ok(product) => {
                    let path = format!("/api/v1/seller/products/{product}/changes");
                    let any = json!({ "specs": { "server": "any" } });
                    self.ask(&self.seller, "PUT", &path, Some(any)).await?;
                }
                // A site whose rules leave no room for it has a sandbox without it.
                Err(Error::Refused(refusal)) => {
                    let name = Localized::new(STANDARD, STANDARD_ZH);
                    self.left_out.push(LeftOut { name, why: refusal.text() });
                }
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    /// Something with users by the month and something that is paid once, delivered by the seller's system where there is one.
    async fn standard(
        &self,
        seller: &Person,
        has_system: bool,
        (papers, category): (&mut BTreeMap<Purpose, String>, &str),
    ) -> Result<Value> {
        for purpose in [Purpose::ServiceAgreement, Purpose::UserGuide, Purpose::SoftwareCopyright] {
            self.paper(seller, purpose, papers).await?;
        }
        let paper = |purpose| papers.get(&purpose).cloned().unwrap_or_default();
        let mut listing = listing(STANDARD, &paper(Purpose::ServiceAgreement));
        listing["name"]["zh"] = json!(STANDARD_ZH);
        listing["categories"] = json!([category]);
        listing["currency"] = json!(ground(&*self.kontor.policies.current().await?).currency);
        listing["user_guide"] = json!(paper(Purpose::UserGuide));
        if has_system {
            listing["access_type"] = json!("saas");
            let certificate = paper(Purpose::SoftwareCopyright);
            listing["copyright"] = json!({ "certificate": certificate, "software": STANDARD, "holder": seller.name });
        }
        Ok(listing)
    }

    /// A paper for each purpose is enough for all listings.
    async fn paper(&self, seller: &Person, purpose: Purpose, papers: &mut BTreeMap<Purpose, String>) -> Result<()> {
        if let Entry::Vacant(place) = papers.entry(purpose) {
            let paper = self.people.document(seller, purpose.as_str()).await;
            place.insert(paper.map_err(|error| ours(&error))?);
        }
        Ok(())
    }

    /// Writes a listing, submits and approves it. Gives the product.
    async fn put_on_sale(&self, listing: Value) -> Result<String> {
        let seller = &self.seller;
        let draft = self.ask(seller, "POST", "/api/v1/seller/products", Some(listing)).await?;
        let product = text(&draft, "id").map_err(|error| ours(&error))?.to_owned();
        let submit = format!("/api/v1/seller/products/{product}/revisions");
        let submitted = self.edit(seller, ("POST", &submit), &draft).await?;
        let revision = text(&submitted, "id").map_err(|error| ours(&error))?;
        self.decide(&format!("/api/v1/operator/revisions/{revision}/approval"), None).await?;
        Ok(product)
    }

    async fn allow_changes(&self, product: &str, copy: &ListingCopy) -> Result<()> {
        if copy.changes.is_empty() {
            return Ok(());
        }
        let path = format!("/api/v1/seller/products/{product}/changes");
        let wanted = json!({ "specs": copy.changes });
        match self.ask(&self.seller, "PUT", &path, Some(wanted)).await {
            // What was on sale may be written otherwise by now.
            Ok(_) | Err(Error::Refused(_)) => Ok(()),
            Err(other) => Err(other),
        }
    }
}
