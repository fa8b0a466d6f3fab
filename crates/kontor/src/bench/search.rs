//! Finding products, over all that is between a request and its answer: the words are read, what fits is ranked and counted,
//! the products are looked up in the database, the answer is written. The floor is the library alone: the best 24 of the
//! same words in the names, nothing counted, nothing read.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;
use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use tantivy::{
    Index, IndexReader, Term,
    collector::TopDocs,
    query::{BooleanQuery, Query, TermQuery},
    schema::{Field, IndexRecordOption},
};
use tower::ServiceExt as _;

use super::{
    Row, cpu, floor, goods,
    measure::{Measured, Work, measure, measure_at},
};
use crate::{Kontor, server, stage::Stage};

/// As many as two cores can serve at once without waiting for each other.
const CLIENTS: u64 = 4;

const SELLERS: u64 = 25;

/// Products whose pages are opened while nothing of them is in memory.
const COLD: u64 = 400;

pub(super) async fn run(database_url: Option<&str>, seconds: u32, products: u64) -> anyhow::Result<Vec<Row>> {
    let mut stage = Stage::open(database_url, "bench").await?;
    let rows = measured(&mut stage, (database_url, seconds, products)).await;
    stage.close().await?;
    rows
}

async fn measured(
    stage: &mut Stage,
    (database_url, seconds, products): (Option<&str>, u32, u64),
) -> anyhow::Result<Vec<Row>> {
    let engine = stage.kontor.app.db.engine().name();
    let ids = fill(stage, products).await?;
    let mut rows = vec![indexed(&stage.kontor, products, engine).await?];
    let folder = stage.kontor.app.config.data.join("search");
    let router = server::router(&stage.kontor, None);
    let questions: Arc<[Ask]> = (0..20_000).map(|number| Ask::of(number, products)).collect();
    let bare = Bare::open(&folder)?;
    let time = Duration::from_secs(u64::from(seconds));
    // Once over all of it, so that both are measured warm.
    measure(asking(&router, &questions, Way::Search), time / 2).await?;
    let before = measure(bare.works(&questions), time / 2).await?;
    let ceiling = measure(asking(&router, &questions, Way::Search), time).await?;
    let after = measure(bare.works(&questions), time / 2).await?;
    let floor = before.and(after);
    let half = measure_at(ceiling.rate() / 2, asking(&router, &questions, Way::Search), time).await?;
    let typing = measure(asking(&router, &questions, Way::Suggest), time).await?;
    let half_typing = measure_at(typing.rate() / 2, asking(&router, &questions, Way::Suggest), time).await?;
    rows.push(ceiling.beside(&floor, format!("search, {CLIENTS} clients"), engine));
    rows.push(half.beside(&floor, "search, half of that".to_owned(), engine));
    rows.push(typing.beside(&floor, format!("suggest, {CLIENTS} clients"), engine));
    rows.push(half_typing.beside(&floor, "suggest, half of that".to_owned(), engine));
    if database_url.is_some() {
        rows.push(in_postgres(stage, &questions, (time, products), &floor).await?);
    }
    rows.push(cold_pages(stage, &ids, engine).await?);
    Ok(rows)
}

/// Writes the products by hand: what is measured is how they are found.
async fn fill(stage: &Stage, products: u64) -> anyhow::Result<Vec<String>> {
    let mut shops = Vec::new();
    for number in 0..SELLERS.min(products) {
        let seller = stage.people.seller(&format!("Bench {number} Software")).await?;
        let agreement = stage.people.document(&seller, "service_agreement").await?;
        shops.push((stage.member(&seller).await?.account(), agreement));
    }
    let mut first = Vec::new();
    let now = stage.kontor.app.clock.now();
    for begun in (0..products).step_by(500) {
        let mut listings = Vec::new();
        for number in begun..products.min(begun + 500) {
            let (account, agreement) = &shops[usize::try_from(number)? % shops.len()];
            let listed = now.plus_seconds(-i64::try_from(goods::Dice::new(number).below(400 * 86_400))?);
            listings.push(floor::Listed {
                account: *account,
                listing: goods::listing(number, agreement),
                at: listed,
                rated: goods::rated(number),
            });
        }
        let mut tx = stage.kontor.app.db.begin().await?;
        let ids = floor::write_products(&mut tx, listings, now).await?;
        tx.commit().await?;
        first.extend(ids.into_iter().take(if begun < COLD { 500 } else { 0 }).map(|id| id.to_string()));
    }
    Ok(first)
}

