//! All settings, read in one place: flags over environment over file over defaults.
//!
//! `kontor.example.toml` documents each of them and is tested against this struct.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use kernel::{FieldError, Invalid, Localized, choices};
use serde::Deserialize;

use crate::outgoing::Network;

choices! {
    /// What the site is run for. Development opens doors that production does not have.
    pub enum Environment { Development = "development", Production = "production" }
}

choices! {
    pub enum LogFormat { Text = "text", Json = "json" }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub environment: Environment,
    pub listen: SocketAddr,
    pub public_url: Option<String>,
    pub data: PathBuf,
    pub database_url: Option<String>,
    pub database_connections: u32,
    pub master_key: Option<String>,
    pub policy: Option<PathBuf>,
    pub workers: u32,
    pub trusted_proxies: Vec<IpAddr>,
    pub log: Log,
    pub limits: LimitSettings,
    pub outgoing: OutgoingSettings,
    pub passwords: Passwords,
    pub mail: Option<Mail>,
    pub sms: Option<Sms>,
    pub s3: Option<S3>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            environment: Environment::Development,
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: None,
            data: PathBuf::from("./kontor-data"),
            database_url: None,
            database_connections: 16,
            master_key: None,
            policy: None,
            workers: 2,
            trusted_proxies: Vec::new(),
            log: Log::default(),
            limits: LimitSettings::default(),
            outgoing: OutgoingSettings::default(),
            passwords: Passwords::default(),
            mail: None,
            sms: None,
            s3: None,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    pub level: String,
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info,sqlx=warn".to_owned(), format: LogFormat::Text }
    }
}

/// Requests a second that one caller may make, and how many at once.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitSettings {
    pub requests_per_second: u32,
    pub burst: u32,
    /// Sign-in attempts a minute from one address.
    pub sign_ins_per_minute: u32,
    /// Connections at the same time.
    pub connections: u32,
    /// Connections at the same time from one address, or one customer's network of IPv6 addresses.
    pub connections_each: u32,
    /// Seconds in which the head of a request has to arrive.
    pub head_seconds: u32,
    /// Seconds after which a connection is closed on which nothing is asked or taken.
    pub idle_seconds: u32,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            requests_per_second: 50,
            burst: 200,
            sign_ins_per_minute: 30,
            connections: 4_096,
            connections_each: 512,
            head_seconds: 30,
            idle_seconds: 60,
        }
    }
}

/// Calls to sellers' own systems.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutgoingSettings {
    /// Networks that are not the open internet and may be called all the same, without TLS too.
    pub networks: Vec<String>,
    /// Seconds within which the whole answer has to be there.
    pub timeout_seconds: u32,
    pub answer_kib: u32,
}

impl Default for OutgoingSettings {
    fn default() -> Self {
        Self { networks: Vec::new(), timeout_seconds: 20, answer_kib: 256 }
    }
}

/// The cost of an argon2id hash.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Passwords {
    pub memory_kib: u32,
    pub passes: u32,
}

