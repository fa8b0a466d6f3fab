//! A file of many listings: read, checked line by line, written and, the second time, submitted for review, over the API and
//! by the jobs of the worker. The floor writes the same products by hand, in as large transactions.

use std::{fmt::Write as _, time::Instant};

use anyhow::ensure;
use serde_json::{Value, json};

use super::{Row, cpu, floor, goods, measure::Measured};
use crate::stage::{Person, Stage, client::text};

const LINES: u64 = 5_000;
/// Every so many lines one is wrong.
const WRONG_EVERY: u64 = 100;
const IMPORTS: &str = "/api/v1/seller/catalogue/imports";

const COLUMNS: &str = "key,name.en,name.zh,summary.en,summary.zh,description.en,description.zh,version,categories,currency,\
    delivery_days,support.hours.en,support.hours.zh,support.content.en,support.content.zh,support.hotline,support.email,\
    agreement,specs[0].code,specs[0].name.en,specs[0].name.zh,specs[0].billing_mode,specs[0].skus[0].billing.mode,\
    specs[0].skus[0].billing.price.base\n";

pub(super) async fn run(database_url: Option<&str>) -> anyhow::Result<Vec<Row>> {
    let stage = Stage::open(database_url, "bench").await?;
    let rows = measure_all(&stage).await;
    stage.close().await?;
    rows
}

async fn measure_all(stage: &Stage) -> anyhow::Result<Vec<Row>> {
    let engine = stage.kontor.app.db.engine().name();
    let floor = by_hand(stage).await?;
    let mut rows = Vec::new();
    for (seller, then) in [("Bench Drafts", "draft"), ("Bench Listings", "submit")] {
        let seller = stage.people.seller(seller).await?;
        stage.people.document(&seller, "service_agreement").await?;
        let ours = import(stage, &seller, then).await?;
        rows.push(ours.beside(&floor, format!("import {LINES} lines, {then}"), engine));
    }
    Ok(rows)
}

/// From sending the file to the end of its job, which has to have refused the wrong lines and none else.
async fn import(stage: &Stage, seller: &Person, then: &str) -> anyhow::Result<Measured> {
    let body = json!({ "name": "all.csv", "format": "csv", "content": table()?, "then": then });
    let (used, begun) = (cpu::used_us(), Instant::now());
    let import = stage.people.client.post(&seller.token, IMPORTS, body).await?;
    let path = format!("{IMPORTS}/{}", text(&import, "id")?);
    stage.kontor.run_due_jobs().await?;
    let (elapsed, used) = (begun.elapsed(), cpu::used_us().saturating_sub(used));
    let done = stage.people.client.get(&seller.token, &path).await?;
    let wrong = LINES / WRONG_EVERY;
    ensure!(
        (&done["created"], &done["refused"]) == (&json!(LINES - wrong), &json!(wrong)),
        "the import ended so: {done}"
    );
    let refused = stage.people.client.get(&seller.token, &format!("{path}/refused")).await?;
    ensure!(refused["items"][0]["errors"][0]["field"] == "version", "the report says: {refused}");
    Ok(Measured::of(LINES, elapsed, used, Vec::new()))
}

fn table() -> anyhow::Result<String> {
    let mut table = COLUMNS.to_owned();
    for number in 0..LINES {
        let listing = goods::listing(number, "");
        let both = |part: &str| {
            ["en", "zh"].map(|lang| listing[part][lang].as_str().unwrap_or_default().replace(['"', '\n'], " "))
        };
        let ([en, zh], [short, short_zh], [about, about_zh]) = (both("name"), both("summary"), both("description"));
        let version = if number % WRONG_EVERY == 7 { "soon" } else { "V1.0" };
        let long_zh = about_zh.repeat(4);
        writeln!(
            table,
            "goods-{number},{en},{zh},\"{short}\",\"{short_zh}\",\"{about}\",\"{long_zh}\",{version},developer-tools; security,CNY,0,\
             Weekdays,\"工作日\",Installation,\"安装服务\",400-820-8820,help@bench.example,service_agreement.pdf,server,\
             Server installation,\"服务器部署\",one_off,one_off,{}.00",
            1 + number % 900
        )?;
    }
    Ok(table)
}

async fn by_hand(stage: &Stage) -> anyhow::Result<Measured> {
    let seller = stage.people.seller("Bench Floor").await?;
    let account = stage.member(&seller).await?.account();
    let now = stage.kontor.app.clock.now();
    let goods: Vec<Value> = (0..LINES).map(|number| goods::listing(number, "")).collect();
    let (used, begun) = (cpu::used_us(), Instant::now());
    for piece in goods.chunks(50) {
        let listed = |listing: &Value| floor::Listed { account, listing: listing.clone(), at: now, rated: (0, 0) };
        let mut tx = stage.kontor.app.db.begin().await?;
        floor::write_products(&mut tx, piece.iter().map(listed).collect(), now).await?;
        tx.commit().await?;
    }
    Ok(Measured::of(LINES, begun.elapsed(), cpu::used_us().saturating_sub(used), Vec::new()))
}
