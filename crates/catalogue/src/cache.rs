//! Revisions that were read are kept: they never change, so that they cannot be stale. What is on sale changes: it is kept
//! for a few seconds, and only for suggestions.

use std::{sync::Arc, time::Duration};

use kernel::id::RevisionId;

use crate::rules::{Entry, Release};

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

/// What a revision on sale looks like in lists; one takes about two kilobytes.
#[derive(Clone)]
pub(crate) struct Entries(moka::sync::Cache<EntryKey, Arc<Entry>>);

/// A revision, and the stamp of the categories.
type EntryKey = (RevisionId, u64);

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

/// What was on sale a few seconds ago.
#[derive(Clone)]
pub(crate) struct Shelf(moka::sync::Cache<(), Arc<[Arc<Entry>]>>);

const SHELF_SECONDS: u64 = 5;

impl Default for Shelf {
    fn default() -> Self {
        Self(moka::sync::Cache::builder().time_to_live(Duration::from_secs(SHELF_SECONDS)).build())
    }
}

impl Shelf {
    pub(crate) fn get(&self) -> Option<Arc<[Arc<Entry>]>> {
        self.0.get(&())
    }

    pub(crate) fn keep(&self, entries: Vec<Arc<Entry>>) -> Arc<[Arc<Entry>]> {
        let kept: Arc<[Arc<Entry>]> = entries.into();
        self.0.insert((), kept.clone());
        kept
    }
}