impl Default for Passwords {
    // OWASP's first recommendation for argon2id.
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2 }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    pub smtp_url: String,
    pub from: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sms {
    pub url: String,
    pub bearer_token: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3 {
    pub bucket: String,
    pub region: String,
    pub endpoint: Option<String>,
    pub access_key_id: String,
    pub secret_access_key: String,
}

impl Config {
    /// Puts the layers together. `environment` holds `(KONTOR_…, value)` pairs; `KONTOR_LOG__LEVEL` is `log.level`.
    pub fn from_layers(
        file: Option<&str>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: toml::Table,
    ) -> Result<Self, Invalid> {
        let mut settings = match file.map(str::parse::<toml::Table>).transpose() {
            Ok(table) => table.unwrap_or_default(),
            Err(error) => return Err(Invalid::one("configuration file", unreadable(&error))),
        };
        for (name, value) in environment {
            if let Some(path) = name.strip_prefix("KONTOR_") {
                let path: Vec<String> = path.to_lowercase().split("__").map(str::to_owned).collect();
                let value = typed(path.last().map_or("", String::as_str), &value);
                set(&mut settings, &path, value);
            }
        }
        for (name, value) in flags {
            settings.insert(name, value);
        }
        let config: Self = settings
            .try_into()
            .map_err(|error: toml::de::Error| Invalid::one("configuration", unreadable(error.message())))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), Invalid> {
        let mut wrong = Invalid::default();
        wrong.check((1..=64).contains(&self.workers), "workers", ("must be from 1 to 64", "须在 1 到 64 之间"));
        wrong.check(
            (2..=1_000).contains(&self.database_connections),
            "database_connections",
            ("must be from 2 to 1000", "须在 2 到 1000 之间"),
        );
        wrong.check(
            self.limits.requests_per_second > 0,
            "limits.requests_per_second",
            ("must be at least 1", "不能小于 1"),
        );
        wrong.check(self.limits.burst > 0, "limits.burst", ("must be at least 1", "不能小于 1"));
        wrong.check(
            self.limits.sign_ins_per_minute > 0,
            "limits.sign_ins_per_minute",
            ("must be at least 1", "不能小于 1"),
        );
        for network in &self.outgoing.networks {
            let known = network.parse::<Network>().is_ok();
            wrong.check(known, "outgoing.networks", ("must be like 10.0.0.0/8", "须为网段，例如 10.0.0.0/8"));
        }
        wrong.check(
            (1..=20).contains(&self.outgoing.timeout_seconds),
            "outgoing.timeout_seconds",
            ("must be from 1 to 20", "须在 1 到 20 之间"),
        );
        wrong.check(
            (1..=1_024).contains(&self.outgoing.answer_kib),
            "outgoing.answer_kib",
            ("must be from 1 to 1024", "须在 1 到 1024 之间"),
        );
        wrong.check(self.passwords.memory_kib >= 8, "passwords.memory_kib", ("must be at least 8", "不能小于 8"));
        wrong.check(
            (1..=100).contains(&self.passwords.passes),
            "passwords.passes",
            ("must be from 1 to 100", "须在 1 到 100 之间"),
        );
        if let Some(url) = &self.database_url {
            let known = url.starts_with("postgres://") || url.starts_with("postgresql://");
            wrong.check(
                known,
                "database_url",
                (
                    "must begin with postgres://; leave it out for SQLite in the data folder",
                    "须以 postgres:// 开头；若使用数据目录中的 SQLite，则不用填写",
                ),
            );
        }
        if self.environment == Environment::Production {
            let hash = &self.passwords;
            let strong = hash.memory_kib >= 12_288 && hash.memory_kib.saturating_mul(hash.passes) >= 36_864;
            wrong.check(
                strong,
                "passwords",
                (
                    "are hashed too cheaply for production; leave the defaults",
                    "的哈希强度达不到生产环境的要求，保留默认值即可",
                ),
            );
            wrong.check(self.mail.is_some(), "mail", ("must be configured in production", "在生产环境中必须配置"));
            let safe = self.public_url.as_ref().is_some_and(|url| url.starts_with("https://"));
            wrong.check(
                safe,
                "public_url",
                ("must be the site's https:// address in production", "在生产环境中须为本站的 https:// 地址"),
            );
        }
        wrong.done()
    }

    /// The address that links in mails begin with.
    pub fn public_url(&self) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.listen))
    }
}

/// Variables of ours that are no settings: the settings file's own place, and what tests are told.
pub fn is_ours_elsewhere(name: &str) -> bool {
    name == "KONTOR_CONFIG"
        // Of the command line's catalogue, which talks to a site from outside.
        || name == "KONTOR_SITE"
        || name == "KONTOR_TOKEN"
        || name.starts_with("KONTOR_TEST_")
        // Kubernetes sets these in every container beside a service called kontor.
        || name.starts_with("KONTOR_SERVICE_")
        || name.starts_with("KONTOR_PORT")
}

