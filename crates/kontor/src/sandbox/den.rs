//! Where the folders of sandboxes lie: one den for each process, below the data folder, held by a lock beside it as long as the process
//! lives. The lock is there before the den and after it, so that nobody takes a den for left that somebody is about to use.

use std::{
    fs::{self, File},
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use kernel::{Error, Result, id::SandboxId};

/// The folders of this process.
pub(super) struct Den {
    all: PathBuf,
    own: Mutex<Option<Own>>,
}

struct Own {
    path: PathBuf,
    lock: PathBuf,
    _held: File,
}

/// The folder of one start.
pub(super) struct Folder(PathBuf);

/// What a lock is called that holds the den of the same name.
const LOCK: &str = "lock";

impl Den {
    pub(super) fn below(data: &Path) -> Self {
        Self { all: data.join("sandboxes"), own: Mutex::default() }
    }

    /// A fresh folder for a start.
    pub(super) fn folder(&self, id: SandboxId) -> Result<Folder> {
        let folder = Folder(self.own_path()?.join(id.to_string()));
        make_private(folder.path())?;
        Ok(folder)
    }

    fn own_path(&self) -> Result<PathBuf> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody may have cleared the data folder by hand.
        if let Some(own) = own.as_ref().filter(|own| own.path.exists()) {
            return Ok(own.path.clone());
        }
        fs::create_dir_all(&self.all).map_err(Error::fault)?;
        let path = self.all.join(format!("{:032x}", rand::random::<u128>()));
        let lock = path.with_extension(LOCK);
        let held = File::create_new(&lock).map_err(Error::fault)?;
        held.lock().map_err(Error::fault)?;
        make_private(&path)?;
        *own = Some(Own { path: path.clone(), lock, _held: held });
        Ok(path)
    }

    /// Removes the dens that no process holds: theirs are gone.
    pub(super) fn clear_left(&self) {
        for entry in fs::read_dir(&self.all).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == LOCK) {
                continue;
            }
            let lock = path.with_extension(LOCK);
            // Held while its den is removed. What cannot be looked at is somebody's.
            let free = match File::open(&lock) {
                Ok(held) => held.try_lock().is_ok().then_some(Some(held)),
                Err(error) if error.kind() == ErrorKind::NotFound => Some(None),
                Err(_) => None,
            };
            if let Some(_held) = free {
                remove(&path);
                remove_lock(&lock);
            }
        }
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        remove(&self.path);
        remove_lock(&self.lock);
    }
}

impl Folder {
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn remove(&self) {
        remove(&self.0);
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        self.remove();
    }
}

/// What real systems have answered lies in it: nobody else on this machine reads it.
fn make_private(path: &Path) -> Result<()> {
    let mut folder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.create(path).map_err(Error::fault)
}

/// A lock that stays holds nothing.
fn remove_lock(lock: &Path) {
    let _ = fs::remove_file(lock);
}

fn remove(path: &Path) {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            tracing::warn!(%error, path = %path.display(), "the folder of a sandbox could not be removed; the next start tries again");
        }
        Ok(()) | Err(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use kernel::Timestamp;

    use super::*;

    #[test]
    fn what_an_ended_process_left_is_removed_and_what_another_one_holds_stays() {
        let data = tempfile::tempdir().unwrap();
        let living = Den::below(data.path());
        let id = SandboxId::new(Timestamp::from_micros(1));
        let folder = living.folder(id).unwrap();
        let left = data.path().join("sandboxes/left");
        fs::create_dir_all(left.join("sbx_1")).unwrap();
        fs::write(left.with_extension(LOCK), b"").unwrap();
        Den::below(data.path()).clear_left();
        assert!(!left.exists() && folder.path().exists());
        assert!(living.folder(id).is_err(), "a folder is of one start");
        let path = folder.path().to_owned();
        drop(folder);
        assert!(!path.exists());
        fs::remove_dir_all(living.own_path().unwrap()).unwrap();
        assert!(living.folder(id).is_ok(), "a den that was cleared by hand is made anew");
        drop(living);
        assert_eq!(fs::read_dir(data.path().join("sandboxes")).unwrap().count(), 0);
    }
}
