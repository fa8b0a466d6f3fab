//! The folder of an index: which of its generations is read, and who writes it.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

use kernel::{Error, Result};
use tantivy::{Index, ReloadPolicy, directory::MmapDirectory};

use super::{
    fields::{analysers, schema},
    shelf::Shelf,
    write::Rebuild,
};

/// Names the generation that is read.
const CURRENT: &str = "current";
const LOCK: &str = "lock";

/// Blocks of stored documents that each segment keeps unpacked; a page of results needs few.
const BLOCKS_KEPT: usize = 8;

pub(super) struct Folder {
    path: PathBuf,
    form: u32,
    generation: String,
    pub(super) index: Index,
    reader: tantivy::IndexReader,
    /// Held while this process writes; the system lets it go when the process ends, however it ends.
    lock: Option<File>,
}

impl Folder {
    /// Opens what is there. An index that is missing, of another form or not readable is an empty one: whoever reads the
    /// mark learns that everything has to be written.
    pub(super) fn open(path: &Path, form: u32) -> Result<Self> {
        std::fs::create_dir_all(path).map_err(Error::fault)?;
        let named = std::fs::read_to_string(path.join(CURRENT)).unwrap_or_default();
        let known = named.strip_prefix(&format!("{form}-")).map(|_| named.clone());
        if let Some(generation) = known {
            match read(&path.join(&generation)) {
                Ok((index, reader)) => {
                    return Ok(Self { path: path.to_owned(), form, generation, index, reader, lock: None });
                }
                Err(error) => tracing::warn!(%error, "the search index cannot be read and is made anew"),
            }
        }
        let generation = String::new();
        let index = empty_in_memory();
        let reader = reader_of(&index)?;
        Ok(Self { path: path.to_owned(), form, generation, index, reader, lock: None })
    }

    pub(super) fn mark(&self) -> Result<Option<String>> {
        Ok(self.index.load_metas().map_err(Error::fault)?.payload)
    }

    /// What has been committed, to look at.
    pub(super) fn look(&self, generation: u64) -> Result<Shelf> {
        self.reader.reload().map_err(Error::fault)?;
        Shelf::of(self.reader.searcher(), generation)
    }

    /// Whether this process writes the folder. Whoever becomes its writer reads anew what the one before has left, and
    /// clears away what that one did not finish.
    pub(super) fn take(&mut self) -> Result<bool> {
        if self.lock.is_none() {
            let file = File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .open(self.path.join(LOCK))
                .map_err(Error::fault)?;
            match file.try_lock() {
                Ok(()) => {
                    *self = Self::open(&self.path, self.form)?;
                    self.lock = Some(file);
                    if self.generation.is_empty() {
                        let made = self.begin()?.abandon()?;
                        self.replace(&made)?;
                    }
                    self.clear();
                }
                Err(TryLockError::WouldBlock) => {
                    *self = Self::open(&self.path, self.form)?;
                    return Ok(false);
                }
                Err(TryLockError::Error(error)) => return Err(Error::fault(error)),
            }
        }
        Ok(true)
    }

    /// Begins a generation beside the one that is read.
    pub(super) fn begin(&self) -> Result<Rebuild> {
        let path = self.path.join(format!("{}-{:016x}", self.form, rand::random::<u64>()));
        std::fs::create_dir_all(&path).map_err(Error::fault)?;
        let directory = MmapDirectory::open(&path).map_err(Error::fault)?;
        let index = Index::builder().schema(schema().0).tokenizers(analysers()).open_or_create(directory);
        Rebuild::new(&index.map_err(Error::fault)?, path)
    }

    /// Reads another generation from now on, and removes the one before. The name is changed in one step, so that a crash
    /// leaves the old one or the new one.
    pub(super) fn replace(&mut self, path: &Path) -> Result<()> {
        let generation = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let written = self.path.join("next");
        std::fs::write(&written, &generation).map_err(Error::fault)?;
        File::open(&written).and_then(|file| file.sync_all()).map_err(Error::fault)?;
        std::fs::rename(&written, self.path.join(CURRENT)).map_err(Error::fault)?;
        (self.index, self.reader) = read(path)?;
        self.generation = generation;
        self.clear();
        Ok(())
    }

    /// Removes generations that nobody reads. A file that is still mapped lives on until it is let go.
    fn clear(&self) {
        let entries = std::fs::read_dir(&self.path).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| entry.path().is_dir()) {
            if entry.file_name().to_string_lossy() != self.generation
                && let Err(error) = std::fs::remove_dir_all(entry.path())
            {
                tracing::warn!(%error, "an old search index could not be removed");
            }
        }
    }
}

fn read(path: &Path) -> Result<(Index, tantivy::IndexReader)> {
    let directory = MmapDirectory::open(path).map_err(Error::fault)?;
    let mut index = Index::open(directory).map_err(Error::fault)?;
    index.set_tokenizers(analysers());
    let reader = reader_of(&index)?;
    Ok((index, reader))
}

fn reader_of(index: &Index) -> Result<tantivy::IndexReader> {
    let builder = index.reader_builder().reload_policy(ReloadPolicy::Manual);
    builder.doc_store_cache_num_blocks(BLOCKS_KEPT).try_into().map_err(Error::fault)
}

/// What is read before anything was written.
fn empty_in_memory() -> Index {
    let mut index = Index::create_in_ram(schema().0);
    index.set_tokenizers(analysers());
    index
}