/// What a library says is in English alone.
fn unreadable(found: impl std::fmt::Display) -> Localized {
    Localized::new(found.to_string(), format!("无法识别：{found}"))
}

/// Every mistake on a line of its own.
pub fn explain(errors: &[FieldError]) -> String {
    errors.iter().map(|error| format!("  {} {}", error.field, error.message.en)).collect::<Vec<_>>().join("\n")
}

fn set(table: &mut toml::Table, path: &[String], value: toml::Value) {
    match path {
        [] => {}
        [last] => {
            table.insert(last.clone(), value);
        }
        [first, rest @ ..] => {
            let entry = table.entry(first.clone()).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            if let toml::Value::Table(inner) = entry {
                set(inner, rest, value);
            }
        }
    }
}

/// Environment variables carry no types: the settings that are numbers or lists are known by their names.
fn typed(name: &str, text: &str) -> toml::Value {
    const NUMBERS: [&str; 9] = [
        "database_connections",
        "workers",
        "requests_per_second",
        "burst",
        "sign_ins_per_minute",
        "memory_kib",
        "passes",
        "timeout_seconds",
        "answer_kib",
    ];
    match name {
        "trusted_proxies" | "networks" => {
            text.split(',').map(|part| toml::Value::String(part.trim().to_owned())).collect::<Vec<_>>().into()
        }
        _ if NUMBERS.contains(&name) => {
            text.parse::<i64>().map_or_else(|_| toml::Value::String(text.to_owned()), toml::Value::Integer)
        }
        _ => toml::Value::String(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(text: &str) -> toml::Table {
        text.parse().unwrap()
    }

    #[test]
    fn flags_win_over_environment_over_file() {
        let file = "listen = '127.0.0.1:1'\nworkers = 1\n[log]\nlevel = 'warn'";
        let environment = [
            ("KONTOR_LISTEN", "127.0.0.1:2"),
            ("KONTOR_LOG__LEVEL", "debug"),
            ("KONTOR_TRUSTED_PROXIES", "10.0.0.1, 10.0.0.2"),
            ("KONTOR_SMS__URL", "https://sms.example"),
            ("KONTOR_SMS__BEARER_TOKEN", "123456"),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config = Config::from_layers(Some(file), environment, flags("listen = '127.0.0.1:3'")).unwrap();
        assert_eq!((config.listen.port(), config.workers, config.log.level.as_str()), (3, 1, "debug"));
        assert_eq!(config.trusted_proxies.len(), 2);
        assert_eq!(config.sms.unwrap().bearer_token.as_deref(), Some("123456"));
    }

    #[test]
    fn every_mistake_is_reported() {
        let wrong = Config::from_layers(Some("workers = 0\ndatabase_url = 'mysql://x'"), [], flags("")).unwrap_err();
        assert_eq!(wrong.0.len(), 2);
        let unknown = Config::from_layers(Some("wokers = 2"), [], flags("")).unwrap_err();
        assert!(unknown.0[0].message.en.contains("wokers"), "{unknown}");
    }

    #[test]
    fn production_wants_mail_and_https() {
        let wrong = Config::from_layers(Some("environment = 'production'"), [], flags("")).unwrap_err();
        assert_eq!(wrong.0.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), ["mail", "public_url"]);
    }

    #[test]
    fn the_example_file_is_valid_and_shows_the_defaults() {
        let example = include_str!("../../../kontor.example.toml");
        let shown = Config::from_layers(Some(example), [], flags("")).unwrap();
        assert_eq!(format!("{shown:?}"), format!("{:?}", Config::default()));
        // With every comment sign in front of a setting removed it is still valid, so that no name in it is invented.
        let uncommented: String =
            example.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line).to_owned() + "\n").collect();
        Config::from_layers(Some(&uncommented), [], flags("")).unwrap();
    }
}
