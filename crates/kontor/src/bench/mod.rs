//! `kontor bench`: use cases against their floors, measured in the same run.
//!
//! A floor is what the machine can do when everything that makes the use case right is left out. Machines differ, ratios less.

mod cpu;
mod delivery;
mod floor;
mod goods;
mod import;
mod license;
mod measure;
mod metering;
mod orders;
mod pages;
mod quote;
mod search;
mod start;

use clap::ValueEnum;
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// How soon sellers' systems are asked for what was paid, while some of them hang; the floor is all of them well.
    Delivery,
    /// Accept and pay a quote; the floor writes the same rows by hand.
    Orders,
    /// Import a file of 5,000 listings with a report of its wrong lines; the floor writes the same products by hand.
    Import,
    /// A licence's heartbeat over HTTP; the floor answers a fixed JSON.
    License,
    /// Records of use over HTTP, new ones and the same again, beside a bare insert (`PostgreSQL`: COPY) of the same rows; and
    /// a million records priced, beside reading them.
    Metering,
    /// Pages on the demo's data, read to the last byte; the floor answers the same bytes.
    Pages,
    /// Compute an explained price; the floor computes the same sum without explaining it.
    Quote,
    /// Find products among many, with filters and their counts; the floor is the library's best hits of the same words.
    Search,
    /// Start this program on an empty folder and again on what it left, and what it holds when nobody asks anything; the
    /// floor is this program saying its version.
    Start,
}

/// One measurement beside its floor. Rates are operations a second, times are microseconds.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub name: String,
    pub engine: &'static str,
    pub rate: u64,
    pub floor: u64,
    /// Our rate as a part of the floor's.
    pub ratio: String,
    pub p50_us: u64,
    pub p99_us: u64,
    /// CPU seconds of this process for 1,000 operations; a database server's own are not in it.
    pub cpu_s_per_1000: String,
    pub floor_cpu_s_per_1000: String,
    /// Memory of the whole process, where that is what was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rss_kb: Option<u64>,
}

pub async fn run(what: What, database_url: Option<&str>, seconds: u32, products: u64) -> anyhow::Result<Vec<Row>> {
    match what {
        What::Delivery => delivery::run(database_url, seconds).await,
        What::Orders => orders::run(database_url, seconds).await,
        What::Import => import::run(database_url).await,
        What::License => license::run(database_url, seconds).await,
        What::Metering => metering::run(database_url).await,
        What::Pages => pages::run(database_url, seconds).await,
        What::Quote => quote::run(seconds),
        What::Search => search::run(database_url, seconds, products).await,
        What::Start => start::run(database_url).await,
    }
}

/// A table for people, or a JSON object a line.
pub fn report(rows: &[Row], json: bool) -> String {
    let mut out = String::new();
    if json {
        for row in rows {
            // Ratios and CPU seconds are kept as text so that no float touches them on the way; a number in JSON all the same.
            let mut value = serde_json::to_value(row).unwrap_or_default();
            for name in ["ratio", "cpu_s_per_1000", "floor_cpu_s_per_1000"] {
                if let Some(number) = value[name].as_str().and_then(|text| text.parse::<serde_json::Number>().ok()) {
                    value[name] = number.into();
                }
            }
            out.push_str(&value.to_string());
            out.push('\n');
        }
        return out;
    }
    let head = ["name", "engine", "rate/s", "floor/s", "ratio", "p50 µs", "p99 µs", "cpu s/1000", "floor cpu s/1000"];
    out.push_str(&line(&head.map(str::to_owned)));
    for row in rows {
        let Row { name, engine, rate, floor, ratio, p50_us, p99_us, cpu_s_per_1000, floor_cpu_s_per_1000, rss_kb } =
            row.clone();
        let name = rss_kb.map_or(name.clone(), |kb| format!("{name}, {kb} kB"));
        let numbers = [rate, floor].map(|number| number.to_string());
        let times = [p50_us, p99_us].map(|number| number.to_string());
        let ([rate, floor], [p50, p99]) = (numbers, times);
        out.push_str(&line(&[
            name,
            engine.to_owned(),
            rate,
            floor,
            ratio,
            p50,
            p99,
            cpu_s_per_1000,
            floor_cpu_s_per_1000,
        ]));
    }
    out
}

fn line(cells: &[String; 9]) -> String {
    let [name, engine, rest @ ..] = cells;
    let rest: Vec<String> = rest.iter().map(|cell| format!("{cell:>12}")).collect();
    format!("{name:<28} {engine:<9}{}\n", rest.join(" "))
}
