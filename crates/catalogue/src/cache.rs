//! Revisions that were read are kept: they never change, so that nothing here can be stale.

use std::sync::Arc;

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
