//! The command line.
//!
//! The tables of this crate are of the sandboxes: `sandbox` says where each runs, `sandbox_letter` is what processes ask each other of
//! them.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is the command line")]

use std::{ffi::OsString, net::SocketAddr, path::PathBuf, process::ExitCode};

use accounts::StaffRole;
use anyhow::{Context, anyhow, bail};
use clap::{Args, Parser, Subcommand};
use kontor::{
    Kontor, bench,
    demo::{self, Logins},
    kit,
    listings::{self, Site, Wish},
    server, simulate,
};
use platform::{
    Config,
    config::{self, Environment, explain},
    telemetry,
};
use tokio_util::sync::CancellationToken;

/// Kontor: the open trading post for software. A complete cloud marketplace in one binary.
///
/// Look around with `kontor demo`: within a quarter of a minute it makes a marketplace with a year behind it under ./kontor-demo,
/// serves it on 127.0.0.1:8080 and prints logins for an operator, sellers and buyers.
///
/// For real use, start with `kontor serve`: it makes a SQLite database, a folder for files and a master key under
/// ./kontor-data. Then `kontor admin create-operator` makes the first login.
///
/// Every setting can be given as a flag (the common ones below), as an environment variable (`KONTOR_LISTEN`,
/// `KONTOR_LOG__LEVEL`, …) or in a file (--config); flags win over variables, variables over the file.
#[derive(Parser)]
#[command(name = "kontor", version, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Make a marketplace with a year of trade behind it, serve it, and print who can sign in.
    ///
    /// Everything in it is made by the real use cases under a turned clock: sellers are admitted, products reviewed, orders
    /// paid, delivered and returned. The folder has to be empty; a second run with the same folder serves what is there.
    Demo {
        #[command(flatten)]
        settings: Settings,
        /// Where to listen [default: 127.0.0.1:8080]; port 0 takes a free one and prints it.
        #[arg(long, value_name = "ADDRESS")]
        listen: Option<String>,
        /// Six weeks with three sellers instead, in a moment; for tests.
        #[arg(long, hide = true)]
        small: bool,
    },
    /// Run the marketplace: API, workers and timers in one process.
    Serve {
        #[command(flatten)]
        settings: Settings,
        /// Where to listen [default: 127.0.0.1:8080]; port 0 takes a free one and prints it.
        #[arg(long, value_name = "ADDRESS")]
        listen: Option<String>,
    },
    /// Bring the database's schema up to date and publish the first rules of a new site.
    Migrate {
        #[command(flatten)]
        settings: Settings,
    },
    /// Tasks of the site's administrator.
    #[command(subcommand)]
    Admin(Admin),
    /// The search index of this folder: it is made from the database and can be made anew at any time.
    #[command(subcommand)]
    Search(Search),
    /// Derive balances, escrow and seals from the journals again; exit 1 and the exact place on any difference.
    Audit {
        #[command(flatten)]
        settings: Settings,
    },
    /// Measure a use case against its floor in the same run.
    Bench {
        #[command(flatten)]
        settings: Settings,
        /// What to measure: delivery, import, license, metering, orders, pages, quote, search or start.
        what: bench::What,
        /// Print one JSON object a line instead of a table.
        #[arg(long)]
        json: bool,
        /// Seconds that each measurement takes.
        #[arg(long, default_value_t = 5)]
        seconds: u32,
        /// How many products are searched.
        #[arg(long, default_value_t = 100_000)]
        products: u64,
    },
    /// Let random buyers, sellers and operators trade under a turned clock and check the invariants after each step.
    Simulate {
        #[command(flatten)]
        settings: Settings,
        /// The first seed; the same seed repeats the same run.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How many seeds, one after the other.
        #[arg(long, default_value_t = 1)]
        seeds: u64,
        /// Days that pass in each run.
        #[arg(long, default_value_t = 60)]
        days: u32,
    },
    /// Keep listings as files: export them, see what they would change, apply them to a running site.
    #[command(subcommand)]
    Catalogue(Catalogue),
    /// Run a small seller's system that answers the production interface as it should: to read, and to try a site with.
    SellerKit {
        /// Where it listens; its production address is /produce there.
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9090")]
        listen: SocketAddr,
        /// A key of its production address, or its secret of Standard Webhooks; given twice, both are accepted.
        #[arg(long, value_name = "KEY", required = true)]
        key: Vec<String>,
    },
    /// Print the OpenAPI 3.1 document of the API.
    Openapi,
    /// Print the built-in rules of a site, to start your own from.
    Policy,
}

