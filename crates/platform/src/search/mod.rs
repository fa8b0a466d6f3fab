//! A full-text index in a folder: texts of two scripts, labels to choose by and to count, numbers to order by.
//!
//! It knows no business. A caller says what a document is, how its numbers and the fitness of its texts make an order, and
//! how far it has read what it indexes: its mark, which is committed together with the documents. A crash at any moment
//! leaves the last commit and its mark, so that the caller reads again from there.
//!
//! One process writes a folder; whoever is second reads it only, as it was when last looked at.

mod ask;
mod collect;
mod fields;
mod folder;
mod shelf;
mod sound;
mod spell;
mod text;
mod write;

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use kernel::{Error, Result};

pub use ask::{Corrected, Need, Phrase, Source};
pub use collect::{Ask, Counts, Hit, Hits, Order};
pub use fields::{Doc, LEVELS, NUMBERS, Numbers};
pub use shelf::Shelf;
pub use text::{Piece, pieces};
pub use write::{Change, Rebuild};

use folder::Folder;

/// An index; a clone is one more reference to it. Nothing is opened before it is needed.
#[derive(Clone)]
pub struct Search(Arc<State>);

struct State {
    path: PathBuf,
    /// What the documents look like: an index of another form is made anew.
    form: u32,
    /// Held while something is written; nobody who only looks waits for it.
    folder: Mutex<Option<Folder>>,
    shelf: Mutex<Option<Shelf>>,
    /// How many states were looked at.
    looks: AtomicU64,
}

/// Raised when the fields or the analysers change, so that every index is made anew.
const OWN_FORM: u32 = 1;

/// What came of wanting to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    Done,
    /// Another process keeps this folder; what it has committed is read from now on.
    ByAnother,
}

impl Search {
    /// An index that will be in a folder. `form` is raised when the caller's documents change their meaning.
    pub fn at(path: PathBuf, form: u32) -> Self {
        let form = OWN_FORM * 1_000 + form;
        Self(Arc::new(State {
            path,
            form,
            folder: Mutex::new(None),
            shelf: Mutex::new(None),
            looks: AtomicU64::new(0),
        }))
    }

    /// What can be looked at now. It does not change; whoever holds it sees the same until it lets go.
    pub fn shelf(&self) -> Result<Shelf> {
        if let Some(shelf) = &*self.shown() {
            return Ok(shelf.clone());
        }
        self.with(|folder| self.look(folder))
    }

    /// Up to where the caller had read when the documents were last committed; `None` in a new index.
    pub fn mark(&self) -> Result<Option<String>> {
        self.with(|folder| folder.mark())
    }

    /// Writes documents and takes others away, and keeps the mark with them: all of it or nothing.
    pub async fn write(&self, changes: Vec<Change>, mark: String) -> Result<Written> {
        let own = self.clone();
        apart(move || {
            own.with(|folder| {
                let written = if folder.take()? {
                    write::write(&folder.index, changes, &mark)?;
                    Written::Done
                } else {
                    Written::ByAnother
                };
                own.look(folder)?;
                Ok(written)
            })
        })
        .await
    }

    /// Begins an index beside the present one, which is asked until the new one takes its place. `None`: another process
    /// keeps the folder.
    pub async fn rebuild(&self) -> Result<Option<Rebuild>> {
        let own = self.clone();
        apart(move || {
            own.with(|folder| {
                let rebuild = if folder.take()? { Some(folder.begin()?) } else { None };
                own.look(folder)?;
                Ok(rebuild)
            })
        })
        .await
    }

    /// Puts a finished index in the place of the present one.
    pub async fn replace(&self, rebuilt: Rebuild, mark: String) -> Result<()> {
        let own = self.clone();
        apart(move || {
            let path = rebuilt.finish(&mark)?;
            own.with(|folder| {
                folder.replace(&path)?;
                own.look(folder)?;
                Ok(())
            })
        })
        .await
    }

    /// Gives back the memory that only writing needs.
    pub fn rest(&self) {
        text::forget_dictionary();
    }

    fn look(&self, folder: &Folder) -> Result<Shelf> {
        let seen = folder.look(self.0.looks.fetch_add(1, Ordering::Relaxed))?;
        *self.shown() = Some(seen.clone());
        Ok(seen)
    }

    fn shown(&self) -> MutexGuard<'_, Option<Shelf>> {
        self.0.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, act: impl FnOnce(&mut Folder) -> Result<T>) -> Result<T> {
        let mut held = self.0.folder.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_none() {
            *held = Some(Folder::open(&self.0.path, self.0.form)?);
        }
        match held.as_mut() {
            Some(folder) => act(folder),
            None => Err(Error::fault("the search index is not open")),
        }
    }
}

/// Runs what waits for the disk or computes for long where no request waits for it.
pub async fn apart<T: Send + 'static>(act: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(act).await.map_err(Error::fault)?
}

#[cfg(test)]
mod tests;
