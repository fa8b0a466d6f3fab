//! Paid orders a second, beside the same rows written by hand in one transaction on the same database.

use std::time::Duration;

use accounts::Buyer;
use kernel::{
    Error,
    id::{QuoteId, SkuId},
};
use pricing::Choice;

use super::{
    Row,
    floor::{self, Known},
    measure::{Measured, Work, measure},
};
use crate::{Kontor, stage::Stage};

const CLIENTS: [usize; 2] = [8, 32];

/// Quotes that all clients together may accept in a measured second; more than any machine of ours does.
const QUOTES_PER_SECOND: usize = 3_000;

pub(super) async fn run(database_url: Option<&str>, seconds: u32) -> anyhow::Result<Vec<Row>> {
    let stage = Stage::open(database_url, "bench").await?;
    let rows = measure_all(&stage, seconds).await;
    stage.close().await?;
    rows
}

async fn measure_all(stage: &Stage, seconds: u32) -> anyhow::Result<Vec<Row>> {
    let seller = stage.people.seller("Bench Software").await?;
    let product = stage.people.product(&seller, "Bench Log Search").await?;
    let sku: SkuId = product.skus[0].parse()?;
    let mut rows = Vec::new();
    for clients in CLIENTS {
        let mut buyers = Vec::new();
        for number in 0..clients {
            let person = stage.people.rich_buyer(&format!("Bench Buyer {clients} {number}")).await?;
            buyers.push(stage.member(&person).await?.try_into().map_err(Error::from)?);
        }
        // The floor runs before and after, so that a disk that changes its mind meets both.
        let before = measured(stage, &buyers, sku, Way::Floor, seconds).await?;
        let ours = measured(stage, &buyers, sku, Way::Ours, seconds).await?;
        let after = measured(stage, &buyers, sku, Way::Floor, seconds).await?;
        rows.push(ours.beside(
            &before.and(after),
            format!("orders, {clients} clients"),
            stage.kontor.app.db.engine().name(),
        ));
    }
    stage.check().await?;
    Ok(rows)
}

#[derive(Clone, Copy)]
enum Way {
    Ours,
    Floor,
}

struct Buying {
    kontor: Kontor,
    buyer: Buyer,
    quotes: Vec<QuoteId>,
    known: Known,
    way: Way,
}

impl Work for Buying {
    async fn once(&mut self) -> anyhow::Result<bool> {
        let Some(quote) = self.quotes.pop() else { return Ok(false) };
        loop {
            match self.buy(quote).await {
                Ok(()) => return Ok(true),
                // What the HTTP layer does with a transaction that met another one.
                Err(Error::Busy) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Buying {
    async fn buy(&self, quote: QuoteId) -> kernel::Result<()> {
        let mut tx = self.kontor.app.db.begin().await?;
        match self.way {
            Way::Ours => {
                self.kontor.orders.buy(&mut tx, &self.buyer, quote).await?;
            }
            Way::Floor => floor::write_order(&mut tx, &self.known, quote, self.kontor.app.clock.now()).await?,
        }
        tx.commit().await
    }
}

async fn measured(stage: &Stage, buyers: &[Buyer], sku: SkuId, way: Way, seconds: u32) -> anyhow::Result<Measured> {
    let kontor = &stage.kontor;
    let each = QUOTES_PER_SECOND * usize::try_from(seconds)? / buyers.len();
    let mut works = Vec::new();
    for buyer in buyers {
        let (quotes, known) = quotes(kontor, buyer, sku, each).await?;
        works.push(Buying { kontor: kontor.clone(), buyer: buyer.clone(), quotes, known, way });
    }
    measure(works, Duration::from_secs(u64::from(seconds))).await
}

async fn quotes(kontor: &Kontor, buyer: &Buyer, sku: SkuId, count: usize) -> anyhow::Result<(Vec<QuoteId>, Known)> {
    let choice = Choice { quantities: [("users".to_owned(), 5)].into(), ..Choice::default() };
    let mut tx = kontor.app.db.begin().await?;
    let first = kontor.orders.quote(&mut tx, buyer, sku, &choice).await?;
    let known = Known::of(&first);
    let mut quotes = vec![first.id];
    while quotes.len() < count {
        quotes.push(kontor.orders.quote(&mut tx, buyer, sku, &choice).await?.id);
    }
    tx.commit().await?;
    Ok((quotes, known))
}