#[derive(Subcommand)]
enum Search {
    /// Make the index anew while the present one answers. Every node that runs does it for itself; where none runs, it is
    /// done here.
    Rebuild {
        #[command(flatten)]
        settings: Settings,
    },
}

#[derive(Subcommand)]
enum Catalogue {
    /// Write every product of the account as a file, with the pictures and documents that it names.
    Export {
        #[command(flatten)]
        at: At,
        /// Replace files that differ from the site.
        #[arg(long)]
        overwrite: bool,
    },
    /// Show what the files would change, field by field, and which review that needs. Nothing is changed.
    ///
    /// Exit codes: 0 fine, 1 something is refused, 2 there are changes (with --detailed), 3 a product was changed on the
    /// site since its file was written.
    Plan {
        #[command(flatten)]
        at: At,
        /// For drafts: incomplete listings are fine and nothing is submitted.
        #[arg(long)]
        draft: bool,
        /// End with code 2 when there is something to apply.
        #[arg(long)]
        detailed: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Save the products as the files say and submit them for review.
    ///
    /// What is refused is named with file, line and field, and the others go on. A product that was changed on the site
    /// since stops everything before anything is changed. Exit codes as of plan.
    Apply {
        #[command(flatten)]
        at: At,
        /// Save drafts only; incomplete listings are fine and nothing is submitted.
        #[arg(long)]
        draft: bool,
        /// Write over what was changed on the site.
        #[arg(long)]
        overwrite: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Which files, and which site.
#[derive(Args)]
struct At {
    /// Where the site is, such as `https://market.example.com`.
    #[arg(long, value_name = "URL", env = "KONTOR_SITE")]
    site: String,
    /// A file that holds the API token; without it, the token is read from `KONTOR_TOKEN`.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The folder of the files.
    folder: PathBuf,
}

#[derive(Subcommand)]
enum Admin {
    /// Make a login for the operator's staff. The password is read from standard input.
    CreateOperator {
        #[command(flatten)]
        settings: Settings,
        #[arg(long)]
        email: String,
        /// admin, reviewer, finance or support.
        #[arg(long, default_value = "admin")]
        role: StaffRole,
    },
}

/// Where the marketplace is.
#[derive(Args)]
struct Settings {
    /// A settings file; see kontor.example.toml.
    #[arg(long, value_name = "FILE", env = "KONTOR_CONFIG")]
    config: Option<PathBuf>,
    /// The folder of the SQLite database, files and master key [default: ./kontor-data].
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// PostgreSQL instead of SQLite: `postgres://user:password@host/database`.
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
}

impl Settings {
    fn read(&self, listen: Option<&str>) -> anyhow::Result<Config> {
        let file = match &self.config {
            Some(path) => Some(
                std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read the settings file {}", path.display()))?,
            ),
            None => None,
        };
        let mut flags = toml::Table::new();
        if let Some(data) = &self.data {
            flags.insert("data".into(), data.display().to_string().into());
        }
        if let Some(url) = &self.database_url {
            flags.insert("database_url".into(), url.clone().into());
        }
        if let Some(listen) = listen {
            flags.insert("listen".into(), listen.into());
        }
        let readable =
            |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
        let environment = std::env::vars_os()
            .filter_map(readable)
            .filter(|(name, _)| name.starts_with("KONTOR_") && !config::is_ours_elsewhere(name));
        Config::from_layers(file.as_deref(), environment, flags)
            .map_err(|wrong| anyhow!("the settings cannot be used:\n{}", explain(&wrong.0)))
    }
}

fn main() -> ExitCode {
    match run(Cli::parse().verb) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("kontor: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(verb: Verb) -> anyhow::Result<ExitCode> {
    // One TLS provider for all connections to the outside, before the first of them.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        bail!("the TLS provider could not be installed");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match verb {
            Verb::Demo { settings, listen, small } => show(settings.read(listen.as_deref())?, small).await,
            Verb::Serve { settings, listen } => serve(&settings.read(listen.as_deref())?).await,
            Verb::Migrate { settings } => migrate(settings.read(None)?).await,
            Verb::Admin(Admin::CreateOperator { settings, email, role }) => {
                create_operator(settings.read(None)?, &email, role).await
            }
            Verb::Search(Search::Rebuild { settings }) => rebuild_search(settings.read(None)?).await,
            Verb::Audit { settings } => audit(settings.read(None)?).await,
            Verb::Bench { settings, what, json, seconds, products } => {
                let config = settings.read(None)?;
                let rows = bench::run(what, config.database_url.as_deref(), seconds, products).await?;
                print!("{}", bench::report(&rows, json));
                Ok(ExitCode::SUCCESS)
            }
            Verb::Simulate { settings, seed, seeds, days } => {
                simulate(settings.read(None)?.database_url.as_deref(), seed, seeds, days).await
            }
            Verb::Catalogue(verb) => catalogue(verb).await,
            Verb::SellerKit { listen, key } => kit::serve(listen, key).await.map(|()| ExitCode::SUCCESS),
            Verb::Openapi => openapi().await,
            Verb::Policy => {
                print!("{}", policy::DEFAULT);
                Ok(ExitCode::SUCCESS)
            }
        }
    })
}

/// Makes the demo's marketplace unless it is there, and serves it.
async fn show(mut config: Config, small: bool) -> anyhow::Result<ExitCode> {
    telemetry::start_logs(&config.log);
    if config.environment == Environment::Production {
        bail!("a demo is shown in development only; its passwords are printed");
    }
    if config.data == Config::default().data {
        config.data = PathBuf::from("./kontor-demo");
    }
    let logins = if let Some(logins) = Logins::read(&config.data)? {
        logins
    } else {
        let config = config.clone();
        demo::on_one_core(async move || make(&config, small).await).await?
    };
    println!("\n{}", table(&logins));
    serve(&demo::open_systems(&config, &logins).await).await
}

async fn make(config: &Config, small: bool) -> anyhow::Result<Logins> {
    println!("Making the demo under {}. 正在准备演示数据。", config.data.display());
    let begun = std::time::Instant::now();
    let size = if small { demo::Size::SMALL } else { demo::Size::FULL };
    let (logins, made) = demo::build(config, size).await?;
    println!(
        "{} sellers, {} products in {} categories, {} buyers, {} orders, {} returns, made in {} s.",
        made.sellers,
        made.products,
        made.categories,
        made.buyers,
        made.orders,
        made.refunds,
        begun.elapsed().as_secs()
    );
    Ok(logins)
}

/// Who can sign in, with the one password of all.
fn table(logins: &Logins) -> String {
    let mut lines = vec![format!("Sign in with the password 登录密码：{}", logins.operator.password)];
    let people = std::iter::once(("operator 运营", &logins.operator))
        .chain(logins.sellers.iter().map(|login| ("seller 商家", login)))
        .chain(logins.buyers.iter().map(|login| ("buyer 买家", login)));
    lines.extend(people.map(|(role, login)| {
        // A Chinese character is two columns wide.
        let pad = " ".repeat(16_usize.saturating_sub(role.chars().count() + 2));
        format!("  {role}{pad}{:<36}{}", login.email, login.name)
    }));
    lines.join("\n") + "\n"
}

async fn serve(config: &Config) -> anyhow::Result<ExitCode> {
    telemetry::start_logs(&config.log);
    let metrics = telemetry::start_metrics();
    let kontor = open(config.clone()).await?;
    let listener = tokio::net::TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}; choose another address with --listen", config.listen))?;
    let address = listener.local_addr()?;
    println!("Kontor listens on http://{address} ({}, {})", config.environment, kontor.app.db.engine().name());
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    server::serve(kontor, listener, metrics, stop).await.map_err(explained)?;
    Ok(ExitCode::SUCCESS)
}

