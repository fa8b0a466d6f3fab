//! Keeping this node's search index up to what the database holds.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use kernel::{
    Error, Result,
    id::{OrderLineId, ProductId},
};
use platform::{
    Tx,
    search::{Change, Doc, Rebuild, Written, apart},
};
use policy::{Category, Policy, Ranking};
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, Notify};

use super::tree::shown_categories;
use crate::{
    Catalogue,
    rules::{self, Entry, Release, Shelfmark, Tree, prices_stamp},
    store::{
        self, Content,
        search::{Candidate, Feed, Released},
    },
};

/// Changes that are written in one commit.
const CHANGES: u32 = 200;

/// Products that are read at once when everything is written anew.
const READ: u32 = 500;

/// How long a change that another node has made may wait to be seen.
const POLL: Duration = Duration::from_millis(250);

/// A disk that is full, or a database that is away, is not so in a moment.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// After so many idle looks the dictionary that only indexing needs is let go.
const IDLE_LOOKS: u32 = 120;

/// Who writes the index in this process, one at a time, and how it is told that there is something to write.
#[derive(Clone, Default)]
pub(crate) struct Follower {
    writing: Arc<Mutex<()>>,
    bell: Arc<Notify>,
    /// Whether something in this process follows the changes.
    follows: Arc<AtomicBool>,
}

/// Up to where an index holds what the database says; it is committed together with the documents.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    number: i64,
    generation: i64,
    /// The names of the categories are words of the products in them; prices are compared in one currency, ratings damped.
    beside: u64,
}

impl Catalogue {
    /// Notes in the transaction of a change that products are found otherwise from now on. Every node reads it from there.
    pub async fn changed(&self, tx: &mut Tx, products: &[ProductId]) -> Result<()> {
        store::search::note_changes(tx, products).await
    }

    /// Lines of a paid order have sold products. Each counts once, however often this is told.
    pub async fn on_sold(&self, tx: &mut Tx, lines: &[(OrderLineId, ProductId)]) -> Result<()> {
        let mut counted: BTreeMap<ProductId, i64> = BTreeMap::new();
        for (line, product) in lines {
            if store::search::note_sale(tx, *line, *product).await? {
                *counted.entry(*product).or_default() += 1;
            }
        }
        self.count_sales(tx, counted).await
    }

    /// The price of a line went back to its buyer: it does not rank its product any more.
    pub async fn on_returned(&self, tx: &mut Tx, (line, product): (OrderLineId, ProductId)) -> Result<()> {
        let counted = store::search::forget_sale(tx, line).await?;
        self.count_sales(tx, counted.then_some((product, -1)).into_iter().collect()).await
    }

    async fn count_sales(&self, tx: &mut Tx, counted: BTreeMap<ProductId, i64>) -> Result<()> {
        let mut moved = Vec::new();
        for (product, count) in counted {
            let now = store::search::add_sales(tx, product, count).await?;
            let as_rank = |sold: i64| u64::try_from(sold).unwrap_or(0);
            if rules::moves(as_rank(now.saturating_sub(count)), as_rank(now)) {
                moved.push(product);
            }
        }
        if moved.is_empty() { Ok(()) } else { self.changed(tx, &moved).await }
    }

    /// Lets every node make its index anew while the present one answers.
    pub async fn ask_rebuild(&self, tx: &mut Tx) -> Result<()> {
        store::search::raise_generation(tx).await
    }

    /// Wakes the follower of this node after a change.
    pub fn look_for_changes(&self) {
        self.follower.bell.notify_one();
    }