/// How fast the whole index is made from the database. The floor writes the same number of names with the library's own
/// tokenizer.
async fn indexed(kontor: &Kontor, products: u64, engine: &'static str) -> anyhow::Result<Row> {
    let (used, begun) = (cpu::used_us(), Instant::now());
    let written = kontor.catalogue.catch_up().await?;
    anyhow::ensure!(written == products, "{written} of {products} products were indexed");
    let ours = Measured::of(written, begun.elapsed(), cpu::used_us().saturating_sub(used), Vec::new());
    let (used, begun) = (cpu::used_us(), Instant::now());
    let folder = kontor.app.config.data.join("floor");
    let count = platform::search::apart(move || write_names(&folder, products).map_err(kernel::Error::fault)).await?;
    let floor = Measured::of(count, begun.elapsed(), cpu::used_us().saturating_sub(used), Vec::new());
    Ok(ours.beside(&floor, "index from database".to_owned(), engine))
}

fn write_names(folder: &Path, products: u64) -> Result<u64, tantivy::TantivyError> {
    std::fs::create_dir_all(folder)?;
    let mut schema = tantivy::schema::Schema::builder();
    let text = schema.add_text_field("text", tantivy::schema::TEXT | tantivy::schema::STORED);
    let index = Index::create_in_dir(folder, schema.build())?;
    let mut writer: tantivy::IndexWriter = index.writer_with_num_threads(2, 64_000_000)?;
    for number in 0..products {
        let mut document = tantivy::TantivyDocument::new();
        document.add_text(text, goods::listing(number, "")["name"]["en"].as_str().unwrap_or_default());
        writer.add_document(document)?;
    }
    writer.commit()?;
    writer.wait_merging_threads()?;
    Ok(products)
}

/// A question as it is sent.
struct Ask {
    words: Vec<String>,
    chosen: goods::Chosen,
    search: String,
    suggest: String,
}

impl Ask {
    fn of(number: u64, products: u64) -> Self {
        let goods::Question { words, chosen } = goods::question(number, products);
        let typed = words.join(" ");
        let escaped = ui::escaped(&typed);
        let first: String = typed.chars().take(4).collect();
        Self {
            search: format!("/api/v1/search?q={escaped}{}", chosen.address()),
            suggest: format!("/api/v1/suggestions?q={}", ui::escaped(&first)),
            words,
            chosen,
        }
    }
}

#[derive(Clone, Copy)]
enum Way {
    Search,
    Suggest,
}

struct Asking {
    router: Router,
    asks: Arc<[Ask]>,
    next: usize,
    way: Way,
}

fn asking(router: &Router, asks: &Arc<[Ask]>, way: Way) -> Vec<Asking> {
    let clients = usize::try_from(CLIENTS).unwrap_or(1);
    let begun =
        |client: usize| Asking { router: router.clone(), asks: asks.clone(), next: client * asks.len() / clients, way };
    (0..clients).map(begun).collect()
}

impl Work for Asking {
    async fn once(&mut self) -> anyhow::Result<bool> {
        let ask = &self.asks[self.next % self.asks.len()];
        let path = match self.way {
            Way::Search => &ask.search,
            Way::Suggest => &ask.suggest,
        };
        self.next += 1;
        get(&self.router, path).await?;
        Ok(true)
    }
}

async fn get(router: &Router, path: &str) -> anyhow::Result<()> {
    let request = Request::builder().uri(path).header("accept-language", "en").body(Body::empty())?;
    let answer = router.clone().oneshot(request).await?;
    let status = answer.status();
    let body = to_bytes(answer.into_body(), usize::MAX).await?;
    anyhow::ensure!(status.is_success(), "{path}: {status}: {}", String::from_utf8_lossy(&body));
    Ok(())
}

/// The library on the same index, with nothing of ours around it.
struct Bare {
    reader: IndexReader,
    names: Field,
}

impl Bare {
    fn open(folder: &Path) -> anyhow::Result<Self> {
        let current = std::fs::read_to_string(folder.join("current")).context("the index has no current generation")?;
        let index = Index::open_in_dir(folder.join(current))?;
        Ok(Self { reader: index.reader()?, names: index.schema().get_field("text0")? })
    }

