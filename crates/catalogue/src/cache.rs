//! Revisions that were read are kept: they never change, so that nothing here can be stale.

use std::sync::Arc;

use kernel::id::{AccountId, FloorId, RevisionId};
use platform::search::Hits;

use crate::{
    actions::Front,
    rules::{Entry, Rated, Release, Wanted},
    store::window::ShelfVersion,
};

/// The most revisions that are kept; one with its texts and plans takes some ten to a hundred kilobytes.
const KEPT_MAX: u64 = 500;

#[derive(Clone)]
pub(crate) struct Releases(moka::sync::Cache<RevisionId, Arc<Release>>);

impl Default for Releases {
    fn default() -> Self {
        Self(moka::sync::Cache::new(KEPT_MAX))
    }
}

impl Releases {
    pub(crate) fn get(&self, revision: RevisionId) -> Option<Arc<Release>> {
        self.0.get(&revision)
    }

    pub(crate) fn keep(&self, revision: RevisionId, release: &Arc<Release>) {
        self.0.insert(revision, release.clone());
    }
}

/// What a revision on sale looks like in lists, under the version of how its product is shown; one takes about two
/// kilobytes.
#[derive(Clone)]
pub(crate) struct Entries(moka::sync::Cache<EntryKey, Arc<Entry>>);

/// A revision, the version of how its product is shown, how that is rated, the stamp of the categories, and that of how prices
/// are compared.
type EntryKey = (RevisionId, i64, Rated, u64, u64);

/// As many as are searched.
const ENTRIES_MAX: u64 = 5_000;

impl Default for Entries {
    fn default() -> Self {
        Self(moka::sync::Cache::new(ENTRIES_MAX))
    }
}

impl Entries {
    pub(crate) fn get(&self, key: EntryKey) -> Option<Arc<Entry>> {
        self.0.get(&key)
    }

    pub(crate) fn keep(&self, key: EntryKey, entry: &Arc<Entry>) {
        self.0.insert(key, entry.clone());
    }
}

/// What sellers are called; a company's name does not change.
#[derive(Clone)]
pub(crate) struct Names(moka::sync::Cache<AccountId, Arc<str>>);

const NAMES_MAX: u64 = 5_000;

impl Default for Names {
    fn default() -> Self {
        Self(moka::sync::Cache::new(NAMES_MAX))
    }
}

impl Names {
    pub(crate) fn get(&self, account: AccountId) -> Option<Arc<str>> {
        self.0.get(&account)
    }

    pub(crate) fn keep(&self, account: AccountId, name: &Arc<str>) {
        self.0.insert(account, name.clone());
    }
}

/// A question to one state of the index; the day decides how new things are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Question {
    pub(crate) generation: u64,
    pub(crate) rules: policy::Search,
    pub(crate) day: i64,
    pub(crate) wanted: Wanted,
    pub(crate) skip: usize,
}

/// Answers that were long to find: those in which very much fits. The next commit to the index asks other questions.
#[derive(Clone)]
pub(crate) struct Answers(moka::sync::Cache<Question, Arc<Hits>>);

/// An answer takes some forty kilobytes.
const ANSWERS_MAX: u64 = 100;

/// From so many products on, an answer is worth keeping.
const LONG: u64 = 2_000;

impl Default for Answers {
    fn default() -> Self {
        Self(moka::sync::Cache::new(ANSWERS_MAX))
    }
}

impl Answers {
    pub(crate) fn get(&self, question: &Question) -> Option<Arc<Hits>> {
        self.0.get(question)
    }

    pub(crate) fn keep(&self, question: Question, hits: &Arc<Hits>) {
        if hits.total >= LONG {
            self.0.insert(question, hits.clone());
        }
    }
}

/// The versions of all that the first page is made of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FrontVersion {
    pub(crate) shelf: ShelfVersion,
    pub(crate) index: u64,
    pub(crate) floors: Vec<(FloorId, i64)>,
    pub(crate) tree: u64,
    pub(crate) prices: u64,
    pub(crate) return_hours: u32,
    pub(crate) day: i64,
}

/// The first page as everybody sees it who is named for nothing.
#[derive(Clone)]
pub(crate) struct Fronts(moka::sync::Cache<FrontVersion, Arc<Front>>);

/// The present one, and one that somebody still reads.
const FRONTS_MAX: u64 = 2;

impl Default for Fronts {
    fn default() -> Self {
        Self(moka::sync::Cache::new(FRONTS_MAX))
    }
}

impl Fronts {
    pub(crate) fn get(&self, version: &FrontVersion) -> Option<Arc<Front>> {
        self.0.get(version)
    }

    pub(crate) fn keep(&self, version: FrontVersion, front: &Arc<Front>) {
        self.0.insert(version, front.clone());
    }
}