async fn stop_on_signal(stop: CancellationToken) {
    use tokio::signal::unix::{SignalKind, signal};
    if let Ok(mut terminate) = signal(SignalKind::terminate()) {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        tracing::info!("stopping: finishing what was begun; a second signal ends at once");
        stop.cancel();
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        std::process::exit(1);
    }
}

async fn migrate(config: Config) -> anyhow::Result<ExitCode> {
    let kontor = open(config).await?;
    println!("The schema is up to date ({}).", kontor.app.db.engine().name());
    Ok(ExitCode::SUCCESS)
}

async fn create_operator(config: Config, email: &str, role: StaffRole) -> anyhow::Result<ExitCode> {
    let kontor = open(config).await?;
    let mut password = String::new();
    if std::io::IsTerminal::is_terminal(&std::io::stdin()) {
        eprintln!("Password for {email}:");
    }
    std::io::stdin().read_line(&mut password)?;
    let user = kontor
        .accounts
        .create_operator(email, password.trim_end_matches(['\r', '\n']), role)
        .await
        .map_err(explained)?;
    println!("Made {user}, {role}: sign in with {email}.");
    Ok(ExitCode::SUCCESS)
}

async fn rebuild_search(config: Config) -> anyhow::Result<ExitCode> {
    let kontor = open(config).await?;
    let mut tx = kontor.app.db.begin().await.map_err(explained)?;
    kontor.catalogue.ask_rebuild(&mut tx).await.map_err(explained)?;
    tx.commit().await.map_err(explained)?;
    let begun = std::time::Instant::now();
    match kontor.catalogue.catch_up().await.map_err(explained)? {
        0 => println!("Every running node makes its index anew; searches are answered from the present one meanwhile."),
        written => println!(
            "The index of this folder holds {written} products anew, after {:.1} s. Other nodes do the same for themselves.",
            begun.elapsed().as_secs_f64()
        ),
    }
    Ok(ExitCode::SUCCESS)
}