    /// Follows the changes as long as it is polled; a failure is told and tried again.
    pub async fn follow_changes(&self, failed: impl Fn(&Error)) {
        let mut idle = 0_u32;
        self.follower.follows.store(true, Ordering::Relaxed);
        loop {
            let mut pause = POLL;
            match self.catch_up().await {
                Ok(0) => idle = idle.saturating_add(1),
                Ok(_) => {
                    idle = 0;
                    // What changes meanwhile shares the next commit: with much being sold, something always changes.
                    tokio::time::sleep(POLL).await;
                }
                Err(error) => {
                    failed(&error);
                    pause = AFTER_FAILURE;
                }
            }
            if idle == IDLE_LOOKS {
                self.search.rest();
            }
            tokio::select! {
                () = self.follower.bell.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Where nobody follows the changes, as on the command line and in tests, whoever asks brings the index up to them.
    pub(crate) async fn catch_up_unless_followed(&self) -> Result<()> {
        if !self.follower.follows.load(Ordering::Relaxed) {
            self.catch_up().await?;
        }
        Ok(())
    }

    /// Brings the index of this node up to what the database holds; how many changes that were. Where another process keeps
    /// the same folder, its commits are read instead.
    pub async fn catch_up(&self) -> Result<u64> {
        let _writing = self.follower.writing.lock().await;
        let mut done = 0;
        loop {
            let tree = self.tree().await?;
            let categories = shown_categories(&tree);
            let policy = self.policies.current().await?;
            let shown = Shown { tree: &tree, categories: &categories, policy: &policy };
            let feed = store::search::feed(&mut self.app.db.read()).await?;
            let wanted = Mark { number: feed.number, generation: feed.generation, beside: shown.hash() };
            let mark: Option<Mark> = self.search.mark()?.and_then(|text| serde_json::from_str(&text).ok());
            match mark {
                Some(mark) if mark == wanted => return Ok(done),
                Some(mark) if mark.generation == wanted.generation && mark.beside == wanted.beside => {
                    let Some(written) = self.write_changes(&mark, feed, &shown).await? else { return Ok(done) };
                    done += written;
                }
                Some(_) | None => {
                    let Some(written) = self.write_all(feed, &shown).await? else { return Ok(done) };
                    done += written;
                }
            }
        }
    }

    /// `None`: another process keeps the folder.
    async fn write_changes(&self, mark: &Mark, feed: Feed, shown: &Shown<'_>) -> Result<Option<u64>> {
        let tx = &mut self.app.db.read();
        let candidates = store::search::changed_after(tx, mark.number, CHANGES).await?;
        let mut changes = Vec::with_capacity(candidates.len());
        for candidate in &candidates {
            changes.push(match candidate.revision_id.filter(|_| candidate.is_found_by_all()) {
                Some(revision) => {
                    let release = self.release_unkept(tx, revision).await?;
                    match self.document(tx, candidate, release, shown).await? {
                        Some(document) => Change::Put(Box::new(document)),
                        None => Change::Remove(candidate.id.to_string()),
                    }
                }
                None => Change::Remove(candidate.id.to_string()),
            });
        }
        // What changed twice stands under its later number alone, so that the last numbers may have no product.
        let number = candidates.last().map_or(feed.number, |last| last.number);
        let count = u64::try_from(changes.len()).map_err(Error::fault)?;
        let next = Mark { number, generation: mark.generation, beside: mark.beside };
        match self.search.write(changes, text(&next)?).await? {
            Written::Done => Ok(Some(count)),
            Written::ByAnother => Ok(None),
        }
    }

    /// Writes everything anew. What changes meanwhile has a number after the one that was read before, and follows.
    async fn write_all(&self, feed: Feed, shown: &Shown<'_>) -> Result<Option<u64>> {
        let Some(mut rebuild) = self.search.rebuild().await? else { return Ok(None) };
        let tx = &mut self.app.db.read();
        let mut docs = self.next_documents(tx, None, shown).await?;
        let mut count = 0;
        while let Some((last, ready)) = docs {
            count += u64::try_from(ready.len()).map_err(Error::fault)?;
            // While some are written, the next ones are read.
            let writing = apart(move || add_all(rebuild, &ready));
            let (written, next) = tokio::join!(writing, self.next_documents(tx, Some(last), shown));
            (rebuild, docs) = (written?, next?);
        }
        let mark = Mark { number: feed.number, generation: feed.generation, beside: shown.hash() };
        self.search.replace(rebuild, text(&mark)?).await?;
        Ok(Some(count.max(1)))
    }

    /// The documents of the next products after one, with the last of those; `None` after the last of all.
    async fn next_documents(
        &self,
        tx: &mut Tx,
        after: Option<ProductId>,
        shown: &Shown<'_>,
    ) -> Result<Option<(ProductId, Vec<Doc>)>> {
        let read = store::search::released(tx, after, READ).await?;
        let Some(last) = read.last().map(|last| last.candidate.id) else { return Ok(None) };
        let mut docs = Vec::with_capacity(read.len());
        for Released { candidate, content } in read {
            let Some(revision) = candidate.revision_id.filter(|_| candidate.is_found_by_all()) else {
                continue;
            };
            let Content { listing, identities } = content.0;
            let release = Release::of(listing, &identities, candidate.id, revision, candidate.account_id)?;
            docs.extend(self.document(tx, &candidate, Arc::new(release), shown).await?);
        }
        Ok(Some((last, docs)))
    }

    /// The document of a product that everybody may find; `None` where nothing of it is displayed.
    async fn document(
        &self,
        tx: &mut Tx,
        candidate: &Candidate,
        release: Arc<Release>,
        shown: &Shown<'_>,
    ) -> Result<Option<Doc>> {
        let Candidate { id, account_id, revision_id, listed_at, shown_version, .. } = candidate;
        let ranking = &shown.policy.search.ranking;
        let release = self.faced(tx, (*id, *account_id, *shown_version), release).await?;
        let missing = || Error::fault(format!("{id} is on sale without a revision or a date"));
        let (revision, listed_at) = ((*revision_id).ok_or_else(missing)?, (*listed_at).ok_or_else(missing)?);
        let seller = (*account_id, self.seller_name(tx, *account_id).await?);
        let mut entry = Entry::of(&release, (*id, revision), seller, (listed_at, candidate.rated(), shown.policy));
        entry.categories = shown.tree.branch(&entry.categories);
        if !entry.sells() {
            return Ok(None);
        }
        let sold = u64::try_from(candidate.sold).unwrap_or(0);
        let beside = Shelfmark { categories: shown.categories, sold, prior: prior(ranking) };
        rules::document(&entry, &release.listing, &beside).map(Some).map_err(Error::fault)
    }
}

fn add_all(rebuild: Rebuild, docs: &[Doc]) -> Result<Rebuild> {
    for doc in docs {
        rebuild.add(doc)?;
    }
    Ok(rebuild)
}

fn text(mark: &Mark) -> Result<String> {
    serde_json::to_string(mark).map_err(Error::fault)
}

/// What every product's ratings are taken together with.
fn prior(ranking: &Ranking) -> (u32, u32) {
    (ranking.rating_prior_reviews, ranking.rating_prior_hundredths)
}

/// What documents say beside what their products do: the categories that people are led to, what stands above what, how
/// prices are compared and ratings damped.
struct Shown<'a> {
    tree: &'a Tree,
    categories: &'a [Category],
    policy: &'a Policy,
}

impl Shown<'_> {
    /// Another value means that everything is written anew; the same value by chance, that a renamed category is found by
    /// its old name.
    fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.tree.stamp(), prices_stamp(self.policy), prior(&self.policy.search.ranking)).hash(&mut hasher);
        hasher.finish()
    }
}
