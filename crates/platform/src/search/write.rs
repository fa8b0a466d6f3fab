//! Writing: some changes with their mark, or a whole index.

use std::path::PathBuf;

use kernel::{Error, Result};
use tantivy::{Index, IndexWriter, TantivyDocument, Term};

use super::fields::{Doc, Fields, schema};

/// What becomes of a document.
#[derive(Clone, Debug)]
pub enum Change {
    /// It is there, as given, whatever was there under its key.
    Put(Box<Doc>),
    /// Nothing is there under the key.
    Remove(String),
}

/// The least that the library takes; one thread writes what follows from single changes.
const HEAP_BYTES: usize = 15_000_000;

/// A whole index is written by two threads with room for larger segments.
const REBUILD_HEAP_BYTES: usize = 64_000_000;
const REBUILD_THREADS: usize = 2;

/// The writer lives as long as its commit: at rest nothing of it is in memory.
pub(super) fn write(index: &Index, changes: Vec<Change>, mark: &str) -> Result<()> {
    let mut writer: IndexWriter<TantivyDocument> =
        index.writer_with_num_threads(1, HEAP_BYTES).map_err(Error::fault)?;
    let fields = schema().1;
    for change in changes {
        match change {
            Change::Put(doc) => {
                writer.delete_term(Term::from_field_text(fields.key, &doc.key));
                writer.add_document(fields.document(&doc)).map_err(Error::fault)?;
            }
            Change::Remove(key) => {
                writer.delete_term(Term::from_field_text(fields.key, &key));
            }
        }
    }
    commit(&mut writer, mark)?;
    writer.wait_merging_threads().map_err(Error::fault)
}

fn commit(writer: &mut IndexWriter<TantivyDocument>, mark: &str) -> Result<()> {
    let mut prepared = writer.prepare_commit().map_err(Error::fault)?;
    prepared.set_payload(mark);
    prepared.commit().map_err(Error::fault)?;
    Ok(())
}

/// An index that is being made beside the one that is asked.
pub struct Rebuild {
    writer: IndexWriter<TantivyDocument>,
    fields: Fields,
    path: PathBuf,
}

impl Rebuild {
    pub(super) fn new(index: &Index, path: PathBuf) -> Result<Self> {
        let writer = index.writer_with_num_threads(REBUILD_THREADS, REBUILD_HEAP_BYTES).map_err(Error::fault)?;
        Ok(Self { writer, fields: schema().1, path })
    }

    /// Adds a document that was not added before.
    pub fn add(&self, doc: &Doc) -> Result<()> {
        self.writer.add_document(self.fields.document(doc)).map_err(Error::fault)?;
        Ok(())
    }

    pub(super) fn finish(mut self, mark: &str) -> Result<PathBuf> {
        commit(&mut self.writer, mark)?;
        self.writer.wait_merging_threads().map_err(Error::fault)?;
        Ok(self.path)
    }

    /// Leaves an empty index without a mark.
    pub(super) fn abandon(self) -> Result<PathBuf> {
        self.writer.wait_merging_threads().map_err(Error::fault)?;
        Ok(self.path)
    }
}