async fn audit(config: Config) -> anyhow::Result<ExitCode> {
    let file = config.data.join("kontor.db");
    if config.database_url.is_none() && !file.exists() {
        bail!("there is no marketplace at {}; name its folder with --data", file.display());
    }
    let kontor = Kontor::open(config).await.map_err(explained)?;
    kontor.app.vault.check(&kontor.app.db).await.map_err(explained)?;
    match kontor.audit().await.map_err(explained)? {
        Ok(checked) => {
            println!("The books are in order: {} journals, {} seals.", checked.journals, checked.seals);
            Ok(ExitCode::SUCCESS)
        }
        Err(difference) => {
            println!("The books are not in order: {difference}");
            Ok(ExitCode::FAILURE)
        }
    }
}

async fn simulate(database_url: Option<&str>, first: u64, seeds: u64, days: u32) -> anyhow::Result<ExitCode> {
    for seed in first..first.saturating_add(seeds) {
        match simulate::run(seed, days, database_url).await {
            Ok(summary) => println!("seed {seed}: {summary}"),
            Err(failure) => {
                println!("seed {seed} failed: {failure}\nrepeat it with: kontor simulate --seed {seed} --days {days}");
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn catalogue(verb: Catalogue) -> anyhow::Result<ExitCode> {
    let print = |json| if json { listings::Print::Json } else { listings::Print::Lines };
    let site = |at: &At| Site::at(&at.site, listings::token(at.token_file.as_deref())?);
    let done = match verb {
        Catalogue::Export { at, overwrite } => {
            listings::export(&site(&at)?, &at.folder, Wish { overwrite, ..Wish::default() }).await?
        }
        Catalogue::Plan { at, draft, detailed, json } => {
            listings::plan(&site(&at)?, &at.folder, Wish { draft, detailed, print: print(json), ..Wish::default() })
                .await?
        }
        Catalogue::Apply { at, draft, overwrite, json } => {
            listings::apply(&site(&at)?, &at.folder, Wish { draft, overwrite, print: print(json), ..Wish::default() })
                .await?
        }
    };
    print!("{}", done.report);
    Ok(ExitCode::from(done.code))
}

async fn openapi() -> anyhow::Result<ExitCode> {
    // The document needs the routes only; nothing is written where the user is.
    let folder = std::env::temp_dir().join(format!("kontor-openapi-{}", std::process::id()));
    let kontor = Kontor::open(Config { data: folder.clone(), ..Config::default() }).await.map_err(explained)?;
    let routes = kontor.routes();
    let document = platform::http::openapi(routes.described(), routes.told());
    std::fs::remove_dir_all(&folder).ok();
    println!("{}", document.to_pretty_json()?);
    Ok(ExitCode::SUCCESS)
}

async fn open(config: Config) -> anyhow::Result<Kontor> {
    let kontor = Kontor::open(config).await.map_err(explained)?;
    kontor.prepare().await.map_err(explained)?;
    Ok(kontor)
}

/// A refusal is its sentence; a fault shows its sources.
fn explained(error: kernel::Error) -> anyhow::Error {
    match error {
        kernel::Error::Fault(source) => anyhow::Error::from_boxed(source),
        kernel::Error::NotFound(_) | kernel::Error::Refused(_) | kernel::Error::Busy => anyhow!("{error}"),
    }
}