    fn works(&self, asks: &Arc<[Ask]>) -> Vec<BareAsking> {
        let clients = usize::try_from(CLIENTS).unwrap_or(1);
        let begun = |client: usize| BareAsking {
            reader: self.reader.clone(),
            names: self.names,
            asks: asks.clone(),
            next: client * asks.len() / clients,
        };
        (0..clients).map(begun).collect()
    }
}

struct BareAsking {
    reader: IndexReader,
    names: Field,
    asks: Arc<[Ask]>,
    next: usize,
}

impl Work for BareAsking {
    async fn once(&mut self) -> anyhow::Result<bool> {
        let ask = &self.asks[self.next % self.asks.len()];
        self.next += 1;
        let term = |word: &String| -> Box<dyn Query> {
            Box::new(TermQuery::new(Term::from_field_text(self.names, word), IndexRecordOption::WithFreqs))
        };
        let query = BooleanQuery::intersection(ask.words.iter().map(term).collect());
        self.reader.searcher().search(&query, &TopDocs::with_limit(24).order_by_score())?;
        tokio::task::yield_now().await;
        Ok(true)
    }
}

/// The same words and filters in PostgreSQL's full text, with the counts of two kinds; Chinese is parted into pairs of
/// characters, pinyin and slips find nothing.
async fn in_postgres(
    stage: &Stage,
    asks: &Arc<[Ask]>,
    (time, products): (Duration, u64),
    floor: &Measured,
) -> anyhow::Result<Row> {
    let mut tx = stage.kontor.app.db.begin().await?;
    floor::prepare_text_search(&mut tx).await?;
    tx.commit().await?;
    for begun in (0..products).step_by(1_000) {
        let listings =
            (begun..products.min(begun + 1_000)).map(|number| (goods::listing(number, ""), goods::rated(number)));
        let mut tx = stage.kontor.app.db.begin().await?;
        floor::write_texts(&mut tx, begun, listings).await?;
        tx.commit().await?;
    }
    floor::index_texts(&stage.kontor.app.db).await?;
    let clients = usize::try_from(CLIENTS)?;
    let works: Vec<InPostgres> = (0..clients)
        .map(|client| InPostgres {
            kontor: stage.kontor.clone(),
            asks: asks.clone(),
            next: client * asks.len() / clients,
        })
        .collect();
    let theirs = measure(works, time).await?;
    Ok(theirs.beside(floor, "PostgreSQL full text".to_owned(), "postgres"))
}

struct InPostgres {
    kontor: Kontor,
    asks: Arc<[Ask]>,
    next: usize,
}

impl Work for InPostgres {
    async fn once(&mut self) -> anyhow::Result<bool> {
        let ask = &self.asks[self.next % self.asks.len()];
        self.next += 1;
        floor::find_texts(&mut self.kontor.app.db.read(), &ask.words, &ask.chosen).await?;
        Ok(true)
    }
}

/// The pages of products of which nothing is in memory: the process has just started.
async fn cold_pages(stage: &mut Stage, ids: &[String], engine: &'static str) -> anyhow::Result<Row> {
    stage.restart(|kontor| kontor)?;
    let router = server::router(&stage.kontor, None);
    get(&router, "/help").await?;
    let (used, begun) = (cpu::used_us(), Instant::now());
    let mut latencies = Vec::new();
    for id in ids.iter().take(usize::try_from(COLD)?) {
        let started = Instant::now();
        get(&router, &format!("/products/{id}")).await?;
        latencies.push(u64::try_from(started.elapsed().as_micros())?);
    }
    let count = u64::try_from(latencies.len())?;
    let cold = Measured::of(count, begun.elapsed(), cpu::used_us().saturating_sub(used), latencies);
    let (used, begun) = (cpu::used_us(), Instant::now());
    let mut warm = Vec::new();
    for _ in 0..COLD {
        let started = Instant::now();
        get(&router, "/help").await?;
        warm.push(u64::try_from(started.elapsed().as_micros())?);
    }
    let floor = Measured::of(COLD, begun.elapsed(), cpu::used_us().saturating_sub(used), warm);
    Ok(cold.beside(&floor, "product page, cold".to_owned(), engine))
}
