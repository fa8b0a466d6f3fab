//! Where the folders of sandboxes lie: one den for each process, below the data folder, held by a lock as long as the process lives.

use std::{
    fs::{self, File},
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
    _lock: File,
}

/// The folder of one start.
pub(super) struct Folder(PathBuf);

const LOCK: &str = "lock";

impl Den {
    pub(super) fn below(data: &Path) -> Self {
        Self { all: data.join("sandboxes"), own: Mutex::default() }
    }

    /// A fresh folder for a start.
    pub(super) fn folder(&self, id: SandboxId) -> Result<Folder> {
        let folder = Folder(self.own_path()?.join(id.to_string()));
        fs::create_dir(&folder.0).map_err(Error::fault)?;
        Ok(folder)
    }

    fn own_path(&self) -> Result<PathBuf> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = &*own {
            return Ok(own.path.clone());
        }
        let path = self.all.join(format!("{:032x}", rand::random::<u128>()));
        fs::create_dir_all(&path).map_err(Error::fault)?;
        let lock = File::create(path.join(LOCK)).map_err(Error::fault)?;
        lock.lock().map_err(Error::fault)?;
        *own = Some(Own { path: path.clone(), _lock: lock });
        Ok(path)
    }

    /// Removes the dens that no process holds: theirs are gone.
    pub(super) fn clear_left(&self) {
        for entry in fs::read_dir(&self.all).into_iter().flatten().flatten() {
            let path = entry.path();
            let held = File::open(path.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_err());
            if !held {
                remove(&path);
            }
        }
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        remove(&self.path);
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

fn remove(path: &Path) {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
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
        fs::write(left.join(LOCK), b"").unwrap();
        Den::below(data.path()).clear_left();
        assert!(!left.exists() && folder.path().exists());
        assert!(living.folder(id).is_err(), "a folder is of one start");
        let path = folder.path().to_owned();
        drop(folder);
        assert!(!path.exists());
        drop(living);
        assert_eq!(fs::read_dir(data.path().join("sandboxes")).unwrap().count(), 0);
    }
}
