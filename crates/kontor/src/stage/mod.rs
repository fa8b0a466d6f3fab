//! A stage: a marketplace of its own with people on it, made by the real use cases. The simulation, the benchmarks and the
//! tests play on it.

pub mod client;
mod people;
pub mod signer;

use std::path::PathBuf;

use accounts::{Member, StaffRole};
use anyhow::{Context, bail};
use kernel::Timestamp;
use platform::{
    Clock, Config, Db,
    config::{LimitSettings, OutgoingSettings, Passwords},
};

use crate::Kontor;
use client::Client;

pub use people::{Ground, People, Person, Product, by_use, listing, package, trials};

/// A marketplace in a scratch folder or a scratch schema, which is removed when it closes.
pub struct Stage {
    pub kontor: Kontor,
    pub people: People,
    folder: PathBuf,
    schema: Option<(String, String)>,
}

/// Where the turned clock of a stage begins.
pub const OPENING: &str = "2026-03-02T01:00:00Z";

const STAFF_EMAIL: &str = "ops@site.example";
const STAFF_PASSWORD: &str = "a stage needs an operator";

impl Stage {
    /// On the system's clock.
    pub async fn open(database_url: Option<&str>, name: &str) -> anyhow::Result<Self> {
        Self::on_clock(database_url, name, Clock::System).await
    }

    /// On a clock that stands still until it is turned.
    pub async fn turned(database_url: Option<&str>, name: &str) -> anyhow::Result<Self> {
        let opening: Timestamp = OPENING.parse()?;
        Self::on_clock(database_url, name, Clock::turned(opening)).await
    }

    async fn on_clock(database_url: Option<&str>, name: &str, clock: Clock) -> anyhow::Result<Self> {
        let unique = format!("{name}_{}_{:08x}", std::process::id(), rand::random::<u32>());
        let folder = std::env::temp_dir().join(format!("kontor_{unique}"));
        std::fs::create_dir_all(&folder)?;
        let config = Config { data: folder.clone(), ..Self::config() };
        let (db, schema) = match database_url {
            Some(url) => {
                let schema = format!("kontor_{unique}");
                (Db::scratch(url, &schema, config.database_connections).await?, Some((url.to_owned(), schema)))
            }
            None if matches!(clock, Clock::System) => {
                (Db::sqlite(&folder.join("kontor.db"), config.database_connections).await?, None)
            }
            // Where the clock is turned, nobody measures the disk.
            None => (Db::sqlite_scratch(&folder.join("kontor.db"), config.database_connections).await?, None),
        };
        let kontor = Kontor::with(config, db, clock)?;
        kontor.prepare().await?;
        kontor.accounts.create_operator(STAFF_EMAIL, STAFF_PASSWORD, StaffRole::Admin).await?;
        let client = Client::Here(crate::server::router(&kontor, None));
        let people = People::new(client, STAFF_EMAIL, STAFF_PASSWORD);
        Ok(Self { kontor, people, folder, schema })
    }

    /// The process ends and starts again: all that it held in memory is gone, all that it had committed is there.
    /// `change` puts faults into the new one.
    pub fn restart(&mut self, change: impl FnOnce(Kontor) -> Kontor) -> anyhow::Result<()> {
        let app = &self.kontor.app;
        let fresh = Kontor::with(app.config.clone(), app.db.clone(), app.clock.clone())?;
        self.kontor = change(fresh);
        self.people = self.people.over(Client::Here(crate::server::router(&self.kontor, None)));
        Ok(())
    }

    /// Settings under which nobody has to wait: cheap hashes, no limits.
    pub fn config() -> Config {
        let plenty = 1_000_000;
        let limits = LimitSettings {
            requests_per_second: plenty,
            burst: plenty,
            sign_ins_per_minute: plenty,
            ..LimitSettings::default()
        };
        // Sellers' systems on a stage run on this machine.
        let outgoing = OutgoingSettings { networks: vec!["127.0.0.0/8".to_owned()], ..OutgoingSettings::default() };
        Config { limits, outgoing, passwords: Passwords { memory_kib: 8, passes: 1 }, ..Config::default() }
    }

    /// Where it stands in a PostgreSQL database.
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_ref().map(|(_, schema)| schema.as_str())
    }

    /// The capability of a person, as authentication makes it.
    pub async fn member(&self, person: &Person) -> anyhow::Result<Member> {
        Ok(self.kontor.accounts.member_by_token(&person.token).await?)
    }

    /// Everything that must always hold, after all that is due has been done.
    pub async fn check(&self) -> anyhow::Result<()> {
        self.kontor.ledger.seal_pending().await?;
        match self.kontor.audit().await? {
            Ok(_) => Ok(()),
            Err(difference) => bail!("the books are not in order: {difference}"),
        }
    }

    /// Removes all that the stage has made.
    pub async fn close(&self) -> anyhow::Result<()> {
        self.kontor.app.db.close().await;
        // A thread of the search index may be putting its last file there while the folder is removed.
        let removed = (0..5).map(|_| std::fs::remove_dir_all(&self.folder)).find(|removed| {
            !removed.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::DirectoryNotEmpty)
        });
        let removed = removed.unwrap_or_else(|| std::fs::remove_dir_all(&self.folder));
        removed.with_context(|| format!("cannot remove {}", self.folder.display()))?;
        if let Some((url, schema)) = &self.schema {
            Db::drop_scratch(url, schema).await?;
        }
        Ok(())
    }
}
