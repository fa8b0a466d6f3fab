//! What goes well with a product: made by a job in rounds, shown beside it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use kernel::{
    Error, Event, Result, Thing, Timestamp,
    id::{AccountId, ProductId},
    page::PageOf,
};
use platform::{Tx, jobs};

use crate::{
    Catalogue,
    rules::{self, ALIKE_MAX, Entry, Kin, Kinship, Likeness, Sight, Who},
    store,
};

/// A job does so many products, so that no other waits long for it.
const SLICE: i64 = 500;

/// The latest so many products are compared with each other; more would take too much memory at once.
const COMPARED_MAX: usize = 20_000;

const PAGE: u32 = 100;

/// The shelf of a round, kept from one of its jobs to the next.
#[derive(Clone, Default)]
pub(crate) struct KeptKinship(Arc<Mutex<Option<Kinship>>>);

/// What is shown beside a product.
pub(crate) struct Alike {
    pub(crate) also_bought: Vec<Arc<Entry>>,
    pub(crate) similar: Vec<Arc<Entry>>,
}

/// When recommendations were made last, and when they are made again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rounds {
    pub(crate) begun_at: Option<Timestamp>,
    pub(crate) next_at: Timestamp,
}

impl Catalogue {
    /// What goes well with a product that somebody may open; all of it stands in lists for them.
    pub(crate) async fn alike(&self, tx: &mut Tx, who: &Who, product: ProductId) -> Result<Alike> {
        let shown = store::find_on_sale(tx, product).await?.filter(|shown| shown.sight(who) > Sight::Unseen);
        shown.ok_or(Error::NotFound(Thing::Product))?;
        let bought = store::window::alike(tx, product, Likeness::AlsoBought).await?;
        let also_bought = self.among(tx, who, &bought, ALIKE_MAX).await?;
        // What stands there already is not said twice.
        let mut similar = store::window::alike(tx, product, Likeness::Similar).await?;
        similar.retain(|other| !bought.contains(other));
        Ok(Alike { also_bought, similar: self.among(tx, who, &similar, ALIKE_MAX).await? })
    }

    /// What goes well with the product that somebody looked at last, without what was seen already.
    pub(crate) async fn suggested(&self, tx: &mut Tx, who: &Who, seen: &[Arc<Entry>]) -> Result<Vec<Arc<Entry>>> {
        let Some(latest) = seen.first() else { return Ok(Vec::new()) };
        let Alike { also_bought, similar } = self.alike(tx, who, latest.product).await?;
        let fresh = |entry: &Arc<Entry>| !seen.iter().any(|known| known.product == entry.product);
        Ok(also_bought.into_iter().chain(similar).filter(fresh).take(ALIKE_MAX).collect())
    }

    /// Learns from what was paid within the last year: who bought what. The first step of a round.
    pub async fn learn_bought(&self, tx: &mut Tx, bought: &[(AccountId, ProductId)]) -> Result<()> {
        store::window::set_sold(tx, &rules::buyers(bought)).await?;
        store::window::forget_recommended(tx, Likeness::AlsoBought).await?;
        store::window::recommend(tx, Likeness::AlsoBought, &rules::also_bought(bought)).await?;
        let now = self.app.clock.now();
        let hours = i64::from(self.policies.current().await?.storefront.recommendations_hours);
        store::window::plan_next(tx, now, now.plus_seconds(hours * 3_600)).await
    }

    /// Finds what is similar to the next products; goes on with those after them, or waits for the next round.
    pub async fn on_recommendations_due(&self, tx: &mut Tx, after: Option<ProductId>) -> Result<()> {
        let slice = store::window::next_on_sale(tx, after, SLICE).await?;
        let kept = self.kinship.0.lock().ok().and_then(|mut kept| kept.take());
        let kinship = match kept.filter(|_| after.is_some()) {
            Some(kept) => kept,
            None => Kinship::of(&self.kin(tx).await?),
        };
        let found: BTreeMap<ProductId, Vec<ProductId>> =
            slice.iter().map(|shown| (shown.id, kinship.similar(shown.id))).collect();
        store::window::recommend(tx, Likeness::Similar, &found).await?;
        let now = self.app.clock.now();
        let full = i64::try_from(slice.len()).is_ok_and(|count| count == SLICE);
        if let Some(last) = slice.last().filter(|_| full) {
            if let Ok(mut kept) = self.kinship.0.lock() {
                *kept = Some(kinship);
            }
            return jobs::publish(tx, now, &Event::RecommendationsDue { after: Some(last.id) }).await;
        }
        let round = store::window::round(tx).await?;
        let next = round.map_or(now.plus_days(1), |round| round.next_at.max(now.plus_seconds(60)));
        jobs::schedule(tx, now, next, &Event::RecommendationsDue { after: None }).await
    }

    pub(crate) async fn rounds(&self, tx: &mut Tx) -> Result<Option<Rounds>> {
        let round = store::window::round(tx).await?;
        Ok(round.map(|round| Rounds { begun_at: round.begun_at, next_at: round.next_at }))
    }

    /// The shelf as far as it is compared.
    async fn kin(&self, tx: &mut Tx) -> Result<Vec<Kin>> {
        let mut tags: BTreeMap<ProductId, Vec<String>> = BTreeMap::new();
        for (product, tag) in store::tree::tagged(tx).await? {
            tags.entry(product).or_default().push(tag);
        }
        let mut kin = Vec::new();
        let mut before = None;
        while kin.len() < COMPARED_MAX {
            let page = store::on_sale(tx, None, None, None, PageOf { before, limit: PAGE }).await?;
            for shown in &page.items {
                let entry = self.entry(tx, shown).await?;
                let texts = [&entry.name.en, &entry.name.zh, &entry.summary.en, &entry.summary.zh];
                kin.push(Kin {
                    product: entry.product,
                    categories: entry.categories.clone(),
                    tags: tags.remove(&entry.product).unwrap_or_default(),
                    texts: texts.map(Clone::clone).to_vec(),
                });
            }
            before = page.items.last().map(|last| last.id.uuid());
            if page.next_cursor.is_none() {
                break;
            }
        }
        Ok(kin)
    }
}
